//! Gitea and Forgejo as their Swagger description (`/api/v1`) has them; whether the list of comments has pages depends on the version.

use serde_json::{Value, json};

use super::{Act, Kept, ME, Speech, State, below, body, json as reply, number, text};
use crate::HEAD;
use crate::servers::scripted::{Answer, Asked, answer};
use chartshift::publish::Kind;

pub struct Gitea {
    pub pages: bool,
}

const REPOSITORY: &str = "/api/v1/repos/acme/platform";

fn shown(comment: &Kept) -> Value {
    json!({
        "id": comment.id, "body": comment.body, "user": { "id": 3, "login": comment.author },
        "html_url": format!("https://gitea.example/acme/platform/pulls/7#issuecomment-{}", comment.id),
    })
}

impl Speech for Gitea {
    fn kind(&self) -> Kind {
        Kind::Gitea
    }

    fn root(&self) -> &'static str {
        "/api/v1"
    }

    fn act(&self, asked: &Asked) -> Option<Act> {
        if asked.method == "GET" && below(asked, "/api/v1/user") == Some("") {
            return Some(Act::Me);
        }
        let path = below(asked, REPOSITORY)?;
        match (asked.method.as_str(), path) {
            ("GET", "/issues/7/comments") => Some(Act::List),
            ("POST", "/issues/7/comments") => Some(Act::Create),
            ("PATCH", path) if path.starts_with("/issues/comments/") => Some(Act::Update),
            ("POST", path) if path == format!("/statuses/{HEAD}") => Some(Act::Status),
            ("POST", "/pulls/7/reviews") => Some(Act::Line),
            _ => None,
        }
    }

    fn answer(&self, act: Act, asked: &Asked, state: &mut State) -> Answer {
        match act {
            Act::Me => reply(200, &[], &json!({ "id": 3, "login": ME })),
            Act::List => {
                let total = format!("x-total-count: {}", state.comments.len());
                let (size, page) = (number(asked, "limit").unwrap_or(50).min(50), number(asked, "page").unwrap_or(1));
                let (skipped, taken) = if self.pages { (size * (page - 1), size) } else { (0, usize::MAX) };
                let page: Vec<Value> = state.comments.iter().skip(skipped).take(taken).map(shown).collect();
                reply(200, &[&total], &Value::from(page))
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
                reply(200, &[], &json!({ "id": 1 }))
            }
            Act::Other => unreachable!(),
        }
    }

    fn words(&self, status: u16) -> String {
        match status {
            403 => json!({ "message": "token does not have at least one of required scope(s): [write:issue]", "url": "https://gitea.example/api/swagger" }),
            413 | 422 => json!({ "message": "[Body]: the text is too long" }),
            404 => json!({ "message": "The target couldn't be found." }),
            _ => json!({ "message": "Internal Server Error" }),
        }
        .to_string()
    }

    fn too_long(&self) -> u16 {
        422
    }
}
