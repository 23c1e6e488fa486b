//! A template, a zero byte, values: a chart of one template, rendered as the product renders, within small limits.

#![no_main]

use std::sync::Arc;

use bytes::Bytes;
use chartshift::chart::{self, Chart};
use chartshift::fetch::{Content, Package, RawFile};
use chartshift::render::{Capabilities, Overrides, Prepared, Release};
use chartshift::template::{Limits, Profile};
use libfuzzer_sys::fuzz_target;

const CHART: &[u8] = b"apiVersion: v2\nname: c\nversion: 0.1.0\n";
const HELPERS: &[u8] = br#"{{ define "name" }}{{ .Release.Name }}-x{{ end }}{{ define "loop" }}{{ include "loop" . }}{{ end }}"#;

/// The chart, unless it is refused: then the values are no mapping, or no YAML.
fn chart(template: &[u8], values: &[u8]) -> Option<Chart> {
    let file = |path: &str, bytes: &[u8]| RawFile { path: path.into(), bytes: Bytes::copy_from_slice(bytes) };
    let files = vec![
        file("Chart.yaml", CHART),
        file("values.yaml", values),
        file("files/a.txt", b"one\ntwo\n"),
        file("templates/_helpers.tpl", HELPERS),
        file("templates/t.yaml", template),
    ];
    let package = Package { content: Content::Folder(files), origin: "c".into(), digest: None };
    chart::open(&package, &chart::Limits::default()).ok()
}

fuzz_target!(|input: &[u8]| {
    let at = input.iter().position(|byte| *byte == 0).unwrap_or(input.len());
    let (template, values) = (&input[..at], input.get(at + 1..).unwrap_or_default());
    let Some(chart) = chart(template, values) else { return };
    let profile = Profile::V3_17;
    let capabilities = Capabilities::of(&profile);
    let limits = Limits {
        depth: 100,
        steps: 20_000,
        output_bytes: 1 << 20,
        string_bytes: 1 << 20,
        seconds: 60,
        list_items: 10_000,
        ..Limits::default()
    };
    let prepared = Prepared::new(Arc::new(chart), profile, limits).stable();
    let _ = prepared.render(&Overrides::default(), &Release::default(), &capabilities);
});
