//! Events: the grammar of YAML 1.1 over tokens, as a machine with a stack of states (go-yaml v2 parserc.go). It does not recurse.

use std::borrow::Cow;
use std::collections::HashMap;

use super::input::Mark;
use super::problem::{Found, Problem, Stage};
use super::scanner::{Scanner, Token, TokenKind};

/// The prefix that `!!` stands for.
const YAML_TAGS: &[u8] = b"tag:yaml.org,2002:";

/// What stands in the text, in order.
#[derive(Debug)]
pub(super) enum Event<'a> {
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    Alias(&'a str),
    Scalar {
        text: Cow<'a, str>,
        tag: Tag,
        /// Plain without a tag, or tagged `!`: what go-yaml calls implicit.
        implicit: bool,
        anchor: Option<&'a str>,
    },
    SequenceStart(Option<&'a str>),
    SequenceEnd,
    MappingStart(Option<&'a str>),
    MappingEnd,
}

/// The tags that mean something to go-yaml.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    None,
    Str,
    Bool,
    Int,
    Float,
    Null,
    Timestamp,
    Binary,
    Merge,
    /// Any other: it makes a scalar a string.
    Other,
}

impl Tag {
    fn from_uri(uri: &[u8]) -> Self {
        match uri.strip_prefix(YAML_TAGS) {
            _ if uri.is_empty() => Self::None,
            Some(b"str") => Self::Str,
            Some(b"bool") => Self::Bool,
            Some(b"int") => Self::Int,
            Some(b"float") => Self::Float,
            Some(b"null") => Self::Null,
            Some(b"timestamp") => Self::Timestamp,
            Some(b"binary") => Self::Binary,
            Some(b"merge") => Self::Merge,
            _ => Self::Other,
        }
    }

    /// How a message spells it.
    pub(super) fn short(self) -> &'static str {
        match self {
            Self::Str => "!!str",
            Self::Bool => "!!bool",
            Self::Int => "!!int",
            Self::Float => "!!float",
            Self::Null => "!!null",
            Self::Timestamp => "!!timestamp",
            Self::Binary => "!!binary",
            Self::Merge => "!!merge",
            Self::None | Self::Other => "",
        }
    }
}

/// What the machine does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    FirstDocument,
    DocumentStart,
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockSequenceFirst,
    BlockSequence,
    IndentlessSequence,
    BlockMappingFirst,
    BlockMappingKey,
    BlockMappingValue,
    FlowSequenceFirst,
    FlowSequence,
    FlowPairKey,
    FlowPairValue,
    FlowPairEnd,
    FlowMappingFirst,
    FlowMappingKey,
    FlowMappingValue,
    FlowMappingNoValue,
    End,
}

/// Which sorts of node may stand somewhere.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Allowed {
    Flow,
    Block,
    /// Also a sequence that is not indented deeper than its key.
    BlockOrIndentless,
}

/// Reads events one at a time.
pub(super) struct Parser<'a> {
    pub(super) scanner: Scanner<'a>,
    state: State,
    /// Where to go on when the current node is done.
    states: Vec<State>,
    /// Where the open collections began.
    marks: Vec<Mark>,
    /// This document's tag handles and what they stand for.
    handles: HashMap<&'a str, Cow<'a, [u8]>>,
}

/// A node's anchor and its tag's URI.
type Properties<'a> = (Option<&'a str>, Option<Cow<'a, [u8]>>);

/// An event and where it begins.
pub(super) type Located<'a> = (Event<'a>, Mark);

impl<'a> Parser<'a> {
    /// A parser at the start of `text`.
    pub(super) fn new(text: &'a str) -> Self {
        Self { scanner: Scanner::new(text), state: State::FirstDocument, states: Vec::new(), marks: Vec::new(), handles: HashMap::new() }
    }

    /// The next event; `StreamEnd` again and again when there is no more.
    ///
    /// # Errors
    /// What makes the text unreadable.
    pub(super) fn next(&mut self) -> Found<Located<'a>> {
        match self.state {
            State::FirstDocument => self.document_start(true),
            State::DocumentStart => self.document_start(false),
            State::DocumentContent => self.document_content(),
            State::DocumentEnd => self.document_end(),
            State::BlockNode => self.node(Allowed::Block),
            State::BlockSequenceFirst => {
                self.open()?;
                self.block_sequence()
            }
            State::BlockSequence => self.block_sequence(),
            State::IndentlessSequence => self.indentless_sequence(),
            State::BlockMappingFirst => {
                self.open()?;
                self.block_mapping_key()
            }
            State::BlockMappingKey => self.block_mapping_key(),
            State::BlockMappingValue => self.block_mapping_value(),
            State::FlowSequenceFirst => {
                self.open()?;
                self.flow_sequence(true)
            }
            State::FlowSequence => self.flow_sequence(false),
            State::FlowPairKey => self.flow_pair_key(),
            State::FlowPairValue => self.flow_pair_value(),
            State::FlowPairEnd => self.flow_pair_end(),
            State::FlowMappingFirst => {
                self.open()?;
                self.flow_mapping_key(true)
            }
            State::FlowMappingKey => self.flow_mapping_key(false),
            State::FlowMappingValue => self.flow_mapping_value(),
            State::FlowMappingNoValue => {
                let mark = self.scanner.peek()?.start;
                self.state = State::FlowMappingKey;
                Ok(empty(mark))
            }
            State::End => Ok((Event::StreamEnd, self.scanner.input.mark)),
        }
    }

    // Tokens.

    fn peek(&mut self) -> Found<&TokenKind<'a>> {
        Ok(&self.scanner.peek()?.kind)
    }

    fn peek_start(&mut self) -> Found<Mark> {
        Ok(self.scanner.peek()?.start)
    }

    fn take(&mut self) -> Found<Token<'a>> {
        self.scanner.peek()?;
        let mark = self.scanner.input.mark;
        Ok(self.scanner.take().unwrap_or(Token { kind: TokenKind::StreamEnd, start: mark }))
    }

    /// Takes the token that begins a collection.
    fn open(&mut self) -> Found<()> {
        let start = self.take()?.start;
        self.marks.push(start);
        Ok(())
    }

    /// Takes the token that ends a collection.
    fn close(&mut self, event: Event<'a>) -> Found<Located<'a>> {
        self.marks.pop();
        self.go_back();
        Ok((event, self.take()?.start))
    }

    fn go_back(&mut self) {
        self.state = self.states.pop().unwrap_or(State::End);
    }

    /// Reads a node and goes on with `then` behind it.
    fn node_then(&mut self, allowed: Allowed, then: State) -> Found<Located<'a>> {
        self.states.push(then);
        self.node(allowed)
    }

    fn empty_then(&mut self, mark: Mark, then: State) -> Located<'a> {
        self.state = then;
        empty(mark)
    }

    fn wrong(&mut self, within: Option<&'static str>, message: &'static str) -> Found<Located<'a>> {
        let mark = self.peek_start()?;
        Err(match (within, self.marks.last()) {
            (Some(what), Some(&since)) => Problem::within(Stage::Parser, what, since, message, mark),
            _ => Problem::new(Stage::Parser, message, mark),
        })
    }

    // Documents.

    fn document_start(&mut self, first: bool) -> Found<Located<'a>> {
        while !first && *self.peek()? == TokenKind::DocumentEnd {
            self.take()?;
        }
        let start = self.peek_start()?;
        let explicit = match self.peek()? {
            TokenKind::StreamEnd => {
                self.state = State::End;
                return Ok((Event::StreamEnd, start));
            }
            TokenKind::Version(..) | TokenKind::TagDirective(..) | TokenKind::DocumentStart => true,
            _ => !first,
        };
        self.directives()?;
        self.states.push(State::DocumentEnd);
        if explicit {
            if *self.peek()? != TokenKind::DocumentStart {
                return self.wrong(None, "did not find expected <document start>");
            }
            self.take()?;
            self.state = State::DocumentContent;
        } else {
            self.state = State::BlockNode;
        }
        Ok((Event::DocumentStart, start))
    }

    /// Reads what stands in front of a `---`.
    fn directives(&mut self) -> Found<()> {
        let mut version_seen = false;
        while matches!(self.peek()?, TokenKind::Version(..) | TokenKind::TagDirective(..)) {
            let Token { kind, start } = self.take()?;
            match kind {
                TokenKind::Version(..) if version_seen => {
                    return Err(Problem::new(Stage::Parser, "found duplicate %YAML directive", start));
                }
                TokenKind::Version(1, 1) => version_seen = true,
                TokenKind::TagDirective(handle, prefix) => {
                    if self.handles.insert(handle, prefix).is_some() {
                        return Err(Problem::new(Stage::Parser, "found duplicate %TAG directive", start));
                    }
                }
                _ => return Err(Problem::new(Stage::Parser, "found incompatible YAML document", start)),
            }
        }
        Ok(())
    }

    fn document_content(&mut self) -> Found<Located<'a>> {
        let start = self.peek_start()?;
        if matches!(
            self.peek()?,
            TokenKind::Version(..) | TokenKind::TagDirective(..) | TokenKind::DocumentStart | TokenKind::DocumentEnd | TokenKind::StreamEnd
        ) {
            self.go_back();
            return Ok(empty(start));
        }
        self.node(Allowed::Block)
    }

    fn document_end(&mut self) -> Found<Located<'a>> {
        let start = self.peek_start()?;
        if *self.peek()? == TokenKind::DocumentEnd {
            self.take()?;
        }
        self.handles.clear();
        self.state = State::DocumentStart;
        Ok((Event::DocumentEnd, start))
    }

    // Nodes.

    fn node(&mut self, allowed: Allowed) -> Found<Located<'a>> {
        let start = self.peek_start()?;
        if let &TokenKind::Alias(name) = self.peek()? {
            self.take()?;
            self.go_back();
            return Ok((Event::Alias(name), start));
        }
        let (anchor, uri) = self.properties(start)?;
        let tag = uri.as_deref().map_or(Tag::None, Tag::from_uri);
        let tagged = uri.as_deref().is_some_and(|uri| !uri.is_empty());
        let block = allowed != Allowed::Flow;
        let (event, state) = match self.peek()? {
            TokenKind::BlockEntry if allowed == Allowed::BlockOrIndentless => (Event::SequenceStart(anchor), State::IndentlessSequence),
            TokenKind::Scalar(_) => {
                let non_specific = uri.as_deref() == Some(b"!");
                let TokenKind::Scalar(scalar) = self.take()?.kind else { return self.wrong(None, "did not find expected node content") };
                self.go_back();
                let implicit = !tagged && scalar.plain || non_specific;
                return Ok((Event::Scalar { text: scalar.text, tag, implicit, anchor }, start));
            }
            TokenKind::FlowSequenceStart => (Event::SequenceStart(anchor), State::FlowSequenceFirst),
            TokenKind::FlowMappingStart => (Event::MappingStart(anchor), State::FlowMappingFirst),
            TokenKind::BlockSequenceStart if block => (Event::SequenceStart(anchor), State::BlockSequenceFirst),
            TokenKind::BlockMappingStart if block => (Event::MappingStart(anchor), State::BlockMappingFirst),
            _ if anchor.is_some() || tagged => {
                self.go_back();
                return Ok((Event::Scalar { text: Cow::Borrowed(""), tag, implicit: !tagged, anchor }, start));
            }
            _ => {
                let what = if block { "parsing a block node" } else { "parsing a flow node" };
                let mark = self.peek_start()?;
                return Err(Problem::within(Stage::Parser, what, start, "did not find expected node content", mark));
            }
        };
        self.state = state;
        Ok((event, start))
    }

    /// Reads an anchor and a tag, in any order, and expands the tag's handle.
    fn properties(&mut self, start: Mark) -> Found<Properties<'a>> {
        let mut anchor = None;
        let mut tag = None;
        loop {
            match self.peek()? {
                &TokenKind::Anchor(name) if anchor.is_none() => {
                    anchor = Some(name);
                    self.take()?;
                }
                TokenKind::Tag(..) if tag.is_none() => {
                    let Token { kind, start: tag_start } = self.take()?;
                    if let TokenKind::Tag(handle, suffix) = kind {
                        tag = Some((handle, suffix, tag_start));
                    }
                }
                _ => break,
            }
        }
        let Some((handle, suffix, tag_start)) = tag else { return Ok((anchor, None)) };
        let uri = if handle.is_empty() { Some(suffix) } else { self.expand(handle, &suffix).map(Cow::Owned) };
        match uri {
            Some(uri) => Ok((anchor, Some(uri))),
            None => Err(Problem::within(Stage::Parser, "parsing a node", start, "found undefined tag handle", tag_start)),
        }
    }

    fn expand(&self, handle: &str, suffix: &[u8]) -> Option<Vec<u8>> {
        let declared = self.handles.get(handle).map(AsRef::as_ref);
        let prefix = declared.or(match handle {
            "!" => Some(&b"!"[..]),
            "!!" => Some(YAML_TAGS),
            _ => None,
        })?;
        Some([prefix, suffix].concat())
    }

    // Block collections.

    fn block_sequence(&mut self) -> Found<Located<'a>> {
        match self.peek()? {
            TokenKind::BlockEntry => {
                let mark = self.take()?.start.after_one();
                match self.peek()? {
                    TokenKind::BlockEntry | TokenKind::BlockEnd => Ok(self.empty_then(mark, State::BlockSequence)),
                    _ => self.node_then(Allowed::Block, State::BlockSequence),
                }
            }
            TokenKind::BlockEnd => self.close(Event::SequenceEnd),
            _ => self.wrong(Some("parsing a block collection"), "did not find expected '-' indicator"),
        }
    }

    fn indentless_sequence(&mut self) -> Found<Located<'a>> {
        if *self.peek()? != TokenKind::BlockEntry {
            self.go_back();
            return Ok((Event::SequenceEnd, self.peek_start()?));
        }
        let mark = self.take()?.start.after_one();
        match self.peek()? {
            TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                Ok(self.empty_then(mark, State::IndentlessSequence))
            }
            _ => self.node_then(Allowed::Block, State::IndentlessSequence),
        }
    }

    fn block_mapping_key(&mut self) -> Found<Located<'a>> {
        match self.peek()? {
            TokenKind::Key => {
                let mark = self.take()?.start.after_one();
                match self.peek()? {
                    TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => Ok(self.empty_then(mark, State::BlockMappingValue)),
                    _ => self.node_then(Allowed::BlockOrIndentless, State::BlockMappingValue),
                }
            }
            TokenKind::BlockEnd => self.close(Event::MappingEnd),
            _ => self.wrong(Some("parsing a block mapping"), "did not find expected key"),
        }
    }

    fn block_mapping_value(&mut self) -> Found<Located<'a>> {
        if *self.peek()? != TokenKind::Value {
            let mark = self.peek_start()?;
            return Ok(self.empty_then(mark, State::BlockMappingKey));
        }
        let mark = self.take()?.start.after_one();
        match self.peek()? {
            TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => Ok(self.empty_then(mark, State::BlockMappingKey)),
            _ => self.node_then(Allowed::BlockOrIndentless, State::BlockMappingKey),
        }
    }

    // Flow collections.

    fn flow_sequence(&mut self, first: bool) -> Found<Located<'a>> {
        if *self.peek()? != TokenKind::FlowSequenceEnd {
            if !first {
                if *self.peek()? != TokenKind::FlowEntry {
                    return self.wrong(Some("parsing a flow sequence"), "did not find expected ',' or ']'");
                }
                self.take()?;
            }
            match self.peek()? {
                TokenKind::Key => {
                    self.state = State::FlowPairKey;
                    return Ok((Event::MappingStart(None), self.take()?.start));
                }
                TokenKind::FlowSequenceEnd => {}
                _ => return self.node_then(Allowed::Flow, State::FlowSequence),
            }
        }
        self.close(Event::SequenceEnd)
    }

    fn flow_pair_key(&mut self) -> Found<Located<'a>> {
        match self.peek()? {
            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd => {
                // go-yaml takes the token here, the one after the key's place.
                let mark = self.take()?.start.after_one();
                Ok(self.empty_then(mark, State::FlowPairValue))
            }
            _ => self.node_then(Allowed::Flow, State::FlowPairValue),
        }
    }

    fn flow_pair_value(&mut self) -> Found<Located<'a>> {
        if *self.peek()? == TokenKind::Value {
            self.take()?;
            if !matches!(self.peek()?, TokenKind::FlowEntry | TokenKind::FlowSequenceEnd) {
                return self.node_then(Allowed::Flow, State::FlowPairEnd);
            }
        }
        let mark = self.peek_start()?;
        Ok(self.empty_then(mark, State::FlowPairEnd))
    }

    fn flow_pair_end(&mut self) -> Found<Located<'a>> {
        self.state = State::FlowSequence;
        Ok((Event::MappingEnd, self.peek_start()?))
    }

    fn flow_mapping_key(&mut self, first: bool) -> Found<Located<'a>> {
        if *self.peek()? != TokenKind::FlowMappingEnd {
            if !first {
                if *self.peek()? != TokenKind::FlowEntry {
                    return self.wrong(Some("parsing a flow mapping"), "did not find expected ',' or '}'");
                }
                self.take()?;
            }
            match self.peek()? {
                TokenKind::Key => {
                    self.take()?;
                    if matches!(self.peek()?, TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd) {
                        let mark = self.peek_start()?;
                        return Ok(self.empty_then(mark, State::FlowMappingValue));
                    }
                    return self.node_then(Allowed::Flow, State::FlowMappingValue);
                }
                TokenKind::FlowMappingEnd => {}
                _ => return self.node_then(Allowed::Flow, State::FlowMappingNoValue),
            }
        }
        self.close(Event::MappingEnd)
    }

    fn flow_mapping_value(&mut self) -> Found<Located<'a>> {
        if *self.peek()? == TokenKind::Value {
            self.take()?;
            if !matches!(self.peek()?, TokenKind::FlowEntry | TokenKind::FlowMappingEnd) {
                return self.node_then(Allowed::Flow, State::FlowMappingKey);
            }
        }
        let mark = self.peek_start()?;
        Ok(self.empty_then(mark, State::FlowMappingKey))
    }
}

/// A null that isn't written.
fn empty<'a>(mark: Mark) -> Located<'a> {
    (Event::Scalar { text: Cow::Borrowed(""), tag: Tag::None, implicit: true, anchor: None }, mark)
}
