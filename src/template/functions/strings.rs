//! Text (sprig `strings.go`, Go `strings`). Strings are bytes: lengths and cuts count bytes, as in Go.

use bstr::ByteSlice;

use super::{Args, Function, Outcome, Param, fixed, open, to_text, to_texts};
use crate::template::exec::{Call, Fail};
use crate::template::fmt::{quote, shown};
use crate::template::value::{Map, MapKind, Text, Value};
use Param::{Any, Int, Str};

pub(super) const ROWS: &[Function] = &[
    open("quote", &[], Any, |_, args| Ok(Value::text(each_not_nil(args, |value| quote(&to_text(value)).into_bytes())))).walking(),
    open("squote", &[], Any, |_, args| Ok(Value::text(each_not_nil(args, |value| [b"'", &shown(value)[..], b"'"].concat())))).walking(),
    open("cat", &[], Any, |_, args| Ok(Value::text(cat(args)))).walking(),
    fixed("toString", &[Any], |_, args| Ok(Value::Str(to_text(args.any(0))))).walking(),
    fixed("trim", &[Str], |_, args| Ok(Value::text(args.text(0).trim()))),
    fixed("trimAll", &[Str, Str], trim_all),
    fixed("trimall", &[Str, Str], trim_all),
    fixed("trimSuffix", &[Str, Str], |_, args| Ok(Value::text(args.text(1).strip_suffix(args.text(0)).unwrap_or(args.text(1))))),
    fixed("trimPrefix", &[Str, Str], |_, args| Ok(Value::text(args.text(1).strip_prefix(args.text(0)).unwrap_or(args.text(1))))),
    fixed("upper", &[Str], |_, args| Ok(Value::text(map_chars(args.text(0), simple_upper)))),
    fixed("lower", &[Str], |_, args| Ok(Value::text(map_chars(args.text(0), simple_lower)))),
    fixed("title", &[Str], |_, args| Ok(Value::text(title(args.text(0))))),
    fixed("repeat", &[Int, Str], repeat),
    fixed("substr", &[Int, Int, Str], substr),
    fixed("trunc", &[Int, Str], |_, args| Ok(Value::text(trunc(args.int(0), args.text(1))))),
    fixed("contains", &[Str, Str], |_, args| Ok(Value::Bool(args.text(1).contains_str(args.text(0))))),
    fixed("hasPrefix", &[Str, Str], |_, args| Ok(Value::Bool(args.text(1).starts_with(args.text(0))))),
    fixed("hasSuffix", &[Str, Str], |_, args| Ok(Value::Bool(args.text(1).ends_with(args.text(0))))),
    fixed("replace", &[Str, Str, Str], replace),
    fixed("plural", &[Str, Str, Int], |_, args| Ok(args.any(usize::from(args.int(2) != 1)).clone())),
    fixed("indent", &[Int, Str], |call, args| indent(call, args, b"")),
    fixed("nindent", &[Int, Str], |call, args| indent(call, args, b"\n")),
    fixed("join", &[Str, Any], |_, args| {
        Ok(Value::text(to_texts(args.any(1)).iter().map(|text| &**text).collect::<Vec<_>>().join(args.text(0))))
    })
    .walking(),
    fixed("splitList", &[Str, Str], |call, args| Ok(Value::texts(split(call, args.text(1), args.text(0), None)?))),
    fixed("split", &[Str, Str], |call, args| call.made_whole(numbered(split(call, args.text(1), args.text(0), None)?))),
    fixed("splitn", &[Str, Int, Str], splitn),
];

/// The texts of all arguments that are not nil, joined by spaces.
fn each_not_nil(args: Args<'_>, text: impl Fn(&Value) -> Vec<u8>) -> Vec<u8> {
    let texts: Vec<Vec<u8>> = args.from(0).filter(|value| !matches!(value, Value::Nil)).map(text).collect();
    texts.join(&b' ')
}

fn cat(args: Args<'_>) -> Vec<u8> {
    each_not_nil(args, shown)
}

fn trim_all(_: &Call<'_>, args: Args<'_>) -> Outcome {
    let cutset: Vec<char> = args.text(0).chars().collect();
    Ok(Value::text(args.text(1).trim_with(|c| cutset.contains(&c))))
}

/// Maps characters; invalid bytes become U+FFFD, as in Go's `strings.Map`.
fn map_chars(text: &[u8], map: impl Fn(char) -> char) -> Vec<u8> {
    let mut out = String::with_capacity(text.len());
    out.extend(text.chars().map(map));
    out.into_bytes()
}

/// The upper case of a character where that is one character.
pub(super) fn simple_upper(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// The title case of a character, which differs from the upper case for four digraphs.
pub(super) fn simple_title(c: char) -> char {
    match c {
        'Ǆ' | 'ǅ' | 'ǆ' => 'ǅ',
        'Ǉ' | 'ǈ' | 'ǉ' => 'ǈ',
        'Ǌ' | 'ǋ' | 'ǌ' => 'ǋ',
        'Ǳ' | 'ǲ' | 'ǳ' => 'ǲ',
        c => simple_upper(c),
    }
}

/// The lower case of a character where that is one character.
pub(super) fn simple_lower(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ if c == 'İ' => 'i',
        _ => c,
    }
}

fn title(text: &[u8]) -> Vec<u8> {
    let mut out = String::with_capacity(text.len());
    let mut after_separator = true;
    for c in text.chars() {
        out.push(if after_separator { simple_title(c) } else { c });
        after_separator = match c {
            c if c.is_alphanumeric() || c == '_' => false,
            c if c.is_ascii() => true,
            c => c.is_whitespace(),
        };
    }
    out.into_bytes()
}

fn repeat(call: &Call<'_>, args: Args<'_>) -> Outcome {
    let count = usize::try_from(args.int(0)).map_err(|_| Fail::text("strings: negative Repeat count"))?;
    call.check_length(args.text(1).len().saturating_mul(count))?;
    Ok(Value::text(args.text(1).repeat(count)))
}

fn substr(_: &Call<'_>, args: Args<'_>) -> Outcome {
    let (start, end, text) = (args.int(0), args.int(1), args.text(2));
    let length = text.len() as i64;
    let (start, end) = match (start, end) {
        (..0, end) => (0, end),
        (start, end) if end < 0 || end > length => (start, length),
        bounds => bounds,
    };
    if end > length || end < 0 {
        return Err(format!("runtime error: slice bounds out of range [:{end}]{}", with_length(end, length)).into());
    }
    if start > end {
        return Err(format!("runtime error: slice bounds out of range [{start}:{end}]").into());
    }
    Ok(Value::text(&text[start as usize..end as usize]))
}

fn with_length(end: i64, length: i64) -> String {
    if end < 0 { String::new() } else { format!(" with length {length}") }
}

/// The first `count` bytes, or the last when it is negative.
fn trunc(count: i64, text: &[u8]) -> &[u8] {
    let length = text.len() as i64;
    if count < 0 && length.saturating_add(count) > 0 {
        return &text[(length + count) as usize..];
    }
    if count >= 0 && length > count {
        return &text[..count as usize];
    }
    text
}

fn replace(call: &Call<'_>, args: Args<'_>) -> Outcome {
    let (old, new, text) = (args.text(0), args.text(1), args.text(2));
    if old.is_empty() {
        call.check_length(text.len() + new.len().saturating_mul(text.len() + 1))?;
        let mut out = new.to_vec();
        for (start, end, _) in text.char_indices() {
            out.extend_from_slice(&text[start..end]);
            out.extend_from_slice(new);
        }
        return Ok(Value::text(out));
    }
    let found = text.find_iter(old).count();
    if found == 0 {
        return Ok(args.any(2).clone());
    }
    call.check_length(text.len() + found.saturating_mul(new.len()))?;
    Ok(Value::text(text.replace(old, new)))
}

/// `lead`, then the text with every line, empty ones too, behind spaces.
fn indent(call: &Call<'_>, args: Args<'_>, lead: &[u8]) -> Outcome {
    let spaces = usize::try_from(args.int(0)).map_err(|_| Fail::text("strings: negative Repeat count"))?;
    let text = args.text(1);
    let breaks = memchr::memchr_iter(b'\n', text).count();
    let length = lead.len() + text.len() + spaces.saturating_mul(breaks + 1);
    call.check_length(length)?;
    let mut out = Vec::with_capacity(length);
    out.extend_from_slice(lead);
    for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
        if index > 0 {
            out.push(b'\n');
        }
        out.resize(out.len() + spaces, b' ');
        out.extend_from_slice(line);
    }
    Ok(Value::text(out))
}

/// Go's `strings.SplitN`; an empty separator cuts after each character.
fn split<'t>(call: &Call<'_>, text: &'t [u8], separator: &[u8], limit: Option<usize>) -> Result<Vec<&'t [u8]>, Fail> {
    let limit = limit.unwrap_or(usize::MAX);
    if limit == 0 {
        return Ok(Vec::new());
    }
    let most = if separator.is_empty() { text.len() } else { text.find_iter(separator).count() + 1 };
    call.check_items(most.min(limit))?;
    if !separator.is_empty() {
        return Ok(text.splitn_str(limit, separator).collect());
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let size = if parts.len() + 1 == limit { rest.len() } else { bstr::decode_utf8(rest).1 };
        let (part, tail) = rest.split_at(size);
        parts.push(part);
        rest = tail;
    }
    Ok(parts)
}

fn splitn(call: &Call<'_>, args: Args<'_>) -> Outcome {
    call.made_whole(numbered(split(call, args.text(2), args.text(0), usize::try_from(args.int(1)).ok())?))
}

/// `_0`, `_1` …
fn numbered(parts: Vec<&[u8]>) -> Value {
    let entries = parts.into_iter().enumerate().map(|(index, part)| (Text::from(format!("_{index}")), Value::text(part)));
    Value::Map(Map::of(MapKind::Strings, entries.collect()))
}
