//! Values against `values.schema.json`, as Helm checks them before it renders (Helm `pkg/chartutil/jsonschema.go`).
//!
//! ```text
//! schema text ─▶ json ─▶ flat::parse   ─▶ keywords ─▶ flat::evaluate ─▶ lines    Helm up to 3.18.4
//!                   └──▶ tree::compile ─▶ keywords ─▶ tree::evaluate ─▶ tree     Helm from 3.18.5 on
//! ```
//!
//! Helm changed the library in 3.18.5; the two differ in what they take, in the words, in which drafts they know and in how they treat a
//! schema that is wrong itself. Each has its own walk here, which gives Helm's violations, all of them, in Helm's words. Where Helm's order
//! depends on chance, it is the order of keys. Nothing is fetched: a `$ref` to somewhere else is refused. Depends on `template` (Go's
//! regular expressions, dates, URLs and number texts), `error` and the crate `referencing` for the metaschemas.

mod flat;
mod json;
mod keywords;
mod limits;
mod metaschemas;
mod tree;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::dependencies::Mount;
use crate::chart::File;
use crate::error::{Error, ErrorKind, Result};
use crate::template::Profile;
use crate::template::value::{Map, Value};
use json::Json;

const TOO_DEEP: &str = "nests too deep: more than 512 levels";
const TOO_MANY_SCHEMAS: &str = "holds more than 200000 schemas";
const TOO_HEAVY: &str = "holds more than 4000000 values, references followed";
const TOO_MANY_PATTERNS: &str = "holds more than N patterns";
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

/// A URL's fragment with its `%20`s undone; what is no escape stays.
fn percent_decoded(fragment: &str) -> String {
    let bytes = fragment.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok()).filter(|_| bytes[at] == b'%');
        match hex.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
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
        self.check_mount(root, values, profile, &mut text)?;
        if text.is_empty() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Chart, format!("{HEAD}{text}")))
    }

    fn check_mount(&self, mount: &Mount<'_>, values: &Map, profile: &Profile, text: &mut String) -> Result<()> {
        if let Some(file) = &mount.chart.schema {
            let schema = self.compiled(&mount.chart.folder, file, profile);
            let outcome = match &*schema {
                Ok(schema) => schema.violations(&Json::of(&Value::Map(values.clone()))),
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
                self.check_mount(child, &below, profile, text)?;
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
