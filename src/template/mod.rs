//! Go's text/template with the functions Helm adds (Go 1.23 `text/template`, Helm 3.17 `pkg/engine`, sprig 3.3).
//!
//! ```text
//! text ─▶ lexer ─▶ parser ─▶ ast ─▶ exec ─▶ bytes
//!                    │               │
//!                    └── functions ──┘  one table; values, fmt, encode and time below them
//! ```
//!
//! A [`TemplateSet`] is parsed once, immutable and shared between threads; a [`Session`] is one render on one thread. Knows nothing of
//! charts. Depends on `value`, `version` and `error`.

mod ast;
mod encode;
mod exec;
mod fmt;
mod frozen;
mod functions;
mod glob;
mod lexer;
mod number;
pub mod object;
mod parser;
mod profile;
mod readings;
pub mod time;
pub mod value;

use std::sync::Arc;

use foldhash::HashMap;

pub use exec::trace::lines::CallPlace;
pub use exec::trace::reads::{Extent, Read};
pub use exec::{Chance, Frame, ImpureCall, Limits, RenderError, Session};
pub use profile::{Coalescing, KubeVersionRule, PROFILE_NAMES, Profile, Semver, Splitting, Toml, ValuesPackage};
pub use readings::Readings;
pub use time::LocalZone;

pub(crate) use encode::parse_json;
pub(crate) use fmt::{is_print, printf, quote, shown_text as shown};
pub(crate) use frozen::{Frozen, FrozenMap};
pub(crate) use functions::{UrlParts, compile_regex, date_matches, go_pattern, url_parts};
pub(crate) use glob::Glob as PathGlob;

/// What a traced render needs to know and notes.
pub(crate) mod trace {
    pub(crate) use super::exec::trace::Origins;
    pub(crate) use super::exec::trace::lines::LineOrigin;
    pub(crate) use super::exec::trace::reads::{Ledger, PathId, SetId};
}

use ast::Template;

/// `encoding/json`'s text of a value, without line breaks; empty for what has none.
pub(crate) fn json_text(value: &value::Value) -> String {
    let style = encode::json::Style { indented: false, html_safe: true };
    encode::Tree::of(value).map(|tree| encode::json::write(&tree, style)).unwrap_or_default()
}

/// A template file, parsed: its own body and its definitions.
#[derive(Debug)]
pub struct ParsedFile {
    templates: Vec<Arc<Template>>,
}

impl ParsedFile {
    /// Parses a file; `name` is what error messages and `include` call it.
    ///
    /// # Errors
    /// Helm's message: `parse error at (NAME:LINE): …`.
    pub fn parse(name: &str, text: impl Into<Arc<[u8]>>, profile: &Profile) -> Result<Self, RenderError> {
        let templates = parser::parse(name, text.into(), profile).map_err(|error| in_helms_words(&error))?;
        Ok(Self { templates: templates.into_iter().map(Arc::new).collect() })
    }
}

/// Parsed templates by name, each visible to all.
#[derive(Debug, Default)]
pub struct TemplateSet {
    profile: Profile,
    templates: HashMap<Arc<str>, Arc<Template>>,
}

impl TemplateSet {
    /// An empty set.
    pub fn new(profile: Profile) -> Self {
        Self { profile, templates: HashMap::default() }
    }

    /// Adds a file's templates: a later definition replaces an earlier one of the same name, unless it is empty.
    pub fn add(&mut self, file: &ParsedFile) {
        for template in &file.templates {
            if !template.is_empty() || !self.templates.contains_key(&template.name) {
                self.templates.insert(Arc::clone(&template.name), Arc::clone(template));
            }
        }
    }

    /// What the templates were parsed for.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    fn find(&self, name: &[u8]) -> Option<&Template> {
        self.templates.get(std::str::from_utf8(name).ok()?).map(|template| &**template)
    }
}

/// Helm keeps the second and the last part of Go's message.
fn in_helms_words(error: &parser::ParseError) -> RenderError {
    let parts: Vec<&str> = error.message.split(": ").collect();
    match parts.as_slice() {
        ["template", place, .., last] => RenderError::new(format!("parse error at ({place}): {last}")),
        _ => RenderError::new(error.message.clone()),
    }
}
