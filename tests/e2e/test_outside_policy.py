#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Settings that change the wire: policies, forms of the messages, TCP, several groups; then a long
random play."""
import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import outside  # noqa: E402
import outside_mikey as mikey  # noqa: E402
from outside_sip import Timeout  # noqa: E402
from outside_world import DOMAIN, GROUP, World, equal, number_of, run, true, until  # noqa: E402


def members(w, group=GROUP):
    return sorted(m["impu"] for m in w.lab.online("members", group)["members"])


def batch():
    """on_leave = batch: leaves within leave_batch_ms make one re-key."""
    with World(policy='on_leave = "batch"; leave_batch_ms = 600; mtk_repeat_ms = 200;') as w:
        anna, ben, carl, dora = w.joined("anna", "ben", "carl", "dora")
        old = anna.ring.current
        begin = time.monotonic()
        carl.d.bye()
        until("carl's leave", lambda: w.lab.metric('pttkey_leaves_total{reason="bye"}') == 1)
        dora.d.bye()
        new = w.rekeyed([anna, ben], old)
        took = anna.d.offers[-1].time - begin
        true("after the batch: %.2f s" % took, 0.5 <= took <= 1.5)
        w.rounds(4)  # longer than the next batch takes
        equal("one re-key", (number_of(anna.ring.current), len(anna.d.offers)),
              (number_of(old) + 1, 2))
        w.shut_out(carl, new)
        w.shut_out(dora, new)


def join_mtk():
    """on_join = mtk: a new MTK under the same MSK for each join."""
    with World(policy='on_join = "mtk";') as w:
        anna, = w.joined("anna")
        before = set(anna.ring.mtks)
        ben, = w.joined("ben")
        anna.wait("another MTK", lambda: set(anna.ring.mtks) - before)
        equal("same MSK", {m[:4] for m in anna.ring.mtks}, {anna.ring.current})
        equal("no new offer", len(anna.d.offers), 1)
        talk = outside.Talker(anna.d)
        ben.wait("packets", lambda: len(ben.numbers()) > 10)
        talk.stop()
        true("under the newest", max(anna.ring.mtks) == ben.heard[-1][3])


def join_msk():
    """on_join = msk: a later joiner opens nothing of before."""
    with World(policy='on_join = "msk";') as w:
        anna, = w.joined("anna")
        anna.wait("stable", lambda: anna.ring.current)
        talk = outside.Talker(anna.d)
        anna.wait("packets", lambda: len(anna.numbers()) > 20)
        old = anna.ring.current
        recorded = w.channel.media() + w.channel.key_messages()
        ben, = w.joined("ben")
        anna.wait("a new MSK", lambda: anna.ring.current != old)
        ben.wait("packets", lambda: len(ben.numbers()) > 10)
        talk.stop()
        from outside_channel import try_everything
        recorded = [p for p in recorded if (p.mki or mikey.Mikey(p.data).msk_id)[:4] == old]
        true("recorded", len(recorded) > 20)
        equal("the past stays closed", len(try_everything(recorded, ben.ring.ever_msk,
                                                          ben.ring.ever_mtk,
                                                          list(ben.muks.values()))), 0)


def periods():
    """period_s, mtk_period_s, mtk_packets."""
    with World(policy='period_s = 1; mtk_packets = 20;') as w:
        anna, ben = w.joined("anna", "ben")
        old = anna.ring.current
        talk = outside.Talker(anna.d)
        for c in (anna, ben):
            c.wait("the second and third MSK",
                   lambda c=c: number_of(c.ring.current) >= number_of(old) + 2)
        ben.wait("several MTKs under one MSK", lambda: max(int.from_bytes(m[4:], "big")
                                                           for m in ben.ring.mtks
                                                           if m[:4] != old) >= 2)
        said = list(talk.stop())
        ben.wait("all of it", lambda: ben.numbers() == said)
    with World(policy='mtk_period_s = 1;') as w:
        anna, ben = w.joined("anna", "ben")
        talk = outside.Talker(anna.d)
        ben.wait("MTK 3", lambda: any(m[4:] == b"\0\3" for m in ben.ring.mtks))
        said = list(talk.stop())
        ben.wait("all of it", lambda: ben.numbers() == said)
        equal("one MSK", len(ben.msk_messages), 1)


def forms():
    """channel.map = empty and sdp_ids = false."""
    for text, form in (('map = "empty";', {"sdp_ids": True, "map": "empty"}),
                       ("sdp_ids = false;", {"sdp_ids": False, "map": "srtp"}),
                       ('map = "empty"; sdp_ids = false;', {"sdp_ids": False, "map": "empty"})):
        with World(channel=text) as w:
            anna, ben = w.joined("anna", "ben", form=form)
            true("MTK map", all(mikey.Mikey(p.data).map_type == (form["map"] == "empty")
                                for p in w.channel.key_messages()))
            old = anna.ring.current
            w.lab.online("expel", GROUP, ben.impi)
            new = w.rekeyed([anna], old)
            talk = outside.Talker(anna.d)
            anna.wait("packets", lambda: len(anna.numbers()) > 10)
            talk.stop()
            w.shut_out(ben, new)
            print("     %s offers of %d bytes" % (text, anna.biggest))


def update():
    """rekey_method = update: UPDATE to members that allow it, INVITE to the others."""
    with World(policy='on_leave = "always"; rekey_method = "update";') as w:
        anna, ben = w.client("anna"), w.client("ben")
        anna.invite_headers[0] = ("Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE")
        for c in (anna, ben):
            c.d = c.join()
        old = anna.ring.current
        w.lab.online("rekey", GROUP)
        w.rekeyed([anna, ben], old)
        equal("INVITE to a member that does not allow UPDATE", ben.d.offers[-1].method, "INVITE")
        equal("UPDATE to a member that does", [m.method for m in anna.d.offers],
              ["UPDATE"] * len(anna.d.offers))
        old = anna.ring.current
        anna.d.script = [anna.d.refuse]
        w.lab.online("rekey", GROUP)
        old = w.rekeyed([anna, ben], old)
        true("no ACK for an UPDATE", not [m for m in anna.ua.received if m.method == "ACK"
                                          and m.cseq()[0] > 1])
        # kill -9 with the UPDATE on its way: the next process knows that it may send one.
        anna.d.script = [lambda m: b""]
        seen = len(anna.d.offers)
        w.lab.online("rekey", GROUP)
        anna.wait("UPDATE", lambda: len(anna.d.offers) > seen)
        w.restart(9)
        w.rekeyed([anna, ben], old)
        true("UPDATE again", all(m.method == "UPDATE" for m in anna.d.offers)
             and len(anna.d.offers) > seen + 1)


def tcp():
    """Members on TCP: a re-key, an expulsion; after a restart the server dials their Contacts."""
    with World() as w:
        anna, ben, carl = w.joined("anna", "ben", "carl", transport="tcp")
        dora, = w.joined("dora")
        everyone = [anna, ben, dora]
        old = anna.ring.current
        w.lab.online("expel", GROUP, carl.impi)
        new = w.rekeyed(everyone, old)
        carl.wait("BYE", lambda: carl.byes)
        w.shut_out(carl, new)
        w.restart(9)
        w.lab.online("rekey", GROUP)
        newer = w.rekeyed(everyone, new)
        equal("no member lost", members(w), sorted(c.impu for c in everyone))
        talk = outside.Talker(anna.d)
        for c in everyone:
            c.wait("packets", lambda c=c: len(c.numbers()) > 10)
        talk.stop()
        # A member whose Contact refuses the connection is gone.
        ben.close()
        w.restart(9)
        w.lab.online("rekey", GROUP)
        for c in (anna, dora):
            c.wait("re-keyed", lambda c=c: c.ring.current != newer)
        until("ben is gone", lambda: ben.impu not in members(w), 40)


def two_groups():
    """A member of two groups: counters of its one MUK strictly increase, with one message
    outstanding at a time."""
    beta = "sip:beta@" + DOMAIN
    with World(top="", group_more="") as w:
        conf = open(w.lab.path("pttkeyd.conf")).read()
        group = conf[conf.index("  { uri"):conf.rindex("} );")]
        other = group.replace("sip:alpha", "sip:beta").replace("233.252.0.17", "233.252.0.18")
        with open(w.lab.path("pttkeyd.conf"), "w") as f:
            f.write(conf.replace("  } );", "  },\n" + other + "} );"))
        w.restart(15)
        anna, = w.joined("anna")
        both = w.client("both")
        first = both.join()
        both.group = beta
        second = both.dialog()
        second.target = beta
        second.check_offer = lambda sdp: None
        rings = {}
        plain = both.take_msk

        def take(data):
            m = mikey.Mikey(data)
            if m.msk_id[:2] not in rings:
                rings[m.msk_id[:2]] = both.ring if not rings else type(both.ring)()
            mine, both.ring = both.ring, rings[m.msk_id[:2]]
            try:
                plain(data)
            finally:
                both.ring = mine
        rings[both.ring.current[:2]] = both.ring
        both.take_msk = take
        equal("second group", second.join().status, 200)
        both.wait("its MSK", lambda: len(rings) == 2)
        groups = {m.msk_id[:2] for m in both.msk_messages}
        equal("two Key Groups", len(groups), 2)
        equal("two CSB IDs", len({m.csb for m in both.msk_messages}), 2)
        for _ in range(3):
            seen = len(both.msk_messages)
            w.lab.online("rekey", GROUP)
            w.lab.online("rekey", beta)
            both.wait("both", lambda: len(both.msk_messages) >= seen + 2)
        t = [m.counter() for m in both.msk_messages]
        equal("one rising counter", t, sorted(set(t)))
        # An expulsion from one group is none from the other.
        w.lab.online("expel", GROUP, both.impi)
        both.wait("BYE", lambda: first.ended)
        true("beta goes on", not second.ended)
        equal("member of beta", members(w, beta), [both.impu])
        both.group = GROUP
        equal("banned in alpha", both.dialog().join().status, 403)


def long_play():
    """Random joins, leaves, expulsions, re-keys and crashes with lost packets: the invariants
    hold."""
    seed = int(os.environ.get("OUTSIDE_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 30)
    rng = random.Random(seed)
    print("     OUTSIDE_SEED=%d" % seed)
    with World() as w:
        anna, = w.joined("anna")
        inside, out, number = [anna], [], 0
        end = time.monotonic() + float(os.environ.get("OUTSIDE_SECONDS", "6"))
        try:
            while time.monotonic() < end:
                for c in inside:
                    c.ua.drop_requests = rng.choice((0, 0, 0, 1))
                    c.ua.lose_responses = rng.choice((0, 0, 0, 1))
                what = rng.random()
                if what < 0.4 or len(inside) < 3:
                    number += 1
                    c = w.client("m%d" % number)
                    c.d = c.dialog()
                    equal("join", c.d.join(rng.choice(("sdp", "offerless", "channel"))).status, 200)
                    inside.append(c)
                elif what < 0.55:
                    c = inside.pop(rng.randrange(1, len(inside)))
                    true("BYE", c.d.bye().status in (200, 481))
                elif what < 0.75:
                    c = inside.pop(rng.randrange(1, len(inside)))
                    w.lab.online("expel", GROUP, rng.choice((c.impi, c.impu)))
                    out.append(c)
                elif what < 0.9:
                    w.lab.online("rekey", GROUP)
                else:
                    w.restart(9)
                time.sleep(rng.choice((0, 0, 0.01, 0.05, 0.3)))  # the pace of the play
            for c in inside:
                c.ua.drop_requests = c.ua.lose_responses = 0
            w.lab.online("rekey", GROUP)

            def settled():
                g = w.lab.online("groups")["groups"][0]
                return g["state"] == "stable" and not g["unsettled"] and g["msk_id"]
            final = bytes.fromhex(until("stable", settled, 20))
            for c in inside:
                c.wait("the last MSK", lambda c=c: c.ring.current == final)
                true("no BYE to %s" % c.name, not c.d.ended)
            equal("no member lost", members(w), sorted(c.impu for c in inside))
            talk = outside.Talker(anna.d)
            for c in inside:
                c.heard.clear()
                c.wait("packets", lambda c=c: len(c.numbers()) > 10)
            talk.stop()
            for c in out:
                w.shut_out(c, final)
                true("BYE came to %s" % c.name, c.byes)
                equal("banned", c.dialog().join().status, 403)
        except (Timeout, AssertionError) as e:
            raise AssertionError("seed %d: %s" % (seed, e)) from e


run([batch, join_mtk, join_msk, periods, forms, update, tcp, two_groups, long_play])
