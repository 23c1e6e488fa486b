//! Scalars of a manifest as text, where the reference that checks renders and the API server each have their own way.

use crate::value::{Data, Node};

/// A scalar as text, the way YAML writes it; `None` for null, lists and mappings. Kubernetes refuses all but text where text is due; the
/// record still says what stands there.
pub(super) fn written(node: &Node) -> Option<String> {
    match &node.data {
        Data::Str(text) => Some(text.to_string()),
        Data::Bool(value) => Some(value.to_string()),
        Data::Int(number) => Some(number.to_string()),
        Data::Uint(number) => Some(number.to_string()),
        Data::Float(number) => Some(format!("{number:?}")),
        Data::Null | Data::List(_) | Data::Map(_) => None,
    }
}

/// A name as the reference prints it, which is written in Python: booleans begin with a capital letter, nothing is `None`.
pub(super) fn name(node: Option<&Node>) -> String {
    match node.map(|node| &node.data) {
        Some(Data::Bool(true)) => "True".into(),
        Some(Data::Bool(false)) => "False".into(),
        _ => node.and_then(written).unwrap_or_else(|| "None".into()),
    }
}

/// Whether the value counts as set: not null, false, zero or empty.
pub(super) fn is_set(node: &Node) -> bool {
    match &node.data {
        Data::Null => false,
        Data::Bool(value) => *value,
        Data::Str(text) => !text.is_empty(),
        Data::List(items) => !items.is_empty(),
        Data::Map(entries) => !entries.is_empty(),
        Data::Int(_) | Data::Uint(_) | Data::Float(_) => node.data.number().is_some_and(|number| number != 0.0),
    }
}

/// The boolean at a key; `None` when there is none or it isn't one.
pub(super) fn boolean(node: Option<&Node>, key: &str) -> Option<bool> {
    match node?.get(key)?.data {
        Data::Bool(value) => Some(value),
        _ => None,
    }
}

/// The integer at a key; `None` when there is none or it doesn't fit.
pub(super) fn integer(node: Option<&Node>, key: &str) -> Option<i64> {
    match node?.get(key)?.data {
        Data::Int(value) => Some(value),
        _ => None,
    }
}

/// The text at a key, when it is text.
pub(super) fn text<'n>(node: Option<&'n Node>, key: &str) -> Option<&'n str> {
    node?.get(key)?.as_str()
}

/// The items of the list at a key.
pub(super) fn items<'n>(node: Option<&'n Node>, key: &str) -> &'n [Node] {
    node.and_then(|node| node.get(key)).and_then(Node::as_list).unwrap_or_default()
}

/// The scalars of the mapping at a key, as text.
pub(super) fn texts(node: Option<&Node>, key: &str) -> std::collections::BTreeMap<String, String> {
    let entries = node.and_then(|node| node.get(key)).and_then(Node::as_map);
    entries.into_iter().flatten().filter_map(|(key, entry)| Some((key.to_string(), written(&entry.value)?))).collect()
}
