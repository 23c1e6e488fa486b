//! `chartshift template`: prints what `helm template` prints.

use std::path::Path;
use std::sync::Arc;

use super::args::TemplateArgs;
use super::terminal::Terminal;
use super::{Outcome, output, sources, values};
use crate::chart;
use crate::error::{Error, ErrorKind, Result};
use crate::fetch::{self, Bars, ChartRef, Package, RedactedUrl};
use crate::render::{Capabilities, Prepared, Release, TextOptions};
use crate::template::{Limits, PROFILE_NAMES, Profile};

/// Fetches, renders, prints; nothing goes to standard output unless all of it does.
///
/// # Errors
/// What keeps the chart from being fetched, and a wrong command line. What Helm refuses is told here and becomes [`Outcome::Refused`].
pub(super) fn run(args: &TemplateArgs, terminal: &Terminal) -> Result<Outcome> {
    if args.validate {
        return Err(Error::new(ErrorKind::Usage, "--validate asks a cluster, and chartshift never talks to one").hint("leave it out"));
    }
    let profile = Profile::named(&args.helm_version).ok_or_else(|| {
        Error::new(ErrorKind::Usage, format!("no Helm version {} to render as", args.helm_version))
            .hint(format!("there are {}", PROFILE_NAMES.join(", ")))
    })?;
    let (name, chart) = match args.names.as_slice() {
        [chart] => (Release::default().name, chart),
        [name, chart, ..] => (name.clone(), chart),
        [] => return Err(Error::new(ErrorKind::Usage, "template takes a release's name and a chart")),
    };
    let package = fetch(chart, args, terminal)?;
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

fn fetch(chart: &str, args: &TemplateArgs, terminal: &Terminal) -> Result<Package> {
    let repo = args.source.repo.as_deref().map(RedactedUrl::parse).transpose()?;
    // Of a path on disk there is one version; Helm doesn't look at the flag then.
    let version = args.version.as_deref().filter(|_| repo.is_some() || !Path::new(chart).exists());
    let reference = ChartRef::parse(chart, version, repo.as_ref())?;
    let bars = Bars::new(terminal.quiet);
    let fetched = fetch::fetch_one(&reference, &sources::options(&args.source)?, &bars);
    for notice in bars.notices() {
        terminal.notice(&notice);
    }
    fetched
}

fn render(package: &Package, release: &Release, profile: Profile, args: &TemplateArgs, terminal: &Terminal) -> Result<Vec<u8>> {
    let mut capabilities = Capabilities::of(&profile);
    if let Some(version) = &args.kube_version {
        capabilities = capabilities.with_kube_version(version)?;
    }
    let overrides = values::overrides(&args.values)?;
    overrides.check()?;
    release.check_name()?;
    capabilities.api_versions.extend(args.api_versions.iter().cloned());
    let chart = chart::open(package, &chart::Limits::default())?;
    if chart.metadata.deprecated && chart.metadata.is_installable() {
        terminal.helm_line("WARNING: This chart is deprecated");
    }
    let prepared = Prepared::new(Arc::new(chart), profile, Limits::default());
    let mut warnings = Vec::new();
    let rendered = prepared.render_noting(&overrides, release, &capabilities, &mut warnings);
    for warning in &warnings {
        terminal.helm_line(warning);
    }
    let options = TextOptions { include_crds: args.include_crds, no_hooks: args.no_hooks, skip_tests: args.skip_tests };
    let rendered = rendered?;
    if args.show_only.is_empty() { Ok(rendered.text(options)) } else { rendered.text_of(&args.show_only, options) }
}

/// The failure as Helm words it, then what chartshift knows besides: place, excerpt, hints.
fn tell(error: &Error, terminal: &Terminal) {
    let report = error.report();
    let head = format!("error: {error}");
    let rest = report.strip_prefix(&head).unwrap_or_default();
    terminal.helm_line(format!("Error: {error}{rest}").trim_end());
}
