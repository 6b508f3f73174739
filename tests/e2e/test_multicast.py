#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The channel over a wire: server and clients in two network namespaces with a veth pair between
them. IPv6 (ff3x::/32) and IPv4 (232/8), source-specific: the packets' headers, receivers that hear
them, and a stranger that clients must not hear."""
import os
import socket
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as laboratory  # noqa: E402
from outside_world import GROUP, equal, run, true, until  # noqa: E402
from wire import SERVER, SERVER6, Wire, sh  # noqa: E402

STRANGER, STRANGER6 = "10.9.0.66", "2001:db8:9::66"
PORTS = (40000, 40002, 2269)
TTL, DSCP = 7, 46
# <linux/in.h>, <linux/in6.h>
MCAST_JOIN_SOURCE_GROUP, IP_RECVTOS, IP_RECVTTL, IP_TOS, IP_TTL = 46, 13, 12, 1, 2
IPV6_RECVTCLASS, IPV6_RECVHOPLIMIT, IPV6_TCLASS, IPV6_HOPLIMIT = 66, 51, 67, 52


def sockaddr(address, port=0):
    """Builds a struct sockaddr_storage."""
    if ":" in address:
        raw = struct.pack("=H", socket.AF_INET6) + struct.pack(">HI", port,
                                                               0) + socket.inet_pton(
            socket.AF_INET6, address)
    else:
        raw = struct.pack("=H", socket.AF_INET) + struct.pack(">H",
                                                              port) + socket.inet_aton(address)
    return raw + bytes(128 - len(raw))


class Tap:
    """Hears one port of the channel at the far end, and reads each packet's IP header."""

    def __init__(self, wire, group, source, port):
        v6 = ":" in group
        family = socket.AF_INET6 if v6 else socket.AF_INET
        level = socket.IPPROTO_IPV6 if v6 else socket.IPPROTO_IP
        self.level, self.names = level, (IPV6_HOPLIMIT, IPV6_TCLASS) if v6 else (IP_TTL, IP_TOS)
        self.socket = wire.socket_there(family)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for option in (IPV6_RECVTCLASS, IPV6_RECVHOPLIMIT) if v6 else (IP_RECVTOS, IP_RECVTTL):
            self.socket.setsockopt(level, option, 1)
        self.socket.bind((group, port))
        request = struct.pack("=I4x", wire.index_there()) + sockaddr(group) + sockaddr(source)
        self.socket.setsockopt(level, MCAST_JOIN_SOURCE_GROUP, request)
        self.socket.settimeout(10)

    def marks(self):
        """Returns (TTL or hop limit, DSCP, sender) of the next packet."""
        _, more, _, sender = self.socket.recvmsg(2048, 256)
        by_name = {kind: data[0] for level, kind, data in more if level == self.level}
        return by_name[self.names[0]], by_name[self.names[1]] >> 2, sender[0]


def shout(source, group):
    """A stranger on the server's link, with another address, sends to the channel's audio port."""
    v6 = ":" in group
    sh("ip", "addr", "add", source + ("/64" if v6 else "/24"), "dev", "near0",
       *(["nodad"] if v6 else []))
    s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((source, 0))
    if v6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex("near0"))
    else:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(source))
    for i in range(20):
        s.sendto(b"\x80\x61" + struct.pack(">HII", i, i, 7) + bytes(64), (group, PORTS[0]))
    s.close()


def filters(ue, v6):
    """Returns the kernel's list of the client's memberships: lines with group and source, in
    hex."""
    with open("/proc/%d/net/mcfilter%s" % (ue.popen.pid, "6" if v6 else "")) as f:
        return f.read().lower()


def channel(group, source, stranger, interface, servers="near0", host=SERVER):
    v6 = ":" in group
    with Wire() as wire, laboratory.Lab(host=host, address=group, interface=servers, ttl=TTL,
                                        channel="dscp = %d;" % DSCP) as lab:
        lab.start_server()
        anna = lab.ue("anna", "--talk", "tone", within=wire.far, interface="far0")
        ben = lab.ue("ben", within=wire.far, interface=interface)
        joined = ben.wait("channel-joined")
        equal("channel", (joined["address"], joined["source"]), (group, source))
        ben.wait("mtk")
        anna.wait("talk-start")
        for port in PORTS:
            tap = Tap(wire, group, source, port)
            equal("port %d: TTL, DSCP, source" % port, tap.marks(), (TTL, DSCP, source))
        table = filters(ben, v6)
        text = socket.inet_pton(socket.AF_INET6 if v6 else socket.AF_INET, group).hex()
        sender = socket.inet_pton(socket.AF_INET6 if v6 else socket.AF_INET, source).hex()
        rows = [row.split() for row in table.splitlines() if text in row]
        equal("interface, group, source", [(row[1], row[-3][-len(sender):]) for row in rows],
              [("far0", sender)])
        true("sockets that joined by source: %s" % rows,
             int(rows[0][-2]) >= 6 and int(rows[0][-1]) == 0)
        shout(stranger, group)
        mark = ben.count()
        lab.online("rekey", GROUP)
        ben.wait("rekeyed", start=mark)
        sent = 'pttkey_srtp_packets_total{kind="audio"}'
        due = lab.metric(sent) + 25
        until("half a second of talk under the new key", lambda: lab.metric(sent) >= due)
        ben.stop()
        left = ben.wait("left")
        equal("lost, undecryptable, stray", (left["lost"], left["undecryptable"], left["stray"]),
              (0, 0, 0))
        true("heard %s" % left, left["opened"] == left["heard"] > 20
             and len(left["opened_by_mki"]) >= 2)
        anna.stop()
        equal("server", lab.server.stop(), 0)


def ipv6_by_route():
    """Neither end names its interface; SIP is IPv4."""
    channel("ff35::8000:17", SERVER6, STRANGER6, None, "")


def ipv4():
    channel("232.252.0.17", SERVER, STRANGER, "far0")


def ipv6_alone():
    """SIP, Ub and the unicast lines are IPv6 too."""
    channel("ff3e::8000:18", SERVER6, STRANGER6, "far0", host="[%s]" % SERVER6)


run([ipv6_alone, ipv6_by_route, ipv4])
