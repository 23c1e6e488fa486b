//! Reviews of published charts, where the corpus is present: what real text does to the formats.

use std::path::Path;

use super::super::safe;
use super::*;
use crate::chart::{self, Chart};
use crate::classify::{self, Catalogue, Settings, Subject};
use crate::diff;
use crate::fetch::{Content, Package};

/// Pairs that are many versions apart, so that every section has something to say.
const PAIRS: [(&str, &str, &str); 8] = [
    ("thanos", "12.20.2", "12.20.4"),
    ("argo-cd", "5.4.1", "11.0.2"),
    ("cert-manager", "0.17.0", "1.5.14"),
    ("elasticsearch", "19.15.0", "22.1.6"),
    ("kube-prometheus", "8.25.6", "8.18.0"),
    ("external-dns", "2.20.8", "6.31.0"),
    ("keda", "2.13.2", "2.14.0"),
    ("harbor", "19.3.1", "27.0.3"),
];

fn side(chart: &Chart) -> Side {
    Side {
        version: chart.metadata.version.clone(),
        app_version: chart.metadata.app_version.clone(),
        source: chart.origin.clone(),
        digest: chart.digest.as_ref().map(ToString::to_string),
    }
}

fn review(corpus: &Path, name: &str, old: &str, new: &str) -> Report {
    let open = |version: &str| {
        let file = format!("charts/{name}-{version}.tgz");
        let bytes = std::fs::read(corpus.join(&file)).unwrap();
        let package = Package { content: Content::Archive(bytes.into()), origin: file, digest: None };
        chart::open(&package, &chart::Limits::default()).unwrap()
    };
    let (old, new) = (open(old), open(new));
    let comparison = diff::compare(&old, &new, &diff::Settings::default());
    let subject = Subject { old: &old, new: &new, comparison: &comparison };
    let classified = classify::classify(&subject, &Catalogue::built_in().unwrap(), &Settings::default());
    let verdict = classify::verdict(&comparison, &classified);
    Report {
        chart: name.into(),
        old: side(&old),
        new: side(&new),
        step: "other",
        verdict,
        findings: classified.findings,
        unused_ignores: classified.unused_ignores,
        comparison,
        release: None,
    }
}

#[test]
#[allow(clippy::print_stderr, reason = "a test that skips says so")]
fn published_charts_in_every_format() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let Ok(corpus) = corpus.canonicalize() else {
        eprintln!("skipped: no corpus");
        return;
    };
    for (name, old, new) in PAIRS {
        let report = review(&corpus, name, old, new);
        for (format_name, format) in Format::ALL {
            let text = rendered(&report, format, &Style { lines: true, ..Style::PLAIN });
            assert!(!text.chars().any(|c| c != '\n' && safe::is_hidden(c)), "{name} as {format_name}");
            assert!(format != Format::Json || serde_json::from_str::<serde_json::Value>(&text).is_ok());
            assert_eq!(text, rendered(&report, format, &Style { lines: true, ..Style::PLAIN }));
            if let Some(folder) = std::env::var_os("REPORT_SAMPLES") {
                std::fs::write(Path::new(&folder).join(format!("{name}.{format_name}")), &text).unwrap();
                let narrow = Style { width: 80, color: true, lines: false };
                std::fs::write(Path::new(&folder).join(format!("{name}.80")), rendered(&report, Format::Text, &narrow)).unwrap();
            }
        }
    }
}
