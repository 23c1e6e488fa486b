//! Comparisons of small renders, told as lines.

mod corpus;
mod properties;

use super::*;
use crate::object::objects;
use crate::render::{Hook, Manifest, Rendered};
use crate::value::{Source, yaml};

/// A render with these documents, each a hook when its annotation says so.
fn rendered(text: &str) -> Rendered {
    let mut rendered = Rendered::default();
    for document in text.split("\n---\n") {
        let source = std::sync::Arc::new(Source { name: "app/templates/all.yaml".to_owned(), text: document.to_owned() });
        let object = yaml::read(&source, &yaml::Limits::default()).unwrap();
        let kind = object.get("kind").and_then(Node::as_str).unwrap_or_default().to_owned();
        let events = object.get_path(["metadata", "annotations", "helm.sh/hook"]).and_then(Node::as_str).map(str::to_owned);
        let manifest =
            Manifest { path: source.name.clone(), kind, text: document.as_bytes().to_vec(), object: object.into(), provenance: None };
        match events {
            Some(events) => rendered.hooks.push(Hook { manifest, events: events.split(',').map(str::to_owned).collect() }),
            None => rendered.manifests.push(manifest),
        }
    }
    rendered
}

fn compared(old: &str, new: &str) -> ObjectsDiff {
    let (old, new) = (rendered(old), rendered(new));
    compare(&objects(&old, "default"), &objects(&new, "default"), &Settings::default())
}

/// A value in one line.
fn shown(node: Option<&Node>) -> String {
    node.map_or(String::new(), |node| serde_json::to_string(node).unwrap())
}

/// `kind Kind/name` of each object, and `kind path old>new line` of each field.
fn told(diff: &ObjectsDiff) -> Vec<String> {
    let mut lines = Vec::new();
    for change in &diff.changes {
        let mut line = format!("{:?} {}", change.kind, change.id.label());
        if let Some(old) = &change.old_id {
            line += &format!(" (was {}.{})", old.label(), old.group);
        }
        if let Some((old, new)) = &change.api_version {
            line += &format!(" {old}>{new}");
        }
        if change.kept {
            line += " kept";
        }
        if !change.events.is_empty() {
            line += &format!(" at {}", change.events.join(","));
        }
        lines.push(line);
        lines.extend(change.fields.iter().map(told_field));
    }
    lines
}

fn told_field(field: &FieldDiff) -> String {
    let sign = match field.kind {
        ChangeKind::Added => '+',
        ChangeKind::Removed => '-',
        ChangeKind::Modified => '~',
        ChangeKind::Reordered => '%',
    };
    let mut line = format!(" {sign}{}", field.path);
    if let Some(embedded) = &field.embedded {
        line += &format!(" in {embedded}");
    }
    if let Some((removed, added)) = field.lines {
        return format!("{line} -{removed}+{added} :{}", field.line.unwrap_or_default());
    }
    if field.secret {
        assert!(field.old.is_none() && field.new.is_none());
        return format!("{line} withheld :{}", field.line.unwrap_or_default());
    }
    if field.kind != ChangeKind::Reordered {
        line += &format!(" {}>{}", shown(field.old.as_ref()), shown(field.new.as_ref()));
    }
    format!("{line} :{}", field.line.unwrap_or_default())
}

/// An object of a kind with these lines below its metadata.
fn object(api: &str, kind: &str, rest: &str) -> String {
    format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{name: x}}\n{rest}")
}

/// What differs between two objects of a kind that have these lines.
fn fields(api: &str, kind: &str, old: &str, new: &str) -> Vec<String> {
    let mut lines = told(&compared(&object(api, kind, old), &object(api, kind, new)));
    lines.retain(|line| line.starts_with(' '));
    lines
}

#[test]
fn objects_are_paired_by_what_the_cluster_calls_them() {
    let deployment =
        |api: &str, name: &str| format!("apiVersion: {api}\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{replicas: 1}}");
    let cases: [(&str, String, String, &[&str]); 7] = [
        ("the same", deployment("apps/v1", "a"), deployment("apps/v1", "a"), &[]),
        ("a new version", deployment("apps/v1beta1", "a"), deployment("apps/v1", "a"), &["Modified Deployment/a apps/v1beta1>apps/v1"]),
        (
            "another group of the same objects",
            deployment("extensions/v1beta1", "a"),
            deployment("apps/v1", "a"),
            &["Modified Deployment/a (was Deployment/a.extensions) extensions/v1beta1>apps/v1"],
        ),
        (
            "another group of other objects",
            deployment("apps/v1", "a"),
            deployment("example.org/v1", "a"),
            &["Added Deployment/a", "Removed Deployment/a"],
        ),
        (
            "the namespace that the release has anyway",
            deployment("apps/v1", "a"),
            deployment("apps/v1", "a, namespace: default"),
            &["Modified Deployment/a", " +metadata.namespace >\"default\" :3"],
        ),
        (
            "another namespace",
            deployment("apps/v1", "a, labels: {b: c}"),
            deployment("apps/v1", "a, labels: {d: e}, namespace: other"),
            &["Added Deployment/a", "Removed Deployment/a"],
        ),
        (
            "a list",
            format!("apiVersion: v1\nkind: List\nitems:\n- {{{}}}", deployment("apps/v1", "a").replace('\n', ", ")),
            deployment("apps/v1", "a"),
            &[],
        ),
    ];
    for (case, old, new, expected) in cases {
        assert_eq!(told(&compared(&old, &new)), expected, "{case}");
    }
}

#[test]
fn a_name_that_moved_is_proposed_when_the_content_stays() {
    let map = |name: &str, label: &str, rest: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, labels: {{app: {name}, chart: {label}}}}}\ndata: {{{rest}}}")
    };
    let full = "a: '1', b: '2', c: '3', d: '4', e: '5'";
    let cases: [(&str, String, String, &[&str]); 5] = [
        (
            "only the name",
            map("old", "c-1", full),
            map("new", "c-2", full),
            &["Modified ConfigMap/new (was ConfigMap/old.)", " ~metadata.labels.app \"old\">\"new\" :3"],
        ),
        (
            "name and one value",
            map("old", "c-1", full),
            map("new", "c-1", &full.replace('5', "6")),
            &["Modified ConfigMap/new (was ConfigMap/old.)", " ~metadata.labels.app \"old\">\"new\" :3", " ~data.e \"5\">\"6\" :4"],
        ),
        (
            "another content",
            map("old", "c-1", full),
            map("new", "c-1", "x: '1', y: '2'"),
            &["Added ConfigMap/new", "Removed ConfigMap/old"],
        ),
        ("too little to tell", map("old", "c-1", "a: '1'"), map("new", "c-1", "a: '2'"), &["Added ConfigMap/new", "Removed ConfigMap/old"]),
        (
            "the more alike of two",
            format!("{}\n---\n{}", map("one", "c", full), map("two", "c", &full.replace('1', "7"))),
            map("three", "c", &full.replace('1', "7")),
            &["Modified ConfigMap/three (was ConfigMap/two.)", " ~metadata.labels.app \"two\">\"three\" :3", "Removed ConfigMap/one"],
        ),
    ];
    for (case, old, new, expected) in cases {
        assert_eq!(told(&compared(&old, &new)), expected, "{case}");
    }
}

#[test]
fn a_secrets_values_speak_for_no_rename() {
    let secret = |name: &str, value: &str| {
        format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\ntype: Opaque\ndata: {{a: {value}, b: {value}, c: {value}}}")
    };
    for value in ["c2FtZQ==", "b3RoZXI="] {
        let lines = told(&compared(&secret("old", "c2FtZQ=="), &secret("new", value)));
        assert_eq!(lines[0], "Modified Secret/new (was Secret/old.)");
    }
}

#[test]
fn thousands_of_objects_without_a_partner_are_paired_in_time() {
    let many = |side: &str| {
        let one = |index: usize| {
            format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {side}-{index}}}\ndata: {{a: '1', b: '2', c: '3', own: 'n{index}'}}"
            )
        };
        (0..1_500).map(one).collect::<Vec<_>>().join("\n---\n")
    };
    let diff = compared(&many("old"), &many("new"));
    assert_eq!(diff.changes.len(), 1_500);
    assert!(diff.changes.iter().all(|change| change.old_id.as_ref().is_some_and(|old| old.name == change.id.name.replace("new", "old"))));
}

#[test]
fn items_are_told_by_the_keys_of_their_lists() {
    let pod = |rest: &str| format!("spec: {{containers: [{{name: c, {rest}}}]}}");
    let cases: [(&str, &str, &[&str]); 14] = [
        ("image: a", "image: b", &[" ~spec.containers[name=c].image \"a\">\"b\" :4"]),
        (
            "env: [{name: A, value: '1'}, {name: B, value: '2'}]",
            "env: [{name: B, value: '3'}, {name: A, value: '1'}]",
            &[" ~spec.containers[name=c].env[name=B].value \"2\">\"3\" :4", " %spec.containers[name=c].env :4"],
        ),
        (
            "envFrom: [{configMapRef: {name: a}}, {secretRef: {name: a}}]",
            "envFrom: [{configMapRef: {name: a}}, {secretRef: {name: b}}]",
            &[
                " -spec.containers[name=c].envFrom[secretRef=a] {\"secretRef\":{\"name\":\"a\"}}> :4",
                " +spec.containers[name=c].envFrom[secretRef=b] >{\"secretRef\":{\"name\":\"b\"}} :4",
            ],
        ),
        (
            "ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53, protocol: TCP}]",
            "ports: [{containerPort: 53, protocol: UDP, hostIP: a}, {containerPort: 53, protocol: TCP}]",
            &[" +spec.containers[name=c].ports[containerPort=53/UDP].hostIP >\"a\" :4"],
        ),
        (
            "ports: [{containerPort: 80, name: http}]",
            "ports: [{containerPort: 81, name: http}]",
            &[" ~spec.containers[name=c].ports[name=http].containerPort 80>81 :4"],
        ),
        (
            "volumeMounts: [{name: v, mountPath: /a}, {name: v, mountPath: /b}]",
            "volumeMounts: [{name: v, mountPath: /a, readOnly: true}, {name: v, mountPath: /b}]",
            &[" +spec.containers[name=c].volumeMounts[mountPath=/a].readOnly >true :4"],
        ),
        ("args: [a, b]", "args: [b, a]", &[" ~spec.containers[name=c].args [\"a\",\"b\"]>[\"b\",\"a\"] :4"]),
        (
            "image: a}], tolerations: [{key: x, effect: a",
            "image: a}], tolerations: [{key: x, effect: b",
            &[" ~spec.tolerations[key=x].effect \"a\">\"b\" :4"],
        ),
        (
            "image: a}], hostAliases: [{ip: 1.1.1.1, hostnames: [a]",
            "image: a}], hostAliases: [{ip: 1.1.1.1, hostnames: [b]",
            &[r#" ~spec.hostAliases[ip=1\.1\.1\.1].hostnames ["a"]>["b"] :4"#],
        ),
        (
            "image: a}], initContainers: [{name: a}, {name: b",
            "image: a}], initContainers: [{name: b}, {name: a",
            &[r#" ~spec.initContainers [{"name":"a"},{"name":"b"}]>[{"name":"b"},{"name":"a"}] :4"#],
        ),
        (
            "image: a}], volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: t, audience: a}}, {configMap: {name: m}}]}",
            "image: a}], volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: t, audience: b}}, {configMap: {name: m}}]}",
            &[" ~spec.volumes[name=v].projected.sources[serviceAccountToken=t].serviceAccountToken.audience \"a\">\"b\" :4"],
        ),
        (
            "image: a}], topologySpreadConstraints: [{topologyKey: zone, maxSkew: 1",
            "image: a}], topologySpreadConstraints: [{topologyKey: zone, maxSkew: 2",
            &[" ~spec.topologySpreadConstraints[topologyKey=zone].maxSkew 1>2 :4"],
        ),
        (
            "image: a}], imagePullSecrets: [{name: a",
            "image: a}], imagePullSecrets: [{name: b",
            &[" -spec.imagePullSecrets[name=a] {\"name\":\"a\"}> :4", " +spec.imagePullSecrets[name=b] >{\"name\":\"b\"} :4"],
        ),
        ("lifecycle: null", "stdin: null", &[]),
    ];
    for (old, new, expected) in cases {
        assert_eq!(fields("v1", "Pod", &pod(old), &pod(new)), expected, "{old} → {new}");
    }
}

#[test]
fn lists_of_other_kinds_have_their_keys_too() {
    let cases: [(&str, &str, &str, &str, &[&str]); 8] = [
        (
            "rbac.authorization.k8s.io/v1",
            "Role",
            "rules: [{apiGroups: [''], resources: [pods, secrets], verbs: [get]}]",
            "rules: [{apiGroups: [''], resources: [pods, secrets], verbs: [get, list]}]",
            &[r#" ~rules[resources=pods\,secrets].verbs ["get"]>["get","list"] :4"#],
        ),
        (
            "networking.k8s.io/v1",
            "Ingress",
            "spec: {rules: [{host: a.b, http: {paths: [{path: /, pathType: Exact}]}}], tls: [{secretName: t, hosts: [a]}]}",
            "spec: {rules: [{host: a.b, http: {paths: [{path: /, pathType: Prefix}]}}], tls: [{secretName: t, hosts: [b]}]}",
            &[
                r#" ~spec.rules[host=a\.b].http.paths[path=/].pathType "Exact">"Prefix" :4"#,
                r#" ~spec.tls[secretName=t].hosts ["a"]>["b"] :4"#,
            ],
        ),
        (
            "networking.k8s.io/v1",
            "Ingress",
            "spec: {rules: [{http: {paths: [{path: /a}]}}]}",
            "spec: {rules: [{http: {paths: [{path: /a, pathType: Exact}]}}]}",
            &[r#" +spec.rules[host=*].http.paths[path=/a].pathType >"Exact" :4"#],
        ),
        (
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            "spec: {metrics: [{type: Resource, resource: {name: cpu, target: {averageUtilization: 50}}}, {type: Resource, resource: {name: memory}}]}",
            "spec: {metrics: [{type: Resource, resource: {name: memory}}, {type: Resource, resource: {name: cpu, target: {averageUtilization: 60}}}]}",
            &[" ~spec.metrics[resource=cpu].resource.target.averageUtilization 50>60 :4", " %spec.metrics :4"],
        ),
        (
            "admissionregistration.k8s.io/v1",
            "MutatingWebhookConfiguration",
            "webhooks: [{name: a, failurePolicy: Fail}]",
            "webhooks: [{name: a, failurePolicy: Ignore}]",
            &[r#" ~webhooks[name=a].failurePolicy "Fail">"Ignore" :4"#],
        ),
        (
            "rbac.authorization.k8s.io/v1",
            "RoleBinding",
            "subjects: [{kind: User, name: a}, {kind: Group, name: a}]",
            "subjects: [{kind: User, name: a}]",
            &[r#" -subjects[name=a/Group] {"kind":"Group","name":"a"}> :4"#],
        ),
        (
            "v1",
            "Service",
            "spec: {ports: [{port: 80, targetPort: 1}, {port: 81}]}",
            "spec: {ports: [{port: 81}, {port: 80, targetPort: 2}]}",
            &[" ~spec.ports[port=80].targetPort 1>2 :4", " %spec.ports :4"],
        ),
        (
            "apps/v1",
            "StatefulSet",
            "spec: {volumeClaimTemplates: [{metadata: {name: data}, spec: {storageClassName: a}}]}",
            "spec: {volumeClaimTemplates: [{metadata: {name: data}, spec: {storageClassName: b}}]}",
            &[r#" ~spec.volumeClaimTemplates[name=data].spec.storageClassName "a">"b" :4"#],
        ),
    ];
    for (api, kind, old, new, expected) in cases {
        assert_eq!(fields(api, kind, old, new), expected, "{kind}: {old} → {new}");
    }
}

#[test]
fn documents_in_texts_are_compared_inside() {
    let map = |key: &str, text: &str| {
        let lines: Vec<String> = text.lines().map(|line| format!("    {line}")).collect();
        format!("data:\n  {key}: |\n{}", lines.join("\n"))
    };
    let cases: [(&str, &str, &str, &[&str]); 8] = [
        ("a.yaml", "a: 1\nb: [x]", "b: [x]\na: 2", &[r" ~data.a\.yaml in a 1>2 :7"]),
        (
            "a.json",
            r#"{"a": {"b": [{"name": "x", "v": 1}]}}"#,
            r#"{"a": {"b": [{"name": "x", "v": 2}]}}"#,
            &[r" ~data.a\.json in a.b[name=x].v 1>2 :6"],
        ),
        ("a.properties", "# c\na.b=1\nc=2", "a.b=1\nc=3", &[r#" ~data.a\.properties in c "2">"3" :7"#]),
        ("a.ini", "[s]\nx = a b\n[t]\nx = c", "[s]\nx = a\n[t]\nx = c", &[r#" ~data.a\.ini in s.x "a b">"a" :7"#]),
        (
            "a.toml",
            "x = 1\n[t]\ny = \"a\"",
            "x = 2\n[t]\ny = \"b\"",
            &[r#" ~data.a\.toml in t.y "a">"b" :5"#, r" ~data.a\.toml in x 1>2 :5"],
        ),
        ("run.sh", "set -e\nrun a\nrun b", "set -e\nrun a\nrun c\nrun d", &[r" ~data.run\.sh -1+2 :5"]),
        ("a.yaml", "a: 1 # one", "a: 1 # two", &[r#" ~data.a\.yaml "a: 1 # one">"a: 1 # two" :5"#]),
        ("a.yaml", "a: 1\n---\nb: 2", "a: 1\n---\nb: 3", &[r" ~data.a\.yaml in [1].b 2>3 :8"]),
    ];
    for (key, old, new, expected) in cases {
        assert_eq!(fields("v1", "ConfigMap", &map(key, old), &map(key, new)), expected, "{old} → {new}");
    }
    assert_eq!(fields("v1", "ConfigMap", "data: {a: x}", "data: {a: z}"), [" ~data.a \"x\">\"z\" :4"]);
    assert_eq!(fields("v1", "ConfigMap", "binaryData: {a: eA==}", "binaryData: {a: eQ==}"), [" ~binaryData.a \"eA==\">\"eQ==\" :4"]);
    let annotated = |value: u8| format!("spec: {{template: {{metadata: {{annotations: {{a: '{{\"b\": {value}}}'}}}}}}}}");
    assert_eq!(fields("apps/v1", "Deployment", &annotated(1), &annotated(2)), [" ~spec.template.metadata.annotations.a in b 1>2 :4"]);
}

#[test]
fn values_of_secrets_are_never_kept() {
    let secret = |value: &str| {
        let copy = format!("{{\"kind\": \"Secret\", \"data\": {{\"p\": \"{value}\"}}}}");
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\n  labels: {{v: {}}}\n  annotations: {{kubectl.kubernetes.io/last-applied-configuration: '{copy}'}}\n\
             data: {{p: {value}, {value}: same}}\nstringData: {{q: {value}}}",
            value.len()
        )
    };
    let within = |value: &str| {
        format!(
            "apiVersion: example.org/v1\nkind: Bundle\nmetadata: {{name: y}}\nspec: {{items: [{{kind: Secret, metadata: {{name: z}}, data: {{p: {value}}}}}]}}\n---\n\
             apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: z}}\ndata:\n  s.yaml: |\n    kind: Secret\n    stringData: {{p: {value}}}\n---\n\
             apiVersion: v1\nkind: List\nitems:\n- {{kind: Secret, apiVersion: v1, metadata: {{name: l, labels: {{a: v{}}}}}, data: {{p: {value}}}}}",
            value.len()
        )
    };
    let both = |value: &str| format!("{}\n---\n{}", secret(value), within(value));
    let diff = compared(&both("b2xkLXNlY3JldA=="), &both("bmV3ZXItc2VjcmV0LQ=="));
    let lines = told(&diff);
    assert!(lines.contains(&" ~data.p withheld :7".to_owned()), "{lines:#?}");
    let everything = format!("{diff:?}");
    assert_eq!(diff.changes.len(), 4, "{lines:#?}");
    // A key is told, whatever it looks like: take it out.
    let everything = everything.replace("Key(\"b2xkLXNlY3JldA==\")", "").replace("Key(\"bmV3ZXItc2VjcmV0LQ==\")", "");
    for value in ["b2xkLXNlY3JldA==", "bmV3ZXItc2VjcmV0LQ=="] {
        assert!(!everything.contains(value), "{everything}");
    }
}

#[test]
fn an_amount_spelled_otherwise_is_noise_and_changes_nothing() {
    let side = |cpu: &str, memory: &str, storage: &str| {
        format!(
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: s}}\nspec:\n  template:\n    spec:\n      containers:\n      - name: c\n        \
             resources: {{limits: {{cpu: {cpu}, memory: {memory}}}}}\n        env: [{{name: SIZE, value: '{memory}'}}]\n  \
             volumeClaimTemplates: [{{metadata: {{name: data}}, spec: {{resources: {{requests: {{storage: {storage}}}}}}}}}]"
        )
    };
    let diff = compared(&side("500m", "1Gi", "8Gi"), &side("0.5", "1Gi", "8192Mi"));
    assert_eq!((diff.changes.len(), diff.restarts.len(), diff.blocked.len()), (0, 0, 0), "{:#?}", told(&diff));
    assert_eq!(diff.folded.into_iter().collect::<Vec<_>>(), [(Noise::RespelledQuantity, 1)]);
    // A variable is text, and another amount is another amount.
    let diff = compared(&side("1", "1Gi", "8Gi"), &side("2", "1024Mi", "8Gi"));
    assert_eq!(
        told(&diff),
        [
            "Modified StatefulSet/s",
            r#" ~spec.template.spec.containers[name=c].resources.limits.cpu 1>2 :9"#,
            r#" ~spec.template.spec.containers[name=c].env[name=SIZE].value "1Gi">"1024Mi" :10"#,
        ]
    );
}

#[test]
fn noise_is_folded_and_counted_where_it_means_nothing() {
    let side = |version: &str| {
        let labels = format!("labels: {{helm.sh/chart: app-{version}, app.kubernetes.io/version: '{version}', keep: me}}");
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: s, {labels}}}\n---\n\
             apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: d, {labels}}}\nspec:\n  template: {{metadata: {{{labels}, annotations: {{checksum/config: a{version}}}}}}}\n  \
             volumeClaimTemplates: [{{metadata: {{name: data, {labels}}}}}]"
        )
    };
    let diff = compared(&side("1"), &side("2"));
    assert_eq!(
        diff.folded.iter().map(|(noise, count)| (*noise, *count)).collect::<Vec<_>>(),
        [(Noise::ChartLabel, 2), (Noise::VersionLabel, 2), (Noise::Checksum, 1)]
    );
    assert_eq!(
        told(&diff),
        [
            "Modified StatefulSet/d",
            r#" ~spec.volumeClaimTemplates[name=data].metadata.labels.helm\.sh/chart "app-1">"app-2" :6"#,
            r#" ~spec.volumeClaimTemplates[name=data].metadata.labels.app\.kubernetes\.io/version "1">"2" :6"#
        ]
    );
    assert_eq!((diff.unchanged, diff.blocked.len(), diff.blocked[0].path.to_string().as_str()), (1, 1, "spec.volumeClaimTemplates"));
    assert_eq!(
        diff.restarts[0].reasons,
        ["the label helm.sh/chart of the pod", "the label app.kubernetes.io/version of the pod", "the checksum checksum/config"]
    );
}

#[test]
fn what_the_api_server_refuses_is_told() {
    let cases: [(&str, &str, &str, &str, Option<&str>); 40] = [
        (
            "apps/v1",
            "Deployment",
            "spec: {selector: {matchLabels: {a: b}}}",
            "spec: {selector: {matchLabels: {a: c}}}",
            Some("spec.selector"),
        ),
        ("apps/v1", "Deployment", "spec: {replicas: 1}", "spec: {replicas: 2}", None),
        ("apps/v1", "DaemonSet", "spec: {selector: {matchLabels: {a: b}}}", "spec: {selector: {matchLabels: {}}}", Some("spec.selector")),
        ("apps/v1", "StatefulSet", "spec: {serviceName: a}", "spec: {serviceName: b}", Some("spec.serviceName")),
        (
            "apps/v1",
            "StatefulSet",
            "spec: {replicas: 1}",
            "spec: {replicas: 2, revisionHistoryLimit: 3, minReadySeconds: 1, ordinals: {start: 1}}",
            None,
        ),
        (
            "apps/v1",
            "StatefulSet",
            "spec: {template: {a: 1}}",
            "spec: {template: {a: 2}, updateStrategy: {type: OnDelete}, persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}}",
            None,
        ),
        ("apps/v1", "StatefulSet", "spec: {}", "spec: {podManagementPolicy: OrderedReady}", None),
        ("apps/v1", "StatefulSet", "spec: {}", "spec: {podManagementPolicy: Parallel}", Some("spec.podManagementPolicy")),
        (
            "apps/v1",
            "StatefulSet",
            "spec: {volumeClaimTemplates: [{metadata: {name: a}}]}",
            "spec: {volumeClaimTemplates: [{metadata: {name: a}, kind: PersistentVolumeClaim, apiVersion: v1}]}",
            None,
        ),
        ("apps/v1", "StatefulSet", "spec: {volumeClaimTemplates: [{metadata: {name: a}}]}", "spec: {}", Some("spec.volumeClaimTemplates")),
        (
            "batch/v1",
            "Job",
            "spec: {template: {spec: {containers: [{name: a, image: b}]}}}",
            "spec: {template: {spec: {containers: [{name: a, image: c}]}}}",
            Some("spec.template"),
        ),
        (
            "batch/v1",
            "Job",
            "spec: {template: {metadata: {labels: {helm.sh/chart: a}}}}",
            "spec: {template: {metadata: {labels: {helm.sh/chart: b}}}}",
            Some("spec.template"),
        ),
        ("batch/v1", "Job", "spec: {parallelism: 1, backoffLimit: 1}", "spec: {parallelism: 2, backoffLimit: 2}", None),
        ("batch/v1", "CronJob", "spec: {jobTemplate: {spec: {template: {a: 1}}}}", "spec: {jobTemplate: {spec: {template: {a: 2}}}}", None),
        ("v1", "Service", "spec: {clusterIP: None}", "spec: {}", None),
        ("v1", "Service", "spec: {}", "spec: {clusterIP: None}", Some("spec.clusterIP")),
        ("v1", "Service", "spec: {clusterIP: ''}", "spec: {clusterIP: None}", Some("spec.clusterIP")),
        ("v1", "Service", "spec: {clusterIP: 10.0.0.1}", "spec: {clusterIP: 10.0.0.2}", Some("spec.clusterIP")),
        ("v1", "Service", "spec: {clusterIP: 10.0.0.1}", "spec: {clusterIP: ''}", None),
        ("v1", "Service", "spec: {clusterIP: 10.0.0.1}", "spec: {clusterIP: None, type: ExternalName}", None),
        ("v1", "Service", "spec: {type: LoadBalancer}", "spec: {type: LoadBalancer, loadBalancerClass: a}", Some("spec.loadBalancerClass")),
        ("v1", "PersistentVolumeClaim", "spec: {storageClassName: a}", "spec: {storageClassName: b}", Some("spec.storageClassName")),
        (
            "v1",
            "PersistentVolumeClaim",
            "spec: {resources: {requests: {storage: 1Gi}}}",
            "spec: {resources: {requests: {storage: 2Gi}}}",
            None,
        ),
        (
            "v1",
            "PersistentVolumeClaim",
            "spec: {resources: {requests: {storage: 2Gi}}}",
            "spec: {resources: {requests: {storage: 2000Mi}}}",
            Some("spec.resources.requests.storage"),
        ),
        (
            "v1",
            "PersistentVolumeClaim",
            "spec: {accessModes: [ReadWriteOnce]}",
            "spec: {accessModes: [ReadWriteOnce], volumeMode: Filesystem}",
            None,
        ),
        ("v1", "ConfigMap", "immutable: true\ndata: {a: b}", "immutable: true\ndata: {a: c}", Some("data")),
        ("v1", "ConfigMap", "data: {a: b}", "immutable: true\ndata: {a: c}", None),
        ("v1", "Secret", "immutable: true\ndata: {a: b}", "data: {a: b}", Some("immutable")),
        ("v1", "Secret", "data: {a: b}", "type: Opaque\ndata: {a: b}", None),
        ("v1", "Secret", "type: Opaque", "type: kubernetes.io/tls", Some("type")),
        (
            "rbac.authorization.k8s.io/v1",
            "RoleBinding",
            "roleRef: {kind: Role, name: a}",
            "roleRef: {kind: Role, name: b}",
            Some("roleRef"),
        ),
        ("storage.k8s.io/v1", "StorageClass", "parameters: {a: b}", "parameters: {a: c}", Some("parameters")),
        ("storage.k8s.io/v1", "StorageClass", "provisioner: a", "provisioner: a\nreclaimPolicy: Delete\nallowVolumeExpansion: true", None),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", "spec: {scope: Cluster}", "spec: {scope: Namespaced}", Some("spec.scope")),
        (
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            "spec: {names: {plural: as, singular: a}}",
            "spec: {names: {plural: as, singular: b}}",
            None,
        ),
        (
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            "spec: {versions: [{name: v1, storage: true}, {name: v2}]}",
            "spec: {versions: [{name: v2, storage: true}]}",
            Some("spec.versions[name=v1]"),
        ),
        ("scheduling.k8s.io/v1", "PriorityClass", "value: 1", "value: 2", Some("value")),
        ("v1", "Pod", "spec: {containers: [{name: a, image: b}]}", "spec: {containers: [{name: a, image: c}]}", None),
        (
            "v1",
            "Pod",
            "spec: {containers: [{name: a, args: [b]}]}",
            "spec: {containers: [{name: a, args: [c]}]}",
            Some("spec.containers[name=a].args"),
        ),
        ("v1", "Pod", "spec: {tolerations: [{key: a}]}", "spec: {tolerations: [{key: a}, {key: b}]}", None),
    ];
    for (api, kind, old, new, expected) in cases {
        let blocked = compared(&object(api, kind, old), &object(api, kind, new)).blocked;
        let paths: Vec<String> = blocked.iter().map(|blocked| blocked.path.to_string()).collect();
        assert_eq!(paths, expected.into_iter().collect::<Vec<_>>(), "{kind}: {old} → {new}");
    }
}

#[test]
fn a_hook_is_made_again_and_never_refused() {
    let job = |image: &str, annotations: &str| {
        format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: j, annotations: {{{annotations}}}}}\nspec: {{template: {{spec: {{containers: [{{name: a, image: {image}}}]}}}}}}"
        )
    };
    let diff =
        compared(&job("a", "helm.sh/hook: pre-upgrade"), &job("b", "helm.sh/hook: 'pre-upgrade,post-install', helm.sh/hook-weight: '1'"));
    assert_eq!(
        told(&diff),
        [
            "Modified Job/j at pre-upgrade,post-install",
            r#" ~metadata.annotations.helm\.sh/hook "pre-upgrade">"pre-upgrade,post-install" :3"#,
            r#" +metadata.annotations.helm\.sh/hook-weight >"1" :3"#,
            r#" ~spec.template.spec.containers[name=a].image "a">"b" :4"#,
        ]
    );
    assert_eq!((diff.blocked.len(), diff.restarts.len()), (0, 0));
    let gone = compared(&job("a", "helm.sh/hook: test"), "kind: Other");
    assert_eq!(told(&gone)[1], "Removed Job/j at test");
}

#[test]
fn what_leaves_the_release_may_stay_in_the_cluster() {
    let claim = |policy: &str| {
        format!("apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: data, annotations: {{helm.sh/resource-policy: {policy}}}}}")
    };
    assert_eq!(told(&compared(&claim("keep"), "kind: Other")), ["Added Other/", "Removed PersistentVolumeClaim/data kept"]);
    assert_eq!(told(&compared(&claim("delete"), "kind: Other")), ["Added Other/", "Removed PersistentVolumeClaim/data"]);
}

#[test]
fn restarts_come_with_their_reasons() {
    let pod = |pod: &str| format!("spec: {{template: {{{pod}}}}}");
    let container = |rest: &str| pod(&format!("spec: {{containers: [{{name: c, {rest}}}]}}"));
    let cases: [(String, String, &[&str]); 13] = [
        (container("image: a"), container("image: b"), &["the image of c"]),
        (
            container("env: [{name: A, value: a}]"),
            container("env: [{name: A, value: b}, {name: B}]"),
            &["the variable A of c", "the variable B of c"],
        ),
        (container("env: [{name: A}, {name: B}]"), container("env: [{name: B}, {name: A}]"), &["the environment of c"]),
        (container("livenessProbe: {a: 1}"), container("livenessProbe: {a: 2}"), &["the liveness probe of c"]),
        (container("volumeMounts: [{mountPath: /a, name: x}]"), container("volumeMounts: []"), &["the volume mounts of c"]),
        (container("a: 1"), container("a: 1, resources: {}"), &[]),
        (container("a: 1}, {name: d"), container("a: 1"), &["the container d that is gone"]),
        (container("a: 1"), container("a: 1}], initContainers: [{name: i"), &["the init containers"]),
        (
            pod("spec: {serviceAccountName: a, volumes: [{name: v, emptyDir: {}}]}"),
            pod("spec: {serviceAccountName: b, volumes: [{name: v, secret: {}}]}"),
            &["the pod's serviceAccountName", "the volume v"],
        ),
        (
            pod("metadata: {annotations: {checksum/a: b}}"),
            pod("metadata: {annotations: {checksum/a: c, x: y}}"),
            &["the checksum checksum/a", "the annotation x of the pod"],
        ),
        (pod("metadata: {labels: {a: b}}"), pod("metadata: {labels: {a: c}}"), &["the label a of the pod"]),
        (pod("metadata: {}"), pod("metadata: {annotations: {}}"), &[]),
        ("spec: {replicas: 1}".to_owned(), "spec: {replicas: 2}".to_owned(), &[]),
    ];
    for (old, new, expected) in &cases {
        let restarts = compared(&object("apps/v1", "Deployment", old), &object("apps/v1", "Deployment", new)).restarts;
        let reasons: Vec<String> = restarts.into_iter().flat_map(|restart| restart.reasons).collect();
        assert_eq!(&reasons, expected, "{old} → {new}");
    }
}

#[test]
fn restarts_know_who_makes_pods_anew() {
    let waiting = |image: &str| {
        format!("spec: {{updateStrategy: {{type: OnDelete}}, template: {{spec: {{containers: [{{name: c, image: {image}}}]}}}}}}")
    };
    for (api, kind, expected) in [
        ("apps/v1", "DaemonSet", Some(true)),
        ("apps/v1", "StatefulSet", Some(true)),
        ("apps/v1", "Deployment", Some(false)),
        ("extensions/v1beta1", "Deployment", Some(false)),
        ("apps/v1", "ReplicaSet", None),
        ("batch/v1", "Job", None),
    ] {
        let restarts = compared(&object(api, kind, &waiting("a")), &object(api, kind, &waiting("b"))).restarts;
        assert_eq!(restarts.first().map(|restart| restart.on_delete), expected, "{kind}");
    }
    let prometheus = |rest: &str| object("monitoring.coreos.com/v1", "Prometheus", &format!("spec: {{{rest}}}"));
    let reasons =
        |old: &str, new: &str| compared(&prometheus(old), &prometheus(new)).restarts.pop().map(|restart| restart.reasons.join(" "));
    assert_eq!(reasons("replicas: 1", "replicas: 2"), None);
    assert_eq!(reasons("image: a", "image: b").as_deref(), Some("the pod's image"));
    assert_eq!(reasons("podMetadata: {labels: {a: b}}", "podMetadata: {labels: {a: c}}").as_deref(), Some("the label a of the pod"));
}

/// `account in namespace +gained -lost` of each change.
fn permissions(old: &str, new: &str) -> Vec<String> {
    let told = |change: &PermissionChange| {
        let place = change.namespace.as_deref().unwrap_or("*");
        let signed = |sign: &str, all: &[String]| all.iter().map(|one| format!(" {sign}{one}")).collect::<String>();
        format!("{} in {place}{}{}", change.account, signed("+", &change.gained), signed("-", &change.lost))
    };
    compared(old, new).permissions.iter().map(told).collect()
}

#[test]
fn what_accounts_may_do_is_resolved_from_roles_and_bindings() {
    let role = |kind: &str, rules: &str| format!("apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: r}}\n{rules}");
    let binding = |kind: &str, role: &str, account: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: b}}\nroleRef: {{kind: {role}}}\nsubjects: [{{{account}}}]"
        )
    };
    let local =
        |rules: &str| format!("{}\n---\n{}", role("Role", rules), binding("RoleBinding", "Role, name: r", "kind: ServiceAccount, name: a"));
    let global = |rules: &str| {
        format!(
            "{}\n---\n{}",
            role("ClusterRole", rules),
            binding("ClusterRoleBinding", "ClusterRole, name: r", "kind: ServiceAccount, name: a, namespace: default")
        )
    };
    let get = "rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]";
    let more = "rules: [{apiGroups: ['', apps], resources: [pods], verbs: [get, list]}]";
    let all = "rules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]";
    let named = "rules: [{apiGroups: [''], resources: [pods, pods/log], resourceNames: [x], verbs: [get]}]";
    let cases: [(String, String, &[&str]); 13] = [
        (local(get), local(get), &[]),
        (local(get), local(more), &["a in default +list pods +get,list pods.apps"]),
        (local(more), local(get), &["a in default -list pods -get,list pods.apps"]),
        (local(get), local(all), &["a in default +* *.*"]),
        (local(all), local(get), &["a in default -* *.*"]),
        (local(get), local(named), &["a in default +get pods/log named x -get pods"]),
        (local(get), global(get), &["a in * +get pods"]),
        (global(get), local(get), &["a in * -get pods"]),
        (local("rules: []"), local("rules: [{nonResourceURLs: [/metrics], verbs: [get]}]"), &["a in default +get /metrics"]),
        (
            local(get),
            binding("RoleBinding", "ClusterRole, name: view", "kind: User, name: 'system:serviceaccount:default:a'"),
            &["a in default +what ClusterRole/view allows, which is not of this release -get pods"],
        ),
        (
            binding("ClusterRoleBinding", "ClusterRole, name: view", "kind: Group, name: 'system:authenticated'"),
            binding("ClusterRoleBinding", "ClusterRole, name: cluster-admin", "kind: Group, name: 'system:authenticated'"),
            &["group system:authenticated in * +* * +* *.* -what ClusterRole/view allows, which is not of this release"],
        ),
        (
            global(get),
            global("aggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b}}]}\nrules: []"),
            &["a in * +what is aggregated into ClusterRole/r in the cluster -get pods"],
        ),
        (local(get), local(get).replace("name: a", "name: c"), &["a in default -get pods", "c in default +get pods"]),
    ];
    for (old, new, expected) in cases {
        assert_eq!(permissions(&old, &new), expected, "{old}\n→\n{new}");
    }
}

#[test]
fn a_definition_among_the_objects_is_told_in_words() {
    let definition =
        |versions: &str| object("apiextensions.k8s.io/v1", "CustomResourceDefinition", &format!("spec: {{versions: [{versions}]}}"));
    let diff = compared(&definition("{name: v1, served: true}"), &definition("{name: v1, served: false}, {name: v2}"));
    let told: Vec<(&str, bool)> = diff.crds.iter().map(|change| (&*change.text, change.breaking)).collect();
    assert_eq!(told, [("version v1 is no longer served", true), ("version v2 is new", false)]);
}
