//! `chartshift diff`: two references become reports.

use super::args::DiffArgs;
use super::output::{self, Output};
use super::terminal::Terminal;
use super::{Outcome, configuration, release, sources};
use crate::classify::Verdict;
use crate::diff;
use crate::error::{Error, ErrorKind, Result};
use crate::fetch::{self, ChartRef, RedactedUrl};
use crate::identity::{Facts, webhook};
use crate::report::{self, Report, Style};
use crate::review::{self, ReleaseSettings, Settings};

/// Fetches, reviews, reports.
///
/// # Errors
/// Whatever keeps the comparison from being made.
pub(super) fn run(args: &DiffArgs, terminal: &Terminal) -> Result<Outcome> {
    let outputs = Output::parse_all(&args.outputs)?;
    let catalogue = configuration::catalogue(&args.rule_files, &args.packs)?;
    let (classify, facts) = configuration::settings(args.config.as_deref(), &catalogue)?;
    let release = release_settings(args, facts)?;
    let settings = Settings {
        release: Some(release),
        diff: diff::Settings { context: args.context, ..diff::Settings::default() },
        classify,
        values_key: args.values_key.clone(),
        force: args.force,
        ..Settings::default()
    };
    let (old, new) = references(args)?;
    let options = sources::options(&args.source)?;
    let (old, new) = sources::fetched(terminal, |bars| fetch::fetch_pair(&old, &new, &options, bars))?;
    let report = review::review(&old, &new, &catalogue, &settings)?;
    write(&report, &outputs, terminal)?;
    write_fix(&report, args, terminal)?;
    Ok(outcome(&report.verdict, args))
}

/// What the flags say of the release and its cluster, and what only the configuration knows.
fn release_settings(args: &DiffArgs, facts: Facts) -> Result<ReleaseSettings> {
    let given = args.webhook_version.as_deref().map(webhook::Version::named).transpose()?;
    let facts = Facts { webhook_version: given.or(facts.webhook_version), ..facts };
    Ok(ReleaseSettings { facts, assume_workload_identity: args.assume_workload_identity, ..release::settings(&args.release)? })
}

fn write_fix(report: &Report, args: &DiffArgs, terminal: &Terminal) -> Result<()> {
    let Some(file) = &args.write_fix else { return Ok(()) };
    match report::fix_file(report) {
        Some(text) => output::to_file(file, |out| out.write_all(text.as_bytes())),
        None => {
            terminal.notice(&format!("there is no fix to write to {}", file.display()));
            Ok(())
        }
    }
}

fn outcome(verdict: &Verdict, args: &DiffArgs) -> Outcome {
    if !verdict.missing.is_empty() {
        return Outcome::Incomplete;
    }
    match (verdict.level, args.fail_on.severity()) {
        (Some(level), Some(least)) if level >= least => Outcome::Findings,
        _ => Outcome::Clean,
    }
}

fn write(report: &Report, outputs: &[Output], terminal: &Terminal) -> Result<()> {
    for wanted in outputs {
        match &wanted.file {
            None => output::to_stdout(|out| report::write(report, wanted.format, out, &terminal.style()))?,
            Some(file) => {
                let style = Style { lines: terminal.verbose, ..Style::PLAIN };
                output::to_file(file, |out| report::write(report, wanted.format, out, &style))?;
            }
        }
    }
    Ok(())
}

/// `CHART OLD NEW` with `--repo` or three words; `CHART OLD` (new: latest) or `OLD_REF NEW_REF` with two.
fn references(args: &DiffArgs) -> Result<(ChartRef, ChartRef)> {
    let repo = args.source.repo.as_deref().map(RedactedUrl::parse).transpose()?;
    let parse = |chart: &str, version: Option<&str>| ChartRef::parse(chart, version, repo.as_ref());
    match args.charts.as_slice() {
        [chart, old, new] => Ok((parse(chart, Some(old))?, parse(chart, Some(new))?)),
        [chart, old] if is_version(old) => Ok((parse(chart, Some(old))?, parse(chart, None)?)),
        [old, new] => Ok((parse(old, None)?, parse(new, None)?)),
        _ => Err(Error::new(ErrorKind::Usage, "diff takes a chart and two versions, or two charts")),
    }
}

/// Whether a word is a version or a constraint rather than a chart: it begins like one and no such path exists.
fn is_version(word: &str) -> bool {
    let bare = word.strip_prefix('v').unwrap_or(word);
    let begins_so = bare.starts_with(|c: char| c.is_ascii_digit() || "^~<>=!*".contains(c)) || word == "latest";
    begins_so && !word.contains('/') && !word.ends_with(".tgz") && !std::path::Path::new(word).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_from_charts() {
        for word in ["1.2.3", "v1.2.3", "~12.20", "^1", ">=1.0.0 <2", "latest", "*"] {
            assert!(is_version(word), "{word}");
        }
        for word in ["thanos", "./1.2.3", "bitnami/thanos@1.2.3", "thanos-12.20.2.tgz", "1.2.3.tgz", "oci://r.example/c:1.2.3", "src"] {
            assert!(!is_version(word), "{word}");
        }
    }
}
