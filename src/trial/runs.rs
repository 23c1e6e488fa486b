//! The counterfactual renders: each set of values once, side by side, and never more than a bound. Depends on `render`.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::judged::Judged;
use super::layer::{layer, nowhere};
use super::moved::Moved;
use super::{Case, Values, flags};
use crate::classify::Form;
use crate::error::{Error, ErrorKind, Result};
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

    fn key(&self) -> String {
        let mut key = format!("{:?} {:?}", self.put_back, self.form);
        let edits: BTreeSet<String> =
            self.edits.iter().map(|(path, value)| format!("{path}={}", serde_json::to_string(value).unwrap_or_default())).collect();
        for edit in &edits {
            key.push('\n');
            key.push_str(edit);
        }
        key
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

/// The renders of a case.
pub(super) struct Runs<'c> {
    pub(super) case: &'c Case<'c>,
    pub(super) moved: &'c [Moved],
    /// What the plain upgrade comes to.
    pub(super) plain: Arc<Judged>,
    /// `None` for a render that failed.
    known: HashMap<String, Option<Arc<Outcome>>>,
    at: Span,
    left: usize,
    /// Trials that were asked for when no render was left.
    pub(super) refused: usize,
}

impl<'c> Runs<'c> {
    pub(super) fn new(case: &'c Case<'c>, moved: &'c [Moved]) -> Self {
        let plain = Arc::new((case.judge)(case.new_render));
        Self { case, moved, plain, known: HashMap::new(), at: nowhere("values of a trial"), left: case.max_renders, refused: 0 }
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

    /// One trial's outcome, and the render when it was not made before. `None` when it failed or none was left.
    pub(super) fn render(&mut self, trial: &Trial) -> Option<(Arc<Outcome>, Rendered)> {
        if !self.take() {
            return None;
        }
        let rendered = self.make(trial, true).ok();
        let outcome = rendered.as_ref().map(|rendered| Arc::new(self.judge(rendered)));
        self.known.insert(trial.key(), outcome.clone());
        outcome.zip(rendered)
    }

    /// One trial's outcome; as [`Runs::outcomes`].
    pub(super) fn outcome(&mut self, trial: &Trial) -> Option<Arc<Outcome>> {
        self.outcomes(std::slice::from_ref(trial)).pop().flatten()
    }

    /// What each trial came to, in order; `None` where the render failed or none was left. What was tried before is not rendered again.
    pub(super) fn outcomes(&mut self, trials: &[Trial]) -> Vec<Option<Arc<Outcome>>> {
        let keys: Vec<String> = trials.iter().map(Trial::key).collect();
        let mut wanted: Vec<(&String, &Trial)> = Vec::new();
        for (key, trial) in keys.iter().zip(trials) {
            let is_new = !self.known.contains_key(key) && !wanted.iter().any(|(known, _)| *known == key);
            if is_new && self.take() {
                wanted.push((key, trial));
            }
        }
        let made = side_by_side(&wanted, |(_, trial)| self.make(trial, false).ok().map(|rendered| Arc::new(self.judge(&rendered))));
        let made: Vec<_> = wanted.into_iter().map(|(key, _)| key.clone()).zip(made).collect();
        self.known.extend(made);
        keys.iter().map(|key| self.known.get(key).cloned().flatten()).collect()
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

/// Does the same with each item, on as many threads as there are processors; the results are in the items' order.
fn side_by_side<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> Option<R> + Sync) -> Vec<Option<R>> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(items.len());
    if threads <= 1 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<R>>> = items.iter().map(|_| Mutex::new(None)).collect();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((item, slot)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| items.get(at).zip(results.get(at)))
                {
                    *slot.lock().unwrap_or_else(PoisonError::into_inner) = work(item);
                }
            });
        }
    });
    results.into_iter().map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}
