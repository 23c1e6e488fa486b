//! Any bytes as YAML: all documents, and what Helm would say of a refused one.

#![no_main]

use chartshift::value::yaml;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = yaml::Limits { nodes: 200_000, ..yaml::Limits::default() };
    let Ok(source) = yaml::source("values.yaml", bytes) else { return };
    let first = yaml::read(&source, &limits);
    assert_eq!(first.is_err(), yaml::helm_error(&source, &limits).is_some(), "one reader, one verdict");
    if yaml::read_all(&source, &limits).is_ok() {
        assert!(first.is_ok(), "the first document of a readable stream is readable");
    }
});
