//! Matching the items of two lists: mappings by the key that identifies them, everything else as a bag.
//!
//! Linear in the size of the lists. Depends on `value`.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::tree::Key;
use crate::value::{Data, Node, Step};

/// What an item is called in which nothing of what would identify it is written: a rule for every host.
const UNWRITTEN: &str = "*";

/// How two lists relate.
#[derive(Debug)]
pub(super) enum Pairing {
    /// The same items in the same order.
    Same,
    /// The same items in another order.
    Reordered,
    /// Other items; they can't be told apart by a key.
    Different,
    /// Lists of mappings in which one key identifies each item on both sides.
    Keyed {
        /// The step into each old item.
        old: Vec<Step>,
        /// The step into each new item.
        new: Vec<Step>,
        /// For each old item where it stands in the new list.
        old_in_new: Vec<Option<usize>>,
    },
}

/// Pairs the items of two lists; `keys` are the identifying keys to try, best first. Of a keyed pairing the items' content is not
/// looked at: the caller goes into each pair.
pub(super) fn pair(old: &[Node], new: &[Node], keys: &[Key]) -> Pairing {
    if let Some(keyed) = keys.iter().find_map(|key| keyed(old, new, *key)) {
        return keyed;
    }
    if old.len() != new.len() {
        return Pairing::Different;
    }
    if old.iter().zip(new).all(|(old, new)| old.same(new)) {
        return Pairing::Same;
    }
    if sorted_hashes(old) == sorted_hashes(new) { Pairing::Reordered } else { Pairing::Different }
}

fn keyed(old: &[Node], new: &[Node], key: Key) -> Option<Pairing> {
    let (old, _) = identities(old, key)?;
    let (new, new_index) = identities(new, key)?;
    let old_in_new = old.iter().map(|identity| new_index.get(identity).copied()).collect();
    Some(Pairing::Keyed { old, new, old_in_new })
}

/// The steps into the items, and where each of them stands.
type Identities = (Vec<Step>, HashMap<Step, usize>);

/// The step into each item; `None` when the list is empty, or an item lacks the key, or two say the same.
fn identities(items: &[Node], key: Key) -> Option<Identities> {
    if items.is_empty() {
        return None;
    }
    let mut index = HashMap::with_capacity(items.len());
    let mut all = Vec::with_capacity(items.len());
    for (position, item) in items.iter().enumerate() {
        let identity = identity(item, key)?;
        if index.insert(identity.clone(), position).is_some() {
            return None;
        }
        all.push(identity);
    }
    Some((all, index))
}

fn identity(item: &Node, key: Key) -> Option<Step> {
    let step = |key: &str, value| Step::Item { key: key.into(), value };
    match key {
        Key::Field(name) => Some(step(name, scalar_text(&item.get(name)?.data)?)),
        Key::Fields(names) => {
            item.as_map()?;
            let written = names.iter().filter_map(|name| Some((*name, scalars_text(&item.get(name)?.data)?)));
            let (names, values): (Vec<&str>, Vec<Arc<str>>) = written.filter(|(_, value)| !value.is_empty()).unzip();
            Some(match names.first() {
                Some(name) => step(name, values.join("/").into()),
                None => step(key.shown(), UNWRITTEN.into()),
            })
        }
        Key::OneOf(ways) => ways.iter().find_map(|(shown, way)| {
            let named = item.get_path(way.iter().copied())?;
            Some(step(shown, scalar_text(&named.data).unwrap_or_else(|| UNWRITTEN.into())))
        }),
    }
}

/// The text of a scalar, or of a list of them.
fn scalars_text(data: &Data) -> Option<Arc<str>> {
    match data {
        Data::List(items) => {
            let texts = items.iter().map(|item| scalar_text(&item.data)).collect::<Option<Vec<_>>>()?;
            Some(texts.join(",").into())
        }
        scalar => scalar_text(scalar),
    }
}

/// The text of a scalar that can name something.
fn scalar_text(data: &Data) -> Option<Arc<str>> {
    match data {
        Data::Str(text) => Some(text.clone()),
        Data::Int(number) => Some(number.to_string().into()),
        Data::Uint(number) => Some(number.to_string().into()),
        Data::Bool(value) => Some(value.to_string().into()),
        Data::Null | Data::Float(_) | Data::List(_) | Data::Map(_) => None,
    }
}

fn sorted_hashes(items: &[Node]) -> Vec<u64> {
    let mut hashes: Vec<u64> = items.iter().map(content_hash).collect();
    hashes.sort_unstable();
    hashes
}

/// A hash that agrees with [`Node::same`]: equal values hash alike, mappings without order. The same in every run.
pub(super) fn content_hash(node: &Node) -> u64 {
    let mut hasher = DefaultHasher::new();
    match &node.data {
        Data::Null => 0_u8.hash(&mut hasher),
        Data::Bool(value) => (1_u8, value).hash(&mut hasher),
        Data::Str(text) => (2_u8, text).hash(&mut hasher),
        Data::List(items) => {
            (3_u8, items.len()).hash(&mut hasher);
            for item in items {
                content_hash(item).hash(&mut hasher);
            }
        }
        Data::Map(map) => {
            let entries = map.iter().map(|(key, entry)| {
                let mut hasher = DefaultHasher::new();
                (key, content_hash(&entry.value)).hash(&mut hasher);
                hasher.finish()
            });
            (4_u8, map.len(), entries.fold(0, u64::wrapping_add)).hash(&mut hasher);
        }
        // Adding zero turns -0.0 into 0.0, which is equal to it.
        data => (5_u8, data.number().map(|number| (number + 0.0).to_bits())).hash(&mut hasher),
    }
    hasher.finish()
}
