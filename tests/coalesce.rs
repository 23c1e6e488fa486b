//! Values over defaults, globals, aliases, conditions and imports against three real Helms: the charts and answers in `testdata/coalesce`,
//! standard output, warnings and errors.

#![allow(clippy::print_stderr)]

mod recorded;

#[test]
fn values_come_together_as_in_helm() {
    let cases = recorded::cases("coalesce/cases.jsonl");
    assert!(cases.len() >= 200, "only {} cases", cases.len());
    let (asked, differing) = recorded::differences(&cases);
    eprintln!("{} charts, {asked} renders, {} differ", cases.len(), differing.len());
    assert!(differing.is_empty(), "{} of {asked} differ\n{}", differing.len(), differing.join("\n"));
}
