//! Comparisons of the renders of published charts, where the corpus lies next to the project.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use super::*;
use crate::chart::{self, Limits};
use crate::object::objects;
use crate::render::{Capabilities, Overrides, Prepared, Release, Rendered};
use crate::template::{self, Profile};
use crate::value::yaml;

fn corpus() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !folder.is_dir() {
        println!("skipped: no corpus");
        return None;
    }
    Some(folder)
}

fn prepared(corpus: &FilePath, chart: &str) -> Prepared {
    let packed = std::fs::read(corpus.join(format!("charts/{chart}.tgz"))).unwrap();
    let chart = chart::open_archive(packed, &Limits::default()).unwrap();
    Prepared::new(Arc::new(chart), Profile::V3_17, template::Limits::default()).stable()
}

/// A scenario's render; `None` where the chart refuses it.
fn render(prepared: &Prepared, scenario: &FilePath, name: &str) -> Option<Rendered> {
    let values = std::fs::read(scenario.join("values.yaml")).unwrap_or_default();
    let source = yaml::source("values.yaml", &values).unwrap();
    let overrides = Overrides { files: vec![yaml::read(&source, &yaml::Limits::default()).unwrap()], ..Overrides::default() };
    let release = Release { name: name.to_owned(), namespace: "review".to_owned(), is_upgrade: false };
    prepared.render(&overrides, &release, &Capabilities::of(&Profile::V3_17)).ok()
}

fn folders(folder: &FilePath) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

/// `thanos`, `12.20.2`, `12.20.4` of `thanos-12.20.2-12.20.4`.
fn parts(pair: &FilePath) -> (String, String, String) {
    let name = pair.file_name().unwrap().to_string_lossy().into_owned();
    let mut words = name.rsplitn(3, '-');
    let (new, old, chart) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
    (chart.to_owned(), old.to_owned(), new.to_owned())
}

/// Names of objects read without the code under test: `kind namespace name`, of documents that are no lists.
fn names(rendered: &Rendered) -> BTreeMap<String, usize> {
    let all = rendered.manifests.iter().chain(rendered.hooks.iter().map(|hook| &hook.manifest));
    let text = |node: Option<&Node>| node.and_then(Node::as_str).unwrap_or_default().to_owned();
    let name = |object: &Node| {
        let of = |key| text(object.get_path(["metadata", key]));
        let namespace = if of("namespace").is_empty() { "review".to_owned() } else { of("namespace") };
        format!("{} {namespace} {}", text(object.get("kind")), of("name"))
    };
    let mut names = BTreeMap::new();
    for manifest in all.filter(|manifest| manifest.object.get("kind").is_some()) {
        *names.entry(name(&manifest.object)).or_default() += 1;
    }
    names
}

#[test]
fn published_charts_compare_the_same_each_time_and_lose_no_object() {
    let Some(corpus) = corpus() else { return };
    let mut compared = 0;
    for pair in folders(&corpus.join("pairs")) {
        let (chart, old, new) = parts(&pair);
        let (old, new) = (prepared(&corpus, &format!("{chart}-{old}")), prepared(&corpus, &format!("{chart}-{new}")));
        for scenario in folders(&pair) {
            let (Some(old), Some(new)) = (render(&old, &scenario, &chart), render(&new, &scenario, &chart)) else { continue };
            let (old_objects, new_objects) = (objects(&old, "review"), objects(&new, "review"));
            let diff = compare(&old_objects, &new_objects, &Settings::default());
            let again = compare(&old_objects, &new_objects, &Settings::default());
            assert_eq!(format!("{diff:?}"), format!("{again:?}"), "{}", scenario.display());
            let name = |id: &Id| format!("{} {} {}", id.kind, id.namespace, id.name);
            let mut counted = names(&old);
            let mut count = |name: String, by: isize| {
                let count = counted.entry(name).or_default();
                *count = count.checked_add_signed(by).unwrap();
            };
            for change in &diff.changes {
                match (change.kind, &change.old_id) {
                    (ChangeKind::Added, _) => count(name(&change.id), 1),
                    (ChangeKind::Removed, _) => count(name(&change.id), -1),
                    (_, Some(old)) => {
                        count(name(old), -1);
                        count(name(&change.id), 1);
                    }
                    _ => {}
                }
            }
            counted.retain(|_, count| *count > 0);
            assert_eq!(counted, names(&new), "{}", scenario.display());
            let same = compare(&new_objects, &new_objects, &Settings::default());
            assert_eq!((same.changes.len(), same.unchanged), (0, new_objects.len()), "{}", scenario.display());
            compared += 1;
        }
    }
    assert!(compared > 100, "only {compared} scenarios");
}

#[test]
fn thanos_changes_two_accounts_and_adds_one() {
    let Some(corpus) = corpus() else { return };
    let scenario = corpus.join("pairs/thanos-12.20.2-12.20.4/default");
    let render = |version: &str| render(&prepared(&corpus, &format!("thanos-{version}")), &scenario, "thanos").unwrap();
    let (old, new) = (render("12.20.2"), render("12.20.4"));
    let diff = compare(&objects(&old, "review"), &objects(&new, "review"), &Settings::default());
    let mut text = told(&diff).join("\n");
    write!(text, "\nunchanged: {}\nfolded: {:?}", diff.unchanged, diff.folded).unwrap();
    for restart in &diff.restarts {
        write!(text, "\nrestart {}: {}", restart.id.label(), restart.reasons.join(", ")).unwrap();
    }
    for blocked in &diff.blocked {
        write!(text, "\nblocked {} {}: {}", blocked.id.label(), blocked.path, blocked.reason).unwrap();
    }
    for change in &diff.permissions {
        write!(text, "\n{}: +{:?} -{:?}", change.account, change.gained, change.lost).unwrap();
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/objects");
    insta::with_settings!({ snapshot_path => folder, prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("thanos-12.20.2-12.20.4", text);
    });
}
