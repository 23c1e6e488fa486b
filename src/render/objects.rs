//! The top-level objects of templates: `.Release`, `.Chart`, `.Capabilities`, `.Files`, `.Template` (Helm 3.17 `pkg/engine`,
//! `pkg/chart/metadata.go`, Helm 4 `pkg/chart/common.go`).

use std::sync::Arc;

use super::dependencies::{Declared, Mount};
use super::{Capabilities, Release};
use crate::template::object::{Field, InPlace, Struct, StructType};
use crate::template::value::{Elem, List, Map, MapKind, Table, Text, Value};
use crate::template::{Profile, ValuesPackage};

/// What all charts of a render share.
pub(super) struct Top {
    release: Value,
    capabilities: Value,
    chart_is_map: bool,
    /// The type of `.Values`.
    pub(super) values: MapKind,
}

impl Top {
    pub(super) fn new(release: &Release, capabilities: &Capabilities, profile: &Profile) -> Self {
        Self {
            release: release_object(release),
            capabilities: capabilities_object(capabilities, profile),
            chart_is_map: profile.chart_is_map,
            values: MapKind::Values(profile.values_package),
        }
    }

    /// What a chart's templates see as `.`; one map for all of them.
    pub(super) fn object(&self, mount: &Mount<'_>, values: Map, subcharts: Table) -> Map {
        Map::new(table([
            ("Chart", if self.chart_is_map { chart_map(mount) } else { chart_object(mount) }),
            ("Files", files_object(mount)),
            ("Release", self.release.clone()),
            ("Capabilities", self.capabilities.clone()),
            ("Values", Value::Map(values)),
            ("Subcharts", Value::map(subcharts)),
        ]))
    }

    /// `.Template` of a file.
    pub(super) fn template(&self, name: &str, base_path: &str) -> Value {
        Value::Map(Map::of(self.values, table([("Name", Value::text(name)), ("BasePath", Value::text(base_path))])))
    }
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Table {
    entries.into_iter().map(|(key, value)| (Text::from(key), value)).collect()
}

fn release_object(release: &Release) -> Value {
    Value::map(table([
        ("Name", Value::text(&*release.name)),
        ("Namespace", Value::text(&*release.namespace)),
        ("IsUpgrade", Value::Bool(release.is_upgrade)),
        ("IsInstall", Value::Bool(!release.is_upgrade)),
        ("Revision", Value::Int(1)),
        ("Service", Value::text("Helm")),
    ]))
}

fn files_object(mount: &Mount<'_>) -> Value {
    let files = mount.chart.files.iter().map(|file| (Text::from(&*file.path), Value::Bytes(Text::from(Arc::clone(&file.bytes)))));
    Value::Map(Map::of(MapKind::Files, files.collect()))
}

/// A field that JSON leaves out when empty.
const fn optional(name: &'static str, json: &'static str) -> Field {
    Field { name, json, omit_empty: true, embedded: false }
}

const fn plain(name: &'static str) -> Field {
    Field { name, json: name, omit_empty: false, embedded: false }
}

static METADATA: StructType = StructType {
    name: "chart.Metadata",
    pointer: false,
    fields: &[
        optional("Name", "name"),
        optional("Home", "home"),
        optional("Sources", "sources"),
        optional("Version", "version"),
        optional("Description", "description"),
        optional("Keywords", "keywords"),
        optional("Maintainers", "maintainers"),
        optional("Icon", "icon"),
        optional("APIVersion", "apiVersion"),
        optional("Condition", "condition"),
        optional("Tags", "tags"),
        optional("AppVersion", "appVersion"),
        optional("Deprecated", "deprecated"),
        optional("Annotations", "annotations"),
        optional("KubeVersion", "kubeVersion"),
        optional("Dependencies", "dependencies"),
        optional("Type", "type"),
    ],
    action_prints: None,
};

static CHART: StructType = StructType {
    name: "struct { chart.Metadata; IsRoot bool }",
    pointer: false,
    fields: &[Field { name: "Metadata", json: "Metadata", omit_empty: false, embedded: true }, plain("IsRoot")],
    action_prints: None,
};

static MAINTAINER: StructType = StructType {
    name: "chart.Maintainer",
    pointer: true,
    fields: &[optional("Name", "name"), optional("Email", "email"), optional("URL", "url")],
    action_prints: None,
};

static DEPENDENCY: StructType = StructType {
    name: "chart.Dependency",
    pointer: true,
    fields: &[
        Field { name: "Name", json: "name", omit_empty: false, embedded: false },
        optional("Version", "version"),
        Field { name: "Repository", json: "repository", omit_empty: false, embedded: false },
        optional("Condition", "condition"),
        optional("Tags", "tags"),
        optional("Enabled", "enabled"),
        optional("ImportValues", "import-values"),
        optional("Alias", "alias"),
    ],
    action_prints: None,
};

const CAPABILITIES_FIELDS: &[Field] = &[plain("KubeVersion"), plain("APIVersions"), plain("HelmVersion")];

static CAPABILITIES: StructType =
    StructType { name: "chartutil.Capabilities", pointer: true, fields: CAPABILITIES_FIELDS, action_prints: None };

static CAPABILITIES_4: StructType =
    StructType { name: "common.Capabilities", pointer: true, fields: CAPABILITIES_FIELDS, action_prints: None };

static KUBE_VERSION: StructType = StructType { action_prints: Some(InPlace { prints: 0, copy: &KUBE_VERSION_COPY }), ..KUBE_VERSION_TYPE };
static KUBE_VERSION_COPY: StructType = KUBE_VERSION_TYPE;
const KUBE_VERSION_TYPE: StructType = StructType {
    name: "chartutil.KubeVersion",
    pointer: false,
    fields: &[plain("Version"), plain("Major"), plain("Minor")],
    action_prints: None,
};

static KUBE_VERSION_4: StructType =
    StructType { action_prints: Some(InPlace { prints: 1, copy: &KUBE_VERSION_4_COPY }), ..KUBE_VERSION_4_TYPE };
static KUBE_VERSION_4_COPY: StructType = KUBE_VERSION_4_TYPE;
const KUBE_VERSION_4_TYPE: StructType = StructType {
    name: "common.KubeVersion",
    pointer: false,
    fields: &[
        plain("Version"),
        Field { name: "normalizedVersion", json: "", omit_empty: false, embedded: false },
        plain("Major"),
        plain("Minor"),
    ],
    action_prints: None,
};

static BUILD_INFO: StructType = StructType {
    name: "version.BuildInfo",
    pointer: false,
    fields: &[
        optional("Version", "version"),
        optional("GitCommit", "git_commit"),
        optional("GitTreeState", "git_tree_state"),
        optional("GoVersion", "go_version"),
    ],
    action_prints: None,
};

static BUILD_INFO_4: StructType = StructType {
    name: "version.BuildInfo",
    pointer: false,
    fields: &[
        optional("Version", "version"),
        optional("GitCommit", "git_commit"),
        optional("GitTreeState", "git_tree_state"),
        optional("GoVersion", "go_version"),
        Field { name: "KubeClientVersion", json: "kube_client_version", omit_empty: false, embedded: false },
    ],
    action_prints: None,
};

fn texts(items: &[String]) -> Value {
    if items.is_empty() {
        return Value::List(List::nil(Elem::Str));
    }
    Value::texts(items.iter().map(String::as_str))
}

fn structs(name: &'static str, items: Vec<Value>) -> Value {
    if items.is_empty() { Value::List(List::nil(Elem::Structs(name))) } else { Value::List(List::of(Elem::Structs(name), items)) }
}

fn annotations(mount: &Mount<'_>) -> Value {
    let all = &mount.chart.metadata.annotations;
    if all.is_empty() {
        return Value::Map(Map::nil().with_kind(MapKind::Strings));
    }
    Value::Map(Map::of(MapKind::Strings, all.iter().map(|(key, value)| (Text::from(&**key), Value::text(&**value))).collect()))
}

/// `.Chart` of Helm 3.
fn chart_object(mount: &Mount<'_>) -> Value {
    let chart = &mount.chart.metadata;
    let maintainers = chart
        .maintainers
        .iter()
        .map(|one| Struct::value(&MAINTAINER, vec![Value::text(&*one.name), Value::text(&*one.email), Value::text(&*one.url)]));
    let metadata = vec![
        Value::text(&*mount.name),
        Value::text(&*chart.home),
        texts(&chart.sources),
        Value::text(&*chart.version),
        Value::text(&*chart.description),
        texts(&chart.keywords),
        structs("*chart.Maintainer", maintainers.collect()),
        Value::text(&*chart.icon),
        Value::text(&*chart.api_version),
        Value::text(&*chart.condition),
        Value::text(&*chart.tags),
        Value::text(&*chart.app_version),
        Value::Bool(chart.deprecated),
        annotations(mount),
        Value::text(&*chart.kube_version),
        structs("*chart.Dependency", mount.declared.iter().flatten().map(dependency_object).collect()),
        Value::text(&*chart.kind),
    ];
    Struct::value(&CHART, vec![Struct::value(&METADATA, metadata), Value::Bool(mount.is_root)])
}

fn dependency_object(declared: &Declared<'_>) -> Value {
    let dependency = declared.dependency;
    let imports = imports(declared);
    let fields = vec![
        Value::text(&*declared.name),
        Value::text(&*dependency.version),
        Value::text(&*dependency.repository),
        Value::text(dependency.condition.as_deref().unwrap_or_default()),
        texts(&dependency.tags),
        Value::Bool(declared.enabled),
        if imports.is_empty() { Value::List(List::nil(Elem::Any)) } else { Value::list(imports) },
        Value::text(dependency.alias.as_deref().unwrap_or_default()),
    ];
    Struct::value(&DEPENDENCY, fields)
}

/// What was imported: Helm replaces the declaration by pairs of paths.
fn imports(declared: &Declared<'_>) -> Vec<Value> {
    let pairs = declared.imported.iter().flatten();
    let pair = |child: &str, parent: &str| table([("child", Value::text(child)), ("parent", Value::text(parent))]);
    pairs.map(|(child, parent)| Value::Map(Map::of(MapKind::Strings, pair(child, parent)))).collect()
}

/// `.Chart` of Helm 4: the same fields in a map, those of its lists in maps.
fn chart_map(mount: &Mount<'_>) -> Value {
    let chart = &mount.chart.metadata;
    let maintainer = |one: &crate::chart::Maintainer| {
        Value::map(table([("Name", Value::text(&*one.name)), ("Email", Value::text(&*one.email)), ("URL", Value::text(&*one.url))]))
    };
    Value::map(table([
        ("Name", Value::text(&*mount.name)),
        ("Home", Value::text(&*chart.home)),
        ("Sources", list_of_texts(&chart.sources)),
        ("Version", Value::text(&*chart.version)),
        ("Description", Value::text(&*chart.description)),
        ("Keywords", list_of_texts(&chart.keywords)),
        ("Maintainers", Value::list(chart.maintainers.iter().map(maintainer).collect())),
        ("Icon", Value::text(&*chart.icon)),
        ("APIVersion", Value::text(&*chart.api_version)),
        ("Condition", Value::text(&*chart.condition)),
        ("Tags", Value::text(&*chart.tags)),
        ("AppVersion", Value::text(&*chart.app_version)),
        ("Deprecated", Value::Bool(chart.deprecated)),
        ("Annotations", annotations(mount)),
        ("KubeVersion", Value::text(&*chart.kube_version)),
        ("Dependencies", Value::list(mount.declared.iter().flatten().map(dependency_map).collect())),
        ("Type", Value::text(&*chart.kind)),
        ("IsRoot", Value::Bool(mount.is_root)),
    ]))
}

fn dependency_map(declared: &Declared<'_>) -> Value {
    let dependency = declared.dependency;
    Value::map(table([
        ("Name", Value::text(&*declared.name)),
        ("Version", Value::text(&*dependency.version)),
        ("Repository", Value::text(&*dependency.repository)),
        ("Condition", Value::text(dependency.condition.as_deref().unwrap_or_default())),
        ("Tags", list_of_texts(&dependency.tags)),
        ("Enabled", Value::Bool(declared.enabled)),
        ("ImportValues", Value::list(imports(declared))),
        ("Alias", Value::text(dependency.alias.as_deref().unwrap_or_default())),
    ]))
}

fn list_of_texts(items: &[String]) -> Value {
    Value::list(items.iter().map(|item| Value::text(&**item)).collect())
}

fn capabilities_object(capabilities: &Capabilities, profile: &Profile) -> Value {
    let text = |text: &str| Value::text(text);
    let Capabilities { kube_version, constrained_version, major, minor, api_versions } = capabilities;
    let versions = api_versions.iter().map(|version| Value::text(&**version)).collect();
    let versions = Value::List(List::of(Elem::Versions(profile.values_package), versions));
    let mut build = vec![text(profile.helm), text(profile.commit), text("clean"), text(profile.go)];
    match profile.values_package {
        ValuesPackage::Chartutil => {
            let kube = Struct::value(&KUBE_VERSION, vec![text(kube_version), text(major), text(minor)]);
            Struct::value(&CAPABILITIES, vec![kube, versions, Struct::value(&BUILD_INFO, build)])
        }
        ValuesPackage::Common => {
            let kube = Struct::value(&KUBE_VERSION_4, vec![text(kube_version), text(constrained_version), text(major), text(minor)]);
            build.push(text(profile.kube_client.unwrap_or_default()));
            Struct::value(&CAPABILITIES_4, vec![kube, versions, Struct::value(&BUILD_INFO_4, build)])
        }
    }
}
