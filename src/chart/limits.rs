//! How much a chart may hold. The two limits that Helm 3.17.3 has (`pkg/chart/loader/archive.go`) stand beside those that keep a hostile
//! package from eating the machine. Depends on `value` and `error`.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::value::{Data, Node, Source, yaml};

/// The limits of [`open`](super::open). Sizes are in bytes, after decompression.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// All files of one archive together (Helm's `MaxDecompressedChartSize`). Archives inside an archive count anew.
    pub chart_bytes: u64,
    /// One file (Helm's `MaxDecompressedFileSize`).
    pub file_bytes: u64,
    /// All files of the package and of the archives inside it together.
    pub total_bytes: u64,
    /// Files and folders of the package and of the archives inside it together.
    pub entries: usize,
    /// The name of one file.
    pub path_bytes: usize,
    /// How many times its packed size an archive may unpack to; archives that unpack to less than [`Self::ratio_from`] are not asked.
    pub ratio: u64,
    /// See [`Self::ratio`].
    pub ratio_from: u64,
    /// Charts inside charts, as folders or archives; the root is at depth 0.
    pub depth: usize,
    /// The places where charts of the tree are mounted (a chart that goes by two names has two), and what one chart may declare or pack.
    pub mounts: usize,
    /// What one YAML file may hold; `nodes` is for all of the package's together.
    pub yaml: yaml::Limits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            chart_bytes: 100 << 20,
            file_bytes: 5 << 20,
            total_bytes: 256 << 20,
            entries: 50_000,
            path_bytes: 4_096,
            ratio: 200,
            ratio_from: 16 << 20,
            depth: 32,
            mounts: 4_096,
            yaml: yaml::Limits { nodes: 2_000_000, ..yaml::Limits::default() },
        }
    }
}

/// What is left of the limits that hold for a package as a whole.
pub(super) struct Budget<'a> {
    /// All limits.
    pub(super) limits: &'a Limits,
    bytes: u64,
    entries: usize,
    nodes: usize,
}

impl<'a> Budget<'a> {
    pub(super) fn new(limits: &'a Limits) -> Self {
        Self { limits, bytes: limits.total_bytes, entries: limits.entries, nodes: limits.yaml.nodes }
    }

    /// Counts an entry of an archive or a file of a folder.
    pub(super) fn take_entry(&mut self) -> Result<()> {
        self.entries = self.entries.checked_sub(1).ok_or_else(|| {
            Error::new(ErrorKind::Limit, format!("the chart and the archives in it hold more than {} files", self.limits.entries))
        })?;
        Ok(())
    }

    /// Counts the content of a file.
    pub(super) fn take_bytes(&mut self, count: u64) -> Result<()> {
        self.bytes = self.bytes.checked_sub(count).ok_or_else(|| {
            Error::new(
                ErrorKind::Limit,
                format!("the chart and the archives in it unpack to more than {} bytes in all", self.limits.total_bytes),
            )
        })?;
        Ok(())
    }

    /// Reads a YAML file with the nodes that are left, and counts those it has.
    pub(super) fn read_yaml(&mut self, source: &Arc<Source>) -> Result<Node> {
        let node = yaml::read(source, &yaml::Limits { nodes: self.nodes, ..self.limits.yaml })?;
        self.nodes = self.nodes.saturating_sub(count(&node));
        Ok(node)
    }
}

/// The nodes of a tree, its own root among them.
fn count(node: &Node) -> usize {
    1 + match &node.data {
        Data::List(items) => items.iter().map(count).sum(),
        Data::Map(map) => map.values().map(|entry| 1 + count(&entry.value)).sum(),
        _ => 0,
    }
}
