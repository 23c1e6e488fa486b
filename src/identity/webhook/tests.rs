//! The simulated webhook against what its real mutator answered (`testdata/webhook`), and the versions that can't be asked any more.
#![allow(clippy::disallowed_methods, reason = "the answers are read from a file")]

use serde_json::{Map, Value as Json, json};

use super::Version;
use crate::identity::{EnvValue, Facts, Injection, Outcome, TokenVolume, ToldAccount, read};
use crate::object;
use crate::render::{Manifest, Rendered};
use crate::value::yaml;

/// The variables that the webhook sets.
const VARIABLES: [&str; 4] = ["AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST"];

/// The tenant and the endpoint that the real mutator was set up with.
const TENANT: &str = "99999999-9999-9999-9999-999999999999";
const AUTHORITY: &str = "https://login.microsoftonline.com/";

/// What the simulation makes of a pod in the namespace `review`, on an account or none.
fn simulate(version: Version, pod: &Json, account: Option<&Json>) -> Injection {
    let manifest = |json: &Json| {
        let source = yaml::source("object.json", json.to_string().as_bytes()).unwrap();
        let object = yaml::read(&source, &yaml::Limits::default()).unwrap();
        Manifest { path: "object.json".into(), kind: String::new(), text: Vec::new(), object: object.into(), provenance: None }
    };
    let mut rendered = Rendered::default();
    rendered.manifests = account.into_iter().chain([pod]).map(manifest).collect();
    let absent = ["wi-sa", "default"].map(|name| (name.to_owned(), ToldAccount::Absent));
    let facts = Facts { webhook_version: Some(version), tenant_id: Some(TENANT.into()), accounts: absent.into(), ..Facts::default() };
    let identities = read(&object::objects(&rendered, "review"), "review", &facts);
    identities.workloads.into_values().next().unwrap().details.injection
}

/// Applies a JSON patch (RFC 6902) of additions, replacements and removals.
fn patched(mut json: Json, patch: &Json) -> Json {
    for operation in patch.as_array().into_iter().flatten() {
        let (parent, last) = operation["path"].as_str().unwrap().rsplit_once('/').unwrap();
        let key = last.replace("~1", "/").replace("~0", "~");
        let value = operation.get("value").cloned().unwrap_or_default();
        match (json.pointer_mut(parent).unwrap(), operation["op"].as_str().unwrap()) {
            (Json::Object(map), "remove") => _ = map.remove(&key).unwrap(),
            (Json::Object(map), "add" | "replace") => _ = map.insert(key, value),
            (Json::Array(items), "remove") => _ = items.remove(key.parse().unwrap()),
            (Json::Array(items), "replace") => items[key.parse::<usize>().unwrap()] = value,
            (Json::Array(items), "add") => items.insert(key.parse().unwrap_or(items.len()), value),
            (other, operation) => panic!("{operation} in {other}"),
        }
    }
    json
}

fn list<'j>(json: &'j Json, key: &str) -> &'j [Json] {
    json.get(key).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn container_list(pod: &Json) -> Vec<Json> {
    [list(&pod["spec"], "initContainers"), list(&pod["spec"], "containers")].concat()
}

/// All containers by name.
fn containers(pod: &Json) -> Map<String, Json> {
    container_list(pod).into_iter().map(|container| (container["name"].as_str().unwrap().to_owned(), container)).collect()
}

fn is_twice(items: &[Json], key: &str) -> bool {
    items.iter().enumerate().any(|(at, item)| items[..at].iter().any(|other| other[key] == item[key]))
}

/// Whether Kubernetes would refuse a pod for its containers' names, its volumes and the mounts of the webhook's volume.
fn is_refused(pod: &Json, volume: &str) -> bool {
    let volumes = list(&pod["spec"], "volumes");
    let there = volumes.iter().any(|other| other["name"] == volume);
    let wrong = |container: &Json| {
        let mounts = list(container, "volumeMounts");
        is_twice(mounts, "mountPath") || (!there && mounts.iter().any(|mount| mount["name"] == volume))
    };
    is_twice(volumes, "name") || is_twice(&container_list(pod), "name") || containers(pod).values().any(wrong)
}

/// A variable of a real container as a record tells it.
fn told(variable: &Json) -> EnvValue {
    match variable.pointer("/valueFrom/secretKeyRef") {
        Some(secret) => EnvValue::From(format!("secret/{}:{}", secret["name"].as_str().unwrap(), secret["key"].as_str().unwrap())),
        None => EnvValue::Literal(variable.get("value").and_then(Json::as_str).unwrap_or_default().to_owned()),
    }
}

/// The container without the webhook's variables and volume.
fn rest(container: &Json, volume: &str) -> Json {
    let mut rest = container.clone();
    let entries = rest.as_object_mut().unwrap();
    for (key, named) in [("env", &VARIABLES[..]), ("volumeMounts", &[volume])] {
        if let Some(Json::Array(items)) = entries.get_mut(key) {
            items.retain(|item| !named.contains(&item["name"].as_str().unwrap()));
        }
        entries.retain(|name, value| name != key || *value != json!([]));
    }
    rest
}

/// Compares one container of the real result with the simulation.
fn compare_container(name: &str, real: &Json, old: Option<&Json>, ours: &Injection, volume: &str) -> Result<(), String> {
    let Some(env) = ours.env.get(name) else {
        return if old.is_none_or(|old| old == real) { Ok(()) } else { Err(format!("{name} is changed: {real}")) };
    };
    for variable in VARIABLES {
        let want = list(real, "env").iter().find(|other| other["name"] == variable).map(told);
        let got = env.get(variable).map(|value| match value {
            EnvValue::From(from) if from == "webhook/AZURE_AUTHORITY_HOST" => EnvValue::Literal(AUTHORITY.into()),
            other => other.clone(),
        });
        if want != got {
            return Err(format!("{name}: {variable} is {got:?}, not {want:?}"));
        }
    }
    let mount = list(real, "volumeMounts").iter().find(|mount| mount["name"] == volume);
    let (want, got) = (mount.and_then(|mount| mount["mountPath"].as_str()), ours.mounts.get(name).map(String::as_str));
    if want != got {
        return Err(format!("{name} has the token at {got:?}, not {want:?}"));
    }
    if old.is_some_and(|old| rest(old, volume) != rest(real, volume)) {
        return Err(format!("{name} is changed beyond that: {real}"));
    }
    Ok(())
}

fn compare_volumes(old: &Json, real: &Json, ours: Option<&TokenVolume>) -> Result<(), String> {
    let others = |pod: &Json| -> Vec<Json> {
        let replaced = |volume: &Json| ours.is_some_and(|ours| volume["name"] == ours.volume.as_str());
        list(&pod["spec"], "volumes").iter().filter(|volume| !replaced(volume)).cloned().collect()
    };
    if others(old) != others(real) {
        return Err("other volumes are changed".into());
    }
    let Some(ours) = ours else { return Ok(()) };
    let token = json!({"path": ours.path, "audience": ours.audience, "expirationSeconds": ours.expiry});
    let want = json!({"name": ours.volume, "projected": {"sources": [{"serviceAccountToken": token}]}});
    let found = list(&real["spec"], "volumes").iter().find(|volume| volume["name"] == ours.volume.as_str());
    if found == Some(&want) { Ok(()) } else { Err(format!("the volume is {want}, not {found:?}")) }
}

/// Compares the simulation with one answer of the real mutator.
fn compare(version: Version, pod: &Json, account: Option<&Json>, answer: &Json) -> Result<(), String> {
    let ours = simulate(version, pod, account);
    let outcome = |want: Outcome| {
        if ours.outcome == want { Ok(()) } else { Err(format!("{:?} ({:?}), not {want:?}: {answer}", ours.outcome, ours.reason)) }
    };
    // Before any webhook, Kubernetes refuses a pod whose account is missing.
    let missing = account.is_none_or(|account| account["metadata"]["name"] != pod["spec"]["serviceAccountName"]);
    if missing || answer.get("refused").is_some() {
        return outcome(Outcome::Refused);
    }
    if answer.get("unchanged").is_some() {
        return outcome(Outcome::Unchanged);
    }
    let real = patched(pod.clone(), &answer["patch"]);
    let by_pod = |volume: &&Json| volume["name"].as_str().unwrap().starts_with("azure-workload-identity-reserved-");
    let reserved = list(&real["spec"], "volumes").iter().find(by_pod).filter(|_| version >= Version::named("v1.6").unwrap());
    let volume = reserved.map_or("azure-identity-token", |volume| volume["name"].as_str().unwrap()).to_owned();
    if is_refused(&real, &volume) {
        return outcome(Outcome::Refused);
    }
    outcome(Outcome::Injected)?;
    let old = containers(pod);
    for (name, container) in containers(&real) {
        compare_container(&name, &container, old.get(&name), &ours, &volume)?;
    }
    let mut added: Vec<_> = containers(&real).into_iter().map(|(name, _)| name).filter(|name| !old.contains_key(name)).collect();
    let mut ours_added = ours.added_containers.clone();
    added.sort();
    ours_added.sort();
    if added != ours_added {
        return Err(format!("adds {ours_added:?}, not {added:?}"));
    }
    compare_volumes(pod, &real, ours.volume.as_ref())
}

#[test]
fn pods_come_out_as_the_real_mutator_makes_them() {
    let vectors = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/webhook/vectors.jsonl")).unwrap();
    let (mut compared, mut wrong) = (0, Vec::new());
    for line in vectors.lines() {
        let vector: Json = serde_json::from_str(line).unwrap();
        let account = Some(&vector["account"]).filter(|account| !account.is_null());
        for (version, answer) in vector["answers"].as_object().unwrap() {
            compared += 1;
            if let Err(difference) = compare(Version::named(version).unwrap(), &vector["pod"], account, answer) {
                wrong.push(format!("{} at {version}: {difference}", vector["name"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared >= 400, "only {compared} answers were compared");
}

fn pod(label: Option<&str>) -> Json {
    let labels: Map<String, Json> = label.map(|value| ("azure.workload.identity/use".to_owned(), json!(value))).into_iter().collect();
    json!({
        "kind": "Pod", "metadata": {"name": "p", "labels": labels},
        "spec": {"serviceAccountName": "wi-sa", "initContainers": [{"name": "setup"}], "containers": [{"name": "app"}]},
    })
}

fn account(label: Option<&str>, annotation: Option<&str>) -> Json {
    let entries = |value: Option<&str>, prefix: &str| {
        value.map(|value| (format!("{prefix}/use"), json!(value))).into_iter().collect::<Map<String, Json>>()
    };
    let mut labels = entries(label, "azure.workload.identity");
    labels.extend(entries(label, "azure.pod.identity"));
    json!({"kind": "ServiceAccount", "metadata": {"name": "wi-sa", "labels": labels, "annotations": entries(annotation, "azure.workload.identity")}})
}

#[test]
fn older_versions_look_at_the_account() {
    let (yes, no) = (Outcome::Injected, Outcome::Unchanged);
    let cases = [
        ("account label", pod(None), account(Some("false"), None), [yes, yes, yes, yes, no, no]),
        ("account annotation", pod(None), account(None, Some("true")), [no, no, yes, yes, no, no]),
        ("pod label", pod(Some("true")), account(None, None), [no, no, no, yes, yes, yes]),
        ("pod label of another value", pod(Some("yes")), account(None, None), [no, no, no, yes, no, no]),
        ("nothing", pod(None), account(None, None), [no, no, no, no, no, no]),
    ];
    for (what, pod, account, outcomes) in cases {
        for (version, want) in ["v0.3.0", "v0.10.0", "v0.11.0", "v0.15.0", "v1.0.0", "v1.6.0"].into_iter().zip(outcomes) {
            let injection = simulate(Version::named(version).unwrap(), &pod, Some(&account));
            assert_eq!(injection.outcome, want, "{what} at {version}: {:?}", injection.reason);
            assert_eq!(injection.reason.is_some(), want != yes, "{what} at {version}");
        }
    }
}

#[test]
fn older_versions_put_the_token_elsewhere() {
    let (pod, account) = (pod(Some("true")), account(Some("true"), None));
    for (version, variable, file, expiry, init) in [
        ("v0.1", "TOKEN_FILE_PATH", "/var/run/secrets/tokens/azure-identity-token", 86_400, false),
        ("v0.3", "TOKEN_FILE_PATH", "/var/run/secrets/tokens/azure-identity-token", 86_400, true),
        ("v0.6", "AZURE_FEDERATED_TOKEN_FILE", "/var/run/secrets/tokens/azure-identity-token", 86_400, true),
        ("v0.7", "AZURE_FEDERATED_TOKEN_FILE", "/var/run/secrets/tokens/azure-identity-token", 3_600, true),
        ("v0.8", "AZURE_FEDERATED_TOKEN_FILE", "/var/run/secrets/azure/tokens/azure-identity-token", 3_600, true),
        ("v1.5", "AZURE_FEDERATED_TOKEN_FILE", "/var/run/secrets/azure/tokens/azure-identity-token", 3_600, true),
        ("v1.6", "AZURE_FEDERATED_TOKEN_FILE", "/var/run/secrets/azure/wi/token/azure-identity-token", 3_600, true),
    ] {
        let injection = simulate(Version::named(version).unwrap(), &pod, Some(&account));
        assert_eq!(injection.env["app"][variable], EnvValue::Literal(file.into()), "{version}");
        assert_eq!(injection.env.contains_key("setup"), init, "{version}");
        assert_eq!(injection.volume.unwrap().expiry, Some(expiry), "{version}");
    }
    let authority =
        |version| simulate(Version::named(version).unwrap(), &pod, Some(&account)).env["app"].contains_key("AZURE_AUTHORITY_HOST");
    assert_eq!((authority("v0.2"), authority("v0.3")), (false, true));
}

#[test]
fn a_pod_that_kubernetes_refuses_says_why() {
    let labelled = pod(Some("true"));
    let mut of_no_text = labelled.clone();
    of_no_text["metadata"]["labels"]["azure.workload.identity/use"] = json!(true);
    let mut clashing = labelled.clone();
    clashing["spec"]["containers"][0]["volumeMounts"] = json!([{"name": "data", "mountPath": "/var/run/secrets/azure/wi"}]);
    for (pod, account, words) in [
        (&pod(None), None, "there is no account review/wi-sa"),
        (&of_no_text, Some(account(None, None)), "is not text"),
        (&clashing, Some(account(None, None)), "the container app mounts another volume at /var/run/secrets/azure/wi"),
    ] {
        let injection = simulate(Version::NEWEST, pod, account.as_ref());
        assert_eq!(injection.outcome, Outcome::Refused, "{words}");
        assert!(injection.reason.as_deref().is_some_and(|reason| reason.contains(words)), "{:?}", injection.reason);
        assert!(injection.env.is_empty() && injection.volume.is_none());
    }
}
