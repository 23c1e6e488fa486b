//! Azure DevOps Services and Server: the REST API 7.1 (threads, statuses and iterations of a pull request).
//!
//! A comment is the first of a thread, and a thread has a state: ours is active while something blocks and closed otherwise, so that a
//! branch policy that wants every thread resolved holds the pull request exactly as long as we would.

use http::header::AUTHORIZATION;
use serde::Deserialize;
use serde_json::{Value, json};

use super::detect::escaped;
use super::http::{Api, Call, cut};
use super::{Comment, Forge, LineComment, Pull, State, Status, Token};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::fetch::{Options, RedactedUrl};
use crate::report::pull::{Dialect, Limits, Links};

/// A comment may have 150,000 characters, undocumented; a reader doesn't.
const LIMITS: Limits = Limits { bytes: 60_000, dialect: Dialect::Full };
/// The most characters of a status' description.
const DESCRIPTION: usize = 255;
const VERSION: &str = "7.1";

const COMMENTING: &str = "the right \"Contribute to pull requests\" in the repository, which a pipeline's build service \
                          (\"PROJECT Build Service\") doesn't have by default; a personal access token needs the scope Code (Read & Write)";
const CHECKING: &str = "the right \"Contribute to pull requests\" in the repository; a personal access token needs the scope Code (Status)";

/// A pull request on Azure DevOps.
pub(super) struct AzureDevOps {
    api: Api,
    pull: Pull,
    project: String,
    name: String,
}

#[derive(Deserialize)]
struct List<T> {
    value: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConnectionData {
    authenticated_user: Identity,
}

#[derive(Deserialize)]
struct Identity {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Thread {
    id: u64,
    #[serde(default)]
    comments: Vec<ThreadComment>,
    #[serde(default)]
    is_deleted: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ThreadComment {
    id: u64,
    content: Option<String>,
    author: Option<Identity>,
    /// What Azure DevOps writes itself is `system`.
    comment_type: Option<String>,
    #[serde(default)]
    is_deleted: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Iteration {
    id: u64,
    source_ref_commit: Option<Commit>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Commit {
    commit_id: String,
}

impl AzureDevOps {
    /// The pull request; the API is that of the collection or organisation.
    ///
    /// # Errors
    /// `Usage` for a token or a repository that can't be one.
    pub(super) fn new(api: &RedactedUrl, pull: Pull, token: Token, options: &Options) -> Result<Self> {
        let (project, name) = pull.owner_and_name()?;
        // A job's token is a JWT; a personal access token is the password of a user without a name.
        let jwt = token.expose().starts_with("eyJ");
        let basic = || data_encoding::BASE64.encode(format!(":{}", token.expose()).as_bytes());
        let value = if jwt { format!("Bearer {}", token.expose()) } else { format!("Basic {}", basic()) };
        let api =
            Api::new("Azure DevOps", api, Some((AUTHORIZATION, value)), Some(token), options)?.with_header("accept", "application/json");
        Ok(Self { api, pull, project, name })
    }

    /// A path below the pull request.
    fn path<'a>(&'a self, number: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
        [&[&self.project, "_apis", "git", "repositories", &self.name, "pullRequests", number], rest].concat()
    }

    fn number(&self) -> String {
        self.pull.number.to_string()
    }

    /// The first comment of a thread, when a person or a program wrote it.
    fn comment(&self, thread: Thread) -> Option<Comment> {
        let first = thread.comments.into_iter().next().filter(|first| !thread.is_deleted && !first.is_deleted)?;
        if first.comment_type.as_deref() == Some("system") {
            return None;
        }
        let page = self.pull.web.as_ref().map(|web| format!("{web}/{}/_git/{}", escaped(&self.project), escaped(&self.name)));
        Some(Comment {
            id: format!("{}/{}", thread.id, first.id),
            author: first.author.map_or_else(String::new, |author| author.id),
            body: first.content.unwrap_or_default(),
            url: page.map(|page| format!("{page}/pullrequest/{}?discussionId={}", self.pull.number, thread.id)),
        })
    }

    /// The iteration whose head is ours: a status without one stays when the pull request is pushed to.
    fn iteration(&self) -> Result<Option<u64>> {
        let number = self.number();
        let call = Call::get(&self.path(&number, &["iterations"])).query("api-version", VERSION).needs(CHECKING);
        let iterations: List<Iteration> = self.api.read(&call)?;
        let ours = |one: &Iteration| one.source_ref_commit.as_ref().is_some_and(|commit| commit.commit_id == self.pull.head);
        Ok(iterations.value.into_iter().rev().find(ours).map(|one| one.id))
    }

    fn thread(body: &str, status: &str) -> Value {
        json!({ "comments": [{ "parentCommentId": 0, "content": body, "commentType": "text" }], "status": status })
    }
}

fn status_of(blocks: bool) -> &'static str {
    if blocks { "active" } else { "closed" }
}

impl Forge for AzureDevOps {
    fn name(&self) -> &'static str {
        "Azure DevOps"
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
        let call = Call::get(&["_apis", "connectionData"]);
        let data: ConnectionData = self.api.read(&call).doing(|| "cannot tell whose token this is".to_owned())?;
        Ok(Some(data.authenticated_user.id))
    }

    fn comments(&self) -> Result<Vec<Comment>> {
        // This list has no pages.
        let number = self.number();
        let call = Call::get(&self.path(&number, &["threads"])).query("api-version", VERSION).needs("the scope Code (Read)");
        let threads: List<Thread> = self.api.read(&call).doing(|| self.pull.doing("read the comments of"))?;
        Ok(threads.value.into_iter().filter_map(|thread| self.comment(thread)).collect())
    }

    fn create(&self, body: &str, blocks: bool) -> Result<Option<Comment>> {
        let number = self.number();
        let thread = Self::thread(body, status_of(blocks));
        let call = Call::post(&self.path(&number, &["threads"]), thread).query("api-version", VERSION).needs(COMMENTING);
        let created: Option<Thread> = self.api.create(&call).doing(|| self.pull.doing("comment on"))?;
        let unread = || Error::new(ErrorKind::Corrupt, "Azure DevOps made a thread and gives back none of its comments");
        created.map(|thread| self.comment(thread).ok_or_else(unread)).transpose()
    }

    fn update(&self, comment: &Comment, body: &str, blocks: bool) -> Result<Option<Comment>> {
        let number = self.number();
        let doing = || self.pull.doing("edit the comment on");
        let Some((thread, id)) = comment.id.split_once('/') else { return Ok(None) };
        let path = self.path(&number, &["threads", thread, "comments", id]);
        let call = Call::patch(&path, json!({ "content": body })).query("api-version", VERSION).needs(COMMENTING).expecting(&[404]);
        let answer = self.api.send(&call).doing(doing)?;
        if !answer.status.is_success() {
            return Ok(None);
        }
        let written: ThreadComment = self.api.parse(&answer, &call)?;
        let status = json!({ "status": status_of(blocks) });
        let call = Call::patch(&self.path(&number, &["threads", thread]), status).query("api-version", VERSION).needs(COMMENTING);
        self.api.send(&call).doing(doing)?;
        Ok(Some(Comment { body: written.content.unwrap_or_default(), ..comment.clone() }))
    }

    fn set_status(&self, status: &Status) -> Result<()> {
        let state = match status.state {
            State::Success => "succeeded",
            State::Failure => "failed",
            State::Error => "error",
        };
        let doing = || self.pull.doing("set the status of");
        let (genre, name) = status.context.split_once('/').unwrap_or(("", &status.context));
        let mut body = json!({
            "state": state, "description": cut(&status.description, DESCRIPTION), "context": { "genre": genre, "name": name },
        });
        if let Some(target) = &status.target {
            body["targetUrl"] = json!(target);
        }
        if let Some(iteration) = self.iteration().doing(doing)? {
            body["iterationId"] = json!(iteration);
        }
        let number = self.number();
        let call = Call::post(&self.path(&number, &["statuses"]), body).query("api-version", VERSION).repeatable().needs(CHECKING);
        self.api.send(&call).map(drop).doing(doing)
    }

    fn comment_on_line(&self, comment: &LineComment) -> Result<bool> {
        let number = self.number();
        let mut thread = Self::thread(&comment.body, "active");
        let position = |offset: u32| json!({ "line": comment.line, "offset": offset });
        // From the line's first character to the first of nothing: the API wants an end and doesn't know the line's.
        thread["threadContext"] = json!({
            "filePath": format!("/{}", comment.file), "rightFileStart": position(1), "rightFileEnd": position(1),
        });
        let call = Call::post(&self.path(&number, &["threads"]), thread).query("api-version", VERSION).needs(COMMENTING).expecting(&[400]);
        let answer = self.api.send(&call).doing(|| self.pull.doing("comment on a line of"))?;
        Ok(answer.status.is_success())
    }
}
