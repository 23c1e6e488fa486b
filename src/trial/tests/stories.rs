//! Releases of published charts, with the real rules. Skipped, and said so, without the corpus.

use super::fixture::{read, shown, told};
use crate::chart::{self, Chart};
use crate::classify::{Catalogue, Cause, Finding, ReleaseSubject, Settings, Severity, classify_release};
use crate::diff;
use crate::identity::{self, Facts};
use crate::object::objects;
use crate::render::{Capabilities, Overrides, Prepared, Release, Rendered};
use crate::template::{Limits, Profile};
use crate::trial::{Case, Judged, MAX_RENDERS, Trials, examine, pin};
use std::path::Path;
use std::sync::Arc;

fn open(name: &str) -> Option<Arc<Chart>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/charts").join(name);
    let Ok(bytes) = std::fs::read(&path) else {
        println!("skipped: no corpus");
        return None;
    };
    Some(Arc::new(chart::open_archive(bytes, &chart::Limits::default()).unwrap()))
}

/// The findings that a release's renders show, worst first, with what was tried.
fn story(old: &str, new: &str, values: &str) -> Option<(Trials, Vec<Finding>)> {
    let (old, new) = (open(old)?, open(new)?);
    let comparison = diff::compare(&old, &new, &diff::Settings::default());
    let overrides = Overrides { files: vec![read(values)], ..Overrides::default() };
    let release = Release { name: "rel".into(), namespace: "monitoring".into(), is_upgrade: true };
    let capabilities = Capabilities::of(&Profile::V3_17);
    let prepared = |chart: &Arc<Chart>| Prepared::new(Arc::clone(chart), Profile::V3_17, Limits::default()).stable();
    let (old_plain, new_plain) = (prepared(&old), prepared(&new));
    let new_traced = prepared(&new).traced();
    let old_render = prepared(&old).traced().render(&overrides, &release, &capabilities).unwrap();
    let new_render = new_traced.render(&overrides, &release, &capabilities).unwrap();
    let facts = Facts::default();
    let who = |rendered: &Rendered| identity::read(&objects(rendered, "monitoring"), "monitoring", &facts);
    let (old_who, new_who) = (who(&old_render), who(&new_render));
    let catalogue = Catalogue::built_in().unwrap();
    let rules = |new: &identity::Identities| {
        let subject =
            ReleaseSubject { chart: "chart", release: "rel", namespace: "monitoring", old: &old_who, new, objects: None, facts: &facts };
        classify_release(&subject, &catalogue, &Settings::default()).findings
    };
    let judge = |rendered: &Rendered| {
        let new = who(rendered);
        Judged::of(&rules(&new), new)
    };
    let mut findings = rules(&new_who);
    let case = Case {
        old: &old_plain,
        new: &new_plain,
        new_traced: &new_traced,
        overrides: &overrides,
        release: &release,
        capabilities: &capabilities,
        comparison: &comparison,
        old_render: &old_render,
        new_render: &new_render,
        old_identities: &old_who,
        new_identities: &new_who,
        judge: &judge,
        max_renders: MAX_RENDERS,
    };
    let began = std::time::Instant::now();
    let trials = examine(&case, &mut findings);
    println!("{} renders in {:?}, {} defaults changed", trials.renders, began.elapsed(), trials.effects.len());
    for finding in &findings {
        println!("{:?} {:?} {} {}", finding.severity, finding.confidence, finding.workloads.join(" "), told(finding));
    }
    for (path, effect) in &trials.effects {
        println!("  {path} {effect:?}");
    }
    Some((trials, findings))
}

const INCIDENT: &str = "\
existingObjstoreSecret: s
compactor:
  enabled: true
  serviceAccount: {create: false, name: wi-sa}
  podLabels: {azure.workload.identity/use: 'true'}
storegateway:
  enabled: true
  serviceAccount: {create: false, name: wi-sa}
  podLabels: {azure.workload.identity/use: 'true'}
";

#[test]
fn the_incident_is_caused_by_a_default_and_fixed_by_its_old_value() {
    let Some((trials, findings)) = story("thanos-12.20.2.tgz", "thanos-12.20.4.tgz", INCIDENT) else { return };
    let finding = findings.iter().find(|finding| finding.rule == "service-account-name-changed").unwrap();
    assert_eq!(finding.severity, Severity::Critical);
    let causes: Vec<String> = finding
        .causes
        .iter()
        .map(|cause| if let Cause::Value(place) = cause { place.path.to_string() } else { format!("{cause:?}") })
        .collect();
    assert_eq!(causes, ["serviceAccount.create"]);
    let fix = finding.fix.as_ref().unwrap();
    assert!(fix.verified);
    assert_eq!(shown(&fix.values), "serviceAccount.create=false");
    let all = trials.fix.unwrap();
    assert!(all.verified, "{}", shown(&all.values));
    assert!(trials.renders <= 12, "{} renders", trials.renders);
    assert!(trials.missing.is_empty(), "{:?}", trials.missing);
}

#[test]
fn a_removed_setting_is_a_template_cause() {
    let values = "existingObjstoreSecret: s\nexistingServiceAccount: wi-sa\ncompactor: {enabled: true}\nstoregateway: {enabled: true}\n";
    let Some((trials, findings)) = story("thanos-12.20.4.tgz", "thanos-13.0.0.tgz", values) else { return };
    let finding = findings.iter().find(|finding| finding.rule == "service-account-name-changed").unwrap();
    assert!(finding.causes.iter().all(|cause| matches!(cause, Cause::Template { .. })) && !finding.causes.is_empty());
    // The name alone would have the chart make an account of that name, next to the one there is.
    let compactor =
        findings.iter().find(|finding| finding.workloads == ["Deployment/rel-thanos-compactor"]).and_then(|one| one.fix.as_ref());
    let compactor = compactor.filter(|fix| fix.verified).map(|fix| shown(&fix.values));
    assert_eq!(compactor.as_deref(), Some("compactor.serviceAccount.create=false compactor.serviceAccount.name=\"wi-sa\""));
    assert!(trials.user_keys.unread.iter().any(|key| key.path.to_string() == "existingServiceAccount" && key.old_read));
}

#[test]
fn pinning_a_release_changes_nothing() {
    let Some(chart) = open("thanos-12.20.4.tgz") else { return };
    let prepared = Prepared::new(chart, Profile::V3_17, Limits::default()).stable().traced();
    let overrides = Overrides { files: vec![read(INCIDENT)], ..Overrides::default() };
    let pinned = pin(&prepared, &overrides, &Release::default(), &Capabilities::of(&Profile::V3_17)).unwrap();
    assert!(pinned.values.len() > 10 && pinned.unpinnable.is_empty(), "{} {:?}", pinned.values.len(), pinned.unpinnable);
    assert!(pinned.values.iter().any(|(path, _)| path.to_string() == "serviceAccount.create"));
}
