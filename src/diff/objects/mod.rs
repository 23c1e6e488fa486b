//! What differs between two renders, as Kubernetes sees it: objects paired by identity, fields by path with Kubernetes' list keys.
//!
//! ```text
//! pairing (+ renames) ─▶ per pair: tree engine with list keys ─▶ blocked ─▶ fields (noise, secrets, embedded texts)
//!                                                          └──▶ restarts          permissions: both renders as wholes
//! ```
//!
//! The files of a chart's `crds/` folder are no objects of a render: [`super::Comparison::crds`] has them. Depends on `object`, `value` and
//! the engine of this stage.

mod blocked;
mod embedded;
mod fields;
mod keys;
mod noise;
mod pairing;
mod permissions;
mod quantity;
mod renames;
mod restarts;
mod secrecy;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Instant;

use self::fields::Fields;
use self::pairing::Pair;
use super::tree::{self, Change};
use super::{ChangeKind, CrdChange, Missing, Settings, crds};
use crate::object::{Id, Object};
use crate::value::{Data, Node, Path, Step};

/// Compares the objects of two renders of one release. A manifest's `null` is the same as nothing there, as it is for the API server.
pub fn compare(old: &[Object<'_>], new: &[Object<'_>], settings: &Settings) -> ObjectsDiff {
    let mut diff = ObjectsDiff { permissions: permissions::compare(old, new), ..ObjectsDiff::default() };
    let mut fields = Fields::new(settings.text_bytes, Instant::now() + settings.text_time);
    for pair in pairing::pair(old, new) {
        match pair {
            Pair::Both { old, new, renamed } => add_pair(&mut diff, &mut fields, old, new, renamed),
            Pair::Old(object) => diff.changes.push(one_sided(object, ChangeKind::Removed)),
            Pair::New(object) => diff.changes.push(one_sided(object, ChangeKind::Added)),
        }
    }
    diff.missing = fields.missing;
    diff
}

fn add_pair(diff: &mut ObjectsDiff, fields: &mut Fields, old: &Object<'_>, new: &Object<'_>, renamed: bool) {
    let changes = if is_same(old, new) { Vec::new() } else { tree::diff(old.node, new.node, keys::of_objects) };
    let mut changes: Vec<Change<'_>> =
        changes.into_iter().filter(|change| !is_nothing(change) && !is_told_apart(change, renamed)).collect();
    // The API server reads both spellings as one amount: nothing restarts for it, and nothing is refused.
    let all = changes.len();
    changes.retain(|change| !quantity::is_respelled(change));
    let is_respelled = changes.len() < all;
    // What has another name is made anew: nothing of it is changed in place.
    let blocked = if renamed { Vec::new() } else { blocked::find(old, new, &changes) };
    if let Some(restart) = restarts::of(old, new, &changes, renamed) {
        diff.restarts.push(restart);
    }
    let (found, mut folded) = fields.of(old, new, changes, &blocked);
    if is_respelled {
        folded.insert(Noise::RespelledQuantity);
    }
    for noise in &folded {
        *diff.folded.entry(*noise).or_default() += 1;
    }
    diff.blocked.extend(blocked);
    if new.id.kind == "CustomResourceDefinition" && !found.is_empty() {
        let mut say = |text, breaking| {
            diff.crds.push(CrdChange { file: new.manifest.path.clone(), name: new.id.name.clone(), text, breaking });
        };
        crds::compare_definition(old.node, new.node, &mut say);
    }
    let api_version = (old.id.group != new.id.group || old.version != new.version).then(|| (api_version(old), api_version(new)));
    if found.is_empty() && api_version.is_none() && !renamed {
        diff.unchanged += 1;
        return;
    }
    diff.changes.push(ObjectChange {
        old_id: (old.id != new.id).then(|| old.id.clone()),
        api_version,
        kept: renamed && is_kept(old),
        fields: found,
        folded: folded.into_iter().collect(),
        ..one_sided(new, ChangeKind::Modified)
    });
}

/// Whether two objects say the same in the same order; those written alike need no look inside.
fn is_same(old: &Object<'_>, new: &Object<'_>) -> bool {
    let is_whole = |object: &Object<'_>| std::ptr::eq(object.node, std::sync::Arc::as_ptr(&object.manifest.object));
    (is_whole(old) && is_whole(new) && old.manifest.text == new.manifest.text) || old.node.same(new.node)
}

/// What is told of an object that has no partner.
fn one_sided(object: &Object<'_>, kind: ChangeKind) -> ObjectChange {
    ObjectChange {
        id: object.id.clone(),
        kind,
        old_id: None,
        api_version: None,
        template: object.manifest.path.clone(),
        events: object.events.to_vec(),
        kept: kind == ChangeKind::Removed && is_kept(object),
        fields: Vec::new(),
        folded: Vec::new(),
    }
}

/// Whether Helm leaves it in the cluster when it leaves the release (Helm 3.17 `pkg/kube/resource_policy.go`).
fn is_kept(object: &Object<'_>) -> bool {
    let policy = object.node.get_path(["metadata", "annotations", "helm.sh/resource-policy"]);
    object.events.is_empty() && policy.and_then(Node::as_str) == Some("keep")
}

fn api_version(object: &Object<'_>) -> String {
    let (group, version) = (&object.id.group, &object.version);
    if group.is_empty() { version.clone() } else { format!("{group}/{version}") }
}

/// Whether a change is one of nothing: a `null` that came or went.
fn is_nothing(change: &Change<'_>) -> bool {
    let only = match change.kind {
        ChangeKind::Added => change.new,
        ChangeKind::Removed => change.old,
        _ => None,
    };
    only.is_some_and(|side| matches!(side.node.data, Data::Null))
}

/// Whether a change is told by the object's identity.
fn is_told_apart(change: &Change<'_>, renamed: bool) -> bool {
    match change.path.steps() {
        [Step::Key(key)] => &**key == "apiVersion",
        [Step::Key(parent), Step::Key(key)] => renamed && &**parent == "metadata" && matches!(&**key, "name" | "namespace"),
        _ => false,
    }
}

/// Everything that differs between two renders of a release.
#[derive(Debug, Clone, Default)]
pub struct ObjectsDiff {
    /// Objects that were added, removed, changed or renamed, in the new render's order, removed ones last.
    pub changes: Vec<ObjectChange>,
    /// Objects of which only noise changed, or nothing.
    pub unchanged: usize,
    /// Noise that was folded, by what it is, with the number of objects it was folded in. It is counted, never lost.
    pub folded: BTreeMap<Noise, usize>,
    /// Workloads whose pods are made anew, and why.
    pub restarts: Vec<Restart>,
    /// Fields that can't be changed in place: the upgrade fails there.
    pub blocked: Vec<Blocked>,
    /// What accounts may do that they might not, and the other way round.
    pub permissions: Vec<PermissionChange>,
    /// What the changed CRDs among the objects mean for objects of their kinds, in words; `file` is the template.
    pub crds: Vec<CrdChange>,
    /// What was not compared in full: a text, by object and path, and why.
    pub missing: Vec<Missing>,
}

/// One object that differs.
#[derive(Debug, Clone)]
pub struct ObjectChange {
    /// What it is called: in the new render, or in the old one when it was removed.
    pub id: Id,
    /// What happened; `Modified` also for a renamed object.
    pub kind: ChangeKind,
    /// What it was called when that was something else: a rename that its content speaks for, or another API group.
    pub old_id: Option<Id>,
    /// Old and new `apiVersion`, when they differ.
    pub api_version: Option<(String, String)>,
    /// The template it comes from, by path in the root chart: the new side's, else the old one's.
    pub template: String,
    /// When it runs, for a hook.
    pub events: Vec<String>,
    /// Whether the removed object, or the renamed one's old self, stays in the cluster: `helm.sh/resource-policy: keep`.
    pub kept: bool,
    /// The fields that differ, noise left out.
    pub fields: Vec<FieldDiff>,
    /// The kinds of noise folded here.
    pub folded: Vec<Noise>,
}

/// One field that differs.
#[derive(Debug, Clone)]
pub struct FieldDiff {
    /// From the object's root: `spec.template.spec.containers[name=query].image`.
    pub path: Path,
    /// What happened.
    pub kind: ChangeKind,
    /// The old value; `None` when added, and for values of Secrets, which are never kept.
    pub old: Option<Node>,
    /// The new value; `None` when removed, and for values of Secrets.
    pub new: Option<Node>,
    /// The path within the document that the field's text holds (YAML, JSON or properties in a ConfigMap); `path` leads to the text.
    pub embedded: Option<Path>,
    /// Removed and added lines of a text that can't be compared by paths.
    pub lines: Option<(usize, usize)>,
    /// The line in the new manifest (the old one when removed), from 1 at the manifest's first line.
    pub line: Option<u32>,
    /// Whether the values are withheld.
    pub secret: bool,
}

/// What changes with every version without meaning anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Noise {
    /// The label `helm.sh/chart`, or `chart`.
    ChartLabel,
    /// The label `app.kubernetes.io/version`.
    VersionLabel,
    /// Annotations `checksum/…`.
    Checksum,
    /// The same amount in another spelling: `500m` for `0.5`.
    RespelledQuantity,
}

/// A workload whose pods are made anew.
#[derive(Debug, Clone)]
pub struct Restart {
    /// The workload.
    pub id: Id,
    /// Why: what of the pod template changed, in words: "the image of query", "the checksum of ConfigMap/x", "a label of the pod".
    pub reasons: Vec<String>,
    /// Whether that waits until somebody deletes the pods: `updateStrategy: OnDelete`.
    pub on_delete: bool,
}

/// A change that the API server refuses.
#[derive(Debug, Clone)]
pub struct Blocked {
    /// The object.
    pub id: Id,
    /// The field.
    pub path: Path,
    /// Why, in words: "a Deployment's selector can't be changed".
    pub reason: &'static str,
}

/// What an account may do that it might not, or the other way round.
#[derive(Debug, Clone)]
pub struct PermissionChange {
    /// The account's name.
    pub account: String,
    /// Where: a namespace, or `None` for the whole cluster.
    pub namespace: Option<String>,
    /// `get,list secrets` and the like, each a verb list and a resource with its group.
    pub gained: Vec<String>,
    /// As `gained`.
    pub lost: Vec<String>,
}
