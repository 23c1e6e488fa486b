//! Kustomize: the `helmCharts` of a kustomization.

use super::claim::{Claim, Part, Wanted};
use super::read::{Broken, Reading};
use super::side::Side;
use super::text::{field, fields, folder, items, resolve};
use super::{Source, Tool, Unread};
use crate::error::Result;
use crate::value::{Data, Node};

/// Reads the charts of a kustomization.
pub(super) fn read(side: &Side<'_>, path: &str, into: &mut Reading) -> Result<()> {
    match side.document(path) {
        Ok(Some(node)) => into.claims.extend(items(&node, "helmCharts").iter().filter_map(|chart| claim(path, &node, chart))),
        Ok(None) => {}
        Err(error) => into.broken.push(Broken::file(Tool::Kustomize, path, &error)),
    }
    Ok(())
}

fn claim(path: &str, kustomization: &Node, chart: &Node) -> Option<Claim> {
    let name = field(chart, "name")?;
    let version = field(chart, "version");
    let wanted = match field(chart, "repo").filter(|repository| !repository.is_empty()) {
        Some(repository) => Wanted::named(&repository, &name, version.as_deref().unwrap_or("*")),
        None => {
            let home = kustomization.get("helmGlobals").and_then(|globals| field(globals, "chartHome")).unwrap_or_else(|| "charts".into());
            let local = resolve(folder(path), &format!("{home}/{name}"));
            local.map_or_else(
                || Wanted::unknown(&home, format!("{home} is outside of the repository")),
                |local| Wanted::Known(Source::Folder(local)),
            )
        }
    };
    let place = ["version", "name"].iter().find_map(|key| chart.get(key)).unwrap_or(chart).at.place();
    let release = field(chart, "releaseName").unwrap_or_else(|| name.clone());
    let mut claim = Claim::new(Tool::Kustomize, path, "", place, &name, wanted);
    claim.slot = format!("{name}/{release}");
    claim.release = release;
    claim.namespace = field(chart, "namespace").or_else(|| field(kustomization, "namespace")).unwrap_or_default();
    claim.parts = parts(path, chart);
    claim.kube_version = field(chart, "kubeVersion");
    claim.api_versions = fields(chart, "apiVersions");
    Some(claim)
}

/// The values: the file and the inline ones merged as `valuesMerge` says, and over them the additional files.
fn parts(path: &str, chart: &Node) -> Vec<Part> {
    let inline = chart.get("valuesInline").filter(|values| !matches!(values.data, Data::Null)).cloned().map(Part::Values);
    let file = field(chart, "valuesFile").map(|file| values_file(path, &file));
    let mut parts: Vec<Part> = match (field(chart, "valuesMerge").as_deref(), inline) {
        (Some("merge"), inline) => inline.into_iter().chain(file).collect(),
        (Some("replace"), Some(inline)) => vec![inline],
        (_, inline) => file.into_iter().chain(inline).collect(),
    };
    parts.extend(fields(chart, "additionalValuesFiles").iter().map(|file| values_file(path, file)));
    parts
}

/// A values file that a tool's file names relative to its own folder.
pub(super) fn values_file(from: &str, written: &str) -> Part {
    let unread = |why: &str| Part::Unread(Unread::new(format!("values file {written}"), why));
    if written.contains("://") {
        return unread("it is behind a URL; nothing but charts is fetched");
    }
    if super::text::is_templated(written) {
        return unread("its path is a template");
    }
    match resolve(folder(from), written) {
        Some(path) => Part::File { path, optional: false },
        None => unread("it is outside of the repository"),
    }
}
