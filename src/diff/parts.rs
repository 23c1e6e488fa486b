//! The charts of a tree with the places of their values, and the files their values come from.
//!
//! Depends on `chart`.

use std::collections::HashMap;
use std::sync::Arc;

use crate::chart::{Chart, Mounted};
use crate::value::{Path, Source, Step};

/// The charts of a tree, parents first. A chart with two names is there twice, with the same folder.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    /// Each chart at each of its places, the root first.
    pub(super) mounted: Vec<Mounted<'a>>,
    /// The values files, by path in the root chart, under the address of their text.
    values_files: HashMap<*const Source, String>,
}

impl<'a> Parts<'a> {
    /// Walks the tree of a chart.
    pub(super) fn of(root: &'a Chart) -> Self {
        let values_file = |chart: &&'a Chart| Some((Arc::as_ptr(&chart.values.as_ref()?.at.source), chart.path_in_root("values.yaml")));
        Self { mounted: root.mounted(), values_files: root.charts().iter().filter_map(values_file).collect() }
    }

    /// The chart whose values stand under these keys.
    pub(super) fn at(&self, keys: &[Arc<str>]) -> Option<&Mounted<'a>> {
        self.mounted.iter().find(|mounted| mounted.keys == keys)
    }

    /// The innermost chart whose values a path of the root's belongs to.
    pub(super) fn owner(&self, path: &Path) -> Option<&'a Chart> {
        let holds = |mounted: &&Mounted<'a>| {
            let steps = path.steps();
            mounted.keys.len() <= steps.len()
                && mounted.keys.iter().zip(steps).all(|(key, step)| matches!(step, Step::Key(other) if other == key))
        };
        self.mounted.iter().filter(holds).max_by_key(|mounted| mounted.keys.len()).map(|mounted| mounted.chart)
    }

    /// The values file that a text is, by path in the root chart.
    pub(super) fn values_file(&self, source: &Arc<Source>) -> &str {
        self.values_files.get(&Arc::as_ptr(source)).map_or("values.yaml", String::as_str)
    }
}

/// The path of a chart's values in the root's.
pub(super) fn path_of(mounted: &Mounted<'_>) -> Path {
    Path::keys(mounted.keys.iter().map(AsRef::as_ref))
}
