//! Finding one chart's block in a large `index.yaml` without reading the rest of it.
//!
//! Indexes of tens of megabytes are ordinary, and a reader wants one chart of them. The scanner walks the lines of a block-style document,
//! as `helm repo index` writes it, and tracks just enough to know that a line really is a key: where quoted, folded and literal scalars
//! end. Whatever it can't prove (anchors, tags, tabs, flow collections over several lines, keys that may not be strings) makes it give up,
//! and the whole text is read instead. Follows YAML 1.1 as libyaml and go-yaml v2 read it (`scannerc.go`).

use memchr::{memchr, memchr2};

/// What the scanner is sure of.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// The lines of the chart: its key, indented as it was, and everything under it.
    Block(&'a str),
    /// There is no such chart; these are the others.
    Missing(Vec<&'a str>),
}

/// Finds the block of a chart under the top-level key `entries`. None: the text is not of the plain shape.
pub(super) fn find<'a>(text: &'a str, chart: &str) -> Option<Found<'a>> {
    if has_unusual_bytes(text) {
        return None;
    }
    let mut scanner = Scanner { text, at: 0, deeper_than: None };
    let mut search = Search { chart, names: Vec::new(), block: None, entry_column: None, place: Place::Outside, seen_entries: false };
    while scanner.at < text.len() {
        let start = scanner.at;
        if let Some(line) = scanner.next_line()? {
            search.take(start, &line)?;
        }
    }
    search.finish(text)
}

/// Line breaks other than `\n`, and tabs, are left to the real reader.
fn has_unusual_bytes(text: &str) -> bool {
    let unusual_break = |text: &str| text.contains(['\u{85}', '\u{2028}', '\u{2029}', '\u{feff}']);
    memchr2(b'\r', b'\t', text.as_bytes()).is_some() || (!text.is_ascii() && unusual_break(text))
}

/// A line that begins a node, as far as it matters.
struct Line<'a> {
    /// The column of its first character, from 0.
    column: usize,
    /// Its key, when it is `key: …` without a dash before it.
    key: Option<Key<'a>>,
    /// Whether something follows the key on the line.
    has_value: bool,
}

/// A mapping key.
struct Key<'a> {
    text: &'a str,
    quoted: bool,
}

/// Where the search is in the document.
#[derive(PartialEq, Eq)]
enum Place {
    /// Not under `entries`.
    Outside,
    /// Under `entries`.
    Inside,
}

struct Search<'a, 'c> {
    chart: &'c str,
    names: Vec<&'a str>,
    /// The byte range of the chart's block; the end is 0 while it isn't known.
    block: Option<(usize, usize)>,
    /// The column of the charts' names.
    entry_column: Option<usize>,
    place: Place,
    seen_entries: bool,
}

impl<'a> Search<'a, '_> {
    /// Takes the line at byte `start`. None: not the plain shape.
    fn take(&mut self, start: usize, line: &Line<'a>) -> Option<()> {
        if line.column == 0 {
            // A list, a scalar or a document marker at the top: no index.
            let key = line.key.as_ref()?;
            self.close_block(start);
            let is_entries = key.text == "entries";
            self.place = if is_entries { Place::Inside } else { Place::Outside };
            if is_entries && (line.has_value || std::mem::replace(&mut self.seen_entries, true)) {
                return None;
            }
            return Some(());
        }
        if self.place == Place::Outside {
            return Some(());
        }
        let entry_column = *self.entry_column.get_or_insert(line.column);
        if line.column < entry_column {
            return None;
        }
        match &line.key {
            Some(key) if line.column == entry_column => self.begin_entry(start, key),
            _ if line.column == entry_column && self.names.is_empty() => None,
            _ => Some(()),
        }
    }

    fn begin_entry(&mut self, start: usize, key: &Key<'a>) -> Option<()> {
        self.close_block(start);
        if !key.quoted && may_be_no_string(key.text) {
            return None;
        }
        if key.text == self.chart && self.block.replace((start, 0)).is_some() {
            return None;
        }
        self.names.push(key.text);
        Some(())
    }

    fn close_block(&mut self, end: usize) {
        if let Some((_, open @ 0)) = &mut self.block {
            *open = end;
        }
    }

    fn finish(mut self, text: &'a str) -> Option<Found<'a>> {
        self.close_block(text.len());
        match self.block {
            _ if !self.seen_entries => None,
            Some((start, end)) => Some(Found::Block(&text[start..end])),
            None => Some(Found::Missing(self.names)),
        }
    }
}

/// Whether a plain key could be read as something other than the text it is: a number, a boolean, null, a merge.
fn may_be_no_string(key: &str) -> bool {
    const WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    !key.starts_with(|first: char| first.is_alphabetic()) || WORDS.iter().any(|word| key.eq_ignore_ascii_case(word))
}

struct Scanner<'a> {
    text: &'a str,
    /// The byte where the next line begins.
    at: usize,
    /// Inside a plain or block scalar: lines indented deeper than this belong to it.
    deeper_than: Option<usize>,
}

impl<'a> Scanner<'a> {
    /// Takes a line and what belongs to it. The outer None: not the plain shape; the inner: the line begins no node.
    #[allow(clippy::option_option, reason = "sure of nothing, or sure that there is nothing")]
    fn next_line(&mut self) -> Option<Option<Line<'a>>> {
        let bytes = self.text.as_bytes();
        let end = memchr(b'\n', &bytes[self.at..]).map_or(bytes.len(), |length| self.at + length);
        let indent = bytes[self.at..end].iter().take_while(|byte| **byte == b' ').count();
        let first = self.at + indent;
        self.at = (end + 1).min(bytes.len());
        if first == end || self.deeper_than.is_some_and(|column| indent > column) || bytes[first] == b'#' {
            return Some(None);
        }
        self.deeper_than = None;
        let line = &self.text[first..end];
        if indent == 0 && line.starts_with("---") {
            // One marker at the very beginning is usual; another would begin a second document.
            return (line == "---" && self.text[..first].trim().is_empty()).then_some(None);
        }
        self.read_line(first, end, indent).map(Some)
    }

    /// Reads the line whose text begins at `first` in column `column` and ends at `end`.
    fn read_line(&mut self, first: usize, end: usize, column: usize) -> Option<Line<'a>> {
        let bytes = self.text.as_bytes();
        let (mut at, mut parent) = (first, None);
        while bytes.get(at) == Some(&b'-') && (at + 1 == end || bytes[at + 1] == b' ') {
            parent = Some(column + at - first);
            at += 1;
            at += bytes[at..end].iter().take_while(|byte| **byte == b' ').count();
        }
        let here = column + at - first;
        let dashed = parent.is_some();
        // What stands behind a dash and a space may be a comment.
        if at == end || bytes[at] == b'#' {
            return Some(Line { column, key: None, has_value: false });
        }
        let Some((key, value)) = self.read_key(at, end)? else {
            // Without a dash, this is a scalar on a line of its own: where it ends depends on lines that are gone.
            self.read_value(at, end, parent?)?;
            return Some(Line { column, key: None, has_value: true });
        };
        let has_value = self.read_value(value, end, here)?;
        Some(Line { column, key: (!dashed).then_some(key), has_value })
    }

    /// The key at `at` and where its value begins. The inner None: no key is here.
    #[allow(clippy::option_option, reason = "sure of nothing, or sure that there is nothing")]
    fn read_key(&self, at: usize, end: usize) -> Option<Option<(Key<'a>, usize)>> {
        let bytes = self.text.as_bytes();
        let ends_key = |colon: usize| bytes[colon] == b':' && (colon + 1 == end || bytes[colon + 1] == b' ');
        match bytes[at] {
            quote @ (b'"' | b'\'') => {
                let close = quoted_end(bytes, at, quote)?;
                if close >= end || !ends_key(close) {
                    return Some(None);
                }
                let text = &self.text[at + 1..close - 1];
                // Escapes are left to the real reader.
                (!text.contains(['\\', '\''])).then_some(Some((Key { text, quoted: true }, close + 1)))
            }
            b'|' | b'>' | b'[' | b'{' => Some(None),
            b'?' | b':' | b',' | b']' | b'}' | b'&' | b'*' | b'!' | b'%' | b'@' | b'`' => None,
            _ => {
                let colons = memchr::memchr_iter(b':', &bytes[at..end]).map(|colon| at + colon);
                let Some(colon) = colons.into_iter().find(|colon| ends_key(*colon)) else { return Some(None) };
                let text = self.text[at..colon].trim_end_matches(' ');
                if text.contains(" #") { None } else { Some(Some((Key { text, quoted: false }, colon + 1))) }
            }
        }
    }

    /// Reads past the value between `at` and `end`, and past the lines it goes on for when it is quoted. `parent` is the column of the key
    /// or the dash it belongs to. Tells whether there is a value.
    fn read_value(&mut self, at: usize, end: usize, parent: usize) -> Option<bool> {
        let bytes = self.text.as_bytes();
        let at = at + bytes[at..end].iter().take_while(|byte| **byte == b' ').count();
        let value = &self.text[at..end];
        match value.as_bytes().first() {
            None | Some(b'#') => return Some(false),
            Some(quote @ (b'"' | b'\'')) => {
                let close = quoted_end(bytes, at, *quote)?;
                let line_end = memchr(b'\n', &bytes[close..]).map_or(bytes.len(), |length| close + length);
                if !is_blank_or_comment(&self.text[close..line_end]) {
                    return None;
                }
                self.at = (line_end + 1).min(bytes.len());
            }
            Some(b'|' | b'>') => {
                let rest = value[1..].trim_start_matches(['+', '-', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
                if !is_blank_or_comment(rest) {
                    return None;
                }
                self.deeper_than = Some(parent);
            }
            Some(b'[' | b'{') if !is_closed_flow(value.trim_end_matches(' ')) => return None,
            Some(b'[' | b'{') => {}
            Some(b'&' | b'*' | b'!' | b'%' | b'@' | b'`') => return None,
            Some(_) => self.deeper_than = Some(parent),
        }
        Some(true)
    }
}

/// What may follow a scalar on its line.
fn is_blank_or_comment(rest: &str) -> bool {
    let trimmed = rest.trim_start_matches(' ');
    trimmed.is_empty() || (trimmed.starts_with('#') && rest.starts_with(' '))
}

/// Whether a flow collection ends where the line ends, with nothing inside that would need a real reader to see it.
fn is_closed_flow(value: &str) -> bool {
    let bytes = value.as_bytes();
    let (mut at, mut depth, mut previous) = (0, 0usize, b' ');
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' if depth == 1 => return at == value.len(),
            b']' | b'}' => depth -= 1,
            b'"' | b'\'' if b"[{,:".contains(&previous) => match quoted_end(bytes, at - 1, byte) {
                Some(close) => at = close,
                None => return false,
            },
            b'"' | b'\'' | b'#' | b'&' | b'*' | b'!' | b'?' | b'|' | b'>' => return false,
            _ => {}
        }
        previous = if byte == b' ' { previous } else { byte };
    }
    false
}

/// The byte after the quoted scalar that begins at `at`.
fn quoted_end(bytes: &[u8], at: usize, quote: u8) -> Option<usize> {
    let mut at = at + 1;
    loop {
        let rest = bytes.get(at..)?;
        at += if quote == b'"' { memchr2(b'"', b'\\', rest)? } else { memchr(b'\'', rest)? };
        let doubled = quote == b'\'' && bytes.get(at + 1) == Some(&b'\'');
        if bytes[at] != b'\\' && !doubled {
            return Some(at + 1);
        }
        at += 2;
    }
}
