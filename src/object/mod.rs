//! Rendered manifests as Kubernetes objects: what they are called, where they came from, and the pod template some of them carry.
//!
//! Depends on `render` and `value`.

use crate::render::{Manifest, Rendered};
use crate::value::{Node, Path};

/// What tells one object of a cluster from another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    /// The API group, without the version: `apps`; empty for the core group.
    pub group: String,
    /// `Deployment`.
    pub kind: String,
    /// The namespace: as written, else the release's. Objects without a namespace have the release's, too: a chart can't tell them apart.
    pub namespace: String,
    /// Its name; empty when the manifest has none.
    pub name: String,
}

impl Id {
    /// What reports call it: `Deployment/thanos-query`.
    pub fn label(&self) -> String {
        format!("{}/{}", self.kind, self.name)
    }
}

/// One object of a render. Items of a `List` stand on their own.
#[derive(Debug, Clone)]
pub struct Object<'r> {
    /// What it is called.
    pub id: Id,
    /// The version within its group: `v1`.
    pub version: String,
    /// All of it.
    pub node: &'r Node,
    /// The document it stands in.
    pub manifest: &'r Manifest,
    /// When it runs, for a hook: `pre-upgrade` …; empty otherwise.
    pub events: &'r [String],
}

/// The objects of a render in the order of installation, hooks last. Documents without a kind are left out.
pub fn objects<'r>(rendered: &'r Rendered, namespace: &str) -> Vec<Object<'r>> {
    let plain = rendered.manifests.iter().map(|manifest| (manifest, &[][..]));
    let hooks = rendered.hooks.iter().map(|hook| (&hook.manifest, hook.events.as_slice()));
    let mut objects = Vec::new();
    for (manifest, events) in plain.chain(hooks) {
        let node = &manifest.object;
        match node.get("items").and_then(Node::as_list).filter(|_| text(node, "kind").ends_with("List")) {
            Some(items) => objects.extend(items.iter().filter_map(|item| object(item, manifest, events, namespace))),
            None => objects.extend(object(node, manifest, events, namespace)),
        }
    }
    objects
}

fn object<'r>(node: &'r Node, manifest: &'r Manifest, events: &'r [String], namespace: &str) -> Option<Object<'r>> {
    let kind = text(node, "kind");
    if kind.is_empty() {
        return None;
    }
    let api = text(node, "apiVersion");
    let (group, version) = api.split_once('/').unwrap_or(("", api));
    let metadata = node.get("metadata");
    let written = metadata.map_or("", |metadata| text(metadata, "namespace"));
    let id = Id {
        group: group.to_owned(),
        kind: kind.to_owned(),
        namespace: if written.is_empty() { namespace } else { written }.to_owned(),
        name: metadata.map_or("", |metadata| text(metadata, "name")).to_owned(),
    };
    Some(Object { id, version: version.to_owned(), node, manifest, events })
}

fn text<'n>(node: &'n Node, key: &str) -> &'n str {
    node.get(key).and_then(Node::as_str).unwrap_or_default()
}

/// Kinds of Kubernetes that make pods, and the way to the mapping that has `metadata` and `spec` of the pod. The kind alone decides: old
/// groups such as `extensions` had them, too. One without a template makes a pod that says nothing.
const KUBERNETES: [(&str, &[&str]); 8] = [
    ("Pod", &[]),
    ("ReplicationController", &["spec", "template"]),
    ("Deployment", &["spec", "template"]),
    ("StatefulSet", &["spec", "template"]),
    ("DaemonSet", &["spec", "template"]),
    ("ReplicaSet", &["spec", "template"]),
    ("Job", &["spec", "template"]),
    ("CronJob", &["spec", "jobTemplate", "spec", "template"]),
];

/// Groups whose kinds are those of Kubernetes.
const KUBERNETES_GROUPS: [&str; 4] = ["", "apps", "batch", "extensions"];

/// Custom resources with a pod template at `spec.template`: group and kind. A rollout may borrow another workload's instead.
const CUSTOM: [(&str, &str); 2] = [("argoproj.io", "Rollout"), ("serving.knative.dev", "Service")];

/// Custom resources of the Prometheus operator, which mix the pod's fields into their own `spec` and have `podMetadata` there.
const MIXED: [&str; 4] = ["Prometheus", "PrometheusAgent", "Alertmanager", "ThanosRuler"];

/// The parts of a pod template.
#[derive(Debug, Clone)]
pub struct PodTemplate<'r> {
    /// The pod's metadata: labels and annotations.
    pub metadata: Option<&'r Node>,
    /// The pod's spec.
    pub spec: Option<&'r Node>,
    /// The way from the object's root to the metadata.
    pub metadata_path: Path,
    /// The way from the object's root to the spec.
    pub spec_path: Path,
}

impl<'r> Object<'r> {
    /// What the manifest says its name is; `None` when it says nothing.
    pub fn written_name(&self) -> Option<&'r Node> {
        self.node.get_path(["metadata", "name"])
    }

    /// The pod template that the object carries; `None` for objects without one.
    pub fn pod_template(&self) -> Option<PodTemplate<'r>> {
        let (group, kind) = (&*self.id.group, &*self.id.kind);
        if group == "monitoring.coreos.com" && MIXED.contains(&kind) {
            return Some(self.pod_at(&["spec", "podMetadata"], &["spec"]));
        }
        let (way, must_be_there) = match KUBERNETES.iter().find(|(known, _)| *known == kind) {
            Some((_, way)) => (*way, !KUBERNETES_GROUPS.contains(&group)),
            None if CUSTOM.contains(&(group, kind)) => (&["spec", "template"][..], true),
            None => return None,
        };
        if must_be_there && self.node.get_path(way.iter().copied()).and_then(Node::as_map).is_none() {
            return None;
        }
        let below = |last: &'static str| way.iter().copied().chain([last]).collect::<Vec<_>>();
        Some(self.pod_at(&below("metadata"), &below("spec")))
    }

    fn pod_at(&self, metadata: &[&str], spec: &[&str]) -> PodTemplate<'r> {
        PodTemplate {
            metadata: self.node.get_path(metadata.iter().copied()),
            spec: self.node.get_path(spec.iter().copied()),
            metadata_path: Path::keys(metadata.iter().copied()),
            spec_path: Path::keys(spec.iter().copied()),
        }
    }
}
