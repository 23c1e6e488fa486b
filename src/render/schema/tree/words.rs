//! What the library says of each kind of violation (`kind/kind.go`, `output.go`). Its numbers go through `golang.org/x/text/message`, which
//! groups digits and writes powers of ten with superscripts.

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::render::schema::document::{general, marshalled, quoted};

/// One violation with its reasons.
#[derive(Debug, Default)]
pub(super) struct Violation {
    /// Where in the values, as a JSON pointer.
    pub(super) at: String,
    pub(super) text: String,
    pub(super) shape: Shape,
    pub(super) reasons: Vec<Violation>,
}

/// How a violation stands to its reasons.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    #[default]
    Plain,
    /// Several violations of one schema.
    Group,
    /// What is behind a reference; shows only when it has several reasons.
    Reference,
}

/// The words of a group and of a reference.
pub(super) const FAILED: &str = "validation failed";

impl Violation {
    /// Writes it and its reasons, each on a line of its own that begins with a line break.
    pub(super) fn write(&self, out: &mut String, depth: usize) {
        let hidden = self.shape == Shape::Reference && self.reasons.len() == 1;
        if !hidden {
            out.push('\n');
            out.extend(std::iter::repeat_n("  ", depth - 1));
            out.push_str(&format!("- at {}: {}", quote(&self.at), self.text));
        }
        for reason in &self.reasons {
            reason.write(out, depth + usize::from(!hidden));
        }
    }
}

/// A text in single quotes.
pub(super) fn quote(text: &str) -> String {
    let inner = quoted(text).replace("\\\"", "\"").replace('\'', "\\'");
    format!("'{}'", &inner[1..inner.len() - 1])
}

/// Texts in single quotes, in a row.
pub(super) fn quote_all(texts: &[String]) -> String {
    texts.iter().map(|text| quote(text)).collect::<Vec<_>>().join(", ")
}

/// A value that is no list and no object.
fn display(value: &Json) -> String {
    match value {
        Json::Null => "<nil>".to_owned(),
        Json::Bool(truth) => truth.to_string(),
        Json::Number(number) => number.to_string(),
        Json::String(text) => quote(text),
        Json::Array(_) | Json::Object(_) => "value".to_owned(),
    }
}

fn is_nested(value: &Json) -> bool {
    matches!(value, Json::Array(_) | Json::Object(_))
}

/// `const`.
pub(super) fn constant(wanted: &Json) -> String {
    if is_nested(wanted) { "'const' failed".to_owned() } else { format!("value must be {}", display(wanted)) }
}

/// `enum`.
pub(super) fn options(wanted: &[Json]) -> String {
    if wanted.iter().any(is_nested) {
        return "'enum' failed".to_owned();
    }
    let shown = wanted.iter().map(display).collect::<Vec<_>>().join(", ");
    if wanted.len() == 1 { format!("value must be {shown}") } else { format!("value must be one of {shown}") }
}

/// `required`.
pub(super) fn required(missing: &[String]) -> String {
    let noun = if missing.len() == 1 { "property" } else { "properties" };
    format!("missing {noun} {}", quote_all(missing))
}

/// `dependencies` and `dependentRequired`.
pub(super) fn dependent(missing: &[String], property: &str) -> String {
    format!("properties {} required, if {} exists", quote_all(missing), quote(property))
}

/// A limit on a number of things.
pub(super) fn count(keyword: &str, got: usize, want: u64) -> String {
    format!("{keyword}: got {}, want {}", grouped(&got.to_string()), grouped(&want.to_string()))
}

/// A limit on a number.
pub(super) fn bound(keyword: &str, got: &Json, want: &Json) -> String {
    format!("{keyword}: got {}, want {}", localized(got), localized(want))
}

/// The indexes of a list, in a row.
fn indexes(matched: &[usize]) -> String {
    matched.iter().map(usize::to_string).collect::<Vec<_>>().join(" ")
}

/// `minContains`.
pub(super) fn min_contains(matched: &[usize], want: u64) -> String {
    let want = grouped(&want.to_string());
    if matched.is_empty() {
        return format!("min {want} items required to match contains schema, but none matched");
    }
    let (count, at) = (grouped(&matched.len().to_string()), indexes(matched));
    format!("min {want} items required to match contains schema, but matched {count} items at {at}")
}

/// `maxContains`.
pub(super) fn max_contains(matched: &[usize], want: u64) -> String {
    let (want, count, at) = (grouped(&want.to_string()), grouped(&matched.len().to_string()), indexes(matched));
    format!("max {want} items required to match contains schema, but matched {count} items at {at}")
}

/// As many items the library compares each with each; of longer lists it compares only those with the same hash.
const FEW: usize = 20;

/// `uniqueItems`: the first item that equals an earlier one, after that one.
pub(super) fn duplicates(items: &[Json]) -> String {
    let mut seen = HashMap::new();
    let key = |item: &Json| match item {
        // A number also equals a text that spells it.
        Json::String(text) if items.len() <= FEW => {
            serde_json::from_str(text).ok().filter(Json::is_number).map_or_else(|| marshalled(item), |number| marshalled(&number))
        }
        other => marshalled(other),
    };
    let pair = items.iter().enumerate().find_map(|(index, item)| Some((seen.insert(key(item), index)?, index)));
    let (one, two) = pair.unwrap_or_default();
    format!("items at {} and {} are equal", grouped(&one.to_string()), grouped(&two.to_string()))
}

/// A number as an English reader gets it: `12,345.5`, `1×10⁻⁰⁷`.
pub(super) fn localized(number: &Json) -> String {
    let text = general(number);
    match text.split_once('e') {
        None => grouped(&text),
        Some((mantissa, power)) => {
            let raised = power.chars().filter_map(|c| match c {
                '-' => Some('⁻'),
                c => "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(c.to_digit(10)? as usize),
            });
            format!("{mantissa}×10{}", raised.collect::<String>())
        }
    }
}

/// Digits before the point in groups of three.
pub(super) fn grouped(text: &str) -> String {
    let (sign, rest) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) = rest.split_once('.').map_or((rest, String::new()), |(whole, fraction)| (whole, format!(".{fraction}")));
    let mut out = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out + &fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_english_readers_get_them() {
        let shown = [1e5, 999_999.0, 1e6, 1_234_567.5, -1234.5, 1e-7, 0.0001, 1e21].map(|number| localized(&Json::from(number)));
        assert_eq!(shown, ["100,000", "999,999", "1×10⁰⁶", "1.2345675×10⁰⁶", "-1,234.5", "1×10⁻⁰⁷", "0.0001", "1×10²¹"]);
    }
}
