# SPDX-License-Identifier: LGPL-2.1-or-later
"""One INVITE with Digest credentials over UDP: enough SIP to see the PF's response to a B-TID."""
import hashlib
import re
import secrets
import socket

SERVER = ("127.0.0.1", 5060)
URI = "sip:alpha@poc.example.org"


def exchange(sock, text):
    """Repeats the request until a final response comes. Returns (status line, headers by lower-case
    name)."""
    sock.settimeout(0.5)
    for _ in range(16):
        sock.sendto(text.encode(), SERVER)
        try:
            while True:
                answer = sock.recv(65536).decode(errors="replace")
                if not answer.startswith("SIP/2.0 1"):
                    break
        except socket.timeout:
            continue
        head = answer.split("\r\n\r\n")[0].split("\r\n")
        headers = {}
        for line in head[1:]:
            name, value = line.split(":", 1)
            headers.setdefault(name.strip().lower(), value.strip())
        return head[0], headers
    raise AssertionError("no answer")


def invite(btid, password="x"):
    call, tag = secrets.token_hex(8), secrets.token_hex(4)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]

        def request(cseq, method, branch, more="", to_tag=""):
            return ("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch=%s\r\nMax-Forwards: "
                    "70\r\n"
                    "From: <sip:x@poc.example.org>;tag=%s\r\nTo: <%s>%s\r\nCall-ID: %s\r\nCSeq: %d "
                    "%s\r\n" "Contact: <sip:x@127.0.0.1:%d>\r\n%sContent-Length: 0\r\n\r\n"
                    % (method, URI, port, branch, tag, URI, to_tag, call, cseq, "%s" % method, port,
                       more))

        def ack(cseq, branch, headers):
            to_tag = re.search(r";tag=[^;\s]+", headers.get("to", headers.get("t", "")))
            sock.sendto(request(cseq, "ACK", branch, to_tag=to_tag.group(0) if to_tag
                                else "").encode(), SERVER)

        branch = "z9hG4bK" + secrets.token_hex(8)
        status, headers = exchange(sock, request(1, "INVITE", branch))
        ack(1, branch, headers)
        assert status.startswith("SIP/2.0 401"), status
        challenge = dict(re.findall(r'(\w+)="?([^",]+)"?', headers["www-authenticate"]))
        h = lambda text: hashlib.md5(text.encode()).hexdigest()  # noqa: E731
        cnonce = secrets.token_hex(4)
        response = h(":".join((h("%s:%s:%s" % (btid, challenge["realm"], password)),
                               challenge["nonce"], "00000001", cnonce, "auth", h("INVITE:" + URI))))
        more = ('Authorization: Digest username="%s", realm="%s", nonce="%s", uri="%s", qop=auth, '
                'nc=00000001, '
                'cnonce="%s", response="%s", algorithm=MD5\r\n'
                % (btid, challenge["realm"], challenge["nonce"], URI, cnonce, response))
        branch = "z9hG4bK" + secrets.token_hex(8)
        status, headers = exchange(sock, request(2, "INVITE", branch, more))
        ack(2, branch, headers)
        return status, headers


def options():
    """Sends OPTIONS to the server itself; returns the status line."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port, name = sock.getsockname()[1], secrets.token_hex(8)
        return exchange(sock, "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
                        "127.0.0.1:%d;branch=z9hG4bK%s\r\n"
                        "Max-Forwards: 70\r\nFrom: <sip:x@y>;tag=%s\r\nTo: <sip:127.0.0.1>\r\n"
                        "Call-ID: %s\r\n" "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
                        % (port, name, name, name))[0]


def quietly(btid):
    """Sends an INVITE and ignores a missing response."""
    try:
        invite(btid)
    except (AssertionError, OSError):
        pass
