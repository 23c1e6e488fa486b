//! What a trial's render comes to. Most of it is what the plain upgrade rendered already, and is neither compared nor classified again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::classify::{Catalogue, Finding, Key, Severity};
use crate::diff::objects::{ObjectsDiff, Restart};
use crate::object::{Id, Object};
use crate::trial::Judged;

/// Kinds that are looked at as a whole: what an account may do is put together from many objects.
const OF_PERMISSIONS: [&str; 5] = ["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ServiceAccount"];

/// The plain upgrade, as far as trials share it.
pub(super) struct Plain<'a> {
    old: &'a [Object<'a>],
    /// What the new version renders of objects that both versions have.
    texts: HashMap<&'a Id, &'a [u8]>,
    restarts: &'a [Restart],
    /// What rules on single objects found.
    findings: BTreeMap<Key, Severity>,
}

/// The objects of a trial, and of the old version, that have to be compared anew.
pub(super) struct Open<'a, 't> {
    pub(super) old: Vec<Object<'a>>,
    pub(super) tried: Vec<Object<'t>>,
    settled: BTreeSet<Id>,
}

impl<'a> Plain<'a> {
    /// Of the objects of both versions, what differs between them, and what was found of it.
    pub(super) fn new(
        old: &'a [Object<'a>],
        new: &'a [Object<'a>],
        differing: &'a ObjectsDiff,
        findings: &[Finding],
        catalogue: &Catalogue,
    ) -> Self {
        let known: BTreeSet<&Id> = old.iter().map(|object| &object.id).collect();
        let counts = |object: &&Object<'_>| known.contains(&object.id) && !OF_PERMISSIONS.contains(&object.id.kind.as_str());
        let texts = new.iter().filter(counts).map(|object| (&object.id, object.manifest.text.as_slice())).collect();
        let of_objects = findings.iter().filter(|finding| catalogue.is_on_objects(&finding.rule)).cloned().collect::<Vec<_>>();
        let findings = Judged::of(&of_objects, crate::identity::Identities::default(), &[]).findings;
        Self { old, texts, restarts: &differing.restarts, findings }
    }

    /// Parts the objects of a trial from those that came out as without it.
    pub(super) fn open<'t>(&self, tried: &[Object<'t>]) -> Open<'a, 't> {
        let is_settled = |object: &Object<'_>| self.texts.get(&object.id).is_some_and(|text| *text == object.manifest.text.as_slice());
        let (same, tried): (Vec<Object<'t>>, Vec<Object<'t>>) = tried.iter().cloned().partition(is_settled);
        let settled: BTreeSet<Id> = same.into_iter().map(|object| object.id).collect();
        let old = self.old.iter().filter(|object| !settled.contains(&object.id)).cloned().collect();
        Open { old, tried, settled }
    }
}

impl Open<'_, '_> {
    /// Adds which of the settled workloads restart.
    pub(super) fn add_restarts(&self, plain: &Plain<'_>, differing: &mut ObjectsDiff) {
        differing.restarts.extend(plain.restarts.iter().filter(|restart| self.settled.contains(&restart.id)).cloned());
    }

    /// Adds what was found of the settled objects.
    pub(super) fn add_findings(&self, plain: &Plain<'_>, judged: &mut Judged) {
        let labels: BTreeSet<String> = self.settled.iter().map(Id::label).collect();
        let kept = plain.findings.iter().filter(|(key, _)| labels.contains(&key.about));
        judged.findings.extend(kept.map(|(key, severity)| (key.clone(), *severity)));
    }
}
