//! What a scalar is: the rules of go-yaml v2 resolve.go, which are YAML 1.1's with exceptions of its own (no sexagesimal numbers,
//! `0o17`, timestamps that stay text).

use super::parser::Tag;
use super::timestamp::is_timestamp;
use crate::value::Data;

/// What a scalar says. `implicit`: it is plain and has no tag, or its tag is `!`.
///
/// # Errors
/// A tag that the text doesn't fit, in go-yaml's words.
pub(super) fn scalar(text: &str, tag: Tag, implicit: bool) -> Result<Data, String> {
    let string = || Data::Str(text.into());
    match tag {
        Tag::None if implicit => Ok(plain(text, tag).1),
        Tag::None | Tag::Str | Tag::Merge | Tag::Other => Ok(string()),
        Tag::Binary => binary(text).map(|text| Data::Str(text.into())),
        Tag::Bool | Tag::Int | Tag::Float | Tag::Null | Tag::Timestamp => match (tag, plain(text, tag)) {
            (Tag::Float, (Tag::Int, Data::Int(number))) =>
            {
                #[allow(clippy::cast_precision_loss)]
                Ok(Data::Float(number as f64))
            }
            (_, (found, data)) if found == tag => Ok(data),
            (_, (found, _)) => Err(format!("cannot decode {} `{text}` as a {}", found.short(), tag.short())),
        },
    }
}

/// Whether a plain scalar is text, and not even a timestamp.
pub(super) fn is_text(text: &str) -> bool {
    other_than_text(text, Tag::Timestamp).is_none()
}

/// What a text is by its looks, and the tag that says so.
fn plain(text: &str, asked: Tag) -> (Tag, Data) {
    other_than_text(text, asked).unwrap_or_else(|| (Tag::Str, Data::Str(text.into())))
}

/// As [`plain`], when it is anything but text. `asked` is the tag it has: timestamps are looked for only where they matter.
fn other_than_text(text: &str, asked: Tag) -> Option<(Tag, Data)> {
    match text.as_bytes().first() {
        None => Some((Tag::Null, Data::Null)),
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => word(text),
        Some(b'.') => special_float(text).or_else(|| go_float(text)).map(|number| (Tag::Float, Data::Float(number))),
        Some(b'+' | b'-' | b'0'..=b'9') => {
            if asked == Tag::Timestamp && is_timestamp(text) {
                Some((Tag::Timestamp, Data::Str(text.into())))
            } else if let Some(number) = special_float(text) {
                Some((Tag::Float, Data::Float(number)))
            } else {
                number(text)
            }
        }
        _ => None,
    }
}

fn word(text: &str) -> Option<(Tag, Data)> {
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => (Tag::Bool, Data::Bool(true)),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => (Tag::Bool, Data::Bool(false)),
        "~" | "null" | "Null" | "NULL" => (Tag::Null, Data::Null),
        _ => return None,
    })
}

fn special_float(text: &str) -> Option<f64> {
    Some(match text {
        ".nan" | ".NaN" | ".NAN" => f64::NAN,
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => f64::INFINITY,
        "-.inf" | "-.Inf" | "-.INF" => f64::NEG_INFINITY,
        _ => return None,
    })
}

/// A number that begins with a sign or a digit.
fn number(text: &str) -> Option<(Tag, Data)> {
    let text = &*if text.contains('_') { text.replace('_', "").into() } else { std::borrow::Cow::Borrowed(text) };
    if let Some(data) = integer(text) {
        return Some((Tag::Int, data));
    }
    if is_decimal(text)
        && let Some(number) = finite(text)
    {
        return Some((Tag::Float, Data::Float(number)));
    }
    // go-yaml looks at what follows `0b` once more, and finds a sign there.
    let signed = text.strip_prefix("0b").filter(|rest| rest.starts_with(['+', '-']))?;
    i64::from_str_radix(signed, 2).ok().map(|number| (Tag::Int, Data::Int(number)))
}

/// Go's `ParseInt` and `ParseUint` with base 0, without `_`.
fn integer(text: &str) -> Option<Data> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if !digits.bytes().all(|digit| char::from(digit).is_digit(radix)) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    match i64::try_from(magnitude) {
        Ok(number) => Some(Data::Int(if negative { -number } else { number })),
        Err(_) if negative => (magnitude == i64::MIN.unsigned_abs()).then_some(Data::Int(i64::MIN)),
        Err(_) if text.starts_with('+') => None,
        Err(_) => Some(Data::Uint(magnitude)),
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_decimal(text: &str) -> bool {
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (rest, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent_fits = exponent.is_none_or(|text| {
        let text = text.strip_prefix(['+', '-']).unwrap_or(text);
        !text.is_empty() && digits(text)
    });
    digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty()) && exponent_fits
}

/// A float that doesn't overflow.
fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Go's `ParseFloat` for a text that begins with a point: `_` may stand between digits.
fn go_float(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let separates = |at: usize| at > 0 && digit(at - 1) && digit(at + 1);
    if !bytes.iter().enumerate().all(|(at, &byte)| byte != b'_' || separates(at)) {
        return None;
    }
    let text = text.replace('_', "");
    if is_decimal(&text) { finite(&text) } else { None }
}

/// What a `!!binary` holds, as text: bytes that aren't become U+FFFD each, as in Go's JSON.
fn binary(text: &str) -> Result<String, String> {
    let bytes = base64(text).ok_or("!!binary value contains invalid base64 data")?;
    let mut decoded = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        decoded.push_str(chunk.valid());
        decoded.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Ok(decoded)
}

/// Standard base64 with padding; line ends don't count (Go's `base64.StdEncoding`).
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count, mut padding) = (0u32, 0u32, 0u32);
    for byte in text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')) {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                padding += 1;
                0
            }
            _ => return None,
        };
        if padding > 0 && byte != b'=' {
            return None;
        }
        bits = bits << 6 | u32::from(value);
        count += 1;
        if count == 4 {
            let decoded = 3_usize.checked_sub(padding as usize).filter(|&length| length > 0)?;
            bytes.extend_from_slice(&bits.to_be_bytes()[1..=decoded]);
            (bits, count) = (0, 0);
            if padding > 0 {
                // Nothing may follow; a further `=` would begin a group of its own.
                padding = 3;
            }
        }
    }
    (count == 0).then_some(bytes)
}
