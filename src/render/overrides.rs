//! The user's values: files and `--set` flags laid over each other (Helm 3.17 `pkg/cli/values/options.go`).
//!
//! Pure: files were read by whoever fills in [`Overrides`]. Uses `value`, `template` and this stage's `--set` grammar.

use super::set::{Flag, Setter};
use super::values_file;
use crate::error::{Error, ErrorKind, Result};
use crate::template::value::{Map, Table, Value};
use crate::template::{Profile, json_text, parse_json};
use crate::value::{Node, yaml};

/// What the user sets, each kind in the order of the command line.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// The first documents of `-f` files; further ones are found in their sources.
    pub files: Vec<Node>,
    /// `--set-json`.
    pub set_json: Vec<String>,
    /// `--set`.
    pub set: Vec<String>,
    /// `--set-string`.
    pub set_string: Vec<String>,
    /// `--set-file`.
    pub set_file: Vec<SetFile>,
    /// `--set-literal`.
    pub set_literal: Vec<String>,
    /// Edits of all that, the last one on top; see [`Overrides::under`].
    pub edits: Vec<Node>,
}

/// One `--set-file` text with the files it names.
#[derive(Debug, Clone, Default)]
pub struct SetFile {
    /// What was typed: `key=path,…`.
    pub text: String,
    /// Path and content of each file that [`set_file_paths`](super::set_file_paths) finds in the text.
    pub contents: Vec<(String, String)>,
}

impl Overrides {
    /// Whether all of it can be read. Helm looks at it before it opens the chart.
    ///
    /// # Errors
    /// `Syntax` or `Chart`, in Helm's words.
    pub fn check(&self, profile: &Profile) -> Result<()> {
        self.merged(profile).map(drop)
    }

    /// All of it as one values file, which further ones can be laid over. Places in the user's files are lost.
    ///
    /// # Errors
    /// Those of [`Overrides::check`].
    pub fn settled(&self, profile: &Profile) -> Result<Node> {
        let text = json_text(&Value::Map(self.merged(profile)?));
        yaml::read(&yaml::source("values set by several means", text.as_bytes())?, &yaml::Limits::default())
    }

    /// All of it in one map: files first, then JSON, typed values, strings, files' contents, literals, as Helm orders the kinds.
    ///
    /// # Errors
    /// `Syntax` or `Chart`, in Helm's words, for a values file that is no mapping and for a `--set` text that can't be read.
    pub(super) fn merged(&self, profile: &Profile) -> Result<Map> {
        let ignores_open_index = profile.set_ignores_open_index;
        let set = |flag: Flag<'_>, text: &str, values: &Map| Setter { flag, ignores_open_index }.set(text, values);
        let mut values = Map::new(Table::new());
        for file in &self.files {
            let reading = format!("failed to parse {}", file.at.source.name);
            values = values_file::merged(&values, &values_file::values(file, profile, &reading)?);
        }
        for text in &self.set_json {
            match text.trim() {
                object if profile.set_json_object && object.starts_with('{') => values = values_file::merged(&values, &json_object(text)?),
                _ => set(Flag::SetJson, text, &values)?,
            }
        }
        for text in &self.set {
            set(Flag::Set, text, &values)?;
        }
        for text in &self.set_string {
            set(Flag::SetString, text, &values)?;
        }
        for file in &self.set_file {
            set(Flag::SetFile(&|path: &str| file.content(path)), &file.text, &values)?;
        }
        for text in &self.set_literal {
            set(Flag::SetLiteral, text, &values)?;
        }
        for edit in &self.edits {
            values = values_file::merged(&values, &values_file::values(edit, profile, "cannot lay values over the user's")?);
        }
        Ok(values)
    }
}

/// A whole `--set-json` object.
fn json_object(text: &str) -> Result<Map> {
    match parse_json(text.trim().as_bytes()) {
        Ok(Value::Map(object)) => Ok(object),
        Ok(_) => Err(Error::new(ErrorKind::Syntax, format!("failed parsing --set-json data JSON: {text}"))),
        Err(why) => Err(Error::new(ErrorKind::Syntax, format!("failed parsing --set-json data JSON: {text}")).hint(why)),
    }
}

impl SetFile {
    fn content(&self, path: &str) -> Result<String> {
        let known = self.contents.iter().find(|(known, _)| known == path);
        known.map(|(_, content)| content.clone()).ok_or_else(|| Error::new(ErrorKind::NotFound, format!("the file {path} was not read")))
    }
}
