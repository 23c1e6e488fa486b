//! Comparisons of whole charts, written as the files they are made of.

mod corpus;

use std::collections::BTreeMap;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use super::*;
use crate::chart::{self, Limits};
use crate::value::{Source, yaml};

/// JSON, read as the YAML it is.
pub(super) fn node(value: &Value) -> Node {
    let source = Arc::new(Source { name: "values.yaml".to_owned(), text: value.to_string() });
    yaml::read(&source, &yaml::Limits::default()).unwrap()
}

/// Opens a chart of these files; every folder of a chart that has no Chart.yaml gets one with the folder's name.
fn chart(files: &[(&str, &str)]) -> Chart {
    let mut all: BTreeMap<String, String> = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    for (path, _) in files.iter().chain(&[("values.yaml", "")]) {
        let mut folder = String::new();
        for part in path.split('/') {
            let name = folder.trim_end_matches('/').rsplit('/').next().unwrap();
            if folder.is_empty() || folder.trim_end_matches(&format!("{name}/")).ends_with("charts/") {
                let name = if name.is_empty() { "app" } else { name };
                all.entry(format!("{folder}Chart.yaml")).or_insert_with(|| chart_yaml(name, "1.0.0", ""));
            }
            folder.push_str(part);
            folder.push('/');
        }
    }
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, text) in &all {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, format!("app/{path}"), text.as_bytes()).unwrap();
    }
    chart::open_archive(archive.into_inner().unwrap().finish().unwrap(), &Limits::default()).unwrap()
}

fn chart_yaml(name: &str, version: &str, rest: &str) -> String {
    format!("apiVersion: v2\nname: {name}\nversion: {version}\nappVersion: '7'\n{rest}")
}

/// `kind path file:old line:new line` of each changed default.
fn defaults(old: &Chart, new: &Chart) -> Vec<String> {
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
    let dependencies = "dependencies:\n- {name: redis, version: 1.x.x}\n- {name: redis, version: 1.x.x, alias: cache}\n";
    let side = |values| chart(&[("Chart.yaml", &chart_yaml("app", "1.0.0", dependencies)), ("charts/redis/values.yaml", values)]);
    let expected = ["Modified redis.flag charts/redis/values.yaml:2:1", "Modified cache.flag charts/redis/values.yaml:2:1"];
    assert_eq!(defaults(&side("a: 1\nflag: false\n"), &side("flag: true\na: 1\n")), expected);
}

#[test]
fn what_the_parent_sets_is_the_default() {
    /// Parent's and subchart's values.
    type Side = (&'static str, &'static str);
    let app = |(parent, subchart): Side| chart(&[("values.yaml", parent), ("charts/db/values.yaml", subchart)]);
    let cases: [(&str, Side, Side, &[&str]); 8] = [
        ("shadowed on both sides", ("db: {a: 1}", "a: 2"), ("db: {a: 1}", "a: 3"), &[]),
        ("set from now on", ("", "a: 2"), ("x: 0\ndb:\n  a: 5", "a: 2"), &["Added x values.yaml:-:1", "Modified db.a values.yaml:-:3"]),
        ("set to what it was", ("", "a: 2"), ("db: {a: 2}", "a: 9"), &[]),
        ("no longer set", ("db: {a: 5}", "\na: 2"), ("", "\na: 2"), &["Modified db.a charts/db/values.yaml:-:2"]),
        ("taken away by null", ("", "a: 2\nb: 1"), ("db: {a: null}", "a: 2\nb: 1"), &["Removed db.a charts/db/values.yaml:1:-"]),
        (
            "null without a default stays",
            ("", "b: 1"),
            ("db: {a: null}", "b: 1\nc: {}"),
            &["Added db.a values.yaml:-:1", "Added db.c charts/db/values.yaml:-:2"],
        ),
        (
            "half of a mapping",
            ("db: {t: {a: 1}}", "t:\n  a: 0\n  b: 1"),
            ("db: {t: {a: 1}}", "t:\n  a: 7\n  b: 2"),
            &["Modified db.t.b charts/db/values.yaml:3:3"],
        ),
        ("not a mapping", ("db: {t: 1}", "t: {a: 1}"), ("db: {t: 1}", "t: {a: 2}"), &[]),
    ];
    for (what, old, new, expected) in cases {
        assert_eq!(defaults(&app(old), &app(new)), expected, "{what}");
    }
}

#[test]
fn a_grandparents_null_waits_for_the_chart_it_is_meant_for() {
    let app = |root| {
        chart(&[
            ("values.yaml", root),
            ("charts/outer/values.yaml", "inner: {b: 3}"),
            ("charts/outer/charts/inner/values.yaml", "a: 1\nb: 2"),
        ])
    };
    let expected =
        ["Removed outer.inner.b charts/outer/values.yaml:1:-", "Removed outer.inner.a charts/outer/charts/inner/values.yaml:1:-"];
    assert_eq!(defaults(&app(""), &app("outer: {inner: {a: null, b: null}}")), expected);
}

#[test]
fn descriptions_come_from_the_file_that_sets_the_default() {
    let side = |parent: &str, flag| {
        let subchart = format!("## @param t.a The subchart's word\nt:\n  a: {flag}\n  # -- Its own comment\n  b: {flag}\n");
        chart(&[("values.yaml", parent), ("charts/db/values.yaml", subchart.as_str())])
    };
    let told = |old: &Chart, new: &Chart| {
        let changes = compare(old, new, &Settings::default()).values.changes;
        changes.iter().map(|change| format!("{}: {}", change.path, change.description.as_deref().unwrap_or("-"))).collect::<Vec<_>>()
    };
    assert_eq!(told(&side("", 1), &side("", 2)), ["db.t.a: The subchart's word", "db.t.b: Its own comment"]);
    let parent = "# @param db.t.a The parent's word\ndb:\n  t: {a: 3}\n";
    assert_eq!(told(&side("", 1), &side(parent, 1)), ["db.t.a: The parent's word"]);
    assert_eq!(told(&side(parent, 1), &side("db: {t: {b: 1}}", 1)), ["db.t.a: The subchart's word"]);
}

#[test]
fn one_side_without_values_and_the_same_chart_twice() {
    let (empty, full) = (chart(&[]), chart(&[("values.yaml", "a: 1")]));
    assert_eq!(defaults(&empty, &full), ["Added a values.yaml:-:1"]);
    assert_eq!(defaults(&full, &empty), ["Removed a values.yaml:1:-"]);
    assert_eq!(defaults(&full, &full), [""; 0]);
}

#[test]
fn comment_lines_are_counted_apart() {
    let old = "# one\n# two\na: 1\nb: |\n  # text\n  more\n\n# end\n";
    let cases = [
        ("# uno\n# two\na: 1\nb: |\n  # text\n  more\n\n# end\n", 1, 0),
        ("a: 2\nb: |\n  # text\n  more\n\n# end\n", 2, 1),
        ("# one\n# two\na: 1\nb: |\n  # other\n  more\n\n# fin\n# really\n", 2, 1),
        ("# one\n# two\na: 1 # more\nb: |\n  # text\n  more\n\n# end\n", 0, 0),
    ];
    for (new, lines, settings) in cases {
        let comparison = compare(&chart(&[("values.yaml", old)]), &chart(&[("values.yaml", new)]), &Settings::default());
        assert_eq!((comparison.values.comment_only_lines, comparison.values.changes.len()), (lines, settings), "{new}");
    }
}

#[test]
fn dependencies_tell_what_moved_and_why() {
    let side = |declared: &str, locked: &str, packed: Option<&str>| {
        let parent = chart_yaml("app", "1.0.0", &format!("dependencies:\n- {{name: db, {declared}}}\n"));
        let lock = format!("dependencies:\n- {{name: db, repository: '', version: {locked}}}\n");
        let subchart = packed.map(|version| chart_yaml("db", version, ""));
        let files = [("Chart.yaml", parent.as_str()), ("Chart.lock", lock.as_str())];
        let subchart = subchart.as_deref().map(|text| ("charts/db/Chart.yaml", text));
        chart(&files.into_iter().chain(subchart).collect::<Vec<_>>())
    };
    let told = |old: &Chart, new: &Chart| {
        let comparison = compare(old, new, &Settings::default());
        let lines = comparison.dependencies.iter().map(|change| {
            let version = |version: &Option<String>| version.clone().unwrap_or_default();
            let (old, new) = (version(&change.old_version), version(&change.new_version));
            let lock = if change.lock_only { " lock only" } else { "" };
            format!("{:?} {} {} {old}→{new} {:?}{lock}", change.kind, change.path, change.name, change.fields)
        });
        lines.collect::<Vec<_>>().join("|")
    };
    let base = side("version: 1.x.x", "1.0.0", Some("1.0.0"));
    let moved = side("version: 1.x.x", "1.1.0", Some("1.1.0"));
    let none = chart(&[]);
    assert_eq!(told(&base, &base), "");
    assert_eq!(told(&base, &moved), "Modified db db 1.0.0→1.1.0 [] lock only");
    let next = side("version: 2.x.x", "2.0.0", Some("2.0.0"));
    assert_eq!(told(&base, &next), r#"Modified db db 1.0.0→2.0.0 [("version", "1.x.x", "2.x.x")]"#);
    let renamed = side("version: 1.x.x, alias: sql", "1.0.0", Some("1.0.0"));
    assert_eq!(told(&base, &renamed), r#"Modified sql db 1.0.0→1.0.0 [("alias", "", "sql")]"#);
    assert_eq!(told(&side("version: 1.x.x", "1.0.0", None), &moved), "Modified db db 1.0.0→1.1.0 [] lock only");
    assert_eq!(told(&none, &base), "Added db db →1.0.0 []");
    assert_eq!(told(&base, &none), "Removed db db 1.0.0→ []");
}

#[test]
fn images_are_put_together() {
    let told = |old: &str, new: &str| {
        let comparison = compare(&chart(&[("values.yaml", old)]), &chart(&[("values.yaml", new)]), &Settings::default());
        let shown = |image: &Option<String>| image.clone().unwrap_or("-".to_owned());
        let lines = comparison.images.iter().map(|change| format!("{} {} → {}", change.path, shown(&change.old), shown(&change.new)));
        lines.collect::<Vec<_>>().join("|")
    };
    let base = "image: {registry: docker.io, repository: acme/x, tag: '1.0', digest: ''}";
    let cases = [
        (base, base, ""),
        (base, "image: {registry: quay.io, repository: acme/x, tag: 1.1}", "image docker.io/acme/x:1.0 → quay.io/acme/x:1.1"),
        (base, "image: {repository: acme/x, tag: ''}", "image docker.io/acme/x:1.0 → acme/x:7 (tag from appVersion)"),
        (base, "image: {repository: acme/x, tag: 2, digest: 'sha256:ab'}", "image docker.io/acme/x:1.0 → acme/x:2@sha256:ab"),
        (base, "{}", "image docker.io/acme/x:1.0 → -"),
        ("a: {initImage: 'busybox:1'}", "a: {initImage: 'busybox:2'}", "a.initImage busybox:1 → busybox:2"),
        ("image: {name: acme/y, tag: v1}", "image: {name: acme/y, tag: v2}", "image acme/y:v1 → acme/y:v2"),
        (
            "controller: {image: {registry: r.io, image: acme/z, tag: v1, digest: ''}}",
            "controller: {image: {registry: r.io, image: acme/z, tag: v2, digest: ''}}",
            "controller.image r.io/acme/z:v1 → r.io/acme/z:v2",
        ),
        ("image: Always\ngit: {repository: 'https://x', tag: 1}", "image: Never\ngit: {repository: 'https://x', tag: 2}", ""),
    ];
    for (old, new, expected) in cases {
        assert_eq!(told(old, new), expected, "{old} → {new}");
    }
}

#[test]
fn files_are_told_by_their_path_in_the_root_chart() {
    let parent = chart_yaml("app", "1.0.0", "dependencies: [{name: db, version: '*'}, {name: db, version: '*', alias: two}]\n");
    let side = |text, extra: &[(&str, &str)]| {
        let files = [
            ("Chart.yaml", parent.as_str()),
            ("templates/b.yaml", "same"),
            ("charts/db/Chart.yaml", "{apiVersion: v2, name: db, version: 1.0.0}"),
            ("charts/db/templates/a.yaml", text),
            ("charts/db/crds/a.YAML", text),
            ("charts/db/crds/README.md", text),
        ];
        chart(&files.iter().chain(extra).copied().collect::<Vec<_>>())
    };
    let comparison = compare(&side("a: 1\n", &[]), &side("a: 2\n", &[("templates/a.yaml", "x")]), &Settings::default());
    let told = |files: &[FileChange]| -> Vec<String> {
        files.iter().map(|change| format!("{:?} {} -{} +{}", change.kind, change.path, change.removed, change.added)).collect()
    };
    assert_eq!(told(&comparison.templates), ["Added templates/a.yaml -0 +1", "Modified charts/db/templates/a.yaml -1 +1"]);
    assert_eq!(told(&comparison.crds), ["Modified charts/db/crds/a.YAML -1 +1"]);
}

#[test]
fn crds_tell_what_objects_must_now_do() {
    let crd = |versions: &str| format!("metadata: {{name: things.acme.io}}\nspec:\n  versions:\n{versions}");
    let version = |name: &str, served: bool, schema: &str| {
        format!("  - {{name: {name}, served: {served}, storage: {served}, schema: {{openAPIV3Schema: {schema}}}}}\n")
    };
    let old = crd(&(version("v1beta1", true, "{}") + &version("v1", true, "{type: object, properties: {spec: {type: object}}}")));
    let new = crd(&(version("v1beta1", false, "{}")
        + &version(
            "v1",
            true,
            "{type: object, properties: {spec: {type: object, required: [size], properties: {size: {type: integer}}}}}",
        )
        + &version("v2", true, "{}")));
    let gone = "---\nmetadata: {name: others.acme.io}\n";
    let (old, new) = (format!("{old}{gone}"), new);
    let comparison = compare(&chart(&[("crds/a.yaml", &old)]), &chart(&[("crds/a.yaml", &new)]), &Settings::default());
    let told: Vec<String> = comparison
        .crd_changes
        .iter()
        .map(|change| format!("{} {}: {}{}", change.file, change.name, change.text, if change.breaking { " !" } else { "" }))
        .collect();
    let expected = [
        "crds/a.yaml things.acme.io: version v1beta1 is no longer served !",
        "crds/a.yaml things.acme.io: v1: spec.size is now required !",
        "crds/a.yaml things.acme.io: v1: fields that are new or wider: 1",
        "crds/a.yaml things.acme.io: version v2 is new",
        "crds/a.yaml others.acme.io: is gone from this file !",
    ];
    assert_eq!(told, expected);
}

#[test]
fn chart_yaml_leaves_out_what_is_told_elsewhere() {
    let side = |text: &str| chart(&[("Chart.yaml", text)]);
    let old = "{apiVersion: v2, name: app, version: 1.0.0, appVersion: '1', annotations: {a: '1', artifacthub.io/changes: x}}";
    let new =
        "{apiVersion: v2, name: app, version: 2.0.0, appVersion: '2', annotations: {a: '2'}, kubeVersion: '>=1.25', deprecated: true}";
    let comparison = compare(&side(old), &side(new), &Settings::default());
    let told: Vec<String> = comparison.metadata.iter().map(|change| format!("{:?} {}", change.kind, change.path)).collect();
    assert_eq!(told, ["Modified appVersion", "Modified annotations.a", "Added kubeVersion", "Added deprecated"]);
}

#[test]
fn announced_changes_come_in_three_forms() {
    let told = |annotation: &str| {
        let text = format!("annotations:\n  artifacthub.io/changes: |\n    {}\n", annotation.replace('\n', "\n    "));
        let new = chart(&[("Chart.yaml", &chart_yaml("app", "1.0.0", &text))]);
        let announced = compare(&new, &new, &Settings::default()).announced;
        announced.iter().map(|entry| format!("{}:{}", entry.kind, entry.text)).collect::<Vec<_>>().join("|")
    };
    let cases = [
        ("- One thing\n- \"Another: thing\"", ":One thing|:Another: thing"),
        (
            "- kind: security\n  description: Closed a hole\n  links: [{name: x, url: y}]\n- kind: fixed\n  description: It",
            "security:Closed a hole|fixed:It",
        ),
        ("- kind: added\n- 5", ""),
        ("Fixed things: [all", ":Fixed things: [all"),
        (" ", ""),
    ];
    for (annotation, expected) in cases {
        assert_eq!(told(annotation), expected, "{annotation}");
    }
}

#[test]
fn schemas_are_compared_at_every_mount() {
    let side = |kind: &str, root: &[(&str, &str)]| {
        let schema = format!(r#"{{"properties": {{"a": {{"type": "{kind}"}}}}}}"#);
        chart(&root.iter().copied().chain([("charts/db/values.schema.json", schema.as_str())]).collect::<Vec<_>>())
    };
    let comparison = compare(&side("string", &[]), &side("null", &[("values.schema.json", "{}")]), &Settings::default());
    let told: Vec<String> = comparison.schema.iter().map(|change| format!("{}: {}", change.path, change.text)).collect();
    assert_eq!(told, [": values are now checked against a schema", "db.a: must be null (was a string)"]);
}

#[test]
fn moves_are_proposed_with_their_reasons() {
    let told = |old: &str, new: &str| {
        let comparison = compare(&chart(&[("values.yaml", old)]), &chart(&[("values.yaml", new)]), &Settings::default());
        let moves = comparison.values.moves.into_iter();
        moves.map(|found| format!("{} → {} {:.2} {}", found.from, found.to, found.score, found.reasons.join(", "))).collect::<Vec<_>>()
    };
    let cases: [(&str, &str, &[&str]); 10] = [
        ("service: {port: 8080}", "service: {ports: {http: 8080}}", &["service.port → service.ports.http 0.64 same value, similar name"]),
        ("a: {token: abcd, x: 1}", "b: {token: abcd, y: true}", &[]),
        (
            "master: {port: 80, kind: abcd}",
            "primary: {port: 80, kind: abcd}",
            &[
                "master.port → primary.port 0.80 same value, same name, its neighbours moved along",
                "master.kind → primary.kind 0.80 same value, same name, its neighbours moved along",
            ],
        ),
        (
            "securityContext: {runAsUser: 1001}",
            "podSecurityContext: {runAsUser: 1001}",
            &["securityContext.runAsUser → podSecurityContext.runAsUser 0.82 same value, same name"],
        ),
        (
            "persistence: {enable: true}",
            "persistence: {enabled: true}",
            &["persistence.enable → persistence.enabled 0.65 same value, similar name, same parent"],
        ),
        (
            "allow: {external: abcd}",
            "query: {allow: {external: abcd}}\nstore: {allow: {external: abcd}}",
            &["allow.external → query.allow.external 0.64 same value, same name, others are as similar"],
        ),
        (
            "account: {create: true, name: ''}",
            "pod: {account: {create: true, name: ''}}",
            &[
                "account.create → pod.account.create 0.94 same value, same name, its neighbours moved along",
                "account.name → pod.account.name 0.94 same value, same name, its neighbours moved along",
            ],
        ),
        ("a: {x: true}", "b: {y: true}", &[]),
        ("a: secret", "b: {c: secret}", &[]),
        ("a: {token: abcd}", "a: {token: abcd}\nb: {token: abcd}", &[]),
    ];
    for (old, new, expected) in cases {
        assert_eq!(told(old, new), expected, "{old} → {new}");
    }
}

#[test]
fn thousands_of_look_alikes_are_matched_by_name() {
    let block = |name: &str| {
        let keys = (0..3_000).map(|index| format!("  key{index}: {}\n", index % 2 == 0));
        chart(&[("values.yaml", &format!("{name}:\n{}", keys.collect::<String>()))])
    };
    let comparison = compare(&block("old"), &block("new"), &Settings::default());
    assert_eq!(comparison.values.changes.len(), 6_000);
    assert_eq!(comparison.values.moves.len(), 3_000);
    assert!(comparison.values.moves.iter().all(|found| found.from.last_key() == found.to.last_key()));
}

#[test]
fn values_as_deep_as_the_reader_allows_fit_the_stack() {
    let nested = |leaf: &str| chart(&[("values.yaml", &format!("{}{leaf}{}", "{a: ".repeat(250), "}".repeat(250)))]);
    assert_eq!(compare(&nested("1"), &nested("2"), &Settings::default()).values.changes.len(), 1);
}
