//! A review in words, tables and JSON: the last stage before a person or a program reads it.
//!
//! A [`Report`] is the only thing the formats see, [`write()`] the only way to print one. Each format is a file with one function: [`mod@text`],
//! [`markdown`], [`json`]; what they say alike is in `wording`. Two rules hold for all: text from a chart passes an escape of [`safe`], and a
//! value that [`secrets`](crate::value::secrets) names is never printed. The same report gives the same bytes. Depends on `classify`, `diff`, `chart` and `value`;
//! never on the network or the disk.

mod draft;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod html;
pub mod inline;
pub mod json;
pub mod markdown;
pub mod pinned;
pub mod pull;
mod redact;
pub(crate) mod release;
mod remedy;
pub mod rules;
pub mod safe;
pub mod sarif;
mod sheet;
#[cfg(test)]
mod tests;
pub mod text;
mod wording;

use std::io;

use crate::classify::{Finding, Form, Verdict};
use crate::diff::Comparison;
use crate::diff::objects::ObjectsDiff;
use crate::error::Error;
use crate::identity::Identities;
use crate::trial::Trials;
use crate::value::Node;

/// One side of a review: the chart as it was found.
#[derive(Debug, Clone)]
pub struct Side {
    /// The chart's version.
    pub version: String,
    /// The application's version.
    pub app_version: String,
    /// Where it came from, without credentials.
    pub source: String,
    /// The archive's digest.
    pub digest: Option<String>,
}

/// A finished review: the only thing the formats see.
#[derive(Debug, Clone)]
pub struct Report {
    /// The chart's name.
    pub chart: String,
    /// The old side.
    pub old: Side,
    /// The new side.
    pub new: Side,
    /// `major`, `minor`, `patch`, `prerelease`, `none`, `downgrade`, `other`.
    pub step: &'static str,
    /// The answer.
    pub verdict: Verdict,
    /// The findings, worst first.
    pub findings: Vec<Finding>,
    /// Ignores of the configuration that matched nothing.
    pub unused_ignores: Vec<String>,
    /// All that differs.
    pub comparison: Comparison,
    /// What that means for one release; `None` when nothing was rendered.
    pub release: Option<ReleaseReview>,
}

/// What an upgrade means for one release with its values.
#[derive(Debug, Clone, Default)]
pub struct ReleaseReview {
    /// The release's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The Helm version it was rendered as: `v3.19.5`.
    pub helm: String,
    /// The version of Kubernetes that templates saw: `v1.34.0`.
    pub kube_version: String,
    /// Whether the user gave values.
    pub has_values: bool,
    /// Whether the use label and a client id were set wherever the old chart has a place for them.
    pub assumes_workload_identity: bool,
    /// The user's values files, for the places in them.
    pub values_files: Vec<Node>,
    /// Pods and accounts of the old render; `None` when it failed.
    pub old: Option<Identities>,
    /// Pods and accounts of the new render; `None` when it failed.
    pub new: Option<Identities>,
    /// What differs between the renders; `None` when one failed.
    pub objects: Option<ObjectsDiff>,
    /// What was tried.
    pub trials: Trials,
    /// Calls in templates that give another answer each time; they were given fixed answers: function and place.
    pub impure: Vec<String>,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// For a terminal or a log.
    Text,
    /// For a pull request, a ticket or a page: GitHub-flavoured Markdown.
    Markdown,
    /// For programs: JSON, version 1.
    Json,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
    /// For a browser: a page that needs nothing else.
    Html,
}

impl Format {
    /// All formats, by the names that `-o` knows.
    pub const ALL: [(&'static str, Format); 5] =
        [("text", Format::Text), ("markdown", Format::Markdown), ("json", Format::Json), ("sarif", Format::Sarif), ("html", Format::Html)];

    /// The format of a name, or of a usual short form of it (`md`, `txt`).
    pub fn named(name: &str) -> Option<Format> {
        match name {
            "md" => Some(Format::Markdown),
            "txt" => Some(Format::Text),
            name => Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, format)| *format),
        }
    }
}

/// How a report looks on a terminal. Markdown and JSON only heed `lines`, and JSON not even that: it always has everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Columns; narrower than [`Style::NARROWEST`] is taken as that.
    pub width: u16,
    /// Whether colours may be used. They never say anything that words don't.
    pub color: bool,
    /// Whether the changed lines of templates and CRDs are shown in text (`-v`). Markdown has them folded either way.
    pub lines: bool,
}

impl Style {
    /// Below this width tables can't be laid out.
    pub const NARROWEST: u16 = 40;

    /// What a pipe, a file or a CI log gets.
    pub const PLAIN: Style = Style { width: 100, color: false, lines: false };
}

/// Writes a report in one piece.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &Report, format: Format, out: &mut dyn io::Write, style: &Style) -> io::Result<()> {
    let mut body = Vec::new();
    match format {
        Format::Text => body.extend(text::render(report, style).into_bytes()),
        Format::Markdown => body.extend(markdown::render(report).into_bytes()),
        Format::Json => json::write(report, &mut body)?,
        Format::Sarif => sarif::write(report, &mut body)?,
        Format::Html => body.extend(html::render(report).into_bytes()),
    }
    out.write_all(&body)
}

/// The values that keep the old behaviour of a whole release, as a file for `-f`; `None` when there is nothing to set.
pub fn fix_file(report: &Report) -> Option<String> {
    let fix = report.release.as_ref()?.trials.fix.as_ref()?;
    let about = format!("{} {} in {}", report.chart, report.old.version, report.new.version);
    Some(remedy::file(&fix.values, fix.verified && fix.only_as != Some(Form::Flags), &about))
}

/// A failure for standard error: the whole story, safe for a terminal and a CI log. A message of several lines is set off by a bar, so that
/// none of its lines can pose as one of ours.
pub fn error_text(error: &Error, color: bool) -> String {
    let mut story = error.report();
    let messages = error.chain().map(ToString::to_string).chain(error.hints().into_iter().map(str::to_owned));
    for message in messages.filter(|message| message.contains('\n')) {
        let barred = message.replace('\n', "\n    │ ");
        // Only the first place: a second one may be inside of what was just replaced.
        story = story.replacen(&message, &barred, 1);
    }
    let safe = safe::terminal(&story);
    if !color {
        return safe;
    }
    safe.lines().map(|line| format!("{}\n", sheet::paint_error(line))).collect()
}
