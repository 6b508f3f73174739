#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The system fails under a running server: fsync, writes, buffers, descriptors, the clock
(libfaults.c, preloaded).
    usage: test_system_faults.py [NAME ...]
"""
import errno
import mmap
import os
import resource
import signal
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from outside_group import Group, equal, run_plays, true, until  # noqa: E402

FIELDS = ("sync_errno", "write_errno", "write_short", "send_errno", "clock_ns", "clock_frozen",
          "hits")
HOUR = 3600 * 10**9


class Faulty(Group):
    """A server with libfaults.so before the C library. g.set(field=value) holds until g.set()."""

    def __init__(self, names, **config):
        super().__init__(names, **config)
        name = self.lab.path("libfaults")
        with open(name, "wb") as f:
            f.write(bytes(8 * len(FIELDS)))
        with open(name, "r+b") as f:
            self.map = mmap.mmap(f.fileno(), 0)
        build = os.environ["builddir"]
        preload = os.path.join(build, "tests/e2e/.libs/libptt-faults.so")
        linked = subprocess.run(["ldd", os.path.join(build, "module/.libs/mod_pttkey.so")],
                                capture_output=True).stdout
        asan = [w for w in linked.decode().split() if w.startswith("/") and "libasan" in w]
        self.lab.server_env.update(PTT_LIBFAULTS=name, LD_PRELOAD=" ".join(asan + [preload]))

    def set(self, **fields):
        hits = self.hits()
        self.map[:] = struct.pack("7q", *[fields.get(name, 0) for name in FIELDS[:-1]], hits)

    def hits(self):
        return struct.unpack("7q", self.map[:])[-1]


def nothing_durable(g, **fault):
    """While this fault lasts: no expulsion, no key message, but the channel goes on. Afterwards all
    works as before."""
    g.bring(g.victim)
    old, before = g.settled(g.victim), g.hits()
    offers = {c.name: len(c.d.offers) for c in g.stay}
    g.set(**fault)
    true("refused", not g.lab.ask("expel", member=g.victim.impi)["ok"])
    g.lab.ask("rekey")
    until("alarm", lambda: g.lab.metric("pttkey_store_failing") == 1)
    g.heard()
    true("nothing failed", g.hits() > before)
    equal("offers without a durable counter", {c.name: len(c.d.offers) for c in g.stay}, offers)
    equal("the MSK", g.msk_id(), old)
    g.set()
    until("the re-key that was asked for", lambda: g.msk_id() != old, 10)
    old = g.settled(g.victim)
    g.expel(g.victim)
    g.outside(g.victim, old, g.settled())


def fsync_fails(g):
    nothing_durable(g, sync_errno=errno.EIO)


def read_only(g):
    nothing_durable(g, write_errno=errno.EROFS)


def torn_write(g):
    """The process dies with part of a write on the disk: the next process reads a whole store."""
    g.bring(g.victim)
    old = g.settled(g.victim)
    g.set(write_errno=errno.EIO, write_short=100)
    true("refused", not g.lab.ask("expel", member=g.victim.impi)["ok"])
    g.lab.server.stop(signal.SIGKILL)
    g.set()
    g.lab.start_server()
    until("it writes again", lambda: g.lab.ask("expel", member=g.victim.impi)["ok"])
    g.outside(g.victim, old, g.settled(), refused=1)


def no_buffer(g):
    """Every UDP socket fails with EAGAIN, then ENOBUFS, for a while in the middle of a re-key."""
    for error in (errno.EAGAIN, errno.ENOBUFS):
        g.bring(g.victim)
        old, before = g.settled(g.victim), g.hits()
        g.set(send_errno=error)
        g.expel(g.victim)
        until("something to send", lambda: g.hits() > before + 3)
        g.set()
        g.outside(g.victim, old, g.settled(timeout=40))


def no_descriptor(g):
    """The server is at its limit of descriptors: the PF re-keys the members; a newcomer is served
    or gets an error status. Then all works again."""
    pid = g.lab.server.popen.pid
    g.lab.metric("pttkey_members")
    was = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    late = g.client("late%d" % time.monotonic_ns())
    ua = g.client("tcp%d" % time.monotonic_ns())
    old = g.settled()
    with g.lab.send("watch"):  # an earlier connection of ours stays usable
        asked = [g.lab.send("rekey")]
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (len(os.listdir("/proc/%d/fd" % pid)),
                                                       was[1]))
        status = late.dialog().join().status
        true("a newcomer got %d" % status, status == 200 or status >= 480)
        g.lab.answer(asked[0])
        g.rekeyed(g.stay, old, 20)
        g.heard()
    resource.prlimit(pid, resource.RLIMIT_NOFILE, was)
    ua.d = ua.join()
    equal("those inside", set(c.impu for c in g.stay) - set(g.members()), set())
    for c in (late, ua):
        if c.impu in g.members():
            g.expel(c)
    g.settled()


def clock(g):
    """The wall clock goes back a day, forward an hour, stands still: counters rise, deadlines hold,
    joins work."""
    for fault in (dict(clock_ns=-24 * HOUR), dict(clock_ns=HOUR),
                  dict(clock_frozen=time.time_ns())):
        g.bring(g.victim)
        old, began = g.settled(g.victim), time.monotonic()
        ben = g.stay[1]
        # this client answers the fourth copy, after 3.5 s: the deadline decides
        ben.ua.drop_requests = 3
        g.expel(g.victim)
        g.set(**fault)  # the fault comes while the deadline's timer runs
        g.stay[0].wait("the cut-over", lambda: g.stay[0].ring.current != old, 10)
        true("cut over after %.1f s" % (time.monotonic() - began), time.monotonic() - began > 1.0)
        new = g.settled(timeout=40)
        ben.ua.drop_requests = 0
        g.outside(g.victim, old, new)
        g.restart(9)
        g.settled()
    g.set()
    g.lab.ask("rekey")
    g.settled()


def main():
    group = Faulty(["anna", "ben"], policy='on_leave = "always"; cutover_ms = 1500;')
    run_plays(group, [fsync_fails, read_only, torn_write, no_buffer, no_descriptor, clock],
              sys.argv[1:])


if __name__ == "__main__":
    main()
