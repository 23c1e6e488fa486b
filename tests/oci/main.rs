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
use chartshift::fetch::{ChartRef, Options, Package, Silent, fetch_one};
use servers::outcome::archived;
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

/// The error of a fetch, in which neither password nor token must stand.
fn failure(outcome: Result<Package>, kind: ErrorKind, said: &[&str]) -> Error {
    servers::outcome::failure(outcome, kind, said, &[PASSWORD, REFRESH_TOKEN])
}
