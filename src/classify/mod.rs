//! Rules over a comparison: what is risky, how bad, how sure. Depends on `diff`, `identity`, `chart`, `value` and `error`.
//!
//! What differs becomes a flat list of facts; every rule of the [`Catalogue`] looks at each, and the facts that a rule fires on become the
//! places of one [`Finding`] per rule and case. Rules are data (`src/rules/<pack>/<id>.yaml`, see [`rule::RuleText`]); adding one takes no
//! line of code. [`classify`] looks at the charts alone: nothing has been rendered, so its findings are never surer than
//! [`Confidence::Possible`]. [`classify_release`] looks at what a release renders of both versions; [`weigh()`] puts the two together.

pub mod catalogue;
mod condition;
mod fact;
mod finding;
pub(crate) mod glob;
mod matching;
mod message;
pub mod page;
mod reads;
mod relative;
mod release;
pub mod rule;
pub mod settings;
mod weigh;

use std::collections::BTreeMap;

pub use catalogue::Catalogue;
pub use release::{ReleaseSubject, classify_release};
pub use settings::Settings;
pub use weigh::{Effect, Weights, weigh};

use crate::chart::Chart;
use crate::diff::{ChangeKind, Comparison, Missing};
use crate::value::{Node, Path};

/// What is looked at: both versions of a chart, and what differs between them.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The old version.
    pub old: &'a Chart,
    /// The new version.
    pub new: &'a Chart,
    /// What differs.
    pub comparison: &'a Comparison,
}

/// What the rules say.
#[derive(Debug, Default)]
pub struct Classified {
    /// The findings: those that count before ignored ones, then by severity, worst first, then by rule.
    pub findings: Vec<Finding>,
    /// Ignores that matched nothing or have expired, as sentences.
    pub unused_ignores: Vec<String>,
    /// Rules that could not be evaluated on something; a verdict with any is not complete.
    pub missing: Vec<Missing>,
}

/// Runs every rule of the catalogue over a comparison. The result depends on the arguments alone.
pub fn classify(subject: &Subject<'_>, catalogue: &Catalogue, settings: &Settings) -> Classified {
    finding::findings(subject, catalogue, settings)
}

/// The answer: the worst level and the counts of findings that are not ignored, and everything that is missing from the comparison or the
/// classification.
pub fn verdict(comparison: &Comparison, classified: &Classified) -> Verdict {
    let mut counts = BTreeMap::new();
    for finding in classified.findings.iter().filter(|finding| finding.ignored.is_none()) {
        *counts.entry(finding.severity).or_insert(0) += 1;
    }
    let level = counts.keys().next_back().copied();
    Verdict { level, counts, missing: comparison.missing.iter().chain(&classified.missing).cloned().collect() }
}

/// How bad a finding is, worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Worth a look.
    Low,
    /// Degraded or latent, or touches what others rely on.
    Medium,
    /// The login fails unless a fact outside the chart saves it.
    High,
    /// Pods can't start, or the login surely fails.
    Critical,
}

impl Severity {
    /// The level in one word: `critical`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// How sure a finding is, surest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Only a default or the text of a template changed.
    Possible,
    /// Visible in the renders, but the damage depends on a fact outside the chart.
    Likely,
    /// Visible in both renders, and the effect follows from Kubernetes' or the webhook's source.
    Confirmed,
}

/// One thing to know before upgrading, with all the places it was seen at.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule's id.
    pub rule: String,
    /// The rule pack: `azure-workload-identity`, or the name of a user's rules file.
    pub pack: String,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// A headline without chart text in it.
    pub title: String,
    /// What changed here, in a sentence or two; carries chart text.
    pub message: String,
    /// Why it matters; the rule's own text.
    pub why: String,
    /// `Kind/name` of the workloads it affects; none when nothing was rendered, or when it affects none.
    pub workloads: Vec<String>,
    /// The places.
    pub changes: Vec<Place>,
    /// What else changed next to those places and matters more or as much ("serviceAccount.create: false → true").
    pub beside: Vec<Place>,
    /// What brought it about, found by rendering again; none when that was not tried or not found.
    pub causes: Vec<Cause>,
    /// What to do.
    pub fix: Option<Fix>,
    /// Where to read more.
    pub references: Vec<String>,
    /// Set when the configuration ignores it: the reason given there.
    pub ignored: Option<String>,
}

/// What a finding says of one thing, however it is worded and grouped: the rule, and the pod, account, object, setting or file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The rule's id.
    pub rule: String,
    /// `Kind/name` of a rendered thing; else the path of a place.
    pub about: String,
}

impl Finding {
    /// The keys of all it says: of findings from two renders, those with a key in common say the same of the same thing.
    pub fn keys(&self) -> std::collections::BTreeSet<Key> {
        let key = |about: String| Key { rule: self.rule.clone(), about };
        if self.confidence == Confidence::Possible {
            return self.changes.iter().map(|place| key(place.path.to_string())).collect();
        }
        let things = self.changes.iter().filter_map(|place| place.path.steps().first());
        let named = things.map(|step| key(matching::step_text(step).to_string()));
        named.chain(self.workloads.iter().map(|workload| key(workload.clone()))).collect()
    }
}

/// What brought a finding about.
#[derive(Debug, Clone)]
pub enum Cause {
    /// A default that moved: with it put back, the finding disappears.
    Value(Box<Place>),
    /// The template itself: no default explains the finding.
    Template {
        /// The file, by path in the root chart.
        file: String,
        /// The lines of the new file that wrote what the finding is about, from 1; of the old one when the new file is gone.
        lines: Vec<u32>,
        /// The values paths that were read there.
        reads: Vec<Path>,
    },
    /// A chart that was brought along moved, and the default or template that did it is in it.
    Dependency {
        /// The path of its values in the root's.
        path: Path,
        /// Its old version.
        old_version: Option<String>,
        /// Its new version.
        new_version: Option<String>,
    },
}

/// Where a finding was seen.
#[derive(Debug, Clone)]
pub struct Place {
    /// The values path, the template's path as a single key, or the dependency's path.
    pub path: Path,
    /// What happened.
    pub kind: ChangeKind,
    /// The old value or text.
    pub old: Option<Node>,
    /// The new value or text.
    pub new: Option<Node>,
    /// The file, by path in the root chart.
    pub file: String,
    /// The line in the old file.
    pub old_line: Option<u32>,
    /// The line in the new file.
    pub new_line: Option<u32>,
    /// What the chart says of the setting.
    pub description: Option<String>,
    /// What the rule remarks on this place alone; carries chart text.
    pub note: Option<String>,
}

/// What would keep the old behaviour.
#[derive(Debug, Clone, Default)]
pub struct Fix {
    /// A sentence: "Set both explicitly in your values."
    pub text: String,
    /// Values to set: path and value.
    pub values: Vec<(Path, Node)>,
    /// Whether a render with them was seen to keep the old behaviour.
    pub verified: bool,
    /// The only way of setting them that was seen to work, when the other doesn't: flags of the user's win over a values file.
    pub only_as: Option<Form>,
    /// Why no values are known to keep the old behaviour, when some were looked for; carries chart text.
    pub unverified: Option<String>,
}

/// How values are set next to the user's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// As a values file after the user's files.
    File,
    /// As `--set` flags after the user's flags.
    Flags,
}

/// The answer in one line.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The worst level among findings that are not ignored.
    pub level: Option<Severity>,
    /// How many findings there are of each level, ignored ones left out.
    pub counts: BTreeMap<Severity, usize>,
    /// What could not be compared; the verdict is complete when this is empty.
    pub missing: Vec<Missing>,
}
