//! Every list of `--set` flags of `testdata/set`, read here and compared with what real Helm 3.17.3 made of it.
#![allow(clippy::disallowed_methods, clippy::expect_used, reason = "tests read their files and may fail")]

use std::path::Path;
use std::sync::Arc;

use chartshift::chart::{self, Limits as ChartLimits};
use chartshift::fetch::{Content, Package, RawFile};
use chartshift::render::{Capabilities, Overrides, Prepared, Release, SetFile, set_file_paths};
use chartshift::template::{Limits, Profile};

/// The defaults and the file that the cases were made with.
const DEFAULTS: &str = r#"{"d": {"x": 1, "y": {"z": true}}, "l": [1, {"a": "b"}, [2]], "s": "text", "n": 5}"#;
const CONTENT: &str = "one\ntwo, {three}\n";

/// One line of `cases.jsonl`.
#[derive(serde::Deserialize)]
struct Case {
    /// Flag, text, flag, text …
    args: Vec<String>,
    want: Option<String>,
    error: Option<String>,
}

fn prepared() -> Prepared {
    let file = |path: &str, text: &'static str| RawFile { path: path.into(), bytes: text.as_bytes().into() };
    let files = vec![
        file("Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n"),
        file("values.yaml", DEFAULTS),
        file("templates/t.yaml", "{{ .Values | toJson }}"),
    ];
    let package = Package { content: Content::Folder(files), origin: "c".into(), digest: None };
    let chart = chart::open(&package, &ChartLimits::default()).expect("a chart");
    Prepared::new(Arc::new(chart), Profile::V3_17, Limits::default())
}

fn overrides(args: &[String]) -> Result<Overrides, String> {
    let mut overrides = Overrides::default();
    for pair in args.chunks(2) {
        let [flag, text] = pair else { panic!("a flag without a text: {args:?}") };
        match flag.as_str() {
            "--set" => overrides.set.push(text.clone()),
            "--set-string" => overrides.set_string.push(text.clone()),
            "--set-json" => overrides.set_json.push(text.clone()),
            "--set-literal" => overrides.set_literal.push(text.clone()),
            "--set-file" => overrides.set_file.push(set_file(text)?),
            other => panic!("no flag {other}"),
        }
    }
    Ok(overrides)
}

fn set_file(text: &str) -> Result<SetFile, String> {
    let mut contents = Vec::new();
    for path in set_file_paths(text).map_err(|error| error.to_string())? {
        if path != "file.txt" {
            return Err(format!("failed parsing --set-file data: open {path}: no such file or directory"));
        }
        contents.push((path, CONTENT.to_owned()));
    }
    Ok(SetFile { text: text.to_owned(), contents })
}

fn render(prepared: &Prepared, args: &[String]) -> Result<String, String> {
    let rendered = prepared.render(&overrides(args)?, &Release::default(), &Capabilities::of(&Profile::V3_17));
    let rendered = rendered.map_err(|error| error.to_string())?;
    let text = rendered.manifests.first().map_or(&b""[..], |manifest| &manifest.text);
    Ok(String::from_utf8_lossy(text).trim().to_owned())
}

#[test]
fn set_flags_are_read_as_helm_reads_them() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/set/cases.jsonl");
    let text = std::fs::read_to_string(path).expect("the cases");
    let cases: Vec<Case> = text.lines().map(|line| serde_json::from_str(line).expect("a case")).collect();
    assert!(cases.len() >= 200, "only {} cases", cases.len());
    let prepared = prepared();
    let mut wrong = Vec::new();
    for case in &cases {
        let want = case.want.clone().ok_or_else(|| case.error.clone().expect("a result"));
        let got = render(&prepared, &case.args);
        if got != want {
            wrong.push(format!("{:?}\n  helm: {want:?}\n  ours: {got:?}", case.args));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
