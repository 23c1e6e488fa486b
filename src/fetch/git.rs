//! The repository that a change is made in: its revisions, and the files of a commit as a [`Tree`].
//!
//! Reads objects only, with `gix`: no program is run, no network is used, no hook, filter or configuration of the user has any effect. Who
//! owns the folder is therefore not asked (in CI it is often another user). Uses `error`, `tree` and `redact`.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use gix::ObjectId;
use gix::discover::upwards;
use gix::object::tree::EntryKind;

use super::redact::redact_text;
use super::tree::{ChangedFile, Outside, Tree, with_moves};
use crate::error::{Error, ErrorKind, Result};

/// The largest file that is read, in bytes.
pub const FILE_BYTES: u64 = 32 << 20;

/// The most files and folders that a commit may hold.
pub const MOST_ENTRIES: usize = 2_000_000;

/// A git repository on disk.
pub struct Repository {
    inner: gix::ThreadSafeRepository,
}

/// The files of one commit. Contents are read when they are asked for, from any thread.
pub struct CommitTree {
    repository: gix::ThreadSafeRepository,
    commit: String,
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    kind: EntryKind,
    id: ObjectId,
}

impl Repository {
    /// Opens the repository that a folder is in.
    ///
    /// # Errors
    /// `NotFound` when it is in none, `Corrupt` when that can't be read.
    pub fn open(folder: &Path) -> Result<Self> {
        let isolated = gix::open::Options::isolated;
        let options = upwards::Options { trust: upwards::TrustPolicy::Assume(gix::sec::Trust::Full), ..Default::default() };
        let trust = gix::sec::trust::Mapping { full: isolated(), reduced: isolated() };
        let inner = gix::ThreadSafeRepository::discover_opts(folder, options, trust).map_err(|error| {
            Error::new(ErrorKind::NotFound, format!("{} is not in a git repository: {error}", folder.display()))
                .hint("run it in the folder that the repository is checked out to")
        })?;
        Ok(Self { inner })
    }

    /// The commit that a revision names (`main`, `origin/main`, `HEAD~2`, `v1.2`, `4f2c9d1`), in 40 hexadecimal digits.
    ///
    /// # Errors
    /// `NotFound` for a revision that the repository doesn't have.
    pub fn commit(&self, revision: &str) -> Result<String> {
        let repository = self.inner.to_thread_local();
        let found = repository.rev_parse_single(revision).and_then(|id| id.object()).and_then(gix::Object::peel_to_commit);
        match found {
            Ok(commit) => Ok(commit.id.to_string()),
            Err(error) => {
                Err(self.with_history_hint(Error::new(ErrorKind::NotFound, format!("the repository has no commit {revision}: {error}"))))
            }
        }
    }

    /// Where two commits' histories part: the newest commit that both have.
    ///
    /// # Errors
    /// `NotFound` when there is none, or it is not in the history that was fetched.
    pub fn merge_base(&self, one: &str, other: &str) -> Result<String> {
        let mut repository = self.inner.to_thread_local();
        repository.object_cache_size_if_unset(4 << 20);
        let why = match repository.merge_base(parse_id(one)?, parse_id(other)?) {
            Ok(Some(id)) => return Ok(id.detach().to_string()),
            Ok(None) => String::new(),
            Err(error) => format!(": {error}"),
        };
        let message = format!("{one} and {other} have no common ancestor here{why}");
        Err(self.with_history_hint(Error::new(ErrorKind::NotFound, message)))
    }

    /// The files of a commit.
    ///
    /// # Errors
    /// `NotFound` when there is no such commit, `Corrupt` when objects can't be read, `Limit` above [`MOST_ENTRIES`].
    pub fn tree(&self, commit: &str) -> Result<CommitTree> {
        let repository = self.inner.to_thread_local();
        let unreadable =
            |error: gix::Error| self.with_history_hint(Error::new(ErrorKind::Corrupt, format!("commit {commit} can't be read: {error}")));
        let root = repository.find_commit(parse_id(commit)?).and_then(|commit| commit.tree_id()).map_err(unreadable)?;
        let mut entries = BTreeMap::new();
        let mut folders = vec![(String::new(), root.detach())];
        let mut seen = 0;
        while let Some((folder, id)) = folders.pop() {
            let tree = repository.find_tree(id).map_err(unreadable)?;
            for entry in tree.iter() {
                let entry = entry.map_err(unreadable)?;
                seen += 1;
                if seen > MOST_ENTRIES {
                    let message = format!("commit {commit} has more than {MOST_ENTRIES} files and folders (the limit `MOST_ENTRIES`)");
                    return Err(Error::new(ErrorKind::Limit, message));
                }
                let Some(path) = join(&folder, entry.filename()) else { continue };
                let id = entry.object_id();
                match entry.kind() {
                    EntryKind::Tree => folders.push((path, id)),
                    kind => drop(entries.insert(path, Entry { kind, id })),
                }
            }
        }
        Ok(CommitTree { repository: self.inner.clone(), commit: commit.to_owned(), entries })
    }

    /// The URLs of the repository's remotes, credentials removed.
    pub fn remote_urls(&self) -> Vec<String> {
        let repository = self.inner.to_thread_local();
        let url = |name: &str| {
            let remote = repository.find_remote(name).ok()?;
            remote.url(gix::remote::Direction::Fetch).map(|url| without_credentials(&url.to_bstring().to_string()))
        };
        repository.remote_names().iter().filter_map(|name| url(&name.to_string())).collect()
    }

    /// Whether only a part of the history was fetched.
    pub fn is_shallow(&self) -> bool {
        self.inner.to_thread_local().is_shallow().unwrap_or(false)
    }

    fn with_history_hint(&self, error: Error) -> Error {
        if self.is_shallow() {
            return error
                .hint("only a part of the history was fetched: check out with `fetch-depth: 0`, or run `git fetch --deepen=500` first");
        }
        error.hint("fetch the branch first: `git fetch origin BRANCH`, and name it `origin/BRANCH`")
    }
}

/// The path of an entry; `None` for a name that no checkout could have.
fn join(folder: &str, name: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(name).ok()?;
    if matches!(name, "" | "." | "..") || name.contains(['/', '\0']) || name.eq_ignore_ascii_case(".git") {
        return None;
    }
    Some(if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") })
}

fn parse_id(commit: &str) -> Result<ObjectId> {
    ObjectId::from_hex(commit.as_bytes()).map_err(|error| Error::new(ErrorKind::Usage, format!("{commit} is not a commit's id: {error}")))
}

/// A remote's URL without a user and a password; `git@host:path` has only a user, which says nothing.
fn without_credentials(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            redact_text(&format!("{scheme}://{host}/{path}"))
        }
        None => url.to_owned(),
    }
}

impl CommitTree {
    /// The commit.
    pub fn commit(&self) -> &str {
        &self.commit
    }

    /// Every file that differs from an older commit's, moved files found.
    ///
    /// # Errors
    /// When contents that must be compared can't be read.
    pub fn changes_since(&self, old: &Self) -> Result<Vec<ChangedFile>> {
        let file = |(path, entry): (&String, &Entry)| entry.is_file().then(|| path.clone());
        let gone = old.entries.iter().filter(|(path, _)| !self.has_file(path)).filter_map(file);
        let mut changed: Vec<ChangedFile> = gone.map(|path| ChangedFile { old: Some(path), new: None }).collect();
        for (path, entry) in self.entries.iter().filter(|(_, entry)| entry.is_file()) {
            match old.entries.get(path).filter(|old| old.is_file()) {
                Some(old) if old.id == entry.id => {}
                Some(_) => changed.push(ChangedFile { old: Some(path.clone()), new: Some(path.clone()) }),
                None => changed.push(ChangedFile { old: None, new: Some(path.clone()) }),
            }
        }
        with_moves(old, self, changed)
    }

    /// The submodules that name another commit than in an older commit, were added or removed: what is in them is not read.
    pub fn submodules_moved_since(&self, old: &Self) -> Vec<String> {
        let submodules = |tree: &'_ Self| -> BTreeMap<String, ObjectId> {
            let of_kind = tree.entries.iter().filter(|(_, entry)| entry.kind == EntryKind::Commit);
            of_kind.map(|(path, entry)| (path.clone(), entry.id)).collect()
        };
        let (was, is) = (submodules(old), submodules(self));
        let mut moved: Vec<String> = is.iter().filter(|(path, id)| was.get(*path) != Some(id)).map(|(path, _)| path.clone()).collect();
        moved.extend(was.into_keys().filter(|path| !is.contains_key(path)));
        moved
    }

    fn has_file(&self, path: &str) -> bool {
        self.entries.get(path).is_some_and(Entry::is_file)
    }
}

impl Entry {
    fn is_file(&self) -> bool {
        matches!(self.kind, EntryKind::Blob | EntryKind::BlobExecutable)
    }
}

impl Tree for CommitTree {
    fn read(&self, path: &str) -> Result<Option<Bytes>> {
        let Some(entry) = self.entries.get(path).filter(|entry| entry.is_file()) else { return Ok(None) };
        let repository = self.repository.to_thread_local();
        let unreadable = |error: gix::Error| {
            Error::new(ErrorKind::Corrupt, format!("{path} of commit {} can't be read: {error}", self.commit))
                .hint("a clone with `--filter` leaves contents out: fetch them with `git fetch --refetch`, or clone without it")
        };
        let size = repository.find_header(entry.id).map_err(unreadable)?.size();
        if size > FILE_BYTES {
            return Err(Error::new(ErrorKind::Limit, format!("{path} has {size} bytes, more than {FILE_BYTES} (the limit `FILE_BYTES`)")));
        }
        let mut blob = repository.find_blob(entry.id).map_err(unreadable)?;
        Ok(Some(blob.take_data().into()))
    }

    fn files(&self, folder: &str) -> Result<Vec<String>> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let below = self.entries.range(prefix.clone()..).take_while(|(path, _)| path.starts_with(&prefix));
        Ok(below.filter(|(_, entry)| entry.is_file()).map(|(path, _)| path.clone()).collect())
    }

    fn outside(&self, path: &str) -> Result<Option<Outside>> {
        let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
        let found = ends.filter_map(|end| self.entries.get(&path[..end])).find_map(|entry| match entry.kind {
            EntryKind::Link => Some(Outside::Link),
            EntryKind::Commit => Some(Outside::Submodule),
            _ => None,
        });
        Ok(found)
    }
}
