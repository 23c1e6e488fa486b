//! The functions of text/template itself (Go 1.23 `text/template/funcs.go`).

use std::cmp::Ordering;

use super::{Args, Body, Function, Outcome, Param, fixed, open};
use crate::template::exec::{Call, Fail, Operand};
use crate::template::fmt::{self, is_print, shown_text};
use crate::template::value::{Text, Value};
use Param::{Any, Raw, Str};

const fn deciding(name: &'static str, truth: bool) -> Function {
    Function { name, params: &[Raw], rest: Some(Raw), body: Body::Deciding(truth), walks: false, exists: |_| true }
}

pub(super) const ROWS: &[Function] = &[
    deciding("and", false),
    deciding("or", true),
    fixed("not", &[Raw], |_, args| Ok(Value::Bool(!args.any(0).truth()))),
    open("eq", &[Raw], Raw, |call, args| eq(call, args).map(Value::Bool)).walking(),
    fixed("ne", &[Raw, Raw], |call, args| eq(call, args).map(|equal| Value::Bool(!equal))).walking(),
    fixed("lt", &[Raw, Raw], |call, args| less(call, args).map(Value::Bool)),
    fixed("le", &[Raw, Raw], |call, args| Ok(Value::Bool(less(call, args)? || eq(call, args)?))),
    fixed("gt", &[Raw, Raw], |call, args| Ok(Value::Bool(!(less(call, args)? || eq(call, args)?)))),
    fixed("ge", &[Raw, Raw], |call, args| less(call, args).map(|less| Value::Bool(!less))),
    open("index", &[Raw], Raw, index),
    fixed("len", &[Raw], len),
    open("call", &[Raw], Raw, |call, args| match args.any(0) {
        Value::Nil => Err("call of nil".into()),
        value => {
            let written = call.written.first().map(|written| written.shown(call.site.0)).unwrap_or_default();
            Err(format!("non-function {written} of type {}", value.type_name()).into())
        }
    }),
    open("print", &[], Any, |_, args| Ok(Value::text(printed(args)))).walking(),
    open("println", &[], Any, println).walking(),
    open("printf", &[Str], Any, |call, args| {
        let most = call.longest_string();
        Ok(Value::text(fmt::printf_within(args.text(0), &args.values(1), most)))
    })
    .walking(),
    open("html", &[], Any, |_, args| Ok(Value::text(html(&joined(args))))).walking(),
    open("js", &[], Any, |_, args| Ok(Value::text(js(&joined(args))))).walking(),
    open("urlquery", &[], Any, |_, args| Ok(Value::text(super::urls::query_escape(&joined(args))))).walking(),
];

fn printed(args: Args<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    fmt::print(&mut out, &args.values(0));
    out
}

/// What `html`, `js` and `urlquery` work on: nil is `<no value>` there.
fn joined(args: Args<'_>) -> Vec<u8> {
    match args.any(0) {
        Value::Str(text) if args.len() == 1 => text.to_vec(),
        _ => {
            let mut values = args.values(0);
            for value in &mut values {
                if let Value::Nil = value {
                    *value = Value::text("<no value>");
                }
            }
            let mut out = Vec::new();
            fmt::print(&mut out, &values);
            out
        }
    }
}

fn println(_: &Call<'_>, args: Args<'_>) -> Outcome {
    let mut out = Vec::new();
    for (index, value) in args.from(0).enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        fmt::print_value(&mut out, value);
    }
    out.push(b'\n');
    Ok(Value::text(out))
}

/// The kinds that can be compared.
#[derive(PartialEq, Eq, Clone, Copy)]
enum Basic {
    Bool,
    Int,
    Uint,
    Float,
    Text,
    Other,
}

fn basic(value: &Value) -> Basic {
    match value {
        Value::Bool(_) => Basic::Bool,
        Value::Int(_) | Value::Int64(_) | Value::Duration(_) | Value::Ordinal(..) => Basic::Int,
        Value::Uint64(_) | Value::Uint8(_) => Basic::Uint,
        Value::Float(_) => Basic::Float,
        Value::Str(_) => Basic::Text,
        _ => Basic::Other,
    }
}

/// The number behind an integer of any type.
fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Int(number) | Value::Int64(number) | Value::Duration(number) | Value::Ordinal(_, number) => Some(i128::from(*number)),
        Value::Uint64(number) => Some(i128::from(*number)),
        Value::Uint8(number) => Some(i128::from(*number)),
        _ => None,
    }
}

fn incompatible(call: &Call<'_>, a: &Value, b: &Value) -> Fail {
    let message = "incompatible types for comparison";
    if call.profile().comparison_names_types {
        return format!("{message}: {} and {}", a.type_name(), b.type_name()).into();
    }
    message.into()
}

/// Whether the first argument equals one of the others.
fn eq(call: &Call<'_>, args: Args<'_>) -> Result<bool, Fail> {
    if args.len() < 2 {
        return Err("missing argument for comparison".into());
    }
    let first = args.any(0);
    for other in args.from(1) {
        if equal(call, first, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn equal(call: &Call<'_>, a: &Value, b: &Value) -> Result<bool, Fail> {
    if let (Some(a), Some(b)) = (integer(a), integer(b)) {
        return Ok(a == b);
    }
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
        (Value::Float(a), Value::Float(b)) => Ok(a == b),
        (Value::Str(a), Value::Str(b)) => Ok(a == b),
        _ if basic(a) != basic(b) => {
            if matches!(a, Value::Nil) || matches!(b, Value::Nil) {
                return Ok(false);
            }
            Err(incompatible(call, a, b))
        }
        _ => equal_others(a, b),
    }
}

fn equal_others(a: &Value, b: &Value) -> Result<bool, Fail> {
    if !matches!(a, Value::Nil) && !matches!(b, Value::Nil) && a.kind_name() != b.kind_name() {
        let (type_a, type_b) = (a.type_name(), b.type_name());
        let a = String::from_utf8_lossy(&fmt::printf(b"%s", std::slice::from_ref(a))).into_owned();
        return Err(format!("non-comparable types {a}: {type_a}, {type_b}: {}", shown_text(b)).into());
    }
    let nil = (is_nil(a), is_nil(b));
    match (a, b) {
        _ if nil.0 || nil.1 => Ok(nil.0 == nil.1),
        (Value::Struct(one), Value::Struct(other)) if one.of.pointer => Ok(std::rc::Rc::ptr_eq(one, other)),
        (Value::Struct(_), Value::Struct(_)) if is_comparable(b) => Ok(a.deep_equal(b)),
        (Value::Time(a), Value::Time(b)) => Ok(a == b),
        (Value::Version(a), Value::Version(b)) => Ok(std::rc::Rc::ptr_eq(a, b)),
        (Value::VersionCopy(_), Value::VersionCopy(_)) => Ok(a.deep_equal(b)),
        (Value::Location(a), Value::Location(b)) => Ok(a == b),
        _ => {
            let shown = String::from_utf8_lossy(&fmt::printf(b"%s", std::slice::from_ref(b))).into_owned();
            Err(format!("non-comparable type {shown}: {}", b.type_name()).into())
        }
    }
}

/// Whether Go compares values of this type: neither lists nor maps, nor structs with such fields.
fn is_comparable(value: &Value) -> bool {
    match value {
        Value::List(_) | Value::Map(_) | Value::Bytes(_) => false,
        Value::Struct(object) if !object.of.pointer => object.fields.iter().all(is_comparable),
        _ => true,
    }
}

fn is_nil(value: &Value) -> bool {
    matches!(value, Value::Nil) || value.is_nil_reference()
}

fn less(call: &Call<'_>, args: Args<'_>) -> Result<bool, Fail> {
    let (a, b) = (args.any(0), args.any(1));
    if basic(a) == Basic::Other || basic(b) == Basic::Other {
        return Err("invalid type for comparison".into());
    }
    if let (Some(a), Some(b)) = (integer(a), integer(b)) {
        return Ok(a < b);
    }
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => Ok(a.partial_cmp(b) == Some(Ordering::Less)),
        (Value::Str(a), Value::Str(b)) => Ok(a < b),
        (Value::Bool(_), Value::Bool(_)) => Err("invalid type for comparison".into()),
        _ => Err(incompatible(call, a, b)),
    }
}

fn index(_: &Call<'_>, args: Args<'_>) -> Outcome {
    let mut item = args.raw(0).clone();
    if let Value::Nil = item.value {
        return Err("index of untyped nil".into());
    }
    for position in 1..args.len() {
        item = index_one(&item, args.any(position))?;
    }
    Ok(item.value)
}

fn index_one(item: &Operand, index: &Value) -> Result<Operand, Fail> {
    match &item.value {
        Value::Nil => Err("index of nil pointer".into()),
        Value::List(list) => {
            let boxed = list.elem == crate::template::value::Elem::Any;
            let at = position(index, list.items().len())?;
            list.items()
                .get(at)
                .map(|value| Operand { value: value.clone(), boxed })
                .ok_or_else(|| "reflect: slice index out of range".into())
        }
        Value::Bytes(text) | Value::Str(text) => {
            let at = position(index, text.len())?;
            let kind = if matches!(item.value, Value::Str(_)) { "string" } else { "slice" };
            text.get(at).map(|byte| Operand::bare(Value::Uint8(*byte))).ok_or_else(|| format!("reflect: {kind} index out of range").into())
        }
        Value::Map(map) => match index {
            Value::Str(key) => Ok(crate::template::exec::entry(map, key)),
            Value::Nil => Err("value is nil; should be of type string".into()),
            other => Err(format!("value has type {}; should be string", other.type_name()).into()),
        },
        other => Err(format!("can't index item of type {}", other.type_name().trim_start_matches('*')).into()),
    }
}

/// An index that may be as large as the length: Go's check is off by one, and the slice itself then refuses.
fn position(index: &Value, length: usize) -> Result<usize, Fail> {
    let number = match index {
        Value::Nil => return Err("cannot index slice/array with nil".into()),
        other => integer(other).ok_or_else(|| format!("cannot index slice/array with type {}", other.type_name()))?,
    };
    match usize::try_from(number) {
        Ok(at) if at <= length => Ok(at),
        _ => Err(format!("index out of range: {number}").into()),
    }
}

fn len(_: &Call<'_>, args: Args<'_>) -> Outcome {
    let operand = args.raw(0);
    let length = match &operand.value {
        Value::Nil if operand.boxed => return Err("len of nil pointer".into()),
        Value::Nil => return Err("reflect: call of reflect.Value.Type on zero Value".into()),
        Value::Str(text) | Value::Bytes(text) => text.len(),
        Value::List(list) => list.items().len(),
        Value::Map(map) => map.len(),
        other => return Err(format!("len of type {}", other.type_name().trim_start_matches('*')).into()),
    };
    Ok(Value::Int(length as i64))
}

fn html(text: &[u8]) -> Text {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            0 => out.extend_from_slice("\u{FFFD}".as_bytes()),
            b'"' => out.extend_from_slice(b"&#34;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            other => out.push(*other),
        }
    }
    out.into()
}

fn js(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for c in String::from_utf8_lossy(text).chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '"' => out.push_str("\\\""),
            '<' | '>' | '&' | '=' => out.push_str(&format!("\\u{:04X}", c as u32)),
            c if c < ' ' || (!c.is_ascii() && !is_print(c)) => out.push_str(&format!("\\u{:04X}", c as u32)),
            c => out.push(c),
        }
    }
    out
}
