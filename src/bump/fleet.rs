//! Fleet: the chart of a fleet.yaml, for the bundle and for each target that customises it.

use super::claim::{Claim, ObjectKey, Part, Wanted};
use super::kustomize::values_file;
use super::read::{Broken, Reading};
use super::side::Side;
use super::text::{field, fields, file_name, folder, items, resolve};
use super::{Source, Tool};
use crate::error::Result;
use crate::value::{Data, Node};

/// Reads a fleet.yaml.
pub(super) fn read(side: &Side<'_>, path: &str, into: &mut Reading) -> Result<()> {
    let node = match side.document(path) {
        Ok(Some(node)) => node,
        Ok(None) => return Ok(()),
        Err(error) => {
            into.broken.push(Broken::file(Tool::Fleet, path, &error));
            return Ok(());
        }
    };
    let Some(helm) = node.get("helm") else { return Ok(()) };
    into.claims.extend(claim(side, path, &node, &[helm], ""));
    for (at, target) in items(&node, "targetCustomizations").iter().enumerate() {
        let Some(own) = target.get("helm") else { continue };
        let name = field(target, "name").unwrap_or_else(|| at.to_string());
        into.claims.extend(claim(side, path, &node, &[own, helm], &name));
    }
    Ok(())
}

/// The chart for one target: `helms` are its own settings, and behind them those of the bundle.
fn claim(side: &Side<'_>, path: &str, node: &Node, helms: &[&Node], target: &str) -> Option<Claim> {
    let first = |key: &str| helms.iter().find_map(|helm| helm.get(key).filter(|node| !matches!(node.data, Data::Null)));
    let setting = |key: &str| first(key).and_then(super::text::written).filter(|text| !text.is_empty());
    let chart = setting("chart")?;
    let version = setting("version").unwrap_or_else(|| "*".into());
    let local = resolve(folder(path), &chart).filter(|local| side.chart_name(local).ok().flatten().is_some());
    let wanted = match (setting("repo"), chart.strip_prefix("oci://"), local) {
        (Some(repository), ..) => Wanted::named(&repository, &chart, &version),
        (None, Some(repository), _) => Wanted::oci(repository, &version),
        (None, None, Some(local)) => Wanted::Known(Source::Folder(local)),
        (None, None, None) => Wanted::unknown(
            format!("{chart} {version}"),
            format!("{chart} is neither a folder of the repository nor in a chart repository"),
        ),
    };
    let name = file_name(&chart);
    let place = first("version").or_else(|| first("chart"))?.at.place();
    let mut claim = Claim::new(Tool::Fleet, path, "", place, name, wanted);
    claim.slot = target.to_owned();
    claim.release = setting("releaseName").unwrap_or_else(|| name.to_owned());
    claim.namespace = ["namespace", "defaultNamespace"].iter().find_map(|key| field(node, key)).unwrap_or_default();
    for helm in helms.iter().rev() {
        claim.parts.extend(fields(helm, "valuesFiles").iter().map(|file| values_file(path, file)));
        claim.parts.extend(items(helm, "valuesFrom").iter().flat_map(values_from));
        claim.parts.extend(helm.get("values").filter(|values| !matches!(values.data, Data::Null)).cloned().map(Part::Values));
    }
    Some(claim)
}

fn values_from(from: &Node) -> Vec<Part> {
    let object = |(key, kind): (&str, &str)| {
        let reference = from.get(key)?;
        Some(Part::Object(ObjectKey {
            kind: kind.into(),
            namespace: field(reference, "namespace").unwrap_or_default(),
            name: field(reference, "name")?,
            key: field(reference, "key").unwrap_or_else(|| "values.yaml".into()),
            target: None,
            optional: false,
        }))
    };
    [("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")].into_iter().filter_map(object).collect()
}
