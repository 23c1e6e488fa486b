//! `chartshift pin`: prints which settings that decide over identity and security a release takes from its chart's defaults, as values to set.

use std::sync::Arc;

use super::args::PinArgs;
use super::terminal::Terminal;
use super::{Outcome, output, template, values};
use crate::chart;
use crate::error::Result;
use crate::render::{Prepared, Release};
use crate::report;
use crate::template::Limits;
use crate::trial;

/// Fetches, renders, lists, proves by rendering again, prints.
///
/// # Errors
/// What keeps the chart from being fetched or rendered, and a wrong command line.
pub(super) fn run(args: &PinArgs, terminal: &Terminal) -> Result<Outcome> {
    let profile = template::profile(&args.helm_version)?;
    let capabilities = template::capabilities(&profile, args.kube_version.as_deref(), &args.api_versions)?;
    let release = Release { name: args.release_name.clone(), namespace: args.namespace.clone(), is_upgrade: args.is_upgrade };
    release.check_name()?;
    let overrides = values::overrides(&args.values)?;
    let package = template::fetch(&args.chart, args.version.as_deref(), &args.source, terminal)?;
    let chart = Arc::new(chart::open(&package, &chart::Limits::default())?);
    let name = format!("{} {}", chart.metadata.name, chart.metadata.version);
    let prepared = Prepared::new(chart, profile, Limits::default()).stable().traced();
    let pinned = trial::pin(&prepared, &overrides, &release, &capabilities)?;
    let text = report::pinned::pinned(&pinned, &name);
    output::to_stdout(|out| out.write_all(text.as_bytes()))?;
    Ok(Outcome::Clean)
}
