//! Values as JSON, YAML and TOML text, each as Helm's library writes it, and back. Everything goes through [`Tree`], what
//! `encoding/json` makes of a value.

mod digits;
mod from_json;
mod from_toml;
pub(crate) mod json;
pub(crate) mod pretty;
pub(crate) mod toml;
pub(crate) mod yaml;

pub(crate) use digits::{from_base32, from_base64};
pub(crate) use from_json::{parse as parse_json, parse_leniently as parse_json_leniently};
pub(crate) use from_toml::{Unread, parse as parse_toml};

use super::fmt::{MAX_DEPTH, general};
use super::frozen::Frozen;
use super::value::{Text, Value};

/// What can be written.
#[derive(Debug, Clone)]
pub(crate) enum Tree {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Text(Text),
    /// A moment in RFC 3339: text to JSON, and what JSON becomes.
    Time(Text),
    List(Vec<Tree>),
    /// In the order in which JSON writes it: maps by key, structs by field.
    Map(Vec<(Text, Tree)>),
    /// A struct whose fields YAML keeps in their order.
    Record(Vec<(Text, Tree)>),
}

impl Tree {
    /// What `json.Marshal` makes of a value: bytes become base64, times text, structs use their JSON names.
    ///
    /// # Errors
    /// Go's text for a float that JSON has no number for.
    pub(crate) fn of(value: &Value) -> Result<Self, String> {
        Self::nested(value, 0)
    }

    fn float(number: f64) -> Result<Self, String> {
        if number.is_finite() { Ok(Tree::Float(number)) } else { Err(format!("json: unsupported value: {}", general(number))) }
    }

    /// What [`Tree::nested`] makes of the value for a render.
    fn frozen(value: &Frozen, depth: usize) -> Result<Self, String> {
        if depth > MAX_DEPTH {
            return Err("json: unsupported value: encountered a cycle".into());
        }
        match value {
            Frozen::Nil => Ok(Tree::Null),
            Frozen::Bool(truth) => Ok(Tree::Bool(*truth)),
            Frozen::Float(number) => Self::float(*number),
            Frozen::Str(text) => Ok(Tree::Text(text.clone())),
            Frozen::List(items) => items.iter().map(|item| Self::frozen(item, depth + 1)).collect::<Result<_, _>>().map(Tree::List),
            Frozen::Map(map) => {
                let entries = map.entries().iter().map(|(key, value)| Ok((key.clone(), Self::frozen(value, depth + 1)?)));
                entries.collect::<Result<_, String>>().map(Tree::Map)
            }
        }
    }

    fn nested(value: &Value, depth: usize) -> Result<Self, String> {
        if depth > MAX_DEPTH {
            return Err("json: unsupported value: encountered a cycle".into());
        }
        let list = |items: &[Value]| items.iter().map(|item| Self::nested(item, depth + 1)).collect::<Result<_, _>>().map(Tree::List);
        match value {
            Value::Nil => Ok(Tree::Null),
            Value::Bool(truth) => Ok(Tree::Bool(*truth)),
            Value::Int(number) | Value::Int64(number) | Value::Duration(number) | Value::Ordinal(_, number) => Ok(Tree::Int(*number)),
            Value::Uint64(number) => Ok(Tree::Uint(*number)),
            Value::Uint8(number) => Ok(Tree::Uint(u64::from(*number))),
            Value::Float(number) => Self::float(*number),
            Value::Str(text) => Ok(Tree::Text(text.clone())),
            Value::Bytes(bytes) => Ok(Tree::Text(data_encoding::BASE64.encode(bytes).into())),
            Value::List(items) if items.items.is_none() => Ok(Tree::Null),
            Value::List(items) => list(items.items()),
            Value::Map(map) => {
                if let Some(frozen) = map.as_frozen() {
                    return Self::frozen(&Frozen::Map(frozen), depth);
                }
                let Some(table) = map.table() else { return Ok(Tree::Null) };
                let entries = table.iter().map(|(key, value)| Ok((key.clone(), Self::nested(value, depth + 1)?)));
                entries.collect::<Result<_, String>>().map(Tree::Map)
            }
            Value::Struct(object) => {
                let mut entries = Vec::new();
                for (field, value) in object.of.fields.iter().zip(&object.fields) {
                    match Self::nested(value, depth + 1)? {
                        Tree::Map(inner) if field.embedded => entries.extend(inner),
                        _ if field.json.is_empty() || field.omit_empty && !value.truth() => {}
                        tree => entries.push((field.json.into(), tree)),
                    }
                }
                Ok(Tree::Map(entries))
            }
            Value::Time(time) => match time.marshalled() {
                Ok(text) => Ok(Tree::Time(text.into())),
                Err(problem) => Err(format!("json: error calling MarshalJSON for type time.Time: Time.MarshalJSON: {problem}")),
            },
            Value::Location(_) => Ok(Tree::Map(Vec::new())),
            Value::Version(version) | Value::VersionCopy(version) => Ok(Tree::Text(version.to_string().into())),
        }
    }
}
