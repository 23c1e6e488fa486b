//! Terraform and OpenTofu: `helm_release` resources, as far as they are literal or name a literal local or a variable's default.

use std::cell::RefCell;
use std::collections::BTreeMap;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, FuncCall, ObjectKey, TraversalOperator};
use hcl_edit::structure::{Attribute, Block, Body};
use hcl_edit::template::{Element, Template};
use serde_json::Value;

use super::claim::{Claim, Part, Wanted};
use super::read::{Broken, Reading};
use super::side::Side;
use super::text::{file_name, folder, resolve};
use super::{Source, Tool, Unread};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::value::yaml;

/// The largest file that is parsed, in bytes.
const MOST_BYTES: usize = 4 << 20;
/// How many locals may lead to one another.
const MOST_STEPS: usize = 20;

/// Reads the releases of a file.
///
/// # Errors
/// When the tree can't be read.
pub(super) fn read(side: &Side<'_>, path: &str, into: &mut Reading) -> Result<()> {
    let Some(bytes) = side.bytes(path)? else { return Ok(()) };
    if memchr::memmem::find(&bytes, b"helm_release").is_none() {
        return Ok(());
    }
    side.count(path);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    match parse(path, &text) {
        Ok(body) => {
            let module = Module { side, folder: folder(path).to_owned(), named: RefCell::new(None) };
            for block in body.blocks().filter(|block| block.has_ident("resource") && block.has_labels(&["helm_release"])) {
                into.claims.extend(File { module: &module, path, text: &text }.claim(block));
            }
        }
        Err(error) => into.broken.push(Broken::file(Tool::Terraform, path, &error)),
    }
    Ok(())
}

fn parse(path: &str, text: &str) -> Result<Body> {
    if text.len() > MOST_BYTES {
        return Err(Error::new(ErrorKind::Limit, format!("it has more than {MOST_BYTES} bytes (the limit `MOST_BYTES`)")));
    }
    hcl_edit::parser::parse_body(text).map_err(|error| {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let place = Place { file: path.to_owned(), line: number(error.location().line()), column: number(error.location().column()) };
        Error::new(ErrorKind::Syntax, format!("it is not HCL: {}", error.message())).at(place)
    })
}

/// The files of one folder: what locals and variables they define.
struct Module<'a> {
    side: &'a Side<'a>,
    folder: String,
    named: RefCell<Option<BTreeMap<String, Expression>>>,
}

impl Module<'_> {
    /// A file of the folder, when it can be parsed.
    fn parsed(&self, path: &str) -> Option<Body> {
        let bytes = self.side.bytes(path).ok().flatten()?;
        self.side.count(path);
        parse(path, &String::from_utf8_lossy(&bytes)).ok()
    }

    /// What `local.NAME` or `var.NAME` says, when the folder's files do.
    fn named(&self, name: &str) -> Option<Expression> {
        if let Some(named) = &*self.named.borrow() {
            return named.get(name).cloned();
        }
        let files = self.side.tree.files(&self.folder).unwrap_or_default();
        let mut named = BTreeMap::new();
        let here = |path: &&String| folder(path) == self.folder;
        for path in files.iter().filter(here).filter(|path| path.ends_with(".tf")) {
            self.parsed(path).iter().flat_map(Body::blocks).for_each(|block| define(block, &mut named));
        }
        // What Terraform loads by itself, in its order, over the defaults.
        let main = |path: &&String| file_name(path) == "terraform.tfvars";
        for path in files.iter().filter(here).filter(main).chain(files.iter().filter(here).filter(|path| path.ends_with(".auto.tfvars"))) {
            let body = self.parsed(path);
            let set = body.iter().flat_map(Body::attributes);
            named.extend(set.map(|variable| (format!("var.{}", variable.key.as_str()), variable.value.clone())));
        }
        let found = named.get(name).cloned();
        *self.named.borrow_mut() = Some(named);
        found
    }
}

fn is_setting(path: &str) -> bool {
    path.ends_with(".tf") || path.ends_with(".auto.tfvars") || file_name(path) == "terraform.tfvars"
}

fn define(block: &Block, named: &mut BTreeMap<String, Expression>) {
    if block.has_ident("locals") {
        named.extend(block.body.attributes().map(|local| (format!("local.{}", local.key.as_str()), local.value.clone())));
    }
    if let (true, Some(label), Some(default)) = (block.has_ident("variable"), block.labels.first(), block.body.get_attribute("default")) {
        named.insert(format!("var.{}", label.as_str()), default.value.clone());
    }
}

/// One file while its resources are read.
struct File<'a> {
    module: &'a Module<'a>,
    path: &'a str,
    text: &'a str,
}

impl File<'_> {
    fn claim(&self, block: &Block) -> Option<Claim> {
        let label = block.labels.get(1)?.as_str().to_owned();
        let attribute = |key: &str| block.body.get_attribute(key);
        let setting = |key: &str| match attribute(key) {
            Some(attribute) => self.text_of(&attribute.value).map(|text| Some(text).filter(|text| !text.is_empty())),
            None => Ok(None),
        };
        let chart = setting("chart");
        let name =
            chart.as_ref().ok().cloned().flatten().map_or_else(|| label.clone(), |chart| file_name(chart.trim_end_matches('/')).to_owned());
        let wanted = self.wanted(block, chart, setting("repository"), setting("version"));
        let place = ["version", "chart"]
            .iter()
            .find_map(|key| attribute(key))
            .map_or_else(|| self.place(block.span()), |attribute| self.place(attribute.span()));
        let mut claim =
            Claim::new(Tool::Terraform, self.path, format!("{} helm_release.{label}", self.module.folder), place, &name, wanted);
        for (key, into) in [("name", &mut claim.release), ("namespace", &mut claim.namespace)] {
            match setting(key) {
                Ok(text) => *into = text.unwrap_or_else(|| if key == "name" { label.clone() } else { String::new() }),
                Err(why) => claim.unread.push(Unread::new(format!("the release's {key}"), why)),
            }
        }
        claim.parts = self.parts(&block.body);
        Some(claim)
    }

    fn wanted(&self, block: &Block, chart: Setting, repository: Setting, version: Setting) -> Wanted {
        let written: Vec<String> = ["repository", "chart", "version"]
            .iter()
            .map(|key| block.body.get_attribute(key).map_or_else(String::new, |attribute| self.source(&attribute.value)))
            .collect();
        let written = written.join(" ");
        let (chart, repository, version) = match (chart, repository, version) {
            (Ok(Some(chart)), Ok(repository), Ok(version)) => (chart, repository, version.unwrap_or_else(|| "*".into())),
            (Ok(None), ..) => return Wanted::unknown(written, "it names no chart"),
            (Err(why), ..) => return Wanted::unknown(written, format!("its chart can't be told: {why}")),
            (_, Err(why), _) => return Wanted::unknown(written, format!("its repository can't be told: {why}")),
            (.., Err(why)) => return Wanted::unknown(written, format!("its version can't be told: {why}")),
        };
        if let Some(repository) = repository {
            return Wanted::named(&repository, &chart, &version);
        }
        if let Some(repository) = chart.strip_prefix("oci://") {
            return Wanted::oci(repository, &version);
        }
        match resolve(&self.module.folder, &chart) {
            Some(local) if chart.starts_with('.') => Wanted::Known(Source::Folder(local)),
            _ => Wanted::unknown(written, format!("{chart} comes from no repository that the file names")).hint("set `repository`"),
        }
    }

    /// The values: the documents of `values` in order, then what is set.
    fn parts(&self, body: &Body) -> Vec<Part> {
        let mut parts = Vec::new();
        if let Some(values) = body.get_attribute("values") {
            match &values.value {
                Expression::Array(list) => parts.extend(list.iter().map(|item| self.document(item))),
                other => parts.push(self.unread("values", other, "it is not a list that can be read")),
            }
        }
        for key in ["set", "set_list", "set_sensitive"] {
            for block in body.get_blocks(key) {
                parts.push(self.set(key, &|name| block.body.get_attribute(name).map(|attribute: &Attribute| &attribute.value)));
            }
            if let Some(list) = body.get_attribute(key).and_then(|attribute| attribute.value.as_array()) {
                for object in list.iter().filter_map(Expression::as_object) {
                    let value =
                        |name: &str| object.iter().find(|(key, _)| key_text(key).as_deref() == Some(name)).map(|(_, value)| value.expr());
                    parts.push(self.set(key, &value));
                }
            } else if let Some(attribute) = body.get_attribute(key) {
                parts.push(self.unread(key, &attribute.value, "it is not a list that can be read"));
            }
        }
        for block in body.get_blocks("dynamic") {
            let place = self.place(block.span());
            parts.push(Part::Unread(Unread::new(
                format!("dynamic block at {}:{}", place.file, place.line),
                "it depends on what Terraform computes",
            )));
        }
        parts
    }

    /// One item of `values`.
    fn document(&self, expression: &Expression) -> Part {
        if let Some(path) = self.file_argument(expression, "file") {
            return match path {
                Ok(path) => Part::File { path, optional: false },
                Err(why) => self.unread("values", expression, &why),
            };
        }
        let text = match expression {
            Expression::FuncCall(call) if is_call(call, "yamlencode") || is_call(call, "jsonencode") => call
                .args
                .iter()
                .next()
                .ok_or_else(|| "it has no argument".to_owned())
                .and_then(|value| self.value(value, 0))
                .map(|value| value.to_string()),
            other => self.text_of(other),
        };
        let read = |text: String| {
            let line = self.place(expression.span()).line.saturating_sub(u32::from(!matches!(expression, Expression::HeredocTemplate(_))));
            let source = yaml::source(self.path, format!("{}{text}", "\n".repeat(line as usize)).as_bytes())?;
            yaml::read(&source, &super::side::LIMITS)
        };
        match text.and_then(|text| read(text).map_err(|error| super::side::innermost(&error))) {
            Ok(node) => Part::Values(node),
            Err(why) => self.unread("values", expression, &why),
        }
    }

    /// The path of `file("…")`; `None` when the expression is no such call.
    fn file_argument(&self, expression: &Expression, name: &str) -> Option<Result<String, String>> {
        let Expression::FuncCall(call) = expression else { return None };
        if !is_call(call, name) {
            return None;
        }
        let path = call.args.iter().next().ok_or_else(|| "it has no argument".to_owned()).and_then(|argument| self.text_of(argument));
        Some(path.and_then(|path| resolve(&self.module.folder, &path).ok_or_else(|| format!("{path} is outside of the repository"))))
    }

    /// One `set`, whose fields are found by `field`.
    fn set<'e>(&self, key: &str, field: &dyn Fn(&str) -> Option<&'e Expression>) -> Part {
        let name = field("name").map(|name| self.text_of(name));
        let Some(Ok(name)) = name else { return Part::Unread(Unread::new(key, "its name can't be told")) };
        let what = format!("{key} {name}");
        let text = |field: Option<&Expression>| field.map_or_else(|| Err("it has no value".into()), |value| self.text_of(value));
        let value = match key {
            "set_list" => match field("value") {
                Some(Expression::Array(list)) => list
                    .iter()
                    .map(|item| self.text_of(item))
                    .collect::<Result<Vec<_>, _>>()
                    .map(|items| format!("{{{}}}", items.join(","))),
                _ => Err("it is not a list that can be read".into()),
            },
            _ => text(field("value")),
        };
        let as_text = matches!(field("type").map(|kind| self.text_of(kind)), Some(Ok(kind)) if kind == "string");
        match value {
            Ok(value) if as_text => Part::SetString(format!("{name}={value}")),
            Ok(value) => Part::Set(format!("{name}={value}")),
            Err(why) => Part::Unread(Unread::new(what, why)),
        }
    }

    fn unread(&self, what: &str, expression: &Expression, why: &str) -> Part {
        let place = self.place(expression.span());
        Part::Unread(Unread::new(format!("{what} at {}:{}", place.file, place.line), why))
    }

    /// An expression's text, or what stands in the way.
    fn text_of(&self, expression: &Expression) -> Result<String, String> {
        match self.value(expression, 0)? {
            Value::String(text) => Ok(text),
            Value::Null => Ok(String::new()),
            Value::Bool(_) | Value::Number(_) => Ok(self.value(expression, 0)?.to_string()),
            Value::Array(_) | Value::Object(_) => Err("it is not a text".into()),
        }
    }

    /// What an expression says when all in it is literal.
    fn value(&self, expression: &Expression, steps: usize) -> Result<Value, String> {
        if steps > MOST_STEPS {
            return Err(format!("more than {MOST_STEPS} locals lead to one another"));
        }
        match expression {
            Expression::Null(_) => Ok(Value::Null),
            Expression::Bool(value) => Ok(Value::Bool(*value.value())),
            Expression::Number(number) => serde_json::from_str(&number.value().to_string()).map_err(|error| error.to_string()),
            Expression::String(text) => Ok(Value::String(text.value().clone())),
            Expression::Array(items) => items.iter().map(|item| self.value(item, steps + 1)).collect::<Result<_, _>>().map(Value::Array),
            Expression::Object(object) => {
                let pair = |(key, value): (&ObjectKey, &hcl_edit::expr::ObjectValue)| {
                    let key = match key_text(key) {
                        Some(key) => key,
                        None => return Err("a key is not literal".to_owned()),
                    };
                    Ok((key, self.value(value.expr(), steps + 1)?))
                };
                object.iter().map(pair).collect::<Result<_, _>>().map(Value::Object)
            }
            Expression::StringTemplate(template) => self.template(template, steps),
            Expression::HeredocTemplate(heredoc) => {
                let mut heredoc = heredoc.clone();
                heredoc.dedent();
                self.template(&heredoc.template, steps)
            }
            Expression::Parenthesis(inner) => self.value(inner.inner(), steps + 1),
            Expression::Traversal(_) => self.reference(expression, steps),
            Expression::FuncCall(call) if is_call(call, "tostring") => {
                call.args.iter().next().map_or(Err("it has no argument".into()), |value| self.value(value, steps + 1))
            }
            Expression::FuncCall(call) if is_call(call, "file") => {
                let path = self.file_argument(expression, "file").unwrap_or_else(|| Err("it has no argument".into()))?;
                let bytes = self.module.side.bytes(&path).ok().flatten().ok_or_else(|| format!("{path} is not in the repository"))?;
                Ok(Value::String(String::from_utf8_lossy(&bytes).into_owned()))
            }
            other => Err(format!("{} is known to Terraform only", self.source(other))),
        }
    }

    fn template(&self, template: &Template, steps: usize) -> Result<Value, String> {
        let mut text = String::new();
        for element in template {
            match element {
                Element::Literal(literal) => text.push_str(literal),
                Element::Interpolation(interpolation) => match self.value(&interpolation.expr, steps + 1)? {
                    Value::String(value) => text.push_str(&value),
                    value @ (Value::Number(_) | Value::Bool(_)) => text.push_str(&value.to_string()),
                    _ => return Err("what is put into a text is not a text".into()),
                },
                Element::Directive(_) => return Err("a condition or a loop stands in it".into()),
            }
        }
        Ok(Value::String(text))
    }

    /// `local.NAME`, `var.NAME` or `path.module`, and fields of what they say.
    fn reference(&self, expression: &Expression, steps: usize) -> Result<Value, String> {
        let unknown = || format!("{} is known to Terraform only", self.source(expression));
        let Expression::Traversal(traversal) = expression else { return Err(unknown()) };
        let names: Option<Vec<String>> = traversal
            .operators
            .iter()
            .map(|operator| match operator.value() {
                TraversalOperator::GetAttr(name) => Some(name.as_str().to_owned()),
                TraversalOperator::Index(Expression::String(key)) => Some(key.value().clone()),
                _ => None,
            })
            .collect();
        let (Some(root), Some(names)) = (traversal.expr.as_variable(), names) else { return Err(unknown()) };
        match (root.as_str(), names.as_slice()) {
            ("path", [module]) if module == "module" => Ok(Value::String(".".into())),
            ("local" | "var", [name, fields @ ..]) => {
                let named = self.module.named(&format!("{}.{name}", root.as_str())).ok_or_else(unknown)?;
                let value = self.value(&named, steps + 1)?;
                fields.iter().try_fold(&value, |value, field| value.get(field)).cloned().ok_or_else(unknown)
            }
            _ => Err(unknown()),
        }
    }

    /// An expression as it is written.
    fn source(&self, expression: &Expression) -> String {
        expression.span().and_then(|span| self.text.get(span)).map_or_else(|| "an expression".into(), |text| text.trim().to_owned())
    }

    fn place(&self, span: Option<std::ops::Range<usize>>) -> Place {
        let before = span.and_then(|span| self.text.get(..span.start)).unwrap_or_default();
        let number = |count: usize| u32::try_from(count + 1).unwrap_or(u32::MAX);
        let line = before.rsplit('\n').next().unwrap_or_default();
        Place { file: self.path.to_owned(), line: number(before.matches('\n').count()), column: number(line.chars().count()) }
    }
}

/// A setting's text, nothing when it isn't set, or why it can't be told.
type Setting = Result<Option<String>, String>;

fn is_call(call: &FuncCall, name: &str) -> bool {
    !call.name.is_namespaced() && call.name.name.as_str() == name
}

fn key_text(key: &ObjectKey) -> Option<String> {
    match key {
        ObjectKey::Ident(name) => Some(name.as_str().to_owned()),
        ObjectKey::Expression(Expression::String(text)) => Some(text.value().clone()),
        ObjectKey::Expression(Expression::Variable(name)) => Some(name.as_str().to_owned()),
        ObjectKey::Expression(_) => None,
    }
}

/// The files whose releases take something from a file that changed in their folder.
///
/// # Errors
/// When the tree can't be read.
pub(super) fn users(side: &Side<'_>, changed: &[&str]) -> Result<Vec<String>> {
    let mut users = Vec::new();
    let folders: std::collections::BTreeSet<&str> = changed.iter().filter(|path| is_setting(path)).map(|path| folder(path)).collect();
    for of in folders {
        for path in side.tree.files(of)?.into_iter().filter(|path| path.ends_with(".tf") && folder(path) == of) {
            if side.bytes(&path).ok().flatten().is_some_and(|bytes| memchr::memmem::find(&bytes, b"helm_release").is_some()) {
                users.push(path);
            }
        }
    }
    Ok(users)
}
