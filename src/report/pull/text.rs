//! The report for a terminal: the verdict first, then the table of findings, what was not compared, each finding with its cause and fix.

use std::collections::BTreeSet;

use super::rows::{Row, rows};
use super::words::{self, Weight};
use super::{ChangeView, FindingView, Group, NotReviewed, PullReport, ReleaseView, TableView};
use crate::classify::Severity;
use crate::report::sheet::{Sheet, Tone};
use crate::report::{Style, wording};

/// Places, names and rows before the rest is only counted.
const PLACES: usize = 5;
const NAMES: usize = 6;
const ROWS: usize = 40;

/// Columns from which on a table has room for names; below, it counts them, and the findings name them.
const ROOM_FOR_NAMES: u16 = 120;

/// Renders the report. With `style.lines` (`-v`) all tables are shown, else only whom the pods are taken for.
pub fn text(report: &PullReport, style: &Style) -> String {
    let mut page = Page { sheet: Sheet::new(style), report, all: style.lines, has_room: style.width >= ROOM_FOR_NAMES };
    page.verdict();
    page.charts();
    page.table();
    page.missing();
    for group in &report.groups {
        page.group(group);
    }
    page.reproduce();
    page.sheet.finish()
}

struct Page<'a> {
    sheet: Sheet,
    report: &'a PullReport,
    all: bool,
    has_room: bool,
}

impl Page<'_> {
    fn verdict(&mut self) {
        let report = self.report;
        let subject = match (&report.groups[..], report.unreviewed.len()) {
            ([group], 0) => format!("{}{}", step(group), words::step(group)),
            (groups, unreviewed) => wording::count(groups.len() + unreviewed, "chart bump", "chart bumps"),
        };
        let tone = match (report.complete, report.level) {
            (_, Some(level)) if report.blocks(level) => Tone::Severity(level),
            (false, _) => Tone::Warning,
            (true, Some(level)) if level > Severity::Info => Tone::Severity(level),
            (true, _) => Tone::Good,
        };
        self.sheet.paragraph(0, &format!("{subject}: {}", report.verdict()), tone);
    }

    fn charts(&mut self) {
        let one = self.report.groups.len() == 1;
        for group in &self.report.groups {
            if one {
                self.sheet.paragraph(0, &format!("{}.", words::compared(group)), Tone::Plain);
            } else {
                let not_rendered = if group.rendered.is_none() { ", not rendered" } else { "" };
                self.sheet.item(0, "-", &format!("{}{}{not_rendered}", step(group), words::step(group)));
            }
            for release in group.releases.iter().take(NAMES) {
                self.sheet.paragraph(2, &place(release), Tone::Faint);
            }
            self.more(2, group.releases.len(), NAMES);
        }
    }

    fn table(&mut self) {
        let cells: Vec<Vec<String>> = rows(self.report, false).iter().map(|row| self.cells(row)).collect();
        if cells.is_empty() {
            return;
        }
        self.sheet.gap();
        let header = ["level", "what changed", "old → new", "who is affected"];
        self.sheet.table(2, &header, 2, &cells[..cells.len().min(ROWS)]);
        self.more(2, cells.len(), ROWS);
    }

    fn cells(&self, row: &Row<'_>) -> Vec<String> {
        let level = row.level(self.report).map_or("", |(_, severity, _)| wording::severity(severity));
        let what = match (row.path(), row.places()) {
            (Some(path), _) if self.has_room => format!("{}: {path}", row.title()),
            (None, places) if places > 1 => format!("{} ({places} places)", row.title()),
            _ => row.title().to_owned(),
        };
        let affected = row.affected();
        let charts = if self.report.groups.len() > 1 { format!("{}: ", row.charts().join(", ")) } else { String::new() };
        let names = match &affected.names[..] {
            names if names.len() > 1 && !self.has_room => wording::count(names.len(), "workload", "workloads"),
            names => wording::listed(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()),
        };
        let alike = if affected.releases > 1 { format!(", alike in {} releases", affected.releases) } else { String::new() };
        let who = format!("{charts}{names}{}{alike}", affected.words);
        vec![level.to_owned(), what, row.change().map(change).unwrap_or_default(), who]
    }

    fn missing(&mut self) {
        let parts: usize = self.report.groups.iter().map(|group| group.missing.len()).sum();
        let total = parts + self.report.unreviewed.len();
        if total == 0 {
            return;
        }
        self.sheet.heading("Not compared, so risks may be missing", &total.to_string());
        for NotReviewed { chart, file, line, reason, hint, .. } in &self.report.unreviewed {
            self.sheet.item(2, "!", &format!("{chart} in {}: {reason}", at(file, *line)));
            if let Some(hint) = hint {
                self.sheet.paragraph(4, &format!("next step: {hint}"), Tone::Faint);
            }
        }
        for group in &self.report.groups {
            for missing in &group.missing {
                self.sheet.item(2, "!", &format!("{}, {}: {}", group.chart, missing.part, missing.reason));
            }
        }
    }

    fn group(&mut self, group: &Group) {
        let (report, all) = (self.report, self.all);
        for finding in group.counting().filter(|finding| all || Weight::of(report, finding) != Weight::Note) {
            self.finding(group, finding);
        }
        let tables = if self.all { &group.tables[..] } else { &[] };
        for table in group.identities.iter().chain(tables) {
            self.rows(group, table);
        }
    }

    fn finding(&mut self, group: &Group, finding: &FindingView) {
        self.sheet.gap();
        let chart = if self.report.groups.len() > 1 { format!("{}: ", group.chart) } else { String::new() };
        let headline =
            format!("{} {chart}{} ({})", wording::severity_upper(finding.severity), finding.title, wording::confidence(finding.confidence));
        self.sheet.paragraph(0, &headline, Tone::Severity(finding.severity));
        if !finding.message.is_empty() {
            self.sheet.labelled("What", &finding.message);
        }
        for place in finding.places.iter().take(PLACES) {
            let path = place.change.path.as_deref().unwrap_or_default();
            self.sheet.labelled("Where", &format!("{path}: {}, {}", change(&place.change), place.at));
        }
        if finding.place_count > finding.places.len().min(PLACES) {
            let more = finding.place_count - finding.places.len().min(PLACES);
            self.sheet.continued(&format!("… {more} more"), Tone::Faint);
        }
        for cause in &finding.causes {
            self.sheet.labelled("Cause", cause);
        }
        if !finding.why.is_empty() {
            self.sheet.labelled("Why", &finding.why);
        }
        if let Some(fix) = &finding.fix {
            self.sheet.labelled("Fix", &format!("{}{}", fix.text, if fix.verified { " Verified by a render." } else { "" }));
            for line in &fix.yaml {
                self.sheet.verbatim(11, line, Tone::Added);
            }
        }
        self.sheet.labelled("Rule", &finding.rule);
    }

    fn rows(&mut self, group: &Group, table: &TableView) {
        self.sheet.gap();
        let chart = if self.report.groups.len() > 1 { format!("{}: ", group.chart) } else { String::new() };
        self.sheet.paragraph(0, &format!("{chart}{} ({})", table.title, table.count), Tone::Heading);
        let mut rows: Vec<Vec<String>> = table.rows.iter().take(ROWS).cloned().collect();
        if !table.header.is_empty() {
            rows.insert(0, table.header.clone());
        }
        if !rows.is_empty() {
            self.sheet.table(2, &[], 0, &rows);
        }
        self.more(2, table.row_count, ROWS);
        for remark in &table.remarks {
            self.sheet.paragraph(2, remark, Tone::Plain);
        }
    }

    fn reproduce(&mut self) {
        let mut seen = BTreeSet::new();
        let commands = self.report.groups.iter().flat_map(|group| &group.reproduce);
        let commands: Vec<&String> = commands.filter(|command| seen.insert(*command)).collect();
        if commands.is_empty() || !self.all {
            return;
        }
        self.sheet.heading("Reproduce", "");
        for command in commands.iter().take(ROWS) {
            self.sheet.verbatim(2, command, Tone::Plain);
        }
    }

    fn more(&mut self, indent: usize, total: usize, shown: usize) {
        if total > shown {
            self.sheet.paragraph(indent, &format!("… {} more, see -o json", total - shown), Tone::Faint);
        }
    }
}

fn step(group: &Group) -> String {
    format!("{} {} → {}", group.chart, group.old, group.new)
}

/// `release thanos in namespace monitoring (Argo CD, apps/thanos.yaml:14), with apps/values.yaml`.
fn place(release: &ReleaseView) -> String {
    let values = match (&release.values_files[..], release.has_other_values) {
        ([], false) => "default values only".to_owned(),
        ([], true) => "inline values".to_owned(),
        (files, inline) => format!("{}{}", wording::listed(files), if inline { " and inline values" } else { "" }),
    };
    let ReleaseView { tool, name, namespace, .. } = release;
    let off = release.switched_off.as_ref().map(|why| format!("; switched off there: {why}")).unwrap_or_default();
    format!("release {name} in namespace {namespace} ({tool}, {}), with {values}{off}", at(&release.file, release.line))
}

fn at(file: &str, line: u32) -> String {
    if line == 0 { file.to_owned() } else { format!("{file}:{line}") }
}

fn change(change: &ChangeView) -> String {
    match (&change.old, &change.new) {
        (None, None) => wording::kind(change.kind).1.to_owned(),
        (old, new) => {
            let text = |side: &Option<String>| side.clone().unwrap_or_default();
            wording::change(change.kind, &text(old), &text(new))
        }
    }
}
