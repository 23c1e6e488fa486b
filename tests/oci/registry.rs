//! A real registry under every way of logging in, and what can be wrong with what is in it.

use std::fs;
use std::process::Command;

use chartshift::error::ErrorKind;
use chartshift::fetch::options::Tls;
use chartshift::fetch::{ChartRef, Credentials, Digest, Options, Silent, fetch_pair};

use super::servers::registry::{Kind, PASSWORD, PROGRAMS, Registry, USER, login_file};
use super::servers::tokens::{REFRESH_TOKEN, Tokens};
use super::servers::{have, run};
use super::{archived, cached, failure, fetch, options, with_login};

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
        assert_eq!(archived(&package), pushed[expected], "{version:?}");
        assert_eq!(package.digest, Some(Digest::of(&pushed[expected])));
        assert_eq!(package.origin, format!("{chart}:{}", all[expected]), "{version:?}");
        same_as_helm(&chart, version, all[expected]);
    }
    let newest = fetch(&chart, None, &Options { devel: true, ..options() }).unwrap();
    assert_eq!(newest.origin, format!("{chart}:2.0.0-rc.1"));
    let side = |version| ChartRef::parse(&chart, Some(version), None).unwrap();
    let (old, new) = fetch_pair(&side("1.0.0"), &side("~1.1"), &options(), &Silent::default()).unwrap();
    assert_eq!((archived(&old), archived(&new)), (&*pushed[0], &*pushed[2]));
    let tagged = fetch(&format!("{chart}:1.2.0_build.7"), None, &options()).unwrap();
    assert_eq!(archived(&tagged), pushed[4]);
    the_digest_decides(&registry, &chart, &pushed[1]);
}

/// Helm's choice for the same words. It has no `latest`, and takes `1.1` and `1.2.0` for tags although they are none.
fn same_as_helm(chart: &str, version: Option<&str>, expected: &str) {
    let arguments = match version {
        Some("latest" | "1.1" | "1.2.0") => return,
        Some(version) => vec!["--version", version],
        None => Vec::new(),
    };
    let shown = run(Command::new("helm").args(["show", "chart", "--plain-http", chart]).args(arguments)).stdout;
    assert!(String::from_utf8_lossy(&shown).contains(&format!("version: {expected}\n")), "{version:?}");
}

fn the_digest_decides(registry: &Registry, chart: &str, expected: &[u8]) {
    let link = registry.folder.path().join("storage/docker/registry/v2/repositories/charts/thanos/_manifests/tags/1.1.0/current/link");
    let digest = fs::read_to_string(link).unwrap();
    for reference in [format!("{chart}@{digest}"), format!("{chart}:1.1.0@{digest}"), format!("{chart}:9.9.9@{digest}")] {
        let package = fetch(&reference, None, &options()).unwrap();
        assert_eq!(archived(&package), expected, "{reference}");
        assert_eq!(package.origin, format!("{chart}@{digest}"));
    }
    failure(
        fetch(&format!("{chart}:1.0.0@{digest}"), None, &options()),
        ErrorKind::Corrupt,
        &["charts/thanos:1.0.0 is sha256:", "asked for"],
    );
    let nobodys = Digest::of(b"nobody");
    failure(fetch(&format!("{chart}@{nobodys}"), None, &options()), ErrorKind::NotFound, &["manifest unknown"]);
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
        assert_eq!(archived(&fetch(&chart, Some("1.0.0"), options).unwrap()), pushed);
        assert_eq!(archived(&fetch(&chart, None, options).unwrap()), pushed);
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
            assert_eq!(archived(&fetch(&chart, Some("~1"), &options()).unwrap()), pushed);
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
        assert_eq!(archived(&fetch(&chart, Some("~1"), &login).unwrap()), pushed);
        assert_eq!(asked(), [USER]);
        let identity = |token: &str| serde_json::json!({ "auths": { &registry.host: { "auth": "MDAwOg==", "identitytoken": token } } });
        let login = with_login(&file, &identity(REFRESH_TOKEN).to_string());
        assert_eq!(archived(&fetch(&chart, Some("~1"), &login).unwrap()), pushed);
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
        assert_eq!(archived(&fetch(&chart, None, options).unwrap()), pushed);
    }
    let said = ["there is no trusted connection to the registry", "the certificates of a private authority are given by --ca-file"];
    failure(fetch(&chart, None, &secure(Tls::default())), ErrorKind::Network, &said);
    let (garbage, key) = (registry.folder.path().join("config.yml"), registry.folder.path().join("server.key"));
    let wrong = secure(Tls { ca_file: Some(garbage), ..Tls::default() });
    failure(fetch(&chart, None, &wrong), ErrorKind::Usage, &["config.yml can't be used: it holds no certificate in PEM form"]);
    let client = secure(Tls { key_file: Some(key), ca_file, ..Tls::default() });
    failure(fetch(&chart, None, &client), ErrorKind::Usage, &["client certificates can't be used with OCI registries"]);
    failure(fetch(&chart, None, &options()), ErrorKind::Network, &["the registry answered with status 400"]);
}

#[test]
fn a_registry_without_tls_is_on_this_machine_or_named_so() {
    if !have(&PROGRAMS) {
        return;
    }
    let registry = Registry::start(Kind::Open);
    let pushed = registry.push_chart("thanos", "1.0.0");
    let secure = Options { plain_http: false, ..options() };
    let port = registry.host.rsplit(':').next().unwrap();
    for host in ["127.0.0.1", "localhost"] {
        assert_eq!(archived(&fetch(&format!("oci://{host}:{port}/charts/thanos"), None, &secure).unwrap()), pushed);
    }
    // The same address, spelled so that it isn't known to be this machine.
    let elsewhere = format!("oci://[::ffff:127.0.0.1]:{port}/charts/thanos");
    failure(
        fetch(&elsewhere, None, &secure),
        ErrorKind::Network,
        &["the registry doesn't speak TLS", "a registry without TLS needs --plain-http"],
    );
    assert_eq!(archived(&fetch(&elsewhere, None, &options()).unwrap()), pushed);
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
    assert_eq!((archived(&again), &again.origin), (&*pushed, &format!("{chart}:1.0.0")));
    failure(fetch(&chart, Some("~2"), &offline), ErrorKind::NotFound, &["is not in the cache"]);
    failure(
        fetch(&chart, Some("~1"), &online),
        ErrorKind::Network,
        &["the registry can't be reached: Connection refused (os error 111) (tried 2 times)"],
    );
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
