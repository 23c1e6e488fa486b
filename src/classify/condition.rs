//! Conditions of rules, in the Common Expression Language (<https://cel.dev>, the language of Kubernetes' own policies).
//! Depends on `value`, `version` and `error`.
//!
//! What a chart says reaches a condition cut to size ([`TEXT_CHARS`], [`ITEMS`], [`DEPTH`]), and a condition has only the loops CEL's
//! macros give it, so that evaluating one always ends soon.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, OnceLock};

use cel::common::ast::{EntryExpr, Expr, IdedExpr};
use cel::extractors::This;
use cel::objects::{Key, Map};
use cel::{Context, Env, ExecutionError, Program, Value, extensions};
use regex::{Regex, RegexBuilder};
use serde_json::Value as Json;

use crate::error::{Error, ErrorKind, Result};
use crate::value::{Data, Node};
use crate::version::Version;

/// How many characters of a text a condition sees.
const TEXT_CHARS: usize = 4_096;
/// How many items of a list or a mapping a condition sees.
const ITEMS: usize = 200;
/// How many levels of a value a condition sees; what is deeper is null.
const DEPTH: usize = 6;
/// How many values in all a condition sees of one default.
const NODES: usize = 5_000;
/// The largest program a pattern in a condition may compile to, in bytes.
const PATTERN_BYTES: usize = 1 << 20;
/// How many compiled patterns are kept; the rules have a few dozen.
const KEPT_PATTERNS: usize = 256;
/// The longest condition that is read, in bytes.
const SOURCE_BYTES: usize = 4_096;

/// CEL's standard library and its strings extension, as Kubernetes has them.
static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut environment = Env::stdlib();
    // Nothing of that name is declared yet, so this can't fail; if it did, the rules' tests would miss the functions.
    let _ = environment.add_extension(extensions::strings);
    Arc::new(environment)
});

/// A condition, compiled when it is first asked.
pub(super) struct Condition {
    source: String,
    program: OnceLock<Result<Program, String>>,
}

impl Condition {
    /// Takes a condition as it is written; [`Condition::check`] says whether it can be read.
    pub(super) fn new(source: impl Into<String>) -> Self {
        Self { source: source.into(), program: OnceLock::new() }
    }

    /// Whether it can be read and speaks only of `names`, and only with functions that are there.
    ///
    /// # Errors
    /// `Syntax`, with what CEL says.
    pub(super) fn check(&self, names: &[&str]) -> Result<()> {
        let program = self.program()?;
        let (references, mut loops) = (program.references(), Vec::new());
        loop_names(program.expression(), &mut loops);
        let known = |name: &str| names.contains(&name) || loops.contains(&name) || TYPES.contains(&name);
        let called = |name: &str| name.starts_with(|c: char| !c.is_ascii_alphabetic()) || FUNCTIONS.contains(&name);
        let (variables, functions) = (references.variables(), references.functions());
        let unknown = variables.into_iter().filter(|name| !known(name)).chain(functions.into_iter().filter(|name| !called(name)));
        match unknown.min() {
            None => Ok(()),
            Some(name) => {
                Err(Error::new(ErrorKind::Syntax, format!("the condition `{}` speaks of `{name}`, which is not there", self.source))
                    .hint(format!("there are {} and the functions {}", names.join(", "), FUNCTIONS.join(", "))))
            }
        }
    }

    /// Whether it holds for these variables.
    ///
    /// # Errors
    /// `Syntax` when it can't be read, fails on these values, or gives something other than true or false.
    pub(super) fn holds(&self, variables: &Variables) -> Result<bool> {
        self.holds_in(&Scope::root().with(variables.clone()))
    }

    /// Whether it holds for the variables of a scope: for many conditions on the same variables, which are made ready once then.
    ///
    /// # Errors
    /// As [`Condition::holds`].
    pub(super) fn holds_in(&self, scope: &Scope<'_>) -> Result<bool> {
        match self.program()?.execute(&scope.0) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(other) => Err(self.refuse(&format!("gives a {} instead of true or false", other.type_of()))),
            Err(error) => Err(self.refuse(&format!("can't be evaluated: {error}"))),
        }
    }

    fn program(&self) -> Result<&Program> {
        let compile = || {
            if self.source.len() > SOURCE_BYTES {
                return Err(format!("is longer than {SOURCE_BYTES} bytes"));
            }
            ENVIRONMENT.compile(&self.source).map_err(|errors| match errors.errors.first() {
                Some(first) => format!("can't be read: {} (character {})", first.msg, first.pos.1),
                None => "can't be read".to_owned(),
            })
        };
        self.program.get_or_init(compile).as_ref().map_err(|why| self.refuse(why))
    }

    fn refuse(&self, why: &str) -> Error {
        Error::new(ErrorKind::Syntax, format!("the condition `{}` {why}", self.source))
    }
}

impl std::fmt::Debug for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Condition").field(&self.source).finish()
    }
}

/// What conditions may call, operators left out.
const FUNCTIONS: [&str; 17] = [
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "matches",
    "string",
    "int",
    "double",
    "bool",
    "type",
    "lowerAscii",
    "upperAscii",
    "replace",
    "split",
    "substring",
    "trim",
    "crosses",
];

/// The names CEL gives its types.
const TYPES: [&str; 10] = ["int", "uint", "double", "bool", "string", "bytes", "list", "map", "null_type", "type"];

/// The names that the loops of an expression give to their items.
fn loop_names<'e>(expression: &'e IdedExpr, names: &mut Vec<&'e str>) {
    match &expression.expr {
        Expr::Comprehension(each) => {
            names.push(&each.iter_var);
            names.extend(each.iter_var2.as_deref());
            for part in [&each.iter_range, &each.accu_init, &each.loop_cond, &each.loop_step, &each.result] {
                loop_names(part, names);
            }
        }
        Expr::Call(call) => call.target.iter().map(|target| &**target).chain(&call.args).for_each(|part| loop_names(part, names)),
        Expr::List(list) => list.elements.iter().for_each(|part| loop_names(part, names)),
        Expr::Select(select) => loop_names(&select.operand, names),
        Expr::Map(map) => map.entries.iter().for_each(|entry| {
            if let EntryExpr::MapEntry(entry) = &entry.expr {
                loop_names(&entry.key, names);
                loop_names(&entry.value, names);
            }
        }),
        _ => {}
    }
}

fn context<'v>() -> Context<'static, 'v> {
    let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
    // Both names are free: `matches` comes with a feature of the library that is off, because it compiles the pattern at every call.
    let added = context.add_function("crosses", crosses).and_then(|()| context.add_function("matches", matches));
    debug_assert!(added.is_ok());
    context
}

/// `crosses(old, new, limit)`: whether the step from one version to the other reaches a third.
fn crosses(old: Arc<String>, new: Arc<String>, limit: Arc<String>) -> bool {
    let versions = (Version::parse(&old), Version::parse(&new), Version::parse(&limit));
    matches!(versions, (Ok(old), Ok(new), Ok(limit)) if old < limit && new >= limit)
}

/// `text.matches(pattern)`, as CEL defines it: whether the pattern finds something in the text.
fn matches(This(text): This<Arc<String>>, pattern: Arc<String>) -> Result<bool, ExecutionError> {
    thread_local! {
        static PATTERNS: RefCell<HashMap<Arc<String>, Regex>> = RefCell::default();
    }
    PATTERNS.with_borrow_mut(|patterns| {
        if let Some(regex) = patterns.get(&pattern) {
            return Ok(regex.is_match(&text));
        }
        let built = RegexBuilder::new(&pattern).size_limit(PATTERN_BYTES).build();
        let regex = built.map_err(|error| ExecutionError::function_error("matches", error))?;
        if patterns.len() >= KEPT_PATTERNS {
            patterns.clear();
        }
        let found = regex.is_match(&text);
        patterns.insert(pattern, regex);
        Ok(found)
    })
}

/// Variables made ready for conditions. A scope sees the variables of the one it was made from.
pub(super) struct Scope<'p>(Context<'p, 'static>);

impl Scope<'static> {
    /// A scope with functions and without variables.
    pub(super) fn root() -> Self {
        Self(context())
    }
}

impl Scope<'_> {
    /// A scope within this one.
    pub(super) fn with(&self, variables: Variables) -> Scope<'_> {
        let mut inner = self.0.new_inner_scope();
        for (name, value) in variables.0 {
            inner.add_variable_from_value(name, value);
        }
        Scope(inner)
    }
}

/// What a condition may speak of.
#[derive(Debug, Default, Clone)]
pub(super) struct Variables(Vec<(&'static str, Value)>);

impl Variables {
    /// Adds a text.
    #[must_use]
    pub(super) fn text(mut self, name: &'static str, text: &str) -> Self {
        self.0.push((name, cut(text)));
        self
    }

    /// Adds a value of a chart, cut to size; nothing is null.
    #[must_use]
    pub(super) fn node(mut self, name: &'static str, node: Option<&Node>) -> Self {
        self.0.push((
            name,
            node.map_or(Value::Null, |node| {
                let mut left = NODES;
                convert(&node.data, DEPTH, &mut left)
            }),
        ));
        self
    }

    /// Adds a list of texts, cut to size.
    #[must_use]
    pub(super) fn texts<'a>(mut self, name: &'static str, texts: impl IntoIterator<Item = &'a str>) -> Self {
        self.0.push((name, Value::List(Arc::new(texts.into_iter().take(ITEMS).map(cut).collect()))));
        self
    }

    /// Adds a value of a record, cut to size as a chart's values are.
    #[must_use]
    pub(super) fn json(mut self, name: &'static str, json: &Json) -> Self {
        self.0.push((name, convert_json(json, DEPTH, &mut { NODES })));
        self
    }

    /// Adds a mapping whose own entries are not cut off, only what is in them.
    #[must_use]
    pub(super) fn table<'j>(mut self, name: &'static str, entries: impl IntoIterator<Item = (&'j str, Json)>) -> Self {
        let entry = |(key, json): (&str, Json)| (Key::String(Arc::new(key.to_owned())), convert_json(&json, DEPTH, &mut { NODES }));
        let map = entries.into_iter().map(entry).collect::<HashMap<Key, Value>>();
        self.0.push((name, Value::Map(Map { map: Arc::new(map) })));
        self
    }

    /// Adds a mapping with other variables as its entries.
    #[must_use]
    pub(super) fn record(mut self, name: &'static str, entries: Self) -> Self {
        self.0.push((name, entries.into_value()));
        self
    }

    /// Adds a list of such mappings, cut to size.
    #[must_use]
    pub(super) fn records(mut self, name: &'static str, records: impl IntoIterator<Item = Self>) -> Self {
        self.0.push((name, Value::List(Arc::new(records.into_iter().take(ITEMS).map(Self::into_value).collect()))));
        self
    }

    fn into_value(self) -> Value {
        let map = self.0.into_iter().map(|(name, value)| (Key::String(Arc::new(name.to_owned())), value)).collect::<HashMap<Key, Value>>();
        Value::Map(Map { map: Arc::new(map) })
    }

    /// Adds a truth value.
    #[must_use]
    pub(super) fn flag(mut self, name: &'static str, flag: bool) -> Self {
        self.0.push((name, Value::Bool(flag)));
        self
    }
}

fn cut(text: &str) -> Value {
    Value::String(Arc::new(text.chars().take(TEXT_CHARS).collect()))
}

fn convert(data: &Data, depth: usize, left: &mut usize) -> Value {
    *left = left.saturating_sub(1);
    match data {
        Data::Null => Value::Null,
        Data::Bool(value) => Value::Bool(*value),
        Data::Int(value) => Value::Int(*value),
        Data::Uint(value) => Value::UInt(*value),
        Data::Float(value) => Value::Float(*value),
        Data::Str(text) => cut(text),
        Data::List(_) | Data::Map(_) if depth == 0 || *left == 0 => Value::Null,
        Data::List(items) => {
            let items = items.iter().take(ITEMS).map(|item| convert(&item.data, depth - 1, left));
            Value::List(Arc::new(items.collect()))
        }
        Data::Map(map) => {
            let entries = map.iter().take(ITEMS).map(|(key, entry)| {
                let key: String = key.chars().take(TEXT_CHARS).collect();
                (Key::String(Arc::new(key)), convert(&entry.value.data, depth - 1, left))
            });
            Value::Map(Map { map: Arc::new(entries.collect::<HashMap<Key, Value>>()) })
        }
    }
}

fn convert_json(json: &Json, depth: usize, left: &mut usize) -> Value {
    *left = left.saturating_sub(1);
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(value), _) => Value::Int(value),
            (None, Some(value)) => Value::UInt(value),
            (None, None) => Value::Float(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => cut(text),
        Json::Array(_) | Json::Object(_) if depth == 0 || *left == 0 => Value::Null,
        Json::Array(items) => Value::List(Arc::new(items.iter().take(ITEMS).map(|item| convert_json(item, depth - 1, left)).collect())),
        Json::Object(map) => {
            let entries = map.iter().take(ITEMS).map(|(key, value)| {
                let key: String = key.chars().take(TEXT_CHARS).collect();
                (Key::String(Arc::new(key)), convert_json(value, depth - 1, left))
            });
            Value::Map(Map { map: Arc::new(entries.collect::<HashMap<Key, Value>>()) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Variables {
        Variables::default().text("kind", "modified").node("old", None).texts("added", ["a: 1", "b: 2"]).flag("whole", false)
    }

    #[test]
    fn holds() {
        for (source, expected) in [
            ("kind == 'modified' && old == null", true),
            ("old == false", false),
            ("type(old) == bool", false),
            ("added.exists(line, line.startsWith('b'))", true),
            ("crosses('0.15.0', 'v1.2.0', '1.0.0')", true),
            ("crosses('1.0.0', '1.2.0', '1.0.0')", false),
            ("crosses('1.0.0-rc.1', '1.0.0', '1.0.0')", true),
            ("'a.b'.matches('^a[.]') && matches('a.b', 'b$') && !kind.matches('^x')", true),
            ("kind.replace('modi', 'recti').endsWith('rectified')", true),
        ] {
            assert_eq!(Condition::new(source).holds(&variables()).unwrap(), expected, "{source}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (source, message) in [
            ("kind ==", "can't be read"),
            ("nonsense == 1", "speaks of `nonsense`"),
            ("added.exists(line, wrong == line)", "speaks of `wrong`"),
            ("kind.explode()", "speaks of `explode`"),
        ] {
            let error = Condition::new(source).check(&["kind", "added"]).unwrap_err();
            assert!(error.to_string().contains(message), "{source}: {error}");
        }
        for (source, message) in [("kind", "gives a string"), ("old < 1", "can't be evaluated"), ("kind.matches('(')", "regex parse error")]
        {
            let error = Condition::new(source).holds(&variables()).unwrap_err();
            assert!(error.to_string().contains(message), "{source}: {error}");
        }
        let loops = "added.filter(line, line.lowerAscii() != '').exists(line, type(line) == string) ? size([added]) > 0 : false";
        Condition::new(loops).check(&["added"]).unwrap();
    }

    #[test]
    fn values_are_cut() {
        let long = "é".repeat(TEXT_CHARS * 3);
        let texts: Vec<&str> = std::iter::repeat_n("x", ITEMS * 3).collect();
        let variables = Variables::default().text("long", &long).texts("many", texts);
        let condition = Condition::new(format!("size(long) == {TEXT_CHARS} && size(many) == {ITEMS}"));
        assert!(condition.holds(&variables).unwrap());
    }
}
