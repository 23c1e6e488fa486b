//! Whole charts of `testdata/render`, rendered here and compared with what real Helm 3.17.3 printed for them:
//! `helm template rel chart -f values.yaml --namespace review` is `want.yaml`, with `--include-crds --skip-tests` `want-crds.yaml`; what it
//! warns of, without places in Helm's source and sorted, is `want-warnings.txt`.
#![allow(clippy::disallowed_methods, clippy::expect_used, reason = "tests read their files and may fail")]

use std::path::Path;
use std::sync::Arc;

use chartshift::chart::{self, Limits as ChartLimits};
use chartshift::fetch::{Content, Package, RawFile};
use chartshift::render::{Capabilities, Overrides, Prepared, Release, Rendered, TextOptions};
use chartshift::template::{Limits, Profile};
use chartshift::value::yaml;

fn files_below(folder: &Path, prefix: &str, files: &mut Vec<RawFile>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        let name = format!("{prefix}{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            files_below(&path, &format!("{name}/"), files);
        } else {
            files.push(RawFile { path: name, bytes: std::fs::read(&path).expect("a file").into() });
        }
    }
}

fn prepared(folder: &Path) -> Prepared {
    let mut files = Vec::new();
    files_below(&folder.join("chart"), "", &mut files);
    let package = Package { content: Content::Folder(files), origin: "tree".into(), digest: None };
    let chart = chart::open(&package, &ChartLimits::default()).expect("a chart");
    Prepared::new(Arc::new(chart), Profile::V3_17, Limits::default())
}

fn render(prepared: &Prepared, folder: &Path) -> Rendered {
    let text = std::fs::read(folder.join("values.yaml")).expect("values");
    let source = yaml::source("values.yaml", &text).expect("text");
    let values = yaml::read(&source, &yaml::Limits::default()).expect("values");
    let release = Release { name: "rel".into(), namespace: "review".into(), is_upgrade: false };
    let overrides = Overrides { files: vec![values], ..Overrides::default() };
    prepared.render(&overrides, &release, &Capabilities::of(&Profile::V3_17)).expect("a render")
}

#[test]
fn charts_render_as_helm_renders_them() {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/render");
    for entry in std::fs::read_dir(all).expect("a folder") {
        let folder = entry.expect("an entry").path();
        let prepared = prepared(&folder);
        let rendered = render(&prepared, &folder);
        let with_crds = TextOptions { include_crds: true, skip_tests: true, no_hooks: false };
        for (file, options) in [("want.yaml", TextOptions::default()), ("want-crds.yaml", with_crds)] {
            let want = std::fs::read_to_string(folder.join(file)).expect("the wanted text");
            assert_eq!(String::from_utf8_lossy(&rendered.text(options)), want, "{file} of {}", folder.display());
        }
        let warned = std::fs::read_to_string(folder.join("want-warnings.txt")).unwrap_or_default();
        let mut warnings = rendered.warnings.clone();
        warnings.sort_unstable();
        assert_eq!(warnings, warned.lines().collect::<Vec<_>>(), "warnings of {}", folder.display());
        // A second render of the same chart must not see what templates did to the first one's values.
        let again = render(&prepared, &folder);
        assert_eq!(again.text(TextOptions::default()), rendered.text(TextOptions::default()));
    }
}
