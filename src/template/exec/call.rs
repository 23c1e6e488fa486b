//! Calls: counting arguments, converting each to its parameter's type, running the function.

use super::eval::Given;
use super::walk::{Outcome, State};
use super::{Call, Fail, Operand};
use crate::template::ast::{At, Expr, ExprKind, Number};
use crate::template::functions::{Args, Body, Function, Param};
use crate::template::value::{Elem, List, Map, Text, Value};

impl<'s> State<'s> {
    /// Calls a function, or a method on its receiver. `node` is what a failure is reported at.
    pub(super) fn call(
        &mut self,
        dot: &Operand,
        function: &'static Function,
        node: At<'s>,
        receiver: Option<Operand>,
        given: Given<'s>,
    ) -> Outcome<Operand> {
        let params = if receiver.is_some() { &function.params[1..] } else { function.params };
        let count = given.args.len() + usize::from(given.piped.is_some());
        self.check_count(function, params.len(), count, given.args.len())?;
        let param = |index: usize| params.get(index).copied().or(function.rest).unwrap_or(Param::Any);
        match function.body {
            Body::Plain(_) => {}
            Body::Deciding(deciding) => return self.decide(dot, deciding, given),
            Body::Unfit(problem) => return Err(self.error(problem)),
        }
        let mut operands = Vec::with_capacity(count + 1);
        operands.extend(receiver);
        for (index, arg) in given.args.iter().enumerate() {
            operands.push(self.arg(dot, param(index), arg)?);
        }
        if let Some(piped) = given.piped {
            operands.push(self.fit(piped, param(count - 1))?);
        }
        let site = (&*self.template.file, node.offset());
        if let Some(tracer) = &self.session.tracer {
            tracer.called(function.name, &operands);
        }
        let call = Call {
            function: function.name,
            session: self.session,
            scope: self.scope,
            depth: self.depth,
            written: given.args,
            site,
            at: &self.whereabouts,
        };
        match self.run_function(function, &call, &operands) {
            Ok(value) => Ok(Operand::bare(value)),
            Err(fail) => {
                self.at = Some(node);
                Err(self.failed(&format!("error calling {}: ", function.name), fail))
            }
        }
    }

    /// Runs the function, within the limits on what it walks through and makes.
    fn run_function(&self, function: &Function, call: &Call<'_>, operands: &[Operand]) -> Result<Value, Fail> {
        let Body::Plain(run) = function.body else { return Ok(Value::Nil) };
        if function.walks {
            operands.iter().try_for_each(|operand| self.session.check_weight(&operand.value))?;
        }
        let value = run(call, Args::new(operands))?;
        if let Value::Str(text) = &value {
            call.check_length(text.len())?;
        }
        self.session.make(value.own_bytes())?;
        Ok(value)
    }

    fn check_count(&self, function: &Function, wanted: usize, count: usize, written: usize) -> Outcome<()> {
        let name = function.name;
        if function.rest.is_some() {
            if count < wanted {
                return Err(self.error(&format!("wrong number of args for {name}: want at least {wanted} got {written}")));
            }
        } else if count != wanted {
            return Err(self.error(&format!("wrong number of args for {name}: want {wanted} got {count}")));
        }
        Ok(())
    }

    /// `and` and `or`: the first argument whose truth is `deciding`, or the last.
    fn decide(&mut self, dot: &Operand, deciding: bool, given: Given<'s>) -> Outcome<Operand> {
        let mut value = Operand::INVALID;
        for arg in given.args {
            value = self.arg(dot, Param::Raw, arg)?;
            if let Some(tracer) = &self.session.tracer {
                tracer.shape(&value.value);
            }
            if value.value.truth() == deciding {
                return Ok(value);
            }
        }
        Ok(given.piped.unwrap_or(value))
    }

    /// An operand that is not a constant.
    pub(super) fn operand(&mut self, dot: &Operand, expr: &'s Expr) -> Outcome<Operand> {
        self.at = Some(At::Expr(expr));
        match &expr.kind {
            ExprKind::Dot => Ok(dot.clone()),
            ExprKind::Field(fields) => self.fields(dot, dot.clone(), expr, *fields, Given::NONE),
            ExprKind::Variable { name, fields } => self.variable(dot, expr, *name, *fields, Given::NONE),
            ExprKind::Pipe(pipe) => self.pipeline(dot, pipe).map(Operand::bare),
            ExprKind::Function(function) => self.call(dot, function, At::Expr(expr), None, Given::NONE),
            ExprKind::Chain { base, fields } => self.chain(dot, expr, base, *fields, Given::NONE),
            ExprKind::Nil | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Str { .. } => self.literal(expr).map(Operand::bare),
        }
    }

    fn arg(&mut self, dot: &Operand, param: Param, expr: &'s Expr) -> Outcome<Operand> {
        self.at = Some(At::Expr(expr));
        match &expr.kind {
            ExprKind::Nil => match param.nil() {
                Some(nil) => Ok(nil),
                None => Err(self.error(&format!("cannot assign nil to {}", param.type_name()))),
            },
            ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Str { .. } => self.constant(param, expr).map(Operand::bare),
            _ => {
                let operand = self.operand(dot, expr)?;
                self.fit(operand, param)
            }
        }
    }

    /// A constant as a parameter's type.
    fn constant(&mut self, param: Param, expr: &'s Expr) -> Outcome<Value> {
        let number = if let ExprKind::Number(number) = &expr.kind { Some(&**number) } else { None };
        let expected = match (param, &expr.kind, number) {
            (Param::Any | Param::Raw, ..) => return self.literal(expr),
            (Param::Bool, ExprKind::Bool(value), _) => return Ok(Value::Bool(*value)),
            (Param::Str, ExprKind::Str { text, .. }, _) => return Ok(Value::Str(text.clone())),
            (Param::Int, _, Some(Number { int: Some(int), .. })) => return Ok(Value::Int(*int)),
            (Param::Duration, _, Some(Number { int: Some(int), .. })) => return Ok(Value::Duration(*int)),
            (Param::Uint32, _, Some(Number { uint: Some(uint), .. })) => return Ok(Value::Uint64(*uint)),
            (Param::Float, _, Some(Number { float: Some(float), .. })) => return Ok(Value::Float(*float)),
            (Param::Bool, ..) => "bool",
            (Param::Str, ..) => "string",
            (Param::Int | Param::Duration, ..) => "integer",
            (Param::Uint32, ..) => "unsigned integer",
            (Param::Float, ..) => "float",
            (param, ..) => {
                return Err(self.error(&format!("can't handle {} for arg of type {}", self.shown(expr), param.type_name())));
            }
        };
        Err(self.error(&format!("expected {expected}; found {}", self.shown(expr))))
    }

    /// The operand as a parameter's type: Go converts nothing.
    fn fit(&self, operand: Operand, param: Param) -> Outcome<Operand> {
        if operand.is_invalid() {
            return param.nil().ok_or_else(|| self.error(&format!("invalid value; expected {}", param.type_name())));
        }
        if param.takes(&operand.value) {
            return Ok(if param == Param::Raw { operand } else { Operand::bare(operand.value.passed()) });
        }
        let found = if matches!(operand.value, Value::Nil) { "interface {}".into() } else { operand.value.type_name() };
        Err(self.error(&format!("wrong type for value; expected {}; got {found}", param.type_name())))
    }
}

impl Param {
    /// The parameter's zero value, when nil is one.
    fn nil(self) -> Option<Operand> {
        match self {
            Param::Any | Param::Raw | Param::Location | Param::Version => Some(Operand::INVALID),
            Param::Bytes => Some(Operand::bare(Value::Bytes(Text::from("")))),
            Param::Map => Some(Operand::bare(Value::Map(Map::nil()))),
            Param::List => Some(Operand::bare(Value::List(List::nil(Elem::Any)))),
            _ => None,
        }
    }
}
