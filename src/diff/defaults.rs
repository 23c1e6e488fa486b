//! The default values of a chart as its templates and its subcharts' see them when the user sets nothing: each subchart's values.yaml
//! under its key, with what the charts above it set on top (Helm 3.17 `pkg/chartutil/coalesce.go`).
//!
//! Globals stay where they are written: what a parent's `global` does to a subchart is the same on every path and would be reported once
//! per subchart. Depends on `chart` and `value`.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::chart::{Chart, Mounted};
use crate::value::{Data, Entry, Node};

type Map = IndexMap<Arc<str>, Entry>;

/// The defaults of a whole chart tree in one value; every part keeps the place in the file it comes from.
pub(super) fn effective(root: &Chart, mounted: &[Mounted<'_>]) -> Node {
    let nothing = || Node { data: Data::Map(Map::new()), at: root.metadata.node.at.clone(), comment: None };
    let mut all = root.values.as_ref().filter(|values| values.as_map().is_some()).map_or_else(nothing, Clone::clone);
    for (part, values) in mounted.iter().filter_map(|part| Some((part, part.chart.values.as_ref()?))) {
        let Some(defaults) = values.as_map().filter(|map| !part.keys.is_empty() && !map.is_empty()) else { continue };
        let is_child = |other: &&Mounted<'_>| other.keys.len() == part.keys.len() + 1 && other.keys.starts_with(&part.keys);
        let children: HashSet<&str> = mounted.iter().filter(is_child).filter_map(|child| child.keys.last().map(AsRef::as_ref)).collect();
        if let Some(table) = table_at(&mut all, &part.keys, values) {
            fill(table, defaults, &|key| children.contains(key));
        }
    }
    all
}

/// The mapping at a path of keys, made where it is missing or null. `None` when something else stands in the way; Helm refuses that.
fn table_at<'n>(root: &'n mut Node, keys: &[Arc<str>], values: &Node) -> Option<&'n mut Map> {
    keys.iter().try_fold(map_mut(root)?, |map, key| {
        let entry = map.entry(key.clone()).or_insert_with(|| empty_entry(values));
        if matches!(entry.value.data, Data::Null) {
            entry.value.data = Data::Map(Map::new());
        }
        map_mut(&mut entry.value)
    })
}

fn map_mut(node: &mut Node) -> Option<&mut Map> {
    match &mut node.data {
        Data::Map(map) => Some(map),
        _ => None,
    }
}

fn empty_entry(values: &Node) -> Entry {
    let value = Node { data: Data::Map(Map::new()), at: values.at.clone(), comment: None };
    Entry { at: values.at.clone(), comment: None, value }
}

/// Adds the defaults that `table` doesn't set itself. A null in `table` takes the default away, except below keys for which
/// `keeps_nulls`: there it waits for the subchart of that name.
fn fill(table: &mut Map, defaults: &Map, keeps_nulls: &dyn Fn(&str) -> bool) {
    let mut taken_away = HashSet::new();
    for (key, default) in defaults {
        let Some(set) = table.get_mut(key) else {
            table.insert(key.clone(), default.clone());
            continue;
        };
        match (&mut set.value.data, &default.value.data) {
            (Data::Null, _) if !keeps_nulls(key) => {
                taken_away.insert(key.clone());
            }
            (Data::Map(set), Data::Map(default)) => {
                let keeps = keeps_nulls(key);
                fill(set, default, &move |_| keeps);
            }
            _ => {}
        }
    }
    if !taken_away.is_empty() {
        table.retain(|key, _| !taken_away.contains(key));
    }
}
