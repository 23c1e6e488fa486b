//! Chart references: what a person types to name a chart, and what it means.
//!
//! Helm's reading order is kept (`pkg/action/install.go`, `LocateChart`): with `--repo` the text is a name; otherwise a path that exists
//! wins over everything else, then come `oci://`, `https://` and `REPO/NAME`. Own addition: `REPO/NAME@VERSION` and `NAME@VERSION`.
//! Looks at the disk only to see whether a path exists. Uses `error` and [`RedactedUrl`].

use std::fmt;
use std::path::{Path, PathBuf};

use super::Digest;
use super::redact::{RedactedUrl, redact_text};
use crate::error::{Error, ErrorKind, Result};

/// Where one chart is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChartRef {
    /// A chart folder.
    Folder(PathBuf),
    /// A `.tgz` on disk.
    Archive(PathBuf),
    /// A `.tgz` behind `http://` or `https://`.
    Url(RedactedUrl),
    /// A chart in an OCI registry.
    Oci(OciRef),
    /// A chart in the Helm HTTP repository at a URL (`--repo`).
    Repository {
        /// The folder that holds `index.yaml`.
        url: RedactedUrl,
        /// The chart's name.
        chart: String,
        /// Which version.
        wanted: Wanted,
    },
    /// A chart in a repository known by name: to Helm's `repositories.yaml`, or to the built-in list.
    Named {
        /// The repository's name.
        repository: String,
        /// The chart's name.
        chart: String,
        /// Which version.
        wanted: Wanted,
    },
}

/// A chart in an OCI registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OciRef {
    /// Host and port.
    pub registry: String,
    /// The path of the repository, the chart's name last.
    pub repository: String,
    /// Which version; a tag is a version with `_` for `+`.
    pub wanted: Wanted,
    /// The manifest's digest, when the reference pins it: it decides, the version is only checked.
    pub digest: Option<Digest>,
}

/// Which version of a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The newest release; with `--devel` the newest of all.
    Latest,
    /// An exact version, or a constraint when no version is spelled so: the newest that fits.
    Matching(String),
}

impl Wanted {
    /// Nothing and `latest` are [`Wanted::Latest`].
    pub fn parse(text: Option<&str>) -> Self {
        match text.map(str::trim) {
            None | Some("" | "latest") => Self::Latest,
            Some(version) => Self::Matching(version.to_owned()),
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Latest => "latest",
            Self::Matching(version) => version,
        })
    }
}

impl ChartRef {
    /// Reads one reference. `version` comes from an argument of its own (`diff CHART OLD NEW`), `repo` from `--repo`.
    ///
    /// # Errors
    /// `Usage` for a text that is no reference, a version given twice, or a version for something that has only one;
    /// `NotFound` for a path that doesn't exist.
    pub fn parse(text: &str, version: Option<&str>, repo: Option<&RedactedUrl>) -> Result<Self> {
        let text = text.trim();
        if let Some(url) = repo {
            let (chart, wanted) = name_and_version(text, version)?;
            return Ok(Self::Repository { url: url.clone(), chart, wanted });
        }
        if !text.is_empty() && Path::new(text).exists() {
            return from_path(text, version);
        }
        if let Some(rest) = text.strip_prefix("oci://") {
            return parse_oci(rest, version).map(Self::Oci);
        }
        if text.starts_with("http://") || text.starts_with("https://") {
            refuse_version(text, version, "a URL names one package")?;
            return RedactedUrl::parse(text).map(Self::Url);
        }
        if Path::new(text).is_absolute() || text.starts_with('.') || text.ends_with(".tgz") {
            return Err(Error::new(ErrorKind::NotFound, format!("there is no chart at {text}"))
                .hint("check the path; relative ones begin in the folder this runs in"));
        }
        parse_named(text, version)
    }

    /// A chart in a registry by its address without `oci://`, whatever there is on disk.
    ///
    /// # Errors
    /// `Usage` for a text that is no such address.
    pub fn in_registry(address: &str, version: &str) -> Result<Self> {
        let mut reference = parse_oci(address, None)?;
        if reference.digest.is_none() {
            reference.wanted = Wanted::parse(Some(version));
        }
        Ok(Self::Oci(reference))
    }
}

impl fmt::Display for ChartRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) | Self::Archive(path) => write!(f, "{}", path.display()),
            Self::Url(url) => write!(f, "{url}"),
            Self::Oci(oci) => write!(f, "{oci}"),
            Self::Repository { url, chart, wanted } => write!(f, "{chart}@{wanted} in {url}"),
            Self::Named { repository, chart, wanted } => write!(f, "{repository}/{chart}@{wanted}"),
        }
    }
}

impl fmt::Display for OciRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "oci://{}/{}", self.registry, self.repository)?;
        if let Wanted::Matching(version) = &self.wanted {
            write!(f, ":{version}")?;
        }
        self.digest.iter().try_for_each(|digest| write!(f, "@{digest}"))
    }
}

fn from_path(text: &str, version: Option<&str>) -> Result<ChartRef> {
    refuse_version(text, version, "a path on disk is one version")?;
    let path = PathBuf::from(text);
    Ok(if path.is_dir() { ChartRef::Folder(path) } else { ChartRef::Archive(path) })
}

fn refuse_version(text: &str, version: Option<&str>, why: &str) -> Result<()> {
    match version {
        None => Ok(()),
        Some(version) => Err(Error::new(ErrorKind::Usage, format!("{} can't be looked up at version {version}: {why}", redact_text(text)))
            .hint("give two references, one for each side: chartshift diff OLD_REF NEW_REF")),
    }
}

/// `NAME` or `NAME@VERSION` with an argument that may name the version instead.
fn name_and_version(text: &str, version: Option<&str>) -> Result<(String, Wanted)> {
    let (name, inline) = match text.rsplit_once('@') {
        Some((name, inline)) => (name, Some(inline)),
        None => (text, None),
    };
    if name.is_empty() {
        return Err(Error::new(ErrorKind::Usage, "the chart reference has no name")
            .hint("give a path, a .tgz, an https:// or an oci:// reference, or REPO/NAME"));
    }
    Ok((name.to_owned(), one_version(text, inline, version)?))
}

fn one_version(text: &str, inline: Option<&str>, argument: Option<&str>) -> Result<Wanted> {
    match (inline, argument) {
        (Some(inline), Some(argument)) if inline != argument => {
            Err(Error::new(ErrorKind::Usage, format!("{text} names version {inline}, and version {argument} is asked for"))
                .hint("name the version once"))
        }
        (inline, argument) => Ok(Wanted::parse(inline.or(argument))),
    }
}

fn parse_named(text: &str, version: Option<&str>) -> Result<ChartRef> {
    let (name, wanted) = name_and_version(text, version)?;
    match name.split_once('/') {
        Some((repository, chart)) if !repository.is_empty() && !chart.is_empty() => {
            Ok(ChartRef::Named { repository: repository.to_owned(), chart: chart.to_owned(), wanted })
        }
        _ => Err(Error::new(ErrorKind::NotFound, format!("no chart is called {name}: there is no such path, and it names no repository"))
            .hint(format!("write REPO/{name}, add --repo URL, or give a path, a .tgz, an https:// or an oci:// reference"))),
    }
}

/// Reads what follows `oci://`: `registry/path[:tag][@sha256:…]`.
pub(super) fn parse_oci(rest: &str, version: Option<&str>) -> Result<OciRef> {
    let refused = |why: &str| {
        Error::new(ErrorKind::Usage, format!("{} is not a chart reference: {why}", redact_text(&format!("oci://{rest}"))))
            .hint("a reference looks like oci://registry.example.com/charts/thanos:12.20.2")
    };
    let (rest, digest) = match rest.rsplit_once('@') {
        Some((rest, digest)) => (rest, Some(Digest::parse(digest).map_err(|_| refused("what follows @ is no sha256 digest"))?)),
        None => (rest, None),
    };
    let (registry, path) = rest.split_once('/').ok_or_else(|| refused("it names no repository"))?;
    let (repository, tag) = match path.rsplit_once(':') {
        Some((repository, tag)) => (repository, Some(tag.replace('_', "+"))),
        None => (path, None),
    };
    let part_is_plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    if registry.is_empty() || !registry.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]_".contains(&b)) {
        return Err(refused("its registry is no host name"));
    }
    if !repository.split('/').all(part_is_plain) || tag.as_deref().is_some_and(str::is_empty) {
        return Err(refused("its repository or its tag has characters that registries refuse"));
    }
    let wanted = one_version(rest, tag.as_deref(), version)?;
    Ok(OciRef { registry: registry.to_owned(), repository: repository.to_owned(), wanted, digest })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, version: Option<&str>) -> Result<ChartRef> {
        ChartRef::parse(text, version, None)
    }

    fn named(repository: &str, chart: &str, wanted: Wanted) -> ChartRef {
        ChartRef::Named { repository: repository.into(), chart: chart.into(), wanted }
    }

    #[test]
    fn reads_every_kind() {
        let matching = |version: &str| Wanted::Matching(version.into());
        let url = RedactedUrl::parse("https://h/thanos-1.2.3.tgz").unwrap();
        let oci = |wanted, digest| {
            ChartRef::Oci(OciRef { registry: "localhost:5000".into(), repository: "charts/thanos".into(), wanted, digest })
        };
        let digest = format!("sha256:{}", "ab".repeat(32));
        let table = [
            ("src", None, ChartRef::Folder("src".into())),
            ("./Cargo.toml", None, ChartRef::Archive("./Cargo.toml".into())),
            ("https://h/thanos-1.2.3.tgz", None, ChartRef::Url(url)),
            ("bitnami/thanos", None, named("bitnami", "thanos", Wanted::Latest)),
            ("bitnami/thanos", Some("latest"), named("bitnami", "thanos", Wanted::Latest)),
            ("bitnami/thanos", Some("~12.20"), named("bitnami", "thanos", matching("~12.20"))),
            ("bitnami/thanos@12.20.2", None, named("bitnami", "thanos", matching("12.20.2"))),
            ("bitnami/thanos@12.20.2", Some("12.20.2"), named("bitnami", "thanos", matching("12.20.2"))),
            ("oci://localhost:5000/charts/thanos", Some("1.0.0"), oci(matching("1.0.0"), None)),
            ("oci://localhost:5000/charts/thanos:1.0.0_b1", None, oci(matching("1.0.0+b1"), None)),
            (&format!("oci://localhost:5000/charts/thanos@{digest}"), None, oci(Wanted::Latest, Some(Digest([0xab; 32])))),
        ];
        for (text, version, expected) in table {
            assert_eq!(parse(text, version).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn with_a_repository_the_text_is_a_name() {
        let url = RedactedUrl::parse("https://h/charts").unwrap();
        let found = ChartRef::parse("src", Some("1"), Some(&url)).unwrap();
        assert_eq!(found, ChartRef::Repository { url, chart: "src".into(), wanted: Wanted::Matching("1".into()) });
    }

    #[test]
    fn refuses_with_something_to_try() {
        let table = [
            ("thanos", None, "no chart is called thanos: there is no such path, and it names no repository"),
            ("", None, "the chart reference has no name"),
            ("./nowhere", None, "there is no chart at ./nowhere"),
            ("thanos-1.2.3.tgz", None, "there is no chart at thanos-1.2.3.tgz"),
            ("src", Some("1"), "src can't be looked up at version 1: a path on disk is one version"),
            ("https://u:p@h/a.tgz", Some("1"), "https://***@h/a.tgz can't be looked up at version 1: a URL names one package"),
            ("a/b@1.0.0", Some("2.0.0"), "a/b@1.0.0 names version 1.0.0, and version 2.0.0 is asked for"),
            ("oci://host", None, "oci://host is not a chart reference: it names no repository"),
            ("oci://u:p@host/x", None, "oci://***@host/x is not a chart reference: what follows @ is no sha256 digest"),
            (
                "oci://host/a//b",
                None,
                "oci://host/a//b is not a chart reference: its repository or its tag has characters that registries refuse",
            ),
        ];
        for (text, version, message) in table {
            let error = parse(text, version).unwrap_err();
            assert_eq!(error.to_string(), message, "{text}");
            assert!(!error.hints().is_empty(), "{text}: nothing to try");
        }
    }

    #[test]
    fn what_is_shown_reads_back() {
        for text in ["bitnami/thanos@~12.20", "oci://h:5000/a/b:1.0.0+x", "https://h/a.tgz"] {
            let found = parse(text, None).unwrap();
            assert_eq!(parse(&found.to_string(), None).unwrap(), found, "{text}");
        }
    }
}
