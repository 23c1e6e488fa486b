//! Holds what packages chartshift to the program and to its own promises: known flags, pinned actions, nothing foreign in a script, and an
//! install script that takes nothing but what its table lists. What only a linter can say is in `.ci/package/check`.

#![cfg(unix)]
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use chartshift::cli::args::Cli;
use clap::Parser as _;
use serde::Deserialize as _;
use serde_yaml::Value;
use sha2::{Digest as _, Sha256};

/// Every file that a CI system or Helm reads.
const MANIFESTS: [&str; 10] = [
    "action.yml",
    "plugin.yaml",
    ".github/workflows/ci.yml",
    ".github/workflows/release.yml",
    ".ci/package/azure-pipelines.yml",
    ".ci/package/bitbucket-pipelines.yml",
    ".ci/package/gitea.yml",
    ".ci/package/github/publish.yml",
    ".ci/package/github/review.yml",
    ".ci/package/gitlab-ci.yml",
];

/// The templates that bring the program themselves, with the same script.
const TEMPLATES: [&str; 4] =
    [".ci/package/azure-pipelines.yml", ".ci/package/bitbucket-pipelines.yml", ".ci/package/gitea.yml", ".ci/package/gitlab-ci.yml"];

/// A program that prints its arguments, each with the end of a record behind it.
const RECORDER: &str = "#!/bin/sh\nfor word in \"$@\"; do printf '%s\\036' \"$word\"; done\n";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn documents(file: &str) -> Vec<Value> {
    let text = text(file);
    serde_yaml::Deserializer::from_str(&text)
        .map(|document| Value::deserialize(document).unwrap_or_else(|error| panic!("{file}: {error}")))
        .collect()
}

/// Every string that stands at one of the keys, or in a list there.
fn strings_at(value: &Value, keys: &[&str], found: &mut Vec<String>) {
    match value {
        Value::Mapping(entries) => {
            for (key, value) in entries {
                if key.as_str().is_some_and(|key| keys.contains(&key)) {
                    match value {
                        Value::String(text) => found.push(text.clone()),
                        Value::Sequence(items) => found.extend(items.iter().filter_map(Value::as_str).map(str::to_owned)),
                        _ => {}
                    }
                }
                strings_at(value, keys, found);
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| strings_at(item, keys, found)),
        _ => {}
    }
}

fn scripts(file: &str) -> Vec<String> {
    let mut found = Vec::new();
    documents(file).iter().for_each(|document| strings_at(document, &["run", "script", "bash", "install", "update"], &mut found));
    found
}

/// The script that downloads and runs the program.
fn download_script(template: &str) -> String {
    let scripts = scripts(template);
    scripts.into_iter().find(|script| script.contains("chartshift\" pr ")).unwrap_or_else(|| panic!("{template} runs no chartshift pr"))
}

fn executable(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, content).expect("a written file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("an executable");
}

fn words(output: &Output) -> Vec<String> {
    let printed = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    printed.split_terminator('\u{1e}').map(str::to_owned).collect()
}

/// Parses the words as the program would; they are printed when it would refuse them.
fn parse(words: &[String]) -> Cli {
    let line = std::iter::once("chartshift").chain(words.iter().map(String::as_str));
    Cli::try_parse_from(line).unwrap_or_else(|error| panic!("{words:?}\n{error}"))
}

#[test]
fn nothing_foreign_is_written_into_a_script() {
    let mut seen = 0;
    for file in MANIFESTS {
        for script in scripts(file) {
            seen += 1;
            assert!(!script.contains("${{") && !script.contains("$[["), "{file} pastes a value into a script:\n{script}");
            // Azure puts variables in for $(Name); the shell's own substitutions have arguments.
            let macros = script.split("$(").skip(1).filter_map(|rest| rest.split_once(')')).any(|(inside, _)| !inside.contains(' '));
            assert!(!file.contains("azure") || !macros, "{file} pastes a variable into a script:\n{script}");
        }
    }
    assert!(seen >= 15, "only {seen} scripts were found");
}

#[test]
fn actions_and_images_are_pinned() {
    let mut seen = 0;
    for file in MANIFESTS {
        for line in text(file).lines().map(str::trim_start) {
            let Some(used) = line.trim_start_matches("- ").strip_prefix("uses: ") else { continue };
            seen += 1;
            let (commit, version) = used.split_once('@').and_then(|(_, pin)| pin.split_once(" # v")).unwrap_or_default();
            assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{file}: {line}");
            assert!(version.split('.').count() == 3, "{file}: {line}");
        }
    }
    assert!(seen >= 15, "only {seen} actions were found");
    let dockerfile = text(".ci/package/Dockerfile");
    let base = dockerfile.lines().find(|line| line.starts_with("FROM ")).expect("a base image");
    assert!(base.contains("@sha256:"), "{base}");
    assert!(dockerfile.contains("\nUSER 65532:65532\n"), "the image must not run as root");
}

#[test]
fn a_job_has_only_the_permissions_it_names() {
    for file in MANIFESTS.iter().filter(|file| file.contains("github/") || file.contains("gitea")) {
        let document = documents(file).remove(0);
        assert_eq!(document["permissions"], Value::Mapping(serde_yaml::Mapping::new()), "{file} gives permissions to all jobs");
        for (name, job) in document["jobs"].as_mapping().expect("jobs") {
            assert!(job["permissions"].as_mapping().is_some_and(|permissions| !permissions.is_empty()), "{file}: {name:?}");
            assert!(job["timeout-minutes"].is_u64(), "{file}: {name:?} may run for hours");
        }
    }
}

#[test]
fn the_plugin_has_the_version_of_the_program() {
    let plugin = documents("plugin.yaml").remove(0);
    assert_eq!(plugin["version"], Value::from(env!("CARGO_PKG_VERSION")));
    assert_eq!(plugin["name"], Value::from("shift"));
}

#[test]
fn the_table_of_checksums_holds_nothing_else() {
    for line in text(".ci/package/checksums.txt").lines().filter(|line| !line.starts_with('#')) {
        let (sum, name) = line.split_once("  ").unwrap_or_default();
        assert!(sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit()) && name.starts_with("chartshift-"), "{line:?}");
    }
}

/// The inputs of action.yml that its script is given, by the variable each comes in.
fn action_inputs() -> BTreeMap<String, String> {
    let action = documents("action.yml").remove(0);
    let steps = action["runs"]["steps"].as_sequence().expect("steps");
    let given = steps.iter().filter_map(|step| step["env"].as_mapping()).flatten();
    given
        .filter_map(|(variable, expression)| {
            let variable = variable.as_str().filter(|variable| variable.starts_with("INPUT_"))?;
            let input = expression.as_str()?.strip_prefix("${{ inputs.")?.strip_suffix(" }}")?;
            Some((variable.to_owned(), input.to_owned()))
        })
        .collect()
}

#[test]
fn every_input_of_the_action_reaches_its_script() {
    let action = documents("action.yml").remove(0);
    let mut declared: BTreeSet<String> =
        action["inputs"].as_mapping().expect("inputs").keys().filter_map(Value::as_str).map(str::to_owned).collect();
    // The token goes to the program itself, the others to their steps.
    assert!(["token", "artifact", "working-directory"].iter().all(|input| declared.remove(*input)));
    let given = action_inputs();
    assert_eq!(declared, given.values().cloned().collect(), "declared against given");
    let script = text(".ci/package/action");
    for (variable, input) in given {
        assert_eq!(variable, format!("INPUT_{}", input.to_uppercase().replace('-', "_")));
        assert!(script.contains(&format!("${variable}")), "{variable} is given and never read");
    }
}

/// What the action's script runs for these inputs, all others empty.
fn action(inputs: &[(&str, &str)]) -> (tempfile::TempDir, Output) {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("chartshift");
    executable(&program, RECORDER);
    let mut command = Command::new("sh");
    command.arg(root().join(".ci/package/action")).arg("review").current_dir(folder.path());
    command.env("RUNNER_TEMP", folder.path().join("temp")).env("CHARTSHIFT_PROGRAM", &program);
    for variable in action_inputs().keys() {
        command.env(variable, "");
    }
    let output = command.envs(inputs.iter().copied()).output().expect("sh runs");
    (folder, output)
}

#[test]
fn the_action_runs_only_flags_that_exist() {
    let review = [
        ("INPUT_BASE", "origin/main"),
        ("INPUT_HEAD", "HEAD"),
        ("INPUT_KEY", "apps"),
        ("INPUT_FAIL_ON", "medium"),
        ("INPUT_COMMENT", "always"),
        ("INPUT_LINE_COMMENTS", "true"),
        ("INPUT_REQUIRE_COMMENT", "true"),
        ("INPUT_STATUS", "false"),
        ("INPUT_HELM_VERSION", "3.19"),
        ("INPUT_KUBE_VERSION", "1.31"),
        ("INPUT_WEBHOOK_VERSION", "1.5.0"),
        ("INPUT_CONFIG", "chartshift.yaml"),
        ("INPUT_RULES", "one.yaml\ntwo words.yaml\n"),
        ("INPUT_PULL_REQUEST", "7"),
    ];
    let (_folder, output) = action(&review);
    assert!(output.status.success(), "{output:?}");
    let words = words(&output);
    parse(&words);
    assert_eq!(words.iter().filter(|word| word.starts_with("--")).count(), review.len() + 1, "a flag for each input, two for the rules");
    assert!(words.contains(&"--rules=two words.yaml".to_owned()), "{words:?}");

    let (_folder, output) = action(&[("INPUT_STATUS", "true")]);
    parse(&self::words(&output));
    let (_folder, output) = action(&[("INPUT_REPORT", "report.json"), ("INPUT_KEY", "apps"), ("INPUT_STATUS", "true")]);
    let words = self::words(&output);
    parse(&words);
    assert_eq!(words, ["publish", "--key=apps", "--", "report.json"]);
}

#[test]
fn what_the_action_is_given_stays_one_word() {
    let hostile = "$(touch owned)`touch owned`; touch owned #'\"\n--comment=never\\";
    for variable in ["INPUT_BASE", "INPUT_HEAD", "INPUT_KEY", "INPUT_CONFIG", "INPUT_REPORT", "INPUT_PULL_REQUEST"] {
        let (folder, output) = action(&[(variable, hostile), ("INPUT_STATUS", "true")]);
        let words = words(&output);
        assert_eq!(words.iter().filter(|word| word.ends_with(hostile)).count(), 1, "{variable}: {words:?}");
        assert!(!words.contains(&"--comment=never\\".to_owned()), "{variable}: {words:?}");
        assert!(!folder.path().join("owned").exists(), "{variable} was run");
    }
    let (_folder, output) = action(&[("INPUT_REPORT", "--forge=x"), ("INPUT_STATUS", "true")]);
    assert_eq!(words(&output), ["publish", "--", "--forge=x"]);
    let (_folder, output) = action(&[("INPUT_STATUS", "yes; touch owned")]);
    assert!(!output.status.success());
}

#[test]
fn the_templates_run_one_script() {
    let scripts: BTreeSet<String> = TEMPLATES.iter().map(|template| download_script(template)).collect();
    assert_eq!(scripts.len(), 1, "{scripts:#?}");
}

/// Runs the templates' script with a release of the recorder behind a curl that reads from a folder: nothing is reached over the network here.
fn template(version: &str, checksum: Option<&str>) -> (tempfile::TempDir, Output) {
    let folder = tempfile::tempdir().expect("a folder");
    let target = "x86_64-unknown-linux-musl";
    let archive = release(folder.path(), "1.2.3", target, RECORDER);
    executable(
        &folder.path().join("bin/curl"),
        &format!(
            "#!/bin/sh\nwhile [ $# -gt 1 ]; do [ \"$1\" = --output ] && out=$2; shift; done\n[ \"$1\" = \"https://releases.example/v1.2.3/{name}\" ] && cp \"{path}\" \"$out\"\n",
            name = archive.file_name().expect("a name").to_string_lossy(),
            path = archive.display()
        ),
    );
    let path = format!("{}:{}", folder.path().join("bin").display(), std::env::var("PATH").expect("a path"));
    let output = Command::new("sh")
        .args(["-c", &download_script(TEMPLATES[0])])
        .current_dir(folder.path())
        .env("PATH", path)
        .env("CHARTSHIFT_VERSION", version)
        .env("CHARTSHIFT_SHA256", checksum.map_or_else(|| sha256(&archive), str::to_owned))
        .env("CHARTSHIFT_RELEASES", "https://releases.example")
        .env("CHARTSHIFT_TARGET", target)
        .env("CHARTSHIFT_KEY", "charts")
        .env("CHARTSHIFT_FAIL_ON", "high")
        .env("CHARTSHIFT_COMMENT", "findings")
        .output()
        .expect("sh runs");
    (folder, output)
}

#[test]
fn the_templates_run_only_what_has_the_checksum_and_only_flags_that_exist() {
    for version in ["1.2.3", "v1.2.3"] {
        let (_folder, output) = template(version, None);
        assert!(output.status.success(), "{output:?}");
        // sha256sum says on a line of its own that the archive is right.
        let words: Vec<_> = words(&output).into_iter().map(|word| word.rsplit('\n').next().unwrap_or_default().to_owned()).collect();
        assert_eq!(words.first().map(String::as_str), Some("pr"), "{words:?}");
        parse(&words);
    }
    let (_folder, output) = template("1.2.3", Some(&"0".repeat(64)));
    assert!(!output.status.success() && !String::from_utf8_lossy(&output.stdout).contains('\u{1e}'), "{output:?}");
}

fn sha256(file: &Path) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(fs::read(file).expect("an archive")))
}

/// Lays out a release below `folder`: `v1.2.3/chartshift-1.2.3-TARGET.tar.gz` with this content as the program.
fn release(folder: &Path, version: &str, target: &str, program: &str) -> PathBuf {
    let name = format!("chartshift-{version}-{target}");
    executable(&folder.join("packed").join(&name).join("chartshift"), program);
    let archive = folder.join(format!("v{version}")).join(format!("{name}.tar.gz"));
    fs::create_dir_all(archive.parent().expect("a folder")).expect("a folder");
    let packed = Command::new("tar").arg("-czf").arg(&archive).arg("-C").arg(folder.join("packed")).arg(&name).status();
    assert!(packed.expect("tar runs").success());
    archive
}

/// The target that the install script chooses here.
fn target() -> String {
    let system = if cfg!(target_os = "macos") { "apple-darwin" } else { "unknown-linux-musl" };
    format!("{}-{system}", std::env::consts::ARCH)
}

/// A folder with releases and the table of their checksums.
struct Releases(tempfile::TempDir);

impl Releases {
    fn new(versions: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut table = "# SHA-256 of every released archive\n".to_owned();
        for version in versions {
            let archive = release(folder.path(), version, &target(), &format!("#!/bin/sh\necho chartshift {version}\n"));
            table += &format!("{}  {}\n", sha256(&archive), archive.file_name().expect("a name").to_string_lossy());
        }
        fs::write(folder.path().join("checksums.txt"), table).expect("a table");
        Self(folder)
    }

    fn install(&self, version: &str) -> Output {
        let folder = self.0.path();
        Command::new("sh")
            .arg(root().join(".ci/package/install"))
            .args([&folder.join("bin").to_string_lossy(), version])
            .current_dir(folder)
            .env("CHARTSHIFT_RELEASES", format!("file://{}", folder.display()))
            .env("CHARTSHIFT_ARCHIVES", folder.join("kept"))
            .env("CHARTSHIFT_CHECKSUMS", folder.join("checksums.txt"))
            .output()
            .expect("sh runs")
    }

    /// What the program that was installed says.
    fn installed(&self, version: &str) -> String {
        let output = self.install(version);
        assert!(output.status.success(), "{output:?}");
        let program = String::from_utf8(output.stdout).expect("UTF-8");
        let said = Command::new(program.trim_end()).output().expect("the program runs");
        String::from_utf8(said.stdout).expect("UTF-8").trim_end().to_owned()
    }

    fn refusal(&self, version: &str) -> String {
        let output = self.install(version);
        assert!(!output.status.success(), "{version:?} was installed");
        assert!(!self.0.path().join("bin/chartshift").exists(), "{version:?} left a program");
        String::from_utf8(output.stderr).expect("UTF-8")
    }

    fn archive(&self, version: &str) -> PathBuf {
        self.0.path().join(format!("v{version}/chartshift-{version}-{}.tar.gz", target()))
    }
}

#[test]
fn the_version_asked_for_is_installed_else_the_newest_known() {
    let releases = Releases::new(&["0.9.0", "0.10.0", "0.2.0"]);
    assert_eq!(releases.installed("0.2.0"), "chartshift 0.2.0");
    assert_eq!(releases.installed("v0.9.0"), "chartshift 0.9.0");
    assert_eq!(releases.installed(""), "chartshift 0.10.0");
}

#[test]
fn what_the_table_does_not_list_is_not_installed() {
    let releases = Releases::new(&["0.9.0"]);
    let refusal = releases.refusal("1.0.0");
    assert!(refusal.contains("version 1.0.0 is not known here; known: 0.9.0"), "{refusal}");
    for version in [
        "latest",
        "1.0",
        "1.0.0.0",
        "1..0",
        ".1.0",
        "v",
        "1.0.0-rc.1",
        "0.9.0\n$(touch owned)",
        "../0.9.0",
        "0.9.0; touch owned",
        "vv0.9.0",
    ] {
        let refusal = releases.refusal(version);
        assert!(refusal.contains("must look like"), "{version:?}: {refusal}");
    }
    assert!(!releases.0.path().join("owned").exists());
    let refusal = Releases::new(&[]).refusal("");
    assert!(refusal.contains("no release is known here yet"), "{refusal}");
}

#[test]
fn an_archive_with_another_checksum_is_not_unpacked() {
    let releases = Releases::new(&["0.9.0"]);
    release(releases.0.path(), "0.9.0", &target(), "#!/bin/sh\ntouch owned\n");
    let refusal = releases.refusal("0.9.0");
    assert!(refusal.contains("has another SHA-256 than the table says"), "{refusal}");
}

#[test]
fn a_kept_archive_is_used_and_checked_again() {
    let releases = Releases::new(&["0.9.0"]);
    assert_eq!(releases.installed("0.9.0"), "chartshift 0.9.0");
    let archive = releases.archive("0.9.0");
    let elsewhere = archive.with_extension("away");
    fs::rename(&archive, &elsewhere).expect("the release goes away");
    assert_eq!(releases.installed("0.9.0"), "chartshift 0.9.0");

    let kept = releases.0.path().join("kept").join(archive.file_name().expect("a name"));
    fs::write(&kept, "spoilt").expect("a spoilt archive");
    fs::rename(&elsewhere, &archive).expect("the release comes back");
    assert_eq!(releases.installed("0.9.0"), "chartshift 0.9.0");
    assert_eq!(sha256(&kept), sha256(&archive), "the spoilt archive was replaced");
}

#[test]
fn the_action_finds_the_releases_of_its_own_repository() {
    let releases = Releases::new(&["0.9.0"]);
    let folder = releases.0.path();
    // The table is the one beside the script.
    let scripts = folder.join("_actions/acme/shift/4f2c9d1/.ci/package");
    fs::create_dir_all(&scripts).expect("a folder");
    for script in ["action", "install"] {
        fs::copy(root().join(".ci/package").join(script), scripts.join(script)).expect("a copied script");
    }
    fs::copy(folder.join("checksums.txt"), scripts.join("checksums.txt")).expect("a copied table");
    let run = |releases: &str, path: &str| {
        let output = folder.join("output");
        fs::write(&output, "").expect("a file of outputs");
        let ran = Command::new("sh")
            .arg(scripts.join("action"))
            .arg("install")
            .env("GITHUB_ACTION_PATH", path)
            .env("GITHUB_SERVER_URL", "https://github.invalid")
            .env("GITHUB_REPOSITORY", "me/mine")
            .env("GITHUB_OUTPUT", &output)
            .env("RUNNER_TEMP", folder.join("temp"))
            .env("RUNNER_TOOL_CACHE", "")
            .env("INPUT_VERSION", "v0.9.0")
            .env("INPUT_RELEASES", releases)
            // Nobody listens there: what would go to the network is refused.
            .env("https_proxy", "http://127.0.0.1:9")
            .output()
            .expect("sh runs");
        (ran, fs::read_to_string(&output).expect("outputs"))
    };
    let (ran, outputs) = run(&format!("file://{}", folder.display()), "/somewhere");
    assert!(ran.status.success(), "{ran:?}");
    assert!(outputs.contains("program=") && outputs.contains("report="), "{outputs}");
    for (path, wanted) in [
        ("/home/runner/work/_actions/acme/shift/4f2c9d1", "https://github.com/acme/shift/releases/download/v0.9.0/"),
        ("D:\\a\\_actions\\acme\\shift\\v0.9.0", "https://github.com/acme/shift/releases/download/v0.9.0/"),
        ("/home/runner/work/mine/mine", "https://github.invalid/me/mine/releases/download/v0.9.0/"),
    ] {
        let (ran, _) = run("", path);
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(!ran.status.success() && said.contains(wanted), "{path}: {said}");
    }
}
