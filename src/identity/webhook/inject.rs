//! The mutation itself: what a pod that reaches the webhook comes out with, or why it is refused (`pkg/webhook/webhook.go` `Handle`).
//!
//! The order is the webhook's: the account, the proxy, the token's lifetime, the containers, the volume.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::pod::Pod;
use super::{Selection, Version};
use crate::identity::record::{Container, EnvValue, Injection, Outcome, TokenVolume};

/// The seconds that a token may live.
const EXPIRY: std::ops::RangeInclusive<i64> = 3_600..=86_400;

/// What the volume is called when it isn't called after the pod.
const VOLUME: &str = "azure-identity-token";

/// What a volume that is called after the pod begins with.
const RESERVED: &str = "azure-workload-identity-reserved-";

/// The longest name of a volume.
const MAX_VOLUME_NAME: usize = 63;

/// The proxy's containers and images.
const PROXY_INIT: (&str, &str) = ("azwi-proxy-init", "mcr.microsoft.com/oss/azure/workload-identity/proxy-init");
const PROXY: (&str, &str) = ("azwi-proxy", "mcr.microsoft.com/oss/azure/workload-identity/proxy");

/// What the webhook makes of a pod, before Kubernetes looks at the result.
pub(super) fn inject(version: Version, pod: &Pod<'_>) -> Injection {
    if let Err(reason) = selected(version, pod) {
        return Injection { outcome: Outcome::Unchanged, reason: Some(reason), ..Injection::default() };
    }
    mutate(version, pod).unwrap_or_else(|reason| Injection { outcome: Outcome::Refused, reason: Some(reason), ..Injection::default() })
}

/// Whether the webhook sees the pod and takes it; in words why not.
fn selected(version: Version, pod: &Pod<'_>) -> Result<(), String> {
    let key = format!("{}use", version.prefix());
    let on_account = || pod.account_has_label(&key);
    let annotated = || pod.account_annotation(&key).is_some();
    let account = &pod.account_name;
    match version.selection() {
        Selection::PodLabel => match pod.labels.get(&key).map(String::as_str) {
            Some("true") => Ok(()),
            Some(other) => Err(format!("the pod's label {key} says {other:?}, not \"true\"")),
            None => Err(format!("the pod has no label {key}")),
        },
        Selection::AccountLabel if on_account() => Ok(()),
        Selection::AccountLabel => Err(format!("the account {account} has no label {key}, as far as is known")),
        Selection::AccountLabelOrAnnotation if on_account() || annotated() => Ok(()),
        Selection::AccountOrPodLabel if on_account() || annotated() || pod.labels.contains_key(&key) => Ok(()),
        _ => Err(format!("neither label nor annotation {key} is on the account {account}, as far as is known")),
    }
}

fn mutate(version: Version, pod: &Pod<'_>) -> Result<Injection, String> {
    let added = proxies(version, pod)?;
    let expiry = expiry(version, pod)?;
    let volume_name = volume_name(version, pod);
    let skipped = pod.annotations.get(&format!("{}skip-containers", version.prefix())).map(|listed| skip_list(listed)).unwrap_or_default();
    let mut injection = Injection { outcome: Outcome::Injected, added_containers: added.clone(), ..Injection::default() };
    let added: Vec<_> = added.into_iter().map(|name| Container { init: name == PROXY_INIT.0, name, ..Container::default() }).collect();
    for container in pod.containers.iter().chain(&added) {
        if skipped.contains(&&*container.name) || (container.init && !version.mutates_init_containers()) {
            continue;
        }
        injection.env.insert(container.name.clone(), environment(version, pod, container));
        injection.mounts.insert(container.name.clone(), mount(version, container, &volume_name));
    }
    injection.volume = adds_volume(version, pod).then(|| TokenVolume {
        volume: volume_name,
        path: version.token_path().to_owned(),
        audience: Some(TokenVolume::AZURE_AUDIENCE.to_owned()),
        expiry: Some(expiry),
        mode: None,
    });
    Ok(injection)
}

/// The proxy's containers that are added. The annotation's key counts, whatever it says.
fn proxies(version: Version, pod: &Pod<'_>) -> Result<Vec<String>, String> {
    let prefix = version.prefix();
    if !version.has_proxy() || !pod.annotations.contains_key(&format!("{prefix}inject-proxy-sidecar")) {
        return Ok(Vec::new());
    }
    if pod.host_network && version.refuses_proxy_on_host_network() {
        return Err(format!("{prefix}inject-proxy-sidecar is set, and no proxy is put into a pod on its node's network"));
    }
    if let Some(port) = pod.annotations.get(&format!("{prefix}proxy-sidecar-port"))
        && port.parse::<i32>().is_err()
    {
        return Err(format!("{prefix}proxy-sidecar-port is {port:?}, which is no port"));
    }
    let by_image = |image: &'static str| version.knows_proxy_by_image().then_some(image);
    let native = version.has_native_sidecar();
    let wanted = [(true, PROXY_INIT), (native, PROXY)];
    let missing = wanted.into_iter().filter(|(init, (name, image))| !pod.has_container(*init, name, by_image(image)));
    Ok(missing.map(|(_, (name, _))| name.to_owned()).collect())
}

/// The seconds that the token lives: the pod's annotation, else the account's, else the version's default.
fn expiry(version: Version, pod: &Pod<'_>) -> Result<i64, String> {
    let key = format!("{}service-account-token-expiration", version.prefix());
    let own = pod.annotations.get(&key).map(String::as_str).filter(|text| !text.is_empty());
    let Some(text) = own.or_else(|| pod.account_annotation(&key).filter(|text| !text.is_empty())) else {
        return Ok(version.default_expiry());
    };
    let seconds = text.parse::<i64>().map_err(|_| format!("{key} is {text:?}, which is no number of seconds"))?;
    let bounds = format!("{} to {} seconds", EXPIRY.start(), EXPIRY.end());
    if EXPIRY.contains(&seconds) { Ok(seconds) } else { Err(format!("{key} is {seconds}, and a token lives {bounds}")) }
}

fn skip_list(text: &str) -> Vec<&str> {
    text.split(';').map(str::trim).collect()
}

/// The webhook's variables as the container ends up with them: its own stay, whatever they say.
fn environment(version: Version, pod: &Pod<'_>, container: &Container) -> BTreeMap<String, EnvValue> {
    let token_file = EnvValue::Literal(format!("{}/{}", version.mount_path(), version.token_path()));
    let authority = version.sets_authority_host().then(|| EnvValue::From("webhook/AZURE_AUTHORITY_HOST".into()));
    let wanted = [
        ("AZURE_CLIENT_ID", Some(pod.client_id())),
        ("AZURE_TENANT_ID", Some(pod.tenant_id())),
        (version.token_file_variable(), Some(token_file)),
        ("AZURE_AUTHORITY_HOST", authority),
    ];
    let value = |(name, wanted): (&str, Option<EnvValue>)| {
        let injected = wanted.filter(|value| version.sets_empty_variables() || *value != EnvValue::Literal(String::new()));
        Some((name.to_owned(), container.env.get(name).cloned().or(injected)?))
    };
    wanted.into_iter().filter_map(value).collect()
}

/// Where the container has the volume: by version, a mount of that name is left where it is, or moved.
fn mount(version: Version, container: &Container, volume: &str) -> String {
    let own = container.mounts.iter().find(|(name, _)| name == volume).map(|(_, path)| path.as_str());
    own.filter(|_| !version.names_volume_by_pod()).unwrap_or(version.mount_path()).to_owned()
}

fn adds_volume(version: Version, pod: &Pod<'_>) -> bool {
    version.names_volume_by_pod() || pod.token_volumes.iter().all(|volume| volume.path != version.token_path())
}

/// What the version calls its volume; with `*` for what a chart can't tell.
pub(super) fn volume_name(version: Version, pod: &Pod<'_>) -> String {
    if !version.names_volume_by_pod() {
        return VOLUME.to_owned();
    }
    let Some(name) = &pod.name else { return format!("{RESERVED}*") };
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(name.as_bytes()));
    format!("{RESERVED}{}", &hash[..MAX_VOLUME_NAME - RESERVED.len()])
}
