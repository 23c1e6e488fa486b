//! A document as it is written: its nodes in one flat list, aliases tied to what they stand for, nothing resolved or expanded yet.
//!
//! Helm's parser finds every mistake of syntax before it decodes anything; keeping the two steps apart keeps that order.

use std::borrow::Cow;
use std::collections::HashMap;

use super::Limits;
use super::input::Mark;
use super::parser::{Event, Parser, Tag};
use super::problem::{Found, Problem, Stage};

/// The nodes of a document in the order of the text: a collection is followed by its children.
pub(super) struct Tree<'a> {
    pub(super) nodes: Vec<Raw<'a>>,
}

/// A node as written.
pub(super) struct Raw<'a> {
    pub(super) mark: Mark,
    pub(super) kind: RawKind<'a>,
}

/// What a node is.
pub(super) enum RawKind<'a> {
    Scalar {
        text: Cow<'a, str>,
        tag: Tag,
        implicit: bool,
    },
    /// Its name, and the index of the node it stands for.
    Alias(&'a str, usize),
    /// The index behind its last child.
    Sequence(usize),
    /// The index behind its last value; keys and values take turns.
    Mapping(usize),
}

impl Tree<'_> {
    /// The index behind a node and all of its children.
    pub(super) fn end(&self, index: usize) -> usize {
        match self.nodes[index].kind {
            RawKind::Sequence(end) | RawKind::Mapping(end) => end,
            RawKind::Scalar { .. } | RawKind::Alias(..) => index + 1,
        }
    }
}

/// Reads the next document of a stream; `None` when there is no more.
///
/// # Errors
/// What makes it unreadable; the limits on depth and nodes.
pub(super) fn read_document<'a>(parser: &mut Parser<'a>, limits: &Limits) -> Found<Option<Tree<'a>>> {
    if matches!(parser.next()?, (Event::StreamEnd, _)) {
        return Ok(None);
    }
    let mut nodes: Vec<Raw<'a>> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut anchors: HashMap<&'a str, usize> = HashMap::new();
    loop {
        let (event, mark) = parser.next()?;
        let index = nodes.len();
        let (anchor, kind) = match event {
            Event::Scalar { text, tag, implicit, anchor } => (anchor, RawKind::Scalar { text, tag, implicit }),
            Event::SequenceStart(anchor) => (anchor, RawKind::Sequence(0)),
            Event::MappingStart(anchor) => (anchor, RawKind::Mapping(0)),
            Event::Alias(name) => match anchors.get(name) {
                Some(&target) => (None, RawKind::Alias(name, target)),
                None => return Err(Problem::new(Stage::Decoder, format!("unknown anchor '{name}' referenced"), mark)),
            },
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(RawKind::Sequence(end) | RawKind::Mapping(end)) = open.pop().map(|start| &mut nodes[start].kind) {
                    *end = index;
                }
                continue;
            }
            Event::DocumentStart | Event::DocumentEnd | Event::StreamEnd => return Ok(Some(Tree { nodes })),
        };
        if let Some(name) = anchor {
            anchors.insert(name, index);
        }
        if matches!(kind, RawKind::Sequence(_) | RawKind::Mapping(_)) {
            if open.len() == limits.depth {
                return Err(too_deep(limits, mark));
            }
            open.push(index);
        }
        if index == limits.nodes {
            return Err(too_many(limits, mark));
        }
        nodes.push(Raw { mark, kind });
    }
}

/// Collections nested deeper than [`Limits::depth`].
pub(super) fn too_deep(limits: &Limits, mark: Mark) -> Box<Problem> {
    Problem::new(Stage::Limit, format!("collections nest deeper than {} levels (the limit `depth`)", limits.depth), mark)
}

/// More nodes than [`Limits::nodes`].
pub(super) fn too_many(limits: &Limits, mark: Mark) -> Box<Problem> {
    Problem::new(Stage::Limit, format!("more than {} nodes with all aliases expanded (the limit `nodes`)", limits.nodes), mark)
}
