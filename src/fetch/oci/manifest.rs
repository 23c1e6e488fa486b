//! What an image manifest says about a chart: which layer holds it (Helm's media types, `pkg/registry/constants.go`; OCI image spec 1.1).

use serde::Deserialize;

use crate::error::{Error, ErrorKind, Result};
use crate::fetch::Digest;

/// The configuration of a chart: its Chart.yaml as JSON.
const CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";

/// The layer that holds the chart's archive.
const CHART_LAYER: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

/// The same before Helm 3.7.
const OLD_CHART_LAYER: &str = "application/tar+gzip";

/// The kinds of manifest to ask for. The last two can't hold a chart, but a registry that has them says so instead of "not found".
pub(super) const ACCEPTED: [&str; 4] = [
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
];

/// The most media types that an error lists.
const MOST_LISTED: usize = 6;

/// The layer with a chart's archive.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ChartLayer {
    /// The digest as the registry spells it.
    pub(super) name: String,
    /// The digest of the archive.
    pub(super) digest: Digest,
    /// The size of the archive in bytes, as promised.
    pub(super) size: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Vec<Descriptor>,
    manifests: Option<Vec<serde::de::IgnoredAny>>,
    #[serde(default)]
    fs_layers: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    size: u64,
}

/// Finds the chart's layer. `origin` names the reference in errors.
///
/// # Errors
/// [`ErrorKind::Corrupt`] for what is no manifest, [`ErrorKind::Chart`] for the manifest of something else, naming what it holds.
pub(super) fn chart_layer(manifest: &[u8], origin: &str) -> Result<ChartLayer> {
    let manifest: Manifest = serde_json::from_slice(manifest)
        .map_err(|error| Error::new(ErrorKind::Corrupt, format!("the registry's manifest of {origin} can't be read: {error}")))?;
    let not_a_chart = |holds: String| {
        Error::new(ErrorKind::Chart, format!("{origin} is not a Helm chart: {holds}"))
            .hint("charts come into a registry with `helm push`; is this the name of a container image?")
    };
    if let Some(manifests) = &manifest.manifests {
        return Err(not_a_chart(format!("it is an index of {} manifests, as images for several platforms have", manifests.len())));
    }
    if !manifest.fs_layers.is_empty() {
        return Err(not_a_chart("it is a container image of Docker's first format".to_owned()));
    }
    let config = manifest.config.as_ref().map_or("no configuration", |config| &config.media_type);
    let layer = manifest.layers.iter().rfind(|layer| layer.media_type == CHART_LAYER || layer.media_type == OLD_CHART_LAYER);
    let Some(layer) = layer.filter(|_| config == CONFIG) else {
        let mut found: Vec<&str> = manifest.layers.iter().map(|layer| &*layer.media_type).collect();
        found.dedup();
        let rest = found.len().saturating_sub(MOST_LISTED);
        found.truncate(MOST_LISTED);
        let layers = if found.is_empty() { "no layers".to_owned() } else { format!("layers of {}", found.join(", ")) };
        let rest = if rest > 0 { format!(" and {rest} more kinds") } else { String::new() };
        return Err(not_a_chart(format!("its manifest has {config} and {layers}{rest}")));
    };
    let digest = layer.digest.starts_with("sha256:").then(|| Digest::parse(&layer.digest).ok()).flatten();
    let digest = digest.ok_or_else(|| {
        Error::new(ErrorKind::Corrupt, format!("the manifest of {origin} names its chart by {:?}, which is no sha256 digest", layer.digest))
    })?;
    Ok(ChartLayer { name: layer.digest.clone(), digest, size: layer.size })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(config: &str, layers: &[(&str, &str)]) -> String {
        let layers: Vec<_> =
            layers.iter().map(|(kind, digest)| serde_json::json!({ "mediaType": kind, "digest": digest, "size": 7 })).collect();
        let config = serde_json::json!({ "mediaType": config, "digest": "sha256:00", "size": 2 });
        serde_json::json!({ "schemaVersion": 2, "config": config, "layers": layers }).to_string()
    }

    #[test]
    fn the_charts_layer_is_found_among_others() {
        let digest = Digest::of(b"chart");
        let name = digest.to_string();
        for kind in [CHART_LAYER, OLD_CHART_LAYER] {
            let text = manifest(CONFIG, &[("application/vnd.cncf.helm.chart.provenance.v1.prov", "sha256:11"), (kind, &name)]);
            assert_eq!(chart_layer(text.as_bytes(), "x").unwrap(), ChartLayer { name: name.clone(), digest, size: 7 });
        }
    }

    #[test]
    fn anything_else_is_refused_by_what_it_holds() {
        let image = "application/vnd.oci.image.config.v1+json";
        let layer = "application/vnd.oci.image.layer.v1.tar+gzip";
        let table = [
            ("<html>".to_owned(), "the registry's manifest of x can't be read"),
            (
                manifest(image, &[(layer, "sha256:1"), (layer, "sha256:2")]),
                "x is not a Helm chart: its manifest has application/vnd.oci.image.config.v1+json and layers of application/vnd.oci.image.layer.v1.tar+gzip",
            ),
            (
                manifest(image, &[(OLD_CHART_LAYER, "sha256:1")]),
                "x is not a Helm chart: its manifest has application/vnd.oci.image.config.v1+json",
            ),
            (manifest(CONFIG, &[]), "x is not a Helm chart: its manifest has application/vnd.cncf.helm.config.v1+json and no layers"),
            (r#"{"schemaVersion": 2, "manifests": [{}, {}]}"#.into(), "x is not a Helm chart: it is an index of 2 manifests"),
            (r#"{"schemaVersion": 1, "fsLayers": [{}]}"#.into(), "x is not a Helm chart: it is a container image of Docker's first format"),
            (r#"{"schemaVersion": 2}"#.into(), "x is not a Helm chart: its manifest has no configuration and no layers"),
            (
                manifest(CONFIG, &[(CHART_LAYER, "sha512:11")]),
                "the manifest of x names its chart by \"sha512:11\", which is no sha256 digest",
            ),
        ];
        for (text, expected) in table {
            let error = chart_layer(text.as_bytes(), "x").unwrap_err();
            assert!(error.to_string().starts_with(expected), "{error}");
        }
    }
}
