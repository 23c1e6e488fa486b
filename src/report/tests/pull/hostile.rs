//! Hostile text in every slot of a comment: no mention outside of code, no link but ours, no image, no element but ours, no command is born,
//! and the document keeps its shape.

use std::collections::BTreeMap;

use comrak::nodes::NodeValue;
use comrak::{Arena, parse_document};

use super::super::super::pull::{Body, summary, text};
use super::super::hostile::{assert_inert, assert_no_quick_action, options, strings, tags, without_sgr};
use super::*;
use crate::report::Style;

/// What a renderer makes of a body: how many nodes of each sort; the text outside of code; where links lead.
#[derive(Debug, PartialEq)]
struct Seen {
    shape: BTreeMap<String, usize>,
    text: String,
    links: Vec<String>,
}

fn seen(markdown: &str) -> Seen {
    let arena = Arena::new();
    let mut seen = Seen { shape: BTreeMap::new(), text: String::new(), links: Vec::new() };
    for node in parse_document(&arena, markdown, &options()).descendants() {
        let sort = match &node.data().value {
            NodeValue::Text(text) => {
                seen.text.push_str(text);
                seen.text.push('\n');
                continue;
            }
            NodeValue::Code(_) => continue,
            NodeValue::Link(link) => {
                seen.links.push(link.url.clone());
                "link".to_owned()
            }
            // Words of a summary that need it are wrapped in <code>, so how many there are depends on the words.
            NodeValue::HtmlBlock(block) => format!("html {}", tags(&block.literal).replace("<code>", "").replace("</code>", "")),
            NodeValue::HtmlInline(html) => format!("html {}", tags(html)),
            NodeValue::CodeBlock(block) => format!("code block {}", block.info),
            other => format!("{other:?}").split(['(', ' ', '{']).next().unwrap_or_default().to_owned(),
        };
        *seen.shape.entry(sort).or_default() += 1;
    }
    seen
}

/// The bodies that a report becomes, without links, so that nothing depends on what can be linked to.
const BODIES: [fn(&PullReport) -> Body; 3] = [
    |report| comment(report, &Limits { bytes: 60_000, dialect: Dialect::Full }, &Links::default()),
    |report| summary(report, &Links::default()),
    |report| comment(report, &Limits { bytes: 1_000_000, dialect: Dialect::Basic }, &Links::default()),
];

/// Mentions, and references to issues and commits, in text that a forge would look at.
fn assert_no_reference(seen: &Seen, what: &str) {
    let words = seen.text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | ';' | '"' | '\''));
    for word in words {
        assert!(!word.contains('@') && !word.contains('#') && !word.contains("://") && !word.contains("www."), "{what:?}: {word:?}");
        assert!(!word.to_ascii_lowercase().starts_with("gh-"), "{what:?}: {word:?}");
        let is_commit = |part: &str| part.len() >= 7 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(!word.split(|c: char| !c.is_alphanumeric()).any(is_commit), "{what:?}: {word:?}");
    }
}

fn has_words(text: &str) -> bool {
    text.chars().any(|c| !c.is_whitespace())
}

/// Whole comments cost more than slots: one string in so many fills every slot of one.
const EACH: usize = 16;

/// Strings that one comment is filled with where they are to work together; a prime number, so that no slot always gets the same one.
const TOGETHER: usize = 7;

#[test]
fn every_slot_of_a_comment() {
    let sees = |charts: usize| BODIES.map(|body| seen(&body(&filled("word", charts)).text));
    let want = [sees(1), sees(2)];
    assert_eq!(want[0][1].shape["TableRow"], 4 + 3 + 3, "the table of findings, and those of the release");
    assert_eq!(want[0][1].links, Vec::<String>::new());
    let mut tried = 0;
    for text in strings(11).filter(|text| has_words(text)).step_by(EACH) {
        // Reports of one chart and of several are laid out differently, and so is each kind of body: they take turns.
        let (charts, kind) = (1 + tried % 2, tried / 2 % 3);
        let (body, want) = (BODIES[kind](&filled(&text, charts)), &want[charts - 1][kind]);
        let got = seen(&body.text);
        // What doesn't fit a comment is left out whole; a summary has room for all of it.
        if kind == 1 || want.text.contains("Left out") == body.text.contains("Left out") {
            assert_eq!(got.shape, want.shape, "{text:?}:\n{}", body.text);
        }
        assert_eq!(got.links, Vec::<String>::new(), "{text:?}:\n{}", body.text);
        assert_eq!(got.shape.get("Image"), None, "{text:?}");
        assert_no_reference(&got, &text);
        assert_inert(&body.text, &text);
        assert_no_quick_action(&body.text, &text);
        tried += 1;
    }
    assert!(tried >= super::super::hostile::CASES / EACH - 10 || std::env::var_os("HOSTILE_CASES").is_some());
}

/// With links, none leads anywhere but below our own addresses, however the file is called.
#[test]
fn links_stay_below_ours() {
    let links = links();
    let ours = links.file.clone().unwrap();
    for text in strings(12).step_by(200).chain([
        "../../evil".into(),
        "a/../../b".into(),
        "/etc".into(),
        "a?b#c".into(),
        "x)y".into(),
        "a/./b".into(),
    ]) {
        let body = summary(&filled(&text, 1), &links).text;
        for link in seen(&body).links {
            let path = link.strip_prefix(&ours).map(|path| path.split('#').next().unwrap_or_default());
            let is_below = path.is_some_and(|path| !path.split('/').any(|part| matches!(part, "" | "." | "..")));
            assert!(is_below || Some(&link) == links.report.as_ref(), "{text:?}: {link}");
        }
    }
}

/// Addresses come from the CI's environment; one that isn't one is no link.
#[test]
fn addresses_that_are_none_are_no_links() {
    for address in
        ["javascript:alert(1)", "https://x.example/a)b", "https://x.example/ b", "data:text/html,x", "//x.example", "https://x.example/<b>"]
    {
        let links = Links { file: Some(address.into()), line: "#L", report: Some(address.into()) };
        let body = summary(&filled("word", 1), &links).text;
        assert_eq!(seen(&body).links, Vec::<String>::new(), "{address}");
    }
}

#[test]
fn nothing_but_space_is_no_shape_either() {
    for text in ["", " ", "\n", "\t\r\n"] {
        for body in BODIES.map(|body| body(&filled(text, 2))) {
            let got = seen(&body.text);
            assert_eq!(got.shape.get("ThematicBreak"), None, "{text:?}:\n{}", body.text);
            assert_eq!(got.links, Vec::<String>::new());
            let count = |tag: &str| body.text.matches(tag).count();
            assert_eq!(count("<details"), count("</details>"));
        }
    }
}

#[test]
fn the_terminal_and_json_stay_inert() {
    let style = Style { width: 80, color: true, lines: true };
    for string in strings(13).step_by(100) {
        let report = filled(&string, 2);
        assert_inert(&without_sgr(&text(&report, &style)), &string);
        let mut json = Vec::new();
        report.write(&mut json).unwrap();
        assert_inert(&String::from_utf8(json).unwrap(), &string);
    }
}

/// Different strings next to each other, as an attacker would place them: what one opens, another may close. When a number is asked for, all
/// strings are tried, else one in four.
#[test]
fn strings_do_not_work_together() {
    let want = BODIES.map(|body| seen(&body(&filled("word", 1)).text));
    let step = if std::env::var_os("HOSTILE_CASES").is_some() { 1 } else { 4 };
    let all: Vec<String> = strings(14).filter(|text| has_words(text)).step_by(step).collect();
    for (number, texts) in all.chunks(TOGETHER).enumerate() {
        let kind = number % BODIES.len();
        let body = BODIES[kind](&filled_from(texts, 1)).text;
        let got = seen(&body);
        if kind == 1 || want[kind].text.contains("Left out") == body.contains("Left out") {
            assert_eq!(got.shape, want[kind].shape, "{texts:?}:\n{body}");
        }
        assert_eq!(got.links, Vec::<String>::new(), "{texts:?}:\n{body}");
        assert_no_reference(&got, &body);
        assert_inert(&body, &body);
        assert_no_quick_action(&body, &body);
    }
    assert!(all.len() >= super::super::hostile::CASES / 4 - 100 || step == 1);
}
