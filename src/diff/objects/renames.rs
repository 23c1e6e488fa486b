//! Which of the objects that came and went look like one under another name.
//!
//! Objects of one kind are compared by the leaves they have in common. Candidates come from leaves that few objects share, so that the cost
//! stays linear in the number of leaves. Nothing of a Secret's values goes into it. Depends on `object` and `value`.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::pairing;
use super::{noise, secrecy};
use crate::object::Object;
use crate::value::{Data, Node, Path, Step};

/// The least share of common leaves that is proposed.
const THRESHOLD: f64 = 0.7;
/// The same for objects that say little beyond their metadata.
const THIN_THRESHOLD: f64 = 0.9;
/// Fewer leaves than this outside of the metadata are little.
const THIN: usize = 3;
/// Of the objects that share a leaf at most this many of a side are looked at.
const BUCKET: usize = 24;
/// Of the candidates for an object the best so many are weighed.
const CANDIDATES: usize = 8;

/// What an object says, as sorted hashes.
struct Leaves<'o> {
    index: usize,
    name: &'o str,
    hashes: Vec<u64>,
    is_thin: bool,
}

/// A pair worth proposing, by position among the removed and the added of a kind.
struct Candidate {
    from: usize,
    to: usize,
    score: f64,
    alike_names: usize,
}

/// Pairs of positions in `old` and `new`, among the positions `removed` and `added`; each at most once.
pub(super) fn propose(old: &[Object<'_>], removed: &[usize], new: &[Object<'_>], added: &[usize]) -> Vec<(usize, usize)> {
    let (old_kinds, new_kinds) = (by_kind(old, removed), by_kind(new, added));
    let mut proposals = Vec::new();
    for (kind, removed) in &old_kinds {
        let Some(added) = new_kinds.get(kind) else { continue };
        let removed: Vec<Leaves<'_>> = removed.iter().map(|index| leaves(*index, &old[*index])).collect();
        let added: Vec<Leaves<'_>> = added.iter().map(|index| leaves(*index, &new[*index])).collect();
        propose_within(&removed, &added, &mut proposals);
    }
    proposals
}

/// Positions by group, kind, and whether it is a hook.
fn by_kind<'o>(objects: &'o [Object<'_>], positions: &[usize]) -> BTreeMap<(&'o str, &'o str, bool), Vec<usize>> {
    let mut kinds: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for index in positions {
        let object = &objects[*index];
        kinds.entry((pairing::group(&object.id), &*object.id.kind, object.events.is_empty())).or_default().push(*index);
    }
    kinds
}

fn propose_within(removed: &[Leaves<'_>], added: &[Leaves<'_>], proposals: &mut Vec<(usize, usize)>) {
    let mut all: Vec<Candidate> = candidates(removed, added)
        .into_iter()
        .filter_map(|(from, to)| {
            let (old, new) = (&removed[from], &added[to]);
            let score = likeness(&old.hashes, &new.hashes);
            let least = if old.is_thin || new.is_thin { THIN_THRESHOLD } else { THRESHOLD };
            (score >= least).then(|| Candidate { from, to, score, alike_names: alike_names(old.name, new.name) })
        })
        .collect();
    all.sort_by(|a, b| {
        let names = |candidate: &Candidate| {
            let (old, new) = (removed[candidate.from].name, added[candidate.to].name);
            (old.min(new), old.max(new))
        };
        let by_score = b.score.total_cmp(&a.score).then(b.alike_names.cmp(&a.alike_names));
        by_score.then_with(|| names(a).cmp(&names(b))).then((a.from, a.to).cmp(&(b.from, b.to)))
    });
    let (mut used_from, mut used_to) = (vec![false; removed.len()], vec![false; added.len()]);
    for Candidate { from, to, .. } in all {
        if !used_from[from] && !used_to[to] {
            (used_from[from], used_to[to]) = (true, true);
            proposals.push((removed[from].index, added[to].index));
        }
    }
}

/// What a leaf adds to a candidate that it has alone; one of many gets so much less.
const WEIGHT: u64 = 1 << 20;

/// Who has a leaf: how many, and the first of them.
#[derive(Default)]
struct Holders {
    count: u64,
    first: Vec<usize>,
}

/// Pairs that share leaves, for each removed object those that share the rarest.
fn candidates(removed: &[Leaves<'_>], added: &[Leaves<'_>]) -> Vec<(usize, usize)> {
    let mut holders: HashMap<u64, Holders> = HashMap::new();
    for (to, leaves) in added.iter().enumerate() {
        for hash in &leaves.hashes {
            let holders = holders.entry(*hash).or_default();
            holders.count += 1;
            if holders.first.len() < BUCKET {
                holders.first.push(to);
            }
        }
    }
    let mut pairs = Vec::new();
    for (from, leaves) in removed.iter().enumerate() {
        let mut shared: BTreeMap<usize, u64> = BTreeMap::new();
        for holders in leaves.hashes.iter().filter_map(|hash| holders.get(hash)) {
            for to in &holders.first {
                *shared.entry(*to).or_default() += WEIGHT / holders.count;
            }
        }
        let mut best: Vec<(usize, u64)> = shared.into_iter().collect();
        best.sort_by_key(|(to, weight)| (std::cmp::Reverse(*weight), *to));
        pairs.extend(best.into_iter().take(CANDIDATES).map(|(to, _)| (from, to)));
    }
    pairs
}

/// The share of leaves two sorted lists have in common, 0 to 1.
fn likeness(old: &[u64], new: &[u64]) -> f64 {
    let (mut shared, mut at, mut other) = (0_usize, 0, 0);
    while let (Some(a), Some(b)) = (old.get(at), new.get(other)) {
        match a.cmp(b) {
            std::cmp::Ordering::Less => at += 1,
            std::cmp::Ordering::Greater => other += 1,
            std::cmp::Ordering::Equal => (shared, at, other) = (shared + 1, at + 1, other + 1),
        }
    }
    #[allow(clippy::cast_precision_loss, reason = "a manifest has fewer leaves than 2^52")]
    let share = 2.0 * shared as f64 / (old.len() + new.len()).max(1) as f64;
    share
}

/// How many bytes two names have in common at their ends.
fn alike_names(old: &str, new: &str) -> usize {
    let front = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
    let back = old.bytes().rev().zip(new.bytes().rev()).take_while(|(a, b)| a == b).count();
    (front + back).min(old.len().min(new.len()))
}

fn leaves<'o>(index: usize, object: &'o Object<'_>) -> Leaves<'o> {
    let mut walk =
        Walk { name: &object.id.name, is_secret: secrecy::is_secret(&object.id), steps: Vec::new(), hashes: Vec::new(), outside: 0 };
    walk.node(object.node);
    let mut hashes = walk.hashes;
    hashes.sort_unstable();
    Leaves { index, name: &object.id.name, hashes, is_thin: walk.outside < THIN }
}

struct Walk<'o> {
    /// The object's own name: where its values say it, another object's would say its own.
    name: &'o str,
    is_secret: bool,
    steps: Vec<Step>,
    hashes: Vec<u64>,
    /// Leaves outside of the object's metadata.
    outside: usize,
}

impl Walk<'_> {
    fn node(&mut self, node: &Node) {
        match &node.data {
            Data::Map(map) if !map.is_empty() => {
                for (key, entry) in map {
                    self.steps.push(Step::Key(key.clone()));
                    self.node(&entry.value);
                    self.steps.pop();
                }
            }
            // Items count without their place: one that came first leaves the others what they are.
            Data::List(items) => items.iter().for_each(|item| self.node(item)),
            _ => self.leaf(node),
        }
    }

    fn leaf(&mut self, node: &Node) {
        let path: Path = self.steps.iter().cloned().collect();
        let is_identity = match self.steps.as_slice() {
            [Step::Key(key)] => matches!(&**key, "apiVersion" | "kind"),
            [Step::Key(parent), Step::Key(key)] => &**parent == "metadata" && matches!(&**key, "name" | "namespace"),
            _ => false,
        };
        if is_identity || noise::at(&path).is_some() {
            return;
        }
        self.outside += usize::from(!matches!(self.steps.first(), Some(Step::Key(key)) if &**key == "metadata"));
        let mut hasher = DefaultHasher::new();
        path.hash(&mut hasher);
        if !(self.is_secret && secrecy::is_value_of_secret(&path)) {
            match &node.data {
                Data::Str(text) if !self.name.is_empty() => text.replace(self.name, "\0").hash(&mut hasher),
                _ => crate::diff::lists::content_hash(node).hash(&mut hasher),
            }
        }
        self.hashes.push(hasher.finish());
    }
}
