# SPDX-License-Identifier: LGPL-2.1-or-later
"""A whole client by another author, from docs/wire.md alone: bootstraps, joins, opens keys, hears,
talks.

It shares no code with the product. While it runs, it checks what must always hold on the wire;
complaints gather in Client.bad and Channel.audit().
"""
import calendar
import select
import struct
import threading
import time

import outside_keys as keys
import outside_mikey as mikey
from outside_channel import AUDIO, KEYS, Ring
from outside_dialog import Dialog
from outside_gcm import SUITES
from outside_sip import Timeout, Ua, respond
from outside_ub import Ub

GROUP = "sip:alpha@poc.example.org"
NAF = "pf1.poc.example.org"
PLMN = bytes.fromhex("00f110")


class Client:
    """A subscriber's device. user: dict with impi, impu, k, opc (hex)."""

    def __init__(self, name, user, channel=None, **more):
        self.name, self.impi, self.impu = name, user["impi"], user["impu"]
        self.from_uri, self.group = self.impu, more.get("group", GROUP)
        self.usim = keys.Usim(bytes.fromhex(user["k"]), bytes.fromhex(user["opc"]),
                              more.get("sqn", 0))
        self.algorithm, self.qop = more.get("algorithm", "MD5"), more.get("qop", "auth")
        self.invite_headers = [("Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS, NOTIFY"),
                               ("User-Agent", "PoC-client/OMA2.0"),
                               ("Accept-Contact", "*;+g.poc.talkburst;require;explicit")]
        self.ua = Ua(name, more.get("server", ("127.0.0.1", 5060)), more.get("transport", "udp"),
                     more.get("tls"))
        self.ua.on_request = self.on_request
        self.dialogs, self.muks, self.counters, self.password = {}, {}, {}, {}
        self.suite = channel.suite if channel else "AES_CM_128_HMAC_SHA1_80"
        self.ring, self.log, self.bad, self.byes = Ring(self.suite), [], [], []
        self.expires = None  # the bootstrapping's end, by the wall clock
        self.btid, self.biggest, self.heard, self.held, self.floor = None, 0, [], [], []
        self.msk_messages, self.unopened, self.refused_mtk = [], 0, []
        self.tbcp = more.get("tbcp", "queuing=1;tb_priority=1;timestamp=1")
        self.nonce_count, self.form = {}, more.get("form", {"sdp_ids": True, "map": "srtp"})
        self.codec = more.get("codec", (97, "AMR/8000/1", "octet-align=1"))  # number, rtpmap, fmtp
        self.channel = channel
        if channel:
            channel.listeners.append(self.on_packet)

    def note(self, what, *detail):
        self.log.append((time.monotonic(), what) + detail)

    def complain(self, text):
        self.bad.append("%s: %s" % (self.name, text))

    def bootstrap(self, **kw):
        """Returns the HTTP status."""
        ub = Ub(self.impi, self.usim)
        status, btid, lifetime, rand, ck, ik = ub.run(**kw)
        if status == 200:
            ks_naf, _, mrk = keys.gba_keys(ck, ik, rand, self.impi, NAF)
            self.btid, self.muks[btid] = btid, ks_naf
            self.expires = calendar.timegm(time.strptime(lifetime[:19], "%Y-%m-%dT%H:%M:%S"))
            self.password[btid] = keys.b64(mrk).encode()
        self.ub = ub
        return status

    def authorization(self, r, method, uri, body):
        """Returns the credentials for the challenge with our algorithm."""
        for value in r.all("www-authenticate"):
            c = keys.quoted_params(value.split(None, 1)[1])
            if c.get("algorithm", "MD5").upper() == self.algorithm:
                break
        else:
            raise keys.Refused("no challenge of %s: %s"
                               % (self.algorithm, r.all("www-authenticate")))
        if c["realm"] != "3GPP-bootstrapping@" + NAF:
            self.complain("realm %s" % c["realm"])
        nc = self.nonce_count[c["nonce"]] = self.nonce_count.get(c["nonce"], 0) + 1
        response = keys.digest_response(c, method, uri, self.btid, self.password[self.btid], body,
                                        nc=nc, qop=self.qop)
        text = (
            'Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s", algorithm=%s, '
            'cnonce="0a4f113b", qop=%s, nc=%08x') % (self.btid, c["realm"], c["nonce"], uri,
                                                     response, self.algorithm, self.qop, nc)
        return text + (', opaque="%s"' % c["opaque"] if "opaque" in c else "")

    def dialog(self):
        return Dialog(self)

    def join(self, how="sdp", ready=True, timeout=10.0):
        """Joins in a new dialog. ready: waits until its channel is open."""
        d = self.dialog()
        r = d.join(how)
        if r.status != 200:
            raise Timeout("%s: join: %s" % (self.name, r.first))
        if ready:
            self.wait("MTK", lambda: self.ring.mtks, timeout)
        return d

    def wait(self, what, condition, timeout=10.0):
        return self.ua.wait(what, condition, timeout)

    def on_request(self, m):
        if m.method == "ACK":
            return None
        d = self.dialogs.get(m.call_id())
        if d is not None and d.remote_tag and d.remote_tag != m.tag("from"):
            self.complain("From tag %s, not %s" % (m.tag("from"), d.remote_tag))
        if d is None or (d.local_tag, d.remote_tag) != (m.tag("to"),
                                                        m.tag("from")) or (d.ended
                                                                           and m.method != "BYE"):
            if m.method == "NOTIFY":
                self.note("notify", m)
                return respond(m, 200, "OK")
            return respond(m, 481, "Call/Transaction Does Not Exist")
        return d.on_request(m)

    # -- keys
    def take_msk(self, data):
        m = mikey.Mikey(data)
        self.check_msk(m)
        idr = m.id_responder()
        if idr not in self.muks:
            raise keys.Refused("IDr %s is no B-TID of ours" % idr)
        if m.counter() <= self.counters.get(idr, -1):
            self.complain("counter %d after %d" % (m.counter(), self.counters[idr]))
            raise keys.Refused("stale counter")
        key = m.open(self.muks[idr])
        self.counters[idr] = m.counter()
        self.ring.put_msk(m, key)
        self.msk_messages.append(m)
        self.note("msk", m.msk_id)

    def check_msk(self, m):
        """Checks the generated form of an MSK message (docs/wire.md 3.3)."""
        ids, empty = self.form["sdp_ids"], self.form["map"] == "empty"
        want = [mikey.EXT] + [mikey.EXT] * ids + [mikey.T, mikey.RAND, mikey.ID, mikey.ID]
        want += [mikey.KEMAC] if empty else [mikey.SP, mikey.KEMAC]
        checks = [(m.order() == want, "payloads %s" % m.order()),
                  (m.type == 0 and not m.verify, "HDR"),
                  ((m.cs_count, m.map_type, m.map) == ((0, 1, b"") if empty else (2, 0, bytes(18))),
                   "CS map"), (m.sdp_ids == (b"mikey" if ids else None), "SDP IDs"),
                  (m.key_domain == PLMN, "Key Domain"),
                  (m.msk_id and m.msk_id[2:] != b"\0\0", "Key Number 0"),
                  (m.id_initiator() == NAF, "IDi"), ([p["id_type"] for p in m.all(mikey.ID)] == [1,
                                                                                                 0],
                                                     "ID types"),
                  (m.rand() and len(m.rand()) == 16, "RAND"), (m.mtk_id is None, "MTK ID"),
                  (all(p["params"] == SUITES[self.suite][2] for p in m.all(mikey.SP)), "SP")]
        for ok, what in checks:
            if not ok:
                self.complain("MSK message: %s" % what)

    # -- the channel
    def on_packet(self, p):
        with self.ua.lock:
            if p.port == KEYS:
                try:
                    if self.ring.put_mtk(p.data):
                        self.note("mtk", self.ring.current)
                        held, self.held = self.held, []
                        for q in held:
                            if p.time - q.time <= 0.2:
                                self.open(q)
                except keys.Refused as e:
                    self.refused_mtk.append((p.time, str(e)))
            else:
                self.open(p)
            self.ua.changed.notify_all()

    def open(self, p):
        key = self.ring.mtks.get(p.mki)
        if key is None:
            self.held = self.held[-31:] + [p]
            self.unopened += 1
            return
        try:
            if p.port == AUDIO:
                rtp = keys.srtp_open(p.data, *key)
                n = keys.rtp_header_len(rtp)
                self.heard.append((p.time, rtp[8:12], struct.unpack(">H", rtp[2:4])[0], p.mki,
                                   rtp[n:]))
            else:
                self.floor.append((p.time, keys.srtcp_open(p.data, *key), p.mki))
        except keys.Refused as e:
            self.complain("packet under a known MKI: %s" % e)

    def numbers(self):
        """Returns the numbers of the speech packets that this client heard."""
        return [struct.unpack(">I", h[4][6:10])[0] for h in self.heard if h[4][2:6] == b"OUTS"]

    def close(self):
        if self.channel and self.on_packet in self.channel.listeners:
            self.channel.listeners.remove(self.on_packet)
        self.ua.close()
        for d in self.dialogs.values():
            d.close()


def tbcp(subtype, body=b""):
    """Builds a TBCP message: RTCP APP, name PoC1."""
    body += bytes(-len(body) % 4)
    return struct.pack("!BBHL", 0x80 | subtype, 204, 2 + len(body) // 4, 1) + b"PoC1" + body


class Talker:
    """Asks for the floor, then talks in a thread, 50 packets a second, until stop(). Packet numbers
    rise from start. Asks again if the server revokes the floor, as after a restart."""

    def __init__(self, dialog, start=1):
        self.dialog, self.number, self.first, self.end = dialog, start - 1, start, threading.Event()
        self.dialog.tbcp.setblocking(False)
        self._drain()
        self._ask()
        end = time.monotonic() + 10
        while 1 not in self._drain():
            if time.monotonic() > end:
                raise Timeout("%s: not granted" % dialog.client.name)
            if not select.select([self.dialog.tbcp], [], [], 0.5)[0]:
                self._ask()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _ask(self):
        self.dialog.tbcp.sendto(tbcp(0), self.dialog.remote_tbcp)

    def _drain(self):
        """Returns the subtypes of the floor messages that came."""
        got = []
        try:
            while True:
                got.append(self.dialog.tbcp.recv(2048)[0] & 31)
        except BlockingIOError:
            return got

    def _run(self):
        following = time.monotonic()
        while not self.end.is_set():
            if 6 in self._drain():
                self._ask()
            self.number += 1
            self.dialog.talk(self.number)
            following += 0.02
            self.end.wait(max(0.0, following - time.monotonic()))

    def stop(self):
        self.end.set()
        self.thread.join(5)
        if self.dialog.tbcp.fileno() >= 0:  # otherwise the client has left meanwhile
            self.dialog.tbcp.sendto(tbcp(4, struct.pack("!HH", self.dialog.rtp_seq & 0xffff, 0)),
                                    self.dialog.remote_tbcp)
        return range(self.first, self.number + 1)
