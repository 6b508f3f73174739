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

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import until  # noqa: E402
from zn_lab import BSF_PORT, NAF_DIAMETER, PF_PORT, ZnLab, write_freediameter  # noqa: E402
from zn_plays import (check_expiry, check_join, check_outage,  # noqa: E402
                      check_silence, check_stop, invite)


def until_connected(timeout=30):
    """Waits until the peers are connected, which they do in the background: then an unknown B-TID
    gets 401."""
    until("Zn to be up", lambda: invite() == "401", timeout)


class Capture:
    def __init__(self, lab):
        self.path = lab.path("zn.pcap")
        self.popen = subprocess.Popen(["tshark", "-q", "-i", "lo", "-w", self.path, "-f",
                                       "tcp port %d or tcp port %d" % (BSF_PORT, PF_PORT)],
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
        decode_as = sum((["-d", "tcp.port==%d,diameter" % port] for port in (BSF_PORT, PF_PORT)),
                        [])
        run = subprocess.run(["tshark", "-r", self.path, *decode_as, "-Y",
                              "diameter.cmd.code == 310", "-T", "json", "--no-duplicate-keys"],
                             capture_output=True, timeout=120)
        return run.stdout.decode(errors="replace"), json.loads(run.stdout)

    def text(self):
        decode_as = sum((["-d", "tcp.port==%d,diameter" % port] for port in (BSF_PORT, PF_PORT)),
                        [])
        return subprocess.run(["tshark", "-r", self.path, *decode_as, "-Y",
                               "diameter.cmd.code == 310", "-V"], capture_output=True,
                              timeout=120).stdout.decode(errors="replace")


def check_names(capture):
    text = capture.text()
    # The specification's first versions called NAF-Id NAF-Hostname; Wireshark still does.
    named = ("AVP: Session-Id(263)", "AVP: Vendor-Specific-Application-Id(260)",
             "AVP: Auth-Session-State(277)", "AVP: Origin-Host(264)", "AVP: Origin-Realm(296)",
             "AVP: Destination-Realm(283)", "AVP: Destination-Host(293)",
             "AVP: GAA-Service-Identifier(403)", "AVP: Transaction-Identifier(401)",
             "AVP: NAF-Hostname(402)", "AVP: GBA_U-Awareness-Indicator(407)",
             "AVP: Result-Code(268)", "AVP: User-Name(1)", "AVP: ME-Key-Material(405)",
             "AVP: Key-ExpiryTime(404)", "AVP: GBA-UserSecSettings(400)", "AVP: GBA-Type(410)",
             "AVP: Experimental-Result(297)", "AVP: Experimental-Result-Code(298)",
             "AVP: UICC-Key-Material(406)")
    for name in named:
        assert name in text, "tshark does not show %s, but %s" % (
            name, sorted(set(re.findall(r"AVP: [^(]+\([0-9]+\)", text))))
    for bad in ("Unknown", "Malformed", "Expert Info (Warning", "Expert Info (Error"):
        assert bad not in text, [line for line in text.splitlines() if bad in line][:5]
    assert "ApplicationId: 3GPP Zn (16777220)" in text
    assert "5403" in text


def check_gba_u(lab):
    """The subscriber's record says that the UICC does GBA_U: UICC-Key-Material goes over Zn."""
    lab.add_user("ursula", "--gba-u")
    ue = lab.ue("ursula")
    btid = ue.wait("bootstrapped")["btid"]
    until("the PF to ask", lambda: 'zn-answered btid="%s"' % btid in lab.bsf_log())
    ue.stop(signal.SIGKILL)  # this client does GBA_ME, so its MRK differs


def main():
    with ZnLab(naf=NAF_DIAMETER,
               zn='diameter = "bsf.fd"; nafs = [ "pf1.poc.example.org" ];') as lab:
        write_freediameter(lab)
        lab.add_user("anna")
        capture = Capture(lab)
        lab.start_bsf()
        lab.start_server()
        until_connected()
        anna = check_join(lab)
        check_gba_u(lab)
        check_silence(lab)
        until_connected()
        check_outage(lab, anna, until_connected)
        check_expiry(lab, until_connected)
        check_stop(lab, BSF_PORT, PF_PORT)
        assert lab.bsf.stop() == 0, "the BSF ends well"
        capture.stop()
        check_names(capture)
    print("1 passed, 0 failed")


main()
