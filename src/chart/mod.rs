//! A package opened: what Helm's loader makes of the files of a chart (Helm 3.17.3 `pkg/chart/loader`).
//!
//! ```text
//! Package ─▶ archive (gunzip, untar, limits) ─▶ load (which file is what, charts/ …) ─▶ Chart ─▶ tree (mounted, templates, CRDs)
//!                                                 metadata, decode: Chart.yaml as Go reads it
//! ```
//!
//! A [`Chart`] is immutable and can be shared between threads. What Helm accepts opens, what Helm refuses is refused in Helm's words, with the
//! place in the file and what to try. Depends on `fetch::{Package, Content, Digest}`, `version`, `value` and `error`.

mod archive;
mod decode;
mod go;
mod limits;
mod load;
mod metadata;
#[cfg(test)]
mod tests;
mod tree;

use std::sync::Arc;

use crate::fetch::Digest;
use crate::value::Node;

pub use limits::Limits;
pub use load::{open, open_archive};
pub use tree::Mounted;

/// An opened chart with its subcharts.
#[derive(Debug, Clone)]
pub struct Chart {
    /// What Chart.yaml (and requirements.yaml) says.
    pub metadata: Metadata,
    /// What Chart.lock or requirements.lock says.
    pub lock: Option<Lock>,
    /// The default values; an empty mapping when values.yaml is empty, `None` when there is no such file.
    pub values: Option<Node>,
    /// `values.schema.json`.
    pub schema: Option<File>,
    /// Everything below `templates/`, in load order; of a path that an archive has twice, the last.
    pub templates: Vec<File>,
    /// Every other file: README.md, `crds/…`, `files/…`.
    pub files: Vec<File>,
    /// The charts below `charts/`, sorted by their name there, each once, before aliases.
    pub subcharts: Vec<Arc<Chart>>,
    /// Which of them goes by which name.
    children: Vec<tree::Child>,
    /// The folder in the root chart where this one stands: empty for the root, `charts/minio`, `charts/a/charts/b`. A chart that is packed as
    /// an archive stands in a folder of its own name, whatever version the archive's name carries.
    pub folder: String,
    /// Where the package came from, without credentials; for a subchart its folder or archive in its parent (`charts/minio-12.6.4.tgz`).
    pub origin: String,
    /// The digest of the archive it came from.
    pub digest: Option<Digest>,
    /// What Helm warns of while it loads the chart.
    pub warnings: Vec<String>,
}

/// A file of a chart.
#[derive(Debug, Clone)]
pub struct File {
    /// The path inside its chart, with `/`.
    pub path: String,
    /// The content without a byte-order mark.
    pub bytes: Arc<[u8]>,
}

/// Chart.yaml, as Helm's loader sees it (helm `pkg/chart/metadata.go`).
#[derive(Debug, Clone)]
pub struct Metadata {
    /// `v1` or `v2`; `v1` when the file has none.
    pub api_version: String,
    /// The chart's name.
    pub name: String,
    /// The chart's version, as written.
    pub version: String,
    /// The application's version.
    pub app_version: String,
    /// The constraint on Kubernetes' version.
    pub kube_version: String,
    /// `application`, `library` or nothing.
    pub kind: String,
    /// One line on what it is.
    pub description: String,
    /// The project's page.
    pub home: String,
    /// The icon's address.
    pub icon: String,
    /// Helm keeps it for the templates and makes nothing of it.
    pub condition: String,
    /// Helm keeps it for the templates and makes nothing of it.
    pub tags: String,
    /// Whether its makers have given it up.
    pub deprecated: bool,
    /// Addresses of source code.
    pub sources: Vec<String>,
    /// Search words.
    pub keywords: Vec<String>,
    /// Who looks after it.
    pub maintainers: Vec<Maintainer>,
    /// Annotations, such as `artifacthub.io/changes`.
    pub annotations: Vec<(String, String)>,
    /// The declared dependencies, in order.
    pub dependencies: Vec<Dependency>,
    /// Whether there is a list of dependencies at all, be it empty: without one Helm leaves the charts below `charts/` as they are.
    pub declares_dependencies: bool,
    /// All of Chart.yaml, with places.
    pub node: Node,
}

/// A person or group behind a chart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Maintainer {
    /// The name.
    pub name: String,
    /// The mail address.
    pub email: String,
    /// The page.
    pub url: String,
}

/// A declared dependency.
#[derive(Debug, Clone, Default)]
pub struct Dependency {
    /// The chart's name.
    pub name: String,
    /// The version or constraint.
    pub version: String,
    /// The repository's URL, or nothing.
    pub repository: String,
    /// The name it goes by here, when it has another.
    pub alias: Option<String>,
    /// The values paths that switch it on, separated by commas.
    pub condition: Option<String>,
    /// The tags that switch it on.
    pub tags: Vec<String>,
    /// What the parent takes over from its values: names below `exports`, or mappings of `child` and `parent`; `None` where the list says null.
    pub import_values: Vec<Option<Node>>,
    /// The file that declares it: `Chart.yaml`, `requirements.yaml`, or the lock's name.
    pub file: &'static str,
    /// The line there, from 1.
    pub line: u32,
}

/// Chart.lock or requirements.lock.
#[derive(Debug, Clone)]
pub struct Lock {
    /// The file's name.
    pub file: String,
    /// The digest of the declarations it was made for.
    pub digest: String,
    /// Name, repository, exact version and line of each locked dependency.
    pub dependencies: Vec<Dependency>,
}

impl Dependency {
    /// The name it goes by in the parent: its alias, else its own.
    pub fn key(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }
}

impl Metadata {
    /// Whether Helm installs such charts.
    pub fn is_installable(&self) -> bool {
        matches!(&*self.kind, "" | "application")
    }

    /// Whether it is a library chart: of those only the templates whose names begin with `_` count. Helm asks without regard to case here.
    pub fn is_library(&self) -> bool {
        self.kind.eq_ignore_ascii_case("library")
    }
}

impl Chart {
    /// `name-version`.
    pub fn full_name(&self) -> String {
        format!("{}-{}", self.metadata.name, self.metadata.version)
    }
}
