//! Schemas as Helm from 3.18.5 on checks them: the semantics and words of `github.com/santhosh-tekuri/jsonschema/v6` 6.0.2.
//!
//! It knows drafts 4, 6, 7, 2019-09 and 2020-12; a schema that names none is of the last. A schema is checked against its draft's
//! metaschema first. Formats are asserted up to draft 7. Violations are a tree: `- at '/image': …` with the reasons below, indented.

mod formats;
mod plain;
mod prepare;
mod violations;
mod words;

use std::sync::{Arc, LazyLock};

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{Draft, ValidationError};
use referencing::{Error as Unresolved, meta};
use serde_json::Value as Json;

use super::compiled::{Compiled, Reading, Written};
use super::document::{quoted, read, written};
use super::limits::Size;
use super::{Unusable, refused_reference};
use violations::Teller;

/// The address Helm gives to a chart's schema.
const URL: &str = "file:///values.schema.json";

/// A schema, ready for use.
pub(super) struct Tree(Compiled);

/// A metaschema: its draft, its address, and itself.
type Metaschema = (Draft, &'static str, LazyLock<Option<Compiled>>);

static METASCHEMAS: [Metaschema; 5] = [
    (Draft::Draft4, "http://json-schema.org/draft-04/schema#", LazyLock::new(|| metaschema(Draft::Draft4, &meta::DRAFT4))),
    (Draft::Draft6, "http://json-schema.org/draft-06/schema#", LazyLock::new(|| metaschema(Draft::Draft6, &meta::DRAFT6))),
    (Draft::Draft7, "http://json-schema.org/draft-07/schema#", LazyLock::new(|| metaschema(Draft::Draft7, &meta::DRAFT7))),
    (
        Draft::Draft201909,
        "https://json-schema.org/draft/2019-09/schema#",
        LazyLock::new(|| metaschema(Draft::Draft201909, &meta::DRAFT201909)),
    ),
    (
        Draft::Draft202012,
        "https://json-schema.org/draft/2020-12/schema#",
        LazyLock::new(|| metaschema(Draft::Draft202012, &meta::DRAFT202012)),
    ),
];

fn metaschema(draft: Draft, schema: &'static Json) -> Option<Compiled> {
    let reading = Reading { draft, formats: formats::FORMATS, asserts_formats: true };
    let written = Written::new(Box::new(|| schema.clone()));
    Compiled::new(written, schema.clone(), reading, |_| None).ok()
}

impl Tree {
    /// Reads a schema, checks it against its metaschema, and compiles it.
    ///
    /// # Errors
    /// What keeps the schema from being used.
    pub(super) fn compile(text: &Arc<[u8]>) -> Result<Self, Unusable> {
        let (document, goes_on) = read(text)?;
        if goes_on {
            return Err(Unusable::Helm("invalid character after top-level value".into()));
        }
        let draft = draft_of(&document)?;
        check_by_metaschema(&document, draft)?;
        let (as_draft, prepared) = prepare::prepared(document, draft)?;
        let reading = Reading { draft: as_draft, formats: formats::FORMATS, asserts_formats: draft <= Draft::Draft7 };
        Compiled::new(written(text), prepared, reading, |error| refusal(error, draft)).map(Self)
    }

    /// Every violation as Helm prints it, with a line break at the end of each; empty when there is none. Helm's order depends on chance
    /// wherever it walks an object; here objects are walked in the order of their keys.
    ///
    /// # Errors
    /// A limit that was reached.
    pub(super) fn violations(&self, values: &Json) -> Result<String, Unusable> {
        let found = violations(&self.0, values)?;
        Ok(if found.is_empty() { found } else { format!("{}\n", &found[1..]) })
    }
}

/// Checks a schema against the metaschema of its draft.
///
/// # Errors
/// Helm's words for one that is not valid; a limit.
fn check_by_metaschema(document: &Json, draft: Draft) -> Result<(), Unusable> {
    if plain::is_plain(document) {
        return Ok(());
    }
    Size::of(document).check_schemas().map_err(Unusable::Ours)?;
    let Some((_, url, metaschema)) = METASCHEMAS.iter().find(|(known, ..)| *known == draft) else { return Ok(()) };
    match &**metaschema {
        Some(metaschema) if !metaschema.holds(document) => Err(invalid(url, "", &violations(metaschema, document)?)),
        _ => Ok(()),
    }
}

/// The violations of a document, each on its own line that begins with a line break.
fn violations(compiled: &Compiled, values: &Json) -> Result<String, Unusable> {
    let errors = compiled.errors(values)?;
    let mut text = String::new();
    for violation in Teller(compiled).violations(&compiled.tree(&errors)) {
        violation.write(&mut text, 1);
    }
    Ok(text)
}

fn invalid(url: &str, place: &str, found: &str) -> Unusable {
    let place = quoted(&format!("{URL}#{place}"));
    Unusable::Helm(format!("{place} is not valid against metaschema: jsonschema validation failed with '{url}'{found}"))
}

/// The draft that a schema names.
fn draft_of(document: &Json) -> Result<Draft, Unusable> {
    let Some(url) = document.get("$schema").and_then(Json::as_str) else { return Ok(Draft::Draft202012) };
    let bare = url.strip_suffix('#').unwrap_or(url);
    let name = bare.strip_prefix("http://").or_else(|| bare.strip_prefix("https://")).unwrap_or(bare);
    Ok(match name {
        "json-schema.org/schema" | "json-schema.org/draft/2020-12/schema" => Draft::Draft202012,
        "json-schema.org/draft/2019-09/schema" => Draft::Draft201909,
        "json-schema.org/draft-07/schema" => Draft::Draft7,
        "json-schema.org/draft-06/schema" => Draft::Draft6,
        "json-schema.org/draft-04/schema" => Draft::Draft4,
        _ => return Err(refused_reference(url)),
    })
}

/// What Helm says of a reference that leads nowhere, or to what is no schema.
fn refusal(error: &ValidationError<'_>, draft: Draft) -> Option<String> {
    match error.kind() {
        Kind::Referencing(Unresolved::PointerToNowhere { pointer } | Unresolved::InvalidArrayIndex { pointer, .. }) => {
            Some(format!("json-pointer in {} not found", quoted(&format!("{URL}#{pointer}"))))
        }
        Kind::Referencing(Unresolved::NoSuchAnchor { anchor } | Unresolved::InvalidAnchor { anchor }) => {
            Some(format!("anchor in {} not found in schema {}", quoted(&format!("{URL}#{anchor}")), quoted(URL)))
        }
        Kind::Type { .. } => {
            let (_, url, _) = METASCHEMAS.iter().find(|(known, ..)| *known == draft)?;
            let words = format!("\n- at '': got {}, want boolean or object", super::document::type_name(error.instance()));
            match invalid(url, error.schema_path().as_str(), &words) {
                Unusable::Helm(words) => Some(words),
                Unusable::Ours(_) => None,
            }
        }
        _ => None,
    }
}
