//! A schema's documents compiled, subschema by subschema as they are met (`compiler.go`, `objcompiler.go`), and checked against their
//! metaschemas (`roots.go`).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use super::documents::{Documents, location, lookup};
use super::violations;
use super::words::escape;
use crate::render::schema::json::{Json, Number, quoted};
use crate::render::schema::keywords::{Additional, BadPattern, Compiled, Dependency, Id, Items, Pattern, Patterns, Schema};
use crate::render::schema::limits::{MAX_PATTERNS, MAX_SCHEMAS, Weight, too_much};
use crate::render::schema::{LARGE_PATTERN, TOO_HEAVY, TOO_MANY_PATTERNS, TOO_MANY_SCHEMAS, Unusable, metaschemas};

/// The metaschemas, compiled when they are first needed, with the address that messages name.
static METASCHEMAS: [(u16, &str, LazyLock<Option<Compiled>>); 5] = [
    (4, "http://json-schema.org/draft-04/schema", LazyLock::new(|| metaschema("http://json-schema.org/draft-04/schema"))),
    (6, "http://json-schema.org/draft-06/schema", LazyLock::new(|| metaschema("http://json-schema.org/draft-06/schema"))),
    (7, "http://json-schema.org/draft-07/schema", LazyLock::new(|| metaschema("http://json-schema.org/draft-07/schema"))),
    (2019, "https://json-schema.org/draft/2019-09/schema", LazyLock::new(|| metaschema("https://json-schema.org/draft/2019-09/schema"))),
    (2020, "https://json-schema.org/draft/2020-12/schema", LazyLock::new(|| metaschema("https://json-schema.org/draft/2020-12/schema"))),
];

fn metaschema(url: &str) -> Option<Compiled> {
    compile(url, metaschemas::document(url)?).ok()
}

/// Compiles the document at an address.
///
/// # Errors
/// Helm's words for what it refuses; references that would have to be fetched; limits.
pub(super) fn compile(url: &str, document: Json) -> Result<Compiled, Unusable> {
    let mut compiler = Compiler::default();
    compiler.documents.add(url, document)?;
    compiler.check(0, "")?;
    let root = compiler.enqueue(0, "")?;
    compiler.run()?;
    compiler.compiled.root = root;
    Ok(compiler.compiled)
}

#[derive(Default)]
struct Compiler {
    documents: Documents,
    compiled: Compiled,
    patterns: Patterns,
    ids: HashMap<(usize, String), Id>,
    /// The subschemas met so far, in the order in which they are compiled.
    met: Vec<(usize, String)>,
    weight: Weight,
}

/// The object under the compiler's eyes.
struct Here<'h> {
    map: &'h BTreeMap<String, Json>,
    document: usize,
    pointer: &'h str,
    draft: u16,
    base: String,
}

impl Here<'_> {
    fn text(&self, key: &str) -> Option<&str> {
        self.map.get(key)?.text()
    }

    fn is_true(&self, key: &str) -> bool {
        self.map.get(key).and_then(Json::bool) == Some(true)
    }

    fn number(&self, key: &str) -> Option<Number> {
        self.map.get(key)?.number().cloned()
    }

    fn count(&self, key: &str) -> Option<i64> {
        self.map.get(key)?.number()?.integer()
    }

    fn place(&self, keyword: &str) -> String {
        format!("{}/{}", self.pointer, escape(keyword))
    }
}

impl Compiler {
    /// Checks a place against the metaschema of its draft; metaschemas themselves are not checked.
    fn check(&self, document: usize, pointer: &str) -> Result<(), Unusable> {
        let checked = &self.documents.0[document];
        if metaschemas::is_known(&checked.url) {
            return Ok(());
        }
        let draft = checked.resource(pointer).1.draft;
        let Some((_, url, compiled)) = METASCHEMAS.iter().find(|(known, _, _)| *known == draft) else { return Ok(()) };
        let Some(compiled) = &**compiled else { return Ok(()) };
        let found = violations(compiled, checked.at(pointer)?)?;
        if found.is_empty() {
            return Ok(());
        }
        let place = quoted(&location(&checked.url, pointer));
        Err(Unusable::Helm(format!("{place} is not valid against metaschema: jsonschema validation failed with '{url}#'{found}")))
    }

    fn enqueue(&mut self, document: usize, pointer: &str) -> Result<Id, Unusable> {
        let key = (document, pointer.to_owned());
        if let Some(id) = self.ids.get(&key) {
            return Ok(*id);
        }
        if self.met.len() >= MAX_SCHEMAS {
            return Err(Unusable::Ours(too_much(TOO_MANY_SCHEMAS)));
        }
        let id = self.met.len();
        self.ids.insert(key.clone(), id);
        self.met.push(key);
        self.compiled.schemas.push(Schema::default());
        Ok(id)
    }

    fn run(&mut self) -> Result<(), Unusable> {
        let mut next = 0;
        while let Some((document, pointer)) = self.met.get(next).cloned() {
            if !self.documents.0[document].is_processed(&pointer) {
                self.documents.0[document].collect_at(&pointer)?;
                self.check(document, &pointer)?;
            }
            self.compiled.schemas[next] = self.schema(document, &pointer)?;
            next += 1;
        }
        Ok(())
    }

    fn schema(&mut self, document: usize, pointer: &str) -> Result<Schema, Unusable> {
        let whole = Arc::clone(&self.documents.0[document].json);
        let json = lookup(&whole, &self.documents.0[document].url, pointer)?;
        let (place, resource) = self.documents.0[document].resource(pointer);
        let (place, resource) = (place.to_owned(), resource.clone());
        let mut schema = Schema { draft: resource.draft, ..Schema::default() };
        schema.location = location(&self.documents.0[document].url, pointer);
        schema.resource = self.enqueue(document, &place)?;
        if resource.draft >= 2020 && place == pointer {
            for anchor in &resource.dynamic_anchors {
                if let Some(target) = resource.anchor(anchor) {
                    schema.dynamic_anchors.insert(anchor.clone(), self.enqueue(document, target)?);
                }
            }
        }
        match json {
            Json::Bool(always) => schema.always = Some(*always),
            Json::Object(map) if map.is_empty() => schema.always = Some(true),
            Json::Object(map) => {
                let here = Here { map, document, pointer, draft: resource.draft, base: resource.url };
                self.keywords(&mut schema, &here)?;
            }
            _ => {}
        }
        Ok(schema)
    }

    fn keywords(&mut self, schema: &mut Schema, here: &Here<'_>) -> Result<(), Unusable> {
        schema.reference = self.reference(here, "$ref")?;
        if here.draft < 2019 && schema.reference.is_some() {
            return Ok(());
        }
        for kept in ["const", "enum"].iter().filter_map(|key| here.map.get(*key)) {
            if !self.weight.add(kept) {
                return Err(Unusable::Ours(too_much(TOO_HEAVY)));
            }
        }
        self.applicators(schema, here)?;
        self.items(schema, here)?;
        self.assertions(schema, here)?;
        if here.draft >= 6 {
            schema.contains = self.one(here, "contains")?;
            schema.property_names = self.one(here, "propertyNames")?;
            schema.constant = here.map.get("const").cloned();
        }
        if here.draft >= 7 {
            self.condition(schema, here)?;
        }
        if here.draft >= 2019 {
            self.since_2019(schema, here)?;
        }
        if here.draft >= 2020 {
            self.dynamic(schema, here)?;
        }
        Ok(())
    }

    fn applicators(&mut self, schema: &mut Schema, here: &Here<'_>) -> Result<(), Unusable> {
        schema.all_of = self.each(here, "allOf")?;
        schema.any_of = self.each(here, "anyOf")?;
        schema.one_of = self.each(here, "oneOf")?;
        schema.not = self.one(here, "not")?;
        schema.properties = self.by_name(here, "properties")?;
        for (pattern, id) in self.by_name(here, "patternProperties")? {
            let pattern = self.pattern(here, "patternProperties", &pattern)?;
            schema.pattern_properties.push((pattern, id));
        }
        schema.additional_properties = self.additional(here, "additionalProperties")?;
        let Some(dependencies) = here.map.get("dependencies").and_then(Json::object) else { return Ok(()) };
        for (key, dependency) in dependencies {
            let dependency = match dependency.list() {
                Some(names) => Dependency::Required(texts(names)),
                None => Dependency::Schema(self.enqueue(here.document, &format!("{}/{}", here.place("dependencies"), escape(key)))?),
            };
            schema.dependencies.insert(key.clone(), dependency);
        }
        Ok(())
    }

    fn items(&mut self, schema: &mut Schema, here: &Here<'_>) -> Result<(), Unusable> {
        if here.draft >= 2020 {
            schema.items = Items::Each(self.each(here, "prefixItems")?);
            schema.additional_items = self.one(here, "items")?.map(Additional::Schema);
            return Ok(());
        }
        match here.map.get("items") {
            None => {}
            Some(Json::List(_)) => {
                schema.items = Items::Each(self.each(here, "items")?);
                schema.additional_items = self.additional(here, "additionalItems")?;
            }
            Some(_) => schema.items = self.one(here, "items")?.map_or(Items::Any, Items::All),
        }
        Ok(())
    }

    fn assertions(&mut self, schema: &mut Schema, here: &Here<'_>) -> Result<(), Unusable> {
        schema.types = types(here.map.get("type"));
        schema.options = here.map.get("enum").and_then(Json::list).map(<[Json]>::to_vec);
        schema.multiple_of = here.number("multipleOf");
        (schema.minimum, schema.exclusive_minimum) = bounds(here, "minimum", "exclusiveMinimum");
        (schema.maximum, schema.exclusive_maximum) = bounds(here, "maximum", "exclusiveMaximum");
        schema.min_length = here.count("minLength");
        schema.max_length = here.count("maxLength");
        if let Some(pattern) = here.text("pattern") {
            schema.pattern = Some(self.pattern(here, "pattern", pattern)?);
        }
        schema.min_items = here.count("minItems");
        schema.max_items = here.count("maxItems");
        schema.unique_items = here.is_true("uniqueItems");
        schema.min_properties = here.count("minProperties");
        schema.max_properties = here.count("maxProperties");
        schema.required = here.map.get("required").and_then(Json::list).map(texts).unwrap_or_default();
        let asserts_formats = here.draft < 2019 || metaschemas::is_known(&self.documents.0[here.document].url);
        schema.format = here.text("format").filter(|_| asserts_formats).map(str::to_owned);
        Ok(())
    }

    fn condition(&mut self, schema: &mut Schema, here: &Here<'_>) -> Result<(), Unusable> {
        schema.condition = self.one(here, "if")?;
        let always = here.map.get("if").and_then(Json::bool);
        if schema.condition.is_some() && always != Some(false) {
            schema.then = self.one(here, "then")?;
        }
        if schema.condition.is_some() && always != Some(true) {
            schema.otherwise = self.one(here, "else")?;
        }
        Ok(())
    }

    fn since_2019(&mut self, schema: &mut Schema, here: &Here<'_>) -> Result<(), Unusable> {
        schema.recursive_reference = self.reference(here, "$recursiveRef")?;
        schema.recursive_anchor = here.is_true("$recursiveAnchor");
        if schema.contains.is_some() {
            schema.min_contains = here.count("minContains");
            schema.max_contains = here.count("maxContains");
        }
        for (key, names) in here.map.get("dependentRequired").and_then(Json::object).into_iter().flatten() {
            if let Some(names) = names.list() {
                schema.dependent_required.insert(key.clone(), texts(names));
            }
        }
        schema.dependent_schemas = self.by_name(here, "dependentSchemas")?;
        schema.unevaluated_items = self.one(here, "unevaluatedItems")?;
        schema.unevaluated_properties = self.one(here, "unevaluatedProperties")?;
        Ok(())
    }

    fn dynamic(&mut self, schema: &mut Schema, here: &Here<'_>) -> Result<(), Unusable> {
        if let Some(id) = self.reference(here, "$dynamicRef")? {
            let fragment =
                here.text("$dynamicRef").and_then(|reference| reference.split_once('#')).map(|(_, fragment)| fragment.to_owned());
            schema.dynamic_reference = Some((id, fragment.filter(|name| !name.is_empty() && !name.starts_with('/'))));
        }
        schema.dynamic_anchor = here.text("$dynamicAnchor").map(str::to_owned);
        Ok(())
    }

    fn reference(&mut self, here: &Here<'_>, key: &str) -> Result<Option<Id>, Unusable> {
        let Some(reference) = here.text(key) else { return Ok(None) };
        let (document, pointer) = self.documents.resolve(here.document, &here.base, reference)?;
        self.enqueue(document, &pointer).map(Some)
    }

    fn one(&mut self, here: &Here<'_>, key: &str) -> Result<Option<Id>, Unusable> {
        here.map.get(key).map(|_| self.enqueue(here.document, &here.place(key))).transpose()
    }

    fn each(&mut self, here: &Here<'_>, key: &str) -> Result<Vec<Id>, Unusable> {
        let count = here.map.get(key).and_then(Json::list).map_or(0, <[Json]>::len);
        (0..count).map(|index| self.enqueue(here.document, &format!("{}/{index}", here.place(key)))).collect()
    }

    fn by_name(&mut self, here: &Here<'_>, key: &str) -> Result<BTreeMap<String, Id>, Unusable> {
        let names = here.map.get(key).and_then(Json::object).into_iter().flatten();
        names.map(|(name, _)| Ok((name.clone(), self.enqueue(here.document, &format!("{}/{}", here.place(key), escape(name)))?))).collect()
    }

    fn additional(&mut self, here: &Here<'_>, key: &str) -> Result<Option<Additional>, Unusable> {
        match here.map.get(key).and_then(Json::bool) {
            Some(allowed) => Ok(Some(Additional::Allowed(allowed))),
            None => Ok(self.one(here, key)?.map(Additional::Schema)),
        }
    }

    fn pattern(&mut self, here: &Here<'_>, key: &str, text: &str) -> Result<Pattern, Unusable> {
        self.patterns.compile(text).map_err(|problem| match problem {
            BadPattern::Syntax(words) if words.ends_with("expression too large") => Unusable::Ours(too_much(LARGE_PATTERN)),
            BadPattern::Syntax(words) => {
                let place = location(&self.documents.0[here.document].url, &here.place(key));
                Unusable::Helm(format!("invalid regex {} at {}: {words}", quoted(text), quoted(&place)))
            }
            BadPattern::TooMany => Unusable::Ours(too_much(&TOO_MANY_PATTERNS.replace('N', &MAX_PATTERNS.to_string()))),
        })
    }
}

fn texts(items: &[Json]) -> Vec<String> {
    items.iter().filter_map(Json::text).map(str::to_owned).collect()
}

/// The types in the library's order, whatever the schema's is.
fn types(named: Option<&Json>) -> Vec<String> {
    let named = match named {
        Some(Json::Text(name)) => vec![name.clone()],
        Some(Json::List(names)) => texts(names),
        _ => Vec::new(),
    };
    let known = ["null", "boolean", "number", "integer", "string", "array", "object"];
    known.into_iter().filter(|known| named.iter().any(|name| name == known)).map(str::to_owned).collect()
}

/// The bound, and the bound that is itself excluded.
fn bounds(here: &Here<'_>, key: &str, exclusive: &str) -> (Option<Number>, Option<Number>) {
    if here.is_true(exclusive) { (None, here.number(key)) } else { (here.number(key), here.number(exclusive)) }
}
