//! Comparisons of small renders, told as lines.

mod corpus;
mod properties;

use super::*;
use crate::object::objects;
use crate::render::{Hook, Manifest, Rendered};
use crate::value::{Source, yaml};

/// A render with these documents, each a hook when its annotation says so.
pub(super) fn rendered(text: &str) -> Rendered {
    let mut rendered = Rendered::default();
    for document in text.split("\n---\n") {
        let source = std::sync::Arc::new(Source { name: "app/templates/all.yaml".to_owned(), text: document.to_owned() });
        let object = yaml::read(&source, &yaml::Limits::default()).unwrap();
        let kind = object.get("kind").and_then(Node::as_str).unwrap_or_default().to_owned();
        let events = object.get_path(["metadata", "annotations", "helm.sh/hook"]).and_then(Node::as_str).map(str::to_owned);
        let manifest = Manifest { path: source.name.clone(), kind, text: document.as_bytes().to_vec(), object: object.into(), provenance: None };
        match events {
            Some(events) => rendered.hooks.push(Hook { manifest, events: events.split(',').map(str::to_owned).collect() }),
            None => rendered.manifests.push(manifest),
        }
    }
    rendered
}

fn compared(old: &str, new: &str) -> ObjectsDiff {
    let (old, new) = (rendered(old), rendered(new));
    compare(&objects(&old, "default"), &objects(&new, "default"), &Settings::default())
}

/// A value in one line.
fn shown(node: Option<&Node>) -> String {
    node.map_or(String::new(), |node| serde_json::to_string(node).unwrap())
}

/// `kind Kind/name` of each object, and `kind path old>new line` of each field.
pub(super) fn told(diff: &ObjectsDiff) -> Vec<String> {
    let mut lines = Vec::new();
    for change in &diff.changes {
        let mut line = format!("{:?} {}", change.kind, change.id.label());
        if let Some(old) = &change.old_id {
            line += &format!(" (was {}.{})", old.label(), old.group);
        }
        if let Some((old, new)) = &change.api_version {
            line += &format!(" {old}>{new}");
        }
        if change.kept {
            line += " kept";
        }
        if !change.events.is_empty() {
            line += &format!(" at {}", change.events.join(","));
        }
        lines.push(line);
        lines.extend(change.fields.iter().map(told_field));
    }
    lines
}

fn told_field(field: &FieldDiff) -> String {
    let sign = match field.kind {
        ChangeKind::Added => '+',
        ChangeKind::Removed => '-',
        ChangeKind::Modified => '~',
        ChangeKind::Reordered => '%',
    };
    let mut line = format!(" {sign}{}", field.path);
    if let Some(embedded) = &field.embedded {
        line += &format!(" in {embedded}");
    }
    if let Some((removed, added)) = field.lines {
        return format!("{line} -{removed}+{added} :{}", field.line.unwrap_or_default());
    }
    if field.secret {
        assert!(field.old.is_none() && field.new.is_none());
        return format!("{line} withheld :{}", field.line.unwrap_or_default());
    }
    if field.kind != ChangeKind::Reordered {
        line += &format!(" {}>{}", shown(field.old.as_ref()), shown(field.new.as_ref()));
    }
    format!("{line} :{}", field.line.unwrap_or_default())
}

/// An object of a kind with these lines below its metadata.
fn object(api: &str, kind: &str, rest: &str) -> String {
    format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{name: x}}\n{rest}")
}

/// What differs between two objects of a kind that have these lines.
fn fields(api: &str, kind: &str, old: &str, new: &str) -> Vec<String> {
    let mut lines = told(&compared(&object(api, kind, old), &object(api, kind, new)));
    lines.retain(|line| line.starts_with(' '));
    lines
}

#[test]
fn objects_are_paired_by_what_the_cluster_calls_them() {
    let deployment =
        |api: &str, name: &str| format!("apiVersion: {api}\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{replicas: 1}}");
    let cases: [(&str, String, String, &[&str]); 7] = [
        ("the same", deployment("apps/v1", "a"), deployment("apps/v1", "a"), &[]),
        ("a new version", deployment("apps/v1beta1", "a"), deployment("apps/v1", "a"), &["Modified Deployment/a apps/v1beta1>apps/v1"]),
        (
            "another group of the same objects",
            deployment("extensions/v1beta1", "a"),
            deployment("apps/v1", "a"),
            &["Modified Deployment/a (was Deployment/a.extensions) extensions/v1beta1>apps/v1"],
        ),
        (
            "another group of other objects",
            deployment("apps/v1", "a"),
            deployment("example.org/v1", "a"),
            &["Added Deployment/a", "Removed Deployment/a"],
        ),
        (
            "the namespace that the release has anyway",
            deployment("apps/v1", "a"),
            deployment("apps/v1", "a, namespace: default"),
            &["Modified Deployment/a", " +metadata.namespace >\"default\" :3"],
        ),
        (
            "another namespace",
            deployment("apps/v1", "a, labels: {b: c}"),
            deployment("apps/v1", "a, labels: {d: e}, namespace: other"),
            &["Added Deployment/a", "Removed Deployment/a"],
        ),
        (
            "a list",
            format!("apiVersion: v1\nkind: List\nitems:\n- {{{}}}", deployment("apps/v1", "a").replace('\n', ", ")),
            deployment("apps/v1", "a"),
            &[],
        ),
    ];
    for (case, old, new, expected) in cases {
        assert_eq!(told(&compared(&old, &new)), expected, "{case}");
    }
}
