//! What changed in `values.schema.json`, in words.
//!
//! Follows JSON Schema up to draft 7, which Helm 3 checks values against (`pkg/chartutil/jsonschema.go`); local `$ref`s are followed. Of
//! `anyOf`, `if` and their like only the fact of a change is told. Depends on `value` for paths.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::parts::{Parts, path_of};
use super::{Missing, SchemaChange};
use crate::value::Path;

/// The largest schema that is read, in bytes.
const MAX_BYTES: usize = 4 << 20;
/// How deep schemas are followed, `$ref`s counted.
const MAX_DEPTH: usize = 64;
/// How many pairs of schemas are looked at: `$ref`s can make a short text describe a tree without end.
const MAX_PAIRS: usize = 100_000;

/// Compares the schemas of every chart that is mounted on both sides, and names those that came or went.
pub(super) fn compare(old: &Parts<'_>, new: &Parts<'_>, missing: &mut Vec<Missing>) -> Vec<SchemaChange> {
    let mut changes = Vec::new();
    for part in &new.mounted {
        let Some(old) = old.at(&part.keys) else { continue };
        let whole = |text: &str, stricter| SchemaChange { path: path_of(part), text: text.to_owned(), stricter };
        match (&old.chart.schema, &part.chart.schema) {
            (None, None) => {}
            (None, Some(_)) => changes.push(whole("values are now checked against a schema", true)),
            (Some(_), None) => changes.push(whole("values are no longer checked against a schema", false)),
            (Some(old), Some(new)) if old.bytes == new.bytes => {}
            (Some(old), Some(new)) => match schema_changes(&old.bytes, &new.bytes, path_of(part)) {
                Ok(found) => changes.extend(found),
                Err(reason) => missing.push(Missing { part: part.chart.path_in_root(&new.path), reason }),
            },
        }
    }
    changes
}

fn schema_changes(old: &[u8], new: &[u8], path: Path) -> Result<Vec<SchemaChange>, String> {
    changes_between(&parse(old, "old")?, &parse(new, "new")?, &path)
}

/// What differs between two schemas whose values stand at `path`.
///
/// # Errors
/// Why the comparison was cut short.
pub(super) fn changes_between(old: &Value, new: &Value, path: &Path) -> Result<Vec<SchemaChange>, String> {
    let definitions_agree = ["definitions", "$defs"].iter().all(|key| old.get(key) == new.get(key));
    let mut walk = Walk { old_root: old, new_root: new, definitions_agree, pairs: 0, cut_short: false, changes: Vec::new() };
    walk.compare(old, new, path, 0);
    if walk.cut_short { Err("its references nest too deep".to_owned()) } else { Ok(walk.changes) }
}

fn parse(bytes: &[u8], side: &str) -> Result<Value, String> {
    if bytes.len() > MAX_BYTES {
        return Err(format!("the {side} schema is larger than {} MiB", MAX_BYTES >> 20));
    }
    serde_json::from_slice(bytes).map_err(|error| format!("the {side} schema is not JSON: {error}"))
}

struct Walk<'s> {
    old_root: &'s Value,
    new_root: &'s Value,
    /// Whether equal texts with references mean the same.
    definitions_agree: bool,
    pairs: usize,
    cut_short: bool,
    changes: Vec<SchemaChange>,
}

impl<'s> Walk<'s> {
    fn compare(&mut self, old: &'s Value, new: &'s Value, path: &Path, depth: usize) {
        if self.definitions_agree && old == new {
            return;
        }
        self.pairs += 1;
        if depth > MAX_DEPTH || self.pairs > MAX_PAIRS {
            self.cut_short = true;
            return;
        }
        let (old, new) = (resolve(self.old_root, old), resolve(self.new_root, new));
        let (Some(old), Some(new)) = (old.as_object(), new.as_object()) else {
            if old != new {
                self.say(path, "is described in another way".to_owned(), new != &Value::Bool(true));
            }
            return;
        };
        self.types(old, new, path);
        self.choices(old, new, path);
        self.bounds(old, new, path);
        self.texts(old, new, path);
        self.required(old, new, path);
        self.unknown_keys(old, new, path, depth);
        self.properties(old, new, path, depth);
        if let (Some(old), Some(new)) = (old.get("items"), new.get("items")) {
            self.compare(old, new, &path.key("*"), depth + 1);
        }
        self.combinations(old, new, path);
    }

    fn say(&mut self, path: &Path, text: String, stricter: bool) {
        self.changes.push(SchemaChange { path: path.clone(), text, stricter });
    }

    fn types(&mut self, old: &Map<String, Value>, new: &Map<String, Value>, path: &Path) {
        let (old, new) = (types(old), types(new));
        if old == new {
            return;
        }
        let text = match (old.is_empty(), new.is_empty()) {
            (true, _) => format!("must be {}", named(&new)),
            (_, true) => format!("may be of any type (was {})", named(&old)),
            _ => format!("must be {} (was {})", named(&new), named(&old)),
        };
        let still_allowed = |name: &&str| new.contains(name) || (*name == "integer" && new.contains("number"));
        let stricter = !new.is_empty() && (old.is_empty() || !old.iter().all(still_allowed));
        self.say(path, text, stricter);
    }

    fn choices(&mut self, old: &Map<String, Value>, new: &Map<String, Value>, path: &Path) {
        match (choices(old), choices(new)) {
            (None, Some(new)) => self.say(path, format!("must be one of {}", list(&new)), true),
            (Some(old), None) => self.say(path, format!("may be other than {}", list(&old)), false),
            (Some(old), Some(new)) => {
                let gone: Vec<String> = old.iter().filter(|choice| !new.contains(choice)).cloned().collect();
                let come: Vec<String> = new.iter().filter(|choice| !old.contains(choice)).cloned().collect();
                if !gone.is_empty() {
                    self.say(path, format!("may no longer be {}", list(&gone)), true);
                }
                if !come.is_empty() {
                    self.say(path, format!("may now be {}", list(&come)), false);
                }
            }
            (None, None) => {}
        }
    }

    fn bounds(&mut self, old: &Map<String, Value>, new: &Map<String, Value>, path: &Path) {
        const LOWER: [(&str, &str); 5] = [
            ("minimum", "at least"),
            ("exclusiveMinimum", "more than"),
            ("minLength", "of at least this length:"),
            ("minItems", "of at least this many items:"),
            ("minProperties", "of at least this many keys:"),
        ];
        const UPPER: [(&str, &str); 5] = [
            ("maximum", "at most"),
            ("exclusiveMaximum", "less than"),
            ("maxLength", "of at most this length:"),
            ("maxItems", "of at most this many items:"),
            ("maxProperties", "of at most this many keys:"),
        ];
        for ((keyword, words), is_lower) in LOWER.map(|bound| (bound, true)).into_iter().chain(UPPER.map(|bound| (bound, false))) {
            let number = |schema: &Map<String, Value>| schema.get(keyword).and_then(Value::as_f64);
            match (number(old), number(new)) {
                (None, Some(new)) => self.say(path, format!("must be {words} {new}"), true),
                (Some(old), None) => self.say(path, format!("need not be {words} {old}"), false),
                (Some(old), Some(new)) if old != new => {
                    self.say(path, format!("must be {words} {new} (was {old})"), (new > old) == is_lower);
                }
                _ => {}
            }
        }
    }

    fn texts(&mut self, old: &Map<String, Value>, new: &Map<String, Value>, path: &Path) {
        for (keyword, words) in [("pattern", "match the pattern"), ("format", "have the format")] {
            match (text_of(old, keyword), text_of(new, keyword)) {
                (None, Some(new)) => self.say(path, format!("must {words} {new}"), true),
                (Some(old), None) => self.say(path, format!("need not {words} {old}"), false),
                (Some(old), Some(new)) if old != new => self.say(path, format!("must {words} {new} (was {old})"), true),
                _ => {}
            }
        }
    }

    fn required(&mut self, old: &Map<String, Value>, new: &Map<String, Value>, path: &Path) {
        let (old, new) = (required(old), required(new));
        for key in new.difference(&old) {
            self.say(&path.key(key), "is now required".to_owned(), true);
        }
        for key in old.difference(&new) {
            self.say(&path.key(key), "is no longer required".to_owned(), false);
        }
    }

    fn unknown_keys(&mut self, old: &'s Map<String, Value>, new: &'s Map<String, Value>, path: &Path, depth: usize) {
        match (old.get("additionalProperties"), new.get("additionalProperties")) {
            (old, new) if refuses_unknown(old) != refuses_unknown(new) => {
                let (text, stricter) = if refuses_unknown(new) { ("refuses unknown keys", true) } else { ("accepts unknown keys", false) };
                self.say(path, text.to_owned(), stricter);
            }
            (Some(old @ Value::Object(_)), Some(new @ Value::Object(_))) => self.compare(old, new, &path.key("*"), depth + 1),
            (old, new) if old.is_some_and(Value::is_object) != new.is_some_and(Value::is_object) => {
                self.say(&path.key("*"), "is described in another way".to_owned(), new.is_some_and(Value::is_object));
            }
            _ => {}
        }
    }

    fn properties(&mut self, old: &'s Map<String, Value>, new: &'s Map<String, Value>, path: &Path, depth: usize) {
        let closed = refuses_unknown(new.get("additionalProperties"));
        let (old, new) = (properties(old), properties(new));
        for (key, new) in new.into_iter().flatten() {
            match old.and_then(|old| old.get(key)) {
                Some(old) => self.compare(old, new, &path.key(key), depth + 1),
                None => {
                    let types = resolve(self.new_root, new).as_object().map(types).unwrap_or_default();
                    let text = if types.is_empty() { "is a new key".to_owned() } else { format!("is a new key: {}", named(&types)) };
                    self.say(&path.key(key), text, false);
                }
            }
        }
        let still_there = |key: &String| new.is_some_and(|new| new.contains_key(key));
        for key in old.into_iter().flat_map(Map::keys).filter(|key| !still_there(key)) {
            let text = if closed { "is refused: the key is gone" } else { "is no longer described" };
            self.say(&path.key(key), text.to_owned(), closed);
        }
    }

    fn combinations(&mut self, old: &Map<String, Value>, new: &Map<String, Value>, path: &Path) {
        const COMBINING: [&str; 10] =
            ["allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependencies", "patternProperties", "propertyNames"];
        let changed: Vec<&str> = COMBINING.into_iter().filter(|keyword| old.get(*keyword) != new.get(*keyword)).collect();
        if !changed.is_empty() {
            let stricter = changed.iter().any(|keyword| new.contains_key(*keyword));
            self.say(path, format!("has other conditions ({})", changed.join(", ")), stricter);
        }
    }
}

/// Follows local references; a schema that refers elsewhere or in a circle stands for itself.
fn resolve<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    let mut at = schema;
    for _ in 0..MAX_DEPTH {
        let target = at.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
        match target.and_then(|pointer| root.pointer(pointer)) {
            Some(found) => at = found,
            None => break,
        }
    }
    at
}

fn types(schema: &Map<String, Value>) -> BTreeSet<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => BTreeSet::from([name.as_str()]),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => BTreeSet::new(),
    }
}

/// `a string or a number`, in the words of values files.
fn named(types: &BTreeSet<&str>) -> String {
    let words = types.iter().map(|name| match *name {
        "object" => "a mapping",
        "array" => "a list",
        "string" => "a string",
        "number" => "a number",
        "integer" => "an integer",
        "boolean" => "a boolean",
        other => other,
    });
    words.collect::<Vec<_>>().join(" or ")
}

fn choices(schema: &Map<String, Value>) -> Option<Vec<String>> {
    let single = schema.get("const").map(|value| vec![value.to_string()]);
    single.or_else(|| schema.get("enum").and_then(Value::as_array).map(|values| values.iter().map(Value::to_string).collect()))
}

fn list(choices: &[String]) -> String {
    choices.join(", ")
}

fn text_of<'v>(schema: &'v Map<String, Value>, keyword: &str) -> Option<&'v str> {
    schema.get(keyword).and_then(Value::as_str)
}

fn required(schema: &Map<String, Value>) -> BTreeSet<&str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn refuses_unknown(additional: Option<&Value>) -> bool {
    additional == Some(&Value::Bool(false))
}

fn properties(schema: &Map<String, Value>) -> Option<&Map<String, Value>> {
    schema.get("properties").and_then(Value::as_object)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(old: Value, new: Value) -> Vec<String> {
        let changes = schema_changes(old.to_string().as_bytes(), new.to_string().as_bytes(), Path::root()).unwrap();
        changes.iter().map(|change| format!("{} {}{}", change.path, change.text, if change.stricter { " !" } else { "" })).collect()
    }

    #[test]
    fn changes_are_told_in_words() {
        let cases = [
            (json!({"type": "string"}), json!({"type": "number"}), " must be a number (was a string) !"),
            (json!({"type": "integer"}), json!({"type": "number"}), " must be a number (was an integer)"),
            (json!({"type": "string"}), json!({"type": ["string", "null"]}), " must be null or a string (was a string)"),
            (json!({"type": "string"}), json!({}), " may be of any type (was a string)"),
            (json!({}), json!({"required": ["a"]}), "a is now required !"),
            (json!({"required": ["a"]}), json!({}), "a is no longer required"),
            (json!({"enum": ["a", "b"]}), json!({"enum": ["a"]}), " may no longer be \"b\" !"),
            (json!({"enum": ["a"]}), json!({"enum": ["a", 1]}), " may now be 1"),
            (json!({}), json!({"const": true}), " must be one of true !"),
            (json!({"minimum": 1}), json!({"minimum": 3}), " must be at least 3 (was 1) !"),
            (json!({"maximum": 1}), json!({"maximum": 3}), " must be at most 3 (was 1)"),
            (json!({"maxLength": 5}), json!({}), " need not be of at most this length: 5"),
            (json!({}), json!({"pattern": "^a"}), " must match the pattern ^a !"),
            (json!({}), json!({"additionalProperties": false}), " refuses unknown keys !"),
            (
                json!({"additionalProperties": {"type": "string"}}),
                json!({"additionalProperties": {"type": "number"}}),
                "* must be a number (was a string) !",
            ),
            (
                json!({"properties": {"a": {}}}),
                json!({"properties": {"b": {"type": "array"}}}),
                "b is a new key: a list|a is no longer described",
            ),
            (
                json!({"properties": {"a": {}}, "additionalProperties": false}),
                json!({"additionalProperties": false}),
                "a is refused: the key is gone !",
            ),
            (json!({"items": {"type": "string"}}), json!({"items": {"type": "object"}}), "* must be a mapping (was a string) !"),
            (json!({}), json!({"anyOf": [{}]}), " has other conditions (anyOf) !"),
            (json!({"title": "a", "default": 1}), json!({"title": "b"}), ""),
        ];
        for (old, new, expected) in cases {
            assert_eq!(said(old.clone(), new.clone()).join("|"), expected, "{old} → {new}");
        }
    }

    #[test]
    fn references_are_followed_and_bounded() {
        let schema = |kind: &str| json!({"properties": {"a": {"$ref": "#/definitions/x"}}, "definitions": {"x": {"type": kind}}});
        assert_eq!(said(schema("string"), schema("number")), ["a must be a number (was a string) !"]);
        let circle = |kind: &str| json!({"$ref": "#/definitions/x", "definitions": {"x": {"type": kind, "properties": {"l": {"$ref": "#/definitions/x"}, "r": {"$ref": "#/definitions/x"}}}}});
        let (old, new) = (circle("string").to_string(), circle("number").to_string());
        assert_eq!(schema_changes(old.as_bytes(), new.as_bytes(), Path::root()).unwrap_err(), "its references nest too deep");
        assert!(schema_changes(b"{", b"{}", Path::root()).unwrap_err().starts_with("the old schema is not JSON"));
    }
}
