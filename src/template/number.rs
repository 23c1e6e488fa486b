//! Go's number syntax: constants in templates (`parse/node.go`), `strconv.ParseInt` with base 0, `strconv.ParseFloat`. Depends on the tree.

use super::ast::{Number, Piece};
use super::fmt::unquote_char;

/// Reads a number or character constant; its text is left empty.
///
/// # Errors
/// Go's message, such as `bad number syntax: "1x"`.
pub(super) fn constant(text: &[u8]) -> Result<Number, String> {
    let shown = String::from_utf8_lossy(text);
    if text.first() == Some(&b'\'') {
        return character(text).ok_or_else(|| format!("malformed character constant: {shown}"));
    }
    let mut number = Number { text: Piece::default(), int: parse_int(&shown), uint: parse_uint(&shown), float: None, ideal_float: false };
    if number.int == Some(0) {
        number.uint = Some(0);
    }
    if let Some(int) = number.int {
        number.float = Some(int as f64);
    } else if let Some(uint) = number.uint {
        number.float = Some(uint as f64);
    } else if let Some(float) = parse_float(&shown) {
        if !shown.contains(['.', 'e', 'E', 'p', 'P']) {
            return Err(format!("integer overflow: {}", super::fmt::quote(text)));
        }
        number.float = Some(float);
        if number.int.is_none() && float as i64 as f64 == float {
            number.int = Some(float as i64);
        }
        if number.uint.is_none() && float as u64 as f64 == float {
            number.uint = Some(float as u64);
        }
    }
    if number.int.is_none() && number.uint.is_none() && number.float.is_none() {
        return Err(format!("illegal number syntax: {}", super::fmt::quote(text)));
    }
    let is_hex = shown.len() > 2 && shown.starts_with(['0']) && shown[1..].starts_with(['x', 'X']) && !shown.contains(['p', 'P']);
    number.ideal_float = !is_hex && number.float.is_some() && shown.contains(['.', 'e', 'E', 'p', 'P']);
    Ok(number)
}

fn character(text: &[u8]) -> Option<Number> {
    let (code, used) = unquote_char(&text[1..], b'\'')?;
    let code = i64::from(code);
    (text.get(1 + used..) == Some(b"'")).then(|| Number {
        text: Piece::default(),
        int: Some(code),
        uint: u64::try_from(code).ok(),
        float: Some(code as f64),
        ideal_float: false,
    })
}

/// `strconv.ParseInt(text, 0, 64)`: prefixes `0x`, `0o`, `0b`, `0`, and underscores between digits.
pub(crate) fn parse_int(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let magnitude = i128::from(parse_uint(digits)?);
    i64::try_from(if negative { -magnitude } else { magnitude }).ok()
}

/// `strconv.ParseUint(text, 0, 64)`.
pub(crate) fn parse_uint(text: &str) -> Option<u64> {
    // The usual case.
    if !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let lower = text.to_ascii_lowercase();
    let (digits, base, prefixed) = match lower.as_bytes() {
        [b'0', b'x', ..] => (&lower[2..], 16, true),
        [b'0', b'o', ..] => (&lower[2..], 8, true),
        [b'0', b'b', ..] => (&lower[2..], 2, true),
        [b'0', _, ..] => (&lower[1..], 8, true),
        _ => (&lower[..], 10, false),
    };
    if digits.contains('_') && !underscores_fit(digits, prefixed) {
        return None;
    }
    let plain = digits.replace('_', "");
    if plain.is_empty() || plain.starts_with(['+', '-']) {
        return None;
    }
    u64::from_str_radix(&plain, base).ok()
}

/// Underscores must stand between digits, or after a base prefix.
fn underscores_fit(digits: &str, prefixed: bool) -> bool {
    (prefixed || !digits.starts_with('_')) && !digits.ends_with('_') && !digits.contains("__")
}

/// `strconv.ParseFloat(text, 64)` as far as it succeeds: decimal, hexadecimal with `p`, `inf`, `nan`.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.get(..2).is_some_and(|prefix| prefix.eq_ignore_ascii_case("0x")) {
        // An underscore may stand behind the prefix.
        let digits = without_underscores(&format!("0{}", &unsigned[2..]))?[1..].to_owned();
        let value = hex_float(&digits)?;
        return Some(if text.starts_with('-') { -value } else { value });
    }
    let lower = unsigned.to_ascii_lowercase();
    if matches!(lower.as_str(), "inf" | "infinity" | "nan") {
        return text.parse().ok();
    }
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let value: f64 = without_underscores(text)?.parse().ok()?;
    value.is_finite().then_some(value)
}

/// The number without underscores, each of which must stand between digits.
fn without_underscores(text: &str) -> Option<std::borrow::Cow<'_, str>> {
    if !text.contains('_') {
        return Some(text.into());
    }
    let is_digit = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_hexdigit);
    let stand_well = text.match_indices('_').all(|(at, _)| at > 0 && is_digit(at - 1) && is_digit(at + 1));
    stand_well.then(|| text.replace('_', "").into())
}

fn hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let value = u64::from_str_radix(&digits, 16).ok()? as f64;
    let places = i32::try_from(fraction.len()).unwrap_or(i32::MAX).saturating_mul(4);
    Some(value * 2f64.powi(exponent.saturating_sub(places)))
}
