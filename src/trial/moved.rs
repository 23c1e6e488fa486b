//! The changed defaults as they can be put back: one by one where a values file could set them, lists whole.
//!
//! A default is put back by laying its old value *under* the user's, as the lowest of the values files. That is Helm's own way for a
//! parent to set a subchart's default (`pkg/chartutil/coalesce.go`): it reaches aliases and globals, `null` takes away a default that the
//! old version lacked, and whatever the user sets still wins. What it can't reach are defaults that a parent imports from a subchart
//! (`import-values`), since Helm reads those before any user's values. Depends on `diff` and `value`.

use crate::chart::Chart;
use crate::diff::{Comparison, ValueChange};
use crate::value::{Data, Node, Path};

use super::layer;

/// A default that moved, and can be put back on its own.
#[derive(Debug)]
pub(super) struct Moved {
    /// Where it is set.
    pub(super) path: Path,
    /// The old default; `None` when the old version has none.
    pub(super) old: Option<Node>,
    /// The changes of the comparison that it stands for, by position; several for items of one list.
    pub(super) changes: Vec<usize>,
    /// Whether a parent imports it: then it can't be put back.
    pub(super) imported: bool,
}

/// The changed defaults in the comparison's order.
pub(super) fn moved(comparison: &Comparison, old_defaults: &Node, new: &Chart) -> Vec<Moved> {
    let imports = imports(new);
    let mut all: Vec<Moved> = Vec::new();
    for (index, change) in comparison.values.changes.iter().enumerate() {
        let path = layer::settable(&change.path);
        if path.steps().is_empty() {
            continue;
        }
        if let Some(known) = all.iter_mut().rev().find(|known| known.path == path) {
            known.changes.push(index);
            continue;
        }
        let old = if path == change.path { change.old.clone() } else { layer::at(old_defaults, &path).cloned() };
        let imported = imports.iter().any(|import| layer::related(import, &path));
        all.push(Moved { path, old, changes: vec![index], imported });
    }
    all
}

/// What the user's values say where a default stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    /// Nothing: the default counts.
    Nothing,
    /// They set it, or something around it.
    Set,
}

/// Whether the user sets the value at a path, so that no default there counts. Mappings are merged, so one there sets nothing yet.
pub(super) fn given(user: &Node, path: &Path) -> Given {
    let mut at = user;
    for step in path.steps() {
        let (Data::Map(map), crate::value::Step::Key(key)) = (&at.data, step) else { return Given::Set };
        match map.get(key) {
            Some(entry) => at = &entry.value,
            None => return Given::Nothing,
        }
    }
    if at.as_map().is_some() { Given::Nothing } else { Given::Set }
}

/// The paths from which parents import values of their subcharts.
fn imports(root: &Chart) -> Vec<Path> {
    let mut all = Vec::new();
    for mounted in root.mounted() {
        for dependency in &mounted.chart.metadata.dependencies {
            let below = Path::keys(mounted.keys.iter().map(AsRef::as_ref)).key(dependency.key());
            for item in dependency.import_values.iter().flatten() {
                let source = match item.as_str() {
                    Some(name) => Some(Path::keys(["exports", name])),
                    None => item.get("child").and_then(Node::as_str).map(|child| Path::keys(child.split('.'))),
                };
                all.extend(source.map(|source| below.join(&source)));
            }
        }
    }
    all
}

/// The first change that a moved default stands for.
pub(super) fn change<'c>(moved: &Moved, comparison: &'c Comparison) -> Option<&'c ValueChange> {
    moved.changes.first().and_then(|index| comparison.values.changes.get(*index))
}
