#!/usr/bin/env python3
"""Asks real Helms whether values meet schemas, and writes what they say to cases.jsonl.

The questions are in questions.py: a schema and values, or a whole chart. Each Helm gets each question; an answer is null where it accepts the
values, else its message without `Error: `. Helm walks objects in random order, so lines of one level are sorted; so are the names in
`additional properties 'b', 'a' not allowed`. A Helm that dies of the question (a stack that overflows, a panic) has `crash` for an answer.
Questions that have answers keep them, unless cases.jsonl is removed first.

Usage: regenerate.py VERSION=PROGRAM…, such as regenerate.py 3.17=helm 3.19=/opt/helm-3.19/helm 4.2=/opt/helm-4.2/helm
"""

import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from questions import QUESTIONS

HERE = pathlib.Path(__file__).parent
CHART = "apiVersion: v2\nname: c\nversion: 0.1.0\n"
LINE = re.compile(r"^( *)- ")
LISTED = re.compile(r"additional properties ('.*') not allowed$")


def sort_lines(text):
    """The text with the lines of one level in order, each followed by those below it."""
    root = []
    stack = [(-1, root)]
    for line in text.rstrip("\n").split("\n"):
        found = LINE.match(line)
        if not found:
            stack = [(-1, root)]
            root.append((line, []))
            stack.append((-0.5, root[-1][1]))
            continue
        listed = LISTED.search(line)
        if listed:
            line = line.replace(listed[1], ", ".join(sorted(listed[1].split(", "))))
        depth = len(found[1])
        while stack[-1][0] >= depth:
            stack.pop()
        node = (line, [])
        stack[-1][1].append(node)
        stack.append((depth, node[1]))

    def lines(nodes, top):
        for line, below in nodes if top else sorted(nodes, key=lambda node: (node[0], list(lines(node[1], False)))):
            yield line
            yield from lines(below, False)

    return "\n".join(lines(root, True))


def ask(program, question):
    with tempfile.TemporaryDirectory() as folder:
        chart = pathlib.Path(folder) / "c"
        files = {"Chart.yaml": CHART, **question["files"]}
        for name, text in files.items():
            path = chart / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (chart / "templates").mkdir(exist_ok=True)
        values = pathlib.Path(folder) / "values.yaml"
        values.write_text(question["values"])
        command = [program, "template", "x", str(chart), "-f", str(values), *question["flags"]]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        errors = done.stderr
        if done.returncode == 0:
            return None
        if "fatal error: stack overflow" in errors or errors.startswith("panic: "):
            return "crash"
        start = errors.index("Error: ")
        return sort_lines(errors[start + len("Error: ") :])


def main():
    helms = dict(argument.split("=", 1) for argument in sys.argv[1:])
    if not helms:
        sys.exit(__doc__)
    path = HERE / "cases.jsonl"
    cases = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    known = {case["name"]: case for case in cases}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:

        def answers(question):
            case = known.get(question["name"])
            if case and {key: case[key] for key in question} == question and set(helms) <= set(case["want"]):
                return case["want"]
            return {name: ask(program, question) for name, program in helms.items()}

        found = list(pool.map(answers, QUESTIONS))
    lines = (json.dumps({**question, "want": want}, ensure_ascii=False, sort_keys=True) for question, want in zip(QUESTIONS, found))
    path.write_text("".join(line + "\n" for line in lines))


if __name__ == "__main__":
    main()
