//! Single exchanges with a server's API, for the publish stage: any method, whatever the answer's status, over the same connections
//! (proxies, roots, timeouts) as downloads. No redirect is followed and nothing is tried again here: what that means depends on the API.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::HeaderMap;
use http::{Method, StatusCode};

use super::super::options::{Options, Tls};
use super::super::redact::RedactedUrl;
use super::connection::{Connections, Trust};
use super::failure::{self, Failure};
use super::read_within;
use crate::error::{Error, ErrorKind, Result};

/// The connections of a run, and the thread they live on.
pub(crate) struct Exchanges {
    connections: Connections,
    tls: Tls,
    runtime: tokio::runtime::Runtime,
}

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// The method.
    pub(crate) method: Method,
    /// The whole address.
    pub(crate) url: RedactedUrl,
    /// All headers, the secret ones marked as such.
    pub(crate) headers: HeaderMap,
    /// The body, when there is one.
    pub(crate) body: Option<Bytes>,
    /// The most bytes that the answer's body may have.
    pub(crate) limit: u64,
}

/// An answer, of any status.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Bytes,
}

impl Answer {
    /// The text of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// How long the server asks to wait: `Retry-After`.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        failure::retry_after(self.header("retry-after")?, SystemTime::now())
    }
}

/// There was no whole answer.
#[derive(Debug)]
pub(crate) struct Lost {
    /// What a reader is told.
    pub(crate) error: Error,
    /// Whether trying again may help.
    pub(crate) passing: bool,
    /// Whether the server can't have seen the request.
    pub(crate) unsent: bool,
}

impl Exchanges {
    /// Connections with the proxies, the timeouts and the trust of these options.
    ///
    /// # Errors
    /// `Io` when the system gives no resources for them.
    pub(crate) fn new(options: &Options) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Error::new(ErrorKind::Io, format!("the system gives no resources for requests: {error}")))?;
        Ok(Self { connections: Connections::new(options.proxies.clone(), options.timeouts), tls: options.tls.clone(), runtime })
    }

    /// Asks once.
    ///
    /// # Errors
    /// When no whole answer came.
    pub(crate) fn ask(&self, question: &Question) -> Result<Answer, Lost> {
        self.runtime.block_on(self.send(question))
    }

    async fn send(&self, question: &Question) -> Result<Answer, Lost> {
        let url = &question.url;
        let secure = url.expose().scheme() == "https";
        let trust = Trust { tls: self.tls.clone(), identified: self.tls.cert_file.is_some(), secure };
        let client = self.connections.client(trust).map_err(|failure| lost(failure, url, true))?;
        let mut builder = client.request(question.method.clone(), url.expose().clone()).headers(question.headers.clone());
        if let Some(body) = &question.body {
            builder = builder.body(body.clone());
        }
        let sent = builder.send().await;
        let mut response = sent.map_err(|error| {
            let unsent = error.is_connect() || error.is_builder();
            lost(Failure::from_library(error, false), url, unsent)
        })?;
        let body = read_within(&mut response, question.limit, |_| {}).await.map_err(|failure| lost(failure, url, false))?;
        Ok(Answer { status: response.status(), headers: response.headers().clone(), body: body.into() })
    }
}

fn lost(failure: Failure, url: &RedactedUrl, unsent: bool) -> Lost {
    let passing = matches!(failure, Failure::Connection(_) | Failure::Timeout | Failure::Body(_));
    let error = match failure {
        Failure::TooLarge { limit } => {
            Error::new(ErrorKind::Limit, format!("the answer of {url} is larger than {} MiB, the most that is taken", limit >> 20))
        }
        other => other.into_error(url, 1),
    };
    Lost { error, passing, unsent }
}
