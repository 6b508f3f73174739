#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Circles in the house, and its picture: a test of docs/architecture.md, "Rooms".

A file uses another one when it names a function that the other one exports. No two rooms may use each other, by calls
or by includes, and within a room no circle may have more than MOST files.

usage: tests/circles.py [-v]    -v prints every circle, not only those over the limit
"""
import collections
import os
import re
import sys

MOST = 6
TOP = os.environ.get("srcdir") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
# The lists of vendor callbacks in the two builds of Diameter define the same names; one of them is compiled.
TWINS = re.compile(r"diameter\w*_none\.c$")


def sources():
    for folder in ("crypto", "sdp", "module", "programs"):
        for path, _, names in os.walk(folder):
            for name in sorted(names):
                if name.endswith((".c", ".h")) and not TWINS.search(name):
                    yield os.path.join(path, name)


def code_of(path):
    """The text without comments, strings and characters; its lines stay where they were."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    blank = lambda match: re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'', blank, text, flags=re.S), text


def room_of(path):
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "module" else parts[0]


def circles(edges):
    """Strongly connected components of more than one node (Tarjan, without recursion)."""
    index, low, on, stack, found = {}, {}, set(), [], []
    for root in sorted(edges):
        if root in index:
            continue
        work = [(root, iter(sorted(edges[root])))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on.add(root)
        while work:
            node, rest = work[-1]
            for other in rest:
                if other not in index:
                    index[other] = low[other] = len(index)
                    stack.append(other)
                    on.add(other)
                    work.append((other, iter(sorted(edges.get(other, ())))))
                    break
                if other in on:
                    low[node] = min(low[node], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    circle = []
                    while True:
                        circle.append(stack.pop())
                        on.discard(circle[-1])
                        if circle[-1] == node:
                            break
                    if len(circle) > 1:
                        found.append(sorted(circle))
    return sorted(found, key=len, reverse=True)


def drawn():
    """The arrows of docs/pictures/rooms.dot."""
    arrows = set()
    with open("docs/pictures/rooms.dot", encoding="utf-8") as file:
        for match in re.finditer(r"^\s*(\w+) -> (?:\{ ([\w ]+) \}|(\w+))", file.read(), re.M):
            arrows |= {(match[1], target) for target in (match[2] or match[3]).split()}
    return arrows


def compare_picture(includes):
    short = lambda room: room.split("/")[-1]
    there = {(short(a), short(b)) for a, bs in includes.items() for b in bs if a != b and short(b) not in ("base", "crypto")}
    wrong = [f"{a} -> {b} is an include, and no arrow" for a, b in sorted(there - drawn())]
    wrong += [f"{a} -> {b} is an arrow, and no include" for a, b in sorted(drawn() - there) if (a, b) != ("programs", "server")]
    for line in wrong:
        print("docs/pictures/rooms.dot:", line)
    return len(wrong)


def main():
    os.chdir(TOP)
    files = list(sources())
    code, texts = {}, {}
    for path in files:
        code[path], texts[path] = code_of(path)
    exported = {}
    for path in files:
        if path.endswith(".c"):
            # A definition begins in the first column, is not static, and its body opens in the first column.
            for match in re.finditer(r"^(?!static\b)[a-z][^;{}]*?\b(ptt_\w+)\s*\([^;{}]*\)[^;{}]*\n\{", code[path], re.M):
                exported[match.group(1)] = path
            for match in re.finditer(r"^(?!static\b|extern\b)(?:const )?struct \w+ (ptt_\w+)(?:\[\])? = \{", code[path], re.M):
                exported[match.group(1)] = path
    if len(exported) < 500:
        sys.exit(f"circles: only {len(exported)} exported functions found in {os.getcwd()}: the reader is wrong")
    uses, rooms, includes = (collections.defaultdict(set) for _ in range(3))
    for path in files:
        for word in set(re.findall(r"\bptt_\w+", code[path])) if path.endswith(".c") else ():
            other = exported.get(word)
            if other and other != path:
                uses[path].add(other)
                rooms[room_of(path)].add(room_of(other))
        for other in re.findall(r'^#\s*include "([^"]+)"', texts[path], re.M):
            includes[room_of(path)].add(room_of(other))
    bad = compare_picture(includes)
    for name, edges in (("calls", rooms), ("includes", includes)):
        for circle in circles({a: {b for b in bs if b != a} for a, bs in edges.items()}):
            print(f"rooms in a circle by {name}: {' '.join(circle)}")
            bad += 1
    count = 0
    for circle in circles({a: {b for b in bs if room_of(b) == room_of(a)} for a, bs in uses.items()}):
        count += len(circle)
        over = len(circle) > MOST
        bad += over
        if over or "-v" in sys.argv[1:]:
            print(f"{len(circle)} files in a circle{', more than ' + str(MOST) if over else ''}: {' '.join(circle)}")
    print(f"circles: {len(files)} files, {len(exported)} exported functions, {count} files in circles, {bad} over the limits")
    return bad > 0


sys.exit(main())
