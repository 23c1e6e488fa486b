//! GitHub Actions, and the runners of Gitea and Forgejo, which set the same variables.
//!
//! Follows GitHub's "Default environment variables" and webhook payloads; Gitea's and Forgejo's runners add `GITEA_ACTIONS` and
//! `FORGEJO_ACTIONS`.

use std::path::Path;

use super::event::{Event, PullRequest, WorkflowRun};
use super::{Doubt, Environment, Kind, Target, needed, page, seconds};
use crate::error::{Error, ErrorKind, Result};

/// Who triggers the runs of Dependabot's pull requests.
const DEPENDABOT: &str = "dependabot[bot]";

/// The target that the variables and the event speak of.
///
/// # Errors
/// `Usage` when a variable is missing that is always set; those of reading the event.
pub(super) fn target(environment: &Environment<'_>) -> Result<Target> {
    let on = |name: &str| environment(name).is_some_and(|value| value == "true");
    let (kind, jobs_author) = match (on("FORGEJO_ACTIONS"), on("GITEA_ACTIONS")) {
        (true, _) => (Kind::Gitea, Some("forgejo-actions")),
        (_, true) => (Kind::Gitea, Some("gitea-actions")),
        _ => (Kind::GitHub, None),
    };
    let system = if kind == Kind::GitHub { "GitHub Actions" } else { "an Actions runner" };
    let need = |name: &str| needed(environment, name, system);
    let web = page(&need("GITHUB_SERVER_URL")?);
    let api = environment("GITHUB_API_URL").map_or_else(|| need("GITHUB_SERVER_URL"), Ok)?;
    let repository = need("GITHUB_REPOSITORY")?;
    let mut target = Target { web, job: true, jobs_author, ..Target::new(kind, kind.api(&api)?, repository) };
    target.run = run_page(&target, environment);
    let name = environment("GITHUB_EVENT_NAME").unwrap_or_default();
    let event = environment("GITHUB_EVENT_PATH").map_or_else(|| Ok(Event::default()), |path| Event::read(Path::new(&path)))?;
    read_event(&mut target, &name, event)?;
    target.head = target.head.or_else(|| environment("GITHUB_SHA").filter(|_| target.pull.is_none()));
    let from_dependabot = name == "pull_request" && environment("GITHUB_ACTOR").as_deref() == Some(DEPENDABOT);
    target.doubt = target.doubt.or_else(|| from_dependabot.then_some(Doubt::Dependabot));
    Ok(target)
}

/// The page of the run. Gitea and Forgejo number their pages by repository.
fn run_page(target: &Target, environment: &Environment<'_>) -> Option<String> {
    let variable = if target.kind == Kind::GitHub { "GITHUB_RUN_ID" } else { "GITHUB_RUN_NUMBER" };
    let number: u64 = environment(variable)?.parse().ok()?;
    page(&format!("{}/{}/actions/runs/{number}", target.web.as_ref()?, target.repository))
}

fn read_event(target: &mut Target, name: &str, event: Event) -> Result<()> {
    // A deployment's event holds a run, too.
    if let Some(run) = event.workflow_run.filter(|_| name == "workflow_run") {
        return read_run(target, run, event.repository.map(|repository| repository.id));
    }
    if let Some(pull) = event.pull_request {
        read_pull(target, name, pull);
    } else if let Some(group) = event.merge_group {
        (target.base, target.head) = (Some(group.base_sha), Some(group.head_sha));
    } else if let Some(issue) = event.issue.filter(|issue| issue.pull_request.is_some()) {
        target.pull = Some(issue.number);
    } else {
        // The first push of a branch moves away from nothing.
        (target.base, target.head) = (event.before.filter(|revision| revision.bytes().any(|b| b != b'0')), event.after);
    }
    Ok(())
}

fn read_pull(target: &mut Target, name: &str, pull: PullRequest) {
    let repository = |side: &super::event::Side| side.repo.as_ref().map(|repository| repository.id);
    let fork = repository(&pull.head).is_none() || repository(&pull.head) != repository(&pull.base);
    target.doubt = (fork && name != "pull_request_target").then_some(Doubt::Fork);
    target.pull = Some(pull.number);
    target.at = pull.updated_at.as_deref().and_then(seconds).unwrap_or_default();
    (target.base, target.head) = (Some(pull.base.sha), Some(pull.head.sha));
}

/// A run behind the run of a pull request: it may write, and was told nothing by the pull request's own job.
fn read_run(target: &mut Target, run: WorkflowRun, here: Option<u64>) -> Result<()> {
    if !matches!(run.event.as_str(), "pull_request" | "pull_request_target") {
        let message = "the run before this one was not for a pull request";
        return Err(
            Error::new(ErrorKind::Usage, message).hint("let the job run only `if: github.event.workflow_run.event == 'pull_request'`")
        );
    }
    target.at = run.created_at.as_deref().and_then(seconds).unwrap_or_default();
    let ours = |side: &super::event::Side| side.repo.as_ref().map(|repository| repository.id) == here;
    let known = run.pull_requests.into_iter().find(|pull| pull.head.sha == run.head_sha && ours(&pull.base));
    if let Some(pull) = known {
        target.pull = Some(pull.number);
        target.base = Some(pull.base.sha);
    } else {
        let owner = run.head_repository.and_then(|repository| repository.owner).map(|owner| owner.login);
        target.head_label = owner.zip(run.head_branch).map(|(owner, branch)| format!("{owner}:{branch}"));
    }
    target.head = Some(run.head_sha);
    Ok(())
}
