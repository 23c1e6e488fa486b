//! Bitbucket Data Center and Server: the REST API 1.0 (activities and comments of a pull request, builds of a commit).
//!
//! Comments carry a version, and an edit names the one it replaces: the server itself refuses to overwrite what somebody wrote meanwhile.

use http::header::AUTHORIZATION;
use serde::Deserialize;
use serde_json::{Value, json};

use super::http::{Api, Call, cut};
use super::{Comment, Forge, LineComment, Pull, State, Status, Token};
use crate::error::{Context as _, Result};
use crate::fetch::{Options, RedactedUrl};
use crate::report::pull::{Dialect, Limits, Links};

/// A comment may have 32,768 characters. Bitbucket shows no HTML, also no comments of it.
const LIMITS: Limits = Limits { bytes: 30_000, dialect: Dialect::Basic };
/// The most characters of a status' description.
const DESCRIPTION: usize = 255;
/// Activities on a page.
const PAGE: u64 = 100;

const READING: &str = "the permission \"Repository read\"";

/// A pull request on Bitbucket Data Center.
pub(super) struct BitbucketDataCenter {
    api: Api,
    pull: Pull,
    project: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    values: Vec<T>,
    is_last_page: bool,
    next_page_start: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Activity {
    action: String,
    comment: Option<PullRequestComment>,
    /// There for a comment on a line.
    comment_anchor: Option<Value>,
}

#[derive(Deserialize)]
struct PullRequestComment {
    id: u64,
    version: u64,
    text: String,
    author: User,
}

#[derive(Deserialize)]
struct User {
    name: String,
}

impl BitbucketDataCenter {
    /// The pull request. A token of the form `user:password` is that, any other an HTTP access token.
    ///
    /// # Errors
    /// `Usage` for a token or a repository that can't be one.
    pub(super) fn new(api: &RedactedUrl, pull: Pull, token: Token, options: &Options) -> Result<Self> {
        let (project, name) = pull.owner_and_name()?;
        let api = Api::new("Bitbucket", api, Some((AUTHORIZATION, token.bearer_or_basic())), Some(token), options)?;
        // The server checks that what changes something was not sent by a web page.
        Ok(Self { api: api.with_header("x-atlassian-token", "no-check"), pull, project, name })
    }

    fn repository<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        [&["projects", &self.project, "repos", &self.name], rest].concat()
    }

    /// The page of the pull request.
    fn page(&self) -> Option<String> {
        let web = self.pull.web.as_ref()?;
        Some(format!("{web}/projects/{}/repos/{}/pull-requests/{}/overview", self.project, self.name, self.pull.number))
    }

    /// The id holds the version, which an edit must name.
    fn comment(&self, comment: PullRequestComment) -> Comment {
        let url = self.page().map(|page| format!("{page}?commentId={}", comment.id));
        Comment { id: format!("{}/{}", comment.id, comment.version), author: comment.author.name, body: comment.text, url }
    }
}

impl Forge for BitbucketDataCenter {
    fn name(&self) -> &'static str {
        "Bitbucket"
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn links(&self) -> Links {
        self.pull.links.clone()
    }

    fn me(&self) -> Result<Option<String>> {
        if self.pull.author.is_some() {
            return Ok(self.pull.author.clone());
        }
        // No resource says so; a header of every answer does.
        let answer = self.api.send(&Call::get(&["application-properties"])).doing(|| "cannot tell whose token this is".to_owned())?;
        let name = answer.header("x-ausername").filter(|name| !name.is_empty() && *name != "anonymous");
        Ok(name.map(|name| percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned()))
    }

    fn comments(&self) -> Result<Vec<Comment>> {
        let number = self.pull.number.to_string();
        let path = self.repository(&["pull-requests", &number, "activities"]);
        let mut start = 0;
        let read = |_| {
            let call = Call::get(&path).query("limit", PAGE).query("start", start).needs(READING);
            let page: Page<Activity> = self.api.read(&call)?;
            let written =
                |activity: Activity| activity.comment.filter(|_| activity.action == "COMMENTED" && activity.comment_anchor.is_none());
            let comments = page.values.into_iter().filter_map(written).map(|comment| self.comment(comment)).collect();
            let next = page.next_page_start.filter(|next| !page.is_last_page && *next > start);
            start = next.unwrap_or(start);
            Ok((comments, next.is_some()))
        };
        let mut all = self.api.pages(read).doing(|| self.pull.doing("read the comments of"))?;
        // Activities come newest first.
        all.reverse();
        Ok(all)
    }

    fn create(&self, body: &str, _blocks: bool) -> Result<Option<Comment>> {
        let number = self.pull.number.to_string();
        let call = Call::post(&self.repository(&["pull-requests", &number, "comments"]), json!({ "text": body })).needs(READING);
        let created: Option<PullRequestComment> = self.api.create(&call).doing(|| self.pull.doing("comment on"))?;
        Ok(created.map(|comment| self.comment(comment)))
    }

    fn update(&self, comment: &Comment, body: &str, _blocks: bool) -> Result<Option<Comment>> {
        let number = self.pull.number.to_string();
        let read = comment.id.split_once('/').and_then(|(id, version)| Some((id, version.parse::<u64>().ok()?)));
        let Some((id, version)) = read else { return Ok(None) };
        let path = self.repository(&["pull-requests", &number, "comments", id]);
        let call = Call::put(&path, json!({ "text": body, "version": version })).needs(READING).expecting(&[404, 409]);
        let answer = self.api.send(&call).doing(|| self.pull.doing("edit the comment on"))?;
        if !answer.status.is_success() {
            return Ok(None);
        }
        self.api.parse(&answer, &call).map(|comment| Some(self.comment(comment)))
    }

    fn set_status(&self, status: &Status) -> Result<()> {
        let state = match status.state {
            State::Success => "SUCCESSFUL",
            State::Failure | State::Error => "FAILED",
        };
        let url = status.target.clone().or_else(|| self.page()).unwrap_or_default();
        let body = json!({
            "key": status.context, "name": status.context, "state": state, "url": url, "description": cut(&status.description, DESCRIPTION),
        });
        let path = self.repository(&["commits", &self.pull.head, "builds"]);
        let call = Call::post(&path, body).repeatable().needs(READING);
        self.api.send(&call).map(drop).doing(|| self.pull.doing("set the status of"))
    }

    fn comment_on_line(&self, comment: &LineComment) -> Result<bool> {
        let number = self.pull.number.to_string();
        let path = self.repository(&["pull-requests", &number, "comments"]);
        // Which of the two a line is, only the diff knows.
        for sort in ["ADDED", "CONTEXT"] {
            let anchor = json!({ "path": comment.file, "line": comment.line, "lineType": sort, "fileType": "TO", "diffType": "EFFECTIVE" });
            let body = json!({ "text": comment.body, "anchor": anchor });
            let call = Call::post(&path, body).needs(READING).expecting(&[400, 404, 409]);
            let answer = self.api.send(&call).doing(|| self.pull.doing("comment on a line of"))?;
            if answer.status.is_success() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
