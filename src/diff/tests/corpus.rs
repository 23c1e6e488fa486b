//! Comparisons of published charts, where the corpus lies next to the project; figures of the first column were checked against a
//! separate program that flattens both values trees.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

use std::path::PathBuf;

use crate::chart::{self, Chart, Limits};
use crate::diff::{Comparison, Settings, compare};

/// Old and new chart; how many settings, comment lines, templates, dependencies and images differ.
const PAIRS: &[(&str, &str, [usize; 5])] = &[
    ("argo-cd-5.4.0", "argo-cd-5.4.1", [0, 0, 1, 0, 0]),
    ("cert-manager-0.16.3", "cert-manager-0.17.0", [6, 6, 3, 0, 0]),
    ("consul-10.15.1", "consul-10.16.0", [5, 16, 3, 0, 0]),
    ("elasticsearch-19.14.1", "elasticsearch-19.15.0", [12, 7, 3, 0, 0]),
    ("etcd-9.8.1", "etcd-9.8.2", [2, 8, 0, 0, 0]),
    ("external-dns-2.20.7", "external-dns-2.20.8", [2, 1, 5, 0, 1]),
    ("external-dns-6.30.1", "external-dns-6.31.0", [2, 2, 2, 0, 0]),
    ("flux-1.4.0", "flux-1.5.0", [12, 12, 6, 0, 0]),
    ("grafana-7.3.1", "grafana-7.3.2", [1, 0, 0, 0, 0]),
    ("grafana-tempo-2.5.9", "grafana-tempo-2.5.10", [2, 27, 0, 0, 0]),
    ("haproxy-0.3.34", "haproxy-0.4.0", [0, 0, 1, 0, 0]),
    ("harbor-19.3.0", "harbor-19.3.1", [48, 47, 3, 3, 16]),
    ("jupyterhub-5.5.0", "jupyterhub-5.6.0", [9, 18, 5, 0, 0]),
    ("keda-2.13.2", "keda-2.14.0", [27, 43, 25, 0, 3]),
    ("kong-6.0.2", "kong-6.1.0", [88, 594, 23, 2, 5]),
    ("kube-prometheus-8.17.2", "kube-prometheus-8.18.0", [0, 0, 57, 0, 0]),
    ("kube-prometheus-8.25.5", "kube-prometheus-8.25.6", [1, 0, 0, 0, 0]),
    ("logstash-3.8.0", "logstash-3.8.1", [0, 0, 1, 0, 0]),
    ("metallb-4.1.9", "metallb-4.1.10", [0, 0, 13, 0, 0]),
    ("metrics-server-6.7.1", "metrics-server-6.8.0", [2, 2, 1, 0, 0]),
    ("minio-13.0.0", "minio-13.0.1", [1, 0, 0, 0, 0]),
    ("mongodb-16.2.2", "mongodb-16.3.0", [38, 89, 11, 1, 0]),
    ("mysql-9.16.1", "mysql-9.16.2", [1, 8, 0, 0, 0]),
    ("nginx-15.6.1", "nginx-15.6.2", [1, 9, 0, 0, 0]),
    ("postgresql-13.2.29", "postgresql-13.2.30", [2, 9, 0, 0, 0]),
    ("rabbitmq-12.7.1", "rabbitmq-12.8.0", [2, 2, 1, 0, 0]),
    ("rabbitmq-12.8.2", "rabbitmq-12.9.0", [7, 40, 1, 0, 0]),
    ("redis-17.1.4", "redis-17.1.5", [8, 24, 6, 0, 0]),
    ("thanos-10.4.3", "thanos-10.5.0", [29, 60, 10, 0, 0]),
    ("thanos-11.5.6", "thanos-11.5.7", [0, 0, 2, 0, 0]),
    ("thanos-12.20.2", "thanos-12.20.4", [12, 34, 0, 1, 2]),
    ("thanos-12.20.3", "thanos-12.20.4", [10, 0, 0, 0, 0]),
    ("thanos-12.20.4", "thanos-13.0.0", [112, 452, 107, 0, 2]),
    ("zookeeper-12.4.3", "zookeeper-12.4.4", [2, 0, 0, 0, 0]),
    ("zookeeper-12.6.1", "zookeeper-12.7.0", [5, 34, 1, 0, 0]),
];

fn charts() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/charts");
    if !folder.is_dir() {
        println!("skipped: no corpus");
        return None;
    }
    Some(folder)
}

fn open(folder: &std::path::Path, name: &str) -> Chart {
    let packed = std::fs::read(folder.join(format!("{name}.tgz"))).unwrap();
    chart::open_archive(packed, &Limits::default()).unwrap()
}

#[test]
fn published_pairs_differ_in_known_figures() {
    let Some(folder) = charts() else { return };
    for (old, new, figures) in PAIRS {
        let comparison = compare(&open(&folder, old), &open(&folder, new), &Settings::default());
        let Comparison { values, templates, dependencies, images, .. } = &comparison;
        let found = [values.changes.len(), values.comment_only_lines, templates.len(), dependencies.len(), images.len()];
        assert_eq!((old, new, found), (old, new, *figures));
        assert_eq!(comparison.missing.len(), 0, "{old} → {new}");
        assert!(values.changes.iter().all(|change| change.old_line.or(change.new_line).is_some_and(|line| line > 0)));
    }
}

#[test]
fn a_published_chart_does_not_differ_from_itself() {
    let Some(folder) = charts() else { return };
    for (name, ..) in PAIRS {
        let comparison = compare(&open(&folder, name), &open(&folder, name), &Settings::default());
        let Comparison { values, templates, metadata, dependencies, images, crds, crd_changes, schema, missing, .. } = &comparison;
        let differences = [templates.len(), metadata.len(), dependencies.len(), images.len(), crds.len(), crd_changes.len(), schema.len()];
        assert_eq!((differences, values.changes.len(), values.comment_only_lines, missing.len()), ([0; 7], 0, 0, 0), "{name}");
    }
}

#[test]
fn thanos_flips_ten_defaults_of_its_own_and_two_image_tags_of_minio() {
    let Some(folder) = charts() else { return };
    let comparison = compare(&open(&folder, "thanos-12.20.2"), &open(&folder, "thanos-12.20.4"), &Settings::default());
    let told: Vec<String> = comparison
        .values
        .changes
        .iter()
        .map(|change| {
            let json = |node| serde_json::to_string(node).unwrap();
            let (old, new) = (change.old.as_ref().map(json).unwrap(), change.new.as_ref().map(json).unwrap());
            format!("{} {old} → {new} ({}:{}:{})", change.path, change.file, change.old_line.unwrap(), change.new_line.unwrap())
        })
        .collect();
    let expected = [
        "serviceAccount.create false → true (values.yaml:147:147)",
        "serviceAccount.automountServiceAccountToken true → false (values.yaml:149:149)",
        "query.serviceAccount.automountServiceAccountToken true → false (values.yaml:610:610)",
        "queryFrontend.serviceAccount.automountServiceAccountToken true → false (values.yaml:1166:1166)",
        "bucketweb.serviceAccount.automountServiceAccountToken true → false (values.yaml:1619:1619)",
        "compactor.serviceAccount.automountServiceAccountToken true → false (values.yaml:2078:2078)",
        "storegateway.serviceAccount.automountServiceAccountToken true → false (values.yaml:2594:2594)",
        "ruler.serviceAccount.automountServiceAccountToken true → false (values.yaml:3242:3242)",
        "receive.serviceAccount.automountServiceAccountToken true → false (values.yaml:3738:3738)",
        "receiveDistributor.serviceAccount.automountServiceAccountToken true → false (values.yaml:4148:4148)",
        r#"minio.image.tag "2023.12.23-debian-11-r2" → "2023.12.23-debian-11-r3" (charts/minio/values.yaml:64:64)"#,
        r#"minio.clientImage.tag "2023.12.23-debian-11-r1" → "2023.12.29-debian-11-r1" (charts/minio/values.yaml:92:92)"#,
    ];
    assert_eq!(told, expected);
    let dependency = &comparison.dependencies[0];
    assert_eq!((dependency.path.to_string().as_str(), dependency.lock_only), ("minio", true));
}
