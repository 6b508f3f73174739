# SPDX-License-Identifier: LGPL-2.1-or-later
"""The multicast channel as an outsider hears it: one capture of everything, and a key ring per
client."""
import select
import socket
import struct
import threading
import time

import outside_gcm as gcm
import outside_keys as keys
import outside_mikey as mikey

GROUP_ADDRESS, AUDIO, FLOOR, KEYS = "233.252.0.17", 40000, 40002, 2269
SOURCE = "127.0.0.1"
SO_TIMESTAMPNS = 35


class Packet:
    """stamp: the kernel's receive time in ns. It gives the order on the wire; our reads from three
    sockets do not."""

    def __init__(self, port, data, sender, stamp, suite):
        self.port, self.data, self.sender, self.stamp = port, data, sender, stamp
        self.time = time.monotonic() - max(0.0, time.time() - stamp / 1e9)
        self.mki = keys.mki_of(data, suite) if port != KEYS else None


class Channel:
    """Hears the three ports, gives each packet to every listener, and keeps all packets."""

    def __init__(self, address=GROUP_ADDRESS, ports=(AUDIO, FLOOR, KEYS),
                 suite="AES_CM_128_HMAC_SHA1_80"):
        self.suite = suite
        self.packets, self.listeners, self.sockets = [], [], {}
        self.lock = threading.RLock()
        self.ports = ports
        for port, name in zip(ports, (AUDIO, FLOOR, KEYS)):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            s.bind((address, port))
            # IP_ADD_SOURCE_MEMBERSHIP: group, interface, source
            s.setsockopt(socket.IPPROTO_IP, 39, socket.inet_aton(address)
                         + socket.inet_aton("127.0.0.1") + socket.inet_aton(SOURCE))
            self.sockets[s] = name
        self.closing = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.closing:
            ready, _, _ = select.select(list(self.sockets), [], [], 0.05)
            for s in ready:
                data, more, _, sender = s.recvmsg(4096, 128)
                stamp = [struct.unpack("qq", d[:16]) for level, kind,
                         d in more if kind == SO_TIMESTAMPNS]
                p = Packet(self.sockets[s], data, sender, stamp[0][0] * 10**9 + stamp[0][1],
                           self.suite)
                with self.lock:
                    self.packets.append(p)
                    listeners = list(self.listeners)
                for listener in listeners:
                    listener(p)

    def close(self):
        self.closing = True
        self.thread.join(5)
        for s in self.sockets:
            s.close()

    def media(self, since=0.0):
        with self.lock:
            return [p for p in self.packets if p.port != KEYS and p.time >= since]

    def key_messages(self, since=0.0):
        with self.lock:
            return [p for p in self.packets if p.port == KEYS and p.time >= since]

    def first_packet(self, msk_id):
        """Returns the first packet under an MTK of this MSK, or None."""
        return min((p for p in self.media() if p.mki[:4] == msk_id), key=lambda p: p.stamp,
                   default=None)

    def first_use(self, msk_id):
        """Returns the time of that packet."""
        p = self.first_packet(msk_id)
        return p and p.time

    def audit(self):
        """Checks what must hold of any channel at any time. Returns a list of complaints."""
        bad, by_id, newest, mki_seen, sent, first, counters = [], {}, {}, [], {}, {}, {}
        with self.lock:
            packets = sorted(self.packets, key=lambda p: p.stamp)
        for p in packets:
            if p.sender[0] != SOURCE:
                bad.append("sender %s" % (p.sender,))
            if p.port == KEYS:
                m = mikey.Mikey(p.data)
                if m.order() != [mikey.EXT, mikey.T, mikey.KEMAC] or m.type or m.verify:
                    bad.append("MTK message: payloads %s type %d" % (m.order(), m.type))
                name = (m.msk_id, m.mtk_id)
                if by_id.setdefault(name, p.data) != p.data:
                    bad.append("MTK message of %s %d repeated with other bytes"
                               % (m.msk_id.hex(), m.mtk_id))
                elif m.mtk_id < newest.get(m.msk_id, 0):
                    bad.append("MTK id goes back to %d" % m.mtk_id)
                elif newest.get(m.msk_id) != m.mtk_id and m.counter() <= counters.get(m.msk_id, -1):
                    bad.append("T of MTK messages does not rise")
                newest[m.msk_id], counters[m.msk_id] = m.mtk_id, m.counter()
                continue
            name = (p.mki[:4], int.from_bytes(p.mki[4:], "big"))
            # The first MKI may be older than our capture, which then lacks its MTK message.
            if name not in by_id and mki_seen and p.mki != mki_seen[0]:
                bad.append("packet under MKI %s before its MTK message" % p.mki.hex())
            if p.mki in mki_seen and mki_seen[-1] != p.mki:
                bad.append("MKI goes back to %s, from %s (port %d)"
                           % (p.mki.hex(), mki_seen[-1].hex(), p.port))
            if p.mki not in mki_seen:
                mki_seen.append(p.mki)
            if p.port == AUDIO:
                seq, ssrc = struct.unpack(">H", p.data[2:4])[0], p.data[8:12]
                first.setdefault(ssrc, seq)
                if first[ssrc] >= 32768:
                    bad.append("first sequence number %d" % first[ssrc])
                if seq < first[ssrc]:
                    bad.append("sequence number wraps or goes back below its first")
                if sent.setdefault((p.mki, ssrc, seq), p.data) != p.data:
                    bad.append("one keystream for two packets: %s %s %d"
                               % (p.mki.hex(), ssrc.hex(), seq))
        return bad


class Ring:
    """The UE rules (docs/wire.md 3.7): MSKs and MTKs of one channel."""

    def __init__(self, suite="AES_CM_128_HMAC_SHA1_80"):
        self.key_len, self.salt_len, _ = gcm.SUITES[suite]
        self.msks, self.order, self.mtks = {}, [], {}
        self.current = None
        # (key, rand), (key, salt): a hostile client would keep them
        self.ever_msk, self.ever_mtk = [], []

    def put_msk(self, m, key):
        if key["type"] != 0 or key["kv"] != 2 or len(key["key"]) != 16:
            raise keys.Refused("key data: type %d, KV %d, %d bytes"
                               % (key["type"], key["kv"], len(key["key"])))
        seql, sequ = int.from_bytes(key["vf"], "big"), int.from_bytes(key["vt"], "big")
        held = self.msks.get(m.msk_id)
        if held and held["key"] != key["key"]:
            raise keys.Refused("another key under a held id")
        if held and held["rand"] != m.rand():
            raise keys.Refused("another RAND under a held id")
        if seql > sequ:
            self.msks.pop(m.msk_id, None)
            return
        if held:
            held["sequ"] = max(held["sequ"], sequ)
            return
        self.msks[m.msk_id] = {"key": key["key"], "rand": m.rand(), "csb": m.csb, "seqs": seql,
                               "sequ": sequ, "seql": seql, "domain": m.key_domain}
        self.ever_msk.append((key["key"], m.rand()))
        self.order.append(m.msk_id)
        for old in self.order[:-2]:
            self.msks.pop(old, None)

    def put_mtk(self, data):
        """Returns the MTK id if this message brought a new key, else None."""
        m = mikey.Mikey(data)
        msk = self.msks.get(m.msk_id)
        if msk is None:
            raise keys.Refused("MSK %s not held" % m.msk_id.hex())
        if self.current in self.order and self.order.index(m.msk_id) < self.order.index(
                self.current):
            raise keys.Refused("MTK under an older MSK")
        mki = m.msk_id + m.mtk_id.to_bytes(2, "big")
        if mki in self.mtks and m.mtk_id == msk["seqs"]:
            return None
        if not msk["seqs"] < m.mtk_id <= msk["sequ"]:
            raise keys.Refused("MTK id %d out of %d..%d" % (m.mtk_id, msk["seqs"], msk["sequ"]))
        if m.csb != msk["csb"] or m.key_domain != msk["domain"]:
            raise keys.Refused("CSB ID or Key Domain")
        key = m.open(msk["key"], msk["rand"])
        if key["type"] != 3 or key["kv"] or len(key["key"]) != self.key_len or len(
                key["salt"]) != self.salt_len:
            raise keys.Refused("MTK: key data")
        msk["seqs"], self.current = m.mtk_id, m.msk_id
        self.mtks[mki] = (key["key"], key["salt"])
        self.ever_mtk.append(self.mtks[mki])
        return m.mtk_id


def try_everything(packets, msks, mtks, others):
    """Tries every key that an expelled client ever held on every packet. others: MUKs and other
    keys. Returns the opened packets."""
    opened, extra = [], list(mtks)
    for p in packets:
        if p.port == KEYS:
            m = mikey.Mikey(p.data)
            rands = {rand for _, rand in msks}
            for psk in [k for k, _ in msks] + list(others):
                for rand in rands:
                    try:
                        got = m.open(psk, rand)
                        extra.append((got["key"], got["salt"]))
                        opened.append(p)
                    except (keys.Refused, KeyError):
                        pass
            continue
        for key, salt in extra:
            try:
                if p.port == AUDIO:
                    keys.srtp_open(p.data, key, salt)
                else:
                    keys.srtcp_open(p.data, key, salt)
                opened.append(p)
                break
            except keys.Refused:
                pass
    return opened
