//! The forges: what is written to a pull request, against servers that speak their published APIs. None needs a network.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::print_stderr, unreachable_pub)]

mod clients;
mod detection;
mod errors;
mod fakes;
mod published;
mod requests;
#[path = "../servers/mod.rs"]
mod servers;
mod stories;

use std::time::Duration;

use chartshift::error::Result;
use chartshift::fetch::Options;
use chartshift::fetch::options::Retries;
use chartshift::publish::{self, Forge, Given, Kind, Token};

/// The head revision of the pull request.
const HEAD: &str = "4f2c9d14f2c9d14f2c9d14f2c9d14f2c9d14f2c9";
/// The secret that no message may hold.
const SECRET: &str = "hunter2-hunter2";

/// Waits too short to be noticed.
fn options() -> Options {
    let retries = Retries { count: 3, first_wait: Duration::from_millis(1), longest_wait: Duration::from_secs(2) };
    Options { retries, ..Options::default() }
}

/// Pull request 7 of the repository that every fake has, as flags name it.
fn opened(kind: Kind, address: &str) -> Result<Box<dyn Forge>> {
    let given = Given {
        forge: Some(kind),
        api_url: Some(address.to_owned()),
        repository: Some("acme/platform".to_owned()),
        pull_request: Some(7),
        head: Some(HEAD.to_owned()),
        ..Given::default()
    };
    let target = publish::detect(&|_| None, &given)?.unwrap();
    publish::open(&target, Token::new(SECRET, "CHARTSHIFT_TOKEN")?, &options())
}
