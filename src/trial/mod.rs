//! What a release's own renders prove: which defaults matter, what caused a finding, which values undo it. Counterfactual renders, bounded in
//! number.
//!
//! ```text
//! Case ─▶ moved (changed defaults, as they can be put back) ─▶ effects (put back in sets that share no line) ─▶ causes ─▶ fixes ─▶ Trials
//!         lines (which template line wrote what) ─────────────────────────────────────────────────────────────┘    └── candidates
//!         user (the user's keys), reuse (--reuse-values), pin (what is taken from defaults), assume: beside it
//! runs: every render once, side by side, at most Case::max_renders; judged: what a render comes to
//! changed: in which lines renders differ, and who reads them; sets, search: which defaults to try together
//! ```
//!
//! The answers don't depend on time or on the number of processors. Depends on `render`, `object`, `identity`, `diff`, `classify` and below.

mod assume;
mod candidates;
mod causes;
mod changed;
mod effects;
mod fixes;
mod flags;
mod judged;
mod layer;
mod lines;
mod moved;
mod pin;
mod reuse;
mod runs;
mod search;
mod sets;
#[cfg(test)]
mod tests;
mod user;

use std::collections::BTreeMap;

pub use crate::classify::Effect;
use crate::classify::{Confidence, Finding, Form, Key};
use crate::diff::{self, Comparison, Missing};
use crate::identity::Identities;
use crate::render::{self, Capabilities, Prepared, Release, Rendered};
use crate::value::{Node, Path};

pub use assume::assumed;
pub use causes::stated;
pub use flags::flag;
pub use judged::{Judge, Judged};
pub use pin::{Pinned, pin};

/// Values to set: paths of keys, and what they get. Null takes a default away.
pub type Values = Vec<(Path, Node)>;

/// Values as one nested mapping: what [`render::Overrides::under`] lays over the user's.
pub fn as_node(values: &Values) -> Node {
    layer::layer(values.iter().map(|(path, value)| (path, Some(value))), &layer::nowhere("values to set"))
}

/// How many renders one release may cost.
pub const MAX_RENDERS: usize = 200;

/// A release of which both versions were rendered.
pub struct Case<'a> {
    /// The old version, for stable renders.
    pub old: &'a Prepared,
    /// The new version, for stable renders.
    pub new: &'a Prepared,
    /// The new version, for stable and traced renders.
    pub new_traced: &'a Prepared,
    /// The user's values.
    pub overrides: &'a render::Overrides,
    /// The release.
    pub release: &'a Release,
    /// What it is rendered for.
    pub capabilities: &'a Capabilities,
    /// What differs between the charts.
    pub comparison: &'a Comparison,
    /// The old version's stable and traced render with the user's values.
    pub old_render: &'a Rendered,
    /// The new version's.
    pub new_render: &'a Rendered,
    /// Who the old version's pods are.
    pub old_identities: &'a Identities,
    /// Who the new version's are.
    pub new_identities: &'a Identities,
    /// Says what a render of the new version comes to.
    pub judge: &'a Judge<'a>,
    /// The most renders to make, [`MAX_RENDERS`] unless a test has another number.
    pub max_renders: usize,
}

/// What became of the user's own values.
#[derive(Debug, Clone, Default)]
pub struct UserKeys {
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
    pub user_keys: UserKeys,
    /// How often the chart was rendered.
    pub renders: usize,
    /// Identity- and security-relevant settings that the release takes from defaults, and how many of them moved.
    pub reliance: Reliance,
    /// What happens with `--reuse-values`; `None` when the user has no values or it is the same.
    pub reuse_values: Option<ReuseValues>,
    /// One set of values for all findings together; `None` when there is nothing to set.
    pub fix: Option<Combined>,
    /// What could not be tried, and why; the trials are complete when this is empty.
    pub missing: Vec<Missing>,
}

/// The fixes of all findings as one set of values.
#[derive(Debug, Clone)]
pub struct Combined {
    /// What to set, in the order of the chart's values.
    pub values: Values,
    /// Whether a render with all of it was seen to keep the old behaviour, and nothing to be worse.
    pub verified: bool,
    /// The only way of setting them that was seen to work, when the other doesn't.
    pub only_as: Option<Form>,
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

/// Tries what a release's renders can prove, and writes causes and fixes into the findings that the renders show and nobody ignores.
///
/// What can't be tried, because a render fails or the bound is reached, is left out and said in [`Trials::missing`].
pub fn examine(case: &Case<'_>, findings: &mut [Finding]) -> Trials {
    let at = layer::nowhere("the user's values");
    let user = match case.overrides.node(case.new.profile(), &at) {
        Ok(user) => user,
        Err(error) => {
            let missing = Missing { part: "trials".to_owned(), reason: error.to_string() };
            return Trials { missing: vec![missing], ..Trials::default() };
        }
    };
    let old_defaults = diff::default_values(case.old.chart());
    let moved = moved::moved(case.comparison, &old_defaults, case.new.chart());
    let mut runs = runs::Runs::new(case, &moved);
    let effects = effects::effects(&mut runs, &user);
    let user_keys = user::user_keys(case, &user);
    let fix = explain(&mut runs, &effects, &user_keys, findings);
    let reuse_values = if user.as_map().is_some_and(|map| !map.is_empty()) { reuse::reuse_values(&mut runs) } else { None };
    let reads = case.new_render.reads.clone().unwrap_or_default();
    Trials {
        effects: by_path(case, &moved, &effects),
        user_keys,
        renders: runs.made(),
        reliance: pin::reliance(case.new.chart(), &user, &reads, Some(case.comparison)),
        reuse_values,
        fix,
        missing: missing(&runs, &effects),
    }
}

/// Finds causes and fixes of the findings that renders show.
fn explain(runs: &mut runs::Runs<'_>, effects: &effects::Effects, user_keys: &UserKeys, findings: &mut [Finding]) -> Option<Combined> {
    let tried = |finding: &&mut Finding| finding.confidence > Confidence::Possible && finding.ignored.is_none();
    let plain = std::sync::Arc::clone(&runs.plain);
    let keys_of = |finding: &Finding| -> Vec<Key> { finding.keys().into_iter().filter(|key| plain.findings.contains_key(key)).collect() };
    let wanted: Vec<Key> = findings.iter_mut().filter(tried).flat_map(|finding| keys_of(finding)).collect();
    let culprits = causes::culprits(runs, effects, &wanted);
    let mut fixed = Vec::new();
    for finding in findings.iter_mut().filter(tried) {
        let keys = keys_of(finding);
        finding.causes = causes::causes(runs, &keys, &culprits);
    }
    let mut fixer = fixes::Fixer::new(runs, effects, &culprits, user_keys);
    let with_keys = findings.iter_mut().filter(tried).map(|finding| (keys_of(finding), finding)).filter(|(keys, _)| !keys.is_empty());
    let mut with_keys: Vec<(&mut Finding, Vec<Key>)> = with_keys.map(|(keys, finding)| (finding, keys)).collect();
    for (finding, keys) in &mut with_keys {
        fixer.fix(finding, keys);
    }
    fixer.fix_together(&mut with_keys);
    for (finding, keys) in with_keys {
        if let Some(fix) = finding.fix.as_ref().filter(|fix| fix.verified) {
            fixed.push((keys, fix.values.clone()));
        }
    }
    fixer.combined(&fixed)
}

/// The effects by the paths of the comparison.
fn by_path(case: &Case<'_>, moved: &[moved::Moved], effects: &effects::Effects) -> BTreeMap<Path, Effect> {
    let known = moved.iter().zip(&effects.of).filter_map(|(moved, effect)| Some((moved, (*effect)?)));
    let changes = &case.comparison.values.changes;
    known
        .flat_map(|(moved, effect)| moved.changes.iter().filter_map(move |index| Some((changes.get(*index)?.path.clone(), effect))))
        .collect()
}

fn missing(runs: &runs::Runs<'_>, effects: &effects::Effects) -> Vec<Missing> {
    let mut missing = Vec::new();
    let untried = effects.of.iter().filter(|effect| effect.is_none()).count();
    if untried > 0 {
        let part = format!("the effect of {untried} changed {}", if untried == 1 { "default" } else { "defaults" });
        missing.push(Missing { part, reason: "it could not be tried: the bound of renders was reached".to_owned() });
    }
    if runs.refused > 0 {
        let reason = format!("the bound of {} renders was reached", runs.case.max_renders);
        missing.push(Missing { part: format!("{} trials", runs.refused), reason });
    }
    missing
}
