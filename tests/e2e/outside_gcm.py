# SPDX-License-Identifier: LGPL-2.1-or-later
"""SRTP and SRTCP with AES-GCM (RFC 7714) as an outsider reads it; the MKI of 6 bytes comes last.

Key derivation is RFC 3711 4.3 with AES of the master key's size. The 12-byte salt is the upper
part of the 14 bytes there.
"""
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

# the suites of docs/wire.md: bytes of MTK and salt, parameters of the SP payload (RFC 3830 6.10.1,
# RFC 7714 14.2)
SUITES = {"AES_CM_128_HMAC_SHA1_80": (16, 14, b""),
          "AEAD_AES_128_GCM": (16, 12, bytes([0, 1, 6, 1, 1, 16, 4, 1, 12, 20, 1, 16])),
          "AEAD_AES_256_GCM": (32, 12, bytes([0, 1, 6, 1, 1, 32, 4, 1, 12, 20, 1, 16]))}


def _xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def session(key, salt, base=0):
    """Derives cipher key and salt. base 0: SRTP, 3: SRTCP."""
    def derive(label, n):
        x = _xor(salt + bytes(2), bytes(7) + bytes([label]) + bytes(6))
        e = Cipher(algorithms.AES(key), modes.CTR(x + bytes(2))).encryptor()
        return e.update(bytes(n)) + e.finalize()
    return derive(base, len(key)), derive(base + 2, 12)


def _open(key, iv, data, aad):
    """Opens an SRTP packet; None if the tag is wrong."""
    try:
        return AESGCM(key).decrypt(iv, data, aad)
    except InvalidTag:
        return None


def rtp(packet, header_len, key, salt, roc=0):
    cipher, csalt = session(key, salt)
    iv = _xor(csalt, bytes(2) + packet[8:12] + struct.pack(">I", roc) + packet[2:4])
    clear = _open(cipher, iv, packet[header_len:-6], packet[:header_len])
    return None if clear is None else packet[:header_len] + clear


def rtcp(packet, key, salt):
    """Returns the RTCP packet and its index."""
    cipher, csalt = session(key, salt, 3)
    word, = struct.unpack(">I", packet[-10:-6])
    if not word & 0x80000000:
        return None
    iv = _xor(csalt, bytes(2) + packet[4:8] + bytes(2) + struct.pack(">I", word & 0x7FFFFFFF))
    clear = _open(cipher, iv, packet[8:-10], packet[:8] + packet[-10:-6])
    return None if clear is None else (packet[:8] + clear, word)
