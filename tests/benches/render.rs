//! How long rendering takes: a parsed chart once more with one value changed, as the search for causes does many times over.
//!
//! ```sh
//! cargo bench --bench render
//! ```
//!
//! The corpus' thanos 12.20.4 and its largest chart by rendered text are taken when the corpus is there.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::print_stdout)]

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use chartshift::chart::{self, Chart};
use chartshift::render::{Capabilities, Overrides, Prepared, Release, TextOptions};
use chartshift::template::{Limits, Profile};
use divan::Bencher;
use divan::counter::BytesCount;

fn main() {
    divan::main();
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/charts")
}

fn open(archive: &Path) -> Option<Arc<Chart>> {
    let bytes = std::fs::read(archive).ok()?;
    Some(Arc::new(chart::open_archive(bytes, &chart::Limits::default()).expect("a published chart")))
}

fn prepared(chart: &Arc<Chart>) -> Prepared {
    Prepared::new(Arc::clone(chart), Profile::V3_17, Limits::default()).stable()
}

fn text_of(prepared: &Prepared, overrides: &Overrides) -> Option<Vec<u8>> {
    let rendered = prepared.render(overrides, &Release::default(), &Capabilities::of(&Profile::V3_17)).ok()?;
    Some(rendered.text(TextOptions::default()))
}

static THANOS: LazyLock<Option<Arc<Chart>>> = LazyLock::new(|| open(&corpus().join("thanos-12.20.4.tgz")));

/// The chart whose default render is the longest.
static LARGEST: LazyLock<Option<Arc<Chart>>> = LazyLock::new(|| {
    let mut archives: Vec<PathBuf> = std::fs::read_dir(corpus()).ok()?.flatten().map(|entry| entry.path()).collect();
    archives.sort();
    let charts = archives.iter().filter(|path| path.extension().is_some_and(|extension| extension == "tgz")).filter_map(|path| open(path));
    charts.max_by_key(|chart| text_of(&prepared(chart), &Overrides::default()).map_or(0, |text| text.len()))
});

/// Renders with another value of a setting each time.
fn again(bencher: Bencher, chart: Option<&Arc<Chart>>, setting: &str, prepare: fn(Prepared) -> Prepared) {
    let Some(chart) = chart else { return println!("skipped: no corpus") };
    let prepared = prepare(prepared(chart));
    let changed = |number: usize| Overrides { set: vec![format!("{setting}=v{number}")], ..Overrides::default() };
    let size = text_of(&prepared, &changed(0)).expect("a chart that renders").len();
    let release = Release::default();
    let capabilities = Capabilities::of(&Profile::V3_17);
    let mut number = 0;
    bencher
        .counter(BytesCount::new(size))
        .with_inputs(|| {
            number += 1;
            changed(number)
        })
        .bench_local_refs(|overrides| prepared.render(overrides, &release, &capabilities).expect("a chart that renders"));
}

#[divan::bench]
fn thanos(bencher: Bencher) {
    again(bencher, THANOS.as_ref(), "compactor.podAnnotations.changed", |prepared| prepared);
}

#[divan::bench]
fn thanos_traced(bencher: Bencher) {
    again(bencher, THANOS.as_ref(), "compactor.podAnnotations.changed", Prepared::traced);
}

#[divan::bench]
fn largest(bencher: Bencher) {
    again(bencher, LARGEST.as_ref(), "commonLabels.changed", |prepared| prepared);
}

#[divan::bench]
fn largest_traced(bencher: Bencher) {
    again(bencher, LARGEST.as_ref(), "commonLabels.changed", Prepared::traced);
}

/// A chart as it is rendered for the first time: its templates are parsed, too.
#[divan::bench]
fn thanos_first(bencher: Bencher) {
    let Some(chart) = THANOS.as_ref() else { return println!("skipped: no corpus") };
    bencher.bench_local(|| text_of(&prepared(chart), &Overrides::default()));
}
