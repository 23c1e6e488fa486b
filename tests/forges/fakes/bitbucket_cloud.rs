//! Bitbucket Cloud as the reference of its REST API 2.0 has it.

use serde_json::{Value, json};

use super::{Act, Kept, Speech, State, below, body, json as reply, number, text};
use crate::HEAD;
use crate::servers::scripted::{Answer, Asked, answer};
use chartshift::publish::Kind;

pub struct BitbucketCloud;

/// Who we are: users have names of their own making, and numbers.
const ME: &str = "{7c9b1f6e-0000-4000-8000-00000000c5b0}";
const REPOSITORY: &str = "/2.0/repositories/acme/platform";

fn shown(comment: &Kept) -> Value {
    json!({
        "type": "pullrequest_comment", "id": comment.id, "deleted": false, "user": { "type": "user", "uuid": comment.author },
        "content": { "type": "rendered", "raw": comment.body, "markup": "markdown", "html": "<p>…</p>" },
        "links": { "html": { "href": format!("https://bitbucket.org/acme/platform/pull-requests/7/_/diff#comment-{}", comment.id) } },
    })
}

impl Speech for BitbucketCloud {
    fn kind(&self) -> Kind {
        Kind::BitbucketCloud
    }

    fn me(&self) -> &'static str {
        ME
    }

    fn root(&self) -> &'static str {
        "/2.0"
    }

    fn basic(&self) -> bool {
        true
    }

    fn act(&self, asked: &Asked) -> Option<Act> {
        if asked.method == "GET" && below(asked, "/2.0/user") == Some("") {
            return Some(Act::Me);
        }
        let path = below(asked, REPOSITORY)?;
        match (asked.method.as_str(), path) {
            ("GET", "/pullrequests/7/comments") => Some(Act::List),
            ("POST", "/pullrequests/7/comments") if body(asked).get("inline").is_some() => Some(Act::Line),
            ("POST", "/pullrequests/7/comments") => Some(Act::Create),
            ("PUT", path) if path.starts_with("/pullrequests/7/comments/") => Some(Act::Update),
            ("POST", path) if path == format!("/commit/{HEAD}/statuses/build") => Some(Act::Status),
            _ => None,
        }
    }

    fn answer(&self, act: Act, asked: &Asked, state: &mut State) -> Answer {
        match act {
            Act::Me => reply(200, &[], &json!({ "type": "user", "uuid": ME })),
            Act::List => {
                let (size, page) = (number(asked, "pagelen").unwrap_or(10).min(100), number(asked, "page").unwrap_or(1));
                let values: Vec<Value> = state.comments.iter().skip(size * (page - 1)).take(size).map(shown).collect();
                let mut answer = json!({ "pagelen": size, "page": page, "size": state.comments.len(), "values": values });
                if state.comments.len() > size * page {
                    answer["next"] = json!(format!("https://api.bitbucket.org{REPOSITORY}/pullrequests/7/comments?page={}", page + 1));
                }
                reply(200, &[], &answer)
            }
            Act::Create => {
                let place = state.add(ME, &text(asked, "/content/raw"));
                reply(201, &[], &shown(&state.comments[place]))
            }
            Act::Update => {
                let id = asked.target.rsplit('/').next().unwrap();
                match state.rewrite(id, &text(asked, "/content/raw")) {
                    Some(place) => reply(200, &[], &shown(&state.comments[place])),
                    None => answer(404, &[], self.words(404)),
                }
            }
            Act::Status => {
                state.statuses.push(body(asked));
                reply(201, &[], &json!({ "type": "build" }))
            }
            Act::Line => {
                state.lines.push(body(asked));
                reply(201, &[], &json!({ "type": "pullrequest_comment", "id": 1 }))
            }
            Act::Other => unreachable!(),
        }
    }

    fn words(&self, status: u16) -> String {
        let message = match status {
            403 => "Your credentials lack one or more required privilege scopes.",
            400 => "content: this text is too long",
            404 => "Resource not found",
            _ => "Something went wrong",
        };
        json!({ "type": "error", "error": { "message": message } }).to_string()
    }

    fn too_long(&self) -> u16 {
        400
    }
}
