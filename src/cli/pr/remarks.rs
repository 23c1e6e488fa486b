//! Fixes as remarks on lines of values files that the change touches, for `--line-comments`.

use std::collections::BTreeSet;

use crate::bump::Bump;
use crate::error::Result;
use crate::fetch::tree::{ChangedFile, Tree};
use crate::publish::LineComment;
use crate::report::Report;
use crate::report::pull::suggestions;
use crate::value::yaml;

/// The most remarks on one pull request: more is noise.
const MOST: usize = 10;

/// One remark for each line, worst finding first, at most [`MOST`]. A values file that can't be read gets none.
///
/// # Errors
/// Those of the tree.
pub(super) fn remarks<'r>(
    reviews: impl IntoIterator<Item = (&'r Bump, &'r Report)>,
    changed: &[ChangedFile],
    tree: &dyn Tree,
) -> Result<Vec<LineComment>> {
    let touched: BTreeSet<&str> = changed.iter().filter_map(|file| file.new.as_deref()).collect();
    let mut remarks: Vec<LineComment> = Vec::new();
    for (bump, report) in reviews {
        for path in bump.values_files.iter().filter(|path| touched.contains(path.as_str())) {
            let Some(bytes) = tree.read(path)? else { continue };
            let read = yaml::source(path.as_str(), &bytes).and_then(|source| yaml::read(&source, &yaml::Limits::default()));
            let Ok(values) = read else { continue };
            for suggestion in report.findings.iter().filter(|finding| finding.ignored.is_none()).flat_map(|one| suggestions(one, &values)) {
                let known = |remark: &LineComment| remark.file == *path && remark.line == suggestion.line;
                if !remarks.iter().any(known) {
                    remarks.push(LineComment { file: path.clone(), line: suggestion.line, body: suggestion.body });
                }
            }
        }
    }
    remarks.truncate(MOST);
    Ok(remarks)
}
