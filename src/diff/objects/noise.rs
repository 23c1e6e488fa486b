//! What changes with every version of a chart without meaning anything. Depends on `value`.

use super::Noise;
use crate::value::{Path, Step};

/// The noise that the field at a path is; in the metadata of an object, of a pod template or of a claim template.
pub(super) fn at(path: &Path) -> Option<Noise> {
    let [.., Step::Key(metadata), Step::Key(group), Step::Key(key)] = path.steps() else { return None };
    if !matches!(&**metadata, "metadata" | "podMetadata") {
        return None;
    }
    match (&**group, &**key) {
        ("labels", "helm.sh/chart" | "chart") => Some(Noise::ChartLabel),
        ("labels", "app.kubernetes.io/version") => Some(Noise::VersionLabel),
        ("annotations", key) if key.starts_with("checksum/") => Some(Noise::Checksum),
        _ => None,
    }
}
