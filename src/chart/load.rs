//! Which file of a chart is what (Helm 3.17.3 `pkg/chart/loader/load.go`): Chart.yaml first, then the rest in order, then the charts below
//! `charts/`, as folders or archives, to the limit of depth. Depends on `fetch`, `value`, `error` and its neighbours.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;

use super::decode::{json_type, locate};
use super::limits::{Budget, Limits};
use super::metadata::{Draft, read_lock};
use super::{Chart, File, Lock, archive, go, tree};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::fetch::{Content, Package, RawFile};
use crate::quote::quote;
use crate::value::{Data, Node, yaml};

/// Opens a package. Reads no disk and no network; the work and the memory are bounded by the limits.
///
/// # Errors
/// [`ErrorKind::Corrupt`] for a broken archive, [`ErrorKind::Syntax`] for a broken YAML file, [`ErrorKind::Chart`] for what Helm refuses,
/// [`ErrorKind::Limit`] for too much of anything. The causes carry Helm's message, the place and what to try.
pub fn open(package: &Package, limits: &Limits) -> Result<Chart> {
    open_root(package, limits).doing(|| format!("cannot open the chart {}", package.origin))
}

/// Opens the bytes of an archive that come from nowhere in particular.
///
/// # Errors
/// Those of [`open`].
pub fn open_archive(packed: impl Into<Bytes>, limits: &Limits) -> Result<Chart> {
    open(&Package { content: Content::Archive(packed.into()), origin: "chart.tgz".to_owned(), digest: None }, limits)
}

fn open_root(package: &Package, limits: &Limits) -> Result<Chart> {
    let mut opening = Opening { budget: Budget::new(limits), root: String::new() };
    let mut chart = match &package.content {
        Content::Archive(packed) => {
            archive::expect_gzip(packed, &package.origin)?;
            let unpacked = archive::unpack(packed, &mut opening.budget)?;
            opening.root.clone_from(&unpacked.folder);
            opening.chart(&items(&unpacked.files), &Seat::Root, 0)?
        }
        Content::Folder(files) => {
            let files = opening.checked_folder(files)?;
            let trimmed = package.origin.trim_end_matches('/');
            trimmed.rsplit('/').next().unwrap_or(trimmed).clone_into(&mut opening.root);
            opening.chart(&items(&files), &Seat::Root, 0)?
        }
    };
    chart.origin.clone_from(&package.origin);
    chart.digest = package.digest;
    tree::check_mounts(&chart, limits.mounts)?;
    Ok(chart)
}

/// A file seen from one of the charts it stands in.
#[derive(Clone, Copy)]
struct Item<'a> {
    path: &'a str,
    bytes: &'a Arc<[u8]>,
}

fn items(files: &[File]) -> Vec<Item<'_>> {
    files.iter().map(|file| Item { path: &file.path, bytes: &file.bytes }).collect()
}

/// Where a chart stands in its parent.
enum Seat<'a> {
    /// It has no parent.
    Root,
    /// A folder of the parent's `charts/`, by its path in the root chart.
    Folder(String),
    /// An archive in the parent's `charts/`: the path of `charts` in the root, the archive's name without `.tgz`, and the folders that are
    /// taken there.
    Archive { charts: &'a str, stem: &'a str, taken: &'a HashSet<String> },
}

impl Seat<'_> {
    /// The chart's folder in the root, for a chart of this name.
    fn folder(&self, name: &str) -> String {
        match self {
            Seat::Root => String::new(),
            Seat::Folder(path) => path.clone(),
            Seat::Archive { charts, stem, taken } if !is_plain(name) || taken.contains(name) => format!("{charts}/{stem}"),
            Seat::Archive { charts, .. } => format!("{charts}/{name}"),
        }
    }
}

/// Whether a name can stand in a path.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.contains(['/', '\\']) && !name.starts_with('.') && !name.contains(char::is_control)
}

/// The work on one package.
struct Opening<'l> {
    budget: Budget<'l>,
    /// The root chart's name, which leads the names of all sources; until Chart.yaml is read, the name of its folder.
    root: String,
}

/// What pass two gathers from a chart's own files.
#[derive(Default)]
struct Parts<'a> {
    lock: Option<Lock>,
    values: Option<Node>,
    schema: Option<File>,
    templates: Vec<File>,
    template_at: HashMap<&'a str, usize>,
    files: Vec<File>,
    /// The files below `charts/`, without that, by their first component.
    groups: BTreeMap<&'a str, Vec<Item<'a>>>,
    warnings: Vec<String>,
}

impl Opening<'_> {
    /// A folder's files as Helm's directory loader hands them on.
    fn checked_folder(&mut self, files: &[RawFile]) -> Result<Vec<File>> {
        let Limits { file_bytes, path_bytes, .. } = *self.budget.limits;
        let check = |file: &RawFile| {
            self.budget.take_entry()?;
            self.budget.take_bytes(file.bytes.len() as u64)?;
            if file.bytes.len() as u64 > file_bytes {
                let name = quote(file.path.rsplit('/').next().unwrap_or_default().as_bytes());
                let message = format!("chart file {name} is larger than the maximum file size {file_bytes}");
                return Err(Error::new(ErrorKind::Limit, message).hint(format!("name {} in .helmignore", file.path)));
            }
            if file.path.len() > path_bytes {
                return Err(Error::new(ErrorKind::Limit, format!("the chart holds a name longer than {path_bytes} bytes")));
            }
            Ok(File { path: file.path.clone(), bytes: archive::without_bom(&file.bytes).into() })
        };
        files.iter().map(check).collect()
    }

    fn chart(&mut self, items: &[Item<'_>], seat: &Seat<'_>, depth: usize) -> Result<Chart> {
        if depth > self.budget.limits.depth {
            let message = format!("charts are nested more than {} deep", self.budget.limits.depth);
            return Err(Error::new(ErrorKind::Limit, message));
        }
        let (mut draft, folder) = self.read_chart_yaml(items, seat)?;
        let parts = self.sort(items, &folder, &mut draft)?;
        let draft = draft.ok_or_else(|| {
            Error::new(ErrorKind::Chart, "Chart.yaml file is missing")
                .hint("every chart, also each below charts/, has one in its top folder")
        })?;
        let metadata = draft.validate()?;
        let subcharts = self.subcharts(&parts.groups, &metadata.name, &folder, depth)?;
        let children = tree::children(&metadata.dependencies, &subcharts, self.budget.limits.mounts)?;
        let Parts { lock, values, schema, templates, files, warnings, .. } = parts;
        Ok(Chart {
            metadata,
            lock,
            values,
            schema,
            templates,
            files,
            subcharts,
            children,
            folder,
            origin: String::new(),
            digest: None,
            warnings,
        })
    }

    /// Pass one: what Chart.yaml says, when there is one, and the folder in the root that the chart's files are named by.
    fn read_chart_yaml(&mut self, items: &[Item<'_>], seat: &Seat<'_>) -> Result<(Option<Draft>, String)> {
        let mut draft: Option<Draft> = None;
        let mut folder = seat.folder("");
        for item in items.iter().filter(|item| item.path == "Chart.yaml") {
            let read = |opening: &mut Self, draft: &mut Draft, folder: &str| {
                let node = opening.yaml(item, folder)?;
                draft.read_chart(node).doing(|| format!("cannot load {}", item.path))
            };
            let known = draft.is_some();
            let draft = draft.get_or_insert_default();
            read(self, draft, &folder)?;
            let named = seat.folder(draft.name());
            let root = if matches!(seat, Seat::Root) && is_plain(draft.name()) { draft.name() } else { &self.root };
            // Places name the chart, so a chart in a folder of another name is read once more under its own.
            if !known && (named != folder || *root != self.root) {
                self.root = root.to_owned();
                folder = named;
                *draft = Draft::default();
                read(self, draft, &folder)?;
            }
        }
        Ok((draft, folder))
    }

    /// Pass two: each file goes where it belongs, in order.
    fn sort<'a>(&mut self, items: &[Item<'a>], folder: &str, draft: &mut Option<Draft>) -> Result<Parts<'a>> {
        let mut parts = Parts::default();
        for item in items {
            match item.path {
                "Chart.yaml" => {}
                "Chart.lock" => parts.lock = self.lock(item, folder, "Chart.lock")?,
                "requirements.lock" => {
                    parts.lock = self.lock(item, folder, "requirements.lock")?;
                    parts.keep_old(item, draft, "Warning: Dependency locking is handled in Chart.lock since apiVersion \"v2\". We recommend migrating to Chart.lock.");
                }
                "requirements.yaml" => {
                    let node = self.yaml(item, folder)?;
                    draft.get_or_insert_default().read_requirements(&node).doing(|| "cannot load requirements.yaml".to_owned())?;
                    parts.keep_old(item, draft, "Warning: Dependencies are handled in Chart.yaml since apiVersion \"v2\". We recommend migrating dependencies to Chart.yaml.");
                }
                "values.yaml" => parts.values = Some(self.values(item, folder)?),
                "values.schema.json" => parts.schema = Some(file(item)),
                path if path.starts_with("templates/") => parts.add_template(item),
                path => match path.strip_prefix("charts/") {
                    Some(inner) if go::extension(path) != ".prov" => {
                        let group = inner.split_once('/').map_or(inner, |(group, _)| group);
                        parts.groups.entry(group).or_default().push(Item { path: inner, bytes: item.bytes });
                    }
                    _ => parts.files.push(file(item)),
                },
            }
        }
        Ok(parts)
    }

    /// The charts below `charts/`, by name.
    fn subcharts(&mut self, groups: &BTreeMap<&str, Vec<Item<'_>>>, parent: &str, folder: &str, depth: usize) -> Result<Vec<Arc<Chart>>> {
        let charts = if folder.is_empty() { "charts".to_owned() } else { format!("{folder}/charts") };
        let mut taken: HashSet<String> = groups.keys().map(|group| (*group).to_owned()).collect();
        let mut subcharts = Vec::with_capacity(groups.len());
        for (group, items) in groups.iter().filter(|(group, _)| !group.starts_with(['_', '.'])) {
            let opened = if go::extension(group) == ".tgz" {
                let Some(first) = items.first().filter(|first| first.path == *group) else {
                    let got = items.first().map_or("", |first| first.path);
                    let message = format!("error unpacking subchart tar in {parent}: expected {group}, got {got}");
                    return Err(
                        Error::new(ErrorKind::Chart, message).hint("a name that ends in .tgz stands for an archive, not for a folder")
                    );
                };
                self.archived(first.bytes, &Seat::Archive { charts: &charts, stem: group.trim_end_matches(".tgz"), taken: &taken }, depth)
            } else {
                let inner = items.iter().filter_map(|item| Some(Item { path: item.path.split_once('/')?.1, bytes: item.bytes }));
                self.chart(&inner.collect::<Vec<_>>(), &Seat::Folder(format!("{charts}/{group}")), depth + 1)
            };
            let mut chart = opened.doing(|| format!("error unpacking subchart {group} in {parent}"))?;
            taken.extend(chart.folder.rsplit('/').next().map(str::to_owned));
            chart.origin = format!("charts/{group}");
            subcharts.push(Arc::new(chart));
        }
        Ok(subcharts)
    }

    fn archived(&mut self, packed: &[u8], seat: &Seat<'_>, depth: usize) -> Result<Chart> {
        let unpacked = archive::unpack(packed, &mut self.budget)?;
        self.chart(&items(&unpacked.files), seat, depth + 1)
    }

    /// The first document of a file, under the name that people look for.
    fn yaml(&mut self, item: &Item<'_>, folder: &str) -> Result<Node> {
        let name = if folder.is_empty() { format!("{}/{}", self.root, item.path) } else { format!("{}/{folder}/{}", self.root, item.path) };
        yaml::source(name, item.bytes).and_then(|source| self.budget.read_yaml(&source)).doing(|| format!("cannot load {}", item.path))
    }

    fn lock(&mut self, item: &Item<'_>, folder: &str, file: &'static str) -> Result<Option<Lock>> {
        let node = self.yaml(item, folder)?;
        read_lock(&node, file).doing(|| format!("cannot load {file}"))
    }

    /// values.yaml: a mapping, or nothing at all.
    fn values(&mut self, item: &Item<'_>, folder: &str) -> Result<Node> {
        let mut node = self.yaml(item, folder)?;
        match &node.data {
            Data::Map(_) => {}
            Data::Null => node.data = Data::Map(crate::value::Mapping::default()),
            other => {
                let message = format!("json: cannot unmarshal {} into Go value of type map[string]interface {{}}", json_type(other));
                let hint = format!("values.yaml must be a mapping of keys to values, not a {}", other.type_name());
                let error = locate(Error::new(ErrorKind::Chart, message), &node.at).hint(hint);
                return Err(error.context("cannot load values.yaml"));
            }
        }
        Ok(node)
    }
}

impl<'a> Parts<'a> {
    /// Notes a file of the first apiVersion, which only charts of that apiVersion show to their templates.
    fn keep_old(&mut self, item: &Item<'a>, draft: &Option<Draft>, warning: &str) {
        if draft.as_ref().is_some_and(Draft::is_v1) {
            self.files.push(file(item));
        } else {
            self.warnings.push(warning.to_owned());
        }
    }

    /// Helm renders templates by name, so the last of a name is the one that counts.
    fn add_template(&mut self, item: &Item<'a>) {
        match self.template_at.get(item.path) {
            Some(&at) => self.templates[at] = file(item),
            None => {
                self.template_at.insert(item.path, self.templates.len());
                self.templates.push(file(item));
            }
        }
    }
}

fn file(item: &Item<'_>) -> File {
    File { path: item.path.to_owned(), bytes: Arc::clone(item.bytes) }
}
