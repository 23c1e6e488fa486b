//! The files of one state of a repository, by path: a git revision, or a table in memory for tests. Uses `error` only.

use std::collections::{BTreeMap, BTreeSet, HashMap};

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

    /// What stands at a path, or at a folder on the way to it, that is neither a file nor a folder.
    ///
    /// # Errors
    /// Those of [`Tree::read`].
    fn outside(&self, path: &str) -> Result<Option<Outside>>;
}

/// What a tree names without having its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outside {
    /// A symbolic link.
    Link,
    /// A commit of another repository.
    Submodule,
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

    fn outside(&self, _: &str) -> Result<Option<Outside>> {
        Ok(None)
    }
}

/// How much of two files' lines must be the same for one to be the other, moved; git's own measure.
const ALIKE: f64 = 0.5;
/// How many files may be on either side when moved files are searched by their lines; git's `diff.renameLimit` has the same purpose.
const MOST_COMPARED: usize = 400;
/// The largest file that is compared by its lines.
const COMPARED_BYTES: usize = 1 << 20;

/// Every file that differs between two trees, by path; a file that is gone and one like it that is new are one that was moved.
///
/// # Errors
/// Those of [`Tree::read`].
pub fn changes(old: &dyn Tree, new: &dyn Tree) -> Result<Vec<ChangedFile>> {
    let (old_files, new_files) = (old.files("")?, new.files("")?);
    let mut changed = Vec::new();
    for path in &old_files {
        if new_files.binary_search(path).is_err() {
            changed.push(ChangedFile { old: Some(path.clone()), new: None });
        } else if old.read(path)? != new.read(path)? {
            changed.push(ChangedFile { old: Some(path.clone()), new: Some(path.clone()) });
        }
    }
    let added = new_files.into_iter().filter(|path| old_files.binary_search(path).is_err());
    changed.extend(added.map(|path| ChangedFile { old: None, new: Some(path) }));
    with_moves(old, new, changed)
}

/// Finds moved files among those that are gone and those that are new, and sorts them all by path.
pub(super) fn with_moves(old: &dyn Tree, new: &dyn Tree, changed: Vec<ChangedFile>) -> Result<Vec<ChangedFile>> {
    let (gone, rest): (Vec<_>, Vec<_>) = changed.into_iter().partition(|file| file.new.is_none());
    let (added, mut all): (Vec<_>, Vec<_>) = rest.into_iter().partition(|file| file.old.is_none());
    let gone: Vec<String> = gone.into_iter().filter_map(|file| file.old).collect();
    let added: Vec<String> = added.into_iter().filter_map(|file| file.new).collect();
    let moves = moves(&contents(old, &gone)?, &contents(new, &added)?);
    let moved_from: BTreeSet<usize> = moves.iter().map(|(from, _)| *from).collect();
    let moved_to: BTreeSet<usize> = moves.iter().map(|(_, to)| *to).collect();
    all.extend(moves.iter().map(|&(from, to)| ChangedFile { old: Some(gone[from].clone()), new: Some(added[to].clone()) }));
    let left = |paths: Vec<String>, taken: BTreeSet<usize>| {
        paths.into_iter().enumerate().filter(move |(at, _)| !taken.contains(at)).map(|(_, path)| path)
    };
    all.extend(left(gone, moved_from).map(|path| ChangedFile { old: Some(path), new: None }));
    all.extend(left(added, moved_to).map(|path| ChangedFile { old: None, new: Some(path) }));
    all.sort_by(|a, b| (a.new.as_ref().or(a.old.as_ref())).cmp(&b.new.as_ref().or(b.old.as_ref())));
    Ok(all)
}

/// The files' contents; those that can't be read, or not so many, have none and are not compared.
fn contents(tree: &dyn Tree, paths: &[String]) -> Result<Vec<Bytes>> {
    paths.iter().map(|path| Ok(tree.read(path).ok().flatten().unwrap_or_default())).collect()
}

/// Which file went where: equal contents first, then those with the most lines in common; of equals, those whose names are the same.
fn moves(gone: &[Bytes], added: &[Bytes]) -> Vec<(usize, usize)> {
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    let mut left: BTreeSet<usize> = (0..added.len()).filter(|&to| !added[to].is_empty()).collect();
    let mut by_content: HashMap<&Bytes, Vec<usize>> = HashMap::new();
    for &to in left.iter().rev() {
        by_content.entry(&added[to]).or_default().push(to);
    }
    for (from, content) in gone.iter().enumerate() {
        if let Some(to) = by_content.get_mut(content).and_then(Vec::pop) {
            left.remove(&to);
            pairs.push((from, to));
        }
    }
    let taken: BTreeSet<usize> = pairs.iter().map(|(from, _)| *from).collect();
    let sources: Vec<usize> = (0..gone.len()).filter(|from| !taken.contains(from)).collect();
    if sources.len() > MOST_COMPARED || left.len() > MOST_COMPARED {
        return pairs;
    }
    let (old_lines, new_lines) = (lines_of(gone, sources), lines_of(added, left));
    let mut scored = Vec::new();
    for (from, old) in &old_lines {
        for (to, new) in &new_lines {
            let score = likeness(old, new);
            if score >= ALIKE {
                scored.push((score, *from, *to));
            }
        }
    }
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let (mut from_taken, mut to_taken) = (BTreeSet::new(), BTreeSet::new());
    for (_, from, to) in scored {
        if !from_taken.contains(&from) && !to_taken.contains(&to) {
            from_taken.insert(from);
            to_taken.insert(to);
            pairs.push((from, to));
        }
    }
    pairs
}

/// How often each line is in a file.
type Lines<'a> = HashMap<&'a [u8], usize>;

fn lines_of<'a>(contents: &'a [Bytes], which: impl IntoIterator<Item = usize>) -> Vec<(usize, Lines<'a>)> {
    let comparable = which.into_iter().filter(|&at| (1..COMPARED_BYTES).contains(&contents[at].len()));
    let count = |content: &'a Bytes| {
        let mut lines = Lines::new();
        content.split(|byte| *byte == b'\n').for_each(|line| *lines.entry(line).or_default() += 1);
        lines
    };
    comparable.map(|at| (at, count(&contents[at]))).collect()
}

/// The bytes in lines that both have, as a part of the larger one's.
fn likeness(old: &Lines<'_>, new: &Lines<'_>) -> f64 {
    let size = |lines: &Lines<'_>| lines.iter().map(|(line, count)| (line.len() + 1) * count).sum::<usize>();
    let shared: usize = old.iter().map(|(line, count)| (line.len() + 1) * new.get(line).map_or(0, |other| *count.min(other))).sum();
    let whole = size(old).max(size(new));
    #[allow(clippy::cast_precision_loss, reason = "files are below a megabyte")]
    let part = shared as f64 / whole as f64;
    part
}
