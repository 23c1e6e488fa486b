//! The ServiceAccounts of a render (Kubernetes `core/v1`), and what of them the webhook reads.

use std::collections::BTreeMap;

use serde::Serialize;

use super::scalars::{boolean, name, texts};
use crate::object::Object;

/// The annotation that says whose token the account's pods ask for.
pub(super) const CLIENT_ID: &str = "azure.workload.identity/client-id";

/// The annotation that says in which tenant.
pub(super) const TENANT_ID: &str = "azure.workload.identity/tenant-id";

/// Helm's annotation that keeps an object which leaves its release (Helm 3.17 `pkg/kube/resource_policy.go`).
const RESOURCE_POLICY: &str = "helm.sh/resource-policy";

/// A ServiceAccount of a render. The first three fields are the reference's.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// `automountServiceAccountToken`.
    pub automount: Option<bool>,
    /// `azure.workload.identity/client-id`.
    pub client_id: Option<String>,
    /// `azure.workload.identity/tenant-id`.
    pub tenant_id: Option<String>,
    /// Its namespace.
    pub namespace: String,
    /// All annotations.
    pub annotations: BTreeMap<String, String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// When the hook runs that makes it; empty when it is no hook.
    pub hook: Vec<String>,
    /// Whether Helm keeps it when it leaves the release (`helm.sh/resource-policy: keep`).
    pub kept: bool,
    /// The workloads of the render that run on it: `Kind/name`.
    pub workloads: Vec<String>,
}

impl Account {
    /// Reads a ServiceAccount.
    fn of(object: &Object<'_>) -> Self {
        let metadata = object.node.get("metadata");
        let annotations = texts(metadata, "annotations");
        let kept = annotations.get(RESOURCE_POLICY).is_some_and(|policy| policy.trim().eq_ignore_ascii_case("keep"));
        Self {
            automount: boolean(Some(object.node), "automountServiceAccountToken"),
            client_id: annotations.get(CLIENT_ID).cloned(),
            tenant_id: annotations.get(TENANT_ID).cloned(),
            namespace: object.id.namespace.clone(),
            annotations,
            labels: texts(metadata, "labels"),
            hook: object.events.to_vec(),
            kept,
            workloads: Vec::new(),
        }
    }
}

/// The accounts of a render with their names, in its order.
pub(super) fn read(objects: &[Object<'_>]) -> Vec<(String, Account)> {
    let accounts = objects.iter().filter(|object| object.id.kind == "ServiceAccount");
    accounts.map(|object| (name(object.written_name()), Account::of(object))).collect()
}
