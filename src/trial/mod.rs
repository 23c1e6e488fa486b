//! What a release's own renders prove: which defaults matter, what caused a finding, which values undo it. Counterfactual renders, bounded in
//! number.
//!
//! Depends on `render`, `object`, `identity`, `diff`, `classify` and below.

use std::collections::BTreeMap;

pub use crate::classify::Effect;
use crate::value::{Node, Path};

/// What became of the user's own values.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Keys that the old version reads and the new one doesn't.
    pub unread: Vec<UnreadKey>,
    /// Keys that now say what the new default says.
    pub redundant: Vec<Path>,
    /// Keys that hide a changed default.
    pub hiding: Vec<Path>,
}

/// A key the user sets that the new version no longer reads.
#[derive(Debug, Clone)]
pub struct UnreadKey {
    /// The key.
    pub path: Path,
    /// What the user gives it.
    pub value: Node,
    /// The key that likely took its place.
    pub successor: Option<Path>,
    /// Whether the old version read it; when not, it was without effect all along.
    pub old_read: bool,
}

/// Everything that was tried for one release.
#[derive(Debug, Clone, Default)]
pub struct Trials {
    /// By path of the changed default; a default that could not be tried (the bound was reached, a render failed) is left out.
    pub effects: BTreeMap<Path, Effect>,
    /// What became of the user's values.
    pub overrides: Overrides,
    /// How often the chart was rendered.
    pub renders: usize,
    /// Identity- and security-relevant settings that the release takes from defaults, and how many of them moved.
    pub reliance: Reliance,
    /// What happens with `--reuse-values`; `None` when the user has no values or it is the same.
    pub reuse_values: Option<ReuseValues>,
}

/// See [`Trials::reliance`].
#[derive(Debug, Clone, Default)]
pub struct Reliance {
    /// The settings, in the values' order.
    pub settings: Vec<Relied>,
}

/// A setting that is taken from the chart's defaults.
#[derive(Debug, Clone)]
pub struct Relied {
    /// The setting.
    pub path: Path,
    /// The default (the new version's, when two are compared).
    pub value: Node,
    /// What the chart says of it.
    pub description: Option<String>,
    /// Whether the default moved between the two versions.
    pub moved: bool,
}

/// The simulated outcome of `helm upgrade --reuse-values`.
#[derive(Debug, Clone)]
pub struct ReuseValues {
    /// Helm's message when the render fails.
    pub failure: Option<String>,
    /// Settings of the new version that are missing then and that templates read.
    pub missing: Vec<Path>,
    /// `Kind/name` of workloads that come out otherwise than with a plain upgrade.
    pub workloads: Vec<String>,
}
