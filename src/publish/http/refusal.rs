//! A forge's "no" as an error: what was asked, the status, the forge's own words made safe, and the right that is missing.

use serde_json::Value;

use super::Call;
use crate::error::{Error, ErrorKind};
use crate::fetch::{Answer, RedactedUrl};
use crate::publish::token::Token;
use crate::report::safe;

/// The most characters of a forge's message that are shown.
const MOST_SAID: usize = 300;

/// An answer that says no.
pub(super) struct Refusal<'a> {
    pub(super) forge: &'a str,
    pub(super) call: &'a Call<'a>,
    pub(super) url: &'a RedactedUrl,
    pub(super) answer: &'a Answer,
    pub(super) token: Option<&'a Token>,
    /// How often it was asked.
    pub(super) tried: u32,
    /// Whether it says "not so many requests".
    pub(super) limited: bool,
}

impl Refusal<'_> {
    /// What a reader is told.
    pub(super) fn error(&self) -> Error {
        let status = self.answer.status.as_u16();
        let said = said(&self.answer.body, self.token);
        let (kind, hint) = self.sort(status, said.as_deref());
        let told = said.map_or_else(String::new, |said| format!(": {said}"));
        let tries = if self.tried > 1 { format!(" ({} tries)", self.tried) } else { String::new() };
        let message = format!("{} answered {status} to {} {}{tries}{told}", self.forge, self.call.method, self.url);
        Error::new(kind, message).hint(hint)
    }

    /// The sort of failure and what to try.
    fn sort(&self, status: u16, said: Option<&str>) -> (ErrorKind, String) {
        let too_long = status == 413 || (matches!(status, 400 | 422) && said.is_some_and(is_about_length));
        let (needed, unknown) = (needed(self.call), unknown_token(self.token));
        match status {
            _ if self.limited => (ErrorKind::Network, "the forge takes no more requests for now: try again later".into()),
            _ if too_long => (ErrorKind::Limit, "the text is longer than this forge takes: lower the limit of the comment".into()),
            // Azure DevOps shows its login page to whom it doesn't know, with 203 or by a redirect.
            203 | 401 => (ErrorKind::Denied, unknown),
            302 | 303 => (ErrorKind::Denied, format!("some forges send whom they don't know to a login page: {unknown}")),
            300..=399 => (ErrorKind::Network, "redirects to another place are not followed: check the API's address".into()),
            403 => (ErrorKind::Denied, needed),
            404 | 410 => (
                ErrorKind::NotFound,
                format!("check the repository and the number; a forge also says so to a token that may not see it: {needed}"),
            ),
            500..=599 => (ErrorKind::Network, "try again later".into()),
            _ => (ErrorKind::Usage, "check the repository, the number and the API's address".into()),
        }
    }
}

fn needed(call: &Call<'_>) -> String {
    if call.needs.is_empty() { "the token must be allowed to do this".to_owned() } else { format!("the token needs {}", call.needs) }
}

fn unknown_token(token: Option<&Token>) -> String {
    match token {
        Some(token) => format!("the token in {} is not valid (any more), or is one of another forge", token.variable()),
        None => "no token was given".to_owned(),
    }
}

fn is_about_length(said: &str) -> bool {
    let said = said.to_ascii_lowercase();
    ["too long", "too large", "maximum is", "exceeds", "32,768", "32768"].iter().any(|words| said.contains(words))
}

/// The forge's own words, on one safe line: the places where the forges put them, tried in turn. None when it says nothing readable.
fn said(body: &[u8], token: Option<&Token>) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let first = |list: &Value| list.as_array()?.first().cloned();
    let mut words: Vec<String> = Vec::new();
    // `message` of GitHub, GitLab, Gitea and Azure DevOps; `error` and
    // `error_description` of GitLab; `error.message` of Bitbucket Cloud; `errors[0].message` of
    // Bitbucket Data Center and GitHub.
    let places = [value.get("message"), value.get("error"), value.pointer("/error/message")];
    words.extend(places.into_iter().flatten().find_map(text));
    words.extend(value.get("error_description").and_then(text));
    let detail = value.get("errors").and_then(first);
    words.extend(
        detail.as_ref().and_then(|detail| text(detail).or_else(|| detail.get("message").or_else(|| detail.get("code")).and_then(text))),
    );
    let whole = words.join("; ");
    let whole = token.map_or_else(|| whole.clone(), |token| token.hide(&whole));
    let shown = cut(safe::line(&whole).trim(), MOST_SAID);
    (!shown.is_empty()).then_some(shown)
}

/// A text, or a list or map of texts as GitLab gives for fields: `{"note": ["is too long"]}`.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Array(items) => join(items.iter().filter_map(text)),
        Value::Object(fields) if !fields.contains_key("message") => {
            join(fields.iter().filter_map(|(key, value)| text(value).map(|text| format!("{key} {text}"))))
        }
        _ => None,
    }
}

fn join(parts: impl Iterator<Item = String>) -> Option<String> {
    let joined = parts.collect::<Vec<_>>().join(", ");
    (!joined.is_empty()).then_some(joined)
}

/// The text, or as much of it as fits into so many characters with an ellipsis.
pub(in crate::publish) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_forges_words_are_found() {
        let table = [
            (r#"{"message":"Not Found","documentation_url":"https://docs"}"#, Some("Not Found")),
            (
                r#"{"message":"Validation Failed","errors":[{"resource":"IssueComment","code":"unprocessable","field":"data","message":"Body is too long (maximum is 65536 characters)"}]}"#,
                Some("Validation Failed; Body is too long (maximum is 65536 characters)"),
            ),
            (r#"{"message":{"note":["is too long"]}}"#, Some("note is too long")),
            (r#"{"error":"insufficient_scope","error_description":"Higher."}"#, Some("insufficient_scope; Higher.")),
            (r#"{"type":"error","error":{"message":"Access denied","detail":"…"}}"#, Some("Access denied")),
            (r#"{"errors":[{"context":"text","message":"Too long","exceptionName":null}]}"#, Some("Too long")),
            (r#"{"$id":"1","message":"TF401027: no","typeKey":"GitNeedsPermissionException"}"#, Some("TF401027: no")),
            ("<html>Bad gateway</html>", None),
            (r#"{"message":"one\u001b[31m two\n::error::three hunter2"}"#, Some("one\\u{1b}[31m two ::error::three ***")),
            ("", None),
            ("[]", None),
        ];
        let token = Token::new("hunter2", "X").unwrap();
        for (body, expected) in table {
            assert_eq!(said(body.as_bytes(), Some(&token)).as_deref(), expected, "{body}");
        }
        let long = format!(r#"{{"message":"{}"}}"#, "a".repeat(5000));
        assert_eq!(said(long.as_bytes(), None).unwrap().chars().count(), MOST_SAID);
    }
}
