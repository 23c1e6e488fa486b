//! The text files that differ: templates and CRDs.
//!
//! Depends on `chart` and the line differ.

use indexmap::IndexMap;

use super::text::{self, Bounds};
use super::tree;
use super::{FileChange, Missing};
use crate::chart::File;

/// Compares files by their paths in the root chart, in the order of the new side; of a path that is there twice the last counts. What was
/// not looked into goes to `missing`.
pub(super) fn compare(
    old: Vec<(String, &File)>,
    new: Vec<(String, &File)>,
    bounds: &Bounds,
    missing: &mut Vec<Missing>,
) -> Vec<FileChange> {
    let (old, new): (IndexMap<_, _>, IndexMap<_, _>) = (old.into_iter().collect(), new.into_iter().collect());
    let old_in_new: Vec<Option<usize>> = old.keys().map(|path| new.get_index_of(path)).collect();
    let mut changes = Vec::new();
    for (old_index, new_index) in tree::in_new_order(&old_in_new, new.len()) {
        let old = old_index.and_then(|index| old.get_index(index));
        let new = new_index.and_then(|index| new.get_index(index));
        let Some((path, _)) = new.or(old) else { continue };
        let change = text::file_change(path, old.map(|(_, file)| &*file.bytes), new.map(|(_, file)| &*file.bytes), bounds);
        if let Some(reason) = change.as_ref().and_then(text::left_out) {
            missing.push(Missing { part: path.clone(), reason: reason.to_owned() });
        }
        changes.extend(change);
    }
    changes
}
