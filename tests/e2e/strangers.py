# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the plays of attacks (attack_*.py) share: requests written by hand, and name servers of the
test's own. A play runs below tests/netns.sh, which gives it a network and a mount namespace."""
import os
import re
import socket
import subprocess
import tempfile
import time

SERVER = ("127.0.0.1", 5060)


def request(method, uri, via, call, headers="", body="", cseq=1, to=None):
    """A request as bytes. VIA: what follows `SIP/2.0/` in its topmost Via."""
    return ("%s %s SIP/2.0\r\nVia: SIP/2.0/%s\r\nMax-Forwards: 70\r\n"
            "From: <sip:stranger@x>;tag=s\r\n"
            "To: <%s>\r\nCall-ID: %s\r\nCSeq: %d %s\r\n%sContent-Length: %d\r\n\r\n%s"
            % (method, uri, via, to or uri, call, cseq, method, headers, len(body), body)).encode()


def status_of(message):
    match = re.match(rb"SIP/2\.0 (\d{3}) ", message)
    return int(match[1]) if match else None


class Datagrams:
    """A UDP socket at an address of this host's."""

    def __init__(self, host="127.0.0.1", port=0):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, port))
        self.host, self.port = self.socket.getsockname()

    def send(self, message, to=SERVER):
        self.socket.sendto(message, to)

    def receive(self, timeout):
        """Returns the next datagram; None if none comes in TIMEOUT seconds."""
        self.socket.settimeout(timeout)
        try:
            return self.socket.recv(65536)
        except socket.timeout:
            return None

    def response(self, call, timeout=3.0):
        """Returns the status of the first final response with this Call-ID; None if none comes."""
        end = time.monotonic() + timeout
        while (left := end - time.monotonic()) > 0:
            message = self.receive(left)
            if message and b"Call-ID: " + call.encode() + b"\r\n" in message:
                status = status_of(message)
                if status and status >= 200:
                    return status
        return None

    def close(self):
        self.socket.close()


def alive(where="127.0.0.1", within=2.0):
    """Returns how long the server takes to answer an OPTIONS; fails above WITHIN."""
    s, began = Datagrams(where), time.monotonic()
    call = "alive-%f" % began
    s.send(request("OPTIONS", "sip:127.0.0.1", "UDP %s:%d;branch=z9hG4bK%f;rport"
                   % (s.host, s.port, began), call))
    status = s.response(call, within)
    s.close()
    if status is None:
        raise AssertionError("the server did not answer an OPTIONS within %.1f s" % within)
    return time.monotonic() - began


class NameServers:
    """The system's resolver asks an address of this host: silent (a socket that never answers),
    refusing (no socket), or unroutable (no route)."""
    KINDS = {"silent": "127.0.0.53", "refusing": "127.0.0.54", "unroutable": "203.0.113.1"}

    def __init__(self, kind):
        self.kind, self.socket = kind, None

    def __enter__(self):
        handle, self.path = tempfile.mkstemp()
        os.write(handle, ("nameserver %s\n" % self.KINDS[self.kind]).encode())
        os.close(handle)
        os.chmod(self.path, 0o644)
        subprocess.check_call(["mount", "--bind", self.path, "/etc/resolv.conf"])
        if self.kind == "silent":
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.bind((self.KINDS["silent"], 53))
        return self

    def __exit__(self, *_):
        subprocess.check_call(["umount", "/etc/resolv.conf"])
        os.unlink(self.path)
        if self.socket:
            self.socket.close()
