//! `helm upgrade --reuse-values`, simulated (`reuseValues` in `pkg/action/upgrade.go` of Helm 3.17): the old release's computed values
//! take the place of the new chart's defaults. Depends on `render` and `object`.

use super::ReuseValues;
use super::layer::{self, nowhere};
use super::runs::Runs;
use crate::diff::ChangeKind;
use crate::object;
use crate::render::Rendered;

/// What comes out when the user upgrades with `--reuse-values` and the same values; `None` when it is the plain upgrade, or could not be tried.
pub(super) fn reuse_values(runs: &mut Runs<'_>) -> Option<ReuseValues> {
    let case = runs.case;
    let at = nowhere("values of the old release");
    // Helm stores a release as JSON, so that its numbers come back as those of YAML.
    let kept = case.old.values(case.overrides, &at).ok()?;
    if !runs.take() {
        return None;
    }
    let reused = case.new.with_defaults(kept);
    let values = reused.values(case.overrides, &at).ok();
    let missing = case.comparison.values.changes.iter().filter(|change| {
        let is_absent = values.as_ref().is_some_and(|values| layer::at(values, &layer::settable(&change.path)).is_none());
        change.kind == ChangeKind::Added && is_absent && case.new_render.reads.as_ref().is_none_or(|reads| reads.see(&change.path))
    });
    let missing = missing.map(|change| change.path.clone()).collect();
    match reused.render(case.overrides, case.release, case.capabilities) {
        Ok(rendered) => {
            let workloads = differing_workloads(case.new_render, &rendered, &case.release.namespace);
            let reuse = ReuseValues { failure: None, missing, workloads };
            (!reuse.missing.is_empty() || !reuse.workloads.is_empty()).then_some(reuse)
        }
        Err(error) => Some(ReuseValues { failure: Some(error.to_string()), missing, workloads: Vec::new() }),
    }
}

/// `Kind/name` of workloads that the two renders don't have alike.
fn differing_workloads(plain: &Rendered, reused: &Rendered, namespace: &str) -> Vec<String> {
    let (plain, reused) = (object::objects(plain, namespace), object::objects(reused, namespace));
    let mut labels = Vec::new();
    for (these, others) in [(&plain, &reused), (&reused, &plain)] {
        for one in these.iter().filter(|one| one.pod_template().is_some()) {
            let same = others.iter().any(|other| other.id == one.id && other.node.same(one.node));
            if !same && !labels.contains(&one.id.label()) {
                labels.push(one.id.label());
            }
        }
    }
    labels
}
