//! Where the lines of an output came from: each piece that is written says its origin, and a line has the origin of its first piece that
//! is not blank and the reads of all its pieces.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;
use std::sync::Arc;

use bstr::ByteSlice;
use foldhash::HashMap;

use super::reads::{Ledger, SetId};

/// How a template was entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallPlace {
    /// The template file, as Helm names it.
    pub file: Arc<str>,
    /// The line of the call there, from 1.
    pub line: u32,
}

/// A call and those above it.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) place: CallPlace,
    pub(crate) above: Option<Arc<Link>>,
}

/// The origin of a line or of a part of it.
#[derive(Debug, Clone)]
pub(crate) struct LineOrigin {
    pub(crate) place: CallPlace,
    pub(crate) chain: Option<Arc<Link>>,
    /// What its actions read.
    pub(crate) reads: SetId,
    /// What the conditions around them read, and the arguments of the calls.
    pub(crate) conditions: SetId,
}

impl LineOrigin {
    /// Another piece of the line adds what it read.
    fn add(&mut self, other: &Self, ledger: &mut Ledger) {
        self.reads = ledger.union(self.reads, other.reads);
        self.conditions = ledger.union(self.conditions, other.conditions);
    }

    fn same_place(&self, other: &Self) -> bool {
        let same_chain = match (&self.chain, &other.chain) {
            (None, None) => true,
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            _ => false,
        };
        same_chain && self.place == other.place
    }
}

/// The lines of an output that is being written.
#[derive(Debug, Default)]
pub(super) struct Output {
    lines: Vec<LineOrigin>,
    /// The line that has no end yet, and whether it is blank so far.
    current: Option<(LineOrigin, bool)>,
}

impl Output {
    /// A part of one line, without its end.
    pub(super) fn piece(&mut self, text: &[u8], origin: LineOrigin, ledger: &mut Ledger) {
        let blank = text.trim().is_empty();
        match &mut self.current {
            None => self.current = Some((origin, blank)),
            Some(_) if blank => {}
            Some((line, false)) => line.add(&origin, ledger),
            Some(slot) => *slot = (origin, false),
        }
    }

    /// The end of the line.
    pub(super) fn newline(&mut self) {
        if let Some((line, _)) = self.current.take() {
            self.lines.push(line);
        }
    }

    /// Something that could have written here, and did not: it counts for the line it stands in.
    pub(super) fn nothing(&mut self, origin: &LineOrigin, ledger: &mut Ledger) {
        if let Some((line, false)) = &mut self.current
            && line.same_place(origin)
        {
            line.add(origin, ledger);
        }
    }

    /// All lines, the last one with or without an end.
    pub(super) fn finish(mut self) -> Vec<LineOrigin> {
        self.newline();
        self.lines
    }
}

/// The finished output of a called template, to find its lines again in what becomes of it.
#[derive(Debug)]
pub(crate) struct Recorded {
    lines: Vec<(u64, LineOrigin)>,
}

impl Recorded {
    pub(super) fn new(text: &[u8], lines: Vec<LineOrigin>) -> Self {
        Self { lines: text.split(|byte| *byte == b'\n').map(key).zip(lines).collect() }
    }
}

/// What stays of a line through `indent`, `trim`, `quote` and their like.
fn key(line: &[u8]) -> u64 {
    let bare = line.trim_with(|c| c.is_whitespace() || matches!(c, '"' | '\''));
    let mut hasher = DefaultHasher::new();
    bare.hash(&mut hasher);
    hasher.finish()
}

/// Finds lines among those of recorded outputs: the next one of the same text, else the first one.
pub(super) struct Finder<'r> {
    by_key: HashMap<u64, Vec<(usize, &'r LineOrigin)>>,
    next: usize,
}

impl<'r> Finder<'r> {
    pub(super) fn new(recorded: &'r [Rc<Recorded>]) -> Self {
        let mut by_key: HashMap<u64, Vec<(usize, &LineOrigin)>> = HashMap::default();
        for (index, (key, origin)) in recorded.iter().flat_map(|one| &one.lines).enumerate() {
            by_key.entry(*key).or_default().push((index, origin));
        }
        Self { by_key, next: 0 }
    }

    pub(super) fn find(&mut self, line: &[u8]) -> Option<&'r LineOrigin> {
        if self.by_key.is_empty() {
            return None;
        }
        let places = self.by_key.get(&key(line))?;
        let ahead = places.partition_point(|(index, _)| *index < self.next);
        let (index, origin) = places.get(ahead).or(places.first())?;
        self.next = index + 1;
        Some(origin)
    }
}
