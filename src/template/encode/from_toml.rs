//! TOML read as `fromToml` does (BurntSushi/toml): integers stay integers, dates become times. The crate `toml` does the parsing.

use jiff::tz::TimeZone;

use crate::template::object::Time;
use crate::template::value::{Table, Text, Value};

/// Reads a document.
///
/// # Errors
/// The parser's message; it is not worded as the Go library's.
pub(crate) fn parse(text: &str) -> Result<Value, String> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| format!("toml: {}", error.message()))?;
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
        toml::Value::Datetime(date) => of_date(&date.to_string()),
        toml::Value::Array(items) => Value::list(items.into_iter().map(of).collect()),
        toml::Value::Table(table) => Value::map(of_table(table)),
    }
}

/// A date in its own zone, or in UTC when it names none.
fn of_date(text: &str) -> Value {
    let local = |text: &str| text.parse::<jiff::civil::DateTime>().ok()?.to_zoned_datetime(TimeZone::UTC).ok();
    let zoned = text.parse::<jiff::Timestamp>().ok().map(|moment| moment.to_zoned_datetime(TimeZone::UTC)).or_else(|| local(text));
    match zoned {
        Some(zoned) => Value::Time(std::rc::Rc::new(Time { zoned, monotonic: false })),
        None => Value::text(text),
    }
}
