//! Values as they were read from a file or a text: nothing changes them, so that all renders of a chart share them, on whatever threads. A
//! map of a render is one until somebody looks into it ([`Map`]): most of a chart's defaults are never looked at. Depends on values.

use std::sync::Arc;

use super::value::{Map, Table, Text, VALUE_BYTES, Value};
use crate::value::{Data, Node};

/// What sigs.k8s.io/yaml makes of a document: numbers are `float64`, keys strings.
#[derive(Debug, Clone)]
pub(crate) enum Frozen {
    /// `nil`.
    Nil,
    /// `bool`.
    Bool(bool),
    /// `float64`.
    Float(f64),
    /// `string`.
    Str(Text),
    /// `[]interface {}`.
    List(Arc<[Frozen]>),
    /// `map[string]interface {}`.
    Map(Arc<FrozenMap>),
}

/// A mapping, and what is known of all that is in it.
#[derive(Debug)]
pub(crate) struct FrozenMap {
    /// Sorted bytewise by key.
    entries: Box<[(Text, Frozen)]>,
    /// What [`Value::weight`] says of it.
    weight: u64,
    /// How many levels of maps and lists there are below it.
    height: usize,
    /// Whether it or a map in it has a null. Lists are not looked into.
    has_nulls: bool,
}

impl Frozen {
    /// The value of a document.
    #[allow(clippy::cast_precision_loss, reason = "as Go does it")]
    pub(crate) fn of(node: &Node) -> Self {
        match &node.data {
            Data::Null => Self::Nil,
            Data::Bool(value) => Self::Bool(*value),
            Data::Int(value) => Self::Float(*value as f64),
            Data::Uint(value) => Self::Float(*value as f64),
            Data::Float(value) => Self::Float(*value),
            Data::Str(value) => Self::Str(value.clone().into()),
            Data::List(items) => Self::List(items.iter().map(Self::of).collect()),
            Data::Map(map) => {
                Self::Map(Arc::new(FrozenMap::new(map.iter().map(|(key, entry)| (key.clone().into(), Self::of(&entry.value))).collect())))
            }
        }
    }

    /// The value for a render: maps in it are its own.
    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Nil => Value::Nil,
            Self::Bool(value) => Value::Bool(*value),
            Self::Float(value) => Value::Float(*value),
            Self::Str(text) => Value::Str(text.clone()),
            Self::List(items) => Value::list(items.iter().map(Self::value).collect()),
            Self::Map(map) => Value::Map(Map::frozen(Arc::clone(map))),
        }
    }

    fn weight(&self) -> u64 {
        match self {
            Self::Str(text) => VALUE_BYTES + text.len() as u64,
            Self::List(items) => VALUE_BYTES + items.iter().map(Self::weight).sum::<u64>(),
            Self::Map(map) => map.weight,
            _ => VALUE_BYTES,
        }
    }

    fn height(&self) -> usize {
        match self {
            Self::List(items) => 1 + items.iter().map(Self::height).max().unwrap_or(0),
            Self::Map(map) => 1 + map.height,
            _ => 0,
        }
    }
}

impl FrozenMap {
    /// A mapping of entries, each key once.
    pub(crate) fn new(mut entries: Vec<(Text, Frozen)>) -> Self {
        entries.sort_unstable_by(|(key, _), (other, _)| key.cmp(other));
        let has_nulls = entries.iter().any(|(_, value)| match value {
            Frozen::Nil => true,
            Frozen::Map(map) => map.has_nulls,
            _ => false,
        });
        Self {
            weight: VALUE_BYTES + entries.iter().map(|(key, value)| key.len() as u64 + value.weight()).sum::<u64>(),
            height: entries.iter().map(|(_, value)| value.height()).max().unwrap_or(0),
            has_nulls,
            entries: entries.into(),
        }
    }

    /// The entries, sorted bytewise by key.
    pub(crate) fn entries(&self) -> &[(Text, Frozen)] {
        &self.entries
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&Frozen> {
        let at = self.entries.binary_search_by(|(known, _)| (**known).cmp(key)).ok()?;
        Some(&self.entries[at].1)
    }

    /// The entries for a render.
    pub(crate) fn table(&self) -> Table {
        self.entries.iter().map(|(key, value)| (key.clone(), value.value())).collect()
    }

    /// What [`Value::weight`] says of it.
    pub(crate) fn weight(&self) -> u64 {
        self.weight
    }

    /// How many levels of maps and lists there are below it.
    pub(crate) fn height(&self) -> usize {
        self.height
    }

    /// Whether it or a map in it has a null. Lists are not looked into.
    pub(crate) fn has_nulls(&self) -> bool {
        self.has_nulls
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tree() -> impl Strategy<Value = Frozen> {
        let leaf = prop_oneof![
            Just(Frozen::Nil),
            any::<bool>().prop_map(Frozen::Bool),
            (-9.0..9.0).prop_map(Frozen::Float),
            "[a-c]{0,3}".prop_map(|text| Frozen::Str(text.into())),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|items| Frozen::List(items.into())),
                prop::collection::btree_map("[a-e]", inner, 0..4).prop_map(|entries| Frozen::Map(Arc::new(map(entries)))),
            ]
        })
    }

    fn map(entries: impl IntoIterator<Item = (String, Frozen)>) -> FrozenMap {
        FrozenMap::new(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// The same value with every map in it looked into.
    fn thawed(value: &Value) -> Value {
        match value {
            Value::Map(map) => Value::map(map.snapshot().into_iter().map(|(key, value)| (key, thawed(&value))).collect()),
            Value::List(list) => Value::list(list.items().iter().map(thawed).collect()),
            other => other.clone(),
        }
    }

    fn nulls(value: &Value) -> bool {
        let Value::Map(map) = value else { return false };
        map.snapshot().iter().any(|(_, value)| matches!(value, Value::Nil) || nulls(value))
    }

    fn height(value: &Value) -> usize {
        let highest = |values: Vec<Value>| 1 + values.iter().map(height).max().unwrap_or(0);
        match value {
            Value::Map(map) => highest(map.snapshot().into_iter().map(|(_, value)| value).collect()),
            Value::List(list) => highest(list.items().to_vec()),
            _ => 0,
        }
    }

    proptest! {
        /// What is known of a map without looking into it is what a look into all of it finds.
        #[test]
        fn a_frozen_map_is_what_it_thaws_to(entries in prop::collection::btree_map("[a-e]", tree(), 0..5)) {
            let frozen = Arc::new(map(entries));
            let (untouched, all) = (Value::Map(Map::frozen(Arc::clone(&frozen))), thawed(&Value::Map(Map::frozen(Arc::clone(&frozen)))));
            prop_assert_eq!(untouched.weight(u64::MAX), all.weight(u64::MAX));
            prop_assert_eq!((1 + frozen.height(), frozen.has_nulls()), (height(&all), nulls(&all)));
            let json = crate::template::json_text;
            prop_assert_eq!(json(&untouched), json(&all));
            prop_assert!(untouched.deep_equal(&all));
        }
    }

    #[test]
    fn a_change_is_seen_through_each_reference_and_by_no_other_render() {
        let inner = Frozen::Map(Arc::new(map([("a".to_owned(), Frozen::Float(1.0))])));
        let frozen = Arc::new(map([("inner".to_owned(), inner)]));
        let (one, other) = (Map::frozen(Arc::clone(&frozen)), Map::frozen(frozen));
        let copy = Value::Map(one.clone()).deep_copy();
        let set = |map: &Map| matches!(map.get(b"inner"), Some(Value::Map(inner)) if inner.set("a".into(), Value::Bool(true)));
        let is_set = |map: &Map| matches!(map.get(b"inner"), Some(Value::Map(inner)) if matches!(inner.get(b"a"), Some(Value::Bool(true))));
        assert!(set(&one) && is_set(&one.clone()));
        assert!(!is_set(&other) && matches!(copy, Some(Value::Map(copy)) if !is_set(&copy)));
    }
}
