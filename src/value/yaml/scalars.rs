//! Scalars: plain, quoted and block ones, folded and unescaped (YAML 1.1 §9 as go-yaml v2 scannerc.go reads it).

use std::borrow::Cow;

use super::input::{Input, Mark, may_end_word};
use super::problem::{Found, Problem, Stage};
use super::scanner::{Scalar, Scanner, TokenKind};

/// A scalar's content while it is read: a piece of the source as long as that is enough.
#[derive(Default)]
struct Content {
    from: u32,
    to: u32,
    own: Option<String>,
}

impl Content {
    /// Adds a piece of the source.
    fn add(&mut self, input: &Input<'_>, from: u32, to: u32) {
        match &mut self.own {
            Some(own) => own.push_str(input.slice(from, to)),
            None if self.from == self.to => (self.from, self.to) = (from, to),
            None if self.to == from => self.to = to,
            None => self.owned(input).push_str(input.slice(from, to)),
        }
    }

    /// The content as a string of its own, to add what the source doesn't spell.
    fn owned(&mut self, input: &Input<'_>) -> &mut String {
        let (from, to) = (self.from, self.to);
        self.own.get_or_insert_with(|| input.slice(from, to).to_owned())
    }

    fn finish<'a>(self, input: &Input<'a>) -> Cow<'a, str> {
        match self.own {
            Some(own) => Cow::Owned(own),
            None => Cow::Borrowed(input.slice(self.from, self.to)),
        }
    }
}

/// The white space between two words of a scalar, before it is known whether a line break is in it.
#[derive(Default)]
struct Gap {
    /// Blanks on the line the first word is on.
    blanks: (u32, u32),
    /// Whether a line ended.
    folded: bool,
    /// The first line break.
    first: &'static str,
    /// The others.
    more: String,
}

impl Gap {
    /// Reads blanks and line breaks. `tab_ok` says whether a tab may stand at a column of a line that isn't the first.
    fn read(&mut self, input: &mut Input<'_>, tab_ok: impl Fn(u32) -> bool) -> Result<(), ()> {
        loop {
            if self.folded {
                input.skip_until(|byte| byte != b' ');
                if input.peek(0) == b'\t' {
                    if !tab_ok(input.mark.column) {
                        return Err(());
                    }
                    input.skip(1);
                    continue;
                }
            } else {
                let from = input.mark.pos;
                input.skip_blanks();
                self.blanks = (from, input.mark.pos);
            }
            match input.take_break() {
                "" => return Ok(()),
                line_break if self.folded => self.more.push_str(line_break),
                line_break => (self.first, self.folded) = (line_break, true),
            }
        }
    }

    /// Adds what the gap counts for: its blanks, one space for a line break, or the line breaks after the first.
    fn join(self, content: &mut Content, input: &Input<'_>) {
        if !self.folded {
            content.add(input, self.blanks.0, self.blanks.1);
        } else if self.first == "\n" {
            content.owned(input).push_str(if self.more.is_empty() { " " } else { &self.more });
        } else {
            let own = content.owned(input);
            own.push_str(self.first);
            own.push_str(&self.more);
        }
    }
}

impl<'a> Scanner<'a> {
    pub(super) fn scan_plain(&mut self) -> Found<TokenKind<'a>> {
        let start = self.input.mark;
        let indent = self.indent + 1;
        let flow = self.in_flow();
        let mut content = Content::default();
        let mut gap = Gap::default();
        while !self.input.at_document_indicator() && self.input.peek(0) != b'#' {
            let from = self.input.mark.pos;
            self.pass_plain_word(flow);
            let to = self.input.mark.pos;
            if to > from {
                std::mem::take(&mut gap).join(&mut content, &self.input);
                content.add(&self.input, from, to);
            }
            if !self.input.is_blank(0) && !self.input.is_break(0) {
                break;
            }
            // A word that ended at once (`:` behind a line break) leaves the gap as it is.
            let tab_ok = |column: u32| i64::from(column) >= indent;
            if gap.read(&mut self.input, tab_ok).is_err() {
                let message = "found a tab character that violates indentation";
                return Err(Problem::within(Stage::Scanner, "scanning a plain scalar", start, message, self.input.mark));
            }
            if !flow && i64::from(self.input.mark.column) < indent {
                break;
            }
        }
        if gap.folded {
            self.key_allowed = true;
        }
        Ok(TokenKind::Scalar(Scalar { text: content.finish(&self.input), plain: true }))
    }

    /// Passes the characters up to a blank, a line break, or what ends a plain scalar.
    fn pass_plain_word(&mut self, flow: bool) {
        loop {
            self.input
                .skip_until(|byte| may_end_word(byte) || byte == b':' || flow && matches!(byte, b',' | b'?' | b'[' | b']' | b'{' | b'}'));
            let ends = match self.input.peek(0) {
                b':' => self.input.is_blank_or_end(1),
                b',' | b'?' | b'[' | b']' | b'{' | b'}' => true,
                _ => self.input.is_blank_or_end(0),
            };
            if ends {
                return;
            }
            self.input.skip_char();
        }
    }

    pub(super) fn scan_quoted(&mut self, quote: u8) -> Found<TokenKind<'a>> {
        let start = self.input.mark;
        let wrong = |message, mark| Err(Problem::within(Stage::Scanner, "scanning a quoted scalar", start, message, mark));
        self.input.skip(1);
        let mut content = Content { from: self.input.mark.pos, to: self.input.mark.pos, own: None };
        loop {
            if self.input.at_document_indicator() {
                return wrong("found unexpected document indicator", self.input.mark);
            }
            if self.input.at_end() {
                return wrong("found unexpected end of stream", self.input.mark);
            }
            let mut gap = Gap { folded: self.pass_quoted_word(quote, start, &mut content)?, ..Gap::default() };
            if self.input.peek(0) == quote {
                break;
            }
            let _ = gap.read(&mut self.input, |_| true);
            gap.join(&mut content, &self.input);
        }
        self.input.skip(1);
        Ok(TokenKind::Scalar(Scalar { text: content.finish(&self.input), plain: false }))
    }

    /// Passes the characters up to a blank, a line break or the closing quote, and adds them. Says whether it ended with a line break
    /// that a backslash takes away.
    fn pass_quoted_word(&mut self, quote: u8, start: Mark, content: &mut Content) -> Found<bool> {
        loop {
            let from = self.input.mark.pos;
            self.input.skip_until(|byte| may_end_word(byte) || byte == quote || byte == b'\\' && quote == b'"');
            content.add(&self.input, from, self.input.mark.pos);
            match self.input.peek(0) {
                b'\'' if quote == b'\'' && self.input.peek(1) == b'\'' => {
                    content.owned(&self.input).push('\'');
                    self.input.skip(2);
                }
                byte if byte == quote => return Ok(false),
                b'\\' if quote == b'"' && self.input.is_break(1) => {
                    content.owned(&self.input);
                    self.input.skip(1);
                    self.input.take_break();
                    return Ok(true);
                }
                b'\\' if quote == b'"' => {
                    let character = self.scan_escape(start)?;
                    content.owned(&self.input).push(character);
                }
                _ if self.input.is_blank_or_end(0) => return Ok(false),
                _ => {
                    let from = self.input.mark.pos;
                    self.input.skip_char();
                    content.add(&self.input, from, self.input.mark.pos);
                }
            }
        }
    }

    /// Reads `\` and what follows it.
    fn scan_escape(&mut self, start: Mark) -> Found<char> {
        let wrong = |message, mark| Err(Problem::within(Stage::Scanner, "parsing a quoted scalar", start, message, mark));
        let digits = match self.input.peek(1) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            letter => {
                let Some(character) = escaped(letter) else { return wrong("found unknown escape character", self.input.mark) };
                self.input.skip(2);
                return Ok(character);
            }
        };
        self.input.skip(2);
        let mut code: u32 = 0;
        for ahead in 0..digits {
            let Some(digit) = char::from(self.input.peek(ahead)).to_digit(16) else {
                return wrong("did not find expected hexdecimal number", self.input.mark);
            };
            code = code << 4 | digit;
        }
        let Some(character) = char::from_u32(code) else {
            return wrong("found invalid Unicode character escape code", self.input.mark);
        };
        self.input.skip(u32::try_from(digits).unwrap_or(0));
        Ok(character)
    }

    pub(super) fn scan_block_scalar(&mut self, literal: bool) -> Found<TokenKind<'a>> {
        let start = self.input.mark;
        self.input.skip(1);
        let (keep, increment) = self.scan_block_header(start)?;
        let mut indent = match increment {
            0 => 0,
            _ => self.indent.max(0) + i64::from(increment),
        };
        let mut text = String::new();
        let mut first_break = "";
        let mut more_breaks = String::new();
        self.pass_block_indentation(&mut indent, &mut more_breaks, start)?;
        let mut after_blank = false;
        while i64::from(self.input.mark.column) == indent && !self.input.at_end() {
            let blank = self.input.is_blank(0);
            if !literal && first_break == "\n" && !after_blank && !blank {
                if more_breaks.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(first_break);
            }
            text.push_str(&more_breaks);
            more_breaks.clear();
            after_blank = blank;
            let from = self.input.mark.pos;
            self.input.skip_to_break();
            text.push_str(self.input.slice(from, self.input.mark.pos));
            first_break = self.input.take_break();
            self.pass_block_indentation(&mut indent, &mut more_breaks, start)?;
        }
        if keep != Keep::Nothing {
            text.push_str(first_break);
        }
        if keep == Keep::All {
            text.push_str(&more_breaks);
        }
        Ok(TokenKind::Scalar(Scalar { text: Cow::Owned(text), plain: false }))
    }

    /// Reads what may follow `|` and `>` on their line: which line ends stay, and the indentation (0: to be found out).
    fn scan_block_header(&mut self, start: Mark) -> Found<(Keep, u8)> {
        let wrong = |message, mark| Err(Problem::within(Stage::Scanner, "scanning a block scalar", start, message, mark));
        let (mut keep, mut increment) = (None, 0);
        loop {
            match self.input.peek(0) {
                b'+' if keep.is_none() => keep = Some(Keep::All),
                b'-' if keep.is_none() => keep = Some(Keep::Nothing),
                b'0' if increment == 0 => return wrong("found an indentation indicator equal to 0", self.input.mark),
                digit @ b'1'..=b'9' if increment == 0 => increment = digit - b'0',
                _ => break,
            }
            self.input.skip(1);
        }
        self.input.skip_blanks();
        if self.input.peek(0) == b'#' {
            self.input.skip_to_break();
        }
        if !self.input.is_break_or_end(0) {
            return wrong("did not find expected comment or line break", self.input.mark);
        }
        self.input.take_break();
        Ok((keep.unwrap_or(Keep::First), increment))
    }

    /// Passes empty lines and the indentation of the next line that isn't, and finds out the block's indentation when it is still 0.
    fn pass_block_indentation(&mut self, indent: &mut i64, breaks: &mut String, start: Mark) -> Found<()> {
        let mut deepest = 0;
        loop {
            let short = |input: &Input<'_>| *indent == 0 || i64::from(input.mark.column) < *indent;
            while short(&self.input) && self.input.peek(0) == b' ' {
                self.input.skip(1);
            }
            deepest = deepest.max(i64::from(self.input.mark.column));
            if short(&self.input) && self.input.peek(0) == b'\t' {
                let message = "found a tab character where an indentation space is expected";
                return Err(Problem::within(Stage::Scanner, "scanning a block scalar", start, message, self.input.mark));
            }
            match self.input.take_break() {
                "" => break,
                line_break => breaks.push_str(line_break),
            }
        }
        if *indent == 0 {
            *indent = deepest.max(self.indent + 1).max(1);
        }
        Ok(())
    }
}

/// Which of a block scalar's last line breaks belong to it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    Nothing,
    First,
    All,
}

/// The character that `\` and a letter stand for.
fn escaped(letter: u8) -> Option<char> {
    Some(match letter {
        b'0' => '\0',
        b'a' => '\x07',
        b'b' => '\x08',
        b't' | b'\t' => '\t',
        b'n' => '\n',
        b'v' => '\x0B',
        b'f' => '\x0C',
        b'r' => '\r',
        b'e' => '\x1B',
        b' ' => ' ',
        b'"' => '"',
        b'\'' => '\'',
        b'\\' => '\\',
        b'N' => '\u{85}',
        b'_' => '\u{A0}',
        b'L' => '\u{2028}',
        b'P' => '\u{2029}',
        _ => return None,
    })
}
