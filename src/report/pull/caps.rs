//! How much a report may hold: what [`PullReport::of`](super::PullReport::of) keeps to and what reading refuses to go beyond. Whatever is
//! cut here is counted or named as missing, never lost in silence.

use super::{FindingView, Group, MissingView, PullReport, TableView};
use crate::report::inline;

/// Bytes of a report as JSON.
pub(super) const BYTES: usize = 32 << 20;
/// Characters of a sentence.
pub(super) const TEXT: usize = 4_000;
/// Characters of any string that is read, with room for what a cut leaves behind.
pub(super) const STRING: usize = 5_000;
/// Anything that is only counted.
pub(super) const COUNT: usize = 1_000_000;
/// Findings of all charts together.
pub(super) const ALL_FINDINGS: usize = 20_000;
/// Columns of a table.
pub(super) const COLUMNS: usize = 12;
/// Entries of any list.
pub(super) const LIST: usize = 2_000;
/// Findings of a group.
const FINDINGS: usize = 300;
/// Places of a finding.
const PLACES: usize = 60;
/// Rows of a table.
const ROWS: usize = 300;

/// Cuts what is beyond the caps.
pub(super) fn keep(report: &mut PullReport) {
    if report.groups.len() > LIST {
        let beyond = report.groups.len() - LIST;
        report.groups.truncate(LIST);
        if let Some(last) = report.groups.last_mut() {
            last.missing.push(missing("further charts", &format!("{beyond} more reviews are not in this report")));
        }
    }
    report.groups.iter_mut().for_each(keep_group);
    keep_all_findings(&mut report.groups);
    keep_bytes(report);
    let beyond = report.unreviewed.len().saturating_sub(LIST);
    report.unreviewed.truncate(LIST);
    if let Some(last) = report.unreviewed.last_mut().filter(|_| beyond > 0) {
        last.reason = format!("this and {beyond} more can't be reviewed: {}", last.reason);
    }
    for one in &mut report.unreviewed {
        clip_all([&mut one.tool, &mut one.chart, &mut one.file, &mut one.reason]);
        one.hint.iter_mut().for_each(clip);
    }
}

/// Cuts the findings of the last charts, which are the least bad ones.
fn keep_all_findings(groups: &mut [Group]) {
    let mut left = ALL_FINDINGS;
    for group in groups {
        let beyond = group.findings.len().saturating_sub(left);
        if beyond > 0 {
            group.findings.truncate(left);
            group.missing.push(missing("further findings", &format!("{beyond} of them are not in this report")));
        }
        left -= group.findings.len();
    }
}

/// Leaves out tables from the last charts on until the JSON is no longer than what is read back.
fn keep_bytes(report: &mut PullReport) {
    let mut bytes = length(report);
    for index in (0..report.groups.len()).rev() {
        if bytes <= BYTES {
            break;
        }
        let group = &mut report.groups[index];
        let shown = length(group);
        (group.identities, group.tables) = (None, Vec::new());
        bytes -= shown - length(group);
    }
}

fn missing(part: &str, reason: &str) -> MissingView {
    MissingView { part: part.to_owned(), reason: reason.to_owned() }
}

fn keep_group(group: &mut Group) {
    if group.findings.len() > FINDINGS {
        let beyond = group.findings.len() - FINDINGS;
        group.findings.truncate(FINDINGS);
        group.missing.push(missing("further findings", &format!("{beyond} more of the lesser ones are not in this report")));
    }
    group.findings.iter_mut().for_each(keep_finding);
    group.missing.truncate(LIST);
    group.releases.truncate(LIST);
    group.restarts.truncate(LIST);
    clip_all([&mut group.chart, &mut group.old, &mut group.new]);
    for missing in &mut group.missing {
        clip_all([&mut missing.part, &mut missing.reason]);
    }
    for release in &mut group.releases {
        clip_all([&mut release.tool, &mut release.name, &mut release.namespace, &mut release.file]);
        release.values_files.truncate(LIST);
        release.values_files.iter_mut().for_each(clip);
    }
    group.restarts.iter_mut().chain(&mut group.packages).for_each(clip);
    // A command that is cut is no command.
    group.reproduce.retain(|command| command.chars().count() <= TEXT);
    group.identities.iter_mut().chain(&mut group.tables).for_each(keep_table);
}

fn keep_finding(finding: &mut FindingView) {
    finding.places.truncate(PLACES);
    finding.workloads.truncate(LIST);
    finding.causes.truncate(PLACES);
    clip_all([&mut finding.rule, &mut finding.title, &mut finding.message, &mut finding.why]);
    finding.workloads.iter_mut().chain(&mut finding.causes).chain(&mut finding.ignored).for_each(clip);
    let changes = finding.change.iter_mut().chain(finding.places.iter_mut().map(|place| &mut place.change));
    changes.flat_map(|change| [&mut change.path, &mut change.old, &mut change.new]).flatten().for_each(clip);
    for place in &mut finding.places {
        clip(&mut place.at);
        place.note.iter_mut().for_each(clip);
    }
    if let Some(fix) = &mut finding.fix {
        clip(&mut fix.text);
        // Half of a fix is none.
        if fix.yaml.len() > LIST || fix.yaml.iter().any(|line| line.chars().count() > TEXT) {
            fix.yaml.clear();
            fix.verified = false;
        }
    }
}

fn keep_table(table: &mut TableView) {
    table.rows.truncate(ROWS);
    table.rows.iter_mut().flatten().chain(&mut table.remarks).for_each(clip);
}

/// How long it is as JSON, indentation included, at most.
fn length(value: &impl serde::Serialize) -> usize {
    serde_json::to_vec_pretty(value).map_or(0, |text| text.len() * 3 / 2)
}

fn clip_all<const N: usize>(texts: [&mut String; N]) {
    texts.into_iter().for_each(clip);
}

fn clip(text: &mut String) {
    if let std::borrow::Cow::Owned(cut) = inline::clip(text, TEXT) {
        *text = cut;
    }
}
