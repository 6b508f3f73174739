#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A server that is far behind turns new joins and subscriptions away with 503 and Retry-After, and nothing else."""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from outside_sip import build  # noqa: E402
from outside_world import GROUP, World, equal, run, true, until  # noqa: E402

JOINS, WATCHERS, BEHIND_S = 60, 5, 0.4


def stopped(lab):
    with open("/proc/%d/stat" % lab.server.popen.pid) as f:
        return f.read().rsplit(")", 1)[1].split()[0] == "T"


def start(client, method, more=(), dialog=None):
    """Sends a request without waiting: (branch, its headers)."""
    d = dialog or client.dialog()
    headers = d.headers(method, more)
    return client.ua.start(method, d.target, headers)[0], headers


def final(client, sent):
    """The final answer; ACKed if it refuses an INVITE."""
    branch, headers = sent
    m = client.ua.wait("an answer to " + branch, lambda: client.ua.finals(branch))[0]
    number, method = m.cseq()
    if method == "INVITE":
        kept = [(n, v) for n, v in headers if n in ("From", "Call-ID", "Route")]
        client.ua.send(build("ACK %s SIP/2.0" % GROUP, [("Via", client.ua.via(branch)), ("Max-Forwards", "70")] + kept + [
            ("To", m.get("to")), ("CSeq", "%d ACK" % number)]))
    return m


def shed(m):
    if m.status != 503:
        return False
    true("Retry-After: %s" % m.get("retry-after"), 3 <= int(m.get("retry-after")) <= 6)
    return True


def at_the_socket(m):
    """Refused without a transaction: these have a tag of their own kind."""
    return m.status == 503 and m.tag("to").startswith("shed")


def sheds():
    with World(policy='on_leave = "never";', overload="lag_ms = 100; retry_after_s = 3;") as w:
        anna, ben = w.joined("anna", "ben")
        stranger, server = w.client("stranger"), w.lab.server.popen
        server.send_signal(signal.SIGSTOP)
        until("stopped", lambda: stopped(w.lab))
        joins = [start(stranger, "INVITE", stranger.invite_headers) for _ in range(JOINS)]
        watchers = [start(stranger, "SUBSCRIBE", [("Event", "conference"), ("Expires", "600")]) for _ in range(WATCHERS)]
        again = start(anna, "INVITE", anna.invite_headers, anna.d)
        bye = start(ben, "BYE", (), ben.d)
        sent = time.monotonic()
        until("far behind", lambda: time.monotonic() - sent > BEHIND_S)
        server.send_signal(signal.SIGCONT)
        # In their dialogs they are served: one is asked for his password, the other may go.
        equal("a pull", final(anna, again).status, 401)
        equal("BYE", final(ben, bye).status, 200)
        ben.d.ended = "left"
        answers = [final(stranger, one) for one in joins]
        true("each is refused or challenged", all(m.status in (401, 503) for m in answers))
        count = sum(shed(m) for m in answers)
        true("%d of %d joins refused" % (count, JOINS), count > JOINS * 3 / 4)
        cheap = sum(at_the_socket(m) for m in answers)
        true("%d of %d refused at the socket" % (cheap, count), cheap > count / 2)
        equal("subscriptions refused", sum(shed(final(stranger, one)) for one in watchers), WATCHERS)
        until("no more", lambda: w.lab.metric("pttkey_overloaded") == 0)
        equal("joins counted", w.lab.metric('pttkey_joins_total{result="shed"}'), count)
        equal("subscriptions counted", w.lab.metric('pttkey_shed_total{method="subscribe"}'), WATCHERS)
        log = w.lab.server_log()
        true("logged", " overloaded " in log and " overload-over " in log)
        # Who comes later is served, and everybody gets new keys.
        cora, old = w.joined("cora")[0], anna.ring.current
        w.lab.online("rekey", GROUP)
        w.rekeyed([anna, cora], old)


run([sheds])
