//! How much work a check against a schema may be. A schema is part of a chart, and a chart is hostile until shown otherwise: a dozen
//! lines of `anyOf` and `$ref` can ask for more steps than there are atoms. The crate that checks has no limit of its own, so the work is
//! counted before it is done: each pair of a schema and a value that a check may come to, as often as it may come to it. Most schemas have
//! at most one schema for each value, and for these the size of both says enough.

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
    /// Whether a reference leads anywhere, to a metaschema below the root or to a schema.
    pub(super) has_references: bool,
    /// Whether what a reference leads to depends on where it is come from.
    is_dynamic: bool,
    /// Whether a value may meet several of its schemas.
    branches: bool,
    /// The most that one schema's lists ask of a value.
    widest: u64,
}

impl Size {
    /// The size of a document.
    pub(super) fn of(document: &Json) -> Self {
        let mut size = Self::default();
        size.add(document);
        size
    }

    /// Whether a document of this size is compared with its metaschema: the work of that grows as the document does.
    ///
    /// # Errors
    /// What there is too much of.
    pub(super) fn check_schemas(&self) -> Result<(), Error> {
        if self.objects >= MAX_SCHEMAS { Err(too_much("holds more than 100000 schemas")) } else { Ok(()) }
    }

    /// Whether a document of this size is compiled.
    ///
    /// # Errors
    /// What there is too much of.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.check_schemas()?;
        match self {
            Self { patterns: MAX_PATTERNS.., .. } => Err(too_much("holds more than 1000 patterns")),
            Self { resources: TOO_MANY_RESOURCES.., .. } => Err(too_much("holds more than 4 schemas with an $id")),
            _ => Ok(()),
        }
    }

    fn add(&mut self, json: &Json) {
        match json {
            Json::Array(items) => items.iter().for_each(|item| self.add(item)),
            Json::Object(map) => {
                self.objects += 1;
                self.widest = self.widest.max(listed(map));
                for (keyword, below) in map {
                    self.add_keyword(keyword, below);
                    self.add(below);
                }
            }
            _ => {}
        }
    }

    fn add_keyword(&mut self, keyword: &str, below: &Json) {
        match (keyword, below) {
            ("pattern", Json::String(_)) => self.patterns += 1,
            ("patternProperties", Json::Object(named)) => self.patterns += named.len(),
            ("$id", Json::String(id)) => self.resources += usize::from(!id.starts_with('#')),
            ("$ref" | "$schema", _) => self.has_references = true,
            ("$dynamicRef" | "$recursiveRef", _) => (self.has_references, self.is_dynamic) = (true, true),
            _ => {}
        }
        self.branches |= BRANCHING.contains(&keyword);
    }

    /// The most steps that a check of a value may be, if every value meets at most one schema.
    fn most_steps(&self, value: &Json) -> Option<u64> {
        (!self.branches).then(|| most_steps(self.widest, value))
    }
}

fn most_steps(widest: u64, value: &Json) -> u64 {
    let own = 1 + widest + extent(value);
    match value {
        Json::Array(items) => items.iter().fold(own, |steps, item| steps + most_steps(widest, item)),
        Json::Object(map) => map.values().fold(own, |steps, below| steps + most_steps(widest, below)),
        _ => own,
    }
}

/// The keywords that lead from one schema to another for the same value, or to several for one part of it.
const BRANCHING: [&str; 19] = [
    "$ref",
    "$dynamicRef",
    "$recursiveRef",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependencies",
    "dependentSchemas",
    "patternProperties",
    "propertyNames",
    "contains",
    "prefixItems",
    "additionalItems",
    "unevaluatedItems",
    "unevaluatedProperties",
];

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
pub(super) fn check_work(
    (schema, size, draft): (&Json, &Size, Draft),
    registry: Option<(&Registry<'_>, &str)>,
    value: &Json,
) -> Result<(), Error> {
    if size.most_steps(value).is_some_and(|most| most <= MAX_STEPS) {
        return Ok(());
    }
    let resolver = registry.and_then(|(registry, base)| Some(registry.resolver(referencing::uri::from_str(base).ok()?)));
    let mut count = Count { steps: 0, known: HashMap::new(), is_static: !size.is_dynamic };
    let price = count.price((schema, resolver, draft), value, 0).map_err(too_much)?;
    if price.told > MAX_STEPS { Err(too_much(STEPS)) } else { Ok(()) }
}

const STEPS: &str = "asks for more than 2000000 steps";
const DEEP: &str = "nests too deep: more than 400 schemas inside each other";
const CIRCLE: &str = "goes round in circles: a reference leads back to where it is";

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
    let patterns = map.get("patternProperties").and_then(Json::as_object).map_or(0, Map::len) as u64;
    let names = value.as_object().map_or(0, Map::len) as u64;
    listed(map) + extent(value) + names * patterns
}

/// What a schema's lists ask of a value.
fn listed(map: &Map<String, Json>) -> u64 {
    let length = |(keyword, below): (&String, &Json)| match (&**keyword, below) {
        ("enum" | "required" | "type", Json::Array(items)) => items.len(),
        ("properties", Json::Object(named)) => named.len() / 8,
        _ => 0,
    };
    map.iter().map(length).sum::<usize>() as u64
}

/// What a value asks of each schema.
fn extent(value: &Json) -> u64 {
    let size = match value {
        Json::String(text) => text.len() / 64,
        Json::Array(items) => items.len(),
        Json::Object(below) => below.len(),
        _ => 0,
    };
    size as u64
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const NAMES: [&str; 4] = ["a", "b", "c", "d"];

    fn values() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![Just(json!(1)), "x{0,300}".prop_map(Json::from)];
        leaf.prop_recursive(5, 60, 6, |below| {
            prop_oneof![
                prop::collection::vec(below.clone(), 0..6).prop_map(Json::from),
                prop::collection::btree_map(prop::sample::select(&NAMES), below, 0..4).prop_map(|map| json!(map)),
            ]
        })
    }

    fn schemas() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(json!({})),
            Just(json!(false)),
            (0_usize..9).prop_map(|count| json!({"enum": vec![1; count]})),
            (0_usize..9).prop_map(|count| json!({"required": vec!["a"; count], "type": ["array", "object"]})),
        ];
        leaf.prop_recursive(6, 80, 4, |below| {
            let named = prop::collection::btree_map(prop::sample::select(&NAMES), below.clone(), 0..4);
            let listed = prop::collection::vec(below.clone(), 1..4);
            let branching = prop::sample::select(&BRANCHING[3..]);
            prop_oneof![
                4 => (named, below.clone(), below.clone())
                    .prop_map(|(properties, others, items)| json!({"properties": properties, "additionalProperties": others, "items": items})),
                1 => (listed.clone(), below.clone()).prop_map(|(items, others)| json!({"items": items, "additionalProperties": others})),
                1 => (branching.clone(), below.clone(), below.clone()).prop_map(|(keyword, inside, items)| json!({keyword: inside, "items": items})),
                1 => (branching, listed).prop_map(|(keyword, schemas)| json!({keyword: schemas})),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn no_check_is_more_than_the_most_steps(schema in schemas(), value in values()) {
            let mut count = Count { steps: 0, known: HashMap::new(), is_static: true };
            let counted = count.price((&schema, None, Draft::Draft202012), &value, 0).unwrap().told;
            if let Some(most) = Size::of(&schema).most_steps(&value) {
                prop_assert!(counted <= most, "{counted} steps, {most} at the most");
            }
        }
    }

    #[test]
    fn whatever_branches_is_counted() {
        for keyword in BRANCHING {
            let schema = json!({"properties": {"a": {keyword: {}}}});
            assert_eq!(Size::of(&schema).most_steps(&json!({})), None, "{keyword}");
        }
        assert_eq!(Size::of(&json!({"enum": [1, 2, 3]})).most_steps(&json!([1])), Some((1 + 3 + 1) + (1 + 3)));
    }
}
