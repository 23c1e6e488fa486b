//! Puts a report on its pull request: one comment, a check, remarks on lines; and says on the terminal what came of it.

use std::io::Write as _;
use std::path::Path;

use super::args::{CommentWhen, PublishingArgs};
use super::terminal::Terminal;
use super::{Outcome, report_outcome};
use crate::classify::Severity;
use crate::error::{Error, Result};
use crate::fetch::Options;
use crate::publish::job::{Annotation, Job, Level};
use crate::publish::sticky::{self, Key, Marker, Outcome as Written, Post};
use crate::publish::{self, Forge, Given, LineComment, State, Status, Target};
use crate::report::pull::{self, PullReport};

/// The name of the check; a key other than the usual one is added.
const CHECK: &str = "chartshift";

/// More than a job shows; it says how many it left out.
const MOST_ANNOTATIONS: usize = 1_000;

/// The key that nobody gave.
const USUAL_KEY: &str = "charts";

/// Where a report is to go.
pub(super) struct Publisher<'a> {
    args: &'a PublishingArgs,
    terminal: &'a Terminal,
    options: &'a Options,
    key: Key,
    target: Option<Target>,
}

/// A variable of the environment; an empty one counts as none.
pub(super) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl<'a> Publisher<'a> {
    /// Reads flags and environment. `base` and `head` are revisions that were given by flags.
    ///
    /// # Errors
    /// `Usage` for flags and variables that can't be, and those of reading the CI's event.
    pub(super) fn new(
        args: &'a PublishingArgs,
        revisions: (Option<&str>, Option<&str>),
        options: &'a Options,
        terminal: &'a Terminal,
    ) -> Result<Self> {
        let given = Given {
            forge: args.forge.as_deref().map(str::parse).transpose()?,
            api_url: args.api_url.clone(),
            repository: args.repository.clone(),
            pull_request: args.pull_request,
            base: revisions.0.map(str::to_owned),
            head: revisions.1.map(str::to_owned),
            author: args.comment_author.clone(),
        };
        let target = publish::detect(&environment, &given)?;
        Ok(Self { args, terminal, options, key: Key::parse(&args.key)?, target })
    }

    /// The pull request, as far as it is known.
    pub(super) fn target(&self) -> Option<&Target> {
        self.target.as_ref()
    }

    /// Tells the job that this runs in: a summary, annotations at the lines that name versions, outputs. Commands to the runner go to standard
    /// error, so that a report on standard output stays whole. `json` is the file that the report was written to.
    ///
    /// # Errors
    /// `Io` when a file that the job names can't be written.
    pub(super) fn tell_job(&self, report: &PullReport, json: Option<&Path>) -> Result<()> {
        let Some(job) = Job::of(&environment) else { return Ok(()) };
        let links = self.target.as_ref().map(Target::links).unwrap_or_default();
        let mut commands = String::new();
        if let Some(room) = job.room() {
            let summary = pull::comment(report, &room, &links);
            commands.extend(job.summarize(&summary.text)?.map(|line| format!("{line}\n")));
        }
        commands.push_str(&job.annotate(&annotations(report)));
        let level = report.level.map_or("none", Severity::word);
        let file = json.map(|file| file.display().to_string()).unwrap_or_default();
        let (level, complete) = (level.to_owned(), report.complete.to_string());
        let outputs = [("verdict", report.verdict()), ("level", level), ("complete", complete), ("report-json", file)];
        commands.push_str(&job.set_outputs(&outputs)?);
        // A log that can't be written to is no reason to fail: the report itself was written.
        let _ = std::io::stderr().write_all(commands.as_bytes());
        Ok(())
    }

    /// Writes what is to be written, and says what was. A pull request that can't be written to changes the outcome only when the comment is
    /// required: the verdict is the report's.
    ///
    /// # Errors
    /// `Usage` for a token that can't be one.
    pub(super) fn publish(&self, report: &PullReport, remarks: &[LineComment]) -> Result<Outcome> {
        let outcome = report_outcome(report);
        let Some(target) = self.target.as_ref().filter(|target| target.pull.is_some() || target.head_label.is_some()) else {
            return Ok(self.unwritten("this run is for no pull request, so nothing was written on one", outcome));
        };
        if self.args.comment == CommentWhen::Never && self.args.no_status {
            return Ok(outcome);
        }
        let Some(token) = publish::detect::token(target.kind, &environment)? else {
            let variables = target.kind.token_variables().join(" or ");
            let why = format!("no token in CHARTSHIFT_TOKEN or {variables}, so nothing was written on the pull request");
            return Ok(self.unwritten(&why, outcome));
        };
        let target = Target { head: Some(report.head.clone()), ..target.clone() };
        let written = publish::open(&target, token, self.options).and_then(|forge| self.write(&*forge, &target, report, remarks));
        match written {
            Ok(()) => Ok(outcome),
            Err(error) => {
                if let Some(doubt) = target.doubt {
                    self.terminal.notice(&format!("{doubt}: the report is in this run's log and summary"));
                }
                super::show(&error, self.terminal);
                Ok(if self.args.require_comment { Outcome::Incomplete } else { outcome })
            }
        }
    }

    fn unwritten(&self, why: &str, outcome: Outcome) -> Outcome {
        self.terminal.notice(why);
        if self.args.require_comment { Outcome::Incomplete } else { outcome }
    }

    /// The comment, the check and the remarks. All are tried; the first failure is told.
    fn write(&self, forge: &dyn Forge, target: &Target, report: &PullReport, remarks: &[LineComment]) -> Result<()> {
        let comment = self.comment(forge, target, report);
        let check = if self.args.no_status { Ok(()) } else { forge.set_status(&self.status(forge, report, comment.as_ref().ok())) };
        for remark in remarks {
            if !forge.comment_on_line(remark)? {
                self.terminal.notice(&format!("{} takes no remark on {} line {}", forge.name(), remark.file, remark.line));
            }
        }
        comment.map(drop).and(check)
    }

    /// The comment's address, when there is one.
    fn comment(&self, forge: &dyn Forge, target: &Target, report: &PullReport) -> Result<Option<String>> {
        if self.args.comment == CommentWhen::Never {
            return Ok(None);
        }
        let marker = Marker::new(self.key.clone(), &report.head, target.at)?;
        let body = pull::comment(report, &publish::room(forge, &marker), &forge.links());
        let telling = self.args.comment == CommentWhen::Always || !report.is_clean();
        let blocks = report_outcome(report) != Outcome::Clean;
        let published = sticky::publish(forge, &Post { marker: &marker, text: &body.text, blocks, telling })?;
        for remark in &published.remarks {
            self.terminal.notice(remark);
        }
        let at = published.url.as_deref().map(|url| format!(": {url}")).unwrap_or_default();
        self.terminal.notice(&format!("{} {}{at}", forge.name(), said(published.outcome)));
        Ok(published.url)
    }

    fn status(&self, forge: &dyn Forge, report: &PullReport, comment: Option<&Option<String>>) -> Status {
        let state = match report_outcome(report) {
            Outcome::Clean => State::Success,
            Outcome::Incomplete => State::Error,
            Outcome::Findings | Outcome::Refused => State::Failure,
        };
        let key = self.key.to_string();
        let context = if key == USUAL_KEY { CHECK.to_owned() } else { format!("{CHECK}/{key}") };
        Status { state, context, description: report.verdict(), target: forge.links().report.or_else(|| comment.cloned().flatten()) }
    }
}

/// What has to be looked at, worst first, each at the line that names its chart's version.
fn annotations(report: &PullReport) -> Vec<Annotation> {
    let level = |remark: &pull::Annotation| if remark.blocks || remark.severity.is_none() { Level::Error } else { Level::Warning };
    let annotation = |remark: pull::Annotation| Annotation {
        level: level(&remark),
        file: Some(remark.file),
        line: remark.line,
        title: remark.title,
        message: remark.message,
    };
    pull::annotations(report, MOST_ANNOTATIONS).into_iter().map(annotation).collect()
}

/// What became of the comment, in a few words.
fn said(outcome: Written) -> &'static str {
    match outcome {
        Written::Created => "has a new comment",
        Written::Updated => "has the comment brought up to date",
        Written::Unchanged => "has the comment already",
        Written::NewerExists => "has the comment of a later run, which was left as it is",
        Written::Nothing => "needs no comment",
    }
}

/// A report that could not be read, as an error of this program.
pub(super) fn unreadable(error: Error, file: &Path) -> Error {
    error.context(format!("cannot use the report {}", file.display()))
}
