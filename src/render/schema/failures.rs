//! The crate's flat list of errors as the tree it came from: what each schema found wrong, keyword by keyword.
//!
//! ```text
//! /properties/a/$ref/anyOf (contexts …)  ─▶  properties ─ a ─▶ $ref ─▶ anyOf ─ 0, 1, … ─▶ …
//! ```

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;

/// What one schema found wrong with one value.
pub(super) struct Found<'e> {
    /// The property, the index or the branch by which the schema was reached; else empty.
    pub(super) name: String,
    /// Where the value is, as a JSON pointer.
    pub(super) at: String,
    pub(super) failures: Vec<Failure<'e>>,
}

/// What failed at one keyword.
pub(super) struct Failure<'e> {
    /// The keyword; empty for a schema that is `false`.
    pub(super) keyword: String,
    /// What the crate says of the keyword itself. Several for one that it takes apart, such as `required`.
    pub(super) errors: Vec<&'e ValidationError<'e>>,
    /// What the schemas below the keyword found.
    pub(super) below: Vec<Found<'e>>,
}

/// Below these keywords schemas have names or numbers.
const NAMED: [&str; 9] =
    ["properties", "patternProperties", "dependentSchemas", "dependentRequired", "dependencies", "allOf", "anyOf", "oneOf", "prefixItems"];
/// The schemas below these are for a part of the value.
const FOR_PARTS: [&str; 6] = ["properties", "patternProperties", "additionalProperties", "items", "prefixItems", "additionalItems"];

/// An error on its way down the tree.
struct Item<'e> {
    /// The keywords, names and numbers that led to it.
    path: Vec<String>,
    error: &'e ValidationError<'e>,
    /// The name that is checked, for an error of `propertyNames`.
    name: Option<String>,
}

/// Everything that was found wrong with the values.
pub(super) fn tree<'e>(errors: &'e [ValidationError<'e>]) -> Found<'e> {
    found(errors.iter().map(item).collect(), 0, String::new(), String::new())
}

fn item<'e>(error: &'e ValidationError<'e>) -> Item<'e> {
    let path = segments(error.evaluation_path().as_str());
    match error.kind() {
        Kind::PropertyNames { error: inner } => Item { path, error: inner, name: inner.instance().as_str().map(str::to_owned) },
        _ => Item { path, error, name: None },
    }
}

/// The parts of a JSON pointer.
pub(super) fn segments(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
}

/// A key as a part of a JSON pointer.
pub(super) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// What the schema behind the first `depth` parts of the paths found wrong with the value at a place.
fn found<'e>(items: Vec<Item<'e>>, depth: usize, name: String, at: String) -> Found<'e> {
    let mut failures: Vec<Failure<'e>> = Vec::new();
    let mut deeper: Vec<(usize, String, String, usize, Vec<Item<'e>>)> = Vec::new();
    for item in items {
        let keyword = item.path.get(depth).cloned().unwrap_or_default();
        let failure = match failures.iter().position(|failure| failure.keyword == keyword) {
            Some(known) => known,
            None => {
                failures.push(Failure { keyword: keyword.clone(), errors: Vec::new(), below: Vec::new() });
                failures.len() - 1
            }
        };
        // A schema that is `false` is what fails, not the keyword that leads to it.
        let is_leaf = item.path.len() <= depth || (item.path.len() == depth + 1 && !matches!(item.error.kind(), Kind::FalseSchema));
        if is_leaf && item.name.is_none() {
            failures[failure].below.extend(branches(&item, &at));
            failures[failure].errors.push(item.error);
            continue;
        }
        let next = item.path.get(depth + 1).cloned().unwrap_or_default();
        let is_named = NAMED.contains(&&*keyword) || (keyword == "items" && next.parse::<usize>().is_ok());
        let part = FOR_PARTS.contains(&&*keyword).then(|| part_of(item.error, &at)).flatten();
        let place = part.map_or_else(|| at.clone(), |part| format!("{at}/{}", escape(&part)));
        let mut item = item;
        let name = match item.name.take_if(|_| keyword == "propertyNames") {
            Some(name) => name,
            None if is_named => next,
            None => String::new(),
        };
        let below = depth + 1 + usize::from(is_named);
        match deeper.iter_mut().rev().find(|(of, called, there, ..)| *of == failure && *called == name && *there == place) {
            Some((.., items)) => items.push(item),
            None => deeper.push((failure, name, place, below, vec![item])),
        }
    }
    for (failure, name, place, below, items) in deeper {
        failures[failure].below.push(found(items, below, name, place));
    }
    Found { name, at, failures }
}

/// The property or item below a place that an error is about.
fn part_of(error: &ValidationError<'_>, at: &str) -> Option<String> {
    let rest = error.instance_path().as_str().strip_prefix(at)?;
    segments(rest).into_iter().next()
}

/// What the branches of `anyOf` and `oneOf` found, each; one that holds has no failures.
fn branches<'e>(item: &Item<'e>, at: &str) -> Vec<Found<'e>> {
    match item.error.kind() {
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } | Kind::OneOfMultipleValid { context } => {
            let depth = item.path.len() + 1;
            let branch = |(index, errors): (usize, &'e Vec<ValidationError<'static>>)| {
                found(errors.iter().map(|error| self::item(error)).collect(), depth, index.to_string(), at.to_owned())
            };
            context.iter().enumerate().map(branch).collect()
        }
        _ => Vec::new(),
    }
}

impl Found<'_> {
    /// Takes what a schema that is only a reference found for what the schema behind it found.
    pub(super) fn open_reference(&mut self) {
        if let [Failure { below, .. }] = &mut *self.failures
            && let Some(inner) = below.pop()
        {
            *self = inner;
        }
    }

    /// Sets what was checked on its own to its place in the values.
    pub(super) fn move_to(&mut self, place: &str) {
        self.at.insert_str(0, place);
        self.failures.iter_mut().flat_map(|failure| &mut failure.below).for_each(|found| found.move_to(place));
    }
}
