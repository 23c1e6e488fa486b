//! Requests to a forge's API: JSON in and out, over the connections of `fetch`.
//!
//! What is promised: the token goes to the API's own scheme, host and port and nowhere else, also not after a redirect; answers have a
//! size limit; a request is tried again only when that may help and can't do the thing twice; all waits of a run together are bounded.

mod pace;
mod refusal;

use std::cell::Cell;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Method;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(super) use refusal::cut;

use super::Comment;
use super::token::Token;
use crate::error::{Error, ErrorKind, Result};
use crate::fetch::{Answer, Exchanges, Lost, Options, Question, RedactedUrl};
use pace::{Pace, throttled};
use refusal::Refusal;

/// The most bytes of an answer: a hundred comments of the longest kind.
const MOST_BYTES: u64 = 32 << 20;

/// The most pages of a list that are read.
const MOST_PAGES: usize = 200;

/// The most redirects inside of the API that one request follows: a renamed repository takes one.
const MOST_REDIRECTS: usize = 3;

/// One forge's API.
pub(super) struct Api {
    exchanges: Exchanges,
    forge: &'static str,
    base: RedactedUrl,
    headers: HeaderMap,
    token: Option<Token>,
    pace: Pace,
    /// How often it was not sure whether the forge did what was asked.
    unsure: Cell<u32>,
}

/// A request.
#[derive(Debug, Clone)]
pub(super) struct Call<'a> {
    method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    body: Option<Value>,
    /// Statuses besides 2xx that the caller reads itself.
    expected: &'a [u16],
    /// The right that the request takes, to be read behind "the token needs".
    needs: &'static str,
    /// Whether doing it twice is the same as once.
    repeatable: bool,
}

impl<'a> Call<'a> {
    fn new(method: Method, path: &[&str]) -> Self {
        let repeatable = method != Method::POST;
        Self { method, path: joined(path), query: Vec::new(), body: None, expected: &[], needs: "", repeatable }
    }

    /// Reads something. The parts of a path are escaped.
    pub(super) fn get(path: &[&str]) -> Self {
        Self::new(Method::GET, path)
    }

    /// Makes something.
    pub(super) fn post(path: &[&str], body: Value) -> Self {
        Self { body: Some(body), ..Self::new(Method::POST, path) }
    }

    /// Replaces something.
    pub(super) fn put(path: &[&str], body: Value) -> Self {
        Self { body: Some(body), ..Self::new(Method::PUT, path) }
    }

    /// Changes something.
    pub(super) fn patch(path: &[&str], body: Value) -> Self {
        Self { body: Some(body), ..Self::new(Method::PATCH, path) }
    }

    /// A parameter of the query.
    pub(super) fn query(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    /// Doing it twice is the same as once.
    pub(super) fn repeatable(self) -> Self {
        Self { repeatable: true, ..self }
    }

    /// Statuses besides 2xx that come back as answers.
    pub(super) fn expecting(self, expected: &'a [u16]) -> Self {
        Self { expected, ..self }
    }

    /// The right it takes.
    pub(super) fn needs(self, needs: &'static str) -> Self {
        Self { needs, ..self }
    }
}

/// A try that brought nothing.
struct Failed {
    error: Error,
    /// Whether it may pass, and how long the forge asks to wait.
    passing: Option<Option<Duration>>,
    /// Whether the forge can't have done what was asked, or doing it again does no harm.
    harmless: bool,
}

impl Api {
    /// The API at `base`, spoken to with these headers of its own and the token's header.
    ///
    /// # Errors
    /// `Usage` for a token that can't stand in a header; what keeps connections from being made.
    pub(super) fn new(
        forge: &'static str,
        base: &RedactedUrl,
        authorization: Option<(HeaderName, String)>,
        token: Option<Token>,
        options: &Options,
    ) -> Result<Self> {
        let mut headers = HeaderMap::new();
        if let Some((name, value)) = authorization {
            let mut value = HeaderValue::from_str(&value)
                .map_err(|_| Error::new(ErrorKind::Usage, format!("the token for {forge} holds characters that no token holds")))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        let pace = Pace::new(&options.retries);
        Ok(Self {
            exchanges: Exchanges::new(options)?,
            forge,
            base: base.split_credentials().0,
            headers,
            token,
            pace,
            unsure: Cell::default(),
        })
    }

    /// The same with one more header on every request.
    #[must_use]
    pub(super) fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        self
    }

    /// Asks until there is an answer that the caller reads, the answer is no, or it was tried often enough.
    ///
    /// # Errors
    /// `Denied` for 401 and 403, `NotFound` for 404 and 410, `Limit` for what is too long, `Network` for what may pass, `Usage` for the rest.
    pub(super) fn send(&self, call: &Call<'_>) -> Result<Answer> {
        self.ask(call)?.map_err(|failed| failed.error)
    }

    /// Like [`Self::send`] for what must not be done twice; none when the forge broke on the way and may have done it all the same. The next
    /// request then waits, so that the caller can look and try again.
    ///
    /// # Errors
    /// Those of [`Self::send`].
    pub(super) fn create<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<Option<T>> {
        match self.ask(call)? {
            Ok(answer) => self.parse(&answer, call).map(Some),
            Err(Failed { passing: Some(asked), harmless: false, error }) => {
                self.unsure.set(self.unsure.get() + 1);
                if self.pace.again(self.unsure.get(), asked) { Ok(None) } else { Err(error) }
            }
            Err(failed) => Err(failed.error),
        }
    }

    fn ask(&self, call: &Call<'_>) -> Result<Result<Answer, Failed>> {
        let mut tried = 0;
        loop {
            tried += 1;
            self.pace.wait();
            match self.try_once(call, tried)? {
                Err(Failed { passing: Some(asked), harmless: true, .. }) if self.pace.again(tried, asked) => {}
                outcome => return Ok(outcome),
            }
        }
    }

    /// Asks and reads the answer.
    ///
    /// # Errors
    /// Those of [`Self::send`]; `Corrupt` for an answer of another shape.
    pub(super) fn read<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<T> {
        self.parse(&self.send(call)?, call)
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// `Corrupt` for an answer of another shape.
    pub(super) fn parse<T: DeserializeOwned>(&self, answer: &Answer, call: &Call<'_>) -> Result<T> {
        serde_json::from_slice(&answer.body).map_err(|error| {
            let message =
                format!("{} answered {} to {} in a form that it doesn't document: {error}", self.forge, answer.status.as_u16(), call.path);
            Error::new(ErrorKind::Corrupt, message).hint("check that the API's address is that of the API and not of the web pages")
        })
    }

    /// All pages of the comments. `read` asks for page 1, 2, … and says what is on it and whether there is one more.
    ///
    /// # Errors
    /// Those of `read`; `Limit` for more than [`MOST_PAGES`] pages.
    pub(super) fn pages(&self, mut read: impl FnMut(usize) -> Result<(Vec<Comment>, bool)>) -> Result<Vec<Comment>> {
        let mut all: Vec<Comment> = Vec::new();
        for page in 1..=MOST_PAGES {
            let (mut comments, more) = read(page)?;
            let given = comments.len();
            // What is written or deleted meanwhile moves the pages, and some servers give all of them for each.
            comments.retain(|comment| all.iter().all(|known| known.id != comment.id));
            let repeats = given > 0 && comments.is_empty();
            all.append(&mut comments);
            if !more || repeats {
                return Ok(all);
            }
        }
        Err(Error::new(ErrorKind::Limit, format!("{} has more than {MOST_PAGES} pages of comments on this pull request", self.forge)))
    }

    /// One try, redirects inside of the API included.
    fn try_once(&self, call: &Call<'_>, tried: u32) -> Result<Result<Answer, Failed>> {
        let mut question = self.question(call)?;
        for _ in 0..=MOST_REDIRECTS {
            let answer = match self.exchanges.ask(&question) {
                Ok(answer) => answer,
                Err(Lost { error, passing, unsent }) => {
                    return Ok(Err(Failed { error, passing: passing.then_some(None), harmless: unsent || call.repeatable }));
                }
            };
            let status = answer.status.as_u16();
            if (answer.status.is_success() && status != 203) || call.expected.contains(&status) {
                return Ok(Ok(answer));
            }
            if let Some(next) = self.redirect(&question.url, &answer) {
                question.url = next;
                continue;
            }
            let limited = throttled(&answer, SystemTime::now());
            let (forge, token) = (self.forge, self.token.as_ref());
            let refusal = Refusal { forge, call, url: &question.url, answer: &answer, token, tried, limited: limited.is_some() };
            let error = refusal.error();
            let harmless = call.repeatable || limited.is_some() || status == 503;
            let broken = (status >= 500 && status != 501).then(|| answer.retry_after());
            return Ok(Err(Failed { error, passing: limited.or(broken), harmless }));
        }
        Err(Error::new(ErrorKind::Network, format!("{} redirects more than {MOST_REDIRECTS} times from {}", self.forge, question.url)))
    }

    fn question(&self, call: &Call<'_>) -> Result<Question> {
        let mut url = self.base.expose().clone();
        if !call.path.is_empty() {
            let path = format!("{}/{}", url.path().trim_end_matches('/'), call.path);
            url.set_path(&path);
        }
        url.set_query(None);
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        let mut headers = self.headers.clone();
        let body = call.body.as_ref().map(|body| Bytes::from(body.to_string()));
        if body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        Ok(Question { method: call.method.clone(), url: RedactedUrl::from(url), headers, body, limit: MOST_BYTES })
    }

    /// Where an answer sends us, when that is the same API: the token must not leave it.
    fn redirect(&self, here: &RedactedUrl, answer: &Answer) -> Option<RedactedUrl> {
        let moved = matches!(answer.status.as_u16(), 301 | 302 | 307 | 308);
        let location = answer.header(LOCATION.as_str()).filter(|_| moved)?;
        let (next, _) = RedactedUrl::from(here.expose().join(location).ok()?).split_credentials();
        next.same_origin(&self.base).then_some(next)
    }
}

/// A path of escaped parts.
fn joined(parts: &[&str]) -> String {
    const KEPT: percent_encoding::AsciiSet = percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    let parts = parts.iter().map(|part| percent_encoding::utf8_percent_encode(part, &KEPT).to_string());
    parts.collect::<Vec<_>>().join("/")
}
