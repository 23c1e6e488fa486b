//! The dependencies that were added, removed or moved, at every level of the tree.
//!
//! A dependency is declared in Chart.yaml, locked in Chart.lock and packed in `charts/`; what runs is what is packed. Depends on `chart`.

use std::sync::Arc;

use indexmap::IndexMap;

use super::parts::Parts;
use super::tree;
use super::{ChangeKind, DependencyChange};
use crate::chart::Dependency;
use crate::value::Path;

/// How many changed aliases are followed.
const MAX_ALIASES: usize = 100;

/// All that one side says of a dependency.
#[derive(Debug, Default)]
struct Standing<'a> {
    name: &'a str,
    declared: Option<&'a Dependency>,
    locked: Option<&'a str>,
    packed: Option<&'a str>,
}

type Standings<'a> = IndexMap<Vec<Arc<str>>, Standing<'a>>;

/// Compares the dependencies of two trees, in the order of the new one.
pub(super) fn compare(old: &Parts<'_>, new: &Parts<'_>) -> Vec<DependencyChange> {
    let (mut old, new) = (standings(old), standings(new));
    follow_aliases(&mut old, &new);
    let old_in_new: Vec<Option<usize>> = old.keys().map(|keys| new.get_index_of(keys)).collect();
    let pairs = tree::in_new_order(&old_in_new, new.len()).into_iter();
    pairs
        .filter_map(|(old_index, new_index)| {
            let old = old_index.and_then(|index| old.get_index(index));
            let new = new_index.and_then(|index| new.get_index(index));
            let (keys, _) = new.or(old)?;
            change(Path::keys(keys.iter().map(AsRef::as_ref)), old.map(|(_, old)| old), new.map(|(_, new)| new))
        })
        .collect()
}

fn standings<'a>(parts: &Parts<'a>) -> Standings<'a> {
    let mut all = Standings::new();
    for mounted in parts.mounted.iter() {
        if !mounted.keys.is_empty() {
            let metadata = &mounted.chart.metadata;
            let standing =
                Standing { name: &metadata.name, declared: mounted.dependency, locked: mounted.locked, packed: Some(&metadata.version) };
            all.insert(mounted.keys.clone(), standing);
        }
        for declared in mounted.chart.missing_dependencies() {
            let keys = mounted.keys.iter().cloned().chain([declared.key().into()]).collect();
            let standing =
                Standing { name: &declared.name, declared: Some(declared), locked: mounted.chart.locked(declared), packed: None };
            all.insert(keys, standing);
        }
    }
    all
}

/// Puts an old dependency under its new key when only its alias changed: the only one of its chart that went and the only one that came,
/// below the same parent.
fn follow_aliases(old: &mut Standings<'_>, new: &Standings<'_>) {
    let gone: Vec<Vec<Arc<str>>> = old.keys().filter(|keys| !new.contains_key(*keys)).cloned().collect();
    for keys in gone.iter().take(MAX_ALIASES) {
        let name = old[keys].name;
        let is_sibling = |other: &Vec<Arc<str>>| {
            other.len() == keys.len() && other.split_last().map(|(_, up)| up) == keys.split_last().map(|(_, up)| up)
        };
        let went = gone.iter().filter(|other| is_sibling(other) && old.get(*other).is_some_and(|standing| standing.name == name)).count();
        let mut came = new.iter().filter(|(other, standing)| is_sibling(other) && standing.name == name && !old.contains_key(*other));
        if let (1, Some((new_keys, _)), None) = (went, came.next(), came.next())
            && let Some(index) = old.get_index_of(keys)
        {
            let _ = old.replace_index(index, new_keys.clone());
        }
    }
}

fn change(path: Path, old: Option<&Standing<'_>>, new: Option<&Standing<'_>>) -> Option<DependencyChange> {
    let name = new.or(old)?.name.to_owned();
    let (old_version, new_version) = (old.and_then(version), new.and_then(version));
    let (kind, fields) = match (old, new) {
        (Some(old), Some(new)) => (ChangeKind::Modified, fields(old.declared, new.declared)),
        (Some(_), None) => (ChangeKind::Removed, Vec::new()),
        _ => (ChangeKind::Added, Vec::new()),
    };
    if kind == ChangeKind::Modified && old_version == new_version && fields.is_empty() {
        return None;
    }
    let lock_only = kind == ChangeKind::Modified && fields.is_empty() && new.is_some_and(|new| new.declared.is_some());
    Some(DependencyChange { path, name, kind, old_version, new_version, fields, lock_only })
}

fn version(standing: &Standing<'_>) -> Option<String> {
    standing.packed.or(standing.locked).or(standing.declared.map(|declared| declared.version.as_str())).map(str::to_owned)
}

/// The fields of the declaration that differ; a side that doesn't declare the dependency has empty ones.
fn fields(old: Option<&Dependency>, new: Option<&Dependency>) -> Vec<(&'static str, String, String)> {
    type Field = fn(&Dependency) -> String;
    const FIELDS: [(&str, Field); 5] = [
        ("version", |declared| declared.version.clone()),
        ("repository", |declared| declared.repository.clone()),
        ("alias", |declared| declared.alias.clone().unwrap_or_default()),
        ("condition", |declared| declared.condition.clone().unwrap_or_default()),
        ("tags", |declared| declared.tags.join(", ")),
    ];
    let both = FIELDS.map(|(name, field)| (name, old.map(field).unwrap_or_default(), new.map(field).unwrap_or_default()));
    both.into_iter().filter(|(_, old, new)| old != new).collect()
}
