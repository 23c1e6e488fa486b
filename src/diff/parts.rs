//! The charts of a tree with the places of their values, and the files their values come from.
//!
//! Depends on `chart`.

use std::collections::HashMap;
use std::sync::Arc;

use crate::chart::{Chart, Mounted};
use crate::value::{Path, Source, Step};

/// The charts of a tree, parents before their subcharts. A chart with two names is there twice, with the same folder.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    /// Each chart at each of its places, the root first.
    pub(super) mounted: Vec<Mounted<'a>>,
    /// Their positions in `mounted` by their keys.
    by_keys: HashMap<Vec<Arc<str>>, usize>,
    /// The values files, by path in the root chart, under the address of their text.
    values_files: HashMap<*const Source, String>,
}

impl<'a> Parts<'a> {
    /// Walks the tree of a chart.
    pub(super) fn of(root: &'a Chart) -> Self {
        let mounted = root.mounted();
        let by_keys = mounted.iter().enumerate().map(|(position, mounted)| (mounted.keys.clone(), position)).collect();
        let values_file = |chart: &&'a Chart| Some((Arc::as_ptr(&chart.values.as_ref()?.at.source), chart.path_in_root("values.yaml")));
        Self { mounted, by_keys, values_files: root.charts().iter().filter_map(values_file).collect() }
    }

    /// The chart whose values stand under these keys.
    pub(super) fn at(&self, keys: &[Arc<str>]) -> Option<&Mounted<'a>> {
        self.by_keys.get(keys).and_then(|position| self.mounted.get(*position))
    }

    /// The charts whose values a path of the root's leads through, outermost first.
    fn holding(&self, path: &Path) -> impl Iterator<Item = &Mounted<'a>> {
        let key_of = |step: &Step| if let Step::Key(key) = step { Some(key.clone()) } else { None };
        let keys: Vec<Arc<str>> = path.steps().iter().map_while(key_of).collect();
        (0..=keys.len()).map_while(move |length| self.at(&keys[..length]))
    }

    /// The innermost chart whose values a path of the root's belongs to.
    pub(super) fn owner(&self, path: &Path) -> Option<&'a Chart> {
        self.holding(path).last().map(|mounted| mounted.chart)
    }

    /// A path of the root's as the values file spells it that says what stands there.
    pub(super) fn path_in_file(&self, path: &Path, source: &Arc<Source>) -> Path {
        let is_file = |mounted: &&Mounted<'a>| mounted.chart.values.as_ref().is_some_and(|values| Arc::ptr_eq(&values.at.source, source));
        let above = self.holding(path).find(is_file).map_or(0, |mounted| mounted.keys.len());
        path.steps()[above..].iter().cloned().collect()
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
