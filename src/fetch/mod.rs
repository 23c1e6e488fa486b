//! Bytes from anywhere: a chart reference becomes a [`Package`].
//!
//! # Where charts live
//!
//! A chart is a folder, or that folder packed as a gzipped tar archive (`NAME-VERSION.tgz`). People name one in six ways, and
//! [`ChartRef::parse`] tells them apart as Helm does:
//!
//! | written | kind | read by |
//! |---|---|---|
//! | `./thanos` | a folder, `.helmignore` honoured | [`folder`] |
//! | `thanos-12.20.2.tgz` | an archive on disk | this file |
//! | `https://host/thanos-12.20.2.tgz` | an archive behind a URL | `repository` |
//! | `thanos` with `--repo URL` | a Helm HTTP repository | `repository`, `index` |
//! | `bitnami/thanos` | a repository of Helm's `repositories.yaml`, or of the built-in list | `repositories`, [`well_known`] |
//! | `oci://host/charts/thanos` | an OCI registry | [`oci`], [`credentials`] |
//!
//! A *Helm HTTP repository* is a folder on a web server with an `index.yaml`: every version of every chart with the URLs of its archive and
//! the archive's SHA-256. Indexes grow to tens of megabytes, so `index` reads only the lines of the one chart. An index may name archives
//! on other hosts, in registries, or relative to itself.
//!
//! # What is promised
//!
//! * Credentials go to the scheme, host and port they were given for, and nowhere else: not with redirects, not to the URLs an index names,
//!   unless `--pass-credentials` says so. No text that leaves this stage shows them.
//! * Bytes that come with a digest are checked against it, from the network and from the cache.
//! * Every wait and every size has a limit, all in [`Options`].
//! * Nothing is written but the cache, whose layout is drawn in `cache`. A run that is killed leaves no half-written package.
//!
//! With `publish`, which borrows its connections, the stage is the only one that knows the network. Inside it is asynchronous, on one thread: [`fetch_pair`] gets both sides at once.
#![allow(clippy::disallowed_methods, reason = "this stage is where disk, network and environment are read")]

mod cache;
pub mod chart_ref;
pub mod credentials;
pub mod dependencies;
mod digest;
pub mod folder;
pub mod git;
mod helmignore;
mod http;
mod index;
pub mod oci;
pub mod options;
pub mod progress;
pub mod redact;
mod repositories;
mod repository;
mod session;
pub mod tree;
pub mod well_known;

use std::fs;
use std::path::Path;

use bytes::Bytes;
use futures_util::StreamExt as _;

pub use chart_ref::{ChartRef, OciRef, Wanted};
pub use digest::Digest;
pub(crate) use http::{Answer, Exchanges, Lost, Question};
pub use options::{Credentials, Options};
pub use progress::{Bars, Progress, Silent};
pub use redact::RedactedUrl;
pub use repositories::name_of as repository_name;

use crate::error::{Context as _, Error, ErrorKind, Result};
use session::Session;

/// A chart as it was delivered, unopened.
#[derive(Debug, Clone)]
pub struct Package {
    /// The bytes.
    pub content: Content,
    /// Where it came from, without credentials: a path, a URL, `oci://registry/repository:tag`.
    pub origin: String,
    /// The digest of an archive's bytes; a folder has none.
    pub digest: Option<Digest>,
}

/// What was delivered.
#[derive(Debug, Clone)]
pub enum Content {
    /// A gzipped tar archive.
    Archive(Bytes),
    /// A folder's files in Helm's walking order, those that `.helmignore` names left out.
    Folder(Vec<RawFile>),
}

/// A file of a chart folder.
#[derive(Debug, Clone)]
pub struct RawFile {
    /// The path inside the chart, with `/`.
    pub path: String,
    /// The content as it is on disk.
    pub bytes: Bytes,
}

/// Gets both sides of a comparison at once. An index that both need is fetched once.
///
/// # Errors
/// The old side's failure, else the new side's, with the side in its context: `NotFound` for what doesn't exist (the nearest names or versions are
/// hints), `Denied` for missing or refused credentials, `Network` after the last retry, `Corrupt` for a wrong digest, `Limit` for what is too
/// large, `Usage` for unusable settings, `Io` when the disk can't be read.
pub fn fetch_pair(old: &ChartRef, new: &ChartRef, options: &Options, progress: &dyn Progress) -> Result<(Package, Package)> {
    let session = Session::new(options, progress);
    let side = async |name: &str, reference: &ChartRef| {
        get(&session, reference).await.doing(|| format!("cannot get the {name} chart, {reference}"))
    };
    run(async {
        // Both to the end: which of two failures is told must not depend on which server is faster.
        let (old, new) = tokio::join!(side("old", old), side("new", new));
        Ok((old?, new?))
    })
}

/// Gets one chart.
///
/// # Errors
/// Those of [`fetch_pair`].
pub fn fetch_one(reference: &ChartRef, options: &Options, progress: &dyn Progress) -> Result<Package> {
    let session = Session::new(options, progress);
    run(async { get(&session, reference).await.doing(|| format!("cannot get the chart {reference}")) })
}

/// How many charts of [`fetch_all`] are on their way at once.
const AT_ONCE: usize = 8;

/// Gets many charts, several at once; an index that many need is fetched once. One that fails doesn't keep the others from coming: the
/// answers stand in the order of the references, each with the failure of its own, as in [`fetch_pair`].
///
/// # Errors
/// `Io` when the system gives no resources for downloads.
pub fn fetch_all(references: &[ChartRef], options: &Options, progress: &dyn Progress) -> Result<Vec<Result<Package>>> {
    let session = Session::new(options, progress);
    let fetch = async |reference: &ChartRef| get(&session, reference).await.doing(|| format!("cannot get the chart {reference}"));
    run(async { Ok(futures_util::stream::iter(references).map(fetch).buffered(AT_ONCE).collect().await) })
}

/// Runs to the end on this thread.
fn run<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Error::new(ErrorKind::Io, format!("the system gives no resources for downloads: {error}")))?.block_on(work)
}

async fn get(session: &Session<'_>, reference: &ChartRef) -> Result<Package> {
    match reference {
        ChartRef::Folder(path) => read_folder(path, session),
        ChartRef::Archive(path) => read_archive(path, session.options.limits.package_bytes),
        ChartRef::Url(url) => repository::by_package_url(session, url).await,
        ChartRef::Oci(reference) => oci::fetch(reference, session.options, session.progress).await,
        ChartRef::Repository { url, chart, wanted } => repository::by_url(session, url, chart, wanted).await,
        ChartRef::Named { repository, chart, wanted } => repository::by_name(session, repository, chart, wanted).await,
    }
}

fn read_folder(path: &Path, session: &Session<'_>) -> Result<Package> {
    let folder = folder::read(path, &session.options.folder)?;
    folder.notices.into_iter().for_each(|notice| session.progress.notice(notice));
    Ok(Package { content: Content::Folder(folder.files), origin: path.display().to_string(), digest: None })
}

fn read_archive(path: &Path, limit: u64) -> Result<Package> {
    use std::io::Read as _;
    let failed = |error: std::io::Error| {
        Error::new(ErrorKind::Io, format!("{} can't be read: {error}", path.display())).hint("check the path and its permissions")
    };
    let file = fs::File::open(path).map_err(failed)?;
    let expected = file.metadata().map_or(0, |known| known.len().min(limit) as usize);
    let mut bytes = Vec::with_capacity(expected + 1);
    file.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit {
        let message = format!("{} is larger than {} MiB, the most that is taken", path.display(), limit >> 20);
        return Err(Error::new(ErrorKind::Limit, message).hint("check that it is a chart; `helm package` keeps out what .helmignore names"));
    }
    let digest = Some(Digest::of(&bytes));
    Ok(Package { content: Content::Archive(bytes.into()), origin: path.display().to_string(), digest })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_archives_come_from_disk() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("Chart.yaml"), "name: a\n").unwrap();
        let archive = folder.path().join("a.tgz");
        fs::write(&archive, "packed").unwrap();
        let (old, new) = (ChartRef::Folder(folder.path().into()), ChartRef::Archive(archive.clone()));
        let (old, new) = fetch_pair(&old, &new, &Options::default(), &Silent::default()).unwrap();
        assert!(matches!(&old.content, Content::Folder(files) if files.iter().any(|file| file.path == "Chart.yaml")), "{old:?}");
        assert_eq!((old.digest, new.digest), (None, Some(Digest::of(b"packed"))));
        assert_eq!(new.origin, archive.display().to_string());
    }

    #[test]
    fn an_archive_on_disk_has_the_same_limit_as_a_download() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), [0; 11]).unwrap();
        assert_eq!(read_archive(file.path(), 10).unwrap_err().kind(), ErrorKind::Limit);
        assert!(read_archive(file.path(), 11).is_ok());
        assert_eq!(read_archive(Path::new("/nowhere.tgz"), 10).unwrap_err().kind(), ErrorKind::Io);
    }
}
