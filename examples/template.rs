//! `helm template` with the library alone: `template NAME CHART [--namespace NAMESPACE] [-f VALUES]…`, for comparisons with Helm.

use std::error::Error;
use std::io::Write as _;
use std::sync::Arc;

use chartshift::chart::{self, Limits as ChartLimits};
use chartshift::fetch::{Content, Package};
use chartshift::render::{Capabilities, Prepared, Release, TextOptions};
use chartshift::template::{Limits, Profile};
use chartshift::value::yaml;

#[allow(clippy::disallowed_methods, clippy::print_stderr, clippy::exit)]
fn main() {
    if let Err(error) = run() {
        eprintln!("Error: {error}");
        std::process::exit(1);
    }
}

#[allow(clippy::disallowed_methods, clippy::print_stderr)]
fn run() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let (mut names, mut files, mut release) = (Vec::new(), Vec::new(), Release::default());
    while let Some(word) = words.next() {
        match word.as_str() {
            "--namespace" => release.namespace = words.next().ok_or("--namespace needs a name")?,
            "-f" | "--values" => files.push(words.next().ok_or("-f needs a file")?),
            _ => names.push(word),
        }
    }
    let [name, path] = names.as_slice() else { return Err("usage: template NAME CHART.tgz".into()) };
    release.name.clone_from(name);
    let packed = std::fs::read(path)?;
    let package = Package { content: Content::Archive(packed.into()), origin: path.clone(), digest: None };
    let chart = chart::open(&package, &ChartLimits::default())?;
    if chart.metadata.deprecated {
        eprintln!("WARNING: This chart is deprecated");
    }
    let mut values = Vec::new();
    for file in files {
        let source = yaml::source(file.as_str(), &std::fs::read(&file)?)?;
        values.push(yaml::read(&source, &yaml::Limits::default())?);
    }
    let profile = Profile::V3_17;
    let capabilities = Capabilities::of(&profile);
    let prepared = Prepared::new(Arc::new(chart), profile, Limits::default());
    let rendered = prepared.render(&values.iter().collect::<Vec<_>>(), &release, &capabilities)?;
    std::io::stdout().write_all(&rendered.text(TextOptions::default()))?;
    Ok(())
}
