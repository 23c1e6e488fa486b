//! Tokens: where structure begins and ends, judged by indicators and indentation (YAML 1.1 as go-yaml v2 scannerc.go reads it).
//!
//! What makes YAML's scanner odd is the *simple key*: whether `a` in `a: 1` is a key shows only at the `:` behind it. So a token that may
//! begin a key is kept back until the next line, the 1025th character, or a `:`, and the mapping's start and the key's are then put in
//! front of it. go-yaml's own bookkeeping of these keys is followed to the letter, its slips included, as they decide what Helm accepts.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::comments::Comments;
use super::input::{Input, Mark, step};
use super::problem::{Found, Problem, Stage};

/// The characters after a key's start within which its `:` must follow.
const KEY_REACH: u32 = 1024;

/// A token and where it begins.
#[derive(Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: TokenKind<'a>,
    pub(super) start: Mark,
}

/// What a token is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TokenKind<'a> {
    StreamEnd,
    /// `%YAML` with its two numbers.
    Version(u8, u8),
    /// `%TAG` with handle and prefix.
    TagDirective(&'a str, Cow<'a, [u8]>),
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    /// `- `.
    BlockEntry,
    /// `,`.
    FlowEntry,
    /// `? `, or found by the `:` that follows.
    Key,
    /// `:`.
    Value,
    Alias(&'a str),
    Anchor(&'a str),
    /// Handle (empty for `!<…>` and the lone `!`) and the rest.
    Tag(&'a str, Cow<'a, [u8]>),
    Scalar(Scalar<'a>),
}

/// A scalar as written, folded and unescaped, not yet resolved.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scalar<'a> {
    pub(super) text: Cow<'a, str>,
    /// Neither quoted nor a block.
    pub(super) plain: bool,
}

/// A place where a key may have begun.
#[derive(Debug, Clone, Copy, Default)]
struct SimpleKey {
    possible: bool,
    /// Nothing but a key may stand here.
    required: bool,
    /// The number of the token it would begin with.
    token: usize,
    mark: Mark,
}

/// Reads tokens one at a time.
pub(super) struct Scanner<'a> {
    pub(super) input: Input<'a>,
    text: &'a str,
    pub(super) comments: Comments,
    queue: VecDeque<Token<'a>>,
    /// How many tokens were handed out.
    taken: usize,
    /// Whether the queue's first token is settled.
    settled: bool,
    /// The current block's column, -1 outside of all.
    pub(super) indent: i64,
    /// The columns of the blocks around it.
    indents: Vec<i64>,
    /// The latest possible key of each flow level, the block's first.
    keys: Vec<SimpleKey>,
    /// Token number and flow level of possible keys, by rising number.
    heads: VecDeque<(usize, usize)>,
    pub(super) key_allowed: bool,
}

impl<'a> Scanner<'a> {
    /// A scanner at the start of `text`, which must have passed [`super::text::check`].
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            input: Input::new(text),
            text,
            comments: Comments::default(),
            queue: VecDeque::with_capacity(16),
            taken: 0,
            settled: false,
            indent: -1,
            indents: Vec::new(),
            keys: vec![SimpleKey::default()],
            heads: VecDeque::new(),
            key_allowed: true,
        }
    }

    /// The next token, left in place.
    ///
    /// # Errors
    /// What makes it unreadable.
    pub(super) fn peek(&mut self) -> Found<&Token<'a>> {
        if !self.settled {
            self.settle()?;
        }
        Ok(&self.queue[0])
    }

    /// Takes the token that was peeked.
    pub(super) fn take(&mut self) -> Option<Token<'a>> {
        self.settled = false;
        self.taken += 1;
        self.queue.pop_front()
    }

    /// Whether the scanner is inside of `[…]` or `{…}`.
    pub(super) fn in_flow(&self) -> bool {
        self.keys.len() > 1
    }

    /// Reads on until nothing can be put in front of the queue's first token any more.
    fn settle(&mut self) -> Found<()> {
        loop {
            if !self.queue.is_empty() {
                while self.heads.front().is_some_and(|&(token, _)| token < self.taken) {
                    self.heads.pop_front();
                }
                let level = self.heads.front().filter(|&&(token, _)| token == self.taken).map(|&(_, level)| level);
                let undecided = match level {
                    Some(level) => self.key_is_open(level)?,
                    None => false,
                };
                if !undecided {
                    break;
                }
            }
            self.fetch()?;
        }
        self.settled = true;
        Ok(())
    }

    fn fetch(&mut self) -> Found<()> {
        self.pass_blanks_and_comments();
        self.close_blocks(i64::from(self.input.mark.column));
        let (first, second_ends) = (self.input.peek(0), self.input.is_blank_or_end(1));
        let (flow, line_start) = (self.in_flow(), self.input.mark.column == 0);
        match first {
            0 => self.fetch_stream_end(),
            b'%' if line_start => self.fetch_directive(),
            b'-' | b'.' if self.input.at_document_indicator() => self.fetch_document_indicator(first),
            b'[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            b']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if second_ends => self.fetch_block_entry(),
            b'?' if flow || second_ends => self.fetch_key(),
            b':' if flow || second_ends => self.fetch_value(),
            b'*' | b'&' => self.fetch_keyable(|scanner| scanner.scan_anchor(first)),
            b'!' => self.fetch_keyable(Self::scan_tag),
            b'|' | b'>' if !flow => self.fetch_block_scalar(first == b'|'),
            b'\'' | b'"' => self.fetch_keyable(|scanner| scanner.scan_quoted(first)),
            _ if self.begins_plain(first) => self.fetch_keyable(Self::scan_plain),
            _ => Err(Problem::within(
                Stage::Scanner,
                "scanning for the next token",
                self.input.mark,
                "found character that cannot start any token",
                self.input.mark,
            )),
        }
    }

    fn begins_plain(&self, first: u8) -> bool {
        match first {
            b'-' => !self.input.is_blank(1),
            b'?' | b':' => !self.in_flow() && !self.input.is_blank_or_end(1),
            b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@' | b'`' => false,
            _ => !self.input.is_blank_or_end(0),
        }
    }

    /// Passes what separates tokens. Tabs only where they can't be taken for indentation.
    fn pass_blanks_and_comments(&mut self) {
        loop {
            let tabs = self.in_flow() || !self.key_allowed;
            self.input.skip_until(|byte| !(byte == b' ' || tabs && byte == b'\t'));
            if self.input.peek(0) == b'#' {
                let hash = self.input.mark;
                self.input.skip_to_break();
                self.comments.add(self.text, hash, self.input.mark);
            }
            if self.input.take_break().is_empty() {
                return;
            }
            if !self.in_flow() {
                self.key_allowed = true;
            }
        }
    }

    // Simple keys.

    /// Whether a key may still be completed by a `:` here.
    fn key_is_open(&mut self, level: usize) -> Found<bool> {
        let here = self.input.mark;
        let Some(key) = self.keys.get_mut(level) else { return Ok(false) };
        if key.possible && (key.mark.line < here.line || key.mark.index + KEY_REACH < here.index) {
            if key.required {
                return Err(missing_colon(key.mark, here));
            }
            key.possible = false;
        }
        Ok(key.possible)
    }

    fn save_key(&mut self) -> Found<()> {
        if !self.key_allowed {
            return Ok(());
        }
        let mark = self.input.mark;
        let required = !self.in_flow() && self.indent == i64::from(mark.column);
        let token = self.taken + self.queue.len();
        self.drop_key()?;
        let level = self.keys.len() - 1;
        self.keys[level] = SimpleKey { possible: true, required, token, mark };
        self.heads.push_back((token, level));
        Ok(())
    }

    /// Gives up the possible key of this level.
    fn drop_key(&mut self) -> Found<()> {
        let here = self.input.mark;
        let level = self.keys.len() - 1;
        let key = &mut self.keys[level];
        if key.possible {
            if key.required {
                return Err(missing_colon(key.mark, here));
            }
            key.possible = false;
            let token = key.token;
            self.forget_head(token);
        }
        Ok(())
    }

    fn forget_head(&mut self, token: usize) {
        if let Ok(at) = self.heads.binary_search_by_key(&token, |&(number, _)| number) {
            step(at.min(self.heads.len() - at));
            self.heads.remove(at);
        }
    }

    // Indentation.

    /// Opens a block at `column` when it is deeper than the current one. Its start goes in front of the token numbered `before`, or last.
    fn open_block(&mut self, column: u32, before: Option<usize>, kind: TokenKind<'a>, start: Mark) {
        let column = i64::from(column);
        if self.in_flow() || self.indent >= column {
            return;
        }
        self.indents.push(self.indent);
        self.indent = column;
        self.insert(before, Token { kind, start });
    }

    /// Closes the blocks that are deeper than `column`.
    fn close_blocks(&mut self, column: i64) {
        if self.in_flow() {
            return;
        }
        while self.indent > column {
            self.push(TokenKind::BlockEnd, self.input.mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    // The queue.

    fn push(&mut self, kind: TokenKind<'a>, start: Mark) {
        self.queue.push_back(Token { kind, start });
    }

    /// Puts a token in front of the one with a number. When that one was handed out already, go-yaml puts it last.
    fn insert(&mut self, before: Option<usize>, token: Token<'a>) {
        match before.and_then(|number| number.checked_sub(self.taken)) {
            Some(at) if at <= self.queue.len() => {
                step(at.min(self.queue.len() - at));
                self.queue.insert(at, token);
            }
            _ => self.queue.push_back(token),
        }
    }

    /// Adds an indicator of one character.
    fn push_indicator(&mut self, kind: TokenKind<'a>) {
        self.push(kind, self.input.mark);
        self.input.skip(1);
    }

    // One function a sort of token.

    fn fetch_stream_end(&mut self) -> Found<()> {
        if self.input.mark.column != 0 {
            self.input.mark.column = 0;
            self.input.mark.line += 1;
        }
        self.close_blocks(-1);
        self.drop_key()?;
        self.key_allowed = false;
        self.push(TokenKind::StreamEnd, self.input.mark);
        Ok(())
    }

    fn fetch_directive(&mut self) -> Found<()> {
        self.close_blocks(-1);
        self.drop_key()?;
        self.key_allowed = false;
        let start = self.input.mark;
        let kind = self.scan_directive()?;
        self.push(kind, start);
        Ok(())
    }

    fn fetch_document_indicator(&mut self, first: u8) -> Found<()> {
        self.close_blocks(-1);
        self.drop_key()?;
        self.key_allowed = false;
        self.push(if first == b'-' { TokenKind::DocumentStart } else { TokenKind::DocumentEnd }, self.input.mark);
        self.input.skip(3);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: TokenKind<'a>) -> Found<()> {
        self.save_key()?;
        let token = self.taken + self.queue.len();
        self.keys.push(SimpleKey { token, mark: self.input.mark, ..SimpleKey::default() });
        self.key_allowed = true;
        self.push_indicator(kind);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: TokenKind<'a>) -> Found<()> {
        self.drop_key()?;
        if self.in_flow()
            && let Some(key) = self.keys.pop()
        {
            self.forget_head(key.token);
        }
        self.key_allowed = false;
        self.push_indicator(kind);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Found<()> {
        self.drop_key()?;
        self.key_allowed = true;
        self.push_indicator(TokenKind::FlowEntry);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Found<()> {
        if !self.in_flow() {
            self.must_allow_key("block sequence entries are not allowed in this context")?;
            self.open_block(self.input.mark.column, None, TokenKind::BlockSequenceStart, self.input.mark);
        }
        self.drop_key()?;
        self.key_allowed = true;
        self.push_indicator(TokenKind::BlockEntry);
        Ok(())
    }

    fn fetch_key(&mut self) -> Found<()> {
        if !self.in_flow() {
            self.must_allow_key("mapping keys are not allowed in this context")?;
            self.open_block(self.input.mark.column, None, TokenKind::BlockMappingStart, self.input.mark);
        }
        self.drop_key()?;
        self.key_allowed = !self.in_flow();
        self.push_indicator(TokenKind::Key);
        Ok(())
    }

    fn fetch_value(&mut self) -> Found<()> {
        let level = self.keys.len() - 1;
        if self.key_is_open(level)? {
            let key = self.keys[level];
            self.insert(Some(key.token), Token { kind: TokenKind::Key, start: key.mark });
            self.open_block(key.mark.column, Some(key.token), TokenKind::BlockMappingStart, key.mark);
            self.keys[level].possible = false;
            self.forget_head(key.token);
            self.key_allowed = false;
        } else {
            if !self.in_flow() {
                self.must_allow_key("mapping values are not allowed in this context")?;
                self.open_block(self.input.mark.column, None, TokenKind::BlockMappingStart, self.input.mark);
            }
            self.key_allowed = !self.in_flow();
        }
        self.push_indicator(TokenKind::Value);
        Ok(())
    }

    fn must_allow_key(&self, otherwise: &'static str) -> Found<()> {
        if self.key_allowed { Ok(()) } else { Err(Problem::new(Stage::Scanner, otherwise, self.input.mark)) }
    }

    fn fetch_block_scalar(&mut self, literal: bool) -> Found<()> {
        self.drop_key()?;
        self.key_allowed = true;
        let start = self.input.mark;
        let kind = self.scan_block_scalar(literal)?;
        self.push(kind, start);
        Ok(())
    }

    /// Adds a token that may be (the start of) a key.
    fn fetch_keyable(&mut self, scan: impl FnOnce(&mut Self) -> Found<TokenKind<'a>>) -> Found<()> {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.input.mark;
        let kind = scan(self)?;
        self.push(kind, start);
        Ok(())
    }
}

fn missing_colon(key: Mark, here: Mark) -> Box<Problem> {
    Problem::within(Stage::Scanner, "scanning a simple key", key, "could not find expected ':'", here)
}
