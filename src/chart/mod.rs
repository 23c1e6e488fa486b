//! A package opened: what Helm's loader makes of the files of a chart (Helm 3.17 `pkg/chart/loader`).
//!
//! A [`Chart`] is immutable and can be shared between threads. Depends on `fetch::{Package, Digest}`, `value` and `error`.

use std::sync::Arc;

use bytes::Bytes;

use crate::fetch::Digest;
use crate::value::Node;

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
    /// Everything below `templates/`, in load order.
    pub templates: Vec<File>,
    /// Every other file: README.md, `crds/…`, `files/…`.
    pub files: Vec<File>,
    /// The charts below `charts/`, sorted by their name there, each once, before aliases.
    pub subcharts: Vec<Arc<Chart>>,
    /// Where the package came from, without credentials; for a subchart its path inside the parent.
    pub origin: String,
    /// The digest of the archive it came from.
    pub digest: Option<Digest>,
}

/// A file of a chart.
#[derive(Debug, Clone)]
pub struct File {
    /// The path inside its chart, with `/`.
    pub path: String,
    /// The content without a byte-order mark.
    pub bytes: Bytes,
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
    /// Whether its makers have given it up.
    pub deprecated: bool,
    /// Annotations, such as `artifacthub.io/changes`.
    pub annotations: Vec<(String, String)>,
    /// The declared dependencies, in order.
    pub dependencies: Vec<Dependency>,
    /// All of Chart.yaml, with places.
    pub node: Node,
}

/// A declared dependency.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// The chart's name.
    pub name: String,
    /// The version or constraint.
    pub version: String,
    /// The repository's URL, or nothing.
    pub repository: String,
    /// The name it goes by here, when it has another.
    pub alias: Option<String>,
    /// The values path that switches it on.
    pub condition: Option<String>,
    /// The tags that switch it on.
    pub tags: Vec<String>,
    /// The line in Chart.yaml or requirements.yaml, from 1.
    pub line: u32,
}

/// Chart.lock or requirements.lock.
#[derive(Debug, Clone)]
pub struct Lock {
    /// The file's name.
    pub file: String,
    /// Name, repository, exact version and line of each locked dependency.
    pub dependencies: Vec<Dependency>,
}

/// A chart of the tree under the path where its values stand in the root's.
#[derive(Debug, Clone)]
pub struct Mounted<'a> {
    /// The keys from the root's values to this chart's: empty for the root, then names or aliases.
    pub keys: Vec<Arc<str>>,
    /// The chart there.
    pub chart: &'a Chart,
}

impl Chart {
    /// This chart and every chart below it, parents first, each under the name or alias it is declared with.
    pub fn mounted(&self) -> Vec<Mounted<'_>> {
        let mut all = vec![Mounted { keys: Vec::new(), chart: self }];
        let mut next = 0;
        while let Some(Mounted { keys, chart }) = all.get(next).cloned() {
            for subchart in &chart.subcharts {
                let name = &subchart.metadata.name;
                let declared: Vec<&Dependency> = chart.metadata.dependencies.iter().filter(|declared| declared.name == *name).collect();
                let names = if declared.is_empty() {
                    vec![name.as_str()]
                } else {
                    declared.iter().map(|declared| declared.alias.as_deref().unwrap_or(name)).collect()
                };
                for name in names {
                    all.push(Mounted { keys: keys.iter().cloned().chain([name.into()]).collect(), chart: subchart });
                }
            }
            next += 1;
        }
        all
    }

    /// `name-version`.
    pub fn full_name(&self) -> String {
        format!("{}-{}", self.metadata.name, self.metadata.version)
    }
}
