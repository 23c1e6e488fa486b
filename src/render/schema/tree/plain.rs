//! A look that knows the usual schema. Compiling a metaschema costs more than a whole render of most charts; nearly every chart's schema is
//! made of a few keywords in the shape that every draft's metaschema asks for, and this says so. Whatever else there is, valid or not, the
//! metaschema is asked about.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::formats;

const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];

/// The keywords that the metaschema of some draft knows.
const KNOWN: [&str; 63] = [
    "$anchor",
    "$comment",
    "$defs",
    "$dynamicAnchor",
    "$dynamicRef",
    "$id",
    "$recursiveAnchor",
    "$recursiveRef",
    "$ref",
    "$schema",
    "$vocabulary",
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "contains",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "default",
    "definitions",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "deprecated",
    "description",
    "else",
    "enum",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "id",
    "if",
    "items",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "properties",
    "propertyNames",
    "readOnly",
    "required",
    "then",
    "title",
    "type",
    "unevaluatedItems",
    "unevaluatedProperties",
    "uniqueItems",
    "writeOnly",
];

/// Whether a schema is valid by the metaschema of whatever draft, for all that is in it is plain.
pub(super) fn is_plain(schema: &Json) -> bool {
    schema.as_object().is_some_and(|keywords| keywords.iter().all(|(keyword, below)| is_plain_keyword(keyword, below)))
}

fn is_plain_keyword(keyword: &str, below: &Json) -> bool {
    match (keyword, below) {
        ("type", Json::String(name)) => TYPES.contains(&&**name),
        ("type", Json::Array(names)) => are_names(names) && names.iter().filter_map(Json::as_str).all(|name| TYPES.contains(&name)),
        ("properties" | "definitions" | "$defs", Json::Object(schemas)) => schemas.values().all(is_plain),
        ("additionalProperties" | "additionalItems", Json::Bool(_)) => true,
        ("additionalProperties" | "additionalItems" | "items" | "not" | "if" | "then" | "else", schema) => is_plain(schema),
        ("allOf" | "anyOf" | "oneOf", Json::Array(schemas)) => !schemas.is_empty() && schemas.iter().all(is_plain),
        ("required", Json::Array(names)) => are_names(names),
        ("enum" | "examples", below) => below.is_array(),
        ("title" | "description" | "$comment" | "format", below) => below.is_string(),
        ("default" | "const", _) => true,
        ("minimum" | "maximum", below) => below.is_number(),
        ("minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties", below) => below.is_u64(),
        ("uniqueItems" | "readOnly" | "writeOnly" | "deprecated", below) => below.is_boolean(),
        ("$schema", Json::String(address)) => formats::check("uri", address).is_ok(),
        ("$ref", Json::String(address)) => formats::check("uri-reference", address).is_ok(),
        ("pattern", Json::String(pattern)) => formats::check("regex", pattern).is_ok(),
        _ => !KNOWN.contains(&keyword),
    }
}

/// Whether these are names, at least one and each other than the rest.
fn are_names(names: &[Json]) -> bool {
    let distinct: HashSet<&str> = names.iter().filter_map(Json::as_str).collect();
    !names.is_empty() && distinct.len() == names.len()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use referencing::meta;
    use serde_json::json;

    use super::super::METASCHEMAS;
    use super::*;

    /// The property names that metaschemas give rules for.
    fn known_to(metaschemas: &[&'static Json]) -> BTreeSet<&'static str> {
        metaschemas.iter().filter_map(|schema| schema["properties"].as_object()).flatten().map(|(name, _)| &**name).collect()
    }

    #[test]
    fn the_keywords_are_those_of_the_metaschemas() {
        let metaschemas: [&Json; 18] = [
            &meta::DRAFT4,
            &meta::DRAFT6,
            &meta::DRAFT7,
            &meta::DRAFT201909,
            &meta::DRAFT201909_CORE,
            &meta::DRAFT201909_APPLICATOR,
            &meta::DRAFT201909_VALIDATION,
            &meta::DRAFT201909_META_DATA,
            &meta::DRAFT201909_FORMAT,
            &meta::DRAFT201909_CONTENT,
            &meta::DRAFT202012,
            &meta::DRAFT202012_CORE,
            &meta::DRAFT202012_APPLICATOR,
            &meta::DRAFT202012_UNEVALUATED,
            &meta::DRAFT202012_VALIDATION,
            &meta::DRAFT202012_META_DATA,
            &meta::DRAFT202012_FORMAT_ANNOTATION,
            &meta::DRAFT202012_CONTENT,
        ];
        assert_eq!(known_to(&metaschemas), BTreeSet::from(KNOWN));
    }

    /// The metaschemas by which a schema is not valid.
    fn refusing(schema: &Json) -> Vec<&'static str> {
        let refuses = |metaschema: &super::super::Metaschema| !metaschema.2.as_ref().is_some_and(|metaschema| metaschema.holds(schema));
        METASCHEMAS.iter().filter(|metaschema| refuses(metaschema)).map(|(_, url, _)| *url).collect()
    }

    fn check(schema: &Json) {
        if is_plain(schema) {
            assert_eq!(refusing(schema), [""; 0], "{schema}");
        }
    }

    /// What may stand at a keyword, fitting some and crooked for others.
    fn contents() -> Vec<Json> {
        let texts = [
            "",
            "string",
            "object",
            "any",
            "#/definitions/a",
            "http://example.com/schema#",
            "a b",
            "\\",
            "%zz",
            "[a-z]+",
            "(",
            "http://[x",
        ];
        let numbers = [json!(0), json!(1), json!(7.0), json!(0.5), json!(-1), json!(u64::MAX), json!(1e300)];
        let others = [json!(null), json!(true), json!(false), json!({}), json!([])];
        let single = texts.map(Json::from).into_iter().chain(numbers).chain(others);
        let wrapped =
            single.clone().flat_map(|one| [json!([one]), json!([one, one]), json!({"a": one}), json!({"type": one}), json!({"(": one})]);
        let lists = [json!(["a", "b"]), json!(["string", "null"]), json!([{}, {"type": "any"}]), json!(["string", {}]), json!([{}, {}])];
        single.clone().chain(wrapped).chain(lists).collect()
    }

    #[test]
    fn what_is_plain_at_one_keyword_is_valid_by_every_draft() {
        check(&json!(true));
        check(&json!([]));
        for keyword in KNOWN.into_iter().chain(["form", "x-order", ""]) {
            for below in contents() {
                check(&json!({keyword: below}));
                check(&json!({"properties": {"a": {keyword: below}}}));
            }
        }
    }

    #[test]
    fn the_usual_schema_is_plain() {
        let usual = json!({
            "$schema": "http://json-schema.org/schema#",
            "title": "Values",
            "type": "object",
            "properties": {
                "replicas": {"type": "integer", "minimum": 1, "default": 1, "form": true, "render": "slider"},
                "image": {"$ref": "#/$defs/image"},
                "kind": {"type": ["string", "null"], "enum": ["a", "b", null], "description": "One or the other"},
                "hosts": {"type": "array", "items": {"type": "string", "pattern": "^[a-z.]+$"}, "uniqueItems": true},
            },
            "$defs": {"image": {"type": "object", "required": ["tag"], "additionalProperties": false, "allOf": [{"minProperties": 1}]}},
        });
        assert!(is_plain(&usual));
        check(&usual);
        for crooked in [json!({"type": "text"}), json!({"required": true}), json!({"items": [{}]}), json!({"$id": "a"})] {
            assert!(!is_plain(&crooked), "{crooked}");
        }
    }

    /// Documents most of whose keywords hold what they should.
    fn schemas() -> impl Strategy<Value = Json> {
        let all: Vec<(String, Json)> =
            KNOWN.iter().flat_map(|keyword| contents().into_iter().map(|below| ((*keyword).to_owned(), below))).collect();
        let plain: Vec<(String, Json)> = all.iter().filter(|(keyword, below)| is_plain_keyword(keyword, below)).cloned().collect();
        let pair = prop_oneof![40 => prop::sample::select(plain), 1 => prop::sample::select(all)];
        let leaf = prop::collection::vec(pair, 0..4).prop_map(|pairs| pairs.into_iter().collect::<Json>());
        leaf.prop_recursive(4, 40, 4, |below| {
            let at = |keywords: &'static [&'static str]| prop::sample::select(keywords);
            let named = prop::collection::hash_map("[a-c(]", below.clone(), 0..3);
            prop_oneof![
                4 => (at(&["properties", "definitions", "$defs", "patternProperties"]), named).prop_map(|(keyword, named)| json!({keyword: named})),
                4 => (at(&["allOf", "anyOf", "oneOf"]), prop::collection::vec(below.clone(), 0..3))
                    .prop_map(|(keyword, listed)| json!({keyword: listed})),
                4 => (at(&["items", "additionalProperties", "additionalItems", "not", "if", "then", "else"]), below.clone())
                    .prop_map(|(keyword, below)| json!({keyword: below})),
                1 => (at(&KNOWN), below).prop_map(|(keyword, below)| json!({keyword: below})),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn whatever_is_plain_is_valid_by_every_draft(schema in schemas()) {
            check(&schema);
        }
    }
}
