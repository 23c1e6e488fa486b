//! Lines that say themselves which chart's version they hold: `# chartshift: repo=URL chart=NAME`, on the line or above it, in any text.

use std::sync::LazyLock;

use regex::Regex;

use super::Tool;
use super::claim::{Claim, Wanted};
use super::kustomize::values_file;
use super::read::Reading;
use super::side::Side;
use crate::error::{Place, Result};

/// What a marker begins with, behind the comment's sign.
pub(super) const MARK: &str = "chartshift:";

/// A version, wherever it stands in a line.
static VERSION: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:^|[^\w.])(v?\d+(?:\.\d+)+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)").ok());

/// Reads the marked lines of a file.
///
/// # Errors
/// When the tree can't be read.
pub(super) fn read(side: &Side<'_>, path: &str, into: &mut Reading) -> Result<()> {
    let Some(bytes) = side.bytes(path)? else { return Ok(()) };
    if memchr::memmem::find(&bytes, MARK.as_bytes()).is_none() {
        return Ok(());
    }
    let Ok(text) = std::str::from_utf8(&bytes) else { return Ok(()) };
    let lines: Vec<&str> = text.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let Some((head, settings)) = line.split_once(MARK) else { continue };
        if !["#", "//", "--", "<!--", ";", "/*"].iter().any(|sign| head.trim_end().ends_with(sign)) {
            continue;
        }
        let found = version_in(head)
            .map(|found| (at, found))
            .or_else(|| lines.get(at + 1).and_then(|next| version_in(next)).map(|found| (at + 1, found)));
        into.claims.extend(claim(path, settings, at, found));
    }
    Ok(())
}

fn claim(path: &str, settings: &str, marked: usize, found: Option<(usize, (usize, String))>) -> Option<Claim> {
    let words = || settings.split_whitespace().filter_map(|word| word.split_once('='));
    let setting = |key: &str| words().find(|(name, _)| *name == key).map(|(_, value)| value.trim_matches(['"', '\'']).to_owned());
    let (repository, chart) = (setting("repo")?, setting("chart")?);
    let number = |at: usize| u32::try_from(at + 1).unwrap_or(u32::MAX);
    let (place, wanted) = match found {
        Some((line, (column, version))) => {
            (Place { file: path.to_owned(), line: number(line), column: number(column) }, Wanted::named(&repository, &chart, &version))
        }
        None => (
            Place { file: path.to_owned(), line: number(marked), column: 0 },
            Wanted::unknown(settings, "neither the marked line nor the one below it holds a version"),
        ),
    };
    let release = setting("release").unwrap_or_else(|| chart.clone());
    let mut claim = Claim::new(Tool::Marker, path, "", place, &chart, wanted);
    claim.slot = format!("{chart} {release}");
    claim.release = release;
    claim.namespace = setting("namespace").unwrap_or_default();
    claim.parts =
        words().filter(|(name, _)| *name == "values").flat_map(|(_, files)| files.split(',')).map(|file| values_file("", file)).collect();
    Some(claim)
}

/// The first version in a line, and the characters before it.
fn version_in(line: &str) -> Option<(usize, String)> {
    let found = VERSION.as_ref()?.captures(line)?.get(1)?;
    Some((line[..found.start()].chars().count(), found.as_str().to_owned()))
}
