#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Steps that fail in a re-key: the store, the channel, memory, random bytes. The server fails
closed, and recovers.
    usage: test_fault_errors.py [SEED [COUNT [NAME ...]]]
COUNT: number of allocations of a re-key to fail, one at a time; 0: every one
"""
import os
import random
import sqlite3
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from outside import Talker  # noqa: E402
from outside_group import Group, equal, run_plays, true, until  # noqa: E402

SEED = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(1 << 30)
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 8


def all_saved(g):
    """Waits until the store has the member's row, which follows its answer with the next batch."""
    with sqlite3.connect(g.lab.path("state.db")) as db:
        return db.execute("SELECT count(*) FROM dialog WHERE flags = 0").fetchone()[0] == 0


def fails(g, rule):
    """Runs one expulsion in which this step fails: the expulsion is complete or refused whole.
    Returns True if the server accepted it."""
    g.bring(g.victim)
    old = g.settled(g.victim)
    until("nothing is left to be written", lambda: all_saved(g))
    g.arm(rule)
    reply = g.lab.ask("expel", member=g.victim.impi)
    true("the server is gone: %s" % rule, g.lab.server.popen.poll() is None)
    if reply is None:  # the reply itself failed: ask again
        g.expel(g.victim)
        g.settled()
        g.arm("")
    elif not reply["ok"]:
        g.arm("")
        equal("refused (%s), and yet" % rule, g.settled(g.victim), old)
        true("thrown out by an expulsion that was refused", not g.victim.d.ended)
        g.expel(g.victim)
    else:
        # without memory the server may lose the BYE itself
        if "alloc" not in rule:
            g.victim.wait("the BYE", lambda: g.victim.d.ended, 20)
        g.rekeyed(g.stay, old, 20)  # asks the server nothing: a request would take memory, too
        g.settled()
        g.arm("")
    new = g.settled()
    g.outside(g.victim, old, new, refused=0 if reply and reply["ok"] else 1)
    g.untouched()
    return bool(reply and reply["ok"])


def refused_count(g):
    return g.lab.server_log().count(" refused\n")


def each_kth(g, what, ks):
    """Lets the K-th step of a re-key fail, for every K of ks, until there is no K-th. Returns the
    numbers of tries and of accepted expulsions."""
    tried = accepted = 0
    for k in ks:
        before = refused_count(g)
        accepted += fails(g, "expel-asked:1:%s=%d" % (what, k))
        if refused_count(g) == before:
            break
        tried += 1
    g.heard()
    return tried, accepted


def store(g):
    """The first transaction of the re-key fails, then the second, and so on."""
    taken = [fails(g, "store-commit:%d:error" % k) for k in (1, 2, 3)]
    equal("exactly the durable expulsions are accepted", taken,
          [False, True, True])
    true("counted as a store error", g.lab.metric("pttkey_store_errors_total") >= 1)
    g.heard()


def store_away(g):
    """The store refuses all writes for a while: no expulsion and no key message, but the channel
    goes on."""
    g.bring(g.victim)
    old = g.settled(g.victim)
    sent = g.lab.metric('pttkey_offers_total{result="sent"}')
    g.arm("store-begin:0:error")
    true("refused", not g.lab.ask("expel", member=g.victim.impi)["ok"])
    g.lab.ask("rekey")
    until("alarm", lambda: g.lab.metric("pttkey_store_failing") == 1)
    equal("a join is refused", g.victim.dialog().join().status >= 500, True)
    g.heard()
    equal("offers without a durable counter", g.lab.metric('pttkey_offers_total{result="sent"}'),
          sent)
    equal("the MSK", g.msk_id(), old)
    g.arm("")
    until("the re-key that was asked for", lambda: g.msk_id() != old, 10)
    old = g.settled(g.victim)
    g.expel(g.victim)
    g.outside(g.victim, old, g.settled())


def silence(g):
    """An accepted expulsion cannot cut over: the channel carries no packet under the old key after
    cutover_ms."""
    g.bring(g.victim)
    old = g.settled(g.victim)
    talk = Talker(g.stay[0].d)
    g.arm("cast:0:error")
    g.expel(g.victim)
    began = time.monotonic()
    until("silence", lambda: g.state()["silent"])
    true("alarm", g.lab.metric("pttkey_channels_silent") == 1)
    quiet = max(began + 1.5, time.monotonic() + 0.2)
    g.victim.wait("the BYE", lambda: g.victim.d.ended)
    until("cutover_ms", lambda: time.monotonic() > quiet)
    said = talk.number
    until("25 packets into the silence", lambda: talk.number >= said + 25)
    equal("packets in the silence", g.channel.media(quiet), [])
    g.arm("")
    new = g.settled()
    talk.stop()
    g.outside(g.victim, old, new)
    g.heard()


def random_bytes(g):
    print("     random bytes: %d failed in turn, %d expulsions accepted"
          % each_kth(g, "random", range(1, 100)))


def allocations(g):
    chance = random.Random(SEED)
    ks = range(1, 1000) if COUNT == 0 else sorted(chance.sample(range(1, 40), COUNT))
    print("     allocations: %d failed in turn, %d expulsions accepted" % each_kth(g, "alloc", ks))


def main():
    if os.environ.get("PTT_HAS_FAULT_POINTS") != "yes":
        print("skipped: this build has no fault points (./configure --enable-fault-points)")
        sys.exit(77)
    print("seed %d" % SEED, flush=True)
    group = Group(["anna", "ben", "cora"], policy='on_leave = "always"; cutover_ms = 1500;')
    run_plays(group, [store, store_away, silence, random_bytes, allocations], sys.argv[3:],
              "(seed %d)" % SEED)


if __name__ == "__main__":
    main()
