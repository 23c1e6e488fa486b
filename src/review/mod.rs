//! The whole pipeline on two packages: open, compare, render, classify, try, report. Pure: what it needs was fetched and read by others.

pub mod bump;
mod judge;
mod release;

use std::sync::Arc;

use crate::chart::{self, Chart};
use crate::classify::{self, Catalogue, Finding, Subject};
use crate::diff;
use crate::error::{Error, ErrorKind, Result};
use crate::fetch::Package;
use crate::report::{ReleaseReview, Report, Side};
use crate::trial;
use crate::value::Path;
use crate::version;

pub use release::ReleaseSettings;

/// How a review is made.
#[derive(Debug, Default)]
pub struct Settings {
    /// What a chart may hold.
    pub limits: chart::Limits,
    /// How text and values are compared.
    pub diff: diff::Settings,
    /// Levels and ignores of the configuration.
    pub classify: classify::Settings,
    /// The release to render both versions for; `None` compares the charts alone.
    pub release: Option<ReleaseSettings>,
    /// The key that the values of fixes are nested under, for a chart that depends on this one.
    pub values_key: Option<String>,
    /// Whether two different charts may be compared.
    pub force: bool,
}

/// Reviews the upgrade from one package to another.
///
/// # Errors
/// Those of [`chart::open`], with the package that failed; `Usage` when the charts have different names and `force` is off.
pub fn review(old: &Package, new: &Package, catalogue: &Catalogue, settings: &Settings) -> Result<Report> {
    let old = Arc::new(chart::open(old, &settings.limits)?);
    let new = Arc::new(chart::open(new, &settings.limits)?);
    if old.metadata.name != new.metadata.name && !settings.force {
        return Err(Error::new(ErrorKind::Usage, format!("{} and {} are different charts", old.metadata.name, new.metadata.name))
            .hint("check the two references, or compare them all the same with --force"));
    }
    let mut comparison = diff::compare(&old, &new, &settings.diff);
    let mut classified = classify::classify(&Subject { old: &old, new: &new, comparison: &comparison }, catalogue, &settings.classify);
    let mut release = None;
    if let Some(wanted) = settings.release.as_ref().filter(|_| !new.metadata.is_library()) {
        let reviewed = release::review((&old, &new), &comparison, classified, catalogue, settings, wanted);
        classified = reviewed.classified;
        comparison.missing.extend(reviewed.missing);
        release = Some(reviewed.review);
    }
    trial::stated(&comparison, &new, &mut classified.findings);
    if let Some(key) = &settings.values_key {
        nest_fixes(key, &mut classified.findings, release.as_mut());
    }
    Ok(Report {
        chart: new.metadata.name.clone(),
        step: version::step(&old.metadata.version, &new.metadata.version).as_str(),
        old: side(&old),
        new: side(&new),
        verdict: classify::verdict(&comparison, &classified),
        findings: classified.findings,
        unused_ignores: classified.unused_ignores,
        comparison,
        release,
    })
}

/// Nests what fixes set under the key of a chart that depends on this one.
fn nest_fixes(key: &str, findings: &mut [Finding], release: Option<&mut ReleaseReview>) {
    let below = Path::keys([key]);
    let of_findings = findings.iter_mut().filter_map(|finding| finding.fix.as_mut()).flat_map(|fix| &mut fix.values);
    let of_release = release.and_then(|release| release.trials.fix.as_mut()).into_iter().flat_map(|fix| &mut fix.values);
    of_findings.chain(of_release).for_each(|(path, _)| *path = below.join(path));
}

fn side(chart: &Chart) -> Side {
    Side {
        version: chart.metadata.version.clone(),
        app_version: chart.metadata.app_version.clone(),
        source: chart.origin.clone(),
        digest: chart.digest.map(|digest| digest.to_string()),
    }
}
