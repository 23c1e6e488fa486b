//! One pod template becomes a record.

use super::account::{CLIENT_ID, TENANT_ID};
use super::record::{Automount, Details, Injection, Record};
use super::scalars::{boolean, integer, is_set, name, text, texts};
use super::surroundings::{KnownAccount, Surroundings};
use super::webhook::{self, Pod};
use super::{USE_LABEL, containers, egress, labels, token};
use crate::object::{Object, PodTemplate};
use crate::value::Node;

/// The annotation of pods and accounts that says how long a token lives.
const EXPIRY: &str = "service-account-token-expiration";

/// Reads who the pod of an object is.
pub(super) fn read(object: &Object<'_>, template: &PodTemplate<'_>, around: &Surroundings<'_>) -> Record {
    let spec = template.spec;
    let namespace = &object.id.namespace;
    let account_name = account_named(spec).map_or_else(|| "default".to_owned(), |node| name(Some(node)));
    let account = around.rendered(namespace, &account_name);
    let pod_automount = boolean(spec, "automountServiceAccountToken");
    let mut record = Record {
        rendered: account.is_some(),
        client_id: around.annotation(namespace, &account_name, CLIENT_ID),
        tenant_id: around.annotation(namespace, &account_name, TENANT_ID),
        use_label: use_label(template).and_then(Node::as_str) == Some("true"),
        pod_automount,
        account_automount: account.and_then(|account| account.automount),
        automount: automount(pod_automount, account.map(|account| account.automount)),
        host_network: spec.and_then(|spec| spec.get("hostNetwork")).is_some_and(is_set),
        subject: format!("system:serviceaccount:{namespace}:{account_name}"),
        details: details(object, template, around, &account_name),
        service_account_name: account_name,
    };
    record.details.federated = around.is_federated(&record.subject);
    record.details.injection = injection(object, template, around, &record);
    token::judge(&mut record.details);
    record
}

/// The pod's account: the first of the two fields that says anything.
fn account_named(spec: Option<&Node>) -> Option<&Node> {
    let field = |key| spec.and_then(|spec| spec.get(key)).filter(|node| is_set(node));
    field("serviceAccountName").or_else(|| field("serviceAccount"))
}

/// The pod decides, else its account (`None`: not rendered), else the token is mounted (Kubernetes
/// `plugin/pkg/admission/serviceaccount` `shouldAutomount`).
fn automount(pod: Option<bool>, account: Option<Option<bool>>) -> Automount {
    match (pod, account) {
        (Some(own), _) => Automount::Known(own),
        (None, Some(of_account)) => Automount::Known(of_account.unwrap_or(true)),
        (None, None) => Automount::Unknown,
    }
}

fn use_label<'r>(template: &PodTemplate<'r>) -> Option<&'r Node> {
    template.metadata?.get("labels")?.get(USE_LABEL)
}

/// The details but those that follow from the rest of the record.
fn details(object: &Object<'_>, template: &PodTemplate<'_>, around: &Surroundings<'_>, account_name: &str) -> Details {
    let (spec, namespace) = (template.spec, &object.id.namespace);
    let pod_labels = texts(template.metadata, "labels");
    let annotations = texts(template.metadata, "annotations");
    let annotation = |name: &str| annotations.get(&labels::key(name)).cloned();
    let of_account = |name: &str| around.annotation(namespace, account_name, &labels::key(name));
    let account = around.rendered(namespace, account_name);
    let security = spec.and_then(|spec| spec.get("securityContext"));
    let containers = containers::containers(spec);
    let fs_group = integer(security, "fsGroup");
    let proxy_sidecar = annotation("inject-proxy-sidecar").is_some();
    let egress = egress::of_pod(&around.policies, namespace, &pod_labels);
    Details {
        namespace: namespace.clone(),
        component: pod_labels.get("app.kubernetes.io/component").cloned(),
        use_label_value: use_label(template).and_then(|node| serde_json::to_value(node).ok()),
        use_label_elsewhere: labels::elsewhere(object, template, account),
        use_label_in_selector: labels::in_selector(object),
        account_named: account_named(spec).is_some(),
        legacy_account: legacy_account(spec),
        account_known: matches!(around.known(namespace, account_name), KnownAccount::Rendered(_) | KnownAccount::Told(_)),
        account_hook: account.is_some_and(|account| !account.hook.is_empty()),
        hook: object.events.to_vec(),
        expiry: annotation(EXPIRY).filter(|text| !text.is_empty()).or_else(|| of_account(EXPIRY)),
        skip_containers: annotation("skip-containers").map(|listed| skip_list(&listed)).unwrap_or_default(),
        proxy_sidecar,
        proxy_port: annotation("proxy-sidecar-port"),
        token_readers: token::readers(&containers, fs_group, proxy_sidecar),
        containers,
        token_volumes: containers::token_volumes(spec),
        volumes: containers::volumes(spec),
        run_as_user: integer(security, "runAsUser"),
        run_as_non_root: boolean(security, "runAsNonRoot"),
        fs_group,
        os: operating_system(spec),
        egress_policies: egress.policies,
        egress_cuts_login: egress.cuts_login,
        permissions: around.grants.of_account(namespace, account_name),
        ..Details::default()
    }
}

fn injection(object: &Object<'_>, template: &PodTemplate<'_>, around: &Surroundings<'_>, record: &Record) -> Injection {
    let (details, account) = (&record.details, &record.service_account_name);
    let pod = Pod {
        name: pod_name(object),
        labels: &texts(template.metadata, "labels"),
        label_is_no_text: use_label(template).is_some_and(|node| node.as_str().is_none()),
        annotations: &texts(template.metadata, "annotations"),
        host_network: record.host_network,
        containers: &details.containers,
        volumes: &details.volumes,
        token_volumes: &details.token_volumes,
        account_name: format!("{}/{account}", details.namespace),
        account: around.known(&details.namespace, account),
        tenant: around.facts.tenant_id.as_deref(),
    };
    webhook::outcome(around.webhook(), &pod)
}

/// What the pods of a workload are called, as the webhook sees it: a Pod's own name, else the prefix that a controller gives them. Names
/// that a cluster makes up (the ReplicaSets of a Deployment) can't be told.
fn pod_name(object: &Object<'_>) -> Option<String> {
    let prefix = |prefix: &str| format!("{prefix} (prefix)");
    match &*object.id.kind {
        "Pod" if object.id.name.is_empty() => Some(prefix(text(object.node.get("metadata"), "generateName").unwrap_or_default())),
        "Pod" => Some(object.id.name.clone()),
        "DaemonSet" | "ReplicaSet" | "ReplicationController" | "Job" => Some(prefix(&format!("{}-", object.id.name))),
        _ => None,
    }
}

/// The legacy field's account, when it is set and says another name.
fn legacy_account(spec: Option<&Node>) -> Option<String> {
    let legacy = spec?.get("serviceAccount").filter(|node| is_set(node))?;
    let current = spec?.get("serviceAccountName");
    current.is_none_or(|current| !current.same(legacy)).then(|| name(Some(legacy)))
}

/// What `skip-containers` names: split at semicolons, without the blanks around.
fn skip_list(text: &str) -> Vec<String> {
    text.split(';').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn operating_system(spec: Option<&Node>) -> Option<String> {
    let selector = spec.and_then(|spec| spec.get("nodeSelector"));
    let named = text(spec.and_then(|spec| spec.get("os")), "name").filter(|name| !name.is_empty());
    named.or_else(|| text(selector, "kubernetes.io/os")).or_else(|| text(selector, "beta.kubernetes.io/os")).map(str::to_owned)
}
