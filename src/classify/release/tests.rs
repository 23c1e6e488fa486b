//! The engine on records made here: grouping, severities by case, facts of the configuration, keys, and what a rendering proves of a default.

use super::*;
use crate::classify::{Cause, Confidence, Effect, Severity, Weights, weigh};
use crate::diff::ChangeKind;
use crate::identity::{Account, Automount, Details, Record};

fn pod(account: &str, client_id: Option<&str>, use_label: bool) -> Record {
    Record {
        service_account_name: account.to_owned(),
        rendered: true,
        client_id: client_id.map(str::to_owned),
        tenant_id: None,
        use_label,
        pod_automount: None,
        account_automount: None,
        automount: Automount::Known(true),
        host_network: false,
        subject: format!("system:serviceaccount:monitoring:{account}"),
        details: Details { account_known: true, account_named: true, ..Details::default() },
    }
}

fn render(pods: &[(&str, Record)]) -> Identities {
    let workloads: BTreeMap<String, Record> = pods.iter().map(|(name, record)| ((*name).to_owned(), record.clone())).collect();
    let mut accounts: BTreeMap<String, Account> = BTreeMap::new();
    for (name, record) in workloads.iter().filter(|(_, record)| record.rendered) {
        let account = accounts.entry(record.service_account_name.clone()).or_default();
        account.client_id.clone_from(&record.client_id);
        account.workloads.push(name.clone());
    }
    Identities { workloads, accounts }
}

fn run(old: &Identities, new: &Identities, facts: &Facts, settings: &Settings) -> Classified {
    let subject = ReleaseSubject { chart: "thanos", release: "thanos", namespace: "monitoring", old, new, objects: None, facts };
    let catalogue = Catalogue::built_in().unwrap();
    let classified = classify_release(&subject, &catalogue, settings);
    assert!(classified.missing.is_empty(), "{:?}", classified.missing);
    classified
}

fn found(old: &Identities, new: &Identities, rule: &str) -> Vec<Finding> {
    let findings = run(old, new, &Facts::default(), &Settings::default()).findings;
    findings.into_iter().filter(|finding| finding.rule == rule).collect()
}

const MOVED: &str = "service-account-name-changed";

fn outside(mut record: Record) -> Record {
    (record.rendered, record.client_id, record.details.account_known) = (false, None, false);
    record
}

#[test]
fn pods_that_move_alike_are_one_finding() {
    let old = render(&[
        ("StatefulSet/compactor", outside(pod("wi-sa", None, true))),
        ("StatefulSet/store", outside(pod("wi-sa", None, true))),
        ("Deployment/query", pod("query", None, false)),
    ]);
    let new = render(&[
        ("StatefulSet/compactor", pod("thanos", None, true)),
        ("StatefulSet/store", pod("thanos", None, true)),
        ("Deployment/query", pod("thanos", None, false)),
    ]);
    let moved = found(&old, &new, MOVED);
    let told: Vec<(Severity, Confidence, Vec<&str>)> = moved
        .iter()
        .map(|finding| (finding.severity, finding.confidence, finding.workloads.iter().map(String::as_str).collect()))
        .collect();
    assert_eq!(
        told,
        [
            (Severity::Critical, Confidence::Confirmed, vec!["StatefulSet/compactor", "StatefulSet/store"]),
            (Severity::Medium, Confidence::Confirmed, vec!["Deployment/query"]),
        ]
    );
    assert!(moved[0].message.starts_with(
        "StatefulSet/compactor, StatefulSet/store: system:serviceaccount:monitoring:wi-sa → system:serviceaccount:monitoring:thanos."
    ));
    let places: Vec<String> = moved[0].changes.iter().map(|place| place.path.to_string()).collect();
    assert_eq!(places, ["StatefulSet/compactor.serviceAccountName", "StatefulSet/store.serviceAccountName"]);
}

#[test]
fn many_different_moves_are_one_finding() {
    let names: Vec<String> = (0..9).map(|n| format!("Deployment/d{n}")).collect();
    let side = |prefix: &str| {
        let pods: Vec<(&str, Record)> =
            names.iter().enumerate().map(|(n, name)| (name.as_str(), pod(&format!("{prefix}{n}"), None, false))).collect();
        render(&pods)
    };
    let moved = found(&side("a"), &side("b"), MOVED);
    assert_eq!((moved.len(), moved[0].workloads.len()), (1, 9));
    assert!(moved[0].message.ends_with(JOINED), "{}", moved[0].message);
}

#[test]
fn told_subjects_settle_it() {
    let (old, new) = (render(&[("Deployment/a", pod("x", Some("id"), true))]), render(&[("Deployment/a", pod("y", Some("id"), true))]));
    let level = |subjects: Option<&[&str]>| {
        let facts = Facts { subjects: subjects.map(|all| all.iter().map(|one| (*one).to_owned()).collect()), ..Facts::default() };
        let finding = run(&old, &new, &facts, &Settings::default()).findings.remove(0);
        (finding.severity, finding.confidence)
    };
    assert_eq!(level(None), (Severity::High, Confidence::Likely));
    assert_eq!(level(Some(&["system:serviceaccount:monitoring:y"])), (Severity::Low, Confidence::Confirmed));
    assert_eq!(level(Some(&["system:serviceaccount:monitoring:x"])), (Severity::Critical, Confidence::Confirmed));
}

#[test]
fn nothing_changed_says_nothing() {
    let side = render(&[("Deployment/a", pod("x", Some("id"), true)), ("Deployment/b", pod("default", None, false))]);
    assert!(run(&side, &side, &Facts::default(), &Settings::default()).findings.is_empty());
}

#[test]
fn levels_and_ignores_count() {
    let (old, new) = (render(&[("Deployment/a", pod("x", None, true))]), render(&[("Deployment/a", pod("y", None, true))]));
    let ignore = |path| crate::classify::settings::Ignore::new(MOVED, Some(path), None, "known", None).unwrap();
    let settings = Settings {
        levels: BTreeMap::from([(MOVED.to_owned(), Level::At(Severity::Info))]),
        ignores: vec![ignore("Deployment/b.**"), ignore("Deployment/a.**")],
        today: None,
    };
    let classified = run(&old, &new, &Facts::default(), &settings);
    let finding = classified.findings.iter().find(|finding| finding.rule == MOVED).unwrap();
    assert_eq!((finding.severity, finding.ignored.as_deref()), (Severity::Info, Some("known")));
    assert_eq!(classified.unused_ignores, ["the ignore of service-account-name-changed at Deployment/b.** matched nothing"]);
}

/// A finding about defaults, as the look at values makes it.
fn possible(rule: &str, severity: Severity, paths: &[&str]) -> Finding {
    let old = render(&[("Deployment/a", pod("x", None, true))]);
    let new = render(&[("Deployment/a", pod("y", None, true))]);
    let mut finding = found(&old, &new, MOVED).remove(0);
    let place = finding.changes.remove(0);
    finding.changes = paths.iter().map(|path| Place { path: Path::keys(path.split('.')), ..place.clone() }).collect();
    Finding { rule: rule.to_owned(), severity, confidence: Confidence::Possible, workloads: Vec::new(), ..finding }
}

#[test]
fn renders_weigh_defaults() {
    let catalogue = Catalogue::built_in().unwrap();
    let create = "service-account-create-flipped";
    let weighed = |rule: &str, severity, effects: &[(&str, Effect)], has_values| {
        let effects = effects.iter().map(|(path, effect)| (Path::keys(path.split('.')), *effect)).collect();
        let mut findings = vec![possible(rule, severity, &["a.create", "b.create"])];
        weigh(&mut findings, &catalogue, &Settings::default(), &Weights { effects: &effects, has_values });
        findings[0].severity
    };
    let level = |rule: &str, severity, effects: &[(&str, Effect)]| weighed(rule, severity, effects, true);
    let (masked, inert, effective) = (Effect::Masked, Effect::Inert, Effect::Effective);
    assert_eq!(level(create, Severity::High, &[]), Severity::High);
    assert_eq!(level(create, Severity::High, &[("a.create", masked), ("b.create", masked)]), Severity::Info);
    assert_eq!(level(create, Severity::High, &[("a.create", masked), ("b", inert)]), Severity::Low);
    assert_eq!(level(create, Severity::High, &[("a.create", masked), ("b.create", effective)]), Severity::High);
    assert_eq!(level("token-mount-default-flipped", Severity::Medium, &[("a", masked), ("b", inert)]), Severity::Medium);
    let helper = "service-account-helper-changed";
    assert_eq!(weighed(helper, Severity::High, &[], false), Severity::High, "nobody knows what the user sets");
    assert_eq!(weighed(helper, Severity::High, &[], true), Severity::Low, "the renders show what it does");
    assert_eq!(level("image-changed", Severity::Info, &[("a", masked), ("b", inert)]), Severity::Info);
}

#[test]
fn what_is_proven_is_said_once() {
    let catalogue = Catalogue::built_in().unwrap();
    let create = possible("service-account-create-flipped", Severity::High, &["serviceAccount.create"]);
    let mut proof = possible(MOVED, Severity::Critical, &["x"]);
    proof.confidence = Confidence::Confirmed;
    let names = |caused_by: Option<&Finding>, severity| {
        let causes = caused_by.iter().map(|finding| Cause::Value(Box::new(finding.changes[0].clone()))).collect();
        let mut findings = vec![create.clone(), Finding { causes, severity, ..proof.clone() }];
        weigh(&mut findings, &catalogue, &Settings::default(), &Weights { effects: &BTreeMap::new(), has_values: true });
        findings.into_iter().map(|finding| finding.rule).collect::<Vec<_>>()
    };
    assert_eq!(names(None, Severity::Critical), [MOVED, &create.rule]);
    assert_eq!(names(Some(&create), Severity::Critical), [MOVED]);
    assert_eq!(names(Some(&create), Severity::Medium), [create.rule.as_str(), MOVED]);
    assert_eq!(create.changes[0].kind, ChangeKind::Modified);
}
