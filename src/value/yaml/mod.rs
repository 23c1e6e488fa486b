//! Reading YAML as Helm 3.17 reads it: go-yaml v2 inside of sigs.k8s.io/yaml, on the way to JSON, and with a place and a comment for
//! everything.
//!
//! ```text
//! bytes ─ text ─▶ Source ─ scanner ─▶ tokens ─ parser ─▶ events ─ tree ─▶ nodes as written ─ compose ─▶ Node
//! ```
//!
//! Which texts are refused, what the others say and how refusals are worded follows go-yaml, whose behaviour decides what a release
//! becomes; where it differs from YAML's specification it is right here. The differences from it:
//!
//! - all of a text must be UTF-8 without control characters, not only what is near the first document;
//! - collections nest up to [`Limits::depth`] (go-yaml: 10,000), and [`Limits::nodes`] bounds the result;
//! - of the keys `1` and `"1"` in one mapping the last counts (Helm: either, by chance);
//! - a null as a key is refused even when the mapping it is in is overwritten later;
//! - a byte-order mark inside of the text is a character like any other.
//!
//! Depends on `error` and the value model.

mod comments;
mod compose;
mod directives;
mod input;
mod keys;
mod parser;
mod problem;
mod resolve;
mod scalars;
mod scanner;
mod text;
mod timestamp;
mod tree;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::{Data, Node, Source, Span};
use crate::error::Result;
use compose::Composer;
use input::Mark;
use parser::Parser;
use problem::{Found, Problem, Stage};

pub use text::source;

/// How much a text may hold.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of text.
    pub bytes: usize,
    /// How deep collections may nest, aliases expanded. Nodes are walked and dropped by recursion, so this is what keeps a stack from
    /// running over; Kubernetes' own deepest schemas stay below 50.
    pub depth: usize,
    /// Nodes of all documents together after aliases are expanded, mappings' keys counted, too.
    pub nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 64 << 20, depth: 256, nodes: 4_000_000 }
    }
}

/// Reads the first document of a text, as Helm does: what follows it is not looked at. A text without a document is [`Data::Null`].
///
/// # Errors
/// `Syntax` with the place and an excerpt where Helm refuses the text; `Limit` when one of `limits` is reached.
pub fn read(source: &Arc<Source>, limits: &Limits) -> Result<Node> {
    let documents = documents(source, limits, 1).map_err(|problem| problem.into_error(source))?;
    Ok(documents.into_iter().next().unwrap_or_else(|| nothing(source)))
}

/// Reads all documents of a stream: rendered manifests, files of a repository. Empty documents are [`Data::Null`].
///
/// # Errors
/// As [`read`], for any of the documents.
pub fn read_all(source: &Arc<Source>, limits: &Limits) -> Result<Vec<Node>> {
    documents(source, limits, usize::MAX).map_err(|problem| problem.into_error(source))
}

/// What Helm would say of a text that [`read`] refuses, from "error converting YAML to JSON: " on, with go-yaml's own idea of the line;
/// `None` when it is accepted.
pub fn helm_error(source: &Arc<Source>, limits: &Limits) -> Option<String> {
    documents(source, limits, 1).err().map(|problem| problem.helm_text())
}

/// Whether a text says itself when it is written without quotes: false for `yes`, `12`, `~`, `2001-01-01` and the empty text, which
/// are a boolean, a number, null, a timestamp and null. Whether its characters may stand there is another question.
pub fn is_text(text: &str) -> bool {
    resolve::is_text(text)
}

fn documents(source: &Arc<Source>, limits: &Limits, most: usize) -> Found<Vec<Node>> {
    let text = source.text.as_str();
    // Places are counted in 32 bits.
    let bytes = limits.bytes.min(u32::MAX as usize / 2);
    if text.len() > bytes {
        let message = format!("the text has {} bytes, more than {bytes} (the limit `bytes`)", text.len());
        return Err(Problem::new(Stage::Limit, message, Mark::default()));
    }
    text::check(text)?;
    let mut parser = Parser::new(text);
    let mut composer = Composer::new(source, limits);
    let mut documents = Vec::new();
    while documents.len() < most
        && let Some(tree) = tree::read_document(&mut parser, limits)?
    {
        documents.push(composer.document(&tree, &parser.scanner.comments)?);
    }
    Ok(documents)
}

fn nothing(source: &Arc<Source>) -> Node {
    Node { data: Data::Null, at: Span { source: Arc::clone(source), line: 1, column: 1 }, comment: None }
}
