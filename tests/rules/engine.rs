//! The engine on small charts made here: levels, ignores, grouping, notes, and values that mean harm. The rules themselves are tested in
//! `main.rs`.

use chartshift::chart::{self, Chart};
use chartshift::classify::settings::{Ignore, Level};
use chartshift::classify::{Catalogue, Classified, Finding, Settings, Severity, Subject, classify, verdict};
use chartshift::diff::{self, Comparison};
use chartshift::fetch::{Content, Package, RawFile};

fn open(files: &[(&str, &str)]) -> Chart {
    let chart = ("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n");
    let files = std::iter::once(&chart).filter(|(path, _)| files.iter().all(|(other, _)| other != path)).chain(files);
    let files = files.map(|(path, text)| RawFile { path: (*path).to_owned(), bytes: (*text).to_owned().into() }).collect();
    let package = Package { content: Content::Folder(files), origin: "web".to_owned(), digest: None };
    chart::open(&package, &chart::Limits::default()).unwrap()
}

fn values(text: &str) -> Chart {
    open(&[("values.yaml", text)])
}

fn rules(text: &str) -> Catalogue {
    Catalogue::default().with_file("own.yaml", text).unwrap()
}

fn run(old: &Chart, new: &Chart, catalogue: &Catalogue, settings: &Settings) -> (Comparison, Classified) {
    let comparison = diff::compare(old, new, &diff::Settings::default());
    let classified = classify(&Subject { old, new, comparison: &comparison }, catalogue, settings);
    (comparison, classified)
}

fn findings(old: &str, new: &str, rule: &str) -> Vec<Finding> {
    let (_, classified) = run(&values(old), &values(new), &rules(rule), &Settings::default());
    assert!(classified.missing.is_empty(), "{:?}", classified.missing);
    classified.findings
}

fn paths(finding: &Finding) -> Vec<String> {
    finding.changes.iter().map(|place| place.path.to_string()).collect()
}

const CREATE: &str =
    "{id: create-flipped, title: T, since: '1', on: value, paths: ['**.create'], severity: high, message: '{changes}', why: w,
  fix: {text: Pin it., pin: true}}";
const OLD: &str = "create: false\nminio: {create: false}\n";
const NEW: &str = "create: true\nminio: {create: true}\n";

#[test]
fn places_are_grouped_and_pinned() {
    let found = findings(OLD, NEW, CREATE);
    assert_eq!(found.len(), 1);
    assert_eq!(paths(&found[0]), ["create", "minio.create"]);
    assert_eq!(found[0].message, "create, minio.create: false → true");
    let pinned: Vec<String> = found[0].fix.as_ref().unwrap().values.iter().map(|(path, _)| path.to_string()).collect();
    assert_eq!(pinned, ["create", "minio.create"]);
}

#[test]
fn cases_are_apart() {
    let rule = "{id: create-flipped, title: T, since: '1', on: value, message: '{path}', why: w,
      cases: [{when: new == true, severity: low}, {severity: high}]}";
    let found = findings("a: false\nb: true\n", "a: true\nb: false\n", rule);
    let told: Vec<(Severity, &str)> = found.iter().map(|finding| (finding.severity, &*finding.message)).collect();
    assert_eq!(told, [(Severity::High, "b"), (Severity::Low, "a")]);
}

#[test]
fn levels_change_and_switch_off() {
    for (level, expected) in [(Level::Off, vec![]), (Level::At(Severity::Info), vec![Severity::Info])] {
        let settings = Settings { levels: [("create-flipped".to_owned(), level)].into(), ..Settings::default() };
        let (_, classified) = run(&values(OLD), &values(NEW), &rules(CREATE), &settings);
        assert_eq!(classified.findings.iter().map(|finding| finding.severity).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn ignored_places_are_listed_apart() {
    let ignore = |path, chart, expires| Ignore::new("create-flipped", path, chart, "switched off", expires).unwrap();
    let settings = Settings {
        ignores: vec![
            ignore(Some("minio.**"), Some("we*"), None),
            ignore(Some("redis.**"), None, None),
            ignore(None, Some("other"), None),
            ignore(None, None, Some("2026-01-01")),
        ],
        today: Some("2026-01-01".to_owned()),
        ..Settings::default()
    };
    let (comparison, classified) = run(&values(OLD), &values(NEW), &rules(CREATE), &settings);
    let told: Vec<(Option<&str>, Vec<String>)> =
        classified.findings.iter().map(|finding| (finding.ignored.as_deref(), paths(finding))).collect();
    assert_eq!(told, [(None, vec!["create".to_owned()]), (Some("switched off"), vec!["minio.create".to_owned()])]);
    assert_eq!(
        classified.unused_ignores,
        [
            "the ignore of create-flipped at redis.** matched nothing",
            "the ignore of create-flipped matched nothing",
            "the ignore of create-flipped expired on 2026-01-01",
        ]
    );
    let verdict = verdict(&comparison, &classified);
    assert_eq!((verdict.level, verdict.counts[&Severity::High]), (Some(Severity::High), 1));
}

#[test]
fn a_condition_that_fails_leaves_the_verdict_incomplete() {
    let rule = rules("{id: too-high, title: T, since: '1', on: value, when: new > 3, severity: low, message: m, why: w}");
    let (comparison, classified) = run(&values("a: 1\nb: 1\n"), &values("a: 4\nb: x\n"), &rule, &Settings::default());
    assert_eq!(classified.findings.len(), 1);
    let missing = verdict(&comparison, &classified).missing;
    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0].part, "rule too-high on b");
}

#[test]
fn near_values_are_those_of_the_same_chart_whoever_sets_them() {
    let rule = "{id: token-off, title: T, since: '1', on: value, paths: ['**.account.token'], near: ../../token, severity: low,
      message: '{noted} of {count}', note: {when: near_new == true && near_old == true, text: '{near} stays'}, why: w}";
    let chart = |token: &str| {
        open(&[
            ("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies: [{name: db, alias: store, version: 1.0.0}]\n"),
            ("values.yaml", &format!("token: true\naccount: {{token: {token}}}\nother: {{account: {{token: {token}}}}}\n")),
            ("charts/db/Chart.yaml", "apiVersion: v2\nname: db\nversion: 1.0.0\n"),
            ("charts/db/values.yaml", &format!("token: true\naccount: {{token: {token}}}\n")),
        ])
    };
    let (_, classified) = run(&chart("true"), &chart("false"), &rules(rule), &Settings::default());
    let finding = &classified.findings[0];
    let notes: Vec<(String, Option<&str>)> = finding.changes.iter().map(|place| (place.path.to_string(), place.note.as_deref())).collect();
    assert_eq!(
        notes,
        [
            ("account.token".to_owned(), Some("token stays")),
            ("other.account.token".to_owned(), None),
            ("store.account.token".to_owned(), Some("store.token stays")),
        ]
    );
    assert_eq!(finding.message, "2 of 3");
}

#[test]
fn what_comes_with_a_new_part_of_the_chart_says_so() {
    let rule = "{id: part-added, title: T, since: '1', on: value, kinds: [added], paths: ['**.create'], severity: low, why: w,
      cases: [], message: '{path}', when: 'block == \"cache\"'}";
    let found = findings("web: {}\n", "web: {create: true}\ncache: {account: {create: true}}\n", rule);
    assert_eq!(found.iter().flat_map(paths).collect::<Vec<_>>(), ["cache.account.create"]);
}

#[test]
fn only_changes_of_the_same_chart_are_named_beside() {
    let rule = "{id: token-off, title: T, since: '1', on: value, paths: ['**.token'], severity: low, message: m, why: w,
      beside: {paths: ['**.create', '**.name'], message: 'Beside: {beside}.'}}";
    let chart = |token: &str, create: &str, name: &str| {
        open(&[
            ("values.yaml", &format!("token: {token}\ncreate: {create}\nname: {name}\n")),
            ("charts/db/Chart.yaml", "apiVersion: v2\nname: db\nversion: 1.0.0\n"),
            ("charts/db/values.yaml", &format!("create: {create}\n")),
        ])
    };
    let (_, classified) = run(&chart("true", "false", "\"\""), &chart("false", "true", "null"), &rules(rule), &Settings::default());
    assert_eq!(classified.findings[0].message, "Beside: create: false → true. m");
}

#[test]
fn hostile_values_stay_cheap_and_secrets_out_of_sentences() {
    let rule = r"{id: any-change, title: T, since: '1', on: value, severity: low, message: '{changes}', why: w,
      when: 'string(new).matches(`(a*)*b`) == false || keys.all(key, key != `x`)'}"
        .replace('`', "\"");
    let long = "a".repeat(1 << 20);
    let deep = format!("{}1{}", "{a: ".repeat(200), "}".repeat(200));
    let wide: String = (0..5_000).map(|n| format!("k{n}: {n}\n")).collect();
    let old = format!("password: old-secret\nlong: b\ndeep: 1\n{wide}");
    let new = format!("password: new-secret\nlong: {long}\ndeep: {deep}\n{}", wide.replace(": 1", ": 2"));
    let found = findings(&old, &new, &rule);
    assert!(found.iter().all(|finding| finding.message.len() < 1_000 && !finding.message.contains("-secret")));
    let secret = findings("password: old-secret\n", "password: new-secret\n", &rule);
    assert_eq!(secret[0].message, "password: <hidden> → <hidden>");
}

#[test]
fn the_same_twice_says_the_same() {
    let catalogue = Catalogue::built_in().unwrap();
    let (old, new) = (values("a: {serviceAccount: {create: true}}\n"), values("b: {serviceAccount: {create: true}}\n"));
    let tell = || format!("{:?}", run(&old, &new, &catalogue, &Settings::default()).1.findings);
    assert_eq!(tell(), tell());
}
