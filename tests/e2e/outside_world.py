# SPDX-License-Identifier: LGPL-2.1-or-later
"""A server of the product and clients of the outsider, for the tests test_outside_*.py."""
import os
import sys
import time
import traceback

import lab as laboratory
import outside
import outside_mikey as mikey
from outside_channel import Channel, try_everything

DOMAIN = laboratory.DOMAIN
GROUP = laboratory.GROUP
# a policy under which World.rounds() is quick
OFTEN = 'on_leave = "always"; mtk_repeat_ms = 100;'
until = laboratory.until


class World:
    """with World(policy=...) as w: the server runs; w.client("anna") returns a bootstrapped
    device."""

    def __init__(self, **config):
        self.suite = config.pop("suite", "AES_CM_128_HMAC_SHA1_80")
        config["channel"] = config.get("channel", "") + ' suite = "%s";' % self.suite
        self.lab, self.clients, self.channel = laboratory.Lab(**config), [], None

    def __enter__(self):
        self.lab.__enter__()
        self.lab.start_server()
        self.channel = Channel(suite=self.suite)
        return self

    def __exit__(self, kind, value, trace):
        try:
            if kind is None:
                self.check()
        except BaseException as e:
            kind, value, trace = type(e), e, e.__traceback__
            raise
        finally:
            for c in self.clients:
                c.close()
            self.channel.close()
            self.lab.__exit__(kind, value, trace)

    def client(self, name, bootstrap=True, user=None, **more):
        user = user or self.lab.users.get(name) or self.lab.add_user(name)
        c = outside.Client(name, user, self.channel, **more)
        self.clients.append(c)
        if bootstrap:
            equal("bootstrap of " + name, c.bootstrap(), 200)
        return c

    def joined(self, *names, **more):
        """Returns a list of clients that have joined and opened their channel. The dialog of client
        c is c.d."""
        out = []
        for name in names:
            c = self.client(name, **more)
            c.d = c.join()
            out.append(c)
        return out

    def rounds(self, count=4):
        """Waits for this many MTK messages on the channel: time enough for a message that must not
        come."""
        seen = len(self.channel.key_messages())
        until("%d MTK messages" % count, lambda: len(self.channel.key_messages()) >= seen + count)

    def check(self):
        bad = self.channel.audit()
        for c in self.clients:
            bad += c.bad
        if bad:
            raise AssertionError("; ".join(bad[:8]))

    def restart(self, how=9):
        import signal
        self.lab.server.stop(signal.Signals(how))
        self.lab.start_server()

    def rekeyed(self, clients, old, timeout=8.0):
        """Waits until all these clients follow an MTK under an MSK other than old. Returns the
        MSK's id."""
        for c in clients:
            c.wait("a new MSK and its MTK", lambda c=c: c.ring.current not in (None, old), timeout)
        ids = {c.ring.current for c in clients}
        equal("one MSK for all", len(ids), 1)
        rands = {c.ring.msks[c.ring.current]["rand"] for c in clients}
        equal("one RAND for all", len(rands), 1)
        return ids.pop()

    def shut_out(self, victim, msk_id):
        """Checks that the victim opens no MTK under this MSK and no packet since its first use.
        Returns the number of tries."""
        first = self.channel.first_packet(msk_id)
        packets = [p for p in self.channel.key_messages() if mikey.Mikey(p.data).msk_id == msk_id]
        true("there are new MTKs", packets)
        if first:
            packets += [p for p in self.channel.media() if p.stamp >= first.stamp]
        others = list(victim.muks.values()) + [k for k, _ in victim.ring.ever_mtk]
        opened = try_everything(packets, victim.ring.ever_msk, victim.ring.ever_mtk, others)
        equal("packets %s opens after the cut-over" % victim.name, len(opened), 0)
        return len(packets)


def equal(what, got, want):
    if got != want:
        raise AssertionError("%s: got %r, want %r" % (what, got, want))


def true(what, value):
    if not value:
        raise AssertionError(what)
    return value


def number_of(msk_id):
    return int.from_bytes(msk_id[2:], "big")


def run(tests):
    """Runs the tests named on the command line, or all. Prints the sum and exits."""
    names, failed, count = sys.argv[1:], [], 0
    for test in tests:
        if names and test.__name__ not in names:
            continue
        count += 1
        begin = time.monotonic()
        try:
            test()
        except BaseException as e:
            failed.append(test.__name__)
            traceback.print_exc()
            print("FAIL %s: %s: %s" % (test.__name__, type(e).__name__, e), flush=True)
            if isinstance(e, KeyboardInterrupt):
                break
        else:
            print("ok   %s %.1f s" % (test.__name__, time.monotonic() - begin), flush=True)
    print("%d passed, %d failed %s" % (count - len(failed), len(failed), " ".join(failed)),
          flush=True)
    os._exit(1 if failed or not count else 0)
