//! A YAML tree is read into typed fields as Helm does it: sigs.k8s.io/yaml turns scalars into text where text is wanted, then Go's
//! `encoding/json` fills the struct. Field names match without regard to case, `null` changes nothing, keys come in byte order, lists are filled
//! over what they held, and the first value of a wrong type is the error, in Go's words. One difference: an infinity or NaN is refused by the YAML
//! reader also where Helm would take it for text. Depends on `value`, `error` and its neighbours.

use super::go;
use crate::error::{Error, ErrorKind};
use crate::value::{Data, Node, Span};

/// Reads one document; collects the first mismatch.
#[derive(Default)]
pub(super) struct Decoder {
    /// The Go struct that is being filled.
    structure: &'static str,
    /// The fields from the root to the one that is being filled.
    fields: Vec<&'static str>,
    mismatch: Option<Error>,
}

impl Decoder {
    /// What the reading came to.
    pub(super) fn finish(self) -> Result<(), Error> {
        self.mismatch.map_or(Ok(()), Err)
    }

    /// Visits the fields of a Go struct that a mapping has.
    pub(super) fn structure<'n>(
        &mut self,
        node: &'n Node,
        name: &'static str,
        fields: &[&'static str],
        mut visit: impl FnMut(&mut Self, &'static str, &'n Node),
    ) {
        let Data::Map(map) = &node.data else {
            if !matches!(node.data, Data::Null) {
                self.refuse(node, &format!("chart.{name}"), "a mapping");
            }
            return;
        };
        let mut keys: Vec<&str> = map.keys().map(AsRef::as_ref).collect();
        keys.sort_unstable();
        let outer = std::mem::replace(&mut self.structure, name);
        for key in keys {
            let exact = fields.iter().find(|field| **field == key);
            if let (Some(field), Some(entry)) = (exact.or_else(|| fields.iter().find(|field| folds_to(key, field))), map.get(key)) {
                self.fields.push(field);
                visit(self, field, &entry.value);
                self.fields.pop();
            }
        }
        self.structure = outer;
    }

    /// A `string` field.
    pub(super) fn text(&mut self, node: &Node, into: &mut String) {
        *into = match &node.data {
            Data::Null => return,
            Data::Str(text) => text.to_string(),
            Data::Bool(value) => value.to_string(),
            Data::Int(number) => number.to_string(),
            Data::Uint(number) => number.to_string(),
            Data::Float(number) => go::float32(*number),
            Data::List(_) | Data::Map(_) => return self.refuse(node, "string", "text"),
        };
    }

    /// A `bool` field.
    pub(super) fn flag(&mut self, node: &Node, into: &mut bool) {
        match &node.data {
            Data::Null => {}
            Data::Bool(value) => *into = *value,
            _ => self.refuse(node, "bool", "true or false"),
        }
    }

    /// A slice field: each item is read over the one that stood at its place.
    pub(super) fn list<T: Default>(
        &mut self,
        node: &Node,
        go_type: &str,
        into: &mut Option<Vec<T>>,
        mut item: impl FnMut(&mut Self, &Node, &mut T),
    ) {
        let Data::List(nodes) = &node.data else {
            return if matches!(node.data, Data::Null) { *into = None } else { self.refuse(node, go_type, "a list") };
        };
        let items = into.get_or_insert_default();
        items.resize_with(nodes.len(), T::default);
        for (node, slot) in nodes.iter().zip(items) {
            item(self, node, slot);
        }
    }

    /// A `[]string` field.
    pub(super) fn texts(&mut self, node: &Node, into: &mut Option<Vec<String>>) {
        self.list(node, "[]string", into, Self::text);
    }

    /// A `map[string]string` field: entries are added to those it has.
    pub(super) fn text_map(&mut self, node: &Node, into: &mut Vec<(String, String)>) {
        let Data::Map(map) = &node.data else {
            return if matches!(node.data, Data::Null) { into.clear() } else { self.refuse(node, "map[string]string", "a mapping") };
        };
        for (key, entry) in map {
            let mut text = String::new();
            self.text(&entry.value, &mut text);
            match into.iter_mut().find(|(known, _)| **known == **key) {
                Some((_, value)) => *value = text,
                None => into.push((key.to_string(), text)),
            }
        }
    }

    /// Refuses a field whose type reads itself, which ends Go's reading at once: earlier mismatches are forgotten.
    pub(super) fn refuse_as(&mut self, node: &Node, message: String) {
        self.mismatch = Some(locate(Error::new(ErrorKind::Chart, message), &node.at));
    }

    /// Notes a value of the wrong type.
    fn refuse(&mut self, node: &Node, go_type: &str, wanted: &str) {
        let (structure, fields) = (self.structure, self.fields.join("."));
        self.mismatch.get_or_insert_with(|| {
            let target = if fields.is_empty() {
                format!("value of type {go_type}")
            } else {
                format!("struct field {structure}.{fields} of type {go_type}")
            };
            let message = format!("json: cannot unmarshal {} into Go {target}", json_type(&node.data));
            let subject = if fields.is_empty() { "the file" } else { fields.as_str() };
            let hint = format!("{subject} must be {wanted}, not a {}", node.data.type_name());
            locate(Error::new(ErrorKind::Chart, message), &node.at).hint(hint)
        });
    }
}

/// JSON's name for the type of a value, as Go's messages have it.
pub(super) fn json_type(data: &Data) -> &'static str {
    match data {
        Data::Null => "null",
        Data::Bool(_) => "bool",
        Data::Int(_) | Data::Uint(_) | Data::Float(_) => "number",
        Data::Str(_) => "string",
        Data::List(_) => "array",
        Data::Map(_) => "object",
    }
}

/// The error at a place in a text that was read, with the line as excerpt.
pub(super) fn locate(error: Error, span: &Span) -> Error {
    let line = span.source.text.lines().nth((span.line as usize).saturating_sub(1)).unwrap_or_default();
    error.at(span.place()).excerpt(line)
}

/// Whether a key names a field but for the case of its letters; `field` is ASCII, and so is what folds to it save for two letters.
fn folds_to(key: &str, field: &str) -> bool {
    let plain = |char: char| match char {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        char => char.to_ascii_lowercase(),
    };
    key.chars().map(plain).eq(field.chars().map(plain))
}
