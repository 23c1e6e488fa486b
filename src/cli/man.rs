//! `chartshift man`: manual pages from the table of flags, one for the program and one for each command.

use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory as _;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::args::Cli;
use super::{Outcome, output};
use crate::error::{Error, ErrorKind, Result};

/// Prints the page of the program or of one command, or writes all of them into a folder.
///
/// # Errors
/// `Usage` for an unknown command, `Io` when the page can't be written.
pub(super) fn run(command: Option<&str>, folder: Option<&Path>) -> Result<Outcome> {
    let program = program();
    if let Some(folder) = folder {
        write_all(&program, folder)?;
    } else {
        let page = find(&program, command)?;
        output::to_stdout(|out| render(page, out))?;
    }
    Ok(Outcome::Clean)
}

/// The table of flags, each command with the flags that all share and its full name.
fn program() -> clap::Command {
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    program
}

/// The command of that name; the program itself without one.
fn find<'a>(program: &'a clap::Command, command: Option<&str>) -> Result<&'a clap::Command> {
    let Some(name) = command else { return Ok(program) };
    program.find_subcommand(name).ok_or_else(|| {
        let names: Vec<_> = program.get_subcommands().map(clap::Command::get_name).collect();
        Error::new(ErrorKind::Usage, format!("there is no command {name:?}")).hint(format!("the commands are {}", names.join(", ")))
    })
}

fn write_all(program: &clap::Command, folder: &Path) -> Result<()> {
    for page in std::iter::once(program).chain(program.get_subcommands()) {
        output::to_file(&folder.join(Man::new(page.clone()).get_filename()), |out| render(page, out))?;
    }
    Ok(())
}

/// What every section begins with; a page needs it once.
const PREAMBLE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

/// One page. What a command's help says after its flags becomes sections of their own, its lines left as they are.
fn render(command: &clap::Command, out: &mut dyn Write) -> io::Result<()> {
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    man.render_name_section(&mut page)?;
    synopsis(command).to_writer(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let after = command.get_after_long_help().or_else(|| command.get_after_help()).map(ToString::to_string);
    sections(&after.unwrap_or_default()).to_writer(&mut page)?;

    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    let version = env!("CARGO_PKG_VERSION");
    // Written here: the library leaves the empty date out, and what follows it moves up.
    writeln!(out, "{PREAMBLE}.TH {name} 1 \"\" \"chartshift {version}\" \"chartshift\"")?;
    out.write_all(String::from_utf8_lossy(&page).replace(PREAMBLE, "").as_bytes())
}

/// How the command is called, as its help says: all flags are one word, their list follows anyway.
fn synopsis(command: &clap::Command) -> Roff {
    let usage = command.clone().render_usage().to_string();
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]).control("nf", []);
    for line in usage.trim_start_matches("Usage:").lines() {
        roff.text([roman(line.trim())]);
    }
    roff.control("fi", []);
    roff
}

/// The help after the flags: a line at the margin that ends in a colon is a heading, the lines below it are examples or a table.
fn sections(after_help: &str) -> Roff {
    let mut roff = Roff::new();
    for part in after_help.split("\n\n") {
        let (heading, lines) = match part.split_once('\n') {
            Some((first, rest)) if first.ends_with(':') => (first.trim_end_matches(':'), rest),
            _ => ("Notes", part),
        };
        if lines.trim().is_empty() {
            continue;
        }
        roff.control("SH", [heading.to_uppercase().as_str()]).control("nf", []);
        for line in lines.lines() {
            roff.text([roman(line.trim_start())]);
        }
        roff.control("fi", []);
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(command: Option<&str>) -> String {
        let mut page = Vec::new();
        render(find(&program(), command).unwrap(), &mut page).unwrap();
        String::from_utf8(page).unwrap()
    }

    #[test]
    fn every_command_has_a_page_with_all_its_flags() {
        for command in program().get_subcommands() {
            let page = page(Some(command.get_name()));
            assert!(page.contains(&format!(".TH chartshift-{} 1 \"\" \"chartshift ", command.get_name())), "{page}");
            assert_eq!(page.matches(PREAMBLE).count(), 1, "{page}");
            for flag in command.get_arguments().filter(|flag| !flag.is_hide_set()).filter_map(clap::Arg::get_long) {
                assert!(page.contains(&format!("\\-\\-{}", flag.replace('-', "\\-"))), "{} lacks --{flag}", command.get_name());
            }
        }
    }

    #[test]
    fn the_synopsis_is_that_of_the_help() {
        assert!(
            page(Some("diff")).contains(".SH SYNOPSIS\n.nf\nchartshift diff [OPTIONS] <CHART> <OLD> [NEW]...\n.fi\n"),
            "{}",
            page(Some("diff"))
        );
        assert!(page(None).contains(".SH SYNOPSIS\n.nf\nchartshift [OPTIONS] <COMMAND>\n.fi\n"), "{}", page(None));
    }

    #[test]
    fn the_program_names_its_commands() {
        let (program, page) = (program(), page(None));
        for command in program.get_subcommands() {
            assert!(page.contains(&format!("chartshift\\-{}(1)", command.get_name().replace('-', "\\-"))), "{page}");
        }
    }

    #[test]
    fn what_stands_after_the_flags_becomes_sections() {
        let page = sections("Examples:\n  one -x\n  .two\n\nExit status:\n  0  done").to_roff();
        assert!(page.contains(".SH EXAMPLES\n.nf\none \\-x\n\\&.two\n.fi\n"), "{page}");
        assert!(page.contains(".SH \"EXIT STATUS\"\n.nf\n0  done\n.fi\n"), "{page}");
    }

    #[test]
    fn an_unknown_command_is_refused_with_those_there_are() {
        let error = run(Some("upgrade"), None).unwrap_err();
        assert!(error.hints()[0].contains("diff"), "{error:?}");
    }

    #[test]
    fn all_pages_go_into_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        run(None, Some(folder.path())).unwrap();
        assert!(folder.path().join("chartshift.1").is_file() && folder.path().join("chartshift-diff.1").is_file());
    }
}
