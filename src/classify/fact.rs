//! What rules look at: everything that differs, as one flat list. Depends on `diff`, `chart` and `value`.
//!
//! A mapping that came or went with all its content is there as a whole and, below it, key by key, so that a rule for
//! `**.serviceAccount.create` also sees the one inside a new `write:` block. Lines of templates that only moved, within a file or to
//! another one, and comments are left out.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Subject;
use super::glob::{file_names, path_names};
use super::rule::On;
use crate::chart::Chart;
use crate::diff::{ChangeKind, Comparison, DiffLine, FileChange, ImageChange, ValueChange};
use crate::value::{Data, Node, Path, Source, Span, Step};

/// How many facts are made of changed mappings; a values file has thousands of lines at most.
const EXPANDED_FACTS: usize = 200_000;
/// The end of the names of templates that render to advice, not to objects (Helm 3.17 `pkg/engine`).
const NOTES: &str = "NOTES.txt";
/// How many changed lines of one template a place shows.
const SHOWN_LINES: usize = 4;

/// One thing that differs.
#[derive(Debug, Clone)]
pub(super) struct Fact<'a> {
    pub(super) on: On,
    /// The values path, Chart.yaml's path, or a file's path as a single key.
    pub(super) path: Path,
    /// The path, or the file's, as patterns read it.
    pub(super) names: Vec<String>,
    pub(super) kind: ChangeKind,
    pub(super) old: Option<Cow<'a, Node>>,
    pub(super) new: Option<Cow<'a, Node>>,
    pub(super) file: Arc<str>,
    pub(super) old_line: Option<u32>,
    pub(super) new_line: Option<u32>,
    pub(super) description: Option<Arc<str>>,
    /// The added or removed mapping that this came with.
    pub(super) block: Option<Path>,
    /// The changed lines of a file, trimmed.
    pub(super) removed: Vec<&'a DiffLine>,
    /// As `removed`.
    pub(super) added: Vec<&'a DiffLine>,
    /// The text of both, line by line.
    pub(super) changed: String,
    /// Those of `added` that call another template.
    pub(super) included: Vec<&'a DiffLine>,
    /// Whether only the lock or the packed chart of a dependency moved.
    pub(super) lock_only: bool,
}

/// All facts of a comparison, in its order.
pub(super) fn facts<'a>(subject: &Subject<'a>) -> Vec<Fact<'a>> {
    let comparison = subject.comparison;
    let mut facts = Vec::new();
    for change in &comparison.values.changes {
        value_facts(change, block_of(subject, change), &mut facts);
    }
    file_facts(On::Template, &comparison.templates, &mut facts);
    file_facts(On::Crd, &comparison.crds, &mut facts);
    facts.extend(metadata_facts(comparison));
    facts.extend(dependency_facts(comparison));
    facts.extend(comparison.images.iter().map(|image| image_fact(image, comparison)));
    facts
}

/// An image stands where the first of its settings that differ stands; without one (the tag follows appVersion) in the chart's own file.
fn image_fact<'a>(image: &'a ImageChange, comparison: &Comparison) -> Fact<'a> {
    let setting = comparison.values.changes.iter().find(|change| change.path.steps().starts_with(image.path.steps()));
    let file = setting.map_or("values.yaml", |setting| &setting.file);
    let (old, new) = (text_node(image.old.as_deref(), file), text_node(image.new.as_deref(), file));
    Fact {
        old_line: setting.and_then(|setting| setting.old_line),
        new_line: setting.and_then(|setting| setting.new_line),
        ..bare(On::Image, image.path.clone(), both_sides(old.is_some(), new.is_some()), old, new, file)
    }
}

/// The outermost mapping around a change that only one side has.
fn block_of(subject: &Subject<'_>, change: &ValueChange) -> Option<Path> {
    let other = match change.kind {
        ChangeKind::Added => subject.old,
        ChangeKind::Removed => subject.new,
        ChangeKind::Modified | ChangeKind::Reordered => return None,
    };
    let steps = change.path.steps();
    let depth = (1..steps.len()).find(|depth| default_at(other, &steps[..*depth]).is_none_or(|node| node.as_map().is_none()))?;
    Some(steps[..depth].iter().fold(Path::root(), |path, step| path.child(step.clone())))
}

/// The default at a path: the root's own values first, then those of the subchart that the path leads into.
pub(super) fn default_at<'c>(chart: &'c Chart, steps: &[Step]) -> Option<&'c Node> {
    let keys: Option<Vec<&str>> = steps.iter().map(|step| if let Step::Key(key) = step { Some(&**key) } else { None }).collect();
    default_of(chart, &keys?)
}

fn default_of<'c>(chart: &'c Chart, keys: &[&str]) -> Option<&'c Node> {
    if let Some(node) = chart.values.as_ref().and_then(|values| values.get_path(keys.iter().copied())) {
        return Some(node);
    }
    let (mount, rest) = keys.split_first()?;
    let declared = chart.metadata.dependencies.iter().find(|dependency| dependency.alias.as_deref() == Some(mount));
    let name = declared.map_or(*mount, |dependency| dependency.name.as_str());
    default_of(chart.subcharts.iter().find(|subchart| subchart.metadata.name == name)?, rest)
}

fn value_facts<'a>(change: &'a ValueChange, block: Option<Path>, facts: &mut Vec<Fact<'a>>) {
    let fact = Fact {
        block: block.clone(),
        file: change.file.as_str().into(),
        old_line: change.old_line,
        new_line: change.new_line,
        description: change.description.clone(),
        ..bare(On::Value, change.path.clone(), change.kind, borrow(&change.old), borrow(&change.new), "")
    };
    let file = Arc::clone(&fact.file);
    facts.push(fact);
    if let (Some(old), Some(new)) = (&change.old, &change.new)
        && let (Some(old), Some(new)) = (old.as_list(), new.as_list())
        && !old.is_empty()
        && !new.is_empty()
    {
        // What both lists have in common is not known here.
        return;
    }
    for (node, kind) in [(&change.old, ChangeKind::Removed), (&change.new, ChangeKind::Added)] {
        if let Some(node) = node {
            expand(node, &change.path, kind, block.as_ref().unwrap_or(&change.path), &file, facts);
        }
    }
}

/// Adds what is inside a mapping or list, itself left out.
fn expand<'a>(node: &'a Node, path: &Path, kind: ChangeKind, block: &Path, file: &Arc<str>, facts: &mut Vec<Fact<'a>>) {
    let mut add = |step: Step, value: &'a Node, line: u32, comment: Option<&Arc<str>>| {
        if facts.len() >= EXPANDED_FACTS {
            return;
        }
        let path = path.child(step);
        let (old, new) = if kind == ChangeKind::Removed { (Some(Cow::Borrowed(value)), None) } else { (None, Some(Cow::Borrowed(value))) };
        facts.push(Fact {
            old_line: old.is_some().then_some(line),
            new_line: new.is_some().then_some(line),
            file: Arc::clone(file),
            description: comment.cloned(),
            block: Some(block.clone()),
            ..bare(On::Value, path.clone(), kind, old, new, "")
        });
        expand(value, &path, kind, block, file, facts);
    };
    match &node.data {
        Data::Map(map) => map.iter().for_each(|(key, entry)| {
            add(Step::Key(Arc::clone(key)), &entry.value, entry.at.line, entry.comment.as_ref());
        }),
        Data::List(items) => items.iter().enumerate().for_each(|(index, item)| {
            let step = match item.get("name").and_then(Node::as_str) {
                Some(name) => Step::Item { key: "name".into(), value: name.into() },
                None => Step::Index(index),
            };
            add(step, item, item.at.line, item.comment.as_ref());
        }),
        _ => {}
    }
}

fn file_facts<'a>(on: On, files: &'a [FileChange], facts: &mut Vec<Fact<'a>>) {
    let moved = moved_lines(files);
    for file in files.iter().filter(|file| !file.path.ends_with(NOTES)) {
        let lines = |kind: ChangeKind| -> Vec<&'a DiffLine> {
            changed_lines(file).filter(|line| line.kind == Some(kind) && speaks(line) && !moved.contains(&*said(&line.text))).collect()
        };
        let (removed, added) = (lines(ChangeKind::Removed), lines(ChangeKind::Added));
        let included = added.iter().copied().filter(|line| ["include \"", "template \""].iter().any(|call| line.text.contains(call)));
        let included = included.collect();
        let changed = removed.iter().chain(&added).flat_map(|line| [line.text.trim(), "\n"]).collect();
        facts.push(Fact {
            removed,
            added,
            changed,
            included,
            ..bare(on, Path::keys([file.path.as_str()]), file.kind, None, None, &file.path)
        });
    }
}

fn changed_lines(file: &FileChange) -> impl Iterator<Item = &DiffLine> {
    file.hunks.iter().flat_map(|hunk| &hunk.lines).filter(|line| line.kind.is_some())
}

/// What the lines say that left one place and turned up in another as often.
fn moved_lines(files: &[FileChange]) -> HashSet<String> {
    let mut balance: HashMap<String, i64> = HashMap::new();
    for line in files.iter().flat_map(changed_lines) {
        *balance.entry(said(&line.text)).or_default() += if line.kind == Some(ChangeKind::Added) { 1 } else { -1 };
    }
    balance.retain(|_, balance| *balance == 0);
    balance.into_keys().collect()
}

/// A template's line without what does not count: white space, trim markers, and whether a template is called or included.
fn said(line: &str) -> String {
    let dense: String = line.chars().filter(|c| !c.is_whitespace()).collect();
    dense.replace("{{-", "{{").replace("-}}", "}}").replace("{{template\"", "{{include\"")
}

/// Whether a template's line is more than a comment.
fn speaks(line: &DiffLine) -> bool {
    let text = line.text.trim();
    let comment = text.starts_with('#') || ["{{/*", "{{- /*"].iter().any(|lead| text.starts_with(lead));
    !text.is_empty() && !comment
}

fn metadata_facts(comparison: &Comparison) -> impl Iterator<Item = Fact<'_>> {
    comparison.metadata.iter().map(|change| {
        let line = |node: &Option<Node>| node.as_ref().map(|node| node.at.line).filter(|line| *line > 0);
        Fact {
            old_line: line(&change.old),
            new_line: line(&change.new),
            ..bare(On::Metadata, change.path.clone(), change.kind, borrow(&change.old), borrow(&change.new), "Chart.yaml")
        }
    })
}

fn dependency_facts(comparison: &Comparison) -> impl Iterator<Item = Fact<'_>> {
    comparison.dependencies.iter().map(|change| {
        let file = if change.lock_only { "Chart.lock" } else { "Chart.yaml" };
        let (old, new) = (text_node(change.old_version.as_deref(), file), text_node(change.new_version.as_deref(), file));
        Fact { lock_only: change.lock_only, ..bare(On::Dependency, change.path.clone(), change.kind, old, new, file) }
    })
}

fn borrow(node: &Option<Node>) -> Option<Cow<'_, Node>> {
    node.as_ref().map(Cow::Borrowed)
}

fn bare<'a>(on: On, path: Path, kind: ChangeKind, old: Option<Cow<'a, Node>>, new: Option<Cow<'a, Node>>, file: &str) -> Fact<'a> {
    let names = if matches!(on, On::Template | On::Crd) { file_names(file) } else { path_names(&path) };
    Fact {
        on,
        path,
        names,
        kind,
        old,
        new,
        file: file.into(),
        old_line: None,
        new_line: None,
        description: None,
        block: None,
        removed: Vec::new(),
        added: Vec::new(),
        changed: String::new(),
        included: Vec::new(),
        lock_only: false,
    }
}

fn both_sides(old: bool, new: bool) -> ChangeKind {
    match (old, new) {
        (false, _) => ChangeKind::Added,
        (true, false) => ChangeKind::Removed,
        (true, true) => ChangeKind::Modified,
    }
}

/// A text as a value that stands nowhere.
fn text_node<'a>(text: Option<&str>, file: &str) -> Option<Cow<'a, Node>> {
    text.map(|text| Cow::Owned(free_node(Data::Str(text.into()), file)))
}

/// A value that stands at no line of a file.
pub(super) fn free_node(data: Data, file: &str) -> Node {
    let source = Arc::new(Source { name: file.to_owned(), text: String::new() });
    Node { data, at: Span { source, line: 0, column: 0 }, comment: None }
}

/// The first few lines, as one text.
pub(super) fn shown(lines: &[&DiffLine], file: &str) -> Option<Node> {
    let text: Vec<&str> = lines.iter().take(SHOWN_LINES).map(|line| line.text.trim()).collect();
    (!text.is_empty()).then(|| free_node(Data::Str(text.join("\n").into()), file))
}
