//! Values at paths as one nested mapping: what a trial lays under or over the user's. Depends on `value`.

use std::sync::Arc;

use crate::value::{Data, Entry, Mapping, Node, Path, Source, Span, Step};

/// The place of values that nobody wrote; `name` says what they are.
pub(super) fn nowhere(name: &str) -> Span {
    Span { source: Arc::new(Source { name: name.to_owned(), text: String::new() }), line: 1, column: 1 }
}

/// One value of a layer. `None` takes away what stands there: Helm deletes at `null`.
pub(super) type Setting<'a> = (&'a Path, Option<&'a Node>);

/// A mapping with these values in it. Paths lead through mappings only; of two values for one place the later counts.
pub(super) fn layer<'a>(settings: impl IntoIterator<Item = Setting<'a>>, at: &Span) -> Node {
    let mut root = mapping(at);
    for (path, value) in settings {
        let value = value.cloned().unwrap_or_else(|| Node { data: Data::Null, at: at.clone(), comment: None });
        set(&mut root, path.steps(), value, at);
    }
    root
}

fn mapping(at: &Span) -> Node {
    Node { data: Data::Map(Mapping::default()), at: at.clone(), comment: None }
}

fn set(node: &mut Node, steps: &[Step], value: Node, at: &Span) {
    let Some((Step::Key(key), rest)) = steps.split_first() else {
        *node = value;
        return;
    };
    if node.as_map().is_none() {
        *node = mapping(at);
    }
    if let Data::Map(map) = &mut node.data {
        let entry = map.entry(key.clone()).or_insert_with(|| Entry { at: at.clone(), comment: None, value: mapping(at) });
        set(&mut entry.value, rest, value, at);
    }
}

/// The path as far as it leads through mappings: Helm's merge can't set a part of a list.
pub(super) fn settable(path: &Path) -> Path {
    path.steps().iter().take_while(|step| matches!(step, Step::Key(_))).cloned().collect()
}

/// The value at a path of keys.
pub(super) fn at<'n>(node: &'n Node, path: &Path) -> Option<&'n Node> {
    path.steps().iter().try_fold(node, |node, step| match step {
        Step::Key(key) => node.get(key),
        Step::Index(_) | Step::Item { .. } => None,
    })
}

/// The leaves of nested mappings with their paths, in order: scalars, lists and empty mappings.
pub(super) fn leaves(node: &Node) -> Vec<(Path, &Node)> {
    let mut found = Vec::new();
    collect(node, Path::root(), &mut found);
    found
}

fn collect<'n>(node: &'n Node, path: Path, found: &mut Vec<(Path, &'n Node)>) {
    match node.as_map().filter(|map| !map.is_empty()) {
        Some(map) => map.iter().for_each(|(key, entry)| collect(&entry.value, path.key(key), found)),
        None => found.push((path, node)),
    }
}

/// A value as text of which another value has none: mappings by key, and each number as what it is.
pub(super) fn spelled(node: &Node) -> String {
    match &node.data {
        Data::List(items) => format!("[{}]", items.iter().map(spelled).collect::<Vec<_>>().join(",")),
        Data::Map(map) => {
            let mut entries: Vec<String> = map.iter().map(|(key, entry)| format!("{key:?}:{}", spelled(&entry.value))).collect();
            entries.sort_unstable();
            format!("{{{}}}", entries.join(","))
        }
        scalar => format!("{scalar:?}"),
    }
}

/// Whether one path leads through the other.
pub(super) fn related(a: &Path, b: &Path) -> bool {
    a.steps().iter().zip(b.steps()).all(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_is_nested_and_read_back() {
        let at_all = nowhere("a test");
        let yes = Node { data: Data::Bool(true), at: at_all.clone(), comment: None };
        let (create, gone, name) = (Path::keys(["sa", "create"]), Path::keys(["sa", "gone"]), Path::keys(["name"]));
        let node = layer([(&create, Some(&yes)), (&gone, None), (&name, Some(&yes))], &at_all);
        assert_eq!(serde_json::to_string(&node).unwrap(), r#"{"sa":{"create":true,"gone":null},"name":true}"#);
        assert!(at(&node, &create).is_some_and(|node| node.same(&yes)));
        let paths: Vec<String> = leaves(&node).iter().map(|(path, _)| path.to_string()).collect();
        assert_eq!(paths, ["sa.create", "sa.gone", "name"]);
    }

    #[test]
    fn a_path_into_a_list_is_set_with_the_whole_list() {
        let item = Path::keys(["a", "env"]).child(Step::Index(0)).key("value");
        assert_eq!(settable(&item), Path::keys(["a", "env"]));
        assert!(related(&Path::keys(["a"]), &item) && !related(&Path::keys(["b"]), &item));
    }
}
