#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An overloaded server refuses new joins and subscriptions with 503 and Retry-After, and nothing
else."""
import os
import signal
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from outside_sip import build  # noqa: E402
from outside_world import GROUP, World, equal, run, true, until  # noqa: E402

REFUSED, PULLS = 20, 10
STOPPED_S, RUNS_S = 0.1, 0.005
OVERLOAD = "lag_ms = 50; retry_after_s = 3;"
FOLLOW = [("Event", "conference"), ("Expires", "600")]


class Throttle(threading.Thread):
    """Lets a process run for 5 ms of each 105."""

    def __init__(self, process):
        super().__init__(daemon=True)
        self.process, self.over = process, threading.Event()

    def run(self):
        while not self.over.is_set():
            self.process.send_signal(signal.SIGSTOP)
            self.over.wait(STOPPED_S)
            self.process.send_signal(signal.SIGCONT)
            self.over.wait(RUNS_S)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


def start(client, method, more=(), dialog=None):
    """Sends a request without waiting. Returns (branch, its headers)."""
    d = dialog or client.dialog()
    headers = d.headers(method, more)
    return client.ua.start(method, d.target, headers)[0], headers


def final(client, sent):
    """Returns the final response; ACKs a refused INVITE."""
    branch, headers = sent
    m = client.ua.wait("an answer to " + branch, lambda: client.ua.finals(branch))[0]
    number, method = m.cseq()
    if method == "INVITE":
        kept = [(n, v) for n, v in headers if n in ("From", "Call-ID", "Route")]
        client.ua.send(build("ACK %s SIP/2.0" % GROUP, [("Via", client.ua.via(branch)),
                                                        ("Max-Forwards", "70")] + kept
                             + [("To", m.get("to")), ("CSeq", "%d ACK" % number)]))
    return m


def shed(m):
    if m.status != 503:
        return False
    true("Retry-After: %s" % m.get("retry-after"), 3 <= int(m.get("retry-after")) <= 6)
    return True


def at_the_socket(m):
    """Tells whether the server refused without a transaction: such responses have their own form of
    tag."""
    return m.status == 503 and m.tag("to").startswith("shed")


def storm(client, joins):
    """Sends joins, some at a time, until the server has refused enough at the socket. Responses go
    into joins."""
    def some():
        sent = [start(client, "INVITE", client.invite_headers) for _ in range(5)]
        joins.extend(final(client, one) for one in sent)
        return sum(at_the_socket(m) for m in joins) >= REFUSED
    until("%d joins refused at the socket" % REFUSED, some, 60)


def sheds():
    with World(policy='on_leave = "never";', overload=OVERLOAD) as w:
        anna, ben = w.joined("anna", "ben")
        stranger, joins, watchers = w.client("stranger"), [], []

        def follow():
            watchers.append(final(stranger, start(stranger, "SUBSCRIBE", FOLLOW)))
            return watchers[-1].status == 503

        with Throttle(w.lab.server.popen):
            storm(stranger, joins)
            until("a subscription refused", follow, 30)
            # The server serves requests in dialogs: it challenges one member, and lets another
            # leave.
            pulls = [final(anna, start(anna, "INVITE", anna.invite_headers, anna.d))
                     for _ in range(PULLS)]
            equal("pulls", [m.status for m in pulls], PULLS * [401])
            equal("BYE", final(ben, start(ben, "BYE", (), ben.d)).status, 200)
            ben.d.ended = "left"
        true("each is refused or challenged", all(m.status in (401, 503) for m in joins + watchers))
        until("no more", lambda: w.lab.metric("pttkey_overloaded") == 0)
        equal("joins counted", w.lab.metric('pttkey_joins_total{result="shed"}'),
              sum(shed(m) for m in joins))
        equal("subscriptions counted", w.lab.metric('pttkey_shed_total{method="subscribe"}'),
              sum(shed(m) for m in watchers))
        log = w.lab.server_log()
        true("logged", " overloaded " in log and " overload-over " in log)
        # The server serves a later client, and all members get new keys.
        cora, old = w.joined("cora")[0], anna.ring.current
        w.lab.online("rekey", GROUP)
        w.rekeyed([anna, cora], old)


def rekey_in_a_storm():
    """During a re-key under overload the server admits no client, not even one that answers a
    challenge. All members get their keys."""
    with World(policy='on_leave = "never"; cutover_ms = 60000;',
               overload="lag_ms = 80; retry_after_s = 3;") as w:
        anna, ben, carl, dora = w.joined("anna", "ben", "carl", "dora")
        stranger, joins, old, again = w.client("stranger"), [], anna.ring.current, []
        challenge = final(carl, start(carl, "INVITE", carl.invite_headers))
        equal("challenge", challenge.status, 401)

        def carl_is_refused():
            """The client is banned, but the overloaded server may refuse it with 503 instead of
            403."""
            answer = carl.authorization(challenge, "INVITE", GROUP, b"")
            again.append(final(carl, start(carl, "INVITE",
                                           carl.invite_headers + [("Authorization", answer)])))
            return at_the_socket(again[-1])

        with Throttle(w.lab.server.popen):
            storm(stranger, joins)
            # the re-key takes at least 3.5 s, and yields for one second in two
            anna.ua.drop_requests = 3
            w.lab.online("expel", GROUP, carl.impi)
            ben.wait("the offer", lambda: len(ben.d.offers) >= 2, 30)
            storm(stranger, [])
            until("carl refused for the re-key", carl_is_refused, 30)
            equal("BYE", final(dora, start(dora, "BYE", (), dora.d)).status, 200)
            dora.d.ended = "left"
            new = w.rekeyed([anna, ben], old, 30)
        true("refused for that or banned", all(m.status == 403 or shed(m) for m in again))
        until("no more", lambda: w.lab.metric("pttkey_overloaded") == 0)
        w.shut_out(carl, new)
        equal("banned", carl.dialog().join().status, 403)
        w.joined("cora")


run([sheds, rekey_in_a_storm])
