//! The tree of an opened chart: where each subchart's values stand in the root's, and every file by its path in the root chart (Helm 3.17
//! `pkg/chartutil/dependencies.go` for which chart a declaration takes and the name it gets). Depends on `version`, `error` and the chart model.

use std::collections::HashMap;
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

/// A subchart at a place in its parent: positions in the parent's subcharts and in its declared dependencies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Child {
    subchart: usize,
    dependency: Option<usize>,
}

/// Which subchart goes by which name: undeclared ones first, under their own, then for each declaration the first chart that fits.
///
/// # Errors
/// [`ErrorKind::Limit`] for more than `most` of either.
pub(super) fn children(declared: &[Dependency], subcharts: &[Arc<Chart>], most: usize) -> Result<Vec<Child>> {
    if declared.len().max(subcharts.len()) > most {
        return Err(Error::new(ErrorKind::Limit, format!("the chart has more than {most} subcharts or dependencies")));
    }
    let mut by_name: HashMap<&str, Vec<(usize, Option<Version>)>> = HashMap::new();
    for (at, chart) in subcharts.iter().enumerate() {
        let version = Version::parse(&chart.metadata.version).ok();
        by_name.entry(&chart.metadata.name).or_default().push((at, version));
    }
    let mut is_declared = vec![false; subcharts.len()];
    let mut taken = Vec::new();
    for (index, dependency) in declared.iter().enumerate() {
        let Ok(constraint) = Constraint::parse(&dependency.version) else { continue };
        let of_that_name = by_name.get(dependency.name.as_str()).into_iter().flatten();
        let mut fitting = of_that_name.filter(|(_, version)| version.as_ref().is_some_and(|version| constraint.check(version))).peekable();
        taken.extend(fitting.peek().map(|(at, _)| Child { subchart: *at, dependency: Some(index) }));
        fitting.for_each(|(at, _)| is_declared[*at] = true);
    }
    let undeclared = (0..subcharts.len()).filter(|&at| !is_declared[at]).map(|at| Child { subchart: at, dependency: None });
    Ok(undeclared.chain(taken).collect())
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
        for child in &self.children {
            let chart = &*self.subcharts[child.subchart];
            let dependency = child.dependency.map(|index| &self.metadata.dependencies[index]);
            let locked = dependency.and_then(|dependency| self.locked(dependency));
            let mut keys = keys.to_vec();
            keys.push(dependency.map_or(chart.metadata.name.as_str(), Dependency::key).into());
            all.push(Mounted { keys: keys.clone(), chart, dependency, locked });
            chart.mount_children(&keys, all);
        }
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
        chart.children.iter().try_fold(left.checked_sub(1)?, |left, child| count(&chart.subcharts[child.subchart], left))
    }
    match count(root, most) {
        Some(_) => Ok(()),
        None => Err(Error::new(ErrorKind::Limit, format!("aliases make more than {most} charts of those in the package"))),
    }
}
