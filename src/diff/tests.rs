//! Comparisons of whole charts made by hand.

use std::sync::Arc;

use bytes::Bytes;
use indexmap::IndexMap;
use serde_json::{Value, json};

use super::*;
use crate::chart::{Dependency, File, Lock, Metadata};
use crate::value::{Entry, Source, Span};

/// A value that stands in no particular file, each key on a line of its own.
pub(super) fn node(value: &Value) -> Node {
    in_file("values.yaml", value)
}

fn in_file(name: &str, value: &Value) -> Node {
    let source = Arc::new(Source { name: name.to_owned(), text: String::new() });
    build(&source, &mut 0, value)
}

fn build(source: &Arc<Source>, line: &mut u32, value: &Value) -> Node {
    let at = Span { source: source.clone(), line: *line, column: 1 };
    let data = match value {
        Value::Null => Data::Null,
        Value::Bool(value) => Data::Bool(*value),
        Value::Number(number) => number.as_i64().map_or_else(|| Data::Float(number.as_f64().unwrap()), Data::Int),
        Value::String(text) => Data::Str(text.as_str().into()),
        Value::Array(items) => Data::List(items.iter().map(|item| build(source, line, item)).collect()),
        Value::Object(map) => {
            let entries = map.iter().map(|(key, value)| {
                *line += 1;
                let at = Span { source: source.clone(), line: *line, column: 1 };
                (Arc::from(key.as_str()), Entry { at, comment: None, value: build(source, line, value) })
            });
            Data::Map(entries.collect::<IndexMap<_, _>>())
        }
    };
    Node { data, at, comment: None }
}

fn chart(name: &str, version: &str, values: Value) -> Chart {
    let metadata = Metadata {
        api_version: "v2".to_owned(),
        name: name.to_owned(),
        version: version.to_owned(),
        app_version: "1.0".to_owned(),
        kube_version: String::new(),
        kind: String::new(),
        description: String::new(),
        deprecated: false,
        annotations: Vec::new(),
        dependencies: Vec::new(),
        node: in_file(&format!("{name}/Chart.yaml"), &json!({"name": name, "version": version})),
    };
    Chart {
        metadata,
        lock: None,
        values: Some(in_file(&format!("{name}/values.yaml"), &values)),
        schema: None,
        templates: Vec::new(),
        files: Vec::new(),
        subcharts: Vec::new(),
        origin: String::new(),
        digest: None,
    }
}

fn dependency(name: &str, version: &str, alias: Option<&str>) -> Dependency {
    Dependency {
        name: name.to_owned(),
        version: version.to_owned(),
        repository: String::new(),
        alias: alias.map(str::to_owned),
        condition: None,
        tags: Vec::new(),
        line: 1,
    }
}

fn with_subchart(mut parent: Chart, declared: Vec<Dependency>, subchart: Chart) -> Chart {
    parent.metadata.dependencies.extend(declared);
    parent.subcharts.push(Arc::new(subchart));
    parent
}

fn changes(old: &Chart, new: &Chart) -> Vec<String> {
    let line = |line: Option<u32>| line.map_or("-".to_owned(), |line| line.to_string());
    let comparison = compare(old, new, &Settings::default());
    let lines = comparison
        .values
        .changes
        .iter()
        .map(|change| format!("{:?} {} {}:{}:{}", change.kind, change.path, change.file, line(change.old_line), line(change.new_line)));
    lines.collect()
}

#[test]
fn a_subcharts_defaults_stand_under_each_of_its_names() {
    let side = |flag: bool, version| {
        let subchart = chart("redis", version, json!({"a": 1, "flag": flag}));
        with_subchart(
            chart("app", "1", json!({})),
            vec![dependency("redis", "1.x", None), dependency("redis", "1.x", Some("cache"))],
            subchart,
        )
    };
    let expected = ["Modified redis.flag charts/redis/values.yaml:2:2", "Modified cache.flag charts/redis/values.yaml:2:2"];
    assert_eq!(changes(&side(false, "1.0"), &side(true, "1.1")), expected);
}

#[test]
fn what_the_parent_sets_is_the_default() {
    let app =
        |parent: Value, sub: Value| with_subchart(chart("app", "1", parent), vec![dependency("db", "*", None)], chart("db", "1", sub));
    let cases = [
        ("shadowed on both sides", json!({"db": {"a": 1}}), json!({"a": 2}), json!({"db": {"a": 1}}), json!({"a": 3}), vec![]),
        (
            "set by the parent from now on",
            json!({}),
            json!({"a": 2}),
            json!({"x": 0, "db": {"a": 5}}),
            json!({"a": 2}),
            vec!["Added x values.yaml:-:1", "Modified db.a values.yaml:-:3"],
        ),
        ("to the same value", json!({}), json!({"a": 2}), json!({"db": {"a": 2}}), json!({"a": 9}), vec![]),
        (
            "no longer set",
            json!({"db": {"a": 5}}),
            json!({"a": 2}),
            json!({}),
            json!({"a": 2}),
            vec!["Modified db.a charts/db/values.yaml:-:1"],
        ),
        (
            "taken away by null",
            json!({}),
            json!({"a": 2, "b": 1}),
            json!({"db": {"a": null}}),
            json!({"a": 2, "b": 1}),
            vec!["Removed db.a charts/db/values.yaml:1:-"],
        ),
        (
            "null without a default stays",
            json!({}),
            json!({}),
            json!({"db": {"a": null}}),
            json!({"b": {}}),
            vec!["Added db.a values.yaml:-:2", "Added db.b charts/db/values.yaml:-:1"],
        ),
        (
            "nested",
            json!({"db": {"t": {"a": 1}}}),
            json!({"t": {"a": 0, "b": 1}}),
            json!({"db": {"t": {"a": 1}}}),
            json!({"t": {"a": 7, "b": 2}}),
            vec!["Modified db.t.b charts/db/values.yaml:3:3"],
        ),
    ];
    for (what, old, old_sub, new, new_sub, expected) in cases {
        assert_eq!(changes(&app(old, old_sub), &app(new, new_sub)), expected, "{what}");
    }
}

#[test]
fn a_grandparents_null_waits_for_the_chart_it_is_meant_for() {
    let app = |root: Value| {
        let inner = chart("inner", "1", json!({"a": 1, "b": 2}));
        let outer = with_subchart(chart("outer", "1", json!({"inner": {"b": 3}})), vec![dependency("inner", "*", None)], inner);
        with_subchart(chart("app", "1", root), vec![dependency("outer", "*", None)], outer)
    };
    let expected =
        ["Removed outer.inner.b charts/outer/values.yaml:2:-", "Removed outer.inner.a charts/outer/charts/inner/values.yaml:1:-"];
    let mut found = changes(&app(json!({})), &app(json!({"outer": {"inner": {"a": null, "b": null}}})));
    found.sort_by_key(|line| !line.contains("inner.b"));
    assert_eq!(found, expected);
}

#[test]
fn missing_values_and_the_same_chart_twice() {
    let mut empty = chart("app", "1", json!({}));
    empty.values = None;
    let full = chart("app", "1", json!({"a": 1}));
    assert_eq!(changes(&empty, &full), ["Added a values.yaml:-:1"]);
    assert_eq!(changes(&full, &full), [""; 0]);
}

#[test]
fn dependencies_tell_what_moved_and_why() {
    let side = |constraint: &str, locked: &str, packed: &str, alias: Option<&str>| {
        let mut app =
            with_subchart(chart("app", "1", json!({})), vec![dependency("db", constraint, alias)], chart("db", packed, json!({})));
        app.lock = Some(Lock { file: "Chart.lock".to_owned(), dependencies: vec![dependency("db", locked, None)] });
        app
    };
    let told = |old: &Chart, new: &Chart| {
        let comparison = compare(old, new, &Settings::default());
        let lines = comparison.dependencies.iter().map(|change| {
            let version = |version: &Option<String>| version.clone().unwrap_or_default();
            let lock = if change.lock_only { " lock only" } else { "" };
            format!(
                "{:?} {} {} {}→{} {:?}{lock}",
                change.kind,
                change.path,
                change.name,
                version(&change.old_version),
                version(&change.new_version),
                change.fields
            )
        });
        lines.collect::<Vec<_>>().join("|")
    };
    let base = side("1.x", "1.0", "1.0", None);
    assert_eq!(told(&base, &base), "");
    assert_eq!(told(&base, &side("1.x", "1.1", "1.1", None)), "Modified db db 1.0→1.1 [] lock only");
    assert_eq!(told(&base, &side("2.x", "2.0", "2.0", None)), r#"Modified db db 1.0→2.0 [("version", "1.x", "2.x")]"#);
    assert_eq!(told(&base, &side("1.x", "1.0", "1.0", Some("sql"))), r#"Modified sql db 1.0→1.0 [("alias", "", "sql")]"#);
    let mut unpacked = base.clone();
    unpacked.subcharts.clear();
    assert_eq!(told(&unpacked, &side("1.x", "1.1", "1.1", None)), "Modified db db 1.0→1.1 [] lock only");
    assert_eq!(told(&chart("app", "1", json!({})), &base), "Added db db →1.0 []");
    assert_eq!(told(&base, &chart("app", "1", json!({}))), "Removed db db 1.0→ []");
}

#[test]
fn images_are_put_together() {
    let told = |old: Value, new: Value| {
        let comparison = compare(&chart("app", "1", old), &chart("app", "1", new), &Settings::default());
        let lines = comparison
            .images
            .iter()
            .map(|change| format!("{} {} → {}", change.path, change.old.as_deref().unwrap_or("-"), change.new.as_deref().unwrap_or("-")));
        lines.collect::<Vec<_>>().join("|")
    };
    let image = |registry: &str, tag: Value, digest: &str| json!({"image": {"registry": registry, "repository": "acme/x", "tag": tag, "digest": digest}});
    let base = || image("docker.io", json!("1.0"), "");
    let cases = [
        (base(), base(), ""),
        (base(), image("quay.io", json!("1.1"), ""), "image docker.io/acme/x:1.0 → quay.io/acme/x:1.1"),
        (base(), image("", json!(""), ""), "image docker.io/acme/x:1.0 → acme/x:1.0 (tag from appVersion)"),
        (base(), image("docker.io", json!(2), "sha256:ab"), "image docker.io/acme/x:1.0 → docker.io/acme/x:2@sha256:ab"),
        (base(), json!({}), "image docker.io/acme/x:1.0 → -"),
        (json!({"initImage": "busybox:1"}), json!({"initImage": "busybox:2"}), "initImage busybox:1 → busybox:2"),
        (json!({"image": {"name": "acme/y", "tag": "1"}}), json!({"image": {"name": "acme/y", "tag": "2"}}), "image acme/y:1 → acme/y:2"),
        (
            json!({"image": "Always", "git": {"repository": "https://x", "tag": "1"}}),
            json!({"image": "Never", "git": {"repository": "https://y", "tag": "2"}}),
            "",
        ),
    ];
    for (old, new, expected) in cases {
        assert_eq!(told(old.clone(), new.clone()), expected, "{old} → {new}");
    }
}

#[test]
fn templates_and_crds_are_told_by_their_path_in_the_root_chart() {
    let file = |path: &str, text: &str| File { path: path.to_owned(), bytes: Bytes::copy_from_slice(text.as_bytes()) };
    let side = |text: &str, extra: bool| {
        let mut subchart = chart("db", "1", json!({}));
        subchart.templates = vec![file("templates/a.yaml", text)];
        subchart.files = vec![file("crds/a.YAML", text), file("crds/README.md", text)];
        let mut app =
            with_subchart(chart("app", "1", json!({})), vec![dependency("db", "*", None), dependency("db", "*", Some("two"))], subchart);
        app.templates = if extra {
            vec![file("templates/new.yaml", text), file("templates/b.yaml", "same")]
        } else {
            vec![file("templates/b.yaml", "same")]
        };
        app
    };
    let comparison = compare(&side("a\n", false), &side("b\n", true), &Settings::default());
    let told = |files: &[FileChange]| {
        files.iter().map(|change| format!("{:?} {} -{} +{}", change.kind, change.path, change.removed, change.added)).collect::<Vec<_>>()
    };
    assert_eq!(told(&comparison.templates), ["Added templates/new.yaml -0 +1", "Modified charts/db/templates/a.yaml -1 +1"]);
    assert_eq!(told(&comparison.crds), ["Modified charts/db/crds/a.YAML -1 +1"]);
}

#[test]
fn metadata_leaves_out_what_is_told_elsewhere() {
    let side = |node: Value| {
        let mut chart = chart("app", "1", json!({}));
        chart.metadata.node = in_file("app/Chart.yaml", &node);
        chart
    };
    let old =
        side(json!({"version": "1", "appVersion": "1", "annotations": {"a": "1", "artifacthub.io/changes": "x"}, "dependencies": [1]}));
    let new =
        side(json!({"version": "2", "appVersion": "2", "annotations": {"a": "2", "artifacthub.io/changes": "y"}, "kubeVersion": ">=1.25"}));
    let comparison = compare(&old, &new, &Settings::default());
    let told: Vec<String> = comparison.metadata.iter().map(|change| format!("{:?} {}", change.kind, change.path)).collect();
    assert_eq!(told, ["Modified appVersion", "Modified annotations.a", "Added kubeVersion"]);
}

#[test]
fn moves_are_proposed_with_their_reasons() {
    let told = |old: Value, new: Value| {
        let comparison = compare(&chart("app", "1", old), &chart("app", "1", new), &Settings::default());
        let lines = comparison
            .values
            .moves
            .iter()
            .map(|found| format!("{} → {} {:.2} {}", found.from, found.to, found.score, found.reasons.join(", ")));
        lines.collect::<Vec<_>>()
    };
    let cases = [
        (
            json!({"service": {"port": 8080}}),
            json!({"service": {"ports": {"http": 8080}}}),
            vec!["service.port → service.ports.http 0.64 same value, similar name"],
        ),
        (
            json!({"a": {"token": "abcd", "x": 1}}),
            json!({"b": {"token": "abcd", "y": true}}),
            vec!["a.token → b.token 0.75 same value, same name"],
        ),
        (
            json!({"securityContext": {"runAsUser": 1001}}),
            json!({"podSecurityContext": {"runAsUser": 1001}}),
            vec!["securityContext.runAsUser → podSecurityContext.runAsUser 0.87 same value, same name"],
        ),
        (json!({"persistence": {"enable": true}}), json!({"persistence": {"enabled": true}}), vec![]),
        (json!({"a": {"x": true}}), json!({"b": {"y": true}}), vec![]),
        (json!({"a": "secret"}), json!({"b": {"c": "secret"}}), vec![]),
    ];
    for (old, new, expected) in cases {
        assert_eq!(told(old.clone(), new.clone()), expected, "{old} → {new}");
    }
}

#[test]
fn many_moves_are_proposed_in_bounded_time() {
    let block = |name: &str| json!({name: (0..20_000).map(|index| (format!("key{index}"), json!(index % 2 == 0))).collect::<serde_json::Map<_, _>>()});
    let comparison = compare(&chart("app", "1", block("old")), &chart("app", "1", block("new")), &Settings::default());
    assert_eq!(comparison.values.changes.len(), 40_000);
}
