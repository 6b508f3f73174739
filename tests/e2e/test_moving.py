#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keys that change during speech: 30 s of talk through ten re-keys, five of them expulsions; and a
channel that loses, doubles and reorders. PTT_TALK_S and PTT_REKEYS change the length and the
number."""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as laboratory  # noqa: E402
from mangler import AUDIO, KEYS, SOURCE, Mangler  # noqa: E402
from outside_world import GROUP, equal, run, true, until  # noqa: E402
from wire import SERVER, Wire, sh  # noqa: E402

STAYERS = ["ben", "cora", "dora", "emil"]
TALK_S, REKEYS = float(os.environ.get("PTT_TALK_S", "30")), int(os.environ.get("PTT_REKEYS", "10"))
REPEAT_MS = 1000
HELD_MAX = 32  # most packets of an unknown key that a client keeps


def protected(lab):
    return lab.metric('pttkey_srtp_packets_total{kind="audio"}')


def join(lab, names, *more, **where):
    ues = {name: lab.ue(name, *more, **where) for name in names}
    for ue in ues.values():
        ue.wait("mtk", 30)
    return ues


def spoken(lab, seconds, since=None):
    """Waits until this much talk has gone out. since: number of packets from which to count."""
    due = (protected(lab) if since is None else since) + 50 * seconds
    until("%.1f s of talk" % seconds, lambda: protected(lab) >= due, 2 * seconds + 15)


def rekey(lab, stayers, victim=None):
    """Runs one re-key that all stayers follow. Returns the new MSK's id."""
    marks = {name: ue.count() for name, ue in stayers.items()}
    if victim:
        lab.online("expel", GROUP, lab.users[victim]["impu"])
    else:
        lab.online("rekey", GROUP)
    ids = {ue.wait("rekeyed", 30, marks[name])["msk_id"] for name, ue in stayers.items()}
    equal("one MSK for all", len(ids), 1)
    return ids.pop()


def is_quiet(ue):
    """Tells whether the client's last floor event is the end of a talk."""
    return [e["event"] for e in list(ue.events)
            if e["event"].startswith("talk-")][-1] == "talk-stop"


def ended(lab, talker, stayers):
    """Ends the talk. Returns the counters of each stayer, and the number of packets."""
    talker.stop()
    until("the floor to be idle", lambda: all(is_quiet(ue) for ue in stayers.values()))
    sent = []
    until("the server's count to stand", lambda: sent.append(protected(lab)) or len(sent) > 60
          and sent[-60] == sent[-1])
    for ue in stayers.values():
        ue.stop()
    return {name: ue.wait("left") for name, ue in stayers.items()}, int(sent[-1])


def after(stats, msks):
    """Returns the numbers of packets heard and opened under these MSKs."""
    mine = [v for mki, v in stats["opened_by_mki"].items() if mki[:8] in msks]
    return sum(v["heard"] for v in mine), sum(v["opened"] for v in mine)


def ten_rekeys():
    """A staying member loses, doubles and misses no packet; an expelled member opens none after its
    cut-over."""
    victims = ["v%d" % i for i in range(REKEYS // 2)]
    with laboratory.Lab() as lab:
        lab.start_server()
        stayers, out = join(lab, STAYERS), join(lab, victims, "--hostile")
        anna = lab.ue("anna", "--talk", "tone")
        anna.wait("talk-start")
        begin, first, gone, msks = time.monotonic(), protected(lab), {}, []
        for i in range(REKEYS):
            spoken(lab, TALK_S * (i + 0.5) / REKEYS, first)
            victim = victims[i // 2] if i % 2 == 0 and i // 2 < len(victims) else None
            msks.append(rekey(lab, stayers, victim))
            if victim:
                gone[victim] = len(msks) - 1
            if i == REKEYS // 2:
                # a late joiner: it opens even the first packet that it hears, once
                # it has the key
                late = lab.ue("fay")
                late.wait("mtk", 30)
                stayers["fay"] = late
        spoken(lab, TALK_S, first)
        left, sent = ended(lab, anna, stayers)
        print("%d packets in %.0f s, %d re-keys, %d of them expulsions" % (
            sent, time.monotonic() - begin, len(msks), len(gone)))
        equal("MSKs", len(set(msks)), REKEYS)
        for name, s in left.items():
            doubled = s["heard"] - s["opened"] - s["undecryptable"]
            print("  %-5s heard %d opened %d lost %d undecryptable %d doubled %d" % (
                name, s["heard"], s["opened"], s["lost"], s["undecryptable"], doubled))
            equal(name, (s["heard"] - s["opened"], s["lost"], s["undecryptable"], doubled),
                  (0, 0, 0, 0))
            if name != "fay":
                equal(name + " has all", s["opened"], sent)
                true("keys used %d" % len(s["opened_by_mki"]), len(s["opened_by_mki"]) > REKEYS)
        true("fay came late", 0 < left["fay"]["opened"] < sent)
        for name, at in gone.items():
            out[name].stop()
            s = out[name].wait("left")
            heard, opened = after(s, msks[at:])
            print("  %-5s expelled by re-key %d: heard %d, opened %d since; opened %d before" % (
                name, at + 1, heard, opened, s["opened"] - opened))
            equal(name + " opened after the cut-over", opened, 0)
            true(name + " heard", heard > 0 and s["opened"] > 0)
        equal("server", lab.server.stop(), 0)


def mangled(play):
    """Runs play(lab, mangler, stayers) with clients behind a bad channel."""
    with Wire() as wire, laboratory.Lab(host=SERVER, channel='source = "%s";' % SOURCE,
                                        policy="mtk_repeat_ms = %d;" % REPEAT_MS) as lab:
        for where in ((), wire.far):
            sh(*where, "ip", "addr", "replace", SOURCE + "/32", "dev", "lo")
            sh(*where, "ip", "link", "set", "lo", "up", "multicast", "on")
            sh(*where, "ip", "route", "replace", "233.252.0.0/16", "dev", "lo")
        mangler = Mangler(wire, seed=1)  # doubles and swaps some of the first six key messages
        try:
            lab.start_server()
            stayers = join(lab, STAYERS[:2], within=wire.far)
            anna = lab.ue("anna", "--talk", "tone", within=wire.far)
            anna.wait("talk-start")
            play(lab, mangler, stayers)
            counts = mangler.set()
            left, sent = ended(lab, anna, stayers)
            return left, sent, mangler.set(), counts
        finally:
            mangler.close()


def bad_channel():
    """The channel loses a tenth of the audio, doubles a tenth, reorders a fifth; it doubles and
    reorders keys and floor, too. Clients open each packet that comes through exactly once."""
    def play(lab, mangler, stayers):
        mangler.set(audio_lose=0.1, audio_double=0.1, audio_swap=0.2, keys_double=0.3,
                    keys_swap=0.3, floor_double=0.3, floor_swap=0.3)
        for _ in range(3):
            spoken(lab, 1)
            rekey(lab, stayers)
        spoken(lab, 1)

    left, sent, counts, _ = mangled(play)
    audio = counts[AUDIO]
    through = audio["sent"] - audio["doubled"]
    print("%d packets; the channel %s" % (sent, counts))
    equal("packets at the relay", audio["heard"], sent)
    true("it was bad", min(audio["lost"], audio["doubled"], audio["late"]) >= 5
         and counts[KEYS]["doubled"] > 0)
    for name, s in left.items():
        print("  %-5s heard %d opened %d undecryptable %d"
              % (name, s["heard"], s["opened"], s["undecryptable"]))
        equal(name, (s["heard"], s["opened"], s["undecryptable"]), (audio["sent"], through, 0))


def lost_keys():
    """The channel loses every MTK message of a re-key, then one comes through: that repeat brings
    the key."""
    waits = []

    def play(lab, mangler, stayers):
        def count(port, what):
            """Returns a count of the relay, which goes on to lose all keys."""
            return mangler.set(keys_lose=1.0)[port][what]

        marks = {name: ue.count() for name, ue in stayers.items()}
        spoken(lab, 0.5)
        mangler.set(keys_lose=1.0)
        lab.online("rekey", GROUP)
        for name, ue in stayers.items():
            msk = ue.wait("msk", 30, marks[name], change="new")["msk_id"]
        until("two copies to be lost", lambda: count(KEYS, "lost") >= 2)
        until("the switch", lambda: "mki-switched group=%s msk_id=%s"
              % (GROUP, msk) in lab.server_log())
        # by then clients have dropped some packets that waited
        unopened = count(AUDIO, "sent") + HELD_MAX + 10
        until("packets under the new key", lambda: count(AUDIO, "sent") >= unopened)
        begin, before = time.monotonic(), count(KEYS, "sent")
        mangler.set()
        until("a repeat to come through", lambda: mangler.set()[KEYS]["sent"] > before)
        count(KEYS, "lost")  # and no other message
        for name, ue in stayers.items():
            waits.append(ue.wait("rekeyed", 30, marks[name])["t"] - begin)
        opened = count(AUDIO, "sent") + HELD_MAX
        until("packets that are opened", lambda: count(AUDIO, "sent") >= opened)

    left, sent, counts, _ = mangled(play)
    print("%d packets; keys %s; recovered after %s ms" % (sent, counts[KEYS],
                                                          [round(1000 * w) for w in waits]))
    true("keys were lost", counts[KEYS]["lost"] >= 2)
    for name, s in left.items():
        print("  %-5s heard %d opened %d undecryptable %d"
              % (name, s["heard"], s["opened"], s["undecryptable"]))
        equal(name + ": all", (s["heard"], s["opened"] + s["undecryptable"]), (sent, sent))
        *before, last = sorted(s["opened_by_mki"].values(), key=lambda v: v["first_t"])
        equal(name + ": all under the keys before", [v["heard"] - v["opened"] for v in before],
              [0] * len(before))
        true("%s: some under the lost key, until it came: %s" % (name, last),
             10 < last["opened"] < last["heard"])


run([ten_rekeys, bad_channel, lost_keys])
