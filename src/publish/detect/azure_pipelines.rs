//! Azure Pipelines: "Use predefined variables". It builds repositories of Azure DevOps and of GitHub.

use super::{Doubt, Environment, Kind, Target, needed, number, page, seconds};
use crate::error::Result;

/// The target that the variables speak of; none for a repository on a forge that Azure Pipelines doesn't tell enough of.
///
/// # Errors
/// `Usage` when a variable is missing that is always set.
pub(super) fn target(environment: &Environment<'_>) -> Result<Option<Target>> {
    let need = |name: &str| needed(environment, name, "Azure Pipelines");
    let collection = need("SYSTEM_COLLECTIONURI")?;
    let project = need("SYSTEM_TEAMPROJECT")?;
    let name = need("BUILD_REPOSITORY_NAME")?;
    let mut target = match need("BUILD_REPOSITORY_PROVIDER")?.as_str() {
        "TfsGit" => {
            let api = Kind::AzureDevOps.api(&collection)?;
            let web = Kind::AzureDevOps.web_of(&api);
            // A repository of another project of the collection has its project in front.
            let repository = if name.contains('/') { name } else { format!("{project}/{name}") };
            let pull = number(environment, "SYSTEM_PULLREQUEST_PULLREQUESTID")?;
            Target { web, pull, job: true, ..Target::new(Kind::AzureDevOps, api, repository) }
        }
        "GitHub" => {
            let api = Kind::GitHub.api("https://api.github.com")?;
            let web = Kind::GitHub.web_of(&api);
            let pull = number(environment, "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER")?;
            Target { web, pull, ..Target::new(Kind::GitHub, api, name) }
        }
        _ => return Ok(None),
    };
    target.base = environment("SYSTEM_PULLREQUEST_TARGETBRANCH").and_then(|branch| tracking(&branch));
    target.head =
        environment("SYSTEM_PULLREQUEST_SOURCECOMMITID").or_else(|| environment("BUILD_SOURCEVERSION").filter(|_| target.pull.is_none()));
    target.at = environment("SYSTEM_PIPELINESTARTTIME").as_deref().and_then(seconds).unwrap_or_default();
    target.run = environment("BUILD_BUILDID").filter(|id| id.bytes().all(|b| b.is_ascii_digit())).and_then(|id| {
        page(&format!("{}/{}/_build/results?buildId={id}", collection.trim_end_matches('/'), super::kind::escaped(&project)))
    });
    let fork = environment("SYSTEM_PULLREQUEST_ISFORK").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    target.doubt = fork.then_some(Doubt::Fork);
    Ok(Some(target))
}

/// Where a clone keeps a branch of the server.
fn tracking(branch: &str) -> Option<String> {
    let name = branch.strip_prefix("refs/heads/").unwrap_or(branch);
    (!name.is_empty() && !name.starts_with('-')).then(|| format!("refs/remotes/origin/{name}"))
}
