//! `fmt.Sprintf`: verbs, flags, widths, argument indexes, and the texts Go writes into the output instead of failing.

use super::super::object::Struct;
use super::super::value::{Map, Value};
use super::inside::inside;
use super::{ADDRESS, MAX_DEPTH, float};
use crate::quote::{can_backquote, is_print, quote_with};

/// Widths and precisions above this are misuse, as in Go.
const MAX_WIDTH: usize = 1_000_000;

/// Formats as Go does. Never fails: misuse shows in the text.
pub(crate) fn printf(format: &[u8], args: &[Value]) -> Vec<u8> {
    printf_within(format, args, usize::MAX)
}

/// The same, given up once there are more than `most` bytes.
pub(crate) fn printf_within(format: &[u8], args: &[Value], most: usize) -> Vec<u8> {
    let mut printer = Printer { out: Vec::with_capacity(format.len() + 32), flags: Flags::default(), most, misused: false };
    let mut cursor = Cursor { format, at: 0, args, next: 0, reordered: false, good_index: true };
    while let Some(found) = memchr::memchr(b'%', &format[cursor.at..]) {
        printer.out.extend_from_slice(&format[cursor.at..cursor.at + found]);
        cursor.at += found + 1;
        printer.directive(&mut cursor);
        if printer.out.len() > most {
            return printer.out;
        }
    }
    printer.out.extend_from_slice(&format[cursor.at..]);
    if !cursor.reordered && cursor.next < args.len() {
        printer.extra(&args[cursor.next..]);
    }
    printer.out
}

/// What stands between `%` and the verb.
#[derive(Default, Clone, Copy)]
struct Flags {
    minus: bool,
    plus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
    /// `%+v`.
    plus_v: bool,
    /// `%#v`.
    sharp_v: bool,
}

/// Where the format and the arguments are read.
struct Cursor<'a> {
    format: &'a [u8],
    at: usize,
    args: &'a [Value],
    next: usize,
    reordered: bool,
    good_index: bool,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    fn number(&mut self) -> Option<usize> {
        let start = self.at;
        let mut number = 0usize;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            if number > MAX_WIDTH {
                // Go gives up the rest of the format.
                self.at = self.format.len();
                return None;
            }
            number = number * 10 + usize::from(digit - b'0');
            self.at += 1;
        }
        (self.at > start).then_some(number)
    }

    /// `[3]`: the next argument is the third. True when there was one.
    fn index(&mut self) -> bool {
        if self.peek() != Some(b'[') {
            return false;
        }
        self.reordered = true;
        let Some(close) = memchr::memchr(b']', &self.format[self.at..]) else {
            self.good_index = false;
            self.at += 1;
            return false;
        };
        let inner = &self.format[self.at + 1..self.at + close];
        self.at += close + 1;
        match std::str::from_utf8(inner).ok().and_then(|text| text.parse::<usize>().ok()) {
            Some(number) if (1..=self.args.len()).contains(&number) => {
                self.next = number - 1;
                true
            }
            _ => {
                self.good_index = false;
                true
            }
        }
    }

    /// A width or precision given as an argument.
    fn star(&mut self) -> Option<i64> {
        let value = self.args.get(self.next);
        self.next += usize::from(value.is_some());
        match value {
            Some(Value::Int(number) | Value::Int64(number)) if number.unsigned_abs() <= MAX_WIDTH as u64 => Some(*number),
            _ => None,
        }
    }
}

impl Printer {
    fn directive(&mut self, cursor: &mut Cursor<'_>) {
        self.flags = Flags::default();
        cursor.good_index = true;
        while let Some(byte) = cursor.peek() {
            match byte {
                b'#' => self.flags.sharp = true,
                b'0' => self.flags.zero = true,
                b'+' => self.flags.plus = true,
                b'-' => self.flags.minus = true,
                b' ' => self.flags.space = true,
                _ => break,
            }
            cursor.at += 1;
        }
        let mut after_index = cursor.index();
        self.width(cursor, &mut after_index);
        self.precision(cursor, &mut after_index);
        if !after_index {
            cursor.index();
        }
        let Some((verb, size)) = next_char(&cursor.format[cursor.at..]) else {
            return self.put("%!(NOVERB)");
        };
        cursor.at += size;
        if verb == '%' {
            return self.out.push(b'%');
        }
        if !cursor.good_index {
            return self.put(&format!("%!{verb}(BADINDEX)"));
        }
        let Some(value) = cursor.args.get(cursor.next) else {
            return self.put(&format!("%!{verb}(MISSING)"));
        };
        cursor.next += 1;
        if verb == 'v' {
            self.flags.sharp_v = std::mem::take(&mut self.flags.sharp);
            self.flags.plus_v = std::mem::take(&mut self.flags.plus);
        }
        self.value(value, verb, 0);
    }

    fn width(&mut self, cursor: &mut Cursor<'_>, after_index: &mut bool) {
        if cursor.peek() == Some(b'*') {
            cursor.at += 1;
            match cursor.star() {
                Some(width) => {
                    self.flags.minus |= width < 0;
                    self.flags.zero &= width >= 0;
                    self.flags.width = Some(width.unsigned_abs() as usize);
                }
                None => self.put("%!(BADWIDTH)"),
            }
            *after_index = false;
        } else {
            self.flags.width = cursor.number();
            if *after_index && self.flags.width.is_some() {
                cursor.good_index = false;
            }
        }
    }

    fn precision(&mut self, cursor: &mut Cursor<'_>, after_index: &mut bool) {
        if cursor.peek() != Some(b'.') || cursor.at + 1 > cursor.format.len() {
            return;
        }
        cursor.at += 1;
        if *after_index {
            cursor.good_index = false;
        }
        *after_index = cursor.index();
        if cursor.peek() == Some(b'*') {
            cursor.at += 1;
            match cursor.star() {
                Some(precision @ 0..) => self.flags.precision = usize::try_from(precision).ok(),
                _ => self.put("%!(BADPREC)"),
            }
            *after_index = false;
        } else {
            self.flags.precision = Some(cursor.number().unwrap_or(0));
        }
    }

    fn extra(&mut self, args: &[Value]) {
        self.flags = Flags::default();
        self.put("%!(EXTRA ");
        for (index, value) in args.iter().enumerate() {
            if index > 0 {
                self.put(", ");
            }
            self.typed(value);
        }
        self.put(")");
    }
}

/// Writes values under one directive.
struct Printer {
    out: Vec<u8>,
    flags: Flags,
    /// How much may be written before the rest is left out.
    most: usize,
    /// Inside a form of misuse: there nothing prints itself.
    misused: bool,
}

impl Printer {
    fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Pads to the width, which counts characters.
    fn pad(&mut self, text: &[u8]) {
        let missing = self.flags.width.map_or(0, |width| width.saturating_sub(String::from_utf8_lossy(text).chars().count()));
        let fill = if self.flags.zero && !self.flags.minus { b'0' } else { b' ' };
        if !self.flags.minus {
            self.out.extend(std::iter::repeat_n(fill, missing));
        }
        self.out.extend_from_slice(text);
        if self.flags.minus {
            self.out.extend(std::iter::repeat_n(b' ', missing));
        }
    }

    /// `%!d(string=x)`.
    fn misuse(&mut self, value: &Value, verb: char) {
        self.put(&format!("%!{verb}("));
        self.misused = true;
        self.typed(value);
        self.misused = false;
        self.put(")");
    }

    /// `string=x`: a value behind the name of its type, as the forms of misuse show it.
    fn typed(&mut self, value: &Value) {
        if let Value::Nil = value {
            self.put("<nil>");
        } else {
            self.put(&value.type_name());
            self.put("=");
            self.value(value, 'v', 0);
        }
    }

    fn value(&mut self, value: &Value, verb: char, depth: usize) {
        if depth > MAX_DEPTH {
            return self.put("…");
        }
        if self.out.len() > self.most {
            return;
        }
        if verb == 'T' && depth == 0 {
            return self.string(value.type_name().as_bytes(), 's', value);
        }
        match value {
            // Only errors can be wrapped, and values are none.
            _ if verb == 'w' && depth == 0 => self.misuse(value, verb),
            Value::Nil if verb == 'p' => self.misuse(value, verb),
            _ if verb == 'p' && depth == 0 => self.pointer(value, verb),
            Value::Nil if depth > 0 || verb == 'v' => {
                let text: &[u8] = if self.flags.sharp_v && depth > 0 { b"interface {}(nil)" } else { b"<nil>" };
                if depth > 0 { self.out.extend_from_slice(text) } else { self.pad(text) }
            }
            Value::Nil => self.misuse(value, verb),
            Value::Bool(truth) => match verb {
                't' | 'v' => self.pad(if *truth { b"true" } else { b"false" }),
                _ => self.misuse(value, verb),
            },
            Value::Int(number) | Value::Int64(number) => self.integer(i128::from(*number), verb, value),
            Value::Uint64(number) => self.unsigned(*number, verb, value),
            Value::Uint8(number) => self.unsigned(u64::from(*number), verb, value),
            Value::Float(number) => self.float(*number, verb, value),
            Value::Str(text) => self.string(text, verb, value),
            Value::Bytes(bytes) => match verb {
                's' | 'x' | 'X' | 'q' => self.string(bytes, verb, value),
                _ => {
                    let type_name = if depth == 0 && matches!(verb, 'v' | 'd') { "[]byte" } else { "[]uint8" };
                    self.sequence(bytes.iter().map(|byte| Value::Uint8(*byte)), verb, depth, type_name);
                }
            },
            value if value.is_nil_reference() && self.flags.sharp_v => self.put(&format!("{}(nil)", value.type_name())),
            Value::List(list) => self.sequence(list.items().iter().cloned(), verb, depth, &value.type_name()),
            Value::Map(map) => self.map(map, verb, depth, &value.type_name()),
            Value::Struct(object) => self.object(object, value, verb, depth),
            Value::Duration(number) | Value::Ordinal(_, number) if !self.prints_itself(verb) => {
                self.integer(i128::from(*number), verb, value);
            }
            Value::Time(time) if self.flags.sharp_v && !self.misused => self.put(&time.go_text()),
            Value::Version(_) | Value::VersionCopy(_) | Value::Time(_) | Value::Location(_) if !self.prints_itself(verb) => {
                if let Some(object) = inside(value) {
                    self.object(&object, value, verb, depth);
                }
            }
            Value::Time(_) | Value::Location(_) | Value::Duration(_) | Value::Version(_) | Value::VersionCopy(_) | Value::Ordinal(..) => {
                self.string(&super::shown(value), verb, value)
            }
        }
    }

    /// Whether Go would take the text that a value has for itself.
    fn prints_itself(&self, verb: char) -> bool {
        matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') && !self.flags.sharp_v && !self.misused
    }

    /// A struct; of a pointer inside something else only the address.
    fn object(&mut self, object: &Struct, value: &Value, verb: char, depth: usize) {
        let is_nil = object.fields.is_empty();
        if object.of.pointer && (depth > 0 || is_nil) {
            return self.pointer(value, verb);
        }
        let (sharp, named) = (self.flags.sharp_v, self.flags.sharp_v || self.flags.plus_v);
        self.put(if object.of.pointer { "&" } else { "" });
        self.put(if sharp { object.of.name } else { "" });
        self.put("{");
        for (index, field) in object.fields.iter().enumerate() {
            if index > 0 {
                self.put(if sharp { ", " } else { " " });
            }
            if named {
                self.put(object.of.fields[index].name);
                self.put(":");
            }
            self.value(field, verb, depth + 1);
        }
        self.put("}");
    }

    /// The address of what has one, the same for all.
    fn pointer(&mut self, value: &Value, verb: char) {
        let address = match value {
            value if value.is_nil_reference() => 0,
            Value::List(_) | Value::Bytes(_) | Value::Map(_) | Value::Version(_) | Value::Location(_) => ADDRESS,
            Value::Struct(object) if object.of.pointer && object.fields.is_empty() => 0,
            Value::Struct(object) if object.of.pointer => ADDRESS,
            _ => return self.misuse(value, verb),
        };
        match verb {
            'v' if self.flags.sharp_v => self.put(&format!("({})({address:#x})", value.type_name())),
            'v' if address == 0 => self.put("<nil>"),
            'v' | 'p' => {
                self.flags.sharp = !self.flags.sharp;
                self.digits(&format!("{address:x}"), false, 'x');
                self.flags.sharp = !self.flags.sharp;
            }
            'b' | 'o' | 'd' | 'x' | 'X' => self.integer(i128::from(address), verb, value),
            _ => self.misuse(value, verb),
        }
    }

    /// An unsigned number, which Go's syntax shows in hexadecimal.
    fn unsigned(&mut self, number: u64, verb: char, value: &Value) {
        if verb != 'v' || !self.flags.sharp_v {
            return self.integer(i128::from(number), verb, value);
        }
        self.flags.sharp = true;
        self.digits(&format!("{number:x}"), false, 'x');
        self.flags.sharp = false;
    }

    fn sequence(&mut self, items: impl Iterator<Item = Value>, verb: char, depth: usize, type_name: &str) {
        let separator = if self.flags.sharp_v { ", " } else { " " };
        self.put(&if self.flags.sharp_v { format!("{type_name}{{") } else { "[".into() });
        for (index, item) in items.enumerate() {
            if index > 0 {
                self.put(separator);
            }
            self.value(&item, verb, depth + 1);
        }
        self.put(if self.flags.sharp_v { "}" } else { "]" });
    }

    fn map(&mut self, map: &Map, verb: char, depth: usize, type_name: &str) {
        let separator = if self.flags.sharp_v { ", " } else { " " };
        self.put(&if self.flags.sharp_v { format!("{type_name}{{") } else { "map[".into() });
        for (index, (key, value)) in map.copies().into_iter().enumerate() {
            if index > 0 {
                self.put(separator);
            }
            self.value(&Value::Str(key), verb, depth + 1);
            self.put(":");
            self.value(&value, verb, depth + 1);
        }
        self.put(if self.flags.sharp_v { "}" } else { "]" });
    }

    fn string(&mut self, text: &[u8], verb: char, value: &Value) {
        match verb {
            'v' if self.flags.sharp_v => {
                let cut = self.truncated(text);
                self.pad(quote_with(&cut, '"', false).as_bytes());
            }
            'v' | 's' => {
                let cut = self.truncated(text);
                self.pad(&cut);
            }
            'q' => {
                let cut = self.truncated(text);
                let raw = self.flags.sharp && can_backquote(&cut);
                let shown = if raw { [b"`", &cut[..], b"`"].concat() } else { quote_with(&cut, '"', self.flags.plus).into_bytes() };
                self.pad(&shown);
            }
            'x' | 'X' => self.hex(text, verb),
            _ => self.misuse(value, verb),
        }
    }

    /// The text up to the precision, in characters.
    fn truncated(&self, text: &[u8]) -> Vec<u8> {
        let Some(precision) = self.flags.precision else { return text.to_vec() };
        let mut end = 0;
        for _ in 0..precision {
            let (_, size) = bstr::decode_utf8(&text[end..]);
            end += size;
        }
        text[..end].to_vec()
    }

    fn hex(&mut self, text: &[u8], verb: char) {
        let text = &text[..self.flags.precision.unwrap_or(text.len()).min(text.len())];
        let mut shown = String::with_capacity(text.len() * 2);
        for (index, byte) in text.iter().enumerate() {
            if self.flags.space && index > 0 {
                shown.push(' ');
            }
            if self.flags.sharp && (self.flags.space || index == 0) {
                shown.push_str(if verb == 'x' { "0x" } else { "0X" });
            }
            shown.push_str(&if verb == 'x' { format!("{byte:02x}") } else { format!("{byte:02X}") });
        }
        self.pad(shown.as_bytes());
    }

    fn integer(&mut self, number: i128, verb: char, value: &Value) {
        let magnitude = number.unsigned_abs();
        let digits = match verb {
            'v' | 'd' => magnitude.to_string(),
            'b' => format!("{magnitude:b}"),
            'o' | 'O' => format!("{magnitude:o}"),
            'x' => format!("{magnitude:x}"),
            'X' => format!("{magnitude:X}"),
            'c' => return self.pad(character(number).encode_utf8(&mut [0; 4]).as_bytes()),
            'q' => {
                let shown = quote_with(character(number).encode_utf8(&mut [0; 4]).as_bytes(), '\'', self.flags.plus);
                return self.pad(shown.as_bytes());
            }
            'U' => {
                let mut shown = format!("U+{:04X}", number as u64);
                let c = character(number);
                if self.flags.sharp && is_print(c) {
                    shown.push_str(&format!(" '{c}'"));
                }
                self.flags.zero = false;
                return self.pad(shown.as_bytes());
            }
            _ => return self.misuse(value, verb),
        };
        self.digits(&digits, number < 0, verb);
    }

    fn digits(&mut self, digits: &str, negative: bool, verb: char) {
        let signed = negative || self.flags.plus || self.flags.space;
        let wanted = match (self.flags.precision, self.flags.width) {
            (Some(0), _) if digits == "0" => {
                self.flags.zero = false;
                return self.pad(b"");
            }
            (Some(precision), _) => precision,
            (None, Some(width)) if self.flags.zero && !self.flags.minus => width.saturating_sub(usize::from(signed)),
            _ => 0,
        };
        let mut text = format!("{}{digits}", "0".repeat(wanted.saturating_sub(digits.len())));
        let prefix = match verb {
            'b' if self.flags.sharp => "0b",
            'o' if self.flags.sharp && !text.starts_with('0') => "0",
            'x' if self.flags.sharp => "0x",
            'X' if self.flags.sharp => "0X",
            'O' if self.flags.sharp && !text.starts_with('0') => "0o0",
            'O' => "0o",
            _ => "",
        };
        text.insert_str(0, prefix);
        if negative {
            text.insert(0, '-');
        } else if self.flags.plus {
            text.insert(0, '+');
        } else if self.flags.space {
            text.insert(0, ' ');
        }
        let zero = std::mem::take(&mut self.flags.zero);
        self.pad(text.as_bytes());
        self.flags.zero = zero;
    }

    fn float(&mut self, number: f64, verb: char, value: &Value) {
        let precision = self.flags.precision;
        let text = match verb {
            'v' | 'g' => float::layout_general(number, precision, 'e'),
            'G' => float::layout_general(number, precision, 'E'),
            'e' | 'E' => float::scientific(number, precision.unwrap_or(6), verb),
            'f' | 'F' => float::fixed(number, precision.unwrap_or(6)),
            'x' | 'X' => float::hexadecimal(number, precision, verb == 'X'),
            'b' => float::binary(number),
            _ => return self.misuse(value, verb),
        };
        let text = if self.flags.sharp && verb != 'b' && number.is_finite() { with_point(&text, verb, precision) } else { text };
        let (sign, digits) = match text.strip_prefix(['-', '+']) {
            Some(rest) => (&text[..1], rest),
            None => ("+", &text[..]),
        };
        let sign = match sign {
            "+" if self.flags.plus => "+",
            "+" if number.is_infinite() && !self.flags.space => "+",
            "+" if self.flags.space => " ",
            "+" => "",
            sign => sign,
        };
        let zero = self.flags.zero && number.is_finite();
        let text = match self.flags.width {
            Some(width) if zero && !self.flags.minus => {
                format!("{sign}{}{digits}", "0".repeat(width.saturating_sub(sign.len() + digits.len())))
            }
            _ => format!("{sign}{digits}"),
        };
        let zero = std::mem::take(&mut self.flags.zero);
        self.pad(text.as_bytes());
        self.flags.zero = zero;
    }
}

/// What `#` does to a float: a point in any case, and zeros up to the precision.
fn with_point(text: &str, verb: char, precision: Option<usize>) -> String {
    let is_hex = matches!(verb, 'x' | 'X');
    let tail_at = text.find(|c| matches!(c, 'p' | 'P') || (!is_hex && matches!(c, 'e' | 'E'))).unwrap_or(text.len());
    let (number, tail) = text.split_at(tail_at);
    let mut number = number.to_owned();
    let wanted = if matches!(verb, 'v' | 'g' | 'G' | 'x' | 'X') { precision.unwrap_or(6) } else { 0 };
    let unsigned = number.trim_start_matches(['-', '+']);
    let significant = unsigned.chars().filter(|c| *c != '.').skip_while(|c| *c == '0').count();
    let zero_counts = usize::from(unsigned == "0");
    if !number.contains('.') {
        number.push('.');
    }
    number.extend(std::iter::repeat_n('0', wanted.saturating_sub(significant + zero_counts)));
    number + tail
}

fn next_char(text: &[u8]) -> Option<(char, usize)> {
    let (c, size) = bstr::decode_utf8(text);
    (size > 0).then(|| (c.unwrap_or('\u{FFFD}'), size))
}

fn character(number: i128) -> char {
    u32::try_from(number).ok().and_then(char::from_u32).unwrap_or('\u{FFFD}')
}
