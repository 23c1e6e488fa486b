//! The answers of real Helm and of the library inside it (`testdata/version/cases.jsonl`), and what they can't be asked.

#![allow(clippy::disallowed_methods)]

use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn cases(ask: &str) -> Vec<Value> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/version/cases.jsonl");
    let text = std::fs::read_to_string(file).unwrap();
    let cases: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).filter(|case: &Value| case["ask"] == ask).collect();
    assert!(cases.len() >= 20, "too few cases of {ask}");
    cases
}

fn text<'a>(case: &'a Value, key: &str) -> &'a str {
    case[key].as_str().unwrap()
}

fn same_outcome(case: &Value, outcome: Result<String>) {
    match outcome {
        Ok(shown) => assert_eq!(case["string"].as_str(), Some(&*shown), "{case}"),
        Err(error) => assert_eq!(case["error"].as_str(), Some(&*error.to_string()), "{case}"),
    }
}

#[test]
fn versions_are_read_as_helm_reads_them() {
    for case in cases("parse") {
        same_outcome(&case, Version::parse(text(&case, "version")).map(|version| version.to_string()));
    }
    for case in cases("strict") {
        same_outcome(&case, Version::parse_strict(text(&case, "version")).map(|version| version.to_string()));
    }
}

#[test]
fn versions_compare_as_in_helm() {
    for case in cases("compare") {
        let [a, b] = ["version", "other"].map(|key| Version::parse(text(&case, key)).unwrap());
        assert_eq!(a.cmp(&b) as i64, case["order"].as_i64().unwrap(), "{case}");
    }
}

#[test]
fn constraints_accept_what_helm_accepts() {
    for case in cases("check") {
        let constraint = Constraint::parse(text(&case, "constraint")).unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(constraint.check(&Version::parse(text(&case, "version")).unwrap()), case["match"], "{case}");
    }
}

#[test]
fn constraints_are_refused_in_helms_words() {
    for case in cases("constraint") {
        let error = Constraint::parse(text(&case, "constraint")).err().unwrap_or_else(|| panic!("accepted: {case}"));
        assert_eq!(error.to_string(), text(&case, "error"));
    }
    let long = "1".repeat(LONGEST_CONSTRAINT + 1);
    assert_eq!(Constraint::parse(&long).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn reasons_are_the_librarys() {
    for (ask, rule) in [("explain", PrereleaseRule::EachConstraint), ("explain-3.4", PrereleaseRule::AnyInGroup)] {
        for case in cases(ask) {
            let constraint = Constraint::parse(text(&case, "constraint")).unwrap().with_rule(rule);
            let version = Version::parse(text(&case, "version")).unwrap();
            assert_eq!(constraint.check(&version), case["match"], "{case}");
            assert_eq!(Value::from(constraint.explain(&version)), case["reasons"], "{case}");
            assert_eq!(constraint.to_string(), text(&case, "string"), "{case}");
        }
    }
}

#[test]
fn a_step_names_the_first_number_that_rose() {
    let table = [
        ("12.20.2", "12.20.4", Step::Patch),
        ("12.20.4", "12.20.2", Step::Downgrade),
        ("1.2.3", "1.3.0", Step::Minor),
        ("1.9.9", "v2", Step::Major),
        ("1.2.3-rc.1", "1.2.3-rc.2", Step::Prerelease),
        ("1.2.3-rc.1", "1.2.3", Step::Prerelease),
        ("1.2.3", "1.2.3-rc.1", Step::Downgrade),
        ("1.2", "v1.2.0", Step::None),
        ("1.2.3+a", "1.2.3+b", Step::Other),
        ("nightly", "1.2.3", Step::Other),
        ("nightly", "nightly", Step::None),
    ];
    for (old, new, expected) in table {
        assert_eq!(step(old, new), expected, "{old} → {new}");
    }
}

#[test]
fn the_nearest_versions_are_neighbours_or_the_newest() {
    let known = ["1.0.0", "1.2.0", "latest", "1.10.0", "2.0.0", "3.0.0-rc1"];
    assert_eq!(nearest("1.9.9", known, 3), ["1.10.0", "1.2.0", "1.0.0"]);
    assert_eq!(nearest("1.1.0", known, 2), ["1.2.0", "1.0.0"]);
    assert_eq!(nearest("9", known, 2), ["3.0.0-rc1", "2.0.0"]);
    assert_eq!(nearest("0.1", known, 2), ["1.2.0", "1.0.0"]);
    assert_eq!(nearest("~7", known, 2), ["3.0.0-rc1", "2.0.0"]);
    assert!(nearest("1", [], 3).is_empty());
}

proptest! {
    #[test]
    fn anything_can_be_read_without_a_panic(text in "[0-9a-c|xX*v.+~^<>=! ,ä-]{0,24}") {
        let version = Version::parse("1.2.3").unwrap();
        let _ = Version::parse_strict(&text);
        if let Ok(parsed) = Version::parse(&text) {
            prop_assert_eq!(&Version::parse(&parsed.to_string()).unwrap(), &parsed);
        }
        if let Ok(constraint) = Constraint::parse(&text) {
            let again = Constraint::parse(&constraint.to_string()).unwrap();
            prop_assert_eq!(again.check(&version), constraint.check(&version));
        }
    }
}
