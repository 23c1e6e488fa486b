//! How a request can fail, whether trying again may help, and what a reader is told.

use std::error::Error as StdError;
use std::time::{Duration, SystemTime};

use super::super::options::Retries;
use super::super::redact::RedactedUrl;
use super::redirect::{MOST_REDIRECTS, Refusal};
use crate::error::{Error, ErrorKind};

/// One failed try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::fetch) enum Failure {
    /// The server answered with a status other than the ones that were expected.
    Status {
        /// The status.
        status: u16,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
        /// Whether the request carried credentials.
        signed: bool,
    },
    /// No connection, or it was lost before an answer came.
    Connection(String),
    /// The server's certificate or the client's was refused, or the two don't speak TLS with each other.
    Tls(String),
    /// Nothing came for too long.
    Timeout,
    /// The body ended too early or can't be decoded.
    Body(String),
    /// More bytes than the limit allows.
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// A redirect that isn't followed.
    Redirect(Refusal),
    /// The request could not be made at all: wrong settings.
    Settings(String),
}

impl Failure {
    /// How the HTTP library's error is read. Its text holds the URL, so only its causes are used.
    pub(super) fn from_library(error: reqwest::Error, in_body: bool) -> Self {
        let error = error.without_url();
        if let Some(tls) = tls_cause(&error) {
            return Self::Tls(tls);
        }
        let text = innermost(&error);
        if error.is_timeout() {
            Self::Timeout
        } else if error.is_builder() {
            Self::Settings(text)
        } else if in_body {
            Self::Body(text)
        } else {
            Self::Connection(text)
        }
    }

    /// How long to wait before trying again; none when that can't help, or has been done often enough.
    ///
    /// `tried` counts the tries so far, `jitter` is between 0 and 1: the wait is between half of the back-off and all of it, and never less
    /// than the server asks for.
    pub(super) fn wait(&self, tried: u32, retries: &Retries, jitter: f64) -> Option<Duration> {
        let asked = match self {
            Self::Status { status: 429 | 500 | 502..=599, retry_after, .. } => *retry_after,
            Self::Connection(_) | Self::Timeout | Self::Body(_) => None,
            _ => return None,
        };
        if tried > retries.count || asked.is_some_and(|asked| asked > retries.longest_wait) {
            return None;
        }
        let doubled = retries.first_wait.saturating_mul(2u32.saturating_pow(tried.saturating_sub(1)));
        let spread = doubled.min(retries.longest_wait).mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0);
        Some(asked.map_or(spread, |asked| asked.max(spread)))
    }

    /// What the reader is told after `tried` tries at this URL.
    pub(super) fn into_error(self, url: &RedactedUrl, tried: u32) -> Error {
        let tries = if tried > 1 { format!(" ({tried} tries)") } else { String::new() };
        match self {
            Self::Status { status, retry_after, signed } => status_error(status, retry_after, signed, url, &tries),
            Self::Connection(why) => Error::new(ErrorKind::Network, format!("no connection to {url}{tries}: {why}"))
                .hint("check the address, the network, and HTTP_PROXY, HTTPS_PROXY and NO_PROXY"),
            Self::Timeout => Error::new(ErrorKind::Network, format!("{url} did not answer in time{tries}"))
                .hint("the server or a proxy on the way is slow or unreachable: try again later"),
            Self::Tls(why) => Error::new(ErrorKind::Network, format!("no secure connection to {url}: {why}"))
                .hint("name the authority that signed the server's certificate with --ca-file, and the client's certificate with --cert-file and --key-file when the server wants one"),
            Self::Body(why) => Error::new(ErrorKind::Network, format!("the answer of {url} was cut short or damaged{tries}: {why}"))
                .hint("try again; if it stays, the file on the server or a proxy on the way is broken"),
            Self::TooLarge { limit } => {
                Error::new(ErrorKind::Limit, format!("{url} is larger than {} MiB, the most that is taken", limit >> 20))
                    .hint("download the chart's .tgz by itself and give its path, or name its URL or an oci:// reference")
            }
            Self::Redirect(refusal) => redirect_error(&refusal, url),
            Self::Settings(why) => Error::new(ErrorKind::Usage, format!("{url} can't be asked: {why}")),
        }
    }
}

fn status_error(status: u16, retry_after: Option<Duration>, signed: bool, url: &RedactedUrl, tries: &str) -> Error {
    let error = |kind, message: String| Error::new(kind, message);
    match status {
        401 if signed => error(ErrorKind::Denied, format!("{url} refused the user name or the password (401)"))
            .hint("check --username and --password-stdin, or the repository's entry in Helm's repositories.yaml"),
        401 => error(ErrorKind::Denied, format!("{url} wants a login (401)"))
            .hint("give --username and --password-stdin, or add the repository to Helm with `helm repo add --username … --password-stdin`"),
        403 => error(ErrorKind::Denied, format!("{url} may not be read with these credentials (403)"))
            .hint("ask the repository's owner for access; some servers answer 403 for charts that don't exist"),
        404 | 410 => error(ErrorKind::NotFound, format!("there is nothing at {url} ({status})"))
            .hint("check the address; a Helm repository's URL is the folder that holds its index.yaml"),
        429 => {
            let wait = retry_after.map_or_else(String::new, |wait| format!(", wants {} seconds between them", wait.as_secs()));
            error(ErrorKind::Network, format!("{url} takes no more requests for now (429){wait}{tries}"))
                .hint("try again later, or log in: registries and repositories allow more to those they know")
        }
        500..=599 => error(ErrorKind::Network, format!("the server failed at {url} ({status}){tries}")).hint("try again later"),
        _ => error(ErrorKind::Network, format!("{url} answered with status {status}, which is no download")),
    }
}

fn redirect_error(refusal: &Refusal, url: &RedactedUrl) -> Error {
    let (what, hint) = match refusal {
        Refusal::Loop => ("redirects in a circle", "the server is set up wrongly: tell its owner"),
        Refusal::TooMany => {
            return Error::new(ErrorKind::Network, format!("{url} redirects more than {MOST_REDIRECTS} times"))
                .hint("the server is set up wrongly: tell its owner");
        }
        Refusal::Downgrade => {
            ("redirects from https to http, which is not followed", "ask for the http:// address itself if you trust the network")
        }
        Refusal::Elsewhere => ("redirects to something that is no http or https address", "check the repository's address"),
    };
    Error::new(ErrorKind::Network, format!("{url} {what}")).hint(hint)
}

/// `Retry-After` in seconds or as an HTTP date.
pub(super) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    match value.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => httpdate::parse_http_date(value).ok().map(|date| date.duration_since(now).unwrap_or_default()),
    }
}

/// An error and its causes. An I/O error's own payload is one of them, which its `source` skips.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        Some(held) => Some(held),
        None => error.source(),
    })
}

/// The text of the TLS error among the causes.
fn tls_cause(error: &(dyn StdError + 'static)) -> Option<String> {
    causes(error).find_map(|error| error.downcast_ref::<rustls::Error>()).map(ToString::to_string)
}

fn innermost(error: &(dyn StdError + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRIES: Retries = Retries { count: 3, first_wait: Duration::from_millis(500), longest_wait: Duration::from_secs(10) };

    fn status(status: u16, retry_after: Option<u64>) -> Failure {
        Failure::Status { status, retry_after: retry_after.map(Duration::from_secs), signed: false }
    }

    #[test]
    fn what_may_pass_is_tried_again() {
        let table = [
            (status(429, None), true),
            (status(500, None), true),
            (status(501, None), false),
            (status(503, None), true),
            (status(401, None), false),
            (status(404, None), false),
            (Failure::Connection("refused".into()), true),
            (Failure::Timeout, true),
            (Failure::Body("end of file".into()), true),
            (Failure::Tls("unknown issuer".into()), false),
            (Failure::TooLarge { limit: 1 }, false),
            (Failure::Redirect(Refusal::Loop), false),
        ];
        for (failure, again) in table {
            assert_eq!(failure.wait(1, &RETRIES, 0.0).is_some(), again, "{failure:?}");
            assert_eq!(failure.wait(RETRIES.count + 1, &RETRIES, 0.0), None, "{failure:?}");
        }
    }

    #[test]
    fn waits_double_up_to_the_cap_and_honour_the_server() {
        let seconds =
            |tried, jitter, asked| status(503, asked).wait(tried, &Retries { count: 99, ..RETRIES }, jitter).map(|wait| wait.as_secs_f64());
        assert_eq!(seconds(1, 1.0, None), Some(0.5));
        assert_eq!(seconds(1, 0.0, None), Some(0.25));
        assert_eq!(seconds(3, 1.0, None), Some(2.0));
        assert_eq!(seconds(50, 1.0, None), Some(10.0));
        assert_eq!(seconds(1, 1.0, Some(7)), Some(7.0));
        assert_eq!(seconds(1, 1.0, Some(0)), Some(0.5));
        assert_eq!(seconds(1, 1.0, Some(11)), None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(retry_after(" 120 ", now), Some(Duration::from_secs(120)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now), Some(Duration::from_secs(60)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
    }

    #[test]
    fn every_failure_names_the_url_without_its_secrets() {
        let url = RedactedUrl::parse("https://someone:hunter2@charts.example.com/index.yaml?token=hunter2").unwrap();
        let statuses = [401, 403, 404, 410, 418, 429, 500, 503].map(|code| status(code, Some(3)));
        let others = [
            Failure::Connection("refused".into()),
            Failure::Timeout,
            Failure::Tls("unknown issuer".into()),
            Failure::Body("ended".into()),
            Failure::TooLarge { limit: 128 << 20 },
            Failure::Redirect(Refusal::Loop),
            Failure::Redirect(Refusal::TooMany),
            Failure::Redirect(Refusal::Downgrade),
            Failure::Redirect(Refusal::Elsewhere),
            Failure::Settings("no such file".into()),
        ];
        for failure in statuses.into_iter().chain(others) {
            let report = failure.clone().into_error(&url, 2).report();
            assert!(report.contains("https://***@charts.example.com/index.yaml?token=***"), "{report}");
            assert!(!report.contains("hunter2") && !report.contains("someone"), "{report}");
        }
    }
}
