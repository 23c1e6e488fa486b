//! Words: case conversions, wrapping, abbreviations (goutils 1.1, xstrings 1.5, as sprig 3.3 uses them).

use super::strings::{simple_lower, simple_title, simple_upper};
use super::{Function, Outcome, Param, fixed, lossless};
use crate::template::exec::Call;
use crate::template::value::Value;
use Param::{Int, Str};

pub(super) const ROWS: &[Function] = &[
    fixed("untitle", &[Str], |_, args| Ok(Value::text(untitle(&args.str(0))))),
    fixed("swapcase", &[Str], |_, args| Ok(Value::text(swapcase(&args.str(0))))),
    fixed("camelcase", &[Str], |_, args| Ok(Value::text(pascal_case(&args.str(0))))),
    fixed("snakecase", &[Str], |_, args| Ok(Value::text(joined_words(args.text(0), '_')))),
    fixed("kebabcase", &[Str], |_, args| Ok(Value::text(joined_words(args.text(0), '-')))),
    fixed("nospace", &[Str], |_, args| Ok(Value::text(nospace(args.text(0))))),
    fixed("initials", &[Str], |_, args| Ok(Value::text(initials(args.text(0))))),
    fixed("abbrev", &[Int, Str], |_, args| abbreviated(args.text(1), 0, args.int(0), args.int(0) < 4)),
    fixed("abbrevboth", &[Int, Int, Str], |_, args| {
        let (left, right) = (args.int(0), args.int(1));
        abbreviated(args.text(2), left, right, right < 4 || (left > 0 && right < 7))
    }),
    fixed("wrap", &[Int, Str], |call, args| wrap(call, args.int(0), b"\n", args.text(1), false)),
    fixed("wrapWith", &[Int, Str, Str], |call, args| {
        let separator = if args.text(1).is_empty() { b"\n" } else { args.text(1) };
        wrap(call, args.int(0), separator, args.text(2), true)
    }),
];

/// The first letter of each word in lower case.
fn untitle(text: &str) -> String {
    let mut word_begins = true;
    text.chars()
        .map(|c| {
            let begins = std::mem::replace(&mut word_begins, c.is_whitespace());
            if begins && !c.is_whitespace() { simple_lower(c) } else { c }
        })
        .collect()
}

fn swapcase(text: &str) -> String {
    let mut after_space = true;
    text.chars()
        .map(|c| {
            let swapped = if c.is_uppercase() {
                simple_lower(c)
            } else if c.is_lowercase() {
                if after_space { simple_title(c) } else { simple_upper(c) }
            } else {
                after_space = c.is_whitespace();
                return c;
            };
            after_space = false;
            swapped
        })
        .collect()
}

/// The bytes, taken for Latin-1, that are not white space; a text without any stays as it is.
fn nospace(text: &[u8]) -> Vec<u8> {
    if !text.iter().any(|byte| is_latin_space(*byte)) {
        return text.to_vec();
    }
    text.iter().filter(|byte| !is_latin_space(**byte)).map(|byte| *byte as char).collect::<String>().into_bytes()
}

fn is_latin_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ' | 0x85 | 0xa0)
}

/// The first byte of each word, taken for Latin-1.
fn initials(text: &[u8]) -> String {
    let words = text.split(|byte| is_latin_space(*byte));
    words.filter_map(|word| word.first()).map(|byte| *byte as char).collect()
}

/// goutils' `AbbreviateFull`: at most `width` bytes, beginning somewhere before `offset`, with dots where something is missing.
fn abbreviated(text: &[u8], offset: i64, width: i64, as_it_is: bool) -> Outcome {
    let (length, offset) = (text.len() as i64, offset.min(text.len() as i64));
    if as_it_is || length <= width {
        return Ok(Value::text(text));
    }
    let offset = if length - offset < width - 3 { length - (width - 3) } else { offset };
    let slice = |from: i64, to: i64| text.get(from.max(0) as usize..to as usize).unwrap_or_default();
    if offset <= 4 {
        return Ok(Value::text([slice(0, width - 3), b"..."].concat()));
    }
    if offset + width - 3 < length {
        let inner = width - 3;
        let rest = slice(offset, length);
        let Value::Str(tail) = abbreviated(rest, 0, inner, false)? else { return Ok(Value::text("")) };
        return Ok(Value::text([b"...", &*tail].concat()));
    }
    Ok(Value::text([b"...", slice(length - (width - 3), length)].concat()))
}

/// goutils' `WrapCustom`: breaks at the last space within `width` bytes; `splits` cuts longer words.
fn wrap(call: &Call<'_>, width: i64, separator: &[u8], text: &[u8], splits: bool) -> Outcome {
    let width = usize::try_from(width).unwrap_or(0).max(1);
    call.check_length(text.len() + (text.len() / width).saturating_mul(separator.len()))?;
    let mut out = Vec::with_capacity(text.len());
    let mut offset = 0;
    while text.len() - offset > width {
        if text[offset] == b' ' {
            offset += 1;
            continue;
        }
        let line = &text[offset..(offset + width + 1).min(text.len())];
        let cut = match memchr::memrchr(b' ', line) {
            Some(space) => Some(offset + space),
            None if splits => None,
            None => match memchr::memchr(b' ', &text[offset + width..]) {
                Some(space) => Some(offset + width + space),
                None => break,
            },
        };
        let end = cut.unwrap_or(offset + width);
        out.extend_from_slice(&text[offset..end]);
        out.extend_from_slice(separator);
        offset = end + usize::from(cut.is_some());
    }
    out.extend_from_slice(&text[offset..]);
    Ok(Value::text(out))
}

fn is_connector(c: char) -> bool {
    c == '-' || c == '_' || c.is_whitespace()
}

/// xstrings' `ToPascalCase`.
fn pascal_case(text: &str) -> String {
    let lead: String = text.chars().take_while(|c| is_connector(*c)).collect();
    let mut rest = text[lead.len()..].chars();
    let Some(first) = rest.next() else {
        // Of connectors alone the last is written twice.
        let last = lead.chars().next_back();
        return lead.chars().chain(last).collect();
    };
    let mut out = lead;
    let mut word_is_upper = first.is_uppercase();
    let mut previous = simple_upper(first);
    for c in rest {
        let mut current = c;
        if is_connector(previous) {
            if is_connector(current) {
                out.push(previous);
            } else {
                word_is_upper = current.is_uppercase();
                current = simple_upper(current);
            }
        } else {
            if !is_connector(current) && word_is_upper {
                if current.is_uppercase() {
                    current = simple_lower(current);
                } else {
                    word_is_upper = false;
                }
            } else if is_connector(current) {
                word_is_upper = false;
            }
            out.push(previous);
        }
        previous = current;
    }
    out.push(previous);
    out
}

/// The kinds of runs xstrings cuts a text into.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Run {
    Number,
    /// Upper-case letters, or one and the lower-case letters behind it.
    Capital,
    Letters,
    Connector,
    Punctuation,
    Other,
    Nothing,
}

fn is_letter(c: char) -> bool {
    c.is_uppercase() || c.is_lowercase()
}

/// The characters of a text and where they begin. Bytes that are none belong to the next character, and the last ones to the last.
fn characters(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut start = 0;
    text.char_indices()
        .filter(|(_, c)| !lossless::is_stand_in(*c))
        .map(move |(at, c)| (std::mem::replace(&mut start, at + c.len_utf8()), c))
}

/// The first run of a text.
fn next_run(text: &str) -> (Run, &str, &str) {
    let Some((_, first)) = characters(text).next() else { return (Run::Nothing, text, "") };
    let prefix = |fits: &dyn Fn(char) -> bool| characters(text).skip(1).find(|(_, c)| !fits(*c)).map_or(text.len(), |(at, _)| at);
    let (run, end) = match first {
        c if is_connector(c) => (Run::Connector, prefix(&is_connector)),
        c if is_punctuation(c) => (Run::Punctuation, prefix(&is_punctuation)),
        c if c.is_uppercase() => (Run::Capital, capital_run(text)),
        c if is_letter(c) => (Run::Letters, prefix(&|c| is_letter(c) && !c.is_uppercase())),
        c if c.is_numeric() => (Run::Number, prefix(&char::is_numeric)),
        _ => (Run::Other, prefix(&|c| !(is_connector(c) || is_letter(c) || c.is_numeric() || is_punctuation(c)))),
    };
    (run, &text[..end], &text[end..])
}

/// `HTTPServer` → `HTTP`, `Server` → `Server`.
fn capital_run(text: &str) -> usize {
    let after = characters(text).find(|(_, c)| !c.is_uppercase());
    let capitals = after.map_or(text.len(), |(at, _)| at);
    let letter_follows = after.is_some_and(|(_, c)| is_letter(c));
    let last = characters(text).take_while(|(_, c)| c.is_uppercase()).last().map_or(0, |(at, _)| at);
    match (last, letter_follows) {
        (0, true) => characters(text).skip(1).find(|(_, c)| !is_letter(*c) || c.is_uppercase()).map_or(text.len(), |(at, _)| at),
        (last, true) => last,
        (_, false) => capitals,
    }
}

fn is_punctuation(c: char) -> bool {
    // ASCII symbols such as + and < are not punctuation to Unicode.
    if c.is_ascii() {
        return c.is_ascii_punctuation() && !matches!(c, '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~');
    }
    matches!(c, '¡' | '§' | '«' | '¶' | '·' | '»' | '¿' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' | '\u{3001}'..='\u{3003}')
}

fn push_lower(out: &mut String, run: Run, text: &str, connector: char) {
    if run != Run::Capital && run != Run::Connector {
        out.push_str(text);
        return;
    }
    out.extend(text.chars().map(|c| match c {
        c if is_connector(c) => connector,
        c if lossless::is_stand_in(c) => char::REPLACEMENT_CHARACTER,
        c => simple_lower(c),
    }));
}

/// xstrings' `ToSnakeCase` and `ToKebabCase`: numbers stick to the letters behind them.
fn joined_words(text: &[u8], connector: char) -> Vec<u8> {
    let text = &*lossless::text(text);
    let mut out = String::with_capacity(text.len() + 4);
    let (mut run, mut word, mut rest) = next_run(text);
    while !rest.is_empty() {
        if run != Run::Connector {
            push_lower(&mut out, run, word, connector);
        }
        let (previous, last) = (run, word);
        (run, word, rest) = next_run(rest);
        match previous {
            Run::Number => {
                (run, word, rest) = push_letters_and_numbers(&mut out, (run, word, rest), connector);
                if !matches!(run, Run::Nothing | Run::Punctuation | Run::Connector) {
                    out.push(connector);
                }
            }
            Run::Connector => push_lower(&mut out, previous, last, connector),
            Run::Punctuation => {}
            _ if run != Run::Number => {
                if run != Run::Connector && run != Run::Punctuation {
                    out.push(connector);
                }
            }
            _ if rest.is_empty() => {}
            _ => {
                let number = word;
                (run, word, rest) = next_run(rest);
                if run == Run::Letters {
                    out.push(connector);
                    push_lower(&mut out, Run::Number, number, connector);
                    (run, word, rest) = push_letters_and_numbers(&mut out, (run, word, rest), connector);
                    if !matches!(run, Run::Nothing | Run::Punctuation | Run::Connector) {
                        out.push(connector);
                    }
                } else {
                    push_lower(&mut out, Run::Number, number, connector);
                    if run != Run::Connector && run != Run::Punctuation {
                        out.push(connector);
                    }
                }
            }
        }
    }
    push_lower(&mut out, run, word, connector);
    lossless::bytes(out.as_bytes())
}

fn push_letters_and_numbers<'t>(out: &mut String, mut next: (Run, &'t str, &'t str), connector: char) -> (Run, &'t str, &'t str) {
    while matches!(next.0, Run::Letters | Run::Number) {
        push_lower(out, next.0, next.1, connector);
        next = next_run(next.2);
    }
    next
}
