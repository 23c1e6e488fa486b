//! Regular expressions (sprig `regex.go` over Go `regexp`). The crate `regex` has RE2's semantics; this file rewrites what the two
//! spell differently and words errors as Go does.

use regex::bytes::{Captures, Match, Regex, RegexBuilder};

use super::{Args, Function, Outcome, Param, fixed};
use crate::template::exec::{Call, Fail};
use crate::template::fmt::quote;
use crate::template::value::{Elem, List, Value};
use Param::{Int, Str};

/// Bytes that compiled expressions may take, tried one after the other: the smallest that suffices says how dear an expression is.
const SIZES: [usize; 3] = [64 << 10, 1 << 20, 16 << 20];
/// The most that the size of an expression times the length of a text may be: in the worst case a search takes time for each pair of a
/// byte of the one and a byte of the other.
const MAX_WORK: u64 = 1 << 37;
/// What Go says of an expression beyond its limit on size.
const TOO_LARGE: &str = "error parsing regexp: expression too large";
/// Go's largest repetition count.
const MAX_REPEAT: u32 = 1_000;

pub(super) const ROWS: &[Function] = &[
    fixed("regexMatch", &[Str, Str], |call, args| match compile(call, args) {
        Ok(regex) => Ok(Value::Bool(regex.is_match(args.text(1)))),
        Err(Fail::Text(_)) => Ok(Value::Bool(false)),
        Err(limit) => Err(limit),
    }),
    fixed("mustRegexMatch", &[Str, Str], |call, args| Ok(Value::Bool(compile(call, args)?.is_match(args.text(1))))),
    fixed("regexFind", &[Str, Str], |call, args| Ok(find(&must_compile(call, args)?, args))),
    fixed("mustRegexFind", &[Str, Str], |call, args| Ok(find(&compile(call, args)?, args))),
    fixed("regexFindAll", &[Str, Str, Int], |call, args| find_all(call, &must_compile(call, args)?, args)),
    fixed("mustRegexFindAll", &[Str, Str, Int], |call, args| find_all(call, &compile(call, args)?, args)),
    fixed("regexReplaceAll", &[Str, Str, Str], |call, args| replace(call, &must_compile(call, args)?, args)),
    fixed("mustRegexReplaceAll", &[Str, Str, Str], |call, args| replace(call, &compile(call, args)?, args)),
    fixed("regexReplaceAllLiteral", &[Str, Str, Str], |call, args| replace_literal(call, &must_compile(call, args)?, args)),
    fixed("mustRegexReplaceAllLiteral", &[Str, Str, Str], |call, args| replace_literal(call, &compile(call, args)?, args)),
    fixed("regexSplit", &[Str, Str, Int], |call, args| split(call, &must_compile(call, args)?, args)),
    fixed("mustRegexSplit", &[Str, Str, Int], |call, args| split(call, &compile(call, args)?, args)),
    fixed("regexQuoteMeta", &[Str], |_, args| Ok(Value::text(quote_meta(args.text(0))))),
];

/// The first argument as an expression, or Go's complaint.
fn compile(call: &Call<'_>, args: Args<'_>) -> Result<Regex, Fail> {
    let pattern = args.text(0);
    let compiled = call.session.cached_regex(pattern, |pattern| compile_sized(&String::from_utf8_lossy(pattern)))?;
    let (regex, size) = &*compiled;
    let length = args.text(1).len();
    if (*size as u64).saturating_mul(length as u64) > MAX_WORK {
        return Err(Fail::limit(format!("a regular expression of up to {size} bytes on a text of {length} bytes")));
    }
    Ok(regex.clone())
}

/// The compiled expression and what size it stays below.
fn compile_sized(pattern: &str) -> Result<(Regex, usize), String> {
    let rewritten = in_this_dialect(pattern)?;
    let mut built = SIZES.iter().map(|size| (build(&rewritten, *size), *size));
    let fitting = built.find(|(built, _)| !matches!(built, Err(regex::Error::CompiledTooBig(_))));
    let (built, size) = fitting.ok_or(TOO_LARGE)?;
    Ok((built.map_err(in_gos_words)?, size))
}

/// An expression in Go's dialect, which may take `most` bytes once compiled.
///
/// # Errors
/// Go's message, `error parsing regexp: …`.
pub(crate) fn compile_go(pattern: &str, most: usize) -> Result<Regex, String> {
    build(&in_this_dialect(pattern)?, most).map_err(in_gos_words)
}

/// The same as a text in the dialect of the crate `regex`.
///
/// # Errors
/// Go's message, `error parsing regexp: …`.
pub(crate) fn translate_go(pattern: &str, most: usize) -> Result<String, String> {
    compile_go(pattern, most).map(|regex| regex.as_str().to_owned())
}

fn in_this_dialect(pattern: &str) -> Result<String, String> {
    rewrite(pattern).map_err(|problem| format!("error parsing regexp: {problem}"))
}

fn build(rewritten: &str, most: usize) -> Result<Regex, regex::Error> {
    RegexBuilder::new(rewritten).size_limit(most).build()
}

fn in_gos_words(error: regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => TOO_LARGE.into(),
        other => format!("error parsing regexp: {}", other.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ")),
    }
}

/// The same where Go panics.
fn must_compile(call: &Call<'_>, args: Args<'_>) -> Result<Regex, Fail> {
    compile(call, args).map_err(|fail| match fail {
        Fail::Text(problem) => {
            let pattern = args.text(0);
            let raw = !pattern.iter().any(|byte| *byte == b'`' || (*byte < b' ' && *byte != b'\t') || *byte == 0x7f);
            let shown = if raw { format!("`{}`", String::from_utf8_lossy(pattern)) } else { quote(pattern) };
            format!("regexp: Compile({shown}): {problem}").into()
        }
        other => other,
    })
}

fn find(regex: &Regex, args: Args<'_>) -> Value {
    Value::text(regex.find(args.text(1)).map_or(&b""[..], |found| found.as_bytes()))
}

fn find_all(call: &Call<'_>, regex: &Regex, args: Args<'_>) -> Outcome {
    let most = usize::try_from(args.int(2)).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    for one in matches(regex, args.text(1)).take(most) {
        call.look_at_clock()?;
        call.check_items(found.len() + 1)?;
        found.push(one.as_bytes());
    }
    Ok(if found.is_empty() { Value::List(List::nil(Elem::Str)) } else { Value::texts(found) })
}

/// The matches; empty ones lie between characters, never inside them.
fn matches<'t>(regex: &'t Regex, text: &'t [u8]) -> impl Iterator<Item = Match<'t>> {
    regex.find_iter(text).filter(|found| !found.is_empty() || is_between_characters(text, found.start()))
}

fn is_between_characters(text: &[u8], at: usize) -> bool {
    !matches!(text.get(at), Some(0x80..=0xbf))
}

fn replace(call: &Call<'_>, regex: &Regex, args: Args<'_>) -> Outcome {
    replaced(call, regex, args, |captures, out| captures.expand(args.text(2), out))
}

fn replace_literal(call: &Call<'_>, regex: &Regex, args: Args<'_>) -> Outcome {
    replaced(call, regex, args, |_, out| out.extend_from_slice(args.text(2)))
}

fn replaced(call: &Call<'_>, regex: &Regex, args: Args<'_>, put: impl Fn(&Captures<'_>, &mut Vec<u8>)) -> Outcome {
    let text = args.text(1);
    let mut out = Vec::with_capacity(text.len());
    let mut end = 0;
    for captures in regex.captures_iter(text) {
        let Some(found) = captures.get(0).filter(|found| !found.is_empty() || is_between_characters(text, found.start())) else { continue };
        out.extend_from_slice(&text[end..found.start()]);
        put(&captures, &mut out);
        call.look_at_clock()?;
        call.check_length(out.len())?;
        end = found.end();
    }
    out.extend_from_slice(&text[end..]);
    Ok(Value::text(out))
}

/// Go's `Regexp.Split`: an empty match at the very beginning cuts nothing off.
fn split(call: &Call<'_>, regex: &Regex, args: Args<'_>) -> Outcome {
    let (text, most) = (args.text(1), args.int(2));
    if most == 0 {
        return Ok(Value::List(List::nil(Elem::Str)));
    }
    if text.is_empty() && !args.text(0).is_empty() {
        return Ok(Value::texts([""]));
    }
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    let (mut begin, mut end) = (0, 0);
    for found in matches(regex, text).take(most) {
        if parts.len() + 1 == most {
            break;
        }
        call.look_at_clock()?;
        call.check_items(parts.len() + 1)?;
        end = found.start();
        if found.end() != 0 {
            parts.push(&text[begin..end]);
        }
        begin = found.end();
    }
    if end != text.len() {
        parts.push(&text[begin..]);
    }
    Ok(Value::texts(parts))
}

fn quote_meta(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        if br"\.+*?()|[]{}^$".contains(byte) {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out
}

/// RE2's spelling as the crate's: ASCII classes, literal braces and brackets, `\Q…\E`.
fn rewrite(pattern: &str) -> Result<String, String> {
    let mut rewriter = Rewriter { rest: pattern, out: String::with_capacity(pattern.len() + 16), open: 0 };
    while !rewriter.rest.is_empty() {
        rewriter.step(pattern)?;
    }
    if rewriter.open > 0 {
        return Err(format!("missing closing ): `{pattern}`"));
    }
    Ok(rewriter.out)
}

struct Rewriter<'p> {
    rest: &'p str,
    out: String,
    /// Groups that are open.
    open: usize,
}

const NAMED_CLASSES: [&str; 14] =
    ["alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word", "xdigit"];
const DIGITS: &str = "0-9";
const WORD: &str = "0-9A-Za-z_";
const SPACE: &str = r"\t\n\f\r ";

impl<'p> Rewriter<'p> {
    fn take(&mut self, bytes: usize) -> &'p str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        taken
    }

    fn keep(&mut self, bytes: usize) {
        let taken = self.take(bytes);
        self.out.push_str(taken);
    }

    fn step(&mut self, pattern: &str) -> Result<(), String> {
        let Some(first) = self.rest.chars().next() else { return Ok(()) };
        match first {
            '\\' => return self.escape(),
            '[' => return self.class(),
            '(' => {
                self.group()?;
                self.open += 1;
            }
            ')' if self.open == 0 => return Err(format!("unexpected ): `{pattern}`")),
            ')' => {
                self.open -= 1;
                self.keep(1);
            }
            '{' => match repetition(self.rest) {
                None => {
                    self.take(1);
                    self.out.push_str(r"\{");
                }
                Some((text, fits)) if !fits => return Err(format!("invalid repeat count: `{text}`")),
                Some((text, _)) => self.repeat(text.len())?,
            },
            '*' | '+' | '?' => self.repeat(1)?,
            _ => self.keep(first.len_utf8()),
        }
        Ok(())
    }

    /// A repetition of what stands before it, and a `?` behind it.
    fn repeat(&mut self, length: usize) -> Result<(), String> {
        let operator = &self.rest[..length];
        let nothing_before = self.out.is_empty() || self.out.ends_with('|') || (self.out.ends_with('(') && !self.out.ends_with(r"\("));
        if nothing_before {
            return Err(format!("missing argument to repetition operator: `{operator}`"));
        }
        let lazy = usize::from(self.rest[length..].starts_with('?'));
        let after = &self.rest[length + lazy..];
        let next = match after.chars().next() {
            Some('*' | '+' | '?') => Some(1),
            Some('{') => repetition(after).map(|(text, _)| text.len()),
            _ => None,
        };
        if let Some(next) = next {
            return Err(format!("invalid nested repetition operator: `{}`", &self.rest[..length + lazy + next]));
        }
        self.keep(length + lazy);
        Ok(())
    }

    fn group(&mut self) -> Result<(), String> {
        let Some(inside) = self.rest.strip_prefix("(?") else {
            self.keep(1);
            return Ok(());
        };
        if inside.starts_with("P<") || (inside.starts_with('<') && !inside.starts_with("<=") && !inside.starts_with("<!")) {
            let end = inside.find('>').ok_or_else(|| format!("invalid named capture: `{}`", self.rest))?;
            self.keep(2 + end + 1);
            return Ok(());
        }
        let flags = inside.chars().take_while(|c| matches!(c, 'i' | 'm' | 's' | 'U' | '-')).count();
        match inside[flags..].chars().next() {
            Some(':') => self.keep(2 + flags + 1),
            Some(')') if flags > 0 => {
                self.keep(2 + flags);
            }
            Some(c) => {
                let shown = &self.rest[..2 + flags + c.len_utf8()];
                return Err(format!("invalid or unsupported Perl syntax: `{shown}`"));
            }
            None => return Err(format!("invalid or unsupported Perl syntax: `{}`", self.rest)),
        }
        Ok(())
    }

    fn escape(&mut self) -> Result<(), String> {
        let Some(escaped) = self.rest[1..].chars().next() else {
            return Err("trailing backslash at end of expression: ``".into());
        };
        let length = 1 + escaped.len_utf8();
        match escaped {
            'd' => self.replace(length, &format!("[{DIGITS}]")),
            'D' => self.replace(length, &format!("[^{DIGITS}]")),
            'w' => self.replace(length, &format!("[{WORD}]")),
            'W' => self.replace(length, &format!("[^{WORD}]")),
            's' => self.replace(length, &format!("[{SPACE}]")),
            'S' => self.replace(length, &format!("[^{SPACE}]")),
            'b' => self.replace(length, r"(?-u:\b)"),
            'B' => self.replace(length, r"(?-u:\B)"),
            'C' => self.replace(length, "(?s-u:.)"),
            'Q' => {
                let quoted = &self.rest[2..];
                let end = quoted.find(r"\E");
                let literal = &quoted[..end.unwrap_or(quoted.len())];
                self.out.push_str(&regex::escape(literal));
                self.rest = &quoted[end.map_or(quoted.len(), |end| end + 2)..];
            }
            'A' | 'z' | 'a' | 'f' | 't' | 'n' | 'r' | 'v' => self.keep(length),
            'p' | 'P' | 'x' => self.long_escape(length),
            '1'..='7' if !self.rest[2..].starts_with(|c: char| ('0'..='7').contains(&c)) => {
                return Err(format!("invalid escape sequence: `\\{escaped}`"));
            }
            '0'..='7' => self.octal(),
            c if c.is_ascii_alphanumeric() => return Err(format!("invalid escape sequence: `\\{c}`")),
            c if c.is_ascii() => {
                self.take(length);
                self.out.push_str(&regex::escape(&c.to_string()));
            }
            c => return Err(format!("invalid escape sequence: `\\{c}`")),
        }
        Ok(())
    }

    fn replace(&mut self, bytes: usize, with: &str) {
        self.take(bytes);
        self.out.push_str(with);
    }

    /// `\pN`, `\p{Greek}`, `\x41`, `\x{1F600}`.
    fn long_escape(&mut self, length: usize) {
        let after = &self.rest[length..];
        let more = if after.starts_with('{') { after.find('}').map_or(0, |end| end + 1) } else { 0 };
        self.keep(length + more);
    }

    fn octal(&mut self) {
        let digits: String = self.rest[1..].chars().take(3).take_while(|c| ('0'..='7').contains(c)).collect();
        self.take(1 + digits.len());
        let code = u32::from_str_radix(&digits, 8).unwrap_or(0);
        self.out.push_str(&format!(r"\x{{{code:x}}}"));
    }

    /// A class in brackets: `[` and the operators that only the crate knows are literal.
    fn class(&mut self) -> Result<(), String> {
        let whole = self.rest;
        self.keep(1);
        if self.rest.starts_with('^') {
            self.keep(1);
        }
        if self.rest.starts_with(']') {
            self.take(1);
            self.out.push_str(r"\]");
        }
        loop {
            let Some(first) = self.rest.chars().next() else {
                return Err(format!("missing closing ]: `{whole}`"));
            };
            match first {
                ']' => {
                    self.keep(1);
                    return Ok(());
                }
                '[' if self.rest.starts_with("[:") && self.rest.contains(":]") => {
                    let end = self.rest.find(":]").unwrap_or(0) + 2;
                    if !NAMED_CLASSES.contains(&self.rest[2..end - 2].trim_start_matches('^')) {
                        return Err(format!("invalid character class range: `{}`", &self.rest[..end]));
                    }
                    self.keep(end);
                }
                '[' | '&' | '~' => {
                    self.take(1);
                    self.out.push('\\');
                    self.out.push(first);
                }
                '-' if self.rest.starts_with("--") => {
                    self.take(1);
                    self.out.push_str(r"\-");
                }
                '\\' => self.class_escape()?,
                c => self.keep(c.len_utf8()),
            }
        }
    }

    fn class_escape(&mut self) -> Result<(), String> {
        match self.rest[1..].chars().next() {
            Some('d') => self.replace(2, DIGITS),
            Some('w') => self.replace(2, WORD),
            Some('s') => self.replace(2, SPACE),
            Some('b' | 'B' | 'A' | 'z' | 'Q' | 'C') => return Err(format!("invalid escape sequence: `{}`", &self.rest[..2])),
            _ => self.escape()?,
        }
        Ok(())
    }
}

/// `{2}`, `{2,}`, `{2,3}` at the beginning, and whether Go allows the counts.
fn repetition(text: &str) -> Option<(&str, bool)> {
    let end = text.find('}')?;
    let inside = &text[1..end];
    let (least, most) = inside.split_once(',').unwrap_or((inside, inside));
    let is_count = |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    if !is_count(least) || !(is_count(most) || (most.is_empty() && inside.contains(','))) {
        return None;
    }
    let count = |digits: &str| digits.parse::<u32>().unwrap_or(u32::MAX);
    let fits = count(least) <= MAX_REPEAT && (most.is_empty() || (count(most) <= MAX_REPEAT && count(least) <= count(most)));
    Some((&text[..=end], fits))
}
