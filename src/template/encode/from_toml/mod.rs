//! TOML read as `fromToml` does (BurntSushi/toml 1.4 to 1.6): integers stay integers, dates become times, and what is wrong is said in that
//! library's words. The grammar is here, `scalars` has what is neither table nor array, `scan` reads characters, and `tables` holds
//! what the document has defined so far.

mod scalars;
mod scan;
mod tables;

use crate::quote::quote;
use crate::template::profile::Toml;
use crate::template::time::LocalZone;
use crate::template::value::{Elem, List, Table, Text, Value};
use scan::{Scanner, is_blank, is_break, rune};
use tables::{Tables, shown};

/// How deep arrays and inline tables may nest.
const MAX_DEPTH: usize = 200;
/// How many parts a key may have.
const MAX_KEY_PARTS: usize = 100;

/// Why a document could not be read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// Go's message, such as `toml: line 1: unexpected '=': key name appears blank`.
    Wrong(String),
    /// A limit that Go doesn't have.
    Limit(String),
}

type Read<T> = Result<T, Unread>;

/// Reads a document.
///
/// # Errors
/// What is wrong with it, or a limit that was reached.
pub(crate) fn parse(text: &str, local: &LocalZone, library: Toml) -> Read<Value> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.bytes().take(6).any(|byte| byte == 0) {
        let problem = "toml: line 1: files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8";
        return Err(Unread::Wrong(problem.into()));
    }
    let mut reader = Reader { scanner: Scanner::new(text), tables: Tables::new(library), key_line: 1, local, library };
    while reader.statement()? {}
    Ok(Value::map(reader.tables.into_table()))
}

struct Reader<'t> {
    scanner: Scanner<'t>,
    tables: Tables,
    /// The line of the last key.
    key_line: usize,
    /// The zone of dates that name none.
    local: &'t LocalZone,
    library: Toml,
}

impl Reader<'_> {
    /// An error at a line, behind the key that is being read.
    fn at_line<T>(&self, line: usize, problem: &str) -> Read<T> {
        let key = self.tables.current();
        let last = if key.is_empty() { String::new() } else { format!(" (last key {})", quote(key.as_bytes())) };
        Err(Unread::Wrong(format!("toml: line {line}{last}: {problem}")))
    }

    /// An error where the scanner is.
    fn fail<T>(&self, problem: &str) -> Read<T> {
        self.at_line(self.scanner.line_of_error(self.library), problem)
    }

    /// An error at a character that was read; the end of a line belongs to it, which it did not in version 1.4.
    fn fail_at<T>(&self, c: Option<char>, problem: &str) -> Read<T> {
        if c == Some('\n') && self.library >= Toml::V1_5 { self.at_line(self.scanner.line() - 1, problem) } else { self.fail(problem) }
    }

    /// An error about a key that was read.
    fn key_problem<T>(&self, problem: &str) -> Read<T> {
        self.at_line(self.key_line, problem)
    }

    fn next(&mut self) -> Read<Option<char>> {
        match self.scanner.next() {
            Ok(c) => Ok(c),
            Err(problem) => self.fail(&problem),
        }
    }

    fn peek(&mut self) -> Read<Option<char>> {
        let c = self.next()?;
        self.scanner.back();
        Ok(c)
    }

    fn skip_blanks(&mut self) -> Read<()> {
        while self.next()?.is_some_and(is_blank) {}
        self.scanner.back();
        Ok(())
    }

    fn comment(&mut self) -> Read<()> {
        while self.next()?.is_some_and(|c| !is_break(c)) {}
        self.scanner.back();
        Ok(())
    }

    /// One line at the top: a table's name, a key with its value, a comment; false at the end.
    fn statement(&mut self) -> Read<bool> {
        match self.next()? {
            None => return Ok(false),
            Some(c) if is_blank(c) || is_break(c) => return Ok(true),
            Some('#') => return self.comment().map(|()| true),
            Some('[') => self.header()?,
            Some(_) => {
                self.scanner.back();
                let outer = self.tables.context.clone();
                self.entry(0)?;
                self.tables.context = outer;
                self.tables.key.clear();
            }
        }
        self.end_of_statement().map(|()| true)
    }

    fn end_of_statement(&mut self) -> Read<()> {
        self.skip_blanks()?;
        match self.next()? {
            None => self.scanner.back(),
            Some('#') => self.comment()?,
            Some(c) if is_break(c) => {}
            c => {
                let found = rune(c);
                return self.fail(&format!("expected a top-level item to end with a newline, comment, or EOF, but got {found} instead"));
            }
        }
        Ok(())
    }

    /// `[name]` or `[[name]]`, behind its first bracket.
    fn header(&mut self) -> Read<()> {
        let is_array = self.peek()? == Some('[');
        if is_array {
            self.next()?;
        }
        let mut parts = Vec::new();
        loop {
            self.skip_blanks()?;
            match self.peek()? {
                Some(']') | None => return self.fail("unexpected end of table name (table names cannot be empty)"),
                Some('.') => return self.fail("unexpected table separator (table names cannot be empty)"),
                _ => self.key_part(&mut parts)?,
            }
            self.skip_blanks()?;
            match self.next()? {
                Some('.') => {}
                Some(']') => break,
                c => return self.fail(&format!("expected '.' or ']' to end table name, but got {} instead", rune(c))),
            }
        }
        if is_array {
            match self.next()? {
                Some(']') => {}
                c => return self.fail(&format!("expected end of table array name delimiter ']', but got {} instead", rune(c))),
            }
        }
        let entered = self.tables.enter(&parts, is_array);
        entered.or_else(|problem| self.key_problem(&problem))?;
        self.tables.note_array("", false);
        Ok(())
    }

    /// A part of a name, bare or quoted.
    fn key_part(&mut self, parts: &mut Vec<String>) -> Read<()> {
        let line = self.scanner.line();
        let part = match self.peek()? {
            Some('"') => {
                self.next()?;
                self.string()?
            }
            Some('\'') => {
                self.next()?;
                self.raw_string()?
            }
            _ => self.scanner.bare_name().to_owned(),
        };
        if parts.is_empty() {
            self.key_line = line;
        }
        parts.push(part);
        if parts.len() > MAX_KEY_PARTS {
            return Err(Unread::Limit(format!("a TOML key of more than {MAX_KEY_PARTS} parts")));
        }
        Ok(())
    }

    /// `a.b = value`: sets it, and gives back the parts of the key and the value.
    fn entry(&mut self, depth: usize) -> Read<(Vec<String>, Value)> {
        self.skip_blanks()?;
        match self.peek()? {
            Some('=') | None => return self.fail("unexpected '=': key name appears blank"),
            Some('.') => return self.fail("unexpected '.': keys cannot start with a '.'"),
            _ => {}
        }
        let mut parts = Vec::new();
        loop {
            self.skip_blanks()?;
            match self.peek()? {
                Some('=') | None => return self.fail("unexpected '='"),
                Some('.') => return self.fail("unexpected '.'"),
                _ => self.key_part(&mut parts)?,
            }
            self.skip_blanks()?;
            match self.next()? {
                Some('.') => {}
                Some('=') => break,
                None => return self.fail("unexpected EOF; expected key separator '='"),
                c => return self.fail_at(c, &format!("expected '.' or '=', but got {} instead", rune(c))),
            }
        }
        let last = parts.last().cloned().unwrap_or_default();
        self.tables.key.clone_from(&last);
        for part in &parts[..parts.len() - 1] {
            let entered = self.tables.enter_implicitly(part);
            entered.or_else(|problem| self.key_problem(&problem))?;
        }
        let value = self.value(depth, false)?;
        let is_array = matches!(value, Value::List(_));
        let set = self.tables.set(&last, tables::Slot::Leaf(value.clone()));
        set.or_else(|problem| self.key_problem(&problem))?;
        self.tables.note_array(&last, is_array);
        Ok((parts, value))
    }

    fn value(&mut self, depth: usize, in_array: bool) -> Read<Value> {
        if depth > MAX_DEPTH {
            return Err(Unread::Limit(format!("arrays and inline tables of TOML nested deeper than {MAX_DEPTH}")));
        }
        self.skip_blanks()?;
        match self.next()? {
            Some('[') => self.array(depth),
            Some('{') => self.inline_table(depth, in_array),
            Some('"') if self.scanner.take("\"\"") => self.multiline_string().map(Value::text),
            Some('"') => self.string().map(Value::text),
            Some('\'') if self.scanner.take("''") => self.multiline_raw_string().map(Value::text),
            Some('\'') => self.raw_string().map(Value::text),
            Some('.') => self.fail("floats must start with a digit, not '.'"),
            Some('0'..='9') => {
                self.scanner.back();
                self.number_or_date()
            }
            Some(sign @ ('-' | '+')) => self.signed(sign),
            Some(c) if c.is_alphabetic() => {
                self.scanner.back();
                self.word()
            }
            None => self.fail("unexpected EOF; expected value"),
            c => self.fail_at(c, &format!("expected value but found {} instead", rune(c))),
        }
    }

    fn array(&mut self, depth: usize) -> Read<Value> {
        let key = self.tables.key.clone();
        self.tables.note_array(&key, true);
        let mut items = Vec::new();
        loop {
            match self.next()? {
                Some(c) if is_blank(c) || is_break(c) => {}
                Some('#') => self.comment()?,
                Some(',') => return self.fail("unexpected comma"),
                Some(']') => return Ok(Value::list(items)),
                _ => {
                    self.scanner.back();
                    items.push(self.value(depth + 1, true)?);
                    if self.after_item()? {
                        return Ok(Value::list(items));
                    }
                }
            }
        }
    }

    /// A comma or the end of an array; whether it was the end.
    fn after_item(&mut self) -> Read<bool> {
        loop {
            match self.next()? {
                Some(c) if is_blank(c) || is_break(c) => {}
                Some('#') => self.comment()?,
                Some(',') => return Ok(false),
                Some(']') => return Ok(true),
                c => {
                    let found = or_end(c);
                    return self.fail(&format!("expected a comma (',') or array terminator (']'), but got {found}"));
                }
            }
        }
    }

    /// A table in braces, which is set and given back.
    fn inline_table(&mut self, depth: usize, in_array: bool) -> Read<Value> {
        let (outer, outer_key) = (self.tables.context.clone(), std::mem::take(&mut self.tables.key));
        let entered = self.tables.enter_inline(&outer_key, in_array);
        entered.or_else(|problem| self.key_problem(&problem))?;
        let inside = self.tables.context.clone();
        let mut table = Table::new();
        loop {
            match self.next()? {
                Some(c) if is_blank(c) || is_break(c) && self.library >= Toml::V1_6 => {}
                Some(c) if is_break(c) => return self.at_line(self.scanner.line() - 1, "newlines not allowed within inline tables"),
                Some('#') => self.comment()?,
                Some(',') => return self.fail("unexpected comma"),
                Some('}') => break,
                _ => {
                    self.scanner.back();
                    let (parts, value) = self.entry(depth + 1)?;
                    put(&mut table, &parts, value)
                        .or_else(|()| self.key_problem(&format!("{} is not a table", quote(shown(&inside).as_bytes()))))?;
                    self.tables.context.clone_from(&inside);
                    if self.after_entry()? {
                        break;
                    }
                }
            }
        }
        self.tables.context = outer;
        self.tables.key = outer_key;
        Ok(Value::map(table))
    }

    /// A comma or the end of an inline table; whether it was the end.
    fn after_entry(&mut self) -> Read<bool> {
        loop {
            match self.next()? {
                Some(c) if is_blank(c) || is_break(c) && self.library >= Toml::V1_6 => {}
                Some(c) if is_break(c) => return self.at_line(self.scanner.line() - 1, "newlines not allowed within inline tables"),
                Some('#') => self.comment()?,
                Some(',') => {
                    self.skip_blanks()?;
                    if self.peek()? == Some('}') && self.library < Toml::V1_6 {
                        return self.fail("trailing comma not allowed in inline tables");
                    }
                    return Ok(false);
                }
                Some('}') => return Ok(true),
                c => {
                    let found = or_end(c);
                    return self.fail(&format!("expected a comma or an inline table terminator '}}', but got {found} instead"));
                }
            }
        }
    }
}

fn or_end(c: Option<char>) -> String {
    c.map_or_else(|| "end of file".into(), |c| format!("'{c}'"))
}

/// Sets a value in an inline table, at the end of a dotted key.
fn put(table: &mut Table, parts: &[String], value: Value) -> Result<(), ()> {
    let Some((last, front)) = parts.split_last() else { return Ok(()) };
    let Some((first, rest)) = front.split_first() else {
        table.insert(Text::from(last.as_str()), value);
        return Ok(());
    };
    let inner = table.entry(Text::from(first.as_str())).or_insert_with(|| Value::map(Table::new()));
    let Value::Map(inner) = inner else { return Err(()) };
    let mut inner = inner.table_mut().ok_or(())?;
    let below = [rest, std::slice::from_ref(last)].concat();
    put(&mut inner, &below, value)
}

/// A list of tables, which Go types as such.
fn list_of_tables(items: Vec<Value>) -> Value {
    Value::List(List::of(Elem::Structs("map[string]interface {}"), items))
}
