#!/usr/bin/env python3
"""Asks real Helm (3.17, on PATH) what each template of templates.txt prints in each zone, and writes cases.jsonl.

The zone is what `$TZ` holds. A line `# only: ZONES` restricts the templates below it to these zones.
A line of cases.jsonl has the `template` and what is printed (`want`) by zone. Usage: regenerate.py
"""

import json
import os
import pathlib
import subprocess
import tempfile

HERE = pathlib.Path(__file__).parent
ZONES = ["Europe/Berlin", "America/St_Johns", ":Asia/Kolkata", "", "UTC", "Nowhere/Land", "CET-1CEST", "Etc/GMT+5"]


def cases():
    zones = ZONES
    for line in (HERE / "templates.txt").read_text().splitlines():
        if line.startswith("# only: "):
            zones = [zone for zone in ZONES if zone.lstrip(":") in line.removeprefix("# only: ").split()]
        elif not line.startswith("#"):
            yield {"template": line, "zones": zones}


def ask(zone, templates):
    with tempfile.TemporaryDirectory() as folder:
        chart = pathlib.Path(folder) / "c"
        (chart / "templates").mkdir(parents=True)
        (chart / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\n")
        (chart / "templates/t.yaml").write_text("".join(f"- {{{{ {template} | toString | quote }}}}\n" for template in templates))
        # Helm takes no list for a manifest.
        text = "l:\n" + (chart / "templates/t.yaml").read_text()
        (chart / "templates/t.yaml").write_text(text)
        done = subprocess.run(["helm", "template", "r", str(chart)], capture_output=True, env={**os.environ, "TZ": zone}, check=True)
    lines = [line.removeprefix("- ") for line in done.stdout.decode().splitlines() if line.startswith("- ")]
    return [json.loads(line.replace("\\x", "\\\\x")) for line in lines]


def main():
    known = list(cases())
    for case in known:
        case["want"] = {}
    for zone in ZONES:
        chosen = [case for case in known if zone in case["zones"]]
        for case, answer in zip(chosen, ask(zone, [case["template"] for case in chosen]), strict=True):
            case["want"][zone] = answer
    lines = [{"template": case["template"], "want": case["want"]} for case in known]
    (HERE / "cases.jsonl").write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    print(f"{len(lines)} templates, {sum(len(line['want']) for line in lines)} answers")


main()
