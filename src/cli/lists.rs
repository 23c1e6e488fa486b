//! Flags that hold a list: pflag's `StringSlice` reads each value as the first record of a CSV text (Go `encoding/csv`), so that an item
//! with a comma can stand in quotes: `-f '"a,b.yaml",c.yaml'`.

use crate::error::{Error, ErrorKind, Result};

/// The items of all values of a flag. `flag` is what pflag calls it in its message, such as `-f, --values`.
///
/// # Errors
/// `Usage`, in the words of pflag and Go, for a value that is no CSV.
pub(super) fn items(values: &[String], flag: &str) -> Result<Vec<String>> {
    let mut items = Vec::new();
    for value in values.iter().filter(|value| !value.is_empty()) {
        let record = record(value).map_err(|why| {
            let value = crate::template::quote(value.as_bytes());
            Error::new(ErrorKind::Usage, format!("invalid argument {value} for \"{flag}\" flag: {why}"))
        })?;
        items.extend(record);
    }
    Ok(items)
}

/// The first record of a CSV text.
fn record(text: &str) -> Result<Vec<String>, String> {
    let text = text.replace("\r\n", "\n");
    let text = text.strip_suffix('\r').unwrap_or(&text);
    let first = text.trim_start_matches('\n');
    if first.is_empty() {
        return Err("EOF".into());
    }
    let lines_before = text.len() - first.len();
    let mut reader = Reader { text: first, at: 0, first_line: lines_before + 1 };
    let mut fields = vec![reader.field()?];
    while reader.takes(',') {
        fields.push(reader.field()?);
    }
    Ok(fields)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// The number of the line the text begins with.
    first_line: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn takes(&mut self, c: char) -> bool {
        let found = self.rest().starts_with(c);
        self.at += if found { c.len_utf8() } else { 0 };
        found
    }

    /// Up to a comma, the end of the line, or the end.
    fn field(&mut self) -> Result<String, String> {
        let start = self.at;
        if self.takes('"') {
            return self.quoted(start);
        }
        let rest = self.rest();
        let end = rest.find([',', '\n']).unwrap_or(rest.len());
        if let Some(quote) = rest[..end].find('"') {
            return Err(self.wrong(start, start + quote, "bare \" in non-quoted-field"));
        }
        let field = rest[..end].to_owned();
        self.at += end;
        Ok(field)
    }

    /// After the first quote: two quotes stand for one, a single one ends the field.
    fn quoted(&mut self, start: usize) -> Result<String, String> {
        let mut field = String::new();
        while let Some(quote) = self.rest().find('"') {
            field.push_str(&self.text[self.at..self.at + quote]);
            self.at += quote + 1;
            if self.takes('"') {
                field.push('"');
            } else if self.rest().is_empty() || self.rest().starts_with([',', '\n']) {
                return Ok(field);
            } else {
                return Err(self.wrong(start, self.at - 1, "extraneous or missing \" in quoted-field"));
            }
        }
        Err(self.wrong(start, self.text.len(), "extraneous or missing \" in quoted-field"))
    }

    /// Go's message; columns are counted in bytes, from 1.
    fn wrong(&self, start: usize, at: usize, what: &str) -> String {
        let line_of = |offset: usize| self.first_line + self.text[..offset].matches('\n').count();
        let (record, line) = (line_of(start), line_of(at));
        let column = at - self.text[..at].rfind('\n').map_or(0, |newline| newline + 1) + 1;
        if record == line {
            format!("parse error on line {line}, column {column}: {what}")
        } else {
            format!("record on line {record}; parse error on line {line}, column {column}: {what}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_a_record_of_csv() {
        let table: [(&str, &[&str]); 9] = [
            ("a.yaml", &["a.yaml"]),
            ("a,b", &["a", "b"]),
            ("\"a,b\",c", &["a,b", "c"]),
            ("\"say \"\"x\"\"\"", &["say \"x\""]),
            ("a,,b,", &["a", "", "b", ""]),
            (" a, b", &[" a", " b"]),
            ("a\nb", &["a"]),
            ("\"a\nb\",c", &["a\nb", "c"]),
            ("", &[]),
        ];
        for (text, expected) in table {
            assert_eq!(items(&[text.to_owned()], "-f, --values").expect("readable"), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_csv_is_told_as_go_tells_it() {
        for (text, why) in [
            ("a\"b", "parse error on line 1, column 2: bare \" in non-quoted-field"),
            ("\"a\"b", "parse error on line 1, column 3: extraneous or missing \" in quoted-field"),
            ("\"a", "parse error on line 1, column 3: extraneous or missing \" in quoted-field"),
            ("\n", "EOF"),
        ] {
            assert_eq!(record(text).expect_err("refused"), why, "{text:?}");
        }
    }
}
