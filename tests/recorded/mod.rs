//! Cases that real Helms answered (`testdata/helms.py`), asked of the binary under each Helm's profile.

#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;

use serde_json::Value as Json;

/// What was printed, as far as it must agree.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    code: i32,
    out: String,
    /// Sorted, for Helm walks maps in random order.
    log: Vec<String>,
    error: Option<String>,
}

/// The cases of a file below `testdata`.
pub(crate) fn cases(file: &str) -> Vec<Json> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(file)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// How many cases are asked at the same time.
const WORKERS: usize = 4;

/// How many answers there are, and what differs from them, in words.
pub(crate) fn differences(cases: &[Json]) -> (usize, Vec<String>) {
    thread::scope(|scope| {
        let shares = cases.chunks(cases.len().div_ceil(WORKERS));
        let workers: Vec<_> = shares.map(|share| scope.spawn(move || differences_of(share))).collect();
        let found = workers.into_iter().map(|worker| worker.join().unwrap());
        found.fold((0, Vec::new()), |(asked, differing), (more, others)| (asked + more, [differing, others].concat()))
    })
}

fn differences_of(cases: &[Json]) -> (usize, Vec<String>) {
    let mut asked = 0;
    let mut differing = Vec::new();
    for case in cases {
        let folder = tempfile::tempdir().unwrap();
        for (key, below) in [("chart", "chart"), ("files", "")] {
            for (path, text) in case[key].as_object().into_iter().flatten() {
                let file = folder.path().join(below).join(path);
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, text.as_str().unwrap()).unwrap();
            }
        }
        for want in case["want"].as_array().unwrap() {
            for helm in texts(&want["helm"]) {
                asked += 1;
                let (wanted, found) = (wanted(want), ours(case, helm, folder.path()));
                if !agree(&wanted, &found) {
                    differing.push(format!("{} under {helm}\n{}", case["name"], shown(&wanted, &found)));
                }
            }
        }
    }
    (asked, differing)
}

fn texts(list: &Json) -> Vec<&str> {
    list.as_array().into_iter().flatten().map(|text| text.as_str().unwrap()).collect()
}

fn wanted(want: &Json) -> Answer {
    Answer {
        code: want["code"].as_i64().unwrap_or(0) as i32,
        out: want["out"].as_str().unwrap().to_owned(),
        log: texts(&want["log"]).into_iter().map(str::to_owned).collect(),
        error: want["error"].as_str().map(str::to_owned),
    }
}

fn ours(case: &Json, helm: &str, folder: &Path) -> Answer {
    let output = run(case, helm, folder);
    let stderr = String::from_utf8(output.stderr).unwrap();
    let (log, error) = match stderr.split_once("Error: ") {
        Some((log, error)) => (log, Some(error.trim_end().to_owned())),
        None => (&*stderr, None),
    };
    let mut log: Vec<String> = log.lines().map(str::to_owned).collect();
    log.sort();
    Answer { code: output.status.code().unwrap(), out: String::from_utf8(output.stdout).unwrap(), log, error }
}

fn run(case: &Json, helm: &str, folder: &Path) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_chartshift"))
        .current_dir(folder)
        .env_clear()
        .env("HOME", "/nonexistent")
        .arg("template")
        .args(texts(&case["args"]))
        .args(["--helm-version", helm])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A run that ends before it reads is no fault of the test.
    let _ = child.stdin.take().unwrap().write_all(case["stdin"].as_str().unwrap_or_default().as_bytes());
    child.wait_with_output().unwrap()
}

/// Of an error our text may go on, with places and hints.
fn agree(wanted: &Answer, found: &Answer) -> bool {
    let errors = match (&wanted.error, &found.error) {
        (Some(wanted), Some(found)) => found.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('\n')),
        (None, None) => true,
        _ => false,
    };
    errors && (&wanted.out, wanted.code, &wanted.log) == (&found.out, found.code, &found.log)
}

fn shown(wanted: &Answer, found: &Answer) -> String {
    let mut text = String::new();
    let mut part = |name: &str, wanted: String, found: String| {
        if wanted != found {
            text.push_str(&format!("  {name}\n    Helm: {wanted}\n    ours: {found}\n"));
        }
    };
    part("status", wanted.code.to_string(), found.code.to_string());
    part("output", format!("{:?}", wanted.out), format!("{:?}", found.out));
    part("warnings", format!("{:#?}", wanted.log), format!("{:#?}", found.log));
    part("error", format!("{:?}", wanted.error), format!("{:?}", found.error));
    text
}
