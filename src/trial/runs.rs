//! The counterfactual renders: each set of values once, side by side, and never more than a bound. What a render's trace answers is not
//! rendered: putting back a default that it didn't read changes nothing of it. Depends on `render`.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::changed::Readers;
use super::judged::Judged;
use super::layer::{layer, nowhere, spelled};
use super::moved::Moved;
use super::{Case, Values, flags};
use crate::classify::Form;
use crate::error::{Error, ErrorKind, Result};
use crate::parallel::side_by_side;
use crate::render::{Manifest, Overrides, Rendered};
use crate::value::Span;

/// What is different in a trial.
#[derive(Debug, Clone, Default)]
pub(super) struct Trial {
    /// The defaults that are put back, by position.
    pub(super) put_back: Vec<usize>,
    /// What the user's values say on top.
    pub(super) edits: Values,
    /// How the edits are set next to the user's values; `None`: over all of them, whatever sets them.
    form: Option<Form>,
}

impl Trial {
    /// Only defaults put back.
    pub(super) fn put_back(mut set: Vec<usize>) -> Self {
        set.sort_unstable();
        Self { put_back: set, ..Self::default() }
    }

    /// Only edits.
    pub(super) fn edited(edits: Values) -> Self {
        Self { edits, ..Self::default() }
    }

    /// The same, set as the user would set it.
    pub(super) fn set_as(self, form: Form) -> Self {
        Self { form: Some(form), ..self }
    }
}

/// What a trial came to.
#[derive(Debug)]
pub(super) struct Outcome {
    /// Whether the objects came out, to the byte, as without it.
    pub(super) same: bool,
    /// What the render comes to.
    pub(super) judged: Arc<Judged>,
}

/// What became of a trial that was to be looked at line by line.
pub(super) enum Looked {
    /// It rendered.
    At(Arc<Outcome>, Box<Rendered>),
    /// It didn't.
    Failed,
    /// No render was left.
    Refused,
}

/// A traced render.
struct Traced {
    /// The defaults it puts back.
    back: BTreeSet<usize>,
    /// The moved defaults it read.
    reads: BTreeSet<usize>,
    outcome: Arc<Outcome>,
}

/// The renders of a case.
pub(super) struct Runs<'c> {
    pub(super) case: &'c Case<'c>,
    pub(super) moved: &'c [Moved],
    /// What the plain upgrade comes to.
    pub(super) plain: Arc<Judged>,
    /// Which defaults lines read.
    pub(super) readers: Readers,
    /// By the values that the user has in it; `None` for a render that failed.
    known: HashMap<String, Option<Arc<Outcome>>>,
    traced: Vec<Traced>,
    at: Span,
    left: usize,
    /// Trials that were asked for when no render was left.
    pub(super) refused: usize,
}

impl<'c> Runs<'c> {
    pub(super) fn new(case: &'c Case<'c>, moved: &'c [Moved]) -> Self {
        let plain = Arc::new((case.judge)(case.new_render));
        let (readers, at) = (Readers::new(moved, case.new.chart()), nowhere("values of a trial"));
        let (known, traced) = (HashMap::new(), Vec::new());
        let mut runs = Self { case, moved, plain, readers, known, traced, at, left: case.max_renders, refused: 0 };
        let unchanged = Arc::new(Outcome { same: true, judged: Arc::clone(&runs.plain) });
        runs.keep(&Trial::default(), &unchanged, case.new_render);
        runs
    }

    /// The moved defaults that a traced render read; `None` without a trace.
    pub(super) fn read_by(&mut self, rendered: &Rendered) -> Option<BTreeSet<usize>> {
        rendered.reads.as_ref().map(|reads| self.readers.of(reads.iter()).into_iter().collect())
    }

    /// How many renders were made.
    pub(super) fn made(&self) -> usize {
        self.case.max_renders - self.left
    }

    /// Takes one render of the bound, for a trial of another kind; false when none is left.
    pub(super) fn take(&mut self) -> bool {
        let any = self.left > 0;
        if any {
            self.left -= 1
        } else {
            self.refused += 1
        }
        any
    }

    /// Puts back each of the sets, in traced renders, to be looked at.
    pub(super) fn look_at(&mut self, sets: &[Vec<usize>]) -> Vec<Looked> {
        let trials: Vec<Option<Trial>> = sets.iter().map(|set| self.take().then(|| Trial::put_back(set.clone()))).collect();
        let made = side_by_side(&trials, |trial| {
            let Some(trial) = trial else { return Looked::Refused };
            self.make(trial, true).map_or(Looked::Failed, |rendered| Looked::At(Arc::new(self.judge(&rendered)), Box::new(rendered)))
        });
        for (trial, looked) in trials.iter().zip(&made) {
            match (trial, looked) {
                (Some(trial), Looked::At(outcome, rendered)) => self.keep(trial, outcome, rendered),
                (Some(trial), Looked::Failed) => self.known.extend(self.key(trial).map(|key| (key, None))),
                _ => {}
            }
        }
        made
    }

    fn keep(&mut self, trial: &Trial, outcome: &Arc<Outcome>, rendered: &Rendered) {
        self.known.extend(self.key(trial).map(|key| (key, Some(Arc::clone(outcome)))));
        if let Some(reads) = self.read_by(rendered) {
            let back = trial.put_back.iter().copied().collect();
            self.traced.push(Traced { back, reads, outcome: Arc::clone(outcome) });
        }
    }

    /// One trial's outcome; as [`Runs::outcomes`].
    pub(super) fn outcome(&mut self, trial: &Trial) -> Option<Arc<Outcome>> {
        self.outcomes(std::slice::from_ref(trial)).pop().flatten()
    }

    /// What each trial came to, in order; `None` where the render failed or none was left. What is known is not rendered again.
    pub(super) fn outcomes(&mut self, trials: &[Trial]) -> Vec<Option<Arc<Outcome>>> {
        let keys: Vec<Option<String>> = trials.iter().map(|trial| self.key(trial)).collect();
        let mut wanted: Vec<(&String, &Trial)> = Vec::new();
        for (key, trial) in keys.iter().zip(trials) {
            let Some(key) = key.as_ref().filter(|key| !self.known.contains_key(*key) && !wanted.iter().any(|(known, _)| known == key))
            else {
                continue;
            };
            if let Some(outcome) = self.by_trace(trial) {
                self.known.insert(key.clone(), Some(outcome));
            } else if self.take() {
                wanted.push((key, trial));
            }
        }
        let made = side_by_side(&wanted, |(_, trial)| self.make(trial, false).ok().map(|rendered| Arc::new(self.judge(&rendered))));
        let made: Vec<_> = wanted.into_iter().map(|(key, _)| key.clone()).zip(made).collect();
        self.known.extend(made);
        keys.iter().map(|key| self.known.get(key.as_ref()?).cloned().flatten()).collect()
    }

    /// What a trial comes to that differs from a traced render only in values which that one didn't read.
    fn by_trace(&self, trial: &Trial) -> Option<Arc<Outcome>> {
        let back: BTreeSet<usize> = trial.put_back.iter().copied().collect();
        let unread = |traced: &&Traced| traced.back.symmetric_difference(&back).all(|index| !traced.reads.contains(index));
        let reads = self.case.new_render.reads.as_ref();
        let edited = |traced: &&Traced| {
            let is_read = |path| !traced.back.is_empty() || reads.is_none_or(|reads| reads.see(path));
            trial.edits.iter().all(|(path, _)| !is_read(path))
        };
        self.traced.iter().find(|traced| unread(traced) && edited(traced)).map(|traced| Arc::clone(&traced.outcome))
    }

    /// The user's values as text; `None` when they can't be read.
    fn key(&self, trial: &Trial) -> Option<String> {
        self.overrides(trial).and_then(|overrides| overrides.node(self.case.new.profile(), &self.at)).ok().map(|node| spelled(&node))
    }

    fn make(&self, trial: &Trial, traced: bool) -> Result<Rendered> {
        let prepared = if traced { self.case.new_traced } else { self.case.new };
        prepared.render(&self.overrides(trial)?, self.case.release, self.case.capabilities)
    }

    /// The user's values as a trial has them.
    fn overrides(&self, trial: &Trial) -> Result<Overrides> {
        let mut overrides = self.case.overrides.clone();
        if !trial.put_back.is_empty() {
            let back = trial.put_back.iter().flat_map(|index| self.moved[*index].settings());
            overrides = overrides.over(layer(back, &self.at));
        }
        if trial.edits.is_empty() {
            return Ok(overrides);
        }
        let layer = || layer(trial.edits.iter().map(|(path, value)| (path, Some(value))), &self.at);
        match trial.form {
            None => overrides = overrides.under(layer()),
            Some(Form::File) => overrides.files.push(layer()),
            Some(Form::Flags) => {
                for edit in &trial.edits {
                    match flags::of(edit) {
                        Some(("--set-json", text)) => overrides.set_json.push(text),
                        Some(("--set-string", text)) => overrides.set_string.push(text),
                        Some((_, text)) => overrides.set.push(text),
                        None => return Err(Error::new(ErrorKind::Usage, format!("no flag sets {}", edit.0))),
                    }
                }
            }
        }
        Ok(overrides)
    }

    /// Whether both trials come to the same values of the user's, so that one render shows what both do.
    pub(super) fn is_same(&self, one: &Trial, other: &Trial) -> bool {
        let values = |trial| self.overrides(trial).and_then(|overrides| overrides.node(self.case.new.profile(), &self.at)).ok();
        one.put_back == other.put_back && values(one).zip(values(other)).is_some_and(|(one, other)| one.same(&other))
    }

    fn judge(&self, rendered: &Rendered) -> Outcome {
        let same = same_objects(self.case.new_render, rendered);
        let judged = if same { Arc::clone(&self.plain) } else { Arc::new((self.case.judge)(rendered)) };
        Outcome { same, judged }
    }
}

/// Whether two renders made the same objects, to the byte.
pub(super) fn same_objects(a: &Rendered, b: &Rendered) -> bool {
    let same = |a: &Manifest, b: &Manifest| a.path == b.path && a.text == b.text;
    a.manifests.len() == b.manifests.len()
        && a.hooks.len() == b.hooks.len()
        && a.crds == b.crds
        && a.manifests.iter().zip(&b.manifests).all(|(a, b)| same(a, b))
        && a.hooks.iter().zip(&b.hooks).all(|(a, b)| same(&a.manifest, &b.manifest))
}
