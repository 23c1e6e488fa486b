//! The grammar of `--set` and its kin (Helm 3.17 `pkg/strvals`). Text in, values set in a map.
//!
//! Uses `template::value` and `error`; files for `--set-file` are read by whoever calls.

use std::cell::RefCell;

use crate::error::{Error, ErrorKind, Result};
use crate::template::parse_json;
use crate::template::value::{List, Map, Table, Value};

/// How deep `a.b.c…` may go (strvals `MaxNestedNameLevel`).
pub(super) const MAX_NESTED_NAME_LEVEL: usize = 30;
/// The largest index of `a[N]` (strvals `MaxIndex`).
pub(super) const MAX_INDEX: i64 = 65_536;

/// How deep lists may nest: `a[0][0]…`. Helm has no such limit.
pub(super) const MAX_LIST_NESTING: usize = 1_000;

/// Which flag the text belongs to.
#[derive(Clone, Copy)]
pub(super) enum Flag<'a> {
    /// `--set`: values get a type.
    Set,
    /// `--set-string`: values are strings.
    SetString,
    /// `--set-file`: values are paths, replaced by what this reads there.
    SetFile(&'a dyn Fn(&str) -> Result<String>),
    /// `--set-literal`: everything behind the first `=` is one string.
    SetLiteral,
    /// `--set-json`: values are JSON.
    SetJson,
}

impl Flag<'_> {
    /// The flag as it is typed.
    pub(super) fn name(self) -> &'static str {
        match self {
            Flag::Set => "--set",
            Flag::SetString => "--set-string",
            Flag::SetFile(_) => "--set-file",
            Flag::SetLiteral => "--set-literal",
            Flag::SetJson => "--set-json",
        }
    }
}

/// Reads the texts of one flag as one Helm version does.
#[derive(Clone, Copy)]
pub(super) struct Setter<'a> {
    pub(super) flag: Flag<'a>,
    /// A text that ends inside an index is read up to there and no further, without an error.
    pub(super) ignores_open_index: bool,
}

impl Setter<'_> {
    /// Reads `text` and sets what it says in `values`. On an error `values` may hold a part of it, as in Helm.
    ///
    /// # Errors
    /// `Syntax` with Helm's own text: `failed parsing --set data: key "a" has no value`.
    pub(super) fn set(self, text: &str, values: &Map) -> Result<()> {
        let flag = self.flag;
        let mut parser = Parser { flag, ignores_open_index: self.ignores_open_index, rest: text, nesting: 0 };
        loop {
            match parser.key(values, 0) {
                Ok(()) => {}
                Err(Stop::End) => return Ok(()),
                Err(Stop::Wrong(why)) => {
                    return Err(match flag {
                        Flag::SetJson => Error::new(ErrorKind::Syntax, format!("failed parsing --set-json data {text}")).hint(why),
                        _ => Error::new(ErrorKind::Syntax, format!("failed parsing {} data: {why}", flag.name())),
                    });
                }
                Err(Stop::Failed(error)) => return Err(error.context(format!("failed parsing {} data", flag.name()))),
            }
        }
    }
}

/// The paths of the files that a `--set-file` text names, in its order.
///
/// # Errors
/// `Syntax` in Helm's words for a text that can't be read.
pub fn set_file_paths(text: &str) -> Result<Vec<String>> {
    let paths = RefCell::new(Vec::new());
    let note = |path: &str| {
        paths.borrow_mut().push(path.to_owned());
        Ok(String::new())
    };
    // What is wrong with an index is told when the values are set.
    Setter { flag: Flag::SetFile(&note), ignores_open_index: true }.set(text, &Map::new(Table::new()))?;
    Ok(paths.into_inner())
}

/// Why reading stopped.
enum Stop {
    /// The text is at its end: all is read.
    End,
    /// The text is wrong.
    Wrong(String),
    /// A file could not be read.
    Failed(Error),
}

type Read<T> = std::result::Result<T, Stop>;

fn wrong<T>(why: impl Into<String>) -> Read<T> {
    Err(Stop::Wrong(why.into()))
}

struct Parser<'a> {
    flag: Flag<'a>,
    ignores_open_index: bool,
    rest: &'a str,
    /// How many lists are open.
    nesting: usize,
}

impl Parser<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    /// The text up to one of `stops`, which is read, too, and `None` at the end. A backslash takes the next character as it is.
    fn until(&mut self, stops: &str) -> (String, Option<char>) {
        let mut text = String::new();
        while let Some(c) = self.next() {
            if stops.contains(c) {
                return (text, Some(c));
            }
            if c == '\\' && !matches!(self.flag, Flag::SetLiteral) {
                match self.next() {
                    Some(escaped) => text.push(escaped),
                    None => return (text, None),
                }
            } else {
                text.push(c);
            }
        }
        (text, None)
    }

    fn key(&mut self, values: &Map, level: usize) -> Read<()> {
        let stops = if matches!(self.flag, Flag::SetLiteral) { "=[." } else { "=[,." };
        let (key, stop) = self.until(stops);
        match stop {
            None if key.is_empty() => Err(Stop::End),
            None => wrong(format!("key {key:?} has no value")),
            Some('[') => self.indexed(values, key, level),
            Some('=') => {
                let value = self.value()?;
                store(values, key, value);
                Ok(())
            }
            Some(',') => {
                store(values, key.clone(), Value::text(""));
                wrong(format!("key {key:?} has no value (cannot end with ,)"))
            }
            Some(_) => self.nested(values, key, level + 1),
        }
    }

    fn indexed(&mut self, values: &Map, key: String, level: usize) -> Read<()> {
        let index = self.index()?;
        let list = match values.get(key.as_bytes()) {
            None => Vec::new(),
            Some(Value::List(list)) => list.items().to_vec(),
            Some(other) => return wrong(format!("unable to parse key: {}", not_a("[]interface {}", &other))),
        };
        match self.item(list.clone(), index, level) {
            Ok(list) => store(values, key, Value::list(list)),
            Err(stop) => {
                // Helm keeps the list as it was, be it a new one, even when the text ends here.
                store(values, key, Value::list(list));
                return Err(stop);
            }
        }
        Ok(())
    }

    fn nested(&mut self, values: &Map, key: String, level: usize) -> Read<()> {
        if level > MAX_NESTED_NAME_LEVEL {
            return wrong(format!("value name nested level is greater than maximum supported nested level of {MAX_NESTED_NAME_LEVEL}"));
        }
        let inner = match values.get(key.as_bytes()) {
            None => Map::new(Table::new()),
            Some(Value::Map(map)) => map,
            Some(other) => return wrong(format!("unable to parse key: {}", not_a("map[string]interface {}", &other))),
        };
        let read = self.key(&inner, level);
        if read.is_ok() && inner.is_empty() {
            return wrong(format!("key map {key:?} has no value"));
        }
        if !inner.is_empty() {
            store(values, key, Value::Map(inner));
        }
        read
    }

    fn index(&mut self) -> Read<i64> {
        let (text, stop) = self.until("]");
        if stop.is_none() {
            return if self.ignores_open_index { Err(Stop::End) } else { wrong("error parsing index: EOF") };
        }
        text.parse().or_else(|_| {
            let digits = text.strip_prefix(['+', '-']).unwrap_or(&text);
            let why =
                if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) { "value out of range" } else { "invalid syntax" };
            wrong(format!("error parsing index: strconv.Atoi: parsing {text:?}: {why}"))
        })
    }

    fn item(&mut self, list: Vec<Value>, index: i64, level: usize) -> Read<Vec<Value>> {
        let Ok(at) = usize::try_from(index) else {
            return wrong(format!("negative {index} index not allowed"));
        };
        let (text, stop) = self.until("[.=");
        if !text.is_empty() {
            let runes: Vec<String> = text.chars().map(|c| format!("{c:?}")).collect();
            return wrong(format!("unexpected data at end of array index: [{}]", runes.join(" ")));
        }
        match stop {
            None => Err(Stop::End),
            Some('=') => {
                let value = self.value()?;
                put(list, index, at, value)
            }
            Some('[') => {
                self.nesting += 1;
                if self.nesting > MAX_LIST_NESTING {
                    return wrong(format!("lists nest deeper than {MAX_LIST_NESTING}"));
                }
                let next = self.index()?;
                let inner = match list.get(at) {
                    None | Some(Value::Nil) => Vec::new(),
                    Some(Value::List(inner)) => inner.items().to_vec(),
                    Some(other) => return wrong(format!("unable to parse key: {}", not_a("[]interface {}", other))),
                };
                let inner = self.item(inner, next, level)?;
                self.nesting -= 1;
                put(list, index, at, Value::list(inner))
            }
            Some(_) => {
                let inner = match list.get(at) {
                    Some(Value::Map(inner)) => inner.clone(),
                    _ => Map::new(Table::new()),
                };
                self.key(&inner, level)?;
                put(list, index, at, Value::Map(inner))
            }
        }
    }

    /// What stands behind the `=`.
    fn value(&mut self) -> Read<Value> {
        match self.flag {
            Flag::SetLiteral => Ok(Value::text(std::mem::take(&mut self.rest))),
            Flag::SetJson => self.json(),
            _ if self.rest.is_empty() => Ok(Value::text("")),
            _ if self.rest.starts_with('{') => self.list(),
            _ => {
                let (text, _) = self.until(",");
                self.typed(text)
            }
        }
    }

    fn list(&mut self) -> Read<Value> {
        self.rest = &self.rest[1..];
        let mut items = Vec::new();
        loop {
            let (text, stop) = self.until(",}");
            match stop {
                None => return wrong("list must terminate with '}'"),
                Some(stop) => {
                    items.push(self.typed(text)?);
                    if stop == '}' {
                        self.rest = self.rest.strip_prefix(',').unwrap_or(self.rest);
                        return Ok(Value::List(List::of(crate::template::value::Elem::Any, items)));
                    }
                }
            }
        }
    }

    fn typed(&self, text: String) -> Read<Value> {
        match self.flag {
            Flag::Set => Ok(typed(text)),
            Flag::SetFile(read) => read(&text).map(Value::text).map_err(Stop::Failed),
            _ => Ok(Value::text(text)),
        }
    }

    fn json(&mut self) -> Read<Value> {
        if self.blank() {
            return Ok(Value::Nil);
        }
        // The stream only finds where the value ends: what it says is read as encoding/json does.
        let mut stream = serde_json::Deserializer::from_str(self.rest).into_iter::<serde::de::IgnoredAny>();
        match stream.next() {
            Some(Ok(_)) => {
                let (value, rest) = self.rest.split_at(stream.byte_offset());
                self.rest = rest;
                self.blank();
                parse_json(value.as_bytes()).or_else(wrong)
            }
            Some(Err(why)) => wrong(why.to_string()),
            None => Ok(Value::Nil),
        }
    }

    /// Skips white space and one comma; true when that, or the end, was reached.
    fn blank(&mut self) -> bool {
        loop {
            match self.rest.chars().next() {
                None => return true,
                Some(',') => {
                    self.rest = &self.rest[1..];
                    return true;
                }
                Some(c) if c.is_whitespace() => self.rest = &self.rest[c.len_utf8()..],
                Some(_) => return false,
            }
        }
    }
}

/// What `--set` makes of a text: a boolean, null, a whole number that doesn't begin with a zero, else a string.
fn typed(text: String) -> Value {
    if text.eq_ignore_ascii_case("true") {
        return Value::Bool(true);
    }
    if text.eq_ignore_ascii_case("false") {
        return Value::Bool(false);
    }
    if text.eq_ignore_ascii_case("null") {
        return Value::Nil;
    }
    if text == "0" {
        return Value::Int64(0);
    }
    match text.parse::<i64>() {
        Ok(number) if !text.starts_with('0') => Value::Int64(number),
        _ => Value::text(text),
    }
}

/// An empty key is never stored.
fn store(values: &Map, key: String, value: Value) {
    if !key.is_empty() {
        values.set(key.into(), value);
    }
}

fn put(mut list: Vec<Value>, index: i64, at: usize, value: Value) -> Read<Vec<Value>> {
    if index > MAX_INDEX {
        return wrong(format!("index of {index} is greater than maximum supported index of {MAX_INDEX}"));
    }
    if list.len() <= at {
        list.resize(at + 1, Value::Nil);
    }
    list[at] = value;
    Ok(list)
}

/// Go's words for a failed type assertion.
fn not_a(wanted: &str, value: &Value) -> String {
    let found = match value {
        Value::Nil => "nil".to_owned(),
        other => other.type_name(),
    };
    format!("interface conversion: interface {{}} is {found}, not {wanted}")
}
