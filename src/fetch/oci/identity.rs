//! Identity tokens: what `az acr login` and `docker login` may leave instead of a password. The registry's token server turns one into a
//! token for pulling (Docker registry specification, "Token Authentication: OAuth2"), which the library oci-client doesn't do.

use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use serde::Deserialize;
use url::Url;
use url::form_urlencoded::Serializer;

use super::failure::{Failure, FailureKind};
use crate::error::Result;
use crate::fetch::credentials::Secret;
use crate::fetch::http::HttpClient;
use crate::fetch::{OciRef, Options, RedactedUrl};

/// The most bytes of a token server's answer.
const MOST_ANSWER_BYTES: usize = 64 << 10;

/// The name the token server is told.
const CLIENT_ID: &str = "chartshift";

#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    token: Option<String>,
}

/// How a registry wants us to log in.
#[derive(Debug, PartialEq, Eq)]
struct Challenge {
    realm: String,
    service: Option<String>,
}

/// An identity token and where it is traded.
pub(super) struct Trade {
    client: reqwest::Client,
    /// The registry's URL, such as `https://example.azurecr.io`.
    registry: String,
    repository: String,
    token: Secret,
}

impl Trade {
    /// Prepares the trade; nothing is sent yet.
    ///
    /// # Errors
    /// `Usage` for unusable settings.
    pub(super) fn new(reference: &OciRef, options: &Options, token: Secret) -> Result<Self> {
        let scheme = if options.plain_http { "http" } else { "https" };
        let registry = format!("{scheme}://{}", reference.registry);
        let client = HttpClient::new(options).raw(&options.tls, &RedactedUrl::parse(&registry)?)?;
        Ok(Self { client, registry, repository: reference.repository.clone(), token })
    }

    /// Trades the token for one that pulls from the repository. Nothing when the registry asks for no token.
    ///
    /// # Errors
    /// `Denied` when the token server refuses, `Lasting` when it would be asked without TLS although the registry has it.
    pub(super) async fn access_token(&self) -> Result<Option<Secret>, Failure> {
        let Some(challenge) = self.challenge().await? else { return Ok(None) };
        let realm = Url::parse(&challenge.realm).ok().filter(|realm| self.registry.starts_with("http:") || realm.scheme() == "https");
        let realm = realm.ok_or_else(|| Failure::new(FailureKind::Lasting, "the registry names a token server that isn't behind TLS"))?;
        let request = self.client.post(realm).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(self.form(&challenge));
        let response = request.send().await.map_err(|error| Failure::of_request(&error))?;
        let status = response.status().as_u16();
        let body = body(response).await?;
        match status {
            200 => {
                let answer: Option<Answer> = serde_json::from_slice(&body).ok();
                let token = answer.and_then(|answer| answer.access_token.or(answer.token)).filter(|token| !token.is_empty());
                token
                    .map(|token| Some(Secret::new(token)))
                    .ok_or_else(|| Failure::new(FailureKind::Lasting, "the token server gave no token"))
            }
            400 | 401 | 403 => Err(Failure::refused_login(&body)),
            _ => Err(Failure::of_status(status)),
        }
    }

    async fn challenge(&self) -> Result<Option<Challenge>, Failure> {
        let greeting = self.client.get(format!("{}/v2/", self.registry)).send().await.map_err(|error| Failure::of_request(&error))?;
        let headers = greeting.headers().get_all(WWW_AUTHENTICATE);
        Ok(headers.iter().filter_map(|header| header.to_str().ok()).find_map(bearer_challenge))
    }

    fn form(&self, challenge: &Challenge) -> String {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "refresh_token").append_pair("client_id", CLIENT_ID);
        form.append_pair("scope", &format!("repository:{}:pull", self.repository)).append_pair("refresh_token", self.token.expose());
        if let Some(service) = &challenge.service {
            form.append_pair("service", service);
        }
        form.finish()
    }
}

async fn body(mut response: reqwest::Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| Failure::of_request(&error))? {
        body.extend_from_slice(&piece);
        if body.len() > MOST_ANSWER_BYTES {
            return Err(Failure::new(FailureKind::Limit, format!("the token server's answer is larger than {MOST_ANSWER_BYTES} bytes")));
        }
    }
    Ok(body)
}

/// Reads `Bearer realm="…",service="…"` (RFC 9110 §11.6.1) out of a header that may hold other challenges before it.
fn bearer_challenge(header: &str) -> Option<Challenge> {
    let start = header.to_ascii_lowercase().find("bearer ")? + "bearer ".len();
    let mut rest = &header[start..];
    let mut challenge = Challenge { realm: String::new(), service: None };
    while let Some((key, value)) = rest.split_once('=') {
        let (value, after) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => value.split_at(value.find(',').unwrap_or(value.len())),
        };
        match key.trim_matches([' ', ',']).to_ascii_lowercase().as_str() {
            "realm" => challenge.realm = value.to_owned(),
            "service" => challenge.service = Some(value.to_owned()),
            _ => {}
        }
        rest = after;
    }
    (!challenge.realm.is_empty()).then_some(challenge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read_in_every_spelling() {
        let found = |realm: &str, service: Option<&str>| Some(Challenge { realm: realm.into(), service: service.map(str::to_owned) });
        let table = [
            (r#"Bearer realm="https://a/token",service="a",scope="x:y,z""#, found("https://a/token", Some("a"))),
            (r#"Basic realm="x", bearer scope="repository:a,b:pull" , REALM="https://a/t?x=1""#, found("https://a/t?x=1", None)),
            ("Bearer realm=https://a/token, service=a", found("https://a/token", Some("a"))),
            (r#"Bearer service="a""#, None),
            (r#"Bearer realm="open"#, None),
            ("Basic realm=x", None),
            ("", None),
        ];
        for (header, expected) in table {
            assert_eq!(bearer_challenge(header), expected, "{header}");
        }
    }
}
