//! A Markdown text while it is written: our own words go on it as literals, everything else passes an escape on its way. What the report
//! of one review and the comment on a pull request are made with.

use std::borrow::Cow;

use super::safe::{self, Slot};
use super::{inline, wording};
use crate::diff::ChangeKind;

/// Characters of a sentence, of inline code and of a line of a fence before they are cut.
const SENTENCE: usize = 4_000;
const CODE: usize = 300;
const LINE: usize = 1_000;

/// The text so far. Our own words go on it as literals; everything else passes an escape on its way.
#[derive(Default)]
pub(crate) struct Draft {
    /// The text.
    pub(crate) out: String,
}

impl Draft {
    /// Our own words and Markdown's signs.
    pub(crate) fn own(&mut self, words: &'static str) -> &mut Self {
        self.out.push_str(words);
        self
    }

    /// A number.
    pub(crate) fn number(&mut self, number: usize) -> &mut Self {
        self.out.push_str(&number.to_string());
        self
    }

    /// Foreign text as inline code.
    pub(crate) fn code(&mut self, text: &str) -> &mut Self {
        self.out.push_str(&safe::code_span(&inline::clip(text, CODE)));
        self
    }

    /// Foreign text as inline code in a table.
    pub(crate) fn cell(&mut self, text: &str) -> &mut Self {
        self.out.push_str(&safe::cell(&inline::clip(text, CODE)));
        self
    }

    /// Foreign text as a bold line's beginning. Signs without text between them would be a rule.
    pub(crate) fn bold(&mut self, text: &str) -> &mut Self {
        let words = safe::prose(&inline::clip(text, SENTENCE), Slot::Inner);
        self.own("**");
        self.out.push_str(if words.is_empty() { "…" } else { &words });
        self.own("**")
    }

    /// Foreign text as inline code, wherever it stands.
    pub(crate) fn name(&mut self, text: &str, slot: Slot) -> &mut Self {
        match slot {
            Slot::Flow | Slot::Inner => self.code(text),
            Slot::Cell => self.cell(text),
            Slot::Summary => {
                self.out.push_str(&format!("<code>{}</code>", safe::html(&inline::clip(text, CODE))));
                self
            }
        }
    }

    /// Foreign text as inline code that leads to an address of our own; `behind` follows it inside of the link.
    pub(crate) fn link(&mut self, text: &str, behind: &str, address: Option<&str>) -> &mut Self {
        let label = format!("{}{behind}", safe::code_span(&inline::clip(text, CODE)));
        self.out.push_str(&address.map_or_else(|| label.clone(), |address| safe::link(&label, address)));
        self
    }

    /// Foreign text as a sentence.
    pub(crate) fn prose(&mut self, text: &str, slot: Slot) -> &mut Self {
        self.out.push_str(&safe::prose(&inline::clip(text, SENTENCE), slot));
        self
    }

    /// Lines in a fence, each with its sign.
    pub(crate) fn fence<'a>(&mut self, info: &'static str, lines: impl IntoIterator<Item = (&'static str, &'a str)>) {
        let lines: Vec<(&'static str, Cow<'a, str>)> = lines.into_iter().map(|(sign, line)| (sign, inline::clip(line, LINE))).collect();
        self.out.push_str(&safe::fence(info, lines.iter().map(|(sign, line)| (*sign, &**line))));
    }

    /// Old and new value, or the one there is.
    pub(crate) fn change(&mut self, kind: ChangeKind, old: &str, new: &str, slot: Slot) -> &mut Self {
        let code = if slot == Slot::Cell { Self::cell } else { Self::code };
        match kind {
            ChangeKind::Added => code(self, new),
            ChangeKind::Removed => code(self.own("was "), old),
            ChangeKind::Modified => code(code(self, old).own(" → "), new),
            ChangeKind::Reordered => code(code(self, old).own(" → "), new).own(" (another order)"),
        }
    }

    /// Old and new text in a cell, either of which may be missing.
    pub(crate) fn sides(&mut self, old: Option<&str>, new: Option<&str>) {
        self.cell(old.unwrap_or(inline::ABSENT)).own(" → ").cell(new.unwrap_or(inline::ABSENT));
    }

    /// Opens a folded part. Its summary must stay on this line: a blank line would end the HTML block.
    pub(crate) fn fold(&mut self, summary: &'static str, count: Option<usize>) {
        self.own("<details><summary>").own(summary);
        if let Some(count) = count {
            self.own(" (").number(count).own(")");
        }
        self.own("</summary>\n\n");
    }

    /// The same for settings, with whose they are.
    pub(crate) fn fold_by_chart(&mut self, summary: &'static str, origins: &wording::Origins) {
        self.own("<details><summary>").own(summary).own(" (").number(origins.own + origins.of_subcharts);
        if origins.of_subcharts > 0 {
            self.own(": ").number(origins.own).own(wording::OF_THE_CHART).number(origins.of_subcharts).own(wording::OF_SUBCHARTS);
        }
        self.own(")</summary>\n\n");
    }

    /// Closes a folded part.
    pub(crate) fn end_fold(&mut self) {
        self.own("\n</details>\n\n");
    }

    /// How many are not shown.
    pub(crate) fn more(&mut self, total: usize, shown: usize) {
        if total > shown {
            self.own("\n… ").number(total - shown).own(" more, see `-o json`.\n");
        }
    }
}
