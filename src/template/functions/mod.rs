//! Every function a template can call: Go's builtins, sprig 3.3's, Helm's own, one row each. A later family's row wins over an earlier
//! one's of the same name, as Helm's win over sprig's and sprig's over Go's.
//!
//! To add one: write it in its family's file and give it a row there. The executor converts arguments to the types of the row as Go does,
//! so a function gets what it asked for. Depends on values, fmt, encode, time, `version`.

mod builtins;
mod certificates;
mod ciphers;
mod crypto;
mod dates;
mod dicts;
mod encoding;
mod hashes;
mod helm;
mod keys;
mod lists;
mod lossless;
pub(crate) mod methods;
mod numbers;
mod paths;
mod regex_dialect;
mod regexes;
mod semver;
mod strings;
mod times;
mod types;
mod urls;
mod words;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use super::exec::{Call, Fail, Operand};
use super::profile::Profile;
use super::time::{LocalZone, Time, Zone};
use super::value::{Elem, List, Map, MapKind, Text, Value};
pub(crate) use regexes::{compile_go as compile_regex, translate_go as go_pattern};
pub(crate) use urls::{UrlParts, url_parts};

/// Whether a text is a date of a layout.
///
/// # Errors
/// Go's message.
pub(crate) fn date_matches(layout: &str, text: &str) -> Result<(), String> {
    let local = LocalZone::default();
    super::time::parse::parse(layout, text.as_bytes(), &Zone::Utc, &local).map(|_| ())
}

/// What a function returns.
pub(crate) type Outcome = Result<Value, Fail>;

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Param {
    /// `interface {}`.
    Any,
    /// `reflect.Value`: nil stays what it was.
    Raw,
    Str,
    Int,
    Uint32,
    Float,
    Bool,
    /// `map[string]interface {}`.
    Map,
    /// `[]interface {}`.
    List,
    Time,
    Duration,
    /// `[]uint8`.
    Bytes,
    /// `*time.Location`.
    Location,
    /// `*semver.Version`.
    Version,
    Certificate,
}

impl Param {
    /// Its Go name.
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Param::Any => "interface {}",
            Param::Raw => "reflect.Value",
            Param::Str => "string",
            Param::Int => "int",
            Param::Uint32 => "uint32",
            Param::Float => "float64",
            Param::Bool => "bool",
            Param::Map => "map[string]interface {}",
            Param::List => "[]interface {}",
            Param::Time => "time.Time",
            Param::Duration => "time.Duration",
            Param::Bytes => "[]uint8",
            Param::Location => "*time.Location",
            Param::Version => "*semver.Version",
            Param::Certificate => "sprig.certificate",
        }
    }

    /// Whether a value can be passed as it is.
    pub(crate) fn takes(self, value: &Value) -> bool {
        match (self, value) {
            (Param::Any | Param::Raw, _)
            | (Param::Str, Value::Str(_))
            | (Param::Int, Value::Int(_))
            | (Param::Float, Value::Float(_))
            | (Param::Bool, Value::Bool(_))
            | (Param::Time, Value::Time(_))
            | (Param::Duration, Value::Duration(_))
            | (Param::Bytes, Value::Bytes(_))
            | (Param::Location, Value::Location(_))
            | (Param::Version, Value::Version(_)) => true,
            (Param::Map, Value::Map(map)) => matches!(map.kind, MapKind::Any | MapKind::Values(_)),
            (Param::List, Value::List(list)) => list.elem == Elem::Any,
            (Param::Certificate, Value::Struct(object)) => std::ptr::eq(object.of, &raw const crypto::CERTIFICATE),
            _ => false,
        }
    }
}

/// The arguments of a call, already of the row's types.
#[derive(Clone, Copy)]
pub(crate) struct Args<'a>(&'a [Operand]);

impl<'a> Args<'a> {
    pub(crate) fn new(operands: &'a [Operand]) -> Self {
        Self(operands)
    }

    pub(crate) fn len(self) -> usize {
        self.0.len()
    }

    pub(crate) fn raw(self, index: usize) -> &'a Operand {
        self.0.get(index).unwrap_or(&Operand::INVALID)
    }

    pub(crate) fn any(self, index: usize) -> &'a Value {
        &self.raw(index).value
    }

    pub(crate) fn text(self, index: usize) -> &'a [u8] {
        match self.any(index) {
            Value::Str(text) => text,
            _ => b"",
        }
    }

    /// The text with invalid sequences replaced.
    pub(crate) fn str(self, index: usize) -> Cow<'a, str> {
        bstr::ByteSlice::to_str_lossy(self.text(index))
    }

    pub(crate) fn int(self, index: usize) -> i64 {
        match self.any(index) {
            Value::Int(number) => *number,
            _ => 0,
        }
    }

    /// The moment; the zero time where there is none, which a row with this parameter rules out.
    pub(crate) fn time(self, index: usize) -> Cow<'a, Time> {
        match self.any(index) {
            Value::Time(time) => Cow::Borrowed(time),
            _ => Cow::Owned(Time::zero()),
        }
    }

    pub(crate) fn duration(self, index: usize) -> i64 {
        match self.any(index) {
            Value::Duration(nanoseconds) => *nanoseconds,
            _ => 0,
        }
    }

    pub(crate) fn bool(self, index: usize) -> bool {
        matches!(self.any(index), Value::Bool(true))
    }

    pub(crate) fn map(self, index: usize) -> Map {
        match self.any(index) {
            Value::Map(map) => map.clone(),
            _ => Map::nil(),
        }
    }

    pub(crate) fn list(self, index: usize) -> List {
        match self.any(index) {
            Value::List(list) => list.clone(),
            _ => List::nil(Elem::Any),
        }
    }

    /// The arguments from an index on.
    pub(crate) fn from(self, index: usize) -> impl DoubleEndedIterator<Item = &'a Value> + ExactSizeIterator {
        self.0.get(index..).unwrap_or_default().iter().map(|operand| &operand.value)
    }

    /// The same as owned values.
    pub(crate) fn values(self, index: usize) -> Vec<Value> {
        self.from(index).cloned().collect()
    }
}

/// What runs.
#[derive(Clone, Copy)]
pub(crate) enum Body {
    Plain(fn(&Call<'_>, Args<'_>) -> Outcome),
    /// `and` (false) and `or` (true): the executor stops at the first argument with this truth.
    Deciding(bool),
    /// What text/template says before it calls a method of results it can't use.
    Unfit(&'static str),
}

/// A row of the table.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    /// The types of the parameters that must be given.
    pub(crate) params: &'static [Param],
    /// The type of any number of further ones.
    pub(crate) rest: Option<Param>,
    pub(crate) body: Body,
    /// Whether it goes through its arguments as deep as they are: how large they are is asked before it runs.
    pub(crate) walks: bool,
    /// Whether the Helm version has it.
    exists: fn(&Profile) -> bool,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

type Run = fn(&Call<'_>, Args<'_>) -> Outcome;

/// A function with exactly these parameters.
const fn fixed(name: &'static str, params: &'static [Param], run: Run) -> Function {
    Function { name, params, rest: None, body: Body::Plain(run), walks: false, exists: |_| true }
}

/// A function with these parameters and any number more of one type.
const fn open(name: &'static str, params: &'static [Param], rest: Param, run: Run) -> Function {
    Function { name, params, rest: Some(rest), body: Body::Plain(run), walks: false, exists: |_| true }
}

/// A method that no template can call, because of its results.
const fn unfit(name: &'static str, problem: &'static str) -> Function {
    Function { name, params: &[Param::Any], rest: None, body: Body::Unfit(problem), walks: false, exists: |_| true }
}

impl Function {
    /// The same row, of a function that walks through its arguments.
    const fn walking(mut self) -> Self {
        self.walks = true;
        self
    }

    /// The same row, only where the Helm version has it.
    const fn when(mut self, exists: fn(&Profile) -> bool) -> Self {
        self.exists = exists;
        self
    }
}

const FAMILIES: &[&[Function]] = &[
    builtins::ROWS,
    strings::ROWS,
    words::ROWS,
    numbers::ROWS,
    lists::ROWS,
    dicts::ROWS,
    types::ROWS,
    encoding::ROWS,
    hashes::ROWS,
    crypto::ROWS,
    certificates::ROWS,
    keys::ROWS,
    ciphers::ROWS,
    dates::ROWS,
    paths::ROWS,
    urls::ROWS,
    regexes::ROWS,
    semver::ROWS,
    helm::ROWS,
];

static TABLE: LazyLock<HashMap<&'static str, &'static Function, foldhash::fast::RandomState>> =
    LazyLock::new(|| FAMILIES.iter().flat_map(|rows| rows.iter()).map(|row| (row.name, row)).collect());

/// The function of that name, when the Helm version has it.
pub(crate) fn find(name: &str, profile: &Profile) -> Option<&'static Function> {
    TABLE.get(name).copied().filter(|function| (function.exists)(profile))
}

/// What Go says where a nil interface is asked for its type.
const NIL_DEREFERENCE: &str = "runtime error: invalid memory address or nil pointer dereference";

/// sprig's `strval`: a string for anything.
fn to_text(value: &Value) -> Text {
    match value {
        Value::Str(text) | Value::Bytes(text) => text.clone(),
        other => super::fmt::shown(other).into(),
    }
}

/// sprig's `strslice`: the elements as strings without nils; of anything else a list of one.
fn to_texts(value: &Value) -> Vec<Text> {
    match value {
        Value::Nil => Vec::new(),
        Value::List(list) => list.items().iter().filter(|item| !matches!(item, Value::Nil)).map(to_text).collect(),
        Value::Bytes(bytes) => bytes.iter().map(|byte| byte.to_string().into()).collect(),
        other => vec![to_text(other)],
    }
}

/// The same as a list; of a `[]string` without elements it is as nil as that one was.
fn texts_of(value: &Value, sorted: bool) -> Value {
    if let Value::List(list) = value
        && list.elem == Elem::Str
        && list.items.is_none()
    {
        return value.clone();
    }
    let mut texts = to_texts(value);
    if sorted {
        texts.sort();
    }
    Value::texts(texts)
}

#[cfg(test)]
mod tests;
