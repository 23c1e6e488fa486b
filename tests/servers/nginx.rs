//! Debian's nginx, serving a Helm repository that `helm repo index` made.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use super::{Running, comes_up, free_port, make_certificates, run};

/// The user of repositories that want one.
pub const USER: &str = "someone";
/// The user's password, with characters that a URL must escape.
pub const PASSWORD: &str = "hunter2/s:e@cret";

/// Programs every test here needs.
pub const PROGRAMS: [&str; 4] = ["nginx", "htpasswd", "openssl", "helm"];

/// How long the log must stay as it is to be taken for whole.
const SETTLED: std::time::Duration = std::time::Duration::from_millis(500);

/// How a repository is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Serving {
    /// Open to everybody, without TLS.
    Open,
    /// With a user and a password.
    Basic,
    /// With TLS under a private authority.
    Tls,
    /// With TLS, for those who show a certificate of the same authority.
    TlsWithClientCertificate,
}

/// A served folder.
pub struct Nginx {
    /// `http://127.0.0.1:PORT/charts` or the same with `https`.
    pub url: String,
    folder: TempDir,
    _process: Running,
}

impl Nginx {
    /// Starts one whose folder has the charts `thanos` and `alpine` in several versions, and its index.
    pub fn start(serving: Serving) -> Self {
        Self::start_with(serving, make_charts)
    }

    /// Starts one whose folder `fill` fills.
    pub fn start_with(serving: Serving, fill: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let charts = folder.path().join("root/charts");
        fs::create_dir_all(&charts).unwrap();
        fill(&charts);
        prepare(serving, folder.path());
        for _ in 0..5 {
            let port = free_port();
            let config = write_config(serving, folder.path(), port);
            let mut command = Command::new("nginx");
            command.arg("-p").arg(folder.path()).arg("-c").arg(config).arg("-e").arg(folder.path().join("error.log"));
            let mut process = Running(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
            if comes_up(&mut process, port) {
                let scheme = if matches!(serving, Serving::Open | Serving::Basic) { "http" } else { "https" };
                return Self { url: format!("{scheme}://127.0.0.1:{port}/charts"), folder, _process: process };
            }
        }
        panic!("nginx doesn't start:\n{}", fs::read_to_string(folder.path().join("error.log")).unwrap());
    }

    /// A file next to the served folder: `ca.pem`, `client.pem`, `client.key`.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// An archive as it is served.
    pub fn archive(&self, name: &str, version: &str) -> Vec<u8> {
        fs::read(self.folder.path().join(format!("root/charts/{name}-{version}.tgz"))).unwrap()
    }

    /// The paths asked for so far, in order.
    pub fn requests(&self) -> Vec<String> {
        // nginx writes a line after it has answered: the last one may be on its way.
        let read = || fs::read_to_string(self.folder.path().join("access.log")).unwrap();
        let mut log = read();
        loop {
            std::thread::sleep(SETTLED);
            let later = read();
            if later == log {
                return log.lines().map(str::to_owned).collect();
            }
            log = later;
        }
    }
}

/// The versions of the chart `thanos`.
pub const VERSIONS: [&str; 5] = ["12.20.2", "12.20.4", "12.21.0+build.1", "13.0.0-rc.1", "9.1.0"];

fn make_charts(charts: &Path) {
    VERSIONS.iter().for_each(|version| fs::write(charts.join(format!("thanos-{version}.tgz")), pack("thanos", version)).unwrap());
    fs::write(charts.join("alpine-0.1.0.tgz"), pack("alpine", "0.1.0")).unwrap();
    run(Command::new("helm").args(["repo", "index"]).arg(charts));
}

fn prepare(serving: Serving, folder: &Path) {
    match serving {
        Serving::Open => {}
        Serving::Basic => drop(run(Command::new("htpasswd").current_dir(folder).args(["-cbm", "users", USER, PASSWORD]))),
        Serving::Tls | Serving::TlsWithClientCertificate => make_certificates(folder),
    }
}

/// A chart archive.
pub fn pack(name: &str, version: &str) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let files = [
        ("Chart.yaml", format!("apiVersion: v2\nname: {name}\nversion: {version}\ndescription: {}\n", "a chart for tests ".repeat(8))),
        ("values.yaml", format!("version: {version}\n")),
    ];
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, format!("{name}/{path}"), text.as_bytes()).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

fn write_config(serving: Serving, folder: &Path, port: u16) -> PathBuf {
    let certificates = "ssl_certificate server.pem; ssl_certificate_key server.key;";
    let (listen, more) = match serving {
        Serving::Open => ("", String::new()),
        Serving::Basic => ("", "auth_basic charts; auth_basic_user_file users;".to_owned()),
        Serving::Tls => (" ssl", certificates.to_owned()),
        Serving::TlsWithClientCertificate => (" ssl", format!("{certificates} ssl_client_certificate ca.pem; ssl_verify_client on;")),
    };
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|kind| format!("{kind}_temp_path {kind};\n")).concat();
    let text = format!(
        "daemon off; master_process off; pid nginx.pid; error_log error.log;\nevents {{}}\nhttp {{\n{temporary}\
         log_format paths '$status $uri'; access_log access.log paths;\n\
         server {{ listen 127.0.0.1:{port}{listen}; root root; {more} }}\n}}\n"
    );
    let file = folder.join("nginx.conf");
    fs::write(&file, text).unwrap();
    file
}
