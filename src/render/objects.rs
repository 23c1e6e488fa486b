//! The top-level objects of templates: `.Release`, `.Chart`, `.Capabilities`, `.Files`, `.Template` (Helm 3.17 `pkg/engine`,
//! `pkg/chart/metadata.go`).

use super::dependencies::Mount;
use super::{Capabilities, Release};
use crate::template::Profile;
use crate::template::object::{Field, Struct, StructType};
use crate::template::value::{Elem, List, Map, MapKind, Table, Text, Value};

/// What all charts of a render share.
pub(super) struct Top {
    release: Value,
    capabilities: Value,
}

impl Top {
    pub(super) fn new(release: &Release, capabilities: &Capabilities, profile: &Profile) -> Self {
        Self { release: release_object(release), capabilities: capabilities_object(capabilities, profile) }
    }

    /// What a chart's templates see as `.`; one map for all of them.
    pub(super) fn object(&self, mount: &Mount<'_>, values: Map, subcharts: Table) -> Map {
        Map::new(table([
            ("Chart", chart_object(mount)),
            ("Files", files_object(mount)),
            ("Release", self.release.clone()),
            ("Capabilities", self.capabilities.clone()),
            ("Values", Value::Map(values)),
            ("Subcharts", Value::map(subcharts)),
        ]))
    }
}

/// `.Template` of a file.
pub(super) fn template(name: &str, base_path: &str) -> Value {
    let table = table([("Name", Value::text(name)), ("BasePath", Value::text(base_path))]);
    Value::Map(Map::of(MapKind::Values, table))
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
    let files = mount.chart.files.iter().map(|file| (Text::from(&*file.path), Value::Bytes(Text::from(&*file.bytes))));
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

static CAPABILITIES: StructType = StructType {
    name: "chartutil.Capabilities",
    pointer: true,
    fields: &[plain("KubeVersion"), plain("APIVersions"), plain("HelmVersion")],
    action_prints: None,
};

static KUBE_VERSION: StructType = StructType {
    name: "chartutil.KubeVersion",
    pointer: false,
    fields: &[plain("Version"), plain("Major"), plain("Minor")],
    action_prints: Some(0),
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

fn texts(items: &[String]) -> Value {
    if items.is_empty() {
        return Value::List(List::nil(Elem::Str));
    }
    Value::texts(items.iter().map(String::as_str))
}

fn structs(name: &'static str, items: Vec<Value>) -> Value {
    if items.is_empty() { Value::List(List::nil(Elem::Structs(name))) } else { Value::List(List::of(Elem::Structs(name), items)) }
}

fn chart_object(mount: &Mount<'_>) -> Value {
    let chart = &mount.chart.metadata;
    let maintainers = chart
        .maintainers
        .iter()
        .map(|one| Struct::value(&MAINTAINER, vec![Value::text(&*one.name), Value::text(&*one.email), Value::text(&*one.url)]));
    let annotations = chart.annotations.iter().map(|(key, value)| (Text::from(&**key), Value::text(&**value)));
    let annotations = if chart.annotations.is_empty() {
        Map { kind: MapKind::Strings, table: None }
    } else {
        Map::of(MapKind::Strings, annotations.collect())
    };
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
        Value::Map(annotations),
        Value::text(&*chart.kube_version),
        structs("*chart.Dependency", mount.declared.iter().flatten().map(dependency_object).collect()),
        Value::text(&*chart.kind),
    ];
    Struct::value(&CHART, vec![Struct::value(&METADATA, metadata), Value::Bool(mount.is_root)])
}

fn dependency_object(declared: &super::dependencies::Declared<'_>) -> Value {
    let dependency = declared.dependency;
    let imports = dependency.import_values.iter().map(|item| item.as_ref().map_or(Value::Nil, Value::from_node));
    let imports: Vec<Value> = imports.collect();
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

fn capabilities_object(capabilities: &Capabilities, profile: &Profile) -> Value {
    let kube = [&capabilities.kube_version, &capabilities.major, &capabilities.minor];
    let kube = Struct::value(&KUBE_VERSION, kube.into_iter().map(|text| Value::text(&**text)).collect());
    let versions = capabilities.api_versions.iter().map(|version| Value::text(&**version)).collect();
    let build = vec![Value::text(profile.helm), Value::text(profile.commit), Value::text("clean"), Value::text(profile.go)];
    let fields = vec![kube, Value::List(List::of(Elem::Versions, versions)), Struct::value(&BUILD_INFO, build)];
    Struct::value(&CAPABILITIES, fields)
}
