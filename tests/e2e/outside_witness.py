# SPDX-License-Identifier: LGPL-2.1-or-later
"""A witness of every SIP message that leaves the server, by AF_PACKET on lo.

It knows no keys: everything that must never repeat or go back is in the clear. One object lives
through all restarts of the server.
"""
import base64
import ctypes
import re
import socket
import struct
import threading

import outside_mikey as mikey

ALL_PACKETS = 3
SO_ATTACH_FILTER, SO_RCVBUFFORCE = 26, 33
SOL_PACKET, PACKET_STATISTICS, PACKET_IGNORE_OUTGOING = 263, 6, 23
FIELDS = [re.compile(p, re.I | re.M) for p in (
    rb"^(?:i|call-id)[ \t]*:[ \t]*(\S+)", rb"^cseq[ \t]*:[ \t]*(\d+)", rb"^o=\S+ \S+ (\d+)",
    rb"^a=key-mgmt:mikey (\S+)")]


def only_invites(s, port):
    """Builds a classic BPF filter: IPv4 without options, UDP from this port, and the text INVI."""
    load_half, load_byte, load_word, equal, give = 0x28, 0x30, 0x20, 0x15, 0x06
    steps = [(load_half, 0, 0, 12), (equal, 0, 7, 0x800), (load_byte, 0, 0, 23),
             (equal, 0, 5, socket.IPPROTO_UDP), (load_half, 0, 0, 34), (equal, 0, 3, port),
             (load_word, 0, 0, 42), (equal, 0, 1, int.from_bytes(b"INVI", "big")),
             (give, 0, 0, 65535), (give, 0, 0, 0)]
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    held = ctypes.create_string_buffer(code)
    s.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", len(steps),
                                                                  ctypes.addressof(held)))


class Witness:
    def __init__(self, port=5060):
        self.raw, self.lock = [], threading.Lock()
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PACKETS))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        # lo shows each packet twice, outgoing and incoming
        self.socket.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        only_invites(self.socket, port)
        self.socket.bind(("lo", 0))
        self.socket.settimeout(0.1)
        self.calls, self.counters, self.texts, self.bad = {}, {}, {}, []
        self.offers = {}  # MSK id -> Call-IDs to which the server sent it
        self.closing = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.closing:
            try:
                frame = self.socket.recv(65536)
            except (socket.timeout, OSError):
                continue
            with self.lock:
                self.raw.append(frame[42:])

    def close(self):
        self.closing = True
        self.thread.join(5)
        self.socket.close()

    def look(self):
        """Reads what came since the last call. Returns the complaints so far."""
        missed = struct.unpack("II", self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]
        if missed:
            raise RuntimeError("the witness missed %d packets" % missed)
        with self.lock:
            raw, self.raw = self.raw, []
        for message in raw:
            self._offer(message)
        return self.bad

    def _offer(self, raw):
        found = [p.search(raw) for p in FIELDS]
        if not all(found):
            return
        call, cseq, version, blob = [f.group(1) for f in found]
        cseq, version = int(cseq), int(version)
        known = self.texts.setdefault((call, cseq), hash(raw))
        last = self.calls.get(call, (0, 0))
        if last[0] >= cseq and known == hash(raw):
            return  # a SIP retransmission
        if cseq <= last[0] or version <= last[1]:
            self.bad.append("%s: CSeq %d after %d, o= %d after %d"
                            % (call.decode(), cseq, last[0], version, last[1]))
        self.calls[call] = (cseq, version)
        m = mikey.Mikey(base64.b64decode(blob))
        if m.counter() <= self.counters.get(m.id_responder(), -1):
            self.bad.append("%s: T %d after %d" % (m.id_responder(), m.counter(),
                                                   self.counters[m.id_responder()]))
        self.counters[m.id_responder()] = m.counter()
        self.offers.setdefault(m.msk_id, set()).add(call.decode())
