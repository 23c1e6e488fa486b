//! Bytes that are not UTF-8 as text and back, for what works on characters: a byte that belongs to none stands as a private character.

use std::borrow::Cow;

/// The stand-in of the byte 0; nobody has given these characters a meaning.
const FIRST: u32 = 0x0010_fe00;

/// The text; borrowed where it has no stand-ins.
pub(super) fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.utf8_chunks().fold(String::with_capacity(bytes.len() * 2), |mut out, chunk| {
            out.push_str(chunk.valid());
            out.extend(chunk.invalid().iter().filter_map(|byte| char::from_u32(FIRST + u32::from(*byte))));
            out
        })),
    }
}

/// The byte that a character stands for.
fn byte(c: char) -> Option<u8> {
    u32::from(c).checked_sub(FIRST).and_then(|byte| u8::try_from(byte).ok())
}

/// Whether the character stands for a byte.
pub(super) fn is_stand_in(c: char) -> bool {
    byte(c).is_some()
}

/// The bytes again of a text that was made of [`text`].
pub(super) fn bytes(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            match byte(c) {
                Some(byte) => out.push(byte),
                None => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        out.extend_from_slice(chunk.invalid());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{bytes, text};

    #[test]
    fn bytes_come_back() {
        for case in [&b""[..], b"abc", "é\u{fffd}".as_bytes(), b"\xff", b"a\xc3b\xf0\x9f\x98", b"\xe2\x82\xac\x80"] {
            assert_eq!(bytes(text(case).as_bytes()), case);
        }
    }
}
