//! What is wrong with a text: in go-yaml's words, with its line number, and as the crate's [`Error`] with place, excerpt and hints.

use std::borrow::Cow;

use super::input::Mark;
use crate::error::{Error, ErrorKind, Place};
use crate::value::Source;

/// What the parts of the reader return.
pub(super) type Found<T> = Result<T, Box<Problem>>;

/// Which part of Helm's reader finds it. They run one after the other, so this also says which of two problems Helm reports, and each
/// words it in its own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// go-yaml's character reader, which knows no lines.
    Characters,
    /// go-yaml's scanner: lines from 1, the first not named.
    Scanner,
    /// go-yaml's parser: lines from 0, the first not named.
    Parser,
    /// go-yaml's decoder, which knows no lines.
    Decoder,
    /// go-yaml's decoder, refusing an alias bomb.
    Aliasing,
    /// The conversion of keys to JSON, in sigs.k8s.io/yaml.
    Keys,
    /// Go's JSON encoder.
    Json,
    /// Not Helm: a limit of ours.
    Limit,
}

/// One problem.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) stage: Stage,
    /// go-yaml's words.
    pub(super) message: Cow<'static, str>,
    /// What was being read, and where it began.
    pub(super) within: Option<(&'static str, Mark)>,
    /// Where it shows.
    pub(super) mark: Mark,
}

impl Problem {
    /// A problem at a place.
    pub(super) fn new(stage: Stage, message: impl Into<Cow<'static, str>>, mark: Mark) -> Box<Self> {
        Box::new(Self { stage, message: message.into(), within: None, mark })
    }

    /// A problem inside of something that began earlier.
    pub(super) fn within(stage: Stage, what: &'static str, since: Mark, message: &'static str, mark: Mark) -> Box<Self> {
        Box::new(Self { stage, message: message.into(), within: Some((what, since)), mark })
    }

    /// What `helm` prints for it, without the file's name.
    pub(super) fn helm_text(&self) -> String {
        let yaml = match self.stage {
            Stage::Keys | Stage::Json => "",
            _ => "yaml: ",
        };
        let line = match self.stage {
            Stage::Scanner if self.mark.line > 0 => self.mark.line + 1,
            Stage::Parser if self.mark.line > 0 => self.mark.line,
            Stage::Scanner | Stage::Parser => self.within.map_or(0, |(_, since)| since.line),
            _ => 0,
        };
        let line = if line > 0 { format!("line {line}: ") } else { String::new() };
        format!("error converting YAML to JSON: {yaml}{line}{}", self.message)
    }

    /// The same as the crate's error, with the line it shows on and what may help.
    pub(super) fn into_error(self, source: &Source) -> Error {
        let kind = if matches!(self.stage, Stage::Limit | Stage::Aliasing) { ErrorKind::Limit } else { ErrorKind::Syntax };
        let mut message = self.message.to_string();
        if let Some((what, since)) = self.within.filter(|(_, since)| since.line < self.mark.line) {
            message.push_str(&format!(" ({what} that begins on line {})", since.line + 1));
        }
        let line = line_at(&source.text, self.mark);
        let hints = hints(&self, line);
        let place = Place { file: source.name.clone(), line: self.mark.line + 1, column: self.mark.column + 1 };
        let error = Error::new(kind, message).at(place).excerpt(line);
        hints.into_iter().fold(error, Error::hint)
    }
}

/// The text of the line that `mark` is on, without its end.
fn line_at(text: &str, mark: Mark) -> &str {
    let is_break = |c| matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let pos = (mark.pos as usize).min(text.len());
    // At the end of the text a mark may be on the line behind the last break, or already count one that isn't written.
    let start = text[..pos].rfind(is_break).map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    let end = text[pos..].find(is_break).map_or(text.len(), |at| pos + at);
    &text[start..end]
}

/// What may help, judged by the message and the line it shows on.
fn hints(problem: &Problem, line: &str) -> Vec<&'static str> {
    let mut hints = Vec::new();
    let indentation = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
    if indentation.contains('\t') {
        hints.push("indent with spaces: YAML allows no tabs there");
    }
    if line.contains("{{") {
        hints.push("put quotes around a value that begins with `{{`: values files are not templates");
    }
    match &*problem.message {
        "found unexpected end of stream" | "found unexpected document indicator" => hints.push("a quote is not closed"),
        "mapping values are not allowed in this context" => {
            hints.push("put quotes around text that holds `: `, or check the indentation");
        }
        "could not find expected ':'" => hints.push("a key needs a `:` and a space on its own line; check the lines above, too"),
        "did not find expected key" => hints.push("check the indentation, and quotes that end too early"),
        "found character that cannot start any token" if indentation.is_empty() || !indentation.contains('\t') => {
            hints.push("put quotes around text that begins with `@`, a backquote or `%`");
        }
        "did not find expected alphabetic or numeric character" => hints.push("put quotes around text that begins with `*` or `&`"),
        _ => {}
    }
    hints
}
