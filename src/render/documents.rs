//! Documents that earlier renders of a chart have read: the search for causes renders a chart dozens of times, and all but a few documents
//! come out the same each time.

use std::sync::Arc;

use crate::error::Result;
use crate::kept::Kept;
use crate::value::{Data, Node, Source, Span};

/// How many bytes of text documents are kept of.
const MOST_BYTES: usize = 32 << 20;

/// A document and what Helm reads of it.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) object: Arc<Node>,
    /// Its kind, or nothing.
    pub(super) kind: Arc<str>,
    /// Its hook annotation.
    pub(super) hook: Option<Arc<str>>,
}

impl Document {
    /// A document is known by its path and all of its text, as its nodes say where they stand.
    fn is(&self, path: &str, text: &[u8]) -> bool {
        let source = &self.object.at.source;
        source.text.as_bytes() == text && source.name == path
    }
}

/// Shared by the renders of a chart, on whatever threads.
#[derive(Debug)]
pub(super) struct Documents {
    kept: Kept<Document>,
    /// What stands for every object where objects are not kept.
    in_place: Option<Arc<Node>>,
}

impl Default for Documents {
    fn default() -> Self {
        Self { kept: Kept::up_to(MOST_BYTES), in_place: None }
    }
}

impl Documents {
    /// Documents that are read, and forgotten: each has an empty object.
    pub(super) fn text_only() -> Self {
        let source = Arc::new(Source { name: String::new(), text: String::new() });
        let empty = Node { data: Data::Null, at: Span { source, line: 1, column: 1 }, comment: None };
        Self { in_place: Some(Arc::new(empty)), ..Self::default() }
    }

    /// The document of this path and text: the one that was read before, or what `read` makes of it.
    ///
    /// # Errors
    /// Those of `read`.
    pub(super) fn get(&self, path: &str, text: &[u8], read: impl FnOnce() -> Result<Document>) -> Result<Document> {
        if let Some(object) = &self.in_place {
            return Ok(Document { object: Arc::clone(object), ..read()? });
        }
        self.kept.get((path, text), text.len(), |document| document.is(path, text), read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Source, yaml};

    #[test]
    fn only_the_same_text_of_the_same_path_is_taken_again() {
        let documents = Documents::default();
        let mut reads = 0;
        let mut get = |path: &str, text: &str| {
            documents
                .get(path, text.as_bytes(), || {
                    reads += 1;
                    let source = Arc::new(Source { name: path.into(), text: text.into() });
                    let object = Arc::new(yaml::read(&source, &yaml::Limits::default())?);
                    Ok(Document { object, kind: "K".into(), hook: None })
                })
                .map(|document| document.object.at.source.text.clone())
                .ok()
        };
        assert_eq!(get("a", "x: 1"), Some("x: 1".into()));
        assert_eq!(get("a", "x: 1"), Some("x: 1".into()));
        assert_eq!(get("b", "x: 1"), Some("x: 1".into()));
        assert_eq!(get("a", "x: 2"), Some("x: 2".into()));
        assert_eq!(get("a", "x: ["), None);
        assert_eq!(reads, 4);
    }
}
