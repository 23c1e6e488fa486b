//! What an upgrade means for one release: both versions rendered, objects and pods compared, rules run on them, causes and fixes tried.

use std::sync::Arc;
use std::thread;

use super::Settings;
use super::judge::Plain;
use crate::chart::Chart;
use crate::classify::{self, Catalogue, Classified, Finding, ReleaseSubject, Weights};
use crate::diff::objects::ObjectsDiff;
use crate::diff::{self, Comparison, Missing};
use crate::error::{Error, ErrorKind, Result};
use crate::identity::{self, Facts, Identities};
use crate::object::objects;
use crate::render::{Capabilities, Overrides, Prepared, Release, Rendered};
use crate::report::ReleaseReview;
use crate::template::{Limits, Profile};
use crate::trial::{self, Case, Judged};

/// The release that is upgraded.
#[derive(Debug, Clone)]
pub struct ReleaseSettings {
    /// Its name and namespace.
    pub release: Release,
    /// The user's values.
    pub overrides: Overrides,
    /// The Helm version to render as.
    pub profile: Profile,
    /// What templates see of the cluster.
    pub capabilities: Capabilities,
    /// What is known of the cluster and of Entra.
    pub facts: Facts,
    /// Whether label and client id are set wherever the old chart has a place for them.
    pub assume_workload_identity: bool,
}

/// What was found for the release.
pub(super) struct Reviewed {
    pub(super) review: ReleaseReview,
    /// The findings about defaults, weighed, and those that renders show.
    pub(super) classified: Classified,
    /// What could not be rendered or tried.
    pub(super) missing: Vec<Missing>,
}

/// Both charts, ready for as many renders as it takes. Their answers are stable: what comes from chance or clock is the same each time.
struct Charts {
    old: Prepared,
    new: Prepared,
    new_traced: Prepared,
}

impl Charts {
    fn new(old: &Arc<Chart>, new: &Arc<Chart>, profile: &Profile) -> Self {
        let stable = |chart: &Arc<Chart>| Prepared::new(Arc::clone(chart), profile.clone(), Limits::default()).stable();
        Self { old: stable(old).traced(), new: stable(new), new_traced: stable(new).traced() }
    }

    /// Renders both sides, traced, next to each other.
    fn render(&self, wanted: &ReleaseSettings) -> (Result<Rendered>, Result<Rendered>) {
        let render = |chart: &Prepared| chart.render(&wanted.overrides, &wanted.release, &wanted.capabilities);
        thread::scope(|scope| {
            let old = scope.spawn(|| render(&self.old));
            let new = render(&self.new_traced);
            let gave_up = || Err(Error::new(ErrorKind::Limit, "the render was given up: a fault in this program"));
            (old.join().unwrap_or_else(|_| gave_up()), new)
        })
    }
}

/// Renders and reviews; `classified` are the findings about defaults and templates.
pub(super) fn review(
    (old, new): (&Arc<Chart>, &Arc<Chart>),
    comparison: &Comparison,
    classified: Classified,
    catalogue: &Catalogue,
    settings: &Settings,
    wanted: &ReleaseSettings,
) -> Reviewed {
    let charts = Charts::new(old, new, &wanted.profile);
    let review = about(wanted);
    let with_assumed = wanted.assume_workload_identity.then(|| assume(&charts, wanted));
    let wanted = with_assumed.as_ref().unwrap_or(wanted);
    let subject = Subject { chart: &new.metadata.name, charts: &charts, comparison, catalogue, settings, wanted };
    let mut reviewed = Reviewed { review, classified, missing: Vec::new() };
    match charts.render(wanted) {
        (Ok(old_render), Ok(new_render)) => subject.compare(&old_render, &new_render, &mut reviewed),
        (old_render, new_render) => {
            for (side, rendered) in [("old", &old_render), ("new", &new_render)] {
                if let Err(error) = rendered {
                    reviewed.missing.push(Missing { part: format!("the objects of the {side} version"), reason: failure(error) });
                }
            }
            reviewed.review.old = old_render.ok().map(|rendered| subject.identities(&rendered));
            reviewed.review.new = new_render.ok().map(|rendered| subject.identities(&rendered));
        }
    }
    reviewed
}

/// Why a render failed: Helm's message and where it stands.
fn failure(error: &Error) -> String {
    error.place().map_or_else(|| error.to_string(), |place| format!("{error} ({place})"))
}

fn about(wanted: &ReleaseSettings) -> ReleaseReview {
    ReleaseReview {
        name: wanted.release.name.clone(),
        namespace: wanted.release.namespace.clone(),
        helm: wanted.profile.helm.to_owned(),
        kube_version: wanted.capabilities.kube_version.clone(),
        has_values: !wanted.overrides.is_empty(),
        assumes_workload_identity: wanted.assume_workload_identity,
        values_files: wanted.overrides.files.clone(),
        ..ReleaseReview::default()
    }
}

/// The settings with label and client id where the old chart takes them.
fn assume(charts: &Charts, wanted: &ReleaseSettings) -> ReleaseSettings {
    let assumed = trial::assumed(&charts.old, &wanted.overrides, &wanted.release, &wanted.capabilities);
    ReleaseSettings { overrides: wanted.overrides.under(trial::as_node(&assumed)), ..wanted.clone() }
}

/// What two renders are compared with.
struct Subject<'a> {
    chart: &'a str,
    charts: &'a Charts,
    comparison: &'a Comparison,
    catalogue: &'a Catalogue,
    settings: &'a Settings,
    wanted: &'a ReleaseSettings,
}

impl Subject<'_> {
    fn compare(&self, old_render: &Rendered, new_render: &Rendered, reviewed: &mut Reviewed) {
        let old = self.identities(old_render);
        let new = self.identities(new_render);
        let namespace = &self.wanted.release.namespace;
        let old_objects = objects(old_render, namespace);
        let new_objects = objects(new_render, namespace);
        let differing = diff::objects::compare(&old_objects, &new_objects, &self.settings.diff);
        let mut rendered = self.classify(&old, &new, &differing);
        let plain = Plain::new(&old_objects, &new_objects, &differing, &rendered.findings, self.catalogue);
        let judge = |tried: &Rendered| self.judge(&old, &plain, tried);
        let case = Case {
            old: &self.charts.old,
            new: &self.charts.new,
            new_traced: &self.charts.new_traced,
            overrides: &self.wanted.overrides,
            release: &self.wanted.release,
            capabilities: &self.wanted.capabilities,
            comparison: self.comparison,
            old_render,
            new_render,
            old_identities: &old,
            new_identities: &new,
            judge: &judge,
            max_renders: trial::MAX_RENDERS,
        };
        let trials = trial::examine(&case, &mut rendered.findings);
        let findings = &mut reviewed.classified.findings;
        findings.append(&mut rendered.findings);
        let weights = Weights { effects: &trials.effects, has_values: reviewed.review.has_values };
        classify::weigh(findings, self.catalogue, &self.settings.classify, &weights);
        reviewed.classified.unused_ignores.append(&mut rendered.unused_ignores);
        reviewed.classified.missing.append(&mut rendered.missing);
        reviewed.missing.extend(differing.missing.iter().chain(&trials.missing).cloned());
        let review = &mut reviewed.review;
        review.impure = new_render.impure.iter().map(ToString::to_string).collect();
        (review.old, review.new) = (Some(old), Some(new));
        (review.objects, review.trials) = (Some(differing), trials);
    }

    fn identities(&self, rendered: &Rendered) -> Identities {
        let namespace = &self.wanted.release.namespace;
        identity::read(&objects(rendered, namespace), namespace, &self.wanted.facts)
    }

    fn classify(&self, old: &Identities, new: &Identities, objects: &ObjectsDiff) -> Classified {
        let release = &self.wanted.release;
        let subject = ReleaseSubject {
            chart: self.chart,
            release: &release.name,
            namespace: &release.namespace,
            old,
            new,
            objects: Some(objects),
            facts: &self.wanted.facts,
        };
        classify::classify_release(&subject, self.catalogue, &self.settings.classify)
    }

    /// What a trial comes to: the same comparison and the same rules as for the plain upgrade.
    fn judge(&self, old: &Identities, plain: &Plain<'_>, tried: &Rendered) -> Judged {
        let namespace = &self.wanted.release.namespace;
        let tried = objects(tried, namespace);
        let identities = identity::read(&tried, namespace, &self.wanted.facts);
        let open = plain.open(&tried);
        let mut differing = diff::objects::compare(&open.old, &open.tried, &self.settings.diff);
        open.add_restarts(plain, &mut differing);
        let findings: Vec<Finding> = self.classify(old, &identities, &differing).findings;
        let mut judged = Judged::of(&findings, identities, &tried);
        open.add_findings(plain, &mut judged);
        judged
    }
}
