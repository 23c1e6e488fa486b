//! The escapes: every word that came from a chart, a registry or a user's file passes one of these before it is printed.
//!
//! Each function is named after the place the text goes to. What they follow: CommonMark 0.31 and GitHub's extensions (code spans,
//! fences, tables, autolinks), GitHub's runner (`ActionCommand.cs`: `::` opens a line, `##[` anywhere) and Azure's agent (`##vso[`
//! anywhere), GitLab's quick actions (a line that begins with `/`). The formats keep to them by type: their builders take their own
//! words as `&'static str` and everything else only through an escape. Uses the standard library and `unicode-width`.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar;

/// Marks that may sit on one character before the rest are shown by number: enough for every script, too few to paint over other lines.
const MARKS_PER_CHARACTER: usize = 3;

/// Bytes of an address before a link is left out.
const LONGEST_ADDRESS: usize = 1_000;

/// One line for a terminal: no control, no direction change, no invisible character; line ends and tabs become spaces. Applying it twice
/// changes nothing.
pub fn line(text: &str) -> String {
    inert(&visible(text, Breaks::Space))
}

/// Lines for a terminal: like [`line()`], with `\n` kept and every line inert in a CI log.
pub fn terminal(text: &str) -> String {
    log_lines(&visible(text, Breaks::Keep))
}

/// The last pass over a finished text: no line of it is a command to a CI runner, wherever its parts came from.
pub fn log_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            out.push('\n');
        }
        let bare = line.trim_start();
        if bare.starts_with("::") {
            out.push_str(&line[..line.len() - bare.len()]);
            out.push_str("│ ");
            out.push_str(&inert(bare));
        } else {
            out.push_str(&inert(line));
        }
    }
    out
}

/// Breaks `##[` and `##vso[` with a space behind the first `#`.
fn inert(line: &str) -> String {
    if !line.contains("##") {
        return line.to_owned();
    }
    let mut out = String::with_capacity(line.len() + 4);
    for (at, c) in line.char_indices() {
        out.push(c);
        let rest = &line[at + c.len_utf8()..];
        if c == '#' && (rest.starts_with("#[") || rest.get(..5).is_some_and(|head| head.eq_ignore_ascii_case("#vso["))) {
            out.push(' ');
        }
    }
    out
}

/// Inline code in Markdown, outside of tables: nothing inside it is read as anything else.
pub fn code_span(text: &str) -> String {
    let text = inert(&visible(text, Breaks::Space));
    if text.is_empty() {
        return "` `".to_owned();
    }
    let delimiter = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{delimiter}{pad}{text}{pad}{delimiter}")
}

/// Inline code in a cell of a Markdown table, where a pipe splits cells even inside code.
pub fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    let mut last = ' ';
    for c in code_span(text).chars() {
        match c {
            // Behind a backslash, `\|` would read as an escaped backslash and a bare pipe.
            '|' if last == '\\' => out.push_str("\\u{7c}"),
            '|' => out.push_str("\\|"),
            _ => out.push(c),
        }
        last = c;
    }
    out
}

/// Text between tags of our own HTML. Wrap it in `<code>`: an entity alone doesn't stop a mention.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for c in inert(&visible(text, Breaks::Space)).chars() {
        if c.is_alphanumeric() || matches!(c, ' ' | '.' | '-' | '/' | '→' | '…') {
            out.push(c);
        } else {
            let _ = write!(out, "&#{};", u32::from(c));
        }
    }
    out
}

/// A fenced block in Markdown. Every line gets its own sign in front (` `, `+`, `-`), so that none closes the fence; one that would still
/// begin as a command gets a bar.
pub fn fence<'a>(info: &'static str, lines: impl IntoIterator<Item = (&'static str, &'a str)>) -> String {
    let mut body = String::new();
    for (sign, text) in lines {
        let text = visible(text, Breaks::Space);
        let bar =
            if sign.trim().is_empty() && (text.trim_start().starts_with('/') || text.trim_start().starts_with("::")) { "│ " } else { "" };
        body.push_str(&inert(&format!("{sign}{bar}{text}")));
        body.push('\n');
    }
    let fence = "`".repeat(longest_run(&body).max(2) + 1);
    format!("{fence}{info}\n{body}{fence}\n")
}

/// Where prose stands in Markdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The beginning of a paragraph, a list item or a heading.
    Flow,
    /// Behind other words on the same line.
    Inner,
    /// A cell of a table.
    Cell,
    /// Inside of a `<summary>`.
    Summary,
}

/// A sentence in Markdown: plain words stay words, paired backticks stay code, and everything that a renderer could take for more than a
/// word (links, mentions, tags, emphasis, references to issues and commits) becomes code.
pub fn prose(text: &str, slot: Slot) -> String {
    let code: fn(&str) -> String = match slot {
        Slot::Flow | Slot::Inner => code_span,
        Slot::Cell => cell,
        Slot::Summary => |text| format!("<code>{}</code>", html(text)),
    };
    let text = visible(text, Breaks::Space);
    let paired = text.matches('`').count().is_multiple_of(2);
    let mut parts: Vec<String> = Vec::new();
    let segments: Vec<&str> = if paired { text.split('`').collect() } else { vec![&text] };
    for (index, segment) in segments.iter().enumerate() {
        if index % 2 == 1 {
            push_glued(&mut parts, &code(segment), true);
            continue;
        }
        let glued = index > 0 && !segment.starts_with(' ');
        for (word_index, run) in runs(segment, slot == Slot::Flow && parts.is_empty()).into_iter().enumerate() {
            let shown = if run.plain { run.text } else { format!("{}{}{}", run.lead, code(&run.text), run.tail) };
            push_glued(&mut parts, &shown, glued && word_index == 0 && run.plain && is_closing(&shown));
        }
    }
    parts.join(" ")
}

/// Appends a part; `glue` joins it to a plain part that ends in an opening sign, or closes up punctuation behind code.
fn push_glued(parts: &mut Vec<String>, part: &str, glue: bool) {
    match parts.last_mut() {
        Some(last) if glue && (last.ends_with(['(', '"']) || is_closing(part)) => last.push_str(part),
        _ => parts.push(part.to_owned()),
    }
}

/// Whether a word is punctuation that belongs to what stands in front of it, such as `,` or `).`.
fn is_closing(word: &str) -> bool {
    word.chars().next().is_some_and(|c| matches!(c, ',' | '.' | ';' | ':' | ')' | '\''))
}

/// Neighbouring words of one sort. What opens and closes a sentence around words that become code stays outside of it.
struct Run {
    plain: bool,
    lead: &'static str,
    text: String,
    tail: String,
}

impl Run {
    fn of(word: &str, plain: bool) -> Self {
        let whole = || Self { plain, lead: "", text: word.to_owned(), tail: String::new() };
        if plain {
            return whole();
        }
        let (lead, rest) = word.strip_prefix('(').map_or(("", word), |rest| ("(", rest));
        let core = rest.trim_end_matches(['.', ',', ';', ':', ')']);
        let tail = &rest[core.len()..];
        if core.is_empty() || tail.len() > 2 || tail.contains("::") {
            return whole();
        }
        Self { plain, lead, text: core.to_owned(), tail: tail.to_owned() }
    }
}

/// Splits text at white space and joins neighbouring words of one sort.
fn runs(text: &str, opening: bool) -> Vec<Run> {
    let mut all: Vec<Run> = Vec::new();
    for word in text.split_whitespace() {
        let run = Run::of(word, is_plain(word, opening && all.is_empty()));
        match all.last_mut() {
            Some(last) if last.plain == run.plain && last.tail.is_empty() && run.lead.is_empty() => {
                last.text.push(' ');
                last.text.push_str(&run.text);
                last.tail = run.tail;
            }
            _ => all.push(run),
        }
    }
    all
}

/// Whether no Markdown renderer makes more of a word than the word. `first` words could open a list or a rule.
fn is_plain(word: &str, first: bool) -> bool {
    // A number opens a list only with a stop or a parenthesis behind it.
    if first && !word.starts_with(char::is_alphabetic) && !word.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    if matches!(word, "→" | "–" | "—" | "·" | "…" | "%" | "," | "." | ";" | ":" | ")" | "(" | ")." | ")," | ");" | "):") {
        return true;
    }
    let core = word.trim_start_matches(['(', '"', '\'']);
    let core = core.trim_end_matches(['.', ',', ';', ':', ')', '"', '\'', '?', '!', '…']);
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '/' | '\'' | '’' | '→' | '…' | '%');
    let is_hash = |part: &str| part.len() >= 7 && part.bytes().all(|b| b.is_ascii_hexdigit());
    let has_hash = core.split(|c: char| !c.is_alphanumeric()).any(is_hash);
    let lower = core.to_ascii_lowercase();
    let names_issue = lower.split(|c: char| !c.is_alphanumeric() && c != '-').any(|part| part.starts_with("gh-"));
    (core.is_empty() || core.starts_with(char::is_alphanumeric) || core.starts_with(['→', '…']))
        && core.chars().all(allowed)
        && !core.contains("//")
        && !lower.contains("www.")
        && !names_issue
        && !has_hash
        && !word.contains("::")
        && !word.ends_with('!')
}

/// One argument of a command that people paste into a POSIX shell; `None` when it can't be shown without a lie.
pub fn shell(text: &str) -> Option<String> {
    if text.chars().any(is_hidden) {
        return None;
    }
    if !text.is_empty() && text.chars().all(is_bare) {
        return Some(text.to_owned());
    }
    Some(format!("'{}'", text.replace('\'', r"'\''")))
}

/// Whether a line is one command that begins so and whose words are as [`shell()`] writes them: nothing in it starts another command,
/// reads a variable or writes to a file.
pub fn is_command(line: &str, beginnings: &[&str]) -> bool {
    let (mut quoted, mut escaped) = (false, false);
    let is_inert = line.chars().all(|c| {
        match c {
            _ if escaped => return std::mem::take(&mut escaped) && c == '\'',
            '\'' => quoted = !quoted,
            '\\' if !quoted => escaped = true,
            _ if quoted => return !is_hidden(c),
            c => return c == ' ' || is_bare(c),
        }
        true
    });
    is_inert && !quoted && !escaped && beginnings.iter().any(|beginning| line.starts_with(beginning))
}

/// Whether a character means nothing to a shell.
fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | ':' | '@' | '=' | '+' | ',' | '-')
}

/// The path of a file in a repository as the path of a URL; `None` when a browser would look elsewhere with it than below where it is put
/// (`..`, a path from the root).
pub fn url_path(path: &str) -> Option<String> {
    if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return None;
    }
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    Some(out)
}

/// A link in Markdown. `label` is finished Markdown without a link in it; an address that could end the link, or that a browser would run,
/// leaves the label alone.
pub fn link(label: &str, address: &str) -> String {
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$&*+,;=%".contains(c);
    match rest {
        Some(rest) if !rest.is_empty() && address.len() <= LONGEST_ADDRESS && rest.chars().all(allowed) => format!("[{label}]({address})"),
        _ => label.to_owned(),
    }
}

/// The text of a command to GitHub's runner, behind its `::`: one line, and none of it is read as an escape (actions/toolkit, `escapeData`).
pub fn workflow_data(text: &str) -> String {
    line(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command to GitHub's runner, such as a file's name: also nothing that would end it (`escapeProperty`).
pub fn workflow_property(text: &str) -> String {
    workflow_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The text of a command to Azure's agent, behind its `]` (azure-pipelines-task-lib, `escapedata`).
pub fn agent_data(text: &str) -> String {
    line(text).replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command to Azure's agent (`escape`).
pub fn agent_property(text: &str) -> String {
    agent_data(text).replace(']', "%5D").replace(';', "%3B")
}

/// What becomes of line ends and tabs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Breaks {
    Keep,
    Space,
}

/// The text with every hidden character written as `\u{…}`.
fn visible(text: &str, breaks: Breaks) -> String {
    let mut out = String::with_capacity(text.len());
    let mut marks = 0;
    let text = text.replace("\r\n", "\n");
    for c in text.chars() {
        marks = if c.width() == Some(0) { marks + 1 } else { 0 };
        match c {
            '\n' if breaks == Breaks::Keep => out.push('\n'),
            '\t' if breaks == Breaks::Keep => out.push_str("    "),
            '\n' | '\t' => out.push(' '),
            _ if is_hidden(c) || marks > MARKS_PER_CHARACTER => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out
}

/// Whether a character steers instead of showing: controls, direction marks, zero-width and other format characters, line and paragraph
/// separators, fillers that look like nothing, and code points that are no characters (Unicode 16, general categories Cc, Cf, Zl, Zp).
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}'
            | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn longest_run(text: &str) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}
