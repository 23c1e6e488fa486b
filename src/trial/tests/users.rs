//! The user's own keys, `--reuse-values` and what is assumed.

use super::fixture::{DEPLOYMENT, Fixture, shown};
use crate::trial::assumed;

#[test]
fn keys_are_unread_redundant_or_hiding() {
    let template = "kind: ConfigMap\nmetadata: {name: c}\na: {{ .Values.a }}\nb: {{ .Values.b }}\nold: {{ .Values.image.tag }}\n";
    let changed = template.replace(".Values.image.tag", ".Values.app.image.tag");
    let old = [("templates/c.yaml", template), ("values.yaml", "a: 1\nb: 1\nimage:\n  # The tag of the image\n  tag: v1\n")];
    let new = [("templates/c.yaml", &*changed), ("values.yaml", "a: 2\nb: 2\napp:\n  image:\n    # The tag of the image\n    tag: v1\n")];
    let (trials, _) = Fixture::new(&old, &new, "a: 2\nb: 3\nimage: {tag: mine}\ntypo: x\n").examine();
    let keys = trials.user_keys;
    let unread: Vec<String> = keys
        .unread
        .iter()
        .map(|key| format!("{} {} {}", key.path, key.successor.as_ref().map_or("-".into(), ToString::to_string), key.old_read))
        .collect();
    assert_eq!(unread, ["image.tag app.image.tag true", "typo - false"]);
    assert_eq!(keys.redundant.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a"]);
    assert_eq!(keys.hiding.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a", "b", "image.tag"]);
}

#[test]
fn reused_values_lack_what_is_new() {
    let old = [
        ("templates/app.yaml", DEPLOYMENT),
        ("values.yaml", "serviceAccount: {create: false, name: a}\nautomount: true\npodLabels: {}\nreplicas: 1\n"),
    ];
    let template = format!("{DEPLOYMENT}      came: {{{{ .Values.came.deep | upper }}}}\n");
    let new = [
        ("templates/app.yaml", &*template),
        ("values.yaml", "serviceAccount: {create: true, name: a}\nautomount: true\npodLabels: {}\nreplicas: 1\ncame: {deep: x}\n"),
    ];
    let (trials, _) = Fixture::new(&old, &new, "replicas: 5\n").examine();
    let reuse = trials.reuse_values.unwrap();
    assert!(reuse.failure.as_deref().is_some_and(|failure| failure.contains("nil pointer")), "{:?}", reuse.failure);
    assert_eq!(reuse.missing.iter().map(ToString::to_string).collect::<Vec<_>>(), ["came.deep"]);

    let (trials, _) = Fixture::new(&old, &[new[1], old[0]], "replicas: 5\n").examine();
    let reuse = trials.reuse_values.unwrap();
    assert_eq!((reuse.failure, reuse.workloads), (None, vec!["Deployment/app".to_owned()]));
    let (trials, _) = Fixture::new(&old, &new, "").examine();
    assert!(trials.reuse_values.is_none());
}

#[test]
fn workload_identity_is_assumed_where_there_is_a_place() {
    let account =
        "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: made\n  annotations: {{ toJson .Values.serviceAccount.annotations }}\n";
    let values = "serviceAccount: {create: true, name: a, annotations: {}}\nautomount: true\npodLabels: {}\ningress: {annotations: {}}\nunread: {podLabels: {}}\nreplicas: 1\n";
    let files = [("templates/app.yaml", DEPLOYMENT), ("templates/sa.yaml", account), ("values.yaml", values)];
    let values = Fixture::new(&files, &files, "").with_case(|case, _| assumed(case.old, case.overrides, case.release, case.capabilities));
    assert_eq!(
        shown(&values),
        concat!(
            r#"serviceAccount.annotations.azure\.workload\.identity/client-id="00000000-0000-0000-0000-000000000000" "#,
            r#"podLabels.azure\.workload\.identity/use="true""#
        )
    );
}
