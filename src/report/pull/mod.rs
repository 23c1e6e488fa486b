//! Many reviews as one: what a pull request shifts, release by release, as plain data that can be written, read back and shown.
//!
//! [`PullReport`] is a frozen view (JSON `chartshift/pull/v1`): `pr` makes it from reviews, `publish` reads it back as untrusted text and
//! renders the comment itself. Everything in it is unescaped; every output passes an escape of [`super::safe`].

mod annotations;
mod budget;
mod caps;
mod collect;
pub mod comment;
mod details;
mod read;
mod rows;
pub mod suggestion;
pub mod text;
mod words;

use std::io;

use serde::{Deserialize, Serialize};

pub use self::annotations::{Annotation, annotations};
pub use self::collect::Reviewed;
pub use self::comment::{Body, MARKER, SUMMARY, comment, summary};
pub use self::suggestion::{Suggestion, suggestions};
pub use self::text::text;
use super::{Format, Style};
use crate::classify::{Confidence, Severity};
use crate::diff::ChangeKind;

/// The name of this view.
pub const SCHEMA: &str = "chartshift/pull/v1";

/// Writes a report on many reviews in one piece. Links count where the format has them.
///
/// # Errors
/// Those of `out`; `Unsupported` for a format that only a single review has.
pub fn write(report: &PullReport, format: Format, links: &Links, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    match format {
        Format::Text => out.write_all(text(report, style).as_bytes()),
        Format::Markdown => out.write_all(summary(report, links).text.as_bytes()),
        Format::Json => report.write(out),
        Format::Sarif | Format::Html => Err(io::Error::new(io::ErrorKind::Unsupported, "only the review of one chart has this format")),
    }
}

/// Everything a comment, a summary or a check says about one change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PullReport {
    /// [`SCHEMA`].
    pub schema: String,
    /// The old revision: 40 hexadecimal digits.
    pub base: String,
    /// The new revision: 40 hexadecimal digits.
    pub head: String,
    /// The worst severity that counts; `None` when there is no finding.
    pub level: Option<Severity>,
    /// Whether everything was compared.
    pub complete: bool,
    /// The lowest severity that fails the check; `None` when none does.
    pub fail_on: Option<Severity>,
    /// The reviews, worst first; releases of one chart with equal findings are one group.
    pub groups: Vec<Group>,
    /// What was found and not reviewed.
    pub unreviewed: Vec<NotReviewed>,
}

/// One chart's step from version to version, for the releases that it means the same for. What names things of a release (workloads,
/// tables) names those of the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Group {
    /// The chart's name.
    pub chart: String,
    /// The old version.
    pub old: String,
    /// The new version.
    pub new: String,
    /// `major`, `minor`, `patch`, …
    pub step: String,
    /// What both versions were rendered for; `None` when they were not, or one of them could not be.
    pub rendered: Option<Rendering>,
    /// The releases, at least one.
    pub releases: Vec<ReleaseView>,
    /// The findings, worst first, ignored ones last.
    pub findings: Vec<FindingView>,
    /// What was not compared: part and reason.
    pub missing: Vec<MissingView>,
    /// `Kind/name` of each workload whose pods are made anew.
    pub restarts: Vec<String>,
    /// Whom Azure takes the pods for, old and new; `None` when nothing was rendered.
    pub identities: Option<TableView>,
    /// Tables of all else that differs: the release's objects and values, the chart's defaults and images, and so on.
    pub tables: Vec<TableView>,
    /// Commands for a POSIX shell that repeat the review of the first release.
    pub reproduce: Vec<String>,
    /// Where the packages came from, with their digests: the old one, the new one.
    pub packages: Vec<String>,
}

/// As what both versions were rendered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rendering {
    /// The Helm version: `v3.19.5`.
    pub helm: String,
    /// The version of Kubernetes that templates saw.
    pub kube_version: String,
    /// Whether the use label and a client id were set wherever the old chart has a place for them.
    pub assumes_workload_identity: bool,
}

/// One release that uses the chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReleaseView {
    /// What names the chart: `Argo CD`, `Flux` …
    pub tool: String,
    /// The release's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The file that names the version, in the new tree.
    pub file: String,
    /// The line, from 1; 0 when only the file is known.
    pub line: u32,
    /// The values files that were used, by path, the one that wins last.
    pub values_files: Vec<String>,
    /// Whether it also has values that no file of its own holds: inline in a manifest, or set by flags.
    pub has_other_values: bool,
    /// Why the release does not install the chart as its values stand: a condition or a tag of a dependency.
    pub switched_off: Option<String>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FindingView {
    /// The rule's id.
    pub rule: String,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// What happened, in a few words.
    pub title: String,
    /// What happened here.
    pub message: String,
    /// Why it matters.
    pub why: String,
    /// What all places show alike: the setting or field when it is one, old and new value as text.
    pub change: Option<ChangeView>,
    /// How many places changed.
    pub place_count: usize,
    /// The places, the first of them when there are many.
    pub places: Vec<PlaceView>,
    /// `Kind/name` of each workload it affects.
    pub workloads: Vec<String>,
    /// For a finding about defaults: how many of them reach what the release renders.
    pub reach: Option<Reach>,
    /// What caused it, one line each.
    pub causes: Vec<String>,
    /// What to set.
    pub fix: Option<FixView>,
    /// The reason that the configuration gives for ignoring it; an ignored finding doesn't count.
    pub ignored: Option<String>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeView {
    /// The setting, field or file, when it is one.
    pub path: Option<String>,
    /// What happened.
    pub kind: ChangeKind,
    /// The old value, as a reader sees it; `None` when there was none, or when it is a file's text.
    pub old: Option<String>,
    /// The new value.
    pub new: Option<String>,
}

/// Where a finding was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlaceView {
    /// What changed.
    pub change: ChangeView,
    /// The chart's file and line: `values.yaml:147`.
    pub at: String,
    /// What the rule remarks on this place alone.
    pub note: Option<String>,
}

/// What became of changed defaults in the render of one release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reach {
    /// How many change what is rendered.
    pub effective: usize,
    /// How many the release's own values set.
    pub masked: usize,
    /// How many nothing reads that is rendered.
    pub inert: usize,
}

/// What keeps the old behaviour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FixView {
    /// What it does, in words.
    pub text: String,
    /// YAML, line by line.
    pub yaml: Vec<String>,
    /// Whether a render with it showed the old behaviour.
    pub verified: bool,
}

/// Something that was not compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MissingView {
    /// What.
    pub part: String,
    /// Why.
    pub reason: String,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TableView {
    /// Its title.
    pub title: String,
    /// How much is in it, in words.
    pub count: String,
    /// The columns' names; none: the table has no head.
    pub header: Vec<String>,
    /// How many rows there are.
    pub row_count: usize,
    /// The rows, the first of them when there are many.
    pub rows: Vec<Vec<String>>,
    /// Sentences below it.
    pub remarks: Vec<String>,
}

/// A chart that moved and could not be reviewed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NotReviewed {
    /// What names the chart.
    pub tool: String,
    /// The chart's name, as far as it is known.
    pub chart: String,
    /// The file, in the new tree.
    pub file: String,
    /// The line, from 1; 0 when only the file is known.
    pub line: u32,
    /// Why.
    pub reason: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// What a place that shows Markdown can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of a body, the marker included.
    pub bytes: usize,
    /// What its Markdown knows.
    pub dialect: Dialect,
}

/// What a renderer of Markdown knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// GitHub's: `<details>`, tables, hidden comments.
    Full,
    /// No HTML and no hidden comments (Bitbucket).
    Basic,
}

/// Where links in a comment lead; all of them are made from what the forge says of itself, never from a chart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// The address of a file at the head revision, up to and without the path: `https://forge/owner/repo/blob/<sha>/`.
    pub file: Option<String>,
    /// What stands between a file's address and a line's number: `#L`.
    pub line: &'static str,
    /// The whole report: the run's summary or artefact.
    pub report: Option<String>,
}
