//! Every chart of the corpus opens, with the metadata that the Helm of this machine shows.

use std::fs;
use std::path::{Path, PathBuf};

use super::{assert_shown, helm};
use crate::chart::{Limits, open_archive};

/// The archives of the corpus; nothing when it isn't there.
fn archives() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/charts");
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "tgz"));
    paths.sort();
    paths
}

#[test]
fn every_chart_opens_as_helm_shows_it() {
    let archives = archives();
    if archives.is_empty() {
        return eprintln!("skipped: no corpus");
    }
    let mut shown_by_helm = 0;
    for path in &archives {
        let chart =
            open_archive(fs::read(path).unwrap(), &Limits::default()).unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
        assert_eq!(path.file_stem().unwrap().to_string_lossy(), chart.full_name());
        assert!(chart.missing_dependencies().is_empty(), "{}", path.display());
        if let Some(shown) = helm(&["show", "chart", &path.to_string_lossy()]) {
            assert_shown(&chart, &shown.unwrap());
            shown_by_helm += 1;
        }
    }
    if shown_by_helm == 0 {
        eprintln!("skipped: no helm");
    }
}
