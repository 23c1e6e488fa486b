#!/usr/bin/env python3
"""What a review says of every scenario of the corpus' pairs: what got worse, which rules say so, their causes and fixes; and what it costs.

    cargo build --release && python3 tests/benches/scenarios.py > table.md

One row for each finding that names a pod whose identity got worse by the scenario's truth (real Helm's renders, read by an independent
program). Then what must not be: a worsened pod that no finding of medium or above names, and a finding of high or above without a cause;
either makes the exit status 1. Last the CPU time of all scenarios.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LEVELS = ["info", "low", "medium", "high", "critical"]
LOUD = LEVELS[2:]
WORST = LEVELS[3:]


def worse(sides):
    """The fields of one pod that got worse."""
    old, new = sides["old"], sides["new"]
    if not old or not new:
        return []
    fields = {
        "account": old["serviceAccountName"] != new["serviceAccountName"],
        "client id": old["clientId"] and old["clientId"] != new["clientId"],
        "use label": old["useLabel"] and not new["useLabel"],
        "token mount": old["automount"] is True and new["automount"] is False,
    }
    return [field for field, is_worse in fields.items() if is_worse]


def review(command, corpus, scenario):
    """The report of one scenario, or None when there is none, and the user's CPU seconds of making it."""
    name, old, new = re.match(r"(.+?)-(v?\d+\..*?)-(v?\d+\..*)$", scenario.parent.name).groups()
    archives = [corpus / f"charts/{name}-{version}.tgz" for version in (old, new)]
    values = scenario / "values.yaml"
    more = ["-f", values] if values.exists() else []
    before = os.times()
    made = subprocess.run(
        [*command, *archives, "--release-name", name, "--namespace", "review", *more, "-o", "json"], capture_output=True, check=False
    )
    after = os.times()
    seconds = after.children_user - before.children_user + after.children_system - before.children_system
    try:
        return json.loads(made.stdout), seconds
    except ValueError:
        return None, seconds


def cause(one):
    """A cause in a few words."""
    if one["kind"] == "value":
        return f"default `{one['path']}`"
    if one["kind"] == "template":
        return f"template `{one['file']}:{','.join(map(str, one['lines']))}`"
    return f"`{one['path']}` {one['old'] or '-'} → {one['new'] or '-'}"


def fix(finding):
    """The fix and whether it was seen to work."""
    found = finding["fix"]
    if not found or not found["verified"]:
        return "none: " + ((found or {}).get("unverified") or "nothing was tried")
    only = f", only as {found['onlyAs']}" if found["onlyAs"] else ""
    return f"verified{only}: " + " ".join(f"`{flag}`" for flag in found["set"])


def rows(scenario, report):
    """The rows of one scenario, and the workloads that got worse without a loud finding; none of either where Helm refuses a side."""
    truth = json.loads((scenario / "truth.json").read_bytes())
    where = f"{scenario.parent.name}/{scenario.name}"
    bad = {name: fields for name, sides in truth.get("workloads", {}).items() if (fields := worse(sides))}
    found, told = [], set()
    for finding in report["findings"]:
        named = [name for name in finding["workloads"] if name in bad]
        if not named or finding["severity"] not in LOUD:
            continue
        told.update(named)
        fields = sorted({field for name in named for field in bad[name]})
        causes = "; ".join(map(cause, finding["causes"])) or "**none**"
        level = f"{finding['severity']}, {finding['confidence']}"
        found.append([where, f"{len(named)} of {len(bad)} pods: {', '.join(fields)}", finding["rule"], level, causes, fix(finding)])
    return found, [f"{where}: {name} ({', '.join(bad[name])})" for name in bad if name not in told]


def without_cause(scenario, report):
    """Findings of high or above without a cause."""
    loud = [finding for finding in report["findings"] if finding["severity"] in WORST and not finding["causes"]]
    where = f"{scenario.parent.name}/{scenario.name}"
    return [f"{where}: {one['rule']} ({one['severity']}, {one['confidence']}) of {', '.join(one['workloads']) or 'no pod'}" for one in loud]


def unfixed(scenario, report):
    """Findings of high or above without a verified fix."""
    loud = [finding for finding in report["findings"] if finding["severity"] in WORST and not (finding["fix"] or {}).get("verified")]
    return [f"{one['rule']} ({one['severity']}, {one['confidence']})" for one in loud]


def table(title, header, body):
    print(f"\n## {title}\n")
    print("| " + " | ".join(header) + " |\n|" + "---|" * len(header))
    for row in body:
        print("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")


def told(title, lines):
    print(f"\n## {title}: {len(lines)}\n")
    for line in lines:
        print(f"- {line}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--command", default=f"{ROOT / 'target/release/chartshift'} diff --helm-version 3.17")
    parser.add_argument("--corpus", type=pathlib.Path, default=ROOT.parent / "shared/corpus")
    parser.add_argument("--only", default="", help="only scenarios with this in their name")
    options = parser.parse_args()
    scenarios = sorted(path for path in options.corpus.glob("pairs/*/*") if options.only in f"{path.parent.name}/{path.name}")
    if not scenarios:
        print("skipped: no corpus")
        return 0
    body, silent, causeless, fixless, failed, total, most = [], [], [], collections.Counter(), [], 0.0, (0.0, "")
    for scenario in scenarios:
        report, seconds = review(shlex.split(options.command), options.corpus, scenario)
        total += seconds
        most = max(most, (seconds, f"{scenario.parent.name}/{scenario.name}"))
        if report is None:
            failed.append(f"{scenario.parent.name}/{scenario.name}")
            continue
        found, missed = rows(scenario, report)
        body += found
        silent += missed
        causeless += without_cause(scenario, report)
        fixless.update(unfixed(scenario, report))
    print(f"# {len(scenarios)} scenarios, {total:.2f} s of CPU time in all; the longest took {most[0]:.2f} s: {most[1]}")
    table("Worsened identities", ["scenario", "what got worse", "rule", "level", "cause", "fix"], body)
    told("Worsened pods that no finding of medium or above names", silent)
    told("Findings of high or above without a cause", causeless)
    told("Findings of high or above without a verified fix", [f"{count} times {what}" for what, count in fixless.most_common()])
    told("No report", failed)
    return 1 if silent or causeless or failed else 0


if __name__ == "__main__":
    sys.exit(main())
