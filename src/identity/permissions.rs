//! What accounts may do, by the roles and bindings of a render (Kubernetes `rbac/v1`). Rights that the cluster gives besides are not seen.

use std::collections::{BTreeMap, BTreeSet};

use super::scalars::{items, text, written};
use super::selector;
use crate::object::Object;
use crate::value::Node;

/// Roles and bindings of a render.
#[derive(Default)]
pub(super) struct Grants<'r> {
    roles: Vec<Role<'r>>,
    bindings: Vec<Binding<'r>>,
}

struct Role<'r> {
    /// The namespace of a Role; `None` for a ClusterRole.
    namespace: Option<String>,
    name: String,
    node: &'r Node,
}

struct Binding<'r> {
    /// Where the rights hold; `None`: everywhere.
    namespace: Option<String>,
    node: &'r Node,
}

/// What a verb is allowed on: where (`None`: everywhere) and the resource in words.
type Target = (Option<String>, String);

impl<'r> Grants<'r> {
    /// Takes note of the object when it is a role or a binding.
    pub(super) fn note(&mut self, object: &Object<'r>) {
        if object.id.group != "rbac.authorization.k8s.io" {
            return;
        }
        let (namespace, node) = (object.id.namespace.clone(), object.node);
        match &*object.id.kind {
            "Role" => self.roles.push(Role { namespace: Some(namespace), name: object.id.name.clone(), node }),
            "ClusterRole" => self.roles.push(Role { namespace: None, name: object.id.name.clone(), node }),
            "RoleBinding" => self.bindings.push(Binding { namespace: Some(namespace), node }),
            "ClusterRoleBinding" => self.bindings.push(Binding { namespace: None, node }),
            _ => {}
        }
    }

    /// What an account may do; see [`super::Details::permissions`].
    pub(super) fn of_account(&self, namespace: &str, name: &str) -> Vec<String> {
        let mut verbs: BTreeMap<Target, BTreeSet<String>> = BTreeMap::new();
        let mut unknown = BTreeSet::new();
        for binding in self.bindings.iter().filter(|binding| binding.names(namespace, name)) {
            let reference = binding.node.get("roleRef");
            let (kind, role) = (text(reference, "kind").unwrap_or_default(), text(reference, "name").unwrap_or_default());
            match self.role(kind, role, binding.namespace.as_deref()) {
                Some(role) => self.rules(role).for_each(|rule| allow(rule, binding.namespace.as_deref(), &mut verbs)),
                None => _ = unknown.insert(format!("{kind}/{role}{}", place(binding.namespace.as_deref(), namespace))),
            }
        }
        let known = verbs.into_iter().map(|((place_of, what), verbs)| {
            let verbs = if verbs.contains("*") { "*".to_owned() } else { verbs.into_iter().collect::<Vec<_>>().join(",") };
            format!("{verbs} {what}{}", place(place_of.as_deref(), namespace))
        });
        let mut all: Vec<_> = known.chain(unknown).collect();
        all.sort();
        all
    }

    fn role(&self, kind: &str, name: &str, namespace: Option<&str>) -> Option<&Role<'r>> {
        let wanted = if kind == "Role" { namespace } else { None };
        self.roles.iter().find(|role| role.name == name && role.namespace.as_deref() == wanted)
    }

    /// The rules of a role, and of the roles that it gathers by label (`aggregationRule`).
    fn rules(&self, role: &Role<'r>) -> impl Iterator<Item = &'r Node> {
        let selectors = items(role.node.get("aggregationRule"), "clusterRoleSelectors");
        let gathered = self.roles.iter().filter(move |other| other.namespace.is_none() && selectors.iter().any(|by| other.fits(by)));
        let gathered = gathered.flat_map(|other| items(Some(other.node), "rules"));
        items(Some(role.node), "rules").iter().chain(gathered)
    }
}

impl Role<'_> {
    fn fits(&self, selector: &Node) -> bool {
        selector::matches(selector, &super::scalars::texts(self.node.get("metadata"), "labels"))
    }
}

impl Binding<'_> {
    fn names(&self, namespace: &str, account: &str) -> bool {
        let subject = |subject: &Node| {
            let name = subject.get("name").and_then(written).unwrap_or_default();
            match text(Some(subject), "kind") {
                Some("ServiceAccount") => {
                    let place = text(Some(subject), "namespace").or(self.namespace.as_deref());
                    name == account && place.is_none_or(|place| place == namespace)
                }
                Some("User") => name == format!("system:serviceaccount:{namespace}:{account}"),
                Some("Group") => name == "system:serviceaccounts" || name == format!("system:serviceaccounts:{namespace}"),
                _ => false,
            }
        };
        items(Some(self.node), "subjects").iter().any(subject)
    }
}

/// Adds what a rule allows, resource by resource.
fn allow(rule: &Node, namespace: Option<&str>, verbs: &mut BTreeMap<Target, BTreeSet<String>>) {
    let texts = |key| items(Some(rule), key).iter().filter_map(written).collect::<Vec<_>>();
    let mut targets = texts("nonResourceURLs");
    for group in texts("apiGroups") {
        for resource in texts("resources") {
            let grouped = if group.is_empty() || (group == "*" && resource == "*") { resource } else { format!("{resource}.{group}") };
            let names = texts("resourceNames");
            targets.extend(names.iter().map(|name| format!("{grouped}/{name}")));
            if names.is_empty() {
                targets.push(grouped);
            }
        }
    }
    for target in targets {
        verbs.entry((namespace.map(str::to_owned), target)).or_default().extend(texts("verbs"));
    }
}

fn place(namespace: Option<&str>, own: &str) -> String {
    match namespace {
        None => " in all namespaces".into(),
        Some(namespace) if namespace == own => String::new(),
        Some(namespace) => format!(" in {namespace}"),
    }
}
