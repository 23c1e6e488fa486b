//! What an upgrade means for one release, as tables that every format prints in its own way. Depends on the report's own types, `wording`
//! and `inline`; nothing here is escaped yet.

use std::collections::BTreeSet;

use super::{ReleaseReview, Report, inline, wording};
use crate::classify::{Cause, Confidence, Finding};
use crate::diff::objects::{FieldDiff, Noise, ObjectChange, ObjectsDiff};
use crate::identity::{Automount, EnvValue, Outcome, Record};
use crate::value::{Node, secrets};

/// The title of the table that says whom Azure takes the pods for.
pub(crate) const IDENTITIES: &str = "Who the pods are";

/// A titled table with remarks below it.
#[derive(Debug, Default)]
pub(crate) struct Section {
    /// Its title.
    pub(crate) title: &'static str,
    /// How much is in it, when that is not the number of rows.
    pub(crate) count: Option<String>,
    /// The columns' names; none: the table has no head.
    pub(crate) header: &'static [&'static str],
    /// The column whose cells are kept whole where there is room: what a reader copies.
    pub(crate) whole_column: usize,
    /// The rows, all of them; the formats cut.
    pub(crate) rows: Vec<Vec<String>>,
    /// Sentences below the table.
    pub(crate) remarks: Vec<String>,
}

/// Everything the renders say about the release, in the order a reader needs it; none when nothing was rendered.
pub(crate) fn sections(report: &Report) -> Vec<Section> {
    let Some(release) = &report.release else { return Vec::new() };
    let mut sections = vec![identities(release), injections(release)];
    if let Some(objects) = &release.objects {
        sections.push(blocked(objects));
        sections.push(own_values(release));
        sections.push(fields(objects));
        sections.push(restarts(objects));
        sections.push(permissions(objects));
    } else {
        sections.push(own_values(release));
    }
    sections.push(reliance(release));
    sections.push(reuse(release));
    sections.retain(|section| !section.rows.is_empty() || !section.remarks.is_empty());
    sections
}

/// The release in one sentence.
pub(crate) fn rendered_as(release: &ReleaseReview) -> String {
    let values = if release.has_values { "your values" } else { "default values only" };
    let assumed =
        if release.assumes_workload_identity { " and workload identity assumed wherever the old chart has a place for it" } else { "" };
    format!(
        "Rendered as release {} in namespace {}, with {values}{assumed}, as Helm {} does for Kubernetes {}.",
        release.name, release.namespace, release.helm, release.kube_version
    )
}

/// A finding's causes, one line each. What is only possible names the default or template itself; left is the dependency it came with, when
/// all of it came with one.
pub(crate) fn causes(finding: &Finding) -> Vec<String> {
    let of_the_chart = |file: &str| !file.starts_with("charts/");
    let own = finding.causes.iter().any(|cause| match cause {
        Cause::Value(place) => of_the_chart(&place.file),
        Cause::Template { file, .. } => of_the_chart(file),
        Cause::Dependency { .. } => false,
    });
    let says_more = |cause: &&Cause| finding.confidence > Confidence::Possible || (!own && matches!(cause, Cause::Dependency { .. }));
    finding.causes.iter().filter(says_more).map(cause).collect()
}

/// One cause in words.
pub(crate) fn cause(cause: &Cause) -> String {
    match cause {
        Cause::Value(place) => {
            let (old, new) = wording::place_pair(place);
            let at = wording::at(&place.file, place.old_line, place.new_line);
            format!("the default {}: {} ({at})", wording::path(&place.path), wording::change(place.kind, &old, &new))
        }
        Cause::Template { file, lines, reads } => {
            let numbers = lines.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
            let at = if numbers.is_empty() { file.clone() } else { format!("{file}:{numbers}") };
            let reads = reads.iter().map(secrets::path).collect::<Vec<_>>().join(", ");
            if reads.is_empty() { format!("the template {at}") } else { format!("the template {at}, from {reads}") }
        }
        Cause::Dependency { path, old_version, new_version } => {
            let versions = wording::one_of(old_version.as_deref(), new_version.as_deref());
            format!("the dependency {path}: {versions}")
        }
    }
}

/// `old → new`, or what both say.
fn both(old: Option<String>, new: Option<String>) -> String {
    if old == new { old.unwrap_or_default() } else { wording::one_of(old.as_deref(), new.as_deref()) }
}

fn identities(release: &ReleaseReview) -> Section {
    let empty = crate::identity::Identities::default();
    let (old, new) = (release.old.as_ref().unwrap_or(&empty), release.new.as_ref().unwrap_or(&empty));
    let names: BTreeSet<&String> = old.workloads.keys().chain(new.workloads.keys()).collect();
    let mut rows: Vec<(bool, Vec<String>)> = names
        .into_iter()
        .map(|name| {
            let (old, new) = (old.workloads.get(name), new.workloads.get(name));
            let cell = |of: fn(&Record) -> String| both(old.map(of), new.map(of));
            let row = vec![name.clone(), cell(account_of), cell(client_of), cell(|record| yes(record.use_label)), cell(token_of)];
            (row.iter().skip(1).any(|cell| cell.contains(" → ")), row)
        })
        .collect();
    rows.sort_by_key(|(changed, _)| !changed);
    let changed = rows.iter().filter(|(changed, _)| *changed).count();
    Section {
        title: IDENTITIES,
        count: Some(format!("{}, {changed} changed", wording::count(rows.len(), "workload", "workloads"))),
        header: &["workload", "account", "client id", "use label", "API token"],
        rows: rows.into_iter().map(|(_, row)| row).collect(),
        ..Section::default()
    }
}

/// The end of the subject that a federated credential names, and who makes the account.
fn account_of(record: &Record) -> String {
    let tail = record.subject.strip_prefix("system:serviceaccount:").unwrap_or(&record.subject);
    format!("{tail} ({})", if record.rendered { "made by the chart" } else { "made elsewhere" })
}

fn client_of(record: &Record) -> String {
    match &record.client_id {
        Some(id) if id.is_empty() => "empty".to_owned(),
        Some(id) => id.clone(),
        None if record.rendered || record.details.account_known => "none".to_owned(),
        None => "unknown".to_owned(),
    }
}

fn token_of(record: &Record) -> String {
    match record.automount {
        Automount::Known(mounted) => yes(mounted),
        Automount::Unknown => "unknown".to_owned(),
    }
}

fn yes(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

fn injections(release: &ReleaseReview) -> Section {
    let (Some(old), Some(new)) = (&release.old, &release.new) else { return Section::default() };
    let mut rows = Vec::new();
    for (name, new) in &new.workloads {
        let Some(old) = old.workloads.get(name) else { continue };
        let (old, new) = (&old.details.injection, &new.details.injection);
        if old.outcome != new.outcome {
            let outcome = |injection: &crate::identity::Injection| match (injection.outcome, &injection.reason) {
                (Outcome::Injected, _) => "injected".to_owned(),
                (Outcome::Unchanged, reason) => reason.clone().unwrap_or_else(|| "left alone".to_owned()),
                (Outcome::Refused, reason) => format!("refused: {}", reason.as_deref().unwrap_or("no reason known")),
            };
            rows.push(vec![name.clone(), "pod".to_owned(), wording::one_of(Some(&outcome(old)), Some(&outcome(new)))]);
            continue;
        }
        let containers: BTreeSet<&String> = old.env.keys().chain(new.env.keys()).collect();
        for container in containers {
            let (old, new) = (old.env.get(container), new.env.get(container));
            let variables: BTreeSet<&String> = old.into_iter().chain(new).flat_map(|env| env.keys()).collect();
            for variable in variables {
                let side =
                    |env: Option<&std::collections::BTreeMap<String, EnvValue>>| env.and_then(|env| env.get(variable)).map(env_value);
                let (old, new) = (side(old), side(new));
                if old != new {
                    rows.push(vec![name.clone(), format!("{container} {variable}"), wording::one_of(old.as_deref(), new.as_deref())]);
                }
            }
        }
    }
    Section { title: "What the webhook gives the pods", header: &["workload", "what", "old → new"], rows, ..Section::default() }
}

fn env_value(value: &EnvValue) -> String {
    match value {
        EnvValue::Literal(text) if text.is_empty() => "empty".to_owned(),
        EnvValue::Literal(text) => secrets::scrub(text),
        EnvValue::From(reference) => format!("from {reference}"),
    }
}

fn blocked(objects: &ObjectsDiff) -> Section {
    let row = |blocked: &crate::diff::objects::Blocked| vec![blocked.id.label(), blocked.path.to_string(), blocked.reason.to_owned()];
    Section {
        title: "The upgrade fails here",
        header: &["object", "field", "why"],
        rows: objects.blocked.iter().map(row).collect(),
        ..Section::default()
    }
}

fn own_values(release: &ReleaseReview) -> Section {
    let overrides = &release.trials.user_keys;
    let mut rows = Vec::new();
    for key in &overrides.unread {
        let what = if key.old_read { "no longer read" } else { "never read" };
        let note = key.successor.as_ref().map(|path| format!("its successor is likely {}", secrets::path(path))).unwrap_or_default();
        rows.push(vec![secrets::path(&key.path), what.to_owned(), note]);
    }
    for path in &overrides.hiding {
        rows.push(vec![secrets::path(path), "hides a changed default".to_owned(), String::new()]);
    }
    for path in &overrides.redundant {
        rows.push(vec![secrets::path(path), "now equals the default".to_owned(), String::new()]);
    }
    Section { title: "Your values", header: &["key", "what", ""], rows, ..Section::default() }
}

fn fields(objects: &ObjectsDiff) -> Section {
    let rows: Vec<Vec<String>> = objects.changes.iter().flat_map(object_rows).collect();
    let mut remarks = Vec::new();
    let folded: Vec<String> = objects
        .folded
        .iter()
        .map(|(noise, count)| format!("{} in {}", noise_word(*noise), wording::count(*count, "object", "objects")))
        .collect();
    if !folded.is_empty() {
        remarks.push(format!("Not shown, for they change with every version: {}.", folded.join(", ")));
    }
    let count = |kind| objects.changes.iter().filter(|change| change.kind == kind).count();
    let (added, removed) = (count(crate::diff::ChangeKind::Added), count(crate::diff::ChangeKind::Removed));
    let modified = objects.changes.len() - added - removed;
    Section {
        title: "Objects that differ",
        count: Some(format!("{added} added, {removed} removed, {modified} changed, {} unchanged", objects.unchanged)),
        header: &["", "object", "field", "old → new"],
        whole_column: 1,
        rows,
        remarks,
    }
}

fn object_rows(change: &ObjectChange) -> Vec<Vec<String>> {
    let sign = wording::kind(change.kind).0.to_owned();
    let hook = if change.events.is_empty() { String::new() } else { format!(" (hook: {})", change.events.join(", ")) };
    let name = format!("{}{hook}", change.id.label());
    let mut rows = Vec::new();
    if let Some(old) = change.old_id.as_ref().filter(|old| old.name != change.id.name || old.kind != change.id.kind) {
        rows.push(vec![sign.clone(), name.clone(), "its name".to_owned(), format!("{} → {}", old.label(), change.id.label())]);
    }
    if let Some((old, new)) = &change.api_version {
        rows.push(vec![sign.clone(), name.clone(), "apiVersion".to_owned(), format!("{old} → {new}")]);
    }
    rows.extend(change.fields.iter().map(|field| vec![sign.clone(), name.clone(), field_path(field), field_values(field)]));
    if rows.is_empty() {
        let whole = if change.template.is_empty() { String::new() } else { format!("from {}", change.template) };
        rows.push(vec![sign, name, "all of it".to_owned(), whole]);
    }
    rows
}

fn field_path(field: &FieldDiff) -> String {
    match &field.embedded {
        Some(inner) => format!("{} ▸ {}", secrets::path(&field.path), secrets::path(inner)),
        None => secrets::path(&field.path),
    }
}

/// Old and new value; of a Secret only what happened.
pub(crate) fn field_values(field: &FieldDiff) -> String {
    if field.secret {
        return format!("{} ({})", wording::kind(field.kind).1, secrets::HIDDEN);
    }
    let judged = field.embedded.as_ref().map_or_else(|| field.path.clone(), |inner| field.path.join(inner));
    let (old, new) = inline::pair(&judged, field.old.as_ref(), field.new.as_ref());
    wording::change(field.kind, &old, &new)
}

fn noise_word(noise: Noise) -> &'static str {
    match noise {
        Noise::ChartLabel => "the chart's label",
        Noise::VersionLabel => "the version's label",
        Noise::Checksum => "checksum annotations",
        Noise::RespelledQuantity => "amounts spelled otherwise",
    }
}

fn restarts(objects: &ObjectsDiff) -> Section {
    let row = |restart: &crate::diff::objects::Restart| vec![restart.id.label(), restart.reasons.join("; ")];
    Section {
        title: "Workloads whose pods are made anew",
        header: &["workload", "why"],
        rows: objects.restarts.iter().map(row).collect(),
        ..Section::default()
    }
}

fn permissions(objects: &ObjectsDiff) -> Section {
    let row = |change: &crate::diff::objects::PermissionChange| {
        let place = change.namespace.as_deref().unwrap_or("the whole cluster");
        vec![change.account.clone(), place.to_owned(), change.gained.join("; "), change.lost.join("; ")]
    };
    Section {
        title: "What accounts may do",
        header: &["account", "where", "gains", "loses"],
        rows: objects.permissions.iter().map(row).collect(),
        ..Section::default()
    }
}

fn reliance(release: &ReleaseReview) -> Section {
    let settings = &release.trials.reliance.settings;
    if settings.is_empty() {
        return Section::default();
    }
    let moved: Vec<_> = settings.iter().filter(|setting| setting.moved).collect();
    let row = |setting: &&crate::trial::Relied| {
        vec![secrets::path(&setting.path), inline::value(&setting.path, Some(&setting.value) as Option<&Node>)]
    };
    Section {
        title: "Defaults this release lives on",
        count: Some(format!("{}, {} moved", settings.len(), moved.len())),
        header: if moved.is_empty() { &[] } else { &["moved setting", "new default"] },
        rows: moved.iter().map(row).collect(),
        remarks: vec![format!(
            "This release takes {} from the chart's defaults; {} moved. `chartshift pin` prints them as values.",
            wording::count(
                settings.len(),
                "setting that matters for identity or security",
                "settings that matter for identity or security"
            ),
            moved.len()
        )],
        ..Section::default()
    }
}

fn reuse(release: &ReleaseReview) -> Section {
    let Some(reuse) = &release.trials.reuse_values else { return Section::default() };
    let mut remarks = Vec::new();
    if let Some(failure) = &reuse.failure {
        remarks.push(format!("With --reuse-values the render fails: {failure}"));
    }
    if !reuse.missing.is_empty() {
        let keys = reuse.missing.iter().map(secrets::path).collect::<Vec<_>>().join(", ");
        remarks.push(format!("With --reuse-values these new settings are missing: {keys}"));
    }
    if !reuse.workloads.is_empty() {
        remarks.push(format!("With --reuse-values these come out otherwise than below: {}", reuse.workloads.join(", ")));
    }
    Section { title: "With --reuse-values", remarks, ..Section::default() }
}
