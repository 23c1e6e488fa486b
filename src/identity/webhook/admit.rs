//! What Kubernetes itself says, ahead of the webhook and about its result (`plugin/pkg/admission/serviceaccount`, `pkg/apis/core/validation`).

use super::inject::{inject, volume_name};
use super::{Pod, Version};
use crate::identity::USE_LABEL;
use crate::identity::record::{Container, Injection, Outcome};
use crate::identity::surroundings::KnownAccount;

/// What becomes of a pod: refused, left alone, or what it comes out with.
pub(in crate::identity) fn outcome(version: Version, pod: &Pod<'_>) -> Injection {
    if let Some(reason) = refused_at_once(pod) {
        return refused(reason);
    }
    let injection = inject(version, pod);
    match injection.outcome {
        Outcome::Injected => refused_afterwards(version, &injection, pod).map_or(injection, refused),
        Outcome::Unchanged | Outcome::Refused => injection,
    }
}

fn refused(reason: String) -> Injection {
    Injection { outcome: Outcome::Refused, reason: Some(reason), ..Injection::default() }
}

fn refused_at_once(pod: &Pod<'_>) -> Option<String> {
    if matches!(pod.account, KnownAccount::Absent) {
        return Some(format!("there is no account {}, and Kubernetes makes no pod without its account", pod.account_name));
    }
    pod.label_is_no_text.then(|| format!("the label {USE_LABEL} is not text, and Kubernetes takes only text for labels"))
}

/// Why Kubernetes refuses what the webhook made: volumes and containers are unique by name, mounts by path, and a mount needs its volume.
fn refused_afterwards(version: Version, injection: &Injection, pod: &Pod<'_>) -> Option<String> {
    let name = volume_name(version, pod);
    let own = pod.volumes.contains(&name);
    if injection.volume.is_none() && !own && !injection.mounts.is_empty() {
        return Some(format!("the pod has the token under another name, so nobody makes the volume {name} that the webhook mounts"));
    }
    if injection.volume.is_some() && own && !version.names_volume_by_pod() {
        return Some(format!("the pod has a volume {name} of its own, and the webhook adds another"));
    }
    if let Some(name) = injection.added_containers.iter().find(|name| pod.containers.iter().any(|container| container.name == **name)) {
        return Some(format!("the pod has a container {name} of another sort, and the webhook adds another"));
    }
    let clash = |container: &&Container| {
        let path = injection.mounts.get(&container.name);
        container.mounts.iter().any(|(volume, at)| *volume != name && Some(at) == path)
    };
    let container = pod.containers.iter().find(clash)?;
    Some(format!("the container {} mounts another volume at {}", container.name, injection.mounts[&container.name]))
}
