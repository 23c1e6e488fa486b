//! Network policies of the render that say what a pod may reach (Kubernetes `networking/v1` `NetworkPolicy`). Policies add up: what one
//! lets out is let out. Policies of other makers (Cilium, Calico) are not read.

use std::collections::BTreeMap;

use super::scalars::{items, text};
use super::selector;
use crate::object::Object;
use crate::value::{Data, Node};

/// The networks that mean every address.
const ANYWHERE: [&str; 2] = ["0.0.0.0/0", "::/0"];

/// The port of login endpoints.
const HTTPS: i64 = 443;

/// A network policy that restricts what pods may reach.
pub(super) struct EgressPolicy<'r> {
    name: String,
    namespace: String,
    pods: Option<&'r Node>,
    rules: &'r [Node],
}

impl<'r> EgressPolicy<'r> {
    /// The policy, when the object is one and restricts egress: `policyTypes` says so, or is absent and there are rules for egress.
    pub(super) fn of(object: &Object<'r>) -> Option<Self> {
        let known = object.id.kind == "NetworkPolicy" && matches!(&*object.id.group, "networking.k8s.io" | "extensions");
        let spec = object.node.get("spec").filter(|_| known)?;
        let rules = items(Some(spec), "egress");
        let types = items(Some(spec), "policyTypes");
        let restricts = if types.is_empty() { !rules.is_empty() } else { types.iter().any(|kind| kind.as_str() == Some("Egress")) };
        let policy = Self { name: object.id.name.clone(), namespace: object.id.namespace.clone(), pods: spec.get("podSelector"), rules };
        restricts.then_some(policy)
    }

    fn selects(&self, namespace: &str, labels: &BTreeMap<String, String>) -> bool {
        self.namespace == namespace && self.pods.is_none_or(|pods| selector::matches(pods, labels))
    }
}

/// What the policies that select a pod leave it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Egress {
    /// The policies' names; none when one of them lets everything out.
    pub(super) policies: Vec<String>,
    /// Whether no policy lets TCP 443 out to any address.
    pub(super) cuts_login: bool,
}

/// See [`Egress`].
pub(super) fn of_pod(policies: &[EgressPolicy<'_>], namespace: &str, labels: &BTreeMap<String, String>) -> Egress {
    let selecting: Vec<_> = policies.iter().filter(|policy| policy.selects(namespace, labels)).collect();
    let rules = || selecting.iter().flat_map(|policy| policy.rules);
    if selecting.is_empty() || rules().any(lets_all_out) {
        return Egress::default();
    }
    let mut policies: Vec<_> = selecting.iter().map(|policy| policy.name.clone()).collect();
    policies.sort();
    Egress { policies, cuts_login: !rules().any(lets_login_out) }
}

fn lets_all_out(rule: &Node) -> bool {
    items(Some(rule), "to").is_empty() && items(Some(rule), "ports").is_empty()
}

fn lets_login_out(rule: &Node) -> bool {
    let (peers, ports) = (items(Some(rule), "to"), items(Some(rule), "ports"));
    let anywhere = |peer: &Node| text(peer.get("ipBlock"), "cidr").is_some_and(|cidr| ANYWHERE.contains(&cidr));
    (peers.is_empty() || peers.iter().any(anywhere)) && (ports.is_empty() || ports.iter().any(is_https))
}

/// Whether a port of a rule covers TCP 443. A port without a number is every port; a name says nothing about other hosts' ports.
fn is_https(port: &Node) -> bool {
    let tcp = text(Some(port), "protocol").is_none_or(|protocol| protocol == "TCP");
    let number = |key| match port.get(key).map(|node| &node.data) {
        Some(Data::Int(number)) => Some(*number),
        _ => None,
    };
    let covered = match (port.get("port").map(|node| &node.data), number("port"), number("endPort")) {
        (None | Some(Data::Null), _, _) => true,
        (_, Some(first), Some(last)) => (first..=last).contains(&HTTPS),
        (_, Some(only), None) => only == HTTPS,
        _ => false,
    };
    tcp && covered
}
