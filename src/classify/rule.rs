//! What a rule file says, checked and made ready. Depends on `glob`, `condition`, `message`, `value` and `error`.
//!
//! A rule is data: what it looks at (`on`, `charts`, `paths`, `kinds`, `text`), when it fires (`when` in CEL), how bad that is and what
//! is said about it. `docs` for writers of rules: [`RuleText`], field by field.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};
use serde::Deserialize;

use super::condition::Condition;
use super::glob::Glob;
use super::message::Message;
use super::relative::Relative;
use super::release;
use super::{Confidence, Severity};
use crate::diff::ChangeKind;
use crate::error::{Error, ErrorKind, Result};

/// The largest program a rule's `text` may compile to, in bytes.
const PATTERN_BYTES: usize = 1 << 20;

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum On {
    /// Default values, by path in the root chart's values.
    Value,
    /// The changed lines of a template file, by the file's path.
    Template,
    /// Charts that this one brings along, by the path of their values.
    Dependency,
    /// Default images, by the path of their values.
    Image,
    /// Custom resource definitions, by the file's path.
    Crd,
    /// Fields of Chart.yaml, by their path.
    Metadata,
    /// Pods that a release renders otherwise, one by one; by the fields of their [`Record`](crate::identity::Record).
    Workload,
    /// ServiceAccounts that a release renders otherwise, by the fields of their [`Account`](crate::identity::Account).
    Account,
    /// Objects that a release renders otherwise, by their fields.
    Object,
    /// What accounts of a release may do that they might not, and the other way round.
    Permission,
}

impl On {
    /// Whether it is seen only when the chart is rendered as a release.
    pub fn is_rendered(self) -> bool {
        matches!(self, Self::Workload | Self::Account | Self::Object | Self::Permission)
    }
}

/// A rule as it is written. Unknown keys are refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleText {
    /// Kebab-case, begins with its subject, says what happened. The file's name, when the rule is built in.
    pub id: String,
    /// A headline, without chart text.
    pub title: String,
    /// The chartshift version that had it first.
    pub since: String,
    /// What it looks at.
    pub on: On,
    /// Patterns over chart names; none: every chart.
    #[serde(default)]
    pub charts: Vec<String>,
    /// Patterns over paths; none: every path.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Patterns over paths that are left alone although `paths` has them.
    #[serde(default)]
    pub except: Vec<String>,
    /// `added`, `removed`, `modified`, `reordered`; none: all.
    #[serde(default)]
    pub kinds: Vec<ChangeKind>,
    /// A regular expression. Of files, only changed lines that it finds something in are looked at; of values, only texts; of rendered
    /// things, only fields with a new text, or a new list with a text, that it finds something in.
    pub text: Option<String>,
    /// The relative path of a default that the conditions may look at, too: `../../automountServiceAccountToken`.
    pub near: Option<String>,
    /// What must hold of a change, in CEL.
    pub when: Option<String>,
    /// What must hold of a single `field` of a rendered thing for it to count, in CEL.
    pub each: Option<String>,
    /// How bad, when there are no `cases`.
    pub severity: Option<Severity>,
    /// How sure, when there are no `cases`: `likely` or `confirmed`, for rules on what is rendered only.
    pub confidence: Option<Confidence>,
    /// How bad at most where the user's values set the default themselves. None: info.
    pub masked: Option<Severity>,
    /// How bad at most where nothing that is rendered reads the default. None: low.
    pub inert: Option<Severity>,
    /// Kinds of change that are grouped, graded and worded apart; the first whose condition holds counts.
    #[serde(default)]
    pub cases: Vec<CaseText>,
    /// What changed, in a sentence or two with placeholders.
    pub message: Option<String>,
    /// A remark on single places.
    pub note: Option<NoteText>,
    /// Changes of the same chart that matter as much and are named first.
    pub beside: Option<BesideText>,
    /// Why it matters, in Markdown.
    pub why: String,
    /// What to do.
    pub fix: Option<FixText>,
    /// Where to read more, as https links.
    #[serde(default)]
    pub references: Vec<String>,
}

/// A kind of change within a rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseText {
    /// What must hold, in CEL; none: everything the cases above left over.
    pub when: Option<String>,
    /// How bad.
    pub severity: Severity,
    /// How sure: `likely` or `confirmed`, for rules on what is rendered only.
    pub confidence: Option<Confidence>,
    /// The sentence, when it isn't the rule's.
    pub message: Option<String>,
}

/// A remark on places of which a condition holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoteText {
    /// What must hold, in CEL.
    pub when: String,
    /// The remark, with placeholders.
    pub text: String,
}

/// Which other changes of values are named first.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BesideText {
    /// Patterns over their paths.
    pub paths: Vec<String>,
    /// `added`, `removed`, `modified`, `reordered`; none: all.
    #[serde(default)]
    pub kinds: Vec<ChangeKind>,
    /// The sentence that goes ahead of the rule's, with placeholders.
    pub message: String,
}

/// What to do.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixText {
    /// A sentence.
    pub text: String,
    /// Whether every changed default is to be set to its old value.
    #[serde(default)]
    pub pin: bool,
    /// Values to set instead, by relative path: `{"../name": default}`.
    #[serde(default)]
    pub set: BTreeMap<String, serde_json::Value>,
}

/// A rule that is ready to run.
#[derive(Debug)]
pub struct Rule {
    /// What was written.
    pub text: RuleText,
    /// The pack it belongs to.
    pub pack: String,
    pub(super) charts: Vec<Glob>,
    pub(super) paths: Vec<Glob>,
    pub(super) except: Vec<Glob>,
    pub(super) pattern: Option<Pattern>,
    pub(super) near: Option<Relative>,
    pub(super) when: Option<Condition>,
    pub(super) each: Option<Condition>,
    pub(super) cases: Vec<Case>,
    pub(super) note: Option<(Condition, Message)>,
    pub(super) beside: Option<Beside>,
    pub(super) set: Vec<(Relative, serde_json::Value)>,
}

/// A [`BesideText`] that is ready to run.
#[derive(Debug)]
pub(super) struct Beside {
    pub(super) paths: Vec<Glob>,
    pub(super) kinds: Vec<ChangeKind>,
    pub(super) message: Message,
}

/// A regular expression, compiled when it is first asked.
#[derive(Debug)]
pub(super) struct Pattern {
    source: String,
    regex: OnceLock<Result<Regex, String>>,
}

impl Pattern {
    /// The expression ready to run.
    ///
    /// # Errors
    /// `Syntax` when it can't be read or is too large.
    pub(super) fn regex(&self) -> Result<&Regex> {
        let compile =
            || RegexBuilder::new(&self.source).multi_line(true).size_limit(PATTERN_BYTES).build().map_err(|error| error.to_string());
        self.regex.get_or_init(compile).as_ref().map_err(|why| refuse(&format!("`text` can't be read: {why}")))
    }
}

/// A [`CaseText`] that is ready to run.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) when: Option<Condition>,
    pub(super) severity: Severity,
    pub(super) confidence: Confidence,
    pub(super) message: Message,
}

impl Rule {
    /// Makes a rule ready. Conditions and patterns are compiled when they are first needed; see [`Rule::check`].
    ///
    /// # Errors
    /// `Syntax` when the rule contradicts itself or a pattern, sentence or path of it can't be read.
    pub fn new(text: RuleText, pack: &str) -> Result<Self> {
        let files = matches!(text.on, On::Template | On::Crd);
        if !is_kebab(&text.id) {
            return Err(refuse("an id is words of lower-case letters and digits, joined by single hyphens"));
        }
        if files && text.text.is_none() {
            return Err(refuse("a rule on files says in `text` which lines it looks at"));
        }
        if text.near.is_some() && text.on != On::Value {
            return Err(refuse("`near` goes with `on: value` only"));
        }
        let sure = text.confidence.is_some() || text.cases.iter().any(|case| case.confidence.is_some());
        if !text.on.is_rendered() && (sure || text.each.is_some()) {
            return Err(refuse("`confidence` and `each` go with rules on what is rendered only"));
        }
        if text.on.is_rendered() && (text.note.is_some() || text.beside.is_some()) {
            return Err(refuse("`note` and `beside` don't go with rules on what is rendered"));
        }
        if text.on != On::Value && text.masked.is_some() {
            return Err(refuse("`masked` goes with `on: value` only"));
        }
        if !matches!(text.on, On::Value | On::Template) && text.inert.is_some() {
            return Err(refuse("`inert` goes with `on: value` and `on: template` only"));
        }
        if text.fix.as_ref().is_some_and(|fix| (fix.pin || !fix.set.is_empty()) && text.on != On::Value) {
            return Err(refuse("a fix of `on: value` rules only can set values"));
        }
        let globs =
            |patterns: &[String]| patterns.iter().map(|p| if files { Glob::files(p) } else { Glob::keys(p) }).collect::<Result<_>>();
        let condition = |source: &Option<String>| source.as_ref().map(Condition::new);
        Ok(Self {
            charts: text.charts.iter().map(|pattern| Glob::name(pattern)).collect::<Result<_>>()?,
            paths: globs(&text.paths)?,
            except: globs(&text.except)?,
            pattern: text.text.clone().map(|source| Pattern { source, regex: OnceLock::new() }),
            near: text.near.as_deref().map(Relative::parse).transpose()?,
            when: condition(&text.when),
            each: condition(&text.each),
            cases: cases(&text)?,
            note: text.note.as_ref().map(|note| Ok::<_, Error>((Condition::new(&note.when), Message::parse(&note.text)?))).transpose()?,
            beside: text.beside.as_ref().map(beside).transpose()?,
            set: match &text.fix {
                Some(fix) => fix.set.iter().map(|(path, value)| Ok((Relative::parse(path)?, value.clone()))).collect::<Result<_>>()?,
                None => Vec::new(),
            },
            pack: pack.to_owned(),
            text,
        })
    }

    /// The rule's id.
    pub fn id(&self) -> &str {
        &self.text.id
    }

    /// Whether it looks at a chart of this name at all.
    pub(super) fn is_for_chart(&self, chart: &str) -> bool {
        self.charts.is_empty() || self.charts.iter().any(|glob| glob.fits_name(chart))
    }

    /// The severities it can have, worst first.
    pub fn severities(&self) -> Vec<Severity> {
        let mut all: Vec<Severity> = self.cases.iter().map(|case| case.severity).collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        all.dedup();
        all
    }

    /// Compiles every condition and pattern.
    ///
    /// # Errors
    /// `Syntax` when one can't be read or speaks of something that isn't there.
    pub fn check(&self) -> Result<()> {
        let mut names = match self.text.on {
            On::Template | On::Crd => vec!["kind", "chart", "file", "removed", "added", "unread", "included"],
            On::Dependency => vec!["kind", "chart", "path", "keys", "old", "new", "file", "lock_only"],
            On::Image | On::Metadata => vec!["kind", "chart", "path", "keys", "old", "new", "file"],
            On::Value => vec!["kind", "chart", "path", "keys", "old", "new", "file", "description", "block", "near_old", "near_new"],
            rendered => release::names(rendered),
        };
        self.pattern.as_ref().map_or(Ok(()), |pattern| pattern.regex().map(|_| ()))?;
        let cases = self.cases.iter().filter_map(|case| case.when.as_ref());
        let note = self.note.as_ref().map(|(condition, _)| condition);
        self.when.iter().chain(cases).chain(note).try_for_each(|condition| condition.check(&names))?;
        names.push("field");
        self.each.iter().try_for_each(|condition| condition.check(&names))
    }
}

fn cases(text: &RuleText) -> Result<Vec<Case>> {
    let sentence = |own: Option<&String>| match own.or(text.message.as_ref()) {
        Some(message) => Message::parse(message),
        None => Err(refuse("a message is missing")),
    };
    match (text.severity, text.cases.is_empty()) {
        (Some(severity), true) => {
            Ok(vec![Case { when: None, severity, confidence: text.confidence.unwrap_or(Confidence::Possible), message: sentence(None)? }])
        }
        (None, false) => {
            let case = |case: &CaseText| {
                Ok(Case {
                    when: case.when.as_ref().map(Condition::new),
                    severity: case.severity,
                    confidence: case.confidence.or(text.confidence).unwrap_or(Confidence::Possible),
                    message: sentence(case.message.as_ref())?,
                })
            };
            text.cases.iter().map(case).collect()
        }
        _ => Err(refuse("a rule has either a `severity` or `cases`")),
    }
}

fn beside(text: &BesideText) -> Result<Beside> {
    Ok(Beside {
        paths: text.paths.iter().map(|pattern| Glob::keys(pattern)).collect::<Result<_>>()?,
        kinds: text.kinds.clone(),
        message: Message::parse(&text.message)?,
    })
}

fn refuse(why: &str) -> Error {
    Error::new(ErrorKind::Syntax, why)
}

fn is_kebab(id: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    id.contains('-') && id.split('-').all(word)
}
