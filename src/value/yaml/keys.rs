//! Mapping keys as text, as sigs.k8s.io/yaml makes them on the way to JSON, and values as Go writes them in messages about keys.

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

/// A value as Go's `%#v` writes it, but for keys, which are the strings they became.
pub(super) fn go_syntax(data: &Data) -> String {
    let mut text = String::new();
    match data {
        // Only inside of a collection Go says which nil it is.
        Data::Null => text.push_str("<nil>"),
        _ => write_go(data, &mut text),
    }
    text
}

fn write_go(data: &Data, text: &mut String) {
    match data {
        Data::Null => text.push_str("interface {}(nil)"),
        Data::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Data::Int(number) => text.push_str(&number.to_string()),
        Data::Uint(number) => text.push_str(&format!("{number:#x}")),
        Data::Float(number) if number.is_nan() => text.push_str("NaN"),
        Data::Float(number) if number.is_infinite() => text.push_str(if *number > 0.0 { "+Inf" } else { "-Inf" }),
        Data::Float(number) => text.push_str(&go_float(&format!("{number:e}"))),
        Data::Str(string) => write_quoted(string, text),
        Data::List(items) => {
            text.push_str("[]interface {}{");
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                write_go(&item.data, text);
            }
            text.push('}');
        }
        Data::Map(map) => {
            text.push_str("map[interface {}]interface {}{");
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|&(key, _)| key);
            for (index, (key, entry)) in entries.into_iter().enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                write_quoted(key, text);
                text.push(':');
                write_go(&entry.value.data, text);
            }
            text.push('}');
        }
    }
}

/// A string as Go's `strconv.Quote` writes it.
fn write_quoted(string: &str, text: &mut String) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\x07' => text.push_str("\\a"),
            '\x08' => text.push_str("\\b"),
            '\x0B' => text.push_str("\\v"),
            '\x0C' => text.push_str("\\f"),
            '\0'..='\x1F' | '\x7F' => text.push_str(&format!("\\x{:02x}", u32::from(character))),
            '\u{80}'..='\u{A0}' | '\u{AD}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}' => {
                text.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            _ => text.push(character),
        }
    }
    text.push('"');
}
