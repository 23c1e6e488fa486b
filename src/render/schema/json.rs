//! JSON as both of Helm's validators hold it (Go `encoding/json` with `UseNumber`): numbers keep their text and compare by value.
//!
//! Objects are sorted by key: Go walks them in random order, chartshift in this one.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::template::value::Value;
use crate::template::{json_text, parse_json, printf};

/// How deep a schema may nest.
pub(super) const MAX_NESTING: usize = 512;

/// A JSON value.
#[derive(Debug, Clone)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

/// A number as it was written.
#[derive(Debug, Clone)]
pub(super) struct Number {
    /// The text in the document.
    pub(super) text: String,
    float: f64,
    /// Digits and power of ten, without trailing zeros; `None` for more digits than fit.
    exact: Option<(i128, i32)>,
}

/// Powers of ten beyond this one are compared as floating-point numbers.
const MAX_POWER: u32 = 38;

impl Number {
    /// The number that a JSON text spells.
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), float: text.parse().unwrap_or(f64::NAN), exact: exact(text) }
    }

    /// As a 64-bit float.
    pub(super) fn float(&self) -> f64 {
        self.float
    }

    /// Whether nothing stands after the point, however it is written.
    pub(super) fn is_integer(&self) -> bool {
        self.exact.map_or(self.float.fract() == 0.0, |(_, power)| power >= 0)
    }

    /// The integer, when it is written as one: `3`, not `3.0`.
    pub(super) fn written_integer(&self) -> Option<i64> {
        self.text.parse().ok()
    }

    /// The integer, however it is written.
    pub(super) fn integer(&self) -> Option<i64> {
        let (digits, power) = self.exact?;
        let factor = 10i128.checked_pow(u32::try_from(power).ok()?)?;
        i64::try_from(digits.checked_mul(factor)?).ok()
    }

    /// Order by value.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        match (self.exact, other.exact) {
            (Some(one), Some(two)) => compare_exact(one, two),
            _ => None,
        }
        .unwrap_or_else(|| self.float.total_cmp(&other.float))
    }

    /// Whether this is a whole number of times the other, in decimal arithmetic: 0.3 is a multiple of 0.1.
    pub(super) fn is_multiple_of(&self, other: &Self) -> bool {
        let (Some((digits, power)), Some((unit, unit_power))) = (self.exact, other.exact) else {
            return (self.float / other.float).fract() == 0.0;
        };
        if digits == 0 || unit == 0 {
            return unit != 0;
        }
        let shift = power - unit_power;
        let scale = |base: i128| 10i128.checked_pow(shift.unsigned_abs()).and_then(|factor| base.checked_mul(factor));
        if shift < 0 {
            return scale(unit).is_some_and(|unit| digits % unit == 0);
        }
        // Only the remainder counts, so a large power is taken step by step.
        let mut rest = digits % unit;
        for _ in 0..shift {
            if rest == 0 {
                return true;
            }
            match rest.checked_mul(10) {
                Some(next) => rest = next % unit,
                None => return (self.float / other.float).fract() == 0.0,
            }
        }
        rest == 0
    }
}

/// Digits and power of ten of a JSON number.
fn exact(text: &str) -> Option<(i128, i32)> {
    let (mantissa, power) = match text.split_once(['e', 'E']) {
        Some((mantissa, power)) => (mantissa, power.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    if digits == 0 {
        return Some((0, 0));
    }
    let mut power = power.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    while digits % 10 == 0 {
        digits /= 10;
        power += 1;
    }
    Some((digits, power))
}

fn compare_exact((one, one_power): (i128, i32), (two, two_power): (i128, i32)) -> Option<Ordering> {
    let least = one_power.min(two_power);
    let scaled = |digits: i128, power: i32| {
        let shift = power.checked_sub(least)?.unsigned_abs();
        if shift > MAX_POWER { None } else { digits.checked_mul(10i128.checked_pow(shift)?) }
    };
    Some(scaled(one, one_power)?.cmp(&scaled(two, two_power)?))
}

/// Whether a value equals one of a schema (or another of its list). As in Helm's library a number also equals a string that spells it, but
/// not the other way round.
pub(super) fn equals(value: &Json, wanted: &Json) -> bool {
    match (value, wanted) {
        (Json::Null, Json::Null) => true,
        (Json::Bool(one), Json::Bool(two)) => one == two,
        (Json::Number(one), Json::Number(two)) => one.compare(two).is_eq(),
        (Json::Number(one), Json::Text(two)) => exact(two.trim_start_matches('+')).is_some() && one.compare(&Number::new(two)).is_eq(),
        (Json::Text(one), Json::Text(two)) => one == two,
        (Json::List(one), Json::List(two)) => one.len() == two.len() && one.iter().zip(two).all(|(one, two)| equals(one, two)),
        (Json::Object(one), Json::Object(two)) => {
            one.len() == two.len() && one.iter().all(|(key, one)| two.get(key).is_some_and(|two| equals(one, two)))
        }
        _ => false,
    }
}

impl Json {
    /// A chart's values.
    pub(super) fn of(value: &Value) -> Self {
        let number = |text: String| Self::Number(Number::new(&text));
        match value {
            Value::Bool(truth) => Self::Bool(*truth),
            Value::Int(number_) | Value::Int64(number_) | Value::Duration(number_) | Value::Ordinal(_, number_) => {
                number(number_.to_string())
            }
            Value::Uint64(whole) => number(whole.to_string()),
            Value::Uint8(byte) => number(byte.to_string()),
            Value::Float(float) => number(format!("{float:e}")),
            Value::Str(text) | Value::Bytes(text) => Self::Text(text.lossy().into_owned()),
            Value::List(list) => Self::List(list.items().iter().map(Self::of).collect()),
            Value::Map(map) => {
                Self::Object(map.snapshot().iter().map(|(key, value)| (key.lossy().into_owned(), Self::of(value))).collect())
            }
            Value::Nil | Value::Struct(_) | Value::Time(_) | Value::Version(_) => Self::Null,
        }
    }

    /// The document of the metaschemas' crate.
    pub(super) fn of_serde(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(truth) => Self::Bool(*truth),
            serde_json::Value::Number(number) => Self::Number(Number::new(&number.to_string())),
            serde_json::Value::String(text) => Self::Text(text.clone()),
            serde_json::Value::Array(items) => Self::List(items.iter().map(Self::of_serde).collect()),
            serde_json::Value::Object(map) => Self::Object(map.iter().map(|(key, value)| (key.clone(), Self::of_serde(value))).collect()),
        }
    }

    fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Nil,
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Number(number) => Value::Float(number.float),
            Self::Text(text) => Value::text(text.as_str()),
            Self::List(items) => Value::list(items.iter().map(Self::to_value).collect()),
            Self::Object(map) => Value::map(map.iter().map(|(key, value)| (key.as_str().into(), value.to_value())).collect()),
        }
    }

    /// The text Go's `json.Marshal` gives, numbers as 64-bit floats.
    pub(super) fn marshalled(&self) -> String {
        json_text(&self.to_value())
    }

    /// The entries of an object.
    pub(super) fn object(&self) -> Option<&BTreeMap<String, Json>> {
        if let Self::Object(map) = self { Some(map) } else { None }
    }

    /// The items of an array.
    pub(super) fn list(&self) -> Option<&[Json]> {
        if let Self::List(items) = self { Some(items) } else { None }
    }

    /// The string.
    pub(super) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The boolean.
    pub(super) fn bool(&self) -> Option<bool> {
        if let Self::Bool(truth) = self { Some(*truth) } else { None }
    }

    /// The number.
    pub(super) fn number(&self) -> Option<&Number> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }

    /// The word of JSON Schema for the type; every number is a `number`.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::List(_) => "array",
            Self::Object(_) => "object",
        }
    }
}

/// Why a text is no schema.
pub(super) enum Unreadable {
    /// Go's words.
    Syntax(String),
    /// It nests deeper than [`MAX_NESTING`].
    TooDeep,
}

/// The first JSON value of a text, and whether something follows it.
pub(super) fn read(text: &[u8]) -> Result<(Json, bool), Unreadable> {
    let mut reader = Reader { text, at: 0, too_deep: false };
    match reader.value(0) {
        Some(json) => {
            reader.space();
            Ok((json, reader.at < text.len()))
        }
        None if reader.too_deep => Err(Unreadable::TooDeep),
        None => Err(Unreadable::Syntax(decoder_words(text))),
    }
}

/// What Go's `json.Decoder` says of a broken text.
fn decoder_words(text: &[u8]) -> String {
    if text.iter().all(u8::is_ascii_whitespace) {
        return "EOF".to_owned();
    }
    // A text that ends too early is one whose complaint depends on what comes after it.
    let goes_on = parse_json(&[text, b"\x01"].concat()).err();
    match parse_json(text) {
        Err(problem) if goes_on.as_ref() != Some(&problem) => "unexpected EOF".to_owned(),
        Err(problem) => problem,
        Ok(_) => "invalid JSON".to_owned(),
    }
}

/// Reads well-formed JSON; gives up without words on anything else.
struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    too_deep: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        self.space();
        (self.peek() == Some(byte)).then(|| self.at += 1)
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        if depth > MAX_NESTING {
            self.too_deep = true;
            return None;
        }
        self.space();
        match self.peek()? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => self.string().map(Json::Text),
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            b'n' => self.word("null", Json::Null),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &str, value: Json) -> Option<Json> {
        self.text[self.at..].starts_with(word.as_bytes()).then(|| self.at += word.len()).map(|()| value)
    }

    fn number(&mut self) -> Option<Json> {
        let start = self.at;
        while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
            self.at += 1;
        }
        let text = std::str::from_utf8(&self.text[start..self.at]).ok()?;
        // The grammar is checked by the one reader that has the words for it; numbers too large for it are still numbers here.
        let is_number = match parse_json(text.as_bytes()) {
            Ok(_) => !text.is_empty(),
            Err(problem) => problem.starts_with("json: cannot unmarshal number"),
        };
        is_number.then(|| Json::Number(Number::new(text)))
    }

    fn string(&mut self) -> Option<String> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        match parse_json(self.text.get(start..self.at)?) {
            Ok(Value::Str(text)) => Some(text.lossy().into_owned()),
            _ => None,
        }
    }

    fn array(&mut self, depth: usize) -> Option<Json> {
        self.at += 1;
        let mut items = Vec::new();
        if self.take(b']').is_some() {
            return Some(Json::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.take(b',').is_none() {
                return self.take(b']').map(|()| Json::List(items));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<Json> {
        self.at += 1;
        let mut map = BTreeMap::new();
        if self.take(b'}').is_some() {
            return Some(Json::Object(map));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return None;
            }
            let key = self.string()?;
            self.take(b':')?;
            map.insert(key, self.value(depth + 1)?);
            if self.take(b',').is_none() {
                return self.take(b'}').map(|()| Json::Object(map));
            }
        }
    }
}

/// Go's `%q` of a string.
pub(super) fn quoted(text: &str) -> String {
    String::from_utf8_lossy(&printf(b"%q", &[Value::text(text)])).into_owned()
}

/// Go's shortest `%g` of a float.
pub(super) fn general(float: f64) -> String {
    String::from_utf8_lossy(&printf(b"%g", &[Value::Float(float)])).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_by_value() {
        let number = Number::new;
        assert!(number("1.0").is_integer() && number("1e3").is_integer() && !number("1.5").is_integer());
        assert_eq!(number("1.0").compare(&number("1")), Ordering::Equal);
        assert_eq!(number("9007199254740993").compare(&number("9007199254740992")), Ordering::Greater);
        assert_eq!(number("1e300").compare(&number("2")), Ordering::Greater);
        assert!(number("0.3").is_multiple_of(&number("0.1")) && !number("1e50").is_multiple_of(&number("7e-2")));
        assert!(number("0").is_multiple_of(&number("3")) && !number("0.015").is_multiple_of(&number("0.01")));
        assert_eq!((number("3.0").written_integer(), number("3.0").integer()), (None, Some(3)));
    }
}
