//! URLs (sprig `url.go` over Go `net/url`).

use super::{Args, Function, Outcome, Param, fixed};
use crate::template::exec::{Call, Fail};
use crate::template::fmt::quote;
use crate::template::value::{Map, Table, Text, Value};
use Param::{Map as MapParam, Str};

pub(super) const ROWS: &[Function] = &[
    fixed("urlParse", &[Str], |_, args| {
        let text = args.text(0);
        let url = Url::parse(text).map_err(|problem| format!("unable to parse url: parse {}: {problem}", quote(text)))?;
        Ok(Value::map(url.into_table()))
    }),
    fixed("urlJoin", &[MapParam], url_join).walking(),
];

/// Go's `url.QueryEscape`.
pub(super) fn query_escape(text: &[u8]) -> String {
    escape(text, |byte| if byte == b' ' { Some('+') } else { None })
}

/// Percent-encodes all but unreserved characters and those that `keep` maps.
fn escape(text: &[u8], keep: impl Fn(u8) -> Option<char>) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text {
        match keep(*byte) {
            Some(c) => out.push(c),
            None if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') => out.push(*byte as char),
            None => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn keeping(characters: &'static str) -> impl Fn(u8) -> Option<char> {
    move |byte| characters.contains(byte as char).then_some(byte as char)
}

fn unescape(text: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        if *first != b'%' {
            out.push(*first);
            rest = tail;
            continue;
        }
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match hex {
            Some(byte) => out.push(byte),
            None => return Err(format!("invalid URL escape {}", quote(&rest[..rest.len().min(3)]))),
        }
        rest = &tail[2..];
    }
    Ok(out)
}

/// The parts of a URL, unescaped where Go's are.
#[derive(Default)]
struct Url {
    scheme: Vec<u8>,
    opaque: Vec<u8>,
    /// User name and password, each unescaped.
    user: Option<(Vec<u8>, Option<Vec<u8>>)>,
    host: Vec<u8>,
    path: Vec<u8>,
    query: Vec<u8>,
    fragment: Vec<u8>,
}

fn cut(text: &[u8], mark: u8) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(mark, text) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

/// What a check of a URL asks of Go's `net/url`.
pub(crate) struct UrlParts {
    /// The scheme, in lower case; empty for a relative reference.
    pub(crate) scheme: String,
    /// Host and port as written.
    pub(crate) host: String,
    /// The host alone, without brackets.
    pub(crate) hostname: String,
    /// The path, unescaped.
    pub(crate) path: String,
}

/// Takes a URL apart as Go's `url.Parse` does.
///
/// # Errors
/// Go's message, without the `parse "…":` before it.
pub(crate) fn url_parts(text: &str) -> Result<UrlParts, String> {
    let url = Url::parse(text.as_bytes())?;
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(UrlParts { scheme: lossy(&url.scheme), host: lossy(&url.host), hostname: lossy(url.hostname()), path: lossy(&url.path) })
}

impl Url {
    fn parse(text: &[u8]) -> Result<Self, String> {
        let (rest, fragment) = cut(text, b'#');
        if rest.iter().any(|byte| *byte < b' ' || *byte == 0x7f) {
            return Err("net/url: invalid control character in URL".into());
        }
        let mut url = Url { fragment: unescape(fragment.unwrap_or_default())?, ..Url::default() };
        let (scheme, rest) = split_scheme(rest)?;
        url.scheme = scheme.to_ascii_lowercase();
        let (rest, query) = cut(rest, b'?');
        url.query = query.unwrap_or_default().to_vec();
        if !rest.starts_with(b"/") {
            if !url.scheme.is_empty() {
                url.opaque = rest.to_vec();
                return Ok(url);
            }
            if cut(rest, b'/').0.contains(&b':') {
                return Err("first path segment in URL cannot contain colon".into());
            }
        }
        let has_authority = rest.starts_with(b"//") && (!url.scheme.is_empty() || !rest.starts_with(b"///"));
        let path = if has_authority {
            let authority_end = memchr::memchr(b'/', &rest[2..]).map_or(rest.len(), |slash| slash + 2);
            url.set_authority(&rest[2..authority_end])?;
            &rest[authority_end..]
        } else {
            rest
        };
        url.path = unescape(path)?;
        Ok(url)
    }

    fn set_authority(&mut self, authority: &[u8]) -> Result<(), String> {
        let host = match memchr::memrchr(b'@', authority) {
            None => authority,
            Some(at) => {
                let (name, password) = cut(&authority[..at], b':');
                self.user = Some((unescape(name)?, password.map(unescape).transpose()?));
                &authority[at + 1..]
            }
        };
        if host.starts_with(b"[") && !host.contains(&b']') {
            return Err("missing ']' in host".into());
        }
        let port = memchr::memrchr(b':', host).filter(|colon| !host[*colon..].contains(&b']')).map_or(&b""[..], |colon| &host[colon..]);
        if !port.iter().skip(1).all(u8::is_ascii_digit) {
            return Err(format!("invalid port {} after host", quote(port)));
        }
        if host.contains(&b' ') {
            return Err("invalid character \" \" in host name".into());
        }
        self.host = unescape(host)?;
        Ok(())
    }

    fn hostname(&self) -> &[u8] {
        if let Some(rest) = self.host.strip_prefix(b"[") {
            return cut(rest, b']').0;
        }
        memchr::memchr(b':', &self.host).map_or(&self.host, |colon| &self.host[..colon])
    }

    fn user_text(&self) -> String {
        let keep = keeping("$&+,;=");
        match &self.user {
            None => String::new(),
            Some((name, None)) => escape(name, keep),
            Some((name, Some(password))) => format!("{}:{}", escape(name, &keep), escape(password, &keep)),
        }
    }

    fn into_table(self) -> Table {
        let entries: [(&str, Vec<u8>); 8] = [
            ("hostname", self.hostname().to_vec()),
            ("userinfo", self.user_text().into_bytes()),
            ("scheme", self.scheme),
            ("host", self.host),
            ("path", self.path),
            ("query", self.query),
            ("opaque", self.opaque),
            ("fragment", self.fragment),
        ];
        entries.into_iter().map(|(key, value)| (Text::from(key), Value::text(value))).collect()
    }

    /// Go's `URL.String`.
    fn text(&self) -> String {
        let mut out = Vec::new();
        if !self.scheme.is_empty() {
            out.extend_from_slice(&self.scheme);
            out.push(b':');
        }
        if self.opaque.is_empty() {
            if !self.scheme.is_empty() || !self.host.is_empty() || self.user.is_some() {
                if !self.host.is_empty() || !self.path.is_empty() || self.user.is_some() {
                    out.extend_from_slice(b"//");
                }
                if self.user.is_some() {
                    out.extend_from_slice(self.user_text().as_bytes());
                    out.push(b'@');
                }
                out.extend_from_slice(escape(&self.host, keeping("!$&'()*+,;=:[]<>\"")).as_bytes());
            }
            let path = escape(&self.path, keeping("$&+,/:;=@"));
            if !path.is_empty() && !path.starts_with('/') && !self.host.is_empty() {
                out.push(b'/');
            }
            // Else the first segment would read as a scheme.
            if out.is_empty() && path.split('/').next().is_some_and(|segment| segment.contains(':')) {
                out.extend_from_slice(b"./");
            }
            out.extend_from_slice(path.as_bytes());
        } else {
            out.extend_from_slice(&self.opaque);
        }
        if !self.query.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&self.query);
        }
        if !self.fragment.is_empty() {
            out.push(b'#');
            out.extend_from_slice(escape(&self.fragment, keeping("!$&'()*+,/:;=?@")).as_bytes());
        }
        String::from_utf8_lossy(&out).into_owned()
    }
}

fn split_scheme(text: &[u8]) -> Result<(&[u8], &[u8]), String> {
    for (index, byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if index > 0 => {}
            b':' if index == 0 => return Err("missing protocol scheme".into()),
            b':' => return Ok((&text[..index], &text[index + 1..])),
            _ => break,
        }
    }
    Ok((b"", text))
}

fn part(map: &Map, key: &str) -> Result<Vec<u8>, Fail> {
    match map.get(key.as_bytes()) {
        None => Ok(Vec::new()),
        Some(Value::Str(text)) => Ok(text.to_vec()),
        Some(Value::Nil) => Err(super::NIL_DEREFERENCE.into()),
        Some(other) => Err(format!("unable to parse {key} key, must be of type string, but {} found", other.kind_name()).into()),
    }
}

fn url_join(_: &Call<'_>, args: Args<'_>) -> Outcome {
    let map = args.map(0);
    let mut url = Url {
        scheme: part(&map, "scheme")?,
        host: part(&map, "host")?,
        path: part(&map, "path")?,
        query: part(&map, "query")?,
        opaque: part(&map, "opaque")?,
        fragment: part(&map, "fragment")?,
        user: None,
    };
    let userinfo = part(&map, "userinfo")?;
    if !userinfo.is_empty() {
        url.set_user(&userinfo)?;
    }
    Ok(Value::text(url.text()))
}

impl Url {
    fn set_user(&mut self, userinfo: &[u8]) -> Result<(), Fail> {
        let written = [b"proto://", userinfo, b"@host"].concat();
        let parsed =
            Url::parse(&written).map_err(|problem| format!("unable to parse userinfo in dict: parse {}: {problem}", quote(&written)))?;
        self.user = parsed.user;
        Ok(())
    }
}
