//! `encoding/json`'s writer: compact or indented, with or without HTML escapes.

use std::fmt::Write as _;

use super::Tree;
use crate::template::fmt::json_number;

/// How JSON is laid out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    /// Two spaces a level, instead of everything on one line.
    pub(crate) indented: bool,
    /// `<`, `>` and `&` as `\u003c` …
    pub(crate) html_safe: bool,
}

/// The text of a tree.
pub(crate) fn write(tree: &Tree, style: Style) -> String {
    let mut out = String::new();
    write_nested(&mut out, tree, style, 0);
    out
}

fn write_nested(out: &mut String, tree: &Tree, style: Style, depth: usize) {
    match tree {
        Tree::Null => out.push_str("null"),
        Tree::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Tree::Int(number) => {
            let _ = write!(out, "{number}");
        }
        Tree::Uint(number) => {
            let _ = write!(out, "{number}");
        }
        Tree::Float(number) => out.push_str(&json_number(*number).unwrap_or_default()),
        Tree::Text(text) | Tree::Time(text) => write_text(out, text, style),
        Tree::List(items) => write_container(out, style, depth, ['[', ']'], items, |out, item| {
            write_nested(out, item, style, depth + 1);
        }),
        Tree::Map(entries) | Tree::Record(entries) => write_container(out, style, depth, ['{', '}'], entries, |out, (key, value)| {
            write_text(out, key, style);
            out.push_str(if style.indented { ": " } else { ":" });
            write_nested(out, value, style, depth + 1);
        }),
    }
}

fn write_container<T>(out: &mut String, style: Style, depth: usize, marks: [char; 2], items: &[T], write: impl Fn(&mut String, &T)) {
    let break_line = |out: &mut String, depth: usize| {
        if style.indented && !items.is_empty() {
            out.push('\n');
            out.extend(std::iter::repeat_n("  ", depth));
        }
    };
    out.push(marks[0]);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        break_line(out, depth + 1);
        write(out, item);
    }
    break_line(out, depth);
    out.push(marks[1]);
}

fn write_text(out: &mut String, text: &[u8], style: Style) {
    out.push('"');
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\x08' => out.push_str("\\b"),
                '\x0c' => out.push_str("\\f"),
                '<' | '>' | '&' if style.html_safe => push_escape(out, c),
                '\0'..='\x1f' | '\u{2028}' | '\u{2029}' => push_escape(out, c),
                c => out.push(c),
            }
        }
        out.extend(chunk.invalid().iter().map(|_| "\\ufffd"));
    }
    out.push('"');
}

fn push_escape(out: &mut String, c: char) {
    let _ = write!(out, "\\u{:04x}", c as u32);
}
