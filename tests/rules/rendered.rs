//! The rules on what a release renders: every one on every fixture that has `objects.yaml`, and on the renders of published charts.
//!
//! `old/objects.yaml` and `new/objects.yaml` are the manifests of both sides; `both/webhook`, when there, is the version of the webhook that the
//! configuration tells.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use chartshift::chart::{self, Chart};
use chartshift::classify::{Catalogue, Classified, Confidence, Finding, ReleaseSubject, Settings, Severity, classify_release};
use chartshift::diff::objects;
use chartshift::fetch::{Content, Package, RawFile};
use chartshift::identity::{self, Facts, Identities, webhook::Version};
use chartshift::object::{self, Object};
use chartshift::render::{Capabilities, Overrides, Prepared, Release, Rendered};
use chartshift::template::{Limits, Profile};
use chartshift::value::yaml;

use crate::{catalogue, corpus, fixtures_of, published, snapshots, txtar};

const NAMESPACE: &str = "review";

struct Fixture {
    name: String,
    rule: String,
    fires: bool,
    old: Rendered,
    new: Rendered,
    facts: Facts,
}

fn fixtures() -> Vec<Fixture> {
    let rendered = fixtures_of().into_iter().filter(|(_, _, _, text)| text.contains("/objects.yaml --"));
    rendered
        .map(|(name, rule, fires, text)| {
            let side = |side| render(manifests(&txtar(&text, side, &name)["objects.yaml"]), "", &name);
            let webhook = txtar(&text, "old", &name).get("webhook").map(|version| Version::named(version.trim()).unwrap());
            let facts = Facts { webhook_version: webhook, ..Facts::default() };
            Fixture { old: side("old"), new: side("new"), name, rule, fires, facts }
        })
        .collect()
}

/// A chart that renders to these manifests.
fn manifests(text: &str) -> Chart {
    let file = |path: &str, text: &str| RawFile { path: path.to_owned(), bytes: text.to_owned().into() };
    let files = vec![file("Chart.yaml", "apiVersion: v2\nname: fixture\nversion: 1.0.0\n"), file("templates/objects.yaml", text)];
    let package = Package { content: Content::Folder(files), origin: "fixture".to_owned(), digest: None };
    chart::open(&package, &chart::Limits::default()).unwrap()
}

fn render(chart: Chart, values: &str, release: &str) -> Rendered {
    let source = yaml::source("values.yaml", values.as_bytes()).unwrap();
    let values = yaml::read(&source, &yaml::Limits::default()).unwrap();
    let name = release.split('/').next().unwrap().to_owned();
    let release = Release { name, namespace: NAMESPACE.to_owned(), is_upgrade: false };
    let overrides = Overrides { files: vec![values], ..Overrides::default() };
    let prepared = Prepared::new(Arc::new(chart), Profile::V3_17, Limits::default());
    prepared.render(&overrides, &release, &Capabilities::of(&Profile::V3_17)).unwrap()
}

fn run(old: &Rendered, new: &Rendered, facts: &Facts, catalogue: &Catalogue) -> Classified {
    let (old, new) = (object::objects(old, NAMESPACE), object::objects(new, NAMESPACE));
    let read = |objects: &[Object<'_>]| -> Identities { identity::read(objects, NAMESPACE, facts) };
    let diff = objects::compare(&old, &new, &chartshift::diff::Settings::default());
    let subject = ReleaseSubject {
        chart: "fixture",
        release: "fixture",
        namespace: NAMESPACE,
        old: &read(&old),
        new: &read(&new),
        objects: Some(&diff),
        facts,
    };
    let classified = classify_release(&subject, catalogue, &Settings::default());
    assert!(classified.missing.is_empty(), "{:?}", classified.missing);
    classified
}

#[test]
fn rules_fire_on_their_renders_and_nowhere_they_should_not() {
    let catalogue = catalogue();
    let mut everywhere: BTreeMap<String, String> = BTreeMap::new();
    let mut wrong = Vec::new();
    for fixture in fixtures() {
        let classified = run(&fixture.old, &fixture.new, &fixture.facts, &catalogue);
        let fired = classified.findings.iter().any(|finding| finding.rule == fixture.rule);
        if fired != fixture.fires {
            wrong.push(format!("{}: {}", fixture.name, if fired { "fired" } else { "stayed silent" }));
        }
        for finding in &classified.findings {
            assert_ne!(finding.confidence, Confidence::Possible, "{}: {}", fixture.name, finding.rule);
            let text = everywhere.entry(finding.rule.clone()).or_default();
            let _ = writeln!(text, "{}\n{}", fixture.name, told(finding));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    snapshots().bind(|| everywhere.iter().for_each(|(rule, text)| insta::assert_snapshot!(rule.as_str(), text)));
}

#[test]
fn the_same_render_twice_is_silent() {
    let catalogue = catalogue();
    for fixture in fixtures() {
        for side in [&fixture.old, &fixture.new] {
            let findings = run(side, side, &fixture.facts, &catalogue).findings;
            assert!(findings.is_empty(), "{}: {}", fixture.name, findings[0].rule);
        }
    }
}

/// A finding as a reviewer of the snapshots reads it.
fn told(finding: &Finding) -> String {
    let mut text = format!("  {:?}, {:?}: {}\n", finding.severity, finding.confidence, finding.message);
    let _ = writeln!(text, "  pods {}", finding.workloads.join(", "));
    for place in &finding.changes {
        let side = |node: &Option<chartshift::value::Node>| node.as_ref().map_or("-".into(), |node| serde_json::to_string(node).unwrap());
        let _ = writeln!(text, "  at {}: {} → {}", place.path, side(&place.old), side(&place.new));
    }
    text
}

/// The findings of a pair of published versions with the values of a scenario and more.
fn published_findings(corpus: &Path, pair: &str, scenario: &str, more: &str) -> Vec<Finding> {
    let parts: Vec<&str> = pair.rsplitn(3, '-').collect();
    let values = std::fs::read_to_string(corpus.join(format!("pairs/{pair}/{scenario}/values.yaml"))).unwrap_or_default();
    let values = format!("{values}\n{more}\n");
    let side = |version| render(published(corpus, parts[2], version), &values, parts[2]);
    run(&side(parts[1]), &side(parts[0]), &Facts::default(), &catalogue()).findings
}

#[test]
fn the_incident_as_a_release() {
    let Some(corpus) = corpus() else { return };
    let findings = published_findings(&corpus, "thanos-12.20.2-12.20.4", "own-account-named", "existingObjstoreSecret: objstore");
    let worst = &findings[0];
    assert_eq!(
        (worst.rule.as_str(), worst.severity, worst.confidence),
        ("service-account-name-changed", Severity::Critical, Confidence::Confirmed)
    );
    assert_eq!(
        worst.workloads.iter().filter(|name| name.ends_with("-compactor") || name.ends_with("-storegateway")).count(),
        2,
        "{worst:?}"
    );
    assert!(worst.message.contains("system:serviceaccount:review:wi-sa → system:serviceaccount:review:thanos"), "{}", worst.message);

    let findings = published_findings(&corpus, "thanos-12.20.2-12.20.4", "default", "");
    let told: Vec<(&str, Severity)> = findings.iter().map(|finding| (finding.rule.as_str(), finding.severity)).collect();
    assert_eq!(told, [("token-mount-account-turned-off", Severity::Medium), ("service-account-unused", Severity::Info)]);
    assert!(findings[0].message.contains("the pod wins, its effective value is unchanged"), "{}", findings[0].message);
}
