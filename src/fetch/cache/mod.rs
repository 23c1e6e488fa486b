//! What was fetched before, on disk.
//!
//! ```text
//! <cache>/
//!   packages-v1/<digest>.tgz     chart archives, immutable, named by the SHA-256 of their bytes
//!   indexes-v1/<hash of key>     index.yaml files with their HTTP cache policy
//!   pointers-v1/<hash of key>    which digest a URL or an OCI reference had, so that it is found again offline
//!   partial/                     files being written
//! ```
//!
//! A file is written under `partial/` and renamed, so that readers (of other runs, too) see it whole or not at all; what a killed run left
//! in `partial/` is removed after a day. Every read is checked: packages against their digest, the others against a checksum; what fails
//! is removed and fetched again. A cache that can't be written is given up for the run, with one notice. A bucket whose format changes
//! gets a new name. Uses `error` indirectly only: nothing here fails a run.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use flate2::Crc;

use super::Digest;
use super::progress::Progress;

const PACKAGES: &str = "packages-v1";
const PARTIAL: &str = "partial";

/// Age at which a file in `partial/` belongs to no living run.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// Records that are found by a key rather than by their content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bucket {
    /// Index files.
    Indexes,
    /// Digests of packages.
    Pointers,
}

impl Bucket {
    fn folder(self) -> &'static str {
        match self {
            Self::Indexes => "indexes-v1",
            Self::Pointers => "pointers-v1",
        }
    }
}

/// The cache of one run.
pub(super) struct Cache<'a> {
    /// None: there is no cache.
    root: Option<PathBuf>,
    progress: &'a dyn Progress,
    /// Set by the first failed write.
    given_up: AtomicBool,
    swept: Once,
}

impl<'a> Cache<'a> {
    /// The cache in a folder that needn't exist yet.
    pub(super) fn new(root: Option<PathBuf>, progress: &'a dyn Progress) -> Self {
        Self { root, progress, given_up: AtomicBool::new(false), swept: Once::new() }
    }

    /// The package with this digest.
    pub(super) fn package(&self, digest: &Digest) -> Option<Bytes> {
        let path = self.root.as_ref()?.join(PACKAGES).join(format!("{}.tgz", digest.hex()));
        let bytes = fs::read(&path).ok()?;
        if Digest::of(&bytes) == *digest {
            return Some(bytes.into());
        }
        remove(&path);
        None
    }

    /// Keeps a package under its digest.
    pub(super) fn keep_package(&self, digest: &Digest, bytes: &[u8]) {
        let name = format!("{}.tgz", digest.hex());
        let exists = self.root.as_ref().is_some_and(|root| root.join(PACKAGES).join(&name).exists());
        if !exists {
            self.write(PACKAGES, &name, &[bytes]);
        }
    }

    /// What was remembered under this key.
    pub(super) fn recall(&self, bucket: Bucket, key: &str) -> Option<Bytes> {
        let path = self.root.as_ref()?.join(bucket.folder()).join(record_name(key));
        let file = Bytes::from(fs::read(&path).ok()?);
        let payload = open_record(&file);
        if payload.is_none() {
            remove(&path);
        }
        payload
    }

    /// Keeps the parts, one after the other, under a key. Replaces what was there.
    pub(super) fn remember(&self, bucket: Bucket, key: &str, parts: &[&[u8]]) {
        if self.root.is_none() {
            return;
        }
        let header = record_header(parts);
        let whole: Vec<&[u8]> = std::iter::once(header.as_bytes()).chain(parts.iter().copied()).collect();
        self.write(bucket.folder(), &record_name(key), &whole);
    }

    fn write(&self, folder: &str, name: &str, parts: &[&[u8]]) {
        let Some(root) = &self.root else { return };
        if self.given_up.load(Ordering::Relaxed) {
            return;
        }
        self.swept.call_once(|| sweep(&root.join(PARTIAL)));
        if let Err(error) = write_whole(root, folder, name, parts) {
            self.given_up.store(true, Ordering::Relaxed);
            self.progress.notice(format!("the cache in {} can't be written ({error}): going on without it", root.display()));
        }
    }
}

/// Writes a file so that it appears at once and whole.
fn write_whole(root: &Path, folder: &str, name: &str, parts: &[&[u8]]) -> io::Result<()> {
    let (partial, folder) = (root.join(PARTIAL), root.join(folder));
    create_private(&partial)?;
    create_private(&folder)?;
    let mut file = tempfile::NamedTempFile::new_in(&partial)?;
    parts.iter().try_for_each(|part| file.write_all(part))?;
    file.flush()?;
    file.persist(folder.join(name)).map_err(|failed| failed.error)?;
    Ok(())
}

/// Makes a folder and what is above it; private charts are nobody else's business.
fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Removes what runs that were killed left behind.
fn sweep(partial: &Path) {
    let now = SystemTime::now();
    for entry in fs::read_dir(partial).into_iter().flatten().flatten() {
        let modified = entry.metadata().and_then(|data| data.modified());
        if modified.is_ok_and(|time| now.duration_since(time).is_ok_and(|age| age > ABANDONED)) {
            remove(&entry.path());
        }
    }
}

/// Removes a file that is of no use. Another run may have done it already, and a read-only cache keeps it.
fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}

fn record_name(key: &str) -> String {
    Digest::of(key.as_bytes()).hex()
}

/// The first line of a record: checksum and length of what follows.
fn record_header(parts: &[&[u8]]) -> String {
    let mut crc = Crc::new();
    parts.iter().for_each(|part| crc.update(part));
    let length: usize = parts.iter().map(|part| part.len()).sum();
    format!("{:08x} {length}\n", crc.sum())
}

fn open_record(file: &Bytes) -> Option<Bytes> {
    let end = memchr::memchr(b'\n', file)? + 1;
    let payload = file.slice(end..);
    (record_header(&[&payload]).as_bytes() == &file[..end]).then_some(payload)
}

#[cfg(test)]
mod tests;
