//! A value on one line, as YAML's flow style reads it, shortened to a cap, secrets hidden. Depends on `value`.
//!
//! The result still carries the chart's characters: the formats escape it for where it goes.

use std::borrow::Cow;

use crate::value::secrets::{self, Judge};
use crate::value::{Data, Node, Path};

/// Characters of a value before it is shortened.
pub const CAP: usize = 60;

/// What stays of a shortened text: so many characters of its start and of its end.
const HEAD: usize = 40;
const TAIL: usize = 15;

/// How much of what both sides share is shown in front of their first difference.
const LEAD: usize = 15;

/// Characters of a description before it is cut.
const DESCRIPTION: usize = 160;

/// What a side that has no value shows.
pub const ABSENT: &str = "(none)";

/// A value at a path, in at most about [`CAP`] characters; [`ABSENT`] without one.
pub fn value(path: &Path, node: Option<&Node>) -> String {
    node.map_or_else(|| ABSENT.to_owned(), |node| show(node, Judge::at(path)))
}

/// Both sides of a change. Long texts that share their start are shown from shortly before the first difference, so that the two never
/// look the same.
pub fn pair(path: &Path, old: Option<&Node>, new: Option<&Node>) -> (String, String) {
    let (shown_old, shown_new) = (value(path, old), value(path, new));
    if shown_old != shown_new || shown_old == secrets::HIDDEN {
        return (shown_old, shown_new);
    }
    match (old.and_then(Node::as_str), new.and_then(Node::as_str)) {
        (Some(old), Some(new)) => (around_difference(old, new), around_difference(new, old)),
        _ => (shown_old, shown_new),
    }
}

/// A description on one line, cut at a word.
pub(crate) fn shorten(text: &str) -> String {
    let text = secrets::scrub(text).split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= DESCRIPTION {
        return text;
    }
    let head: String = text.chars().take(DESCRIPTION).collect();
    format!("{}…", head.rsplit_once(' ').map_or(head.as_str(), |(head, _)| head))
}

/// Text of any length in at most about `cap` characters; a cut says how many there were.
pub(crate) fn clip(text: &str, cap: usize) -> Cow<'_, str> {
    if text.len() <= cap {
        return Cow::Borrowed(text);
    }
    let total = text.chars().count();
    if total <= cap {
        return Cow::Borrowed(text);
    }
    let head: String = text.chars().take(cap).collect();
    Cow::Owned(format!("{head}… ({total} characters, see -o json)"))
}

fn around_difference(text: &str, other: &str) -> String {
    let shared = text.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let from = shared.saturating_sub(LEAD);
    let window: String = text.chars().skip(from).take(HEAD).collect();
    let more = if text.chars().nth(from + HEAD).is_some() { "…" } else { "" };
    format!("{}{}{more}", if from > 0 { "…" } else { "" }, secrets::scrub(&escape_breaks(&window)))
}

fn show(node: &Node, judge: Judge) -> String {
    let mut out = Line::default();
    out.node(node, judge);
    out.text
}

/// A line that grows until the cap.
#[derive(Default)]
struct Line {
    text: String,
    length: usize,
}

impl Line {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.length += text.chars().count();
    }

    fn node(&mut self, node: &Node, judge: Judge) {
        if judge.hides() && !secrets::is_harmless(&node.data) {
            return self.push(secrets::HIDDEN);
        }
        if self.length > 2 * CAP {
            return self.push("…");
        }
        match &node.data {
            Data::Null => self.push("null"),
            Data::Bool(value) => self.push(if *value { "true" } else { "false" }),
            Data::Int(value) => self.push(&value.to_string()),
            Data::Uint(value) => self.push(&value.to_string()),
            Data::Float(value) => self.push(&value.to_string()),
            Data::Str(text) => self.push(&string(text)),
            Data::List(items) => self.list(items, judge),
            Data::Map(map) => {
                self.push("{");
                for (count, (key, entry)) in map.iter().enumerate() {
                    if !self.has_room(count, map.len()) {
                        break;
                    }
                    self.push(&string(key));
                    self.push(": ");
                    self.node(&entry.value, judge.key(key));
                }
                self.push("}");
            }
        }
    }

    fn list(&mut self, items: &[Node], judge: Judge) {
        self.push("[");
        for (count, item) in items.iter().enumerate() {
            if !self.has_room(count, items.len()) {
                break;
            }
            self.node(item, judge.item(item));
        }
        self.push("]");
    }

    /// Writes the separator in front of an item, or how many items don't fit any more.
    fn has_room(&mut self, count: usize, total: usize) -> bool {
        if count > 0 {
            self.push(", ");
        }
        if count > 0 && self.length >= CAP {
            self.push(&format!("… {} more", total - count));
            return false;
        }
        true
    }
}

/// A string as YAML would need it: bare when nothing else could be meant, else quoted; long ones keep their start, their end and their
/// length.
fn string(text: &str) -> String {
    let scrubbed = secrets::scrub(text);
    if scrubbed == secrets::HIDDEN {
        return scrubbed;
    }
    let length = scrubbed.chars().count();
    let shown = if length > CAP {
        let head: String = scrubbed.chars().take(HEAD).collect();
        let tail: String = scrubbed.chars().skip(length - TAIL).collect();
        format!("{}…{}", escape_breaks(&head), escape_breaks(&tail))
    } else {
        escape_breaks(&scrubbed)
    };
    let quoted = if is_bare(&scrubbed) { shown } else { format!("\"{}\"", shown.replace('"', "\\\"")) };
    if length > CAP { format!("{quoted} ({length} characters)") } else { quoted }
}

fn escape_breaks(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t").replace('\r', "\\r")
}

/// Whether a string reads as the same string without quotes.
fn is_bare(text: &str) -> bool {
    const OTHER_TYPES: &[&str] = &["true", "false", "yes", "no", "on", "off", "y", "n", "null"];
    let first_is_plain = text.starts_with(|c: char| c.is_alphabetic() || matches!(c, '/' | '_' | '$'));
    let numeric = text.starts_with(|c: char| c.is_ascii_digit());
    let number_like = text.parse::<f64>().is_ok()
        || (text.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b'_' | b'.' | b':' | b'x' | b'o')) && text.matches('.').count() < 2);
    (first_is_plain || (numeric && !number_like))
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | '@' | '$' | '(' | ')' | '=' | '+' | ' ' | ':'))
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && !OTHER_TYPES.contains(&text.to_ascii_lowercase().as_str())
        && !matches!(text.to_ascii_lowercase().as_str(), "inf" | "nan" | "infinity")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures::{list, map, node};

    fn shown(path: &str, value: &Node) -> String {
        super::value(&Path::keys(path.split('.')), Some(value))
    }

    #[test]
    fn strings_are_quoted_only_where_yaml_would_read_something_else() {
        for (text, want) in [
            ("docker.io/bitnami/thanos:0.33.0-debian-11-r1", "docker.io/bitnami/thanos:0.33.0-debian-11-r1"),
            ("0.33.0-debian", "0.33.0-debian"),
            ("12.20.2", "12.20.2"),
            ("0x1F", "\"0x1F\""),
            ("1_000", "\"1_000\""),
            ("", "\"\""),
            ("true", "\"true\""),
            ("No", "\"No\""),
            ("1.5", "\"1.5\""),
            ("12:30", "\"12:30\""),
            ("a: b", "\"a: b\""),
            (" x", "\" x\""),
            ("a\nb", "\"a\\nb\""),
            ("say \"hi\"", "\"say \\\"hi\\\"\""),
        ] {
            assert_eq!(shown("a", &node(text)), want);
        }
    }

    #[test]
    fn long_values_keep_their_ends_and_say_how_long_they_are() {
        let text = format!("{}-{}", "a".repeat(50), "b".repeat(50));
        assert_eq!(shown("a", &node(text.as_str())), format!("{}…{} (101 characters)", "a".repeat(40), "b".repeat(15)));
        let items = list((0..100).map(node).collect());
        assert_eq!(shown("a", &items), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, … 82 more]");
    }

    #[test]
    fn two_long_texts_show_where_they_part() {
        let path = Path::keys(["script"]);
        let common = "x".repeat(100);
        let (old, new) = (node(format!("{common}1{common}").as_str()), node(format!("{common}2{common}").as_str()));
        let (old, new) = pair(&path, Some(&old), Some(&new));
        assert_ne!(old, new);
        assert!(old.starts_with("…xxxxxxxxxxxxxxx1x"), "{old}");
    }

    #[test]
    fn secrets_inside_of_collections_are_hidden() {
        let env = list(vec![
            map(&[("name", node("DB_PASSWORD")), ("value", node("hunter2"))]),
            map(&[("name", node("MODE")), ("value", node("x"))]),
        ]);
        assert_eq!(shown("extraEnvVars", &env), "[{name: DB_PASSWORD, value: <hidden>}, {name: MODE, value: x}]");
        let auth = map(&[("username", node("me")), ("password", node("hunter2")), ("existingSecret", node("mine"))]);
        assert_eq!(shown("auth", &auth), "{username: me, password: <hidden>, existingSecret: mine}");
    }
}
