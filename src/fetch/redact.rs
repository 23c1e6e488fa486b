//! URLs that can be shown: credentials never leave them through `Display` or `Debug`.
//!
//! Helm repositories take credentials in the URL (`https://user:password@host/`) and object stores take them in the query
//! (`X-Amz-Signature`, `sig`, `token`). Uses `error` and the `url` crate.

use std::fmt;

use url::Url;

use super::options::Credentials;
use crate::error::{Error, ErrorKind, Result};

/// What stands in for something hidden.
const HIDDEN: &str = "***";

/// Parts of query keys whose values are hidden, in lower case.
const SECRET_KEY_PARTS: [&str; 12] = ["token", "sig", "key", "secret", "pass", "pwd", "auth", "cred", "session", "jwt", "code", "policy"];

/// A URL whose `Display` and `Debug` hide its user, its password, its fragment and the query values that look secret.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RedactedUrl(Url);

impl RedactedUrl {
    /// Reads a URL with a scheme and a host.
    ///
    /// # Errors
    /// `Usage`, with the text redacted, when it is not such a URL.
    pub fn parse(text: &str) -> Result<Self> {
        let refused = |why: String| Error::new(ErrorKind::Usage, format!("{} is not a URL: {why}", redact_text(text)));
        let url = Url::parse(text).map_err(|error| refused(error.to_string()))?;
        if !url.has_host() {
            return Err(refused("it has no host".into()));
        }
        Ok(Self(url))
    }

    /// The URL with everything in it, for sending requests.
    pub fn expose(&self) -> &Url {
        &self.0
    }

    /// The same URL without user and password, and the two, percent-decoded, when there are any.
    pub fn split_credentials(&self) -> (Self, Option<Credentials>) {
        let (user, password) = (self.0.username(), self.0.password().unwrap_or_default());
        if user.is_empty() && password.is_empty() {
            return (self.clone(), None);
        }
        let found = Credentials { username: percent_decode(user), password: percent_decode(password) };
        let mut bare = self.0.clone();
        // Both fail only for URLs without a host, which `parse` refuses.
        let _ = bare.set_username("");
        let _ = bare.set_password(None);
        (Self(bare), Some(found))
    }

    /// Whether both have the same scheme, host and port: Helm's rule for who may see credentials.
    pub fn same_origin(&self, other: &Self) -> bool {
        self.0.scheme() == other.0.scheme()
            && self.0.host() == other.0.host()
            && self.0.port_or_known_default() == other.0.port_or_known_default()
    }
}

impl From<Url> for RedactedUrl {
    fn from(url: Url) -> Self {
        Self(url)
    }
}

impl fmt::Display for RedactedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.0.clone();
        shown.set_fragment(None);
        if !shown.username().is_empty() || shown.password().is_some() {
            let _ = shown.set_username(HIDDEN);
            let _ = shown.set_password(None);
        }
        if let Some(query) = self.0.query() {
            shown.set_query(Some(&redact_query(query)));
        }
        f.write_str(shown.as_str())
    }
}

impl fmt::Debug for RedactedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A query with the values under secret-looking keys hidden.
fn redact_query(query: &str) -> String {
    let redact_pair = |pair: &str| match pair.split_once('=') {
        Some((key, _)) if looks_secret(key) => format!("{key}={HIDDEN}"),
        // A bare word may be a token of its own.
        None if !pair.is_empty() => HIDDEN.to_owned(),
        _ => pair.to_owned(),
    };
    query.split('&').map(redact_pair).collect::<Vec<_>>().join("&")
}

fn looks_secret(key: &str) -> bool {
    let key = percent_decode(key).to_ascii_lowercase();
    SECRET_KEY_PARTS.iter().any(|part| key.contains(part))
}

/// Text that may be a URL, or was meant to be one, with whatever stands where credentials stand hidden: up to the last `@` and after
/// the first `?` or `#`.
pub fn redact_text(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("//") else { return text.to_owned() };
    let shown = rest.rsplit_once('@').map_or_else(|| rest.to_owned(), |(_, after)| format!("{HIDDEN}@{after}"));
    match shown.find(['?', '#']) {
        Some(end) => format!("{scheme}//{}?{HIDDEN}", &shown[..end]),
        None => format!("{scheme}//{shown}"),
    }
}

/// Percent-decoding; bytes that are not UTF-8 become replacement characters.
fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = (byte == b'%').then(|| text.get(at + 1..at + 3)).flatten().and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(escaped.unwrap_or(byte));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shows_what_is_not_secret() {
        let table = [
            ("https://charts.example.com/a?page=2", "https://charts.example.com/a?page=2"),
            ("https://u:p@charts.example.com:8443/a", "https://***@charts.example.com:8443/a"),
            ("https://:p@host/", "https://***@host/"),
            ("https://host/a?X-Amz-Signature=abc&n=1", "https://host/a?X-Amz-Signature=***&n=1"),
            ("https://host/a?access%5Ftoken=abc", "https://host/a?access%5Ftoken=***"),
            ("https://host/a?ghp_abc#frag", "https://host/a?***"),
        ];
        for (url, shown) in table {
            assert_eq!(RedactedUrl::parse(url).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn text_that_is_no_url_is_redacted_too() {
        let error = RedactedUrl::parse("https://user:hunter2@ho st/x?token=hunter2").unwrap_err();
        assert!(!error.report().contains("hunter2"), "{}", error.report());
        assert_eq!(error.to_string(), "https://***@ho st/x?*** is not a URL: invalid international domain name");
    }

    #[test]
    fn credentials_come_out_decoded() {
        let (bare, found) = RedactedUrl::parse("https://us%40er:p%3Aw@host/x").unwrap().split_credentials();
        assert_eq!(bare.expose().as_str(), "https://host/x");
        assert_eq!(found, Some(Credentials { username: "us@er".into(), password: "p:w".into() }));
    }

    #[test]
    fn the_origin_is_scheme_host_and_port() {
        let table = [
            ("https://a/x", "https://a:443/y", true),
            ("https://a/x", "http://a/x", false),
            ("https://a/x", "https://a:8443/x", false),
            ("https://a/x", "https://b.a/x", false),
        ];
        for (left, right, same) in table {
            assert_eq!(RedactedUrl::parse(left).unwrap().same_origin(&RedactedUrl::parse(right).unwrap()), same, "{left} {right}");
        }
    }

    proptest! {
        /// Whatever the user and the password are, neither shows, in a URL that parses and in one that does not.
        #[test]
        fn userinfo_never_shows(user in "[A-Z]{6,12}", password in "[A-Z!$@:/?#%0-9]{8,16}", host in "[a-z]{1,8}( [a-z])?", path in "[a-z/]{0,8}") {
            let text = format!("https://{user}:{password}Z@{host}/{path}");
            let shown = match RedactedUrl::parse(&text) {
                Ok(url) => format!("{url} {url:?}"),
                Err(error) => error.report(),
            };
            // A `/`, `?` or `#` in the password ends the host: what is left of it is a user without a host.
            if !password.contains(['/', '?', '#']) {
                prop_assert!(!shown.contains(&user), "{shown}");
            }
            prop_assert!(!redact_text(&text).contains(&user));
            prop_assert!(!redact_text(&text).contains(&password));
        }

        #[test]
        fn secret_query_values_never_show(key in "(token|sig|X-Amz-Signature|api_key|Password)", value in "[A-Z]{8,20}") {
            let url = RedactedUrl::parse(&format!("https://host/a?x=1&{key}={value}&y=2")).unwrap();
            prop_assert!(!url.to_string().contains(&value));
        }
    }
}
