# SPDX-License-Identifier: LGPL-2.1-or-later
"""MIKEY as an outsider reads RFC 3830, RFC 4563 and docs/wire.md: decoding, opening, sealing."""
import struct

from outside_keys import Refused, aes_ctr, hmac_sha1, xor

ENCR, AUTH, SALT = 0x150533E1, 0x2D22AC75, 0x29B88916
LAST, KEMAC, T, ID, V, SP, RAND, ERR, KEYDATA, EXT = 0, 1, 5, 6, 9, 10, 11, 12, 20, 21


def mikey_prf(inkey, label, length):
    m = (length + 19) // 20
    out = bytes(20 * m)
    for at in range(0, len(inkey), 32):
        s, a, p = inkey[at:at + 32], label, b""
        for _ in range(m):
            a = hmac_sha1(s, a)
            p += hmac_sha1(s, a + label)
        out = xor(out, p)
    return out[:length]


def message_keys(psk, csb, rand):
    return [mikey_prf(psk, struct.pack(">IB", const, 0xFF) + csb + rand, n)
            for const, n in ((ENCR, 16), (AUTH, 20), (SALT, 14))]


class Mikey:
    """A decoded message. payloads: [(type, dict)]. mac_at: end of the bytes that the MAC covers."""

    def __init__(self, data):
        self.data, self.payloads, at = data, [], 0

        def take(n):
            nonlocal at
            if at + n > len(data):
                raise Refused("truncated at %d" % at)
            at += n
            return data[at - n:at]

        version, self.type, following, v_prf = take(4)
        if version != 1 or v_prf & 0x7F:
            raise Refused("version or PRF")
        self.verify, self.csb = bool(v_prf & 0x80), take(4)
        self.cs_count, self.map_type = take(2)
        self.map = take(9 * self.cs_count) if self.map_type == 0 else b""
        if self.map_type not in (0, 1):
            raise Refused("map type")
        while following:
            kind = following
            following = take(1)[0] if kind != KEMAC else take(1)[0]
            p = {}
            if kind == T:
                p["ts_type"] = take(1)[0]
                p["ts"] = take(4 if p["ts_type"] == 2 else 8)
            elif kind == RAND:
                p["rand"] = take(take(1)[0])
            elif kind == ID:
                p["id_type"], p["len"] = struct.unpack(">BH", take(3))
                p["id"] = take(p["len"])
            elif kind == SP:
                p["policy"], p["proto"], n = struct.unpack(">BBH", take(4))
                p["params"] = take(n)
            elif kind == EXT:
                p["ext_type"], n = struct.unpack(">BH", take(3))
                p["body"] = take(n)
            elif kind == KEMAC:
                p["alg"], n = struct.unpack(">BH", take(3))
                p["encrypted"], p["mac_alg"] = take(n), take(1)[0]
                self.mac_at = at
                p["mac"] = take(20 if p["mac_alg"] == 1 else 0)
            elif kind == V:
                p["mac_alg"] = take(1)[0]
                self.mac_at = at
                p["mac"] = take(20 if p["mac_alg"] == 1 else 0)
            else:
                raise Refused("payload %d" % kind)
            self.payloads.append((kind, p))
        if at != len(data):
            raise Refused("trailing bytes")
        self._ids()

    def all(self, kind):
        return [p for k, p in self.payloads if k == kind]

    def one(self, kind):
        found = self.all(kind)
        if len(found) != 1:
            raise Refused("%d payloads of type %d" % (len(found), kind))
        return found[0]

    def order(self):
        return [k for k, _ in self.payloads]

    def _ids(self):
        self.key_domain = self.msk_id = self.mtk_id = self.sdp_ids = None
        for p in self.all(EXT):
            if p["ext_type"] == 1:
                self.sdp_ids = p["body"]
            if p["ext_type"] != 3:
                continue
            body = p["body"]
            while body:
                kind, n = body[0], body[1]
                value, body = body[2:2 + n], body[2 + n:]
                if (kind, n) == (0, 3):
                    self.key_domain = value
                elif (kind, n) == (1, 4):
                    self.msk_id = value
                elif (kind, n) == (2, 2):
                    self.mtk_id = int.from_bytes(value, "big")
                else:
                    raise Refused("key id %d of %d bytes" % (kind, n))

    def counter(self):
        t = self.one(T)
        if t["ts_type"] != 2:
            raise Refused("T is no counter")
        return int.from_bytes(t["ts"], "big")

    def rand(self):
        found = self.all(RAND)
        return found[0]["rand"] if found else None

    def id_initiator(self):
        return self.all(ID)[0]["id"].decode()

    def id_responder(self):
        return self.all(ID)[-1]["id"].decode()

    def open(self, psk, rand=None):
        """Returns the key data: dict with type, kv, key and salt or vf, vt. Raises Refused on a
        wrong MAC."""
        rand = rand or self.rand()
        encr, auth, salt = message_keys(psk, self.csb, rand)
        k = self.one(KEMAC)
        if k["alg"] != 1 or k["mac_alg"] != 1:
            raise Refused("algorithms %d %d" % (k["alg"], k["mac_alg"]))
        if hmac_sha1(auth, self.data[:self.mac_at]) != k["mac"]:
            raise Refused("MAC")
        iv = xor(salt, b"\0\0" + self.csb + self.counter().to_bytes(8, "big")) + b"\0\0"
        return key_data(aes_ctr(encr, iv, k["encrypted"]))


def key_data(data):
    following, kind = data[0], data[1]
    n, = struct.unpack(">H", data[2:4])
    out = {"type": kind >> 4, "kv": kind & 15, "key": data[4:4 + n]}
    rest = data[4 + n:]
    if following or len(out["key"]) != n:
        raise Refused("key data")
    if out["type"] in (1, 3):
        n, = struct.unpack(">H", rest[:2])
        out["salt"], rest = rest[2:2 + n], rest[2 + n:]
    if out["kv"] == 2:
        a = rest[0]
        out["vf"], rest = rest[1:1 + a], rest[1 + a:]
        a = rest[0]
        out["vt"], rest = rest[1:1 + a], rest[1 + a:]
    if rest:
        raise Refused("key data: trailing bytes")
    return out


def verification_mac(m, psk, rand, idi, idr):
    _, auth, _ = message_keys(psk, m.csb, rand)
    return hmac_sha1(auth, m.data[:m.mac_at] + idi.encode() + idr.encode() + m.one(T)["ts"])


def _header(kind, following, csb, verify=False, empty=False):
    return (struct.pack(">BBBB", 1, kind, following, 0x80 if verify else 0) + csb +
            (b"\0\1" if empty else b"\2\0" + bytes(18)))


def _seal(head, psk, csb, rand, counter, clear):
    encr, auth, salt = message_keys(psk, csb, rand)
    iv = xor(salt, b"\0\0" + csb + counter.to_bytes(8, "big")) + b"\0\0"
    body = head + struct.pack(">BBH", 0, 1, len(clear)) + aes_ctr(encr, iv, clear) + b"\1"
    return body + hmac_sha1(auth, body)


def seal_msk(psk, csb, rand, domain, msk_id, counter, msk, seql, sequ, idi, idr, **form):
    """form: verify, empty_map, sdp_ids."""
    empty = form.get("empty_map", False)
    head = _header(0, EXT, csb, form.get("verify", False), empty)
    ids = b"\0\3" + domain + b"\1\4" + msk_id
    head += struct.pack(">BBH", EXT if form.get("sdp_ids") else T, 3, len(ids)) + ids
    if form.get("sdp_ids"):
        head += struct.pack(">BBH", T, 1, 5) + b"mikey"
    head += struct.pack(">BBI", RAND, 2, counter) + struct.pack(">BB", ID, 16) + rand
    head += struct.pack(">BBH", ID, 1, len(idi)) + idi.encode()
    head += struct.pack(">BBH", KEMAC if empty else SP, 0, len(idr)) + idr.encode()
    if not empty:
        head += struct.pack(">BBBH", KEMAC, 0, 0, 0)
    clear = struct.pack(">BBH", 0, 2, len(msk)) + msk + struct.pack(">BHBH", 2, seql, 2, sequ)
    return _seal(head, psk, csb, rand, counter, clear)


def seal_mtk(psk, csb, rand, domain, msk_id, mtk_id, counter, mtk, salt, empty_map=False):
    ids = b"\0\3" + domain + b"\1\4" + msk_id + struct.pack(">BBH", 2, 2, mtk_id)
    head = _header(0, EXT, csb, False, empty_map) + struct.pack(">BBH", T, 3, len(ids)) + ids
    head += struct.pack(">BBI", KEMAC, 2, counter)
    clear = struct.pack(">BBH", 0, 0x30, len(mtk)) + mtk + struct.pack(">H", len(salt)) + salt
    return _seal(head, psk, csb, rand, counter, clear)
