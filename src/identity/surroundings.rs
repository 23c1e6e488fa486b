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
    /// By name, in the render's order: of two with one name the later counts.
    pub(super) accounts: Vec<(String, Account)>,
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
        let policies = objects.iter().filter_map(EgressPolicy::of).collect();
        Self { accounts: account::read(objects), policies, grants, facts, release_namespace }
    }

    /// The account of that name that the render makes: in the pod's namespace, else in any, as the reference has it.
    pub(super) fn rendered(&self, namespace: &str, name: &str) -> Option<&Account> {
        self.placed(namespace, name).or_else(|| self.of_name(name).next())
    }

    fn placed(&self, namespace: &str, name: &str) -> Option<&Account> {
        self.of_name(name).find(|account| account.namespace == namespace)
    }

    fn of_name(&self, name: &str) -> impl Iterator<Item = &Account> {
        self.accounts.iter().rev().filter(move |(other, _)| other == name).map(|(_, account)| account)
    }

    /// An annotation of the account that a pod names: as rendered, else as told.
    pub(super) fn annotation(&self, namespace: &str, name: &str, key: &str) -> Option<String> {
        let annotations = match (self.rendered(namespace, name), self.known(namespace, name)) {
            (Some(account), _) => &account.annotations,
            (None, KnownAccount::Told(annotations)) => annotations,
            (None, _) => return None,
        };
        annotations.get(key).cloned()
    }

    /// What is known of the account, strictly in the namespace.
    pub(super) fn known(&self, namespace: &str, name: &str) -> KnownAccount<'_> {
        if let Some(account) = self.placed(namespace, name) {
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

    /// Whether a federated credential names the subject; `None` when no subjects were told.
    pub(super) fn is_federated(&self, subject: &str) -> Option<bool> {
        self.facts.subjects.as_ref().map(|subjects| subjects.iter().any(|told| told == subject))
    }
}
