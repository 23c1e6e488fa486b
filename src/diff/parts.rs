//! The charts of a tree, each with the place of its values in the root's and the folder of its files in the root chart.
//!
//! Depends on `chart`.

use std::collections::HashMap;
use std::sync::Arc;

use crate::chart::Chart;
use crate::value::{Node, Path, Source};

/// A chart where it is mounted: a chart with two aliases is two parts with one folder.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// The keys from the root's values to this chart's; empty for the root.
    pub(super) keys: Vec<Arc<str>>,
    /// The chart.
    pub(super) chart: &'a Chart,
    /// Its folder in the root chart, with a final slash: `` for the root, `charts/minio/`.
    pub(super) folder: String,
}

impl Part<'_> {
    /// The path of its values in the root's.
    pub(super) fn path(&self) -> Path {
        Path::keys(self.keys.iter().map(AsRef::as_ref))
    }
}

/// The charts of a tree, parents first.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    all: Vec<Part<'a>>,
    /// The values files by the address of their text.
    values_files: HashMap<*const Source, String>,
}

impl<'a> Parts<'a> {
    /// Walks the tree of a chart.
    pub(super) fn of(root: &'a Chart) -> Self {
        let mut folders: HashMap<Vec<Arc<str>>, String> = HashMap::new();
        let mut all: Vec<Part<'a>> = Vec::new();
        for mounted in root.mounted() {
            let folder = match mounted.keys.split_last() {
                None => String::new(),
                Some((_, parent)) => {
                    format!("{}charts/{}/", folders.get(parent).map_or("", String::as_str), mounted.chart.metadata.name)
                }
            };
            folders.insert(mounted.keys.clone(), folder.clone());
            all.push(Part { keys: mounted.keys, chart: mounted.chart, folder });
        }
        let values_files = all
            .iter()
            .filter_map(|part| Some((Arc::as_ptr(&part.chart.values.as_ref()?.at.source), format!("{}values.yaml", part.folder))))
            .collect();
        Self { all, values_files }
    }

    /// All parts, the root first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Part<'a>> {
        self.all.iter()
    }

    /// Each chart once, by its folder: a chart that is mounted twice is the same files.
    pub(super) fn folders(&self) -> impl Iterator<Item = &Part<'a>> {
        let mut seen = std::collections::HashSet::new();
        self.all.iter().filter(move |part| seen.insert(part.folder.as_str()))
    }

    /// The innermost chart whose values a path of the root's belongs to.
    pub(super) fn owner(&self, path: &Path) -> Option<&Part<'a>> {
        let keys: Vec<&str> = path.steps().iter().map_while(key_of).collect();
        self.all
            .iter()
            .filter(|part| part.keys.len() <= keys.len() && part.keys.iter().zip(&keys).all(|(a, b)| **a == **b))
            .max_by_key(|part| part.keys.len())
    }

    /// The values file a default comes from, by its path in the root chart.
    pub(super) fn values_file(&self, node_source: &Arc<Source>) -> &str {
        self.values_files.get(&Arc::as_ptr(node_source)).map_or("values.yaml", String::as_str)
    }

    /// The root's values, when they are a mapping.
    pub(super) fn root_values(&self) -> Option<&'a Node> {
        self.all.first().and_then(|part| part.chart.values.as_ref())
    }
}

fn key_of(step: &crate::value::Step) -> Option<&str> {
    match step {
        crate::value::Step::Key(key) => Some(key),
        _ => None,
    }
}
