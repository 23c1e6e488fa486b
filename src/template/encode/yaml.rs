//! go-yaml's emitter: `sigs.k8s.io/yaml` writes with version 2 ([`write()`]); `toYamlPretty` uses version 3 (see `pretty`). Both lay out
//! blocks with the same machine, [`Writer`], and differ in a [`Dialect`].

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Write as _;

use super::Tree;
use crate::template::fmt::{general, json_number};
use crate::template::value::Text;

/// What the two versions of go-yaml do differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Folds after column 80, sequences inside mappings are not indented.
    V2,
    /// Never folds, sequences are indented, tabs may stand in literal blocks.
    V3,
}

const INDENT: usize = 2;
const WIDTH: usize = 80;
const NEXT_LINE: &str = "\u{85}";
/// Longer keys need a `?` in front.
const MAX_SIMPLE_KEY: usize = 128;

/// The document of a tree that came from JSON, with the newline at its end. `None` where the way back from JSON to YAML fails in Helm:
/// characters YAML doesn't allow, keys of more than 1024 bytes.
pub(crate) fn write(tree: &Tree) -> Option<String> {
    is_readable(tree).then(|| Writer::document(&with_next_lines_folded(tree), Dialect::V2))
}

/// JSON leaves U+0085 as it is; to YAML it is a line break inside double quotes, where lines are folded.
fn with_next_lines_folded(tree: &Tree) -> Cow<'_, Tree> {
    if !has_next_line(tree) {
        return Cow::Borrowed(tree);
    }
    let fold = |tree: &Tree| with_next_lines_folded(tree).into_owned();
    Cow::Owned(match tree {
        Tree::Text(text) => Tree::Text(fold_lines(text)),
        Tree::List(items) => Tree::List(items.iter().map(fold).collect()),
        Tree::Map(entries) => Tree::Map(entries.iter().map(|(key, value)| (fold_lines(key), fold(value))).collect()),
        other => other.clone(),
    })
}

fn has_next_line(tree: &Tree) -> bool {
    let has = |text: &Text| !text.is_ascii() && memchr::memmem::find(text, NEXT_LINE.as_bytes()).is_some();
    match tree {
        Tree::Text(text) => has(text),
        Tree::List(items) => items.iter().any(has_next_line),
        Tree::Map(entries) => entries.iter().any(|(key, value)| has(key) || has_next_line(value)),
        _ => false,
    }
}

/// One break becomes a space, of several the first is dropped; spaces around them go.
fn fold_lines(text: &Text) -> Text {
    let text = text.lossy();
    let mut lines = text.split(NEXT_LINE);
    let mut out = lines.next().unwrap_or_default().to_owned();
    let mut lines = lines.peekable();
    while lines.peek().is_some() {
        out.truncate(out.trim_end_matches(' ').len());
        let mut further = 0;
        let mut line = lines.next().unwrap_or_default();
        while line.trim_matches(' ').is_empty() && lines.peek().is_some() {
            line = lines.next().unwrap_or_default();
            further += 1;
        }
        out.push_str(&if further == 0 { " ".into() } else { "\n".repeat(further) });
        out.push_str(line.trim_start_matches(' '));
    }
    out.into()
}

fn is_readable(tree: &Tree) -> bool {
    let may_stand = |c| !matches!(c, '\x7f'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    let readable = |text: &Text| text.iter().all(|byte| *byte < 0x7f) || text.lossy().chars().all(may_stand);
    match tree {
        Tree::Text(text) => readable(text),
        Tree::List(items) => items.iter().all(is_readable),
        Tree::Map(entries) => entries.iter().all(|(key, value)| key.len() <= 1024 && readable(key) && is_readable(value)),
        _ => true,
    }
}

/// Where a node stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    SequenceItem,
    MappingValue,
    SimpleKey,
    LongKey,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoting {
    Plain,
    Single,
    Double,
    Literal,
}

/// libyaml's emitter as far as block documents need it.
pub(super) struct Writer {
    out: String,
    dialect: Dialect,
    /// Characters on this line.
    column: usize,
    /// The last character was a blank or the line begins.
    whitespace: bool,
    /// Only indentation and indicators so far on this line.
    indention: bool,
}

impl Writer {
    pub(super) fn document(tree: &Tree, dialect: Dialect) -> String {
        let mut writer = Writer { out: String::new(), dialect, column: 0, whitespace: true, indention: true };
        writer.node(tree, Place::Root, None);
        writer.indent_to(0);
        writer.out
    }

    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    fn put_char(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    fn break_line(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    fn indent_to(&mut self, indent: usize) {
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.break_line();
        }
        let blanks = indent.saturating_sub(self.column);
        self.out.extend(std::iter::repeat_n(' ', blanks));
        self.column += blanks;
        self.whitespace = true;
        self.indention = true;
    }

    fn indicator(&mut self, mark: &str, needs_space: bool, is_whitespace: bool, is_indention: bool) {
        if needs_space && !self.whitespace {
            self.put_char(' ');
        }
        self.put(mark);
        self.whitespace = is_whitespace;
        self.indention = self.indention && is_indention;
    }

    /// Writes a node whose parent has this indent.
    fn node(&mut self, tree: &Tree, place: Place, indent: Option<usize>) {
        match tree {
            Tree::List(items) if items.is_empty() => self.indicator("[]", true, false, false),
            Tree::Map(entries) | Tree::Record(entries) if entries.is_empty() => self.indicator("{}", true, false, false),
            Tree::List(items) => self.sequence(items, place, indent),
            Tree::Map(entries) => self.mapping(entries, place, indent, true),
            Tree::Record(entries) => self.mapping(entries, place, indent, false),
            Tree::Text(text) if self.dialect == Dialect::V3 && std::str::from_utf8(text).is_err() => self.binary(text, indent),
            Tree::Time(text) if self.dialect == Dialect::V3 => self.word(&text.lossy()),
            Tree::Text(text) | Tree::Time(text) => self.text(&text.lossy(), place, indent),
            Tree::Null => self.word("null"),
            Tree::Bool(truth) => self.word(if *truth { "true" } else { "false" }),
            Tree::Int(number) => self.word(&number.to_string()),
            Tree::Uint(number) => self.word(&number.to_string()),
            Tree::Float(number) => self.word(&self.float(*number)),
        }
    }

    /// In version 2 the number has been JSON text and may have become an integer there.
    fn float(&self, number: f64) -> String {
        if self.dialect == Dialect::V3 {
            return match general(number).as_str() {
                "+Inf" => ".inf".into(),
                "-Inf" => "-.inf".into(),
                "NaN" => ".nan".into(),
                text => text.into(),
            };
        }
        let json = json_number(number).unwrap_or_default();
        match (json.parse::<i64>(), json.parse::<u64>()) {
            (Ok(integer), _) => integer.to_string(),
            (_, Ok(integer)) => integer.to_string(),
            _ => general(number),
        }
    }

    /// Bytes that are no text, in base64; long ones in lines.
    fn binary(&mut self, bytes: &[u8], indent: Option<usize>) {
        const LINE: usize = 70;
        let encoded = data_encoding::BASE64.encode(bytes);
        self.word("!!binary");
        if encoded.len() < LINE {
            return self.word(&encoded);
        }
        let lines: String = encoded
            .as_bytes()
            .chunks(LINE)
            .flat_map(|line| [&String::from_utf8_lossy(line), "\n"].concat().into_bytes())
            .map(char::from)
            .collect();
        self.literal(&lines, indent.map_or(INDENT, |indent| indent + INDENT));
    }

    fn word(&mut self, text: &str) {
        if !self.whitespace {
            self.put_char(' ');
        }
        self.put(text);
        self.whitespace = false;
        self.indention = false;
    }

    fn deeper(&self, indent: Option<usize>, place: Place) -> usize {
        match indent {
            None => 0,
            Some(indent) if self.dialect == Dialect::V2 || place == Place::SequenceItem => indent + INDENT,
            Some(indent) => INDENT * ((indent + INDENT) / INDENT),
        }
    }

    fn sequence(&mut self, items: &[Tree], place: Place, indent: Option<usize>) {
        let indentless = self.dialect == Dialect::V2 && place == Place::MappingValue && !self.indention;
        let inner = if indentless { indent.unwrap_or(0) } else { self.deeper(indent, place) };
        for item in items {
            self.indent_to(inner);
            self.indicator("-", true, false, true);
            self.node(item, Place::SequenceItem, Some(inner));
        }
    }

    fn mapping(&mut self, entries: &[(Text, Tree)], place: Place, indent: Option<usize>, sorts: bool) {
        let inner = self.deeper(indent, place);
        let mut sorted: Vec<(Cow<'_, str>, &Tree)> = entries.iter().map(|(key, value)| (key.lossy(), value)).collect();
        let dialect = self.dialect;
        if sorts {
            sorted.sort_by(|(a, _), (b, _)| natural_order(a, b, dialect));
        }
        for (key, value) in sorted {
            self.indent_to(inner);
            if key.len() <= MAX_SIMPLE_KEY && !key.contains(is_break) {
                self.text(&key, Place::SimpleKey, Some(inner));
                self.indicator(":", false, false, false);
            } else {
                self.indicator("?", true, false, true);
                self.text(&key, Place::LongKey, Some(inner));
                self.indent_to(inner);
                self.indicator(":", true, false, true);
            }
            self.node(value, Place::MappingValue, Some(inner));
        }
    }

    fn text(&mut self, text: &str, place: Place, indent: Option<usize>) {
        if is_word(text) && reads_as_text(text) {
            return self.word(text);
        }
        let inner = match indent {
            None => INDENT,
            Some(_) => self.deeper(indent, place),
        };
        let is_simple_key = place == Place::SimpleKey;
        let folds = self.dialect == Dialect::V2 && !is_simple_key;
        match self.quoting(text, is_simple_key) {
            Quoting::Plain => self.plain(text, folds, inner),
            Quoting::Single => self.single_quoted(text, folds, inner),
            Quoting::Double => self.double_quoted(text, folds, inner),
            Quoting::Literal => self.literal(text, inner),
        }
    }

    fn quoting(&self, text: &str, is_simple_key: bool) -> Quoting {
        let looks = Looks::of(text, self.dialect);
        if memchr::memchr(b'\n', text.as_bytes()).is_some() {
            let forbidden = is_simple_key || looks.special || looks.space_break || text.ends_with(' ');
            return if forbidden { Quoting::Double } else { Quoting::Literal };
        }
        if !reads_as_text(text) {
            return Quoting::Double;
        }
        match looks {
            Looks { special: true, .. } | Looks { space_break: true, .. } | Looks { break_space: true, .. } | Looks { tab: true, .. } => {
                Quoting::Double
            }
            Looks { plain: false, .. } => Quoting::Single,
            _ => Quoting::Plain,
        }
    }

    fn plain(&mut self, text: &str, folds: bool, indent: usize) {
        if text.is_ascii() && (!folds || self.column + text.len() < WIDTH) {
            return self.word(text);
        }
        if !self.whitespace {
            self.put_char(' ');
        }
        self.folded(text, folds, indent, |writer, c| writer.put_char(c));
        self.whitespace = false;
        self.indention = false;
    }

    fn single_quoted(&mut self, text: &str, folds: bool, indent: usize) {
        self.indicator("'", true, false, false);
        let mut after_break = false;
        self.folded(text, folds, indent, |writer, c| {
            if std::mem::replace(&mut after_break, is_break(c)) && !after_break {
                writer.indention = true;
                writer.indent_to(indent);
            }
            if c == '\'' {
                writer.put_char(c);
            }
            writer.put_char(c);
            if after_break {
                writer.column = 0;
                writer.whitespace = true;
            }
        });
        self.indicator("'", false, false, false);
    }

    /// Writes characters; a single space behind column 80 becomes a line break.
    fn folded(&mut self, text: &str, folds: bool, indent: usize, mut put: impl FnMut(&mut Self, char)) {
        let mut after_space = false;
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if c != ' ' {
                self.indention = false;
                put(self, c);
                after_space = false;
                continue;
            }
            let inside = at > 0 && at + 1 < text.len();
            let before_space = chars.peek().is_some_and(|(_, next)| *next == ' ');
            if folds && !after_space && inside && self.column > WIDTH && !before_space {
                self.indent_to(indent);
            } else {
                self.put_char(' ');
            }
            after_space = true;
        }
    }

    fn double_quoted(&mut self, text: &str, folds: bool, indent: usize) {
        self.indicator("\"", true, false, false);
        // The library looks for a byte order mark at the beginning of the text, whichever character it is at.
        let all_escaped = text.starts_with('\u{feff}');
        let mut after_space = false;
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if c == ' ' && !all_escaped {
                let inside = at > 0 && at + 1 < text.len();
                if folds && !after_space && inside && self.column > WIDTH {
                    self.indent_to(indent);
                    if chars.peek().is_some_and(|(_, next)| *next == ' ') {
                        self.put_char('\\');
                    }
                } else {
                    self.put_char(' ');
                }
                after_space = true;
                continue;
            }
            after_space = false;
            if is_printable(c) && !is_break(c) && c != '"' && c != '\\' && !all_escaped {
                self.put_char(c);
            } else {
                let escape = escape(c);
                self.put(&escape);
            }
        }
        self.indicator("\"", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.indicator("|", true, false, false);
        if text.starts_with([' ', '\n']) {
            self.indicator(&INDENT.to_string(), false, false, false);
        }
        if !text.ends_with('\n') {
            self.indicator("-", false, false, false);
        } else if text == "\n" || text.ends_with("\n\n") {
            self.indicator("+", false, false, false);
        }
        self.break_line();
        self.indention = true;
        self.whitespace = true;
        for line in text.split_inclusive(is_break) {
            let content = line.strip_suffix(is_break).unwrap_or(line);
            if !content.is_empty() {
                self.indent_to(indent);
                self.put(content);
                self.indention = false;
            }
            if content.len() < line.len() {
                self.out.push_str(&line[content.len()..]);
                self.column = 0;
                self.indention = true;
            }
        }
    }
}

/// What libyaml finds when it analyses a scalar.
#[derive(Clone, Copy)]
struct Looks {
    /// It may be plain in a block.
    plain: bool,
    /// It has characters that only double quotes can hold.
    special: bool,
    /// It has a space before a line break.
    space_break: bool,
    /// It has a space after a line break, which single quotes would lose.
    break_space: bool,
    /// It has a tab, which version 3 takes for text that neither plain nor single-quoted style holds.
    tab: bool,
}

impl Looks {
    fn of(text: &str, dialect: Dialect) -> Self {
        let tab_is_text = dialect == Dialect::V3;
        let edges = text.starts_with([' ', '\n']) || text.ends_with([' ', '\n']);
        let mut looks = Looks {
            plain: !edges && !text.starts_with("---") && !text.starts_with("..."),
            special: false,
            space_break: false,
            break_space: false,
            tab: false,
        };
        // Most texts have nothing that depends on what stands beside it, but at the start.
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b':' && byte != b'#') {
            let mut start = text.chars();
            looks.plain &= start.next().is_none_or(|first| may_be_plain(None, first, start.next()));
            return looks;
        }
        let mut previous = None;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let next = chars.peek().copied();
            looks.plain &= may_be_plain(previous, c, next);
            looks.space_break |= previous == Some(' ') && is_break(c);
            looks.break_space |= previous.is_some_and(is_break) && c == ' ';
            if c == '\t' && tab_is_text {
                looks.tab = true;
            } else if !is_printable(c) {
                looks.special = true;
            }
            previous = Some(c);
        }
        looks
    }
}

/// Whether a character between these neighbours may stand in a plain scalar.
fn may_be_plain(previous: Option<char>, c: char, next: Option<char>) -> bool {
    let blank_follows = next.is_none_or(|next| matches!(next, ' ' | '\t') || is_break(next));
    match (previous, c) {
        (_, ':') => !blank_follows,
        (None, '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`') => false,
        (None, '-' | '?') => !blank_follows,
        (Some(previous), '#') => !(matches!(previous, ' ' | '\t') || is_break(previous)),
        _ => !is_break(c),
    }
}

/// Letters, digits and what may stand anywhere among them, the first a letter: plain unless it reads as something else.
fn is_word(text: &str) -> bool {
    let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'/' | b'-');
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(may_stand)
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

fn escape(c: char) -> String {
    let simple = match c {
        '\0' => "\\0",
        '\x07' => "\\a",
        '\x08' => "\\b",
        '\t' => "\\t",
        '\n' => "\\n",
        '\x0b' => "\\v",
        '\x0c' => "\\f",
        '\r' => "\\r",
        '\x1b' => "\\e",
        '"' => "\\\"",
        '\\' => "\\\\",
        '\u{85}' => "\\N",
        '\u{a0}' => "\\_",
        '\u{feff}' => "\\uFEFF",
        '\u{2028}' => "\\L",
        '\u{2029}' => "\\P",
        _ => "",
    };
    if !simple.is_empty() {
        return simple.into();
    }
    let mut out = String::new();
    let code = c as u32;
    let _ = match code {
        0..=0xff => write!(out, "\\x{code:02X}"),
        0x100..=0xffff => write!(out, "\\u{code:04X}"),
        _ => write!(out, "\\U{code:08X}"),
    };
    out
}

/// Whether the plain text would be read as this text, and not as a number, a boolean, nothing …
fn reads_as_text(text: &str) -> bool {
    crate::value::yaml::is_text(text) && !is_sexagesimal(text)
}

/// `12:30:45`: a number to YAML 1.1, which go-yaml therefore quotes.
fn is_sexagesimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut groups = whole.split(':');
    let first = groups.next().unwrap_or_default();
    let first_fits = first.chars().all(|c| c.is_ascii_digit() || c == '_');
    let group_fits = |group: &str| match group.as_bytes() {
        [digit] => digit.is_ascii_digit(),
        [tens, digit] => (b'0'..=b'5').contains(tens) && digit.is_ascii_digit(),
        _ => false,
    };
    let mut count = 0;
    let groups_fit = groups.all(|group| {
        count += 1;
        group_fits(group)
    });
    first_fits && count > 0 && groups_fit && fraction.chars().all(|c| c.is_ascii_digit() || c == '_')
}

/// go-yaml's order of keys: letters after everything else, runs of digits by value.
pub(super) fn natural_order(a: &str, b: &str, dialect: Dialect) -> Ordering {
    // Nearly all keys differ in a letter of ASCII first: only the others are taken apart.
    match a.bytes().zip(b.bytes()).find(|(l, r)| l != r) {
        None => return a.len().cmp(&b.len()),
        Some((l, r)) if l.is_ascii_alphabetic() && r.is_ascii_alphabetic() => return l.cmp(&r),
        Some(_) => {}
    }
    let (left, right): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut in_digits = false;
    for at in 0..left.len().min(right.len()) {
        let (l, r) = (left[at], right[at]);
        if l == r {
            in_digits = l.is_ascii_digit();
            continue;
        }
        let letters = (l.is_alphabetic(), r.is_alphabetic());
        match letters {
            (true, true) => return l.cmp(&r),
            (false, false) => return order_numbers(&left, &right, at),
            (left_is_letter, _) => {
                let letter_first = dialect == Dialect::V3 && in_digits;
                return if left_is_letter == letter_first { Ordering::Less } else { Ordering::Greater };
            }
        }
    }
    left.len().cmp(&right.len())
}

fn order_numbers(left: &[char], right: &[char], at: usize) -> Ordering {
    let mut start = 0i64;
    if left[at] == '0' || right[at] == '0' {
        let digits_before = left[..at].iter().rev().take_while(|c| c.is_ascii_digit());
        if digits_before.into_iter().any(|digit| *digit != '0') {
            start = 1;
        }
    }
    let run = |chars: &[char]| {
        let digits = chars[at..].iter().take_while(|c| c.is_ascii_digit());
        digits.fold((start, 0usize), |(value, length), digit| {
            (value.wrapping_mul(10).wrapping_add(i64::from(*digit as u32 - '0' as u32)), length + 1)
        })
    };
    let ((left_value, left_length), (right_value, right_length)) = (run(left), run(right));
    left_value.cmp(&right_value).then(left_length.cmp(&right_length)).then(left[at].cmp(&right[at]))
}
