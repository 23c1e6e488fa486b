//! `.helmignore`: which files of a chart folder Helm doesn't load (Helm 3.17 `pkg/ignore`, Go's `path/filepath.Match`).
//!
//! It looks like `.gitignore` and isn't: the first decisive rule wins, and `!keep` means "ignore everything that isn't `keep`".
//! Depends on `error` only.

use crate::error::{Error, ErrorKind, Place, Result};

/// The longest line that is read, in bytes: that of Go's line scanner.
const LONGEST_LINE: usize = 64 * 1024;

/// The rule Helm adds to every chart's: no dot files right below `templates`.
const DEFAULT_RULE: &str = "templates/.?*";

/// The rules of a chart folder, in order.
#[derive(Debug)]
pub(super) struct IgnoreRules(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    negated: bool,
    /// Only folders can match.
    folders_only: bool,
    /// The glob is held against the last name of the path instead of all of it.
    name_only: bool,
    glob: Glob,
}

impl IgnoreRules {
    /// Reads the rules of the file's text and adds Helm's own one. `file` names it in errors.
    ///
    /// # Errors
    /// [`ErrorKind::Syntax`] at the line, for `**`, a malformed glob or a line above 64 KiB, as Helm refuses them.
    pub(super) fn parse(file: &str, text: &str) -> Result<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut rules = Vec::new();
        for (line, number) in text.split('\n').zip(1..) {
            let refuse = |why: &str| {
                let place = Place { file: file.to_owned(), line: number, column: 0 };
                Error::new(ErrorKind::Syntax, why).at(place)
            };
            if line.len() >= LONGEST_LINE {
                return Err(refuse("the line is longer than 64 KiB"));
            }
            match line.trim() {
                "" => {}
                rule if rule.starts_with('#') => {}
                rule if rule.contains("**") => return Err(refuse("double-star (**) syntax is not supported").excerpt(line)),
                rule if Glob::parse(rule).matches("abc").is_err() => return Err(refuse("syntax error in pattern").excerpt(line)),
                rule => rules.push(Rule::parse(rule)),
            }
        }
        rules.push(Rule::parse(DEFAULT_RULE));
        Ok(Self(rules))
    }

    /// Whether the file or folder at a path inside the chart is left out. The chart folder itself never is, so it isn't asked for.
    pub(super) fn ignore(&self, path: &str, is_folder: bool) -> bool {
        for rule in &self.0 {
            let applies = is_folder || !rule.folders_only;
            if rule.negated != (applies && rule.matches(path)) {
                return true;
            }
        }
        false
    }
}

impl Rule {
    fn parse(text: &str) -> Self {
        let (negated, text) = strip(text, |text| text.strip_prefix('!'));
        let (folders_only, text) = strip(text, |text| text.strip_suffix('/'));
        Self { negated, folders_only, name_only: !text.contains('/'), glob: Glob::parse(text.trim_start_matches('/')) }
    }

    fn matches(&self, path: &str) -> bool {
        let subject = if self.name_only { path.rsplit('/').next().unwrap_or(path) } else { path };
        self.glob.matches(subject).unwrap_or(false)
    }
}

fn strip(text: &str, by: impl Fn(&str) -> Option<&str>) -> (bool, &str) {
    by(text).map_or((false, text), |rest| (true, rest))
}

/// A glob as Go's `filepath.Match` understands it: pieces, each maybe after a star.
#[derive(Debug)]
struct Glob(Vec<Piece>);

#[derive(Debug)]
struct Piece {
    after_star: bool,
    atoms: Result<Vec<Atom>, Malformed>,
}

#[derive(Debug)]
enum Atom {
    Byte(u8),
    AnyChar,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

#[derive(Debug, Clone, Copy)]
struct Malformed;

impl Glob {
    fn parse(pattern: &str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = pattern;
        while !rest.is_empty() {
            let unstarred = rest.trim_start_matches('*');
            let (text, left) = unstarred.split_at(end_of_piece(unstarred));
            pieces.push(Piece { after_star: unstarred.len() < rest.len(), atoms: parse_atoms(text) });
            rest = left;
        }
        Self(pieces)
    }

    /// Whether all of the name matches. A malformed piece is an error only once the pieces before it have matched, as in Go.
    fn matches(&self, name: &str) -> Result<bool, Malformed> {
        let mut name = name.as_bytes();
        for (number, piece) in self.0.iter().enumerate() {
            let atoms = piece.atoms.as_ref().map_err(|malformed| *malformed)?;
            if piece.after_star && atoms.is_empty() {
                return Ok(!name.contains(&b'/'));
            }
            let is_last = number + 1 == self.0.len();
            let furthest = if piece.after_star { name.iter().position(|&byte| byte == b'/').unwrap_or(name.len()) } else { 0 };
            let rest = (0..=furthest).find_map(|skipped| {
                let rest = match_atoms(atoms, &name[skipped..])?;
                (!is_last || rest.is_empty()).then_some(rest)
            });
            match rest {
                Some(rest) => name = rest,
                None => return Ok(false),
            }
        }
        Ok(name.is_empty())
    }
}

/// Where the next star outside of brackets stands.
fn end_of_piece(text: &str) -> usize {
    let mut in_class = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'*' if !in_class => return at,
            _ => {}
        }
    }
    text.len()
}

fn parse_atoms(text: &str) -> Result<Vec<Atom>, Malformed> {
    let mut atoms = Vec::new();
    let mut rest = text;
    while let Some(&byte) = rest.as_bytes().first() {
        match byte {
            b'[' => {
                let (class, left) = parse_class(&rest[1..])?;
                atoms.push(class);
                rest = left;
                continue;
            }
            b'?' => {
                atoms.push(Atom::AnyChar);
                rest = &rest[1..];
                continue;
            }
            b'\\' => rest = &rest[1..],
            _ => {}
        }
        let literal = rest.chars().next().ok_or(Malformed)?;
        let (taken, left) = rest.split_at(literal.len_utf8());
        atoms.extend(taken.bytes().map(Atom::Byte));
        rest = left;
    }
    Ok(atoms)
}

/// Reads a class after its `[`, up to and with its `]`.
fn parse_class(text: &str) -> Result<(Atom, &str), Malformed> {
    let (negated, mut rest) = strip(text, |text| text.strip_prefix('^'));
    let mut ranges = Vec::new();
    loop {
        if let (false, Some(left)) = (ranges.is_empty(), rest.strip_prefix(']')) {
            return Ok((Atom::Class { negated, ranges }, left));
        }
        let (low, left) = parse_class_char(rest)?;
        let (high, left) = left.strip_prefix('-').map_or(Ok((low, left)), parse_class_char)?;
        ranges.push((low, high));
        rest = left;
    }
}

/// One character of a class, maybe escaped; something must follow it.
fn parse_class_char(text: &str) -> Result<(char, &str), Malformed> {
    if text.starts_with(['-', ']']) {
        return Err(Malformed);
    }
    let mut chars = text.strip_prefix('\\').unwrap_or(text).chars();
    let found = chars.next().ok_or(Malformed)?;
    if chars.as_str().is_empty() { Err(Malformed) } else { Ok((found, chars.as_str())) }
}

/// What is left of the name behind the atoms, when it begins with them.
fn match_atoms<'a>(atoms: &[Atom], mut name: &'a [u8]) -> Option<&'a [u8]> {
    for atom in atoms {
        let (found, length) = first_char(name)?;
        let taken = match atom {
            Atom::Byte(byte) => (name[0] == *byte).then_some(1),
            Atom::AnyChar => (found != '/').then_some(length),
            Atom::Class { negated, ranges } => {
                let listed = ranges.iter().any(|&(low, high)| (low..=high).contains(&found));
                (listed != *negated).then_some(length)
            }
        };
        name = &name[taken?..];
    }
    Some(name)
}

/// The first character and its length; a byte in the middle of a character counts as one of its own.
fn first_char(bytes: &[u8]) -> Option<(char, usize)> {
    let start = bytes.utf8_chunks().next()?;
    Some(start.valid().chars().next().map_or((char::REPLACEMENT_CHARACTER, 1), |found| (found, found.len_utf8())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Real Helm's answers are in `folder::tests`; here it is only about what nobody thought of.
        #[test]
        fn any_text_is_read_or_refused(text in "[a-c\\[\\]^\\-*?\\\\/!# .\nä]{0,40}", path in "[a-cä./]{1,20}") {
            if let Ok(rules) = IgnoreRules::parse(".helmignore", &text) {
                rules.ignore(&path, true);
                rules.ignore(&path, false);
            }
        }

        #[test]
        fn a_name_without_signs_matches_itself_alone(name in "[a-zä.-]{1,8}", other in "[a-zä.-]{1,8}") {
            prop_assert_eq!(Glob::parse(&name).matches(&other).unwrap(), name == other);
        }

        #[test]
        fn a_star_matches_whatever_stands_between(start in "[a-c]{0,3}", middle in "[a-cä]{0,5}", end in "[a-c]{0,3}") {
            let glob = Glob::parse(&format!("{start}*{end}"));
            let (whole, split) = (format!("{start}{middle}{end}"), format!("{start}{middle}/{end}"));
            prop_assert!(glob.matches(&whole).unwrap());
            prop_assert!(!glob.matches(&split).unwrap());
        }
    }
}
