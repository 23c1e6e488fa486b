//! Where the lines of manifests come from, and which values a render read: what [`super::Prepared::traced`] adds to a render.
//!
//! Values are named as the root chart's user sets them: a subchart's under its name, the globals it sees under `global`. What Helm itself
//! reads counts too: the conditions and tags that switch a subchart are conditions of all its lines. Depends on the template stage's trace.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::dependencies::Mount;
use crate::chart::Dependency;
use crate::template::trace::{Ledger, LineOrigin, Origins, PathId, SetId};
use crate::template::value::{Map, Value};
use crate::template::{CallPlace, Extent, Read};
use crate::value::{Data, Node, Path, Step};

const GLOBAL: &str = "global";

/// The origins of a manifest's lines.
#[derive(Debug, Clone)]
pub struct Provenance {
    lines: Arc<[LineOrigin]>,
    /// The manifest's first line in the file.
    first: usize,
    ledger: Arc<Ledger>,
}

/// Where a line came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The template file whose text or action wrote the line, as Helm names it: `thanos/charts/common/templates/_labels.tpl`. For what
    /// `tpl` made of a value, or a function of several texts, the file of the call.
    pub file: Arc<str>,
    /// The line there, from 1.
    pub line: u32,
    /// The calls that led there (`include`, `tpl`, `template`), outermost first.
    pub chain: Vec<CallPlace>,
    /// The values that the line's actions read, by path.
    pub reads: Vec<Read>,
    /// The further values that decided on the line: read by the conditions around it, at all levels, and for the arguments of the calls.
    pub conditions: Vec<Read>,
}

/// `FILE:LINE, from PATH, PATH if PATH, PATH`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        for (word, reads) in [(", from ", &self.reads), (" if ", &self.conditions)] {
            for (index, read) in reads.iter().enumerate() {
                write!(f, "{}{}", if index == 0 { word } else { ", " }, read.path)?;
            }
        }
        Ok(())
    }
}

impl Provenance {
    /// The origin of a line of the manifest's text, counted from 1 as in its nodes' [`crate::value::Span`]s; `None` behind its end.
    pub fn line(&self, line: u32) -> Option<Origin> {
        let index = self.first + (line as usize).checked_sub(1)?;
        let origin = self.lines.get(index)?;
        let mut chain = Vec::new();
        let mut above = origin.chain.as_ref();
        while let Some(link) = above {
            chain.push(link.place.clone());
            above = link.above.as_ref();
        }
        chain.reverse();
        let CallPlace { file, line } = origin.place.clone();
        let reads = self.ledger.reads(origin.reads);
        let mut conditions = self.ledger.reads(origin.conditions);
        conditions.retain(|read| !reads.contains(read));
        Some(Origin { file, line, chain, reads, conditions })
    }
}

/// The values that a render read: templates for what they print and decide, Helm for which subcharts take part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    reads: Vec<Read>,
    /// Where the values of subcharts stand.
    subcharts: Vec<Path>,
}

impl Reads {
    /// Each value once, by path.
    pub fn iter(&self) -> impl Iterator<Item = &Read> {
        self.reads.iter()
    }

    /// Whether a change of the value at this path, its coming and going included, can change the render. Never false by mistake, but for
    /// a value that only a branch not taken would read: after a change of the branch's condition, ask a new render.
    pub fn see(&self, path: &Path) -> bool {
        let as_global = self.subcharts.iter().find_map(|subchart| {
            let rest = path.steps().strip_prefix(subchart.steps())?;
            matches!(rest.first(), Some(Step::Key(key)) if **key == *GLOBAL).then(|| rest.iter().cloned().collect::<Path>())
        });
        let seen = |path: &Path| self.reads.iter().any(|read| read.sees(path));
        seen(path) || as_global.is_some_and(|path| seen(&path))
    }
}

/// What a traced render knows before its first template runs.
#[derive(Default)]
pub(super) struct Tracing {
    pub(super) origins: Origins,
    /// By folder of templates, what was read to have the chart take part.
    conditions: HashMap<String, SetId>,
    subcharts: Vec<Path>,
}

impl Tracing {
    /// For a chart with these coalesced values.
    pub(super) fn new(root: &Mount<'_>, values: &Map) -> Self {
        let mut tracing = Self::default();
        tracing.place(&Value::Map(values.clone()), PathId::ROOT, Some(root));
        tracing.mount(root, &root.name, &Path::root(), SetId::EMPTY);
        tracing
    }

    /// The condition of a template file's chart.
    pub(super) fn condition(&self, base_path: &str) -> SetId {
        self.conditions.get(base_path).copied().unwrap_or_default()
    }

    /// What was read, from what the trace noted.
    pub(super) fn reads(self, ledger: &Ledger) -> Reads {
        Reads { reads: ledger.all(), subcharts: self.subcharts }
    }

    fn place(&mut self, value: &Value, path: PathId, mount: Option<&Mount<'_>>) {
        if !self.origins.place(value, path) {
            return;
        }
        match value {
            Value::Map(map) => {
                for (key, inner) in map.snapshot().iter().filter(|(_, inner)| matches!(inner, Value::Map(_) | Value::List(_))) {
                    let is_global = **key == *GLOBAL.as_bytes() && mount.is_some();
                    let below = self.origins.ledger.key(if is_global { PathId::ROOT } else { path }, key);
                    let child = mount.and_then(|mount| mount.children.iter().find(|child| *child.name.as_bytes() == **key));
                    self.place(inner, below, child);
                }
            }
            Value::List(list) => {
                for (index, item) in list.items().iter().enumerate() {
                    if matches!(item, Value::Map(_) | Value::List(_)) {
                        let below = self.origins.ledger.item(path, index);
                        self.place(item, below, None);
                    }
                }
            }
            _ => {}
        }
    }

    /// Notes what switches the subcharts of a chart, and what they hand to it.
    fn mount(&mut self, mount: &Mount<'_>, folder: &str, path: &Path, condition: SetId) {
        self.conditions.insert(format!("{folder}/templates"), condition);
        let mut switches = HashMap::new();
        for dependency in &mount.chart.metadata.dependencies {
            let alias = dependency.alias.as_deref().filter(|alias| !alias.is_empty());
            let name = alias.unwrap_or(&dependency.name);
            let switch = self.switch(dependency, path);
            self.import(dependency, &path.key(name));
            let known = switches.entry(name).or_insert(condition);
            *known = self.origins.ledger.union(*known, switch);
        }
        for child in &mount.children {
            let switch = switches.get(&*child.name).copied().unwrap_or(condition);
            let below = path.key(&child.name);
            self.subcharts.push(below.clone());
            self.mount(child, &format!("{folder}/charts/{}", child.name), &below, switch);
        }
    }

    fn switch(&mut self, dependency: &Dependency, path: &Path) -> SetId {
        let conditions = dependency.condition.as_deref().unwrap_or_default().trim().split(',');
        let paths = conditions.filter(|condition| !condition.is_empty()).map(|condition| path.join(&dotted(condition)));
        let tags = dependency.tags.iter().map(|tag| Path::keys(["tags", tag]));
        let mut all = SetId::EMPTY;
        for path in paths.chain(tags).collect::<Vec<_>>() {
            let read = self.note(&path);
            all = self.origins.ledger.union(all, read);
        }
        all
    }

    fn import(&mut self, dependency: &Dependency, child: &Path) {
        for item in dependency.import_values.iter().flatten() {
            let source = match &item.data {
                Data::Str(name) => Some(Path::keys(["exports", name])),
                _ => item.get("child").and_then(Node::as_str).map(dotted),
            };
            if let Some(source) = source {
                self.note(&child.join(&source));
            }
        }
    }

    fn note(&mut self, path: &Path) -> SetId {
        let mut at = PathId::ROOT;
        for step in path.steps() {
            if let Step::Key(key) = step {
                at = self.origins.ledger.key(at, key.as_bytes());
            }
        }
        self.origins.ledger.note(at, Extent::Whole)
    }
}

fn dotted(path: &str) -> Path {
    Path::keys(path.split('.'))
}

/// The origins of a file's lines, for the manifests it is split into.
#[derive(Debug, Clone)]
pub(super) struct FileLines {
    pub(super) lines: Arc<[LineOrigin]>,
    pub(super) ledger: Arc<Ledger>,
}

impl FileLines {
    /// Those of a part of the file's text.
    pub(super) fn of(&self, content: &[u8], part: &[u8]) -> Provenance {
        let start = part.as_ptr().addr().saturating_sub(content.as_ptr().addr()).min(content.len());
        let first = memchr::memchr_iter(b'\n', &content[..start]).count();
        Provenance { lines: Arc::clone(&self.lines), first, ledger: Arc::clone(&self.ledger) }
    }
}
