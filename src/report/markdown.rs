//! The report as GitHub-flavoured Markdown: verdict, table of findings, everything else folded. Made for pull requests, tickets and
//! artefacts, and proof against hostile text: see [`super::safe`]. Depends on the report's own types, `wording` and `safe`.

use super::draft::Draft;
use super::redact::Known;
use super::release::{self, Section};
use super::safe::Slot;
use super::{Report, inline, remedy, wording};
use crate::classify::{Finding, Place, Severity};
use crate::diff::{CrdChange, FieldChange, FileChange, SchemaChange, ValueChange};
use crate::value::secrets;

/// Findings in the table on top.
const FINDING_ROWS: usize = 10;

/// Places of a finding before the rest is only counted.
const PLACES: usize = 20;

/// Rows of any other table or list before the rest is only counted.
const ROWS: usize = 60;

/// Template and CRD lines of one report before the rest is only named.
const LINES: usize = 400;

/// Bytes of a report behind which no more such lines are shown: a comment has to fit into 64 KiB.
const BYTES: usize = 40_000;

/// In front of a finding's own places.
const WHERE: &str = "**Where.**\n\n";

/// Renders the report.
pub fn render(report: &Report) -> String {
    let mut page = Page { body: Draft::default(), report, known: Known::of(report), lines_left: LINES };
    page.verdict();
    page.finding_table();
    page.findings();
    page.ignored();
    page.release();
    page.values();
    page.rest();
    page.packages();
    page.body.out
}

struct Page<'a> {
    body: Draft,
    report: &'a Report,
    known: Known,
    lines_left: usize,
}

impl Page<'_> {
    fn verdict(&mut self) {
        let report = self.report;
        let body = &mut self.body;
        body.own("### ").prose(&report.chart, Slot::Flow).own(" ").prose(&report.old.version, Slot::Inner).own(" → ");
        body.prose(&report.new.version, Slot::Inner).own(wording::step(report)).own(": ");
        body.prose(&wording::answer(report), Slot::Inner).own("\n\n");
        if let Some(release) = &report.release {
            body.prose(&release::rendered_as(release), Slot::Flow).own("\n");
        }
        body.own(wording::scope(report)).own("\n\n");
        if !report.verdict.missing.is_empty() {
            body.own("**Not compared:**\n\n");
            for missing in &report.verdict.missing {
                body.own("- ").code(&missing.part).own(": ").prose(&missing.reason, Slot::Inner).own("\n");
            }
            body.own("\n");
        }
    }

    fn finding_table(&mut self) {
        let (counting, _) = wording::split_ignored(&self.report.findings);
        if counting.is_empty() {
            self.body.own(wording::answer_without_findings(self.report)).own("\n\n");
            return;
        }
        self.body.own("| level | what changed | old → new | where |\n|---|---|---|---|\n");
        for finding in counting.iter().take(FINDING_ROWS) {
            self.finding_row(finding);
        }
        self.body.more(counting.len(), FINDING_ROWS);
        self.body.own("\n");
    }

    fn finding_row(&mut self, finding: &Finding) {
        let body = &mut self.body;
        body.own("| **").own(wording::severity(finding.severity)).own("** (").own(wording::confidence(finding.confidence)).own(") | ");
        body.prose(&finding.title, Slot::Cell).own(" | ");
        let shared = wording::shared(&finding.changes);
        match (&finding.changes[..], &shared.change) {
            // A file's text is too long for a table; it is quoted below.
            ([place, ..], _) if wording::is_file(place) => {}
            ([place], Some((old, new))) => {
                body.cell(&wording::path(&place.path)).own(": ");
                body.change(place.kind, old, new, Slot::Cell);
            }
            ([place, ..], Some((old, new))) => {
                body.change(place.kind, old, new, Slot::Cell);
            }
            _ => {}
        }
        body.own(" | ");
        match &finding.changes[..] {
            [] => {}
            [place] => {
                body.cell(&place_at(place));
            }
            places => {
                body.number(places.len()).own(" places");
                if let Some(file) = &shared.file {
                    body.own(" in ").cell(file);
                }
            }
        }
        body.own(" |\n");
    }

    fn findings(&mut self) {
        let (counting, _) = wording::split_ignored(&self.report.findings);
        for finding in counting {
            let open = finding.severity >= Severity::High;
            let body = &mut self.body;
            body.own(if open { "<details open><summary><b>" } else { "<details><summary><b>" });
            body.own(wording::severity(finding.severity)).own("</b>: ").prose(&finding.title, Slot::Summary).own("</summary>\n\n");
            self.finding(finding);
            self.body.end_fold();
        }
    }

    fn finding(&mut self, finding: &Finding) {
        if !finding.message.is_empty() {
            let message = self.known.text(&finding.message);
            self.body.own("**What.** ").prose(&message, Slot::Inner).own("\n\n");
        }
        self.places(WHERE, &finding.changes);
        self.places("**Next to it.**\n\n", &finding.beside);
        let body = &mut self.body;
        if !finding.workloads.is_empty() {
            body.own("**Affects.** ").prose(&wording::listed(&finding.workloads), Slot::Inner).own("\n\n");
        }
        for cause in release::causes(finding) {
            body.own("**Cause.** ").prose(&cause, Slot::Inner).own("\n\n");
        }
        if !finding.why.is_empty() {
            body.own("**Why it matters.** ").prose(&finding.why, Slot::Inner).own("\n\n");
        }
        if let Some(fix) = &finding.fix {
            body.own("**Fix.** ").prose(&self.known.text(&fix.text), Slot::Inner);
            if let Some(proof) = remedy::proof(fix) {
                body.own(" ").prose(&self.known.text(&proof), Slot::Inner);
            }
            body.own("\n\n");
            let yaml = remedy::yaml(fix);
            if !yaml.is_empty() {
                body.fence("yaml", yaml.iter().map(|line| ("  ", line.as_str())));
                body.own("\n");
            }
            let flags = remedy::flags(fix);
            if (1..=remedy::FLAGS).contains(&flags.len()) {
                body.own("or as flags:\n\n");
                body.fence("sh", flags.iter().map(|flag| ("  ", flag.as_str())));
                body.own("\n");
            }
        }
        body.own("Rule ").code(&finding.rule).own(" of pack ").code(&finding.pack).own(".");
        for reference in &finding.references {
            body.own(" ").code(reference);
        }
        body.own("\n");
    }

    fn places(&mut self, label: &'static str, places: &[Place]) {
        if places.is_empty() {
            return;
        }
        if let [place] = places
            && let Some(lines) = wording::file_lines(place, &self.known)
        {
            self.body.own(label).code(&place_at(place)).own("\n\n");
            self.body.fence("diff", lines.iter().map(|(sign, line)| (*sign, line.as_str())));
            self.note(place, None);
            self.body.own("\n");
            return;
        }
        self.body.own(label);
        let said = wording::SharedNote::of(places);
        for place in places.iter().take(PLACES) {
            let body = &mut self.body;
            let (old, new) = wording::place_pair(place);
            if wording::is_file(place) {
                body.own("- ").code(&place_at(place)).own(": ").change(place.kind, &old, &new, Slot::Inner);
            } else {
                body.own("- ").code(&wording::path(&place.path)).own(": ");
                body.change(place.kind, &old, &new, Slot::Inner).own(", ").code(&place_at(place));
            }
            if let Some(description) = place.description.as_deref().filter(|_| places.len() == 1 && label == WHERE) {
                let description = self.known.text(description);
                body.own(". The chart says: ").prose(&inline::shorten(&description), Slot::Inner);
            }
            self.note(place, said.as_ref());
            self.body.own("\n");
        }
        self.body.more(places.len(), PLACES);
        if let Some(said) = said {
            let text = self.known.text(said.example.note.as_deref().unwrap_or_default());
            let body = self.body.own("\n\\* ").code(&wording::path(&said.example.path)).own(": ").prose(&text, Slot::Inner);
            body.own(" (").number(said.count).own(" places alike, with their own names.)\n");
        }
        self.body.own("\n");
    }

    /// A place's note, or a star when it is said once for all.
    fn note(&mut self, place: &Place, said: Option<&wording::SharedNote<'_>>) {
        match &place.note {
            Some(_) if said.is_some_and(|said| said.covers(place)) => {
                self.body.own(" \\*");
            }
            Some(note) => {
                let note = self.known.text(note);
                self.body.own(" Note: ").prose(&note, Slot::Inner);
            }
            None => {}
        }
    }

    fn ignored(&mut self) {
        let (_, ignored) = wording::split_ignored(&self.report.findings);
        if !ignored.is_empty() {
            self.body.fold("Ignored by configuration", Some(ignored.len()));
            for finding in ignored {
                let body = &mut self.body;
                body.own("- ").own(wording::severity(finding.severity)).own(": ").prose(&finding.title, Slot::Inner).own(" (");
                body.code(&finding.rule).own("). Reason: ").prose(finding.ignored.as_deref().unwrap_or_default(), Slot::Inner).own("\n");
            }
            self.body.end_fold();
        }
        if !self.report.unused_ignores.is_empty() {
            self.body.fold("Ignores that match nothing", Some(self.report.unused_ignores.len()));
            for ignore in &self.report.unused_ignores {
                self.body.own("- ").code(ignore).own("\n");
            }
            self.body.end_fold();
        }
    }

    fn release(&mut self) {
        for section in release::sections(self.report) {
            self.body.own("<details><summary>").own(section.title);
            if !section.rows.is_empty() {
                let count = section.count.clone().unwrap_or_else(|| section.rows.len().to_string());
                self.body.own(" (").prose(&count, Slot::Summary).own(")");
            }
            self.body.own("</summary>\n\n");
            self.section_table(&section);
            for remark in &section.remarks {
                let remark = self.known.text(remark);
                self.body.own("\n").prose(&remark, Slot::Inner).own("\n");
            }
            self.body.end_fold();
        }
    }

    fn section_table(&mut self, section: &Section) {
        let columns = section.rows.iter().map(Vec::len).max().unwrap_or(0);
        if columns == 0 {
            return;
        }
        for column in 0..columns {
            self.body.own("| ").own(section.header.get(column).copied().unwrap_or_default()).own(" ");
        }
        self.body.own("|\n");
        self.body.out.push_str(&"|---".repeat(columns));
        self.body.own("|\n");
        for row in section.rows.iter().take(ROWS) {
            for cell in row {
                self.body.own("| ").cell(cell).own(" ");
            }
            self.body.own("|\n");
        }
        self.body.more(section.rows.len(), ROWS);
    }

    fn values(&mut self) {
        let values = &self.report.comparison.values;
        if !values.changes.is_empty() || values.comment_only_lines > 0 {
            self.body.fold_by_chart("Default values that differ", &wording::Origins::of(&values.changes));
            if !values.changes.is_empty() {
                self.body.own("| | setting | old → new | where | finding |\n|---|---|---|---|---|\n");
                values.changes.iter().take(ROWS).for_each(|change| self.value_row(change));
                self.body.more(values.changes.len(), ROWS);
            }
            if values.comment_only_lines > 0 {
                let lines = wording::count(values.comment_only_lines, "further changed line", "further changed lines");
                self.body.own("\n").prose(&lines, Slot::Inner).own(" of the values files ").own(wording::COMMENTS_ONLY).own(".\n");
            }
            self.body.end_fold();
        }
        if !values.moves.is_empty() {
            self.body.fold("Perhaps renamed or moved", Some(values.moves.len()));
            for proposal in values.moves.iter().take(ROWS) {
                self.body.own("- ").prose(&wording::moved(proposal), Slot::Inner).own("\n");
            }
            self.body.more(values.moves.len(), ROWS);
            self.body.end_fold();
        }
    }

    fn value_row(&mut self, change: &ValueChange) {
        let (old, new) = inline::pair(&change.path, change.old.as_ref(), change.new.as_ref());
        let at = wording::at(&change.file, change.old_line, change.new_line);
        let body = &mut self.body;
        body.own("| ").own(wording::kind(change.kind).1).own(" | ").cell(&wording::path(&change.path)).own(" | ");
        body.change(change.kind, &old, &new, Slot::Cell);
        if let Some(note) = wording::type_note(change) {
            body.own(" (").prose(&note, Slot::Inner).own(")");
        }
        body.own(" | ").cell(&at).own(" | ");
        body.own(wording::finding_of(self.report, &change.path).map_or("", wording::severity)).own(" |\n");
    }

    fn rest(&mut self) {
        let comparison = &self.report.comparison;
        self.table("Default images that differ", "| image | old → new |\n|---|---|\n", comparison.images.len(), |row, body| {
            let image = &comparison.images[row];
            body.cell(&image.path.to_string()).own(" | ");
            body.sides(image.old.as_deref(), image.new.as_deref());
        });
        self.table(
            "Dependencies that differ",
            "| dependency | old → new | |\n|---|---|---|\n",
            comparison.dependencies.len(),
            |row, body| {
                let dependency = &comparison.dependencies[row];
                body.cell(&wording::dependency_name(dependency)).own(" | ");
                body.sides(dependency.old_version.as_deref(), dependency.new_version.as_deref());
                body.own(" | ").prose(&wording::dependency_notes(dependency), Slot::Cell);
            },
        );
        self.files("Templates that differ", &comparison.templates);
        self.files("CRDs that differ", &comparison.crds);
        let header = "| | CRD | change |\n|---|---|---|\n";
        self.table("What the CRDs' changes mean", header, comparison.crd_changes.len(), |row, body| {
            let CrdChange { name, text, breaking, .. } = &comparison.crd_changes[row];
            body.own(if *breaking { "**breaking** | " } else { " | " }).cell(name).own(" | ").prose(text, Slot::Cell);
        });
        self.table("Values schema", "| | setting | change |\n|---|---|---|\n", comparison.schema.len(), |row, body| {
            let SchemaChange { path, text, stricter } = &comparison.schema[row];
            body.own(if *stricter { "**stricter** | " } else { " | " }).cell(&wording::path(path)).own(" | ").prose(text, Slot::Cell);
        });
        self.table("Chart metadata that differs", "| | field | old → new |\n|---|---|---|\n", comparison.metadata.len(), |row, body| {
            let FieldChange { path, kind, old, new } = &comparison.metadata[row];
            let (old, new) = inline::pair(path, old.as_ref(), new.as_ref());
            body.own(wording::kind(*kind).1).own(" | ").cell(&secrets::path(path)).own(" | ");
            body.change(*kind, &old, &new, Slot::Cell);
        });
        self.table("Announced by the chart's makers", "| | |\n|---|---|\n", comparison.announced.len(), |row, body| {
            let entry = &comparison.announced[row];
            body.prose(&entry.kind, Slot::Cell).own(" | ").prose(&entry.text, Slot::Cell);
        });
    }

    fn table(&mut self, summary: &'static str, header: &'static str, rows: usize, row: impl Fn(usize, &mut Draft)) {
        if rows == 0 {
            return;
        }
        self.body.fold(summary, Some(rows));
        self.body.own(header);
        for number in 0..rows.min(ROWS) {
            self.body.own("| ");
            row(number, &mut self.body);
            self.body.own(" |\n");
        }
        self.body.more(rows, ROWS);
        self.body.end_fold();
    }

    fn files(&mut self, summary: &'static str, files: &[FileChange]) {
        if files.is_empty() {
            return;
        }
        self.body.fold(summary, Some(files.len()));
        for file in files.iter().take(ROWS) {
            self.body.own("- ").code(&file.path).own(": ").prose(&wording::file_change(file), Slot::Inner).own("\n");
        }
        self.body.more(files.len(), ROWS);
        let mut left_out = 0;
        for file in files.iter().filter(|file| !file.hunks.is_empty()) {
            if self.lines_left == 0 || self.body.out.len() > BYTES {
                left_out += 1;
            } else {
                self.hunks(file);
            }
        }
        if left_out > 0 {
            self.body.own("\nThe lines of ").number(left_out).own(" more files: see `-o json`.\n");
        }
        self.body.end_fold();
    }

    /// The whole file's hunks in one fence, or a line that says they were left out.
    fn hunks(&mut self, file: &FileChange) {
        let mut lines: Vec<(&'static str, String)> = Vec::new();
        for hunk in &file.hunks {
            lines.push(("", wording::hunk_heading(hunk)));
            let mut above = secrets::Lines::default();
            lines.extend(hunk.lines.iter().map(|line| (wording::sign(line.kind), self.known.line(&mut above, &line.text))));
        }
        let shown = lines.len().min(self.lines_left);
        self.lines_left -= shown;
        self.body.own("\n").code(&file.path).own("\n\n");
        if shown > 0 {
            self.body.fence("diff", lines.iter().take(shown).map(|(sign, text)| (*sign, text.as_str())));
        }
        if lines.len() > shown {
            self.body.own("\n… ").number(lines.len() - shown).own(" more lines, see `-o json`.\n");
        }
    }

    fn packages(&mut self) {
        self.body.fold("Packages", None);
        for (label, side) in [("- old: ", &self.report.old), ("- new: ", &self.report.new)] {
            self.body.own(label).code(&side.source);
            if let Some(digest) = &side.digest {
                self.body.own(", ").code(digest);
            }
            self.body.own("\n");
        }
        self.body.own("\n</details>\n");
    }
}

/// `values.yaml:147 → 149`.
fn place_at(place: &Place) -> String {
    wording::at(&place.file, place.old_line, place.new_line)
}
