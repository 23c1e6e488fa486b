//! Hostile text in every slot: the document keeps its shape, the terminal its state, the CI log its silence.
//!
//! `HOSTILE_CASES=200000 cargo test --lib report::tests::hostile` tries more than the usual number.

use std::collections::BTreeMap;

use comrak::nodes::NodeValue;
use comrak::{Arena, Options, parse_document};

use super::super::safe::{self, Slot};
use super::*;

/// Strings a run tries when the environment doesn't say otherwise.
pub(super) const CASES: usize = 20_000;

/// What hostile strings are made of.
const PIECES: &[&str] = &[
    "`",
    "``",
    "```",
    "~~~",
    "|",
    "\\",
    "\\|",
    "\n",
    "\r\n",
    "\r",
    "\t",
    " ",
    "    ",
    "<!--",
    "-->",
    "<![CDATA[",
    "</details>",
    "<details>",
    "</summary>",
    "</code>",
    "</table>",
    "<img src=x>",
    "<script>",
    "<a href=x>",
    "@acme/all",
    "#12",
    "acme/x#3",
    "https://evil.example",
    "www.evil.example",
    "me@evil.example",
    "[a](b)",
    "![a](b)",
    "[^1]",
    "[^1]: x",
    "[x]: y",
    "- [ ] ",
    "- ",
    "1. ",
    "> ",
    "# ",
    "===",
    "---",
    "**",
    "_",
    "~~",
    "$$",
    "&lt;",
    "&#124;",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{feff}",
    "\0",
    "\u{1b}[31m",
    "\u{9b}1m",
    "\u{7}",
    "\u{2028}",
    "::error::",
    "##[group]",
    "##vso[task.x]",
    "##VSO[",
    "#",
    "##",
    "/label",
    "\n/draft",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}",
    ":tada:",
    "deadbeef1",
    "GH-1",
    "ünï",
    "漢字",
    "word",
    "(",
    ")",
    "\"",
    "'",
    ",",
    ".",
    ";",
    ":",
    "!",
    "serviceAccount.create",
];

/// A small generator of its own (SplitMix64): the same strings on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % below as u64).unwrap()
    }

    fn string(&mut self) -> String {
        let count = 1 + self.next(8);
        (0..count).map(|_| if self.next(12) == 0 { self.character() } else { PIECES[self.next(PIECES.len())].to_owned() }).collect()
    }

    fn character(&mut self) -> String {
        let planes = [0x80, 0x800, 0x3000, 0x11_0000];
        let below = planes[self.next(planes.len())];
        char::from_u32(u32::try_from(self.next(below)).unwrap()).unwrap_or('x').to_string()
    }
}

pub(super) fn strings(seed: u64) -> impl Iterator<Item = String> {
    let cases = std::env::var("HOSTILE_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(CASES);
    let mut random = Random(seed);
    PIECES.iter().map(|piece| (*piece).to_owned()).chain((0..cases).map(move |_| random.string()))
}

/// How many nodes of each sort a renderer sees, raw HTML by its tags; text and code apart, whose content is what we fill in.
pub(super) fn shape(markdown: &str) -> BTreeMap<String, usize> {
    let arena = Arena::new();
    let mut shape = BTreeMap::new();
    for node in parse_document(&arena, markdown, &options()).descendants() {
        let sort = match &node.data().value {
            NodeValue::Text(_) | NodeValue::Code(_) => continue,
            NodeValue::HtmlBlock(block) => format!("html {}", tags(&block.literal)),
            NodeValue::HtmlInline(html) => format!("html {}", tags(html)),
            NodeValue::CodeBlock(block) => format!("code block {}", block.info),
            other => format!("{other:?}").split(['(', ' ', '{']).next().unwrap_or_default().to_owned(),
        };
        *shape.entry(sort).or_default() += 1;
    }
    shape
}

/// A renderer that makes the most of everything.
pub(super) fn options() -> Options<'static> {
    let mut options = Options::default();
    let extension = &mut options.extension;
    extension.table = true;
    extension.autolink = true;
    extension.strikethrough = true;
    extension.tasklist = true;
    extension.footnotes = true;
    extension.alerts = true;
    extension.math_dollars = true;
    extension.math_code = true;
    options.render.r#unsafe = true;
    options
}

/// The tags of a piece of HTML, without what stands between them.
pub(super) fn tags(html: &str) -> String {
    html.split('<').skip(1).map(|tag| format!("<{}>", tag.split('>').next().unwrap_or_default())).collect()
}

/// Every slot that Markdown has, each filled with the same text; the sentinel must still be a paragraph.
fn slots(text: &str) -> String {
    let fence = safe::fence("diff", text.split('\n').zip(["+", " "].into_iter().cycle()).map(|(line, sign)| (sign, line)));
    format!(
        "### {} and {}\n\n| a | b |\n|---|---|\n| {} | {} |\n| x | {} |\n\n- {}: {}\n\n<details><summary><code>{}</code></summary>\n\n\
         {fence}\n</details>\n\n<details><summary>{}</summary>\n\n**What.** {}\n\n</details>\n\nsentinel\n",
        safe::prose(text, Slot::Flow),
        safe::code_span(text),
        safe::cell(text),
        safe::prose(text, Slot::Cell),
        safe::cell(&format!("{text}\\")),
        safe::code_span(text),
        safe::prose(text, Slot::Inner),
        safe::html(text),
        safe::prose(text, Slot::Summary).replace("<code>", "").replace("</code>", ""),
        safe::prose(text, Slot::Inner),
    )
}

/// No line of a comment's body is a command to GitLab.
pub(super) fn assert_no_quick_action(body: &str, what: &str) {
    let command = body.split('\n').find(|line| line.trim_start().starts_with('/'));
    assert_eq!(command, None, "{what:?}");
}

/// No line is a command to GitHub's or Azure's runner, no character steers.
pub(super) fn assert_inert(body: &str, what: &str) {
    for line in body.split('\n') {
        assert!(!line.trim_start().starts_with("::"), "{what}: {line:?}");
        let line = line.to_ascii_lowercase();
        assert!(!line.contains("##[") && !line.contains("##vso["), "{what}: {line:?}");
    }
    let stray = body.chars().find(|c| *c != '\n' && safe::is_hidden(*c));
    assert!(stray.is_none(), "{what}: {stray:?} in {body:?}");
}

#[test]
fn markdown_keeps_its_shape() {
    let want = shape(&slots("word"));
    assert_eq!(want["TableRow"], 3);
    let mut tried = 0;
    for text in strings(1) {
        let body = slots(&text);
        assert_eq!(shape(&body), want, "{text:?}:\n{body}");
        assert_inert(&body, &text);
        assert_no_quick_action(&body, &text);
        tried += 1;
    }
    assert!(tried >= CASES || std::env::var_os("HOSTILE_CASES").is_some());
}

/// Whole reports cost more than slots, so fewer strings go through them.
#[test]
fn whole_reports_keep_their_shape() {
    let style = Style { width: 80, color: true, lines: true };
    let want = shape(&rendered(&fixtures::hostile("word"), Format::Markdown, &style));
    for text in strings(2).step_by(40) {
        let report = fixtures::hostile(&text);
        let body = rendered(&report, Format::Markdown, &style);
        let got = shape(&body);
        for sort in ["Link", "Image", "FootnoteReference", "Math", "Alert"] {
            assert_eq!(got.get(sort), None, "{text:?}:\n{body}");
        }
        for sort in ["Table", "TableRow", "TableCell", "Heading", "List", "Item", "html </details>"] {
            assert_eq!(got.get(sort), want.get(sort), "{sort} of {text:?}:\n{body}");
        }
        assert_inert(&body, &text);
        assert_no_quick_action(&body, &text);
        assert_inert(&without_sgr(&rendered(&report, Format::Text, &style)), &text);
        assert_inert(&rendered(&report, Format::Json, &style), &text);
    }
}

#[test]
fn terminal_text_is_inert_and_stays_so() {
    for text in strings(3) {
        let once = safe::terminal(&text);
        for line in once.split('\n') {
            assert!(!line.trim_start().starts_with("::"), "{text:?}: {line:?}");
            let line = line.to_ascii_lowercase();
            assert!(!line.contains("##[") && !line.contains("##vso["), "{text:?}: {line:?}");
        }
        assert!(!once.chars().any(|c| c != '\n' && safe::is_hidden(c)), "{text:?}: {once:?}");
        assert_eq!(safe::terminal(&once), once);
        assert_eq!(safe::line(&safe::line(&text)), safe::line(&text));
    }
}

#[test]
fn prose_reads_like_prose() {
    for (text, want) in [
        ("`serviceAccount.create` went from `false` to `true`.", "`serviceAccount.create` went from `false` to `true`."),
        ("Pods on AZURE_CLIENT_ID, say (`a`), stay.", "Pods on `AZURE_CLIENT_ID`, say (`a`), stay."),
        ("see https://x.example/ and @acme", "see `https://x.example/` and `@acme`"),
        ("serviceAccount.create: false → true", "serviceAccount.create: false → true"),
        ("1. not a list", "`1`. not a list"),
        ("commit deadbeef1", "commit `deadbeef1`"),
        ("commits deadbeef1'- and a/deadbeef1.", "commits `deadbeef1'-` and `a/deadbeef1`."),
        ("see a/GH-1 or GH-1", "see `a/GH-1` or `GH-1`"),
        ("the default (values.yaml:147) went.", "the default (`values.yaml:147`) went."),
        ("from a:b to c:d.", "from `a:b` to `c:d`."),
        ("(::) and ::x:: and ).", "`(::)` and `::x::` and )."),
        ("go (see [a](b), https://x.example/).", "go (see `[a](b`), `https://x.example/`)."),
        ("an odd ` tick", "an odd ``` ` ``` tick"),
    ] {
        assert_eq!(safe::prose(text, Slot::Flow), want.replace("``` ` ```", "`` ` ``"));
    }
}

#[test]
fn arguments_are_quoted_for_a_shell() {
    for (text, want) in [
        ("a.b=c", Some("a.b=c")),
        ("a.b=c d", Some("'a.b=c d'")),
        ("a=$(rm -rf /)'", Some(r"'a=$(rm -rf /)'\'''")),
        ("", Some("''")),
        ("a=\u{1b}[0m", None),
        ("a=b\nc", None),
    ] {
        assert_eq!(safe::shell(text).as_deref(), want);
    }
}

/// The text without colours: exactly the sequences that the sheet writes.
pub(super) fn without_sgr(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        out.push_str(&rest[..at]);
        let tail = &rest[at + 2..];
        let end = tail.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(tail.len());
        assert_eq!(tail.get(end..=end), Some("m"), "a sequence that is no colour: {tail:?}");
        rest = &tail[end + 1..];
    }
    out.push_str(rest);
    out
}
