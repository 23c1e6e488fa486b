#!/usr/bin/env python3
"""Makes small charts whose values, defaults and globals get in each other's way, lets three real Helms lay them over each other, and writes
what `.Values` is in each chart, with all warnings, to cases.jsonl. Always the same charts. See ../helms.py for the format.

Usage: regenerate.py 3.17=PATH 3.19=PATH 4.2=PATH
"""

import concurrent.futures
import json
import pathlib
import random
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import helms  # noqa: E402

RANDOM_CASES = 240
TIMES = 3
SHOW = "{{ toYaml .Values }}\n"
KEYS = ["k", "l", "m"]
SCALARS = [1, 0, 2.5, True, False, "text", "", [], [1, {"k": None}], {}]


def chart(name, values=None, dependencies=None, subcharts=None, prefix=""):
    """The files of a chart and of those below it."""
    meta = {"apiVersion": "v2", "name": name, "version": "1.0.0"}
    if dependencies is not None:
        meta["dependencies"] = dependencies
    files = {prefix + "Chart.yaml": json.dumps(meta) + "\n", prefix + "templates/values.yaml": SHOW}
    if values is not None:
        files[prefix + "values.yaml"] = json.dumps(values) + "\n"
    for subchart in subcharts or []:
        subname, *rest = subchart
        files.update(chart(subname, *rest, prefix=f"{prefix}charts/{subname}/"))
    return files


def tree(chance, depth, nulls):
    """A table whose keys recur elsewhere."""
    table = {}
    for key in KEYS:
        draw = chance.random()
        if draw < 0.4:
            continue
        if draw < 0.35 + nulls:
            table[key] = None
        elif depth > 0 and draw < 0.8:
            table[key] = tree(chance, depth - 1, nulls)
        else:
            table[key] = chance.choice(SCALARS)
    return table


def table_for(chance, names, depth=2, nulls=0.15):
    """Values of a chart whose subcharts have these names (nested as `a.n`), with globals."""
    table = tree(chance, depth, nulls)
    if chance.random() < 0.7:
        table["global"] = tree(chance, 2, nulls)
    for name in names:
        if chance.random() < 0.75:
            inner = table
            for part in name.split("."):
                if not isinstance(inner.get(part), dict):
                    inner[part] = {}
                inner = inner[part]
            inner.update(tree(chance, depth, nulls))
            if chance.random() < 0.3:
                inner["global"] = tree(chance, 1, nulls) if chance.random() < 0.85 else chance.choice([None, 1])
    return table


def switches(chance, name):
    """Conditions and tags of a declaration, now and then none."""
    found = {}
    if chance.random() < 0.35:
        found["condition"] = chance.choice([f"{name}.enabled", f"{name}.enabled,global.{name}", f"global.on, {name}.enabled", f"{name}.k"])
    if chance.random() < 0.3:
        found["tags"] = chance.sample(["red", "blue", "odd"], chance.randint(1, 2))
    return found


def imports(chance):
    if chance.random() > 0.4:
        return {}
    some = ["data", "none", {"child": "k", "parent": "k"}, {"child": "l.m", "parent": "imported"}, {"child": "k", "parent": "."},
            {"child": "m", "parent": "a.b.c"}, {"child": "global", "parent": "l"}, {"child": "exports", "parent": "exports"}]
    return {"import-values": chance.sample(some, chance.randint(1, 3))}


def declared(chance, name, alias=None):
    found = {"name": name, "version": "*", "repository": "", **switches(chance, alias or name), **imports(chance)}
    if alias:
        found["alias"] = alias
    return found


def with_switches(chance, table):
    if chance.random() < 0.3:
        table["tags"] = {tag: chance.choice([True, False, False, "odd", None]) for tag in ["red", "blue", "odd"] if chance.random() < 0.6}
    for name in ["a", "b"]:
        if chance.random() < 0.25 and isinstance(table.setdefault(name, {}), dict):
            table[name]["enabled"] = chance.choice([True, True, False, None, "no"])
    if chance.random() < 0.2 and isinstance(table.get("global"), dict):
        table["global"][chance.choice(["a", "b", "on"])] = chance.choice([True, False, 3])
    return table


def exporting(chance, table):
    if chance.random() < 0.5:
        table["exports"] = {"data": tree(chance, 2, 0.1)}
    return table


def sets(chance, names):
    """A few --set flags, half of them nulls."""
    flags = []
    for _ in range(chance.choice([0, 0, 1, 2, 3])):
        path = [part for name in [chance.choice(["", "global", *names])] if name for part in name.split(".")]
        path += [chance.choice(KEYS) for _ in range(chance.randint(0 if path else 1, 2))]
        value = chance.choice(["null", "null", "null", "1", "text", "{a,b}"])
        flags += [chance.choice(["--set", "--set", "--set", "--set-string"]), ".".join(path) + "=" + value]
    if chance.random() < 0.15:
        flags += ["--set-json", "l=" + json.dumps(tree(chance, 1, 0.3))]
    return flags


def random_case(number):
    chance = random.Random(f"coalesce {number}")
    shape = chance.choice(["flat", "one", "one", "two", "nested", "nested", "aliases", "aliases", "twice"])
    names, dependencies, subcharts = [], None, []
    below = lambda *nested: exporting(chance, table_for(chance, nested))  # noqa: E731
    if shape == "one":
        names = ["a"]
        subcharts = [("a", below())]
        dependencies = [declared(chance, "a")] if chance.random() < 0.7 else None
    elif shape == "two":
        names = ["a", "b"]
        subcharts = [("a", below()), ("b", below())]
        dependencies = [declared(chance, "a"), declared(chance, "b")]
    elif shape == "nested":
        names = ["a", "a.n", "b"]
        inner = [declared(chance, "n")] if chance.random() < 0.7 else None
        subcharts = [("a", below("n"), inner, [("n", below())]), ("b", below())]
        dependencies = [declared(chance, "a"), declared(chance, "b")]
    elif shape == "aliases":
        names = ["a", "b"]
        subcharts = [("s", below())]
        dependencies = [declared(chance, "s", "a"), declared(chance, "s", "b")] + ([declared(chance, "s")] if chance.random() < 0.3 else [])
    elif shape == "twice":
        # One chart under two names, with a chart inside that has another name there, too.
        names = ["a", "b", "a.o", "b.n"]
        inner = chance.choice([None, [declared(chance, "n")], [declared(chance, "n", "o")], [declared(chance, "n", "o"), declared(chance, "n")]])
        subcharts = [("s", below("n", "o"), inner, [("n", below())])]
        dependencies = [declared(chance, "s", "a"), declared(chance, "s", "b")]
    parent = with_switches(chance, table_for(chance, names))
    given = with_switches(chance, table_for(chance, names, nulls=0.3))
    files = {"user.yaml": json.dumps(given) + "\n"}
    args = ["chart"]
    if chance.random() < 0.85:
        args += ["-f", "user.yaml"]
    if chance.random() < 0.25:
        files["more.yaml"] = json.dumps(table_for(chance, names, nulls=0.4)) + "\n"
        args += ["-f", "more.yaml"]
    args += sets(chance, names)
    return {"name": f"random {number}, {shape}", "chart": chart("c", parent, dependencies, subcharts), "files": files, "args": args}


DECLARED = {"name": "a", "version": "*", "repository": ""}


def chosen():
    """Charts for single rules: name, defaults, subcharts (name, defaults, declarations, subcharts), declarations, user values, flags."""
    one = lambda defaults: [("a", defaults)]  # noqa: E731
    yield "null over a default", {"k": 1, "l": 2}, None, None, {"k": None}, []
    yield "null over nothing", {"l": 2}, None, None, {"k": None}, []
    yield "null over nothing, below", {"x": {"l": 1}}, None, None, {"x": {"k": None}}, []
    yield "null over nothing, two below", {"x": {"y": {"l": 1}}}, None, None, {"x": {"y": {"k": None}}}, []
    yield "null over a default, below", {"x": {"k": 1, "l": 1}}, None, None, {"x": {"k": None}}, []
    yield "null default", {"k": None, "x": {"k": None}}, None, None, {}, []
    yield "null default under a table", {"x": None}, None, None, {"x": {"k": 1}}, []
    yield "null default and null", {"k": None, "x": {"k": None}}, None, None, {"k": None, "x": {"k": None}}, []
    yield "null default in a list", {"k": [None, {"l": None}]}, None, None, {}, []
    yield "null deletes a table", {"x": {"k": 1}}, None, None, {"x": None}, []
    yield "table over scalar", {"x": 1}, None, None, {"x": {"k": 1}}, []
    yield "scalar over table", {"x": {"k": 1}}, None, None, {"x": 1}, []
    yield "scalar over table, below", {"x": {"y": {"k": 1}}}, None, None, {"x": {"y": 1}}, []
    yield "table over scalar, below", {"x": {"y": 1}}, None, None, {"x": {"y": {"k": 1}}}, []
    yield "null from a flag", {"x": {"k": 1, "l": 2}}, None, None, {}, ["--set", "x.k=null"]
    yield "null from a flag over nothing", {"x": {"l": 2}}, None, None, {}, ["--set", "x.k=null"]
    yield "null in a later file", {"x": {"k": 1}}, None, None, {"x": {"k": 2}}, ["--set-json", 'x={"k":null}']
    yield "null for a subchart", {}, one({"k": 1}), [DECLARED], {"a": {"k": None}}, []
    yield "null for a subchart whose parent knows it", {"a": {"k": 2}}, one({"k": 1}), [DECLARED], {"a": {"k": None}}, []
    yield "null of the parent for a subchart", {"a": {"k": None}}, one({"k": 1}), [DECLARED], {}, []
    yield "null of the parent below a subchart", {"a": {"x": {"k": None}}}, one({"x": {"k": 1, "l": 1}}), [DECLARED], {}, []
    yield "null of the user below a subchart", {"a": {"x": {"l": 3}}}, one({"x": {"k": 1, "l": 1}}), [DECLARED], {"a": {"x": {"k": None}}}, []
    yield "null for a table of a subchart", {"a": {"x": {"k": 2}}}, one({"x": {"k": 1}}), [DECLARED], {"a": {"x": None}}, []
    yield "null for the whole subchart", {}, one({"k": 1}), [DECLARED], {"a": None}, []
    yield "null for the whole known subchart", {"a": {"l": 1}}, one({"k": 1}), [DECLARED], {"a": None}, []
    yield "null for an undeclared subchart", {}, one({"k": 1}), None, {"a": None}, []
    yield "scalar for a subchart", {}, one({"k": 1}), [DECLARED], {"a": "text"}, []
    yield "truth for a subchart", {}, one({"k": 1}), None, {"a": True}, []
    yield "list for a subchart", {}, one({"k": 1}), [DECLARED], {}, ["--set", "a={x,y}"]
    yield "null default of a subchart", {}, one({"k": None, "x": {"k": None}}), [DECLARED], {}, []
    yield "globals flow down", {"global": {"k": 1, "x": {"y": 1}}}, one({"global": {"l": 1, "x": {"z": 1}}}), [DECLARED], {}, []
    yield "globals flow up two levels down", {"global": {"x": {"y": {"k": 1}}}}, one({"global": {"x": {"y": {"l": 1}}}}), [DECLARED], {}, []
    yield "global null", {"global": {"k": None}}, one({"global": {"k": 1}}), [DECLARED], {}, []
    yield "global null of the user", {"global": {"k": 1}}, one({"global": {"k": 2}}), [DECLARED], {"global": {"k": None}}, []
    yield "global table onto scalar", {"global": {"k": {"l": 1}}}, one({}), [DECLARED], {"a": {"global": {"k": 1}}}, []
    yield "global scalar onto table", {"global": {"k": 1}}, one({}), [DECLARED], {"a": {"global": {"k": {"l": 1}}}}, []
    yield "global is no table", {"global": 1}, one({"k": 1}), [DECLARED], {}, []
    yield "global is null", {"global": {"k": 1}}, one({"k": 1}), [DECLARED], {"global": None}, []
    yield "global of a subchart is no table", {"global": {"k": 1}}, one({"k": 1}), [DECLARED], {"a": {"global": 1}}, []
    yield "sibling sees a global of its sibling", {"global": {"x": {"y": {}}}}, [("a", {"global": {"x": {"y": {"k": 1}}}}), ("b", {})], [
        DECLARED, {**DECLARED, "name": "b"}], {}, []
    yield "import a name", {}, one({"exports": {"data": {"k": 1}}}), [{**DECLARED, "import-values": ["data"]}], {}, []
    yield "import into a table", {"x": {"k": 5}}, one({"y": {"k": 1, "l": 2}}), [
        {**DECLARED, "import-values": [{"child": "y", "parent": "x"}]}], {}, []
    yield "import a null", {"x": {"l": 1}}, one({"y": {"k": None}}), [{**DECLARED, "import-values": [{"child": "y", "parent": "x"}]}], {}, []
    yield "import over a null", {"x": {"k": None}}, one({"y": {"k": 1}}), [{**DECLARED, "import-values": [{"child": "y", "parent": "x"}]}], {}, []
    yield "import what is no table", {}, one({"y": 1}), [{**DECLARED, "import-values": ["y", {"child": "y", "parent": "x"}]}], {}, []
    yield "import twice", {}, one({"y": {"k": 1}, "z": {"k": 2, "l": 2}}), [
        {**DECLARED, "import-values": [{"child": "y", "parent": "x"}, {"child": "z", "parent": "x"}]}], {}, []
    yield "imports do not switch", {}, one({"y": {"enabled": False}}), [
        {**DECLARED, "condition": "x.enabled", "import-values": [{"child": "y", "parent": "x"}]}], {}, []
    yield "all dependencies off", {}, one({"k": 1}), [{**DECLARED, "condition": "a.on"}], {"a": {"on": False}}, []
    yield "condition of a subchart's default", {}, one({"on": False}), [{**DECLARED, "condition": "a.on"}], {}, []
    yield "condition is null", {}, one({"on": True}), [{**DECLARED, "condition": "a.on"}], {"a": {"on": None}}, []
    yield "condition beats tags", {"tags": {"t": False}}, one({}), [{**DECLARED, "condition": "a.on", "tags": ["t"]}], {"a": {"on": True}}, []
    yield "tags are no booleans", {"tags": {"t": "yes", "u": None}}, one({}), [{**DECLARED, "tags": ["t", "u"]}], {}, []
    yield "alias without a version", {}, one({"k": 1}), [{"name": "a", "alias": "z", "repository": ""}], {"z": {"k": 2}}, []


def chosen_case(name, defaults, subcharts, dependencies, given, flags):
    files = {"user.yaml": json.dumps(given) + "\n"}
    return {"name": name, "chart": chart("c", defaults, dependencies, subcharts), "files": files, "args": ["chart", "-f", "user.yaml", *flags]}


def main():
    found = helms.from_command_line()
    cases = [chosen_case(*case) for case in chosen()] + [random_case(number) for number in range(RANDOM_CASES)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answered = list(pool.map(lambda case: helms.ask(found, case, TIMES), cases))
    kept = [case for case in answered if case]
    for case, answer in zip(cases, answered):
        if not answer:
            print("left out, because Helm's own answer changes from run to run:", case["name"])
    differing = sum(len(case["want"]) > 1 for case in kept)
    failing = sum("error" in one for case in kept for one in case["want"])
    helms.save(HERE / "cases.jsonl", kept)
    print(f"{len(kept)} cases, {differing} in which the Helms differ, {failing} answers that are errors")


if __name__ == "__main__":
    main()
