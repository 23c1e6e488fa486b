//! GitLab, Azure DevOps and Bitbucket as clients from their registries have them: where a forge publishes no description that can be mocked,
//! what is sent is compared with what another client sends, or with the types that such a client is made of.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use chartshift::publish::{Forge, Kind, LineComment, State, Status};
use serde_json::Value;

use crate::fakes::{self, Fake, Speech};
use crate::published::packages;
use crate::servers::run;
use crate::servers::scripted::Asked;
use crate::{HEAD, SECRET, opened};

/// What each forge is asked for, once.
fn do_all(forge: &dyn Forge) {
    forge.me().unwrap();
    let created = forge.create("### Text\n", true).unwrap().unwrap();
    forge.comments().unwrap();
    forge.update(&created, "### Other\n", true).unwrap().unwrap();
    let target = Some("https://ci.example/run/1".to_owned());
    let status = Status { state: State::Failure, context: "chartshift/thanos".into(), description: "1 change blocks".into(), target };
    forge.set_status(&status).unwrap();
    let line = LineComment { file: "apps/values.yaml".into(), line: 9, body: "```suggestion\na: b\n```".into() };
    assert!(forge.comment_on_line(&line).unwrap());
}

fn speech(kind: Kind) -> Arc<dyn Speech> {
    fakes::all().into_iter().find(|speech| speech.kind() == kind).unwrap()
}

/// The requests that a forge is sent.
fn sent(kind: Kind) -> Vec<Asked> {
    let fake = Fake::start(speech(kind), fakes::State::default());
    do_all(opened(kind, &fake.address()).unwrap().as_ref());
    fake.server.asked()
}

/// A request without what two clients may do differently: headers, and JSON or a form.
fn essence(asked: &Asked) -> String {
    let kind = asked.header("content-type").unwrap_or_default();
    let mut fields: Vec<String> = match kind.split_once("boundary=") {
        Some((_, boundary)) => String::from_utf8(asked.body.clone()).unwrap().split(boundary).filter_map(form_field).collect(),
        None if asked.body.is_empty() => Vec::new(),
        None => json_fields("", &serde_json::from_slice(&asked.body).unwrap()),
    };
    fields.sort();
    format!("{} {}\n  {}", asked.method, asked.target, fields.join("\n  "))
}

fn form_field(part: &str) -> Option<String> {
    let (head, value) = part.split_once("\r\n\r\n")?;
    let name = head.split_once("name=\"")?.1.split('"').next()?;
    Some(format!("{name}={:?}", value.strip_suffix("\r\n--").unwrap_or(value).replace("\r\n", "\n")))
}

fn json_fields(name: &str, value: &Value) -> Vec<String> {
    let Value::Object(map) = value else {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        return vec![format!("{name}={text:?}")];
    };
    let inner = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}[{key}]") };
    map.iter().flat_map(|(key, value)| json_fields(&inner(key), value)).collect()
}

#[test]
fn gitlab_is_spoken_to_as_by_another_client() {
    let Some(packages) = packages() else { return };
    let fake = Fake::start(speech(Kind::GitLab), fakes::State::default());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/forges/gitlab_client.mjs");
    let base = "1".repeat(40);
    run(Command::new("node").args([&script, &packages]).args([fake.server.url(""), SECRET.into(), HEAD.into(), base]));
    let theirs: Vec<String> = fake.server.asked().iter().map(essence).collect();
    let ours: Vec<String> = sent(Kind::GitLab).iter().map(essence).collect();
    assert_eq!(ours.len(), 7);
    assert_eq!(ours, theirs);
}

/// The type of what a path takes, as TypeScript names it.
fn type_of(kind: Kind, asked: &Asked) -> Option<String> {
    const CLOUD: &str = "/repositories/{workspace}/{repo_slug}";
    const DATA_CENTER: &str = "/api/latest/projects/{projectKey}/repos/{repositorySlug}";
    let path = asked.target.split('?').next().unwrap();
    let method = asked.method.to_lowercase();
    let id = path.rsplit('/').next().unwrap().bytes().all(|b| b.is_ascii_digit());
    Some(match kind {
        Kind::BitbucketCloud if path.ends_with("/statuses/build") => {
            format!("Body<Cloud, \"{CLOUD}/commit/{{commit}}/statuses/build\", \"{method}\">")
        }
        Kind::BitbucketCloud => {
            let one = if id { "/{comment_id}" } else { "" };
            format!("CloudComment<\"{CLOUD}/pullrequests/{{pull_request_id}}/comments{one}\", \"{method}\">")
        }
        Kind::BitbucketDataCenter if path.ends_with("/builds") => {
            format!("Body<DataCenter, \"{DATA_CENTER}/commits/{{commitId}}/builds\", \"{method}\">")
        }
        Kind::BitbucketDataCenter => {
            let one = if id { "/{commentId}" } else { "" };
            format!("Body<DataCenter, \"{DATA_CENTER}/pull-requests/{{pullRequestId}}/comments{one}\", \"{method}\">")
        }
        Kind::AzureDevOps if path.ends_with("/statuses") => "Named<Azure.GitPullRequestStatus>".into(),
        Kind::AzureDevOps if path.contains("/comments/") => "Named<Azure.Comment>".into(),
        Kind::AzureDevOps => "Named<Azure.GitPullRequestCommentThread>".into(),
        _ => return None,
    })
}

/// The head of a file that holds what we sent, each with the published type of it.
const TYPES: &str = r#"
import type { paths as Cloud, components as CloudTypes } from "../node_modules/@coderabbitai/bitbucket/dist/cloud/openapi/openapi-typescript.js";
import type { paths as DataCenter } from "../node_modules/@coderabbitai/bitbucket/dist/server/openapi/openapi-typescript.js";
import type * as Azure from "azure-devops-node-api/interfaces/GitInterfaces.js";

// The description wants a `type` in every object, and a path in parts, which the documentation beside it writes as one.
type Sent<T> = T extends readonly unknown[] ? T
  : T extends object ? { [K in keyof T as string extends K ? never : K extends "type" ? never : K]: K extends "path" ? string : Sent<T[K]> }
  : T;
type Body<P, K extends keyof P, M extends keyof P[K]> =
  NonNullable<P[K][M]> extends { requestBody?: { content: infer C } } ? Partial<Sent<C[keyof C]>> : never;
// The type of a pull request's comment loses its fields in this client's types; it is a comment.
type CloudComment<K extends keyof Cloud, M extends keyof Cloud[K]> = Body<Cloud, K, M> extends never ? never : Partial<Sent<CloudTypes["schemas"]["comment"]>>;
// Enumerations are numbers in this client and words in the API.
type Named<T> = T extends Date ? string : T extends (infer U)[] ? Named<U>[]
  : T extends number ? (`${number}` extends `${T}` ? number : Words)
  : T extends object ? { [K in keyof T]: Named<T[K]> } : T;
type Words = Uncapitalize<keyof typeof Azure.CommentThreadStatus | keyof typeof Azure.CommentType | keyof typeof Azure.GitStatusState>;
"#;

/// What the compiler says about files of these names, and about what is read.
fn compiled(packages: &Path, files: &[(String, String)]) -> String {
    let folder = tempfile::tempdir_in(packages.parent().unwrap()).unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/forges/reads.ts"), folder.path().join("reads.ts")).unwrap();
    let options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--moduleResolution", "nodenext", "--types", "node"];
    let mut command = Command::new("node");
    command.current_dir(folder.path()).arg(packages.join("typescript/bin/tsc")).args(options).arg("reads.ts");
    let output = command.args(files.iter().map(|(name, _)| name)).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn azure_devops_and_bitbucket_are_sent_what_their_types_allow() {
    let Some(packages) = packages() else { return };
    let mut bodies = TYPES.to_owned();
    let mut count = 0;
    for kind in [Kind::BitbucketCloud, Kind::BitbucketDataCenter, Kind::AzureDevOps] {
        for asked in sent(kind).iter().filter(|asked| !asked.body.is_empty()) {
            let body = String::from_utf8(asked.body.clone()).unwrap();
            let _ = writeln!(bodies, "export const sent{count}: {} = {body};", type_of(kind, asked).unwrap());
            count += 1;
        }
    }
    assert_eq!(count, 4 + 5 + 5);
    // Each of these is refused: the types do say something.
    let wrong = [
        ("\"raw\":", "\"text\":"),
        ("\"FAILED\"", "\"FAILURE\""),
        ("\"failed\"", "\"failure\""),
        ("\"parentCommentId\":0", "\"parentId\":0"),
        ("\"version\":0", "\"version\":\"0\""),
        ("\"lineType\":", "\"linetype\":"),
        ("/pullrequests/", "/pull-requests/"),
    ];
    let mut files = vec![("sent.ts".to_owned(), bodies.clone())];
    for (number, (right, other)) in wrong.iter().enumerate() {
        assert!(bodies.contains(right), "{right}");
        files.push((format!("wrong{number}.ts"), bodies.replace(right, other)));
    }
    let said = compiled(&packages, &files);
    let told_of = |name: &str| said.lines().any(|line| line.starts_with(&format!("{name}(")));
    assert!(!told_of("sent.ts") && !told_of("reads.ts"), "{said}\n{bodies}");
    assert!(files[1..].iter().all(|(name, _)| told_of(name)), "{said}");
}
