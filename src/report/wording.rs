//! The sentences that every format says alike: the verdict, what was compared, places, counts. Their own words are fixed here; what they
//! quote from a chart is returned apart or still to be escaped. Depends on `classify`, `diff`, `value` and the report's own types.

use std::collections::BTreeMap;

use super::redact::Known;
use super::{Report, inline};
use crate::classify::{Confidence, Finding, Place, Severity};
use crate::diff::{ChangeKind, DependencyChange, DiffLine, FileChange, Hunk, MoveProposal, ValueChange};
use crate::trial::Effect;
use crate::value::secrets;
use crate::value::{Node, Path, Step};

/// What this release compares.
pub(crate) const COMPARED: &[&str] =
    &["default values", "templates", "chart metadata", "dependencies", "default images", "CRDs", "values schema"];

/// The honest line on what was looked at, and what that means for the findings.
const SCOPE: &str = "Compared: default values, templates, chart metadata. Not rendered: whether a change reaches your release depends on \
                     your values, so findings are possible, not confirmed.";

/// The same of a release that was rendered.
const SCOPE_RENDERED: &str =
    "Compared: default values, templates, chart metadata, and the objects that both versions render for this release.";

/// The same when there is nothing to be confirmed.
const SCOPE_WITHOUT_FINDINGS: &str =
    "Compared: default values, templates, chart metadata. Not rendered: what your values make of them was not looked at.";

/// What was compared and what wasn't, whatever came of it.
pub(crate) fn scope(report: &Report) -> &'static str {
    if report.release.as_ref().is_some_and(|release| release.objects.is_some()) {
        return SCOPE_RENDERED;
    }
    if report.findings.is_empty() { SCOPE_WITHOUT_FINDINGS } else { SCOPE }
}

/// Lines of each side of a changed file that a finding quotes.
const FILE_LINES: usize = 6;

/// Said in place of findings when there are none and nothing is missing.
pub(crate) const CLEAN: &str = "No risk found in what was compared.";

/// Said when there are none, but a part is missing.
pub(crate) const NOT_CLEAN: &str = "Nothing found in the part that was compared. That says nothing about the rest.";

/// Said of two versions that are the same in everything that was compared.
pub(crate) const SAME: &str = "Nothing differs in what was compared.";

/// The severities, worst first.
pub(crate) const SEVERITIES: [Severity; 5] = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];

/// A severity's word.
pub(crate) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Info => "info",
    }
}

/// A severity's word for headlines.
pub(crate) fn severity_upper(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "CRITICAL",
        Severity::High => "HIGH",
        Severity::Medium => "MEDIUM",
        Severity::Low => "LOW",
        Severity::Info => "INFO",
    }
}

/// A confidence's word.
pub(crate) fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Confirmed => "confirmed",
        Confidence::Likely => "likely",
        Confidence::Possible => "possible",
    }
}

/// An effect's word.
pub(crate) fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Effective => "effective",
        Effect::Masked => "masked",
        Effect::Inert => "inert",
    }
}

/// Names of a list before the rest is only counted.
const LISTED: usize = 8;

/// `a, b and 3 more`.
pub(crate) fn listed(names: &[String]) -> String {
    let shown = names.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
    let more = names.len().saturating_sub(LISTED);
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// The sign in front of a change, and its word.
pub(crate) fn kind(kind: ChangeKind) -> (&'static str, &'static str) {
    match kind {
        ChangeKind::Added => ("+", "added"),
        ChangeKind::Removed => ("-", "removed"),
        ChangeKind::Modified => ("~", "modified"),
        ChangeKind::Reordered => ("~", "reordered"),
    }
}

/// The answer in words: `high · 1 high, 1 medium, 1 ignored · complete`.
pub(crate) fn answer(report: &Report) -> String {
    let complete = match report.verdict.missing.len() {
        0 => "complete".to_owned(),
        1 => "not fully compared: 1 part is missing".to_owned(),
        count => format!("not fully compared: {count} parts are missing"),
    };
    let parts = match report.verdict.level {
        Some(level) => [severity(level).to_owned(), counts(report), complete],
        None if report.verdict.missing.is_empty() => ["no risk found in what was compared".to_owned(), counts(report), complete],
        None => [complete, "nothing found in the rest".to_owned(), counts(report)],
    };
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// The step between the versions, in parentheses, where it has a name.
pub(crate) fn step(report: &Report) -> &'static str {
    match report.step {
        "major" => " (major)",
        "minor" => " (minor)",
        "patch" => " (patch)",
        "prerelease" => " (prerelease)",
        "downgrade" => " (downgrade)",
        "none" => " (same version)",
        _ => "",
    }
}

/// `1 high, 1 medium, 1 ignored`.
fn counts(report: &Report) -> String {
    let counted = SEVERITIES.iter().filter_map(|level| {
        let count = report.verdict.counts.get(level).copied().filter(|count| *count > 0)?;
        Some(format!("{count} {}", severity(*level)))
    });
    let ignored = split_ignored(&report.findings).1.len();
    let ignored = (ignored > 0).then(|| format!("{ignored} ignored"));
    counted.chain(ignored).collect::<Vec<_>>().join(", ")
}

/// `1 change`, `2 changes`.
pub(crate) fn count(number: usize, one: &'static str, many: &'static str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// `147 → 149`, `147` when both are the same, `147 (old)` when only the old file has it.
pub(crate) fn lines(old: Option<u32>, new: Option<u32>) -> String {
    match (old, new) {
        (Some(old), Some(new)) if old != new => format!("{old} → {new}"),
        (_, Some(new)) => new.to_string(),
        (Some(old), None) => format!("{old} (old)"),
        (None, None) => String::new(),
    }
}

/// `values.yaml:147 → 149`.
pub(crate) fn at(file: &str, old: Option<u32>, new: Option<u32>) -> String {
    let lines = lines(old, new);
    if lines.is_empty() { file.to_owned() } else { format!("{file}:{lines}") }
}

/// What a finding's places have in common: the file, and old and new value as they are shown.
pub(crate) struct Shared {
    /// The one file all places are in.
    pub(crate) file: Option<String>,
    /// The one change all places show.
    pub(crate) change: Option<(String, String)>,
}

/// Looks for what a finding's places share.
pub(crate) fn shared(places: &[Place]) -> Shared {
    let pairs: Vec<(String, String)> = places.iter().map(place_pair).collect();
    let one_file = places.windows(2).all(|two| two[0].file == two[1].file);
    let one_change = pairs.windows(2).all(|two| two[0] == two[1]);
    Shared {
        file: places.first().filter(|_| one_file).map(|place| place.file.clone()),
        change: pairs.into_iter().next().filter(|_| one_change),
    }
}

/// Old and new value of a place.
pub(crate) fn place_pair(place: &Place) -> (String, String) {
    inline::pair(&place.path, place.old.as_ref(), place.new.as_ref())
}

/// A path, or what stands for the root.
pub(crate) fn path(path: &Path) -> String {
    if path.steps().is_empty() { "(the whole document)".to_owned() } else { secrets::path(path) }
}

/// What happened to a template or a CRD: `modified, -1 +2`, and why its text isn't shown.
pub(crate) fn file_change(file: &FileChange) -> String {
    let what = kind(file.kind).1;
    match file.omitted {
        Some(reason) => format!("{what}, text not compared: {reason}"),
        None => format!("{what}, {} removed, {} added", count(file.removed, "line", "lines"), file.added),
    }
}

/// What stands behind a dependency's versions.
pub(crate) fn dependency_note(dependency: &DependencyChange) -> &'static str {
    match (dependency.lock_only, dependency.kind) {
        (true, _) => "only the lock moved",
        (false, kind) => self::kind(kind).1,
    }
}

/// The findings that count, and the ignored ones.
pub(crate) fn split_ignored(findings: &[Finding]) -> (Vec<&Finding>, Vec<&Finding>) {
    findings.iter().partition(|finding| finding.ignored.is_none())
}

/// The sign of a diff line.
pub(crate) fn sign(kind: Option<ChangeKind>) -> &'static str {
    match kind {
        Some(ChangeKind::Added) => "+",
        Some(ChangeKind::Removed) => "-",
        _ => " ",
    }
}

/// Behind the number of lines that change no setting.
pub(crate) const COMMENTS_ONLY: &str = "are comments or layout";

/// The sentence in place of findings.
pub(crate) fn answer_without_findings(report: &Report) -> &'static str {
    let comparison = &report.comparison;
    let same = comparison.values.changes.is_empty()
        && comparison.templates.is_empty()
        && comparison.metadata.is_empty()
        && comparison.dependencies.is_empty()
        && comparison.images.is_empty()
        && comparison.crds.is_empty()
        && comparison.schema.is_empty();
    match (report.verdict.missing.is_empty(), same) {
        (false, _) => NOT_CLEAN,
        (true, true) => SAME,
        (true, false) => CLEAN,
    }
}

/// `old → new`, or the one side there is.
pub(crate) fn change(kind: ChangeKind, old: &str, new: &str) -> String {
    match kind {
        ChangeKind::Added => new.to_owned(),
        ChangeKind::Removed => format!("was {old}"),
        ChangeKind::Modified => format!("{old} → {new}"),
        ChangeKind::Reordered => format!("{old} → {new} (another order)"),
    }
}

/// `old → new` of two texts, either of which may be missing.
pub(crate) fn one_of(old: Option<&str>, new: Option<&str>) -> String {
    format!("{} → {}", old.unwrap_or(inline::ABSENT), new.unwrap_or(inline::ABSENT))
}

/// What a change of type was from and to: `boolean → string`.
pub(crate) fn type_note(change: &ValueChange) -> Option<String> {
    let (old, new) = (change.old.as_ref()?, change.new.as_ref()?);
    change.type_changed.then(|| format!("{} → {}", old.data.type_name(), new.data.type_name()))
}

/// The worst finding that names a path and is not ignored.
pub(crate) fn finding_of(report: &Report, path: &Path) -> Option<Severity> {
    let names = |finding: &&Finding| finding.ignored.is_none() && finding.changes.iter().any(|place| place.path == *path);
    report.findings.iter().filter(names).map(|finding| finding.severity).max()
}

/// `old.path → new.path (92 % alike: same value, similar name)`.
pub(crate) fn moved(proposal: &MoveProposal) -> String {
    let reasons = proposal.reasons.join(", ");
    format!("{} → {} ({:.0} % alike: {reasons})", path(&proposal.from), path(&proposal.to), proposal.score * 100.0)
}

/// Follows the number of the chart's own settings.
pub(crate) const OF_THE_CHART: &str = " of the chart itself, ";

/// Follows the number of its subcharts' settings.
pub(crate) const OF_SUBCHARTS: &str = " of its subcharts";

/// Whose the changed settings are.
pub(crate) struct Origins {
    /// Settings whose new default, or old one where there is no new one, is in the chart's own values file.
    pub(crate) own: usize,
    /// All others.
    pub(crate) of_subcharts: usize,
}

impl Origins {
    /// Counts them by their files.
    pub(crate) fn of(changes: &[ValueChange]) -> Self {
        let of_subcharts = changes.iter().filter(|change| change.file.starts_with("charts/")).count();
        Self { own: changes.len() - of_subcharts, of_subcharts }
    }

    /// `12: 10 of the chart itself, 2 of its subcharts`, or only how many there are when all are the chart's.
    pub(crate) fn text(&self) -> String {
        let all = self.own + self.of_subcharts;
        if self.of_subcharts == 0 {
            return all.to_string();
        }
        format!("{all}: {}{OF_THE_CHART}{}{OF_SUBCHARTS}", self.own, self.of_subcharts)
    }
}

/// What a dependency is called: the path of its values, and the chart's name where that differs.
pub(crate) fn dependency_name(dependency: &DependencyChange) -> String {
    let place = dependency.path.to_string();
    if place == dependency.name { place } else { format!("{place} ({})", dependency.name) }
}

/// What else is to say of a dependency's change.
pub(crate) fn dependency_notes(dependency: &DependencyChange) -> String {
    let fields = dependency.fields.iter().map(|(field, old, new)| format!("{field}: {} → {}", secrets::scrub(old), secrets::scrub(new)));
    std::iter::once(dependency_note(dependency).to_owned()).chain(fields).collect::<Vec<_>>().join("; ")
}

/// `@@ -12,7 +12,8 @@`: where a hunk begins and how many lines it has, on each side, as in unified diffs.
pub(crate) fn hunk_heading(hunk: &Hunk) -> String {
    let range = |numbers: &dyn Fn(&DiffLine) -> Option<u32>| {
        let mut lines = hunk.lines.iter().filter_map(numbers);
        let first = lines.next();
        (first.unwrap_or(0), lines.count() + usize::from(first.is_some()))
    };
    let ((old, removed), (new, added)) = (range(&|line| line.old_line), range(&|line| line.new_line));
    format!("@@ -{old},{removed} +{new},{added} @@")
}

/// Whether a place is a file, such as a template, and not a setting in one.
pub(crate) fn is_file(place: &Place) -> bool {
    matches!(place.path.steps(), [Step::Key(key)] if **key == *place.file)
}

/// The old and new lines of a place that is a file and not a setting, such as a template: each with its sign, some of each side.
pub(crate) fn file_lines(place: &Place, known: &Known) -> Option<Vec<(&'static str, String)>> {
    if !is_file(place) {
        return None;
    }
    let mut lines = Vec::new();
    for (sign, side) in [("-", &place.old), ("+", &place.new)] {
        let text = side.as_ref().and_then(Node::as_str).unwrap_or_default();
        let mut above = secrets::Lines::default();
        lines.extend(text.lines().take(FILE_LINES).map(|line| (sign, known.line(&mut above, line))));
        let more = text.lines().count().saturating_sub(FILE_LINES);
        if more > 0 {
            lines.push((" ", format!("… {more} more of these, see -o json")));
        }
    }
    Some(lines)
}

/// The note that most places share but for their own names: said once, with the place it is quoted from.
pub(crate) struct SharedNote<'a> {
    pattern: String,
    /// The first place that has it.
    pub(crate) example: &'a Place,
    /// How many have it.
    pub(crate) count: usize,
}

impl<'a> SharedNote<'a> {
    /// Looks for a note that at least three places share.
    pub(crate) fn of(places: &'a [Place]) -> Option<Self> {
        let mut seen: BTreeMap<String, (usize, &Place)> = BTreeMap::new();
        for place in places {
            if let Some(pattern) = note_pattern(place) {
                seen.entry(pattern).or_insert((0, place)).0 += 1;
            }
        }
        let (pattern, (count, example)) = seen.into_iter().max_by_key(|(_, (count, _))| *count)?;
        (count >= 3).then_some(Self { pattern, example, count })
    }

    /// Whether it speaks of this place, too.
    pub(crate) fn covers(&self, place: &Place) -> bool {
        note_pattern(place).as_ref() == Some(&self.pattern)
    }
}

/// A note with the first key of its place's path replaced.
fn note_pattern(place: &Place) -> Option<String> {
    let note = place.note.as_deref()?;
    match place.path.steps().first() {
        Some(Step::Key(key)) if !key.is_empty() => Some(note.replace(&**key, "*")),
        _ => Some(note.to_owned()),
    }
}
