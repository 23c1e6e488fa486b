#!/usr/bin/env python3
"""Times `chartshift pr` on a repository of 2,000 files and 300 releases in which a change moves 12 charts.

    cargo build --release && python3 tests/benches/pull_request.py

Needs git, `helm` on the PATH (for the index) and the chart corpus. Charts come from a web server on this machine; prints CPU (user plus
system, as the kernel counted it for the finished process) and peak memory of the run that fetches and of one that has everything in its
cache, and what the server was asked for.
"""

import argparse
import collections
import functools
import http.server
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import threading

import whole_process

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHARTS = ROOT.parent / "shared/corpus/charts"
RELEASES, FILES = 300, 2000
BUMPS = [
    ("thanos", "12.20.2", "12.20.4"), ("external-dns", "6.30.1", "6.31.0"), ("metallb", "4.1.9", "4.1.10"), ("kong", "6.0.2", "6.1.0"),
    ("grafana", "7.3.1", "7.3.2"), ("keda", "2.13.2", "2.14.0"), ("minio", "13.0.0", "13.0.1"), ("postgresql", "13.2.29", "13.2.30"),
    ("redis", "17.1.4", "17.1.5"), ("rabbitmq", "12.7.1", "12.8.0"), ("nginx", "15.6.1", "15.6.2"), ("mysql", "9.16.1", "9.16.2"),
]


class Server(http.server.ThreadingHTTPServer):
    """A folder over HTTP that counts what it is asked for."""

    def __init__(self, folder):
        self.asked = collections.Counter()
        super().__init__(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.SimpleHTTPRequestHandler):
    """Answers without a log."""

    def do_GET(self):
        self.server.asked[self.path] += 1
        super().do_GET()

    def log_message(self, *_):
        pass


def application(number, chart, version, url):
    return f"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {chart}-{number:03}
  namespace: argocd
spec:
  destination:
    namespace: team-{number % 20}
    server: https://kubernetes.default.svc
  source:
    repoURL: {url}
    chart: {chart}
    targetRevision: {version}
    helm:
      valueFiles: []
      values: |
        fullnameOverride: {chart}-{number:03}
"""


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def repository(folder, url):
    """Two commits on main: everything on the old version, then one release of each of twelve charts on the new one."""
    git = lambda *words: subprocess.run(["git", "-c", "user.name=bench", "-c", "user.email=bench@example.invalid", *words], cwd=folder, check=True, capture_output=True)
    git("init", "-q", "-b", "main")
    for number in range(RELEASES):
        chart, old, _ = BUMPS[number % len(BUMPS)]
        write(folder, f"clusters/team-{number % 20}/{chart}-{number:03}.yaml", application(number, chart, old, url))
    for number in range(FILES - RELEASES):
        text = f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings-{number}\ndata:\n" + "".join(f"  key-{line}: value {line}\n" for line in range(40))
        write(folder, f"manifests/{number % 50}/settings-{number}.yaml", text)
    git("add", "-A")
    git("commit", "-q", "-m", "old")
    for number, (chart, _, new) in enumerate(BUMPS):
        write(folder, f"clusters/team-{number % 20}/{chart}-{number:03}.yaml", application(number, chart, new, url))
    git("commit", "-q", "-a", "-m", "new")


def run(command, folder):
    """CPU seconds and peak MiB of one run, and the report that it wrote."""
    report = folder / "report.json"
    report.unlink(missing_ok=True)
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    words = [*command, "-o", f"json={report}"]
    seconds, mebibytes = whole_process.run(words, environment, folder / "repository", expected=("0", "1", "2"))
    return seconds, mebibytes, json.loads(report.read_text())


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--binary", type=pathlib.Path, default=ROOT / "target/release/chartshift")
    arguments.add_argument("--runs", type=int, default=5)
    arguments = arguments.parse_args()
    if not CHARTS.is_dir():
        print("skipped: no corpus")
        return
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        charts = scratch / "charts"
        charts.mkdir()
        for chart, old, new in BUMPS:
            for version in (old, new):
                shutil.copy(CHARTS / f"{chart}-{version}.tgz", charts)
        subprocess.run(["helm", "repo", "index", str(charts)], check=True)
        server = Server(charts)
        (scratch / "repository").mkdir()
        repository(scratch / "repository", f"http://127.0.0.1:{server.server_address[1]}")
        base = [str(arguments.binary.resolve()), "pr", "--base", "HEAD~1", "--head", "HEAD", "--fail-on", "never"]
        for title, more, warm in (("everything fetched", [], False), ("everything in the cache, offline", ["--offline"], True)):
            figures = []
            for number in range(arguments.runs + warm):
                cache = scratch / ("cache" if warm else f"cache-{number}")
                server.asked.clear()
                first = warm and number == 0
                cpu, memory, report = run([*base, "--cache-dir", str(cache), *([] if first else more)], scratch)
                releases = sum(len(group["releases"]) for group in report["groups"])
                missing = [(group["chart"], group["missing"]) for group in report["groups"] if group["missing"]]
                assert releases == len(BUMPS) and not report["unreviewed"], (releases, report["unreviewed"])
                assert not missing, missing
                if not first:
                    figures.append((cpu, memory))
            most = max(server.asked.values(), default=0)
            cpu, memory = (statistics.median(column) for column in zip(*figures))
            print(f"pr, {FILES} files, {RELEASES} releases, {len(BUMPS)} bumps, {title}\n  CPU {cpu * 1000:.0f} ms (aim: under 3,000), peak {memory:.0f} MiB; "
                  f"{sum(server.asked.values())} requests, none more than {most} times")


if __name__ == "__main__":
    main()
