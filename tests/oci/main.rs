//! Charts from OCI registries: Debian's docker-registry, filled by `helm push`, for what real ones do, a scripted server for their faults.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::unwrap_used, clippy::print_stderr)]

mod faults;
mod registry;
#[path = "../servers/mod.rs"]
mod servers;

use std::fs;
use std::path::Path;
use std::time::Duration;

use chartshift::error::{Error, ErrorKind, Result};
use chartshift::fetch::options::Retries;
use chartshift::fetch::{ChartRef, Content, Options, Package, Silent, fetch_one};
use servers::registry::PASSWORD;
use servers::tokens::REFRESH_TOKEN;

fn options() -> Options {
    let retries = Retries { count: 1, first_wait: Duration::from_millis(10), longest_wait: Duration::from_millis(10) };
    Options { plain_http: true, retries, ..Options::default() }
}

fn cached(folder: &Path) -> Options {
    Options { cache_dir: Some(folder.join("cache")), ..options() }
}

fn with_login(file: &Path, text: &str) -> Options {
    fs::write(file, text).unwrap();
    Options { registry_config: Some(file.to_owned()), ..options() }
}

fn fetch(reference: &str, version: Option<&str>, options: &Options) -> Result<Package> {
    fetch_one(&ChartRef::parse(reference, version, None)?, options, &Silent::default())
}

fn archive(package: &Package) -> &[u8] {
    match &package.content {
        Content::Archive(bytes) => bytes,
        Content::Folder(_) => panic!("a folder"),
    }
}

/// The error, checked for the password and for what must be said.
fn failure(outcome: Result<Package>, kind: ErrorKind, said: &[&str]) -> Error {
    let error = outcome.map(|package| package.origin).unwrap_err();
    let report = error.report();
    assert_eq!(error.kind(), kind, "{report}");
    said.iter().for_each(|text| assert!(report.contains(text), "{text:?} is not in\n{report}"));
    assert!(!report.contains(PASSWORD) && !report.contains(REFRESH_TOKEN), "{report}");
    error
}
