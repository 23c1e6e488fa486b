//! Publishers that `REPO/NAME` finds without any configuration.
//!
//! Used only when Helm's `repositories.yaml` has no repository of that name, and said when used. The names are those that the publishers'
//! own instructions give to `helm repo add`.

/// Name, and where the charts are: an HTTP repository, or the registry folder that holds one repository a chart.
const PUBLISHERS: [(&str, &str); 16] = [
    ("argo", "https://argoproj.github.io/argo-helm"),
    ("autoscaler", "https://kubernetes.github.io/autoscaler"),
    ("bitnami", "oci://registry-1.docker.io/bitnamicharts"),
    ("cilium", "https://helm.cilium.io"),
    ("elastic", "https://helm.elastic.co"),
    ("external-dns", "https://kubernetes-sigs.github.io/external-dns"),
    ("external-secrets", "https://charts.external-secrets.io"),
    ("grafana", "https://grafana.github.io/helm-charts"),
    ("hashicorp", "https://helm.releases.hashicorp.com"),
    ("ingress-nginx", "https://kubernetes.github.io/ingress-nginx"),
    ("istio", "https://istio-release.storage.googleapis.com/charts"),
    ("jetstack", "https://charts.jetstack.io"),
    ("kedacore", "https://kedacore.github.io/charts"),
    ("prometheus-community", "https://prometheus-community.github.io/helm-charts"),
    ("traefik", "https://traefik.github.io/charts"),
    ("vmware-tanzu", "https://vmware-tanzu.github.io/helm-charts"),
];

/// The address of a well-known publisher's charts.
pub fn address(publisher: &str) -> Option<&'static str> {
    PUBLISHERS.binary_search_by_key(&publisher, |(name, _)| name).ok().map(|at| PUBLISHERS[at].1)
}

/// The names of all of them, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    PUBLISHERS.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_publisher_is_found_and_has_a_secure_address() {
        for (name, expected) in PUBLISHERS {
            assert_eq!(address(name), Some(expected), "the table is out of order at {name}");
            assert!(expected.starts_with("https://") || expected.starts_with("oci://"), "{expected}");
            assert!(!expected.ends_with('/'), "{expected}");
        }
        assert_eq!(address("nobody"), None);
    }
}
