#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A session captured with its keys, opened, and read by tshark with our dissector: talker, speech
and key names must equal those of our clients."""
import array
import json
import os
import signal
import stat
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as laboratory  # noqa: E402
import sound  # noqa: E402
from lab import check  # noqa: E402

CHANNEL = 'codec = "PCMU/8000/1";'
LUA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/wireshark/pttkey.lua")


class Capture:
    def __init__(self, lab):
        self.seen, self.started = [], threading.Event()
        self.popen = subprocess.Popen([lab.program("pttkey"), "lab", "capture", "--config",
                                       "pttkeyd.conf", "--out", "session.pcapng", "--interface",
                                       "lo"], cwd=lab.dir, stdin=subprocess.DEVNULL,
                                      stderr=subprocess.PIPE)
        threading.Thread(target=self._read, daemon=True).start()
        if not self.started.wait(20):
            self.popen.kill()
            raise laboratory.Failure("dumpcap does not begin: %s" % self.seen)

    def _read(self):
        for line in self.popen.stderr:
            self.seen.append(line.decode())
            if line.startswith(b"File:"):
                self.started.set()

    def stop(self):
        self.popen.send_signal(signal.SIGINT)
        check("capture: %d, %s" % (self.popen.wait(20), self.seen), self.popen.returncode == 0)


def tshark(lab, file, what, *fields, more=()):
    argv = ["tshark", "-n", "-X", "lua_script:" + LUA, "-r", lab.path(file), "-Y", what, "-T",
            "fields", *more]
    for field in fields:
        argv += ["-e", field]
    run = subprocess.run(argv, capture_output=True, timeout=120, env=dict(os.environ, HOME=lab.dir))
    check("tshark: %s" % run.stderr.decode(), run.returncode == 0 and b"Lua" not in run.stderr)
    return [line.split("\t") for line in run.stdout.decode().splitlines()]


def session(lab):
    """Captures two bursts of the tune. Between them the server restarts, with a new MSK and another
    SRTP suite."""
    for name in "ear", "talker":
        lab.add_user(name)
    lab.start_server()
    capture = Capture(lab)
    sound.save(lab.path("tune.wav"), sound.tune())
    codec = ["--codec", "PCMU/8000/1"]
    ear = lab.ue("ear", *codec)
    ear.wait("mtk")
    mouth = lab.ue("talker", *codec, "--talk", "tune.wav", "--stdin", stdin=subprocess.PIPE)
    mouth.wait("mtk")
    for turn in range(2):
        start, heard = mouth.count(), ear.count()
        mouth.popen.stdin.write(b"talk\n")
        mouth.popen.stdin.flush()
        mouth.wait("talk-stop", start=start, direction="out")
        ear.wait("talk-stop", start=heard, direction="in")
        if turn == 0:
            lab.write_config(channel=CHANNEL + 'suite = "AEAD_AES_128_GCM";')
            check("the server's end", lab.server.stop() == 0)
            lab.start_server()
            lab.online("rekey", laboratory.GROUP)
            ear.wait("rekeyed")
            mouth.wait("rekeyed")
    ear.popen.terminate()
    stats = ear.wait("left")
    mtks = [e["mki"] for e in ear.events if e["event"] == "mtk"]
    capture.stop()
    return stats, mtks


def read_sealed(lab, stats, mtks):
    """Checks the capture itself: SRTP and SRTCP with their MKIs, and the key names in MIKEY."""
    audio = tshark(lab, "session.pcapng", "udp.dstport == 40000", "_ws.col.Protocol", "pttkey.mki",
                   "pttkey.seq")
    check("SRTP: %d, %s" % (len(audio), stats), len(audio) == stats["heard"])
    # a newer MTK may replace the MTK of the start before there is audio
    used = set(stats["opened_by_mki"])
    check("MKIs of SRTP %s, %s" % (audio[:3], used),
          {line[1] for line in audio} == used <= set(mtks) and len({mki[:8] for mki in used}) == 2)
    floor = tshark(lab, "session.pcapng", "udp.dstport == 40002", "_ws.col.Protocol", "pttkey.mki",
                   "pttkey.mtk_id")
    check("SRTCP: %s" % floor[:3], floor and all(line[0] == "SRTCP" for line in floor) and
          {line[1] for line in floor} >= used)
    keys = tshark(lab, "session.pcapng", "udp.dstport == 2269", "mikey_keyid.key_domain",
                  "mikey_keyid.msk_id", "mikey_keyid.mtk_id")
    named = {msk[2:] + mtk[2:] for _, msk, mtk in keys}
    check("MTK messages %s, %s" % (named, mtks), named >= set(mtks)
          and all(line[0] == "00f110" for line in keys))
    offers = tshark(lab, "session.pcapng", "sip.Method == INVITE && mikey", "mikey_keyid.msk_id")
    check("MSK messages %s" % offers, {line[0][2:] for line in offers} >= {mki[:8] for mki in mtks})
    unicast = tshark(lab, "session.pcapng", "pttkey.subtype && udp.dstport != 40002",
                     "pttkey.subtype")
    kinds = [line[0] for line in unicast]
    check("TBCP by unicast: %s" % kinds, all(kind in kinds for kind in ("0", "1", "4")))


def read_opened(lab, stats):
    """Checks the output of `pttkey lab decrypt`: RTP with the tune, and the floor's holder."""
    size = os.path.getsize(lab.path("session.pcapng"))
    lab.tool("lab", "decrypt", "--in", "session.pcapng", "--keys", "session.pcapng.keys", "--out",
             "./session.pcapng", check=False)
    check("the capture overwritten", os.path.getsize(lab.path("session.pcapng")) == size > 0)
    result = lab.tool("lab", "decrypt", "--in", "session.pcapng", "--keys", "session.pcapng.keys",
                      "--out", "open.pcapng", "--json")
    check("decrypt: %s, %s" % (result, stats), result["srtp"] == stats["heard"]
          and result["failed"] == 0 and result["srtcp"] > 4)
    rtp = tshark(lab, "open.pcapng", "udp.dstport == 40000 && rtp", "rtp.p_type", "rtp.ssrc",
                 "rtp.payload", "udp.checksum.status", more=["-o",
                                                             "sdp.establish_conversation:FALSE",
                                                             "-o", "udp.check_checksum:TRUE", "-o",
                                                             "ip.check_checksum:TRUE"])
    check("RTP: %d, %s" % (len(rtp), rtp[:2]), len(rtp) == stats["heard"]
          and all(line[0] == "0" for line in rtp))
    said = array.array("h", (sound.mulaw_open(byte) for line in rtp
                             for byte in bytes.fromhex(line[2].replace(":", ""))))
    melody = sound.share_of(sound.melody(said), sound.TUNE * 2)
    exact = sound.frames_found(said, sound.tune())
    check("not what was said: %s" % sound.melody(said), melody >= 0.95 and exact >= 0.99)
    floor = tshark(lab, "open.pcapng", "udp.dstport == 40002", "pttkey.subtype",
                   "rtcp.app.poc1.sip.uri")
    taken = [line[1] for line in floor if line[0] == "2"]
    check("the channel's floor: %s" % floor, taken and set(taken) == {lab.users["talker"]["impu"]}
          and any(line[0] == "5" for line in floor))
    bad = tshark(lab, "open.pcapng", "ip.checksum.status == 0 || _ws.malformed", "frame.number",
                 more=["-o", "ip.check_checksum:TRUE"])
    check("broken packets: %s" % bad, not bad)
    other = [len(tshark(lab, name, "sip || mikey", "frame.number"))
             for name in ("session.pcapng", "open.pcapng")]
    check("SIP and MIKEY stay: %s" % other, other[0] == other[1] > 10)
    return result, melody, exact


def keep_capture(lab):
    """The tool refuses to write the result over the capture, and makes the result private
    (0600)."""
    before = os.stat(lab.path("session.pcapng")).st_size
    os.symlink("session.pcapng", lab.path("link.pcapng"))
    done = subprocess.run([lab.program("pttkey"), "lab", "decrypt", "--in", "session.pcapng",
                           "--keys", "session.pcapng.keys", "--out", "link.pcapng"], cwd=lab.dir,
                          stderr=subprocess.PIPE, text=True)
    check("onto itself: %s" % done, done.returncode == 1 and "the capture itself" in done.stderr)
    check("it stays", os.stat(lab.path("session.pcapng")).st_size == before)
    mode = stat.S_IMODE(os.stat(lab.path("open.pcapng")).st_mode)
    check("the opened capture has mode %o" % mode, mode == 0o600)


def wrong_keys(lab):
    """The key log of another session opens nothing. The tool says so, also by its exit status."""
    with open(lab.path("session.pcapng.keys")) as log:
        keys = [line.split() for line in log if line.startswith("MTK ")]
    for name, lines, said in (("empty", ["# nothing"], "there is no key in it"),
                              ("others", [" ".join(key[:1] + ["ffffffff" + key[1][8:]] + key[2:])
                                          for key in keys],
                               "no packet of the capture is under a key"),
                              ("same-ids", [" ".join(key[:3] + [key[3][::-1]] + key[4:])
                                            for key in keys], "not under its keys")):
        with open(lab.path(name + ".keys"), "w") as f:
            f.write("\n".join(lines) + "\n")
        done = subprocess.run([lab.program("pttkey"), "lab", "decrypt", "--in", "session.pcapng",
                               "--keys", name + ".keys", "--out", name + ".pcapng", "--json"],
                              cwd=lab.dir, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True)
        check("%s: %s" % (name, done), done.returncode == 1 and said in done.stderr and name
              + ".keys" in done.stderr)
        counts = json.loads(done.stdout)
        check("counts %s" % counts, counts["srtp"] == counts["srtcp"] == 0)


def run():
    with laboratory.Lab(top='lab = { key_log = "server.keys"; };', channel=CHANNEL) as lab:
        stats, mtks = session(lab)
        mode = stat.S_IMODE(os.stat(lab.path("session.pcapng.keys")).st_mode)
        check("the keys beside it have mode %o" % mode, mode == 0o600)
        with open(lab.path("session.pcapng.keys")) as f:
            suites = {line.split()[2] for line in f if line.startswith("MTK ")}
        check("suites %s" % suites, suites == {"AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM"})
        read_sealed(lab, stats, mtks)
        result, melody, exact = read_opened(lab, stats)
        keep_capture(lab)
        wrong_keys(lab)
        print("%(packets)d packets captured, %(srtp)d SRTP and %(srtcp)d SRTCP opened with "
              "%(keys)d keys" % result
              + "; in them the tune: %.0f %%, %.0f %% of its frames sample for sample"
              % (100 * melody, 100 * exact), flush=True)


if __name__ == "__main__":
    laboratory.main(run)
