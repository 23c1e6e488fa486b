//! What the terminal can do: width, colour, how much to say.

use std::io::{IsTerminal as _, Write as _};

use super::args::{ColorWhen, Shared};
use crate::report::{Style, safe};

/// The widest a report gets: longer lines are hard to read.
const WIDEST: u16 = 160;

/// Where output for people goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    /// Columns of standard output.
    pub(super) width: u16,
    /// Whether reports on standard output are coloured.
    pub(super) color: bool,
    /// Whether errors are coloured.
    pub(super) errors_in_color: bool,
    /// No progress, no notices.
    pub(super) quiet: bool,
    /// More of everything.
    pub(super) verbose: bool,
}

impl Terminal {
    /// What the flags, the environment and the streams say.
    pub(super) fn new(shared: &Shared) -> Self {
        let wanted = |stream_is_terminal: bool| match shared.color {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => stream_is_terminal && !is_set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
        };
        Self {
            width: width(),
            color: wanted(std::io::stdout().is_terminal()),
            errors_in_color: wanted(std::io::stderr().is_terminal()),
            quiet: shared.quiet,
            verbose: shared.verbose,
        }
    }

    /// How reports on standard output look.
    pub(super) fn style(&self) -> Style {
        Style { width: self.width, color: self.color, lines: self.verbose }
    }

    /// What Helm prints on standard error, line by line as Helm words it.
    pub(super) fn helm_line(&self, text: &str) {
        let _ = writeln!(std::io::stderr(), "{}", safe::terminal(text));
    }

    /// Tells people something that isn't an error, on standard error.
    pub(super) fn notice(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(std::io::stderr(), "note: {}", safe::line(text));
        }
    }
}

fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// `COLUMNS`, else the terminal's own answer, else what a pipe gets.
fn width() -> u16 {
    let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let seen = || std::io::stdout().is_terminal().then(terminal_size::terminal_size).flatten().map(|(width, _)| width.0);
    asked.or_else(seen).map_or(Style::PLAIN.width, |columns: u16| columns.clamp(Style::NARROWEST, WIDEST))
}
