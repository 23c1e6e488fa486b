//! The flags of `chartshift template` as a person types them, on one small chart. What Helm prints for the flags it has too is compared in
//! `tests/profiles.rs`; here is what is ours: refusals, hints, which of several templates is shown. Snapshots are in `testdata/cli`.

#![allow(clippy::disallowed_methods, clippy::expect_used)]

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

const CHART: [(&str, &str); 7] = [
    ("Chart.yaml", "apiVersion: v2\nname: tea\nversion: 1.2.3\nkubeVersion: \">=1.25\"\n"),
    ("values.yaml", "cups: 1\nsugar: {lumps: 2}\n"),
    ("crds/pot.yaml", "kind: CustomResourceDefinition\n"),
    ("templates/cups.yaml", "kind: Cups\ncups: {{ .Values.cups }}\nsugar: {{ toJson .Values.sugar }}\n"),
    (
        "templates/about.yaml",
        "kind: About\nrelease: {{ .Release.Name }}/{{ .Release.Namespace }}\nupgrade: {{ .Release.IsUpgrade }}\nhelm: {{ \
         .Capabilities.HelmVersion.Version }}\nkubernetes: {{ .Capabilities.KubeVersion }}\nchina: {{ .Capabilities.APIVersions.Has \"tea/v1\" }}\n",
    ),
    ("templates/hook.yaml", "kind: Wash\nmetadata: {annotations: {helm.sh/hook: pre-install}}\n"),
    ("templates/test.yaml", "kind: Sip\nmetadata: {annotations: {helm.sh/hook: test}}\n"),
];

/// Each command line with what it is for, its exit status and what it prints.
fn told(commands: &[(&str, &[&str], &str)]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in CHART {
        let file = folder.path().join("tea").join(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        fs::write(file, text).expect("written");
    }
    fs::write(folder.path().join("more.yaml"), "cups: 4\n").expect("written");
    fs::write(folder.path().join("less, please.yaml"), "sugar: null\n").expect("written");
    commands.iter().map(|(what, args, stdin)| one_told(folder.path(), what, args, stdin)).collect()
}

fn one_told(folder: &Path, what: &str, args: &[&str], stdin: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_chartshift"))
        .current_dir(folder)
        .env_clear()
        .env("HOME", "/nonexistent")
        .arg("template")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    // A run that ends before it reads is no fault of the test.
    let _ = child.stdin.take().expect("piped").write_all(stdin.as_bytes());
    let output = child.wait_with_output().expect("ends");
    let mut text = format!("## {what}\n$ chartshift template {}\n", args.join(" "));
    for (name, bytes) in [("", &output.stdout), ("2> ", &output.stderr)] {
        for line in String::from_utf8(bytes.clone()).expect("UTF-8").lines() {
            let _ = writeln!(text, "{name}{line}");
        }
    }
    let _ = writeln!(text, "exit {}\n", output.status.code().expect("no signal"));
    text
}

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({snapshot_path => "../testdata/cli", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn values_come_from_files_and_standard_input() {
    let cups = &["-s", "templates/cups.yaml"];
    let line = |args: &[&'static str]| [&["tea"], args, cups].concat();
    snapshot(
        "template-values",
        &told(&[
            ("a file", &line(&["-f", "more.yaml"]), ""),
            ("standard input", &line(&["-f", "-"]), "cups: 9\n"),
            ("standard input and a file, the last wins", &line(&["-f", "-,more.yaml"]), "cups: 9\nsugar: none\n"),
            ("a file with a comma in its name", &line(&["-f", "\"less, please.yaml\",more.yaml"]), ""),
            ("broken standard input", &line(&["-f", "-"]), "cups: [\n"),
            ("quotes that do not end", &line(&["-f", "\"more.yaml"]), ""),
            ("a file that is not there", &line(&["-f", "none.yaml"]), ""),
        ]),
    );
}

#[test]
fn what_is_printed_can_be_chosen() {
    snapshot(
        "template-choice",
        &told(&[
            ("everything", &["tea"], ""),
            ("no hooks", &["tea", "--no-hooks"], ""),
            ("no tests", &["tea", "--skip-tests"], ""),
            ("definitions, too", &["tea", "--include-crds", "--no-hooks"], ""),
            ("two templates, in the order asked for", &["tea", "-s", "templates/hook.yaml", "--show-only", "templates/cups.yaml"], ""),
            ("a pattern", &["tea", "-s", "templates/t*.yaml"], ""),
            ("one that is missing", &["tea", "-s", "templates/cups.yaml", "-s", "templates/milk.yaml"], ""),
            ("one that is not printed", &["tea", "-s", "templates/test.yaml", "--skip-tests"], ""),
        ]),
    );
}

#[test]
fn templates_see_the_release_and_the_cluster_that_flags_name() {
    let about = &["-s", "templates/about.yaml"];
    let line = |args: &[&'static str]| [args, about].concat();
    snapshot(
        "template-about",
        &told(&[
            ("nothing said", &line(&["tea"]), ""),
            ("a name, a namespace, an upgrade", &line(&["mine", "tea", "-n", "kitchen", "--is-upgrade"]), ""),
            ("a name that Helm would make up elsewhere", &line(&["tea", "--generate-name"]), ""),
            ("Kubernetes 1.30", &line(&["tea", "--kube-version", "1.30"]), ""),
            ("a Kubernetes that the chart refuses", &line(&["tea", "--kube-version", "v1.24.9"]), ""),
            ("no version at all", &line(&["tea", "--kube-version", "latest"]), ""),
            ("API versions", &line(&["tea", "--api-versions", "coffee/v1,tea/v1"]), ""),
            ("as Helm 3.17", &line(&["tea", "--helm-version", "3.17"]), ""),
            ("as Helm 3.19", &line(&["tea", "--helm-version", "v3.19"]), ""),
            ("as Helm 4.2", &line(&["tea", "--helm-version", "4.2"]), ""),
            ("as a Helm nobody knows", &line(&["tea", "--helm-version", "2.16"]), ""),
        ]),
    );
}

#[test]
fn what_needs_a_cluster_or_helm_itself_is_refused_with_a_reason() {
    snapshot(
        "template-refused",
        &told(&[
            ("a cluster", &["tea", "--validate"], ""),
            ("a name from a template", &["tea", "--name-template", "x-{{ randAlpha 3 }}"], ""),
            ("a name and none", &["mine", "tea", "--generate-name"], ""),
            ("a bad name", &["Mine_", "tea"], ""),
            ("three names", &["a", "b", "c"], ""),
            ("a flag of Helm's that is not there", &["tea", "--output-dir", "out"], ""),
        ]),
    );
}
