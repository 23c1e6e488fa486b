//! BurntSushi/toml 1.4's encoder as `toToml` uses it.

use std::fmt::Write as _;

use super::Tree;
use crate::template::value::{MAX_DEPTH, Text, Value};

/// The document of a mapping; of anything else the value itself.
///
/// # Errors
/// The library's message; Helm prints it in place of the document.
pub(crate) fn write(value: &Value) -> Result<String, String> {
    match tree(value, 0)? {
        Tree::Map(entries) => {
            let mut writer = Writer { out: String::new() };
            writer.entries(&[], &entries)?;
            Ok(writer.out)
        }
        other => inline(&other),
    }
}

/// Like [`Tree::of`], but with Go's names for the fields of structs, empty ones too, and bytes as numbers.
fn tree(value: &Value, depth: usize) -> Result<Tree, String> {
    if depth > MAX_DEPTH {
        return Err("toml: nested too deep".into());
    }
    match value {
        Value::Bytes(bytes) => Ok(Tree::List(bytes.iter().map(|byte| Tree::Uint(u64::from(*byte))).collect())),
        Value::List(list) if list.items.is_some() || depth == 0 => {
            list.items().iter().map(|item| tree(item, depth + 1)).collect::<Result<_, _>>().map(Tree::List)
        }
        Value::Map(map) if map.table.is_some() || depth == 0 => {
            let entries = map.snapshot().into_iter().map(|(key, value)| Ok((key, tree(&value, depth + 1)?)));
            entries.collect::<Result<_, String>>().map(Tree::Map)
        }
        Value::Struct(object) => {
            let mut entries = Vec::new();
            for (field, value) in object.of.fields.iter().zip(&object.fields) {
                match tree(value, depth + 1)? {
                    Tree::Map(inner) if field.embedded => entries.extend(inner),
                    tree => entries.push((field.name.into(), tree)),
                }
            }
            Ok(Tree::Map(entries))
        }
        other => Tree::of(other),
    }
}

type Entry<'t> = &'t (Text, Tree);

struct Writer {
    out: String,
}

impl Writer {
    /// Plain values first, then tables.
    fn entries(&mut self, path: &[String], entries: &[(Text, Tree)]) -> Result<(), String> {
        let present = entries.iter().filter(|(_, value)| !matches!(value, Tree::Null));
        let (tables, plain): (Vec<Entry<'_>>, Vec<Entry<'_>>) = present.partition(|(_, value)| is_table(value) || is_table_array(value));
        for (key, value) in plain {
            let indent = "  ".repeat(path.len());
            let text = inline(value)?;
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

fn is_table(tree: &Tree) -> bool {
    matches!(tree, Tree::Map(_))
}

fn is_table_array(tree: &Tree) -> bool {
    matches!(tree, Tree::List(items) if !items.is_empty() && items.iter().all(is_table))
}

fn inline(tree: &Tree) -> Result<String, String> {
    Ok(match tree {
        Tree::Null => return Err("toml: cannot encode array with nil element".into()),
        Tree::Bool(truth) => truth.to_string(),
        Tree::Int(number) => number.to_string(),
        Tree::Uint(number) => number.to_string(),
        Tree::Float(number) => float(*number),
        Tree::Text(text) => quoted(text),
        Tree::List(items) => format!("[{}]", items.iter().map(inline).collect::<Result<Vec<_>, _>>()?.join(", ")),
        Tree::Map(entries) | Tree::Record(entries) => {
            let present = entries.iter().filter(|(_, value)| !matches!(value, Tree::Null));
            let pairs = present.map(|(key, value)| Ok(format!("{} = {}", key_text(key), inline(value)?)));
            format!("{{{}}}", pairs.collect::<Result<Vec<_>, String>>()?.join(", "))
        }
    })
}

/// `%f` with the shortest digits and at least one after the point.
fn float(number: f64) -> String {
    let text = number.to_string();
    if text.contains('.') { text } else { format!("{text}.0") }
}

fn key_text(key: &Text) -> String {
    let is_bare = !key.is_empty() && key.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if is_bare { key.lossy().into_owned() } else { quoted(key) }
}

fn quoted(text: &Text) -> String {
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
