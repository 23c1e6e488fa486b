//! What a pod's record needs of the rest of its render: accounts, network policies, roles; and what the configuration tells.

use std::collections::BTreeMap;

use super::account::{self, Account};
use super::egress::EgressPolicy;
use super::facts::{Facts, ToldAccount};
use super::permissions::Grants;
use super::webhook::Version;
use crate::object::Object;

/// A render, read once for all its pods.
pub(super) struct Surroundings<'r> {
    /// By namespace and name.
    placed: BTreeMap<(String, String), Account>,
    /// By name alone: what the reference looks at.
    named: BTreeMap<String, Account>,
    pub(super) policies: Vec<EgressPolicy<'r>>,
    pub(super) grants: Grants<'r>,
    pub(super) facts: &'r Facts,
    release_namespace: &'r str,
}

/// What is known of the account that a pod names, in the pod's own namespace.
#[derive(Debug, Clone, Copy)]
pub(super) enum KnownAccount<'s> {
    /// The render makes it.
    Rendered(&'s Account),
    /// The configuration tells its annotations.
    Told(&'s BTreeMap<String, String>),
    /// The configuration tells that there is none.
    Absent,
    /// Nothing is known.
    Unknown,
}

impl<'r> Surroundings<'r> {
    pub(super) fn of(objects: &[Object<'r>], release_namespace: &'r str, facts: &'r Facts) -> Self {
        let mut grants = Grants::default();
        objects.iter().for_each(|object| grants.note(object));
        let accounts = objects.iter().filter(|object| account::is_account(object));
        Self {
            placed: accounts.map(|object| ((object.id.namespace.clone(), object.id.name.clone()), Account::of(object))).collect(),
            named: account::read(objects),
            policies: objects.iter().filter_map(EgressPolicy::of).collect(),
            grants,
            facts,
            release_namespace,
        }
    }

    /// The account of that name that the render makes: in the pod's namespace, else in any.
    pub(super) fn rendered(&self, namespace: &str, name: &str) -> Option<&Account> {
        self.placed.get(&(namespace.to_owned(), name.to_owned())).or_else(|| self.named.get(name))
    }

    /// An annotation of the account that a pod names: as rendered, else as told.
    pub(super) fn annotation(&self, namespace: &str, name: &str, key: &str) -> Option<String> {
        let told = |known: KnownAccount<'_>| match known {
            KnownAccount::Told(annotations) => annotations.get(key).cloned(),
            _ => None,
        };
        match self.rendered(namespace, name) {
            Some(account) => account.annotations.get(key).cloned(),
            None => told(self.known(namespace, name)),
        }
    }

    /// What is known of the account, strictly in the namespace.
    pub(super) fn known(&self, namespace: &str, name: &str) -> KnownAccount<'_> {
        if let Some(account) = self.placed.get(&(namespace.to_owned(), name.to_owned())) {
            return KnownAccount::Rendered(account);
        }
        match self.facts.account(namespace, name, self.release_namespace) {
            Some(ToldAccount::Annotated(annotations)) => KnownAccount::Told(annotations),
            Some(ToldAccount::Absent) => KnownAccount::Absent,
            None => KnownAccount::Unknown,
        }
    }

    /// The webhook's version: told, else the newest.
    pub(super) fn webhook(&self) -> Version {
        self.facts.webhook_version.unwrap_or_default()
    }
}
