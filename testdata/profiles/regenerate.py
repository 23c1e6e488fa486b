#!/usr/bin/env python3
"""Charts on which Helm versions differ, at least one for each switch of `Profile` (src/template/profile.rs), and some on which they must not;
what the three real Helms print for each is written to cases.jsonl. See ../helms.py for the format.

Differences between Helm 3.17.3, 3.19.5 and 4.2.4 that `helm template` cannot show, and that therefore have no switch:

* sprig (3.3.0), mergo (1.0.1) and cast (1.7.0) are the same; sigs.k8s.io/yaml 1.4 and 1.6 read and write the same YAML
* `{{else with}}`, `toYamlPretty`, `fromToml` and the loader's limits of size are in all three
* `range` over a function (Go 1.24): no function that templates can reach returns one
* BurntSushi/toml 1.4 and 1.5 write the same for all that values can hold: they differ in inline structs
* Kubernetes' default version shows only in published binaries; the case leans on how the Helms were built

What a published binary says of itself in `.Capabilities.HelmVersion` (commit, last number of Go's version) is not compared.

Usage: regenerate.py 3.17=PATH 3.19=PATH 4.2=PATH
"""

import collections
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import helms  # noqa: E402

CASES = []
META = {"apiVersion": "v2", "name": "c", "version": "0.1.0"}
SHOW = "{{ toYaml .Values }}\n"


def case(switch, name, template=None, values=None, meta=None, args=(), files=None, more=None, **rest):
    """A chart with one template. A switch of `None`: the Helms agree, but for how documents end. `values` is text or what JSON can say."""
    chart = {"Chart.yaml": json.dumps({**META, **(meta or {})}) + "\n", **(more or {})}
    if template is not None:
        chart["templates/t.yaml"] = template
    if values is not None:
        chart["values.yaml"] = values if isinstance(values, str) else json.dumps(values) + "\n"
    CASES.append({"switch": switch, "name": name, "chart": chart, "files": files or {}, "args": ["chart", *args], **rest})


def subchart(folder, name=None, dependencies=None, values=None, template=SHOW):
    """The files of a chart below charts/."""
    meta = {"apiVersion": "v2", "name": name or folder.rsplit("/")[-1], "version": "1.0.0"}
    if dependencies is not None:
        meta["dependencies"] = dependencies
    files = {f"charts/{folder}/Chart.yaml": json.dumps(meta) + "\n", f"charts/{folder}/templates/t.yaml": template}
    if values is not None:
        files[f"charts/{folder}/values.yaml"] = json.dumps(values) + "\n"
    return files


def dependency(name, alias=None, **more):
    return {"name": name, "version": "*", "repository": "", **({"alias": alias} if alias else {}), **more}


def document(kind, name="x", **annotations):
    return f"apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n  annotations: {json.dumps(annotations)}\n"


def coalescing():
    case("coalescing", "null below the first level where the defaults have nothing", SHOW, {"x": {"l": 1}}, args=["--set", "x.k=null"])
    case("coalescing", "null default", SHOW, {"k": None, "x": {"k": None, "l": 1}})
    case(None, "null over a default", SHOW, {"k": 1, "l": 1}, args=["--set", "k=null"])


def values_files():
    two = "a: 1\nx: {k: 1, l: 1}\n---\nb: 2\nx: {k: 2}\n"
    case("all_value_documents", "two documents of defaults", SHOW, two)
    case("all_value_documents", "two documents in a file", SHOW, {}, files={"v.yaml": two}, args=["-f", "v.yaml"])
    case("all_value_documents", "a last line without an end", SHOW, {}, files={"v.yaml": "a: |\n  text"}, args=["-f", "v.yaml"])
    case("all_value_documents", "text behind a separator", SHOW, {}, files={"v.yaml": "a: 1\n--- b\n"}, args=["-f", "v.yaml"])
    case("all_value_documents", "second document is a list", SHOW, {}, files={"v.yaml": "a: 1\n---\n- b\n"}, args=["-f", "v.yaml"])
    case("all_value_documents", "second document is broken", SHOW, {}, files={"v.yaml": "a: 1\n---\nb: [\n"}, args=["-f", "v.yaml"])
    case("all_value_documents", "first document is a list", SHOW, {}, files={"v.yaml": "- a\n"}, args=["-f", "v.yaml"])
    case("all_value_documents", "first document is a number", SHOW, {}, files={"v.yaml": "5\n"}, args=["-f", "v.yaml"])
    case("all_value_documents", "first document is broken", SHOW, {}, files={"v.yaml": "a: [\n"}, args=["-f", "v.yaml"])
    case("all_value_documents", "second default document is a list", SHOW, "a: 1\n---\n- b\n")
    case(None, "an empty file", SHOW, {"a": 1}, files={"v.yaml": ""}, args=["-f", "v.yaml"])
    case(None, "only a comment", SHOW, {"a": 1}, files={"v.yaml": "# nothing\n"}, args=["-f", "v.yaml"])
    case(None, "standard input", SHOW, {"a": 1}, args=["-f", "-"], stdin="a: 2\n")
    case(None, "a separator first", SHOW, "---\na: 1\n")
    case(None, "lines of Windows", SHOW, "a: 1\r\nb: |\r\n  text\r\n  more\r\n")
    case(None, "a missing file", SHOW, {}, args=["-f", "none.yaml"])


def lists_of_files():
    files = {"a.yaml": "a: 1\n", "b.yaml": "b: 2\n", "a,b.yaml": "c: 3\n", 'q".yaml': "d: 4\n"}
    for name, argument in [("two in one flag", "a.yaml,b.yaml"), ("a quoted comma", '"a,b.yaml"'), ("quoted and plain", '"a,b.yaml",a.yaml'),
                           ("a quote in quotes", '"q"".yaml"'), ("a quote in the middle", 'q".yaml'), ("an open quote", '"a.yaml'),
                           ("text behind a quote", '"a.yaml"x'), ("an empty part", "a.yaml,,b.yaml"), ("a space", "a.yaml, b.yaml"),
                           ("a second line", "a.yaml\nb.yaml"), ("nothing", ""), ("only a line end", "\n")]:
        case(None, f"-f with {name}", SHOW, {}, files=files, args=["-f", argument])
    show = 'v: {{ .Capabilities.APIVersions.Has "x/v1" }} {{ .Capabilities.APIVersions.Has "y/v1" }} {{ .Capabilities.APIVersions.Has "a,b" }}\n'
    for argument in ["x/v1,y/v1", '"a,b",x/v1', 'x"/v1']:
        case(None, f"--api-versions {argument}", show, args=["--api-versions", argument])
    case(None, "--api-versions twice", show, args=["-a", "x/v1", "--api-versions", "y/v1"])


def set_flags():
    case("set_json_object", "--set-json with an object", SHOW, {"x": {"k": 1}, "a": 1}, args=["--set-json", ' {"x":{"l":2.5},"a":null} '])
    case("set_json_object", "--set-json with a broken object", SHOW, {}, args=["--set-json", '{"x":'])
    case(None, "--set-json with a key", SHOW, {}, args=["--set-json", 'x={"k":1},y=[1]'])
    for flag in ["--set", "--set-string", "--set-json", "--set-literal", "--set-file"]:
        case("set_ignores_open_index", f"an open index in {flag}", SHOW, {"a": [1, 2]}, args=[flag, "a[0"])
    case("set_ignores_open_index", "an open inner index", SHOW, {"a": [1, 2]}, args=["--set", "b=1,a[0][1"])
    case("set_ignores_open_index", "an open index below a key", SHOW, {}, args=["--set", "b.c=1,b.a[0"])
    case(None, "a wrong index", SHOW, {}, args=["--set", "a[x]=1"])


def aliases():
    inner = [dependency("n", "o", condition="o.on")]
    twice = [dependency("s", "one"), dependency("s", "two")]
    switched = {"one": {"o": {"on": True}}, "two": {"o": {"on": False}}}
    name = "name: {{ .Chart.Name }} {{ .Template.Name }}\nvalues: {{ toJson .Values }}\n"
    case("aliases_share", "an alias inside a chart with two aliases", name, switched, {"dependencies": twice},
         more={**subchart("s", dependencies=inner, template=name), **subchart("s/charts/n", template=name)})
    case("aliases_share", "a chart inside a chart with two aliases", name, {"one": {"n": {"k": 1}}, "two": {"n": {"k": 2}}}, {"dependencies": twice},
         more={**subchart("s", template=name), **subchart("s/charts/n", template=name)})
    imported = [dependency("n", **{"import-values": [{"child": "data", "parent": "imported"}]})]
    case("aliases_share", "imports of a chart with two aliases", name, {}, {"dependencies": twice},
         more={**subchart("s", dependencies=imported, template=name), **subchart("s/charts/n", values={"data": {"k": 1}}, template=name)})
    case("aliases_share", "a condition inside a chart with two aliases", "d: {{ toJson .Values }}\n", {"one": {"n": {"on": True}}, "two": {"n": {"on": False}}},
         {"dependencies": twice}, more={**subchart("s", dependencies=[dependency("n", condition="n.on")], template="d: {{ toJson .Chart.Dependencies }}\n"),
                                        **subchart("s/charts/n", template=name)})
    case("aliases_share", "custom resource definitions of a chart with two aliases", name, {}, {"dependencies": twice}, args=["--include-crds"],
         more={**subchart("s", template=name), **subchart("s/charts/n", template=name), "charts/s/charts/n/crds/x.yaml": "a: 1\n"})
    case(None, "an alias", name, {"one": {"k": 1}}, {"dependencies": twice[:1]}, more=subchart("s", values={"k": 2}, template=name))


def import_values():
    paths = {"import-values": [{"child": 5, "parent": True}, {"child": "data", "parent": 1.5}]}
    case("import_paths_of_any_type", "numbers as paths", SHOW, {}, {"dependencies": [dependency("s", **paths)]}, helms=["3.19", "4.2"],
         more=subchart("s", values={"5": {"k": 1}, "data": {"l": 1}}))


def objects():
    full = {"description": "text", "home": "h", "icon": "i", "appVersion": "1.10", "kubeVersion": ">=1.2", "type": "application", "keywords": ["k"],
            "sources": ["s"], "maintainers": [{"name": "n", "email": "e"}], "annotations": {"a": "b"}}
    with_sub = {**full, "dependencies": [dependency("s", "z", tags=["t"], **{"import-values": ["data"]})]}
    for name, template in [
        ("as YAML", "{{ toYaml .Chart }}\n"), ("as JSON", "a: '{{ toJson .Chart }}'\n"), ("printed", 'a: {{ print .Chart.Annotations .Chart.Keywords .Chart.Sources | quote }}\n'),
        ("types", "a: [{{ typeOf .Chart }}, {{ kindOf .Chart }}, {{ typeOf .Chart.Keywords }}, {{ typeOf .Chart.Annotations }}, {{ typeOf .Chart.Deprecated }}]\n"),
        ("a map function", 'a: {{ hasKey .Chart "Name" }}\n'), ("an unknown field", "a: {{ .Chart.Foo }}\n"), ("embedded metadata", "a: {{ .Chart.Metadata.Name }}\n"),
        ("an unknown field of a maintainer", "a: {{ (index .Chart.Maintainers 0).Foo }}\n"), ("the maintainer", "a: {{ (first .Chart.Maintainers).Name }}\n"),
        ("a missing annotation", 'a: "{{ .Chart.Annotations.none }}"\n'), ("changed", 'a: {{ (set .Chart "x" 1).x }}\n'),
        ("dependencies", "a: {{ range .Chart.Dependencies }}{{ .Name }} {{ .Alias }} {{ .Enabled }} {{ .ImportValues }} {{ .Tags }}{{ end }}\n"),
    ]:
        case("chart_is_map", f".Chart {name}", template, {}, with_sub, more=subchart("s", template="a: {{ toJson .Chart }}\n", values={"exports": {"data": {"k": 1}}}))
    case("chart_is_map", "an empty .Chart", "{{ toYaml .Chart }}\n")
    case("chart_is_map", "the truth of .Chart", "a: {{ if .Chart }}1{{ end }} {{ eq .Chart.IsRoot true }} {{ kindOf .Chart.Maintainers }} {{ len .Chart.Dependencies }}\n", {}, with_sub, more=subchart("s"))
    case("chart_is_map", ".Chart as TOML", "{{ toToml .Chart }}\n", {}, full)
    case("chart_is_map", ".Chart, pretty", "{{ toYamlPretty .Chart }}\n", {}, full)
    case("chart_is_map", ".Chart in a range", "{{ range $k, $v := .Chart }}{{ $k }}: {{ $v | toJson }}\n{{ end }}", {}, {**full, "maintainers": []})
    case("values_package", "the capabilities", "{{ toYaml .Capabilities.KubeVersion }}\na: {{ toJson (omit (dict \"k\" .Capabilities.KubeVersion) \"x\") }}\n", args=["--kube-version", "1.30.1-x"])
    case("values_package", "a field nobody has", "a: {{ .Capabilities.KubeVersion.Foo }}\n")
    case("values_package", "another field nobody has", "a: {{ .Capabilities.Foo }}\n")
    for name, template in [
        ("of values", "a: {{ typeOf .Values }} {{ typeOf .Template }} {{ typeOf .Values.x }} {{ typeOf (.Values.Table \"x\") }} {{ typeOf . }}\n"),
        ("of capabilities", "a: {{ typeOf .Capabilities }} {{ typeOf .Capabilities.KubeVersion }} {{ typeOf .Capabilities.APIVersions }} {{ typeOf .Capabilities.HelmVersion }}\n"),
        ("in a message", "a: {{ dig \"x\" 0 .Values }}\n"), ("in another message", "a: {{ upper .Values }}\n"),
        ("of files and the release", "a: {{ typeOf .Files }} {{ typeOf .Release }} {{ typeOf .Subcharts }} {{ typeOf .Chart.Name }}\n"),
    ]:
        case("values_package", f"types {name}", template, {"x": {"k": 1}})
    case("values_package", "a manifest that is a list", "- a\n")
    case("helm", "Helm's own version, as far as it shows", "a: {{ len (regexSplit \" \" (print .Capabilities.HelmVersion) -1) }}\n")


def kube_versions():
    show = ('a: {{ .Capabilities.KubeVersion }} {{ .Capabilities.KubeVersion.Version }} {{ .Capabilities.KubeVersion.GitVersion }} {{ .Capabilities.KubeVersion.String }}'
            ' {{ .Capabilities.KubeVersion.Major }} {{ .Capabilities.KubeVersion.Minor }} {{ quote .Capabilities.KubeVersion }} {{ toJson .Capabilities.KubeVersion }}\n')
    for version in ["1.25", "v1.25.3", "1.25.3-gke.100", "v1.25.3+k3s1", "1.25.3.4", "1", "v1", "x", "1.x", "01.25", "1.025", " 1.25", "1.25 ", "v1.25-", "1.25.3junk",
                    "1.25.", "99999999999999999999.1", "1.99999999999999999999", "-1.2", "vv1.2", "1..2", "1,2"]:
        case("kube_version", f"--kube-version '{version}'", show, args=[f"--kube-version={version}"])
    for version in ["1.25.3-gke.100", "1.25", "1.24.9"]:
        for wanted in [">=1.25.0", ">=1.25.0-0", ">1.24 <1.26"]:
            case("kube_version", f"kubeVersion {wanted} and {version}", show, meta={"kubeVersion": wanted}, args=["--kube-version", version])
    case("kube_version", "a kubeVersion that can't be read", show, meta={"kubeVersion": "what"}, args=["--kube-version", "1.30.0"])
    case("kube_minor", "the default version", show)
    case("kube_minor", "the default API versions", "a:\n{{ range .Capabilities.APIVersions }}- {{ . }}\n{{ end }}")


def splitting():
    x, y = document("A", "x"), document("A", "y")
    for name, text in [
        ("two documents", f"{x}---\n{y}"), ("blank lines", f"\n\n---\n\n{x}\n\n---\n\n\n{y}\n\n"), ("two separators", f"{x}---\n---\n{y}"), ("three separators", f"{x}---\n---\n---\n{y}"),
        ("separators first", f"---\n---\n{x}"), ("text behind a separator", f"{x}---{y}"), ("a comment behind a separator", f"{x}--- # note\n{y}"),
        ("an indented document", "---\n  a: 1\n  b: 2\n"), ("a block at the end", "a: |\n  text\n\n\n---\nb: |+\n  text\n\n"), ("four dashes", f"{x}----\n{y}"),
        ("comments", f"# note\n---\n{x}---\n# only this\n"), ("blanks behind a separator", f"{x}---  \t\n{y}"), ("no line end", f"{x}---\na: 1"), ("Windows", x.replace("\n", "\r\n") + "---\r\n" + y),
        ("nothing", "\n"), ("only separators", "---\n---\n"), ("a hook last", f"{x}---\n" + document("B", "h", **{"helm.sh/hook": "pre-install"}) + "\n\n"),
    ]:
        case("splitting", f"{name}", text)
        case("splitting", f"{name}, --show-only", text, args=["--show-only", "templates/t.yaml"])
    case("splitting", "custom resource definitions", x, more={"crds/a.yaml": "---\na: 1\n\n\n---\nb: 1"}, args=["--include-crds"])
    case("splitting", "a custom resource definition alone", x, more={"crds/a.yaml": "a: 1\n---\nb: 1\n"}, args=["--include-crds", "-s", "crds/a.yaml"])


def order():
    kinds = ["ValidatingWebhookConfiguration", "Zebra", "APIService", "MutatingWebhookConfiguration", "Anything", "Namespace", "Ingress", "List", "job", "Job", ""]
    case("webhooks_last", "manifests", "---\n".join(map(document, kinds)))
    case("webhooks_last", "hooks", "---\n".join(document(kind, **{"helm.sh/hook": "post-install"}) for kind in kinds))


def language():
    case("range_over_int", "range over an integer", "a: {{ range int .Values.n }}{{ . }}{{ end }}{{ range $i := 2 }}{{ $i }}{{ end }}{{ range 0 }}{{ else }}none{{ end }}\n", {"n": 3})
    case("range_over_int", "range over an integer, two variables", "a: {{ range $i, $e := 3 }}{{ $i }}{{ end }}\n")
    case("range_over_int", "range over a float", "a: {{ range .Values.n }}{{ . }}{{ end }}\n", {"n": 3})
    for call in ['eq 1 "a"', "eq 1 1.0", "lt 1 1.5", 'gt "a" 1', "ne true 1", "eq (list) (list)", "lt true false", "eq .Values.x 1", "le .Values.none 1", "eq .Values (dict)"]:
        case("comparison_names_types", call, "a: {{ " + call + " }}\n", {"x": "text"})
    for name, template in [
        ("in an action", "{{/* one\ntwo */}}\na: {{ if }}\n"), ("trimmed", "a: 1\n{{- /* one\ntwo\nthree */ -}}\n{{ nope }}\n"),
        ("of one line", "{{/* one */}}\na: {{ nope }}\n"), ("two of them", "{{/* a\nb */}}{{/* c\nd */}}\n{{ end }}\n"),
        ("in a body", "{{ if true }}\n{{/* a\nb */}}\n{{ nope }}{{ end }}\n"), ("and the end of the text", "{{/* a\nb */}}\n{{ if true }}\n"),
        ("and one that is not closed", "{{/* a\nb */}}\n{{/* c\nd\n"), ("in a text of tpl", '{{ tpl "{{/* a\\nb */}}\\n{{ nope }}" . }}\n'),
        ("and text that is long", "{{/* a\nb */}}\nx\ny\n{{ \"open }}\n"),
    ]:
        case("comments_have_lines", f"a comment {name}", template)
    case("comments_have_lines", "a failure while it runs, behind a comment", "{{/* a\nb */}}\na: {{ fail \"x\" }}\n")
    case(None, "else with", "a: {{ with .Values.none }}1{{ else with .Values.x }}{{ . }}{{ end }}\n", {"x": 2})
    case(None, "new functions of 3.17", 'a: {{ (fromToml "x = 1").x }}\n{{ toYamlPretty (dict "l" (list 1)) }}\n')


def times():
    show = '{{ printf "%s" ((toDate "2006" "2020").AppendText nil) }}'
    case("times_append", "AppendText", f"a: '{show}'\n")
    case("times_append", "AppendText to bytes", 'a: {{ printf "%s" ((toDate "2006" "2020").AppendText ((toDate "2006" "2021").MarshalText)) }}\n')
    case("times_append", "AppendText of a year without four digits", 'a: {{ ((toDate "2006" "2020").AddDate 9000 0 0).AppendText nil }}\n')
    case("times_append", "AppendBinary", 'a: {{ printf "%x" ((toDate "2006" "2020").AppendBinary nil) }}\n')
    case("times_append", "AppendText to what is no list of bytes", 'a: {{ (toDate "2006" "2020").AppendText "x" }}\n')
    texts = ["d = 2001-01-01", "d = 2001-01-01T10:11:12", "d = 2001-01-01 10:11:12.5", "d = 10:11:12", "d = 10:11", "d = 2001-01-01T10:11:12+02:00", "d = 2001-01-01T10:11:12Z",
             "d = 2001-01-01t10:11:12z", "d = 2001-01-01T10:11", "d = 2001-1-1", "d = 2001-02-30", "d = 24:00:00", "d = 10:11:60", "d = 10:11:12.123456789123", "d = 2001-01-01T10:11:12+0200",
             "d = 2001-01-01T1:11:12", "d = [2001-01-01, 10:11:12]", "d = 2001-01-01T10:11:12-00:00"]
    texts += ["a = {b = 1,}", "a = {b = 1,\n c = 2}", "a = {\n}", "a = {b = 1\n}", "a = {b = 1, # note\n}", "a = {,}", "a = {b = 1,,}", "a = {b = 1,\n\n}", 'a = "\\e[1m"', 'a = "\\x41\\xe9"', 'a = "\\x4"',
              'a = "\\xg0"', 'a = """\\x41\\e"""', 'a = "\\q"', "a = 0xg", "a = 0x", "a = 0og", "a =\n", "a =", "a\n", "a", "a = 1\nb\nc = 2", "a = 1\nb = \nc = 2", "[a", "[a\n", "[a]\nb", "a = [1, 2",
              "a = [1, 2\n", 'a = "x', 'a = "x\n"', 'a = \'\'\'x\n', 'a = """x', "é = 1", "a = [1]\na = [2]", "a = 1\na = 2", "[a]\nb = [1]\nb = [2]", "a.b = [1]\na.b = [2]", "[[a]]\nb=1\n[[a]]\nb=2",
              "a = [1]\n[[a]]\nb=2", "a = [{b = 1}]\n[[a]]\nb=2", "[a.b]\nc = [1]\n[a]\nb = 2", "a = []\na = []", "a = [1]\na = 2", "a = 1\na = [2]", "a = {b = [1], b = [2]}", "d = 2001-01-01T10:11Z",
              "d = 2001-01-01T10:11+02:00", "d = 2001-01-01 10:11", "d = 1:11", "d = 10:1", "d = 10:11.5", "a = +0x1", "a = 1__2", "a", "\ta.b", "a = t", "a = {b = 1", "a = {b", "a = {b = 1\n", 'a = "it\'s \\u4"', 'a = """\nx \\u00g"""', 'a = "\\U0011"']
    for text in texts:
        case("toml", f"TOML: {text}", f"a: |-\n{{{{ fromToml {json.dumps(text)} | toToml | indent 2 }}}}\nb: {{{{ fromToml {json.dumps(text)} | toString | quote }}}}\nc: {{{{ fromToml {json.dumps(text)} | toJson | quote }}}}\n")
    case(None, "local times of TOML elsewhere", '{{ $t := fromToml "d = 2001-01-01\\nt = 10:11:12\\nb = 2001-01-01T10:11:12" }}{{ toToml $t | quote }} {{ $t.b.UTC }} {{ dateInZone "15:04 MST" $t.b "Asia/Tokyo" }} {{ $t.d.Location }} {{ $t.d.AddDate 0 1 0 }}\n')


def functions():
    case("must_to_yaml", "mustToYaml", "a: {{ mustToYaml 1 }}\n")
    case("must_to_yaml", "mustToYaml of what can't be written", "a: {{ mustToYaml .Values.x }}\n", {"x": 1})
    case("must_to_yaml", "mustToJson", "a: '{{ mustToJson (dict \"k\" \"<\") }}'\n")
    case("must_to_toml", "mustToToml", "a: {{ mustToToml (dict \"k\" 1) }}\n")
    for number in ["1e6", "123456.0", "1234567.0", "1e21", "0.00001", "0.0001", "1e-7", "1.5", "2.0", "1e100", "-1e20", "123456789.123"]:
        case("toml", f"toToml {number}", '{{ toToml (dict "k" (float64 "' + number + '") "l" (list (float64 "' + number + '"))) }}\n')
    for constraint, version in [(">=1.2 <2", "1.3.0-rc.1"), (">=1.2-0 <2", "1.3.0-rc.1"), (">=1.2 <2-0", "1.3.0-rc.1"), ("!=1.2.3", "1.3.0-rc.1"), ("1.2.x || >1-0", "2.0.0-a"), ("^1.2-0 !=1.5", "1.5.0-b")]:
        case("semver", f"{version} and {constraint}", 'a: {{ semverCompare "' + constraint + '" "' + version + '" }}\n')
    case("semver", "a constraint that can't be read", 'a: {{ semverCompare "a b" "1.2.3" }}\n')
    case("semver", "a version that can't be read", 'a: {{ semverCompare ">1" "x" }}\n')
    case("semver", "a long constraint", 'a: {{ semverCompare (repeat 200 ">1 ") "1.2.3" }}\n')
    case("semver", "a long version", 'a: {{ semver (print "1.2.3-" (repeat 300 "a")) }}\n')
    case("semver", "many alternatives", 'a: {{ semverCompare (join "||" (splitList "," (repeat 40 "1,"))) "1.2.3" }}\n')
    case("semver", "a dependency's pre-release", SHOW, {"s": {"k": 1}}, {"dependencies": [{"name": "s", "version": ">=0.9-0 <2", "alias": "z"}]},
         more={"charts/s/Chart.yaml": '{"apiVersion": "v2", "name": "s", "version": "1.0.0-rc.1"}\n', "charts/s/templates/t.yaml": SHOW})


def messages():
    helpers = '{{ define "one" }}{{ include "two" . }}{{ end }}\n{{ define "two" }}\n  {{ .Values.a.b.c }}{{ end }}\n'
    helpers += '{{ define "texts" }}{{ upper 1 }}{{ end }}{{ define "parsed" }}{{ semver "x" }}{{ end }}{{ define "self" }}{{ include "self" . }}{{ end }}'
    for name, template in [
        ("through two includes", 'a: {{ include "one" . }}\n'), ("direct", "a: {{ .Values.a.b }}\n"), ("of a missing template", 'a: {{ include "none" . }}\n'),
        ("of a missing template below", 'a: {{ tpl "{{ include \\"none\\" . }}" . }}\n'), ("of a function's type", 'a: {{ include "texts" . }}\n'), ("of a function", 'a: {{ include "parsed" . }}\n'),
        ("of a function, direct", 'a: {{ semver "x" }}\n'), ("of tpl", 'a: {{ tpl "{{ .Values.a.b }}" . }}\n'), ("of tpl's text", 'a: {{ tpl "{{ x" . }}\n'), ("of required", 'a: {{ required "need: it" .Values.none }}\n'),
        ("of fail below", '{{ define "f" }}{{ fail "no: way\\nsecond line" }}{{ end }}a: {{ include "f" . }}\n'), ("of template", '{{ template "two" . }}\n'), ("of a missing template action", '{{ template "none" . }}\n'),
        ("of syntax", "a: {{ if }}\n"), ("of an unknown function", "a: {{ nope 1 }}\n"), ("of index", 'a: {{ index .Values "a" "b" }}\n'), ("of an include by type", "a: {{ include 1 . }}\n"),
        ("of arguments", "a: {{ upper }}\n"), ("of recursion", 'a: {{ include "self" . }}\n'), ("of a piped nil", "a: {{ .Values.none | upper }}\n"), ("of quotes", 'a: {{ printf "%s" "x" | .Values.y }}\n'),
    ]:
        case("structured_messages", f"failure {name}", template, {"x": "t"}, more={"templates/_h.tpl": helpers})
    case("structured_messages", "a warning", SHOW, {"x": {"k": 1}}, args=["--set", "x=1"])
    case("structured_messages", "a switch that is no boolean", SHOW, {"s": {"on": "yes"}, "tags": {"t": 1}}, {"dependencies": [dependency("s", condition="s.on", tags=["t"])]}, more=subchart("s"))
    case("structured_messages", "an import that is missing", SHOW, {}, {"dependencies": [dependency("s", **{"import-values": ["x y", {"child": "k.l", "parent": "."}]})]}, more=subchart("s"))
    case("structured_messages", "an unknown hook", document("A", **{"helm.sh/hook": "pre-install, crd-install"}))
    case("structured_messages", "values of the wrong type for a subchart", SHOW, {}, {"dependencies": [dependency("s")]}, args=["--set", "s=1"], more=subchart("s"))
    case("structured_messages", "a manifest that can't be read", "a: [\n")
    case("structured_messages", "an annotation that is no string", "metadata: {annotations: {a: [1]}}\n")
    case("structured_messages", "metadata that is no mapping", "metadata: text\n")
    case("structured_messages", "a kind that is no string", "kind: {a: 1}\n")
    case("structured_messages", "requirements in a chart of the second apiVersion", SHOW, {}, more={"requirements.yaml": "dependencies: []\n", "requirements.lock": "{}\n"})
    case("structured_messages", "requirements below", SHOW, {}, more={**subchart("s"), "charts/s/requirements.yaml": "dependencies: []\n"})
    case("structured_messages", "a deprecated chart", SHOW, {}, {"deprecated": True})
    case("structured_messages", "a library", SHOW, {}, {"type": "library"})
    case("structured_messages", "a missing dependency", SHOW, {}, {"dependencies": [dependency("s"), dependency("t")]})


def flags():
    hook = document("B", "h", **{"helm.sh/hook": "pre-install"}) + "---\n" + document("B", "t", **{"helm.sh/hook": "test"})
    both = document("A", "m") + "---\n" + hook
    more = {"templates/two.yaml": document("C", "two"), "templates/empty.yaml": "\n", "crds/x.yaml": "a: 1\n"}
    for args in [[], ["--no-hooks"], ["--skip-tests"], ["--include-crds"], ["--skip-crds"], ["-s", "templates/two.yaml"], ["-s", "templates/two.yaml", "-s", "templates/t.yaml"],
                 ["-s", "templates/*.yaml", "--no-hooks"], ["-s", "templates/none.yaml"], ["-s", "templates/empty.yaml"], ["-s", "crds/x.yaml"], ["-s", "crds/x.yaml", "--include-crds"]]:
        case(None, "flags " + " ".join(args), both, args=args, more=more)
    release = "a: {{ .Release.Name }} {{ .Release.Namespace }} {{ .Release.IsUpgrade }} {{ .Release.IsInstall }} {{ .Release.Revision }} {{ .Release.Service }}\n"
    for args in [[], ["-n", "ns"], ["--is-upgrade"], ["--generate-name"], ["--namespace", "ns", "--is-upgrade"]]:
        case(None, "release " + " ".join(args), release, args=args)
    CASES[-1]["args"] = ["rel", *CASES[-1]["args"]]
    case(None, "a bad release name", release)
    CASES[-1]["args"] = ["Bad_Name", "chart"]


def main():
    found = helms.from_command_line()
    for group in [coalescing, values_files, lists_of_files, set_flags, aliases, import_values, objects, kube_versions, splitting, order, language, times, functions, messages, flags]:
        group()
    kept, differing = [], collections.Counter()
    for one in CASES:
        only = one.pop("helms", None)
        answer = helms.ask(found, one)
        if only:
            # The others stop with a fault of their own, not with an answer.
            answer["want"] = [{**want, "helm": [name for name in want["helm"] if name in only]} for want in answer["want"]]
            answer["want"] = [want for want in answer["want"] if want["helm"]]
        kept.append(answer)
        differing[one["switch"]] += len(answer["want"]) > 1 or only is not None
    helms.save(HERE / "cases.jsonl", kept)
    print(f"{len(kept)} cases; differing:", dict(differing))


if __name__ == "__main__":
    main()
