//! What a render fails with: Go's text, Helm's rewriting of it, and the chain of calls.

use std::fmt;
use std::sync::Arc;

use super::{WARN_END, WARN_START};
use crate::error::{Error, ErrorKind, Place};

/// How many bytes a message grows to while it passes outwards through the calls.
pub(super) const MAX_MESSAGE: usize = 1 << 20;
/// How many bytes of a line are shown.
pub(super) const MAX_LINE: usize = 2_000;

/// Why a function refuses.
#[derive(Debug)]
pub(crate) enum Fail {
    /// A message; the executor adds place and context.
    Text(String),
    /// A named limit was reached.
    Limit(String),
    /// A template that the function executed failed.
    Exec(Box<RenderError>),
}

impl Fail {
    pub(crate) fn text(message: impl Into<String>) -> Self {
        Self::Text(message.into())
    }

    pub(crate) fn limit(message: impl Into<String>) -> Self {
        Self::Limit(message.into())
    }
}

impl From<String> for Fail {
    fn from(message: String) -> Self {
        Self::Text(message)
    }
}

impl From<&str> for Fail {
    fn from(message: &str) -> Self {
        Self::Text(message.into())
    }
}

/// One level of the calls that led to a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The template that was being executed.
    pub template: Arc<str>,
    /// Where in which file.
    pub place: Place,
    /// The text of that line.
    pub line_text: String,
    /// What was being evaluated, as Go prints it.
    pub expression: String,
}

/// A failed render.
#[derive(Debug, Clone)]
pub struct RenderError {
    /// The message as Helm prints it.
    pub message: String,
    /// Whether a limit of ours was reached, where Helm might have gone on.
    pub is_limit: bool,
    /// The calls that led there, outermost first.
    pub frames: Vec<Frame>,
}

impl RenderError {
    /// A failure without a place.
    pub(crate) fn new(message: String) -> Self {
        Self { message, is_limit: false, frames: Vec::new() }
    }

    /// The same with words in front of the message, while it is of a length that somebody may read.
    pub(super) fn prefixed(mut self, words: &str) -> Self {
        if self.message.len() + words.len() <= MAX_MESSAGE {
            self.message.insert_str(0, words);
        }
        self
    }

    /// Helm's rewriting: what `required` and `fail` say goes to the front.
    pub(super) fn in_helms_words(mut self) -> Self {
        if let Some((start, end)) = self.message.find(WARN_START).zip(self.message.rfind(WARN_END)) {
            let said = self.message.get(start + WARN_START.len()..end).unwrap_or_default().to_owned();
            let place = self.message.split(": ").nth(1).unwrap_or_default().to_owned();
            self.message = format!("execution error at ({place}): {said}");
        }
        self
    }
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<RenderError> for Error {
    /// The innermost place with its line, and the chain of calls as hints.
    fn from(failure: RenderError) -> Self {
        let kind = if failure.is_limit { ErrorKind::Limit } else { ErrorKind::Chart };
        let mut error = Error::new(kind, failure.message);
        if let Some(inner) = failure.frames.last() {
            error = error.at(inner.place.clone()).excerpt(inner.line_text.clone());
        }
        let outer = failure.frames.len().saturating_sub(1);
        failure
            .frames
            .iter()
            .take(outer)
            .rev()
            .fold(error, |error, frame| error.hint(format!("called at {} by {}", frame.place, frame.expression)))
    }
}
