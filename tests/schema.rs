//! Every question of `testdata/schema`, answered here and compared with what real Helm 3.17.3, 3.19.5 and 4.2.4 answered; and schemas that mean harm.
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, reason = "tests read their files and may fail")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chartshift::chart::{self, Limits as ChartLimits};
use chartshift::error::{Error, ErrorKind};
use chartshift::fetch::{Content, Package, RawFile};
use chartshift::render::{Capabilities, Overrides, Prepared, Release};
use chartshift::template::{Limits, Profile};
use chartshift::value::yaml;

const CHART: &str = "apiVersion: v2\nname: c\nversion: 0.1.0\n";

/// One line of `cases.jsonl`.
#[derive(serde::Deserialize)]
struct Case {
    name: String,
    /// The chart's files, by path.
    files: BTreeMap<String, String>,
    /// The user's values, a YAML text.
    values: String,
    flags: Vec<String>,
    /// By Helm version: nothing where the values are accepted, else the message, its lines sorted.
    want: BTreeMap<String, Option<String>>,
}

/// One line of `differences.jsonl`: a case that chartshift answers otherwise than Helm, and why.
#[derive(serde::Deserialize)]
struct Difference {
    name: String,
    /// The Helms, separated by blanks.
    helm: String,
    here: Here,
    reason: String,
}

/// How chartshift's answer differs.
#[derive(serde::Deserialize, Debug, PartialEq, Eq, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Here {
    /// It refuses the values, too, in other words.
    OtherWords,
    Accepts,
    Refuses,
}

fn differences() -> Vec<Difference> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/schema/differences.jsonl");
    let text = std::fs::read_to_string(path).expect("the differences");
    text.lines().map(|line| serde_json::from_str(line).expect("a difference")).collect()
}

fn cases() -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/schema/cases.jsonl");
    let text = std::fs::read_to_string(path).expect("recorded cases");
    text.lines().map(|line| serde_json::from_str(line).expect("a case")).collect()
}

fn prepared(files: &BTreeMap<String, String>, profile: Profile) -> Prepared {
    let mut all: BTreeMap<String, String> = BTreeMap::from([("Chart.yaml".to_owned(), CHART.to_owned())]);
    all.extend(files.clone());
    let files = all.into_iter().map(|(path, text)| RawFile { path, bytes: text.into_bytes().into() }).collect();
    let package = Package { content: Content::Folder(files), origin: "c".into(), digest: None };
    let chart = chart::open(&package, &ChartLimits::default()).expect("a chart");
    Prepared::new(Arc::new(chart), profile, Limits::default())
}

fn answer(case: &Case, profile: &Profile) -> Result<(), Error> {
    let source = yaml::source("values.yaml".to_owned(), case.values.as_bytes()).expect("a source");
    let mut overrides = Overrides { files: vec![yaml::read(&source, &yaml::Limits::default()).expect("values")], ..Overrides::default() };
    let mut prepared = prepared(&case.files, profile.clone());
    let mut flags = case.flags.iter();
    while let Some(flag) = flags.next() {
        let mut text = || flags.next().expect("a flag's text").clone();
        match flag.as_str() {
            "--set" => overrides.set.push(text()),
            "--set-string" => overrides.set_string.push(text()),
            "--skip-schema-validation" => prepared = prepared.without_schemas(),
            other => panic!("no flag {other}"),
        }
    }
    prepared.render(&overrides, &Release::default(), &Capabilities::of(profile)).map(|_| ())
}

/// A line with those that are indented below it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Line(String, Vec<Line>);

/// The text as `regenerate.py` writes it: Helm walks objects in random order, so lines of one level are sorted.
fn sorted(text: &str) -> String {
    fn take(lines: &mut std::iter::Peekable<std::str::Lines<'_>>, depth: usize) -> Vec<Line> {
        let mut taken = Vec::new();
        while let Some(line) = lines.peek().filter(|line| depth_of(line).is_some_and(|found| found >= depth)) {
            let found = depth_of(line).unwrap_or(depth);
            let line = with_sorted_names(line);
            lines.next();
            taken.push(Line(line, take(lines, found + 1)));
        }
        taken.sort();
        taken
    }
    fn put(out: &mut Vec<String>, lines: Vec<Line>) {
        for Line(line, below) in lines {
            out.push(line);
            put(out, below);
        }
    }
    let mut lines = text.trim_end_matches('\n').lines().peekable();
    let mut out = Vec::new();
    while lines.peek().is_some() {
        put(&mut out, take(&mut lines, 0));
        out.extend(lines.next().map(str::to_owned));
    }
    out.join("\n")
}

/// How far a `- ` is indented.
fn depth_of(line: &str) -> Option<usize> {
    let inner = line.trim_start_matches(' ');
    inner.starts_with("- ").then_some(line.len() - inner.len())
}

fn with_sorted_names(line: &str) -> String {
    let listed = line.split_once("additional properties ").and_then(|(head, rest)| Some((head, rest.strip_suffix(" not allowed")?)));
    let Some((head, names)) = listed else { return line.to_owned() };
    let mut names: Vec<&str> = names.split(", ").collect();
    names.sort_unstable();
    format!("{head}additional properties {} not allowed", names.join(", "))
}

fn profiles() -> [(&'static str, Profile); 3] {
    [("3.17", Profile::V3_17), ("3.19", Profile::V3_19), ("4.2", Profile::V4_2)]
}

#[test]
fn values_are_accepted_and_refused_as_by_helm() {
    let cases = cases();
    assert!(cases.len() > 400, "the cases were not found whole: {}", cases.len());
    let mut wrong = Vec::new();
    let mut listed: BTreeMap<(String, String), Difference> = BTreeMap::new();
    for difference in differences() {
        for helm in difference.helm.split(' ') {
            let Difference { name, here, reason, .. } = &difference;
            let one = Difference { name: name.clone(), helm: helm.to_owned(), here: *here, reason: reason.clone() };
            listed.insert((name.clone(), helm.to_owned()), one);
        }
    }
    for case in &cases {
        for (helm, profile) in profiles() {
            // Helm itself does not survive some questions.
            let want = case.want[helm].as_deref().filter(|want| *want != "crash");
            let got = answer(case, &profile).err().map(|error| sorted(&error.to_string()));
            let here = match (want, &got) {
                _ if case.want[helm].as_deref() == Some("crash") => None,
                (None, None) => None,
                (Some(want), Some(got)) => (want != got).then_some(Here::OtherWords),
                (None, Some(_)) => Some(Here::Refuses),
                (Some(_), None) => Some(Here::Accepts),
            };
            let known = listed.remove(&(case.name.clone(), helm.to_owned()));
            if here != known.as_ref().map(|difference| difference.here) {
                let reason = known.map(|difference| difference.reason);
                wrong.push(format!("{} ({helm}): {here:?}, listed for {reason:?}\n  Helm: {want:?}\n  here: {got:?}", case.name));
            }
        }
    }
    wrong.extend(listed.keys().map(|(name, helm)| format!("{name} ({helm}) is listed, but no case")));
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len() * 3, wrong.join("\n"));
}

fn refusal(schema: &str, values: &str, profile: &Profile) -> Error {
    let case = Case {
        name: String::new(),
        files: BTreeMap::from([("values.schema.json".to_owned(), schema.to_owned())]),
        values: values.to_owned(),
        flags: Vec::new(),
        want: BTreeMap::new(),
    };
    answer(&case, profile).expect_err("a refusal")
}

#[test]
fn nothing_is_fetched() {
    for (_, profile) in profiles() {
        for reference in ["https://example.com/schema.json", "file:///etc/passwd", "http://json-schema.org/no-such"] {
            let error = refusal(&format!("{{\"properties\": {{\"a\": {{\"$ref\": {reference:?}}}}}}}"), "a: 1", &profile);
            let report = error.report();
            assert!(report.contains("fetches no schemas") && report.contains(reference), "{report}");
            assert!(report.contains("--skip-schema-validation"), "{report}");
        }
    }
}

#[test]
fn hostile_schemas_end_at_a_limit() {
    let chain = |keyword: &str| {
        let links: Vec<String> = (0..40)
            .map(|at| {
                let next = at + 1;
                format!("\"d{at}\": {{{keyword:?}: [{{\"$ref\": \"#/definitions/d{next}\"}}, {{\"$ref\": \"#/definitions/d{next}\"}}]}}")
            })
            .collect();
        format!("{{\"definitions\": {{{}, \"d40\": false}}, \"$ref\": \"#/definitions/d0\"}}", links.join(", "))
    };
    let hostile = [
        ("anyOf in a chain", chain("anyOf")),
        ("oneOf in a chain", chain("oneOf")),
        ("allOf in a chain", chain("allOf")),
        ("deep", format!("{}true{}", "{\"not\": ".repeat(100_000), "}".repeat(100_000))),
        ("resources in a chain", {
            let link = |at: usize| {
                let next = at + 1;
                format!(
                    r##""a{at}": {{"$id": "a{at}", "anyOf": [{{"$ref": "b{at}"}}, {{"$ref": "c{at}"}}]}}, "b{at}": {{"$id": "b{at}", "allOf": [{{"$ref": "a{next}"}}]}}, "c{at}": {{"$id": "c{at}", "allOf": [{{"$ref": "a{next}"}}]}}"##
                )
            };
            let links: Vec<String> = (0..20).map(link).collect();
            format!(r##"{{"definitions": {{{}, "a20": {{"$id": "a20", "not": {{}}}}}}, "allOf": [{{"$ref": "a0"}}]}}"##, links.join(", "))
        }),
        ("a large pattern", "{\"pattern\": \"((a{1000}){1000}){1000}\"}".to_owned()),
        ("many patterns", {
            let patterns: Vec<String> = (0..2_000).map(|at| format!("\"^x{at}$\": {{}}")).collect();
            format!("{{\"patternProperties\": {{{}}}}}", patterns.join(", "))
        }),
        ("many schemas", {
            let schemas: Vec<String> = (0..200_000).map(|at| format!("\"p{at}\": {{\"not\": {{}}}}")).collect();
            format!("{{\"multipleOf\": 2, \"properties\": {{{}}}}}", schemas.join(", "))
        }),
        // Each level asks anew what is wrong below it.
        ("many schemas, one of them wrong, in items of items", {
            let schemas: Vec<String> = (0..40_000).map(|at| format!("\"p{at}\": {{}}")).collect();
            let wrong = format!("{{\"properties\": {{{}, \"q\": {{\"type\": 1}}}}}}", schemas.join(", "));
            format!("{}{wrong}{}", "{\"items\": ".repeat(100), "}".repeat(100))
        }),
    ];
    for (_, profile) in profiles() {
        for (name, schema) in &hostile {
            let start = Instant::now();
            let error = refusal(schema, "{}", &profile);
            let may_be_wrong = ["large pattern", "one of them wrong"].iter().any(|part| name.contains(part));
            let kinds = if may_be_wrong { [ErrorKind::Limit, ErrorKind::Chart] } else { [ErrorKind::Limit; 2] };
            assert!(kinds.contains(&error.kind()), "{name}: {}", error.report());
            assert!(start.elapsed() < Duration::from_secs(20), "{name} took {:?}", start.elapsed());
        }
    }
}

#[test]
fn as_many_resources_as_there_may_be_are_compiled_soon() {
    let one = |at: usize| {
        let others: Vec<String> = (0..4).filter(|other| *other != at).map(|other| format!(r#"{{"$ref": "r{other}"}}"#)).collect();
        format!(r#""r{at}": {{"$id": "r{at}", "properties": {{"a": {{"anyOf": [{}]}}}}}}"#, others.join(", "))
    };
    let all: Vec<String> = (0..4).map(one).collect();
    let schema = format!(r#"{{"definitions": {{{}}}, "allOf": [{{"$ref": "r0"}}], "required": ["b"]}}"#, all.join(", "));
    let start = Instant::now();
    let error = refusal(&schema, "{}", &Profile::V3_19);
    assert!(error.to_string().contains("missing property 'b'"), "{}", error.report());
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn references_in_circles_end_where_helm_dies() {
    let error = refusal("{\"$ref\": \"#\"}", "{}", &Profile::V3_17);
    assert_eq!(error.kind(), ErrorKind::Limit, "{}", error.report());
}
