//! Reading YAML as Helm reads it. Depends on `error` and the value model.

use std::sync::Arc;

use super::{Node, Source};
use crate::error::{Error, ErrorKind, Result};

/// How much a document may hold.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of text.
    pub bytes: usize,
    /// How deep collections may nest.
    pub depth: usize,
    /// Nodes after aliases are expanded.
    pub nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 64 << 20, depth: 1_000, nodes: 4_000_000 }
    }
}

/// Reads the first document of a text.
///
/// # Errors
/// `Syntax` with the place and an excerpt; `Limit` when one of `limits` is reached.
pub fn read(source: &Arc<Source>, limits: &Limits) -> Result<Node> {
    let _ = (source, limits);
    Err(Error::new(ErrorKind::Syntax, "not read"))
}
