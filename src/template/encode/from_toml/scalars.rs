//! Strings, numbers, dates and words of TOML.

use super::scan::{is_break, rune};
use super::{Read, Reader};
use crate::quote::quote;
use crate::template::profile::Toml;
use crate::template::time::layout::RFC3339_NANO;
use crate::template::time::{self, Time, TomlLocal, Zone};
use crate::template::value::Value;

impl Reader<'_> {
    pub(super) fn string(&mut self) -> Read<String> {
        let start = self.scanner.at();
        let mut out = String::new();
        loop {
            match self.next()? {
                None => return self.fail("unexpected EOF; expected '\"'"),
                Some(c) if is_break(c) => return self.at_line(self.scanner.line() - 1, "strings cannot contain newlines"),
                Some('\\') => out.push(self.escape(start)?),
                Some('"') => return Ok(out),
                Some(c) => out.push(c),
            }
        }
    }

    pub(super) fn raw_string(&mut self) -> Read<String> {
        let mut out = String::new();
        loop {
            match self.next()? {
                None => return self.fail("unexpected EOF; expected \"'\""),
                Some(c) if is_break(c) => return self.at_line(self.scanner.line() - 1, "strings cannot contain newlines"),
                Some('\'') => return Ok(out),
                Some(c) => out.push(c),
            }
        }
    }

    pub(super) fn multiline_string(&mut self) -> Read<String> {
        let start = self.scanner.at();
        self.scanner.take_break();
        let mut out = String::new();
        loop {
            match self.next()? {
                None => return self.fail("unexpected EOF; expected '\"\"\"'"),
                Some('"') if self.closes('"', &mut out)? => return Ok(out),
                Some('"') => out.push('"'),
                Some('\\') if self.scanner.take_folded_break() => {}
                Some('\\') => out.push(self.escape(start)?),
                Some(c) => out.push(c),
            }
        }
    }

    pub(super) fn multiline_raw_string(&mut self) -> Read<String> {
        self.scanner.take_break();
        let mut out = String::new();
        loop {
            match self.next()? {
                None => return self.fail("unexpected EOF; expected \"'''\""),
                Some('\'') if self.closes('\'', &mut out)? => return Ok(out),
                Some(c) => out.push(c),
            }
        }
    }

    /// Whether a quotation mark begins the three that end a string; up to two may stand before them.
    fn closes(&mut self, mark: char, out: &mut String) -> Read<bool> {
        let more = self.scanner.count_ahead(mark);
        if more < 2 {
            return Ok(false);
        }
        for _ in 0..more.min(5) {
            self.next()?;
        }
        if more > 4 {
            let six = mark.to_string().repeat(6);
            return self.fail(&if mark == '"' { format!("unexpected '{six}'") } else { format!("unexpected \"{six}\"") });
        }
        out.extend(std::iter::repeat_n(mark, more - 2));
        Ok(true)
    }

    /// What stands behind a backslash in a string that began there.
    fn escape(&mut self, string: usize) -> Read<char> {
        let escaped = self.next()?;
        let (digits, name) = match escaped {
            Some('b') => return Ok('\x08'),
            Some('t') => return Ok('\t'),
            Some('n') => return Ok('\n'),
            Some('f') => return Ok('\x0c'),
            Some('r') => return Ok('\r'),
            Some(c @ ('"' | '\\')) => return Ok(c),
            Some(c @ (' ' | '\t')) => return self.fail(&format!("invalid escape: '\\{c}'")),
            Some('e') if self.library >= Toml::V1_6 => return Ok('\x1b'),
            Some('x') if self.library >= Toml::V1_6 => (2, "two hexadecimal digits after '\\x'"),
            Some('u') => (4, "four hexadecimal digits after '\\u'"),
            Some('U') => (8, "eight hexadecimal digits after '\\U'"),
            c => return self.fail(&format!("invalid escape in string '\\{}'", c.unwrap_or('\0'))),
        };
        let start = self.scanner.at();
        for _ in 0..digits {
            if !self.next()?.is_some_and(|c| c.is_ascii_hexdigit()) {
                let current = quote(self.scanner.since(string).as_bytes());
                return self.fail(&format!("expected {name}, but got {current} instead"));
            }
        }
        let code = self.scanner.since(start).to_owned();
        match u32::from_str_radix(&code, 16).ok().and_then(char::from_u32) {
            Some(c) => Ok(c),
            None => self.fail(&format!("Escaped character '\\u{code}' is not valid UTF-8.")),
        }
    }

    pub(super) fn signed(&mut self, sign: char) -> Read<Value> {
        let start = self.scanner.at() - 1;
        match self.next()? {
            Some('i') if self.scanner.take("nf") => Ok(Value::Float(if sign == '-' { f64::NEG_INFINITY } else { f64::INFINITY })),
            Some('n') if self.scanner.take("an") => Ok(Value::Float(f64::NAN)),
            Some(c @ ('i' | 'n')) => {
                self.scanner.take(if c == 'i' { "n" } else { "a" });
                let current = self.scanner.since(start).to_owned();
                self.fail(&format!("invalid float: '{current}'"))
            }
            Some('.') => self.fail("floats must start with a digit, not '.'"),
            Some('0') if matches!(self.peek()?, Some('b' | 'o' | 'x')) => {
                let (current, base) = (self.scanner.since(start).to_owned(), self.peek()?.unwrap_or_default());
                self.fail(&format!("cannot use sign with non-decimal numbers: '{current}{base}'"))
            }
            Some('0'..='9') => {
                self.scanner.take_while(|c| c.is_ascii_digit() || c == '_');
                self.decimal(start)
            }
            c => self.fail(&format!("expected a digit but got {}", rune(c))),
        }
    }

    /// What begins with a digit.
    pub(super) fn number_or_date(&mut self) -> Read<Value> {
        let start = self.scanner.at();
        let hexadecimal = if self.library >= Toml::V1_5 { "hexadecimal" } else { "hexidecimal" };
        for (lead, base, name) in [("0b", 2, "binary"), ("0o", 8, "octal"), ("0x", 16, hexadecimal)] {
            if self.scanner.take(lead) {
                let article = if base == 8 { "an" } else { "a" };
                if !self.peek()?.is_some_and(|c| c.is_digit(base)) {
                    let (current, c) = (self.scanner.since(start).to_owned(), self.peek()?.unwrap_or_default());
                    return self.fail(&format!("not {article} {name} number: '{current}{c}'"));
                }
                self.scanner.take_while(|c| c.is_digit(base) || c == '_');
                return self.integer(self.scanner.since(start).to_owned(), base);
            }
        }
        self.scanner.take_while(|c| c.is_ascii_digit());
        if matches!(self.peek()?, Some('-' | ':')) {
            self.scanner.take_while(|c| c.is_ascii_digit() || "-:Tt .Zz+".contains(c));
            return self.date(self.scanner.since(start).trim().to_owned());
        }
        self.scanner.take_while(|c| c.is_ascii_digit() || c == '_');
        self.decimal(start)
    }

    /// A decimal number whose whole digits are read.
    fn decimal(&mut self, start: usize) -> Read<Value> {
        if !matches!(self.peek()?, Some('.' | 'e' | 'E')) {
            return self.integer(self.scanner.since(start).to_owned(), 10);
        }
        self.scanner.take_while(|c| c.is_ascii_digit() || "_.-+eE".contains(c));
        self.float(self.scanner.since(start).to_owned())
    }

    fn integer(&mut self, text: String, base: u32) -> Read<Value> {
        let shown = quote(text.as_bytes());
        if !underscores_fit(&text) {
            return self.fail(&format!("Invalid integer {shown}: underscores must be surrounded by digits"));
        }
        if base == 10 && has_leading_zero(&text) {
            return self.fail(&format!("Invalid integer {shown}: cannot have leading zeroes"));
        }
        let digits = text.replace('_', "");
        let digits = if base == 10 { digits.as_str() } else { &digits[2..] };
        match i64::from_str_radix(digits, base) {
            Ok(number) => Ok(Value::Int64(number)),
            Err(_) => self.fail(&format!("{text} is out of range for int64")),
        }
    }

    fn float(&mut self, text: String) -> Read<Value> {
        let shown = quote(text.as_bytes());
        let mut parts = text.split(['.', 'e', 'E']).filter(|part| !part.is_empty());
        if !parts.clone().all(underscores_fit) {
            return self.fail(&format!("Invalid float {shown}: underscores must be surrounded by digits"));
        }
        if parts.next().is_some_and(has_leading_zero) {
            return self.fail(&format!("Invalid float {shown}: cannot have leading zeroes"));
        }
        if text.split('.').skip(1).any(|rest| !rest.starts_with(|c: char| c.is_ascii_digit())) {
            return self.fail(&format!("Invalid float {shown}: '.' must be followed by one or more digits"));
        }
        match text.replace('_', "").parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::Float(number)),
            Ok(_) => self.fail(&format!("{text} is out of range for float64")),
            Err(_) => self.fail(&format!("Invalid float value: {shown}")),
        }
    }

    fn date(&mut self, text: String) -> Read<Value> {
        let text = text.replace('z', "Z").replace(['t', ' '], "T");
        let offset = Time::now(Zone::Local(self.local.clone())).offset();
        let known = if self.library >= Toml::V1_6 { &DATES[..] } else { &DATES[..DATES_OF_1_0] };
        let read = known.iter().find_map(|(layout, mark)| {
            let otherwise = mark.map_or_else(|| Zone::Local(self.local.clone()), |mark| Zone::Toml(mark, offset));
            Some((layout, time::parse::parse(layout, text.as_bytes(), &otherwise, self.local).ok()?))
        });
        match read {
            Some((layout, moment)) if has_two_digits(&text, layout) => Ok(moment.into()),
            _ => self.fail(&format!("invalid datetime: {}", quote(text.as_bytes()))),
        }
    }

    pub(super) fn word(&mut self) -> Read<Value> {
        if self.scanner.take("inf") {
            return Ok(Value::Float(f64::INFINITY));
        }
        if self.scanner.take("nan") {
            return Ok(Value::Float(f64::NAN));
        }
        match self.scanner.letters() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            word => {
                // What began like one of the two is told without what of it was read.
                let is_begun = ["in", "nn", "na"].iter().any(|begun| word.starts_with(begun));
                let found = quote(&word.as_bytes()[usize::from(is_begun)..]);
                self.fail(&format!("expected value but found {found} instead"))
            }
        }
    }
}

/// Whether every underscore stands between digits.
fn underscores_fit(text: &str) -> bool {
    let mut after_digit = false;
    for c in text.chars() {
        if c == '_' && !after_digit {
            return false;
        }
        after_digit = c.is_ascii_hexdigit();
    }
    after_digit
}

fn has_leading_zero(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    unsigned.len() > 1 && unsigned.starts_with('0')
}

/// How dates and times may be written, and the marks of those without an offset.
const DATES: [(&str, Option<TomlLocal>); 7] = [
    (RFC3339_NANO, None),
    ("2006-01-02T15:04:05.999999999", Some(TomlLocal::DateTime)),
    ("2006-01-02", Some(TomlLocal::Date)),
    ("15:04:05.999999999", Some(TomlLocal::Time)),
    ("2006-01-02T15:04Z07:00", None),
    ("2006-01-02T15:04", Some(TomlLocal::DateTime)),
    ("15:04", Some(TomlLocal::Time)),
];

/// How many of them there are in TOML 1.0; 1.1 has them without seconds.
const DATES_OF_1_0: usize = 4;

/// Whether what stands between the numbers of a layout stands in the text at the same places.
fn has_two_digits(text: &str, layout: &str) -> bool {
    let up_to_seconds = layout.bytes().zip(text.bytes()).take_while(|(shown, _)| !matches!(shown, b'.' | b'Z'));
    up_to_seconds.into_iter().all(|(shown, found)| shown.is_ascii_digit() || shown == found)
}
