//! What else is sent: checks, remarks on lines, who we are; and where the token goes.

use std::fmt::Write as _;

use chartshift::error::ErrorKind;
use chartshift::publish::{self, Given, Kind, LineComment, State, Status, Target, Token};

use crate::fakes::{self, Fake};
use crate::servers::scripted::{Asked, Scripted, answer};
use crate::{HEAD, SECRET, opened, options};

/// A request as a reader compares it with a forge's documentation.
fn shown(asked: &Asked) -> String {
    let mut text = format!("{} {}\n", asked.method, asked.target);
    let kept = |line: &&String| {
        let name = line.split(':').next().unwrap().to_lowercase();
        !matches!(name.as_str(), "host" | "user-agent" | "content-length" | "connection")
    };
    let mut headers: Vec<&String> = asked.headers.iter().filter(kept).collect();
    headers.sort();
    for line in headers {
        let _ = writeln!(text, "{line}");
    }
    if !asked.body.is_empty() {
        let body: serde_json::Value = serde_json::from_slice(&asked.body).unwrap();
        let _ = writeln!(text, "{}", serde_json::to_string_pretty(&body).unwrap());
    }
    text
}

/// Every request of a forge, to be read beside its documentation.
#[test]
fn requests_are_as_documented() {
    let mut seen = Vec::new();
    for speech in fakes::all() {
        if seen.contains(&speech.kind()) {
            continue;
        }
        seen.push(speech.kind());
        let fake = Fake::start(speech.clone(), fakes::State::default());
        let forge = opened(speech.kind(), &fake.address()).unwrap();
        assert_eq!(forge.me().unwrap().as_deref(), Some(speech.me()));
        let created = forge.create("### Text\n", true).unwrap().unwrap();
        assert_eq!(forge.comments().unwrap(), std::slice::from_ref(&created), "{}", speech.kind());
        let updated = forge.update(&created, "### Other\n", false).unwrap().unwrap();
        assert_eq!((updated.author.as_str(), updated.body.as_str()), (speech.me(), "### Other\n"));
        let target = Some("https://ci.example/run/1".to_owned());
        let status = Status { state: State::Failure, context: "chartshift/thanos".into(), description: "1 change blocks".into(), target };
        forge.set_status(&status).unwrap();
        let line = LineComment { file: "apps/values.yaml".into(), line: 9, body: "```suggestion\na: b\n```".into() };
        assert!(forge.comment_on_line(&line).unwrap(), "{}", speech.kind());
        let state = fake.state.lock().unwrap();
        assert_eq!((state.statuses.len(), state.lines.len(), state.comments[0].open), (1, 1, false), "{}", speech.kind());
        let requests =
            fake.server.asked().iter().map(shown).collect::<Vec<_>>().join("\n").replace(&fake.server.address.to_string(), "HOST");
        insta::assert_snapshot!(format!("{}", speech.kind()).to_lowercase().replace(' ', "_"), requests);
    }
    assert_eq!(seen.len(), 6);
}

/// An app's token has no user: GraphQL says who comments with it.
#[test]
fn an_apps_token_is_asked_for_its_author() {
    for (answered, job, author) in [
        (answer(200, &[], r#"{"data":{"viewer":{"login":"acme-bot[bot]"}}}"#), true, Some("acme-bot[bot]")),
        (answer(403, &[], r#"{"message":"no"}"#), true, Some("github-actions[bot]")),
        (answer(200, &[], r#"{"data":null,"errors":[{"message":"no"}]}"#), false, None),
    ] {
        let server = Scripted::start(move |_| answered.clone());
        let given = Given {
            forge: Some(Kind::GitHub),
            api_url: Some(server.url("")),
            repository: Some("acme/platform".into()),
            pull_request: Some(7),
            head: Some(HEAD.into()),
            ..Given::default()
        };
        let target = Target { job, ..publish::detect(&|_| None, &given).unwrap().unwrap() };
        let forge = publish::open(&target, Token::new("ghs_x", "GITHUB_TOKEN").unwrap(), &options()).unwrap();
        assert_eq!(forge.me().unwrap().as_deref(), author);
        assert_eq!(server.targets(), ["/api/graphql"]);
    }
}

/// A renamed repository answers with a redirect inside of the API, which is followed with the same method and body.
#[test]
fn redirects_inside_of_the_api_are_followed() {
    let server = Scripted::start(|asked| match asked.target.as_str() {
        "/api/v3/repos/acme/platform/issues/7/comments" => answer(307, &["location: /api/v3/repositories/4711/issues/7/comments"], ""),
        _ => answer(201, &[], r#"{"id":1,"body":"text","user":{"login":"x"},"html_url":"https://x"}"#),
    });
    let forge = opened(Kind::GitHub, &server.url("/api/v3")).unwrap();
    assert_eq!(forge.create("text", true).unwrap().unwrap().id, "1");
    let asked = server.asked();
    assert_eq!(asked[1].target, "/api/v3/repositories/4711/issues/7/comments");
    assert_eq!((asked[1].method.as_str(), &asked[1].body), ("POST", &asked[0].body));
    assert!(asked[1].header("authorization").is_some());
}

/// Another place, also another port of the same host, is never asked: it would see the token.
#[test]
fn redirects_to_another_place_are_refused() {
    let other = Scripted::start(|_| answer(200, &[], "[]"));
    for (status, kind) in [(301, ErrorKind::Network), (302, ErrorKind::Denied), (307, ErrorKind::Network), (308, ErrorKind::Network)] {
        let location = format!("location: {}", other.url("/api/v3/elsewhere"));
        let server = Scripted::start(move |_| answer(status, &[&location], ""));
        let forge = opened(Kind::GitHub, &server.url("/api/v3")).unwrap();
        let error = forge.comments().unwrap_err();
        assert_eq!(error.kind(), kind, "{error:?}");
        assert!(!error.report().contains(SECRET));
    }
    assert_eq!(other.targets(), Vec::<String>::new());
}

/// Pages without an end are not read for ever.
#[test]
fn endless_pages_end() {
    let page = |id: usize| format!(r#"[{{"id":{id},"body":"text","user":{{"login":"x"}},"html_url":"https://x"}}]"#);
    let server = Scripted::start(move |asked| answer(200, &["link: <https://x>; rel=\"next\""], page(asked.number)));
    let forge = opened(Kind::GitHub, &server.url("/api/v3")).unwrap();
    assert_eq!(forge.comments().unwrap_err().kind(), ErrorKind::Limit);
    assert_eq!(server.asked().len(), 200);
    // One that repeats itself has said everything.
    let server = Scripted::start(move |_| answer(200, &["link: <https://x>; rel=\"next\""], page(1)));
    assert_eq!(opened(Kind::GitHub, &server.url("/api/v3")).unwrap().comments().unwrap().len(), 1);
}
