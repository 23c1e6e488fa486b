//! Sentences of rules with places to fill in: `{path}: {old} → {new}`. Depends on `value` and `error`.
//!
//! What is filled in is chart text as it came; whoever prints it makes it safe. Values under keys that look like secrets are not filled in.

use serde_json::Value as Json;

use crate::error::{Error, ErrorKind, Result};
use crate::value::{Data, Node, Path, secrets};

/// How many characters of a value a sentence shows.
const VALUE_CHARS: usize = 80;
/// How many characters it shows of what a record says in words.
const SENTENCE_CHARS: usize = 320;
/// How many paths a sentence names before it counts the rest.
const NAMED_PATHS: usize = 3;

/// A sentence with places to fill in.
#[derive(Debug, Clone)]
pub(super) struct Message(Vec<Part>);

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    Fill(Placeholder),
    /// A field of the old or the new record, by its keys.
    Side(Side, Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Old,
    New,
}

/// What can be filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Placeholder {
    Path,
    Paths,
    Changes,
    Parent,
    Old,
    New,
    Count,
    Places,
    File,
    Near,
    Noted,
    Beside,
    Unread,
    Chart,
    What,
    Workloads,
    Fields,
}

/// Every placeholder: its name in a sentence, what it becomes.
const PLACEHOLDERS: [(&str, Placeholder); 17] = [
    ("path", Placeholder::Path),
    ("paths", Placeholder::Paths),
    ("changes", Placeholder::Changes),
    ("parent", Placeholder::Parent),
    ("old", Placeholder::Old),
    ("new", Placeholder::New),
    ("count", Placeholder::Count),
    ("places", Placeholder::Places),
    ("file", Placeholder::File),
    ("near", Placeholder::Near),
    ("noted", Placeholder::Noted),
    ("beside", Placeholder::Beside),
    ("unread", Placeholder::Unread),
    ("chart", Placeholder::Chart),
    ("what", Placeholder::What),
    ("workloads", Placeholder::Workloads),
    ("fields", Placeholder::Fields),
];

/// One place a sentence speaks of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mention<'a> {
    /// The path.
    pub(super) path: &'a Path,
    /// The old value.
    pub(super) old: Option<&'a Node>,
    /// The new value.
    pub(super) new: Option<&'a Node>,
    /// The file.
    pub(super) file: &'a str,
}

/// What a sentence is filled with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Filling<'a> {
    /// The places, at least one.
    pub(super) places: &'a [Mention<'a>],
    /// What changed beside them.
    pub(super) beside: &'a [Mention<'a>],
    /// The path of the value that the rule looked at near the first place.
    pub(super) near: Option<&'a Path>,
    /// How many places carry a note.
    pub(super) noted: usize,
    /// The values that the places' lines named and no template names any more.
    pub(super) unread: &'a [&'a str],
    /// The chart's name.
    pub(super) chart: &'a str,
    /// What there is to say of something rendered.
    pub(super) rendered: Option<Rendered<'a>>,
}

/// What a sentence on rendered things is filled with, too. All it speaks of has changed alike.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rendered<'a> {
    /// `Kind/name` of the things.
    pub(super) what: &'a [String],
    /// `Kind/name` of the pods that it matters to.
    pub(super) workloads: &'a [String],
    /// The record of the first, as it was.
    pub(super) old: &'a Json,
    /// As it is now.
    pub(super) new: &'a Json,
    /// Its fields that count, without what they are fields of.
    pub(super) fields: &'a [Mention<'a>],
}

impl Message {
    /// Reads a sentence. `{{` and `}}` stand for single braces.
    ///
    /// # Errors
    /// `Syntax` for a placeholder that isn't there or isn't closed.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text.trim();
        while let Some(at) = rest.find(['{', '}']) {
            let (lead, tail) = rest.split_at(at);
            literal.push_str(lead);
            if tail.starts_with("{{") || tail.starts_with("}}") {
                literal.push_str(&tail[..1]);
                rest = &tail[2..];
                continue;
            }
            let name = tail.strip_prefix('{').and_then(|tail| tail.split_once('}'));
            let Some((name, after)) = name else {
                return Err(Error::new(ErrorKind::Syntax, format!("a brace of {text:?} has no partner")).hint("write {{ for one brace"));
            };
            if let Some(side) = side(name) {
                parts.push(Part::Text(std::mem::take(&mut literal)));
                parts.push(side);
                rest = after;
                continue;
            }
            let Some((_, placeholder)) = PLACEHOLDERS.iter().find(|(known, _)| *known == name) else {
                let known: Vec<String> = PLACEHOLDERS.iter().map(|(name, _)| format!("{{{name}}}")).collect();
                return Err(Error::new(ErrorKind::Syntax, format!("there is no placeholder {{{name}}}"))
                    .hint(format!("there are {}", known.join(", "))));
            };
            parts.push(Part::Text(std::mem::take(&mut literal)));
            parts.push(Part::Fill(*placeholder));
            rest = after;
        }
        literal.push_str(rest);
        parts.push(Part::Text(literal));
        Ok(Self(parts))
    }

    /// The sentence.
    pub(super) fn fill(&self, filling: &Filling<'_>) -> String {
        self.0.iter().fold(String::new(), |mut text, part| {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Fill(placeholder) => text.push_str(&filling.text(*placeholder)),
                Part::Side(side, keys) => text.push_str(&filling.side(*side, keys)),
            }
            text
        })
    }
}

impl Filling<'_> {
    fn text(&self, placeholder: Placeholder) -> String {
        let Some(first) = self.places.first() else { return String::new() };
        match placeholder {
            Placeholder::Path => first.path.to_string(),
            Placeholder::Paths => some_of(self.places.iter().map(|place| place.path.to_string())),
            Placeholder::Changes => self.changes(),
            Placeholder::Parent => {
                first.path.parent().filter(|parent| !parent.steps().is_empty()).map_or("the root".into(), |p| p.to_string())
            }
            Placeholder::Old => shared(self.places.iter().map(|place| value_text(place.path, place.old))),
            Placeholder::New => shared(self.places.iter().map(|place| value_text(place.path, place.new))),
            Placeholder::Count => self.places.len().to_string(),
            Placeholder::Places if self.places.len() == 1 => "1 place".into(),
            Placeholder::Places => format!("{} places", self.places.len()),
            Placeholder::File => {
                let mut files: Vec<&str> = self.places.iter().map(|place| place.file).collect();
                files.dedup();
                some_of(files.into_iter().map(str::to_owned))
            }
            Placeholder::Near => self.near.map(ToString::to_string).unwrap_or_default(),
            Placeholder::Noted => self.noted.to_string(),
            Placeholder::Beside => some_of(self.beside.iter().map(Mention::change)),
            Placeholder::Unread => some_of(self.unread.iter().map(|path| (*path).to_owned())),
            Placeholder::Chart => self.chart.to_owned(),
            Placeholder::What => self.rendered.map_or_else(String::new, |rendered| some_of(rendered.what.iter().cloned())),
            Placeholder::Workloads => self.rendered.map_or_else(String::new, |rendered| some_of(rendered.workloads.iter().cloned())),
            Placeholder::Fields => self.rendered.map_or_else(String::new, |rendered| some_of(rendered.fields.iter().map(Mention::change))),
        }
    }

    /// A field of a record; what isn't there is `none`.
    fn side(&self, side: Side, keys: &[String]) -> String {
        let Some(rendered) = self.rendered else { return String::new() };
        let record = if side == Side::Old { rendered.old } else { rendered.new };
        match keys.iter().try_fold(record, |json, key| json.get(key)) {
            None | Some(Json::Null) => "none".into(),
            Some(Json::String(text)) if text.is_empty() => "\"\"".into(),
            Some(Json::String(text)) if text.chars().count() > SENTENCE_CHARS => text.chars().take(SENTENCE_CHARS).chain(['…']).collect(),
            Some(Json::String(text)) => text.clone(),
            Some(Json::Array(items)) if items.is_empty() => "none".into(),
            Some(Json::Array(items)) => some_of(items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))),
            Some(other) => other.to_string().chars().take(VALUE_CHARS).collect(),
        }
    }
}

/// `old.subject` and the like.
fn side(name: &str) -> Option<Part> {
    let (side, keys) = name.split_once('.')?;
    let side = match side {
        "old" => Side::Old,
        "new" => Side::New,
        _ => return None,
    };
    Some(Part::Side(side, keys.split('.').map(str::to_owned).collect()))
}

impl Filling<'_> {
    /// `a.create, b.create: false → true` where all change alike, else each with its own values.
    fn changes(&self) -> String {
        let change = |place: &Mention<'_>| format!("{} → {}", value_text(place.path, place.old), value_text(place.path, place.new));
        let Some(first) = self.places.first().map(change) else { return String::new() };
        if self.places.iter().all(|place| change(place) == first) {
            return format!("{}: {first}", self.text(Placeholder::Paths));
        }
        some_of(self.places.iter().map(Mention::change))
    }
}

impl Mention<'_> {
    /// `serviceAccount.create: false → true`.
    fn change(&self) -> String {
        format!("{}: {} → {}", self.path, value_text(self.path, self.old), value_text(self.path, self.new))
    }
}

/// A few, and how many more.
fn some_of(texts: impl ExactSizeIterator<Item = String>) -> String {
    let more = texts.len().saturating_sub(NAMED_PATHS);
    let mut text = texts.take(NAMED_PATHS).collect::<Vec<_>>().join(", ");
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

/// The text all share, else that they differ.
fn shared(mut texts: impl Iterator<Item = String>) -> String {
    let first = texts.next().unwrap_or_default();
    if texts.all(|text| text == first) { first } else { "several values".into() }
}

fn value_text(path: &Path, node: Option<&Node>) -> String {
    let Some(node) = node else { return "absent".into() };
    if secrets::is_secret_path(path) && !secrets::is_harmless(&node.data) {
        return secrets::HIDDEN.into();
    }
    match &node.data {
        Data::Str(text) if reads_as_something_else(text) => format!("\"{text}\""),
        Data::Str(text) if text.contains('\n') => text.lines().next().unwrap_or_default().chars().take(VALUE_CHARS).chain(['…']).collect(),
        Data::Str(text) if text.chars().count() <= VALUE_CHARS => text.to_string(),
        Data::Str(text) => text.chars().take(VALUE_CHARS).chain(['…']).collect(),
        Data::List(items) if items.is_empty() => "[]".into(),
        Data::Map(map) if map.is_empty() => "{}".into(),
        Data::List(items) => format!("a list of {}", items.len()),
        Data::Map(map) if map.len() == 1 => "a mapping of 1 key".into(),
        Data::Map(map) => format!("a mapping of {} keys", map.len()),
        other => serde_json::to_string(other).unwrap_or_default(),
    }
}

/// Whether a text, written without quotes, would be read as nothing, a boolean or a number.
fn reads_as_something_else(text: &str) -> bool {
    text.is_empty() || matches!(text, "true" | "false" | "null" | "~") || text.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::fact::free_node;

    #[test]
    fn fills() {
        let (yes, no) = (free_node(Data::Bool(true), ""), free_node(Data::Bool(false), ""));
        let paths: Vec<Path> = ["a.create", "b.create", "c.create", "d.create"].map(|path| Path::keys(path.split('.'))).into();
        let places: Vec<Mention<'_>> =
            paths.iter().map(|path| Mention { path, old: Some(&no), new: Some(&yes), file: "values.yaml" }).collect();
        let filling =
            Filling { places: &places, beside: &places[..1], near: None, noted: 2, unread: &["a.b"], chart: "thanos", rendered: None };
        for (message, text) in [
            ("{path} {old} → {new}", "a.create false → true"),
            ("{paths}", "a.create, b.create, c.create and 1 more"),
            ("{places}, {count}, {noted}", "4 places, 4, 2"),
            ("{{ .Values }} of {chart}: {unread}", "{ .Values } of thanos: a.b"),
            ("{changes}", "a.create, b.create, c.create and 1 more: false → true"),
            ("{beside} in {file}, below {parent}", "a.create: false → true in values.yaml, below a"),
        ] {
            assert_eq!(Message::parse(message).unwrap().fill(&filling), text);
        }
    }

    #[test]
    fn hides_secrets_and_cuts() {
        let long = free_node(Data::Str("x".repeat(200).into()), "");
        assert_eq!(value_text(&Path::keys(["adminPassword"]), Some(&long)), secrets::HIDDEN);
        assert_eq!(value_text(&Path::keys(["name"]), Some(&long)).chars().count(), VALUE_CHARS + 1);
        assert_ne!(value_text(&Path::keys(["automountServiceAccountToken"]), Some(&long)), secrets::HIDDEN);
    }

    #[test]
    fn refuses() {
        for message in ["{nothing}", "{path", "a } b"] {
            assert!(Message::parse(message).is_err(), "{message}");
        }
    }
}
