//! What a release's renders make of findings about defaults: some weigh less for it, some are proven and said already.
//! Depends on the rest of this stage and `value`.

use std::collections::{BTreeMap, BTreeSet};

use super::catalogue::Catalogue;
use super::finding::sort;
use super::rule::On;
use super::settings::{Level, Settings};
use super::{Cause, Confidence, Finding, Severity};
use crate::value::Path;

/// What a changed default means for a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// The render changes with it.
    Effective,
    /// The user's values set it.
    Masked,
    /// Nothing that is rendered reads it, or what reads it renders the same.
    Inert,
}

/// What is known of a release of which both versions were rendered.
#[derive(Debug, Clone, Copy)]
pub struct Weights<'a> {
    /// What each changed default does in it.
    pub effects: &'a BTreeMap<Path, Effect>,
    /// Whether the user's values are known.
    pub has_values: bool,
}

/// Grades findings about defaults and templates by what the defaults do in a release, drops those that a finding with more proof names as its cause, and
/// sorts what is left.
///
/// A finding is as bad as its worst place. A place whose default is masked or inert is at most as bad as the rule's `masked` or `inert` says,
/// *info* and *low* when it says nothing; a level that the configuration sets stands. A default without an effect could not be tried and
/// keeps its severity. What only the text of a template says is at most as bad as `inert`, where `release` has values of the user's: what it
/// does with them the renders show, and rules on those say it. Without any, nobody knows yet what the user sets.
pub fn weigh(findings: &mut Vec<Finding>, catalogue: &Catalogue, settings: &Settings, release: &Weights<'_>) {
    for finding in findings.iter_mut().filter(|finding| finding.confidence == Confidence::Possible) {
        let rule = catalogue.rules().iter().find(|rule| rule.id() == finding.rule);
        let decided = matches!(settings.levels.get(&finding.rule), Some(Level::At(_)));
        let Some(rule) = rule.filter(|_| !decided) else { continue };
        let effects = release.effects;
        if rule.text.on == On::Template && release.has_values {
            finding.severity = finding.severity.min(rule.text.inert.unwrap_or(Severity::Low));
        } else if rule.text.on == On::Value {
            let most = |path: &Path| match effect_at(path, effects) {
                Some(Effect::Masked) => rule.text.masked.unwrap_or(Severity::Info),
                Some(Effect::Inert) => rule.text.inert.unwrap_or(Severity::Low),
                Some(Effect::Effective) | None => Severity::Critical,
            };
            let worst = finding.changes.iter().map(|place| most(&place.path)).max();
            finding.severity = finding.severity.min(worst.unwrap_or(Severity::Critical));
        }
    }
    let proven = proven_defaults(findings);
    findings.retain(|finding| finding.confidence != Confidence::Possible || !is_said(finding, &proven));
    sort(findings);
}

/// What a default does, or the changed mapping that it came or went with.
fn effect_at(path: &Path, effects: &BTreeMap<Path, Effect>) -> Option<Effect> {
    let mut at = Some(path.clone());
    while let Some(path) = at {
        if let Some(effect) = effects.get(&path) {
            return Some(*effect);
        }
        at = path.parent().filter(|parent| !parent.steps().is_empty());
    }
    None
}

/// The defaults that findings with proof name as their causes, with the worst severity of those.
fn proven_defaults(findings: &[Finding]) -> BTreeMap<Path, Severity> {
    let mut proven: BTreeMap<Path, Severity> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.confidence != Confidence::Possible && finding.ignored.is_none()) {
        for cause in &finding.causes {
            if let Cause::Value(place) = cause {
                let severity = proven.entry(place.path.clone()).or_insert(finding.severity);
                *severity = finding.severity.max(*severity);
            }
        }
    }
    proven
}

/// Whether every place of a finding is a default that is proven to do at least as much harm.
fn is_said(finding: &Finding, proven: &BTreeMap<Path, Severity>) -> bool {
    let paths: BTreeSet<&Path> = finding.changes.iter().map(|place| &place.path).collect();
    !paths.is_empty() && paths.iter().all(|path| proven.get(*path).is_some_and(|severity| *severity >= finding.severity))
}
