//! What a cluster can do, as far as a render without a cluster knows (Helm `pkg/chartutil/capabilities.go`, client-go's list of versions).

use crate::error::{Error, ErrorKind, Result};
use crate::template::{KubeVersionRule, Profile};
use crate::version::Version;

/// Kubernetes' version and the API versions templates can ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// Such as `v1.32.0`.
    pub kube_version: String,
    /// The version that constraints are checked against; differs from `kube_version` where templates see more than its numbers.
    pub constrained_version: String,
    /// `1`.
    pub major: String,
    /// `32`.
    pub minor: String,
    /// `apps/v1`, `policy/v1beta1/PodDisruptionBudget` …
    pub api_versions: Vec<String>,
}

impl Capabilities {
    /// What `helm template` assumes when it is told nothing.
    pub fn of(profile: &Profile) -> Self {
        let minor = profile.kube_minor.to_string();
        Self {
            kube_version: format!("v1.{minor}.0"),
            constrained_version: format!("v1.{minor}.0"),
            major: "1".into(),
            minor,
            api_versions: DEFAULT_VERSIONS
                .iter()
                .filter(|(_, since, until)| (*since..*until).contains(&profile.kube_minor))
                .map(|(name, ..)| (*name).to_owned())
                .collect(),
        }
    }

    /// The same with another version of Kubernetes, such as `1.29` or `v1.30.2`, read as a Helm version reads `--kube-version`.
    ///
    /// # Errors
    /// `Usage`, in Helm's words, for a text that is no version.
    pub fn with_kube_version(mut self, text: &str, profile: &Profile) -> Result<Self> {
        let refused = |why: &str| Error::new(ErrorKind::Usage, format!("invalid kube version '{text}': {why}"));
        if profile.kube_version == KubeVersionRule::Semantic {
            let version = Version::parse(text).map_err(|error| refused(&error.to_string()))?;
            self.kube_version = format!("v{version}");
            self.constrained_version.clone_from(&self.kube_version);
            self.major = version.major.to_string();
            self.minor = version.minor.to_string();
            return Ok(self);
        }
        let numbers = version_numbers(text).map_err(|why| refused(&why))?;
        let words: Vec<String> = numbers.iter().map(u64::to_string).collect();
        self.constrained_version = format!("v{}", words.join("."));
        self.kube_version = match profile.kube_version {
            KubeVersionRule::NumbersAndText if text.starts_with('v') => text.to_owned(),
            KubeVersionRule::NumbersAndText => format!("v{text}"),
            _ => self.constrained_version.clone(),
        };
        self.major.clone_from(&words[0]);
        self.minor.clone_from(&words[1]);
        Ok(self)
    }
}

/// The numbers at the beginning of a version: two or more, the first without a leading zero (apimachinery `version.ParseGeneric`).
///
/// # Errors
/// That library's message.
fn version_numbers(text: &str) -> Result<Vec<u64>, String> {
    let body = text.trim_start_matches(['\t', '\n', '\x0c', '\r', ' ']);
    let body = body.strip_prefix('v').unwrap_or(body);
    let end = body.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(body.len());
    // A point that no digit follows ends the numbers, too.
    let numbers = body[..end].split('.').take_while(|number| !number.is_empty()).collect::<Vec<_>>();
    match numbers.len() {
        _ if body.contains('\n') => return Err(format!("could not parse {text:?} as version")),
        0 => return Err(format!("could not parse {text:?} as version")),
        1 => return Err(format!("illegal version string {text:?}")),
        _ => {}
    }
    numbers
        .iter()
        .enumerate()
        .map(|(place, number)| {
            if place == 0 && number.len() > 1 && number.starts_with('0') {
                return Err(format!("illegal zero-prefixed version component {number:?} in {text:?}"));
            }
            let why = || format!("strconv.ParseUint: parsing {number:?}: value out of range");
            number.parse().map_err(|_| format!("illegal non-numeric version component {number:?} in {text:?}: {}", why()))
        })
        .collect()
}

/// Each version with the first minor version of client-go that lists it and the first that doesn't any more; 29 stands for "always".
const DEFAULT_VERSIONS: &[(&str, u32, u32)] = &[
    ("v1", 29, 99),
    ("admissionregistration.k8s.io/v1", 29, 99),
    ("admissionregistration.k8s.io/v1alpha1", 29, 99),
    ("admissionregistration.k8s.io/v1beta1", 29, 99),
    ("internal.apiserver.k8s.io/v1alpha1", 29, 99),
    ("apps/v1", 29, 99),
    ("apps/v1beta1", 29, 99),
    ("apps/v1beta2", 29, 99),
    ("authentication.k8s.io/v1", 29, 99),
    ("authentication.k8s.io/v1alpha1", 29, 99),
    ("authentication.k8s.io/v1beta1", 29, 99),
    ("authorization.k8s.io/v1", 29, 99),
    ("authorization.k8s.io/v1beta1", 29, 99),
    ("autoscaling/v1", 29, 99),
    ("autoscaling/v2", 29, 99),
    ("autoscaling/v2beta1", 29, 36),
    ("autoscaling/v2beta2", 29, 36),
    ("batch/v1", 29, 99),
    ("batch/v1beta1", 29, 99),
    ("certificates.k8s.io/v1", 29, 99),
    ("certificates.k8s.io/v1beta1", 29, 99),
    ("certificates.k8s.io/v1alpha1", 29, 99),
    ("coordination.k8s.io/v1alpha1", 31, 32),
    ("coordination.k8s.io/v1alpha2", 32, 99),
    ("coordination.k8s.io/v1beta1", 29, 99),
    ("coordination.k8s.io/v1", 29, 99),
    ("discovery.k8s.io/v1", 29, 99),
    ("discovery.k8s.io/v1beta1", 29, 99),
    ("events.k8s.io/v1", 29, 99),
    ("events.k8s.io/v1beta1", 29, 99),
    ("extensions/v1beta1", 29, 99),
    ("flowcontrol.apiserver.k8s.io/v1", 29, 99),
    ("flowcontrol.apiserver.k8s.io/v1beta1", 29, 99),
    ("flowcontrol.apiserver.k8s.io/v1beta2", 29, 99),
    ("flowcontrol.apiserver.k8s.io/v1beta3", 29, 99),
    ("networking.k8s.io/v1", 29, 99),
    ("networking.k8s.io/v1alpha1", 29, 34),
    ("networking.k8s.io/v1beta1", 29, 99),
    ("node.k8s.io/v1", 29, 99),
    ("node.k8s.io/v1alpha1", 29, 99),
    ("node.k8s.io/v1beta1", 29, 99),
    ("policy/v1", 29, 99),
    ("policy/v1beta1", 29, 99),
    ("rbac.authorization.k8s.io/v1", 29, 99),
    ("rbac.authorization.k8s.io/v1beta1", 29, 99),
    ("rbac.authorization.k8s.io/v1alpha1", 29, 99),
    ("resource.k8s.io/v1", 34, 99),
    ("resource.k8s.io/v1beta2", 33, 99),
    ("resource.k8s.io/v1beta1", 32, 99),
    ("resource.k8s.io/v1alpha2", 29, 31),
    ("resource.k8s.io/v1alpha3", 31, 99),
    ("scheduling.k8s.io/v1alpha1", 29, 36),
    ("scheduling.k8s.io/v1alpha2", 36, 99),
    ("scheduling.k8s.io/v1beta1", 29, 99),
    ("scheduling.k8s.io/v1", 29, 99),
    ("storage.k8s.io/v1beta1", 29, 99),
    ("storage.k8s.io/v1", 29, 99),
    ("storage.k8s.io/v1alpha1", 29, 99),
    ("storagemigration.k8s.io/v1alpha1", 30, 35),
    ("storagemigration.k8s.io/v1beta1", 35, 99),
    ("apiextensions.k8s.io/v1beta1", 29, 99),
    ("apiextensions.k8s.io/v1", 29, 99),
];
