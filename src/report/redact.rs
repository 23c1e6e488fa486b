//! What a report may say of its chart's values: values as JSON without secrets, and texts without the secrets that the same report knows
//! from its values. Depends on `value::secrets`, `value`, `diff` and `classify`.

use std::borrow::Cow;
use std::collections::BTreeSet;

use regex::{NoExpand, Regex, RegexBuilder};
use serde_json::Value;

use super::Report;
use crate::value::secrets::{self, HIDDEN, Judge};
use crate::value::{Data, Node, Path};

/// Shorter secrets are too likely to be parts of words to be replaced in running text.
const SHORTEST: usize = 5;

/// What the search for secrets may cost in memory.
const SEARCH_BYTES: usize = 32 << 20;

/// A value at a path as JSON: in full, with every secret replaced.
pub(crate) fn json(path: &Path, node: &Node) -> Value {
    to_json(node, Judge::at(path))
}

fn to_json(node: &Node, judge: Judge) -> Value {
    if judge.hides() && !secrets::is_harmless(&node.data) {
        return Value::from(HIDDEN);
    }
    match &node.data {
        Data::Null => Value::Null,
        Data::Bool(value) => Value::from(*value),
        Data::Int(value) => Value::from(*value),
        Data::Uint(value) => Value::from(*value),
        Data::Float(value) => Value::from(*value),
        Data::Str(text) => Value::from(secrets::scrub(text)),
        Data::List(items) => items.iter().map(|item| to_json(item, judge.item(item))).collect(),
        Data::Map(map) => {
            let entries = map.iter().map(|(key, entry)| (key.to_string(), to_json(&entry.value, judge.key(key))));
            Value::Object(entries.collect())
        }
    }
}

/// Hides the secrets in what is JSON already.
pub(crate) fn hide(value: &mut Value) {
    hide_below(value, Judge::at(&Path::root()));
}

fn hide_below(value: &mut Value, judge: Judge) {
    match value {
        Value::Object(map) => map.iter_mut().for_each(|(key, value)| hide_below(value, judge.key(key))),
        Value::Array(items) => items.iter_mut().for_each(|item| hide_below(item, judge)),
        Value::String(text) if judge.hides() && !text.is_empty() => *value = Value::from(HIDDEN),
        Value::Number(_) if judge.hides() => *value = Value::from(HIDDEN),
        Value::String(text) => *text = secrets::scrub(text),
        _ => {}
    }
}

/// The secrets among a report's values, to be kept out of its messages and template lines, too.
#[derive(Debug)]
pub(crate) enum Known {
    /// There are none.
    None,
    /// One search finds them all, longest first, so that no secret uncovers the rest of a longer one.
    Some(Regex),
    /// There are too many to search for: running text is not shown at all.
    TooMany,
}

impl Known {
    /// Collects the secrets of a report's changed values and findings.
    pub(crate) fn of(report: &Report) -> Self {
        let mut found = BTreeSet::new();
        let changes = report.comparison.values.changes.iter().map(|change| (&change.path, &change.old, &change.new));
        let places = report.findings.iter().flat_map(|finding| finding.changes.iter().chain(&finding.beside));
        for (path, old, new) in changes.chain(places.map(|place| (&place.path, &place.old, &place.new))) {
            for node in [old, new].into_iter().flatten() {
                collect(node, Judge::at(path), &mut found);
            }
        }
        if found.is_empty() {
            return Self::None;
        }
        let mut secrets: Vec<String> = found.into_iter().collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let pattern = secrets.iter().map(|secret| regex::escape(secret)).collect::<Vec<_>>().join("|");
        RegexBuilder::new(&pattern).size_limit(SEARCH_BYTES).build().map_or(Self::TooMany, Self::Some)
    }

    /// Running text without known secrets and without what looks like one.
    pub(crate) fn text(&self, text: &str) -> String {
        secrets::scrub(&self.replace(text))
    }

    /// A line of a template without known secrets; `lines` remembers what the lines above say.
    pub(crate) fn line(&self, lines: &mut secrets::Lines, line: &str) -> String {
        lines.scrub(&self.replace(line))
    }

    fn replace<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self {
            Self::None => Cow::Borrowed(text),
            Self::Some(search) => search.replace_all(text, NoExpand(HIDDEN)),
            Self::TooMany => Cow::Borrowed(HIDDEN),
        }
    }
}

/// The scalar texts under secret keys.
fn collect(node: &Node, judge: Judge, found: &mut BTreeSet<String>) {
    match &node.data {
        Data::Map(map) => map.iter().for_each(|(key, entry)| collect(&entry.value, judge.key(key), found)),
        Data::List(items) => items.iter().for_each(|item| collect(item, judge.item(item), found)),
        Data::Str(text) if judge.hides() && text.trim().len() >= SHORTEST => {
            found.insert(text.trim().to_owned());
        }
        Data::Int(number) if judge.hides() && number.to_string().len() >= SHORTEST => {
            found.insert(number.to_string());
        }
        _ => {}
    }
}
