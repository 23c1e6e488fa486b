//! Which charts a change moves: two states of a repository's files become [`Bump`]s, each with its place and the values of its release.
//!
//! Each tool that deploys charts is a file with one reader. Only files that changed, and what a release in them refers to, are read;
//! what can't be read from files is named, never guessed. Pure: files come through [`Tree`]. Depends on `fetch` (for [`Tree`] and URLs),
//! `value`, `version` and `error`.

mod applicationset;
mod argocd;
mod claim;
mod dependency;
mod fleet;
mod flux;
mod glob;
mod helmfile;
mod kustomize;
mod layers;
mod local;
mod marker;
mod pair;
mod read;
mod side;
mod template;
mod terraform;
mod text;

use std::fmt;

use crate::error::{Place, Result};
use crate::fetch::RedactedUrl;
use crate::fetch::tree::{ChangedFile, Tree};
use crate::value::Node;

/// The tool whose file names the chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tool {
    /// A dependency in Chart.yaml, Chart.lock or requirements.yaml.
    Dependency,
    /// A chart in the repository itself.
    LocalChart,
    /// Argo CD: Application and ApplicationSet.
    ArgoCd,
    /// Flux: HelmRelease, HelmChart, HelmRepository, OCIRepository.
    Flux,
    /// helmfile.yaml.
    Helmfile,
    /// `helmCharts` of a kustomization.
    Kustomize,
    /// `helm_release` of Terraform.
    Terraform,
    /// fleet.yaml.
    Fleet,
    /// A line marked `# chartshift: …`.
    Marker,
    /// A repository inside of this one.
    Submodule,
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dependency => "Helm dependency",
            Self::LocalChart => "chart of this repository",
            Self::ArgoCd => "Argo CD",
            Self::Flux => "Flux",
            Self::Helmfile => "helmfile",
            Self::Kustomize => "Kustomize",
            Self::Terraform => "Terraform",
            Self::Fleet => "Fleet",
            Self::Marker => "marked line",
            Self::Submodule => "submodule",
        })
    }
}

/// Where one side's chart is to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A Helm repository, by its URL.
    Repository {
        /// The folder that holds index.yaml.
        url: RedactedUrl,
        /// The chart's name.
        chart: String,
        /// The version, exact or a constraint, as it is written.
        version: String,
    },
    /// An OCI registry.
    Oci {
        /// `registry/path/chart`, without `oci://` and without a tag.
        repository: String,
        /// The version, exact or a constraint, as it is written.
        version: String,
        /// The manifest's digest, when it is pinned: it decides.
        digest: Option<String>,
    },
    /// A folder of the repository: in the old tree for the old side, in the new tree for the new side.
    Folder(String),
}

/// One layer of a release's values, in the order they are laid over each other.
#[derive(Debug, Clone)]
pub enum Layer {
    /// Values as YAML: of a file, or inline in a manifest; the node knows its place.
    Values(Node),
    /// `key=value` in the grammar of `--set`.
    Set(String),
    /// The same for `--set-string`.
    SetString(String),
    /// The same for `--set-json`.
    SetJson(String),
    /// The value is the content of a file: key path, file, content.
    SetFile(String, String, String),
}

/// Something that a release refers to and that could not be read; a review without it is incomplete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// What: `valuesFrom Secret monitoring/thanos-secrets`.
    pub what: String,
    /// Why: `it is not in the repository`.
    pub why: String,
}

/// One chart that moved, for one release.
#[derive(Debug, Clone)]
pub struct Bump {
    /// The tool.
    pub tool: Tool,
    /// Where the new version is written, in the new tree.
    pub place: Place,
    /// Where the old version was written, in the old tree.
    pub old_place: Place,
    /// The chart's name.
    pub chart: String,
    /// The old side.
    pub old: Source,
    /// The new side.
    pub new: Source,
    /// The release's name, as the tool would choose it.
    pub release: String,
    /// Its namespace; `default` when the files don't say.
    pub namespace: String,
    /// The values that this release uses, from the new tree.
    pub values: Vec<Layer>,
    /// The values files among them, by path, for links and places.
    pub values_files: Vec<String>,
    /// The key that these values stand under in the file they come from (a dependency's alias or name).
    pub values_key: Option<String>,
    /// Why the chart is not installed with these values, when a condition or tag switches it off: "`thanos.enabled` is false".
    pub switched_off: Option<String>,
    /// The version of Kubernetes that the tool renders for, when it says.
    pub kube_version: Option<String>,
    /// API versions that the tool adds.
    pub api_versions: Vec<String>,
    /// What could not be read of its values.
    pub unread: Vec<Unread>,
}

/// A place where a chart's version changes, or may change, and that can't be reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreviewed {
    /// The tool.
    pub tool: Tool,
    /// Where it is written, in the new tree.
    pub place: Place,
    /// The chart's name, as far as it is known.
    pub chart: String,
    /// Why.
    pub reason: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// What was found between two trees.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The charts that moved, by place.
    pub bumps: Vec<Bump>,
    /// What can't be reviewed, by place.
    pub unreviewed: Vec<Unreviewed>,
    /// How many files of both trees were parsed.
    pub parsed_files: usize,
}

/// What is known of the repository besides its files.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The URLs that this repository has: of its remotes and of the CI environment. Sources at other URLs can't be read from its files.
    pub own_urls: Vec<String>,
}

/// Finds every chart that moved from one tree to the other.
///
/// # Errors
/// When a tree can't be read. Files that can't be read as what they should be are [`Unreviewed`], not errors.
pub fn find(old: &dyn Tree, new: &dyn Tree, changed: &[ChangedFile], surroundings: &Surroundings) -> Result<Found> {
    pair::find(old, new, changed, surroundings)
}
