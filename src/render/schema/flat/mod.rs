//! Schemas as Helm up to 3.18.4 checks them: the semantics and words of `github.com/xeipuuv/gojsonschema` 1.2.0.
//!
//! It knows drafts 4, 6 and 7. A schema that names none of them is a hybrid of all three: `exclusiveMinimum` may be a number or a boolean,
//! `id` counts as well as `$id`. Violations are a flat list of lines, `context: description`.

mod evaluate;
mod formats;
mod parse;
mod references;

use super::json::{Json, Unreadable, read};
use super::keywords::Compiled;
use super::limits::{Budget, too_much};
use super::{TOO_DEEP, Unusable};
use evaluate::Walk;

/// A schema, ready for use.
pub(super) struct Flat(Compiled);

impl Flat {
    /// Reads and checks the text of a schema; what follows the first JSON value is ignored, as Helm does.
    ///
    /// # Errors
    /// What keeps the schema from being used.
    pub(super) fn compile(text: &[u8]) -> Result<Self, Unusable> {
        let (document, _) = read(text).map_err(|problem| match problem {
            Unreadable::Syntax(words) => Unusable::Helm(words),
            Unreadable::TooDeep => Unusable::Ours(too_much(TOO_DEEP)),
        })?;
        parse::parse(document).map(Self)
    }

    /// Every violation as Helm prints it, `- context: description` and a line break each. Helm's order depends on chance wherever it walks
    /// an object; here objects are walked in the order of their keys.
    ///
    /// # Errors
    /// A limit that was reached.
    pub(super) fn violations(&self, values: &Json) -> Result<String, Unusable> {
        let budget = Budget::new();
        let lines = Walk { compiled: &self.0, budget: &budget }.violations(values);
        match budget.reached() {
            Some(what) => Err(Unusable::Ours(too_much(what))),
            None => Ok(lines.iter().map(|line| format!("- {line}\n")).collect()),
        }
    }
}
