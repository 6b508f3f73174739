#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bootstrappings that expire during a session: a member that renews stays and loses nothing; the PF
ends the dialog of a member that does not."""
import os
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as laboratory  # noqa: E402
from outside_world import GROUP, World, equal, run, true, until  # noqa: E402

CLOCK_REALTIME_COARSE = 5  # time() in C, which is a few ms behind time.time()
EXPIRED = 'SIP;cause=401;text="bootstrapping expired"'


def btid_of(lab, name):
    for member in lab.online("members", GROUP)["members"]:
        if member["impu"] == lab.users[name]["impu"]:
            return member["btid"]
    return None


def renewed(lab, ue, name, start):
    """Waits for the next bootstrapping, and for an MSK message under it. Returns the index of the
    next event."""
    boot = ue.wait("bootstrapped", 20, start)
    at = ue.events.index(boot) + 1
    ue.wait("msk", 20, at, btid=boot["btid"])
    until("the dialog has the new B-TID", lambda: btid_of(lab, name) == boot["btid"])
    return at, boot["btid"]


def stays():
    with laboratory.Lab(lifetime=8) as lab:
        lab.add_user("anna")
        lab.add_user("ben")
        lab.start_server()
        anna, ben = lab.ue("anna", "--talk", "tone"), lab.ue("ben")
        first = ben.wait("bootstrapped")["btid"]
        ben.wait("mtk")
        anna.wait("talk-start")
        at, btids = {anna: 1, ben: 1}, [first]
        for ue, name in ((anna, "anna"), (ben, "ben")):
            at[ue] = ue.events.index(ue.wait("bootstrapped")) + 1
        for _ in range(3):  # the third bootstrapping comes after two expiries
            at[anna], _ = renewed(lab, anna, "anna", at[anna])
            at[ben], btid = renewed(lab, ben, "ben", at[ben])
            btids.append(btid)
        equal("B-TIDs", len(set(btids)), 4)
        at[ben] = ben.count()
        lab.online("rekey", GROUP)
        ben.wait("msk", 10, at[ben], change="new", btid=btids[-1])
        ben.wait("rekeyed", 10, at[ben])
        for ue in (ben, anna):
            ue.stop()
        for ue in (ben, anna):
            left = ue.wait("left")
            equal("lost", left.get("lost", 0), 0)
            equal("undecryptable", left.get("undecryptable", 0), 0)
            true("no errors %s" % ue.events, not ue.find("error"))
        true("ben heard", ben.wait("left")["opened"] > 300)
        true("renewals counted", lab.metric('pttkey_user_keys_total{event="renewed"}') >= 4)
        equal("members with an expired key",
              lab.metric('pttkey_leaves_total{reason="key-expired"}'), 0)
        equal("server", lab.server.stop(), 0)


def killed():
    with laboratory.Lab(lifetime=12) as lab:
        lab.add_user("anna")
        lab.start_server()
        anna = lab.ue("anna")
        anna.wait("mtk")
        at, btid = renewed(lab, anna, "anna", anna.events.index(anna.wait("bootstrapped")) + 1)
        lab.server.stop(9)
        lab.start_server()
        equal("the B-TID after the restart", btid_of(lab, "anna"), btid)
        mark = anna.count()
        lab.online("rekey", GROUP)
        anna.wait("msk", 10, mark, change="new", btid=btid)
        anna.wait("rekeyed", 10, mark)
        renewed(lab, anna, "anna", mark)
        equal("left", anna.find("left"), None)
        anna.stop()
        equal("server", lab.server.stop(), 0)


class Way:
    """A relay to the BSF that the test can close."""

    def __init__(self):
        self.open = True
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            near, _ = self.socket.accept()
            if not self.open:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", 8080))
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self._copy, args=(a, b), daemon=True).start()

    @staticmethod
    def _copy(a, b):
        try:
            while True:
                data = a.recv(65536)
                if not data:
                    break
                b.sendall(data)
            b.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def bsf_away():
    with laboratory.Lab(lifetime=8) as lab:
        way = Way()
        lab.add_user("anna")
        lab.start_server()
        anna = lab.ue("anna", "--bsf", "http://127.0.0.1:%d/" % way.port, "--bsf-host",
                      "bsf.poc.example.org")
        anna.wait("mtk")
        way.open = False
        error = anna.wait("error", 15, what="bootstrap")
        equal("fatal", error["fatal"], False)
        way.open = True
        renewed(lab, anna, "anna", anna.events.index(error))
        way.open = False
        end = anna.wait("left", 30)
        equal("the end", (end["status"], end["text"]), (401, "bootstrapping expired"))
        anna.stop()


def over(client, early_s=0):
    """Waits for the end of this client's bootstrapping, as the BSF gave it, or for `early` seconds
    before it."""
    until("the end of a bootstrapping",
          lambda: time.clock_gettime(CLOCK_REALTIME_COARSE) >= client.expires - early_s)


def put_out():
    """No member renews: requests get 401 without stale. A member that needs an MSK gets BYE at
    once, the others 5 s later."""
    with World(lifetime=6) as w:
        anna = w.joined("anna")[0]
        began = time.monotonic()
        over(anna)
        for what, r in (("INVITE", anna.dialog().join()), ("re-INVITE", anna.d.pull())):
            equal(what, r.status, 401)
            true(what + " is not stale", "stale=true" not in r.get("www-authenticate").lower())
        equal("still in", anna.d.ended, None)
        anna.wait("BYE", lambda: anna.d.ended, 8)
        equal("Reason", anna.d.ended, EXPIRED)
        true("the grace", time.monotonic() - began > 9)
        equal("leaves", w.lab.metric('pttkey_leaves_total{reason="key-expired"}'), 1)
        true("it was said before", "user-key-expiring" in w.lab.server_log())
        ben, carl = w.joined("ben", "carl")
        old = carl.ring.current
        over(carl, 3)
        equal("again", carl.bootstrap(), 200)
        equal("pull", carl.d.pull().status, 200)
        equal("IDr", carl.msk_messages[-1].id_responder(), carl.btid)
        over(ben)
        seen = len(ben.msk_messages)
        w.lab.online("rekey", GROUP)
        ben.wait("BYE", lambda: ben.d.ended, 3)
        equal("Reason", ben.d.ended, EXPIRED)
        equal("MSKs under a MUK that is over", len(ben.msk_messages), seen)
        w.rekeyed([carl], old)
        w.shut_out(ben, carl.ring.current)
        equal("carl is in", carl.d.ended, None)


def over_after_restart():
    with World(lifetime=5) as w:
        anna = w.joined("anna")[0]
        w.lab.server.stop(9)
        over(anna)
        w.lab.start_server()
        anna.wait("BYE", lambda: anna.d.ended, 5)
        equal("Reason", anna.d.ended, EXPIRED)
        equal("members", w.lab.online("members", GROUP)["members"], [])


run([stays, killed, bsf_away, put_out, over_after_restart])
