//! A page of text for a terminal: paragraphs that wrap, labels, tables, painted lines. Everything put on it passes [`safe::line`], its own
//! words included, so nothing can get past. Uses comfy-table and unicode-width.

use comfy_table::presets::NOTHING;
use comfy_table::{ColumnConstraint, ContentArrangement, Table};
use unicode_width::UnicodeWidthStr;

use super::{Style, inline, safe};
use crate::classify::Severity;

/// Prose wider than this is hard to read.
const PROSE_WIDTH: usize = 100;

/// Where the text behind a label begins.
const LABEL_WIDTH: usize = 9;

/// Columns between two columns of a table.
const COLUMN_GAP: usize = 2;

/// Characters of a paragraph, a cell and a verbatim line before they are cut.
const PARAGRAPH: usize = 4_000;
const CELL: usize = 300;
const VERBATIM: usize = 1_000;

/// What a line is about; painted when colours are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Our ordinary words.
    Plain,
    /// A heading.
    Heading,
    /// As bad as a finding.
    Severity(Severity),
    /// A clean answer.
    Good,
    /// Something is missing.
    Warning,
    /// An added line.
    Added,
    /// A removed line.
    Removed,
    /// Less important.
    Faint,
}

impl Tone {
    /// The parameters of the terminal's SGR sequence (ECMA-48); basic colours, which every theme keeps readable.
    fn sgr(self) -> Option<&'static str> {
        match self {
            Tone::Plain => None,
            Tone::Heading => Some("1"),
            Tone::Severity(Severity::Critical | Severity::High) => Some("1;31"),
            Tone::Severity(Severity::Medium) | Tone::Warning => Some("1;33"),
            Tone::Severity(Severity::Low) => Some("1;36"),
            Tone::Severity(Severity::Info) => Some("1"),
            Tone::Good => Some("1;32"),
            Tone::Added => Some("32"),
            Tone::Removed => Some("31"),
            Tone::Faint => Some("2"),
        }
    }
}

/// The page.
pub(crate) struct Sheet {
    out: String,
    style: Style,
}

impl Sheet {
    /// An empty page.
    pub(crate) fn new(style: &Style) -> Self {
        Self { out: String::new(), style: Style { width: style.width.max(Style::NARROWEST), ..*style } }
    }

    /// The finished text.
    pub(crate) fn finish(self) -> String {
        self.out
    }

    /// An empty line, never two.
    pub(crate) fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// A heading and, in parentheses, how much is under it.
    pub(crate) fn heading(&mut self, words: &'static str, note: &str) {
        self.gap();
        let note = if note.is_empty() { String::new() } else { format!(" ({note})") };
        self.wrapped(0, "", &format!("{words}{note}"), Tone::Heading);
    }

    /// A paragraph.
    pub(crate) fn paragraph(&mut self, indent: usize, text: &str, tone: Tone) {
        self.wrapped(indent, "", text, tone);
    }

    /// A paragraph behind a label of its own column.
    pub(crate) fn labelled(&mut self, label: &'static str, text: &str) {
        self.wrapped(2, &format!("{label:<LABEL_WIDTH$}"), text, Tone::Plain);
    }

    /// A paragraph in the column behind the labels.
    pub(crate) fn continued(&mut self, text: &str, tone: Tone) {
        self.wrapped(2 + LABEL_WIDTH, "", text, tone);
    }

    /// An item of a list.
    pub(crate) fn item(&mut self, indent: usize, sign: &'static str, text: &str) {
        self.wrapped(indent, &format!("{sign} "), text, Tone::Plain);
    }

    /// A line as it is, never wrapped: code to copy, lines of a diff. What is wider than the terminal wraps there.
    pub(crate) fn verbatim(&mut self, indent: usize, text: &str, tone: Tone) {
        self.emit(indent, &inline::clip(text, VERBATIM), tone);
    }

    /// Whether rows fit next to each other without wrapping.
    pub(crate) fn fits(&self, indent: usize, header: &[&'static str], rows: &[Vec<String>]) -> bool {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let widest = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| safe::line(cell).width());
            cells.chain(header.get(column).map(|name| name.width())).max().unwrap_or(0)
        };
        let gaps = columns.saturating_sub(1) * COLUMN_GAP;
        indent + (0..columns).map(widest).sum::<usize>() + gaps <= usize::from(self.style.width)
    }

    /// A table without lines. Cells that don't fit wrap, those of `whole_column` last.
    pub(crate) fn table(&mut self, indent: usize, header: &[&'static str], whole_column: usize, rows: &[Vec<String>]) {
        let mut table = Table::new();
        let width = usize::from(self.style.width).saturating_sub(indent);
        table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        // The last column's gap is cut off again.
        table.set_width(u16::try_from(width + COLUMN_GAP).unwrap_or(u16::MAX));
        if !header.is_empty() {
            table.set_header(header.iter().copied());
        }
        for row in rows {
            table.add_row(row.iter().map(|cell| safe::line(&inline::clip(cell, CELL))));
        }
        let whole = rows.iter().filter_map(|row| row.get(whole_column)).map(|cell| safe::line(cell).width()).max().unwrap_or(0);
        for (index, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, 2));
            if index == whole_column && whole * 3 < width * 2 {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        for (number, line) in table.lines().enumerate() {
            let tone = if number == 0 && !header.is_empty() { Tone::Faint } else { Tone::Plain };
            self.emit(indent, line.trim_end(), tone);
        }
    }

    /// Wraps at spaces; a word wider than the line stays whole, so that it can be copied.
    fn wrapped(&mut self, indent: usize, lead: &str, text: &str, tone: Tone) {
        let hang = indent + lead.width();
        let room = usize::from(self.style.width).min(PROSE_WIDTH).saturating_sub(hang).max(20);
        let text = safe::line(&inline::clip(text, PARAGRAPH));
        let mut line = String::new();
        let mut first = true;
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            if !line.is_empty() && line.width() + 1 + word.width() > room {
                self.wrapped_line(indent, lead, hang, first, &line, tone);
                (first, line) = (false, String::new());
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.wrapped_line(indent, lead, hang, first, &line, tone);
    }

    fn wrapped_line(&mut self, indent: usize, lead: &str, hang: usize, first: bool, line: &str, tone: Tone) {
        if first {
            self.emit(indent, &format!("{lead}{line}"), tone);
        } else {
            self.emit(hang, line, tone);
        }
    }

    /// The only way onto the page.
    fn emit(&mut self, indent: usize, line: &str, tone: Tone) {
        let line = format!("{:indent$}{}", "", safe::line(line));
        let line = safe::log_lines(line.trim_end());
        self.out.push_str(&paint(&line, tone, self.style.color));
        self.out.push('\n');
    }
}

fn paint(line: &str, tone: Tone, color: bool) -> String {
    match tone.sgr().filter(|_| color && !line.is_empty()) {
        Some(sgr) => format!("\x1b[{sgr}m{line}\x1b[0m"),
        None => line.to_owned(),
    }
}

/// A line of an error's story: its first word in colour.
pub(crate) fn paint_error(line: &str) -> String {
    for (lead, tone) in [
        ("error:", Tone::Severity(Severity::High)),
        ("  caused by:", Tone::Severity(Severity::High)),
        ("  hint:", Tone::Severity(Severity::Low)),
    ] {
        if let Some(rest) = line.strip_prefix(lead) {
            return format!("{}{rest}", paint(lead, tone, true));
        }
    }
    line.to_owned()
}
