//! Which template lines wrote what a finding is about, and what they read. Depends on `object`, `identity` and `render`'s provenance.

use super::Case;
use crate::chart::Chart;
use crate::classify::Key;
use crate::identity::Identities;
use crate::object::{self, Object};
use crate::render::Rendered;
use crate::template::Read;
use crate::value::{Node, Path};

/// A line of a template that wrote something.
#[derive(Debug, Clone)]
pub(super) struct Written {
    /// The file, by path in the root chart.
    pub(super) file: String,
    /// The line, from 1.
    pub(super) line: u32,
    /// What was read there.
    pub(super) reads: Vec<Read>,
    /// What else decided on the line.
    pub(super) conditions: Vec<Read>,
}

impl Written {
    /// Whether a change of the value at `path` changes what was read.
    pub(super) fn sees(&self, path: &Path) -> bool {
        self.all().any(|read| read.sees(path))
    }

    /// What was read there and what else decided on it.
    pub(super) fn all(&self) -> impl Iterator<Item = &Read> {
        self.reads.iter().chain(&self.conditions)
    }
}

/// The label and annotations of Azure Workload Identity.
const USE_LABEL: &str = "azure.workload.identity/use";

/// Ways to fields, each a list of keys.
type Ways = &'static [&'static [&'static str]];

/// Where the fields stand that rules are about, by the beginning of the rule's id: below the pod's metadata, below the pod's spec, and below
/// the account.
const FIELDS: [(&str, Ways, Ways, Ways); 9] = [
    ("service-account-", &[], &[&["serviceAccountName"], &["serviceAccount"]], &[&["metadata", "name"]]),
    ("use-label-", &[&["labels", USE_LABEL], &["labels"]], &[], &[]),
    ("client-id-", &[], &[], &[&["metadata", "annotations", "azure.workload.identity/client-id"], &["metadata", "annotations"]]),
    ("tenant-id-", &[], &[], &[&["metadata", "annotations", "azure.workload.identity/tenant-id"], &["metadata", "annotations"]]),
    ("token-mount-", &[], &[&["automountServiceAccountToken"]], &[&["automountServiceAccountToken"]]),
    ("token-volume-", &[&["annotations"]], &[&["volumes"]], &[]),
    ("env-", &[], &[&["containers"]], &[]),
    ("host-network-", &[], &[&["hostNetwork"]], &[]),
    ("proxy-", &[&["annotations"]], &[], &[]),
];

/// The lines of the new templates that wrote what a finding is about; of the old ones when nothing of it is written any more.
pub(super) fn of(case: &Case<'_>, key: &Key) -> Vec<Written> {
    let sides = [(case.new_render, case.new.chart(), case.new_identities), (case.old_render, case.old.chart(), case.old_identities)];
    let found: Vec<Written> =
        sides.iter().map(|(render, chart, who)| of_side(case, render, chart, who, key)).find(|lines| !lines.is_empty()).unwrap_or_default();
    found
}

fn of_side(case: &Case<'_>, render: &Rendered, chart: &Chart, who: &Identities, key: &Key) -> Vec<Written> {
    let fields = FIELDS.iter().find(|(prefix, ..)| key.rule.starts_with(prefix));
    let objects = object::objects(render, &case.release.namespace);
    let labelled = |label: &str| objects.iter().find(|object| object.id.label() == label);
    let Some(about) = labelled(&key.about) else { return Vec::new() };
    let account = match who.workloads.get(&key.about) {
        Some(record) => labelled(&format!("ServiceAccount/{}", record.service_account_name)),
        None => Some(about),
    };
    let Some((_, metadata, spec, of_account)) = fields else { return line(about, &Path::root(), chart).into_iter().collect() };
    let mut written = Vec::new();
    if let Some(template) = about.pod_template() {
        let pod = metadata.iter().map(|field| template.metadata_path.join(&Path::keys(field.iter().copied())));
        let pod = pod.chain(spec.iter().map(|field| template.spec_path.join(&Path::keys(field.iter().copied()))));
        written.extend(pod.filter_map(|path| line(about, &path, chart)));
    }
    if let Some(account) = account {
        written.extend(of_account.iter().filter_map(|field| line(account, &Path::keys(field.iter().copied()), chart)));
    }
    written
}

/// The line that wrote the field at a path of an object, when it is there.
fn line(object: &Object<'_>, path: &Path, chart: &Chart) -> Option<Written> {
    let keys: Option<Vec<&str>> =
        path.steps().iter().map(|step| if let crate::value::Step::Key(key) = step { Some(&**key) } else { None }).collect();
    let number = match keys?.split_last() {
        None => object.node.at.line,
        Some((last, parents)) => object.node.get_path(parents.iter().copied()).and_then(Node::as_map)?.get(*last)?.at.line,
    };
    let origin = object.manifest.provenance.as_ref()?.line(number)?;
    Some(Written { file: path_in_root(chart, &origin.file), line: origin.line, reads: origin.reads, conditions: origin.conditions })
}

/// A template's file as the chart's own files are named: `thanos/charts/store/templates/x` becomes `charts/minio/templates/x`.
fn path_in_root(chart: &Chart, file: &str) -> String {
    let mounted = chart.mounted();
    let inside = mounted.iter().filter_map(|one| {
        let full = one.full_path(chart);
        let rest = file.strip_prefix(&*full)?.strip_prefix('/')?;
        Some((full.len(), one.chart.path_in_root(rest)))
    });
    inside.max_by_key(|(length, _)| *length).map_or_else(|| file.to_owned(), |(_, path)| path)
}
