//! The value model: what a YAML document says, with the place and the comment of everything in it.
//!
//! [`Node`] is the immutable, located tree that every stage shares between threads: values files, Chart.yaml, rendered manifests. Scalars
//! are resolved as Helm's parser resolves them (go-yaml v2 under sigs.k8s.io/yaml 1.3–1.6), mapping keys are strings as they are after its
//! trip through JSON. Depends on `error` only.

pub mod description;
pub mod path;
pub mod secrets;
pub mod yaml;

use std::sync::Arc;

use indexmap::IndexMap;

pub use description::Descriptions;
pub use path::{Path, Step};

use crate::error::Place;

/// One text that was read: its name and its content.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// The name a reader would look for, such as `thanos/charts/minio/values.yaml`.
    pub name: String,
    /// The text, without a byte-order mark.
    pub text: String,
}

/// Where a node or a key begins.
#[derive(Debug, Clone)]
pub struct Span {
    /// The text it stands in.
    pub source: Arc<Source>,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl Span {
    /// The same as an error shows it.
    pub fn place(&self) -> Place {
        Place { file: self.source.name.clone(), line: self.line, column: self.column }
    }
}

/// A value and where it stands. Equality ([`Node::same`]) looks at the value alone.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it is.
    pub data: Data,
    /// Where it begins.
    pub at: Span,
    /// The comment that describes it, when it is an item of a list; a mapping's values have theirs in [`Entry::comment`].
    pub comment: Option<Arc<str>>,
}

/// What a node is, after resolution.
#[derive(Debug, Clone)]
pub enum Data {
    /// `null`, `~` or nothing at all.
    Null,
    /// A YAML 1.1 boolean: `true`, `yes`, `on`, `y` …
    Bool(bool),
    /// An integer that fits 64 bits with a sign.
    Int(i64),
    /// An integer above [`i64::MAX`].
    Uint(u64),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// Text. Timestamps are text, spelled as written.
    Str(Arc<str>),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the text; of keys written twice the last counts, in the place of the first.
    Map(Mapping),
}

/// The entries of a mapping by key. Keys are hashed with a seed of the process' own.
pub type Mapping = IndexMap<Arc<str>, Entry, foldhash::fast::RandomState>;

/// A key's place and description, and its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where the key begins.
    pub at: Span,
    /// The comment block above the key, as written, lines joined by `\n`, each without indentation and its leading `#`s and one space.
    pub comment: Option<Arc<str>>,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The value under a key, when this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.data {
            Data::Map(map) => map.get(key).map(|entry| &entry.value),
            _ => None,
        }
    }

    /// The value at a path of mapping keys.
    pub fn get_path<'a>(&self, keys: impl IntoIterator<Item = &'a str>) -> Option<&Node> {
        keys.into_iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text, when this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The items, when this is a list.
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.data {
            Data::List(items) => Some(items),
            _ => None,
        }
    }

    /// The entries, when this is a mapping.
    pub fn as_map(&self) -> Option<&Mapping> {
        match &self.data {
            Data::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Whether both say the same: numbers by value (`1` and `1.0` are the same, as in Helm after JSON), mappings without order.
    pub fn same(&self, other: &Node) -> bool {
        self.data.same(&other.data)
    }
}

impl Data {
    /// See [`Node::same`].
    pub fn same(&self, other: &Data) -> bool {
        match (self, other) {
            (Data::Null, Data::Null) => true,
            (Data::Bool(a), Data::Bool(b)) => a == b,
            (Data::Str(a), Data::Str(b)) => a == b,
            (Data::List(a), Data::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b)),
            (Data::Map(a), Data::Map(b)) => {
                a.len() == b.len() && a.iter().all(|(key, entry)| b.get(key).is_some_and(|other| entry.value.same(&other.value)))
            }
            _ => matches!((self.number(), other.number()), (Some(a), Some(b)) if a == b),
        }
    }

    /// The number as Helm computes with it: every number is a 64-bit float after JSON.
    #[allow(clippy::cast_precision_loss)]
    pub fn number(&self) -> Option<f64> {
        match self {
            Data::Int(number) => Some(*number as f64),
            Data::Uint(number) => Some(*number as f64),
            Data::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// The field's word for the type: `null`, `boolean`, `number`, `string`, `list`, `mapping`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Data::Null => "null",
            Data::Bool(_) => "boolean",
            Data::Int(_) | Data::Uint(_) | Data::Float(_) => "number",
            Data::Str(_) => "string",
            Data::List(_) => "list",
            Data::Map(_) => "mapping",
        }
    }
}

/// The value as JSON: places and comments dropped.
impl serde::Serialize for Node {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.data.serialize(serializer)
    }
}

impl serde::Serialize for Data {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Data::Null => serializer.serialize_unit(),
            Data::Bool(value) => serializer.serialize_bool(*value),
            Data::Int(value) => serializer.serialize_i64(*value),
            Data::Uint(value) => serializer.serialize_u64(*value),
            Data::Float(value) => serializer.serialize_f64(*value),
            Data::Str(value) => serializer.serialize_str(value),
            Data::List(items) => serializer.collect_seq(items),
            Data::Map(map) => serializer.collect_map(map.iter().map(|(key, entry)| (key, &entry.value))),
        }
    }
}
