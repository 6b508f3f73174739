#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Kills the server at every fault point of its source and restarts it; the invariants must hold.
    usage: test_fault_points.py [all | POINT[:HIT] ...]
default: each point once; all: every hit of a re-key

The test finds the points in the source (PTT_FAULT in module/). A point that no play passes is a
failure.
"""
import os
import re
import signal
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as laboratory  # noqa: E402
from outside import Talker  # noqa: E402
from outside_group import Group, number_of, true, until  # noqa: E402
from outside_sip import Timeout  # noqa: E402

NAMES, TCP = ["anna", "ben", "cora"], ["tom"]
EACH = len(NAMES) + len(TCP)
# The hits to try of points that one re-key passes more than once; the last offer and answer
# are among them.
HITS = {"offer": (1, 2, EACH), "offer-sent": (1, 2, EACH), "answer": (1, EACH),
        "answered": (1, EACH), "store-begin": (1, 2, 3, 4), "store-commit": (1, 2, 3, 4),
        "store-committed": (1, 2, 3, 4)}


def points():
    """Returns {name: file} of all points in the source."""
    found, top = {}, os.environ["srcdir"]
    for folder, _, names in os.walk(os.path.join(top, "module")):
        for name in names:
            if name.endswith(".c"):
                with open(os.path.join(folder, name)) as f:
                    for point in re.findall(r'PTT_FAULT(?:_ERR)?\("([a-z-]+)"\)', f.read()):
                        true("two points are called " + point, point not in found)
                        found[point] = name
    return found


def comes_back(g):
    g.arm("")
    g.lab.start_server()


def expulsion(g, rule):
    """The server dies in the re-key of an expulsion. Acknowledged commands must be done; others are
    repeated."""
    g.bring(g.victim)
    old = g.settled(g.victim)
    cseqs = {c.name: c.d.remote_cseq for c in g.stay}
    offers = {c.name: len(c.d.offers) for c in g.stay}
    g.arm(rule + ":kill")
    asked = g.lab.send("expel", member=g.victim.impi)
    died = g.die(3 if rule.startswith("store") and not rule.endswith(":1") else 15)
    reply = g.lab.answer(asked)
    if not died:
        true("%s is not passed" % rule, not rule.endswith(":1"))
        g.arm("")
    else:
        comes_back(g)
    if not reply:
        g.expel(g.victim)
    else:
        true("expel: %s" % reply, reply["ok"])
    new = g.settled()
    g.outside(g.victim, old, new)
    for c in g.stay:
        true("CSeq", c.d.remote_cseq > cseqs[c.name] or len(c.d.offers) == offers[c.name])
    return "" if died else " (not passed)"


def windows(g, rule):
    """The same where the start cannot reserve CSeqs for all members, so that each window of offers
    reserves its own."""
    in_the_resumption(g, "resume-reserve:1:error," + rule)


def in_the_resumption(g, rule):
    """The server dies in the re-key, and again while it resumes the re-key: then all members have
    new counters."""
    g.bring(g.victim)
    old = g.settled(g.victim)
    g.arm("offer-sent:2:kill")
    asked = g.lab.send("expel", member=g.victim.impi)
    true("not killed", g.die())
    true("expel", g.lab.answer(asked)["ok"])
    g.arm(rule + ":kill")
    g.lab.launch_server()
    true("not killed while it starts", g.die(30))
    comes_back(g)
    g.outside(g.victim, old, g.settled())


def call(g, client, out):
    try:
        client.d = client.dialog()
        out.append(client.d.join().status)
    except (Timeout, OSError) as e:
        out.append(e)


def joining(g, rule):
    """The server dies during a join. The client is a member afterwards, or got no success and calls
    again."""
    joe, out = g.client("joe"), []
    g.arm(rule + ":kill")
    caller = threading.Thread(target=call, args=(g, joe, out))
    caller.start()
    true("not killed", g.die())
    comes_back(g)
    caller.join(40)
    if out != [200]:
        joe.d = joe.join()
    g.settled(joe)
    bye(joe)
    rekey(g)
    return " (%s)" % out


def bye(joe):
    try:
        joe.d.bye()
    except Timeout:
        pass


def rekey(g):
    """The next leave or expulsion also removes what a crash has left of a member that went."""
    before = g.stay[0].ring.current
    g.lab.ask("rekey")
    until("another MSK", lambda: g.stay[0].ring.current != before, 25)
    return g.settled()


def leaving(g, rule):
    joe = g.client("joe")
    joe.d = joe.join()
    old = g.settled(joe)
    g.arm(rule + ":kill")
    leaver = threading.Thread(target=bye, args=(joe,))
    leaver.start()
    true("not killed", g.die())
    comes_back(g)
    leaver.join(40)
    new = rekey(g)
    true("a leave, and a re-key: one key or two, not %s after %s" % (new.hex(), old.hex()),
         number_of(new) - number_of(old) in (1, 2))


def admitting(g, rule):
    old = g.settled()
    g.bring(g.victim)
    g.expel(g.victim)
    g.outside(g.victim, old, g.settled())
    g.arm(rule + ":kill")
    asked = g.lab.send("admit", member=g.victim.impi)
    true("not killed", g.die())
    reply = g.lab.answer(asked)
    comes_back(g)
    status = g.victim.dialog().join().status
    true("admitted, it said, and then %d" % status, not reply or status == 200)
    if status != 200:
        g.bring(g.victim)
    g.expel(g.victim)
    g.settled()


def ids(g, rule):
    """The server reserves MTK ids in blocks: a new MTK every two packets uses one block up."""
    g.arm(rule + ":kill")
    talk = Talker(g.stay[0].d)
    died = g.die(40)
    talk.stop()
    true("not killed", died)
    comes_back(g)
    g.settled()


def stopping(g, rule):
    g.arm(rule + ":kill")
    g.lab.server.popen.send_signal(signal.SIGTERM)
    true("not killed", g.die())
    comes_back(g)
    g.settled()


PLAYS = [("join|ack$", joining), ("leave|left", leaving), ("admit", admitting), ("ids-", ids),
         ("stop", stopping), ("resume|numbers-", in_the_resumption), ("offers-", windows),
         ("", expulsion)]


def play_of(point):
    return next(play for pattern, play in PLAYS if re.match(pattern, point))


def plan(wanted):
    out = []
    for point in points():
        hits = HITS.get(point, (1,))
        for hit in hits if "all" in wanted else hits[-1:] if point in ("offer", "offer-sent",
                                                                       "answer") else hits[:1]:
            rule = "%s:%d" % (point, hit)
            if not wanted or "all" in wanted or point in wanted or rule in wanted:
                out.append(rule)
    for word in wanted:
        if ":" in word and word not in out:
            out.append(word)
    return out


def run(g, rules):
    failed = []
    for rule in rules:
        try:
            more = play_of(rule.split(":")[0])(g, rule)
            g.untouched()
            g.heard()
            print("ok   killed at %s%s" % (rule, more or ""), flush=True)
        except (AssertionError, Timeout, laboratory.Failure) as e:
            print("FAIL killed at %s: %s" % (rule, e), flush=True)
            failed.append(rule)
            break  # the state of the group is unknown from here on
    return failed


def main():
    if os.environ.get("PTT_HAS_FAULT_POINTS") != "yes":
        print("skipped: this build has no fault points (./configure --enable-fault-points)")
        sys.exit(77)
    rules = plan(sys.argv[1:])
    of_ids = [r for r in rules if play_of(r.split(":")[0]) is ids]
    failed = []
    with Group(NAMES, TCP, policy='on_leave = "always"; cutover_ms = 1500;') as g:
        g.victim = g.client("victim")
        failed += run(g, [r for r in rules if r not in of_ids])
    if of_ids and not failed:
        with Group(["anna", "ben"], policy="mtk_packets = 2;") as g:
            failed += run(g, of_ids)
    print("%d points, %d plays, %d failed" % (len(points()), len(rules), len(failed)))
    os._exit(1 if failed or not rules else 0)


if __name__ == "__main__":
    main()
