//! A schema compiled: every keyword that both of Helm's validators know, read once. Subschemas are positions in [`Compiled::schemas`], so
//! that references may go in circles.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use regex::bytes::Regex;

use super::json::{Json, Number};
use super::limits::{MAX_PATTERN_BYTES, MAX_PATTERNS};
use crate::template::compile_regex;

/// A subschema's position.
pub(super) type Id = usize;

/// All subschemas of a document and of those it refers to.
#[derive(Debug, Default)]
pub(super) struct Compiled {
    pub(super) schemas: Vec<Schema>,
    /// The schema that values are checked against.
    pub(super) root: Id,
}

/// One subschema. A keyword that its draft does not have, or that is not of the type it should be, is left out.
#[derive(Debug, Default)]
pub(super) struct Schema {
    /// `true` or `false` in place of an object.
    pub(super) always: Option<bool>,
    /// Its address.
    pub(super) location: String,
    /// The year or number of its draft.
    pub(super) draft: u16,
    /// `$ref`; up to draft 7 nothing else counts beside it.
    pub(super) reference: Option<Id>,
    pub(super) recursive_reference: Option<Id>,
    pub(super) recursive_anchor: bool,
    /// `$dynamicRef`: its first target, and the anchor when it names one.
    pub(super) dynamic_reference: Option<(Id, Option<String>)>,
    pub(super) dynamic_anchor: Option<String>,
    /// The resource (the schema with an `$id` or the root) that it is in.
    pub(super) resource: Id,
    /// Of a resource: its dynamic anchors.
    pub(super) dynamic_anchors: BTreeMap<String, Id>,
    pub(super) types: Vec<String>,
    pub(super) constant: Option<Json>,
    pub(super) options: Option<Vec<Json>>,
    pub(super) format: Option<String>,
    pub(super) minimum: Option<Number>,
    pub(super) maximum: Option<Number>,
    pub(super) exclusive_minimum: Option<Number>,
    pub(super) exclusive_maximum: Option<Number>,
    pub(super) multiple_of: Option<Number>,
    pub(super) min_length: Option<i64>,
    pub(super) max_length: Option<i64>,
    pub(super) min_items: Option<i64>,
    pub(super) max_items: Option<i64>,
    pub(super) min_properties: Option<i64>,
    pub(super) max_properties: Option<i64>,
    pub(super) min_contains: Option<i64>,
    pub(super) max_contains: Option<i64>,
    pub(super) pattern: Option<Pattern>,
    pub(super) unique_items: bool,
    pub(super) required: Vec<String>,
    pub(super) properties: BTreeMap<String, Id>,
    pub(super) pattern_properties: Vec<(Pattern, Id)>,
    pub(super) additional_properties: Option<Additional>,
    pub(super) property_names: Option<Id>,
    pub(super) dependencies: BTreeMap<String, Dependency>,
    pub(super) dependent_schemas: BTreeMap<String, Id>,
    pub(super) dependent_required: BTreeMap<String, Vec<String>>,
    pub(super) items: Items,
    pub(super) additional_items: Option<Additional>,
    pub(super) contains: Option<Id>,
    pub(super) not: Option<Id>,
    pub(super) all_of: Vec<Id>,
    pub(super) any_of: Vec<Id>,
    pub(super) one_of: Vec<Id>,
    pub(super) condition: Option<Id>,
    pub(super) then: Option<Id>,
    pub(super) otherwise: Option<Id>,
    pub(super) unevaluated_properties: Option<Id>,
    pub(super) unevaluated_items: Option<Id>,
}

/// What holds for what nothing else describes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Additional {
    Allowed(bool),
    Schema(Id),
}

/// `dependencies`: properties that must be there, too, or a schema that must hold.
#[derive(Debug)]
pub(super) enum Dependency {
    Required(Vec<String>),
    Schema(Id),
}

/// `items` and `prefixItems`.
#[derive(Debug, Default)]
pub(super) enum Items {
    #[default]
    Any,
    All(Id),
    /// One by one; the rest is `additional_items`.
    Each(Vec<Id>),
}

/// A regular expression with its text.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    pub(super) text: String,
    regex: Arc<Regex>,
}

impl Pattern {
    pub(super) fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text.as_bytes())
    }
}

/// The patterns of one schema, each compiled once.
#[derive(Default)]
pub(super) struct Patterns(BTreeMap<String, Arc<Regex>>);

/// Why a pattern can't be used.
pub(super) enum BadPattern {
    /// Go's words.
    Syntax(String),
    TooMany,
}

impl Patterns {
    pub(super) fn compile(&mut self, text: &str) -> Result<Pattern, BadPattern> {
        if let Some(regex) = self.0.get(text) {
            return Ok(Pattern { text: text.to_owned(), regex: Arc::clone(regex) });
        }
        if self.0.len() >= MAX_PATTERNS {
            return Err(BadPattern::TooMany);
        }
        let regex = Arc::new(compile_regex(text, MAX_PATTERN_BYTES).map_err(BadPattern::Syntax)?);
        self.0.insert(text.to_owned(), Arc::clone(&regex));
        Ok(Pattern { text: text.to_owned(), regex })
    }
}

/// Where in the values a check stands.
#[derive(Clone)]
pub(super) struct Path(Option<Rc<(Path, String)>>);

impl Path {
    /// The values as a whole.
    pub(super) fn root() -> Self {
        Self(None)
    }

    /// The property or item of this name here.
    pub(super) fn child(&self, key: impl Into<String>) -> Self {
        Self(Some(Rc::new((self.clone(), key.into()))))
    }

    /// The keys from the top.
    pub(super) fn keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> =
            std::iter::successors(self.0.as_deref(), |(parent, _)| parent.0.as_deref()).map(|(_, key)| &**key).collect();
        keys.reverse();
        keys
    }
}
