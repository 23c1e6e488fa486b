//! What holds for any two renders, and for every field of an object.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// An object with a field of every shape the comparison knows.
fn rich() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "x", "labels": {"a": "b"}, "annotations": {"plain": "text"}},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"a": "b"}},
            "template": {
                "metadata": {"labels": {"a": "b"}, "annotations": {"note": "text"}},
                "spec": {
                    "serviceAccountName": "x",
                    "automountServiceAccountToken": true,
                    "hostAliases": [{"ip": "10.0.0.1", "hostnames": ["a", "b"]}],
                    "tolerations": [{"key": "a", "operator": "Exists"}],
                    "volumes": [{"name": "v", "configMap": {"items": [{"key": "k", "path": "p"}]}}, {"name": "w", "emptyDir": {"medium": "Memory"}}],
                    "containers": [
                        {"name": "c", "image": "i", "args": ["a", "b"], "ports": [{"name": "http", "containerPort": 80}],
                         "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "f"}}}],
                         "volumeMounts": [{"mountPath": "/v", "name": "v"}], "resources": {"limits": {"cpu": 1.5}}},
                        {"name": "d", "image": "i"}
                    ]
                }
            }
        }
    })
}

/// The keys by which the fixture's lists are known; the other lists are values.
const KEYS: &[(&str, &str)] = &[
    ("containers", "name"),
    ("env", "name"),
    ("ports", "name"),
    ("volumes", "name"),
    ("volumeMounts", "mountPath"),
    ("hostAliases", "ip"),
    ("tolerations", "key"),
    ("items", "key"),
];

/// A way to a scalar as JSON Pointer has it, and the path at which a change of it is reported; none for what makes up an identity.
fn leaves(value: &Value, pointer: &str, path: Option<&Path>, found: &mut Vec<(String, Option<Path>)>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                leaves(value, &format!("{pointer}/{}", key.replace('/', "~1")), path.map(|path| path.key(key)).as_ref(), found);
            }
        }
        Value::Array(items) => {
            let list = path.and_then(Path::last_key).unwrap_or_default().to_owned();
            let key = KEYS.iter().find(|(name, _)| *name == list).map(|(_, key)| *key);
            for (index, item) in items.iter().enumerate() {
                let pointer = format!("{pointer}/{index}");
                match (key, path) {
                    (Some(key), Some(path)) => {
                        let step = Step::Item { key: key.into(), value: item[key].as_str().unwrap().into() };
                        let mut below = Vec::new();
                        leaves(item, &pointer, Some(&path.child(step)), &mut below);
                        below.retain(|(_, path)| path.as_ref().and_then(Path::last_key) != Some(key));
                        found.extend(below);
                    }
                    _ => found.push((pointer, path.cloned())),
                }
            }
        }
        _ => found.push((pointer.to_owned(), path.cloned())),
    }
}

#[test]
fn a_change_of_any_one_field_is_found_there_and_nowhere_else() {
    let rich = rich();
    let mut all = Vec::new();
    leaves(&rich, "", Some(&Path::root()), &mut all);
    assert!(all.len() > 20);
    for (pointer, path) in all {
        if matches!(&*pointer, "/apiVersion" | "/kind" | "/metadata/name") {
            continue;
        }
        let mut changed = rich.clone();
        let field = changed.pointer_mut(&pointer).unwrap();
        *field = match &*field {
            Value::String(text) => Value::from(format!("{text}-changed")),
            Value::Bool(truth) => Value::from(!*truth),
            _ => Value::from(7_777),
        };
        for (old, new) in [(&rich, &changed), (&changed, &rich)] {
            let diff = compared(&old.to_string(), &new.to_string());
            let paths: Vec<&Path> = diff.changes.iter().flat_map(|change| &change.fields).map(|field| &field.path).collect();
            assert_eq!(paths, path.iter().collect::<Vec<_>>(), "{pointer}");
            let in_template = pointer.starts_with("/spec/template/");
            assert_eq!(diff.restarts.len(), usize::from(in_template), "{pointer}");
            assert_eq!(diff.blocked.len(), usize::from(pointer.starts_with("/spec/selector/")), "{pointer}");
        }
    }
}

/// Objects by kind and name, each with a value that decides its content.
type Objects = BTreeMap<(&'static str, &'static str), u8>;

fn any_objects() -> impl Strategy<Value = Objects> {
    let id =
        (prop::sample::select(vec!["Deployment", "ConfigMap", "Secret", "Role", "Job"]), prop::sample::select(vec!["a", "b", "cc", "dd"]));
    prop::collection::btree_map(id, 0..3_u8, 0..9)
}

fn render(objects: &Objects) -> String {
    let one = |((kind, name), value): (&(&str, &str), &u8)| {
        let api = match *kind {
            "Deployment" => "apps/v1",
            "Role" => "rbac.authorization.k8s.io/v1",
            "Job" => "batch/v1",
            _ => "v1",
        };
        let pod = json!({"spec": {"containers": [{"name": "c", "image": format!("i:{value}")}]}});
        json!({
            "apiVersion": api, "kind": kind, "metadata": {"name": name, "labels": {"helm.sh/chart": format!("c-{value}")}},
            "data": {"k": format!("v{value}"), "l": "same", "m": {"n": name}}, "rules": [{"verbs": [value.to_string()], "resources": ["r"]}],
            "spec": {"template": pod, "replicas": value},
        })
        .to_string()
    };
    objects.iter().map(one).collect::<Vec<_>>().join("\n---\n")
}

fn ids(diff: &ObjectsDiff, kind: ChangeKind) -> BTreeSet<&Id> {
    diff.changes.iter().filter(|change| change.kind == kind).map(|change| &change.id).collect()
}

fn renames(diff: &ObjectsDiff) -> BTreeSet<(&Id, &Id)> {
    diff.changes.iter().filter_map(|change| Some((change.old_id.as_ref()?, &change.id))).collect()
}

proptest! {
    #[test]
    fn a_render_does_not_differ_from_itself(objects in any_objects()) {
        let text = render(&objects);
        let diff = compared(&text, &text);
        prop_assert_eq!((diff.changes.len(), diff.folded.len(), diff.unchanged), (0, 0, objects.len()));
        prop_assert_eq!((diff.restarts.len(), diff.blocked.len(), diff.permissions.len(), diff.missing.len()), (0, 0, 0, 0));
    }

    #[test]
    fn the_way_back_mirrors_the_way_there(old in any_objects(), new in any_objects()) {
        let (old, new) = (render(&old), render(&new));
        let (there, back) = (compared(&old, &new), compared(&new, &old));
        prop_assert_eq!(ids(&there, ChangeKind::Added), ids(&back, ChangeKind::Removed));
        prop_assert_eq!(ids(&there, ChangeKind::Removed), ids(&back, ChangeKind::Added));
        prop_assert_eq!(renames(&there), renames(&back).into_iter().map(|(old, new)| (new, old)).collect::<BTreeSet<_>>());
        prop_assert_eq!(there.unchanged, back.unchanged);
        prop_assert_eq!(there.folded, back.folded);
    }
}
