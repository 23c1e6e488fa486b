//! A schema as gojsonschema reads it (`schema.go`): keyword by keyword in its order, with its refusals: the first thing that is not as it
//! should be is told, and no check against a metaschema is made. What comes out is draft 2019-09 and holds only what the library looks at.

use std::collections::HashSet;

use serde_json::{Map, Value as Json};

use super::formats;
use crate::render::schema::document::marshalled;
use crate::render::schema::limits::{MAX_PATTERN_BYTES, too_much};
use crate::render::schema::{LARGE_PATTERN, SINCE_2019, Unusable, name_place, reference};
use crate::template::go_pattern;

/// A schema that names no draft: of all three.
const HYBRID: u16 = u16::MAX;

type Outcome<T> = Result<T, Unusable>;
type Entries = Map<String, Json>;

fn helm<T>(words: impl Into<String>) -> Outcome<T> {
    Err(Unusable::Helm(words.into()))
}

fn wrong_type<T>(expected: &str, given: &str) -> Outcome<T> {
    helm(format!("Invalid type. Expected: {expected}, given: {given}"))
}

/// What a keyword holds.
#[derive(Clone, Copy)]
enum Holds {
    Types,
    Schema(&'static str),
    Boolean,
    Schemas,
    Named(&'static str),
    Patterns,
    Dependencies,
    Items,
    Bound,
    Multiple,
    Count(&'static str),
    Flag,
    Pattern,
    Format,
    Names,
    Options,
    Anything,
}

/// The keywords in the order in which the library reads them, from the draft on that has them.
const KEYWORDS: [(&str, u16, Holds); 31] = [
    ("type", 4, Holds::Types),
    ("properties", 4, Holds::Named("properties must be of type object")),
    ("additionalProperties", 4, Holds::Boolean),
    ("patternProperties", 4, Holds::Patterns),
    // Its complaint about propertyNames names patternProperties, the one about allOf anyOf.
    ("propertyNames", 6, Holds::Schema("Invalid type. Expected: valid schema, given: patternProperties")),
    ("dependencies", 4, Holds::Dependencies),
    ("items", 4, Holds::Items),
    ("additionalItems", 4, Holds::Boolean),
    ("multipleOf", 4, Holds::Multiple),
    ("minimum", 4, Holds::Bound),
    ("maximum", 4, Holds::Bound),
    ("minLength", 4, Holds::Count("")),
    ("maxLength", 4, Holds::Count("minLength")),
    ("pattern", 4, Holds::Pattern),
    ("format", 4, Holds::Format),
    ("minProperties", 4, Holds::Count("")),
    ("maxProperties", 4, Holds::Count("minProperties")),
    ("required", 4, Holds::Names),
    ("minItems", 4, Holds::Count("")),
    ("maxItems", 4, Holds::Count("")),
    ("uniqueItems", 4, Holds::Flag),
    ("contains", 6, Holds::Schema("Expected: valid schema, given: Invalid JSON")),
    ("const", 6, Holds::Anything),
    ("enum", 4, Holds::Options),
    ("oneOf", 4, Holds::Schemas),
    ("anyOf", 4, Holds::Schemas),
    ("allOf", 4, Holds::Schemas),
    ("not", 4, Holds::Schema("not must be of an object")),
    ("if", 7, Holds::Schema("if must be of an object")),
    ("then", 7, Holds::Schema("then must be of an object")),
    ("else", 7, Holds::Schema("else must be of an object")),
];
/// They are read with `minimum` and `maximum`.
const EXCLUSIVE: [&str; 2] = ["exclusiveMinimum", "exclusiveMaximum"];
/// Keywords that are texts, and say nothing about values.
const TEXTS: [&str; 3] = ["title", "description", "$ref"];

/// What the crate is to check in place of a schema.
///
/// # Errors
/// Helm's words for what it refuses; limits.
pub(super) fn prepared(document: &Json) -> Outcome<Json> {
    let named = match document {
        Json::Bool(_) => None,
        Json::Object(map) => match map.get("$schema") {
            None => None,
            Some(Json::String(url)) => draft_of(url),
            Some(_) => return helm("$schema must be of type string"),
        },
        _ => return helm("schema is invalid"),
    };
    let mut anchors = HashSet::new();
    collect_anchors(document, &mut anchors);
    Preparation { anchors }.schema(document, named.unwrap_or(HYBRID))
}

/// The draft whose metaschema has this URL.
fn draft_of(url: &str) -> Option<u16> {
    match url.trim_end_matches('#') {
        "http://json-schema.org/draft-04/schema" => Some(4),
        "http://json-schema.org/draft-06/schema" => Some(6),
        "http://json-schema.org/draft-07/schema" => Some(7),
        _ => None,
    }
}

fn collect_anchors(json: &Json, anchors: &mut HashSet<String>) {
    match json {
        Json::Array(items) => items.iter().for_each(|item| collect_anchors(item, anchors)),
        Json::Object(map) => {
            let ids = ["id", "$id"].into_iter().filter_map(|key| map.get(key)?.as_str());
            anchors.extend(ids.filter(|id| id.starts_with('#')).map(str::to_owned));
            map.values().for_each(|below| collect_anchors(below, anchors));
        }
        _ => {}
    }
}

struct Preparation {
    /// The names of places, such as `#here`.
    anchors: HashSet<String>,
}

impl Preparation {
    fn schema(&self, node: &Json, draft: u16) -> Outcome<Json> {
        match node {
            Json::Bool(_) if draft >= 6 => Ok(node.clone()),
            Json::Object(map) => self.keywords(map, draft).map(Json::Object),
            _ => helm("Expected: valid schema, given: Invalid JSON"),
        }
    }

    fn keywords(&self, map: &Entries, draft: u16) -> Outcome<Entries> {
        let mut out = Entries::new();
        let id_key = if draft == 4 || (draft == HYBRID && map.contains_key("id")) { "id" } else { "$id" };
        match map.get(id_key) {
            Some(Json::String(id)) => name_place(id, &mut out),
            Some(_) => return wrong_type("string", id_key),
            None => {}
        }
        self.definitions(map, draft, &mut out)?;
        if let Some(key) = TEXTS.into_iter().find(|key| map.get(*key).is_some_and(|text| !text.is_string())) {
            return wrong_type("string", key);
        }
        // A reference may lead to what is no keyword.
        for (key, value) in map.iter().filter(|(key, value)| !is_keyword(key) && (*key != "$defs" || holds_schemas(value))) {
            out.insert(key.clone(), self.unknown(value, draft));
        }
        if let Some(to) = map.get("$ref").and_then(Json::as_str) {
            // A place without a slash that has no name is the whole document.
            let is_nameless = to.starts_with('#') && !to.starts_with("#/") && !self.anchors.contains(to);
            out.insert("$ref".to_owned(), Json::from(if is_nameless { "#".to_owned() } else { reference(to) }));
        }
        let counts = !out.contains_key("$ref");
        for (key, _, holds) in KEYWORDS.into_iter().filter(|(_, since, _)| counts && draft >= *since) {
            if let Some(value) = map.get(key) {
                self.keyword(key, holds, value, map, draft, &mut out)?;
            }
            if let "minimum" | "maximum" = key {
                bound(map, key, draft, &mut out)?;
            }
        }
        Ok(out)
    }

    /// What is not looked at unless a reference leads there, where it can be read.
    fn unknown(&self, value: &Json, draft: u16) -> Json {
        match value {
            Json::Object(map) => self.keywords(map, draft).map_or_else(|_| value.clone(), Json::Object),
            Json::Array(items) => Json::Array(items.iter().map(|item| self.unknown(item, draft)).collect()),
            other => other.clone(),
        }
    }

    fn definitions(&self, map: &Entries, draft: u16, out: &mut Entries) -> Outcome<()> {
        let Some(definitions) = map.get("definitions") else { return Ok(()) };
        if !holds_schemas(definitions) {
            return wrong_type("array of schemas", "definitions");
        }
        out.insert("definitions".to_owned(), self.named(definitions, draft)?);
        Ok(())
    }

    fn named(&self, schemas: &Json, draft: u16) -> Outcome<Json> {
        let each = schemas.as_object().into_iter().flatten();
        each.map(|(name, schema)| Ok((name.clone(), self.schema(schema, draft)?))).collect::<Outcome<Entries>>().map(Json::Object)
    }

    fn each(&self, schemas: &[Json], draft: u16) -> Outcome<Json> {
        schemas.iter().map(|schema| self.schema(schema, draft)).collect::<Outcome<Vec<Json>>>().map(Json::Array)
    }

    fn keyword(&self, key: &str, holds: Holds, value: &Json, map: &Entries, draft: u16, out: &mut Entries) -> Outcome<()> {
        let prepared = match (holds, value) {
            (Holds::Types, _) => types(value)?,
            (Holds::Schema(_), _) if is_schema(value) => self.schema(value, draft)?,
            (Holds::Schema(refusal), _) => return helm(refusal),
            (Holds::Boolean, Json::Bool(_)) => value.clone(),
            (Holds::Boolean, Json::Object(_)) => self.schema(value, draft)?,
            (Holds::Boolean, _) => return wrong_type("boolean/valid schema", key),
            (Holds::Schemas, Json::Array(schemas)) if schemas.is_empty() => return Ok(()),
            (Holds::Schemas, Json::Array(schemas)) => self.each(schemas, draft)?,
            (Holds::Schemas, _) => return helm(format!("{} must be of an array", if key == "oneOf" { key } else { "anyOf" })),
            (Holds::Named(_), Json::Object(_)) => self.named(value, draft)?,
            (Holds::Named(refusal), _) => return helm(refusal),
            (Holds::Patterns, _) => self.patterns(value, draft)?,
            (Holds::Dependencies, _) => self.dependencies(value, draft)?,
            (Holds::Items, Json::Array(items)) if !items.iter().all(is_schema) => return wrong_type("valid schema/array of schemas", key),
            (Holds::Items, Json::Array(items)) if items.is_empty() => return Ok(()),
            (Holds::Items, Json::Array(items)) => self.each(items, draft)?,
            (Holds::Items, _) if is_schema(value) => self.schema(value, draft)?,
            (Holds::Items, _) => return wrong_type("valid schema/array of schemas", key),
            (Holds::Bound, Json::Number(_)) | (Holds::Flag, Json::Bool(_)) | (Holds::Anything, _) => value.clone(),
            (Holds::Bound, _) => return helm(format!("{key} must be of a number")),
            (Holds::Multiple, Json::Number(number)) if number.as_f64() > Some(0.0) => value.clone(),
            (Holds::Multiple, Json::Number(_)) => return helm("multipleOf must be strictly greater than 0"),
            (Holds::Multiple, _) => return wrong_type("number", key),
            (Holds::Count(least), _) => count(key, value, least, map)?,
            (Holds::Flag, _) => return helm(format!("{key} must be of a boolean")),
            (Holds::Pattern, Json::String(text)) => Json::from(pattern(text, || "pattern must be a valid regex".to_owned())?),
            (Holds::Pattern, _) => return helm("pattern must be of a string"),
            (Holds::Format, Json::String(format)) => {
                formats::prepare(format, map, out);
                return Ok(());
            }
            (Holds::Format, _) => return helm("format must be of type string"),
            (Holds::Names, _) => names(value)?,
            (Holds::Options, Json::Array(options)) if options.is_empty() => return Ok(()),
            (Holds::Options, Json::Array(options)) => {
                let mut texts = HashSet::new();
                if !options.iter().all(|option| texts.insert(marshalled(option))) {
                    return helm("enum items must be unique");
                }
                value.clone()
            }
            (Holds::Options, _) => return helm("enum must be of an array"),
        };
        out.insert(key.to_owned(), prepared);
        Ok(())
    }

    fn patterns(&self, value: &Json, draft: u16) -> Outcome<Json> {
        let Json::Object(named) = value else { return wrong_type("valid schema", "patternProperties") };
        let mut out = Entries::new();
        for (text, schema) in named {
            out.insert(pattern(text, || format!("Invalid regex pattern '{text}'"))?, self.schema(schema, draft)?);
        }
        Ok(Json::Object(out))
    }

    fn dependencies(&self, value: &Json, draft: u16) -> Outcome<Json> {
        const NEITHER: &str = "dependency must be of type schema or array of strings";
        let Json::Object(named) = value else { return helm("dependencies must be of type object") };
        let mut out = Entries::new();
        for (key, dependency) in named {
            let prepared = match dependency {
                Json::Array(names) if names.iter().all(Json::is_string) => dependency.clone(),
                schema if is_schema(schema) => self.schema(schema, draft)?,
                _ => return helm(NEITHER),
            };
            out.insert(key.clone(), prepared);
        }
        Ok(Json::Object(out))
    }
}

fn holds_schemas(json: &Json) -> bool {
    json.as_object().is_some_and(|map| map.values().all(is_schema))
}

fn is_schema(json: &Json) -> bool {
    json.is_object() || json.is_boolean()
}

/// Whether the library gives a key a meaning, or it is one that says nothing.
fn is_keyword(key: &str) -> bool {
    const OTHERS: [&str; 9] =
        ["$schema", "$id", "id", "definitions", "default", "examples", "$comment", "contentMediaType", "contentEncoding"];
    TEXTS.contains(&key)
        || EXCLUSIVE.contains(&key)
        || OTHERS.contains(&key)
        || SINCE_2019.contains(&key)
        || KEYWORDS.iter().any(|(keyword, ..)| *keyword == key)
}

fn pattern(text: &str, refusal: impl FnOnce() -> String) -> Outcome<String> {
    go_pattern(text, MAX_PATTERN_BYTES).map_err(|words| match words.ends_with("expression too large") {
        true => Unusable::Ours(too_much(LARGE_PATTERN)),
        false => Unusable::Helm(refusal()),
    })
}

/// The types there are, in the order of the complaint about others.
const TYPES: [&str; 7] = ["array", "boolean", "integer", "number", "null", "object", "string"];

fn types(value: &Json) -> Outcome<Json> {
    let names = match value {
        Json::Array(names) => names.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut known = HashSet::new();
    for name in names {
        let name = match name {
            Json::String(name) => name,
            // The library's own fault, which Helm catches and tells.
            Json::Number(_) if value.is_array() => {
                return helm("unable to validate schema: interface conversion: interface {} is json.Number, not string");
            }
            _ => return wrong_type("string/array of strings", "type"),
        };
        if !TYPES.contains(&&**name) {
            let valid = TYPES.join(" ");
            return helm(format!("has a primitive type that is NOT VALID -- given: /{name}/ Expected valid values are:[{valid}]"));
        }
        if !known.insert(name) {
            return helm(format!("{name} type is duplicated"));
        }
    }
    Ok(if known.is_empty() { Json::from(TYPES.to_vec()) } else { value.clone() })
}

/// The bound that is itself excluded: draft 4 says so with a boolean, later ones with a number of its own.
fn bound(map: &Entries, key: &str, draft: u16, out: &mut Entries) -> Outcome<()> {
    let exclusive = if key == "minimum" { "exclusiveMinimum" } else { "exclusiveMaximum" };
    let expected = match draft {
        4 => "boolean",
        HYBRID => "boolean/number",
        _ => "number",
    };
    match map.get(exclusive) {
        None => {}
        Some(Json::Bool(excluded)) if expected != "number" => match out.remove(key) {
            None => return helm(format!("{exclusive} cannot be used without {key}")),
            Some(bound) => drop(out.insert(if *excluded { exclusive } else { key }.to_owned(), bound)),
        },
        Some(number @ Json::Number(_)) if expected != "boolean" => drop(out.insert(exclusive.to_owned(), number.clone())),
        Some(_) => return wrong_type(expected, exclusive),
    }
    Ok(())
}

/// A number of characters, items or properties, which may not be less than another.
fn count(key: &str, value: &Json, least: &str, map: &Entries) -> Outcome<Json> {
    let Some(count) = value.as_i64() else { return helm(format!("{key} must be of an integer")) };
    if count < 0 {
        return helm(format!("{key} must be greater than or equal to 0"));
    }
    if map.get(least).and_then(Json::as_i64).is_some_and(|least| least > count) {
        return helm(format!("{least} cannot be greater than {key}"));
    }
    Ok(value.clone())
}

fn names(value: &Json) -> Outcome<Json> {
    let Json::Array(names) = value else { return helm("required must be of an array") };
    let mut known = HashSet::new();
    for name in names {
        let Json::String(name) = name else { return helm("required items must be string") };
        if !known.insert(name) {
            return helm("required items must be unique");
        }
    }
    Ok(value.clone())
}
