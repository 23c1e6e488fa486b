//! Bytes from anywhere: a chart reference becomes a [`Package`]. (Module page to be written by whoever builds it.)

pub mod folder;
mod helmignore;

use std::fmt;
use std::path::PathBuf;

use bytes::Bytes;

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

/// A SHA-256 digest. `Display`: `sha256:` and 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Where charts are looked for. (Sketch: the builder of this stage decides the fields.)
#[derive(Debug, Clone)]
pub enum ChartRef {
    /// A chart folder.
    Folder(PathBuf),
    /// A `.tgz` on disk.
    Archive(PathBuf),
}
