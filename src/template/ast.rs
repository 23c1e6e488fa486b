//! The tree of a parsed template. Every node knows where it begins as a byte offset into its file; [`File::position`] turns that into line
//! and column. `Display` prints a node as Go's `parse/node.go` does, which is what error messages quote. Trees are immutable and shared
//! between threads. Depends on `functions` (calls are resolved when parsed).

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
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Piece {
    /// The bytes, given the file that the piece is of.
    pub(crate) fn of(self, file: &File) -> &[u8] {
        &file.text[self.start as usize..self.end as usize]
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
    pub(crate) variables: Box<[Arc<str>]>,
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
    /// `written` is the constant in the template where it is not just the text in quotes.
    Str {
        written: Option<Box<str>>,
        text: Text,
    },
    Field(Fields),
    Variable {
        name: Arc<str>,
        fields: Fields,
    },
    Function(&'static Function),
    Chain {
        base: Box<Expr>,
        fields: Fields,
    },
    Pipe(Box<Pipe>),
}

/// Names of fields, each looked up in what the one before it gave: `a.b.c`, as written. No name is empty or holds a dot.
#[derive(Debug, Default)]
pub(crate) struct Fields(Box<[u8]>);

impl Fields {
    /// The names in `a.b.c`; none in an empty text.
    pub(crate) fn new(joined: &[u8]) -> Self {
        Self(joined.into())
    }

    /// The names but the last, and the last; `None` when there is none.
    pub(crate) fn split_last(&self) -> Option<(impl Iterator<Item = &[u8]>, &[u8])> {
        let last = memchr::memrchr(b'.', &self.0);
        let (front, name) = last.map_or((None, &*self.0), |dot| (Some(&self.0[..dot]), &self.0[dot + 1..]));
        (!self.0.is_empty()).then(|| (front.into_iter().flat_map(|front| front.split(|byte| *byte == b'.')), name))
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A number constant and every type it can be.
#[derive(Debug)]
pub(crate) struct Number {
    pub(crate) text: Box<str>,
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

/// Something in a template, printed: texts are pieces of its file.
struct Shown<'t, T>(&'t T, &'t File);

impl At<'_> {
    /// How Go prints it, given the file it is in.
    pub(crate) fn shown(&self, file: &File) -> String {
        match self {
            At::Node(node) => Shown(*node, file).to_string(),
            At::Pipe(pipe) => pipe.to_string(),
            At::Command(command) => command.to_string(),
            At::Expr(expr) => expr.to_string(),
        }
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
            Node::Text(text) => f.write_str(&String::from_utf8_lossy(text.of(file))),
            Node::Action { pipe, .. } => write!(f, "{{{{{pipe}}}}}"),
            Node::If(branch) => branch.print("if", file, f),
            Node::With(branch) => branch.print("with", file, f),
            Node::Range(branch) => branch.print("range", file, f),
            Node::Template { call, .. } => {
                write!(f, "{{{{template {}", super::fmt::quote(&call.name))?;
                if let Some(pipe) = &call.pipe {
                    write!(f, " {pipe}")?;
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
        write!(f, "{{{{{word} {}}}}}", self.pipe)?;
        self.body.iter().try_for_each(|node| write!(f, "{}", Shown(node, file)))?;
        if let Some(otherwise) = &self.otherwise {
            f.write_str("{{else}}")?;
            otherwise.iter().try_for_each(|node| write!(f, "{}", Shown(node, file)))?;
        }
        f.write_str("{{end}}")
    }
}

impl fmt::Display for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.variables.is_empty() {
            write!(f, "{} {} ", self.variables.join(", "), if self.assigns { "=" } else { ":=" })?;
        }
        for (index, command) in self.commands.iter().enumerate() {
            write!(f, "{}{command}", if index > 0 { " | " } else { "" })?;
        }
        Ok(())
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, arg) in self.args.iter().enumerate() {
            let lead = if index > 0 { " " } else { "" };
            match &arg.kind {
                ExprKind::Pipe(pipe) => write!(f, "{lead}({pipe})")?,
                _ => write!(f, "{lead}{arg}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Dot => f.write_str("."),
            ExprKind::Nil => f.write_str("nil"),
            ExprKind::Bool(value) => write!(f, "{value}"),
            ExprKind::Number(number) => f.write_str(&number.text),
            ExprKind::Str { written: Some(written), .. } => f.write_str(written),
            ExprKind::Str { written: None, text } => write!(f, "\"{}\"", text.lossy()),
            ExprKind::Field(fields) => print_fields(fields, f),
            ExprKind::Variable { name, fields } => {
                f.write_str(name)?;
                print_fields(fields, f)
            }
            ExprKind::Function(function) => f.write_str(function.name),
            ExprKind::Chain { base, fields } => {
                match &base.kind {
                    ExprKind::Pipe(pipe) => write!(f, "({pipe})")?,
                    _ => write!(f, "{base}")?,
                }
                print_fields(fields, f)
            }
            ExprKind::Pipe(pipe) => pipe.fmt(f),
        }
    }
}

fn print_fields(fields: &Fields, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if fields.is_empty() { Ok(()) } else { write!(f, ".{}", String::from_utf8_lossy(&fields.0)) }
}
