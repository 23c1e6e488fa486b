//! Causes and fixes of findings.

use super::fixture::{DEPLOYMENT, Fixture, effects, shown, told};
use crate::classify::{Fix, Form};
use crate::render::Overrides;

const BASE: &str = "serviceAccount: {create: false, name: wi-sa}\nautomount: true\npodLabels: {}\nreplicas: 1\n";

fn with(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(BASE.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[test]
fn a_default_is_the_cause_and_its_old_value_the_fix() {
    let new = with(&[("create: false", "create: true"), ("replicas: 1", "replicas: 2")]);
    let (trials, findings) = Fixture::values(DEPLOYMENT, BASE, &new, "").examine();
    let told: Vec<String> = findings.iter().map(told).collect();
    assert_eq!(told, ["service-account-name-changed: serviceAccount.create; fix serviceAccount.create=false verified"]);
    let fix = trials.fix.unwrap();
    assert!(fix.verified);
    assert_eq!(shown(&fix.values), "serviceAccount.create=false");
}

#[test]
fn a_cause_may_need_two_defaults() {
    let template =
        DEPLOYMENT.replace("{{ if .Values.serviceAccount.create }}", "{{ if or .Values.serviceAccount.create .Values.global.make }}");
    let old = format!("{BASE}global: {{make: false}}\n");
    let new = old.replace("create: false", "create: true").replace("make: false", "make: true");
    let (_, findings) = Fixture::values(&template, &old, &new, "").examine();
    let told: Vec<String> = findings.iter().map(told).collect();
    assert_eq!(
        told,
        ["service-account-name-changed: serviceAccount.create, global.make; fix serviceAccount.create=false global.make=false verified"]
    );
}

#[test]
fn a_template_is_the_cause_when_no_default_is() {
    let renamed = DEPLOYMENT.replace("{{ .Values.serviceAccount.name }}{{ end }}", "{{ .Values.serviceAccount.named }}{{ end }}");
    let old = [("templates/app.yaml", DEPLOYMENT), ("values.yaml", BASE)];
    let with_named = with(&[("name: wi-sa", "named: other")]);
    let new = [("templates/app.yaml", &*renamed), ("values.yaml", &*with_named)];
    let (_, findings) = Fixture::new(&old, &new, "serviceAccount: {name: mine}\n").examine();
    let told: Vec<String> = findings.iter().map(told).collect();
    assert_eq!(told, ["service-account-name-changed: templates/app.yaml:[13]; fix serviceAccount.named=\"mine\" verified"]);
}

/// The account's name is read elsewhere, and a flag of the user's already says something there.
fn with_a_flag(add: impl FnOnce(&mut Overrides)) -> Fix {
    let renamed = DEPLOYMENT.replace("{{ .Values.serviceAccount.name }}{{ end }}", "{{ .Values.serviceAccount.named }}{{ end }}");
    let old = [("templates/app.yaml", DEPLOYMENT), ("values.yaml", BASE)];
    let with_named = with(&[("name: wi-sa", "named: other")]);
    let new = [("templates/app.yaml", &*renamed), ("values.yaml", &*with_named)];
    let mut fixture = Fixture::new(&old, &new, "serviceAccount: {name: mine}\n");
    add(&mut fixture.overrides);
    let (trials, findings) = fixture.examine();
    let fix = findings[0].fix.clone().unwrap_or_default();
    assert_eq!(trials.fix.is_some_and(|all| all.verified), fix.verified);
    fix
}

#[test]
fn a_fix_is_verified_the_way_it_would_be_set() {
    let fix = with_a_flag(|_| {});
    assert_eq!((fix.verified, fix.only_as), (true, None));
    // A flag wins over a values file, and the later flag over the earlier.
    let fix = with_a_flag(|user| user.set.push("serviceAccount.named=flagged".into()));
    assert_eq!((shown(&fix.values).as_str(), fix.verified, fix.only_as), (r#"serviceAccount.named="mine""#, true, Some(Form::Flags)));
    // Helm reads literals after all other flags: neither way works.
    let fix = with_a_flag(|user| user.set_literal.push("serviceAccount.named=flagged".into()));
    assert!(!fix.verified);
}

#[test]
fn an_imported_default_is_put_back_where_the_parent_has_it() {
    let files = |create: &'static str| {
        let chart = "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n- {name: sub, version: '*', import-values: [account]}\n";
        [
            ("Chart.yaml", chart.to_owned()),
            ("values.yaml", "automount: true\npodLabels: {}\nreplicas: 1\n".to_owned()),
            ("templates/app.yaml", DEPLOYMENT.to_owned()),
            ("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n".to_owned()),
            ("charts/sub/values.yaml", format!("exports:\n  account:\n    serviceAccount: {{create: {create}, name: wi-sa}}\n")),
        ]
    };
    let (old, new) = (files("false"), files("true"));
    let [old, new] = [&old, &new].map(|files| files.iter().map(|(path, text)| (*path, &**text)).collect::<Vec<_>>());
    let (trials, findings) = Fixture::new(&old, &new, "").examine();
    assert!(trials.missing.is_empty(), "{:?}", trials.missing);
    assert_eq!(effects(&trials), ["sub.exports.account.serviceaccount.create effective"]);
    let told: Vec<String> = findings.iter().map(told).collect();
    assert_eq!(told, ["service-account-name-changed: sub.exports.account.serviceAccount.create; fix serviceAccount.create=false verified"]);
    // What the parent says itself wins over what it imports.
    let own = |files: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        let with = |(path, text): &(&'static str, &str)| match *path {
            "values.yaml" => (*path, format!("{text}serviceAccount: {{create: false}}\n")),
            _ => (*path, (*text).to_owned()),
        };
        files.iter().map(with).collect()
    };
    let [old, new] = [own(&old), own(&new)];
    let [old, new] = [&old, &new].map(|files| files.iter().map(|(path, text)| (*path, &**text)).collect::<Vec<_>>());
    let (trials, findings) = Fixture::new(&old, &new, "").examine();
    assert_eq!(effects(&trials), ["sub.exports.account.serviceaccount.create inert"]);
    assert!(findings.is_empty());
}

#[test]
fn a_label_that_a_template_lost_is_set_where_a_place_is_left() {
    let lost = DEPLOYMENT.replace(".Values.podLabels", ".Values.extraLabels");
    let old = [("templates/app.yaml", DEPLOYMENT), ("values.yaml", BASE)];
    let new_values = format!("{BASE}extraLabels: {{}}\n");
    let new = [("templates/app.yaml", &*lost), ("values.yaml", &*new_values)];
    let (_, findings) = Fixture::new(&old, &new, "podLabels: {azure.workload.identity/use: 'true'}\n").examine();
    let told: Vec<String> = findings.iter().map(told).collect();
    assert_eq!(told, [r#"use-label-lost: templates/app.yaml:[7]; fix extraLabels.azure\.workload\.identity/use="true" verified"#]);
}

#[test]
fn a_subchart_that_moved_is_named_with_its_step() {
    let files = |version: &'static str, create: &'static str| {
        [
            ("Chart.yaml".to_owned(), "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n- {name: sub, version: '*'}\n".to_owned()),
            ("values.yaml".to_owned(), String::new()),
            ("charts/sub/Chart.yaml".to_owned(), format!("apiVersion: v2\nname: sub\nversion: {version}\n")),
            ("charts/sub/values.yaml".to_owned(), with(&[("create: false", create)])),
            ("charts/sub/templates/app.yaml".to_owned(), DEPLOYMENT.to_owned()),
        ]
    };
    let (old, new) = (files("1.0.0", "create: false"), files("1.1.0", "create: true"));
    let old: Vec<(&str, &str)> = old.iter().map(|(path, text)| (&**path, &**text)).collect();
    let new: Vec<(&str, &str)> = new.iter().map(|(path, text)| (&**path, &**text)).collect();
    let (_, findings) = Fixture::new(&old, &new, "").examine();
    let told: Vec<String> = findings.iter().map(told).collect();
    assert_eq!(
        told,
        ["service-account-name-changed: sub.serviceAccount.create, sub 1.0.0 to 1.1.0; fix sub.serviceAccount.create=false verified"]
    );
}

#[test]
fn a_fix_that_makes_something_else_worse_is_refused() {
    // The old default keeps the account, and takes the token from the same pod.
    let template = DEPLOYMENT.replace("{{ .Values.automount }}", "{{ .Values.serviceAccount.create }}");
    let old = "serviceAccount: {create: false, name: wi-sa}\nautomount: true\npodLabels: {}\nreplicas: 1\n";
    let new = with(&[("create: false", "create: true")]);
    let files = [("templates/app.yaml", DEPLOYMENT), ("values.yaml", old)];
    let changed = [("templates/app.yaml", &*template), ("values.yaml", &*new)];
    let (trials, findings) = Fixture::new(&files, &changed, "").examine();
    let fix = findings[0].fix.as_ref();
    assert!(fix.is_none_or(|fix| !fix.verified || shown(&fix.values) != "serviceAccount.create=false"), "{:?}", told(&findings[0]));
    assert!(trials.fix.is_none_or(|fix| shown(&fix.values) != "serviceAccount.create=false"));
}

#[test]
fn all_fixes_together_are_tried_as_one() {
    let new = with(&[("create: false", "create: true"), ("automount: true", "automount: false")]);
    let (trials, findings) = Fixture::values(DEPLOYMENT, BASE, &new, "").examine();
    let told: Vec<String> = findings.iter().map(told).collect();
    assert_eq!(
        told,
        [
            "service-account-name-changed: serviceAccount.create; fix serviceAccount.create=false verified",
            "token-mount-turned-off: automount; fix automount=false verified".replace("automount=false", "automount=true").as_str(),
        ]
    );
    let fix = trials.fix.unwrap();
    assert!(fix.verified);
    assert_eq!(shown(&fix.values), "serviceAccount.create=false automount=true");
}

#[test]
fn a_cause_may_be_a_default_that_another_one_hides() {
    // The new version doesn't read the name; with the account's making put back alone, it reads another one than the old version did.
    let new = with(&[("create: false", "create: true"), ("name: wi-sa", "name: other")]);
    let (trials, findings) = Fixture::values(DEPLOYMENT, BASE, &new, "").examine();
    assert_eq!(effects(&trials), ["serviceaccount.create effective", "serviceaccount.name inert"]);
    let told: Vec<String> = findings.iter().map(told).collect();
    assert_eq!(
        told,
        ["service-account-name-changed: serviceAccount.create, serviceAccount.name; \
          fix serviceAccount.create=false serviceAccount.name=\"wi-sa\" verified"]
    );
}
