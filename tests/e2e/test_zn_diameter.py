#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Zn as Diameter, freeDiameter on both sides over loopback TCP; tshark names every AVP we send."""
import json
import re
import os
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import outside_invite  # noqa: E402
from lab import Failure, until  # noqa: E402
from zn_lab import BSF_PORT, NAF_DIAMETER, PF_PORT, ZnLab, joined, write_freediameter  # noqa: E402

UNKNOWN = "somebody@bsf.poc.example.org"


def invite(btid=UNKNOWN):
    begun = time.monotonic()
    status, headers = outside_invite.invite(btid)
    assert time.monotonic() - begun < 6, "the wait is bounded"
    if status.startswith("SIP/2.0 503"):
        assert "retry-after" in headers, headers
    return status.split()[1]


def until_connected(timeout=30):
    """The peers find each other in the background: the BSF's word on a B-TID that it does not know is 401."""
    until("Zn to be up", lambda: invite() == "401", timeout)


def check_join(lab):
    anna, bert = joined(lab.ue("anna")), joined(lab.ue("bert"))
    lab.online("expel", "sip:alpha@poc.example.org", "sip:bert@poc.example.org")
    bert.wait("expelled")
    anna.wait("rekeyed")
    assert "zn-answered" in lab.bsf_log()
    return anna


def check_killed(lab, anna):
    """BSF killed in the middle and back: nothing hangs, the session goes on, later joins work."""
    lab.add_user("dora")
    lab.stop_bsf(signal.SIGKILL)
    assert invite() == "503"
    at = anna.count()
    lab.online("rekey", "sip:alpha@poc.example.org")
    anna.wait("rekeyed", start=at)
    lab.start_bsf()
    until_connected()
    joined(lab.ue("dora"))


def check_silence(lab):
    """A BSF that takes the question and says nothing: 503 when timeout_ms is over, and SIP goes on meanwhile."""
    lab.bsf.popen.send_signal(signal.SIGSTOP)
    result = []
    thread = threading.Thread(target=lambda: result.append(invite()))
    begun, slowest = time.monotonic(), 0.0
    thread.start()
    while thread.is_alive() and time.monotonic() - begun < 10:
        asked = time.monotonic()
        assert outside_invite.options().startswith("SIP/2.0 200")
        slowest = max(slowest, time.monotonic() - asked)
    thread.join(1)
    lab.bsf.popen.send_signal(signal.SIGCONT)
    assert result == ["503"], result
    assert slowest < 0.4, "SIP waited %.3f s while Zn was silent" % slowest
    until_connected()


def check_expiry(lab):
    """An expired B-TID: 401 without stale, by the BSF's 5403."""
    lab.stop_bsf()
    with open(lab.path("bsf.conf")) as f:
        text = f.read()
    with open(lab.path("bsf.conf"), "w") as f:
        f.write(text.replace("lifetime_s = 86400", "lifetime_s = 2"))
    lab.start_bsf()
    until_connected()
    lab.add_user("emil")
    btid = joined(lab.ue("emil")).wait("bootstrapped")["btid"]
    refused = lab.bsf_log().count("zn-refused")
    time.sleep(2.1)  # the life of a B-TID, by the clock
    assert invite(btid) == "401"
    assert lab.bsf_log().count("zn-refused") > refused


class Capture:
    def __init__(self, lab):
        self.path = lab.path("zn.pcap")
        self.popen = subprocess.Popen(
            ["tshark", "-q", "-i", "lo", "-w", self.path, "-f", "tcp port %d or tcp port %d" % (BSF_PORT, PF_PORT)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.lines = []
        threading.Thread(target=self._read, daemon=True).start()
        until("tshark to capture", lambda: any("Capturing" in line for line in self.lines), 30)

    def _read(self):
        for line in self.popen.stderr:
            self.lines.append(line)

    def stop(self):
        self.popen.send_signal(signal.SIGINT)
        self.popen.wait(20)

    def decode(self):
        decode_as = sum((["-d", "tcp.port==%d,diameter" % port] for port in (BSF_PORT, PF_PORT)), [])
        run = subprocess.run(["tshark", "-r", self.path, *decode_as, "-Y", "diameter.cmd.code == 310", "-T", "json",
                              "--no-duplicate-keys"], capture_output=True, timeout=120)
        return run.stdout.decode(errors="replace"), json.loads(run.stdout)

    def text(self):
        decode_as = sum((["-d", "tcp.port==%d,diameter" % port] for port in (BSF_PORT, PF_PORT)), [])
        return subprocess.run(["tshark", "-r", self.path, *decode_as, "-Y", "diameter.cmd.code == 310", "-V"],
                              capture_output=True, timeout=120).stdout.decode(errors="replace")


def check_names(capture):
    text = capture.text()
    # NAF-Id was NAF-Hostname in the specification's first versions, and still is so in Wireshark.
    named = ("AVP: Session-Id(263)", "AVP: Vendor-Specific-Application-Id(260)", "AVP: Auth-Session-State(277)",
             "AVP: Origin-Host(264)", "AVP: Origin-Realm(296)", "AVP: Destination-Realm(283)",
             "AVP: Destination-Host(293)", "AVP: GAA-Service-Identifier(403)", "AVP: Transaction-Identifier(401)",
             "AVP: NAF-Hostname(402)", "AVP: GBA_U-Awareness-Indicator(407)", "AVP: Result-Code(268)", "AVP: User-Name(1)",
             "AVP: ME-Key-Material(405)", "AVP: Key-ExpiryTime(404)", "AVP: GBA-UserSecSettings(400)",
             "AVP: GBA-Type(410)", "AVP: Experimental-Result(297)", "AVP: Experimental-Result-Code(298)",
             "AVP: UICC-Key-Material(406)")
    for name in named:
        assert name in text, "tshark does not show %s, but %s" % (name, sorted(set(re.findall(r"AVP: [^(]+\([0-9]+\)", text))))
    for bad in ("Unknown", "Malformed", "Expert Info (Warning", "Expert Info (Error"):
        assert bad not in text, [line for line in text.splitlines() if bad in line][:5]
    assert "ApplicationId: 3GPP Zn (16777220)" in text
    assert "5403" in text


def check_stop(lab):
    """The server ends well also while it waits for a BSF that is silent."""
    lab.bsf.popen.send_signal(signal.SIGSTOP)
    threading.Thread(target=outside_invite.quietly, args=("lab-probe@bsf.poc.example.org",), daemon=True).start()
    time.sleep(0.3)  # the INVITE is on its way to the PF, or there: either is fine
    assert lab.server.stop() == 0, "the server ends well"
    lab.bsf.popen.send_signal(signal.SIGCONT)


def main():
    with ZnLab(naf=NAF_DIAMETER, zn='diameter = "bsf.fd"; nafs = [ "pf1.poc.example.org" ];') as lab:
        write_freediameter(lab)
        lab.add_user("anna")
        capture = Capture(lab)
        lab.start_bsf()
        lab.start_server()
        until_connected()
        anna = check_join(lab)
        check_gba_u(lab)
        check_silence(lab)
        check_killed(lab, anna)
        check_expiry(lab)
        check_stop(lab)
        assert lab.bsf.stop() == 0, "the BSF ends well"
        capture.stop()
        check_names(capture)
    print("1 passed, 0 failed")


def check_gba_u(lab):
    """A UICC that does GBA_U, by the subscriber's record: UICC-Key-Material goes over Zn."""
    lab.add_user("ursula", "--gba-u")
    ue = lab.ue("ursula")
    btid = ue.wait("bootstrapped")["btid"]
    until("the PF to ask", lambda: 'zn-answered btid="%s"' % btid in lab.bsf_log())
    ue.stop(signal.SIGKILL)  # it is a GBA_ME client: its MRK is another


main()
