//! What accounts may do: roles and bindings of a render resolved, and what was gained and lost between two.
//!
//! Rules follow Kubernetes' RBAC (`rbac.authorization.k8s.io/v1`): `*` covers every verb, group or resource, a rule without names covers
//! every name, a grant for the whole cluster covers each namespace. Roles that no template of the render makes, and what a controller
//! aggregates into one, can't be resolved: they are named. Depends on `object` and `value`.

use std::collections::{BTreeMap, BTreeSet};

use super::PermissionChange;
use crate::object::Object;
use crate::value::Node;

const GROUP: &str = "rbac.authorization.k8s.io";
/// More single permissions of one account are not told apart.
const MOST_GRANTS: usize = 50_000;

/// One thing that may be done.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Grant {
    /// A verb on a resource: the group, the resource with its subresource, and the name when only one object is meant.
    Resource { group: String, resource: String, name: Option<String>, verb: String },
    /// A verb on a path of the API server.
    Url { url: String, verb: String },
    /// Whatever a role allows that the render does not say, in words.
    Unknown(String),
}

/// Who: the words of a report, and where an account lives, which tells it from one of the same name.
type Account = (String, String);
/// What may be done, by account and by namespace (`None`: everywhere).
type Grants = BTreeMap<Account, BTreeMap<Option<String>, BTreeSet<Grant>>>;

/// What each account gained and lost, by account, what goes for the whole cluster first.
pub(super) fn compare(old: &[Object<'_>], new: &[Object<'_>]) -> Vec<PermissionChange> {
    let (old, new) = (grants(old), grants(new));
    let accounts: BTreeSet<&Account> = old.keys().chain(new.keys()).collect();
    let nothing = BTreeMap::new();
    let mut changes = Vec::new();
    for account in accounts {
        let (old, new) = (old.get(account).unwrap_or(&nothing), new.get(account).unwrap_or(&nothing));
        let scopes: BTreeSet<&Option<String>> = old.keys().chain(new.keys()).collect();
        for scope in scopes {
            let (gained, lost) = (beyond(new, old, scope), beyond(old, new, scope));
            if !gained.is_empty() || !lost.is_empty() {
                changes.push(PermissionChange { account: account.1.clone(), namespace: scope.clone(), gained, lost });
            }
        }
    }
    changes
}

/// What `some` allow in a scope and `others` don't, in words.
fn beyond(
    some: &BTreeMap<Option<String>, BTreeSet<Grant>>,
    others: &BTreeMap<Option<String>, BTreeSet<Grant>>,
    scope: &Option<String>,
) -> Vec<String> {
    let Some(some) = some.get(scope) else { return Vec::new() };
    let others: Vec<&BTreeSet<Grant>> = [scope, &None].into_iter().filter_map(|scope| others.get(scope)).collect();
    let wide: Vec<&Grant> = others.iter().flat_map(|grants| grants.iter()).filter(|grant| is_wide(grant)).collect();
    let is_there = |grant: &Grant| others.iter().any(|grants| grants.contains(grant));
    let is_covered =
        |grant: &&Grant| is_there(grant) || is_there(&for_every_name((*grant).clone())) || wide.iter().any(|wide| covers(wide, grant));
    in_words(some.iter().filter(|grant| !is_covered(grant)))
}

fn for_every_name(grant: Grant) -> Grant {
    match grant {
        Grant::Resource { group, resource, name: _, verb } => Grant::Resource { group, resource, name: None, verb },
        other => other,
    }
}

/// Whether a grant says `*` somewhere.
fn is_wide(grant: &Grant) -> bool {
    match grant {
        Grant::Resource { group, resource, name: _, verb } => group == "*" || resource.starts_with('*') || verb == "*",
        Grant::Url { url, verb } => url.ends_with('*') || verb == "*",
        Grant::Unknown(_) => false,
    }
}

fn covers(wide: &Grant, narrow: &Grant) -> bool {
    let within = |wide: &str, narrow: &str| wide == "*" || wide == narrow;
    match (wide, narrow) {
        (Grant::Resource { group: a, resource: b, name: c, verb: d }, Grant::Resource { group: e, resource: f, name: g, verb: h }) => {
            within(a, e) && covers_resource(b, f) && (c.is_none() || c == g) && within(d, h)
        }
        (Grant::Url { url: a, verb: b }, Grant::Url { url: c, verb: d }) => {
            (within(a, c) || a.strip_suffix('*').is_some_and(|start| c.starts_with(start))) && within(b, d)
        }
        _ => false,
    }
}

/// `*` covers subresources, too; `*/scale` covers that subresource of every resource.
fn covers_resource(wide: &str, narrow: &str) -> bool {
    let subresource = |text: &str| text.split_once('/').map(|(_, sub)| sub.to_owned());
    wide == "*" || wide == narrow || (wide.starts_with("*/") && subresource(wide) == subresource(narrow))
}

/// Verbs gathered by what they are for: `get,list secrets`.
fn in_words<'g>(grants: impl Iterator<Item = &'g Grant>) -> Vec<String> {
    let mut verbs: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut unknown = Vec::new();
    for grant in grants {
        match grant {
            Grant::Resource { group, resource, name, verb } => {
                let group = if group.is_empty() { String::new() } else { format!(".{group}") };
                let name = name.as_ref().map(|name| format!(" named {name}")).unwrap_or_default();
                let (resource, sub) =
                    resource.split_once('/').map_or((&**resource, String::new()), |(resource, sub)| (resource, format!("/{sub}")));
                verbs.entry(format!("{resource}{group}{sub}{name}")).or_default().push(verb);
            }
            Grant::Url { url, verb } => verbs.entry(url.clone()).or_default().push(verb),
            Grant::Unknown(words) => unknown.push(words.clone()),
        }
    }
    verbs.into_iter().map(|(what, verbs)| format!("{} {what}", verbs.join(","))).chain(unknown).collect()
}

/// A role of the render.
struct Role<'o> {
    rules: &'o [Node],
    is_aggregated: bool,
}

fn grants(objects: &[Object<'_>]) -> Grants {
    let of_group = || objects.iter().filter(|object| object.id.group == GROUP);
    let roles: BTreeMap<(&str, &str, &str), Role<'_>> = of_group()
        .filter_map(|object| {
            let namespace = match &*object.id.kind {
                "Role" => &*object.id.namespace,
                "ClusterRole" => "",
                _ => return None,
            };
            let rules = object.node.get("rules").and_then(Node::as_list).unwrap_or_default();
            let is_aggregated = object.node.get("aggregationRule").is_some();
            Some(((&*object.id.kind, namespace, &*object.id.name), Role { rules, is_aggregated }))
        })
        .collect();
    let mut all = Grants::new();
    for binding in of_group() {
        let scope = match &*binding.id.kind {
            "RoleBinding" => Some(binding.id.namespace.clone()),
            "ClusterRoleBinding" => None,
            _ => continue,
        };
        let Some((kind, name)) = binding.node.get("roleRef").and_then(|role| Some((text(role, "kind")?, text(role, "name")?))) else {
            continue;
        };
        let namespace = if kind == "Role" { &*binding.id.namespace } else { "" };
        let granted = granted(kind, name, roles.get(&(kind, namespace, name)));
        for subject in binding.node.get("subjects").and_then(Node::as_list).unwrap_or_default() {
            let Some(account) = account(subject, &binding.id.namespace) else { continue };
            let grants = all.entry(account).or_default().entry(scope.clone()).or_default();
            let room = MOST_GRANTS.saturating_sub(grants.len());
            grants.extend(granted.iter().take(room).cloned());
        }
    }
    all
}

/// A subject of a binding, by namespace and by what reports call it.
fn account(subject: &Node, namespace: &str) -> Option<Account> {
    let name = text(subject, "name")?;
    match text(subject, "kind")? {
        "ServiceAccount" => Some((text(subject, "namespace").unwrap_or(namespace).to_owned(), name.to_owned())),
        "User" => match name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':')) {
            Some((namespace, name)) => Some((namespace.to_owned(), name.to_owned())),
            None => Some((String::new(), format!("user {name}"))),
        },
        "Group" => Some((String::new(), format!("group {name}"))),
        _ => None,
    }
}

fn granted(kind: &str, name: &str, role: Option<&Role<'_>>) -> Vec<Grant> {
    match role {
        None if kind == "ClusterRole" && name == "cluster-admin" => {
            let all = || "*".to_owned();
            vec![Grant::Resource { group: all(), resource: all(), name: None, verb: all() }, Grant::Url { url: all(), verb: all() }]
        }
        None => vec![Grant::Unknown(format!("what {kind}/{name} allows, which is not of this release"))],
        Some(role) => {
            let aggregated = role.is_aggregated.then(|| Grant::Unknown(format!("what is aggregated into {kind}/{name} in the cluster")));
            role.rules.iter().flat_map(of_rule).take(MOST_GRANTS).chain(aggregated).collect()
        }
    }
}

fn of_rule(rule: &Node) -> Vec<Grant> {
    let texts = |key: &str| -> Vec<String> {
        let items = rule.get(key).and_then(Node::as_list).unwrap_or_default();
        items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
    };
    let (verbs, groups, resources) = (texts("verbs"), texts("apiGroups"), texts("resources"));
    let names: Vec<Option<String>> = match texts("resourceNames") {
        names if names.is_empty() => vec![None],
        names => names.into_iter().map(Some).collect(),
    };
    let mut grants = Vec::new();
    for verb in &verbs {
        for group in &groups {
            for resource in &resources {
                let of_name = |name: &Option<String>| Grant::Resource {
                    group: group.clone(),
                    resource: resource.clone(),
                    name: name.clone(),
                    verb: verb.clone(),
                };
                grants.extend(names.iter().take(MOST_GRANTS.saturating_sub(grants.len())).map(of_name));
            }
        }
        grants.extend(texts("nonResourceURLs").into_iter().map(|url| Grant::Url { url, verb: verb.clone() }));
    }
    grants
}

fn text<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    node.get(key).and_then(Node::as_str)
}
