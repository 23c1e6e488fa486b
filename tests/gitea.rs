//! The whole story on a real forge: a branch that moves a chart, reviewed as CI would, its comment made, edited and settled on a Gitea server.
//!
//! Needs the program that `.ci/gitea FOLDER` builds (`CHARTSHIFT_GITEA=FOLDER`), nginx and Helm, and the chart corpus beside the repository.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

mod servers;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use servers::gitea::Gitea;
use servers::nginx::{Nginx, Serving};
use servers::{have, run};
use tempfile::TempDir;

const CHARTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus/charts");

/// Values with which 12.20.4 moves two pods to another account.
const VALUES: &str = "\
objstoreConfig: |
  type: AZURE
  config: {container: metrics}
compactor:
  enabled: true
  serviceAccount: {create: false, name: wi-sa}
  podLabels: {azure.workload.identity/use: \"true\"}
storegateway:
  enabled: true
  serviceAccount: {create: false, name: wi-sa}
  podLabels: {azure.workload.identity/use: \"true\"}
";

/// What keeps the accounts.
const FIX: &str = "serviceAccount: {create: false}\n";

fn application(own: &str, repository: &str, version: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: thanos, namespace: argocd}}\nspec:\n  destination: {{namespace: monitoring, \
         server: https://kubernetes.default.svc}}\n  sources:\n    - repoURL: {repository}\n      chart: thanos\n      targetRevision: {version}\n      helm:\n        \
         valueFiles: [$values/clusters/thanos-values.yaml]\n    - repoURL: {own}\n      targetRevision: main\n      ref: values\n"
    )
}

fn helm_release(version: &str, more: &str) -> String {
    format!(
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: metrics, namespace: observability}}\nspec:\n  interval: 5m\n  chart:\n    spec:\n      \
         chart: thanos\n      version: \"{version}\"\n      sourceRef: {{kind: HelmRepository, name: internal}}\n  values:\n    query: {{replicaCount: 2}}\n{more}"
    )
}

fn helm_repository(repository: &str) -> String {
    format!(
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {{name: internal, namespace: observability}}\nspec: {{interval: 1h, url: {repository}}}\n"
    )
}

/// A clone of the repository under review.
struct Clone {
    folder: TempDir,
    /// Where charts are.
    charts: String,
    /// Where the repository itself is.
    own: String,
}

impl Clone {
    fn path(&self) -> PathBuf {
        self.folder.path().join("platform")
    }

    fn git(&self, arguments: &[&str]) -> Output {
        let identity = ["-c", "user.name=reviewer", "-c", "user.email=reviewer@example.invalid", "-c", "init.defaultBranch=main"];
        run(Command::new("git").current_dir(self.path()).args(identity).args(arguments))
    }

    /// Both releases on a version; `fixed` are values that both get on top.
    fn write(&self, version: &str, fixed: &str) {
        let file = |name: &str, text: String| {
            let path = self.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        file("clusters/thanos.yaml", application(&self.own, &self.charts, version));
        file("clusters/thanos-values.yaml", format!("{VALUES}{fixed}"));
        file("flux/metrics.yaml", helm_release(version, &fixed.lines().map(|line| format!("    {line}\n")).collect::<String>()));
        file("flux/sources.yaml", helm_repository(&self.charts));
    }

    /// Commits the files and pushes them to a branch.
    fn push(&self, branch: &str, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
        self.git(&["push", "-q", "origin", &format!("HEAD:{branch}")]);
    }
}

fn make_charts(folder: &Path) {
    for version in ["12.20.2", "12.20.4"] {
        let archive = format!("thanos-{version}.tgz");
        fs::copy(Path::new(CHARTS).join(&archive), folder.join(&archive)).unwrap();
    }
    run(Command::new("helm").arg("repo").arg("index").arg(folder));
}

/// Runs the program as a job of the forge's CI would.
fn review(clone: &Clone, gitea: &Gitea, event: &Path, cache: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_chartshift"))
        .args(["pr", "--cache-dir"])
        .arg(cache)
        .args(more)
        .current_dir(clone.path())
        .env_clear()
        .envs([("PATH", "/usr/bin:/bin"), ("HOME", "/nonexistent"), ("GITEA_ACTIONS", "true"), ("CI", "true")])
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_SERVER_URL", &gitea.url)
        .env("GITHUB_API_URL", format!("{}/api/v1", gitea.url))
        .env("GITHUB_REPOSITORY", "reviewer/platform")
        .env("GITHUB_EVENT_NAME", "pull_request")
        .env("GITHUB_EVENT_PATH", event)
        .env("GITHUB_RUN_ID", "7")
        .env("GITEA_TOKEN", &gitea.token)
        .output()
        .unwrap()
}

/// The event of the pull request as it is now, as the forge hands it to a job.
fn event(gitea: &Gitea, pull: u64, folder: &Path) -> PathBuf {
    let pull = gitea.ask("GET", &format!("/repos/reviewer/platform/pulls/{pull}"), None);
    let file = folder.join("event.json");
    fs::write(&file, json!({ "action": "synchronized", "number": pull["number"], "pull_request": pull }).to_string()).unwrap();
    file
}

fn comments(gitea: &Gitea, pull: u64) -> Vec<Value> {
    gitea.ask("GET", &format!("/repos/reviewer/platform/issues/{pull}/comments"), None).as_array().unwrap().clone()
}

/// The state of our check on a revision.
fn check(gitea: &Gitea, clone: &Clone) -> String {
    let head = String::from_utf8(clone.git(&["rev-parse", "HEAD"]).stdout).unwrap();
    let statuses = gitea.ask("GET", &format!("/repos/reviewer/platform/commits/{}/statuses", head.trim()), None);
    let newest = statuses.as_array().unwrap().iter().max_by_key(|status| status["id"].as_u64()).expect("a status").clone();
    assert!(newest["context"].as_str().unwrap().starts_with("chartshift"), "{newest}");
    newest["status"].as_str().unwrap().to_owned()
}

fn told(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A repository on the server whose main branch runs 12.20.2, its clone, and a folder for fetched charts.
fn platform(gitea: &Gitea, charts: &Nginx) -> (Clone, TempDir) {
    let repository = gitea.make_repository("platform");
    let clone = Clone { folder: tempfile::tempdir().unwrap(), charts: charts.url.clone(), own: format!("{}/{repository}.git", gitea.url) };
    let cache = tempfile::tempdir().unwrap();
    fs::create_dir(clone.path()).unwrap();
    clone.git(&["init", "-q"]);
    clone.git(&["remote", "add", "origin", &gitea.push_url(&repository)]);
    clone.write("12.20.2", "");
    clone.push("main", "Run thanos");
    clone.git(&["fetch", "-q", "origin"]);
    (clone, cache)
}

/// The pull request of the branch `bump`.
fn open_pull(gitea: &Gitea) -> u64 {
    let asked = json!({ "head": "bump", "base": "main", "title": "Move thanos to 12.20.4" });
    gitea.ask_patiently("POST", "/repos/reviewer/platform/pulls", Some(&asked))["number"].as_u64().unwrap()
}

/// Whether everything is here that these stories need; says what isn't.
fn ready() -> Option<Gitea> {
    if !Path::new(CHARTS).is_dir() {
        eprintln!("skipped: no corpus");
        return None;
    }
    if have(&["nginx", "helm", "git"]) { Gitea::start() } else { None }
}

#[test]
fn a_fix_is_suggested_on_its_line() {
    let Some(gitea) = ready() else { return };
    let charts = Nginx::start_with(Serving::Open, make_charts);
    let (clone, cache) = platform(&gitea, &charts);
    clone.write("12.20.4", "serviceAccount: # of all parts\n  annotations: {}\n");
    clone.push("bump", "Move thanos to 12.20.4");
    let pull = open_pull(&gitea);
    let event = event(&gitea, pull, cache.path());
    let output = review(&clone, &gitea, &event, cache.path(), &["--line-comments"]);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let reviews = gitea.ask("GET", &format!("/repos/reviewer/platform/pulls/{pull}/reviews"), None);
    let [review] = &reviews.as_array().unwrap()[..] else { panic!("not one review: {reviews}\n{}", told(&output)) };
    let remarks = gitea.ask("GET", &format!("/repos/reviewer/platform/pulls/{pull}/reviews/{}/comments", review["id"]), None);
    let [remark] = &remarks.as_array().unwrap()[..] else { panic!("not one remark: {remarks}") };
    assert_eq!(remark["path"], "clusters/thanos-values.yaml");
    assert!(
        remark["body"].as_str().unwrap().contains("```suggestion\nserviceAccount: # of all parts\n  create: false\n```"),
        "{}",
        remark["body"]
    );
}

#[test]
fn a_bump_is_reviewed_edited_and_settled_on_its_pull_request() {
    let Some(gitea) = ready() else { return };
    let charts = Nginx::start_with(Serving::Open, make_charts);
    let (clone, cache) = platform(&gitea, &charts);

    // First push: the bump, with the values that it breaks.
    clone.write("12.20.4", "");
    clone.push("bump", "Move thanos to 12.20.4");
    let pull = open_pull(&gitea);
    let run = |expected: i32| {
        let event = event(&gitea, pull, cache.path());
        let output = review(&clone, &gitea, &event, cache.path(), &[]);
        assert_eq!(output.status.code(), Some(expected), "{}", told(&output));
        assert!(!told(&output).contains(&gitea.token), "a token is printed");
    };
    run(1);
    let [first] = &comments(&gitea, pull)[..] else { panic!("not one comment: {:?}", comments(&gitea, pull)) };
    let body = first["body"].as_str().unwrap();
    for part in ["critical", "12.20.2 → 12.20.4", "wi-sa", "clusters/thanos.yaml", "flux/metrics.yaml", "thanos-compactor", "create: false"]
    {
        assert!(body.contains(part), "no {part:?} in:\n{body}");
    }
    assert_eq!(check(&gitea, &clone), "failure");

    // The same again: nothing is touched.
    run(1);
    assert_eq!(comments(&gitea, pull)[0]["updated_at"], first["updated_at"]);

    // Second push: the fix. The comment is edited, not written again.
    clone.write("12.20.4", FIX);
    clone.push("bump", "Keep the accounts");
    run(0);
    let [second] = &comments(&gitea, pull)[..] else { panic!("not one comment") };
    assert_eq!(second["id"], first["id"]);
    assert_ne!(second["body"], first["body"]);
    assert!(!second["body"].as_str().unwrap().contains("**critical**"), "{}", second["body"]);
    assert_eq!(check(&gitea, &clone), "success");

    // Third push: the bump is taken back. What was said is settled.
    clone.write("12.20.2", "");
    clone.push("bump", "Stay on 12.20.2");
    run(0);
    let [third] = &comments(&gitea, pull)[..] else { panic!("not one comment") };
    assert_eq!(third["id"], first["id"]);
    assert!(third["body"].as_str().unwrap().contains("nothing"), "{}", third["body"]);
    assert_eq!(check(&gitea, &clone), "success");
}
