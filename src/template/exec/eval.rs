//! Expressions: pipelines, commands, constants, variables, fields and methods.

use super::Operand;
use super::walk::{Outcome, State, Variable};
use crate::template::ast::{At, Command, Expr, ExprKind, Fields, Number, Piece, Pipe};
use crate::template::fmt::inside;
use crate::template::functions::methods;
use crate::template::value::{Map, MapKind, Text, Value};

/// What a command gets besides its written arguments.
pub(super) struct Given<'s> {
    /// The written arguments after the first word.
    pub(super) args: &'s [Expr],
    /// The value of the command before it in the pipeline.
    pub(super) piped: Option<Operand>,
}

impl Given<'_> {
    pub(super) const NONE: Self = Self { args: &[], piped: None };

    fn is_empty(&self) -> bool {
        self.args.is_empty() && self.piped.is_none()
    }
}

impl<'s> State<'s> {
    /// The pipeline's value, taken out of its interface.
    pub(super) fn pipeline(&mut self, dot: &Operand, pipe: &'s Pipe) -> Outcome<Value> {
        self.at = Some(At::Pipe(pipe));
        let mut piped = None;
        for command in &*pipe.commands {
            let result = self.command(dot, command, piped)?;
            piped = Some(Operand::bare(result.value));
        }
        let value = piped.unwrap_or(Operand::INVALID);
        if !pipe.variables.is_empty() {
            let taint = self.session.tracer.as_ref().and_then(|tracer| tracer.taint(self.whereabouts.around));
            for name in &*pipe.variables {
                let name = name.of(&self.template.file);
                let (value, taint) = (value.clone(), taint.clone());
                if pipe.assigns {
                    *self.slot(name)? = Variable { name, value, taint };
                } else {
                    self.variables.push(Variable { name, value, taint });
                }
            }
        }
        Ok(value.value)
    }

    fn command(&mut self, dot: &Operand, command: &'s Command, piped: Option<Operand>) -> Outcome<Operand> {
        self.session.step().map_err(|fail| self.failed("", fail))?;
        let first = &command.args[0];
        let given = Given { args: &command.args[1..], piped };
        match &first.kind {
            ExprKind::Field(fields) => {
                self.at = Some(At::Expr(first));
                self.fields(dot, dot.clone(), first, *fields, given)
            }
            ExprKind::Chain { base, fields } => self.chain(dot, first, base, *fields, given),
            ExprKind::Function(function) => {
                self.at = Some(At::Expr(first));
                self.call(dot, function, At::Command(command), None, given)
            }
            ExprKind::Variable { name, fields } => self.variable(dot, first, *name, *fields, given),
            ExprKind::Pipe(pipe) => {
                self.not_a_function(first, &given)?;
                self.pipeline(dot, pipe).map(Operand::bare)
            }
            kind => {
                self.at = Some(At::Expr(first));
                self.not_a_function(first, &given)?;
                match kind {
                    ExprKind::Dot => Ok(dot.clone()),
                    ExprKind::Nil => Err(self.error("nil is not a command")),
                    _ => self.literal(first).map(Operand::bare),
                }
            }
        }
    }

    fn not_a_function(&self, first: &Expr, given: &Given<'_>) -> Outcome<()> {
        if given.is_empty() { Ok(()) } else { Err(self.error(&format!("can't give argument to non-function {}", self.shown(first)))) }
    }

    /// How a message quotes it.
    pub(super) fn shown(&self, expr: &Expr) -> String {
        expr.shown(&self.template.file)
    }

    /// A constant where any type will do.
    pub(super) fn literal(&mut self, expr: &'s Expr) -> Outcome<Value> {
        self.at = Some(At::Expr(expr));
        match &expr.kind {
            ExprKind::Bool(value) => Ok(Value::Bool(*value)),
            ExprKind::Str { text, .. } => Ok(Value::Str(text.clone())),
            ExprKind::Number(number) => match **number {
                Number { float: Some(float), ideal_float: true, .. } => Ok(Value::Float(float)),
                Number { int: Some(int), .. } => Ok(Value::Int(int)),
                _ => Err(self.error(&format!("{} overflows int", self.shown(expr)))),
            },
            _ => Err(self.error(&format!("can't handle assignment of {} to empty interface argument", self.shown(expr)))),
        }
    }

    pub(super) fn variable(&mut self, dot: &Operand, expr: &'s Expr, name: Piece, fields: Fields, given: Given<'s>) -> Outcome<Operand> {
        self.at = Some(At::Expr(expr));
        let name = name.of(&self.template.file);
        let Some(variable) = self.variables.iter().rev().find(|known| known.name == name) else {
            return Err(self.error(&format!("undefined variable: {}", String::from_utf8_lossy(name))));
        };
        if let (Some(tracer), Some(taint)) = (&self.session.tracer, &variable.taint) {
            tracer.used(taint);
        }
        let value = variable.value.clone();
        if fields.is_empty() {
            self.not_a_function(expr, &given)?;
            return Ok(value);
        }
        self.fields(dot, value, expr, fields, given)
    }

    pub(super) fn chain(&mut self, dot: &Operand, expr: &'s Expr, base: &'s Expr, fields: Fields, given: Given<'s>) -> Outcome<Operand> {
        self.at = Some(At::Expr(expr));
        if matches!(base.kind, ExprKind::Nil) {
            return Err(self.error(&format!("indirection through explicit nil in {}", self.shown(expr))));
        }
        let receiver = self.operand(dot, base)?;
        self.fields(dot, receiver, expr, fields, given)
    }

    /// `.a.b.c` on a receiver; only the last one gets the arguments.
    pub(super) fn fields(
        &mut self,
        dot: &Operand,
        mut receiver: Operand,
        expr: &'s Expr,
        fields: Fields,
        given: Given<'s>,
    ) -> Outcome<Operand> {
        let Some((front, last)) = fields.split_last(&self.template.file) else { return Ok(receiver) };
        for field in front {
            receiver = self.field(dot, receiver, expr, field, Given::NONE)?;
        }
        self.field(dot, receiver, expr, last, given)
    }

    fn field(&mut self, dot: &Operand, receiver: Operand, expr: &'s Expr, name: &'s [u8], given: Given<'s>) -> Outcome<Operand> {
        if receiver.is_invalid() {
            return Ok(Operand::INVALID);
        }
        if let Value::Nil = receiver.value {
            return Err(self.error(&format!("nil pointer evaluating interface {{}}.{}", String::from_utf8_lossy(name))));
        }
        if let Value::Map(Map { kind: MapKind::Any, .. }) = receiver.value {
            // The usual case: a plain map has no methods.
        } else if let Some(method) = methods::find(&receiver.value, name, self.session.profile()) {
            return self.call(dot, method, At::Expr(expr), Some(receiver), given);
        }
        match &receiver.value {
            Value::Struct(object) => {
                if let Some(value) = object.field(name) {
                    if !given.is_empty() {
                        return Err(
                            self.error(&format!("{} has arguments but cannot be invoked as function", String::from_utf8_lossy(name)))
                        );
                    }
                    return Ok(Operand::bare(value));
                }
            }
            Value::Map(map) => {
                if !given.is_empty() {
                    return Err(self.error(&format!("{} is not a method but has arguments", String::from_utf8_lossy(name))));
                }
                let found = entry(map, name);
                if let Some(tracer) = &self.session.tracer {
                    tracer.looked_up(map, name, &found.value);
                }
                return Ok(found);
            }
            _ => {}
        }
        let hidden = inside(&receiver.value).is_some_and(|object| object.of.fields.iter().any(|field| field.name.as_bytes() == name));
        if hidden {
            let (field, of) = (String::from_utf8_lossy(name), receiver.value.type_name());
            return Err(self.error(&format!("{field} is an unexported field of struct type {of}")));
        }
        Err(self.error(&format!("can't evaluate field {} in type {}", String::from_utf8_lossy(name), receiver.static_type())))
    }
}

/// The value of a key, or the zero value of the map's element type.
pub(crate) fn entry(map: &Map, key: &[u8]) -> Operand {
    let value = map.get(key);
    match map.kind {
        MapKind::Any | MapKind::Values(_) => Operand::boxed(value.unwrap_or(Value::Nil)),
        MapKind::Strings => Operand::bare(value.unwrap_or_else(|| Value::text(""))),
        MapKind::Files => Operand::bare(value.unwrap_or_else(|| Value::Bytes(Text::from("")))),
    }
}
