//! The table on top of a comment: findings of all charts, those that say the same as one row, worst first.

use std::cmp::Reverse;

use super::words::{Weight, affects_no_workload};
use super::{ChangeView, FindingView, Group, PullReport};
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

/// All findings that count as rows. With `by_rule` those of one rule are one row, whatever they changed.
pub(super) fn rows(report: &PullReport, by_rule: bool) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (group, finding) in report.groups.iter().flat_map(|group| group.counting().map(move |finding| (group, finding))) {
        match rows.iter_mut().find(|row| row.takes(finding, by_rule)) {
            Some(row) => row.members.push((group, finding)),
            None => rows.push(Row { members: vec![(group, finding)] }),
        }
    }
    rows.sort_by_key(|row| row.members.first().map(|(_, finding)| (Reverse(finding.severity), Reverse(finding.confidence))));
    rows
}

impl<'a> Row<'a> {
    fn takes(&self, other: &FindingView, by_rule: bool) -> bool {
        let same = |finding: &FindingView| {
            let words = |finding: &FindingView| (finding.severity, finding.confidence, finding.rule.clone(), finding.title.clone());
            words(finding) == words(other) && (by_rule || values(finding) == values(other))
        };
        self.members.first().is_some_and(|(_, finding)| same(finding))
    }

    /// How many findings it stands for.
    pub(super) fn findings(&self) -> usize {
        self.members.len()
    }

    /// The charts, each once.
    fn charts(&self) -> Vec<&'a str> {
        let mut charts: Vec<&str> = self.members.iter().map(|(group, _)| group.chart.as_str()).collect();
        charts.dedup();
        charts
    }

    /// Writes it: level, what changed, old → new, who is affected.
    pub(super) fn write(&self, report: &PullReport, draft: &mut Draft) {
        let Some((_, finding)) = self.members.first() else { return };
        let level = wording::severity(finding.severity);
        match Weight::of(report, finding) {
            Weight::Blocks => draft.own("| **").own(level).own("** | "),
            _ => draft.own("| ").own(level).own(" | "),
        };
        draft.prose(&inline::clip(&finding.title, TITLE), Slot::Cell);
        self.write_paths(draft);
        draft.own(" | ");
        let same = self.members.windows(2).all(|two| values(two[0].1) == values(two[1].1));
        if let Some(change) = finding.change.as_ref().filter(|_| same) {
            write_values(draft, change, Slot::Cell);
        }
        draft.own(" | ");
        self.write_affected(report, draft);
        draft.own(" |\n");
    }

    /// The setting or field, or how many there are.
    fn write_paths(&self, draft: &mut Draft) {
        let places: usize = self.members.iter().map(|(_, finding)| finding.place_count).sum();
        match self.members[..] {
            [(_, FindingView { change: Some(ChangeView { path: Some(path), .. }), .. })] => {
                draft.own(": ").cell(&clip(path));
            }
            _ if places > 1 => {
                draft.own(" (").number(places).own(" places)");
            }
            _ => {}
        }
    }

    fn write_affected(&self, report: &PullReport, draft: &mut Draft) {
        let charts = self.charts();
        if report.groups.len() > 1 {
            names(draft, &charts);
            draft.own(": ");
        }
        if let [(group, finding)] = self.members[..] {
            affected(draft, group, finding);
            return;
        }
        let workloads: usize = self.members.iter().map(|(group, finding)| finding.workloads.len() * group.releases.len()).sum();
        if workloads == 0 {
            draft.own("no pod that is rendered");
        } else {
            draft.number(workloads).own(if workloads == 1 { " workload" } else { " workloads" });
        }
    }
}

/// Whom one finding affects.
fn affected(draft: &mut Draft, group: &Group, finding: &FindingView) {
    if finding.workloads.is_empty() {
        draft.prose(&affects_no_workload(group, finding), Slot::Cell);
    } else {
        names(draft, &finding.workloads.iter().map(String::as_str).collect::<Vec<_>>());
    }
    if group.releases.len() > 1 {
        draft.own("; alike in ").number(group.releases.len()).own(" releases");
    }
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

fn values(finding: &FindingView) -> Option<(ChangeKind, Option<&String>, Option<&String>)> {
    finding.change.as_ref().map(|change| (change.kind, change.old.as_ref(), change.new.as_ref()))
}

fn clip(text: &str) -> String {
    inline::clip(text, VALUE).into_owned()
}
