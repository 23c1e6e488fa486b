//! The command line: what was typed becomes a request, a result becomes text and an exit status.
//!
//! The only stage that knows of the terminal, and with `fetch` the only one that reads files and the environment.
#![allow(clippy::disallowed_methods, reason = "this stage is where files and the environment are read")]

pub mod args;
mod configuration;
mod diff;
mod lists;
mod man;
mod memory;
pub mod output;
mod pin;
mod pr;
mod publish;
mod publishing;
mod release;
mod rules;
mod sources;
mod template;
mod terminal;
mod values;
mod zone;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::error::{Error, Result};
use crate::report::{self, pull::PullReport};
use args::{Cli, Command};
use terminal::Terminal;

/// How a run ended, as its exit status says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// 0: done, nothing at or above `--fail-on`.
    Clean,
    /// 1: findings at or above `--fail-on`.
    Findings,
    /// 1: a chart, values or a template that Helm refuses, too.
    Refused,
    /// 2: not done, or only in part.
    Incomplete,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Clean => ExitCode::SUCCESS,
            Outcome::Findings | Outcome::Refused => ExitCode::from(1),
            Outcome::Incomplete => ExitCode::from(2),
        }
    }
}

/// Runs the program with its arguments, its name first.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    memory::use_small_pages();
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(problem) => {
            // Help that was asked for is success; a closed pipe is nobody's fault.
            let _ = problem.print();
            return if problem.use_stderr() { Outcome::Incomplete.into() } else { ExitCode::SUCCESS };
        }
    };
    let terminal = Terminal::new(&cli.shared);
    match command(&cli, &terminal) {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            show(&error, &terminal);
            Outcome::Incomplete.into()
        }
    }
}

fn command(cli: &Cli, terminal: &Terminal) -> Result<Outcome> {
    match &cli.command {
        Command::Diff(args) => diff::run(args, terminal),
        Command::Template(args) => template::run(args, terminal),
        Command::Pin(args) => pin::run(args, terminal),
        Command::Pr(args) => pr::run(args, terminal),
        Command::Publish(args) => publish::run(args, terminal),
        Command::Rules(args) => rules::run(args, terminal),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "chartshift", &mut script);
            output::to_stdout(|out| out.write_all(&script))?;
            Ok(Outcome::Clean)
        }
        Command::Man { command, folder } => man::run(command.as_deref(), folder.as_deref()),
    }
}

/// The exit status of a report on many reviews.
fn report_outcome(report: &PullReport) -> Outcome {
    match (report.complete, report.blocking()) {
        (false, _) => Outcome::Incomplete,
        (true, 0) => Outcome::Clean,
        (true, _) => Outcome::Findings,
    }
}

fn show(error: &Error, terminal: &Terminal) {
    let _ = std::io::stderr().write_all(report::error_text(error, terminal.errors_in_color).as_bytes());
}
