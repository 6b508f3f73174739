#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The channel read by other software, with keys from the key log: GStreamer plays the sound, and a
listener on libsrtp2's public API opens every packet that our client opens, through a re-key in the
middle of the burst."""
import os
import stat
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as laboratory  # noqa: E402
import sound  # noqa: E402
from lab import check  # noqa: E402

CHANNEL = ["233.252.0.17", "lo"]
TUNES = 2  # the re-key comes inside this text


def check_key_log(lab, ues, suite):
    """The key log has mode 0600, the server warns, and its keys equal the client's, line by line
    but for the time."""
    logs = []
    for name in "server.keys", "ear.keys":
        mode = stat.S_IMODE(os.stat(lab.path(name)).st_mode)
        check("%s has mode %o" % (name, mode), mode == 0o600)
        with open(lab.path(name)) as f:
            logs.append([line.split() for line in f if line.startswith("MTK ")])
        check("%s: %s" % (name, logs[-1]), len(logs[-1]) >= 2)
    check("another suite: %s" % logs[0], all(line[2] == suite for line in logs[0]))
    keys = {tuple(line[:5] + line[6:]) for line in logs[0]}
    check("the client logged other keys", all(tuple(line[:5] + line[6:]) in keys
                                              for line in logs[1]))
    mtks = [e["mki"] for e in ues["ear"].events if e["event"] == "mtk"]
    check("key log %s, events %s" % (logs[1], mtks), mtks == [line[1] for line in logs[1]])
    check("no warning", "EVERY TRAFFIC KEY" in lab.server_log())


def talk(lab, codec, wav):
    """Sends one burst, twice the tune, with a new MSK in between; returns what the listeners
    heard."""
    unicast = ["--codec", codec + "/8000/1"]
    ues = {"ear": lab.ue("ear", *unicast, "--key-log", "ear.keys", "--record", "ear.wav")}
    ues["ear"].wait("mtk")
    gst = lab.run("listen_gst", lab.program("tests/e2e/listen_gst"), *CHANNEL, "40000", codec,
                  "server.keys", "gst.wav")
    srtp = lab.run("listen_srtp", lab.program("tests/e2e/listen_srtp"), *CHANNEL, "40000", "40002",
                   "server.keys")
    gst.wait("ready")
    srtp.wait("ready")
    ues["mouth"] = lab.ue("mouth", *unicast, "--talk", wav)
    ues["mouth"].wait("talk-start")
    lab.online("rekey", laboratory.GROUP)
    ues["ear"].wait("rekeyed")
    ues["mouth"].wait("talk-stop", timeout=30)
    ues["ear"].wait("talk-stop", direction="in")
    for ue in ues.values():
        ue.popen.terminate()
    ends = {name: ue.wait("left") for name, ue in ues.items()}
    for process in gst, srtp:
        process.popen.stdin.close()
    ends["srtp"] = srtp.wait("end")
    gst.wait("eof")
    check("listen_gst: exit %d" % gst.popen.wait(10), gst.popen.returncode == 0)
    return ues, ends


def check_srtp(ends):
    seen = ends["srtp"]
    opened = {mki: count["opened"] for mki, count in seen["keys"].items() if count["opened"]}
    ours = {mki: count["opened"] for mki, count in ends["ear"]["opened_by_mki"].items()}
    check("libsrtp2 listener %s, our client %s" % (seen, ends["ear"]),
          opened == ours and seen["unknown"] == seen["bad"] == 0 and len(opened) == 2)
    check("sent %d, opened %s" % (ends["mouth"]["sent"], opened),
          sum(opened.values()) == ends["mouth"]["sent"])
    check("no floor message under some key: %s" % seen,
          all(seen["keys"][mki]["floor"] > 0 for mki in opened))
    return opened


def run(codec, suite):
    sent = sound.tune(sound.TUNE * TUNES)
    with laboratory.Lab(top='lab = { key_log = "server.keys"; };',
                        channel='codec = "%s/8000/1"; suite = "%s";' % (codec, suite)) as lab:
        sound.save(lab.path("tune.wav"), sent)
        for name in "ear", "mouth":
            lab.add_user(name)
        lab.start_server()
        ues, ends = talk(lab, codec, "tune.wav")
        check_key_log(lab, ues, suite)
        opened = check_srtp(ends)
        heard = sound.load(lab.path("gst.wav"))
        melody = sound.share_of(sound.melody(heard), sound.TUNE * TUNES)
        exact = sound.frames_found(heard, sent) if codec == "PCMU" else None
        print("%s, %s: %d packets sent, opened by libsrtp2 and by the client %s; GStreamer: %.1f "
              "s, melody %.0f %%%s" % (codec, suite, ends["mouth"]["sent"], opened,
                                       len(heard) / sound.RATE, 100 * melody,
                                       "" if exact is None
                                       else ", %.0f %% of the frames sample for sample"
                                       % (100 * exact)), flush=True)
        check("not what was sent: %s" % sound.melody(heard),
              melody >= 0.9 and (exact is None or exact >= 0.9))


if __name__ == "__main__":
    laboratory.main(lambda: run("AMR", "AES_CM_128_HMAC_SHA1_80"),
                    lambda: run("PCMU", "AEAD_AES_256_GCM"))
