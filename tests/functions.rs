//! Every case of `testdata/functions`, rendered here and compared with what real Helm 3.17.3 made of it.
#![allow(clippy::disallowed_methods, clippy::expect_used, reason = "tests read their files and may fail")]

use std::path::Path;
use std::sync::Arc;

use chartshift::chart::{self, Limits as ChartLimits};
use chartshift::fetch::{Content, Package, RawFile};
use chartshift::render::{Capabilities, Overrides, Prepared, Release};
use chartshift::template::{Limits, Profile};

/// One line of a family's file.
#[derive(serde::Deserialize)]
struct Case {
    template: String,
    want: Option<String>,
    /// The wanted bytes, when they are not text.
    base64: Option<String>,
    error: Option<String>,
}

fn read_family(path: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(path).expect("a readable file");
    text.lines().map(|line| serde_json::from_str(line).expect("a case")).collect()
}

fn file(path: &str, bytes: impl Into<Vec<u8>>) -> RawFile {
    RawFile { path: path.into(), bytes: bytes.into().into() }
}

/// What the case renders to, or how it fails, in the chart that the cases were made with.
fn render(template: &str, values: &str) -> Result<Vec<u8>, String> {
    let wrapper = "{{ $out := include \"c/templates/_t.tpl\" . }}out: {{ $out | b64enc }}\n";
    let files = vec![
        file("Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\nappVersion: 1.10\nmaintainers: [{name: M, email: m@x}]\n"),
        file("values.yaml", values),
        file("files/a.txt", "one\ntwo\n"),
        file("files/b.json", "{\"b\": 1}"),
        file("templates/_t.tpl", template),
        file("templates/t.tpl", wrapper),
    ];
    let package = Package { content: Content::Folder(files), origin: "c".into(), digest: None };
    let chart = chart::open(&package, &ChartLimits::default()).map_err(|error| error.to_string())?;
    let prepared = Prepared::new(Arc::new(chart), Profile::V3_17, Limits::default());
    let release = Release { name: "rel".into(), namespace: "review".into(), is_upgrade: false };
    let rendered =
        prepared.render(&Overrides::default(), &release, &Capabilities::of(&Profile::V3_17)).map_err(|error| error.to_string())?;
    let text = rendered.manifests.first().map_or(&b""[..], |manifest| &manifest.text);
    let encoded = text.strip_prefix(b"out:").unwrap_or_default();
    Ok(data_encoding::BASE64.decode(bstr::ByteSlice::trim(encoded)).expect("base64"))
}

/// The part of a failure that the cases keep: from the case's own file on.
fn own_part(message: &str) -> &str {
    let lead = "error calling include: ";
    match message.find(&format!("{lead}template: ")) {
        Some(at) => &message[at + lead.len()..],
        None => message,
    }
}

/// What differs, or nothing.
fn difference(case: &Case, values: &str) -> Option<String> {
    let got = render(&case.template, values);
    let wanted = match (&case.want, &case.base64) {
        (Some(text), _) => Some(text.clone().into_bytes()),
        (_, Some(encoded)) => data_encoding::BASE64.decode(encoded.as_bytes()).ok(),
        _ => None,
    };
    let same = match (&got, &wanted, &case.error) {
        (Ok(got), Some(wanted), _) => got == wanted,
        (Err(got), None, Some(wanted)) => own_part(got).trim_end() == wanted,
        _ => false,
    };
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (!same).then(|| {
        format!(
            "{:?}\n  helm: {:?}\n  ours: {:?}",
            case.template,
            wanted.as_deref().map(shown).ok_or(case.error.as_deref().unwrap_or_default()),
            got.as_deref().map(shown).map_err(|error| own_part(error))
        )
    })
}

#[test]
fn every_function_does_what_helm_does() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/functions");
    let values = std::fs::read_to_string(folder.join("values.json")).expect("values");
    let mut families: Vec<_> = std::fs::read_dir(&folder).expect("a folder").filter_map(|entry| Some(entry.ok()?.path())).collect();
    families.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    families.sort();
    let mut count = 0;
    let mut different = Vec::new();
    for path in families {
        let cases = read_family(&path);
        count += cases.len();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        different.extend(cases.iter().filter_map(|case| Some(format!("{name}: {}", difference(case, &values)?))));
    }
    assert!(count > 1_000, "only {count} cases");
    assert!(different.is_empty(), "{} of {count} cases differ:\n{}", different.len(), different.join("\n"));
}
