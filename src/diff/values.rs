//! The default values that differ, of a chart and of every chart below it.
//!
//! What is compared is what takes effect: a subchart's default that the parent's values.yaml sets itself is the parent's, on the side
//! where it does so, with the parent's file and line. Depends on `chart`, `value` and the tree engine.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use indexmap::IndexMap;

use super::parts::Parts;
use super::tree::{self, Side};
use super::{Missing, ValueChange, ValuesDiff, comments, moves, text};
use crate::value::description::Descriptions;
use crate::value::{Node, Path, Source, Step};

/// The keys that may identify the items of a list in a values file, best first.
const IDENTIFYING: &[&str] =
    &["name", "key", "id", "port", "containerPort", "mountPath", "host", "hostname", "path", "topologyKey", "secretName", "kind"];

/// A values file's list of mappings may be keyed wherever it stands.
pub(super) fn identifying_keys(_: &[Step]) -> &'static [&'static str] {
    IDENTIFYING
}

/// One side: its charts, and their defaults in one value.
#[derive(Debug)]
pub(super) struct Defaults<'a> {
    /// The chart and its subcharts.
    pub(super) parts: Parts<'a>,
    /// See [`super::defaults::effective`].
    pub(super) values: Node,
}

/// Compares the defaults; what could not be counted in time goes to `missing`.
pub(super) fn compare(old: &Defaults<'_>, new: &Defaults<'_>, deadline: Instant, missing: &mut Vec<Missing>) -> ValuesDiff {
    let mut descriptions = HashMap::new();
    let changes: Vec<ValueChange> = tree::diff(&old.values, &new.values, identifying_keys)
        .into_iter()
        .map(|change| {
            let described = |side: Option<Side<'_>>, parts, texts: &mut _| side.and_then(|side| describe(side, &change.path, parts, texts));
            let description =
                described(change.new, &new.parts, &mut descriptions).or_else(|| described(change.old, &old.parts, &mut descriptions));
            ValueChange {
                type_changed: is_type_change(change.old, change.new),
                file: file_of(change.old, change.new, old, new).to_owned(),
                old_line: change.old.filter(|_| same_file(change.old, change.new, old, new)).map(|side| side.at.line),
                new_line: change.new.map(|side| side.at.line),
                description,
                path: change.path,
                kind: change.kind,
                old: change.old.map(|side| side.node.clone()),
                new: change.new.map(|side| side.node.clone()),
            }
        })
        .collect();
    let moves = moves::propose(&changes);
    ValuesDiff { changes, moves, comment_only_lines: comment_only_lines(old, new, deadline, missing) }
}

/// What the comments of the file that a default comes from say of it; each file is searched once.
fn describe(side: Side<'_>, path: &Path, parts: &Parts<'_>, texts: &mut HashMap<*const Source, Descriptions>) -> Option<Arc<str>> {
    let source = &side.at.source;
    let in_file = texts.entry(Arc::as_ptr(source)).or_insert_with(|| Descriptions::new(source));
    in_file.of(&parts.path_in_file(path, source), side.entry?)
}

fn is_type_change(old: Option<Side<'_>>, new: Option<Side<'_>>) -> bool {
    matches!((old, new), (Some(old), Some(new)) if old.node.data.type_name() != new.node.data.type_name())
}

fn file_of<'s>(old_side: Option<Side<'_>>, new_side: Option<Side<'_>>, old: &'s Defaults<'_>, new: &'s Defaults<'_>) -> &'s str {
    let new_file = new_side.map(|side| new.parts.values_file(&side.at.source));
    new_file.or(old_side.map(|side| old.parts.values_file(&side.at.source))).unwrap_or("values.yaml")
}

/// Whether a default comes from the same values file on both sides, or only one side has it.
fn same_file(old_side: Option<Side<'_>>, new_side: Option<Side<'_>>, old: &Defaults<'_>, new: &Defaults<'_>) -> bool {
    match (old_side, new_side) {
        (Some(old_side), Some(new_side)) => old.parts.values_file(&old_side.at.source) == new.parts.values_file(&new_side.at.source),
        _ => true,
    }
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
