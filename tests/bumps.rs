//! Which charts a change moves: small repositories in two states, one file a case in `testdata/bumps`, and what must be found between them.
//!
//! A case is a text: a line that says what it is about, then files. `-- old/PATH --` and `-- new/PATH --` stand in one tree,
//! `-- PATH --` in both; inside of a file `[-was-]` is only in the old tree and `{+is+}` only in the new one, and a line that is left
//! empty by that is gone. The last part, `-- expected --`, is what [`chartshift::bump::find`] must say, word for word.
//! `CHARTSHIFT_RENEW_BUMPS=1 cargo test --test bumps` writes it anew, to be read by a person.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use chartshift::bump::{self, Bump, Found, Layer, Source, Surroundings};
use chartshift::fetch::tree;

/// The URL that every case's repository has.
const OWN: &str = "https://github.com/acme/platform.git";

type Files = BTreeMap<String, Bytes>;

struct Case {
    path: PathBuf,
    /// Everything above the expected part.
    given: String,
    expected: String,
    old: Files,
    new: Files,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/bumps");
    let mut paths = Vec::new();
    for tool in std::fs::read_dir(folder).expect("the cases") {
        let files = std::fs::read_dir(tool.unwrap().path()).expect("a folder for each tool");
        paths.extend(files.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|ending| ending == "txt")));
    }
    paths.sort();
    paths.into_iter().map(read_case).collect()
}

fn read_case(path: PathBuf) -> Case {
    let text = std::fs::read_to_string(&path).unwrap();
    let (given, expected) = text.split_once("-- expected --\n").unwrap_or((&text, ""));
    let mut case = Case { old: Files::new(), new: Files::new(), given: given.to_owned(), expected: expected.to_owned(), path };
    let mut parts: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in given.lines() {
        match line.strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --")) {
            Some(name) => parts.push((name, Vec::new())),
            None => parts.last_mut().into_iter().for_each(|(_, lines)| lines.push(line)),
        }
    }
    for (name, lines) in parts {
        let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
        let side = |keep: (&str, &str), drop: (&str, &str)| Bytes::from(one_side(&text, keep, drop));
        let (old, new) = (side(("[-", "-]"), ("{+", "+}")), side(("{+", "+}"), ("[-", "-]")));
        match (name.strip_prefix("old/"), name.strip_prefix("new/")) {
            (Some(name), _) => drop(case.old.insert(name.to_owned(), old)),
            (_, Some(name)) => drop(case.new.insert(name.to_owned(), new)),
            _ => {
                case.old.insert(name.to_owned(), old);
                case.new.insert(name.to_owned(), new);
            }
        }
    }
    case
}

/// A file as it stands in one tree. A line of which nothing is left is gone.
fn one_side(text: &str, keep: (&str, &str), drop: (&str, &str)) -> String {
    const GONE: char = '\u{1}';
    let mut text = text.to_owned();
    while let Some(start) = text.find(drop.0) {
        let end = start + text[start..].find(drop.1).expect("a closed mark") + drop.1.len();
        text.replace_range(start..end, &GONE.to_string());
    }
    let is_left = |line: &&str| !line.contains(GONE) || line.chars().any(|c| c != GONE && !c.is_whitespace());
    let text: String = text.split_inclusive('\n').filter(is_left).collect();
    text.replace(GONE, "").replace(keep.0, "").replace(keep.1, "")
}

fn find(old: &Files, new: &Files) -> Found {
    let changed = tree::changes(old, new).unwrap();
    bump::find(old, new, &changed, &Surroundings { own_urls: vec![OWN.into()] }).unwrap()
}

fn describe(found: &Found) -> String {
    let mut text = String::new();
    for bump in &found.bumps {
        describe_bump(&mut text, bump);
    }
    for left in &found.unreviewed {
        let place = format!("{}:{}", left.place.file, left.place.line);
        let _ = writeln!(text, "not reviewed: {:?} {place} {:?}: {}", left.tool, left.chart, left.reason);
        let _ = left.hint.iter().try_for_each(|hint| writeln!(text, "  hint: {hint}"));
    }
    if text.is_empty() { "nothing\n".into() } else { text }
}

fn describe_bump(text: &mut String, bump: &Bump) {
    let moved = |place: &chartshift::error::Place| format!("{}:{}", place.file, place.line);
    let from = if moved(&bump.place) == moved(&bump.old_place) { String::new() } else { format!(", was {}", moved(&bump.old_place)) };
    let _ = writeln!(text, "{:?} {} at {}{from}", bump.tool, bump.chart, moved(&bump.place));
    let _ = writeln!(text, "  {}\n  {}", source(&bump.old), source(&bump.new));
    let _ = writeln!(text, "  release {} in {}", bump.release, bump.namespace);
    if let Some(key) = &bump.values_key {
        let _ = writeln!(text, "  values key {key}");
    }
    for layer in &bump.values {
        let _ = match layer {
            Layer::Values(node) => {
                writeln!(text, "  values {}:{} {}", node.at.source.name, node.at.line, serde_json::to_string(node).unwrap())
            }
            Layer::Set(set) => writeln!(text, "  set {set}"),
            Layer::SetString(set) => writeln!(text, "  set-string {set}"),
            Layer::SetJson(set) => writeln!(text, "  set-json {set}"),
            Layer::SetFile(key, file, content) => writeln!(text, "  set-file {key}={file} {content:?}"),
        };
    }
    if !bump.values_files.is_empty() {
        let _ = writeln!(text, "  files {}", bump.values_files.join(" "));
    }
    if let Some(why) = &bump.switched_off {
        let _ = writeln!(text, "  off: {why}");
    }
    if bump.kube_version.is_some() || !bump.api_versions.is_empty() {
        let _ = writeln!(text, "  capabilities {:?} {:?}", bump.kube_version, bump.api_versions);
    }
    for unread in &bump.unread {
        let _ = writeln!(text, "  unread {}: {}", unread.what, unread.why);
    }
}

fn source(source: &Source) -> String {
    match source {
        Source::Repository { url, chart, version } => format!("{url} {chart} {version}"),
        Source::Oci { repository, version, digest } => {
            format!("oci://{repository} {version}{}", digest.iter().map(|digest| format!("@{digest}")).collect::<String>())
        }
        Source::Folder(folder) => format!("folder {folder}"),
    }
}

#[test]
fn every_case_finds_what_it_says() {
    let renew = std::env::var_os("CHARTSHIFT_RENEW_BUMPS").is_some();
    let mut wrong = String::new();
    for case in cases() {
        let said = describe(&find(&case.old, &case.new));
        if renew {
            std::fs::write(&case.path, format!("{}-- expected --\n{said}", case.given)).unwrap();
        } else if said != case.expected {
            let _ = writeln!(wrong, "{}\nexpected\n{}found\n{said}", case.path.display(), case.expected);
        }
    }
    assert!(!renew, "the expected parts were written anew: read them, and run again");
    assert!(wrong.is_empty(), "{wrong}");
}

/// A tree that didn't change has nothing that moved, and nothing in it is parsed.
#[test]
fn unchanged_files_are_not_parsed() {
    for case in cases() {
        let found = find(&case.new, &case.new);
        assert_eq!((found.bumps.len(), found.unreviewed.len(), found.parsed_files), (0, 0, 0), "{}", case.path.display());
    }
}

#[test]
fn there_are_enough_cases_of_every_tool() {
    let mut by_tool: BTreeMap<String, usize> = BTreeMap::new();
    for case in cases() {
        let tool = case.path.parent().and_then(Path::file_name).unwrap().to_string_lossy().into_owned();
        *by_tool.entry(tool).or_default() += 1;
    }
    assert!(by_tool.values().sum::<usize>() >= 120, "{by_tool:?}");
    for tool in ["argocd", "chart", "flux", "helmfile", "kustomize", "terraform", "fleet", "marker", "local"] {
        assert!(by_tool.get(tool).is_some_and(|count| *count >= 3), "{tool}: {by_tool:?}");
    }
}

/// In a repository of many releases, only what a change concerns is parsed.
#[test]
fn of_many_releases_only_the_changed_ones_are_parsed() {
    let mut old = Files::new();
    let release = |name: &str, version: &str| {
        format!(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: {name}, namespace: apps}}\nspec:\n  chart:\n    spec:\n      \
             chart: redis\n      version: {version}\n      sourceRef:\n        kind: HelmRepository\n        name: bitnami\n  valuesFrom: [{{kind: ConfigMap, name: values-{name}}}]\n"
        )
    };
    for number in 0..300 {
        old.insert(format!("apps/{number}/release.yaml"), release(&format!("r{number}"), "18.1.0").into());
        let values = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: values-r{number}, namespace: apps}}\ndata:\n  values.yaml: \"n: {number}\"\n"
        );
        old.insert(format!("apps/{number}/values.yaml"), values.into());
    }
    old.insert("sources/bitnami.yaml".into(), "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: bitnami, namespace: apps}\nspec: {url: 'https://charts.bitnami.com/bitnami'}\n".into());
    let mut new = old.clone();
    new.insert("apps/7/release.yaml".into(), release("r7", "18.2.0").into());
    let found = find(&old, &new);
    assert_eq!((found.bumps.len(), found.unreviewed.len()), (1, 0));
    assert_eq!(found.bumps[0].values.len(), 1, "{:?}", found.bumps[0]);
    // The release and its repository on both sides, and the values on the new one.
    assert_eq!(found.parsed_files, 5);
}

/// Whatever stands in a file, reading it ends, and the other files are read.
#[test]
fn a_broken_file_never_stops_the_others() {
    let deep = "[".repeat(100_000);
    let bomb: String = std::iter::once("a0: &a0 [x]\n".to_owned())
        .chain((1..60).map(|at| format!("a{at}: &a{at} [*a{}, *a{}]\n", at - 1, at - 1)))
        .collect();
    let bytes = [
        "\0\u{1}\u{7f}".into(),
        deep,
        bomb,
        "kind: Application\nspec: *nothing".into(),
        "{{ {{ }} {% - : : -".into(),
        "\u{feff}---\n---\n...\n%YAML 9.9".into(),
    ];
    let words = "apiVersion: argoproj.io/v1alpha1 helm.toolkit.fluxcd.io\nkind: Application HelmRelease\nreleases:\n- chart: x\nhelmCharts:\n# chartshift: repo=x chart=y\n";
    for hostile in bytes {
        let mut old = Files::new();
        let mut new = Files::new();
        for name in ["a.yaml", "Chart.yaml", "helmfile.yaml", "kustomization.yaml", "fleet.yaml", "main.tf", "x.json", "b/values.yaml"] {
            old.insert(format!("x/{name}"), words.into());
            new.insert(format!("x/{name}"), format!("{words}helm_release {hostile}").into());
        }
        let marked = |version: &str| Bytes::from(format!("# chartshift: repo=https://charts.example.com chart=x\nV={version}\n"));
        old.insert("good.sh".into(), marked("1.0.0"));
        new.insert("good.sh".into(), marked("1.1.0"));
        let found = find(&old, &new);
        assert_eq!(found.bumps.len(), 1, "{hostile:.20}: {}", describe(&found));
        assert!(!found.unreviewed.is_empty(), "{hostile:.20}");
    }
}
