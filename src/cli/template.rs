//! `chartshift template`: prints what `helm template` prints.

use std::sync::Arc;

use super::args::TemplateArgs;
use super::terminal::Terminal;
use super::{Outcome, output, release, sources, values, zone};
use crate::chart;
use crate::error::{Error, ErrorKind, Result};
use crate::fetch::Package;
use crate::render::{Prepared, Release, TextOptions};
use crate::template::{Limits, Profile};

/// Fetches, renders, prints; nothing goes to standard output unless all of it does.
///
/// # Errors
/// What keeps the chart from being fetched, and a wrong command line. What Helm refuses is told here and becomes [`Outcome::Refused`].
pub(super) fn run(args: &TemplateArgs, terminal: &Terminal) -> Result<Outcome> {
    check_flags(args)?;
    let profile = release::profile(&args.helm_version)?;
    let (name, chart) = match args.names.as_slice() {
        [chart] => (Release::default().name, chart),
        [name, chart, ..] => (name.clone(), chart),
        [] => return Err(Error::new(ErrorKind::Usage, "template takes a release's name and a chart")),
    };
    let package = sources::chart(chart, args.version.as_deref(), &args.source, terminal)?;
    let release = Release { name, namespace: args.namespace.clone(), is_upgrade: args.is_upgrade };
    match render(&package, &release, profile, args, terminal) {
        Ok(text) => {
            output::to_stdout(|out| out.write_all(&text))?;
            Ok(Outcome::Clean)
        }
        Err(error) => {
            tell(&error, terminal);
            Ok(Outcome::Refused)
        }
    }
}

/// Refuses what Helm's flags ask for and chartshift can't do.
fn check_flags(args: &TemplateArgs) -> Result<()> {
    let refused = |message: &str, hint: &str| Err(Error::new(ErrorKind::Usage, message).hint(hint));
    if args.validate {
        return refused("--validate asks a cluster, and chartshift never talks to one", "leave it out");
    }
    if args.name_template.is_some() {
        return refused("--name-template is not supported", "give the release's name in front of the chart");
    }
    if args.generate_name && args.names.len() > 1 {
        return refused("cannot set --generate-name and also specify a name", "leave one of them out");
    }
    Ok(())
}

fn render(package: &Package, release: &Release, profile: Profile, args: &TemplateArgs, terminal: &Terminal) -> Result<Vec<u8>> {
    let capabilities = release::capabilities(&profile, args.kube_version.as_deref(), &args.api_versions)?;
    let overrides = values::overrides(&args.values, &profile)?;
    overrides.check(&profile)?;
    let chart = chart::open(package, &chart::Limits::default())?;
    let mut prepared = Prepared::new(Arc::new(chart), profile, Limits::default()).in_zone(zone::local()).text_only();
    if args.skip_schema_validation {
        prepared = prepared.without_schemas();
    }
    let mut warnings = Vec::new();
    let rendered = prepared.render_noting(&overrides, release, &capabilities, &mut warnings);
    for warning in &warnings {
        terminal.helm_line(warning);
    }
    let options = TextOptions { include_crds: args.include_crds, no_hooks: args.no_hooks, skip_tests: args.skip_tests };
    let rendered = rendered?;
    let text = if args.show_only.is_empty() { Ok(rendered.text(options)) } else { rendered.text_of(&args.show_only, options) };
    // The process is about to end: taking trees of many thousand pieces apart would take as long as making some of them.
    std::mem::forget((prepared, rendered));
    text
}

/// The failure as Helm words it, then what chartshift knows besides: place, excerpt, hints.
fn tell(error: &Error, terminal: &Terminal) {
    let report = error.report();
    let head = format!("error: {error}");
    let rest = report.strip_prefix(&head).unwrap_or_default();
    terminal.helm_line(format!("Error: {error}{rest}").trim_end());
}
