//! The tree of an opened chart: where each subchart's values stand in the root's, and every file by its path in the root chart (Helm 3.17
//! `pkg/chartutil/dependencies.go` for which chart a declaration takes and the name it gets). Depends on `version`, `error` and the chart model.

use std::sync::Arc;

use super::{Chart, Dependency, File, go};
use crate::error::{Error, ErrorKind, Result};
use crate::version::{Constraint, Version};

/// A chart of the tree under the path where its values stand in the root's.
#[derive(Debug, Clone)]
pub struct Mounted<'a> {
    /// The keys from the root's values to this chart's: empty for the root, then names or aliases.
    pub keys: Vec<Arc<str>>,
    /// The chart there.
    pub chart: &'a Chart,
    /// The parent's declaration that put it there, with its condition and tags; `None` for the root and for a chart that nobody declared.
    pub dependency: Option<&'a Dependency>,
    /// The version in the parent's lock file.
    pub locked: Option<&'a str>,
}

impl Mounted<'_> {
    /// The chart's path as Helm shows it, with aliases: `thanos/charts/store` (`Chart.ChartFullPath`).
    pub fn full_path(&self, root: &Chart) -> String {
        self.keys.iter().fold(root.metadata.name.clone(), |path, key| path + "/charts/" + key)
    }
}

/// A subchart with the name it goes by and what declared it.
struct Child<'a> {
    name: &'a str,
    chart: &'a Chart,
    dependency: Option<&'a Dependency>,
}

impl Chart {
    /// Every chart of the tree at every place where values for it stand, as if all conditions held: depth-first, the root first, then as Helm
    /// orders them: undeclared charts by name, declared ones in order. A chart that two aliases declare comes twice.
    pub fn mounted(&self) -> Vec<Mounted<'_>> {
        let mut all = vec![Mounted { keys: Vec::new(), chart: self, dependency: None, locked: None }];
        self.mount_children(&[], &mut all);
        all
    }

    fn mount_children<'a>(&'a self, keys: &[Arc<str>], all: &mut Vec<Mounted<'a>>) {
        for child in self.children() {
            let mut keys = keys.to_vec();
            keys.push(child.name.into());
            let locked = child.dependency.and_then(|dependency| self.locked(dependency));
            all.push(Mounted { keys: keys.clone(), chart: child.chart, dependency: child.dependency, locked });
            child.chart.mount_children(&keys, all);
        }
    }

    /// The subcharts by the names they go by: undeclared ones first, then the declared ones that are there.
    fn children(&self) -> Vec<Child<'_>> {
        let declared = &self.metadata.dependencies;
        let constraints: Vec<Option<Constraint>> = declared.iter().map(|dependency| Constraint::parse(&dependency.version).ok()).collect();
        let versions: Vec<Option<Version>> = self.subcharts.iter().map(|chart| Version::parse(&chart.metadata.version).ok()).collect();
        let fits = |at: usize, dependency: usize| {
            self.subcharts[at].metadata.name == declared[dependency].name
                && matches!((&constraints[dependency], &versions[at]), (Some(constraint), Some(version)) if constraint.check(version))
        };
        let undeclared = (0..self.subcharts.len()).filter(|&at| !(0..declared.len()).any(|dependency| fits(at, dependency))).map(|at| {
            let chart = &*self.subcharts[at];
            Child { name: &chart.metadata.name, chart, dependency: None }
        });
        let taken = declared.iter().enumerate().filter_map(|(index, dependency)| {
            let at = (0..self.subcharts.len()).find(|&at| fits(at, index))?;
            Some(Child { name: dependency.key(), chart: &self.subcharts[at], dependency: Some(dependency) })
        });
        undeclared.chain(taken).collect()
    }

    /// The exact version that the lock file gives a declared dependency.
    pub fn locked(&self, dependency: &Dependency) -> Option<&str> {
        let locked = &self.lock.as_ref()?.dependencies;
        let of_that_name = || locked.iter().filter(|entry| entry.name == dependency.name);
        let constraint = Constraint::parse(&dependency.version).ok();
        let fitting = of_that_name().find(|entry| {
            let version = Version::parse(&entry.version).ok();
            matches!((&constraint, &version), (Some(constraint), Some(version)) if constraint.check(version))
        });
        fitting.or_else(|| of_that_name().next()).map(|entry| entry.version.as_str())
    }

    /// Declared dependencies without a chart of that name below `charts/`: what `helm template` refuses to render without.
    pub fn missing_dependencies(&self) -> Vec<&Dependency> {
        let is_there = |dependency: &&Dependency| self.subcharts.iter().any(|chart| chart.metadata.name == dependency.name);
        self.metadata.dependencies.iter().filter(|dependency| !is_there(dependency)).collect()
    }

    /// This chart and all below it, each once, depth-first in the order of `charts/`.
    pub fn charts(&self) -> Vec<&Chart> {
        let mut all = vec![self];
        for chart in &self.subcharts {
            all.extend(chart.charts());
        }
        all
    }

    /// Every template of this chart and of those below it, by path in the root chart: `templates/…`, `charts/minio/templates/…`.
    pub fn all_templates(&self) -> Vec<(String, &File)> {
        self.charts().into_iter().flat_map(|chart| chart.templates.iter().map(|file| (chart.path_in_root(&file.path), file))).collect()
    }

    /// Every CRD file of this chart and of those below it, by path in the root chart. Never templates; in Helm's order.
    pub fn crds(&self) -> Vec<(String, &File)> {
        let is_crd = |file: &&File| {
            file.path.starts_with("crds/") && matches!(go::extension(&file.path).to_lowercase().as_str(), ".yaml" | ".yml" | ".json")
        };
        self.charts()
            .into_iter()
            .flat_map(|chart| chart.files.iter().filter(is_crd).map(|file| (chart.path_in_root(&file.path), file)))
            .collect()
    }

    /// The file at a path in the root chart: a template, the schema or any other; of a path that an archive has twice, the last.
    pub fn file(&self, path: &str) -> Option<&File> {
        let below = self.subcharts.iter().find(|chart| {
            let inner = chart.folder.strip_prefix(&self.folder).unwrap_or(&chart.folder).trim_start_matches('/');
            path.strip_prefix(inner).is_some_and(|rest| rest.starts_with('/'))
        });
        if let Some(chart) = below {
            let folder = chart.folder.len() - if self.folder.is_empty() { 0 } else { self.folder.len() + 1 };
            return chart.file(&path[folder + 1..]);
        }
        self.templates.iter().chain(&self.schema).chain(&self.files).rev().find(|file| file.path == path)
    }

    /// A path in this chart, as a path in the root chart.
    pub fn path_in_root(&self, path: &str) -> String {
        if self.folder.is_empty() { path.to_owned() } else { format!("{}/{path}", self.folder) }
    }
}

/// Refuses a tree that aliases multiply beyond a number of mounts: ten charts, each twice inside the next, are a thousand.
///
/// # Errors
/// [`ErrorKind::Limit`].
pub(super) fn check_mounts(root: &Chart, most: usize) -> Result<()> {
    fn count(chart: &Chart, left: usize) -> Option<usize> {
        chart.children().into_iter().try_fold(left.checked_sub(1)?, |left, child| count(child.chart, left))
    }
    match count(root, most) {
        Some(_) => Ok(()),
        None => Err(Error::new(ErrorKind::Limit, format!("aliases make more than {most} charts of those in the package"))),
    }
}
