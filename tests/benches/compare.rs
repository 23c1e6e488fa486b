//! How long reading and comparing default values takes, and how it grows with their size.
//!
//! ```sh
//! cargo bench --bench compare
//! ```
//!
//! The corpus' largest values.yaml is taken when the corpus is there; the growth is measured on charts made here.

#![allow(clippy::disallowed_methods)]

use std::path::Path;

use chartshift::chart::{self, Chart};
use chartshift::diff;
use chartshift::fetch::{Content, Package, RawFile};
use chartshift::value::yaml;
use divan::Bencher;
use divan::counter::BytesCount;

fn main() {
    divan::main();
}

const SIZES: [usize; 5] = [1_000, 2_000, 4_000, 8_000, 16_000];

/// A values.yaml with this many settings in components of eight, each with its comment.
fn values(settings: usize) -> String {
    let mut text = String::new();
    for component in 0..settings / 8 {
        text += &format!("## @section Component {component}\ncomponent{component}:\n");
        for (key, value) in [("enabled", "true"), ("replicas", "2"), ("image", "registry.example/app:1.2"), ("policy", "Always")] {
            text += &format!("  ## @param component{component}.{key} What {key} is\n  {key}: {value}\n");
        }
        text += "  serviceAccount:\n    create: true\n    name: \"\"\n    annotations: {}\n    automountServiceAccountToken: true\n";
    }
    text
}

/// The same with every twentieth simple setting changed.
fn changed(text: &str) -> String {
    let mut seen = 0;
    let mut change = |line: &str| {
        let is_setting = line.ends_with(": true") || line.ends_with(": 2");
        seen += usize::from(is_setting);
        if is_setting && seen % 20 == 0 { line.replace(": true", ": false").replace(": 2", ": 3") } else { line.to_owned() }
    };
    text.lines().map(|line| change(line) + "\n").collect()
}

fn open(values: &str) -> Chart {
    let file = |path: &str, text: &str| RawFile { path: path.to_owned(), bytes: text.to_owned().into() };
    let files = vec![file("Chart.yaml", "apiVersion: v2\nname: measured\nversion: 1.0.0\n"), file("values.yaml", values)];
    let package = Package { content: Content::Folder(files), origin: "memory".to_owned(), digest: None };
    chart::open(&package, &chart::Limits::default()).expect("a sound chart")
}

/// The largest values.yaml below the corpus' charts, subcharts' included.
fn largest_in_corpus() -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/charts");
    let archives = std::fs::read_dir(folder).ok()?;
    let mut largest = String::new();
    for path in archives.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|extension| extension == "tgz")) {
        let chart = chart::open_archive(std::fs::read(&path).expect("readable"), &chart::Limits::default()).expect("a published chart");
        for chart in chart.charts() {
            let text = chart.values.as_ref().map_or("", |values| &values.at.source.text);
            if text.len() > largest.len() {
                text.clone_into(&mut largest);
            }
        }
    }
    Some(largest)
}

fn read(bencher: Bencher, text: &str) {
    let source = yaml::source("values.yaml", text.as_bytes()).expect("UTF-8");
    bencher.counter(BytesCount::of_str(text)).bench(|| yaml::read(&source, &yaml::Limits::default()).expect("sound"));
}

fn compare(bencher: Bencher, text: &str) {
    let (old, new) = (open(text), open(&changed(text)));
    bencher.counter(BytesCount::of_str(text)).bench(|| diff::compare(&old, &new, &diff::Settings::default()));
}

#[divan::bench(args = SIZES)]
fn read_values(bencher: Bencher, settings: usize) {
    read(bencher, &values(settings));
}

#[divan::bench(args = SIZES)]
fn compare_values(bencher: Bencher, settings: usize) {
    compare(bencher, &values(settings));
}

#[divan::bench]
fn read_largest_values_of_the_corpus(bencher: Bencher) {
    match largest_in_corpus() {
        Some(text) => read(bencher, &text),
        None => println!("skipped: no corpus"),
    }
}

#[divan::bench]
fn compare_largest_values_of_the_corpus(bencher: Bencher) {
    match largest_in_corpus() {
        Some(text) => compare(bencher, &text),
        None => println!("skipped: no corpus"),
    }
}
