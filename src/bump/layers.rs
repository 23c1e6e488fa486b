//! A release's values: the parts that a claim names, looked up in the new tree.

use std::sync::Arc;

use data_encoding::BASE64;

use super::claim::{Claim, ObjectKey, Part};
use super::side::{Side, innermost};
use super::text::{field, says};
use super::{Layer, Unread};
use crate::error::Result;
use crate::fetch::tree::Outside;
use crate::value::{Data, Entry, Node, yaml};

/// What was found of a release's values.
#[derive(Debug, Default)]
pub(super) struct Layers {
    pub(super) values: Vec<Layer>,
    pub(super) files: Vec<String>,
    pub(super) unread: Vec<Unread>,
}

/// Looks up all parts of a claim's values.
///
/// # Errors
/// When the tree can't be read.
pub(super) fn resolve(side: &Side<'_>, claim: &Claim) -> Result<Layers> {
    let mut layers = Layers::default();
    for part in &claim.parts {
        layers.add(side, part)?;
    }
    if let Some(key) = &claim.values_key {
        layers.values = layers.values.into_iter().flat_map(|layer| below(layer, key)).collect();
    }
    Ok(layers)
}

impl Layers {
    fn add(&mut self, side: &Side<'_>, part: &Part) -> Result<()> {
        match part {
            Part::Values(node) => self.values.push(Layer::Values(node.clone())),
            Part::Inline(node) => match inner(node.as_str().unwrap_or_default(), node) {
                Ok(values) => self.values.push(Layer::Values(values)),
                Err(why) => self.miss(format!("values at {}", node.at.place()), why),
            },
            Part::Set(text) => self.values.push(Layer::Set(text.clone())),
            Part::SetString(text) => self.values.push(Layer::SetString(text.clone())),
            Part::SetFile(key, path) => self.set_file(side, key, path)?,
            Part::File { path, optional } => self.file(side, path, *optional)?,
            Part::Object(key) => self.object(side, key)?,
            Part::Unread(unread) => self.unread.push(unread.clone()),
        }
        Ok(())
    }

    fn miss(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.unread.push(Unread::new(what, why));
    }

    fn file(&mut self, side: &Side<'_>, path: &str, optional: bool) -> Result<()> {
        match side.document(path) {
            Ok(Some(node)) => {
                self.files.push(path.to_owned());
                if is_encrypted(&node) {
                    self.miss(format!("values file {path}"), "it is encrypted with sops");
                }
                self.values.push(Layer::Values(node));
            }
            Ok(None) => match missing(side, path)? {
                Some(why) => self.miss(format!("values file {path}"), why),
                None if optional => {}
                None => self.miss(format!("values file {path}"), "it is not in the repository"),
            },
            Err(error) => self.miss(format!("values file {path}"), innermost(&error)),
        }
        Ok(())
    }

    fn set_file(&mut self, side: &Side<'_>, key: &str, path: &str) -> Result<()> {
        match side.bytes(path)? {
            Some(bytes) => self.values.push(Layer::SetFile(key.to_owned(), path.to_owned(), String::from_utf8_lossy(&bytes).into_owned())),
            None => self.miss(format!("file {path} for {key}"), missing(side, path)?.unwrap_or("it is not in the repository")),
        }
        Ok(())
    }

    fn object(&mut self, side: &Side<'_>, wanted: &ObjectKey) -> Result<()> {
        let ObjectKey { kind, namespace, name, key, target, optional } = wanted;
        let what = if namespace.is_empty() { format!("valuesFrom {kind} {name}") } else { format!("valuesFrom {kind} {namespace}/{name}") };
        let Some(object) = object(side, wanted)? else {
            if !optional {
                self.miss(what, "it is not in the repository");
            }
            return Ok(());
        };
        if is_encrypted(&object) {
            self.miss(what, "it is encrypted with sops");
            return Ok(());
        }
        let Some((text, at)) = text_of(&object, key) else {
            if !optional {
                self.miss(what, format!("it has no readable text under {key}"));
            }
            return Ok(());
        };
        match target {
            Some(target) => self.values.push(targeted(target, &text)),
            None => match inner(&text, &at) {
                Ok(node) => self.values.push(Layer::Values(node)),
                Err(why) => self.miss(format!("{what}, key {key}"), why),
            },
        }
        Ok(())
    }
}

/// Why a path that has no file can't be read, when the tree has something else there.
fn missing(side: &Side<'_>, path: &str) -> Result<Option<&'static str>> {
    Ok(side.tree.outside(path)?.map(|outside| match outside {
        Outside::Link => "it is a symbolic link, which is not followed",
        Outside::Submodule => "it is in a submodule, which is not read",
    }))
}

/// Whether sops wrote the file.
fn is_encrypted(node: &Node) -> bool {
    node.get("sops").is_some_and(|sops| sops.get("mac").is_some())
}

/// The ConfigMap or Secret of that name and namespace. One without a namespace may be of any: a kustomization gives it.
fn object(side: &Side<'_>, wanted: &ObjectKey) -> Result<Option<Node>> {
    let objects = side.objects(&wanted.kind, &wanted.name)?;
    let named = || objects.iter().map(|(_, object)| object);
    let namespace = |object: &Node| object.get("metadata").and_then(|meta| field(meta, "namespace")).unwrap_or_default();
    let exact = named().find(|object| namespace(object) == wanted.namespace);
    let open = || named().find(|object| namespace(object).is_empty() || wanted.namespace.is_empty());
    Ok(exact.or_else(open).cloned())
}

/// A key's text, and the node it stands at. `stringData` wins over `data`, as for the API server.
fn text_of(object: &Node, key: &str) -> Option<(String, Node)> {
    if let Some(node) = object.get_path(["stringData", key]) {
        return Some((node.as_str()?.to_owned(), node.clone()));
    }
    let node = object.get_path(["data", key])?;
    let text = node.as_str()?;
    if !says(object, "kind", "Secret") {
        return Some((text.to_owned(), node.clone()));
    }
    let packed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = BASE64.decode(packed.as_bytes()).ok()?;
    Some((String::from_utf8(bytes).ok()?, node.clone()))
}

/// A value at a path, as Flux reads it: quoted it stays text.
fn targeted(target: &str, text: &str) -> Layer {
    let quoted = |quote: char| text.len() > 1 && text.starts_with(quote) && text.ends_with(quote);
    if quoted('\'') || quoted('"') {
        return Layer::SetString(format!("{target}={}", text.trim_matches(['\'', '"'])));
    }
    Layer::Set(format!("{target}={text}"))
}

/// YAML inside of a YAML text, in lines that are those of the file: what a `|` holds begins in the line behind it.
pub(super) fn inner(text: &str, at: &Node) -> Result<Node, String> {
    let at = &at.at;
    let written = at.source.text.split('\n').nth(at.line as usize - 1).unwrap_or_default();
    let from_here: String = written.chars().skip(at.column as usize - 1).collect();
    let lines = at.line - u32::from(!from_here.contains('|'));
    let source = yaml::source(at.source.name.clone(), format!("{}{text}", "\n".repeat(lines as usize)).as_bytes());
    let source = source.map_err(|error| innermost(&error))?;
    yaml::read(&source, &super::side::LIMITS).map_err(|error| innermost(&error))
}

/// What of a parent's layer reaches a subchart: what stands under its key, and over it what is global.
fn below(layer: Layer, key: &str) -> Vec<Layer> {
    let strip = |text: &str| {
        let own = text.strip_prefix(key).and_then(|rest| rest.strip_prefix('.')).map(str::to_owned);
        own.or_else(|| text.starts_with("global.").then(|| text.to_owned()))
    };
    match layer {
        Layer::Values(node) => {
            let own = node.get(key).filter(|own| own.as_map().is_some()).cloned();
            own.into_iter().chain(only(&node, "global")).map(Layer::Values).collect()
        }
        Layer::Set(text) => strip(&text).map(Layer::Set).into_iter().collect(),
        Layer::SetString(text) => strip(&text).map(Layer::SetString).into_iter().collect(),
        Layer::SetJson(text) => strip(&text).map(Layer::SetJson).into_iter().collect(),
        Layer::SetFile(path, file, content) => strip(&path).map(|path| Layer::SetFile(path, file, content)).into_iter().collect(),
    }
}

/// A mapping of one key.
fn only(node: &Node, key: &str) -> Option<Node> {
    let entry: &Entry = node.as_map()?.get(key)?;
    let map = std::iter::once((Arc::from(key), entry.clone())).collect();
    Some(Node { data: Data::Map(map), at: entry.at.clone(), comment: None })
}
