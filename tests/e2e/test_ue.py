#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""pttkey-ue by hand: commands on standard input, sound cards (ALSA's file plugin replaces them),
counters, and a client that refused the channel and hears by unicast."""
import array
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as laboratory  # noqa: E402
import sound  # noqa: E402
from lab import check  # noqa: E402

CARD = ('pcm.%(name)s { type file; slave.pcm "null"; file "%(dir)s/%(name)s.out"; '
        'infile "%(dir)s/%(name)s.in"; format "raw" }\n')


def cards(lab, *names):
    """Sound cards that are files: one takes the played sound, one gives the microphone's."""
    os.environ["HOME"] = lab.dir
    with open(lab.path(".asoundrc"), "w") as f:
        for name in names:
            f.write(CARD % {"name": name, "dir": lab.dir})
    for name in names:
        with open(lab.path(name + ".in"), "wb") as f:
            f.write((sound.tune() + sound.tune()).tobytes())


class Hand:
    def __init__(self, process):
        self.process = process

    def say(self, line):
        self.process.popen.stdin.write(line.encode() + b"\n")
        self.process.popen.stdin.flush()

    def ask(self, line, event, **fields):
        start = self.process.count()
        self.say(line)
        return self.process.wait(event, start=start, **fields)


def run():
    frames = len(sound.TUNE) * sound.NOTE_FRAMES
    with laboratory.Lab() as lab:
        for name in "ear", "deaf", "mouth":
            lab.add_user(name)
        cards(lab, "earcard", "mouthcard")
        lab.start_server()
        ear = lab.ue("ear", "--audio-device", "earcard")
        deaf = lab.ue("deaf", "--refuse-channel", "--record", "deaf.wav")
        mouth = lab.ue("mouth", "--stdin", "--audio-device", "mouthcard", stdin=subprocess.PIPE)
        hand = Hand(mouth)
        ear.wait("mtk")
        deaf.wait("joined")
        mouth.wait("mtk")
        check("talks unasked", hand.ask("stats", "stats")["sent"] == 0)
        check("error of a bad command", hand.ask("shout", "error")["what"] == "command")
        hand.ask("talk", "talk-start", direction="out")
        ear.wait("talk-start", direction="in")
        laboratory.until("all is said", lambda: hand.ask("stats", "stats")["sent"] >= frames)
        check("talks twice", hand.ask("t", "error")["what"] == "talk")
        hand.ask("release", "talk-stop", direction="out")
        burst = ear.wait("talk-stop", direction="in")
        hand.ask("pull", "msk")
        sent = hand.ask("leave", "left")["sent"]
        mouth.stop()
        for ue in ear, deaf:
            ue.popen.terminate()
        heard, unicast = ear.wait("left"), deaf.wait("left")
        ear.stop()
        deaf.stop()
        check_figures(sent, burst, heard, unicast)
        with open(lab.path("earcard.out"), "rb") as f:
            played = array.array("h", f.read())
        shares = [sound.share_of(sound.melody(s), sound.TUNE)
                  for s in (played, sound.load(lab.path("deaf.wav")))]
        print("%d packets; from a sound card over the channel to a sound card: melody %.0f %%; to "
              "one without the channel: " "%.0f %%; jitter %.1f ms, at most %.1f ms"
              % (sent, 100 * shares[0], 100 * shares[1], burst["jitter_ms"],
                 heard["jitter_max_ms"]), flush=True)
        check("not what was said", min(shares) >= 0.9)


def refused(lab, name, *more, sqn=None, **where):
    """Returns the error event of a client that this option keeps from starting or going on."""
    user = lab.users.get(name) or lab.add_user(name)
    ue = lab.ue(name, *more, *(["--sqn-file", sqn] if sqn else []), **where)
    return ue, ue.wait("error")


def bad_names():
    """A file, a device or an interface is not available: the error names it and the reason."""
    with laboratory.Lab() as lab:
        lab.start_server()
        os.mkdir(lab.path("folder"))
        with open(lab.path("not.sqn"), "w") as f:
            f.write("nothing of ours")
        missing, why = lab.path("no/where"), "No such file or directory"
        for what, name, text, option in (("record", missing, why, ("--record", missing)),
                                         ("record", lab.path("folder"), "Is a directory",
                                          ("--record", lab.path("folder"))),
                                         ("key-log", missing, why, ("--key-log", missing)),
                                         ("audio-device", "nocard", "",
                                          ("--audio-device", "nocard")),
                                         ("interface", "nolink7", "No such device",
                                          ("--interface", "nolink7")),
                                         ("sqn-file", lab.path("not.sqn"), "malformed",
                                          ("--sqn-file", lab.path("not.sqn"))),
                                         ("sqn-file", lab.path("folder"), "Is a directory",
                                          ("--sqn-file", lab.path("folder")))):
            ue, error = refused(lab, "eve", *option)
            check("%s: %s" % (option, error), (error["what"], error.get("name"),
                                               error["fatal"]) == (what, name, True)
                  and text in error["text"])
            check("exit status", ue.popen.wait(20) == 1)
        # the client makes this file at the first bootstrapping
        ue, error = refused(lab, "eve", "--sqn-file", missing)
        check("%s" % error, (error["what"], error["name"], error["text"]) == ("sqn-file", missing,
                                                                              why))
        ue.wait("error", what="bootstrap", fatal=True)
        ue = lab.ue("eve", "--talk", lab.path("not.sqn"))
        error = ue.wait("error", what="talk")
        check("%s" % error, (error["name"], error["fatal"]) == (lab.path("not.sqn"), False))
        ue.stop()
        ue = lab.ue("eve", "--record", "/dev/full")
        lab.ue("mouth", "--talk", "tone")
        error = ue.wait("error", what="record")
        check("%s" % error, (error["name"], error["text"]) == ("/dev/full",
                                                               "No space left on device"))


def check_figures(sent, burst, heard, unicast):
    check("of %d packets %s, %s" % (sent, heard, unicast),
          heard["opened"] == heard["heard"] == sent == unicast["unicast"] and unicast["heard"] == 0)
    for stats in heard, unicast:
        check("figures %s" % stats, stats["lost"] == stats["late"] == stats["replayed"] == 0 and
              0 <= stats["jitter_ms"] <= stats["jitter_max_ms"])
    check("talk-stop has no figures: %s" % burst, burst["opened"] == sent
          and burst["lost"] == burst["late"] == 0)


if __name__ == "__main__":
    laboratory.main(run, bad_names)
