//! Comments as files: those of `testdata/pull/`, which `UPDATE_REPORTS=1` writes anew.

use super::super::super::fixtures;
use super::super::super::pull::{summary, text};
use super::super::hostile::without_sgr;
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

fn pair() -> (std::path::PathBuf, std::path::PathBuf) {
    let pairs = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/pairs/metrics-store");
    (pairs.join("1.4.0"), pairs.join("1.4.1"))
}

/// Two components on accounts made elsewhere, as in the incident.
const STORE: &str = "\
compactor:
  enabled: true
  podLabels:
    azure.workload.identity/use: \"true\"
  serviceAccount:
    create: false
    name: wi-sa
gateway:
  enabled: true
  podLabels:
    azure.workload.identity/use: \"true\"
  serviceAccount:
    create: false
    name: wi-sa
";

#[test]
fn a_chart_that_moves_pods_to_another_account() {
    let (old, new) = pair();
    let story = Story { old: &old, new: &new, release: "store", namespace: "monitoring", values: STORE };
    let report = story.review();
    let pull = pull(vec![reviewed(release("store"), &report)]);
    golden("incident.md", &markdown(&pull));
    golden("incident.summary.md", &summary(&pull, &links()).text);
    let basic = Limits { bytes: 30_000, dialect: Dialect::Basic };
    golden("incident.basic.md", &comment(&pull, &basic, &links()).text);
    golden("incident.shortened.md", &comment(&pull, &Limits { bytes: 4_000, dialect: Dialect::Full }, &links()).text);
    let style = |width, lines| crate::report::Style { width, color: false, lines };
    golden("incident.80.txt", &text(&pull, &style(80, false)));
    golden("incident.160.txt", &text(&pull, &style(160, true)));
    for width in [40, 80, 160] {
        let colored = text(&pull, &crate::report::Style { color: true, ..style(width, true) });
        assert_ne!(colored, text(&pull, &style(width, true)));
        assert_eq!(without_sgr(&colored), text(&pull, &style(width, true)), "colour adds nothing but colour");
    }
    let mut json = Vec::new();
    pull.write(&mut json).unwrap();
    golden("incident.json", &String::from_utf8(json).unwrap());
}

#[test]
fn many_releases() {
    let (old, new) = pair();
    let names: Vec<String> =
        ["au", "br", "ca", "de", "es", "fr", "gb", "in", "jp", "kr", "us", "za"].map(|name| format!("store-{name}")).to_vec();
    let story = |name: &'static str| Story { old: &old, new: &new, release: name, namespace: "monitoring", values: STORE };
    let reports: Vec<Report> = names.iter().map(|name| Story { release: name, ..story("") }.review()).collect();
    let place = |name: &String| ReleaseView {
        file: format!("clusters/{name}/application.yaml"),
        values_files: vec![format!("clusters/{name}/values.yaml")],
        ..release(name)
    };
    let others = fixtures::thanos();
    let mut reviews: Vec<Reviewed<'_>> = names.iter().zip(&reports).map(|(name, report)| reviewed(place(name), report)).collect();
    reviews.push(Reviewed { unread: vec![unread()], ..reviewed(release("thanos"), &others) });
    reviews.reverse();
    let mut pull = PullReport::of(BASE, HEAD, reviews, vec![not_reviewed()], Some(Severity::High));
    assert_eq!(pull.groups.len(), 2, "twelve releases that it means the same for are one group");
    assert_eq!(pull.groups[0].releases.len(), 12);
    golden("many.md", &markdown(&pull));
    let style = crate::report::Style { width: 100, color: false, lines: false };
    golden("many.txt", &text(&pull, &style));
    pull.fail_on = None;
    assert!(markdown(&pull).starts_with("### 3 chart bumps: not fully compared, "));
}

#[test]
fn clean() {
    let (old, _) = pair();
    let story = Story { old: &old, new: &old, release: "store", namespace: "monitoring", values: STORE };
    let report = story.review();
    let pull = pull(vec![reviewed(release("store"), &report)]);
    assert!(pull.is_clean());
    golden("clean.md", &markdown(&pull));
    let nothing = PullReport::of(BASE, HEAD, Vec::new(), Vec::new(), Some(Severity::High));
    assert!(nothing.is_clean());
    golden("nothing.md", &markdown(&nothing));
}

#[test]
fn incomplete() {
    let report = fixtures::incomplete();
    let review = Reviewed { unread: vec![unread()], ..reviewed(release("thanos"), &report) };
    let pull = PullReport::of(BASE, HEAD, vec![review], Vec::new(), None);
    assert!(!pull.is_clean() && !pull.complete);
    golden("incomplete.md", &markdown(&pull));
    let none = PullReport::of(BASE, HEAD, Vec::new(), vec![not_reviewed()], None);
    assert!(!none.is_clean() && !none.complete);
    golden("not-reviewed.md", &markdown(&none));
}

#[test]
fn what_is_incomplete_never_reads_as_clean() {
    let report = fixtures::clean();
    let whole = || reviewed(release("thanos"), &report);
    let parts: [(&str, Vec<Reviewed<'_>>, Vec<NotReviewed>); 3] = [
        ("an unread part", vec![Reviewed { unread: vec![unread()], ..whole() }], Vec::new()),
        ("an unreviewed bump", vec![whole()], vec![not_reviewed()]),
        ("only unreviewed bumps", Vec::new(), vec![not_reviewed(), not_reviewed()]),
    ];
    for (what, reviews, unreviewed) in parts {
        let pull = PullReport::of(BASE, HEAD, reviews, unreviewed, Some(Severity::High));
        assert!(!pull.is_clean(), "{what}");
        for bytes in [2_000, 60_000] {
            let body = comment(&pull, &Limits { bytes, dialect: Dialect::Full }, &links()).text;
            assert!(!body.contains("nothing to review") && !body.contains("completely"), "{what}: {body}");
            assert!(body.contains("not fully compared") || body.contains("could not be compared"), "{what}: {body}");
            assert!(body.contains("**Not compared**"), "{what}: {body}");
        }
    }
}

/// Every sentence that a verdict can be: a new one is a decision.
#[test]
fn the_words_of_verdicts() {
    let mut seen: Vec<String> = Vec::new();
    for severities in
        [&[][..], &[Severity::Info], &[Severity::Medium], &[Severity::High], &[Severity::Critical, Severity::Low, Severity::Info]]
    {
        for complete in [true, false] {
            let mut report = filled("word", 1);
            let finding = report.groups[0].findings[0].clone();
            report.groups[0].findings = severities.iter().map(|severity| FindingView { severity: *severity, ..finding.clone() }).collect();
            report.complete = complete;
            seen.push(report.verdict());
        }
    }
    for complete in [true, false] {
        seen.push(PullReport { groups: Vec::new(), complete, ..filled("word", 0) }.verdict());
    }
    insta::assert_snapshot!(seen.join("\n"), @r#"
    compared completely, nothing to review
    not fully compared
    compared completely, nothing to review, 1 note
    not fully compared, 1 note
    1 change to review, nothing blocking
    not fully compared, 1 change to review
    1 change blocks
    1 change blocks; not fully compared
    1 change blocks, 1 to review, 1 note
    1 change blocks, 1 to review, 1 note; not fully compared
    no chart changes its version, nothing to review
    could not be compared
    "#);
}
