//! The text under the scanner: a cursor that counts lines and columns, and the character classes of YAML 1.1 as libyaml has them.
//!
//! The text is valid UTF-8 without control characters ([`super::text::check`] saw to that), so a zero byte can stand for its end.

/// A place in the text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// Bytes from the start.
    pub(super) pos: u32,
    /// Characters from the start.
    pub(super) index: u32,
    /// Lines from the start, from 0.
    pub(super) line: u32,
    /// Characters from the start of the line, from 0.
    pub(super) column: u32,
}

impl Mark {
    /// The place behind one ASCII character.
    pub(super) fn after_one(self) -> Self {
        Self { pos: self.pos + 1, index: self.index + 1, column: self.column + 1, ..self }
    }
}

/// The cursor.
pub(super) struct Input<'a> {
    text: &'a str,
    /// Where it stands.
    pub(super) mark: Mark,
}

/// A byte that ends a word, or may begin one of the line breaks of several bytes.
pub(super) fn may_end_word(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0 | 0xC2 | 0xE2)
}

/// Whether a text begins with a line break.
#[inline]
fn is_break(bytes: &[u8]) -> bool {
    matches!(bytes, [b'\r' | b'\n', ..] | [0xC2, 0x85, ..] | [0xE2, 0x80, 0xA8 | 0xA9, ..])
}

/// A letter, a digit, `_` or `-`: what names of anchors, directives and tag handles are made of.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// Counts work, for the tests that hold the reader to an effort in proportion to the text. Costs nothing elsewhere.
#[inline]
pub(super) fn step(count: usize) {
    #[cfg(test)]
    STEPS.set(STEPS.get() + count as u64);
    let _ = count;
}

#[cfg(test)]
thread_local! {
    /// The work counted on this thread.
    pub(super) static STEPS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

impl<'a> Input<'a> {
    /// A cursor at the start of `text`, behind a byte-order mark.
    pub(super) fn new(text: &'a str) -> Self {
        let pos = if text.starts_with('\u{FEFF}') { 3 } else { 0 };
        Self { text, mark: Mark { pos, ..Mark::default() } }
    }

    /// The byte `ahead` bytes on; 0 behind the end.
    #[inline]
    pub(super) fn peek(&self, ahead: usize) -> u8 {
        step(1);
        self.text.as_bytes().get(self.mark.pos as usize + ahead).copied().unwrap_or(0)
    }

    /// The text between a place passed earlier and another.
    pub(super) fn slice(&self, from: u32, to: u32) -> &'a str {
        &self.text[from as usize..to as usize]
    }

    /// Whether the text ends here.
    pub(super) fn at_end(&self) -> bool {
        self.peek(0) == 0
    }

    /// Whether a space or a tab stands `ahead` bytes on.
    #[inline]
    pub(super) fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.peek(ahead), b' ' | b'\t')
    }

    /// Whether a line break (CR, LF, NEL, LS, PS) stands `ahead` bytes on.
    #[inline]
    pub(super) fn is_break(&self, ahead: usize) -> bool {
        step(1);
        self.text.as_bytes().get(self.mark.pos as usize + ahead..).is_some_and(is_break)
    }

    /// Whether a line break or the end is `ahead` bytes on.
    #[inline]
    pub(super) fn is_break_or_end(&self, ahead: usize) -> bool {
        self.peek(ahead) == 0 || self.is_break(ahead)
    }

    /// Whether a blank, a line break or the end is `ahead` bytes on.
    #[inline]
    pub(super) fn is_blank_or_end(&self, ahead: usize) -> bool {
        self.is_blank(ahead) || self.is_break_or_end(ahead)
    }

    /// Whether `---` or `...` stands alone at the start of this line.
    pub(super) fn at_document_indicator(&self) -> bool {
        let first = self.peek(0);
        self.mark.column == 0 && matches!(first, b'-' | b'.') && self.peek(1) == first && self.peek(2) == first && self.is_blank_or_end(3)
    }

    /// Passes `count` ASCII characters.
    #[inline]
    pub(super) fn skip(&mut self, count: u32) {
        self.mark.pos += count;
        self.mark.index += count;
        self.mark.column += count;
    }

    /// Passes one character.
    pub(super) fn skip_char(&mut self) {
        self.mark.pos += match self.peek(0) {
            0..=0x7F => 1,
            0x80..=0xDF => 2,
            0xE0..=0xEF => 3,
            _ => 4,
        };
        self.mark.index += 1;
        self.mark.column += 1;
    }

    /// Passes characters up to the first byte that `stop` holds for, which must be one that begins a character, or the end.
    #[inline]
    pub(super) fn skip_until(&mut self, stop: impl Fn(u8) -> bool) {
        let rest = &self.text.as_bytes()[self.mark.pos as usize..];
        let length = rest.iter().position(|&byte| stop(byte)).unwrap_or(rest.len());
        self.pass(length);
    }

    /// Passes bytes that hold whole characters and no line break.
    fn pass(&mut self, length: usize) {
        step(length);
        let start = self.mark.pos as usize;
        let passed = &self.text.as_bytes()[start..start + length];
        let chars = passed.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
        // A text has fewer bytes than 32 bits count.
        self.mark.pos += length as u32;
        self.mark.index += chars as u32;
        self.mark.column += chars as u32;
    }

    /// Passes what is left of this line.
    pub(super) fn skip_to_break(&mut self) {
        let start = self.mark.pos as usize;
        let rest = &self.text.as_bytes()[start..];
        let line = &rest[..memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len())];
        // NEL, LS and PS are the only other breaks; both of their first bytes are rare.
        let mut length = 0;
        while let Some(offset) = memchr::memchr2(0xC2, 0xE2, &line[length..]) {
            length += offset;
            if is_break(&line[length..]) {
                return self.pass(length);
            }
            length += 1;
        }
        self.pass(line.len());
    }

    /// Passes blanks.
    pub(super) fn skip_blanks(&mut self) {
        self.skip_until(|byte| !matches!(byte, b' ' | b'\t'));
    }

    /// Passes a line break and gives what it counts as in a scalar: LF, or the Unicode separator itself. Nothing when there is none.
    pub(super) fn take_break(&mut self) -> &'static str {
        let (bytes, chars, reads_as) = match self.peek(0) {
            b'\r' if self.peek(1) == b'\n' => (2, 2, "\n"),
            b'\r' | b'\n' => (1, 1, "\n"),
            0xC2 if self.peek(1) == 0x85 => (2, 1, "\n"),
            0xE2 if self.is_break(0) => (3, 1, if self.peek(2) == 0xA8 { "\u{2028}" } else { "\u{2029}" }),
            _ => return "",
        };
        self.mark.pos += bytes;
        self.mark.index += chars;
        self.mark.line += 1;
        self.mark.column = 0;
        reads_as
    }
}
