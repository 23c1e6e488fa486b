//! Who a pod is, as plain data. In JSON a [`Record`] is what rules look at and reports print. Depends on nothing.

use std::collections::BTreeMap;

use serde::Serialize;

/// Who a pod is, as one side of an upgrade renders it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The account that the pod names (`serviceAccountName`, else the legacy `serviceAccount`), else `default`.
    pub service_account_name: String,
    /// Whether the chart makes that account.
    pub rendered: bool,
    /// `azure.workload.identity/client-id` of the account; `None` when absent, or when the chart does not make the account and the
    /// configuration does not know it.
    pub client_id: Option<String>,
    /// `azure.workload.identity/tenant-id` of the account. An empty text is not the same as none: it overrides the webhook's tenant.
    pub tenant_id: Option<String>,
    /// Whether the pod's label `azure.workload.identity/use` is the text `true`.
    pub use_label: bool,
    /// The pod's `automountServiceAccountToken`.
    pub pod_automount: Option<bool>,
    /// The account's.
    pub account_automount: Option<bool>,
    /// What counts: the pod's, else the account's, else true; unknown when the pod is silent and the account isn't rendered.
    pub automount: Automount,
    /// Whether the pod shares its node's network.
    pub host_network: bool,
    /// `system:serviceaccount:NAMESPACE:ACCOUNT`: what a federated credential names.
    pub subject: String,
    /// Further fields, which have no counterpart in the reference.
    #[serde(flatten)]
    pub details: Details,
}

/// What else decides whether a pod can log in.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's label `app.kubernetes.io/component`, which tells what it is whatever it is called.
    pub component: Option<String>,
    /// The use label as written, when the pod has it: a text, or what a template left unquoted.
    pub use_label_value: Option<serde_json::Value>,
    /// Where the use label stands although it means nothing there: `metadata.labels`, `metadata.annotations`, `jobTemplate.labels`,
    /// `volumeClaimTemplates.labels`, `pod.annotations`, `account.labels`, `account.annotations`; in that order.
    pub use_label_elsewhere: Vec<String>,
    /// Whether the workload's selector wants the use label.
    pub use_label_in_selector: bool,
    /// Whether the pod names an account at all.
    pub account_named: bool,
    /// The legacy field's account, when it is there and differs from `serviceAccountName`.
    pub legacy_account: Option<String>,
    /// Whether the account is known: rendered, or told in the configuration.
    pub account_known: bool,
    /// Whether a federated credential names the subject; `None` when the configuration tells no subjects.
    pub federated: Option<bool>,
    /// Whether the account is made by a hook.
    pub account_hook: bool,
    /// Whether the workload is a hook, and when it runs.
    pub hook: Vec<String>,
    /// `service-account-token-expiration` as written: the pod's, else the account's.
    pub expiry: Option<String>,
    /// The containers that the pod's `skip-containers` names.
    pub skip_containers: Vec<String>,
    /// Whether the key `inject-proxy-sidecar` is there, whatever its value.
    pub proxy_sidecar: bool,
    /// `proxy-sidecar-port` as written.
    pub proxy_port: Option<String>,
    /// Init containers first, then the others, in their order.
    pub containers: Vec<Container>,
    /// The projected token volumes that the chart makes itself.
    pub token_volumes: Vec<TokenVolume>,
    /// The names of all volumes.
    pub volumes: Vec<String>,
    /// Who may read the files of a projected token, by what the pod declares.
    pub token_readers: Readers,
    /// The pod's `securityContext.runAsUser`.
    pub run_as_user: Option<i64>,
    /// The pod's `securityContext.runAsNonRoot`.
    pub run_as_non_root: Option<bool>,
    /// The pod's `securityContext.fsGroup`.
    pub fs_group: Option<i64>,
    /// The operating system that the pod asks for (`spec.os.name`, or the node selector `kubernetes.io/os`).
    pub os: Option<String>,
    /// The network policies of the render that select the pod and restrict what it may reach, by name.
    pub egress_policies: Vec<String>,
    /// Whether those policies leave no way to a login: none of them lets TCP 443 out to any address.
    pub egress_cuts_login: bool,
    /// What the account may do, by the roles of the render that are bound to it: `get,list secrets`, `* *`, `get deployments.apps/NAME`,
    /// with ` in NAMESPACE` or ` in all namespaces` where that is not the account's own; `ClusterRole/view` for a role that the render
    /// binds and doesn't make. Sorted.
    pub permissions: Vec<String>,
    /// What the webhook makes of the pod.
    pub injection: Injection,
}

/// Whether a pod gets the Kubernetes API's token. In JSON `true`, `false` or `"unknown"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Automount {
    /// It does, or doesn't.
    Known(bool),
    /// The pod leaves it to an account that isn't rendered.
    Unknown,
}

impl Serialize for Automount {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(value) => serializer.serialize_bool(*value),
            Self::Unknown => serializer.serialize_str("unknown"),
        }
    }
}

/// What of a container matters to a login.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Whether it runs before the others.
    pub init: bool,
    /// Its image.
    pub image: String,
    /// The environment by name.
    pub env: BTreeMap<String, EnvValue>,
    /// Where more of the environment comes from: `secret/NAME`, `configMap/NAME`.
    pub env_from: Vec<String>,
    /// Mounts by volume name and path.
    pub mounts: Vec<(String, String)>,
    /// The user it runs as, its own or the pod's; `None`: the image's.
    pub run_as_user: Option<i64>,
    /// Whether the Azure token that is mounted here is readable for the user that the container starts as; `None` when none is mounted, or
    /// when that depends on the image's user.
    pub token_readable: Option<bool>,
}

/// Where a variable comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum EnvValue {
    /// Its text. Reports hide it where its name says secret.
    Literal(String),
    /// A reference in words: `secret/NAME:KEY`, `configMap/NAME:KEY`, `field/PATH`, `resource/NAME`.
    From(String),
}

/// A projected service-account token that the chart mounts itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenVolume {
    /// The volume's name.
    pub volume: String,
    /// The file's path in it.
    pub path: String,
    /// The audience; `None`: the API server's.
    pub audience: Option<String>,
    /// Seconds.
    pub expiry: Option<i64>,
    /// The mode of its files that the volume asks for; `None`: 0644. It yields to [`Details::token_readers`].
    pub mode: Option<i64>,
}

impl TokenVolume {
    /// The audience of tokens for Azure.
    pub const AZURE_AUDIENCE: &str = "api://AzureADTokenExchange";

    /// Whether the token is for Azure, rather than for the Kubernetes API or somebody else.
    pub fn is_azure(&self) -> bool {
        self.audience.as_deref() == Some(Self::AZURE_AUDIENCE)
    }
}

/// Who may read the files of a projected token (Kubernetes `pkg/volume/projected`, `pkg/volume/util` `FsUserFrom`): a group or a common
/// user that the pod declares takes the file from everyone else.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Readers {
    /// The mode decides: 0644, everyone, unless the volume asks for another.
    #[default]
    Mode,
    /// 0600, owned by the user that every container runs as.
    User(i64),
    /// 0640, for the pod's `fsGroup`, which all containers are in.
    Group(i64),
}

/// What the webhook makes of a pod.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Injection {
    /// `injected`, `unchanged` (it never sees the pod), `refused` (the pod is not created).
    pub outcome: Outcome,
    /// Why it is refused or unchanged, in words.
    pub reason: Option<String>,
    /// The variables each container ends up with, by container and name. Containers that are skipped have none.
    pub env: BTreeMap<String, BTreeMap<String, EnvValue>>,
    /// The volume it adds; `None` when it adds none.
    pub volume: Option<TokenVolume>,
    /// Where each container gets the token: container and mount path.
    pub mounts: BTreeMap<String, String>,
    /// Containers it adds.
    pub added_containers: Vec<String>,
}

/// See [`Injection::outcome`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// The webhook does not see the pod.
    #[default]
    Unchanged,
    /// The pod gets token and variables.
    Injected,
    /// The pod is not created.
    Refused,
}
