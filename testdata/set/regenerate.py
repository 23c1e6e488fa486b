#!/usr/bin/env python3
"""Asks real Helm what lists of --set flags make of a chart's values, and writes cases.jsonl beside this file.

usage: regenerate.py [HELM]      (HELM defaults to helm; it must be 3.17.3)

The chart's only template is {{ .Values | toJson }}. Lines of the result: {"args": [flag, text, …], "want": the JSON} or
{"args": …, "error": Helm's message}. The texts below are tried with every flag that reads them; the chart's defaults are DEFAULTS.
--set-file reads its file "file.txt", which holds CONTENT.
"""
import concurrent.futures, json, pathlib, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).parent
HELM = sys.argv[1] if len(sys.argv) > 1 else "helm"
DEFAULTS = {"d": {"x": 1, "y": {"z": True}}, "l": [1, {"a": "b"}, [2]], "s": "text", "n": 5}
CONTENT = "one\ntwo, {three}\n"

# Of --set and --set-string.
TEXTS = r"""
a=1
a=1,b=2
a.b.c=1
a.b=1,a.c=2
a=
a=,b=1
a
a,b=1
a=1,
a=1,b
=1
.a=1
a.=1
a..b=1
,a=1
a= 1
a=1 
 a=1
a b=c d
a=b=c
a=true
a=TRUE
a=True
a=false
a=null
a=NULL
a=Null
a=~
a=nil
a=0
a=00
a=01
a=-1
a=+1
a=-0
a=1.5
a=1e3
a=0x1f
a=1_000
a=9223372036854775807
a=9223372036854775808
a=-9223372036854775808
a=-9223372036854775809
a=12345678901234567890
a=1048576
a="x"
a='x'
a="1"
a=""
a=yes
a=no
a=on
a=[]
a={}
a={},b=1
a={1,2,3}
a={a,b},c=1
a={a, b}
a={ a }
a={null,true,1,x}
a={a,b
a={
a={a,b}c
a={a},,b=1
a={{b}}
a={a\,b,c}
a={a\}b}
a=b{c}
a=x\,y
a=x\=y
a=x\.y
a\.b=1
a\,b=1
a\=b=1
a\[0\]=1
a\\b=1
a=\
a=b\
\a=1
a=\n
a=\{x\}
a[0]=1
a[0]=1,a[1]=2
a[1]=x
a[2]=x,b=y
a[0].b=1
a[0].b=1,a[0].c=2
a[0].b=1,a[1].b=2
a[0].b.c=1
a[1].b=1
a[0][0]=1
a[0][1]=1,a[1][0]=2
a[0][0].b=1
a[0]={a,b}
a[0]
a[0],b=1
a[0]=
a[0].b
a[0].b,c=1
a[
a[]
a[]=1
a[0
a[x]=1
a[-1]=1
a[+1]=1
a[1.5]=1
a[ 1 ]=1
a[01]=1
a[99999999999999999999]=1
a[65537]=1
a[0]x=1
a[0]b.c=1
a[0]..b=1
a[0].=1
[0]=1
[0].a=1
a.[0]=1
a.b[0]=1
a.b[0].c=1
a.b[1].c=1,a.b[0].d=2
d.x=2
d.y.z=false
d.y=1
d.y=null
d=null
d=1
d.x.y=1
d.q.r=1
d.x=null
l[0]=9
l[1].a=c
l[1].c=d
l[2][0]=3
l[2][1]=3
l[3]=4
l=null
l=1
l={9}
l.a=1
s.a=1
s[0]=1
n=6
n[0]=1
n.a=1
a=1,a=2
a=1,a.b=2
a.b=1,a=2
a=1,a[0]=2
a[0]=1,a=2
a[0]=1,a.b=2
a.b=1,a[0]=2
a[0]=1,a[0][0]=2
a[0]=x,a[0].b=2
a={1,2},a[0]=3
a={1,2},a[3]=3
a=null,a.b=1
a=null,a[0]=1
a.b=null,a.b.c=1
a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.aa.bb.cc.dd=1
a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.aa.bb.cc.dd.ee=1
a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.aa.bb.cc.dd.ee.ff=1
ключ=значение
a=日本,b=😀
a=<b>&c
a:b=1
a/b=1
a-b=1
a_b.c-d=1
"a.b"=1
"a.b=1
global.x=1
global.x.y=1
global={1}
global=null
nodeSelector."kubernetes\.io/role"=master
nodeSelector.kubernetes\.io/os=linux
annotations.azure\.workload\.identity/client-id=00000000-0000-0000-0000-000000000000
serviceAccount.annotations.azure\.workload\.identity/use=true
args={--a=1,--b=2}
args={--a\=1,b}
a=%d
a=$(x)
a={a,,b}
a={,}
a={,a}
a=1,,b=2
a=a}b
a=]
a]=1
a]b[0]=1
""".strip("\n").split("\n")

# Of --set-json.
JSON = r"""
a=1
a=1.0
a=1.5
a=1e3
a=1e400
a=123456789012345678901
a=0.1
a=-0
a="x"
a="x,y"
a=true
a=null
a=
a=,b=1
a={"b":1}
a={"b":{"c":[1,2,{"d":null}]}}
a=[1,"2",null]
a=[1],b=[2]
a=1,b="x",c={}
a= 1 
a= 1 , b=2
a=1 b=2
a=1]
a={
a=[1
a=x
a='x'
a={"b":1,"b":2}
a=[1,]
a="\u00e9"
a="\ud800"
a="<&>"
a.b=1,a.c=[2]
a[0]={"b":1}
a[1]=1
a[0].b=[1]
a[0][0]=1
d={"x":null}
d=null
d.y={"q":1}
l=[]
l[0]={"z":1}
s.a=1
{"a":1}
a
a.b
=1
""".strip("\n").split("\n")

# Of --set-literal.
LITERAL = r"""
a=1
a=true
a=null
a=b,c=d
a=b\,c
a={x,y}
a=
a
a.b=c.d=e
a.b.c=x
a\.b=1
a[0]=1
a[1]=x,y
a[0].b=1
a[0][1]=z
a[x]=1
a[0
a,b=1
d.x=2
s.a=1
=1
a..b=1
a="q"
""".strip("\n").split("\n")

# Of --set-file.
FILES = r"""
a=file.txt
a=file.txt,b=file.txt
a.b=file.txt
a[0]=file.txt
a[1].b=file.txt
a={file.txt,file.txt}
a=missing.txt
a
a=
s.a=file.txt
""".strip("\n").split("\n")

# Several flags at once: what wins, and in which order they are read.
TOGETHER = [
    ["--set", "a=1", "--set", "a=2"],
    ["--set", "a=1", "--set-string", "a=2"],
    ["--set-string", "a=2", "--set", "a=1"],
    ["--set-json", "a=3", "--set", "a=1"],
    ["--set", "a=1", "--set-json", "a=3"],
    ["--set-literal", "a=4", "--set", "a=1"],
    ["--set-file", "a=file.txt", "--set-string", "a=2"],
    ["--set-file", "a=file.txt", "--set-literal", "a=4"],
    ["--set", "a.b=1", "--set-string", "a.c=2", "--set-json", "a.d={}"],
    ["--set-json", "a=[1,2,3]", "--set", "a[1]=x"],
    ["--set-json", "a={\"b\":1}", "--set", "a.c=2"],
    ["--set-json", "a={\"b\":1}", "--set-string", "a[0]=2"],
    ["--set", "a[0]=1", "--set", "a[1]=2"],
    ["--set", "a=null", "--set", "a.b=1"],
    ["--set", "d.x=null", "--set", "d.w=1"],
    ["--set", "d=null", "--set", "d.w=1"],
    ["--set", "a", "--set-json", "b"],
    ["--set", "a=1", "--set", "b"],
    ["--set", ""],
    ["--set-json", ""],
    ["--set-literal", ""],
    ["--set-file", ""],
]


def cases():
    for flag, texts in [("--set", TEXTS), ("--set-string", TEXTS), ("--set-json", JSON), ("--set-literal", LITERAL), ("--set-file", FILES)]:
        for text in texts:
            yield [flag, text]
    yield from TOGETHER


def ask(args, folder):
    # One word a flag: a text may begin with a hyphen.
    words = [f"{flag}={text}" for flag, text in zip(args[::2], args[1::2])]
    done = subprocess.run([HELM, "template", "r", "c", *words], capture_output=True, cwd=folder, text=True)
    if done.returncode == 0:
        return {"args": args, "want": done.stdout.split("\n", 2)[2].strip()}
    error = done.stderr.split("\n\nUse --debug flag")[0].strip().splitlines()[-1]
    return {"args": args, "error": error.removeprefix("Error: ")}


def main():
    with tempfile.TemporaryDirectory() as folder:
        chart = pathlib.Path(folder) / "c"
        (chart / "templates").mkdir(parents=True)
        (chart / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\n")
        (chart / "values.yaml").write_text(json.dumps(DEFAULTS))
        (chart / "templates" / "t.yaml").write_text("{{ .Values | toJson }}")
        (pathlib.Path(folder) / "file.txt").write_text(CONTENT)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            results = list(pool.map(lambda args: ask(args, folder), cases()))
    lines = [json.dumps(result, ensure_ascii=False) for result in results]
    (HERE / "cases.jsonl").write_text("\n".join(lines) + "\n")
    print(len(lines), "cases,", sum("error" in result for result in results), "of them refused")


main()
