//! GitLab as the documentation of its REST API v4 has it.

use serde_json::{Value, json};

use super::{Act, Kept, ME, Speech, State, below, body, json as reply, number, text};
use crate::HEAD;
use crate::servers::scripted::{Answer, Asked, answer};
use chartshift::publish::Kind;

pub struct GitLab;

const PROJECT: &str = "/api/v4/projects/acme%2Fplatform";
const BASE: &str = "1111111111111111111111111111111111111111";

fn shown(comment: &Kept) -> Value {
    json!({
        "id": comment.id, "body": comment.body, "system": comment.author == "GitLab", "type": null, "noteable_iid": 7,
        "author": { "id": 5, "username": comment.author, "name": "Somebody" },
    })
}

impl Speech for GitLab {
    fn kind(&self) -> Kind {
        Kind::GitLab
    }

    fn root(&self) -> &'static str {
        "/api/v4"
    }

    fn act(&self, asked: &Asked) -> Option<Act> {
        if asked.method == "GET" && below(asked, "/api/v4/user") == Some("") {
            return Some(Act::Me);
        }
        let path = below(asked, PROJECT)?;
        match (asked.method.as_str(), path) {
            ("GET", "/merge_requests/7/notes") => Some(Act::List),
            ("POST", "/merge_requests/7/notes") => Some(Act::Create),
            ("PUT", path) if path.starts_with("/merge_requests/7/notes/") => Some(Act::Update),
            ("POST", path) if path == format!("/statuses/{HEAD}") => Some(Act::Status),
            ("POST", "/merge_requests/7/discussions") => Some(Act::Line),
            ("GET", "/merge_requests/7") => Some(Act::Other),
            _ => None,
        }
    }

    fn answer(&self, act: Act, asked: &Asked, state: &mut State) -> Answer {
        match act {
            Act::Me => reply(200, &[], &json!({ "id": 5, "username": ME })),
            Act::List => {
                let (size, page) = (number(asked, "per_page").unwrap_or(20).min(100), number(asked, "page").unwrap_or(1));
                let more = state.comments.len() > size * page;
                let next = format!("x-next-page: {}", if more { (page + 1).to_string() } else { String::new() });
                let page: Vec<Value> = state.comments.iter().skip(size * (page - 1)).take(size).map(shown).collect();
                reply(200, &[&next], &Value::from(page))
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
                // Some clients send a form.
                state.lines.push(serde_json::from_slice(&asked.body).unwrap_or_default());
                reply(201, &[], &json!({ "id": "d" }))
            }
            Act::Other => reply(200, &[], &json!({ "iid": 7, "diff_refs": { "base_sha": BASE, "start_sha": BASE, "head_sha": HEAD } })),
        }
    }

    fn words(&self, status: u16) -> String {
        match status {
            403 => json!({ "error": "insufficient_scope", "error_description": "The request requires higher privileges than provided by the access token.", "scope": "api" }),
            400 => json!({ "message": { "note": ["is too long (maximum is 1000000 characters)"] } }),
            404 => json!({ "message": "404 Not Found" }),
            _ => json!({ "message": "500 Internal Server Error" }),
        }
        .to_string()
    }

    fn too_long(&self) -> u16 {
        400
    }
}
