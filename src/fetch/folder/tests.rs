//! What real Helm leaves out under many rules (`testdata/helmignore/cases.jsonl`), the walking order, links and limits.

#![allow(clippy::disallowed_methods)]

use std::collections::BTreeSet;
use std::os::unix::fs::symlink;

use serde_json::Value;
use tempfile::TempDir;

use super::*;

fn write(folder: &Path, name: &str, content: &[u8]) {
    let file = folder.join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, content).unwrap();
}

fn chart(names: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    names.iter().for_each(|name| write(folder.path(), name, b"x"));
    folder
}

fn names(folder: &Folder) -> Vec<&str> {
    folder.files.iter().map(|file| &*file.path).collect()
}

/// The folder that Helm was asked about, and the questions with its answers.
fn cases() -> (TempDir, Vec<Value>) {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/helmignore/cases.jsonl")).unwrap();
    let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let shape = lines.next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for name in shape["tree"].as_array().unwrap() {
        write(folder.path(), name.as_str().unwrap(), b"x");
    }
    for (name, target) in shape["links"].as_object().unwrap() {
        symlink(target.as_str().unwrap(), folder.path().join(name)).unwrap();
    }
    (folder, lines.collect())
}

#[test]
fn rules_leave_out_what_they_leave_out_in_helm() {
    let (folder, cases) = cases();
    assert!(cases.len() >= 150, "{}", cases.len());
    let limits = FolderLimits::default();
    write(folder.path(), IGNORE_FILE, b"");
    let mut everything: BTreeSet<String> = names(&read(folder.path(), &limits).unwrap()).into_iter().map(str::to_owned).collect();
    everything.insert("templates/.dot.yaml".to_owned());
    for case in cases {
        fs::write(folder.path().join(IGNORE_FILE), case["rules"].as_str().unwrap()).unwrap();
        match read(folder.path(), &limits) {
            Err(error) => {
                let innermost = error.chain().last().unwrap().to_string();
                assert_eq!(case["error"].as_str(), Some(&*innermost), "{case}");
            }
            Ok(read) if case["lost"] == true => assert!(!names(&read).contains(&"Chart.yaml"), "{case}"),
            Ok(read) => {
                let read = names(&read);
                let ignored: Vec<&str> = everything.iter().map(String::as_str).filter(|name| !read.contains(name)).collect();
                assert_eq!(Value::from(ignored), case["ignored"], "{}", case["rules"]);
                let crds: Vec<&str> = read.into_iter().filter(|name| name.starts_with("crds/")).collect();
                assert_eq!(Value::from(crds), case["crds"], "{}", case["rules"]);
            }
        }
    }
}

#[test]
fn a_refused_rule_is_shown_with_its_line() {
    let folder = chart(&["Chart.yaml"]);
    write(folder.path(), IGNORE_FILE, b"*.md\n\n  charts/**\n");
    let error = read(folder.path(), &FolderLimits::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Syntax);
    assert_eq!(error.place().unwrap().line, 3);
    assert!(error.report().contains("3 |   charts/**"), "{}", error.report());
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let error = read(Path::new("/nowhere/at/all"), &FolderLimits::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(
        error.report(),
        "error: cannot read the chart folder /nowhere/at/all\n  caused by: /nowhere/at/all: no such file or directory\n"
    );
}

#[test]
fn links_are_followed_under_their_own_name() {
    let (folder, outside) = (chart(&["Chart.yaml", "real/a", "real/b"]), chart(&["secret/key"]));
    symlink("real", folder.path().join("alias")).unwrap();
    symlink(outside.path().join("secret"), folder.path().join("out")).unwrap();
    let read = read(folder.path(), &FolderLimits::default()).unwrap();
    assert_eq!(names(&read), ["Chart.yaml", "alias/a", "alias/b", "out/key", "real/a", "real/b"]);
    assert_eq!(read.notices.len(), 1, "{:?}", read.notices);
    assert!(read.notices[0].starts_with("out is a link out of the chart folder"), "{:?}", read.notices);
}

#[test]
fn links_out_of_the_folder_can_be_forbidden() {
    let folder = chart(&["Chart.yaml"]);
    symlink("/etc/passwd", folder.path().join("values.yaml")).unwrap();
    let error = read(folder.path(), &FolderLimits { outside_links: false, ..FolderLimits::default() }).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.report().contains("the link values.yaml leads out of the chart folder, to /etc/passwd"), "{}", error.report());
}

#[test]
fn circles_and_broken_links_are_refused_as_helm_does() {
    for (target, expected) in
        [(".", "the link templates/loop leads back to a folder it is in"), ("gone", "the link templates/loop leads nowhere")]
    {
        let folder = chart(&["Chart.yaml", "templates/a.yaml"]);
        symlink(target, folder.path().join("templates/loop")).unwrap();
        let error = read(folder.path(), &FolderLimits::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Chart);
        assert!(error.report().contains(expected), "{}", error.report());
    }
    let folder = chart(&["Chart.yaml", "templates/a.yaml"]);
    symlink(".", folder.path().join("templates/loop")).unwrap();
    write(folder.path(), IGNORE_FILE, b"loop\n");
    assert_eq!(read(folder.path(), &FolderLimits::default()).unwrap().files.len(), 3);
}

#[test]
fn sockets_are_refused_unless_ignored() {
    let folder = chart(&["Chart.yaml"]);
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("files.sock")).unwrap();
    let error = read(folder.path(), &FolderLimits::default()).unwrap_err();
    assert!(error.report().contains("files.sock is a device, a pipe or a socket"), "{}", error.report());
    write(folder.path(), IGNORE_FILE, b"*.sock\n");
    assert!(read(folder.path(), &FolderLimits::default()).is_ok());
}

#[test]
fn every_limit_is_named_when_it_is_reached() {
    let folder = chart(&["Chart.yaml", "a", "b", "c"]);
    write(folder.path(), "big", &[b'x'; 100]);
    let limits = FolderLimits { file_bytes: 100, chart_bytes: 104, entries: 5, outside_links: true };
    assert_eq!(read(folder.path(), &limits).unwrap().files.len(), 5);
    let table = [
        (FolderLimits { file_bytes: 99, ..limits.clone() }, "the file big is larger than 99 bytes"),
        (FolderLimits { chart_bytes: 103, ..limits.clone() }, "the files up to c are larger than 103 bytes"),
        (FolderLimits { entries: 4, ..limits }, "there are more than 4 files and folders"),
    ];
    for (limits, expected) in table {
        let error = read(folder.path(), &limits).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit);
        assert!(error.report().contains(expected), "{}", error.report());
    }
}

#[test]
fn a_folder_of_a_repository_is_read_as_one_on_disk() {
    let names = ["Chart.yaml", "templates/a.yaml", "templates.txt", "templates/sub/b.yaml", "ci/x.yaml", "tests/y", ".helmignore", "z"];
    let folder = tempfile::tempdir().unwrap();
    let mut tree = std::collections::BTreeMap::new();
    for name in names {
        let content = if name == ".helmignore" { "ci/\ntests\n" } else { name };
        write(folder.path(), name, content.as_bytes());
        tree.insert(format!("apps/thanos/{name}"), Bytes::from(content));
        tree.insert(format!("apps/thanos-2/{name}"), Bytes::from("another chart's"));
    }
    let on_disk = read(folder.path(), &FolderLimits::default()).unwrap();
    let in_repository = in_tree(&tree, "apps/thanos/", &FolderLimits::default()).unwrap();
    let told = |files: &[RawFile]| files.iter().map(|file| (file.path.clone(), file.bytes.clone())).collect::<Vec<_>>();
    assert_eq!(told(&in_repository), told(&on_disk.files));
    assert_eq!(in_tree(&tree, "apps/nothing", &FolderLimits::default()).unwrap_err().kind(), ErrorKind::NotFound);
    let narrow = FolderLimits { file_bytes: 3, ..FolderLimits::default() };
    assert_eq!(in_tree(&tree, "apps/thanos", &narrow).unwrap_err().kind(), ErrorKind::Limit);
}
