//! GitLab CI: "Predefined CI/CD variables reference".

use super::{Doubt, Environment, Kind, Target, needed, number, page, seconds};
use crate::error::Result;

/// The target that the variables speak of.
///
/// # Errors
/// `Usage` when a variable is missing that is always set.
pub(super) fn target(environment: &Environment<'_>) -> Result<Option<Target>> {
    let need = |name: &str| needed(environment, name, "GitLab CI");
    let api = Kind::GitLab.api(&need("CI_API_V4_URL")?)?;
    // In the parent project the pipeline of a fork's merge request runs for the fork, and the notes are in the parent.
    let repository = environment("CI_MERGE_REQUEST_PROJECT_PATH").map_or_else(|| need("CI_PROJECT_PATH"), Ok)?;
    let mut target = Target::new(Kind::GitLab, api, repository);
    target.web = environment("CI_SERVER_URL").as_deref().and_then(page);
    target.pull = number(environment, "CI_MERGE_REQUEST_IID")?;
    target.base = environment("CI_MERGE_REQUEST_DIFF_BASE_SHA")
        .or_else(|| environment("CI_COMMIT_BEFORE_SHA").filter(|sha| sha.bytes().any(|b| b != b'0')));
    // A pipeline for merged results runs on a commit that is on no branch.
    target.head = environment("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA").or_else(|| environment("CI_COMMIT_SHA"));
    target.pipeline = number(environment, "CI_PIPELINE_ID")?.filter(|_| target.head == environment("CI_COMMIT_SHA"));
    target.at = environment("CI_PIPELINE_CREATED_AT").as_deref().and_then(seconds).unwrap_or_default();
    target.run = environment("CI_JOB_URL").or_else(|| environment("CI_PIPELINE_URL")).as_deref().and_then(page);
    target.job = true;
    let source = environment("CI_MERGE_REQUEST_SOURCE_PROJECT_ID");
    let fork = source.is_some() && source != environment("CI_MERGE_REQUEST_PROJECT_ID");
    target.doubt = fork.then_some(Doubt::Fork);
    Ok(Some(target))
}
