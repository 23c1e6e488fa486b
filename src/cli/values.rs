//! The flags that set values: the files they name are read here, what they mean is known to `render`.

use std::io::Read as _;
use std::path::Path;

use super::args::ValuesArgs;
use super::lists;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::render::{Overrides, SetFile, set_file_paths};
use crate::template::Profile;
use crate::value::{Node, yaml};

/// The largest file of values, in bytes.
const MAX_BYTES: u64 = 64 << 20;

/// The values with the contents of all files, told about as the profile's Helm tells.
///
/// # Errors
/// In Helm's words, for a file that can't be read and for text that isn't YAML.
pub(super) fn overrides(args: &ValuesArgs, profile: &Profile) -> Result<Overrides> {
    Ok(Overrides {
        files: lists::items(&args.files, "-f, --values")?.iter().map(|file| values_file(file, profile)).collect::<Result<_>>()?,
        set_json: args.set_json.clone(),
        set: args.set.clone(),
        set_string: args.set_string.clone(),
        set_file: args.set_file.iter().map(|text| set_file(text)).collect::<Result<_>>()?,
        set_literal: args.set_literal.clone(),
        edits: Vec::new(),
    })
}

fn set_file(text: &str) -> Result<SetFile> {
    let mut contents = Vec::new();
    for path in set_file_paths(text)? {
        let bytes = read(&path).map_err(|error| Error::new(error.kind(), format!("failed parsing --set-file data: {error}")))?;
        contents.push((path, String::from_utf8_lossy(&bytes).into_owned()));
    }
    Ok(SetFile { text: text.to_owned(), contents })
}

fn values_file(file: &str, profile: &Profile) -> Result<Node> {
    let source = yaml::source(file, &read(file)?).doing(|| format!("failed to parse {file}"))?;
    let reading = if profile.all_value_documents { "cannot unmarshal yaml document: " } else { "" };
    let limits = yaml::Limits::default();
    yaml::read(&source, &limits).map_err(|error| {
        let why = yaml::helm_error(&source, &limits).unwrap_or_else(|| error.to_string());
        error.context(format!("failed to parse {file}: {reading}{why}"))
    })
}

/// A file's bytes, or those of standard input for `-`.
fn read(file: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let done = if file.trim() == "-" {
        std::io::stdin().take(MAX_BYTES + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(Path::new(file)).and_then(|open| open.take(MAX_BYTES + 1).read_to_end(&mut bytes))
    };
    done.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::new(ErrorKind::NotFound, format!("open {file}: no such file or directory")),
        _ => Error::new(ErrorKind::Io, format!("open {file}: {error}")),
    })?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Error::new(ErrorKind::Limit, format!("{file} has more than {MAX_BYTES} bytes, the most for values")));
    }
    Ok(bytes)
}
