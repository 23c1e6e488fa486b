//! `chartshift pin`: prints which settings that decide over identity and security a release takes from its chart's defaults, as values to set.

use std::sync::Arc;

use super::args::PinArgs;
use super::terminal::Terminal;
use super::{Outcome, output, release, sources};
use crate::chart;
use crate::error::Result;
use crate::render::Prepared;
use crate::report;
use crate::template::Limits;
use crate::trial;

/// Fetches, renders, lists, proves by rendering again, prints.
///
/// # Errors
/// What keeps the chart from being fetched or rendered, and a wrong command line.
pub(super) fn run(args: &PinArgs, terminal: &Terminal) -> Result<Outcome> {
    let wanted = release::settings(&args.release)?;
    let package = sources::chart(&args.chart, args.version.as_deref(), &args.source, terminal)?;
    let chart = Arc::new(chart::open(&package, &chart::Limits::default())?);
    let name = format!("{} {}", chart.metadata.name, chart.metadata.version);
    let prepared = Prepared::new(chart, wanted.profile, Limits::default()).stable().traced();
    let pinned = trial::pin(&prepared, &wanted.overrides, &wanted.release, &wanted.capabilities)?;
    let text = report::pinned::pinned(&pinned, &name);
    output::to_stdout(|out| out.write_all(text.as_bytes()))?;
    Ok(Outcome::Clean)
}
