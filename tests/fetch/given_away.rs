//! Who is given the credentials: the server they are for, and nobody a redirect or an index leads to.

use chartshift::error::ErrorKind;
use chartshift::fetch::Options;

use crate::servers::scripted::{Scripted, answer};
use crate::{archived, credentials, failure, from_repository, from_url, index, options, thanos};

fn with_login() -> Options {
    Options { credentials: credentials(), ..options() }
}

/// Whether each request so far carried the login.
fn signed(server: &Scripted) -> Vec<bool> {
    server.asked().iter().map(|asked| asked.header("authorization").is_some()).collect()
}

#[test]
fn a_redirect_to_another_host_carries_no_credentials() {
    let other = Scripted::start(|_| answer(200, &[], thanos()));
    let target = other.url("/thanos-1.0.0.tgz");
    let own = Scripted::start(move |asked| match asked.target.as_str() {
        "/a.tgz" => answer(302, &["location: /b.tgz"], ""),
        _ => answer(307, &[&format!("location: {target}")], ""),
    });
    assert_eq!(archived(&from_url(&own.url("/a.tgz"), &with_login()).unwrap()), thanos());
    assert_eq!((signed(&own), signed(&other)), (vec![true, true], vec![false]));
    let everywhere = Options { pass_credentials_all: true, ..with_login() };
    assert_eq!(archived(&from_url(&own.url("/a.tgz"), &everywhere).unwrap()), thanos());
    assert_eq!(signed(&other), [false, false], "not even when the repository's own links may carry them");
}

#[test]
fn a_redirect_back_home_does_not_bring_them_back() {
    let home = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let way_back = std::sync::Arc::clone(&home);
    let other = Scripted::start(move |_| answer(302, &[&format!("location: {}", way_back.lock().unwrap())], ""));
    let target = other.url("/x");
    let own = Scripted::start(move |asked| match asked.target.as_str() {
        "/a.tgz" => answer(302, &[&format!("location: {target}")], ""),
        _ => answer(200, &[], thanos()),
    });
    *home.lock().unwrap() = own.url("/chosen-by-the-other");
    assert!(from_url(&own.url("/a.tgz"), &with_login()).is_ok());
    assert_eq!((signed(&own), signed(&other)), (vec![true, false], vec![false]));
}

#[test]
fn an_index_that_names_another_host_gives_it_no_credentials() {
    let other = Scripted::start(|_| answer(200, &[], thanos()));
    let text = index(&[&other.url("/thanos-1.0.0.tgz")], None);
    let own = Scripted::start(move |_| answer(200, &[], &text));
    assert!(from_repository(&own.url(""), "1.0.0", &with_login()).is_ok());
    assert_eq!((signed(&own), signed(&other)), (vec![true], vec![false]));
    let everywhere = Options { pass_credentials_all: true, ..with_login() };
    assert!(from_repository(&own.url(""), "1.0.0", &everywhere).is_ok());
    assert_eq!(signed(&other), [false, true]);
}

#[test]
fn credentials_of_a_location_are_not_used() {
    let own = Scripted::start(|asked| match asked.target.as_str() {
        "/a.tgz" => answer(302, &[&format!("location: http://u:p@{}/b.tgz", asked.header("host").unwrap())], ""),
        _ => answer(200, &[], thanos()),
    });
    assert!(from_url(&own.url("/a.tgz"), &options()).is_ok());
    assert_eq!(signed(&own), [false, false]);
}

#[test]
fn circles_and_dead_ends_are_errors() {
    let circle =
        Scripted::start(|asked| answer(302, &[if asked.target == "/a.tgz" { "location: /b.tgz" } else { "location: /a.tgz" }], ""));
    failure(from_url(&circle.url("/a.tgz"), &options()), ErrorKind::Network, &["redirects in a circle", &circle.url("/a.tgz")]);
    assert_eq!(circle.asked().len(), 2);
    let endless = Scripted::start(|asked| answer(302, &[&format!("location: /{}", asked.number)], ""));
    failure(from_url(&endless.url("/a.tgz"), &options()), ErrorKind::Network, &["redirects more than 10 times"]);
    assert_eq!(endless.asked().len(), 11);
    let elsewhere = Scripted::start(|_| answer(302, &["location: file:///etc/passwd"], ""));
    failure(from_url(&elsewhere.url("/a.tgz"), &options()), ErrorKind::Network, &["no http or https address"]);
    let nowhere = Scripted::start(|_| answer(302, &[], ""));
    failure(from_url(&nowhere.url("/a.tgz"), &options()), ErrorKind::Network, &["status 302"]);
}
