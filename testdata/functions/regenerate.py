#!/usr/bin/env python3
"""Asks real Helm what each template of cases.txt renders to, and writes FAMILY.jsonl beside this file.

usage: regenerate.py [HELM [FAMILY…]]      (HELM defaults to helm; it must be 3.17.3)

cases.txt holds one case a line: a template, with ⏎ for line breaks; `# family: NAME` begins a family, `# with: A ;; B` gives the operands
that take the place of § in the lines below, each in turn; other lines with # are notes.
Every case is one file of a chart. Helm stops at the first failing file, so a failing one is recorded with its message and taken
out, and Helm runs again; files are executed from the last to the first, so what failed says which came before it without fault.
Lines of the result: {"template": …, "want": …} or {"template": …, "error": …}; values.json holds the values all of them see.
"""
import base64, json, pathlib, re, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).parent
# Few in a chart, because Helm starts anew after each failure.
CHART_CASES = 20
HELM = sys.argv[1] if len(sys.argv) > 1 else "helm"


def read_cases():
    family, cases, operands = None, [], []
    for line in (HERE / "cases.txt").read_text().splitlines():
        if line.startswith("# family: "):
            family = line.removeprefix("# family: ").strip()
        elif line.startswith("# with: "):
            operands = line.removeprefix("# with: ").split(" ;; ")
        elif line.strip() and not line.startswith("# "):
            for operand in operands if "§" in line else [""]:
                cases.append((family, line.replace("§", operand).replace("⏎", "\n")))
    return cases


def run(chart):
    done = subprocess.run([HELM, "template", "rel", str(chart), "--namespace", "review"], capture_output=True)
    return done.stdout.decode("utf-8", "surrogateescape"), done.stderr.decode("utf-8", "replace")


def ask(cases):
    """Renders every case; each prints its output in base64, so that nothing is lost on the way."""
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        chart = pathlib.Path(folder) / "c"
        (chart / "templates").mkdir(parents=True)
        (chart / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\nappVersion: 1.10\nmaintainers: [{name: M, email: m@x}]\n")
        (chart / "values.yaml").write_text((HERE / "values.json").read_text())
        (chart / "files").mkdir()
        (chart / "files" / "a.txt").write_text("one\ntwo\n")
        (chart / "files" / "b.json").write_text('{"b": 1}')
        for index, (_, template) in enumerate(cases):
            wrapper = '{{ $out := include "c/templates/_NAME" . }}out: {{ $out | b64enc | quote }}\n'
            (chart / "templates" / f"_t{index:05}.tpl").write_text(template)
            (chart / "templates" / f"t{index:05}.tpl").write_text(wrapper.replace("_NAME", f"_t{index:05}.tpl"))
        while True:
            out, error = run(chart)
            failed = re.search(r"_?t(\d{5})\.tpl", error)
            if not failed:
                break
            index = int(failed.group(1))
            results[index] = {"error": message(error)}
            for name in (f"t{index:05}.tpl", f"_t{index:05}.tpl"):
                (chart / "templates" / name).unlink()
        if error and not out:
            sys.exit(error)
        for source, encoded in re.findall(r"# Source: c/templates/t(\d{5})\.tpl\nout: \"([^\"]*)\"", out):
            raw = base64.b64decode(encoded)
            try:
                results[int(source)] = {"want": raw.decode()}
            except UnicodeDecodeError:
                results[int(source)] = {"base64": encoded}
    return results


def message(error):
    """Helm's message from the case's own file on."""
    text = re.sub(r"\s*Use --debug flag.*", "", error, flags=re.S).removeprefix("Error: ").strip()
    text = re.sub(r"^.*?error calling include: (?=template: )", "", text, count=1, flags=re.S)
    return re.sub(r"t\d{5}\.tpl", "t.tpl", text)


def main():
    chosen = sys.argv[2:]
    cases = [case for case in read_cases() if not chosen or case[0] in chosen]
    results = {}
    for start in range(0, len(cases), CHART_CASES):
        part = ask(cases[start : start + CHART_CASES])
        results.update({start + index: result for index, result in part.items()})
    families = {}
    for index, (family, template) in enumerate(cases):
        families.setdefault(family, []).append({"template": template, **results[index]})
    for family, rows in families.items():
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (HERE / f"{family}.jsonl").write_text(text)
        print(f"{family}: {len(rows)} cases, {sum('error' in row for row in rows)} refused")


main()
