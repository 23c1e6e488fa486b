//! By which keys Kubernetes tells the items of its lists apart, and where the order of a list means something.
//!
//! Follows `x-kubernetes-list-map-keys` and `x-kubernetes-patch-merge-key` of Kubernetes' OpenAPI, with finer keys where the API server
//! takes a list as one value but its items have a name of their own. Depends on the tree engine.

use crate::diff::tree::Key;
use crate::value::{Path, Step};

const NAMED: &[Key] = &[Key::Field("name"), Key::Field("key"), Key::Field("id")];
const PORTS: &[Key] = &[
    Key::Field("name"),
    Key::Field("containerPort"),
    Key::Field("port"),
    Key::Fields(&["containerPort", "protocol", "hostPort"]),
    Key::Fields(&["port", "protocol"]),
];
const ENV_FROM: &[Key] = &[Key::OneOf(&[("configMapRef", &["configMapRef", "name"]), ("secretRef", &["secretRef", "name"])])];
const POLICY_RULES: &[Key] = &[
    Key::Fields(&["resources", "nonResourceURLs", "apiGroups"]),
    Key::Fields(&["resources", "nonResourceURLs", "apiGroups", "resourceNames"]),
];
const SPEC_RULES: &[Key] = &[Key::OneOf(&[("alert", &["alert"]), ("record", &["record"])]), Key::Field("name"), Key::Fields(&["host"])];
const SOURCES: &[Key] = &[Key::OneOf(&[
    ("secret", &["secret", "name"]),
    ("configMap", &["configMap", "name"]),
    ("serviceAccountToken", &["serviceAccountToken", "path"]),
    ("clusterTrustBundle", &["clusterTrustBundle", "path"]),
    ("downwardAPI", &["downwardAPI"]),
])];
const METRICS: &[Key] = &[Key::OneOf(&[
    ("resource", &["resource", "name"]),
    ("containerResource", &["containerResource", "name"]),
    ("pods", &["pods", "metric", "name"]),
    ("pods", &["pods", "metricName"]),
    ("object", &["object", "metric", "name"]),
    ("object", &["object", "metricName"]),
    ("external", &["external", "metric", "name"]),
    ("external", &["external", "metricName"]),
])];

/// The keys of the list at a path of any object.
pub(super) fn of_objects(steps: &[Step]) -> &'static [Key] {
    let Some(Step::Key(list)) = steps.last() else { return &[] };
    match &**list {
        "ports" => PORTS,
        "envFrom" => ENV_FROM,
        "volumeMounts" => &[Key::Field("mountPath")],
        "volumeDevices" => &[Key::Field("devicePath")],
        "volumeClaimTemplates" => &[Key::OneOf(&[("name", &["metadata", "name"])])],
        "hostAliases" => &[Key::Field("ip")],
        "tolerations" => &[Key::Field("key"), Key::Fields(&["key", "operator", "value", "effect"])],
        "topologySpreadConstraints" => &[Key::Field("topologyKey"), Key::Fields(&["topologyKey", "whenUnsatisfiable"])],
        "subjects" => &[Key::Field("name"), Key::Fields(&["name", "kind", "namespace"])],
        "rules" if steps.len() == 1 => POLICY_RULES,
        "rules" => SPEC_RULES,
        "paths" => &[Key::Field("path"), Key::Fields(&["path", "pathType"])],
        "tls" => &[Key::Field("secretName"), Key::Fields(&["secretName", "hosts"])],
        "sources" => SOURCES,
        "metrics" => METRICS,
        "conditions" => &[Key::Field("type")],
        "readinessGates" => &[Key::Field("conditionType")],
        "items" => &[Key::Field("key"), Key::Field("path"), Key::Field("name")],
        "endpoints" => &[Key::Field("port"), Key::Fields(&["port", "path"])],
        _ => NAMED,
    }
}

/// Whether another order of the list at a path is another meaning: a command line, containers that run one after the other.
pub(super) fn is_ordered(path: &Path) -> bool {
    matches!(path.last_key(), Some("command" | "args" | "initContainers"))
}
