//! From bytes to a [`Source`]: byte-order marks, UTF-16, and the characters YAML allows (go-yaml v2 readerc.go).
//!
//! Unlike Helm, which never looks at the bytes far behind the first document, all of the text must be clean.

use std::sync::Arc;

use super::input::Mark;
use super::problem::{Found, Problem, Stage};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::value::Source;

/// Decodes a file: UTF-8, or UTF-16 with a byte-order mark. The mark is left out.
///
/// # Errors
/// `Syntax` at the first byte that is not a character.
pub fn source(name: impl Into<String>, bytes: &[u8]) -> Result<Arc<Source>> {
    let name = name.into();
    let decoded = match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest),
        _ => utf8(bytes),
    };
    match decoded {
        Ok(text) => Ok(Arc::new(Source { name, text })),
        Err(undecodable) => Err(undecodable.into_error(name)),
    }
}

/// A text that could be decoded in part.
struct Undecodable {
    message: &'static str,
    /// The text up to the bad byte.
    good: String,
}

impl Undecodable {
    fn into_error(self, file: String) -> Error {
        let line = self.good.matches('\n').count() + 1;
        let last = self.good.rsplit('\n').next().unwrap_or_default();
        let place = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Error::new(ErrorKind::Syntax, self.message)
            .at(Place { file, line: place(line), column: place(last.chars().count() + 1) })
            .excerpt(format!("{last}{}", char::REPLACEMENT_CHARACTER))
            .hint("save the file as UTF-8")
    }
}

fn utf8(bytes: &[u8]) -> Result<String, Undecodable> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| {
        let (good, bad) = bytes.split_at(error.valid_up_to());
        Undecodable { message: why_not_utf8(bad), good: String::from_utf8_lossy(good).into_owned() }
    })
}

/// go-yaml's words for the sequence that `bad` begins with.
fn why_not_utf8(bad: &[u8]) -> &'static str {
    let width = match bad.first() {
        Some(0..=0x7F) => 1,
        Some(0xC0..=0xDF) => 2,
        Some(0xE0..=0xEF) => 3,
        Some(0xF0..=0xF7) => 4,
        _ => return "invalid leading UTF-8 octet",
    };
    let Some(sequence) = bad.get(..width) else { return "incomplete UTF-8 octet sequence" };
    if sequence[1..].iter().any(|octet| octet & 0xC0 != 0x80) {
        return "invalid trailing UTF-8 octet";
    }
    match sequence {
        [0xC0 | 0xC1, ..] | [0xE0, 0x80..=0x9F, ..] | [0xF0, 0x80..=0x8F, ..] => "invalid length of a UTF-8 sequence",
        _ => "invalid Unicode character",
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Undecodable> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let mut good = String::with_capacity(bytes.len());
    let mut characters = char::decode_utf16(pairs.iter().map(|&pair| unit(pair)));
    while let Some(decoded) = characters.next() {
        let message = match decoded {
            Ok(character) => {
                good.push(character);
                continue;
            }
            Err(error) if error.unpaired_surrogate() >= 0xDC00 => "unexpected low surrogate area",
            Err(_) if characters.next().is_none() => "incomplete UTF-16 surrogate pair",
            Err(_) => "expected low surrogate area",
        };
        return Err(Undecodable { message, good });
    }
    if odd.is_empty() { Ok(good) } else { Err(Undecodable { message: "incomplete UTF-16 character", good }) }
}

/// How many bytes are looked at in one go.
const BLOCK: usize = 64;

/// Makes sure that every character is one YAML allows.
///
/// # Errors
/// The first that is not.
pub(super) fn check(text: &str) -> Found<()> {
    let bytes = text.as_bytes();
    for (number, block) in bytes.chunks(BLOCK).enumerate() {
        // Without a branch, so that the compiler can look at many bytes at once.
        if !block.iter().fold(false, |any, &byte| any | is_suspect(byte)) {
            continue;
        }
        let start = number * BLOCK;
        let refused = |at: &usize| is_refused(&bytes[*at..]);
        if let Some(at) = (start..start + block.len()).find(refused) {
            return Err(Problem::new(Stage::Characters, "control characters are not allowed", mark_at(text, at)));
        }
    }
    Ok(())
}

/// A control character, or the first byte of a character that may be refused.
fn is_suspect(byte: u8) -> bool {
    (byte < b' ') & (byte != b'\n') & (byte != b'\r') & (byte != b'\t') | (byte == 0x7F) | (byte == 0xC2) | (byte == 0xEF)
}

/// Whether a character that YAML doesn't allow is first: C0 and C1 control characters but TAB, LF, CR and NEL, and U+FFFE and U+FFFF.
fn is_refused(rest: &[u8]) -> bool {
    match rest {
        [0xC2, 0x85, ..] => false,
        [0xC2, second, ..] => *second < 0xA0,
        [0xEF, second, third, ..] => *second == 0xBF && *third >= 0xBE,
        [byte, ..] => is_suspect(*byte),
        [] => false,
    }
}

/// The place of a byte. Reads all that is above it.
fn mark_at(text: &str, at: usize) -> Mark {
    let mut input = super::input::Input::new(text);
    while (input.mark.pos as usize) < at {
        if input.is_break(0) {
            input.take_break();
        } else {
            input.skip_char();
        }
    }
    input.mark
}
