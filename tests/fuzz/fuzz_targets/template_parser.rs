//! Any bytes as a template file: parsed or refused. Go's `text/template/parse` is the spec.

#![no_main]

use chartshift::template::{ParsedFile, Profile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let _ = ParsedFile::parse("c/templates/t.yaml", text, &Profile::V3_17);
});
