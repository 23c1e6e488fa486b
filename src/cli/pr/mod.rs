//! `chartshift pr`: the charts that a change moves are found, fetched and reviewed; the report goes where it was asked for, and on the pull
//! request.

mod charts;
mod remarks;
mod reviews;

use std::path::Path;

use super::args::PrArgs;
use super::output::{self, Output};
use super::publishing::Publisher;
use super::terminal::Terminal;
use super::{Outcome, configuration, release, sources};
use crate::bump::{self, Bump, Found, Surroundings};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::fetch::Options;
use crate::fetch::git::Repository;
use crate::identity::{Facts, webhook};
use crate::publish::{LineComment, Target};
use crate::render::Release;
use crate::report::pull::{self, MissingView, NotReviewed, PullReport, ReleaseView, Reviewed};
use crate::report::{Format, Report};
use crate::review::{ReleaseSettings, Settings};
use charts::{Failure, Trees};
use reviews::Manner;

/// Branches that a change may start from when nothing says which, as the remote `origin` has them.
const USUAL_BASES: [&str; 3] = ["origin/HEAD", "origin/main", "origin/master"];

/// Finds, fetches, reviews, reports, publishes.
///
/// # Errors
/// Whatever keeps the comparison from being made at all. A chart that can't be reviewed is a part of the report instead.
pub(super) fn run(args: &PrArgs, terminal: &Terminal) -> Result<Outcome> {
    let outputs = Output::parse_all(&args.outputs)?;
    refuse_formats(&outputs)?;
    let manner = manner(args)?;
    let options = sources::access(&args.access);
    let publisher = Publisher::new(&args.publish, (args.base.as_deref(), args.head.as_deref()), &options, terminal)?;
    let repository = Repository::open(Path::new("."))?;
    let change = Change::between(&repository, args, publisher.target())?;
    let (report, remarks) = change.review(&repository, args, &manner, (&options, publisher.target()), terminal)?;
    write(&report, &outputs, publisher.target(), terminal)?;
    let json = outputs.iter().find(|output| output.format == Format::Json).and_then(|output| output.file.as_deref());
    publisher.tell_job(&report, json)?;
    publisher.publish(&report, &remarks)
}

fn refuse_formats(outputs: &[Output]) -> Result<()> {
    match outputs.iter().find(|output| matches!(output.format, Format::Sarif | Format::Html)) {
        None => Ok(()),
        Some(_) => Err(Error::new(ErrorKind::Usage, "pr reports as text, markdown and json")
            .hint("for one chart's page or SARIF log, run chartshift diff: the report says how")),
    }
}

fn manner(args: &PrArgs) -> Result<Manner> {
    let catalogue = configuration::catalogue(&args.rule_files, &args.packs)?;
    let (classify, facts) = configuration::settings(args.config.as_deref(), &catalogue)?;
    let given = args.webhook_version.as_deref().map(webhook::Version::named).transpose()?;
    let profile = release::profile(&args.helm_version)?;
    let pattern = ReleaseSettings {
        release: Release { name: String::new(), namespace: String::new(), is_upgrade: false },
        overrides: crate::render::Overrides::default(),
        capabilities: release::capabilities(&profile, args.kube_version.as_deref(), &args.api_versions)?,
        profile,
        facts: Facts { webhook_version: given.or(facts.webhook_version), ..facts },
        assume_workload_identity: false,
    };
    Ok(Manner { catalogue, settings: Settings { classify, ..Settings::default() }, pattern })
}

/// Two revisions, the old one being where the change parted from its base.
struct Change {
    old: String,
    new: String,
}

impl Change {
    /// # Errors
    /// `NotFound` for revisions that the repository doesn't have.
    fn between(repository: &Repository, args: &PrArgs, target: Option<&Target>) -> Result<Self> {
        let of_target = |of: fn(&Target) -> &Option<String>| target.and_then(|target| of(target).clone());
        let head = args.head.clone().or_else(|| of_target(|target| &target.head)).unwrap_or_else(|| "HEAD".to_owned());
        let new = repository.commit(&head)?;
        let base = match args.base.clone().or_else(|| of_target(|target| &target.base)) {
            Some(base) => repository.commit(&base)?,
            None => USUAL_BASES
                .iter()
                .find_map(|base| repository.commit(base).ok())
                .ok_or_else(|| Error::new(ErrorKind::Usage, "what the change starts from is not known").hint("name it: --base REV"))?,
        };
        Ok(Self { old: repository.merge_base(&base, &new)?, new })
    }

    /// The report, and the remarks on lines that were asked for.
    fn review(
        &self,
        repository: &Repository,
        args: &PrArgs,
        manner: &Manner,
        (options, target): (&Options, Option<&Target>),
        terminal: &Terminal,
    ) -> Result<(PullReport, Vec<LineComment>)> {
        let (old, new) = (repository.tree(&self.old)?, repository.tree(&self.new)?);
        let changed = new.changes_since(&old)?;
        let mut found = bump::find(&old, &new, &changed, &surroundings(repository, target))?;
        found.unreviewed.extend(new.submodules_moved_since(&old).into_iter().map(submodule));
        let trees = Trees { old: &old, new: &new };
        let packages = sources::fetched(terminal, |bars| charts::fetch(&found.bumps, trees, options, bars))?;
        let reviews = reviews::review(&found.bumps, &packages, manner);
        let remarks = if args.line_comments {
            let made = found.bumps.iter().zip(&reviews).filter_map(|(bump, review)| Some((bump, review.as_ref().ok()?)));
            remarks::remarks(made, &changed, &new)?
        } else {
            Vec::new()
        };
        Ok((self.report(found, &reviews, args), remarks))
    }

    fn report(&self, found: Found, reviews: &[Result<Report, Failure>], args: &PrArgs) -> PullReport {
        let mut unreviewed: Vec<NotReviewed> = found.unreviewed.into_iter().map(not_reviewed).collect();
        let mut reviewed = Vec::new();
        for (bump, review) in found.bumps.iter().zip(reviews) {
            match review {
                Ok(report) => reviewed.push(of_review(bump, report)),
                Err(failure) => unreviewed.push(failed(bump, failure)),
            }
        }
        PullReport::of(&self.old, &self.new, reviewed, unreviewed, args.fail_on.severity())
    }
}

/// Where this repository is: by its remotes, and by the CI's own words.
fn surroundings(repository: &Repository, target: Option<&Target>) -> Surroundings {
    let of_ci = target.and_then(|target| Some(format!("{}/{}", target.web.as_ref()?, target.repository)));
    Surroundings { own_urls: repository.remote_urls().into_iter().chain(of_ci).collect() }
}

/// A submodule that the change moves to another commit: its files are not here.
fn submodule(path: String) -> bump::Unreviewed {
    bump::Unreviewed {
        tool: bump::Tool::Submodule,
        place: Place { file: path, line: 0, column: 0 },
        chart: "any chart in it".to_owned(),
        reason: "the submodule moved to another commit, and its files are not in this repository".to_owned(),
        hint: Some("review the change in the submodule's own repository".to_owned()),
    }
}

fn of_review<'r>(bump: &Bump, report: &'r Report) -> Reviewed<'r> {
    let inline = |layer: &bump::Layer| match layer {
        bump::Layer::Values(node) => !bump.values_files.contains(&node.at.source.name),
        _ => true,
    };
    let release = ReleaseView {
        tool: bump.tool.to_string(),
        name: bump.release.clone(),
        namespace: bump.namespace.clone(),
        file: bump.place.file.clone(),
        line: bump.place.line,
        values_files: bump.values_files.clone(),
        has_other_values: bump.values.iter().any(inline),
        switched_off: bump.switched_off.clone(),
    };
    let unread = bump.unread.iter().map(|unread| MissingView { part: unread.what.clone(), reason: unread.why.clone() }).collect();
    Reviewed { release, unread, values_key: bump.values_key.clone(), report }
}

fn not_reviewed(found: bump::Unreviewed) -> NotReviewed {
    let bump::Unreviewed { tool, place, chart, reason, hint } = found;
    NotReviewed { tool: tool.to_string(), chart, file: place.file, line: place.line, reason, hint }
}

fn failed(bump: &Bump, failure: &Failure) -> NotReviewed {
    let Failure { reason, hint } = failure.clone();
    let (file, line) = (bump.place.file.clone(), bump.place.line);
    NotReviewed { tool: bump.tool.to_string(), chart: bump.chart.clone(), file, line, reason, hint }
}

fn write(report: &PullReport, outputs: &[Output], target: Option<&Target>, terminal: &Terminal) -> Result<()> {
    let links = target.map(Target::links).unwrap_or_default();
    for wanted in outputs {
        match &wanted.file {
            None => output::to_stdout(|out| pull::write(report, wanted.format, &links, &terminal.style(), out))?,
            Some(file) => output::to_file(file, |out| pull::write(report, wanted.format, &links, &crate::report::Style::PLAIN, out))?,
        }
    }
    Ok(())
}
