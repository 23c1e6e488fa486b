//! From what is written to what it says: aliases expanded, merge keys merged, scalars resolved, keys turned into strings
//! (go-yaml v2 decode.go, then the way to JSON in sigs.k8s.io/yaml and encoding/json).
//!
//! Works on a stack of its own, so that neither nesting nor chains of aliases can exhaust the thread's.

use std::collections::HashSet;
use std::sync::Arc;

use super::comments::Comments;
use super::input::{Mark, step};
use super::keys::{self, Key};
use super::parser::Tag;
use super::problem::{Found, Problem, Stage};
use super::tree::{Raw, RawKind, Tree, too_deep, too_many};
use super::{Limits, resolve};
use crate::value::{Data, Entry, Mapping, Node, Source, Span};

/// go-yaml looks at aliases only above this many nodes that come from them …
const ALIASED_UNCHECKED: usize = 100;
/// … and this many nodes in all.
const NODES_UNCHECKED: usize = 1_000;
/// Up to so many nodes, 99 % may come from aliases;
const RATIO_FALLS_FROM: f64 = 400_000.0;
/// from so many on, 10 %.
const RATIO_FALLS_TO: f64 = 4_000_000.0;

/// What the documents of one text share.
pub(super) struct Composer<'s> {
    source: &'s Arc<Source>,
    limits: &'s Limits,
    /// Every key once.
    keys: HashSet<Arc<str>, foldhash::fast::RandomState>,
    /// Nodes of the documents composed so far.
    nodes: usize,
}

/// One document being composed.
struct Run<'r, 's, 'a> {
    composer: &'r mut Composer<'s>,
    tree: &'r Tree<'a>,
    comments: &'r Comments,
    frames: Vec<Frame>,
    /// Which aliases are being expanded.
    expanding: HashSet<usize>,
    depth: usize,
    /// Nodes so far, as go-yaml counts them.
    nodes: usize,
    /// Of these, how many come from aliases.
    aliased: usize,
    /// The first key that JSON can't have.
    bad_key: Option<Box<Problem>>,
    /// Where numbers stand that JSON can't have; they may yet be overwritten.
    infinite: Vec<Mark>,
}

/// What is to be done when the node in hand is complete.
enum Frame {
    /// Add it to a list whose children end at `end`.
    List { items: Vec<Node>, end: usize, at: Mark, comment: Option<Arc<str>> },
    /// Add it to a mapping, as a key or a value.
    Map(Box<MapFrame>),
    /// Pass it on with the comment at the alias: it is what the alias stands for. Go on behind the alias.
    Alias { index: usize, comment: Option<Arc<str>> },
    /// Merge it into the mapping below, and then the earlier ones of a list; go on behind the list.
    MergeList { rest: Vec<usize>, resume: usize },
}

/// A mapping that is being filled.
struct MapFrame {
    map: Mapping,
    end: usize,
    at: Mark,
    comment: Option<Arc<str>>,
    expects: Expects,
    /// Where the latest key begins.
    key_at: Mark,
}

/// What a mapping waits for.
enum Expects {
    Key,
    Value(Key),
    Merge,
}

impl<'s> Composer<'s> {
    pub(super) fn new(source: &'s Arc<Source>, limits: &'s Limits) -> Self {
        Self { source, limits, keys: HashSet::default(), nodes: 0 }
    }

    /// Composes a document.
    ///
    /// # Errors
    /// What Helm's decoder refuses, and limits.
    pub(super) fn document(&mut self, tree: &Tree<'_>, comments: &Comments) -> Found<Node> {
        let mut run = Run {
            composer: self,
            tree,
            comments,
            frames: Vec::new(),
            expanding: HashSet::new(),
            depth: 0,
            // go-yaml counts the document as a node.
            nodes: 1,
            aliased: 0,
            bad_key: None,
            infinite: Vec::new(),
        };
        let node = run.compose()?;
        let (nodes, bad_key, infinite) = (run.nodes, run.bad_key, run.infinite);
        self.nodes += nodes;
        match bad_key.or_else(|| first_infinite(&node, &infinite)) {
            Some(problem) => Err(problem),
            None => Ok(node),
        }
    }

    fn span(&self, mark: Mark) -> Span {
        Span { source: Arc::clone(self.source), line: mark.line + 1, column: mark.column + 1 }
    }

    /// The shared copy of a key.
    fn intern(&mut self, key: &str) -> Arc<str> {
        if let Some(known) = self.keys.get(key) {
            return Arc::clone(known);
        }
        let key: Arc<str> = key.into();
        self.keys.insert(Arc::clone(&key));
        key
    }
}

impl Run<'_, '_, '_> {
    fn compose(&mut self) -> Found<Node> {
        let mut next = 0;
        loop {
            let complete = match self.frames.last_mut() {
                Some(Frame::List { end, .. }) if *end == next => Some(self.finish()),
                Some(Frame::Map(frame)) if frame.end == next => Some(self.finish()),
                Some(Frame::Map(frame)) if matches!(frame.expects, Expects::Key) => {
                    let raw = &self.tree.nodes[next];
                    frame.key_at = raw.mark;
                    if is_merge(raw) {
                        frame.expects = Expects::Merge;
                        next = self.begin_merge(next + 1)?;
                        continue;
                    }
                    if let Some(text) = plain_text(raw) {
                        self.count(raw.mark)?;
                        let key = Key::Text(self.composer.intern(text));
                        self.expect(Expects::Value(key));
                        next += 1;
                        continue;
                    }
                    self.begin(&mut next)?
                }
                _ => self.begin(&mut next)?,
            };
            if let Some(node) = complete
                && let Some(document) = self.place(node, &mut next)?
            {
                return Ok(document);
            }
        }
    }

    /// Begins the node at `next` and moves on. A scalar is complete at once.
    fn begin(&mut self, next: &mut usize) -> Found<Option<Node>> {
        let Raw { mark, kind } = &self.tree.nodes[*next];
        self.count(*mark)?;
        let is_item = matches!(self.frames.last(), Some(Frame::List { .. }));
        let comment = if is_item { self.comments.above(&self.composer.source.text, *mark, true) } else { None };
        let frame = match kind {
            RawKind::Scalar { text, tag, implicit } => {
                *next += 1;
                let data = resolve::scalar(text, *tag, *implicit).map_err(|message| Problem::new(Stage::Decoder, message, *mark))?;
                if matches!(data, Data::Float(number) if !number.is_finite()) {
                    self.infinite.push(*mark);
                }
                return Ok(Some(self.node(data, *mark, comment)));
            }
            &RawKind::Alias(name, target) => {
                if !self.expanding.insert(*next) {
                    let message = format!("anchor '{name}' value contains itself");
                    return Err(Problem::new(Stage::Decoder, message, *mark));
                }
                let frame = Frame::Alias { index: *next, comment };
                *next = target;
                frame
            }
            &RawKind::Sequence(end) => {
                self.deepen(*mark)?;
                *next += 1;
                Frame::List { items: Vec::new(), end, at: *mark, comment }
            }
            &RawKind::Mapping(end) => {
                self.deepen(*mark)?;
                *next += 1;
                let (map, at) = (Mapping::default(), *mark);
                Frame::Map(Box::new(MapFrame { map, end, at, comment, expects: Expects::Key, key_at: at }))
            }
        };
        self.frames.push(frame);
        Ok(None)
    }

    /// The mapping on top waits for something else.
    fn expect(&mut self, expects: Expects) {
        if let Some(Frame::Map(frame)) = self.frames.last_mut() {
            frame.expects = expects;
        }
    }

    /// Looks at the value of a `<<` and gives the index of the node to begin with.
    fn begin_merge(&mut self, value: usize) -> Found<usize> {
        let RawKind::Sequence(end) = self.tree.nodes[value].kind else { return self.mergeable(value) };
        let mut items = Vec::new();
        let mut item = value + 1;
        while item < end {
            items.push(item);
            item = self.tree.end(item);
        }
        self.next_merge(items, end)
    }

    /// Begins the last of the mappings left to merge: of a list the first item wins, so it is merged last.
    fn next_merge(&mut self, mut rest: Vec<usize>, resume: usize) -> Found<usize> {
        if let Some(item) = rest.pop() {
            self.frames.push(Frame::MergeList { rest, resume });
            return self.mergeable(item);
        }
        self.expect(Expects::Key);
        Ok(resume)
    }

    /// Makes sure that a node is a mapping or stands for one.
    fn mergeable(&self, index: usize) -> Found<usize> {
        let Raw { mark, kind } = &self.tree.nodes[index];
        let target = if let &RawKind::Alias(_, target) = kind { &self.tree.nodes[target].kind } else { kind };
        if matches!(target, RawKind::Mapping(_)) {
            return Ok(index);
        }
        Err(Problem::new(Stage::Decoder, "map merge requires map or sequence of maps as the value", *mark))
    }

    fn deepen(&mut self, mark: Mark) -> Found<()> {
        if self.depth == self.composer.limits.depth {
            return Err(too_deep(self.composer.limits, mark));
        }
        self.depth += 1;
        Ok(())
    }

    /// Counts a node against the limit and go-yaml's rule against alias bombs.
    fn count(&mut self, mark: Mark) -> Found<()> {
        step(1);
        self.nodes += 1;
        if !self.expanding.is_empty() {
            self.aliased += 1;
        }
        if self.nodes + self.composer.nodes > self.composer.limits.nodes {
            return Err(too_many(self.composer.limits, mark));
        }
        if self.aliased > ALIASED_UNCHECKED && self.nodes > NODES_UNCHECKED && too_much_aliased(self.aliased, self.nodes) {
            return Err(Problem::new(Stage::Aliasing, "document contains excessive aliasing", mark));
        }
        Ok(())
    }

    fn node(&self, data: Data, mark: Mark, comment: Option<Arc<str>>) -> Node {
        Node { data, at: self.composer.span(mark), comment }
    }

    /// Takes the collection on top, which has all its children.
    fn finish(&mut self) -> Node {
        self.depth -= 1;
        match self.frames.pop() {
            Some(Frame::List { items, at, comment, .. }) => self.node(Data::List(items), at, comment),
            Some(Frame::Map(frame)) => self.node(Data::Map(frame.map), frame.at, frame.comment),
            _ => self.node(Data::Null, Mark::default(), None),
        }
    }

    /// Gives a complete node to the frame that waits for it. Without one, it is the document.
    fn place(&mut self, mut node: Node, next: &mut usize) -> Found<Option<Node>> {
        while let Some(Frame::Alias { index, comment }) = self.frames.pop_if(|frame| matches!(frame, Frame::Alias { .. })) {
            self.expanding.remove(&index);
            node.comment = comment;
            *next = index + 1;
        }
        match self.frames.last_mut() {
            None => return Ok(Some(node)),
            Some(Frame::List { items, .. }) => items.push(node),
            Some(Frame::Map(frame)) => match std::mem::replace(&mut frame.expects, Expects::Key) {
                Expects::Key => {
                    let key = keys::key(&node.data).map_err(|message| Problem::new(Stage::Decoder, message, frame.key_at))?;
                    frame.expects = Expects::Value(match key {
                        Key::Text(text) => Key::Text(self.composer.intern(&text)),
                        refused @ Key::Refused(_) => refused,
                    });
                }
                Expects::Value(key) => self.set(key, node),
                Expects::Merge => frame.merge(node),
            },
            Some(Frame::MergeList { .. }) => *next = self.merge_item(node)?,
            Some(Frame::Alias { .. }) => {}
        }
        Ok(None)
    }

    /// Sets a key of the mapping on top.
    fn set(&mut self, key: Key, value: Node) {
        let Some(Frame::Map(frame)) = self.frames.last_mut() else { return };
        let key_at = frame.key_at;
        let key = match key {
            Key::Text(text) => text,
            Key::Refused(why) => {
                let problem = || Problem::new(Stage::Keys, format!("{why}, value: {}", keys::go_syntax(&value.data)), key_at);
                self.bad_key.get_or_insert_with(problem);
                return;
            }
        };
        let comment = self.comments.above(&self.composer.source.text, key_at, false);
        let at = self.composer.span(key_at);
        frame.map.insert(key, Entry { at, comment, value });
    }

    /// Merges one of a list's mappings and gives the index to go on with.
    fn merge_item(&mut self, node: Node) -> Found<usize> {
        let Some(Frame::MergeList { rest, resume }) = self.frames.pop() else { return Ok(0) };
        if let Some(Frame::Map(frame)) = self.frames.last_mut() {
            frame.merge(node);
        }
        self.next_merge(rest, resume)
    }
}

impl MapFrame {
    /// Sets all keys of another mapping, also those that are there already.
    fn merge(&mut self, node: Node) {
        if let Data::Map(map) = node.data {
            self.map.extend(map);
        }
    }
}

fn is_merge(raw: &Raw<'_>) -> bool {
    matches!(&raw.kind, RawKind::Scalar { text, tag, implicit } if text == "<<" && (*implicit || *tag == Tag::Merge))
}

/// The text of a scalar that is nothing else.
fn plain_text<'r>(raw: &'r Raw<'_>) -> Option<&'r str> {
    match &raw.kind {
        RawKind::Scalar { text, tag: Tag::None, implicit } if !implicit || resolve::is_text(text) => Some(text),
        _ => None,
    }
}

/// go-yaml's rule: the larger the document, the smaller the share that may come from aliases.
#[allow(clippy::cast_precision_loss)]
fn too_much_aliased(aliased: usize, nodes: usize) -> bool {
    let (aliased, nodes) = (aliased as f64, nodes as f64);
    let fallen = ((nodes - RATIO_FALLS_FROM) / (RATIO_FALLS_TO - RATIO_FALLS_FROM)).clamp(0.0, 1.0);
    aliased / nodes > 0.99 - 0.89 * fallen
}

/// The first number that JSON has no word for, in Go's order: keys sorted. One that was overwritten doesn't count.
fn first_infinite(root: &Node, marks: &[Mark]) -> Option<Box<Problem>> {
    let mut rest = if marks.is_empty() { vec![] } else { vec![root] };
    while let Some(node) = rest.pop() {
        match &node.data {
            Data::Float(number) if !number.is_finite() => {
                let name = if number.is_nan() {
                    "NaN"
                } else if *number > 0.0 {
                    "+Inf"
                } else {
                    "-Inf"
                };
                let here = |mark: &&Mark| (mark.line + 1, mark.column + 1) == (node.at.line, node.at.column);
                let mark = marks.iter().find(here).copied().unwrap_or_default();
                return Some(Problem::new(Stage::Json, format!("json: unsupported value: {name}"), mark));
            }
            Data::List(items) => rest.extend(items.iter().rev()),
            Data::Map(map) => {
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_unstable_by(|(one, _), (other, _)| other.cmp(one));
                rest.extend(entries.into_iter().map(|(_, entry)| &entry.value));
            }
            _ => {}
        }
    }
    None
}
