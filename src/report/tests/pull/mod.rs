//! What a report on many reviews promises: comments as files one can open, limits that hold, hostile text in every slot, and reading back
//! of what somebody else may have written.

mod budget;
mod goldens;
mod hostile;
mod reading;
mod suggestion;

use std::path::Path;
use std::sync::Arc;

use super::super::Report;
use super::super::pull::{
    ChangeView, Dialect, FindingView, FixView, Group, Limits, Links, MissingView, NotReviewed, PlaceView, PullReport, ReleaseView,
    Rendering, Reviewed, SCHEMA, TableView, comment,
};
use crate::classify::{Catalogue, Confidence, Severity};
use crate::diff::ChangeKind;
use crate::fetch::{self, ChartRef, Package};
use crate::identity::Facts;
use crate::render::{Capabilities, Overrides, Release};
use crate::review::{self, ReleaseSettings, Settings};
use crate::template::Profile;
use crate::value::{Source, yaml};

const BASE: &str = "1d0c5a9e77b2f8b7a4a6b1f0c3d5e6f708192a3b";
const HEAD: &str = "4f2c9d1b60a3c4d5e6f708192a3b4c5d6e7f8091";

/// A chart's step, and who takes it.
struct Story<'a> {
    old: &'a Path,
    new: &'a Path,
    release: &'a str,
    namespace: &'a str,
    values: &'a str,
}

impl Story<'_> {
    fn review(&self) -> Report {
        let open = |path: &Path| -> Package {
            let reference = ChartRef::parse(path.to_str().unwrap(), None, None).unwrap();
            let package = fetch::fetch_one(&reference, &fetch::Options::default(), &fetch::progress::Silent::default()).unwrap();
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            let (name, version) = file.trim_end_matches(".tgz").rsplit_once('-').unwrap_or(("metrics-store", &file));
            let origin = format!("oci://charts.example/acme/{name}:{version}");
            Package { origin, ..package }
        };
        let profile = Profile::named("3.19").unwrap();
        let mut overrides = Overrides::default();
        if !self.values.is_empty() {
            let source = Arc::new(Source { name: "apps/monitoring/values.yaml".into(), text: self.values.into() });
            overrides.files.push(yaml::read(&source, &yaml::Limits::default()).unwrap());
        }
        let settings = Settings {
            release: Some(ReleaseSettings {
                release: Release { name: self.release.into(), namespace: self.namespace.into(), is_upgrade: false },
                overrides,
                capabilities: Capabilities::of(&profile),
                profile,
                facts: Facts::default(),
                assume_workload_identity: false,
            }),
            ..Settings::default()
        };
        review::review(&open(self.old), &open(self.new), &Catalogue::built_in().unwrap(), &settings).unwrap()
    }
}

/// A release that Argo CD deploys with values of its own.
fn release(name: &str) -> ReleaseView {
    ReleaseView {
        tool: "Argo CD".into(),
        name: name.into(),
        namespace: "monitoring".into(),
        file: "apps/monitoring/application.yaml".into(),
        line: 14,
        values_files: vec!["apps/monitoring/values.yaml".into()],
        has_other_values: false,
        switched_off: None,
    }
}

fn reviewed<'a>(release: ReleaseView, report: &'a Report) -> Reviewed<'a> {
    Reviewed { release, unread: Vec::new(), values_key: None, report }
}

fn pull(reviews: Vec<Reviewed<'_>>) -> PullReport {
    PullReport::of(BASE, HEAD, reviews, Vec::new(), Some(Severity::High))
}

fn not_reviewed() -> NotReviewed {
    NotReviewed {
        tool: "Flux".into(),
        chart: "loki".into(),
        file: "clusters/eu/loki.yaml".into(),
        line: 31,
        reason: "the registry charts.example asks for credentials".into(),
        hint: Some("give chartshift a login for charts.example, for instance with helm registry login".into()),
    }
}

fn unread() -> MissingView {
    MissingView { part: "valuesFrom Secret monitoring/store-secrets".into(), reason: "it is not in the repository".into() }
}

/// A report whose every foreign string is the given one, with one of everything, of so many charts.
fn filled(text: &str, charts: usize) -> PullReport {
    filled_from(&[text.to_owned()], charts)
}

/// The same with several strings, which take turns.
fn filled_from(texts: &[String], charts: usize) -> PullReport {
    let turn = std::cell::Cell::new(0);
    let s = || {
        turn.set(turn.get() + 1);
        texts[turn.get() % texts.len()].clone()
    };
    let change = |kind| ChangeView { path: Some(s()), kind, old: Some(s()), new: Some(s()) };
    let place = |kind| PlaceView { change: change(kind), at: s(), note: Some(s()) };
    let kinds = [ChangeKind::Modified, ChangeKind::Added, ChangeKind::Removed, ChangeKind::Reordered];
    let finding = |severity, ignored| FindingView {
        rule: s(),
        severity,
        confidence: Confidence::Confirmed,
        title: s(),
        message: s(),
        why: s(),
        change: Some(change(ChangeKind::Modified)),
        place_count: 4,
        places: kinds.map(place).to_vec(),
        workloads: vec![s(), s()],
        reach: None,
        causes: vec![s(), s()],
        fix: Some(FixView { text: s(), yaml: vec![s(), s()], verified: true }),
        ignored,
    };
    let table = || TableView {
        title: s(),
        count: s(),
        header: vec![s(), s()],
        row_count: 2,
        rows: vec![vec![s(), s()], vec![s(), format!("{}\\", s())]],
        remarks: vec![s()],
    };
    let group = |_| Group {
        chart: s(),
        old: s(),
        new: s(),
        step: s(),
        rendered: Some(Rendering { helm: s(), kube_version: s(), assumes_workload_identity: true }),
        releases: vec![ReleaseView {
            tool: s(),
            name: s(),
            namespace: s(),
            file: s(),
            line: 3,
            values_files: vec![s(), s()],
            has_other_values: true,
            switched_off: Some(s()),
        }],
        findings: vec![
            finding(Severity::High, None),
            finding(Severity::Medium, None),
            finding(Severity::Info, None),
            finding(Severity::Low, Some(s())),
        ],
        missing: vec![MissingView { part: s(), reason: s() }],
        restarts: vec![s(), s()],
        identities: Some(table()),
        tables: vec![table()],
        reproduce: vec![s(), s()],
        packages: vec![s(), s()],
    };
    let unreviewed = NotReviewed { tool: s(), chart: s(), file: s(), line: 7, reason: s(), hint: Some(s()) };
    PullReport {
        schema: SCHEMA.into(),
        base: BASE.into(),
        head: HEAD.into(),
        level: Some(Severity::High),
        complete: false,
        fail_on: Some(Severity::High),
        groups: (0..charts).map(group).collect(),
        unreviewed: vec![unreviewed],
    }
}

/// Where a forge's links lead.
fn links() -> Links {
    Links {
        file: Some(format!("https://git.example/acme/platform/blob/{HEAD}/")),
        line: "#L",
        report: Some("https://git.example/acme/platform/actions/runs/1".into()),
    }
}
