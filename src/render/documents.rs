//! Documents that earlier renders of a chart have read: the search for causes renders a chart dozens of times, and all but a few documents
//! come out the same each time.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Result;
use crate::value::{Data, Node, Source, Span};

/// Texts are kept up to so many bytes; then all are forgotten.
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
#[derive(Debug, Default)]
pub(super) struct Documents {
    hashes: RandomState,
    known: Mutex<Known>,
    /// What stands for every object where objects are not kept.
    in_place: Option<Arc<Node>>,
}

#[derive(Debug, Default)]
struct Known {
    by_hash: HashMap<u64, Vec<Document>>,
    bytes: usize,
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
        let hash = self.hashes.hash_one((path, text));
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.by_hash.get(&hash).into_iter().flatten().find(|document| document.is(path, text)) {
            return Ok(found.clone());
        }
        drop(known);
        let document = read()?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.bytes + text.len() > MOST_BYTES {
            *known = Known::default();
        }
        known.bytes += text.len();
        known.by_hash.entry(hash).or_default().push(document.clone());
        Ok(document)
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
