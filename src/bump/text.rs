//! Small readings of YAML nodes and paths that every tool's reader needs: a version as it is written, a path inside of the tree.

use crate::value::{Data, Node};

/// A scalar's text as it is written: `1.10` stays `1.10`, although YAML reads the number 1.1. `None` for lists, mappings and null.
pub(super) fn written(node: &Node) -> Option<String> {
    match &node.data {
        Data::Str(text) => Some(super::template::unmask(text)),
        Data::Bool(_) | Data::Int(_) | Data::Uint(_) | Data::Float(_) => Some(plain_scalar(node)),
        Data::Null | Data::List(_) | Data::Map(_) => None,
    }
}

/// The text under a key, as it is written.
pub(super) fn field(node: &Node, key: &str) -> Option<String> {
    node.get(key).and_then(written)
}

/// The texts of a list under a key.
pub(super) fn fields(node: &Node, key: &str) -> Vec<String> {
    items(node, key).iter().filter_map(written).collect()
}

/// The items of a list under a key; none when it is anything else.
pub(super) fn items<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.get(key).and_then(Node::as_list).unwrap_or_default()
}

/// Whether the text under a key is this.
pub(super) fn says(node: &Node, key: &str, text: &str) -> bool {
    node.get(key).and_then(Node::as_str) == Some(text)
}

/// What stands at a node that YAML resolved to a number or a boolean: up to the end of the plain scalar, its anchor and tag left out.
fn plain_scalar(node: &Node) -> String {
    let line = node.at.source.text.split('\n').nth(node.at.line as usize - 1).unwrap_or_default();
    let mut rest = line.char_indices().nth(node.at.column as usize - 1).map_or("", |(start, _)| &line[start..]);
    while rest.starts_with(['&', '!']) {
        rest = rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
    }
    let end = rest.find([' ', '\t', '\r', ',', ']', '}']).unwrap_or(rest.len());
    rest[..end].trim_matches(['"', '\'']).to_owned()
}

/// Whether a template or a variable stands in the text, so that the file alone doesn't say what it will be.
pub(super) fn is_templated(text: &str) -> bool {
    text.contains("{{") || text.contains("${")
}

/// The folder that a file is in; `""` for the root.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A path's last part.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// A path that is written relative to a folder of the tree, without `.` and `..`; from the root when it begins with `/`.
/// `None` when it leads out of the tree.
pub(super) fn resolve(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = if path.starts_with('/') { Vec::new() } else { folder.split('/').filter(|part| !part.is_empty()).collect() };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Whether a path is in a folder or is it.
pub(super) fn is_within(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::yaml;

    #[test]
    fn a_version_is_read_as_it_is_written() {
        let table = [
            ("v: 1.10", "1.10"),
            ("v: 1.10 # pinned", "1.10"),
            ("v: &pin 2.0", "2.0"),
            ("{a: x, v: 1.20, b: 1}", "1.20"),
            ("{a: x, v: 1.20}", "1.20"),
            ("v: !!float 1.50", "1.50"),
            ("v: 0012", "0012"),
            ("v: '1.10'", "1.10"),
            ("v: 12.20.2", "12.20.2"),
            ("v: 2024.01.10", "2024.01.10"),
            ("v: 2024-01-10", "2024-01-10"),
            ("äöü: 1\nv:   3.40\r", "3.40"),
            ("v: 1e3", "1e3"),
            ("v: yes", "yes"),
        ];
        for (text, expected) in table {
            let node = yaml::read(&yaml::source("t", text.as_bytes()).unwrap(), &yaml::Limits::default()).unwrap();
            assert_eq!(field(&node, "v").as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn paths_never_leave_the_tree() {
        let table = [
            ("apps/a", "values.yaml", Some("apps/a/values.yaml")),
            ("apps/a", "../b/./values.yaml", Some("apps/b/values.yaml")),
            ("apps/a", "/values.yaml", Some("values.yaml")),
            ("apps/a", "../../..", None),
            ("", "../x", None),
            ("", "/../etc/passwd", None),
            ("a", "..", Some("")),
        ];
        for (folder, path, expected) in table {
            assert_eq!(resolve(folder, path).as_deref(), expected, "{folder} {path}");
        }
    }
}
