//! What a team decided about findings: other levels, and findings to ignore with a reason. Depends on `glob` and `error`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::glob::{Glob, path_names};
use super::{Place, Severity};
use crate::error::{Error, ErrorKind, Result};

/// A rule's level as the configuration sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The rule does not run.
    Off,
    /// All its findings have this severity.
    #[serde(untagged)]
    At(Severity),
}

/// The decisions of one run.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Levels by rule id.
    pub levels: BTreeMap<String, Level>,
    /// Findings to list as ignored.
    pub ignores: Vec<Ignore>,
    /// Today as `2026-01-31`, for ignores that expire; without it none has.
    pub today: Option<String>,
}

/// A decision to ignore findings of a rule, or some of their places.
#[derive(Debug, Clone)]
pub struct Ignore {
    /// The rule's id.
    pub rule: String,
    path: Option<Glob>,
    chart: Option<Glob>,
    /// Why, in the team's words.
    pub reason: String,
    expires: Option<String>,
}

impl Ignore {
    /// A decision: `path` and `chart` are patterns over places' paths and the chart's name, `expires` is the first day it no longer
    /// holds, as `2026-01-31`.
    ///
    /// # Errors
    /// `Usage` when the reason is empty or the day is none; `Syntax` when a pattern can't be read.
    pub fn new(rule: &str, path: Option<&str>, chart: Option<&str>, reason: &str, expires: Option<&str>) -> Result<Self> {
        let refuse = |why: &str| Error::new(ErrorKind::Usage, format!("the ignore of {rule} {why}"));
        if reason.trim().is_empty() {
            return Err(refuse("gives no reason").hint("say in `reason` why this finding is fine here"));
        }
        if expires.is_some_and(|day| !is_day(day)) {
            return Err(refuse("expires on no day").hint("write the day as 2026-01-31"));
        }
        Ok(Self {
            rule: rule.to_owned(),
            path: path.map(Glob::keys).transpose()?,
            chart: chart.map(Glob::name).transpose()?,
            reason: reason.trim().to_owned(),
            expires: expires.map(str::to_owned),
        })
    }

    /// Whether it speaks of a place of a finding of this rule; a place in a template is matched by the file's path.
    pub(super) fn covers(&self, rule: &str, chart: &str, place: &Place) -> bool {
        self.rule == rule
            && self.chart.as_ref().is_none_or(|glob| glob.fits_name(chart))
            && self.path.as_ref().is_none_or(|glob| glob.fits(&path_names(&place.path)) || glob.fits_name(&place.file))
    }

    pub(super) fn expired(&self, today: Option<&str>) -> bool {
        matches!((&self.expires, today), (Some(expires), Some(today)) if today >= expires.as_str())
    }

    /// What is said of one that matched nothing.
    pub(super) fn unused(&self, today: Option<&str>) -> String {
        let path = self.path.as_ref().map(|glob| format!(" at {}", glob.as_str())).unwrap_or_default();
        match &self.expires {
            Some(day) if self.expired(today) => format!("the ignore of {}{path} expired on {day}", self.rule),
            _ => format!("the ignore of {}{path} matched nothing", self.rule),
        }
    }
}

/// Whether a text is a day as `2026-01-31`. Such texts sort as the days do.
fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |part: &str, digits: usize, most: u32| {
        part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()) && part.parse().is_ok_and(|n: u32| (1..=most).contains(&n))
    };
    matches!(parts[..], [year, month, day] if number(year, 4, 9999) && number(month, 2, 12) && number(day, 2, 31))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days() {
        for (text, day) in [("2026-01-31", true), ("2026-13-01", false), ("2026-1-1", false), ("soon", false), ("2026-01-31T00", false)] {
            assert_eq!(is_day(text), day, "{text}");
        }
        let ignore = Ignore::new("a-b", None, None, "because", Some("2026-02-01")).unwrap();
        assert!(!ignore.expired(Some("2026-01-31")) && ignore.expired(Some("2026-02-01")) && !ignore.expired(None));
    }

    #[test]
    fn levels() {
        let levels: BTreeMap<String, Level> = serde_yaml::from_str("{a: off, b: high}").unwrap();
        assert_eq!(levels["a"], Level::Off);
        assert_eq!(levels["b"], Level::At(Severity::High));
        assert!(serde_yaml::from_str::<BTreeMap<String, Level>>("{a: loud}").is_err());
    }

    #[test]
    fn a_reason_is_required() {
        assert!(Ignore::new("a-b", None, None, " ", None).is_err());
    }
}
