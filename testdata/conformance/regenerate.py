#!/usr/bin/env python3
"""Lets real Helm (3.17, on PATH) execute many small templates, and writes what each gives to FAMILY.jsonl.

The templates come from tables/*.txt, one a line; a line that doesn't begin with `{{` stands for the one action `{{ LINE }}`. tables/calls.txt has one call of
every function, from which awkward ones are derived; pairs for merging and numbers for formatting are made here. A line of FAMILY.jsonl has the
`template` and what Helm prints (`want`, or `want64` where it is not UTF-8) or the `error` it ends with, without the words `Error: `. All see
values.yaml and the definitions of shared.tpl, in a file called c/templates/t.yaml.

Usage: regenerate.py [--all] [FAMILY…]. Without --all only templates without an answer are asked about.
"""

import base64
import concurrent.futures
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import zlib

HERE = pathlib.Path(__file__).parent
TABLES = HERE / "tables"
WORKERS = 2
BATCH = 40
CHART = "apiVersion: v2\nname: c\nversion: 0.1.0\n"
SHOWN_NAME = "c/templates/t.yaml"

AWKWARD = """nil .Values.missing .Values.nothing "" "text" 0 2 -1 1.5 .Values.number true (list) (list§1§"a"§nil) (dict) (dict§"k"§1) .Values
    (int64§3) (splitList§","§"a,b") .Values.list .Values.map .Values.text (until§2) .Values.emptyList .Values.fraction 'a'""".split()
AWKWARD = [text.replace("§", " ") for text in AWKWARD]
ALWAYS = AWKWARD[:2]
FURTHER = 5


def action(line):
    return line if line.startswith("{{") else "{{ " + line + " }}"


def words(call):
    """The words of a call, quoted and parenthesised ones whole."""
    found, depth, quote, start = [], 0, "", 0
    for at, c in enumerate(call + " "):
        if quote:
            quote = "" if c == quote and call[at - 1] != "\\" else quote
        elif c in "\"`":
            quote = c
        elif c in "()":
            depth += 1 if c == "(" else -1
        elif c == " " and depth == 0:
            if at > start:
                found.append(call[start:at])
            start = at + 1
    return found


def awkward_for(name, position, family):
    """A choice of awkward arguments that differs from place to place, so that all get their turn."""
    seed = zlib.crc32(f"{name}/{position}".encode())
    rest = AWKWARD[len(ALWAYS):]
    count = 1 if family == "certificates" else FURTHER
    return ALWAYS + [rest[(seed + step * 7) % len(rest)] for step in range(count)]


def derived(family, line):
    """A call and its awkward relatives."""
    call, _, shown = line.partition(" => ")
    wrap = (lambda text: shown.replace("@", text)) if shown else action
    name, *args = words(call)
    yield wrap(call)
    for position in range(len(args)):
        for text in awkward_for(name, position, family):
            yield wrap(" ".join([name, *args[:position], text, *args[position + 1:]]))
    if args:
        yield wrap(" ".join([name, *args[:-1]]))
        yield wrap(f"{args[-1]} | " + " ".join([name, *args[:-1]]))
        yield wrap(".Values.missing | " + " ".join([name, *args[:-1]]))
    yield wrap(call + ' "extra"')


def tables():
    """Templates by family."""
    families = {}
    for path in sorted(TABLES.glob("*.txt")):
        lines = [line for line in path.read_text().split("\n") if line and not line.startswith("#")]
        if path.name != "calls.txt":
            families.setdefault(path.stem, []).extend(map(action, lines))
            continue
        for line in lines:
            if line.startswith("["):
                family = line.strip("[]")
            else:
                families.setdefault(family, []).extend(derived(family, line))
    families["merge"] += merges()
    families["number-formatting"] = numbers()
    return {family: list(dict.fromkeys(templates)) for family, templates in families.items()}


def merges():
    values = ["nil", "false", "0", '""', '"x"', "(list)", "(list 1)", "(dict)", '(dict "x" 1)', '(dict "x" 0 "y" nil)']
    for function in ["merge", "mergeOverwrite"]:
        for old in values:
            for new in values:
                yield f'{{{{ {function} (dict "k" {old}) (dict "k" {new}) | toJson }}}}'


def numbers():
    chance = random.Random(3)
    texts = ["0", "-0", "1", "-1", "0.1", "0.5", "1.5", "2.5", "100", "1e5", "1e6", "1e7", "123456", "1234567", "12345678.9", "1e15", "1e16", "1e17"]
    texts += ["1e20", "1e21", "1e22", "1e-4", "1e-5", "1e-6", "1e-7", "1e-9", "9007199254740993", "9223372036854775807", "18446744073709551615"]
    texts += ["18446744073709551616", "1.7976931348623157e308", "5e-324", "2.2250738585072014e-308", "3.14159265358979", "inf", "-inf", "nan"]
    texts += ["0.000001", "0.00000123", "999999.5", "1000000.5", "99999.95", "0.30000000000000004", "123456789012345680000", "4294967296"]
    for _ in range(130):
        texts.append(repr(chance.uniform(-10, 10) * 10.0 ** chance.randint(-12, 25)))
        texts.append(str(chance.randint(-(10 ** chance.randint(1, 19)), 10 ** chance.randint(1, 19))))
    for text in texts:
        shown = "{{ $x }}|{{ toString $x }}|{{ quote $x }}|{{ toJson $x }}|{{ toYaml $x }}|{{ toYamlPretty $x }}|{{ toToml (dict \"a\" $x) }}"
        verbs = '{{ printf "%v %g %e %f %.3f %8.2f %.0f %+.2e %G %.5g %s %d" $x $x $x $x $x $x $x $x $x $x $x $x }}'
        yield f'{{{{ $x := float64 "{text}" }}}}{shown}|{verbs}|{{{{ print $x 1 }}}}|{{{{ cat $x }}}}'


def stands_alone(template):
    """Whether it could change what the others see: definitions and values are one for the whole chart."""
    return "define" in template or "block" in template or (".Values" in template and re.search(r"[sS]et|erge", template)) or "set ." in template


def helm(folder):
    environment = {**os.environ, "TZ": "UTC"}
    done = subprocess.run(["helm", "template", "r", str(folder)], capture_output=True, env=environment)
    return done.returncode, done.stdout, done.stderr


def file_name(index):
    # A name Helm never takes for a manifest, so that it doesn't read the text as YAML.
    return f"c{index:04}NOTES.txt"


def ask_batch(templates):
    """The answers to some templates that don't disturb each other."""
    answers = {}
    with tempfile.TemporaryDirectory() as folder:
        chart = pathlib.Path(folder) / "c"
        (chart / "templates").mkdir(parents=True)
        (chart / "Chart.yaml").write_text(CHART)
        (chart / "values.yaml").write_bytes((HERE / "values.yaml").read_bytes())
        (chart / "templates/_shared.tpl").write_bytes((HERE / "shared.tpl").read_bytes())
        for index, template in enumerate(templates):
            (chart / "templates" / file_name(index)).write_text(template)
        while len(answers) < len(templates):
            left = [index for index in range(len(templates)) if index not in answers]
            # Helm executes this file last; what can be printed, is.
            shown = "".join(f'a{index}: {{{{ include "c/templates/{file_name(index)}" . | b64enc }}}}\n' for index in left)
            (chart / "templates/all.yaml").write_text(shown)
            code, out, err = helm(chart)
            if code == 0:
                if helm(chart)[1] != out:
                    raise SystemExit(f"not the same twice: {[templates[index] for index in left]}")
                for index, text in re.findall(rb"^a(\d+): *(\S*)$", out, re.M):
                    answers[int(index)] = success(base64.b64decode(text))
                continue
            index, answer = failure(err.decode())
            if index is None and len(templates) > 1:
                middle = len(templates) // 2
                return ask_batch(templates[:middle]) + ask_batch(templates[middle:])
            index = index or 0
            if index in answers:
                raise SystemExit(f"unexpected: {err.decode()}")
            answers[index] = answer
            (chart / "templates" / file_name(index)).unlink()
    return [answers[index] for index in range(len(templates))]


def success(out):
    out = out.replace(b"<no value>", b"")
    try:
        return {"want": out.decode()}
    except UnicodeDecodeError:
        return {"want64": base64.b64encode(out).decode()}


def failure(err):
    """Whose the error is, where it says so, and its text as if its file had the common name."""
    text = err.partition("Error: ")[2].removesuffix("\n\nUse --debug flag to render out invalid YAML\n").removesuffix("\n")
    found = re.search(r"c(\d{4})NOTES\.txt", text)
    return int(found[1]) if found else None, {"error": re.sub(r"c/templates/c\d{4}NOTES\.txt", SHOWN_NAME, text)}


def ask(templates):
    """Each template with its answer."""
    alone = [[template] for template in templates if stands_alone(template)]
    shared = [template for template in templates if not stands_alone(template)]
    batches = alone + [shared[at:at + BATCH] for at in range(0, len(shared), BATCH)]
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for batch, answers in zip(batches, pool.map(ask_batch, batches)):
            yield from zip(batch, answers)


def main(arguments):
    everything = "--all" in arguments
    chosen = [word for word in arguments if word != "--all"]
    for family, templates in tables().items():
        if chosen and family not in chosen:
            continue
        path = HERE / f"{family}.jsonl"
        lines = path.read_text().split("\n")[:-1] if path.exists() and not everything else []
        known = {case.pop("template"): case for case in map(json.loads, lines)}
        known.update(ask([template for template in templates if template not in known]))
        with path.open("w") as out:
            for template in templates:
                out.write(json.dumps({"template": template, **known[template]}, ensure_ascii=False) + "\n")
        errors = sum("error" in known[template] for template in templates)
        print(f"{family}: {len(templates)} cases, {errors} of them errors", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
