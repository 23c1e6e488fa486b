//! Records of small manifests, field by field.

use serde_json::{Value as Json, json};

use super::webhook::Version;
use super::{Facts, Identities, ToldAccount, read};
use crate::object;
use crate::render::{Hook, Manifest, Rendered};
use crate::value::yaml;

/// The identities of a release in the namespace `review`; documents with the annotation `helm.sh/hook` are hooks of that event.
fn identities(text: &str, facts: &Facts) -> Identities {
    let source = yaml::source("manifests.yaml", text.as_bytes()).unwrap();
    let mut rendered = Rendered::default();
    for node in yaml::read_all(&source, &yaml::Limits::default()).unwrap() {
        let hook = node.get_path(["metadata", "annotations", "helm.sh/hook"]).and_then(|event| event.as_str()).map(str::to_owned);
        let manifest = Manifest {
            path: "chart/templates/all.yaml".into(),
            kind: String::new(),
            text: Vec::new(),
            object: node.into(),
            provenance: None,
        };
        match hook {
            Some(event) => rendered.hooks.push(Hook { manifest, events: vec![event] }),
            None => rendered.manifests.push(manifest),
        }
    }
    read(&object::objects(&rendered, "review"), "review", facts)
}

fn workloads(text: &str) -> Json {
    serde_json::to_value(identities(text, &Facts::default()).workloads).unwrap()
}

/// The record of `Deployment/web` with this pod spec, the account `wi-sa` and whatever else stands after `---`.
fn of_spec(spec: &str, more: &str, facts: &Facts) -> Json {
    let text = format!(
        "kind: Deployment\napiVersion: apps/v1\nmetadata: {{name: web}}\nspec:\n  template:\n    \
         metadata: {{labels: {{app: web, app.kubernetes.io/component: api}}}}\n    spec: {{{spec}}}\n---\n\
         kind: ServiceAccount\nmetadata: {{name: wi-sa, annotations: {{azure.workload.identity/client-id: a-client}}}}\n{more}"
    );
    serde_json::to_value(&identities(&text, facts).workloads["Deployment/web"]).unwrap()
}

#[test]
fn every_field_is_read_from_the_spec() {
    for (spec, field, want) in [
        ("", "/serviceAccountName", json!("default")),
        ("", "/accountNamed", json!(false)),
        ("", "/component", json!("api")),
        ("", "/namespace", json!("review")),
        ("", "/automount", json!("unknown")),
        ("", "/subject", json!("system:serviceaccount:review:default")),
        ("serviceAccountName: wi-sa", "/rendered", json!(true)),
        ("serviceAccountName: wi-sa", "/clientId", json!("a-client")),
        ("serviceAccountName: wi-sa", "/tenantId", json!(null)),
        ("serviceAccountName: wi-sa", "/automount", json!(true)),
        ("serviceAccountName: wi-sa, automountServiceAccountToken: false", "/automount", json!(false)),
        ("serviceAccountName: wi-sa, automountServiceAccountToken: false", "/podAutomount", json!(false)),
        ("serviceAccountName: elsewhere", "/clientId", json!(null)),
        ("serviceAccountName: elsewhere", "/accountKnown", json!(false)),
        ("serviceAccount: wi-sa", "/serviceAccountName", json!("wi-sa")),
        ("serviceAccount: wi-sa", "/legacyAccount", json!("wi-sa")),
        ("serviceAccountName: wi-sa, serviceAccount: wi-sa", "/legacyAccount", json!(null)),
        ("serviceAccountName: wi-sa, serviceAccount: old", "/legacyAccount", json!("old")),
        ("serviceAccountName: wi-sa, serviceAccount: old", "/serviceAccountName", json!("wi-sa")),
        ("serviceAccountName: '', serviceAccount: old", "/serviceAccountName", json!("old")),
        ("serviceAccountName: 7", "/serviceAccountName", json!("7")),
        ("serviceAccountName: 0, serviceAccount: ~", "/serviceAccountName", json!("default")),
        ("hostNetwork: true", "/hostNetwork", json!(true)),
        ("hostNetwork: 'false'", "/hostNetwork", json!(true)),
        ("hostNetwork: ~", "/hostNetwork", json!(false)),
        ("os: {name: windows}, nodeSelector: {kubernetes.io/os: linux}", "/os", json!("windows")),
        ("nodeSelector: {kubernetes.io/os: linux}", "/os", json!("linux")),
        ("nodeSelector: {beta.kubernetes.io/os: linux}", "/os", json!("linux")),
        ("securityContext: {runAsUser: 7, runAsNonRoot: true, fsGroup: 8}", "/runAsUser", json!(7)),
        ("securityContext: {runAsUser: 7, runAsNonRoot: true, fsGroup: 8}", "/runAsNonRoot", json!(true)),
        ("securityContext: {runAsUser: 7, runAsNonRoot: true, fsGroup: 8}", "/fsGroup", json!(8)),
        ("volumes: [{name: a, emptyDir: {}}, {name: b}]", "/volumes", json!(["a", "b"])),
    ] {
        assert_eq!(of_spec(spec, "", &Facts::default()).pointer(field), Some(&want), "{field} of {spec}");
    }
}

#[test]
fn containers_say_what_they_are_given() {
    let record = of_spec(
        "securityContext: {runAsUser: 7}, \
         initContainers: [{name: setup, image: 'i:1', securityContext: {runAsUser: 0}}], \
         containers: [{name: app, image: 'a:1', env: [{name: AZURE_CLIENT_ID, value: x}, {name: NUMBER, value: 1}, {name: EMPTY}, \
         {name: S, valueFrom: {secretKeyRef: {name: s, key: k}}}, {name: C, valueFrom: {configMapKeyRef: {name: c, key: k}}}, \
         {name: F, valueFrom: {fieldRef: {fieldPath: status.podIP}}}, {name: R, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}], \
         envFrom: [{secretRef: {name: s}}, {configMapRef: {name: c}}], volumeMounts: [{name: data, mountPath: /data}]}]",
        "",
        &Facts::default(),
    );
    let setup = json!({
        "name": "setup", "init": true, "image": "i:1", "env": {}, "envFrom": [], "mounts": [], "runAsUser": 0, "tokenReadable": null,
    });
    let app = json!({
        "name": "app", "init": false, "image": "a:1",
        "env": {
            "AZURE_CLIENT_ID": {"literal": "x"}, "NUMBER": {"literal": "1"}, "EMPTY": {"literal": ""}, "S": {"from": "secret/s:k"},
            "C": {"from": "configMap/c:k"}, "F": {"from": "field/status.podIP"}, "R": {"from": "resource/limits.cpu"},
        },
        "envFrom": ["secret/s", "configMap/c"], "mounts": [["data", "/data"]], "runAsUser": 7, "tokenReadable": null,
    });
    assert_eq!(record["containers"], json!([setup, app]));
}

#[test]
fn pods_are_found_where_each_kind_keeps_them() {
    let pod = "metadata: {labels: {azure.workload.identity/use: 'true'}}, spec: {serviceAccountName: own}";
    let template = format!("spec: {{template: {{{pod}}}}}");
    for (object, found) in [
        (format!("kind: Deployment\napiVersion: extensions/v1beta1\n{template}"), Some("Deployment/x")),
        (format!("kind: StatefulSet\napiVersion: apps/v1\n{template}"), Some("StatefulSet/x")),
        (format!("kind: Job\napiVersion: batch/v1\n{template}"), Some("Job/x")),
        (format!("kind: CronJob\napiVersion: batch/v1\nspec: {{jobTemplate: {{{template}}}}}"), Some("CronJob/x")),
        (format!("kind: Rollout\napiVersion: argoproj.io/v1alpha1\n{template}"), Some("Rollout/x")),
        ("kind: Rollout\napiVersion: argoproj.io/v1alpha1\nspec: {workloadRef: {name: y}}".into(), None),
        (format!("kind: Service\napiVersion: serving.knative.dev/v1\n{template}"), Some("Service/x")),
        ("kind: Service\napiVersion: v1\nspec: {ports: []}".into(), None),
        ("kind: Job\napiVersion: batch.volcano.sh/v1alpha1\nspec: {tasks: []}".into(), None),
        (
            "kind: Prometheus\napiVersion: monitoring.coreos.com/v1\nspec: {serviceAccountName: own, podMetadata: {labels: \
             {azure.workload.identity/use: 'true'}}}"
                .into(),
            Some("Prometheus/x"),
        ),
    ] {
        let workloads = workloads(&format!("metadata: {{name: x}}\n{object}"));
        let names: Vec<&String> = workloads.as_object().unwrap().keys().collect();
        assert_eq!(names, Vec::from_iter(found), "{object}");
        for record in workloads.as_object().unwrap().values() {
            assert_eq!((&record["serviceAccountName"], &record["useLabel"]), (&json!("own"), &json!(true)), "{object}");
        }
    }
    let bare = workloads("kind: Deployment\napiVersion: apps/v1\n---\nkind: Pod\napiVersion: v1\nmetadata: {name: p}");
    assert_eq!(bare["Deployment/None"]["serviceAccountName"], "default");
    assert_eq!(bare["Pod/p"]["serviceAccountName"], "default");
    let listed = workloads("kind: List\nitems: [{kind: Pod, metadata: {name: a}}, {kind: Pod, metadata: {name: b, namespace: other}}]");
    assert_eq!(listed["Pod/b"]["subject"], "system:serviceaccount:other:default");
}

#[test]
fn the_use_label_counts_only_as_text_on_the_pod() {
    let with = |labels: &str| {
        let text = format!("kind: Pod\nmetadata: {{name: p, labels: {{{labels}}}}}");
        workloads(&text)["Pod/p"].clone()
    };
    let told = |record: &Json| (record["useLabel"].clone(), record["useLabelValue"].clone());
    assert_eq!(told(&with("azure.workload.identity/use: 'true'")), (json!(true), json!("true")));
    assert_eq!(told(&with("azure.workload.identity/use: 'True'")), (json!(false), json!("True")));
    assert_eq!(told(&with("azure.workload.identity/use: true")), (json!(false), json!(true)));
    assert_eq!(told(&with("app: x")), (json!(false), json!(null)));
    assert_eq!(with("azure.workload.identity/use: 'true'")["useLabelElsewhere"], json!([]));
}

#[test]
fn misplaced_use_labels_are_told() {
    let key = "{azure.workload.identity/use: 'true'}";
    let record = workloads(&format!(
        "kind: CronJob\napiVersion: batch/v1\nmetadata: {{name: x, labels: {key}, annotations: {key}}}\n\
         spec: {{jobTemplate: {{metadata: {{labels: {key}}}, spec: {{template: {{metadata: {{annotations: {key}}}, \
         spec: {{serviceAccountName: own}}}}}}}}}}\n---\nkind: ServiceAccount\nmetadata: {{name: own, labels: {key}, annotations: {key}}}"
    ))["CronJob/x"]
        .clone();
    let places =
        ["metadata.labels", "metadata.annotations", "jobTemplate.labels", "pod.annotations", "account.labels", "account.annotations"];
    assert_eq!(record["useLabelElsewhere"], json!(places));
    for (selector, inside) in [
        (format!("{{matchLabels: {key}}}"), true),
        ("{matchExpressions: [{key: azure.workload.identity/use, operator: Exists}]}".into(), true),
        ("{matchLabels: {app: x}}".into(), false),
    ] {
        let claims = format!("volumeClaimTemplates: [{{metadata: {{labels: {key}}}}}]");
        let text = format!(
            "kind: StatefulSet\napiVersion: apps/v1\nmetadata: {{name: x}}\nspec: {{selector: {selector}, template: {{}}, {claims}}}"
        );
        let record = &workloads(&text)["StatefulSet/x"];
        assert_eq!(record["useLabelInSelector"], inside, "{selector}");
        assert_eq!(record["useLabelElsewhere"], json!(["volumeClaimTemplates.labels"]));
    }
}

#[test]
fn accounts_say_who_runs_on_them_and_how_they_live() {
    let text = "kind: ServiceAccount\nmetadata: {name: own, labels: {a: b}, annotations: {helm.sh/hook: pre-install, \
                helm.sh/resource-policy: ' Keep', azure.workload.identity/tenant-id: ''}}\nautomountServiceAccountToken: false\n---\n\
                kind: Job\napiVersion: batch/v1\nmetadata: {name: j, annotations: {helm.sh/hook: post-upgrade}}\n\
                spec: {template: {spec: {serviceAccountName: own}}}";
    let found = identities(text, &Facts::default());
    let account = serde_json::to_value(&found.accounts["own"]).unwrap();
    for (field, want) in [
        ("automount", json!(false)),
        ("clientId", json!(null)),
        ("tenantId", json!("")),
        ("namespace", json!("review")),
        ("labels", json!({"a": "b"})),
        ("hook", json!(["pre-install"])),
        ("kept", json!(true)),
        ("workloads", json!(["Job/j"])),
    ] {
        assert_eq!(account[field], want, "{field}");
    }
    let job = serde_json::to_value(&found.workloads["Job/j"]).unwrap();
    assert_eq!((&job["accountHook"], &job["hook"]), (&json!(true), &json!(["post-upgrade"])));
    assert_eq!((&job["automount"], &job["accountAutomount"]), (&json!(false), &json!(false)));
}

#[test]
fn an_account_of_another_namespace_is_rendered_but_not_known() {
    let text = "kind: ServiceAccount\nmetadata: {name: own, namespace: other, annotations: {azure.workload.identity/client-id: c}}\n---\n\
                kind: Pod\nmetadata: {name: p}\nspec: {serviceAccountName: own}";
    let record = &workloads(text)["Pod/p"];
    assert_eq!((&record["rendered"], &record["clientId"], &record["accountKnown"]), (&json!(true), &json!("c"), &json!(false)));
}

#[test]
fn annotations_of_the_pod_and_its_account_steer_the_webhook() {
    let text = "kind: Pod\nmetadata: {name: p, annotations: {azure.workload.identity/skip-containers: ' a ;b;;', \
                azure.workload.identity/inject-proxy-sidecar: 'false', azure.workload.identity/proxy-sidecar-port: '8080', \
                azure.workload.identity/service-account-token-expiration: ''}}\nspec: {serviceAccountName: own}\n---\n\
                kind: ServiceAccount\nmetadata: {name: own, annotations: {azure.workload.identity/service-account-token-expiration: '7200'}}";
    let record = &workloads(text)["Pod/p"];
    for (field, want) in
        [("skipContainers", json!(["a", "b"])), ("proxySidecar", json!(true)), ("proxyPort", json!("8080")), ("expiry", json!("7200"))]
    {
        assert_eq!(record[field], want, "{field}");
    }
}

#[test]
fn told_accounts_count_where_the_chart_makes_none() {
    let annotated = |id: &str| ToldAccount::Annotated([("azure.workload.identity/client-id".to_owned(), id.to_owned())].into());
    let facts = |name: &str, account| Facts { accounts: [(name.to_owned(), account)].into(), ..Facts::default() };
    for (spec, facts, client, known) in [
        ("serviceAccountName: there", facts("there", annotated("1")), json!("1"), true),
        ("serviceAccountName: there", facts("review/there", annotated("1")), json!("1"), true),
        ("serviceAccountName: there", facts("other/there", annotated("1")), json!(null), false),
        ("serviceAccountName: there", facts("there", ToldAccount::Absent), json!(null), false),
        ("serviceAccountName: wi-sa", facts("wi-sa", annotated("1")), json!("a-client"), true),
    ] {
        let record = of_spec(spec, "", &facts);
        assert_eq!((&record["clientId"], &record["accountKnown"]), (&client, &json!(known)), "{facts:?}");
    }
}

#[test]
fn told_subjects_say_which_have_a_credential() {
    let with = |subjects: Option<&[&str]>| {
        let subjects = subjects.map(|subjects| subjects.iter().map(|subject| (*subject).to_owned()).collect());
        of_spec("serviceAccountName: wi-sa", "", &Facts { subjects, ..Facts::default() })["federated"].clone()
    };
    assert_eq!(with(None), json!(null));
    assert_eq!(with(Some(&[])), json!(false));
    assert_eq!(with(Some(&["system:serviceaccount:review:wi-sa"])), json!(true));
}

#[test]
fn projected_tokens_and_their_readers_are_told() {
    let volumes = "volumes: [{name: t, projected: {defaultMode: 256, sources: [{configMap: {name: c}}, {serviceAccountToken: \
                   {path: token, audience: 'api://AzureADTokenExchange', expirationSeconds: 3600}}]}}, {name: k, projected: {sources: \
                   [{serviceAccountToken: {path: kube}}]}}]";
    let record = of_spec(volumes, "", &Facts::default());
    let azure = json!({"volume": "t", "path": "token", "audience": "api://AzureADTokenExchange", "expiry": 3600, "mode": 256});
    let kubernetes = json!({"volume": "k", "path": "kube", "audience": null, "expiry": null, "mode": null});
    assert_eq!(record["tokenVolumes"], json!([azure, kubernetes]));
    let app = |user: &str| format!("containers: [{{name: a, {user}volumeMounts: [{{name: t, mountPath: /t}}]}}, {{name: b}}]");
    for (spec, readers, readable) in [
        (app(""), json!("mode"), json!(null)),
        (app("securityContext: {runAsUser: 7}, "), json!("mode"), json!(false)),
        (app("securityContext: {runAsUser: 0}, "), json!("mode"), json!(true)),
        (format!("securityContext: {{runAsUser: 7}}, {}", app("")), json!({"user": 7}), json!(true)),
        (format!("securityContext: {{fsGroup: 9}}, {}", app("")), json!({"group": 9}), json!(true)),
    ] {
        let record = of_spec(&format!("{volumes}, {spec}"), "", &Facts::default());
        assert_eq!((&record["tokenReaders"], &record["containers"][0]["tokenReadable"]), (&readers, &readable), "{spec}");
        assert_eq!(record["containers"][1]["tokenReadable"], json!(null), "{spec}");
    }
}

#[test]
fn policies_that_select_the_pod_are_told() {
    let policy = |name: &str, spec: &str| {
        format!("---\nkind: NetworkPolicy\napiVersion: networking.k8s.io/v1\nmetadata: {{name: {name}}}\nspec: {{{spec}}}\n")
    };
    let pods = "podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]";
    let dns = policy("dns", &format!("{pods}, egress: [{{ports: [{{port: 53, protocol: UDP}}]}}]"));
    let https =
        policy("https", &format!("{pods}, egress: [{{to: [{{ipBlock: {{cidr: 0.0.0.0/0}}}}], ports: [{{port: 400, endPort: 500}}]}}]"));
    for (policies, names, cuts) in [
        (String::new(), json!([]), false),
        (dns.clone(), json!(["dns"]), true),
        (format!("{dns}{https}"), json!(["dns", "https"]), false),
        (format!("{dns}{}", policy("open", &format!("{pods}, egress: [{{}}]"))), json!([]), false),
        (policy("none", pods), json!(["none"]), true),
        (policy("inferred", "podSelector: {}, egress: [{to: [{podSelector: {}}]}]"), json!(["inferred"]), true),
        (policy("ingress", "podSelector: {}, ingress: [{}]"), json!([]), false),
        (policy("ingress", "podSelector: {}, egress: []"), json!([]), false),
        (policy("other", "podSelector: {matchLabels: {app: db}}, policyTypes: [Egress]"), json!([]), false),
        (
            policy("in", "podSelector: {matchExpressions: [{key: app, operator: In, values: [web, db]}]}, policyTypes: [Egress]"),
            json!(["in"]),
            true,
        ),
        (
            policy("out", "podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}, policyTypes: [Egress]"),
            json!([]),
            false,
        ),
        (
            policy("lacks", "podSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [x]}]}, policyTypes: [Egress]"),
            json!(["lacks"]),
            true,
        ),
        (policy("has", "podSelector: {matchExpressions: [{key: app, operator: Exists}]}, policyTypes: [Egress]"), json!(["has"]), true),
        (policy("no", "podSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}, policyTypes: [Egress]"), json!([]), false),
        (policy("else", &format!("namespace: x, {pods}")).replace("name: else", "name: else, namespace: x"), json!([]), false),
    ] {
        let record = of_spec("", &policies, &Facts::default());
        assert_eq!((&record["egressPolicies"], &record["egressCutsLogin"]), (&names, &json!(cuts)), "{policies}");
    }
}

#[test]
fn permissions_come_from_the_roles_that_are_bound() {
    let rbac = "apiVersion: rbac.authorization.k8s.io/v1";
    let roles = format!(
        "---\nkind: Role\n{rbac}\nmetadata: {{name: r}}\nrules: [{{apiGroups: [''], resources: [secrets], verbs: [list]}}, \
         {{apiGroups: [''], resources: [secrets, serviceaccounts/token], verbs: [get]}}, \
         {{apiGroups: [apps], resources: [deployments], resourceNames: [web], verbs: [patch]}}]\n\
         ---\nkind: ClusterRole\n{rbac}\nmetadata: {{name: all}}\nrules: [{{apiGroups: ['*'], resources: ['*'], verbs: ['*', get]}}, \
         {{nonResourceURLs: [/metrics], verbs: [get]}}]\n\
         ---\nkind: ClusterRole\n{rbac}\nmetadata: {{name: sum}}\naggregationRule: {{clusterRoleSelectors: [{{matchLabels: {{part: x}}}}]}}\n\
         ---\nkind: ClusterRole\n{rbac}\nmetadata: {{name: part, labels: {{part: x}}}}\nrules: [{{apiGroups: [''], resources: [pods], verbs: [get]}}]\n"
    );
    let bound = |kind: &str, place: &str, role: &str, subject: &str| {
        format!("---\nkind: {kind}\n{rbac}\nmetadata: {{name: b{place}}}\nroleRef: {{{role}}}\nsubjects: [{{{subject}}}]\n")
    };
    let own = "kind: ServiceAccount, name: wi-sa, namespace: review";
    for (binding, want) in [
        (String::new(), json!([])),
        (
            bound("RoleBinding", "", "kind: Role, name: r", "kind: ServiceAccount, name: wi-sa"),
            json!(["get serviceaccounts/token", "get,list secrets", "patch deployments.apps/web"]),
        ),
        (bound("RoleBinding", "", "kind: Role, name: r", "kind: ServiceAccount, name: other"), json!([])),
        (bound("RoleBinding", "", "kind: ClusterRole, name: all", own), json!(["* *", "get /metrics"])),
        (
            bound("ClusterRoleBinding", "", "kind: ClusterRole, name: all", own),
            json!(["* * in all namespaces", "get /metrics in all namespaces"]),
        ),
        (bound("RoleBinding", ", namespace: far", "kind: ClusterRole, name: sum", own), json!(["get pods in far"])),
        (bound("RoleBinding", "", "kind: ClusterRole, name: view", own), json!(["ClusterRole/view"])),
        (
            bound("RoleBinding", "", "kind: ClusterRole, name: sum", "kind: Group, name: 'system:serviceaccounts:review'"),
            json!(["get pods"]),
        ),
        (
            bound("RoleBinding", "", "kind: ClusterRole, name: sum", "kind: User, name: 'system:serviceaccount:review:wi-sa'"),
            json!(["get pods"]),
        ),
    ] {
        let record = of_spec("serviceAccountName: wi-sa", &format!("{roles}{binding}"), &Facts::default());
        assert_eq!(record["permissions"], want, "{binding}");
    }
}

#[test]
fn the_version_of_the_webhook_counts() {
    let pod = "kind: Pod\nmetadata: {name: p, labels: {azure.workload.identity/use: 'true'}}\nspec: {serviceAccountName: own, \
               containers: [{name: a}]}\n---\nkind: ServiceAccount\nmetadata: {name: own}";
    let with = |version: Option<&str>| {
        let facts = Facts {
            webhook_version: version.map(|name| Version::named(name).unwrap()),
            tenant_id: Some("a-tenant".into()),
            ..Facts::default()
        };
        serde_json::to_value(&identities(pod, &facts).workloads["Pod/p"]).unwrap()["injection"].clone()
    };
    let empty = json!({"literal": ""});
    assert_eq!(with(Some("v1.5.0"))["env"]["a"]["AZURE_CLIENT_ID"], empty);
    assert_eq!(with(Some("v1.5.1"))["env"]["a"].get("AZURE_CLIENT_ID"), None);
    assert_eq!(with(Some("v1.5.1"))["env"]["a"]["AZURE_TENANT_ID"], json!({"literal": "a-tenant"}));
    assert_eq!(with(Some("v1.5.1"))["mounts"]["a"], "/var/run/secrets/azure/tokens");
    assert_eq!(with(None)["mounts"]["a"], "/var/run/secrets/azure/wi");
    assert_eq!(with(Some("v0.14"))["outcome"], "unchanged");
    assert_eq!(with(Some("v0.15"))["outcome"], "injected");
}
