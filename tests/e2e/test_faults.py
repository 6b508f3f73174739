#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Faults between real processes: kill -9 in re-keys, a full disk, reload, drain, two servers, bad
files. usage: test_faults.py [SEED [NAME ...]], in a private network and mount namespace
(run_faults.sh)"""
import os
import random
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as laboratory  # noqa: E402
from lab import Failure, GROUP, until  # noqa: E402

NAMES = ["anna", "ben", "cora", "dora"]
KILLS = 10
SEED = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(1 << 30)


def check(condition, *what):
    if not condition:
        raise Failure(" ".join(str(w) for w in what))


def group(lab):
    return lab.online("status")["groups"][0]


def members(lab):
    return {m["impi"].split("@")[0]: m for m in lab.online("members", GROUP)["members"]}


def settled(lab, names):
    """Returns the MSK's id once all are members, hold the newest MSK, and no re-key runs; else a
    false value."""
    state = group(lab)
    here = members(lab)
    good = (set(here) == set(names) and state["state"] == "stable" and state["unsettled"] == 0 and
            all(m["msk_id"] == state["msk_id"] for m in here.values()))
    return state["msk_id"] if good else None


def join(lab, names, **more):
    ues = {}
    for name in names:
        ues[name] = lab.ue(name, **more)
    for ue in ues.values():
        ue.wait("msk")
        ue.wait("mtk")
    return ues


def nothing_bad(ue, start=0):
    for event in ue.events[start:]:
        check(event["event"] not in ("error", "left", "expelled", "eof", "garbage"), ue.name, "had",
              event)


def rising(ue):
    """Checks that counters T under one MUK, MSK ids, and MTK ids under an MSK never go back and
    never repeat."""
    counters = [e["counter"] for e in ue.events if e["event"] == "msk"
                and e["change"] != "repeated"]
    check(counters == sorted(set(counters)), ue.name, "MSK counters", counters)
    ids = [e["msk_id"] for e in ue.events if e["event"] == "msk"]
    check(ids == sorted(ids), ue.name, "MSK ids", ids)
    mtks = [(e["msk_id"], e["mtk_id"]) for e in ue.events if e["event"] == "mtk"]
    check(mtks == sorted(set(mtks)), ue.name, "MTK ids", mtks)


def refused(lab, name, status):
    ue = lab.ue(name)
    error = ue.wait("error", what="sip")
    check(error["status"] == status, name, "got", error, "instead of", status)
    ue.stop()


# --- kill -9 ---

def kill_round(lab, ues, chance, victim):
    """Runs one re-key, one kill at a random instant, one restart. Returns the MSK's id
    afterwards."""
    before = int(group(lab)["msk_id"], 16)
    marks = {name: ue.count() for name, ue in ues.items()}
    s = lab.send("expel", member=lab.users[victim]["impi"]) if victim else lab.send("rekey")
    delay = chance.uniform(0, chance.choice([0.005, 0.03, 0.14]))
    accepted = None
    if victim and chance.random() < 0.7:
        accepted = lab.answer(s)
        check(accepted and accepted["ok"], "expel", victim, accepted)
    time.sleep(delay)  # this instant is the test's input, not a wait for something
    lab.server.stop(signal.SIGKILL)
    if accepted is None:
        accepted = lab.answer(s)
    lab.start_server()
    if chance.random() < 0.4:  # and once more while the server resumes
        time.sleep(chance.uniform(0, 0.08))
        lab.server.stop(signal.SIGKILL)
        lab.start_server()
    if victim and not (accepted and accepted["ok"]):
        # the server promised nothing: ask again
        lab.online("expel", GROUP, lab.users[victim]["impi"])
    now = until("all members to have one MSK", lambda: settled(lab, ues), 20)
    check(before <= int(now, 16) <= before + 1, "a third key: %08x to %s" % (before, now))
    check(not victim or int(now, 16) == before + 1, "expelled, but not re-keyed")
    for name, ue in ues.items():
        ue.wait("mtk", start=marks[name], msk_id=now)
        nothing_bad(ue)
        rising(ue)
    what = "expel " + victim if victim else "rekey"
    return "%s, killed after %3.0f ms: %08x -> %s" % (what, delay * 1000, before, now)


def test_kill(_):
    chance = random.Random(SEED)
    victims = {3: "mallory", 7: "mark"}
    with laboratory.Lab(policy='on_leave = "always"; cutover_ms = 1000;') as lab:
        lab.start_server()
        ues = join(lab, NAMES[:3])
        # The connection ends with the server. The next server dials the member's Contact.
        ues.update(join(lab, NAMES[3:], server="sip:127.0.0.1:5060;transport=tcp"))
        outside = join(lab, victims.values())
        for i in range(KILLS):
            victim = victims.get(i)
            here = dict(ues, **{n: u for j, n in victims.items() for u in [outside[n]] if j > i})
            print("  " + kill_round(lab, here, chance, victim), flush=True)
            if victim:
                now = group(lab)["msk_id"]
                check(outside[victim].find("msk", msk_id=now) is None, victim, "has the new MSK")
        for name in victims.values():
            refused(lab, name, 403)
        for ue in ues.values():
            ue.popen.terminate()
            ue.wait("left")
        check(lab.server.stop() == 0, "the server did not end well")


# --- a store that cannot be written ---

class SmallDiskLab(laboratory.Lab):
    """Puts the store on a separate file system of one MiB."""

    def write_config(self, **changes):
        super().write_config(**changes)
        with open(self.path("pttkeyd.conf")) as f:
            text = f.read()
        with open(self.path("pttkeyd.conf"), "w") as f:
            f.write(text.replace('"state.db"', '"disk/state.db"'))

    def __enter__(self):
        os.mkdir(self.path("disk"), 0o700)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs",
                        self.path("disk")], check=True)
        return super().__enter__()

    def __exit__(self, *why):
        for process in reversed(self.processes):
            process.stop(signal.SIGKILL)
        subprocess.run(["umount", self.path("disk")], check=False)
        return super().__exit__(*why)

    def fill(self):
        with open(self.path("disk/filler"), "ab", buffering=0) as f:
            try:
                while True:
                    f.write(bytes(4096))
            except OSError:
                pass

    def empty(self):
        os.unlink(self.path("disk/filler"))


def expel(lab, name):
    return lab.online("expel", GROUP, lab.users[name]["impi"], check=False)


def test_full(_):
    with SmallDiskLab(policy='on_leave = "always"; cutover_ms = 1000;') as lab:
        ghosts = ["ghost%d" % i for i in range(60)]
        for name in ghosts:
            lab.add_user(name)
        lab.start_server()
        ues = join(lab, NAMES[:3])
        old = until("settled", lambda: settled(lab, ues))
        lab.fill()
        # The store can still write into the blocks of its log: use these blocks up.
        check(any(expel(lab, name).returncode == 1 for name in ghosts), "the store never got full")
        marks = {name: ue.count() for name, ue in ues.items()}
        sent = lab.metric('pttkey_offers_total{result="sent"}')
        run = expel(lab, "cora")
        check(run.returncode == 1, "expel with a full store: exit", run.returncode)
        check(b"store" in run.stdout + run.stderr, "which error?", run.stdout, run.stderr)
        lab.online("rekey", GROUP, check=False)
        until("store_failing", lambda: lab.metric("pttkey_store_failing") == 1)
        check(group(lab)["msk_id"] == old, "a new MSK with a full store")
        check(lab.metric('pttkey_offers_total{result="sent"}') == sent,
              "an offer left with a full store")
        check(set(members(lab)) == set(ues), "a member is gone")
        for name, ue in ues.items():
            nothing_bad(ue, marks[name])
            check(ue.find("msk", marks[name]) is None, name, "got a key")
        lab.empty()
        check(until("expelled at last", lambda: expel(lab, "cora").returncode == 0), "expel")
        ues["cora"].wait("expelled")
        del ues["cora"]
        now = until("settled again", lambda: settled(lab, ues))
        check(int(now, 16) > int(old, 16), "no new MSK")
        for name, ue in ues.items():
            ue.wait("mtk", start=marks[name], msk_id=now)
        until("store works", lambda: lab.metric("pttkey_store_failing") == 0)
        check(lab.server.stop() == 0, "the server did not end well")


# --- signals ---

def test_reload(_):
    with laboratory.Lab() as lab:
        lab.start_server()
        ues = join(lab, NAMES[:3])
        until("settled", lambda: settled(lab, ues))
        good = lab.path("pttkeyd.conf")
        with open(good) as f:
            text = f.read()
        with open(good, "w") as f:
            f.write(text.replace("audio_port = 40000", "audio_port = \"x\""))
        lab.server.popen.send_signal(signal.SIGHUP)
        until("refused, with the place", lambda: "reload-refused" in lab.server_log() and
              "pttkeyd.conf:" in lab.server_log())
        lab.write_config()  # the tool reads this file too
        check(set(members(lab)) == set(ues), "a bad file changed the members")
        old = group(lab)["msk_id"]
        lab.write_config(members='[ "sip:anna@poc.example.org", "sip:ben@poc.example.org" ]')
        lab.server.popen.send_signal(signal.SIGHUP)
        ues["cora"].wait("expelled")
        del ues["cora"]
        now = until("re-keyed", lambda: settled(lab, ues))
        check(int(now, 16) > int(old, 16), "no new MSK")
        refused(lab, "cora", 403)
        for ue in ues.values():
            nothing_bad(ue)
        check(lab.server.stop() == 0, "the server did not end well")


def test_drain(_):
    with laboratory.Lab(top="drain_s = 4;",
                        policy='on_leave = "always"; cutover_ms = 8000;') as lab:
        lab.add_user("cora")
        lab.start_server()
        ues = join(lab, NAMES[:2])
        old = until("settled", lambda: settled(lab, ues))
        # this client does not answer, so the re-key goes on
        ues["ben"].popen.send_signal(signal.SIGSTOP)
        lab.online("rekey", GROUP)
        lab.server.popen.send_signal(signal.SIGTERM)
        until("draining", lambda: lab.metric("pttkey_draining") == 1)
        refused(lab, "cora", 503)
        ues["ben"].popen.send_signal(signal.SIGCONT)
        check(lab.server.popen.wait(15) == 0, "exit status of a drained server")
        for ue in ues.values():
            nothing_bad(ue)  # no BYE
        lab.start_server()
        now = until("resumed", lambda: settled(lab, ues))
        check(int(now, 16) == int(old, 16) + 1, "the re-key was not resumed", old, now)
        for ue in ues.values():
            ue.wait("mtk", msk_id=now)
            nothing_bad(ue)
        # The same with two signals: at the second the server ends at once.
        ues["ben"].popen.send_signal(signal.SIGSTOP)
        lab.online("rekey", GROUP)
        lab.server.popen.send_signal(signal.SIGTERM)
        until("draining", lambda: lab.metric("pttkey_draining") == 1)
        began = time.monotonic()
        lab.server.popen.send_signal(signal.SIGTERM)
        lab.server.popen.wait(15)
        check(time.monotonic() - began < 2, "the second SIGTERM waited")
        ues["ben"].popen.send_signal(signal.SIGCONT)
        lab.start_server()
        until("resumed again", lambda: settled(lab, ues))
        for ue in ues.values():
            nothing_bad(ue)
        check(lab.server.stop() == 0, "the server did not end well")


# --- starting ---

def start_fails(lab, words):
    argv = [lab.program("pttkeyd"), "-c", "pttkeyd.conf"] + (["--module", lab.module] if lab.module
                                                             else [])
    run = subprocess.run(argv, cwd=lab.dir, capture_output=True, timeout=30)
    text = (run.stdout + run.stderr).decode(errors="replace")
    check(run.returncode == 1, "exit", run.returncode, text)
    check(all(word in text for word in words), "error says", text, "without", words)
    check("ready" not in run.stdout.decode(), "ready")


def test_twice(_):
    with laboratory.Lab() as lab:
        lab.start_server()
        ues = join(lab, NAMES[:1])
        start_fails(lab, ["cannot-listen", "5060"])
        check(settled(lab, ues), "the second server harmed the first")
        lab.online("rekey", GROUP)
        until("re-keyed", lambda: settled(lab, ues))
        check(lab.server.stop() == 0, "the server did not end well")


def test_bad_configuration(_):
    changes = [('plmn = "001-01"', 'plmn = "1"'), ("ttl = 1", "ttl = 1000"),
               ("audio_port = 40000", "audio_prot = 40000"), ('"233.252.0.17"', '"10.0.0.1"'),
               ('on_leave = "always"', 'on_leave = "often"'), ("groups = (", "groups = [")]
    with laboratory.Lab() as lab:
        with open(lab.path("pttkeyd.conf")) as f:
            text = f.read()
        for old, new in changes:
            check(old in text, "no", old)
            with open(lab.path("pttkeyd.conf"), "w") as f:
                f.write(text.replace(old, new))
            line = 1 + text[:text.index(old)].count("\n")
            start_fails(lab, ["pttkeyd.conf:"] if "(" in old else ["pttkeyd.conf:%d" % line])
        lab.write_config()
        os.chmod(lab.path("kek"), 0o644)
        start_fails(lab, ["kek"])
        os.unlink(lab.path("kek"))
        start_fails(lab, ["kek"])


def main():
    tests = [test_kill, test_full, test_reload, test_drain, test_twice, test_bad_configuration]
    wanted = sys.argv[2:]
    failed = 0
    print("seed %d" % SEED, flush=True)
    for test in tests:
        if wanted and test.__name__ not in wanted:
            continue
        began = time.monotonic()
        try:
            test(None)
            word = "ok"
        except Failure as failure:
            failed += 1
            word = "FAILED: %s" % failure
        print("%s: %s (%.1f s)" % (test.__name__, word, time.monotonic() - began), flush=True)
    print("%d failed" % failed)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
