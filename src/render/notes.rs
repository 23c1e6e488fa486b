//! What Helm says on standard error while it renders: Helm 3 through Go's `log` (here without the place in Helm's sources that it names
//! first), Helm 4 through `log/slog`'s text handler, as `level=WARN msg="…" key=value`.

use crate::error::Error;
use crate::template::{Profile, quote};

/// The notes of one render, worded as one Helm version words them.
pub(super) struct Notes<'n> {
    lines: &'n mut Vec<String>,
    structured: bool,
}

impl<'n> Notes<'n> {
    /// Notes that are added to `lines`.
    pub(super) fn new(lines: &'n mut Vec<String>, profile: &Profile) -> Self {
        Self { lines, structured: profile.structured_messages }
    }

    /// What both versions word alike.
    pub(super) fn log(&mut self, text: String) {
        self.lines.push(if self.structured { structured("INFO", &text, &[]) } else { text });
    }

    /// What Helm 3 says in a sentence and Helm 4 in fields.
    pub(super) fn warn(&mut self, sentence: impl FnOnce() -> String, message: &str, fields: &[(&str, &str)]) {
        self.lines.push(if self.structured { structured("WARN", message, fields) } else { sentence() });
    }

    /// As [`Self::warn`], of less weight.
    pub(super) fn info(&mut self, sentence: impl FnOnce() -> String, message: &str, fields: &[(&str, &str)]) {
        self.lines.push(if self.structured { structured("INFO", message, fields) } else { sentence() });
    }

    /// The error a render ends with; Helm 4 says what failed, and says it here, too.
    pub(super) fn failed(&mut self, what: &str, error: Error) -> Error {
        if !self.structured {
            return error;
        }
        self.lines.push(structured("ERROR", what, &[("error", &error.to_string())]));
        let failed = Error::new(error.kind(), format!("{what}: {error}"));
        let failed = error.hints().into_iter().fold(failed, |failed, hint| failed.hint(hint));
        match error.place() {
            Some(place) => failed.at(place.clone()),
            None => failed,
        }
    }
}

fn structured(level: &str, message: &str, fields: &[(&str, &str)]) -> String {
    let mut line = format!("level={level} msg={}", field_text(message));
    for (key, value) in fields {
        line.push_str(&format!(" {key}={}", field_text(value)));
    }
    line
}

/// Quoted where a reader could not tell where it ends.
fn field_text(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '=') || !c.is_ascii() && crate::template::is_print(c);
    if !text.is_empty() && text.chars().all(is_plain) { text.to_owned() } else { quote(text.as_bytes()) }
}

#[cfg(test)]
mod tests {
    use super::structured;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let fields = [("tag", "x"), ("error", "\"a b\" is not a table"), ("none", ""), ("sum", "a=b"), ("path", r"C:\x")];
        let line = structured("WARN", "returned non-bool value", &fields);
        let expected = r#"level=WARN msg="returned non-bool value" tag=x error="\"a b\" is not a table" none="" sum="a=b" path=C:\x"#;
        assert_eq!(line, expected);
    }
}
