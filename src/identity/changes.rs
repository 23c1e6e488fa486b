//! What became of each pod: which fields of its record differ, and which new workload took an old one's place.

use super::{Identities, Record};

/// The fields of the reference that differ, by their names in JSON, sorted.
pub fn changed(old: &Record, new: &Record) -> Vec<&'static str> {
    let fields = [
        ("accountAutomount", old.account_automount == new.account_automount),
        ("automount", old.automount == new.automount),
        ("clientId", old.client_id == new.client_id),
        ("hostNetwork", old.host_network == new.host_network),
        ("podAutomount", old.pod_automount == new.pod_automount),
        ("rendered", old.rendered == new.rendered),
        ("serviceAccountName", old.service_account_name == new.service_account_name),
        ("subject", old.subject == new.subject),
        ("tenantId", old.tenant_id == new.tenant_id),
        ("useLabel", old.use_label == new.use_label),
    ];
    fields.into_iter().filter(|(_, same)| !same).map(|(field, _)| field).collect()
}

/// A workload on both sides of an upgrade, or on one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair<'i> {
    /// `Kind/name`: the new side's, or the old one's when the workload is gone.
    pub name: &'i str,
    /// What it was called in the old render, when that was something else. Reports that list workloads by name have it there, too.
    pub renamed_from: Option<&'i str>,
    /// Who it was; `None` when it is new.
    pub old: Option<&'i Record>,
    /// Who it is; `None` when it is gone.
    pub new: Option<&'i Record>,
}

/// How alike the names of a workload and its successor are at least, from 0 to 1, when nothing else speaks for the pair.
const ALIKE: f32 = 0.6;

/// The same when both say they are the same component.
const ALIKE_AS_COMPONENT: f32 = 0.3;

/// More than any other likeness.
const SAME_NAME: f32 = 3.0;

/// Kinds that can take each other's place under one name.
const LONG_RUNNING: [&str; 5] = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Rollout"];

/// Pairs the workloads of two renders, in order of their names: the same `Kind/name` first; of the rest those whose kind, name and label
/// `app.kubernetes.io/component` speak for a rename, the most alike first.
pub fn pair<'i>(old: &'i Identities, new: &'i Identities) -> Vec<Pair<'i>> {
    let mut gone: Vec<_> = old.workloads.iter().filter(|(name, _)| !new.workloads.contains_key(*name)).collect();
    let mut renames = renames(&gone, old, new);
    let mut pairs: Vec<Pair<'i>> = Vec::with_capacity(new.workloads.len() + gone.len());
    for (name, record) in &new.workloads {
        let renamed_from = renames.iter().position(|(_, to)| to == name).map(|at| renames.swap_remove(at).0);
        let former = renamed_from.unwrap_or(name);
        gone.retain(|(name, _)| *name != former);
        pairs.push(Pair { name, renamed_from, old: old.workloads.get(former), new: Some(record) });
    }
    pairs.extend(gone.into_iter().map(|(name, record)| Pair { name, renamed_from: None, old: Some(record), new: None }));
    pairs.sort_by_key(|pair| pair.name);
    pairs
}

/// Old and new names of what was renamed, each name once.
fn renames<'i>(gone: &[(&'i String, &'i Record)], old: &Identities, new: &'i Identities) -> Vec<(&'i str, &'i str)> {
    let came: Vec<_> = new.workloads.iter().filter(|(name, _)| !old.workloads.contains_key(*name)).collect();
    let mut candidates = Vec::new();
    for (from, was) in gone {
        for (to, is) in &came {
            if let Some(score) = likeness((from.as_str(), *was), (to.as_str(), *is)) {
                candidates.push((score, from.as_str(), to.as_str()));
            }
        }
    }
    candidates.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| (a.1, a.2).cmp(&(b.1, b.2))));
    let mut renames: Vec<(&str, &str)> = Vec::new();
    for (_, from, to) in candidates {
        if renames.iter().all(|(taken, given)| *taken != from && *given != to) {
            renames.push((from, to));
        }
    }
    renames
}

/// How much speaks for a rename, or nothing when too little does.
fn likeness((from, was): (&str, &Record), (to, is): (&str, &Record)) -> Option<f32> {
    let ((old_kind, old_name), (new_kind, new_name)) = (from.split_once('/')?, to.split_once('/')?);
    let both_run = LONG_RUNNING.contains(&old_kind) && LONG_RUNNING.contains(&new_kind);
    if old_kind != new_kind && !(both_run && old_name == new_name) {
        return None;
    }
    if old_name == new_name {
        return Some(SAME_NAME);
    }
    let alike = similar::TextDiff::from_chars(old_name, new_name).ratio();
    let (least, more) = match (&was.details.component, &is.details.component) {
        (Some(old), Some(new)) if old == new => (ALIKE_AS_COMPONENT, 1.0),
        (Some(_), Some(_)) => return None,
        _ => (ALIKE, 0.0),
    };
    (alike >= least).then_some(alike + more)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::identity::{Automount, Details};

    fn record(component: Option<&str>) -> Record {
        Record {
            service_account_name: "own".into(),
            rendered: true,
            client_id: None,
            tenant_id: None,
            use_label: true,
            pod_automount: None,
            account_automount: None,
            automount: Automount::Known(true),
            host_network: false,
            subject: "system:serviceaccount:review:own".into(),
            details: Details { component: component.map(str::to_owned), ..Details::default() },
        }
    }

    fn identities(workloads: &[(&str, Option<&str>)]) -> Identities {
        let workloads = workloads.iter().map(|(name, component)| ((*name).to_owned(), record(*component)));
        Identities { workloads: workloads.collect(), accounts: BTreeMap::new() }
    }

    #[test]
    fn changed_fields_are_named_and_sorted() {
        let old = record(None);
        let mut new = record(Some("other"));
        assert!(changed(&old, &new).is_empty(), "a detail is no field of the reference");
        new.use_label = false;
        new.automount = Automount::Unknown;
        new.subject = "system:serviceaccount:review:default".into();
        new.service_account_name = "default".into();
        assert_eq!(changed(&old, &new), ["automount", "serviceAccountName", "subject", "useLabel"]);
    }

    #[test]
    fn exact_names_are_paired_first_then_the_likeliest_renames() {
        let same = Some("api");
        for (what, old, new, want) in [
            ("the same", vec![("Job/a", None)], vec![("Job/a", None)], vec!["Job/a = Job/a"]),
            ("added and removed", vec![("Job/a", None)], vec![("Job/zzzz", None)], vec!["Job/a -", "+ Job/zzzz"]),
            ("alike", vec![("Job/migrate-1", None)], vec![("Job/migrate-2", None)], vec!["Job/migrate-1 = Job/migrate-2"]),
            (
                "a component",
                vec![("Deployment/web", same)],
                vec![("Deployment/web-frontend", same)],
                vec!["Deployment/web = Deployment/web-frontend"],
            ),
            (
                "two components",
                vec![("Deployment/web-1", same)],
                vec![("Deployment/web-2", Some("db"))],
                vec!["Deployment/web-1 -", "+ Deployment/web-2"],
            ),
            ("another kind", vec![("Deployment/web", None)], vec![("StatefulSet/web", None)], vec!["Deployment/web = StatefulSet/web"]),
            ("another sort of kind", vec![("Deployment/web", None)], vec![("Job/web", None)], vec!["Deployment/web -", "+ Job/web"]),
            (
                "the nearest of two",
                vec![("Job/migrate-1", None), ("Job/migrator-1", None)],
                vec![("Job/migrate-2", None), ("Job/migrator-2", None)],
                vec!["Job/migrate-1 = Job/migrate-2", "Job/migrator-1 = Job/migrator-2"],
            ),
            (
                "a name that stays is no successor",
                vec![("Job/migrate-1", None), ("Job/migrate-2", None)],
                vec![("Job/migrate-2", None)],
                vec!["Job/migrate-1 -", "Job/migrate-2 = Job/migrate-2"],
            ),
        ] {
            let (old, new) = (identities(&old), identities(&new));
            let told = |pair: &Pair<'_>| match (pair.old, pair.new) {
                (Some(_), Some(_)) => format!("{} = {}", pair.renamed_from.unwrap_or(pair.name), pair.name),
                (Some(_), None) => format!("{} -", pair.name),
                _ => format!("+ {}", pair.name),
            };
            assert_eq!(pair(&old, &new).iter().map(told).collect::<Vec<_>>(), want, "{what}");
        }
    }
}
