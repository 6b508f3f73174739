#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Zn as REST: clients bootstrap at pttkey-bsf and join at pttkeyd; the BSF goes away and comes back."""
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import outside_invite  # noqa: E402
from lab import until  # noqa: E402
from zn_lab import ZnLab, joined  # noqa: E402

PATH = "/nbsp-gba/v1/bootstrapping-info-retrieval"
UA_MBMS = "0100000001"


def post(body, path=PATH, method="POST", content_type="application/json"):
    """What pttkey-bsf says to a request of another NAF."""
    link = http.client.HTTPConnection("127.0.0.1", 8081, timeout=5)
    link.request(method, path, body if isinstance(body, (bytes, str)) else json.dumps(body),
                 {"Content-Type": content_type})
    answer = link.getresponse()
    text = answer.read()
    link.close()
    return answer.status, answer.getheader("Content-Type"), json.loads(text) if text else None


def question(btid, naf="pf1.poc.example.org", **more):
    return dict({"btId": btid, "nafId": {"nafFqdn": naf, "uaSecProtId": UA_MBMS}}, **more)


def check_join(lab):
    anna, bert = joined(lab.ue("anna")), joined(lab.ue("bert"))
    lab.online("expel", "sip:alpha@poc.example.org", "sip:bert@poc.example.org")
    bert.wait("expelled")
    anna.wait("rekeyed")
    assert "zn-answered" in lab.bsf_log()
    return anna


def check_gba_u(lab):
    """Ks_int_NAF as MUK, Ks_ext_NAF as MRK, by the subscriber's record; another NAF computes nothing but asks."""
    user = lab.add_user("ursula", "--gba-u")
    ue = lab.ue("ursula", "--gba-u") if "--gba-u" in ue_help(lab) else None
    if ue:
        joined(ue).stop()
    return user


def ue_help(lab):
    return subprocess.run([lab.program("pttkey-ue"), "--help"], capture_output=True, timeout=20).stdout.decode()


def check_interface(lab, anna):
    """The interface as any NAF sees it: keys as `pttkey gba derive` has them, and the errors of TS 29.309."""
    btid = anna.wait("bootstrapped")["btid"]
    status, kind, body = post(question(btid, gbaUAware=True, gsIds=[4]))
    assert (status, kind) == (200, "application/json"), (status, kind, body)
    assert body["impi"] == "anna@poc.example.org" and len(body["meKeyMaterial"]) == 64 and "uiccKeyMaterial" not in body
    assert body["ussList"][0]["uss"]["ueIds"] == [{"ueId": "sip:anna@poc.example.org"}]
    assert body["keyExpiryTime"].endswith("Z")
    other = post(question(btid, "pf2.poc.example.org"))[2]["meKeyMaterial"]
    assert other != body["meKeyMaterial"], "a key is bound to its NAF"
    assert post(question("nobody@bsf.poc.example.org"))[0] == 404
    for bad in ("{", "[]", "null", "", "{}", {"btId": btid}, question(btid, "pf 1"), question(7),
                dict(question(btid), nafId={"nafFqdn": "a", "uaSecProtId": "01"}), question(btid, gbaUAware="yes")):
        status, kind, body = post(bad)
        assert (status, kind) == (400, "application/problem+json") and body["cause"], (bad, status, body)
    assert post('{"btId":"a","btId":"b"}')[0] == 400
    assert post("[" * 10000)[0] == 400
    assert post("x" * 100000)[0] == 413
    assert post(question(btid), path="/else")[2]["cause"] == "RESOURCE_URI_STRUCTURE_NOT_FOUND"
    assert post(question(btid), method="PUT")[0] == 405
    assert post(question(btid), content_type="text/plain")[0] == 415


def check_outage(lab, anna):
    """BSF killed in the middle and back: the session goes on, joins get 503 at once, later ones work."""
    carl = lab.ue("carl")
    carl.wait("bootstrapped")
    joined(carl)
    dora = lab.add_user("dora")
    lab.stop_bsf(signal.SIGKILL)
    before = lab.server_log().count("zn-lookup-failed")
    status = invite_with_unknown_btid(lab)
    assert status.startswith("SIP/2.0 503"), status
    assert lab.server_log().count("zn-lookup-failed") > before
    at = anna.count()
    lab.online("rekey", "sip:alpha@poc.example.org")
    anna.wait("rekeyed", start=at)
    lab.start_bsf()
    ue = lab.ue("dora")
    joined(ue)
    return ue


def invite_with_unknown_btid(lab):
    """Answer to an INVITE whose B-TID the PF has to ask for; and how long it took is bounded."""
    begun = time.monotonic()
    status, headers = outside_invite.invite("somebody@bsf.poc.example.org")
    assert time.monotonic() - begun < 6, "the wait is bounded"
    if status.startswith("SIP/2.0 503"):
        assert "retry-after" in headers, headers
    return status


def check_unknown(lab):
    assert invite_with_unknown_btid(lab).startswith("SIP/2.0 401")
    assert "zn-refused" in lab.bsf_log()


def check_silence(lab):
    """A BSF that takes the question and says nothing: 503 when timeout_ms is over, and SIP goes on meanwhile."""
    lab.bsf.popen.send_signal(signal.SIGSTOP)
    result = []
    thread = threading.Thread(target=lambda: result.append(invite_with_unknown_btid(lab)))
    begun = time.monotonic()
    thread.start()
    slowest = 0.0
    while thread.is_alive() and time.monotonic() - begun < 10:
        asked = time.monotonic()
        assert outside_invite.options().startswith("SIP/2.0 200")
        slowest = max(slowest, time.monotonic() - asked)
    thread.join(1)
    lab.bsf.popen.send_signal(signal.SIGCONT)
    assert result and result[0].startswith("SIP/2.0 503"), result
    assert 1.0 < time.monotonic() - begun < 6, "the time-out is that of the configuration"
    assert slowest < 0.4, "SIP waited %.3f s while Zn was silent" % slowest


def check_expiry(lab):
    """A B-TID whose life is over is refused with 401, and the client bootstraps once more."""
    lab.stop_bsf()
    with open(lab.path("bsf.conf")) as f:
        text = f.read()
    with open(lab.path("bsf.conf"), "w") as f:
        f.write(text.replace("lifetime_s = 86400", "lifetime_s = 2"))
    lab.start_bsf()
    lab.add_user("emil")
    emil = lab.ue("emil")
    btid = joined(emil).wait("bootstrapped")["btid"]
    assert post(question(btid))[0] == 200
    until("the B-TID to expire", lambda: post(question(btid))[0] == 404, 10)
    status, headers = outside_invite.invite(btid)
    assert status.startswith("SIP/2.0 401") and "stale=true" not in headers["www-authenticate"], (status, headers)


def check_restart(lab, anna):
    """The PF restarts while the BSF is away: who is in session stays in it."""
    lab.stop_bsf(signal.SIGKILL)
    lab.server.stop(signal.SIGKILL)
    lab.start_server()
    at = anna.count()
    lab.online("rekey", "sip:alpha@poc.example.org")
    anna.wait("rekeyed", start=at)
    lab.start_bsf()


def check_stop(lab):
    """The server ends well also while it waits for a BSF that is silent."""
    lab.bsf.popen.send_signal(signal.SIGSTOP)
    threading.Thread(target=outside_invite.quietly, args=("lab-probe@bsf.poc.example.org",), daemon=True).start()
    time.sleep(0.3)  # the INVITE is on its way to the PF, or there: either is fine
    assert lab.server.stop() == 0, "the server ends well"
    lab.bsf.popen.send_signal(signal.SIGCONT)


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
        check_outage(lab, anna)
        check_restart(lab, anna)
        check_expiry(lab)
        check_stop(lab)
        assert lab.bsf.stop() == 0, "the BSF ends well"
    print("1 passed, 0 failed")


main()
