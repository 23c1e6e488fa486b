//! What one render comes to: which findings it has, and who its pods are; and whether another render is worse. Depends on `classify` and
//! `identity`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::classify::{Confidence, Finding, Key, Severity};
use crate::identity::{Account, Identities};
use crate::object::{Id, Object};
use crate::render::Rendered;

/// Says what a render of the new version comes to, next to the old version's. Called from several threads.
pub type Judge<'a> = dyn Fn(&Rendered) -> Judged + Sync + 'a;

/// What a render comes to.
#[derive(Debug, Clone, Default)]
pub struct Judged {
    /// The findings that renders show, with the worst severity of each.
    pub findings: BTreeMap<Key, Severity>,
    /// Who the pods are.
    pub identities: Identities,
    /// Objects that are there twice: Helm can't install both.
    pub doubles: BTreeSet<Id>,
}

impl Judged {
    /// From what the rules say of a render, who its pods are, and its objects. Findings that are only possible are left out: no render
    /// changes them.
    pub fn of(findings: &[Finding], identities: Identities, objects: &[Object<'_>]) -> Self {
        let mut worst = BTreeMap::new();
        for finding in findings.iter().filter(|finding| finding.confidence > Confidence::Possible) {
            for key in finding.keys() {
                let severity = worst.entry(key).or_insert(finding.severity);
                *severity = (*severity).max(finding.severity);
            }
        }
        let mut once = BTreeSet::new();
        let plain = objects.iter().filter(|object| object.events.is_empty());
        let doubles = plain.filter(|object| !once.insert(&object.id)).map(|object| object.id.clone()).collect();
        Self { findings: worst, identities, doubles }
    }
}

/// What is worse in `tried` than in `plain`, as the end of a sentence that begins with "with these values"; `None` when nothing is. Worse is a finding that is new (and more than a remark) or more
/// severe, and a pod or account that agreed with the `old` one and no longer does.
pub(super) fn worse(old: &Identities, plain: &Judged, tried: &Judged) -> Option<String> {
    for (key, severity) in &tried.findings {
        let is_worse = plain.findings.get(key).map_or(*severity > Severity::Info, |known| known < severity);
        if is_worse {
            return Some(format!("{} on {} comes", key.rule, key.about));
        }
    }
    if let Some(double) = tried.doubles.difference(&plain.doubles).next() {
        return Some(format!("{} is there twice", double.label()));
    }
    if let Some(name) = taken_over(old, &plain.identities, &tried.identities) {
        return Some(format!("the chart takes over the account of {name}, which is made elsewhere"));
    }
    let in_use = |account: &Account| !account.workloads.is_empty();
    drifted(&old.workloads, &plain.identities.workloads, &tried.identities.workloads, |_| true)
        .or_else(|| drifted(&old.accounts, &plain.identities.accounts, &tried.identities.accounts, in_use))
        .map(|(name, field)| format!("{field} of {name} is no longer as it was"))
}

/// A workload that a trial brings back to an account the old version didn't make, by having the chart make one of that name: Helm refuses to
/// adopt what it doesn't own.
fn taken_over<'t>(old: &Identities, plain: &Identities, tried: &'t Identities) -> Option<&'t str> {
    let moved = tried.workloads.iter().find(|(name, tried)| {
        let (Some(old), Some(plain)) = (old.workloads.get(*name), plain.workloads.get(*name)) else { return false };
        let is_back = old.service_account_name == tried.service_account_name && plain.service_account_name != tried.service_account_name;
        is_back && tried.rendered && !old.rendered && old.details.account_named
    });
    moved.map(|(name, _)| name.as_str())
}

/// The first field that both versions agree on and the trial doesn't, and whose it is; of those that are gone, only what `counts`.
fn drifted<T: Serialize + PartialEq>(
    old: &BTreeMap<String, T>,
    plain: &BTreeMap<String, T>,
    tried: &BTreeMap<String, T>,
    counts: impl Fn(&T) -> bool,
) -> Option<(String, String)> {
    for (name, tried_one) in tried {
        let (Some(old), Some(plain)) = (old.get(name), plain.get(name)) else { continue };
        if tried_one == plain || tried_one == old {
            continue;
        }
        let (old, plain, tried) = (fields(old), fields(plain), fields(tried_one));
        let moved = old.iter().find(|(field, old)| plain.get(*field) == Some(*old) && tried.get(*field) != Some(*old));
        if let Some((field, _)) = moved {
            return Some((name.clone(), field.clone()));
        }
    }
    let gone = old.iter().find(|(name, one)| counts(one) && plain.contains_key(*name) && !tried.contains_key(*name));
    gone.map(|(name, _)| (name.clone(), "all".to_owned()))
}

fn fields<T: Serialize>(record: &T) -> serde_json::Map<String, Value> {
    match serde_json::to_value(record) {
        Ok(Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    }
}
