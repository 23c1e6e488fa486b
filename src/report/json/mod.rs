//! JSON, version 1: a frozen view with types of its own, so that a change inside the program never changes what other programs read.
//! Keys are only ever added.
//!
//! The text is lossless and inert: characters that steer a terminal and the `[` of a CI command are written as `\u` escapes, which every
//! JSON reader turns back. Depends on the report's own types.

mod release;

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use super::redact::{self, Known};
use super::{Report, Side, remedy, safe, wording};
use crate::classify::{Confidence, Finding, Fix, Form, Place, Severity};
use crate::diff::{
    Announced, ChangeKind, CrdChange, DependencyChange, FieldChange, FileChange, ImageChange, Missing, MoveProposal, SchemaChange,
    ValueChange,
};
use crate::trial::{Effect, Trials};
use crate::value::secrets;
use crate::value::{Node, Path};

/// The name of this view.
pub const SCHEMA: &str = "chartshift/report/v1";

/// Writes the report, and a line end.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let known = Known::of(report);
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, Inert(PrettyFormatter::new()));
    V1::of(report, &known).serialize(&mut serializer)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct V1<'a> {
    schema: &'static str,
    chart: ChartView<'a>,
    /// The release's name, namespace and values, once there is one.
    release: Option<release::ReleaseView<'a>>,
    scope: Scope,
    verdict: VerdictView<'a>,
    findings: Vec<FindingView<'a>>,
    unused_ignores: &'a [String],
    workloads: BTreeMap<&'a str, release::Sides>,
    accounts: BTreeMap<&'a str, release::Sides>,
    values: ValuesView<'a>,
    /// Null when nothing was rendered: an empty list would say that nothing changed.
    manifests: Option<release::ManifestsView<'a>>,
    templates: Vec<FileView<'a>>,
    dependencies: Vec<DependencyView<'a>>,
    images: Vec<ImageView<'a>>,
    crds: Vec<FileView<'a>>,
    crd_changes: Vec<CrdView<'a>>,
    values_schema: Vec<SchemaView<'a>>,
    metadata: Vec<FieldView>,
    announced: Vec<AnnouncedView<'a>>,
}

#[derive(Serialize)]
struct ChartView<'a> {
    name: &'a str,
    step: &'a str,
    old: SideView<'a>,
    new: SideView<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SideView<'a> {
    version: &'a str,
    app_version: &'a str,
    source: &'a str,
    digest: Option<&'a str>,
}

#[derive(Serialize)]
struct Scope {
    compared: &'static [&'static str],
    rendered: bool,
}

#[derive(Serialize)]
struct VerdictView<'a> {
    level: Option<Severity>,
    complete: bool,
    counts: Counts<'a>,
    ignored: usize,
    missing: &'a [Missing],
}

/// Counts by severity, worst first, none left out.
struct Counts<'a>(&'a BTreeMap<Severity, usize>);

impl Serialize for Counts<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(wording::SEVERITIES.iter().map(|level| (level, self.0.get(level).copied().unwrap_or(0))))
    }
}

#[derive(Serialize)]
struct FindingView<'a> {
    rule: &'a str,
    pack: &'a str,
    severity: Severity,
    confidence: Confidence,
    title: &'a str,
    message: String,
    why: &'a str,
    /// `Kind/name` of each workload it affects; nothing is known of workloads without a render.
    workloads: &'a [String],
    changes: Vec<PlaceView<'a>>,
    beside: Vec<PlaceView<'a>>,
    /// Found by rendering again; none without.
    causes: Vec<release::CauseView<'a>>,
    fix: Option<FixView<'a>>,
    references: &'a [String],
    /// The reason that the configuration gives for ignoring it.
    ignored: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FixView<'a> {
    text: &'a str,
    /// The values as one nested mapping; null when a path leads into a list.
    values: Option<serde_json::Map<String, Value>>,
    /// The same as Helm's flags.
    set: Vec<String>,
    verified: bool,
    /// The only way of setting the values that works; null when a values file and flags both do, or neither was tried.
    only_as: Option<Form>,
    /// Why no values are verified, when some were looked for.
    unverified: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlaceView<'a> {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<ChangeKind>,
    old: Option<Value>,
    new: Option<Value>,
    file: &'a str,
    old_line: Option<u32>,
    new_line: Option<u32>,
    description: Option<String>,
    /// What the rule remarks on this place alone; always null of a value change.
    note: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ValuesView<'a> {
    changes: Vec<ValueView<'a>>,
    moves: Vec<MoveView<'a>>,
    overrides: release::OverridesView,
    comment_only_lines: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ValueView<'a> {
    #[serde(flatten)]
    place: PlaceView<'a>,
    type_changed: bool,
    /// `effective`, `masked` or `inert`; null without a render.
    effect: Option<Effect>,
}

#[derive(Serialize)]
struct MoveView<'a> {
    from: String,
    to: String,
    score: f64,
    reasons: &'a [&'static str],
}

#[derive(Serialize)]
struct FileView<'a> {
    path: &'a str,
    kind: ChangeKind,
    removed: usize,
    added: usize,
    omitted: Option<&'a str>,
    hunks: Vec<HunkView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HunkView {
    old_line: Option<u32>,
    new_line: Option<u32>,
    /// Each with its sign in front: ` `, `-` or `+`.
    lines: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DependencyView<'a> {
    path: String,
    name: &'a str,
    kind: ChangeKind,
    old: Option<&'a str>,
    new: Option<&'a str>,
    fields: Vec<DependencyField<'a>>,
    lock_only: bool,
}

#[derive(Serialize)]
struct DependencyField<'a> {
    name: &'a str,
    old: String,
    new: String,
}

#[derive(Serialize)]
struct ImageView<'a> {
    path: String,
    old: Option<&'a str>,
    new: Option<&'a str>,
}

#[derive(Serialize)]
struct CrdView<'a> {
    file: &'a str,
    name: &'a str,
    text: &'a str,
    breaking: bool,
}

#[derive(Serialize)]
struct SchemaView<'a> {
    path: String,
    text: &'a str,
    stricter: bool,
}

#[derive(Serialize)]
struct FieldView {
    path: String,
    kind: ChangeKind,
    old: Option<Value>,
    new: Option<Value>,
}

#[derive(Serialize)]
struct AnnouncedView<'a> {
    kind: &'a str,
    text: &'a str,
}

impl<'a> V1<'a> {
    fn of(report: &'a Report, known: &Known) -> Self {
        let comparison = &report.comparison;
        let verdict = &report.verdict;
        let objects = report.release.as_ref().and_then(|release| release.objects.as_ref());
        let trials = report.release.as_ref().map(|release| &release.trials);
        Self {
            schema: SCHEMA,
            chart: ChartView { name: &report.chart, step: report.step, old: side(&report.old), new: side(&report.new) },
            release: report.release.as_ref().map(|release| release::ReleaseView::of(release, known)),
            scope: Scope { compared: wording::COMPARED, rendered: objects.is_some() },
            verdict: VerdictView {
                level: verdict.level,
                complete: verdict.missing.is_empty(),
                counts: Counts(&verdict.counts),
                ignored: wording::split_ignored(&report.findings).1.len(),
                missing: &verdict.missing,
            },
            findings: report.findings.iter().map(|found| finding(found, known)).collect(),
            unused_ignores: &report.unused_ignores,
            workloads: report.release.as_ref().map(release::workloads).unwrap_or_default(),
            accounts: report.release.as_ref().map(release::accounts).unwrap_or_default(),
            values: ValuesView {
                changes: comparison.values.changes.iter().map(|change| value_change(change, trials, known)).collect(),
                moves: comparison.values.moves.iter().map(moved).collect(),
                overrides: trials.map(release::OverridesView::of).unwrap_or_default(),
                comment_only_lines: comparison.values.comment_only_lines,
            },
            manifests: objects.map(release::ManifestsView::of),
            templates: comparison.templates.iter().map(|change| file(change, known)).collect(),
            dependencies: comparison.dependencies.iter().map(dependency).collect(),
            images: comparison.images.iter().map(image).collect(),
            crds: comparison.crds.iter().map(|change| file(change, known)).collect(),
            crd_changes: comparison.crd_changes.iter().map(crd).collect(),
            values_schema: comparison.schema.iter().map(schema).collect(),
            metadata: comparison.metadata.iter().map(field).collect(),
            announced: comparison.announced.iter().map(announced).collect(),
        }
    }
}

impl PlaceView<'_> {
    fn without_kind(self) -> Self {
        Self { kind: None, ..self }
    }
}

fn side(side: &Side) -> SideView<'_> {
    SideView { version: &side.version, app_version: &side.app_version, source: &side.source, digest: side.digest.as_deref() }
}

fn value(path: &Path, node: Option<&Node>) -> Option<Value> {
    node.map(|node| redact::json(path, node))
}

fn finding<'a>(finding: &'a Finding, known: &Known) -> FindingView<'a> {
    FindingView {
        rule: &finding.rule,
        pack: &finding.pack,
        severity: finding.severity,
        confidence: finding.confidence,
        title: &finding.title,
        message: known.text(&finding.message),
        why: &finding.why,
        workloads: &finding.workloads,
        changes: finding.changes.iter().map(|one| place(one, known)).collect(),
        beside: finding.beside.iter().map(|one| place(one, known)).collect(),
        causes: release::causes(finding, known),
        fix: finding.fix.as_ref().map(|one| fix(one, known)),
        references: &finding.references,
        ignored: finding.ignored.as_deref(),
    }
}

fn fix<'a>(fix: &'a Fix, known: &Known) -> FixView<'a> {
    FixView {
        text: &fix.text,
        values: remedy::nested(fix),
        set: remedy::flags(fix),
        verified: fix.verified,
        only_as: fix.only_as,
        unverified: fix.unverified.as_deref().map(|why| known.text(why)),
    }
}

fn place<'a>(place: &'a Place, known: &Known) -> PlaceView<'a> {
    PlaceView {
        path: secrets::path(&place.path),
        kind: Some(place.kind),
        old: value(&place.path, place.old.as_ref()),
        new: value(&place.path, place.new.as_ref()),
        file: &place.file,
        old_line: place.old_line,
        new_line: place.new_line,
        description: place.description.as_deref().map(|text| known.text(text)),
        note: place.note.as_deref().map(|text| known.text(text)),
    }
}

fn value_change<'a>(change: &'a ValueChange, trials: Option<&Trials>, known: &Known) -> ValueView<'a> {
    let place = PlaceView {
        path: secrets::path(&change.path),
        kind: Some(change.kind),
        old: value(&change.path, change.old.as_ref()),
        new: value(&change.path, change.new.as_ref()),
        file: &change.file,
        old_line: change.old_line,
        new_line: change.new_line,
        description: change.description.as_deref().map(|text| known.text(text)),
        note: None,
    };
    let effect = trials.and_then(|trials| trials.effects.get(&change.path)).copied();
    ValueView { place, type_changed: change.type_changed, effect }
}

fn moved(proposal: &MoveProposal) -> MoveView<'_> {
    let score = (proposal.score * 100.0).round() / 100.0;
    MoveView { from: secrets::path(&proposal.from), to: secrets::path(&proposal.to), score, reasons: &proposal.reasons }
}

fn file<'a>(file: &'a FileChange, known: &Known) -> FileView<'a> {
    let hunks = file.hunks.iter().map(|hunk| {
        let mut lines = secrets::Lines::default();
        HunkView {
            old_line: hunk.lines.iter().find_map(|line| line.old_line),
            new_line: hunk.lines.iter().find_map(|line| line.new_line),
            lines: hunk.lines.iter().map(|line| format!("{}{}", wording::sign(line.kind), known.line(&mut lines, &line.text))).collect(),
        }
    });
    FileView { path: &file.path, kind: file.kind, removed: file.removed, added: file.added, omitted: file.omitted, hunks: hunks.collect() }
}

fn dependency(change: &DependencyChange) -> DependencyView<'_> {
    let fields = change.fields.iter().map(|(name, old, new)| DependencyField { name, old: secrets::scrub(old), new: secrets::scrub(new) });
    DependencyView {
        path: change.path.to_string(),
        name: &change.name,
        kind: change.kind,
        old: change.old_version.as_deref(),
        new: change.new_version.as_deref(),
        fields: fields.collect(),
        lock_only: change.lock_only,
    }
}

fn image(change: &ImageChange) -> ImageView<'_> {
    ImageView { path: change.path.to_string(), old: change.old.as_deref(), new: change.new.as_deref() }
}

fn crd(change: &CrdChange) -> CrdView<'_> {
    CrdView { file: &change.file, name: &change.name, text: &change.text, breaking: change.breaking }
}

fn schema(change: &SchemaChange) -> SchemaView<'_> {
    SchemaView { path: change.path.to_string(), text: &change.text, stricter: change.stricter }
}

fn field(change: &FieldChange) -> FieldView {
    FieldView {
        path: change.path.to_string(),
        kind: change.kind,
        old: value(&change.path, change.old.as_ref()),
        new: value(&change.path, change.new.as_ref()),
    }
}

fn announced(entry: &Announced) -> AnnouncedView<'_> {
    AnnouncedView { kind: &entry.kind, text: &entry.text }
}

/// Pretty JSON whose strings hold no character that steers a terminal and no `##[` or `##vso[`.
pub(crate) struct Inert<'a>(pub(crate) PrettyFormatter<'a>);

impl Formatter for Inert<'_> {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut units = [0; 2];
        let mut last = ' ';
        for c in fragment.chars() {
            if safe::is_hidden(c) || (c == '#' && last == '#') {
                for unit in c.encode_utf16(&mut units) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            } else {
                CompactFormatter.write_string_fragment(writer, c.encode_utf8(&mut [0; 4]))?;
            }
            last = c;
        }
        Ok(())
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}
