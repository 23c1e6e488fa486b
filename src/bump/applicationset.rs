//! Argo CD: an ApplicationSet is unfolded into its Applications as far as its generators can be read from files.

use std::collections::BTreeMap;

use super::claim::{Claim, Part};
use super::read::Reading;
use super::side::Side;
use super::text::{field, file_name, items, resolve, written};
use super::{Unread, argocd, glob, template};
use crate::error::Result;
use crate::value::{Data, Node};

/// The most Applications that one ApplicationSet is unfolded into.
const MOST_APPLICATIONS: usize = 2_000;

/// What a generator says for one Application: `path.basename` → its value.
type Parameters = BTreeMap<String, Node>;

/// What the generators say.
#[derive(Default)]
struct Generated {
    sets: Vec<Parameters>,
    unread: Vec<Unread>,
}

/// Reads the Applications of an ApplicationSet.
///
/// # Errors
/// When the tree can't be read.
pub(super) fn read(side: &Side<'_>, path: &str, object: &Node, into: &mut Reading) -> Result<()> {
    let Some(spec) = object.get("spec") else { return Ok(()) };
    let Some(pattern) = spec.get("template") else { return Ok(()) };
    let go = matches!(spec.get("goTemplate").map(|node| &node.data), Some(Data::Bool(true)));
    let metadata = |key: &str| object.get("metadata").and_then(|metadata| field(metadata, key)).unwrap_or_default();
    let generator = format!("ApplicationSet {}/{} ", metadata("namespace"), metadata("name"));
    let mut generated = Generated::default();
    for one in items(spec, "generators") {
        let of_one = Unfolding { side, go }.generate(one)?;
        generated.sets.extend(of_one.sets);
        generated.unread.extend(of_one.unread);
    }
    if spec.get("templatePatch").is_some_and(|patch| !matches!(patch.data, Data::Null)) {
        generated.unread.push(Unread::new("templatePatch of the ApplicationSet", "it is a template of Go that is not run"));
    }
    // What can't be unfolded is read as it is written: a version in it is still a version.
    if generated.sets.is_empty() && !generated.unread.is_empty() {
        generated.sets.push(Parameters::new());
    }
    if generated.sets.len() > MOST_APPLICATIONS {
        generated.sets.truncate(MOST_APPLICATIONS);
        generated.unread.push(Unread::new("further Applications", format!("the ApplicationSet makes more than {MOST_APPLICATIONS}")));
    }
    for parameters in &generated.sets {
        let application = filled(pattern, parameters, go);
        let first = into.claims.len();
        argocd::application(side, path, &application, &generator, into)?;
        for claim in &mut into.claims[first..] {
            name_templates(claim);
            claim.unread.extend(generated.unread.iter().cloned());
            if claim.release.contains("{{") || claim.namespace.contains("{{") {
                claim
                    .unread
                    .push(Unread::new("the release's name and namespace", "the generator that gives them can't be read from files"));
            }
        }
    }
    Ok(())
}

/// Names the values in which something of the generators was not filled in. Text that YAML can't take for that is left out.
fn name_templates(claim: &mut Claim) {
    for part in &mut claim.parts {
        let (Part::Values(node) | Part::Inline(node)) = part else { continue };
        if !template::is_in(node) {
            continue;
        }
        let unread = Unread::new(
            format!("values at {}:{}", node.at.source.name, node.at.line),
            "a template stands in them that no generator fills in",
        );
        match part {
            Part::Inline(_) => *part = Part::Unread(unread),
            _ => claim.unread.push(unread),
        }
    }
}

struct Unfolding<'a> {
    side: &'a Side<'a>,
    go: bool,
}

impl Unfolding<'_> {
    fn generate(&self, generator: &Node) -> Result<Generated> {
        let mut generated = Generated::default();
        if let Some(list) = generator.get("list") {
            generated.sets.extend(items(list, "elements").iter().map(|element| self.flatten(element, "")));
            if list.get("elementsYaml").is_some() {
                generated.unread.push(Unread::new("elementsYaml of a list generator", "it is a template"));
            }
        } else if let Some(git) = generator.get("git") {
            self.git(git, &mut generated)?;
        } else if let Some(matrix) = generator.get("matrix") {
            self.matrix(matrix, &mut generated)?;
        } else {
            let kind = generator.as_map().and_then(|map| map.keys().find(|key| key.as_ref() != "selector")).map_or("empty", AsRef::as_ref);
            generated.unread.push(Unread::new(
                format!("the {kind} generator of the ApplicationSet"),
                "what it generates is not in the repository's files",
            ));
        }
        Ok(generated)
    }

    /// Files and folders of this repository.
    fn git(&self, git: &Node, generated: &mut Generated) -> Result<()> {
        let address = field(git, "repoURL").unwrap_or_default();
        if !self.side.is_own(&address) {
            let address = crate::fetch::redact::redact_text(&address);
            generated
                .unread
                .push(Unread::new("the git generator of the ApplicationSet", format!("it reads another repository, {address}")));
            return Ok(());
        }
        let all = self.side.tree.files("")?;
        let prefix = field(git, "pathParamPrefix").map_or_else(String::new, |prefix| format!("{prefix}."));
        for (pattern, _) in patterns(git, "files") {
            for path in all.iter().filter(|path| glob::matches(&pattern, path)) {
                self.file(path, &prefix, generated)?;
            }
        }
        let folders = patterns(git, "directories");
        let mut known: Vec<&str> = all.iter().flat_map(|path| path.match_indices('/').map(|(end, _)| &path[..end])).collect();
        known.sort_unstable();
        known.dedup();
        for folder in known {
            let matching = |excluded: bool| folders.iter().any(|(pattern, exclude)| *exclude == excluded && glob::matches(pattern, folder));
            if matching(false) && !matching(true) {
                generated.sets.push(self.path_parameters(git, folder, &prefix));
            }
        }
        Ok(())
    }

    /// The parameters of one file: its mapping, or each mapping of its list.
    fn file(&self, path: &str, prefix: &str, generated: &mut Generated) -> Result<()> {
        let node = match self.side.document(path) {
            Ok(Some(node)) => node,
            Ok(None) => return Ok(()),
            Err(error) => {
                generated.unread.push(Unread::new(format!("the generator's file {path}"), super::side::innermost(&error)));
                return Ok(());
            }
        };
        let each: Vec<&Node> = match &node.data {
            Data::List(list) => list.iter().collect(),
            _ => vec![&node],
        };
        for one in each {
            let mut parameters = self.flatten(one, "");
            parameters.extend(self.path_parameters(one, super::text::folder(path), prefix));
            parameters.insert(format!("{prefix}path.filename"), text_node(&node, file_name(path)));
            generated.sets.push(parameters);
        }
        Ok(())
    }

    /// `path`, `path.basename` and the others that Argo CD gives for a folder.
    fn path_parameters(&self, at: &Node, folder: &str, prefix: &str) -> Parameters {
        let base = file_name(folder);
        let normalized: String =
            base.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' || c == '-' { c.to_ascii_lowercase() } else { '-' }).collect();
        let mut parameters = Parameters::new();
        let mut insert = |key: &str, value: &str| drop(parameters.insert(format!("{prefix}{key}"), text_node(at, value)));
        insert(if self.go { "path.path" } else { "path" }, folder);
        insert("path.basename", base);
        insert("path.basenameNormalized", &normalized);
        for (at, segment) in folder.split('/').enumerate() {
            insert(&if self.go { format!("path.segments {at}") } else { format!("path[{at}]") }, segment);
        }
        parameters
    }

    /// Every pair of what two generators say.
    fn matrix(&self, matrix: &Node, generated: &mut Generated) -> Result<()> {
        let [one, other] = items(matrix, "generators") else {
            generated.unread.push(Unread::new("the matrix generator of the ApplicationSet", "it doesn't have two generators"));
            return Ok(());
        };
        let first = self.generate(one)?;
        generated.unread.extend(first.unread);
        for parameters in &first.sets {
            // The second one may use what the first one says.
            let second = self.generate(&filled(other, parameters, self.go))?;
            for more in second.sets {
                let mut both = parameters.clone();
                both.extend(more);
                generated.sets.push(both);
                if generated.sets.len() > MOST_APPLICATIONS {
                    return Ok(());
                }
            }
            second
                .unread
                .into_iter()
                .filter(|unread| !generated.unread.contains(unread))
                .collect::<Vec<_>>()
                .into_iter()
                .for_each(|unread| generated.unread.push(unread));
        }
        Ok(())
    }

    /// A mapping's scalars by their dotted paths.
    fn flatten(&self, node: &Node, prefix: &str) -> Parameters {
        let mut parameters = Parameters::new();
        for (key, entry) in node.as_map().into_iter().flatten() {
            let path = if prefix.is_empty() { key.to_string() } else { format!("{prefix}.{key}") };
            match &entry.value.data {
                Data::Map(_) => parameters.extend(self.flatten(&entry.value, &path)),
                _ => drop(parameters.insert(path, entry.value.clone())),
            }
        }
        parameters
    }
}

/// The patterns under `files` or `directories`, and whether what matches is left out.
fn patterns(git: &Node, key: &str) -> Vec<(String, bool)> {
    let excluded = |item: &Node| matches!(item.get("exclude").map(|node| &node.data), Some(Data::Bool(true)));
    items(git, key).iter().filter_map(|item| Some((resolve("", &field(item, "path")?)?, excluded(item)))).collect()
}

/// A value with the text in place of another, where that stands.
fn text_node(at: &Node, text: &str) -> Node {
    Node { data: Data::Str(text.into()), at: at.at.clone(), comment: None }
}

/// A template with its parameters filled in. What is not known stays as it is written.
fn filled(node: &Node, parameters: &Parameters, go: bool) -> Node {
    let data = match &node.data {
        Data::Str(text) if text.contains("{{") => return filled_text(node, text, parameters, go),
        Data::List(list) => Data::List(list.iter().map(|item| filled(item, parameters, go)).collect()),
        Data::Map(map) => Data::Map(
            map.iter()
                .map(|(key, entry)| {
                    let mut entry = entry.clone();
                    entry.value = filled(&entry.value, parameters, go);
                    (key.clone(), entry)
                })
                .collect(),
        ),
        other => other.clone(),
    };
    Node { data, at: node.at.clone(), comment: node.comment.clone() }
}

/// A text that is one template alone stands from then on where its parameter does: that is where a version is written.
fn filled_text(node: &Node, text: &str, parameters: &Parameters, go: bool) -> Node {
    let mut result = String::new();
    let mut rest = text;
    let mut alone = None;
    while let Some(start) = rest.find("{{") {
        let Some(length) = rest[start..].find("}}") else { break };
        let (template, end) = (&rest[start + 2..start + length], start + length + 2);
        let value = name(template, go).and_then(|name| parameters.get(&name)).and_then(|value| Some((value, written(value)?)));
        result.push_str(&rest[..start]);
        match value {
            Some((value, said)) => {
                alone = (text.trim().len() == end - start).then_some(value);
                result.push_str(&said);
            }
            None => result.push_str(&rest[start..end]),
        }
        rest = &rest[end..];
    }
    result.push_str(rest);
    Node { data: Data::Str(result.into()), at: alone.unwrap_or(node).at.clone(), comment: node.comment.clone() }
}

/// The parameter that a template asks for; `None` when it does more than that.
fn name(template: &str, go: bool) -> Option<String> {
    let template = template.trim_matches(['-', ' ']);
    if !go {
        return Some(template.to_owned());
    }
    if let Some(rest) = template.strip_prefix("index ") {
        let (path, at) = rest.trim().split_once(' ')?;
        return Some(format!("{} {}", path.strip_prefix('.')?, at.trim()));
    }
    let path = template.strip_prefix('.')?;
    path.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-')).then(|| path.to_owned())
}

/// The files with ApplicationSets that a changed file belongs to, found by the patterns in their text: none is parsed.
///
/// # Errors
/// When the tree can't be read.
pub(super) fn users(side: &Side<'_>, changed: &[&str]) -> Result<Vec<String>> {
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    let mut users = Vec::new();
    for path in side.holding(&["ApplicationSet", "git:", "path:"])? {
        let Some(bytes) = side.bytes(&path)? else { continue };
        let text = variable_parts(&String::from_utf8_lossy(&bytes));
        let patterns = text.split("path:").skip(1).filter_map(|behind| resolve("", first_scalar(behind)));
        let belongs = |pattern: &String| changed.iter().any(|changed| glob::matches(pattern, changed));
        if patterns.into_iter().any(|pattern| belongs(&pattern)) {
            users.push(path);
        }
    }
    Ok(users)
}

/// The scalar that a text begins with, as it is written in block or flow style.
fn first_scalar(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default().trim();
    match line.chars().next() {
        Some(quote @ ('"' | '\'')) => line[1..].split(quote).next().unwrap_or_default(),
        _ => line.split([',', '}', ' ']).next().unwrap_or_default(),
    }
}

/// A text in which templates are made patterns: they may stand for anything.
fn variable_parts(pattern: &str) -> String {
    let mut result = String::new();
    let mut rest = pattern;
    while let Some((before, behind)) = rest.split_once("{{") {
        result.push_str(before);
        result.push('*');
        rest = behind.split_once("}}").map_or("", |(_, rest)| rest);
    }
    result + rest
}
