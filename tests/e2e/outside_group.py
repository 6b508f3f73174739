# SPDX-License-Identifier: LGPL-2.1-or-later
"""A group of outside clients around a server that a test kills, and the checks that must hold
afterwards.

The invariants are those of docs/faults.md. run_plays() is the main() of the tests that go
through several faults.
"""
import os
import signal
import sys
import time
import traceback

from outside import Talker
from outside_world import GROUP, World, equal, number_of, true, until


class Group(World):
    """with Group(["anna", ...], tcp=["tom"]) as g: these clients are members and stay. g.arm()
    needs a build with fault points."""

    def __init__(self, names, tcp=(), **config):
        super().__init__(**config)
        self.names, self.tcp, self.stay = names, tcp, []
        self.real = {}                       # clients of the product: {IMPU: process}
        self.lab.server_env["PTT_FAULT"] = "@" + self.lab.path("fault")
        self.lab.server_env["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS",
                                                             "") + ":allocator_may_return_null=1"

    def __enter__(self):
        super().__enter__()
        self.stay = self.joined(*self.names) + self.joined(*self.tcp, transport="tcp")
        self.settled()
        return self

    def arm(self, rules):
        """Sets the fault points' rules from now on; "": none."""
        new = self.lab.path("fault.new")
        with open(new, "w") as f:
            f.write(rules)
        os.rename(new, self.lab.path("fault"))

    # -- what is
    def tell(self, what):
        """Asks the server and returns its reply. Asks again if the reply was lost, because a fault
        may hit the reply."""
        reply = self.lab.ask(what)
        if not reply or not reply["ok"]:
            reply = self.lab.ask(what)
        return true("%s: %s" % (what, reply), reply and reply["ok"] and reply["result"])

    def state(self):
        return self.tell("status")["groups"][0]

    def members(self):
        return {m["impu"]: m for m in self.tell("members")["members"]}

    def msk_id(self):
        return bytes.fromhex(self.state()["msk_id"])

    def is_settled(self, clients):
        """Waits until exactly these clients are members, all hold the newest MSK and follow its
        MTKs, and no re-key runs. Returns the MSK's id."""
        state, here = self.state(), self.members()
        good = (set(here) == {c.impu for c in clients} | set(self.real)
                and state["state"] == "stable" and state["unsettled"] == 0 and not state["silent"]
                and all(m["msk_id"] == state["msk_id"] for m in here.values())
                and all(c.ring.current == bytes.fromhex(state["msk_id"]) for c in clients))
        return bytes.fromhex(state["msk_id"]) if good else None

    def settled(self, *more, timeout=25.0):
        clients = self.stay + list(more)
        try:
            return until("all of %s under one MSK" % [c.name for c in clients],
                         lambda: self.is_settled(clients), timeout)
        except Exception as e:
            raise AssertionError("%s; state %s; members %s; rings %s" % (e, self.state(), [
                (m["impu"], m["msk_id"]) for m in self.members().values()], [
                    (c.name, c.ring.current and c.ring.current.hex(), c.d.ended) for c in clients]))

    # -- what is done
    def die(self, timeout=15.0):
        """Waits until the armed point has killed the server. Returns False if it has not."""
        try:
            self.lab.server.popen.wait(timeout)
        except Exception:
            return False
        equal("how the server ended", self.lab.server.popen.returncode, -signal.SIGKILL)
        self.lab.server.stop()
        return True

    def bring(self, client):
        """Brings the client into the group from any state: admits it and gives it a dialog."""
        true("admit", self.lab.ask("admit", member=client.impi)["ok"])
        client.d = client.join(ready=False)
        client.wait("the newest MSK's MTK",
                    lambda: client.ring.current == self.stay[0].ring.current)

    def expel(self, client):
        reply = self.lab.ask("expel", member=client.impi)
        true("expel: %s" % reply, reply and reply["ok"])

    def heard(self):
        """The first client talks and every other client hears it."""
        listeners = self.stay[1:]
        marks = {c.name: len(c.heard) for c in listeners}
        talk = Talker(self.stay[0].d)
        for c in listeners:
            c.wait("to be heard", lambda c=c: len(c.heard) > marks[c.name])
        talk.stop()

    # -- what must hold
    def untouched(self):
        """Checks that no staying client lost its dialog or refused a key."""
        for ue in self.real.values():
            ended = [e for e in ue.events if e["event"] in ("error", "left", "expelled", "eof",
                                                            "garbage")]
            true("%s: %s" % (ue.name, ended), not ended)
        for c in self.stay:
            true("%s's dialog ended: %s" % (c.name, c.d.ended), not c.d.ended)
            refused = [entry for entry in c.log if entry[1] == "refused"]
            true("%s refused a key: %s" % (c.name, refused), not refused)

    def outside(self, victim, old, new, refused=0):
        """Checks that the expelled client opens nothing under the new MSK, and that the new id
        directly follows the old one: there is never a third. refused: number of ids that may belong
        to staged MSKs which the store refused, so that no client got them."""
        true("one key only, never a third: %s after %s" % (new.hex(), old.hex()),
             1 <= number_of(new) - number_of(old) <= 1 + refused)
        sent = {m.msk_id for c in self.clients for m in c.msk_messages
                if number_of(m.msk_id) > number_of(old)}
        equal("new keys in all clients", sent, {new})
        true("the expelled one has the new MSK", new not in victim.ring.msks)
        self.shut_out(victim, new)
        equal("the expelled one calls", victim.dialog().join().status, 403)


def went_well(g, play, note):
    """Runs a play. Returns whether it ended well and left the staying clients as they were; prints
    the result."""
    began = time.monotonic()
    try:
        play(g)
        g.untouched()
        g.heard()
    except Exception as e:
        traceback.print_exc()
        g.lab.dump()
        print("FAIL %s: %s: %s %s" % (play.__name__, type(e).__name__, e, note), flush=True)
        return False
    print("ok   %s (%.1f s)" % (play.__name__, time.monotonic() - began), flush=True)
    return True


def run_plays(group, plays, names, note=""):
    """Runs the named plays, or all. g.victim is not a member when a play starts. Then ends the
    server, which must exit with 0. Does not return."""
    chosen = [play for play in plays if not names or play.__name__ in names]
    failed = not chosen
    with group as g:
        g.victim = g.client("victim")
        failed = failed or not all(went_well(g, play, note) for play in chosen)
        if not failed:
            equal("the server's end", g.lab.server.stop(), 0)
            g.lab.start_server()
    print("FAILED" if failed else "0 failed", flush=True)
    sys.stderr.flush()
    os._exit(1 if failed else 0)


__all__ = ["Group", "GROUP", "equal", "number_of", "run_plays", "true", "until"]
