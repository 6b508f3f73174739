#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Outside clients join and leave; at the end all members hold one MSK and no other client does.
Then an expelled client attacks.
    usage: test_swarm.py [SEED [STEPS]]
"""
import os
import random
import secrets
import socket
import sys
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import outside_mikey as mikey  # noqa: E402
from outside_channel import GROUP_ADDRESS, KEYS  # noqa: E402
from outside_sip import Message  # noqa: E402
from outside_swarm import Swarm, equal, number_of, true  # noqa: E402

SEED = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(1 << 30)
STEPS = int(sys.argv[2]) if len(sys.argv) > 2 else 60
NAMES = ["anna", "ben"] + ["m%d" % i for i in range(8)]


def churn(s):
    for i in range(STEPS):
        s.act()
        if i % 20 == 19:
            s.at_rest()
    now = s.at_rest()
    s.hears()
    print("     %s: MSK %s" % (" ".join("%s %d" % kv for kv in s.counts.items()), now.hex()))


def forged(victim, msk_id, mtk_id):
    """Forges an MTK message under an MSK that the expelled client got: members can forge to each
    other."""
    msk = victim.ring.msks[msk_id]
    return mikey.seal_mtk(msk["key"], msk["csb"], msk["rand"], msk["domain"], msk_id, mtk_id,
                          mtk_id, secrets.token_bytes(16), secrets.token_bytes(14))


def expelled_at_work(s):
    """The expelled client repeats its old messages, forges MTKs, calls under other names and in
    other dialogs."""
    victim, ue = s.client("mallory"), s.lab.ue("real")
    true("a client of the product", ue.wait("mtk"))
    victim.d = victim.join()
    old = victim.ring.current
    s.expel(victim)
    victim.wait("BYE", lambda: victim.byes)
    ue.wait("mtk", msk_id=s.rekeyed(s.stay, old).hex())
    new = s.stay[0].ring.current
    bad = s.channel.audit()
    equal("the channel so far", bad, [])
    marks = {c.name: (set(c.ring.mtks), len(c.refused_mtk)) for c in s.stay}
    events = ue.count()

    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
    before = {p.data for p in s.channel.key_messages() if mikey.Mikey(p.data).msk_id == old}
    attack = list(before) + [forged(victim, old, i) for i in (2, 3, 1000, 65535)]
    for data in attack:
        out.sendto(data, (GROUP_ADDRESS, KEYS))
    for c in s.stay:
        c.wait("the forged ones", lambda c=c: len(c.refused_mtk) >= marks[c.name][1]
               + len(attack) - len(before))
    s.channel.packets[:] = []  # the client's own messages are not the server's
    s.rekey()
    now = s.rekeyed(s.stay, new)
    ue.wait("mtk", start=events, msk_id=now.hex())
    taken = [e for e in ue.events[events:] if e["event"] == "mtk" and e["msk_id"] == old.hex()]
    equal("MTKs that the product's client accepted from the expelled one", taken, [])
    for c in s.stay:
        true("MTKs under the old MSK", not [m for m in set(c.ring.mtks) - marks[c.name][0]
                                            if m[:4] == old])

    replies = len(victim.ua.received)
    for _, raw in [entry for entry in victim.ua.sent if Message(entry[1]).method]:
        victim.ua.send(raw)
    victim.ua.wait("answers", lambda: len(victim.ua.received) > replies)
    for name, status in ((victim.impu, 403), (s.stay[0].impu, 403),
                         ("sip:nobody@poc.example.org", 403)):
        victim.from_uri = name
        equal("calling as " + name, victim.dialog().join().status, status)
    victim.from_uri = victim.impu
    for how in ("offerless", "channel"):
        equal("calling " + how, victim.dialog().join(how).status, 403)
    victim.bootstrap()
    equal("with a new B-TID", victim.dialog().join().status, 403)
    true("in the old dialog", victim.d.pull().status in (403, 481))
    equal("those inside", set(s.members()), {c.impu for c in s.stay
                                             + s.inside} | {"sip:real@poc.example.org"})
    s.shut_out(victim, now)
    s.bring(victim)
    equal("admitted, it gets the newest only", {number_of(m.msk_id) for m in victim.msk_messages
                                                if number_of(m.msk_id) > number_of(old)},
          {number_of(now)})
    for who in (victim.impi, "real@poc.example.org"):
        true("expel", s.lab.ask("expel", member=who)["ok"])
    ue.wait("expelled")
    s.settled(*s.inside)


def main():
    print("seed %d, %d steps" % (SEED, STEPS), flush=True)
    try:
        with Swarm(NAMES, random.Random(SEED),
                   policy='on_leave = "batch"; leave_batch_ms = 300; cutover_ms = 1500;') as s:
            for play in (churn, expelled_at_work):
                play(s)
                print("ok   %s" % play.__name__, flush=True)
    except BaseException as e:
        traceback.print_exc()
        print("FAIL %s: %s (seed %d)" % (type(e).__name__, e, SEED), flush=True)
        os._exit(1)
    print("0 failed")
    os._exit(0)


if __name__ == "__main__":
    main()
