//! The odd little charts of `testdata/chart/cases`: opened or refused as the Helm that is recorded in them, which is compared with the Helm of
//! this machine when there is one. `UPDATE_HELM=1` writes what that Helm says.
//!
//! A case is a line `# what it shows`, what Helm says (`show:` of `helm show chart` and, when that goes well, `render:` of `helm template`),
//! and files, each under a line `== path`; `charts/x.tgz!path` is a file of an archive within the chart.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{assert_shown, gzip, helm, story, tar};
use crate::chart::{Chart, Limits, open_archive};

struct Case {
    path: PathBuf,
    title: String,
    /// What Helm says to `show chart`: `ok`, or its error.
    show: String,
    /// What Helm says to `template`: the sources of the objects, or its error.
    render: String,
    /// Name and content, in order.
    files: Vec<(String, String)>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/chart/cases")
}

fn cases() -> Vec<Case> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(read).collect()
}

fn read(path: PathBuf) -> Case {
    let text = fs::read_to_string(&path).unwrap();
    let mut parts = text.split("== ");
    let head = parts.next().unwrap();
    let said = |key: &str| head.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default().trim().to_owned();
    let files = parts.map(|part| part.split_once('\n').map(|(name, content)| (name.to_owned(), content.to_owned())).unwrap()).collect();
    Case { title: said("#"), show: said("show:"), render: said("render:"), files, path }
}

impl Case {
    fn name(&self) -> String {
        self.path.file_stem().unwrap().to_string_lossy().into_owned()
    }

    fn packed(&self) -> Vec<u8> {
        pack("demo/", &self.files)
    }

    fn write(&self) {
        let files: String = self.files.iter().map(|(name, content)| format!("== {name}\n{content}")).collect();
        let render = if self.render.is_empty() { String::new() } else { format!("render: {}\n", self.render) };
        fs::write(&self.path, format!("# {}\nshow: {}\n{render}{files}", self.title, self.show)).unwrap();
    }
}

/// Packs files under a folder; those of one archive inside become one entry, where the first of them stands.
fn pack(folder: &str, files: &[(String, String)]) -> Vec<u8> {
    let mut inner: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
    for (name, content) in files {
        if let Some((archive, path)) = name.split_once('!') {
            inner.entry(archive).or_default().push((path.to_owned(), content.clone()));
        }
    }
    let mut packed: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, content) in files {
        match name.split_once('!') {
            None => packed.push((format!("{folder}{name}"), content.clone().into_bytes())),
            Some((archive, _)) => packed.extend(inner.remove(archive).map(|files| (format!("{folder}{archive}"), pack("", &files)))),
        }
    }
    gzip(&tar(packed.iter().map(|(name, content)| (name.as_str(), content.as_slice()))))
}

/// What `helm template` would list as sources, sorted: the templates of every mounted chart.
fn sources(chart: &Chart) -> String {
    let mut all: Vec<String> = Vec::new();
    for mounted in chart.mounted() {
        let templates = mounted.chart.templates.iter().filter(|file| !file.path.contains("/_"));
        all.extend(templates.map(|file| format!("{}/{}", mounted.full_path(chart), file.path)));
    }
    all.sort();
    all.join(" ")
}

/// Helm's message as our chain of causes puts it: without the names of the decoders it went through and the line it is at.
fn plain(message: &str) -> String {
    let message = message.replace("error unmarshaling JSON: while decoding JSON: ", "").replace("error converting YAML to JSON: ", "");
    let line = regex::Regex::new(": yaml: (line [0-9]+: )?").unwrap();
    let message = line.replace(&message, ": ");
    // What Go's time parser stumbled over is left out of ours.
    message.split(": cannot parse").next().unwrap().to_owned()
}

#[test]
fn every_case_opens_or_is_refused_as_recorded() {
    for case in cases() {
        let name = case.name();
        match open_archive(case.packed(), &Limits::default()) {
            Ok(chart) => {
                assert_eq!(case.show, "ok", "{name} opens, but Helm refuses it");
                let missing: Vec<&str> = chart.missing_dependencies().iter().map(|dependency| &*dependency.name).collect();
                if missing.is_empty() {
                    assert_eq!(sources(&chart), case.render, "{name}");
                } else {
                    let wanted = format!("found in Chart.yaml, but missing in charts/ directory: {}", missing.join(", "));
                    assert!(case.render.ends_with(&wanted), "{name}: {}", case.render);
                }
            }
            Err(error) => {
                assert_ne!(case.show, "ok", "{name} is refused: {error:?}");
                let ours = plain(&story(&error));
                assert!(ours.contains(&plain(&case.show)), "{name}\n ours: {ours}\n helm: {}\n{error:?}", case.show);
            }
        }
    }
}

#[test]
fn helm_says_what_the_cases_record() {
    let update = std::env::var_os("UPDATE_HELM").is_some();
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("demo.tgz").to_string_lossy().into_owned();
    for mut case in cases() {
        fs::write(&archive, case.packed()).unwrap();
        let Some(shown) = helm(&["show", "chart", &archive]) else {
            return eprintln!("skipped: no helm");
        };
        let one_line = |text: String| text.trim().replace('\n', " ");
        let (show, render) = match &shown {
            Ok(_) => ("ok".to_owned(), helm(&["template", &archive]).unwrap().map_or_else(one_line, |text| sources_of(&text))),
            Err(error) => (one_line(error.clone()), String::new()),
        };
        if update {
            (case.show, case.render) = (show, render);
            case.write();
            continue;
        }
        assert_eq!((&show, &render), (&case.show, &case.render), "{}", case.name());
        if let Ok(shown) = &shown {
            assert_shown(&open_archive(case.packed(), &Limits::default()).unwrap(), shown);
        }
    }
}

/// The sources that a rendered manifest names, sorted.
fn sources_of(manifest: &str) -> String {
    let mut sources: Vec<&str> = manifest.lines().filter_map(|line| line.strip_prefix("# Source: ")).collect();
    sources.sort_unstable();
    sources.join(" ")
}
