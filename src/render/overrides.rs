//! The user's values: files and `--set` flags laid over each other (Helm 3.17 `pkg/cli/values/options.go`).
//!
//! Pure: files were read by whoever fills in [`Overrides`]. Uses `value`, `template::value` and this stage's `--set` grammar.

use super::set::{Flag, set};
use crate::error::{Error, ErrorKind, Result};
use crate::template::value::{Map, Table, Value};
use crate::value::{Data, Node};

/// What the user sets, each kind in the order of the command line.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// The documents of `-f` files.
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
    pub fn check(&self) -> Result<()> {
        self.merged().map(drop)
    }

    /// All of it in one map: files first, then JSON, typed values, strings, files' contents, literals, as Helm orders the kinds.
    ///
    /// # Errors
    /// `Syntax`, in Helm's words, for a values file that is no mapping and for a `--set` text that can't be read.
    pub(super) fn merged(&self) -> Result<Map> {
        let mut values = Map::new(Table::new());
        for file in &self.files {
            values = merge_maps(&values, &mapping(file)?);
        }
        for text in &self.set_json {
            set(Flag::SetJson, text, &values)?;
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
        Ok(values)
    }
}

impl SetFile {
    fn content(&self, path: &str) -> Result<String> {
        let known = self.contents.iter().find(|(known, _)| known == path);
        known.map(|(_, content)| content.clone()).ok_or_else(|| Error::new(ErrorKind::NotFound, format!("the file {path} was not read")))
    }
}

fn mapping(file: &Node) -> Result<Map> {
    match (&file.data, Value::from_node(file)) {
        (Data::Null, _) => Ok(Map::new(Table::new())),
        (_, Value::Map(map)) => Ok(map),
        (data, _) => {
            let found = if let Data::List(_) = data { "array" } else { data.type_name() };
            let name = &file.at.source.name;
            let message = format!(
                "failed to parse {name}: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into Go value of \
                 type map[string]interface {{}}"
            );
            Err(Error::new(ErrorKind::Chart, message).at(file.at.place()).hint("a values file is a mapping: key: value"))
        }
    }
}

/// `mergeMaps`: tables recurse, anything else of `over` replaces.
fn merge_maps(under: &Map, over: &Map) -> Map {
    let merged = Map::new(under.snapshot().into_iter().collect());
    for (key, value) in over.snapshot() {
        let both = match (merged.get(&key), &value) {
            (Some(Value::Map(under)), Value::Map(over)) => Some(merge_maps(&under, over)),
            _ => None,
        };
        merged.set(key, both.map_or(value, Value::Map));
    }
    merged
}
