//! A chart and values become manifests, as `helm template` prints them (Helm 3.17 `pkg/action`, `pkg/chartutil`, `pkg/engine`,
//! `pkg/releaseutil`).
//!
//! ```text
//! Chart + values ─▶ dependencies (which subcharts, under which names) ─▶ coalesce ─▶ objects (.Values, .Chart …) ─▶ template
//!                                                                                    manifests (split, hooks, order) ◀─┘
//! ```
//!
//! [`Prepared`] keeps a chart's parsed templates: rendering again with other values costs a render, not a parse. Nothing here reads disk,
//! network or clock but what templates ask of the clock. Depends on `chart`, `template`, `value`, `version` and `error`.

mod capabilities;
mod coalesce;
mod dependencies;
mod manifests;
mod objects;
mod overrides;
mod set;
mod text;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::chart::Chart;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::template::value::{Map, MapKind, Table, Text, Value};
use crate::template::{Chance, ImpureCall, Limits, ParsedFile, Profile, Session, TemplateSet};
use crate::version::{Constraint, Version};
pub use capabilities::Capabilities;
use dependencies::Mount;
pub use manifests::{Hook, Manifest};
pub use overrides::{Overrides, SetFile};
pub use set::set_file_paths;
pub use text::TextOptions;

/// Stack of the thread that renders: templates nest by recursion, to the depth of [`Limits::depth`].
const STACK_BYTES: usize = 1 << 30;

/// What a release is called and what it is rendered for.
#[derive(Debug, Clone)]
pub struct Release {
    /// The release's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Whether it is an upgrade rather than an installation.
    pub is_upgrade: bool,
}

/// The longest name of a release, in bytes (Helm `pkg/chartutil/validate_name.go`).
const MAX_NAME: usize = 53;

impl Release {
    /// Whether Helm takes the name: lower-case letters, digits and single hyphens or dots between them.
    ///
    /// # Errors
    /// `Usage`, in Helm's words.
    pub fn check_name(&self) -> Result<()> {
        let word = |part: &str| {
            let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            !part.is_empty() && part.bytes().all(inner) && !part.starts_with('-') && !part.ends_with('-')
        };
        if self.name.len() <= MAX_NAME && self.name.split('.').all(word) {
            return Ok(());
        }
        let name = &self.name;
        let message = format!(
            "release name {name:?}: invalid release name, must match regex \
             ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be longer than {MAX_NAME}"
        );
        Err(Error::new(ErrorKind::Usage, message))
    }
}

impl Default for Release {
    /// What `helm template` assumes when it is given one argument.
    fn default() -> Self {
        Self { name: "release-name".into(), namespace: "default".into(), is_upgrade: false }
    }
}

/// What a render made.
#[derive(Debug, Clone, Default)]
pub struct Rendered {
    /// The objects in Helm's order of installation.
    pub manifests: Vec<Manifest>,
    /// The hooks, in the same order of kinds.
    pub hooks: Vec<Hook>,
    /// The custom resource definitions that stand as they are: path and content, in Helm's order.
    pub crds: Vec<(String, bytes::Bytes)>,
    /// The rendered NOTES.txt of each chart that has one, by path.
    pub notes: Vec<(String, Vec<u8>)>,
    /// Calls that give another answer next time.
    pub impure: Vec<ImpureCall>,
    /// What Helm would print on standard error while it renders; that a chart is deprecated it says before.
    pub warnings: Vec<String>,
}

/// A chart whose templates are parsed as they are first needed, and kept. Can be shared between threads.
pub struct Prepared {
    chart: Arc<Chart>,
    profile: Profile,
    limits: Limits,
    chance: Chance,
    parsed: Mutex<HashMap<String, Arc<ParsedFile>>>,
}

impl Prepared {
    /// A chart for renders as one Helm version does them.
    pub fn new(chart: Arc<Chart>, profile: Profile, limits: Limits) -> Self {
        Self { chart, profile, limits, chance: Chance::Real, parsed: Mutex::default() }
    }

    /// The same chart for stable renders: what comes from chance, clock or new keys is the same each time, for comparing.
    #[must_use]
    pub fn stable(mut self) -> Self {
        self.chance = Chance::Stable;
        self
    }

    /// Renders with the user's values over the chart's own.
    ///
    /// # Errors
    /// [`ErrorKind::Chart`] in Helm's words where Helm refuses the chart, a value or a template; [`ErrorKind::Limit`] for a limit reached.
    pub fn render(&self, overrides: &Overrides, release: &Release, capabilities: &Capabilities) -> Result<Rendered> {
        self.render_noting(overrides, release, capabilities, &mut Vec::new())
    }

    /// As [`Prepared::render`]; what Helm would warn of before it failed is added to `warnings`, whatever the result.
    ///
    /// # Errors
    /// Those of [`Prepared::render`].
    pub fn render_noting(
        &self,
        overrides: &Overrides,
        release: &Release,
        capabilities: &Capabilities,
        warnings: &mut Vec<String>,
    ) -> Result<Rendered> {
        let work = || self.render_here(overrides, release, capabilities, warnings);
        thread::scope(|scope| {
            let thread = thread::Builder::new().name("render".into()).stack_size(STACK_BYTES).spawn_scoped(scope, work);
            let joined = thread.map_err(|error| Error::new(ErrorKind::Limit, format!("no thread to render on: {error}")))?.join();
            joined.unwrap_or_else(|_| Err(Error::new(ErrorKind::Limit, "the render was given up: a fault in this program")))
        })
    }

    fn render_here(
        &self,
        overrides: &Overrides,
        release: &Release,
        capabilities: &Capabilities,
        warnings: &mut Vec<String>,
    ) -> Result<Rendered> {
        warnings.extend(self.chart.warnings.iter().cloned());
        let given = overrides.merged()?;
        check_installable(&self.chart)?;
        let root = Mount::root(&self.chart, &given, warnings)?;
        let coalesced = coalesce::coalesce_values(&root, &given, false, warnings)?;
        check_kube_version(&self.chart, capabilities)?;
        let mut files = BTreeMap::new();
        let top = objects::Top::new(release, capabilities, &self.profile);
        collect(&root, &top, coalesced.with_kind(MapKind::Values), &mut files);
        let set = self.assemble(&files)?;
        let session = Session::new(&set, self.limits.clone()).with_chance(self.chance);
        let outputs = execute(&session, &files)?;
        let mut rendered = manifests::sort(outputs, warnings)?;
        rendered.crds = root.crds();
        rendered.impure = session.impure_calls();
        rendered.warnings.clone_from(warnings);
        Ok(rendered)
    }

    /// The set of all templates; of two definitions with one name the last parsed wins.
    fn assemble(&self, files: &BTreeMap<String, Renderable<'_>>) -> Result<TemplateSet> {
        let mut set = TemplateSet::new(self.profile.clone());
        for (name, file) in in_order(files) {
            set.add(&*self.parse(name, file.content)?);
        }
        Ok(set)
    }

    fn parse(&self, name: &str, content: &[u8]) -> Result<Arc<ParsedFile>> {
        let known = self.parsed.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if let Some(parsed) = known {
            return Ok(parsed);
        }
        let parsed = Arc::new(ParsedFile::parse(name, content, &self.profile)?);
        self.parsed.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), Arc::clone(&parsed));
        Ok(parsed)
    }
}

/// A template file with what it is executed with.
struct Renderable<'c> {
    content: &'c [u8],
    /// The chart's top-level object, shared by all its files.
    data: Map,
    base_path: String,
}

/// Helm's order of parsing and executing: the deepest paths first, within a depth from the last to the first.
fn in_order<'f, 'c>(files: &'f BTreeMap<String, Renderable<'c>>) -> Vec<(&'f String, &'f Renderable<'c>)> {
    let mut ordered: Vec<_> = files.iter().collect();
    ordered.sort_by_key(|(name, _)| (name.matches('/').count(), *name));
    ordered.reverse();
    ordered
}

/// Adds the templates of a chart and of those below it; returns the chart's top-level object.
fn collect<'c>(mount: &Mount<'c>, top: &objects::Top, values: Map, files: &mut BTreeMap<String, Renderable<'c>>) -> Map {
    let mut subcharts = Table::new();
    for child in &mount.children {
        let child_values = match child.name.split('.').try_fold(values.clone(), |map, key| match map.get(key.as_bytes()) {
            Some(Value::Map(inner)) => Some(inner),
            _ => None,
        }) {
            Some(found) => found.with_kind(MapKind::Values),
            None => Map::of(MapKind::Values, Table::new()),
        };
        let object = collect(child, top, child_values, files);
        subcharts.insert(Text::from(&*child.name), Value::Map(object));
    }
    let data = top.object(mount, values, subcharts);
    let path = &mount.path;
    for file in &mount.chart.templates {
        let base = file.path.rsplit('/').next().unwrap_or(&file.path);
        if mount.chart.metadata.is_library() && !base.starts_with('_') {
            continue;
        }
        let base_path = format!("{path}/templates");
        files.insert(format!("{path}/{}", file.path), Renderable { content: &file.bytes, data: data.clone(), base_path });
    }
    data
}

/// Executes every file but partials, by path.
fn execute(session: &Session<'_>, files: &BTreeMap<String, Renderable<'_>>) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut outputs = BTreeMap::new();
    for (name, file) in in_order(files) {
        if name.rsplit('/').next().is_some_and(|base| base.starts_with('_')) {
            continue;
        }
        file.data.set(Text::from("Template"), objects::template(name, &file.base_path));
        outputs.insert(name.clone(), session.render(name, Value::Map(file.data.with_kind(MapKind::Values)))?);
    }
    Ok(outputs)
}

fn check_installable(chart: &Chart) -> Result<()> {
    if !chart.metadata.is_installable() {
        let kind = &chart.metadata.kind;
        return Err(Error::new(ErrorKind::Chart, format!("{kind} charts are not installable")));
    }
    let missing: Vec<&str> = chart.missing_dependencies().iter().map(|dependency| &*dependency.name).collect();
    if !missing.is_empty() {
        let message = format!(
            "An error occurred while checking for chart dependencies. You may need to run `helm dependency build` to fetch missing \
             dependencies: found in Chart.yaml, but missing in charts/ directory: {}",
            missing.join(", ")
        );
        return Err(Error::new(ErrorKind::Chart, message));
    }
    Ok(())
}

fn check_kube_version(chart: &Chart, capabilities: &Capabilities) -> Result<()> {
    let wanted = &chart.metadata.kube_version;
    if wanted.is_empty() {
        return Ok(());
    }
    let constraint = Constraint::parse(wanted).doing(|| format!("cannot read kubeVersion {wanted}"))?;
    let fits = Version::parse(&capabilities.kube_version).is_ok_and(|version| constraint.check(&version));
    if fits {
        return Ok(());
    }
    let found = &capabilities.kube_version;
    Err(Error::new(ErrorKind::Chart, format!("chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {found}")))
}
