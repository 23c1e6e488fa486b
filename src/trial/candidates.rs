//! Values that may restore what a template change took: what the new version offers for it. Whether they do is tried elsewhere.
//!
//! Places for labels and annotations are found by rendering with marks in all of them at once and looking where the marks come out.
//! Depends on `identity`, `object`, `diff` and the runs.

use std::collections::BTreeMap;

use super::UserKeys;
use super::layer::{self, nowhere};
use super::lines::{self, Written};
use super::runs::Runs;
use super::{Case, Values};
use crate::classify::Key;
use crate::diff::default_values;
use crate::identity::{Automount, Identities};
use crate::object;
use crate::render::{Capabilities, Overrides, Prepared, Release};
use crate::value::{Data, Node, Path, Span, Step};

/// The label that the webhook looks for.
const USE_LABEL: &str = "azure.workload.identity/use";
/// The annotations that it reads of an account.
const CLIENT_ID: &str = "azure.workload.identity/client-id";
const TENANT_ID: &str = "azure.workload.identity/tenant-id";

/// The beginning of the keys that mark places.
const MARK: &str = "chartshift.example/place-";

/// Where a mark came out.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Reach {
    /// `Kind/name` of the workloads whose pods carry it as a label.
    pub(super) pods: Vec<String>,
    /// Names of the accounts that carry it as an annotation.
    pub(super) accounts: Vec<String>,
}

/// A mapping in the values that ends up in pods' labels or accounts' annotations.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) path: Path,
    pub(super) reach: Reach,
}

/// The places of a chart, as a render with marks shows them; none when that render fails.
pub(super) fn places(prepared: &Prepared, overrides: &Overrides, release: &Release, capabilities: &Capabilities) -> Vec<Place> {
    let at = nowhere("marks");
    let defaults = default_values(prepared.chart());
    let mut paths = Vec::new();
    mappings(&defaults, &Path::root(), &mut paths);
    let one = text("1", &at);
    let marked: Vec<Path> = paths.iter().enumerate().map(|(index, path)| path.key(&format!("{MARK}{index}"))).collect();
    let layer = layer::layer(marked.iter().map(|path| (path, Some(&one))), &at);
    let Ok(rendered) = prepared.render(&overrides.under(layer), release, capabilities) else { return Vec::new() };
    let mut reached: BTreeMap<usize, Reach> = BTreeMap::new();
    for object in object::objects(&rendered, &release.namespace) {
        let labels = object.pod_template().and_then(|template| template.metadata?.get("labels"));
        for index in marks(labels) {
            reached.entry(index).or_default().pods.push(object.id.label());
        }
        if object.id.kind == "ServiceAccount" {
            for index in marks(object.node.get_path(["metadata", "annotations"])) {
                reached.entry(index).or_default().accounts.push(object.id.name.clone());
            }
        }
    }
    reached.into_iter().filter_map(|(index, reach)| Some(Place { path: paths.get(index)?.clone(), reach })).collect()
}

/// The mappings whose name says that labels or annotations go there. A default of null counts: charts leave optional mappings out.
fn mappings(node: &Node, path: &Path, found: &mut Vec<Path>) {
    let Some(map) = node.as_map() else { return };
    for (key, entry) in map {
        let name = key.to_ascii_lowercase();
        let is_free = entry.value.as_map().is_some() || matches!(entry.value.data, Data::Null);
        let below = path.key(key);
        if is_free && (name.ends_with("labels") || name.ends_with("annotations")) {
            found.push(below);
        } else {
            mappings(&entry.value, &below, found);
        }
    }
}

fn marks(map: Option<&Node>) -> Vec<usize> {
    let keys = map.and_then(Node::as_map).into_iter().flat_map(|map| map.keys());
    keys.filter_map(|key| key.strip_prefix(MARK)?.parse().ok()).collect()
}

/// Text that no document holds.
pub(super) fn text(text: &str, at: &Span) -> Node {
    Node { data: Data::Str(text.into()), at: at.clone(), comment: None }
}

fn truth(value: bool, at: &Span) -> Node {
    Node { data: Data::Bool(value), at: at.clone(), comment: None }
}

/// What may be tried for one finding on one workload, the narrowest first; every entry is one attempt.
pub(super) fn for_finding(runs: &Runs<'_>, key: &Key, places: &dyn Fn() -> Vec<Place>, keys: &UserKeys) -> Vec<Values> {
    let case = runs.case;
    let mut attempts = moved_values(keys);
    let (old, new) = (case.old_identities, &runs.plain.identities);
    let key = &Key { rule: key.rule.clone(), about: workload(key, old, new) };
    if key.rule.starts_with("use-label-") {
        attempts.extend(label(key, &places()));
    } else if key.rule.starts_with("client-id-") || key.rule.starts_with("tenant-id-") {
        attempts.extend(annotations(key, &places(), old, new));
    } else if key.rule.starts_with("service-account-") {
        attempts.extend(account(case, key, old));
    } else if key.rule.starts_with("token-mount-") {
        let was = old.workloads.get(&key.about).is_none_or(|record| record.automount != Automount::Known(false));
        attempts.extend(switches(case, key, "automountServiceAccountToken", was));
    } else if key.rule.starts_with("host-network-") {
        let was = old.workloads.get(&key.about).is_some_and(|record| record.host_network);
        attempts.extend(switches(case, key, "hostNetwork", was));
    }
    attempts
}

/// The workload that a finding is about; of an account, the first that ran or runs on it.
fn workload(key: &Key, old: &Identities, new: &Identities) -> String {
    let account = key.about.strip_prefix("ServiceAccount/");
    let known = account.and_then(|name| old.accounts.get(name).or_else(|| new.accounts.get(name)));
    known.and_then(|account| account.workloads.first()).unwrap_or(&key.about).clone()
}

/// The user's values at the keys that likely took the place of those they set.
fn moved_values(keys: &UserKeys) -> Vec<Values> {
    let moved: Values =
        keys.unread.iter().filter(|key| key.old_read).filter_map(|key| Some((key.successor.clone()?, key.value.clone()))).collect();
    let single: Vec<Values> = if moved.len() > 1 { moved.iter().map(|one| vec![one.clone()]).collect() } else { Vec::new() };
    if moved.is_empty() { single } else { single.into_iter().chain([moved]).collect() }
}

/// The use label where it reaches this pod, the place that reaches the fewest pods first.
fn label(key: &Key, places: &[Place]) -> Vec<Values> {
    let mut reaching: Vec<&Place> = places.iter().filter(|place| place.reach.pods.contains(&key.about)).collect();
    reaching.sort_by_key(|place| place.reach.pods.len());
    let at = nowhere("a tried fix");
    reaching.into_iter().map(|place| vec![(place.path.key(USE_LABEL), text("true", &at))]).collect()
}

/// The old account's client and tenant id where they reach the pod's account.
fn annotations(key: &Key, places: &[Place], old: &Identities, new: &Identities) -> Vec<Values> {
    let (Some(was), Some(is)) = (old.workloads.get(&key.about), new.workloads.get(&key.about)) else { return Vec::new() };
    let at = nowhere("a tried fix");
    let ids = [(CLIENT_ID, &was.client_id, &is.client_id), (TENANT_ID, &was.tenant_id, &is.tenant_id)];
    let ids: Vec<(&str, &String)> =
        ids.iter().filter(|(_, was, is)| was != is).filter_map(|(name, was, _)| Some((*name, was.as_ref()?))).collect();
    if ids.is_empty() {
        return Vec::new();
    }
    let mut reaching: Vec<&Place> = places.iter().filter(|place| place.reach.accounts.contains(&is.service_account_name)).collect();
    reaching.sort_by_key(|place| place.reach.accounts.len());
    reaching.into_iter().map(|place| ids.iter().map(|(name, id)| (place.path.key(name), text(id, &at))).collect()).collect()
}

/// The old account's name wherever the pod's account name was read from, with and without a chart that makes the account.
fn account(case: &Case<'_>, key: &Key, old: &Identities) -> Vec<Values> {
    let Some(was) = old.workloads.get(&key.about) else { return Vec::new() };
    let at = nowhere("a tried fix");
    let defaults = default_values(case.new.chart());
    let mut names: Vec<Path> = lines::of(case, key)
        .iter()
        .flat_map(Written::all)
        .map(|read| read.path.clone())
        .filter(|path| {
            let path = path.to_string().to_ascii_lowercase();
            path.ends_with("serviceaccountname") || path.ends_with("account") || path.contains("account.")
        })
        .filter_map(|path| match path.last_key()? {
            "create" | "enabled" | "name" => Some(path.parent()?.key("name")),
            _ if layer::at(&defaults, &path).is_some_and(|default| default.as_map().is_some()) => Some(path.key("name")),
            _ => Some(path),
        })
        .collect();
    names.sort_unstable_by_key(|path| std::cmp::Reverse(path.steps().len()));
    names.dedup();
    let name = text(&was.service_account_name, &at);
    let mut attempts = Vec::new();
    for path in names {
        let create = path.parent().filter(|_| path.last_key() == Some("name")).map(|parent| (parent.key("create"), truth(false, &at)));
        let alone = vec![(path, name.clone())];
        let with_create: Option<Values> = create.map(|create| vec![create, alone[0].clone()]);
        if was.rendered {
            attempts.extend([Some(alone), with_create].into_iter().flatten());
        } else {
            attempts.extend([with_create, Some(alone)].into_iter().flatten());
        }
    }
    attempts
}

/// Settings of this name, switched, each alone: first those that the workload's lines read, then those at the top of the values
/// and in the part that the workload is named after.
fn switches(case: &Case<'_>, key: &Key, name: &str, to: bool) -> Vec<Values> {
    let is_named = |path: &Path| path.last_key().is_some_and(|last| last.eq_ignore_ascii_case(name));
    let lines = lines::of(case, key);
    let reads = lines.iter().flat_map(Written::all).map(|read| read.path.clone());
    let defaults = default_values(case.new.chart());
    let workload = key.about.to_ascii_lowercase().replace('-', "");
    let is_near = |path: &Path| match path.steps() {
        [Step::Key(part), _, _, ..] => workload.contains(&part.to_ascii_lowercase()),
        _ => true,
    };
    let known = layer::leaves(&defaults).into_iter().map(|(path, _)| path).filter(is_near);
    let mut near: Vec<Path> = Vec::new();
    for path in reads.chain(known).filter(is_named) {
        if !near.contains(&path) && near.len() < MOST_SWITCHES {
            near.push(path);
        }
    }
    let at = nowhere("a tried fix");
    near.into_iter().map(|path| vec![(path, truth(to, &at))]).collect()
}

/// How many settings of one name are tried for a finding.
const MOST_SWITCHES: usize = 6;
