#!/usr/bin/env python3
"""Writes seeds for the fuzz targets to seeds/TARGET, made of testdata and of the few below: usage: seeds.py"""

import hashlib
import io
import json
import pathlib
import re
import tarfile

HERE = pathlib.Path(__file__).parent
TESTDATA = HERE.parent.parent / "testdata"
VALUES = (TESTDATA / "conformance/values.yaml").read_bytes()
# Of many like ones this share will do: a fuzzer starts with each.
EVERY = 7

TEMPLATES = """
{{- /* a */ -}} x {{/* b */}}
{{ if and .Values.on (not .Values.off) }}a{{ else if 1 }}b{{ else }}c{{ end }}
{{ range $i, $e := .Values.list }}{{ if eq $i 1 }}{{ continue }}{{ end }}{{ $e }}{{ break }}{{ else }}none{{ end }}
{{ with $x := .Values.map }}{{ $x.b.c }}{{ else with .Values.text }}{{ . }}{{ end }}
{{ define "a" }}{{ .x }}{{ end }}{{ block "b" . }}y{{ end }}{{ template "a" (dict "x" 1) }}{{ include "b" $ | nindent 2 }}
{{ $a := 0x1F }}{{ $a = 'x' }}{{ printf "%05.2f|%-8q|%x|%U|%*d" 1.5 "s" "t" 'u' 3 4 }}{{ 1i }}{{ 1e3 }}{{ `raw` }}
{{ tpl "{{ .Values.text | upper }}" . }}{{ .Files.Get "files/a.txt" }}{{ (.Files.Glob "**").AsConfig }}
{{ toYaml .Values | fromYaml | toJson | fromJson | toToml }}{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ $d }}
{{ regexReplaceAll "(a)(?P<n>b*)" "ab" "${n}$1" }}{{ splitList "," "a,b" | join "-" | b64enc | sha256sum }}
{{ merge (dict "a" (dict "b" 1)) .Values.map }}{{ dig "a" "b" "c" .Values }}{{ ternary 1 2 true | int64 | add 1 }}
{{ semverCompare ">=1.2-0 <2 || ^3" "1.2.3" }}{{ date "2006-01-02" (toDate "2006-01-02" "2024-02-29") }}
{{ repeat 100 "ab" | wrap 10 | trunc -5 }}{{ until 5 }}{{ untilStep 0 10 3 }}{{ seq 1 2 9 }}{{ urlParse "https://u@h:1/p?q#f" }}
{{ include "loop" . }}
{{ genPrivateKey "ecdsa" }}
{{ genCA "x" 1 }}
""".strip().split("\n")
YAML = ["a: &x {b: [1, 0x1F, ~, 'q', \"\\u00e9\\x41\"]}\nc: *x\n<<: *x\n", "a: |2-\n   x\n\n  y\nb: >+\n  z\n\n", "%YAML 1.1\n%TAG !e! tag:e,2000:\n---\n!e!x a: !!binary aGk=\n...\n---\n? [k]\n: v\n", "- - a\n  - b: c\n    d:\n    - e\n# end\n", "\ufeffa: 1\r\nb: 2001-12-14t21:59:43.10-05:00\r\n"]


def put(target, content):
    folder = HERE / "seeds" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha1(content).hexdigest()).write_bytes(content)


def archive(files, form=tarfile.GNU_FORMAT):
    """A tar archive: the target packs it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
        for path, content in files.items():
            entry = tarfile.TarInfo("demo/" + path)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue().rstrip(b"\0") + bytes(1024)


def case_files(text):
    """The files of a case of testdata/chart/cases."""
    parts = re.split(r"^== (.*)\n", text, flags=re.M)
    return {path: content.encode() for path, content in zip(parts[1::2], parts[2::2])}


def main():
    templates = TEMPLATES[:]
    for path in sorted((TESTDATA / "conformance").glob("*.jsonl")) + sorted((TESTDATA / "functions").glob("*.jsonl")):
        templates += [json.loads(line)["template"] for line in path.read_text().split("\n") if line][::EVERY]
    for template in templates:
        put("template_parser", template.encode())
        put("executor", template.encode() + b"\0" + VALUES)
    documents = YAML + [json.loads(line).get("yaml", "") for line in (TESTDATA / "yaml/cases.jsonl").read_text().split("\n") if line][::EVERY]
    for document in documents:
        put("yaml_reader", document.encode("utf-8", "surrogatepass"))
    for path in sorted((TESTDATA / "chart/cases").glob("*.txt")):
        files = case_files(path.read_text())
        put("archive_reader", archive(files))
        put("archive_reader", archive({"x" * 120 + "/" + name: content for name, content in files.items()}, tarfile.PAX_FORMAT))
    tree = TESTDATA / "render/tree/chart"
    put("archive_reader", archive({str(path.relative_to(tree)): path.read_bytes() for path in sorted(tree.rglob("*")) if path.is_file()}))


main()
