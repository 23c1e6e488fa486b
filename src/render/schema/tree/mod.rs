//! Schemas as Helm from 3.18.5 on checks them: the semantics and words of `github.com/santhosh-tekuri/jsonschema/v6` 6.0.2.
//!
//! It knows drafts 4, 6, 7, 2019-09 and 2020-12; a schema that names none is of the last. A schema is checked against its draft's metaschema
//! first. Formats are asserted up to draft 7. Violations are a tree: `- at '/image': …` with the reasons below, indented.

mod compile;
mod documents;
mod evaluate;
mod formats;
mod words;

use super::json::{Json, Unreadable, read};
use super::keywords::Compiled;
use super::limits::{Budget, too_much};
use super::{TOO_DEEP, Unusable};
use evaluate::Walk;

/// The address Helm gives to a chart's schema.
const URL: &str = "file:///values.schema.json";

/// A schema, ready for use.
pub(super) struct Tree(Compiled);

impl Tree {
    /// Reads a schema, checks it against its metaschema, and compiles it.
    ///
    /// # Errors
    /// What keeps the schema from being used.
    pub(super) fn compile(text: &[u8]) -> Result<Self, Unusable> {
        let (document, goes_on) = read(text).map_err(|problem| match problem {
            Unreadable::Syntax(words) => Unusable::Helm(words),
            Unreadable::TooDeep => Unusable::Ours(too_much(TOO_DEEP)),
        })?;
        if goes_on {
            return Err(Unusable::Helm("invalid character after top-level value".into()));
        }
        compile::compile(URL, document).map(Self)
    }

    /// Every violation as Helm prints it, with a line break at the end of each; empty when there is none. Helm's order depends on chance
    /// wherever it walks an object; here objects are walked in the order of their keys.
    ///
    /// # Errors
    /// A limit that was reached.
    pub(super) fn violations(&self, values: &Json) -> Result<String, Unusable> {
        let found = violations(&self.0, values)?;
        Ok(if found.is_empty() { found } else { format!("{}\n", &found[1..]) })
    }
}

/// The violations of a document, each on its own line that begins with a line break.
fn violations(compiled: &Compiled, values: &Json) -> Result<String, Unusable> {
    let budget = Budget::new();
    let found = Walk { compiled, budget: &budget }.violations(values);
    if let Some(what) = budget.reached() {
        return Err(Unusable::Ours(too_much(what)));
    }
    let mut text = String::new();
    for violation in &found {
        violation.write(&mut text, 1);
    }
    Ok(text)
}
