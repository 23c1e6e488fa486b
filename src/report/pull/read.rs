//! The report as JSON: written for programs and for a later run, and read back as text that anybody may have written.
//!
//! What is read keeps to the caps of [`caps`], has no field that this version doesn't know, and doesn't contradict itself:
//! a report can't call itself complete while it names what is missing.

use std::io;

use serde::{Deserialize, Serialize as _};
use serde_json::Value;
use serde_json::ser::PrettyFormatter;

use super::{FindingView, PullReport, SCHEMA, TableView, caps};
use crate::classify::Severity;
use crate::error::{Error, ErrorKind, Result};
use crate::report::json::Inert;
use crate::report::{inline, safe};

/// Digits of a revision.
const REVISION: usize = 40;

/// What the lines that repeat a review begin with.
const COMMANDS: &[&str] = &["chartshift pr ", "chartshift diff "];

/// Characters of a reason, which may quote what was read.
const REASON: usize = 300;

/// The one field that is read of any report, to say what it is.
#[derive(Deserialize)]
struct Named {
    schema: Option<String>,
}

impl PullReport {
    /// The most bytes that are read.
    pub const MOST_BYTES: u64 = caps::BYTES as u64;

    /// Writes it as JSON, and a line end. The text is lossless and inert, see [`json`](crate::report::json).
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let mut serializer = serde_json::Serializer::with_formatter(&mut *out, Inert(PrettyFormatter::new()));
        self.serialize(&mut serializer)?;
        out.write_all(b"\n")
    }

    /// Reads what [`PullReport::write`] wrote, or what somebody wants to pass for it.
    ///
    /// # Errors
    /// `Limit` when it is larger than a report can be, `Syntax` when it is no report, with what is wrong and where.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > caps::BYTES {
            let message = format!("the report has {} bytes, more than the {} that are taken", bytes.len(), caps::BYTES);
            return Err(Error::new(ErrorKind::Limit, message));
        }
        check_schema(bytes)?;
        let report: Self = serde_json::from_slice(bytes).map_err(|error| malformed(&error.to_string()))?;
        let value = serde_json::to_value(&report).map_err(|error| malformed(&error.to_string()))?;
        check_sizes(&value, "the report")?;
        report.check()?;
        Ok(report)
    }

    /// Checks what types don't.
    fn check(&self) -> Result<()> {
        for (name, revision) in [("base", &self.base), ("head", &self.head)] {
            if revision.len() != REVISION || !revision.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
                return Err(malformed(&format!("{name} is not a revision of {REVISION} hexadecimal digits: {revision:?}")));
            }
        }
        if self.groups.iter().any(|group| group.releases.is_empty()) {
            return Err(malformed("a chart has no release"));
        }
        if let Some(line) = self.groups.iter().flat_map(|group| &group.reproduce).find(|line| !safe::is_command(line, COMMANDS)) {
            return Err(malformed(&format!("a line to be repeated in a shell is not a command of this program: {line:?}")));
        }
        let findings: Vec<&FindingView> = self.groups.iter().flat_map(|group| &group.findings).collect();
        if findings.len() > caps::ALL_FINDINGS {
            return Err(too_much("the report", "findings", findings.len(), caps::ALL_FINDINGS));
        }
        findings.into_iter().try_for_each(check_finding)?;
        self.groups.iter().flat_map(|group| group.identities.iter().chain(&group.tables)).try_for_each(check_table)?;
        let (level, complete) = (self.worst(), self.is_complete());
        if self.level != level {
            let word = |level: Option<Severity>| level.map_or("none", Severity::word);
            return Err(malformed(&format!("its level is {}, that of its findings is {}", word(self.level), word(level))));
        }
        if self.complete != complete {
            return Err(malformed(&format!("it says complete: {}, but what it names as missing says {complete}", self.complete)));
        }
        Ok(())
    }
}

fn check_schema(bytes: &[u8]) -> Result<()> {
    let named: Named = serde_json::from_slice(bytes).map_err(|error| malformed(&error.to_string()))?;
    match named.schema.as_deref() {
        Some(SCHEMA) => Ok(()),
        Some(other) => {
            let other: String = other.chars().take(60).collect();
            Err(malformed(&format!("its schema is {other:?}, not {SCHEMA:?}"))
                .hint("give the file that `chartshift pr -o json=FILE` wrote"))
        }
        None => Err(malformed(&format!("it has no schema; that of a report is {SCHEMA:?}"))),
    }
}

/// Checks the length of every string and list.
fn check_sizes(value: &Value, what: &str) -> Result<()> {
    match value {
        Value::String(text) => {
            let length = text.chars().count();
            if length > caps::STRING { Err(too_much(what, "characters", length, caps::STRING)) } else { Ok(()) }
        }
        Value::Array(items) if items.len() > caps::LIST => Err(too_much(what, "entries", items.len(), caps::LIST)),
        Value::Array(items) => items.iter().try_for_each(|item| check_sizes(item, what)),
        Value::Object(fields) => fields.iter().try_for_each(|(name, field)| check_sizes(field, name)),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

fn check_finding(finding: &FindingView) -> Result<()> {
    let reach = finding.reach.map(|reach| [reach.effective, reach.masked, reach.inert]).unwrap_or_default();
    let most = reach.into_iter().chain([finding.place_count]).max().unwrap_or_default();
    if most > caps::COUNT {
        return Err(too_much("a finding", "places", most, caps::COUNT));
    }
    if finding.places.len() > finding.place_count {
        return Err(malformed("a finding shows more places than it has"));
    }
    Ok(())
}

fn check_table(table: &TableView) -> Result<()> {
    if table.row_count > caps::COUNT {
        return Err(too_much("a table", "rows", table.row_count, caps::COUNT));
    }
    if table.rows.len() > table.row_count || table.rows.iter().any(|row| row.len() > caps::COLUMNS) {
        return Err(malformed("a table shows more rows or columns than it can have"));
    }
    Ok(())
}

fn malformed(why: &str) -> Error {
    Error::new(ErrorKind::Syntax, format!("this is no report on a pull request: {}", inline::clip(why, REASON)))
}

fn too_much(what: &str, of: &str, number: usize, most: usize) -> Error {
    Error::new(ErrorKind::Limit, format!("{what} has {number} {of}, more than the {most} that are taken"))
}
