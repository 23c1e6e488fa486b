//! What a reader takes from one state of the files: which chart a release wants, before anything is compared.

use crate::error::Place;
use crate::fetch::RedactedUrl;
use crate::value::Node;

use super::text::is_templated;
use super::{Source, Tool, Unread};

/// One release and the chart that it wants, in one tree.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub(super) tool: Tool,
    /// The file it is read from.
    pub(super) file: String,
    /// What holds it, and stays the same when a version moves: `Application argocd/thanos`, the folder of a Chart.yaml.
    pub(super) owner: String,
    /// Which of the owner's charts it is: the chart's name or alias; empty when there is only one.
    pub(super) slot: String,
    /// Where the version is written, or else the chart.
    pub(super) place: Place,
    /// The chart's name.
    pub(super) chart: String,
    pub(super) wanted: Wanted,
    /// The release's name.
    pub(super) release: String,
    /// Its namespace; empty when the files don't say.
    pub(super) namespace: String,
    /// Its values, unread.
    pub(super) parts: Vec<Part>,
    /// Of a subchart: the key that its values stand under in those parts.
    pub(super) values_key: Option<String>,
    pub(super) switched_off: Option<String>,
    pub(super) kube_version: Option<String>,
    pub(super) api_versions: Vec<String>,
    pub(super) unread: Vec<Unread>,
}

/// The chart that a claim wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// It can be had.
    Known(Source),
    /// It can't be told from the files, or not be had.
    Unknown {
        /// What is written: two that are written the same are the same.
        text: String,
        /// Why it can't be told.
        reason: String,
        /// What to do.
        hint: Option<String>,
    },
}

/// A part of a release's values, before the files are looked up.
#[derive(Debug, Clone)]
pub(super) enum Part {
    /// Inline values.
    Values(Node),
    /// Values in a text inside of a manifest.
    Inline(Node),
    /// `key=value` as `--set` reads it.
    Set(String),
    /// The same as `--set-string` reads it.
    SetString(String),
    /// The content of a file at a key: key, path.
    SetFile(String, String),
    /// A values file of the repository.
    File {
        /// Its path in the tree.
        path: String,
        /// Whether the tool takes no offence when it is missing.
        optional: bool,
    },
    /// A key of a ConfigMap or Secret.
    Object(ObjectKey),
    /// Something that can't be read.
    Unread(Unread),
}

/// A key of a ConfigMap or Secret that values come from.
#[derive(Debug, Clone)]
pub(super) struct ObjectKey {
    pub(super) kind: String,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) key: String,
    /// Where in the values its text goes; `None` when it is all of them.
    pub(super) target: Option<String>,
    pub(super) optional: bool,
}

impl Claim {
    /// A claim without values, of a release that has the chart's name.
    pub(super) fn new(tool: Tool, file: &str, owner: impl Into<String>, place: Place, chart: &str, wanted: Wanted) -> Self {
        Self {
            tool,
            file: file.to_owned(),
            owner: owner.into(),
            slot: String::new(),
            place,
            chart: chart.to_owned(),
            wanted,
            release: chart.to_owned(),
            namespace: String::new(),
            parts: Vec::new(),
            values_key: None,
            switched_off: None,
            kube_version: None,
            api_versions: Vec::new(),
            unread: Vec::new(),
        }
    }
}

impl Unread {
    pub(super) fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into() }
    }
}

impl Wanted {
    pub(super) fn unknown(text: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Unknown { text: text.into(), reason: reason.into(), hint: None }
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        match self {
            Self::Unknown { text, reason, .. } => Self::Unknown { text, reason, hint: Some(hint.into()) },
            known => known,
        }
    }

    /// A chart by what nearly every tool writes: the address of a repository or registry folder, a name, a version.
    pub(super) fn named(address: &str, chart: &str, version: &str) -> Self {
        let all = format!("{address} {chart} {version}");
        for (what, text) in [("version", version), ("address", address), ("chart's name", chart)] {
            if is_templated(text) {
                return Self::unknown(all, format!("its {what} is a template: {text}"));
            }
        }
        match address.strip_prefix("oci://") {
            Some(folder) => Self::oci(&format!("{}/{chart}", folder.trim_end_matches('/')), version),
            None => match RedactedUrl::parse(address) {
                Ok(url) => Self::Known(Source::Repository { url, chart: chart.to_owned(), version: version.to_owned() }),
                Err(error) => Self::unknown(all, error.to_string()),
            },
        }
    }

    /// A chart in a registry, by its whole path without `oci://`.
    pub(super) fn oci(repository: &str, version: &str) -> Self {
        if is_templated(repository) || is_templated(version) {
            return Self::unknown(format!("{repository} {version}"), format!("its address is a template: {repository}:{version}"));
        }
        Self::Known(Source::Oci { repository: repository.to_owned(), version: version.to_owned(), digest: None })
    }
}
