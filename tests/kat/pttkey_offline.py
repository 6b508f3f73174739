#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""pttkey's offline commands in every spelling: known answers, refusals with exit status 1, usage
with 2."""
import base64
import json
import os
import subprocess
import sys

SRC = os.environ.get("srcdir", ".")
TOOL = os.environ.get("PTTKEY", os.path.join(os.environ.get("builddir", "."), "pttkey"))
failures = checks = 0


def run(*args, stdin=b""):
    done = subprocess.run([TOOL, *args], input=stdin, capture_output=True, timeout=20, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def check(what, good):
    global failures, checks
    checks += 1
    if not good:
        failures += 1
        print("FAIL:", what)


def blocks(name):
    block = {}
    with open(os.path.join(SRC, "tests/kat", name), encoding="utf-8") as lines:
        for line in lines:
            if " = " in line and not line.startswith("#"):
                key, value = line.rstrip("\n").split(" = ", 1)
                block[key] = value
            elif block:
                yield block
                block = {}
    if block:
        yield block


def refused(what, status, *args, stdin=b""):
    code, _, err = run(*args, stdin=stdin)
    check(f"{what}: exit {code}, not {status}", code == status
          and err.startswith(("pttkey", "usage")))


def gba(c):
    args = ["gba", "derive", "--k", c["k"], "--rand", c["rand"], "--sqn", c["sqn"], "--amf",
            c["amf"], "--impi", c["impi"], "--naf", c["naf_fqdn"]]
    for extra in (["--op", c["op"]], ["--opc=" + c["opc"]],
                  ["--op", c["op"], "--ua", "0100000001"]):
        code, out, _ = run(*args, *extra, "--bsf", "bsf.poc.example.org", "--json")
        got = json.loads(out)
        names = ["res", "ck", "ik", "ak", "autn", "btid", "ks_naf", "ks_int_naf", "mrk",
                 "mrk_password"]
        check("gba derive " + extra[0], code == 0 and got == {n: c[n] for n in names})
    code, out, _ = run(*args, "--opc", c["opc"], "--ua", "0100000002", "--json")
    got = json.loads(out)
    check("gba derive --ua", code == 0 and got["ks_naf"] != c["ks_naf"] and got["btid"] is None)
    refused("gba: op and opc", 2, *args, "--op", c["op"], "--opc", c["opc"])
    refused("gba: neither", 2, *args)
    refused("gba: short k", 2, *args, "--op", c["op"][2:])
    refused("gba: twice", 2, *args, "--op", c["op"], "--op", c["op"])
    refused("gba: unknown", 2, *args, "--op", c["op"], "--nosuch", "1")


def open_messages(c):
    rand = ["--rand", c["mikey_rand"]]
    msk = {"mac_ok": True, "msk": c["msk"], "seql": int(c["seql"]), "sequ": int(c["sequ"])}
    mtk = {"mac_ok": True, "mtk": c["mtk"], "salt": c["mtk_salt"]}
    for name in ("msk_message", "msk_message_v", "msk_message_empty_map", "msk_message_sdp_ids"):
        b64 = base64.b64encode(bytes.fromhex(c[name])).decode()
        for arg, stdin in ((c[name], b""), (b64, b""), ("-", c[name].encode() + b"\n"),
                           ("-", b64.encode())):
            for extra in ([], rand):
                code, out, _ = run("mikey", "open", "--psk", c["ks_naf"], *extra, "--json", arg,
                                   stdin=stdin)
                check("open " + name, code == 0 and json.loads(out) == msk)
        code, out, _ = run("mikey", "open", "--psk", c["mrk"], "--json", c[name])
        check("open with another key", code == 1 and json.loads(out)["mac_ok"] is False)
    code, out, _ = run("mikey", "open", "--psk", c["msk"], *rand, "--json", c["mtk_message"])
    check("open mtk", code == 0 and json.loads(out) == mtk)
    code, out, _ = run("mikey", "open", "--psk", c["ks_naf"], *rand, "--json", c["mtk_message"])
    check("open mtk with a MUK", code == 1 and json.loads(out)["mac_ok"] is False)
    refused("open mtk without RAND", 2, "mikey", "open", "--psk", c["msk"], c["mtk_message"])
    refused("open without psk", 2, "mikey", "open", c["mtk_message"])
    refused("open a verification", 1, "mikey", "open", "--psk", c["ks_naf"],
            c["verification_message"])


def seal(c):
    common = ["--csb", c["csb_id"], "--rand", c["mikey_rand"], "--key-domain", c["key_domain_id"],
              "--msk-id", c["msk_id"]]
    for name, more, options in (("msk_message", 0, []), ("msk_message_v", 1, ["--verify"]),
                                ("msk_message_empty_map", 2, ["--empty-map"]),
                                ("msk_message_sdp_ids", 3, ["--sdp-ids"])):
        args = ["mikey", "seal-msk", "--psk", c["ks_naf"], *common, "--counter",
                str(int(c["counter"]) + more), "--msk", c["msk"], "--seql", c["seql"], "--sequ",
                c["sequ"], "--idi", c["naf_fqdn"], "--idr", c["btid"], *options]
        code, out, _ = run(*args, "--json")
        want = {"hex": c[name], "base64": base64.b64encode(bytes.fromhex(c[name])).decode()}
        check("seal " + name, code == 0 and json.loads(out) == want)
        check("seal, text", run(*args)[1].strip() == want["base64"])
    args = ["mikey", "seal-mtk", "--psk", c["msk"], *common, "--mtk-id", c["mtk_id"], "--counter",
            c["counter"], "--mtk", c["mtk"]]
    code, out, _ = run(*args, "--salt", c["mtk_salt"], "--json")
    check("seal mtk", code == 0 and json.loads(out)["hex"] == c["mtk_message"])
    refused("seal mtk: short salt", 2, *args, "--salt", c["mtk_salt"][4:] + "zz")
    refused("seal mtk: no suite has it", 2, *args, "--salt", c["mtk_salt"][2:])
    refused("seal mtk: missing", 2, *args)
    refused("seal mtk: number", 2, *args, "--salt", c["mtk_salt"], "--counter", "-1")


def decode(c):
    code, out, _ = run("mikey", "decode", "--json", c["msk_message_sdp_ids"])
    got = json.loads(out)
    check("decode order", [p["payload"] for p in got["payloads"]]
          == ["EXT", "EXT", "T", "RAND", "ID", "ID", "SP", "KEMAC"] and code == 0)
    check("decode ids", (got["csb_id"], got["key_domain"], got["msk_id"], got["counter"])
          == (c["csb_id"], c["key_domain_id"], c["msk_id"], int(c["counter"]) + 3))
    check("decode ID", [p["value"] for p in got["payloads"]
                        if p["payload"] == "ID"] == [c["naf_fqdn"], c["btid"]])
    got = json.loads(run("mikey", "decode", c["mtk_message"], "--json")[1])
    check("decode mtk id", got["mtk_id"] == int(c["mtk_id"]))
    corpus = os.path.join(SRC, "tests/fuzz/corpus/mikey")
    for name in sorted(os.listdir(corpus)):
        with open(os.path.join(corpus, name), "rb") as file:
            code, out, _ = run("mikey", "decode", "-", stdin=base64.b64encode(file.read()))
        check("decode " + name, code == 0 and "csb_id" in out)


def cut_and_changed(message):
    for at in range(len(message)):
        code = run("mikey", "decode", "--json", "-", stdin=message[:at].hex().encode())[0]
        check(f"cut at {at}: exit {code}", code == 1)
        changed = message[:at] + bytes([message[at] ^ 0xff]) + message[at + 1:]
        code, out, _ = run("mikey", "decode", "--json", "-", stdin=base64.b64encode(changed))
        check(f"changed at {at}: exit {code}", code == 1 or (code == 0 and json.loads(out)))


def bad_input():
    for arg in ("", "zz", "A", "AQ", "AQ=", "====", "00", "0", "01" * 60000, "\xff", "AQAF gM0X"):
        refused("decode " + arg[:9], 1, "mikey", "decode", arg)
    refused("empty stdin", 1, "mikey", "decode", "-")
    refused("binary stdin", 1, "mikey", "decode", "-", stdin=bytes(range(256)))
    refused("huge stdin", 1, "mikey", "decode", "-", stdin=b"00" * 100000)
    for args in ((), ("nosuch",), ("decode",), ("decode", "00", "00"), ("decode", "--json=1", "00"),
                 ("open", "--psk", "00", "00"), ("open", "--psk")):
        refused("mikey " + " ".join(args), 2, "mikey", *args)
    refused("gba", 2, "gba")
    for args in (("mikey", "--help"), ("mikey", "open", "--help"), ("gba", "derive", "--help")):
        code, out, _ = run(*args)
        check("help", code == 0 and out.startswith("usage:"))


for chain in blocks("mbms.txt"):
    gba(chain)
    open_messages(chain)
    seal(chain)
    decode(chain)
example = base64.b64decode(next(blocks("rfc4567.txt"))["base64"])
cut_and_changed(example)
bad_input()
print(f"{checks} checks, {failures} failures")
sys.exit(failures != 0)
