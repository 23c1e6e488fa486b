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
    pub(crate) fn new(name: &str, text: &[u8]) -> Self {
        Self { name: name.into(), text: text.into(), newlines: OnceLock::new() }
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
    pub(crate) body: Vec<Node>,
}

impl Template {
    /// Whether it has nothing but blanks and comments: such a definition never replaces another.
    pub(crate) fn is_empty(&self) -> bool {
        self.body.iter().all(|node| matches!(node, Node::Text { text, .. } if bstr::ByteSlice::trim(&**text).is_empty()))
    }
}

/// A statement.
#[derive(Debug)]
pub(crate) enum Node {
    Text { at: u32, text: Arc<[u8]> },
    Action { at: u32, pipe: Pipe },
    If(Box<Branch>),
    With(Box<Branch>),
    Range(Box<Branch>),
    Template { at: u32, name: Text, pipe: Option<Pipe> },
    Break { at: u32 },
    Continue { at: u32 },
}

/// The parts of `if`, `with` and `range`.
#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) pipe: Pipe,
    pub(crate) body: Vec<Node>,
    pub(crate) otherwise: Option<Vec<Node>>,
}

/// Commands joined by `|`, and the variables that get the result.
#[derive(Debug)]
pub(crate) struct Pipe {
    pub(crate) at: u32,
    /// `=` instead of `:=`.
    pub(crate) assigns: bool,
    pub(crate) variables: Vec<Box<str>>,
    pub(crate) commands: Vec<Command>,
}

/// A function, field or constant with arguments. Never empty.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) at: u32,
    pub(crate) args: Vec<Expr>,
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
    Number(Number),
    Str { quoted: Box<str>, text: Text },
    Field(Vec<Text>),
    Variable { name: Box<str>, fields: Vec<Text> },
    Function(&'static Function),
    Chain { base: Box<Expr>, fields: Vec<Text> },
    Pipe(Box<Pipe>),
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

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            At::Node(node) => node.fmt(f),
            At::Pipe(pipe) => pipe.fmt(f),
            At::Command(command) => command.fmt(f),
            At::Expr(expr) => expr.fmt(f),
        }
    }
}

impl Node {
    pub(crate) fn at(&self) -> u32 {
        match self {
            Node::Text { at, .. } | Node::Action { at, .. } | Node::Template { at, .. } | Node::Break { at } | Node::Continue { at } => *at,
            Node::If(branch) | Node::With(branch) | Node::Range(branch) => branch.pipe.at,
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Node::Text { text, .. } => f.write_str(&String::from_utf8_lossy(text)),
            Node::Action { pipe, .. } => write!(f, "{{{{{pipe}}}}}"),
            Node::If(branch) => branch.print("if", f),
            Node::With(branch) => branch.print("with", f),
            Node::Range(branch) => branch.print("range", f),
            Node::Template { name, pipe, .. } => {
                write!(f, "{{{{template {}", super::fmt::quote(name))?;
                if let Some(pipe) = pipe {
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
    fn print(&self, word: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{{{word} {}}}}}", self.pipe)?;
        self.body.iter().try_for_each(|node| write!(f, "{node}"))?;
        if let Some(otherwise) = &self.otherwise {
            f.write_str("{{else}}")?;
            otherwise.iter().try_for_each(|node| write!(f, "{node}"))?;
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
            ExprKind::Str { quoted, .. } => f.write_str(quoted),
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

fn print_fields(fields: &[Text], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    fields.iter().try_for_each(|field| write!(f, ".{}", field.lossy()))
}
