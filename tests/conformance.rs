//! Every function against real Helm: the answers recorded in `testdata/conformance` (see `regenerate.py` there), byte for byte, errors too.
//! What is known to differ is listed with its reason in `differences.jsonl`; what is listed and doesn't differ fails as well.

#![allow(clippy::disallowed_methods, clippy::print_stderr, clippy::unwrap_used)]

use std::collections::{HashMap, HashSet};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use chartshift::template::value::{Map, MapKind, Table, Text, Value};
use chartshift::template::{Limits, ParsedFile, Profile, Session, TemplateSet, ValuesPackage};
use chartshift::value::{Node, yaml};

/// The name Helm knew every template by.
const NAME: &str = "c/templates/t.yaml";
const STACK_BYTES: usize = 64 << 20;

macro_rules! families {
    ($($test:ident = $family:literal),* $(,)?) => {
        $(#[test] fn $test() { on_a_large_stack(|| agrees($family)); })*

        #[test]
        fn no_family_is_left_out() {
            let known = [$($family),*];
            for entry in fs::read_dir(folder()).unwrap() {
                let path = entry.unwrap().path();
                let family = path.file_stem().unwrap().to_str().unwrap();
                let is_cases = path.extension().is_some_and(|extension| extension == "jsonl") && !["dates", "differences"].contains(&family);
                assert!(!is_cases || known.contains(&family), "{family} is not tested");
            }
        }
    };
}

families! {
    builtins = "builtins",
    certificates = "certificates",
    crypto = "crypto",
    dicts = "dicts",
    encoding = "encoding",
    hashes = "hashes",
    helm = "helm",
    lists = "lists",
    merge = "merge",
    number_formatting = "number-formatting",
    numbers = "numbers",
    paths = "paths",
    printf = "printf",
    regexes = "regexes",
    semver = "semver",
    strings = "strings",
    toml = "toml",
    types = "types",
    urls = "urls",
}

/// Templates see the local zone, and Helm's was UTC.
#[test]
fn dates() {
    if std::env::var("TZ").is_ok_and(|zone| zone == "UTC") {
        return on_a_large_stack(|| agrees("dates"));
    }
    let again = Command::new(std::env::current_exe().unwrap()).args(["--exact", "dates", "--nocapture"]).env("TZ", "UTC").output().unwrap();
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
}

/// Counts calls in all families of every function that the table of calls names.
#[test]
fn every_function_has_five_cases() {
    let calls = fs::read_to_string(folder().join("tables/calls.txt")).unwrap();
    let names = calls.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '['])).filter_map(|line| line.split(' ').next());
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let templates: Vec<String> = files
        .filter(|file| file.ends_with(".jsonl"))
        .flat_map(|file| lines(&file))
        .map(|case| case["template"].as_str().unwrap().to_owned())
        .collect();
    let words = |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').map(str::to_owned).collect::<HashSet<_>>();
    let called: Vec<HashSet<String>> = templates.iter().map(|template| words(template)).collect();
    let rare: Vec<&str> = names.filter(|name| called.iter().filter(|words| words.contains(*name)).count() < 5).collect();
    assert!(templates.len() > 6_000, "only {} cases", templates.len());
    assert_eq!(rare, Vec::<&str>::new(), "with fewer than five cases");
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/conformance")
}

fn lines(file: &str) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(folder().join(file)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn on_a_large_stack(work: impl FnOnce() + Send) {
    let joined = thread::scope(|scope| thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work).unwrap().join());
    joined.unwrap_or_else(|fault| std::panic::resume_unwind(fault));
}

/// What a template prints, or what Helm says of its error.
type Answer = Result<Vec<u8>, String>;

fn agrees(family: &str) {
    let oracle = Oracle::new();
    let known: HashMap<String, String> = lines("differences.jsonl")
        .iter()
        .map(|line| (line["template"].as_str().unwrap().to_owned(), line["reason"].as_str().unwrap().to_owned()))
        .collect();
    let cases = lines(&format!("{family}.jsonl"));
    let mut differing = Vec::new();
    for case in &cases {
        let template = case["template"].as_str().unwrap();
        let (wanted, found) = (wanted(case), oracle.ours(template));
        match (wanted == found, known.get(template)) {
            (true, None) | (false, Some(_)) => {}
            (true, Some(reason)) => differing.push(format!("{template}\n  is listed as differing ({reason}), and agrees")),
            (false, None) => differing.push(format!("{template}\n  Helm: {}\n  ours: {}", shown(&wanted), shown(&found))),
        }
    }
    eprintln!("{family}: {} cases, {} differ", cases.len(), differing.len());
    assert!(differing.is_empty(), "{} of {} differ\n{}", differing.len(), cases.len(), differing.join("\n"));
}

fn wanted(case: &serde_json::Value) -> Answer {
    match (&case["want"], &case["want64"], &case["error"]) {
        (serde_json::Value::String(text), _, _) => Ok(text.clone().into_bytes()),
        (_, serde_json::Value::String(encoded), _) => Ok(data_encoding::BASE64.decode(encoded.as_bytes()).unwrap()),
        (_, _, serde_json::Value::String(error)) => Err(error.clone()),
        _ => panic!("no answer in {case}"),
    }
}

fn shown(answer: &Answer) -> String {
    match answer {
        Ok(text) => format!("{:?}", String::from_utf8_lossy(text)),
        Err(error) => format!("error {error:?}"),
    }
}

/// What every case is executed with.
struct Oracle {
    values: Node,
    shared: ParsedFile,
    profile: Profile,
}

impl Oracle {
    fn new() -> Self {
        let source = yaml::source("values.yaml", &fs::read(folder().join("values.yaml")).unwrap()).unwrap();
        let values = yaml::read(&source, &yaml::Limits::default()).unwrap();
        let profile = Profile::V3_17;
        let shared = ParsedFile::parse("c/templates/_shared.tpl", fs::read(folder().join("shared.tpl")).unwrap(), &profile).unwrap();
        Self { values, shared, profile }
    }

    fn ours(&self, template: &str) -> Answer {
        catch_unwind(AssertUnwindSafe(|| self.render(template))).unwrap_or_else(|_| Err("a panic".into()))
    }

    fn render(&self, template: &str) -> Answer {
        let mut set = TemplateSet::new(self.profile.clone());
        set.add(&self.shared);
        set.add(&ParsedFile::parse(NAME, template.as_bytes(), &self.profile).map_err(|error| error.message)?);
        Session::new(&set, Limits::default()).render(NAME, self.data()).map_err(|error| error.message)
    }

    fn data(&self) -> Value {
        let Value::Map(values) = Value::from_node(&self.values) else { panic!("values.yaml holds no mapping") };
        let values = Value::Map(values.with_kind(MapKind::Values(ValuesPackage::Chartutil)));
        Value::Map(Map::of(MapKind::Values(ValuesPackage::Chartutil), Table::from([(Text::from("Values"), values)])))
    }
}
