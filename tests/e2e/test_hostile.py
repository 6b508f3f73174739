#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Malformed SIP by the thousand, bad keys, a peer that does not read; and a search of the server's
memory for old keys.
    usage: test_hostile.py [SEED [NAME ...]]
"""
import os
import random
import re
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from outside_group import Group, equal, run_plays, true, until  # noqa: E402

SEED = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(1 << 30)
SERVER = ("127.0.0.1", 5060)
HEAD = ("Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK%d\r\nFrom: <sip:t@x>;tag=1\r\nTo: "
        "<sip:alpha@poc.example.org>\r\n"
        "Call-ID: torture%d\r\nCSeq: 1 %s\r\nMax-Forwards: 70\r\n")
# After RFC 4475 and RFC 5118, rewritten: {what: (method, request URI, more lines)}
TORTURE = {
    "folded lines, odd blanks": ("OPTIONS", "sip:x@127.0.0.1", "Subject:  a\r\n  b\r\n\t c\r\n"
                                                               "Contact:\t<sip:a@b>\r\n"),
    "unknown headers and parameters": (
        "OPTIONS", "sip:x@127.0.0.1;unknown=%00%ff", "X-Y: ;;;==\r\nP:\r\n"),
    "escaped method-like name": ("RE%47IST%45R", "sip:x@127.0.0.1", ""),
    "all token characters": (
        "!interesting-Method0123456789_*+`.%indeed'~",
        "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:"
        "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@x", ""),
    "nul in the user": ("OPTIONS", "sip:null-%00-null@x", "Contact: <sip:%00@x;tr=%00>\r\n"),
    "scalars too large": ("INVITE", "sip:x@127.0.0.1", "Expires: 99999999999999999999\r\nContact: "
                                                       "<sip:a@b>;expires=" + "9" * 200 + "\r\n"),
    "unterminated quotes": ("INVITE", "sip:x@127.0.0.1", 'Contact: "a <sip:a@b>\r\nWarning: 1 x '
                                                         '"\r\n'),
    "negative length": ("INVITE", "sip:x@127.0.0.1", "Content-Length: -999\r\n"),
    "length beyond the datagram": ("INVITE", "sip:x@127.0.0.1", "Content-Length: 9999\r\n"),
    "two lengths": ("INVITE", "sip:x@127.0.0.1", "Content-Length: 5\r\nContent-Length: 7\r\n"),
    "many of what is one": ("INVITE", "sip:x@127.0.0.1", "CSeq: 5 BYE\r\nCall-ID: other\r\nTo: "
                                                         "<sip:z@z>\r\nMax-Forwards: 5\r\n"),
    "unknown scheme": ("OPTIONS", "nobodyKnowsThisScheme:totallyopaquecontent", ""),
    "unknown Require": ("OPTIONS", "sip:x@127.0.0.1", "Require: nothingSupportsThis, "
                                                      "nor-this\r\nProxy-Require: x\r\n"),
    "multipart without an end": (
        "INVITE", "sip:x@127.0.0.1",
        "Content-Type: multipart/mixed;boundary=" + "b" * 300 + "\r\n"),
    "unknown authorization": ("INVITE", "sip:alpha@poc.example.org", "Authorization: NoOneKnows "
                                                                     "opaque=here\r\n"),
    "IPv6 reference": ("OPTIONS", "sip:[2001:db8::10]", ""),
    "IPv6 without brackets": ("OPTIONS", "sip:2001:db8::10", ""),
    "IPv6 with a port within": ("OPTIONS", "sip:[2001:db8::10:5070]", ""),
    "IPv6 in Via without brackets": (
        "OPTIONS", "sip:x@[::1]",
        "Via: SIP/2.0/UDP 2001:db8::9:1;received=[2001:db8::9:255];branch=z9hG4bKv\r\n"),
    "IPv6 with a zone, half an address": (
        "OPTIONS", "sip:x@[fe80::1%25lo]", "Contact: <sip:a@[::]>, <sip:a@[:::]>, <sip:a@[1]>\r\n"),
    "mapped address, too many words": (
        "OPTIONS", "sip:x@[::ffff:192.0.2.1]", "Contact: <sip:a@[1:2:3:4:5:6:7:8:9]>\r\n"),
}


def torture_messages():
    out = []
    for i, (method, uri, more) in enumerate(TORTURE.values()):
        head = "%s %s SIP/2.0\r\n" % (method, uri) + HEAD % (i, i, method) + more
        out.append((head + ("" if "Content-Length" in more else "Content-Length: 0\r\n")
                    + "\r\n").encode("latin-1"))
    return out


def options(s, number):
    """Checks that the server answers a good request on the same socket."""
    call = "alive%d" % number
    good = ("OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
            "127.0.0.1;branch=z9hG4bK%s;rport\r\nFrom: <sip:t@x>;tag=1\r\n"
            "To: <sip:x@127.0.0.1>\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
            % (call, call)).encode()
    s.sendto(good, SERVER)
    end, following = time.monotonic() + 20, time.monotonic() + 0.5
    s.settimeout(0.1)
    while time.monotonic() < end:
        try:
            if ("Call-ID: %s\r\n" % call).encode() in re.sub(rb"(?im)^i\s*:\s*", b"Call-ID: ",
                                                             s.recv(65536)):
                return
        except socket.timeout:
            pass
        if time.monotonic() > following:
            s.sendto(good, SERVER)
            following += 1
    raise AssertionError("no answer to OPTIONS after message %d" % number)


def torture(_g):
    """Sends each message over UDP and TCP, whole and cut. The server answers the next good
    request."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for i, message in enumerate(torture_messages()):
        s.sendto(message, SERVER)
        options(s, i)
        with socket.create_connection(SERVER, 5) as t:
            t.sendall(message.replace(b"/UDP", b"/TCP"))
    for i, message in enumerate(torture_messages()):
        for cut in range(1, len(message), 37):
            s.sendto(message[:cut], SERVER)
        options(s, 1000 + i)
    s.close()


def flood(g):
    """Thousands of bent messages during an expulsion: the member is out in time, and memory does
    not grow with the messages."""
    chance = random.Random(SEED)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    good = torture_messages()
    sent = [raw for c in g.stay for _, raw in c.ua.sent]
    g.bring(g.victim)
    old = g.settled(g.victim)

    def burst(count):
        for _ in range(count):
            m = bytearray(chance.choice(good + sent))
            for _ in range(chance.randint(1, 8)):
                m[chance.randrange(len(m))] = chance.randrange(256)
            s.sendto(bytes(m[:chance.randint(1, len(m))]), SERVER)
    burst(2000)
    options(s, 5000)
    before = rss(g)
    g.expel(g.victim)
    for _ in range(4):
        burst(1000)
        options(s, 5001)
    g.outside(g.victim, old, g.settled(timeout=40))
    grown = rss(g) - before
    # the sanitizers keep freed memory for a while
    true("RSS grew by %d bytes" % grown, grown < 64 << 20)
    s.close()


def rss(g):
    with open("/proc/%d/status" % g.lab.server.popen.pid) as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith("VmRSS"))


def tcp_stalls(g):
    """One member on TCP stops reading, another's connection is reset: the PF re-keys the others in
    time."""
    stuck, = g.joined("stuck%d" % SEED, transport="tcp")
    reset, = g.joined("reset%d" % SEED, transport="tcp")
    old = g.settled(stuck, reset)
    stuck.ua.closing = True  # the reading thread ends; the sockets stay open and unread
    stuck.ua.thread.join(5)
    for s in list(reset.ua.connections) + [reset.ua.socket]:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    reset.close()
    for _ in range(3):
        began = time.monotonic()
        g.lab.ask("rekey")
        g.rekeyed(g.stay, old, 10)
        old = g.stay[0].ring.current
        true("took %.1f s" % (time.monotonic() - began), time.monotonic() - began < 8)
    until("the member with the reset connection to be gone", lambda: reset.impu not in g.members(),
          60)
    g.expel(stuck)
    g.settled()


def freed_memory(g):
    """The server's memory holds no retired MSK and no MTK under one. (Master salts may be public,
    RFC 3711.)"""
    gone = g.client("gone%d" % SEED)
    gone.d = gone.join()
    g.settled(gone)
    g.expel(gone)
    old = {bytes(k) for k, _ in g.stay[0].ring.ever_msk}
    mtks = {bytes(k) for k, _ in g.stay[0].ring.ever_mtk}
    for _ in range(3):
        before = g.msk_id()
        g.lab.ask("rekey")
        until("the re-key", lambda: g.msk_id() != before)
        g.settled()
    g.heard()
    newest = bytes(g.stay[0].ring.msks[g.msk_id()]["key"])
    found = memory(g, old | mtks | {newest})
    true("the search finds what must be there", newest in found)
    equal("retired MSKs in memory", len(found & old), 0)
    equal("retired MTKs in memory", len(found & mtks), 0)


def memory(g, needles):
    """Returns the needles that the server's writable memory contains."""
    pid, found = g.lab.server.popen.pid, set()
    with open("/proc/%d/maps" % pid) as maps, open("/proc/%d/mem" % pid, "rb", 0) as mem:
        for line in maps:
            place, flags, _, _, _, *name = line.split()
            start, end = (int(x, 16) for x in place.split("-"))
            if not flags.startswith("rw") or name[:1] in (["[vvar]"],
                                                          ["[vsyscall]"]) or end - start > 1 << 32:
                continue
            for at in range(start, end, 16 << 20):
                try:
                    mem.seek(at)
                    data = mem.read(min(16 << 20, end - at))
                except OSError:
                    continue
                found |= {n for n in needles if n in data}
    return found


def main():
    print("seed %d" % SEED, flush=True)
    group = Group(["anna", "ben"], policy='on_leave = "always"; cutover_ms = 1500;',
                  log='level = "info";')
    run_plays(group, [torture, flood, tcp_stalls, freed_memory], sys.argv[2:], "(seed %d)" % SEED)


if __name__ == "__main__":
    main()
