#!/usr/bin/env python3
"""Renders small random charts with real Helm (3.17, on PATH) and with chartshift, and compares standard output, exit status and what is said on
standard error.

    charts.py --count 1000 --seed 1 --chartshift target/release/chartshift
    charts.py --show 1/17                 writes that one chart to a folder and prints both answers

Chart number N of seed S is always the same (`grammar.py`). A difference is made small by leaving out files and lines as long as the two still
disagree, and printed once for each kind of disagreement. Helm is asked again first: where it answers differently by itself, nothing is to be compared.
ACCEPTED holds what may differ, with the reason.
"""

import argparse
import base64
import collections
import concurrent.futures
import itertools
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

import grammar

SECONDS = 20
# What Helm says, what chartshift says (both from their Error line on), and why that is no fault.
ACCEPTED = [
    (r"", r"limit reached: a decimal of more than 38 digits", "decimals have 38 digits, Helm's have as many as memory holds"),
    (r"exceeded maximum template depth \(100000\)", r"limit reached: templates nested deeper than 4000", "templates nest 4000 deep, Helm's 100000 or until memory ends"),
    (r"", r"reflect\.Value\.Slice: slice index out of bounds", "Go cuts lists up to what was allocated for them, not up to their length"),
]
# What Helm says of a chart's own YAML files; chartshift tells the line below its message, with the file and an excerpt.
READING = re.compile(r"(?<=: )error (converting YAML to JSON: (yaml: (line \d+: )?)?|unmarshaling JSON: while decoding JSON: )")
# Signs that a terminal doesn't show: chartshift writes something visible in their place.
HIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\ufffd]+|\\\\[uxnt]\\S{0,8}|<U\\+[0-9A-F]+>| ")
Answer = collections.namedtuple("Answer", "code out said")


def write(files, folder):
    for path, text in files.items():
        target = folder / "extra.yaml" if path.startswith("../") else folder / "c" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode("utf-8", "surrogateescape"))


def run(command, flags, folder):
    words = [str(folder / "extra.yaml") if flag == "EXTRA" else flag for flag in flags]
    environment = {**os.environ, "TZ": "UTC", "NO_COLOR": "1"}
    try:
        done = subprocess.run([*command, "rel", "./c", *words], cwd=folder, capture_output=True, env=environment, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return Answer(None, b"", f"no answer within {SECONDS} seconds")
    return Answer(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))


def helms_words(said):
    """Helm's lines without its advice and the places in its own source."""
    said = re.sub(r"^\w+\.go:\d+: ", "", said, flags=re.M)
    if re.search(r"^Error: (cannot load|error unpacking)", said, re.M):
        said = READING.sub("", said)
    return in_order(re.sub(r"\n\nUse --debug flag.*", "", said, flags=re.S).strip())


def our_words(said):
    """Ours with what it was caused by, as Helm writes it, without places, excerpts and hints."""
    said = re.sub(r"(Error: )cannot open the chart [^\n]*\n  caused by: |\n  caused by(: )", r"\1\2", said)
    said = re.split(r"\n  (?:--> |hint: )", said)[0].strip()
    if re.search(r"^Error: (cannot load|error unpacking)", said, re.M):
        said = re.sub(r", (noticed on line \d+ )?while (scanning|parsing) .*", "", said)
    return in_order(said)


def in_order(said):
    """Warnings sorted: Go walks through maps by chance."""
    warnings, error, rest = said.partition("Error: ")
    return "\n".join(sorted(warnings.splitlines())) + "\n" * bool(warnings) + error + rest


def plain(text):
    return HIDDEN.sub("", text)


def accepted(helm, ours):
    return next((reason for theirs, mine, reason in ACCEPTED if re.search(theirs, helm, re.S) and re.search(mine, ours, re.S)), None)


class Many:
    """One Helm process for many charts (`build_many.sh`)."""

    def __init__(self, program):
        self.program = program
        self.lock = threading.Lock()
        self.process = None

    def ask(self, flags, folder):
        words = [str(folder / "extra.yaml") if flag == "EXTRA" else flag for flag in flags]
        call = json.dumps({"dir": str(folder), "args": ["template", "rel", "./c", *words]}) + "\n"
        with self.lock:
            if self.process is None:
                environment = {**os.environ, "TZ": "UTC", "NO_COLOR": "1", "HELM_MANY": "1"}
                pipe = subprocess.PIPE
                self.process = subprocess.Popen([self.program], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=environment)
            self.process.stdin.write(call.encode())
            self.process.stdin.flush()
            line = self.process.stdout.readline()
            if not line:
                # What ends Helm must not end the campaign: the program itself says how.
                self.process = None
                return None
        reply = json.loads(line)
        return Answer(reply["code"], base64.b64decode(reply["out"] or ""), base64.b64decode(reply["said"] or "").decode("utf-8", "replace"))


class Judge:
    def __init__(self, options):
        self.many = Many(options.many) if options.many else None
        self.helm = [options.helm, "template"]
        self.ours = [str(pathlib.Path(options.chartshift).resolve()), "template", "--helm-version", "3.17"]

    def answers(self, files, flags):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            write(files, folder)
            helm = (self.many and self.many.ask(flags, folder)) or run(self.helm, flags, folder)
            return helm, run(self.ours, flags, folder)

    def verdict(self, files, flags):
        """None for agreement, else the kind of disagreement; and both answers."""
        helm, ours = self.answers(files, flags)
        helm = helm._replace(said=helms_words(helm.said).replace("./c", "c"))
        ours = ours._replace(said=our_words(ours.said).replace("./c", "c"))
        return kind_of(helm, ours), helm, ours


def kind_of(helm, ours):
    if helm.code == ours.code and helm.out == ours.out and plain(helm.said) == plain(ours.said):
        return None
    reason = accepted(helm.said, ours.said)
    if reason and ours.code == 1:
        return "accepted: " + reason
    if ours.code not in (0, 1):
        return f"status {ours.code}"
    if helm.code != ours.code:
        return ("we refuse: " + sort_of(ours.said)) if helm.code == 0 else "we accept: " + sort_of(helm.said)
    if helm.out != ours.out:
        return "output: " + first_difference(helm.out, ours.out)
    pairs = itertools.zip_longest(helm.said.splitlines(), ours.said.splitlines(), fillvalue="")
    theirs, mine = next((theirs, mine) for theirs, mine in pairs if plain(theirs) != plain(mine))
    return "words: " + sort_of(theirs) + " / " + sort_of(mine)


def sort_of(said):
    """A message without what is particular to its chart."""
    last = said.splitlines()[-1] if said else ""
    last = re.sub(r'"(\\.|[^"\\])*"|<[^>]*>|[\w/.-]+:\d+(:\d+)?', "_", last)
    return re.sub(r"\d+", "0", last)[-120:]


def first_difference(theirs, mine):
    for one, other in zip(theirs.splitlines(), mine.splitlines()):
        if one != other:
            return re.sub(rb"\d+", b"0", one[:25]).decode("utf-8", "replace") + " / " + re.sub(rb"\d+", b"0", other[:25]).decode("utf-8", "replace")
    return "length"


def smaller(files, flags):
    """Charts with one thing less, the largest things first."""
    for path in sorted(files):
        if path != "Chart.yaml":
            yield {key: text for key, text in files.items() if key != path}, flags
    for index in range(len(flags)):
        yield files, flags[:index] + flags[index + 1:]
    for path, text in files.items():
        lines = text.split("\n")
        size = len(lines) // 2
        while size:
            for start in range(0, len(lines), size):
                yield {**files, path: "\n".join(lines[:start] + lines[start + size:])}, flags
            size //= 2
        if path.startswith("templates") or "/templates/" in path:
            for tag in re.finditer(r"\{\{.*?\}\}", text, re.S):
                yield {**files, path: text[:tag.start()] + text[tag.end():]}, flags


def minimised(judge, files, flags, kind, tries=150):
    going = True
    while going:
        going = False
        for less, fewer in smaller(files, flags):
            tries -= 1
            if tries < 0:
                return files, flags
            if judge.verdict(less, fewer)[0] == kind:
                files, flags, going = less, fewer, True
                break
    return files, flags


def compare(judge, seed):
    files, flags = grammar.chart(seed)
    kind, helm, _ = judge.verdict(files, flags)
    if kind and not kind.startswith("accepted"):
        for _ in range(3):
            again = judge.verdict(files, flags)
            if again[0] is None or again[1] != helm:
                return seed, "Helm differs from itself", helm.code
    return seed, kind, helm.code


def shown(files, flags, helm, ours):
    parts = [f"== {path}\n{text}" for path, text in files.items()]
    if flags:
        parts.append(f"== flags: {' '.join(flags)}")
    for name, answer in [("Helm", helm), ("chartshift", ours)]:
        parts.append(f"== {name}: status {answer.code}\n{answer.said}\n{answer.out.decode('utf-8', 'replace')}")
    return "\n".join(part.rstrip("\n") for part in parts)


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--helm", default="helm")
    parser.add_argument("--many", metavar="PROGRAM", help="what build_many.sh made: one process instead of one for each chart")
    parser.add_argument("--chartshift", default="target/release/chartshift")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--start", type=int, default=0, help="the first chart's number")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--show", metavar="SEED/NUMBER")
    parser.add_argument("--whole", action="store_true", help="don't make differences small")
    return parser.parse_args()


def show(judge, seed):
    files, flags = grammar.chart(seed)
    kind, helm, ours = judge.verdict(files, flags)
    if kind:
        files, flags = minimised(judge, files, flags, kind, 600)
        kind, helm, ours = judge.verdict(files, flags)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="chart-"))
    write(files, folder)
    print(f"{seed}: {kind}\n{shown(files, flags, helm, ours)}\nin {folder}")


def main():
    options = parsed()
    judge = Judge(options)
    if options.show:
        return show(judge, options.show)
    seeds = [f"{options.seed}/{number}" for number in range(options.start, options.start + options.count)]
    kinds, refused = collections.Counter(), 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for done, (seed, kind, code) in enumerate(pool.map(lambda seed: compare(judge, seed), seeds), 1):
            refused += code != 0
            if kind:
                kinds[kind] += 1
            if kind and kinds[kind] == 1 and not kind.startswith(("accepted", "Helm differs")):
                files, flags = grammar.chart(seed)
                if not options.whole:
                    files, flags = minimised(judge, files, flags, kind)
                _, helm, ours = judge.verdict(files, flags)
                print(f"\n#### {seed}: {kind}\n{shown(files, flags, helm, ours)}", flush=True)
            if done % 500 == 0:
                print(f"\n.... {done} charts, {refused} refused by Helm", flush=True)
    print(f"\n{len(seeds)} charts of seed {options.seed}, {refused} of them refused by Helm")
    for kind, count in kinds.most_common():
        print(f"{count:6} {kind}")
    unexplained = sum(count for kind, count in kinds.items() if not kind.startswith(("accepted", "Helm differs")))
    print(f"{unexplained} differ")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
