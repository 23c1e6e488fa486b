//! Which reader reads which file: by its name, or by the words in it, so that a file without any is never parsed.

use memchr::memmem;

use super::claim::Claim;
use super::side::{Side, innermost, is_yaml};
use super::text::{file_name, folder};
use super::{Tool, argocd, dependency, fleet, flux, helmfile, kustomize, marker, terraform};
use crate::error::{Error, Place, Result};

/// What files say.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) claims: Vec<Claim>,
    pub(super) broken: Vec<Broken>,
}

/// A file that can't be read as what it should be.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) tool: Tool,
    pub(super) place: Place,
    /// The file.
    pub(super) file: String,
    pub(super) why: String,
}

/// The file to read for a file that changed: a lock is read with the chart that it locks.
pub(super) fn representative(path: &str) -> String {
    let sibling = |name: &str| if folder(path).is_empty() { name.to_owned() } else { format!("{}/{name}", folder(path)) };
    match file_name(path) {
        "Chart.lock" => sibling("Chart.yaml"),
        "requirements.lock" => sibling("requirements.yaml"),
        _ => path.to_owned(),
    }
}

/// Reads one file.
///
/// # Errors
/// When the tree can't be read.
pub(super) fn read(side: &Side<'_>, path: &str, into: &mut Reading) -> Result<()> {
    match file_name(path) {
        "Chart.yaml" | "requirements.yaml" => dependency::read(side, path, into)?,
        "kustomization.yaml" | "kustomization.yml" | "Kustomization" => kustomize::read(side, path, into)?,
        "fleet.yaml" => fleet::read(side, path, into)?,
        name if name.ends_with(".tf") => terraform::read(side, path, into)?,
        _ if is_helmfile(side, path)? => helmfile::read(side, path, into)?,
        _ if is_yaml(path) => manifests(side, path, into)?,
        _ => {}
    }
    marker::read(side, path, into)
}

/// Whether a file is one of helmfile: by its name, or by its folder or its releases, for those that another includes.
fn is_helmfile(side: &Side<'_>, path: &str) -> Result<bool> {
    let bare = path.strip_suffix(".gotmpl").unwrap_or(path);
    if !is_yaml(bare) {
        return Ok(false);
    }
    if file_name(path).starts_with("helmfile") || file_name(folder(path)) == "helmfile.d" {
        return Ok(true);
    }
    let Some(bytes) = side.bytes(path)? else { return Ok(false) };
    let has = |text: &str| bytes.starts_with(text.trim_start().as_bytes()) || memmem::find(&bytes, text.as_bytes()).is_some();
    Ok(has("\nreleases:") && memmem::find(&bytes, b"chart:").is_some() && memmem::find(&bytes, b"\napiVersion:").is_none())
}

/// Kubernetes objects: those of Argo CD and of Flux.
fn manifests(side: &Side<'_>, path: &str, into: &mut Reading) -> Result<()> {
    let Some(bytes) = side.bytes(path)? else { return Ok(()) };
    let holds = |text: &str| memmem::find(&bytes, text.as_bytes()).is_some();
    let argo = holds("argoproj.io") && holds("Application");
    let flux = holds("toolkit.fluxcd.io") && ["HelmRelease", "HelmChart"].into_iter().any(holds);
    if !argo && !flux {
        return Ok(());
    }
    let Some(documents) = side.documents(path)? else { return Ok(()) };
    match &*documents {
        Ok(documents) => {
            for object in super::side::objects_in(documents) {
                argocd::read(side, path, object, into)?;
                flux::read(side, path, object, into)?;
            }
        }
        Err(error) => into.broken.push(Broken::file(if argo { Tool::ArgoCd } else { Tool::Flux }, path, error)),
    }
    Ok(())
}

impl Broken {
    /// A file that isn't what its name or its words promise.
    pub(super) fn file(tool: Tool, path: &str, error: &Error) -> Self {
        let nowhere = || Place { file: path.to_owned(), line: 0, column: 0 };
        let place = error.place().cloned().unwrap_or_else(nowhere);
        Self { tool, place, file: path.to_owned(), why: innermost(error) }
    }
}
