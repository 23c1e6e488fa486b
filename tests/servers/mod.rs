//! Real servers for tests, each on a free loopback port with a folder of its own, gone when dropped.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::unwrap_used, clippy::print_stderr, dead_code, unreachable_pub)]

pub mod gitea;
pub mod nginx;
pub mod outcome;
pub mod registry;
pub mod scripted;
pub mod tokens;

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

/// How long a server may take to come up.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// A program that is ended when this is dropped.
#[derive(Debug)]
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port nobody listens on. Another program could take it before it is used; servers that fail to start are started again.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits until a port is listened on; false when the program has ended or time is up.
pub fn comes_up(program: &mut Running, port: u16) -> bool {
    let start = Instant::now();
    while start.elapsed() < START_TIMEOUT {
        if program.0.try_wait().unwrap().is_some() {
            return false;
        }
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// Whether all these programs are here. When one is missing this says so and the test is to be left; with `CHARTSHIFT_REQUIRE_SERVERS=1`
/// it fails.
pub fn have(programs: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let missing = programs.iter().find(|program| !std::env::split_paths(&path).any(|folder| folder.join(program).is_file()));
    let Some(missing) = missing else { return true };
    assert!(std::env::var_os("CHARTSHIFT_REQUIRE_SERVERS").is_none_or(|value| value != "1"), "no {missing}");
    eprintln!("skipped: no {missing}");
    false
}

/// Runs a program that must succeed.
pub fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}\n{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Makes a private authority, a certificate for 127.0.0.1 and localhost and one for a client: `ca.pem`, `server.pem`, `server.key`,
/// `client.pem`, `client.key` in a folder.
pub fn make_certificates(folder: &Path) {
    let openssl = |arguments: &[&str]| run(Command::new("openssl").current_dir(folder).args(arguments));
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-batch"];
    let authority = ["req", "-x509", "-days", "2", "-subj", "/CN=test authority", "-keyout", "ca.key", "-out", "ca.pem"];
    openssl(&[&authority[..], &key[..]].concat());
    std::fs::write(folder.join("names"), "subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n").unwrap();
    for holder in ["server", "client"] {
        let [key_file, request, certificate] = ["key", "csr", "pem"].map(|kind| format!("{holder}.{kind}"));
        openssl(&[&["req", "-subj", "/CN=localhost", "-keyout", &key_file, "-out", &request][..], &key[..]].concat());
        let signed_by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names"];
        openssl(&[&["x509", "-req", "-days", "2", "-in", &request, "-out", &certificate][..], &signed_by[..]].concat());
    }
}
