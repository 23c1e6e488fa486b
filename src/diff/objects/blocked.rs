//! Changes that the API server refuses: fields that are fixed when an object is made.
//!
//! Follows Kubernetes' validation of updates (`pkg/apis/{apps,batch,core,rbac,storage,scheduling,node,networking}/validation`,
//! apiextensions' `validation`), with its defaults: writing down what was the default is no change. What a hook makes is deleted and made
//! again, not updated. Depends on `object` and `value`.

use super::{Blocked, ChangeKind, pairing, quantity};
use crate::diff::tree::{Change, Side};
use crate::object::Object;
use crate::value::{Data, Node, Step};

/// Fields that are fixed: group, kind, the way to each, its default, and why.
type Fixed = (&'static str, &'static str, &'static [&'static str], Option<&'static str>, &'static str);

const FIXED: &[Fixed] = &[
    ("apps", "Deployment", &["spec", "selector"], None, "a Deployment's selector can't be changed"),
    ("apps", "DaemonSet", &["spec", "selector"], None, "a DaemonSet's selector can't be changed"),
    ("apps", "ReplicaSet", &["spec", "selector"], None, "a ReplicaSet's selector can't be changed"),
    ("batch", "Job", &["spec", "template"], None, "a Job's pod template can't be changed"),
    ("batch", "Job", &["spec", "selector"], None, "a Job's selector can't be changed"),
    ("batch", "Job", &["spec", "completions"], Some("1"), "a Job's completions can't be changed"),
    ("batch", "Job", &["spec", "completionMode"], Some("NonIndexed"), "a Job's completion mode can't be changed"),
    ("batch", "Job", &["spec", "podFailurePolicy"], None, "a Job's pod failure policy can't be changed"),
    ("batch", "Job", &["spec", "successPolicy"], None, "a Job's success policy can't be changed"),
    ("batch", "Job", &["spec", "backoffLimitPerIndex"], None, "a Job's backoff limit per index can't be changed"),
    ("batch", "Job", &["spec", "managedBy"], None, "what manages a Job can't be changed"),
    ("rbac.authorization.k8s.io", "RoleBinding", &["roleRef"], None, "the role that a binding refers to can't be changed"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", &["roleRef"], None, "the role that a binding refers to can't be changed"),
    ("storage.k8s.io", "StorageClass", &["provisioner"], None, "a StorageClass's provisioner can't be changed"),
    ("storage.k8s.io", "StorageClass", &["parameters"], None, "a StorageClass's parameters can't be changed"),
    ("storage.k8s.io", "StorageClass", &["reclaimPolicy"], Some("Delete"), "a StorageClass's reclaim policy can't be changed"),
    ("storage.k8s.io", "StorageClass", &["volumeBindingMode"], Some("Immediate"), "a StorageClass's binding mode can't be changed"),
    ("apiextensions.k8s.io", "CustomResourceDefinition", &["spec", "group"], None, "a CRD's group can't be changed"),
    ("apiextensions.k8s.io", "CustomResourceDefinition", &["spec", "scope"], None, "a CRD's scope can't be changed"),
    ("apiextensions.k8s.io", "CustomResourceDefinition", &["spec", "names", "kind"], None, "a CRD's kind can't be changed"),
    ("apiextensions.k8s.io", "CustomResourceDefinition", &["spec", "names", "plural"], None, "a CRD's plural name can't be changed"),
    ("scheduling.k8s.io", "PriorityClass", &["value"], None, "a PriorityClass's value can't be changed"),
    (
        "scheduling.k8s.io",
        "PriorityClass",
        &["preemptionPolicy"],
        Some("PreemptLowerPriority"),
        "a PriorityClass's preemption policy can't be changed",
    ),
    ("node.k8s.io", "RuntimeClass", &["handler"], None, "a RuntimeClass's handler can't be changed"),
    ("networking.k8s.io", "IngressClass", &["spec", "controller"], None, "an IngressClass's controller can't be changed"),
    ("", "Secret", &["type"], Some("Opaque"), "a Secret's type can't be changed"),
];

/// What of a StatefulSet's spec may change.
const STATEFUL_SET_FREE: &[&str] = &[
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
    "revisionHistoryLimit",
];
/// What of a PersistentVolume's spec may change.
const VOLUME_FREE: &[&str] = &[
    "capacity",
    "accessModes",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "mountOptions",
    "claimRef",
    "volumeAttributesClassName",
];

/// The changes that are refused, one for each field that is fixed.
pub(super) fn find(old: &Object<'_>, new: &Object<'_>, changes: &[Change<'_>]) -> Vec<Blocked> {
    let mut found: Vec<Blocked> = Vec::new();
    if !new.events.is_empty() || !old.events.is_empty() {
        return found;
    }
    for change in changes {
        if found.iter().any(|blocked| change.path.steps().starts_with(blocked.path.steps())) {
            continue;
        }
        if let Some((depth, reason)) = refusal(old, new, change) {
            let path = change.path.steps().iter().take(depth).cloned().collect();
            found.push(Blocked { id: new.id.clone(), path, reason });
        }
    }
    found
}

/// How many steps lead to the fixed field that a change is in, and why it is fixed.
fn refusal(old: &Object<'_>, new: &Object<'_>, change: &Change<'_>) -> Option<(usize, &'static str)> {
    let keys: Vec<&str> = change.path.steps().iter().map_while(key).collect();
    let (group, kind) = (pairing::group(&new.id), &*new.id.kind);
    let fixed = FIXED.iter().find(|fixed| (fixed.0, fixed.1) == (group, kind) && keys.starts_with(fixed.2));
    if let Some((_, _, way, default, reason)) = fixed {
        return (!is_default(change, *default)).then_some((way.len(), reason));
    }
    match (group, kind, &keys[..]) {
        ("apps", "StatefulSet", ["spec", field, ..]) => stateful_set(change, field),
        ("", "Service", ["spec", "clusterIP"]) => {
            let stays = change.kind == ChangeKind::Removed || is_text(change.new, "");
            let moves_out = new.node.get_path(["spec", "type"]).and_then(Node::as_str) == Some("ExternalName");
            (!stays && !moves_out).then_some((2, "a Service's cluster IP can't be changed"))
        }
        ("", "Service", ["spec", "loadBalancerClass"]) => {
            let balances = |object: &Object<'_>| object.node.get_path(["spec", "type"]).and_then(Node::as_str) == Some("LoadBalancer");
            (balances(old) && balances(new)).then_some((2, "a Service's load balancer class can't be changed"))
        }
        ("", "PersistentVolumeClaim", ["spec", field, rest @ ..]) => claim(change, field, rest),
        ("", "PersistentVolume", ["spec", field, ..]) => {
            (!VOLUME_FREE.contains(field)).then_some((2, "where a PersistentVolume's data is can't be changed"))
        }
        ("", "Pod", ["spec", ..]) => pod(change),
        ("", "ConfigMap" | "Secret", ["data" | "binaryData" | "stringData" | "immutable", ..]) => {
            let immutable = old.node.get("immutable").is_some_and(|value| matches!(value.data, Data::Bool(true)));
            immutable.then_some((1, "it is immutable"))
        }
        ("apiextensions.k8s.io", "CustomResourceDefinition", ["spec", "versions"]) => {
            let stored = change.old.and_then(|side| side.node.get("storage")).is_some_and(|value| matches!(value.data, Data::Bool(true)));
            let goes = change.kind == ChangeKind::Removed && change.path.steps().len() == 3;
            (stored && goes).then_some((3, "a version that objects are stored as can't be removed"))
        }
        _ => None,
    }
}

fn key(step: &Step) -> Option<&str> {
    if let Step::Key(key) = step { Some(key) } else { None }
}

fn stateful_set(change: &Change<'_>, field: &str) -> Option<(usize, &'static str)> {
    let reason = match field {
        free if STATEFUL_SET_FREE.contains(&free) => return None,
        "volumeClaimTemplates" if matches!(change.path.last_key(), Some("apiVersion" | "kind")) && change.path.steps().len() == 4 => {
            return None;
        }
        "podManagementPolicy" if is_default(change, Some("OrderedReady")) => return None,
        "serviceName" if is_default(change, Some("")) => return None,
        "volumeClaimTemplates" => "a StatefulSet's volume claim templates can't be changed",
        "selector" => "a StatefulSet's selector can't be changed",
        "serviceName" => "a StatefulSet's service name can't be changed",
        "podManagementPolicy" => "a StatefulSet's pod management policy can't be changed",
        _ => "this field of a StatefulSet can't be changed",
    };
    Some((2, reason))
}

fn claim(change: &Change<'_>, field: &str, rest: &[&str]) -> Option<(usize, &'static str)> {
    match (field, rest) {
        ("volumeAttributesClassName", _) => None,
        ("volumeMode", _) if is_default(change, Some("Filesystem")) => None,
        ("resources", ["requests", "storage"]) => {
            let bytes = |side: Option<Side<'_>>| quantity::billionths(side?.node);
            let shrinks = bytes(change.new).zip(bytes(change.old)).is_some_and(|(new, old)| new < old);
            shrinks.then_some((4, "a PersistentVolumeClaim can't shrink"))
        }
        ("resources", ["limits", ..]) => None,
        _ => Some((2, "a PersistentVolumeClaim's spec can't be changed")),
    }
}

fn pod(change: &Change<'_>) -> Option<(usize, &'static str)> {
    let free = match change.path.steps() {
        [_, Step::Key(field), Step::Item { .. }, Step::Key(image)] => {
            matches!(&**field, "containers" | "initContainers") && &**image == "image"
        }
        [_, Step::Key(field), Step::Item { .. }] => &**field == "tolerations" && change.kind == ChangeKind::Added,
        [_, Step::Key(field)] => matches!(&**field, "activeDeadlineSeconds"),
        _ => false,
    };
    (!free).then(|| (change.path.steps().len(), "of a Pod only images and deadlines can be changed"))
}

/// Whether one side writes down the default that the other side leaves out.
fn is_default(change: &Change<'_>, default: Option<&str>) -> bool {
    let Some(default) = default else { return false };
    match change.kind {
        ChangeKind::Added => is_text(change.new, default),
        ChangeKind::Removed => is_text(change.old, default),
        _ => false,
    }
}

fn is_text(side: Option<Side<'_>>, text: &str) -> bool {
    side.is_some_and(|side| match &side.node.data {
        Data::Str(value) => &**value == text,
        Data::Int(number) => number.to_string() == text,
        _ => false,
    })
}
