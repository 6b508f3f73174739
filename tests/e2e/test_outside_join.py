#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bootstrapping and joining, by a client of another author."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import outside  # noqa: E402
import outside_keys as keys  # noqa: E402
from outside_sip import Sdp, uri_of  # noqa: E402
from outside_world import DOMAIN, GROUP, World, equal, run, true  # noqa: E402


def bootstraps():
    with World() as w:
        anna = w.client("anna")
        first = anna.btid
        true("B-TID is base64(RAND)@BSF", first.endswith("@bsf.poc.example.org"))
        equal("again", anna.bootstrap(), 200)
        true("another B-TID", anna.btid != first)
        sqn = anna.usim.sqn
        w.restart(15)
        equal("after a restart", anna.bootstrap(), 200)
        true("SQN rises over restarts", anna.usim.sqn > sqn and not anna.ub.synchronised)
        w.restart(9)
        equal("after a crash", anna.bootstrap(), 200)
        equal("no resynchronisation after a crash", anna.ub.synchronised, 0)


def resynchronises():
    with World() as w:
        anna = w.client("anna", bootstrap=False, sqn=(1 << 32) + 17)
        equal("status", anna.bootstrap(), 200)
        equal("one AUTS", anna.ub.synchronised, 1)
        equal("status", anna.bootstrap(), 200)
        equal("no more AUTS", anna.ub.synchronised, 0)
        anna.join()


def wrong_res():
    with World() as w:
        anna = w.client("anna", bootstrap=False)
        status = anna.bootstrap(res_change=lambda res: bytes(len(res)))
        true("wrong RES: %s" % status, status in (401, 403))
        equal("good RES afterwards", anna.bootstrap(), 200)
        stranger = {"impi": "nobody@" + DOMAIN, "impu": "sip:nobody@" + DOMAIN, "k": "00" * 16,
                    "opc": "11" * 16}
        c = w.client("nobody", bootstrap=False, user=stranger)
        try:
            status = c.bootstrap()
        except ValueError:                  # a decoy challenge: our USIM sees a wrong MAC
            status = 403
        true("unknown user: %s" % status, 400 <= status < 500)
        forged = w.client("forged", bootstrap=False, user=dict(w.lab.users["anna"], k="22" * 16))
        try:
            forged.bootstrap()
            raise AssertionError("a USIM with another K takes the challenge")
        except ValueError:
            pass
        # An AUTS that K did not make moves nothing.
        ub = outside.Ub(anna.impi, anna.usim)
        r, _ = ub.get(ub.authorization({}, ""))
        c = ub.challenge(r)
        r, _ = ub.get(ub.authorization(c, keys.digest_response(c, "GET", "/", anna.impi, b"",
                                                               qop="auth-int"), bytes(14)))
        true("forged AUTS: %d" % r.status, 400 <= r.status < 500)
        equal("still in step", anna.bootstrap(), 200)
        equal("without AUTS", anna.ub.synchronised, 0)


def joins():
    """Joins in all three ways over UDP, and over TCP, with both digests. All members hear all
    talkers, with the same keys."""
    with World() as w:
        ways = (("anna", "sdp", {}), ("ben", "offerless", {}), ("carl", "channel", {}),
                ("dora", "sdp", {"transport": "tcp"}), ("emil", "offerless", {"transport": "tcp"}),
                ("fred", "sdp", {"algorithm": "SHA-256"}), ("gina", "channel", {"qop": "auth-int"}),
                ("hugo", "offerless", {"algorithm": "SHA-256", "qop": "auth-int"}))
        clients = []
        for name, how, more in ways:
            c = w.client(name, **more)
            c.d = c.join(how)
            clients.append(c)
        m = clients[0].msk_messages[0]
        for c in clients:
            got = c.msk_messages[-1]
            equal("key id", (got.msk_id, got.key_domain, got.csb), (m.msk_id, m.key_domain, m.csb))
            equal("RAND", got.rand(), m.rand())
            equal("IDr", got.id_responder(), c.btid)
            equal("key", c.ring.msks[m.msk_id]["key"], clients[0].ring.msks[m.msk_id]["key"])
            equal("SEQu", c.ring.msks[m.msk_id]["sequ"], 65535)
            true("MTK", len(c.ring.mtks) >= 1)
        equal("SEQl of a new MSK", clients[0].ring.msks[m.msk_id]["seql"], 0)
        equal("first MTK id", list(clients[0].ring.mtks)[0][4:], b"\0\1")
        for talker in (clients[0], clients[1], clients[4]):
            talk = outside.Talker(talker.d, 1000)
            clients[2].wait("30 packets", lambda: len(clients[2].numbers()) >= 30)
            said = list(talk.stop())
            for c in clients:
                c.wait("all said heard", lambda c=c: c.numbers() == said)
                c.heard.clear()
            # release the floor, so that the next client may talk
            clients[2].wait("idle", lambda: clients[2].floor
                            and clients[2].floor[-1][1][0][0] & 31 == 5, 10)
        print("     biggest offer: %d bytes" % max(c.biggest for c in clients))
        true("offers fit", max(c.biggest for c in clients) <= 1300)


def refused():
    with World(members='[ "sip:anna@poc.example.org", "sip:ben@poc.example.org", '
                       '"sip:carl@poc.example.org" ]',
               group_more="max_members = 2;") as w:
        anna, ben, carl, dora = [w.client(n) for n in ("anna", "ben", "carl", "dora")]
        r = dora.dialog().join()
        equal("not a member", r.status, 403)
        d = anna.dialog()
        anna.group, d.target = "sip:nosuch@poc.example.org", "sip:nosuch@poc.example.org"
        equal("no such group", d.join().status, 404)
        anna.group = GROUP
        good, anna.password[anna.btid] = anna.password[anna.btid], b"x" * 44
        r = anna.dialog().join()
        equal("wrong password", r.status, 401)
        true("no stale", all("stale=true" not in v.lower() for v in r.all("www-authenticate")))
        anna.password[anna.btid] = good
        btid, anna.btid = anna.btid, "AAAA@bsf.poc.example.org"
        anna.password[anna.btid] = good
        equal("unknown B-TID", anna.dialog().join().status, 401)
        anna.btid = btid
        anna.from_uri = ben.impu
        equal("another's From", anna.dialog().join().status, 403)
        anna.from_uri = anna.impu
        anna.join()
        ben.join()
        equal("full", carl.dialog().join().status, 486)


def digest_details():
    with World() as w:
        anna = w.client("anna")
        d = anna.dialog()
        body = d.body(d.unicast())
        more = [("Content-Type", "application/sdp")]
        r = anna.ua.request("INVITE", GROUP, d.headers("INVITE", more), body)
        equal("challenged", r.status, 401)
        both = [keys.quoted_params(v.split(None, 1)[1]) for v in r.all("www-authenticate")]
        equal("MD5 first, SHA-256 second", [c.get("algorithm", "MD5") for c in both],
              ["MD5", "SHA-256"])
        for c in both:
            equal("realm", c["realm"], "3GPP-bootstrapping@pf1.poc.example.org")
            equal("qop", c["qop"], "auth,auth-int")
        # A nonce of our own: stale, although the password is right.
        c = dict(both[0], nonce="bm90IHlvdXJzIGF0IGFsbA==")
        text = ('Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s", '
                'algorithm=MD5, cnonce="1", '
                'qop=auth, nc=00000001')

        def auth(c, password, uri=GROUP):
            return ("Authorization", text % (anna.btid, c["realm"], c["nonce"], uri,
                                             keys.digest_response(c, "INVITE", uri, anna.btid,
                                                                  password, body, cnonce="1",
                                                                  qop="auth")))
        password = anna.password[anna.btid]
        r = anna.ua.request("INVITE", GROUP, d.headers("INVITE", more + [auth(c, password)]), body)
        equal("foreign nonce", r.status, 401)
        true("stale=true", "stale=true" in r.get("www-authenticate").lower().replace('"', ""))
        fresh = keys.quoted_params(r.get("www-authenticate").split(None, 1)[1])
        # Two Authorization headers: the first that verifies is used.
        anna.dialogs[d.call_id] = d
        ok = anna.ua.request("INVITE", GROUP, d.headers("INVITE",
                                                        more
                                                        + [auth(fresh, b"wrong"),
                                                           auth(fresh, password)]), body)
        equal("two Authorization headers", ok.status, 200)
        with anna.ua.lock:
            d.confirm(ok)
            d.ack(ok)
        anna.wait("MTK", lambda: anna.ring.mtks)


def methods():
    """Checks 405, 420, 481, 501; OPTIONS; CANCEL; a second copy of the INVITE."""
    with World() as w:
        anna = w.client("anna")
        d = anna.dialog()
        equal("FOO", anna.ua.request("FOO", GROUP, d.headers("FOO")).status, 501)
        r = anna.ua.request("PUBLISH", GROUP, d.headers("PUBLISH"))
        true("PUBLISH: %d" % r.status, r.status in (405, 501))
        true("Allow with 405", r.status != 405 or r.get("allow"))
        r = anna.ua.request("INVITE", GROUP, d.headers("INVITE", [("Require", "nosuch")]))
        equal("Require", r.status, 420)
        equal("Unsupported", r.get("unsupported"), "nosuch")
        d.remote_tag = "none"
        equal("BYE of no dialog", anna.ua.request("BYE", GROUP, d.headers("BYE")).status, 481)
        equal("re-INVITE of no dialog", anna.ua.request("INVITE", GROUP,
                                                        d.headers("INVITE")).status, 481)
        equal("CANCEL of nothing", anna.ua.request("CANCEL", GROUP, d.headers("CANCEL")).status,
              481)
        d.remote_tag = None
        equal("OPTIONS", anna.ua.request("OPTIONS", GROUP, d.headers("OPTIONS")).status, 200)
        ben = w.client("ben")
        d = ben.join()
        ben.ua.acks.clear()
        # The server repeats a 200 without ACK, byte for byte.
        dora = w.client("dora")
        d = dora.dialog()
        dora.dialogs[d.call_id] = d
        ok = d.request("INVITE", dora.invite_headers, d.body(d.unicast()))
        equal("200", ok.status, 200)
        branch = ok.branch()
        dora.wait("the 200 again", lambda: len(dora.ua.finals(branch)) >= 2)
        equal("same bytes", {m.raw for m in dora.ua.finals(branch)}, {ok.raw})
        d.confirm(ok)
        d.ack(ok)
        dora.wait("MTK", lambda: dora.ring.mtks)
        true("Contact", uri_of(ok.get("contact")).startswith("sip:"))


def wrong_channel_lines():
    """A client offers lines with another address: the server answers port 0, and its re-INVITE
    brings the right lines."""
    with World() as w:
        anna = w.client("anna")
        d = anna.dialog()
        anna.dialogs[d.call_id] = d
        lines = [[t.replace("233.252.0.17", "233.252.0.99") for t in m] for m in d.channel_lines()]
        ok = d.request("INVITE", anna.invite_headers, d.body(d.unicast() + lines))
        equal("200", ok.status, 200)
        sdp = Sdp(ok.body.decode())
        equal("ports", [sdp.port(i) for i in (2, 3, 4)], [0, 0, 0])
        equal("no key", sdp.key_mgmt(), [])
        with anna.ua.lock:
            d.confirm(ok)
            d.remote_origin = sdp.origin()
            d.learn(sdp)
            d.ack(ok)
        anna.wait("MTK", lambda: anna.ring.mtks)


run([bootstraps, resynchronises, wrong_res, joins, refused, digest_details, methods,
     wrong_channel_lines])
