//! The changed defaults as they can be put back: one by one where a values file could set them, lists whole.
//!
//! A default is put back by laying its old value *under* the user's, as the lowest of the values files. That is Helm's own way for a
//! parent to set a subchart's default (`pkg/chartutil/coalesce.go`): it reaches aliases and globals, `null` takes away a default that the
//! old version lacked, and whatever the user sets still wins. What a parent imports from a subchart (`import-values`) Helm reads before any
//! user's values, so an imported default is put back in both places: where the subchart reads it, and where the parent does, unless a
//! default of the parent's own stands there and wins (`pkg/chartutil/dependencies.go`). Depends on `diff` and `value`.

use crate::chart::Chart;
use crate::diff::{Comparison, ValueChange, default_values};
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
    /// Where parents import it to, with the old default of each of those places.
    pub(super) imported: Vec<(Path, Option<Node>)>,
}

impl Moved {
    /// Every place to set, with its old default.
    pub(super) fn settings(&self) -> impl Iterator<Item = (&Path, Option<&Node>)> {
        let imported = self.imported.iter().map(|(path, old)| (path, old.as_ref()));
        std::iter::once((&self.path, self.old.as_ref())).chain(imported)
    }

    /// Whether any of its places is one that `sees` says yes to.
    pub(super) fn any(&self, mut sees: impl FnMut(&Path) -> bool) -> bool {
        self.settings().any(|(path, _)| sees(path))
    }
}

/// The changed defaults in the comparison's order.
pub(super) fn moved(comparison: &Comparison, old_defaults: &Node, new: &Chart) -> Vec<Moved> {
    let imports = imports(new);
    let new_defaults = default_values(new);
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
        let mut imported = imported(&path, &imports, old_defaults, &new_defaults);
        // What one parent imports, the one above may import from there.
        for _ in 0..imports.len() {
            let further: Vec<_> = imported.iter().flat_map(|(at, _)| self::imported(at, &imports, old_defaults, &new_defaults)).collect();
            let known = imported.len();
            imported.extend(further.into_iter().filter(|(at, _)| *at != path));
            imported.sort_by(|a, b| a.0.cmp(&b.0));
            imported.dedup_by(|a, b| a.0 == b.0);
            if imported.len() == known {
                break;
            }
        }
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

/// What a parent imports: from a path, to a path.
struct Import {
    from: Path,
    to: Path,
}

/// Where a changed default is imported to, with the old default of each place. Nothing goes where the parent has a default of its own.
fn imported(path: &Path, imports: &[Import], old_defaults: &Node, new_defaults: &Node) -> Vec<(Path, Option<Node>)> {
    let mut places = Vec::new();
    for import in imports.iter().filter(|import| layer::related(&import.from, path)) {
        let (from, steps) = (import.from.steps(), path.steps());
        if steps.len() >= from.len() {
            let rest: Path = steps[from.len()..].iter().cloned().collect();
            places.push((import.to.join(&rest), layer::at(old_defaults, path).cloned()));
            continue;
        }
        for defaults in [old_defaults, new_defaults] {
            let leaves = layer::at(defaults, &import.from).map(layer::leaves).unwrap_or_default();
            places.extend(leaves.into_iter().map(|(rest, _)| {
                let old = layer::at(old_defaults, &import.from.join(&rest)).cloned();
                (import.to.join(&rest), old)
            }));
        }
    }
    places.retain(|(place, _)| !place.steps().is_empty() && layer::at(new_defaults, place).is_none_or(|own| own.as_map().is_some()));
    places
}

/// What parents import of their subcharts.
fn imports(root: &Chart) -> Vec<Import> {
    let mut all = Vec::new();
    for mounted in root.mounted() {
        let parent = Path::keys(mounted.keys.iter().map(AsRef::as_ref));
        for dependency in &mounted.chart.metadata.dependencies {
            let below = parent.key(dependency.key());
            let keys = |text: &str| Path::keys(text.split('.').filter(|key| !key.is_empty()));
            for item in dependency.import_values.iter().flatten() {
                let text = |key| item.get(key).and_then(Node::as_str);
                let pair = match item.as_str() {
                    Some(name) => Some((Path::keys(["exports", name]), Path::root())),
                    None => text("child").zip(text("parent")).map(|(child, parent)| (keys(child), keys(parent))),
                };
                all.extend(pair.map(|(child, to)| Import { from: below.join(&child), to: parent.join(&to) }));
            }
        }
    }
    all
}

/// The first change that a moved default stands for.
pub(super) fn change<'c>(moved: &Moved, comparison: &'c Comparison) -> Option<&'c ValueChange> {
    moved.changes.first().and_then(|index| comparison.values.changes.get(*index))
}
