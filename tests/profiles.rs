//! Each switch between Helm versions against the three real Helms: the charts and answers in `testdata/profiles`, standard output, exit
//! status, warnings and errors.

#![allow(clippy::print_stderr)]

mod recorded;

use std::collections::BTreeSet;

/// The fields of `Profile`, but what a published binary alone says of itself: `go`, `commit`, `kube_client`.
const SWITCHES: [&str; 22] = [
    "aliases_share",
    "all_value_documents",
    "chart_is_map",
    "coalescing",
    "comments_have_lines",
    "comparison_names_types",
    "helm",
    "import_paths_of_any_type",
    "kube_minor",
    "kube_version",
    "must_to_toml",
    "must_to_yaml",
    "range_over_int",
    "semver",
    "set_ignores_open_index",
    "set_json_object",
    "splitting",
    "structured_messages",
    "times_append",
    "toml",
    "values_package",
    "webhooks_last",
];

#[test]
fn every_profile_is_its_helm() {
    let cases = recorded::cases("profiles/cases.jsonl");
    let (asked, differing) = recorded::differences(&cases);
    eprintln!("{} charts, {asked} renders, {} differ", cases.len(), differing.len());
    assert!(differing.is_empty(), "{} of {asked} differ\n{}", differing.len(), differing.join("\n"));
}

/// A switch without a case in which the Helms differ would be a guess.
#[test]
fn every_switch_is_seen_to_differ() {
    let cases = recorded::cases("profiles/cases.jsonl");
    let is_difference = |case: &&serde_json::Value| {
        let want = case["want"].as_array().expect("answers");
        want.len() > 1 || want[0]["helm"].as_array().expect("names").len() < 3
    };
    let seen: BTreeSet<&str> = cases.iter().filter(is_difference).filter_map(|case| case["switch"].as_str()).collect();
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), SWITCHES);
}
