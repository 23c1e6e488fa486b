//! The whole pipeline on two packages: open, compare, classify, report. Pure: what it needs was fetched and read by others.

use crate::chart::{self, Chart};
use crate::classify::{self, Catalogue, Subject};
use crate::diff;
use crate::error::{Error, ErrorKind, Result};
use crate::fetch::Package;
use crate::report::{Report, Side};
use crate::version;

/// How a review is made.
#[derive(Debug, Default)]
pub struct Settings {
    /// What a chart may hold.
    pub limits: chart::Limits,
    /// How text and values are compared.
    pub diff: diff::Settings,
    /// Levels and ignores of the configuration.
    pub classify: classify::Settings,
    /// Whether two different charts may be compared.
    pub force: bool,
}

/// Reviews the upgrade from one package to another.
///
/// # Errors
/// Those of [`chart::open`], with the package that failed; `Usage` when the charts have different names and `force` is off.
pub fn review(old: &Package, new: &Package, catalogue: &Catalogue, settings: &Settings) -> Result<Report> {
    let old = chart::open(old, &settings.limits)?;
    let new = chart::open(new, &settings.limits)?;
    if old.metadata.name != new.metadata.name && !settings.force {
        return Err(Error::new(ErrorKind::Usage, format!("{} and {} are different charts", old.metadata.name, new.metadata.name))
            .hint("check the two references, or compare them all the same with --force"));
    }
    let comparison = diff::compare(&old, &new, &settings.diff);
    let classified = classify::classify(&Subject { old: &old, new: &new, comparison: &comparison }, catalogue, &settings.classify);
    Ok(Report {
        chart: new.metadata.name.clone(),
        step: version::step(&old.metadata.version, &new.metadata.version).as_str(),
        old: side(&old),
        new: side(&new),
        verdict: classify::verdict(&comparison, &classified),
        findings: classified.findings,
        unused_ignores: classified.unused_ignores,
        comparison,
        release: None,
    })
}

fn side(chart: &Chart) -> Side {
    Side {
        version: chart.metadata.version.clone(),
        app_version: chart.metadata.app_version.clone(),
        source: chart.origin.clone(),
        digest: chart.digest.map(|digest| digest.to_string()),
    }
}
