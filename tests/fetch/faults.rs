//! Servers that fail in every way a server can.

use std::sync::atomic::{AtomicUsize, Ordering};

use chartshift::error::ErrorKind;
use chartshift::fetch::options::Limits;
use chartshift::fetch::{Digest, Options};

use crate::servers::free_port;
use crate::servers::scripted::{Answer, Scripted, answer};
use crate::{archived, failure, from_repository, from_url, impatient, index, options, thanos};

/// A server that gives these answers in turn, the last one forever.
fn in_turn(answers: Vec<Answer>) -> Scripted {
    let next = AtomicUsize::new(0);
    Scripted::start(move |_| answers[next.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1)].clone())
}

/// An answer that promises more than it sends.
fn cut_short() -> Answer {
    Some(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\nconnection: close\r\n\r\nonly this".to_vec())
}

#[test]
fn every_status_has_its_error() {
    let table = [
        (401, ErrorKind::Denied, "wants a login", 1),
        (403, ErrorKind::Denied, "may not be read", 1),
        (404, ErrorKind::NotFound, "there is nothing at", 1),
        (418, ErrorKind::Network, "status 418", 1),
        (429, ErrorKind::Network, "takes no more requests", 3),
        (500, ErrorKind::Network, "the server failed", 3),
        (501, ErrorKind::Network, "the server failed", 1),
        (503, ErrorKind::Network, "the server failed", 3),
    ];
    for (status, kind, said, tries) in table {
        let server = Scripted::start(move |_| answer(status, &[], "sorry"));
        let url = server.url("/charts");
        let error = failure(from_repository(&url, "1.0.0", &options()), kind, &[said, &format!("{url}/index.yaml"), &status.to_string()]);
        assert!(!error.hints().is_empty() || status == 418, "{}", error.report());
        assert_eq!(server.asked().len(), tries, "{status}");
    }
}

#[test]
fn what_passes_is_tried_again() {
    for first in [answer(429, &["retry-after: 0"], ""), answer(503, &[], ""), cut_short()] {
        let server = in_turn(vec![first.clone(), first, answer(200, &[], thanos())]);
        assert_eq!(archived(&from_url(&server.url("/thanos-1.0.0.tgz"), &options()).unwrap()), thanos());
        assert_eq!(server.asked().len(), 3);
    }
}

#[test]
fn a_server_that_wants_a_long_wait_is_not_waited_for() {
    let server = Scripted::start(|_| answer(429, &["retry-after: 3600"], ""));
    failure(from_url(&server.url("/a.tgz"), &options()), ErrorKind::Network, &["429", "3600 seconds"]);
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_body_cut_short_is_no_chart() {
    let server = in_turn(vec![cut_short()]);
    failure(from_url(&server.url("/a.tgz"), &options()), ErrorKind::Network, &["cut short", &server.url("/a.tgz"), "3 tries"]);
    let chunked = || Some(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n5\r\nentri\r\n".to_vec());
    let server = Scripted::start(move |_| chunked());
    failure(from_repository(&server.url(""), "1", &options()), ErrorKind::Network, &["cut short", "index.yaml"]);
}

#[test]
fn silence_and_closed_doors_are_told_apart() {
    let server = Scripted::start(|_| None);
    failure(from_url(&server.url("/a.tgz"), &impatient()), ErrorKind::Network, &["did not answer in time"]);
    let stalled = Scripted::start(|_| Some(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx".to_vec()));
    failure(from_url(&stalled.url("/a.tgz"), &impatient()), ErrorKind::Network, &["cut short"]);
    let nobody = format!("http://127.0.0.1:{}/a.tgz", free_port());
    failure(from_url(&nobody, &options()), ErrorKind::Network, &["no connection", &nobody, "refused"]);
    let no_http = Scripted::start(|_| Some(b"SSH-2.0-x\r\n".to_vec()));
    failure(from_url(&no_http.url("/a.tgz"), &impatient()), ErrorKind::Network, &["no connection"]);
    let plain = server.url("/a.tgz").replace("http://", "https://");
    failure(from_url(&plain, &impatient()), ErrorKind::Network, &["127.0.0.1"]);
}

#[test]
fn a_wrong_digest_is_refused() {
    let promised = Digest::of(&thanos());
    let text = index(&["thanos-1.0.0.tgz"], Some(promised));
    let folder = tempfile::tempdir().unwrap();
    let with_cache = Options { cache_dir: Some(folder.path().to_owned()), ..options() };
    let server = Scripted::start(move |asked| match asked.target.as_str() {
        "/index.yaml" => answer(200, &[], &text),
        _ => answer(200, &[], "another package"),
    });
    for _ in 0..2 {
        let found = Digest::of(b"another package").to_string();
        failure(
            from_repository(&server.url(""), "1.0.0", &with_cache),
            ErrorKind::Corrupt,
            &[&found, &promised.to_string(), "thanos-1.0.0.tgz"],
        );
    }
}

#[test]
fn an_index_that_is_a_page_or_nothing_is_refused() {
    let table = [
        ("<!doctype html><html><body>Please log in</body></html>", ErrorKind::Corrupt, "is a web page, not a chart index"),
        ("", ErrorKind::Syntax, "it has no entries"),
        ("entries:\n  thanos:\n  - version: \"1.0.0\n", ErrorKind::Syntax, "can't be read as a chart index"),
        ("apiVersion: v1\nentries:\n  thanos: []\n", ErrorKind::NotFound, "no version of thanos"),
        ("apiVersion: v1\nentries:\n  thanos:\n  - version: 1.0.0\n", ErrorKind::NotFound, "names no file for thanos 1.0.0"),
        (
            "apiVersion: v1\nentries:\n  thanos:\n  - version: 1.0.0\n    urls: [\"file:///etc/passwd\"]\n",
            ErrorKind::Syntax,
            "no http or https address",
        ),
    ];
    for (text, kind, said) in table {
        let server = Scripted::start(move |_| answer(200, &["content-type: text/html"], text));
        failure(from_repository(&server.url("/charts"), "1.0.0", &options()), kind, &[said, &server.url("/charts")]);
    }
}

#[test]
fn what_is_too_large_is_not_taken() {
    let small = Options { limits: Limits { index_bytes: 1 << 20, package_bytes: 1 << 20 }, ..options() };
    let promised = Scripted::start(|_| Some(b"HTTP/1.1 200 OK\r\ncontent-length: 209715200\r\n\r\n".to_vec()));
    failure(from_repository(&promised.url(""), "1", &small), ErrorKind::Limit, &["index.yaml is larger than 1 MiB", "oci://"]);
    failure(from_url(&promised.url("/a.tgz"), &small), ErrorKind::Limit, &["a.tgz is larger than 1 MiB"]);
    let endless = Scripted::start(|_| {
        let head = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
        Some([&head[..], &vec![b' '; (1 << 20) + 1]].concat())
    });
    failure(from_repository(&endless.url(""), "1", &small), ErrorKind::Limit, &["index.yaml is larger than 1 MiB"]);
    let zipped = gzip(&vec![b' '; (1 << 20) + 1]);
    let bomb = Scripted::start(move |_| answer(200, &["content-encoding: gzip"], &zipped));
    failure(from_repository(&bomb.url(""), "1", &small), ErrorKind::Limit, &["index.yaml is larger than 1 MiB"]);
    assert_eq!([&promised, &endless, &bomb].map(|server| server.asked().len()), [2, 1, 1], "none of them is asked again");
}

#[test]
fn indexes_may_be_compressed_on_their_way_and_packages_are_left_alone() {
    let text = gzip(index(&["thanos-1.0.0.tgz"], Some(Digest::of(&thanos()))).as_bytes());
    let server = Scripted::start(move |asked| match asked.target.as_str() {
        "/index.yaml" => answer(200, &["content-encoding: gzip"], &text),
        // Some servers take the `.tgz` for a compressed `.tar`.
        _ => answer(200, &["content-encoding: gzip", "content-type: application/x-tar"], thanos()),
    });
    assert_eq!(archived(&from_repository(&server.url(""), "1.0.0", &options()).unwrap()), thanos());
    let encodings: Vec<Option<String>> = server.asked().iter().map(|asked| asked.header("accept-encoding").map(str::to_owned)).collect();
    assert_eq!(encodings, [Some("gzip".to_owned()), None]);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
