//! What went wrong, where, and what to try: the one error type of the crate.
//!
//! An [`Error`] is a chain. Its head says what was being done ("cannot read the index of https://…"), each cause says why, the
//! innermost may point at a place in a file, and hints say what to try. Depends on the standard library only; every stage may use it.

use std::fmt;

/// The result of anything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The sort of failure, for programs that must tell them apart. People read the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The command line or the configuration asks for something that can't be.
    Usage,
    /// A file, chart, version, rule or repository that doesn't exist.
    NotFound,
    /// Credentials are missing or were refused (401, 403).
    Denied,
    /// The network or the server failed (connection, TLS, timeout, 429, 5xx, a body cut short).
    Network,
    /// The bytes are not what was promised: digest, archive, encoding.
    Corrupt,
    /// Text that can't be read as YAML, JSON, a version, a rule or a condition.
    Syntax,
    /// A chart that Helm would refuse, too.
    Chart,
    /// A named limit was reached.
    Limit,
    /// The disk or the terminal failed.
    Io,
}

/// A place in a file, as an editor counts it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file's name as a reader would look for it, such as `thanos/values.yaml`.
    pub file: String,
    /// The line, from 1; 0 when only the file is known.
    pub line: u32,
    /// The column in characters, from 1; 0 when only the line is known.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if self.line > 0 && self.column > 0 {
            write!(f, ":{}", self.column)?;
        }
        Ok(())
    }
}

/// A failure with its causes, its place and its hints. One pointer wide.
///
/// `Display` gives the head message alone; [`Error::report`] gives all of it.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    place: Option<Place>,
    /// The text of the line at `place`.
    line_text: Option<String>,
    hints: Vec<String>,
    cause: Option<Error>,
}

impl Error {
    /// An error of this kind. `message` is a clause without a final stop: "no version of thanos matches ~13.9".
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), place: None, line_text: None, hints: Vec::new(), cause: None }))
    }

    /// The same error, at a place in a file.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.0.place = Some(place);
        self
    }

    /// The same error, with the text of the line it is at, shown below the message with a caret under the column.
    #[must_use]
    pub fn excerpt(mut self, line_text: impl Into<String>) -> Self {
        self.0.line_text = Some(line_text.into());
        self
    }

    /// The same error, with one more thing to try: "run with --offline=false", "the nearest versions are …".
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hints.push(hint.into());
        self
    }

    /// The error becomes the cause of a new one that says what was being done. Kind and hints still show.
    #[must_use]
    pub fn context(self, doing: impl Into<String>) -> Self {
        let mut outer = Self::new(self.0.kind, doing);
        outer.0.cause = Some(self);
        outer
    }

    /// The sort of failure: that of the innermost cause.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// This error and its causes, outermost first.
    pub fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |error| error.0.cause.as_ref())
    }

    /// Where it happened: the place of the innermost error that has one.
    pub fn place(&self) -> Option<&Place> {
        self.chain().filter_map(|error| error.0.place.as_ref()).last()
    }

    /// Everything to try: that of the innermost error first, that of one error in the order it was given.
    pub fn hints(&self) -> Vec<&str> {
        let chain: Vec<&Self> = self.chain().collect();
        chain.into_iter().rev().flat_map(|error| error.0.hints.iter().map(String::as_str)).collect()
    }

    /// The whole story in lines: `error: …`, `  caused by: …`, the place with its line and a caret, `  hint: …`. Text from charts is in
    /// it as it came: whoever prints it makes it safe for where it goes.
    pub fn report(&self) -> String {
        use fmt::Write as _;
        let mut text = String::new();
        for (depth, error) in self.chain().enumerate() {
            let lead = if depth == 0 { "error" } else { "  caused by" };
            let _ = writeln!(text, "{lead}: {}", error.0.message);
            if let Some(place) = &error.0.place {
                let _ = writeln!(text, "  --> {place}");
                if let Some(line) = &error.0.line_text {
                    let number = place.line.to_string();
                    let pad = " ".repeat(number.len());
                    let _ = writeln!(text, "  {pad} |\n  {number} | {line}");
                    if place.column > 0 {
                        let before: String =
                            line.chars().take(place.column as usize - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
                        let _ = writeln!(text, "  {pad} | {before}^");
                    }
                }
            }
        }
        for hint in self.hints() {
            let _ = writeln!(text, "  hint: {hint}");
        }
        text
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{:?}] {}", self.0.kind, self.report())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.cause.as_ref().map(|cause| cause as _)
    }
}

/// Adds what was being done to a failed result.
pub trait Context<T> {
    /// Wraps the error with [`Error::context`]; the closure runs only on failure.
    ///
    /// # Errors
    /// The given one, wrapped.
    fn doing(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T> Context<T> for Result<T> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| error.context(what()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_come_innermost_first_and_otherwise_as_given() {
        let error = Error::new(ErrorKind::Usage, "no password").hint("first").hint("second").context("cannot log in").hint("third");
        assert_eq!(error.hints(), ["first", "second", "third"]);
    }
}
