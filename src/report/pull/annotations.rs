//! Findings as remarks on lines of the change: what a CI log or a check shows beside the line that names the new version.

use super::{PullReport, words::Weight};
use crate::classify::Severity;

/// A remark on a line. Its texts are foreign: whoever prints it escapes them for where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// How bad; `None` for what was not compared.
    pub severity: Option<Severity>,
    /// Whether it fails the check.
    pub blocks: bool,
    /// The file, in the new tree.
    pub file: String,
    /// The line, from 1; 0 when only the file is known.
    pub line: u32,
    /// A few words.
    pub title: String,
    /// What happened.
    pub message: String,
}

/// At most `most` remarks, worst first: what could not be compared and every finding that has to be looked at, each on the first release's
/// line. When there are more, the last one says how many.
pub fn annotations(report: &PullReport, most: usize) -> Vec<Annotation> {
    let mut all: Vec<Annotation> = Vec::new();
    for group in &report.groups {
        let Some(release) = group.releases.first() else { continue };
        let at = |severity, blocks, title: &str, message: String| Annotation {
            severity,
            blocks,
            file: release.file.clone(),
            line: release.line,
            title: format!("{} {} → {}: {title}", group.chart, group.old, group.new),
            message,
        };
        for finding in group.counting() {
            match Weight::of(report, finding) {
                Weight::Note => {}
                weight => all.push(at(Some(finding.severity), weight == Weight::Blocks, &finding.title, finding.message.clone())),
            }
        }
        all.extend(
            group.missing.iter().map(|missing| at(None, false, "not fully compared", format!("{}: {}", missing.part, missing.reason))),
        );
    }
    all.extend(report.unreviewed.iter().map(|one| Annotation {
        severity: None,
        blocks: false,
        file: one.file.clone(),
        line: one.line,
        title: format!("{}: not reviewed", one.chart),
        message: one.reason.clone(),
    }));
    // What blocks, then what is not known, then the rest by its severity.
    all.sort_by_key(|one| (!one.blocks, one.severity.is_some(), std::cmp::Reverse(one.severity)));
    let beyond = all.len().saturating_sub(most);
    all.truncate(most);
    if let Some(last) = all.last_mut().filter(|_| beyond > 0) {
        last.message = format!("{} And {beyond} more, see the whole report.", last.message);
    }
    all
}
