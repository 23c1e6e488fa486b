//! Puts a finished report on a pull request: one comment, kept up to date, and a check.
//!
//! Each forge is a file that implements [`Forge`]; what they share (which comment is ours, when it is edited, when it is left alone) is in
//! `sticky`. With `fetch` the only stage that speaks to the network, and with `cli` the only one that reads the CI's environment. Tokens come
//! from the environment and go to the forge's own API, nowhere else. Depends on `report` (for [`Limits`] and [`Links`]) and `error`.
#![allow(clippy::disallowed_methods, reason = "this stage reads the CI's environment")]

use crate::error::Result;
use crate::report::pull::{Limits, Links};

/// A comment on a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The forge's id of it.
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

    /// Writes a new comment; `blocks` says whether something has to be done (a forge with states of threads opens it then).
    ///
    /// # Errors
    /// Those of the request; `Denied` says which permission is missing.
    fn create(&self, body: &str, blocks: bool) -> Result<Comment>;

    /// Replaces a comment's body.
    ///
    /// # Errors
    /// As [`Forge::create`].
    fn update(&self, comment: &Comment, body: &str, blocks: bool) -> Result<Comment>;

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
