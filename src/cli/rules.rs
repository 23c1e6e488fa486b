//! `chartshift rules`: the list, or one rule's page.

use super::args::{RulesArgs, RulesFormat};
use super::terminal::Terminal;
use super::{Outcome, configuration, output};
use crate::classify::page;
use crate::error::Result;
use crate::report::rules;

/// Prints the rules.
///
/// # Errors
/// An unknown id, a file of rules that can't be read, a full disk.
pub(super) fn run(args: &RulesArgs, terminal: &Terminal) -> Result<Outcome> {
    let catalogue = configuration::catalogue(&args.rule_files, &[])?;
    let text = match (&args.id, args.format) {
        (Some(id), RulesFormat::Markdown) => page::explain(&catalogue, id)?.markdown(),
        (Some(id), RulesFormat::Text) => rules::page(&page::explain(&catalogue, id)?, &terminal.style()),
        (None, RulesFormat::Markdown) => page::table(&catalogue),
        (None, RulesFormat::Text) => rules::list(&catalogue, &terminal.style()),
    };
    output::to_stdout(|out| out.write_all(text.as_bytes()))?;
    Ok(Outcome::Clean)
}
