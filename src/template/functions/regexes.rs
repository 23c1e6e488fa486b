//! Regular expressions (sprig `regex.go` over Go `regexp`). The crate `regex` has RE2's semantics; `regex_dialect` rewrites what the
//! two spell differently and words errors as Go does.

use std::borrow::Cow;

use regex::bytes::{Captures, Match, Regex, RegexBuilder};

use super::{Args, Function, Outcome, Param, fixed, lossless, regex_dialect};
use crate::quote::can_backquote;
use crate::template::exec::{Call, Fail};
use crate::template::fmt::quote;
use crate::template::value::{Elem, List, Value};
use Param::{Int, Str};

/// Bytes that compiled expressions may take, tried one after the other: the smallest that suffices says how dear an expression is.
const SIZES: [usize; 7] = [4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20];
/// The most that the size of an expression times the length of a text may be: in the worst case a search takes time for each pair of a
/// byte of the one and a byte of the other, about a second for as many as that.
const MAX_WORK: u64 = 1 << 33;
/// So many pairs count as a step.
const WORK_PER_STEP: u64 = 1 << 20;
/// What Go says of an expression beyond its limit on size.
const TOO_LARGE: &str = "error parsing regexp: expression too large";

pub(super) const ROWS: &[Function] = &[
    fixed("regexMatch", &[Str, Str], |call, args| match compile(call, args) {
        Ok(regex) => Ok(Value::Bool(regex.is_match(lossless::text(args.text(1)).as_bytes()))),
        Err(Fail::Text(_)) => Ok(Value::Bool(false)),
        Err(limit) => Err(limit),
    }),
    fixed("mustRegexMatch", &[Str, Str], |call, args| {
        Ok(Value::Bool(compile(call, args)?.is_match(lossless::text(args.text(1)).as_bytes())))
    }),
    fixed("regexFind", &[Str, Str], |call, args| find(&must_compile(call, args)?, args)),
    fixed("mustRegexFind", &[Str, Str], |call, args| find(&compile(call, args)?, args)),
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
    let work = (*size as u64).saturating_mul(length as u64);
    if work > MAX_WORK {
        return Err(Fail::limit(format!("a regular expression of up to {size} bytes on a text of {length} bytes")));
    }
    call.charge(work / WORK_PER_STEP)?;
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
    regex_dialect::rewrite(pattern).map_err(|problem| format!("error parsing regexp: {problem}"))
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
            let shown = if can_backquote(pattern) { format!("`{}`", String::from_utf8_lossy(pattern)) } else { quote(pattern) };
            format!("regexp: Compile({shown}): {problem}").into()
        }
        other => other,
    })
}

/// What a function makes of a text; to expressions a byte that is not UTF-8 is a character.
fn of_characters(text: &[u8], make: impl FnOnce(&[u8]) -> Outcome) -> Outcome {
    let characters = lossless::text(text);
    let made = make(characters.as_bytes())?;
    let Cow::Owned(_) = characters else { return Ok(made) };
    Ok(match &made {
        Value::Str(text) => Value::text(lossless::bytes(text)),
        Value::List(list) if list.items.is_some() => Value::texts(list.items().iter().map(|item| match item {
            Value::Str(text) => lossless::bytes(text),
            _ => Vec::new(),
        })),
        _ => made,
    })
}

fn find(regex: &Regex, args: Args<'_>) -> Outcome {
    of_characters(args.text(1), |text| Ok(Value::text(regex.find(text).map_or(&b""[..], |found| found.as_bytes()))))
}

fn find_all(call: &Call<'_>, regex: &Regex, args: Args<'_>) -> Outcome {
    let most = usize::try_from(args.int(2)).unwrap_or(usize::MAX);
    of_characters(args.text(1), |text| {
        let mut found = Vec::new();
        for one in matches(regex, text).take(most) {
            call.look_at_clock()?;
            call.check_items(found.len() + 1)?;
            found.push(one.as_bytes());
        }
        Ok(if found.is_empty() { Value::List(List::nil(Elem::Str)) } else { Value::texts(found) })
    })
}

/// The matches; empty ones lie between characters, never inside them.
fn matches<'t>(regex: &'t Regex, text: &'t [u8]) -> impl Iterator<Item = Match<'t>> {
    regex.find_iter(text).filter(|found| !found.is_empty() || is_between_characters(text, found.start()))
}

fn is_between_characters(text: &[u8], at: usize) -> bool {
    !matches!(text.get(at), Some(0x80..=0xbf))
}

fn replace(call: &Call<'_>, regex: &Regex, args: Args<'_>) -> Outcome {
    of_characters(args.text(1), |text| replaced(call, regex, text, |captures, out| captures.expand(args.text(2), out)))
}

fn replace_literal(call: &Call<'_>, regex: &Regex, args: Args<'_>) -> Outcome {
    of_characters(args.text(1), |text| replaced(call, regex, text, |_, out| out.extend_from_slice(args.text(2))))
}

fn replaced(call: &Call<'_>, regex: &Regex, text: &[u8], put: impl Fn(&Captures<'_>, &mut Vec<u8>)) -> Outcome {
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
    if args.int(2) == 0 {
        return Ok(Value::List(List::nil(Elem::Str)));
    }
    if args.text(1).is_empty() && !args.text(0).is_empty() {
        return Ok(Value::texts([""]));
    }
    of_characters(args.text(1), |text| parts(call, regex, text, args.int(2)))
}

fn parts(call: &Call<'_>, regex: &Regex, text: &[u8], most: i64) -> Outcome {
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
