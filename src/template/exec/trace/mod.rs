//! Notes, while a render runs, which template line wrote each line of the output and which values it took for that.
//!
//! A mapping or list of the values is known by its address ([`Origins`]); taking a scalar out of one is a read, and so is whatever looks
//! into one as a whole ([`uses`]). Reads belong to the evaluation that runs: an action, or the condition of `if`, `with` and `range`,
//! whose reads then count for everything inside. Variables carry what was read for them. What copies values (`deepCopy`, `merge`,
//! `fromYaml (toYaml …)`) has read them whole, and its result is the template's own.
//!
//! Text that came through `include` and `tpl` and then through functions is found again line by line, blanks and quotes at both ends aside
//! ([`lines`]); a line that isn't found has the place of the call and every read made on its way. A render that isn't traced has no
//! [`Tracer`] and pays for a look at an `Option`.

pub(crate) mod lines;
pub(crate) mod reads;
mod uses;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use foldhash::{HashMap, HashSet};

use super::Operand;
use crate::template::ast::File;
use crate::template::value::{List, MAX_DEPTH, Map, MapKind, Value};
use lines::{CallPlace, Finder, LineOrigin, Link, Output, Recorded};
use reads::{Extent, Ledger, PathId, SetId};
use uses::Use;

/// Outputs of called templates that one evaluation or variable remembers.
const MOST_TEXTS: usize = 64;

/// Which mappings and lists are the chart's values, and where in them they stand.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    pub(crate) ledger: Ledger,
    by_address: HashMap<usize, PathId>,
    /// Every one of them: an address says something as long as nothing else can get it.
    kept: Vec<Value>,
}

impl Origins {
    /// Says where a mapping or list stands; false when it has a place already, or is neither.
    pub(crate) fn place(&mut self, value: &Value, path: PathId) -> bool {
        let Some(address) = address(value) else { return false };
        if self.by_address.contains_key(&address) {
            return false;
        }
        self.by_address.insert(address, path);
        self.kept.push(value.clone());
        true
    }

    fn of(&self, value: &Value) -> Option<PathId> {
        self.by_address.get(&address(value)?).copied()
    }

    fn of_map(&self, map: &Map) -> Option<PathId> {
        self.by_address.get(&map.address()?).copied()
    }
}

/// What a mapping or list is known by.
fn address(value: &Value) -> Option<usize> {
    match value {
        Value::Map(map) => map.address(),
        Value::List(List { items: Some(items), .. }) => Some(Rc::as_ptr(items).addr()),
        _ => None,
    }
}

/// Where a template is being executed from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Whereabouts {
    chain: Option<Arc<Link>>,
    /// For the text of `tpl`, which is no file: the place of the call.
    call: Option<CallPlace>,
    /// What the conditions around have read.
    pub(super) around: SetId,
}

impl Whereabouts {
    /// At the top of a file, on a condition.
    pub(super) fn top(around: SetId) -> Self {
        Self { chain: None, call: None, around }
    }

    fn place(&self, file: &File, offset: usize) -> CallPlace {
        match &self.call {
            Some(call) => call.clone(),
            None => CallPlace { file: Arc::clone(&file.name), line: file.line(offset) },
        }
    }

    fn origin(&self, file: &File, offset: usize, reads: SetId) -> LineOrigin {
        LineOrigin { place: self.place(file, offset), chain: self.chain.clone(), reads, conditions: self.around }
    }

    /// Inside a template that is called here.
    pub(super) fn called(&self, file: &File, offset: usize, around: SetId) -> Self {
        let link = Link { place: self.place(file, offset), above: self.chain.clone() };
        Self { chain: Some(Arc::new(link)), call: None, around }
    }

    /// Inside a text that `tpl` executes here.
    pub(super) fn in_text(&self, file: &File, offset: usize, around: SetId) -> Self {
        Self { chain: self.chain.clone(), call: Some(self.place(file, offset)), around }
    }
}

/// What an evaluation has read and received so far.
#[derive(Debug, Default)]
struct Evaluation {
    /// By its own expressions and variables.
    own: SetId,
    /// In the templates it called.
    below: SetId,
    recorded: Vec<Rc<Recorded>>,
}

/// What a variable was made of.
#[derive(Debug)]
pub(crate) struct Taint {
    reads: SetId,
    recorded: Vec<Rc<Recorded>>,
}

/// The notes of one render.
#[derive(Debug)]
pub(crate) struct Tracer(RefCell<Notes>);

#[derive(Debug)]
struct Notes {
    origins: Origins,
    /// The evaluations that run, each inside a template that the one before it called.
    evaluations: Vec<Evaluation>,
    /// The outputs that are being written, each for an evaluation of the one before.
    outputs: Vec<Output>,
}

impl Tracer {
    pub(crate) fn new(origins: Origins) -> Self {
        Self(RefCell::new(Notes { origins, evaluations: Vec::new(), outputs: Vec::new() }))
    }

    /// What was noted, when the render is over.
    pub(crate) fn finish(self) -> Ledger {
        self.0.into_inner().origins.ledger
    }

    /// A pipeline begins.
    pub(super) fn begin(&self) {
        self.0.borrow_mut().evaluations.push(Evaluation::default());
    }

    /// It ends: what was read for it.
    pub(super) fn end(&self) -> SetId {
        self.0.borrow_mut().end().0
    }

    /// What was read so far for the pipeline that runs, and around it.
    pub(super) fn so_far(&self, around: SetId) -> SetId {
        let notes = &mut *self.0.borrow_mut();
        let Some(Evaluation { own, below, .. }) = notes.evaluations.last() else { return around };
        let reads = notes.origins.ledger.union(*own, *below);
        notes.origins.ledger.union(around, reads)
    }

    pub(super) fn union(&self, a: SetId, b: SetId) -> SetId {
        self.0.borrow_mut().origins.ledger.union(a, b)
    }

    /// What a variable that gets the result carries.
    pub(super) fn taint(&self, around: SetId) -> Option<Rc<Taint>> {
        let reads = self.so_far(around);
        let recorded = self.0.borrow().evaluations.last().map_or_else(Vec::new, |evaluation| evaluation.recorded.clone());
        (reads != SetId::EMPTY || !recorded.is_empty()).then(|| Rc::new(Taint { reads, recorded }))
    }

    /// A variable is used.
    pub(super) fn used(&self, taint: &Taint) {
        let notes = &mut *self.0.borrow_mut();
        let Some(evaluation) = notes.evaluations.last_mut() else { return };
        evaluation.own = notes.origins.ledger.union(evaluation.own, taint.reads);
        for recorded in &taint.recorded {
            evaluation.remember(recorded);
        }
    }

    /// A key was looked up, and this is what was found.
    pub(super) fn looked_up(&self, map: &Map, key: &[u8], found: &Value) {
        self.0.borrow_mut().looked_up(map, key, found);
    }

    /// A value was asked whether it is true, or how many elements it has.
    pub(super) fn shape(&self, value: &Value) {
        self.0.borrow_mut().shape(value);
    }

    /// A value was printed.
    pub(super) fn whole(&self, value: &Value) {
        self.0.borrow_mut().whole(value);
    }

    /// A list or mapping is gone through: its scalars are read, its mappings and lists only when something looks into them.
    pub(super) fn elements(&self, value: &Value) {
        let notes = &mut *self.0.borrow_mut();
        notes.shape(value);
        let Some(path) = notes.origins.of(value) else { return };
        match value {
            Value::Map(map) => map.snapshot().iter().for_each(|(key, found)| notes.looked_up(map, key, found)),
            Value::List(list) => {
                for (index, _) in list.items().iter().enumerate().filter(|(_, item)| address(item).is_none()) {
                    let item = notes.origins.ledger.item(path, index);
                    notes.note(item, Extent::Whole);
                }
            }
            _ => {}
        }
    }

    /// A function or method was called.
    pub(super) fn called(&self, function: &str, operands: &[Operand]) {
        let notes = &mut *self.0.borrow_mut();
        let value = |index: usize| operands.get(index).map_or(&Value::Nil, |operand| &operand.value);
        let last = operands.len().saturating_sub(1);
        match uses::of(function) {
            Use::Passes => {}
            Use::Shape => operands.iter().for_each(|operand| notes.shape(&operand.value)),
            Use::Get => notes.walk(value(0), [value(1)]),
            Use::HasKey => notes.has_key(value(0), value(1)),
            Use::Index => notes.walk(value(0), operands.iter().skip(1).map(|operand| &operand.value)),
            Use::Dig => notes.walk(value(last), operands.iter().take(last.saturating_sub(1)).map(|operand| &operand.value)),
            Use::Pluck => operands.iter().skip(1).for_each(|map| notes.walk(&map.value, [value(0)])),
            Use::Pick => operands.iter().skip(1).for_each(|key| notes.walk(value(0), [&key.value])),
            Use::Whole => operands.iter().for_each(|operand| notes.whole(&operand.value)),
        }
    }

    /// An output of its own begins.
    pub(super) fn open(&self) {
        self.0.borrow_mut().outputs.push(Output::default());
    }

    /// It ends: the origins of its lines.
    pub(super) fn close(&self) -> Vec<LineOrigin> {
        self.0.borrow_mut().outputs.pop().unwrap_or_default().finish()
    }

    /// The evaluation that runs received a template's output.
    pub(super) fn received(&self, text: &[u8], lines: Vec<LineOrigin>) {
        if let Some(evaluation) = self.0.borrow_mut().evaluations.last_mut() {
            evaluation.remember(&Rc::new(Recorded::new(text, lines)));
        }
    }

    /// A template's own text was written.
    pub(super) fn wrote_text(&self, at: &Whereabouts, file: &File, offset: usize, text: &[u8]) {
        let notes = &mut *self.0.borrow_mut();
        let Some(output) = notes.outputs.last_mut() else { return };
        let mut origin = at.origin(file, offset, SetId::EMPTY);
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            if index > 0 {
                output.newline();
                origin.place.line += u32::from(at.call.is_none());
            }
            output.piece(line, origin.clone(), &mut notes.origins.ledger);
        }
    }

    /// The evaluation that runs ends, and this is what it wrote.
    pub(super) fn wrote_value(&self, at: &Whereabouts, file: &File, offset: usize, text: &[u8]) {
        let notes = &mut *self.0.borrow_mut();
        let (all, evaluation) = notes.end();
        let ledger = &mut notes.origins.ledger;
        let Some(output) = notes.outputs.last_mut() else { return };
        let origin = at.origin(file, offset, all);
        if text.is_empty() {
            output.nothing(&origin, ledger);
            return;
        }
        let mut finder = Finder::new(&evaluation.recorded);
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            if index > 0 {
                output.newline();
            }
            let piece = match finder.find(line) {
                Some(found) => {
                    let reads = ledger.union(found.reads, evaluation.own);
                    let conditions = ledger.union(found.conditions, at.around);
                    LineOrigin { reads, conditions, ..found.clone() }
                }
                None => origin.clone(),
            };
            output.piece(line, piece, ledger);
        }
    }

    /// Nothing was written, because of the conditions around.
    pub(super) fn wrote_nothing(&self, at: &Whereabouts, file: &File, offset: usize) {
        let notes = &mut *self.0.borrow_mut();
        let Some(output) = notes.outputs.last_mut() else { return };
        output.nothing(&at.origin(file, offset, SetId::EMPTY), &mut notes.origins.ledger);
    }
}

impl Evaluation {
    fn remember(&mut self, recorded: &Rc<Recorded>) {
        if self.recorded.len() < MOST_TEXTS && !self.recorded.iter().any(|known| Rc::ptr_eq(known, recorded)) {
            self.recorded.push(Rc::clone(recorded));
        }
    }
}

impl Notes {
    /// Ends the innermost evaluation; the one whose call it runs in has read as much.
    fn end(&mut self) -> (SetId, Evaluation) {
        let evaluation = self.evaluations.pop().unwrap_or_default();
        let all = self.origins.ledger.union(evaluation.own, evaluation.below);
        if let Some(outer) = self.evaluations.last_mut() {
            outer.below = self.origins.ledger.union(outer.below, all);
        }
        (all, evaluation)
    }

    fn note(&mut self, path: PathId, extent: Extent) {
        let read = self.origins.ledger.note(path, extent);
        if let Some(evaluation) = self.evaluations.last_mut() {
            evaluation.own = self.origins.ledger.union(evaluation.own, read);
        }
    }

    /// Only what is no mapping or list of the values itself is read with that.
    fn looked_up(&mut self, map: &Map, key: &[u8], found: &Value) {
        let Some(path) = self.origins.of_map(map) else { return };
        if address(found).is_none() {
            let path = self.origins.ledger.key(path, key);
            self.note(path, Extent::Whole);
        }
    }

    fn has_key(&mut self, map: &Value, key: &Value) {
        if let (Some(path), Value::Str(key)) = (self.origins.of(map), key) {
            let path = self.origins.ledger.key(path, key);
            self.note(path, Extent::Shape);
        }
    }

    /// Down along keys and indices.
    fn walk<'v>(&mut self, from: &Value, steps: impl IntoIterator<Item = &'v Value>) {
        let mut at = from.clone();
        for step in steps {
            at = match (&at, step) {
                (Value::Map(map), Value::Str(key)) => {
                    let found = map.get(key).unwrap_or(Value::Nil);
                    self.looked_up(map, key, &found);
                    found
                }
                (Value::List(list), Value::Int(index)) => {
                    let index = usize::try_from(*index).unwrap_or(usize::MAX);
                    let found = list.items().get(index).cloned().unwrap_or(Value::Nil);
                    if let (Some(path), None) = (self.origins.of(&at), address(&found)) {
                        let path = self.origins.ledger.item(path, index);
                        self.note(path, Extent::Whole);
                    }
                    found
                }
                _ => return,
            };
        }
    }

    fn shape(&mut self, value: &Value) {
        if let Some(path) = self.origins.of(value) {
            self.note(path, Extent::Shape);
        }
    }

    fn whole(&mut self, value: &Value) {
        if address(value).is_some() {
            self.whole_nested(value, 0, &mut HashSet::default());
        }
    }

    fn whole_nested(&mut self, value: &Value, depth: usize, visited: &mut HashSet<usize>) {
        let Some(address) = address(value) else { return };
        if let Some(path) = self.origins.by_address.get(&address) {
            self.note(*path, Extent::Whole);
            return;
        }
        if depth > MAX_DEPTH || !visited.insert(address) {
            return;
        }
        match value {
            // What nobody looked into holds nothing that is known here.
            Value::Map(map) if matches!(map.kind, MapKind::Any | MapKind::Values(_)) && map.as_frozen().is_none() => {
                map.table().iter().flat_map(|table| table.values()).for_each(|inner| self.whole_nested(inner, depth + 1, visited));
            }
            Value::List(list) => list.items().iter().for_each(|item| self.whole_nested(item, depth + 1, visited)),
            _ => {}
        }
    }
}
