//! The containers and volumes of a pod's spec (Kubernetes `core/v1` `PodSpec`), as far as a login cares.

use std::collections::BTreeMap;

use super::record::{Container, EnvValue, TokenVolume};
use super::scalars::{integer, items, text, written};
use crate::value::Node;

/// Init containers first, then the others, in their order.
pub(super) fn containers(spec: Option<&Node>) -> Vec<Container> {
    let pod_user = integer(spec.and_then(|spec| spec.get("securityContext")), "runAsUser");
    let of = |key, init| items(spec, key).iter().map(move |node| container(node, init, pod_user));
    of("initContainers", true).chain(of("containers", false)).collect()
}

fn container(node: &Node, init: bool, pod_user: Option<i64>) -> Container {
    let here = Some(node);
    let mount = |mount: &Node| (owned(mount, "name"), owned(mount, "mountPath"));
    Container {
        name: owned(node, "name"),
        init,
        image: owned(node, "image"),
        env: items(here, "env").iter().map(|variable| (owned(variable, "name"), env_value(variable))).collect::<BTreeMap<_, _>>(),
        env_from: items(here, "envFrom").iter().filter_map(env_source).collect(),
        mounts: items(here, "volumeMounts").iter().map(mount).collect(),
        run_as_user: integer(node.get("securityContext"), "runAsUser").or(pod_user),
        token_readable: None,
    }
}

fn owned(node: &Node, key: &str) -> String {
    node.get(key).and_then(written).unwrap_or_default()
}

fn env_value(variable: &Node) -> EnvValue {
    let from = variable.get("valueFrom");
    let source = |key| from.and_then(|from| from.get(key));
    let keyed = |word: &str, node: &Node| format!("{word}/{}:{}", owned(node, "name"), owned(node, "key"));
    let reference = source("secretKeyRef")
        .map(|node| keyed("secret", node))
        .or_else(|| source("configMapKeyRef").map(|node| keyed("configMap", node)))
        .or_else(|| source("fieldRef").map(|node| format!("field/{}", owned(node, "fieldPath"))))
        .or_else(|| source("resourceFieldRef").map(|node| format!("resource/{}", owned(node, "resource"))));
    reference.map_or_else(|| EnvValue::Literal(owned(variable, "value")), EnvValue::From)
}

fn env_source(node: &Node) -> Option<String> {
    let named = |key, word| node.get(key).map(|source| format!("{word}/{}", owned(source, "name")));
    named("secretRef", "secret").or_else(|| named("configMapRef", "configMap"))
}

/// The names of all volumes.
pub(super) fn volumes(spec: Option<&Node>) -> Vec<String> {
    items(spec, "volumes").iter().map(|volume| owned(volume, "name")).collect()
}

/// The projected service-account tokens among the volumes.
pub(super) fn token_volumes(spec: Option<&Node>) -> Vec<TokenVolume> {
    items(spec, "volumes").iter().flat_map(tokens_of).collect()
}

fn tokens_of(volume: &Node) -> impl Iterator<Item = TokenVolume> {
    let projected = volume.get("projected");
    items(projected, "sources").iter().filter_map(|source| source.get("serviceAccountToken")).map(move |token| TokenVolume {
        volume: owned(volume, "name"),
        path: owned(token, "path"),
        audience: text(Some(token), "audience").filter(|audience| !audience.is_empty()).map(str::to_owned),
        expiry: integer(Some(token), "expirationSeconds"),
        mode: integer(projected, "defaultMode"),
    })
}
