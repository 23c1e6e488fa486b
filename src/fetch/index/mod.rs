//! A Helm repository's `index.yaml`: which versions of a chart there are, and which one is meant.
//!
//! Follows Helm 3.17 (`pkg/repo/index.go`, `loadIndex` and `IndexFile.Get`): JSON or YAML, entries that Helm would skip are skipped, an
//! exact version wins over a constraint, the newest wins among those that fit. More lenient than Helm in what doesn't matter to the
//! answer: unknown fields, a missing `apiVersion` and broken entries of other charts. Uses `error`, `value` and `version`.

mod json;
mod scan;

use std::sync::Arc;

use super::Digest;
use super::chart_ref::Wanted;
use crate::error::{Error, ErrorKind, Result};
use crate::value::yaml::{self, Limits};
use crate::value::{Node, Source};
use crate::version::{Constraint, Version, nearest};

/// How many names or versions an error suggests.
const SUGGESTIONS: usize = 5;

/// How alike a chart's name must be to be suggested, from 0 to 1.
const ALIKE: f32 = 0.5;

/// One version of a chart in an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Release {
    /// The version as written; it reads as a version.
    pub(super) version: String,
    /// Where the archive is: absolute, or relative to the repository. Helm uses the first.
    pub(super) urls: Vec<String>,
    /// The archive's digest as written.
    pub(super) digest: Option<String>,
}

impl Release {
    /// The digest that the index promises. None: it promises none, or something that is no SHA-256.
    pub(super) fn promised(&self) -> Option<Digest> {
        Digest::parse(self.digest.as_deref()?).ok()
    }
}

/// What an index says about one chart.
#[derive(Debug, PartialEq, Eq)]
enum Lookup {
    /// Its versions, as they are in the index.
    Releases(Vec<Release>),
    /// It has no such chart, but these.
    NoChart(Vec<String>),
}

/// Finds the version of a chart that is wanted.
///
/// `origin` names the index in errors. `devel`: pre-releases count when the newest is wanted.
///
/// # Errors
/// `Corrupt` when the text is a web page, `Syntax` when it is no index or the constraint is none, `NotFound` with the nearest names or
/// versions.
pub(super) fn find(text: &[u8], origin: &str, chart: &str, wanted: &Wanted, devel: bool) -> Result<Release> {
    match look_up(text, origin, chart)? {
        Lookup::Releases(releases) => choose(releases, origin, chart, wanted, devel),
        Lookup::NoChart(names) => Err(unknown_chart(&names, origin, chart)),
    }
}

/// Reads what an index says about a chart, the short way when the text allows it.
fn look_up(text: &[u8], origin: &str, chart: &str) -> Result<Lookup> {
    let text = std::str::from_utf8(text)
        .map_err(|error| Error::new(ErrorKind::Corrupt, format!("{origin} is not text: {error}")).hint(NOT_AN_INDEX))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let beginning = text.trim_start();
    if beginning.starts_with('<') {
        return Err(Error::new(ErrorKind::Corrupt, format!("{origin} is a web page, not a chart index")).hint(NOT_AN_INDEX));
    }
    if beginning.starts_with('{')
        && let Some(found) = json::look_up(text, chart)
    {
        return Ok(found);
    }
    if let Some(found) = scan::find(text, chart)
        && let Some(found) = read_found(found, origin, chart)
    {
        return Ok(found);
    }
    read_whole(text, origin, chart)
}

const NOT_AN_INDEX: &str = "a repository's URL is the folder that holds index.yaml; a login page may stand in for it: try --username";

/// Reads the block that the scanner found. None: it does not stand on its own (an alias, for one).
fn read_found(found: scan::Found<'_>, origin: &str, chart: &str) -> Option<Lookup> {
    match found {
        scan::Found::Missing(names) => Some(Lookup::NoChart(names.into_iter().map(str::to_owned).collect())),
        scan::Found::Block(block) => {
            let node = read_yaml(block, origin).ok()?;
            Some(Lookup::Releases(releases(node.get(chart)?)))
        }
    }
}

/// Reads the whole index.
fn read_whole(text: &str, origin: &str, chart: &str) -> Result<Lookup> {
    let source = Arc::new(Source { name: origin.to_owned(), text: text.to_owned() });
    let node =
        yaml::read(&source, &Limits::default()).map_err(|error| error.context(format!("{origin} can't be read as a chart index")))?;
    let entries = node
        .get("entries")
        .ok_or_else(|| Error::new(ErrorKind::Syntax, format!("{origin} is no chart index: it has no entries")).hint(NOT_AN_INDEX))?;
    Ok(match entries.get(chart) {
        Some(list) => Lookup::Releases(releases(list)),
        None => Lookup::NoChart(entries.as_map().into_iter().flat_map(|map| map.keys()).map(ToString::to_string).collect()),
    })
}

/// How long the text may be was decided when it was fetched.
fn read_yaml(text: &str, origin: &str) -> Result<Node> {
    let source = Arc::new(Source { name: origin.to_owned(), text: text.to_owned() });
    yaml::read(&source, &Limits { bytes: text.len(), ..Limits::default() })
}

fn releases(list: &Node) -> Vec<Release> {
    list.as_list().unwrap_or_default().iter().filter_map(release).collect()
}

/// One entry; none when Helm would skip it.
fn release(entry: &Node) -> Option<Release> {
    let text = |key: &str| entry.get(key).and_then(Node::as_str).map(str::to_owned);
    let urls = entry.get("urls").and_then(Node::as_list).unwrap_or_default();
    let release = Release {
        version: text("version")?,
        urls: urls.iter().filter_map(Node::as_str).map(str::to_owned).collect(),
        digest: text("digest").filter(|digest| !digest.is_empty()),
    };
    Version::parse(&release.version).is_ok().then_some(release)
}

/// Chooses among the versions of a chart as Helm does.
fn choose(releases: Vec<Release>, origin: &str, chart: &str, wanted: &Wanted, devel: bool) -> Result<Release> {
    let constraint = match wanted {
        Wanted::Latest => Constraint::parse(if devel { ">0.0.0-0" } else { "*" })?,
        Wanted::Matching(version) => {
            if let Some(exact) = releases.iter().find(|release| release.version == *version) {
                return Ok(exact.clone());
            }
            Constraint::parse(version)?
        }
    };
    let versions = releases.iter().filter_map(|release| Version::parse(&release.version).ok().map(|version| (version, release)));
    // Of versions that are equal but for metadata the one that the index names first is taken.
    let newest = versions.filter(|(version, _)| constraint.check(version)).reduce(|best, next| if next.0 > best.0 { next } else { best });
    match newest {
        Some((_, release)) => Ok(release.clone()),
        None => Err(unknown_version(&releases, origin, chart, wanted)),
    }
}

fn unknown_version(releases: &[Release], origin: &str, chart: &str, wanted: &Wanted) -> Error {
    let message = match wanted {
        Wanted::Latest => format!("{origin} has no release of {chart}"),
        Wanted::Matching(version) => format!("{origin} has no version of {chart} that matches {version}"),
    };
    let error = Error::new(ErrorKind::NotFound, message);
    let near = nearest(&wanted.to_string(), releases.iter().map(|release| release.version.as_str()), SUGGESTIONS);
    match near.as_slice() {
        [] => error.hint(format!("the index lists no version of {chart} at all")),
        near if *wanted == Wanted::Latest => error.hint(format!("there are pre-releases: add --devel or name one of {}", near.join(", "))),
        near => error.hint(format!("the nearest versions are {}", near.join(", "))),
    }
}

fn unknown_chart(names: &[String], origin: &str, chart: &str) -> Error {
    let error = Error::new(ErrorKind::NotFound, format!("{origin} has no chart {chart}"));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let near = similar::get_close_matches(chart, &names, SUGGESTIONS, ALIKE);
    match (near.as_slice(), names.len()) {
        (_, 0) => error.hint("the index is empty"),
        ([], 1..=SUGGESTIONS) => error.hint(format!("it has {}", names.join(", "))),
        ([], count) => error.hint(format!("none of its {count} charts has a similar name")),
        (near, _) => error.hint(format!("did you mean {}?", near.join(", "))),
    }
}

#[cfg(test)]
mod tests;
