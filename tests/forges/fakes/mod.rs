//! Servers that hold the comments of one pull request and speak a forge's published API: each forge's paths, fields and pages are a file.
//!
//! They stand in where the real forge can't run in a test. What they hold is compared with the published descriptions elsewhere; here they
//! are state: what was written can be read back, and faults come when a test asks for them.

mod azure_devops;
mod bitbucket_cloud;
mod bitbucket_data_center;
mod gitea;
mod github;
mod gitlab;

use std::sync::{Arc, Mutex};

use chartshift::publish::Kind;
use serde_json::Value;

use super::servers::scripted::{Answer, Asked, Scripted, answer};

/// The user whose token is used.
pub const ME: &str = "chartshift-bot";

/// A comment as the forge keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub id: u64,
    pub author: String,
    pub body: String,
    /// How often it was written.
    pub version: u64,
    /// Whether it is open, where comments have that.
    pub open: bool,
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Me,
    List,
    Create,
    Update,
    Status,
    Line,
    /// Something that a forge needs on the way.
    Other,
}

/// A fault that comes when a request of this sort does.
#[derive(Debug, Clone)]
pub struct Fault {
    pub on: Act,
    pub status: u16,
    pub headers: &'static [&'static str],
    /// Whether the forge does what was asked before it fails.
    pub done: bool,
}

/// The state of a forge.
#[derive(Debug, Default)]
pub struct State {
    pub comments: Vec<Kept>,
    pub statuses: Vec<Value>,
    pub lines: Vec<Value>,
    pub acts: Vec<Act>,
    pub faults: Vec<Fault>,
}

impl State {
    /// Adds a comment and gives its place.
    pub fn add(&mut self, author: &str, body: &str) -> usize {
        let id = 1000 + self.comments.len() as u64;
        self.comments.push(Kept { id, author: author.to_owned(), body: body.to_owned(), version: 0, open: false });
        self.comments.len() - 1
    }

    /// Writes a comment anew and gives its place.
    fn rewrite(&mut self, id: &str, body: &str) -> Option<usize> {
        let place = self.comments.iter().position(|comment| comment.id.to_string() == id)?;
        self.comments[place].body = body.to_owned();
        self.comments[place].version += 1;
        Some(place)
    }
}

/// What a forge's file knows.
pub trait Speech: Send + Sync {
    /// The forge.
    fn kind(&self) -> Kind;

    /// Who we are there.
    fn me(&self) -> &'static str {
        ME
    }

    /// The path of the API on the server.
    fn root(&self) -> &'static str;

    /// What a request is for; none when the API has nothing there.
    fn act(&self, asked: &Asked) -> Option<Act>;

    /// The answer to it.
    fn answer(&self, act: Act, asked: &Asked, state: &mut State) -> Answer;

    /// What the forge says with a status, in its own form and words.
    fn words(&self, status: u16) -> String;

    /// The status for a text that is too long.
    fn too_long(&self) -> u16;

    /// Whether the forge shows no hidden comments, so that the marker is the last line.
    fn basic(&self) -> bool {
        false
    }
}

/// A running fake.
pub struct Fake {
    pub server: Scripted,
    pub state: Arc<Mutex<State>>,
    speech: Arc<dyn Speech>,
}

impl Fake {
    pub fn start(speech: Arc<dyn Speech>, state: State) -> Self {
        let state = Arc::new(Mutex::new(state));
        let (shared, spoken) = (Arc::clone(&state), Arc::clone(&speech));
        let server = Scripted::start(move |asked| respond(spoken.as_ref(), &mut shared.lock().unwrap(), asked));
        Self { server, state, speech }
    }

    /// Where its API is.
    pub fn address(&self) -> String {
        self.server.url(self.speech.root())
    }
}

fn respond(speech: &dyn Speech, state: &mut State, asked: &Asked) -> Answer {
    assert!(asked.headers.iter().any(|header| header.contains(super::SECRET) || header.to_lowercase().starts_with("authorization: ")));
    let Some(act) = speech.act(asked) else {
        return answer(404, &[], speech.words(404));
    };
    state.acts.push(act);
    let fault = state.faults.iter().position(|fault| fault.on == act).map(|place| state.faults.remove(place));
    match fault {
        Some(fault) => {
            if fault.done {
                speech.answer(act, asked, state);
            }
            answer(fault.status, fault.headers, speech.words(fault.status))
        }
        None => speech.answer(act, asked, state),
    }
}

/// All the forges.
pub fn all() -> Vec<Arc<dyn Speech>> {
    vec![
        Arc::new(github::GitHub),
        Arc::new(gitlab::GitLab),
        Arc::new(azure_devops::AzureDevOps),
        Arc::new(bitbucket_cloud::BitbucketCloud),
        Arc::new(bitbucket_data_center::BitbucketDataCenter),
        Arc::new(gitea::Gitea { pages: false }),
        Arc::new(gitea::Gitea { pages: true }),
    ]
}

/// The path of a request below a root, without the query.
fn below<'a>(asked: &'a Asked, root: &str) -> Option<&'a str> {
    asked.target.split('?').next()?.strip_prefix(root)
}

/// A parameter of a request's query, as it came.
fn parameter<'a>(asked: &'a Asked, name: &str) -> Option<&'a str> {
    let (_, query) = asked.target.split_once('?')?;
    query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
}

fn number(asked: &Asked, name: &str) -> Option<usize> {
    parameter(asked, name).map(|text| text.parse().unwrap())
}

fn body(asked: &Asked) -> Value {
    serde_json::from_slice(&asked.body).unwrap()
}

/// A text at a place of the request's body, which must be there.
fn text(asked: &Asked, pointer: &str) -> String {
    let body = body(asked);
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {body}")).to_owned()
}

fn json(status: u16, headers: &[&str], value: &Value) -> Answer {
    answer(status, &[&["content-type: application/json"], headers].concat(), value.to_string())
}
