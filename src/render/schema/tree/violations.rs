//! The crate's errors as the library's tree of violations (`validator.go`). A wrong type, constant or format ends the check of a schema.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value as Json;

use super::formats;
use super::words::{self, FAILED, Shape, Violation, quote, quote_all};
use crate::render::schema::compiled::Compiled;
use crate::render::schema::document::type_name;
use crate::render::schema::failures::{Failure, Found, escape, tree};

/// The keywords in the library's order; the first line's end the check of a schema.
const ORDER: [&str; 37] = [
    "",
    "type",
    "const",
    "enum",
    "format",
    "$ref",
    "minProperties",
    "maxProperties",
    "required",
    "dependencies",
    "properties",
    "patternProperties",
    "additionalProperties",
    "propertyNames",
    "dependentSchemas",
    "dependentRequired",
    "minItems",
    "maxItems",
    "uniqueItems",
    "items",
    "prefixItems",
    "additionalItems",
    "contains",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "not",
    "allOf",
    "anyOf",
    "oneOf",
    "then",
    "else",
];
/// How many of them end it.
const ENDING: usize = 5;

/// Tells the violations of a schema.
pub(super) struct Teller<'t>(pub(super) &'t Compiled);

fn rank(keyword: &str) -> usize {
    ORDER.iter().position(|known| *known == keyword).unwrap_or(ORDER.len())
}

impl Teller<'_> {
    /// The violations of a schema that nothing stands around: what a group of them consists of.
    pub(super) fn violations(&self, found: &Found<'_>) -> Vec<Violation> {
        match self.one(found) {
            Some(Violation { shape: Shape::Group, reasons, .. }) => reasons,
            one => one.into_iter().collect(),
        }
    }

    fn each(&self, found: &Found<'_>) -> Vec<Violation> {
        let mut failures: Vec<&Failure<'_>> = found.failures.iter().collect();
        failures.sort_by_key(|failure| rank(&failure.keyword));
        let ends = failures.first().is_some_and(|first| rank(&first.keyword) < ENDING);
        failures.into_iter().take(if ends { 1 } else { usize::MAX }).flat_map(|failure| self.failure(failure, &found.at)).collect()
    }

    /// The violations of one schema as one, none if there is none.
    fn one(&self, found: &Found<'_>) -> Option<Violation> {
        let mut violations = self.each(found);
        match violations.len() {
            0 | 1 => violations.pop(),
            _ => Some(Violation { at: found.at.clone(), text: FAILED.to_owned(), shape: Shape::Group, reasons: violations }),
        }
    }

    fn failure(&self, failure: &Failure<'_>, at: &str) -> Vec<Violation> {
        let mut below: Vec<&Found<'_>> = failure.below.iter().collect();
        below.sort_by(|one, two| one.at.cmp(&two.at));
        let reasons = || below.iter().filter_map(|found| self.one(found)).collect::<Vec<_>>();
        let with = |text: &str, reasons: Vec<Violation>| {
            vec![Violation { at: at.to_owned(), text: text.to_owned(), reasons, shape: Shape::Plain }]
        };
        match &*failure.keyword {
            "$ref" | "$dynamicRef" | "$recursiveRef" => {
                let reasons = below.iter().flat_map(|found| self.violations(found)).collect();
                vec![Violation { at: at.to_owned(), text: FAILED.to_owned(), shape: Shape::Reference, reasons }]
            }
            "allOf" => with("'allOf' failed", reasons()),
            "anyOf" => with("'anyOf' failed", reasons()),
            "oneOf" => {
                match below.iter().filter(|branch| branch.failures.is_empty()).map(|branch| &*branch.name).collect::<Vec<_>>().as_slice() {
                    [first, second, ..] => with(&format!("'oneOf' failed, subschemas {first}, {second} matched"), Vec::new()),
                    _ => with("'oneOf' failed, none matched", reasons()),
                }
            }
            "propertyNames" => below.iter().map(|found| self.name(found)).collect(),
            "dependencies" | "dependentRequired" => {
                let lacking = failure.errors.first().map(|error| self.0.dependents(error, &failure.keyword)).unwrap_or_default();
                let told = lacking.iter().flat_map(|(property, names)| with(&words::dependent(names, property), Vec::new()));
                told.chain(reasons()).collect()
            }
            "required" => with(&words::required(&missing(&failure.errors)), Vec::new()),
            _ => failure.errors.iter().flat_map(|error| self.error(error, at)).chain(reasons()).collect(),
        }
    }

    fn name(&self, found: &Found<'_>) -> Violation {
        let mut reasons = self.violations(found);
        reasons.iter_mut().for_each(|reason| reason.at = String::new());
        Violation { at: String::new(), text: format!("invalid propertyName {}", quote(&found.name)), shape: Shape::Plain, reasons }
    }

    fn error(&self, error: &ValidationError<'_>, at: &str) -> Vec<Violation> {
        let value = error.instance();
        let count = |keyword: &str, got: usize, want: u64| words::count(keyword, got, want);
        let length = || value.as_str().map_or(0, |text| text.chars().count());
        let items = || value.as_array().map_or(0, Vec::len);
        let members = || value.as_object().map_or(0, serde_json::Map::len);
        let written = |keyword: &str| self.0.written(error, keyword);
        let text = match error.kind() {
            Kind::FalseSchema => "false schema".to_owned(),
            Kind::Type { kind } => format!("got {}, want {}", type_name(value), types(kind)),
            Kind::Constant { expected_value } => words::constant(expected_value),
            Kind::Enum { options } => match (written("const"), written("enum").and_then(Json::as_array)) {
                (Some(wanted), None) => words::constant(wanted),
                (_, Some(options)) => words::options(options),
                _ => words::options(options.as_array().map_or(&[], Vec::as_slice)),
            },
            Kind::Format { format } => {
                let text = value.as_str().unwrap_or_default();
                let problem = formats::check(format, text).err().unwrap_or_default();
                format!("{} is not valid {format}: {problem}", quote(text))
            }
            Kind::MinProperties { limit } => count("minProperties", members(), *limit),
            Kind::MaxProperties { limit } => count("maxProperties", members(), *limit),
            Kind::MinItems { limit } => count("minItems", items(), *limit),
            Kind::MaxItems { limit } => count("maxItems", items(), *limit),
            Kind::MinLength { limit } => count("minLength", length(), *limit),
            Kind::MaxLength { limit } => count("maxLength", length(), *limit),
            Kind::UniqueItems => words::duplicates(value.as_array().map_or(&[], Vec::as_slice)),
            Kind::AdditionalItems { limit } => {
                format!("last {} additionalItem(s) not allowed", words::grouped(&(items().saturating_sub(*limit)).to_string()))
            }
            Kind::AdditionalProperties { unexpected } => {
                let mut names = unexpected.clone();
                names.sort();
                format!("additional properties {} not allowed", quote_all(&names))
            }
            Kind::Pattern { pattern } => {
                let written = written("pattern").and_then(Json::as_str);
                format!("{} does not match pattern {}", quote(value.as_str().unwrap_or_default()), quote(written.unwrap_or(pattern)))
            }
            Kind::Minimum { limit } => words::bound("minimum", value, limit),
            Kind::Maximum { limit } => words::bound("maximum", value, limit),
            Kind::ExclusiveMinimum { limit } => words::bound("exclusiveMinimum", value, limit),
            Kind::ExclusiveMaximum { limit } => words::bound("exclusiveMaximum", value, limit),
            Kind::MultipleOf { multiple_of } => words::bound("multipleOf", value, &Json::from(*multiple_of)),
            Kind::Not { .. } => "'not' failed".to_owned(),
            Kind::Contains => return vec![self.contains(error, at)],
            Kind::UnevaluatedProperties { unexpected } => return self.unevaluated(error, "unevaluatedProperties", unexpected),
            Kind::UnevaluatedItems { unexpected } => {
                let items = value.as_array().into_iter().flatten().enumerate();
                let indexes = items.filter(|(_, item)| unexpected.contains(&item.to_string())).map(|(index, _)| index.to_string());
                return self.unevaluated(error, "unevaluatedItems", &indexes.collect::<Vec<_>>());
            }
            Kind::Required { property } => words::required(&[property.as_str().unwrap_or_default().to_owned()]),
            _ => error.to_string(),
        };
        vec![Violation { at: at.to_owned(), text, ..Violation::default() }]
    }

    /// What each part of a value lacks by the schema below a keyword; nothing for a part that lacks nothing.
    fn parts(&self, error: &ValidationError<'_>, keyword: &str, names: &[String]) -> Vec<Option<Violation>> {
        let Some(validator) = self.0.below(error, keyword) else { return Vec::new() };
        let part = |name: &String| {
            let value = error.instance().pointer(&format!("/{}", escape(name)))?;
            let errors: Vec<_> = validator.iter_errors(value).collect();
            let mut found = tree(&errors);
            found.open_reference();
            found.move_to(&format!("{}/{}", error.instance_path(), escape(name)));
            self.one(&found)
        };
        names.iter().map(part).collect()
    }

    fn contains(&self, error: &ValidationError<'_>, at: &str) -> Violation {
        let names: Vec<String> = (0..error.instance().as_array().map_or(0, Vec::len)).map(|index| index.to_string()).collect();
        let parts = self.parts(error, "contains", &names);
        let matched: Vec<usize> = parts.iter().enumerate().filter(|(_, part)| part.is_none()).map(|(index, _)| index).collect();
        let limit = |keyword: &str| self.0.schema(error)?.get(keyword)?.as_u64();
        let (least, most) = (limit("minContains"), limit("maxContains"));
        let reasons = || parts.into_iter().flatten().collect();
        let (text, reasons) = match (least, most) {
            (_, Some(most)) if matched.len() as u64 > most => (words::max_contains(&matched, most), Vec::new()),
            (Some(least), _) => (words::min_contains(&matched, least), reasons()),
            _ => ("no items match contains schema".to_owned(), reasons()),
        };
        Violation { at: at.to_owned(), text, reasons, shape: Shape::Plain }
    }

    fn unevaluated(&self, error: &ValidationError<'_>, keyword: &str, names: &[String]) -> Vec<Violation> {
        self.parts(error, keyword, names).into_iter().flatten().collect()
    }
}

fn missing(errors: &[&ValidationError<'_>]) -> Vec<String> {
    let name = |error: &&ValidationError<'_>| {
        if let Kind::Required { property } = error.kind() { property.as_str().map(str::to_owned) } else { None }
    };
    errors.iter().filter_map(name).collect()
}

/// The types in the library's order, whatever the schema's is.
fn types(kind: &TypeKind) -> String {
    const LIBRARYS: [&str; 7] = ["null", "boolean", "number", "integer", "string", "array", "object"];
    let mut names: Vec<&str> = match kind {
        TypeKind::Single(one) => vec![one.as_str()],
        TypeKind::Multiple(several) => several.iter().map(|one| one.as_str()).collect(),
    };
    names.sort_by_key(|name| LIBRARYS.iter().position(|known| known == name));
    names.join(" or ")
}
