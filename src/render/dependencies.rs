//! Which subcharts take part, under which names, with which defaults (Helm `pkg/chartutil/dependencies.go`, in Helm 4
//! `pkg/chart/v2/util/dependencies.go`): aliases, tags, conditions, imported values.
//!
//! Helm does this on a graph of charts that share parts of each other: a chart that is used under two names is copied only at the top, and
//! what is done to the shared parts through one name is seen through the other. [`Graph`] keeps that graph, because its effects show in
//! what is rendered; [`Mount`] is the tree that comes out of it.

use std::sync::Arc;

use super::coalesce::{self, Manner};
use super::notes::Notes;
use super::values_file::Defaults;
use crate::chart::{Chart, Dependency};
use crate::error::{Error, ErrorKind, Result};
use crate::template::value::{Map, Table, Text, Value};
use crate::template::{Profile, quote};
use crate::value::{Data, Node};
use crate::version::{Constraint, Version};

/// A chart at its place in the tree.
pub(super) struct Mount<'c> {
    pub(super) chart: &'c Chart,
    /// Its alias, else its own name.
    pub(super) name: String,
    /// Where its files are in the names of templates, such as `thanos/charts/minio`. Under Helm 3 two mounts of a chart can have one path.
    pub(super) path: String,
    /// Its default values, with imported ones once those are processed.
    pub(super) defaults: Map,
    /// The declared dependencies that are enabled; `None` where Helm has nil.
    pub(super) declared: Option<Vec<Declared<'c>>>,
    pub(super) children: Vec<Mount<'c>>,
    pub(super) is_root: bool,
}

/// A declaration and what became of it.
#[derive(Clone)]
pub(super) struct Declared<'c> {
    pub(super) dependency: &'c Dependency,
    /// The name its chart goes by.
    pub(super) name: String,
    pub(super) enabled: bool,
    /// What was imported, as pairs of a child's and a parent's path, once that was done.
    pub(super) imported: Option<Vec<(String, String)>>,
}

impl<'c> Mount<'c> {
    /// The tree below a root chart as the values switch it.
    ///
    /// # Errors
    /// Those of coalescing. Helm 4 says in front of them what failed, and says it once more among the notes.
    pub(super) fn root(chart: &'c Chart, defaults: &Defaults, given: &Map, profile: &Profile, notes: &mut Notes<'_>) -> Result<Self> {
        let mut graph = Graph { profile, charts: Vec::new(), metadata: Vec::new(), declared: Vec::new() };
        let root = graph.load(chart, defaults, None);
        match graph.enable(root, given, "", notes).and_then(|()| graph.import(root, notes)) {
            Ok(()) => Ok(graph.mount(root)),
            Err(error) => Err(notes.failed("chart dependencies processing failed", error)),
        }
    }

    /// The custom resource definitions of the chart and of those below it.
    pub(super) fn crds(&self) -> Vec<(String, Arc<[u8]>)> {
        let mut all = Vec::new();
        self.collect_crds(&mut all);
        all
    }

    fn collect_crds(&self, all: &mut Vec<(String, Arc<[u8]>)>) {
        for file in &self.chart.files {
            let extension = file.path.rsplit('.').next().unwrap_or_default().to_lowercase();
            if file.path.starts_with("crds/") && matches!(&*extension, "yaml" | "yml" | "json") {
                all.push((format!("{}/{}", self.path, file.path), Arc::clone(&file.bytes)));
            }
        }
        for child in &self.children {
            child.collect_crds(all);
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct ChartId(usize);
#[derive(Clone, Copy)]
struct MetadataId(usize);
#[derive(Clone, Copy)]
struct DeclaredId(usize);

/// Go's `*chart.Chart`: copied as a struct, its metadata and children referred to.
#[derive(Clone)]
struct ChartNode<'c> {
    chart: &'c Chart,
    metadata: MetadataId,
    defaults: Map,
    children: Vec<ChartId>,
    parent: Option<ChartId>,
}

/// What changes of Go's `*chart.Metadata`.
#[derive(Clone)]
struct MetadataNode {
    name: String,
    declared: Option<Vec<DeclaredId>>,
}

/// The charts as Helm has them in memory.
struct Graph<'c, 'p> {
    profile: &'p Profile,
    charts: Vec<ChartNode<'c>>,
    metadata: Vec<MetadataNode>,
    declared: Vec<Declared<'c>>,
}

impl<'c> Graph<'c, '_> {
    /// Adds a chart and those below it as they are.
    fn load(&mut self, chart: &'c Chart, defaults: &Defaults, parent: Option<ChartId>) -> ChartId {
        let declared = chart.metadata.declares_dependencies.then(|| {
            let declarations = chart.metadata.dependencies.iter();
            declarations
                .map(|dependency| {
                    let name = dependency.name.clone();
                    self.add_declared(Declared { dependency, name, enabled: false, imported: None })
                })
                .collect()
        });
        let metadata = self.add_metadata(MetadataNode { name: chart.metadata.name.clone(), declared });
        let id = self.add_chart(ChartNode { chart, metadata, defaults: defaults.own(), children: Vec::new(), parent });
        for (subchart, defaults) in chart.subcharts.iter().zip(&defaults.subcharts) {
            let child = self.load(subchart, defaults, Some(id));
            self.charts[id.0].children.push(child);
        }
        id
    }

    fn add_chart(&mut self, chart: ChartNode<'c>) -> ChartId {
        self.charts.push(chart);
        ChartId(self.charts.len() - 1)
    }

    fn add_metadata(&mut self, metadata: MetadataNode) -> MetadataId {
        self.metadata.push(metadata);
        MetadataId(self.metadata.len() - 1)
    }

    fn add_declared(&mut self, declared: Declared<'c>) -> DeclaredId {
        self.declared.push(declared);
        DeclaredId(self.declared.len() - 1)
    }

    fn of(&self, id: ChartId) -> &MetadataNode {
        &self.metadata[self.charts[id.0].metadata.0]
    }

    fn of_mut(&mut self, id: ChartId) -> &mut MetadataNode {
        &mut self.metadata[self.charts[id.0].metadata.0]
    }

    fn manner(&self, keeps_nulls: bool) -> Manner {
        Manner { variant: self.profile.coalescing, keeps_nulls }
    }

    /// The tree below a chart as it is now.
    fn mount(&self, id: ChartId) -> Mount<'c> {
        let ChartNode { chart, defaults, children, parent, .. } = &self.charts[id.0];
        let MetadataNode { name, declared } = self.of(id);
        Mount {
            chart,
            name: name.clone(),
            path: self.path(id),
            defaults: defaults.clone(),
            declared: declared.as_ref().map(|declared| declared.iter().map(|one| self.declared[one.0].clone()).collect()),
            children: children.iter().map(|child| self.mount(*child)).collect(),
            is_root: parent.is_none(),
        }
    }

    fn path(&self, id: ChartId) -> String {
        let name = &self.of(id).name;
        match self.charts[id.0].parent {
            Some(parent) => format!("{}/charts/{name}", self.path(parent)),
            None => name.clone(),
        }
    }

    fn set_children(&mut self, id: ChartId, children: Vec<ChartId>) {
        for child in &children {
            self.charts[child.0].parent = Some(id);
        }
        self.charts[id.0].children = children;
    }

    /// Keeps the subcharts that are wanted and names them (`processDependencyEnabled`).
    fn enable(&mut self, id: ChartId, given: &Map, path: &str, notes: &mut Notes<'_>) -> Result<()> {
        let Some(declared) = self.of(id).declared.clone() else { return Ok(()) };
        self.take_declared(id, &declared);
        let values = coalesce::coalesce_values(&self.mount(id), given, self.manner(false), notes)?;
        for one in &declared {
            let one = &mut self.declared[one.0];
            one.enabled = enabled_by_tags(one, &values, notes);
        }
        for one in &declared {
            let one = &mut self.declared[one.0];
            one.enabled = enabled_by_condition(one, &values, path, notes).unwrap_or(one.enabled);
        }
        let disabled: Vec<String> =
            declared.iter().map(|one| &self.declared[one.0]).filter(|one| !one.enabled).map(|one| one.name.clone()).collect();
        let kept = declared.into_iter().filter(|one| !disabled.contains(&self.declared[one.0].name)).collect::<Vec<_>>();
        let children: Vec<ChartId> =
            self.charts[id.0].children.iter().copied().filter(|child| !disabled.contains(&self.of(*child).name)).collect();
        for child in &children {
            let below = format!("{path}{}.", self.of(*child).name);
            self.enable(*child, &values, &below, notes)?;
        }
        self.of_mut(id).declared = (!kept.is_empty()).then_some(kept);
        self.set_children(id, children);
        Ok(())
    }

    /// Undeclared charts stay; each declaration takes a copy of the first chart of its name and version, under its alias.
    fn take_declared(&mut self, id: ChartId, declared: &[DeclaredId]) {
        let available = self.charts[id.0].children.clone();
        let is_declared = |graph: &Self, chart: ChartId| declared.iter().any(|one| graph.fits(chart, *one));
        let mut taken: Vec<ChartId> = available.iter().copied().filter(|chart| !is_declared(self, *chart)).collect();
        for one in declared {
            let alias = self.declared[one.0].dependency.alias.clone().filter(|alias| !alias.is_empty());
            if let Some(chart) = available.iter().copied().find(|chart| self.fits(*chart, *one)) {
                taken.push(self.copied(chart, alias.as_deref()));
            }
            if let Some(alias) = alias {
                self.declared[one.0].name = alias;
            }
        }
        self.set_children(id, taken);
    }

    /// Whether a declaration means this chart; one without a version means none.
    fn fits(&self, chart: ChartId, declared: DeclaredId) -> bool {
        let declared = &self.declared[declared.0];
        if self.of(chart).name != declared.name {
            return false;
        }
        let version = &self.charts[chart.0].chart.metadata.version;
        match (Constraint::parse(&declared.dependency.version), Version::parse(version)) {
            (Ok(constraint), Ok(version)) => constraint.with_rule(self.profile.semver.prereleases()).check(&version),
            _ => false,
        }
    }

    /// A chart under another name (`getAliasDependency`), sharing with the original what Helm lets them share.
    fn copied(&mut self, original: ChartId, alias: Option<&str>) -> ChartId {
        let mut chart = self.charts[original.0].clone();
        let mut metadata = self.of(original).clone();
        if let Some(alias) = alias {
            alias.clone_into(&mut metadata.name);
        }
        if !self.profile.aliases_share {
            let declared = metadata.declared.take();
            metadata.declared =
                declared.map(|declared| declared.into_iter().map(|one| self.add_declared(self.declared[one.0].clone())).collect());
        }
        chart.metadata = self.add_metadata(metadata);
        let children = chart.children.clone();
        let copy = self.add_chart(chart);
        if !self.profile.aliases_share {
            let children = children.into_iter().map(|child| self.add_chart(self.charts[child.0].clone())).collect();
            self.set_children(copy, children);
        }
        copy
    }

    /// Takes over what declarations import from subcharts, the deepest first (`processDependencyImportValues`).
    fn import(&mut self, id: ChartId, notes: &mut Notes<'_>) -> Result<()> {
        for child in self.charts[id.0].children.clone() {
            self.import(child, notes)?;
        }
        let Some(declared) = self.of(id).declared.clone() else { return Ok(()) };
        let manner = self.manner(true);
        let values = coalesce::coalesce_values(&self.mount(id), &Map::new(Table::new()), manner, notes)?;
        let gathered = Map::new(Table::new());
        for one in declared {
            let imported = self.import_one(one, &values, &gathered, notes)?;
            self.declared[one.0].imported = Some(imported);
        }
        self.charts[id.0].defaults = if gathered.is_empty() {
            values
        } else {
            // What was gathered is parts of these values.
            let own = coalesce::copy(&values)?;
            coalesce::tables(&own, &gathered, "", manner, notes);
            own
        };
        Ok(())
    }

    /// Gathers what one declaration imports; returns the paths. What was imported once under Helm 3 is not imported under a second alias.
    fn import_one(&self, id: DeclaredId, values: &Map, gathered: &Map, notes: &mut Notes<'_>) -> Result<Vec<(String, String)>> {
        let one = &self.declared[id.0];
        let mut paths = Vec::new();
        if one.imported.is_some() {
            return Ok(paths);
        }
        for item in one.dependency.import_values.iter().flatten() {
            let by_name = matches!(item.data, Data::Str(_));
            let Some((child, parent)) = self.import_paths(item)? else { continue };
            match table_at(values, &format!("{}.{child}", one.name)) {
                Ok(table) => coalesce::tables(gathered, &nested(&parent, table), "", self.manner(true), notes),
                Err(missing) => tell_of_missing(&one.name, by_name, &missing, notes),
            }
            paths.push((child, parent));
        }
        Ok(paths)
    }

    /// The child's and the parent's path that an item of `import-values` names; `None` for what Helm passes over.
    fn import_paths(&self, item: &Node) -> Result<Option<(String, String)>> {
        let path = |key: &str| match item.get(key).map(Value::from_node) {
            Some(Value::Str(text)) => Ok(text.lossy().into_owned()),
            value if self.profile.import_paths_of_any_type => Ok(crate::template::shown(&value.unwrap_or(Value::Nil))),
            value => {
                let found = value.filter(|value| !matches!(value, Value::Nil)).map_or_else(|| "nil".into(), |value| value.type_name());
                let message = format!("interface conversion: interface {{}} is {found}, not string");
                Err(Error::new(ErrorKind::Chart, message).at(item.at.place()).hint("child and parent of import-values are strings"))
            }
        };
        match &item.data {
            Data::Str(name) => Ok(Some((format!("exports.{name}"), ".".into()))),
            Data::Map(_) => Ok(Some((path("child")?, path("parent")?))),
            _ => Ok(None),
        }
    }
}

fn tell_of_missing(chart: &str, by_name: bool, missing: &str, notes: &mut Notes<'_>) {
    let error = format!("{} is not a table", quote(missing.as_bytes()));
    if by_name {
        notes.warn(|| format!("Warning: ImportValues missing table: {error}"), "ImportValues missing table", &[("error", &error)]);
    } else {
        let fields = [("chart", chart), ("error", &*error)];
        notes.warn(
            || format!("Warning: ImportValues missing table from chart {chart}: {error}"),
            "ImportValues missing table from chart",
            &fields,
        );
    }
}

/// Off when one tag says so and none says on.
fn enabled_by_tags(declared: &Declared<'_>, values: &Map, notes: &mut Notes<'_>) -> bool {
    let Some(Value::Map(tags)) = values.get(b"tags") else { return true };
    let mut said = Vec::new();
    for tag in &declared.dependency.tags {
        match tags.get(tag.as_bytes()) {
            None => {}
            Some(Value::Bool(enabled)) => said.push(enabled),
            Some(_) => {
                let chart = &declared.name;
                let sentence = || format!("Warning: Tag '{tag}' for chart {chart} returned non-bool value");
                notes.warn(sentence, "returned non-bool value", &[("tag", tag), ("chart", chart)]);
            }
        }
    }
    said.is_empty() || said.contains(&true)
}

/// What the first condition with a boolean says.
fn enabled_by_condition(declared: &Declared<'_>, values: &Map, path: &str, notes: &mut Notes<'_>) -> Option<bool> {
    let conditions = declared.dependency.condition.as_deref().unwrap_or_default().trim();
    for condition in conditions.split(',').filter(|condition| !condition.is_empty()) {
        match at_path(values, &format!("{path}{condition}")) {
            None | Some(Value::Map(_)) => {}
            Some(Value::Bool(enabled)) => return Some(enabled),
            Some(_) => {
                let chart = &declared.name;
                let sentence = || format!("Warning: Condition path '{condition}' for chart {chart} returned non-bool value");
                notes.warn(sentence, "returned non-bool value", &[("path", condition), ("chart", chart)]);
            }
        }
    }
    None
}

/// The value at a dotted path.
fn at_path(values: &Map, path: &str) -> Option<Value> {
    path.split('.').try_fold(Value::Map(values.clone()), |value, key| match value {
        Value::Map(map) => map.get(key.as_bytes()),
        _ => None,
    })
}

/// The table at a dotted path, or the key where there is none.
fn table_at(values: &Map, path: &str) -> Result<Map, String> {
    path.split('.').try_fold(values.clone(), |map, key| match map.get(key.as_bytes()) {
        Some(Value::Map(inner)) => Ok(inner),
        _ => Err(key.to_owned()),
    })
}

/// The table below the keys of a dotted path; `.` is the root.
fn nested(path: &str, table: Map) -> Map {
    if path == "." {
        return table;
    }
    path.rsplit('.').fold(table, |inner, key| Map::new(Table::from([(Text::from(key), Value::Map(inner))])))
}
