//! From reviews to one report: releases that a chart's step means the same for become one group, the worst groups come first, and whatever
//! was not compared makes the whole incomplete. Secrets stay out: see [`Known`]. Depends on the report of one review and on what it says
//! of a release.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{
    ChangeView, FindingView, FixView, Group, MissingView, NotReviewed, PlaceView, PullReport, Reach, ReleaseView, Rendering, SCHEMA,
    TableView, caps,
};
use crate::classify::{Confidence, Finding, Fix, Place, Severity};
use crate::diff::ChangeKind;
use crate::report::redact::Known;
use crate::report::release::{self, Section};
use crate::report::{Report, Side, inline, remedy, safe, wording};
use crate::trial::Effect;
use crate::value::{Path, Step, secrets};

/// One release's review, as it goes into a report on many.
#[derive(Debug)]
pub struct Reviewed<'a> {
    /// The release.
    pub release: ReleaseView,
    /// What could not be read of its values.
    pub unread: Vec<MissingView>,
    /// The key that its values stand under in their file: a dependency's alias or name.
    pub values_key: Option<String>,
    /// The review.
    pub report: &'a Report,
}

impl PullReport {
    /// Puts reviews together. `base` and `head` are the revisions, `fail_on` the lowest severity that fails the check. The result depends
    /// on the arguments alone, and not on the order of reviews.
    pub fn of(base: &str, head: &str, reviews: Vec<Reviewed<'_>>, unreviewed: Vec<NotReviewed>, fail_on: Option<Severity>) -> Self {
        let mut reviews = reviews;
        reviews.sort_by(|a, b| place(&a.release).cmp(&place(&b.release)));
        let mut keys: BTreeMap<String, usize> = BTreeMap::new();
        let mut groups: Vec<Group> = Vec::new();
        for reviewed in &reviews {
            let group = group(reviewed, base, head);
            match keys.get(&alike(&group, &reviewed.release)) {
                Some(index) => groups[*index].releases.extend(group.releases),
                None => {
                    keys.insert(alike(&group, &reviewed.release), groups.len());
                    groups.push(group);
                }
            }
        }
        groups.sort_by(|a, b| rank(a).cmp(&rank(b)));
        let mut unreviewed = unreviewed;
        unreviewed.sort_by(|a, b| (&a.file, a.line, &a.chart).cmp(&(&b.file, b.line, &b.chart)));
        let mut report = Self {
            schema: SCHEMA.to_owned(),
            base: base.to_owned(),
            head: head.to_owned(),
            level: None,
            complete: false,
            fail_on,
            groups,
            unreviewed,
        };
        caps::keep(&mut report);
        report.level = report.worst();
        report.complete = report.is_complete();
        report
    }

    /// The worst severity that counts.
    pub(super) fn worst(&self) -> Option<Severity> {
        self.groups.iter().filter_map(Group::level).max()
    }

    /// Whether every chart that moved was reviewed and every review is whole.
    pub(super) fn is_complete(&self) -> bool {
        self.unreviewed.is_empty() && self.groups.iter().all(|group| group.missing.is_empty())
    }

    /// Whether a severity fails the check.
    pub fn blocks(&self, severity: Severity) -> bool {
        self.fail_on.is_some_and(|least| severity >= least)
    }

    /// How many findings fail the check.
    pub fn blocking(&self) -> usize {
        self.counting().filter(|finding| self.blocks(finding.severity)).count()
    }

    /// Whether everything was compared and nobody has to look at anything. Notes may be left: findings of the level info.
    pub fn is_clean(&self) -> bool {
        self.complete && self.blocking() == 0 && self.level.is_none_or(|level| level <= Severity::Info)
    }

    /// The findings that count.
    pub(super) fn counting(&self) -> impl Iterator<Item = &FindingView> {
        self.groups.iter().flat_map(Group::counting)
    }
}

impl Group {
    /// The findings that no configuration ignores.
    pub fn counting(&self) -> impl Iterator<Item = &FindingView> {
        self.findings.iter().filter(|finding| finding.ignored.is_none())
    }

    /// The worst severity of them.
    pub fn level(&self) -> Option<Severity> {
        self.counting().map(|finding| finding.severity).max()
    }
}

/// File, line, namespace and name.
type Standing<'a> = (&'a str, u32, &'a str, &'a str);

/// Where a release stands, for sorting.
fn place(release: &ReleaseView) -> Standing<'_> {
    (&release.file, release.line, &release.namespace, &release.name)
}

/// What is worst comes first, then what is incomplete.
fn rank(group: &Group) -> (Reverse<Option<Severity>>, bool, &str, Option<Standing<'_>>) {
    (Reverse(group.level()), group.missing.is_empty(), &group.chart, group.releases.first().map(place))
}

/// All that two reviews must have in common to be one group, with the release's own names taken out.
fn alike(group: &Group, release: &ReleaseView) -> String {
    let rendered = group.rendered.as_ref().map(|rendering| rendering.assumes_workload_identity);
    let parts = (&group.chart, &group.old, &group.new, &group.packages, rendered, &group.findings, &group.missing);
    // Plain data always becomes JSON; if it ever didn't, nothing would be grouped with anything else but its like.
    let text = serde_json::to_string(&parts).unwrap_or_else(|_| format!("{parts:?}"));
    let fullname = format!("{}-{}", release.name, group.chart);
    let text = without_name(&without_name(&text, &fullname, "*"), &release.name, "*");
    without_name(&text, &release.namespace, "%")
}

/// The text with a name replaced where it stands as a word of its own; `-` and `.` end a word.
fn without_name(text: &str, name: &str, sign: &str) -> String {
    if name.is_empty() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let end = at + name.len();
        let joined = rest[..at].ends_with(char::is_alphanumeric) || rest[end..].starts_with(char::is_alphanumeric);
        out.push_str(&rest[..at]);
        out.push_str(if joined { name } else { sign });
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

fn group(reviewed: &Reviewed<'_>, base: &str, head: &str) -> Group {
    let report = reviewed.report;
    let known = Known::of(report);
    let (mut identities, mut tables) = (None, Vec::new());
    for section in release::sections(report) {
        let is_identities = section.title == release::IDENTITIES;
        let table = table(section, &known);
        if is_identities { identities = Some(table) } else { tables.push(table) }
    }
    tables.extend(chart_tables(report));
    let objects = report.release.as_ref().and_then(|release| release.objects.as_ref());
    let missing =
        report.verdict.missing.iter().map(|missing| MissingView { part: missing.part.clone(), reason: known.text(&missing.reason) });
    Group {
        chart: report.chart.clone(),
        old: report.old.version.clone(),
        new: report.new.version.clone(),
        step: report.step.to_owned(),
        rendered: rendering(report),
        releases: vec![reviewed.release.clone()],
        findings: report.findings.iter().map(|one| finding(report, one, &known)).collect(),
        missing: reviewed.unread.iter().cloned().chain(missing).collect(),
        restarts: objects.map(|objects| objects.restarts.iter().map(|restart| restart.id.label()).collect()).unwrap_or_default(),
        identities,
        tables,
        reproduce: reproduce(reviewed, base, head),
        packages: [("old", &report.old), ("new", &report.new)].map(|(label, side)| package(label, side)).to_vec(),
    }
}

fn rendering(report: &Report) -> Option<Rendering> {
    let release = report.release.as_ref().filter(|release| release.objects.is_some())?;
    Some(Rendering {
        helm: release.helm.clone(),
        kube_version: release.kube_version.clone(),
        assumes_workload_identity: release.assumes_workload_identity,
    })
}

fn package(label: &str, side: &Side) -> String {
    let digest = side.digest.as_deref().map(|digest| format!(" {digest}")).unwrap_or_default();
    format!("{label}: {}{digest}", side.source)
}

/// Commands that repeat it: always the whole, and for a release whose values are all files the one review.
fn reproduce(reviewed: &Reviewed<'_>, base: &str, head: &str) -> Vec<String> {
    let whole = command(&["pr", "--base", base, "--head", head]);
    let single = single(reviewed).and_then(|words| command(&words.iter().map(String::as_str).collect::<Vec<_>>()));
    whole.into_iter().chain(single).collect()
}

/// The words of a `diff` that does what this review did; `None` when no such command would see the same values and charts.
fn single(reviewed: &Reviewed<'_>) -> Option<Vec<String>> {
    let (report, release) = (reviewed.report, &reviewed.release);
    let is_fetched = |side: &Side| ["https://", "http://", "oci://"].iter().any(|scheme| side.source.starts_with(scheme));
    let has_nested_values = reviewed.values_key.is_some() && !release.values_files.is_empty();
    if !is_fetched(&report.old) || !is_fetched(&report.new) || release.has_other_values || has_nested_values || !reviewed.unread.is_empty()
    {
        return None;
    }
    let mut words = ["diff", &report.old.source, &report.new.source, "--release-name", &release.name, "-n", &release.namespace]
        .map(str::to_owned)
        .to_vec();
    for file in &release.values_files {
        words.extend(["-f".to_owned(), file.clone()]);
    }
    if let Some(review) = &report.release {
        words.extend(["--kube-version".to_owned(), review.kube_version.clone()]);
    }
    if let Some(key) = &reviewed.values_key {
        words.extend(["--values-key".to_owned(), key.clone()]);
    }
    Some(words)
}

/// A command of this program; `None` when a word of it can't be shown without a lie.
fn command(words: &[&str]) -> Option<String> {
    let words = words.iter().map(|word| safe::shell(word)).collect::<Option<Vec<_>>>()?;
    Some(format!("chartshift {}", words.join(" ")))
}

fn finding(report: &Report, finding: &Finding, known: &Known) -> FindingView {
    FindingView {
        rule: finding.rule.clone(),
        severity: finding.severity,
        confidence: finding.confidence,
        title: finding.title.clone(),
        message: known.text(&finding.message),
        why: finding.why.clone(),
        change: shared_change(finding),
        place_count: finding.changes.len(),
        places: places(finding, known),
        workloads: finding.workloads.clone(),
        reach: reach(report, finding),
        causes: release::causes(finding).iter().map(|cause| known.text(cause)).collect(),
        fix: finding.fix.as_ref().map(|fix| fix_view(fix, known)),
        ignored: finding.ignored.clone(),
    }
}

/// The one change of a finding's places, without its path when there are several.
fn shared_change(finding: &Finding) -> Option<ChangeView> {
    let mut changes = finding.changes.iter().map(|place| change_view(finding, place));
    let first = changes.next()?;
    if finding.changes.len() == 1 {
        return Some(first);
    }
    let same = changes.all(|change| (change.kind, &change.old, &change.new) == (first.kind, &first.old, &first.new));
    same.then_some(ChangeView { path: None, ..first })
}

fn change_view(finding: &Finding, place: &Place) -> ChangeView {
    let whole = ChangeView { path: Some(wording::path(&place.path)), kind: place.kind, old: None, new: None };
    if wording::is_file(place) {
        return whole;
    }
    let came_or_went = matches!(place.kind, ChangeKind::Added | ChangeKind::Removed);
    if let ([Step::Key(object), Step::Key(field)], true, true) =
        (place.path.steps(), came_or_went, finding.confidence != Confidence::Possible && place.old_line.or(place.new_line).is_none())
        && **field == *"namespace"
    {
        // An object that is new or gone is told by the field that every object has.
        return ChangeView { path: Some(object.to_string()), ..whole };
    }
    let (old, new) = wording::place_pair(place);
    ChangeView { old: place.old.is_some().then_some(old), new: place.new.is_some().then_some(new), ..whole }
}

/// The places, with a note that most share said once.
fn places(finding: &Finding, known: &Known) -> Vec<PlaceView> {
    let shared = wording::SharedNote::of(&finding.changes);
    let note = |place: &Place| {
        let note = known.text(place.note.as_deref()?);
        match &shared {
            Some(shared) if std::ptr::eq(shared.example, place) => {
                Some(format!("{note} ({} places alike, with their own names.)", shared.count))
            }
            Some(shared) if shared.covers(place) => None,
            _ => Some(note),
        }
    };
    let view = |place: &Place| PlaceView {
        change: change_view(finding, place),
        at: wording::at(&place.file, place.old_line, place.new_line),
        note: note(place),
    };
    finding.changes.iter().map(view).collect()
}

/// What the release's render makes of the defaults that a finding is about; `None` when one of them was not tried, or when the finding is
/// about something else.
fn reach(report: &Report, finding: &Finding) -> Option<Reach> {
    let effects = &report.release.as_ref()?.trials.effects;
    let mut reach = Reach { effective: 0, masked: 0, inert: 0 };
    for place in &finding.changes {
        let wanted = place.path.steps();
        let concerns = |path: &Path| path.steps().starts_with(wanted) || wanted.starts_with(path.steps());
        let found: Vec<Effect> = effects.iter().filter(|(path, _)| concerns(path)).map(|(_, effect)| *effect).collect();
        *match found.as_slice() {
            [] => return None,
            found if found.contains(&Effect::Effective) => &mut reach.effective,
            found if found.contains(&Effect::Masked) => &mut reach.masked,
            _ => &mut reach.inert,
        } += 1;
    }
    (!finding.changes.is_empty()).then_some(reach)
}

fn fix_view(fix: &Fix, known: &Known) -> FixView {
    FixView { text: known.text(&fix.text), yaml: remedy::yaml(fix), verified: fix.verified }
}

fn table(section: Section, known: &Known) -> TableView {
    TableView {
        title: section.title.to_owned(),
        count: section.count.unwrap_or_else(|| section.rows.len().to_string()),
        header: section.header.iter().map(|name| (*name).to_owned()).collect(),
        row_count: section.rows.len(),
        rows: section.rows,
        remarks: section.remarks.iter().map(|remark| known.text(remark)).collect(),
    }
}

/// What differs between the charts, whatever the release.
fn chart_tables(report: &Report) -> Vec<TableView> {
    let mut tables = vec![defaults(report), dependencies(report), images(report), crds(report), templates(report)];
    tables.retain(|table| table.row_count > 0 || !table.remarks.is_empty());
    tables
}

fn titled(title: &str, header: &[&str], rows: Vec<Vec<String>>) -> TableView {
    TableView {
        title: title.to_owned(),
        count: rows.len().to_string(),
        header: header.iter().map(|name| (*name).to_owned()).collect(),
        row_count: rows.len(),
        rows,
        remarks: Vec::new(),
    }
}

fn defaults(report: &Report) -> TableView {
    let values = &report.comparison.values;
    let effects = report.release.as_ref().map(|release| &release.trials.effects);
    let row = |change: &crate::diff::ValueChange| {
        let (old, new) = inline::pair(&change.path, change.old.as_ref(), change.new.as_ref());
        let effect = effects.and_then(|effects| effects.get(&change.path)).map(|effect| reaches(*effect));
        vec![
            secrets::path(&change.path),
            wording::change(change.kind, &old, &new),
            effect.unwrap_or("not tried").to_owned(),
            wording::at(&change.file, change.old_line, change.new_line),
        ]
    };
    let mut table = titled(
        "Default values that differ",
        &["setting", "old → new", "in this release", "where"],
        values.changes.iter().map(row).collect(),
    );
    if values.comment_only_lines > 0 {
        table.remarks.push(format!("{} further changed lines of the values files {}.", values.comment_only_lines, wording::COMMENTS_ONLY));
    }
    table
}

/// What an effect means, in the words of a table.
fn reaches(effect: Effect) -> &'static str {
    match effect {
        Effect::Effective => "changes what is rendered",
        Effect::Masked => "your values set it",
        Effect::Inert => "nothing rendered reads it",
    }
}

fn dependencies(report: &Report) -> TableView {
    let row = |one: &crate::diff::DependencyChange| {
        let versions = wording::one_of(one.old_version.as_deref(), one.new_version.as_deref());
        vec![wording::dependency_name(one), versions, wording::dependency_notes(one)]
    };
    titled("Dependencies that differ", &["dependency", "old → new", ""], report.comparison.dependencies.iter().map(row).collect())
}

fn images(report: &Report) -> TableView {
    let row = |image: &crate::diff::ImageChange| vec![image.path.to_string(), wording::one_of(image.old.as_deref(), image.new.as_deref())];
    titled("Default images that differ", &["image", "old → new"], report.comparison.images.iter().map(row).collect())
}

fn crds(report: &Report) -> TableView {
    let row = |change: &crate::diff::CrdChange| {
        vec![if change.breaking { "breaking" } else { "" }.to_owned(), change.name.clone(), change.text.clone()]
    };
    titled("What the CRDs' changes mean", &["", "CRD", "change"], report.comparison.crd_changes.iter().map(row).collect())
}

fn templates(report: &Report) -> TableView {
    let comparison = &report.comparison;
    let row = |file: &crate::diff::FileChange| vec![file.path.clone(), wording::file_change(file)];
    titled("Files that differ", &["file", "change"], comparison.templates.iter().chain(&comparison.crds).map(row).collect())
}
