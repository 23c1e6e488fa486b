//! A chart file's bytes become text as libyaml reads them: UTF-8, or UTF-16 behind a byte-order mark, and its words for what is neither.
//! Depends on `value` and `error`.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Place, Result};
use crate::value::{Source, Span};

/// The text of a file.
///
/// # Errors
/// [`ErrorKind::Syntax`] with the place of the first byte that isn't text.
pub(super) fn source(name: String, bytes: &[u8]) -> Result<Arc<Source>> {
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(&name, rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => utf16(&name, rest, u16::from_be_bytes)?,
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(cause) => return Err(not_utf8(&name, bytes, cause.valid_up_to())),
        },
    };
    Ok(Arc::new(Source { name, text }))
}

fn utf16(name: &str, bytes: &[u8], number: fn([u8; 2]) -> u16) -> Result<String> {
    let wrong = |message: &str| {
        let place = Place { file: name.to_owned(), line: 0, column: 0 };
        Error::new(ErrorKind::Syntax, format!("yaml: {message}")).at(place)
    };
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(wrong("incomplete UTF-16 character"));
    }
    char::decode_utf16(pairs.iter().map(|pair| number(*pair)))
        .collect::<Result<String, _>>()
        .map_err(|_| wrong("expected low surrogate area"))
}

/// The error for the first byte that isn't UTF-8, told apart as libyaml's reader does.
fn not_utf8(name: &str, bytes: &[u8], valid: usize) -> Error {
    let bad = &bytes[valid..];
    let width = match bad[0] {
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf7 => 4,
        _ => 0,
    };
    let is_trailing = |byte: &u8| byte & 0xc0 == 0x80;
    let message = if width == 0 {
        "invalid leading UTF-8 octet"
    } else if bad.len() < width {
        "incomplete UTF-8 octet sequence"
    } else if !bad[1..width].iter().all(is_trailing) {
        "invalid trailing UTF-8 octet"
    } else if matches!(bad, [0xc0 | 0xc1, ..] | [0xe0, 0x80..=0x9f, ..] | [0xf0, 0x80..=0x8f, ..]) {
        "invalid length of a UTF-8 sequence"
    } else {
        "invalid Unicode character"
    };
    let good = String::from_utf8_lossy(&bytes[..valid]);
    let line_start = good.rfind('\n').map_or(0, |end| end + 1);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let place = Place {
        file: name.to_owned(),
        line: count(memchr::memchr_iter(b'\n', good.as_bytes()).count() + 1),
        column: count(good[line_start..].chars().count() + 1),
    };
    let line_end = memchr::memchr(b'\n', bad).map_or(bytes.len(), |end| valid + end);
    Error::new(ErrorKind::Syntax, format!("yaml: {message}"))
        .at(place)
        .excerpt(String::from_utf8_lossy(&bytes[line_start..line_end]))
        .hint("save the file as UTF-8")
}

/// The error at a place in a text that was read, with the line as excerpt.
pub(super) fn locate(error: Error, span: &Span) -> Error {
    let line = span.source.text.lines().nth((span.line as usize).saturating_sub(1)).unwrap_or_default();
    error.at(span.place()).excerpt(line)
}
