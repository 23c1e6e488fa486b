//! An index in JSON, which Helm reads too. One pass, keeping only the chart that is asked for.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};

use super::{Lookup, Release};
use crate::version::Version;

/// Reads what a JSON index says about a chart. None: it is no JSON, or no index (the caller reads it as YAML and reports what is wrong).
pub(super) fn look_up(text: &str, chart: &str) -> Option<Lookup> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let found = Top { chart }.deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    found
}

/// An entry; fields of other types than Helm's make the whole index unreadable, as they do in Helm.
#[derive(Deserialize)]
struct Entry {
    version: Option<String>,
    urls: Option<Vec<String>>,
    digest: Option<String>,
}

impl Entry {
    fn release(self) -> Option<Release> {
        let version = self.version.filter(|version| Version::parse(version).is_ok())?;
        Some(Release { version, urls: self.urls.unwrap_or_default(), digest: self.digest.filter(|digest| !digest.is_empty()) })
    }
}

/// The index itself.
struct Top<'a> {
    chart: &'a str,
}

impl<'de> DeserializeSeed<'de> for Top<'_> {
    type Value = Option<Lookup>;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Top<'_> {
    type Value = Option<Lookup>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a chart index")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<String>()? {
            if key == "entries" {
                found = Some(map.next_value_seed(Entries { chart: self.chart })?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// What is under `entries`.
struct Entries<'a> {
    chart: &'a str,
}

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = Lookup;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Lookup, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = Lookup;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping of charts")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Lookup, M::Error> {
        let (mut names, mut releases) = (Vec::new(), None);
        while let Some(name) = map.next_key::<String>()? {
            if name == self.chart {
                let entries = map.next_value::<Option<Vec<Option<Entry>>>>()?.unwrap_or_default();
                releases = Some(entries.into_iter().flatten().filter_map(Entry::release).collect());
            } else {
                map.next_value::<IgnoredAny>()?;
                names.push(name);
            }
        }
        Ok(releases.map_or(Lookup::NoChart(names), Lookup::Releases))
    }
}
