//! Which removed and added settings look like one setting under a new name or in a new place.
//!
//! Candidates come from buckets (same telling value, same last key, same description, siblings with the same value), each of bounded
//! size, so that the cost stays linear in the number of changes. A proposal is a guess with its reasons; the changes themselves stay
//! reported. Depends on `value` and the comparison's types.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

use super::lists::content_hash;
use super::{ChangeKind, MoveProposal, ValueChange};
use crate::value::{Data, Node, Path, Step};

/// The least score that is proposed.
const THRESHOLD: f64 = 0.6;
/// The reason that speaks against a proposal.
const RIVALS: &str = "others are as similar";
/// What it costs.
const RIVALS_COST: f64 = 0.2;
/// What it counts that neighbours moved along.
const NEIGHBOURS_CREDIT: f64 = 0.3;
/// What it costs to change from one component of the chart to another, whose names have nothing in common.
const COMPONENT_COST: f64 = 0.25;
/// Of a bucket at most this many paths of each side are looked at.
const BUCKET: usize = 24;
/// Comments shorter than this describe nothing in particular.
const TELLING_DESCRIPTION: usize = 12;

/// A setting that came or went.
struct Setting<'a> {
    path: &'a Path,
    value: &'a Node,
    value_hash: u64,
    description: Option<&'a str>,
    /// Whether no other setting of its side that came or went is described in the same words.
    is_description_own: bool,
    words: BTreeSet<String>,
}

/// A pair of settings, by position in `removed` and `added`.
struct Candidate {
    from: usize,
    to: usize,
    score: f64,
    reasons: Vec<&'static str>,
}

/// Proposals for the added and removed among these changes, best first, each path at most once. Where several would do as well, the first
/// is proposed with a lower score.
pub(super) fn propose(changes: &[ValueChange]) -> Vec<MoveProposal> {
    let removed = settings(changes, ChangeKind::Removed, |change| change.old.as_ref());
    let added = settings(changes, ChangeKind::Added, |change| change.new.as_ref());
    let mut all: Vec<Candidate> = pairs(&removed, &added)
        .into_iter()
        .map(|(from, to)| {
            let (score, reasons) = likeness(&removed[from], &added[to]);
            Candidate { from, to, score, reasons }
        })
        .collect();
    credit_neighbours(&mut all, &removed, &added);
    all.retain(|candidate| candidate.score >= THRESHOLD);
    mark_rivals(&mut all, removed.len(), |candidate| candidate.from);
    mark_rivals(&mut all, added.len(), |candidate| candidate.to);
    // Best first, then as the changes stand; the pairs come sorted.
    all.sort_by(|a, b| b.score.total_cmp(&a.score));
    let (mut used_from, mut used_to) = (vec![false; removed.len()], vec![false; added.len()]);
    all.retain(|Candidate { from, to, .. }| {
        let free = !used_from[*from] && !used_to[*to];
        used_from[*from] |= free;
        used_to[*to] |= free;
        free
    });
    let proposals = all.into_iter().map(|Candidate { from, to, score, reasons }| MoveProposal {
        from: removed[from].path.clone(),
        to: added[to].path.clone(),
        score,
        reasons,
    });
    proposals.collect()
}

/// Raises the score of settings that keep name and value while their neighbours do the same: a block that went elsewhere in its component,
/// or most of a component under a new name. Components are alike in much, so that a few neighbours prove nothing between two of them.
fn credit_neighbours(all: &mut [Candidate], removed: &[Setting<'_>], added: &[Setting<'_>]) {
    let keeps_both = |candidate: &Candidate| candidate.reasons.starts_with(&["same value"]) && candidate.reasons.contains(&"same name");
    let blocks = |candidate: &Candidate| {
        let (old, new) = (removed[candidate.from].path, added[candidate.to].path);
        if in_one_component(old, new) {
            return Some((old.parent()?, new.parent()?));
        }
        let keeps_rest = old.steps()[1..] == new.steps()[1..];
        keeps_rest.then(|| (old.steps()[..1].iter().cloned().collect(), new.steps()[..1].iter().cloned().collect()))
    };
    let (in_removed, in_added) = (component_sizes(removed), component_sizes(added));
    let mut together: HashMap<(Path, Path), usize> = HashMap::new();
    for blocks in all.iter().filter(|candidate| keeps_both(candidate)).filter_map(blocks) {
        *together.entry(blocks).or_default() += 1;
    }
    for candidate in all.iter_mut().filter(|candidate| keeps_both(candidate)) {
        let (old, new) = (removed[candidate.from].path, added[candidate.to].path);
        let count = blocks(candidate).and_then(|blocks| together.get(&blocks)).copied().unwrap_or_default();
        let size = |sizes: &HashMap<&Step, usize>, path: &Path| path.steps().first().and_then(|step| sizes.get(step)).copied();
        let whole = size(&in_removed, old).max(size(&in_added, new)).unwrap_or_default();
        if count > 1 && (in_one_component(old, new) || count * 3 > whole * 2) {
            candidate.score = (candidate.score + NEIGHBOURS_CREDIT).min(1.0);
            candidate.reasons.push("its neighbours moved along");
        }
    }
}

/// Whether two paths begin alike, or one is the other below a new key.
fn in_one_component(old: &Path, new: &Path) -> bool {
    let (old, new) = (old.steps(), new.steps());
    old.first() == new.first() || old.ends_with(new) || new.ends_with(old)
}

/// How many settings came or went below each key of the root.
fn component_sizes<'a>(settings: &[Setting<'a>]) -> HashMap<&'a Step, usize> {
    let mut sizes = HashMap::new();
    for component in settings.iter().filter_map(|setting| setting.path.steps().first()) {
        *sizes.entry(component).or_default() += 1;
    }
    sizes
}

/// Lowers the score of those that are the best for a setting, but not alone.
fn mark_rivals(all: &mut [Candidate], settings: usize, of: fn(&Candidate) -> usize) {
    let mut best = vec![(0.0, 0); settings];
    for candidate in all.iter() {
        let (score, rivals): &mut (f64, usize) = &mut best[of(candidate)];
        match candidate.score.total_cmp(score) {
            std::cmp::Ordering::Greater => (*score, *rivals) = (candidate.score, 1),
            std::cmp::Ordering::Equal => *rivals += 1,
            std::cmp::Ordering::Less => {}
        }
    }
    for candidate in all {
        let (score, rivals) = best[of(candidate)];
        if rivals > 1 && candidate.score >= score && !candidate.reasons.contains(&RIVALS) {
            candidate.score = (candidate.score - RIVALS_COST).max(0.0);
            candidate.reasons.push(RIVALS);
        }
    }
}

fn settings<'a>(changes: &'a [ValueChange], kind: ChangeKind, value: fn(&'a ValueChange) -> Option<&'a Node>) -> Vec<Setting<'a>> {
    let of_kind = changes.iter().filter(|change| change.kind == kind);
    let mut settings: Vec<Setting<'_>> = of_kind
        .filter_map(|change| {
            let value = value(change)?;
            let description = change.description.as_deref().filter(|text| text.len() >= TELLING_DESCRIPTION);
            let words = words(&change.path);
            Some(Setting { path: &change.path, value, value_hash: content_hash(value), description, is_description_own: true, words })
        })
        .collect();
    let mut uses: HashMap<&str, usize> = HashMap::new();
    for description in settings.iter().filter_map(|setting| setting.description) {
        *uses.entry(description).or_default() += 1;
    }
    for setting in &mut settings {
        setting.is_description_own = setting.description.is_some_and(|description| uses.get(description) == Some(&1));
    }
    settings
}

/// Pairs worth scoring, by position in `removed` and `added`, sorted.
fn pairs(removed: &[Setting<'_>], added: &[Setting<'_>]) -> BTreeSet<(usize, usize)> {
    let mut pairs = BTreeSet::new();
    meet(&mut pairs, removed, added, |setting| is_telling(setting.value).then_some(setting.value_hash));
    meet(&mut pairs, removed, added, |setting| Some((setting.value_hash, setting.path.parent()?)));
    meet(&mut pairs, removed, added, |setting| Some((setting.value_hash, setting.path.last_key()?)));
    meet(&mut pairs, removed, added, |setting| Some((setting.path.last_key()?, setting.path.parent()?.parent()?)));
    meet(&mut pairs, removed, added, |setting| setting.description);
    pairs
}

/// Adds the pairs that agree in `key`.
fn meet<'a, K: Hash + Eq>(
    pairs: &mut BTreeSet<(usize, usize)>,
    removed: &'a [Setting<'a>],
    added: &'a [Setting<'a>],
    key: impl Fn(&'a Setting<'a>) -> Option<K>,
) {
    let mut buckets: HashMap<K, Vec<usize>> = HashMap::new();
    for (index, setting) in added.iter().enumerate() {
        if let Some(key) = key(setting) {
            buckets.entry(key).or_default().push(index);
        }
    }
    let mut visits: BTreeMap<usize, usize> = BTreeMap::new();
    for (from, setting) in removed.iter().enumerate() {
        let Some(bucket) = key(setting).and_then(|key| buckets.get(&key)) else { continue };
        // The first of a bucket stands for it.
        let visits = visits.entry(bucket[0]).or_default();
        *visits += 1;
        if *visits <= BUCKET {
            pairs.extend(bucket.iter().take(BUCKET).map(|to| (from, *to)));
        }
    }
}

/// How alike two settings are, 0 to 1, and why.
fn likeness(old: &Setting<'_>, new: &Setting<'_>) -> (f64, Vec<&'static str>) {
    let mut score = 0.0;
    let mut reasons = Vec::new();
    if old.value_hash == new.value_hash {
        score += if is_telling(old.value) { 0.4 } else { 0.2 };
        reasons.push("same value");
    } else if old.value.data.type_name() != new.value.data.type_name() {
        score -= 0.2;
    }
    if old.description.is_some() && old.description == new.description {
        score += if old.is_description_own && new.is_description_own { 0.4 } else { 0.15 };
        reasons.push("same description");
    }
    let shared = overlap(&old.words, &new.words);
    score += 0.3 * shared;
    match (old.path.last_key(), new.path.last_key()) {
        (Some(old), Some(new)) if old == new => {
            score += 0.2;
            reasons.push("same name");
        }
        (Some(old), Some(new)) if is_variant(old, new) => {
            score += 0.2;
            reasons.push("similar name");
        }
        _ if shared >= 0.5 => reasons.push("similar name"),
        _ => {}
    }
    if !in_one_component(old.path, new.path) {
        score -= COMPONENT_COST * (1.0 - overlap(&component_words(old.path), &component_words(new.path)));
    }
    if old.path.parent() == new.path.parent() {
        score += 0.1;
        reasons.push("same parent");
    }
    (score.clamp(0.0, 1.0), reasons)
}

/// Whether one name begins with the other, case aside, and isn't much longer: `enable` and `enabled`, `nodeport` and `nodePorts`.
fn is_variant(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let (short, long) = (short.to_lowercase(), long.to_lowercase());
    short.len() >= 4 && long.len() <= short.len() + 3 && long.starts_with(&short)
}

/// Whether few settings would have this value by chance.
fn is_telling(value: &Node) -> bool {
    match &value.data {
        Data::Null | Data::Bool(_) => false,
        Data::Int(number) => !(-1..=10).contains(number),
        Data::Uint(_) | Data::Float(_) => true,
        Data::Str(text) => text.len() > 3,
        Data::List(items) => !items.is_empty(),
        Data::Map(map) => !map.is_empty(),
    }
}

/// The words of a path's first key.
fn component_words(path: &Path) -> BTreeSet<String> {
    words(&path.steps().iter().take(1).cloned().collect())
}

/// The words of a path: `service.httpPorts` is service, http, port.
fn words(path: &Path) -> BTreeSet<String> {
    let keys = path.steps().iter().filter_map(|step| match step {
        Step::Key(key) => Some(key),
        Step::Item { value, .. } => Some(value),
        Step::Index(_) => None,
    });
    keys.flat_map(|key| words_of(key)).collect()
}

/// Words split at case changes and punctuation, in lower case, without a plural's `s`.
fn words_of(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in key.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase() || c.is_numeric();
    }
    let singular = |word: String| word.strip_suffix('s').filter(|rest| rest.len() > 2).map(str::to_owned).unwrap_or(word);
    words.into_iter().filter(|word| !word.is_empty()).map(singular).collect()
}

/// The share of words two sets have in common, 0 to 1.
fn overlap(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f64 {
    let shared = a.intersection(b).count();
    #[allow(clippy::cast_precision_loss, reason = "a path has few words")]
    let share = 2.0 * shared as f64 / (a.len() + b.len()).max(1) as f64;
    share
}
