//! Every rule on every fixture pair, and on the published charts of the corpus where it is present.
//!
//! A fixture is a text file `testdata/rules/<rule>/<name>.txtar` in Go's txtar format (<https://pkg.go.dev/golang.org/x/tools/txtar>): what it
//! shows, then files as `-- old/values.yaml --`; `both/…` stands for both sides, and a Chart.yaml is supplied where there is none. One with
//! `objects.yaml` is two renders, see [`rendered`]. On
//! `fires*` the rule must fire, on `quiet*` it must not.
#![allow(clippy::disallowed_methods, reason = "fixtures and corpus are on disk")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test stops at the first surprise, and says what it skipped"
)]

mod engine;
mod rendered;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use chartshift::chart::{self, Chart};
use chartshift::classify::{self, Catalogue, Classified, Confidence, Finding, Settings, Severity, Subject, page};
use chartshift::diff;
use chartshift::fetch::{Content, Package, RawFile};

/// What the ids of the built-in rules begin with.
const SUBJECTS: [&str; 19] = [
    "admission-",
    "app-auth-",
    "client-id-",
    "egress-",
    "env-",
    "host-network-",
    "image-",
    "namespace-",
    "permission-",
    "proxy-",
    "service-account-",
    "skip-containers-",
    "tenant-id-",
    "token-",
    "upgrade-",
    "use-label-",
    "webhook-",
    "workload-identity-",
    "token-request-",
];

struct Fixture {
    /// `token-expiry-default-changed/fires`.
    name: String,
    rule: String,
    fires: bool,
    old: Chart,
    new: Chart,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Every fixture: its name, its rule, whether the rule fires on it, its text.
fn fixtures_of() -> Vec<(String, String, bool, String)> {
    let folders = sorted(&root().join("testdata/rules"));
    let files = folders.iter().filter(|path| path.is_dir() && !path.ends_with("snapshots")).flat_map(|folder| sorted(folder));
    files
        .map(|file| {
            let rule = file.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
            let stem = file.file_stem().unwrap().to_str().unwrap();
            let fires = stem.starts_with("fires");
            assert!(fires || stem.starts_with("quiet"), "{} is named neither fires nor quiet", file.display());
            (format!("{rule}/{stem}"), rule, fires, fs::read_to_string(&file).unwrap())
        })
        .collect()
}

/// The fixtures that are two charts.
fn fixtures() -> Vec<Fixture> {
    let charts = fixtures_of().into_iter().filter(|(_, _, _, text)| !text.contains("/objects.yaml --"));
    charts
        .map(|(name, rule, fires, text)| Fixture { old: side(&text, "old", &name), new: side(&text, "new", &name), name, rule, fires })
        .collect()
}

/// One side of a txtar file, opened by the real loader.
fn side(text: &str, side: &str, name: &str) -> Chart {
    let mut files = txtar(text, side, name);
    let version = if side == "old" { "1.0.0" } else { "1.0.1" };
    files.entry("Chart.yaml".into()).or_insert_with(|| format!("apiVersion: v2\nname: fixture\nversion: {version}\n"));
    let files = files.into_iter().map(|(path, text)| RawFile { path, bytes: text.into() }).collect();
    let package = Package { content: Content::Folder(files), origin: name.to_owned(), digest: None };
    chart::open(&package, &chart::Limits::default()).unwrap()
}

/// The files of one side of a txtar file.
fn txtar(text: &str, side: &str, name: &str) -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut current: Option<&mut String> = None;
    for line in text.lines() {
        if let Some(path) = line.strip_prefix("-- ").and_then(|line| line.strip_suffix(" --")) {
            let (of, path) = path.split_once('/').unwrap();
            assert!(["old", "new", "both"].contains(&of), "{name}: {of}");
            current = (of == side || of == "both").then(|| files.entry(path.to_owned()).or_default());
        } else if let Some(file) = &mut current {
            file.push_str(line);
            file.push('\n');
        }
    }
    files
}

fn run(old: &Chart, new: &Chart, catalogue: &Catalogue) -> Classified {
    let comparison = diff::compare(old, new, &diff::Settings::default());
    assert!(comparison.missing.is_empty(), "{:?}", comparison.missing);
    let classified = classify::classify(&Subject { old, new, comparison: &comparison }, catalogue, &Settings::default());
    assert!(classified.missing.is_empty(), "{:?}", classified.missing);
    classified
}

fn catalogue() -> Catalogue {
    Catalogue::built_in().unwrap()
}

#[test]
fn every_rule_is_well_formed() {
    for rule in catalogue().rules() {
        let id = rule.id();
        rule.check().unwrap_or_else(|error| panic!("{id}: {}", error.report()));
        assert!(SUBJECTS.iter().any(|subject| id.starts_with(subject)), "{id} starts with no known subject");
        assert!(root().join(format!("src/rules/{}/{id}.yaml", rule.pack)).exists(), "{id} is not the name of its file");
        assert!(rule.text.references.iter().all(|link| link.starts_with("https://")), "{id}");
        assert!(!rule.text.references.is_empty(), "{id} has no reference");
        assert!(!rule.text.title.ends_with('.') && !rule.text.title.contains('{'), "{id}: {}", rule.text.title);
        assert!(rule.text.why.len() > 40, "{id} does not say why");
        assert_eq!(rule.text.since, "0.1.0", "{id}");
    }
}

#[test]
fn every_rule_has_a_fixture_and_every_fixture_a_rule() {
    let catalogue = catalogue();
    let rules: BTreeSet<&str> = catalogue.rules().iter().map(|rule| rule.id()).collect();
    let fixtures = fixtures_of();
    let shown: BTreeSet<&str> = fixtures.iter().filter(|(_, _, fires, _)| *fires).map(|(_, rule, _, _)| rule.as_str()).collect();
    assert_eq!(rules, shown);
    assert!(fixtures.iter().all(|(_, rule, _, _)| rules.contains(rule.as_str())));
}

#[test]
fn rules_fire_on_their_fixtures_and_nowhere_they_should_not() {
    let catalogue = catalogue();
    let mut everywhere: BTreeMap<String, String> = BTreeMap::new();
    let mut wrong = Vec::new();
    for fixture in fixtures() {
        let classified = run(&fixture.old, &fixture.new, &catalogue);
        let fired = classified.findings.iter().any(|finding| finding.rule == fixture.rule);
        if fired != fixture.fires {
            wrong.push(format!("{}: {}", fixture.name, if fired { "fired" } else { "stayed silent" }));
        }
        for finding in &classified.findings {
            let text = everywhere.entry(finding.rule.clone()).or_default();
            let _ = writeln!(text, "{}\n{}", fixture.name, told(finding));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    snapshots().bind(|| everywhere.iter().for_each(|(rule, text)| insta::assert_snapshot!(rule.as_str(), text)));
}

#[test]
fn the_same_chart_twice_is_silent() {
    let catalogue = catalogue();
    for fixture in fixtures() {
        for chart in [&fixture.old, &fixture.new] {
            let findings = run(chart, chart, &catalogue).findings;
            assert!(findings.is_empty(), "{}: {}", fixture.name, findings[0].rule);
        }
    }
}

/// A finding as a reviewer of the snapshots reads it.
fn told(finding: &Finding) -> String {
    let mut text = format!("  {:?}: {}\n", finding.severity, finding.message);
    for place in &finding.changes {
        let line = |line: Option<u32>| line.map_or("-".to_owned(), |line| line.to_string());
        let _ = writeln!(text, "  at {} {}:{}→{}", place.path, place.file, line(place.old_line), line(place.new_line));
        if let Some(note) = &place.note {
            let _ = writeln!(text, "     note: {note}");
        }
    }
    for place in &finding.beside {
        let _ = writeln!(text, "  beside {}", place.path);
    }
    for (path, value) in finding.fix.iter().flat_map(|fix| &fix.values) {
        let _ = writeln!(text, "  set {path}={}", serde_json::to_string(value).unwrap());
    }
    text
}

#[test]
fn rules_are_explained() {
    let catalogue = catalogue();
    for rule in catalogue.rules() {
        let page = page::explain(&catalogue, rule.id()).unwrap().markdown();
        assert!(page.starts_with(&format!("# {}\n\n{}\n", rule.id(), rule.text.title)) && page.contains("## When it fires"));
    }
    let page = page::explain(&catalogue, "service-account-create-flipped").unwrap();
    snapshots().bind(|| insta::assert_snapshot!("page", page.markdown()));
}

fn snapshots() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root().join("testdata/rules/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

fn corpus() -> Option<PathBuf> {
    let corpus = root().join("../shared/corpus");
    if !corpus.is_dir() {
        eprintln!("skipped: no corpus");
        return None;
    }
    Some(corpus)
}

fn published(corpus: &Path, name: &str, version: &str) -> Chart {
    let bytes = fs::read(corpus.join(format!("charts/{name}-{version}.tgz"))).unwrap();
    let package = Package { content: Content::Archive(bytes.into()), origin: format!("{name}-{version}.tgz"), digest: None };
    chart::open(&package, &chart::Limits::default()).unwrap()
}

#[test]
fn the_incident() {
    let Some(corpus) = corpus() else { return };
    let (old, new) = (published(&corpus, "thanos", "12.20.2"), published(&corpus, "thanos", "12.20.4"));
    let classified = run(&old, &new, &catalogue());
    let finding = |rule: &str| classified.findings.iter().find(|finding| finding.rule == rule).unwrap();

    let create = finding("service-account-create-flipped");
    assert_eq!((create.severity, create.confidence, create.changes.len()), (Severity::High, Confidence::Possible, 1));

    let mount = finding("token-mount-default-flipped");
    assert_eq!((mount.severity, mount.confidence, mount.changes.len()), (Severity::Medium, Confidence::Possible, 9));
    let beside: Vec<String> = mount.beside.iter().map(|place| place.path.to_string()).collect();
    assert_eq!(beside, ["serviceAccount.create"]);
    assert!(mount.message.starts_with("Look at this first") && mount.message.contains("serviceAccount.create: false → true"));
    assert!(mount.message.contains("separate projected volume"));
    assert_eq!(mount.changes.iter().filter(|place| place.note.is_some()).count(), 8, "{}", told(mount));
    assert_eq!(mount.fix.as_ref().unwrap().values.len(), 9);
}

/// How often each rule fires on each pair of published versions.
#[test]
fn published_charts() {
    let Some(corpus) = corpus() else { return };
    let catalogue = catalogue();
    let mut text = String::new();
    for pair in sorted(&corpus.join("pairs")) {
        let pair = pair.file_name().unwrap().to_str().unwrap();
        let parts: Vec<&str> = pair.rsplitn(3, '-').collect();
        let (old, new) = (published(&corpus, parts[2], parts[1]), published(&corpus, parts[2], parts[0]));
        let _ = writeln!(text, "{pair}");
        for finding in run(&old, &new, &catalogue).findings {
            let _ = writeln!(text, "  {:?} {} ×{}", finding.severity, finding.rule, finding.changes.len());
            if std::env::var_os("RULES_TELL").is_some() {
                eprintln!("{pair} {}\n{}", finding.rule, told(&finding));
            }
        }
    }
    snapshots().bind(|| insta::assert_snapshot!("published-charts", text));
}
