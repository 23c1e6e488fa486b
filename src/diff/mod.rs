//! What differs between two opened charts. Pure: depends on `chart`, `object`, `value` and `error`.
//!
//! [`compare`] is the stage; [`tree`] is its engine, for any two values. The figures of a comparison are the same in every run; only when
//! [`Settings::text_time`] runs out a part is left out, and then [`Comparison::missing`] names it.

mod comments;
mod crds;
mod defaults;
mod dependencies;
mod files;
mod images;
mod lists;
mod metadata;
mod moves;
pub mod objects;
mod parts;
mod schema;
#[cfg(test)]
mod tests;
mod text;
pub mod tree;
mod values;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::parts::Parts;
use self::text::Bounds;
use self::values::Defaults;
use crate::chart::Chart;
use crate::value::{Node, Path};

/// How to compare.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Equal lines shown around a change in a text.
    pub context: usize,
    /// The largest text file that is compared line by line, in bytes.
    pub text_bytes: usize,
    /// How long all line comparisons together may take.
    pub text_time: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { context: 3, text_bytes: 2 << 20, text_time: Duration::from_secs(20) }
    }
}

/// Compares two versions of a chart, subcharts included: defaults, templates, CRDs, Chart.yaml, dependencies, images and the values schema.
pub fn compare(old: &Chart, new: &Chart, settings: &Settings) -> Comparison {
    let bounds = Bounds { context: settings.context, max_bytes: settings.text_bytes, deadline: Instant::now() + settings.text_time };
    let mut missing = Vec::new();
    let (old_side, new_side) = (defaults_of(old), defaults_of(new));
    let (old_parts, new_parts) = (&old_side.parts, &new_side.parts);
    let crds = files::compare(old.crds(), new.crds(), &bounds, &mut missing);
    Comparison {
        values: values::compare(&old_side, &new_side, bounds.deadline, &mut missing),
        templates: files::compare(old.all_templates(), new.all_templates(), &bounds, &mut missing),
        metadata: metadata::fields(old, new),
        dependencies: dependencies::compare(old_parts, new_parts),
        images: images::compare(&old_side, &new_side),
        crd_changes: crds::compare(&crds, old, new, &mut missing),
        crds,
        schema: schema::compare(old_parts, new_parts, &mut missing),
        announced: metadata::announced(new),
        missing,
    }
}

/// The default values of a chart and of its subcharts, each under its key, as if every subchart took part: what [`ValuesDiff`] compares.
pub fn default_values(chart: &Chart) -> Cow<'_, Node> {
    defaults::effective(chart, &chart.mounted())
}

fn defaults_of(chart: &Chart) -> Defaults<'_> {
    let parts = Parts::of(chart);
    let values = defaults::effective(chart, &parts.mounted);
    Defaults { parts, values }
}

/// Everything that differs between two versions of a chart.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    /// Default values that differ, of the chart and of its subcharts, by path in the root's values.
    pub values: ValuesDiff,
    /// Template files that differ, by path in the root chart (`templates/…`, `charts/minio/templates/…`).
    pub templates: Vec<FileChange>,
    /// Chart.yaml's fields that differ.
    pub metadata: Vec<FieldChange>,
    /// Dependencies that were added, removed or moved, declared or locked.
    pub dependencies: Vec<DependencyChange>,
    /// Default images that differ.
    pub images: Vec<ImageChange>,
    /// CRD files that differ. Helm installs them once and never upgrades them.
    pub crds: Vec<FileChange>,
    /// What the CRD files that both sides have mean for objects of their kinds, in words.
    pub crd_changes: Vec<CrdChange>,
    /// What changed in `values.schema.json`, in words.
    pub schema: Vec<SchemaChange>,
    /// The new version's `artifacthub.io/changes`.
    pub announced: Vec<Announced>,
    /// What could not be compared, and why; the comparison is complete when this is empty.
    pub missing: Vec<Missing>,
}

/// What happened to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// Only the new version has it.
    Added,
    /// Only the old version has it.
    Removed,
    /// Both have it, with different content.
    Modified,
    /// A list whose items are the same in another order.
    Reordered,
}

/// The default values that differ.
#[derive(Debug, Clone, Default)]
pub struct ValuesDiff {
    /// The settings, in the order of the new file, removed ones where they stood in the old.
    pub changes: Vec<ValueChange>,
    /// Removed and added paths that look like one setting under a new name or in a new place, best first.
    pub moves: Vec<MoveProposal>,
    /// Changed comment and blank lines of the values files that both sides have; one that was replaced by another counts once.
    pub comment_only_lines: usize,
}

/// One default that differs.
#[derive(Debug, Clone)]
pub struct ValueChange {
    /// The path in the root chart's values.
    pub path: Path,
    /// What happened.
    pub kind: ChangeKind,
    /// The old value; `None` when added.
    pub old: Option<Node>,
    /// The new value; `None` when removed.
    pub new: Option<Node>,
    /// Whether old and new are of different types (`null` counts as a type of its own).
    pub type_changed: bool,
    /// The values file, by path in the root chart: `values.yaml`, `charts/minio/values.yaml`.
    pub file: String,
    /// The line of the key in the old file, from 1; `None` when the old default came from another file (its node says which).
    pub old_line: Option<u32>,
    /// The line of the key in the new file, from 1.
    pub new_line: Option<u32>,
    /// What the chart's comment says of it (`@param PATH TEXT`, `# -- TEXT`, or the block above), new side first.
    pub description: Option<Arc<str>>,
}

/// A removed and an added path that may be one setting.
#[derive(Debug, Clone)]
pub struct MoveProposal {
    /// The path that went.
    pub from: Path,
    /// The path that came.
    pub to: Path,
    /// How alike they are, 0 to 1.
    pub score: f64,
    /// What speaks for it: "same value", "same description", "same name", "similar name", "same parent", "its neighbours
    /// moved along"; and against it: "others are as similar".
    pub reasons: Vec<&'static str>,
}

/// A text file that differs.
#[derive(Debug, Clone)]
pub struct FileChange {
    /// The path in the root chart.
    pub path: String,
    /// `Added`, `Removed` or `Modified`.
    pub kind: ChangeKind,
    /// Lines removed.
    pub removed: usize,
    /// Lines added.
    pub added: usize,
    /// The changed places with their surroundings; empty when the text was not compared.
    pub hunks: Vec<Hunk>,
    /// Why there are no hunks: "not text", "too large", "the deadline passed", "only line ends differ".
    pub omitted: Option<&'static str>,
}

/// A run of changed lines and their surroundings.
#[derive(Debug, Clone)]
pub struct Hunk {
    /// The lines in order.
    pub lines: Vec<DiffLine>,
}

/// A line of a hunk.
#[derive(Debug, Clone)]
pub struct DiffLine {
    /// `Added`, `Removed`, or `None` for an equal line.
    pub kind: Option<ChangeKind>,
    /// The line's number in the old file.
    pub old_line: Option<u32>,
    /// The line's number in the new file.
    pub new_line: Option<u32>,
    /// The text without its line end.
    pub text: Arc<str>,
}

/// A field of Chart.yaml that differs.
#[derive(Debug, Clone)]
pub struct FieldChange {
    /// The path in Chart.yaml, such as `kubeVersion` or `annotations.category`.
    pub path: Path,
    /// What happened.
    pub kind: ChangeKind,
    /// The old value.
    pub old: Option<Node>,
    /// The new value.
    pub new: Option<Node>,
}

/// A dependency that differs.
#[derive(Debug, Clone)]
pub struct DependencyChange {
    /// The path of its values in the root's: `minio`, `postgresql.common`.
    pub path: Path,
    /// The chart's name.
    pub name: String,
    /// What happened.
    pub kind: ChangeKind,
    /// The packed (else locked, else declared) version on the old side.
    pub old_version: Option<String>,
    /// The same on the new side.
    pub new_version: Option<String>,
    /// Other fields of the declaration that differ: `repository`, `condition`, `alias`, with old and new text.
    pub fields: Vec<(&'static str, String, String)>,
    /// Whether Chart.yaml's own constraint stayed and only the lock or the packed chart moved.
    pub lock_only: bool,
}

/// A default image that differs.
#[derive(Debug, Clone)]
pub struct ImageChange {
    /// The path of the mapping (or string) that names it.
    pub path: Path,
    /// The old reference, put together: `docker.io/bitnami/thanos:0.33.0-debian-11-r1`. A tag that charts take from `appVersion` by custom
    /// is followed by ` (tag from appVersion)`.
    pub old: Option<String>,
    /// The new reference.
    pub new: Option<String>,
}

/// A change of the values schema, in words.
#[derive(Debug, Clone)]
pub struct SchemaChange {
    /// The values path it speaks of.
    pub path: Path,
    /// A sentence: "is now required", "must be a string (was a number)".
    pub text: String,
    /// Whether values that were accepted may now be refused.
    pub stricter: bool,
}

/// A change of a CRD, in words.
#[derive(Debug, Clone)]
pub struct CrdChange {
    /// The file, by path in the root chart.
    pub file: String,
    /// The CRD's name: `prometheuses.monitoring.coreos.com`.
    pub name: String,
    /// What happened: "version v1beta1 is no longer served", "v1: spec.replicas is now required".
    pub text: String,
    /// Whether objects that were accepted may now be refused.
    pub breaking: bool,
}

/// An entry of `artifacthub.io/changes`.
#[derive(Debug, Clone)]
pub struct Announced {
    /// `added`, `changed`, `deprecated`, `removed`, `fixed`, `security`, or empty.
    pub kind: String,
    /// What it says.
    pub text: String,
}

/// A part that could not be compared.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Missing {
    /// The part: "templates/big.yaml".
    pub part: String,
    /// Why.
    pub reason: String,
}
