//! `chartshift publish`: a report that a run without rights wrote goes on its pull request. Nothing in the file is trusted: it is read
//! within limits, and what is shown is rendered here.

use std::io::Read as _;

use super::Outcome;
use super::args::PublishArgs;
use super::publishing::{Publisher, unreadable};
use super::terminal::Terminal;
use crate::error::{Error, ErrorKind, Result};
use crate::fetch::Options;
use crate::report::pull::PullReport;

/// Reads the report and publishes it, when it is of the pull request's head.
///
/// # Errors
/// `Io` when the file can't be read, those of [`PullReport::read`], and `Usage` when the report is of another revision than the pull request's
/// head: that comes from the CI's event, never from the file.
pub(super) fn run(args: &PublishArgs, terminal: &Terminal) -> Result<Outcome> {
    let options = Options::from_environment();
    let publisher = Publisher::new(&args.publish, (None, None), &options, terminal)?;
    let report = read(args)?;
    let head = publisher.target().and_then(|target| target.head.as_deref());
    if head.is_some_and(|head| head != report.head) {
        let error = Error::new(ErrorKind::Usage, "the report is of another revision than the pull request's head")
            .hint("the branch has moved on since, or the file is another run's: the run for the newer head will publish its own");
        return Err(unreadable(error, &args.report));
    }
    publisher.publish(&report, &[])
}

fn read(args: &PublishArgs) -> Result<PullReport> {
    let failed = |error: std::io::Error| Error::new(ErrorKind::Io, error.to_string());
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(&args.report).and_then(|file| file.take(PullReport::MOST_BYTES + 1).read_to_end(&mut bytes));
    opened.map_err(|error| unreadable(failed(error), &args.report))?;
    PullReport::read(&bytes).map_err(|error| unreadable(error, &args.report))
}
