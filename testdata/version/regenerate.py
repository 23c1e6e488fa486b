#!/usr/bin/env python3
"""Asks real Helm, and the Go library inside it, how they read and compare versions, and writes cases.jsonl next to this file.

Needs `helm` (3.17) on PATH, and Go with access to its module proxy for the questions no chart can ask (strict versions, reasons, and the
pre-release rule of semver 3.4). Usage: regenerate.py
"""

import itertools
import json
import os
import random
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))

VERSIONS = """0.0.0 0.0.1 0.0.3 0.1.0 0.2.3 0.2.4 0.3.0 1 v1 1.0 1.0.0 1.1.0 1.2 v1.2 1.2.0 1.2.3 v1.2.3 1.2.3+build.7 1.2.4 1.3.0 2.0.0 2.1 3.0.0
10.0.0 11.1.0 11.2.0 12.20.2 12.20.4 12.21.0 1.2.3-alpha 1.2.3-alpha.1 1.2.3-alpha.beta 1.2.3-beta 1.2.3-beta.2 1.2.3-beta.11 1.2.3-rc.1 1.2.0-0
0.0.0-1 2.0.0-rc1 2.0.0-rc.1+meta v1.27.3-gke.100 1.19.0 1.30.0+k3s1 01.2.3 1.02.3""".split()

BAD_VERSIONS = ["", " ", "a", "1.2.3.4", "v", "V1.2.3", "1.", "1..2", "1.2.3-", "1.2.3-01", "1.2.3-a..b", "1.2.3+", "1.2.3+a+b", "-1.2.3", " 1.2.3",
                "1.2.3 ", "1.x", "1.2.3-ä", "99999999999999999999.0.0", "1.99999999999999999999", "1.2.99999999999999999999", "1.2.3-99999999999999999999",
                "1.2.3-0a", "1.2.3-00a", "1.2.3+01", "1|2", "1.2.3-_"]

NUMBERS = ["*", "x", "X", "0", "1", "2", "0.0", "0.2", "1.2", "1.x", "1.2.x", "1.*.*", "x.2", "1.x.5", "0.0.0", "0.0.3", "0.2.3", "1.2.0", "1.2.3", "2.0.0",
           "v1.2", "v1.2.3", "1.2.3-beta.2", "1.2.0-0", "1-0", "1.2-beta", "0-0", "x-0", "1.2.3+build", "12.20", "11", "11.1", "0.0.0-0"]
OPERATORS = ["", "=", "!=", ">", "<", ">=", "=>", "<=", "=<", "~", "~>", "^"]

WHOLE = ["1.2 - 2", "1.2.3 - 2.3.4", "0 - 1.2.3", " 1  -  2 ", "1.2 -2", "1.2- 2", "1 - 2 || 11 - 12", "1 - 2 || 1 - 2", "1 - 2 - 3", ">=1.2 - 2",
         "1.2.3-alpha - 1.2.3-rc.1", "1||2 - 3", "1.2.3.4 - 5", ">=1.2, <2", ">=1.2 <2", ">=1.2,<2", ">=1.2 , <2", ">= 1.2 < 2", ">=1.2 <2 || 3.x",
         ">=1.2||<1", "1.2.3 || 1.2.4", ">1.2.3-alpha, <1.2.3-rc.1", ">=1.2.3-alpha, <2", ">=1.19-0", ">=1.19.0-0", ">=1.2.3-0 <2.0.0", "!=1.2.3 >1",
         "^1.2 !=1.2.4", "~1.2 !=1.2.3", "~12.20", "^12.20.0", "", " ", ",", "||", "1 ||", "|| 1", "1 2", "1,2", "1,,2", "1,", ",1", "1 , ,2", "==1", "=== 1",
         "><1", "> =1", ">  1", "~ 1.2", "^  0.2.3", "! 1", "!1", "1.2.3.4", "foo", "1.2.3-", "1.2.3-01", "1xx", "1.xx", "1.2.x1", "1|2", "|", "v", "vv1",
         "V1", "1.2.3-a..b", "1.2.3+a+b", "1\t<2", "1\n<2", "1\u00a0<2", "latest", ">=1.2.3 <", "99999999999999999999", ">=99999999999999999999.1",
         "<=1", "<=1.2", "<1.2", ">1", ">1.2", "!=1", "!=1.2", "*.*.*", "x.x.x", ">*", "<*", ">=*", "<=*", "!=*", "~*", "^*", "~0", "^0", "^0.0", "~0.0"]

GO = r"""package main

import (
	"bufio"
	"encoding/json"
	"os"

	"github.com/Masterminds/semver/v3"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for lines.Scan() {
		var q map[string]string
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			panic(err)
		}
		a := map[string]any{}
		switch q["ask"] {
		case "strict":
			if v, err := semver.StrictNewVersion(q["version"]); err != nil {
				a["error"] = err.Error()
			} else {
				a["string"] = v.String()
			}
		default:
			v, _ := semver.NewVersion(q["version"])
			c, err := semver.NewConstraint(q["constraint"])
			if err != nil {
				panic(err)
			}
			ok, reasons := c.Validate(v)
			words := []string{}
			for _, reason := range reasons {
				words = append(words, reason.Error())
			}
			a["match"], a["validate"], a["reasons"], a["string"] = c.Check(v), ok, words, c.String()
		}
		if err := out.Encode(a); err != nil {
			panic(err)
		}
	}
}
"""


def helm(folder, text):
    """Renders one template and gives its text, or the error after `error calling NAME: `."""
    with open(os.path.join(folder, "templates", "out.yaml"), "w", encoding="utf-8") as file:
        file.write(text)
    run = subprocess.run(["helm", "template", "r", folder], capture_output=True, text=True, check=False)
    if run.returncode == 0:
        return run.stdout, None
    return None, run.stderr.split("error calling ", 1)[-1].split(": ", 1)[-1].split("\n\nUse --debug")[0].rstrip("\n")


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def ask_helm(folder, questions):
    """Asks all at once; when one fails, halves, so that only the failing ones cost a run of their own."""
    if not questions:
        return []
    body = "".join(f"a{number}: {{{{ {call} | toString | toJson }}}}\n" for number, call in enumerate(questions))
    out, error = helm(folder, body)
    if out is not None:
        lines = [line for line in out.splitlines() if line.startswith("a")]
        assert len(lines) == len(questions), (len(lines), len(questions))
        return [(json.loads(line.split(": ", 1)[1]), None) for line in lines]
    if len(questions) == 1:
        return [(None, error)]
    middle = len(questions) // 2
    return ask_helm(folder, questions[:middle]) + ask_helm(folder, questions[middle:])


def ask_go(release, questions):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "main.go"), "w", encoding="utf-8") as file:
            file.write(GO)
        with open(os.path.join(folder, "go.mod"), "w", encoding="utf-8") as file:
            file.write(f"module oracle\n\ngo 1.23\n\nrequire github.com/Masterminds/semver/v3 {release}\n")
        environment = dict(os.environ, GOFLAGS="-mod=mod")
        lines = "".join(json.dumps(question) + "\n" for question in questions)
        run = subprocess.run(["go", "run", "."], cwd=folder, env=environment, input=lines, capture_output=True, text=True, check=False)
        if run.returncode:
            sys.exit(run.stderr)
        return [json.loads(line) for line in run.stdout.splitlines()]


def main():
    dice = random.Random(20)
    constraints = WHOLE + [sign + dice.choice(["", "", " "]) + number for sign, number in itertools.product(OPERATORS, NUMBERS)]
    for _ in range(60):
        parts = [dice.choice(OPERATORS) + dice.choice(NUMBERS) for _ in range(dice.randint(2, 3))]
        constraints.append(parts[0] + "".join(dice.choice([" ", ", ", " || "]) + part for part in parts[1:]))
    constraints = list(dict.fromkeys(constraints))
    checks = []
    for constraint in constraints:
        checks += [(constraint, version) for version in dice.sample(VERSIONS, 4)]
    pairs = [(dice.choice(VERSIONS), dice.choice(VERSIONS)) for _ in range(150)]
    cases = []
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "templates"))
        with open(os.path.join(folder, "Chart.yaml"), "w", encoding="utf-8") as file:
            file.write("apiVersion: v2\nname: ask\nversion: 1.0.0\n")
        refused = {}
        for constraint, (_, error) in zip(constraints, ask_helm(folder, [f'semverCompare {quoted(c)} "1.2.3"' for c in constraints])):
            if error:
                refused[constraint] = error
                cases.append({"ask": "constraint", "constraint": constraint, "error": error})
        checks = [check for check in checks if check[0] not in refused]
        answers = ask_helm(folder, [f"semverCompare {quoted(c)} {quoted(v)}" for c, v in checks])
        for (constraint, version), (answer, error) in zip(checks, answers):
            assert error is None, (constraint, version, error)
            cases.append({"ask": "check", "constraint": constraint, "version": version, "match": answer == "true"})
        everything = VERSIONS + BAD_VERSIONS
        for version, (answer, error) in zip(everything, ask_helm(folder, [f"semver {quoted(v)}" for v in everything])):
            cases.append({"ask": "parse", "version": version, **({"error": error} if error else {"string": answer})})
        for (a, b), (answer, _) in zip(pairs, ask_helm(folder, [f"(semver {quoted(a)}).Compare (semver {quoted(b)})" for a, b in pairs])):
            cases.append({"ask": "compare", "version": a, "other": b, "order": int(answer)})
    strict = [{"ask": "strict", "version": version} for version in everything]
    cases += [{**question, **answer} for question, answer in zip(strict, ask_go("v3.3.0", strict))]
    reasons = [{"ask": "explain", "constraint": c, "version": v} for c, v in dice.sample(checks, 250)]
    reasons += [{"ask": "explain", "constraint": c, "version": v} for c, v in checks if "-" in v and dice.random() < 0.1]
    cases += [{**question, **answer} for question, answer in zip(reasons, ask_go("v3.3.0", reasons))]
    later = [{**question, "ask": "explain-3.4"} for question in reasons]
    cases += [{**question, **answer} for question, answer in zip(later, ask_go("v3.4.0", later))]
    with open(os.path.join(HERE, "cases.jsonl"), "w", encoding="utf-8") as file:
        for case in cases:
            file.write(json.dumps(case, ensure_ascii=False) + "\n")
    print(f"{len(cases)} cases")


main()
