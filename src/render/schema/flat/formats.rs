//! `format` as gojsonschema reads it (`format_checkers.go`): an unknown one holds for everything.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::{Map, Value as Json};

use crate::render::schema::compiled::Format;
use crate::render::schema::limits::MAX_PATTERN_BYTES;
use crate::template::{compile_regex, date_matches, url_parts};

const DATE_TIMES: [&str; 5] =
    ["15:04:05", "15:04:05Z07:00", "2006-01-02", "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05.999999999Z07:00"];

/// The formats that the library checks. It knows more than the crate does of some and less of others, so the crate's own are never asked.
pub(super) const FORMATS: &[Format] = &[
    ("date", |text| date_matches("2006-01-02", text).is_ok()),
    ("time", |text| DATE_TIMES[..2].iter().any(|layout| date_matches(layout, text).is_ok())),
    ("date-time", |text| DATE_TIMES.iter().any(|layout| date_matches(layout, text).is_ok())),
    ("hostname", |text| text.len() < 256 && text.split('.').all(is_label)),
    ("email", is_mail_address),
    ("idn-email", is_mail_address),
    ("ipv4", |text| text.contains('.') && is_address(text)),
    ("ipv6", |text| text.contains(':') && is_address(text)),
    ("uri", is_uri),
    ("iri", is_uri),
    ("uri-reference", is_uri_reference),
    ("iri-reference", is_uri_reference),
    ("uri-template", |text| !text.contains('\\') && url_parts(text).is_ok_and(|url| has_balanced_braces(&url.path))),
    ("uuid", is_uuid),
    ("regex", |text| compile_regex(text, MAX_PATTERN_BYTES).is_ok()),
    ("json-pointer", is_json_pointer),
    ("relative-json-pointer", is_relative_json_pointer),
];

/// Leaves a format to the crate when the library knows it. A number is of no format, which the crate would not say.
pub(super) fn prepare(format: &str, map: &Map<String, Json>, out: &mut Map<String, Json>) {
    if !FORMATS.iter().any(|(known, _)| *known == format) {
        return;
    }
    out.insert("format".to_owned(), Json::from(format));
    if !map.contains_key("type") {
        out.insert("type".to_owned(), Json::from(vec!["array", "boolean", "null", "object", "string"]));
    }
}

fn is_uri(text: &str) -> bool {
    !text.contains('\\') && url_parts(text).is_ok_and(|url| !url.scheme.is_empty())
}

fn is_uri_reference(text: &str) -> bool {
    !text.contains('\\') && url_parts(text).is_ok()
}

/// `net.ParseIP`.
fn is_address(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok() || text.parse::<Ipv6Addr>().is_ok()
}

fn is_label(label: &str) -> bool {
    let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    inner && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
}

fn has_balanced_braces(path: &str) -> bool {
    let mut open = false;
    for c in path.chars() {
        match c {
            '{' if !open => open = true,
            '}' if open => open = false,
            // Inside braces another opening one is a character like any other; outside, a closing one is.
            _ => {}
        }
    }
    !open
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let hex = |group: &&str| group.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]) && groups.iter().all(hex)
}

fn is_json_pointer(text: &str) -> bool {
    let escapes = |token: &str| token.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    text.is_empty() || text.strip_prefix('/').is_some_and(|rest| rest.split('/').all(escapes))
}

fn is_relative_json_pointer(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number = &text[..digits];
    let rest = &text[digits..];
    digits > 0 && (number == "0" || !number.starts_with('0')) && (rest == "#" || is_json_pointer(rest))
}

/// `mail.ParseAddress` as far as addresses in values go: `user@host`, `"quoted user"@host`, `Name <user@host>`.
fn is_mail_address(text: &str) -> bool {
    let text = text.trim();
    let address = match text.strip_suffix('>').and_then(|inner| inner.rsplit_once('<')) {
        Some((name, address)) if is_phrase(name.trim()) => address,
        Some(_) => return false,
        None => text,
    };
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    let local = if quoted { !local[1..local.len() - 1].contains(['"', '\\', '\n']) } else { is_dot_atom(local) };
    let literal = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    local && literal.map_or_else(|| is_dot_atom(domain), is_address)
}

fn is_phrase(name: &str) -> bool {
    let quoted = name.len() > 1 && name.starts_with('"') && name.ends_with('"');
    quoted || name.split_whitespace().all(|word| word.chars().all(|c| is_atom(c) || c == '.'))
}

fn is_atom(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || !c.is_ascii()
}

fn is_dot_atom(text: &str) -> bool {
    text.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom))
}
