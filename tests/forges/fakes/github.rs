//! GitHub as its REST API of 2022-11-28 describes it.

use serde_json::{Value, json};

use super::{Act, Kept, ME, Speech, State, below, body, json as reply, number, text};
use crate::HEAD;
use crate::servers::scripted::{Answer, Asked, answer};
use chartshift::publish::Kind;

pub struct GitHub;

const REPOSITORY: &str = "/api/v3/repos/acme/platform";

fn shown(comment: &Kept) -> Value {
    json!({
        "id": comment.id, "node_id": "IC_x", "body": comment.body, "user": { "login": comment.author, "type": "Bot" },
        "html_url": format!("https://github.example/acme/platform/pull/7#issuecomment-{}", comment.id),
    })
}

impl Speech for GitHub {
    fn kind(&self) -> Kind {
        Kind::GitHub
    }

    fn root(&self) -> &'static str {
        "/api/v3"
    }

    fn act(&self, asked: &Asked) -> Option<Act> {
        if asked.method == "GET" && below(asked, "/api/v3/user") == Some("") {
            return Some(Act::Me);
        }
        let path = below(asked, REPOSITORY)?;
        match (asked.method.as_str(), path) {
            ("GET", "/issues/7/comments") => Some(Act::List),
            ("POST", "/issues/7/comments") => Some(Act::Create),
            ("PATCH", path) if path.starts_with("/issues/comments/") => Some(Act::Update),
            ("POST", path) if path == format!("/statuses/{HEAD}") => Some(Act::Status),
            ("POST", "/pulls/7/comments") => Some(Act::Line),
            _ => None,
        }
    }

    fn answer(&self, act: Act, asked: &Asked, state: &mut State) -> Answer {
        match act {
            Act::Me => reply(200, &[], &json!({ "login": ME, "type": "User" })),
            Act::List => {
                let (size, page) = (number(asked, "per_page").unwrap_or(30).min(100), number(asked, "page").unwrap_or(1));
                let more = state.comments.len() > size * page;
                let link = format!("link: <https://github.example{}?page={}>; rel=\"next\"", asked.target, page + 1);
                let headers = if more { vec![link.as_str()] } else { Vec::new() };
                let page: Vec<Value> = state.comments.iter().skip(size * (page - 1)).take(size).map(shown).collect();
                reply(200, &headers, &Value::from(page))
            }
            Act::Create => {
                let place = state.add(ME, &text(asked, "/body"));
                reply(201, &[], &shown(&state.comments[place]))
            }
            Act::Update => {
                let id = asked.target.rsplit('/').next().unwrap();
                match state.rewrite(id, &text(asked, "/body")) {
                    Some(place) => reply(200, &[], &shown(&state.comments[place])),
                    None => answer(404, &[], self.words(404)),
                }
            }
            Act::Status => {
                state.statuses.push(body(asked));
                reply(201, &[], &json!({ "id": 1 }))
            }
            Act::Line => {
                state.lines.push(body(asked));
                reply(201, &[], &json!({ "id": 1 }))
            }
            Act::Other => unreachable!(),
        }
    }

    fn words(&self, status: u16) -> String {
        match status {
            403 => json!({ "message": "Resource not accessible by integration", "documentation_url": "https://docs.github.com/rest" }),
            422 => json!({
                "message": "Validation Failed",
                "errors": [{ "resource": "IssueComment", "field": "data", "code": "unprocessable", "message": "Body is too long (maximum is 65536 characters)" }],
            }),
            404 => json!({ "message": "Not Found" }),
            _ => json!({ "message": "Server Error" }),
        }
        .to_string()
    }

    fn too_long(&self) -> u16 {
        422
    }
}
