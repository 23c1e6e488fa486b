//! Versions as Helm reads, compares and prints them: Masterminds/semver 3.3, the library inside Helm 3.17.
//!
//! [`Version::parse`] coerces (`v1`, `1.2`), [`Version::parse_strict`] does not; the order ignores build metadata. Error messages are the
//! library's own words, because Helm prints them and templates can see them. [`Constraint`] is what `version:` fields, `--version` and
//! `semverCompare` take. Depends on `error` only.

mod constraint;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::fmt;

pub use constraint::{Constraint, LONGEST_CONSTRAINT, PrereleaseRule};

use crate::error::{Error, ErrorKind, Result};

const INVALID: &str = "Invalid Semantic Version";
const LEADING_ZERO: &str = "Version segment starts with 0";

/// A version. Equality and order are those of precedence: `1.2`, `v1.2.0` and `1.2.0+build` are equal. Go's zero value, the default, is
/// `0.0.0` and was read from nothing.
#[derive(Debug, Clone, Default)]
pub struct Version {
    /// The first number.
    pub major: u64,
    /// The second number, 0 when not written.
    pub minor: u64,
    /// The third number, 0 when not written.
    pub patch: u64,
    /// What stands between `-` and `+`, such as `rc.1`; empty for a release.
    pub prerelease: String,
    /// What stands after `+`.
    pub metadata: String,
    original: String,
}

impl Version {
    /// Reads a version as `semver.NewVersion` does: a leading `v`, missing numbers and leading zeros in numbers are fine.
    ///
    /// # Errors
    /// [`ErrorKind::Syntax`] in the library's words: `Invalid Semantic Version`, `Version segment starts with 0` (in the pre-release), or a
    /// number that doesn't fit 64 bits.
    pub fn parse(text: &str) -> Result<Self> {
        let parts = split_loosely(text).filter(|parts| parts.rest.is_empty()).ok_or_else(|| syntax(INVALID))?;
        if !parts.numbers.iter().flatten().all(|digits| is_number(digits)) {
            return Err(syntax(INVALID));
        }
        let number = |digits: Option<&str>| {
            go_parse_uint(digits.unwrap_or("0")).map_err(|problem| syntax(format!("Error parsing version segment: {problem}")))
        };
        let [major, minor, patch] = parts.numbers;
        let version = Self {
            major: number(major)?,
            minor: number(minor)?,
            patch: number(patch)?,
            prerelease: parts.prerelease.unwrap_or_default().to_owned(),
            metadata: parts.metadata.unwrap_or_default().to_owned(),
            original: text.to_owned(),
        };
        check_prerelease(&version.prerelease)?;
        Ok(version)
    }

    /// Reads a version as `semver.StrictNewVersion` does: three numbers without leading zeros, no `v`. Helm takes an OCI tag for a version
    /// only when this accepts it.
    ///
    /// # Errors
    /// [`ErrorKind::Syntax`] in the library's words.
    pub fn parse_strict(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Err(syntax("Version string empty"));
        }
        let mut parts = text.splitn(3, '.');
        let (Some(major), Some(minor), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(syntax(INVALID));
        };
        let (rest, metadata) = rest.split_once('+').unwrap_or((rest, ""));
        if !metadata.split('.').all(is_identifier) {
            return Err(syntax("Invalid Metadata string"));
        }
        let (patch, prerelease) = rest.split_once('-').unwrap_or((rest, ""));
        check_prerelease(prerelease)?;
        for digits in [major, minor, patch] {
            if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(syntax("Invalid characters in version"));
            }
            if digits.len() > 1 && digits.starts_with('0') {
                return Err(syntax(LEADING_ZERO));
            }
        }
        Ok(Self {
            major: go_parse_uint(major).map_err(syntax)?,
            minor: go_parse_uint(minor).map_err(syntax)?,
            patch: go_parse_uint(patch).map_err(syntax)?,
            prerelease: prerelease.to_owned(),
            metadata: metadata.to_owned(),
            original: text.to_owned(),
        })
    }

    /// The same three numbers with other texts behind them; a leading `v` stays.
    ///
    /// # Errors
    /// [`ErrorKind::Syntax`] in the library's words.
    pub fn with_suffixes(&self, prerelease: &str, metadata: &str) -> Result<Self> {
        check_prerelease(prerelease)?;
        if !metadata.is_empty() && !metadata.split('.').all(is_identifier) {
            return Err(syntax("Invalid Metadata string"));
        }
        let mut changed = Self { prerelease: prerelease.to_owned(), metadata: metadata.to_owned(), ..self.clone() };
        let lead = if self.original.starts_with('v') { "v" } else { "" };
        changed.original = format!("{lead}{changed}");
        Ok(changed)
    }

    /// The text it was read from. `Display` prints the normalised form.
    pub fn original(&self) -> &str {
        &self.original
    }

    /// Whether it is marked as not yet released.
    pub fn is_prerelease(&self) -> bool {
        !self.prerelease.is_empty()
    }
}

/// `major.minor.patch[-prerelease][+metadata]`, whatever was written.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.prerelease.is_empty() {
            write!(f, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let numbers = |version: &Self| (version.major, version.minor, version.patch);
        numbers(self).cmp(&numbers(other)).then_with(|| compare_prerelease(&self.prerelease, &other.prerelease))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

/// How far a new version is from an old one, judged by their numbers alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// The first number rose.
    Major,
    /// The second number rose.
    Minor,
    /// The third number rose.
    Patch,
    /// The same three numbers, a later pre-release or the release itself.
    Prerelease,
    /// The same version.
    None,
    /// The new version is the older one.
    Downgrade,
    /// Only the build metadata differs, or one of the two isn't a version.
    Other,
}

impl Step {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Major => "major",
            Self::Minor => "minor",
            Self::Patch => "patch",
            Self::Prerelease => "prerelease",
            Self::None => "none",
            Self::Downgrade => "downgrade",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The step from an old version to a new one, both as written in Chart.yaml.
pub fn step(old: &str, new: &str) -> Step {
    let (Ok(old), Ok(new)) = (Version::parse(old), Version::parse(new)) else {
        return if old == new { Step::None } else { Step::Other };
    };
    match new.cmp(&old) {
        Ordering::Less => Step::Downgrade,
        Ordering::Equal if old.metadata == new.metadata => Step::None,
        Ordering::Equal => Step::Other,
        Ordering::Greater if new.major != old.major => Step::Major,
        Ordering::Greater if new.minor != old.minor => Step::Minor,
        Ordering::Greater if new.patch != old.patch => Step::Patch,
        Ordering::Greater => Step::Prerelease,
    }
}

/// The known versions a reader who asked for `wanted` may have meant, newest first, at most `count`: the neighbours when `wanted` is a
/// version, the newest otherwise. Texts that aren't versions are left out.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>, count: usize) -> Vec<&'a str> {
    let mut versions: Vec<(Version, &str)> =
        known.into_iter().filter_map(|text| Version::parse(text).ok().map(|version| (version, text))).collect();
    versions.sort_by(|a, b| b.0.cmp(&a.0));
    let middle = Version::parse(wanted).map_or(0, |wanted| versions.partition_point(|(version, _)| *version > wanted));
    let start = middle.saturating_sub(count / 2).min(versions.len().saturating_sub(count));
    versions.into_iter().skip(start).take(count).map(|(_, text)| text).collect()
}

/// What the loose grammar of versions and constraints finds at the beginning of a text.
struct LooseParts<'a> {
    /// Major, minor and patch as written: digits, and in constraints `x`, `X`, `*` (and, by a slip in the library's pattern, `|`).
    numbers: [Option<&'a str>; 3],
    prerelease: Option<&'a str>,
    metadata: Option<&'a str>,
    /// The text that was taken.
    text: &'a str,
    /// What follows it.
    rest: &'a str,
}

/// Takes as much of `v?N(.N)?(.N)?(-PRE)?(+META)?` as there is; `None` without a first number.
fn split_loosely(text: &str) -> Option<LooseParts<'_>> {
    let mut rest = text.strip_prefix('v').unwrap_or(text);
    let major = take_while(&mut rest, is_number_byte)?;
    let minor = take_after_dot(&mut rest);
    let patch = minor.and_then(|_| take_after_dot(&mut rest));
    let prerelease = take_identifiers(&mut rest, '-');
    let metadata = take_identifiers(&mut rest, '+');
    let taken = &text[..text.len() - rest.len()];
    Some(LooseParts { numbers: [Some(major), minor, patch], prerelease, metadata, text: taken, rest })
}

fn is_number_byte(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'x' | b'X' | b'*' | b'|')
}

fn is_identifier_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

fn is_number(digits: &str) -> bool {
    digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_identifier(text: &str) -> bool {
    text.bytes().all(is_identifier_byte)
}

/// Takes the longest non-empty run of such bytes.
fn take_while<'a>(rest: &mut &'a str, wanted: fn(u8) -> bool) -> Option<&'a str> {
    let end = rest.bytes().position(|byte| !wanted(byte)).unwrap_or(rest.len());
    let (taken, left) = rest.split_at(end);
    *rest = left;
    (!taken.is_empty()).then_some(taken)
}

fn take_after_dot<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let mut after = rest.strip_prefix('.')?;
    let taken = take_while(&mut after, is_number_byte)?;
    *rest = after;
    Some(taken)
}

/// Takes `LEAD ID(.ID)*` and gives what follows the lead.
fn take_identifiers<'a>(rest: &mut &'a str, lead: char) -> Option<&'a str> {
    let all = rest.strip_prefix(lead)?;
    let mut after = all;
    take_while(&mut after, is_identifier_byte)?;
    while let Some(mut next) = after.strip_prefix('.') {
        if take_while(&mut next, is_identifier_byte).is_none() {
            break;
        }
        after = next;
    }
    *rest = after;
    Some(&all[..all.len() - after.len()])
}

fn check_prerelease(text: &str) -> Result<()> {
    for part in text.split('.') {
        if is_number(part) {
            if part.len() > 1 && part.starts_with('0') {
                return Err(syntax(LEADING_ZERO));
            }
        } else if !is_identifier(part) {
            return Err(syntax("Invalid Prerelease string"));
        }
    }
    Ok(())
}

/// A release is above its pre-releases; those compare part by part, numbers below words.
fn compare_prerelease(a: &str, b: &str) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (true, _) | (_, true) => a.is_empty().cmp(&b.is_empty()),
        _ => a.split('.').map(PrereleasePart::of).cmp(b.split('.').map(PrereleasePart::of)),
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum PrereleasePart<'a> {
    Number(u64),
    /// A word, or a number too large for 64 bits.
    Word(&'a str),
}

impl<'a> PrereleasePart<'a> {
    fn of(text: &'a str) -> Self {
        go_parse_uint(text).map_or(Self::Word(text), Self::Number)
    }
}

/// Go's `strconv.ParseUint(s, 10, 64)` with its error text.
fn go_parse_uint(text: &str) -> Result<u64, String> {
    let problem = if text.is_empty() || !is_number(text) { "invalid syntax" } else { "value out of range" };
    text.parse().ok().filter(|_| is_number(text)).ok_or_else(|| format!("strconv.ParseUint: parsing \"{text}\": {problem}"))
}

fn syntax(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Syntax, message)
        .hint("a version looks like 12.20.2, a constraint like ~12.20 or \">=1.2 <2\"; `latest` is the newest release")
}
