//! What no real registry does on demand: things that are no charts, pages of tags, failures that pass, redirects, silence.

use std::time::Duration;

use chartshift::error::ErrorKind;
use chartshift::fetch::options::{Retries, Timeouts};
use chartshift::fetch::{Credentials, Digest, Options};

use super::servers::registry::{PASSWORD, USER};
use super::servers::scripted::{Answer, Asked, Scripted, answer};
use super::{archived, failure, fetch, options};

const CHART: &[u8] = b"an archive";
const CHART_CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";
const CHART_LAYER: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

fn manifest(config: &str, layer: &str) -> String {
    serde_json::json!({
        "schemaVersion": 2,
        "config": { "mediaType": config, "digest": Digest::of(b"{}").to_string(), "size": 2 },
        "layers": [{ "mediaType": layer, "digest": Digest::of(CHART).to_string(), "size": CHART.len() }],
    })
    .to_string()
}

/// The answers of a registry with the one chart.
fn good(asked: &Asked) -> Answer {
    match &*asked.target {
        target if target.contains("/manifests/") => answer(200, &[], manifest(CHART_CONFIG, CHART_LAYER)),
        target if target.contains("/blobs/") => answer(200, &[], CHART),
        _ => answer(200, &[], "{}"),
    }
}

fn is_greeting(asked: &Asked) -> bool {
    asked.target == "/v2/"
}

fn chart(server: &Scripted) -> String {
    format!("oci://{}/charts/thanos", server.address)
}

/// The requests for the chart itself; those that only ask how to log in don't count.
fn requests(server: &Scripted) -> Vec<Asked> {
    server.asked().into_iter().filter(|asked| !is_greeting(asked)).collect()
}

/// A script that sees how many requests for the chart itself came before.
fn counting(script: impl Fn(&Asked, usize) -> Answer + Send + 'static) -> impl Fn(&Asked) -> Answer + Send + 'static {
    let count = std::sync::atomic::AtomicUsize::new(0);
    move |asked| match is_greeting(asked) {
        true => answer(200, &[], "{}"),
        false => script(asked, count.fetch_add(1, std::sync::atomic::Ordering::SeqCst)),
    }
}

#[test]
fn other_things_than_charts_are_named() {
    let image = manifest("application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar+gzip");
    let index = r#"{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [{}]}"#.to_owned();
    let table = [
        (image, ErrorKind::Chart, "is not a Helm chart: its manifest has application/vnd.oci.image.config.v1+json and layers of"),
        (index, ErrorKind::Chart, "is not a Helm chart: it is an index of 1 manifests"),
        ("<html>".to_owned(), ErrorKind::Corrupt, "can't be read"),
        (" ".repeat((4 << 20) + 1), ErrorKind::Limit, "the manifest is larger than 4194304 bytes"),
    ];
    for (text, kind, said) in table {
        let server = Scripted::start(move |asked| if asked.target.contains("/manifests/") { answer(200, &[], &text) } else { good(asked) });
        failure(fetch(&chart(&server), Some("1.0.0"), &options()), kind, &[said]);
    }
}

#[test]
fn tags_come_in_pages_whether_or_not_the_registry_knows_pages() {
    for pages in [true, false] {
        let server = Scripted::start(move |asked| {
            if !asked.target.contains("/tags/list") {
                return good(asked);
            }
            let all = ["1.0.0", "1.1.0", "1.2.0", "2.0.0", "v9.0.0", "latest"];
            let last = asked.target.split("last=").nth(1).unwrap_or_default();
            let from = all.iter().position(|tag| *tag == last).map_or(0, |last| last + 1);
            let page: Vec<&str> = if pages { all.into_iter().skip(from).take(2).collect() } else { all.to_vec() };
            answer(200, &[], serde_json::json!({ "name": "charts/thanos", "tags": page }).to_string())
        });
        assert_eq!(fetch(&chart(&server), None, &options()).unwrap().origin, format!("{}:2.0.0", chart(&server)));
        let pages_asked = requests(&server).iter().filter(|asked| asked.target.contains("/tags/list")).count();
        assert_eq!(pages_asked, if pages { 4 } else { 2 });
    }
}

#[test]
fn passing_failures_are_tried_again_and_lasting_ones_are_not() {
    let patient = Options { retries: Retries { count: 2, ..options().retries }, ..options() };
    for status in [429, 500, 503] {
        let server = Scripted::start(counting(move |asked, before| if before < 2 { answer(status, &[], "busy") } else { good(asked) }));
        fetch(&chart(&server), Some("1.0.0"), &patient).unwrap();
        assert_eq!(requests(&server).len(), 4, "{status}");
    }
    let table = [
        (503, 3, ErrorKind::Network, "status 503 (tried 3 times)"),
        (400, 1, ErrorKind::Network, "status 400"),
        (403, 1, ErrorKind::Denied, "status 403"),
    ];
    for (status, count, kind, said) in table {
        let server = Scripted::start(counting(move |_, _| answer(status, &[], "no")));
        failure(fetch(&chart(&server), Some("1.0.0"), &patient), kind, &[said]);
        assert_eq!(requests(&server).len(), count, "{status}");
    }
}

#[test]
fn an_archive_that_breaks_off_is_fetched_again() {
    let cut = || Some([b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n", &CHART[..4]].concat());
    let server = Scripted::start(counting(move |asked, before| if before == 1 { cut() } else { good(asked) }));
    assert_eq!(archived(&fetch(&chart(&server), Some("1.0.0"), &options()).unwrap()), CHART);
    let server = Scripted::start(move |asked| if asked.target.contains("/blobs/") { cut() } else { good(asked) });
    failure(fetch(&chart(&server), Some("1.0.0"), &options()), ErrorKind::Network, &["the registry broke off", "(tried 2 times)"]);
}

#[test]
fn an_archive_longer_than_its_manifest_says_is_given_up() {
    let long = [CHART, CHART].concat();
    let server = Scripted::start(move |asked| if asked.target.contains("/blobs/") { answer(200, &[], &long) } else { good(asked) });
    failure(fetch(&chart(&server), Some("1.0.0"), &options()), ErrorKind::Limit, &["the archive is larger than 10 bytes"]);
}

#[test]
fn silence_ends_with_the_timeout() {
    let timeouts = Timeouts { read: Duration::from_millis(200), ..Timeouts::default() };
    let retries = Retries { count: 0, ..options().retries };
    let server = Scripted::start(|asked| if asked.target.contains("/manifests/") { None } else { good(asked) });
    let outcome = fetch(&chart(&server), Some("1.0.0"), &Options { timeouts, retries, ..options() });
    failure(outcome, ErrorKind::Network, &["the registry took too long to answer"]);
}

#[test]
fn redirects_in_a_circle_end() {
    let server = Scripted::start(|asked| {
        if asked.target.contains("/manifests/") { answer(307, &[&format!("location: {}", asked.target)], "") } else { good(asked) }
    });
    failure(fetch(&chart(&server), Some("1.0.0"), &options()), ErrorKind::Network, &["the registry redirects without end"]);
}

#[test]
fn a_web_site_is_no_registry() {
    let server = Scripted::start(|_| answer(200, &["content-type: text/html"], "<html>"));
    failure(fetch(&chart(&server), None, &options()), ErrorKind::Network, &["the answer is not what a registry says"]);
}

#[test]
fn credentials_go_to_their_registry_and_nowhere_else() {
    let credentials = || Some(Credentials { username: USER.into(), password: PASSWORD.into() });
    let signed = |server: &Scripted| {
        let asked = requests(server);
        (asked.iter().filter(|asked| asked.header("authorization").is_some_and(|value| value.starts_with("Basic "))).count(), asked.len())
    };
    // One that asks for a login when it is greeted, and one that doesn't.
    for (status, header) in [(401, "www-authenticate: Basic realm=\"x\""), (200, "x: y")] {
        let store = Scripted::start(|_| answer(200, &[], CHART));
        let elsewhere = format!("location: http://localhost:{}/blob", store.address.port());
        let server = Scripted::start(move |asked| match &*asked.target {
            "/v2/" => answer(status, &[header], ""),
            target if target.contains("/blobs/") => answer(307, &[&elsewhere], ""),
            _ => good(asked),
        });
        let package = fetch(&chart(&server), Some("1.0.0"), &Options { credentials: credentials(), ..options() }).unwrap();
        assert_eq!(archived(&package), CHART);
        assert_eq!((signed(&server), signed(&store)), ((2, 2), (0, 1)));
    }
}
