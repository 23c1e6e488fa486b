//! Debian's docker-registry. It is filled by `helm push` while it is open to everybody, and started again as a test wants it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::{Running, comes_up, free_port, make_certificates, run};

/// The user of registries that want one.
pub const USER: &str = "someone";
/// The user's password.
pub const PASSWORD: &str = "hunter2-secret";

/// Programs every test here needs.
pub const PROGRAMS: [&str; 2] = ["docker-registry", "helm"];

/// How a registry is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Open to everybody, without TLS.
    Open,
    /// With a user and a password.
    Basic,
    /// With TLS under a private authority.
    Tls,
    /// With tokens from the token server at this port.
    Token(u16),
}

/// A registry, its storage and its certificates.
pub struct Registry {
    /// `127.0.0.1:PORT`.
    pub host: String,
    /// Certificates, if any, configuration and storage.
    pub folder: TempDir,
    process: Running,
}

impl Registry {
    /// Starts one.
    pub fn start(kind: Kind) -> Self {
        Self::start_in(kind, tempfile::tempdir().unwrap())
    }

    fn start_in(kind: Kind, folder: TempDir) -> Self {
        if kind == Kind::Tls {
            make_certificates(folder.path());
        }
        for _ in 0..5 {
            let port = free_port();
            let config = write_config(kind, folder.path(), port);
            let log = fs::File::create(folder.path().join("log")).unwrap();
            let mut command = Command::new("docker-registry");
            command.arg("serve").arg(&config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
            let mut process = Running(command.spawn().unwrap());
            if comes_up(&mut process, port) {
                return Self { host: format!("127.0.0.1:{port}"), folder, process };
            }
        }
        panic!("docker-registry doesn't start:\n{}", fs::read_to_string(folder.path().join("log")).unwrap());
    }

    /// Packs a chart of this name and version and pushes it below `charts/`. Gives the archive's bytes.
    pub fn push_chart(&self, name: &str, version: &str) -> Vec<u8> {
        let work = tempfile::tempdir().unwrap();
        let chart = work.path().join(name);
        fs::create_dir_all(chart.join("templates")).unwrap();
        fs::write(chart.join("Chart.yaml"), format!("apiVersion: v2\nname: {name}\nversion: {version}\n")).unwrap();
        fs::write(chart.join("values.yaml"), format!("version: {version}\n")).unwrap();
        run(Command::new("helm").current_dir(work.path()).arg("package").arg(name));
        let archive = work.path().join(format!("{name}-{version}.tgz"));
        self.push_archive(&archive);
        fs::read(archive).unwrap()
    }

    fn push_archive(&self, archive: &Path) {
        let home = self.folder.path();
        let mut push = Command::new("helm");
        push.env("HELM_REGISTRY_CONFIG", home.join("no.json")).env("DOCKER_CONFIG", home).env("HELM_CACHE_HOME", home);
        run(push.args(["push", "--plain-http"]).arg(archive).arg(format!("oci://{}/charts", self.host)));
    }

    /// The same storage under another kind of registry, on another port.
    pub fn restart(self, kind: Kind) -> Self {
        drop(self.process);
        Self::start_in(kind, self.folder)
    }

    /// The file of a blob in the registry's storage, by its digest `sha256:…`.
    pub fn blob(&self, digest: &str) -> PathBuf {
        let hex = digest.strip_prefix("sha256:").unwrap();
        self.folder.path().join("storage/docker/registry/v2/blobs/sha256").join(&hex[..2]).join(hex).join("data")
    }
}

/// A file of Docker's shape with the user's password for a registry.
pub fn login_file(host: &str) -> String {
    serde_json::json!({ "auths": { host: { "username": USER, "password": PASSWORD } } }).to_string()
}

fn write_config(kind: Kind, folder: &Path, port: u16) -> PathBuf {
    let path = |name: &str| folder.join(name).display().to_string();
    let more = match kind {
        Kind::Open => String::new(),
        Kind::Basic => {
            let line = run(Command::new("htpasswd").args(["-Bbn", USER, PASSWORD])).stdout;
            fs::write(folder.join("htpasswd"), line).unwrap();
            format!("auth:\n  htpasswd:\n    realm: test\n    path: {}\n", path("htpasswd"))
        }
        Kind::Tls => format!("  tls:\n    certificate: {}\n    key: {}\n", path("server.pem"), path("server.key")),
        Kind::Token(tokens) => format!(
            "auth:\n  token:\n    realm: http://127.0.0.1:{tokens}/token\n    service: test-registry\n    issuer: test-issuer\n    rootcertbundle: {}\n",
            path("token.pem")
        ),
    };
    let text = format!(
        "version: 0.1\nlog:\n  level: info\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: 127.0.0.1:{port}\n{more}",
        path("storage")
    );
    let file = folder.join("config.yml");
    fs::write(&file, text).unwrap();
    file
}
