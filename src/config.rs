//! `.chartshift.yaml`: what a team decided about findings. Depends on `classify` and `error`; whoever calls reads the file.
//!
//! ```yaml
//! levels:
//!   image-changed: off
//!   egress-policy-enabled: low
//! ignores:
//!   - rule: service-account-create-flipped
//!     path: minio.**
//!     chart: thanos
//!     reason: minio is switched off in every cluster
//!     expires: 2026-12-31
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::classify::catalogue::{Catalogue, malformed};
use crate::classify::settings::{Ignore, Level, Settings};
use crate::error::{Context as _, Result};

/// The name of the file that is looked for.
pub const FILE_NAME: &str = ".chartshift.yaml";

/// The file as it is written. Unknown keys are refused.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Levels by rule id: a severity, or `off`.
    #[serde(default)]
    pub levels: BTreeMap<String, Level>,
    /// Findings to list as ignored.
    #[serde(default)]
    pub ignores: Vec<IgnoreText>,
}

/// An ignore as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IgnoreText {
    /// The rule's id.
    pub rule: String,
    /// A pattern over paths of places; none: all of them.
    pub path: Option<String>,
    /// A pattern over chart names; none: every chart.
    pub chart: Option<String>,
    /// Why this is fine here.
    pub reason: String,
    /// The first day it no longer holds, as `2026-01-31`.
    pub expires: Option<String>,
}

impl Config {
    /// Reads the file's text; an empty one decides nothing.
    ///
    /// # Errors
    /// `Syntax` with file, line and column when it is not YAML, or has a key that isn't known.
    pub fn read(file: &str, text: &str) -> Result<Self> {
        let config: Option<Self> = serde_yaml::from_str(text).map_err(|error| malformed(&error, file, text))?;
        Ok(config.unwrap_or_default())
    }

    /// Makes it ready for a run. `today` is the day as `2026-01-31`, for ignores that expire.
    ///
    /// # Errors
    /// `NotFound` when it names a rule that `catalogue` doesn't have; `Usage` or `Syntax` when an ignore can't be understood.
    pub fn settings(self, file: &str, catalogue: &Catalogue, today: Option<String>) -> Result<Settings> {
        let settings = || {
            for id in self.levels.keys().chain(self.ignores.iter().map(|ignore| &ignore.rule)) {
                catalogue.rule(id)?;
            }
            let ignore = |text: &IgnoreText| {
                Ignore::new(&text.rule, text.path.as_deref(), text.chart.as_deref(), &text.reason, text.expires.as_deref())
            };
            Ok(Settings { ignores: self.ignores.iter().map(ignore).collect::<Result<_>>()?, levels: self.levels, today })
        };
        settings().doing(|| format!("cannot use {file}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_where_it_is_wrong() {
        for (text, message) in [
            ("levels: {}\nlevel: {}", "unknown field `level`"),
            ("ignores:\n  - rule: a-b", "missing field `reason`"),
            ("ignores: [", FILE_NAME),
            ("levels: {image-changed: loud}", FILE_NAME),
        ] {
            let error = Config::read(FILE_NAME, text).unwrap_err();
            assert!(error.report().contains(message) && error.place().is_some(), "{}", error.report());
        }
        assert!(Config::read(FILE_NAME, "").unwrap().levels.is_empty());
    }

    #[test]
    fn names_only_rules_that_are_there() {
        let config = Config::read(FILE_NAME, "levels: {no-such-rule: off}").unwrap();
        let error = config.settings(FILE_NAME, &Catalogue::default(), None).unwrap_err();
        assert!(error.report().contains("no rule \"no-such-rule\""), "{}", error.report());
    }
}
