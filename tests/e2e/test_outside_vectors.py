#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The outside client's crypto against known answers, then the offline commands of `pttkey` against
both."""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import outside_keys as keys  # noqa: E402
import outside_mikey as mikey  # noqa: E402

TEXT = ("impi", "btid", "naf_fqdn", "mrk_password")
DECIMAL = ("counter", "seql", "sequ", "mtk_id")
TOOL = os.path.join(os.environ["builddir"], "pttkey")
done = 0


def same(what, got, want):
    global done
    if got != want:
        raise SystemExit("FAIL %s\n  got  %r\n  want %r" % (what, got, want))
    done += 1


def records():
    """Reads {section: [dict]}; a repeated name starts the next record."""
    out, section, current = {}, None, None
    for line in open(os.path.join(HERE, "vectors_outside.txt")):
        line = line.strip()
        if line.startswith("["):
            section, current = line[1:line.index("]")], None
        elif line.startswith("#") or " = " not in line:
            current = None if line.startswith("#") and section != "mbms" else current
        else:
            name, value = line.split(" = ", 1)
            if current is None or name in current:
                current = {}
                out.setdefault(section, []).append(current)
            current[name] = (value if name in TEXT else int(value) if name in DECIMAL
                             else bytes.fromhex(value))
    return out


def run(*args, stdin=None, rc=0):
    r = subprocess.run([TOOL, *args], input=stdin, capture_output=True, text=True, timeout=30)
    if r.returncode != rc:
        raise SystemExit("FAIL pttkey %s: exit %d, not %s: %s%s"
                         % (" ".join(args), r.returncode, rc, r.stdout, r.stderr))
    return r


def tool(*args, stdin=None, rc=0):
    r = run(*args, stdin=stdin, rc=rc)
    try:
        return json.loads(r.stdout)
    except ValueError:
        raise SystemExit("FAIL pttkey %s: no JSON: %r %r" % (" ".join(args), r.stdout, r.stderr))


def own_crypto(v):
    for m in v["milenage"]:
        same("opc", keys.opc_of(m["k"], m["op"]), m["opc"])
        got = keys.milenage(m["k"], m["opc"], m["rand"], m["sqn"], m["amf"])
        for name, value in got.items():
            if name in m:
                same(name, value, m[name])
        if "autn" in m:
            same("autn", keys.autn_of(m["k"], m["opc"], m["rand"], m["sqn"], m["amf"]), m["autn"])
            usim = keys.Usim(m["k"], m["opc"])
            same("usim", usim.challenge(m["rand"], m["autn"]), (got["f2"], got["f3"], got["f4"]))
            same("usim sqn", usim.sqn, int.from_bytes(m["sqn"], "big"))
        if "auts" in m:
            same("auts", keys.Usim(m["k"], m["opc"], int.from_bytes(m["sqn"],
                                                                    "big")).auts(m["rand"]),
                 m["auts"])
    for m in v["kdf"]:
        same("kdf", keys.kdf(m["ck"] + m["ik"], 0x20, m["p0"], m["p1"]), m["out"])
    for m in v["mikey_prf"]:
        same("prf", mikey.mikey_prf(m["inkey"], m["label"], len(m["out"])), m["out"])
    stream, derived, whole = v["srtp"][:3]
    same("aes-cm", keys.aes_ctr(stream["key"], stream["iv"], bytes(48)), stream["keystream"])
    same("srtp keys", keys.srtp_session(derived["master_key"], derived["master_salt"]),
         (derived["cipher_key"], derived["auth_key"][:20], derived["cipher_salt"]))
    sealed = keys.srtp_seal(whole["rtp"], whole["master_key"], whole["master_salt"], whole["mki"])
    same("srtp tail", sealed[-16:], whole["srtp_tail"])
    same("srtp open", keys.srtp_open(sealed, whole["master_key"], whole["master_salt"]),
         whole["rtp"])


def seal_args(m):
    return (m["ks_naf"], m["csb_id"], m["mikey_rand"], m["key_domain_id"], m["msk_id"])


FORMS = (("", 0, {}), ("_v", 1, {"verify": True}), ("_empty_map", 2, {"empty_map": True}),
         ("_sdp_ids", 3, {"sdp_ids": True}))


def own_mikey(m):
    ks_naf, ks_int, mrk = keys.gba_keys(m["ck"], m["ik"], m["rand"], m["impi"], m["naf_fqdn"])
    same("ks", (ks_naf, ks_int, mrk), (m["ks_naf"], m["ks_int_naf"], m["mrk"]))
    for suffix, add, form in FORMS:
        sealed = mikey.seal_msk(*seal_args(m), m["counter"] + add, m["msk"], m["seql"], m["sequ"],
                                m["naf_fqdn"], m["btid"], **form)
        same("seal" + suffix, sealed, m["msk_message" + suffix])
        opened = mikey.Mikey(sealed).open(ks_naf)
        same("open", (opened["key"], opened["vf"], opened["vt"]),
             (m["msk"], m["seql"].to_bytes(2, "big"), m["sequ"].to_bytes(2, "big")))
    v = mikey.Mikey(m["verification_message"])
    same("V", mikey.verification_mac(v, ks_naf, m["mikey_rand"], m["naf_fqdn"], m["btid"]),
         v.one(mikey.V)["mac"])
    sealed = mikey.seal_mtk(m["msk"], m["csb_id"], m["mikey_rand"], m["key_domain_id"], m["msk_id"],
                            m["mtk_id"], m["counter"], m["mtk"], m["mtk_salt"])
    same("seal mtk", sealed, m["mtk_message"])
    opened = mikey.Mikey(sealed).open(m["msk"], m["mikey_rand"])
    same("open mtk", (opened["key"], opened["salt"]), (m["mtk"], m["mtk_salt"]))


def tool_gba(m):
    key = ("--op", m["op"].hex())
    for key in (("--op", m["op"].hex()), ("--opc", m["opc"].hex())):
        got = tool("gba", "derive", "--k", m["k"].hex(), *key, "--rand", m["rand"].hex(), "--sqn",
                   m["sqn"].hex(), "--amf", m["amf"].hex(), "--impi", m["impi"], "--naf",
                   m["naf_fqdn"], "--bsf", "bsf.poc.example.org", "--json")
        for name in ("res", "ck", "ik", "ak", "autn", "ks_naf", "ks_int_naf", "mrk"):
            same("gba derive " + name, got[name], m[name].hex())
        same("btid", got["btid"], m["btid"])
        same("mrk_password", got["mrk_password"], m["mrk_password"])
    other = tool("gba", "derive", "--k", m["k"].hex(), "--opc", m["opc"].hex(), "--rand",
                 m["rand"].hex(), "--sqn", m["sqn"].hex(), "--amf", m["amf"].hex(), "--impi",
                 m["impi"], "--naf", m["naf_fqdn"], "--ua", "0100000002", "--json")
    want = keys.gba_keys(m["ck"], m["ik"], m["rand"], m["impi"], m["naf_fqdn"],
                         bytes.fromhex("0100000002"))
    same("--ua", other["ks_naf"], want[0].hex())


def tool_mikey(m):
    flags = {"verify": "--verify", "empty_map": "--empty-map", "sdp_ids": "--sdp-ids"}
    common = ["--csb", m["csb_id"].hex(), "--rand", m["mikey_rand"].hex(), "--key-domain",
              m["key_domain_id"].hex(), "--msk-id", m["msk_id"].hex()]
    for suffix, add, form in FORMS:
        want = m["msk_message" + suffix]
        got = tool("mikey", "seal-msk", "--psk", m["ks_naf"].hex(), *common, "--counter",
                   str(m["counter"] + add), "--msk", m["msk"].hex(), "--seql", str(m["seql"]),
                   "--sequ", str(m["sequ"]), "--idi", m["naf_fqdn"], "--idr", m["btid"],
                   *(flags[f] for f in form), "--json")
        same("tool seal" + suffix, got, {"hex": want.hex(), "base64": keys.b64(want)})
        for spelling, stdin in ((want.hex(), None), (keys.b64(want), None),
                                ("-", want.hex() + "\n"), ("-", keys.b64(want))):
            got = tool("mikey", "open", "--psk", m["ks_naf"].hex(), "--json", spelling, stdin=stdin)
            same("tool open", {k: got[k] for k in ("mac_ok", "msk", "seql", "sequ")},
                 {"mac_ok": True, "msk": m["msk"].hex(), "seql": m["seql"], "sequ": m["sequ"]})
        decoded = tool("mikey", "decode", "--json", keys.b64(want))
        text = json.dumps(decoded).lower()
        for part in (m["csb_id"].hex(), m["msk_id"].hex(), m["mikey_rand"].hex(), m["naf_fqdn"],
                     m["btid"].lower(), m["key_domain_id"].hex()):
            same("decode shows " + part, part in text, True)
        bad = bytearray(want)
        bad[-1] ^= 1
        got = tool("mikey", "open", "--psk", m["ks_naf"].hex(), "--json", bad.hex(), rc=1)
        same("bad MAC", got["mac_ok"], False)
    want = m["mtk_message"]
    got = tool("mikey", "seal-mtk", "--psk", m["msk"].hex(), *common, "--mtk-id", str(m["mtk_id"]),
               "--counter", str(m["counter"]), "--mtk", m["mtk"].hex(), "--salt",
               m["mtk_salt"].hex(), "--json")
    same("tool seal-mtk", got, {"hex": want.hex(), "base64": keys.b64(want)})
    got = tool("mikey", "open", "--psk", m["msk"].hex(), "--rand", m["mikey_rand"].hex(), "--json",
               want.hex())
    same("tool open mtk", {k: got[k] for k in ("mac_ok", "mtk", "salt")},
         {"mac_ok": True, "mtk": m["mtk"].hex(), "salt": m["mtk_salt"].hex()})
    tool("mikey", "decode", "--json", m["verification_message"].hex())


def tool_bad(m):
    """Messages cut and changed at every place: the tool refuses them, or decodes them if their
    structure is still valid; it never crashes."""
    for whole in (m["msk_message_sdp_ids"], m["mtk_message"], m["verification_message"]):
        for n in range(0, len(whole), 3):
            r = subprocess.run([TOOL, "mikey", "decode", "--json", whole[:n].hex()],
                               capture_output=True, timeout=10)
            same("cut at %d: exit %d" % (n, r.returncode),
                 r.returncode not in (0, None) and r.returncode > 0, True)
        for n in range(0, len(whole), 5):
            bad = bytearray(whole)
            bad[n] ^= 0xFF
            r = subprocess.run([TOOL, "mikey", "open", "--psk", m["ks_naf"].hex(), "--rand",
                                m["mikey_rand"].hex(), "--json", bad.hex()], capture_output=True,
                               timeout=10)
            same("changed at %d: exit %d" % (n, r.returncode), r.returncode in (1, 2), True)
    same("trailing byte", run("mikey", "decode", m["mtk_message"].hex() + "00", rc=1).returncode, 1)
    for odd in ("", "zz!", "-"):
        r = subprocess.run([TOOL, "mikey", "decode", "--json", odd], capture_output=True,
                           timeout=10, input=b"")
        same("odd argument %r" % odd, r.returncode > 0, True)


def null_algorithms():
    """NULL cipher and NULL MAC, as in RFC 4567's example: the tool decodes them and never opens
    them."""
    import struct
    head = struct.pack(">BBBB", 1, 0, mikey.T, 0) + b"\1\2\3\4" + b"\1\0" + bytes(9)
    head += struct.pack(">BBI", mikey.RAND, 2, 7) + struct.pack(">BB", mikey.KEMAC, 16) + bytes(16)
    clear = struct.pack(">BBH", 0, 0, 16) + bytes(16)
    message = head + struct.pack(">BBH", 0, 0, len(clear)) + clear + b"\0"
    tool("mikey", "decode", "--json", message.hex())
    got = tool("mikey", "open", "--psk", "00" * 32, "--json", message.hex(), rc=1)
    same("NULL is not opened", "msk" in got, False)


def main():
    v = records()
    same("cases", len(v["mbms"]), 3)
    own_crypto(v)
    for m in v["mbms"]:
        own_mikey(m)
    for m in v["mbms"]:
        tool_gba(m)
        tool_mikey(m)
    tool_bad(v["mbms"][0])
    null_algorithms()
    print("%d passed, 0 failed" % done)


main()
