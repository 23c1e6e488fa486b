//! The smallest values that make a finding go and nothing worse, rendered again.
//!
//! First the old defaults behind it; then, for what templates did, what [`candidates`] finds. What can't be shown to work stays
//! unverified. Depends on `classify` and the runs.

use std::collections::BTreeMap;

use super::UserKeys;
use super::candidates::{self, Place};
use super::causes::Culprits;
use super::effects::Effects;
use super::judged::{Judged, worse};
use super::runs::{Runs, Trial};
use super::{Combined, Values, search};
use crate::classify::{Finding, Fix, Key};
use crate::diff::default_values;
use crate::value::Node;

/// Attempts at one finding that no default explains.
const MOST_ATTEMPTS: usize = 12;

/// What is said of a fix when the rule says nothing.
const TEXT: &str = "Set these values to keep the old behaviour.";

/// Looks for the fixes of a case's findings.
pub(super) struct Fixer<'r, 'c> {
    pub(super) runs: &'r mut Runs<'c>,
    pub(super) effects: &'r Effects,
    pub(super) culprits: &'r Culprits,
    pub(super) keys: &'r UserKeys,
    /// The places for labels and annotations, looked for when first needed.
    places: Option<Vec<Place>>,
    /// Attempts that worked, by key: what several findings share is tried once.
    worked: BTreeMap<Key, Values>,
}

impl<'r, 'c> Fixer<'r, 'c> {
    pub(super) fn new(runs: &'r mut Runs<'c>, effects: &'r Effects, culprits: &'r Culprits, keys: &'r UserKeys) -> Self {
        Self { runs, effects, culprits, keys, places: None, worked: BTreeMap::new() }
    }

    /// The fix of one finding, all its workloads together; what the rule proposed stays, unverified, when none is found.
    pub(super) fn fix(&mut self, finding: &mut Finding, keys: &[Key]) {
        let proposed = finding.fix.take();
        let text = proposed.as_ref().map_or_else(|| TEXT.to_owned(), |fix| fix.text.clone());
        let offered = proposed.as_ref().map(|fix| fix.values.clone()).unwrap_or_default();
        finding.fix = match self.values(keys, &offered) {
            Some(values) => Some(Fix { text, values, verified: true }),
            None => proposed,
        };
    }

    fn values(&mut self, keys: &[Key], offered: &Values) -> Option<Values> {
        let (by_value, by_template): (Vec<&Key>, Vec<&Key>) = keys.iter().partition(|key| self.culprits.contains_key(*key));
        let mut values = if by_value.is_empty() { Vec::new() } else { self.old_defaults(&by_value)? };
        for key in by_template {
            let more = self.attempt(key, offered, &values)?;
            merge(&mut values, more);
        }
        (!values.is_empty() && self.holds(&Trial::edited(values.clone()), keys)).then_some(values)
    }

    /// The old values of the fewest defaults that make all of the findings go and nothing worse.
    fn old_defaults(&mut self, keys: &[&Key]) -> Option<Values> {
        let mut behind: Vec<usize> = keys.iter().filter_map(|key| self.culprits.get(*key)).flatten().copied().collect();
        behind.sort_unstable();
        behind.dedup();
        let effective = self.effects.effective();
        let runs = &mut *self.runs;
        let mut test = |sets: &[Vec<usize>]| {
            let trials: Vec<Trial> = sets.iter().cloned().map(Trial::put_back).collect();
            let outcomes = runs.outcomes(&trials);
            outcomes.iter().map(|outcome| outcome.as_ref().is_some_and(|outcome| holds(runs, &outcome.judged, keys))).collect::<Vec<bool>>()
        };
        let start = [behind, effective].into_iter().find(|set| test(std::slice::from_ref(set)) == [true])?;
        let kept = search::reduce(&start, &mut test);
        Some(self.as_values(&kept))
    }

    /// Put back over the user's values, an old default is what a values file would say.
    fn as_values(&self, kept: &[usize]) -> Values {
        let at = super::layer::nowhere("a tried fix");
        let null = || Node { data: crate::value::Data::Null, at: at.clone(), comment: None };
        kept.iter()
            .map(|index| &self.runs.moved[*index])
            .map(|moved| (moved.path.clone(), moved.old.clone().unwrap_or_else(null)))
            .collect()
    }

    /// The first attempt that works, reduced to what it needs.
    fn attempt(&mut self, key: &Key, offered: &Values, with: &Values) -> Option<Values> {
        if let Some(worked) = self.worked.get(key) {
            return Some(worked.clone());
        }
        let shared: Vec<Values> = self.worked.values().cloned().collect();
        let mut attempts: Vec<Values> = shared;
        if !offered.is_empty() {
            attempts.push(offered.clone());
        }
        if self.places.is_none() && ["use-label-", "client-id-", "tenant-id-"].iter().any(|prefix| key.rule.starts_with(prefix)) {
            let (case, may) = (self.runs.case, self.runs.take());
            let found = may.then(|| candidates::places(case.new, case.overrides, case.release, case.capabilities));
            self.places = Some(found.unwrap_or_default());
        }
        let places = self.places.clone().unwrap_or_default();
        attempts.extend(candidates::for_finding(self.runs, key, &|| places.clone(), self.keys));
        attempts.dedup_by(|a, b| same(a, b));
        for values in attempts.into_iter().take(MOST_ATTEMPTS) {
            let mut all = with.clone();
            merge(&mut all, values.clone());
            if self.holds(&Trial::edited(all), std::slice::from_ref(key)) {
                let needed = self.needed(key, &values, with);
                self.worked.insert(key.clone(), needed.clone());
                return Some(needed);
            }
        }
        None
    }

    fn needed(&mut self, key: &Key, values: &Values, with: &Values) -> Values {
        let all: Vec<usize> = (0..values.len()).collect();
        let mut test = |sets: &[Vec<usize>]| {
            sets.iter()
                .map(|set| {
                    let mut tried = with.clone();
                    merge(&mut tried, set.iter().map(|index| values[*index].clone()).collect());
                    self.holds(&Trial::edited(tried), std::slice::from_ref(key))
                })
                .collect()
        };
        let kept = search::reduce(&all, &mut test);
        kept.into_iter().map(|index| values[index].clone()).collect()
    }

    fn holds(&mut self, trial: &Trial, keys: &[Key]) -> bool {
        let outcome = self.runs.outcome(trial);
        let keys: Vec<&Key> = keys.iter().collect();
        outcome.is_some_and(|outcome| holds(self.runs, &outcome.judged, &keys))
    }

    /// One set of values for the whole release: the verified fixes together, as far as they hold together.
    pub(super) fn combined(&mut self, findings: &[(Vec<Key>, Values)]) -> Option<Combined> {
        let mut values = Values::new();
        let mut keys = Vec::new();
        for (fixed, more) in findings {
            merge(&mut values, more.clone());
            keys.extend(fixed.iter().cloned());
        }
        if values.is_empty() {
            return None;
        }
        let verified = self.holds(&Trial::edited(values.clone()), &keys);
        let order = default_values(self.runs.case.new.chart());
        let order: Vec<_> = super::layer::leaves(&order).into_iter().map(|(path, _)| path).collect();
        values.sort_by_key(|(path, _)| order.iter().position(|known| known == path).unwrap_or(usize::MAX));
        Some(Combined { values, verified })
    }
}

fn holds(runs: &Runs<'_>, tried: &Judged, keys: &[&Key]) -> bool {
    !keys.iter().any(|key| tried.findings.contains_key(*key)) && worse(runs.case.old_identities, &runs.plain, tried).is_none()
}

/// Adds values; of two for one path the later counts.
fn merge(values: &mut Values, more: Values) {
    for (path, value) in more {
        match values.iter_mut().find(|(known, _)| *known == path) {
            Some((_, known)) => *known = value,
            None => values.push((path, value)),
        }
    }
}

fn same(a: &Values, b: &Values) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|((a_path, a), (b_path, b))| a_path == b_path && a.same(b))
}
