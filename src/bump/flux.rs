//! Flux: HelmReleases, and the objects that say where their charts come from.

use std::collections::BTreeSet;

use super::claim::{Claim, ObjectKey, Part, Wanted};
use super::read::Reading;
use super::side::{Side, objects_in};
use super::text::{field, fields, file_name, folder, is_templated, items, resolve, says};
use super::{Source, Tool, Unread};
use crate::error::{Place, Result};
use crate::fetch::tree::ChangedFile;
use crate::value::{Data, Node};

/// The kinds that a HelmRelease's chart may come from.
const SOURCES: [&str; 4] = ["HelmRepository", "OCIRepository", "HelmChart", "GitRepository"];

/// Reads an object, when it is one of Flux that installs a chart.
pub(super) fn read(side: &Side<'_>, path: &str, object: &Node, into: &mut Reading) -> Result<()> {
    let version = field(object, "apiVersion").unwrap_or_default();
    match field(object, "kind").as_deref() {
        Some("HelmRelease") if version.starts_with("helm.toolkit.fluxcd.io/") => into.claims.extend(release(side, path, object)?),
        Some("HelmChart") if version.starts_with("source.toolkit.fluxcd.io/") => into.claims.extend(lone_chart(side, path, object)?),
        _ => {}
    }
    Ok(())
}

/// The files, changed or not, whose releases take their chart from a source that changed.
///
/// # Errors
/// When a tree can't be read.
pub(super) fn users(old: &Side<'_>, new: &Side<'_>, changed: &[ChangedFile]) -> Result<BTreeSet<String>> {
    let mut users = BTreeSet::new();
    let mut names = moved_sources(old, new, changed)?;
    let mut seen = BTreeSet::new();
    while let Some(name) = names.pop_first() {
        for kind in ["HelmRelease", "HelmChart"] {
            for path in new.holding(&[kind, &name, "toolkit.fluxcd.io"])? {
                users.insert(path);
            }
        }
        // A HelmChart hands on what its repository says to those who use the chart.
        for (_, chart) in new.objects_naming("HelmChart", &name)? {
            let own = metadata(&chart, "name");
            if seen.insert(own.clone()) && chart.get_path(["spec", "sourceRef"]).is_some_and(|source| says(source, "name", &name)) {
                names.insert(own);
            }
        }
    }
    Ok(users)
}

/// The names of source objects that say something else in the new tree than in the old one.
fn moved_sources(old: &Side<'_>, new: &Side<'_>, changed: &[ChangedFile]) -> Result<BTreeSet<String>> {
    let sources = |side: &Side<'_>, path: Option<&String>| -> Result<Vec<Node>> {
        let Some(path) = path.filter(|path| super::side::is_yaml(path)) else { return Ok(Vec::new()) };
        let Some(bytes) = side.bytes(path)? else { return Ok(Vec::new()) };
        if memchr::memmem::find(&bytes, b"source.toolkit.fluxcd.io").is_none() {
            return Ok(Vec::new());
        }
        let Some(documents) = side.documents(path)? else { return Ok(Vec::new()) };
        let Ok(documents) = &*documents else { return Ok(Vec::new()) };
        let is_source = |node: &&Node| field(node, "kind").is_some_and(|kind| SOURCES.contains(&kind.as_str()));
        Ok(objects_in(documents).filter(is_source).cloned().collect())
    };
    let (mut was, mut is) = (Vec::new(), Vec::new());
    for file in changed {
        was.extend(sources(old, file.old.as_ref())?);
        is.extend(sources(new, file.new.as_ref())?);
    }
    let key = |node: &Node| (field(node, "kind"), metadata(node, "namespace"), metadata(node, "name"));
    let spec = |node: &Node| node.get("spec").cloned();
    let unmoved =
        |now: &Node| was.iter().any(|then| key(then) == key(now) && matches!((spec(then), spec(now)), (Some(a), Some(b)) if a.same(&b)));
    Ok(is.iter().filter(|now| !unmoved(now)).map(|now| metadata(now, "name")).filter(|name| !name.is_empty()).collect())
}

/// The claim of a HelmRelease; `None` when it names no chart.
fn release(side: &Side<'_>, path: &str, object: &Node) -> Result<Option<Claim>> {
    let Some(spec) = object.get("spec") else { return Ok(None) };
    let (name, namespace) = (metadata(object, "name"), namespace(side, path, object));
    let scope = Scope { side, path, namespace: &namespace };
    let reference = spec.get("chartRef");
    let template = spec.get_path(["chart", "spec"]);
    let Some(chart) = (match (reference, template) {
        (Some(reference), _) => Some(scope.referenced(reference)?),
        (None, Some(template)) => Some(scope.templated(template)?),
        (None, None) => None,
    }) else {
        return Ok(None);
    };
    let target = field(spec, "targetNamespace");
    let release = field(spec, "releaseName").unwrap_or_else(|| match &target {
        Some(target) => format!("{target}-{name}"),
        None => name.clone(),
    });
    let mut parts = chart.files;
    parts.extend(items(spec, "valuesFrom").iter().map(|from| values_from(from, &namespace)));
    parts.extend(spec.get("values").filter(|values| !matches!(values.data, Data::Null)).cloned().map(Part::Values));
    Ok(Some(Claim {
        tool: Tool::Flux,
        file: path.to_owned(),
        owner: format!("HelmRelease {namespace}/{name}"),
        slot: String::new(),
        place: chart.place,
        chart: chart.name,
        wanted: chart.wanted,
        release,
        namespace: target.unwrap_or_else(|| namespace.clone()),
        parts,
        values_key: None,
        switched_off: None,
        kube_version: None,
        api_versions: Vec::new(),
        unread: Vec::new(),
    }))
}

/// A HelmChart that no HelmRelease of the repository refers to: a chart without a release.
fn lone_chart(side: &Side<'_>, path: &str, object: &Node) -> Result<Option<Claim>> {
    let (name, namespace) = (metadata(object, "name"), namespace(side, path, object));
    let uses = |release: &Node| {
        release
            .get_path(["spec", "chartRef"])
            .is_some_and(|reference| says(reference, "kind", "HelmChart") && says(reference, "name", &name))
    };
    if side.objects_naming("HelmRelease", &name)?.iter().any(|(_, release)| uses(release)) {
        return Ok(None);
    }
    let Some(spec) = object.get("spec") else { return Ok(None) };
    let chart = Scope { side, path, namespace: &namespace }.templated(spec)?;
    Ok(Some(Claim {
        tool: Tool::Flux,
        file: path.to_owned(),
        owner: format!("HelmChart {namespace}/{name}"),
        slot: String::new(),
        place: chart.place,
        chart: chart.name.clone(),
        wanted: chart.wanted,
        release: chart.name,
        namespace,
        parts: chart.files,
        values_key: None,
        switched_off: None,
        kube_version: None,
        api_versions: Vec::new(),
        unread: vec![Unread::new(format!("the releases of HelmChart {name}"), "no HelmRelease of the repository refers to it")],
    }))
}

/// A chart as Flux finds it.
struct Chart {
    wanted: Wanted,
    name: String,
    place: Place,
    /// Values files that take the place of the chart's own.
    files: Vec<Part>,
}

/// From where a reference looks for its object.
struct Scope<'a> {
    side: &'a Side<'a>,
    path: &'a str,
    namespace: &'a str,
}

impl Scope<'_> {
    /// `chartRef`: a HelmChart or an OCIRepository.
    fn referenced(&self, reference: &Node) -> Result<Chart> {
        let (kind, name) = (field(reference, "kind").unwrap_or_default(), field(reference, "name").unwrap_or_default());
        let nowhere = |wanted: Wanted| Chart { wanted, name: name.clone(), place: reference.at.place(), files: Vec::new() };
        let object = match self.object(reference)? {
            Ok((path, object)) => (path, object),
            Err(why) => return Ok(nowhere(Wanted::unknown(format!("{kind} {name}"), why))),
        };
        let Some(spec) = object.1.get("spec") else {
            return Ok(nowhere(Wanted::unknown(format!("{kind} {name}"), format!("{kind} {name} has no spec"))));
        };
        match kind.as_str() {
            "OCIRepository" => Ok(oci(spec, &name)),
            "HelmChart" => {
                let namespace = namespace(self.side, &object.0, &object.1);
                Scope { side: self.side, path: &object.0, namespace: &namespace }.templated(spec)
            }
            _ => Ok(nowhere(Wanted::unknown(format!("{kind} {name}"), format!("a chartRef of kind {kind} is not known")))),
        }
    }

    /// The spec of a HelmChart, alone or inside of a HelmRelease.
    fn templated(&self, spec: &Node) -> Result<Chart> {
        let chart = field(spec, "chart").unwrap_or_default();
        let version = field(spec, "version").unwrap_or_else(|| "*".into());
        let place = spec.get("version").or_else(|| spec.get("chart")).unwrap_or(spec).at.place();
        let name = file_name(chart.trim_end_matches('/')).to_owned();
        let written = fields(spec, "valuesFiles").into_iter().chain(field(spec, "valuesFile"));
        let of_package = |file: String| Part::Unread(Unread::new(format!("values file {file}"), "it is a file of the chart's package"));
        let Some(reference) = spec.get("sourceRef") else {
            let wanted = Wanted::unknown(format!("{chart} {version}"), "it has no sourceRef");
            return Ok(Chart { wanted, name, place, files: Vec::new() });
        };
        let (kind, source) = (field(reference, "kind").unwrap_or_default(), field(reference, "name").unwrap_or_default());
        let found = self.object(reference)?;
        let (wanted, files) = match (kind.as_str(), found) {
            (_, Err(why)) => (Wanted::unknown(format!("{kind} {source} {chart} {version}"), why), written.map(of_package).collect()),
            ("HelmRepository", Ok((_, object))) => {
                let url = object.get("spec").and_then(|spec| field(spec, "url")).unwrap_or_default();
                (Wanted::named(&url, &chart, &version), written.map(of_package).collect())
            }
            ("GitRepository", Ok((_, object))) => {
                let url = object.get("spec").and_then(|spec| field(spec, "url")).unwrap_or_default();
                let reference = object.get_path(["spec", "ref"]).and_then(|node| serde_json::to_string(node).ok()).unwrap_or_default();
                match resolve("", &chart).filter(|_| self.side.is_own(&url)) {
                    Some(folder) => (
                        Wanted::Known(Source::Folder(folder)),
                        written.filter_map(|file| resolve("", &file)).map(|path| Part::File { path, optional: false }).collect(),
                    ),
                    None => {
                        let reason = format!("it is in a git repository that is not this one: {}", crate::fetch::redact::redact_text(&url));
                        (Wanted::unknown(format!("{url} {reference} {chart}"), reason), written.map(of_package).collect())
                    }
                }
            }
            _ => {
                (Wanted::unknown(format!("{kind} {source} {chart} {version}"), format!("charts of a {kind} can't be fetched")), Vec::new())
            }
        };
        Ok(Chart { wanted, name, place, files })
    }

    /// The object that a reference names, with its file; or why it isn't known.
    fn object(&self, reference: &Node) -> Result<Result<(String, Node), String>> {
        let (kind, name) = (field(reference, "kind").unwrap_or_default(), field(reference, "name").unwrap_or_default());
        if name.is_empty() || is_templated(&name) {
            return Ok(Err(format!("the name of its {kind} is a template: {name}")));
        }
        let wanted = field(reference, "namespace").unwrap_or_else(|| self.namespace.to_owned());
        let named: Vec<(String, Node)> = self.side.objects(&kind, &name)?;
        let of = |(path, object): &(String, Node)| namespace(self.side, path, object);
        let exact: Vec<&(String, Node)> = named.iter().filter(|found| of(found) == wanted).collect();
        let open: Vec<&(String, Node)> = named.iter().filter(|found| of(found).is_empty() || wanted.is_empty()).collect();
        let candidates = if exact.is_empty() { open } else { exact };
        let spec = |found: &(String, Node)| found.1.get("spec").cloned();
        let alike = candidates.windows(2).all(|pair| matches!((spec(pair[0]), spec(pair[1])), (Some(a), Some(b)) if a.same(&b)));
        Ok(match (candidates.first(), alike) {
            (None, _) => Err(format!("{kind} {name} is not in the repository")),
            (Some(found), true) => Ok((*found).clone()),
            (Some(_), false) => {
                let nearest = candidates.iter().max_by_key(|(path, _)| shared(path, self.path));
                let distance = |found: &(String, Node)| shared(&found.0, self.path);
                match nearest {
                    Some(nearest) if candidates.iter().filter(|found| distance(found) == distance(nearest)).count() == 1 => {
                        Ok((*nearest).clone())
                    }
                    _ => Err(format!("{kind} {name} is in the repository more than once, and they differ")),
                }
            }
        })
    }
}

/// How many folders two paths share.
fn shared(one: &str, other: &str) -> usize {
    folder(one).split('/').zip(folder(other).split('/')).take_while(|(a, b)| a == b).count()
}

/// The chart that an OCIRepository holds.
fn oci(spec: &Node, name: &str) -> Chart {
    let url = field(spec, "url").unwrap_or_default();
    let part = |key: &str| spec.get_path(["ref", key]);
    // Flux' own order: a digest decides over a range, a range over a tag.
    let node = part("digest").or_else(|| part("semver")).or_else(|| part("tag"));
    let text = |key: &str| part(key).and_then(super::text::written);
    let version = text("semver").or_else(|| text("tag")).unwrap_or_default();
    let repository = url.trim_start_matches("oci://").trim_end_matches('/').to_owned();
    let wanted = match (Wanted::oci(&repository, &version), text("digest")) {
        (Wanted::Known(Source::Oci { repository, version, .. }), Some(digest)) => {
            Wanted::Known(Source::Oci { repository, version, digest: Some(digest) })
        }
        (wanted, _) => wanted,
    };
    let chart = if repository.is_empty() { name } else { file_name(&repository) };
    Chart { wanted, name: chart.to_owned(), place: node.unwrap_or(spec).at.place(), files: Vec::new() }
}

fn values_from(from: &Node, namespace: &str) -> Part {
    let text = |key: &str| field(from, key).unwrap_or_default();
    Part::Object(ObjectKey {
        kind: text("kind"),
        namespace: namespace.to_owned(),
        name: text("name"),
        key: field(from, "valuesKey").filter(|key| !key.is_empty()).unwrap_or_else(|| "values.yaml".into()),
        target: field(from, "targetPath").filter(|path| !path.is_empty()),
        optional: from.get("optional").is_some_and(|node| matches!(node.data, Data::Bool(true))),
    })
}

fn metadata(object: &Node, key: &str) -> String {
    object.get("metadata").and_then(|metadata| field(metadata, key)).unwrap_or_default()
}

/// An object's namespace: its own, or that which a kustomization beside it gives.
fn namespace(side: &Side<'_>, path: &str, object: &Node) -> String {
    let own = metadata(object, "namespace");
    if own.is_empty() { side.kustomized_namespace(path) } else { own }
}
