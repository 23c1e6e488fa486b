//! From facts to findings: which rule fires where, and what is said about it. Depends on the rest of this stage, `chart` and `value`.

use std::collections::{BTreeMap, BTreeSet};

use super::catalogue::Catalogue;
use super::condition::Variables;
use super::fact::{Fact, default_at, facts, free_node, shown};
use super::message::{Filling, Mention, Message};
use super::reads::Reads;
use super::rule::{Case, On, Rule};
use super::settings::{Level, Settings};
use super::{Classified, Confidence, Finding, Fix, Place, Severity, Subject};
use crate::diff::{ChangeKind, Missing};
use crate::error::Result;
use crate::value::{Data, Node, Path, Step};

/// How many changes beside its places a finding names.
const BESIDE_PLACES: usize = 8;

/// Runs every rule over every fact.
pub(super) fn findings(subject: &Subject<'_>, catalogue: &Catalogue, settings: &Settings) -> Classified {
    let run = Run { subject, facts: facts(subject), reads: Reads::of(subject.new), settings };
    let mut classified = Classified::default();
    let mut used = BTreeSet::new();
    let mut ranked = Vec::new();
    for rule in catalogue.rules() {
        let level = settings.levels.get(rule.id()).copied();
        if level == Some(Level::Off) || !fits_any(&rule.charts, |glob| glob.fits_name(run.chart())) {
            continue;
        }
        let mut cases: BTreeMap<usize, Vec<Hit<'_>>> = BTreeMap::new();
        for fact in run.facts.iter().filter(|fact| fact.on == rule.text.on) {
            match run.fires(rule, fact) {
                Ok(Some((case, hit))) => cases.entry(case).or_default().push(hit),
                Ok(None) => {}
                Err(error) => {
                    classified.missing.push(Missing { part: format!("rule {} on {}", rule.id(), fact.path), reason: error.to_string() })
                }
            }
        }
        for (case, hits) in cases {
            let case = &rule.cases[case];
            let severity = match level {
                Some(Level::At(severity)) => severity,
                _ => case.severity,
            };
            for (ignored, hits) in run.split_ignored(rule, hits, &mut used) {
                ranked.push(run.finding(rule, case, severity, &hits, ignored));
            }
        }
    }
    ranked.sort_by(|a, b| {
        (a.ignored.is_some(), std::cmp::Reverse(a.severity), &a.rule).cmp(&(b.ignored.is_some(), std::cmp::Reverse(b.severity), &b.rule))
    });
    classified.findings = ranked;
    let unused = settings.ignores.iter().enumerate().filter(|(index, _)| !used.contains(index));
    classified.unused_ignores = unused.map(|(_, ignore)| ignore.unused(settings.today.as_deref())).collect();
    classified
}

struct Run<'a> {
    subject: &'a Subject<'a>,
    facts: Vec<Fact<'a>>,
    reads: Reads<'a>,
    settings: &'a Settings,
}

/// A fact that a rule fires on.
struct Hit<'a> {
    fact: &'a Fact<'a>,
    place: Place,
    near: Option<Path>,
    /// Values that this place's lines named so far, and no template names any more.
    unread: Vec<String>,
}

impl<'a> Run<'a> {
    fn chart(&self) -> &'a str {
        &self.subject.new.metadata.name
    }

    /// Whether a rule fires on a fact, and which of its cases.
    fn fires(&'a self, rule: &Rule, fact: &'a Fact<'a>) -> Result<Option<(usize, Hit<'a>)>> {
        let fits = |globs: &[super::glob::Glob]| match fact.on {
            On::Template | On::Crd => globs.iter().any(|glob| glob.fits_file(&fact.file)),
            _ => globs.iter().any(|glob| glob.fits_path(&fact.path)),
        };
        if (!rule.paths.is_empty() && !fits(&rule.paths)) || fits(&rule.except) {
            return Ok(None);
        }
        if !rule.text.kinds.is_empty() && !rule.text.kinds.contains(&fact.kind) {
            return Ok(None);
        }
        let Some(place) = place(rule, fact) else { return Ok(None) };
        let near = rule.near.as_ref().and_then(|near| near.from(&fact.path));
        let unread = self.unread(rule, fact);
        let variables = self.variables(rule, fact, near.as_ref(), &unread);
        if !rule.when.as_ref().map_or(Ok(true), |when| when.holds(&variables))? {
            return Ok(None);
        }
        for (index, case) in rule.cases.iter().enumerate() {
            if case.when.as_ref().map_or(Ok(true), |when| when.holds(&variables))? {
                let mut hit = Hit { fact, place, near, unread };
                if let Some((when, note)) = &rule.note
                    && when.holds(&variables)?
                {
                    hit.place.note = Some(self.say(note, std::slice::from_ref(&hit), &[]));
                }
                return Ok(Some((index, hit)));
            }
        }
        Ok(None)
    }

    /// The values that the lines of interest named and that no template of the new version names.
    fn unread(&self, rule: &Rule, fact: &Fact<'_>) -> Vec<String> {
        let Some(lines) = &rule.lines else { return Vec::new() };
        let texts = fact.removed.iter().map(|line| line.text.trim()).filter(|text| lines.is_match(text));
        self.reads.unread(&fact.file, texts).into_iter().map(str::to_owned).collect()
    }

    fn variables(&self, rule: &Rule, fact: &Fact<'_>, near: Option<&Path>, unread: &[String]) -> Variables {
        let variables = Variables::default().text("chart", self.chart()).text("file", &fact.file).text("kind", kind_word(fact.kind));
        if let Some(lines) = &rule.lines {
            let texts = |lines_of: &'_ [&'_ crate::diff::DiffLine]| -> Vec<String> {
                lines_of.iter().map(|line| line.text.trim()).filter(|text| lines.is_match(text)).map(str::to_owned).collect()
            };
            let (removed, added) = (texts(&fact.removed), texts(&fact.added));
            return variables
                .texts("removed", removed.iter().map(String::as_str))
                .texts("added", added.iter().map(String::as_str))
                .texts("unread", unread.iter().map(String::as_str));
        }
        let keys: Vec<String> = fact.path.steps().iter().map(step_text).collect();
        let near_of = |chart| near.and_then(|path| default_at(chart, path.steps()));
        variables
            .text("path", &fact.path.to_string())
            .texts("keys", keys.iter().map(String::as_str))
            .node("old", fact.old.as_deref())
            .node("new", fact.new.as_deref())
            .text("description", fact.description.as_deref().unwrap_or_default())
            .text("block", &fact.block.as_ref().map(ToString::to_string).unwrap_or_default())
            .flag("lock_only", fact.lock_only)
            .node("near_old", near_of(self.subject.old))
            .node("near_new", near_of(self.subject.new))
    }

    /// The places by the reason for which they are ignored, those that count first.
    fn split_ignored(&self, rule: &Rule, hits: Vec<Hit<'a>>, used: &mut BTreeSet<usize>) -> Vec<(Option<String>, Vec<Hit<'a>>)> {
        let today = self.settings.today.as_deref();
        let mut groups: BTreeMap<Option<usize>, Vec<Hit<'a>>> = BTreeMap::new();
        for hit in hits {
            let ignore = self
                .settings
                .ignores
                .iter()
                .position(|ignore| !ignore.expired(today) && ignore.covers(rule.id(), self.chart(), &hit.place));
            used.extend(ignore);
            groups.entry(ignore).or_default().push(hit);
        }
        let reason = |index: usize| self.settings.ignores[index].reason.clone();
        groups.into_iter().map(|(ignore, hits)| (ignore.map(reason), hits)).collect()
    }

    fn finding(&'a self, rule: &Rule, case: &Case, severity: Severity, hits: &[Hit<'a>], ignored: Option<String>) -> Finding {
        let beside = self.beside(rule, hits);
        let mut message = String::new();
        if let Some(rule) = rule.beside.as_ref().filter(|_| !beside.is_empty()) {
            message = self.say(&rule.message, hits, &beside) + " ";
        }
        message.push_str(&self.say(&case.message, hits, &beside));
        Finding {
            rule: rule.id().to_owned(),
            pack: rule.pack.clone(),
            severity,
            confidence: Confidence::Possible,
            title: rule.text.title.clone(),
            message,
            why: rule.text.why.trim().to_owned(),
            changes: hits.iter().map(|hit| hit.place.clone()).collect(),
            beside: beside.iter().map(|fact| value_place(fact)).collect(),
            fix: fix(rule, hits),
            references: rule.text.references.clone(),
            ignored,
        }
    }

    /// Changes of values in the same values files as the places that the rule wants named with them.
    fn beside(&'a self, rule: &Rule, hits: &[Hit<'a>]) -> Vec<&'a Fact<'a>> {
        let Some(wanted) = &rule.beside else { return Vec::new() };
        let is_near =
            |fact: &Fact<'_>| hits.iter().any(|hit| hit.fact.file == fact.file) && !hits.iter().any(|hit| hit.fact.path == fact.path);
        let is_wanted = |fact: &Fact<'_>| {
            let says_something = !(says_nothing(fact.old.as_deref()) && says_nothing(fact.new.as_deref()));
            let kind = wanted.kinds.is_empty() || wanted.kinds.contains(&fact.kind);
            kind && says_something && wanted.paths.iter().any(|glob| glob.fits_path(&fact.path))
        };
        let values = self.facts.iter().filter(|fact| fact.on == On::Value);
        values.filter(|fact| is_near(fact) && is_wanted(fact)).take(BESIDE_PLACES).collect()
    }

    fn say(&self, message: &Message, hits: &[Hit<'_>], beside: &[&Fact<'_>]) -> String {
        let places: Vec<Mention<'_>> = hits.iter().map(|hit| place_mention(&hit.place)).collect();
        let beside: Vec<Mention<'_>> = beside.iter().map(|fact| mention(fact)).collect();
        let unread: BTreeSet<&str> = hits.iter().flat_map(|hit| &hit.unread).map(String::as_str).collect();
        let unread: Vec<&str> = unread.into_iter().collect();
        message.fill(&Filling {
            places: &places,
            beside: &beside,
            near: hits.first().and_then(|hit| hit.near.as_ref()),
            noted: hits.iter().filter(|hit| hit.place.note.is_some()).count(),
            unread: &unread,
            chart: self.chart(),
        })
    }
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

fn place_mention(place: &Place) -> Mention<'_> {
    Mention { path: &place.path, old: place.old.as_ref(), new: place.new.as_ref(), file: &place.file }
}

fn mention<'f>(fact: &'f Fact<'_>) -> Mention<'f> {
    Mention { path: &fact.path, old: fact.old.as_deref(), new: fact.new.as_deref(), file: &fact.file }
}

/// Where a rule would point; `None` when none of a file's changed lines is of interest to it.
fn place(rule: &Rule, fact: &Fact<'_>) -> Option<Place> {
    let Some(lines) = &rule.lines else { return Some(value_place(fact)) };
    let of_interest = |all: &[&'_ crate::diff::DiffLine]| -> Vec<usize> {
        all.iter().enumerate().filter(|(_, line)| lines.is_match(line.text.trim())).map(|(index, _)| index).collect()
    };
    let removed: Vec<_> = of_interest(&fact.removed).into_iter().map(|index| fact.removed[index]).collect();
    let added: Vec<_> = of_interest(&fact.added).into_iter().map(|index| fact.added[index]).collect();
    if removed.is_empty() && added.is_empty() {
        return None;
    }
    Some(Place {
        old: shown(&removed, &fact.file),
        new: shown(&added, &fact.file),
        old_line: removed.first().and_then(|line| line.old_line),
        new_line: added.first().and_then(|line| line.new_line),
        ..value_place(fact)
    })
}

fn value_place(fact: &Fact<'_>) -> Place {
    Place {
        path: fact.path.clone(),
        kind: fact.kind,
        old: fact.old.as_deref().cloned(),
        new: fact.new.as_deref().cloned(),
        file: fact.file.to_string(),
        old_line: fact.old_line,
        new_line: fact.new_line,
        description: fact.description.as_deref().map(str::to_owned),
        note: None,
    }
}

/// What to do: old values of the changed defaults, and values the rule names.
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
    Some(Fix { text: text.text.trim().to_owned(), values, verified: false })
}

fn json_node(value: &serde_json::Value) -> Node {
    let data = match value {
        serde_json::Value::Null => Data::Null,
        serde_json::Value::Bool(value) => Data::Bool(*value),
        serde_json::Value::Number(number) => number.as_i64().map_or_else(|| Data::Float(number.as_f64().unwrap_or_default()), Data::Int),
        serde_json::Value::String(text) => Data::Str(text.as_str().into()),
        serde_json::Value::Array(items) => Data::List(items.iter().map(json_node).collect()),
        serde_json::Value::Object(map) => Data::Map(
            map.iter()
                .map(|(key, value)| {
                    let value = json_node(value);
                    (key.as_str().into(), crate::value::Entry { at: value.at.clone(), comment: None, value })
                })
                .collect(),
        ),
    };
    free_node(data, "")
}

fn fits_any(globs: &[super::glob::Glob], fits: impl Fn(&super::glob::Glob) -> bool) -> bool {
    globs.is_empty() || globs.iter().any(fits)
}

fn kind_word(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "added",
        ChangeKind::Removed => "removed",
        ChangeKind::Modified => "modified",
        ChangeKind::Reordered => "reordered",
    }
}

fn step_text(step: &Step) -> String {
    match step {
        Step::Key(key) => key.to_string(),
        Step::Index(index) => index.to_string(),
        Step::Item { value, .. } => value.to_string(),
    }
}
