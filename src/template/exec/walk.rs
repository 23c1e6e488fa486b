//! Statements: text, actions, `if`, `with`, `range`, `template`.

use std::rc::Rc;

use super::error::{Fail, Frame, MAX_LINE, MAX_MESSAGE, RenderError};
use super::trace::reads::SetId;
use super::trace::{Taint, Tracer, Whereabouts};
use super::{Operand, Scope, Session};
use crate::error::Place;
use crate::template::ast::{At, Branch, Node, Pipe, Template, TemplateCall};
use crate::template::fmt::{print_value, quote, shown_text};
use crate::template::value::{Elem, MapKind, Value};

/// The result of evaluating something; the error is complete.
pub(super) type Outcome<T> = Result<T, Box<RenderError>>;

/// How many entries of a map are listed in the time of one step.
const ENTRIES_PER_STEP: u64 = 16;

/// How a list of statements ended.
#[derive(PartialEq, Eq)]
enum Flow {
    Through,
    Break,
    Continue,
}

/// A template's variable.
pub(super) struct Variable<'s> {
    pub(super) name: &'s [u8],
    pub(super) value: Operand,
    /// What it was made of, in a traced render.
    pub(super) taint: Option<Rc<Taint>>,
}

/// The execution of one template.
pub(super) struct State<'s> {
    pub(super) session: &'s Session<'s>,
    pub(super) scope: &'s Scope<'s>,
    pub(super) template: &'s Template,
    pub(super) variables: Vec<Variable<'s>>,
    /// What is being evaluated, for error messages.
    pub(super) at: Option<At<'s>>,
    pub(super) depth: usize,
    /// Where it was called and on which conditions it is now, in a traced render.
    pub(super) whereabouts: Whereabouts,
    dot: Operand,
    out: &'s mut Vec<u8>,
}

impl<'s> State<'s> {
    pub(super) fn new(
        session: &'s Session<'s>,
        scope: &'s Scope<'s>,
        template: &'s Template,
        dot: Operand,
        out: &'s mut Vec<u8>,
        depth: usize,
        whereabouts: Whereabouts,
    ) -> Self {
        let variables = vec![Variable { name: b"$", value: dot.clone(), taint: None }];
        State { session, scope, template, variables, at: None, depth, whereabouts, dot, out }
    }

    pub(super) fn run(mut self) -> Outcome<()> {
        let (dot, template) = (self.dot.clone(), self.template);
        self.list(&dot, &template.body).map(|_| ())
    }

    /// A failure with Go's words around the message.
    pub(super) fn error(&self, message: &str) -> Box<RenderError> {
        let name = quote(self.template.name.as_bytes());
        let Some(at) = self.at else {
            return Box::new(RenderError::new(format!("template: {}: {message}", self.template.name)));
        };
        let frame = self.frame(at);
        let (line, column) = self.template.file.position(at.offset());
        let file = &self.template.file.name;
        let message = format!("template: {file}:{line}:{column}: executing {name} at <{}>: {message}", frame.expression);
        Box::new(RenderError { frames: vec![frame], ..RenderError::new(message) })
    }

    pub(super) fn limit(&self, message: &str) -> Box<RenderError> {
        let mut error = self.error(&format!("limit reached: {message}"));
        error.is_limit = true;
        error
    }

    /// A function's failure where the executor is now; `lead` is Go's "error calling f: ".
    pub(super) fn failed(&self, lead: &str, fail: Fail) -> Box<RenderError> {
        match fail {
            Fail::Text(message) if lead.is_empty() => self.error(&message),
            Fail::Text(message) => Box::new(self.error(&format!("{lead}{message}")).around(RenderError::new(message))),
            Fail::Limit(message) => self.limit(&message),
            Fail::Exec(mut inner) if inner.message.len() > MAX_MESSAGE => {
                inner.frames.splice(0..0, self.at.map(|at| self.frame(at)));
                inner
            }
            Fail::Exec(inner) => Box::new(self.error(&format!("{lead}{}", inner.message)).around(*inner)),
        }
    }

    fn frame(&self, at: At<'_>) -> Frame {
        let file = &self.template.file;
        let (line, column) = file.position(at.offset());
        let rest = &file.text[at.offset().min(file.text.len()) - column..];
        let line_text = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len()).min(MAX_LINE)];
        let (before, unshown) = (&line_text[..column.min(line_text.len())], column.saturating_sub(line_text.len()));
        let characters = String::from_utf8_lossy(before).chars().count() + unshown;
        let place = Place { file: file.name.to_string(), line: line as u32, column: characters as u32 + 1 };
        Frame {
            template: self.template.name.clone(),
            place,
            line_text: String::from_utf8_lossy(line_text).trim_end_matches('\r').into(),
            expression: at.shown(file),
        }
    }

    fn write(&mut self, text: &[u8]) -> Outcome<()> {
        self.out.extend_from_slice(text);
        self.session.wrote(text.len()).map_err(|fail| self.failed("", fail))
    }

    fn list(&mut self, dot: &Operand, nodes: &'s [Node]) -> Outcome<Flow> {
        for node in nodes {
            let flow = self.node(dot, node)?;
            if flow != Flow::Through {
                return Ok(flow);
            }
        }
        Ok(Flow::Through)
    }

    fn node(&mut self, dot: &Operand, node: &'s Node) -> Outcome<Flow> {
        self.at = Some(At::Node(node));
        self.session.step().map_err(|fail| self.failed("", fail))?;
        match node {
            Node::Text(piece) => {
                let text = piece.of(&self.template.file);
                self.write(text)?;
                if let Some(tracer) = &self.session.tracer {
                    tracer.wrote_text(&self.whereabouts, &self.template.file, piece.start as usize, text);
                }
            }
            Node::Action { pipe, .. } => self.action(dot, node, pipe)?,
            Node::If(branch) => return self.condition(dot, branch, false),
            Node::With(branch) => return self.condition(dot, branch, true),
            Node::Range(branch) => return self.range(dot, branch),
            Node::Template { call, .. } => self.call_template(dot, node, call)?,
            Node::Break { .. } => return Ok(Flow::Break),
            Node::Continue { .. } => return Ok(Flow::Continue),
        }
        Ok(Flow::Through)
    }

    /// Evaluates a pipeline and, unless variables take the result, prints it.
    fn action(&mut self, dot: &Operand, node: &'s Node, pipe: &'s Pipe) -> Outcome<()> {
        if let Some(tracer) = &self.session.tracer {
            tracer.begin();
        }
        let value = self.pipeline(dot, pipe)?;
        let prints = pipe.variables.is_empty();
        let start = self.out.len();
        if prints {
            self.at = Some(At::Node(node));
            self.print(&value)?;
        }
        if let Some(tracer) = &self.session.tracer {
            if prints {
                tracer.whole(&value);
                tracer.wrote_value(&self.whereabouts, &self.template.file, node.at() as usize, &self.out[start..]);
            } else {
                tracer.end();
            }
        }
        Ok(())
    }

    fn print(&mut self, value: &Value) -> Outcome<()> {
        match value {
            Value::Nil => self.write(b"<no value>"),
            Value::Str(text) => self.write(text),
            Value::Struct(object) if object.action_text().is_some() => {
                let text = object.action_text().cloned().unwrap_or(Value::Nil);
                self.print(&text)
            }
            Value::Struct(object) if object.of.pointer => {
                let mut text = Vec::new();
                print_value(&mut text, value);
                self.write(&text[1..])
            }
            value => {
                self.session.check_weight(value).map_err(|fail| self.failed("", fail))?;
                let start = self.out.len();
                print_value(self.out, value);
                let length = self.out.len() - start;
                self.session.wrote(length).map_err(|fail| self.failed("", fail))
            }
        }
    }

    /// Evaluates the pipeline that decides on a branch, and adds what it read to the conditions around; gives back what they were.
    fn decide_on(&mut self, dot: &Operand, pipe: &'s Pipe, note: fn(&Tracer, &Value)) -> Outcome<(Value, SetId)> {
        let outer = self.whereabouts.around;
        let Some(tracer) = &self.session.tracer else { return Ok((self.pipeline(dot, pipe)?, outer)) };
        tracer.begin();
        let value = self.pipeline(dot, pipe)?;
        note(tracer, &value);
        self.whereabouts.around = tracer.union(outer, tracer.end());
        Ok((value, outer))
    }

    /// After a branch: the conditions around are what they were. A branch that wrote nothing is noted where it might have.
    fn decided(&mut self, pipe: &Pipe, outer: SetId, start: usize) {
        if let Some(tracer) = &self.session.tracer {
            if self.out.len() == start {
                tracer.wrote_nothing(&self.whereabouts, &self.template.file, pipe.at as usize);
            }
            self.whereabouts.around = outer;
        }
    }

    fn condition(&mut self, dot: &Operand, branch: &'s Branch, sets_dot: bool) -> Outcome<Flow> {
        let (mark, start) = (self.variables.len(), self.out.len());
        let (value, outer) = self.decide_on(dot, &branch.pipe, Tracer::shape)?;
        let flow = match (&branch.otherwise, value.truth()) {
            (_, true) if sets_dot => self.list(&Operand::bare(value), &branch.body)?,
            (_, true) => self.list(dot, &branch.body)?,
            (Some(otherwise), false) => self.list(dot, otherwise)?,
            (None, false) => Flow::Through,
        };
        self.decided(&branch.pipe, outer, start);
        self.variables.truncate(mark);
        Ok(flow)
    }

    fn range(&mut self, dot: &Operand, branch: &'s Branch) -> Outcome<Flow> {
        let (mark, start) = (self.variables.len(), self.out.len());
        let (value, outer) = self.decide_on(dot, &branch.pipe, Tracer::elements)?;
        let ran = match &value {
            Value::Nil => false,
            Value::List(list) => {
                let boxed = list.elem == Elem::Any;
                let items = list.items().iter().enumerate();
                self.iterate(branch, items.map(|(index, item)| (Value::Int(index as i64), Operand { value: item.clone(), boxed })))?
            }
            Value::Bytes(bytes) => {
                let items = bytes.iter().enumerate();
                self.iterate(branch, items.map(|(index, byte)| (Value::Int(index as i64), Operand::bare(Value::Uint8(*byte)))))?
            }
            Value::Map(map) => {
                self.session.charge(map.len() as u64 / ENTRIES_PER_STEP).map_err(|fail| self.failed("", fail))?;
                let boxed = matches!(map.kind, MapKind::Any | MapKind::Values(_));
                let entries = map.snapshot().into_iter();
                self.iterate(branch, entries.map(|(key, value)| (Value::Str(key), Operand { value, boxed })))?
            }
            Value::Int(_) | Value::Int64(_) if self.session.profile().range_over_int => self.range_over_int(branch, &value)?,
            other => {
                let shown = shown_text(other);
                // Go follows the pointer first.
                let is_pointer = matches!(other, Value::Struct(object) if object.of.pointer);
                return Err(self.error(&format!("range can't iterate over {}", if is_pointer { &shown[1..] } else { &shown })));
            }
        };
        let flow = match &branch.otherwise {
            // A break behind `else` ends this range, a continue goes to the next round of the one around it (Go 1.23 text/template, walkRange).
            Some(otherwise) if !ran => match self.list(dot, otherwise)? {
                Flow::Break => Flow::Through,
                flow => flow,
            },
            _ => Flow::Through,
        };
        self.decided(&branch.pipe, outer, start);
        self.variables.truncate(mark);
        Ok(flow)
    }

    fn range_over_int(&mut self, branch: &'s Branch, value: &Value) -> Outcome<bool> {
        let (Value::Int(count) | Value::Int64(count)) = *value else { return Ok(false) };
        if branch.pipe.variables.len() > 1 {
            return Err(self.error(&format!("can't use {count} to iterate over more than one variable")));
        }
        let wrap = if matches!(value, Value::Int(_)) { Value::Int } else { Value::Int64 };
        self.iterate(branch, (0..count).map(|number| (Value::Nil, Operand::bare(wrap(number)))))
    }

    /// Runs the body for each element; whether there was one.
    fn iterate(&mut self, branch: &'s Branch, elements: impl Iterator<Item = (Value, Operand)>) -> Outcome<bool> {
        let mark = self.variables.len();
        let mut ran = false;
        for (index, element) in elements {
            ran = true;
            self.session.step().map_err(|fail| self.failed("", fail))?;
            self.bind(&branch.pipe, mark, index, &element)?;
            let flow = self.list(&element, &branch.body)?;
            self.variables.truncate(mark);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(ran)
    }

    /// Gives the range's variables, which are the topmost ones, the element and its index.
    fn bind(&mut self, pipe: &'s Pipe, top: usize, index: Value, element: &Operand) -> Outcome<()> {
        let (index, file) = (Operand::bare(index), &self.template.file);
        match (&*pipe.variables, pipe.assigns) {
            ([], _) => {}
            ([one], true) => self.slot(one.of(file))?.value = element.clone(),
            ([first, second, ..], true) => {
                self.slot(first.of(file))?.value = index;
                self.slot(second.of(file))?.value = element.clone();
            }
            ([_], false) => self.variables[top - 1].value = element.clone(),
            ([_, _, ..], false) => {
                self.variables[top - 1].value = element.clone();
                self.variables[top - 2].value = index;
            }
        }
        Ok(())
    }

    /// The innermost variable of that name.
    pub(super) fn slot(&mut self, name: &[u8]) -> Outcome<&mut Variable<'s>> {
        match self.variables.iter().rposition(|known| known.name == name) {
            Some(index) => Ok(&mut self.variables[index]),
            None => Err(self.error(&format!("undefined variable: {}", String::from_utf8_lossy(name)))),
        }
    }

    fn call_template(&mut self, dot: &Operand, node: &Node, call: &'s TemplateCall) -> Outcome<()> {
        let name = &call.name;
        let Some(template) = self.scope.find(name) else {
            return Err(self.error(&format!("template {} not defined", quote(name))));
        };
        self.session.check_depth(self.depth + 1).map_err(|fail| self.failed("", fail))?;
        if let Some(tracer) = &self.session.tracer {
            tracer.begin();
        }
        let data = match &call.pipe {
            Some(pipe) => self.pipeline(dot, pipe)?,
            None => Value::Nil,
        };
        let inside = match &self.session.tracer {
            Some(tracer) => {
                let around = tracer.union(self.whereabouts.around, tracer.end());
                self.whereabouts.called(&self.template.file, node.at() as usize, around)
            }
            None => Whereabouts::default(),
        };
        State::new(self.session, self.scope, template, Operand::bare(data), self.out, self.depth + 1, inside).run()
    }
}
