#!/usr/bin/env python3
"""Lets real Helm (3.17, on PATH) package a chart folder of odd names under many `.helmignore` files, and writes what it took to cases.jsonl.

The first line of cases.jsonl is the folder: files, and links with their targets. Each further line has the rules and either the files Helm
left out (sorted) and the CRDs in the order Helm loaded them, or why Helm refused the rules, or that it lost Chart.yaml to them. Usage: regenerate.py
"""

import json
import os
import subprocess
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))

FILES = """Chart.yaml values.yaml README.md .hidden .git/config .git/objects/a a b ab abc a.txt b.txt a-b.txt ab.txt.bak notes[1].txt star*.txt
sp\u00e4t.txt with\u00a0space.txt back\\slash.txt ^caret ]bracket !bang #hash foo/a foo/b.txt foo/bar/a foo/bar/b.txt foo/bar/baz/deep.txt bar/a
bar/foo/c.txt Foo/upper.txt x/y/z/w tmp/a tmp/keep.txt docs/a.md docs/target docs/img/a.png templates/a.yaml templates/.dot.yaml templates/. templates/_h.tpl
templates/tests/t.yaml templates/tests/.dot crds/b.yaml crds/a.yaml crds/A.yaml crds/a-b.yaml crds/a/z.yaml crds/a.d/z.yaml crds/_.yaml crds/10.yaml
crds/9.yaml""".split(" ")
FILES = [name for part in FILES for name in part.split("\n") if not name.endswith("/.")]
LINKS = {"link.txt": "b.txt", "linked": "foo/bar", "foo/up.txt": "../a.txt", "crds/0-link.yaml": "../docs/target"}

RULES = ["", "# only a comment\n\n", "a", "/a", "a/", "/a/", "foo", "/foo", "foo/", "/foo/", "foo//", "//foo", "Foo", "FOO", "foo/a", "/foo/a", "foo/a/", "foo/*",
         "/foo/*", "foo/*/", "*/foo", "*/a", "*/*/a", "bar", "bar/", "foo/bar", "foo/bar/", "foo/bar/*", "*", "*/", "*/*", "?", "??", "?.txt", "*.txt", "/*.txt",
         "foo/*.txt", "*.txt/", "*.*", ".*", ".?*", "/.*", ".git", ".git/", "/.git", ".hidden", "*.bak", "a*", "a*b*", "*b*", "a?c", "[ab]", "[ab].txt", "[^a].txt",
         "[a-b]*", "[!a].txt", "[]a]", "[a]]", "a[", "[a", "[]", "[^]", "[a-]", "[-a]", "[b-a]", "x*[", "a*[", "\\", "a\\", "\\a", "\\*", "star\\*.txt", "star*",
         "notes[1].txt", "notes\\[1\\].txt", "notes[[]1].txt", "notes[[]1[]].txt", "back\\\\slash.txt", "back\\slash.txt", "back[\\\\]slash.txt", "sp\u00e4t.txt",
         "sp?t.txt", "sp??t.txt", "sp*t.txt", "*??t.txt", "sp[\u00e0-\u00ff]t.txt", "with?space.txt", "\\!bang", "\\#hash", "?hash", "[#]hash", "\\^caret",
         "[\\^]caret", "[\\]]bracket", "\\]bracket", "]bracket", "!a", "!*.txt", "!foo/", "!foo", "!/foo", "!*", "!*\n*.txt", "*.txt\n!a.txt", "!*.txt\n!a*", "!", "!/",
         "/", "//", "!!a", "!Chart.yaml", "Chart.yaml", "values.yaml", "templates", "templates/", "templates/*", "templates/*.yaml", "templates/.*", "!templates/.dot.yaml",
         "templates/tests", "tests/", "templates/**", "**/a", "**", "  a  ", "\ta.txt\r", "a.txt\r\nb.txt\r\n", "\ufeffa.txt", "\ufeff# c\na.txt", "a.txt\n\ufeffb.txt",
         "a.txt # no comment", " # a comment", "link.txt", "linked", "linked/", "linked/*", "link*", "foo/up.txt", "crds/a.yaml", "crds/a", "crds/a/", "docs/*.md",
         "docs/*\n!docs", ".helmignore", "*.md\n*.bak\n.git/\ntmp/", "tmp/*\nkeep.txt", "tmp/\n!tmp/keep.txt", "x/y", "x/y/", "x/*/z", "x/*/*/w", "x/?/z/[v-x]",
         "x/y/z/w/", "/x/y/z", "w", "y/z", "[[]", "[a-z", "[a-\\]]x", "*[ab]*", "*[.]txt", "*\\.txt", "a\\.txt", "./a", "../a", "a.txt/", "*a*/*b*", "![Ca]*", "!*a*", "![a-zC]*", "!*[!a]*", "![C.f]*\n*.txt", "a.txt\n![Ca]*",
         "!?*", "!*[a-z]*", "!/[Ca]*", "!C*\n!*.yaml", "!Chart.yaml\n!*.txt", "![^b]*", "![Ct]*\ntests", "!C[g-i]*[.]yaml"]


def write(folder, rules):
    for name in FILES:
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        text = "x"
        if name == "Chart.yaml":
            text = "apiVersion: v2\nname: odd\nversion: 1.0.0\n"
        elif name == "docs/target":
            text = "# crds/0-link.yaml\nkind: A\n"
        elif name.startswith("crds/"):
            text = f"# {name}\nkind: A\n"
        elif name.endswith(".yaml"):
            text = "x: 1\n"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    for name, target in LINKS.items():
        os.symlink(target, os.path.join(folder, name))
    with open(os.path.join(folder, ".helmignore"), "w", encoding="utf-8", newline="") as file:
        file.write(rules)


def everything(folder):
    walk = os.walk(folder, followlinks=True)
    return {os.path.relpath(os.path.join(parent, name), folder) for parent, _, names in walk for name in names}


def ask(rules):
    with tempfile.TemporaryDirectory() as top:
        folder = os.path.join(top, "odd")
        write(folder, rules)
        run = subprocess.run(["helm", "package", folder, "-d", top], capture_output=True, text=True, check=False)
        if run.returncode:
            error = run.stderr.strip().splitlines()[-1].removeprefix("Error: ")
            # Without its Chart.yaml Helm has no chart to pack; that is the chart stage's business.
            return {"lost": True} if "Chart.yaml" in error else {"error": error}
        with tarfile.open(os.path.join(top, "odd-1.0.0.tgz")) as archive:
            packed = {name.removeprefix("odd/") for name in archive.getnames()}
        shown = subprocess.run(["helm", "show", "crds", folder], capture_output=True, text=True, check=True).stdout
        return {"ignored": sorted(everything(folder) - packed), "crds": [line[2:] for line in shown.splitlines() if line.startswith("# crds/")]}


def main():
    with open(os.path.join(HERE, "cases.jsonl"), "w", encoding="utf-8") as file:
        file.write(json.dumps({"tree": FILES, "links": LINKS}, ensure_ascii=False) + "\n")
        for rules in RULES:
            file.write(json.dumps({"rules": rules, **ask(rules)}, ensure_ascii=False) + "\n")
    print(f"{len(RULES)} cases")


main()
