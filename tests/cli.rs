//! Runs the binary as a person would, on the chart pairs in `testdata/pairs` and on broken charts made here.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic)]

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use unicode_width::UnicodeWidthStr as _;

const METRICS: [&str; 2] = ["testdata/pairs/metrics-store/1.4.0", "testdata/pairs/metrics-store/1.4.1"];
const MAILROOM: [&str; 2] = ["testdata/pairs/mailroom/2.0.0", "testdata/pairs/mailroom/2.1.0"];

/// The binary in the crate's root, without anything of the caller's environment that it reads.
fn chartshift() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chartshift"));
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", "/nonexistent")
        .env("COLUMNS", "100");
    command
}

fn run(args: &[&str]) -> Output {
    chartshift().args(args).output().expect("the binary runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8 on standard output")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8 on standard error")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("no signal")
}

/// Compares with `testdata/cli/NAME.snap`.
fn snapshot(name: &str, text: &str) {
    insta::with_settings!({snapshot_path => "../testdata/cli", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, text);
    });
}

fn diff(pair: [&str; 2], more: &[&str]) -> Output {
    run(&[&["diff"], &pair[..], more].concat())
}

/// Whether a line of a text report is one that is never broken: a single word (a path, a URL), or a quoted line of a template.
fn is_to_be_copied(line: &str) -> bool {
    let text = line.trim_start();
    let is_quoted = line.len() - text.len() == 11 && ["+ ", "- "].iter().any(|sign| text.starts_with(sign));
    is_quoted || !text.trim_start_matches("Read ").trim_start().contains(' ')
}

#[test]
fn a_review_reads_well_in_every_format() {
    for (name, pair) in [("metrics-store", METRICS), ("mailroom", MAILROOM)] {
        for (suffix, columns, format) in
            [("text-80", "80", "text"), ("text-160", "160", "text"), ("markdown", "100", "markdown"), ("json", "100", "json")]
        {
            let output = chartshift().env("COLUMNS", columns).args(["diff", pair[0], pair[1], "-o", format]).output().expect("runs");
            assert_eq!(code(&output), 1, "{name} {format}: {}", stderr(&output));
            snapshot(&format!("{name}-{suffix}"), &stdout(&output));
            if format == "text" {
                let most: usize = columns.parse().expect("a number");
                let text = stdout(&output);
                let wide: Vec<&str> = text.lines().filter(|line| line.width() > most && !is_to_be_copied(line)).collect();
                assert!(wide.is_empty(), "wider than {most}: {wide:#?}");
            }
        }
    }
}

#[test]
fn the_same_run_twice_gives_the_same_bytes() {
    for format in ["text", "markdown", "json"] {
        assert_eq!(diff(MAILROOM, &["-o", format]).stdout, diff(MAILROOM, &["-o", format]).stdout);
    }
}

#[test]
fn the_exit_status_follows_fail_on() {
    for (level, expected) in [("never", 0), ("critical", 0), ("high", 1), ("medium", 1), ("info", 1)] {
        assert_eq!(code(&diff(METRICS, &["--fail-on", level])), expected, "--fail-on {level}");
    }
}

#[test]
fn a_version_against_itself_is_clean() {
    let output = diff([METRICS[0], METRICS[0]], &["--fail-on", "info"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    snapshot("same-version", &stdout(&output));
}

#[test]
fn a_pipe_sees_no_escape_and_no_progress() {
    let output = diff(METRICS, &[]);
    assert!(!output.stdout.contains(&0x1b));
    assert_eq!(stderr(&output), "");
}

#[test]
fn colour_can_be_forced_and_forbidden() {
    assert!(diff(METRICS, &["--color", "always"]).stdout.contains(&0x1b));
    let output =
        chartshift().env("NO_COLOR", "1").env("CLICOLOR_FORCE", "1").args(["diff", METRICS[0], METRICS[1]]).output().expect("runs");
    assert!(!output.stdout.contains(&0x1b));
}

#[test]
fn secrets_are_in_no_report() {
    for format in ["text", "markdown", "json"] {
        let output = diff(METRICS, &["-o", format, "-v"]);
        let text = stdout(&output);
        assert!(text.contains("rootPassword"), "{format}: the change itself shows");
        assert!(!text.contains("not-a-real-one"), "{format} prints a password");
    }
}

#[test]
fn one_run_writes_several_reports() {
    let folder = tempfile::tempdir().expect("a folder");
    let (markdown, json) = (folder.path().join("review.md"), folder.path().join("review.json"));
    let output =
        diff(METRICS, &["-o", "text", "-o", &format!("markdown={}", markdown.display()), "-o", &format!("json={}", json.display())]);
    assert_eq!(code(&output), 1);
    assert_eq!(stdout(&output), stdout(&diff(METRICS, &[])));
    assert_eq!(std::fs::read(markdown).expect("written"), diff(METRICS, &["-o", "markdown"]).stdout);
    assert_eq!(std::fs::read(json).expect("written"), diff(METRICS, &["-o", "json"]).stdout);
    assert_eq!(folder.path().read_dir().expect("readable").count(), 2);
}

#[test]
fn a_closed_pipe_is_no_error() {
    let mut child = chartshift()
        .args(["diff", MAILROOM[0], MAILROOM[1], "--fail-on", "never", "-v"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    drop(child.stdout.take());
    let mut errors = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut errors).expect("readable");
    assert_eq!((child.wait().expect("ends").code(), errors.as_str()), (Some(0), ""));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let output = chartshift().args(["diff", METRICS[0], METRICS[1]]).stdout(full).output().expect("runs");
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("cannot write to standard output"), "{}", stderr(&output));
}

/// A chart archive of these files, each under `chart/`.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, bytes) in files {
        let mut header = tar::Header::new_gnu();
        // Written by hand: the library refuses the paths that hostile archives have.
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, *bytes).expect("in memory");
    }
    builder.into_inner().and_then(GzEncoder::finish).expect("in memory")
}

const CHART: (&str, &[u8]) = ("chart/Chart.yaml", b"apiVersion: v2\nname: chart\nversion: 1.0.0\n");

/// Compares a file of these bytes, alone in a fresh folder, with itself. It must be refused with something to try and leave nothing behind;
/// returns what standard error says, the folder's name replaced.
fn refuse(file: &str, bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(file);
    std::fs::write(&path, bytes).expect("room");
    let path = path.display().to_string();
    let output = run(&["diff", &path, &path]);
    assert_eq!(code(&output), 2, "{file}: {}", stdout(&output));
    assert_eq!(stdout(&output), "", "{file}: nothing on standard output");
    assert_eq!(folder.path().read_dir().expect("readable").count(), 1, "{file}: nothing left behind");
    assert!(stderr(&output).contains("hint: "), "{file}: nothing to try:\n{}", stderr(&output));
    stderr(&output).replace(&folder.path().display().to_string(), "FOLDER")
}

#[test]
fn broken_charts_are_refused_by_name() {
    let mut corrupt = archive(&[CHART]);
    let middle = corrupt.len() / 2;
    corrupt[middle] ^= 0xff;
    let cut = &archive(&[CHART])[..60];
    let bomb = archive(&[CHART, ("chart/files/zeros", &vec![0; 6 << 20])]);
    let aliases = {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let before = format!("*a{},", level - 1).repeat(10);
            text += &format!("a{level}: &a{level} [{}]\n", before.trim_end_matches(','));
        }
        archive(&[CHART, ("chart/values.yaml", text.as_bytes())])
    };
    let cases: [(&str, &str, Vec<u8>); 12] = [
        ("corrupt-gzip", "chart-1.0.0.tgz", corrupt),
        ("cut-short", "chart-1.0.0.tgz", cut.to_vec()),
        ("not-an-archive", "chart-1.0.0.tgz", b"<html>not found</html>".to_vec()),
        ("empty", "chart-1.0.0.tgz", Vec::new()),
        ("too-large-a-file", "chart-1.0.0.tgz", bomb),
        ("climbs-out", "chart-1.0.0.tgz", archive(&[CHART, ("chart/../../etc/passwd", b"x")])),
        ("absolute", "chart-1.0.0.tgz", archive(&[CHART, ("chart//etc/passwd", b"x")])),
        ("no-chart-yaml", "chart-1.0.0.tgz", archive(&[("chart/values.yaml", b"a: 1\n")])),
        ("broken-yaml", "chart-1.0.0.tgz", archive(&[CHART, ("chart/values.yaml", b"replicas: 1\nimage:\n\ttag: x\n")])),
        ("alias-bomb", "chart-1.0.0.tgz", aliases),
        ("invalid-utf-8", "chart-1.0.0.tgz", archive(&[CHART, ("chart/values.yaml", b"a: 1\nname: caf\xe9\n")])),
        ("values-are-a-list", "chart-1.0.0.tgz", archive(&[CHART, ("chart/values.yaml", b"- a\n- b\n")])),
    ];
    let said: String = cases.iter().map(|(name, file, bytes)| format!("== {name}\n{}\n", refuse(file, bytes))).collect();
    snapshot("broken-charts", &said);
}

#[test]
fn wrong_requests_say_what_to_try() {
    let cases: [(&str, &[&str]); 9] = [
        ("missing path", &["diff", "./nowhere", "./nowhere.tgz"]),
        ("not a chart folder", &["diff", "src", "src"]),
        ("different charts", &["diff", METRICS[0], MAILROOM[0]]),
        ("unknown format", &["diff", METRICS[0], METRICS[1], "-o", "yaml"]),
        ("one place for two reports", &["diff", METRICS[0], METRICS[1], "-o", "json", "-o", "text"]),
        ("no folder for the report", &["diff", METRICS[0], METRICS[1], "-o", "json=nowhere/at/all.json"]),
        ("unknown rule", &["rules", "service-account-create-flip"]),
        ("missing rules file", &["diff", METRICS[0], METRICS[1], "--rules", "nowhere.yaml"]),
        ("missing configuration", &["diff", METRICS[0], METRICS[1], "--config", "nowhere.yaml"]),
    ];
    let mut said = String::new();
    for (name, args) in cases {
        let output = run(args);
        assert_eq!(code(&output), 2, "{name}: {}", stdout(&output));
        assert!(stderr(&output).contains("hint: "), "{name}: nothing to try:\n{}", stderr(&output));
        said += &format!("== {name}\n{}\n", stderr(&output));
    }
    snapshot("wrong-requests", &said);
}

#[test]
fn different_charts_can_be_forced() {
    let output = diff([METRICS[0], MAILROOM[0]], &["--force", "--fail-on", "never"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
}

/// The release of which the old version's pods ran on an account that is named in the values.
const OWN_ACCOUNT: &str = "query:\n  podLabels: {azure.workload.identity/use: 'true'}\n  serviceAccount: {create: false, name: wi-sa}\n";

#[test]
fn the_fix_of_a_review_is_written_as_values() {
    let (folder, values) = written("values.yaml", OWN_ACCOUNT);
    let fix = folder.path().join("fix.yaml");
    let output = diff(METRICS, &["-f", &shown(&values), "--write-fix", &shown(&fix)]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert!(stdout(&output).contains("critical"), "{}", stdout(&output));
    let kept = diff(METRICS, &["-f", &shown(&values), "-f", &shown(&fix)]);
    assert!(!stdout(&kept).contains("Pods move to another ServiceAccount"), "{}", stdout(&kept));
    let nested = folder.path().join("nested.yaml");
    diff(METRICS, &["-f", &shown(&values), "--write-fix", &shown(&nested), "--values-key", "metrics"]);
    snapshot(
        "written-fix",
        &format!("{}\n{}", std::fs::read_to_string(fix).expect("written"), std::fs::read_to_string(nested).expect("written")),
    );
}

#[test]
fn assumed_workload_identity_is_said() {
    let output = diff(METRICS, &["--assume-workload-identity", "--fail-on", "never"]);
    let said = stdout(&output).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("with default values only and workload identity assumed wherever the old chart has a place for it"), "{said}");
}

#[test]
fn pinned_values_render_the_same() {
    let chart = METRICS[1];
    let pinned = chartshift().args(["pin", chart]).output().expect("runs");
    assert_eq!(code(&pinned), 0, "{}", stderr(&pinned));
    snapshot("pinned", &stdout(&pinned));
    let (_folder, values) = written("pinned.yaml", &stdout(&pinned));
    let render = |more: &[&str]| chartshift().args(["template", "x", chart]).args(more).output().expect("runs").stdout;
    assert!(!render(&[]).is_empty());
    assert_eq!(render(&["-f", &shown(&values)]), render(&[]));
    let refused = chartshift().args(["pin", chart, "--webhook-version", "v1.5"]).output().expect("runs");
    assert_eq!(code(&refused), 2, "pin has nothing to ask the webhook for");
}

/// A file in a fresh folder, and the folder, which must outlive it.
fn written(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    let mut file = std::fs::File::create(&path).expect("room");
    file.write_all(text.as_bytes()).expect("room");
    (folder, path)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn the_configuration_sets_levels_and_ignores() {
    let (_folder, path) = written(
        ".chartshift.yaml",
        "levels:\n  service-account-create-flipped: low\n  token-mount-account-turned-off: low\nignores:\n  - rule: token-mount-default-flipped\n    reason: no pod of ours talks to the Kubernetes API\n  - rule: egress-default-restricted\n    reason: matches nothing here\n",
    );
    let output = diff(METRICS, &["--config", &shown(&path), "--fail-on", "medium"]);
    assert_eq!(code(&output), 0, "{}\n{}", stdout(&output), stderr(&output));
    snapshot("configured", &stdout(&output));
}

#[test]
fn a_configuration_with_a_mistake_is_refused() {
    for (name, text) in [
        ("no reason", "ignores:\n  - rule: token-mount-default-flipped\n"),
        ("unknown key", "rulez: {}\n"),
        ("unknown level", "levels:\n  token-mount-default-flipped: worst\n"),
        ("unknown rule", "levels:\n  token-mount-flip: low\n"),
    ] {
        let (_folder, path) = written(".chartshift.yaml", text);
        let output = diff(METRICS, &["--config", &shown(&path)]);
        assert_eq!(code(&output), 2, "{name}: {}", stdout(&output));
        assert!(stderr(&output).contains(".chartshift.yaml"), "{name}: {}", stderr(&output));
    }
}

#[test]
fn the_rules_can_be_read() {
    let list = run(&["rules"]);
    assert_eq!(code(&list), 0, "{}", stderr(&list));
    snapshot("rules", &stdout(&list));
    snapshot("rule", &stdout(&run(&["rules", "service-account-create-flipped"])));
}

#[test]
fn completions_are_printed_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = run(&["completions", shell]);
        assert_eq!(code(&output), 0, "{shell}");
        assert!(stdout(&output).contains("chartshift"), "{shell}");
    }
}
