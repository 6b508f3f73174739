# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client's dialog with the PoC server: joins, answers offers of the channel, pulls, leaves."""
import base64
import secrets
import socket
import struct

import outside_keys as keys
from outside_channel import AUDIO, FLOOR, GROUP_ADDRESS, KEYS
from outside_sip import Sdp, Ua, build, respond, uri_of

FMTP = "octet-align=1"


class Dialog:
    def __init__(self, client):
        self.client, self.call_id = client, secrets.token_hex(8) + "@outside"
        self.local_tag, self.remote_tag = secrets.token_hex(4), None
        self.cseq, self.remote_cseq = 0, 0
        self.target, self.routes = client.group, []
        self.sess, self.version = str(secrets.randbelow(1 << 30)), 0
        self.remote_origin, self.last_mikey = None, None
        self.offers, self.ended, self.script, self.mikey_seen = [], None, [], []
        self.media = []  # our last SDP, one list of lines per m= line
        self.wants_channel, self.notifies = True, []
        self.audio = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.audio.bind(("127.0.0.1", 0))
        self.tbcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.tbcp.bind(("127.0.0.1", 0))
        self.remote_audio = self.remote_tbcp = None
        self.rtp_seq, self.rtp_ts, self.ssrc = 100, 0, secrets.token_bytes(4)

    # -- SDP
    def unicast(self):
        pt, rtpmap, fmtp = self.client.codec
        audio = ["m=audio %d RTP/AVP %d" % (self.audio.getsockname()[1], pt),
                 "a=rtpmap:%d %s" % (pt, rtpmap)]
        return [audio + (["a=fmtp:%d %s" % (pt, fmtp)] if fmtp else []),
                ["m=application %d udp TBCP" % self.tbcp.getsockname()[1],
                 "a=fmtp:TBCP " + self.client.tbcp]]

    def channel_lines(self):
        """Tells whether the channel uses our codec, under the channel's own number; AMR
        octet-aligned."""
        c, rtpmap = "c=IN IP4 %s/1" % GROUP_ADDRESS, self.client.codec[1]
        codec = ["a=rtpmap:97 " + rtpmap] + (["a=fmtp:97 " + FMTP] if rtpmap.startswith("AMR")
                                             else [])
        pt, codec = (0, []) if rtpmap == "PCMU/8000/1" else (97, codec)
        return [["m=audio %d RTP/SAVP %d" % (AUDIO, pt), c, "b=RS:0", "b=RR:0"] + codec
                + ["a=label:mpoc-audio", "a=recvonly"],
                ["m=application %d udp TBCP" % FLOOR, c, "a=label:mpoc-floor", "a=recvonly"],
                ["m=application %d udp mikey" % KEYS, c, "a=label:mpoc-keys", "a=recvonly"]]

    def body(self, media=None):
        """Builds our SDP. The version rises when the text changes."""
        media = self.media if media is None else media
        if media != self.media or not self.version:
            self.version += 1
        self.media = media
        lines = ["v=0", "o=- %s %d IN IP4 127.0.0.1" % (self.sess, self.version), "s=-",
                 "c=IN IP4 127.0.0.1", "t=0 0"]
        for m in media:
            lines += m
        return ("\r\n".join(lines) + "\r\n").encode()

    def answer(self, offer, accept=True):
        """Returns our lines for the PF's offer."""
        out, mine = [], self.unicast()
        for i, m in enumerate(offer.media):
            line = offer.value(m, "m")
            if i in offer.channel():
                port = offer.port(i) if accept else 0
                words = line.split()
                text = ["m=%s %d %s" % (words[0], port, " ".join(words[2:])),
                        "c=" + offer.value(m, "c")]
                text += ["b=" + v for k, v in m if k == "b"]
                text += ["a=" + v for k, v in m if k == "a" and not v.startswith("key-mgmt")]
                out.append(text)
            elif offer.port(i) == 0:
                out.append(["m=" + line])
            else:
                out.append(mine[0] if line.startswith("audio") else mine[1])
        return out

    def learn(self, sdp):
        """Reads the address and ports for our uplink."""
        for i, m in enumerate(sdp.media):
            if i in sdp.channel() or not sdp.port(i):
                continue
            where = (sdp.address(m), sdp.port(i))
            if sdp.value(m, "m").startswith("audio"):
                self.remote_audio = where
            else:
                self.remote_tbcp = where

    # -- requests
    def headers(self, method, more=(), cseq=None):
        if cseq is None:
            self.cseq += 1
            cseq = self.cseq
        to = "<%s>" % self.client.group + (";tag=" + self.remote_tag if self.remote_tag else "")
        h = [("Route", r) for r in self.routes]
        h += [("From", "<%s>;tag=%s" % (self.client.from_uri, self.local_tag)), ("To", to),
              ("Call-ID", self.call_id), ("CSeq", "%d %s" % (cseq, method)),
              ("Contact", self.client.ua.contact())]
        return h + list(more)

    def request(self, method, more=(), body=b"", authorize=True, **kw):
        """Sends a request; on 401 repeats it with the digest. ack() sends the ACK for a 2xx to
        INVITE."""
        c, uri = self.client, self.target
        if body:
            more = list(more) + [("Content-Type", "application/sdp")]
        r = c.ua.request(method, uri, self.headers(method, more), body, **kw)
        if r.status == 401 and authorize:
            more = list(more) + [("Authorization", c.authorization(r, method, uri, body))]
            r = c.ua.request(method, uri, self.headers(method, more), body, **kw)
        return r

    def ack(self, ok, body=b""):
        number = ok.cseq()[0]
        more = [("Content-Type", "application/sdp")] if body else []
        h = [("Via", self.client.ua.via(Ua.branch())), ("Max-Forwards", "70")]
        h += self.headers("ACK", more, number)
        raw = build("ACK %s SIP/2.0" % self.target, h, body)
        self.client.ua.acks[(self.call_id, number)] = raw
        self.client.ua.send(raw)

    def confirm(self, ok):
        """Reads the remote tag, target and route set from a 2xx."""
        self.remote_tag = ok.tag("to")
        if ok.get("contact"):
            self.target = uri_of(ok.get("contact"))
        self.routes = self.routes or list(reversed(ok.all("record-route")))

    def join(self, how="sdp"):
        """how: sdp, offerless, channel. Returns the final response."""
        body = b""
        if how == "sdp":
            body = self.body(self.unicast())
        elif how == "channel":
            body = self.body(self.unicast() + self.channel_lines())
        self.client.dialogs[self.call_id] = self
        ok = self.request("INVITE", self.client.invite_headers, body)
        if ok.status != 200:
            return ok
        with self.client.ua.lock:
            self.confirm(ok)
            sdp = Sdp(ok.body.decode())
            self.remote_origin = sdp.origin()
            self.learn(sdp)
            if how == "offerless":
                self.take_offer(sdp, ok, self.ack)
            else:
                self.ack(ok)
                if sdp.key_mgmt():
                    self.mikey(sdp)
        return ok

    def pull(self):
        """Sends a re-INVITE without SDP; the 200 is an offer."""
        ok = self.request("INVITE", self.client.invite_headers)
        if ok.status == 200:
            sdp = Sdp(ok.body.decode())
            self.check_origin(sdp, ok)
            self.take_offer(sdp, ok, self.ack)
        return ok

    def take_offer(self, sdp, ok, ack):
        """Answers an offer in a 200. Port 0 is the only way to refuse the key there."""
        accept = self.wants_channel
        try:
            if sdp.key_mgmt():
                self.mikey(sdp)
        except keys.Refused as e:
            self.client.note("refused", str(e))
            accept = False
        self.learn(sdp)
        ack(ok, self.body(self.answer(sdp, accept)))

    def reoffer(self, media=None):
        """Sends a re-INVITE with our own lines. Returns the response."""
        ok = self.request("INVITE", self.client.invite_headers, self.body(media))
        if ok.status == 200:
            self.ack(ok)
        return ok

    def bye(self, **kw):
        r = self.client.ua.request("BYE", self.target, self.headers("BYE"), **kw)
        self.ended = self.ended or "left"
        return r

    # -- what comes
    def on_request(self, m):
        if m.method == "BYE":
            self.ended = m.get("reason") or "bye"
            self.client.note("bye", self.ended)
            self.client.byes.append((m.time, m))
            return respond(m, 200, "OK")
        if m.cseq()[0] <= self.remote_cseq:
            self.client.complain("CSeq %d after %d" % (m.cseq()[0], self.remote_cseq))
        self.remote_cseq = m.cseq()[0]
        if m.method in ("INVITE", "UPDATE"):
            return self.on_offer(m)
        if m.method == "NOTIFY":
            self.notifies.append(m)
            return respond(m, 200, "OK")
        return respond(m, 200, "OK") if m.method == "OPTIONS" else respond(m, 501,
                                                                           "Not Implemented")

    def on_offer(self, m):
        self.offers.append(m)
        if len(m.raw) > 1300:
            self.client.complain("an offer of %d bytes" % len(m.raw))
        self.client.biggest = max(self.client.biggest, len(m.raw))
        if m.get("contact"):
            self.target = uri_of(m.get("contact"))
        if self.script:
            answer = self.script.pop(0)(m)
            if answer is not None:
                return answer or None  # b"": send no answer
        sdp = Sdp(m.body.decode())
        self.check_origin(sdp, m)
        self.check_offer(sdp)
        try:
            if sdp.key_mgmt():
                self.mikey(sdp)
        except keys.Refused as e:
            self.client.note("refused", str(e))
            return self.refuse(m, str(e))
        self.learn(sdp)
        return respond(m, 200, "OK", None, [("Contact", self.client.ua.contact()),
                                            ("Content-Type", "application/sdp")],
                       self.body(self.answer(sdp, self.wants_channel)))

    def refuse(self, m, why="test"):
        return respond(m, 488, "Not Acceptable Here", None,
                       [("Warning", '306 127.0.0.1 "%s"' % why)])

    def check_origin(self, sdp, m):
        sess, version = sdp.origin()
        if self.remote_origin:
            if sess != self.remote_origin[0]:
                self.client.complain("o= session id changed")
            if version <= self.remote_origin[1]:
                self.client.complain("o= version %d after %d" % (version, self.remote_origin[1]))
        self.remote_origin = (sess, version)

    def check_offer(self, sdp):
        """Checks the channel's lines (docs/wire.md 4.1)."""
        def text(m):
            return ["%s=%s" % kv for kv in m if not kv[1].startswith("key-mgmt")]

        got = [text(sdp.media[i]) for i in sdp.channel()]
        if got and not all(sdp.port(i) == 0 for i in sdp.channel()):
            if got != self.channel_lines():
                self.client.complain("channel lines %s" % got)
            if len(sdp.key_mgmt()) != 1 or not sdp.attributes(sdp.media[sdp.channel()[-1]],
                                                              "key-mgmt"):
                self.client.complain("key-mgmt is not once, on the key-stream line")
            source = Sdp.attributes(sdp.session, "source-filter")
            if source != [" incl IN IP4 %s 127.0.0.1" % GROUP_ADDRESS]:
                self.client.complain("source-filter %s" % source)
            if sdp.channel() != [2, 3, 4]:
                self.client.complain("channel lines at %s" % sdp.channel())

    def mikey(self, sdp):
        value = sdp.key_mgmt()
        if len(value) != 1 or not value[0].lstrip().startswith("mikey "):
            raise keys.Refused("key-mgmt %s" % value)
        data = base64.b64decode(value[0].split()[1], validate=True)
        self.mikey_seen.append(data)
        if data == self.last_mikey:
            return
        self.client.take_msk(data)
        self.last_mikey = data

    # -- user plane
    def rtp(self, payload):
        self.rtp_seq, self.rtp_ts = (self.rtp_seq + 1) & 0xFFFF, self.rtp_ts + 160
        return struct.pack(">BBHI", 0x80, self.client.codec[0], self.rtp_seq,
                           self.rtp_ts) + self.ssrc + payload

    def talk(self, number):
        """Builds one packet of AMR 12.2, octet-aligned, whose speech bits carry a number."""
        speech = b"OUTS" + struct.pack(">I", number) + bytes(22) + b"\0"
        self.audio.sendto(self.rtp(b"\xf0\x3c" + speech), self.remote_audio)

    def close(self):
        self.audio.close()
        self.tbcp.close()
