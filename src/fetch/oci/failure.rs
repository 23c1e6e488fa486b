//! What the registry client says went wrong, in this program's words: which kind of failure it is and whether to try again.

use std::error::Error as StdError;
use std::io;

use oci_client::errors::{DigestError, OciDistributionError, OciEnvelope, OciErrorCode};

use crate::error::{Error, ErrorKind};

/// The most characters of a server's own words that are shown.
const MOST_WORDS: usize = 200;

/// A failed exchange with a registry.
#[derive(Debug)]
pub(super) struct Failure {
    /// What it comes to.
    pub(super) kind: FailureKind,
    /// A clause: `the registry answered with status 503`.
    pub(super) message: String,
}

/// What a failure comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FailureKind {
    /// The registry has no such thing.
    NotFound,
    /// It doesn't let us in, or not to this.
    Denied,
    /// It may go better in a moment.
    Passing,
    /// The certificate isn't trusted.
    Untrusted,
    /// The other side doesn't speak TLS.
    NotTls,
    /// The bytes are not those that were promised.
    Corrupt,
    /// More came than is taken.
    Limit,
    /// Anything else.
    Lasting,
}

impl Failure {
    pub(super) fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// The same as an error.
    pub(super) fn into_error(self) -> Error {
        let kind = match self.kind {
            FailureKind::NotFound => ErrorKind::NotFound,
            FailureKind::Denied => ErrorKind::Denied,
            FailureKind::Corrupt => ErrorKind::Corrupt,
            FailureKind::Limit => ErrorKind::Limit,
            FailureKind::Passing | FailureKind::Untrusted | FailureKind::NotTls | FailureKind::Lasting => ErrorKind::Network,
        };
        let error = Error::new(kind, self.message);
        match self.kind {
            FailureKind::Untrusted => error.hint("the certificates of a private authority are given by --ca-file"),
            FailureKind::NotTls => error.hint("a registry without TLS needs --plain-http"),
            FailureKind::Corrupt => error.hint("it was changed after it was pushed, or on its way: ask the registry's owner"),
            _ => error,
        }
    }

    /// What a status other than 200 means.
    pub(super) fn of_status(code: u16) -> Self {
        let kind = match code {
            404 => FailureKind::NotFound,
            401 | 403 => FailureKind::Denied,
            408 | 429 | 500..=599 => FailureKind::Passing,
            _ => FailureKind::Lasting,
        };
        Self::new(kind, format!("the registry answered with status {code}"))
    }

    /// What an exchange without an answer means.
    pub(super) fn of_request(error: &reqwest::Error) -> Self {
        if error.is_redirect() {
            return Self::new(FailureKind::Lasting, "the registry redirects without end");
        }
        if let Some(tls) = find::<rustls::Error>(error) {
            return match tls {
                rustls::Error::InvalidMessage(_) => Self::new(FailureKind::NotTls, "the registry doesn't speak TLS"),
                _ => Self::new(FailureKind::Untrusted, format!("there is no trusted connection to the registry: {tls}")),
            };
        }
        if error.is_timeout() {
            return Self::new(FailureKind::Passing, "the registry took too long to answer");
        }
        let reason = find::<io::Error>(error).map_or_else(|| innermost(error), |error| error.kind().to_string());
        if error.is_connect() {
            return Self::new(FailureKind::Passing, format!("the registry can't be reached: {reason}"));
        }
        Self::new(FailureKind::Passing, format!("the registry broke off: {reason}"))
    }

    /// A token server's refusal, with its words when it has any.
    pub(super) fn refused_login(body: &[u8]) -> Self {
        let words = serde_json::from_slice(body).map_or_else(|_| String::new(), |envelope| said(&envelope));
        Self::new(FailureKind::Denied, format!("the registry's token server refused us{words}"))
    }
}

impl From<OciDistributionError> for Failure {
    fn from(error: OciDistributionError) -> Self {
        match error {
            OciDistributionError::UnauthorizedError { .. } => Self::new(FailureKind::Denied, "the registry doesn't let us in (401)"),
            OciDistributionError::AuthenticationFailure(body) => Self::refused_login(body.as_bytes()),
            OciDistributionError::RegistryError { envelope, .. } => of_envelope(&envelope),
            OciDistributionError::ServerError { code, .. } => Self::of_status(code),
            OciDistributionError::ImageManifestNotFoundError(_) => Self::new(FailureKind::NotFound, "the registry has no such manifest"),
            OciDistributionError::DigestError(error) => of_digest(&error),
            OciDistributionError::RequestError(error) => Self::of_request(&error),
            OciDistributionError::IoError(error) => of_io(&error),
            OciDistributionError::JsonError(_)
            | OciDistributionError::ManifestEncodingError(_)
            | OciDistributionError::RegistryTokenDecodeError(_) => {
                Self::new(FailureKind::Lasting, "the answer is not what a registry says; is this the address of one?")
            }
            other => Self::new(FailureKind::Lasting, other.to_string()),
        }
    }
}

fn of_envelope(envelope: &OciEnvelope) -> Failure {
    let kind = envelope.errors.first().map_or(FailureKind::Lasting, |error| match &error.code {
        OciErrorCode::ManifestUnknown
        | OciErrorCode::NameUnknown
        | OciErrorCode::BlobUnknown
        | OciErrorCode::NotFound
        | OciErrorCode::NameInvalid => FailureKind::NotFound,
        OciErrorCode::Unauthorized | OciErrorCode::Denied => FailureKind::Denied,
        OciErrorCode::Toomanyrequests => FailureKind::Passing,
        _ => FailureKind::Lasting,
    });
    Failure::new(kind, format!("the registry refused{}", said(envelope)))
}

/// The server's words, shortened, after a colon.
fn said(envelope: &OciEnvelope) -> String {
    let words: Vec<&str> = envelope.errors.iter().map(|error| &*error.message).filter(|words| !words.is_empty()).collect();
    if words.is_empty() { String::new() } else { format!(": {}", words.join(", ").chars().take(MOST_WORDS).collect::<String>()) }
}

fn of_digest(error: &DigestError) -> Failure {
    match error {
        DigestError::VerificationError { expected, actual } => Failure::new(
            FailureKind::Corrupt,
            format!("what came is not what was promised: its digest is {actual}, {expected} was expected"),
        ),
        other => Failure::new(FailureKind::Corrupt, other.to_string()),
    }
}

fn of_io(error: &io::Error) -> Failure {
    if let Some(digest) = find::<DigestError>(error) {
        return of_digest(digest);
    }
    if let Some(request) = find::<reqwest::Error>(error) {
        return Failure::of_request(request);
    }
    if error.kind() == io::ErrorKind::FileTooLarge {
        return Failure::new(FailureKind::Limit, error.to_string());
    }
    Failure::new(FailureKind::Passing, format!("the registry broke off: {}", error.kind()))
}

/// The first error of a type among an error and its causes. What an I/O error wraps is no cause of its own, so it is looked into.
fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

fn innermost(error: &(dyn StdError + 'static)) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    last.to_string()
}
