//! A chart and values become manifests, as `helm template` prints them (Helm `pkg/action`, `pkg/chartutil`, `pkg/engine`,
//! `pkg/releaseutil`).
//!
//! ```text
//! Chart + values ─▶ dependencies (which subcharts, under which names) ─▶ coalesce ─▶ schema ─▶ objects (.Values, …) ─▶ template
//!                                                                                       manifests (split, hooks, order) ◀─┘
//! ```
//!
//! [`Prepared`] keeps a chart's parsed templates and the documents that came out: rendering again with other values costs a render, not a
//! parse. [`Prepared::stable`] leaves chance out, [`Prepared::traced`] notes origins ([`Provenance`], [`Reads`]). Nothing here reads disk,
//! network or clock but what templates ask of the clock. Depends on `chart`, `template`, `value`, `version` and `error`.

mod capabilities;
mod coalesce;
mod dependencies;
mod documents;
mod manifests;
mod notes;
mod objects;
mod overrides;
mod provenance;
mod schema;
mod set;
mod text;
mod values_file;
mod variants;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use crate::chart::Chart;
use crate::error::{Error, ErrorKind, Result};
use crate::template::trace::{LineOrigin, SetId};
use crate::template::value::{Map, Table, Text, Value};
use crate::template::{Chance, ImpureCall, Limits, LocalZone, ParsedFile, Profile, Readings, Session, Splitting, TemplateSet};
use crate::version::{Constraint, Version};
pub use capabilities::Capabilities;
use coalesce::Manner;
use dependencies::Mount;
use documents::Documents;
pub use manifests::{Hook, Manifest};
use notes::Notes;
pub use overrides::{Overrides, SetFile};
use provenance::Tracing;
pub use provenance::{Origin, Provenance, Reads};
pub use set::set_file_paths;
pub use text::TextOptions;
use values_file::Defaults;

/// Stack of the thread that renders: templates nest by recursion, to the depth of [`Limits::depth`].
const STACK_BYTES: usize = 1 << 30;

/// What glibc's allocator is made to ask of the kernel at once for a thread that renders, in bytes. It would ask for a page at a time.
const HEAP_BYTES: usize = 8 << 20;
/// A block that glibc gives back to the kernel when it is freed, after which it keeps what is smaller than that.
const LARGE_BLOCK: usize = 2 * HEAP_BYTES;

/// Makes room in the thread's heap. No memory is touched, so none is used; other allocators make little of it.
fn reserve_heap() {
    for bytes in [LARGE_BLOCK, HEAP_BYTES] {
        drop(std::hint::black_box(Vec::<u8>::with_capacity(bytes)));
    }
}

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
    pub crds: Vec<(String, Arc<[u8]>)>,
    /// The rendered NOTES.txt of each chart that has one, by path.
    pub notes: Vec<(String, Vec<u8>)>,
    /// Every run of a function that gives another answer next time (chance, clock, new keys, cluster, network), in order; what they answer
    /// in a stable render is fixed.
    pub impure: Vec<ImpureCall>,
    /// What Helm would print on standard error while it renders.
    pub warnings: Vec<String>,
    /// The values it read, in a traced render.
    pub reads: Option<Reads>,
    /// How text falls into documents, for [`Rendered::text_of`].
    splitting: Splitting,
}

/// A chart whose templates are parsed as they are first needed, and kept. Renders don't see each other: a reference may be shared by
/// any number of threads that render at the same time.
pub struct Prepared {
    chart: Arc<Chart>,
    profile: Profile,
    limits: Limits,
    chance: Chance,
    local: LocalZone,
    traced: bool,
    checks_schemas: bool,
    schemas: schema::Schemas,
    /// The values files of the charts, once they were read.
    defaults: OnceLock<Defaults>,
    parsed: Mutex<HashMap<String, Arc<ParsedFile>>>,
    /// The templates of the latest render, and the files they came from.
    latest: Mutex<Option<(Vec<String>, Arc<TemplateSet>)>>,
    documents: Documents,
    readings: Arc<Readings>,
}

impl Prepared {
    /// A chart for renders as one Helm version does them.
    pub fn new(chart: Arc<Chart>, profile: Profile, limits: Limits) -> Self {
        Self {
            chart,
            profile,
            limits,
            chance: Chance::Real,
            local: LocalZone::default(),
            traced: false,
            checks_schemas: true,
            schemas: schema::Schemas::default(),
            defaults: OnceLock::new(),
            parsed: Mutex::default(),
            latest: Mutex::default(),
            documents: Documents::default(),
            readings: Arc::default(),
        }
    }

    /// The same chart, its values checked against no values.schema.json (`--skip-schema-validation`).
    #[must_use]
    pub fn without_schemas(mut self) -> Self {
        self.checks_schemas = false;
        self
    }

    /// The same chart for renders whose text is all that is wanted: the objects of their manifests are empty ([`Data::Null`]). Takes less
    /// memory.
    ///
    /// [`Data::Null`]: crate::value::Data::Null
    #[must_use]
    pub fn text_only(mut self) -> Self {
        self.documents = Documents::text_only();
        self
    }

    /// The same chart for renders on a machine in this zone, where templates name none; without, the zone is UTC.
    #[must_use]
    pub fn in_zone(mut self, local: LocalZone) -> Self {
        self.local = local;
        self
    }

    /// The same chart for stable renders: what comes from chance, clock or new keys is the same each time, for comparing, and the zone is UTC.
    #[must_use]
    pub fn stable(mut self) -> Self {
        self.chance = Chance::Stable;
        self
    }

    /// The same chart for traced renders: each manifest says where its lines come from, and the result which values were read. The text
    /// is the same; a render takes longer.
    #[must_use]
    pub fn traced(mut self) -> Self {
        self.traced = true;
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
        let work = || {
            reserve_heap();
            self.render_here(overrides, release, capabilities, warnings)
        };
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
        let mut notes = Notes::new(warnings, &self.profile);
        let given = overrides.merged(&self.profile)?;
        warnings_of_loading(&self.chart, &mut notes);
        check_installable(&self.chart)?;
        if self.chart.metadata.deprecated {
            notes.warn(|| "WARNING: This chart is deprecated".into(), "this chart is deprecated", &[]);
        }
        check_dependencies(&self.chart, &self.profile)?;
        release.check_name().map_err(|error| notes.failed("release name check failed", error))?;
        let root = Mount::root(&self.chart, self.defaults()?, &given, &self.profile, &mut notes)?;
        let manner = Manner { variant: self.profile.coalescing, keeps_nulls: false };
        let coalesced = coalesce::coalesce_values(&root, &given, manner, &mut notes)?;
        if self.checks_schemas {
            self.schemas.check(&root, &coalesced, &self.profile)?;
        }
        check_kube_version(&self.chart, capabilities, &self.profile)?;
        let mut tracing = self.traced.then(|| Tracing::new(&root, &coalesced));
        let mut files = BTreeMap::new();
        let top = objects::Top::new(release, capabilities, &self.profile);
        collect(&root, &top, coalesced.with_kind(top.values), &mut files);
        let files = in_order(&files);
        let set = self.assemble(&files)?;
        let mut session = Session::new(&set, self.limits.clone()).with_local_zone(self.local.clone()).with_chance(self.chance);
        session = session.with_readings(Arc::clone(&self.readings));
        if let Some(tracing) = &mut tracing {
            session = session.with_trace(std::mem::take(&mut tracing.origins));
        }
        let outputs = execute(&session, &top, &files, tracing.as_ref())?;
        let impure = session.impure_calls();
        let ledger = session.into_trace().map(Arc::new);
        let mut rendered = manifests::sort(outputs, &self.documents, ledger.as_ref(), &self.profile, &mut notes)?;
        rendered.reads = tracing.zip(ledger).map(|(tracing, ledger)| tracing.reads(&ledger));
        rendered.crds = root.crds();
        rendered.splitting = self.profile.splitting;
        rendered.impure = impure;
        rendered.warnings.clone_from(warnings);
        Ok(rendered)
    }

    /// What the values files of the charts say.
    fn defaults(&self) -> Result<&Defaults> {
        if let Some(known) = self.defaults.get() {
            return Ok(known);
        }
        let read = Defaults::of(&self.chart, &self.profile)?;
        Ok(self.defaults.get_or_init(|| read))
    }

    /// The set of all templates; of two definitions with one name the last parsed wins.
    fn assemble(&self, files: &[(&String, &Renderable<'_>)]) -> Result<Arc<TemplateSet>> {
        if let Some((names, set)) = &*self.latest.lock().unwrap_or_else(PoisonError::into_inner)
            && names.iter().eq(files.iter().map(|(name, _)| *name))
        {
            return Ok(Arc::clone(set));
        }
        let mut set = TemplateSet::new(self.profile.clone());
        for (name, file) in files {
            set.add(&*self.parse(name, file.content)?);
        }
        let set = Arc::new(set);
        let names = files.iter().map(|(name, _)| (*name).clone()).collect();
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some((names, Arc::clone(&set)));
        Ok(set)
    }

    fn parse(&self, name: &str, content: &Arc<[u8]>) -> Result<Arc<ParsedFile>> {
        let known = self.parsed.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if let Some(parsed) = known {
            return Ok(parsed);
        }
        let parsed = Arc::new(ParsedFile::parse(name, Arc::clone(content), &self.profile)?);
        self.parsed.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), Arc::clone(&parsed));
        Ok(parsed)
    }
}

/// A template file with what it is executed with.
struct Renderable<'c> {
    content: &'c Arc<[u8]>,
    /// The chart's top-level object, shared by all its files.
    data: Map,
    base_path: String,
}

/// Helm's order of parsing and executing: the deepest paths first, within a depth from the last to the first.
fn in_order<'f, 'c>(files: &'f BTreeMap<String, Renderable<'c>>) -> Vec<(&'f String, &'f Renderable<'c>)> {
    let mut ordered: Vec<_> = files.iter().collect();
    ordered.sort_by_cached_key(|(name, _)| (name.matches('/').count(), *name));
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
            Some(found) => found.with_kind(top.values),
            None => Map::of(top.values, Table::new()),
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

/// What a template file became.
struct Output {
    text: Vec<u8>,
    /// In a traced render, the origin of each line.
    lines: Vec<LineOrigin>,
}

/// Executes every file but partials, by path.
fn execute(
    session: &Session<'_>,
    top: &objects::Top,
    files: &[(&String, &Renderable<'_>)],
    tracing: Option<&Tracing>,
) -> Result<BTreeMap<String, Output>> {
    let mut outputs = BTreeMap::new();
    for (name, file) in files {
        if name.rsplit('/').next().is_some_and(|base| base.starts_with('_')) {
            continue;
        }
        file.data.set(Text::from("Template"), top.template(name, &file.base_path));
        let condition = tracing.map_or_else(SetId::default, |tracing| tracing.condition(&file.base_path));
        let (text, lines) = session.render_on(name, Value::Map(file.data.with_kind(top.values)), condition)?;
        outputs.insert((*name).clone(), Output { text, lines });
    }
    Ok(outputs)
}

/// What Helm says while it loads a chart and those below it.
fn warnings_of_loading(chart: &Chart, notes: &mut Notes<'_>) {
    for warning in &chart.warnings {
        notes.log(warning.clone());
    }
    for subchart in &chart.subcharts {
        warnings_of_loading(subchart, notes);
    }
}

fn check_installable(chart: &Chart) -> Result<()> {
    if !chart.metadata.is_installable() {
        let kind = &chart.metadata.kind;
        return Err(Error::new(ErrorKind::Chart, format!("{kind} charts are not installable")));
    }
    Ok(())
}

/// That each declared dependency has a chart.
fn check_dependencies(chart: &Chart, profile: &Profile) -> Result<()> {
    let missing: Vec<&str> = chart.missing_dependencies().iter().map(|dependency| &*dependency.name).collect();
    if !missing.is_empty() {
        let (an, quote) = if profile.structured_messages { ("an", '\'') } else { ("An", '`') };
        let message = format!(
            "{an} error occurred while checking for chart dependencies. You may need to run {quote}helm dependency build{quote} to fetch \
             missing dependencies: found in Chart.yaml, but missing in charts/ directory: {}",
            missing.join(", ")
        );
        return Err(Error::new(ErrorKind::Chart, message));
    }
    Ok(())
}

fn check_kube_version(chart: &Chart, capabilities: &Capabilities, profile: &Profile) -> Result<()> {
    let wanted = &chart.metadata.kube_version;
    if wanted.is_empty() {
        return Ok(());
    }
    let fits = match (Constraint::parse(wanted), Version::parse(&capabilities.constrained_version)) {
        (Ok(constraint), Ok(version)) => constraint.with_rule(profile.semver.prereleases()).check(&version),
        _ => false,
    };
    if fits {
        return Ok(());
    }
    let found = &capabilities.kube_version;
    Err(Error::new(ErrorKind::Chart, format!("chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {found}")))
}
