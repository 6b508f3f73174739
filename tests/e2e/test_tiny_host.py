#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The module in another host than pttkeyd: a client joins and gets its keys, and the host's own
service still works."""
import json
import os
import signal
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as laboratory  # noqa: E402


def echo(user):
    """Sends a MESSAGE to this user; returns the status line."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        s.settimeout(5)
        port = s.getsockname()[1]
        s.sendto(("MESSAGE sip:%s@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
                  "127.0.0.1:%d;branch=z9hG4bK%s\r\n"
                  "From: <sip:x@y>;tag=1\r\nTo: <sip:%s@127.0.0.1>\r\nCall-ID: %s@x\r\nCSeq: 1 "
                  "MESSAGE\r\n" "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
                  % (user, port, user, user, user)).encode(), ("127.0.0.1", 5060))
        return s.recv(4096).split(b"\r\n")[0]


def main():
    build = os.environ["builddir"]
    with laboratory.Lab(log='format = "json"; level = "debug";') as lab:
        lab.add_user("anna")
        host = laboratory.Process("host", [os.path.join(build, "tests/flow/tiny_host"), lab.module,
                                           "pttkeyd.conf"], lab.dir, lab.path("host.log"))
        lab.processes.append(host)
        host.wait("ready")
        ue = lab.ue("anna")
        ue.wait("joined")
        ue.wait("msk")
        ue.wait("mtk")
        assert echo("echo").startswith(b"SIP/2.0 200"), "the host's own service"
        assert echo("nobody").startswith(
            b"SIP/2.0 604"), "the host answers unclaimed requests"
        ue.popen.send_signal(signal.SIGTERM)
        ue.wait("left")
        assert host.stop() == 0, "the host ends well"
        with open(lab.path("host.log")) as f:
            events = [json.loads(line)["event"] for line in f]
        assert events.count("udp-io") == 1, "the listener logs how it sends re-keys"
        with open(lab.path("host.log")) as f:
            assert "tport" in next(line for line in f if "udp-io" in line), (
                "no preinit before the agent: Sofia's transport")
        assert "joined" in events and "left" in events, (
            "the log is JSON lines, from the first on: %s" % events)
    print("1 passed, 0 failed")


main()
