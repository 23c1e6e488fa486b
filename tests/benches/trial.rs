//! What it costs to find effects, causes and fixes, in time and in renders, and how that grows with the number of changed defaults.
//!
//! ```sh
//! cargo bench --bench trial
//! ```
//!
//! The growth is measured on charts made here; the incident on the corpus' thanos 12.20.2 and 12.20.4, next to one single render, when the
//! corpus is there.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::print_stdout)]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use chartshift::chart::{self, Chart};
use chartshift::classify::{Catalogue, Finding, ReleaseSubject, Settings, classify_release};
use chartshift::diff::{self, Comparison};
use chartshift::fetch::{Content, Package, RawFile};
use chartshift::identity::{self, Facts, Identities};
use chartshift::object::objects;
use chartshift::render::{Capabilities, Overrides, Prepared, Release, Rendered};
use chartshift::template::{Limits, Profile};
use chartshift::trial::{self, Case, Judged, MAX_RENDERS, Trials};
use chartshift::value::{Node, yaml};
use divan::Bencher;

fn main() {
    divan::main();
}

/// Changed defaults.
const SIZES: [usize; 3] = [10, 100, 500];

/// A release of two versions, rendered once.
struct Measured {
    old: Prepared,
    new: Prepared,
    new_traced: Prepared,
    overrides: Overrides,
    release: Release,
    capabilities: Capabilities,
    comparison: Comparison,
    old_render: Rendered,
    new_render: Rendered,
    catalogue: Catalogue,
    facts: Facts,
}

impl Measured {
    fn new(old: Chart, new: Chart, values: &str) -> Self {
        let (old, new) = (Arc::new(old), Arc::new(new));
        let comparison = diff::compare(&old, &new, &diff::Settings::default());
        let overrides = Overrides { files: vec![read(values)], ..Overrides::default() };
        let release = Release { is_upgrade: true, ..Release::default() };
        let capabilities = Capabilities::of(&Profile::V3_17);
        let prepared = |chart: &Arc<Chart>| Prepared::new(Arc::clone(chart), Profile::V3_17, Limits::default()).stable();
        let (old, new, new_traced) = (prepared(&old).traced(), prepared(&new), prepared(&new).traced());
        let old_render = old.render(&overrides, &release, &capabilities).expect("a render");
        let new_render = new_traced.render(&overrides, &release, &capabilities).expect("a render");
        let catalogue = Catalogue::built_in().expect("the built-in rules");
        let facts = Facts::default();
        Self { old, new, new_traced, overrides, release, capabilities, comparison, old_render, new_render, catalogue, facts }
    }

    fn identities(&self, rendered: &Rendered) -> Identities {
        identity::read(&objects(rendered, &self.release.namespace), &self.release.namespace, &self.facts)
    }

    fn findings(&self, old: &Identities, new: &Identities, rendered: &Rendered) -> Vec<Finding> {
        let (release, namespace) = (self.release.name.as_str(), self.release.namespace.as_str());
        let differing =
            diff::objects::compare(&objects(&self.old_render, namespace), &objects(rendered, namespace), &diff::Settings::default());
        let subject = ReleaseSubject { chart: "measured", release, namespace, old, new, objects: Some(&differing), facts: &self.facts };
        classify_release(&subject, &self.catalogue, &Settings::default()).findings
    }

    fn examine(&self) -> Trials {
        let (old, new) = (self.identities(&self.old_render), self.identities(&self.new_render));
        let judge = |rendered: &Rendered| {
            let tried = self.identities(rendered);
            let objects = objects(rendered, &self.release.namespace);
            Judged::of(&self.findings(&old, &tried, rendered), tried, &objects)
        };
        let case = Case {
            old: &self.old,
            new: &self.new,
            new_traced: &self.new_traced,
            overrides: &self.overrides,
            release: &self.release,
            capabilities: &self.capabilities,
            comparison: &self.comparison,
            old_render: &self.old_render,
            new_render: &self.new_render,
            old_identities: &old,
            new_identities: &new,
            judge: &judge,
            max_renders: MAX_RENDERS,
        };
        trial::examine(&case, &mut self.findings(&old, &new, &self.new_render))
    }
}

fn read(text: &str) -> Node {
    let source = yaml::source("values.yaml", text.as_bytes()).expect("UTF-8");
    yaml::read(&source, &yaml::Limits::default()).expect("sound values")
}

/// A deployment whose account a changed default decides, among so many others; half of them are read, a tenth by lines that read two.
fn grown(changed: usize) -> Measured {
    let mut template = String::from(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\nspec:\n  template:\n    metadata: {labels: {azure.workload.identity/use: \"true\"}}\n    \
         spec:\n      serviceAccountName: {{ if .Values.create }}made{{ else }}mine{{ end }}\n      containers:\n      - name: app\n        env:\n",
    );
    let values = |word: &str| {
        let settings = (1..changed).fold(String::new(), |mut text, index| {
            writeln!(text, "setting{index}: {word}{index}").expect("memory");
            text
        });
        format!("create: {}\n{settings}", word == "new")
    };
    for index in (1..changed).step_by(2) {
        write!(template, "        - {{name: E{index}, value: {{{{ .Values.setting{index} }}}}").expect("memory");
        let second = if index % 10 == 5 { format!("{{{{ .Values.setting{} }}}}", index + 1) } else { String::new() };
        writeln!(template, "{second}}}").expect("memory");
    }
    Measured::new(open(&template, &values("old")), open(&template, &values("new")), "")
}

fn open(template: &str, values: &str) -> Chart {
    let file = |path: &str, text: &str| RawFile { path: path.to_owned(), bytes: text.to_owned().into() };
    let chart = "apiVersion: v2\nname: measured\nversion: 1.0.0\n";
    let files = vec![file("Chart.yaml", chart), file("values.yaml", values), file("templates/app.yaml", template)];
    let package = Package { content: Content::Folder(files), origin: "memory".to_owned(), digest: None };
    chart::open(&package, &chart::Limits::default()).expect("a sound chart")
}

/// The release that lost its login.
const INCIDENT: &str = "\
existingObjstoreSecret: s
compactor:
  enabled: true
  serviceAccount: {create: false, name: wi-sa}
  podLabels: {azure.workload.identity/use: 'true'}
storegateway:
  enabled: true
  serviceAccount: {create: false, name: wi-sa}
  podLabels: {azure.workload.identity/use: 'true'}
";

fn incident() -> Option<Measured> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/charts");
    let open = |name: &str| {
        let bytes = std::fs::read(folder.join(name)).ok()?;
        Some(chart::open_archive(bytes, &chart::Limits::default()).expect("a published chart"))
    };
    Some(Measured::new(open("thanos-12.20.2.tgz")?, open("thanos-12.20.4.tgz")?, INCIDENT))
}

#[divan::bench(args = SIZES, sample_count = 10)]
fn changed_defaults(bencher: Bencher, changed: usize) {
    let measured = grown(changed);
    println!("{changed} changed defaults: {} renders", measured.examine().renders);
    bencher.bench_local(|| measured.examine());
}

#[divan::bench(sample_count = 20)]
fn thanos_incident(bencher: Bencher) {
    let Some(measured) = incident() else { return println!("skipped: no corpus") };
    println!("thanos: {} renders", measured.examine().renders);
    bencher.bench_local(|| measured.examine());
}

#[divan::bench(sample_count = 20)]
fn thanos_one_render(bencher: Bencher) {
    let Some(measured) = incident() else { return println!("skipped: no corpus") };
    bencher.bench_local(|| measured.new.render(&measured.overrides, &measured.release, &measured.capabilities));
}
