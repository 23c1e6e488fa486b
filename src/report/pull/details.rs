//! What stands below a comment's table, one section for each thing that can be left out: findings in full, tables, how to repeat it.

use std::collections::BTreeSet;

use super::budget::{Part, Section};
use super::comment::place;
use super::rows::write_values;
use super::words::Weight;
use super::{Dialect, FindingView, FixView, Group, Limits, Links, PlaceView, PullReport, TableView};
use crate::report::draft::Draft;
use crate::report::safe::Slot;
use crate::report::wording;

/// The order in which there is room for sections.
const BLOCKING: u8 = 1;
const REVIEW: u8 = 2;
const REPRODUCE: u8 = 3;
const NOTES: u8 = 5;
const IDENTITIES: u8 = 4;
const TABLES: u8 = 6;

/// The last sort of section that is shown where nothing can be folded: more would bury the verdict.
pub(super) const WORST_UNFOLDED: u8 = REPRODUCE;

/// Places, rows and targets of a fix before the rest is only counted, in a comment and in a full report.
const PLACES: usize = 12;
const ROWS: usize = 25;
const TARGETS: usize = 3;
const ALL: usize = 10_000;

/// Limits from which on a text is a full report and not a comment.
const FULL_REPORT: usize = 500_000;

/// All sections, in the order they are read.
pub(super) fn sections(report: &PullReport, links: &Links, limits: Limits) -> Vec<Section> {
    let writer = Writer { report, links, dialect: limits.dialect, is_full: limits.bytes >= FULL_REPORT, blocking: report.blocking() };
    let mut sections = Vec::new();
    for group in &report.groups {
        let loud = group.counting().filter(|finding| Weight::of(report, finding) != Weight::Note);
        sections.extend(loud.map(|finding| writer.finding(group, finding)));
    }
    sections.extend(writer.notes());
    sections.extend(writer.ignored());
    for group in &report.groups {
        sections.extend(group.identities.as_ref().map(|table| writer.identities(group, table)));
        sections.extend(writer.tables(group));
    }
    sections.extend(writer.reproduce());
    sections
}

struct Writer<'a> {
    report: &'a PullReport,
    links: &'a Links,
    dialect: Dialect,
    is_full: bool,
    blocking: usize,
}

impl Writer<'_> {
    /// One finding in full.
    fn finding(&self, group: &Group, finding: &FindingView) -> Section {
        let mut draft = Draft::default();
        let weight = Weight::of(self.report, finding);
        match self.dialect {
            Dialect::Full => {
                let open = weight == Weight::Blocks && self.is_first_blocking(finding);
                draft.own(if open { "<details open><summary><b>" } else { "<details><summary><b>" });
                draft.own(wording::severity(finding.severity)).own("</b>, ").own(wording::confidence(finding.confidence)).own(": ");
                draft.prose(&finding.title, Slot::Summary);
                self.chart(&mut draft, group, Slot::Summary);
                draft.own("</summary>\n\n");
            }
            Dialect::Basic => {
                draft.own("#### ").own(wording::severity(finding.severity)).own(", ").own(wording::confidence(finding.confidence));
                draft.own(": ").prose(&finding.title, Slot::Inner);
                self.chart(&mut draft, group, Slot::Inner);
                draft.own("\n\n");
            }
        }
        self.body(&mut draft, group, finding);
        self.end(&mut draft);
        let priority = if weight == Weight::Blocks { BLOCKING } else { REVIEW };
        Section { priority, part: Part::Findings, findings: 1, text: draft.out }
    }

    /// Blocking findings start open: all of them when they are few, else the first.
    fn is_first_blocking(&self, finding: &FindingView) -> bool {
        const OPEN: usize = 3;
        self.blocking <= OPEN || self.report.counting().next().is_some_and(|first| std::ptr::eq(first, finding))
    }

    /// Whose finding it is, when there are several charts.
    fn chart(&self, draft: &mut Draft, group: &Group, slot: Slot) {
        if self.report.groups.len() > 1 {
            draft.own(" (").name(&group.chart, slot).own(")");
        }
    }

    /// What happened, why, what to set, where.
    fn body(&self, draft: &mut Draft, group: &Group, finding: &FindingView) {
        if !finding.message.is_empty() {
            draft.prose(&finding.message, Slot::Flow).own("\n\n");
        }
        if let [first, _, ..] = &group.releases[..] {
            draft
                .own("Names are those of release ")
                .code(&first.name)
                .own("; the same holds for ")
                .number(group.releases.len() - 1)
                .own(" more.\n\n");
        }
        match &finding.causes[..] {
            [] => {}
            [cause] => {
                draft.own("**Cause:** ").prose(cause, Slot::Inner).own("\n\n");
            }
            causes => {
                draft.own("**Causes:**\n\n");
                for cause in causes.iter().take(self.most(PLACES)) {
                    draft.own("- ").prose(cause, Slot::Flow).own("\n");
                }
                draft.own("\n");
            }
        }
        if let Some(fix) = &finding.fix {
            self.fix(draft, group, fix);
        }
        if !finding.why.is_empty() {
            draft.own("**Why it matters:** ").prose(&finding.why, Slot::Inner).own("\n\n");
        }
        self.places(draft, finding);
        draft.own("Rule ").code(&finding.rule).own(".\n");
    }

    fn fix(&self, draft: &mut Draft, group: &Group, fix: &FixView) {
        if fix.yaml.is_empty() {
            draft.own("**What to do:** ").prose(&fix.text, Slot::Inner).own("\n\n");
            return;
        }
        draft.own("**Keep the old behaviour**");
        self.targets(draft, group);
        draft.own(if fix.verified {
            " (verified: a render with it shows the old behaviour):\n\n"
        } else {
            " (not verified by a render):\n\n"
        });
        draft.fence("yaml", fix.yaml.iter().map(|line| ("", line.as_str())));
        draft.own("\n");
        if !fix.text.is_empty() {
            draft.own("**Or:** ").prose(&fix.text, Slot::Inner).own("\n\n");
        }
    }

    /// The file that the YAML goes into.
    fn targets(&self, draft: &mut Draft, group: &Group) {
        let mut files: Vec<&str> = group.releases.iter().filter_map(|release| release.values_files.last()).map(String::as_str).collect();
        files.sort_unstable();
        files.dedup();
        let covers_all = group.releases.iter().all(|release| !release.values_files.is_empty());
        match (&files[..], &group.releases[..]) {
            (files, _) if covers_all && files.len() <= TARGETS => {
                draft.own(" in ");
                for (index, file) in files.iter().enumerate() {
                    draft.own(if index == 0 { "" } else { ", " });
                    place(draft, self.links, file, 0);
                }
            }
            (_, [release]) => {
                draft.own(" in the values of release ").code(&release.name).own(", ");
                place(draft, self.links, &release.file, 0);
            }
            _ => {
                draft.own(" in the values of each of these releases");
            }
        }
    }

    fn places(&self, draft: &mut Draft, finding: &FindingView) {
        let Some(first) = finding.places.first() else { return };
        if finding.place_count == 1 {
            draft.own("**Where:** ");
            Self::place_line(draft, first);
            draft.own("\n\n");
            return;
        }
        draft.own("**Where:**\n\n");
        let shown = finding.places.len().min(self.most(PLACES));
        for place in finding.places.iter().take(shown) {
            draft.own("- ");
            Self::place_line(draft, place);
            draft.own("\n");
        }
        if finding.place_count > shown {
            draft.own("- ").number(finding.place_count - shown).own(" more\n");
        }
        draft.own("\n");
    }

    fn place_line(draft: &mut Draft, place: &PlaceView) {
        if let Some(path) = &place.change.path {
            draft.code(path).own(": ");
        }
        write_values(draft, &place.change, Slot::Inner);
        if !place.at.is_empty() {
            draft.own(", ").code(&place.at);
        }
        if let Some(note) = &place.note {
            draft.own(". ").prose(note, Slot::Inner);
        }
    }

    /// All findings that are only good to know, as one section.
    fn notes(&self) -> Option<Section> {
        let groups = &self.report.groups;
        let notes: Vec<(&Group, &FindingView)> = groups
            .iter()
            .flat_map(|group| group.counting().map(move |finding| (group, finding)))
            .filter(|(_, finding)| Weight::of(self.report, finding) == Weight::Note)
            .collect();
        let mut draft = Draft::default();
        self.begin(&mut draft, "Notes", &notes.len().to_string(), None);
        draft.own("\n");
        for (index, (group, finding)) in notes.iter().enumerate() {
            draft.bold(&finding.title);
            self.chart(&mut draft, group, Slot::Inner);
            draft.own("\n\n");
            self.body(&mut draft, group, finding);
            draft.own(if index + 1 < notes.len() { "\n" } else { "" });
        }
        self.end(&mut draft);
        (!notes.is_empty()).then_some(Section { priority: NOTES, part: Part::Findings, findings: notes.len(), text: draft.out })
    }

    /// What the configuration ignores, with its reasons.
    fn ignored(&self) -> Option<Section> {
        let all = self.report.groups.iter().flat_map(|group| group.findings.iter().map(move |finding| (group, finding)));
        let ignored: Vec<(&Group, &FindingView)> = all.filter(|(_, finding)| finding.ignored.is_some()).collect();
        let mut draft = Draft::default();
        self.begin(&mut draft, "Ignored by configuration", &ignored.len().to_string(), None);
        draft.own("\n");
        for (group, finding) in &ignored {
            draft.own("- ").own(wording::severity(finding.severity)).own(": ").prose(&finding.title, Slot::Inner);
            self.chart(&mut draft, group, Slot::Inner);
            draft.own(" (").code(&finding.rule).own("). Reason: ");
            draft.prose(finding.ignored.as_deref().unwrap_or_default(), Slot::Inner).own("\n");
        }
        self.end(&mut draft);
        (!ignored.is_empty()).then_some(Section { priority: NOTES, part: Part::Tables, findings: 0, text: draft.out })
    }

    fn identities(&self, group: &Group, table: &TableView) -> Section {
        let mut draft = Draft::default();
        self.begin(&mut draft, &table.title, &table.count, Some(group));
        self.table(&mut draft, table);
        self.end(&mut draft);
        Section { priority: IDENTITIES, part: Part::Tables, findings: 0, text: draft.out }
    }

    /// All other tables of a chart.
    fn tables(&self, group: &Group) -> Option<Section> {
        if group.tables.is_empty() {
            return None;
        }
        let mut draft = Draft::default();
        self.begin(&mut draft, "Everything else", "", Some(group));
        draft.own("\n");
        for (index, table) in group.tables.iter().enumerate() {
            draft.bold(&table.title);
            if !table.rows.is_empty() {
                draft.own(" (").prose(&table.count, Slot::Inner).own(")");
            }
            draft.own("\n");
            self.table(&mut draft, table);
            draft.own(if index + 1 < group.tables.len() { "\n" } else { "" });
        }
        self.end(&mut draft);
        Some(Section { priority: TABLES, part: Part::Tables, findings: 0, text: draft.out })
    }

    fn table(&self, draft: &mut Draft, table: &TableView) {
        let columns = table.rows.iter().map(Vec::len).max().unwrap_or(0);
        if columns > 0 {
            draft.own("\n");
            for column in 0..columns {
                draft.own("| ").prose(table.header.get(column).map_or("", String::as_str), Slot::Cell).own(" ");
            }
            draft.own("|\n");
            draft.out.push_str(&"|---".repeat(columns));
            draft.own("|\n");
        }
        let shown = table.rows.len().min(self.most(ROWS));
        for row in table.rows.iter().take(shown) {
            for column in 0..columns {
                match row.get(column).map_or("", String::as_str) {
                    "" => draft.own("| "),
                    cell if is_sentence(cell) => draft.own("| ").prose(cell, Slot::Cell).own(" "),
                    cell => draft.own("| ").cell(cell).own(" "),
                };
            }
            draft.own("|\n");
        }
        if table.row_count > shown {
            draft.own("\n… ").number(table.row_count - shown).own(" more\n");
        }
        for remark in &table.remarks {
            draft.own("\n").prose(remark, Slot::Flow).own("\n");
        }
    }

    /// The commands, packages and what was rendered for.
    fn reproduce(&self) -> Option<Section> {
        let groups = &self.report.groups;
        let mut seen = BTreeSet::new();
        let all = groups.iter().flat_map(|group| &group.reproduce).map(String::as_str);
        let commands: Vec<&str> = all.filter(|command| seen.insert(*command)).collect();
        let mut draft = Draft::default();
        self.begin(&mut draft, "Reproduce", "", None);
        draft.own("\n");
        draft.fence("sh", commands.iter().take(self.most(PLACES)).map(|command| ("", *command)));
        let renderings: BTreeSet<(&str, &str)> =
            groups.iter().filter_map(|group| group.rendered.as_ref()).map(|one| (one.helm.as_str(), one.kube_version.as_str())).collect();
        for (helm, kubernetes) in renderings.into_iter().take(self.most(TARGETS)) {
            draft
                .own("\nRendered as Helm ")
                .prose(helm, Slot::Inner)
                .own(" does for Kubernetes ")
                .prose(kubernetes, Slot::Inner)
                .own(".\n");
        }
        draft.own("\n");
        for package in groups.iter().flat_map(|group| &group.packages).take(self.most(PLACES)) {
            draft.own("- ").code(package).own("\n");
        }
        self.end(&mut draft);
        (!commands.is_empty()).then_some(Section { priority: REPRODUCE, part: Part::Reproduce, findings: 0, text: draft.out })
    }

    fn begin(&self, draft: &mut Draft, title: &str, count: &str, group: Option<&Group>) {
        let slot = if self.dialect == Dialect::Full { Slot::Summary } else { Slot::Inner };
        draft.own(if self.dialect == Dialect::Full { "<details><summary>" } else { "#### " });
        draft.prose(title, slot);
        if let Some(group) = group {
            self.chart(draft, group, slot);
        }
        if !count.is_empty() {
            draft.own(" (").prose(count, slot).own(")");
        }
        draft.own(if self.dialect == Dialect::Full { "</summary>\n" } else { "\n" });
    }

    fn end(&self, draft: &mut Draft) {
        draft.own(if self.dialect == Dialect::Full { "\n</details>\n\n" } else { "\n" });
    }

    fn most(&self, in_comment: usize) -> usize {
        if self.is_full { ALL } else { in_comment }
    }
}

/// Whether a cell reads as words: several of them, or a step from one value to another, and nothing of a list's or a mapping's signs.
fn is_sentence(cell: &str) -> bool {
    cell.contains(' ') && !cell.contains(['{', '[', '"', '\\'])
}
