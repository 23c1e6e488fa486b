//! Files of every shape, and helper programs that answer, fail, hang and talk too much.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Instant;

use super::*;

/// `someone:hunter2`.
const AUTH: &str = "c29tZW9uZTpodW50ZXIy";

fn password() -> Login {
    Login::Password(Credentials { username: "someone".into(), password: "hunter2".into() })
}

/// Asks with the two files; an empty text is no file.
fn ask(helm: &str, docker: &str, registry: &str) -> Result<Found> {
    let home = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let file = home.path().join(name);
        if !text.is_empty() {
            fs::write(&file, text).unwrap();
        }
        Some(file)
    };
    let options = Options { registry_config: file("helm.json", helm), docker_config: file("docker.json", docker), ..Options::default() };
    find(registry, &options).map(|mut found| {
        let folder = format!("{}/", home.path().display());
        found.trail.iter_mut().chain(&mut found.failures).for_each(|text| *text = text.replace(&folder, ""));
        found
    })
}

#[test]
fn entries_are_found_under_every_spelling() {
    let token = Login::IdentityToken(Secret::new("tok"));
    let auth = |host: &str| format!(r#"{{"auths": {{"{host}": {{"auth": "{AUTH}"}}}}}}"#);
    let table = [
        (auth("localhost:5000"), "localhost:5000", password()),
        (auth("localhost:5000"), "localhost:5001", Login::Anonymous),
        (auth("https://ghcr.io"), "ghcr.io", password()),
        (auth("https://index.docker.io/v1/"), "registry-1.docker.io", password()),
        (auth("https://index.docker.io/v1/"), "docker.io", password()),
        (auth("docker.io"), "registry-1.docker.io", password()),
        (r#"{"auths": {"r": {"username": "someone", "password": "hunter2"}}}"#.into(), "r", password()),
        (r#"{"auths": {"r": {}}}"#.into(), "r", Login::Anonymous),
        (r#"{"auths": {"r": {"auth": "Og=="}}}"#.into(), "r", Login::Anonymous),
        (r#"{"auths": {"r": {"auth": "MDA6", "identitytoken": "tok"}}}"#.into(), "r", token),
        (format!(r#"{{"auths": {{"r": {{"auth": "{AUTH}", "identitytoken": ""}}}}}}"#), "r", password()),
        (r#"{"auths": null, "credsStore": "", "credHelpers": {}, "HttpHeaders": {"a": "b"}}"#.into(), "r", Login::Anonymous),
    ];
    for (text, registry, expected) in table {
        assert_eq!(ask("", &text, registry).unwrap().login, expected, "{text} {registry}");
    }
}

#[test]
fn the_command_line_comes_before_helms_file_and_that_before_dockers() {
    let file = |password: &str| format!(r#"{{"auths": {{"r": {{"username": "u", "password": "{password}"}}}}}}"#);
    let login = |password: &str| Login::Password(Credentials { username: "u".into(), password: password.into() });
    let found = ask(&file("helm"), &file("docker"), "r").unwrap();
    assert_eq!((found.login, found.trail), (login("helm"), vec!["those in helm.json were used".to_owned()]));
    let found = ask("{}", &file("docker"), "r").unwrap();
    assert_eq!((found.login, found.trail.join(", ")), (login("docker"), "helm.json has none for r, those in docker.json were used".into()));
    let found = ask("", "", "r").unwrap();
    assert_eq!((&found.login, found.hint()), (&Login::Anonymous, "credentials: there is no helm.json; there is no docker.json".into()));
    let credentials = Some(Credentials { username: "u".into(), password: "line".into() });
    let found = find("r", &Options { credentials, ..Options::default() }).unwrap();
    assert_eq!((&found.login, found.hint()), (&login("line"), "credentials: those of the command line were used".into()));
}

#[test]
fn a_helper_that_is_missing_is_passed_over_and_told_of() {
    let docker = format!(r#"{{"auths": {{"r": {{"auth": "{AUTH}"}}}}}}"#);
    let found = ask(r#"{"credsStore": "chartshift-test-nowhere"}"#, &docker, "r").unwrap();
    assert_eq!(found.login, password());
    assert_eq!(found.failures, ["the helper docker-credential-chartshift-test-nowhere, named in helm.json, is not on PATH"]);
    let found = ask(r#"{"credHelpers": {"r": "../../bin/sh", "other": "x"}}"#, "", "r").unwrap();
    assert_eq!(found.failures, ["the helper docker-credential-../../bin/sh, named in helm.json, has a name that no program should have"]);
}

#[test]
fn broken_files_are_named_without_what_they_hold() {
    let table = [
        ("{", "it is not JSON of Docker's shape"),
        (r#"{"auths": "hunter2"}"#, "it is not JSON of Docker's shape"),
        (r#"{"auths": {"r": {"auth": "hunter2!"}}}"#, "is not user and password in base64"),
        (r#"{"auths": {"r": {"auth": "aHVudGVyMg=="}}}"#, "is not user and password in base64"),
        (r#"{"auths": {"r": {"auth": "c29tZW9uZTpodW50ZXIy", "username": "u", "password": "hunter2"}}}"#, "has an `auth` that differs"),
    ];
    for (text, expected) in table {
        let error = ask(text, "", "r").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Syntax, "{text}");
        assert!(error.report().contains(expected) && error.report().contains("helm.json"), "{}", error.report());
        assert!(!error.report().contains("hunter2"), "{}", error.report());
    }
}

#[test]
fn nothing_secret_is_in_debug_text() {
    let found = ask(&format!(r#"{{"auths": {{"r": {{"auth": "{AUTH}"}}}}}}"#), "", "r").unwrap();
    let shown = format!("{found:?} {:?}", Login::IdentityToken(Secret::new("hunter2")));
    assert!(!shown.contains("hunter2"), "{shown}");
}

/// One test for all scripts: a script can't be run while another thread's child still has it open for writing.
#[test]
fn helpers_answer_fail_and_hang() {
    let home = tempfile::tempdir().unwrap();
    let user = |name: &str, secret: &str| {
        format!(r#"read server; printf '{{"ServerURL":"%s","Username":"{name}","Secret":"{secret}"}}' "$server""#)
    };
    let table = [
        (user("someone", "hunter2"), Ok(Some(password()))),
        (user("<token>", "tok"), Ok(Some(Login::IdentityToken(Secret::new("tok"))))),
        (user("", ""), Ok(None)),
        ("echo credentials not found in native keychain; exit 1".into(), Ok(None)),
        ("echo hunter2; echo hunter2 >&2; exit 3".into(), Err("failed (exit status: 3)")),
        ("echo hunter2".into(), Err("printed something that is no answer")),
        ("exec sleep 60".into(), Err("did not answer within 1 seconds")),
        ("exec >&-; exec sleep 60".into(), Err("did not answer within 1 seconds")),
        ("sleep 60 & exit 0".into(), Err("did not answer within 1 seconds")),
        ("head -c 300000 /dev/zero".into(), Err("")),
        (r#"[ "$1" = get ] && exec cat"#.into(), Err("printed something that is no answer")),
    ];
    for (number, (script, expected)) in table.into_iter().enumerate() {
        let file = home.path().join(format!("helper-{number}"));
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        let start = Instant::now();
        let answer = program::get(file.to_str().unwrap(), "r:5000", Duration::from_millis(700));
        assert!(start.elapsed() < Duration::from_secs(5), "{script}");
        match expected {
            Ok(login) => assert_eq!(answer, Ok(login), "{script}"),
            Err(text) => assert!(answer.as_ref().unwrap_err().contains(text), "{script}: {answer:?}"),
        }
    }
}
