//! `toYamlPretty`: go-yaml v3's encoder with two spaces, on the value itself instead of its JSON.

use super::Tree;
use super::yaml::{Dialect, Writer};
use crate::template::fmt::MAX_DEPTH;
use crate::template::object::Field;
use crate::template::time::layout::RFC3339_NANO;
use crate::template::value::{Text, Value};

/// The one type whose fields are named for YAML, as they are for JSON.
const TAGGED: &str = "chart.Dependency";

/// The document of a value, with the newline at its end.
pub(crate) fn write(value: &Value) -> String {
    Writer::document(&tree(value, 0), Dialect::V3)
}

/// Nil containers are empty ones here, floats keep their exponents, struct fields are in lower case unless tagged.
fn tree(value: &Value, depth: usize) -> Tree {
    if depth > MAX_DEPTH {
        return Tree::Null;
    }
    match value {
        Value::Float(number) => Tree::Float(*number),
        Value::List(list) => Tree::List(list.items().iter().map(|item| tree(item, depth + 1)).collect()),
        Value::Bytes(bytes) => Tree::List(bytes.iter().map(|byte| Tree::Uint(u64::from(*byte))).collect()),
        Value::Map(map) => Tree::Map(map.copies().into_iter().map(|(key, value)| (key, tree(&value, depth + 1))).collect()),
        Value::Struct(object) => {
            let is_tagged = object.of.name == TAGGED;
            let fields =
                object.of.fields.iter().zip(&object.fields).filter(|(field, value)| !(is_tagged && field.omit_empty && !value.truth()));
            let name = |field: &Field| if is_tagged { field.json.into() } else { field.name.to_lowercase() };
            Tree::Record(fields.map(|(field, value)| (Text::from(name(field)), tree(value, depth + 1))).collect())
        }
        Value::Time(time) => Tree::Time(time.format(RFC3339_NANO).into()),
        Value::Duration(_) => Tree::Text(crate::template::fmt::shown(value).into()),
        other => Tree::of(other).unwrap_or(Tree::Null),
    }
}
