//! Text to trees, with the checks and the error texts of Go 1.23's `text/template/parse/parse.go`. Functions are looked up while parsing:
//! an unknown one is an error, as in Go. Depends on the lexer, the tree and the function table.

use std::sync::Arc;

use super::ast::{Branch, Command, Expr, ExprKind, Fields, File, Node, Number, Piece, Pipe, Template, TemplateCall};
use super::fmt::{quote, unquote};
use super::functions;
use super::lexer::{Kind, Lexer, Token};
use super::number;
use super::profile::Profile;
use super::value::Text;

/// How deep blocks and parentheses may nest.
pub(crate) const MAX_NESTING: usize = 200;

/// A text that is not a template.
#[derive(Debug, Clone)]
pub(crate) struct ParseError {
    /// Go's whole message: `template: NAME:LINE: …`.
    pub(crate) message: String,
}

type Parsed<T> = Result<T, ParseError>;

/// Parses a text. The first template is the text's own body under the name of the file, the others are its definitions; no two have the
/// same name unless one is the body.
///
/// # Errors
/// The first thing Go would complain about.
pub(crate) fn parse(name: &str, text: Arc<[u8]>, profile: &Profile) -> Parsed<Vec<Template>> {
    let file = Arc::new(File::new(name, text));
    let own = Arc::clone(&file.text);
    let mut parser = Parser {
        lexer: Lexer::new(&own, profile),
        text: &own,
        file: &file,
        profile,
        lookahead: Vec::new(),
        latest: None,
        opened: None,
        variables: vec![b"$"],
        range_depth: 0,
        nesting: 0,
        definitions: Vec::new(),
        unfinished: Unfinished::default(),
    };
    let body = parser.file_body()?;
    parser.define(name.as_bytes(), body)?;
    let mut templates = parser.definitions;
    if let Some(main) = templates.iter().position(|template| *template.name == *name) {
        templates.swap(0, main);
    }
    Ok(templates)
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    text: &'t [u8],
    file: &'t Arc<File>,
    profile: &'t Profile,
    /// Tokens put back; the next one is the last.
    lookahead: Vec<Token>,
    /// The token that was cut last: Go reports its line.
    latest: Option<Token>,
    /// The delimiter that opened the current action.
    opened: Option<Token>,
    variables: Vec<&'t [u8]>,
    range_depth: usize,
    nesting: usize,
    definitions: Vec<Template>,
    unfinished: Unfinished,
}

/// The lists that are being read, those inside of others behind them: so each is allocated once, when its length is known. A text that is
/// refused leaves its own behind.
#[derive(Default)]
struct Unfinished {
    nodes: Vec<Node>,
    commands: Vec<Command>,
    args: Vec<Expr>,
}

/// What was added to a list since it had so many elements.
fn since<T>(list: &mut Vec<T>, start: usize) -> Box<[T]> {
    list.drain(start..).collect()
}

/// What a list of nodes ends with.
enum Ending {
    End,
    Else,
}

/// A node, or the end of the list it would be in.
enum Item {
    Node(Node),
    Ending(Ending),
}

impl Ending {
    fn shown(&self) -> &'static str {
        match self {
            Ending::End => "{{end}}",
            Ending::Else => "{{else}}",
        }
    }
}

impl<'t> Parser<'t> {
    fn next(&mut self) -> Token {
        self.lookahead.pop().unwrap_or_else(|| {
            let token = self.lexer.next();
            self.latest = Some(token);
            token
        })
    }

    fn back(&mut self, token: Token) {
        self.lookahead.push(token);
    }

    fn peek(&mut self) -> Token {
        if let Some(token) = self.lookahead.last() {
            return *token;
        }
        let token = self.next();
        self.back(token);
        token
    }

    fn next_word(&mut self) -> Token {
        loop {
            let token = self.next();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    fn peek_word(&mut self) -> Token {
        let token = self.next_word();
        self.back(token);
        token
    }

    fn slice(&self, token: Token) -> &'t [u8] {
        &self.text[token.start as usize..token.end as usize]
    }

    fn fail<T>(&self, message: impl std::fmt::Display) -> Parsed<T> {
        let line = self.latest.map_or(1, |token| self.lexer.line(token));
        Err(ParseError { message: format!("template: {}:{line}: {message}", self.file.name) })
    }

    /// The token as a message shows it.
    fn shown(&self, token: Token) -> String {
        let text = self.slice(token);
        match token.kind {
            Kind::Eof => "EOF".into(),
            Kind::Error => self.lexer.message().into(),
            kind if kind.is_keyword() => format!("<{}>", String::from_utf8_lossy(text)),
            _ if text.len() > 10 => {
                let short: String = String::from_utf8_lossy(text).chars().take(10).collect();
                format!("{}...", quote(short.as_bytes()))
            }
            _ => quote(text),
        }
    }

    fn unexpected<T>(&self, token: Token, context: &str) -> Parsed<T> {
        let shown = self.shown(token);
        if token.kind != Kind::Error {
            return self.fail(format!("unexpected {shown} in {context}"));
        }
        let mut extra = String::new();
        if let Some(line) = self.opened.map(|delim| self.lexer.line(delim)).filter(|line| *line != self.lexer.line(token)) {
            let lead = if shown.ends_with(" action") { "" } else { " in action" };
            extra = format!("{lead} started at {}:{line}", self.file.name);
        }
        self.fail(format!("{shown}{extra}"))
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Parsed<Token> {
        let token = self.next_word();
        if token.kind == kind { Ok(token) } else { self.unexpected(token, context) }
    }

    /// Adds a definition; of two with one name the empty one gives way.
    fn define(&mut self, name: &[u8], body: Box<[Node]>) -> Parsed<()> {
        let name = bstr::ByteSlice::to_str_lossy(name);
        let new = Template { name: (&*name).into(), file: Arc::clone(self.file), body };
        match self.definitions.iter().position(|old| *old.name == *name) {
            None => self.definitions.push(new),
            Some(at) if self.definitions[at].is_empty() => self.definitions[at] = new,
            Some(_) if new.is_empty() => {}
            Some(_) => return self.fail(format!("template: multiple definition of template {}", quote(name.as_bytes()))),
        }
        Ok(())
    }

    fn file_body(&mut self) -> Parsed<Box<[Node]>> {
        let start = self.unfinished.nodes.len();
        loop {
            let token = self.peek();
            if token.kind == Kind::Eof {
                return Ok(since(&mut self.unfinished.nodes, start));
            }
            if token.kind == Kind::LeftDelim {
                let delim = self.next();
                let word = self.next_word();
                if word.kind == Kind::Define {
                    self.definition()?;
                    continue;
                }
                self.back(word);
                self.back(delim);
            }
            match self.text_or_action()? {
                Item::Node(node) => self.unfinished.nodes.push(node),
                Item::Ending(ending) => return self.fail(format!("unexpected {}", ending.shown())),
            }
        }
    }

    /// After `{{define`.
    fn definition(&mut self) -> Parsed<()> {
        let context = "define clause";
        let token = self.next_word();
        let name = self.template_name(token, context)?;
        self.expect(Kind::RightDelim, context)?;
        let (body, ending) = self.own_body()?;
        let body = self.ended(body, &ending, context)?;
        self.define(&name, body)
    }

    /// A body with its own variables up to its `{{end}}` or a wrong `{{else}}`.
    fn own_body(&mut self) -> Parsed<(Box<[Node]>, Ending)> {
        let variables = std::mem::replace(&mut self.variables, vec![b"$"]);
        let range_depth = std::mem::take(&mut self.range_depth);
        let opened = self.opened.take();
        let list = self.list()?;
        self.variables = variables;
        self.range_depth = range_depth;
        self.opened = opened;
        Ok(list)
    }

    fn ended(&self, body: Box<[Node]>, ending: &Ending, context: &str) -> Parsed<Box<[Node]>> {
        match ending {
            Ending::End => Ok(body),
            Ending::Else => self.fail(format!("unexpected {} in {context}", ending.shown())),
        }
    }

    fn list(&mut self) -> Parsed<(Box<[Node]>, Ending)> {
        self.nest(|parser| {
            let start = parser.unfinished.nodes.len();
            while parser.peek_word().kind != Kind::Eof {
                match parser.text_or_action()? {
                    Item::Node(node) => parser.unfinished.nodes.push(node),
                    Item::Ending(ending) => return Ok((since(&mut parser.unfinished.nodes, start), ending)),
                }
            }
            parser.fail("unexpected EOF")
        })
    }

    fn nest<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.nesting >= MAX_NESTING {
            return self.fail(format!("nested deeper than {MAX_NESTING} levels"));
        }
        self.nesting += 1;
        let result = parse(self);
        self.nesting -= 1;
        result
    }

    fn text_or_action(&mut self) -> Parsed<Item> {
        let token = self.next_word();
        match token.kind {
            Kind::Text => Ok(Item::Node(Node::Text(token.piece()))),
            Kind::LeftDelim => {
                self.opened = Some(token);
                let item = self.action()?;
                self.opened = None;
                Ok(item)
            }
            _ => self.unexpected(token, "input"),
        }
    }

    fn action(&mut self) -> Parsed<Item> {
        let token = self.next_word();
        let at = token.start;
        let node = match token.kind {
            Kind::Block => self.block()?,
            Kind::Break => {
                self.loop_control("{{break}}")?;
                Node::Break { at }
            }
            Kind::Continue => {
                self.loop_control("{{continue}}")?;
                Node::Continue { at }
            }
            Kind::Else => {
                let word = self.peek_word();
                if !matches!(word.kind, Kind::If | Kind::With) {
                    self.expect(Kind::RightDelim, "else")?;
                }
                return Ok(Item::Ending(Ending::Else));
            }
            Kind::End => {
                self.expect(Kind::RightDelim, "end")?;
                return Ok(Item::Ending(Ending::End));
            }
            Kind::If => Node::If(self.control("if")?),
            Kind::Range => Node::Range(self.control("range")?),
            Kind::With => Node::With(self.control("with")?),
            Kind::Template => self.template()?,
            _ => {
                self.back(token);
                Node::Action { at, pipe: self.pipeline("command", Kind::RightDelim)? }
            }
        };
        Ok(Item::Node(node))
    }

    fn loop_control(&mut self, shown: &str) -> Parsed<()> {
        self.expect(Kind::RightDelim, shown)?;
        if self.range_depth == 0 { self.fail(format!("{shown} outside {{{{range}}}}")) } else { Ok(()) }
    }

    fn control(&mut self, word: &str) -> Parsed<Box<Branch>> {
        let visible = self.variables.len();
        let pipe = self.pipeline(word, Kind::RightDelim)?;
        let in_range = usize::from(word == "range");
        self.range_depth += in_range;
        let (body, ending) = self.list()?;
        self.range_depth -= in_range;
        let otherwise = match ending {
            Ending::End => None,
            Ending::Else => Some(self.otherwise(word)?),
        };
        self.variables.truncate(visible);
        Ok(Box::new(Branch { pipe, body, otherwise }))
    }

    /// After `{{else`: another condition, or a list up to `{{end}}`.
    fn otherwise(&mut self, word: &str) -> Parsed<Box<[Node]>> {
        let next = self.peek();
        // The space after "else" is still there when a condition follows.
        let next = if next.kind == Kind::Space { self.peek_word() } else { next };
        match next.kind {
            Kind::If if word == "if" => {
                self.next();
                Ok(Box::new([Node::If(self.nest(|parser| parser.control("if"))?)]))
            }
            Kind::With if word == "with" => {
                self.next();
                Ok(Box::new([Node::With(self.nest(|parser| parser.control("with"))?)]))
            }
            _ => match self.list()? {
                (nodes, Ending::End) => Ok(nodes),
                (_, ending) => self.fail(format!("expected end; found {}", ending.shown())),
            },
        }
    }

    fn block(&mut self) -> Parsed<Node> {
        let context = "block clause";
        let token = self.next_word();
        let name = self.template_name(token, context)?;
        let pipe = self.pipeline(context, Kind::RightDelim)?;
        let opened = self.latest;
        let (body, ending) = self.own_body()?;
        if matches!(ending, Ending::Else) {
            // Go has another parser read the body, and the outer one, which is still where the block opens, complains.
            self.latest = opened;
        }
        let body = self.ended(body, &ending, context)?;
        self.define(&name, body)?;
        Ok(Node::Template { at: token.start, call: Box::new(TemplateCall { name, pipe: Some(pipe) }) })
    }

    fn template(&mut self) -> Parsed<Node> {
        let context = "template clause";
        let token = self.next_word();
        let name = self.template_name(token, context)?;
        let next = self.next_word();
        let pipe = if next.kind == Kind::RightDelim {
            None
        } else {
            self.back(next);
            Some(self.pipeline(context, Kind::RightDelim)?)
        };
        Ok(Node::Template { at: token.start, call: Box::new(TemplateCall { name, pipe }) })
    }

    fn template_name(&self, token: Token, context: &str) -> Parsed<Text> {
        if !matches!(token.kind, Kind::String | Kind::RawString) {
            return self.unexpected(token, context);
        }
        match unquote(self.slice(token)) {
            Some(name) => Ok((&*name).into()),
            None => self.fail("invalid syntax"),
        }
    }

    fn pipeline(&mut self, context: &str, end: Kind) -> Parsed<Pipe> {
        let at = self.peek_word().start;
        let (variables, assigns) = self.declarations(context)?;
        let start = self.unfinished.commands.len();
        loop {
            let token = self.next_word();
            match token.kind {
                kind if kind == end => {
                    let commands = since(&mut self.unfinished.commands, start);
                    self.check_pipeline(&commands, context)?;
                    return Ok(Pipe { at, assigns, variables: variables.into(), commands });
                }
                Kind::Bool
                | Kind::CharConstant
                | Kind::Complex
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawString
                | Kind::String
                | Kind::Variable
                | Kind::LeftParen => {
                    self.back(token);
                    let command = self.command()?;
                    self.unfinished.commands.push(command);
                }
                _ => return self.unexpected(token, context),
            }
        }
    }

    /// `$x :=`, `$x =`, `$i, $x :=`: the variables, and whether they are assigned to.
    fn declarations(&mut self, context: &str) -> Parsed<(Vec<Piece>, bool)> {
        let mut names = Vec::new();
        loop {
            let variable = self.peek_word();
            if variable.kind != Kind::Variable {
                return Ok((names, false));
            }
            self.next();
            let after = self.next();
            let word = if after.kind == Kind::Space { self.next_word() } else { after };
            let is_comma = word.kind == Kind::Char && self.slice(word) == b",";
            if !is_comma && !matches!(word.kind, Kind::Assign | Kind::Declare) {
                self.back(word);
                if after.kind == Kind::Space {
                    self.back(after);
                }
                self.back(variable);
                return Ok((names, false));
            }
            names.push(variable.piece());
            self.variables.push(self.slice(variable));
            if !is_comma {
                return Ok((names, word.kind == Kind::Assign));
            }
            if context != "range" || names.len() >= 2 {
                return self.fail(format!("too many declarations in {context}"));
            }
            if !matches!(self.peek_word().kind, Kind::Variable | Kind::RightDelim | Kind::RightParen) {
                return self.fail("range can only initialize variables");
            }
        }
    }

    fn check_pipeline(&self, commands: &[Command], context: &str) -> Parsed<()> {
        if commands.is_empty() {
            return self.fail(format!("missing value for {context}"));
        }
        for (index, command) in commands.iter().enumerate().skip(1) {
            use ExprKind::{Bool, Dot, Nil, Number, Str};
            if matches!(command.args[0].kind, Bool(_) | Dot | Nil | Number(_) | Str { .. }) {
                return self.fail(format!("non executable command in pipeline stage {}", index + 1));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Parsed<Command> {
        let at = self.peek_word().start;
        let start = self.unfinished.args.len();
        loop {
            self.peek_word();
            self.operand()?;
            let token = self.next();
            match token.kind {
                Kind::Space => {}
                Kind::RightDelim | Kind::RightParen => {
                    self.back(token);
                    break;
                }
                Kind::Pipe => break,
                _ => return self.unexpected(token, "operand"),
            }
        }
        let args = since(&mut self.unfinished.args, start);
        if args.is_empty() { self.fail("empty command") } else { Ok(Command { at, args }) }
    }

    /// Adds an operand to the arguments; nothing where none stands.
    fn operand(&mut self) -> Parsed<()> {
        let count = self.unfinished.args.len();
        self.term()?;
        if self.unfinished.args.len() == count {
            return Ok(());
        }
        let first = self.peek();
        if first.kind != Kind::Field {
            return Ok(());
        }
        let mut last = first;
        while self.peek().kind == Kind::Field {
            last = self.next();
        }
        let Some(operand) = self.unfinished.args.last_mut() else { return Ok(()) };
        // Fields stand without anything between them.
        let fields = |from: u32| Fields(Piece { start: from + 1, end: last.end });
        match &mut operand.kind {
            ExprKind::Field(own) => *own = fields(operand.at),
            ExprKind::Variable { fields: own, .. } => *own = fields(first.start),
            ExprKind::Bool(_) | ExprKind::Str { .. } | ExprKind::Number(_) | ExprKind::Nil | ExprKind::Dot => {
                let shown = quote(operand.shown(self.file).as_bytes());
                return self.fail(format!("unexpected . after term {shown}"));
            }
            ExprKind::Function(_) | ExprKind::Chain { .. } | ExprKind::Pipe(_) => {
                let base = Box::new(std::mem::replace(operand, Expr { at: first.start, kind: ExprKind::Dot }));
                operand.kind = ExprKind::Chain { base, fields: fields(first.start) };
            }
        }
        operand.at = first.start;
        Ok(())
    }

    /// Adds an operand without the fields behind it.
    fn term(&mut self) -> Parsed<()> {
        let token = self.next_word();
        let text = self.slice(token);
        let kind = match token.kind {
            Kind::Identifier => match std::str::from_utf8(text).ok().and_then(|name| functions::find(name, self.profile)) {
                Some(function) => ExprKind::Function(function),
                None => return self.fail(format!("function {} not defined", quote(text))),
            },
            Kind::Dot => ExprKind::Dot,
            Kind::Nil => ExprKind::Nil,
            Kind::Variable => {
                if !self.variables.contains(&text) {
                    return self.fail(format!("undefined variable {}", quote(text)));
                }
                ExprKind::Variable { name: token.piece(), fields: Fields::default() }
            }
            Kind::Field => ExprKind::Field(Fields(Piece { start: token.start + 1, end: token.end })),
            Kind::Bool => ExprKind::Bool(text == b"true"),
            Kind::CharConstant | Kind::Complex | Kind::Number => match number::constant(text) {
                Ok(number) => ExprKind::Number(Box::new(Number { text: token.piece(), ..number })),
                Err(message) => return self.fail(message),
            },
            Kind::LeftParen => {
                let pipe = self.nest(|parser| parser.pipeline("parenthesized pipeline", Kind::RightParen))?;
                self.unfinished.args.push(Expr { at: pipe.at, kind: ExprKind::Pipe(Box::new(pipe)) });
                return Ok(());
            }
            Kind::String | Kind::RawString => match unquote(text) {
                Some(value) => ExprKind::Str { written: token.piece(), text: (&*value).into() },
                None => return self.fail("invalid syntax"),
            },
            _ => {
                self.back(token);
                return Ok(());
            }
        };
        self.unfinished.args.push(Expr { at: token.start, kind });
        Ok(())
    }
}
