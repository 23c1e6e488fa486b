#!/usr/bin/env python3
"""Lets real Helm (3.17, on PATH) write generated documents as YAML, JSON and TOML, and writes what it made to cases.jsonl.

A line has the document as `json` and what each function of FUNCTIONS makes of it (`toToml` of a dictionary with it
under `document`); `again` is what `fromYaml (toYaml …)` reads, as JSON. The documents are the same each time. Usage: regenerate.py
"""

import base64
import json
import pathlib
import random
import subprocess
import tempfile

HERE = pathlib.Path(__file__).parent
COUNT = 700
FUNCTIONS = ["toYaml", "toYamlPretty", "toJson", "toPrettyJson", "toRawJson", "toToml"]
# TOML is a table at least.
EXPRESSIONS = ['toToml (dict "document" $d)' if name == "toToml" else f"{name} $d" for name in FUNCTIONS]
WORDS = """the quick brown fox jumps over a lazy dog value name image registry.example.com/app:v1.2 http://example.com/path?q=1 true null yes no on off
    ~ 1 1.5 0x1f 010 1e3 .5 2020-01-01 12:30 - -- --- ... ? : , [ ] { } & * # ! | > ' " % @ ` \\ = << $(VAR) {{ .x }} é 日本 😀 key=value a: b# #c""".split()
ODD = ["", " ", "\n", "\n\n", "\t", "a\tb", "a\nb", "a\nb\n", "a\n\n\nb\n\n", " a\nb", "a \nb", "a\n b", "\na", "a\n", " a", "a ", "a\r\nb", "\r", "x\u0000y"]
ODD += ["\u0085", "a\u0085b", "\u2028", "a\u00a0b", "\ufeff", "a\ufeffb", "\u00ad", "\ud7ff", "\ue000", "\ufffd", "😀", "a😀\nb", "#", "a #b", "a# b", "- a", "-a"]
ODD += ["? a", "?a", ": a", ":a", "a:", "a: b", "a:b", "'", "''", "'a", "a'b", '"', '"a"', "\\", "a\\b", "\\n", "@a", "`a", "%a", "!a", "!!str", "&a", "*a", "|", ">"]
ODD += ["|-", "---", "--- a", "...", "... a", "=", "<<", "{a", "a{", "[a", "a]", ",a", "a,", "true", "True", "TRUE", "tRue", "y", "Y", "yes", "n", "on", "null"]
ODD += ["Null", "~", "nul", "0", "-0", "+1", "01", "08", "0o17", "0b11", "0x", "0xg", "1_000", "1__0", "_1", "1.", ".1", ".", "1e", "1e5", "1.5e+3", ".inf", "-.Inf"]
ODD += [".nan", ".NaN", "nan", "inf", "12:30:45", "1:2", "1:99", "190:20:30.15", "2020-01-01T00:00:00Z", "2020-1-1", "2020-01-01 00:00:00", "1.2.3", "1,000", "9" * 30]
KEYS = ["a", "b", "A", "a1", "a2", "a10", "a01", "a-b", "a_b", "a.b", "ab", "1", "10", "9", "true", "null", "", " ", "é", "日", "x/y", "x: y", "#x", "y", "-", "a b", "name", "labels"]
KEYS += ["app.kubernetes.io/name", "v1", "v1beta1", "v2", "long" * 33, "multi\nline", "q'q", 'd"d', "0x1f", "1.5", "~", "<<", "*", "Z", "z9z", "z10z"]


def text(chance):
    kind = chance.random()
    if kind < 0.25:
        return chance.choice(ODD)
    if kind < 0.5:
        return " ".join(chance.choice(WORDS) for _ in range(chance.randint(1, 4)))
    if kind < 0.75:
        return " ".join(chance.choice(WORDS) for _ in range(chance.randint(10, 60)))
    if kind < 0.9:
        lines = [" " * chance.choice([0, 0, 0, 2, 1]) + " ".join(chance.choice(WORDS) for _ in range(chance.randint(0, 25))) for _ in range(chance.randint(2, 6))]
        return "\n".join(lines) + "\n" * chance.choice([0, 0, 1, 1, 2])
    return (chance.choice(["", " ", "  "]) + "".join(chance.choice("ab \n:#-'\"é\t😀\\") for _ in range(chance.randint(1, 12))) + chance.choice(["", " ", "\n"]))


def number(chance):
    return chance.choice([
        lambda: chance.randint(-10, 100000),
        lambda: chance.randint(-(2**63), 2**63),
        lambda: chance.uniform(-1, 1) * 10.0 ** chance.randint(-10, 25),
        lambda: chance.choice([0, 1.0, 1e6, 1e20, 1e21, 1e-6, 1e-7, 0.1, 123456.5, 8080, 65535, 1e100]),
    ])()


def document(chance, depth):
    kind = chance.random()
    if depth > 0 and kind < 0.35:
        return {chance.choice(KEYS): document(chance, depth - 1) for _ in range(chance.choice([0, 1, 2, 3, 5, 8]))}
    if depth > 0 and kind < 0.55:
        return [document(chance, depth - 1) for _ in range(chance.choice([0, 1, 2, 3, 4]))]
    if kind < 0.85:
        return text(chance)
    return number(chance) if kind < 0.93 else chance.choice([None, True, False])


def documents():
    chance = random.Random(17)
    made = [*ODD, *({"key": odd} for odd in ODD[::2]), {key: index for index, key in enumerate(KEYS)}]
    while len(made) < COUNT:
        made.append(document(chance, chance.choice([1, 2, 3, 4])))
    return made


def main():
    texts = [json.dumps(made, ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u0085", "\\u0085") for made in documents()]
    shown = "".join(f" {{{{ {one} | b64enc | quote }}}}" for one in EXPRESSIONS)
    template = f'{{{{ range splitList "\\n" (.Files.Get "documents") }}}}{{{{ $d := mustFromJson . }}}}-{shown} {{{{ toYaml $d | fromYaml | toJson | b64enc | quote }}}}\n{{{{ end }}}}'
    with tempfile.TemporaryDirectory() as folder:
        chart = pathlib.Path(folder)
        (chart / "templates").mkdir()
        (chart / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\n")
        (chart / "documents").write_text("\n".join(texts))
        # Notes are not read as YAML; they are asked for through `include`.
        (chart / "templates/allNOTES.txt").write_text(template)
        (chart / "templates/all.yaml").write_text('all: {{ include "c/templates/allNOTES.txt" . | b64enc | quote }}')
        done = subprocess.run(["helm", "template", "r", folder], stdout=subprocess.PIPE, check=True)
    answers = base64.b64decode(done.stdout.split(b'"')[1]).decode().splitlines()
    assert len(answers) == len(texts)
    with (HERE / "cases.jsonl").open("w") as out:
        for source, answer in zip(texts, answers):
            made = [base64.b64decode(part.strip('"')).decode() for part in answer[2:].split()]
            out.write(json.dumps({"json": source, **dict(zip([*FUNCTIONS, "again"], made))}, ensure_ascii=False) + "\n")
    print(f"{len(texts)} documents")


if __name__ == "__main__":
    main()
