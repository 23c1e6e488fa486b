//! Label selectors (Kubernetes `apimachinery/pkg/apis/meta/v1` `LabelSelectorAsSelector`): `matchLabels` and `matchExpressions`, all of
//! which must hold; an empty selector matches everything.

use std::collections::BTreeMap;

use super::scalars::{items, text, texts, written};
use crate::value::Node;

/// Whether the labels fit the selector. A requirement with an operator that Kubernetes doesn't know fits nothing.
pub(super) fn matches(selector: &Node, labels: &BTreeMap<String, String>) -> bool {
    let wanted = texts(Some(selector), "matchLabels");
    wanted.iter().all(|(key, value)| labels.get(key) == Some(value))
        && items(Some(selector), "matchExpressions").iter().all(|requirement| holds(requirement, labels))
}

/// The keys that the selector looks at.
pub(super) fn keys(selector: &Node) -> Vec<String> {
    let named = items(Some(selector), "matchExpressions").iter().filter_map(|requirement| text(Some(requirement), "key"));
    texts(Some(selector), "matchLabels").into_keys().chain(named.map(str::to_owned)).collect()
}

fn holds(requirement: &Node, labels: &BTreeMap<String, String>) -> bool {
    let Some(key) = text(Some(requirement), "key") else { return false };
    let value = labels.get(key);
    let listed = || items(Some(requirement), "values").iter().filter_map(written).any(|listed| Some(&listed) == value);
    match text(Some(requirement), "operator") {
        Some("In") => listed(),
        Some("NotIn") => !listed(),
        Some("Exists") => value.is_some(),
        Some("DoesNotExist") => value.is_none(),
        _ => false,
    }
}
