//! The YAML reader against the parser it follows: recorded answers of sigs.k8s.io/yaml (`testdata/yaml`), and Helm itself.

#![allow(clippy::disallowed_methods, clippy::print_stderr, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use chartshift::value::{Data, Node, yaml};
use serde_json::Value;

/// A document and what the parser made of it.
struct Case {
    bytes: Vec<u8>,
    told: Result<Value, String>,
}

#[test]
fn recorded_answers_are_ours() {
    let cases = recorded();
    let mut refused = 0;
    let mut worded_alike = 0;
    for Case { bytes, told } in &cases {
        let text = String::from_utf8_lossy(bytes);
        match (read(bytes), told) {
            (Ok(node), Ok(value)) => assert!(says(&node.data, value), "{text:?}: read {:?}, not {value}", node.data),
            (Err(ours), Err(theirs)) => {
                refused += 1;
                worded_alike += usize::from(ours == *theirs);
                // Go spells keys of other types than strings as they were.
                assert!(ours == *theirs || theirs.contains("invalid map key"), "{text:?}: {ours}, not {theirs}");
            }
            (ours, theirs) => panic!("{text:?}: read {ours:?}, not {theirs:?}"),
        }
    }
    eprintln!("{} documents, {refused} refused, {worded_alike} of them in the same words", cases.len());
    assert!(cases.len() > 1_500 && worded_alike * 100 >= refused * 99);
}

/// Has `helm template` print what `fromYaml` makes of every document: the recorded ones, and the corpus' values and metadata files.
#[test]
fn real_helm_agrees() {
    if Command::new("helm").arg("version").output().is_err() {
        eprintln!("skipped: no helm");
        return;
    }
    let recorded = recorded().into_iter().filter(|case| !matches!(&case.told, Ok(value) if !value.is_object())).map(|case| case.bytes);
    let documents: Vec<Vec<u8>> = recorded.chain(corpus()).filter(|bytes| !bytes.is_empty()).collect();
    let answers = helm_from_yaml(&documents);
    assert_eq!(answers.len(), documents.len());
    for (bytes, answer) in documents.iter().zip(&answers) {
        let agrees = match (read(bytes), answer.get("Error")) {
            (Ok(node), _) if matches!(node.data, Data::Null) => answer.as_object().is_some_and(serde_json::Map::is_empty),
            (Ok(node), _) => says(&node.data, answer),
            (Err(ours), Some(Value::String(theirs))) => ours == *theirs || theirs.contains("invalid map key"),
            (Err(_), _) => false,
        };
        assert!(agrees, "{:?}: Helm reads {answer}", String::from_utf8_lossy(bytes));
    }
}

/// What the reader makes of a document, or what Helm would say of its refusal.
fn read(bytes: &[u8]) -> Result<Node, String> {
    let limits = yaml::Limits::default();
    let source = yaml::source("case", bytes).map_err(|error| format!("error converting YAML to JSON: yaml: {error}"))?;
    yaml::read(&source, &limits).map_err(|_| yaml::helm_error(&source, &limits).unwrap_or_default())
}

/// Whether a value says what JSON says. Floats may differ in the last bit, as `serde_json` reads them coarsely.
fn says(data: &Data, json: &Value) -> bool {
    match (data, json) {
        (Data::Null, Value::Null) => true,
        (Data::Bool(ours), Value::Bool(theirs)) => ours == theirs,
        (Data::Str(ours), Value::String(theirs)) => **ours == **theirs,
        (Data::List(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| says(&ours.data, theirs))
        }
        (Data::Map(ours), Value::Object(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().all(|(key, entry)| theirs.get(&**key).is_some_and(|theirs| says(&entry.value.data, theirs)))
        }
        (ours, Value::Number(theirs)) => match (ours.number(), theirs.as_f64()) {
            (Some(ours), Some(theirs)) => ours == theirs || ours.next_up() == theirs || ours.next_down() == theirs,
            _ => false,
        },
        _ => false,
    }
}

fn recorded() -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/yaml/cases.jsonl");
    let lines = fs::read_to_string(path).unwrap();
    lines.lines().map(|line| case(&serde_json::from_str(line).unwrap())).collect()
}

fn case(line: &Value) -> Case {
    let bytes = match (&line["yaml"], &line["base64"]) {
        (Value::String(text), _) => text.clone().into_bytes(),
        (_, Value::String(encoded)) => from_base64(encoded),
        _ => Vec::new(),
    };
    let told = match &line["error"] {
        Value::String(error) => Err(error.clone()),
        _ => Ok(line["json"].clone()),
    };
    Case { bytes, told }
}

fn from_base64(encoded: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = encoded.bytes().filter_map(|byte| alphabet.iter().position(|&digit| digit == byte));
    let bits: Vec<usize> = digits.flat_map(|digit| (0..6).rev().map(move |bit| digit >> bit & 1)).collect();
    bits.chunks_exact(8).map(|bits| u8::try_from(bits.iter().fold(0, |byte, bit| byte << 1 | bit)).unwrap()).collect()
}

/// The values and metadata files of all charts of the corpus, each text once.
fn corpus() -> BTreeSet<Vec<u8>> {
    let mut texts = BTreeSet::new();
    let Ok(charts) = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/charts")) else {
        eprintln!("skipped: no corpus");
        return texts;
    };
    let charts = charts.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|extension| extension == "tgz"));
    for chart in charts.collect::<BTreeSet<PathBuf>>() {
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(fs::File::open(chart).unwrap()));
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().into_owned();
            if path.ends_with("values.yaml") || path.ends_with("Chart.yaml") {
                let mut text = Vec::new();
                entry.read_to_end(&mut text).unwrap();
                texts.insert(text);
            }
        }
    }
    texts
}

/// What Helm's `fromYaml` makes of documents: a mapping, or one with the key `Error`.
fn helm_from_yaml(documents: &[Vec<u8>]) -> Vec<Value> {
    let chart = tempfile::tempdir().unwrap();
    fs::create_dir_all(chart.path().join("templates")).unwrap();
    fs::create_dir(chart.path().join("documents")).unwrap();
    fs::write(chart.path().join("Chart.yaml"), "apiVersion: v2\nname: reader\nversion: 1.0.0\n").unwrap();
    let template = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: reader}
data:
{{- range $path, $_ := .Files.Glob \"documents/*\" }}
  {{ $path }}: {{ $.Files.Get $path | fromYaml | toJson | toJson }}
{{- end }}
";
    fs::write(chart.path().join("templates/all.yaml"), template).unwrap();
    for (number, bytes) in documents.iter().enumerate() {
        fs::write(chart.path().join(format!("documents/{number:06}")), bytes).unwrap();
    }
    let output = Command::new("helm").args(["template", "reader"]).arg(chart.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let answers = text.lines().filter_map(|line| line.strip_prefix("  documents/"));
    answers
        .map(|line| {
            let (_, quoted) = line.split_once(": ").unwrap();
            let json: String = serde_json::from_str(quoted).unwrap();
            serde_json::from_str(&json).unwrap()
        })
        .collect()
}
