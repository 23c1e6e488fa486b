//! Where the webhook's use label stands, besides the one place where it counts: the pod's labels.

use super::account::Account;
use super::selector;
use super::{PREFIX, USE_LABEL};
use crate::object::{Object, PodTemplate};
use crate::value::Node;

/// See [`super::Details::use_label_elsewhere`].
pub(super) fn elsewhere(object: &Object<'_>, template: &PodTemplate<'_>, account: Option<&Account>) -> Vec<String> {
    let metadata = object.node.get("metadata").filter(|_| object.id.kind != "Pod");
    let spec = object.node.get("spec");
    let job = spec.and_then(|spec| spec.get_path(["jobTemplate", "metadata"]));
    let claims = spec.and_then(|spec| spec.get("volumeClaimTemplates")).and_then(Node::as_list).unwrap_or_default();
    let claimed = claims.iter().any(|claim| has(claim.get("metadata"), "labels"));
    let on_account =
        |labels: bool| account.is_some_and(|account| if labels { &account.labels } else { &account.annotations }.contains_key(USE_LABEL));
    let places = [
        ("metadata.labels", has(metadata, "labels")),
        ("metadata.annotations", has(metadata, "annotations")),
        ("jobTemplate.labels", has(job, "labels")),
        ("volumeClaimTemplates.labels", claimed),
        ("pod.annotations", has(template.metadata, "annotations")),
        ("account.labels", on_account(true)),
        ("account.annotations", on_account(false)),
    ];
    places.iter().filter(|(_, there)| *there).map(|(place, _)| (*place).to_owned()).collect()
}

fn has(metadata: Option<&Node>, key: &str) -> bool {
    metadata.and_then(|metadata| metadata.get(key)).is_some_and(|entries| entries.get(USE_LABEL).is_some())
}

/// Whether the workload's own selector looks at the use label.
pub(super) fn in_selector(object: &Object<'_>) -> bool {
    let Some(selector) = object.node.get_path(["spec", "selector"]) else { return false };
    selector.get(USE_LABEL).is_some() || selector::keys(selector).iter().any(|key| key == USE_LABEL)
}

/// A key of the webhook: `azure.workload.identity/NAME`.
pub(super) fn key(name: &str) -> String {
    format!("{PREFIX}{name}")
}
