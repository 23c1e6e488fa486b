//! Who each pod is: one record per pod template, and what the Azure Workload Identity webhook makes of it.
//!
//! ```text
//! objects ─▶ accounts, network policies, roles ─▶ one Record per pod template ─▶ webhook (what each container gets) ─▶ Identities
//! ```
//!
//! A [`Record`] is plain data, and in JSON it is what rules look at and reports print. The first ten fields of a record have the names and
//! meanings of the reference that checks of renders use; the others follow `pkg/webhook` of Azure/azure-workload-identity v0.1 to v1.6.
//! Depends on `object`, `value` and `error`.

mod account;
mod changes;
mod containers;
mod egress;
mod facts;
mod labels;
mod permissions;
mod record;
mod scalars;
mod selector;
mod surroundings;
#[cfg(test)]
mod tests;
mod token;
pub mod webhook;
mod workload;

use std::collections::BTreeMap;

use serde::Serialize;

pub use account::Account;
pub use changes::{Pair, changed, pair};
pub use facts::{Facts, ToldAccount};
pub use record::{Automount, Container, Details, EnvValue, Injection, Outcome, Readers, Record, TokenVolume};

use crate::object::Object;
use surroundings::Surroundings;

/// The prefix of the webhook's labels and annotations since v0.4.0.
const PREFIX: &str = "azure.workload.identity/";

/// The label that switches the webhook on for a pod.
const USE_LABEL: &str = "azure.workload.identity/use";

/// All pods and accounts of one render.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Identities {
    /// By `Kind/name`, in order of that.
    pub workloads: BTreeMap<String, Record>,
    /// By name.
    pub accounts: BTreeMap<String, Account>,
}

/// Reads who the pods of a render are. `namespace` is the release's. Of two objects with one name the later counts.
pub fn read(objects: &[Object<'_>], namespace: &str, facts: &Facts) -> Identities {
    let surroundings = Surroundings::of(objects, namespace, facts);
    let mut workloads = BTreeMap::new();
    for object in objects {
        let Some(template) = object.pod_template() else { continue };
        let key = format!("{}/{}", object.id.kind, scalars::name(object.written_name()));
        workloads.insert(key, workload::read(object, &template, &surroundings));
    }
    let mut accounts: BTreeMap<_, _> = surroundings.accounts.into_iter().collect();
    for (key, record) in &workloads {
        if let Some(account) = accounts.get_mut(&record.service_account_name) {
            account.workloads.push(key.clone());
        }
    }
    Identities { workloads, accounts }
}
