//! Two versions of a chart in memory, a release of it, and a judge that knows three rules.

use std::sync::Arc;

use crate::chart::{self, Chart};
use crate::classify::{Confidence, Finding, Severity};
use crate::diff::{self, ChangeKind, Comparison};
use crate::fetch::{Content, Package, RawFile};
use crate::identity::{self, Automount, Facts, Identities};
use crate::object;
use crate::render::{Capabilities, Overrides, Prepared, Release, Rendered};
use crate::template::{Limits, Profile};
use crate::trial::{Case, Judged, MAX_RENDERS, Trials, examine};
use crate::value::{Node, Path, yaml};

/// Files of a chart: path and text.
pub(super) type Files<'f> = &'f [(&'f str, &'f str)];

/// A pod whose account, label and token mount are templated.
pub(super) const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  template:
    metadata:
      labels:
        app: app
        {{- with .Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ if .Values.serviceAccount.create }}made{{ else }}{{ .Values.serviceAccount.name }}{{ end }}
      automountServiceAccountToken: {{ .Values.automount }}
      replicas: {{ .Values.replicas }}
";

pub(super) fn read(text: &str) -> Node {
    let source = yaml::source("values.yaml", text.as_bytes()).unwrap();
    yaml::read(&source, &yaml::Limits::default()).unwrap()
}

pub(super) fn open(files: Files<'_>) -> Chart {
    let mut all: Vec<RawFile> = Vec::new();
    for (path, text) in files {
        all.push(RawFile { path: (*path).to_owned(), bytes: (*text).to_owned().into() });
    }
    if !files.iter().any(|(path, _)| *path == "Chart.yaml") {
        all.push(RawFile { path: "Chart.yaml".into(), bytes: "apiVersion: v2\nname: c\nversion: 1.0.0\n".into() });
    }
    let package = Package { content: Content::Folder(all), origin: "memory".into(), digest: None };
    chart::open(&package, &chart::Limits::default()).unwrap()
}

/// One release of two versions of a chart.
pub(super) struct Fixture {
    pub(super) old: Arc<Chart>,
    pub(super) new: Arc<Chart>,
    pub(super) overrides: Overrides,
    pub(super) comparison: Comparison,
    pub(super) release: Release,
    pub(super) max_renders: usize,
}

impl Fixture {
    pub(super) fn new(old: Files<'_>, new: Files<'_>, values: &str) -> Self {
        Self::of(open(old), open(new), values)
    }

    /// With templates of both versions alike.
    pub(super) fn values(template: &str, old: &str, new: &str, user: &str) -> Self {
        let files = |values| [("templates/app.yaml", template), ("values.yaml", values)];
        Self::new(&files(old), &files(new), user)
    }

    pub(super) fn of(old: Chart, new: Chart, values: &str) -> Self {
        let comparison = diff::compare(&old, &new, &diff::Settings::default());
        let overrides = Overrides { files: vec![read(values)], ..Overrides::default() };
        let release = Release { name: "rel".into(), namespace: "ns".into(), is_upgrade: true };
        Self { old: Arc::new(old), new: Arc::new(new), overrides, comparison, release, max_renders: MAX_RENDERS }
    }

    pub(super) fn prepared(chart: &Arc<Chart>) -> Prepared {
        Prepared::new(Arc::clone(chart), Profile::V3_17, Limits::default()).stable()
    }

    /// Examines the release; the findings are those of the judge on the plain upgrade.
    pub(super) fn examine(&self) -> (Trials, Vec<Finding>) {
        self.with_case(|case, findings| {
            let mut findings = findings.to_vec();
            (examine(case, &mut findings), findings)
        })
    }

    pub(super) fn with_case<T>(&self, work: impl FnOnce(&Case<'_>, &[Finding]) -> T) -> T {
        let capabilities = Capabilities::of(&Profile::V3_17);
        let (old, new) = (Self::prepared(&self.old), Self::prepared(&self.new));
        let (old_traced, new_traced) = (Self::prepared(&self.old).traced(), Self::prepared(&self.new).traced());
        let old_render = old_traced.render(&self.overrides, &self.release, &capabilities).unwrap();
        let new_render = new_traced.render(&self.overrides, &self.release, &capabilities).unwrap();
        let old_identities = identities(&old_render);
        let judge = |rendered: &Rendered| {
            let new = identities(rendered);
            Judged::of(&findings(&old_identities, &new), new, &object::objects(rendered, "ns"))
        };
        let new_identities = identities(&new_render);
        let found = findings(&old_identities, &new_identities);
        let case = Case {
            old: &old,
            new: &new,
            new_traced: &new_traced,
            overrides: &self.overrides,
            release: &self.release,
            capabilities: &capabilities,
            comparison: &self.comparison,
            old_render: &old_render,
            new_render: &new_render,
            old_identities: &old_identities,
            new_identities: &new_identities,
            judge: &judge,
            max_renders: self.max_renders,
        };
        work(&case, &found)
    }
}

/// Who the pods of a render are, with nothing known from outside.
pub(super) fn identities(rendered: &Rendered) -> Identities {
    identity::read(&object::objects(rendered, "ns"), "ns", &Facts::default())
}

/// Three rules: the account's name, the use label, the token mount. One finding for each rule, with all its workloads.
fn findings(old: &Identities, new: &Identities) -> Vec<Finding> {
    let mut all: Vec<Finding> = Vec::new();
    let mut add = |rule: &str, workload: &String, severity| match all.iter_mut().find(|finding| finding.rule == rule) {
        Some(finding) => finding.workloads.push(workload.clone()),
        None => all.push(finding(rule, workload, severity)),
    };
    for (name, new) in &new.workloads {
        let Some(old) = old.workloads.get(name) else { continue };
        if old.service_account_name != new.service_account_name {
            add("service-account-name-changed", name, Severity::High);
        }
        if old.use_label && !new.use_label {
            add("use-label-lost", name, Severity::High);
        }
        if old.client_id.is_some() && old.client_id != new.client_id {
            add("client-id-lost", name, Severity::High);
        }
        if old.automount == Automount::Known(true) && new.automount == Automount::Known(false) {
            add("token-mount-turned-off", name, Severity::Medium);
        }
    }
    all
}

fn finding(rule: &str, workload: &str, severity: Severity) -> Finding {
    let place = crate::classify::Place {
        path: Path::keys([workload]),
        kind: ChangeKind::Modified,
        old: None,
        new: None,
        file: String::new(),
        old_line: None,
        new_line: None,
        description: None,
        note: None,
    };
    Finding {
        rule: rule.to_owned(),
        pack: "test".to_owned(),
        severity,
        confidence: Confidence::Confirmed,
        title: String::new(),
        message: String::new(),
        why: String::new(),
        workloads: vec![workload.to_owned()],
        changes: vec![place],
        beside: Vec::new(),
        causes: Vec::new(),
        fix: None,
        references: Vec::new(),
        ignored: None,
    }
}

/// `PATH EFFECT` of each.
pub(super) fn effects(trials: &Trials) -> Vec<String> {
    trials.effects.iter().map(|(path, effect)| format!("{path} {effect:?}").to_lowercase()).collect()
}

/// `RULE: CAUSE, CAUSE; fix PATH=VALUE (verified)`.
pub(super) fn told(finding: &Finding) -> String {
    use crate::classify::Cause;
    let causes: Vec<String> = finding
        .causes
        .iter()
        .map(|cause| match cause {
            Cause::Value(place) => place.path.to_string(),
            Cause::Template { file, lines, .. } => format!("{file}:{lines:?}"),
            Cause::Dependency { path, old_version, new_version } => {
                format!("{path} {} to {}", old_version.as_deref().unwrap_or("-"), new_version.as_deref().unwrap_or("-"))
            }
        })
        .collect();
    let fix = finding
        .fix
        .as_ref()
        .map_or("none".to_owned(), |fix| format!("{}{}", shown(&fix.values), if fix.verified { " verified" } else { "" }));
    format!("{}: {}; fix {fix}", finding.rule, causes.join(", "))
}

pub(super) fn shown(values: &[(Path, Node)]) -> String {
    let one = |(path, value): &(Path, Node)| format!("{path}={}", serde_json::to_string(value).unwrap());
    values.iter().map(one).collect::<Vec<_>>().join(" ")
}
