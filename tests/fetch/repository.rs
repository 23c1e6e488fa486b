//! Repositories as they are meant to be, served by nginx from a folder that Helm indexed.

use std::path::Path;
use std::process::Command;

use chartshift::error::ErrorKind;
use chartshift::fetch::options::Tls;
use chartshift::fetch::{ChartRef, Digest, Options, Silent, fetch_one, fetch_pair};

use crate::servers::nginx::{Nginx, PASSWORD, PROGRAMS, Serving, USER, pack};
use crate::servers::registry::{Kind, PROGRAMS as REGISTRY_PROGRAMS, Registry};
use crate::servers::scripted::{Scripted, answer};
use crate::servers::{have, run};
use crate::{archived, credentials, failure, from_repository, from_url, in_repository, index, options};

/// A `repositories.yaml` that `helm repo add` would write.
fn repositories(folder: &Path, entries: &str) -> Options {
    let file = folder.join("repositories.yaml");
    std::fs::write(&file, format!("apiVersion: \"\"\nrepositories:\n{entries}")).unwrap();
    Options { repository_config: Some(file), ..options() }
}

fn named(text: &str) -> ChartRef {
    ChartRef::parse(text, None, None).unwrap()
}

#[test]
fn versions_are_chosen_as_helm_chooses_them() {
    if !have(&PROGRAMS) {
        return;
    }
    let nginx = Nginx::start(Serving::Open);
    let home = tempfile::tempdir().unwrap();
    for wanted in
        ["12.20.2", "v12.20.2", "~12.20", "^12", "12.x", "<12.20.4", ">=12 <13", "12.21.0", "12.21.0+build.1", ">=13.0.0-0", ">13.0.0-0"]
    {
        let mut helm = Command::new("helm");
        helm.env("HELM_CACHE_HOME", home.path()).env("HELM_CONFIG_HOME", home.path()).env("HELM_DATA_HOME", home.path());
        let helm = helm.args(["show", "values", "thanos", "--repo", &nginx.url, "--version", wanted]).output().unwrap();
        let ours = from_repository(&nginx.url, wanted, &options());
        if helm.status.success() {
            let values = String::from_utf8(helm.stdout).unwrap();
            let version = values.trim().strip_prefix("version: ").unwrap();
            assert_eq!(archived(&ours.unwrap()), nginx.archive("thanos", version), "{wanted}");
        } else {
            failure(ours, ErrorKind::NotFound, &[wanted]);
        }
    }
    let newest = from_repository(&nginx.url, "latest", &options()).unwrap();
    assert_eq!(newest.digest, Some(Digest::of(&nginx.archive("thanos", "12.21.0+build.1"))));
    let newest_of_all = from_repository(&nginx.url, "latest", &Options { devel: true, ..options() }).unwrap();
    assert_eq!(newest_of_all.origin, format!("{}/thanos-13.0.0-rc.1.tgz", nginx.url));
}

#[test]
fn both_sides_come_at_once_with_one_index() {
    if !have(&PROGRAMS) {
        return;
    }
    let nginx = Nginx::start(Serving::Open);
    let sides = ["12.20.2", "12.20.4"].map(|version| in_repository(&nginx.url, "thanos", version));
    let (old, new) = fetch_pair(&sides[0], &sides[1], &options(), &Silent::default()).unwrap();
    assert_eq!(archived(&old), nginx.archive("thanos", "12.20.2"));
    assert_eq!(archived(&new), nginx.archive("thanos", "12.20.4"));
    let mut requests = nginx.requests();
    requests.sort();
    assert_eq!(requests, ["200 /charts/index.yaml", "200 /charts/thanos-12.20.2.tgz", "200 /charts/thanos-12.20.4.tgz"]);
}

#[test]
fn the_unknown_is_named_with_its_neighbours_and_its_side() {
    if !have(&PROGRAMS) {
        return;
    }
    let nginx = Nginx::start(Serving::Open);
    let (old, new) = (in_repository(&nginx.url, "thanos", "12.20.2"), in_repository(&nginx.url, "thanos", "12.20.3"));
    let error = fetch_pair(&old, &new, &options(), &Silent::default()).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot get the new chart, thanos@12.20.3 in {}", nginx.url));
    assert_eq!(error.hints(), ["the nearest versions are 13.0.0-rc.1, 12.21.0+build.1, 12.20.4, 12.20.2, 9.1.0"]);
    let error = fetch_one(&in_repository(&nginx.url, "tanos", "1"), &options(), &Silent::default());
    failure(error, ErrorKind::NotFound, &["/charts/index.yaml has no chart tanos", "did you mean thanos?"]);
    let gone = format!("{}/thanos-12.20.3.tgz", nginx.url);
    failure(from_url(&gone, &options()), ErrorKind::NotFound, &[&gone, "404"]);
    failure(from_repository(&nginx.url.replace("/charts", "/nowhere"), "1", &options()), ErrorKind::NotFound, &["index.yaml (404)"]);
}

#[test]
fn a_login_comes_from_the_command_line_the_url_or_helm() {
    if !have(&PROGRAMS) {
        return;
    }
    let nginx = Nginx::start(Serving::Basic);
    let expected = nginx.archive("thanos", "12.20.4");
    let with_login = Options { credentials: credentials(), ..options() };
    assert_eq!(archived(&from_repository(&nginx.url, "12.20.4", &with_login).unwrap()), expected);
    assert_eq!(archived(&from_url(&format!("{}/thanos-12.20.4.tgz", nginx.url), &with_login).unwrap()), expected);

    let in_url =
        nginx.url.replace("http://", &format!("http://{USER}:{}@", PASSWORD.replace('/', "%2F").replace('@', "%40").replace(':', "%3A")));
    let package = from_repository(&in_url, "12.20.4", &options()).unwrap();
    assert_eq!((archived(&package), &package.origin), (&expected[..], &format!("{}/thanos-12.20.4.tgz", nginx.url)));

    let folder = tempfile::tempdir().unwrap();
    let helms = repositories(folder.path(), &format!("- name: mine\n  url: {}\n  username: {USER}\n  password: {PASSWORD}\n", nginx.url));
    assert_eq!(archived(&fetch_one(&named("mine/thanos@12.20.4"), &helms, &Silent::default()).unwrap()), expected);
    assert_eq!(archived(&from_url(&format!("{}/thanos-12.20.4.tgz", nginx.url), &helms).unwrap()), expected);

    failure(from_repository(&nginx.url, "1", &options()), ErrorKind::Denied, &["wants a login (401)", "--username", &nginx.url]);
    let wrong = Options {
        credentials: credentials().map(|login| chartshift::fetch::Credentials { username: "nobody".into(), ..login }),
        ..options()
    };
    failure(from_repository(&nginx.url, "1", &wrong), ErrorKind::Denied, &["refused the user name or the password (401)", &nginx.url]);
}

#[test]
fn a_private_authority_is_trusted_when_it_is_named() {
    if !have(&PROGRAMS) {
        return;
    }
    let nginx = Nginx::start(Serving::Tls);
    let with_tls = |tls: Tls| Options { tls, ..options() };
    let trusting = Tls { ca_file: Some(nginx.file("ca.pem")), ..Tls::default() };
    assert!(from_repository(&nginx.url, "12.20.4", &with_tls(trusting)).is_ok());
    assert!(from_repository(&nginx.url, "12.20.4", &with_tls(Tls { insecure_skip_verify: true, ..Tls::default() })).is_ok());
    let folder = tempfile::tempdir().unwrap();
    for setting in [format!("caFile: {}", nginx.file("ca.pem").display()), "insecure_skip_tls_verify: true".into()] {
        let helms = repositories(folder.path(), &format!("- name: mine\n  url: {}\n  {setting}\n", nginx.url));
        assert!(fetch_one(&named("mine/thanos@~12.20"), &helms, &Silent::default()).is_ok(), "{setting}");
    }

    failure(from_repository(&nginx.url, "1", &options()), ErrorKind::Network, &["no secure connection", &nginx.url, "--ca-file"]);
    let other = Nginx::start(Serving::Tls);
    let wrong = Tls { ca_file: Some(other.file("ca.pem")), ..Tls::default() };
    failure(from_repository(&nginx.url, "1", &with_tls(wrong)), ErrorKind::Network, &["no secure connection", "--ca-file"]);
    for (file, said) in [("absent.pem", "can't be read"), ("server.key", "no certificate")] {
        let unusable = Tls { ca_file: Some(nginx.file(file)), ..Tls::default() };
        failure(from_repository(&nginx.url, "1", &with_tls(unusable)), ErrorKind::Usage, &[file, said]);
    }
}

#[test]
fn a_client_shows_its_certificate() {
    if !have(&PROGRAMS) {
        return;
    }
    let nginx = Nginx::start(Serving::TlsWithClientCertificate);
    let folder = tempfile::tempdir().unwrap();
    let [ca, cert, key] = ["ca.pem", "client.pem", "client.key"].map(|name| nginx.file(name));
    let entry = format!("- name: mine\n  url: {}\n  caFile: {}\n", nginx.url, ca.display());
    let shown = format!("{entry}  certFile: {}\n  keyFile: {}\n", cert.display(), key.display());
    assert!(fetch_one(&named("mine/thanos@12.20.4"), &repositories(folder.path(), &shown), &Silent::default()).is_ok());
    let unshown = fetch_one(&named("mine/thanos@12.20.4"), &repositories(folder.path(), &entry), &Silent::default());
    failure(unshown, ErrorKind::Network, &["status 400", &nginx.url]);
    let half = format!("{entry}  certFile: {}\n", cert.display());
    let half = fetch_one(&named("mine/thanos@12.20.4"), &repositories(folder.path(), &half), &Silent::default());
    failure(half, ErrorKind::Usage, &["its key are needed together"]);
}

#[test]
fn an_index_may_name_absolute_urls() {
    if !have(&PROGRAMS) {
        return;
    }
    let nginx = Nginx::start(Serving::Open);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("thanos-12.20.4.tgz"), nginx.archive("thanos", "12.20.4")).unwrap();
    run(Command::new("helm").args(["repo", "index", "--url", &nginx.url]).arg(folder.path()));
    let text = std::fs::read(folder.path().join("index.yaml")).unwrap();
    let elsewhere = Scripted::start(move |_| answer(200, &[], &text));
    let package = from_repository(&elsewhere.url(""), "latest", &options()).unwrap();
    assert_eq!(package.origin, format!("{}/thanos-12.20.4.tgz", nginx.url));
}

#[test]
fn an_index_may_name_a_registry() {
    if !have(&REGISTRY_PROGRAMS) {
        return;
    }
    let registry = Registry::start(Kind::Open);
    let archive = registry.push_chart("thanos", "1.0.0");
    let (address, digest) = (format!("oci://{}/charts/thanos:1.0.0", registry.host), Digest::of(&archive));
    let options = Options { plain_http: true, ..options() };
    let right = index(&[&address], Some(digest));
    let server = Scripted::start(move |_| answer(200, &[], &right));
    assert_eq!(archived(&from_repository(&server.url(""), "1.0.0", &options).unwrap()), archive);
    let wrong = index(&[&address], Some(Digest::of(b"another")));
    let server = Scripted::start(move |_| answer(200, &[], &wrong));
    failure(from_repository(&server.url(""), "1.0.0", &options), ErrorKind::Corrupt, &[&address]);
    let folder = format!("oci://{}/charts", registry.host);
    assert_eq!(archived(&from_repository(&folder, "1.0.0", &options).unwrap()), archive);
}

#[test]
fn the_built_in_list_is_used_last_and_said() {
    let offline = Options { offline: true, ..options() };
    let silent = Silent::default();
    let error = fetch_one(&named("jetstack/cert-manager"), &offline, &silent);
    failure(error, ErrorKind::NotFound, &["https://charts.jetstack.io/index.yaml", "--offline"]);
    assert_eq!(silent.notices(), ["Helm knows no repository jetstack: using the built-in address https://charts.jetstack.io"]);

    let folder = tempfile::tempdir().unwrap();
    let own = repositories(folder.path(), "- name: jetstack\n  url: https://mirror.example.com/jetstack\n");
    let silent = Silent::default();
    let error = fetch_one(&named("jetstack/cert-manager"), &Options { offline: true, ..own }, &silent);
    failure(error, ErrorKind::NotFound, &["https://mirror.example.com/jetstack/index.yaml"]);
    assert_eq!(silent.notices(), Vec::<String>::new());

    failure(
        fetch_one(&named("jetstak/x"), &options(), &Silent::default()),
        ErrorKind::NotFound,
        &["no repository is called jetstak", "did you mean jetstack", "helm repo add"],
    );
}

#[test]
fn proxies_are_used_except_for_loopback() {
    let archive = pack("thanos", "1.0.0");
    let expected = archive.clone();
    let proxy = Scripted::start(move |_| answer(200, &[], &archive));
    let proxied = |http: String| {
        let proxies = chartshift::fetch::options::Proxies { http: Some(http), ..Default::default() };
        Options { proxies, ..options() }
    };
    let through = proxied(format!("http://{USER}:pw@{}", proxy.address));
    assert_eq!(archived(&from_url("http://charts.invalid/thanos-1.0.0.tgz", &through).unwrap()), expected);
    assert_eq!(proxy.targets(), ["http://charts.invalid/thanos-1.0.0.tgz"]);
    assert_eq!(proxy.asked()[0].header("proxy-authorization"), Some("Basic c29tZW9uZTpwdw=="));

    let dead = proxied("http://127.0.0.1:1".into());
    assert_eq!(archived(&from_url(&proxy.url("/thanos-1.0.0.tgz"), &dead).unwrap()), expected);
    failure(from_url("http://charts.invalid/thanos-1.0.0.tgz", &dead), ErrorKind::Network, &["no connection", "HTTP_PROXY"]);
}
