//! Helmfile: the releases of a helmfile.yaml. Its templates are not run: what stands in one is named.

use super::claim::{Claim, Part, Wanted};
use super::kustomize::values_file;
use super::read::{Broken, Reading};
use super::side::Side;
use super::text::{field, fields, file_name, folder, items, resolve, written};
use super::{Source, Tool, Unread, template};
use crate::error::Result;
use crate::value::{Data, Node};

/// How many files of `bases` are followed.
const MOST_BASES: usize = 50;

/// Reads the releases of a helmfile.
///
/// # Errors
/// When the tree can't be read.
pub(super) fn read(side: &Side<'_>, path: &str, into: &mut Reading) -> Result<()> {
    let Some(documents) = side.templated(path)? else { return Ok(()) };
    let documents = match &*documents {
        Ok(documents) => documents,
        Err(error) => {
            into.broken.push(Broken::file(Tool::Helmfile, path, error));
            return Ok(());
        }
    };
    let mut repositories = Vec::new();
    collect(side, path, documents, &mut Vec::new(), &mut repositories)?;
    for release in documents.iter().flat_map(|document| items(document, "releases")) {
        let defaults = documents.iter().find_map(|document| document.get("helmDefaults"));
        if let Some(mut claim) = claim(side, path, &repositories, documents, defaults, release)? {
            // What a template makes of them changes with the values of the environments.
            if let Wanted::Unknown { text, .. } = &mut claim.wanted {
                text.push_str(&environments(side, path, documents)?);
            }
            into.claims.push(claim);
        }
    }
    Ok(())
}

/// The contents of all files that the environments take values from, one behind the other.
fn environments(side: &Side<'_>, path: &str, documents: &[Node]) -> Result<String> {
    let mut all = String::new();
    for environment in documents.iter().filter_map(|document| document.get("environments")?.as_map()).flat_map(|map| map.values()) {
        for file in fields(&environment.value, "values") {
            let Some(bytes) = resolve(folder(path), &file).map(|path| side.bytes(&path)).transpose()?.flatten() else { continue };
            all.push_str(&String::from_utf8_lossy(&bytes));
        }
        let inline = items(&environment.value, "values").iter().filter(|item| item.as_map().is_some());
        inline.filter_map(|node| serde_json::to_string(node).ok()).for_each(|text| all.push_str(&text));
    }
    Ok(all)
}

/// The helmfiles that name a changed file, as one of their environments may.
///
/// # Errors
/// When the tree can't be read.
pub(super) fn users(side: &Side<'_>, changed: &[&str]) -> Result<Vec<String>> {
    let mut users = Vec::new();
    for path in changed.iter().filter(|path| super::side::is_yaml(path.trim_end_matches(".gotmpl"))) {
        users.extend(side.holding(&["environments:", file_name(path)])?);
    }
    Ok(users)
}

/// A repository by the name that the helmfile gives to it.
struct Repository {
    name: String,
    url: String,
    oci: bool,
}

/// The repositories of a helmfile and of its bases.
fn collect(side: &Side<'_>, path: &str, documents: &[Node], seen: &mut Vec<String>, into: &mut Vec<Repository>) -> Result<()> {
    let is_true = |node: &Node, key: &str| node.get(key).is_some_and(|node| matches!(node.data, Data::Bool(true)));
    for document in documents {
        for repository in items(document, "repositories") {
            let (Some(name), Some(url)) = (field(repository, "name"), field(repository, "url")) else { continue };
            into.push(Repository { name, url, oci: is_true(repository, "oci") });
        }
        for base in fields(document, "bases") {
            let Some(base) = resolve(folder(path), &base).filter(|base| !seen.contains(base) && seen.len() < MOST_BASES) else { continue };
            seen.push(base.clone());
            if let Some(documents) = side.templated(&base)?
                && let Ok(documents) = &*documents
            {
                collect(side, &base, documents, seen, into)?;
            }
        }
    }
    Ok(())
}

fn claim(
    side: &Side<'_>,
    path: &str,
    repositories: &[Repository],
    documents: &[Node],
    defaults: Option<&Node>,
    release: &Node,
) -> Result<Option<Claim>> {
    let inherited: Vec<Node> = items(release, "inherit")
        .iter()
        .filter_map(|inherit| field(inherit, "template"))
        .filter_map(|name| documents.iter().find_map(|document| document.get_path(["templates", &name])).cloned())
        .collect();
    let layers: Vec<&Node> = std::iter::once(release).chain(inherited.iter().rev()).collect();
    let node = |key: &str| layers.iter().find_map(|layer| layer.get(key));
    let setting = |key: &str| node(key).and_then(written).filter(|text| !text.is_empty());
    let (Some(chart), Some(name)) = (setting("chart"), setting("name")) else { return Ok(None) };
    let version = setting("version");
    let wanted = wanted(side, path, repositories, &chart, version.as_deref().unwrap_or("*"))?;
    let place = node("version").or_else(|| node("chart")).unwrap_or(release).at.place();
    let short = file_name(chart.trim_end_matches('/')).to_owned();
    let mut claim = Claim::new(Tool::Helmfile, path, "", place, &short, wanted);
    claim.namespace = setting("namespace").unwrap_or_default();
    claim.slot = format!("{}/{name}", claim.namespace);
    claim.release = name;
    claim.kube_version = defaults.and_then(|defaults| field(defaults, "kubeVersion"));
    for layer in layers.iter().rev() {
        parts(side, path, layer, &mut claim.parts)?;
    }
    Ok(Some(claim))
}

fn wanted(side: &Side<'_>, path: &str, repositories: &[Repository], chart: &str, version: &str) -> Result<Wanted> {
    let text = format!("{chart} {version}");
    if super::text::is_templated(chart) {
        return Ok(Wanted::unknown(text, format!("its chart is a template: {chart}")));
    }
    if let Some(repository) = chart.strip_prefix("oci://") {
        return Ok(Wanted::oci(repository, version));
    }
    let local = resolve(folder(path), chart);
    if chart.starts_with('.') || chart.starts_with('/') {
        return Ok(
            local.map_or_else(|| Wanted::unknown(&text, "it is outside of the repository"), |local| Wanted::Known(Source::Folder(local)))
        );
    }
    if let Some((repository, name)) = chart.split_once('/')
        && let Some(found) = repositories.iter().find(|known| known.name == repository)
    {
        let url = found.url.trim_end_matches('/');
        return Ok(if found.oci {
            Wanted::named(&format!("oci://{}", url.trim_start_matches("oci://")), name, version)
        } else {
            Wanted::named(&found.url, name, version)
        });
    }
    match local {
        Some(local) if side.chart_name(&local)?.is_some() => Ok(Wanted::Known(Source::Folder(local))),
        _ => Ok(Wanted::unknown(text, format!("the helmfile declares no repository for {chart}")).hint("declare it under `repositories`")),
    }
}

/// The values of one release in helmfile's order: files and inline values as they come, secrets, then `set` and `setString`.
fn parts(side: &Side<'_>, path: &str, release: &Node, parts: &mut Vec<Part>) -> Result<()> {
    for value in items(release, "values") {
        match written(value) {
            Some(file) => values_files(side, path, &file, parts)?,
            None if template::is_in(value) => {
                parts.push(Part::Unread(Unread::new(format!("values at {}", value.at.place()), "a template stands in them")))
            }
            None => parts.push(Part::Values(value.clone())),
        }
    }
    for secret in fields(release, "secrets") {
        parts.push(Part::Unread(Unread::new(format!("secrets file {secret}"), "it is encrypted")));
    }
    for (key, text) in [("set", false), ("setString", true)] {
        for item in items(release, key) {
            parts.push(set(path, item, text));
        }
    }
    Ok(())
}

/// A values file, or all that match a pattern, in the order of their names.
fn values_files(side: &Side<'_>, path: &str, written: &str, parts: &mut Vec<Part>) -> Result<()> {
    if written.ends_with(".gotmpl") {
        parts.push(Part::Unread(Unread::new(format!("values file {written}"), "it is a template of helmfile")));
        return Ok(());
    }
    let pattern = resolve(folder(path), written).filter(|path| super::glob::is_pattern(path) && !super::text::is_templated(path));
    let Some(pattern) = pattern else {
        parts.push(values_file(path, written));
        return Ok(());
    };
    let matching = side.tree.files(super::glob::root(&pattern))?.into_iter().filter(|file| super::glob::matches(&pattern, file));
    parts.extend(matching.map(|path| Part::File { path, optional: true }));
    Ok(())
}

/// One item of `set`: a value, a list of values, or the content of a file.
fn set(path: &str, item: &Node, text: bool) -> Part {
    let name = field(item, "name").unwrap_or_default();
    if let Some(file) = field(item, "file") {
        return match resolve(folder(path), &file) {
            Some(file) => Part::SetFile(name, file),
            None => Part::Unread(Unread::new(format!("file {file} for {name}"), "it is outside of the repository")),
        };
    }
    let list = fields(item, "values");
    let value =
        if list.is_empty() { field(item, "value").unwrap_or_default().replace(',', "\\,") } else { format!("{{{}}}", list.join(",")) };
    if super::text::is_templated(&value) {
        return Part::Unread(Unread::new(format!("{name} of `set`"), "its value is a template"));
    }
    if text { Part::SetString(format!("{name}={value}")) } else { Part::Set(format!("{name}={value}")) }
}
