//! Which identity- and security-relevant settings a release takes from its chart's defaults, and the values that pin them.
//!
//! Which settings count is data: `relied.txt` beside this file. Depends on `classify`'s patterns, `diff` and `render`.

use std::collections::HashMap;
use std::sync::Arc;

use super::layer::{self, nowhere};
use super::moved::{Given, given};
use super::runs::same_objects;
use super::{Reliance, Relied, Values};
use crate::chart::Chart;
use crate::classify::glob::{Glob, path_names};
use crate::diff::{Comparison, default_values};
use crate::error::Result;
use crate::render::{Capabilities, Overrides, Prepared, Reads, Release};
use crate::value::{Descriptions, Entry, Node, Path, Source};

/// What a release relies on, and what to set so that it doesn't.
#[derive(Debug, Clone, Default)]
pub struct Pinned {
    /// The settings, in the values' order.
    pub reliance: Reliance,
    /// The same as values; without those that change a render although they say what the default says.
    pub values: Values,
    /// Settings that are no longer the same once a user sets them, and are left out of [`Pinned::values`].
    pub unpinnable: Vec<Path>,
}

/// Lists what a release of one chart takes from defaults, and proves by a second render that setting all of it changes nothing.
/// `traced` is the chart prepared for traced and stable renders.
///
/// # Errors
/// Those of [`Prepared::render`].
pub fn pin(traced: &Prepared, overrides: &Overrides, release: &Release, capabilities: &Capabilities) -> Result<Pinned> {
    let rendered = traced.render(overrides, release, capabilities)?;
    let user = overrides.node(traced.profile(), &nowhere("the user's values"))?;
    let reads = rendered.reads.clone().unwrap_or_default();
    let reliance = reliance(traced.chart(), &user, &reads, None);
    let mut kept: Vec<&Relied> = reliance.settings.iter().collect();
    let mut unpinnable = Vec::new();
    let changes_nothing = |settings: &[&Relied]| {
        let pins = layer::layer(settings.iter().map(|one| (&one.path, Some(&one.value))), &nowhere("pinned values"));
        let again = traced.render(&overrides.under(pins), release, capabilities);
        again.is_ok_and(|again| same_objects(&rendered, &again))
    };
    if !changes_nothing(&kept) {
        kept.retain(|one| {
            let holds = changes_nothing(&[*one]);
            if !holds {
                unpinnable.push(one.path.clone());
            }
            holds
        });
        if !changes_nothing(&kept) {
            unpinnable.extend(kept.drain(..).map(|one| one.path.clone()));
        }
    }
    let values = kept.into_iter().map(|one| (one.path.clone(), one.value.clone())).collect();
    Ok(Pinned { values, reliance, unpinnable })
}

/// The settings that count, that the render read and that the user doesn't set. With a comparison, those of them that moved are marked.
pub(super) fn reliance(chart: &Chart, user: &Node, reads: &Reads, comparison: Option<&Comparison>) -> Reliance {
    let patterns = patterns();
    let defaults = default_values(chart);
    let mut descriptions = Described::default();
    let mut settings = Vec::new();
    for (path, value) in layer::leaves(&defaults) {
        let names = path_names(&path);
        let counts = patterns.iter().any(|pattern| pattern.fits(&names));
        if !counts || given(user, &path) == Given::Set || layer::at(user, &path).is_some() || !reads.see(&path) {
            continue;
        }
        let moved =
            comparison.is_some_and(|comparison| comparison.values.changes.iter().any(|change| layer::settable(&change.path) == path));
        let description = descriptions.of(chart, &path, &defaults);
        settings.push(Relied { value: value.clone(), description, moved, path });
    }
    Reliance { settings }
}

/// The patterns of `relied.txt`.
fn patterns() -> Vec<Glob> {
    let lines = include_str!("relied.txt").lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).filter_map(|line| Glob::keys(line).ok()).collect()
}

/// What the comments of the values files say, each file read once.
#[derive(Default)]
struct Described(HashMap<*const Source, Descriptions>);

impl Described {
    fn of(&mut self, chart: &Chart, path: &Path, defaults: &Node) -> Option<String> {
        let (parent, key) = (path.parent()?, path.last_key()?);
        let entry: &Entry = layer::at(defaults, &parent)?.as_map()?.get(key)?;
        let source = &entry.at.source;
        let file = self.0.entry(Arc::as_ptr(source)).or_insert_with(|| Descriptions::new(source));
        file.of(&in_file(chart, path, source), entry).map(|text| text.to_string())
    }
}

/// A path of the root's values as the file spells it that the value comes from.
fn in_file(chart: &Chart, path: &Path, source: &Arc<Source>) -> Path {
    let is_file = |chart: &Chart| chart.values.as_ref().is_some_and(|values| Arc::ptr_eq(&values.at.source, source));
    let mounted = chart.mounted();
    let above =
        mounted.iter().filter(|one| is_file(one.chart)).find(|one| layer::related(&Path::keys(one.keys.iter().map(AsRef::as_ref)), path));
    path.steps()[above.map_or(0, |one| one.keys.len().min(path.steps().len()))..].iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_can_be_read() {
        let lines = include_str!("relied.txt").lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
        assert_eq!(patterns().len(), lines.count());
    }
}
