//! Schemas as Helm up to 3.18.4 checks them: the semantics and words of `github.com/xeipuuv/gojsonschema` 1.2.0.
//!
//! It knows drafts 4, 6 and 7. A schema that names none of them is a hybrid of all three: `exclusiveMinimum` may be a number or a boolean,
//! `id` counts as well as `$id`. Violations are a flat list of lines, `context: description`.

mod formats;
mod prepare;
mod words;

use std::sync::Arc;

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{Draft, ValidationError};
use referencing::Error as Unresolved;
use serde_json::Value as Json;

use super::Unusable;
use super::compiled::{Compiled, Reading};
use super::document::{read, written};
use super::failures::segments;
use words::Words;

/// A schema, ready for use.
pub(super) struct Flat(Compiled);

impl Flat {
    /// Reads and checks the text of a schema; what follows the first JSON value is ignored, as Helm does.
    ///
    /// # Errors
    /// What keeps the schema from being used.
    pub(super) fn compile(text: &Arc<[u8]>) -> Result<Self, Unusable> {
        let (document, _) = read(text)?;
        let prepared = prepare::prepared(&document)?;
        let reading = Reading { draft: Draft::Draft201909, formats: formats::FORMATS, asserts_formats: true };
        Compiled::new(written(text), prepared, reading, |error| refusal(error, &document)).map(Self)
    }

    /// Every violation as Helm prints it, `- context: description` and a line break each. Helm's order depends on chance wherever it walks
    /// an object; here objects are walked in the order of their keys.
    ///
    /// # Errors
    /// A limit that was reached.
    pub(super) fn violations(&self, values: &Json) -> Result<String, Unusable> {
        let errors = self.0.errors(values)?;
        let lines = Words(&self.0).lines(&self.0.tree(&errors), values);
        Ok(lines.iter().map(|line| format!("- {line}\n")).collect())
    }
}

/// What Helm says of a reference that leads nowhere.
fn refusal(error: &ValidationError<'_>, document: &Json) -> Option<String> {
    match error.kind() {
        Kind::Referencing(Unresolved::PointerToNowhere { pointer } | Unresolved::InvalidArrayIndex { pointer, .. }) => {
            missing(pointer, document)
        }
        Kind::Type { .. } => Some("valid schema must be of type object".to_owned()),
        _ => None,
    }
}

/// The first step of a pointer that can't be taken.
fn missing(pointer: &str, document: &Json) -> Option<String> {
    let mut node = document;
    for key in segments(&percent_encoding::percent_decode_str(pointer).decode_utf8_lossy()) {
        node = match node {
            Json::Object(map) => match map.get(&key) {
                Some(below) => below,
                None => return Some(format!("Object has no key '{key}'")),
            },
            Json::Array(items) => match key.parse::<i64>() {
                Err(_) => return Some(format!("Invalid array index '{key}'")),
                Ok(index) => match usize::try_from(index).ok().and_then(|index| items.get(index)) {
                    Some(below) => below,
                    None => return Some(format!("Out of bound array[0,{}] index '{index}'", items.len())),
                },
            },
            _ => return Some(format!("Invalid token reference '{key}'")),
        };
    }
    None
}
