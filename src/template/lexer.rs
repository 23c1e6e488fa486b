//! Cuts template text into tokens, as Go 1.23's `text/template/parse/lex.go` does: delimiters `{{` and `}}`, trim markers, comments,
//! literals. Positions are byte offsets. Depends on the tree and the profile.

use super::Profile;
use super::ast::Piece;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The text is a message about what is wrong.
    Error,
    Bool,
    /// A single printable character, such as a comma.
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelim,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    Block,
    Break,
    Continue,
    Dot,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

impl Kind {
    /// Whether the token is a word of the language, which messages show as `<if>`.
    pub(super) fn is_keyword(self) -> bool {
        use Kind::{Block, Break, Continue, Define, Dot, Else, End, If, Nil, Range, Template, With};
        matches!(self, Block | Break | Continue | Define | Dot | Else | End | If | Nil | Range | Template | With)
    }
}

/// A token: its text is `text[start..end]` of the template, or `message` for an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: u32,
    pub(super) end: u32,
    /// How many line breaks in front of it don't count; see [`Lexer::line`].
    uncounted: u32,
}

impl Token {
    /// Its text's place.
    pub(super) fn piece(self) -> Piece {
        Piece { start: self.start, end: self.end }
    }
}

const LEFT: &[u8] = b"{{";
const RIGHT: &[u8] = b"}}";

/// The tokens of one text, one at a time.
pub(super) struct Lexer<'t> {
    input: &'t [u8],
    pos: usize,
    start: usize,
    /// The line breaks up to here that are in comments and so don't count.
    uncounted: u32,
    paren_depth: usize,
    inside_action: bool,
    /// See [`Profile::comments_have_lines`](super::Profile::comments_have_lines).
    comments_have_lines: bool,
    /// Set with an error token.
    message: String,
    failed: bool,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(input: &'t [u8], profile: &Profile) -> Self {
        Self {
            input,
            pos: 0,
            start: 0,
            uncounted: 0,
            paren_depth: 0,
            inside_action: false,
            comments_have_lines: profile.comments_have_lines,
            message: String::new(),
            failed: false,
        }
    }

    /// What the last error token means.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// The next token; after an error or the end, the end forever.
    pub(super) fn next(&mut self) -> Token {
        if self.failed {
            return self.token(Kind::Eof, self.start);
        }
        if self.inside_action { self.action() } else { self.text() }
    }

    fn rest(&self) -> &'t [u8] {
        &self.input[self.pos..]
    }

    /// The line a token starts on, from 1, as Go counts.
    pub(super) fn line(&self, token: Token) -> u32 {
        1 + line_breaks(&self.input[..token.start as usize]) - token.uncounted
    }

    fn token(&self, kind: Kind, end: usize) -> Token {
        Token { kind, start: self.start as u32, end: end as u32, uncounted: self.uncounted }
    }

    fn emit(&mut self, kind: Kind) -> Token {
        let token = self.token(kind, self.pos);
        self.start = self.pos;
        token
    }

    fn error(&mut self, message: impl Into<String>) -> Token {
        self.message = message.into();
        self.failed = true;
        self.token(Kind::Error, self.start)
    }

    /// The character at `pos` and its length; an invalid byte is U+FFFD.
    fn peek(&self) -> Option<(char, usize)> {
        let rest = self.rest();
        let first = *rest.first()?;
        if first < 0x80 {
            return Some((first as char, 1));
        }
        let (c, size) = bstr::decode_utf8(rest);
        Some((c.unwrap_or('\u{FFFD}'), size))
    }

    fn bump(&mut self) -> Option<char> {
        let (c, size) = self.peek()?;
        self.pos += size;
        Some(c)
    }

    fn text(&mut self) -> Token {
        loop {
            let rest = self.rest();
            let Some(found) = memchr::memchr_iter(LEFT[0], rest).find(|at| rest[*at..].starts_with(LEFT)) else {
                self.pos = self.input.len();
                return if self.pos > self.start { self.emit(Kind::Text) } else { self.emit(Kind::Eof) };
            };
            if found > 0 {
                let delim = self.pos + found;
                let trimmed = if has_left_marker(&self.input[delim + LEFT.len()..]) {
                    trim_end(&self.input[self.start..delim])
                } else {
                    delim - self.start
                };
                self.pos = self.start + trimmed;
                let token = self.emit(Kind::Text);
                self.pos = delim;
                self.start = delim;
                if token.end > token.start {
                    return token;
                }
            }
            match self.left_delim() {
                Some(token) => return token,
                None => continue,
            }
        }
    }

    /// The left delimiter; `None` after a comment.
    fn left_delim(&mut self) -> Option<Token> {
        self.pos += LEFT.len();
        let marker = if has_left_marker(self.rest()) { 2 } else { 0 };
        if self.input[self.pos + marker..].starts_with(b"/*") {
            self.pos += marker;
            self.start = self.pos;
            return self.comment();
        }
        let token = self.emit(Kind::LeftDelim);
        self.inside_action = true;
        self.pos += marker;
        self.start = self.pos;
        self.paren_depth = 0;
        Some(token)
    }

    fn comment(&mut self) -> Option<Token> {
        self.pos += 2;
        let Some(end) = memchr::memmem::find(self.rest(), b"*/") else {
            return Some(self.error("unclosed comment"));
        };
        self.pos += end + 2;
        let Some(trims) = self.at_right_delim() else {
            return Some(self.error("comment ends before closing delimiter"));
        };
        if !self.comments_have_lines {
            self.uncounted += line_breaks(&self.input[self.start..self.pos]);
        }
        self.skip_right_delim(trims);
        self.start = self.pos;
        None
    }

    /// Whether the action ends here, and if so whether with a trim marker.
    fn at_right_delim(&self) -> Option<bool> {
        let rest = self.rest();
        if has_right_marker(rest) && rest[2..].starts_with(RIGHT) {
            return Some(true);
        }
        rest.starts_with(RIGHT).then_some(false)
    }

    fn skip_right_delim(&mut self, trims: bool) {
        self.pos += RIGHT.len() + if trims { 2 } else { 0 };
        if trims {
            self.pos += self.rest().iter().take_while(|byte| is_space(**byte)).count();
        }
    }

    fn right_delim(&mut self, trims: bool) -> Token {
        if trims {
            self.pos += 2;
            self.start = self.pos;
        }
        self.pos += RIGHT.len();
        let token = self.emit(Kind::RightDelim);
        if trims {
            self.pos += self.rest().iter().take_while(|byte| is_space(**byte)).count();
            self.start = self.pos;
        }
        self.inside_action = false;
        token
    }

    fn action(&mut self) -> Token {
        if let Some(trims) = self.at_right_delim() {
            return if self.paren_depth == 0 { self.right_delim(trims) } else { self.error("unclosed left paren") };
        }
        let Some(c) = self.bump() else { return self.error("unclosed action") };
        match c {
            ' ' | '\t' | '\r' | '\n' => self.space(),
            '=' => self.emit(Kind::Assign),
            ':' => {
                if self.bump() == Some('=') {
                    self.emit(Kind::Declare)
                } else {
                    self.error("expected :=")
                }
            }
            '|' => self.emit(Kind::Pipe),
            '"' => self.quoted(b'"', Kind::String, "unterminated quoted string"),
            '`' => self.raw_string(),
            '$' => self.field_or_variable(Kind::Variable),
            '\'' => self.quoted(b'\'', Kind::CharConstant, "unterminated character constant"),
            '.' if !self.rest().first().is_none_or(u8::is_ascii_digit) => self.field_or_variable(Kind::Field),
            '.' | '+' | '-' | '0'..='9' => {
                self.pos = self.start;
                self.number()
            }
            '(' => {
                self.paren_depth += 1;
                self.emit(Kind::LeftParen)
            }
            ')' if self.paren_depth == 0 => self.error("unexpected right paren"),
            ')' => {
                self.paren_depth -= 1;
                self.emit(Kind::RightParen)
            }
            c if is_alphanumeric(c) => self.identifier(),
            ' '..='~' => self.emit(Kind::Char),
            c => {
                let shown = unicode(c);
                self.error(format!("unrecognized character in action: {shown}"))
            }
        }
    }

    fn space(&mut self) -> Token {
        self.pos += self.rest().iter().take_while(|byte| is_space(**byte)).count();
        let last = self.pos - 1;
        if has_right_marker(&self.input[last..]) && self.input[last + 2..].starts_with(RIGHT) {
            self.pos = last;
            if self.pos == self.start {
                return self.right_delim(true);
            }
        }
        self.emit(Kind::Space)
    }

    fn identifier(&mut self) -> Token {
        self.skip_word();
        if !self.at_terminator() {
            return self.bad_character();
        }
        let kind = match &self.input[self.start..self.pos] {
            b"block" => Kind::Block,
            b"break" => Kind::Break,
            b"continue" => Kind::Continue,
            b"define" => Kind::Define,
            b"else" => Kind::Else,
            b"end" => Kind::End,
            b"if" => Kind::If,
            b"nil" => Kind::Nil,
            b"range" => Kind::Range,
            b"template" => Kind::Template,
            b"with" => Kind::With,
            b"true" | b"false" => Kind::Bool,
            _ => Kind::Identifier,
        };
        self.emit(kind)
    }

    fn field_or_variable(&mut self, kind: Kind) -> Token {
        if self.at_terminator() {
            return self.emit(if kind == Kind::Variable { kind } else { Kind::Dot });
        }
        self.skip_word();
        if self.at_terminator() { self.emit(kind) } else { self.bad_character() }
    }

    fn skip_word(&mut self) {
        loop {
            self.pos += self.rest().iter().take_while(|byte| IN_WORD[usize::from(**byte)]).count();
            match self.peek() {
                Some((c, size)) if is_alphanumeric(c) => self.pos += size,
                _ => return,
            }
        }
    }

    fn bad_character(&mut self) -> Token {
        let shown = self.peek().map_or_else(String::new, |(c, _)| unicode(c));
        self.error(format!("bad character {shown}"))
    }

    /// Whether a word may end here.
    fn at_terminator(&self) -> bool {
        match self.peek() {
            None => true,
            Some((c, _)) => matches!(c, ' ' | '\t' | '\r' | '\n' | '.' | ',' | '|' | ':' | ')' | '(') || self.rest().starts_with(RIGHT),
        }
    }

    fn quoted(&mut self, quote: u8, kind: Kind, unterminated: &str) -> Token {
        loop {
            let Some(at) = memchr::memchr3(quote, b'\\', b'\n', self.rest()) else {
                self.pos = self.input.len();
                return self.error(unterminated);
            };
            self.pos += at + 1;
            let found = self.input[self.pos - 1];
            match found {
                b'\\' if matches!(self.bump(), Some(c) if c != '\n') => {}
                _ if found == quote => return self.emit(kind),
                _ => return self.error(unterminated),
            }
        }
    }

    fn raw_string(&mut self) -> Token {
        match memchr::memchr(b'`', self.rest()) {
            None => self.error("unterminated raw quoted string"),
            Some(end) => {
                self.pos += end + 1;
                self.emit(Kind::RawString)
            }
        }
    }

    fn number(&mut self) -> Token {
        let complete = self.scan_number();
        if !complete {
            return self.bad_number();
        }
        if matches!(self.rest().first(), Some(b'+' | b'-')) {
            if !self.scan_number() || self.input[self.pos - 1] != b'i' {
                return self.bad_number();
            }
            return self.emit(Kind::Complex);
        }
        self.emit(Kind::Number)
    }

    fn bad_number(&mut self) -> Token {
        let shown = super::fmt::quote(&self.input[self.start..self.pos]);
        self.error(format!("bad number syntax: {shown}"))
    }

    fn accept(&mut self, valid: &[u8]) -> bool {
        let found = self.rest().first().is_some_and(|byte| valid.contains(byte));
        self.pos += usize::from(found);
        found
    }

    fn accept_run(&mut self, valid: &[u8]) {
        while self.accept(valid) {}
    }

    fn scan_number(&mut self) -> bool {
        self.accept(b"+-");
        let mut digits: &[u8] = b"0123456789_";
        let (mut decimal, mut hex) = (true, false);
        if self.accept(b"0") {
            if self.accept(b"xX") {
                (digits, decimal, hex) = (b"0123456789abcdefABCDEF_", false, true);
            } else if self.accept(b"oO") {
                (digits, decimal) = (b"01234567_", false);
            } else if self.accept(b"bB") {
                (digits, decimal) = (b"01_", false);
            }
        }
        self.accept_run(digits);
        if self.accept(b".") {
            self.accept_run(digits);
        }
        if (decimal && self.accept(b"eE")) || (hex && self.accept(b"pP")) {
            self.accept(b"+-");
            self.accept_run(b"0123456789_");
        }
        self.accept(b"i");
        match self.peek() {
            Some((c, size)) if is_alphanumeric(c) => {
                self.pos += size;
                false
            }
            _ => true,
        }
    }
}

/// The bytes of ASCII that words are made of.
const IN_WORD: [bool; 256] = {
    let mut in_word = [false; 256];
    let mut byte = 0;
    while byte < in_word.len() {
        in_word[byte] = byte == b'_' as usize || (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    in_word
};

fn line_breaks(text: &[u8]) -> u32 {
    memchr::memchr_iter(b'\n', text).count() as u32
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn is_alphanumeric(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric() || (!c.is_ascii() && (c.is_alphabetic() || c.is_numeric()))
}

fn has_left_marker(rest: &[u8]) -> bool {
    rest.len() >= 2 && rest[0] == b'-' && is_space(rest[1])
}

fn has_right_marker(rest: &[u8]) -> bool {
    rest.len() >= 2 && is_space(rest[0]) && rest[1] == b'-'
}

/// The length without white space at the end.
fn trim_end(text: &[u8]) -> usize {
    text.iter().rposition(|byte| !is_space(*byte)).map_or(0, |last| last + 1)
}

/// Go's `%#U`: the code point and, when it can be shown, the character.
fn unicode(c: char) -> String {
    if super::fmt::is_print(c) { format!("U+{:04X} '{c}'", c as u32) } else { format!("U+{:04X}", c as u32) }
}
