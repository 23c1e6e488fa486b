//! One of the two trees while it is being read: every file is parsed at most once, and only when something asks for it.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use bytes::Bytes;
use memchr::memmem;

use super::Surroundings;
use super::text::{field, file_name, folder, resolve, says};
use crate::error::{Error, Place, Result};
use crate::fetch::tree::Tree;
use crate::value::{Data, Node, yaml};

/// How much one file of a repository may hold: more than any manifest needs, and far less than a bomb unfolds to.
pub(super) const LIMITS: yaml::Limits = yaml::Limits { bytes: 8 << 20, depth: 100, nodes: 400_000 };

/// The documents of a file, or why it can't be read as YAML.
pub(super) type Documents = Rc<Result<Vec<Node>>>;

/// The bytes of files that are kept for further searches.
const KEPT_BYTES: usize = 256 << 20;

/// Files that are searched, with their content as far as it is kept.
type Searched = Vec<(String, Option<Bytes>)>;

/// One tree, and what has been read of it.
pub(super) struct Side<'a> {
    pub(super) tree: &'a dyn Tree,
    pub(super) surroundings: &'a Surroundings,
    parsed: RefCell<HashMap<String, Documents>>,
    /// Every file of the tree that may name a chart, for searching.
    searched: RefCell<Option<Rc<Searched>>>,
    /// Files parsed as something else than YAML.
    others: RefCell<BTreeSet<String>>,
}

impl<'a> Side<'a> {
    pub(super) fn new(tree: &'a dyn Tree, surroundings: &'a Surroundings) -> Self {
        Self { tree, surroundings, parsed: RefCell::default(), searched: RefCell::default(), others: RefCell::default() }
    }

    /// A file's bytes; `None` when it isn't there.
    pub(super) fn bytes(&self, path: &str) -> Result<Option<Bytes>> {
        self.tree.read(path)
    }

    /// Whether there is such a file.
    pub(super) fn has(&self, path: &str) -> bool {
        matches!(self.tree.read(path), Ok(Some(_)))
    }

    /// A file's documents; `None` when it isn't there.
    ///
    /// # Errors
    /// When the tree can't be read. A file that isn't YAML is an error inside of the answer.
    pub(super) fn documents(&self, path: &str) -> Result<Option<Documents>> {
        if let Some(known) = self.parsed.borrow().get(path) {
            return Ok(Some(Rc::clone(known)));
        }
        let Some(bytes) = self.bytes(path)? else { return Ok(None) };
        let documents = Rc::new(parse(path, &bytes));
        self.parsed.borrow_mut().insert(path.to_owned(), Rc::clone(&documents));
        Ok(Some(documents))
    }

    /// The documents of a file that may be a template; `None` when it isn't there.
    ///
    /// # Errors
    /// As [`Side::documents`].
    pub(super) fn templated(&self, path: &str) -> Result<Option<Documents>> {
        let key = format!("{path}\n");
        if let Some(known) = self.parsed.borrow().get(&key) {
            return Ok(Some(Rc::clone(known)));
        }
        let Some(bytes) = self.bytes(path)? else { return Ok(None) };
        let masked = yaml::source(path, &bytes).map(|source| super::template::mask(&source.text));
        let documents = Rc::new(masked.and_then(|text| parse(path, &text.into())));
        self.parsed.borrow_mut().insert(key, Rc::clone(&documents));
        Ok(Some(documents))
    }

    /// A file's first document. `Ok(None)` when the file isn't there.
    ///
    /// # Errors
    /// When the tree can't be read, or the file not as YAML.
    pub(super) fn document(&self, path: &str) -> Result<Option<Node>> {
        let Some(documents) = self.documents(path)? else { return Ok(None) };
        match &*documents {
            Ok(documents) => Ok(Some(documents.first().cloned().unwrap_or_else(|| nothing(path)))),
            Err(error) => {
                let nowhere = || Place { file: path.to_owned(), line: 0, column: 0 };
                Err(Error::new(error.kind(), innermost(error)).at(error.place().cloned().unwrap_or_else(nowhere)))
            }
        }
    }

    /// How many files were parsed.
    pub(super) fn parsed_files(&self) -> usize {
        self.parsed.borrow().len() + self.others.borrow().len()
    }

    /// Counts a file that a reader parses itself.
    pub(super) fn count(&self, path: &str) {
        self.others.borrow_mut().insert(path.to_owned());
    }

    /// The files that hold all of these texts as whole words, by a search through their bytes: none is parsed.
    pub(super) fn holding(&self, texts: &[&str]) -> Result<Vec<String>> {
        let finders: Vec<memmem::Finder<'_>> = texts.iter().map(|text| memmem::Finder::new(text.as_bytes())).collect();
        let holds = |bytes: &Bytes| finders.iter().all(|finder| finder.find_iter(bytes).any(|at| is_whole(bytes, at, finder.needle())));
        let mut found = Vec::new();
        for (path, bytes) in self.searched()?.iter() {
            let holds = match bytes {
                Some(bytes) => holds(bytes),
                None => self.tree.read(path).ok().flatten().as_ref().is_some_and(holds),
            };
            if holds {
                found.push(path.clone());
            }
        }
        Ok(found)
    }

    /// Whether a git URL is that of this repository.
    pub(super) fn is_own(&self, url: &str) -> bool {
        let url = bare_url(url);
        !url.is_empty() && self.surroundings.own_urls.iter().any(|own| bare_url(own) == url)
    }

    /// The name of the chart in a folder; `None` when there is no chart.
    ///
    /// # Errors
    /// When the tree can't be read.
    pub(super) fn chart_name(&self, folder: &str) -> Result<Option<String>> {
        let Some(path) = resolve(folder, "Chart.yaml") else { return Ok(None) };
        if self.bytes(&path)?.is_none() {
            return Ok(None);
        }
        let name = self.document(&path).ok().flatten().and_then(|node| field(&node, "name"));
        Ok(Some(name.unwrap_or_else(|| file_name(folder).to_owned())))
    }

    /// The namespace that a kustomization in a file's folder gives to what it lists; empty when there is none.
    pub(super) fn kustomized_namespace(&self, path: &str) -> String {
        let beside = |name: &str| resolve(folder(path), name).and_then(|path| self.document(&path).ok().flatten());
        let kustomization = ["kustomization.yaml", "kustomization.yml", "Kustomization"].into_iter().find_map(beside);
        kustomization
            .filter(|node| says(node, "kind", "Kustomization") || node.get("resources").is_some())
            .and_then(|node| field(&node, "namespace"))
            .unwrap_or_default()
    }

    fn searched(&self) -> Result<Rc<Searched>> {
        if let Some(files) = &*self.searched.borrow() {
            return Ok(Rc::clone(files));
        }
        let mut kept = 0;
        let mut files = Searched::new();
        for path in self.tree.files("")?.into_iter().filter(|path| is_searched(path)) {
            // A file too large to be read holds nothing that could be used.
            let Ok(Some(bytes)) = self.tree.read(&path) else { continue };
            kept += bytes.len();
            files.push((path, (kept <= KEPT_BYTES).then_some(bytes)));
        }
        let files = Rc::new(files);
        *self.searched.borrow_mut() = Some(Rc::clone(&files));
        Ok(files)
    }

    /// The objects of a kind and a name, each with its file. Files that can't be parsed have none.
    ///
    /// Many files name an object that few hold, so those in which a line begins with the kind are looked through first.
    pub(super) fn objects(&self, kind: &str, name: &str) -> Result<Vec<(String, Node)>> {
        let likely: BTreeSet<String> = self.holding(&[&format!("\nkind: {kind}"), name])?.into_iter().collect();
        let found = self.objects_of(&likely, kind, name)?;
        if !found.is_empty() {
            return Ok(found);
        }
        let rest: BTreeSet<String> = self.holding(&[kind, name])?.into_iter().filter(|path| !likely.contains(path)).collect();
        self.objects_of(&rest, kind, name)
    }

    fn objects_of(&self, paths: &BTreeSet<String>, kind: &str, name: &str) -> Result<Vec<(String, Node)>> {
        let mut found = Vec::new();
        for path in paths {
            let Some(documents) = self.documents(path)? else { continue };
            let Ok(documents) = &*documents else { continue };
            let is_it = |node: &&Node| {
                says(node, "kind", kind) && node.get("metadata").and_then(|metadata| field(metadata, "name")).as_deref() == Some(name)
            };
            found.extend(objects_in(documents).filter(is_it).map(|node| (path.clone(), node.clone())));
        }
        Ok(found)
    }

    /// The objects of a kind in files that hold a text.
    pub(super) fn objects_naming(&self, kind: &str, text: &str) -> Result<Vec<(String, Node)>> {
        let mut found = Vec::new();
        for path in self.holding(&[kind, text])? {
            let Some(documents) = self.documents(&path)? else { continue };
            let Ok(documents) = &*documents else { continue };
            found.extend(objects_in(documents).filter(|node| says(node, "kind", kind)).map(|node| (path.clone(), node.clone())));
        }
        Ok(found)
    }
}

/// The objects of a stream: lists taken apart.
pub(super) fn objects_in(documents: &[Node]) -> impl Iterator<Item = &Node> {
    documents.iter().flat_map(|document| match document.get("kind").and_then(Node::as_str) {
        Some("List") => super::text::items(document, "items").iter().collect::<Vec<_>>(),
        _ => vec![document],
    })
}

/// Whether a file's name says that it holds YAML (JSON is YAML, too).
pub(super) fn is_yaml(path: &str) -> bool {
    [".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending))
}

/// A git URL without what two spellings of it may differ in: scheme, user, port, `.git`, a slash at the end, capital letters of the host.
fn bare_url(url: &str) -> String {
    let url = url.trim().trim_end_matches('/').trim_end_matches(".git");
    let (rest, separator) = match url.split_once("://") {
        Some((_, rest)) => (rest, '/'),
        // git@host:path
        None => (url, ':'),
    };
    let Some((host, path)) = rest.split_once(separator) else { return String::new() };
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    format!("{}/{}", host.to_ascii_lowercase(), path.trim_start_matches('/'))
}

/// Whether what was found is not a part of a longer name.
fn is_whole(bytes: &[u8], at: usize, found: &[u8]) -> bool {
    let of_name = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let begins_inside = of_name(found.first()) && at > 0 && of_name(bytes.get(at - 1));
    let ends_inside = of_name(found.last()) && of_name(bytes.get(at + found.len()));
    !begins_inside && !ends_inside
}

/// Whether a file may say which chart a release uses.
fn is_searched(path: &str) -> bool {
    is_yaml(path) || [".gotmpl", ".tf", "Kustomization"].iter().any(|ending| path.ends_with(ending))
}

fn parse(path: &str, bytes: &Bytes) -> Result<Vec<Node>> {
    let source = yaml::source(path, bytes)?;
    yaml::read_all(&source, &LIMITS)
}

fn nothing(path: &str) -> Node {
    let source = std::sync::Arc::new(crate::value::Source { name: path.to_owned(), text: String::new() });
    Node { data: Data::Null, at: crate::value::Span { source, line: 1, column: 1 }, comment: None }
}

/// An error's cause in one line.
pub(super) fn innermost(error: &Error) -> String {
    error.chain().last().map(ToString::to_string).unwrap_or_default()
}
