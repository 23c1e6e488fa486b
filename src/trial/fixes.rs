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
use crate::classify::{Finding, Fix, Form, Key};
use crate::diff::default_values;
use crate::value::{Node, secrets};

/// Attempts at one finding that no default explains.
const MOST_ATTEMPTS: usize = 12;

/// How many values a sentence names.
const MOST_TOLD: usize = 3;

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
    /// Attempts that undid what they were for, but with harm to something else.
    undoing: BTreeMap<Key, Vec<Values>>,
}

impl<'r, 'c> Fixer<'r, 'c> {
    pub(super) fn new(runs: &'r mut Runs<'c>, effects: &'r Effects, culprits: &'r Culprits, keys: &'r UserKeys) -> Self {
        Self { runs, effects, culprits, keys, places: None, worked: BTreeMap::new(), undoing: BTreeMap::new() }
    }

    /// The fix of one finding, all its workloads together; what the rule proposed stays, unverified, when none is found, with the reason.
    pub(super) fn fix(&mut self, finding: &mut Finding, keys: &[Key]) {
        let proposed = finding.fix.take();
        let text = proposed.as_ref().map_or_else(|| TEXT.to_owned(), |fix| fix.text.clone());
        let offered = proposed.as_ref().map(|fix| fix.values.clone()).unwrap_or_default();
        let found = self.values(keys, &offered).and_then(|values| Ok((self.only_as(&values, keys)?, values)));
        finding.fix = match found {
            Ok((only_as, values)) => Some(Fix { text, values, verified: true, only_as, unverified: None }),
            Err(why) => proposed.map(|fix| Fix { unverified: Some(why), ..fix }),
        };
    }

    /// Values over the user's that make all of the findings go and nothing worse.
    fn values(&mut self, keys: &[Key], offered: &Values) -> Result<Values, String> {
        let (by_value, by_template): (Vec<&Key>, Vec<&Key>) = keys.iter().partition(|key| self.culprits.contains_key(*key));
        let old = if by_value.is_empty() { Ok(Vec::new()) } else { self.old_defaults(&by_value) };
        // Where the old defaults don't do it any more, other values may.
        let (mut values, left, why) = match old {
            Ok(values) => (values, by_template, None),
            Err(why) => (Vec::new(), keys.iter().collect(), Some(why)),
        };
        for key in left {
            let both = |other| why.as_ref().map_or_else(|| String::clone(&other), |why| format!("{why}; {other}"));
            let more = self.attempt(key, offered, &values).map_err(both)?;
            merge(&mut values, more);
        }
        self.try_out(&Trial::edited(values.clone()), keys).map_err(|why| format!("with {} {why}", told(&values)))?;
        Ok(values)
    }

    /// Findings of which each alone can't be undone without harm to another are tried together: the first values that undid each, then the
    /// second, where one of them leaves the making of an account to another.
    pub(super) fn fix_together(&mut self, findings: &mut [(&mut Finding, Vec<Key>)]) {
        let is_open = |(finding, _): &&mut (&mut Finding, Vec<Key>)| !finding.fix.as_ref().is_some_and(|fix| fix.verified);
        let can_be = |keys: &[Key]| keys.iter().all(|key| self.undoing.contains_key(key));
        let sets: Vec<Vec<Key>> = findings.iter_mut().filter(is_open).map(|(_, keys)| keys.clone()).filter(|keys| can_be(keys)).collect();
        for keys in [sets.concat()].into_iter().chain(sets) {
            let Some(values) = self.all_at_once(&keys) else { continue };
            // What undid these may undo others, too.
            self.worked.extend(keys.into_iter().map(|key| (key, values.clone())));
            findings.iter_mut().filter(is_open).for_each(|(finding, keys)| self.fix(finding, keys));
        }
    }

    /// The values that undid each of these, together, when that does no harm.
    fn all_at_once(&mut self, keys: &[Key]) -> Option<Values> {
        let undoing: Vec<&Vec<Values>> = keys.iter().map(|key| self.undoing.get(key)).collect::<Option<_>>()?;
        let nth = |n: usize| move |all: &&Vec<Values>| all.get(n).or_else(|| all.first()).cloned().unwrap_or_default();
        let firsts: Vec<Values> = undoing.iter().map(nth(0)).collect();
        let seconds: Vec<Values> = undoing.iter().map(nth(1)).collect();
        let one_first = firsts.iter().take(1).chain(seconds.iter().skip(1)).cloned().collect();
        for parts in [firsts, one_first, seconds] {
            let values = parts.iter().fold(Values::new(), |all, part| together(&all, part));
            if !values.is_empty() && self.try_out(&Trial::edited(values.clone()), keys).is_ok() {
                return Some(values);
            }
        }
        None
    }

    /// The only way of setting the values that works; `None` when a values file and flags both do.
    fn only_as(&mut self, values: &Values, keys: &[Key]) -> Result<Option<Form>, String> {
        let over_all = Trial::edited(values.clone());
        let mut works = |form| {
            let trial = over_all.clone().set_as(form);
            self.runs.is_same(&trial, &over_all) || self.try_out(&trial, keys).is_ok()
        };
        match (works(Form::File), works(Form::Flags)) {
            (true, true) => Ok(None),
            (true, false) => Ok(Some(Form::File)),
            (false, true) => Ok(Some(Form::Flags)),
            (false, false) => Err(format!("{} would do, but a flag that Helm reads last sets it otherwise", told(values))),
        }
    }

    /// The old values of the fewest defaults that make all of the findings go and nothing worse.
    fn old_defaults(&mut self, keys: &[&Key]) -> Result<Values, String> {
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
        let start = [&behind, &effective].into_iter().find(|set| test(std::slice::from_ref(*set)) == [true]).cloned();
        let Some(start) = start else {
            let why = self.try_out(&Trial::put_back(behind.clone()), &keys.iter().copied().cloned().collect::<Vec<_>>());
            return Err(format!("with {} {}", told(&self.as_values(&behind)), why.err().unwrap_or_default()));
        };
        let kept = search::reduce(&start, &mut test);
        let values = self.as_values(&kept);
        // A default that is imported stands in several places, of which one may be enough.
        let keys: Vec<Key> = keys.iter().copied().cloned().collect();
        Ok(if values.len() > kept.len() { self.needed(&keys, &values, &Values::new()) } else { values })
    }

    /// Put back over the user's values, an old default is what a values file would say.
    fn as_values(&self, kept: &[usize]) -> Values {
        let at = super::layer::nowhere("a tried fix");
        let null = || Node { data: crate::value::Data::Null, at: at.clone(), comment: None };
        kept.iter()
            .flat_map(|index| self.runs.moved[*index].settings())
            .map(|(path, old)| (path.clone(), old.cloned().unwrap_or_else(null)))
            .collect()
    }

    /// The first attempt that works, reduced to what it needs.
    fn attempt(&mut self, key: &Key, offered: &Values, with: &Values) -> Result<Values, String> {
        if let Some(worked) = self.worked.get(key) {
            return Ok(worked.clone());
        }
        let attempts = self.attempts(key, offered);
        let mut whys = Vec::new();
        for values in &attempts {
            match self.try_out(&Trial::edited(together(with, values)), std::slice::from_ref(key)) {
                Ok(()) => {
                    let needed = self.needed(std::slice::from_ref(key), values, with);
                    self.worked.insert(key.clone(), needed.clone());
                    return Ok(needed);
                }
                Err(why) => {
                    let why = format!("with {} {why}", told(values));
                    if self.undoes(values, key) {
                        self.undoing.entry(key.clone()).or_default().push(values.clone());
                        // What undid it says more about the harm than what did nothing.
                        whys.insert(0, why);
                    } else {
                        whys.push(why);
                    }
                }
            }
        }
        Err(match whys.first() {
            None => format!("no value of the new version is known to undo it for {}", key.about),
            Some(why) if attempts.len() == 1 => why.clone(),
            Some(why) => format!("none of {} sets of values does it for {}: {why}", attempts.len(), key.about),
        })
    }

    /// What is worth trying for one finding on one thing.
    fn attempts(&mut self, key: &Key, offered: &Values) -> Vec<Values> {
        let mut attempts: Vec<Values> = self.worked.values().cloned().collect();
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
        attempts.truncate(MOST_ATTEMPTS);
        attempts
    }

    /// Whether a finding goes with these values, whatever else they do.
    fn undoes(&mut self, values: &Values, key: &Key) -> bool {
        let outcome = self.runs.outcome(&Trial::edited(values.clone()));
        outcome.is_some_and(|outcome| !outcome.judged.findings.contains_key(key))
    }

    /// The fewest of these values that still do it.
    fn needed(&mut self, keys: &[Key], values: &Values, with: &Values) -> Values {
        let all: Vec<usize> = (0..values.len()).collect();
        let mut test = |sets: &[Vec<usize>]| {
            sets.iter()
                .map(|set| {
                    let part: Values = set.iter().map(|index| values[*index].clone()).collect();
                    self.try_out(&Trial::edited(together(with, &part)), keys).is_ok()
                })
                .collect()
        };
        let kept = search::reduce(&all, &mut test);
        kept.into_iter().map(|index| values[index].clone()).collect()
    }

    /// Tries values: an error says why they are no fix, as the end of a sentence that begins with them.
    fn try_out(&mut self, trial: &Trial, keys: &[Key]) -> Result<(), String> {
        let Some(outcome) = self.runs.outcome(trial) else {
            return Err("the new version doesn't render, or no render was left".to_owned());
        };
        let keys: Vec<&Key> = keys.iter().collect();
        why_not(self.runs, &outcome.judged, &keys).map_or(Ok(()), Err)
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
        let tried = self.try_out(&Trial::edited(values.clone()), &keys).and_then(|()| self.only_as(&values, &keys));
        let order = default_values(self.runs.case.new.chart());
        let order: Vec<_> = super::layer::leaves(&order).into_iter().map(|(path, _)| path).collect();
        values.sort_by_key(|(path, _)| order.iter().position(|known| known == path).unwrap_or(usize::MAX));
        Some(Combined { values, verified: tried.is_ok(), only_as: tried.unwrap_or_default() })
    }
}

fn holds(runs: &Runs<'_>, tried: &Judged, keys: &[&Key]) -> bool {
    why_not(runs, tried, keys).is_none()
}

/// Why a trial is no fix of these findings; `None` when it is one.
fn why_not(runs: &Runs<'_>, tried: &Judged, keys: &[&Key]) -> Option<String> {
    if let Some(key) = keys.iter().find(|key| tried.findings.contains_key(**key)) {
        return Some(format!("{} of {} stays", key.rule, key.about));
    }
    worse(runs.case.old_identities, &runs.plain, tried)
}

/// Values in a sentence, the first few of them.
fn told(values: &Values) -> String {
    let shown: Vec<String> = values
        .iter()
        .take(MOST_TOLD)
        .map(|(path, value)| match secrets::is_secret_path(path) {
            true => path.to_string(),
            false => format!("{path}={}", serde_json::to_string(value).unwrap_or_default()),
        })
        .collect();
    let more = if values.len() > MOST_TOLD { " and more" } else { "" };
    format!("{}{more}", shown.join(", "))
}

fn together(values: &Values, more: &Values) -> Values {
    let mut all = values.clone();
    merge(&mut all, more.clone());
    all
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
