//! Charts packed in memory and opened: what both the tables and the comparisons with a real Helm are made of.
#![allow(clippy::disallowed_methods, clippy::print_stderr)]

mod cases;
mod corpus;
mod hostile;
mod model;

use std::io::Write as _;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{EntryType, Header};

use super::{Chart, Limits, open_archive};
use crate::error::Error;

const CHART: &str = "apiVersion: v2\nname: demo\nversion: 1.0.0\n";

/// A tar entry whose name is written as it is, however bad.
fn entry(out: &mut Vec<u8>, name: &str, kind: EntryType, declared: u64, content: &[u8]) {
    let mut header = Header::new_gnu();
    if name.len() > 100 {
        entry(out, "././@LongLink", EntryType::GNULongName, name.len() as u64 + 1, &[name.as_bytes(), b"\0"].concat());
    }
    let length = name.len().min(100);
    header.as_old_mut().name[..length].copy_from_slice(&name.as_bytes()[..length]);
    header.set_mode(0o644);
    header.set_size(declared);
    header.set_entry_type(kind);
    header.set_cksum();
    out.extend_from_slice(header.as_bytes());
    out.extend_from_slice(content);
    out.resize(out.len().next_multiple_of(512), 0);
}

fn tar<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, content) in files {
        entry(&mut out, name, EntryType::Regular, content.len() as u64, content);
    }
    out.resize(out.len() + 1024, 0);
    out
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A packed chart of files named below the chart's folder; without a Chart.yaml it gets one.
fn demo(files: &[(&str, &str)]) -> Vec<u8> {
    let own = (!files.iter().any(|(name, _)| *name == "Chart.yaml")).then_some(("Chart.yaml", CHART));
    let named: Vec<(String, &str)> = own.iter().chain(files).map(|(name, text)| (format!("demo/{name}"), *text)).collect();
    gzip(&tar(named.iter().map(|(name, text)| (name.as_str(), text.as_bytes()))))
}

fn opened(packed: Vec<u8>) -> Chart {
    open_archive(packed, &Limits::default()).unwrap()
}

/// The messages of an error and its causes, in one line, without that of the outermost, which names the package.
fn story(error: &Error) -> String {
    error.chain().skip(1).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn refused(packed: Vec<u8>) -> String {
    story(&open_archive(packed, &Limits::default()).unwrap_err())
}

/// The real Helm's answer; `None` when there is none on this machine.
fn helm(arguments: &[&str]) -> Option<Result<String, String>> {
    let output = Command::new("helm").args(arguments).output().ok()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let error = text(&output.stderr);
    let error = error.lines().find_map(|line| line.strip_prefix("Error: ")).unwrap_or(&error);
    Some(if output.status.success() { Ok(text(&output.stdout)) } else { Err(error.to_owned()) })
}

/// What `helm show values` says of an archive.
fn show_values(packed: &[u8]) -> Option<Result<String, String>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("demo.tgz");
    std::fs::write(&path, packed).unwrap();
    helm(&["show", "values", &path.to_string_lossy()])
}

/// Checks that a chart's metadata is what `helm show chart` printed.
fn assert_shown(chart: &Chart, shown: &str) {
    let shown: serde_json::Value = serde_yaml::from_str(shown).unwrap();
    let metadata = &chart.metadata;
    let said = |key: &str| shown[key].as_str().unwrap_or_default().to_owned();
    let name = chart.full_name();
    for (key, ours) in [
        ("apiVersion", &metadata.api_version),
        ("name", &metadata.name),
        ("version", &metadata.version),
        ("appVersion", &metadata.app_version),
        ("kubeVersion", &metadata.kube_version),
        ("type", &metadata.kind),
        ("description", &metadata.description),
        ("home", &metadata.home),
        ("icon", &metadata.icon),
    ] {
        assert_eq!(*ours, said(key), "{key} of {name}");
    }
    let texts = |key: &str| -> Vec<String> {
        shown[key].as_array().into_iter().flatten().map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(metadata.keywords, texts("keywords"), "keywords of {name}");
    assert_eq!(metadata.sources, texts("sources"), "sources of {name}");
    assert_eq!(metadata.deprecated, shown["deprecated"].as_bool().unwrap_or(false), "{name}");
    let mut annotations = metadata.annotations.clone();
    annotations.sort();
    let mut wanted: Vec<(String, String)> = Vec::new();
    for (key, value) in shown["annotations"].as_object().into_iter().flatten() {
        wanted.push((key.clone(), value.as_str().unwrap_or_default().to_owned()));
    }
    wanted.sort();
    assert_eq!(annotations, wanted, "annotations of {name}");
    let maintainers: Vec<[&str; 3]> = metadata.maintainers.iter().map(|person| [&*person.name, &person.email, &person.url]).collect();
    assert_eq!(maintainers, rows(&shown["maintainers"], ["name", "email", "url"]), "maintainers of {name}");
    let dependencies: Vec<[&str; 5]> = (metadata.dependencies.iter())
        .map(|one| [&*one.name, &one.version, &one.repository, one.alias.as_deref().unwrap_or(""), one.condition.as_deref().unwrap_or("")])
        .collect();
    let fields = ["name", "version", "repository", "alias", "condition"];
    assert_eq!(dependencies, rows(&shown["dependencies"], fields), "dependencies of {name}");
}

fn rows<'v, const N: usize>(list: &'v serde_json::Value, fields: [&str; N]) -> Vec<[&'v str; N]> {
    list.as_array().into_iter().flatten().map(|row| fields.map(|field| row[field].as_str().unwrap_or_default())).collect()
}
