#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""MILENAGE and the Ub nonce against osmo-auc-gen of libosmocore-utils, which shares no code with
us."""
import json
import os
import random
import re
import shutil
import subprocess
import sys

COUNT = 40


def osmo(k, op_option, op, rand, sqn, amf):
    run = subprocess.run(["osmo-auc-gen", "-3", "-a", "MILENAGE", "-k", k, op_option, op, "-r",
                          rand, "-s", str(sqn), "-f", amf], capture_output=True, text=True,
                         timeout=20, check=True)
    return dict(re.findall(r"^([\w ]+):\s+(\S+)$", run.stdout, re.M))


def ours(tool, k, op_option, op, rand, sqn, amf):
    run = subprocess.run([tool, "gba", "derive", "--k", k, op_option, op, "--rand", rand, "--sqn",
                          "%012x" % sqn, "--amf", amf, "--impi", "a@example.org", "--naf",
                          "pf.example.org", "--bsf", "bsf", "--json"], capture_output=True,
                         text=True, timeout=20, check=True)
    return json.loads(run.stdout)


def main():
    if not shutil.which("osmo-auc-gen"):
        sys.exit(77)
    tool = os.path.join(os.environ["builddir"], "pttkey")
    dice = random.Random(35206)
    for i in range(COUNT):
        k, op, rand = ("%032x" % dice.getrandbits(128) for _ in range(3))
        sqn, amf = dice.getrandbits(48) & ~31 | 1 << 40, "%04x" % (dice.getrandbits(16) | 0x8000)
        short, long = ("-o", "--opc") if i % 2 else ("-O", "--op")
        theirs, got = osmo(k, short, op, rand, sqn, amf), ours(tool, k, long, op, rand, int(sqn),
                                                               amf)
        if int(theirs["SQN"]) != sqn:  # osmo-auc-gen increments SQN before it answers
            got = ours(tool, k, long, op, rand, int(theirs["SQN"]), amf)
        for name, theirs_name in (("res", "RES"), ("ck", "CK"), ("ik", "IK"), ("autn", "AUTN")):
            assert got[name] == theirs[theirs_name], (i, name, got, theirs)
        assert got["btid"].endswith("@bsf")
    print("%d passed, 0 failed" % 1)


main()
