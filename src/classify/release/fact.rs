//! What rules on a rendered release look at: pods, accounts, objects and permissions that differ. Depends on `identity`, `diff` and `value`.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::ReleaseSubject;
use super::field::{Field, fields, object_field};
use crate::classify::condition::Variables;
use crate::classify::rule::On;
use crate::diff::ChangeKind;
use crate::diff::objects::{ObjectChange, ObjectsDiff, PermissionChange};
use crate::identity::webhook::Version;
use crate::identity::{Account, EnvValue, Pair, Record, TokenVolume, pair};

/// What conditions on every rendered thing may speak of.
const NAMES: [&str; 17] = [
    "kind",
    "chart",
    "release",
    "namespace",
    "path",
    "old",
    "new",
    "fields",
    "azure",
    "old_accounts",
    "new_accounts",
    "old_pods",
    "new_pods",
    "subjects",
    "webhook",
    "tenant",
    "workloads",
];

/// What conditions may speak of, by what a rule looks at.
pub(in crate::classify) fn names(on: On) -> Vec<&'static str> {
    let more: &[&str] = match on {
        On::Workload => &["renamed_from", "restarts", "parted"],
        On::Object => &["object", "blocked"],
        On::Permission => &["gained", "lost"],
        _ => &[],
    };
    NAMES.iter().chain(more).copied().collect()
}

/// One thing that a release renders otherwise.
pub(super) struct Fact {
    pub(super) on: On,
    /// `Kind/name`.
    pub(super) about: String,
    pub(super) kind: ChangeKind,
    pub(super) fields: Vec<Field>,
    /// The record of a pod or account, with what is computed from it; null on the side that has none.
    pub(super) old: Json,
    pub(super) new: Json,
    /// `Kind/name` of the pods that it matters to.
    pub(super) workloads: Vec<String>,
    /// The template it comes from; empty when not known.
    pub(super) file: String,
    /// What its conditions see beyond [`shared`], `fields` left out.
    pub(super) variables: Variables,
}

/// What the conditions on every fact see.
pub(super) fn shared(subject: &ReleaseSubject<'_>) -> Variables {
    let facts = subject.facts;
    let pods = |side: &BTreeMap<String, Record>| side.iter().map(|(name, record)| (name.clone(), brief(record))).collect::<Vec<_>>();
    let accounts = |side: &BTreeMap<String, Account>| side.iter().map(|(name, account)| (name.clone(), json(account))).collect::<Vec<_>>();
    let table = |variables: Variables, name, rows: Vec<(String, Json)>| {
        variables.table(name, rows.iter().map(|(key, json)| (key.as_str(), json.clone())))
    };
    let mut variables = Variables::default()
        .text("chart", subject.chart)
        .text("release", subject.release)
        .text("namespace", subject.namespace)
        .json("subjects", &json(&facts.subjects))
        .text("webhook", &facts.webhook_version.unwrap_or(Version::NEWEST).to_string())
        .json("tenant", &json(&facts.tenant_id));
    variables = table(variables, "old_pods", pods(&subject.old.workloads));
    variables = table(variables, "new_pods", pods(&subject.new.workloads));
    variables = table(variables, "old_accounts", accounts(&subject.old.accounts));
    table(variables, "new_accounts", accounts(&subject.new.accounts))
}

/// Everything that differs, pods first. What is the same on both sides is left out.
pub(super) fn facts(subject: &ReleaseSubject<'_>) -> Vec<Fact> {
    let mut facts = workload_facts(subject);
    facts.extend(account_facts(subject));
    if let Some(objects) = subject.objects {
        facts.extend(objects.changes.iter().map(|change| object_fact(subject, objects, change)));
        facts.extend(objects.permissions.iter().map(|change| permission_fact(subject, change)));
    }
    facts
}

fn workload_facts(subject: &ReleaseSubject<'_>) -> Vec<Fact> {
    let templates = templates(subject.objects);
    let mut facts = Vec::new();
    for pair in pair(subject.old, subject.new).into_iter().filter(|pair| pair.old != pair.new) {
        let name = pair.name;
        let restarts = subject.objects.map(|objects| objects.restarts.iter().any(|restart| restart.id.label() == name));
        let mut fact = record_fact(On::Workload, name.to_owned(), pair.old.map(json), pair.new.map(json), vec![name.to_owned()]);
        let uses = |record: Option<&Record>| record.is_some_and(uses_azure);
        complete(&mut fact.old, pair.old);
        complete(&mut fact.new, pair.new);
        fact.variables = variables(&fact, uses(pair.old) || uses(pair.new))
            .text("renamed_from", pair.renamed_from.unwrap_or_default())
            .flag("parted", has_parted(subject, &pair))
            .json("restarts", &json(&restarts));
        fact.file = templates.get(name).map_or_else(String::new, |file| (*file).to_owned());
        facts.push(fact);
    }
    facts
}

/// Whether a pod moved to another account than a pod that shared its old one. The account default is shared by those that have none.
fn has_parted(subject: &ReleaseSubject<'_>, pair: &Pair<'_>) -> bool {
    let (Some(old), Some(new)) = (pair.old, pair.new) else { return false };
    let is_itself = |name: &str| name == pair.name || Some(name) == pair.renamed_from;
    let shared =
        subject.old.workloads.iter().filter(|(name, one)| !is_itself(name) && one.service_account_name == old.service_account_name);
    let mut now = shared.filter_map(|(name, _)| subject.new.workloads.get(name));
    old.service_account_name != new.service_account_name
        && old.service_account_name != "default"
        && now.any(|one| one.service_account_name != new.service_account_name)
}

/// The templates of changed objects.
fn templates(objects: Option<&ObjectsDiff>) -> BTreeMap<String, &str> {
    let changes = objects.map_or(&[][..], |objects| &objects.changes);
    changes.iter().map(|change| (change.id.label(), change.template.as_str())).collect()
}

fn account_facts(subject: &ReleaseSubject<'_>) -> Vec<Fact> {
    let templates = templates(subject.objects);
    let gone = |name: &&String| !subject.new.accounts.contains_key(*name);
    let names = subject.new.accounts.keys().chain(subject.old.accounts.keys().filter(gone));
    let mut facts = Vec::new();
    for name in names {
        let (old, new) = (subject.old.accounts.get(name), subject.new.accounts.get(name));
        if old != new {
            let mut workloads: Vec<String> = old.iter().chain(&new).flat_map(|account| account.workloads.clone()).collect();
            workloads.sort();
            workloads.dedup();
            let about = format!("ServiceAccount/{name}");
            let azure = workloads.iter().any(|workload| pod_uses_azure(subject, workload))
                || old.iter().chain(&new).any(|account| account.client_id.as_ref().is_some_and(|id| !id.is_empty()));
            let mut fact = record_fact(On::Account, about.clone(), old.map(json), new.map(json), workloads);
            for side in [&mut fact.old, &mut fact.new] {
                if let Some(map) = side.as_object_mut() {
                    map.insert("name".to_owned(), Json::String(name.clone()));
                }
            }
            fact.variables = variables(&fact, azure);
            fact.file = templates.get(&about).map_or_else(String::new, |file| (*file).to_owned());
            facts.push(fact);
        }
    }
    facts
}

fn record_fact(on: On, about: String, old: Option<Json>, new: Option<Json>, workloads: Vec<String>) -> Fact {
    let kind = match (&old, &new) {
        (None, _) => ChangeKind::Added,
        (_, None) => ChangeKind::Removed,
        _ => ChangeKind::Modified,
    };
    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
    Fact { on, about, kind, fields: fields(&old, &new), old, new, workloads, file: String::new(), variables: Variables::default() }
}

fn variables(fact: &Fact, azure: bool) -> Variables {
    Variables::default()
        .text("kind", crate::classify::matching::kind_word(fact.kind))
        .text("path", &fact.about)
        .json("old", &fact.old)
        .json("new", &fact.new)
        .flag("azure", azure)
        .texts("workloads", fact.workloads.iter().map(String::as_str))
}

fn object_fact(subject: &ReleaseSubject<'_>, objects: &ObjectsDiff, change: &ObjectChange) -> Fact {
    let about = change.id.label();
    let is_pod = subject.new.workloads.contains_key(&about) || subject.old.workloads.contains_key(&about);
    let workloads = if is_pod { vec![about.clone()] } else { Vec::new() };
    let mut fact = Fact {
        on: On::Object,
        about,
        kind: change.kind,
        fields: change.fields.iter().map(object_field).collect(),
        old: Json::Null,
        new: Json::Null,
        workloads,
        file: change.template.clone(),
        variables: Variables::default(),
    };
    let blocked = objects.blocked.iter().filter(|blocked| blocked.id == change.id);
    let blocked: Vec<Json> = blocked.map(|blocked| json!({"path": blocked.path.to_string(), "reason": blocked.reason})).collect();
    let words = |blocked: &Json| Some(format!("{} ({})", blocked["path"].as_str()?, blocked["reason"].as_str()?));
    fact.new = json!({"blocked": blocked.iter().filter_map(words).collect::<Vec<_>>()});
    let id = &change.id;
    let object = json!({"group": id.group, "kind": id.kind, "namespace": id.namespace, "name": id.name});
    let azure = fact.workloads.iter().any(|workload| pod_uses_azure(subject, workload));
    fact.variables = variables(&fact, azure).json("object", &object).json("blocked", &Json::Array(blocked));
    fact
}

fn permission_fact(subject: &ReleaseSubject<'_>, change: &PermissionChange) -> Fact {
    let on_account = |side: &BTreeMap<String, Record>| {
        let on_it = side.iter().filter(|(_, record)| record.service_account_name == change.account);
        on_it.map(|(name, _)| name.clone()).collect::<Vec<_>>()
    };
    let list = |texts: &[String]| if texts.is_empty() { Json::Null } else { json!(texts) };
    let mut fact = Fact {
        on: On::Permission,
        about: format!("ServiceAccount/{}", change.account),
        kind: ChangeKind::Modified,
        fields: fields(&json!({"permissions": list(&change.lost)}), &json!({"permissions": list(&change.gained)})),
        old: Json::Null,
        new: json!({
            "name": change.account,
            "scope": change.namespace.as_deref().unwrap_or("the whole cluster"),
            "gained": change.gained,
            "lost": change.lost,
        }),
        workloads: on_account(&subject.new.workloads),
        file: String::new(),
        variables: Variables::default(),
    };
    let azure = fact.workloads.iter().any(|workload| pod_uses_azure(subject, workload));
    let texts = |variables: Variables, name, texts: &[String]| variables.texts(name, texts.iter().map(String::as_str));
    fact.variables = texts(texts(variables(&fact, azure), "gained", &change.gained), "lost", &change.lost);
    fact
}

fn pod_uses_azure(subject: &ReleaseSubject<'_>, workload: &str) -> bool {
    [subject.old, subject.new].iter().any(|side| side.workloads.get(workload).is_some_and(uses_azure))
}

/// Whether anything about a pod says that it logs in to Azure: the use label, a client id on its account, a variable of the Azure SDK, a token
/// that Entra would exchange.
fn uses_azure(record: &Record) -> bool {
    let variables = || record.details.containers.iter().flat_map(|container| container.env.keys());
    let volumes = &record.details.token_volumes;
    record.use_label
        || has_client_id(record)
        || variables().any(|name| name.starts_with("AZURE_"))
        || volumes.iter().any(TokenVolume::is_azure)
}

fn has_client_id(record: &Record) -> bool {
    record.client_id.as_ref().is_some_and(|id| !id.is_empty())
}

/// Whether the chart gives a container its client id itself, so that the webhook leaves it alone.
fn own_client_id(record: &Record) -> bool {
    let own = |value: &EnvValue| !matches!(value, EnvValue::Literal(text) if text.is_empty());
    record.details.containers.iter().any(|container| container.env.get("AZURE_CLIENT_ID").is_some_and(own))
}

/// Adds what conditions would have to spell out again and again.
fn complete(side: &mut Json, record: Option<&Record>) {
    if let (Some(map), Some(record)) = (side.as_object_mut(), record) {
        map.insert("usesAzure".to_owned(), Json::Bool(uses_azure(record)));
        map.insert("hasClientId".to_owned(), Json::Bool(has_client_id(record)));
        map.insert("ownClientId".to_owned(), Json::Bool(own_client_id(record)));
    }
}

/// What conditions see of the other pods.
fn brief(record: &Record) -> Json {
    json!({
        "serviceAccountName": record.service_account_name,
        "clientId": record.client_id,
        "useLabel": record.use_label,
        "useLabelInSelector": record.details.use_label_in_selector,
        "subject": record.subject,
        "rendered": record.rendered,
        "automount": record.automount,
        "usesAzure": uses_azure(record),
        "proxySidecar": record.details.proxy_sidecar,
    })
}

/// A record as JSON; records have text keys only, so that this can't fail.
fn json<T: serde::Serialize + ?Sized>(record: &T) -> Json {
    serde_json::to_value(record).unwrap_or_default()
}
