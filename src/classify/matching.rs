//! Whether a rule fires on a fact, and where it points then. Depends on the rules, facts and conditions of this stage, `chart` and `value`.

use std::borrow::Cow;

use regex::Regex;

use super::condition::Variables;
use super::fact::{Fact, default_at, shown};
use super::glob::Glob;
use super::reads::Reads;
use super::rule::{On, Rule};
use super::{Place, Subject};
use crate::diff::{ChangeKind, DiffLine};
use crate::error::Result;
use crate::value::{Data, Node, Path, Step};

/// What rules are held against.
pub(super) struct Matcher<'a> {
    subject: &'a Subject<'a>,
    reads: Reads<'a>,
}

/// A fact that a rule fires on.
pub(super) struct Hit<'a> {
    pub(super) fact: &'a Fact<'a>,
    /// Which of the rule's cases holds.
    pub(super) case: usize,
    pub(super) place: Place,
    /// The path of the value that the rule looks at near this one.
    pub(super) near: Option<Path>,
    /// Values that this place's lines named so far, and no template names any more.
    pub(super) unread: Vec<String>,
    /// Whether the rule has a remark on this place.
    pub(super) noted: bool,
}

/// The changed lines of a file that a rule looks at.
#[derive(Default)]
struct Lines<'a> {
    removed: Vec<&'a DiffLine>,
    added: Vec<&'a DiffLine>,
    unread: Vec<String>,
}

impl<'a> Matcher<'a> {
    pub(super) fn new(subject: &'a Subject<'a>) -> Self {
        Self { subject, reads: Reads::of(subject.new) }
    }

    /// The chart's name.
    pub(super) fn chart(&self) -> &'a str {
        &self.subject.new.metadata.name
    }

    /// Whether a rule looks at this chart at all.
    pub(super) fn is_for_chart(&self, rule: &Rule) -> bool {
        rule.is_for_chart(self.chart())
    }

    /// Where a rule points at when it fires on a fact.
    ///
    /// # Errors
    /// `Syntax` when a pattern or condition can't be read or does not suit what it is asked about.
    pub(super) fn fires(&self, rule: &Rule, fact: &'a Fact<'a>) -> Result<Option<Hit<'a>>> {
        if !looks_at(rule, fact) {
            return Ok(None);
        }
        let lines = match &rule.pattern {
            Some(pattern) => match self.interest(pattern.regex()?, fact) {
                Some(lines) => lines,
                None => return Ok(None),
            },
            None => Lines::default(),
        };
        let near = rule.near.as_ref().and_then(|near| near.from(&fact.path));
        let variables = self.variables(fact, &lines, near.as_ref());
        if !rule.when.as_ref().map_or(Ok(true), |when| when.holds(&variables))? {
            return Ok(None);
        }
        for (case, text) in rule.cases.iter().enumerate() {
            if text.when.as_ref().map_or(Ok(true), |when| when.holds(&variables))? {
                let noted = rule.note.as_ref().map_or(Ok(false), |(when, _)| when.holds(&variables))?;
                return Ok(Some(Hit { fact, case, place: place(fact, &lines), near, unread: lines.unread, noted }));
            }
        }
        Ok(None)
    }

    /// The lines a pattern finds something in; `None` when there are none, or when the texts among a value's two sides don't fit it.
    fn interest(&self, pattern: &Regex, fact: &Fact<'a>) -> Option<Lines<'a>> {
        if !is_file(fact.on) {
            let fits = |side: &Option<Cow<'_, Node>>| matches!(side.as_deref().map(|node| &node.data), Some(Data::Str(text)) if pattern.is_match(text));
            return (fits(&fact.old) || fits(&fact.new)).then(Lines::default);
        }
        // One search through all lines is far cheaper than one a line, and most patterns find nothing.
        if !pattern.is_match(&fact.changed) {
            return None;
        }
        let of = |lines: &[&'a DiffLine]| -> Vec<&'a DiffLine> {
            lines.iter().copied().filter(|line| pattern.is_match(line.text.trim())).collect()
        };
        let (removed, added) = (of(&fact.removed), of(&fact.added));
        if removed.is_empty() && added.is_empty() {
            return None;
        }
        let named = self.reads.unread(&fact.file, removed.iter().map(|line| line.text.trim()));
        let unread = named.into_iter().filter(|path| pattern.is_match(&format!(".Values.{path}"))).map(str::to_owned).collect();
        Some(Lines { removed, added, unread })
    }

    fn variables(&self, fact: &Fact<'_>, lines: &Lines<'_>, near: Option<&Path>) -> Variables {
        let variables = Variables::default().text("chart", self.chart()).text("file", &fact.file).text("kind", kind_word(fact.kind));
        if is_file(fact.on) {
            return variables
                .texts("removed", lines.removed.iter().map(|line| line.text.trim()))
                .texts("added", lines.added.iter().map(|line| line.text.trim()))
                .texts("included", fact.included.iter().map(|line| line.text.trim()))
                .texts("unread", lines.unread.iter().map(String::as_str));
        }
        let keys: Vec<&str> = fact.path.steps().iter().map(step_text).collect();
        let near_of = |chart| near.and_then(|path| default_at(chart, path.steps()));
        variables
            .text("path", &fact.path.to_string())
            .texts("keys", keys)
            .node("old", fact.old.as_deref())
            .node("new", fact.new.as_deref())
            .text("description", fact.description.as_deref().unwrap_or_default())
            .text("block", &fact.block.as_ref().map(ToString::to_string).unwrap_or_default())
            .flag("lock_only", fact.lock_only)
            .node("near_old", near_of(self.subject.old))
            .node("near_new", near_of(self.subject.new))
    }
}

/// Whether a rule's paths and kinds fit a fact.
fn looks_at(rule: &Rule, fact: &Fact<'_>) -> bool {
    let fits = |globs: &[Glob]| globs.iter().any(|glob| glob.fits(&fact.names));
    fact.on == rule.text.on
        && (rule.text.kinds.is_empty() || rule.text.kinds.contains(&fact.kind))
        && (rule.paths.is_empty() || fits(&rule.paths))
        && !fits(&rule.except)
}

fn is_file(on: On) -> bool {
    matches!(on, On::Template | On::Crd)
}

/// The place of a fact; of a file, with the lines of interest as old and new text.
fn place(fact: &Fact<'_>, lines: &Lines<'_>) -> Place {
    if !is_file(fact.on) {
        return value_place(fact);
    }
    Place {
        old: shown(&lines.removed, &fact.file),
        new: shown(&lines.added, &fact.file),
        old_line: lines.removed.first().and_then(|line| line.old_line),
        new_line: lines.added.first().and_then(|line| line.new_line),
        ..value_place(fact)
    }
}

/// The place of a fact as it is.
pub(super) fn value_place(fact: &Fact<'_>) -> Place {
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

/// The kind of a change as conditions see it.
pub(super) fn kind_word(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "added",
        ChangeKind::Removed => "removed",
        ChangeKind::Modified => "modified",
        ChangeKind::Reordered => "reordered",
    }
}

/// A step as conditions see it.
pub(super) fn step_text(step: &Step) -> &str {
    match step {
        Step::Key(key) => key,
        Step::Index(_) => "",
        Step::Item { value, .. } => value,
    }
}
