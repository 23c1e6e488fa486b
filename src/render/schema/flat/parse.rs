//! A schema read keyword by keyword in gojsonschema's order (`schema.go`), with its refusals: the first thing that is not as it should be
//! is told, and no check against a metaschema is made.

use std::collections::{HashMap, HashSet};

use super::references::{Entries, Pool, draft_of};
use crate::render::schema::json::{Json, Number};
use crate::render::schema::keywords::{Additional, BadPattern, Compiled, Dependency, Id, Items, Pattern, Patterns, Schema};
use crate::render::schema::limits::{MAX_PATTERNS, MAX_SCHEMAS, Weight, too_much};
use crate::render::schema::{LARGE_PATTERN, TOO_DEEP, TOO_HEAVY, TOO_MANY_PATTERNS, TOO_MANY_SCHEMAS, Unusable};

/// A schema that names no draft.
const HYBRID: u16 = u16::MAX;
/// References that lead to references before one is read.
const MAX_DEPTH: usize = 1_500;

type Outcome<T> = Result<T, Unusable>;

fn helm<T>(words: impl Into<String>) -> Outcome<T> {
    Err(Unusable::Helm(words.into()))
}

fn wrong_type<T>(expected: &str, given: &str) -> Outcome<T> {
    helm(format!("Invalid type. Expected: {expected}, given: {given}"))
}

/// Compiles a schema's document.
///
/// # Errors
/// Helm's words for what it refuses; limits.
pub(super) fn parse(document: Json) -> Outcome<Compiled> {
    let named = match &document {
        Json::Bool(_) => None,
        Json::Object(map) => match map.get("$schema") {
            None => None,
            Some(Json::Text(url)) => draft_of(url),
            Some(_) => return helm("$schema must be of type string"),
        },
        _ => return helm("schema is invalid"),
    };
    let pool = Pool::new(document, named);
    let root = pool.root().clone();
    let mut parser = Parser {
        pool,
        compiled: Compiled::default(),
        patterns: Patterns::default(),
        known: HashMap::new(),
        weight: Weight::default(),
        depth: 0,
    };
    parser.compiled.root = parser.schema(&root, named.unwrap_or(HYBRID))?;
    Ok(parser.compiled)
}

struct Parser {
    pool: Pool,
    compiled: Compiled,
    patterns: Patterns,
    /// References that were met.
    known: HashMap<String, Id>,
    weight: Weight,
    depth: usize,
}

impl Parser {
    fn schema(&mut self, node: &Json, draft: u16) -> Outcome<Id> {
        let id = self.reserve()?;
        self.fill(id, node, draft)?;
        Ok(id)
    }

    fn reserve(&mut self) -> Outcome<Id> {
        if self.compiled.schemas.len() >= MAX_SCHEMAS {
            return Err(Unusable::Ours(too_much(TOO_MANY_SCHEMAS)));
        }
        self.compiled.schemas.push(Schema::default());
        Ok(self.compiled.schemas.len() - 1)
    }

    fn fill(&mut self, id: Id, node: &Json, draft: u16) -> Outcome<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Unusable::Ours(too_much(TOO_DEEP)));
        }
        let mut schema = Schema { draft, ..Schema::default() };
        match node {
            Json::Bool(always) if draft >= 6 => schema.always = Some(*always),
            Json::Object(map) => self.keywords(&mut schema, map, draft)?,
            _ => return helm("Expected: valid schema, given: Invalid JSON"),
        }
        self.compiled.schemas[id] = schema;
        self.depth -= 1;
        Ok(())
    }

    fn keywords(&mut self, schema: &mut Schema, map: &Entries, draft: u16) -> Outcome<()> {
        let id_key = if draft == 4 || (draft == HYBRID && map.contains_key("id")) { "id" } else { "$id" };
        if map.get(id_key).is_some_and(|id| id.text().is_none()) {
            return wrong_type("string", id_key);
        }
        self.definitions(map, draft)?;
        for key in ["title", "description", "$ref"] {
            if map.get(key).is_some_and(|text| text.text().is_none()) {
                return wrong_type("string", key);
            }
        }
        if let Some(reference) = map.get("$ref").and_then(Json::text) {
            return self.reference(schema, reference, draft);
        }
        types(schema, map)?;
        self.of_objects(schema, map, draft)?;
        self.of_arrays(schema, map, draft)?;
        numbers(schema, map, draft)?;
        self.of_strings(schema, map)?;
        counts_and_required(schema, map)?;
        if draft >= 6
            && let Some(contains) = map.get("contains")
        {
            schema.contains = Some(self.schema(contains, draft)?);
        }
        constants(schema, map, draft)?;
        self.combinations(schema, map, draft)
    }

    fn definitions(&mut self, map: &Entries, draft: u16) -> Outcome<()> {
        let Some(definitions) = map.get("definitions") else { return Ok(()) };
        let Json::Object(definitions) = definitions else { return wrong_type("array of schemas", "definitions") };
        for definition in definitions.values() {
            if !matches!(definition, Json::Object(_) | Json::Bool(_)) {
                return wrong_type("array of schemas", "definitions");
            }
            self.schema(definition, draft)?;
        }
        Ok(())
    }

    /// What a reference means is read when it is first met.
    fn reference(&mut self, schema: &mut Schema, reference: &str, draft: u16) -> Outcome<()> {
        if let Some(id) = self.known.get(reference) {
            schema.reference = Some(*id);
            return Ok(());
        }
        let (node, named) = self.pool.find(reference)?;
        if !self.weight.add(&node) {
            return Err(Unusable::Ours(too_much(TOO_HEAVY)));
        }
        let id = self.reserve()?;
        self.known.insert(reference.to_owned(), id);
        if !matches!(node, Json::Object(_) | Json::Bool(_)) {
            return helm("valid schema must be of type object");
        }
        self.fill(id, &node, named.unwrap_or(draft))?;
        schema.reference = Some(id);
        Ok(())
    }

    fn of_objects(&mut self, schema: &mut Schema, map: &Entries, draft: u16) -> Outcome<()> {
        if let Some(properties) = map.get("properties") {
            let Json::Object(properties) = properties else { return helm("properties must be of type object") };
            for (key, property) in properties {
                let id = self.schema(property, draft)?;
                schema.properties.insert(key.clone(), id);
            }
        }
        schema.additional_properties = self.additional(map, "additionalProperties", draft)?;
        if let Some(patterns) = map.get("patternProperties") {
            let Json::Object(patterns) = patterns else { return wrong_type("valid schema", "patternProperties") };
            for (pattern, property) in patterns {
                let compiled = self.pattern(pattern, || format!("Invalid regex pattern '{pattern}'"))?;
                let id = self.schema(property, draft)?;
                schema.pattern_properties.push((compiled, id));
            }
        }
        if draft >= 6
            && let Some(names) = map.get("propertyNames")
        {
            if !matches!(names, Json::Object(_) | Json::Bool(_)) {
                return wrong_type("valid schema", "patternProperties");
            }
            schema.property_names = Some(self.schema(names, draft)?);
        }
        self.dependencies(schema, map, draft)
    }

    fn pattern(&mut self, text: &str, refusal: impl FnOnce() -> String) -> Outcome<Pattern> {
        self.patterns.compile(text).map_err(|problem| match problem {
            BadPattern::Syntax(words) if words.ends_with("expression too large") => Unusable::Ours(too_much(LARGE_PATTERN)),
            BadPattern::Syntax(_) => Unusable::Helm(refusal()),
            BadPattern::TooMany => Unusable::Ours(too_much(&TOO_MANY_PATTERNS.replace('N', &MAX_PATTERNS.to_string()))),
        })
    }

    fn additional(&mut self, map: &Entries, key: &str, draft: u16) -> Outcome<Option<Additional>> {
        Ok(match map.get(key) {
            None => None,
            Some(Json::Bool(allowed)) => Some(Additional::Allowed(*allowed)),
            Some(schema @ Json::Object(_)) => Some(Additional::Schema(self.schema(schema, draft)?)),
            Some(_) => return wrong_type("boolean/valid schema", key),
        })
    }

    fn dependencies(&mut self, schema: &mut Schema, map: &Entries, draft: u16) -> Outcome<()> {
        const NEITHER: &str = "dependency must be of type schema or array of strings";
        let Some(dependencies) = map.get("dependencies") else { return Ok(()) };
        let Json::Object(dependencies) = dependencies else { return helm("dependencies must be of type object") };
        for (key, dependency) in dependencies {
            let dependency = match dependency {
                Json::List(names) => {
                    let names: Option<Vec<String>> = names.iter().map(|name| name.text().map(str::to_owned)).collect();
                    Dependency::Required(names.ok_or_else(|| Unusable::Helm(NEITHER.into()))?)
                }
                Json::Object(_) | Json::Bool(_) => Dependency::Schema(self.schema(dependency, draft)?),
                _ => return helm(NEITHER),
            };
            schema.dependencies.insert(key.clone(), dependency);
        }
        Ok(())
    }

    fn of_arrays(&mut self, schema: &mut Schema, map: &Entries, draft: u16) -> Outcome<()> {
        match map.get("items") {
            None => {}
            Some(Json::List(items)) => {
                let mut each = Vec::with_capacity(items.len());
                for item in items {
                    if !matches!(item, Json::Object(_) | Json::Bool(_)) {
                        return wrong_type("valid schema/array of schemas", "items");
                    }
                    each.push(self.schema(item, draft)?);
                }
                schema.items = if each.is_empty() { Items::Any } else { Items::Each(each) };
            }
            Some(all @ (Json::Object(_) | Json::Bool(_))) => schema.items = Items::All(self.schema(all, draft)?),
            Some(_) => return wrong_type("valid schema/array of schemas", "items"),
        }
        schema.additional_items = self.additional(map, "additionalItems", draft)?;
        Ok(())
    }

    fn of_strings(&mut self, schema: &mut Schema, map: &Entries) -> Outcome<()> {
        schema.min_length = count(map, "minLength")?;
        schema.max_length = count(map, "maxLength")?;
        if schema.max_length.is_some() && schema.min_length > schema.max_length {
            return helm("minLength cannot be greater than maxLength");
        }
        match map.get("pattern") {
            None => {}
            Some(Json::Text(text)) => schema.pattern = Some(self.pattern(text, || "pattern must be a valid regex".to_owned())?),
            Some(_) => return helm("pattern must be of a string"),
        }
        match map.get("format") {
            None => {}
            Some(Json::Text(format)) => schema.format = Some(format.clone()),
            Some(_) => return helm("format must be of type string"),
        }
        Ok(())
    }

    fn combinations(&mut self, schema: &mut Schema, map: &Entries, draft: u16) -> Outcome<()> {
        schema.one_of = self.schemas(map, "oneOf", "oneOf", draft)?;
        schema.any_of = self.schemas(map, "anyOf", "anyOf", draft)?;
        // Its complaint about allOf names anyOf.
        schema.all_of = self.schemas(map, "allOf", "anyOf", draft)?;
        schema.not = self.one(map, "not", draft)?;
        if draft >= 7 {
            schema.condition = self.one(map, "if", draft)?;
            schema.then = self.one(map, "then", draft)?;
            schema.otherwise = self.one(map, "else", draft)?;
        }
        Ok(())
    }

    fn schemas(&mut self, map: &Entries, key: &str, told: &str, draft: u16) -> Outcome<Vec<Id>> {
        match map.get(key) {
            None => Ok(Vec::new()),
            Some(Json::List(schemas)) => schemas.iter().map(|schema| self.schema(schema, draft)).collect(),
            Some(_) => helm(format!("{told} must be of an array")),
        }
    }

    fn one(&mut self, map: &Entries, key: &str, draft: u16) -> Outcome<Option<Id>> {
        match map.get(key) {
            None => Ok(None),
            Some(schema @ (Json::Object(_) | Json::Bool(_))) => self.schema(schema, draft).map(Some),
            Some(_) => helm(format!("{key} must be of an object")),
        }
    }
}

/// The types there are, in the order of the complaint about others.
const TYPES: [&str; 7] = ["array", "boolean", "integer", "number", "null", "object", "string"];

fn types(schema: &mut Schema, map: &Entries) -> Outcome<()> {
    let mut add = |name: &str| {
        if !TYPES.contains(&name) {
            let known = TYPES.join(" ");
            return helm(format!("has a primitive type that is NOT VALID -- given: /{name}/ Expected valid values are:[{known}]"));
        }
        if schema.types.iter().any(|known| known == name) {
            return helm(format!("{name} type is duplicated"));
        }
        schema.types.push(name.to_owned());
        Ok(())
    };
    match map.get("type") {
        None => Ok(()),
        Some(Json::Text(name)) => add(name),
        Some(Json::List(names)) => names.iter().try_for_each(|name| match name {
            Json::Text(name) => add(name),
            // The library's own fault, which Helm catches and tells.
            Json::Number(_) => helm("unable to validate schema: interface conversion: interface {} is json.Number, not string"),
            _ => wrong_type("string/array of strings", "type"),
        }),
        Some(_) => wrong_type("string/array of strings", "type"),
    }
}

fn numbers(schema: &mut Schema, map: &Entries, draft: u16) -> Outcome<()> {
    if let Some(multiple) = map.get("multipleOf") {
        let Json::Number(multiple) = multiple else { return wrong_type("number", "multipleOf") };
        if multiple.compare(&Number::new("0")).is_le() {
            return helm("multipleOf must be strictly greater than 0");
        }
        schema.multiple_of = Some(multiple.clone());
    }
    (schema.minimum, schema.exclusive_minimum) = bounds(map, "minimum", "exclusiveMinimum", draft)?;
    (schema.maximum, schema.exclusive_maximum) = bounds(map, "maximum", "exclusiveMaximum", draft)?;
    Ok(())
}

/// The bound, and the bound that is itself excluded: draft 4 says so with a boolean, later ones with a number of its own.
fn bounds(map: &Entries, key: &str, exclusive: &str, draft: u16) -> Outcome<(Option<Number>, Option<Number>)> {
    let bound = match map.get(key) {
        None => None,
        Some(Json::Number(number)) => Some(number.clone()),
        Some(_) => return helm(format!("{key} must be of a number")),
    };
    let expected = match draft {
        4 => "boolean",
        HYBRID => "boolean/number",
        _ => "number",
    };
    match map.get(exclusive) {
        None => Ok((bound, None)),
        Some(Json::Bool(excluded)) if expected != "number" => match bound {
            None => helm(format!("{exclusive} cannot be used without {key}")),
            bound if *excluded => Ok((None, bound)),
            bound => Ok((bound, None)),
        },
        Some(Json::Number(number)) if expected != "boolean" => Ok((bound, Some(number.clone()))),
        Some(_) => wrong_type(expected, exclusive),
    }
}

/// A number of characters, items or properties.
fn count(map: &Entries, key: &str) -> Outcome<Option<i64>> {
    match map.get(key).map(|value| value.number().and_then(Number::written_integer)) {
        None => Ok(None),
        Some(None) => helm(format!("{key} must be of an integer")),
        Some(Some(count)) if count < 0 => helm(format!("{key} must be greater than or equal to 0")),
        Some(count) => Ok(count),
    }
}

fn counts_and_required(schema: &mut Schema, map: &Entries) -> Outcome<()> {
    schema.min_properties = count(map, "minProperties")?;
    schema.max_properties = count(map, "maxProperties")?;
    if schema.max_properties.is_some() && schema.min_properties > schema.max_properties {
        return helm("minProperties cannot be greater than maxProperties");
    }
    match map.get("required") {
        None => {}
        Some(Json::List(names)) => {
            for name in names {
                let Json::Text(name) = name else { return helm("required items must be string") };
                if schema.required.contains(name) {
                    return helm("required items must be unique");
                }
                schema.required.push(name.clone());
            }
        }
        Some(_) => return helm("required must be of an array"),
    }
    schema.min_items = count(map, "minItems")?;
    schema.max_items = count(map, "maxItems")?;
    match map.get("uniqueItems") {
        None => {}
        Some(Json::Bool(unique)) => schema.unique_items = *unique,
        Some(_) => return helm("uniqueItems must be of a boolean"),
    }
    Ok(())
}

fn constants(schema: &mut Schema, map: &Entries, draft: u16) -> Outcome<()> {
    if draft >= 6 {
        schema.constant = map.get("const").cloned();
    }
    match map.get("enum") {
        None => {}
        Some(Json::List(options)) => {
            let mut texts = HashSet::new();
            if !options.iter().all(|option| texts.insert(option.marshalled())) {
                return helm("enum items must be unique");
            }
            schema.options = (!options.is_empty()).then(|| options.clone());
        }
        Some(_) => return helm("enum must be of an array"),
    }
    Ok(())
}
