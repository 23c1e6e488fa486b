//! The event that a run of GitHub's, Gitea's or Forgejo's Actions is for: the file that `GITHUB_EVENT_PATH` names, a webhook's payload.
//!
//! Only what is needed is read. Numbers and revisions come from here and never from what another job left: a job of a fork could have
//! written anything there.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use serde::Deserialize;

use crate::error::{Error, ErrorKind, Result};

/// The largest event that is read; GitHub's webhooks end at 25 MB.
const MOST_BYTES: u64 = 32 << 20;

/// An event.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Event {
    pub(super) pull_request: Option<PullRequest>,
    pub(super) workflow_run: Option<WorkflowRun>,
    pub(super) merge_group: Option<MergeGroup>,
    pub(super) issue: Option<Issue>,
    pub(super) repository: Option<Repository>,
    /// Of a push: the revision it moved away from.
    pub(super) before: Option<String>,
    /// Of a push: the revision it moved to.
    pub(super) after: Option<String>,
}

/// A pull request.
#[derive(Debug, Deserialize)]
pub(super) struct PullRequest {
    pub(super) number: u64,
    pub(super) head: Side,
    pub(super) base: Side,
    pub(super) updated_at: Option<String>,
}

/// One of its sides.
#[derive(Debug, Deserialize)]
pub(super) struct Side {
    pub(super) sha: String,
    /// None when the fork is gone.
    pub(super) repo: Option<Repository>,
}

/// A repository.
#[derive(Debug, Deserialize)]
pub(super) struct Repository {
    pub(super) id: u64,
    pub(super) owner: Option<Owner>,
}

/// Whose a repository is.
#[derive(Debug, Deserialize)]
pub(super) struct Owner {
    pub(super) login: String,
}

/// A run that another one waited for.
#[derive(Debug, Deserialize)]
pub(super) struct WorkflowRun {
    pub(super) event: String,
    pub(super) head_sha: String,
    pub(super) head_branch: Option<String>,
    pub(super) head_repository: Option<Repository>,
    pub(super) created_at: Option<String>,
    /// Empty when the run was for a fork.
    #[serde(default)]
    pub(super) pull_requests: Vec<RunsPullRequest>,
}

/// A pull request as a run knows it.
#[derive(Debug, Deserialize)]
pub(super) struct RunsPullRequest {
    pub(super) number: u64,
    pub(super) head: Side,
    pub(super) base: Side,
}

/// A merge queue's group.
#[derive(Debug, Deserialize)]
pub(super) struct MergeGroup {
    pub(super) head_sha: String,
    pub(super) base_sha: String,
}

/// What was commented on.
#[derive(Debug, Deserialize)]
pub(super) struct Issue {
    pub(super) number: u64,
    /// There when the issue is a pull request.
    pub(super) pull_request: Option<serde::de::IgnoredAny>,
}

impl Event {
    /// Reads an event's file.
    ///
    /// # Errors
    /// `Io` when it can't be read, `Limit` when it is too large, `Syntax` when it is no event.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let cannot = |error: std::io::Error| {
            Error::new(ErrorKind::Io, format!("the event of this run, {}, can't be read: {error}", path.display()))
                .hint("in a container, mount the folder of the file that GITHUB_EVENT_PATH names")
        };
        let mut bytes = Vec::new();
        fs::File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes)).map_err(cannot)?;
        if bytes.len() as u64 > MOST_BYTES {
            return Err(Error::new(ErrorKind::Limit, format!("the event of this run, {}, is larger than any event", path.display())));
        }
        // The text of the error could hold the event's: its line and column are enough.
        serde_json::from_slice(&bytes).map_err(|error| {
            let place = format!("{}:{}:{}", path.display(), error.line(), error.column());
            Error::new(ErrorKind::Syntax, format!("the event of this run is not one that is known here: {place}"))
        })
    }
}
