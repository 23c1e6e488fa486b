//! Comments as files: those of `testdata/pull/`, which `UPDATE_REPORTS=1` writes anew.

use super::super::super::fixtures;
use super::super::super::pull::{Dialect, Limits, Links, comment};
use super::*;

const GITHUB: Limits = Limits { bytes: 60_000, dialect: Dialect::Full };

/// The release's values of the incident: both components that read the bucket on an account made elsewhere.
const INCIDENT: &str = "\
objstoreConfig: |
  type: AZURE
  config:
    storage_account: acmemetrics
    container: thanos
compactor:
  enabled: true
  podLabels:
    azure.workload.identity/use: \"true\"
  serviceAccount:
    create: false
    name: wi-sa
storegateway:
  enabled: true
  podLabels:
    azure.workload.identity/use: \"true\"
  serviceAccount:
    create: false
    name: wi-sa
";

fn links() -> Links {
    Links {
        file: Some(format!("https://git.example/acme/platform/blob/{HEAD}/")),
        line: "#L",
        report: Some("https://git.example/acme/platform/actions/runs/1".into()),
    }
}

/// Compares with the file of that name, or writes it.
fn golden(name: &str, got: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/pull").join(name);
    if std::env::var_os("UPDATE_REPORTS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, got).unwrap();
    }
    let want = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(got == want, "{name} differs; see it with UPDATE_REPORTS=1 and git diff. Got:\n{got}");
}

fn markdown(report: &PullReport) -> String {
    comment(report, &GITHUB, &links()).text
}

#[test]
#[allow(clippy::print_stderr, reason = "a test that skips says so")]
fn the_thanos_stories() {
    let charts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/charts");
    if !charts.is_dir() {
        eprintln!("skipped: no corpus");
        return;
    }
    let (old, new) = (charts.join("thanos-12.20.2.tgz"), charts.join("thanos-12.20.4.tgz"));
    let story = Story { old: &old, new: &new, release: "thanos", namespace: "monitoring", values: "" };
    let by_default = ReleaseView { values_files: Vec::new(), ..release("thanos") };
    let report = story.review();
    golden("thanos-defaults.md", &markdown(&pull(vec![reviewed(by_default, &report)])));
    let report = Story { values: INCIDENT, ..story }.review();
    golden("thanos-incident.md", &markdown(&pull(vec![reviewed(release("thanos"), &report)])));
}

#[test]
fn clean() {
    let report = fixtures::clean();
    golden("clean.md", &markdown(&pull(vec![reviewed(release("thanos"), &report)])));
}
