//! Finding one version in a large index: CPU time and memory of the whole process, against Helm on the same nginx.
//!
//! `cargo bench --bench index` makes an index of 300 charts with 200 versions each (about 20 MB), serves it, and prints a table. Needs nginx
//! and helm, and Linux: the figures come from `/proc`. CPU time is user and system time of the child processes, counted by the kernel in
//! ticks of 10 ms, so each row is the mean of several runs.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, missing_docs)]

#[path = "../tests/servers/mod.rs"]
mod servers;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use chartshift::fetch::{ChartRef, Digest, Options, RedactedUrl, Silent, fetch_one};
use servers::nginx::{Nginx, Serving, pack};

const CHARTS: usize = 300;
const VERSIONS: usize = 200;
const CHART: &str = "chart-150";
const VERSION: &str = "1.100.0";

/// The most CPU time the search may take, as a part of Helm's.
const PROMISED: f64 = 1.0 / 20.0;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [_, "find", url, cache @ ..] => find(url, cache.first().copied()),
        _ => compare(),
    }
}

/// The search, in a process of its own. Prints its peak memory in KiB.
fn find(url: &str, cache: Option<&str>) {
    let options = Options { cache_dir: cache.map(Into::into), ..Options::default() };
    let reference = ChartRef::parse(CHART, Some(VERSION), Some(&RedactedUrl::parse(url).unwrap())).unwrap();
    fetch_one(&reference, &options, &Silent::default()).unwrap();
    let status = fs::read_to_string("/proc/self/status").unwrap();
    println!("{}", status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim());
}

fn compare() {
    if !servers::have(&["nginx", "helm"]) {
        return;
    }
    let nginx = Nginx::start_with(Serving::Open, fill);
    let home = tempfile::tempdir().unwrap();
    let this = std::env::current_exe().unwrap();
    let ours = |arguments: &[&str]| {
        let mut command = Command::new(&this);
        command.args(["find", &nginx.url]).args(arguments);
        command
    };
    let helm = || {
        let mut command = Command::new("helm");
        let folders = ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"];
        command.envs(folders.map(|name| (name, home.path()))).env("GOMAXPROCS", "1");
        command.args(["show", "chart", CHART, "--version", VERSION, "--repo", &nginx.url]);
        command
    };
    println!("index.yaml: {CHARTS} charts, {VERSIONS} versions each, {:.1} MB", size(&nginx) as f64 / 1e6);
    let theirs = measure("helm show chart --repo", 3, None, helm);
    let plain = measure("chartshift, no cache", 20, Some(theirs), || ours(&[]));
    measure("chartshift, empty cache", 10, Some(theirs), || ours(&[tempfile::tempdir().unwrap().keep().to_str().unwrap()]));
    let cache = tempfile::tempdir().unwrap();
    run(&mut ours(&[cache.path().to_str().unwrap()]));
    measure("chartshift, index revalidated", 20, Some(theirs), || ours(&[cache.path().to_str().unwrap()]));
    assert!(plain <= theirs * PROMISED, "{plain:.3} s is more than 1/20 of Helm's {theirs:.3} s");
}

fn size(nginx: &Nginx) -> u64 {
    fs::metadata(nginx.file("root/charts/index.yaml")).unwrap().len()
}

/// The mean CPU seconds of a command.
fn measure(name: &str, runs: u32, against: Option<f64>, command: impl Fn() -> Command) -> f64 {
    let before = children_seconds();
    let printed = (0..runs).map(|_| run(&mut command())).last().unwrap();
    let seconds = (children_seconds() - before) / f64::from(runs);
    let ratio = against.map_or_else(String::new, |helm| format!("  1/{:.0} of Helm's", helm / seconds));
    let memory = against.map_or_else(String::new, |_| format!("  peak memory {}", printed.trim()));
    println!("{name:32} {seconds:7.3} s CPU{ratio}{memory}");
    seconds
}

fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// User and system time of the children that have ended, in seconds.
fn children_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[13..15].iter().map(|ticks| ticks.parse::<f64>().unwrap() / 100.0).sum()
}

/// An index in the shape that `helm repo index` writes, and the one archive that is asked for.
fn fill(charts: &Path) {
    let archive = pack(CHART, VERSION);
    fs::write(charts.join(format!("{CHART}-{VERSION}.tgz")), &archive).unwrap();
    let digest = Digest::of(&archive).hex();
    let mut text = String::from("apiVersion: v1\nentries:\n");
    for chart in 0..CHARTS {
        let _ = writeln!(text, "  chart-{chart}:");
        for version in (0..VERSIONS).rev() {
            let _ = write!(
                text,
                "  - apiVersion: v2\n    appVersion: 0.{version}.1\n    created: \"2026-01-02T03:04:05.678901234Z\"\n    \
                 description: 'A chart made for measuring, with a description that is folded where\n      Helm folds it: at eighty columns'\n    \
                 digest: {digest}\n    name: chart-{chart}\n    type: application\n    urls:\n    - chart-{chart}-1.{version}.0.tgz\n    version: 1.{version}.0\n"
            );
        }
    }
    fs::write(charts.join("index.yaml"), text + "generated: \"2026-01-02T03:04:05.678901234Z\"\n").unwrap();
}
