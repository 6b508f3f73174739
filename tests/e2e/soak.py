#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random joins, leaves, expulsions, admissions, re-keys and faults, against a model of each
client's keys.
    usage: soak.py MINUTES [SEED]
./dev soak MINUTES builds what the test needs: fault points, no sanitizers.

At every rest it checks: one key inside and none outside, no member lost, no counter back
(docs/faults.md, I1-I8). At the end it checks RSS and descriptors, and searches the log and the
store for every key that any client ever knew. Exits 0 if all held, and prints a summary line.
"""
import base64
import os
import random
import signal
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from outside_swarm import Swarm, equal, true, until  # noqa: E402
from outside_witness import Witness  # noqa: E402
from test_fault_points import expulsion, play_of, points  # noqa: E402

MINUTES = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 30)
NAMES = ["anna", "ben"] + ["m%d" % i for i in range(8)]
REAL = ["rita", "rolf"]
# the last part has no restarts, so that memory can be watched
CALM = 0.4
RSS_MAY_GROW = 4 << 20


class Soak(Swarm):
    def __enter__(self):
        super().__enter__()
        self.witness, self.life = Witness(), []
        for name in REAL:
            ue = self.lab.ue(name)
            ue.wait("mtk")
            self.real[self.lab.users[name]["impu"]] = ue
        self.points = [p for p in points() if play_of(p) is expulsion]
        self.faults = {"kill": self.kill, "point": self.point, "term": self.term, "stop": self.stop,
                       "loss": self.loss, "store": self.store, "memory": self.memory}
        self.counts.update(dict.fromkeys(self.faults, 0))
        return self

    def __exit__(self, *why):
        self.witness.close()
        return super().__exit__(*why)

    # -- faults. Each leaves the server running and the model true.
    def back(self):
        self.arm("")
        self.lab.server.stop(signal.SIGKILL)
        self.lab.start_server()

    def victim(self):
        return self.pick(self.inside + self.left) if self.inside or self.left else None

    def out(self, victim):
        (self.inside if victim in self.inside else self.left).remove(victim)
        self.banned.append(victim)

    def ask(self, victim):
        return self.lab.send("expel", member=victim.impi) if victim else self.lab.send("rekey")

    def sure(self, victim, asked):
        """Checks that acknowledged commands were done; repeats the others."""
        reply = self.lab.answer(asked)
        if victim and not (reply and reply["ok"]):
            self.expel(victim)
        if victim:
            self.out(victim)

    def kill(self):
        victim = self.victim() if self.chance.random() < 0.5 else None
        asked = self.ask(victim)
        time.sleep(self.chance.uniform(0, 0.1))  # this instant is the test's input
        self.back()
        self.sure(victim, asked)

    def point(self):
        victim = self.victim()
        if not victim:
            return
        self.arm("%s:%d:kill" % (self.pick(self.points), self.chance.randint(1, 3)))
        asked = self.ask(victim)
        self.die(2)  # or the server passes the point less often
        self.back()
        self.sure(victim, asked)

    def term(self):
        equal("exit status after SIGTERM", self.lab.server.stop(signal.SIGTERM, 40), 0)
        self.lab.start_server()

    def stop(self):
        ue = self.pick(list(self.real.values()))
        ue.popen.send_signal(signal.SIGSTOP)
        for _ in range(self.chance.randint(1, 3)):
            self.act()
        time.sleep(self.chance.uniform(0, 2.5))  # how long the client is away
        ue.popen.send_signal(signal.SIGCONT)

    def loss(self):
        some = self.chance.sample(self.stay + self.inside, 2)
        for c in some:
            c.ua.lose_responses, c.ua.drop_requests = 1, self.chance.randint(0, 1)
        self.act()
        self.rekey()
        self.settled(*self.inside)
        for c in some:
            c.ua.lose_responses = c.ua.drop_requests = 0

    def store(self):
        """The store refuses all writes for a moment."""
        self.arm("store-begin:0:error")
        victim = self.victim()
        if victim:
            reply = self.lab.ask("expel", member=victim.impi)
            true("accepted and not durable: %s" % reply, not reply["ok"])
        time.sleep(self.chance.uniform(0, 1.5))  # the moment's length is the test's input
        self.arm("")
        until("the store works", lambda: self.lab.ask("rekey")["ok"])

    def memory(self):
        victim = self.victim()
        if not victim:
            return
        self.arm("expel-asked:1:%s=%d" % (self.pick(["alloc", "random"]),
                                          self.chance.randint(1, 40)))
        asked = self.ask(victim)
        self.sure(victim, asked)
        self.settled(*self.inside)
        self.arm("")
        true("the server is gone", self.lab.server.popen.poll() is None)

    def step(self, calm):
        if self.chance.random() < 0.25:
            names = [n for n in self.faults if not calm or n in ("stop", "loss", "store", "memory")]
            what = self.pick(names)
            self.faults[what]()
            self.counts[what] += 1
        else:
            self.act()

    # -- what must hold
    def rest(self):
        now = self.at_rest(60)
        for ue in self.real.values():
            ue.wait("mtk", 20, msk_id=now.hex())
        self.hears()
        equal("went back", self.witness.look()[:4], [])
        pid = self.lab.server.popen.pid
        with open("/proc/%d/status" % pid) as f:
            rss = next(int(line.split()[1]) * 1024 for line in f if line.startswith("VmRSS"))
        dialogs = len(self.stay) + len(self.inside) + len(self.real)
        self.life.append((pid, rss, len(os.listdir("/proc/%d/fd" % pid)) - 2 * dialogs))

    def grown(self):
        """Judges RSS of the last process, from its first third on."""
        life = [entry for entry in self.life if entry[0] == self.life[-1][0]]
        early = life[len(life) // 3]
        rss, fds = life[-1][1] - early[1], max(e[2] for e in life) - min(e[2] for e in life)
        true("RSS grew by %d bytes in %d rests" % (rss, len(life)), rss < RSS_MAY_GROW)
        true("descriptors beside the dialogs': %s" % [e[2] for e in life], fds <= 4)
        return rss, len(life)

    def secrets(self):
        """Returns every key that any client ever knew, as bytes."""
        found = {bytes.fromhex(u[k]) for u in self.lab.users.values() for k in ("k", "opc")}
        for c in self.clients:
            found |= {bytes(k) for k in c.muks.values()} | {base64.b64decode(p)
                                                            for p in c.password.values()}
            found |= {bytes(k) for k, _ in c.ring.ever_msk} | {bytes(x) for pair in c.ring.ever_mtk
                                                               for x in pair}
        return found

    def leaks(self):
        """Returns the names of server files that contain a key, in hex, base64 or raw."""
        found, bad = self.secrets(), []
        forms = set(found)
        for s in found:
            forms |= {s.hex().encode(), s.hex().upper().encode(), base64.b64encode(s).rstrip(b"=")}
        for name in ["pttkeyd.log"] + [n for n in os.listdir(self.lab.dir)
                                       if n.startswith("state.db")]:
            with open(self.lab.path(name), "rb") as f:
                text = f.read()
            bad += [name for form in forms if form in text]
        equal("files with keys in them", bad, [])
        return len(found)


def run(s):
    end, begin, steps, rests = time.monotonic() + 60 * MINUTES, time.monotonic(), 0, 0
    while time.monotonic() < end:
        calm = time.monotonic() > begin + (1 - CALM) * 60 * MINUTES
        for _ in range(s.chance.randint(5, 15)):
            s.step(calm)
            steps += 1
        s.rest()
        rests += 1
    rss, lives = s.grown()
    known = s.leaks()
    equal("exit status", s.lab.server.stop(signal.SIGTERM, 40), 0)
    s.lab.start_server()
    s.rest()
    return "%d steps (%s), %d rests, %d MSKs, %d keys searched for, RSS %+d KiB in %d rests" % (
        steps, " ".join("%s %d" % kv for kv in s.counts.items()), rests, len(s.bound), known,
        rss // 1024, lives)


def main():
    if os.environ.get("PTT_HAS_FAULT_POINTS") != "yes":
        print("this build has no fault points (./configure --enable-fault-points); use ./dev soak")
        sys.exit(77)
    print("soak: seed %d, %g minutes" % (SEED, MINUTES), flush=True)
    s = None
    try:
        with Soak(NAMES, random.Random(SEED),
                  policy='on_leave = "batch"; leave_batch_ms = 300; cutover_ms = 1500;') as s:
            summary = run(s)
    except BaseException as e:
        traceback.print_exc()
        print("soak: FAILED, seed %d: %s: %s; %s" % (SEED, type(e).__name__, e, s and s.counts),
              flush=True)
        os._exit(1)
    print("soak: passed, seed %d: %s" % (SEED, summary), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
