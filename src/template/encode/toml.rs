//! BurntSushi/toml's encoder (1.4 to 1.6) as `toToml` uses it.

use std::fmt::Write as _;

use super::Tree;
use crate::template::fmt::{MAX_DEPTH, general, shown_text};
use crate::template::time::layout::RFC3339_NANO;
use crate::template::time::{Time, TomlLocal, Zone};
use crate::template::value::{Text, Value};

/// The document of a mapping; anything else is written as a value, but a list of tables. `exponents`: large and small floats get one (1.6).
///
/// # Errors
/// The library's message; Helm prints it in place of the document.
pub(crate) fn write(value: &Value, exponents: bool) -> Result<String, String> {
    let mut writer = Writer { out: String::new(), exponents };
    match &tree(value, 0) {
        Tree::Map(entries) => writer.entries(&[], entries)?,
        Tree::Null => {}
        tables if is_table_array(tables) => return Err("toml: top-level values must be Go maps or structs".into()),
        other => writer.out = inline(other, exponents)?,
    }
    Ok(writer.out)
}

/// Nil containers are nothing here, floats need not be finite, fields keep their names.
fn tree(value: &Value, depth: usize) -> Tree {
    if depth > MAX_DEPTH {
        return Tree::Null;
    }
    match value {
        Value::Float(number) => Tree::Float(*number),
        Value::List(list) if list.items.is_some() || depth == 0 => {
            Tree::List(list.items().iter().map(|item| tree(item, depth + 1)).collect())
        }
        Value::Map(map) if !map.is_nil() => {
            Tree::Map(map.copies().into_iter().map(|(key, value)| (key, tree(&value, depth + 1))).collect())
        }
        Value::Bytes(bytes) => Tree::List(bytes.iter().map(|byte| Tree::Uint(u64::from(*byte))).collect()),
        Value::Struct(object) => {
            let mut entries = Vec::new();
            for (field, value) in object.of.fields.iter().zip(&object.fields) {
                match tree(value, depth + 1) {
                    Tree::Map(inner) if field.embedded => entries.extend(inner),
                    _ if field.json.is_empty() => {}
                    tree => entries.push((field.name.into(), tree)),
                }
            }
            Tree::Map(entries)
        }
        Value::Time(time) => Tree::Time(date(time).into()),
        Value::Duration(_) => Tree::Text(shown_text(value).into()),
        other => Tree::of(other).unwrap_or(Tree::Null),
    }
}

type Entry<'t> = &'t (Text, Tree);

struct Writer {
    out: String,
    exponents: bool,
}

impl Writer {
    /// Plain values first, then tables.
    fn entries(&mut self, path: &[String], entries: &[(Text, Tree)]) -> Result<(), String> {
        let present = entries.iter().filter(|(_, value)| !matches!(value, Tree::Null));
        let (tables, plain): (Vec<Entry<'_>>, Vec<Entry<'_>>) = present.partition(|(_, value)| is_any_table(value));
        for (key, value) in plain {
            let indent = "  ".repeat(path.len());
            let text = inline(value, self.exponents)?;
            let _ = writeln!(self.out, "{indent}{} = {text}", key_text(key));
        }
        for (key, value) in tables {
            let mut path = path.to_vec();
            path.push(key_text(key));
            match value {
                Tree::Map(inner) => self.table(&path, inner)?,
                Tree::List(items) => self.table_array(&path, items)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn blank_line(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    fn table(&mut self, path: &[String], entries: &[(Text, Tree)]) -> Result<(), String> {
        if path.len() == 1 {
            self.blank_line();
        }
        let _ = writeln!(self.out, "{}[{}]", "  ".repeat(path.len() - 1), path.join("."));
        self.entries(path, entries)
    }

    fn table_array(&mut self, path: &[String], items: &[Tree]) -> Result<(), String> {
        for item in items {
            self.blank_line();
            let _ = writeln!(self.out, "{}[[{}]]", "  ".repeat(path.len() - 1), path.join("."));
            if let Tree::Map(entries) = item {
                self.entries(path, entries)?;
            }
        }
        Ok(())
    }
}

/// The entries but those without a value. The library counts these when it writes commas.
fn inline_entries(out: &mut String, entries: &[Entry<'_>], more_follow: bool, exponents: bool) -> Result<(), String> {
    for (index, (key, value)) in entries.iter().enumerate() {
        if matches!(value, Tree::Null) {
            continue;
        }
        let comma = if more_follow || index + 1 < entries.len() { ", " } else { "" };
        let _ = write!(out, "{} = {}{comma}", key_text(key), inline(value, exponents)?);
    }
    Ok(())
}

fn is_any_table(tree: &Tree) -> bool {
    is_table(tree) || is_table_array(tree)
}

fn is_table(tree: &Tree) -> bool {
    matches!(tree, Tree::Map(_))
}

fn is_table_array(tree: &Tree) -> bool {
    matches!(tree, Tree::List(items) if !items.is_empty() && items.iter().all(is_table))
}

fn inline(tree: &Tree, exponents: bool) -> Result<String, String> {
    Ok(match tree {
        Tree::Null => return Err("toml: cannot encode array with nil element".into()),
        Tree::Bool(truth) => truth.to_string(),
        Tree::Int(number) => number.to_string(),
        Tree::Uint(number) => number.to_string(),
        Tree::Float(number) => float(*number, exponents),
        Tree::Text(text) => quoted(text),
        Tree::Time(text) => text.lossy().into_owned(),
        Tree::List(items) => format!("[{}]", items.iter().map(|item| inline(item, exponents)).collect::<Result<Vec<_>, _>>()?.join(", ")),
        Tree::Map(entries) | Tree::Record(entries) => {
            let (tables, plain): (Vec<Entry<'_>>, Vec<Entry<'_>>) = entries.iter().partition(|(_, value)| is_any_table(value));
            let mut out = String::from("{");
            inline_entries(&mut out, &plain, !tables.is_empty(), exponents)?;
            inline_entries(&mut out, &tables, false, exponents)?;
            out + "}"
        }
    })
}

/// The shortest digits with at least one after the point, or, where it may have one, with an exponent as Go's `%g` has it.
fn float(number: f64, exponents: bool) -> String {
    if !number.is_finite() {
        return general(number).trim_start_matches('+').to_ascii_lowercase();
    }
    let text = if exponents { general(number) } else { number.to_string() };
    if text.contains(['.', 'e']) { text } else { format!("{text}.0") }
}

fn key_text(key: &Text) -> String {
    let is_bare = !key.is_empty() && key.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if is_bare { key.lossy().into_owned() } else { quoted(key) }
}

pub(super) fn quoted(text: &Text) -> String {
    let mut out = String::from("\"");
    for c in text.lossy().chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\0'..='\x1f' | '\x7f' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A moment in RFC 3339, or the part of it that TOML gave, as clocks of UTC show it.
fn date(time: &Time) -> String {
    let layout = match time.zone {
        Zone::Toml(TomlLocal::DateTime, _) => "2006-01-02T15:04:05.999999999",
        Zone::Toml(TomlLocal::Date, _) => "2006-01-02",
        Zone::Toml(TomlLocal::Time, _) => "15:04:05.999999999",
        _ => return time.format(RFC3339_NANO),
    };
    time.in_zone(Zone::Utc).format(layout)
}
