//! GitHub and GitHub Enterprise Server: the REST API of 2022-11-28, and GraphQL for the one thing that REST doesn't tell an app.

use http::header::AUTHORIZATION;
use serde::Deserialize;
use serde_json::json;

use super::http::{Api, Call, cut};
use super::{Comment, Forge, LineComment, Pull, State, Status, Token};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::fetch::{Options, RedactedUrl};
use crate::report::pull::{Dialect, Limits, Links};

/// What a comment may have: GitHub says 65,536 characters, of which one can be four bytes in its storage.
const LIMITS: Limits = Limits { bytes: 60_000, dialect: Dialect::Full };
/// The most characters of a status' description.
const DESCRIPTION: usize = 140;
/// Comments on a page.
const PAGE: usize = 100;
/// The author of what the token of a job writes.
const JOBS_AUTHOR: &str = "github-actions[bot]";

const COMMENTING: &str = "`pull-requests: write` (in a workflow: `permissions:`; a job for a fork never has it)";
const READING: &str = "`pull-requests: read`";
const CHECKING: &str = "`statuses: write` (in a workflow: `permissions:`)";

/// A pull request on GitHub.
pub(super) struct GitHub {
    api: Api,
    graphql: Api,
    pull: Pull,
    owner: String,
    name: String,
    /// Whether the token is one of an app, which has no user of its own.
    app: bool,
    /// Whether it runs in a job of GitHub Actions.
    job: bool,
}

#[derive(Deserialize)]
struct User {
    login: String,
}

#[derive(Deserialize)]
struct IssueComment {
    id: u64,
    body: Option<String>,
    user: Option<User>,
    html_url: String,
}

#[derive(Deserialize)]
struct PullRequest {
    number: u64,
    head: Head,
}

#[derive(Deserialize)]
struct Head {
    sha: String,
}

#[derive(Deserialize)]
struct Viewer {
    data: Option<ViewerData>,
}

#[derive(Deserialize)]
struct ViewerData {
    viewer: User,
}

impl From<IssueComment> for Comment {
    fn from(comment: IssueComment) -> Self {
        Self {
            id: comment.id.to_string(),
            author: comment.user.map_or_else(String::new, |user| user.login),
            body: comment.body.unwrap_or_default(),
            url: Some(comment.html_url),
        }
    }
}

impl GitHub {
    /// The pull request; `job` says whether this runs in a job of GitHub Actions.
    ///
    /// # Errors
    /// `Usage` for a token or a repository that can't be one.
    pub(super) fn new(api: &RedactedUrl, pull: Pull, token: Token, job: bool, options: &Options) -> Result<Self> {
        let (owner, name) = pull.owner_and_name()?;
        let app = token.expose().starts_with("ghs_");
        let open = |base: &RedactedUrl| -> Result<Api> {
            let authorization = (AUTHORIZATION, format!("Bearer {}", token.expose()));
            let api = Api::new("GitHub", base, Some(authorization), Some(token.clone()), options)?;
            Ok(api.with_header("accept", "application/json").with_header("x-github-api-version", "2022-11-28"))
        };
        Ok(Self { api: open(api)?, graphql: open(&graphql_of(api))?, pull, owner, name, app, job })
    }

    /// The number of the open pull request with this head, when the event of the run doesn't tell it: it never does for forks.
    ///
    /// # Errors
    /// `NotFound` when none has it.
    pub(super) fn find_number(&mut self, label: &str) -> Result<()> {
        let call =
            Call::get(&self.repository(&["pulls"])).query("head", label).query("state", "open").query("per_page", PAGE).needs(READING);
        let pulls: Vec<PullRequest> = self.api.read(&call).doing(|| format!("cannot find the pull request of {}", self.pull.repository))?;
        let with_head = |pull: &PullRequest| pull.head.sha == self.pull.head;
        let Some(found) = pulls.iter().find(|pull| with_head(pull)) else {
            let message = format!("no open pull request of {} has the head {}", self.pull.repository, self.pull.head);
            return Err(Error::new(ErrorKind::NotFound, message)
                .hint("it was closed or pushed to since: the run of the new head writes the comment"));
        };
        self.pull.number = found.number;
        Ok(())
    }

    fn repository<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        [&["repos", &self.owner, &self.name], rest].concat()
    }

    fn viewer(&self) -> Option<String> {
        let call = Call::post(&[], json!({ "query": "query { viewer { login } }" })).repeatable();
        let viewer: Viewer = self.graphql.read(&call).ok()?;
        Some(viewer.data?.viewer.login)
    }
}

/// Where GraphQL is: beside REST on github.com, beside `/api/v3` on a server of one's own.
fn graphql_of(api: &RedactedUrl) -> RedactedUrl {
    let mut url = api.expose().clone();
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/v3").unwrap_or(path);
    url.set_path(&format!("{path}/graphql"));
    RedactedUrl::from(url)
}

impl Forge for GitHub {
    fn name(&self) -> &'static str {
        "GitHub"
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
        if !self.app {
            let call = Call::get(&["user"]).expecting(&[403, 404]);
            let answer = self.api.send(&call).doing(|| "cannot tell whose token this is".to_owned())?;
            if answer.status.is_success() {
                return Ok(Some(self.api.parse::<User>(&answer, &call)?.login));
            }
        }
        Ok(self.viewer().or_else(|| self.job.then(|| JOBS_AUTHOR.to_owned())))
    }

    fn comments(&self) -> Result<Vec<Comment>> {
        let number = self.pull.number.to_string();
        let path = self.repository(&["issues", &number, "comments"]);
        let read = |page: usize| {
            let call = Call::get(&path).query("per_page", PAGE).query("page", page).needs(READING);
            let answer = self.api.send(&call)?;
            let more = answer.header("link").is_some_and(|link| link.contains("rel=\"next\""));
            let comments: Vec<IssueComment> = self.api.parse(&answer, &call)?;
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
        let call = Call::patch(&path, json!({ "body": body })).needs(COMMENTING).expecting(&[404, 410]);
        let answer = self.api.send(&call).doing(|| self.pull.doing("edit the comment on"))?;
        if !answer.status.is_success() {
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
        let body = json!({ "state": state, "context": status.context, "description": description, "target_url": status.target });
        let call = Call::post(&self.repository(&["statuses", &self.pull.head]), body).repeatable().needs(CHECKING);
        self.api.send(&call).map(drop).doing(|| self.pull.doing("set the status of"))
    }

    fn comment_on_line(&self, comment: &LineComment) -> Result<bool> {
        let number = self.pull.number.to_string();
        let body = json!({
            "body": comment.body, "commit_id": self.pull.head, "path": comment.file, "line": comment.line, "side": "RIGHT",
        });
        let call = Call::post(&self.repository(&["pulls", &number, "comments"]), body).needs(COMMENTING).expecting(&[422]);
        let answer = self.api.send(&call).doing(|| self.pull.doing("comment on a line of"))?;
        Ok(answer.status.is_success())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graphql_is_beside_rest() {
        let table = [
            ("https://api.github.com", "https://api.github.com/graphql"),
            ("https://api.github.com/", "https://api.github.com/graphql"),
            ("https://github.acme.example/api/v3", "https://github.acme.example/api/graphql"),
            ("https://github.acme.example/api/v3/", "https://github.acme.example/api/graphql"),
        ];
        for (rest, graphql) in table {
            assert_eq!(graphql_of(&RedactedUrl::parse(rest).unwrap()).expose().as_str(), graphql);
        }
    }
}
