//! What a second run is spared, what works without a network, and what a broken cache costs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chartshift::error::ErrorKind;
use chartshift::fetch::{ChartRef, Digest, Options, Package, Silent, fetch_one};

use crate::servers::have;
use crate::servers::nginx::{Nginx, PASSWORD, PROGRAMS, Serving};
use crate::servers::scripted::{Scripted, answer};
use crate::{archived, credentials, failure, from_repository, from_url, in_repository, index, options, thanos};

fn cached(folder: &Path) -> Options {
    Options { cache_dir: Some(folder.to_owned()), ..options() }
}

fn offline(folder: &Path) -> Options {
    Options { offline: true, ..cached(folder) }
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// A repository whose index answers carry these headers, and which knows its validator.
fn repository(headers: &'static [&'static str]) -> Scripted {
    let text = index(&["thanos-1.0.0.tgz"], Some(Digest::of(&thanos())));
    Scripted::start(move |asked| match asked.target.as_str() {
        "/index.yaml" if asked.header("if-none-match") == Some("\"one\"") => answer(304, headers, ""),
        "/index.yaml" => answer(200, headers, &text),
        _ => answer(200, &[], thanos()),
    })
}

#[test]
fn nginx_is_asked_whether_its_index_changed() {
    if !have(&PROGRAMS) {
        return;
    }
    let nginx = Nginx::start(Serving::Open);
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        assert_eq!(archived(&from_repository(&nginx.url, "12.20.4", &cached(folder.path())).unwrap()), nginx.archive("thanos", "12.20.4"));
    }
    assert_eq!(nginx.requests(), ["200 /charts/index.yaml", "200 /charts/thanos-12.20.4.tgz", "304 /charts/index.yaml"]);
}

#[test]
fn an_index_is_kept_as_its_headers_allow() {
    let table: [(&[&str], [&str; 4]); 4] = [
        (&["etag: \"one\""], ["/index.yaml", "/thanos-1.0.0.tgz", "/index.yaml", "/index.yaml"]),
        (&["etag: \"one\"", "cache-control: max-age=600"], ["/index.yaml", "/thanos-1.0.0.tgz", "", ""]),
        (&["cache-control: no-store"], ["/index.yaml", "/thanos-1.0.0.tgz", "/index.yaml", "/index.yaml"]),
        // Without a word about how long it is good, an old file is not taken for one that never changes.
        (&["last-modified: Sun, 06 Nov 1994 08:49:37 GMT"], ["/index.yaml", "/thanos-1.0.0.tgz", "/index.yaml", "/index.yaml"]),
    ];
    for (headers, targets) in table {
        let (server, folder) = (repository(headers), tempfile::tempdir().unwrap());
        for _ in 0..3 {
            assert_eq!(archived(&from_repository(&server.url(""), "1.0.0", &cached(folder.path())).unwrap()), thanos());
        }
        let expected: Vec<&str> = targets.into_iter().filter(|target| !target.is_empty()).collect();
        assert_eq!(server.targets(), expected, "{headers:?}");
    }
}

#[test]
fn a_changed_index_replaces_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let server = Scripted::start(|asked| match asked.number {
        0 => answer(200, &["etag: \"one\""], "apiVersion: v1\nentries: {}\n"),
        1 => answer(200, &["etag: \"two\""], index(&["thanos-1.0.0.tgz"], None)),
        2 => answer(200, &[], thanos()),
        _ => answer(304, &["etag: \"two\""], ""),
    });
    failure(from_repository(&server.url(""), "1.0.0", &cached(folder.path())), ErrorKind::NotFound, &["has no chart thanos"]);
    assert!(from_repository(&server.url(""), "1.0.0", &cached(folder.path())).is_ok());
    assert!(from_repository(&server.url(""), "1.0.0", &offline(folder.path())).is_ok());
    assert_eq!(server.asked()[1].header("if-none-match"), Some("\"one\""));
}

#[test]
fn offline_uses_what_is_there_and_asks_nobody() {
    let (server, folder) = (repository(&["etag: \"one\""]), tempfile::tempdir().unwrap());
    failure(
        from_repository(&server.url(""), "1.0.0", &offline(folder.path())),
        ErrorKind::NotFound,
        &["index.yaml is not in the cache", "--offline"],
    );
    let url = server.url("/thanos-1.0.0.tgz");
    failure(from_url(&url, &offline(folder.path())), ErrorKind::NotFound, &[&url, "is not in the cache"]);
    assert!(server.asked().is_empty());
    let online = from_repository(&server.url(""), "1.0.0", &cached(folder.path())).unwrap();
    let asked = server.asked().len();
    let same = |package: Package| (package.origin, package.digest) == (online.origin.clone(), online.digest);
    assert!(same(from_repository(&server.url(""), "1.0.0", &offline(folder.path())).unwrap()));
    assert!(same(from_url(&url, &offline(folder.path())).unwrap()));
    assert_eq!(server.asked().len(), asked);
}

#[test]
fn a_damaged_package_is_fetched_again() {
    let (server, folder) = (repository(&["cache-control: max-age=600"]), tempfile::tempdir().unwrap());
    assert!(from_repository(&server.url(""), "1.0.0", &cached(folder.path())).is_ok());
    let packages: Vec<PathBuf> = files(folder.path()).into_iter().filter(|path| path.extension().is_some_and(|end| end == "tgz")).collect();
    assert_eq!(packages.len(), 1);
    fs::write(&packages[0], &thanos()[..100]).unwrap();
    failure(from_repository(&server.url(""), "1.0.0", &offline(folder.path())), ErrorKind::NotFound, &["is not in the cache"]);
    assert_eq!(archived(&from_repository(&server.url(""), "1.0.0", &cached(folder.path())).unwrap()), thanos());
    assert_eq!(server.targets(), ["/index.yaml", "/thanos-1.0.0.tgz", "/thanos-1.0.0.tgz"]);
}

#[test]
fn a_damaged_index_is_fetched_again() {
    let (server, folder) = (repository(&["cache-control: max-age=600"]), tempfile::tempdir().unwrap());
    assert!(from_repository(&server.url(""), "1.0.0", &cached(folder.path())).is_ok());
    for file in files(folder.path()) {
        let length = fs::metadata(&file).unwrap().len();
        fs::File::options().write(true).open(&file).unwrap().set_len(length / 2).unwrap();
    }
    assert_eq!(archived(&from_repository(&server.url(""), "1.0.0", &cached(folder.path())).unwrap()), thanos());
    assert_eq!(server.asked().len(), 4);
}

#[test]
fn without_a_place_for_the_cache_it_works_and_says_so_once() {
    let server = repository(&["etag: \"one\""]);
    let blocker = tempfile::NamedTempFile::new().unwrap();
    let silent = Silent::default();
    let options = cached(&blocker.path().join("cache"));
    let package = fetch_one(&in_repository(&server.url(""), "thanos", "1.0.0"), &options, &silent).unwrap();
    assert_eq!(archived(&package), thanos());
    let notices = silent.notices();
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(notices[0].contains("can't be written") && notices[0].contains("going on without it"), "{notices:?}");
}

#[test]
fn no_credentials_and_no_cookies_reach_the_disk() {
    let server = repository(&["etag: \"one\"", "set-cookie: session=a-cookie-of-the-server"]);
    let folder = tempfile::tempdir().unwrap();
    let options = Options { credentials: credentials(), ..cached(folder.path()) };
    assert!(from_repository(&server.url(""), "1.0.0", &options).is_ok());
    let authorization = server.asked()[0].header("authorization").unwrap().trim_start_matches("Basic ").to_owned();
    let found = files(folder.path());
    assert_eq!(found.len(), 3, "{found:?}");
    for file in found {
        let text = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
        for secret in [PASSWORD, &authorization, "a-cookie-of-the-server"] {
            assert!(!text.contains(secret), "{secret} is in {}", file.display());
        }
    }
}

#[test]
fn runs_that_share_a_cache_do_not_disturb_each_other() {
    let (server, folder) = (repository(&["etag: \"one\"", "cache-control: max-age=0"]), tempfile::tempdir().unwrap());
    let run = || {
        let silent = Silent::default();
        let package = fetch_one(&in_repository(&server.url(""), "thanos", "1.0.0"), &cached(folder.path()), &silent).unwrap();
        assert_eq!((archived(&package), silent.notices()), (&thanos()[..], Vec::new()));
    };
    std::thread::scope(|scope| [0; 4].map(|_| scope.spawn(run)).map(|run| run.join().unwrap()));
}

/// A file system of a few pages, gone when dropped.
struct TinyDisk(tempfile::TempDir);

impl TinyDisk {
    /// None where this process may not mount one.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=32k", "tmpfs"]).arg(folder.path()).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(folder))
    }
}

impl Drop for TinyDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_costs_the_cache_and_leaves_nothing_half_written() {
    let Some(disk) = TinyDisk::mount() else {
        eprintln!("skipped: no right to mount a tmpfs");
        return;
    };
    let large = vec![7; 256 << 10];
    let body = large.clone();
    let server = Scripted::start(move |_| answer(200, &[], &body));
    let silent = Silent::default();
    let reference = ChartRef::parse(&server.url("/a.tgz"), None, None).unwrap();
    assert_eq!(archived(&fetch_one(&reference, &cached(disk.0.path()), &silent).unwrap()), large);
    assert!(matches!(silent.notices().as_slice(), [notice] if notice.contains("going on without it")), "{:?}", silent.notices());
    assert_eq!(files(disk.0.path()), Vec::<PathBuf>::new());
}
