//! Whatever the report and whatever the limit: the body fits, is whole Markdown, says the verdict, and accounts for every finding.

use comrak::nodes::NodeValue;
use comrak::{Arena, parse_document};
use proptest::prelude::*;

use super::super::hostile::options;
use super::*;
use crate::report::pull::MARKER;

/// Words as charts have them, and some that take much room once they are escaped.
fn words() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("serviceAccount.create".to_owned()),
        Just("the pods move to another account".to_owned()),
        Just("`|\\\\|@all <b>".to_owned()),
        Just("\u{e0001}".repeat(40)),
        Just("```\n".repeat(3)),
        "[a-z]{1,12}",
    ];
    (prop::collection::vec(word, 1..6), 1_usize..12).prop_map(|(words, times)| words.join(" ").repeat(times))
}

fn reports() -> impl Strategy<Value = PullReport> {
    let severities = prop::sample::select(vec![Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical]);
    let finding = (severities, words(), 0_usize..40);
    let group = (prop::collection::vec(finding, 0..25), words(), 1_usize..30, 0_usize..40);
    (prop::collection::vec(group, 0..7), words(), 0_usize..40, prop::option::of(Just(Severity::High))).prop_map(
        |(groups, text, unreviewed, fail_on)| {
            let mut report = filled(&text, groups.len());
            report.fail_on = fail_on;
            report.unreviewed = vec![report.unreviewed[0].clone(); unreviewed];
            for (group, (findings, name, releases, missing)) in report.groups.iter_mut().zip(groups) {
                let example = group.findings[0].clone();
                group.findings = findings
                    .into_iter()
                    .map(|(severity, title, lines)| FindingView {
                        severity,
                        rule: "a-rule".into(),
                        fix: Some(FixView { text: title.clone(), yaml: vec![title.clone(); lines], verified: false }),
                        title,
                        ..example.clone()
                    })
                    .collect();
                group.chart = name;
                group.releases = vec![group.releases[0].clone(); releases];
                group.missing = vec![group.missing[0].clone(); missing];
            }
            report.complete = report.unreviewed.is_empty() && report.groups.iter().all(|group| group.missing.is_empty());
            report
        },
    )
}

/// The number in front of a phrase, 1 for its singular, 0 when it says neither.
fn said(body: &str, one: &str, before: &str, behind: &str) -> usize {
    if body.contains(one) {
        return 1;
    }
    let number = body.split_once(before).and_then(|(_, rest)| rest.split_once(behind)).map(|(number, _)| number);
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn assert_whole(body: &str, limits: Limits) {
    let arena = Arena::new();
    let (mut opened, mut closed, mut last) = (0, 0, String::new());
    for node in parse_document(&arena, body, &options()).descendants() {
        match &node.data().value {
            NodeValue::HtmlBlock(block) => {
                opened += block.literal.matches("<details").count();
                closed += block.literal.matches("</details>").count();
            }
            NodeValue::Heading(_) | NodeValue::Paragraph => last.clear(),
            NodeValue::Text(text) => last.push_str(text),
            _ => {}
        }
    }
    assert_eq!(opened, closed, "{body}");
    assert!(limits.dialect == Dialect::Full || opened == 0, "{body}");
    // The last line is a paragraph of its own: nothing in front of it is still open.
    assert!(last.contains(concat!(" ", env!("CARGO_PKG_VERSION"), " · head ")), "{last:?} in {body}");
    assert!(body.ends_with('\n'));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn bodies_fit_and_account_for_everything(report in reports(), bytes in 2_000_usize..100_000, basic in any::<bool>()) {
        let dialect = if basic { Dialect::Basic } else { Dialect::Full };
        let limits = Limits { bytes, dialect };
        let body = comment(&report, &limits, &links());
        prop_assert!(body.text.len() + MARKER <= bytes, "{} of {bytes} bytes", body.text.len());
        assert_whole(&body.text, limits);
        let verdict = report.verdict();
        let heading = body.text.lines().next().unwrap_or_default();
        prop_assert!(heading.starts_with("### ") && heading.contains(&verdict), "{heading} without {verdict}");
        let total = report.groups.iter().flat_map(|group| &group.findings).filter(|finding| finding.ignored.is_none()).count();
        let shown = body.text.lines().filter(|line| *line == "Rule `a-rule`.").count();
        let dropped = said(&body.text, "the details of 1 finding (", "the details of ", " findings");
        let dropped = dropped.max(said(&body.text, "the details of 1 finding,", "the details of ", " findings"));
        prop_assert_eq!((shown, dropped), (body.shown, body.dropped), "{}", body.text);
        prop_assert_eq!(shown + dropped, total);
        if !report.complete {
            prop_assert!(body.text.contains("**Not compared**"), "{}", body.text);
        }
    }
}

#[test]
fn what_blocks_is_left_out_last() {
    let mut report = filled("a sentence of some words that is here to take up room", 1);
    let example = report.groups[0].findings[0].clone();
    let of = |severity, rule: &str| FindingView { severity, rule: rule.into(), title: rule.into(), ..example.clone() };
    report.groups[0].findings = vec![of(Severity::Critical, "worst"), of(Severity::Medium, "middling"), of(Severity::Info, "least")];
    let mut gone = Vec::new();
    for bytes in (2_000..30_000).rev().step_by(200) {
        let body = comment(&report, &Limits { bytes, dialect: Dialect::Full }, &links()).text;
        for rule in ["worst", "middling", "least"] {
            if !body.contains(&format!("Rule `{rule}`.")) && !gone.contains(&rule) {
                gone.push(rule);
            }
        }
    }
    assert_eq!(gone, ["least", "middling", "worst"]);
}
