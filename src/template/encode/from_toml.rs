//! TOML read as `fromToml` does (BurntSushi/toml): integers stay integers, dates become times. The crate `toml` does the parsing.

use crate::template::functions::dates;
use crate::template::value::{Table, Text, Value};

/// Reads a document.
///
/// # Errors
/// The parser's message; it is not worded as the Go library's.
pub(crate) fn parse(text: &str) -> Result<Value, String> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        format!("toml: line {line}: {}", error.message())
    })?;
    Ok(Value::map(of_table(table)))
}

fn of_table(table: toml::Table) -> Table {
    table.into_iter().map(|(key, value)| (Text::from(key), of(value))).collect()
}

fn of(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::text(text),
        toml::Value::Integer(number) => Value::Int64(number),
        toml::Value::Float(number) => Value::Float(number),
        toml::Value::Boolean(truth) => Value::Bool(truth),
        toml::Value::Datetime(date) => dates::from_toml(&date),
        toml::Value::Array(items) => Value::list(items.into_iter().map(of).collect()),
        toml::Value::Table(table) => Value::map(of_table(table)),
    }
}
