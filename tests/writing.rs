//! Writing values as YAML, JSON and TOML against real Helm: the answers recorded in `testdata/yaml-writing` (see `regenerate.py` there), byte
//! for byte.

#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use chartshift::template::value::{Table, Text, Value};
use chartshift::template::{Limits, ParsedFile, Profile, Session, TemplateSet};

/// What was asked of Helm, by the name its answer is recorded under.
const EXPRESSIONS: &[(&str, &str)] = &[
    ("toYaml", "mustFromJson .document | toYaml"),
    ("toYamlPretty", "mustFromJson .document | toYamlPretty"),
    ("toJson", "mustFromJson .document | toJson"),
    ("toPrettyJson", "mustFromJson .document | toPrettyJson"),
    ("toRawJson", "mustFromJson .document | toRawJson"),
    ("toToml", "toToml (dict \"document\" (mustFromJson .document))"),
    ("again", "mustFromJson .document | toYaml | fromYaml | toJson"),
];

#[test]
fn documents_are_written_as_helm_does() {
    let cases = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/yaml-writing/cases.jsonl")).unwrap();
    let set = templates();
    let (mut count, mut differing) = (0, Vec::new());
    for line in cases.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let document = case["json"].as_str().unwrap();
        for (name, _) in EXPRESSIONS {
            count += 1;
            let data = Value::map(Table::from([(Text::from("document"), Value::text(document))]));
            let ours = Session::new(&set, Limits::default()).render(name, data).unwrap();
            let (ours, theirs) = (String::from_utf8(ours).unwrap(), case[*name].as_str().unwrap());
            if ours != theirs {
                differing.push(format!("{name} {document}\n  Helm: {theirs:?}\n  ours: {ours:?}"));
            }
        }
    }
    assert!(count > 7 * 500, "only {count} answers");
    assert!(differing.is_empty(), "{} of {count} differ\n{}", differing.len(), differing.join("\n"));
}

fn templates() -> TemplateSet {
    let profile = Profile::V3_17;
    let mut set = TemplateSet::new(profile.clone());
    for (name, expression) in EXPRESSIONS {
        set.add(&ParsedFile::parse(name, format!("{{{{ {expression} }}}}").as_bytes(), &profile).unwrap());
    }
    set
}
