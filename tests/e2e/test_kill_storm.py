#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""kill -9 at random instants of a re-key of many: no counter goes back, no third key, no member is
lost.
    usage: test_kill_storm.py [SEED [KILLS [MEMBERS]]]
The members are simulated by tests/bench/members.c.
"""
import os
import random
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench"))
import bench_lab as bl  # noqa: E402
from lab import Failure, until  # noqa: E402
from outside_witness import Witness  # noqa: E402

SEED = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(1 << 30)
KILLS = int(sys.argv[2]) if len(sys.argv) > 2 else 4
MEMBERS = int(sys.argv[3]) if len(sys.argv) > 3 else 200
JOINS_S = 300


def check(condition, *what):
    if not condition:
        raise Failure(" ".join(str(w) for w in what))


def state(lab):
    return lab.ask("status")["result"]["groups"][0]


def kill(lab):
    lab.server.stop(signal.SIGKILL)
    lab.start_server()


def begin(lab, victim):
    return lab.send("expel", member=lab.names[victim]) if victim >= 0 else lab.send("rekey")


def kill_round(lab, witness, chance, number):
    """Runs one re-key with one or two kills at random instants. Prints a line about it."""
    victim = lab.expelled if number % 3 else -1
    live = lab.joined - lab.expelled - (victim >= 0)
    old = int(state(lab)["msk_id"], 16)
    lab.members.do("mark %d %d" % (victim, live), "marked")
    asked, accepted = begin(lab, victim), None
    if chance.random() < 0.7:
        accepted = lab.answer(asked)
    delay = chance.uniform(0, chance.choice([0.02, 0.1, 0.5]))
    time.sleep(delay)  # this instant is the test's input, not a wait for something
    kill(lab)
    again = chance.random() < 0.3
    if again:
        time.sleep(chance.uniform(0, 0.3))
        kill(lab)
    if accepted is None:
        accepted = lab.answer(asked)
    if not (accepted and accepted["ok"]) and victim >= 0:
        check(lab.ask("expel", member=lab.names[victim])["ok"], "expel")
    elif victim < 0 and int(state(lab)["msk_id"], 16) == old and state(lab)["state"] == "stable":
        # it was not durable yet, and the server had promised nothing
        check(lab.ask("rekey")["ok"], "rekey")
    lab.expelled += victim >= 0
    event = lab.members.do("wait 90000", "rekeyed", 120)
    good = (event["all"] and event["opened"] == live and event["mtk_opens"] and
            not (event["open_failed"] or event["other_key"] or event["hostile_opens"]))
    check(good, "this re-key does not count:", event)
    check(event["msk_id"] == old + 1, "a third key: %08x after %08x" % (event["msk_id"], old))
    now = until("all members to be settled", lambda: settled(lab, live), 60)
    check(now == event["msk_id"], "another MSK is current: %08x" % now)
    check(not witness.look(), "went back:", witness.bad[:4])
    sent = witness.offers.get(now.to_bytes(4, "big"), set())
    check(len(sent) == live, "the new MSK was sent to %d of %d" % (len(sent), live))
    check(victim < 0 or "bench-%d" % victim not in {c.split("@")[0] for c in sent},
          "the expelled one was sent the MSK")
    return "%s, killed after %3.0f ms%s: %08x, %d re-INVITEs for %d members" % ("expulsion"
                                                                                if victim >= 0
                                                                                else "re-key",
                                                                                1000 * delay,
                                                                                " and again"
                                                                                if again else "",
                                                                                now,
                                                                                event["invites"],
                                                                                live)


def settled(lab, live):
    s = state(lab)
    return s["members"] == live and s["state"] == "stable" and s["unsettled"] == 0 and int(
        s["msk_id"], 16)


def main():
    print("seed %d, %d kills, %d members" % (SEED, KILLS, MEMBERS), flush=True)
    chance = random.Random(SEED)
    try:
        with bl.Bench(os.environ["builddir"], MEMBERS,
                      policy='on_leave = "always"; cutover_ms = 2000;') as lab:
            lab.start()
            lab.join(MEMBERS, JOINS_S)
            until("all joined", lambda: settled(lab, MEMBERS), 60)
            witness = Witness()
            for i in range(KILLS):
                print("  " + kill_round(lab, witness, chance, i), flush=True)
            check(len(lab.ask("members")["result"]["members"]) == lab.joined - lab.expelled,
                  "members")
            witness.close()
    except Failure as failure:
        print("FAIL (seed %d): %s" % (SEED, failure))
        return 1
    print("0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
