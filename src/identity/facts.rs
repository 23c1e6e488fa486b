//! What no chart can know: the webhook that runs in the cluster, accounts made elsewhere, federated credentials.

use std::collections::BTreeMap;

use super::webhook::Version;

/// Facts that no chart can know, from the configuration.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The webhook's version; `None`: the newest that is known.
    pub webhook_version: Option<Version>,
    /// Accounts made elsewhere: name (in the release's namespace), or `namespace/name`.
    pub accounts: BTreeMap<String, ToldAccount>,
    /// Subjects that have a federated credential; `None` when nothing was told.
    pub subjects: Option<Vec<String>>,
    /// The webhook's tenant, when told.
    pub tenant_id: Option<String>,
}

/// What is told of an account that the chart doesn't make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToldAccount {
    /// There is none: Kubernetes refuses pods that name it.
    Absent,
    /// It has these annotations.
    Annotated(BTreeMap<String, String>),
}

impl Facts {
    /// What is told of an account, by namespace and name. `release_namespace` is where accounts told by name alone live.
    pub(super) fn account(&self, namespace: &str, name: &str, release_namespace: &str) -> Option<&ToldAccount> {
        let placed = self.accounts.get(&format!("{namespace}/{name}"));
        placed.or_else(|| self.accounts.get(name).filter(|_| namespace == release_namespace))
    }
}
