#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Zn as REST: clients bootstrap at pttkey-bsf and join at pttkeyd; the BSF goes away and comes
back."""
import http.client
import json
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from zn_lab import ZnLab, joined  # noqa: E402
from zn_plays import (check_expiry, check_join, check_outage, check_rekey,  # noqa: E402
                      check_silence, check_stop, invite)

PATH = "/nbsp-gba/v1/bootstrapping-info-retrieval"
UA_MBMS = "0100000001"


def post(body, path=PATH, method="POST", content_type="application/json"):
    """Returns the response of pttkey-bsf to another NAF's request."""
    link = http.client.HTTPConnection("127.0.0.1", 8081, timeout=5)
    link.request(method, path, body if isinstance(body, (bytes, str)) else json.dumps(body),
                 {"Content-Type": content_type})
    answer = link.getresponse()
    text = answer.read()
    link.close()
    return answer.status, answer.getheader("Content-Type"), json.loads(text) if text else None


def question(btid, naf="pf1.poc.example.org", **more):
    return dict({"btId": btid, "nafId": {"nafFqdn": naf, "uaSecProtId": UA_MBMS}}, **more)


def check_gba_u(lab):
    """By the subscriber's record the MUK is Ks_int_NAF and the MRK is Ks_ext_NAF. Another NAF asks
    for both and computes none."""
    user = lab.add_user("ursula", "--gba-u")
    ue = lab.ue("ursula", "--gba-u") if "--gba-u" in ue_help(lab) else None
    if ue:
        joined(ue).stop()
    return user


def ue_help(lab):
    return subprocess.run([lab.program("pttkey-ue"), "--help"], capture_output=True,
                          timeout=20).stdout.decode()


def check_interface(lab, anna):
    """The interface as any NAF sees it: the keys equal those of `pttkey gba derive`, and errors
    follow TS 29.309."""
    btid = anna.wait("bootstrapped")["btid"]
    status, kind, body = post(question(btid, gbaUAware=True, gsIds=[4]))
    assert (status, kind) == (200, "application/json"), (status, kind, body)
    assert body["impi"] == "anna@poc.example.org" and len(
        body["meKeyMaterial"]) == 64 and "uiccKeyMaterial" not in body
    assert body["ussList"][0]["uss"]["ueIds"] == [{"ueId": "sip:anna@poc.example.org"}]
    assert body["keyExpiryTime"].endswith("Z")
    other = post(question(btid, "pf2.poc.example.org"))[2]["meKeyMaterial"]
    assert other != body["meKeyMaterial"], "a key is bound to its NAF"
    assert post(question("nobody@bsf.poc.example.org"))[0] == 404
    for bad in ("{", "[]", "null", "", "{}", {"btId": btid}, question(btid, "pf 1"), question(7),
                dict(question(btid), nafId={"nafFqdn": "a", "uaSecProtId": "01"}),
                question(btid, gbaUAware="yes")):
        status, kind, body = post(bad)
        assert (status, kind) == (400, "application/problem+json") and body["cause"], (bad, status,
                                                                                       body)
    assert post('{"btId":"a","btId":"b"}')[0] == 400
    assert post("[" * 10000)[0] == 400
    assert post("x" * 100000)[0] == 413
    assert post(question(btid), path="/else")[2]["cause"] == "RESOURCE_URI_STRUCTURE_NOT_FOUND"
    assert post(question(btid), method="PUT")[0] == 405
    assert post(question(btid), content_type="text/plain")[0] == 415


def check_unknown(lab):
    assert invite() == "401"
    assert "zn-refused" in lab.bsf_log()


def check_restart(lab, anna):
    """The PF restarts while the BSF is down: members stay in session."""
    lab.stop_bsf(signal.SIGKILL)
    lab.server.stop(signal.SIGKILL)
    lab.start_server()
    check_rekey(lab, anna)
    lab.start_bsf()


def main():
    with ZnLab() as lab:
        lab.add_user("anna")
        lab.start_bsf()
        lab.start_server()
        anna = check_join(lab)
        check_gba_u(lab)
        check_interface(lab, anna)
        check_unknown(lab)
        check_silence(lab)
        joined(lab.ue("carl"))
        check_outage(lab, anna, lambda: None)
        check_restart(lab, anna)
        btid = check_expiry(lab, lambda: None)
        assert post(question(btid))[0] == 404
        check_stop(lab, 8081)
        assert lab.bsf.stop() == 0, "the BSF ends well"
    print("1 passed, 0 failed")


main()
