//! What of an object is never kept: the values of Secrets, wherever they stand. Depends on `object` and `value`.

use std::sync::Arc;

use crate::object::{Id, Object};
use crate::value::{Data, Entry, Mapping, Node, Path, Source, Span, Step};

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Whether an object is a Secret.
pub(super) fn is_secret(id: &Id) -> bool {
    id.group.is_empty() && id.kind == "Secret"
}

/// Whether what stands at this path of a Secret is a value of it: its data, or a copy of all of it in an annotation.
pub(super) fn is_value_of_secret(path: &Path) -> bool {
    match path.steps() {
        [Step::Key(top), ..] if matches!(&**top, "data" | "stringData") => true,
        [Step::Key(_), Step::Key(_), Step::Key(annotation)] => &**annotation == LAST_APPLIED,
        _ => false,
    }
}

/// Whether values of a Secret stand in a value: a manifest within another object's field.
pub(super) fn holds_secret(node: &Node) -> bool {
    match &node.data {
        Data::Map(map) => is_manifest_of_secret(map) || map.values().any(|entry| holds_secret(&entry.value)),
        Data::List(items) => items.iter().any(holds_secret),
        Data::Str(text) => text_holds_secret(text),
        _ => false,
    }
}

/// Whether a text says `kind: Secret`, as YAML or JSON.
fn text_holds_secret(text: &str) -> bool {
    text.match_indices("Secret").any(|(at, word)| {
        let ends = !text[at + word.len()..].starts_with(|c: char| c.is_alphanumeric());
        ends && text[..at].trim_end_matches([' ', '"', '\'', ':', '\\']).ends_with("kind")
    })
}

fn is_manifest_of_secret(map: &Mapping) -> bool {
    map.get("kind").and_then(|entry| entry.value.as_str()) == Some("Secret") && (map.contains_key("data") || map.contains_key("stringData"))
}

/// Whether a path leads into the data of a Secret's manifest that stands within `root`.
pub(super) fn leads_into_secret(root: &Node, path: &Path) -> bool {
    let mut node = root;
    for step in path.steps() {
        let Step::Key(key) = step else {
            // Which item a step means only the engine knows; any will do to be careful.
            return holds_secret(node);
        };
        if matches!(&**key, "data" | "stringData") && node.as_map().is_some_and(is_manifest_of_secret) {
            return true;
        }
        let Some(next) = node.get(key) else { return false };
        node = next;
    }
    false
}

/// Whether the text that an object's nodes point to may hold a Secret's values: it is one, or stands in one document with others.
pub(super) fn shares_text_with_secret(object: &Object<'_>) -> bool {
    is_secret(&object.id) || object.manifest.kind.ends_with("List")
}

/// The value with places that lead into no text.
pub(super) fn without_text(node: &Node) -> Node {
    let source = Arc::new(Source { name: node.at.source.name.clone(), text: String::new() });
    detach(node, &source)
}

fn detach(node: &Node, source: &Arc<Source>) -> Node {
    let moved = |at: &Span| Span { source: Arc::clone(source), line: at.line, column: at.column };
    let data = match &node.data {
        Data::List(items) => Data::List(items.iter().map(|item| detach(item, source)).collect()),
        Data::Map(map) => {
            let entry = |entry: &Entry| Entry { at: moved(&entry.at), comment: None, value: detach(&entry.value, source) };
            Data::Map(map.iter().map(|(key, value)| (key.clone(), entry(value))).collect())
        }
        scalar => scalar.clone(),
    };
    Node { data, at: moved(&node.at), comment: None }
}
