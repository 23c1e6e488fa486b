//! The default values of a chart as its templates and its subcharts' see them when the user sets nothing: each subchart's values.yaml
//! under its key, with what the charts above it set on top (Helm 3.17 `pkg/chartutil/coalesce.go`).
//!
//! Globals stay where they are written: what a parent's `global` does to a subchart is the same on every path and would be reported once
//! per subchart. Depends on `chart` and `value`.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::chart::{Chart, Mounted};
use crate::value::{Data, Entry, Mapping, Node};

/// The defaults of a whole chart tree in one value; every part keeps the place in the file it comes from.
pub(super) fn effective<'a>(root: &'a Chart, mounted: &[Mounted<'a>]) -> Cow<'a, Node> {
    let mut all = match root.values.as_ref().filter(|values| values.as_map().is_some()) {
        Some(values) => Cow::Borrowed(values),
        None => Cow::Owned(Node { data: Data::Map(Mapping::default()), at: root.metadata.node.at.clone(), comment: None }),
    };
    let mut children: HashMap<&[Arc<str>], HashSet<&str>> = HashMap::new();
    for (key, parent) in mounted.iter().filter_map(|part| part.keys.split_last()) {
        children.entry(parent).or_default().insert(key);
    }
    for part in mounted.iter().filter(|part| !part.keys.is_empty()) {
        let Some(values) = part.chart.values.as_ref() else { continue };
        let Some(defaults) = values.as_map().filter(|map| !map.is_empty()) else { continue };
        let is_child = |key: &str| children.get(part.keys.as_slice()).is_some_and(|children| children.contains(key));
        if let Some(table) = table_at(all.to_mut(), &part.keys, values) {
            fill(table, defaults, &is_child);
        }
    }
    all
}

/// The mapping at a path of keys, made where it is missing or null. `None` when something else stands in the way; Helm refuses that.
fn table_at<'n>(root: &'n mut Node, keys: &[Arc<str>], values: &Node) -> Option<&'n mut Mapping> {
    keys.iter().try_fold(map_mut(root)?, |map, key| {
        let entry = map.entry(key.clone()).or_insert_with(|| empty_entry(values));
        if matches!(entry.value.data, Data::Null) {
            entry.value.data = Data::Map(Mapping::default());
        }
        map_mut(&mut entry.value)
    })
}

fn map_mut(node: &mut Node) -> Option<&mut Mapping> {
    match &mut node.data {
        Data::Map(map) => Some(map),
        _ => None,
    }
}

fn empty_entry(values: &Node) -> Entry {
    let value = Node { data: Data::Map(Mapping::default()), at: values.at.clone(), comment: None };
    Entry { at: values.at.clone(), comment: None, value }
}

/// Adds the defaults that `table` doesn't set itself. A null in `table` takes the default away, except below keys for which
/// `keeps_nulls`: there it waits for the subchart of that name.
fn fill(table: &mut Mapping, defaults: &Mapping, keeps_nulls: &dyn Fn(&str) -> bool) {
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
