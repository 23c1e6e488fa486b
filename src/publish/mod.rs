//! Puts a finished report on a pull request: one comment, kept up to date, and a check.
//!
//! [`detect()`] reads from the CI's environment what pull request this is, [`open`] gives the [`Forge`] it is on. Each forge is a file that
//! implements that trait; what they share is beside them: requests in `http`, and in [`sticky`] which comment is ours, when it is edited and
//! when it is left alone. [`job`] holds what a job is told besides, or instead where it may not write: summaries, annotations, outputs.
//!
//! With `fetch` the only stage that speaks to the network, and with `cli` the only one that reads the CI's environment. Tokens come
//! from the environment and go to the forge's own API, nowhere else. Depends on `report` (for [`Limits`] and [`Links`]), `fetch` (for
//! connections) and `error`.
#![allow(clippy::disallowed_methods, reason = "this stage reads the CI's environment")]

mod azure_devops;
mod bitbucket_cloud;
mod bitbucket_data_center;
pub mod detect;
mod gitea;
mod github;
mod gitlab;
mod http;
pub mod job;
pub mod sticky;
mod token;

use crate::error::{Error, ErrorKind, Result};
use crate::fetch::Options;
use crate::report::pull::{Limits, Links};
pub use detect::{Given, Kind, Target, detect};
pub use token::Token;

/// A comment on a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The forge's id of it, in the form that its own file reads.
    pub id: String,
    /// Who wrote it, as the forge names them.
    pub author: String,
    /// The Markdown, as the forge gives it back.
    pub body: String,
    /// Its address for people, when the forge tells.
    pub url: Option<String>,
}

/// What the check says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Whether it fails the pull request.
    pub state: State,
    /// The name of the check: `chartshift` or `chartshift/KEY`.
    pub context: String,
    /// One line for people.
    pub description: String,
    /// Where the whole report is.
    pub target: Option<String>,
}

/// A check's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Compared, nothing at or above the level that fails.
    Success,
    /// Findings at or above it.
    Failure,
    /// Not compared, or only in part.
    Error,
}

/// A remark on one line of the change, with a suggestion that can be taken over with one click.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineComment {
    /// The file, in the new tree.
    pub file: String,
    /// The line that the suggestion replaces, from 1.
    pub line: u32,
    /// The Markdown.
    pub body: String,
}

/// One pull request on one forge.
pub trait Forge {
    /// The forge's name for people: `GitHub`.
    fn name(&self) -> &'static str;

    /// What a comment can hold here.
    fn limits(&self) -> Limits;

    /// Where links in a comment lead.
    fn links(&self) -> Links;

    /// Who we are, as [`Comment::author`] would say; `None` when it can't be told.
    ///
    /// # Errors
    /// Those of the request.
    fn me(&self) -> Result<Option<String>>;

    /// All comments of the pull request, all pages, oldest first.
    ///
    /// # Errors
    /// Those of the requests.
    fn comments(&self) -> Result<Vec<Comment>>;

    /// Writes a new comment; `blocks` says whether something has to be done (a forge with states of threads opens it then). None when the
    /// forge broke on the way and may have written it all the same: look before trying again.
    ///
    /// # Errors
    /// Those of the request; `Denied` says which permission is missing. One that says no after several tries.
    fn create(&self, body: &str, blocks: bool) -> Result<Option<Comment>>;

    /// Replaces a comment's body; none when it is not the comment that was read any more: deleted, or changed by somebody else.
    ///
    /// # Errors
    /// As [`Forge::create`].
    fn update(&self, comment: &Comment, body: &str, blocks: bool) -> Result<Option<Comment>>;

    /// Sets the check of the head revision.
    ///
    /// # Errors
    /// As [`Forge::create`].
    fn set_status(&self, status: &Status) -> Result<()>;

    /// Writes a remark on a line of the change; `Ok(false)` when the forge doesn't take it there.
    ///
    /// # Errors
    /// As [`Forge::create`].
    fn comment_on_line(&self, comment: &LineComment) -> Result<bool>;
}

/// What every forge's file is told of the pull request.
#[derive(Debug, Clone)]
struct Pull {
    /// The repository as the forge names it.
    repository: String,
    /// Where the forge's pages are.
    web: Option<String>,
    /// The pull request's number.
    number: u64,
    /// The head revision.
    head: String,
    /// Where links lead.
    links: Links,
    /// The author of our comments, when somebody said.
    author: Option<String>,
}

impl Pull {
    /// The two parts of `owner/name`.
    fn owner_and_name(&self) -> Result<(String, String)> {
        match self.repository.split('/').collect::<Vec<_>>()[..] {
            [owner, name] => Ok((owner.to_owned(), name.to_owned())),
            _ => Err(Error::new(ErrorKind::Usage, format!("`{}` is no repository here", self.repository)).hint("write OWNER/NAME")),
        }
    }

    /// What an error was met at.
    fn doing(&self, what: &str) -> String {
        format!("cannot {what} pull request {} of {}", self.number, self.repository)
    }
}

/// The pull request of a target, on its forge.
///
/// # Errors
/// `Usage` when the target lacks the number or the head, or the token can't be one; for a run behind a pull request (`workflow_run`) also
/// those of finding its number.
pub fn open(target: &Target, token: Token, options: &Options) -> Result<Box<dyn Forge>> {
    let lacks = |what: &str, flag: &str| {
        Error::new(ErrorKind::Usage, format!("which {what} to write to is not known"))
            .hint(format!("give it with {flag}, or run in the CI job of a pull request"))
    };
    let head = target.head.clone().filter(|head| sticky::is_revision(head)).ok_or_else(|| lacks("head revision", "--head"))?;
    let number = match (target.pull, &target.head_label) {
        (Some(number), _) => number,
        (None, Some(_)) if target.kind == Kind::GitHub => 0,
        (None, _) => return Err(lacks("pull request", "--pull-request")),
    };
    let pull = Pull {
        repository: target.repository.clone(),
        web: target.web.clone(),
        number,
        head,
        links: target.links(),
        author: target.author.clone(),
    };
    let api = &target.api;
    Ok(match target.kind {
        Kind::GitHub => {
            let mut forge = github::GitHub::new(api, pull, token, target.job, options)?;
            if let (None, Some(label)) = (target.pull, &target.head_label) {
                forge.find_number(label)?;
            }
            Box::new(forge)
        }
        Kind::GitLab => Box::new(gitlab::GitLab::new(api, pull, token, target.pipeline, options)?),
        Kind::AzureDevOps => Box::new(azure_devops::AzureDevOps::new(api, pull, token, options)?),
        Kind::BitbucketCloud => Box::new(bitbucket_cloud::BitbucketCloud::new(api, pull, token, options)?),
        Kind::BitbucketDataCenter => Box::new(bitbucket_data_center::BitbucketDataCenter::new(api, pull, token, options)?),
        Kind::Gitea => Box::new(gitea::Gitea::new(api, pull, token, target.jobs_author, options)?),
    })
}

/// How many bytes a report's text may have on this forge: its limit without the marker.
pub fn room(forge: &dyn Forge, marker: &sticky::Marker) -> Limits {
    let limits = forge.limits();
    Limits { bytes: limits.bytes.saturating_sub(marker.bytes(limits.dialect)), ..limits }
}
