#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks the results of a smoke run. usage: smoke.py JSON-FILE"""
import json
import sys
import xml.etree.ElementTree as ElementTree

with open(sys.argv[1]) as f:
    report = json.load(f)
goals = {row["goal"] for row in report["goals"]}
wanted = set("G1 G2 G3 G3h G4 G7 G8 G8p G9 G11 G11k G12 G13 G14 G14b G14r G15 void".split())
bad = report["failed"] + ["no figure for " + goal for goal in sorted(wanted - goals)]
svg = ElementTree.parse(report["picture"]).getroot()
dots = sum(1 for e in svg.iter() if e.tag.endswith("circle"))
if dots != 4:
    bad.append("the picture has %d points" % dots)
print("\n".join(bad) if bad else "%d goals, %d pairs" % (len(goals), len(report["pairs"])))
sys.exit(1 if bad else 0)
