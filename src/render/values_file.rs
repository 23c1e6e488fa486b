//! What a file of values says, be it a chart's or the user's: Helm 3 takes its first document, Helm 4 lays all of them over each other
//! (`pkg/chart/v2/loader/load.go` `LoadValues`, Kubernetes' `yaml.YAMLReader`).
//!
//! Helm 4 cuts the text at every line that begins with three dashes before it reads YAML, and ends every line with a line feed, also a
//! last one without.

use std::sync::Arc;

use crate::chart::Chart;
use crate::error::{Error, ErrorKind, Result};
use crate::template::value::{Map, Table, Value};
use crate::template::{Frozen, FrozenMap, Profile};
use crate::value::{Data, Node, Source, yaml};

/// The default values of a chart and of those below it, as their files say.
#[derive(Debug)]
pub(super) struct Defaults {
    /// Those of the chart's own file.
    documents: Vec<Arc<FrozenMap>>,
    /// Those of its subcharts, in the order of [`Chart::subcharts`].
    pub(super) subcharts: Vec<Defaults>,
}

impl Defaults {
    /// Reads them.
    ///
    /// # Errors
    /// `Chart`, in Helm's words, for a document after the first that can't be read (Helm 4).
    pub(super) fn of(chart: &Chart, profile: &Profile) -> Result<Self> {
        let documents = match &chart.values {
            Some(node) => documents(node, profile, "cannot load values.yaml")?,
            None => Vec::new(),
        };
        let subcharts = chart.subcharts.iter().map(|subchart| Self::of(subchart, profile)).collect::<Result<_>>()?;
        Ok(Self { documents, subcharts })
    }

    /// The chart's own, for a render.
    pub(super) fn own(&self) -> Map {
        laid_over_each_other(&self.documents)
    }
}

/// The values of a file whose first document was read. `reading` stands in front of what Helm says of a file that it refuses.
///
/// # Errors
/// `Chart`, in Helm's words, for a document that is no mapping or can't be read.
pub(super) fn values(first: &Node, profile: &Profile, reading: &str) -> Result<Map> {
    Ok(laid_over_each_other(&documents(first, profile, reading)?))
}

fn laid_over_each_other(documents: &[Arc<FrozenMap>]) -> Map {
    let mut maps = documents.iter().map(|document| Map::frozen(Arc::clone(document)));
    let first = maps.next().unwrap_or_else(|| Map::new(Table::new()));
    maps.fold(first, |values, over| merged(&values, &over))
}

/// The documents of a file that count.
fn documents(first: &Node, profile: &Profile, reading: &str) -> Result<Vec<Arc<FrozenMap>>> {
    let text = &first.at.source.text;
    if !profile.all_value_documents || !is_changed_by_cutting(text) {
        let reading = if profile.all_value_documents { format!("{reading}: cannot unmarshal yaml document") } else { reading.to_owned() };
        return Ok(vec![mapping(first, &reading)?]);
    }
    let mut documents = Vec::new();
    for text in cut(text).map_err(|why| Error::new(ErrorKind::Chart, format!("{reading}: error reading yaml document: {why}")))? {
        let reading = format!("{reading}: cannot unmarshal yaml document");
        let source = Arc::new(Source { name: first.at.source.name.clone(), text });
        let limits = yaml::Limits::default();
        let document = yaml::read(&source, &limits).map_err(|error| {
            let why = yaml::helm_error(&source, &limits).unwrap_or_else(|| error.to_string());
            error.context(format!("{reading}: {why}"))
        })?;
        documents.push(mapping(&document, &reading)?);
    }
    Ok(documents)
}

/// `mergeMaps`: tables recurse, anything else of `over` replaces.
pub(super) fn merged(under: &Map, over: &Map) -> Map {
    let merged_map = Map::new(under.snapshot().into_iter().collect());
    for (key, value) in over.snapshot() {
        let both = match (merged_map.get(&key), &value) {
            (Some(Value::Map(under)), Value::Map(over)) => Some(merged(&under, over)),
            _ => None,
        };
        merged_map.set(key, both.map_or(value, Value::Map));
    }
    merged_map
}

fn mapping(document: &Node, reading: &str) -> Result<Arc<FrozenMap>> {
    match (Frozen::of(document), &document.data) {
        (Frozen::Nil, _) => Ok(Arc::new(FrozenMap::new(Vec::new()))),
        (Frozen::Map(map), _) => Ok(map),
        (_, data) => {
            let found = match data {
                Data::List(_) => "array",
                Data::Int(_) | Data::Uint(_) | Data::Float(_) => "number",
                data => data.type_name(),
            };
            let message = format!(
                "{reading}: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into Go value of type \
                 map[string]interface {{}}"
            );
            Err(Error::new(ErrorKind::Chart, message).at(document.at.place()).hint("a values file is a mapping: key: value"))
        }
    }
}

const SEPARATOR: &str = "---";

/// Values that were made by a program have no text.
fn is_changed_by_cutting(text: &str) -> bool {
    if text.is_empty() {
        return false;
    }
    !text.ends_with('\n') || text.contains('\r') || text.lines().any(|line| line.starts_with(SEPARATOR))
}

/// The documents of a text. A separator in front of the first document stays with it.
fn cut(text: &str) -> Result<Vec<String>, String> {
    let mut documents = Vec::new();
    let mut document = String::new();
    for line in text.split_terminator('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if let Some(rest) = line.strip_prefix(SEPARATOR) {
            let rest = rest.trim();
            if !rest.is_empty() && !rest.starts_with('#') {
                return Err(format!("invalid Yaml document separator: {rest}"));
            }
            if !document.is_empty() {
                documents.push(std::mem::take(&mut document));
                continue;
            }
        }
        document.push_str(line);
        document.push('\n');
    }
    if !document.is_empty() {
        documents.push(document);
    }
    Ok(documents)
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn every_line_with_three_dashes_separates() {
        let table: [(&str, &[&str]); 6] = [
            ("a: 1\n---\nb: 2", &["a: 1\n", "b: 2\n"]),
            ("---\na: 1\n--- # note\nb: 2\n", &["---\na: 1\n", "b: 2\n"]),
            ("# note\n---\na: 1\r\n", &["# note\n", "a: 1\n"]),
            ("a: |\n  x\n---\n---\nb: 1\n", &["a: |\n  x\n", "---\nb: 1\n"]),
            ("", &[]),
            ("a: 1\n---\n", &["a: 1\n"]),
        ];
        for (text, expected) in table {
            assert_eq!(cut(text).expect("readable"), expected, "{text:?}");
        }
        assert_eq!(cut("a: 1\n--- b: 2\n").expect_err("refused"), "invalid Yaml document separator: b: 2");
    }
}
