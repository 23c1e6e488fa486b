//! What pull request a run is for, from the environments that CI systems document, and from the webhook payloads that GitHub publishes.

use std::collections::BTreeMap;
use std::path::Path;

use chartshift::error::{ErrorKind, Result};
use chartshift::publish::detect::{Doubt, token};
use chartshift::publish::{Given, Kind, Target, detect};
use serde_json::Value;

use crate::HEAD;
use crate::published::packages;

const BASE: &str = "9e01c559e01c559e01c559e01c559e01c559e01c";

fn found(variables: &[(&str, &str)], given: &Given) -> Result<Option<Target>> {
    let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
    detect(&|name| variables.get(name).map(|value| (*value).to_owned()), given)
}

/// The variables of GitHub Actions around an event.
fn actions<'a>(event: &'a str, path: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_API_URL", "https://api.github.com"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_REPOSITORY", "acme/platform"),
        ("GITHUB_RUN_ID", "1658821493"),
        ("GITHUB_RUN_NUMBER", "3"),
        ("GITHUB_SHA", "1111111111111111111111111111111111111111"),
        ("GITHUB_ACTOR", "octocat"),
        ("GITHUB_EVENT_NAME", event),
        ("GITHUB_EVENT_PATH", path),
    ]
}

/// A self-written event.
fn event(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/forges/events").join(name);
    path.display().to_string()
}

const GITLAB: &[(&str, &str)] = &[
    ("GITLAB_CI", "true"),
    ("CI_API_V4_URL", "https://gitlab.example/api/v4"),
    ("CI_SERVER_URL", "https://gitlab.example"),
    ("CI_PROJECT_PATH", "acme/teams/platform"),
    ("CI_MERGE_REQUEST_PROJECT_PATH", "acme/teams/platform"),
    ("CI_MERGE_REQUEST_PROJECT_ID", "12"),
    ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "12"),
    ("CI_MERGE_REQUEST_IID", "7"),
    ("CI_MERGE_REQUEST_DIFF_BASE_SHA", BASE),
    ("CI_COMMIT_SHA", HEAD),
    ("CI_PIPELINE_ID", "99"),
    ("CI_PIPELINE_CREATED_AT", "2026-01-10T09:00:00Z"),
    ("CI_JOB_URL", "https://gitlab.example/acme/teams/platform/-/jobs/5"),
];

const AZURE: &[(&str, &str)] = &[
    ("TF_BUILD", "True"),
    ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/acme/"),
    ("SYSTEM_TEAMPROJECT", "Our Platform"),
    ("BUILD_REPOSITORY_NAME", "gitops"),
    ("BUILD_REPOSITORY_PROVIDER", "TfsGit"),
    ("BUILD_BUILDID", "4711"),
    ("BUILD_SOURCEVERSION", "1111111111111111111111111111111111111111"),
    ("SYSTEM_PULLREQUEST_PULLREQUESTID", "7"),
    ("SYSTEM_PULLREQUEST_SOURCECOMMITID", HEAD),
    ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"),
    ("SYSTEM_PULLREQUEST_ISFORK", "False"),
    ("SYSTEM_PIPELINESTARTTIME", "2026-01-10 10:00:00+01:00"),
];

const BITBUCKET: &[(&str, &str)] = &[
    ("CI", "true"),
    ("BITBUCKET_BUILD_NUMBER", "12"),
    ("BITBUCKET_REPO_FULL_NAME", "acme/platform"),
    ("BITBUCKET_PR_ID", "7"),
    ("BITBUCKET_PR_DESTINATION_COMMIT", "9e01c559e01c"),
    ("BITBUCKET_COMMIT", HEAD),
];

fn with<'a>(variables: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = variables.iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
    kept.chain(more.iter().filter(|(_, value)| !value.is_empty())).copied().collect()
}

/// What is known of a target, a line each.
fn lines_of(target: &Target) -> String {
    let links = target.links();
    let known = [
        ("pull request", target.pull.map(|number| number.to_string())),
        ("to be found by", target.head_label.clone()),
        ("base", target.base.clone()),
        ("head", target.head.clone()),
        ("at", (target.at > 0).then(|| target.at.to_string())),
        ("run", target.run.clone()),
        ("doubt", target.doubt.map(|doubt| doubt.to_string())),
        ("pipeline", target.pipeline.map(|number| number.to_string())),
        ("job's author", target.jobs_author.map(str::to_owned)),
        ("a line", links.file.map(|file| format!("{file}values.yaml{}9", links.line))),
    ];
    let job = if target.job { ", in its own job" } else { "" };
    let mut text = format!("{} at {}, {}{job}\n", target.kind, target.api, target.repository);
    for (name, value) in known.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        text += &format!("  {name}: {value}\n");
    }
    text
}

/// Each environment, and what is read from it: a snapshot, to be read beside the systems' documentation.
#[test]
fn environments_are_read() {
    let pull = event("pull_request.json");
    let fork = event("fork.json");
    let behind = event("workflow_run.json");
    let behind_fork = event("workflow_run_fork.json");
    let queue = event("merge_group.json");
    let push = event("push.json");
    let comment = event("issue_comment.json");
    let gitea = |name| {
        with(
            &actions("pull_request", &pull),
            &[(name, "true"), ("GITHUB_API_URL", "https://git.acme.example/api/v1"), ("GITHUB_SERVER_URL", "https://git.acme.example")],
        )
    };
    let cases = [
        ("GitHub, pull_request", actions("pull_request", &pull)),
        ("GitHub, pull_request of a fork", actions("pull_request", &fork)),
        ("GitHub, pull_request_target of a fork", actions("pull_request_target", &fork)),
        ("GitHub, pull_request by Dependabot", with(&actions("pull_request", &pull), &[("GITHUB_ACTOR", "dependabot[bot]")])),
        ("GitHub, workflow_run", actions("workflow_run", &behind)),
        ("GitHub, workflow_run of a fork", actions("workflow_run", &behind_fork)),
        ("GitHub, merge_group", actions("merge_group", &queue)),
        ("GitHub, push", actions("push", &push)),
        ("GitHub, issue_comment", actions("issue_comment", &comment)),
        (
            "GitHub Enterprise Server",
            with(
                &actions("pull_request", &pull),
                &[("GITHUB_API_URL", "https://git.acme.example/api/v3"), ("GITHUB_SERVER_URL", "https://git.acme.example")],
            ),
        ),
        ("Gitea", gitea("GITEA_ACTIONS")),
        ("Forgejo", gitea("FORGEJO_ACTIONS")),
        ("GitLab", GITLAB.to_vec()),
        (
            "GitLab, merged results of a fork",
            with(
                GITLAB,
                &[("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "13"), ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", HEAD), ("CI_COMMIT_SHA", BASE)],
            ),
        ),
        (
            "GitLab, a branch",
            with(GITLAB, &[("CI_MERGE_REQUEST_IID", ""), ("CI_MERGE_REQUEST_DIFF_BASE_SHA", ""), ("CI_COMMIT_BEFORE_SHA", BASE)]),
        ),
        ("Azure Pipelines", AZURE.to_vec()),
        ("Azure Pipelines, a fork", with(AZURE, &[("SYSTEM_PULLREQUEST_ISFORK", "True")])),
        (
            "Azure Pipelines, a repository on GitHub",
            with(
                AZURE,
                &[
                    ("BUILD_REPOSITORY_PROVIDER", "GitHub"),
                    ("BUILD_REPOSITORY_NAME", "acme/platform"),
                    ("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "8"),
                ],
            ),
        ),
        ("Bitbucket Pipelines", BITBUCKET.to_vec()),
    ];
    let mut text = String::new();
    for (name, variables) in cases {
        let mut target = found(&variables, &Given::default()).unwrap().unwrap();
        if variables.iter().all(|(name, _)| !name.ends_with("TIME") && !name.ends_with("CREATED_AT")) && target.at > 1_780_000_000 {
            // The clock stands in where nothing says when the run began.
            target.at = 0;
        }
        text += &format!("# {name}\n{}\n", lines_of(&target));
    }
    insta::assert_snapshot!("environments", text);
}

#[test]
fn flags_count_over_the_environment() {
    let pull = event("fork.json");
    let variables = actions("pull_request", &pull);
    let given = Given { pull_request: Some(8), head: Some(BASE.into()), ..Given::default() };
    let target = found(&variables, &given).unwrap().unwrap();
    assert_eq!((target.pull, target.head.as_deref(), target.doubt), (Some(8), Some(BASE), None));
    let given = Given { repository: Some("acme/other".into()), ..Given::default() };
    let target = found(&variables, &given).unwrap().unwrap();
    assert_eq!((target.repository.as_str(), target.pull, target.head), ("acme/other", None, None));
    let given = Given { forge: Some(Kind::GitLab), repository: Some("acme/mirror".into()), ..Given::default() };
    let target = found(&variables, &given).unwrap().unwrap();
    assert_eq!((target.kind, target.api.expose().as_str(), target.pull), (Kind::GitLab, "https://gitlab.com/api/v4", None));
    assert!(target.at > 0);
}

#[test]
fn what_is_not_known_is_said() {
    assert_eq!(found(&[], &Given::default()).unwrap(), None);
    assert_eq!(found(&[("CI", "true")], &Given::default()).unwrap(), None);
    let given = |forge: Option<Kind>, repository: Option<&str>| Given { forge, repository: repository.map(Into::into), ..Given::default() };
    let cases = [
        (vec![], given(None, Some("acme/platform")), "--forge"),
        (vec![], given(Some(Kind::GitHub), None), "--repository"),
        (vec![], given(Some(Kind::Gitea), Some("acme/platform")), "--api-url"),
        (vec![], given(Some(Kind::GitHub), Some("acme/../user")), "OWNER/NAME"),
        (vec![("GITHUB_ACTIONS", "true")], Given::default(), "GITHUB_SERVER_URL"),
        (with(GITLAB, &[("CI_MERGE_REQUEST_IID", "7; rm")]), Given::default(), "CI_MERGE_REQUEST_IID"),
        (with(GITLAB, &[("CI_API_V4_URL", "file:///etc/passwd")]), Given::default(), "not a URL"),
    ];
    for (variables, given, words) in cases {
        let error = found(&variables, &given).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage, "{error:?}");
        assert!(error.report().contains(words), "{error:?}");
    }
    let missing = found(&actions("pull_request", "/nowhere.json"), &Given::default()).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Io);
    let behind_push = event("workflow_run_push.json");
    let error = found(&actions("workflow_run", &behind_push), &Given::default()).unwrap_err();
    assert!(error.report().contains("not for a pull request"), "{error:?}");
}

/// The most particular variable counts, and one that holds nothing counts as none.
#[test]
fn tokens_are_found_by_forge() {
    let named = |kind: Kind, variables: &[(&str, &str)]| {
        let lookup = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        token(kind, &lookup).unwrap().map(|token| token.variable().to_owned())
    };
    let all = [
        ("GITHUB_TOKEN", "a"),
        ("GH_TOKEN", "b"),
        ("GITLAB_TOKEN", "c"),
        ("SYSTEM_ACCESSTOKEN", "d"),
        ("BITBUCKET_TOKEN", "e"),
        ("GITEA_TOKEN", "f"),
    ];
    let table = [
        (Kind::GitHub, Some("GITHUB_TOKEN")),
        (Kind::GitLab, Some("GITLAB_TOKEN")),
        (Kind::AzureDevOps, Some("SYSTEM_ACCESSTOKEN")),
        (Kind::BitbucketCloud, Some("BITBUCKET_TOKEN")),
        (Kind::BitbucketDataCenter, Some("BITBUCKET_TOKEN")),
        (Kind::Gitea, Some("GITEA_TOKEN")),
    ];
    for (kind, variable) in table {
        assert_eq!(named(kind, &all).as_deref(), variable);
        assert_eq!(named(kind, &[&all[..], &[("CHARTSHIFT_TOKEN", "x")]].concat()).as_deref(), Some("CHARTSHIFT_TOKEN"));
        assert_eq!(named(kind, &[("CHARTSHIFT_TOKEN", " ")]), None);
    }
    assert_eq!(named(Kind::GitHub, &[("GITHUB_TOKEN", ""), ("GH_TOKEN", "b")]).as_deref(), Some("GH_TOKEN"));
}

/// The payloads that GitHub publishes (npm: `@octokit/webhooks-examples`), all of them, as the event of a run.
#[test]
fn published_payloads_are_read() {
    let Some(packages) = packages() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut read = BTreeMap::<String, usize>::new();
    let examples = std::fs::read(packages.join("@octokit/webhooks-examples/api.github.com/index.json")).unwrap();
    let examples: Vec<Value> = serde_json::from_slice(&examples).unwrap();
    for group in &examples {
        let name = group["name"].as_str().unwrap();
        for example in group["examples"].as_array().unwrap() {
            let path = folder.path().join("event.json");
            std::fs::write(&path, example.to_string()).unwrap();
            let found = found(&actions(name, &path.display().to_string()), &Given::default());
            if name == "workflow_run" && example["workflow_run"]["event"] != "pull_request" {
                assert_eq!(found.unwrap_err().kind(), ErrorKind::Usage);
                continue;
            }
            let target = found.unwrap_or_else(|error| panic!("{name}: {error:?}")).unwrap();
            let pull = &example["pull_request"];
            if name.starts_with("pull_request") {
                assert_eq!(target.pull, pull["number"].as_u64());
                assert_eq!(target.head.as_deref(), pull["head"]["sha"].as_str());
                assert_eq!(target.base.as_deref(), pull["base"]["sha"].as_str());
                let fork = pull["head"]["repo"]["id"] != pull["base"]["repo"]["id"];
                assert_eq!(target.doubt, fork.then_some(Doubt::Fork));
            } else if matches!(name, "issue_comment" | "issues") {
                let expected = example["issue"].get("pull_request").and(example["issue"]["number"].as_u64());
                assert_eq!(target.pull, expected);
            } else {
                assert_eq!(target.pull, None, "{name}");
            }
            *read.entry(name.to_owned()).or_default() += 1;
        }
    }
    assert!(read["pull_request"] >= 20 && read["push"] >= 5 && read["merge_group"] >= 2, "{read:?}");
}
