//! What brought each finding about: the fewest defaults that, put back, make it go; else the template's lines; and the dependency that
//! moved, when either is in it. Depends on `classify`, `diff` and the runs.

use std::collections::{BTreeMap, BTreeSet};

use super::effects::Effects;
use super::lines::{self, Written};
use super::moved::{self, Moved};
use super::runs::{Runs, Trial};
use super::search;
use crate::chart::Chart;
use crate::classify::{Cause, Confidence, Finding, Key, Place};
use crate::diff::{Comparison, ValueChange};
use crate::value::{Path, Step};

/// How many findings are traced to the defaults behind them, each on each of its workloads. Those after share what was found, or stay without.
const MOST_FINDINGS: usize = 64;

/// How many defaults are guessed to be behind a finding one by one.
const MOST_GUESSED: usize = 3;

/// The defaults behind findings: positions of moved defaults by finding. Findings that no default explains are not in it.
pub(super) type Culprits = BTreeMap<Key, Vec<usize>>;

/// Finds the defaults behind each finding of the plain upgrade that `wanted` names.
pub(super) fn culprits(runs: &mut Runs<'_>, effects: &Effects, wanted: &[Key]) -> Culprits {
    let mut found = Culprits::new();
    if effects.candidates.is_empty() {
        return found;
    }
    for key in wanted.iter().take(MOST_FINDINGS) {
        let known: Vec<Vec<usize>> = found.values().cloned().collect();
        if let Some(culprits) = of_one(runs, effects, key, known) {
            found.insert(key.clone(), culprits);
        }
    }
    found
}

fn of_one(runs: &mut Runs<'_>, effects: &Effects, key: &Key, mut known: Vec<Vec<usize>>) -> Option<Vec<usize>> {
    known.sort_unstable_by_key(Vec::len);
    known.dedup();
    if let Some(single) = known.into_iter().find(|set| set.len() == 1 && gone(runs, key, set)) {
        return Some(single);
    }
    let effective = effects.effective();
    // What the lines in question read is the first guess, unless the finding stays with everything put back: that render is there already.
    let guess = || -> Vec<usize> {
        let written = lines::of(runs.case, key);
        let reads = |index: &usize| written.iter().any(|line| runs.moved[*index].any(|path| line.sees(path)));
        effective.iter().copied().filter(reads).collect()
    };
    let first = if is_kept(runs, key, &effects.candidates) { Vec::new() } else { guess() };
    // One is mostly enough; of few, each costs less than all and then each.
    if first.len() <= MOST_GUESSED
        && let Some(one) = first.iter().find(|one| gone(runs, key, &[**one]))
    {
        return Some(vec![*one]);
    }
    // A default that only counts once another one is put back is a candidate, and not effective by itself.
    let starts = [first, effective, effects.candidates.clone()];
    let start = starts.into_iter().find(|set: &Vec<usize>| !set.is_empty() && gone(runs, key, set))?;
    let mut test = |sets: &[Vec<usize>]| {
        let trials: Vec<Trial> = sets.iter().cloned().map(Trial::put_back).collect();
        let outcomes = runs.outcomes(&trials);
        outcomes.iter().map(|outcome| outcome.as_ref().is_some_and(|outcome| !outcome.judged.findings.contains_key(key))).collect()
    };
    Some(search::reduce(&start, &mut test))
}

/// Whether a finding is seen to stay with this put back.
fn is_kept(runs: &mut Runs<'_>, key: &Key, set: &[usize]) -> bool {
    let outcome = runs.outcome(&Trial::put_back(set.to_vec()));
    outcome.is_some_and(|outcome| outcome.judged.findings.contains_key(key))
}

fn gone(runs: &mut Runs<'_>, key: &Key, set: &[usize]) -> bool {
    let outcome = runs.outcome(&Trial::put_back(set.to_vec()));
    outcome.is_some_and(|outcome| !outcome.judged.findings.contains_key(key))
}

/// The causes of a finding, from the defaults behind its places, or else from the lines that wrote them.
pub(super) fn causes(runs: &Runs<'_>, keys: &[Key], culprits: &Culprits) -> Vec<Cause> {
    let case = runs.case;
    let mut all = Vec::new();
    let mut dependencies = Vec::new();
    let mut indices: Vec<usize> = keys.iter().filter_map(|key| culprits.get(key)).flatten().copied().collect();
    indices.sort_unstable();
    indices.dedup();
    for index in indices {
        let moved = &runs.moved[index];
        if let Some(change) = moved::change(moved, case.comparison) {
            dependencies.extend(dependency_of_value(case.comparison, case.new.chart(), &moved.path, &change.file));
            all.push(Cause::Value(Box::new(place(moved, change))));
        }
    }
    let unexplained = keys.iter().filter(|key| !culprits.contains_key(key));
    for (file, written) in by_file(unexplained.flat_map(|key| lines::of(case, key))) {
        dependencies.extend(dependency_of_file(case.comparison, case.new.chart(), &file));
        let mut lines: Vec<u32> = written.iter().map(|line| line.line).collect();
        lines.sort_unstable();
        lines.dedup();
        let mut reads: Vec<Path> = written.into_iter().flat_map(|line| line.reads).map(|read| read.path).collect();
        reads.sort_unstable();
        reads.dedup();
        all.push(Cause::Template { file, lines, reads });
    }
    with_dependencies(all, dependencies)
}

/// Writes into findings that are only possible what brought them about, as far as the charts alone say it: the changed default or template
/// that each of their places is, and the dependency that moved with it.
pub fn stated(comparison: &Comparison, new: &Chart, findings: &mut [Finding]) {
    let possible = |finding: &&mut Finding| finding.confidence == Confidence::Possible && finding.causes.is_empty();
    for finding in findings.iter_mut().filter(possible) {
        let (mut causes, mut dependencies) = (Vec::new(), Vec::new());
        for place in &finding.changes {
            let changes = || comparison.values.changes.iter();
            let change = changes().find(|change| change.path == place.path);
            if let Some(change) = change.or_else(|| changes().find(|change| change.path.steps().starts_with(place.path.steps()))) {
                dependencies.extend(dependency_of_value(comparison, new, &change.path, &change.file));
                causes.push(Cause::Value(Box::new(Place { note: None, ..place.clone() })));
            } else if comparison.templates.iter().any(|template| template.path == place.file) {
                dependencies.extend(dependency_of_file(comparison, new, &place.file));
                let lines = place.new_line.into_iter().collect();
                causes.push(Cause::Template { file: place.file.clone(), lines, reads: Vec::new() });
            } else {
                dependencies.extend(step_of(comparison, &place.path));
            }
        }
        finding.causes = with_dependencies(causes, dependencies);
    }
}

/// The causes, and after them each dependency once.
fn with_dependencies(mut causes: Vec<Cause>, mut dependencies: Vec<Step3>) -> Vec<Cause> {
    let mut named = BTreeSet::new();
    dependencies.retain(|(path, ..)| named.insert(path.clone()));
    causes.extend(dependencies.into_iter().map(|(path, old_version, new_version)| Cause::Dependency { path, old_version, new_version }));
    causes
}

fn by_file(lines: impl Iterator<Item = Written>) -> BTreeMap<String, Vec<Written>> {
    let mut files: BTreeMap<String, Vec<Written>> = BTreeMap::new();
    for line in lines {
        files.entry(line.file.clone()).or_default().push(line);
    }
    files
}

fn place(moved: &Moved, change: &ValueChange) -> Place {
    Place {
        path: moved.path.clone(),
        kind: change.kind,
        old: moved.old.clone(),
        new: if moved.path == change.path { change.new.clone() } else { None },
        file: change.file.clone(),
        old_line: change.old_line,
        new_line: change.new_line,
        description: change.description.as_deref().map(str::to_owned),
        note: None,
    }
}

/// A dependency's step: the path of its values, the old and the new version.
type Step3 = (Path, Option<String>, Option<String>);

/// The moved dependency that brought a default: when the default is set in a values file of the subchart, not by the chart above it.
fn dependency_of_value(comparison: &Comparison, chart: &Chart, path: &Path, file: &str) -> Option<Step3> {
    let folder = file.strip_suffix("/values.yaml")?;
    let keys: Vec<&str> = path.steps().iter().map_while(|step| if let Step::Key(key) = step { Some(&**key) } else { None }).collect();
    let mounted = chart.mounted();
    let mut at = mounted.iter().filter(|one| one.chart.folder == folder && one.keys.len() < keys.len());
    let mounted = at.find(|one| one.keys.iter().zip(&keys).all(|(a, b)| **a == **b))?;
    step_of(comparison, &Path::keys(mounted.keys.iter().map(AsRef::as_ref)))
}

/// The moved dependency that a template file is in.
fn dependency_of_file(comparison: &Comparison, chart: &Chart, file: &str) -> Option<Step3> {
    let mounted = chart.mounted();
    let inside = mounted
        .iter()
        .filter(|one| !one.chart.folder.is_empty() && file.strip_prefix(&*one.chart.folder).is_some_and(|rest| rest.starts_with('/')));
    let innermost = inside.max_by_key(|one| one.chart.folder.len())?;
    step_of(comparison, &Path::keys(innermost.keys.iter().map(AsRef::as_ref)))
}

/// The step of the dependency at a path, or of the nearest one around it that moved.
fn step_of(comparison: &Comparison, path: &Path) -> Option<Step3> {
    let around =
        comparison.dependencies.iter().filter(|one| path.steps().starts_with(one.path.steps()) && one.old_version != one.new_version);
    let nearest = around.max_by_key(|one| one.path.steps().len())?;
    Some((nearest.path.clone(), nearest.old_version.clone(), nearest.new_version.clone()))
}
