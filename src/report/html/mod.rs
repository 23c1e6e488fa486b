//! The report as one page for a browser: everything it needs is in it, and nothing in it can run but the script below.
//!
//! Text passes [`safe::line`] and then maud's escapes; the page's policy (Content Security Policy 3) allows its own style and script by
//! their digests and nothing else, so that text that got past both would still stay text. Without a script the page shows everything.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use super::redact::Known;
use super::release::Section;
use super::{Report, inline, release, remedy, safe, wording};
use crate::classify::{Finding, Place};
use crate::diff::{FileChange, ValueChange};
use crate::value::secrets;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Places of one finding before the rest is only counted.
const PLACES: usize = 100;

/// Rows of a table before the rest is only counted.
const ROWS: usize = 2_000;

/// Template and CRD lines of one report before the rest is only counted.
const LINES: usize = 20_000;

/// Characters of a text before it is cut.
const TEXT: usize = 4_000;

/// Renders the page.
pub fn render(report: &Report) -> String {
    let mut page = Page { report, known: Known::of(report), lines_left: LINES };
    let title = format!("{} {} → {}", report.chart, report.old.version, report.new.version);
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (text(&title)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a class="skip" href="#findings" { "Skip to the findings" }
                (page.verdict(&title))
                main {
                    (page.findings())
                    (page.sections())
                    (page.values())
                    (page.files("Templates that differ", &report.comparison.templates))
                    (page.files("CRDs that differ", &report.comparison.crds))
                    (page.rest())
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    markup.into_string()
}

/// What the page may do: apply its own style, run its own script.
fn policy() -> String {
    let digest = |text: &str| data_encoding::BASE64.encode(&Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    )
}

/// Text of any origin: one line without hidden characters; maud escapes the rest.
fn text(text: &str) -> String {
    safe::line(&inline::clip(text, TEXT))
}

/// A sentence in which paired backticks are code.
fn prose(sentence: &str) -> Markup {
    let sentence = text(sentence);
    let paired = sentence.matches('`').count().is_multiple_of(2);
    let parts: Vec<&str> = if paired { sentence.split('`').collect() } else { vec![&sentence] };
    html! {
        @for (number, part) in parts.iter().enumerate() {
            @if number % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// What a finding is about: the first words of its rule's id, as the ids' convention has them.
fn subject(finding: &Finding) -> &'static str {
    const SUBJECTS: [&str; 14] = [
        "use-label",
        "service-account",
        "client-id",
        "tenant-id",
        "token-mount",
        "token",
        "env",
        "egress",
        "proxy",
        "host-network",
        "image",
        "app-auth",
        "namespace",
        "upgrade",
    ];
    SUBJECTS.into_iter().find(|subject| finding.rule.starts_with(subject)).unwrap_or("other")
}

struct Page<'a> {
    report: &'a Report,
    known: Known,
    lines_left: usize,
}

impl Page<'_> {
    fn verdict(&self, title: &str) -> Markup {
        let report = self.report;
        let level = report.verdict.level.map_or(if report.verdict.missing.is_empty() { "clean" } else { "missing" }, wording::severity);
        html! {
            header class=(level) {
                h1 { (text(title)) (wording::step(report)) }
                p class="answer" { (text(&wording::answer(report))) }
                @if let Some(release) = &report.release { p { (text(&release::rendered_as(release))) } }
                p { (wording::scope(report)) }
                @if !report.verdict.missing.is_empty() {
                    section aria-labelledby="missing" {
                        h2 id="missing" { "Not compared" }
                        ul { @for missing in &report.verdict.missing {
                            li { code { (text(&missing.part)) } ": " (prose(&missing.reason)) }
                        } }
                    }
                }
            }
        }
    }

    fn findings(&self) -> Markup {
        let (counting, ignored) = wording::split_ignored(&self.report.findings);
        let mut subjects: Vec<&str> = counting.iter().map(|finding| subject(finding)).collect();
        subjects.sort_unstable();
        subjects.dedup();
        html! {
            section aria-labelledby="findings" {
                h2 id="findings" tabindex="-1" { "Findings (" (counting.len()) ")" }
                @if counting.is_empty() { p { (wording::answer_without_findings(self.report)) } }
                @else { (self.filter(&counting, &subjects)) }
                @for finding in &counting { (self.finding(finding)) }
                @if !ignored.is_empty() {
                    details {
                        summary { "Ignored by configuration (" (ignored.len()) ")" }
                        ul { @for finding in &ignored {
                            li { (wording::severity(finding.severity)) ": " (prose(&finding.title)) " (" code { (text(&finding.rule)) } "). Reason: "
                                (prose(finding.ignored.as_deref().unwrap_or_default())) }
                        } }
                    }
                }
            }
        }
    }

    fn filter(&self, findings: &[&Finding], subjects: &[&str]) -> Markup {
        let levels = wording::SEVERITIES.iter().filter(|level| findings.iter().any(|finding| finding.severity == **level));
        html! {
            form id="filter" hidden {
                fieldset {
                    legend { "Levels" }
                    @for level in levels {
                        label { input type="checkbox" name="level" value=(wording::severity(*level)) checked; (wording::severity(*level)) }
                    }
                }
                label { "About " select name="kind" {
                    option value="" { "everything" }
                    @for subject in subjects { option value=(subject) { (subject) } }
                } }
                label { "Containing " input type="search" name="words" autocomplete="off"; }
                button type="button" id="expand" { "Expand all" }
                output id="shown" aria-live="polite" {}
            }
        }
    }

    fn finding(&self, finding: &Finding) -> Markup {
        let level = wording::severity(finding.severity);
        let open = finding.severity >= crate::classify::Severity::High;
        html! {
            details class={ "finding " (level) } data-level=(level) data-kind=(subject(finding)) open[open] {
                summary { span class="level" { (level) } " " (prose(&finding.title)) " " small { (wording::confidence(finding.confidence)) } }
                dl {
                    @if !finding.message.is_empty() { dt { "What" } dd { (prose(&self.known.text(&finding.message))) } }
                    @if !finding.changes.is_empty() { dt { "Where" } dd { (self.places(&finding.changes)) } }
                    @if !finding.beside.is_empty() { dt { "Next to" } dd { (self.places(&finding.beside)) } }
                    @if !finding.workloads.is_empty() { dt { "Affects" } dd { @for name in &finding.workloads { code { (text(name)) } " " } } }
                    @for cause in release::causes(finding) { dt { "Cause" } dd { (prose(&self.known.text(&cause))) } }
                    @if !finding.why.is_empty() { dt { "Why" } dd { (prose(&finding.why)) } }
                    @if let Some(fix) = &finding.fix {
                        dt { "Fix" }
                        dd {
                            (prose(&self.known.text(&fix.text)))
                            @if let Some(proof) = remedy::proof(fix) {
                                " " strong class=[fix.verified.then_some("verified")] { (prose(&self.known.text(&proof))) }
                            }
                            @let yaml = remedy::yaml(fix);
                            @if !yaml.is_empty() { (block(yaml.iter().map(|line| ("", line.as_str())))) }
                            @let flags = remedy::flags(fix);
                            @if (1..=remedy::FLAGS).contains(&flags.len()) { (block(flags.iter().map(|flag| ("", flag.as_str())))) }
                        }
                    }
                    dt { "Rule" } dd { code { (text(&finding.rule)) } " of " (text(&finding.pack)) }
                    @if !finding.references.is_empty() { dt { "Read" } dd { @for reference in &finding.references { code { (text(reference)) } " " } } }
                }
            }
        }
    }

    fn places(&self, places: &[Place]) -> Markup {
        html! {
            ul class="places" { @for place in places.iter().take(PLACES) { li { (self.place(place)) } } }
            (more(places.len(), PLACES))
        }
    }

    fn place(&self, place: &Place) -> Markup {
        let at = wording::at(&place.file, place.old_line, place.new_line);
        let note = place.note.as_deref().map(|note| self.known.text(note));
        if let Some(lines) = wording::file_lines(place, &self.known) {
            return html! { code { (text(&at)) } (block(lines.iter().map(|(sign, line)| (*sign, line.as_str())))) @if let Some(note) = note { p { (prose(&note)) } } };
        }
        let (old, new) = wording::place_pair(place);
        html! {
            code { (text(&wording::path(&place.path))) } ": " (text(&wording::change(place.kind, &old, &new))) " "
            small { (text(&at)) }
            @if let Some(description) = &place.description { p class="quote" { (prose(&inline::shorten(&self.known.text(description)))) } }
            @if let Some(note) = note { p { (prose(&note)) } }
        }
    }

    fn sections(&self) -> Markup {
        html! { @for section in release::sections(self.report) { (self.section(&section)) } }
    }

    fn section(&self, section: &Section) -> Markup {
        let count = section.count.clone().unwrap_or_else(|| section.rows.len().to_string());
        html! {
            details class="section" {
                summary { h2 { (section.title) @if !section.rows.is_empty() { " (" (text(&count)) ")" } } }
                @if !section.rows.is_empty() { (table(section.header, &section.rows)) }
                @for remark in &section.remarks { p { (prose(&self.known.text(remark))) } }
            }
        }
    }

    fn values(&self) -> Markup {
        let changes = &self.report.comparison.values.changes;
        if changes.is_empty() {
            return html! {};
        }
        let row = |change: &ValueChange| {
            let (old, new) = inline::pair(&change.path, change.old.as_ref(), change.new.as_ref());
            let effect = self.report.release.as_ref().and_then(|release| release.trials.effects.get(&change.path));
            vec![
                wording::kind(change.kind).1.to_owned(),
                wording::path(&change.path),
                wording::change(change.kind, &old, &new),
                effect.copied().map_or("", wording::effect).to_owned(),
                wording::at(&change.file, change.old_line, change.new_line),
                wording::finding_of(self.report, &change.path).map(wording::severity).unwrap_or_default().to_owned(),
            ]
        };
        let rows: Vec<Vec<String>> = changes.iter().map(row).collect();
        html! {
            details class="section" {
                summary { h2 { "Default values that differ (" (text(&wording::Origins::of(changes).text())) ")" } }
                (table(&["", "setting", "old → new", "effect here", "where", "finding"], &rows))
            }
        }
    }

    fn files(&mut self, title: &'static str, files: &[FileChange]) -> Markup {
        if files.is_empty() {
            return html! {};
        }
        html! {
            details class="section" {
                summary { h2 { (title) " (" (files.len()) ")" } }
                @for file in files {
                    details class="file" {
                        summary { code { (text(&file.path)) } ": " (text(&wording::file_change(file))) }
                        (self.hunks(file))
                    }
                }
            }
        }
    }

    fn hunks(&mut self, file: &FileChange) -> Markup {
        let mut lines: Vec<(&'static str, String)> = Vec::new();
        let total: usize = file.hunks.iter().map(|hunk| hunk.lines.len()).sum();
        for hunk in &file.hunks {
            lines.push(("@", wording::hunk_heading(hunk)));
            let mut above = secrets::Lines::default();
            for line in hunk.lines.iter().take(self.lines_left) {
                lines.push((wording::sign(line.kind), self.known.line(&mut above, &line.text)));
            }
            self.lines_left = self.lines_left.saturating_sub(hunk.lines.len());
        }
        let shown = lines.iter().filter(|(sign, _)| *sign != "@").count();
        html! { (block(lines.iter().map(|(sign, line)| (*sign, line.as_str())))) (more(total, shown)) }
    }

    fn rest(&self) -> Markup {
        let comparison = &self.report.comparison;
        let images: Vec<Vec<String>> = comparison
            .images
            .iter()
            .map(|image| vec![image.path.to_string(), wording::one_of(image.old.as_deref(), image.new.as_deref())])
            .collect();
        let dependencies: Vec<Vec<String>> = comparison
            .dependencies
            .iter()
            .map(|one| {
                let versions = wording::one_of(one.old_version.as_deref(), one.new_version.as_deref());
                vec![wording::dependency_name(one), versions, wording::dependency_notes(one)]
            })
            .collect();
        let packages: Vec<Vec<String>> = [("old", &self.report.old), ("new", &self.report.new)]
            .into_iter()
            .map(|(label, side)| vec![label.to_owned(), side.source.clone(), side.digest.clone().unwrap_or_default()])
            .collect();
        html! {
            (listing("Default images that differ", &["image", "old → new"], &images))
            (listing("Dependencies that differ", &["dependency", "old → new", ""], &dependencies))
            (listing("Packages", &["", "source", "digest"], &packages))
        }
    }
}

fn listing(title: &'static str, header: &[&'static str], rows: &[Vec<String>]) -> Markup {
    html! {
        @if !rows.is_empty() {
            details class="section" { summary { h2 { (title) " (" (rows.len()) ")" } } (table(header, rows)) }
        }
    }
}

fn table(header: &[&'static str], rows: &[Vec<String>]) -> Markup {
    html! {
        div class="scroll" tabindex="0" role="region" aria-label="table" {
            table {
                @if !header.is_empty() { thead { tr { @for name in header { th scope="col" { (name) } } } } }
                tbody { @for row in rows.iter().take(ROWS) { tr { @for cell in row { td { (text(cell)) } } } } }
            }
        }
        (more(rows.len(), ROWS))
    }
}

/// Lines as they are, each with its sign and, for a diff, its colour.
fn block<'a>(lines: impl Iterator<Item = (&'static str, &'a str)>) -> Markup {
    html! {
        pre tabindex="0" { @for (sign, line) in lines {
            @match sign {
                "+" => ins { "+" (text(line)) "\n" },
                "-" => del { "-" (text(line)) "\n" },
                "@" => span class="hunk" { (text(line)) "\n" },
                sign => { (sign) (text(line)) "\n" },
            }
        } }
    }
}

fn more(total: usize, shown: usize) -> Markup {
    html! { @if total > shown { p { "… " (total - shown) " more, see -o json" } } }
}
