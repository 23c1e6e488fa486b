//! What becomes of the keys the user sets: no longer read, equal to the new default, or hiding a change. Depends on `diff` and `render`.

use super::layer::{self, related};
use super::moved::{Given, given};
use super::{Case, UnreadKey, UserKeys};
use crate::diff::default_values;
use crate::value::{Node, Path};

/// Compares what the user sets with what the two traced renders read and with the new defaults. A key counts as read when either the key or
/// something around it or below it was read.
pub(super) fn user_keys(case: &Case<'_>, user: &Node) -> UserKeys {
    let mut keys = UserKeys::default();
    let new_defaults = default_values(case.new.chart());
    let (old_reads, new_reads) = (&case.old_render.reads, &case.new_render.reads);
    for (path, value) in layer::leaves(user) {
        if path.steps().is_empty() {
            continue;
        }
        if let (Some(old_reads), Some(new_reads)) = (old_reads, new_reads)
            && !new_reads.see(&path)
        {
            let (successor, old_read) = (successor(case, &path), old_reads.see(&path));
            keys.unread.push(UnreadKey { path, value: value.clone(), successor, old_read });
        } else if layer::at(&new_defaults, &path).is_some_and(|default| default.same(value)) {
            keys.redundant.push(path);
        }
    }
    let changes = &case.comparison.values.changes;
    for change in changes.iter().filter(|change| given(user, &layer::settable(&change.path)) == Given::Set) {
        let path = layer::settable(&change.path);
        if !keys.hiding.contains(&path) {
            keys.hiding.push(path);
        }
    }
    keys
}

/// The path that a changed default moved to, for a key at it, above it or below it.
fn successor(case: &Case<'_>, path: &Path) -> Option<Path> {
    let moves = &case.comparison.values.moves;
    if let Some(exact) = moves.iter().find(|one| one.from == *path) {
        return Some(exact.to.clone());
    }
    // A key below a moved mapping moved along; one above it stands where most of what was below it went.
    let around = moves.iter().filter(|one| related(&one.from, path));
    around.max_by(|a, b| a.score.total_cmp(&b.score)).and_then(|one| {
        let (from, to, steps) = (one.from.steps(), one.to.steps(), path.steps());
        if from.len() <= steps.len() {
            return Some(to.iter().chain(&steps[from.len()..]).cloned().collect());
        }
        let below = from.len() - steps.len();
        (to.len() > below && to[to.len() - below..] == from[steps.len()..]).then(|| to[..to.len() - below].iter().cloned().collect())
    })
}
