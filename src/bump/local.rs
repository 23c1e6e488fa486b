//! Charts in the repository whose own files changed: the old folder against the new one, for every release that the repository makes of it.

use std::collections::{BTreeMap, BTreeSet};

use super::claim::{Claim, Part, Wanted};
use super::pair::bump;
use super::read::{self, Reading};
use super::side::Side;
use super::text::{field, file_name, folder, is_within, items, resolve};
use super::{Bump, Source, Tool};
use crate::error::Result;
use crate::fetch::tree::ChangedFile;
use crate::value::{Data, Node};

/// Finds the charts that changed, and their releases. `found` are the bumps known already.
///
/// # Errors
/// When a tree can't be read.
pub(super) fn find(old: &Side<'_>, new: &Side<'_>, changed: &[ChangedFile], found: &[Bump]) -> Result<Vec<Bump>> {
    let mut moved: BTreeMap<String, String> = BTreeMap::new();
    for file in changed {
        let Some(root) = root(new, file)? else { continue };
        if moved.contains_key(&root.new) || !concerns(old, new, file, &root)? {
            continue;
        }
        moved.insert(root.new, root.old);
    }
    let mut bumps = Vec::new();
    for (new_root, old_root) in &moved {
        bumps.extend(releases(old, new, old_root, new_root, found)?);
    }
    Ok(bumps)
}

/// A chart's folder in both trees.
struct Root {
    old: String,
    new: String,
}

/// The chart that a changed file is of, when it is in both trees: the outermost one that has it below `charts/`, or else the nearest.
fn root(new: &Side<'_>, file: &ChangedFile) -> Result<Option<Root>> {
    let Some(path) = file.new.as_deref().or(file.old.as_deref()) else { return Ok(None) };
    let mut found: Option<&str> = None;
    let mut at = folder(path);
    loop {
        let below_charts = found.is_none_or(|inner| file_name(folder(inner)) == "charts" && folder(folder(inner)) == at);
        if below_charts && new.has(&resolve(at, "Chart.yaml").unwrap_or_default()) {
            found = Some(at);
        }
        if at.is_empty() {
            break;
        }
        at = folder(at);
    }
    let Some(root) = found else { return Ok(None) };
    let inside = &path[if root.is_empty() { 0 } else { (root.len() + 1).min(path.len()) }..];
    // A chart that was moved as a whole was where its file was.
    let old = match file.old.as_deref() {
        Some(old) => old.strip_suffix(inside).map(|root| root.trim_end_matches('/').to_owned()),
        None => Some(root.to_owned()),
    };
    Ok(old.map(|old| Root { old, new: root.to_owned() }))
}

/// Whether a changed file may change what the chart makes.
fn concerns(old: &Side<'_>, new: &Side<'_>, file: &ChangedFile, root: &Root) -> Result<bool> {
    let of_old = |name: &str| resolve(&root.old, name).unwrap_or_default();
    let of_new = |name: &str| resolve(&root.new, name).unwrap_or_default();
    if !old.has(&of_old("Chart.yaml"))
        || file.old.is_some()
            && file.new.is_some()
            && old.bytes(file.old.as_deref().unwrap_or_default())? == new.bytes(file.new.as_deref().unwrap_or_default())?
    {
        return Ok(false);
    }
    let inside = |path: &str, root: &str| path[if root.is_empty() { 0 } else { root.len() + 1 }..].to_owned();
    let inside = match (&file.new, &file.old) {
        (Some(path), _) => inside(path, &root.new),
        (None, Some(path)) if is_within(path, &root.old) => inside(path, &root.old),
        _ => return Ok(false),
    };
    let makes = |side: &Side<'_>, root: &str| -> Result<Vec<String>> {
        let kept = |path: &String| ["templates", "crds"].iter().any(|part| is_within(path, &resolve(root, part).unwrap_or_default()));
        Ok(side.tree.files(root)?.into_iter().filter(kept).collect())
    };
    let templates = makes(new, &root.new)?;
    let makes_anything = !templates.is_empty() || !makes(old, &root.old)?.is_empty();
    Ok(match inside.as_str() {
        "Chart.yaml" => {
            makes_anything && !same_but(old, &of_old("Chart.yaml"), new, &of_new("Chart.yaml"), &["dependencies".into(), "version".into()])?
        }
        "values.yaml" => {
            makes_anything && !same_but(old, &of_old("values.yaml"), new, &of_new("values.yaml"), &subcharts(new, &of_new("Chart.yaml"))?)?
        }
        "values.schema.json" => makes_anything,
        path if is_within(path, "templates") || is_within(path, "crds") => true,
        path if is_within(path, "charts") => !path.ends_with(".tgz") && !is_vendored(new, &root.new, path)?,
        path if path.ends_with(".md") || path == "Chart.lock" || path.starts_with("requirements.") || is_within(path, "ci") => false,
        _ => templates
            .iter()
            .any(|path| new.bytes(path).ok().flatten().is_some_and(|bytes| memchr::memmem::find(&bytes, b".Files").is_some())),
    })
}

/// The keys that a chart's dependencies take their values from.
fn subcharts(side: &Side<'_>, chart: &str) -> Result<Vec<String>> {
    let node = side.document(chart).ok().flatten();
    let dependencies = node.iter().flat_map(|node| items(node, "dependencies"));
    Ok(dependencies.filter_map(|dependency| field(dependency, "alias").or_else(|| field(dependency, "name"))).collect())
}

/// Whether two files say the same but for some keys. Files that can't be read are not the same.
fn same_but(old: &Side<'_>, old_path: &str, new: &Side<'_>, new_path: &str, keys: &[String]) -> Result<bool> {
    let read = |side: &Side<'_>, path: &str| side.document(path).ok().flatten().map(|node| without(node, keys));
    Ok(match (read(old, old_path), read(new, new_path)) {
        (Some(old), Some(new)) => old.same(&new),
        (old, new) => old.is_none() && new.is_none(),
    })
}

fn without(mut node: Node, keys: &[String]) -> Node {
    if let Data::Map(map) = &mut node.data {
        map.retain(|key, _| !keys.iter().any(|left_out| **left_out == **key));
    }
    node
}

/// Whether an unpacked subchart is a copy of one that the chart takes from a repository: its move is found in Chart.yaml.
fn is_vendored(side: &Side<'_>, root: &str, path: &str) -> Result<bool> {
    let name = path.split('/').nth(1).unwrap_or_default();
    let node = side.document(&resolve(root, "Chart.yaml").unwrap_or_default()).ok().flatten();
    let remote = |dependency: &&Node| {
        field(dependency, "repository").is_some_and(|repository| !repository.is_empty() && !repository.starts_with("file:"))
    };
    Ok(node
        .iter()
        .flat_map(|node| items(node, "dependencies"))
        .filter(remote)
        .any(|dependency| field(dependency, "name").as_deref() == Some(name)))
}

/// A bump for each release that the new tree makes of a chart, or one with the chart's own values when there is none.
fn releases(old: &Side<'_>, new: &Side<'_>, old_root: &str, new_root: &str, found: &[Bump]) -> Result<Vec<Bump>> {
    let (before, after) = (Source::Folder(old_root.to_owned()), Source::Folder(new_root.to_owned()));
    if found.iter().any(|bump| bump.new == after) {
        return Ok(Vec::new());
    }
    let declared = |side: &Side<'_>, root: &str| side.document(&resolve(root, "Chart.yaml").unwrap_or_default()).ok().flatten();
    let (Some(was), Some(is)) = (declared(old, old_root), declared(new, new_root)) else { return Ok(Vec::new()) };
    let at = |node: &Node| node.get("version").unwrap_or(node).at.place();
    let name = field(&is, "name").unwrap_or_else(|| file_name(new_root).to_owned());
    let own = |wanted: &Source, place| Claim::new(Tool::LocalChart, "", "", place, &name, Wanted::Known(wanted.clone()));
    let mut claims = users(new, new_root)?;
    if claims.is_empty() {
        claims.push(own(&after, at(&is)));
    }
    let was = own(&before, at(&was));
    claims
        .into_iter()
        .map(|claim| bump(new, &was, &Claim { tool: Tool::LocalChart, place: at(&is), chart: name.clone(), ..claim }, &before, &after))
        .collect()
}

/// The claims on a folder of the repository, in any file of it that names the folder or unfolds ApplicationSets.
pub(super) fn users(side: &Side<'_>, root: &str) -> Result<Vec<Claim>> {
    let name = file_name(root);
    let mut paths: BTreeSet<String> = side.holding(&["ApplicationSet", "git:"])?.into_iter().collect();
    if !name.is_empty() {
        for word in ["argoproj.io", "HelmRelease", "releases:", "helmCharts:", "helm_release", "helm:"] {
            paths.extend(side.holding(&[name, word])?);
        }
    }
    let mut reading = Reading::default();
    for path in paths.iter().filter(|path| !is_within(path, &resolve(root, "templates").unwrap_or_default())) {
        read::read(side, path, &mut reading)?;
    }
    let uses = |claim: &Claim| matches!(&claim.wanted, Wanted::Known(Source::Folder(folder)) if folder == root);
    Ok(reading.claims.into_iter().filter(uses).collect())
}

/// The claims on a chart's dependency: those of the chart's releases when the repository makes any, with their values over the chart's own.
///
/// # Errors
/// When the tree can't be read.
pub(super) fn through_parents(side: &Side<'_>, claim: &Claim) -> Result<Vec<Claim>> {
    let parents = users(side, folder(&claim.file))?;
    if parents.is_empty() {
        return Ok(vec![claim.clone()]);
    }
    let through = |parent: Claim| {
        let mut parts: Vec<Part> = claim.parts.clone();
        parts.extend(parent.parts);
        let mut unread = claim.unread.clone();
        unread.extend(parent.unread);
        Claim {
            release: parent.release,
            namespace: parent.namespace,
            parts,
            unread,
            kube_version: parent.kube_version,
            api_versions: parent.api_versions,
            ..claim.clone()
        }
    };
    Ok(parents.into_iter().map(through).collect())
}
