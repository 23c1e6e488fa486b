//! A schema as the library reads it, where the crate would read it otherwise: Go's regular expressions, numbers that equal texts, and
//! drafts up to 7 as draft 2019-09 says the same, since the crate asks for ECMAScript's regular expressions in them.

use std::fmt::{self, Display, Formatter};

use jsonschema::Draft;
use serde_json::{Map, Value as Json};

use crate::render::schema::document::quoted;
use crate::render::schema::limits::{MAX_PATTERN_BYTES, too_much};
use crate::render::schema::{LARGE_PATTERN, SINCE_2019, Unusable, name_place, reference};
use crate::template::go_pattern;

type Entries = Map<String, Json>;

/// What the crate is to check in place of a schema that is valid by its metaschema, and by which draft.
///
/// # Errors
/// Helm's words for a pattern that is none; limits.
pub(super) fn prepared(mut document: Json, draft: Draft) -> Result<(Draft, Json), Unusable> {
    if let Json::Object(map) = &mut document {
        map.remove("$schema");
    }
    prepare(&mut document, draft, &Place::Root)?;
    Ok((draft.max(Draft::Draft201909), document))
}

/// Where in the document, to be written as a JSON pointer.
enum Place<'p> {
    Root,
    At(&'p Place<'p>, &'p dyn Display),
}

impl Display for Place<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::At(above, part) => write!(out, "{above}/{part}"),
        }
    }
}

fn prepare(json: &mut Json, draft: Draft, at: &Place<'_>) -> Result<(), Unusable> {
    match json {
        Json::Array(items) => items.iter_mut().enumerate().try_for_each(|(index, item)| prepare(item, draft, &Place::At(at, &index))),
        Json::Object(map) => {
            keywords(map, draft, at)?;
            let schemas = map.iter_mut().filter(|(key, _)| !matches!(&***key, "enum" | "const" | "default" | "examples"));
            schemas.into_iter().try_for_each(|(key, below)| prepare(below, draft, &Place::At(at, key)))
        }
        _ => Ok(()),
    }
}

fn keywords(map: &mut Entries, draft: Draft, at: &Place<'_>) -> Result<(), Unusable> {
    if draft <= Draft::Draft7 {
        of_old_drafts(map, draft);
    }
    if let Some(to) = map.get("$ref").and_then(Json::as_str).map(reference) {
        map.insert("$ref".to_owned(), Json::from(to));
    }
    if let Some(Json::String(text)) = map.get_mut("pattern") {
        *text = pattern(text, at, "pattern")?;
    }
    if let Some(Json::Object(named)) = map.get_mut("patternProperties") {
        let translated = std::mem::take(named).into_iter().map(|(text, schema)| Ok((pattern(&text, at, "patternProperties")?, schema)));
        *named = translated.collect::<Result<Entries, Unusable>>()?;
    }
    // A number equals a text that spells it, but not the other way round.
    if let Some(Json::Array(options)) = map.get_mut("enum") {
        let spelled: Vec<Json> = options.iter().filter_map(spelled).filter(|number| !options.contains(number)).collect();
        options.extend(spelled);
    } else if let Some(number) = map.get("const").and_then(spelled).filter(|_| draft >= Draft::Draft6)
        && let Some(text) = map.remove("const")
    {
        map.insert("enum".to_owned(), Json::Array(vec![text, number]));
    }
    Ok(())
}

fn spelled(text: &Json) -> Option<Json> {
    let number: Json = serde_json::from_str(text.as_str()?).ok()?;
    number.is_number().then_some(number)
}

/// The keywords that drafts 4, 6 and 7 have, each with the first that has it.
const SINCE: [(&str, Draft); 33] = [
    ("type", Draft::Draft4),
    ("properties", Draft::Draft4),
    ("additionalProperties", Draft::Draft4),
    ("patternProperties", Draft::Draft4),
    ("dependencies", Draft::Draft4),
    ("items", Draft::Draft4),
    ("additionalItems", Draft::Draft4),
    ("multipleOf", Draft::Draft4),
    ("minimum", Draft::Draft4),
    ("maximum", Draft::Draft4),
    ("exclusiveMinimum", Draft::Draft4),
    ("exclusiveMaximum", Draft::Draft4),
    ("minLength", Draft::Draft4),
    ("maxLength", Draft::Draft4),
    ("pattern", Draft::Draft4),
    ("format", Draft::Draft4),
    ("minProperties", Draft::Draft4),
    ("maxProperties", Draft::Draft4),
    ("required", Draft::Draft4),
    ("minItems", Draft::Draft4),
    ("maxItems", Draft::Draft4),
    ("uniqueItems", Draft::Draft4),
    ("enum", Draft::Draft4),
    ("oneOf", Draft::Draft4),
    ("anyOf", Draft::Draft4),
    ("allOf", Draft::Draft4),
    ("not", Draft::Draft4),
    ("const", Draft::Draft6),
    ("contains", Draft::Draft6),
    ("propertyNames", Draft::Draft6),
    ("if", Draft::Draft7),
    ("then", Draft::Draft7),
    ("else", Draft::Draft7),
];

/// Drafts up to 7 as draft 2019-09 says it: without what came later, and without what stands beside a reference.
fn of_old_drafts(map: &mut Entries, draft: Draft) {
    let is_reference = map.get("$ref").is_some_and(Json::is_string);
    let id = map.get(if draft == Draft::Draft4 { "id" } else { "$id" }).and_then(Json::as_str).map(str::to_owned);
    map.retain(|key, value| {
        let since = SINCE.iter().find(|(keyword, _)| keyword == key).map(|(_, since)| *since);
        let is_id = matches!(&**key, "$id" | "$schema") && value.is_string();
        !is_id && !SINCE_2019.contains(&&**key) && since.is_none_or(|since| !is_reference && draft >= since)
    });
    if let (Some(id), false) = (id, is_reference) {
        name_place(&id, map);
    }
    for (bound, exclusive) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")] {
        let Some(excluded) = map.get(exclusive).and_then(Json::as_bool) else { continue };
        map.remove(exclusive);
        if let Some(number) = map.remove(bound) {
            map.insert(if excluded { exclusive } else { bound }.to_owned(), number);
        }
    }
}

fn pattern(text: &str, at: &Place<'_>, keyword: &str) -> Result<String, Unusable> {
    go_pattern(text, MAX_PATTERN_BYTES).map_err(|words| match words.ends_with("expression too large") {
        true => Unusable::Ours(too_much(LARGE_PATTERN)),
        false => {
            let place = quoted(&format!("{}#{at}/{keyword}", super::URL));
            Unusable::Helm(format!("invalid regex {} at {place}: {words}", quoted(text)))
        }
    })
}
