//! The structural difference of two values: what was added, removed, modified and reordered, by path.
//!
//! The engine knows nothing of charts: which keys identify the items of a list is a parameter, so that values files and rendered objects
//! are compared by the same code. Each node is visited a bounded number of times. Depends on `value`.

use super::ChangeKind;
use super::lists::{self, Pairing};
use crate::value::{Data, Entry, Mapping, Node, Path, Span, Step};

/// Which keys may identify the items of the list of mappings at a path, best first; none when such a list is one value.
pub type KeysFor = fn(&[Step]) -> &'static [Key];

/// How the items of a list say which one they are. It identifies them when no two of a side say the same.
#[derive(Debug, Clone, Copy)]
pub enum Key {
    /// By the scalar under this key: `[name=query]`.
    Field(&'static str),
    /// By what stands under these keys, scalars or lists of them; the step shows the first that is there: `[port=53/UDP]`.
    Fields(&'static [&'static str]),
    /// By whichever of these an item has first: the name that the step shows, and the way to the value: `[secretRef=tokens]`.
    OneOf(&'static [(&'static str, &'static [&'static str])]),
}

impl Key {
    /// The name that a step shows for an item in which nothing of the key is written.
    pub(super) fn shown(self) -> &'static str {
        match self {
            Self::Field(name) => name,
            Self::Fields(names) => names.first().copied().unwrap_or_default(),
            Self::OneOf(ways) => ways.first().map(|(shown, _)| *shown).unwrap_or_default(),
        }
    }
}

/// One side of a change.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The value.
    pub node: &'a Node,
    /// Where its key begins; where the value begins when it is an item of a list.
    pub at: &'a Span,
    /// The key with its comment; `None` for an item of a list and for the root.
    pub entry: Option<&'a Entry>,
}

impl<'a> From<&'a Entry> for Side<'a> {
    fn from(entry: &'a Entry) -> Self {
        Self { node: &entry.value, at: &entry.at, entry: Some(entry) }
    }
}

impl<'a> From<&'a Node> for Side<'a> {
    fn from(node: &'a Node) -> Self {
        Self { node, at: &node.at, entry: None }
    }
}

/// One difference. Scalars, lists, empty mappings and keyed items of lists are never taken apart when only one side has them.
#[derive(Debug, Clone)]
pub struct Change<'a> {
    /// The way to it from the roots.
    pub path: Path,
    /// What happened.
    pub kind: ChangeKind,
    /// The old side; `None` when added.
    pub old: Option<Side<'a>>,
    /// The new side; `None` when removed.
    pub new: Option<Side<'a>>,
    /// How many steps of the path lead to the outermost mapping that came or went with it; the path's length when that is itself.
    pub outermost: usize,
    /// Where an added item stands in the new list, from 0.
    pub position: Option<usize>,
}

/// All differences of two values, in the order of the new one; what was removed comes where it stood in the old one. A mapping that
/// only one side has is reported as its leaves.
pub fn diff<'a>(old: &'a Node, new: &'a Node, keys_for: KeysFor) -> Vec<Change<'a>> {
    let mut walk = Walk { steps: Vec::new(), keys_for, changes: Vec::new() };
    walk.compare(old.into(), new.into());
    walk.changes
}

struct Walk<'a> {
    /// The way to where the walk is.
    steps: Vec<Step>,
    keys_for: KeysFor,
    changes: Vec<Change<'a>>,
}

impl<'a> Walk<'a> {
    fn compare(&mut self, old: Side<'a>, new: Side<'a>) {
        match (&old.node.data, &new.node.data) {
            (Data::Map(old), Data::Map(new)) => self.maps(old, new),
            (Data::List(old_items), Data::List(new_items)) => match lists::pair(old_items, new_items, (self.keys_for)(&self.steps)) {
                Pairing::Same => {}
                Pairing::Reordered => self.push(ChangeKind::Reordered, Some(old), Some(new)),
                Pairing::Different => self.push(ChangeKind::Modified, Some(old), Some(new)),
                Pairing::Keyed { old: old_steps, new: new_steps, old_in_new } => {
                    self.items((old_items, &old_steps), (new_items, &new_steps), &old_in_new);
                    if !old_in_new.iter().flatten().is_sorted() {
                        self.push(ChangeKind::Reordered, Some(old), Some(new));
                    }
                }
            },
            (old_data, new_data) if old_data.same(new_data) => {}
            _ => self.push(ChangeKind::Modified, Some(old), Some(new)),
        }
    }

    fn maps(&mut self, old: &'a Mapping, new: &'a Mapping) {
        let old_in_new: Vec<Option<usize>> = old.keys().map(|key| new.get_index_of(key)).collect();
        for (old_index, new_index) in in_new_order(&old_in_new, new.len()) {
            let old = old_index.and_then(|index| old.get_index(index));
            let new = new_index.and_then(|index| new.get_index(index));
            let Some((key, _)) = new.or(old) else { continue };
            self.steps.push(Step::Key(key.clone()));
            let outermost = self.steps.len();
            match (old, new) {
                (Some((_, old)), Some((_, new))) => self.compare(old.into(), new.into()),
                (Some((_, old)), None) => self.leaves(ChangeKind::Removed, old.into(), outermost),
                (None, Some((_, new))) => self.leaves(ChangeKind::Added, new.into(), outermost),
                (None, None) => {}
            }
            self.steps.pop();
        }
    }

    /// Goes into each pair of items; each side comes with the steps into its items.
    fn items(&mut self, (old, old_steps): (&'a [Node], &[Step]), (new, new_steps): (&'a [Node], &[Step]), old_in_new: &[Option<usize>]) {
        for (old_index, new_index) in in_new_order(old_in_new, new.len()) {
            let step = new_index.map(|index| &new_steps[index]).or(old_index.map(|index| &old_steps[index]));
            let Some(step) = step.cloned() else { continue };
            self.steps.push(step);
            match (old_index, new_index) {
                (Some(old_index), Some(new_index)) => self.compare((&old[old_index]).into(), (&new[new_index]).into()),
                (Some(index), None) => self.push(ChangeKind::Removed, Some((&old[index]).into()), None),
                (None, Some(index)) => {
                    self.push(ChangeKind::Added, None, Some((&new[index]).into()));
                    if let Some(change) = self.changes.last_mut() {
                        change.position = Some(index);
                    }
                }
                (None, None) => {}
            }
            self.steps.pop();
        }
    }

    /// Reports what only one side has: the leaves of a mapping, anything else as it is.
    fn leaves(&mut self, kind: ChangeKind, side: Side<'a>, outermost: usize) {
        if let Data::Map(map) = &side.node.data
            && !map.is_empty()
        {
            for (key, entry) in map {
                self.steps.push(Step::Key(key.clone()));
                self.leaves(kind, entry.into(), outermost);
                self.steps.pop();
            }
            return;
        }
        let (old, new) = if kind == ChangeKind::Added { (None, Some(side)) } else { (Some(side), None) };
        self.push(kind, old, new);
        if let Some(change) = self.changes.last_mut() {
            change.outermost = outermost;
        }
    }

    fn push(&mut self, kind: ChangeKind, old: Option<Side<'a>>, new: Option<Side<'a>>) {
        let path = self.steps.iter().cloned().collect();
        self.changes.push(Change { path, kind, old, new, outermost: self.steps.len(), position: None });
    }
}

/// Pairs of old and new positions in the order of the new side; old ones without a partner follow the one they followed in the old.
pub(super) fn in_new_order(old_in_new: &[Option<usize>], new_len: usize) -> Vec<(Option<usize>, Option<usize>)> {
    let mut old_of_new = vec![None; new_len];
    let mut gone = Vec::new();
    let mut follows = 0;
    for (old, new) in old_in_new.iter().enumerate() {
        match new {
            Some(new) => {
                old_of_new[*new] = Some(old);
                follows = new + 1;
            }
            None => gone.push((follows, old)),
        }
    }
    gone.sort_by_key(|(follows, _)| *follows);
    let mut gone = gone.into_iter().peekable();
    let mut pairs = Vec::with_capacity(new_len + gone.len());
    for (new, old) in old_of_new.into_iter().enumerate() {
        while let Some((_, gone)) = gone.next_if(|(follows, _)| *follows == new) {
            pairs.push((Some(gone), None));
        }
        pairs.push((old, Some(new)));
    }
    pairs.extend(gone.map(|(_, old)| (Some(old), None)));
    pairs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::diff::tests::node;

    const KEYS: KeysFor = |_| &[Key::Field("name"), Key::Field("port")];

    /// `sign path: old → new` of each change.
    fn told(old: &Value, new: &Value) -> Vec<String> {
        let (old, new) = (node(old), node(new));
        let show = |side: Option<Side<'_>>| side.map_or(String::new(), |side| serde_json::to_string(side.node).unwrap());
        diff(&old, &new, KEYS)
            .iter()
            .map(|change| {
                let sign = match change.kind {
                    ChangeKind::Added => '+',
                    ChangeKind::Removed => '-',
                    ChangeKind::Modified => '~',
                    ChangeKind::Reordered => '%',
                };
                format!("{sign}{} {}>{}", change.path, show(change.old), show(change.new))
            })
            .collect()
    }

    #[test]
    fn each_kind_of_change_is_told_once_at_its_path() {
        let cases = [
            (json!({"a": 1, "b": {"c": true}}), json!({"b": {"c": true}, "a": 1.0}), vec![]),
            (json!({"a": 1}), json!({"a": "1"}), vec!["~a 1>\"1\""]),
            (json!({"a": null}), json!({}), vec!["-a null>"]),
            (json!({}), json!({"a": {}, "b": null}), vec!["+a >{}", "+b >null"]),
            (json!({}), json!({"a": {"b": {"c": 1}, "d": [1]}}), vec!["+a.b.c >1", "+a.d >[1]"]),
            (json!({"a": {"b": 1, "c": {}}}), json!({}), vec!["-a.b 1>", "-a.c {}>"]),
            (json!({"a": {}}), json!({"a": {"b": 1}}), vec!["+a.b >1"]),
            (json!({"a": "x"}), json!({"a": {"b": 1}}), vec!["~a \"x\">{\"b\":1}"]),
            (json!({"a": 1, "b": 2, "c": 3}), json!({"a": 0, "x": 0, "c": 0}), vec!["~a 1>0", "-b 2>", "+x >0", "~c 3>0"]),
            (json!({"a": 1, "b": 2}), json!({"b": 2, "c": 3}), vec!["-a 1>", "+c >3"]),
            (json!({"a": [1, 2, 2]}), json!({"a": [2, 1, 2]}), vec!["%a [1,2,2]>[2,1,2]"]),
            (json!({"a": [1, 2]}), json!({"a": [2, 2]}), vec!["~a [1,2]>[2,2]"]),
            (json!({"a": []}), json!({"a": [{"name": "x"}]}), vec!["~a []>[{\"name\":\"x\"}]"]),
            (
                json!({"a": [{"name": "x", "v": 1}, {"name": "y"}]}),
                json!({"a": [{"name": "y"}, {"name": "x", "v": 2}]}),
                vec!["~a[name=x].v 1>2", "%a [{\"name\":\"x\",\"v\":1},{\"name\":\"y\"}]>[{\"name\":\"y\"},{\"name\":\"x\",\"v\":2}]"],
            ),
            (
                json!({"a": [{"name": "x"}, {"name": "z"}]}),
                json!({"a": [{"name": "y"}, {"name": "z"}]}),
                vec!["-a[name=x] {\"name\":\"x\"}>", "+a[name=y] >{\"name\":\"y\"}"],
            ),
            (json!({"a": [{"port": 80, "b": 1}]}), json!({"a": [{"port": "80", "b": 1}]}), vec!["~a[port=80].port 80>\"80\""]),
            (
                json!({"a": [{"name": "x"}, {"name": "x", "b": 1}]}),
                json!({"a": [{"name": "x"}]}),
                vec!["~a [{\"name\":\"x\"},{\"name\":\"x\",\"b\":1}]>[{\"name\":\"x\"}]"],
            ),
            (json!([1]), json!([2]), vec!["~ [1]>[2]"]),
        ];
        for (old, new, expected) in cases {
            assert_eq!(told(&old, &new), expected, "{old} → {new}");
        }
    }

    #[test]
    fn leaves_know_the_outermost_mapping_that_came_with_them() {
        let (old, new) = (node(&json!({"a": {}})), node(&json!({"a": {"b": {"c": {"d": 1}}}, "e": 1})));
        let outermost: Vec<(String, usize)> =
            diff(&old, &new, KEYS).iter().map(|change| (change.path.to_string(), change.outermost)).collect();
        assert_eq!(outermost, [("a.b.c.d".to_owned(), 2), ("e".to_owned(), 1)]);
    }

    /// Small values with few different keys and names, so that sides agree in parts.
    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..3).prop_map(Value::from),
            "[ab]{0,1}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            let map = prop::collection::btree_map("[abc]", inner.clone(), 0..4);
            let named = (prop::sample::select(vec!["x", "y", "z"]), map.clone());
            prop_oneof![
                3 => map.prop_map(Value::from_iter),
                1 => prop::collection::vec(inner, 0..4).prop_map(Value::from),
                2 => prop::collection::vec(named, 0..4).prop_map(|items| {
                    items.into_iter().map(|(name, mut map)| { map.insert("name".into(), name.into()); Value::from_iter(map) }).collect()
                }),
            ]
        })
    }

    /// The child of a value that a step leads to, made when it isn't there.
    fn child<'v>(value: &'v mut Value, step: &Step) -> &'v mut Value {
        match step {
            Step::Key(key) => {
                if !value.is_object() {
                    *value = json!({});
                }
                value.as_object_mut().unwrap().entry(key.to_string()).or_insert(Value::Null)
            }
            Step::Item { key, value: name } => {
                let items = value.as_array_mut().unwrap();
                items.iter_mut().find(|item| says(item, key, name)).unwrap()
            }
            Step::Index(index) => &mut value[*index],
        }
    }

    fn says(item: &Value, key: &str, name: &str) -> bool {
        item.get(key).is_some_and(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned) == name)
    }

    fn remove(parent: &mut Value, step: &Step) {
        match step {
            Step::Key(key) => {
                parent.as_object_mut().unwrap().shift_remove(&**key);
            }
            Step::Item { key, value } => parent.as_array_mut().unwrap().retain(|item| !says(item, key, value)),
            Step::Index(_) => unreachable!("the engine makes no such steps"),
        }
    }

    /// Brings `value` into the order of `new` by the names of its items.
    fn reorder(value: &mut Value, new: &Value) {
        let name = |item: &Value| ["name", "port"].iter().find_map(|key| item.get(*key)).map(Value::to_string);
        let names: Vec<_> = new.as_array().unwrap().iter().map(name).collect();
        let keyed = names.iter().all(Option::is_some);
        match value.as_array_mut() {
            Some(items) if keyed => items.sort_by_key(|item| names.iter().position(|other| *other == name(item))),
            _ => *value = new.clone(),
        }
    }

    fn apply(old: &Value, changes: &[Change<'_>]) -> Value {
        let mut value = old.clone();
        let json = |side: Option<Side<'_>>| serde_json::to_value(side.unwrap().node).unwrap();
        // What went goes first, so that positions among what stays and comes are those of the new list.
        for change in changes.iter().filter(|change| change.kind == ChangeKind::Removed) {
            let steps = &change.path.steps()[..change.outermost];
            let (last, up) = steps.split_last().unwrap();
            remove(up.iter().fold(&mut value, child), last);
        }
        let (orders, others): (Vec<_>, Vec<_>) =
            changes.iter().filter(|change| change.kind != ChangeKind::Removed).partition(|change| change.kind == ChangeKind::Reordered);
        for change in others {
            match (change.position, change.path.steps().split_last()) {
                (Some(position), Some((_, up))) => {
                    let items = up.iter().fold(&mut value, child).as_array_mut().unwrap();
                    items.insert(position.min(items.len()), json(change.new));
                }
                _ => *change.path.steps().iter().fold(&mut value, child) = json(change.new),
            }
        }
        for change in orders {
            reorder(change.path.steps().iter().fold(&mut value, child), &json(change.new));
        }
        value
    }

    proptest! {
        #[test]
        fn applying_a_difference_gives_the_new_value(old in value(), new in value()) {
            let (old_node, new_node) = (node(&old), node(&new));
            let changes = diff(&old_node, &new_node, KEYS);
            prop_assert_eq!(apply(&old, &changes), new);
        }

        #[test]
        fn equal_values_have_no_difference(value in value()) {
            let node = node(&value);
            prop_assert_eq!(diff(&node, &node.clone(), KEYS).len(), 0);
        }

        #[test]
        fn the_way_back_mirrors_the_way_there(old in value(), new in value()) {
            let (old, new) = (node(&old), node(&new));
            let mut there: Vec<(Path, ChangeKind)> = diff(&old, &new, KEYS).into_iter().map(|change| (change.path, change.kind)).collect();
            let mut back: Vec<(Path, ChangeKind)> = diff(&new, &old, KEYS).into_iter().map(|change| (change.path, mirrored(change.kind))).collect();
            there.sort();
            back.sort();
            prop_assert_eq!(there, back);
        }
    }

    fn mirrored(kind: ChangeKind) -> ChangeKind {
        match kind {
            ChangeKind::Added => ChangeKind::Removed,
            ChangeKind::Removed => ChangeKind::Added,
            other => other,
        }
    }
}
