//! `format` as the library reads it (`format.go`), with its reasons; an unknown one holds for everything. `regex` is Go's dialect.

use std::net::Ipv6Addr;

use crate::render::schema::compiled::Format;
use crate::render::schema::document::quoted;
use crate::render::schema::limits::MAX_PATTERN_BYTES;
use crate::template::{UrlParts, compile_regex, date_matches, url_parts};

type Outcome = Result<(), String>;

fn no(reason: &str) -> Outcome {
    Err(reason.to_owned())
}

/// The formats that the library checks.
pub(super) const FORMATS: &[Format] = &[
    ("regex", |text| check("regex", text).is_ok()),
    ("json-pointer", |text| check("json-pointer", text).is_ok()),
    ("relative-json-pointer", |text| check("relative-json-pointer", text).is_ok()),
    ("uuid", |text| check("uuid", text).is_ok()),
    ("duration", |text| check("duration", text).is_ok()),
    ("period", |text| check("period", text).is_ok()),
    ("ipv4", |text| check("ipv4", text).is_ok()),
    ("ipv6", |text| check("ipv6", text).is_ok()),
    ("hostname", |text| check("hostname", text).is_ok()),
    ("email", |text| check("email", text).is_ok()),
    ("date", |text| check("date", text).is_ok()),
    ("time", |text| check("time", text).is_ok()),
    ("date-time", |text| check("date-time", text).is_ok()),
    ("uri", |text| check("uri", text).is_ok()),
    ("iri", |text| check("iri", text).is_ok()),
    ("uri-reference", |text| check("uri-reference", text).is_ok()),
    ("iri-reference", |text| check("iri-reference", text).is_ok()),
    ("uri-template", |text| check("uri-template", text).is_ok()),
    ("semver", |text| check("semver", text).is_ok()),
];

/// Whether a text is of a format.
///
/// # Errors
/// The library's reason why not.
pub(super) fn check(format: &str, text: &str) -> Outcome {
    match format {
        "regex" => compile_regex(text, MAX_PATTERN_BYTES).map(|_| ()),
        "json-pointer" => json_pointer(text),
        "relative-json-pointer" => relative_json_pointer(text),
        "uuid" => uuid(text),
        "duration" => duration(text),
        "period" => period(text),
        "ipv4" => ipv4(text),
        "ipv6" => ipv6(text),
        "hostname" => hostname(text),
        "email" => email(text),
        "date" => date_matches("2006-01-02", text),
        "time" => time(text),
        "date-time" => date_time(text),
        "uri" | "iri" => match url(text)? {
            url if url.scheme.is_empty() => no("relative url"),
            _ => Ok(()),
        },
        "uri-reference" | "iri-reference" if text.contains('\\') => no("contains \\"),
        "uri-reference" | "iri-reference" => url(text).map(|_| ()),
        "uri-template" => uri_template(text),
        "semver" => semver(text),
        _ => Ok(()),
    }
}

/// Go's `%q` of a character.
fn shown(c: char) -> String {
    match c {
        '\'' => "'\\''".to_owned(),
        '"' => "'\"'".to_owned(),
        c => format!("'{}'", quoted(&c.to_string()).trim_matches('"')),
    }
}

fn json_pointer(text: &str) -> Outcome {
    const ESCAPE: &str = "~ must be followed by 0 or 1";
    if text.is_empty() {
        return Ok(());
    }
    let Some(rest) = text.strip_prefix('/') else { return no("not starting with /") };
    let is_escape = |rest: &str| rest.starts_with(['0', '1']);
    if rest.split('/').all(|token| token.split('~').skip(1).all(is_escape)) { Ok(()) } else { no(ESCAPE) }
}

fn relative_json_pointer(text: &str) -> Outcome {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match (digits, &text[digits..]) {
        (0, _) => no("must start with non-negative integer"),
        (2.., _) if text.starts_with('0') => no("starts with zero"),
        (_, "#") => Ok(()),
        (_, rest) => json_pointer(rest),
    }
}

fn uuid(text: &str) -> Outcome {
    const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
    let groups: Vec<&str> = text.split('-').collect();
    if groups.len() != GROUPS.len() {
        return no("must have 5 elements");
    }
    for (index, (group, length)) in groups.iter().zip(GROUPS).enumerate() {
        if group.len() != length {
            return Err(format!("element {} must be {length} characters long", index + 1));
        }
        if let Some(c) = group.chars().find(|c| !c.is_ascii_hexdigit()) {
            return Err(format!("non-hex character {}", shown(c)));
        }
    }
    Ok(())
}

fn duration(text: &str) -> Outcome {
    const UNITS: [&str; 2] = ["YMD", "HMS"];
    let Some(text) = text.strip_prefix('P') else { return no("must start with P") };
    if text.is_empty() {
        return no("nothing after P");
    }
    if let Some(weeks) = text.strip_suffix('W') {
        return match weeks {
            "" => no("no number in week"),
            weeks if weeks.bytes().all(|byte| byte.is_ascii_digit()) => Ok(()),
            _ => no("invalid week"),
        };
    }
    for (index, part) in text.split('T').enumerate() {
        if index != 0 && part.is_empty() {
            return no("no time elements");
        }
        let Some(all) = UNITS.get(index) else { return no("more than one T") };
        let (mut units, mut rest) = (*all, part);
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 {
                return no("missing number");
            }
            let Some(unit) = rest[digits..].chars().next() else { return no("missing unit") };
            match units.find(unit) {
                Some(at) => units = &units[at + 1..],
                None if all.contains(unit) => return Err(format!("unit {} out of order", shown(unit))),
                None => return Err(format!("invalid unit {}", shown(unit))),
            }
            rest = &rest[digits + unit.len_utf8()..];
        }
    }
    Ok(())
}

fn period(text: &str) -> Outcome {
    let Some((start, end)) = text.split_once('/') else { return no("missing slash") };
    let of = |part: &str, name: &str, lasts: bool| {
        let (outcome, kind) = if lasts { (duration(part), "duration") } else { (date_time(part), "date-time") };
        outcome.map_err(|reason| format!("invalid {name} {kind}: {reason}"))
    };
    of(start, "start", start.starts_with('P'))?;
    of(end, "end", end.starts_with('P') && !start.starts_with('P'))
}

fn ipv4(text: &str) -> Outcome {
    let groups: Vec<&str> = text.split('.').collect();
    if groups.len() != 4 {
        return no("expected four decimals");
    }
    for group in groups {
        if group.len() > 1 && group.starts_with('0') {
            return no("leading zeros");
        }
        match group.parse::<i64>() {
            Err(_) => return Err(format!("strconv.Atoi: parsing {}: invalid syntax", quoted(group))),
            Ok(0..=255) => {}
            Ok(_) => return no("decimal must be between 0 and 255"),
        }
    }
    Ok(())
}

fn ipv6(text: &str) -> Outcome {
    if !text.contains(':') {
        return no("missing colon");
    }
    if text.parse::<Ipv6Addr>().is_ok() {
        return Ok(());
    }
    let (address, zone) = text.split_once('%').unwrap_or((text, ""));
    if !zone.is_empty() && address.parse::<Ipv6Addr>().is_ok() {
        return no("zone id is not a part of ipv6 address");
    }
    Err(format!("ParseAddr({}): unable to parse IP", quoted(text)))
}

fn hostname(text: &str) -> Outcome {
    let text = text.strip_suffix('.').unwrap_or(text);
    if text.len() > 253 {
        return no("more than 253 characters long");
    }
    for label in text.split('.') {
        if !(1..=63).contains(&label.len()) {
            return no("label must be 1 to 63 characters long");
        }
        if label.starts_with('-') {
            return no("label starts with hyphen");
        }
        if label.ends_with('-') {
            return no("label ends with hyphen");
        }
        if let Some(c) = label.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-') {
            return Err(format!("invalid character {}", shown(c)));
        }
    }
    Ok(())
}

fn email(text: &str) -> Outcome {
    if text.len() > 254 {
        return no("more than 255 characters long");
    }
    let Some((local, domain)) = text.rsplit_once('@') else { return no("missing @") };
    if local.len() > 64 {
        return no("local part more than 64 characters long");
    }
    if local.len() > 1 && local.starts_with('"') {
        let inner: String = local.chars().skip(1).take(local.chars().count().saturating_sub(2)).collect();
        if inner.contains(['\\', '"']) {
            return no("backslash and quote are not allowed within quoted local part");
        }
    } else {
        unquoted(local)?;
    }
    if let Some(literal) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return match literal.strip_prefix("IPv6:") {
            Some(address) => ipv6(address).map_err(|reason| format!("invalid ipv6 address: {reason}")),
            None => ipv4(literal).map_err(|reason| format!("invalid ipv4 address: {reason}")),
        };
    }
    hostname(domain).map_err(|reason| format!("invalid domain: {reason}"))
}

fn unquoted(local: &str) -> Outcome {
    if local.starts_with('.') {
        return no("starts with dot");
    }
    if local.ends_with('.') {
        return no("ends with dot");
    }
    if local.contains("..") {
        return no("consecutive dots");
    }
    match local.chars().find(|c| !c.is_ascii_alphanumeric() && !".!#$%&'*+-/=?^_`{|}~".contains(*c)) {
        Some(c) => Err(format!("invalid character {}", shown(c))),
        None => Ok(()),
    }
}

fn date_time(text: &str) -> Outcome {
    let bytes = text.as_bytes();
    if bytes.len() < 20 {
        return no("less than 20 characters long");
    }
    if !matches!(bytes[10], b't' | b'T') {
        return no("11th character must be t or T");
    }
    let part = |range: std::ops::Range<usize>| String::from_utf8_lossy(&bytes[range]).into_owned();
    date_matches("2006-01-02", &part(0..10)).map_err(|reason| format!("invalid date element: {reason}"))?;
    time(&part(11..bytes.len())).map_err(|reason| format!("invalid time element: {reason}"))
}

/// `hh:mm:ss`, a fraction, and `Z` or an offset; a leap second only at the end of a day in UTC.
fn time(text: &str) -> Outcome {
    let bytes = text.as_bytes();
    if bytes.len() < 9 {
        return no("less than 9 characters long");
    }
    if bytes[2] != b':' || bytes[5] != b':' {
        return no("missing colon in correct place");
    }
    let parts: Option<Vec<i64>> = [&bytes[..2], &bytes[3..5], &bytes[6..8]].iter().map(|part| integer(part)).collect();
    let Some(parts) = parts else { return no("invalid hour/min/sec") };
    if parts.iter().any(|part| *part < 0) {
        return no("non-positive hour/min/sec");
    }
    let (mut hour, mut minute, second) = (parts[0], parts[1], parts[2]);
    if hour > 23 || minute > 59 || second > 60 {
        return no("hour/min/sec out of range");
    }
    let mut rest = &bytes[8..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return no("no digits in second fraction");
        }
        rest = &fraction[digits..];
    }
    if !matches!(rest, b"z" | b"Z") {
        let shift = offset(rest)?;
        let minutes = hour * 60 + minute + shift;
        let minutes = if minutes < 0 { minutes + 24 * 60 } else { minutes };
        (hour, minute) = (minutes / 60, minutes % 60);
    }
    if second >= 60 && (hour, minute) != (23, 59) { no("invalid leap second") } else { Ok(()) }
}

/// Minutes to add for UTC.
fn offset(text: &[u8]) -> Result<i64, String> {
    let fail = |reason: &str| Err(reason.to_owned());
    let [sign, high @ .., _, _, _] = text else { return fail("offset must be 6 characters long") };
    if text.len() != 6 {
        return fail("offset must be 6 characters long");
    }
    let sign = match sign {
        b'+' => -1,
        b'-' => 1,
        _ => return fail("offset must begin with plus/minus"),
    };
    if text[3] != b':' {
        return fail("missing colon in offset in correct place");
    }
    let (Some(hours), Some(minutes)) = (integer(high), integer(&text[4..])) else { return fail("invalid hour/min in offset") };
    match (hours, minutes) {
        (..0, _) | (_, ..0) => fail("non-positive hour/min in offset"),
        (0..=23, 0..=59) => Ok(sign * (hours * 60 + minutes)),
        _ => fail("hour/min in offset out of range"),
    }
}

fn integer(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn url(text: &str) -> Result<UrlParts, String> {
    let url = url_parts(text).map_err(|reason| format!("parse {}: {reason}", quoted(text)))?;
    if url.hostname.contains(':') {
        if !url.host.contains('[') || !url.host.contains(']') {
            return Err("ipv6 address not enclosed in brackets".to_owned());
        }
        ipv6(&url.hostname).map_err(|reason| format!("invalid ipv6 address: {reason}"))?;
    }
    Ok(url)
}

fn uri_template(text: &str) -> Outcome {
    // Braces count only where escaping changes the path, which they do themselves.
    let path = url(text)?.path;
    for token in path.split('/') {
        let mut open = false;
        for c in token.chars().filter(|c| matches!(c, '{' | '}')) {
            if (c == '{') == open {
                return no("nested curly braces");
            }
            open = !open;
        }
        if open {
            return no("no matching closing brace");
        }
    }
    Ok(())
}

fn semver(text: &str) -> Outcome {
    let is_identifier = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    if build == Some("") {
        return no("build is empty");
    }
    for part in build.into_iter().flat_map(|build| build.split('.')) {
        match part.chars().find(|c| !is_identifier(*c)) {
            _ if part.is_empty() => return no("build identifier is empty"),
            Some(c) => return Err(format!("invalid character {} in build identifier", shown(c))),
            None => {}
        }
    }
    let (core, pre) = text.split_once('-').map_or((text, None), |(core, pre)| (core, Some(pre)));
    for part in pre.into_iter().flat_map(|pre| pre.split('.')) {
        let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
        match part.chars().find(|c| !is_identifier(*c)) {
            _ if part.is_empty() => return no("pre-release identifier is empty"),
            Some(c) => return Err(format!("invalid character {} in pre-release identifier", shown(c))),
            None if is_number && part.len() > 1 && part.starts_with('0') => return no("pre-release numeric identifier starts with zero"),
            None => {}
        }
    }
    let parts: Vec<&str> = core.split('.').collect();
    if parts.len() != 3 {
        return no("versionCore must have 3 numbers separated by dot");
    }
    for (part, name) in parts.iter().zip(["major", "minor", "patch"]) {
        match *part {
            "" => return Err(format!("{name} is empty")),
            part if part.len() > 1 && part.starts_with('0') => return Err(format!("{name} starts with zero")),
            part if !part.bytes().all(|byte| byte.is_ascii_digit()) => return Err(format!("{name} contains non-digit")),
            _ => {}
        }
    }
    Ok(())
}
