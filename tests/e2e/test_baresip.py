#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian's baresip: an ordinary SIP phone whose user name and password are a B-TID and base64(MRK).
It refuses the channel's lines, talks to the channel while the floor is free, and hears the others
by unicast."""
import csv
import glob
import json
import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as laboratory  # noqa: E402
import sound  # noqa: E402
from lab import check  # noqa: E402

CONFIG = """
sip_listen 198.51.100.7:5072
net_interface phone0
rtp_ports 20000-20100
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:4444
audio_source aubridge,silence
audio_player aubridge,nowhere
audio_alert aubridge,nowhere
snd_path %(dir)s
"""
ACCOUNT = ("<%(uri)s;transport=udp>;auth_user=%(btid)s;auth_pass=%(password)s;"
           "outbound=\"sip:198.51.100.7:5060\";"
           "regint=0;audio_codecs=PCMU;ptime=20\n")
PHONE_NOTES, UE_NOTES = [0, 4, 1, 5, 2, 6, 3, 7], [7, 2, 5, 0, 6, 3, 1, 4]


class Phone:
    """baresip with one account, driven over its TCP control port (netstrings of JSON)."""

    def __init__(self, lab):
        self.lab, self.seen, self.buffer = lab, [], b""
        self.folder = lab.path("baresip")
        os.mkdir(self.folder, 0o700)
        sound.save(os.path.join(self.folder, "phone.wav"), sound.tune(PHONE_NOTES))
        lab.tool("lab", "bootstrap", "--config", "pttkeyd.conf", "--count", "1", "--domain",
                 laboratory.DOMAIN, "--csv", "phone.csv", "--prefix", "phone")
        with open(lab.path("phone.csv")) as f:
            self.uri, self.btid, self.password, _ = list(csv.reader(f, delimiter=";"))[1]
        for name, text in ("config", CONFIG % {"dir": self.folder}), ("accounts",
                                                                      ACCOUNT % vars(self)):
            with open(os.path.join(self.folder, name), "w") as f:
                f.write(text)
        with open(lab.path("baresip.log"), "wb") as log:
            self.popen = subprocess.Popen(["baresip", "-4", "-s", "-f", self.folder],
                                          stdin=subprocess.DEVNULL, stdout=log,
                                          stderr=subprocess.STDOUT)

    def connect(self):
        def attempt():
            try:
                return socket.create_connection(("127.0.0.1", 4444), 5)
            except OSError:
                check("baresip ended", self.popen.poll() is None)
                return None
        self.control = laboratory.until("baresip's control port", attempt)
        self.control.settimeout(0.2)

    def command(self, name, params=""):
        text = json.dumps({"command": name, "params": params}).encode()
        self.control.sendall(b"%d:%s," % (len(text), text))

    def _read(self):
        try:
            data = self.control.recv(65536)
        except socket.timeout:
            return
        check("baresip closed its control port", data)
        self.buffer += data
        while b":" in self.buffer:
            size, rest = self.buffer.split(b":", 1)
            if len(rest) <= int(size):
                return
            self.seen.append(json.loads(rest[:int(size)]))
            self.buffer = rest[int(size) + 1:]

    def wait(self, kind, timeout=15.0):
        def found():
            self._read()
            return next((e for e in self.seen if e.get("type") == kind), None)
        return laboratory.until("baresip: %s, had %s" % (kind, self.seen), found, timeout)

    def log(self):
        with open(self.lab.path("baresip.log"), errors="replace") as f:
            return f.read()

    def heard(self):
        """Returns its decoder's output; baresip writes the file's header when the call ends."""
        files = glob.glob(os.path.join(self.folder, "dump-*-dec.wav"))
        check("baresip's recordings: %s" % os.listdir(self.folder), len(files) == 1)
        return sound.load(files[0])

    def stop(self):
        self.popen.kill()
        self.popen.wait(5)


def call(lab, phone):
    """The phone joins; the PF offers the channel's lines and the phone refuses them."""
    phone.connect()
    phone.command("dial", laboratory.GROUP)
    phone.wait("CALL_ESTABLISHED")
    laboratory.until("the channel offered and refused",
                     lambda: "m=application 0 udp" in phone.log())


def interface():
    """Makes a pair of interfaces, because baresip refuses the loopback. No packet ever goes over
    this pair. Server and phone share one address, because baresip's RTP comes from the address that
    the kernel prefers."""
    for args in ("link add phone0 type veth peer name phone1",
                 "addr add 198.51.100.7/24 dev phone0", "link set phone1 up", "link set phone0 up"):
        subprocess.run(["ip", *args.split()], check=True)


def run():
    interface()
    with laboratory.Lab(naf='digest = [ "MD5" ];', listen=', "sip:198.51.100.7:5060;transport=udp"',
                        channel='codec = "PCMU/8000/1";') as lab:
        for name in "ear", "mouth":
            lab.add_user(name)
        lab.start_server()
        sound.save(lab.path("mouth.wav"), sound.tune(UE_NOTES))
        ear = lab.ue("ear", "--codec", "PCMU/8000/1", "--record", "ear.wav")
        ear.wait("mtk")
        phone = Phone(lab)
        try:
            call(lab, phone)
            mouth = lab.ue("mouth", "--codec", "PCMU/8000/1", "--talk", "mouth.wav")
            mouth.wait("talk-start", direction="out")
            mouth.wait("talk-stop", direction="out", timeout=30)
            ear.wait("talk-stop", direction="in")
            phone.command("ausrc", "aufile,%s/phone.wav" % phone.folder)
            ear.wait("talk-start", direction="in", talker=phone.uri)
            phone.wait("CALL_CLOSED")  # it hangs up at the end of its file
            laboratory.until("the phone's leave", lambda: " left group=" in lab.server_log())
            ear.popen.terminate()
            stats = ear.wait("left")
            ear.stop()
        finally:
            phone.stop()
        report(stats, sound.load(lab.path("ear.wav")), phone.heard())


def report(stats, channel, unicast):
    talked = sound.share_of(sound.melody(channel), UE_NOTES + PHONE_NOTES)
    heard = sound.share_of(sound.melody(unicast), UE_NOTES)
    print("the channel heard our client and then baresip: melody %.0f %%; baresip heard our client "
          "by unicast: melody "
          "%.0f %%" % (100 * talked, 100 * heard), flush=True)
    check("on the channel: %s" % sound.melody(channel), talked >= 0.9)
    check("baresip heard: %s" % sound.melody(unicast), heard >= 0.9)
    check("itself, too: %s" % sound.melody(unicast), sound.share_of(sound.melody(unicast),
                                                                    PHONE_NOTES) < 0.7)
    check("packets lost on the channel: %s" % stats, stats["undecryptable"] == stats["lost"] == 0)


if __name__ == "__main__":
    laboratory.main(run)
