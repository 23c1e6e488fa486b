//! Bitbucket Data Center as the reference of its REST API has it: comments are read from activities, newest first, and have versions.

use serde_json::{Value, json};

use super::{Act, Kept, ME, Speech, State, below, body, json as reply, number, text};
use crate::HEAD;
use crate::servers::scripted::{Answer, Asked, answer};
use chartshift::publish::Kind;

pub struct BitbucketDataCenter;

const ROOT: &str = "/rest/api/1.0";
const REPOSITORY: &str = "/rest/api/1.0/projects/acme/repos/platform";

fn shown(comment: &Kept) -> Value {
    json!({
        "id": comment.id, "version": comment.version, "text": comment.body, "author": { "name": comment.author, "slug": comment.author },
        "severity": "NORMAL", "state": "OPEN", "comments": [],
    })
}

impl Speech for BitbucketDataCenter {
    fn kind(&self) -> Kind {
        Kind::BitbucketDataCenter
    }

    fn root(&self) -> &'static str {
        ROOT
    }

    fn basic(&self) -> bool {
        true
    }

    fn act(&self, asked: &Asked) -> Option<Act> {
        if asked.method == "GET" && below(asked, ROOT) == Some("/application-properties") {
            return Some(Act::Me);
        }
        let path = below(asked, REPOSITORY)?;
        match (asked.method.as_str(), path) {
            ("GET", "/pull-requests/7/activities") => Some(Act::List),
            ("POST", "/pull-requests/7/comments") if body(asked).get("anchor").is_some() => Some(Act::Line),
            ("POST", "/pull-requests/7/comments") => Some(Act::Create),
            ("PUT", path) if path.starts_with("/pull-requests/7/comments/") => Some(Act::Update),
            ("POST", path) if path == format!("/commits/{HEAD}/builds") => Some(Act::Status),
            _ => None,
        }
    }

    fn answer(&self, act: Act, asked: &Asked, state: &mut State) -> Answer {
        match act {
            Act::Me => reply(200, &[&format!("x-ausername: {ME}")], &json!({ "version": "8.19.4" })),
            Act::List => {
                let activity = |comment: &Kept| json!({ "id": comment.id, "action": "COMMENTED", "commentAction": "ADDED", "comment": shown(comment) });
                let opened = json!({ "id": 1, "action": "OPENED" });
                let on_line = json!({
                    "id": 2, "action": "COMMENTED", "commentAction": "ADDED", "commentAnchor": { "path": "values.yaml", "line": 1 },
                    "comment": { "id": 2, "version": 0, "text": "on a line", "author": { "name": ME } },
                });
                let all: Vec<Value> = state.comments.iter().rev().map(activity).chain([on_line, opened]).collect();
                let (limit, start) = (number(asked, "limit").unwrap_or(25).min(500), number(asked, "start").unwrap_or(0));
                let last = all.len() <= start + limit;
                let values: Vec<Value> = all.into_iter().skip(start).take(limit).collect();
                let next = if last { Value::Null } else { json!(start + limit) };
                reply(
                    200,
                    &[],
                    &json!({ "size": values.len(), "limit": limit, "start": start, "isLastPage": last, "nextPageStart": next, "values": values }),
                )
            }
            Act::Create => {
                let place = state.add(ME, &text(asked, "/text"));
                reply(201, &[], &shown(&state.comments[place]))
            }
            Act::Update => {
                let id = asked.target.rsplit('/').next().unwrap();
                let version = body(asked)["version"].as_u64();
                let current = state.comments.iter().find(|comment| comment.id.to_string() == id).map(|comment| comment.version);
                if current.is_some() && current != version {
                    return answer(409, &[], self.words(409));
                }
                match state.rewrite(id, &text(asked, "/text")) {
                    Some(place) => reply(200, &[], &shown(&state.comments[place])),
                    None => answer(404, &[], self.words(404)),
                }
            }
            Act::Status => {
                state.statuses.push(body(asked));
                answer(204, &[], "")
            }
            Act::Line => {
                let sort = text(asked, "/anchor/lineType");
                if sort == "ADDED" {
                    return answer(409, &[], self.words(409));
                }
                state.lines.push(body(asked));
                reply(201, &[], &json!({ "id": 3, "version": 0, "text": "", "author": { "name": ME } }))
            }
            Act::Other => unreachable!(),
        }
    }

    fn words(&self, status: u16) -> String {
        let message = match status {
            403 => "You are not permitted to access this resource",
            400 => "Your comment is too long. The maximum length is 32,768 characters.",
            404 => "The comment does not exist.",
            409 => "The comment has been modified since it was read.",
            _ => "An error occurred",
        };
        json!({ "errors": [{ "context": null, "message": message, "exceptionName": null }] }).to_string()
    }

    fn too_long(&self) -> u16 {
        400
    }
}
