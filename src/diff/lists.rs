//! Matching the items of two lists: mappings by the key that identifies them, everything else as a bag.
//!
//! Linear in the size of the lists. Depends on `value`.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::value::{Data, Node};

/// How two lists relate.
#[derive(Debug)]
pub(super) enum Pairing {
    /// The same items in the same order.
    Same,
    /// The same items in another order.
    Reordered,
    /// Other items; they can't be told apart by a key.
    Different,
    /// Lists of mappings whose `key` identifies each item on both sides.
    Keyed {
        /// The identifying key.
        key: &'static str,
        /// What it says in each old item.
        old: Vec<Arc<str>>,
        /// What it says in each new item.
        new: Vec<Arc<str>>,
        /// For each old item where it stands in the new list.
        old_in_new: Vec<Option<usize>>,
    },
}

/// Pairs the items of two lists; `keys` are the identifying keys to try, best first. Of a keyed pairing the items' content is not
/// looked at: the caller goes into each pair.
pub(super) fn pair(old: &[Node], new: &[Node], keys: &[&'static str]) -> Pairing {
    if let Some(keyed) = keys.iter().find_map(|key| keyed(old, new, key)) {
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

fn keyed(old: &[Node], new: &[Node], key: &'static str) -> Option<Pairing> {
    let (old, _) = identities(old, key)?;
    let (new, new_index) = identities(new, key)?;
    let old_in_new = old.iter().map(|identity| new_index.get(identity).copied()).collect();
    Some(Pairing::Keyed { key, old, new, old_in_new })
}

/// What the identifying key says in each item, and where each of it stands.
type Identities = (Vec<Arc<str>>, HashMap<Arc<str>, usize>);

/// What `key` says in each item; `None` when the list is empty, or an item lacks the key, or two say the same.
fn identities(items: &[Node], key: &str) -> Option<Identities> {
    if items.is_empty() {
        return None;
    }
    let mut index = HashMap::with_capacity(items.len());
    let mut all = Vec::with_capacity(items.len());
    for (position, item) in items.iter().enumerate() {
        let identity = scalar_text(&item.get(key)?.data)?;
        if index.insert(identity.clone(), position).is_some() {
            return None;
        }
        all.push(identity);
    }
    Some((all, index))
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
