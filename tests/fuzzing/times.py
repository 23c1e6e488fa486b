#!/usr/bin/env python3
"""Renders random expressions of times with Helm 3.17.3 and with chartshift and compares what they print, in one zone after the other.

None of the expressions fails, so that one chart holds them all. A zone whose rules are younger than one of the two programs' data of zones
differs for that reason. Usage: times.py --seed 1 --count 5000 --helm helm --chartshift target/release/chartshift [ZONE…]
"""

import argparse
import base64
import os
import pathlib
import random
import subprocess
import tempfile

WORDS = """2006 06 01 1 Jan January 02 2 _2 002 __2 15 03 3 04 4 05 5 PM pm MST -0700 -07:00 -07 Z07:00 Z0700 Z07 .000 .999 ,000 .000000000 Mon Monday
    T : - / _ , . x é 2006-01-02 -07:00:00 Z070000 Jan. 99 0""".split() + [" ", "  "]
OFFSETS = ["Z", "+01:00", "+02:00", "-03:30", "-02:30", "+05:45", "-11:00"]
ABBREVIATIONS = "UTC CET CEST NST NDT EST GMT GMT+4 LMT CEMT BST XYZ".split()
PLACES = """Europe/Berlin America/New_York Asia/Tokyo Australia/Lord_Howe Asia/Kathmandu Africa/Monrovia Pacific/Apia America/Sao_Paulo Europe/London
    Antarctica/Troll Asia/Pyongyang US/Samoa Europe/Dublin UTC Local Nope""".split()
FIELDS = """Unix UnixNano UnixMilli UnixMicro Year Month Day YearDay Weekday Hour Minute Second Nanosecond IsDST IsZero Location GoString String""".split()
ZONES = ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]
# When clocks change in one half of the world or the other.
CHANGES = [("03", 25, 31), ("10", 24, 31), ("04", 1, 7), ("11", 1, 7), ("03", 7, 14)]


class Times:
    """Expressions that follow from a seed."""

    def __init__(self, seed):
        self.chance = random.Random(seed)

    def number(self, low, high):
        return self.chance.randint(low, high)

    def layout(self):
        parts = [self.chance.choice(WORDS) + self.chance.choice(["", "", "", " ", "-"]) for _ in range(self.number(1, 7))]
        return '"' + "".join(parts) + '"'

    def seconds(self):
        return self.number(*self.chance.choice([(-10**10, 4 * 10**9), (-10**12, 10**12), (0, 2 * 10**9), (-4 * 10**9, 4 * 10**9)]))

    def duration(self):
        unit = self.chance.choice([1, 60, 1800, 3600, 86400, 7 * 86400]) * 10**9
        return self.chance.choice([self.number(-10**18, 10**18), unit, self.number(1, 10**6), self.number(1, 10**12)])

    def clock(self):
        return f"{self.number(0, 23):02}:{self.number(0, 59):02}:{self.number(0, 59):02}"

    def read(self):
        """A time that is read from a text."""
        year = self.number(*self.chance.choice([(1, 9999), (1850, 2100), (1960, 2040)]))
        day = f"{year:04}-{self.number(1, 12):02}-{self.number(1, 28):02}"
        month, first, last = self.chance.choice(CHANGES)
        change = f"{self.number(1980, 2037)}-{month}-{self.number(first, last):02} {self.number(0, 3):02}:{self.number(0, 59):02}"
        return self.chance.choice([
            f'(toDate "2006-01-02" "{day}")',
            f'(toDate "2006-01-02T15:04:05Z07:00" "{day}T{self.clock()}.{self.number(0, 999999999)}{self.chance.choice(OFFSETS)}")',
            f'(toDate "2006-01-02 15:04:05 MST" "{day} {self.clock()} {self.chance.choice(ABBREVIATIONS)}")',
            f'(toDate "2006-01-02 15:04" "{change}")',
            f'((toDate "2006" "1970").UTC.Add {self.duration()})',
            f"(toDate {self.layout()} {self.layout()})",
            f'(toDate "2006-01-02 15:04:05" "{day} {self.clock()}")',
        ])

    def time(self):
        """A time, perhaps moved."""
        time = self.read()
        for _ in range(self.chance.choice([0, 0, 1, 1, 2, 3])):
            years = self.chance.choice([0, 0, self.number(-30, 30), self.number(-20000, 20000)])
            time = self.chance.choice([
                f"({time}.Add {self.duration()})", f"({time}.AddDate {years} {self.number(-30, 30)} {self.number(-500, 500)})",
                f"({time}.Truncate {self.duration()})", f"({time}.Round {self.duration()})", f"({time}.UTC)", f"({time}.Local)",
                f"({time}.In ({self.read()}.Location))", f'(dateModify "{self.chance.choice(["1h", "-1.5h", "x", "1h2m3s4ms5us6ns", "100000h"])}" {time})',
            ])
        return time

    def expression(self):
        zone = self.chance.choice(PLACES)
        method = self.chance.choice(["Hours", "Minutes", "Seconds", "Milliseconds", "Abs", f"Round {self.duration()}", f"Truncate {self.duration()}"])
        return self.chance.choice([
            f"date {self.layout()} {self.seconds()}", f'dateInZone "2006-01-02 15:04:05 MST -07:00:00" {self.seconds()} "{zone}"',
            f'dateInZone {self.layout()} {self.time()} "{zone}"', f"{self.time()}.{self.chance.choice(FIELDS)}", f"{self.time()}.Sub {self.time()}",
            f"({self.time()}.Sub {self.time()}).{method}", f"{self.time()}.Compare {self.time()}", f"{self.time()}.Format {self.layout()}",
            f"toDate {self.layout()} {self.layout()}", f"toJson {self.time()}", f'printf "%d" {self.time()}.UTC', self.time(),
        ])


def printed(program, chart, zone):
    done = subprocess.run([*program, "r", str(chart)], capture_output=True, env={**os.environ, "TZ": zone}, check=True)
    return [base64.b64decode(line[2:]).decode() for line in done.stdout.decode().splitlines() if line.startswith("- ")]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--helm", default="helm")
    parser.add_argument("--chartshift", default="target/release/chartshift")
    parser.add_argument("zones", nargs="*", default=ZONES)
    given = parser.parse_args()
    times = Times(given.seed)
    expressions = [times.expression() for _ in range(given.count)]
    differing = 0
    with tempfile.TemporaryDirectory() as folder:
        chart = pathlib.Path(folder)
        (chart / "templates").mkdir()
        (chart / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\n")
        lines = "".join(f"- {{{{ {expression} | toString | b64enc }}}}\n" for expression in expressions)
        (chart / "templates/t.yaml").write_text("l:\n" + lines)
        for zone in given.zones:
            helms = printed([given.helm, "template"], chart, zone)
            ours = printed([given.chartshift, "template", "--helm-version", "3.17"], chart, zone)
            for expression, want, found in zip(expressions, helms, ours, strict=True):
                if want != found:
                    differing += 1
                    print(f"{expression} in {zone}\n  Helm: {want}\n  ours: {found}")
    print(f"{given.count} expressions of seed {given.seed} in {len(given.zones)} zones: {differing} differ")
    raise SystemExit(differing > 0)


if __name__ == "__main__":
    main()
