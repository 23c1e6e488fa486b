//! What a changed CRD means for the objects of its kind, in words: versions that came or went, and what is refused from now on.
//!
//! The schema of each version (`spec.versions[].schema.openAPIV3Schema`, apiextensions.k8s.io/v1) is compared like a values schema; what
//! only widens it is counted. Depends on `chart`, `value` and the schema comparison.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::{ChangeKind, CrdChange, FileChange, Missing, schema};
use crate::chart::{Chart, File};
use crate::value::{Node, Path, Source, yaml};

/// The largest CRD file that is read, in bytes.
const MAX_BYTES: usize = 5 << 20;
/// How many narrowed fields of one version are told one by one.
const TOLD: usize = 50;

/// What the changed CRD files mean; a file that can't be read goes to `missing`.
pub(super) fn compare(files: &[FileChange], old: &Chart, new: &Chart, missing: &mut Vec<Missing>) -> Vec<CrdChange> {
    let (old_files, new_files): (IndexMap<_, _>, IndexMap<_, _>) = (old.crds().into_iter().collect(), new.crds().into_iter().collect());
    let mut changes = Vec::new();
    for change in files.iter().filter(|change| change.kind == ChangeKind::Modified) {
        let definitions =
            |files: &IndexMap<String, &File>| files.get(&change.path).map_or(Ok(Definitions::new()), |file| read(&change.path, file));
        match (definitions(&old_files), definitions(&new_files)) {
            (Ok(old), Ok(new)) => compare_file(&change.path, &old, &new, &mut changes),
            (Err(reason), _) | (_, Err(reason)) => missing.push(Missing { part: change.path.clone(), reason }),
        }
    }
    changes
}

/// The CRDs of a file by name.
type Definitions = IndexMap<Arc<str>, Node>;

fn read(path: &str, file: &File) -> Result<Definitions, String> {
    let text = std::str::from_utf8(&file.bytes).map_err(|_| "not UTF-8".to_owned())?;
    let source = Arc::new(Source { name: path.to_owned(), text: text.to_owned() });
    let limits = yaml::Limits { bytes: MAX_BYTES, ..yaml::Limits::default() };
    let documents = yaml::read_all(&source, &limits).map_err(|error| error.to_string())?;
    let named = documents.into_iter().filter_map(|document| Some((document.get_path(["metadata", "name"])?.as_str()?.into(), document)));
    Ok(named.collect())
}

fn compare_file(file: &str, old: &Definitions, new: &Definitions, changes: &mut Vec<CrdChange>) {
    let mut say = |name: &str, text: String, breaking| {
        changes.push(CrdChange { file: file.to_owned(), name: name.to_owned(), text, breaking });
    };
    for (name, new) in new {
        match old.get(name) {
            Some(old) => compare_definition(old, new, &mut |text, breaking| say(name, text, breaking)),
            None => say(name, "is new in this file".to_owned(), false),
        }
    }
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        say(name, "is gone from this file".to_owned(), true);
    }
}

/// What the change of one CRD means: each time in words, and whether objects that were accepted may now be refused.
pub(super) fn compare_definition(old: &Node, new: &Node, say: &mut dyn FnMut(String, bool)) {
    let (old, new) = (versions(old), versions(new));
    for (name, version) in &new {
        match old.get(name) {
            None => say(format!("version {name} is new"), false),
            Some(old) => compare_version(name, old, version, say),
        }
    }
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        say(format!("version {name} is gone"), true);
    }
}

fn versions(definition: &Node) -> IndexMap<&str, &Node> {
    let list = definition.get_path(["spec", "versions"]).and_then(Node::as_list).unwrap_or_default();
    list.iter().filter_map(|version| Some((version.get("name")?.as_str()?, version))).collect()
}

fn compare_version(name: &str, old: &Node, new: &Node, say: &mut dyn FnMut(String, bool)) {
    let flag = |version: &Node, key| version.get(key).is_some_and(|value| matches!(value.data, crate::value::Data::Bool(true)));
    match (flag(old, "served"), flag(new, "served")) {
        (true, false) => say(format!("version {name} is no longer served"), true),
        (false, true) => say(format!("version {name} is now served"), false),
        _ => {}
    }
    if !flag(old, "storage") && flag(new, "storage") {
        say(format!("objects are now stored as {name}"), false);
    }
    match schema::changes_between(&json(old), &json(new), &Path::root()) {
        Err(reason) => say(format!("the schema of {name} was not compared: {reason}"), true),
        Ok(changes) => {
            let (narrowed, widened): (Vec<_>, Vec<_>) = changes.into_iter().partition(|change| change.stricter);
            for change in narrowed.iter().take(TOLD) {
                say(format!("{name}: {} {}", change.path, change.text), true);
            }
            if narrowed.len() > TOLD {
                say(format!("{name}: {} more fields are narrower", narrowed.len() - TOLD), true);
            }
            if !widened.is_empty() {
                say(format!("{name}: fields that are new or wider: {}", widened.len()), false);
            }
        }
    }
}

fn json(version: &Node) -> Value {
    let schema = version.get_path(["schema", "openAPIV3Schema"]);
    schema.and_then(|schema| serde_json::to_value(schema).ok()).unwrap_or(Value::Null)
}
