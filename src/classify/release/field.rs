//! The fields in which two records differ, by path. Depends on `value` and the patterns of this stage.
//!
//! Mappings are compared key by key and lists of named things by name; anything else is one field. Null is the same as absent.

use serde_json::Value as Json;

use crate::classify::finding::json_node;
use crate::classify::glob::path_names;
use crate::diff::{ChangeKind, objects::FieldDiff};
use crate::value::{Data, Node, Path, Step};

/// A field that differs.
#[derive(Debug, Clone)]
pub(in crate::classify) struct Field {
    /// From the record's root: `containers[name=query].env.AZURE_CLIENT_ID`.
    pub(in crate::classify) path: Path,
    /// The path as patterns read it.
    pub(in crate::classify) names: Vec<String>,
    pub(in crate::classify) kind: ChangeKind,
    /// Where a variable comes from is its text, or `from secret/NAME:KEY`.
    pub(in crate::classify) old: Option<Node>,
    pub(in crate::classify) new: Option<Node>,
    /// Whether the values are withheld.
    pub(in crate::classify) secret: bool,
}

/// The fields of two records that differ, in the new record's order, removed ones last.
pub(super) fn fields(old: &Json, new: &Json) -> Vec<Field> {
    let mut fields = Vec::new();
    walk(&Path::root(), old, new, &mut fields);
    fields
}

/// A field of an object, with the way into the document that its text holds.
pub(super) fn object_field(diff: &FieldDiff) -> Field {
    let path = diff.embedded.as_ref().map_or_else(|| diff.path.clone(), |embedded| diff.path.join(embedded));
    Field { names: path_names(&path), path, kind: diff.kind, old: diff.old.clone(), new: diff.new.clone(), secret: diff.secret }
}

fn walk(path: &Path, old: &Json, new: &Json, fields: &mut Vec<Field>) {
    if old == new {
        return;
    }
    match (parts(old), parts(new)) {
        (Parts::Leaf, _) | (_, Parts::Leaf) if !(old.is_null() || new.is_null()) => fields.push(leaf(path, old, new)),
        (Parts::Leaf, Parts::Leaf) => fields.push(leaf(path, old, new)),
        (old, new) => {
            let (old, new) = (old.list(), new.list());
            let in_old = |step: &Step| old.iter().find(|(other, _)| other == step).map_or(&Json::Null, |(_, json)| json);
            for (step, json) in &new {
                walk(&path.child(step.clone()), in_old(step), json, fields);
            }
            for (step, json) in old.iter().filter(|(step, _)| !new.iter().any(|(other, _)| other == step)) {
                walk(&path.child(step.clone()), json, &Json::Null, fields);
            }
        }
    }
}

/// A record as rows of steps and values.
enum Parts<'j> {
    Leaf,
    Steps(Vec<(Step, &'j Json)>),
}

impl<'j> Parts<'j> {
    fn list(self) -> Vec<(Step, &'j Json)> {
        match self {
            Self::Leaf => Vec::new(),
            Self::Steps(steps) => steps,
        }
    }
}

/// What a value is made of: a mapping's entries, or the items of a list that all have a name.
fn parts(json: &Json) -> Parts<'_> {
    match json {
        Json::Object(_) if variable(json).is_some() => Parts::Leaf,
        Json::Object(map) => Parts::Steps(map.iter().map(|(key, value)| (Step::Key(key.as_str().into()), value)).collect()),
        Json::Array(items) if !items.is_empty() => {
            let named = items.iter().map(|item| {
                let value = item.get("name")?.as_str()?;
                Some((Step::Item { key: "name".into(), value: value.into() }, item))
            });
            named.collect::<Option<_>>().map_or(Parts::Leaf, Parts::Steps)
        }
        _ => Parts::Leaf,
    }
}

/// A variable's text, or where it comes from.
fn variable(json: &Json) -> Option<String> {
    let map = json.as_object().filter(|map| map.len() == 1)?;
    let text = |key: &str| map.get(key).and_then(Json::as_str);
    text("literal").map(str::to_owned).or_else(|| text("from").map(|from| format!("from {from}")))
}

fn leaf(path: &Path, old: &Json, new: &Json) -> Field {
    let node = |json: &Json| match variable(json) {
        Some(text) => Some(crate::classify::fact::free_node(Data::Str(text.into()), "")),
        None => (!json.is_null()).then(|| json_node(json)),
    };
    let (old, new) = (node(old), node(new));
    let kind = match (&old, &new) {
        (None, _) => ChangeKind::Added,
        (_, None) => ChangeKind::Removed,
        _ => ChangeKind::Modified,
    };
    Field { names: path_names(path), path: path.clone(), kind, old, new, secret: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differs_by_path() {
        let old =
            serde_json::json!({"a": null, "b": 1, "c": [{"name": "x", "env": {"A": {"literal": "1"}, "B": {"literal": "2"}}}], "d": [1]});
        let new = serde_json::json!({"a": "t", "b": 1, "c": [{"name": "x", "env": {"A": {"from": "secret/s:k"}}}], "d": [1, 2], "e": {}});
        let told: Vec<String> = fields(&old, &new)
            .iter()
            .map(|field| {
                let side = |node: &Option<Node>| node.as_ref().map_or("-".to_owned(), |node| serde_json::to_string(node).unwrap());
                format!("{} {} {}", field.path, side(&field.old), side(&field.new))
            })
            .collect();
        assert_eq!(told, ["a - \"t\"", "c[name=x].env.A \"1\" \"from secret/s:k\"", "c[name=x].env.B \"2\" -", "d [1] [1,2]"],);
    }
}
