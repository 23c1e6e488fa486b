//! What `helm dependency build` would put into a chart folder: the dependencies that Chart.yaml names and `charts/` doesn't hold.
//!
//! Follows Helm 3.17 (`pkg/downloader/manager.go`): Chart.lock decides the versions when there is one, requirements.yaml and .lock stand in
//! for both in old charts. Nothing is written. Uses `value` to read, and the rest of this stage for the places.

use super::chart_ref::{ChartRef, Wanted, parse_oci};
use super::redact::RedactedUrl;
use super::{Content, Package, RawFile};
use crate::error::{Error, ErrorKind, Result};
use crate::value::{Node, yaml};

/// Where dependencies stand: the file that asks for them and the file that pins them.
const FILES: [(&str, &str); 2] = [("Chart.yaml", "Chart.lock"), ("requirements.yaml", "requirements.lock")];

/// A dependency that has to be had from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// The chart's name.
    pub name: String,
    /// Where it is.
    pub place: DependencyPlace,
}

/// Where a dependency is to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DependencyPlace {
    /// A repository or registry.
    Elsewhere(ChartRef),
    /// A folder, relative to the chart's own: `file://../common`.
    Beside(String),
}

/// The dependencies that a chart folder's files ask for and don't hold, each once.
///
/// # Errors
/// `Syntax` when Chart.yaml or its lock can't be read, `Usage` for a repository that is no address.
pub fn missing(files: &[RawFile]) -> Result<Vec<Dependency>> {
    let mut missing: Vec<Dependency> = Vec::new();
    for (asking, pinning) in FILES {
        let (Some(asked), pinned) = (read(files, asking)?, read(files, pinning)?) else { continue };
        for entry in list(&asked) {
            let text = |node: &Node, key: &str| node.get(key).and_then(Node::as_str).unwrap_or_default().to_owned();
            let (name, repository) = (text(entry, "name"), text(entry, "repository"));
            let locked = pinned.as_ref().and_then(|lock| {
                list(lock)
                    .iter()
                    .find(|locked| text(locked, "name") == name && text(locked, "repository") == repository)
                    .map(|e| text(e, "version"))
            });
            let version = locked.unwrap_or_else(|| text(entry, "version"));
            if name.is_empty() || repository.is_empty() || holds(files, &name) {
                continue;
            }
            let dependency = Dependency { place: place(&name, &repository, &version)?, name };
            if !missing.contains(&dependency) {
                missing.push(dependency);
            }
        }
    }
    Ok(missing)
}

/// A fetched dependency as files below `charts/`.
pub fn vendored(dependency: &Dependency, package: Package) -> Vec<RawFile> {
    match package.content {
        Content::Archive(bytes) => vec![RawFile { path: format!("charts/{}.tgz", dependency.name), bytes }],
        Content::Folder(files) => {
            let below = |file: RawFile| RawFile { path: format!("charts/{}/{}", dependency.name, file.path), ..file };
            files.into_iter().map(below).collect()
        }
    }
}

fn read(files: &[RawFile], path: &str) -> Result<Option<Node>> {
    let Some(file) = files.iter().find(|file| file.path == path) else { return Ok(None) };
    let source = yaml::source(path, &file.bytes)?;
    yaml::read(&source, &yaml::Limits::default()).map(Some)
}

fn list(node: &Node) -> &[Node] {
    node.get("dependencies").and_then(Node::as_list).unwrap_or_default()
}

/// Whether `charts/` holds a folder or an archive that may be this chart.
fn holds(files: &[RawFile], name: &str) -> bool {
    files.iter().filter_map(|file| file.path.strip_prefix("charts/")).any(|path| {
        path.split_once('/').map_or_else(
            || path.strip_prefix(name).is_some_and(|rest| rest == ".tgz" || (rest.starts_with('-') && rest.ends_with(".tgz"))),
            |(folder, _)| folder == name,
        )
    })
}

fn place(name: &str, repository: &str, version: &str) -> Result<DependencyPlace> {
    if let Some(path) = repository.strip_prefix("file://") {
        return Ok(DependencyPlace::Beside(path.to_owned()));
    }
    let wanted = Wanted::parse(Some(version));
    if let Some(folder) = repository.strip_prefix("oci://") {
        let mut reference = parse_oci(&format!("{}/{name}", folder.trim_end_matches('/')), None)?;
        reference.wanted = wanted;
        return Ok(DependencyPlace::Elsewhere(ChartRef::Oci(reference)));
    }
    let known = repository.strip_prefix('@').or_else(|| repository.strip_prefix("alias:"));
    let reference = match known {
        Some(known) => ChartRef::Named { repository: known.to_owned(), chart: name.to_owned(), wanted },
        None if repository.starts_with("http://") || repository.starts_with("https://") => {
            ChartRef::Repository { url: RedactedUrl::parse(repository)?, chart: name.to_owned(), wanted }
        }
        None => {
            return Err(Error::new(ErrorKind::Usage, format!("the dependency {name} has a repository that is no address: {repository}"))
                .hint("write an https://, oci:// or file:// address into Chart.yaml"));
        }
    };
    Ok(DependencyPlace::Elsewhere(reference))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> RawFile {
        RawFile { path: path.to_owned(), bytes: text.to_owned().into() }
    }

    const CHART: &str = "\
name: platform
dependencies:
  - {name: thanos, version: ~12.20, repository: 'https://charts.example'}
  - {name: minio, version: 1.x, repository: 'oci://registry.example/charts'}
  - {name: here, version: 1.0.0, repository: 'https://charts.example'}
  - {name: packed, version: 1.0.0, repository: 'https://charts.example'}
  - {name: common, version: 1.0.0, repository: 'file://../common'}
  - {name: known, version: 1.0.0, repository: '@bitnami'}
";

    #[test]
    fn what_the_folder_does_not_hold_is_asked_for_as_locked() {
        let lock = "dependencies:\n  - {name: thanos, version: 12.20.4, repository: 'https://charts.example'}\n";
        let files = [
            file("Chart.yaml", CHART),
            file("Chart.lock", lock),
            file("charts/here/Chart.yaml", "name: here"),
            file("charts/packed-1.0.0.tgz", ""),
            file("charts/min-io-1.tgz", ""),
        ];
        let told: Vec<String> = missing(&files)
            .unwrap()
            .iter()
            .map(|dependency| match &dependency.place {
                DependencyPlace::Elsewhere(reference) => reference.to_string(),
                DependencyPlace::Beside(path) => path.clone(),
            })
            .collect();
        let expected =
            ["thanos@12.20.4 in https://charts.example/", "oci://registry.example/charts/minio:1.x", "../common", "bitnami/known@1.0.0"];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_repository_that_is_no_address_is_refused() {
        let chart = file("Chart.yaml", "dependencies: [{name: a, version: 1.0.0, repository: ftp://x}]");
        assert_eq!(missing(&[chart]).unwrap_err().kind(), ErrorKind::Usage);
    }
}
