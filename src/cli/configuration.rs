//! Finds and reads `.chartshift.yaml` and files of rules.

use std::path::{Path, PathBuf};

use crate::classify::{Catalogue, Settings};
use crate::config::{Config, FILE_NAME};
use crate::error::{Error, ErrorKind, Result};
use crate::identity::Facts;

/// The largest file of rules or configuration, in bytes.
const MAX_BYTES: u64 = 4 << 20;

/// The built-in rules, those of the given files, and of all these only the given packs when any are named.
///
/// # Errors
/// Those of reading and of the catalogue, with file and place.
pub(super) fn catalogue(files: &[PathBuf], packs: &[String]) -> Result<Catalogue> {
    let catalogue = files.iter().try_fold(Catalogue::built_in()?, |catalogue, file| {
        let text = read(file, "a file of rules")?;
        catalogue.with_file(&file.display().to_string(), &text)
    })?;
    if packs.is_empty() { Ok(catalogue) } else { catalogue.only(packs) }
}

/// Levels, ignores and facts: of the file that is named, else of the nearest `.chartshift.yaml` from this folder up to the repository's root.
///
/// # Errors
/// Those of reading, and a configuration with a mistake.
pub(super) fn settings(named: Option<&Path>, catalogue: &Catalogue) -> Result<(Settings, Facts)> {
    let Some(file) = named.map(Path::to_path_buf).or_else(nearest) else { return Ok((Settings::default(), Facts::default())) };
    let text = read(&file, "the configuration")?;
    let name = file.display().to_string();
    let config = Config::read(&name, &text)?;
    let facts = config.facts(&name)?;
    Ok((config.settings(&name, catalogue, Some(today()))?, facts))
}

/// The nearest configuration, looking no further up than the folder that holds `.git`.
fn nearest() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    for folder in here.ancestors() {
        let file = folder.join(FILE_NAME);
        if file.is_file() {
            return Some(file);
        }
        if folder.join(".git").exists() {
            break;
        }
    }
    None
}

fn read(file: &Path, what: &str) -> Result<String> {
    let failed = |why: String| {
        Error::new(ErrorKind::Io, why)
            .context(format!("cannot read {what} {}", file.display()))
            .hint("check the path, and that it is a text file")
    };
    let size = file.metadata().map_err(|error| failed(error.to_string()))?.len();
    if size > MAX_BYTES {
        return Err(failed(format!("it has {size} bytes, more than {MAX_BYTES}")));
    }
    std::fs::read_to_string(file).map_err(|error| failed(error.to_string()))
}

/// The day in UTC, as `2026-01-31`.
fn today() -> String {
    jiff::Timestamp::now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date().to_string()
}
