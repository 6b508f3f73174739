#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every SRTP suite from end to end: our client and an outside client on one channel; a client that
demands a stronger suite refuses. And every codec of the channel."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as laboratory  # noqa: E402
from outside import tbcp  # noqa: E402
from outside_gcm import SUITES  # noqa: E402
from outside_world import GROUP, World, equal, run, true, until  # noqa: E402

CM, GCM_128, GCM_256 = SUITES


def channel(suite):
    with World(suite=suite) as w:
        anna, eve = w.joined("anna", "eve")
        ben = w.lab.ue("ben", "--min-suite", suite)
        carl = w.lab.ue("carl", "--talk", "tone")
        ben.wait("msk", suite=suite)
        ben.wait("mtk")
        carl.wait("talk-start")
        anna.wait("audio", lambda: len(anna.heard) >= 25)
        true("Taken", any(b"carl" in f[1][0] for f in anna.floor))
        old = anna.ring.current
        mark = ben.count()
        w.lab.online("expel", GROUP, eve.impu)
        new = w.rekeyed([anna], old)
        ben.wait("rekeyed", start=mark)
        anna.wait("audio under the new key", lambda: sum(h[3][:4] == new for h in anna.heard) >= 25)
        true("something to shut out from", w.shut_out(eve, new) > 25)
        ben.stop()
        left = ben.wait("left")
        equal("lost", left["lost"], 0)
        equal("undecryptable", left["undecryptable"], 0)
        true("ben heard %s" % left, left["opened"] >= 50 and len(left["opened_by_mki"]) >= 2)
        carl.stop()
        equal("server", w.lab.server.stop(), 0)


def aes_cm():
    channel(CM)


def gcm_128():
    channel(GCM_128)


def gcm_256():
    channel(GCM_256)


def a_client_that_asks_for_more():
    """The client answers 488 to each offer. The PF gives up, and the client leaves without a key.
    The others do not notice."""
    with World(suite=GCM_128, policy="retries = 1;") as w:
        anna = w.joined("anna")[0]
        dora = w.lab.ue("dora", "--min-suite", GCM_256)
        error = dora.wait("error", what="msk")
        equal("status", error["status"], 488)
        dora.wait("left")
        equal("MSK, MTK, channel", [dora.find(e) for e in ("msk", "mtk", "channel-joined")],
              [None] * 3)
        equal("anna", anna.d.ended, None)
        until("the server's log", lambda: "status=488" in w.lab.server_log())


def another_suite_after_a_restart():
    """The current MSK keeps its suite; the next MSK has the new suite."""
    with laboratory.Lab(channel='suite = "%s";' % CM) as lab:
        lab.start_server()
        ben = lab.ue("ben")
        talker = lab.ue("carl", "--talk", "tone")
        ben.wait("msk", suite=CM)
        talker.wait("talk-start")
        lab.server.stop(9)
        mark = ben.count()
        lab.write_config(channel='suite = "%s";' % GCM_256)
        lab.start_server()
        first = ben.wait("mtk", start=mark)
        equal("the MSK in use", first["msk_id"], ben.wait("msk")["msk_id"])
        packets = 'pttkey_srtp_packets_total{kind="audio"}'
        until("the talker to be back", lambda: lab.metric(packets) > 10, 40)
        mark, before = ben.count(), lab.metric(packets)
        lab.online("rekey", GROUP)
        ben.wait("msk", start=mark, suite=GCM_256)
        rekeyed = ben.wait("rekeyed", start=mark)
        until("packets in the new suite", lambda: lab.metric(packets) > before + 100)
        ben.stop()
        left = ben.wait("left")
        equal("undecryptable", left["undecryptable"], 0)
        opened = {mki[:8]: v["opened"] for mki, v in left["opened_by_mki"].items()}
        true("opened %s" % opened, opened[first["msk_id"]] > 0 and opened[rekeyed["msk_id"]] > 0)
        talker.stop()
        lab.server.stop()


def hears(talker, listener, payloads, as_sent=None):
    """Checks that the listener gets these payloads, in this order."""
    want, first = as_sent or payloads, len(listener.heard)
    talker.d.tbcp.settimeout(10)
    talker.d.tbcp.sendto(tbcp(0), talker.d.remote_tbcp)
    while talker.d.tbcp.recv(2048)[0] & 31 != 1:
        pass  # waits for Granted; a time-out is an error
    for payload in payloads:
        talker.d.audio.sendto(talker.d.rtp(payload), talker.d.remote_audio)
    listener.wait("audio", lambda: len(listener.heard) >= first + len(want))
    equal("payloads", [h[4] for h in listener.heard[first:]], want)


def codecs():
    """The channel carries the talker's payloads unchanged; the PF aligns bandwidth-efficient
    AMR-WB."""
    wide = bytes([0xF0, 0x44]) + os.urandom(59) + b"\xa8"            # 23.85 kbit/s, 477 bits
    bits = int.from_bytes(wide[2:], "big") >> 3
    packed = (0xF << 483 | 0b010001 << 477 | bits) << 1
    packed = packed.to_bytes(61, "big")
    for codec, payloads in (((0, "PCMU/8000/1", ""), [os.urandom(160) for _ in range(5)]),
                            ((97, "AMR/8000/1", "octet-align=1"),
                             [b"\xf0\x3c" + os.urandom(31) for _ in range(5)]),
                            ((97, "AMR-WB/16000/1", "octet-align=1"),
                             [b"\xf0\x44" + os.urandom(60) for _ in range(5)]),
                            ((97, "opus/48000/2", ""), [b"\x78" + os.urandom(n)
                                                        for n in (0, 1, 40, 160, 1275)])):
        with World(suite=GCM_128, channel='codec = "%s";' % codec[1]) as w:
            anna, ben = w.joined("anna", "ben", codec=codec)
            hears(anna, ben, payloads)
            if codec[1].startswith("AMR-WB"):
                carl = w.joined("carl", codec=(104, codec[1], ""))[0]
                until("Idle to be the last word of the floor",
                      lambda: ben.floor[-1][1][0][0] & 31 == 5)
                hears(carl, ben, [packed] * 3, [wide] * 3)


run([aes_cm, gcm_128, gcm_256, a_client_that_asks_for_more, another_suite_after_a_restart, codecs])
