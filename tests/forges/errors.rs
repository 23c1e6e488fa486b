//! What a reader is told when a forge says no: one file a reader can go through.

use std::fmt::Write as _;

use chartshift::error::Result;
use chartshift::publish::{Forge, Kind, State, Status};

use crate::fakes::{self, Speech};
use crate::servers::scripted::{Scripted, answer};
use crate::{SECRET, opened};

type Step = (&'static str, fn(&dyn Forge) -> Result<()>);

const STEPS: [Step; 3] = [
    ("reads the comments", |forge| forge.comments().map(drop)),
    ("comments", |forge| forge.create("text", true).map(drop)),
    ("sets the check", |forge| {
        let (context, description) = ("chartshift".to_owned(), "text".to_owned());
        forge.set_status(&Status { state: State::Failure, context, description, target: None })
    }),
];

#[test]
fn errors_say_what_to_do() {
    let mut text = String::new();
    let mut seen: Vec<Kind> = Vec::new();
    for speech in fakes::all() {
        if seen.contains(&speech.kind()) {
            continue;
        }
        seen.push(speech.kind());
        for (step, ask) in STEPS {
            told(&mut text, speech.as_ref(), step, 403, &speech.words(403), ask);
        }
    }
    let github = fakes::all().into_iter().next().unwrap();
    let (step, ask) = STEPS[1];
    let hostile = r#"{"message":"\u001b[2Jsee ::error::x\n##vso[task.complete]and @you hunter2-hunter2 "}"#;
    for (status, body) in [
        (401, r#"{"message":"Bad credentials"}"#),
        (404, r#"{"message":"Not Found"}"#),
        (418, hostile),
        (502, "<html>no</html>"),
        (203, "<html>"),
    ] {
        told(&mut text, github.as_ref(), step, status, body, ask);
    }
    insta::assert_snapshot!("errors", text);
}

fn told(text: &mut String, speech: &dyn Speech, step: &str, status: u16, body: &str, ask: fn(&dyn Forge) -> Result<()>) {
    let body = body.to_owned();
    let server = Scripted::start(move |_| answer(status, &[], &body));
    let forge = opened(speech.kind(), &server.url(speech.root())).unwrap();
    // What may pass is asked again until it doesn't: one that must not be done twice says so by none.
    let report = std::iter::repeat_with(|| ask(forge.as_ref())).take(9).find_map(Result::err).map(|error| error.report()).unwrap();
    assert!(!report.contains(SECRET), "{report}");
    let _ = writeln!(text, "{}, {status}: {step}\n{}", speech.kind(), report.replace(&server.address.to_string(), "HOST"));
}
