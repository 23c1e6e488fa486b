//! Which values templates name: `.Values.web.podLabels` in their text. Depends on `chart`.
//!
//! Text is all that is looked at: a path put together at run time (`index .Values $component`) is not seen, so what follows from here is
//! said as "no template names it".

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use memchr::memmem;

use crate::chart::Chart;

/// What goes ahead of every path.
const ROOT: &str = "Values.";

/// The values paths that a text names, without `.Values.`: `web.podLabels`.
pub(super) fn paths_in(text: &str) -> impl Iterator<Item = &str> {
    memmem::find_iter(text.as_bytes(), ROOT).filter_map(move |at| {
        let rest = &text[at + ROOT.len()..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '.').unwrap_or(rest.len());
        let path = rest[..end].trim_end_matches('.');
        (!path.is_empty()).then_some(path)
    })
}

/// The values that each chart of a tree names in its templates, read when they are first asked for.
pub(super) struct Reads<'a> {
    chart: &'a Chart,
    by_folder: RefCell<HashMap<String, Rc<BTreeSet<&'a str>>>>,
}

impl<'a> Reads<'a> {
    /// Those of a chart and the charts below it.
    pub(super) fn of(chart: &'a Chart) -> Self {
        Self { chart, by_folder: RefCell::default() }
    }

    /// The paths that `lines` of the template `file` (by path in the root chart) name, and that no template of the same chart names in this
    /// version, neither as they are nor with what is above or below them. Nothing when this version has no such chart.
    pub(super) fn unread<'l>(&self, file: &str, lines: impl Iterator<Item = &'l str>) -> Vec<&'l str> {
        let mut named: Vec<&str> = lines.flat_map(paths_in).collect();
        named.sort_unstable();
        named.dedup();
        if named.is_empty() {
            return named;
        }
        let known = self.in_folder_of(file);
        named.retain(|path| !known.is_empty() && !touches(&known, path));
        named
    }

    fn in_folder_of(&self, file: &str) -> Rc<BTreeSet<&'a str>> {
        let folder = folder_of(file);
        if let Some(known) = self.by_folder.borrow().get(folder) {
            return Rc::clone(known);
        }
        let templates = self.chart.all_templates().into_iter().filter(|(path, _)| folder_of(path) == folder);
        let texts = templates.filter_map(|(_, file)| std::str::from_utf8(&file.bytes).ok());
        let known: Rc<BTreeSet<&'a str>> = Rc::new(texts.flat_map(paths_in).collect());
        self.by_folder.borrow_mut().insert(folder.to_owned(), Rc::clone(&known));
        known
    }
}

/// The folder of the chart that a template belongs to: `charts/minio/` of `charts/minio/templates/x.yaml`.
fn folder_of(template: &str) -> &str {
    let end = if template.starts_with("templates/") { 0 } else { template.find("/templates/").map_or(template.len(), |at| at + 1) };
    &template[..end]
}

/// Whether a path, one above it or one below it is known.
fn touches(known: &BTreeSet<&str>, path: &str) -> bool {
    let above = path.match_indices('.').any(|(at, _)| known.contains(&path[..at]));
    let below = format!("{path}.");
    above || known.contains(path) || known.range(&*below..).next().is_some_and(|next| next.starts_with(&below))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_paths() {
        let text = "{{ if or .Values.a.b $.Values.c }}{{ .context.Values.d_1.e }} (.Values.f).g Values. {{ toYaml .Values.h.}}";
        assert_eq!(paths_in(text).collect::<Vec<_>>(), ["a.b", "c", "d_1.e", "f", "h"]);
    }

    #[test]
    fn knows_what_is_above_and_below() {
        let known = BTreeSet::from(["a.b", "c", "d.e.f"]);
        for (path, touched) in
            [("a.b", true), ("a.b.x", true), ("a", true), ("a.c", false), ("c.x.y", true), ("d.e", true), ("d.f", false), ("cc", false)]
        {
            assert_eq!(touches(&known, path), touched, "{path}");
        }
    }

    #[test]
    fn folders() {
        assert_eq!(folder_of("templates/a/b.yaml"), "");
        assert_eq!(folder_of("charts/minio/templates/b.yaml"), "charts/minio/");
    }
}
