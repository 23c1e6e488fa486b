//! One run: what its downloads share, and the downloads themselves.
//!
//! Index files are fetched once a run, kept on disk with their HTTP cache policy (RFC 9111, by `http-cache-semantics`) and revalidated.
//! Packages are taken from the cache by their digest, or fetched and checked against it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use ::http::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue, SET_COOKIE};
use bytes::Bytes;
use http_cache_semantics::{AfterResponse, BeforeRequest, CacheOptions, CachePolicy};
use tokio::sync::OnceCell;

use super::cache::{Bucket, Cache};
use super::http::{Access, HttpClient, Request, Response};
use super::options::Options;
use super::progress::Progress;
use super::redact::RedactedUrl;
use super::{Content, Digest, Package};
use crate::error::{Error, ErrorKind, Result};

/// How the cache reads headers: for one user, and never by guessing how long an index without an expiry stays good.
const CACHE_RULES: CacheOptions = CacheOptions {
    shared: false,
    cache_heuristic: 0.0,
    immutable_min_time_to_live: Duration::from_secs(24 * 60 * 60),
    ignore_cargo_cult: false,
};

/// What all downloads of a run share.
pub(super) struct Session<'a> {
    pub(super) options: &'a Options,
    pub(super) progress: &'a dyn Progress,
    pub(super) cache: Cache<'a>,
    http: HttpClient,
    indexes: Mutex<HashMap<String, Arc<OnceCell<Bytes>>>>,
}

impl<'a> Session<'a> {
    pub(super) fn new(options: &'a Options, progress: &'a dyn Progress) -> Self {
        let cache = Cache::new(options.cache_dir.clone(), progress);
        Self { options, progress, cache, http: HttpClient::new(options), indexes: Mutex::default() }
    }

    /// The text of an index, fetched once a run.
    ///
    /// # Errors
    /// Those of the request; `NotFound` when offline and not in the cache.
    pub(super) async fn index(&self, url: &RedactedUrl, access: &Access) -> Result<Bytes> {
        let user = access.credentials.as_ref().map_or("", |credentials| &credentials.username);
        let key = format!("{}\n{user}", url.expose());
        let cell = Arc::clone(self.indexes.lock().unwrap_or_else(PoisonError::into_inner).entry(key.clone()).or_default());
        cell.get_or_try_init(|| self.load_index(url, access, &key)).await.cloned()
    }

    async fn load_index(&self, url: &RedactedUrl, access: &Access, key: &str) -> Result<Bytes> {
        let stored = self.cache.recall(Bucket::Indexes, key).and_then(Stored::read);
        if self.options.offline {
            return stored.map(|stored| stored.body).ok_or_else(|| offline_miss(&format!("the index {url}")));
        }
        let question = question(url);
        let headers = match (&stored, &question) {
            (Some(stored), Some(question)) => match stored.policy.before_request(question, SystemTime::now()) {
                BeforeRequest::Fresh(_) => return Ok(stored.body.clone()),
                BeforeRequest::Stale { request, .. } => request.headers,
            },
            _ => HeaderMap::new(),
        };
        let request = Request { url, access, label: "index.yaml", limit: self.options.limits.index_bytes, headers, compressed: true };
        let could_be_offline = |error: Error| match &stored {
            Some(_) => error.hint("an older copy is in the cache: --offline uses it"),
            None => error,
        };
        let response = self.http.get(&request, self.progress).await.map_err(could_be_offline)?;
        let Some(question) = question else { return Ok(response.body) };
        match stored {
            Some(stored) if response.status == ::http::StatusCode::NOT_MODIFIED => Ok(self.renew(key, stored, &question, response)),
            _ => Ok(self.keep_index(key, &question, response)),
        }
    }

    /// The server says that the stored copy is still good.
    fn renew(&self, key: &str, stored: Stored, question: &Question, response: Response) -> Bytes {
        let now = SystemTime::now();
        let AfterResponse::NotModified(policy, _) = stored.policy.after_response(question, &answer(response), now) else {
            return stored.body;
        };
        // Without an expiry the next run asks again anyway: no need to write megabytes for a new date.
        if policy.time_to_live(now) > Duration::ZERO {
            self.write_index(key, &policy, &stored.body);
        }
        stored.body
    }

    fn keep_index(&self, key: &str, question: &Question, response: Response) -> Bytes {
        let body = response.body.clone();
        let policy = CachePolicy::new_options(question, &answer(response), SystemTime::now(), CACHE_RULES);
        if policy.is_storable() {
            self.write_index(key, &policy, &body);
        }
        body
    }

    fn write_index(&self, key: &str, policy: &CachePolicy, body: &[u8]) {
        if let Ok(policy) = serde_json::to_vec(policy) {
            self.cache.remember(Bucket::Indexes, key, &[&policy, b"\n", body]);
        }
    }

    /// A chart archive behind a URL. `promised` is the digest that an index gives for it.
    ///
    /// # Errors
    /// Those of the request; `Corrupt` when the bytes don't have the promised digest; `NotFound` when offline and not in the cache.
    pub(super) async fn archive(&self, url: &RedactedUrl, access: &Access, promised: Option<Digest>) -> Result<Package> {
        let key = url.expose().as_str();
        let known = promised.or_else(|| self.options.offline.then(|| self.pointer(key)).flatten());
        if let Some(package) = known.and_then(|digest| self.cached(digest, &url.to_string())) {
            return Ok(package);
        }
        if self.options.offline {
            return Err(offline_miss(&format!("the package {url}")));
        }
        let label = url.expose().path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
        let limit = self.options.limits.package_bytes;
        let request = Request { url, access, label, limit, headers: HeaderMap::new(), compressed: false };
        let body = self.http.get(&request, self.progress).await?.body;
        self.keep(key, body, url.to_string(), promised)
    }

    /// The package with this digest, when the cache has it.
    pub(super) fn cached(&self, digest: Digest, origin: &str) -> Option<Package> {
        let bytes = self.cache.package(&digest)?;
        Some(Package { content: Content::Archive(bytes), origin: origin.to_owned(), digest: Some(digest) })
    }

    /// The digest of what was last fetched under this key.
    pub(super) fn pointer(&self, key: &str) -> Option<Digest> {
        let record = self.cache.recall(Bucket::Pointers, key)?;
        Digest::parse(std::str::from_utf8(&record).ok()?).ok()
    }

    /// Takes a package that was fetched: checks it, and keeps it under its digest and under a key.
    ///
    /// # Errors
    /// `Corrupt` when the bytes don't have the promised digest.
    pub(super) fn keep(&self, key: &str, bytes: Bytes, origin: String, promised: Option<Digest>) -> Result<Package> {
        let digest = Digest::of(&bytes);
        if let Some(promised) = promised {
            promised.verify(&bytes, &origin)?;
        }
        self.cache.keep_package(&digest, &bytes);
        self.cache.remember(Bucket::Pointers, key, &[digest.to_string().as_bytes()]);
        Ok(Package { content: Content::Archive(bytes), origin, digest: Some(digest) })
    }
}

/// What is not there without a network.
pub(super) fn offline_miss(what: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("{what} is not in the cache, and --offline forbids to fetch it"))
        .hint("run once without --offline, with the same --cache-dir")
}

/// An index as it is in the cache: its policy in one line, then its text.
struct Stored {
    policy: CachePolicy,
    body: Bytes,
}

impl Stored {
    fn read(record: Bytes) -> Option<Self> {
        let end = memchr::memchr(b'\n', &record)?;
        Some(Self { policy: serde_json::from_slice(&record[..end]).ok()?, body: record.slice(end + 1..) })
    }
}

/// The request as the cache rules see it. Without credentials: they must not reach the disk.
type Question = ::http::Request<()>;

/// None for a URL that the HTTP types refuse: it is fetched and not cached.
fn question(url: &RedactedUrl) -> Option<Question> {
    let builder = ::http::Request::get(url.expose().as_str());
    builder.header(ACCEPT_ENCODING, HeaderValue::from_static("gzip")).body(()).ok()
}

/// The response as the cache rules see it. Without cookies: they must not reach the disk either.
fn answer(response: Response) -> ::http::Response<()> {
    let mut answer = ::http::Response::new(());
    *answer.status_mut() = response.status;
    *answer.headers_mut() = response.headers;
    answer.headers_mut().remove(SET_COOKIE);
    answer
}
