//! Which old object is which new one. Depends on `object`.

use std::collections::{HashMap, VecDeque};

use super::renames;
use crate::object::{Id, Object};
use crate::value::Node;

/// An object of either render, or one of both.
#[derive(Debug)]
pub(super) enum Pair<'p, 'r> {
    /// Only the old render has it.
    Old(&'p Object<'r>),
    /// Only the new render has it.
    New(&'p Object<'r>),
    /// Both have it.
    Both {
        /// The old render's.
        old: &'p Object<'r>,
        /// The new render's.
        new: &'p Object<'r>,
        /// Whether only the content speaks for it: its name or namespace is another.
        renamed: bool,
    },
}

/// What is the same for both sides of an object that stays: group, kind, namespace and name.
type Key<'o> = (&'o str, &'o str, &'o str, &'o str);

/// The groups into which the kinds of the group `extensions` moved; the API server keeps one object for both.
const MOVED: [(&str, &str); 6] = [
    ("Deployment", "apps"),
    ("DaemonSet", "apps"),
    ("ReplicaSet", "apps"),
    ("Ingress", "networking.k8s.io"),
    ("NetworkPolicy", "networking.k8s.io"),
    ("PodSecurityPolicy", "policy"),
];

/// The group an object is kept in, whatever group its manifest names.
pub(super) fn group(id: &Id) -> &str {
    let moved = || MOVED.iter().find(|(kind, _)| *kind == id.kind).map(|(_, group)| *group);
    Some(&*id.group).filter(|group| *group == "extensions").and_then(|_| moved()).unwrap_or(&id.group)
}

/// An object that says no name may say the beginning of one.
fn name<'o>(object: &'o Object<'_>) -> &'o str {
    let generated = || object.node.get_path(["metadata", "generateName"]).and_then(Node::as_str);
    if object.id.name.is_empty() { generated().unwrap_or_default() } else { &object.id.name }
}

fn key<'o>(object: &'o Object<'_>) -> Key<'o> {
    (group(&object.id), &object.id.kind, &object.id.namespace, name(object))
}

/// Pairs the objects, in the new render's order, those of the old one alone last. Of objects with the same name the first is the first.
pub(super) fn pair<'p, 'r>(old: &'p [Object<'r>], new: &'p [Object<'r>]) -> Vec<Pair<'p, 'r>> {
    let mut waiting: HashMap<Key<'p>, VecDeque<usize>> = HashMap::with_capacity(old.len());
    for (index, object) in old.iter().enumerate() {
        waiting.entry(key(object)).or_default().push_back(index);
    }
    let mut old_of_new: Vec<Option<usize>> = new.iter().map(|object| waiting.get_mut(&key(object)).and_then(VecDeque::pop_front)).collect();
    let mut used = vec![false; old.len()];
    old_of_new.iter().flatten().for_each(|index| used[*index] = true);
    let removed: Vec<usize> = (0..old.len()).filter(|index| !used[*index]).collect();
    let added: Vec<usize> = (0..new.len()).filter(|index| old_of_new[*index].is_none()).collect();
    let mut renamed = vec![false; new.len()];
    for (from, to) in renames::propose(old, &removed, new, &added) {
        used[from] = true;
        renamed[to] = true;
        old_of_new[to] = Some(from);
    }
    let kept = new.iter().zip(old_of_new).zip(renamed).map(|((new, old_index), renamed)| match old_index {
        Some(index) => Pair::Both { old: &old[index], new, renamed },
        None => Pair::New(new),
    });
    let gone = old.iter().zip(used).filter(|(_, used)| !used).map(|(object, _)| Pair::Old(object));
    kept.chain(gone).collect()
}
