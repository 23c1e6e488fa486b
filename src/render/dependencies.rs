//! Which subcharts take part, under which names, with which defaults (Helm 3.17 `pkg/chartutil/dependencies.go`): aliases, tags,
//! conditions, imported values.

use std::collections::{HashMap, HashSet};

use super::coalesce;
use crate::chart::{Chart, Dependency};
use crate::error::Result;
use crate::template::value::{Map, Table, Text, Value};
use crate::value::{Data, Node};
use crate::version::{Constraint, Version};

/// A chart at its place in the tree.
pub(super) struct Mount<'c> {
    pub(super) chart: &'c Chart,
    /// Its alias, else its own name.
    pub(super) name: String,
    /// What its files' paths begin with: `thanos/charts/minio`.
    pub(super) path: String,
    /// Whether a declaration put it here: Helm makes a copy of the chart then, and the charts in it may still belong to the original.
    is_copy: bool,
    /// Its default values, with imported ones once those are processed.
    pub(super) defaults: Map,
    /// The declared dependencies that are enabled; `None` where Helm has nil.
    pub(super) declared: Option<Vec<Declared<'c>>>,
    pub(super) children: Vec<Mount<'c>>,
    pub(super) is_root: bool,
}

/// A declaration and the name its chart goes by.
#[derive(Clone)]
pub(super) struct Declared<'c> {
    pub(super) dependency: &'c Dependency,
    pub(super) name: String,
    /// Whether Helm came by and found it on: below a chart that declares nothing it doesn't look.
    pub(super) enabled: bool,
}

/// What Helm does to a declaration once, although the chart that makes it may be mounted twice: both mounts share it.
#[derive(Default)]
struct Seen {
    /// Those that go by their alias now, also where the chart of their own name is looked for.
    renamed: HashMap<*const Dependency, String>,
    /// Those whose values were imported.
    imported: HashSet<*const Dependency>,
}

impl Declared<'_> {
    /// Whether it means this chart; one without a version means none.
    fn fits(&self, chart: &Chart) -> bool {
        if chart.metadata.name != self.name {
            return false;
        }
        match (Constraint::parse(&self.dependency.version), Version::parse(&chart.metadata.version)) {
            (Ok(constraint), Ok(version)) => constraint.check(&version),
            _ => false,
        }
    }

    /// The first condition with a boolean decides; without one, tags: off when one says so and none says on.
    fn is_enabled(&self, values: &Map, path: &str, warnings: &mut Vec<String>) -> bool {
        let by_tags = self.is_tagged_on(values, warnings);
        let conditions = self.dependency.condition.as_deref().unwrap_or_default().trim();
        for condition in conditions.split(',').filter(|condition| !condition.is_empty()) {
            match at_path(values, &format!("{path}{condition}")) {
                Some(Value::Bool(enabled)) => return enabled,
                None | Some(Value::Map(_)) => {}
                Some(_) => {
                    warnings.push(format!("Warning: Condition path '{condition}' for chart {} returned non-bool value", self.name));
                }
            }
        }
        by_tags
    }

    fn is_tagged_on(&self, values: &Map, warnings: &mut Vec<String>) -> bool {
        let Some(Value::Map(tags)) = values.get(b"tags") else { return true };
        let mut said = Vec::new();
        for tag in &self.dependency.tags {
            match tags.get(tag.as_bytes()) {
                Some(Value::Bool(enabled)) => said.push(enabled),
                Some(_) => warnings.push(format!("Warning: Tag '{tag}' for chart {} returned non-bool value", self.name)),
                None => {}
            }
        }
        said.is_empty() || said.contains(&true)
    }
}

impl<'c> Mount<'c> {
    /// The tree below a root chart as the values switch it.
    ///
    /// # Errors
    /// Those of coalescing.
    pub(super) fn root(chart: &'c Chart, given: &Map, warnings: &mut Vec<String>) -> Result<Self> {
        let mut root = Self::new(chart, chart.metadata.name.clone());
        root.is_root = true;
        let mut seen = Seen::default();
        root.enable(given, "", &mut seen, warnings)?;
        root.import(&mut seen, warnings)?;
        root.place(root.name.clone(), root.name.clone());
        Ok(root)
    }

    fn new(chart: &'c Chart, name: String) -> Self {
        let defaults = match chart.values.as_ref().map(Value::from_node) {
            Some(Value::Map(map)) => map,
            _ => Map::new(Table::new()),
        };
        let declared = chart.metadata.declares_dependencies.then(|| {
            let declared = chart.metadata.dependencies.iter();
            declared.map(|dependency| Declared { dependency, name: dependency.name.clone(), enabled: false }).collect()
        });
        let children = chart.subcharts.iter().map(|subchart| Self::new(subchart, subchart.metadata.name.clone())).collect();
        Self { chart, name, path: String::new(), is_copy: false, defaults, declared, children, is_root: false }
    }

    /// Keeps the subcharts that are wanted and names them.
    fn enable(&mut self, given: &Map, path: &str, seen: &mut Seen, warnings: &mut Vec<String>) -> Result<()> {
        let Some(mut declared) = self.declared.take() else { return Ok(()) };
        self.take_declared(&mut declared, seen);
        let values = coalesce::coalesce_values(self, given, false, warnings)?;
        let disabled: Vec<String> =
            declared.iter().filter(|one| !one.is_enabled(&values, path, warnings)).map(|one| one.name.clone()).collect();
        self.children.retain(|child| !disabled.contains(&child.name));
        declared.retain(|one| !disabled.contains(&one.name));
        declared.iter_mut().for_each(|one| one.enabled = true);
        for child in &mut self.children {
            child.enable(&values, &format!("{path}{}.", child.name), seen, warnings)?;
        }
        self.declared = (!declared.is_empty()).then_some(declared);
        Ok(())
    }

    /// Undeclared charts stay; each declaration takes the first chart of its name and version, under its alias.
    fn take_declared(&mut self, declared: &mut [Declared<'c>], seen: &mut Seen) {
        let available: Vec<&'c Chart> = self.children.drain(..).map(|child| child.chart).collect();
        for one in &mut *declared {
            if let Some(name) = seen.renamed.get(&std::ptr::from_ref(one.dependency)) {
                one.name.clone_from(name);
            }
        }
        for chart in &available {
            if !declared.iter().any(|one| one.fits(chart)) {
                self.children.push(Self::new(chart, chart.metadata.name.clone()));
            }
        }
        for one in declared {
            let alias = one.dependency.alias.clone().filter(|alias| !alias.is_empty());
            if let Some(chart) = available.iter().find(|chart| one.fits(chart)) {
                let name = alias.clone().unwrap_or_else(|| chart.metadata.name.clone());
                self.children.push(Self { is_copy: true, ..Self::new(chart, name) });
            }
            if let Some(alias) = alias {
                seen.renamed.insert(one.dependency, alias.clone());
                one.name = alias;
            }
        }
    }

    /// Gives the paths of this chart and of those below it. Helm asks each chart for its parent, and the charts inside a copy that declares
    /// nothing name the original, which stands at `original`, under its own name.
    fn place(&mut self, path: String, original: String) {
        let above = if self.is_copy { &original } else { &path };
        let declares = self.chart.metadata.declares_dependencies;
        for child in &mut self.children {
            let parent = if child.is_copy || declares { &path } else { above };
            child.place(format!("{parent}/charts/{}", child.name), format!("{above}/charts/{}", child.chart.metadata.name));
        }
        self.path = path;
    }

    /// Takes over what declarations import from subcharts, the deepest first.
    fn import(&mut self, seen: &mut Seen, warnings: &mut Vec<String>) -> Result<()> {
        for child in &mut self.children {
            child.import(seen, warnings)?;
        }
        let Some(declared) = self.declared.clone() else { return Ok(()) };
        let values = coalesce::coalesce_values(self, &Map::new(Table::new()), true, warnings)?;
        let imported = Map::new(Table::new());
        for one in declared.iter().filter(|one| seen.imported.insert(one.dependency)) {
            for item in one.dependency.import_values.iter().flatten() {
                match imported_table(&one.name, item, &values) {
                    Ok(table) => coalesce::tables(&imported, &table, true, &mut Vec::new(), warnings),
                    Err(warning) => warnings.push(warning),
                }
            }
        }
        let own = coalesce::copy(&values)?;
        coalesce::tables(&own, &imported, true, &mut Vec::new(), warnings);
        self.defaults = own;
        Ok(())
    }

    /// The custom resource definitions of the chart and of those below it.
    pub(super) fn crds(&self) -> Vec<(String, bytes::Bytes)> {
        let mut all = Vec::new();
        self.collect_crds(&mut all);
        all
    }

    fn collect_crds(&self, all: &mut Vec<(String, bytes::Bytes)>) {
        for file in &self.chart.files {
            let extension = file.path.rsplit('.').next().unwrap_or_default().to_lowercase();
            if file.path.starts_with("crds/") && matches!(&*extension, "yaml" | "yml" | "json") {
                all.push((format!("{}/{}", self.path, file.path), file.bytes.clone()));
            }
        }
        for child in &self.children {
            child.collect_crds(all);
        }
    }
}

/// The value at a dotted path.
fn at_path(values: &Map, path: &str) -> Option<Value> {
    path.split('.').try_fold(Value::Map(values.clone()), |value, key| match value {
        Value::Map(map) => map.get(key.as_bytes()),
        _ => None,
    })
}

/// The table at a dotted path below a subchart's values.
///
/// # Errors
/// What Helm says of the first key that is none.
fn table_at(values: &Map, path: &str) -> Result<Map, String> {
    path.split('.').try_fold(values.clone(), |table, key| match table.get(key.as_bytes()) {
        Some(Value::Map(inner)) => Ok(inner),
        _ => Err(format!("{} is not a table", String::from_utf8_lossy(&crate::template::printf(b"%q", &[Value::text(key)])))),
    })
}

/// What one item of `import-values` brings, in the shape in which it is merged into the parent.
///
/// # Errors
/// Helm's warning that there is nothing to bring.
fn imported_table(chart: &str, item: &Node, values: &Map) -> Result<Map, String> {
    match &item.data {
        Data::Str(name) => {
            table_at(values, &format!("{chart}.exports.{name}")).map_err(|why| format!("Warning: ImportValues missing table: {why}"))
        }
        Data::Map(_) => {
            let missing = |why| format!("Warning: ImportValues missing table from chart {chart}: {why}");
            let text = |key| item.get(key).and_then(Node::as_str).ok_or_else(|| missing(format!("no text for {key}")));
            let (child, parent) = (text("child")?, text("parent")?);
            Ok(nested(parent, table_at(values, &format!("{chart}.{child}")).map_err(missing)?))
        }
        _ => Ok(Map::new(Table::new())),
    }
}

/// The table below the keys of a dotted path; `.` is the root.
fn nested(path: &str, table: Map) -> Map {
    if path == "." {
        return table;
    }
    path.rsplit('.').fold(table, |inner, key| Map::new(Table::from([(Text::from(key), Value::Map(inner))])))
}
