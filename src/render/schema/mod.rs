//! Values against `values.schema.json`, as Helm checks them before it renders (Helm `pkg/chartutil/jsonschema.go`).
//!
//! ```text
//! schema text ─▶ document ─▶ flat::prepare ─▶ compiled ─▶ failures ─▶ flat::words        Helm up to 3.18.4
//!                       └──▶ tree::prepare ─▶ compiled ─▶ failures ─▶ tree::violations   Helm from 3.18.5 on
//! ```
//!
//! The crate `jsonschema` checks. Helm changed its library in 3.18.5; the two differ in what they take, in the words, in which drafts
//! they know and in how they treat a schema that is wrong itself. So each has its own preparation of a schema for the crate and its own
//! words for the crate's errors, all of them. Where Helm's order depends on chance, it is the order of keys. Nothing is fetched: a `$ref`
//! to somewhere else is refused. Depends on `template` (Go's regular expressions, dates, URLs and number texts), `error`, and the crate
//! `referencing`, which follows references where the work of a check is counted.

mod compiled;
mod document;
mod failures;
mod flat;
mod limits;
mod tree;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value as Json;

use super::dependencies::Mount;
use crate::chart::File;
use crate::error::{Error, ErrorKind, Result};
use crate::template::Profile;
use crate::template::value::{Map, Value};

const LARGE_PATTERN: &str = "holds a pattern that takes more than 1048576 bytes";

/// What Helm puts before the charts' violations.
const HEAD: &str = "values don't meet the specifications of the schema(s) in the following chart(s):\n";

/// Why a schema can't be used.
enum Unusable {
    /// Helm can't use it either, and says this.
    Helm(String),
    /// Helm may; chartshift won't.
    Ours(Error),
}

/// A schema that would have to be fetched.
fn refused_reference(reference: &str) -> Unusable {
    let message = format!("values.schema.json refers to {reference}, which is outside the chart; chartshift fetches no schemas");
    Unusable::Ours(
        Error::new(ErrorKind::Chart, message)
            .hint("copy that schema into the chart's own, or leave the check out with --skip-schema-validation"),
    )
}

/// A reference as a URL is written: Go takes what is no part of one as it is.
fn reference(to: &str) -> String {
    const NO_PART: &AsciiSet =
        &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');
    utf8_percent_encode(to, NO_PART).to_string()
}

/// What draft 2019-09 has that older ones don't.
const SINCE_2019: [&str; 12] = [
    "$anchor",
    "$recursiveAnchor",
    "$recursiveRef",
    "$vocabulary",
    "contentSchema",
    "dependentRequired",
    "dependentSchemas",
    "deprecated",
    "maxContains",
    "minContains",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Says of a schema what drafts up to 7 say by `$id`: its address, or the name of its place after a `#`. A name that is none is left out.
fn name_place(id: &str, schema: &mut serde_json::Map<String, Json>) {
    let (address, name) = id.split_once('#').unwrap_or((id, ""));
    if !address.is_empty() {
        schema.insert("$id".to_owned(), Json::from(reference(address)));
    }
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    if is_name && name.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)) {
        schema.insert("$anchor".to_owned(), Json::from(name));
    }
}

/// A chart's schema in the form that its profile's Helm checks it.
enum Schema {
    Flat(flat::Flat),
    Tree(tree::Tree),
}

impl Schema {
    fn compile(file: &File, profile: &Profile) -> Result<Self, Unusable> {
        if profile.schema_tree {
            tree::Tree::compile(&file.bytes).map(Self::Tree)
        } else {
            flat::Flat::compile(&file.bytes).map(Self::Flat)
        }
    }

    fn violations(&self, values: &Json) -> Result<String, Unusable> {
        match self {
            Self::Flat(flat) => flat.violations(values),
            Self::Tree(tree) => tree.violations(values),
        }
    }
}

/// The compiled schemas of a chart and of its subcharts, by folder. Kept over renders.
#[derive(Default)]
pub(super) struct Schemas(Mutex<HashMap<String, Arc<Result<Schema, Unusable>>>>);

impl Schemas {
    /// Checks coalesced values against the schema of a chart, then each enabled subchart's part against that subchart's.
    ///
    /// # Errors
    /// [`ErrorKind::Chart`] in Helm's words, naming every violation; a schema that refers to another place; a limit.
    pub(super) fn check(&self, root: &Mount<'_>, values: &Map, profile: &Profile) -> Result<()> {
        let mut text = String::new();
        self.check_mount(root, values, None, profile, &mut text)?;
        if text.is_empty() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Chart, format!("{HEAD}{text}")))
    }

    /// `known` are the same values as JSON, where a chart around this one has asked for them.
    fn check_mount(&self, mount: &Mount<'_>, values: &Map, known: Option<&Json>, profile: &Profile, text: &mut String) -> Result<()> {
        let is_asked_for = mount.chart.schema.is_some() && known.is_none();
        let made = is_asked_for.then(|| document::values(&Value::Map(values.clone())));
        let json = known.or(made.as_ref());
        if let (Some(file), Some(json)) = (&mount.chart.schema, json) {
            let schema = self.compiled(&mount.chart.folder, file, profile);
            let outcome = match &*schema {
                Ok(schema) => schema.violations(json),
                Err(Unusable::Helm(words)) => Err(Unusable::Helm(words.clone())),
                Err(Unusable::Ours(error)) => Err(Unusable::Ours(retold(error))),
            };
            match outcome {
                Ok(violations) if violations.is_empty() => {}
                Ok(words) | Err(Unusable::Helm(words)) => text.push_str(&format!("{}:\n{words}", mount.name)),
                Err(Unusable::Ours(error)) => return Err(error.context(format!("cannot check the values of {}", mount.name))),
            }
        }
        for child in &mount.children {
            if let Some(Value::Map(below)) = values.get(child.name.as_bytes()) {
                self.check_mount(child, &below, json.and_then(|json| json.get(&child.name)), profile, text)?;
            }
        }
        Ok(())
    }

    fn compiled(&self, folder: &str, file: &File, profile: &Profile) -> Arc<Result<Schema, Unusable>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(schema) = known.get(folder) {
            return Arc::clone(schema);
        }
        let schema = Arc::new(Schema::compile(file, profile));
        known.insert(folder.to_owned(), Arc::clone(&schema));
        schema
    }
}

/// An error that is kept, told once more.
fn retold(error: &Error) -> Error {
    let hints = error.hints().into_iter().map(str::to_owned);
    hints.fold(Error::new(error.kind(), error.to_string()), Error::hint)
}
