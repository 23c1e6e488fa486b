//! Reading git: real repositories, made by the `git` on the path in a temporary folder.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

use chartshift::bump::{self, Surroundings};
use chartshift::error::ErrorKind;
use chartshift::fetch::git::{CommitTree, FILE_BYTES, Repository};
use chartshift::fetch::tree::{ChangedFile, Outside, Tree as _};

/// A repository of its own, and what is done in it.
struct Lab {
    _home: tempfile::TempDir,
    folder: PathBuf,
}

impl Lab {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let lab = Self { folder: home.path().join("repo"), _home: home };
        std::fs::create_dir(&lab.folder).unwrap();
        lab.git(&["init", "-q", "-b", "main"]);
        lab
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(&self.folder, arguments)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Commits everything, and gives the commit's id.
    fn commit(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn open(&self) -> Repository {
        Repository::open(&self.folder).unwrap()
    }
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "protocol.file.allow=always", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .expect("git");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn changes(repository: &Repository, old: &str, new: &str) -> Vec<ChangedFile> {
    let tree = |commit: &str| -> CommitTree { repository.tree(commit).unwrap() };
    tree(new).changes_since(&tree(old)).unwrap()
}

fn changed(old: Option<&str>, new: Option<&str>) -> ChangedFile {
    ChangedFile { old: old.map(Into::into), new: new.map(Into::into) }
}

const APPLICATION: &str = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: redis, namespace: argocd}\nspec:\n  source:\n    repoURL: https://charts.bitnami.com/bitnami\n    chart: redis\n    targetRevision: VERSION\n";

#[test]
fn revisions_are_resolved_as_git_resolves_them() {
    let lab = Lab::new();
    lab.write("a", "1");
    let first = lab.commit("first");
    lab.git(&["tag", "-a", "v1", "-m", "annotated"]);
    lab.write("a", "2");
    let second = lab.commit("second");
    let repository = lab.open();
    for (revision, expected) in
        [("HEAD", &second), ("main", &second), ("HEAD~1", &first), ("v1", &first), (&second[..10], &second), ("refs/heads/main", &second)]
    {
        assert_eq!(&repository.commit(revision).unwrap(), expected, "{revision}");
    }
    let error = repository.commit("origin/nothing").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.report().contains("git fetch origin"), "{}", error.report());
    assert_eq!(repository.tree("main").err().map(|error| error.kind()), Some(ErrorKind::Usage));
}

#[test]
fn a_folder_below_the_root_is_in_the_repository_and_one_outside_is_not() {
    let lab = Lab::new();
    lab.write("deep/er/a", "1");
    lab.commit("first");
    assert!(Repository::open(&lab.folder.join("deep/er")).is_ok());
    let elsewhere = tempfile::tempdir().unwrap();
    let error = Repository::open(elsewhere.path()).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("not in a git repository"), "{error}");
}

#[test]
fn the_merge_base_is_where_the_branch_began() {
    let lab = Lab::new();
    lab.write("a", "1");
    let base = lab.commit("base");
    lab.git(&["checkout", "-q", "-b", "feature"]);
    lab.write("b", "1");
    let feature = lab.commit("feature");
    lab.git(&["checkout", "-q", "main"]);
    lab.write("c", "1");
    let main = lab.commit("main goes on");
    let repository = lab.open();
    assert_eq!(repository.merge_base(&main, &feature).unwrap(), base);
    lab.git(&["checkout", "-q", "--orphan", "alone"]);
    let alone = lab.commit("no history");
    let error = lab.open().merge_base(&main, &alone).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("no common ancestor"), "{error}");
}

#[test]
fn a_shallow_clone_says_what_to_fetch() {
    let lab = Lab::new();
    lab.write("a", "1");
    let base = lab.commit("base");
    lab.git(&["checkout", "-q", "-b", "feature"]);
    for round in 0..3 {
        lab.write("b", &round.to_string());
        lab.commit("more");
    }
    let feature = lab.git(&["rev-parse", "HEAD"]);
    lab.git(&["checkout", "-q", "main"]);
    lab.write("c", "1");
    let main = lab.commit("main goes on");
    let clone = lab.folder.parent().unwrap().join("clone");
    let url = format!("file://{}", lab.folder.display());
    git(lab.folder.parent().unwrap(), &["clone", "-q", "--depth", "1", "--no-single-branch", &url, "clone"]);
    let repository = Repository::open(&clone).unwrap();
    assert!(repository.is_shallow());
    assert_eq!(repository.commit("origin/feature").unwrap(), feature);
    for error in [
        repository.merge_base(&main, &feature).unwrap_err(),
        repository.commit(&base).unwrap_err(),
        repository.commit("HEAD~2").unwrap_err(),
    ] {
        assert!(error.report().contains("fetch-depth: 0"), "{}", error.report());
    }
    // Both ends are there: comparing them needs no history.
    assert_eq!(changes(&repository, &main, &feature), [changed(None, Some("b")), changed(Some("c"), None)]);
    git(&clone, &["fetch", "-q", "--unshallow"]);
    assert_eq!(Repository::open(&clone).unwrap().merge_base(&main, &feature).unwrap(), base);
}

#[test]
fn moved_files_are_found_packed_and_loose() {
    let lab = Lab::new();
    let long: String = (0..40).map(|line| format!("line {line}\n")).collect();
    lab.write("apps/a.yaml", &long);
    lab.write("apps/b.yaml", "short and of its own\n");
    lab.write("apps/gone.yaml", "unlike: everything\n");
    lab.write("apps/stays.yaml", "same\n");
    let old = lab.commit("old");
    lab.git(&["mv", "apps/a.yaml", "moved.yaml"]);
    lab.write("moved.yaml", &long.replace("line 7\n", "line seven\n"));
    lab.git(&["mv", "apps/b.yaml", "apps/c.yaml"]);
    lab.git(&["rm", "-q", "apps/gone.yaml"]);
    lab.write("fresh.yaml", "completely: new\n");
    let new = lab.commit("new");
    let expected = [
        changed(Some("apps/b.yaml"), Some("apps/c.yaml")),
        changed(Some("apps/gone.yaml"), None),
        changed(None, Some("fresh.yaml")),
        changed(Some("apps/a.yaml"), Some("moved.yaml")),
    ];
    assert_eq!(changes(&lab.open(), &old, &new), expected);
    lab.git(&["gc", "-q", "--prune=now"]);
    assert_eq!(changes(&lab.open(), &old, &new), expected);
}

#[test]
fn links_and_submodules_are_named_and_not_followed() {
    let lab = Lab::new();
    let other = Lab::new();
    other.write("values.yaml", "a: 1");
    other.commit("first");
    lab.write("real.yaml", "a: 1");
    let old = lab.commit("old");
    #[cfg(unix)]
    std::os::unix::fs::symlink("real.yaml", lab.folder.join("link.yaml")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("/etc", lab.folder.join("folder")).unwrap();
    lab.git(&["submodule", "--quiet", "add", other.folder.to_str().unwrap(), "vendored"]);
    let new = lab.commit("new");
    let repository = lab.open();
    let (old, new) = (repository.tree(&old).unwrap(), repository.tree(&new).unwrap());
    assert_eq!(new.files("").unwrap(), [".gitmodules", "real.yaml"]);
    for (path, outside) in [
        ("link.yaml", Some(Outside::Link)),
        ("folder/passwd", Some(Outside::Link)),
        ("vendored", Some(Outside::Submodule)),
        ("vendored/values.yaml", Some(Outside::Submodule)),
        ("real.yaml", None),
        ("nothing", None),
        ("../real.yaml", None),
    ] {
        assert_eq!(new.outside(path).unwrap(), outside, "{path}");
        assert_eq!(new.read(path).unwrap().is_some(), path == "real.yaml", "{path}");
    }
    assert_eq!(new.submodules_moved_since(&old), ["vendored"]);
    assert_eq!(new.submodules_moved_since(&new), Vec::<String>::new());
}

#[test]
fn a_file_too_large_is_refused_by_the_limits_name() {
    let lab = Lab::new();
    std::fs::File::create(lab.folder.join("large.yaml")).unwrap().set_len(FILE_BYTES + 1).unwrap();
    let commit = lab.commit("large");
    let error = lab.open().tree(&commit).unwrap().read("large.yaml").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert!(error.to_string().contains("FILE_BYTES"), "{error}");
}

#[test]
fn remotes_are_named_without_credentials() {
    let lab = Lab::new();
    lab.git(&["remote", "add", "origin", "https://robot:s3cret@github.com/acme/platform.git"]);
    lab.git(&["remote", "add", "other", "git@github.com:acme/other.git"]);
    let mut urls = lab.open().remote_urls();
    urls.sort();
    assert_eq!(urls, ["git@github.com:acme/other.git", "https://github.com/acme/platform.git"]);
}

#[test]
fn a_bump_is_found_between_two_commits_from_any_thread() {
    let lab = Lab::new();
    lab.write("apps/redis.yaml", &APPLICATION.replace("VERSION", "18.1.0"));
    lab.write("other/values.yaml", "a: 1");
    let old = lab.commit("old");
    lab.git(&["mv", "apps/redis.yaml", "apps/cache.yaml"]);
    lab.write("apps/cache.yaml", &APPLICATION.replace("VERSION", "18.2.0"));
    let new = lab.commit("new");
    let repository = lab.open();
    let (old, new) = (repository.tree(&old).unwrap(), repository.tree(&new).unwrap());
    let changed = new.changes_since(&old).unwrap();
    let find = || bump::find(&old, &new, &changed, &Surroundings::default()).unwrap();
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4)
            .map(|_| {
                scope
                    .spawn(|| find().bumps.into_iter().map(|bump| (bump.place.to_string(), bump.old_place.to_string())).collect::<Vec<_>>())
            })
            .collect();
        for run in runs {
            assert_eq!(run.join().unwrap(), [("apps/cache.yaml:8:21".to_owned(), "apps/redis.yaml:8:21".to_owned())]);
        }
    });
}

#[test]
fn a_values_file_behind_a_link_or_in_a_submodule_is_named() {
    let lab = Lab::new();
    let other = Lab::new();
    other.write("values.yaml", "a: 1");
    other.commit("first");
    lab.git(&["submodule", "--quiet", "add", other.folder.to_str().unwrap(), "vendored"]);
    lab.git(&["remote", "add", "origin", "git@github.com:acme/platform.git"]);
    lab.write("real.yaml", "a: 1");
    #[cfg(unix)]
    std::os::unix::fs::symlink("real.yaml", lab.folder.join("link.yaml")).unwrap();
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: redis, namespace: argocd}\nspec:\n  sources:\n  - repoURL: https://charts.bitnami.com/bitnami\n    chart: redis\n    targetRevision: VERSION\n    helm: {valueFiles: [$v/real.yaml, $v/link.yaml, $v/vendored/values.yaml]}\n  - {repoURL: 'https://github.com/acme/platform', ref: v}\n";
    lab.write("apps/redis.yaml", &application.replace("VERSION", "18.1.0"));
    let old = lab.commit("old");
    lab.write("apps/redis.yaml", &application.replace("VERSION", "18.2.0"));
    let new = lab.commit("new");
    let repository = lab.open();
    let (old, new) = (repository.tree(&old).unwrap(), repository.tree(&new).unwrap());
    let surroundings = Surroundings { own_urls: repository.remote_urls() };
    let found = bump::find(&old, &new, &new.changes_since(&old).unwrap(), &surroundings).unwrap();
    let unread: Vec<String> = found.bumps[0].unread.iter().map(|unread| format!("{}: {}", unread.what, unread.why)).collect();
    assert_eq!(found.bumps[0].values_files, ["real.yaml"]);
    assert_eq!(
        unread,
        [
            "values file link.yaml: it is a symbolic link, which is not followed",
            "values file vendored/values.yaml: it is in a submodule, which is not read"
        ]
    );
}
