//! How much work a check against a schema may be. A schema is part of a chart, and a chart is hostile until shown otherwise: a dozen
//! lines of `anyOf` and `$ref` can ask for more steps than there are atoms. The crate that checks has no limit of its own, so the work is
//! counted before it is done: each pair of a schema and a value that a check may come to, as often as it may come to it.

use std::collections::HashMap;

use jsonschema::Draft;
use referencing::{Registry, Resolver};
use serde_json::{Map, Value as Json};

use crate::error::{Error, ErrorKind};

/// Steps that one check of one chart's values may take.
const MAX_STEPS: u64 = 2_000_000;
/// Schemas inside schemas, references followed.
const MAX_DEPTH: usize = 400;
/// Violations that one check tells.
const MAX_VIOLATIONS: usize = 10_000;
/// Patterns that one schema may hold.
const MAX_PATTERNS: usize = 1_000;
/// Bytes that one compiled pattern may take.
pub(super) const MAX_PATTERN_BYTES: usize = 1 << 20;
/// Objects that one schema may consist of.
const MAX_SCHEMAS: usize = 100_000;
/// Schemas with an address of their own that one schema may hold. The crate compiles a schema once for each way through these that leads to
/// it, and there are as many ways as there are orders.
const MAX_RESOURCES: usize = 4;

const TOO_MANY_RESOURCES: usize = MAX_RESOURCES + 1;

/// A schema that a limit keeps from being used.
pub(super) fn too_much(what: &str) -> Error {
    Error::new(ErrorKind::Limit, format!("values.schema.json {what}"))
        .hint("don't trust this chart, or leave the check out with --skip-schema-validation")
}

/// The size of a schema's document, as far as it is limited.
#[derive(Default)]
pub(super) struct Size {
    objects: usize,
    patterns: usize,
    resources: usize,
    /// Whether a reference leads anywhere.
    pub(super) has_references: bool,
}

impl Size {
    /// The size of a document.
    ///
    /// # Errors
    /// What there is too much of.
    pub(super) fn of(document: &Json) -> Result<Self, Error> {
        let mut size = Self::default();
        size.add(document);
        match size {
            Self { objects: MAX_SCHEMAS.., .. } => Err(too_much("holds more than 100000 schemas")),
            Self { patterns: MAX_PATTERNS.., .. } => Err(too_much("holds more than 1000 patterns")),
            Self { resources: TOO_MANY_RESOURCES.., .. } => Err(too_much("holds more than 4 schemas with an $id")),
            size => Ok(size),
        }
    }

    fn add(&mut self, json: &Json) {
        match json {
            Json::Array(items) => items.iter().for_each(|item| self.add(item)),
            Json::Object(map) => {
                self.objects += 1;
                self.patterns += usize::from(map.get("pattern").is_some_and(Json::is_string));
                self.patterns += map.get("patternProperties").and_then(Json::as_object).map_or(0, Map::len);
                self.resources += usize::from(map.get("$id").and_then(Json::as_str).is_some_and(|id| !id.starts_with('#')));
                self.has_references |= ["$ref", "$dynamicRef", "$recursiveRef"].iter().any(|key| map.contains_key(*key));
                map.values().for_each(|below| self.add(below));
            }
            _ => {}
        }
    }
}

/// Says that there are too many violations to tell, if so.
pub(super) fn check_count(violations: usize) -> Result<(), Error> {
    if violations > MAX_VIOLATIONS { Err(too_much("is violated in more than 10000 ways")) } else { Ok(()) }
}

/// What a schema asks for one value: steps to see whether it holds, and steps to tell why not.
#[derive(Clone, Copy, Default)]
struct Price {
    holds: u64,
    told: u64,
}

impl Price {
    fn add(&mut self, other: Self) {
        self.holds = self.holds.saturating_add(other.holds);
        self.told = self.told.saturating_add(other.told);
    }
}

/// Counts the work of one check.
struct Count {
    steps: u64,
    /// Pairs of a schema that a reference leads to and a value: what they ask for, or nothing while that is being counted.
    known: HashMap<(usize, usize), Option<Price>>,
    /// Whether a reference means the same wherever it is come from.
    is_static: bool,
}

/// What a reference and its like leads to: schema, where further references start, draft.
type Target<'r> = (&'r Json, Option<Resolver<'r>>, Draft);

/// Whether the check of a value is within the limits.
///
/// # Errors
/// The limit that it is not within, as what the schema does.
pub(super) fn check_work(schema: &Json, draft: Draft, registry: Option<(&Registry<'_>, &str)>, value: &Json) -> Result<(), Error> {
    let resolver = registry.and_then(|(registry, base)| Some(registry.resolver(referencing::uri::from_str(base).ok()?)));
    let text = ["$dynamicRef", "$recursiveRef"];
    let mut count = Count { steps: 0, known: HashMap::new(), is_static: !text.iter().any(|key| mentions(schema, key)) };
    let price = count.price((schema, resolver, draft), value, 0).map_err(too_much)?;
    if price.told > MAX_STEPS { Err(too_much(STEPS)) } else { Ok(()) }
}

const STEPS: &str = "asks for more than 2000000 steps";
const DEEP: &str = "nests too deep: more than 400 schemas inside each other";
const CIRCLE: &str = "goes round in circles: a reference leads back to where it is";

fn mentions(json: &Json, key: &str) -> bool {
    match json {
        Json::Array(items) => items.iter().any(|item| mentions(item, key)),
        Json::Object(map) => map.contains_key(key) || map.values().any(|below| mentions(below, key)),
        _ => false,
    }
}

impl Count {
    fn price(&mut self, (schema, resolver, draft): Target<'_>, value: &Json, depth: usize) -> Result<Price, &'static str> {
        let Json::Object(map) = schema else { return Ok(Price { holds: 1, told: 1 }) };
        let own = 1 + own_steps(map, value);
        self.steps = self.steps.saturating_add(own);
        if self.steps > MAX_STEPS {
            return Err(STEPS);
        }
        if depth > MAX_DEPTH {
            return Err(DEEP);
        }
        let draft = draft.detect(schema);
        let resolver = match draft.create_resource_ref(schema) {
            resource if resource.id().is_some() => resolver.map(|resolver| resolver.in_subresource(resource).unwrap_or(resolver)),
            _ => resolver,
        };
        let mut price = Price { holds: own, told: own };
        for (keyword, below) in map {
            if let (Some(reference), Some(resolver), "$ref" | "$dynamicRef" | "$recursiveRef") = (below.as_str(), &resolver, &**keyword) {
                price.add(self.reference(keyword, reference, resolver, value, depth)?);
                continue;
            }
            for (schema, value) in applied(keyword, below, map, value) {
                let mut one = self.price((schema, resolver.clone(), draft), value, depth + 1)?;
                if matches!(&**keyword, "anyOf" | "oneOf" | "if" | "not" | "contains" | "unevaluatedItems" | "unevaluatedProperties") {
                    one.told = one.told.saturating_add(one.holds.saturating_mul(2));
                }
                price.add(one);
            }
        }
        if map.contains_key("unevaluatedItems") || map.contains_key("unevaluatedProperties") {
            price.add(price);
        }
        Ok(price)
    }

    fn reference(&mut self, keyword: &str, to: &str, from: &Resolver<'_>, value: &Json, depth: usize) -> Result<Price, &'static str> {
        let found = if keyword == "$recursiveRef" { from.lookup_recursive_ref() } else { from.lookup(to) };
        // What leads nowhere is told when the schema is compiled.
        let Ok(found) = found else { return Ok(Price::default()) };
        let (schema, resolver, draft) = found.into_inner();
        let pair = (std::ptr::from_ref(schema) as usize, std::ptr::from_ref(value) as usize);
        match self.known.get(&pair) {
            Some(None) => return Err(CIRCLE),
            Some(Some(price)) if self.is_static => return Ok(*price),
            _ => {}
        }
        self.known.insert(pair, None);
        let price = self.price((schema, Some(resolver), draft), value, depth + 1)?;
        self.known.insert(pair, Some(price));
        Ok(price)
    }
}

/// The steps of the keywords that hold no schemas.
fn own_steps(map: &Map<String, Json>, value: &Json) -> u64 {
    let listed = ["enum", "required", "type"].iter().filter_map(|key| map.get(*key).and_then(Json::as_array)).map(Vec::len);
    let patterns = map.get("patternProperties").and_then(Json::as_object).map_or(0, Map::len);
    let size = match value {
        Json::String(text) => text.len() / 64,
        Json::Array(items) => items.len(),
        Json::Object(below) => below.len() * (1 + patterns),
        _ => 0,
    };
    (listed.sum::<usize>() + map.get("properties").and_then(Json::as_object).map_or(0, Map::len) / 8 + size) as u64
}

/// Stands for the name of a property.
static NAME: Json = Json::Null;

/// The schemas at a keyword, each with the value that it is for.
pub(super) fn applied<'j>(keyword: &str, below: &'j Json, map: &Map<String, Json>, value: &'j Json) -> Vec<(&'j Json, &'j Json)> {
    let members = || value.as_object().into_iter().flatten();
    let items = || value.as_array().into_iter().flatten();
    match (keyword, below) {
        ("allOf" | "anyOf" | "oneOf", Json::Array(schemas)) => schemas.iter().map(|schema| (schema, value)).collect(),
        ("not" | "if" | "then" | "else", _) => vec![(below, value)],
        ("dependencies" | "dependentSchemas", Json::Object(named)) => {
            named.iter().filter(|(key, _)| value.get(key.as_str()).is_some()).map(|(_, schema)| (schema, value)).collect()
        }
        ("properties", Json::Object(named)) => members().filter_map(|(key, value)| Some((named.get(key)?, value))).collect(),
        ("patternProperties", Json::Object(named)) => {
            named.values().flat_map(|schema| members().map(move |(_, value)| (schema, value))).collect()
        }
        ("additionalProperties" | "unevaluatedProperties", Json::Object(_)) => {
            let named = map.get("properties").and_then(Json::as_object);
            members().filter(|(key, _)| named.is_none_or(|named| !named.contains_key(*key))).map(|(_, value)| (below, value)).collect()
        }
        ("propertyNames", _) => members().map(|_| (below, &NAME)).collect(),
        ("items" | "prefixItems", Json::Array(schemas)) => schemas.iter().zip(items()).collect(),
        ("items" | "contains" | "additionalItems" | "unevaluatedItems", _) => items().map(|value| (below, value)).collect(),
        _ => Vec::new(),
    }
}
