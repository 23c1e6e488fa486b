//! A schema in the hands of the crate `jsonschema`, with what is needed to tell its errors in Helm's words. Nothing is ever fetched.

use std::sync::LazyLock;

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use referencing::{Error as Unresolved, Registry, SPECIFICATIONS};
use serde_json::{Value as Json, json};

use super::failures::{Found, escape, tree};
use super::limits::{MAX_PATTERN_BYTES, Size, check_count, check_work};
use super::{Unusable, refused_reference};
use crate::error::{Error, ErrorKind};

/// The address of a chart's schema while it is checked.
const BASE: &str = "json-schema:///values.schema.json";

/// What the crate builds, or why it doesn't.
type Built<T> = Result<T, Box<ValidationError<'static>>>;

/// A format's name with its check.
pub(super) type Format = (&'static str, fn(&str) -> bool);

/// How the crate is to read a schema.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    pub(super) draft: Draft,
    pub(super) formats: &'static [Format],
    /// Whether formats are checked in every draft, not only up to draft 7.
    pub(super) asserts_formats: bool,
}

/// A schema as the chart has it, read where it is needed: to tell what is wrong with values.
pub(super) type Written = LazyLock<Json, Box<dyn FnOnce() -> Json + Send>>;

/// A schema, ready for use.
pub(super) struct Compiled {
    validator: Validator,
    /// Whether the validator is one of a reference to the schema.
    by_reference: bool,
    /// As the chart has it.
    written: Written,
    /// As the crate got it.
    prepared: Json,
    size: Size,
    reading: Reading,
    /// What references lead to, where there are any.
    registry: Option<Registry<'static>>,
}

impl Reading {
    fn build(&self, schema: &Json, draft: Draft, base: &str, registry: &Registry<'_>) -> Built<Validator> {
        let patterns = PatternOptions::regex().size_limit(MAX_PATTERN_BYTES).dfa_size_limit(MAX_PATTERN_BYTES);
        let options = jsonschema::options().with_draft(draft).with_base_uri(base).with_pattern_options(patterns).offline();
        let options = self.formats.iter().fold(options, |options, (name, check)| options.with_format(*name, check));
        let options = if self.asserts_formats { options.should_validate_formats(true) } else { options };
        options.with_registry(registry).build(schema).map_err(Box::new)
    }

    /// What validates by the schema at an address, by a reference to it: the crate checks what it builds against a metaschema, which it has
    /// to build first, but nothing that is referred to. The reference is of the draft whose metaschema is built soonest.
    fn build_reference(&self, to: &str, registry: &Registry<'_>) -> Built<Validator> {
        self.build(&json!({"$ref": to}), Draft::Draft4, "json-schema:///reference", registry)
    }

    /// What leads to a schema and to all that it may refer to.
    fn registry(&self, schema: &Json) -> Built<Registry<'static>> {
        let known = SPECIFICATIONS.add(BASE, self.draft.create_resource(schema.clone()));
        known.and_then(|known| known.draft(self.draft).prepare()).map_err(|error| Box::new(error.into()))
    }

    /// What leads to a schema that refers to nothing.
    fn lone_registry<'s>(&self, schema: &'s Json) -> Built<Registry<'s>> {
        let known = Registry::new().add(BASE, self.draft.create_resource_ref(schema));
        known.and_then(|known| known.draft(self.draft).prepare()).map_err(|error| Box::new(error.into()))
    }
}

impl Compiled {
    /// Compiles what the profile makes of a schema.
    ///
    /// # Errors
    /// A limit, a reference to another place, or what `explain` makes of what else the crate refuses.
    pub(super) fn new(
        written: Written,
        prepared: Json,
        reading: Reading,
        explain: impl FnOnce(&ValidationError<'_>) -> Option<String>,
    ) -> Result<Self, Unusable> {
        let size = Size::of(&prepared);
        size.check().map_err(Unusable::Ours)?;
        // In what is referred to, the crate would read further references by that address and not by the schema's own.
        let by_reference = prepared.get("$id").is_none();
        let registry = size.has_references.then(|| reading.registry(&prepared)).transpose();
        let built = registry.and_then(|registry| {
            let validator = match &registry {
                _ if !by_reference => reading.build(&prepared, reading.draft, BASE, &SPECIFICATIONS),
                Some(registry) => reading.build_reference(BASE, registry),
                None => reading.build_reference(BASE, &reading.lone_registry(&prepared)?),
            };
            Ok((validator?, registry))
        });
        let (validator, registry) = built.map_err(|error| match (error.kind(), explain(&error)) {
            (_, Some(words)) => Unusable::Helm(words),
            (Kind::Referencing(Unresolved::Unretrievable { uri, .. }), None) => refused_reference(uri),
            _ => Unusable::Ours(Error::new(ErrorKind::Chart, format!("values.schema.json cannot be used: {error}"))),
        })?;
        Ok(Self { validator, by_reference, written, prepared, size, reading, registry })
    }

    /// Whether nothing is wrong with a document. The work is not limited: for schemas that are known, as metaschemas are.
    pub(super) fn holds(&self, document: &Json) -> bool {
        self.validator.is_valid(document)
    }

    /// What is wrong with values, error by error.
    ///
    /// # Errors
    /// A limit.
    pub(super) fn errors<'e>(&'e self, values: &'e Json) -> Result<Vec<ValidationError<'e>>, Unusable> {
        let registry = self.registry.as_ref().map(|registry| (registry, BASE));
        check_work((&self.prepared, &self.size, self.reading.draft), registry, values).map_err(Unusable::Ours)?;
        if self.validator.is_valid(values) {
            return Ok(Vec::new());
        }
        let errors: Vec<_> = self.validator.iter_errors(values).collect();
        check_count(told(&errors)).map_err(Unusable::Ours)?;
        Ok(errors)
    }

    /// Everything that is wrong with values, as a tree of what [`Compiled::errors`] found.
    pub(super) fn tree<'e>(&self, errors: &'e [ValidationError<'e>]) -> Found<'e> {
        let mut found = tree(errors);
        if self.by_reference {
            found.open_reference();
        }
        found
    }

    /// The value of the keyword that an error is about, as the chart has it.
    pub(super) fn written(&self, error: &ValidationError<'_>, keyword: &str) -> Option<&Json> {
        let path = error.schema_path().as_str();
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        self.written.pointer(parent)?.get(keyword)
    }

    /// The schema beside or around the keyword that an error is about.
    pub(super) fn schema(&self, error: &ValidationError<'_>) -> Option<&Json> {
        let path = error.schema_path().as_str();
        self.written.pointer(path.rsplit_once('/').map_or("", |(parent, _)| parent))
    }

    /// The properties on which others depend that are missing, with those that are missing: what an error of `dependencies` is about.
    pub(super) fn dependents(&self, error: &ValidationError<'_>, keyword: &str) -> Vec<(String, Vec<String>)> {
        let value = error.instance();
        let listed = self.written(error, keyword).and_then(Json::as_object).into_iter().flatten();
        let lists = listed.filter(|(property, _)| value.get(property.as_str()).is_some()).filter_map(|(property, names)| {
            let names = names.as_array()?.iter().filter_map(Json::as_str).filter(|name| value.get(name).is_none());
            Some((property.clone(), names.map(str::to_owned).collect::<Vec<_>>()))
        });
        let mut lists: Vec<_> = lists.filter(|(_, names)| !names.is_empty()).collect();
        lists.sort();
        lists
    }

    /// A validator for the schema below the keyword that an error is about, where the crate tells of the keyword only.
    pub(super) fn below(&self, error: &ValidationError<'_>, keyword: &str) -> Option<Validator> {
        let path = error.schema_path().as_str();
        let parent =
            path.strip_suffix(&format!("/{}", escape(keyword))).unwrap_or_else(|| path.rsplit_once('/').map_or("", |(parent, _)| parent));
        let fragment = percent_encoding::utf8_percent_encode(&format!("{parent}/{keyword}"), FRAGMENT).to_string();
        let registry = self.reading.registry(&self.prepared).ok()?;
        self.reading.build_reference(&format!("{BASE}#{fragment}"), &registry).ok()
    }
}

/// How many errors there are, those of branches counted.
fn told(errors: &[ValidationError<'_>]) -> usize {
    let below = |error: &ValidationError<'_>| match error.kind() {
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } | Kind::OneOfMultipleValid { context } => {
            context.iter().map(|branch| told(branch)).sum()
        }
        _ => 0,
    };
    errors.iter().map(|error| 1 + below(error)).sum()
}

/// What a JSON pointer in a URL has to escape.
const FRAGMENT: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'/').remove(b'~').remove(b'-').remove(b'_').remove(b'.');
