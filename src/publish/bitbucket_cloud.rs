//! bitbucket.org: the REST API 2.0 (comments of a pull request, build statuses of a commit).

use http::header::AUTHORIZATION;
use serde::Deserialize;
use serde_json::json;

use super::http::{Api, Call, cut};
use super::{Comment, Forge, LineComment, Pull, State, Status, Token};
use crate::error::{Context as _, Result};
use crate::fetch::{Digest, Options, RedactedUrl};
use crate::report::pull::{Dialect, Limits, Links};

/// Large comments are refused; the number isn't published. Bitbucket shows no HTML, also no comments of it.
const LIMITS: Limits = Limits { bytes: 30_000, dialect: Dialect::Basic };
/// The most characters of a status' description.
const DESCRIPTION: usize = 255;
/// The most characters of a status' key.
const KEY: usize = 40;
/// Comments on a page.
const PAGE: usize = 100;

const COMMENTING: &str = "the permission `pullrequest:write` (a repository access token has \"Pull requests: Write\")";
const READING: &str = "the permission `pullrequest`";
const CHECKING: &str = "the permission `repository:write`";

/// A pull request on Bitbucket Cloud.
pub(super) struct BitbucketCloud {
    api: Api,
    pull: Pull,
    workspace: String,
    name: String,
}

#[derive(Deserialize)]
struct User {
    uuid: Option<String>,
}

#[derive(Deserialize)]
struct Page<T> {
    values: Vec<T>,
    /// The address of the next page, when there is one.
    next: Option<String>,
}

#[derive(Deserialize)]
struct PullRequestComment {
    id: u64,
    content: Content,
    user: Option<User>,
    #[serde(default)]
    deleted: bool,
    links: Option<CommentLinks>,
}

#[derive(Deserialize)]
struct Content {
    raw: Option<String>,
}

#[derive(Deserialize)]
struct CommentLinks {
    html: Option<Link>,
}

#[derive(Deserialize)]
struct Link {
    href: String,
}

impl From<PullRequestComment> for Comment {
    fn from(comment: PullRequestComment) -> Self {
        Self {
            id: comment.id.to_string(),
            author: comment.user.and_then(|user| user.uuid).unwrap_or_default(),
            body: comment.content.raw.unwrap_or_default(),
            url: comment.links.and_then(|links| links.html).map(|link| link.href),
        }
    }
}

impl BitbucketCloud {
    /// The pull request. A token of the form `user:token` is a person's API token, any other an access token.
    ///
    /// # Errors
    /// `Usage` for a token or a repository that can't be one.
    pub(super) fn new(api: &RedactedUrl, pull: Pull, token: Token, options: &Options) -> Result<Self> {
        let (workspace, name) = pull.owner_and_name()?;
        let api = Api::new("Bitbucket", api, Some((AUTHORIZATION, token.bearer_or_basic())), Some(token), options)?;
        Ok(Self { api, pull, workspace, name })
    }

    fn repository<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        [&["repositories", &self.workspace, &self.name], rest].concat()
    }

    /// A page that stands in for one of our own: a status must have an address.
    fn page(&self) -> String {
        format!("https://bitbucket.org/{}/pull-requests/{}", self.pull.repository, self.pull.number)
    }
}

/// A name that fits into a status' key and stays another one than every other name.
fn key(context: &str) -> String {
    if context.len() <= KEY {
        return context.to_owned();
    }
    let digest = Digest::of(context.as_bytes()).hex();
    format!("{}-{}", cut_bytes(context, KEY - 17), &digest[..16])
}

fn cut_bytes(text: &str, most: usize) -> &str {
    let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    &text[..end]
}

impl Forge for BitbucketCloud {
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
        // A repository's token is no user's, and is refused here.
        let call = Call::get(&["user"]).expecting(&[401, 403, 404]);
        let answer = self.api.send(&call).doing(|| "cannot tell whose token this is".to_owned())?;
        if !answer.status.is_success() {
            return Ok(None);
        }
        Ok(self.api.parse::<User>(&answer, &call)?.uuid)
    }

    fn comments(&self) -> Result<Vec<Comment>> {
        let number = self.pull.number.to_string();
        let path = self.repository(&["pullrequests", &number, "comments"]);
        let read = |page: usize| {
            let call = Call::get(&path).query("pagelen", PAGE).query("page", page).query("sort", "created_on").needs(READING);
            let read: Page<PullRequestComment> = self.api.read(&call)?;
            let more = read.next.is_some();
            Ok((read.values.into_iter().filter(|comment| !comment.deleted).map(Comment::from).collect(), more))
        };
        self.api.pages(read).doing(|| self.pull.doing("read the comments of"))
    }

    fn create(&self, body: &str, _blocks: bool) -> Result<Option<Comment>> {
        let number = self.pull.number.to_string();
        let path = self.repository(&["pullrequests", &number, "comments"]);
        let call = Call::post(&path, json!({ "content": { "raw": body } })).needs(COMMENTING);
        let created: Option<PullRequestComment> = self.api.create(&call).doing(|| self.pull.doing("comment on"))?;
        Ok(created.map(Comment::from))
    }

    fn update(&self, comment: &Comment, body: &str, _blocks: bool) -> Result<Option<Comment>> {
        let number = self.pull.number.to_string();
        let path = self.repository(&["pullrequests", &number, "comments", &comment.id]);
        let call = Call::put(&path, json!({ "content": { "raw": body } })).needs(COMMENTING).expecting(&[404, 410]);
        let answer = self.api.send(&call).doing(|| self.pull.doing("edit the comment on"))?;
        if !answer.status.is_success() {
            return Ok(None);
        }
        self.api.parse::<PullRequestComment>(&answer, &call).map(|comment| Some(comment.into()))
    }

    fn set_status(&self, status: &Status) -> Result<()> {
        let state = match status.state {
            State::Success => "SUCCESSFUL",
            State::Failure | State::Error => "FAILED",
        };
        let body = json!({
            "key": key(&status.context), "name": status.context, "state": state,
            "description": cut(&status.description, DESCRIPTION), "url": status.target.clone().unwrap_or_else(|| self.page()),
        });
        let path = self.repository(&["commit", &self.pull.head, "statuses", "build"]);
        let call = Call::post(&path, body).repeatable().needs(CHECKING);
        self.api.send(&call).map(drop).doing(|| self.pull.doing("set the status of"))
    }

    fn comment_on_line(&self, comment: &LineComment) -> Result<bool> {
        let number = self.pull.number.to_string();
        let inline = json!({ "path": comment.file, "to": comment.line });
        let body = json!({ "content": { "raw": comment.body }, "inline": inline });
        let path = self.repository(&["pullrequests", &number, "comments"]);
        let call = Call::post(&path, body).needs(COMMENTING).expecting(&[400]);
        let answer = self.api.send(&call).doing(|| self.pull.doing("comment on a line of"))?;
        Ok(answer.status.is_success())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_has_a_key_that_fits() {
        assert_eq!(key("chartshift/thanos"), "chartshift/thanos");
        let long = ["a", "b"].map(|end| key(&format!("chartshift/apps/monitoring/thanos/values/é{end}")));
        assert!(long.iter().all(|key| key.len() <= KEY), "{long:?}");
        assert_ne!(long[0], long[1]);
    }
}
