//! Argo CD: the sources of an Application. ApplicationSets are unfolded by `applicationset`.

use super::claim::{Claim, Part, Wanted};
use super::read::Reading;
use super::side::Side;
use super::text::{field, fields, file_name, is_templated, items, resolve};
use super::{Source, Tool, Unread, glob};
use crate::error::Result;
use crate::value::{Data, Node};

/// Reads an object, when it is one of Argo CD.
pub(super) fn read(side: &Side<'_>, path: &str, object: &Node, into: &mut Reading) -> Result<()> {
    let is_argo = field(object, "apiVersion").is_some_and(|version| version.starts_with("argoproj.io/"));
    match field(object, "kind").as_deref() {
        Some("Application") if is_argo => application(side, path, object, "", into),
        Some("ApplicationSet") if is_argo => super::applicationset::read(side, path, object, into),
        _ => Ok(()),
    }
}

/// Reads the sources of an Application. `generator` says which ApplicationSet it comes from; empty for one that stands in the file.
///
/// # Errors
/// When the tree can't be read.
pub(super) fn application(side: &Side<'_>, path: &str, object: &Node, generator: &str, into: &mut Reading) -> Result<()> {
    let Some(spec) = object.get("spec") else { return Ok(()) };
    let metadata = |key: &str| object.get("metadata").and_then(|metadata| field(metadata, key)).unwrap_or_default();
    let owner = format!("{generator}Application {}/{}", metadata("namespace"), metadata("name"));
    let several = items(spec, "sources");
    let sources: Vec<&Node> = if several.is_empty() { spec.get("source").into_iter().collect() } else { several.iter().collect() };
    let application = Application { side, path, name: metadata("name"), spec, sources: &sources };
    for source in &sources {
        if let Some(claim) = application.claim(source, &owner)? {
            into.claims.push(claim);
        }
    }
    Ok(())
}

struct Application<'a> {
    side: &'a Side<'a>,
    path: &'a str,
    name: String,
    spec: &'a Node,
    sources: &'a [&'a Node],
}

/// The files that a source's relative paths begin in.
enum Home {
    /// A folder of the repository.
    Folder(String),
    /// The chart's package.
    Package,
}

impl Application<'_> {
    fn claim(&self, source: &Node, owner: &str) -> Result<Option<Claim>> {
        let helm = source.get("helm");
        let Some((wanted, chart, home)) = self.chart(source, helm)? else { return Ok(None) };
        let setting = |key: &str| helm.and_then(|helm| field(helm, key)).filter(|text| !text.is_empty());
        let place = ["targetRevision", "chart", "path", "repoURL"].iter().find_map(|key| source.get(key)).unwrap_or(source).at.place();
        let destination = self.spec.get("destination").and_then(|destination| field(destination, "namespace")).unwrap_or_default();
        Ok(Some(Claim {
            tool: Tool::ArgoCd,
            file: self.path.to_owned(),
            owner: owner.to_owned(),
            slot: if self.sources.len() == 1 { String::new() } else { chart.clone() },
            place,
            chart,
            wanted,
            release: setting("releaseName").unwrap_or_else(|| self.name.clone()),
            namespace: setting("namespace").unwrap_or(destination),
            parts: self.parts(helm, &home)?,
            values_key: None,
            switched_off: None,
            kube_version: setting("kubeVersion"),
            api_versions: helm.map(|helm| fields(helm, "apiVersions")).unwrap_or_default(),
            unread: Vec::new(),
        }))
    }

    /// The chart of a source, its name and where its files are; `None` when there is no chart, or only values.
    fn chart(&self, source: &Node, helm: Option<&Node>) -> Result<Option<(Wanted, String, Home)>> {
        let address = field(source, "repoURL").unwrap_or_default();
        let revision = field(source, "targetRevision").unwrap_or_default();
        if let Some(chart) = field(source, "chart").filter(|chart| !chart.is_empty()) {
            let wanted = if address.contains("://") || is_templated(&address) {
                Wanted::named(&address, &chart, if revision.is_empty() { "*" } else { &revision })
            } else {
                Wanted::oci(&format!("{}/{chart}", address.trim_end_matches('/')), &revision)
            };
            return Ok(Some((wanted, file_name(&chart).to_owned(), Home::Package)));
        }
        if let Some(repository) = address.strip_prefix("oci://") {
            return Ok(Some((Wanted::oci(repository.trim_end_matches('/'), &revision), file_name(repository).to_owned(), Home::Package)));
        }
        let Some(path) = field(source, "path") else { return Ok(None) };
        if self.side.is_own(&address) {
            let Some(folder) = resolve("", &path) else { return Ok(None) };
            let Some(name) = self.side.chart_name(&folder)? else { return Ok(None) };
            return Ok(Some((Wanted::Known(Source::Folder(folder.clone())), name, Home::Folder(folder))));
        }
        let may_be_chart = helm.is_some() || ["kustomize", "directory", "plugin"].iter().all(|key| source.get(key).is_none());
        let unknown = Wanted::unknown(
            format!("{address} {path} {revision}"),
            format!("it is in a git repository, at {revision}: charts are fetched from Helm repositories and registries only"),
        );
        Ok(may_be_chart.then(|| (unknown, file_name(path.trim_end_matches('/')).to_owned(), Home::Package)))
    }

    /// The values of a source in Argo CD's order: files, then `valuesObject` or else `values`, then parameters.
    fn parts(&self, helm: Option<&Node>, home: &Home) -> Result<Vec<Part>> {
        let Some(helm) = helm else { return Ok(Vec::new()) };
        let optional = helm.get("ignoreMissingValueFiles").is_some_and(|node| matches!(node.data, Data::Bool(true)));
        let mut parts = Vec::new();
        for file in fields(helm, "valueFiles") {
            self.files(&file, home, optional, &mut parts)?;
        }
        let object = helm.get("valuesObject").filter(|object| !matches!(object.data, Data::Null));
        match (object, helm.get("values").filter(|values| values.as_str().is_some_and(|text| !text.trim().is_empty()))) {
            (Some(object), _) => parts.push(Part::Values(object.clone())),
            (None, Some(values)) => parts.push(Part::Inline(values.clone())),
            (None, None) => {}
        }
        parts.extend(self.parameters(helm));
        for parameter in items(helm, "fileParameters") {
            let (name, file) = (field(parameter, "name").unwrap_or_default(), field(parameter, "path").unwrap_or_default());
            parts.push(match self.located(&file, home) {
                Ok(path) => Part::SetFile(name, path),
                Err(why) => Part::Unread(Unread::new(format!("file {file} for {name}"), why)),
            });
        }
        Ok(parts)
    }

    /// One entry of `valueFiles`: a file, or a pattern of files.
    fn files(&self, written: &str, home: &Home, optional: bool, parts: &mut Vec<Part>) -> Result<()> {
        let path = match self.located(written, home) {
            Ok(path) => path,
            Err(why) => {
                parts.push(Part::Unread(Unread::new(format!("values file {written}"), why)));
                return Ok(());
            }
        };
        if !glob::is_pattern(&path) {
            parts.push(Part::File { path, optional });
            return Ok(());
        }
        let matching: Vec<String> =
            self.side.tree.files(glob::root(&path))?.into_iter().filter(|file| glob::matches(&path, file)).collect();
        if matching.is_empty() && !optional {
            parts.push(Part::Unread(Unread::new(format!("values files {written}"), "no file of the repository matches")));
        }
        parts.extend(matching.into_iter().map(|path| Part::File { path, optional }));
        Ok(())
    }

    /// The path in this tree of a file that a source names, or why it has none.
    fn located(&self, written: &str, home: &Home) -> Result<String, String> {
        let written = self.with_environment(written)?;
        if written.contains("://") {
            return Err("it is behind a URL; nothing but charts is fetched".into());
        }
        let outside = || "it is outside of the repository".to_owned();
        if let Some(rest) = written.strip_prefix('$') {
            let (name, path) = rest.split_once('/').ok_or_else(|| "it names a source, and no file in it".to_owned())?;
            let source = self.sources.iter().find(|source| field(source, "ref").as_deref() == Some(name));
            let source = source.ok_or_else(|| format!("no source has `ref: {name}`"))?;
            let address = field(source, "repoURL").unwrap_or_default();
            if !self.side.is_own(&address) {
                return Err(format!("it is in another repository, {}", crate::fetch::redact::redact_text(&address)));
            }
            return resolve("", path).ok_or_else(outside);
        }
        match home {
            Home::Folder(folder) => resolve(folder, &written).ok_or_else(outside),
            Home::Package => Err("it is a file of the chart's package".into()),
        }
    }

    fn parameters(&self, helm: &Node) -> Vec<Part> {
        let (mut sets, mut texts) = (Vec::new(), Vec::new());
        for parameter in items(helm, "parameters") {
            let (name, value) = (field(parameter, "name").unwrap_or_default(), field(parameter, "value").unwrap_or_default());
            let force = parameter.get("forceString").is_some_and(|node| matches!(node.data, Data::Bool(true)));
            match self.with_environment(&value) {
                Ok(value) if force => texts.push(Part::SetString(format!("{name}={}", escaped(&value)))),
                Ok(value) => sets.push(Part::Set(format!("{name}={}", escaped(&value)))),
                Err(why) => sets.push(Part::Unread(Unread::new(format!("parameter {name}"), why))),
            }
        }
        sets.append(&mut texts);
        sets
    }

    /// A text with what Argo CD's build environment says of an Application filled in.
    fn with_environment(&self, text: &str) -> Result<String, String> {
        if !text.contains("ARGOCD_") {
            return Ok(text.to_owned());
        }
        let destination = self.spec.get("destination").and_then(|destination| field(destination, "namespace")).unwrap_or_default();
        let mut text = text.to_owned();
        for (variable, value) in [("ARGOCD_APP_NAMESPACE", &destination), ("ARGOCD_APP_NAME", &self.name)] {
            text = text.replace(&format!("${{{variable}}}"), value).replace(&format!("${variable}"), value);
        }
        if text.contains("ARGOCD_") { Err(format!("it depends on a variable of Argo CD: {text}")) } else { Ok(text) }
    }
}

/// A parameter's value as Argo CD hands it to `--set`: commas don't end it, unless it is a list in braces.
fn escaped(value: &str) -> String {
    if value.starts_with('{') && value.ends_with('}') {
        return value.to_owned();
    }
    let mut text = String::with_capacity(value.len());
    let mut last = None;
    for c in value.chars() {
        if c == ',' && last != Some('\\') {
            text.push('\\');
        }
        text.push(c);
        last = Some(c);
    }
    text
}
