# SPDX-License-Identifier: LGPL-2.1-or-later
"""SIP and SDP as an outsider reads RFC 3261, 3264, 4566: messages, a user agent over UDP or TCP,
dialogs.

The agent keeps every incoming message raw, with its time. Its owner's on_request handles
requests.
"""
import secrets
import select
import socket
import threading
import time

SHORT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "c": "content-type",
         "l": "content-length", "k": "supported", "e": "content-encoding", "s": "subject",
         "o": "event", "r": "refer-to", "b": "referred-by", "u": "allow-events",
         "x": "session-expires", "a": "accept-contact", "j": "reject-contact"}
T1, T2 = 0.5, 4.0


class Timeout(Exception):
    pass


class Message:
    def __init__(self, raw):
        self.raw, self.time = raw, time.monotonic()
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("utf-8", "replace").replace("\r\n ", " ").replace("\r\n\t",
                                                                              " ").split("\r\n")
        self.first, self.headers = lines[0], []
        for line in lines[1:]:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            self.headers.append((SHORT.get(name, name), value.strip()))
        self.status = int(self.first.split()[1]) if self.first.startswith("SIP/2.0 ") else None
        self.method = None if self.status else self.first.split()[0]

    def all(self, name):
        return [v for n, v in self.headers if n == name]

    def get(self, name, default=None):
        found = self.all(name)
        return found[0] if found else default

    def tag(self, name):
        return param(self.get(name, ""), "tag")

    def cseq(self):
        number, method = self.get("cseq").split()
        return int(number), method

    def branch(self):
        return param(self.get("via"), "branch")

    def call_id(self):
        return self.get("call-id")


def param(value, name):
    after = value[value.rindex(">") + 1:] if ">" in value else value
    for part in after.split(";")[1:]:
        n, _, v = part.partition("=")
        if n.strip().lower() == name:
            return v.strip()
    return None


def uri_of(value):
    if "<" in value:
        return value[value.index("<") + 1:value.index(">")]
    return value.split(";")[0].strip()


# ---- SDP ----
class Sdp:
    """A parsed SDP. session: [(letter, value)]; media: list of such lists, the m= line first."""

    def __init__(self, text):
        self.session, self.media = [], []
        for line in text.replace("\r\n", "\n").strip("\n").split("\n"):
            letter, _, value = line.partition("=")
            if letter == "m":
                self.media.append([])
            (self.media[-1] if self.media else self.session).append((letter, value))

    @staticmethod
    def attributes(section, name):
        return [v[len(name) + 1:] for k, v in section if k == "a"
                and (v == name or v.startswith(name + ":"))]

    @staticmethod
    def value(section, letter):
        for k, v in section:
            if k == letter:
                return v
        return None

    def address(self, section):
        c = self.value(section, "c") or self.value(self.session, "c")
        return c.split()[2] if c else None

    def origin(self):
        """Returns (session id, version)."""
        o = self.value(self.session, "o").split()
        return o[1], int(o[2])

    def channel(self):
        """Returns the indices of the multicast lines, whatever their port."""
        return [i for i, m in enumerate(self.media) if "/" in (self.address(m) or "") or
                any(v.startswith("mpoc-") for v in self.attributes(m, "label"))]

    def port(self, i):
        return int(self.value(self.media[i], "m").split()[1])

    def key_mgmt(self):
        out = []
        for section in [self.session] + self.media:
            out += self.attributes(section, "key-mgmt")
        return out


class Ua:
    """One socket (and, on TCP and TLS, its connections), a reading thread, and transactions by
    branch. tls: (context to dial with, the server's name, context to accept with)."""

    def __init__(self, name, server=("127.0.0.1", 5060), transport="udp", tls=None):
        self.tls, self.lines = tls, 0  # lines: connections that the server dialled
        self.name, self.server, self.transport = name, server, transport
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.received, self.responses, self.served, self.sent = [], {}, {}, []
        # (Call-ID, CSeq) -> ACK, to repeat for a repeated 2xx
        self.acks = {}
        # (Call-ID, CSeq) -> [next time, interval, bytes, conn, end]
        self.repeats = {}
        self.on_request = lambda message: None
        self.on_copy = lambda message, n: None
        self.lose_responses = 0  # number of final responses to INVITE to suppress
        self.drop_requests = 0  # number of first copies of each INVITE to ignore
        self.copies = {}                    # branch -> [raw]
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.connections, self.out = {}, None
        if transport != "udp":
            self.socket.listen(4)
            self.out = self._connect()
        self.closing = False
        self.wake_r, self.wake_w = socket.socketpair()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _connect(self):
        s = socket.create_connection(self.server, 5)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls:
            s = self.tls[0].wrap_socket(s, server_hostname=self.tls[1])
        self.connections[s] = b""
        return s

    def hang_up(self):
        """Closes the connections. The Contact still listens."""
        with self.lock:
            for s in list(self.connections):
                s.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        s, _ = self.socket.accept()
        s.settimeout(5)
        try:
            if self.tls:
                s = self.tls[2].wrap_socket(s, server_side=True)
        except OSError:
            return
        self.connections[s] = b""
        self.lines += 1

    def close(self):
        if self.closing:
            return
        self.closing = True
        self.wake_w.send(b"x")
        self.thread.join(5)
        for s in [self.socket, self.wake_r, self.wake_w] + list(self.connections):
            s.close()

    # -- receiving
    def _run(self):
        while not self.closing:
            readers = [self.socket, self.wake_r] + list(self.connections)
            ready, _, _ = select.select(readers, [], [], 0.05)
            for s in ready:
                if s is self.wake_r:
                    s.recv(16)
                elif s in self.connections:
                    self._stream(s)
                elif self.transport != "udp":
                    self._accept()
                else:
                    raw, _ = s.recvfrom(65536)
                    self._message(raw, None)
            self._repeat()

    def _stream(self, s):
        try:
            data = s.recv(65536)
            while data and self.tls and s.pending():
                data += s.recv(65536)
        except OSError:
            data = b""
        if not data:
            del self.connections[s]
            s.close()
            return
        data = self.connections[s] + data
        while b"\r\n\r\n" in data:
            data = data.lstrip(b"\r\n")
            head = data.find(b"\r\n\r\n") + 4
            if head < 4:
                break
            length = int(Message(data[:head]).get("content-length", "0"))
            if len(data) < head + length:
                break
            self._message(data[:head + length], s)
            data = data[head + length:]
        if s in self.connections:
            self.connections[s] = data

    def _message(self, raw, conn):
        m = Message(raw)
        try:
            m.cseq()
        except (AttributeError, ValueError):
            return  # a response that matches no request of ours
        with self.lock:
            self.received.append(m)
            if m.status:
                self.responses.setdefault(m.branch(), []).append(m)
                key = (m.call_id(), m.cseq()[0])
                if m.status >= 200 and key in self.acks and m.cseq()[1] == "INVITE":
                    self._send(self.acks[key])
            elif m.method == "ACK":
                self.repeats.pop((m.call_id(), m.cseq()[0]), None)
                self.on_request(m)
            else:
                self._serve(m, conn)
            self.changed.notify_all()

    def _serve(self, m, conn):
        key = (m.branch(), m.method)
        copies = self.copies.setdefault(key, [])
        copies.append(m.raw)
        if m.method == "INVITE":
            self.on_copy(m, len(copies))
        if m.method == "INVITE" and len(copies) <= self.drop_requests:
            return
        if key in self.served:
            if self.served[key]:
                self._send(self.served[key], conn)
            return
        self.served[key] = None
        answer = self.on_request(m)
        if answer is None:
            return
        self.served[key] = answer
        self._answer(m, answer, conn)

    def _answer(self, m, answer, conn):
        status = int(answer.split(b" ", 2)[1])
        if m.method == "INVITE" and status >= 200:
            now = time.monotonic()
            self.repeats[(m.call_id(), m.cseq()[0])] = [now + T1, T1, answer, conn, now + 64 * T1]
            if self.lose_responses > 0:
                self.lose_responses -= 1
                self.repeats.pop((m.call_id(), m.cseq()[0]))
                self.served[(m.branch(), m.method)] = answer
                return
        self._send(answer, conn)

    def _repeat(self):
        now = time.monotonic()
        with self.lock:
            for key, entry in list(self.repeats.items()):
                if now >= entry[4]:
                    del self.repeats[key]
                elif now >= entry[0]:
                    self._send(entry[2], entry[3])
                    entry[1] = min(2 * entry[1], T2)
                    entry[0] = now + entry[1]

    def caught_up(self):
        """Waits until the agent has read all UDP datagrams sent to it so far: it sends itself a
        message and waits for it."""
        branch = self.branch()
        self.socket.sendto(build("SIP/2.0 200 OK", [("Via", self.via(branch)),
                                                    ("CSeq", "1 NOTHING")]),
                           ("127.0.0.1", self.port))
        self.wait("our own message", lambda: branch in self.responses)

    # -- sending
    def _send(self, raw, conn=None):
        self.sent.append((time.monotonic(), raw))
        try:
            if self.transport == "udp":
                self.socket.sendto(raw, self.server)
            else:
                if conn not in self.connections:
                    if self.out not in self.connections:
                        self.out = self._connect()
                    conn = self.out
                conn.sendall(raw)
        except OSError:
            pass

    def send(self, raw):
        with self.lock:
            self._send(raw)

    def via(self, branch):
        return "SIP/2.0/%s 127.0.0.1:%d;branch=%s;rport" % (self.transport.upper(), self.port,
                                                            branch)

    def contact(self):
        more = ";transport=" + self.transport if self.transport != "udp" else ""
        return "<sip:%s@127.0.0.1:%d%s>" % (self.name, self.port, more)

    @staticmethod
    def branch():
        return "z9hG4bK" + secrets.token_hex(8)

    def start(self, method, uri, headers, body=b"", branch=None):
        """Sends a request once; returns the branch. `headers` are complete but for Via,
        Max-Forwards, Content-Length."""
        branch = branch or self.branch()
        raw = build("%s %s SIP/2.0" % (method, uri),
                    [("Via", self.via(branch)), ("Max-Forwards", "70")] + headers, body)
        with self.lock:
            self.responses.setdefault(branch, [])
            self._send(raw)
        return branch, raw

    def finals(self, branch):
        return [m for m in self.responses.get(branch, []) if m.status >= 200]

    def request(self, method, uri, headers, body=b"", timeout=16.0, branch=None):
        """Sends and repeats a request until a final response; ACKs a refused INVITE. Raises Timeout
        if none comes."""
        branch, raw = self.start(method, uri, headers, body, branch)
        end, interval, following = time.monotonic() + timeout, T1, time.monotonic() + T1
        with self.lock:
            while not self.finals(branch):
                now = time.monotonic()
                if now >= end:
                    raise Timeout("%s: no answer to %s" % (self.name, method))
                quiet = method == "INVITE" and self.responses[branch]
                if now >= following and self.transport == "udp":
                    if not quiet:
                        self._send(raw)
                    interval = min(2 * interval, T2) if method != "INVITE" else 2 * interval
                    following = now + interval
                self.changed.wait(max(0.001, min(following - now, end - now, 0.5)))
            final = self.finals(branch)[0]
        if method == "INVITE" and final.status >= 300:
            self.send(build("ACK %s SIP/2.0" % uri, [("Via", self.via(branch)),
                                                     ("Max-Forwards", "70")]
                            + [(n, v) for n, v in headers if n in ("From", "Call-ID", "Route")]
                            + [("To", final.get("to")), ("CSeq", "%d ACK" % final.cseq()[0])], b""))
        return final

    def wait(self, what, condition, timeout=15.0):
        end = time.monotonic() + timeout
        with self.lock:
            while True:
                value = condition()
                if value:
                    return value
                left = end - time.monotonic()
                if left <= 0:
                    raise Timeout("%s: not within %.1f s: %s" % (self.name, timeout, what))
                self.changed.wait(min(left, 0.2))


def build(first, headers, body=b""):
    lines = [first] + ["%s: %s" % h for h in headers] + ["Content-Length: %d" % len(body)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def respond(request, status, reason, to_tag=None, headers=(), body=b""):
    """Builds a response with the request's Via, From, To, Call-ID, CSeq."""
    to = request.get("to")
    if to_tag and not param(to, "tag"):
        to += ";tag=" + to_tag
    lines = [("Via", v) for v in request.all("via")] + [("Record-Route", v)
                                                        for v in request.all("record-route")]
    lines += [("From", request.get("from")), ("To", to), ("Call-ID", request.call_id()),
              ("CSeq", request.get("cseq"))]
    return build("SIP/2.0 %d %s" % (status, reason), lines + list(headers), body)
