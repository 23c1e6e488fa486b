//! The tree of a parsed template. Every node knows where it begins as a byte offset into its file; [`File::position`] turns that into line
//! and column. What is written in the file is a [`Piece`] of it. `shown` prints a node as Go's `parse/node.go` does, which is what error
//! messages quote. Trees are immutable and shared between threads. Depends on `functions` (calls are resolved when parsed).

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::functions::Function;
use super::value::Text;

/// A text that templates were parsed from.
#[derive(Debug)]
pub(crate) struct File {
    /// The name Helm gives it, such as `thanos/templates/query/deployment.yaml`; `gotpl` for the text of `tpl`.
    pub(crate) name: Arc<str>,
    pub(crate) text: Arc<[u8]>,
    /// Where each newline stands, once somebody asked for a line.
    newlines: OnceLock<Box<[u32]>>,
}

impl File {
    /// A text under a name.
    pub(crate) fn new(name: &str, text: Arc<[u8]>) -> Self {
        Self { name: name.into(), text, newlines: OnceLock::new() }
    }

    /// The line of an offset, from 1, and its byte offset in that line, from 0, as Go's error messages count.
    pub(crate) fn position(&self, offset: usize) -> (usize, usize) {
        let offset = offset.min(self.text.len());
        let above = self.lines_above(offset);
        let start = above.checked_sub(1).map_or(0, |last| self.newlines()[last] as usize + 1);
        (above + 1, offset - start)
    }

    /// The line of an offset, from 1.
    pub(crate) fn line(&self, offset: usize) -> u32 {
        self.lines_above(offset) as u32 + 1
    }

    fn lines_above(&self, offset: usize) -> usize {
        self.newlines().partition_point(|newline| (*newline as usize) < offset)
    }

    fn newlines(&self) -> &[u32] {
        self.newlines.get_or_init(|| memchr::memchr_iter(b'\n', &self.text).map(|at| at as u32).collect())
    }
}

/// A named body: a file's own text or a `define`.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) name: Arc<str>,
    pub(crate) file: Arc<File>,
    pub(crate) body: Box<[Node]>,
}

impl Template {
    /// Whether it has nothing but blanks and comments: such a definition never replaces another.
    pub(crate) fn is_empty(&self) -> bool {
        let is_blank = |text: &Piece| bstr::ByteSlice::trim(text.of(&self.file)).is_empty();
        self.body.iter().all(|node| matches!(node, Node::Text(text) if is_blank(text)))
    }
}

/// A part of the file's text.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Piece {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Piece {
    /// The bytes, given the file that the piece is of.
    pub(crate) fn of(self, file: &File) -> &[u8] {
        &file.text[self.start as usize..self.end as usize]
    }

    /// The text, given the file that the piece is of.
    pub(crate) fn shown(self, file: &File) -> Cow<'_, str> {
        bstr::ByteSlice::to_str_lossy(self.of(file))
    }
}

/// A statement.
#[derive(Debug)]
pub(crate) enum Node {
    Text(Piece),
    Action { at: u32, pipe: Pipe },
    If(Box<Branch>),
    With(Box<Branch>),
    Range(Box<Branch>),
    Template { at: u32, call: Box<TemplateCall> },
    Break { at: u32 },
    Continue { at: u32 },
}

/// The parts of `if`, `with` and `range`.
#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) pipe: Pipe,
    pub(crate) body: Box<[Node]>,
    pub(crate) otherwise: Option<Box<[Node]>>,
}

/// The parts of `template`.
#[derive(Debug)]
pub(crate) struct TemplateCall {
    pub(crate) name: Text,
    pub(crate) pipe: Option<Pipe>,
}

/// Commands joined by `|`, and the variables that get the result.
#[derive(Debug)]
pub(crate) struct Pipe {
    pub(crate) at: u32,
    /// `=` instead of `:=`.
    pub(crate) assigns: bool,
    pub(crate) variables: Box<[Piece]>,
    pub(crate) commands: Box<[Command]>,
}

/// A function, field or constant with arguments. Never empty.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) at: u32,
    pub(crate) args: Box<[Expr]>,
}

/// An operand.
#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) at: u32,
    pub(crate) kind: ExprKind,
}

/// What an operand is.
#[derive(Debug)]
pub(crate) enum ExprKind {
    Dot,
    Nil,
    Bool(bool),
    Number(Box<Number>),
    Str { written: Piece, text: Text },
    Field(Fields),
    Variable { name: Piece, fields: Fields },
    Function(&'static Function),
    Chain { base: Box<Expr>, fields: Fields },
    Pipe(Box<Pipe>),
}

/// Names of fields, each looked up in what the one before it gave: the piece `a.b.c`. No name is empty or holds a dot.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Fields(pub(crate) Piece);

impl Fields {
    /// The names but the last, and the last; `None` when there is none.
    pub(crate) fn split_last(self, file: &File) -> Option<(impl Iterator<Item = &[u8]>, &[u8])> {
        let joined = self.0.of(file);
        let (front, name) = memchr::memrchr(b'.', joined).map_or((None, joined), |dot| (Some(&joined[..dot]), &joined[dot + 1..]));
        (!self.is_empty()).then(|| (front.into_iter().flat_map(|front| front.split(|byte| *byte == b'.')), name))
    }

    /// Whether there is none.
    pub(crate) fn is_empty(self) -> bool {
        self.0.start == self.0.end
    }
}

/// A number constant and every type it can be.
#[derive(Debug)]
pub(crate) struct Number {
    pub(crate) text: Piece,
    pub(crate) int: Option<i64>,
    pub(crate) uint: Option<u64>,
    pub(crate) float: Option<f64>,
    /// Its type where any will do: `float64` instead of `int`.
    pub(crate) ideal_float: bool,
}

/// Whatever the executor is busy with, for error messages.
#[derive(Debug, Clone, Copy)]
pub(crate) enum At<'t> {
    Node(&'t Node),
    Pipe(&'t Pipe),
    Command(&'t Command),
    Expr(&'t Expr),
}

impl At<'_> {
    pub(crate) fn offset(self) -> usize {
        (match self {
            At::Node(node) => node.at(),
            At::Pipe(pipe) => pipe.at,
            At::Command(command) => command.at,
            At::Expr(expr) => expr.at,
        }) as usize
    }
}

/// Something in a template, printed: what is written in its file is a piece of it.
struct Shown<'t, T>(&'t T, &'t File);

impl At<'_> {
    /// How Go prints it, given the file it is in.
    pub(crate) fn shown(&self, file: &File) -> String {
        match self {
            At::Node(node) => Shown(*node, file).to_string(),
            At::Pipe(pipe) => Shown(*pipe, file).to_string(),
            At::Command(command) => Shown(*command, file).to_string(),
            At::Expr(expr) => expr.shown(file),
        }
    }
}

impl Expr {
    /// How Go prints it, given the file it is in.
    pub(crate) fn shown(&self, file: &File) -> String {
        Shown(self, file).to_string()
    }
}

impl Node {
    pub(crate) fn at(&self) -> u32 {
        match self {
            Node::Text(text) => text.start,
            Node::Action { at, .. } | Node::Template { at, .. } | Node::Break { at } | Node::Continue { at } => *at,
            Node::If(branch) | Node::With(branch) | Node::Range(branch) => branch.pipe.at,
        }
    }
}

impl fmt::Display for Shown<'_, Node> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shown(node, file) = self;
        match node {
            Node::Text(text) => f.write_str(&text.shown(file)),
            Node::Action { pipe, .. } => write!(f, "{{{{{}}}}}", Shown(pipe, file)),
            Node::If(branch) => branch.print("if", file, f),
            Node::With(branch) => branch.print("with", file, f),
            Node::Range(branch) => branch.print("range", file, f),
            Node::Template { call, .. } => {
                write!(f, "{{{{template {}", super::fmt::quote(&call.name))?;
                if let Some(pipe) = &call.pipe {
                    write!(f, " {}", Shown(pipe, file))?;
                }
                f.write_str("}}")
            }
            Node::Break { .. } => f.write_str("{{break}}"),
            Node::Continue { .. } => f.write_str("{{continue}}"),
        }
    }
}

impl Branch {
    fn print(&self, word: &str, file: &File, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{{{word} {}}}}}", Shown(&self.pipe, file))?;
        self.body.iter().try_for_each(|node| write!(f, "{}", Shown(node, file)))?;
        if let Some(otherwise) = &self.otherwise {
            f.write_str("{{else}}")?;
            otherwise.iter().try_for_each(|node| write!(f, "{}", Shown(node, file)))?;
        }
        f.write_str("{{end}}")
    }
}

impl fmt::Display for Shown<'_, Pipe> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shown(pipe, file) = self;
        if !pipe.variables.is_empty() {
            let names: Vec<_> = pipe.variables.iter().map(|name| name.shown(file)).collect();
            write!(f, "{} {} ", names.join(", "), if pipe.assigns { "=" } else { ":=" })?;
        }
        for (index, command) in pipe.commands.iter().enumerate() {
            write!(f, "{}{}", if index > 0 { " | " } else { "" }, Shown(command, file))?;
        }
        Ok(())
    }
}

impl fmt::Display for Shown<'_, Command> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shown(command, file) = self;
        for (index, arg) in command.args.iter().enumerate() {
            let lead = if index > 0 { " " } else { "" };
            match &arg.kind {
                ExprKind::Pipe(pipe) => write!(f, "{lead}({})", Shown(&**pipe, file))?,
                _ => write!(f, "{lead}{}", Shown(arg, file))?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Shown<'_, Expr> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shown(expr, file) = self;
        match &expr.kind {
            ExprKind::Dot => f.write_str("."),
            ExprKind::Nil => f.write_str("nil"),
            ExprKind::Bool(value) => write!(f, "{value}"),
            ExprKind::Number(number) => f.write_str(&number.text.shown(file)),
            ExprKind::Str { written, .. } => f.write_str(&written.shown(file)),
            ExprKind::Field(fields) => fields.print(file, f),
            ExprKind::Variable { name, fields } => {
                f.write_str(&name.shown(file))?;
                fields.print(file, f)
            }
            ExprKind::Function(function) => f.write_str(function.name),
            ExprKind::Chain { base, fields } => {
                match &base.kind {
                    ExprKind::Pipe(pipe) => write!(f, "({})", Shown(&**pipe, file))?,
                    _ => write!(f, "{}", Shown(&**base, file))?,
                }
                fields.print(file, f)
            }
            ExprKind::Pipe(pipe) => Shown(&**pipe, file).fmt(f),
        }
    }
}

impl Fields {
    fn print(self, file: &File, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() { Ok(()) } else { write!(f, ".{}", self.0.shown(file)) }
    }
}
