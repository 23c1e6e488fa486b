//! A review in words, tables and JSON. Depends on `classify`, `diff`, `chart` and `value`; never on the network or the disk.

use crate::classify::{Finding, Verdict};
use crate::diff::Comparison;

/// One side of a review: the chart as it was found.
#[derive(Debug, Clone)]
pub struct Side {
    /// The chart's version.
    pub version: String,
    /// The application's version.
    pub app_version: String,
    /// Where it came from, without credentials.
    pub source: String,
    /// The archive's digest.
    pub digest: Option<String>,
}

/// A finished review: the only thing the formats see.
#[derive(Debug, Clone)]
pub struct Report {
    /// The chart's name.
    pub chart: String,
    /// The old side.
    pub old: Side,
    /// The new side.
    pub new: Side,
    /// `major`, `minor`, `patch`, `prerelease`, `none`, `downgrade`, `other`.
    pub step: &'static str,
    /// The answer.
    pub verdict: Verdict,
    /// The findings, worst first.
    pub findings: Vec<Finding>,
    /// Ignores of the configuration that matched nothing.
    pub unused_ignores: Vec<String>,
    /// All that differs.
    pub comparison: Comparison,
}
