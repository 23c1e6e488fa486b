//! The findings as SARIF 2.1.0 (OASIS, December 2021) for code scanning and editors; one result per finding, `serde-sarif` has the types.
//!
//! A result stands where its reader can act: in the user's values file where that has the setting or what is around it, else in the new
//! chart's file. What could not be compared is a notification, and then the invocation was not successful (§3.20.14).

use std::collections::BTreeMap;
use std::io;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_sarif::sarif::{
    ArtifactLocation, Invocation, Location, LogicalLocation, Message, MultiformatMessageString, Notification, PhysicalLocation,
    PropertyBag, Region, ReportingDescriptor, Result as SarifResult, ResultKind, ResultLevel, Run, Sarif, Suppression, Tool, ToolComponent,
};
use sha2::{Digest as _, Sha256};

use super::redact::Known;
use super::{Report, release, remedy, safe, wording};
use crate::classify::{Cause, Finding, Place, Severity};
use crate::value::{Node, Path, Step};

/// The schema that the output follows.
pub const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What paths in the new chart are relative to.
const NEW_CHART: &str = "NEW_CHART";

/// Related places of one result before the rest is left to the other formats.
const RELATED: usize = 20;

/// What a URI's path must not hold as it is (RFC 3986 §3.3).
const IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b':');

/// Writes the log, and a line end.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &log(report))?;
    out.write_all(b"\n")
}

fn log(report: &Report) -> Sarif {
    let known = Known::of(report);
    let rules = rules(report);
    let results = report.findings.iter().map(|finding| result(report, finding, &rules, &known)).collect::<Vec<_>>();
    let driver = ToolComponent {
        name: "chartshift".to_owned(),
        version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        semantic_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        rules: Some(rules),
        ..ToolComponent::builder().name("chartshift").build()
    };
    let run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .results(results)
        .invocations(vec![invocation(report)])
        .column_kind(serde_json::Value::from("unicodeCodePoints"))
        .original_uri_base_ids(BTreeMap::from([(NEW_CHART.to_owned(), chart_base(report))]))
        .build();
    Sarif::builder().schema(SCHEMA).version(serde_json::Value::from("2.1.0")).runs(vec![run]).build()
}

fn chart_base(report: &Report) -> ArtifactLocation {
    let text = format!("the files of {} {} ({})", report.chart, report.new.version, report.new.source);
    ArtifactLocation::builder().description(message(&text)).build()
}

/// The rules that fired, each once, in the order of the findings.
fn rules(report: &Report) -> Vec<ReportingDescriptor> {
    let mut rules: Vec<ReportingDescriptor> = Vec::new();
    for finding in &report.findings {
        if rules.iter().any(|rule| rule.id == finding.rule) {
            continue;
        }
        let worst = report.findings.iter().filter(|other| other.rule == finding.rule).map(|other| other.severity).max();
        rules.push(ReportingDescriptor {
            short_description: Some(multiformat(&finding.title)),
            full_description: Some(multiformat(&finding.why)),
            help_uri: finding.references.first().cloned(),
            properties: Some(bag([
                ("security-severity", score(worst.unwrap_or(finding.severity)).into()),
                ("tags", vec![finding.pack.clone()].into()),
            ])),
            ..ReportingDescriptor::builder().id(finding.rule.clone()).build()
        });
    }
    rules
}

/// The number by which code scanning ranks security results: 0 to 10, as CVSS has it.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.0",
        Severity::Low => "2.0",
        Severity::Info => "0.0",
    }
}

fn level(severity: Severity) -> ResultLevel {
    match severity {
        Severity::Critical | Severity::High => ResultLevel::Error,
        Severity::Medium => ResultLevel::Warning,
        Severity::Low | Severity::Info => ResultLevel::Note,
    }
}

fn result(report: &Report, finding: &Finding, rules: &[ReportingDescriptor], known: &Known) -> SarifResult {
    let mut places = finding.changes.iter().map(place_location);
    let primary = acting_place(report, finding).or_else(|| places.next());
    let workloads = finding.workloads.iter().map(|name| {
        let (kind, _) = name.split_once('/').unwrap_or(("", name));
        LogicalLocation::builder().fully_qualified_name(shown(name)).kind(shown(kind)).build()
    });
    let workloads: Vec<LogicalLocation> = workloads.collect();
    let mut primary = primary.unwrap_or_default();
    primary.logical_locations = Some(workloads).filter(|workloads| !workloads.is_empty());
    let index = rules.iter().position(|rule| rule.id == finding.rule).and_then(|index| i64::try_from(index).ok());
    let related: Vec<Location> = places.take(RELATED).collect();
    let causes: Vec<String> = release::causes(finding).iter().map(|cause| shown(&known.text(cause))).collect();
    let fix = finding.fix.as_ref().map(|fix| remedy::flags(fix).join(" ")).unwrap_or_default();
    SarifResult {
        rule_id: Some(finding.rule.clone()),
        rule_index: index,
        kind: Some(ResultKind::Fail),
        level: Some(level(finding.severity)),
        locations: Some(vec![primary]),
        related_locations: Some(related).filter(|related| !related.is_empty()),
        partial_fingerprints: Some(BTreeMap::from([("chartshift/v1".to_owned(), fingerprint(report, finding))])),
        suppressions: finding.ignored.as_ref().map(|reason| vec![suppression(reason)]),
        properties: Some(bag([
            ("severity", finding.severity.word().into()),
            ("confidence", wording::confidence(finding.confidence).into()),
            ("causes", causes.into()),
            ("fix", fix.into()),
            ("fixVerified", finding.fix.as_ref().is_some_and(|fix| fix.verified).into()),
        ])),
        ..SarifResult::builder().message(message(&format!("{}. {}", finding.title, known.text(&finding.message)))).build()
    }
}

/// Where the user can act: the values file's line that sets what caused the finding, or the nearest mapping around it.
fn acting_place(report: &Report, finding: &Finding) -> Option<Location> {
    let files = &report.release.as_ref()?.values_files;
    let causes = finding.causes.iter().filter_map(|cause| if let Cause::Value(place) = cause { Some(&place.path) } else { None });
    let fixes = finding.fix.iter().flat_map(|fix| fix.values.iter().map(|(path, _)| path));
    let deepest = |path: &Path| files.iter().filter_map(|file| nearest_key(file, path)).max_by_key(|(depth, _)| *depth);
    let (_, place) = causes.chain(fixes).filter_map(deepest).max_by_key(|(depth, _)| *depth)?;
    Some(physical(&place.file, None, Some(place.line)))
}

/// How deep a values file follows a path, and where that key stands; `None` when it has not even the first key.
fn nearest_key(file: &Node, path: &Path) -> Option<(usize, crate::error::Place)> {
    let (mut node, mut found) = (file, None);
    for (depth, step) in path.steps().iter().enumerate() {
        let Step::Key(key) = step else { break };
        let Some(entry) = node.as_map().and_then(|map| map.get(key)) else { break };
        found = Some((depth + 1, entry.at.place()));
        node = &entry.value;
    }
    found
}

fn place_location(place: &Place) -> Location {
    let line = place.new_line.or(place.old_line);
    Location { message: Some(message(&wording::path(&place.path))), ..physical(&place.file, Some(NEW_CHART), line) }
}

fn physical(file: &str, base: Option<&str>, line: Option<u32>) -> Location {
    let uri = utf8_percent_encode(file.trim_start_matches('/'), IN_PATH).to_string();
    let uri = if base.is_none() && file.starts_with('/') { format!("file:///{uri}") } else { uri };
    let artifact = ArtifactLocation { uri: Some(uri), uri_base_id: base.map(str::to_owned), ..ArtifactLocation::default() };
    let region = line.map(|line| Region { start_line: Some(i64::from(line)), ..Region::default() });
    let physical = PhysicalLocation { artifact_location: Some(artifact), region, ..PhysicalLocation::default() };
    Location { physical_location: Some(physical), ..Location::default() }
}

/// The same for the same finding of the next version, as long as rule, chart, settings and workloads are the same.
fn fingerprint(report: &Report, finding: &Finding) -> String {
    let mut hash = Sha256::new();
    let paths = finding.changes.iter().map(|place| place.path.to_string());
    for part in [finding.rule.clone(), report.chart.clone()].into_iter().chain(paths).chain(finding.workloads.iter().cloned()) {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    data_encoding::HEXLOWER.encode(&hash.finalize())
}

fn suppression(reason: &str) -> Suppression {
    Suppression::builder().kind(serde_json::Value::from("external")).justification(shown(reason)).build()
}

fn invocation(report: &Report) -> Invocation {
    let missing = &report.verdict.missing;
    let notify = |missing: &crate::diff::Missing| {
        let text = format!("{} was not compared: {}", missing.part, missing.reason);
        Notification { level: Some(serde_json::Value::from("error")), ..Notification::builder().message(message(&text)).build() }
    };
    let notifications: Vec<Notification> = missing.iter().map(notify).collect();
    Invocation {
        tool_execution_notifications: Some(notifications).filter(|all| !all.is_empty()),
        ..Invocation::builder().execution_successful(missing.is_empty()).build()
    }
}

fn bag<const N: usize>(entries: [(&str, serde_json::Value); N]) -> PropertyBag {
    let properties = entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<BTreeMap<_, _>>();
    PropertyBag::builder().additional_properties(properties).build()
}

/// Chart text as a viewer may show it: no hidden characters.
fn shown(text: &str) -> String {
    safe::line(text)
}

/// A message: plain text (§3.11), where a square bracket would begin a link.
fn message(text: &str) -> Message {
    let plain = shown(text).replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]");
    Message::builder().text(plain).build()
}

fn multiformat(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(shown(text)).build()
}
