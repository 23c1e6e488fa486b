#!/usr/bin/env python3
"""Makes the pods and accounts that the webhook's real mutator is asked about, and joins its answers to them.

usage: vectors.py questions > questions.jsonl
       vectors.py join questions.jsonl v1.3.0=ANSWERS.jsonl v1.6.0=ANSWERS.jsonl > vectors.jsonl

The same questions each time: nothing depends on chance but a generator with a fixed seed.
"""
import hashlib, json, random, sys

PREFIX = "azure.workload.identity/"
TOKEN = "azure-identity-token"
SEED = 20261123
RANDOM_CASES = 180


def reserved(metadata):
    name = metadata.get("name") or metadata["generateName"] + " (prefix)"
    head = "azure-workload-identity-reserved-"
    return head + hashlib.sha256(name.encode()).hexdigest()[: 63 - len(head)]


def account(**annotations):
    keys = {key.replace("_", "-"): value for key, value in annotations.items()}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "wi-sa", "namespace": "review", "annotations": {PREFIX + k: v for k, v in keys.items()}}}


def pod(metadata=None, label="true", annotations=None, containers=None, init=None, volumes=None, **spec):
    metadata = dict(metadata or {"generateName": "query-6c5d8f-"})
    metadata["labels"] = {"app": "query"} | ({} if label is None else {PREFIX + "use": label})
    if annotations:
        metadata["annotations"] = {PREFIX + key: value for key, value in annotations.items()}
    spec = {"serviceAccountName": "wi-sa"} | spec
    spec["containers"] = containers or [container("app")]
    if init:
        spec["initContainers"] = init
    if volumes:
        spec["volumes"] = volumes
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def container(name, image="registry.example/app:1", env=None, env_from=None, mounts=None):
    made = {"name": name, "image": image, "resources": {}}
    if env:
        made["env"] = env
    if env_from:
        made["envFrom"] = env_from
    if mounts:
        made["volumeMounts"] = [{"name": n, "mountPath": p} for n, p in mounts]
    return made


def literal(name, value):
    return {"name": name, "value": value} if value else {"name": name}


def secret(name):
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": "azure", "key": name.lower()}}}


def projected(name, path, audience="api://AzureADTokenExchange"):
    return {"name": name, "projected": {"sources": [{"serviceAccountToken": {"path": path, "audience": audience, "expirationSeconds": 7200}}]}}


ID, OTHER, TENANT = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222", "33333333-3333-3333-3333-333333333333"
NAMES = ["AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST", "AZURE_CLIENT_SECRET", "LOG_LEVEL"]
EXPIRIES = ["3600", "86400", "86401", "3599", "0", "-3600", "abc", "", "+7200", "7200 ", "7.2e3", "43200", "99999999999999999999"]
PORTS = ["8000", "8080", "abc", "", "-1", "99999999999", "2147483647", "2147483648", "08000"]
SKIPS = ["app", "app;side", " app ; side ", "app,side", ";", "", "setup", "nobody", "azwi-proxy", "azwi-proxy-init;azwi-proxy"]
VOLUMES = {
    "token-path": projected("own-token", TOKEN),
    "token-path-new": projected("own-token", "token/" + TOKEN),
    "token-path-api": projected("api-token", TOKEN, "api"),
    "token-name": {"name": TOKEN, "emptyDir": {}},
    "token-both": projected(TOKEN, TOKEN),
    "other-projected": projected("vault", "vault-token", "vault"),
    "configmap": {"name": "config", "configMap": {"name": "config"}},
}
MOUNTS = [("config", "/etc/config"), (TOKEN, "/custom/tokens"), ("own-token", "/var/run/secrets/azure/tokens"), ("own-token", "/var/run/secrets/azure/wi"), ("config", "/var/run/secrets")]


def one_thing_each():
    known = account(client_id=ID)
    yield "plain", pod(), known
    yield "named-pod", pod({"name": "query-0"}), known
    for label in [None, "True", "TRUE", "false", "", "1"]:
        yield f"label-{label}", pod(label=label), known
    yield "no-account", pod(), None
    yield "no-account-unlabelled", pod(label=None), None
    yield "default-account-missing", pod(serviceAccountName=""), known
    yield "account-bare", pod(), account()
    yield "account-empty-client-id", pod(), account(client_id="")
    yield "account-tenant", pod(), account(client_id=ID, tenant_id=TENANT)
    yield "account-empty-tenant", pod(), account(client_id=ID, tenant_id="")
    for expiry in EXPIRIES:
        yield f"pod-expiry-{expiry}", pod(annotations={"service-account-token-expiration": expiry}), known
        yield f"account-expiry-{expiry}", pod(), account(client_id=ID, service_account_token_expiration=expiry)
    yield "both-expiries", pod(annotations={"service-account-token-expiration": "7200"}), account(client_id=ID, service_account_token_expiration="abc")
    for value in ["true", "false", ""]:
        yield f"proxy-{value}", pod(annotations={"inject-proxy-sidecar": value}), known
    yield "proxy-host-network", pod(annotations={"inject-proxy-sidecar": "true"}, hostNetwork=True), known
    yield "host-network", pod(hostNetwork=True), known
    yield "automount-off", pod(automountServiceAccountToken=False), known
    for port in PORTS:
        yield f"proxy-port-{port}", pod(annotations={"inject-proxy-sidecar": "true", "proxy-sidecar-port": port}), known
    yield "port-without-proxy", pod(annotations={"proxy-sidecar-port": "abc"}), known
    yield "proxy-there", pod(annotations={"inject-proxy-sidecar": "true"}, containers=[container("app"), container("azwi-proxy")], init=[container("azwi-proxy-init")]), known
    yield "proxy-there-as-init", pod(annotations={"inject-proxy-sidecar": "true"}, init=[container("azwi-proxy")]), known
    images = "mcr.microsoft.com/oss/azure/workload-identity/proxy"
    yield "proxy-by-image", pod(annotations={"inject-proxy-sidecar": "true"}, containers=[container("app"), container("p", images + ":v1")], init=[container("i", images + "-init:v1")]), known
    yield "proxy-init-image-elsewhere", pod(annotations={"inject-proxy-sidecar": "true"}, containers=[container("i", images + "-init:v1")]), known
    for skip in SKIPS:
        sidecars = pod(annotations={"skip-containers": skip, "inject-proxy-sidecar": "true"}, containers=[container("app"), container("side")], init=[container("setup")])
        yield f"skip-{skip}", sidecars, known
    for name in NAMES:
        for label, variable in [("value", literal(name, OTHER)), ("empty", literal(name, "")), ("secret", secret(name))]:
            yield f"env-{name}-{label}", pod(containers=[container("app", env=[variable]), container("side")]), known
    yield "env-from", pod(containers=[container("app", env_from=[{"secretRef": {"name": "azure"}}, {"configMapRef": {"name": "azure"}}])]), account()
    for key, volume in VOLUMES.items():
        yield f"volume-{key}", pod(volumes=[volume]), known
        yield f"volume-{key}-mounted", pod(volumes=[volume], containers=[container("app", mounts=[(volume["name"], "/custom/tokens")])]), known
    for metadata in [{"name": "query-0"}, {"generateName": "query-6c5d8f-"}]:
        name = reserved(metadata)
        yield f"volume-reserved-{len(metadata.get('name', ''))}", pod(metadata, volumes=[{"name": name, "emptyDir": {}}], containers=[container("app", mounts=[(name, "/custom")])]), known
    for at, mount in enumerate(MOUNTS):
        yield f"mount-{at}", pod(containers=[container("app", mounts=[mount])], volumes=[{"name": mount[0], "emptyDir": {}}]), known


def anything(chance):
    """A pod and its account of any of the things above, in any mix."""
    some = lambda choices, often: chance.choice(choices) if chance.random() < often else None
    metadata = chance.choice([{"name": f"job-{chance.randrange(9)}"}, {"generateName": f"web-{chance.randrange(9)}-"}])

    def any_container(name):
        env = [chance.choice([literal(v, chance.choice([ID, OTHER, ""])), secret(v)]) for v in chance.sample(NAMES, chance.choice([0, 0, 1, 2]))]
        env_from = [{"secretRef": {"name": "azure"}}] if chance.random() < 0.1 else None
        mounts = dict((path, (volume, path)) for volume, path in chance.sample(MOUNTS, chance.choice([0, 0, 1, 2]))).values()
        return container(name, env=env, env_from=env_from, mounts=list(mounts))

    annotations = {
        "service-account-token-expiration": some(EXPIRIES[:2] + EXPIRIES[-5:], 0.25),
        "skip-containers": some(SKIPS, 0.3),
        "inject-proxy-sidecar": some(["true", "false"], 0.25),
        "proxy-sidecar-port": some(PORTS, 0.15),
    }
    of_account = {"client-id": some([ID, OTHER, ""], 0.8), "tenant-id": some([TENANT, ""], 0.3), "service-account-token-expiration": some(EXPIRIES, 0.15)}
    drawn = [VOLUMES[key] for key in chance.sample(sorted(VOLUMES), chance.choice([0, 0, 1, 2]))]
    volumes = list({volume["name"]: volume for volume in drawn}.values())
    made = pod(
        metadata,
        chance.choice(["true"] * 9 + [None, "True"]),
        {key: value for key, value in annotations.items() if value is not None},
        [any_container(name) for name in ["app", "side"][: chance.choice([1, 2])]],
        [any_container(name) for name in ["setup"][: chance.choice([0, 1])]],
        volumes,
        **({"hostNetwork": True} if chance.random() < 0.1 else {}),
    )
    its = account(**{key.replace("-", "_"): value for key, value in of_account.items() if value is not None})
    return made, its if chance.random() < 0.95 else None


def questions():
    for name, made, its in one_thing_each():
        yield {"name": name, "pod": made, "account": its}
    chance = random.Random(SEED)
    for at in range(RANDOM_CASES):
        made, its = anything(chance)
        yield {"name": f"any-{at}", "pod": made, "account": its}


def join(asked, answers):
    told = {version: {line["name"]: line["answer"] for line in map(json.loads, open(path))} for version, path in (answer.split("=") for answer in answers)}
    for question in map(json.loads, open(asked)):
        yield question | {"answers": {version: answer[question["name"]] for version, answer in told.items()}}


if __name__ == "__main__":
    made = questions() if sys.argv[1] == "questions" else join(sys.argv[2], sys.argv[3:])
    for line in made:
        print(json.dumps(line, separators=(",", ":")))
