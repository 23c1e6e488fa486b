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
    /// The errors that Go wrapped in this one, outermost first: each is the end of the message, of this length.
    pub(super) wrapped: Vec<usize>,
}

impl RenderError {
    /// A failure without a place.
    pub(crate) fn new(message: String) -> Self {
        Self { message, is_limit: false, frames: Vec::new(), wrapped: Vec::new() }
    }

    /// The same with words in front of the message, while it is of a length that somebody may read.
    pub(super) fn prefixed(mut self, words: &str) -> Self {
        if self.message.len() + words.len() <= MAX_MESSAGE {
            self.wrapped.insert(0, self.message.len());
            self.message.insert_str(0, words);
        }
        self
    }

    /// The same, wrapped around an error whose message its own ends with.
    pub(super) fn around(mut self, inner: Self) -> Self {
        self.is_limit = inner.is_limit;
        self.frames.extend(inner.frames);
        self.wrapped = std::iter::once(inner.message.len()).chain(inner.wrapped).collect();
        self
    }

    /// Helm's rewriting: what `required` and `fail` say goes to the front; otherwise Helm 4 tells each call on lines of its own.
    pub(super) fn in_helms_words(mut self, in_lines: bool) -> Self {
        if let Some((start, end)) = self.message.find(WARN_START).zip(self.message.rfind(WARN_END)) {
            let said = self.message.get(start + WARN_START.len()..end).unwrap_or_default().to_owned();
            let place = self.message.split(": ").nth(1).unwrap_or_default().to_owned();
            self.message = format!("execution error at ({place}): {said}");
        } else if let Some(lines) = self.in_lines().filter(|_| in_lines && !self.is_limit) {
            self.message = lines;
        }
        self
    }

    /// The calls line by line (Helm 4 `reformatExecErrorMsg`); `None` when one of the wrapped errors is not the template engine's.
    fn in_lines(&self) -> Option<String> {
        let inner = self.wrapped.iter().map(|length| self.message.get(self.message.len().saturating_sub(*length)..).unwrap_or_default());
        let mut levels: Vec<Level<'_>> = Vec::new();
        for text in std::iter::once(&*self.message).chain(inner) {
            let level = Level::of(text)?;
            if levels.last() != Some(&level) {
                levels.push(level);
            }
        }
        let lines: String = levels.iter().map(Level::to_string).collect();
        Some(lines.trim().to_owned())
    }
}

/// One error of the template engine, taken apart (Helm 4 `TraceableError`).
#[derive(PartialEq, Eq)]
struct Level<'m> {
    place: &'m str,
    executing: Option<&'m str>,
    message: &'m str,
}

impl<'m> Level<'m> {
    fn of(text: &'m str) -> Option<Self> {
        let rest = text.strip_prefix("template: ")?;
        if rest.starts_with("no template ") {
            return Some(Self { place: "", executing: None, message: text });
        }
        let own = |message: &'m str| message.split_once(" template:").map_or(message, |(own, _)| own);
        if let Some(level) = Self::executing(rest, own) {
            return Some(level);
        }
        let (place, message) = rest.rsplit_once(": ")?;
        Some(Self { place, executing: None, message: own(message) })
    }

    /// `PLACE: executing "TEMPLATE" at <EXPRESSION>: MESSAGE`.
    fn executing(rest: &'m str, own: impl Fn(&'m str) -> &'m str) -> Option<Self> {
        let (place, after) = rest.split_once(": executing ")?;
        let name_end = after.strip_prefix('"')?.find('"')? + 2;
        let (expression, message) = after[name_end..].strip_prefix(" at <")?.split_once(">: ")?;
        let executing = &after[..name_end + " at <".len() + expression.len() + ">:".len()];
        Some(Self { place, executing: Some(executing), message: own(message) })
    }
}

impl fmt::Display for Level<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{}\n  ", self.place)?;
        }
        if let Some(executing) = self.executing {
            write!(f, "executing {executing}\n    ")?;
        }
        if self.message.is_empty() { Ok(()) } else { writeln!(f, "{}", self.message) }
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
