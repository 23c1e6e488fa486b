//! From facts to findings: every rule on every fact, places grouped, and what is said about them. Depends on the rest of this stage and
//! `value`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::catalogue::Catalogue;
use super::fact::{Fact, facts, free_node};
use super::glob::Glob;
use super::matching::{Hit, Matcher, value_place};
use super::message::{Filling, Mention, Message};
use super::rule::{On, Rule};
use super::settings::{Level, Settings};
use super::{Classified, Finding, Fix, Place, Severity, Subject};
use crate::diff::Missing;
use crate::value::{Data, Entry, Node, Path, Step};

/// How many changes beside its places a finding names.
const BESIDE_PLACES: usize = 8;

/// Runs every rule over every fact.
pub(super) fn findings(subject: &Subject<'_>, catalogue: &Catalogue, settings: &Settings) -> Classified {
    let (facts, matcher) = (facts(subject), Matcher::new(subject));
    let run = Run { facts: &facts, matcher: &matcher, settings };
    let mut classified = Classified::default();
    let mut used = BTreeSet::new();
    for rule in catalogue.rules().iter().filter(|rule| !rule.text.on.is_rendered() && matcher.is_for_chart(rule)) {
        let level = settings.levels.get(rule.id()).copied();
        if level != Some(Level::Off) {
            run.rule(rule, level, &mut used, &mut classified);
        }
    }
    sort(&mut classified.findings);
    let is_rendered = |id: &str| catalogue.rules().iter().any(|rule| rule.id() == id && rule.text.on.is_rendered());
    classified.unused_ignores = unused_ignores(settings, &used, |rule| !is_rendered(rule));
    classified
}

/// Puts findings that count before ignored ones, then the worst first; what is alike stays in its order.
pub(super) fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let rank = |finding: &Finding| (finding.ignored.is_some(), Reverse(finding.severity));
        rank(a).cmp(&rank(b)).then_with(|| a.rule.cmp(&b.rule))
    });
}

/// Decisions to ignore findings of some rules that were not used, as sentences.
pub(super) fn unused_ignores(settings: &Settings, used: &BTreeSet<usize>, is_asked: impl Fn(&str) -> bool) -> Vec<String> {
    let unused = settings.ignores.iter().enumerate().filter(|(index, ignore)| !used.contains(index) && is_asked(&ignore.rule));
    unused.map(|(_, ignore)| ignore.unused(settings.today.as_deref())).collect()
}

struct Run<'r, 'a> {
    facts: &'a [Fact<'a>],
    matcher: &'r Matcher<'a>,
    settings: &'r Settings,
}

impl<'a> Run<'_, 'a> {
    /// Adds the findings of one rule: one for each of its cases, and apart what is ignored.
    fn rule(&self, rule: &Rule, level: Option<Level>, used: &mut BTreeSet<usize>, classified: &mut Classified) {
        let mut groups: BTreeMap<(usize, Option<usize>), Vec<Hit<'a>>> = BTreeMap::new();
        for fact in self.facts {
            match self.matcher.fires(rule, fact) {
                Ok(Some(hit)) => {
                    let ignore = self.ignore_of(rule, &hit);
                    used.extend(ignore);
                    groups.entry((hit.case, ignore)).or_default().push(hit);
                }
                Ok(None) => {}
                Err(error) => {
                    let part = format!("rule {} on {}", rule.id(), fact.path);
                    classified.missing.push(Missing { part, reason: error.to_string() });
                }
            }
        }
        for ((case, ignore), hits) in groups {
            let severity = match level {
                Some(Level::At(severity)) => severity,
                _ => rule.cases[case].severity,
            };
            let ignored = ignore.map(|index| self.settings.ignores[index].reason.clone());
            classified.findings.push(self.finding(rule, case, severity, &hits, ignored));
        }
    }

    /// The first decision to ignore a place.
    fn ignore_of(&self, rule: &Rule, hit: &Hit<'_>) -> Option<usize> {
        let today = self.settings.today.as_deref();
        let covers = |ignore: &super::settings::Ignore| ignore.covers(rule.id(), self.matcher.chart(), &hit.place);
        self.settings.ignores.iter().position(|ignore| !ignore.expired(today) && covers(ignore))
    }

    fn finding(&self, rule: &Rule, case: usize, severity: Severity, hits: &[Hit<'a>], ignored: Option<String>) -> Finding {
        let beside = self.beside(rule, hits);
        let mut message = String::new();
        if let Some(rule) = rule.beside.as_ref().filter(|_| !beside.is_empty()) {
            message = self.say(&rule.message, hits, &beside) + " ";
        }
        message.push_str(&self.say(&rule.cases[case].message, hits, &beside));
        Finding {
            rule: rule.id().to_owned(),
            pack: rule.pack.clone(),
            severity,
            confidence: rule.cases[case].confidence,
            title: rule.text.title.clone(),
            message,
            why: rule.text.why.trim().to_owned(),
            workloads: Vec::new(),
            causes: Vec::new(),
            changes: hits.iter().map(|hit| self.noted_place(rule, hit)).collect(),
            beside: beside.iter().map(|fact| value_place(fact)).collect(),
            fix: fix(rule, hits),
            references: rule.text.references.clone(),
            ignored,
        }
    }

    fn noted_place(&self, rule: &Rule, hit: &Hit<'a>) -> Place {
        let note = rule.note.as_ref().filter(|_| hit.noted);
        Place { note: note.map(|(_, note)| self.say(note, std::slice::from_ref(hit), &[])), ..hit.place.clone() }
    }

    /// Changes of values in the same values files as the places that the rule wants named with them.
    fn beside(&self, rule: &Rule, hits: &[Hit<'_>]) -> Vec<&'a Fact<'a>> {
        let Some(wanted) = &rule.beside else { return Vec::new() };
        let is_near = |fact: &Fact<'_>| {
            let in_file = hits.iter().any(|hit| hit.fact.on != On::Value || hit.fact.file == fact.file);
            in_file && !hits.iter().any(|hit| hit.fact.path == fact.path)
        };
        let is_wanted = |fact: &Fact<'_>| {
            let says_something = !(says_nothing(fact.old.as_deref()) && says_nothing(fact.new.as_deref()));
            let kind = wanted.kinds.is_empty() || wanted.kinds.contains(&fact.kind);
            kind && says_something && wanted.paths.iter().any(|glob: &Glob| glob.fits(&fact.names))
        };
        let values = self.facts.iter().filter(|fact| fact.on == On::Value);
        values.filter(|fact| is_wanted(fact) && is_near(fact)).take(BESIDE_PLACES).collect()
    }

    fn say(&self, message: &Message, hits: &[Hit<'_>], beside: &[&Fact<'_>]) -> String {
        let places: Vec<Mention<'_>> = hits.iter().map(|hit| mention(&hit.place)).collect();
        let beside: Vec<Place> = beside.iter().map(|fact| value_place(fact)).collect();
        let unread: BTreeSet<&str> = hits.iter().flat_map(|hit| &hit.unread).map(String::as_str).collect();
        message.fill(&Filling {
            places: &places,
            beside: &beside.iter().map(mention).collect::<Vec<_>>(),
            near: hits.first().and_then(|hit| hit.near.as_ref()),
            noted: hits.iter().filter(|hit| hit.noted).count(),
            unread: &unread.into_iter().collect::<Vec<_>>(),
            chart: self.matcher.chart(),
            rendered: None,
        })
    }
}

fn mention(place: &Place) -> Mention<'_> {
    Mention { path: &place.path, old: place.old.as_ref(), new: place.new.as_ref(), file: &place.file }
}

/// Whether a default leaves everything to the chart: absent, null or empty.
fn says_nothing(default: Option<&Node>) -> bool {
    default.is_none_or(|node| match &node.data {
        Data::Null => true,
        Data::Str(text) => text.is_empty(),
        Data::List(items) => items.is_empty(),
        Data::Map(map) => map.is_empty(),
        _ => false,
    })
}

/// What to do: old values of the changed defaults, and values the rule names. Only paths that a values file can set are kept.
fn fix(rule: &Rule, hits: &[Hit<'_>]) -> Option<Fix> {
    let text = rule.text.fix.as_ref()?;
    let mut values: Vec<(Path, Node)> = Vec::new();
    for hit in hits {
        if let (true, Some(old)) = (text.pin, &hit.place.old) {
            values.push((hit.fact.path.clone(), old.clone()));
        }
        for (relative, value) in &rule.set {
            if let Some(path) = relative.from(&hit.fact.path) {
                values.push((path, json_node(value)));
            }
        }
    }
    let mut seen = BTreeSet::new();
    values.retain(|(path, _)| seen.insert(path.clone()) && path.steps().iter().all(|step| matches!(step, Step::Key(_))));
    Some(Fix { text: text.text.trim().to_owned(), values, ..Fix::default() })
}

pub(super) fn json_node(value: &serde_json::Value) -> Node {
    use serde_json::Value;
    let data = match value {
        Value::Null => Data::Null,
        Value::Bool(value) => Data::Bool(*value),
        Value::Number(number) => number.as_i64().map_or_else(|| Data::Float(number.as_f64().unwrap_or_default()), Data::Int),
        Value::String(text) => Data::Str(text.as_str().into()),
        Value::Array(items) => Data::List(items.iter().map(json_node).collect()),
        Value::Object(map) => {
            let entry = |value: &Value| {
                let value = json_node(value);
                Entry { at: value.at.clone(), comment: None, value }
            };
            Data::Map(map.iter().map(|(key, value)| (key.as_str().into(), entry(value))).collect())
        }
    };
    free_node(data, "")
}
