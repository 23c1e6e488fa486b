//! Workloads whose pods are made anew by an upgrade, and what of their pod template is the reason.
//!
//! A controller makes new pods when the template differs in anything that the API server keeps, noise included. Jobs and single pods are
//! not made anew but refused (see `blocked`), a CronJob's next run is a new one anyway. Depends on `object` and `value`.

use super::{ChangeKind, Noise, Restart, noise, pairing};
use crate::diff::tree::Change;
use crate::object::Object;
use crate::value::{Data, Node, Path, Step};

/// Controllers that replace pods when their template changes, by group and kind.
const REPLACING: &[(&str, &str)] = &[
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("argoproj.io", "Rollout"),
    ("serving.knative.dev", "Service"),
    ("monitoring.coreos.com", "Prometheus"),
    ("monitoring.coreos.com", "PrometheusAgent"),
    ("monitoring.coreos.com", "Alertmanager"),
    ("monitoring.coreos.com", "ThanosRuler"),
];

/// Of a resource that mixes the pod's fields into its own spec, those that become part of the pod.
const OF_THE_POD: &[&str] = &[
    "image",
    "version",
    "containers",
    "initContainers",
    "volumes",
    "volumeMounts",
    "resources",
    "serviceAccountName",
    "automountServiceAccountToken",
    "securityContext",
    "nodeSelector",
    "affinity",
    "tolerations",
    "topologySpreadConstraints",
    "priorityClassName",
    "imagePullSecrets",
    "hostNetwork",
    "hostAliases",
    "secrets",
    "configMaps",
    "externalLabels",
    "logLevel",
    "logFormat",
    "retention",
    "additionalArgs",
];

/// Words for a container's fields that are not their names.
const FIELD_WORDS: &[(&str, &str)] = &[
    ("env", "environment"),
    ("envFrom", "environment"),
    ("volumeMounts", "volume mounts"),
    ("volumeDevices", "volume devices"),
    ("livenessProbe", "liveness probe"),
    ("readinessProbe", "readiness probe"),
    ("startupProbe", "startup probe"),
    ("securityContext", "security context"),
    ("imagePullPolicy", "image pull policy"),
];

/// The restart that the changes of a workload bring; `None` when its pods stay.
pub(super) fn of(old: &Object<'_>, new: &Object<'_>, changes: &[Change<'_>], renamed: bool) -> Option<Restart> {
    let is_replacing = |object: &Object<'_>| REPLACING.contains(&(pairing::group(&object.id), &*object.id.kind));
    if !is_replacing(old) || !is_replacing(new) {
        return None;
    }
    if renamed {
        let reasons = vec![format!("it was {}", old.id.name)];
        return Some(Restart { id: new.id.clone(), reasons, on_delete: false });
    }
    let template = new.pod_template()?;
    let (metadata, spec) = (template.metadata_path.steps(), template.spec_path.steps());
    let mixed = spec.len() == 1;
    let mut reasons = Vec::new();
    for change in changes.iter().filter(|change| !says_nothing(change)) {
        let steps = change.path.steps();
        let reason = match (steps.strip_prefix(metadata), steps.strip_prefix(spec)) {
            (Some(rest), _) => of_metadata(&change.path, rest),
            (None, Some([Step::Key(field), ..])) if mixed && !OF_THE_POD.contains(&&**field) => continue,
            (None, Some(rest)) => of_spec(change.kind, rest),
            (None, None) => continue,
        };
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    (!reasons.is_empty()).then(|| Restart { id: new.id.clone(), reasons, on_delete: waits_for_deletion(new) })
}

fn waits_for_deletion(object: &Object<'_>) -> bool {
    let strategy = object.node.get_path(["spec", "updateStrategy", "type"]).and_then(Node::as_str);
    matches!(&*object.id.kind, "StatefulSet" | "DaemonSet") && strategy == Some("OnDelete")
}

/// Whether the API server keeps the same for both sides: an empty list, or an empty mapping where an empty one is none.
fn says_nothing(change: &Change<'_>) -> bool {
    let only = match change.kind {
        ChangeKind::Added => change.new,
        ChangeKind::Removed => change.old,
        _ => None,
    };
    let empty_is_none = || {
        matches!(change.path.last_key(), Some("labels" | "annotations" | "metadata" | "nodeSelector" | "resources" | "limits" | "requests"))
    };
    only.is_some_and(|side| match &side.node.data {
        Data::List(items) => items.is_empty(),
        Data::Map(map) => map.is_empty() && empty_is_none(),
        _ => false,
    })
}

fn of_metadata(path: &Path, rest: &[Step]) -> String {
    match (noise::at(path), rest) {
        (Some(Noise::Checksum), [_, Step::Key(key), ..]) => format!("the checksum {key}"),
        (_, [Step::Key(group), Step::Key(key), ..]) if &**group == "labels" => format!("the label {key} of the pod"),
        (_, [Step::Key(group), Step::Key(key), ..]) if &**group == "annotations" => format!("the annotation {key} of the pod"),
        _ => "the metadata of the pod".to_owned(),
    }
}

fn of_spec(kind: ChangeKind, rest: &[Step]) -> String {
    let keys: Vec<&str> = rest.iter().map(|step| if let Step::Key(key) = step { key } else { "" }).collect();
    let name = rest.get(1).and_then(|step| if let Step::Item { value, .. } = step { Some(value) } else { None });
    let container = match keys.first().copied() {
        Some("containers" | "ephemeralContainers") => Some("container"),
        Some("initContainers") => Some("init container"),
        _ => None,
    };
    match (container, name, keys.get(2)) {
        (Some(_), Some(name), Some(&"env")) => match rest.get(3) {
            Some(Step::Item { value, .. }) => format!("the variable {value} of {name}"),
            _ => format!("the environment of {name}"),
        },
        (Some(_), Some(name), Some(field)) => format!("the {} of {name}", words(field)),
        (Some(container), Some(name), None) => match kind {
            ChangeKind::Added => format!("the new {container} {name}"),
            ChangeKind::Removed => format!("the {container} {name} that is gone"),
            _ => format!("the {container} {name}"),
        },
        (Some(container), None, _) => format!("the {container}s"),
        (None, Some(name), _) if keys[0] == "volumes" => format!("the volume {name}"),
        _ => format!("the pod's {}", keys.first().copied().unwrap_or("spec")),
    }
}

fn words(field: &str) -> &str {
    FIELD_WORDS.iter().find(|(name, _)| *name == field).map_or(field, |(_, words)| words)
}
