//! What the webhook is given: a pod, and what is known of its account.

use std::collections::BTreeMap;

use crate::identity::account::{CLIENT_ID, TENANT_ID};
use crate::identity::record::{Container, EnvValue, TokenVolume};
use crate::identity::surroundings::KnownAccount;

/// A pod as the webhook sees it.
pub(in crate::identity) struct Pod<'p> {
    /// The pod's name, or `PREFIX- (prefix)` when the API server makes one up from a prefix; `None` when a chart can't tell.
    pub(in crate::identity) name: Option<String>,
    pub(in crate::identity) labels: &'p BTreeMap<String, String>,
    /// Whether the use label is something else than text.
    pub(in crate::identity) label_is_no_text: bool,
    pub(in crate::identity) annotations: &'p BTreeMap<String, String>,
    pub(in crate::identity) host_network: bool,
    pub(in crate::identity) containers: &'p [Container],
    pub(in crate::identity) volumes: &'p [String],
    pub(in crate::identity) token_volumes: &'p [TokenVolume],
    /// The account's name with its namespace: `monitoring/wi-sa`.
    pub(in crate::identity) account_name: String,
    pub(in crate::identity) account: KnownAccount<'p>,
    /// The tenant that the webhook is set up for, when told.
    pub(in crate::identity) tenant: Option<&'p str>,
}

impl Pod<'_> {
    /// What an annotation of the account says: nothing when it has none or isn't known.
    pub(super) fn account_annotation(&self, key: &str) -> Option<&str> {
        match self.account {
            KnownAccount::Rendered(account) => account.annotations.get(key),
            KnownAccount::Told(annotations) => annotations.get(key),
            KnownAccount::Absent | KnownAccount::Unknown => None,
        }
        .map(String::as_str)
    }

    /// Whether the account has a label; accounts made elsewhere have none that is known.
    pub(super) fn account_has_label(&self, key: &str) -> bool {
        matches!(self.account, KnownAccount::Rendered(account) if account.labels.contains_key(key))
    }

    /// The client id that the webhook finds; empty when the account has none.
    pub(super) fn client_id(&self) -> EnvValue {
        match self.account {
            KnownAccount::Unknown => self.account_reference(CLIENT_ID),
            _ => EnvValue::Literal(self.account_annotation(CLIENT_ID).unwrap_or_default().to_owned()),
        }
    }

    /// The tenant: the account's, even an empty one, else the webhook's.
    pub(super) fn tenant_id(&self) -> EnvValue {
        match (self.account_annotation(TENANT_ID), self.account, self.tenant) {
            (Some(tenant), ..) => EnvValue::Literal(tenant.to_owned()),
            (None, KnownAccount::Unknown, _) => self.account_reference(TENANT_ID),
            (None, _, Some(tenant)) => EnvValue::Literal(tenant.to_owned()),
            (None, _, None) => EnvValue::From("webhook/AZURE_TENANT_ID".into()),
        }
    }

    fn account_reference(&self, key: &str) -> EnvValue {
        EnvValue::From(format!("account/{}:{key}", self.account_name))
    }

    /// Whether the pod already has a container of this name, or, by version, one with this image.
    pub(super) fn has_container(&self, init: bool, name: &str, image: Option<&str>) -> bool {
        let found = |container: &&Container| container.name == name || image.is_some_and(|image| container.image.starts_with(image));
        self.containers.iter().filter(|container| container.init == init).any(|container| found(&container))
    }
}
