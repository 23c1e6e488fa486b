//! The webhook's versions and what each does its own way (the releases of Azure/azure-workload-identity, v0.1.0 to v1.6.0).

use std::fmt;

use crate::error::{Error, ErrorKind, Result};

/// A version of the webhook that is known here. The default is the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    major: u8,
    minor: u8,
    patch: u8,
}

/// The newest patch of each minor version.
const NEWEST_PATCHES: [Version; 22] = [
    Version::of(0, 1, 0),
    Version::of(0, 2, 0),
    Version::of(0, 3, 0),
    Version::of(0, 4, 0),
    Version::of(0, 5, 0),
    Version::of(0, 6, 0),
    Version::of(0, 7, 0),
    Version::of(0, 8, 0),
    Version::of(0, 9, 0),
    Version::of(0, 10, 0),
    Version::of(0, 11, 0),
    Version::of(0, 12, 0),
    Version::of(0, 13, 0),
    Version::of(0, 14, 0),
    Version::of(0, 15, 0),
    Version::of(1, 0, 0),
    Version::of(1, 1, 0),
    Version::of(1, 2, 2),
    Version::of(1, 3, 0),
    Version::of(1, 4, 1),
    Version::of(1, 5, 1),
    Version::of(1, 6, 0),
];

/// Which pods a version mutates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// Those whose account has the use label, whatever its value.
    AccountLabel,
    /// Those whose account has the use label or an annotation of that name.
    AccountLabelOrAnnotation,
    /// The same, or those that have the label themselves, whatever its value.
    AccountOrPodLabel,
    /// Those whose own label says `true`: the webhook's `objectSelector`.
    PodLabel,
}

impl Version {
    /// The newest version.
    pub const NEWEST: Self = NEWEST_PATCHES[NEWEST_PATCHES.len() - 1];

    const fn of(major: u8, minor: u8, patch: u8) -> Self {
        Self { major, minor, patch }
    }

    /// The version of that name: `v1.5.1`, `1.5.1`, or `v1.5` for the newest of v1.5. A pre-release counts as the version it leads to.
    ///
    /// # Errors
    /// `Usage` when it is none, or one that isn't known here; the hint lists those that are.
    pub fn named(name: &str) -> Result<Self> {
        Self::parse(name).ok_or_else(|| {
            Error::new(ErrorKind::Usage, format!("no webhook version {name:?} is known"))
                .hint(format!("the versions that are known are {}", Self::known_names()))
        })
    }

    fn parse(name: &str) -> Option<Self> {
        let digits = name.strip_prefix('v').unwrap_or(name);
        let digits = digits.split_once('-').map_or(digits, |(release, _)| release);
        let mut numbers = digits.split('.').map(|number| number.parse::<u8>().ok());
        let (major, minor) = (numbers.next()??, numbers.next()??);
        let newest = NEWEST_PATCHES.into_iter().find(|known| (known.major, known.minor) == (major, minor))?;
        let patch = match numbers.next() {
            None => newest.patch,
            Some(patch) => patch?,
        };
        (patch <= newest.patch && numbers.next().is_none()).then_some(Self::of(major, minor, patch))
    }

    /// All known versions in words, for texts of errors and of `--help`.
    pub fn known_names() -> String {
        let names: Vec<_> = NEWEST_PATCHES.iter().map(ToString::to_string).collect();
        format!("{} and patches before them", names.join(", "))
    }

    /// What stands before the webhook's labels and annotations.
    pub(crate) fn prefix(self) -> &'static str {
        if self < Self::of(0, 4, 0) { "azure.pod.identity/" } else { "azure.workload.identity/" }
    }

    /// Which pods are mutated.
    pub fn selection(self) -> Selection {
        match (self.major, self.minor) {
            (0, ..=10) => Selection::AccountLabel,
            (0, ..=14) => Selection::AccountLabelOrAnnotation,
            (0, _) => Selection::AccountOrPodLabel,
            _ => Selection::PodLabel,
        }
    }

    /// Whether pods are refused while the webhook is down; they start without a token otherwise.
    pub fn fails_closed(self) -> bool {
        self >= Self::of(1, 0, 0)
    }

    /// Whether init containers get the token, too.
    pub(crate) fn mutates_init_containers(self) -> bool {
        self >= Self::of(0, 2, 0)
    }

    /// The variable that names the token's file.
    pub(crate) fn token_file_variable(self) -> &'static str {
        if self < Self::of(0, 4, 0) { "TOKEN_FILE_PATH" } else { "AZURE_FEDERATED_TOKEN_FILE" }
    }

    /// Whether `AZURE_AUTHORITY_HOST` is set.
    pub(crate) fn sets_authority_host(self) -> bool {
        self >= Self::of(0, 3, 0)
    }

    /// Whether a variable without a value is set all the same.
    pub(crate) fn sets_empty_variables(self) -> bool {
        self < Self::of(1, 5, 1)
    }

    /// Where the volume is mounted.
    pub fn mount_path(self) -> &'static str {
        match (self.major, self.minor) {
            (0, ..=7) => "/var/run/secrets/tokens",
            (0, _) | (1, ..=5) => "/var/run/secrets/azure/tokens",
            _ => "/var/run/secrets/azure/wi",
        }
    }

    /// The token's path in the volume.
    pub fn token_path(self) -> &'static str {
        if self.names_volume_by_pod() { "token/azure-identity-token" } else { "azure-identity-token" }
    }

    /// Whether the volume is called after the pod and replaces one of its name, rather than being `azure-identity-token` and left out when
    /// the pod has such a token.
    pub(crate) fn names_volume_by_pod(self) -> bool {
        self >= Self::of(1, 6, 0)
    }

    /// Seconds that a token lives when nothing says otherwise.
    pub(crate) fn default_expiry(self) -> i64 {
        if self < Self::of(0, 7, 0) { 86_400 } else { 3_600 }
    }

    /// Whether there is a proxy for programs that only know the metadata service.
    pub(crate) fn has_proxy(self) -> bool {
        self >= Self::of(0, 11, 0)
    }

    /// Whether a proxy in a pod on its node's network is refused.
    pub(crate) fn refuses_proxy_on_host_network(self) -> bool {
        self >= Self::of(1, 2, 0)
    }

    /// Whether a container with the proxy's image counts as the proxy, whatever it is called.
    pub(crate) fn knows_proxy_by_image(self) -> bool {
        self < Self::of(1, 4, 0)
    }

    /// Whether the proxy is an init container that keeps running, on Kubernetes 1.32 and later.
    pub(crate) fn has_native_sidecar(self) -> bool {
        self >= Self::of(1, 5, 0)
    }
}

impl Default for Version {
    fn default() -> Self {
        Self::NEWEST
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_found_by_name() {
        for (name, want) in [
            ("v1.5.1", "v1.5.1"),
            ("1.5.0", "v1.5.0"),
            ("v1.5", "v1.5.1"),
            ("v0.15", "v0.15.0"),
            ("v1.6.0-alpha.1", "v1.6.0"),
            ("1.2.1", "v1.2.1"),
        ] {
            assert_eq!(Version::named(name).unwrap().to_string(), want);
        }
    }

    #[test]
    fn lists_what_is_known_when_it_is_not() {
        for name in ["", "v", "v1", "v2.0.0", "v1.5.2", "v1.5.1.1", "v0.16", "latest", "v1.x", "v1.-1", "1..2"] {
            let error = Version::named(name).unwrap_err();
            assert!(error.report().contains("v1.5.1, v1.6.0 and patches"), "{name}: {}", error.report());
        }
    }
}
