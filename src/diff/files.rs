//! The template and CRD files that differ, of a chart and of every chart below it.
//!
//! A chart that is mounted under two names is compared once, by its folder. Depends on `chart` and the line differ.

use std::path::Path as FilePath;

use indexmap::IndexMap;

use super::parts::Parts;
use super::text::{self, Bounds};
use super::tree;
use super::{FileChange, Missing};
use crate::chart::{Chart, File};

/// The templates that differ.
pub(super) fn templates(old: &Parts<'_>, new: &Parts<'_>, bounds: &Bounds, missing: &mut Vec<Missing>) -> Vec<FileChange> {
    compare(
        &collect(old, |chart| chart.templates.iter().collect()),
        &collect(new, |chart| chart.templates.iter().collect()),
        bounds,
        missing,
    )
}

/// The CRD files that differ: those Helm installs before a chart's templates, once, and never upgrades.
pub(super) fn crds(old: &Parts<'_>, new: &Parts<'_>, bounds: &Bounds, missing: &mut Vec<Missing>) -> Vec<FileChange> {
    compare(&collect(old, crd_files), &collect(new, crd_files), bounds, missing)
}

/// The CRD files of a chart by Helm's definition (`pkg/chart/chart.go`, `CRDObjects`): below `crds/`, named `.yaml`, `.yml` or `.json`.
pub(super) fn crd_files(chart: &Chart) -> Vec<&File> {
    let is_crd = |file: &&File| {
        let extension = FilePath::new(&file.path).extension().map(|extension| extension.to_ascii_lowercase());
        file.path.starts_with("crds/")
            && extension.is_some_and(|extension| extension == "yaml" || extension == "yml" || extension == "json")
    };
    chart.files.iter().filter(is_crd).collect()
}

type Files<'a> = IndexMap<String, &'a [u8]>;

fn collect<'a>(parts: &Parts<'a>, files_of: fn(&'a Chart) -> Vec<&'a File>) -> Files<'a> {
    let files = parts
        .folders()
        .flat_map(|part| files_of(part.chart).into_iter().map(|file| (format!("{}{}", part.folder, file.path), &*file.bytes)));
    files.collect()
}

fn compare(old: &Files<'_>, new: &Files<'_>, bounds: &Bounds, missing: &mut Vec<Missing>) -> Vec<FileChange> {
    let old_in_new: Vec<Option<usize>> = old.keys().map(|path| new.get_index_of(path)).collect();
    let mut changes = Vec::new();
    for (old_index, new_index) in tree::in_new_order(&old_in_new, new.len()) {
        let old = old_index.and_then(|index| old.get_index(index));
        let new = new_index.and_then(|index| new.get_index(index));
        let Some((path, _)) = new.or(old) else { continue };
        let change = text::file_change(path, old.map(|(_, bytes)| *bytes), new.map(|(_, bytes)| *bytes), bounds);
        if let Some(reason) = change.as_ref().and_then(text::left_out) {
            missing.push(Missing { part: path.clone(), reason: reason.to_owned() });
        }
        changes.extend(change);
    }
    changes
}
