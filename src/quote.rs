//! Texts between quotation marks as Go writes and reads them (`strconv.Quote`, `strconv.Unquote`, `%q`): in templates and in what Helm says of
//! a chart. Depends on nothing.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether Go's `unicode.IsPrint` has the character: letters, marks, numbers, punctuation, symbols and the ASCII space.
pub(crate) fn is_print(c: char) -> bool {
    if c.is_ascii() {
        return (' '..='~').contains(&c);
    }
    // The standard library escapes exactly the characters of the other categories; a mark is escaped only where a text begins.
    let mut probe = String::with_capacity(6);
    probe.push('a');
    probe.push(c);
    let mut shown = String::with_capacity(16);
    let _ = write!(shown, "{probe:?}");
    shown.len() == probe.len() + 2
}

/// The text between double quotes with Go's escapes.
pub(crate) fn quote(text: &[u8]) -> String {
    quote_with(text, '"', false)
}

/// The same with a chosen quotation mark; `ascii` escapes everything else.
pub(crate) fn quote_with(text: &[u8], mark: char, ascii: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(mark);
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            push_escaped(&mut out, c, mark, ascii);
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out.push(mark);
    out
}

fn push_escaped(out: &mut String, c: char, mark: char, ascii: bool) {
    match c {
        '\\' => out.push_str("\\\\"),
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        c if c == mark => {
            out.push('\\');
            out.push(c);
        }
        c if (c.is_ascii() || !ascii) && is_print(c) => out.push(c),
        c => {
            let code = c as u32;
            let _ = match code {
                0..=0x1f | 0x7f => write!(out, "\\x{code:02x}"),
                0x20..=0xffff => write!(out, "\\u{code:04x}"),
                _ => write!(out, "\\U{code:08x}"),
            };
        }
    }
}

/// Whether a text can stand between backquotes as it is (`strconv.CanBackquote`).
pub(crate) fn can_backquote(text: &[u8]) -> bool {
    let fits = |c: char| c == '\t' || !(c.is_ascii_control() || matches!(c, '`' | '\u{feff}'));
    std::str::from_utf8(text).is_ok_and(|text| text.chars().all(fits))
}

/// The content of a Go string literal in double quotes or backquotes; `None` where Go says "invalid syntax".
pub(crate) fn unquote(literal: &[u8]) -> Option<Cow<'_, [u8]>> {
    let (mark, rest) = literal.split_first()?;
    let (last, body) = rest.split_last()?;
    if mark != last {
        return None;
    }
    match mark {
        b'`' if memchr::memchr(b'`', body).is_some() => None,
        b'`' if memchr::memchr(b'\r', body).is_none() => Some(body.into()),
        b'`' => Some(body.iter().copied().filter(|byte| *byte != b'\r').collect()),
        b'"' if memchr::memchr(b'\n', body).is_some() => None,
        b'"' if memchr::memchr2(b'\\', b'"', body).is_none() => Some(body.into()),
        b'"' => with_escapes(body).map(Cow::Owned),
        _ => None,
    }
}

/// What stands between double quotes, its escapes read.
fn with_escapes(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(body.len());
    while !body.is_empty() {
        let (unit, used) = unit(body, b'"')?;
        match unit {
            Unit::Byte(byte) => out.push(byte),
            Unit::Char(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        body = &body[used..];
    }
    Some(out)
}

/// The first character of a literal's inside, as a number, and how many bytes it takes there.
pub(crate) fn unquote_char(text: &[u8], mark: u8) -> Option<(u32, usize)> {
    let (unit, used) = unit(text, mark)?;
    Some((
        match unit {
            Unit::Byte(byte) => u32::from(byte),
            Unit::Char(c) => c as u32,
        },
        used,
    ))
}

enum Unit {
    Byte(u8),
    Char(char),
}

fn unit(text: &[u8], mark: u8) -> Option<(Unit, usize)> {
    let first = *text.first()?;
    if first == mark {
        return None;
    }
    if first >= 0x80 {
        let (c, size) = bstr::decode_utf8(text);
        return Some((c.map_or(Unit::Byte(first), Unit::Char), size));
    }
    if first != b'\\' {
        return Some((Unit::Char(first as char), 1));
    }
    let escape = *text.get(1)?;
    let simple = match escape {
        b'a' => '\x07',
        b'b' => '\x08',
        b'f' => '\x0c',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'v' => '\x0b',
        b'\\' => '\\',
        b'\'' | b'"' if escape == mark => escape as char,
        b'x' => return Some((Unit::Byte(digits(text, 2, 2, 16)? as u8), 4)),
        b'u' => return Some((Unit::Char(char::from_u32(digits(text, 2, 4, 16)?)?), 6)),
        b'U' => return Some((Unit::Char(char::from_u32(digits(text, 2, 8, 16)?)?), 10)),
        b'0'..=b'7' => return Some((Unit::Byte(u8::try_from(digits(text, 1, 3, 8)?).ok()?), 4)),
        _ => return None,
    };
    Some((Unit::Char(simple), 2))
}

fn digits(text: &[u8], from: usize, count: usize, base: u32) -> Option<u32> {
    let digits = std::str::from_utf8(text.get(from..from + count)?).ok()?;
    if digits.starts_with('+') {
        return None;
    }
    u32::from_str_radix(digits, base).ok()
}
