//! Upgrades that people went through, as releases of published charts: what the program says of each, from the command line to the report.
//!
//! Every finding of *medium* or above is compared: level, confidence, rule, workloads, causes, fix and whether it was verified; of one that is
//! only possible, level and rule. The charts are those of `../shared/corpus`; without it each test says that it was skipped.
#![allow(clippy::disallowed_methods, reason = "the program is run on files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test stops at the first surprise, and says what it skipped"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The corpus, when it is there.
fn corpus() -> Option<PathBuf> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !corpus.join("charts").is_dir() {
        eprintln!("skipped: no corpus");
        return None;
    }
    Some(corpus)
}

/// What one run of the program answered.
struct Story {
    status: i32,
    report: Value,
}

impl Story {
    /// Reviews two charts, named by path, for a release `name` with these values.
    fn of(old: &Path, new: &Path, name: &str, values: &str, flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("values.yaml");
        fs::write(&file, values).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_chartshift"));
        command.arg("diff").arg(old).arg(new).args(["--release-name", name, "--namespace", "review", "-o", "json", "-f"]).arg(&file);
        let out = command.args(flags).output().unwrap();
        let report = serde_json::from_slice(&out.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&out.stderr)));
        Self { status: out.status.code().unwrap(), report }
    }

    /// Reviews two versions of a published chart with the values of a scenario and more; `None` without the corpus.
    fn published(name: &str, [old, new]: [&str; 2], scenario: &str, more: &str) -> Option<Self> {
        let corpus = corpus()?;
        let archive = |version: &str| corpus.join(format!("charts/{name}-{version}.tgz"));
        let values = corpus.join(format!("pairs/{name}-{old}-{new}/{scenario}/values.yaml"));
        let values = fs::read_to_string(values).unwrap_or_default();
        Some(Self::of(&archive(old), &archive(new), name, &format!("{values}\n{more}\n"), &[]))
    }

    /// The findings of medium or above.
    fn told(&self) -> Vec<String> {
        let findings = self.report["findings"].as_array().unwrap();
        findings.iter().filter(|finding| ["medium", "high", "critical"].contains(&text(&finding["severity"]))).map(told).collect()
    }

    fn is_complete(&self) -> bool {
        self.report["verdict"]["complete"] == true
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().map(|items| items.iter().map(text).collect()).unwrap_or_default()
}

/// A finding in four lines: level and rule, workloads, causes, fix or why there is none. No finding of high or above is without a cause.
fn told(finding: &Value) -> String {
    let [severity, confidence, rule] = ["severity", "confidence", "rule"].map(|key| text(&finding[key]));
    assert!(severity == "medium" || !finding["causes"].as_array().unwrap().is_empty(), "{rule} without a cause");
    if confidence == "possible" {
        return format!("{severity}, possible: {rule}");
    }
    let causes: Vec<String> = finding["causes"].as_array().unwrap().iter().map(cause).collect();
    let flags = texts(&finding["fix"]["set"]).join(" ");
    let fix = match (flags.as_str(), &finding["fix"]["verified"]) {
        ("", _) => text(&finding["fix"]["unverified"]).to_owned(),
        (flags, Value::Bool(true)) => format!("{flags} (verified)"),
        (flags, _) => format!("{flags} (not verified)"),
    };
    let workloads = match &texts(&finding["workloads"])[..] {
        [] => "no pod".to_owned(),
        some => some.join(", "),
    };
    format!("{severity}, {confidence}: {rule}\n  of {workloads}\n  by {}\n  fix: {fix}", causes.join(", "))
}

/// `path`, `file:line` or `dependency old to new`.
fn cause(cause: &Value) -> String {
    match text(&cause["kind"]) {
        "value" => text(&cause["path"]).to_owned(),
        "template" => {
            let lines: Vec<String> = cause["lines"].as_array().unwrap().iter().map(ToString::to_string).collect();
            format!("{}:{}", text(&cause["file"]), lines.join(","))
        }
        _ => format!("{} {} to {}", text(&cause["path"]), text(&cause["old"]), text(&cause["new"])),
    }
}

#[track_caller]
fn assert_told(story: &Story, want: &[&str]) {
    let told = story.told();
    assert!(told == want, "{}", told.join("\n\n"));
}

const PATCH: [&str; 2] = ["12.20.2", "12.20.4"];

/// What the patch does to two accounts whose pods pin the field.
const PINNED: &str = "\
medium, confirmed: token-mount-account-turned-off
  of Deployment/thanos-query, Deployment/thanos-query-frontend
  by query.serviceAccount.automountServiceAccountToken, queryFrontend.serviceAccount.automountServiceAccountToken
  fix: --set query.serviceAccount.automountServiceAccountToken=true --set queryFrontend.serviceAccount.automountServiceAccountToken=true (verified)";
const TOKENS: &str = "medium, possible: token-mount-default-flipped";

#[test]
fn thanos_with_defaults_changes_accounts_and_no_pod() {
    let Some(story) = Story::published("thanos", PATCH, "default", "") else { return };
    assert!(story.is_complete());
    assert_told(&story, &["high, possible: service-account-create-flipped", PINNED, TOKENS]);
}

#[test]
fn thanos_with_accounts_of_their_own_cannot_be_rendered_without_an_object_store() {
    let Some(story) = Story::published("thanos", PATCH, "own-account-named", "") else { return };
    assert_eq!((story.status, story.is_complete()), (2, false));
}

#[test]
fn thanos_moves_named_accounts_the_incident() {
    let Some(story) = Story::published("thanos", PATCH, "own-account-named", "existingObjstoreSecret: objstore") else { return };
    assert!(story.is_complete());
    assert_told(
        &story,
        &[
            "\
critical, confirmed: service-account-name-changed
  of Deployment/thanos-compactor, StatefulSet/thanos-storegateway
  by serviceAccount.create
  fix: --set serviceAccount.create=false (verified)",
            PINNED,
            TOKENS,
        ],
    );
}

#[test]
fn thanos_with_annotated_accounts() {
    let Some(story) = Story::published("thanos", PATCH, "accounts-annotated", "existingObjstoreSecret: objstore") else { return };
    assert_told(
        &story,
        &[
            "high, possible: service-account-create-flipped",
            "\
medium, confirmed: token-mount-account-turned-off
  of Deployment/thanos-compactor, Deployment/thanos-query, Deployment/thanos-query-frontend, StatefulSet/thanos-storegateway
  by query.serviceAccount.automountServiceAccountToken, queryFrontend.serviceAccount.automountServiceAccountToken, compactor.serviceAccount.automountServiceAccountToken, storegateway.serviceAccount.automountServiceAccountToken
  fix: --set query.serviceAccount.automountServiceAccountToken=true --set queryFrontend.serviceAccount.automountServiceAccountToken=true --set compactor.serviceAccount.automountServiceAccountToken=true --set storegateway.serviceAccount.automountServiceAccountToken=true (verified)",
            TOKENS,
        ],
    );
}

#[test]
fn thanos_with_an_existing_account() {
    let Some(story) = Story::published("thanos", PATCH, "existing-account", "existingObjstoreSecret: objstore") else { return };
    assert_told(&story, &[TOKENS]);
}

#[test]
fn thanos_no_longer_takes_an_existing_account() {
    let versions = ["12.20.4", "13.0.0"];
    let Some(story) = Story::published("thanos", versions, "existing-account", "existingObjstoreSecret: objstore") else { return };
    assert_told(
        &story,
        &[
            "\
critical, confirmed: service-account-name-changed
  of Deployment/thanos-compactor
  by templates/compactor/_pod-template.tpl:23, templates/compactor/serviceaccount.yaml:10
  fix: --set compactor.serviceAccount.create=false --set-string compactor.serviceAccount.name=wi-sa (verified)",
            "\
critical, confirmed: service-account-name-changed
  of StatefulSet/thanos-storegateway
  by templates/storegateway/serviceaccount.yaml:10, templates/storegateway/statefulset.yaml:45
  fix: --set storegateway.serviceAccount.create=false --set-string storegateway.serviceAccount.name=wi-sa (verified)",
            "medium, possible: egress-default-restricted",
            "\
medium, confirmed: service-account-name-changed
  of Deployment/thanos-query-frontend
  by templates/query-frontend/deployment.yaml:44, templates/query-frontend/serviceaccount.yaml:10
  fix: --set queryFrontend.serviceAccount.create=false --set-string queryFrontend.serviceAccount.name=wi-sa (verified)",
            "\
medium, confirmed: service-account-name-changed
  of Deployment/thanos-query
  by templates/query/deployment.yaml:44, templates/query/serviceaccount.yaml:10
  fix: --set query.serviceAccount.create=false --set-string query.serviceAccount.name=wi-sa (verified)",
        ],
    );
}

/// Redis as harbor brings it: 18.6.1 and 18.7.0, between which its pods got accounts of their own.
#[test]
fn redis_leaves_the_annotated_account_of_the_whole_chart() {
    let Some(corpus) = corpus() else { return };
    let folder = tempfile::tempdir().unwrap();
    let unpacked = |version: &str| subchart(&corpus.join(format!("charts/harbor-{version}.tgz")), "redis", &folder.path().join(version));
    let values = "\
serviceAccount: {annotations: {azure.workload.identity/client-id: 11111111-1111-1111-1111-111111111111}}
master: {podLabels: {azure.workload.identity/use: 'true'}}
replica: {podLabels: {azure.workload.identity/use: 'true'}}
";
    let story = Story::of(&unpacked("19.3.0"), &unpacked("19.3.1"), "redis", values, &[]);
    assert_told(
        &story,
        &[
            "\
critical, confirmed: service-account-name-changed
  of StatefulSet/redis-master
  by master.serviceAccount.create
  fix: --set master.serviceAccount.create=false --set-string master.serviceAccount.name=redis --set replica.serviceAccount.create=false --set-string replica.serviceAccount.name=redis (verified)",
            "\
critical, confirmed: service-account-name-changed
  of StatefulSet/redis-replicas
  by replica.serviceAccount.create
  fix: --set master.serviceAccount.create=false --set-string master.serviceAccount.name=redis --set replica.serviceAccount.create=false --set-string replica.serviceAccount.name=redis (verified)",
            "\
high, confirmed: token-mount-turned-off
  of StatefulSet/redis-master
  by master.serviceAccount.automountServiceAccountToken
  fix: --set master.serviceAccount.automountServiceAccountToken=true (verified)",
            "\
high, confirmed: token-mount-turned-off
  of StatefulSet/redis-replicas
  by replica.serviceAccount.automountServiceAccountToken
  fix: --set replica.serviceAccount.automountServiceAccountToken=true (verified)",
            TOKENS,
        ],
    );
}

/// Unpacks one subchart of an archive, with all it brings.
fn subchart(archive: &Path, name: &str, to: &Path) -> PathBuf {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(fs::File::open(archive).unwrap()));
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().into_owned();
        let inside: PathBuf = path.components().skip(1).collect();
        if let Ok(rest) = inside.strip_prefix(format!("charts/{name}")) {
            let target = to.join(rest);
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            entry.unpack(target).unwrap();
        }
    }
    to.to_owned()
}

#[test]
fn keda_shadows_the_account_that_was_named() {
    // The new defaults that make accounts are inert: without them the user's serviceAccount.create has them made.
    let Some(story) = Story::published("keda", ["2.13.2", "2.14.0"], "wi_create", "") else { return };
    assert_told(
        &story,
        &[
            "\
high, likely: client-id-lost
  of Deployment/keda-operator
  by serviceAccount.operator.name
  fix: --set-string 'serviceAccount.operator.annotations.azure\\.workload\\.identity/client-id=11111111-1111-1111-1111-111111111111' (verified)",
            "\
high, likely: service-account-split
  of Deployment/keda-operator-metrics-apiserver
  by serviceAccount.metricServer.name
  fix: with serviceAccount.metricServer.name=null service-account-fell-to-default on Deployment/keda-operator-metrics-apiserver comes; none of 5 sets of values does it for Deployment/keda-operator-metrics-apiserver: with serviceAccount.metricServer.create=false, serviceAccount.metricServer.name=\"keda-operator\" permission-lost on Deployment/keda-operator-metrics-apiserver comes",
            "\
high, likely: service-account-split
  of Deployment/keda-admission-webhooks
  by serviceAccount.webhooks.name
  fix: with serviceAccount.webhooks.name=null service-account-fell-to-default on Deployment/keda-admission-webhooks comes; none of 5 sets of values does it for Deployment/keda-admission-webhooks: with serviceAccount.webhooks.create=false, serviceAccount.webhooks.name=\"keda-operator\" permission-lost on Deployment/keda-admission-webhooks comes",
        ],
    );
}

#[test]
fn grafana_takes_the_token_from_its_pod() {
    let Some(story) = Story::published("grafana", ["7.3.1", "7.3.2"], "wi_create", "") else { return };
    assert_told(
        &story,
        &["\
high, confirmed: token-mount-turned-off
  of Deployment/grafana
  by serviceAccount.autoMount
  fix: --set serviceAccount.autoMount=true (verified)"],
    );
}

#[test]
fn a_template_alone_drops_the_use_label() {
    let Some(story) = Story::published("kube-prometheus", ["8.17.2", "8.18.0"], "wi_external", "") else { return };
    assert_told(
        &story,
        &["\
critical, confirmed: use-label-lost
  of Deployment/kube-prometheus-operator
  by templates/prometheus-operator/deployment.yaml:22
  fix: no value of the new version is known to undo it for Deployment/kube-prometheus-operator"],
    );
}

#[test]
fn a_template_alone_renames_the_account() {
    let Some(story) = Story::published("haproxy", ["0.3.34", "0.4.0"], "wi_annot", "") else { return };
    assert_told(
        &story,
        &["\
high, likely: service-account-name-changed
  of Deployment/haproxy
  by templates/deployment.yaml:37, templates/service-account.yaml:5
  fix: --set-string serviceAccount.name=haproxy-foo (verified)"],
    );
}

#[test]
fn a_subchart_that_moved_is_the_cause() {
    let Some(story) = Story::published("harbor", ["19.3.0", "19.3.1"], "default", "") else { return };
    assert_told(
        &story,
        &[
            "high, possible: service-account-create-flipped",
            "\
high, confirmed: token-mount-turned-off
  of StatefulSet/harbor-redis-master
  by redis.master.serviceAccount.automountServiceAccountToken, redis 18.6.1 to 18.7.0
  fix: --set redis.master.serviceAccount.automountServiceAccountToken=true (verified)",
            "\
medium, confirmed: service-account-name-changed
  of StatefulSet/harbor-postgresql
  by postgresql.serviceAccount.create, postgresql 13.2.24 to 13.3.0
  fix: --set postgresql.serviceAccount.create=false (verified)",
            "\
medium, confirmed: service-account-name-changed
  of StatefulSet/harbor-redis-master
  by redis.master.serviceAccount.create, redis 18.6.1 to 18.7.0
  fix: --set-string redis.master.serviceAccount.name=harbor-redis (verified)",
            TOKENS,
        ],
    );
}

#[test]
fn a_default_that_the_pods_pin_is_not_high() {
    let Some(story) = Story::published("thanos", ["12.20.3", "12.20.4"], "wi_create", "") else { return };
    assert_told(
        &story,
        &[
            PINNED,
            "\
medium, confirmed: token-mount-account-turned-off
  of no pod
  by serviceAccount.automountServiceAccountToken
  fix: --set serviceAccount.automountServiceAccountToken=true (verified)",
            TOKENS,
        ],
    );
}
