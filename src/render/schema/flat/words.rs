//! What gojsonschema says of each kind of violation (`locales.go`), in its order (`validation.go`). Of the branches of a failed `anyOf`,
//! `oneOf` or `contains` it shows the one that scored best.

use std::collections::HashMap;

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value as Json;

use crate::render::schema::compiled::Compiled;
use crate::render::schema::document::{general, marshalled, type_name};
use crate::render::schema::failures::{Failure, Found, segments, tree};
use crate::render::schema::limits::applied;

/// The keywords in the order in which their violations are told; `properties` come last.
const ORDER: [&str; 31] = [
    "",
    "$ref",
    "type",
    "anyOf",
    "oneOf",
    "allOf",
    "not",
    "dependencies",
    "then",
    "else",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "items",
    "additionalItems",
    "minItems",
    "maxItems",
    "uniqueItems",
    "contains",
    "minProperties",
    "maxProperties",
    "required",
    "patternProperties",
    "additionalProperties",
    "propertyNames",
    "const",
    "enum",
    "minLength",
    "maxLength",
];

/// The lines for a schema's errors.
pub(super) struct Words<'w>(pub(super) &'w Compiled);

/// The place as its messages name it.
fn field(at: &str) -> String {
    if at.is_empty() { "(root)".to_owned() } else { segments(at).join(".") }
}

fn rank(keyword: &str) -> usize {
    ORDER.iter().position(|known| *known == keyword).unwrap_or(if keyword == "properties" { usize::MAX } else { ORDER.len() })
}

impl Words<'_> {
    /// Every violation, `context: description`.
    pub(super) fn lines(&self, found: &Found<'_>, values: &Json) -> Vec<String> {
        // A wrong type ends the check of a schema.
        let wrong_type = found.failures.iter().find(|failure| failure.keyword == "type" || failure.keyword.is_empty());
        let mut failures: Vec<&Failure<'_>> = wrong_type.map_or_else(|| found.failures.iter().collect(), |failure| vec![failure]);
        failures.sort_by_key(|failure| rank(&failure.keyword));
        failures.into_iter().flat_map(|failure| self.failure(failure, &found.at, values)).collect()
    }

    fn failure(&self, failure: &Failure<'_>, at: &str, values: &Json) -> Vec<String> {
        let mut below: Vec<&Found<'_>> = failure.below.iter().collect();
        below.sort_by(|one, two| one.at.cmp(&two.at));
        let told = |below: &[&Found<'_>]| below.iter().flat_map(|found| self.lines(found, values)).collect::<Vec<_>>();
        let line = |words: &str| format!("{}: {words}", field(at));
        match &*failure.keyword {
            "anyOf" => [vec![line("Must validate at least one schema (anyOf)")], self.best(failure, at, values)].concat(),
            "oneOf" => [vec![line("Must validate one and only one schema (oneOf)")], self.best(failure, at, values)].concat(),
            "allOf" => [told(&below), vec![line("Must validate all the schemas (allOf)")]].concat(),
            "then" => [vec![line("Must validate \"then\" as \"if\" was valid")], told(&below)].concat(),
            "else" => [vec![line("Must validate \"else\" as \"if\" was not valid")], told(&below)].concat(),
            "propertyNames" => {
                let name = |found: &&Found<'_>| {
                    [vec![line(&format!("Property name of \"{}\" does not match", found.name))], self.lines(found, values)].concat()
                };
                below.iter().flat_map(name).collect()
            }
            "dependencies" => {
                let lacking = failure.errors.first().map(|error| self.0.dependents(error, "dependencies")).unwrap_or_default();
                let names = lacking.iter().flat_map(|(_, names)| names).map(|name| line(&format!("Has a dependency on {name}")));
                names.chain(told(&below)).collect()
            }
            _ => failure.errors.iter().flat_map(|error| self.error(error, at)).chain(told(&below)).collect(),
        }
    }

    /// The lines of the branch that did best; nothing where some branch holds.
    fn best(&self, failure: &Failure<'_>, at: &str, values: &Json) -> Vec<String> {
        if failure.below.iter().any(|branch| branch.failures.is_empty()) {
            return Vec::new();
        }
        let schemas = failure.errors.first().and_then(|error| self.0.written(error, &failure.keyword)).and_then(Json::as_array);
        let scored = failure.below.iter().enumerate().map(|(index, branch)| {
            let lines = self.lines(branch, values);
            let passed = schemas.and_then(|schemas| Some(score(schemas.get(index)?, values.pointer(at)?))).unwrap_or(0);
            (passed - 2 * i64::try_from(lines.len()).unwrap_or(i64::MAX / 4), lines)
        });
        // The first of equals.
        scored.reduce(|best, other| if other.0 > best.0 { other } else { best }).map(|(_, lines)| lines).unwrap_or_default()
    }

    /// The lines of the item that came closest to what `contains` asks for.
    fn contains(&self, error: &ValidationError<'_>) -> Vec<String> {
        let (Some(validator), Some(items)) = (self.0.below(error, "contains"), error.instance().as_array()) else { return Vec::new() };
        let schema = self.0.written(error, "contains");
        let scored = items.iter().enumerate().map(|(index, item)| {
            let errors: Vec<_> = validator.iter_errors(item).collect();
            let mut found = tree(&errors);
            found.open_reference();
            found.move_to(&format!("{}/{index}", error.instance_path()));
            let lines = self.lines(&found, &Json::Null);
            (schema.map_or(0, |schema| score(schema, item)) - 2 * i64::try_from(lines.len()).unwrap_or(i64::MAX / 4), lines)
        });
        scored.reduce(|best, other| if other.0 > best.0 { other } else { best }).map(|(_, lines)| lines).unwrap_or_default()
    }

    fn error(&self, error: &ValidationError<'_>, at: &str) -> Vec<String> {
        let field = field(at);
        let value = error.instance();
        let words = match error.kind() {
            Kind::FalseSchema => "False always fails validation".to_owned(),
            Kind::Type { kind } => self.wrong_type(error, kind),
            Kind::Not { .. } => "Must not validate the schema (not)".to_owned(),
            Kind::MultipleOf { multiple_of } => format!("Must be a multiple of {}", general(&Json::from(*multiple_of))),
            Kind::Maximum { limit } => format!("Must be less than or equal to {}", general(limit)),
            Kind::ExclusiveMaximum { limit } => format!("Must be less than {}", general(limit)),
            Kind::Minimum { limit } => format!("Must be greater than or equal to {}", general(limit)),
            Kind::ExclusiveMinimum { limit } => format!("Must be greater than {}", general(limit)),
            Kind::AdditionalItems { .. } => "No additional items allowed on array".to_owned(),
            Kind::MinItems { limit } => format!("Array must have at least {limit} items"),
            Kind::MaxItems { limit } => format!("Array must have at most {limit} items"),
            Kind::UniqueItems => {
                return duplicates(value).map(|(one, two)| format!("{field}: array items[{one},{two}] must be unique")).collect();
            }
            Kind::Contains => return [vec![format!("{field}: At least one of the items must match")], self.contains(error)].concat(),
            Kind::MinProperties { limit } => format!("Must have at least {limit} properties"),
            Kind::MaxProperties { limit } => format!("Must have at most {limit} properties"),
            Kind::Required { .. } => format!("{} is required", property(error).unwrap_or_default()),
            Kind::AdditionalProperties { unexpected } => {
                let mut names: Vec<&String> = unexpected.iter().collect();
                names.sort();
                return names.iter().map(|name| format!("{field}: Additional property {name} is not allowed")).collect();
            }
            Kind::Constant { expected_value } => format!("{field} does not match: {}", marshalled(expected_value)),
            Kind::Enum { options } => {
                let allowed: Vec<String> = options.as_array().into_iter().flatten().map(marshalled).collect();
                format!("{field} must be one of the following: {}", allowed.join(", "))
            }
            Kind::MinLength { limit } => format!("String length must be greater than or equal to {limit}"),
            Kind::MaxLength { limit } => format!("String length must be less than or equal to {limit}"),
            Kind::Pattern { pattern } => {
                let written = self.0.written(error, "pattern").and_then(Json::as_str);
                format!("Does not match pattern '{}'", written.unwrap_or(pattern))
            }
            Kind::Format { format } => format!("Does not match format '{format}'"),
            _ => error.to_string(),
        };
        vec![format!("{field}: {words}")]
    }

    fn wrong_type(&self, error: &ValidationError<'_>, kind: &TypeKind) -> String {
        let schema = self.0.schema(error);
        if let (Some(format), None) =
            (schema.and_then(|schema| schema.get("format")?.as_str()), schema.and_then(|schema| schema.get("type")))
        {
            return format!("Does not match format '{format}'");
        }
        let expected = match (schema.and_then(|schema| schema.get("type")?.as_array()), kind) {
            (Some(names), _) if names.len() > 1 => format!("[{}]", names.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(",")),
            (_, TypeKind::Single(one)) => one.as_str().to_owned(),
            (_, TypeKind::Multiple(types)) => format!("[{}]", types.iter().map(JsonType::as_str).collect::<Vec<_>>().join(",")),
        };
        let value = error.instance();
        let given = if is_whole(value) { "integer" } else { type_name(value) };
        format!("Invalid type. Expected: {expected}, given: {given}")
    }
}

/// The property that is missing.
fn property<'e>(error: &'e ValidationError<'_>) -> Option<&'e str> {
    if let Kind::Required { property } = error.kind() { property.as_str() } else { None }
}

fn is_whole(value: &Json) -> bool {
    value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

/// Each item that equals an earlier one, after the last such.
fn duplicates(list: &Json) -> impl Iterator<Item = (usize, usize)> + '_ {
    let mut seen = HashMap::new();
    let items = list.as_array().into_iter().flatten().enumerate();
    items.filter_map(move |(index, item)| Some((seen.insert(marshalled(item), index)?, index)))
}

/// What a value scores by the checks of a schema that it passes; a violation takes two.
fn score(schema: &Json, value: &Json) -> i64 {
    let Json::Object(map) = schema else { return 0 };
    let named = map.get("type");
    let names = named.and_then(Json::as_array).map_or_else(|| named.into_iter().collect(), |names| names.iter().collect::<Vec<_>>());
    let is_of = |name: &&Json| *name == type_name(value) || (*name == "integer" && is_whole(value));
    if !names.is_empty() && !names.iter().any(is_of) {
        return 0;
    }
    let required = map.get("required").and_then(Json::as_array).into_iter().flatten();
    let present = required.filter(|name| name.as_str().is_some_and(|name| value.get(name).is_some())).count();
    let below =
        ["properties", "additionalProperties", "items", "allOf"].into_iter().filter_map(|keyword| Some((keyword, map.get(keyword)?)));
    let below = below.flat_map(|(keyword, below)| applied(keyword, below, map, value)).map(|(schema, value)| score(schema, value));
    let own = if matches!(value, Json::Null | Json::Bool(_)) { 3 } else { 4 };
    own + i64::try_from(present).unwrap_or(0) + below.sum::<i64>()
}
