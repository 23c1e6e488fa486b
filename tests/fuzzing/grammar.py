"""Random charts: what `chart(seed)` makes is the same for the same seed.

A chart is a mapping of paths to texts, with the arguments to render it by. Most of what is made is right, so that renders get somewhere; here and
there an argument has the wrong type, a block is not closed, YAML is broken, a subchart is switched off or missing.
"""

import random
import re

from words import FUNCTIONS, LITERALS, RARE_SCALARS, SCALARS, VERBS

MISTYPED = 0.006
PATHS = {
    "s": ["Values.s0", "Values.s1", "Values.m0.s0", "Release.Name", "Chart.Name", "Chart.Version", "Release.Namespace", "Template.Name", "Values.global.g0", "Chart.AppVersion", "Capabilities.KubeVersion.Version"],
    "i": ["Values.i0", "Values.m0.i0", "Release.Revision", "Values.f0"],
    "f": ["Values.f0", "Values.i0"],
    "b": ["Values.b0", "Release.IsInstall", "Chart.IsRoot"],
    "l": ["Values.l0", "Values.l1", "Values.m0.l0", "Values.l0", "Values.m0.l0", "Chart.Keywords"],
    "d": ["Values.m0", "Values.m1", "Values", "Values.global", "Values.sub", "Release", "Chart.Annotations", "Subcharts"],
    "a": ["Values.n0", "Values.d0", "Values.missing", "Values.m0.k", "Values.m0.k2", "Values.l0", "Values.s0", "Values.f0", "Values.b0", "Values.m0", "Capabilities.KubeVersion", "Chart.Metadata.Name", "Chart.Type", "Chart.Metadata"],
}
ODD_PATHS = ["Values.none.x", "Values.s0.x", "Values.m1.a", "Files", "Capabilities.APIVersions", "Capabilities", "Chart", "Values.l0.x", "Nothing", "Chart.Nothing", "Release.Nothing.x", "Values.global.m.a", "Template", "Capabilities.HelmVersion"]
CALLS = []
for _line in FUNCTIONS.strip().splitlines():
    _call, _, _result = _line.partition(" -> ")
    CALLS.append((_call.split()[0], _call.split()[1:], _result))
# Of these literals the last ones are those that most functions refuse.
FAULTY = {"re", "json", "yaml", "b64", "b32", "tpl", "name", "num", "constraint", "version", "url"}
BY_RESULT = {}
for _call in CALLS:
    BY_RESULT.setdefault(_call[2], []).append(_call)


class Text:
    """Writes templates; `variables` are those in scope, with their types."""

    def __init__(self, chance, names=("h0", "h1", "h2"), is_definition=False):
        self.chance = chance
        # The definitions it calls. One that came back to itself would cost Helm a gigabyte of stack before it gives up.
        self.names = [f'"{name}"' for name in names]
        self.is_definition = is_definition
        self.variables = []
        self.in_range = 0
        self.dot_is_root = True

    def pick(self, items):
        return self.chance.choice(items)

    def often(self, share):
        return self.chance.random() < share

    # Expressions

    def expression(self, kind, depth=2):
        if self.often(MISTYPED):
            kind = self.pick("s i f b l d a nil".split())
        if kind == "nil":
            return "nil"
        fitting = [name for name, known in self.variables if known == kind or kind == "a"]
        if fitting and self.often(0.3):
            return self.pick(fitting)
        if kind in PATHS and self.often(0.35 if depth else 0.6):
            return self.path(kind)
        if depth and self.often(0.6):
            call = self.call(kind, depth)
            if call:
                return f"({call})"
        return self.literal(kind, depth)

    def path(self, kind):
        root = "." if self.dot_is_root else "$."
        path = self.pick(PATHS[kind] if self.often(0.99) else ODD_PATHS)
        if self.often(0.06):
            first, _, rest = path.partition(".")
            return f"({root}{first}).{rest}" if rest else root + first
        if self.often(0.03):
            return f"({root}{path})"
        return root + path

    def literal(self, kind, depth):
        if kind == "l":
            return "(list" + "".join(" " + self.expression("a", 0) for _ in range(self.chance.randrange(4))) + ")"
        if kind == "d":
            pairs = "".join(f" {self.literal('key', 0)} {self.expression('a', 0)}" for _ in range(self.chance.randrange(3)))
            return f"(dict{pairs})"
        if kind == "a":
            return self.literal(self.pick("s s i f b l d".split()), depth)
        if self.is_definition and kind in ("tpl", "name"):
            return self.pick([*self.names, '"plain"'] if kind == "name" else LITERALS[kind][:4])
        known = LITERALS[kind]
        return self.pick(known[:max(1, len(known) * 3 // 5)] if kind in FAULTY and self.often(0.92) else known)

    def call(self, kind, depth):
        if kind == "s" and self.often(0.12):
            return self.printf(depth)
        if kind == "a" and self.often(0.7):
            kind = self.pick("s i f b l d".split())
        if kind not in BY_RESULT:
            return None
        name, parameters, _ = self.pick(BY_RESULT[kind])
        arguments = []
        for parameter in parameters:
            count = self.chance.randrange(3) if parameter.endswith("*") else 1
            strict = parameter.endswith("!")
            for _ in range(count):
                bare = parameter.rstrip("*!")
                arguments.append(self.literal(bare, 0) if strict else self.expression(bare, depth - 1))
        if not any(parameter.endswith("!") for parameter in parameters):
            if self.often(0.005) and arguments:
                arguments.pop()
            elif self.often(0.005):
                arguments.append('"more"')
            if arguments and self.often(0.35):
                return " ".join([arguments[-1], "|", name, *arguments[:-1]])
        return " ".join([name, *arguments])

    def printf(self, depth):
        verbs = [self.pick(VERBS) for _ in range(self.chance.randrange(1, 4))]
        count = len(verbs) + self.pick([0, 0, 0, 0, 1, -1])
        arguments = [self.expression(self.pick("s i f b a l d i s f".split()), depth - 1) for _ in range(max(count, 0))]
        return " ".join(["printf", '"' + self.pick(["", "x ", "é"]) + self.pick([" ", "", "-"]).join(verbs) + '"', *arguments])

    def pipeline(self, kind):
        whole = self.expression(kind, 3)
        bare = whole[1:-1] if whole.startswith("(") and whole.endswith(")") and balanced(whole[1:-1]) and self.often(0.9) else whole
        while self.often(0.15):
            bare += self.pick([" | quote", " | toString", " | default \"d\"", " | toString | upper", " | toJson", " | toJson | len", " | toString | trim", " | quote | b64enc", " | int", " | squote", " | kindOf"])
        return bare

    # Statements

    def tag(self, inside, trimming=0.12):
        opening = "{{- " if self.often(trimming) else self.pick(["{{ ", "{{ ", "{{"])
        closing = " -}}" if self.often(trimming) else self.pick([" }}", " }}", "}}"])
        if inside.startswith("-") or inside.startswith("/*"):
            opening = opening.strip() + (" " if "-" in opening or inside.startswith("-") else "")
            closing = "}}" if "-" not in closing else " -}}"
        return opening + inside + closing

    def statements(self, depth, count=None):
        mark = len(self.variables)
        text = "".join(self.statement(depth) for _ in range(count or self.chance.randrange(1, 4)))
        del self.variables[mark:]
        return text

    def statement(self, depth):
        kinds = ["value"] * 4 + ["text"] * 2 + ["set", "comment", "assign"]
        if depth:
            kinds += ["if", "if", "with", "range", "range", "include", "template", "block"]
        if self.in_range:
            kinds += ["leave"]
        return getattr(self, "make_" + self.pick(kinds))(depth)

    def make_value(self, _depth):
        return self.tag(self.pipeline(self.pick("s s s i f b l d a a".split())))

    def make_text(self, _depth):
        return self.pick([" ", "x", "\n", "a-b ", "  \n", "é", ",", "{ x", "}", "{ {x", "\t", "\\", "%", "1", " \n \n", "<no value>"])

    def make_comment(self, _depth):
        return self.pick(["{{/* note */}}", "{{- /* note */ -}}", "{{- /* a\nb */}}", "{{/* }} */ -}}", "{{/**/}}"])

    def make_set(self, _depth):
        kind = self.pick("s i f b l d a".split())
        name = self.pick(["$v", "$x", "$longName1"])
        text = self.tag(f"{name} := {self.pipeline(kind)}")
        self.variables.append((name, kind))
        return text

    def make_assign(self, _depth):
        if not self.variables and not self.often(0.03):
            return ""
        name, kind = self.pick(self.variables or [("$unknown", "s")])
        return self.tag(f"{name} = {self.pipeline(kind)}")

    def make_leave(self, _depth):
        return self.tag(self.pick(["if", "if not"]) + f" {self.expression('b', 1)}") + self.tag(self.pick(["break", "continue"])) + self.tag("end")

    def make_if(self, depth):
        condition = self.pipeline(self.pick("b b a s l i".split()))
        if self.often(0.1):
            condition = f"$c := {condition}"
        text = self.tag("if " + condition) + self.statements(depth - 1)
        while self.often(0.25):
            text += self.tag("else if " + self.pipeline("b")) + self.statements(depth - 1)
        if self.often(0.4):
            text += self.tag("else") + self.statements(depth - 1)
        return text + self.close()

    def inner(self, depth):
        was, self.dot_is_root = self.dot_is_root, False
        text = self.statements(depth - 1)
        if self.often(0.6):
            text += self.tag(self.pick([".", ". | toJson", ". | quote", "toString .", ".", "len (toString .)"] if self.often(0.95) else [".a", ".k.x"]))
        self.dot_is_root = was
        return text

    def make_with(self, depth):
        declared = self.pick(["", "", "$w := "])
        text = self.tag("with " + declared + self.pipeline(self.pick("a s d l".split()))) + self.inner(depth)
        if self.often(0.15):
            text += self.tag("else with " + self.pipeline("a")) + self.inner(depth)
        elif self.often(0.4):
            text += self.tag("else") + self.statements(depth - 1)
        return text + self.close()

    def make_range(self, depth):
        mark = len(self.variables)
        declared, names = self.pick([("", []), ("$i, $e := ", ["$i", "$e"]), ("$e := ", ["$e"])])
        what = self.pipeline(self.pick("l l l d d".split()))
        self.variables += [(name, "a") for name in names]
        self.in_range += 1
        text = self.tag("range " + declared + what) + self.inner(depth)
        self.in_range -= 1
        del self.variables[mark:]
        if self.often(0.3):
            text += self.tag("else") + self.statements(depth - 1)
        return text + self.close()

    def make_include(self, _depth):
        return self.tag(f"include {self.literal('name', 0) if self.often(0.1) or not self.names else self.pick(self.names)} {self.pick(LITERALS['ctx'])}" + self.pick(["", " | trim", " | indent 2", " | quote"]))

    def make_template(self, _depth):
        return self.tag(f"template {self.pick(self.names or [self.literal('name', 0)])} {self.pick(['.', '$', '.Values', ''])}")

    def make_block(self, depth):
        was, self.variables = self.variables, []
        text = self.tag(f'block "{self.pick("pq")}{self.chance.randrange(3)}" {self.pick([".", "$", ".Values"])}') + "B" + self.close()
        self.variables = was
        return text

    def close(self):
        return "" if self.often(0.002) else self.tag("end")


def balanced(text):
    depth = 0
    for c in re.sub(r'"(\\.|[^"\\])*"|`[^`]*`|\'(\\.|[^\'\\])*\'', "", text):
        depth += {"(": 1, ")": -1}.get(c, 0)
        if depth < 0:
            return False
    return depth == 0


def values(chance, depth=1, indent=""):
    """A mapping's lines."""
    lines = []
    for key, sources in SCALARS.items():
        if chance.random() < 0.85:
            source = chance.choice(sources if chance.random() > 0.001 else RARE_SCALARS).replace("\n", "\n" + indent).rstrip(" ")
            lines.append(f"{indent}{key}: {source}".rstrip(" "))
    items = lambda: [chance.choice(SCALARS[chance.choice(["s1", "i0", "f0", "b0", "n0"])]) or "~" for _ in range(chance.randrange(4))]
    lines.append(indent + "l0: " + chance.choice(["[" + ", ".join(items()) + "]", "".join(f"\n{indent}- {item}" for item in items()) or "[]"]))
    if chance.random() < 0.7:
        lines.append(indent + "l1: " + chance.choice(["[{a: 1, b: x}, {a: 2}]", "[[1, 2], [3]]", "[]", "[a, b, a]", f"\n{indent}  - a: 1\n{indent}    b:\n{indent}    - c", "{}"]))
    if depth:
        lines.append(f"{indent}m0:\n" + values(chance, depth - 1, indent + "  "))
        lines.append(indent + "m1: " + chance.choice(["{}", "{a: 1, b: [x], c: {k: ~}}", '{"a b": 1, 2: x, true: y}', "{k: {x: {a: deep}}}", "{a: yes, k: 0x10}", "null"]))
    if chance.random() < 0.1:
        lines.append(indent + chance.choice(["an: &an {x: 1}\n" + indent + "al: *an", "me: {<<: {a: 1}, b: 2}", "# note", '"q\\tk": 1', "? c\n" + indent + ": d"]))
    return "\n".join(lines)


BROKEN_VALUES = ["a: b: c\n", "\tx: 1\n", "- list\n", "x: [1\n", "a: 1\na: 2\n", "text\n", "a: *nope\n", "%YAML 1.2\n---\na: 1\n", "a: \"\\q\"\n", ""]
KINDS = "ConfigMap Secret Service Deployment Job Namespace CronJob Unknown List ServiceAccount ClusterRole Ingress APIService PodDisruptionBudget Alpha".split()
HOOKS = ["pre-install", "post-install,post-upgrade", "test", "test-success", "pre-delete", "nonsense", "Pre-Install", "", "pre-install, test", "crd-install"]


def document(chance, names=("n",)):
    """A manifest whose values are templates."""
    text = Text(chance)
    lines = []
    if chance.random() < 0.9:
        lines.append(chance.choice(["apiVersion: v1", "apiVersion: apps/v1", "apiVersion: {{ .Values.s1 | quote }}", "apiVersion: 1"]))
    if chance.random() < 0.95:
        lines.append("kind: " + chance.choice(KINDS))
    if chance.random() < 0.85:
        lines.append("metadata:\n  name: " + chance.choice([*names, '{{ include "h0" . }}', "{{ .Release.Name }}-x", "12"]))
        if chance.random() < 0.25:
            lines.append("  annotations:")
            if chance.random() < 0.8:
                lines.append(f'    "helm.sh/hook": {chance.choice(HOOKS)}')
            if chance.random() < 0.5:
                lines.append('    "helm.sh/hook-weight": ' + chance.choice(['"-5"', "10", '"x"', "'0'", '"5"', "1.5"]))
            if chance.random() < 0.3:
                lines.append('    "helm.sh/hook-delete-policy": ' + chance.choice(["before-hook-creation", "hook-succeeded,hook-failed", "x"]))
            if chance.random() < 0.15:
                lines.append(chance.choice(["    a: 1", "    b: true", "    c: [x]", "    d: ~", "    helm.sh/resource-policy: keep"]))
    mark = len(text.variables)
    lines.append("data:")
    for number in range(chance.choice([1, 1, 2, 3])):
        kind = chance.choice("s s s i f b l d a a".split())
        made = text.pipeline(kind)
        shown = chance.choice(["", "", " | quote", " | toJson", " | quote", " | toJson", " | toYaml | nindent 4", " | toYaml | indent 4 | trim", " | squote"])
        lines.append(f"  k{number}: {{{{ {made}{shown} }}}}" if not made.startswith("-") else f"  k{number}: {{{{ ({made}){shown} }}}}")
    if chance.random() < 0.4:
        body = text.statements(2)
        lines.append("  text: |\n    x" + body.replace("\n", "\n    ") if chance.random() < 0.7 else "#" + body.replace("\n", " "))
    if chance.random() < 0.02:
        lines.append(chance.choice(["bad: [", "  - x", "\tz: 1", "a: b: c", "k: \"", "x: *y", "{{ end }}", "{{ if", "}}", "data: again", "? x", "%A"]))
    del text.variables[mark:]
    return "\n".join(lines) + "\n"


def template(chance):
    separators = ["---\n", "---\n", "--- # note\n", "---\n---\n", "\n---\n", "...\n---\n", "---\r\n"]
    text = chance.choice(["", "", "---\n", "# head\n", "{{- if .Values.b0 }}\n"])
    opened = "if" in text
    documents = [document(chance) for _ in range(chance.choice([1, 1, 1, 1, 2, 3]))]
    text += chance.choice(separators).join(documents)
    return text + ("{{- end }}\n" if opened else "")


def definitions(chance, names):
    made = ""
    for number, name in enumerate(names):
        text = Text(chance, names[:number], is_definition=True)
        body = chance.choice(["x", "{{ .Release.Name }}", "y-z", "a\nb", "{{ . | toJson }}"]) if chance.random() < 0.8 else text.statements(1)
        made += f'{{{{{chance.choice(["- ", " "])}define "{name}"{chance.choice([" -", " "])}}}}}{body}{{{{ end }}}}\n'
    return made


def one_chart(chance, name, level, files, folder):
    """Adds a chart's files; returns nothing."""
    dependencies = []
    subcharts = chance.choice([0, 0, 0, 0, 1, 1, 2] if level == 0 else [0, 0, 0, 0, 1]) if level < 2 else 0
    for number in range(subcharts):
        child = ["sub", "dep", "lib"][number + level] if number + level < 3 else "sub"
        one_chart(chance, child, level + 1, files, f"{folder}charts/{child}/")
        if chance.random() < 0.75:
            version = chance.choice(['"^0.1.0"', "0.x", '">=0"', '"*"', "9.9.9", '"0.1"', ""]) if chance.random() < 0.2 else "0.1.0"
            line = f"- name: {child}\n  version: {version}\n  repository: ''\n"
            if chance.random() < 0.35:
                line += "  condition: " + chance.choice([f"{child}.enabled", "b0", "m0.b0", "missing.x", "s0", f"missing,{child}.enabled", "global.on"]) + "\n"
            if chance.random() < 0.2:
                line += "  tags: [" + chance.choice(["front", "back", "front, back"]) + "]\n"
            if chance.random() < 0.3:
                line += f"  alias: {chance.choice(['sub', 'other', 'al-ias', child])}\n"
            if chance.random() < 0.2:
                line += "  import-values: " + chance.choice(["[data]", "[{child: m0, parent: m1}]", "[{child: missing, parent: x}]", "[data, {child: m1, parent: imported}]"]) + "\n"
            dependencies.append(line)
            if chance.random() < 0.1:
                dependencies.append(f"- name: {child}\n  version: 0.1.0\n  alias: twice\n")
    head = ["apiVersion: v2", f"name: {name}", "version: 0.1.0"]
    extra = ["appVersion: 1.10", "appVersion: \"v2\"", "description: text", "type: application", "keywords: [a, b]", "annotations: {x: y, n: \"1\"}", "maintainers: [{name: m, email: e@x}]", "kubeVersion: '>=1.20.0-0'", "home: http://h", "deprecated: true", "sources: [u]", "icon: i", "unknown: 1"]
    head += [line for line in extra if chance.random() < 0.12]
    if chance.random() < 0.02:
        head.append(chance.choice(["kubeVersion: '<1.0'", "type: library", "type: odd", "kubeVersion: x", "name: 5", "version: z"]))
    if dependencies:
        head.append("dependencies:\n" + "".join(dependencies).rstrip())
    files[folder + "Chart.yaml"] = "\n".join(head) + "\n"
    text = values(chance)
    for child in ["sub", "dep", "other"]:
        if chance.random() < 0.3:
            text += f"\n{child}:\n  enabled: {chance.choice(['true', 'false', 'yes', 'text'])}\n" + (values(chance, 0, "  ") if chance.random() < 0.4 else "") + chance.choice(["", "", "\n  s0: null", "\n  m0: null", "\n  m0: {k: null}", "\n  global: {g1: own}"])
    if chance.random() < 0.4:
        text += "\nglobal: " + chance.choice(["{g0: x}", "{g0: 1, on: true}", "{on: false, m: {a: 1}}", "null", "text", "{m: {a: null, b: 2}}"])
    if chance.random() < 0.2:
        text += "\nexports: {data: {s1: exported, m1: {z: 1}}}"
    if chance.random() < 0.2:
        text += "\ntags: {front: " + chance.choice(["true", "false"]) + ", back: false}"
    if chance.random() < 0.02:
        text = chance.choice(BROKEN_VALUES)
    if chance.random() < 0.97:
        files[folder + "values.yaml"] = text + "\n"
    files[folder + "templates/_h.tpl"] = definitions(chance, ["h0", "h1", "h2"])
    for number in range(chance.choice([1, 1, 1, 2])):
        path = chance.choice(["t{}.yaml", "t{}.yaml", "deep/t{}.yaml", "t{}.txt", "t{}.yml", "tests/t{}.yaml"]).format(number)
        files[f"{folder}templates/{path}"] = template(chance)
    if chance.random() < 0.25:
        files[folder + "templates/NOTES.txt"] = Text(chance).statements(2)
    if chance.random() < 0.2:
        files[folder + "files/a.txt"] = "one\ntwo\n"
        files[f"{folder}templates/f.yaml"] = chance.choice(
            ['a: {{ .Files.Get "files/a.txt" | quote }}\n', '{{ (.Files.Glob "files/*").AsConfig }}\n', '{{ range $p, $b := .Files.Glob "**" }}\n{{ $p }}: {{ len $b }}\n{{ end }}', 'x: {{ .Files.Lines "files/a.txt" | toJson }}\n', '{{ (.Files.Glob "files/**").AsSecrets | indent 2 }}\n', '{{ .Files.Get "nope" }}']
        )
    if chance.random() < 0.1:
        files[folder + "crds/c.yaml"] = chance.choice(["kind: CustomResourceDefinition\nmetadata: {name: x}\n", "a: 1\n---\nb: 2\n", "{{ not a template }}\n"])


SETS = ["s0=set", "m0.s0=1", "l0[0]=z", "l0={a,b}", "i0=12", "s0=null", "m0=null", "m1.a.b.c=true", "sub.enabled=false", "global.g0=set", "a\\.b=c", "f0=1.5", "tags.front=true", "l1[1].a=x", "n0=", "x=0123", "l0[5]=far", "sub.m0.k=v", "other.s0=o", "m0.l0[0]=q,b0=false", "="]


def arguments(chance, files):
    flags = []
    add = lambda share, *words: flags.extend(words) if chance.random() < share else None
    for _ in range(2):
        add(0.2, "--set", chance.choice(SETS))
    add(0.08, "--set-string", chance.choice(SETS))
    add(0.05, "--set-json", chance.choice(['m0={"a":[1,2.5]}', 'l0=[1]', 's0="x"', "i0=1e3", "n0=null", "s0=bad", '{"a":{"b":1}}']))
    add(0.03, "--set-literal", chance.choice(["s0=a,b", "m0.s0=x=y"]))
    if chance.random() < 0.15:
        files["../extra.yaml"] = values(chance) + chance.choice(["", "\nsub: {s1: extra}", "\nm1: null", "\nm0: text"]) + "\n"
        flags += ["-f", "EXTRA"]
    add(0.1, "--namespace", "other")
    add(0.08, "--is-upgrade")
    add(0.08, "--no-hooks")
    add(0.08, "--include-crds")
    add(0.08, "--skip-tests")
    add(0.05, "--kube-version", chance.choice(["1.29", "v1.30.2", "1.2.3-x", "bad"]))
    add(0.04, "--api-versions", "x.example/v1")
    add(0.06, "--show-only", chance.choice(["templates/t0.yaml", "templates/*.yaml", "charts/sub/templates/t0.yaml", "templates/none.yaml"]))
    return flags


def chart(seed):
    """The files of a chart, by path, and the flags to render it with."""
    chance = random.Random(seed)
    files = {}
    one_chart(chance, "c", 0, files, "")
    return files, arguments(chance, files)
