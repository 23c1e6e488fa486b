//! Chart.yaml, requirements.yaml and their lock files (Helm 3.17 `pkg/chart/{metadata,dependency}.go`): read, cleaned and judged in Helm's
//! order and words. Depends on `value`, `version`, `error` and its neighbours.

use std::sync::LazyLock;

use regex::Regex;

use super::decode::{Decoder, locate};
use super::{Dependency, Lock, Maintainer, Metadata};
use crate::error::{Error, ErrorKind, Result};
use crate::quote::quote;
use crate::value::{Data, Node};
use crate::version::Version;

/// Chart.yaml while it is being put together: requirements.yaml is read over it, and lists may still hold nothing at a place.
#[derive(Default)]
pub(super) struct Draft {
    api_version: String,
    name: String,
    version: String,
    app_version: String,
    kube_version: String,
    kind: String,
    description: String,
    home: String,
    icon: String,
    condition: String,
    tags: String,
    deprecated: bool,
    sources: Option<Vec<String>>,
    keywords: Option<Vec<String>>,
    maintainers: Option<Vec<Option<Maintainer>>>,
    annotations: Vec<(String, String)>,
    dependencies: Option<Vec<Option<Dependency>>>,
    node: Option<Node>,
}

impl Draft {
    /// Reads Chart.yaml (again, when an archive has it twice). A chart without an apiVersion is of the first.
    pub(super) fn read_chart(&mut self, node: Node) -> Result<()> {
        self.fill(&node, "Chart.yaml")?;
        if self.api_version.is_empty() {
            "v1".clone_into(&mut self.api_version);
        }
        self.node = Some(node);
        Ok(())
    }

    /// Reads requirements.yaml over what Chart.yaml said, as Helm does, whatever the apiVersion.
    pub(super) fn read_requirements(&mut self, node: &Node) -> Result<()> {
        self.fill(node, "requirements.yaml")
    }

    /// The chart's name so far.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether dependencies are declared in requirements.yaml.
    pub(super) fn is_v1(&self) -> bool {
        self.api_version == "v1"
    }

    fn fill(&mut self, node: &Node, file: &'static str) -> Result<()> {
        const FIELDS: [&str; 17] = [
            "name",
            "home",
            "sources",
            "version",
            "description",
            "keywords",
            "maintainers",
            "icon",
            "apiVersion",
            "condition",
            "tags",
            "appVersion",
            "deprecated",
            "annotations",
            "kubeVersion",
            "dependencies",
            "type",
        ];
        let mut decoder = Decoder::default();
        decoder.structure(node, "Metadata", &FIELDS, |decoder, field, node| match field {
            "name" => decoder.text(node, &mut self.name),
            "home" => decoder.text(node, &mut self.home),
            "sources" => decoder.texts(node, &mut self.sources),
            "version" => decoder.text(node, &mut self.version),
            "description" => decoder.text(node, &mut self.description),
            "keywords" => decoder.texts(node, &mut self.keywords),
            "maintainers" => decoder.list(node, "[]*chart.Maintainer", &mut self.maintainers, maintainer),
            "icon" => decoder.text(node, &mut self.icon),
            "apiVersion" => decoder.text(node, &mut self.api_version),
            "condition" => decoder.text(node, &mut self.condition),
            "tags" => decoder.text(node, &mut self.tags),
            "appVersion" => decoder.text(node, &mut self.app_version),
            "deprecated" => decoder.flag(node, &mut self.deprecated),
            "annotations" => decoder.text_map(node, &mut self.annotations),
            "kubeVersion" => decoder.text(node, &mut self.kube_version),
            "dependencies" => dependencies(decoder, node, file, &mut self.dependencies),
            _ => decoder.text(node, &mut self.kind),
        });
        decoder.finish()
    }

    /// Cleans and judges the fields (Helm's `Metadata.Validate`).
    ///
    /// # Errors
    /// [`ErrorKind::Chart`], `validation: …` in Helm's words, at the field when Chart.yaml has it.
    pub(super) fn validate(mut self) -> Result<Metadata> {
        let Some(node) = self.node.take() else {
            return Err(invalid("chart.metadata.apiVersion is required", None));
        };
        for field in [
            &mut self.name,
            &mut self.description,
            &mut self.home,
            &mut self.icon,
            &mut self.condition,
            &mut self.tags,
            &mut self.app_version,
            &mut self.kube_version,
        ] {
            sanitize(field);
        }
        self.sources.iter_mut().chain(&mut self.keywords).flatten().for_each(sanitize);
        self.judge_fields(&node)?;
        let maintainers = judged_maintainers(self.maintainers.unwrap_or_default(), &node)?;
        let declares_dependencies = self.dependencies.is_some();
        let dependencies = judged_dependencies(self.dependencies.unwrap_or_default(), &node)?;
        Ok(Metadata {
            api_version: self.api_version,
            name: self.name,
            version: self.version,
            app_version: self.app_version,
            kube_version: self.kube_version,
            kind: self.kind,
            description: self.description,
            home: self.home,
            icon: self.icon,
            condition: self.condition,
            tags: self.tags,
            deprecated: self.deprecated,
            sources: self.sources.unwrap_or_default(),
            keywords: self.keywords.unwrap_or_default(),
            maintainers,
            annotations: self.annotations,
            dependencies,
            declares_dependencies,
            node,
        })
    }

    fn judge_fields(&self, node: &Node) -> Result<()> {
        if self.api_version.is_empty() {
            return Err(invalid("chart.metadata.apiVersion is required", Some(node)));
        }
        if self.name.is_empty() {
            return Err(invalid("chart.metadata.name is required", Some(node)).hint("add `name: NAME` to Chart.yaml"));
        }
        if self.name.contains('/') && self.name != "/" {
            let message = format!("chart.metadata.name {} is invalid", quote(self.name.as_bytes()));
            return Err(invalid(&message, node.get("name")).hint("a name is one word without slashes"));
        }
        if self.version.is_empty() {
            return Err(invalid("chart.metadata.version is required", Some(node)).hint("add `version: 0.1.0` to Chart.yaml"));
        }
        if let Err(cause) = Version::parse(&self.version) {
            let message = format!("chart.metadata.version {} is invalid", quote(self.version.as_bytes()));
            return Err(invalid(&message, node.get("version")).hint(format!("a version looks like 1.2.3 ({cause})")));
        }
        if !matches!(self.kind.as_str(), "" | "application" | "library") {
            return Err(invalid("chart.metadata.type must be application or library", node.get("type")));
        }
        Ok(())
    }
}

/// Chart.lock or requirements.lock; `None` when the file says nothing.
///
/// # Errors
/// [`ErrorKind::Chart`] in Go's words when a field has another type than Helm wants.
pub(super) fn read_lock(node: &Node, file: &'static str) -> Result<Option<Lock>> {
    let (mut list, mut digest) = (None, String::new());
    let mut decoder = Decoder::default();
    decoder.structure(node, "Lock", &["generated", "digest", "dependencies"], |decoder, field, node| match field {
        "generated" => generated(decoder, node),
        "digest" => decoder.text(node, &mut digest),
        _ => dependencies(decoder, node, file, &mut list),
    });
    decoder.finish()?;
    let dependencies = list.unwrap_or_default().into_iter().flatten().collect();
    Ok((!matches!(node.data, Data::Null)).then_some(Lock { file: file.to_owned(), digest, dependencies }))
}

/// The time a lock was made: RFC 3339 or nothing (Go's `time.Time`).
fn generated(decoder: &mut Decoder, node: &Node) {
    match &node.data {
        Data::Null => {}
        Data::Str(text) if is_time(text) => {}
        Data::Str(text) => {
            decoder.refuse_as(node, format!("parsing time {} as \"2006-01-02T15:04:05Z07:00\": cannot parse", quote(text.as_bytes())));
        }
        _ => decoder.refuse_as(node, "Time.UnmarshalJSON: input is not a JSON string".to_owned()),
    }
}

/// Whether Go reads the text as RFC 3339: a comma may stand for the point.
fn is_time(text: &str) -> bool {
    const SECONDS: &[u8] = b"0000-00-00T00:00:00";
    const ZONE: &[u8] = b"+00:00";
    let shaped = |bytes: &[u8], shape: &[u8]| {
        bytes.len() == shape.len()
            && bytes.iter().zip(shape).all(|(byte, like)| if *like == b'0' { byte.is_ascii_digit() } else { byte == like })
    };
    let number = |bytes: &[u8], at: usize| 10 * (bytes[at] - b'0') + bytes[at + 1] - b'0';
    let Some((moment, rest)) = text.as_bytes().split_at_checked(SECONDS.len()) else { return false };
    if !shaped(moment, SECONDS)
        || !(1..=12).contains(&number(moment, 5))
        || !(1..=31).contains(&number(moment, 8))
        || number(moment, 11) > 23
        || number(moment, 14) > 59
        || number(moment, 17) > 59
    {
        return false;
    }
    let zone = match rest {
        [b'.' | b',', digit, rest @ ..] if digit.is_ascii_digit() => &rest[rest.iter().take_while(|byte| byte.is_ascii_digit()).count()..],
        rest => rest,
    };
    match zone {
        [b'Z'] => true,
        [b'+' | b'-', behind @ ..] => shaped(behind, &ZONE[1..]) && number(behind, 0) <= 23 && number(behind, 3) <= 59,
        _ => false,
    }
}

fn maintainer(decoder: &mut Decoder, node: &Node, slot: &mut Option<Maintainer>) {
    if matches!(node.data, Data::Null) {
        *slot = None;
        return;
    }
    let person = slot.get_or_insert_default();
    decoder.structure(node, "Maintainer", &["name", "email", "url"], |decoder, field, node| match field {
        "name" => decoder.text(node, &mut person.name),
        "email" => decoder.text(node, &mut person.email),
        _ => decoder.text(node, &mut person.url),
    });
}

fn dependencies(decoder: &mut Decoder, node: &Node, file: &'static str, into: &mut Option<Vec<Option<Dependency>>>) {
    decoder.list(node, "[]*chart.Dependency", into, |decoder, node, slot| dependency(decoder, node, file, slot));
}

fn dependency(decoder: &mut Decoder, node: &Node, file: &'static str, slot: &mut Option<Dependency>) {
    const FIELDS: [&str; 8] = ["name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias"];
    if matches!(node.data, Data::Null) {
        *slot = None;
        return;
    }
    let declared = slot.get_or_insert_default();
    declared.file = file;
    declared.line = node.at.line;
    let mut tags = Some(std::mem::take(&mut declared.tags));
    let mut imports = Some(std::mem::take(&mut declared.import_values));
    let (mut condition, mut alias) = (declared.condition.take().unwrap_or_default(), declared.alias.take().unwrap_or_default());
    decoder.structure(node, "Dependency", &FIELDS, |decoder, field, node| match field {
        "name" => decoder.text(node, &mut declared.name),
        "version" => decoder.text(node, &mut declared.version),
        "repository" => decoder.text(node, &mut declared.repository),
        "condition" => decoder.text(node, &mut condition),
        "tags" => decoder.texts(node, &mut tags),
        "enabled" => decoder.flag(node, &mut false),
        "import-values" => decoder.list(node, "[]interface {}", &mut imports, |_, node, slot| *slot = Some(node.clone())),
        _ => decoder.text(node, &mut alias),
    });
    declared.tags = tags.unwrap_or_default();
    declared.import_values = imports.unwrap_or_default();
    declared.condition = Some(condition).filter(|condition| !condition.is_empty());
    declared.alias = Some(alias).filter(|alias| !alias.is_empty());
}

fn judged_maintainers(list: Vec<Option<Maintainer>>, node: &Node) -> Result<Vec<Maintainer>> {
    let judge = |slot: Option<Maintainer>| {
        let Some(mut person) = slot else {
            return Err(invalid("maintainers must not contain empty or null nodes", node.get("maintainers")));
        };
        [&mut person.name, &mut person.email, &mut person.url].into_iter().for_each(sanitize);
        Ok(person)
    };
    list.into_iter().map(judge).collect()
}

fn judged_dependencies(list: Vec<Option<Dependency>>, node: &Node) -> Result<Vec<Dependency>> {
    let mut names = std::collections::HashSet::new();
    let mut judged = Vec::with_capacity(list.len());
    for (index, slot) in list.into_iter().enumerate() {
        let declared_at = node.get("dependencies").and_then(|list| list.as_list()).and_then(|list| list.get(index));
        let Some(mut dependency) = slot else {
            return Err(invalid("dependencies must not contain empty or null nodes", declared_at));
        };
        // Those of requirements.yaml stand in another file than the tree at hand.
        let declared_at = declared_at.filter(|_| dependency.file == "Chart.yaml");
        let Dependency { name, version, repository, condition, tags, .. } = &mut dependency;
        [name, version, repository].into_iter().chain(condition).chain(tags).for_each(sanitize);
        if dependency.alias.as_deref().is_some_and(|alias| !alias.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)))
        {
            let message = format!("dependency {} has disallowed characters in the alias", quote(dependency.name.as_bytes()));
            return Err(invalid(&message, declared_at).hint("an alias is made of letters, digits, - and _"));
        }
        let key = dependency.alias.as_ref().unwrap_or(&dependency.name);
        if !names.insert(key.clone()) {
            let message = format!("more than one dependency with name or alias {}", quote(key.as_bytes()));
            return Err(invalid(&message, declared_at).hint("give all but one of them an alias of their own"));
        }
        judged.push(dependency);
    }
    Ok(judged)
}

/// Every Unicode space becomes a plain one, what can't be printed goes (Go's `unicode.IsSpace` and `IsPrint`).
fn sanitize(text: &mut String) {
    static UNPRINTABLE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[^ \p{L}\p{M}\p{N}\p{P}\p{S}]").ok());
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return;
    }
    let spaced: String = text.chars().map(|char| if char.is_whitespace() { ' ' } else { char }).collect();
    *text = match UNPRINTABLE.as_ref() {
        Some(unprintable) => unprintable.replace_all(&spaced, "").into_owned(),
        None => spaced,
    };
}

fn invalid(message: &str, at: Option<&Node>) -> Error {
    let error = Error::new(ErrorKind::Chart, format!("validation: {message}"));
    match at {
        Some(node) => locate(error, &node.at),
        None => error,
    }
}
