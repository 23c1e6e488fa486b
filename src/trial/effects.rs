//! What each changed default means for this release, by rendering.
//!
//! A default is effective when putting it back alone changes the render; or, where no default does so alone, when it does with others. What
//! the user sets is masked. What the new version's render doesn't read is inert without a further render. The rest costs renders by how
//! defaults meet in lines, not by how many there are:
//!
//! 1. Everything is put back. A line that comes with that and reads one of the defaults comes with that one alone.
//! 2. What is still open is put back in sets of which no line reads two, so that a line that changes says whose it is ([`sets`]). Where lines
//!    read very many, the sets are a code: a line is that default's which is in just the sets that changed it.
//! 3. What changed no line is tried again without those that did, and then apart: it may have opened a way that another one closed.
//! 4. Lines that came or went when everything was put back, and read nothing that is effective, are the work of several together.
//!
//! What lines can't tell is left to group testing ([`search`]). Depends on `render`'s provenance.

use std::collections::{BTreeMap, BTreeSet};

use super::changed::{Difference, Line, meetings};
use super::moved::{Given, given};
use super::runs::{Looked, Runs, Trial};
use super::{Effect, search, sets};
use crate::value::Node;

/// Rounds of sets: each learns from the one before which defaults meet in lines that only come up with them.
const MOST_ROUNDS: usize = 4;

/// Sets of one round; where it takes more, a code does with fewer.
const MOST_SETS: usize = 8;

/// How many defaults that changed nothing with others are tried alone; more are told apart by halves.
const MOST_ALONE: usize = 6;

/// What was found out.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// By position of the moved default; `None` where it could not be tried.
    pub(super) of: Vec<Option<Effect>>,
    /// Those that are read, when all is put back or before, and not set by the user: what may have caused something.
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
    let mut of: Vec<Option<Effect>> = vec![None; runs.moved.len()];
    let mut free = Vec::new();
    for (index, one) in runs.moved.iter().enumerate() {
        match given(user, &one.path) {
            Given::Set => of[index] = Some(Effect::Masked),
            Given::Nothing => free.push(index),
        }
    }
    let mut looking = Looking { of, groups: BTreeSet::new(), silent: BTreeSet::new(), same: BTreeSet::new(), runs };
    let candidates = looking.find(&free);
    Effects { of: looking.of, candidates }
}

/// A set of defaults that was put back, and what that changed.
struct Tried {
    set: Vec<usize>,
    same: bool,
    difference: Difference,
}

struct Looking<'r, 'c> {
    runs: &'r mut Runs<'c>,
    of: Vec<Option<Effect>>,
    /// Defaults that a line reads together.
    groups: BTreeSet<Vec<usize>>,
    /// Those that changed no line of their own when they were put back with others.
    silent: BTreeSet<usize>,
    /// Sets that change nothing.
    same: BTreeSet<Vec<usize>>,
}

impl Looking<'_, '_> {
    /// Finds the effects of defaults that the user doesn't set; returns those that may have caused something.
    fn find(&mut self, free: &[usize]) -> Vec<usize> {
        let Some(read) = self.runs.read_by(self.runs.case.new_render) else {
            self.settle(free);
            return free.to_vec();
        };
        let (open, unread): (Vec<usize>, Vec<usize>) = free.iter().partition(|index| read.contains(index));
        if open.is_empty() {
            self.mark(&unread, Effect::Inert);
            return Vec::new();
        }
        let (back, read_then) = self.put_back(vec![free.to_vec()]);
        let hidden: Vec<usize> = unread.iter().copied().filter(|index| read_then.contains(index)).collect();
        self.mark(&unread, Effect::Inert);
        self.groups.extend(meetings(self.runs.case.new_render, &mut self.runs.readers));
        back.iter().for_each(|tried| self.conclude(tried, true));
        if let ([tried], true) = (&*back, hidden.is_empty() && self.unknown(&open) == open) {
            self.conclude(tried, false);
        }
        self.in_sets(&open);
        self.once_more(&open);
        self.together(&back, &open, &hidden);
        free.iter().copied().filter(|index| read.contains(index) || read_then.contains(index) || self.is_effective(*index)).collect()
    }

    fn is_effective(&self, index: usize) -> bool {
        self.of[index] == Some(Effect::Effective)
    }

    /// Says of those of which nothing is known what they are.
    fn mark(&mut self, indices: &[usize], effect: Effect) {
        indices.iter().for_each(|index| _ = self.of[*index].get_or_insert(effect));
    }

    fn unknown(&self, of: &[usize]) -> Vec<usize> {
        of.iter().copied().filter(|index| self.of[*index].is_none()).collect()
    }

    /// Puts back each set, and says what that changed; also what these renders read. A set that doesn't render is taken apart until a default
    /// is left without which the render fails: that is changed by it.
    fn put_back(&mut self, mut sets: Vec<Vec<usize>>) -> (Vec<Tried>, BTreeSet<usize>) {
        let (mut all, mut read) = (Vec::new(), BTreeSet::new());
        while !sets.is_empty() {
            let looked = self.runs.look_at(&sets);
            let mut parts = Vec::new();
            for (set, looked) in sets.into_iter().zip(looked) {
                match looked {
                    Looked::At(outcome, rendered) => {
                        read.extend(self.runs.read_by(&rendered).unwrap_or_default());
                        let plain = self.runs.case.new_render;
                        let difference = match outcome.same {
                            true => Difference::default(),
                            false => Difference::new(plain, &rendered, &set, &mut self.runs.readers),
                        };
                        self.groups.extend(difference.groups.iter().cloned());
                        all.push(Tried { set, same: outcome.same, difference });
                    }
                    Looked::Failed => match &*set {
                        [only] => self.of[*only] = Some(Effect::Effective),
                        _ => parts.extend(set.chunks(set.len().div_ceil(2)).map(<[usize]>::to_vec)),
                    },
                    Looked::Refused => {}
                }
            }
            sets = parts;
        }
        (all, read)
    }

    /// What a set's render says of its members. With `only_new`, lines that went say nothing: something may have been read in their place.
    fn conclude(&mut self, tried: &Tried, only_new: bool) {
        let Tried { set, same, difference } = tried;
        if *same {
            self.same.insert(set.clone());
        }
        let (new, gone): (Vec<&Line>, Vec<&Line>) = difference.lines.iter().partition(|line| line.is_new);
        let alone = |lines: &[&Line], one: usize| lines.iter().any(|line| line.readers == [one]);
        for one in self.unknown(set) {
            if alone(&new, one) || (set.len() == 1 && !same) {
                self.of[one] = Some(Effect::Effective);
            } else if set.len() == 1 {
                self.of[one] = Some(Effect::Inert);
            } else if only_new || sets::is_crowded(one, set, &self.groups) {
                continue;
            } else if alone(&gone, one) {
                self.of[one] = Some(Effect::Effective);
            } else {
                self.silent.insert(one);
            }
        }
    }

    /// Puts back what is still open in sets of which no line reads two.
    fn in_sets(&mut self, open: &[usize]) {
        for _ in 0..MOST_ROUNDS {
            let left: Vec<usize> = self.unknown(open).into_iter().filter(|index| !self.silent.contains(index)).collect();
            let sets = sets::apart(&left, &self.groups);
            if sets.len() > MOST_SETS {
                return self.by_code(&sets);
            }
            let (tried, _) = self.put_back(sets);
            if tried.is_empty() {
                break;
            }
            tried.iter().for_each(|tried| self.conclude(tried, false));
        }
    }

    /// Puts back classes of defaults in sets that are a code. What no line tells apart counts as silent.
    fn by_code(&mut self, classes: &[Vec<usize>]) {
        let (tried, _) = self.put_back(sets::coded(classes));
        let mut lines: BTreeMap<u64, Vec<(usize, &Line)>> = BTreeMap::new();
        for (number, one) in tried.iter().enumerate() {
            one.difference.lines.iter().for_each(|line| lines.entry(line.at).or_default().push((number, line)));
        }
        for places in lines.values() {
            let Some((_, first)) = places.first() else { continue };
            let is_in = |number: usize| places.iter().any(|(at, _)| *at == number);
            let mut of_line = first.readers.iter().copied().filter(|index| {
                places.iter().all(|(_, line)| line.readers.binary_search(index).is_ok())
                    && tried.iter().enumerate().all(|(number, one)| is_in(number) || one.set.binary_search(index).is_err())
            });
            if let (Some(only), None) = (of_line.next(), of_line.next()) {
                self.of[only] = Some(Effect::Effective);
            }
        }
    }

    /// Tries again what changed nothing: without what did, and then apart.
    fn once_more(&mut self, open: &[usize]) {
        loop {
            let silent = self.unknown(open);
            if silent.is_empty() || self.same.contains(&silent) {
                break;
            }
            let (tried, _) = self.put_back(vec![silent.clone()]);
            if tried.is_empty() {
                return;
            }
            tried.iter().for_each(|tried| self.conclude(tried, false));
            if self.unknown(open).len() == silent.len() {
                break;
            }
        }
        self.apart(&self.unknown(open));
    }

    /// Tries each alone, or, of many, any two in sets of which one has the first and lacks the second.
    fn apart(&mut self, silent: &[usize]) {
        let alone: Vec<Vec<usize>> = silent.iter().map(|index| vec![*index]).collect();
        if silent.len() <= MOST_ALONE {
            return self.put_back(alone).0.iter().for_each(|tried| self.conclude(tried, false));
        }
        let refused = self.runs.refused;
        let (tried, _) = self.put_back(sets::coded(&alone));
        for tried in tried.iter().filter(|tried| !tried.same) {
            self.conclude(tried, false);
            self.settle(&self.unknown(&tried.set));
        }
        if self.runs.refused == refused {
            self.mark(silent, Effect::Inert);
        }
    }

    /// Finds those that change something with others only.
    fn together(&mut self, back: &[Tried], open: &[usize], hidden: &[usize]) {
        let lines = || back.iter().flat_map(|tried| &tried.difference.lines);
        let unexplained: Vec<&Line> = lines().filter(|line| !line.readers.iter().any(|index| self.is_effective(*index))).collect();
        let mut several: BTreeSet<usize> = unexplained.iter().flat_map(|line| &line.readers).copied().collect();
        if unexplained.iter().any(|line| !line.is_new) {
            // What is read in place of a line that went is on no line.
            several.extend(hidden);
        }
        if several.is_empty() && back.iter().any(|tried| !tried.same) && !open.iter().any(|index| self.is_effective(*index)) {
            several.extend(open.iter().chain(hidden));
        }
        let several: Vec<usize> = several.into_iter().filter(|index| !self.is_effective(*index)).collect();
        if several.len() > 1 {
            self.settle(&several);
        }
    }

    /// Tries defaults in groups. A group whose render failed is taken apart as if it had changed something.
    fn settle(&mut self, open: &[usize]) {
        if open.is_empty() {
            return;
        }
        let (runs, of) = (&mut *self.runs, &mut self.of);
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
}
