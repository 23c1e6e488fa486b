//! What each changed default means for this release, by rendering.
//!
//! First what needs no further render: a default that the user sets is masked, one that neither the new version's render nor the render with
//! all defaults put back read is inert. Then a line of that render which the plain one has nowhere and which reads one changed default alone
//! shows that default to be effective: a line is made of what it reads. What is left is put back in groups. Depends on `render`'s provenance.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::moved::{Given, Moved, given};
use super::runs::{Runs, Trial};
use super::{Effect, search};
use crate::render::{Manifest, Rendered};
use crate::template::Read;
use crate::value::Node;

/// What was found out.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// By position of the moved default; `None` where it could not be tried.
    pub(super) of: Vec<Option<Effect>>,
    /// Those that are read and not set by the user: what may have caused something.
    pub(super) candidates: Vec<usize>,
}

impl Effects {
    /// The positions of effective defaults.
    pub(super) fn effective(&self) -> Vec<usize> {
        let is = |index: &usize| self.of.get(*index).copied().flatten() == Some(Effect::Effective);
        self.candidates.iter().copied().filter(is).collect()
    }
}

/// Tries all moved defaults. `user` is what the user's values say.
pub(super) fn effects(runs: &mut Runs<'_>, user: &Node) -> Effects {
    let moved = runs.moved;
    let mut of: Vec<Option<Effect>> = vec![None; moved.len()];
    let mut free = Vec::new();
    for (index, one) in moved.iter().enumerate() {
        match given(user, &one.path) {
            Given::Set => of[index] = Some(Effect::Masked),
            Given::Nothing => free.push(index),
        }
    }
    if free.is_empty() {
        return Effects { of, candidates: free };
    }
    let Some((all_back, rendered)) = runs.render(&Trial::put_back(free.clone())) else {
        return one_by_one(runs, of, free);
    };
    if all_back.same {
        free.iter().for_each(|index| of[*index] = Some(Effect::Inert));
        return Effects { of, candidates: Vec::new() };
    }
    let is_read = |index: &usize| [runs.case.new_render, &rendered].iter().any(|render| reads(render, runs, *index));
    let (candidates, unread): (Vec<usize>, Vec<usize>) = free.into_iter().partition(is_read);
    unread.iter().for_each(|index| of[*index] = Some(Effect::Inert));
    // A line of the render with everything put back that reads one changed default comes out with that one alone put back, too.
    let mut shared = BTreeSet::new();
    note(&new_lines(&rendered, runs.case.new_render), runs.moved, &candidates, &mut of, &mut shared);
    // A line that goes may read more once its default is put back, so those defaults are tried: together, since each has its line.
    let gone = new_lines(runs.case.new_render, &rendered);
    let single: Vec<usize> =
        gone.iter().filter_map(|line| alone(line, runs.moved, &candidates)).filter(|index| of[*index].is_none()).collect();
    let single: Vec<usize> = single.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    if !single.is_empty()
        && let Some((_, rendered)) = runs.render(&Trial::put_back(single.clone()))
    {
        for lines in [new_lines(runs.case.new_render, &rendered), new_lines(&rendered, runs.case.new_render)] {
            note(&lines, runs.moved, &single, &mut of, &mut shared);
        }
    }
    for line in &gone {
        shared.extend(candidates.iter().copied().filter(|index| sees(line, &moved[*index])));
    }
    let open = candidates.iter().copied().filter(|index| of[*index].is_none());
    let (shared, unseen): (Vec<usize>, Vec<usize>) = open.partition(|index| shared.contains(index));
    settle(runs, &mut of, &unseen);
    settle(runs, &mut of, &shared);
    Effects { of, candidates }
}

/// Without a render of everything put back, groups are all there is; the whole failed, so its parts are tried.
fn one_by_one(runs: &mut Runs<'_>, mut of: Vec<Option<Effect>>, open: Vec<usize>) -> Effects {
    settle(runs, &mut of, &open);
    Effects { of, candidates: open }
}

/// Tries what is left in groups. A group whose render failed is taken apart as if it had changed something.
fn settle(runs: &mut Runs<'_>, of: &mut [Option<Effect>], open: &[usize]) {
    if open.is_empty() {
        return;
    }
    let refused = runs.refused;
    let mut failed = BTreeSet::new();
    let mut test = |sets: &[Vec<usize>]| {
        let trials: Vec<Trial> = sets.iter().cloned().map(Trial::put_back).collect();
        let outcomes = runs.outcomes(&trials);
        for (set, outcome) in sets.iter().zip(&outcomes) {
            if let ([only], None) = (&**set, outcome) {
                failed.insert(*only);
            }
        }
        outcomes.iter().map(|outcome| outcome.as_ref().is_none_or(|outcome| !outcome.same)).collect::<Vec<bool>>()
    };
    if test(&[open.to_vec()]) != [true] {
        open.iter().for_each(|index| of[*index] = Some(Effect::Inert));
        return;
    }
    let effective = search::each(open, &mut test);
    let is_complete = runs.refused == refused;
    for index in open {
        of[*index] = match effective.contains(index) {
            _ if failed.contains(index) && !is_complete => None,
            // A render that fails without the new default is changed by it.
            _ if failed.contains(index) => Some(Effect::Effective),
            true => Some(Effect::Effective),
            false if is_complete => Some(Effect::Inert),
            false => None,
        };
    }
}

/// Whether a render read a moved default; without a trace it may have.
fn reads(rendered: &Rendered, runs: &Runs<'_>, index: usize) -> bool {
    rendered.reads.as_ref().is_none_or(|reads| runs.moved[index].any(|path| reads.see(path)))
}

fn sees(line: &[Read], moved: &Moved) -> bool {
    line.iter().any(|read| moved.any(|path| read.sees(path)))
}

/// The one candidate that a line reads; `None` when there are several or none.
fn alone(line: &[Read], moved: &[Moved], candidates: &[usize]) -> Option<usize> {
    let mut of_line = candidates.iter().copied().filter(|index| sees(line, &moved[*index]));
    of_line.next().filter(|_| of_line.next().is_none())
}

/// Notes as effective what lines read alone; what they share is added to `shared`.
fn note(lines: &[Vec<Read>], moved: &[Moved], candidates: &[usize], of: &mut [Option<Effect>], shared: &mut BTreeSet<usize>) {
    for line in lines {
        match alone(line, moved, candidates) {
            Some(only) => of[only] = Some(Effect::Effective),
            None => shared.extend(candidates.iter().copied().filter(|index| sees(line, &moved[*index]))),
        }
    }
}

/// What the lines of a render, and the conditions around them, read that the same document of another has nowhere. Lines that both have may
/// be one for the other.
fn new_lines(of: &Rendered, not_in: &Rendered) -> Vec<Vec<Read>> {
    let (these, others) = (documents(of), documents(not_in));
    let mut all = Vec::new();
    for (key, manifests) in &these {
        let others = others.get(key).map_or(&[][..], Vec::as_slice);
        if manifests.iter().map(|one| &one.text).eq(others.iter().map(|one| &one.text)) {
            continue;
        }
        let known: HashSet<&[u8]> = others.iter().flat_map(|manifest| lines(manifest)).collect();
        for manifest in manifests {
            let new = lines(manifest).zip(1..).filter(|(line, _)| !known.contains(line));
            let provenance = manifest.provenance.as_ref();
            all.extend(new.filter_map(|(_, number)| {
                let origin = provenance?.line(number)?;
                Some([origin.reads, origin.conditions].concat())
            }));
        }
    }
    all
}

fn lines(manifest: &Manifest) -> impl Iterator<Item = &[u8]> {
    manifest.text.split(|byte| *byte == b'\n')
}

/// The documents of a render by file, kind and name.
fn documents(rendered: &Rendered) -> BTreeMap<(&str, &str, &str), Vec<&Manifest>> {
    let mut all: BTreeMap<_, Vec<&Manifest>> = BTreeMap::new();
    for manifest in rendered.manifests.iter().chain(rendered.hooks.iter().map(|hook| &hook.manifest)) {
        let name = manifest.object.get_path(["metadata", "name"]).and_then(Node::as_str).unwrap_or_default();
        all.entry((&*manifest.path, &*manifest.kind, name)).or_default().push(manifest);
    }
    all
}
