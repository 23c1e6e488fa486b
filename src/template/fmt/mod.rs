//! Go's `fmt` and `strconv` as templates meet them: how values print, `printf` and its error forms, quoting, floats. Depends on values.

mod float;
mod inside;
mod printf;

use std::io::Write as _;

pub(crate) use super::value::MAX_DEPTH;
use super::value::{List, Map, Value};

pub(crate) use crate::quote::{is_print, quote, unquote, unquote_char};
pub(crate) use float::{general, json_number, shortest};
pub(crate) use inside::inside;
pub(crate) use printf::{printf, printf_within};

/// What stands for the address that Go prints for a pointer inside another value.
const ADDRESS: u64 = 0xc0_0000_0000;

/// Appends a value as `%v` prints it.
pub(crate) fn print_value(out: &mut Vec<u8>, value: &Value) {
    print_nested(out, value, 0);
}

/// The text of a value as `%v` prints it.
pub(crate) fn shown(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    print_value(&mut out, value);
    out
}

/// The same for error messages.
pub(crate) fn shown_text(value: &Value) -> String {
    String::from_utf8_lossy(&shown(value)).into_owned()
}

/// Appends operands as `fmt.Sprint` does: a space between two neighbours when neither is a string.
pub(crate) fn print(out: &mut Vec<u8>, values: &[Value]) {
    let mut last_was_text = true;
    for (index, value) in values.iter().enumerate() {
        let is_text = matches!(value, Value::Str(_));
        if index > 0 && !is_text && !last_was_text {
            out.push(b' ');
        }
        print_value(out, value);
        last_was_text = is_text;
    }
}

fn print_nested(out: &mut Vec<u8>, value: &Value, depth: usize) {
    if depth > MAX_DEPTH {
        out.extend_from_slice("…".as_bytes());
        return;
    }
    match value {
        Value::Nil => out.extend_from_slice(b"<nil>"),
        Value::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        Value::Int(value) | Value::Int64(value) => push_display(out, value),
        Value::Uint64(value) => push_display(out, value),
        Value::Uint8(value) => push_display(out, value),
        Value::Float(value) => out.extend_from_slice(general(*value).as_bytes()),
        Value::Str(text) => out.extend_from_slice(text),
        Value::Bytes(bytes) => print_sequence(out, bytes.iter(), push_display),
        Value::List(list) => print_list(out, list, depth),
        Value::Map(map) => print_map(out, map, depth),
        Value::Struct(object) if object.of.pointer && depth > 0 => push_display(out, format_args!("{ADDRESS:#x}")),
        Value::Struct(object) => {
            out.extend_from_slice(if object.of.pointer { b"&{" } else { b"{" });
            for (index, field) in object.fields.iter().enumerate() {
                if index > 0 {
                    out.push(b' ');
                }
                print_nested(out, field, depth + 1);
            }
            out.push(b'}');
        }
        Value::Time(time) => push_display(out, time),
        Value::Duration(nanoseconds) => out.extend_from_slice(super::time::duration::text(*nanoseconds).as_bytes()),
        Value::Location(zone) => push_display(out, zone.name()),
        Value::Version(version) | Value::VersionCopy(version) => push_display(out, version),
        Value::Ordinal(of, number) => push_display(out, of.name(*number)),
    }
}

fn push_display(out: &mut Vec<u8>, value: impl std::fmt::Display) {
    // Writing to memory can't fail.
    let _ = write!(out, "{value}");
}

fn print_sequence<T>(out: &mut Vec<u8>, items: impl Iterator<Item = T>, mut print: impl FnMut(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        print(out, item);
    }
    out.push(b']');
}

fn print_list(out: &mut Vec<u8>, list: &List, depth: usize) {
    print_sequence(out, list.items().iter(), |out, item| print_nested(out, item, depth + 1));
}

fn print_map(out: &mut Vec<u8>, map: &Map, depth: usize) {
    out.extend_from_slice(b"map[");
    for (index, (key, value)) in map.copies().iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(key);
        out.push(b':');
        print_nested(out, value, depth + 1);
    }
    out.push(b']');
}
