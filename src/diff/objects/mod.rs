//! What differs between two renders, as Kubernetes sees it: objects paired by identity, fields by path with Kubernetes' list keys.
//!
//! Depends on `object`, `value` and the tree engine of this stage.

use std::collections::BTreeMap;

use super::ChangeKind;
use crate::object::Id;
use crate::value::{Node, Path};

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
}

/// A workload whose pods are made anew.
#[derive(Debug, Clone)]
pub struct Restart {
    /// The workload.
    pub id: Id,
    /// Why: what of the pod template changed, in words: "the image of query", "the checksum of ConfigMap/x", "a label of the pod".
    pub reasons: Vec<String>,
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
