//! Charts from a real registry: Debian's docker-registry, filled by `helm push`, under every way of logging in, and everything that can be
//! wrong with it.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::unwrap_used, clippy::print_stderr)]

mod servers;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use chartshift::error::{Error, ErrorKind, Result};
use chartshift::fetch::options::{Retries, Tls};
use chartshift::fetch::{ChartRef, Content, Credentials, Digest, Options, Package, Silent, oci};
use servers::have;
use servers::registry::{Kind, PASSWORD, PROGRAMS, Registry, USER, login_file};
use servers::tokens::{REFRESH_TOKEN, Tokens};

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
    let ChartRef::Oci(reference) = ChartRef::parse(reference, version, None)? else { panic!("{reference}") };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(oci::fetch(&reference, options, &Silent::default()))
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

#[test]
fn versions_constraints_and_digests_lead_to_the_archive_that_was_pushed() {
    if !have(&PROGRAMS) {
        return;
    }
    let registry = Registry::start(Kind::Open);
    let all = ["1.0.0", "1.1.0", "1.1.5", "2.0.0-rc.1", "1.2.0+build.7"];
    let pushed: Vec<Vec<u8>> = all.iter().map(|version| registry.push_chart("thanos", version)).collect();
    let chart = format!("oci://{}/charts/thanos", registry.host);
    let table = [
        (Some("1.0.0"), 0),
        (Some("~1.1"), 2),
        (Some("1.1"), 2),
        (Some(">=1.0.0 <1.1.5"), 1),
        (Some("1.2.0+build.7"), 4),
        (Some("1.2.0"), 4),
        (Some(">=2.0.0-0"), 3),
        (Some("latest"), 4),
        (None, 4),
    ];
    for (version, expected) in table {
        let package = fetch(&chart, version, &options()).unwrap();
        assert_eq!(archive(&package), pushed[expected], "{version:?}");
        assert_eq!(package.digest, Some(Digest::of(&pushed[expected])));
        assert_eq!(package.origin, format!("{chart}:{}", all[expected]), "{version:?}");
    }
    let newest = fetch(&chart, None, &Options { devel: true, ..options() }).unwrap();
    assert_eq!(newest.origin, format!("{chart}:2.0.0-rc.1"));
    let tagged = fetch(&format!("{chart}:1.2.0_build.7"), None, &options()).unwrap();
    assert_eq!(archive(&tagged), pushed[4]);
    the_digest_decides(&registry, &chart, &pushed[1]);
}

fn the_digest_decides(registry: &Registry, chart: &str, expected: &[u8]) {
    let link = registry.folder.path().join("storage/docker/registry/v2/repositories/charts/thanos/_manifests/tags/1.1.0/current/link");
    let digest = fs::read_to_string(link).unwrap();
    for reference in [format!("{chart}@{digest}"), format!("{chart}:1.1.0@{digest}"), format!("{chart}:9.9.9@{digest}")] {
        let package = fetch(&reference, None, &options()).unwrap();
        assert_eq!(archive(&package), expected, "{reference}");
        assert_eq!(package.origin, format!("{chart}@{digest}"));
    }
    failure(
        fetch(&format!("{chart}:1.0.0@{digest}"), None, &options()),
        ErrorKind::Corrupt,
        &["charts/thanos:1.0.0 is sha256:", "asked for"],
    );
    let nobodys = Digest::of(b"nobody");
    failure(fetch(&format!("{chart}@{nobodys}"), None, &options()), ErrorKind::NotFound, &["cannot fetch", "manifest unknown"]);
}

#[test]
fn unknown_versions_and_repositories_are_told_apart() {
    if !have(&PROGRAMS) {
        return;
    }
    let registry = Registry::start(Kind::Open);
    ["12.20.1", "12.20.2", "12.20.4", "13.0.0"].iter().for_each(|version| drop(registry.push_chart("thanos", version)));
    let chart = format!("oci://{}/charts/thanos", registry.host);
    let nearest = "the nearest versions are 13.0.0, 12.20.4, 12.20.2, 12.20.1";
    failure(fetch(&chart, Some("12.20.3"), &options()), ErrorKind::NotFound, &["charts/thanos has no version 12.20.3", nearest]);
    failure(fetch(&chart, Some("~11"), &options()), ErrorKind::NotFound, &["charts/thanos has no version ~11", nearest]);
    failure(fetch(&chart, Some("nightly"), &options()), ErrorKind::NotFound, &["charts/thanos has no version nightly", nearest]);
    let unknown = format!("oci://{}/charts/thanoss", registry.host);
    for version in [Some("1.0.0"), Some("~1"), None] {
        let said = format!("the registry {} has no repository charts/thanoss", registry.host);
        failure(fetch(&unknown, version, &options()), ErrorKind::NotFound, &[&said]);
    }
}

#[test]
fn a_user_and_a_password_come_from_the_command_line_or_a_file() {
    if !have(&PROGRAMS) || !have(&["htpasswd"]) {
        return;
    }
    let registry = Registry::start(Kind::Open);
    let pushed = registry.push_chart("thanos", "1.0.0");
    let registry = registry.restart(Kind::Basic);
    let chart = format!("oci://{}/charts/thanos", registry.host);
    let file = registry.folder.path().join("login.json");
    let credentials = |password: &str| Some(Credentials { username: USER.into(), password: password.into() });
    let from_line = Options { credentials: credentials(PASSWORD), ..options() };
    let from_helm = with_login(&file, &login_file(&registry.host));
    let from_docker = Options { docker_config: from_helm.registry_config.clone(), ..options() };
    for options in [&from_line, &from_helm, &from_docker] {
        assert_eq!(archive(&fetch(&chart, Some("1.0.0"), options).unwrap()), pushed);
        assert_eq!(archive(&fetch(&chart, None, options).unwrap()), pushed);
    }
    let nobody = Options { docker_config: Some(registry.folder.path().join("gone.json")), ..options() };
    let login = format!("log in with `helm registry login {}`", registry.host);
    failure(fetch(&chart, Some("1.0.0"), &nobody), ErrorKind::Denied, &["(401)", &login, "there is no ", "gone.json"]);
    let wrong = Options { credentials: credentials("hunter2-wrong"), ..options() };
    let error = failure(fetch(&chart, None, &wrong), ErrorKind::Denied, &["(401)", "those of the command line were used"]);
    assert!(!error.report().contains("hunter2-wrong"));
    let other = with_login(&file, &login_file("elsewhere:5000"));
    failure(fetch(&chart, None, &other), ErrorKind::Denied, &[&format!("login.json has none for {}", registry.host)]);
}

#[test]
fn tokens_are_fetched_from_the_registrys_token_server() {
    if !have(&PROGRAMS) || !have(&["openssl"]) {
        return;
    }
    for anonymous in [true, false] {
        let registry = Registry::start(Kind::Open);
        let pushed = registry.push_chart("thanos", "1.0.0");
        let tokens = Tokens::start(registry.folder.path(), anonymous);
        let registry = registry.restart(Kind::Token(tokens.port));
        let chart = format!("oci://{}/charts/thanos", registry.host);
        let file = registry.folder.path().join("login.json");
        let asked = || std::mem::take(&mut *tokens.asked.lock().unwrap());
        if anonymous {
            assert_eq!(archive(&fetch(&chart, Some("~1"), &options()).unwrap()), pushed);
            assert_eq!(asked(), ["anonymous"]);
        } else {
            let error = failure(
                fetch(&chart, None, &options()),
                ErrorKind::Denied,
                &["the registry's token server refused us: incorrect username"],
            );
            assert!(error.report().contains("credentials: no file was looked at"));
            assert!(asked().iter().all(|who| *who == "refused"));
        }
        let login = with_login(&file, &login_file(&registry.host));
        assert_eq!(archive(&fetch(&chart, Some("~1"), &login).unwrap()), pushed);
        assert_eq!(asked(), [USER]);
        let identity = |token: &str| serde_json::json!({ "auths": { &registry.host: { "auth": "MDAwOg==", "identitytoken": token } } });
        let login = with_login(&file, &identity(REFRESH_TOKEN).to_string());
        assert_eq!(archive(&fetch(&chart, Some("~1"), &login).unwrap()), pushed);
        assert_eq!(asked(), ["refresh"]);
        let login = with_login(&file, &identity("hunter2-stale").to_string());
        let error =
            failure(fetch(&chart, None, &login), ErrorKind::Denied, &["token server refused us: incorrect", "login.json were used"]);
        assert!(!error.report().contains("hunter2-stale"));
    }
}

#[test]
fn a_private_authority_is_trusted_when_told() {
    if !have(&PROGRAMS) || !have(&["openssl"]) {
        return;
    }
    let registry = Registry::start(Kind::Open);
    let pushed = registry.push_chart("thanos", "1.0.0");
    let registry = registry.restart(Kind::Tls);
    let chart = format!("oci://{}/charts/thanos", registry.host);
    let secure = |tls: Tls| Options { plain_http: false, tls, ..options() };
    let ca_file = Some(registry.folder.path().join("ca.pem"));
    let trusting = secure(Tls { ca_file: ca_file.clone(), ..Tls::default() });
    let careless = secure(Tls { insecure_skip_verify: true, ..Tls::default() });
    for options in [&trusting, &careless] {
        assert_eq!(archive(&fetch(&chart, None, options).unwrap()), pushed);
    }
    let said = ["there is no trusted connection to the registry", "a private authority needs --ca-file"];
    failure(fetch(&chart, None, &secure(Tls::default())), ErrorKind::Network, &said);
    let (garbage, key) = (registry.folder.path().join("config.yml"), registry.folder.path().join("server.key"));
    let wrong = secure(Tls { ca_file: Some(garbage), ..Tls::default() });
    failure(fetch(&chart, None, &wrong), ErrorKind::Usage, &["config.yml can't be used: it holds no certificate in PEM form"]);
    let client = secure(Tls { key_file: Some(key), ca_file, ..Tls::default() });
    failure(fetch(&chart, None, &client), ErrorKind::Usage, &["client certificates can't be used with OCI registries"]);
    failure(fetch(&chart, None, &options()), ErrorKind::Network, &["cannot fetch"]);
}

#[test]
fn a_registry_without_tls_needs_to_be_named_so() {
    if !have(&PROGRAMS) {
        return;
    }
    let registry = Registry::start(Kind::Open);
    let chart = format!("oci://{}/charts/thanos", registry.host);
    failure(
        fetch(&chart, None, &Options { plain_http: false, ..options() }),
        ErrorKind::Network,
        &["a registry without TLS needs --plain-http"],
    );
}

#[test]
fn what_was_fetched_is_there_offline_and_after_the_registry_is_gone() {
    if !have(&PROGRAMS) {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let registry = Registry::start(Kind::Open);
    let pushed = registry.push_chart("thanos", "1.0.0");
    let chart = format!("oci://{}/charts/thanos", registry.host);
    let online = cached(home.path());
    let offline = Options { offline: true, ..online.clone() };
    failure(fetch(&chart, Some("~1"), &offline), ErrorKind::NotFound, &["is not in the cache, and this run is offline"]);
    fetch(&chart, Some("~1"), &online).unwrap();
    drop(registry);
    let again = fetch(&chart, Some("~1"), &offline).unwrap();
    assert_eq!((archive(&again), &again.origin), (&*pushed, &format!("{chart}:1.0.0")));
    failure(fetch(&chart, Some("~2"), &offline), ErrorKind::NotFound, &["is not in the cache"]);
    failure(fetch(&chart, Some("~1"), &online), ErrorKind::Network, &["the registry can't be reached: connection refused (tried 2 times)"]);
}

#[test]
fn bytes_that_were_changed_on_the_registrys_disk_are_refused() {
    if !have(&PROGRAMS) {
        return;
    }
    let registry = Registry::start(Kind::Open);
    let pushed = registry.push_chart("thanos", "1.0.0");
    let home = tempfile::tempdir().unwrap();
    let mut changed = pushed.clone();
    changed[20] ^= 1;
    fs::write(registry.blob(&Digest::of(&pushed).to_string()), &changed).unwrap();
    let chart = format!("oci://{}/charts/thanos", registry.host);
    let said = ["what came is not what was promised", &Digest::of(&changed).to_string(), &Digest::of(&pushed).to_string()];
    failure(fetch(&chart, None, &cached(home.path())), ErrorKind::Corrupt, &said);
    let kept = home.path().join("cache/packages-v1");
    assert!(!kept.exists() || fs::read_dir(kept).unwrap().next().is_none());
    fs::write(registry.blob(&Digest::of(&pushed).to_string()), &pushed[..pushed.len() / 2]).unwrap();
    failure(fetch(&chart, None, &options()), ErrorKind::Corrupt, &["what came is not what was promised"]);
}

#[test]
fn a_chart_above_the_limit_is_not_downloaded() {
    if !have(&PROGRAMS) {
        return;
    }
    let registry = Registry::start(Kind::Open);
    registry.push_chart("thanos", "1.0.0");
    let mut options = options();
    options.limits.package_bytes = 100;
    let chart = format!("oci://{}/charts/thanos", registry.host);
    failure(fetch(&chart, None, &options), ErrorKind::Limit, &["more than the 100 that are taken"]);
}

/// What a server of the test answers, by the path that is asked for.
struct Scripted {
    host: String,
    /// The heads of the requests that count, in order.
    requests: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    /// `answer` gets the path with its query and how many requests came before; it gives status, headers and body. Requests for `/v2/`,
    /// which only ask how to log in, don't count.
    fn start(answer: impl Fn(&str, usize) -> (u16, String, Vec<u8>) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let heads = requests.clone();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                    head.push(byte[0]);
                }
                let head = String::from_utf8_lossy(&head).into_owned();
                let Some(path) = head.split_whitespace().nth(1) else { continue };
                let number = heads.lock().unwrap().len();
                if path != "/v2/" {
                    heads.lock().unwrap().push(head.clone());
                }
                let (status, headers, body) = answer(path, number);
                let _ = write!(stream, "HTTP/1.1 {status} x\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
                let _ = stream.write_all(&body);
            }
        });
        Self { host, requests }
    }

    fn chart(&self) -> String {
        format!("oci://{}/charts/thanos", self.host)
    }
}

fn plain(status: u16, body: impl Into<Vec<u8>>) -> (u16, String, Vec<u8>) {
    (status, String::new(), body.into())
}

const CHART_LAYER: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

fn manifest(config: &str, layer: &str, archive: &[u8]) -> String {
    serde_json::json!({
        "schemaVersion": 2,
        "config": { "mediaType": config, "digest": Digest::of(b"{}").to_string(), "size": 2 },
        "layers": [{ "mediaType": layer, "digest": Digest::of(archive).to_string(), "size": archive.len() }],
    })
    .to_string()
}

#[test]
fn other_things_than_charts_are_named() {
    let image = manifest("application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar+gzip", b"x");
    let index = r#"{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [{}]}"#.to_owned();
    let table = [
        (image, ErrorKind::Chart, "is not a Helm chart: its manifest has application/vnd.oci.image.config.v1+json and layers of"),
        (index, ErrorKind::Chart, "is not a Helm chart: it is an index of 1 manifests"),
        ("<html>".to_owned(), ErrorKind::Corrupt, "can't be read"),
        (" ".repeat((4 << 20) + 1), ErrorKind::Limit, "the manifest is larger than 4194304 bytes"),
    ];
    for (text, kind, said) in table {
        let server = Scripted::start(move |path, _| plain(200, if path.contains("/manifests/") { text.clone() } else { "{}".into() }));
        failure(fetch(&server.chart(), Some("1.0.0"), &options()), kind, &[said]);
    }
}

#[test]
fn tags_come_in_pages_whether_or_not_the_registry_knows_pages() {
    let archive = b"archive";
    for pages in [true, false] {
        let server = Scripted::start(move |path, _| {
            if path.contains("/tags/list") {
                let (asked, all) =
                    (path.split("last=").nth(1).unwrap_or_default(), ["1.0.0", "1.1.0", "1.2.0", "2.0.0", "v9.0.0", "latest"]);
                let from = all.iter().position(|tag| *tag == asked).map_or(0, |last| last + 1);
                let page: Vec<&str> = if pages { all.into_iter().skip(from).take(2).collect() } else { all.to_vec() };
                return plain(200, serde_json::json!({ "name": "charts/thanos", "tags": page }).to_string());
            }
            match path {
                "/v2/charts/thanos/manifests/2.0.0" => {
                    plain(200, manifest("application/vnd.cncf.helm.config.v1+json", CHART_LAYER, archive))
                }
                path if path.contains("/blobs/") => plain(200, &archive[..]),
                _ => plain(200, "{}"),
            }
        });
        assert_eq!(fetch(&server.chart(), None, &options()).unwrap().origin, format!("{}:2.0.0", server.chart()));
    }
}

#[test]
fn passing_failures_are_tried_again_and_lasting_ones_are_not() {
    let archive = b"archive";
    let patient = Options { retries: Retries { count: 2, ..options().retries }, ..options() };
    for status in [429, 500, 503] {
        let server = Scripted::start(move |path, number| match path {
            "/v2/" => plain(200, "{}"),
            _ if number < 2 => plain(status, "busy"),
            path if path.contains("/manifests/") => plain(200, manifest("application/vnd.cncf.helm.config.v1+json", CHART_LAYER, archive)),
            _ => plain(200, &archive[..]),
        });
        fetch(&server.chart(), Some("1.0.0"), &patient).unwrap();
        assert_eq!(server.requests.lock().unwrap().len(), 4, "{status}");
    }
    let table = [
        (503, 3, ErrorKind::Network, "status 503 (tried 3 times)"),
        (400, 1, ErrorKind::Network, "status 400"),
        (403, 1, ErrorKind::Denied, "status 403"),
    ];
    for (status, requests, kind, said) in table {
        let server = Scripted::start(move |path, _| plain(if path == "/v2/" { 200 } else { status }, "no"));
        failure(fetch(&server.chart(), Some("1.0.0"), &patient), kind, &[said]);
        assert_eq!(server.requests.lock().unwrap().len(), requests, "{status}");
    }
}

#[test]
fn credentials_stay_with_their_registry_when_it_redirects() {
    let archive = b"archive";
    let store = Scripted::start(move |_, _| plain(200, &archive[..]));
    let elsewhere = format!("http://localhost:{}/blob", store.host.rsplit(':').next().unwrap());
    let server = Scripted::start(move |path, _| match path {
        "/v2/" => (401, "WWW-Authenticate: Basic realm=\"x\"\r\n".to_owned(), Vec::new()),
        path if path.contains("/manifests/") => plain(200, manifest("application/vnd.cncf.helm.config.v1+json", CHART_LAYER, archive)),
        _ => (307, format!("Location: {elsewhere}\r\n"), Vec::new()),
    });
    let credentials = Some(Credentials { username: USER.into(), password: PASSWORD.into() });
    assert_eq!(self::archive(&fetch(&server.chart(), Some("1.0.0"), &Options { credentials, ..options() }).unwrap()), archive);
    let signed =
        |server: &Scripted| server.requests.lock().unwrap().iter().filter(|head| head.to_lowercase().contains("authorization:")).count();
    assert_eq!((signed(&server), signed(&store)), (2, 0));
    assert_eq!(store.requests.lock().unwrap().len(), 1);
}
