//! Azure DevOps as the reference of its REST API 7.1 has it: threads, whose first comment is what others call one.

use serde_json::{Value, json};

use super::{Act, Kept, Speech, State, below, body, json as reply, parameter, text};
use crate::HEAD;
use crate::servers::scripted::{Answer, Asked, answer};
use chartshift::publish::Kind;

pub struct AzureDevOps;

/// Who we are: identities have numbers.
const ME: &str = "7c9b1f6e-0000-4000-8000-00000000c5b0";
const ROOT: &str = "/acme-collection";
const PULL: &str = "/acme-collection/acme/_apis/git/repositories/platform/pullRequests/7";

fn first_comment(comment: &Kept) -> Value {
    json!({
        "id": 1, "parentCommentId": 0, "content": comment.body, "commentType": "text",
        "author": { "id": comment.author, "displayName": "Somebody" },
    })
}

fn thread(comment: &Kept) -> Value {
    let status = if comment.open { "active" } else { "closed" };
    json!({ "id": comment.id, "comments": [first_comment(comment)], "status": status, "isDeleted": false, "threadContext": null })
}

impl Speech for AzureDevOps {
    fn kind(&self) -> Kind {
        Kind::AzureDevOps
    }

    fn me(&self) -> &'static str {
        ME
    }

    fn root(&self) -> &'static str {
        ROOT
    }

    fn act(&self, asked: &Asked) -> Option<Act> {
        if asked.method == "GET" && below(asked, ROOT) == Some("/_apis/connectionData") {
            return Some(Act::Me);
        }
        let path = below(asked, PULL)?;
        assert_eq!(parameter(asked, "api-version"), Some("7.1"));
        match (asked.method.as_str(), path) {
            ("GET", "/threads") => Some(Act::List),
            ("POST", "/threads") if body(asked).get("threadContext").is_some() => Some(Act::Line),
            ("POST", "/threads") => Some(Act::Create),
            ("PATCH", path) if path.starts_with("/threads/") && path.ends_with("/comments/1") => Some(Act::Update),
            ("PATCH", path) if path.starts_with("/threads/") => Some(Act::Other),
            ("GET", "/iterations") => Some(Act::Other),
            ("POST", "/statuses") => Some(Act::Status),
            _ => None,
        }
    }

    fn answer(&self, act: Act, asked: &Asked, state: &mut State) -> Answer {
        let path = below(asked, PULL).unwrap_or_default();
        let id = path.trim_start_matches("/threads/").split('/').next().unwrap();
        match act {
            Act::Me => reply(200, &[], &json!({ "authenticatedUser": { "id": ME }, "authorizedUser": { "id": ME } })),
            Act::List => {
                let note = json!({
                    "id": 1, "comments": [{ "id": 1, "content": "Policy status has been updated", "commentType": "system", "author": { "id": ME } }],
                });
                let gone = json!({ "id": 2, "isDeleted": true, "comments": [{ "id": 1, "isDeleted": true, "commentType": "text" }] });
                let threads: Vec<Value> = [note, gone].into_iter().chain(state.comments.iter().map(thread)).collect();
                reply(200, &[], &json!({ "value": threads, "count": threads.len() }))
            }
            Act::Create => {
                let (content, status) = (text(asked, "/comments/0/content"), text(asked, "/status"));
                let place = state.add(ME, &content);
                state.comments[place].open = status == "active";
                reply(200, &[], &thread(&state.comments[place]))
            }
            Act::Update => match state.rewrite(id, &text(asked, "/content")) {
                Some(place) => reply(200, &[], &first_comment(&state.comments[place])),
                None => answer(404, &[], self.words(404)),
            },
            Act::Status => {
                state.statuses.push(body(asked));
                reply(200, &[], &json!({ "id": 1 }))
            }
            Act::Line => {
                state.lines.push(body(asked));
                reply(200, &[], &json!({ "id": 9, "comments": [] }))
            }
            Act::Other if asked.method == "GET" => {
                let commit = |id: &str| json!({ "commitId": id });
                let iterations =
                    json!([{ "id": 1, "sourceRefCommit": commit(&"0".repeat(40)) }, { "id": 2, "sourceRefCommit": commit(HEAD) }]);
                reply(200, &[], &json!({ "value": iterations, "count": 2 }))
            }
            Act::Other => {
                let place = state.comments.iter().position(|comment| comment.id.to_string() == id).unwrap();
                state.comments[place].open = text(asked, "/status") == "active";
                reply(200, &[], &thread(&state.comments[place]))
            }
        }
    }

    fn words(&self, status: u16) -> String {
        let (message, key) = match status {
            403 => ("TF401027: You need the Git 'PullRequestContribute' permission to perform this action.", "GitNeedsPermissionException"),
            400 => ("The comment content is too long: the maximum is 150000 characters.", "InvalidArgumentValueException"),
            404 => ("The requested thread does not exist.", "CommentThreadNotFoundException"),
            _ => ("An unexpected error occurred.", "Exception"),
        };
        json!({ "$id": "1", "innerException": null, "message": message, "typeKey": key, "errorCode": 0 }).to_string()
    }

    fn too_long(&self) -> u16 {
        400
    }
}
