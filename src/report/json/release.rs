//! The part of the JSON that speaks of one release: its renders, objects, pods and accounts, and the user's values.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::super::redact::{self, Known};
use super::super::{ReleaseReview, release};
use super::{PlaceView, place, value};
use crate::classify::{Cause, Finding};
use crate::diff::ChangeKind;
use crate::diff::objects::{FieldDiff, Noise, ObjectChange, ObjectsDiff};
use crate::identity::{Identities, changed};
use crate::trial::{Relied, Trials, UnreadKey};
use crate::value::secrets;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReleaseView<'a> {
    name: &'a str,
    namespace: &'a str,
    /// The Helm version that was rendered as.
    helm: &'a str,
    kube_version: &'a str,
    has_values: bool,
    /// How often the chart was rendered for this review.
    renders: usize,
    /// Template functions that answer otherwise each time and were given fixed answers, with their places.
    impure: &'a [String],
    relied_on_defaults: Vec<ReliedView>,
    reuse_values: Option<ReuseView<'a>>,
}

#[derive(Serialize)]
struct ReliedView {
    path: String,
    value: Option<Value>,
    description: Option<String>,
    moved: bool,
}

#[derive(Serialize)]
struct ReuseView<'a> {
    failure: Option<&'a str>,
    missing: Vec<String>,
    workloads: &'a [String],
}

impl<'a> ReleaseView<'a> {
    pub(super) fn of(release: &'a ReleaseReview, known: &Known) -> Self {
        let relied = |relied: &Relied| ReliedView {
            path: secrets::path(&relied.path),
            value: value(&relied.path, Some(&relied.value)),
            description: relied.description.as_deref().map(|text| known.text(text)),
            moved: relied.moved,
        };
        let trials = &release.trials;
        Self {
            name: &release.name,
            namespace: &release.namespace,
            helm: &release.helm,
            kube_version: &release.kube_version,
            has_values: release.has_values,
            renders: trials.renders,
            impure: &release.impure,
            relied_on_defaults: trials.reliance.settings.iter().map(relied).collect(),
            reuse_values: trials.reuse_values.as_ref().map(|reuse| ReuseView {
                failure: reuse.failure.as_deref(),
                missing: reuse.missing.iter().map(secrets::path).collect(),
                workloads: &reuse.workloads,
            }),
        }
    }
}

/// A workload or an account on both sides.
#[derive(Serialize)]
pub(super) struct Sides {
    old: Option<Value>,
    new: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<Vec<&'static str>>,
}

/// Workloads by `Kind/name`. `changed` names the fields that differ; of a workload that only one side has it says `added` or `removed`.
pub(super) fn workloads(release: &ReleaseReview) -> BTreeMap<&str, Sides> {
    let mut all = BTreeMap::new();
    let (old, new) = sides(release);
    for name in old.workloads.keys().chain(new.workloads.keys()) {
        let (old, new) = (old.workloads.get(name), new.workloads.get(name));
        let changed = match (old, new) {
            (Some(old), Some(new)) => changed(old, new),
            (None, _) => vec!["added"],
            (_, None) => vec!["removed"],
        };
        all.insert(&**name, Sides { old: shown(old), new: shown(new), changed: Some(changed) });
    }
    all
}

/// ServiceAccounts by name.
pub(super) fn accounts(release: &ReleaseReview) -> BTreeMap<&str, Sides> {
    let (old, new) = sides(release);
    let names = old.accounts.keys().chain(new.accounts.keys());
    names.map(|name| (&**name, Sides { old: shown(old.accounts.get(name)), new: shown(new.accounts.get(name)), changed: None })).collect()
}

fn sides(release: &ReleaseReview) -> (&Identities, &Identities) {
    static NONE: Identities = Identities { workloads: BTreeMap::new(), accounts: BTreeMap::new() };
    (release.old.as_ref().unwrap_or(&NONE), release.new.as_ref().unwrap_or(&NONE))
}

/// A record as JSON without secrets.
fn shown(record: Option<&impl Serialize>) -> Option<Value> {
    let mut value = serde_json::to_value(record?).ok()?;
    redact::hide(&mut value);
    Some(value)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ManifestsView<'a> {
    changes: Vec<ObjectView<'a>>,
    unchanged: usize,
    folded: &'a BTreeMap<Noise, usize>,
    restarts: Vec<RestartView<'a>>,
    blocked: Vec<BlockedView<'a>>,
    permissions: Vec<PermissionView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ObjectView<'a> {
    kind: &'a str,
    name: &'a str,
    namespace: &'a str,
    group: &'a str,
    change: ChangeKind,
    /// What it was called, when that was something else.
    old_name: Option<String>,
    api_version: Option<&'a (String, String)>,
    template: &'a str,
    hook: &'a [String],
    fields: Vec<FieldView>,
    folded: &'a [Noise],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FieldView {
    path: String,
    /// The path within the document that the field's text holds.
    embedded: Option<String>,
    change: ChangeKind,
    old: Option<Value>,
    new: Option<Value>,
    line: Option<u32>,
    secret: bool,
}

#[derive(Serialize)]
struct RestartView<'a> {
    workload: String,
    reasons: &'a [String],
}

#[derive(Serialize)]
struct BlockedView<'a> {
    object: String,
    path: String,
    reason: &'a str,
}

#[derive(Serialize)]
struct PermissionView<'a> {
    account: &'a str,
    namespace: Option<&'a str>,
    gained: &'a [String],
    lost: &'a [String],
}

impl<'a> ManifestsView<'a> {
    pub(super) fn of(objects: &'a ObjectsDiff) -> Self {
        Self {
            changes: objects.changes.iter().map(object).collect(),
            unchanged: objects.unchanged,
            folded: &objects.folded,
            restarts: objects.restarts.iter().map(|one| RestartView { workload: one.id.label(), reasons: &one.reasons }).collect(),
            blocked: objects
                .blocked
                .iter()
                .map(|one| BlockedView { object: one.id.label(), path: secrets::path(&one.path), reason: one.reason })
                .collect(),
            permissions: objects
                .permissions
                .iter()
                .map(|one| PermissionView {
                    account: &one.account,
                    namespace: one.namespace.as_deref(),
                    gained: &one.gained,
                    lost: &one.lost,
                })
                .collect(),
        }
    }
}

fn object(change: &ObjectChange) -> ObjectView<'_> {
    ObjectView {
        kind: &change.id.kind,
        name: &change.id.name,
        namespace: &change.id.namespace,
        group: &change.id.group,
        change: change.kind,
        old_name: change.old_id.as_ref().map(crate::object::Id::label),
        api_version: change.api_version.as_ref(),
        template: &change.template,
        hook: &change.events,
        fields: change.fields.iter().map(field).collect(),
        folded: &change.folded,
    }
}

fn field(field: &FieldDiff) -> FieldView {
    let judged = field.embedded.as_ref().map_or_else(|| field.path.clone(), |inner| field.path.join(inner));
    let side = |node: &Option<crate::value::Node>| value(&judged, node.as_ref().filter(|_| !field.secret));
    FieldView {
        path: secrets::path(&field.path),
        embedded: field.embedded.as_ref().map(secrets::path),
        change: field.kind,
        old: side(&field.old),
        new: side(&field.new),
        line: field.line,
        secret: field.secret,
    }
}

/// What became of the user's own values.
#[derive(Serialize, Default)]
pub(super) struct OverridesView {
    unread: Vec<UnreadView>,
    redundant: Vec<String>,
    hiding: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UnreadView {
    path: String,
    successor: Option<String>,
    old_read: bool,
}

impl OverridesView {
    pub(super) fn of(trials: &Trials) -> Self {
        let unread = |key: &UnreadKey| UnreadView {
            path: secrets::path(&key.path),
            successor: key.successor.as_ref().map(secrets::path),
            old_read: key.old_read,
        };
        let overrides = &trials.user_keys;
        Self {
            unread: overrides.unread.iter().map(unread).collect(),
            redundant: overrides.redundant.iter().map(secrets::path).collect(),
            hiding: overrides.hiding.iter().map(secrets::path).collect(),
        }
    }
}

/// What brought a finding about.
#[derive(Serialize)]
pub(super) struct CauseView<'a> {
    /// `value`, `template` or `dependency`.
    kind: &'static str,
    /// The cause in words.
    text: String,
    #[serde(flatten)]
    place: Option<PlaceView<'a>>,
    #[serde(flatten)]
    more: Map<String, Value>,
}

pub(super) fn causes<'a>(finding: &'a Finding, known: &Known) -> Vec<CauseView<'a>> {
    let view = |cause: &'a Cause| {
        let text = known.text(&release::cause(cause));
        let (kind, at, more) = match cause {
            Cause::Value(at) => ("value", Some(place(at, known)), serde_json::json!({})),
            Cause::Template { file, lines, reads } => {
                let reads: Vec<String> = reads.iter().map(secrets::path).collect();
                ("template", None, serde_json::json!({"file": file, "lines": lines, "reads": reads}))
            }
            Cause::Dependency { path, old_version, new_version } => {
                ("dependency", None, serde_json::json!({"path": path.to_string(), "old": old_version, "new": new_version}))
            }
        };
        // A value's place has a kind of its own, what happened to it: it gives way to the cause's.
        let at = at.map(PlaceView::without_kind);
        let Value::Object(more) = more else { return CauseView { kind, text, place: at, more: Map::new() } };
        CauseView { kind, text, place: at, more }
    };
    finding.causes.iter().map(view).collect()
}
