//! Which values were read: paths and sets of paths, each kept once and known by a number, so that noting a read costs two look-ups.
//!
//! A render of a hostile chart may read endlessly many paths in endlessly many combinations: past [`MOST_PATHS`] a path counts as its
//! parent's, past [`MOST_MEMBERS`] sets stop growing. Depends on values and their paths.

use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::HashMap;

use crate::template::value::Text;
use crate::value::{Path, Step};

/// Paths that one render may tell apart.
const MOST_PATHS: usize = 1 << 20;

/// Members of all sets together.
const MOST_MEMBERS: usize = 1 << 23;

/// How much of a value was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Extent {
    /// Whether it is there, of which type it is, whether it is empty, which keys or how many items it has.
    Shape,
    /// All of it: a scalar, or a mapping or list with all that is below.
    Whole,
}

/// A value that was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Read {
    /// Where it stands in the values of the chart that is rendered: a subchart's `.Values.create` is `minio.create`, and what it sees of
    /// the globals is `global.…`.
    pub path: Path,
    /// How much of it was read.
    pub extent: Extent,
}

impl Read {
    /// Whether a change of the value at `path`, its coming and going included, changes what this read saw.
    pub fn sees(&self, path: &Path) -> bool {
        let (own, other) = (self.path.steps(), path.steps());
        let shared = own.iter().zip(other).take_while(|(a, b)| a == b).count();
        let is_below = shared == own.len();
        match self.extent {
            _ if shared == other.len() => true,
            Extent::Whole => is_below,
            Extent::Shape => is_below && other.len() == own.len() + 1,
        }
    }
}

/// The number of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PathId(u32);

impl PathId {
    /// The path of all values.
    pub(crate) const ROOT: Self = Self(0);

    fn read(self, extent: Extent) -> u32 {
        self.0 << 1 | u32::from(extent == Extent::Whole)
    }
}

/// The number of a set of reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct SetId(u32);

impl SetId {
    /// The set of nothing.
    pub(crate) const EMPTY: Self = Self(0);
}

/// A path by its parent.
#[derive(Debug)]
struct Branch {
    parent: u32,
    step: Step,
    keys: BTreeMap<Text, u32>,
    items: BTreeMap<usize, u32>,
}

/// All paths and sets of a render.
#[derive(Debug)]
pub(crate) struct Ledger {
    paths: Vec<Branch>,
    sets: Vec<Arc<[u32]>>,
    known: HashMap<Arc<[u32]>, SetId>,
    unions: HashMap<(SetId, SetId), SetId>,
    members: usize,
    /// By number of path and extent: whether anything read it.
    seen: Vec<bool>,
}

impl Default for Ledger {
    fn default() -> Self {
        let root = Branch { parent: 0, step: Step::Index(0), keys: BTreeMap::new(), items: BTreeMap::new() };
        let nothing: Arc<[u32]> = Arc::new([]);
        Self {
            paths: vec![root],
            sets: vec![Arc::clone(&nothing)],
            known: HashMap::from_iter([(nothing, SetId::EMPTY)]),
            unions: HashMap::default(),
            members: 0,
            seen: Vec::new(),
        }
    }
}

impl Ledger {
    /// The path of a mapping's entry.
    pub(crate) fn key(&mut self, parent: PathId, key: &[u8]) -> PathId {
        if let Some(known) = self.paths[parent.0 as usize].keys.get(key) {
            return PathId(*known);
        }
        let step = Step::Key(String::from_utf8_lossy(key).into());
        let Some(new) = self.grow(parent, step) else { return parent };
        self.paths[parent.0 as usize].keys.insert(Text::from(key), new.0);
        new
    }

    /// The path of a list's item.
    pub(crate) fn item(&mut self, parent: PathId, index: usize) -> PathId {
        if let Some(known) = self.paths[parent.0 as usize].items.get(&index) {
            return PathId(*known);
        }
        let Some(new) = self.grow(parent, Step::Index(index)) else { return parent };
        self.paths[parent.0 as usize].items.insert(index, new.0);
        new
    }

    fn grow(&mut self, parent: PathId, step: Step) -> Option<PathId> {
        if self.paths.len() >= MOST_PATHS {
            return None;
        }
        self.paths.push(Branch { parent: parent.0, step, keys: BTreeMap::new(), items: BTreeMap::new() });
        Some(PathId((self.paths.len() - 1) as u32))
    }

    /// The set of one read, which counts as read from now on.
    pub(crate) fn note(&mut self, path: PathId, extent: Extent) -> SetId {
        let read = path.read(extent);
        if self.seen.len() <= read as usize {
            self.seen.resize(read as usize + 1, false);
        }
        self.seen[read as usize] = true;
        self.set(Arc::new([read]))
    }

    /// What is in either set.
    pub(crate) fn union(&mut self, a: SetId, b: SetId) -> SetId {
        if a == b || b == SetId::EMPTY {
            return a;
        }
        if a == SetId::EMPTY {
            return b;
        }
        let pair = (a.min(b), a.max(b));
        if let Some(known) = self.unions.get(&pair) {
            return *known;
        }
        if self.members > MOST_MEMBERS {
            return a;
        }
        let mut both: Vec<u32> = self.sets[a.0 as usize].iter().chain(&*self.sets[b.0 as usize]).copied().collect();
        both.sort_unstable();
        both.dedup();
        let union = self.set(both.into());
        self.unions.insert(pair, union);
        self.members += 4;
        union
    }

    fn set(&mut self, members: Arc<[u32]>) -> SetId {
        if let Some(known) = self.known.get(&members) {
            return *known;
        }
        let id = SetId(self.sets.len() as u32);
        self.members += members.len();
        self.sets.push(Arc::clone(&members));
        self.known.insert(members, id);
        id
    }

    /// The members of a set, by path.
    pub(crate) fn reads(&self, set: SetId) -> Vec<Read> {
        self.spelled(self.sets[set.0 as usize].iter().copied())
    }

    /// Everything that was read, by path.
    pub(crate) fn all(&self) -> Vec<Read> {
        let seen = self.seen.iter().enumerate().filter(|(_, seen)| **seen);
        self.spelled(seen.map(|(read, _)| read as u32))
    }

    /// Sorted by path; of a value read whole its shape needs no word.
    fn spelled(&self, reads: impl Iterator<Item = u32>) -> Vec<Read> {
        let mut spelled: Vec<Read> = reads
            .map(|read| Read { path: self.path(read >> 1), extent: if read & 1 == 1 { Extent::Whole } else { Extent::Shape } })
            .collect();
        spelled.sort_unstable_by(|a, b| a.path.cmp(&b.path).then(b.extent.cmp(&a.extent)));
        spelled.dedup_by(|later, earlier| later.path == earlier.path);
        spelled
    }

    fn path(&self, number: u32) -> Path {
        let mut steps = Vec::new();
        let mut at = number;
        while at != PathId::ROOT.0 {
            let branch = &self.paths[at as usize];
            steps.push(branch.step.clone());
            at = branch.parent;
        }
        steps.into_iter().rev().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_sees_changes_at_above_and_as_far_as_it_went_below() {
        let path = |text: &str| Path::keys(text.split('.'));
        for (read, extent, change, sees) in [
            ("a.b", Extent::Whole, "a.b", true),
            ("a.b", Extent::Whole, "a", true),
            ("a.b", Extent::Whole, "a.b.c.d", true),
            ("a.b", Extent::Whole, "a.c", false),
            ("a.b", Extent::Shape, "a.b", true),
            ("a.b", Extent::Shape, "a.b.c", true),
            ("a.b", Extent::Shape, "a.b.c.d", false),
            ("a.b", Extent::Shape, "a.x.c", false),
        ] {
            assert_eq!(Read { path: path(read), extent }.sees(&path(change)), sees, "{read} {extent:?} {change}");
        }
    }

    #[test]
    fn sets_are_kept_once_and_spelled_in_order() {
        let mut ledger = Ledger::default();
        let a = ledger.key(PathId::ROOT, b"a");
        let first = ledger.item(a, 0);
        let (shape, whole, item) = (ledger.note(a, Extent::Shape), ledger.note(a, Extent::Whole), ledger.note(first, Extent::Whole));
        let one = ledger.union(item, shape);
        let other = ledger.union(shape, item);
        assert_eq!(one, other);
        let shown = |reads: Vec<Read>| reads.iter().map(|read| format!("{} {:?}", read.path, read.extent)).collect::<Vec<_>>();
        assert_eq!(shown(ledger.reads(one)), ["a Shape", "a[0] Whole"]);
        let all = ledger.union(one, whole);
        assert_eq!(shown(ledger.reads(all)), ["a Whole", "a[0] Whole"]);
        assert_eq!(shown(ledger.all()), ["a Whole", "a[0] Whole"]);
    }
}
