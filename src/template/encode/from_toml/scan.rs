//! The characters of a TOML document, with the line that errors are reported at.

use crate::quote::quote_with;
use crate::template::profile::Toml;

pub(super) struct Scanner<'t> {
    text: &'t str,
    at: usize,
    line: usize,
    /// The last thing read was the end.
    at_end: bool,
    /// Where the last character began.
    previous: usize,
}

/// A space or tab.
pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r')
}

/// A character in single quotes; the end is the one with the number 0.
pub(super) fn rune(c: Option<char>) -> String {
    quote_with(c.unwrap_or('\0').encode_utf8(&mut [0; 4]).as_bytes(), '\'', false)
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0, line: 1, at_end: false, previous: 0 }
    }

    /// The next character, or nothing at the end.
    ///
    /// # Errors
    /// A character that may not stand in TOML.
    pub(super) fn next(&mut self) -> Result<Option<char>, String> {
        let Some(c) = self.rest().chars().next() else {
            self.at_end = true;
            return Ok(None);
        };
        let is_lone_return = c == '\r' && !self.rest().starts_with("\r\n");
        if is_lone_return || (c.is_ascii_control() && !matches!(c, '\t' | '\r' | '\n')) {
            return Err(format!("TOML files cannot contain control characters: '0x{:02x}'", c as u32));
        }
        self.line += usize::from(c == '\n');
        self.previous = self.at;
        self.at += c.len_utf8();
        Ok(Some(c))
    }

    /// Takes the last character back.
    pub(super) fn back(&mut self) {
        if std::mem::take(&mut self.at_end) {
            return;
        }
        self.at = self.previous;
        self.line -= usize::from(self.rest().starts_with('\n'));
    }

    /// The line, from 1.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// The line of an error here. At the end it is the one before, since 1.5 only where a line break ends the text.
    pub(super) fn line_of_error(&self, library: Toml) -> usize {
        let is_behind = library < Toml::V1_5 || self.text[..self.at].ends_with('\n');
        self.line - usize::from(self.at_end && is_behind)
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// What was read since then.
    pub(super) fn since(&self, start: usize) -> &'t str {
        &self.text[start..self.at]
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// Reads exactly this, if it stands here.
    pub(super) fn take(&mut self, expected: &str) -> bool {
        let found = self.rest().starts_with(expected);
        if found {
            self.at += expected.len();
        }
        found
    }

    /// Reads characters that are no line breaks.
    pub(super) fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'t str {
        let start = self.at;
        self.at += self.rest().find(|c| !fits(c)).unwrap_or(self.rest().len());
        self.since(start)
    }

    pub(super) fn bare_name(&mut self) -> &'t str {
        self.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
    }

    pub(super) fn letters(&mut self) -> &'t str {
        self.take_while(char::is_alphabetic)
    }

    /// How often the character stands here in a row.
    pub(super) fn count_ahead(&self, c: char) -> usize {
        self.rest().chars().take_while(|found| *found == c).count()
    }

    /// Reads a line break that begins a string.
    pub(super) fn take_break(&mut self) {
        if self.take("\n") || self.take("\r\n") {
            self.line += 1;
        }
    }

    /// Behind a backslash: reads blanks with a line break among them, if they are there.
    pub(super) fn take_folded_break(&mut self) -> bool {
        let blanks = self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\r', '\n']).len();
        let breaks = self.rest()[..blanks].matches('\n').count();
        if breaks > 0 {
            self.at += blanks;
            self.line += breaks;
        }
        breaks > 0
    }
}
