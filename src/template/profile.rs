//! What differs between Helm versions as far as templates see it: one switch for each difference. Depends on nothing.

/// The names that [`Profile::named`] knows.
pub const PROFILE_NAMES: [&str; 3] = ["3.17", "3.19", "4.2"];

/// The behaviour of one Helm version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The version it stands for, such as `v3.17.3`: `.Capabilities.HelmVersion.Version`.
    pub helm: &'static str,
    /// The Go version Helm was built with.
    pub go: &'static str,
    /// The commit Helm was built from.
    pub commit: &'static str,
    /// The minor version of Kubernetes it assumes.
    pub kube_minor: u32,
    /// `{{else with}}` (Go 1.23, Helm 3.17).
    pub else_with: bool,
    /// `range` over an integer (Go 1.24, Helm 3.18).
    pub range_over_int: bool,
    /// The places of parse errors count the lines that comments take (Go 1.24, Helm 3.18).
    pub comments_have_lines: bool,
    /// `incompatible types for comparison` names the types (Go 1.25, Helm 3.20).
    pub comparison_names_types: bool,
    /// `toYamlPretty` and `fromToml` (Helm 3.17).
    pub pretty_yaml: bool,
    /// A constraint of a group that names a pre-release opens the whole group (semver 3.4, Helm 3.19).
    pub group_prereleases: bool,
    /// `mustToYaml`, and Helm's own `mustToJson` (Helm 4).
    pub must_to_yaml: bool,
    /// `mustToToml` (Helm 4.2).
    pub must_to_toml: bool,
}

impl Profile {
    /// Helm 3.17.3, Go 1.23.
    pub const V3_17: Self = Self {
        helm: "v3.17.3",
        go: "go1.23.7",
        commit: "e4da49785aa6e6ee2b86efd5dd9e43400318262b",
        kube_minor: 32,
        else_with: true,
        range_over_int: false,
        comments_have_lines: false,
        comparison_names_types: false,
        pretty_yaml: true,
        group_prereleases: false,
        must_to_yaml: false,
        must_to_toml: false,
    };

    /// Helm 3.19, Go 1.24.
    pub const V3_19: Self = Self {
        helm: "v3.19.0",
        go: "go1.24.7",
        commit: "3d8990f0836691f0229297773f3524598f46bda6",
        kube_minor: 34,
        range_over_int: true,
        comments_have_lines: true,
        group_prereleases: true,
        ..Self::V3_17
    };

    /// Helm 4.2, Go 1.26.
    pub const V4_2: Self =
        Self { helm: "v4.2.0", go: "go1.26.0", comparison_names_types: true, must_to_yaml: true, must_to_toml: true, ..Self::V3_19 };
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
