//! Both charts of each bump: from repositories and registries each once and side by side, from the repository's own trees with the
//! dependencies that they name.

use crate::bump::{Bump, Source};
use crate::error::{Error, ErrorKind, Result};
use crate::fetch::dependencies::{self, Dependency, DependencyPlace};
use crate::fetch::tree::Tree;
use crate::fetch::{self, Bars, ChartRef, Content, Options, Package, RawFile, Wanted, folder};

/// How deep charts of the repository may depend on each other by `file://`.
const MAX_DEPTH: usize = 8;

/// Why a chart isn't there: a sentence without a final stop, and what to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) reason: String,
    pub(super) hint: Option<String>,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let reason = error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ");
        Self { reason, hint: error.hints().first().map(|hint| (*hint).to_owned()) }
    }
}

/// One side of a bump.
pub(super) type Side = Result<Package, Failure>;

/// Two states of the repository.
#[derive(Clone, Copy)]
pub(super) struct Trees<'t> {
    pub(super) old: &'t dyn Tree,
    pub(super) new: &'t dyn Tree,
}

/// What has to be put together before it is a package.
enum Plan {
    Fetched(usize),
    Folder { path: String, revision: &'static str, files: Vec<RawFile>, dependencies: Vec<(Dependency, Plan)> },
    Failed(Failure),
}

/// The charts that have to be fetched, each once.
struct Shopping<'o> {
    references: Vec<ChartRef>,
    options: &'o Options,
}

/// Both packages of each bump, in the bumps' order.
///
/// # Errors
/// `Io` when the system gives no resources for downloads; what keeps one chart from being had is its own [`Failure`].
pub(super) fn fetch(bumps: &[Bump], trees: Trees<'_>, options: &Options, bars: &Bars) -> Result<Vec<(Side, Side)>> {
    let mut shopping = Shopping { references: Vec::new(), options };
    let plans: Vec<(Plan, Plan)> =
        bumps.iter().map(|bump| (shopping.plan(&bump.old, trees.old, "old"), shopping.plan(&bump.new, trees.new, "new"))).collect();
    let fetched: Vec<Side> =
        fetch::fetch_all(&shopping.references, options, bars)?.into_iter().map(|side| side.map_err(|error| (&error).into())).collect();
    Ok(plans.into_iter().map(|(old, new)| (packed(old, &fetched), packed(new, &fetched))).collect())
}

impl Shopping<'_> {
    fn plan(&mut self, source: &Source, tree: &dyn Tree, revision: &'static str) -> Plan {
        let reference = match source {
            Source::Folder(path) => return self.folder(path, tree, revision, 0),
            Source::Oci { repository, version, digest } => {
                let pinned = digest.as_ref().map(|digest| format!("{repository}@{digest}"));
                ChartRef::in_registry(pinned.as_ref().unwrap_or(repository), version)
            }
            Source::Repository { url, chart, version } => {
                let (chart, wanted) = (chart.clone(), Wanted::parse(Some(version)));
                Ok(match fetch::repository_name(url, self.options) {
                    Some(repository) => ChartRef::Named { repository, chart, wanted },
                    None => ChartRef::Repository { url: url.clone(), chart, wanted },
                })
            }
        };
        reference.map_or_else(|error| Plan::Failed((&error).into()), |reference| self.noted(reference))
    }

    fn noted(&mut self, reference: ChartRef) -> Plan {
        let known = self.references.iter().position(|known| *known == reference);
        Plan::Fetched(known.unwrap_or_else(|| {
            self.references.push(reference);
            self.references.len() - 1
        }))
    }

    fn folder(&mut self, path: &str, tree: &dyn Tree, revision: &'static str, depth: usize) -> Plan {
        let read = || {
            if depth > MAX_DEPTH {
                return Err(Error::new(ErrorKind::Limit, format!("charts depend on each other more than {MAX_DEPTH} deep, at {path}")));
            }
            let files = folder::in_tree(tree, path, &self.options.folder)?;
            let missing = dependencies::missing(&files)?;
            Ok((files, missing))
        };
        let (files, missing) = match read() {
            Ok(read) => read,
            Err(error) => return Plan::Failed((&error).into()),
        };
        let dependencies = missing.into_iter().map(|dependency| {
            let plan = match &dependency.place {
                DependencyPlace::Elsewhere(reference) => self.noted(reference.clone()),
                DependencyPlace::Beside(way) => match beside(path, way) {
                    Some(path) => self.folder(&path, tree, revision, depth + 1),
                    None => {
                        Plan::Failed(Failure { reason: format!("the dependency at file://{way} is outside of the repository"), hint: None })
                    }
                },
            };
            (dependency, plan)
        });
        Plan::Folder { path: path.to_owned(), revision, dependencies: dependencies.collect(), files }
    }
}

/// The folder that a relative path leads to; `None` when it leads out of the repository.
fn beside(folder: &str, way: &str) -> Option<String> {
    if way.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in way.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn packed(plan: Plan, fetched: &[Side]) -> Side {
    match plan {
        Plan::Failed(failure) => Err(failure),
        Plan::Fetched(index) => fetched
            .get(index)
            .cloned()
            .unwrap_or_else(|| Err(Failure { reason: "it was not fetched: a fault in this program".to_owned(), hint: None })),
        Plan::Folder { path, revision, mut files, dependencies } => {
            for (dependency, plan) in dependencies {
                files.extend(dependencies::vendored(&dependency, packed(plan, fetched)?));
            }
            let origin = format!("{path} in the {revision} revision");
            Ok(Package { content: Content::Folder(files), origin, digest: None })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bytes::Bytes;

    use super::*;

    #[test]
    fn a_path_beside_stays_in_the_repository() {
        let table = [
            ("charts/app", "../common", Some("charts/common")),
            ("charts/app", "./sub/../x", Some("charts/app/x")),
            ("app", "../../etc", None),
            ("app", "/etc", None),
            ("app", "..", Some("")),
        ];
        for (folder, way, expected) in table {
            assert_eq!(beside(folder, way).as_deref(), expected, "{folder} {way}");
        }
    }

    #[test]
    fn a_local_chart_brings_what_it_depends_on() {
        let tree: BTreeMap<String, Bytes> = [
            (
                "charts/app/Chart.yaml",
                "name: app\nversion: 1.0.0\ndependencies: [{name: common, version: 1.0.0, repository: 'file://../common'}]\n",
            ),
            ("charts/common/Chart.yaml", "name: common\nversion: 1.0.0\n"),
            ("charts/common/templates/_names.tpl", "{{/* names */}}"),
        ]
        .map(|(path, text)| (path.to_owned(), Bytes::from(text)))
        .into();
        let options = Options::default();
        let mut shopping = Shopping { references: Vec::new(), options: &options };
        let plan = shopping.plan(&Source::Folder("charts/app".into()), &tree, "new");
        let package = packed(plan, &[]).unwrap();
        let Content::Folder(files) = package.content else { panic!("not a folder") };
        let paths: Vec<&str> = files.iter().map(|file| &*file.path).collect();
        assert_eq!(paths, ["Chart.yaml", "charts/common/Chart.yaml", "charts/common/templates/_names.tpl"]);
        assert_eq!(package.origin, "charts/app in the new revision");
    }
}
