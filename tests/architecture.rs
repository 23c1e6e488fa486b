//! Holds the shape of the crate: which stage may use which, that every file says what lives in it, and that none grows out of hand.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Each stage, and the stages it may name in a path that starts with `crate::`. Its own is always allowed.
const ARROWS: &[(&str, &[&str])] = &[
    // A package of its own, so that tests have it optimised; it knows nothing of the rest.
    ("primes", &[]),
    ("error", &[]),
    ("quote", &[]),
    ("parallel", &[]),
    ("kept", &[]),
    ("version", &["error"]),
    ("value", &["error"]),
    ("fetch", &["error", "value", "version"]),
    ("bump", &["error", "value", "version", "fetch"]),
    ("chart", &["error", "quote", "value", "version", "fetch"]),
    ("template", &["error", "quote", "kept", "value", "version"]),
    ("render", &["error", "kept", "value", "version", "chart", "template"]),
    ("object", &["error", "value", "render"]),
    ("identity", &["error", "value", "object"]),
    ("diff", &["error", "value", "version", "chart", "object"]),
    ("classify", &["error", "value", "version", "chart", "diff", "identity", "object"]),
    ("config", &["error", "value", "classify", "identity"]),
    ("trial", &["error", "parallel", "value", "version", "chart", "template", "render", "object", "identity", "diff", "classify"]),
    ("report", &["error", "value", "version", "chart", "object", "identity", "diff", "classify", "trial"]),
    ("publish", &["error", "fetch", "report"]),
    (
        "review",
        &[
            "error", "value", "version", "fetch", "bump", "chart", "template", "render", "object", "identity", "diff", "classify", "trial",
            "report",
        ],
    ),
    (
        "cli",
        &[
            "error", "parallel", "value", "version", "config", "fetch", "bump", "chart", "template", "render", "diff", "identity",
            "classify", "trial", "report", "review", "publish",
        ],
    ),
];

/// The longest a file may be, its tests aside.
const MOST_LINES: usize = 700;

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a readable source folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn sources() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    assert!(files.len() > 20, "the source folder was not found whole: {} files", files.len());
    files
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).expect("below src").to_string_lossy().replace('\\', "/");
            (name, std::fs::read_to_string(&path).expect("UTF-8 source"))
        })
        .collect()
}

/// Tests of a stage may fetch and open what they test on.
fn is_test(file: &str) -> bool {
    file.ends_with("/tests.rs") || file.contains("/tests/")
}

fn stage_of(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap_or(file)
}

/// The program's part of a file: what stands above its inline test module, comments dropped.
fn program_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// The stages named behind `crate::` in a line, braces of one level included.
fn stages_named(line: &str) -> Vec<String> {
    let mut named = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let rest = &line[at + "crate::".len()..];
        let list = rest.strip_prefix('{').map_or(rest, |inside| inside.split('}').next().unwrap_or(inside));
        let parts: Vec<&str> = if rest.starts_with('{') { list.split(',').collect() } else { vec![list] };
        for part in parts {
            let name: String = part.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if !name.is_empty() {
                named.push(name);
            }
        }
    }
    named
}

#[test]
fn stages_use_only_earlier_ones() {
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut broken = Vec::new();
    for (file, text) in sources() {
        let stage = stage_of(&file);
        if matches!(stage, "lib" | "main" | "rules") || is_test(&file) {
            continue;
        }
        let Some(allowed) = arrows.get(stage) else {
            broken.push(format!("src/{file}: the stage {stage} has no row in ARROWS"));
            continue;
        };
        for (number, line) in program_lines(&text) {
            for named in stages_named(line) {
                if named != stage && arrows.contains_key(named.as_str()) && !allowed.contains(&named.as_str()) {
                    broken.push(format!("src/{file}:{}: {stage} may not use {named}", number + 1));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_file_opens_with_what_lives_in_it() {
    let silent: Vec<String> = sources().into_iter().filter(|(_, text)| !text.starts_with("//!")).map(|(file, _)| file).collect();
    assert!(silent.is_empty(), "no //! at the head of: {silent:?}");
}

#[test]
fn no_file_outgrows_its_job() {
    let long: Vec<String> = sources()
        .into_iter()
        .filter(|(file, _)| !is_test(file))
        .map(|(file, text)| (file, text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(file, lines)| format!("{file}: {lines}"))
        .collect();
    assert!(long.is_empty(), "more than {MOST_LINES} lines: {long:?}");
}

#[test]
fn no_folder_is_named_for_nothing() {
    const VAGUE: &[&str] = &["utils", "util", "common", "helpers", "helper", "manager", "misc", "service"];
    let vague: Vec<String> = sources().into_keys().filter(|file| file.split(['/', '.']).any(|part| VAGUE.contains(&part))).collect();
    assert!(vague.is_empty(), "{vague:?}");
}

#[test]
fn the_arrows_are_read_from_code() {
    assert_eq!(stages_named("use crate::{diff::Change, value};"), ["diff", "value"]);
    assert_eq!(stages_named("    crate::fetch::fetch_pair(old)"), ["fetch"]);
    assert_eq!(stages_named("use std::fmt;"), Vec::<String>::new());
}
