//! How much work a check against a schema may be. A schema is part of a chart, and a chart is hostile until shown otherwise: a dozen lines of
//! `anyOf` and `$ref` can ask for more steps than there are atoms.

use std::cell::Cell;

use super::json::Json;
use crate::error::{Error, ErrorKind};

/// Subschemas, list items and properties that one check of one chart's values may look at.
const MAX_STEPS: u64 = 2_000_000;
/// Schemas inside schemas, references followed.
const MAX_DEPTH: usize = 2_000;
/// Violations that one check collects.
const MAX_VIOLATIONS: u64 = 10_000;
/// Patterns that one schema may hold.
pub(super) const MAX_PATTERNS: usize = 1_000;
/// Bytes that one compiled pattern may take.
pub(super) const MAX_PATTERN_BYTES: usize = 1 << 20;
/// Subschemas that one schema may hold.
pub(super) const MAX_SCHEMAS: usize = 200_000;
/// What a compiled schema may hold of its document, references followed: values, and a sixteenth of the bytes of strings.
const MAX_WEIGHT: usize = 4_000_000;

/// How much of its document a schema has taken over so far.
#[derive(Default)]
pub(super) struct Weight(usize);

impl Weight {
    /// Counts a part; false when it is too much.
    pub(super) fn add(&mut self, json: &Json) -> bool {
        self.0 = self.0.saturating_add(weight(json));
        self.0 <= MAX_WEIGHT
    }
}

fn weight(json: &Json) -> usize {
    1 + match json {
        Json::Text(text) => text.len() / 16,
        Json::List(items) => items.iter().map(weight).sum(),
        Json::Object(map) => map.iter().map(|(key, value)| key.len() / 16 + weight(value)).sum(),
        Json::Null | Json::Bool(_) | Json::Number(_) => 0,
    }
}

/// What is left for one check. Once a limit is reached every further question is answered with "no more", so that the walk ends soon.
pub(super) struct Budget {
    steps: Cell<u64>,
    violations: Cell<u64>,
    reached: Cell<Option<&'static str>>,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { steps: Cell::new(MAX_STEPS), violations: Cell::new(MAX_VIOLATIONS), reached: Cell::new(None) }
    }

    /// Takes steps at this depth; false when the walk must end.
    pub(super) fn step(&self, count: usize, depth: usize) -> bool {
        if self.reached.get().is_some() {
            return false;
        }
        match self.steps.get().checked_sub(count as u64) {
            Some(left) if depth <= MAX_DEPTH => self.steps.set(left),
            Some(_) => self.reached.set(Some("goes round in circles or nests too deep: more than 2000 schemas inside each other")),
            None => self.reached.set(Some("asks for more than 2000000 steps")),
        }
        self.reached.get().is_none()
    }

    /// Counts a violation.
    pub(super) fn violation(&self) {
        match self.violations.get().checked_sub(1) {
            Some(left) => self.violations.set(left),
            None => self.reached.set(Some("is violated in more than 10000 ways")),
        }
    }

    /// The limit that was reached, as what the schema does.
    pub(super) fn reached(&self) -> Option<&'static str> {
        self.reached.get()
    }
}

/// A schema that a limit keeps from being used.
pub(super) fn too_much(what: &str) -> Error {
    Error::new(ErrorKind::Limit, format!("values.schema.json {what}"))
        .hint("don't trust this chart, or leave the check out with --skip-schema-validation")
}
