//! The files of one state of a repository, by path: a git revision, or a table in memory for tests. Uses `error` only.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::error::Result;

/// One state of a repository's files. Paths are relative to the repository's root, with `/`, without `.` and `..`.
pub trait Tree: Send + Sync {
    /// A file's content; `None` when there is no file of that path. Links are not followed.
    ///
    /// # Errors
    /// `Io` or `Corrupt` when the repository can't be read, `Limit` for a file that is too large.
    fn read(&self, path: &str) -> Result<Option<Bytes>>;

    /// The paths of all files below a folder (`""` is the root), sorted.
    ///
    /// # Errors
    /// Those of [`Tree::read`].
    fn files(&self, folder: &str) -> Result<Vec<String>>;
}

/// How a file differs between two trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFile {
    /// Its path in the old tree; `None` when it is new.
    pub old: Option<String>,
    /// Its path in the new tree; `None` when it is gone. Differs from `old` when the file was moved.
    pub new: Option<String>,
}

impl Tree for BTreeMap<String, Bytes> {
    fn read(&self, path: &str) -> Result<Option<Bytes>> {
        Ok(self.get(path).cloned())
    }

    fn files(&self, folder: &str) -> Result<Vec<String>> {
        let below = |path: &&String| folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        Ok(self.keys().filter(below).cloned().collect())
    }
}
