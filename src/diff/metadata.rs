//! Chart.yaml's fields that differ, and what the new version announces about itself.
//!
//! The annotation `artifacthub.io/changes` comes in two forms, a list of texts and a list of mappings with `kind` and `description`
//! (<https://artifacthub.io/docs/topics/annotations/helm/>). Depends on `chart`, `value` and the tree engine.

use std::sync::Arc;

use super::tree::{self, Key};
use super::{Announced, FieldChange};
use crate::chart::Chart;
use crate::value::{Node, Path, Source, Step, yaml};

const CHANGES: &str = "artifacthub.io/changes";
/// A change log in an annotation is a page or two.
const CHANGES_LIMITS: yaml::Limits = yaml::Limits { bytes: 1 << 20, depth: 20, nodes: 20_000 };

/// The fields that differ, without those that are told elsewhere: the version, the dependencies and the announced changes.
pub(super) fn fields(old: &Chart, new: &Chart) -> Vec<FieldChange> {
    let changes = tree::diff(&old.metadata.node, &new.metadata.node, identifying_keys);
    let told_here = changes.into_iter().filter(|change| !is_told_elsewhere(&change.path));
    told_here
        .map(|change| FieldChange {
            path: change.path,
            kind: change.kind,
            old: change.old.map(|side| side.node.clone()),
            new: change.new.map(|side| side.node.clone()),
        })
        .collect()
}

fn identifying_keys(_: &[Step]) -> &'static [Key] {
    &[Key::Field("name")]
}

fn is_told_elsewhere(path: &Path) -> bool {
    let keys = path.steps().iter().map(|step| if let Step::Key(key) = step { &**key } else { "" });
    let keys: Vec<&str> = keys.collect();
    matches!(keys[..], ["version", ..] | ["dependencies", ..] | ["annotations", CHANGES])
}

/// The entries of `artifacthub.io/changes`. Text that isn't a YAML list is one entry as it stands.
pub(super) fn announced(chart: &Chart) -> Vec<Announced> {
    let Some((_, text)) = chart.metadata.annotations.iter().find(|(key, _)| key == CHANGES) else { return Vec::new() };
    let source = Arc::new(Source { name: format!("annotation {CHANGES}"), text: text.clone() });
    match yaml::read(&source, &CHANGES_LIMITS) {
        Ok(node) if node.as_list().is_some() => node.as_list().unwrap_or_default().iter().filter_map(entry).collect(),
        _ if text.trim().is_empty() => Vec::new(),
        _ => vec![Announced { kind: String::new(), text: text.trim().to_owned() }],
    }
}

fn entry(item: &Node) -> Option<Announced> {
    let field = |key| item.get(key).and_then(Node::as_str).map(str::trim).unwrap_or_default().to_owned();
    let announced = match item.as_str() {
        Some(text) => Announced { kind: String::new(), text: text.trim().to_owned() },
        None => Announced { kind: field("kind"), text: field("description") },
    };
    Some(announced).filter(|announced| !announced.text.is_empty())
}
