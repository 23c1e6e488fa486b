//! Documents within a text of an object: YAML and JSON, TOML, and settings line by line (properties, INI, environment files).
//!
//! A text that is none of these, or another kind on each side, is compared by lines, which are counted. Depends on `value`, the tree engine
//! and the line differ.

use std::sync::Arc;
use std::time::Instant;

use similar::DiffOp;

use crate::diff::{ChangeKind, comments, text, tree, values};
use crate::value::{Data, Entry, Mapping, Node, Path, Source, Span, Step, yaml};

/// What such a document may hold.
const LIMITS: yaml::Limits = yaml::Limits { bytes: 4 << 20, depth: 100, nodes: 200_000 };
/// A document with more changes is another document: its lines are counted.
const MOST_CHANGES: usize = 500;

/// How two texts differ.
#[derive(Debug)]
pub(super) enum Inside {
    /// As documents.
    Changes(Vec<Change>),
    /// As lines: so many removed, so many added.
    Lines(usize, usize),
    /// They are single lines, or too long to look into.
    Plain,
    /// The deadline passed.
    TooLate,
}

/// A difference of two documents.
#[derive(Debug)]
pub(super) struct Change {
    /// The way to it within the document.
    pub(super) path: Path,
    /// What happened.
    pub(super) kind: ChangeKind,
    /// The old value.
    pub(super) old: Option<Node>,
    /// The new value.
    pub(super) new: Option<Node>,
    /// The line in the document's text, where it is known.
    pub(super) line: Option<u32>,
}

/// What kind of document a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Yaml,
    Toml,
    Settings,
}

/// Compares two texts that differ; `name` is the key they stand under, often a file's name.
pub(super) fn compare(name: &str, old: &str, new: &str, max_bytes: usize, deadline: Instant) -> Inside {
    let is_document = |text: &str| text.contains('\n') || text.starts_with(['{', '[']);
    if old.len().max(new.len()) > max_bytes || !(is_document(old) || is_document(new)) {
        return Inside::Plain;
    }
    if let (Some((old_format, old)), Some((new_format, new))) = (read(name, old), read(name, new))
        && old_format == new_format
        && old.len() == new.len()
    {
        let found = documents_differ(&old, &new, new_format);
        if (1..=MOST_CHANGES).contains(&found.len()) {
            return Inside::Changes(found);
        }
    }
    count_lines(old, new, deadline)
}

/// The changes of each document; where there are several their paths begin with its position.
fn documents_differ(old: &[Node], new: &[Node], format: Format) -> Vec<Change> {
    let is_alone = new.len() == 1;
    let mut all = Vec::new();
    for (position, (old, new)) in old.iter().zip(new).enumerate() {
        let found = tree::diff(old, new, values::identifying_keys).into_iter().map(|change| owned(change, format));
        let at = Path::root().child(Step::Index(position));
        all.extend(found.map(|change| if is_alone { change } else { Change { path: at.join(&change.path), ..change } }));
    }
    all
}

fn owned(change: tree::Change<'_>, format: Format) -> Change {
    let line = change.new.or(change.old).map(|side| side.at.line);
    Change {
        path: change.path,
        kind: change.kind,
        old: change.old.map(|side| side.node.clone()),
        new: change.new.map(|side| side.node.clone()),
        line: line.filter(|_| format != Format::Toml),
    }
}

fn count_lines(old: &str, new: &str, deadline: Instant) -> Inside {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let Some(ops) = text::line_ops(&old, &new, deadline) else { return Inside::TooLate };
    let changed = ops.iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
    let (removed, added) = changed.fold((0, 0), |(removed, added), op| (removed + op.old_range().len(), added + op.new_range().len()));
    Inside::Lines(removed, added)
}

/// The line on which a text's own first line stands; `None` when it is not written line by line.
pub(super) fn first_line(node: &Node, key: &Span) -> Option<u32> {
    let header = key.source.text.lines().nth((node.at.line as usize).checked_sub(1)?)?;
    // A folded block's lines are not those of the text.
    let is_literal = comments::opens_block(header) && header.contains('|');
    is_literal.then_some(node.at.line + 1)
}

/// The documents of a text. Where a text is both settings and TOML, its name decides; settings know their lines.
fn read(name: &str, text: &str) -> Option<(Format, Vec<Node>)> {
    let source = Arc::new(Source { name: name.to_owned(), text: text.to_owned() });
    if let Some(documents) = read_yaml(&source) {
        return Some((Format::Yaml, documents));
    }
    let toml = || read_toml(&source).map(|node| (Format::Toml, vec![node]));
    let settings = || read_settings(&source).map(|node| (Format::Settings, vec![node]));
    if name.ends_with(".toml") { toml().or_else(settings) } else { settings().or_else(toml) }
}

/// Documents that are mappings or lists.
fn read_yaml(source: &Arc<Source>) -> Option<Vec<Node>> {
    let mut documents = yaml::read_all(source, &LIMITS).ok()?;
    documents.retain(|document| !matches!(document.data, Data::Null));
    let is_document = |node: &Node| matches!(node.data, Data::Map(_) | Data::List(_));
    (!documents.is_empty() && documents.iter().all(is_document)).then_some(documents)
}

fn read_toml(source: &Arc<Source>) -> Option<Node> {
    if source.text.len() > LIMITS.bytes {
        return None;
    }
    let table: toml::Table = toml::from_str(&source.text).ok()?;
    (!table.is_empty()).then(|| of_toml(toml::Value::Table(table), &start(source), LIMITS.depth)).flatten()
}

/// A TOML value at a place; `None` when it is too deep.
fn of_toml(value: toml::Value, at: &Span, depth: usize) -> Option<Node> {
    let below = depth.checked_sub(1)?;
    let data = match value {
        toml::Value::String(text) => Data::Str(text.into()),
        toml::Value::Integer(number) => Data::Int(number),
        toml::Value::Float(number) => Data::Float(number),
        toml::Value::Boolean(truth) => Data::Bool(truth),
        toml::Value::Datetime(time) => Data::Str(time.to_string().into()),
        toml::Value::Array(items) => Data::List(items.into_iter().map(|item| of_toml(item, at, below)).collect::<Option<_>>()?),
        toml::Value::Table(table) => {
            let entries = table.into_iter().map(|(key, value)| Some((key.into(), entry(of_toml(value, at, below)?))));
            Data::Map(entries.collect::<Option<_>>()?)
        }
    };
    Some(Node { data, at: at.clone(), comment: None })
}

/// A section of settings: its name, its place, and what it holds.
type Section = (Arc<str>, Span, Mapping);

/// `key = value` or `key: value` on every line that is no comment, under `[section]`s or none. Nothing when a key is there twice.
fn read_settings(source: &Arc<Source>) -> Option<Node> {
    let mut root = Mapping::default();
    let mut section: Option<Section> = None;
    for (number, line) in (1..).zip(source.text.lines()) {
        let at = Span { source: Arc::clone(source), line: number, column: 1 };
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';', '!']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            close(&mut root, section.replace((name.trim().into(), at, Mapping::default())))?;
            continue;
        }
        let (key, value) = setting(line)?;
        let entry = entry(Node { data: Data::Str(value.into()), at, comment: None });
        let into = section.as_mut().map_or(&mut root, |(_, _, entries)| entries);
        if into.insert(key.into(), entry).is_some() {
            return None;
        }
    }
    close(&mut root, section)?;
    (!root.is_empty()).then(|| Node { at: start(source), data: Data::Map(root), comment: None })
}

/// Puts a section among the others; `None` when its name is there already.
fn close(root: &mut Mapping, section: Option<Section>) -> Option<()> {
    let Some((name, at, entries)) = section else { return Some(()) };
    root.insert(name, entry(Node { data: Data::Map(entries), at, comment: None })).is_none().then_some(())
}

/// Key and value of a line; keys are single words.
fn setting(line: &str) -> Option<(&str, &str)> {
    let at = line.find(['=', ':'])?;
    let key = line[..at].trim();
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '%');
    (!key.is_empty() && key.chars().all(is_word)).then(|| (key, line[at + 1..].trim()))
}

fn entry(value: Node) -> Entry {
    Entry { at: value.at.clone(), comment: None, value }
}

fn start(source: &Arc<Source>) -> Span {
    Span { source: Arc::clone(source), line: 1, column: 1 }
}
