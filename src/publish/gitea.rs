//! Gitea and Forgejo, which share an API (`/api/v1`, its Swagger description is served by every instance).

use http::header::AUTHORIZATION;
use serde::Deserialize;
use serde_json::json;

use super::http::{Api, Call, cut};
use super::{Comment, Forge, LineComment, Pull, State, Status, Token};
use crate::error::{Context as _, Result};
use crate::fetch::{Options, RedactedUrl};
use crate::report::pull::{Dialect, Limits, Links};

/// Neither has a documented limit; a reader has.
const LIMITS: Limits = Limits { bytes: 60_000, dialect: Dialect::Full };
/// The most characters of a status' description.
const DESCRIPTION: usize = 140;
/// Comments on a page, as far as the server pages them: its own limit is 50 unless the administrator says otherwise.
const PAGE: usize = 50;

const COMMENTING: &str = "the scope `write:issue` (in Actions: `permissions:` with `issues: write` or `pull-requests: write`)";
const READING: &str = "the scope `read:issue`";
const CHECKING: &str = "the scope `write:repository`";

/// A pull request on Gitea or Forgejo.
pub(super) struct Gitea {
    api: Api,
    pull: Pull,
    owner: String,
    name: String,
    /// The author of what the token of a job writes, when this runs in one.
    jobs_author: Option<&'static str>,
}

#[derive(Deserialize)]
struct User {
    login: String,
}

#[derive(Deserialize)]
struct IssueComment {
    id: u64,
    body: String,
    user: Option<User>,
    html_url: Option<String>,
}

impl From<IssueComment> for Comment {
    fn from(comment: IssueComment) -> Self {
        Self {
            id: comment.id.to_string(),
            author: comment.user.map_or_else(String::new, |user| user.login),
            body: comment.body,
            url: comment.html_url.filter(|url| !url.is_empty()),
        }
    }
}

impl Gitea {
    /// The pull request; `jobs_author` is the author of what the token of a job writes, when this runs in one.
    ///
    /// # Errors
    /// `Usage` for a token or a repository that can't be one.
    pub(super) fn new(api: &RedactedUrl, pull: Pull, token: Token, jobs_author: Option<&'static str>, options: &Options) -> Result<Self> {
        let (owner, name) = pull.owner_and_name()?;
        let authorization = (AUTHORIZATION, format!("token {}", token.expose()));
        let api = Api::new("Gitea", api, Some(authorization), Some(token), options)?.with_header("accept", "application/json");
        Ok(Self { api, pull, owner, name, jobs_author })
    }

    fn repository<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        [&["repos", &self.owner, &self.name], rest].concat()
    }
}

impl Forge for Gitea {
    fn name(&self) -> &'static str {
        "Gitea"
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
        // A job's token is nobody's, and one for repositories alone may not ask this.
        let call = Call::get(&["user"]).expecting(&[403, 404]).needs("the scope `read:user`");
        let answer = self.api.send(&call).doing(|| "cannot tell whose token this is".to_owned())?;
        if answer.status.is_success() {
            return Ok(Some(self.api.parse::<User>(&answer, &call)?.login));
        }
        Ok(self.jobs_author.map(str::to_owned))
    }

    fn comments(&self) -> Result<Vec<Comment>> {
        let number = self.pull.number.to_string();
        let path = self.repository(&["issues", &number, "comments"]);
        // Versions differ in whether they page this list: one that doesn't gives all of it for every page.
        let mut seen = 0;
        let read = |page: usize| {
            let call = Call::get(&path).query("limit", PAGE).query("page", page).needs(READING);
            let answer = self.api.send(&call)?;
            let total: Option<usize> = answer.header("x-total-count").and_then(|count| count.parse().ok());
            let comments: Vec<IssueComment> = self.api.parse(&answer, &call)?;
            seen += comments.len();
            let more = !comments.is_empty() && total.is_none_or(|total| seen < total);
            Ok((comments.into_iter().map(Comment::from).collect(), more))
        };
        self.api.pages(read).doing(|| self.pull.doing("read the comments of"))
    }

    fn create(&self, body: &str, _blocks: bool) -> Result<Option<Comment>> {
        let number = self.pull.number.to_string();
        let call = Call::post(&self.repository(&["issues", &number, "comments"]), json!({ "body": body })).needs(COMMENTING);
        let created: Option<IssueComment> = self.api.create(&call).doing(|| self.pull.doing("comment on"))?;
        Ok(created.map(Comment::from))
    }

    fn update(&self, comment: &Comment, body: &str, _blocks: bool) -> Result<Option<Comment>> {
        let path = self.repository(&["issues", "comments", &comment.id]);
        let call = Call::patch(&path, json!({ "body": body })).needs(COMMENTING).expecting(&[404]);
        let answer = self.api.send(&call).doing(|| self.pull.doing("edit the comment on"))?;
        // 204 is documented for a comment that isn't one any more.
        if answer.status.as_u16() != 200 {
            return Ok(None);
        }
        self.api.parse::<IssueComment>(&answer, &call).map(|comment| Some(comment.into()))
    }

    fn set_status(&self, status: &Status) -> Result<()> {
        let state = match status.state {
            State::Success => "success",
            State::Failure => "failure",
            State::Error => "error",
        };
        let description = cut(&status.description, DESCRIPTION);
        let target = status.target.as_deref().unwrap_or_default();
        let body = json!({ "state": state, "context": status.context, "description": description, "target_url": target });
        let call = Call::post(&self.repository(&["statuses", &self.pull.head]), body).repeatable().needs(CHECKING);
        self.api.send(&call).map(drop).doing(|| self.pull.doing("set the status of"))
    }

    fn comment_on_line(&self, comment: &LineComment) -> Result<bool> {
        let number = self.pull.number.to_string();
        let on_line = json!({ "path": comment.file, "body": comment.body, "new_position": comment.line, "old_position": 0 });
        let body = json!({ "commit_id": self.pull.head, "event": "COMMENT", "body": "", "comments": [on_line] });
        let call = Call::post(&self.repository(&["pulls", &number, "reviews"]), body).needs(COMMENTING).expecting(&[422]);
        let answer = self.api.send(&call).doing(|| self.pull.doing("comment on a line of"))?;
        Ok(answer.status.is_success())
    }
}
