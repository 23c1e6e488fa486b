//! The table on top of a comment: findings of all charts, those that say the same as one row, worst first.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::words::{Weight, affects_no_workload};
use super::{ChangeView, FindingView, Group, PullReport};
use crate::classify::{Confidence, Severity};
use crate::diff::ChangeKind;
use crate::report::draft::Draft;
use crate::report::inline;
use crate::report::safe::Slot;
use crate::report::wording;

/// Characters of a title, a path and a value in the table before they are cut.
const TITLE: usize = 120;
const VALUE: usize = 80;

/// Names in a cell before the rest is only counted.
const NAMES: usize = 3;

/// Findings that say the same.
pub(super) struct Row<'a> {
    /// Each with its group.
    members: Vec<(&'a Group, &'a FindingView)>,
}

/// What findings of one row have in common: how bad, how sure, rule and headline, and what changed.
type Key<'a> = (Reverse<Severity>, Reverse<Confidence>, &'a str, &'a str, Option<Values<'a>>);

/// A change without its place.
type Values<'a> = (ChangeKind, Option<&'a String>, Option<&'a String>);

/// All findings that count as rows. With `by_rule` those of one rule are one row, whatever they changed.
pub(super) fn rows(report: &PullReport, by_rule: bool) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut known: BTreeMap<Key<'_>, usize> = BTreeMap::new();
    for (group, finding) in report.groups.iter().flat_map(|group| group.counting().map(move |finding| (group, finding))) {
        let values = values(finding).filter(|_| !by_rule);
        let key = (Reverse(finding.severity), Reverse(finding.confidence), finding.rule.as_str(), finding.title.as_str(), values);
        let index = *known.entry(key).or_insert(rows.len());
        match rows.get_mut(index) {
            Some(row) => row.members.push((group, finding)),
            None => rows.push(Row { members: vec![(group, finding)] }),
        }
    }
    rows.sort_by_key(|row| row.members.first().map(|(_, finding)| (Reverse(finding.severity), Reverse(finding.confidence))));
    rows
}

impl<'a> Row<'a> {
    /// How many findings it stands for.
    pub(super) fn findings(&self) -> usize {
        self.members.len()
    }

    /// What changed, in words.
    pub(super) fn title(&self) -> &'a str {
        self.members.first().map_or("", |(_, finding)| &finding.title)
    }

    /// How bad and how sure, and what it asks of the reader.
    pub(super) fn level(&self, report: &PullReport) -> Option<(Weight, Severity, Confidence)> {
        self.members.first().map(|(_, finding)| (Weight::of(report, finding), finding.severity, finding.confidence))
    }

    /// The setting or field, when it is only one.
    pub(super) fn path(&self) -> Option<&'a str> {
        match self.members[..] {
            [(_, finding)] => finding.change.as_ref()?.path.as_deref(),
            _ => None,
        }
    }

    /// How many places changed.
    pub(super) fn places(&self) -> usize {
        self.members.iter().map(|(_, finding)| finding.place_count).sum()
    }

    /// The change that all show alike.
    pub(super) fn change(&self) -> Option<&'a ChangeView> {
        let same = self.members.windows(2).all(|two| values(two[0].1) == values(two[1].1));
        self.members.first().filter(|_| same)?.1.change.as_ref()
    }

    /// The charts, each once.
    pub(super) fn charts(&self) -> Vec<&'a str> {
        let mut charts: Vec<&str> = self.members.iter().map(|(group, _)| group.chart.as_str()).collect();
        charts.dedup();
        charts
    }

    /// Whom it affects.
    pub(super) fn affected(&self) -> Affected<'a> {
        if let [(group, finding)] = self.members[..] {
            let releases = group.releases.len();
            if finding.workloads.is_empty() {
                return Affected { names: Vec::new(), words: affects_no_workload(group, finding), releases };
            }
            let names = finding.workloads.iter().map(String::as_str).collect();
            return Affected { names, words: String::new(), releases };
        }
        let workloads: usize = self.members.iter().map(|(group, finding)| finding.workloads.len() * group.releases.len()).sum();
        let words = if workloads == 0 { "no pod that is rendered".to_owned() } else { wording::count(workloads, "workload", "workloads") };
        Affected { names: Vec::new(), words, releases: 1 }
    }

    /// Writes it: level, what changed, old → new, who is affected.
    pub(super) fn write(&self, report: &PullReport, draft: &mut Draft) {
        let Some((weight, severity, confidence)) = self.level(report) else { return };
        let bold = if weight == Weight::Blocks { "**" } else { "" };
        draft.own("| ").own(bold).own(wording::severity(severity)).own(bold).own(", ").own(wording::confidence(confidence)).own(" | ");
        draft.prose(&inline::clip(self.title(), TITLE), Slot::Cell);
        match (self.path(), self.places()) {
            (Some(path), _) => draft.own(": ").cell(&clip(path)),
            (None, places) if places > 1 => draft.own(" (").number(places).own(" places)"),
            _ => draft,
        };
        draft.own(" | ");
        if let Some(change) = self.change() {
            write_values(draft, change, Slot::Cell);
        }
        draft.own(" | ");
        if report.groups.len() > 1 {
            names(draft, &self.charts());
            draft.own(": ");
        }
        let affected = self.affected();
        names(draft, &affected.names);
        draft.prose(&affected.words, Slot::Cell);
        if affected.releases > 1 {
            draft.own(", alike in ").number(affected.releases).own(" releases");
        }
        draft.own(" |\n");
    }
}

/// Whom a row affects: workloads by name, or words of our own.
pub(super) struct Affected<'a> {
    /// `Kind/name` of each workload.
    pub(super) names: Vec<&'a str>,
    /// What is to say when there are none.
    pub(super) words: String,
    /// In how many releases it is alike.
    pub(super) releases: usize,
}

/// `a`, `b` and 3 more.
fn names(draft: &mut Draft, names: &[&str]) {
    for (index, name) in names.iter().take(NAMES).enumerate() {
        draft.own(if index == 0 { "" } else { ", " }).cell(&clip(name));
    }
    if names.len() > NAMES {
        draft.own(" and ").number(names.len() - NAMES).own(" more");
    }
}

/// Old and new value, as far as there are any.
pub(super) fn write_values(draft: &mut Draft, change: &ChangeView, slot: Slot) {
    let code = |draft: &mut Draft, text: &str| {
        draft.name(&clip(text), slot);
    };
    match (change.kind, &change.old, &change.new) {
        (ChangeKind::Added, _, Some(new)) => {
            draft.own("new: ");
            code(draft, new);
        }
        (ChangeKind::Removed, Some(old), _) => {
            draft.own("was ");
            code(draft, old);
        }
        (kind, Some(old), Some(new)) => {
            code(draft, old);
            draft.own(" → ");
            code(draft, new);
            draft.own(if kind == ChangeKind::Reordered { " (another order)" } else { "" });
        }
        (kind, _, _) => {
            draft.own(wording::kind(kind).1);
        }
    }
}

fn values(finding: &FindingView) -> Option<Values<'_>> {
    finding.change.as_ref().map(|change| (change.kind, change.old.as_ref(), change.new.as_ref()))
}

fn clip(text: &str) -> String {
    inline::clip(text, VALUE).into_owned()
}
