//! A forge's "no" as an error: what was asked, the status, the forge's own words made safe, and the right that is missing.

use serde_json::Value;

use super::Call;
use crate::error::{Error, ErrorKind};
use crate::fetch::{Answer, RedactedUrl};
use crate::publish::token::Token;
use crate::report::safe;

/// The most characters of a forge's message that are shown.
const MOST_SAID: usize = 300;

/// The error for an answer that says no.
pub(super) fn error(forge: &str, call: &Call<'_>, url: &RedactedUrl, answer: &Answer, token: Option<&Token>, tried: u32) -> Error {
    let status = answer.status.as_u16();
    let said = said(&answer.body, token);
    let told = said.as_ref().map_or_else(String::new, |said| format!(": {said}"));
    let tries = if tried > 1 { format!(" ({tried} tries)") } else { String::new() };
    let message = format!("{forge} answered {status} to {} {url}{tries}{told}", call.method);
    let too_long = status == 413 || (matches!(status, 400 | 422) && said.as_deref().is_some_and(is_about_length));
    match status {
        _ if too_long => {
            Error::new(ErrorKind::Limit, message).hint("the text is longer than this forge takes: lower the limit of the comment")
        }
        // Azure DevOps shows its login page to whom it doesn't know, with 203 or by a redirect.
        203 | 401 => Error::new(ErrorKind::Denied, message).hint(unknown_token(token)),
        403 => Error::new(ErrorKind::Denied, message).hint(needed(call)),
        404 | 410 => Error::new(ErrorKind::NotFound, message)
            .hint(format!("check the repository and the number; a forge also says so to a token that may not see it: {}", needed(call))),
        429 | 500..=599 => Error::new(ErrorKind::Network, message).hint("try again later"),
        302 | 303 => Error::new(ErrorKind::Denied, message)
            .hint(format!("some forges send whom they don't know to a login page: {}", unknown_token(token))),
        300..=399 => Error::new(ErrorKind::Network, message).hint("redirects to another place are not followed: check the API's address"),
        _ => Error::new(ErrorKind::Usage, message).hint("check the repository, the number and the API's address"),
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
    // `message` of GitHub, GitLab, Gitea and Azure DevOps; `error` of GitLab; `error.message` of Bitbucket Cloud; `errors[0].message` of
    // Bitbucket Data Center and GitHub.
    let places = [value.get("message"), value.get("error"), value.pointer("/error/message")];
    words.extend(places.into_iter().flatten().find_map(text));
    let detail = value.get("errors").and_then(first);
    words.extend(
        detail.as_ref().and_then(|detail| text(detail).or_else(|| detail.get("message").or_else(|| detail.get("code")).and_then(text))),
    );
    let whole = words.join("; ");
    let whole = token.map_or_else(|| whole.clone(), |token| token.hide(&whole));
    let shown = cut(&safe::line(&whole), MOST_SAID);
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
            (r#"{"error":"insufficient_scope","error_description":"…"}"#, Some("insufficient_scope")),
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
