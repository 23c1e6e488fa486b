//! Mapping keys as text, as sigs.k8s.io/yaml makes them on the way to JSON, and values as Go writes them in messages about keys.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::value::Data;

/// A key after its conversion.
pub(super) enum Key {
    Text(Arc<str>),
    /// A key that has no text, and why, in the words of sigs.k8s.io/yaml but for the value.
    Refused(String),
}

/// The text of a key.
///
/// # Errors
/// Collections can't be keys: go-yaml's words.
pub(super) fn key(data: &Data) -> Result<Key, String> {
    Ok(Key::Text(match data {
        Data::Str(text) => Arc::clone(text),
        Data::Int(number) => number.to_string().into(),
        Data::Float(number) => float_key(*number).into(),
        Data::Bool(value) => if *value { "true" } else { "false" }.into(),
        Data::Null => return Ok(Key::Refused("unsupported map key of type: %!s(<nil>), key: <nil>".into())),
        Data::Uint(number) => return Ok(Key::Refused(format!("unsupported map key of type: uint64, key: {number:#x}"))),
        Data::List(_) | Data::Map(_) => return Err(format!("invalid map key: {}", go_syntax(data))),
    }))
}

/// Go's `FormatFloat(number, 'g', -1, 32)`: the shortest digits that a 32-bit float is known by, with an exponent below -4 and from 6 on.
fn float_key(number: f64) -> String {
    #[allow(clippy::cast_possible_truncation)]
    let number = number as f32;
    if number.is_nan() {
        return ".nan".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { ".inf" } else { "-.inf" }.into();
    }
    go_float(&format!("{number:e}"))
}

/// Rust's `1.5e7` as Go's `%g` writes it with the shortest digits.
fn go_float(scientific: &str) -> String {
    let (digits, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let digits = digits.replace('.', "");
    let point = exponent + 1;
    match usize::try_from(point) {
        Ok(point) if point >= digits.len() => format!("{sign}{digits}{}", "0".repeat(point - digits.len())),
        Ok(point) if point > 0 => format!("{sign}{}.{}", &digits[..point], &digits[point..]),
        _ => format!("{sign}0.{}{digits}", "0".repeat(point.unsigned_abs() as usize)),
    }
}

/// A value as Go's `%#v` writes it, with all keys as the strings they became.
pub(super) fn go_syntax(data: &Data) -> String {
    match data {
        // Only inside of a collection Go says which nil it is.
        Data::Null => "<nil>".into(),
        _ => {
            let mut text = String::new();
            write_go(data, &mut text);
            text
        }
    }
}

fn write_go(data: &Data, text: &mut String) {
    // Writing to a string can't fail.
    let _ = match data {
        Data::Null => write!(text, "interface {{}}(nil)"),
        Data::Bool(value) => write!(text, "{value}"),
        Data::Int(number) => write!(text, "{number}"),
        Data::Uint(number) => write!(text, "{number:#x}"),
        Data::Float(number) => write!(text, "{}", go_float(&format!("{number:e}"))),
        Data::Str(string) => write!(text, "{string:?}"),
        Data::List(items) => {
            text.push_str("[]interface {}{");
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                write_go(&item.data, text);
            }
            write!(text, "}}")
        }
        Data::Map(map) => {
            text.push_str("map[interface {}]interface {}{");
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|&(key, _)| key);
            for (index, (key, entry)) in entries.into_iter().enumerate() {
                let _ = write!(text, "{}{key:?}:", if index > 0 { ", " } else { "" });
                write_go(&entry.value.data, text);
            }
            write!(text, "}}")
        }
    };
}
