//! Version constraints as Masterminds/semver 3.3 reads and checks them: `||` between groups, comma or space within a group, hyphen
//! ranges, `=` `!=` `>` `<` `>=` `<=` `~` `^`, and versions with missing or wildcard numbers. Its quirks are kept: Helm has them.

use std::cmp::Ordering;
use std::fmt;

use super::{Version, split_loosely, syntax};
use crate::error::{Error, ErrorKind, Result};

/// The longest constraint that is read, in bytes. Helm knows no limit; nobody writes one of this size by hand.
pub const LONGEST_CONSTRAINT: usize = 4096;

/// When a pre-release may satisfy a constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PrereleaseRule {
    /// Each single constraint must name a pre-release itself (semver up to 3.3, Helm up to 3.18).
    #[default]
    EachConstraint,
    /// One constraint of an AND group that names a pre-release opens the whole group (semver 3.4, Helm 3.19 and 4).
    AnyInGroup,
}

/// A parsed constraint.
#[derive(Debug, Clone)]
pub struct Constraint {
    /// Alternatives, each a list that must hold as a whole.
    groups: Vec<Vec<Single>>,
    rule: PrereleaseRule,
}

/// One operator and its version.
#[derive(Debug, Clone)]
struct Single {
    operator: Operator,
    /// The operator as it was written.
    sign: &'static str,
    /// The version with 0 for what was left out.
    version: Version,
    /// The version as it was written.
    written: String,
    /// Which number was the first that was left out or a wildcard.
    open: Open,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    Tilde,
    Caret,
}

/// The first number a constraint leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Major,
    Minor,
    Patch,
}

/// Longer signs first, so that the first prefix is the right one.
const OPERATORS: [(&str, Operator); 12] = [
    ("!=", Operator::NotEqual),
    (">=", Operator::GreaterOrEqual),
    ("=>", Operator::GreaterOrEqual),
    ("<=", Operator::LessOrEqual),
    ("=<", Operator::LessOrEqual),
    ("~>", Operator::Tilde),
    ("=", Operator::Equal),
    (">", Operator::Greater),
    ("<", Operator::Less),
    ("~", Operator::Tilde),
    ("^", Operator::Caret),
    ("", Operator::Equal),
];

impl Constraint {
    /// Reads a constraint, such as `~12.20`, `>=1.2 <2 || 3.x`, `1.2 - 2.3`.
    ///
    /// # Errors
    /// [`ErrorKind::Syntax`] in the library's words: `improper constraint: …` or `constraint Parser Error`; [`ErrorKind::Limit`] for a text
    /// above [`LONGEST_CONSTRAINT`].
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() > LONGEST_CONSTRAINT {
            return Err(Error::new(ErrorKind::Limit, format!("a version constraint is longer than {LONGEST_CONSTRAINT} bytes")));
        }
        let groups = rewrite_hyphen_ranges(text).split("||").map(parse_group).collect::<Result<_>>()?;
        Ok(Self { groups, rule: PrereleaseRule::default() })
    }

    /// The same constraint under another rule for pre-releases.
    #[must_use]
    pub fn with_rule(mut self, rule: PrereleaseRule) -> Self {
        self.rule = rule;
        self
    }

    /// Whether the version satisfies it.
    pub fn check(&self, version: &Version) -> bool {
        self.groups.iter().any(|group| group.iter().all(|single| single.verdict(version, self.admits(group, single), self.rule).is_ok()))
    }

    /// Why the version doesn't satisfy it, one clause for each single constraint that failed, in the library's words; nothing when it does.
    /// As in the library, `!=` shuts out pre-releases here although [`Self::check`] may let them pass.
    pub fn explain(&self, version: &Version) -> Vec<String> {
        let mut reasons: Vec<String> = Vec::new();
        let mut shut_out_was_told = false;
        for group in &self.groups {
            let mut holds = true;
            for single in group {
                let admits = self.admits(group, single);
                let reason = if version.is_prerelease() && !admits {
                    Some(Reason::Prerelease)
                } else {
                    single.verdict(version, admits, self.rule).err()
                };
                let Some(reason) = reason else { continue };
                holds = false;
                if reason != Reason::Prerelease || !std::mem::replace(&mut shut_out_was_told, true) {
                    reasons.push(reason.words(version, &single.written));
                }
            }
            if holds {
                return Vec::new();
            }
        }
        reasons
    }

    /// Whether this one of the group lets pre-releases in.
    fn admits(&self, group: &[Single], single: &Single) -> bool {
        match self.rule {
            PrereleaseRule::EachConstraint => single.version.is_prerelease(),
            PrereleaseRule::AnyInGroup => group.iter().any(|single| single.version.is_prerelease()),
        }
    }
}

/// The constraint with single spaces, as the library prints it.
impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, group) in self.groups.iter().enumerate() {
            f.write_str(if number == 0 { "" } else { " || " })?;
            for (number, single) in group.iter().enumerate() {
                let space = if number == 0 { "" } else { " " };
                write!(f, "{space}{}{}", single.sign, single.written)?;
            }
        }
        Ok(())
    }
}

/// Why a single constraint failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Prerelease,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    OtherMajor,
    OtherMajorOrMinor,
    OtherMinorBelowOne,
    OtherMinorBelowTenth,
    OtherPatchBelowTenth,
}

impl Reason {
    fn words(self, version: &Version, written: &str) -> String {
        match self {
            Self::Prerelease => format!("{version} is a prerelease version and the constraint is only looking for release versions"),
            Self::Equal => format!("{version} is equal to {written}"),
            Self::NotEqual => format!("{version} is not equal to {written}"),
            Self::Less => format!("{version} is less than {written}"),
            Self::LessOrEqual => format!("{version} is less than or equal to {written}"),
            Self::Greater => format!("{version} is greater than {written}"),
            Self::GreaterOrEqual => format!("{version} is greater than or equal to {written}"),
            Self::OtherMajor => format!("{version} does not have same major version as {written}"),
            Self::OtherMajorOrMinor => format!("{version} does not have same major and minor version as {written}"),
            Self::OtherMinorBelowOne => format!(
                "{version} does not have same minor version as {written}. Expected minor versions to match when constraint major version is 0"
            ),
            Self::OtherMinorBelowTenth => format!("{version} does not have same minor version as {written}"),
            Self::OtherPatchBelowTenth => {
                format!("{version} does not equal {written}. Expect version and constraint to equal when major and minor versions are 0")
            }
        }
    }
}

impl Single {
    /// Holds, or why not. `admits`: pre-releases may satisfy it.
    fn verdict(&self, version: &Version, admits: bool, rule: PrereleaseRule) -> Result<(), Reason> {
        // Up to semver 3.3 an exact `!=` alone looks at pre-releases nobody asked for.
        let indifferent = rule == PrereleaseRule::EachConstraint && self.operator == Operator::NotEqual && self.open == Open::Nothing;
        if version.is_prerelease() && !admits && !indifferent {
            return Err(Reason::Prerelease);
        }
        let order = version.cmp(&self.version);
        let unless = |failed: bool, reason| if failed { Err(reason) } else { Ok(()) };
        match self.operator {
            Operator::Equal if self.open == Open::Nothing => unless(order.is_ne(), Reason::NotEqual),
            Operator::Equal | Operator::Tilde => self.tilde(version, order),
            Operator::NotEqual => unless(self.covers(version, order), Reason::Equal),
            Operator::Greater => unless(!self.is_exceeded_by(version, order), Reason::LessOrEqual),
            Operator::Less => unless(order.is_ge(), Reason::GreaterOrEqual),
            Operator::GreaterOrEqual => unless(order.is_lt(), Reason::Less),
            Operator::LessOrEqual => unless(self.ends_below(version, order), Reason::Greater),
            Operator::Caret => self.caret(version, order),
        }
    }

    /// Whether the version is the one meant, or among those meant when a number is open.
    fn covers(&self, version: &Version, order: Ordering) -> bool {
        let same_major = version.major == self.version.major;
        let same_minor = version.minor == self.version.minor;
        match self.open {
            Open::Nothing | Open::Major => order.is_eq(),
            Open::Minor => same_major,
            Open::Patch => same_major && same_minor && version.prerelease == self.version.prerelease,
        }
    }

    /// Whether the version is above all that are meant: `>11` is 12 and up, `>11.1` is 11.2 and up.
    fn is_exceeded_by(&self, version: &Version, order: Ordering) -> bool {
        match self.open {
            Open::Nothing | Open::Major => order.is_gt(),
            Open::Minor => version.major > self.version.major,
            Open::Patch => (version.major, version.minor) > (self.version.major, self.version.minor),
        }
    }

    /// Whether the version is above the end of `<=`: `<=1.2` goes up to all of 1.2.
    fn ends_below(&self, version: &Version, order: Ordering) -> bool {
        match self.open {
            Open::Nothing => order.is_gt(),
            Open::Minor => version.major > self.version.major,
            Open::Major | Open::Patch => (version.major, version.minor) > (self.version.major, self.version.minor),
        }
    }

    fn tilde(&self, version: &Version, order: Ordering) -> Result<(), Reason> {
        if order.is_lt() {
            return Err(Reason::Less);
        }
        let meant = &self.version;
        let is_zero = (meant.major, meant.minor, meant.patch) == (0, 0, 0);
        if is_zero && matches!(self.open, Open::Nothing | Open::Major) {
            return Ok(());
        }
        if version.major != meant.major {
            return Err(Reason::OtherMajor);
        }
        if version.minor != meant.minor && self.open != Open::Minor {
            return Err(Reason::OtherMajorOrMinor);
        }
        Ok(())
    }

    fn caret(&self, version: &Version, order: Ordering) -> Result<(), Reason> {
        if order.is_lt() {
            return Err(Reason::Less);
        }
        let meant = &self.version;
        if version.major != meant.major {
            return Err(Reason::OtherMajor);
        }
        if meant.major > 0 || self.open == Open::Minor {
            return Ok(());
        }
        if meant.minor > 0 || self.open == Open::Patch {
            return if version.minor == meant.minor { Ok(()) } else { Err(Reason::OtherMinorBelowOne) };
        }
        if version.minor > 0 {
            return Err(Reason::OtherMinorBelowTenth);
        }
        if version.patch == meant.patch { Ok(()) } else { Err(Reason::OtherPatchBelowTenth) }
    }
}

/// Reads singles separated by spaces or a comma, with nothing but spaces around.
fn parse_group(text: &str) -> Result<Vec<Single>> {
    let improper = || syntax(format!("improper constraint: {text}"));
    let mut singles = Vec::new();
    let mut rest = trim_start(text);
    loop {
        let (sign, operator, after) = split_operator(rest);
        let parts = split_loosely(trim_start(after)).ok_or_else(improper)?;
        singles.push((sign, operator, parts.text));
        let spaced = trim_start(parts.rest);
        if spaced.is_empty() {
            break;
        }
        rest = match spaced.strip_prefix(',') {
            Some(after_comma) => trim_start(after_comma),
            None if spaced.len() < parts.rest.len() => spaced,
            None => return Err(improper()),
        };
    }
    singles.into_iter().map(|(sign, operator, written)| Single::new(sign, operator, written)).collect()
}

impl Single {
    fn new(sign: &'static str, operator: Operator, written: &str) -> Result<Self> {
        let unreadable = || syntax("constraint Parser Error");
        let parts = split_loosely(written).ok_or_else(unreadable)?;
        let is_open = |number: Option<&str>| matches!(number, None | Some("x" | "X" | "*"));
        let [major, minor, patch] = parts.numbers;
        let open = match (is_open(major), is_open(minor), is_open(patch)) {
            (true, ..) => Open::Major,
            (_, true, _) => Open::Minor,
            (.., true) => Open::Patch,
            _ => Open::Nothing,
        };
        let filled = |number: Option<&str>, given: bool| if given { number.unwrap_or("0").to_owned() } else { "0".to_owned() };
        let mut text = match open {
            Open::Nothing => written.to_owned(),
            _ => format!("{}.{}.0", filled(major, open != Open::Major), filled(minor, open == Open::Patch)),
        };
        if let (true, Some(prerelease)) = (open != Open::Nothing, parts.prerelease) {
            text.push('-');
            text.push_str(prerelease);
        }
        let version = Version::parse(&text).map_err(|_| unreadable())?;
        Ok(Self { operator, sign, version, written: written.to_owned(), open })
    }
}

/// The operator at the beginning, maybe the empty one.
fn split_operator(text: &str) -> (&'static str, Operator, &str) {
    let found = OPERATORS.iter().find_map(|&(sign, operator)| Some((sign, operator, text.strip_prefix(sign)?)));
    found.unwrap_or(("", Operator::Equal, text))
}

/// Turns every `A - B` into `>= A, <= B `. It runs before `||` is looked for, and replaces the first text that looks the same: the library does.
fn rewrite_hyphen_ranges(text: &str) -> String {
    let mut rewritten = text.to_owned();
    let mut from = 0;
    while let Some((start, end, low, high)) = find_hyphen_range(text, from) {
        rewritten = rewritten.replacen(&text[start..end], &format!(">= {low}, <= {high} "), 1);
        from = end;
    }
    rewritten
}

/// The first `A - B` at or after a position: where it begins (spaces included) and ends, A, B.
fn find_hyphen_range(text: &str, from: usize) -> Option<(usize, usize, &str, &str)> {
    (from..text.len()).filter(|&start| text.is_char_boundary(start)).find_map(|start| {
        let low = split_loosely(trim_start(&text[start..]))?;
        let hyphen = trim_start(low.rest);
        let after = hyphen.strip_prefix('-')?;
        let high = split_loosely(trim_start(after))?;
        let is_spaced = hyphen.len() < low.rest.len() && trim_start(after).len() < after.len();
        is_spaced.then(|| (start, text.len() - trim_start(high.rest).len(), low.text, high.text))
    })
}

/// Without the leading space that Go's `\s` means.
fn trim_start(text: &str) -> &str {
    text.trim_start_matches(['\t', '\n', '\x0c', '\r', ' '])
}
