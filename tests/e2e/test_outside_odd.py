#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Refusals, glare, pulls, re-offers: what a UE may say to an offer of the channel, by a client of
another author."""
import base64
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import outside  # noqa: E402
import outside_mikey as mikey  # noqa: E402
from outside_sip import Sdp, respond  # noqa: E402
from outside_world import GROUP, OFTEN, World, equal, number_of, run, true, until  # noqa: E402


def members(w):
    return w.lab.online("members", GROUP)["members"]


def mikey_of(m):
    """Returns the MSK message of an offer, or None."""
    found = Sdp(m.body.decode()).key_mgmt()
    return mikey.Mikey(base64.b64decode(found[0].split()[1])) if found else None


def port_zero():
    """A member that refuses the channel stays on unicast without a key, until it pulls."""
    with World(policy=OFTEN) as w:
        anna, carl = w.joined("anna", "carl")
        ben = w.client("ben")
        ben.d = ben.dialog()
        ben.d.wants_channel = False
        equal("join", ben.d.join().status, 200)
        ben.wait("offer", lambda: len(ben.d.offers) == 1)
        old = anna.ring.current
        w.lab.online("expel", GROUP, carl.impi)
        new = w.rekeyed([anna], old)
        until("cut-over", lambda: w.channel.first_use(new))
        w.rounds()
        for m in ben.d.offers[1:]:
            sdp = Sdp(m.body.decode())
            equal("no key to a member that refused", sdp.key_mgmt(), [])
            equal("three slots at port 0", [sdp.port(i) for i in sdp.channel()], [0, 0, 0])
        equal("no MSK but the first", {m.msk_id for m in ben.msk_messages}, {old})
        true("it is still a member", len(members(w)) == 2)
        ben.d.wants_channel = True
        equal("pull", ben.d.pull().status, 200)
        ben.wait("the newest MSK and its MTK", lambda: ben.ring.current == new)


def port_zero_then_offer():
    """... or until it offers the three lines itself."""
    with World() as w:
        anna, = w.joined("anna")
        ben = w.client("ben")
        ben.d = ben.dialog()
        ben.d.wants_channel = False
        equal("join", ben.d.join().status, 200)
        ben.wait("offer", lambda: len(ben.d.offers) == 1)
        seen = len(ben.msk_messages)
        ok = ben.d.reoffer(ben.d.unicast() + ben.d.channel_lines())
        equal("200", ok.status, 200)
        sdp = Sdp(ok.body.decode())
        equal("accepted", [sdp.port(i) for i in (2, 3, 4)], [40000, 40002, 2269])
        with ben.ua.lock:
            ben.d.mikey(sdp)
        equal("MSK in the answer", len(ben.msk_messages), seen + 1)
        ben.wait("MTK", lambda: ben.ring.mtks)


def offer_refused_offerless():
    """The key in a 200 cannot be opened: the client sends ACK with port 0, and its pull brings a
    good key."""
    with World() as w:
        anna, = w.joined("anna")
        ben = w.client("ben")
        d = ben.dialog()
        good, ben.muks[ben.btid] = ben.muks[ben.btid], bytes(32)
        equal("join", d.join("offerless").status, 200)
        true("refused", [e for e in ben.log if e[1] == "refused"])
        equal("three at port 0", [m[0].split()[1] for m in d.media[2:]], ["0", "0", "0"])
        ben.muks[ben.btid] = good
        equal("pull", d.pull().status, 200)
        ben.wait("MTK", lambda: ben.ring.mtks)


def warning_306():
    """488 with Warning 306: the PF seals the same MSK again with a fresh counter; the client
    accepts the third."""
    with World() as w:
        anna, ben = w.joined("anna", "ben")
        old = anna.ring.current
        ben.d.script = [ben.d.refuse, ben.d.refuse]
        before = len(ben.d.offers)
        w.lab.online("rekey", GROUP)
        new = w.rekeyed([anna, ben], old)
        offers = ben.d.offers[before:]
        equal("offers", len(offers), 3)
        sealed = [mikey_of(m) for m in offers]
        equal("one MSK", {m.msk_id for m in sealed}, {new})
        equal("one RAND", len({m.rand() for m in sealed}), 1)
        t = [m.counter() for m in sealed]
        equal("fresh counters", t, sorted(set(t)))
        v = [Sdp(m.body.decode()).origin()[1] for m in offers]
        print("     o= versions %s, counters %s" % (v, t))


def warning_306_for_ever():
    """... at most `retries` times, then BYE. The other members do not wait."""
    with World(policy='on_leave = "always"; retries = 2;') as w:
        anna, ben, carl = w.joined("anna", "ben", "carl")
        old = anna.ring.current
        ben.d.script = [ben.d.refuse] * 20
        before = len(ben.d.offers)
        w.lab.online("rekey", GROUP)
        ben.wait("BYE", lambda: ben.byes)
        equal("offers: one and two retries", len(ben.d.offers) - before, 3)
        anna.wait("new MSK", lambda: anna.ring.current != old)
        true("the BYE does not say expelled", "expelled" not in ben.d.ended)
        equal("it may join again", ben.dialog().join().status, 200)


def refused_at_join():
    """The client refuses the first offer: the PF repeats it, then sends BYE."""
    with World(policy='on_leave = "never"; retries = 1;') as w:
        ben = w.client("ben")
        d = ben.dialog()
        d.script = [d.refuse] * 20
        equal("200", d.join().status, 200)
        ben.wait("BYE", lambda: ben.byes)
        equal("offers", len(d.offers), 2)


def other_errors():
    """The PF offers again after 500, and after 503 when Retry-After is over; 481 and 408 end the
    dialog."""
    with World() as w:
        anna, ben, carl, dora = w.joined("anna", "ben", "carl", "dora")
        old = anna.ring.current
        ben.d.script = [lambda m: respond(m, 500, "Server Internal Error")]
        carl.d.script = [lambda m: respond(m, 503, "Service Unavailable", None,
                                           [("Retry-After", "1")])]
        dora.d.script = [lambda m: respond(m, 481, "Call/Transaction Does Not Exist")]
        begin = time.monotonic()
        w.lab.online("rekey", GROUP)
        for c in (anna, ben, carl):
            c.wait("a newer MSK", lambda c=c: c.ring.current not in (None, old))
        took = carl.d.offers[-1].time - begin
        true("after Retry-After: %.2f s" % took, 0.9 <= took < 3)
        until("dora is gone", lambda: len(members(w)) == 3)
        equal("dora comes again", dora.dialog().join().status, 200)
        final = w.rekeyed([anna, ben, carl], old)
        dora.wait("key", lambda: dora.ring.current == anna.ring.current, 5)
        true("key number", number_of(final) > number_of(old))


def glare():
    """491: the PF offers again later and does not count it as a refusal."""
    with World(policy='on_leave = "always"; retries = 1;') as w:
        anna, ben = w.joined("anna", "ben")
        old = anna.ring.current
        ben.d.script = [lambda m: respond(m, 491, "Request Pending")] * 3
        before = len(ben.d.offers)
        w.lab.online("rekey", GROUP)
        w.rekeyed([anna, ben], old, 12)
        offers = ben.d.offers[before:]
        equal("offers", len(offers), 4)
        true("CSeq rises", offers[0].cseq()[0] < offers[1].cseq()[0] < offers[2].cseq()[0])
        waits = [b.time - a.time for a, b in zip(offers, offers[1:])]
        print("     waited %s s" % ", ".join("%.2f" % x for x in waits))
        true("RFC 3261 14.1: 0 to 2 s", all(x <= 2.1 for x in waits))


def our_glare():
    """We send a re-INVITE while the PF's offer is unanswered: we get 491, then both go through."""
    with World() as w:
        anna, ben = w.joined("anna", "ben")
        old = anna.ring.current
        taken = []
        ben.d.script = [lambda m: taken.append(m) or respond(m, 100, "Trying")]
        w.lab.online("rekey", GROUP)
        ben.wait("the offer", lambda: taken)
        r = ben.d.reoffer(ben.d.media)
        equal("our re-INVITE", r.status, 491)
        with ben.ua.lock:
            m = taken[0]
            ben.ua.served[(m.branch(), "INVITE")] = answer = ben.d.on_offer(m)
            ben.d.offers.pop()
            ben.ua._answer(m, answer, None)
        w.rekeyed([anna, ben], old)
        equal("later", ben.d.reoffer(ben.d.media).status, 200)


def pull():
    """Re-INVITE without SDP: the newest MSK, a fresh counter, the dialog's own lines first."""
    with World() as w:
        anna, ben = w.joined("anna", "ben")
        before = ben.d.remote_origin
        last = ben.msk_messages[-1]
        equal("200", ben.d.pull().status, 200)
        true("fresh counter", ben.msk_messages[-1].counter() > last.counter())
        equal("same MSK", ben.msk_messages[-1].msk_id, last.msk_id)
        true("o= version rose", ben.d.remote_origin[1] > before[1])
        equal("five lines", [m[0].split()[0] for m in ben.d.media],
              ["m=audio", "m=application", "m=audio", "m=application", "m=application"])
        old = anna.ring.current
        w.lab.online("rekey", GROUP)
        new = w.rekeyed([anna, ben], old)
        equal("pull again", ben.d.pull().status, 200)
        equal("newest", ben.msk_messages[-1].msk_id, new)
        # A client that lost all its keys gets them again.
        ben.ring.__init__()
        equal("pull", ben.d.pull().status, 200)
        ben.wait("MTK", lambda: ben.ring.mtks)
        talk = outside.Talker(anna.d)
        ben.wait("packets", lambda: len(ben.numbers()) > 10)
        talk.stop()


def hold():
    """Our own offer repeats the channel's lines without key-mgmt: the answer has equal lines and no
    MIKEY."""
    with World(policy=OFTEN) as w:
        anna, ben = w.joined("anna", "ben")
        seen = len(ben.d.offers)
        media = [list(m) for m in ben.d.media]
        ok = ben.d.reoffer(media)           # refresh
        equal("refresh", ok.status, 200)
        sdp = Sdp(ok.body.decode())
        equal("no MIKEY", sdp.key_mgmt(), [])
        text = [["%s=%s" % kv for kv in m] for m in sdp.media[2:]]
        equal("channel lines equal", text, ben.d.channel_lines())
        media[0] = media[0] + ["a=sendonly"]
        ok = ben.d.reoffer(media)           # hold
        equal("hold", ok.status, 200)
        sdp = Sdp(ok.body.decode())
        equal("no MIKEY", sdp.key_mgmt(), [])
        equal("direction", [v for k, v in sdp.media[0] if v in ("recvonly", "inactive")],
              ["recvonly"])
        equal("lines", [sdp.port(i) for i in (2, 3, 4)], [40000, 40002, 2269])
        media[0] = media[0][:-1]
        equal("resumed", ben.d.reoffer(media).status, 200)
        w.rounds()
        equal("no offer of the PF's own", len(ben.d.offers), seen)
        old = anna.ring.current
        ben.d.remote_origin = Sdp(ok.body.decode()).origin()
        w.lab.online("rekey", GROUP)
        w.rekeyed([anna, ben], old)


def drops_channel():
    """An offer with the three lines at port 0 leaves the channel; no key follows."""
    with World(policy=OFTEN) as w:
        anna, ben = w.joined("anna", "ben")
        media = ben.d.unicast() + [[m[0].replace(m[0].split()[1], "0", 1)] + m[1:]
                                   for m in ben.d.channel_lines()]
        ok = ben.d.reoffer(media)
        equal("200", ok.status, 200)
        sdp = Sdp(ok.body.decode())
        equal("ports", [sdp.port(i) for i in (2, 3, 4)], [0, 0, 0])
        seen, old = len(ben.msk_messages), anna.ring.current
        w.lab.online("rekey", GROUP)
        w.rekeyed([anna], old)
        w.rounds()
        equal("no MSK", len(ben.msk_messages), seen)


def one_refused_all_refused():
    """Port 0 on one line: the next offer zeroes all three; the dialog lives."""
    with World(policy=OFTEN) as w:
        anna, = w.joined("anna")
        ben = w.client("ben")
        d = ben.d = ben.dialog()
        plain = d.answer

        def one(offer, accept=True):
            out = plain(offer, accept)
            if len(out) == 5 and d.wants_channel:
                out[3][0] = out[3][0].replace("40002", "0", 1)
            return out
        d.answer = one
        equal("join", d.join().status, 200)
        ben.wait("the next offer", lambda: len(d.offers) > 1)
        for m in d.offers[1:]:
            sdp = Sdp(m.body.decode())
            equal("all three zero", [sdp.port(i) for i in (2, 3, 4)], [0, 0, 0])
            equal("no key", sdp.key_mgmt(), [])
        true("member", len(members(w)) == 2)
        seen, old = len(ben.msk_messages), anna.ring.current
        w.lab.online("rekey", GROUP)
        w.rekeyed([anna], old)
        w.rounds()
        equal("no MSK", len(ben.msk_messages), seen)


def new_bootstrap():
    """Re-bootstrapping in a running dialog: the MUK is that of the last successful digest."""
    with World() as w:
        anna, ben = w.joined("anna", "ben")
        first = ben.btid
        equal("bootstrap", ben.bootstrap(), 200)
        old = anna.ring.current
        w.lab.online("rekey", GROUP)
        new = w.rekeyed([anna, ben], old)
        equal("still the old MUK", ben.msk_messages[-1].id_responder(), first)
        equal("pull under the new B-TID", ben.d.pull().status, 200)
        equal("the new MUK", ben.msk_messages[-1].id_responder(), ben.btid)
        w.lab.online("rekey", GROUP)
        w.rekeyed([anna, ben], new)
        equal("and in offers", ben.msk_messages[-1].id_responder(), ben.btid)


run([port_zero, port_zero_then_offer, offer_refused_offerless, warning_306, warning_306_for_ever,
     refused_at_join, other_errors, glare, our_glare, pull, hold, drops_channel,
     one_refused_all_refused, new_bootstrap])
