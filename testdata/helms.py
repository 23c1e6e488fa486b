"""Asks several real Helms what they print for a small chart. Shared by the regenerating scripts of testdata/coalesce and testdata/profiles.

The Helms are given on the command line as `3.17=PATH 3.19=PATH 4.2=PATH`. 3.17 is the published binary of 3.17.3; 3.19 and 4.2 are 3.19.5 and
4.2.4, built as their makers build them, as far as it shows: 3.19.5 with Go 1.24 and

    -ldflags '-X helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=34'

without which it takes Kubernetes for 1.20.

A case is a dictionary with `name`, `chart` (path and text of each file), `args` (what follows `helm template`; `chart` is the chart's folder),
and if need be `files` (beside the chart) and `stdin`. The answer is added as `want`: a list of what they print, with the Helms (`helm`) that
print it: exit status (`code`, left out when 0), standard output (`out`), warnings (`log`, sorted, because Helm walks maps in random order), and
`error`, what follows `Error: `. Of a warning the place in Helm's sources is left out, and of an error that it could be debugged.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

PLACE = re.compile(r"^\w+\.go:\d+: ")
DEBUG = "\n\nUse --debug flag to render out invalid YAML"
NAMES = ["3.17", "3.19", "4.2"]


def from_command_line():
    """The Helms by name."""
    helms = dict(argument.split("=", 1) for argument in sys.argv[1:])
    if sorted(helms) != NAMES:
        sys.exit(f"usage: {sys.argv[0]} " + " ".join(f"{name}=PATH" for name in NAMES))
    return helms


def write(folder, files):
    for path, text in files.items():
        file = pathlib.Path(folder) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())


def ask_one(helm, case, folder):
    """What one Helm prints."""
    home = {f"HELM_{kind}_HOME": f"{folder}/home/{kind}" for kind in ("CACHE", "CONFIG", "DATA")}
    environment = {"PATH": os.environ["PATH"], "HOME": folder, "TZ": "UTC", "KUBECONFIG": "/dev/null", **home, **case.get("env", {})}
    done = subprocess.run([helm, "template", *case["args"]], cwd=folder, env=environment, capture_output=True, input=case.get("stdin", "").encode())
    log, found, error = done.stderr.decode().partition("Error: ")
    log = log.split("\n")
    answer = {"out": done.stdout.decode(), "log": sorted(PLACE.sub("", line) for line in log if line)}
    if done.returncode:
        answer["code"] = done.returncode
    if found:
        answer["error"] = error.rstrip("\n").removesuffix(DEBUG)
    return answer


def ask(helms, case, times=1):
    """The case with the answers of all; None when one of them answers differently when asked again."""
    want = []
    with tempfile.TemporaryDirectory() as folder:
        write(folder, {f"chart/{path}": text for path, text in case.get("chart", {}).items()})
        write(folder, case.get("files", {}))
        for name in NAMES:
            answers = [ask_one(helms[name], case, folder) for _ in range(times)]
            if any(answer != answers[0] for answer in answers):
                return None
            same = next((known for known in want if {**known, "helm": None} == {**answers[0], "helm": None}), None)
            if same:
                same["helm"].append(name)
            else:
                want.append({"helm": [name], **answers[0]})
    return {**case, "want": [{key: value for key, value in one.items() if value or key == "out"} for one in want]}


def save(path, cases):
    path.write_text("".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases))
