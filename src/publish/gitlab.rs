//! GitLab, gitlab.com's and one's own: the REST API v4 (notes, discussions and commit statuses of a merge request).

use http::HeaderName;
use serde::Deserialize;
use serde_json::json;

use super::http::{Api, Call, cut};
use super::{Comment, Forge, LineComment, Pull, State, Status, Token};
use crate::error::{Context as _, Result};
use crate::fetch::{Options, RedactedUrl};
use crate::report::pull::{Dialect, Limits, Links};

/// A note may have a million characters; a reader doesn't.
const LIMITS: Limits = Limits { bytes: 60_000, dialect: Dialect::Full };
/// The most characters of a status' description.
const DESCRIPTION: usize = 255;
/// Notes on a page.
const PAGE: usize = 100;

const COMMENTING: &str = "the scope `api` and the role Reporter, such as a project access token (CI_JOB_TOKEN can't write notes)";
const READING: &str = "the scope `read_api` or `api`";
const CHECKING: &str = "the scope `api` and the role Developer";

/// A merge request on GitLab.
pub(super) struct GitLab {
    api: Api,
    pull: Pull,
    pipeline: Option<u64>,
}

#[derive(Deserialize)]
struct User {
    username: String,
}

#[derive(Deserialize)]
struct Note {
    id: u64,
    body: String,
    author: User,
    /// Whether GitLab itself wrote it.
    #[serde(default)]
    system: bool,
}

#[derive(Deserialize)]
struct MergeRequest {
    diff_refs: Option<DiffRefs>,
}

/// The revisions that a position in a merge request is counted in.
#[derive(Deserialize)]
struct DiffRefs {
    base_sha: String,
    head_sha: String,
    start_sha: String,
}

impl GitLab {
    /// The merge request; `pipeline` is the one that a status belongs to.
    ///
    /// # Errors
    /// `Usage` for a token that can't be one.
    pub(super) fn new(api: &RedactedUrl, pull: Pull, token: Token, pipeline: Option<u64>, options: &Options) -> Result<Self> {
        let authorization = (HeaderName::from_static("private-token"), token.expose().to_owned());
        let api = Api::new("GitLab", api, Some(authorization), Some(token), options)?;
        Ok(Self { api, pull, pipeline })
    }

    fn project<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        [&["projects", &self.pull.repository], rest].concat()
    }

    fn comment(&self, note: Note) -> Comment {
        let page = self.pull.web.as_ref().filter(|_| self.pull.repository.contains('/'));
        let url = page.map(|web| format!("{web}/{}/-/merge_requests/{}#note_{}", self.pull.repository, self.pull.number, note.id));
        Comment { id: note.id.to_string(), author: note.author.username, body: note.body, url }
    }
}

impl Forge for GitLab {
    fn name(&self) -> &'static str {
        "GitLab"
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
        let user: User = self.api.read(&Call::get(&["user"]).needs(READING)).doing(|| "cannot tell whose token this is".to_owned())?;
        Ok(Some(user.username))
    }

    fn comments(&self) -> Result<Vec<Comment>> {
        let number = self.pull.number.to_string();
        let path = self.project(&["merge_requests", &number, "notes"]);
        let read = |page: usize| {
            let call = Call::get(&path).query("sort", "asc").query("order_by", "created_at").query("per_page", PAGE).query("page", page);
            let answer = self.api.send(&call.clone().needs(READING))?;
            let more = answer.header("x-next-page").is_some_and(|next| !next.is_empty());
            let notes: Vec<Note> = self.api.parse(&answer, &call)?;
            Ok((notes.into_iter().filter(|note| !note.system).map(|note| self.comment(note)).collect(), more))
        };
        self.api.pages(read).doing(|| self.pull.doing("read the comments of"))
    }

    fn create(&self, body: &str, _blocks: bool) -> Result<Option<Comment>> {
        let number = self.pull.number.to_string();
        let call = Call::post(&self.project(&["merge_requests", &number, "notes"]), json!({ "body": body })).needs(COMMENTING);
        let created: Option<Note> = self.api.create(&call).doing(|| self.pull.doing("comment on"))?;
        Ok(created.map(|note| self.comment(note)))
    }

    fn update(&self, comment: &Comment, body: &str, _blocks: bool) -> Result<Option<Comment>> {
        let number = self.pull.number.to_string();
        let path = self.project(&["merge_requests", &number, "notes", &comment.id]);
        let call = Call::put(&path, json!({ "body": body })).needs(COMMENTING).expecting(&[404]);
        let answer = self.api.send(&call).doing(|| self.pull.doing("edit the comment on"))?;
        if !answer.status.is_success() {
            return Ok(None);
        }
        self.api.parse(&answer, &call).map(|note| Some(self.comment(note)))
    }

    fn set_status(&self, status: &Status) -> Result<()> {
        let state = match status.state {
            State::Success => "success",
            State::Failure | State::Error => "failed",
        };
        let description = cut(&status.description, DESCRIPTION);
        let mut body = json!({ "state": state, "name": status.context, "description": description });
        if let Some(target) = &status.target {
            body["target_url"] = json!(target);
        }
        if let Some(pipeline) = self.pipeline {
            body["pipeline_id"] = json!(pipeline);
        }
        let path = self.project(&["statuses", &self.pull.head]);
        let call = Call::post(&path, body).repeatable().needs(CHECKING);
        match self.api.send(&call) {
            // It has this state already, which GitLab calls an error.
            Err(error) if error.to_string().contains("Cannot transition status") => Ok(()),
            other => other.map(drop).doing(|| self.pull.doing("set the status of")),
        }
    }

    fn comment_on_line(&self, comment: &LineComment) -> Result<bool> {
        let number = self.pull.number.to_string();
        let doing = || self.pull.doing("comment on a line of");
        let request: MergeRequest = self.api.read(&Call::get(&self.project(&["merge_requests", &number])).needs(READING)).doing(doing)?;
        // Without the diff of our head there is no line to count.
        let Some(refs) = request.diff_refs.filter(|refs| refs.head_sha == self.pull.head) else { return Ok(false) };
        let position = json!({
            "position_type": "text", "base_sha": refs.base_sha, "start_sha": refs.start_sha, "head_sha": refs.head_sha,
            "old_path": comment.file, "new_path": comment.file, "new_line": comment.line,
        });
        let body = json!({ "body": comment.body, "position": position });
        let path = self.project(&["merge_requests", &number, "discussions"]);
        let call = Call::post(&path, body).needs(COMMENTING).expecting(&[400, 422]);
        Ok(self.api.send(&call).doing(doing)?.status.is_success())
    }
}
