//! The one HTTP client: GET requests with limits, retries, redirects and credentials that go where they belong.
//!
//! A request is tried again after connection errors, 429 and 5xx ([`failure`]), follows redirects by hand ([`redirect`]) and ends with a
//! body of known length or with a [`Failure`]. Follows RFC 9110; credentials follow Helm's getter (`pkg/getter/httpgetter.go`), which
//! sends them to the repository's own scheme, host and port unless told to send them everywhere.

mod connection;
mod exchange;
mod failure;
mod redirect;

use std::io::Read as _;
use std::time::SystemTime;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use http::{Method, StatusCode};

pub(super) use connection::install_tls_provider;
pub(crate) use exchange::{Answer, Exchanges, Lost, Question};
pub(super) use failure::Failure;

use connection::{Connections, Trust};
use redirect::Journey;

use super::options::{Credentials, Options, Retries, Tls};
use super::progress::Progress;
use super::redact::RedactedUrl;
use crate::error::Result;

/// Who may be shown what: the settings of one repository.
#[derive(Debug, Clone)]
pub(super) struct Access {
    /// The repository whose credentials these are, without credentials itself.
    pub(super) home: RedactedUrl,
    /// Its credentials.
    pub(super) credentials: Option<Credentials>,
    /// Whether they go to other hosts that the repository names, too.
    pub(super) everywhere: bool,
    /// Whom to trust.
    pub(super) tls: Tls,
}

impl Access {
    /// Whether a request for this URL begins with the credentials.
    fn covers(&self, url: &RedactedUrl) -> bool {
        self.everywhere || self.home.same_origin(url)
    }
}

/// One GET request.
#[derive(Debug)]
pub(super) struct Request<'a> {
    /// What to get, without credentials.
    pub(super) url: &'a RedactedUrl,
    /// Whose settings apply.
    pub(super) access: &'a Access,
    /// The name the progress bar shows.
    pub(super) label: &'a str,
    /// The most bytes the body may have.
    pub(super) limit: u64,
    /// Headers of the caller, such as `If-None-Match`.
    pub(super) headers: HeaderMap,
    /// Whether the transport may compress the body. Never for packages: they are compressed, and some servers call that an encoding.
    pub(super) compressed: bool,
}

/// An answer: 200 with its body, or 304 with none.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// The client. One for a whole run, so that connections are shared.
#[derive(Debug)]
pub(super) struct HttpClient {
    connections: Connections,
    retries: Retries,
}

impl HttpClient {
    pub(super) fn new(options: &Options) -> Self {
        Self { connections: Connections::new(options.proxies.clone(), options.timeouts), retries: options.retries }
    }

    /// The library's own client for `https` (or `http`) with these settings, for exchanges other than GET. It follows no redirect.
    ///
    /// # Errors
    /// `Usage` for unusable settings.
    pub(super) fn raw(&self, tls: &Tls, url: &RedactedUrl) -> Result<reqwest::Client> {
        let secure = url.expose().scheme() == "https";
        let trust = Trust { tls: tls.clone(), identified: false, secure };
        self.connections.client(trust).map_err(|failure| failure.into_error(url, 1))
    }

    /// Sends a request until it is answered, it can't be, or it was tried often enough.
    ///
    /// # Errors
    /// `Denied` for 401 and 403, `NotFound` for 404 and 410, `Limit` for a body that is too large, `Usage` for unusable settings, `Network`
    /// for the rest. The message names the URL.
    pub(super) async fn get(&self, request: &Request<'_>, progress: &dyn Progress) -> Result<Response> {
        let mut tried = 0;
        loop {
            tried += 1;
            let failure = match self.try_once(request, progress).await {
                Ok(response) => return Ok(response),
                Err(failure) => failure,
            };
            match failure.wait(tried, &self.retries, jitter()) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Err(failure.into_error(request.url, tried)),
            }
        }
    }

    /// One try, redirects included.
    async fn try_once(&self, request: &Request<'_>, progress: &dyn Progress) -> Result<Response, Failure> {
        let mut journey = Journey::from(request.url.clone());
        loop {
            let signed = journey.trusted() && request.access.covers(request.url);
            let response = self.send(request, journey.place(), signed).await?;
            let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
            match (response.status().as_u16(), location) {
                (301 | 302 | 303 | 307 | 308, Some(location)) => journey.follow(location).map_err(Failure::Redirect)?,
                (200 | 304, _) => return receive(response, request, progress).await,
                (status, _) => {
                    let asked = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
                    let retry_after = asked.and_then(|value| failure::retry_after(value, SystemTime::now()));
                    let signed = signed && request.access.credentials.is_some();
                    return Err(Failure::Status { status, retry_after, signed });
                }
            }
        }
    }

    async fn send(&self, request: &Request<'_>, place: &RedactedUrl, signed: bool) -> Result<reqwest::Response, Failure> {
        let secure = place.expose().scheme() == "https";
        let client = self.connections.client(Trust { tls: request.access.tls.clone(), identified: signed, secure })?;
        let mut headers = request.headers.clone();
        if request.compressed {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        }
        let mut builder = client.request(Method::GET, place.expose().clone()).headers(headers);
        if let (true, Some(credentials)) = (signed, &request.access.credentials) {
            builder = builder.basic_auth(&credentials.username, Some(&credentials.password));
        }
        builder.send().await.map_err(|error| Failure::from_library(error, false))
    }
}

/// Takes the body, within the limit and to its end.
async fn receive(mut response: reqwest::Response, request: &Request<'_>, progress: &dyn Progress) -> Result<Response, Failure> {
    let bar = progress.begin(request.label, response.content_length());
    let mut body = read_within(&mut response, request.limit, |bytes| bar.advance(bytes)).await?;
    let zipped = request.compressed && response.headers().get(CONTENT_ENCODING).is_some_and(|encoding| encoding == "gzip");
    if zipped && !body.is_empty() {
        body = unzip(&body, request.limit)?;
    }
    Ok(Response { status: response.status(), headers: response.headers().clone(), body: body.into() })
}

/// The body, to its end; `advance` is told the size of each piece.
async fn read_within(response: &mut reqwest::Response, limit: u64, advance: impl Fn(u64)) -> Result<Vec<u8>, Failure> {
    let promised = response.content_length();
    if promised.is_some_and(|bytes| bytes > limit) {
        return Err(Failure::TooLarge { limit });
    }
    let mut body = Vec::with_capacity(promised.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or_default());
    while let Some(piece) = response.chunk().await.map_err(|error| Failure::from_library(error, true))? {
        advance(piece.len() as u64);
        if (body.len() + piece.len()) as u64 > limit {
            return Err(Failure::TooLarge { limit });
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// Undoes the transport's compression, within the limit.
fn unzip(body: &[u8], limit: u64) -> Result<Vec<u8>, Failure> {
    let mut whole = Vec::new();
    MultiGzDecoder::new(body)
        .take(limit + 1)
        .read_to_end(&mut whole)
        .map_err(|error| Failure::Body(format!("it is not the gzip its headers promise: {error}")))?;
    if whole.len() as u64 > limit { Err(Failure::TooLarge { limit }) } else { Ok(whole) }
}

/// A number between 0 and 1 that differs from process to process, so that many of them don't try again in step.
#[allow(clippy::cast_precision_loss, reason = "a rough number is enough")]
fn jitter() -> f64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(0) as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn jitter_stays_in_its_range() {
        assert!((0..1000).all(|_| (0.0..=1.0).contains(&jitter())));
    }

    #[test]
    fn transport_compression_has_the_same_limit() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&vec![0; 1 << 20]).unwrap();
        let body = encoder.finish().unwrap();
        assert_eq!(unzip(&body, 1 << 20).unwrap().len(), 1 << 20);
        assert_eq!(unzip(&body, (1 << 20) - 1), Err(Failure::TooLarge { limit: (1 << 20) - 1 }));
        assert!(matches!(unzip(&body[..body.len() - 9], 1 << 20), Err(Failure::Body(_))));
    }
}
