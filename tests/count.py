"""Counts the tests of one run, and names those that failed or were skipped, for run.sh.

    count.py meson  .../testlog.json    each TAP line is a test; a program without any is one
    count.py pytest report.xml

Prints "PASSED FAILED SKIPPED", then a line for each that did not pass.  A program that dies without
a "not ok" (a crash, a sanitizer's word, a timeout, too few tests) counts as one failed test.  A test
that says "# skipped: why" is skipped, though it ends in "ok" (see tests/scratch.h).
"""
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as xml

TAP = re.compile(r"(not )?ok\b(.*)")
DIRECTIVE = re.compile(r"# *skip", re.I)
SKIPPED = re.compile(r"# skipped: (.*)")


def meson(report):
    for program in map(json.loads, report.splitlines()):
        fates, why = [], ""
        for line in (program["stdout"] or "").splitlines():
            if said := SKIPPED.match(line):
                why = f": {said[1]}"
            elif test := TAP.match(line):
                skipped = DIRECTIVE.search(test[2]) or (why and not test[1])
                fates.append("skipped" if skipped else "failed" if test[1] else "passed")
                yield fates[-1], program["name"] + test[2] + (why if skipped else "")
                why = ""
        if program["result"] not in ("OK", "SKIP", "EXPECTEDFAIL"):
            if "failed" not in fates:
                yield "failed", f"{program['name']}: {program['result'].lower()}"
        elif not fates:
            yield "skipped" if why or program["result"] == "SKIP" else "passed", program["name"] + why


def pytest(report):
    for case in xml.fromstring(report).iter("testcase"):
        name, why = f"{case.get('classname')}.{case.get('name')}", case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            yield "failed", name
        elif why is not None:
            yield "skipped", f"{name}: {why.get('message')}"
        else:
            yield "passed", name


def main(kind, path):
    report = pathlib.Path(path)
    cases = list({"meson": meson, "pytest": pytest}[kind](report.read_text())) if report.exists() else []
    print(*(sum(fate == wanted for fate, _ in cases) for wanted in ("passed", "failed", "skipped")))
    for fate, name in cases:
        if fate != "passed":
            print(f"{fate}: {name}")


main(*sys.argv[1:])
