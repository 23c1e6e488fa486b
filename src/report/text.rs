//! The report for a terminal or a log: the verdict first, then what, where, why and what to do, then all that differs. Depends on the
//! report's own types, `wording` and `sheet`.

use unicode_width::UnicodeWidthStr as _;

use super::redact::Known;
use super::sheet::{Sheet, Tone};
use super::{Report, Style, inline, release, remedy, wording};
use crate::classify::{Finding, Place};
use crate::diff::{ChangeKind, CrdChange, DependencyChange, FieldChange, FileChange, SchemaChange, ValueChange};
use crate::value::secrets;

/// Rows of a list before the rest is only counted.
const ROWS: usize = 40;

/// Places of a finding before the rest is only counted.
const PLACES: usize = 15;

/// The same of what changed next to them.
const PLACES_BESIDE: usize = 5;

/// So many findings get a list of their titles ahead.
const OVERVIEW: usize = 3;

/// Template and CRD lines of one report before the rest is only counted.
const LINES: usize = 400;

/// Columns of a list's file and line numbers up to which what belongs to a path stands below the path.
const LINES_WIDTH: usize = 24;

/// The label of a finding's own places.
const WHERE: &str = "Where";

/// Renders the report.
pub fn render(report: &Report, style: &Style) -> String {
    let mut page = Page { sheet: Sheet::new(style), report, known: Known::of(report), lines: style.lines, lines_left: LINES };
    page.verdict();
    page.findings();
    page.release();
    page.values();
    page.rest();
    page.packages();
    page.sheet.finish()
}

struct Page<'a> {
    sheet: Sheet,
    report: &'a Report,
    known: Known,
    lines: bool,
    lines_left: usize,
}

impl Page<'_> {
    fn verdict(&mut self) {
        let report = self.report;
        let tone = match report.verdict.level {
            Some(level) => Tone::Severity(level),
            None if report.verdict.missing.is_empty() => Tone::Good,
            None => Tone::Warning,
        };
        let step = wording::step(report);
        let answer = wording::answer(report);
        let headline = format!("{} {} → {}{step}: {answer}", report.chart, report.old.version, report.new.version);
        self.sheet.paragraph(0, &headline, tone);
        if let Some(release) = &report.release {
            self.sheet.paragraph(0, &release::rendered_as(release), Tone::Plain);
        }
        self.sheet.paragraph(0, wording::scope(report), Tone::Plain);
        if !report.verdict.missing.is_empty() {
            self.sheet.heading("Not compared", "");
            for missing in &report.verdict.missing {
                self.sheet.item(2, "!", &format!("{}: {}", missing.part, missing.reason));
            }
        }
    }

    fn findings(&mut self) {
        let (counting, ignored) = wording::split_ignored(&self.report.findings);
        if counting.is_empty() {
            self.sheet.gap();
            self.sheet.paragraph(0, wording::answer_without_findings(self.report), Tone::Heading);
        }
        if counting.len() >= OVERVIEW {
            self.sheet.heading("Findings", &counting.len().to_string());
            let level = |finding: &&Finding| wording::severity(finding.severity).to_owned();
            let rows: Vec<Vec<String>> = counting.iter().map(|finding| vec![level(finding), finding.title.clone()]).collect();
            self.sheet.table(2, &[], 0, &rows);
        }
        for finding in counting {
            self.finding(finding);
        }
        if !ignored.is_empty() {
            self.sheet.heading("Ignored by configuration", &ignored.len().to_string());
            for finding in ignored {
                let reason = finding.ignored.as_deref().unwrap_or_default();
                let title = format!("{}: {} ({})", wording::severity(finding.severity), finding.title, finding.rule);
                self.sheet.item(2, "-", &format!("{title}. Reason: {reason}"));
            }
        }
        if !self.report.unused_ignores.is_empty() {
            self.sheet.heading("Ignores that match nothing", &self.report.unused_ignores.len().to_string());
            for ignore in &self.report.unused_ignores {
                self.sheet.item(2, "-", ignore);
            }
        }
    }

    fn finding(&mut self, finding: &Finding) {
        self.sheet.gap();
        let severity = wording::severity_upper(finding.severity);
        let headline = format!("{severity} ({}): {}", wording::confidence(finding.confidence), finding.title);
        self.sheet.paragraph(0, &headline, Tone::Severity(finding.severity));
        if !finding.message.is_empty() {
            let message = self.known.text(&finding.message);
            self.sheet.labelled("What", &message);
        }
        self.places(WHERE, &finding.changes);
        self.places("Next to", &finding.beside);
        if !finding.workloads.is_empty() {
            self.sheet.labelled("Affects", &wording::listed(&finding.workloads));
        }
        for cause in release::causes(finding) {
            self.sheet.labelled("Cause", &cause);
        }
        if !finding.why.is_empty() {
            self.sheet.labelled("Why", &finding.why);
        }
        self.fix(finding);
        self.sheet.labelled("Rule", &format!("{} ({})", finding.rule, finding.pack));
        for reference in &finding.references {
            self.sheet.labelled("Read", reference);
        }
    }

    fn places(&mut self, label: &'static str, places: &[Place]) {
        let shared = wording::shared(places);
        match places {
            [] => {}
            [place] if self.quote(label, place) => {}
            [place] => {
                let (old, new) = wording::place_pair(place);
                let values = wording::change(place.kind, &old, &new);
                let at = wording::at(&place.file, place.old_line, place.new_line);
                self.sheet.labelled(label, &format!("{at} {}: {values}", wording::path(&place.path)));
                if let Some(description) = place.description.as_deref().filter(|_| label == WHERE) {
                    let description = self.known.text(description);
                    self.sheet.continued(&format!("“{}”", inline::shorten(&description)), Tone::Faint);
                }
                if let Some(note) = &place.note {
                    let note = self.known.text(note);
                    self.sheet.continued(&format!("Note: {note}"), Tone::Plain);
                }
            }
            places => {
                let mut parts = vec![wording::count(places.len(), "place", "places")];
                parts.extend(shared.file.clone());
                parts.extend(shared.change.as_ref().map(|(old, new)| format!("each {old} → {new}")));
                self.sheet.labelled(label, &format!("{}:", parts.join(", ")));
                let note = wording::SharedNote::of(places);
                let cap = if label == WHERE { PLACES } else { PLACES_BESIDE };
                let rows: Vec<Row> = places.iter().take(cap).map(|place| self.place_row(place, &shared, note.as_ref())).collect();
                self.lines_and_paths(4, &rows);
                self.more(4, places.len(), cap);
                if let Some(note) = note {
                    let text = self.known.text(note.example.note.as_deref().unwrap_or_default());
                    let others = format!("({} places alike, with their own names.)", note.count);
                    self.sheet.item(2, "*", &format!("{}: {text} {others}", wording::path(&note.example.path)));
                }
            }
        }
    }

    /// A place that is a file: its lines below. Says whether it was one.
    fn quote(&mut self, label: &'static str, place: &Place) -> bool {
        let Some(lines) = wording::file_lines(place, &self.known) else { return false };
        self.sheet.labelled(label, &wording::at(&place.file, place.old_line, place.new_line));
        for (sign, line) in lines {
            let tone = match sign {
                "+" => Tone::Added,
                "-" => Tone::Removed,
                _ => Tone::Faint,
            };
            self.sheet.verbatim(11, &format!("{sign} {}", line.trim_start()), tone);
        }
        if let Some(note) = &place.note {
            let note = self.known.text(note);
            self.sheet.continued(&format!("Note: {note}"), Tone::Plain);
        }
        true
    }

    /// A place without what all places share.
    fn place_row(&self, place: &Place, shared: &wording::Shared, said: Option<&wording::SharedNote<'_>>) -> Row {
        let (old_line, new_line) = (place.old_line, place.new_line);
        let at = if shared.file.is_some() { wording::lines(old_line, new_line) } else { wording::at(&place.file, old_line, new_line) };
        let (old, new) = wording::place_pair(place);
        let values = if shared.change.is_some() { String::new() } else { wording::change(place.kind, &old, &new) };
        let said = said.is_some_and(|said| said.covers(place));
        let note = place.note.as_deref().filter(|_| !said).map(|note| self.known.text(note)).unwrap_or_default();
        let path = if wording::is_file(place) { String::new() } else { wording::path(&place.path) };
        Row { path, values, at, note, starred: said, ..Row::default() }
    }

    /// Rows of lines, a path, and values and a note when they have any. Paths are never broken, so that they can be copied: they stand in a
    /// column where all fit, else right behind their lines, or below them.
    fn lines_and_paths(&mut self, indent: usize, rows: &[Row]) {
        let widest = rows.iter().map(|row| row.at.width()).max().unwrap_or(0);
        let gap = if widest == 0 { 0 } else { 2 };
        let column_fits = rows.iter().all(|row| self.sheet.has_room(indent + widest + gap + row.path.width()));
        for row in rows {
            let star = if row.starred { "* " } else { "  " };
            let filled = if column_fits { widest } else { row.at.width() } + gap;
            if row.at.is_empty() || self.sheet.has_room(indent + filled + row.path.width()) {
                self.sheet.verbatim(indent - 2, &format!("{star}{:<filled$}{}", row.at, row.path), Tone::Plain);
            } else {
                self.sheet.verbatim(indent - 2, &format!("{star}{}", row.at), Tone::Plain);
                self.sheet.verbatim(indent + 2, &row.path, Tone::Plain);
            }
            let below_path = if column_fits && widest <= LINES_WIDTH { widest + 4 } else { 4 };
            for text in [&row.values, &row.note].into_iter().filter(|text| !text.is_empty()) {
                self.sheet.paragraph(indent + below_path, text, Tone::Plain);
            }
        }
    }

    fn fix(&mut self, finding: &Finding) {
        let Some(fix) = &finding.fix else { return };
        let proof = match remedy::proof(fix) {
            Some(_) if fix.verified && fix.only_as.is_none() => " (verified by a render)".to_owned(),
            Some(proof) => format!(" {proof}"),
            None => String::new(),
        };
        self.sheet.labelled("Fix", &self.known.text(&format!("{}{proof}", fix.text)));
        let yaml = remedy::yaml(fix);
        for line in yaml.iter().take(ROWS) {
            self.sheet.verbatim(13, line, Tone::Plain);
        }
        self.more(13, yaml.len(), ROWS);
        let flags = remedy::flags(fix);
        for (number, flag) in flags.iter().enumerate().filter(|_| flags.len() <= remedy::FLAGS) {
            let lead = if number == 0 { "or " } else { "   " };
            self.sheet.verbatim(11, &format!("{lead}{flag}"), Tone::Plain);
        }
    }

    fn release(&mut self) {
        for section in release::sections(self.report) {
            let count = section.count.clone().unwrap_or_else(|| section.rows.len().to_string());
            self.sheet.heading(section.title, if section.rows.is_empty() { "" } else { &count });
            let rows: Vec<Vec<String>> = section.rows.iter().take(ROWS).cloned().collect();
            if !rows.is_empty() {
                self.sheet.table(2, section.header, section.whole_column, &rows);
            }
            self.more(2, section.rows.len(), ROWS);
            for remark in &section.remarks {
                let remark = self.known.text(remark);
                self.sheet.paragraph(2, &remark, Tone::Plain);
            }
        }
    }

    fn values(&mut self) {
        let values = &self.report.comparison.values;
        if !values.changes.is_empty() {
            self.sheet.heading("Default values that differ", &wording::Origins::of(&values.changes).text());
            let one_file = values.changes.windows(2).all(|two| two[0].file == two[1].file);
            let rows: Vec<Row> = values.changes.iter().take(ROWS).map(|change| self.value_row(change, one_file)).collect();
            self.value_rows(&rows, one_file);
            self.more(2, values.changes.len(), ROWS);
        }
        if values.comment_only_lines > 0 {
            let lines = wording::count(values.comment_only_lines, "further changed line", "further changed lines");
            self.sheet.paragraph(2, &format!("{lines} of the values files {}.", wording::COMMENTS_ONLY), Tone::Plain);
        }
        if !values.moves.is_empty() {
            self.sheet.heading("Perhaps renamed or moved", &values.moves.len().to_string());
            for proposal in values.moves.iter().take(ROWS) {
                self.sheet.item(2, "-", &wording::moved(proposal));
            }
            self.more(2, values.moves.len(), ROWS);
        }
    }

    fn value_row(&self, change: &ValueChange, one_file: bool) -> Row {
        let (old, new) = inline::pair(&change.path, change.old.as_ref(), change.new.as_ref());
        let type_note = wording::type_note(change).map(|note| format!(" ({note})")).unwrap_or_default();
        let (old_line, new_line) = (change.old_line, change.new_line);
        Row {
            sign: wording::kind(change.kind).0,
            path: wording::path(&change.path),
            values: format!("{}{type_note}", wording::change(change.kind, &old, &new)),
            at: if one_file { wording::lines(old_line, new_line) } else { wording::at(&change.file, old_line, new_line) },
            finding: wording::finding_of(self.report, &change.path).map(wording::severity).unwrap_or_default(),
            note: String::new(),
            starred: false,
        }
    }

    /// A table where there is room for one; else neighbours with the same change under one line each.
    fn value_rows(&mut self, rows: &[Row], one_file: bool) {
        let cells: Vec<Vec<String>> = rows.iter().map(Row::cells).collect();
        let header = ["", "setting", "old → new", if one_file { "line" } else { "file:line" }, "finding"];
        if self.sheet.fits(2, &header, &cells) {
            return self.sheet.table(2, &header, 1, &cells);
        }
        for same in rows.chunk_by(|a, b| (a.sign, &a.values, a.finding) == (b.sign, &b.values, b.finding)) {
            let Some(first) = same.first() else { continue };
            let finding = if first.finding.is_empty() { String::new() } else { format!(" · {}", first.finding) };
            if let [one] = same {
                let at = if one.at.is_empty() { String::new() } else { format!(" · {}{}", if one_file { "line " } else { "" }, one.at) };
                self.sheet.verbatim(2, &format!("{} {}", one.sign, one.path), Tone::Plain);
                self.sheet.paragraph(6, &format!("{}{at}{finding}", one.values), Tone::Plain);
            } else {
                self.sheet.item(2, first.sign, &format!("{}{finding}, {} settings:", first.values, same.len()));
                let bare: Vec<Row> = same.iter().map(|row| Row { values: String::new(), ..row.clone() }).collect();
                self.lines_and_paths(4, &bare);
            }
        }
    }

    fn rest(&mut self) {
        let comparison = &self.report.comparison;
        self.rows("Default images that differ", &["image", "old → new"], comparison.images.len(), |page| {
            let row = |old: &Option<String>, new: &Option<String>| wording::one_of(old.as_deref(), new.as_deref());
            page.report.comparison.images.iter().map(|image| vec![image.path.to_string(), row(&image.old, &image.new)]).collect()
        });
        self.rows("Dependencies that differ", &["dependency", "old → new", ""], comparison.dependencies.len(), |page| {
            let row = |one: &DependencyChange| {
                let versions = wording::one_of(one.old_version.as_deref(), one.new_version.as_deref());
                vec![wording::dependency_name(one), versions, wording::dependency_notes(one)]
            };
            page.report.comparison.dependencies.iter().map(row).collect()
        });
        self.files("Templates that differ", &comparison.templates);
        self.files("CRDs that differ", &comparison.crds);
        self.rows("What the CRDs' changes mean", &["", "CRD", "change"], comparison.crd_changes.len(), |page| {
            let row =
                |change: &CrdChange| vec![if change.breaking { "breaking" } else { "" }.into(), change.name.clone(), change.text.clone()];
            page.report.comparison.crd_changes.iter().map(row).collect()
        });
        self.rows("Values schema", &["", "setting", "change"], comparison.schema.len(), |page| {
            let row = |change: &SchemaChange| {
                vec![if change.stricter { "stricter" } else { "" }.into(), wording::path(&change.path), change.text.clone()]
            };
            page.report.comparison.schema.iter().map(row).collect()
        });
        self.rows("Chart metadata that differs", &["", "field", "old → new"], comparison.metadata.len(), |page| {
            let row = |field: &FieldChange| {
                let (old, new) = inline::pair(&field.path, field.old.as_ref(), field.new.as_ref());
                vec![wording::kind(field.kind).0.into(), secrets::path(&field.path), wording::change(field.kind, &old, &new)]
            };
            page.report.comparison.metadata.iter().map(row).collect()
        });
        self.rows("Announced by the chart's makers", &[], comparison.announced.len(), |page| {
            page.report.comparison.announced.iter().map(|entry| vec![entry.kind.clone(), entry.text.clone()]).collect()
        });
    }

    fn rows(&mut self, heading: &'static str, header: &[&'static str], count: usize, rows: impl Fn(&Self) -> Vec<Vec<String>>) {
        if count == 0 {
            return;
        }
        self.sheet.heading(heading, &count.to_string());
        let mut rows = rows(self);
        rows.truncate(ROWS);
        let path_column = header.iter().position(|name| matches!(*name, "setting" | "field" | "image" | "dependency" | "CRD")).unwrap_or(0);
        self.sheet.table(2, header, path_column, &rows);
        self.more(2, count, ROWS);
    }

    fn files(&mut self, heading: &'static str, files: &[FileChange]) {
        if files.is_empty() {
            return;
        }
        self.sheet.heading(heading, &files.len().to_string());
        let has_lines = files.iter().any(|file| !file.hunks.is_empty());
        for file in files.iter().take(ROWS) {
            self.sheet.item(2, wording::kind(file.kind).0, &format!("{}: {}", file.path, wording::file_change(file)));
            if self.lines {
                self.hunks(file);
            }
        }
        self.more(2, files.len(), ROWS);
        if self.lines && self.lines_left == 0 {
            self.sheet.paragraph(2, "The lines of the other files: see -o json.", Tone::Faint);
        }
        if has_lines && !self.lines {
            self.sheet.paragraph(2, "Run with -v to see the lines.", Tone::Faint);
        }
    }

    fn hunks(&mut self, file: &FileChange) {
        if self.lines_left == 0 {
            return;
        }
        let total: usize = file.hunks.iter().map(|hunk| hunk.lines.len()).sum();
        let mut shown = 0;
        for hunk in &file.hunks {
            if self.lines_left == 0 {
                break;
            }
            self.sheet.verbatim(4, &wording::hunk_heading(hunk), Tone::Faint);
            let mut above = secrets::Lines::default();
            for line in hunk.lines.iter().take(self.lines_left) {
                let text = format!("{}{}", wording::sign(line.kind), self.known.line(&mut above, &line.text));
                self.sheet.verbatim(4, &text, line_tone(line.kind));
                shown += 1;
            }
            self.lines_left = self.lines_left.saturating_sub(hunk.lines.len());
        }
        if shown < total {
            self.sheet.paragraph(4, &format!("… {} more lines, see -o json", total - shown), Tone::Faint);
        }
    }

    fn packages(&mut self) {
        self.sheet.heading("Packages", "");
        for (label, side) in [("old", &self.report.old), ("new", &self.report.new)] {
            let digest = side.digest.as_deref().map(|digest| format!(" {digest}")).unwrap_or_default();
            self.sheet.item(2, label, &format!("{}{digest}", side.source));
        }
    }

    fn more(&mut self, indent: usize, total: usize, shown: usize) {
        if total > shown {
            self.sheet.paragraph(indent, &format!("… {} more, see -o json", total - shown), Tone::Faint);
        }
    }
}

fn line_tone(kind: Option<ChangeKind>) -> Tone {
    match wording::sign(kind) {
        "+" => Tone::Added,
        "-" => Tone::Removed,
        _ => Tone::Plain,
    }
}

/// What a line of a list of settings says.
#[derive(Clone, Default)]
struct Row {
    sign: &'static str,
    path: String,
    values: String,
    at: String,
    finding: &'static str,
    note: String,
    /// Its note is said once, below the list.
    starred: bool,
}

impl Row {
    fn cells(&self) -> Vec<String> {
        vec![self.sign.into(), self.path.clone(), self.values.clone(), self.at.clone(), self.finding.into()]
    }
}
