#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks docs/faults.md: each named test exists, its program runs it, and make check runs the
program. Prints the table."""
import os
import re
import sys

TOP = os.environ["srcdir"]


def sources():
    """Returns {name without ending: text} of all test programs."""
    out = {}
    for folder, _, names in os.walk(os.path.join(TOP, "tests")):
        for name in names:
            if name.endswith((".c", ".py")):
                with open(os.path.join(folder, name)) as f:
                    out[name.rsplit(".", 1)[0]] = f.read()
    return out


def lists():
    """Returns the text of the make files that list the tests. run_x.sh runs test_x.py."""
    text = ""
    for name in os.listdir(os.path.join(TOP, "tests")):
        if name.endswith(".mk"):
            with open(os.path.join(TOP, "tests", name)) as f:
                text += f.read()
    return text


def problems(program, tests, text, listed):
    if text is None:
        return ["no program " + program]
    bad = []
    if not re.search(r"\b(%s|run_%s\.sh)\b" % (program, program.replace("test_", "", 1)), listed):
        bad.append("%s is in no list of tests" % program)
    for test in tests:
        defined = re.search(r"START_TEST\(%s\)|^def %s\(" % (test, test), text, re.M)
        if not defined:
            bad.append("%s has no test %s" % (program, test))
        elif len(re.findall(r"\b%s\b" % test, text)) < 2:
            bad.append("%s does not run %s" % (program, test))
    return bad


def main():
    texts, listed, bad, rows = sources(), lists(), [], 0
    with open(os.path.join(TOP, "docs/faults.md")) as f:
        table = [[c.strip() for c in line.strip("|\n ").split("|")] for line in f
                 if line.startswith("| ")]
    for fault, _, tests in table[1:]:
        rows += 1
        print("%s\n    %s" % (fault, tests.replace("; ", "\n    ")))
        for entry in tests.split(";"):
            program, _, names = entry.strip().partition(":")
            if not names.split():
                bad.append("no test for: " + fault)
            bad += problems(program, names.split(), texts.get(program), listed)
    for line in bad:
        print("FAIL " + line)
    print("%d faults, %d problems" % (rows, len(bad)))
    return 1 if bad or rows < 20 else 0


if __name__ == "__main__":
    sys.exit(main())
