//! JSON as the crate `jsonschema` takes it: the text of a schema, and a chart's values.

use std::sync::Arc;

use serde_json::{Deserializer, Number, Value as Json};

use super::Unusable;
use super::compiled::Written;
use super::limits::too_much;
use crate::template::value::Value;
use crate::template::{parse_json, printf};

/// What `serde_json` says of a text that nests deeper than it reads.
const NESTS_TOO_DEEP: &str = "recursion limit exceeded";

/// The first JSON value of a text, and whether something follows it.
///
/// # Errors
/// Go's words for a broken text; a limit for one that nests too deep.
pub(super) fn read(text: &[u8]) -> Result<(Json, bool), Unusable> {
    let lossy = bstr::ByteSlice::to_str_lossy(text);
    let mut values = Deserializer::from_str(&lossy).into_iter::<Json>();
    match values.next() {
        Some(Ok(json)) => Ok((json, !lossy[values.byte_offset()..].trim().is_empty())),
        Some(Err(error)) if error.to_string().starts_with(NESTS_TOO_DEEP) => {
            Err(Unusable::Ours(too_much("nests too deep: more than 127 levels")))
        }
        _ => Err(Unusable::Helm(decoder_words(text))),
    }
}

/// What [`read`] makes of a text, when it is asked for.
pub(super) fn written(text: &Arc<[u8]>) -> Written {
    let text = Arc::clone(text);
    Written::new(Box::new(move || read(&text).map_or(Json::Null, |(json, _)| json)))
}

/// What Go's `json.Decoder` says of a broken text.
fn decoder_words(text: &[u8]) -> String {
    if text.iter().all(u8::is_ascii_whitespace) {
        return "EOF".to_owned();
    }
    // A text that ends too early is one whose complaint depends on what comes after it.
    let goes_on = parse_json(&[text, b"\x01"].concat()).err();
    match parse_json(text) {
        Err(problem) if goes_on.as_ref() != Some(&problem) => "unexpected EOF".to_owned(),
        Err(problem) => problem,
        Ok(_) => "invalid JSON".to_owned(),
    }
}

/// A chart's values. A float that is whole is an integer, as in the JSON that Helm makes of values.
pub(super) fn values(value: &Value) -> Json {
    match value {
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Int(number) | Value::Int64(number) | Value::Duration(number) | Value::Ordinal(_, number) => Json::from(*number),
        Value::Uint64(whole) => Json::from(*whole),
        Value::Uint8(byte) => Json::from(*byte),
        Value::Float(float) => number(*float),
        Value::Str(text) | Value::Bytes(text) => Json::from(text.lossy()),
        Value::List(list) => Json::Array(list.items().iter().map(values).collect()),
        Value::Map(map) => Json::Object(map.copies().iter().map(|(key, value)| (key.lossy().into_owned(), values(value))).collect()),
        Value::Nil | Value::Struct(_) | Value::Time(_) | Value::Location(_) | Value::Version(_) | Value::VersionCopy(_) => Json::Null,
    }
}

/// A float, as an integer where that says the same.
pub(super) fn number(float: f64) -> Json {
    const LARGEST: f64 = 9e18;
    if float.fract() == 0.0 && float.abs() < LARGEST {
        Json::from(float as i64)
    } else {
        Number::from_f64(float).map_or(Json::Null, Json::Number)
    }
}

/// The value of the template language, numbers as 64-bit floats.
fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        Json::String(text) => Value::text(text.as_str()),
        Json::Array(items) => Value::list(items.iter().map(value).collect()),
        Json::Object(map) => Value::map(map.iter().map(|(key, below)| (key.as_str().into(), value(below))).collect()),
    }
}

/// The text Go's `json.Marshal` gives, numbers as 64-bit floats.
pub(super) fn marshalled(json: &Json) -> String {
    crate::template::json_text(&value(json))
}

/// Go's `%q` of a string.
pub(super) fn quoted(text: &str) -> String {
    String::from_utf8_lossy(&printf(b"%q", &[Value::text(text)])).into_owned()
}

/// Go's shortest `%g` of a number.
pub(super) fn general(number: &Json) -> String {
    String::from_utf8_lossy(&printf(b"%g", &[Value::Float(number.as_f64().unwrap_or(f64::NAN))])).into_owned()
}

/// The word of JSON Schema for the type; every number is a `number`.
pub(super) fn type_name(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}
