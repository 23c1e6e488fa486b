//! RE2's spelling of regular expressions as the crate `regex` spells them, and what Go says of expressions that are none (Go
//! `regexp/syntax`).

use std::collections::HashSet;

/// Go's largest repetition count, also of repetitions inside each other.
const MAX_REPEAT: u32 = 1_000;

/// The expression in the crate's spelling: ASCII classes, literal braces and brackets, `\Q…\E`.
pub(super) fn rewrite(pattern: &str) -> Result<String, String> {
    let out = String::with_capacity(pattern.len() + 16);
    let mut rewriter = Rewriter { rest: pattern, out, open: Vec::new(), repeats: Repeats::default(), bare: 0, names: HashSet::new() };
    while !rewriter.rest.is_empty() {
        rewriter.step(pattern)?;
    }
    if !rewriter.open.is_empty() {
        return Err(format!("missing closing ): `{pattern}`"));
    }
    Ok(rewriter.out)
}

struct Rewriter<'p> {
    rest: &'p str,
    out: String,
    /// What was counted before each group that is open.
    open: Vec<Repeats>,
    repeats: Repeats,
    /// How much was written before the first part, which flags may stand before.
    bare: usize,
    /// The names of groups so far.
    names: HashSet<&'p str>,
}

/// How often Go would write out what stands in a group.
#[derive(Default, Clone, Copy)]
struct Repeats {
    /// The most of all but the last part.
    most: u32,
    /// The last part, which a repetition would multiply.
    last: u32,
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
        let is_repetition = matches!(first, '*' | '+' | '?') || (first == '{' && repetition(self.rest).is_some());
        if !is_repetition && first != ')' {
            self.repeats = Repeats { most: self.repeats.most.max(self.repeats.last), last: 1 };
        }
        match first {
            '\\' => return self.escape(),
            '[' => return self.class(),
            '(' => self.group()?,
            ')' => {
                let Some(before) = self.open.pop() else { return Err(format!("unexpected ): `{pattern}`")) };
                self.repeats = Repeats { most: before.most, last: self.repeats.most.max(self.repeats.last) };
                self.keep(1);
            }
            '{' => match repetition(self.rest) {
                None => {
                    self.take(1);
                    self.out.push_str(r"\{");
                }
                Some((text, None)) => return Err(format!("invalid repeat count: `{text}`")),
                Some((text, Some(times))) => self.repeat(text.len(), times)?,
            },
            '*' | '+' | '?' => self.repeat(1, 1)?,
            _ => self.keep(first.len_utf8()),
        }
        Ok(())
    }

    /// A repetition of what stands before it, and a `?` behind it.
    fn repeat(&mut self, length: usize, times: u32) -> Result<(), String> {
        let operator = &self.rest[..length];
        if self.nothing_before() {
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
        self.repeats.last = self.repeats.last.saturating_mul(times);
        if times > 1 && self.repeats.last > MAX_REPEAT {
            return Err(format!("invalid repeat count: `{}`", &self.rest[..length + lazy]));
        }
        self.keep(length + lazy);
        Ok(())
    }

    /// Whether there is nothing yet that a repetition could repeat.
    fn nothing_before(&self) -> bool {
        let out = &self.out;
        out.len() == self.bare || out.ends_with('|') || (out.ends_with('(') && !out.ends_with(r"\("))
    }

    /// What opens a group, or flags without one.
    fn group(&mut self) -> Result<(), String> {
        let Some(inside) = self.rest.strip_prefix("(?") else {
            self.keep(1);
            self.open_group();
            return Ok(());
        };
        if inside.starts_with("P<") || (inside.starts_with('<') && !inside.starts_with("<=") && !inside.starts_with("<!")) {
            return self.named_group(inside);
        }
        let flags = inside.chars().take_while(|c| matches!(c, 'i' | 'm' | 's' | 'U' | '-')).count();
        if let Some((second, _)) = inside[..flags].match_indices('-').nth(1) {
            return Err(format!("invalid or unsupported Perl syntax: `{}`", &self.rest[..2 + second + 1]));
        }
        let is_dangling = inside[..flags].ends_with('-');
        match inside[flags..].chars().next() {
            Some(':') if !is_dangling => {
                self.keep(2 + flags + 1);
                self.open_group();
            }
            Some(')') if flags > 0 && !is_dangling => {
                let nothing_before = self.nothing_before();
                self.keep(2 + flags + 1);
                if nothing_before {
                    self.bare = self.out.len();
                }
            }
            Some(c) => {
                let shown = &self.rest[..2 + flags + c.len_utf8()];
                return Err(format!("invalid or unsupported Perl syntax: `{shown}`"));
            }
            None => return Err(format!("invalid or unsupported Perl syntax: `{}`", self.rest)),
        }
        Ok(())
    }

    fn open_group(&mut self) {
        self.open.push(self.repeats);
        self.repeats = Repeats::default();
    }

    /// `(?P<name>`: a name that the crate would refuse, or that stands there twice, is left out; it would only be missed in a replacement.
    fn named_group(&mut self, inside: &'p str) -> Result<(), String> {
        let end = inside.find('>').ok_or_else(|| format!("invalid named capture: `{}`", self.rest))?;
        let name = &inside[inside.find('<').map_or(0, |at| at + 1)..end];
        let whole = &self.rest[..2 + end + 1];
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(format!("invalid named capture: `{whole}`"));
        }
        if name.starts_with(|c: char| c.is_ascii_digit()) || !self.names.insert(name) {
            self.replace(whole.len(), "(");
        } else {
            self.keep(whole.len());
        }
        self.open_group();
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
            'Q' => {
                let quoted = &self.rest[2..];
                let end = quoted.find(r"\E");
                let literal = &quoted[..end.unwrap_or(quoted.len())];
                self.out.push_str(&regex::escape(literal));
                self.rest = &quoted[end.map_or(quoted.len(), |end| end + 2)..];
            }
            'A' | 'z' => self.keep(length),
            'p' | 'P' => return self.property(length),
            _ => {
                let code = self.unescape()?;
                self.push_code(code);
            }
        }
        Ok(())
    }

    /// The character that a backslash and what follows it stand for, outside and inside classes.
    fn unescape(&mut self) -> Result<u32, String> {
        let invalid = |length: usize| Err(format!("invalid escape sequence: `{}`", &self.rest[..length]));
        let Some(escaped) = self.rest[1..].chars().next() else {
            return Err("trailing backslash at end of expression: ``".into());
        };
        let length = 1 + escaped.len_utf8();
        let is_octal = |c: char| ('0'..='7').contains(&c);
        let (code, length) = match escaped {
            '1'..='7' if !self.rest[2..].starts_with(is_octal) => return invalid(length),
            '0'..='7' => {
                let digits = self.rest[1..].chars().take(3).take_while(|c| is_octal(*c)).count();
                (u32::from_str_radix(&self.rest[1..=digits], 8).unwrap_or(0), 1 + digits)
            }
            'x' => match hexadecimal(&self.rest[2..]) {
                (Some(code), used) => (code, 2 + used),
                (None, used) => return invalid(2 + used),
            },
            'a' => (0x07, length),
            'f' => (0x0c, length),
            'n' => (0x0a, length),
            'r' => (0x0d, length),
            't' => (0x09, length),
            'v' => (0x0b, length),
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => (c as u32, length),
            _ => return invalid(length),
        };
        self.take(length);
        Ok(code)
    }

    /// A character by its number, so that it means nothing else.
    fn push_code(&mut self, code: u32) {
        match char::from_u32(code).filter(char::is_ascii_alphanumeric) {
            Some(c) => self.out.push(c),
            None => self.out.push_str(&format!(r"\x{{{code:x}}}")),
        }
    }

    fn replace(&mut self, bytes: usize, with: &str) {
        self.take(bytes);
        self.out.push_str(with);
    }

    /// `\pN`, `\p{Greek}`.
    fn property(&mut self, length: usize) -> Result<(), String> {
        let after = &self.rest[length..];
        let more = match after.chars().next() {
            Some('{') => after.find('}').map_or(after.len(), |end| end + 1),
            first => first.map_or(0, char::len_utf8),
        };
        let whole = &self.rest[..length + more];
        if regex::Regex::new(whole).is_err() {
            return Err(format!("invalid character class range: `{whole}`"));
        }
        self.keep(length + more);
        Ok(())
    }

    /// A class in brackets: `[` and the operators that only the crate knows are literal.
    fn class(&mut self) -> Result<(), String> {
        let whole = self.rest;
        self.keep(1);
        if self.rest.starts_with('^') {
            self.keep(1);
        }
        if self.rest.starts_with(']') {
            self.range()?;
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
                '\\' if self.rest[1..].starts_with(|c| "dDsSwWpP".contains(c)) => self.class_escape()?,
                _ => self.range()?,
            }
        }
    }

    fn class_escape(&mut self) -> Result<(), String> {
        match self.rest[1..].chars().next() {
            Some('d') => self.replace(2, DIGITS),
            Some('w') => self.replace(2, WORD),
            Some('s') => self.replace(2, SPACE),
            _ => return self.escape(),
        }
        Ok(())
    }

    /// A character of a class, or two with everything between them.
    fn range(&mut self) -> Result<(), String> {
        let whole = self.rest;
        let low = self.class_character()?;
        self.push_code(low);
        if !self.rest.starts_with('-') || self.rest.starts_with("-]") || self.rest == "-" {
            return Ok(());
        }
        self.take(1);
        let high = self.class_character()?;
        if high < low {
            return Err(format!("invalid character class range: `{}`", &whole[..whole.len() - self.rest.len()]));
        }
        self.out.push('-');
        self.push_code(high);
        Ok(())
    }

    fn class_character(&mut self) -> Result<u32, String> {
        match self.rest.chars().next() {
            Some('\\') => self.unescape(),
            Some(c) => {
                self.take(c.len_utf8());
                Ok(c as u32)
            }
            None => Ok(0),
        }
    }
}

/// The number behind `\x`, in two digits or in braces, and how many bytes are read; without a number as many as Go complains of.
fn hexadecimal(text: &str) -> (Option<u32>, usize) {
    let Some(inside) = text.strip_prefix('{') else {
        let both = text.chars().take(2).map(char::len_utf8).sum();
        let code = text.get(..2).filter(|two| two.bytes().all(|digit| digit.is_ascii_hexdigit()));
        return (code.and_then(|two| u32::from_str_radix(two, 16).ok()), both);
    };
    let mut code = 0;
    for (at, c) in inside.char_indices() {
        match c.to_digit(16) {
            _ if c == '}' && at > 0 => return (Some(code), 1 + at + 1),
            Some(digit) if code * 16 + digit <= char::MAX as u32 => code = code * 16 + digit,
            _ => return (None, 1 + at + c.len_utf8()),
        }
    }
    (None, text.len())
}

/// `{2}`, `{2,}`, `{2,3}` at the beginning, and how often at most; no number where Go doesn't allow the counts.
fn repetition(text: &str) -> Option<(&str, Option<u32>)> {
    let end = text.find('}')?;
    let inside = &text[1..end];
    let (least, most) = inside.split_once(',').unwrap_or((inside, inside));
    let is_count = |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    if !is_count(least) || !(is_count(most) || (most.is_empty() && inside.contains(','))) {
        return None;
    }
    let count = |digits: &str| digits.parse::<u32>().unwrap_or(u32::MAX);
    let fits = count(least) <= MAX_REPEAT && (most.is_empty() || (count(most) <= MAX_REPEAT && count(least) <= count(most)));
    let times = if most.is_empty() { count(least).max(1) } else { count(most) };
    Some((&text[..=end], fits.then_some(times)))
}
