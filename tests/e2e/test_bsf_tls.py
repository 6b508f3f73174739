#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""pttkey-bsf seen by an outsider: Ub and Zn over TLS, subscribers from a CSV file, TMPI, GBA_U, a
kill.

The client here shares no code with the product, and derives every key that Zn gives.
"""
import http.client
import json
import os
import secrets
import signal
import ssl
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import outside_invite  # noqa: E402
import outside_keys as keys  # noqa: E402
from outside_ub import Ub  # noqa: E402
from zn_lab import ZnLab, make_cert  # noqa: E402

NAME, NAF = "bsf.poc.example.org", "pf1.poc.example.org"
NAF_REST = 'source = "rest"; url = "https://localhost:8081"; ca = "zn.pem"'


def tls(lab, name):
    return ssl.create_default_context(cafile=lab.path(name + ".pem"))


class TlsUb(Ub):
    def __init__(self, lab, *args):
        super().__init__(*args)
        self.context = tls(lab, "ub")

    def get(self, authorization):
        link = http.client.HTTPSConnection("localhost", 8080, timeout=10, context=self.context)
        link.request("GET", "/", headers={"Authorization": authorization} if authorization else {})
        answer = link.getresponse()
        body = answer.read()
        link.close()
        return answer, body


def retrieve(lab, btid, aware):
    link = http.client.HTTPSConnection("localhost", 8081, timeout=10, context=tls(lab, "zn"))
    link.request("POST", "/nbsp-gba/v1/bootstrapping-info-retrieval", json.dumps(
        {"btId": btid, "nafId": {"nafFqdn": NAF, "uaSecProtId": "0100000001"}, "gbaUAware": aware}),
        {"Content-Type": "application/json"})
    answer = link.getresponse()
    body = json.loads(answer.read())
    link.close()
    return answer.status, body


def naf_key(kind, ck, ik, rand, impi, fqdn, ua=keys.MBMS_UA):
    return keys.kdf(ck + ik, 1, kind, rand, impi.encode(), fqdn.encode() + ua)


def tmpi_of(ck, ik, rand, impi):
    """Computes the TMPI (TS 33.220 B.4)."""
    return keys.b64(naf_key(b"gba-me", ck, ik, rand, impi, NAME,
                            bytes.fromhex("0100000100"))[:24]) + "@tmpi.bsf.3gppnetwork.org"


def check_keys(lab, impi, usim, gba_u):
    status, btid, _, rand, ck, ik = TlsUb(lab, impi, usim).run()
    assert status == 200
    status, body = retrieve(lab, btid, True)
    assert status == 200 and body["impi"] == impi
    assert body["meKeyMaterial"] == naf_key(b"gba-me", ck, ik, rand, impi, NAF).hex()
    assert body.get("uiccKeyMaterial") == (naf_key(b"gba-u", ck, ik, rand, impi, NAF).hex() if gba_u
                                           else None)
    assert "uiccKeyMaterial" not in retrieve(lab, btid,
                                             False)[
        1], "a NAF that is not aware gets no key of the UICC"
    return btid, tmpi_of(ck, ik, rand, impi)


def check_tmpi(lab, tmpi, usim):
    ub = TlsUb(lab, tmpi, usim)
    status, btid, _, rand, ck, ik = ub.run()
    assert status == 200, "TMPI as user name: %d" % status
    status, body = retrieve(lab, btid, False)
    assert body["impi"] == "carl@poc.example.org"
    assert body["meKeyMaterial"] == naf_key(b"gba-me", ck, ik, rand, "carl@poc.example.org",
                                            NAF).hex()
    assert TlsUb(lab, "x" + tmpi[1:], usim).run()[0] == 403


def check_sip(lab, impi, usim):
    """The PF asks over TLS and accepts a digest with the client's own MRK."""
    status, btid, _, rand, ck, ik = TlsUb(lab, impi, usim).run()
    mrk = keys.kdf(naf_key(b"gba-me", ck, ik, rand, impi, NAF), 1, b"mbms-mrk")
    status, _ = outside_invite.invite(btid, keys.b64(mrk))
    assert not status.startswith(("SIP/2.0 401", "SIP/2.0 503")), status
    status, _ = outside_invite.invite(btid, "wrong")
    assert status.startswith("SIP/2.0 401"), status
    assert retrieve(lab, btid, False)[0] == 200


def main():
    with ZnLab(naf=NAF_REST, bsf='cert = "ub.pem"; key = "ub.key"',
               more='subscribers = "subs.csv";',
               zn='listen = "127.0.0.1:8081"; cert = "zn.pem"; key = "zn.key";') as lab:
        for name in ("ub", "zn"):
            make_cert(lab, name, "-addext", "subjectAltName=DNS:localhost")
        k, opc = secrets.token_bytes(16), secrets.token_bytes(16)
        usim = keys.Usim(k, opc)
        with open(lab.path("subs.csv"), "w") as f:
            f.write("impi,impu,k,opc\ncarl@poc.example.org,sip:carl@poc.example.org,%s,%s\n"
                    % (k.hex(), opc.hex()))
        ready = lab.start_bsf()
        assert ready["ub"].startswith("https://") and ready["zn"].startswith("https://"), ready
        btid, tmpi = check_keys(lab, "carl@poc.example.org", usim, False)
        check_tmpi(lab, tmpi, usim)
        user = lab.add_user("ursula", "--gba-u")  # while the BSF runs
        check_keys(lab, user["impi"], keys.Usim(bytes.fromhex(user["k"]),
                                                bytes.fromhex(user["opc"])), True)
        lab.stop_bsf(signal.SIGKILL)
        lab.start_bsf()
        ub = TlsUb(lab, "carl@poc.example.org", usim)
        assert ub.run()[0] == 200 and ub.synchronised == 0, "no SQN comes twice, also after kill -9"
        assert retrieve(lab, btid, False)[0] in (200, 404)
        usim.sqn += 1 << 20
        ub = TlsUb(lab, "carl@poc.example.org", usim)
        assert ub.run()[0] == 200 and ub.synchronised == 1, "resynchronised once"
        lab.start_server()
        check_sip(lab, "carl@poc.example.org", usim)
        assert lab.server.stop() == 0 and lab.bsf.stop() == 0
    print("1 passed, 0 failed")


main()
