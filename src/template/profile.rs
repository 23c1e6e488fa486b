//! What differs between Helm versions: one switch for each difference that can be seen in what `helm template` prints. Depends on `version`.
//!
//! Each switch is proven by a case in `testdata/profiles`, recorded from the three Helms. What the three have in common has no switch.

use crate::version::PrereleaseRule;

/// The names that [`Profile::named`] knows.
pub const PROFILE_NAMES: [&str; 3] = ["3.17", "3.19", "4.2"];

/// The behaviour of one Helm version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The version it stands for, such as `v3.17.3`: `.Capabilities.HelmVersion.Version`.
    pub helm: &'static str,
    /// The Go version Helm was built with: `.Capabilities.HelmVersion.GoVersion`.
    pub go: &'static str,
    /// The commit Helm was built from: `.Capabilities.HelmVersion.GitCommit`; nothing where it isn't known.
    pub commit: &'static str,
    /// The client library's version, which `.Capabilities.HelmVersion` names in Helm 4.
    pub kube_client: Option<&'static str>,
    /// The minor version of Kubernetes it assumes, and of the client library whose API versions it lists.
    pub kube_minor: u32,
    /// How `--kube-version` is read.
    pub kube_version: KubeVersionRule,
    /// The package that `Values`, `Capabilities` and `VersionSet` live in, as `typeOf` and error messages name it.
    pub values_package: ValuesPackage,
    /// How values are laid over defaults.
    pub coalescing: Coalescing,
    /// Every document of a values file counts, not only the first (Helm 4).
    pub all_value_documents: bool,
    /// `--set-json` also takes a whole object (Helm 4).
    pub set_json_object: bool,
    /// `--set a[0` is no error: nothing is set (Helm 4).
    pub set_ignores_open_index: bool,
    /// Two aliases of one chart share its declarations of dependencies, so that what the first does to them the second sees (Helm 3).
    pub aliases_share: bool,
    /// `child` and `parent` of `import-values` may be any scalar (Helm 3.18.5).
    pub import_paths_of_any_type: bool,
    /// `.Chart` is a map with capitalised keys, not a struct (Helm 4).
    pub chart_is_map: bool,
    /// How a rendered file falls into documents.
    pub splitting: Splitting,
    /// Webhook configurations are installed last, not by their place in the alphabet (Helm 4).
    pub webhooks_last: bool,
    /// `range` over an integer (Go 1.24, Helm 3.18).
    pub range_over_int: bool,
    /// The places of parse errors count the lines that comments take (Go 1.24, Helm 3.18).
    pub comments_have_lines: bool,
    /// Times have `AppendText` and `AppendBinary` (Go 1.24, Helm 3.18).
    pub times_append: bool,
    /// `incompatible types for comparison` names the types (Go 1.25, Helm 3.20).
    pub comparison_names_types: bool,
    /// Failed templates are told call by call, each on lines of its own, and warnings as `level=… msg=…` (Helm 4).
    pub structured_messages: bool,
    /// The library that reads versions.
    pub semver: Semver,
    /// The library that reads and writes TOML.
    pub toml: Toml,
    /// `mustToYaml`, and Helm's own `mustToJson` (Helm 4).
    pub must_to_yaml: bool,
    /// `mustToToml` (Helm 4.2).
    pub must_to_toml: bool,
    /// values.schema.json is checked by santhosh-tekuri/jsonschema, which tells violations as a tree, instead of xeipuuv/gojsonschema
    /// (Helm 3.18.5).
    pub schema_tree: bool,
}

/// How values are laid over a chart's defaults (`coalesce.go`), as far as nulls go. In each of them a null that the user gives deletes what
/// the defaults have under the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coalescing {
    /// A null where the defaults have nothing stays (Helm 3.17.1 to 3.19.4).
    KeepsUnknownNulls,
    /// Below the first level a null deletes even where the defaults have nothing (Helm 3.19.5 to 3.20.0).
    DeletesUnknownNulls,
    /// A null where the defaults have nothing stays, and nulls of the defaults count for nothing (Helm 4.2).
    DropsDefaultNulls,
}

/// How `--kube-version` is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KubeVersionRule {
    /// As a semantic version, with what stands behind the numbers (up to Helm 3.18).
    Semantic,
    /// The numbers count, what stands behind them is dropped (Helm 3.19 to 4.0).
    Numbers,
    /// The numbers count for constraints, templates see what was typed (from Helm 4.1).
    NumbersAndText,
}

/// How a rendered file falls into documents (`SplitManifests`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Splitting {
    /// A separator takes all blank space around it along (Helm 3, 4.0 and 4.1).
    #[default]
    TakesBlankSpace,
    /// A separator is the three dashes and the blanks on their line; a document keeps its end (Helm 4.2.4).
    KeepsLineEnds,
}

/// Where Helm's Go types for templates live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ValuesPackage {
    /// `chartutil` (Helm 3).
    #[default]
    Chartutil,
    /// `common` (Helm 4).
    Common,
}

impl ValuesPackage {
    /// The name that stands in front of the types.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chartutil => "chartutil",
            Self::Common => "common",
        }
    }
}

/// The version of Masterminds/semver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Semver {
    /// 3.3: each constraint must name a pre-release itself to let pre-releases in.
    V3_3,
    /// 3.4: one constraint of a group that names a pre-release opens the group.
    V3_4,
    /// 3.5: limits on lengths, texts quoted in messages.
    V3_5,
}

/// The version of BurntSushi/toml.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Toml {
    /// 1.4.
    V1_4,
    /// 1.5 (Helm 3.18): other lines in some errors.
    V1_5,
    /// 1.6 (Helm 3.20 and 4.1): reads TOML 1.1, writes large and small floats with an exponent.
    V1_6,
}

impl Semver {
    /// When this version of the library lets pre-releases satisfy a constraint.
    pub fn prereleases(self) -> PrereleaseRule {
        if self >= Self::V3_4 { PrereleaseRule::AnyInGroup } else { PrereleaseRule::EachConstraint }
    }
}

impl Profile {
    /// Helm 3.17.3, Go 1.23.
    pub const V3_17: Self = Self {
        helm: "v3.17.3",
        go: "go1.23.7",
        commit: "e4da49785aa6e6ee2b86efd5dd9e43400318262b",
        kube_client: None,
        kube_minor: 32,
        kube_version: KubeVersionRule::Semantic,
        values_package: ValuesPackage::Chartutil,
        coalescing: Coalescing::KeepsUnknownNulls,
        all_value_documents: false,
        set_json_object: false,
        set_ignores_open_index: false,
        aliases_share: true,
        import_paths_of_any_type: false,
        chart_is_map: false,
        splitting: Splitting::TakesBlankSpace,
        webhooks_last: false,
        range_over_int: false,
        comments_have_lines: false,
        times_append: false,
        comparison_names_types: false,
        structured_messages: false,
        semver: Semver::V3_3,
        toml: Toml::V1_4,
        must_to_yaml: false,
        must_to_toml: false,
        schema_tree: false,
    };

    /// Helm 3.19.5, Go 1.24. Of the published binary neither the commit nor the last number of Go's version is known here.
    pub const V3_19: Self = Self {
        helm: "v3.19.5",
        go: "go1.24.11",
        commit: "",
        kube_minor: 34,
        kube_version: KubeVersionRule::Numbers,
        coalescing: Coalescing::DeletesUnknownNulls,
        import_paths_of_any_type: true,
        range_over_int: true,
        comments_have_lines: true,
        times_append: true,
        semver: Semver::V3_4,
        toml: Toml::V1_5,
        schema_tree: true,
        ..Self::V3_17
    };

    /// Helm 4.2.4, Go 1.26. Of the published binary neither the commit nor the last number of Go's version is known here.
    pub const V4_2: Self = Self {
        helm: "v4.2.4",
        go: "go1.26.0",
        kube_client: Some("v1.36"),
        kube_minor: 36,
        kube_version: KubeVersionRule::NumbersAndText,
        values_package: ValuesPackage::Common,
        coalescing: Coalescing::DropsDefaultNulls,
        all_value_documents: true,
        set_json_object: true,
        set_ignores_open_index: true,
        aliases_share: false,
        chart_is_map: true,
        splitting: Splitting::KeepsLineEnds,
        webhooks_last: true,
        comparison_names_types: true,
        structured_messages: true,
        semver: Semver::V3_5,
        toml: Toml::V1_6,
        must_to_yaml: true,
        must_to_toml: true,
        ..Self::V3_19
    };
}

impl Profile {
    /// The profile of a name from [`PROFILE_NAMES`], which may begin with a `v`.
    pub fn named(name: &str) -> Option<Self> {
        match name.strip_prefix('v').unwrap_or(name) {
            "3.17" => Some(Self::V3_17),
            "3.19" => Some(Self::V3_19),
            "4.2" => Some(Self::V4_2),
            _ => None,
        }
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self::V3_19
    }
}
