#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The main job between real processes: join, talk, expel, re-key. usage: demo.py
FOLDER-OF-THE-PROGRAMS"""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as laboratory  # noqa: E402

STAYERS = ["anna", "ben", "cora"]
EXPELLED = "mallory"
BEFORE_S, AFTER_S = 3.0, 4.0


def say(text):
    print(text, flush=True)


def join_all(lab):
    ues = {}
    for name in STAYERS + [EXPELLED]:
        more = ["--hostile"] if name == EXPELLED else []
        if name == STAYERS[0]:
            more += ["--talk", "tone"]
        ues[name] = lab.ue(name, *more)
    for name, ue in ues.items():
        ue.wait("bootstrapped")
        ue.wait("joined")
        msk = ue.wait("msk")
        ue.wait("mtk")
        say("  %-8s bootstrapped, joined, holds MSK %s" % (name, msk["msk_id"]))
    ues[STAYERS[0]].wait("talk-start")
    return ues


def expel(lab, ues):
    marks = {name: ue.count() for name, ue in ues.items()}
    start = time.monotonic()
    lab.online("expel", laboratory.GROUP, lab.users[EXPELLED]["impu"])
    rekeyed = {}
    for name in STAYERS:
        event = ues[name].wait("rekeyed", start=marks[name])
        rekeyed[name] = event["t"] - start
    return start, rekeyed


def by_mki(stats, old_msk):
    before, after = [0, 0], [0, 0]
    for mki, counts in stats.get("opened_by_mki", {}).items():
        side = before if mki.startswith(old_msk) else after
        side[0] += counts["heard"]
        side[1] += counts["opened"]
    return before, after


def report(ues, old_msk, start, rekeyed):
    say("\n%-9s %16s %16s %6s %12s %12s" % ("client", "before: heard/dec", "after: heard/dec",
                                            "lost", "re-keyed ms", "exposure ms"))
    good = True
    for name in STAYERS + [EXPELLED]:
        stats = ues[name].wait("left")
        before, after = by_mki(stats, old_msk)
        lost = stats.get("lost", 0)
        expelled = name == EXPELLED
        last = stats.get("last_opened_t") or start
        exposure = "%.0f" % (max(0.0, last - start) * 1000) if expelled else "-"
        rekey = "-" if expelled else "%.0f" % (rekeyed[name] * 1000)
        say("%-9s %17s %16s %6s %12s %12s" % (name + ("*" if expelled else ""),
                                              "%d/%d" % tuple(before), "%d/%d" % tuple(after),
                                              "-" if expelled else lost, rekey, exposure))
        if expelled:
            good &= before[1] > 0 and after[0] > 0 and after[1] == 0
        else:
            talks = name == STAYERS[0]  # a UE mutes the channel while it has the floor
            good &= lost == 0 and (talks or (before[1] > 0 and after[1] > 0))
            good &= before[0] == before[1] and after[0] == after[1]
    say("* expelled; hostile: it ignores BYE, keeps every key it ever held and tries them all")
    return good


def main():
    began = time.monotonic()
    with laboratory.Lab(sys.argv[1]) as lab:
        say("server, BSF and store start; four subscribers are added")
        for name in STAYERS + [EXPELLED]:
            lab.add_user(name)
        lab.start_server()
        ues = join_all(lab)
        say("%s talks; all others listen for %.0f s" % (STAYERS[0], BEFORE_S))
        old_msk = ues[STAYERS[1]].wait("msk")["msk_id"]
        time.sleep(BEFORE_S)
        say("%s is expelled" % EXPELLED)
        start, rekeyed = expel(lab, ues)
        time.sleep(AFTER_S)
        for name in STAYERS + [EXPELLED]:
            ues[name].popen.terminate()
        good = report(ues, old_msk, start, rekeyed)
        say("exposure by the server's own measure: %.0f ms"
            % (1000 * lab.metric("pttkey_exposure_seconds_sum")))
        if lab.server.stop() != 0:
            raise laboratory.Failure("the server did not end well")
        say("%s in %.0f s" % ("PASSED: the expelled client opened nothing after the cut-over, no "
                              "other client lost a packet"
                              if good else "FAILED", time.monotonic() - began))
        if not good:
            raise laboratory.Failure("see the table")


if __name__ == "__main__":
    try:
        main()
    except laboratory.Failure as failure:
        print("FAILED: %s" % failure, flush=True)
        sys.exit(1)
