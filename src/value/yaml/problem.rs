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
        let (mark, aside) = self.shows();
        let line = line_at(&source.text, mark);
        let hints = hints(&self.message, line);
        let place = Place { file: source.name.clone(), line: mark.line + 1, column: mark.column + 1 };
        let mut error = Error::new(kind, format!("{}{aside}", cut(&self.message, MAX_MESSAGE))).at(place);
        // A caret is of no use on a line that doesn't fit the screen many times over.
        if (mark.column as usize) < MAX_EXCERPT {
            error = error.excerpt(cut(line, MAX_EXCERPT));
        }
        hints.into_iter().fold(error, Error::hint)
    }

    /// Where to look for it, and what to say of where else it shows. What was never closed is best looked for where it began.
    fn shows(&self) -> (Mark, String) {
        match self.within.filter(|(_, since)| since.line < self.mark.line) {
            None => (self.mark, String::new()),
            Some((what, since)) if UNFINISHED.contains(&&*self.message) => {
                (since, format!(", noticed on line {} while {what}", self.mark.line + 1))
            }
            Some((what, since)) => (self.mark, format!(", while {what} that begins on line {}", since.line + 1)),
        }
    }
}

/// The most characters of a message; what it quotes may be as long as the text.
const MAX_MESSAGE: usize = 400;

/// The most characters of a line that are shown.
const MAX_EXCERPT: usize = 240;

/// The text's first characters, with `…` for the others.
fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// Messages about what was begun and never finished.
const UNFINISHED: &[&str] = &["found unexpected end of stream", "found unexpected document indicator", "could not find expected ':'"];

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
fn hints(message: &str, line: &str) -> Vec<&'static str> {
    let mut hints = Vec::new();
    let tab_first = line.trim_start_matches(' ').starts_with('\t');
    if tab_first {
        hints.push("indent with spaces: YAML allows no tabs there");
    }
    if line.contains("{{") {
        hints.push("put quotes around a value that begins with `{{`: values files are not templates");
    }
    hints.extend(match message {
        "found unexpected end of stream" | "found unexpected document indicator" => Some("close the quote"),
        "mapping values are not allowed in this context" => Some("put quotes around text that holds `: `, or check the indentation"),
        "could not find expected ':'" => Some("a key needs a `:` and a space on its own line; check the lines above, too"),
        "did not find expected key" => Some("check the indentation, and quotes that end too early"),
        "did not find expected ',' or ']'" => Some("close the list with `]`, and put `,` between its items"),
        "did not find expected ',' or '}'" => Some("close the mapping with `}`, and put `,` between its entries"),
        "found character that cannot start any token" if !tab_first => {
            Some("put quotes around text that begins with `@`, a backquote or `%`")
        }
        "did not find expected alphabetic or numeric character" => Some("put quotes around text that begins with `*` or `&`"),
        _ if message.starts_with("json: unsupported value") => Some("JSON has no such number: put quotes around it, or leave it out"),
        _ if message.starts_with("unsupported map key") => Some("put quotes around the key"),
        _ if message.starts_with("unknown anchor") => Some("put quotes around text that begins with `*`, or define the anchor above it"),
        _ => None,
    });
    hints
}
