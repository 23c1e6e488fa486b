//! Directives, anchors, aliases and tags (YAML 1.1 §6.8 and §6.9 as go-yaml v2 scannerc.go reads them).

use std::borrow::Cow;

use super::input::{Mark, is_word};
use super::problem::{Found, Problem, Stage};
use super::scanner::{Scanner, TokenKind};

/// The most digits a number of `%YAML` may have.
const MAX_VERSION_DIGITS: usize = 2;

impl<'a> Scanner<'a> {
    /// Reads a `%` line.
    pub(super) fn scan_directive(&mut self) -> Found<TokenKind<'a>> {
        let start = self.input.mark;
        let wrong = |message, mark| Err(Problem::within(Stage::Scanner, "scanning a directive", start, message, mark));
        self.input.skip(1);
        let name = self.scan_word();
        if name.is_empty() {
            return wrong("could not find expected directive name", self.input.mark);
        }
        if !self.input.is_blank_or_end(0) {
            return wrong("found unexpected non-alphabetical character", self.input.mark);
        }
        let kind = match name {
            "YAML" => self.scan_version(start)?,
            "TAG" => self.scan_tag_directive(start)?,
            _ => return wrong("found unknown directive name", self.input.mark),
        };
        self.input.skip_blanks();
        if self.input.peek(0) == b'#' {
            self.input.skip_to_break();
        }
        if !self.input.is_break_or_end(0) {
            return wrong("did not find expected comment or line break", self.input.mark);
        }
        self.input.take_break();
        Ok(kind)
    }

    /// Letters, digits, `_` and `-`.
    fn scan_word(&mut self) -> &'a str {
        let from = self.input.mark.pos;
        self.input.skip_until(|byte| !is_word(byte));
        self.input.slice(from, self.input.mark.pos)
    }

    fn scan_version(&mut self, start: Mark) -> Found<TokenKind<'a>> {
        self.input.skip_blanks();
        let major = self.scan_version_number(start)?;
        if self.input.peek(0) != b'.' {
            return Err(version_problem(start, "did not find expected digit or '.' character", self.input.mark));
        }
        self.input.skip(1);
        Ok(TokenKind::Version(major, self.scan_version_number(start)?))
    }

    fn scan_version_number(&mut self, start: Mark) -> Found<u8> {
        let mut number = 0;
        let mut digits = 0;
        while self.input.peek(0).is_ascii_digit() {
            digits += 1;
            if digits > MAX_VERSION_DIGITS {
                return Err(version_problem(start, "found extremely long version number", self.input.mark));
            }
            number = number * 10 + (self.input.peek(0) - b'0');
            self.input.skip(1);
        }
        if digits == 0 {
            return Err(version_problem(start, "did not find expected version number", self.input.mark));
        }
        Ok(number)
    }

    fn scan_tag_directive(&mut self, start: Mark) -> Found<TokenKind<'a>> {
        self.input.skip_blanks();
        let handle = self.scan_handle(true, start)?;
        if !self.input.is_blank(0) {
            return Err(tag_problem(true, start, "did not find expected whitespace", self.input.mark));
        }
        self.input.skip_blanks();
        let prefix = self.scan_uri("", true, start)?;
        if !self.input.is_blank_or_end(0) {
            return Err(tag_problem(true, start, "did not find expected whitespace or line break", self.input.mark));
        }
        Ok(TokenKind::TagDirective(handle, prefix))
    }

    /// Reads `&name` or `*name`.
    pub(super) fn scan_anchor(&mut self, sign: u8) -> Found<TokenKind<'a>> {
        let start = self.input.mark;
        self.input.skip(1);
        let name = self.scan_word();
        let ends = self.input.is_blank_or_end(0) || matches!(self.input.peek(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !ends {
            let what = if sign == b'&' { "scanning an anchor" } else { "scanning an alias" };
            let message = "did not find expected alphabetic or numeric character";
            return Err(Problem::within(Stage::Scanner, what, start, message, self.input.mark));
        }
        Ok(if sign == b'&' { TokenKind::Anchor(name) } else { TokenKind::Alias(name) })
    }

    /// Reads `!<uri>`, `!suffix`, `!!suffix`, `!handle!suffix` or `!`.
    pub(super) fn scan_tag(&mut self) -> Found<TokenKind<'a>> {
        let start = self.input.mark;
        let (handle, suffix);
        if self.input.peek(1) == b'<' {
            self.input.skip(2);
            (handle, suffix) = ("", self.scan_uri("", false, start)?);
            if self.input.peek(0) != b'>' {
                return Err(tag_problem(false, start, "did not find the expected '>'", self.input.mark));
            }
            self.input.skip(1);
        } else {
            let head = self.scan_handle(false, start)?;
            if head.len() > 1 && head.ends_with('!') {
                (handle, suffix) = (head, self.scan_uri("", false, start)?);
            } else {
                match self.scan_uri(head, false, start)? {
                    rest if rest.is_empty() => (handle, suffix) = ("", Cow::Borrowed(head.as_bytes())),
                    rest => (handle, suffix) = ("!", rest),
                }
            }
        }
        if !self.input.is_blank_or_end(0) {
            return Err(tag_problem(false, start, "did not find expected whitespace or line break", self.input.mark));
        }
        Ok(TokenKind::Tag(handle, suffix))
    }

    /// Reads `!`, `!!` or `!name!`; of a tag without a second `!`, what looks like one.
    fn scan_handle(&mut self, directive: bool, start: Mark) -> Found<&'a str> {
        let missing = |mark| Err(tag_problem(directive, start, "did not find expected '!'", mark));
        if self.input.peek(0) != b'!' {
            return missing(self.input.mark);
        }
        let from = self.input.mark.pos;
        self.input.skip(1);
        let name = self.scan_word();
        if self.input.peek(0) == b'!' {
            self.input.skip(1);
        } else if directive && !name.is_empty() {
            return missing(self.input.mark);
        }
        Ok(self.input.slice(from, self.input.mark.pos))
    }

    /// Reads what may stand in a URI, behind a `head` that was read already (without its `!`).
    fn scan_uri(&mut self, head: &'a str, directive: bool, start: Mark) -> Found<Cow<'a, [u8]>> {
        let mut uri = Cow::Borrowed(head.as_bytes().get(1..).unwrap_or_default());
        let from = self.input.mark.pos;
        loop {
            let run = self.input.mark.pos;
            self.input.skip_until(|byte| !(is_word(byte) || b";/?:@&=+$,.!~*'()[]".contains(&byte)));
            let piece = self.input.slice(run, self.input.mark.pos).as_bytes();
            if uri.is_empty() {
                uri = Cow::Borrowed(piece);
            } else if !piece.is_empty() {
                uri.to_mut().extend_from_slice(piece);
            }
            if self.input.peek(0) != b'%' {
                break;
            }
            self.scan_uri_escape(uri.to_mut(), directive, start)?;
        }
        if head.is_empty() && self.input.mark.pos == from {
            return Err(tag_problem(directive, start, "did not find expected tag URI", self.input.mark));
        }
        Ok(uri)
    }

    /// Reads the `%xx` of one character.
    fn scan_uri_escape(&mut self, uri: &mut Vec<u8>, directive: bool, start: Mark) -> Found<()> {
        let wrong = |message, mark| Err(tag_problem(directive, start, message, mark));
        let mut left = None;
        while left != Some(0) {
            let digit = |ahead| char::from(self.input.peek(ahead)).to_digit(16);
            let (b'%', Some(high), Some(low)) = (self.input.peek(0), digit(1), digit(2)) else {
                return wrong("did not find URI escaped octet", self.input.mark);
            };
            let octet = u8::try_from(high << 4 | low).unwrap_or_default();
            left = Some(match (left, octet) {
                (None, 0..=0x7F) => 0,
                (None, 0xC0..=0xDF) => 1,
                (None, 0xE0..=0xEF) => 2,
                (None, 0xF0..=0xF7) => 3,
                (None, _) => return wrong("found an incorrect leading UTF-8 octet", self.input.mark),
                (Some(left), 0x80..=0xBF) => left - 1,
                (Some(_), _) => return wrong("found an incorrect trailing UTF-8 octet", self.input.mark),
            });
            uri.push(octet);
            self.input.skip(3);
        }
        Ok(())
    }
}

fn version_problem(start: Mark, message: &'static str, mark: Mark) -> Box<Problem> {
    Problem::within(Stage::Scanner, "scanning a %YAML directive", start, message, mark)
}

fn tag_problem(directive: bool, start: Mark, message: &'static str, mark: Mark) -> Box<Problem> {
    let what = if directive { "parsing a %TAG directive" } else { "parsing a tag" };
    Problem::within(Stage::Scanner, what, start, message, mark)
}
