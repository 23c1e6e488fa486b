//! Reports made by hand, and the small constructors they need.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Report, Side};
use crate::classify::{Confidence, Finding, Fix, Place, Severity, Verdict};
use crate::diff::{
    Announced, ChangeKind, Comparison, CrdChange, DependencyChange, DiffLine, FieldChange, FileChange, Hunk, ImageChange, Missing,
    MoveProposal, SchemaChange, ValueChange, ValuesDiff,
};
use crate::value::{Data, Entry, Node, Path, Source, Span, Step};

/// What a fixture writes as a scalar.
pub(crate) trait Scalar {
    /// The data it stands for.
    fn data(self) -> Data;
}

impl Scalar for &str {
    fn data(self) -> Data {
        Data::Str(self.into())
    }
}

impl Scalar for bool {
    fn data(self) -> Data {
        Data::Bool(self)
    }
}

impl Scalar for i64 {
    fn data(self) -> Data {
        Data::Int(self)
    }
}

impl Scalar for Data {
    fn data(self) -> Data {
        self
    }
}

fn span() -> Span {
    Span { source: Arc::new(Source { name: "values.yaml".into(), text: String::new() }), line: 1, column: 1 }
}

/// A node without a place of its own.
pub(crate) fn node(value: impl Scalar) -> Node {
    Node { data: value.data(), at: span(), comment: None }
}

/// A list.
pub(crate) fn list(items: Vec<Node>) -> Node {
    node(Data::List(items))
}

/// A mapping.
pub(crate) fn map(entries: &[(&str, Node)]) -> Node {
    let entries = entries.iter().map(|(key, value)| (Arc::from(*key), Entry { at: span(), comment: None, value: value.clone() }));
    node(Data::Map(entries.collect()))
}

/// A path of plain keys.
pub(crate) fn path(text: &str) -> Path {
    Path::keys(text.split('.'))
}

fn side(version: &str, digest: char) -> Side {
    Side {
        version: version.into(),
        app_version: "0.32.4".into(),
        source: format!("charts/thanos-{version}.tgz"),
        digest: Some(format!("sha256:{}", digest.to_string().repeat(64))),
    }
}

fn change(at: &str, old: Option<Node>, new: Option<Node>, lines: (u32, u32), description: &str) -> ValueChange {
    let kind = match (&old, &new) {
        (None, _) => ChangeKind::Added,
        (_, None) => ChangeKind::Removed,
        _ => ChangeKind::Modified,
    };
    ValueChange {
        path: path(at),
        kind,
        old_line: old.is_some().then_some(lines.0),
        new_line: new.is_some().then_some(lines.1),
        type_changed: matches!((&old, &new), (Some(a), Some(b)) if a.data.type_name() != b.data.type_name()),
        old,
        new,
        file: "values.yaml".into(),
        description: (!description.is_empty()).then(|| description.into()),
    }
}

fn place(change: &ValueChange) -> Place {
    Place {
        path: change.path.clone(),
        kind: change.kind,
        old: change.old.clone(),
        new: change.new.clone(),
        file: change.file.clone(),
        old_line: change.old_line,
        new_line: change.new_line,
        description: change.description.as_deref().map(str::to_owned),
        note: None,
    }
}

/// A place with a remark on its component's own setting, and one on the shared account.
fn noted(change: &ValueChange) -> Place {
    let component = change.path.to_string().split('.').next().unwrap_or_default().to_owned();
    let note = match component.as_str() {
        "serviceAccount" => "The account is new.".to_owned(),
        component => format!("The pods have a setting of their own, {component}.automountServiceAccountToken, which wins."),
    };
    Place { note: Some(note), ..place(change) }
}

fn verdict(findings: &[Finding], missing: Vec<Missing>) -> Verdict {
    let mut counts = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.ignored.is_none()) {
        *counts.entry(finding.severity).or_default() += 1;
    }
    Verdict { level: counts.keys().max().copied(), counts, missing }
}

const COMPONENTS: [(&str, u32); 8] = [
    ("query", 610),
    ("queryFrontend", 1166),
    ("bucketweb", 1619),
    ("compactor", 2078),
    ("storegateway", 2594),
    ("ruler", 3242),
    ("receive", 3738),
    ("receiveDistributor", 4148),
];

/// The shape of bitnami/thanos 12.20.2 → 12.20.4: ten changed settings, two findings, and one of everything else.
pub(crate) fn thanos() -> Report {
    let create = change(
        "serviceAccount.create",
        Some(node(false)),
        Some(node(true)),
        (147, 147),
        "Specifies whether a ServiceAccount should be created",
    );
    let mut automounts = vec![change("serviceAccount.automountServiceAccountToken", Some(node(true)), Some(node(false)), (149, 149), "")];
    automounts.extend(COMPONENTS.iter().map(|(component, line)| {
        let at = format!("{component}.serviceAccount.automountServiceAccountToken");
        change(&at, Some(node(true)), Some(node(false)), (line - 1, *line), "")
    }));
    let findings = vec![created(&create, &automounts[0]), automount_off(&automounts, &create), ignored()];
    let changes = std::iter::once(create).chain(automounts).collect();
    let values = ValuesDiff {
        changes,
        moves: vec![MoveProposal {
            from: path("query.psp.enabled"),
            to: path("query.podSecurity.enabled"),
            score: 0.8349,
            reasons: vec!["same value", "similar name"],
        }],
        comment_only_lines: 34,
    };
    Report {
        chart: "thanos".into(),
        old: side("12.20.2", '1'),
        new: side("12.20.4", '9'),
        step: "patch",
        verdict: verdict(&findings, Vec::new()),
        findings,
        unused_ignores: vec!["egress-policy-added at compactor.networkPolicy (reason: reviewed in March)".into()],
        comparison: Comparison { values, ..surroundings() },
        release: None,
    }
}

fn created(create: &ValueChange, beside: &ValueChange) -> Finding {
    Finding {
        rule: "service-account-create-flipped".into(),
        pack: "azure-workload-identity".into(),
        severity: Severity::High,
        confidence: Confidence::Possible,
        title: "A ServiceAccount is now created by default".into(),
        message: "`serviceAccount.create` went from `false` to `true`.".into(),
        why: "A release that left this default alone gets an account that the chart makes. Pods that ran on an account made elsewhere may move \
              to it; it has no azure.workload.identity/client-id annotation and no federated credential names it, so the login to Azure fails."
            .into(),
        workloads: Vec::new(),
        causes: Vec::new(),
        changes: vec![place(create)],
        beside: vec![place(beside)],
        fix: Some(Fix {
            text: "Set it in your values to keep the old accounts.".into(),
            values: vec![(create.path.clone(), node(false))],
            ..Fix::default()
        }),
        references: vec!["https://github.com/thanos-io/thanos/issues/7138".into()],
        ignored: None,
    }
}

fn automount_off(places: &[ValueChange], beside: &ValueChange) -> Finding {
    Finding {
        rule: "token-mount-account-default-flipped".into(),
        pack: "azure-workload-identity".into(),
        severity: Severity::Medium,
        confidence: Confidence::Possible,
        title: "ServiceAccounts stop mounting the Kubernetes API token by default".into(),
        message: "9 defaults went from `true` to `false`. Pods that set `automountServiceAccountToken` themselves keep their value.".into(),
        why: "Every pod on such an account that doesn't set the field itself loses the token of the Kubernetes API. The Azure token is a \
              separate projected volume and stays."
            .into(),
        workloads: Vec::new(),
        causes: Vec::new(),
        changes: places.iter().map(noted).collect(),
        beside: vec![place(beside)],
        fix: Some(Fix {
            text: "Set the ones you rely on in your values.".into(),
            values: places.iter().take(2).map(|change| (change.path.clone(), node(true))).collect(),
            ..Fix::default()
        }),
        references: vec!["https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/".into()],
        ignored: None,
    }
}

fn ignored() -> Finding {
    Finding {
        rule: "image-tag-moved".into(),
        pack: "azure-workload-identity".into(),
        severity: Severity::Low,
        confidence: Confidence::Possible,
        title: "A default image moved".into(),
        message: "`image.tag` moved.".into(),
        why: "Pods restart.".into(),
        workloads: Vec::new(),
        causes: Vec::new(),
        changes: Vec::new(),
        beside: Vec::new(),
        fix: None,
        references: Vec::new(),
        ignored: Some("images are pinned by our mirror".into()),
    }
}

fn template() -> FileChange {
    let line = |kind, old_line, new_line, text: &str| DiffLine { kind, old_line, new_line, text: text.into() };
    let lines = vec![
        line(None, Some(22), Some(22), "    spec:"),
        line(Some(ChangeKind::Removed), Some(23), None, "      serviceAccountName: {{ .Values.serviceAccount.name }}"),
        line(Some(ChangeKind::Added), None, Some(23), "      serviceAccountName: {{ include \"thanos.serviceAccountName\" . }}"),
        line(Some(ChangeKind::Added), None, Some(24), "      automountServiceAccountToken: false"),
        line(None, Some(24), Some(25), "      containers:"),
    ];
    FileChange {
        path: "templates/compactor/deployment.yaml".into(),
        kind: ChangeKind::Modified,
        removed: 1,
        added: 2,
        hunks: vec![Hunk { lines }],
        omitted: None,
    }
}

/// One of everything but values and findings.
fn surroundings() -> Comparison {
    let crd = |omitted| FileChange {
        path: "crds/thanosrulers.yaml".into(),
        kind: ChangeKind::Added,
        removed: 0,
        added: 812,
        hunks: Vec::new(),
        omitted,
    };
    Comparison {
        templates: vec![template()],
        metadata: vec![
            FieldChange { path: path("version"), kind: ChangeKind::Modified, old: Some(node("12.20.2")), new: Some(node("12.20.4")) },
            FieldChange { path: path("kubeVersion"), kind: ChangeKind::Added, old: None, new: Some(node(">=1.23.0-0")) },
        ],
        dependencies: vec![DependencyChange {
            path: path("minio"),
            name: "minio".into(),
            kind: ChangeKind::Modified,
            old_version: Some("12.13.1".into()),
            new_version: Some("12.13.2".into()),
            fields: Vec::new(),
            lock_only: true,
        }],
        images: vec![ImageChange {
            path: path("image"),
            old: Some("docker.io/bitnami/thanos:0.32.4-debian-11-r1".into()),
            new: Some("docker.io/bitnami/thanos:0.32.5-debian-11-r0".into()),
        }],
        crds: vec![crd(Some("too large"))],
        crd_changes: vec![CrdChange {
            file: "crds/thanosrulers.yaml".into(),
            name: "thanosrulers.monitoring.example.org".into(),
            text: "version v1beta1 is no longer served".into(),
            breaking: true,
        }],
        schema: vec![SchemaChange { path: path("query.replicaCount"), text: "must be a number (was a string)".into(), stricter: true }],
        announced: vec![Announced { kind: "changed".into(), text: "ServiceAccounts no longer mount their token".into() }],
        ..Comparison::default()
    }
}

/// The same version twice.
pub(crate) fn clean() -> Report {
    Report {
        chart: "thanos".into(),
        old: side("12.20.2", '1'),
        new: side("12.20.2", '1'),
        step: "none",
        verdict: verdict(&[], Vec::new()),
        findings: Vec::new(),
        unused_ignores: Vec::new(),
        comparison: Comparison::default(),
        release: None,
    }
}

/// A comparison of which parts are missing, with secrets among its values.
pub(crate) fn incomplete() -> Report {
    let missing = vec![
        Missing { part: "templates/big.yaml".into(), reason: "the deadline of 5 s passed".into() },
        Missing { part: "charts/minio".into(), reason: "its values.yaml can't be read: line 12, column 3: found a tab".into() },
    ];
    let changes = vec![
        change("auth.password", Some(node("hunter2-old")), Some(node("hunter2-new")), (12, 12), ""),
        change("objstore.config", Some(node("type: AZURE\nconfig:\n  storage_account_key: c2VjcmV0\n")), None, (20, 0), ""),
        change("replicas", Some(node(1)), Some(node("1")), (30, 31), ""),
        change("extraEnvVars", None, Some(list(vec![map(&[("name", node("DB_PASSWORD")), ("value", node("hunter3-env"))])])), (0, 40), ""),
    ];
    Report {
        verdict: verdict(&[], missing.clone()),
        step: "other",
        comparison: Comparison { values: ValuesDiff { changes, ..ValuesDiff::default() }, missing, ..Comparison::default() },
        new: side("12.20.4", '9'),
        ..clean()
    }
}

/// A report whose every string is the given one.
pub(crate) fn hostile(text: &str) -> Report {
    let s = || text.to_owned();
    let at = || Path::root().key(text).child(Step::Item { key: text.into(), value: text.into() }).key(text);
    let place = || Place {
        path: at(),
        kind: ChangeKind::Modified,
        old: Some(node(text)),
        new: Some(list(vec![node(text), map(&[(text, node(text))])])),
        file: s(),
        old_line: Some(1),
        new_line: Some(2),
        description: Some(s()),
        note: Some(s()),
    };
    let finding = |ignored| Finding {
        rule: s(),
        pack: s(),
        severity: Severity::High,
        confidence: Confidence::Possible,
        title: s(),
        message: s(),
        why: s(),
        workloads: Vec::new(),
        causes: Vec::new(),
        changes: vec![place(), place()],
        beside: vec![place()],
        fix: Some(Fix { text: s(), values: vec![(Path::keys([text]), node(text))], ..Fix::default() }),
        references: vec![s()],
        ignored,
    };
    let line = |kind| DiffLine { kind, old_line: Some(1), new_line: Some(1), text: text.into() };
    let file = FileChange {
        path: s(),
        kind: ChangeKind::Modified,
        removed: 1,
        added: 1,
        hunks: vec![Hunk { lines: vec![line(None), line(Some(ChangeKind::Added)), line(Some(ChangeKind::Removed))] }],
        omitted: None,
    };
    let change = |place: Place| ValueChange {
        path: place.path,
        kind: place.kind,
        old: place.old,
        new: place.new,
        type_changed: true,
        file: place.file,
        old_line: place.old_line,
        new_line: place.new_line,
        description: place.description.map(Into::into),
    };
    let findings = vec![finding(None), finding(Some(s()))];
    let missing = vec![Missing { part: s(), reason: s() }];
    let side = || Side { version: s(), app_version: s(), source: s(), digest: Some(s()) };
    Report {
        chart: s(),
        old: side(),
        new: side(),
        step: "other",
        verdict: verdict(&findings, missing.clone()),
        findings,
        unused_ignores: vec![s()],
        comparison: Comparison {
            values: ValuesDiff {
                changes: vec![change(place())],
                moves: vec![MoveProposal { from: at(), to: at(), score: 0.5, reasons: vec!["same value"] }],
                comment_only_lines: 1,
            },
            templates: vec![file.clone()],
            metadata: vec![FieldChange { path: at(), kind: ChangeKind::Modified, old: Some(node(text)), new: Some(node(text)) }],
            dependencies: vec![DependencyChange {
                path: at(),
                name: s(),
                kind: ChangeKind::Modified,
                old_version: Some(s()),
                new_version: Some(s()),
                fields: vec![("repository", s(), s())],
                lock_only: false,
            }],
            images: vec![ImageChange { path: at(), old: Some(s()), new: Some(s()) }],
            crds: vec![file],
            crd_changes: vec![CrdChange { file: s(), name: s(), text: s(), breaking: true }],
            schema: vec![SchemaChange { path: at(), text: s(), stricter: true }],
            announced: vec![Announced { kind: s(), text: s() }],
            missing,
        },
        release: None,
    }
}
