#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Leaves, expulsions and re-keys, seen by members of another author."""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import outside  # noqa: E402
from outside_sip import respond  # noqa: E402
from outside_world import DOMAIN, GROUP, World, equal, number_of, run, true, until  # noqa: E402


def steady(w, stay, talk, msk_id, first):
    """Checks after a change that the talk went on and that all stayers heard all of it."""
    for c in stay:
        c.wait("20 packets under the new key",
               lambda c=c: sum(h[3][:4] == msk_id for h in c.heard) >= 20)
    said = list(talk.stop())
    for c in stay:
        c.wait("the last packet", lambda c=c: c.numbers()[-1:] == said[-1:])
        equal("%s lost nothing" % c.name, c.numbers(), said)
    true("it began with the old key", stay[0].heard[0][3][:4] == first)


def order_of_change(w, msk_id):
    """Checks that the MTK message came twice, 20 ms apart, before the first packet under it."""
    m = [p.time for p in w.channel.key_messages() if p.data[32:36] == msk_id
         or msk_id in p.data[:60]]
    cut = w.channel.first_use(msk_id)
    before = [t for t in m if t < cut]
    true("MTK message twice before its use: %s" % [round(cut - t, 3) for t in before],
         len(before) >= 2)
    true("lead: %.3f s" % (cut - before[0]), cut - before[0] >= 0.045)


def talking(client):
    """The client talks, and hears itself."""
    talk = outside.Talker(client.d)
    client.wait("packets", lambda: len(client.numbers()) > 10)
    return talk


def leave():
    """on_leave = always: a leaving member is shut out; the others lose nothing."""
    with World() as w:
        anna, ben, carl = w.joined("anna", "ben", "carl")
        old, talk = anna.ring.current, talking(anna)
        equal("BYE", carl.d.bye().status, 200)
        new = w.rekeyed([anna, ben], old)
        equal("Key Number + 1", number_of(new), number_of(old) + 1)
        equal("same group part", new[:2], old[:2])
        a, b = anna.ring.msks[new], anna.ring.msks[old]
        true("RAND new with the next MSK", a["rand"] != b["rand"])
        true("another key", a["key"] != b["key"])
        equal("CSB ID constant", a["csb"], b["csb"])
        equal("SEQl, SEQu", (a["seql"], a["sequ"]), (0, 65535))
        steady(w, [anna, ben], talk, new, old)
        equal("MTK id", [m[4:] for m in anna.ring.mtks if m[:4] == new], [b"\0\1"])
        order_of_change(w, new)
        equal("no offer to a member that left", carl.d.offers[1:], [])
        print("     %d packets and keys tried by the member that left" % w.shut_out(carl, new))


def expel():
    """pttkey expel: BYE with Reason at once; the member is shut out; 403 for ever, under any From;
    then admit."""
    with World() as w:
        anna, ben, carl = w.joined("anna", "ben", "carl")
        old, talk = anna.ring.current, talking(anna)
        begin = time.monotonic()
        w.lab.online("expel", GROUP, carl.impu)
        new = w.rekeyed([anna, ben], old)
        carl.wait("BYE", lambda: carl.byes)
        equal("Reason", carl.d.ended, 'SIP;cause=403;text="expelled"')
        cut = until("cut-over", lambda: w.channel.first_use(new))
        print("     exposure %.0f ms" % (1000 * (cut - begin)))
        true("within cutover_ms", cut - begin < 2.2)
        steady(w, [anna, ben], talk, new, old)
        print("     %d packets and keys tried" % w.shut_out(carl, new))
        equal("rejoin", carl.dialog().join().status, 403)
        carl.from_uri = "sip:innocent@" + DOMAIN
        equal("another From", carl.dialog().join().status, 403)
        carl.from_uri = anna.impu
        equal("a member's From", carl.dialog().join().status, 403)
        carl.from_uri = carl.impu
        equal("offerless", carl.dialog().join("offerless").status, 403)
        carl.bootstrap()
        equal("new B-TID", carl.dialog().join().status, 403)
        w.restart(15)
        carl.bootstrap()
        equal("after a restart", carl.dialog().join().status, 403)
        equal("expel again: no-op", w.lab.tool("expel", "--config", "pttkeyd.conf", GROUP,
                                               carl.impu, check=False).returncode, 0)
        w.lab.online("admit", GROUP, carl.impi)
        equal("admitted", carl.dialog().join().status, 200)
        carl.wait("MTK", lambda: carl.ring.current not in (None, old))


def expel_by_refer():
    with World() as w:
        boss, anna, carl, dora = w.joined("boss", "anna", "carl", "dora")
        old = anna.ring.current

        def refer(c, victim, more=(), d=None):
            d = d or c.d
            head = [("Refer-To", "<%s;method=BYE>" % victim)] + list(more)
            return d.request("REFER", head)
        equal("a stranger", refer(anna, carl.impu).status, 403)
        true("carl stays", not carl.d.ended)
        equal("the owner", refer(boss, carl.impu).status, 202)
        new = w.rekeyed([boss, anna, dora], old)
        carl.wait("BYE", lambda: carl.byes)
        equal("Reason", carl.d.ended, 'SIP;cause=403;text="expelled"')
        boss.wait("NOTIFY", lambda: boss.d.notifies)
        n = boss.d.notifies[0]
        true("Event: refer", n.get("event", "").startswith("refer"))
        true("sipfrag %r" % n.body, n.get("content-type", "").startswith("message/sipfrag") and
             n.body.startswith(b"SIP/2.0 2"))
        true("terminated", n.get("subscription-state", "").startswith("terminated"))
        w.shut_out(carl, new)
        equal("rejoin", carl.dialog().join().status, 403)
        # A REFER outside any dialog, without a NOTIFY.
        d = boss.dialog()
        notes = len(boss.d.notifies)
        equal("Refer-Sub: false", refer(boss, dora.impu, [("Refer-Sub", "false")], d).status, 202)
        newer = w.rekeyed([boss, anna], new)
        dora.wait("BYE", lambda: dora.byes)
        true("no NOTIFY", len(boss.d.notifies) == notes
             and not [e for e in boss.log if e[1] == "notify"])
        w.shut_out(dora, newer)


def lost_offers():
    """The client drops first copies: the next copy has the same bytes; so has the 200 after a lost
    200."""
    with World() as w:
        anna, ben, carl, dora = w.joined("anna", "ben", "carl", "dora")
        old = anna.ring.current
        anna.ua.drop_requests = 1
        ben.ua.lose_responses = 1
        w.lab.online("expel", GROUP, dora.impi)
        new = w.rekeyed([anna, ben, carl], old)

        def copies(c):
            return [v for (_, method), v in c.ua.copies.items() if method == "INVITE"][-1]
        until("copies", lambda: len(copies(ben)) >= 2)
        for c in (anna, ben):
            true("%s saw copies" % c.name, len(copies(c)) >= 2)
            equal("%s: byte-identical" % c.name, len(set(copies(c))), 1)
            equal("%s: one MSK message" % c.name, len([m for m in c.msk_messages
                                                       if m.msk_id == new]), 1)
        acks = [m for m in ben.ua.received if m.method == "ACK"]
        until("ACK of the 200 that came in the end", lambda: not ben.ua.repeats)
        true("ACK", acks or [m for m in ben.ua.received if m.method == "ACK"])
        w.shut_out(dora, new)


def many():
    """Operator re-keys in a row: numbers and counters rise, no old key comes back."""
    with World() as w:
        anna, ben = w.joined("anna", "ben")
        talk = outside.Talker(anna.d)
        seen = [anna.ring.current]
        for _ in range(6):
            w.lab.online("rekey", GROUP)
            seen.append(w.rekeyed([anna, ben], seen[-1]))
            anna.wait("packets under it", lambda: any(h[3][:4] == seen[-1] for h in anna.heard))
        equal("numbers", [number_of(i) - number_of(seen[0]) for i in seen], list(range(7)))
        equal("RANDs", len({m.rand() for m in anna.msk_messages}), 7)
        t = [m.counter() for m in anna.msk_messages]
        equal("T rises strictly", t, sorted(set(t)))
        said = list(talk.stop())
        ben.wait("all", lambda: ben.numbers() == said)


def two_dialogs():
    """An expulsion ends both dialogs of one subscriber."""
    with World() as w:
        anna, carl = w.joined("anna", "carl")
        second = carl.dialog()
        equal("second dialog", second.join().status, 200)
        carl.wait("its channel", lambda: second.offers)
        old = anna.ring.current
        w.lab.online("expel", GROUP, carl.impu)
        new = w.rekeyed([anna], old)
        carl.wait("both BYEs", lambda: len(carl.byes) >= 2)
        for d in (carl.d, second):
            equal("Reason", d.ended, 'SIP;cause=403;text="expelled"')
        w.shut_out(carl, new)


def one_of_two_dialogs():
    """One dialog of a subscriber leaves while the other stays."""
    with World() as w:
        anna, carl = w.joined("anna", "carl")
        second = carl.dialog()
        equal("second dialog", second.join().status, 200)
        carl.wait("its channel", lambda: second.offers)
        equal("BYE", second.bye().status, 200)
        talk = outside.Talker(anna.d)
        carl.wait("still hears", lambda: len(carl.numbers()) > 10)
        talk.stop()
        equal("leaves", carl.d.bye().status, 200)


def crossing_bye():
    """The UE's BYE crosses the offer of a re-key; and the BYE of an expulsion."""
    with World() as w:
        anna, ben, carl = w.joined("anna", "ben", "carl")
        old = anna.ring.current

        def bye_instead(m):
            h = ben.d.headers("BYE")
            ben.ua.start("BYE", ben.d.target, h)
            ben.d.ended = "left"
            return respond(m, 487, "Request Terminated")
        ben.d.script = [bye_instead]
        w.lab.online("rekey", GROUP)
        new = w.rekeyed([anna, carl], old)
        ben.wait("200 to its BYE", lambda: [r for b in list(ben.ua.responses)
                                            for r in ben.ua.finals(b) if r.cseq()[1] == "BYE"
                                            and r.status == 200])
        until("two members", lambda: len(w.lab.online("members", GROUP)["members"]) == 2)
        # and both sides say BYE at once
        branch, _ = carl.ua.start("BYE", carl.d.target, carl.d.headers("BYE"))
        w.lab.online("expel", GROUP, carl.impi)
        carl.wait("an answer", lambda: carl.ua.finals(branch))
        true("200 or 481", carl.ua.finals(branch)[0].status in (200, 481))
        anna.wait("re-keyed", lambda: anna.ring.current not in (old, new))
        equal("banned", carl.dialog().join().status, 403)


def expel_during_rekey():
    """A second expulsion while the offers of the first are out: no expelled member opens the last
    MSK."""
    with World() as w:
        anna, ben, carl, dora = w.joined("anna", "ben", "carl", "dora")
        old = anna.ring.current
        anna.ua.drop_requests = 1  # the re-key takes at least half a second
        talk = outside.Talker(ben.d)
        w.lab.online("expel", GROUP, carl.impi)
        dora.wait("the offer", lambda: len(dora.d.offers) >= 2)
        w.lab.online("expel", GROUP, dora.impi)
        for c in (anna, ben):
            c.wait("the third MSK", lambda c=c: c.ring.current
                   and number_of(c.ring.current) == number_of(old) + 2)
        new = anna.ring.current
        until("cut-over", lambda: w.channel.first_use(new))
        ben.wait("packets", lambda: sum(h[3][:4] == new for h in ben.heard) > 20)
        talk.stop()
        w.shut_out(carl, new)
        w.shut_out(dora, new)
        middle = new[:2] + (number_of(old) + 1).to_bytes(2, "big")
        equal("no packet under the MSK dora was offered", w.channel.first_use(middle), None)


def dead_member():
    """A dead member does not delay the cut-over beyond cutover_ms. After Timer B it has left. When
    it joins again it gets the newest MSK only."""
    with World(policy='on_leave = "always"; cutover_ms = 800;') as w:
        anna, ben, carl, dora = w.joined("anna", "ben", "carl", "dora")
        old = anna.ring.current
        ben.d.script = [lambda m: b""] * 50

        def nothing(m):
            return None
        ben.ua.on_request = nothing
        talk = outside.Talker(anna.d)
        begin = time.monotonic()
        w.lab.online("expel", GROUP, carl.impi)
        new = w.rekeyed([anna, dora], old)
        cut = until("cut-over", lambda: w.channel.first_use(new))
        print("     cut-over after %.0f ms" % (1000 * (cut - begin)))
        true("at cutover_ms", cut - begin < 1.1)
        talk.stop()
        w.shut_out(carl, new)
        ben.wait("copies", lambda: len(list(ben.ua.copies.values())[-1]) >= 3, 8)
        equal("copies are identical", len(set(list(ben.ua.copies.values())[-1])), 1)
        until("gone after Timer B", lambda: ben.impu not in [m["impu"]
                                                             for m in w.lab.online("members",
                                                                                   GROUP)[
                                                                 "members"]], 60)
        equal("counted", w.lab.metric('pttkey_leaves_total{reason="timeout"}'), 1)
        # this client got the current MSK, so its leave re-keys
        newest = w.rekeyed([anna, dora], new)
        ben.ua.on_request = ben.on_request
        ben.d = ben.join()
        ben.wait("the newest", lambda: ben.ring.current == newest)
        true("nothing in between", new not in ben.ring.msks)


def not_opened_by_policy():
    """on_leave = never: a leave does not re-key; expelling a member that left does."""
    with World(policy='on_leave = "never";') as w:
        anna, ben, carl = w.joined("anna", "ben", "carl")
        old = anna.ring.current
        equal("BYE", carl.d.bye().status, 200)
        talk = outside.Talker(anna.d)
        ben.wait("packets", lambda: len(ben.numbers()) > 25)
        equal("same MSK", (anna.ring.current, len(anna.d.offers)), (old, 1))
        w.lab.online("expel", GROUP, carl.impi)
        new = w.rekeyed([anna, ben], old)
        ben.wait("packets", lambda: sum(h[3][:4] == new for h in ben.heard) > 20)
        talk.stop()
        w.shut_out(carl, new)
        equal("banned", carl.dialog().join().status, 403)


run([leave, expel, expel_by_refer, lost_offers, many, two_dialogs, one_of_two_dialogs, crossing_bye,
     expel_during_rekey, dead_member, not_opened_by_policy])
