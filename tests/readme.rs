//! Holds the README to what the program does: its rule table, its sample output, its commands.

#![allow(clippy::disallowed_methods)]

use std::path::Path;
use std::process::Command;

use chartshift::classify::{Catalogue, page};

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("the README")
}

/// The text between two markers.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("no {start}"));
    rest.split_once(end).unwrap_or_else(|| panic!("no {end} behind {start}")).0
}

#[test]
fn the_rule_table_is_current() {
    let readme = readme();
    let table = page::table(&Catalogue::built_in().expect("the built-in rules"));
    let written = between(&readme, "<!-- rules:start -->\n", "<!-- rules:end -->");
    assert!(written == table, "the table is out of date; write this between the markers:\n{table}");
}

#[test]
fn the_sample_is_what_the_program_prints() {
    let readme = readme();
    let (command, rest) = between(&readme, "<!-- output: target/debug/chartshift ", "\n```\n").split_once(" -->").expect("a command");
    let sample = rest.trim_start().strip_prefix("```text\n").expect("a block of text");
    let output = Command::new(env!("CARGO_BIN_EXE_chartshift"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_clear()
        .env("COLUMNS", "100")
        .args(command.split(' '))
        .output()
        .expect("the binary runs");
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    let mut rest = printed.as_str();
    for part in sample.split('…').map(str::trim).filter(|part| !part.is_empty()) {
        let at = rest.find(part).unwrap_or_else(|| panic!("the program does not print, in this order:\n{part}\n\nbut:\n{printed}"));
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn the_folders_it_names_exist() {
    let readme = readme();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in [
        "testdata/pairs/metrics-store/1.4.0",
        "testdata/pairs/mailroom/2.1.0",
        "src/rules/azure-workload-identity",
        ".ci/run",
        "tests/benches/whole_process.py",
        "LICENSE",
    ] {
        assert!(readme.contains(path), "{path} is not named");
        assert!(root.join(path).exists(), "{path} is named and not there");
    }
}
