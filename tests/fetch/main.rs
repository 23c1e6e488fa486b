//! Charts from Helm HTTP repositories and URLs: real nginx for what real servers do, a scripted server for their faults.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::unwrap_used, clippy::print_stderr)]

mod cached;
mod faults;
mod given_away;
mod repository;
#[path = "../servers/mod.rs"]
mod servers;

use std::time::Duration;

use chartshift::error::{Error, ErrorKind, Result};
use chartshift::fetch::options::{Retries, Timeouts};
use chartshift::fetch::{ChartRef, Credentials, Digest, Options, Package, RedactedUrl, Silent, fetch_one};
use servers::nginx::{PASSWORD, USER, pack};
use servers::outcome::archived;

/// Nothing from the environment, and waits too short to be noticed.
fn options() -> Options {
    let retries = Retries { count: 2, first_wait: Duration::from_millis(1), longest_wait: Duration::from_secs(1) };
    Options { retries, ..Options::default() }
}

/// Options for a server that may leave a request unanswered.
fn impatient() -> Options {
    let read = Duration::from_millis(300);
    let retries = Retries { count: 0, ..options().retries };
    Options { timeouts: Timeouts { read, ..Timeouts::default() }, retries, ..options() }
}

fn credentials() -> Option<Credentials> {
    Some(Credentials { username: USER.into(), password: PASSWORD.into() })
}

/// A chart of the repository at this URL.
fn in_repository(url: &str, chart: &str, version: &str) -> ChartRef {
    ChartRef::parse(chart, Some(version), Some(&RedactedUrl::parse(url).unwrap())).unwrap()
}

/// `fetch_one` of a chart of the repository at this URL.
fn from_repository(url: &str, version: &str, options: &Options) -> Result<Package> {
    fetch_one(&in_repository(url, "thanos", version), options, &Silent::default())
}

/// `fetch_one` of a package behind a URL.
fn from_url(url: &str, options: &Options) -> Result<Package> {
    fetch_one(&ChartRef::parse(url, None, None).unwrap(), options, &Silent::default())
}

/// The error of a fetch, in which the password must not stand.
fn failure(outcome: Result<Package>, kind: ErrorKind, said: &[&str]) -> Error {
    servers::outcome::failure(outcome, kind, said, &[PASSWORD])
}

/// An index with one chart, `thanos` 1.0.0, at these URLs.
fn index(urls: &[&str], digest: Option<Digest>) -> String {
    let digest = digest.map_or_else(String::new, |digest| format!("    digest: {}\n", digest.hex()));
    let urls: String = urls.iter().map(|url| format!("    - {url}\n")).collect();
    format!("apiVersion: v1\nentries:\n  thanos:\n  - version: 1.0.0\n    name: thanos\n{digest}    urls:\n{urls}")
}

/// The archive that [`index`] means.
fn thanos() -> Vec<u8> {
    pack("thanos", "1.0.0")
}
