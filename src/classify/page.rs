//! Rules explained: what `chartshift rules ID` shows, and the table of the README. Depends on `rule` and `catalogue`.

use super::Severity;
use super::catalogue::Catalogue;
use super::rule::On;
use crate::error::Result;

/// The line of the README that goes ahead of the generated table.
pub const TABLE_START: &str = "<!-- rules:start -->";
/// The line that ends it.
pub const TABLE_END: &str = "<!-- rules:end -->";

/// A rule in words. All of it is the rule file's own text: no chart has a say in it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct RulePage {
    /// The rule's id.
    pub id: String,
    /// Its pack.
    pub pack: String,
    /// Its headline.
    pub title: String,
    /// The chartshift version that had it first.
    pub since: String,
    /// The severities its findings can have, worst first.
    pub severities: Vec<Severity>,
    /// What it looks at.
    pub on: On,
    /// The patterns over chart names; empty: every chart.
    pub charts: Vec<String>,
    /// The patterns over paths; empty: every path.
    pub paths: Vec<String>,
    /// The regular expression over changed lines of files, or over texts among values.
    pub lines: Option<String>,
    /// The conditions in CEL, in the order they are asked.
    pub conditions: Vec<String>,
    /// Why it matters, in Markdown.
    pub why: String,
    /// What to do.
    pub fix: Option<String>,
    /// Where to read more.
    pub references: Vec<String>,
}

/// Explains one rule.
///
/// # Errors
/// `NotFound` when there is none of this id.
pub fn explain(catalogue: &Catalogue, id: &str) -> Result<RulePage> {
    let rule = catalogue.rule(id)?;
    let text = &rule.text;
    let conditions = text.each.iter().chain(&text.when).chain(text.cases.iter().filter_map(|case| case.when.as_ref()));
    Ok(RulePage {
        id: text.id.clone(),
        pack: rule.pack.clone(),
        title: text.title.clone(),
        since: text.since.clone(),
        severities: rule.severities(),
        on: text.on,
        charts: text.charts.clone(),
        paths: text.paths.clone(),
        lines: text.text.clone(),
        conditions: conditions.map(|condition| condition.trim().to_owned()).collect(),
        why: text.why.trim().to_owned(),
        fix: text.fix.as_ref().map(|fix| fix.text.trim().to_owned()),
        references: text.references.clone(),
    })
}

impl RulePage {
    /// The page as Markdown, which is also readable as it is.
    pub fn markdown(&self) -> String {
        let mut page = format!("# {}\n\n{}\n\n", self.id, self.title);
        page += &format!("Pack `{}`, since {}, {}.\n\n{}\n", self.pack, self.since, severity_words(&self.severities), self.why);
        if let Some(fix) = &self.fix {
            page += &format!("\n## What to do\n\n{fix}\n");
        }
        page += &format!("\n## When it fires\n\nOn {}.\n", looks_at(self.on));
        page += &code_list("Charts:", &self.charts);
        page += &code_list("Paths:", &self.paths);
        page += &code_list("Where this is found:", self.lines.as_slice());
        page += &code_list("Conditions in CEL, asked in this order:", &self.conditions);
        if !self.references.is_empty() {
            page += "\n## References\n\n";
            page.extend(self.references.iter().map(|link| format!("- <{link}>\n")));
        }
        page
    }
}

/// A heading and a list of code; nothing when the list is empty.
fn code_list(heading: &str, items: &[String]) -> String {
    if items.is_empty() {
        return String::new();
    }
    let items: String = items.iter().map(|item| format!("- {}\n", code(item))).collect();
    format!("\n{heading}\n\n{items}")
}

/// A code span, fenced by more backticks than the text has in a row.
fn code(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let most = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(most + 1);
    if most == 0 { format!("`{text}`") } else { format!("{fence} {text} {fence}") }
}

/// Every rule as a row of a Markdown table, by id.
pub fn table(catalogue: &Catalogue) -> String {
    let mut table = String::from("| Rule | Severity | Looks at | Says |\n| --- | --- | --- | --- |\n");
    for rule in catalogue.rules() {
        let (severity, on) = (severity_words(&rule.severities()), looks_at(rule.text.on));
        table += &format!("| `{}` | {severity} | {on} | {} |\n", rule.id(), rule.text.title.replace('|', "\\|"));
    }
    table
}

/// The severities that a rule can give, in words.
pub fn severity_words(severities: &[Severity]) -> String {
    severities.iter().map(|severity| severity.word()).collect::<Vec<_>>().join(", ")
}

/// What a rule looks at, in words.
pub fn looks_at(on: On) -> &'static str {
    match on {
        On::Value => "default values",
        On::Template => "template lines",
        On::Dependency => "dependencies",
        On::Image => "images",
        On::Crd => "CRDs",
        On::Metadata => "Chart.yaml",
        On::Workload => "rendered pods",
        On::Account => "rendered accounts",
        On::Object => "rendered objects",
        On::Permission => "rendered permissions",
    }
}
