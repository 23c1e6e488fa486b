//! Runs templates: the rules of Go 1.23's `text/template/exec.go` and of Helm 3.17's `pkg/engine`.
//!
//! A [`Session`] is one render: it counts what the limits count, remembers which templates are being included, and notes every call of a
//! function that gives another answer next time. Output is bytes. Depends on the tree, values and functions.

mod call;
mod chance;
mod error;
mod eval;
#[cfg(test)]
mod tests;
pub(crate) mod trace;
mod walk;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use foldhash::HashMap;
use regex::bytes::Regex;

pub use chance::Chance;
pub(crate) use error::Fail;
pub use error::{Frame, RenderError};
pub(crate) use eval::entry;

use super::TemplateSet;
use super::ast::{Expr, File, Template};
use super::fmt::quote;
use super::frozen::Frozen;
use super::parser::{ParseError, parse};
use super::profile::Profile;
use super::readings::Readings;
use super::time::{LocalZone, Zone};
use super::value::{Text, Value};
use chance::{Reserve, Stream};
use trace::lines::LineOrigin;
use trace::reads::{Ledger, SetId};
use trace::{Origins, Tracer, Whereabouts};
use walk::State;

/// How much a render may use. Each is generous for real charts.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Templates inside templates, through `include`, `tpl` and `template`.
    pub depth: usize,
    /// Nodes executed.
    pub steps: u64,
    /// Bytes written by one render, those of included templates too.
    pub output_bytes: u64,
    /// Bytes of one string, and of one value that a function walks through.
    pub string_bytes: usize,
    /// Bytes of all values that functions make, whether they are still there or not.
    pub made_bytes: u64,
    /// Seconds of one render.
    pub seconds: u64,
    /// Elements of one list that a function makes from a number or a text (`until`, `splitList`).
    pub list_items: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 4_000,
            steps: 200_000_000,
            output_bytes: 256 << 20,
            string_bytes: 32 << 20,
            made_bytes: 2 << 30,
            seconds: 60,
            list_items: 1_000_000,
        }
    }
}

/// How many steps pass between two looks at the clock.
const STEPS_BETWEEN_LOOKS: u64 = 128;

/// How many bytes to walk through count as one step.
const BYTES_PER_STEP: u64 = 1_024;

/// How often a template may be inside itself through `include` (Helm's own limit).
const MAX_SELF_INCLUDES: usize = 1_000;

/// Helm marks the messages of `required` and `fail` so that they can be found in Go's text.
pub(crate) const WARN_START: &str = "HELM_ERR_START";
/// See [`WARN_START`].
pub(crate) const WARN_END: &str = "HELM_ERR_END";

/// A value on its way through the executor. `boxed` says that its static type is `interface {}`, as for what is read out of a map: only
/// then is nil something that has been there.
#[derive(Debug, Clone)]
pub(crate) struct Operand {
    pub(crate) value: Value,
    pub(crate) boxed: bool,
}

impl Operand {
    /// Go's zero `reflect.Value`: nothing at all.
    pub(crate) const INVALID: Self = Self { value: Value::Nil, boxed: false };

    /// A value of its own type.
    pub(crate) fn bare(value: Value) -> Self {
        Self { value, boxed: false }
    }

    /// A value read out of a container.
    pub(crate) fn boxed(value: Value) -> Self {
        Self { value, boxed: true }
    }

    pub(crate) fn is_invalid(&self) -> bool {
        !self.boxed && matches!(self.value, Value::Nil)
    }

    /// The name of its static type.
    fn static_type(&self) -> String {
        if self.boxed { "interface {}".into() } else { self.value.type_name() }
    }
}

/// One run of a function whose answer depends on more than its arguments: chance, clock, new keys, cluster or network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImpureCall {
    /// The function.
    pub function: &'static str,
    /// The template file the call is written in; for a text that `tpl` executes, the file that calls `tpl`.
    pub file: Arc<str>,
    /// The line there, from 1.
    pub line: usize,
}

/// `randAlphaNum at templates/secret.yaml:12`.
impl fmt::Display for ImpureCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}:{}", self.function, self.file, self.line)
    }
}

/// The definitions a template sees: the set's, and those of the `tpl` texts it is called from.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'s> {
    set: &'s TemplateSet,
    own: &'s [Template],
    outer: Option<&'s Scope<'s>>,
    /// Where the outermost of these texts is executed: in a file.
    call: Option<(&'s File, usize)>,
}

impl<'s> Scope<'s> {
    fn find(&self, name: &[u8]) -> Option<&'s Template> {
        // Of two definitions the one with a body wins, then the inner one.
        let own = self.own.iter().find(|template| template.name.as_bytes() == name);
        match own {
            Some(template) if !template.is_empty() => Some(template),
            own => self.outer.map_or_else(|| self.set.find(name), |outer| outer.find(name)).or(own),
        }
    }
}

/// A compiled expression with the size in bytes that it stays below.
pub(crate) type SizedRegex = Rc<(Regex, usize)>;

/// One render.
pub struct Session<'s> {
    set: &'s TemplateSet,
    pub(crate) limits: Limits,
    includes: RefCell<HashMap<Text, usize>>,
    parsed: RefCell<HashMap<Text, Rc<Vec<Template>>>>,
    regexes: RefCell<HashMap<Text, Result<SizedRegex, String>>>,
    steps: Cell<u64>,
    written: Cell<u64>,
    made: Cell<u64>,
    impure: RefCell<Vec<ImpureCall>>,
    chance: Chance,
    /// The bytes of the call that runs, in a stable render.
    stream: RefCell<Stream>,
    /// Random bytes in any other.
    reserve: RefCell<Reserve>,
    began: Instant,
    tracer: Option<Tracer>,
    local: LocalZone,
    readings: Arc<Readings>,
}

impl<'s> Session<'s> {
    /// A render of a set's templates.
    pub fn new(set: &'s TemplateSet, limits: Limits) -> Self {
        Self {
            set,
            limits,
            includes: RefCell::default(),
            parsed: RefCell::default(),
            regexes: RefCell::default(),
            steps: Cell::new(0),
            written: Cell::new(0),
            made: Cell::new(0),
            impure: RefCell::default(),
            chance: Chance::Real,
            stream: RefCell::default(),
            reserve: RefCell::default(),
            began: Instant::now(),
            tracer: None,
            local: LocalZone::default(),
            readings: Arc::default(),
        }
    }

    /// The same render with what other renders of the chart have read.
    #[must_use]
    pub fn with_readings(mut self, readings: Arc<Readings>) -> Self {
        self.readings = readings;
        self
    }

    /// The same render with chance from elsewhere.
    #[must_use]
    pub fn with_chance(mut self, chance: Chance) -> Self {
        self.chance = chance;
        if chance == Chance::Stable {
            self.local = LocalZone::default();
        }
        self
    }

    /// The same render on a machine in this zone; a stable render is one in UTC.
    #[must_use]
    pub fn with_local_zone(mut self, local: LocalZone) -> Self {
        let chance = self.chance;
        self.local = local;
        self.with_chance(chance)
    }

    /// The same render, traced: notes where its lines come from and which of these values it reads.
    #[must_use]
    pub(crate) fn with_trace(mut self, origins: Origins) -> Self {
        self.tracer = Some(Tracer::new(origins));
        self
    }

    /// Executes a template with data, as Helm does for each file: `<no value>` is deleted from the output.
    ///
    /// # Errors
    /// What the template fails with, in Helm's words, or the limit it reached. Needs a thread with a stack for [`Limits::depth`].
    pub fn render(&self, name: &str, data: Value) -> Result<Vec<u8>, RenderError> {
        self.render_on(name, data, SetId::EMPTY).map(|(text, _)| text)
    }

    /// As [`Session::render`]; that it happens hangs on the reads of `condition`. With a trace, the origins of the lines come along, each
    /// for what stands before a `\n` or at the end; without, none.
    pub(crate) fn render_on(&self, name: &str, data: Value, condition: SetId) -> Result<(Vec<u8>, Vec<LineOrigin>), RenderError> {
        let scope = Scope { set: self.set, own: &[], outer: None, call: None };
        let Some(template) = scope.find(name.as_bytes()) else {
            return Err(RenderError::new(missing_template(name.as_bytes())));
        };
        match self.execute(&scope, template, data, 0, Whereabouts::top(condition)) {
            Ok((text, lines)) => Ok((without_no_value(text), lines)),
            Err(error) => Err(error.in_helms_words(self.profile().structured_messages)),
        }
    }

    /// What the trace noted, when there is one and the render is over.
    pub(crate) fn into_trace(self) -> Option<Ledger> {
        self.tracer.map(Tracer::finish)
    }

    /// The calls of functions that give another answer next time, in order.
    pub fn impure_calls(&self) -> Vec<ImpureCall> {
        self.impure.borrow().clone()
    }

    pub(crate) fn profile(&self) -> &Profile {
        self.set.profile()
    }

    fn execute(
        &self,
        scope: &Scope<'_>,
        template: &Template,
        data: Value,
        depth: usize,
        at: Whereabouts,
    ) -> Result<(Vec<u8>, Vec<LineOrigin>), Box<RenderError>> {
        let mut out = Vec::new();
        if let Some(tracer) = &self.tracer {
            tracer.open();
        }
        State::new(self, scope, template, Operand::bare(data), &mut out, depth, at).run()?;
        Ok((out, self.tracer.as_ref().map_or_else(Vec::new, Tracer::close)))
    }

    /// Counts one step.
    fn step(&self) -> Result<(), Fail> {
        self.charge(1)
    }

    fn charge(&self, more: u64) -> Result<(), Fail> {
        let old = self.steps.get();
        let steps = old.saturating_add(more);
        self.steps.set(steps);
        if steps > self.limits.steps {
            return Err(Fail::limit(format!("more than {} steps", self.limits.steps)));
        }
        if old / STEPS_BETWEEN_LOOKS != steps / STEPS_BETWEEN_LOOKS { self.look_at_clock() } else { Ok(()) }
    }

    fn look_at_clock(&self) -> Result<(), Fail> {
        if self.began.elapsed().as_secs() >= self.limits.seconds {
            return Err(Fail::limit(format!("more than {} seconds", self.limits.seconds)));
        }
        Ok(())
    }

    /// A value is about to be walked through.
    fn check_weight(&self, value: &Value) -> Result<(), Fail> {
        let most = self.limits.string_bytes as u64;
        let weight = value.weight(most).ok_or_else(|| Fail::limit(format!("a value of more than {most} bytes")))?;
        self.charge(weight / BYTES_PER_STEP)
    }

    /// Counts bytes of values.
    fn make(&self, bytes: u64) -> Result<(), Fail> {
        let made = self.made.get().saturating_add(bytes);
        self.made.set(made);
        if made > self.limits.made_bytes {
            return Err(Fail::limit(format!("more than {} bytes of values", self.limits.made_bytes)));
        }
        Ok(())
    }

    /// Templates may nest this deep.
    fn check_depth(&self, depth: usize) -> Result<(), Fail> {
        if depth > self.limits.depth {
            return Err(Fail::limit(format!("templates nested deeper than {}", self.limits.depth)));
        }
        Ok(())
    }

    /// Counts bytes of output.
    fn wrote(&self, bytes: usize) -> Result<(), Fail> {
        let written = self.written.get() + bytes as u64;
        self.written.set(written);
        if written > self.limits.output_bytes {
            return Err(Fail::limit(format!("more than {} bytes of output", self.limits.output_bytes)));
        }
        Ok(())
    }

    fn note_impure(&self, function: &'static str, file: &File, offset: usize) {
        let call = ImpureCall { function, file: Arc::clone(&file.name), line: file.position(offset).0 };
        let mut calls = self.impure.borrow_mut();
        if self.chance == Chance::Stable {
            let same = calls.iter().filter(|known| known.function == function && known.file == call.file).count();
            *self.stream.borrow_mut() = Stream::of_call(function, &file.name, same as u64);
        }
        calls.push(call);
    }

    /// The compiled expression of a pattern, with the size it stays below; it is kept, and counts.
    ///
    /// # Errors
    /// What is wrong with the pattern, or that too much is kept.
    pub(crate) fn cached_regex(
        &self,
        pattern: &[u8],
        compile: impl FnOnce(&[u8]) -> Result<(Regex, usize), String>,
    ) -> Result<SizedRegex, Fail> {
        if let Some(known) = self.regexes.borrow().get(pattern) {
            return Ok(known.clone()?);
        }
        self.charge(STEPS_BETWEEN_LOOKS)?;
        let compiled = compile(pattern).map(Rc::new);
        self.make(compiled.as_ref().map_or(0, |compiled| compiled.1 as u64) + pattern.len() as u64)?;
        self.regexes.borrow_mut().insert(pattern.into(), compiled.clone());
        Ok(compiled?)
    }

    /// Counts a text that `tpl` is about to parse for the first time: its tree is kept.
    fn keep_text(&self, text: &Text) -> Result<(), Fail> {
        if self.parsed.borrow().contains_key(text) {
            return Ok(());
        }
        self.charge(text.len() as u64 / BYTES_PER_STEP)?;
        self.make(TREE_BYTES * text.len() as u64)
    }

    fn parse_text(&self, text: &Text) -> Result<Rc<Vec<Template>>, ParseError> {
        if let Some(parsed) = self.parsed.borrow().get(text) {
            return Ok(Rc::clone(parsed));
        }
        let parsed = Rc::new(parse(TPL_NAME, text.clone().into(), self.profile())?);
        self.parsed.borrow_mut().insert(text.clone(), Rc::clone(&parsed));
        Ok(parsed)
    }
}

/// How many bytes the tree of a byte of template may take.
const TREE_BYTES: u64 = 16;

/// The name of the texts that `tpl` parses, as of everything Helm gives no other name.
const TPL_NAME: &str = "gotpl";

fn missing_template(name: &[u8]) -> String {
    format!("template: no template {} associated with template {}", quote(name), quote(TPL_NAME.as_bytes()))
}

/// Deletes every `<no value>`.
fn without_no_value(text: Vec<u8>) -> Vec<u8> {
    const NOTHING: &[u8] = b"<no value>";
    if memchr::memmem::find(&text, NOTHING).is_none() {
        return text;
    }
    bstr::ByteSlice::replace(&*text, NOTHING, b"")
}

/// What a function can reach besides its arguments.
pub(crate) struct Call<'c> {
    /// Its name.
    function: &'static str,
    pub(crate) session: &'c Session<'c>,
    scope: &'c Scope<'c>,
    depth: usize,
    /// The arguments as they are written, without a piped one.
    pub(crate) written: &'c [Expr],
    /// The file the call is written in and its offset there.
    pub(crate) site: (&'c File, usize),
    /// Where that template was called, in a traced render.
    at: &'c Whereabouts,
}

impl Call<'_> {
    pub(crate) fn profile(&self) -> &Profile {
        self.session.profile()
    }

    /// Notes that the function's answer is not a matter of its arguments.
    pub(crate) fn impure(&self) {
        let (file, offset) = self.place();
        self.session.note_impure(self.function, file, offset);
    }

    /// The call's place in a file: that of `tpl` for what is written in a text.
    fn place(&self) -> (&File, usize) {
        match self.scope.call {
            Some(call) if *self.site.0.name == *TPL_NAME => call,
            _ => self.site,
        }
    }

    /// The zone of the machine.
    pub(crate) fn local(&self) -> &LocalZone {
        &self.session.local
    }

    /// The same as a zone among others.
    pub(crate) fn local_zone(&self) -> Zone {
        Zone::Local(self.session.local.clone())
    }

    /// The zone that Go loads for a name; nothing where it finds none.
    pub(crate) fn load_zone(&self, name: &str) -> Option<Zone> {
        Zone::load(name, &self.session.local)
    }

    /// Whether chance is to be left out.
    pub(crate) fn is_stable(&self) -> bool {
        self.session.chance == Chance::Stable
    }

    /// Random bytes; in a stable render those of the function last noted with [`Call::impure`].
    pub(crate) fn fill(&self, buffer: &mut [u8]) -> Result<(), Fail> {
        if self.is_stable() {
            self.session.stream.borrow_mut().fill(buffer);
            return Ok(());
        }
        self.session.reserve.borrow_mut().fill(buffer).map_err(|error| Fail::text(format!("no random numbers: {error}")))
    }

    /// Makes the bytes of a stable render depend on the arguments.
    pub(crate) fn absorb(&self, bytes: &[u8]) {
        self.session.stream.borrow_mut().absorb(bytes);
    }

    /// Counts work that is dearer than a step.
    pub(crate) fn charge(&self, steps: u64) -> Result<(), Fail> {
        self.session.charge(steps)
    }

    /// What took a while may have taken too long.
    pub(crate) fn look_at_clock(&self) -> Result<(), Fail> {
        self.session.look_at_clock()
    }

    /// Counts what was made of text or copied, with all that it holds.
    pub(crate) fn made_whole(&self, value: Value) -> Result<Value, Fail> {
        let most = self.session.limits.made_bytes;
        self.session.make(value.weight(most).unwrap_or(most + 1))?;
        Ok(value)
    }

    /// A string of this length may be made.
    pub(crate) fn check_length(&self, bytes: usize) -> Result<(), Fail> {
        if bytes > self.session.limits.string_bytes {
            return Err(Fail::limit(format!("a string of more than {} bytes", self.session.limits.string_bytes)));
        }
        Ok(())
    }

    /// The most bytes that a string may have.
    pub(crate) fn longest_string(&self) -> usize {
        self.session.limits.string_bytes
    }

    /// A list of this length may be made.
    pub(crate) fn check_items(&self, items: usize) -> Result<(), Fail> {
        if items > self.session.limits.list_items {
            return Err(Fail::limit(format!("a list of more than {} items", self.session.limits.list_items)));
        }
        Ok(())
    }

    /// Where a template that this call executes is, in a traced render.
    fn inside(&self, enter: fn(&Whereabouts, &File, usize, SetId) -> Whereabouts) -> Whereabouts {
        match &self.session.tracer {
            Some(tracer) => enter(self.at, self.site.0, self.site.1, tracer.so_far(self.at.around)),
            None => Whereabouts::default(),
        }
    }

    fn received(&self, text: Vec<u8>, lines: Vec<LineOrigin>) -> Vec<u8> {
        if let Some(tracer) = &self.session.tracer {
            tracer.received(&text, lines);
        }
        text
    }

    /// Helm's `include`.
    pub(crate) fn include(&self, name: &Text, data: Value) -> Result<Vec<u8>, Fail> {
        self.session.check_depth(self.depth + 1)?;
        let inside = self.session.includes.borrow().get(name).copied().unwrap_or(0);
        if inside > MAX_SELF_INCLUDES {
            let name = name.lossy();
            return Err(Fail::text(format!("rendering template has a nested reference name: {name}: unable to execute template")));
        }
        self.session.includes.borrow_mut().insert(name.clone(), inside + 1);
        let result = match self.scope.find(name) {
            Some(template) => {
                let output = self.session.execute(self.scope, template, data, self.depth + 1, self.inside(Whereabouts::called));
                output.map(|(text, lines)| self.received(text, lines)).map_err(Fail::Exec)
            }
            None => Err(Fail::text(missing_template(name))),
        };
        if let Some(count) = self.session.includes.borrow_mut().get_mut(name) {
            *count -= 1;
        }
        result
    }

    /// What the text is as YAML, or Helm's words for what is wrong with it. A text is read once.
    pub(crate) fn read_yaml(&self, text: &[u8]) -> Result<Frozen, String> {
        self.session.readings.of(text)
    }

    /// Helm's `tpl`.
    pub(crate) fn tpl(&self, text: &Text, data: Value) -> Result<Vec<u8>, Fail> {
        if memchr::memmem::find(text, b"{{").is_none() {
            return Ok(without_no_value(text.to_vec()));
        }
        self.session.check_depth(self.depth + 1)?;
        self.session.keep_text(text)?;
        let templates = self
            .session
            .parse_text(text)
            .map_err(|error| Fail::text(format!("cannot parse template {}: {}", quote(text), error.message)))?;
        let scope = Scope { set: self.session.set, own: &templates, outer: Some(self.scope), call: Some(self.place()) };
        match self.session.execute(&scope, &templates[0], data, self.depth + 1, self.inside(Whereabouts::in_text)) {
            Ok((text, lines)) => Ok(self.received(without_no_value(text), lines)),
            Err(error) => Err(Fail::Exec(Box::new(error.prefixed(&format!("error during tpl function execution for {}: ", quote(text)))))),
        }
    }
}
