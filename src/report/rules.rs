//! The catalogue for a terminal: the list of rules, and one rule's page. Uses `classify::page` and the sheet of this stage.

use super::Style;
use super::sheet::{Sheet, Tone};
use crate::classify::Catalogue;
use crate::classify::page::{RulePage, looks_at, severity_words};

/// Every rule in a line or two, by id.
pub fn list(catalogue: &Catalogue, style: &Style) -> String {
    let mut sheet = Sheet::new(style);
    let rows: Vec<Vec<String>> = catalogue
        .rules()
        .iter()
        .map(|rule| vec![rule.id().to_owned(), severity_words(&rule.severities()), rule.text.title.clone()])
        .collect();
    sheet.table(0, &["rule", "severity", "says"], 0, &rows);
    sheet.gap();
    sheet.paragraph(0, "chartshift rules ID explains one.", Tone::Faint);
    sheet.finish()
}

/// One rule: what it says, why, what to do, when it fires.
pub fn page(page: &RulePage, style: &Style) -> String {
    let mut sheet = Sheet::new(style);
    sheet.paragraph(0, &page.id, Tone::Heading);
    sheet.paragraph(0, &page.title, Tone::Plain);
    sheet.gap();
    sheet.labelled("Severity", &severity_words(&page.severities));
    sheet.labelled("Pack", &format!("{}, since {}", page.pack, page.since));
    sheet.labelled("Why", &page.why);
    if let Some(fix) = &page.fix {
        sheet.labelled("Fix", fix);
    }
    sheet.labelled("Looks at", looks_at(page.on));
    for (label, items) in [("Charts", &page.charts), ("Paths", &page.paths), ("When", &page.conditions), ("Read", &page.references)] {
        for (number, item) in items.iter().enumerate() {
            sheet.labelled(if number == 0 { label } else { "" }, item);
        }
    }
    if let Some(lines) = &page.lines {
        sheet.labelled("Lines", lines);
    }
    sheet.finish()
}
