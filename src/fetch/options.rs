//! Every setting of the fetch stage in one value. The environment is read here and nowhere else in the stage.
//!
//! The places of Helm's files follow Helm 3.17 (`pkg/helmpath/lazypath.go`, `pkg/cli/environment.go`): a variable of Helm's own, then the
//! XDG variable, then the platform's folder. Proxies follow Go's `net/http` (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`, either case;
//! loopback is never proxied).

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use etcetera::BaseStrategy as _;

use super::folder::FolderLimits;

/// Where to look, whom to trust, how long to wait, how much to take.
#[derive(Debug, Clone)]
pub struct Options {
    /// `--username` and `--password`: for the repository of `--repo`, for direct URLs and for registries.
    pub credentials: Option<Credentials>,
    /// `--pass-credentials`: credentials go to every host a repository names, not only to its own.
    pub pass_credentials_all: bool,
    /// Whom to trust, for references that bring no settings of their own.
    pub tls: Tls,
    /// `--plain-http`: OCI registries are spoken to without TLS.
    pub plain_http: bool,
    /// `--devel`: pre-releases count when no version is named.
    pub devel: bool,
    /// Nothing is fetched; what the cache has is used.
    pub offline: bool,
    /// The folder of the cache; none: nothing is cached.
    pub cache_dir: Option<PathBuf>,
    /// Helm's `repositories.yaml`.
    pub repository_config: Option<PathBuf>,
    /// Helm's `registry/config.json`.
    pub registry_config: Option<PathBuf>,
    /// Docker's `config.json`.
    pub docker_config: Option<PathBuf>,
    /// The proxies of the environment.
    pub proxies: Proxies,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// How often to try again.
    pub retries: Retries,
    /// How much to take.
    pub limits: Limits,
    /// What a chart folder on disk may hold.
    pub folder: FolderLimits,
}

/// A user and a password. `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user.
    pub username: String,
    /// The password or token.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(***)")
    }
}

/// Whom to trust and how to prove who we are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Tls {
    /// PEM file of the certificates to trust instead of the system's, as in Helm.
    pub ca_file: Option<PathBuf>,
    /// PEM file of the client's certificate chain.
    pub cert_file: Option<PathBuf>,
    /// PEM file of the client's key.
    pub key_file: Option<PathBuf>,
    /// Accept any certificate.
    pub insecure_skip_verify: bool,
}

/// Proxies, as URLs that may hold credentials. `Debug` shows only whether they are set.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// For `http://`.
    pub http: Option<String>,
    /// For `https://`.
    pub https: Option<String>,
    /// Hosts, domains and networks spoken to directly, comma-separated.
    pub no_proxy: Option<String>,
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (http, https) = (self.http.is_some(), self.https.is_some());
        f.debug_struct("Proxies").field("http", &http).field("https", &https).field("no_proxy", &self.no_proxy).finish()
    }
}

/// How long to wait for a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection, TLS included.
    pub connect: Duration,
    /// Between two pieces of a response.
    pub read: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), read: Duration::from_secs(30) }
    }
}

/// How often and when to try again after a failed connection, 429 or 5xx.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// Tries after the first one.
    pub count: u32,
    /// The longest wait before the second try; it doubles for each further one.
    pub first_wait: Duration,
    /// The longest wait of all, also when a server's `Retry-After` asks for one: above it the request fails at once.
    pub longest_wait: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self { count: 3, first_wait: Duration::from_millis(500), longest_wait: Duration::from_secs(30) }
    }
}

/// How many bytes a response may have, after decompression by the transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// An `index.yaml`.
    pub index_bytes: u64,
    /// A chart archive.
    pub package_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { index_bytes: 128 << 20, package_bytes: 100 << 20 }
    }
}

impl Default for Options {
    /// Nothing from the environment: no cache, no configuration files, no proxies.
    fn default() -> Self {
        Self {
            credentials: None,
            pass_credentials_all: false,
            tls: Tls::default(),
            plain_http: false,
            devel: false,
            offline: false,
            cache_dir: None,
            repository_config: None,
            registry_config: None,
            docker_config: None,
            proxies: Proxies::default(),
            timeouts: Timeouts::default(),
            retries: Retries::default(),
            limits: Limits::default(),
            folder: FolderLimits::default(),
        }
    }
}

impl Options {
    /// The defaults with what this process' environment says about files and proxies.
    pub fn from_environment() -> Self {
        Self::from_variables(&|name| std::env::var_os(name).filter(|value| !value.is_empty()))
    }

    fn from_variables(variable: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let path = |name: &str| variable(name).map(PathBuf::from);
        let text = |name: &str| variable(name).or_else(|| variable(&name.to_ascii_lowercase())).and_then(|value| value.into_string().ok());
        let platform = etcetera::base_strategy::choose_native_strategy().ok();
        let helm_config = path("HELM_CONFIG_HOME")
            .or_else(|| path("XDG_CONFIG_HOME").map(|dir| dir.join("helm")))
            .or_else(|| platform.as_ref().map(|platform| platform.config_dir().join("helm")));
        let in_helm_config = |file: &str| helm_config.as_ref().map(|dir| dir.join(file));
        let docker_dir = path("DOCKER_CONFIG").or_else(|| platform.as_ref().map(|platform| platform.home_dir().join(".docker")));
        Self {
            cache_dir: path("CHARTSHIFT_CACHE_DIR")
                .or_else(|| path("XDG_CACHE_HOME").map(|dir| dir.join("chartshift")))
                .or_else(|| platform.as_ref().map(|platform| platform.cache_dir().join("chartshift"))),
            repository_config: path("HELM_REPOSITORY_CONFIG").or_else(|| in_helm_config("repositories.yaml")),
            registry_config: path("HELM_REGISTRY_CONFIG").or_else(|| in_helm_config("registry/config.json")),
            docker_config: docker_dir.map(|dir| dir.join("config.json")),
            proxies: Proxies {
                // A CGI program's HTTP_PROXY is a request header somebody sent (httpoxy).
                http: if variable("REQUEST_METHOD").is_some() { None } else { text("HTTP_PROXY") },
                https: text("HTTPS_PROXY"),
                no_proxy: text("NO_PROXY"),
            },
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(variables: &[(&str, &str)]) -> Options {
        Options::from_variables(&|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn helms_files_are_found_in_helms_order() {
        let all = options(&[
            ("HELM_REPOSITORY_CONFIG", "/r.yaml"),
            ("HELM_CONFIG_HOME", "/helm"),
            ("XDG_CONFIG_HOME", "/xdg"),
            ("DOCKER_CONFIG", "/docker"),
            ("CHARTSHIFT_CACHE_DIR", "/cache"),
        ]);
        assert_eq!(all.repository_config, Some("/r.yaml".into()));
        assert_eq!(all.registry_config, Some("/helm/registry/config.json".into()));
        assert_eq!(all.docker_config, Some("/docker/config.json".into()));
        assert_eq!(all.cache_dir, Some("/cache".into()));
        let xdg = options(&[("XDG_CONFIG_HOME", "/xdg"), ("XDG_CACHE_HOME", "/xc")]);
        assert_eq!(xdg.repository_config, Some("/xdg/helm/repositories.yaml".into()));
        assert_eq!(xdg.cache_dir, Some("/xc/chartshift".into()));
    }

    #[test]
    fn proxies_come_in_either_case_and_not_from_a_request() {
        let proxies = options(&[("https_proxy", "http://p:1"), ("HTTP_PROXY", "http://p:2"), ("no_proxy", "a.b")]).proxies;
        let expected = Proxies { http: Some("http://p:2".into()), https: Some("http://p:1".into()), no_proxy: Some("a.b".into()) };
        assert_eq!(proxies, expected);
        assert_eq!(options(&[("REQUEST_METHOD", "GET"), ("HTTP_PROXY", "http://p:2")]).proxies.http, None);
    }

    #[test]
    fn debug_shows_no_secret() {
        let options = Options {
            credentials: Some(Credentials { username: "someone".into(), password: "hunter2".into() }),
            proxies: Proxies { http: Some("http://someone:hunter2@proxy".into()), ..Proxies::default() },
            ..Options::default()
        };
        let shown = format!("{options:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("someone"), "{shown}");
    }
}
