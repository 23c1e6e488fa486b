//! Runs `chartshift pr` and `chartshift publish` as a CI job would, on git repositories made here: what they print, write and exit with.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

const CHARTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/pairs/metrics-store");

/// A repository with a chart of its own and an Argo CD application that runs it.
struct Repository(TempDir);

impl Repository {
    /// Two commits: the chart in one version, then in the next.
    fn new() -> Self {
        let repository = Self(tempfile::tempdir().unwrap());
        repository.git(&["init", "-q", "-b", "main"]);
        repository.git(&["remote", "add", "origin", "git@forge.example:acme/platform.git"]);
        repository.chart("1.4.0");
        repository.write("apps/metrics.yaml", APPLICATION);
        repository.write("apps/values.yaml", "{}\n");
        repository.commit("Run 1.4.0");
        repository.chart("1.4.1");
        repository.commit("Move to 1.4.1");
        repository
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn git(&self, arguments: &[&str]) -> String {
        let identity = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.invalid"];
        let output = Command::new("git").current_dir(self.path()).args(identity).args(arguments).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Puts a version of the chart where the application looks for it.
    fn chart(&self, version: &str) {
        let to = self.path().join("charts/metrics-store");
        let _ = fs::remove_dir_all(&to);
        copy(&Path::new(CHARTS).join(version), &to);
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
    }

    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_chartshift"))
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .envs([("PATH", "/usr/bin:/bin"), ("HOME", "/nonexistent"), ("COLUMNS", "100")])
            .envs(environment.iter().copied())
            .output()
            .unwrap()
    }
}

const APPLICATION: &str = "\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: metrics, namespace: argocd}
spec:
  destination: {namespace: monitoring, server: https://kubernetes.default.svc}
  source:
    repoURL: https://forge.example/acme/platform
    targetRevision: main
    path: charts/metrics-store
";

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("no signal")
}

/// The variables and files of a GitHub job for a pull request.
struct Job {
    folder: TempDir,
    event: Value,
}

impl Job {
    fn new(repository: &Repository, head: &str) -> Self {
        let base = repository.git(&["rev-parse", "HEAD~1"]);
        let pull = json!({ "number": 7, "base": {"sha": base, "repo": {"id": 1}}, "head": {"sha": head, "repo": {"id": 1}} });
        Self { folder: tempfile::tempdir().unwrap(), event: json!({ "number": 7, "pull_request": pull, "repository": {"id": 1} }) }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        fs::write(self.file("event.json"), self.event.to_string()).unwrap();
        let path = |name: &str| self.file(name).display().to_string();
        vec![
            ("CI", "true".into()),
            ("GITHUB_ACTIONS", "true".into()),
            ("GITHUB_SERVER_URL", "https://forge.example".into()),
            ("GITHUB_API_URL", "https://forge.example/api/v3".into()),
            ("GITHUB_REPOSITORY", "acme/platform".into()),
            ("GITHUB_RUN_ID", "42".into()),
            ("GITHUB_EVENT_NAME", "pull_request".into()),
            ("GITHUB_EVENT_PATH", path("event.json")),
            ("GITHUB_STEP_SUMMARY", path("summary.md")),
            ("GITHUB_OUTPUT", path("outputs")),
        ]
    }

    fn run(&self, repository: &Repository, arguments: &[&str]) -> Output {
        let variables = self.variables();
        repository.run(arguments, &variables.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>())
    }
}

#[test]
fn a_branch_is_reviewed_without_a_forge() {
    let repository = Repository::new();
    let output = repository.run(&["pr", "--base", "HEAD~1", "-o", "text", "-o", "json=report.json", "-o", "markdown=report.md"], &[]);
    assert_eq!(code(&output), 1, "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    let first = printed.lines().next().unwrap();
    assert!(first.contains("metrics-store 1.4.0 → 1.4.1") && first.contains("block"), "{first}");
    assert!(text(&output.stderr).contains("no pull request"), "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&fs::read(repository.path().join("report.json")).unwrap()).unwrap();
    assert_eq!(report["schema"], "chartshift/pull/v1");
    assert_eq!(report["head"], repository.git(&["rev-parse", "HEAD"]));
    assert_eq!(report["groups"][0]["releases"][0]["namespace"], "monitoring");
    assert!(fs::read_to_string(repository.path().join("report.md")).unwrap().starts_with("### Chart bump `metrics-store`"));
}

#[test]
fn a_change_without_a_bump_is_clean() {
    let repository = Repository::new();
    repository.write("apps/values.yaml", "other: 1\n");
    repository.commit("Change a value");
    let output = repository.run(&["pr", "--base", "HEAD~1", "--fail-on", "info"], &[]);
    assert_eq!(code(&output), 0, "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("nothing to review"), "{}", text(&output.stdout));
}

#[test]
fn what_can_not_be_reviewed_is_named_and_never_clean() {
    let repository = Repository::new();
    let nowhere = |version: &str| {
        APPLICATION
            .replace("    path: charts/metrics-store\n", "    chart: gone\n")
            .replace("https://forge.example/acme/platform", "http://127.0.0.1:9/charts")
            .replace("targetRevision: main", &format!("targetRevision: {version}"))
    };
    repository.write("apps/gone.yaml", &nowhere("1.0.0"));
    repository.commit("Run another");
    repository.write("apps/gone.yaml", &nowhere("1.0.1"));
    repository.commit("Move it");
    let output = repository.run(&["pr", "--base", "HEAD~1", "--fail-on", "never"], &[]);
    assert_eq!(code(&output), 2, "{}", text(&output.stdout));
    let printed = text(&output.stdout);
    for part in ["gone", "apps/gone.yaml:8", "127.0.0.1:9"] {
        assert!(printed.contains(part), "no {part} in:\n{printed}");
    }
}

#[test]
fn a_job_that_may_not_write_still_tells() {
    let repository = Repository::new();
    let job = Job::new(&repository, &repository.git(&["rev-parse", "HEAD"]));
    let output = job.run(&repository, &["pr"]);
    assert_eq!(code(&output), 1, "{}", text(&output.stderr));
    let log = text(&output.stderr);
    assert!(log.contains("no token in CHARTSHIFT_TOKEN or GITHUB_TOKEN"), "{log}");
    assert!(log.lines().any(|line| line.starts_with("::error file=") && line.contains("metrics-store")), "{log}");
    let summary = fs::read_to_string(job.file("summary.md")).unwrap();
    assert!(summary.starts_with("### Chart bump `metrics-store`") && !summary.contains("<!--"), "{summary}");
    let outputs = fs::read_to_string(job.file("outputs")).unwrap();
    assert!(outputs.contains("\nhigh\n") || outputs.contains("\ncritical\n"), "{outputs}");
    assert_eq!(code(&job.run(&repository, &["pr", "--require-comment"])), 2);
}

#[test]
fn a_report_is_published_only_for_the_head_it_is_of() {
    let repository = Repository::new();
    let head = repository.git(&["rev-parse", "HEAD"]);
    let output = repository.run(&["pr", "--base", "HEAD~1", "-o", "json=report.json"], &[]);
    assert_eq!(code(&output), 1);
    let job = Job::new(&repository, &head);
    let output = job.run(&repository, &["publish", "report.json"]);
    assert_eq!(code(&output), 1, "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("no token"), "{}", text(&output.stderr));
    let other = Job::new(&repository, &"0123456789".repeat(4));
    let output = other.run(&repository, &["publish", "report.json"]);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("another revision"), "{}", text(&output.stderr));
}

#[test]
fn a_report_of_a_stranger_is_read_with_care() {
    let repository = Repository::new();
    let table = [("not JSON", "no report"), ("{}", "no schema"), (r#"{"schema": "chartshift/pull/v1", "extra": 1}"#, "unknown field")];
    for (report, why) in table {
        repository.write("report.json", report);
        let output = repository.run(&["publish", "report.json"], &[]);
        assert_eq!(code(&output), 2, "{report}");
        let told = text(&output.stderr);
        assert!(told.contains("cannot use the report report.json") && told.contains(why), "{told}");
    }
}

#[test]
fn mistakes_are_explained() {
    let repository = Repository::new();
    let table: [(&[&str], &[&str]); 5] = [
        (&["pr", "--base", "nowhere"], &["nowhere"]),
        (&["pr"], &["--base REV"]),
        (&["pr", "--base", "HEAD~1", "-o", "sarif"], &["text, markdown and json"]),
        (&["pr", "--base", "HEAD~1", "--key", "A b"], &["can't be the key of a report"]),
        (&["pr", "--base", "HEAD~1", "--forge", "sourcehut"], &["github", "gitea"]),
    ];
    for (arguments, parts) in table {
        let output = repository.run(arguments, &[]);
        assert_eq!(code(&output), 2, "{arguments:?}");
        let told = text(&output.stderr);
        assert!(told.starts_with("error: ") && parts.iter().all(|part| told.contains(part)), "{arguments:?}\n{told}");
    }
    let outside = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_chartshift")).args(["pr"]).current_dir(outside.path()).env_clear().output().unwrap();
    assert!(text(&output.stderr).contains("not in a git repository"), "{}", text(&output.stderr));
}
