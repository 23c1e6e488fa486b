//! Rendered files become objects (Helm 3.17 `pkg/releaseutil`, Helm 4 `pkg/release/v1/util`): split at separators, hooks told apart, sorted
//! by kind.

use std::collections::BTreeMap;
use std::sync::Arc;

use bstr::ByteSlice;

use super::documents::{Document, Documents};
use super::notes::Notes;
use super::provenance::{FileLines, Provenance};
use super::{Output, Rendered};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::template::trace::Ledger;
use crate::template::{Profile, Splitting, ValuesPackage, quote};
use crate::value::{Data, Node, yaml};

/// One document of a rendered file.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The template it came from, such as `thanos/charts/minio/templates/secret.yaml`.
    pub path: String,
    /// Its kind, or nothing.
    pub kind: String,
    /// The document's text without blank space in front of it, and, as Helm 3 cuts, behind it.
    pub text: Vec<u8>,
    /// What the text says; nothing after [`Prepared::text_only`](super::Prepared::text_only).
    pub object: Arc<Node>,
    /// Where its lines come from, in a traced render.
    pub provenance: Option<Provenance>,
}

/// A document that Helm runs as a hook.
#[derive(Debug, Clone)]
pub struct Hook {
    /// The document.
    pub manifest: Manifest,
    /// When it runs: `pre-install`, `test` …
    pub events: Vec<String>,
}

/// The order in which Helm installs kinds; the last two have a place in it since Helm 4.
const INSTALL_ORDER: [&str; 38] = [
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
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];
/// How many of [`INSTALL_ORDER`] Helm 3 knows.
const WITHOUT_WEBHOOKS: usize = INSTALL_ORDER.len() - 2;

const HOOK_ANNOTATION: &str = "helm.sh/hook";
const HOOK_EVENTS: [&str; 9] =
    ["pre-install", "post-install", "pre-delete", "post-delete", "pre-upgrade", "post-upgrade", "pre-rollback", "post-rollback", "test"];

/// Sorts rendered files, by path, into objects, hooks and notes; what Helm would say of hooks it skips is added to `notes`.
///
/// # Errors
/// [`ErrorKind::Chart`] for a document that Helm can't read.
pub(super) fn sort(
    files: BTreeMap<String, Output>,
    known: &Documents,
    ledger: Option<&Arc<Ledger>>,
    profile: &Profile,
    notes: &mut Notes<'_>,
) -> Result<Rendered> {
    let mut rendered = Rendered::default();
    for (path, Output { text: content, lines }) in files {
        if path.ends_with("NOTES.txt") {
            rendered.notes.push((path, content));
            continue;
        }
        let lines = ledger.map(|ledger| FileLines { lines: lines.into(), ledger: Arc::clone(ledger) });
        for text in split(&content, profile.splitting) {
            let Document { object, kind, hook } = known.get(&path, text, || read(&path, text, profile))?;
            let manifest = Manifest {
                path: path.clone(),
                kind: kind.to_string(),
                text: text.to_vec(),
                object,
                provenance: lines.as_ref().map(|lines| lines.of(&content, text)),
            };
            match hook {
                None => rendered.manifests.push(manifest),
                Some(events) => match hook_events(&events) {
                    Some(events) => rendered.hooks.push(Hook { manifest, events }),
                    None => {
                        let sentence = || format!("info: skipping unknown hook: {}", quote(events.as_bytes()));
                        notes.info(sentence, "skipping unknown hooks", &[("hookTypes", &events)]);
                    }
                },
            }
        }
    }
    let order = if profile.webhooks_last { &INSTALL_ORDER[..] } else { &INSTALL_ORDER[..WITHOUT_WEBHOOKS] };
    rendered.manifests.sort_by(|a, b| kind_rank(order, &a.kind).cmp(&kind_rank(order, &b.kind)));
    rendered.hooks.sort_by(|a, b| kind_rank(order, &a.manifest.kind).cmp(&kind_rank(order, &b.manifest.kind)));
    Ok(rendered)
}

/// Known kinds in their order, then the others by name.
fn kind_rank<'k>(order: &[&str], kind: &'k str) -> (usize, &'k str) {
    match order.iter().position(|known| *known == kind) {
        Some(rank) => (rank, ""),
        None => (order.len(), kind),
    }
}

/// The documents of a file: three dashes at the beginning of a line separate them.
pub(super) fn split(content: &[u8], splitting: Splitting) -> Vec<&[u8]> {
    match splitting {
        Splitting::TakesBlankSpace => {
            let pieces = between_dashes(content.trim(), b"\t\n\x0c\r ").into_iter();
            pieces.map(|piece| piece.trim_end_with(is_blank)).filter(|piece| !piece.is_empty()).map(ByteSlice::trim).collect()
        }
        Splitting::KeepsLineEnds => {
            let pieces = between_dashes(content.trim_start(), b"\t ").into_iter();
            pieces.map(ByteSlice::trim_start).filter(|piece| !piece.is_empty()).collect()
        }
    }
}

fn is_blank(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\x0c' | '\r' | ' ')
}

/// What stands between three dashes at the beginning of lines; the bytes of `blank` behind dashes are theirs, so that where line ends are
/// blank, dashes in the line below dashes are text.
fn between_dashes<'c>(content: &'c [u8], blank: &[u8]) -> Vec<&'c [u8]> {
    let behind = |rest: &'c [u8]| &rest[rest.iter().take_while(|byte| blank.contains(byte)).count()..];
    let mut rest = content.strip_prefix(b"---").map_or(content, behind);
    let mut pieces = Vec::new();
    while let Some(at) = rest.find(b"\n---") {
        pieces.push(&rest[..=at]);
        rest = behind(&rest[at + b"\n---".len()..]);
    }
    pieces.push(rest);
    pieces
}

/// What Helm reads of a document.
struct Head {
    kind: String,
    hook: Option<String>,
}

fn read(path: &str, text: &[u8], profile: &Profile) -> Result<Document> {
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
    let head = head(&object, profile).map_err(|problem| {
        let place = Place { file: path.to_owned(), line: object.at.line, column: object.at.column };
        refused(format!("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {problem}")).at(place)
    })?;
    Ok(Document { object: Arc::new(object), kind: head.kind.into(), hook: head.hook.map(Into::into) })
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

fn head(object: &Node, profile: &Profile) -> Result<Head, String> {
    let mut head = Head { kind: String::new(), hook: None };
    if !matches!(object.data, Data::Map(_) | Data::Null) {
        let package = if profile.values_package == ValuesPackage::Common { "util" } else { "releaseutil" };
        return Err(format!("{} into Go value of type {package}.SimpleHead", json_type(&object.data)));
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
    // The keys are sorted by then, and the first that is wrong is told.
    if let Some(annotations) = field(metadata, "annotations") {
        head.hook = hook_annotation(annotations)?;
    }
    if let Some(name) = field(metadata, "name") {
        scalar(name, ".metadata.name")?;
    }
    Ok(head)
}

fn hook_annotation(annotations: &Node) -> Result<Option<String>, String> {
    let mut hook = None;
    match &annotations.data {
        Data::Null => {}
        Data::Map(map) => {
            let mut wrong: Option<(&str, String)> = None;
            for (key, entry) in map {
                match scalar(&entry.value, ".metadata.annotations") {
                    Ok(value) if &**key == HOOK_ANNOTATION => hook = Some(value),
                    Ok(_) => {}
                    Err(problem) if wrong.as_ref().is_none_or(|(first, _)| &**key < *first) => wrong = Some((key, problem)),
                    Err(_) => {}
                }
            }
            if let Some((_, problem)) = wrong {
                return Err(problem);
            }
        }
        other => return Err(format!("{} into Go struct field .metadata.annotations of type map[string]string", json_type(other))),
    }
    Ok(hook)
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
#[allow(clippy::unwrap_used)]
mod tests {
    use bstr::ByteSlice;
    use proptest::prelude::*;
    use regex::bytes::Regex;

    use super::{Documents, Notes, Output, Profile, Splitting, read, sort, split};

    type Table<'t> = &'t [(&'t str, &'t [&'t str])];

    fn check(splitting: Splitting, table: Table<'_>) {
        for (text, expected) in table {
            let pieces: Vec<_> = split(text.as_bytes(), splitting).into_iter().map(String::from_utf8_lossy).collect();
            assert_eq!(pieces, *expected, "{text:?}");
        }
    }

    proptest! {
        /// Helm's own expressions.
        #[test]
        fn documents_are_split_as_by_helms_expressions(text in r"(---|[a\-\n\r\t\x0c \u{a0}]){0,12}") {
            let (text, blank, dashes) = (text.as_bytes(), r"(?-u)(?:\A|[\t\n\f\r ]*\n)---[\t\n\f\r ]*", r"(?m-u)^---[\t ]*");
            let (blank, dashes) = (Regex::new(blank).unwrap(), Regex::new(dashes).unwrap());
            let by_blank: Vec<_> = blank.split(text.trim()).filter(|piece| !piece.is_empty()).map(ByteSlice::trim).collect();
            let by_dashes: Vec<_> = dashes.split(text.trim_start()).map(ByteSlice::trim_start).filter(|piece| !piece.is_empty()).collect();
            prop_assert_eq!(split(text, Splitting::TakesBlankSpace), by_blank);
            prop_assert_eq!(split(text, Splitting::KeepsLineEnds), by_dashes);
        }
    }

    /// What Helm 3.17.3 says of documents that it can't read.
    #[test]
    #[allow(clippy::unwrap_used)]
    fn documents_are_refused_in_helms_words() {
        let decoding = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal";
        let annotations = |found: &str| format!("{decoding} {found} into Go struct field .metadata.annotations of type string");
        let table: [(&[u8], String); 6] = [
            (b"k: \xff\xfe", "error converting YAML to JSON: yaml: invalid leading UTF-8 octet".into()),
            (b"k: \xe9", "error converting YAML to JSON: yaml: incomplete UTF-8 octet sequence".into()),
            (b"metadata: {name: {a: 1}}", format!("{decoding} object into Go struct field .metadata.name of type string")),
            (b"metadata: {name: {a: 1}, annotations: {b: [c]}}", annotations("array")),
            (b"metadata: {annotations: {z: {c: 1}, b: [c]}}", annotations("array")),
            (b"kind: [a]", format!("{decoding} array into Go struct field SimpleHead.kind of type string")),
        ];
        for (text, expected) in table {
            let error = read("c/templates/t.yaml", text, &Profile::V3_17).err().unwrap();
            assert_eq!(error.to_string(), format!("YAML parse error on c/templates/t.yaml: {expected}"));
        }
    }

    #[test]
    fn skipped_hooks_are_told_of_even_when_a_later_document_is_refused() {
        let text = b"metadata: {annotations: {helm.sh/hook: crd-install}}\n---\na: b: c\n".to_vec();
        let files = [("c/templates/t.yaml".to_owned(), Output { text, lines: Vec::new() })];
        let mut warnings = Vec::new();
        let mut notes = Notes::new(&mut warnings, &Profile::V3_17);
        assert!(sort(files.into(), &Documents::default(), None, &Profile::V3_17, &mut notes).is_err());
        assert_eq!(warnings, ["info: skipping unknown hook: \"crd-install\""]);
    }

    #[test]
    fn separators_take_the_blank_space_around_them() {
        let table: Table<'_> = &[
            ("a: 1\n---\nb: 2\n", &["a: 1", "b: 2"]),
            ("---\n---\nkind: X", &["---\nkind: X"]),
            ("---\n---\n---\nkind: X", &["---", "kind: X"]),
            ("# note\n---\na: 1", &["# note", "a: 1"]),
            ("a: |\n  x\n---b: 1", &["a: |\n  x", "b: 1"]),
        ];
        check(Splitting::TakesBlankSpace, table);
    }

    #[test]
    fn documents_keep_their_ends() {
        let table: Table<'_> = &[
            ("a: 1\n---\nb: 2\n", &["a: 1\n", "b: 2\n"]),
            ("\n ---\n---\nkind: X", &["kind: X"]),
            ("a: |\n  x\n\n\n---  \n  b: 1\n\n", &["a: |\n  x\n\n\n", "b: 1\n\n"]),
            ("a: 1\n---b: 1", &["a: 1\n", "b: 1"]),
        ];
        check(Splitting::KeepsLineEnds, table);
    }
}
