//! The sentences that comment, terminal and check say alike: the verdict, whom a finding affects, what was compared. Own words and numbers
//! only; what they quote is escaped by whoever shows it.

use super::{FindingView, Group, PullReport, Reach};
use crate::classify::{Confidence, Severity};
use crate::report::wording::count;

/// How many findings are of which weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    /// Those that fail the check.
    pub(super) blocking: usize,
    /// Those that don't, but have to be looked at.
    pub(super) review: usize,
    /// The rest.
    pub(super) notes: usize,
}

impl Counts {
    /// Counts a report's findings.
    pub(super) fn of(report: &PullReport) -> Self {
        let mut counts = Self { blocking: 0, review: 0, notes: 0 };
        for finding in report.counting() {
            *match Weight::of(report, finding) {
                Weight::Blocks => &mut counts.blocking,
                Weight::Review => &mut counts.review,
                Weight::Note => &mut counts.notes,
            } += 1;
        }
        counts
    }

    /// All of them.
    pub(super) fn all(self) -> usize {
        self.blocking + self.review + self.notes
    }
}

/// What a finding asks of the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// It fails the check.
    Blocks,
    /// It has to be looked at.
    Review,
    /// It is good to know.
    Note,
}

impl Weight {
    /// What one finding asks.
    pub(super) fn of(report: &PullReport, finding: &FindingView) -> Self {
        match finding.severity {
            severity if report.blocks(severity) => Self::Blocks,
            Severity::Info => Self::Note,
            _ => Self::Review,
        }
    }
}

impl PullReport {
    /// The verdict in a few words of our own: `1 change blocks, 2 to review`.
    pub fn verdict(&self) -> String {
        let Counts { blocking, review, notes } = Counts::of(self);
        let notes = if notes == 0 { String::new() } else { format!(", {}", count(notes, "note", "notes")) };
        let changes = |number| count(number, "change", "changes");
        match (blocking, review, self.complete) {
            (0, 0, true) if self.groups.is_empty() => "no chart changes its version, nothing to review".to_owned(),
            (0, 0, true) => format!("compared completely, nothing to review{notes}"),
            (0, 0, false) if self.groups.is_empty() => "could not be compared".to_owned(),
            (0, 0, false) => format!("not fully compared{notes}"),
            (0, _, true) => format!("{} to review, nothing blocking{notes}", changes(review)),
            (0, _, false) => format!("not fully compared, {} to review{notes}", changes(review)),
            _ => {
                let blocks = if blocking == 1 { "blocks" } else { "block" };
                let review = if review == 0 { String::new() } else { format!(", {review} to review") };
                let incomplete = if self.complete { "" } else { "; not fully compared" };
                format!("{} {blocks}{review}{notes}{incomplete}", changes(blocking))
            }
        }
    }
}

/// The step between two versions, in parentheses, where it has a name.
pub(super) fn step(group: &Group) -> &'static str {
    match group.step.as_str() {
        "major" => " (major)",
        "minor" => " (minor)",
        "patch" => " (patch)",
        "prerelease" => " (prerelease)",
        "downgrade" => " (downgrade)",
        "none" => " (same version)",
        _ => "",
    }
}

/// Whom a finding affects that names no workload.
pub(super) fn affects_no_workload(group: &Group, finding: &FindingView) -> String {
    match (&group.rendered, finding.reach) {
        (None, _) => "not known: nothing was rendered".to_owned(),
        (_, Some(reach)) => reach.words(),
        _ if finding.confidence == Confidence::Possible => "not known: not tried".to_owned(),
        _ => "no pod of this release".to_owned(),
    }
}

impl Reach {
    fn words(self) -> String {
        let Self { effective, masked, inert } = self;
        let all = effective + masked + inert;
        match (effective, masked, inert) {
            (0, 0, 1) => "nobody: nothing rendered reads it".to_owned(),
            (0, 0, _) => "nobody: nothing rendered reads them".to_owned(),
            (0, 1, 0) => "nobody: your values set it".to_owned(),
            (0, _, 0) => "nobody: your values set them".to_owned(),
            (0, _, _) => format!("nobody: your values set {masked}, nothing rendered reads the others"),
            (1, 0, 0) => "it changes what is rendered".to_owned(),
            _ if effective == all => format!("all {all} change what is rendered"),
            (1, _, _) => format!("1 of {all} changes what is rendered"),
            _ => format!("{effective} of {all} change what is rendered"),
        }
    }
}

/// What was looked at.
pub(super) fn compared(group: &Group) -> &'static str {
    match &group.rendered {
        Some(rendering) if rendering.assumes_workload_identity => {
            "Compared: default values, templates and the rendered objects of both versions, with workload identity assumed wherever the old \
             chart has a place for it"
        }
        Some(_) => "Compared: default values, templates and the rendered objects of both versions",
        None if group.missing.is_empty() => "Compared: default values and templates; this chart renders nothing by itself",
        None => "Compared: default values and templates, but not the rendered objects",
    }
}
