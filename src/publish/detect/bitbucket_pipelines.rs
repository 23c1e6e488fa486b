//! Bitbucket Pipelines: "Variables and secrets", the default variables.

use super::{Environment, Kind, Target, needed, number, page};
use crate::error::Result;

/// The target that the variables speak of.
///
/// # Errors
/// `Usage` when a variable is missing that is always set.
pub(super) fn target(environment: &Environment<'_>) -> Result<Option<Target>> {
    let repository = needed(environment, "BITBUCKET_REPO_FULL_NAME", "Bitbucket Pipelines")?;
    let api = Kind::BitbucketCloud.api("https://api.bitbucket.org/2.0")?;
    let mut target = Target::new(Kind::BitbucketCloud, api, repository);
    target.web = Kind::BitbucketCloud.web_of(&target.api);
    target.pull = number(environment, "BITBUCKET_PR_ID")?;
    target.base = environment("BITBUCKET_PR_DESTINATION_COMMIT");
    target.head = environment("BITBUCKET_COMMIT");
    target.job = true;
    let build = number(environment, "BITBUCKET_BUILD_NUMBER")?;
    // No variable says when the run began; the process' own beginning stands in for it.
    target.run =
        target.web.as_ref().zip(build).and_then(|(web, build)| page(&format!("{web}/{}/pipelines/results/{build}", target.repository)));
    Ok(Some(target))
}
