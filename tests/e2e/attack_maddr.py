#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A stranger's Via names a host in `maddr`: the response goes back to the stranger, nobody resolves
the name, and no third party hears of it."""
import os
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab, main  # noqa: E402
from strangers import SERVER, Datagrams, NameServers, alive, request, status_of  # noqa: E402

# A request, and whether the module or Sofia itself answers it.
METHODS = ("OPTIONS", "INVITE", "REFER", "SUBSCRIBE", "BYE", "UPDATE", "NONSENSE")


def names():
    """One datagram with a name must not hold up the SIP thread, whatever the name server does."""
    for kind in NameServers.KINDS:
        with NameServers(kind), Lab() as lab:
            lab.start_server()
            s = Datagrams()
            for method in METHODS:
                call = "maddr-%s-%s" % (kind, method)
                s.send(request(method, "sip:alpha@poc.example.org", "UDP 127.0.0.1:%d;"
                               "branch=z9hG4bK%s;rport;maddr=m1.evil.example.com" % (s.port, call),
                               call))
                status = s.response(call)
                assert status is not None, "%s: no response at the sender's address" % method
                took = alive()
                print("%s, %s: %d; the next OPTIONS took %.0f ms"
                      % (kind, method, status, took * 1000))
            s.close()


def sent_by_names():
    """A name in sent-by or in received is no destination either."""
    with NameServers("silent"), Lab() as lab:
        lab.start_server()
        s = Datagrams()
        for i, via in enumerate(("UDP evil.example.com:%d;branch=z9hG4bKs%d;rport",
                                 "UDP evil.example.com:%d;branch=z9hG4bKs%d;rport;"
                                 "received=evil.example.org")):
            call = "sent-by-%d" % i
            s.send(request("OPTIONS", "sip:127.0.0.1", via % (s.port, i), call))
            assert s.response(call) == 200, "no 200 for Via " + via
            alive()
        s.close()


def third_party():
    """An address in `maddr` is not where the response goes, over UDP and over TCP."""
    with Lab() as lab:
        lab.start_server()
        s, third = Datagrams(), Datagrams("127.0.0.9")
        for method in METHODS:
            call = "third-" + method
            s.send(request(method, "sip:alpha@poc.example.org", "UDP 127.0.0.1:%d;branch=z9hG4bK%s;"
                           "rport;maddr=127.0.0.9" % (third.port, call), call))
            assert s.response(call) is not None, method + ": no response at the sender's address"
        assert third.receive(0.3) is None, "the third party got a response"
        with socket.create_connection(SERVER, 5) as t:
            t.sendall(request("OPTIONS", "sip:127.0.0.1", "TCP 127.0.0.1:%d;branch=z9hG4bKt;"
                              "maddr=evil.example.com" % third.port, "third-tcp"))
            t.settimeout(5)
            assert status_of(t.recv(65536)) == 200, "no 200 on the connection"
        # A connection that is gone: the response has nowhere to go, and the server goes on.
        t = socket.create_connection(SERVER, 5)
        t.sendall(request("INVITE", "sip:alpha@poc.example.org", "TCP evil.example.com;"
                          "branch=z9hG4bKu;maddr=evil.example.com", "third-gone"))
        t.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        t.close()
        alive()
        s.close()
        third.close()


main(names, sent_by_names, third_party)
