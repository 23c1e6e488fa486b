//! What an opened chart says: names of sources, byte-order marks, places and hints of errors, the tree.

use super::{CHART, demo, gzip, opened, show_values, tar};
use crate::chart::{Limits, open, open_archive};
use crate::fetch::{Content, Package, RawFile};

/// A tree: `sub` twice by aliases with `deep` inside, `lone` undeclared and packed as an archive.
fn tree() -> Vec<u8> {
    let lone = gzip(&tar([
        ("lone/Chart.yaml", b"apiVersion: v2\nname: lone\nversion: 3.0.0\n".as_slice()),
        ("lone/values.yaml", b"x: 1\n".as_slice()),
        ("lone/crds/c.yaml", b"kind: C\n".as_slice()),
        ("lone/templates/l.yaml", b"kind: L\n".as_slice()),
    ]));
    let chart = format!(
        "{CHART}dependencies:\n- name: sub\n  version: ^2.0.0\n  alias: one\n  condition: one.enabled\n- name: sub\n  version: 2.x.x\n  \
         alias: two\n  tags: [t]\n- {{name: gone, version: 1.0.0}}\n"
    );
    gzip(&tar([
        ("demo/Chart.yaml", chart.as_bytes()),
        ("demo/Chart.lock", b"dependencies:\n- {name: sub, version: 2.1.0}\n- {name: gone, version: 1.0.0}\n".as_slice()),
        ("demo/values.yaml", b"\xef\xbb\xbfa: 1\n".as_slice()),
        ("demo/values.schema.json", b"{}".as_slice()),
        ("demo/README.md", b"\xef\xbb\xbfread".as_slice()),
        ("demo/crds/b.YAML", b"kind: B\n".as_slice()),
        ("demo/crds/in/a.json", b"{}".as_slice()),
        ("demo/crds/no.txt", b"".as_slice()),
        ("demo/templates/a.yaml", b"old".as_slice()),
        ("demo/templates/a.yaml", b"new".as_slice()),
        ("demo/charts/sub/Chart.yaml", b"apiVersion: v2\nname: sub\nversion: 2.1.0\n".as_slice()),
        ("demo/charts/sub/values.yaml", b"s: 1\n".as_slice()),
        ("demo/charts/sub/templates/s.yaml", b"kind: S\n".as_slice()),
        ("demo/charts/sub/charts/deep/Chart.yaml", b"apiVersion: v2\nname: deep\nversion: 0.1.0\n".as_slice()),
        ("demo/charts/sub/charts/deep/values.yaml", b"d: 1\n".as_slice()),
        ("demo/charts/lone-3.0.0.tgz", lone.as_slice()),
    ]))
}

#[test]
fn charts_are_mounted_under_names_and_aliases() {
    let chart = opened(tree());
    let mounts: Vec<String> = (chart.mounted().iter())
        .map(|mounted| {
            let condition = mounted.dependency.and_then(|dependency| dependency.condition.as_deref()).unwrap_or("-");
            let locked = mounted.locked.unwrap_or("-");
            format!("{} {} {condition} {locked}", mounted.full_path(&chart), mounted.chart.full_name())
        })
        .collect();
    assert_eq!(
        mounts,
        [
            "demo demo-1.0.0 - -",
            "demo/charts/lone lone-3.0.0 - -",
            "demo/charts/one sub-2.1.0 one.enabled 2.1.0",
            "demo/charts/one/charts/deep deep-0.1.0 - -",
            "demo/charts/two sub-2.1.0 - 2.1.0",
            "demo/charts/two/charts/deep deep-0.1.0 - -",
        ]
    );
    assert_eq!(chart.missing_dependencies().len(), 1);
}

#[test]
fn sources_are_named_by_their_path_from_the_root_chart() {
    let chart = opened(tree());
    let names: Vec<&str> = chart.charts().iter().map(|chart| &*chart.values.as_ref().unwrap().at.source.name).collect();
    assert_eq!(
        names,
        ["demo/values.yaml", "demo/charts/lone/values.yaml", "demo/charts/sub/values.yaml", "demo/charts/sub/charts/deep/values.yaml"]
    );
    assert_eq!(chart.charts()[1].metadata.node.at.source.name, "demo/charts/lone/Chart.yaml");
    assert_eq!(chart.charts()[1].origin, "charts/lone-3.0.0.tgz");
}

#[test]
fn files_are_found_by_their_path_in_the_root_chart() {
    let chart = opened(tree());
    let paths = |files: Vec<(String, &crate::chart::File)>| files.into_iter().map(|(path, _)| path).collect::<Vec<_>>();
    assert_eq!(paths(chart.all_templates()), ["templates/a.yaml", "charts/lone/templates/l.yaml", "charts/sub/templates/s.yaml"]);
    assert_eq!(paths(chart.crds()), ["crds/b.YAML", "crds/in/a.json", "charts/lone/crds/c.yaml"]);
    for (path, content) in [
        ("templates/a.yaml", "new"),
        ("README.md", "read"),
        ("values.schema.json", "{}"),
        ("charts/lone/templates/l.yaml", "kind: L\n"),
        ("charts/sub/templates/s.yaml", "kind: S\n"),
    ] {
        assert_eq!(chart.file(path).map(|file| &*file.bytes), Some(content.as_bytes()), "{path}");
    }
    assert!(chart.file("charts/sub/templates/none.yaml").is_none());
    assert!(chart.subcharts[1].file("templates/s.yaml").is_some());
}

#[test]
fn two_archives_of_one_chart_keep_folders_of_their_own() {
    let version = |version: &str| {
        let chart = format!("apiVersion: v2\nname: sub\nversion: {version}\n");
        gzip(&tar([("sub/Chart.yaml", chart.as_bytes())]))
    };
    let (old, new) = (version("1.0.0"), version("2.0.0"));
    let chart = opened(gzip(&tar([
        ("demo/Chart.yaml", CHART.as_bytes()),
        ("demo/charts/sub-1.0.0.tgz", old.as_slice()),
        ("demo/charts/sub-2.0.0.tgz", new.as_slice()),
    ])));
    let folders: Vec<&str> = chart.subcharts.iter().map(|chart| chart.folder.as_str()).collect();
    assert_eq!(folders, ["charts/sub", "charts/sub-2.0.0"]);
}

#[test]
fn missing_and_empty_values_are_told_apart() {
    assert!(opened(demo(&[])).values.is_none());
    for text in ["", "# nothing\n", "~\n", "{}\n"] {
        let chart = opened(demo(&[("values.yaml", text)]));
        assert!(chart.values.as_ref().and_then(|values| values.as_map()).is_some_and(crate::value::Mapping::is_empty), "{text:?}");
    }
}

#[test]
fn errors_show_the_place_and_what_to_try() {
    let report = |files: &[(&str, &str)]| open_archive(demo(files), &Limits::default()).unwrap_err().report();
    let mut all = String::new();
    for files in [
        [("Chart.yaml", "apiVersion: v2\nname: demo\nversion: 1.0.0\nappVersion:\n  a: 1\n"), ("a", "")],
        [("Chart.yaml", "apiVersion: v2\nname: demo\nversion: one\n"), ("a", "")],
        [("Chart.yaml", "apiVersion: v2\nname: demo\nversion: 1.0.0\ndependencies:\n- name: a\n- name: b\n  alias: a.b\n"), ("a", "")],
        [("values.yaml", "- a\n"), ("a", "")],
        [("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\n"), ("charts/sub/values.yaml", "")],
        [("charts/sub/Chart.yaml", CHART), ("charts/sub/values.yaml", "text\n")],
        [("charts/README.md", ""), ("a", "")],
        [("Chart.lock", "generated: soon\n"), ("a", "")],
    ] {
        all.push_str(&report(&files));
        all.push('\n');
    }
    insta::with_settings!({ snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/chart"), prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("errors", all);
    });
}

#[test]
fn text_that_is_not_text_is_refused_at_its_place() {
    for (bytes, wanted) in [
        (b"a: 1\nb: \xff".as_slice(), "invalid leading UTF-8 octet"),
        (b"a: 1\nb: \xc3(", "invalid trailing UTF-8 octet"),
        (b"a: 1\nb: \xe2\x82", "incomplete UTF-8 octet sequence"),
        (b"a: 1\nb: \xc0\x80", "invalid length of a UTF-8 sequence"),
        (b"a: 1\nb: \xed\xa0\x80", "invalid Unicode character"),
    ] {
        let packed = gzip(&tar([("demo/Chart.yaml", CHART.as_bytes()), ("demo/values.yaml", bytes)]));
        if let Some(shown) = show_values(&packed) {
            assert!(shown.unwrap_err().contains(wanted), "{wanted}");
        }
        let error = open_archive(packed, &Limits::default()).unwrap_err();
        assert!(error.report().contains(wanted), "{error:?}");
        assert_eq!(error.place().map(ToString::to_string).as_deref(), Some("demo/values.yaml:2:4"), "{wanted}");
    }
    let utf16: Vec<u8> = "\u{feff}a: é\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let chart = opened(gzip(&tar([("demo/Chart.yaml", CHART.as_bytes()), ("demo/values.yaml", utf16.as_slice())])));
    assert_eq!(chart.values.unwrap().get("a").and_then(crate::value::Node::as_str), Some("é"));
}

#[test]
fn a_folder_opens_like_an_archive() {
    let file = |path: &str, text: &str| RawFile { path: path.to_owned(), bytes: text.as_bytes().to_vec().into() };
    let files = vec![file("Chart.yaml", &format!("\u{feff}{CHART}")), file("values.yaml", "a: 1\n"), file("charts/sub/Chart.yaml", CHART)];
    let package = Package { content: Content::Folder(files), origin: "some/where/folder/".to_owned(), digest: None };
    let chart = open(&package, &Limits::default()).unwrap();
    assert_eq!((chart.full_name().as_str(), chart.subcharts.len(), chart.origin.as_str()), ("demo-1.0.0", 1, "some/where/folder/"));
    assert_eq!(chart.values.unwrap().at.source.name, "demo/values.yaml");
}

#[test]
fn old_files_in_new_charts_are_warned_of() {
    let chart = opened(demo(&[("requirements.yaml", "dependencies: []\n")]));
    assert_eq!(chart.warnings.len(), 1);
    assert!(chart.files.is_empty());
    let chart = opened(demo(&[("Chart.yaml", "name: demo\nversion: 1.0.0\n"), ("requirements.yaml", "dependencies: []\n")]));
    assert!(chart.warnings.is_empty() && chart.metadata.declares_dependencies);
    assert_eq!(chart.files[0].path, "requirements.yaml");
}
