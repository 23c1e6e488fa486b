//! Bytes from anywhere: a chart reference becomes a [`Package`].
#![allow(clippy::disallowed_methods, reason = "this stage is where disk, network and environment are read")]

mod cache;
pub mod chart_ref;
pub mod credentials;
mod digest;
pub mod folder;
mod helmignore;
mod http;
mod index;
pub mod oci;
pub mod options;
pub mod progress;
pub mod redact;
pub mod well_known;

use bytes::Bytes;

pub use chart_ref::{ChartRef, OciRef, Wanted};
pub use digest::Digest;
pub use options::{Credentials, Options};
pub use progress::{Bars, Progress, Silent};
pub use redact::RedactedUrl;

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
