//! The records of the corpus' renders against what an independent reference says of real Helm's renders: every `truth.json` of
//! `../shared/corpus/pairs`, workload by workload and account by account.
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::print_stderr, reason = "tests read their files and may fail")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use chartshift::chart::{self, Limits as ChartLimits};
use chartshift::identity::{self, Facts, Identities};
use chartshift::object;
use chartshift::render::{Capabilities, Overrides, Prepared, Release};
use chartshift::template::{Limits, Profile};
use chartshift::value::yaml;
use serde_json::Value;

/// The fields of a workload and of an account that the reference knows.
const WORKLOAD: [&str; 10] = [
    "serviceAccountName",
    "rendered",
    "clientId",
    "tenantId",
    "useLabel",
    "podAutomount",
    "accountAutomount",
    "automount",
    "hostNetwork",
    "subject",
];
const ACCOUNT: [&str; 3] = ["automount", "clientId", "tenantId"];

/// The kinds that the reference reads.
const KINDS: [&str; 7] = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod"];

fn folders(below: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(below) else { return Vec::new() };
    let mut folders: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8")
}

/// The versions of a pair called `NAME-OLD-NEW`: the last two parts, each of which begins with a digit.
fn parts(pair: &str) -> (String, [String; 2]) {
    let (rest, new) = pair.rsplit_once('-').expect("a new version");
    let (name, old) = rest.rsplit_once('-').expect("an old version");
    (name.to_owned(), [old.to_owned(), new.to_owned()])
}

fn prepared(corpus: &Path, name: &str, version: &str) -> Prepared {
    let bytes = fs::read(corpus.join(format!("charts/{name}-{version}.tgz"))).expect("the chart");
    let chart = chart::open_archive(bytes, &ChartLimits::default()).expect("a chart that opens");
    Prepared::new(Arc::new(chart), Profile::V3_17, Limits::default())
}

/// The identities of a render; `None` when it fails.
fn identities(chart: &Prepared, name: &str, scenario: &Path) -> Option<Identities> {
    let files = fs::read(scenario.join("values.yaml")).ok().map(|text| {
        let source = yaml::source("values.yaml", &text).expect("text");
        yaml::read(&source, &yaml::Limits::default()).expect("values")
    });
    let release = Release { name: name.into(), namespace: "review".into(), is_upgrade: false };
    let overrides = Overrides { files: files.into_iter().collect(), ..Overrides::default() };
    let rendered = chart.render(&overrides, &release, &Capabilities::of(&Profile::V3_17)).ok()?;
    Some(identity::read(&object::objects(&rendered, "review"), "review", &Facts::default()))
}

/// What differs between the truth of one side and ours.
fn differences(truth: &Value, ours: &Value, fields: &[&str], side: &str) -> Vec<String> {
    let mut differing = Vec::new();
    let names = |value: &Value| value.as_object().expect("a mapping").keys().cloned().collect::<Vec<_>>();
    for name in names(truth) {
        match (&truth[&name][side], ours.get(&name)) {
            (Value::Null, None) => {}
            (want, Some(got)) if !want.is_null() => {
                let wrong = fields.iter().filter(|field| want[**field] != got[**field]);
                differing.extend(wrong.map(|field| format!("{name} {side}.{field}: {}, not {}", got[*field], want[*field])));
            }
            (want, got) => differing.push(format!("{name} {side}: {got:?}, not {want}")),
        }
    }
    differing
        .extend(names(ours).into_iter().filter(|name| truth.get(name).is_none()).map(|name| format!("{name} {side}: not in the truth")));
    differing
}

fn without_other_kinds(workloads: Value) -> Value {
    let Value::Object(workloads) = workloads else { return workloads };
    let known = |name: &str| KINDS.contains(&name.split('/').next().unwrap_or_default());
    workloads.into_iter().filter(|(name, _)| known(name)).collect()
}

/// What differs in one pair, scenario by scenario, and how many scenarios were compared.
fn check_pair(corpus: &Path, pair: &Path) -> (usize, Vec<String>) {
    let (name, versions) = parts(file_name(pair));
    let charts = versions.map(|version| prepared(corpus, &name, &version));
    let (mut compared, mut failing) = (0, Vec::new());
    for scenario in folders(pair) {
        let text = fs::read(scenario.join("truth.json")).expect("a truth");
        let truth: Value = serde_json::from_slice(&text).expect("JSON");
        let place = format!("{}/{}", file_name(pair), file_name(&scenario));
        let sides = [0, 1].map(|side| identities(&charts[side], &name, &scenario));
        let fails = ["old_error", "new_error"].iter().any(|error| truth.get(error).is_some());
        match sides {
            [Some(old), Some(new)] if !fails => {
                compared += 1;
                failing.extend(check(&truth, &old, &new).into_iter().map(|what| format!("{place}: {what}")));
            }
            [Some(_), Some(_)] => failing.push(format!("{place} renders here, and not with Helm")),
            _ if fails => {}
            _ => failing.push(format!("{place} doesn't render")),
        }
    }
    (compared, failing)
}

/// What differs between a scenario's truth and ours.
fn check(truth: &Value, old: &Identities, new: &Identities) -> Vec<String> {
    let mut failing = Vec::new();
    for (side, identities) in [("old", old), ("new", new)] {
        let workloads = without_other_kinds(serde_json::to_value(&identities.workloads).expect("JSON"));
        let accounts = serde_json::to_value(&identities.accounts).expect("JSON");
        failing.extend(differences(&truth["workloads"], &workloads, &WORKLOAD, side));
        failing.extend(differences(&truth["accounts"], &accounts, &ACCOUNT, side));
    }
    for (workload, sides) in truth["workloads"].as_object().expect("a mapping") {
        if let (Some(old), Some(new)) = (old.workloads.get(workload), new.workloads.get(workload)) {
            let changed = serde_json::to_value(identity::changed(old, new)).expect("JSON");
            if changed != sides["changed"] {
                failing.push(format!("{workload}: changed {changed}, not {}", sides["changed"]));
            }
        }
    }
    failing
}

#[test]
fn records_of_the_corpus_are_those_of_the_reference() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let pairs = folders(&corpus.join("pairs"));
    if pairs.is_empty() {
        return eprintln!("skipped: no corpus");
    }
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let work = || {
        let taken = std::iter::from_fn(|| pairs.get(next.fetch_add(1, Ordering::Relaxed)));
        taken.map(|pair| check_pair(&corpus, pair)).collect::<Vec<_>>()
    };
    let checked: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker that ends")).collect()
    });
    let failing: Vec<_> = checked.iter().flat_map(|(_, failing)| failing.iter().map(String::as_str)).collect();
    let compared: usize = checked.iter().map(|(compared, _)| compared).sum();
    assert!(failing.is_empty(), "{} differences:\n{}", failing.len(), failing.join("\n"));
    assert!(compared > 100, "only {compared} scenarios were compared");
    eprintln!("{compared} scenarios compared");
}
