# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keys as an outsider reads them in docs/wire.md: MILENAGE, the GBA KDF, Digest, SRTP.

Shares no code with the product; written from the specifications named at each part.
"""
import base64
import hashlib
import hmac
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

import outside_gcm as gcm


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def aes(key, block):
    e = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return e.update(block) + e.finalize()


def aes_ctr(key, iv, data):
    e = Cipher(algorithms.AES(key), modes.CTR(iv)).encryptor()
    return e.update(data) + e.finalize()


def hmac_sha1(key, data):
    return hmac.new(key, data, hashlib.sha1).digest()


class Refused(Exception):
    pass


# ---- MILENAGE, TS 35.206 ----
def opc_of(k, op):
    return xor(aes(k, op), op)


def _rotate(block, bits):
    n = bits // 8
    return block[n:] + block[:n]


def milenage(k, opc, rand, sqn=bytes(6), amf=bytes(2)):
    """Returns all outputs by name."""
    temp = aes(k, xor(rand, opc))
    in1 = (sqn + amf) * 2
    out1 = xor(aes(k, xor(temp, _rotate(xor(in1, opc), 64))), opc)

    def out(bits, constant):
        return xor(aes(k, xor(_rotate(xor(temp, opc), bits), bytes(15) + bytes([constant]))), opc)

    out2, out3, out4, out5 = out(0, 1), out(32, 2), out(64, 4), out(96, 8)
    return {"f1": out1[:8], "f1star": out1[8:], "f2": out2[8:], "f3": out3, "f4": out4,
            "f5": out2[:6], "f5star": out5[:6]}


def autn_of(k, opc, rand, sqn, amf):
    m = milenage(k, opc, rand, sqn, amf)
    return xor(sqn, m["f5"]) + amf + m["f1"]


class Resynchronise(Exception):
    def __init__(self, auts):
        super().__init__("AUTS")
        self.auts = auts


class Usim:
    """A USIM (TS 33.102); accepts a rising SQN only."""

    def __init__(self, k, opc, sqn=0):
        self.k, self.opc, self.sqn = k, opc, sqn

    def auts(self, rand):
        sqn = self.sqn.to_bytes(6, "big")
        m = milenage(self.k, self.opc, rand, sqn, bytes(2))
        return xor(sqn, m["f5star"]) + m["f1star"]

    def challenge(self, rand, autn):
        """Returns RES, CK, IK. Raises Resynchronise if SQN is behind, ValueError if the network
        does not know K."""
        sqn = xor(autn[:6], milenage(self.k, self.opc, rand)["f5"])
        m = milenage(self.k, self.opc, rand, sqn, autn[6:8])
        if m["f1"] != autn[8:]:
            raise ValueError("AUTN: wrong MAC")
        if int.from_bytes(sqn, "big") <= self.sqn:
            raise Resynchronise(self.auts(rand))
        self.sqn = int.from_bytes(sqn, "big")
        return m["f2"], m["f3"], m["f4"]


# ---- TS 33.220 B.2, B.3 ----
MBMS_UA = bytes.fromhex("0100000001")


def kdf(key, fc, *params):
    s = bytes([fc])
    for p in params:
        s += p + len(p).to_bytes(2, "big")
    return hmac.new(key, s, hashlib.sha256).digest()


def gba_keys(ck, ik, rand, impi, naf, ua=MBMS_UA):
    """Derives Ks_NAF (= MUK in GBA_ME), Ks_int_NAF, MRK."""
    naf_id = naf.encode() + ua
    ks_naf = kdf(ck + ik, 1, b"gba-me", rand, impi.encode(), naf_id)
    ks_int_naf = kdf(ck + ik, 1, b"gba-u", rand, impi.encode(), naf_id)
    return ks_naf, ks_int_naf, kdf(ks_naf, 1, b"mbms-mrk")


# ---- Digest, RFC 2617, RFC 3310, RFC 8760 ----
def digest_response(c, method, uri, user, password, body=b"", cnonce="0a4f113b", nc=1, qop=None):
    """Computes the response to challenge c (dict with realm, nonce, algorithm, qop); the password
    is bytes."""
    algorithm = c.get("algorithm", "MD5")
    h = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256, "AKAV1-MD5": hashlib.md5}[algorithm.upper()]

    def hx(data):
        return h(data).hexdigest().encode()

    ha1 = hx(("%s:%s:" % (user, c["realm"])).encode() + password)
    a2 = ("%s:%s" % (method, uri)).encode()
    if qop == "auth-int":
        a2 += b":" + hx(body)
    middle = c["nonce"].encode()
    if qop:
        middle += (":%08x:%s:%s" % (nc, cnonce, qop)).encode()
    return hx(ha1 + b":" + middle + b":" + hx(a2)).decode()


def quoted_params(text):
    """Parses name=value, name="value" of one challenge."""
    out, i = {}, 0
    while i < len(text):
        while i < len(text) and text[i] in " ,\t":
            i += 1
        eq = text.find("=", i)
        if eq < 0:
            break
        name, i = text[i:eq].strip().lower(), eq + 1
        if i < len(text) and text[i] == '"':
            end = i + 1
            while text[end] != '"':
                end += 2 if text[end] == "\\" else 1
            out[name], i = text[i + 1:end], end + 1
        else:
            end = text.find(",", i)
            end = len(text) if end < 0 else end
            out[name], i = text[i:end].strip(), end
    return out


# ---- SRTP and SRTCP, RFC 3711: AES-CM-128, HMAC-SHA1-80, MKI of 6 bytes ----
def srtp_session(key, salt, base=0):
    """Derives cipher key, auth key, cipher salt. base 0: SRTP, 3: SRTCP."""
    def derive(label, n):
        x = xor(salt, bytes(7) + bytes([label]) + bytes(6))
        return aes_ctr(key, x + b"\0\0", bytes(n))
    return derive(base, 16), derive(base + 1, 20), derive(base + 2, 14)


def rtp_header_len(packet):
    n = 12 + 4 * (packet[0] & 15)
    if packet[0] & 16:
        n += 4 + 4 * struct.unpack(">H", packet[n + 2:n + 4])[0]
    return n


def mki_of(packet, suite="AES_CM_128_HMAC_SHA1_80"):
    """Returns the 6 bytes before the tag, or with GCM the last 6; the same for SRTP and SRTCP."""
    return packet[-16:-10] if suite.startswith("AES_CM") else packet[-6:]


def gcm_result(clear):
    if clear is None:
        raise Refused("tag")
    return clear


def srtp_open(packet, key, salt, roc=0, mki_len=6):
    """Returns the RTP packet; raises Refused if the tag is wrong. A salt of 12 bytes selects
    AES-GCM."""
    if len(packet) < 22 + mki_len:
        raise Refused("short")
    if len(salt) == 12:
        return gcm_result(gcm.rtp(packet, rtp_header_len(packet), key, salt, roc))
    cipher, auth, csalt = srtp_session(key, salt)
    body = packet[:-10 - mki_len]
    if hmac_sha1(auth, body + struct.pack(">I", roc))[:10] != packet[-10:]:
        raise Refused("tag")
    n, seq = rtp_header_len(packet), packet[2:4]
    iv = xor(csalt, bytes(4) + packet[8:12] + struct.pack(">I", roc) + seq) + b"\0\0"
    return body[:n] + aes_ctr(cipher, iv, body[n:])


def srtp_seal(rtp, key, salt, mki, roc=0):
    cipher, auth, csalt = srtp_session(key, salt)
    n = rtp_header_len(rtp)
    iv = xor(csalt, bytes(4) + rtp[8:12] + struct.pack(">I", roc) + rtp[2:4]) + b"\0\0"
    body = rtp[:n] + aes_ctr(cipher, iv, rtp[n:])
    return body + mki + hmac_sha1(auth, body + struct.pack(">I", roc))[:10]


def srtcp_open(packet, key, salt, mki_len=6):
    """Returns (RTCP packet, index); raises Refused if the tag is wrong."""
    if len(packet) < 22 + mki_len:
        raise Refused("short")
    if len(salt) == 12:
        return gcm_result(gcm.rtcp(packet, key, salt))
    cipher, auth, csalt = srtp_session(key, salt, 3)
    body = packet[:-10 - mki_len]
    if hmac_sha1(auth, body)[:10] != packet[-10:]:
        raise Refused("tag")
    index, = struct.unpack(">I", body[-4:])
    clear = body[8:-4]
    if index & 0x80000000:
        iv = xor(csalt, bytes(4) + packet[4:8] + struct.pack(">HI", 0,
                                                             index & 0x7FFFFFFF)) + b"\0\0"
        clear = aes_ctr(cipher, iv, clear)
    return body[:8] + clear, index


def b64(data):
    return base64.b64encode(data).decode()
