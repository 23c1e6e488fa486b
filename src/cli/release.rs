//! The flags that say which release charts are rendered for.

use super::args::ReleaseArgs;
use super::{lists, values};
use crate::error::{Error, ErrorKind, Result};
use crate::identity::Facts;
use crate::render::{Capabilities, Release};
use crate::review::ReleaseSettings;
use crate::template::{PROFILE_NAMES, Profile};

/// The profile of a Helm version.
///
/// # Errors
/// `Usage` for a version that can't be rendered as.
pub(super) fn profile(helm_version: &str) -> Result<Profile> {
    Profile::named(helm_version).ok_or_else(|| {
        Error::new(ErrorKind::Usage, format!("no Helm version {helm_version} to render as"))
            .hint(format!("there are {}", PROFILE_NAMES.join(", ")))
    })
}

/// What templates see of the cluster.
///
/// # Errors
/// In Helm's words, for a Kubernetes version that can't be read.
pub(super) fn capabilities(profile: &Profile, kube_version: Option<&str>, api_versions: &[String]) -> Result<Capabilities> {
    let mut capabilities = Capabilities::of(profile);
    if let Some(version) = kube_version {
        capabilities = capabilities.with_kube_version(version, profile)?;
    }
    capabilities.api_versions.extend(lists::items(api_versions, "-a, --api-versions")?);
    Ok(capabilities)
}

/// Everything that renders need, values files read.
///
/// # Errors
/// Those of [`profile`], [`capabilities`] and of the values' flags, and `Usage` for a release's name that isn't one.
pub(super) fn settings(args: &ReleaseArgs) -> Result<ReleaseSettings> {
    let profile = profile(&args.helm_version)?;
    let capabilities = capabilities(&profile, args.kube_version.as_deref(), &args.api_versions)?;
    let release = Release { name: args.release_name.clone(), namespace: args.namespace.clone(), is_upgrade: args.is_upgrade };
    release.check_name()?;
    Ok(ReleaseSettings {
        release,
        overrides: values::overrides(&args.values, &profile)?,
        profile,
        capabilities,
        facts: Facts::default(),
        assume_workload_identity: false,
    })
}
