//! The default values that differ, of a chart and of every chart below it.
//!
//! What is compared is what takes effect: a subchart's default that the parent's values.yaml sets itself is the parent's, on the side
//! where it does so, with the parent's file and line. Depends on `chart`, `value` and the tree engine.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use indexmap::IndexMap;

use super::parts::Parts;
use super::tree::{self, Change, Key, Side};
use super::{Missing, ValueChange, ValuesDiff, comments, moves, text};
use crate::value::description::Descriptions;
use crate::value::{Node, Path, Source, Step};

/// The keys that may identify the items of a list in a values file, best first.
const IDENTIFYING: &[Key] = &[
    Key::Field("name"),
    Key::Field("key"),
    Key::Field("id"),
    Key::Field("port"),
    Key::Field("containerPort"),
    Key::Field("mountPath"),
    Key::Field("host"),
    Key::Field("hostname"),
    Key::Field("path"),
    Key::Field("topologyKey"),
    Key::Field("secretName"),
    Key::Field("kind"),
];

/// A values file's list of mappings may be keyed wherever it stands.
pub(super) fn identifying_keys(_: &[Step]) -> &'static [Key] {
    IDENTIFYING
}

/// One side: its charts, and their defaults in one value.
#[derive(Debug)]
pub(super) struct Defaults<'a> {
    /// The chart and its subcharts.
    pub(super) parts: Parts<'a>,
    /// See [`super::defaults::effective`].
    pub(super) values: Cow<'a, Node>,
}

/// What each values file says of its settings, searched when first asked for.
type Texts = HashMap<*const Source, Descriptions>;

/// Compares the defaults; what could not be counted in time goes to `missing`.
pub(super) fn compare(old: &Defaults<'_>, new: &Defaults<'_>, deadline: Instant, missing: &mut Vec<Missing>) -> ValuesDiff {
    let mut texts = Texts::new();
    let found = tree::diff(&old.values, &new.values, identifying_keys).into_iter();
    let changes: Vec<ValueChange> = found.map(|change| value_change(change, old, new, &mut texts)).collect();
    let moves = moves::propose(&changes);
    ValuesDiff { changes, moves, comment_only_lines: comment_only_lines(old, new, deadline, missing) }
}

fn value_change(change: Change<'_>, old: &Defaults<'_>, new: &Defaults<'_>, texts: &mut Texts) -> ValueChange {
    let file = |side: Option<Side<'_>>, defaults: &Defaults<'_>| side.map(|side| defaults.parts.values_file(&side.at.source).to_owned());
    let (old_file, new_file) = (file(change.old, old), file(change.new, new));
    let in_one_file = new_file.is_none() || old_file == new_file;
    let mut described = |side: Option<Side<'_>>, defaults: &Defaults<'_>| describe(side?, &change.path, &defaults.parts, texts);
    ValueChange {
        description: described(change.new, new).or_else(|| described(change.old, old)),
        type_changed: matches!((change.old, change.new), (Some(old), Some(new)) if old.node.data.type_name() != new.node.data.type_name()),
        file: new_file.or(old_file).unwrap_or_default(),
        old_line: change.old.filter(|_| in_one_file).map(|side| side.at.line),
        new_line: change.new.map(|side| side.at.line),
        path: change.path,
        kind: change.kind,
        old: change.old.map(|side| side.node.clone()),
        new: change.new.map(|side| side.node.clone()),
    }
}

/// What the comments of the file that a default comes from say of it.
fn describe(side: Side<'_>, path: &Path, parts: &Parts<'_>, texts: &mut Texts) -> Option<Arc<str>> {
    let source = &side.at.source;
    let in_file = texts.entry(Arc::as_ptr(source)).or_insert_with(|| Descriptions::new(source));
    in_file.of(&parts.path_in_file(path, source), side.entry?)
}

/// Over the values files that both sides have.
fn comment_only_lines(old: &Defaults<'_>, new: &Defaults<'_>, deadline: Instant, missing: &mut Vec<Missing>) -> usize {
    let old_files = values_files(old);
    let mut total = 0;
    for (path, new) in values_files(new) {
        let Some(old) = old_files.get(&path) else { continue };
        match comments::changed_lines(old, new, deadline) {
            Some(lines) => total += lines,
            None => missing.push(Missing { part: format!("comments of {path}"), reason: text::TOO_LATE.to_owned() }),
        }
    }
    total
}

fn values_files<'a>(side: &Defaults<'a>) -> IndexMap<String, &'a Node> {
    let charts = side.parts.mounted.iter().map(|mounted| mounted.chart);
    charts.filter_map(|chart| Some((chart.path_in_root("values.yaml"), chart.values.as_ref()?))).collect()
}
