//! Rendered files become objects (Helm 3.17 `pkg/releaseutil`): split at separators, hooks told apart, sorted by kind.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bstr::ByteSlice;
use regex::bytes::Regex;

use super::Rendered;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::value::{Data, Node, yaml};

/// One document of a rendered file.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The template it came from, such as `thanos/charts/minio/templates/secret.yaml`.
    pub path: String,
    /// Its kind, or nothing.
    pub kind: String,
    /// The document's text without blank space around it.
    pub text: Vec<u8>,
    /// What the text says.
    pub object: Node,
}

/// A document that Helm runs as a hook.
#[derive(Debug, Clone)]
pub struct Hook {
    /// The document.
    pub manifest: Manifest,
    /// When it runs: `pre-install`, `test` …
    pub events: Vec<String>,
}

/// The order in which Helm installs kinds.
const INSTALL_ORDER: [&str; 36] = [
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
];

const HOOK_ANNOTATION: &str = "helm.sh/hook";
const HOOK_EVENTS: [&str; 9] =
    ["pre-install", "post-install", "pre-delete", "post-delete", "pre-upgrade", "post-upgrade", "pre-rollback", "post-rollback", "test"];

/// Sorts rendered files, by path, into objects, hooks and notes; what Helm would say of hooks it skips is added to `warnings`.
///
/// # Errors
/// [`ErrorKind::Chart`] for a document that Helm can't read.
pub(super) fn sort(files: BTreeMap<String, Vec<u8>>, warnings: &mut Vec<String>) -> Result<Rendered> {
    let mut rendered = Rendered::default();
    for (path, content) in files {
        if path.ends_with("NOTES.txt") {
            rendered.notes.push((path, content));
            continue;
        }
        for text in split(&content) {
            let (object, head) = read(&path, text)?;
            let manifest = Manifest { path: path.clone(), kind: head.kind, text: text.to_vec(), object };
            match head.hook {
                None => rendered.manifests.push(manifest),
                Some(events) => match hook_events(&events) {
                    Some(events) => rendered.hooks.push(Hook { manifest, events }),
                    None => warnings.push(format!("info: skipping unknown hook: {events:?}")),
                },
            }
        }
    }
    rendered.manifests.sort_by(|a, b| kind_rank(&a.kind).cmp(&kind_rank(&b.kind)));
    rendered.hooks.sort_by(|a, b| kind_rank(&a.manifest.kind).cmp(&kind_rank(&b.manifest.kind)));
    Ok(rendered)
}

fn kind_rank(kind: &str) -> (usize, &str) {
    match INSTALL_ORDER.iter().position(|known| *known == kind) {
        Some(rank) => (rank, ""),
        None => (INSTALL_ORDER.len(), kind),
    }
}

/// The documents of a file: three dashes at the beginning of a line separate them, and the blank space around goes with them.
pub(super) fn split(content: &[u8]) -> Vec<&[u8]> {
    #[allow(clippy::expect_used, reason = "the pattern is a constant")]
    static SEPARATOR: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?-u)(?:\A|[\t\n\f\r ]*\n)---[\t\n\f\r ]*").expect("a valid pattern"));
    let trimmed = content.trim();
    SEPARATOR.split(trimmed).filter(|piece| !piece.is_empty()).map(ByteSlice::trim).collect()
}

/// What Helm reads of a document.
struct Head {
    kind: String,
    hook: Option<String>,
}

fn read(path: &str, text: &[u8]) -> Result<(Node, Head)> {
    let limits = yaml::Limits::default();
    let refused = |message: String| Error::new(ErrorKind::Chart, format!("YAML parse error on {path}: {message}"));
    let source = yaml::source(path, text).map_err(|error| {
        let place = error.place().cloned();
        let error = refused(format!("error converting YAML to JSON: yaml: {error}"));
        place.into_iter().fold(error, Error::at)
    })?;
    let object = yaml::read(&source, &limits).map_err(|error| {
        let place = error.place().cloned();
        let error = refused(yaml::helm_error(&source, &limits).unwrap_or_else(|| error.to_string()));
        match place {
            Some(place) => error.at(place),
            None => error,
        }
    })?;
    let head = head(&object).map_err(|problem| {
        let place = Place { file: path.to_owned(), line: object.at.line, column: object.at.column };
        refused(format!("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {problem}")).at(place)
    })?;
    Ok((object, head))
}

/// Go's name for a JSON type.
fn json_type(data: &Data) -> &'static str {
    match data {
        Data::List(_) => "array",
        Data::Map(_) => "object",
        Data::Bool(_) => "bool",
        Data::Str(_) => "string",
        _ => "number",
    }
}

/// The value of a field: the exact name first, then any spelling, as `encoding/json` looks.
fn field<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let map = node.as_map()?;
    let loose = || map.iter().rev().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, entry)| &entry.value);
    node.get(name).or_else(loose)
}

/// A scalar as text, as Go has it for a field that is a string.
fn scalar(node: &Node, name: &str) -> Result<String, String> {
    match &node.data {
        Data::Null => Ok(String::new()),
        Data::Str(text) => Ok(text.to_string()),
        Data::Bool(truth) => Ok(truth.to_string()),
        Data::Int(number) => Ok(number.to_string()),
        Data::Uint(number) => Ok(number.to_string()),
        Data::Float(number) => Ok(number.to_string()),
        other => Err(format!("{} into Go struct field {name} of type string", json_type(other))),
    }
}

fn head(object: &Node) -> Result<Head, String> {
    let mut head = Head { kind: String::new(), hook: None };
    if !matches!(object.data, Data::Map(_) | Data::Null) {
        return Err(format!("{} into Go value of type releaseutil.SimpleHead", json_type(&object.data)));
    }
    if let Some(version) = field(object, "apiVersion") {
        scalar(version, "SimpleHead.apiVersion")?;
    }
    if let Some(kind) = field(object, "kind") {
        head.kind = scalar(kind, "SimpleHead.kind")?;
    }
    let Some(metadata) = field(object, "metadata") else { return Ok(head) };
    if !matches!(metadata.data, Data::Map(_) | Data::Null) {
        let found = json_type(&metadata.data);
        return Err(format!(
            "{found} into Go struct field SimpleHead.metadata of type struct {{ Name string \"json:\\\"name\\\"\"; Annotations \
             map[string]string \"json:\\\"annotations\\\"\" }}"
        ));
    }
    if let Some(name) = field(metadata, "name") {
        scalar(name, ".metadata.name")?;
    }
    let Some(annotations) = field(metadata, "annotations") else { return Ok(head) };
    match &annotations.data {
        Data::Null => {}
        Data::Map(map) => {
            for (key, entry) in map {
                let value = scalar(&entry.value, ".metadata.annotations")?;
                if &**key == HOOK_ANNOTATION {
                    head.hook = Some(value);
                }
            }
        }
        other => return Err(format!("{} into Go struct field .metadata.annotations of type map[string]string", json_type(other))),
    }
    Ok(head)
}

/// The events of a hook; `None` when one is unknown: Helm then leaves the document out.
fn hook_events(annotation: &str) -> Option<Vec<String>> {
    annotation
        .split(',')
        .map(|event| match event.trim().to_lowercase().as_str() {
            "test-success" => Some("test".to_owned()),
            event if HOOK_EVENTS.contains(&event) => Some(event.to_owned()),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{read, sort, split};

    /// What Helm 3.17.3 says of documents that it can't read.
    #[test]
    #[allow(clippy::unwrap_used)]
    fn documents_are_refused_in_helms_words() {
        let decoding = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal";
        let table: [(&[u8], String); 4] = [
            (b"k: \xff\xfe", "error converting YAML to JSON: yaml: invalid leading UTF-8 octet".into()),
            (b"k: \xe9", "error converting YAML to JSON: yaml: incomplete UTF-8 octet sequence".into()),
            (b"metadata: {name: {a: 1}}", format!("{decoding} object into Go struct field .metadata.name of type string")),
            (b"kind: [a]", format!("{decoding} array into Go struct field SimpleHead.kind of type string")),
        ];
        for (text, expected) in table {
            let error = read("c/templates/t.yaml", text).err().unwrap();
            assert_eq!(error.to_string(), format!("YAML parse error on c/templates/t.yaml: {expected}"));
        }
    }

    #[test]
    fn skipped_hooks_are_told_of_even_when_a_later_document_is_refused() {
        let hook = b"metadata: {annotations: {helm.sh/hook: crd-install}}\n---\na: b: c\n".to_vec();
        let mut warnings = Vec::new();
        assert!(sort([("c/templates/t.yaml".to_owned(), hook)].into(), &mut warnings).is_err());
        assert_eq!(warnings, ["info: skipping unknown hook: \"crd-install\""]);
    }

    #[test]
    fn separators_take_the_blank_space_around_them() {
        let table: [(&str, &[&str]); 5] = [
            ("a: 1\n---\nb: 2\n", &["a: 1", "b: 2"]),
            ("---\n---\nkind: X", &["---\nkind: X"]),
            ("---\n---\n---\nkind: X", &["---", "kind: X"]),
            ("# note\n---\na: 1", &["# note", "a: 1"]),
            ("a: |\n  x\n---b: 1", &["a: |\n  x", "b: 1"]),
        ];
        for (text, expected) in table {
            let pieces: Vec<String> = split(text.as_bytes()).into_iter().map(|piece| String::from_utf8_lossy(piece).into_owned()).collect();
            assert_eq!(pieces, expected, "{text:?}");
        }
    }
}
