#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reasons for a new key: the server logs and counts every reason; policies change by a reload; MTK
ids run out; members refuse up to `retries` times; the cut-over does not wait for slow members."""
import os
import signal
import sqlite3
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import outside  # noqa: E402
import outside_mikey as mikey  # noqa: E402
from outside_sip import respond  # noqa: E402
from outside_world import GROUP, World, equal, number_of, run, true, until  # noqa: E402


def counted(w):
    """Returns the counts of re-keys by reason, without zeros."""
    reasons = ("start", "join", "leave", "period", "operator", "exhausted", "resume", "expel",
               "other")
    counts = {r: int(w.lab.metric('pttkey_rekeys_total{reason="%s"}' % r)) for r in reasons}
    return {r: n for r, n in counts.items() if n}


def inside(w, count):
    until("%d members" % count, lambda: len(w.lab.online("members", GROUP)["members"]) == count)


def reload(w, policy):
    before = w.lab.server_log().count("reloaded")
    w.lab.write_config(policy=policy)
    w.lab.server.popen.send_signal(signal.SIGHUP)
    until("the reload", lambda: w.lab.server_log().count("reloaded") > before)


def reasons():
    """on_leave = never, an operator's re-key, expulsion of a member that had left; then by SIGHUP
    always, join, faster repeats."""
    with World(policy='on_leave = "never";') as w:
        anna, ben, carl, dora = w.joined("anna", "ben", "carl", "dora")
        equal("begun", counted(w), {"start": 1})
        first = anna.ring.current
        carl.d.bye()
        inside(w, 3)
        w.lab.online("rekey", GROUP)
        second = w.rekeyed([anna, ben, dora], first)
        equal("the leave made none", number_of(second), number_of(first) + 1)
        dora.d.bye()
        inside(w, 2)
        w.lab.online("expel", GROUP, dora.impi)
        third = w.rekeyed([anna, ben], second)
        w.shut_out(dora, third)
        equal("by reason", counted(w), {"start": 1, "operator": 1, "expel": 1})

        reload(w, 'on_leave = "always"; on_join = "msk"; mtk_repeat_ms = 50;')
        before = len(w.channel.key_messages())
        until("repeats each 50 ms", lambda: len(w.channel.key_messages()) >= before + 20, 8)
        carl.d = carl.join()
        fourth = w.rekeyed([anna, ben], third)
        # this client still has an MSK of long ago
        carl.wait("the newest", lambda: carl.ring.current == fourth)
        carl.d.bye()
        fifth = w.rekeyed([anna, ben], fourth)
        w.shut_out(carl, fifth)
        equal("by reason", counted(w), {"start": 1, "operator": 1, "expel": 1, "join": 1,
                                        "leave": 1})
        log = w.lab.server_log()
        for reason in ("start", "operator", "expel", "join", "leave"):
            true("logged: " + reason, "reason=%s " % reason in log)


def ids():
    """The MTK ids under an MSK run out: the server makes a new MSK; no packet is lost and no id
    repeats."""
    with World(policy="mtk_period_s = 1;") as w:
        anna, ben = w.joined("anna", "ben")
        old = anna.ring.current
        w.lab.server.stop(signal.SIGTERM)
        with sqlite3.connect(w.lab.path("state.db")) as db:
            equal("one MSK",
                  db.execute(
                      "UPDATE msk SET mtk_id_reserved = 65533, mtk_reserved = 65533").rowcount, 1)
        db.close()
        w.lab.start_server()
        until("MTK 65533 in use", lambda: "mtk_id=65533" in w.lab.server_log())
        talk = outside.Talker(anna.d)
        new = w.rekeyed([anna, ben], old, 20)
        ben.wait("packets under it", lambda: ben.heard and ben.heard[-1][3][:4] == new)
        said = list(talk.stop())
        ben.wait("the last of it", lambda: ben.numbers() and ben.numbers()[-1] == said[-1])
        equal("all of it", ben.numbers(), said)
        sent = [mikey.Mikey(p.data) for p in w.channel.key_messages()]
        under = {k: sorted({m.mtk_id for m in sent if m.msk_id == k}) for k in (old, new)}
        equal("the last ones", under[old][-3:], [65533, 65534, 65535])
        equal("and from 1 again", under[new][0], 1)
        equal("by reason", counted(w), {"exhausted": 1})
        true("logged", "reason=exhausted " in w.lab.server_log())


def refusals():
    """A member answers 488 more than `retries` times and gets BYE; it may join again. A member that
    answers 503 delays nobody beyond cutover_ms."""
    with World(policy='on_leave = "never"; retries = 2; cutover_ms = 800;') as w:
        anna, ben, carl = w.joined("anna", "ben", "carl")
        first = anna.ring.current
        ben.d.script = [ben.d.refuse] * 3
        w.lab.online("rekey", GROUP)
        second = w.rekeyed([anna, carl], first)
        ben.wait("BYE", lambda: ben.byes)
        equal("the offer, and two more", len(ben.d.offers), 4)
        inside(w, 2)
        ben.d = ben.join()
        equal("the newest", w.rekeyed([anna, ben, carl], first), second)
        carl.d.script = [lambda m: respond(m, 503, "Service Unavailable", None,
                                           [("Retry-After", "3")])]
        w.lab.online("rekey", GROUP)
        third = w.rekeyed([anna, ben], second)
        equal("not by carl", carl.ring.current, second)
        equal("late, but with the same key", w.rekeyed([anna, ben, carl], second, 10), third)
        equal("by reason", counted(w), {"start": 1, "operator": 2})


run([reasons, ids, refusals])
