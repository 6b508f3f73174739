#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws a sequence chart: reads a text source, writes SVG. `./dev pictures` runs it on every *.seq here.

    party KEY: LABEL        a column, from left to right
    A -> B: TEXT            a message;  A --> B: a response (dashed);  A -x B: a message B can do nothing with
    phase: TEXT             a heading over the rows that follow
Lines that begin with # and empty lines are passed over.
"""
import re
import sys
from html import escape

STEP, ROW, TOP, SIDE = 172, 30, 58, 92


def read(path):
    parties, rows = {}, []
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if match := re.fullmatch(r"party (\w+): (.+)", line):
            parties[match[1]] = match[2]
        elif match := re.fullmatch(r"phase: (.+)", line):
            rows.append((None, None, None, match[1]))
        elif (match := re.fullmatch(r"(\w+) (->|-->|-x) (\w+): (.+)", line)) and {match[1], match[3]} <= parties.keys():
            rows.append((match[1], match[2], match[3], match[4]))
        else:
            sys.exit(f"{path}:{number}: not understood: {line}")
    return parties, rows


def draw(parties, rows):
    at = {key: SIDE + i * STEP for i, key in enumerate(parties)}
    width, height = 2 * SIDE + (len(parties) - 1) * STEP, TOP + (len(rows) + 1) * ROW
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
           "<style>text{font:12px 'DejaVu Sans',Verdana,sans-serif;fill:#1d2733;text-anchor:middle;paint-order:stroke;"
           "stroke:#fff;stroke-width:4px}.head{font-weight:bold}.phase{text-anchor:start;font-style:italic;fill:#80652d}"
           "line{stroke:#33557f;stroke-width:1.3}.life{stroke:#c3ccd6;stroke-width:1}.back{stroke-dasharray:5 4}</style>",
           '<defs><marker id="a" markerWidth="9" markerHeight="8" refX="8" refY="4" orient="auto">'
           '<path d="M0,0 L9,4 L0,8 z" fill="#33557f"/></marker>'
           '<marker id="x" markerWidth="11" markerHeight="10" refX="5" refY="5" orient="auto">'
           '<path d="M1,1 L9,9 M9,1 L1,9" stroke="#a33" stroke-width="1.6"/></marker></defs>',
           f'<rect width="{width}" height="{height}" fill="#fff"/>']
    for key, x in at.items():
        out.append(f'<line class="life" x1="{x}" y1="36" x2="{x}" y2="{height - 8}"/>')
        out.append(f'<text class="head" x="{x}" y="24">{escape(parties[key])}</text>')
    for i, (source, arrow, target, text) in enumerate(rows):
        y = TOP + i * ROW + 14
        if arrow is None:
            out.append(f'<text class="phase" x="14" y="{y}">{escape(text)}</text>')
            continue
        a, b = at[source], at[target]
        end = b - 22 * (1 if b > a else -1) if arrow == "-x" else b
        out.append(f'<line x1="{a}" y1="{y}" x2="{end}" y2="{y}" marker-end="url(#{"x" if arrow == "-x" else "a"})"'
                   f'{" class=" + chr(34) + "back" + chr(34) if arrow == "-->" else ""}/>')
        out.append(f'<text x="{(a + b) // 2}" y="{y - 6}">{escape(text)}</text>')
    return "\n".join(out + ["</svg>", ""])


for source in sys.argv[1:]:
    with open(source.rsplit(".", 1)[0] + ".svg", "w", encoding="utf-8") as file:
        file.write(draw(*read(source)))
