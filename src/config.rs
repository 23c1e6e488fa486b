//! `.chartshift.yaml`: what a team decided about findings, and what it knows of its clusters. Depends on `classify`, `identity` and `error`;
//! whoever calls reads the file.
//!
//! ```yaml
//! levels:
//!   image-changed: off
//!   egress-policy-enabled: low
//! ignores:
//!   - rule: service-account-create-flipped
//!     path: minio.**
//!     chart: thanos
//!     reason: minio is switched off in every cluster
//!     expires: 2026-12-31
//! webhookVersion: v1.5.1
//! tenantId: 33333333-3333-3333-3333-333333333333
//! accounts:
//!   wi-sa:                                   # in the release's namespace
//!     azure.workload.identity/client-id: 11111111-1111-1111-1111-111111111111
//!   monitoring/old-sa: absent
//! subjects:
//!   - system:serviceaccount:monitoring:wi-sa
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::classify::catalogue::{Catalogue, malformed};
use crate::classify::settings::{Ignore, Level, Settings};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::identity::webhook::Version;
use crate::identity::{Facts, ToldAccount};

/// The name of the file that is looked for.
pub const FILE_NAME: &str = ".chartshift.yaml";

/// The file as it is written. Unknown keys are refused.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Config {
    /// Levels by rule id: a severity, or `off`.
    #[serde(default)]
    pub levels: BTreeMap<String, Level>,
    /// Findings to list as ignored.
    #[serde(default)]
    pub ignores: Vec<IgnoreText>,
    /// The version of the Azure Workload Identity webhook: `v1.5.1`.
    pub webhook_version: Option<String>,
    /// The tenant that the webhook is set up for.
    pub tenant_id: Option<String>,
    /// Accounts made elsewhere: name, or `namespace/name`, with their annotations.
    #[serde(default)]
    pub accounts: BTreeMap<String, AccountText>,
    /// Subjects that have a federated credential: all of them, when any is told.
    pub subjects: Option<Vec<String>>,
}

/// An account as it is written: its annotations, or the word `absent`.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "annotations of an account, all of them text, or the word absent")]
pub enum AccountText {
    /// The annotations, by name.
    Annotations(BTreeMap<String, String>),
    /// That there is none.
    Word(AbsentWord),
}

/// The word that says that there is no such account.
#[derive(Debug, Clone, Copy, Deserialize)]
pub enum AbsentWord {
    /// The only one.
    #[serde(rename = "absent")]
    Absent,
}

/// What a subject of a pod begins with; its namespace and its account follow.
const SUBJECT: &str = "system:serviceaccount:";

/// An ignore as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IgnoreText {
    /// The rule's id.
    pub rule: String,
    /// A pattern over paths of places; none: all of them.
    pub path: Option<String>,
    /// A pattern over chart names; none: every chart.
    pub chart: Option<String>,
    /// Why this is fine here.
    pub reason: String,
    /// The first day it no longer holds, as `2026-01-31`.
    pub expires: Option<String>,
}

impl Config {
    /// Reads the file's text; an empty one decides nothing.
    ///
    /// # Errors
    /// `Syntax` with file, line and column when it is not YAML, or has a key that isn't known.
    pub fn read(file: &str, text: &str) -> Result<Self> {
        let config: Option<Self> = serde_yaml::from_str(text).map_err(|error| malformed(&error, file, text))?;
        Ok(config.unwrap_or_default())
    }

    /// Makes it ready for a run. `today` is the day as `2026-01-31`, for ignores that expire.
    ///
    /// # Errors
    /// `NotFound` when it names a rule that `catalogue` doesn't have; `Usage` or `Syntax` when an ignore can't be understood.
    pub fn settings(self, file: &str, catalogue: &Catalogue, today: Option<String>) -> Result<Settings> {
        let settings = || {
            for id in self.levels.keys().chain(self.ignores.iter().map(|ignore| &ignore.rule)) {
                catalogue.rule(id)?;
            }
            let ignore = |text: &IgnoreText| {
                Ignore::new(&text.rule, text.path.as_deref(), text.chart.as_deref(), &text.reason, text.expires.as_deref())
            };
            Ok(Settings { ignores: self.ignores.iter().map(ignore).collect::<Result<_>>()?, levels: self.levels, today })
        };
        settings().doing(|| format!("cannot use {file}"))
    }

    /// What the file tells of things that no chart can know.
    ///
    /// # Errors
    /// `Usage` for a webhook version that isn't known, an account that isn't `name` or `namespace/name`, a subject that isn't
    /// `system:serviceaccount:NAMESPACE:NAME`, and an empty tenant.
    pub fn facts(&self, file: &str) -> Result<Facts> {
        let facts = || {
            Ok(Facts {
                webhook_version: self.webhook_version.as_deref().map(Version::named).transpose()?,
                accounts: self.accounts.iter().map(|(name, text)| account(name, text)).collect::<Result<_>>()?,
                subjects: self.subjects.as_ref().map(|subjects| subjects.iter().map(|text| subject(text)).collect()).transpose()?,
                tenant_id: self.tenant_id.as_deref().map(tenant).transpose()?,
            })
        };
        facts().doing(|| format!("cannot use {file}"))
    }
}

fn account(name: &str, text: &AccountText) -> Result<(String, ToldAccount)> {
    let parts: Vec<&str> = name.split('/').collect();
    if parts.len() > 2 || parts.iter().any(|part| part.is_empty()) {
        return Err(Error::new(ErrorKind::Usage, format!("accounts: {name:?} is no account"))
            .hint("write its name, or its namespace and name as monitoring/wi-sa"));
    }
    let told = match text {
        AccountText::Annotations(annotations) => ToldAccount::Annotated(annotations.clone()),
        AccountText::Word(AbsentWord::Absent) => ToldAccount::Absent,
    };
    Ok((name.to_owned(), told))
}

fn subject(text: &str) -> Result<String> {
    let parts = text.strip_prefix(SUBJECT).and_then(|rest| rest.split_once(':'));
    let well_formed = parts.is_some_and(|(namespace, name)| !namespace.is_empty() && !name.is_empty() && !name.contains(':'));
    well_formed.then(|| text.to_owned()).ok_or_else(|| {
        Error::new(ErrorKind::Usage, format!("subjects: {text:?} is no subject of a pod"))
            .hint(format!("write it as {SUBJECT}NAMESPACE:ACCOUNT, as it stands in the federated credential"))
    })
}

fn tenant(text: &str) -> Result<String> {
    if text.trim().is_empty() {
        return Err(Error::new(ErrorKind::Usage, "tenantId is empty").hint("leave it out when the tenant isn't known"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_where_it_is_wrong() {
        for (text, message) in [
            ("levels: {}\nlevel: {}", "unknown field `level`"),
            ("ignores:\n  - rule: a-b", "missing field `reason`"),
            ("ignores: [", FILE_NAME),
            ("levels: {image-changed: loud}", FILE_NAME),
        ] {
            let error = Config::read(FILE_NAME, text).unwrap_err();
            assert!(error.report().contains(message) && error.place().is_some(), "{}", error.report());
        }
        assert!(Config::read(FILE_NAME, "").unwrap().levels.is_empty());
    }

    #[test]
    fn names_only_rules_that_are_there() {
        let config = Config::read(FILE_NAME, "levels: {no-such-rule: off}").unwrap();
        let error = config.settings(FILE_NAME, &Catalogue::default(), None).unwrap_err();
        assert!(error.report().contains("no rule \"no-such-rule\""), "{}", error.report());
    }

    #[test]
    fn tells_what_no_chart_can_know() {
        let text = "webhookVersion: v1.5\ntenantId: t\nsubjects: ['system:serviceaccount:a:b']\n\
                    accounts: {wi-sa: {azure.workload.identity/client-id: '1'}, a/gone: absent, a/bare: {}}";
        let facts = Config::read(FILE_NAME, text).unwrap().facts(FILE_NAME).unwrap();
        assert_eq!(facts.webhook_version.unwrap().to_string(), "v1.5.1");
        assert_eq!(facts.tenant_id.as_deref(), Some("t"));
        assert_eq!(facts.subjects.unwrap(), ["system:serviceaccount:a:b"]);
        let annotations = [("azure.workload.identity/client-id".to_owned(), "1".to_owned())];
        let accounts = [
            ("a/bare".to_owned(), ToldAccount::Annotated(BTreeMap::new())),
            ("a/gone".to_owned(), ToldAccount::Absent),
            ("wi-sa".to_owned(), ToldAccount::Annotated(annotations.into())),
        ];
        assert_eq!(facts.accounts, accounts.into());
        let silent = Config::read(FILE_NAME, "").unwrap().facts(FILE_NAME).unwrap();
        assert!(silent.subjects.is_none() && silent.webhook_version.is_none() && silent.accounts.is_empty());
    }

    #[test]
    fn says_which_fact_is_wrong() {
        for (text, message) in [
            ("webhookVersion: v2.0.0", "no webhook version \"v2.0.0\" is known"),
            ("webhookVersion: latest", "v1.5.1, v1.6.0 and patches"),
            ("tenantId: ' '", "tenantId is empty"),
            ("accounts: {a/b/c: {}}", "\"a/b/c\" is no account"),
            ("accounts: {/b: {}}", "monitoring/wi-sa"),
            ("subjects: [monitoring/wi-sa]", "\"monitoring/wi-sa\" is no subject"),
            ("subjects: ['system:serviceaccount:a']", "system:serviceaccount:NAMESPACE:ACCOUNT"),
        ] {
            let error = Config::read(FILE_NAME, text).unwrap().facts(FILE_NAME).unwrap_err();
            assert!(error.report().contains(message) && error.report().contains("cannot use .chartshift.yaml"), "{}", error.report());
        }
        for text in ["accounts: {a: gone}", "accounts: {a: {b: [c]}}", "accounts: {a: }"] {
            let error = Config::read(FILE_NAME, text).unwrap_err();
            assert!(error.report().contains("annotations of an account, all of them text, or the word absent"), "{}", error.report());
        }
    }
}
