//! Rules over what a release renders of both versions. Depends on the rest of this stage, `identity`, `diff` and `value`.
//!
//! Every pod, account, object and permission that differs is a fact; a rule looks at those of its kind in which one of the fields that its
//! `paths` name differs. What a rule says of several facts in the same words becomes one finding: three pods that moved from one account to
//! another are one thing to read. What is the same on both sides costs nothing, so that a release can be classified again for each trial.

mod fact;
mod field;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

pub(super) use fact::names;

use self::fact::{Fact, facts, shared};
use self::field::Field;
use super::catalogue::Catalogue;
use super::condition::{Scope, Variables};
use super::finding::{sort, unused_ignores};
use super::glob::Glob;
use super::matching::{kind_word, step_text};
use super::message::{Filling, Mention, Rendered};
use super::rule::Rule;
use super::settings::{Level, Settings};
use super::{Classified, Finding, Fix, Place};
use crate::diff::Missing;
use crate::diff::objects::ObjectsDiff;
use crate::error::Result;
use crate::identity::{Facts, Identities};
use crate::value::{Data, Node, Path};

/// How many findings a rule makes of one case before they are joined, although each would say something else.
const APART: usize = 5;
/// What the message of a joined finding adds.
const JOINED: &str = " Said of the first; the places show each.";

/// What is looked at: the pods and accounts that both versions render for a release, and what else differs.
#[derive(Debug, Clone, Copy)]
pub struct ReleaseSubject<'a> {
    /// The chart's name.
    pub chart: &'a str,
    /// The release's name.
    pub release: &'a str,
    /// The release's namespace.
    pub namespace: &'a str,
    /// The pods and accounts of the old render.
    pub old: &'a Identities,
    /// Those of the new one.
    pub new: &'a Identities,
    /// What else differs; `None` leaves out the rules on objects and permissions, and pods that were renamed count as new.
    pub objects: Option<&'a ObjectsDiff>,
    /// What the configuration tells.
    pub facts: &'a Facts,
}

/// Runs every rule of the catalogue on what a release renders. The result depends on the arguments alone.
pub fn classify_release(subject: &ReleaseSubject<'_>, catalogue: &Catalogue, settings: &Settings) -> Classified {
    let all = facts(subject);
    let run = Run { chart: subject.chart, settings, facts: &all };
    let mut classified = Classified::default();
    let mut used = BTreeSet::new();
    if !all.is_empty() {
        let root = Scope::root();
        let scope = root.with(shared(subject));
        let scopes: Vec<Lazy<'_>> = all.iter().map(|fact| Lazy { around: &scope, fact, made: OnceCell::new() }).collect();
        for rule in catalogue.rules().iter().filter(|rule| rule.text.on.is_rendered() && rule.is_for_chart(subject.chart)) {
            let level = settings.levels.get(rule.id()).copied();
            if level != Some(Level::Off) {
                run.rule(rule, level, &scopes, &mut used, &mut classified);
            }
        }
    }
    sort(&mut classified.findings);
    let is_rendered = |id: &str| catalogue.rules().iter().any(|rule| rule.id() == id && rule.text.on.is_rendered());
    classified.unused_ignores = unused_ignores(settings, &used, is_rendered);
    classified
}

/// The variables of a fact, made ready when the first rule asks about it.
struct Lazy<'s> {
    around: &'s Scope<'s>,
    fact: &'s Fact,
    made: OnceCell<Scope<'s>>,
}

impl<'s> Lazy<'s> {
    fn get(&self) -> &Scope<'s> {
        self.made.get_or_init(|| self.around.with(self.fact.variables.clone()))
    }
}

struct Run<'r> {
    chart: &'r str,
    settings: &'r Settings,
    facts: &'r [Fact],
}

/// A fact that a rule fires on, with the fields that it counts.
struct Hit<'r> {
    fact: &'r Fact,
    case: usize,
    fields: Vec<&'r Field>,
    places: Vec<Place>,
}

/// The case, the decision to ignore, and the words in which several facts are one thing to say.
type Group = (usize, Option<usize>, String);

impl<'r> Run<'r> {
    fn rule(&self, rule: &Rule, level: Option<Level>, scopes: &[Lazy<'_>], used: &mut BTreeSet<usize>, classified: &mut Classified) {
        let mut groups: BTreeMap<Group, Vec<Hit<'r>>> = BTreeMap::new();
        for (fact, scope) in self.facts.iter().zip(scopes).filter(|(fact, _)| fact.on == rule.text.on) {
            match fires(rule, fact, scope) {
                Ok(Some(hit)) => {
                    let ignore = self.ignore_of(rule, &hit);
                    used.extend(ignore);
                    let words = self.say(rule, hit.case, std::slice::from_ref(&hit), &[], &[]);
                    groups.entry((hit.case, ignore, words)).or_default().push(hit);
                }
                Ok(None) => {}
                Err(error) => {
                    let part = format!("rule {} on {}", rule.id(), fact.about);
                    classified.missing.push(Missing { part, reason: error.to_string() });
                }
            }
        }
        for ((case, ignore, words), hits) in joined(groups) {
            let mut finding = self.finding(rule, case, &hits);
            if words.is_empty() {
                finding.message.push_str(JOINED);
            }
            if let Some(Level::At(severity)) = level {
                finding.severity = severity;
            }
            finding.ignored = ignore.map(|index| self.settings.ignores[index].reason.clone());
            classified.findings.push(finding);
        }
    }

    /// The first decision that covers every place of a hit.
    fn ignore_of(&self, rule: &Rule, hit: &Hit<'_>) -> Option<usize> {
        let today = self.settings.today.as_deref();
        let covers = |ignore: &super::settings::Ignore| hit.places.iter().all(|place| ignore.covers(rule.id(), self.chart, place));
        self.settings.ignores.iter().position(|ignore| !ignore.expired(today) && covers(ignore))
    }

    fn finding(&self, rule: &Rule, case: usize, hits: &[Hit<'r>]) -> Finding {
        let what: Vec<String> = hits.iter().map(|hit| hit.fact.about.clone()).collect();
        let workloads: BTreeSet<&String> = hits.iter().flat_map(|hit| &hit.fact.workloads).collect();
        let workloads: Vec<String> = workloads.into_iter().cloned().collect();
        Finding {
            rule: rule.id().to_owned(),
            pack: rule.pack.clone(),
            severity: rule.cases[case].severity,
            confidence: rule.cases[case].confidence,
            title: rule.text.title.clone(),
            message: self.say(rule, case, hits, &what, &workloads),
            why: rule.text.why.trim().to_owned(),
            workloads,
            changes: hits.iter().flat_map(|hit| hit.places.iter().cloned()).collect(),
            beside: Vec::new(),
            causes: Vec::new(),
            fix: rule.text.fix.as_ref().map(|fix| Fix { text: fix.text.trim().to_owned(), ..Fix::default() }),
            references: rule.text.references.clone(),
            ignored: None,
        }
    }

    fn say(&self, rule: &Rule, case: usize, hits: &[Hit<'r>], what: &[String], workloads: &[String]) -> String {
        let Some(first) = hits.first() else { return String::new() };
        let places: Vec<Mention<'_>> = hits.iter().flat_map(|hit| &hit.places).map(mention).collect();
        let fields: Vec<Mention<'_>> =
            first.fields.iter().zip(&first.places).map(|(field, place)| Mention { path: &field.path, ..mention(place) }).collect();
        rule.cases[case].message.fill(&Filling {
            places: &places,
            beside: &[],
            near: None,
            noted: 0,
            unread: &[],
            chart: self.chart,
            rendered: Some(Rendered { what, workloads, old: &first.fact.old, new: &first.fact.new, fields: &fields }),
        })
    }
}

fn mention(place: &Place) -> Mention<'_> {
    Mention { path: &place.path, old: place.old.as_ref(), new: place.new.as_ref(), file: &place.file }
}

/// The same groups; those of a case that would make a long list of findings are one, in the words of the first.
fn joined<'r>(groups: BTreeMap<Group, Vec<Hit<'r>>>) -> BTreeMap<Group, Vec<Hit<'r>>> {
    let mut counts: BTreeMap<(usize, Option<usize>), usize> = BTreeMap::new();
    for (case, ignore, _) in groups.keys() {
        *counts.entry((*case, *ignore)).or_default() += 1;
    }
    let mut joined: BTreeMap<Group, Vec<Hit<'r>>> = BTreeMap::new();
    for ((case, ignore, words), hits) in groups {
        let words = if counts[&(case, ignore)] > APART { String::new() } else { words };
        joined.entry((case, ignore, words)).or_default().extend(hits);
    }
    joined
}

/// Whether a rule fires on a fact.
///
/// # Errors
/// `Syntax` when a condition can't be read or does not suit what it is asked about.
fn fires<'r>(rule: &Rule, fact: &'r Fact, scope: &Lazy<'_>) -> Result<Option<Hit<'r>>> {
    if !(rule.text.kinds.is_empty() || rule.text.kinds.contains(&fact.kind)) {
        return Ok(None);
    }
    let fits = |globs: &[Glob], field: &Field| globs.iter().any(|glob| glob.fits(&field.names));
    let mut fields = Vec::new();
    for field in fact.fields.iter().filter(|field| fits(&rule.paths, field) && !fits(&rule.except, field)) {
        if let Some(pattern) = &rule.pattern
            && !finds(pattern.regex()?, field.new.as_ref())
        {
            continue;
        }
        let counts =
            |each: &super::condition::Condition| each.holds_in(&scope.get().with(Variables::default().record("field", entries(field))));
        if rule.each.as_ref().map_or(Ok(true), counts)? {
            fields.push(field);
        }
    }
    if fields.is_empty() && !rule.paths.is_empty() {
        return Ok(None);
    }
    let scope = scope.get().with(Variables::default().records("fields", fields.iter().map(|field| entries(field))));
    if !rule.when.as_ref().map_or(Ok(true), |when| when.holds_in(&scope))? {
        return Ok(None);
    }
    for (case, text) in rule.cases.iter().enumerate() {
        if text.when.as_ref().map_or(Ok(true), |when| when.holds_in(&scope))? {
            let places = places(fact, &fields);
            return Ok(Some(Hit { fact, case, fields, places }));
        }
    }
    Ok(None)
}

/// Whether a text, or one of a list, has what a pattern looks for.
fn finds(pattern: &Regex, node: Option<&Node>) -> bool {
    match node.map(|node| &node.data) {
        Some(Data::Str(text)) => pattern.is_match(text),
        Some(Data::List(items)) => items.iter().any(|item| item.as_str().is_some_and(|text| pattern.is_match(text))),
        _ => false,
    }
}

/// The fields as places below the thing they are of; without any, the thing itself.
fn places(fact: &Fact, fields: &[&Field]) -> Vec<Place> {
    let thing = Path::keys([fact.about.as_str()]);
    let place = |path: Path, field: Option<&&Field>| Place {
        path,
        kind: field.map_or(fact.kind, |field| field.kind),
        old: field.and_then(|field| field.old.clone()),
        new: field.and_then(|field| field.new.clone()),
        file: fact.file.clone(),
        old_line: None,
        new_line: None,
        description: None,
        note: None,
    };
    if fields.is_empty() {
        return vec![place(thing, None)];
    }
    fields.iter().map(|field| place(thing.join(&field.path), Some(field))).collect()
}

/// A field as conditions see it.
fn entries(field: &Field) -> Variables {
    Variables::default()
        .text("path", &field.path.to_string())
        .text("kind", kind_word(field.kind))
        .texts("keys", field.path.steps().iter().map(step_text))
        .node("old", field.old.as_ref())
        .node("new", field.new.as_ref())
        .flag("secret", field.secret)
}

#[cfg(test)]
mod tests;
