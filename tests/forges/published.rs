//! GitHub as its published OpenAPI description has it (npm: `@octokit/openapi`), mocked by a program that refuses whatever the description
//! doesn't allow and answers with the description's own examples (`@stoplight/prism-cli`). `tests/forges/install.sh` installs both.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chartshift::error::{ErrorKind, Result};
use chartshift::fetch::RedactedUrl;
use chartshift::publish::{self, Forge, Given, Kind, LineComment, State, Status, Target, Token};

use crate::servers::{Running, free_port, have, run};
use crate::{HEAD, SECRET, options};

/// The folder that the packages are installed in.
pub fn packages() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/forges/node_modules");
    if folder.is_dir() && have(&["node"]) {
        return Some(folder);
    }
    assert!(std::env::var_os("CHARTSHIFT_REQUIRE_SERVERS").is_none_or(|value| value != "1"), "run tests/forges/install.sh first");
    eprintln!("skipped: tests/forges/install.sh was not run");
    None
}

/// What is asked of GitHub, as its description names it.
const PATHS: [&str; 6] = [
    "/user",
    "/repos/{owner}/{repo}/issues/{issue_number}/comments",
    "/repos/{owner}/{repo}/issues/comments/{comment_id}",
    "/repos/{owner}/{repo}/statuses/{sha}",
    "/repos/{owner}/{repo}/pulls/{pull_number}/comments",
    "/repos/{owner}/{repo}/pulls",
];

/// A mock of a description.
struct Mock {
    address: String,
    _process: Running,
    _folder: tempfile::TempDir,
}

impl Mock {
    fn start(packages: &Path, description: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sliced = folder.path().join("description.json");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/forges/slice.mjs");
        let whole = packages.join("@octokit/openapi/generated").join(description);
        run(Command::new("node").args([&script, &whole, &sliced]).args(PATHS));
        for _ in 0..5 {
            let (port, said) = (free_port(), folder.path().join("said"));
            let mut command = Command::new("node");
            command.arg(packages.join("@stoplight/prism-cli/dist/index.js")).args(["mock", "--port"]).arg(port.to_string());
            command.arg(&sliced).stdin(Stdio::null()).stdout(File::create(&said).unwrap()).stderr(Stdio::null());
            let mut process = Running(command.spawn().unwrap());
            if listens(&mut process, &said) {
                return Self { address: format!("http://127.0.0.1:{port}"), _process: process, _folder: folder };
            }
        }
        panic!("the mock doesn't start");
    }

    /// The repository on it. The descriptions begin at the API's root, which on a server of one's own is a folder.
    fn target(&self, head: &str) -> Target {
        let given = Given {
            forge: Some(Kind::GitHub),
            repository: Some("acme/platform".into()),
            pull_request: Some(7),
            head: Some(head.to_owned()),
            ..Given::default()
        };
        let target = publish::detect(&|_| None, &given).unwrap().unwrap();
        Target { api: RedactedUrl::parse(&self.address).unwrap(), ..target }
    }

    fn open(&self, target: &Target) -> Result<Box<dyn Forge>> {
        publish::open(target, Token::new(SECRET, "CHARTSHIFT_TOKEN")?, &options())
    }

    /// The status of the answer to a request of anybody's making.
    fn post(&self, path: &str, body: &str) -> u16 {
        let mut stream = TcpStream::connect(self.address.trim_start_matches("http://")).unwrap();
        let head = "content-type: application/json\r\nhost: localhost\r\nconnection: close\r\n";
        write!(stream, "POST {path} HTTP/1.1\r\n{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        line.split(' ').nth(1).unwrap().parse().unwrap()
    }
}

/// Waits until the mock says that it listens: it loads for long, and meanwhile another server may be given its port.
fn listens(process: &mut Running, said: &Path) -> bool {
    let start = Instant::now();
    while process.0.try_wait().unwrap().is_none() && start.elapsed() < Duration::from_secs(120) {
        if std::fs::read_to_string(said).unwrap().contains("Prism is listening on") {
            return true;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    false
}

/// One mock for each description: it takes seconds to start.
#[test]
fn github_is_spoken_to_as_published() {
    let Some(packages) = packages() else { return };
    for description in ["api.github.com.json", "ghes-3.17.json"] {
        let mock = Mock::start(&packages, description);
        every_request_is_taken_and_every_answer_is_read(&mock);
        the_number_of_a_head_is_found(&mock);
        other_requests_are_refused(&mock);
    }
}

fn every_request_is_taken_and_every_answer_is_read(mock: &Mock) {
    let forge = mock.open(&mock.target(HEAD)).unwrap();
    assert_eq!(forge.me().unwrap().as_deref(), Some("octocat"));
    let comments = forge.comments().unwrap();
    assert_eq!((comments[0].author.as_str(), comments[0].body.as_str()), ("octocat", "Me too"));
    let created = forge.create("text", true).unwrap().unwrap();
    assert!(created.url.as_deref().is_some_and(|url| url.ends_with("#issuecomment-1")), "{created:?}");
    assert_eq!(forge.update(&created, "text", true).unwrap(), Some(created));
    for state in [State::Success, State::Failure, State::Error] {
        let target = Some("https://github.example/acme/platform/actions/runs/1".to_owned());
        forge.set_status(&Status { state, context: "chartshift/thanos".into(), description: "text".into(), target }).unwrap();
        forge.set_status(&Status { state, context: "chartshift".into(), description: "x".repeat(500), target: None }).unwrap();
    }
    let line = LineComment { file: "apps/values.yaml".into(), line: 3, body: "text".into() };
    assert!(forge.comment_on_line(&line).unwrap());
}

/// A run behind the run of a fork's pull request looks the number up by the head's branch.
fn the_number_of_a_head_is_found(mock: &Mock) {
    /// The head of the pull request in the description's example.
    const EXAMPLES: &str = "6dcb09b5b57875f334f61aebed695e2e4193db5e";
    let behind = |head: &str| Target { pull: None, head_label: Some("octocat:new-topic".into()), ..mock.target(head) };
    assert!(mock.open(&behind(EXAMPLES)).is_ok());
    assert_eq!(mock.open(&behind(HEAD)).map(drop).unwrap_err().kind(), ErrorKind::NotFound);
}

/// The mock does refuse what the description doesn't allow.
fn other_requests_are_refused(mock: &Mock) {
    let (comments, statuses, lines) = ("/repos/a/b/issues/7/comments", "/repos/a/b/statuses/4f2c9d1", "/repos/a/b/pulls/7/comments");
    let table = [
        (comments, r#"{"body":"text"}"#, 201),
        (comments, r#"{"text":"text"}"#, 422),
        (statuses, r#"{"state":"failure"}"#, 201),
        (statuses, r#"{"state":"failed"}"#, 422),
        (lines, r#"{"body":"b","commit_id":"c","path":"p","line":3,"side":"RIGHT"}"#, 201),
        (lines, r#"{"body":"b","commit_id":"c","path":"p","line":"3","side":"RIGHT"}"#, 422),
        (lines, r#"{"body":"b","commit_id":"c","path":"p","line":3,"side":"NEW"}"#, 422),
        ("/repos/a/b/pulls/7/notes", r#"{"body":"text"}"#, 404),
    ];
    for (path, body, status) in table {
        assert_eq!(mock.post(path, body), status, "{path} {body}");
    }
}
