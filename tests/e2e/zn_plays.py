# SPDX-License-Identifier: LGPL-2.1-or-later
"""Faults that Zn survives over REST and over Diameter, for test_zn.py and test_zn_diameter.py."""
import signal
import threading
import time

import outside_invite
from lab import GROUP, until
from zn_lab import joined

UNKNOWN = "somebody@bsf.poc.example.org"
# freeDiameter ends only when the silent peer's connection has timed out: some 20 s on an idle host.
SILENT_PEER_S = 60


def invite(btid=UNKNOWN):
    """Sends an INVITE with a B-TID that makes the PF ask the BSF. Checks that the wait is bounded;
    returns the status."""
    begun = time.monotonic()
    status, headers = outside_invite.invite(btid)
    assert time.monotonic() - begun < 6, "the wait is bounded"
    if status.startswith("SIP/2.0 503"):
        assert "retry-after" in headers, headers
    if status.startswith("SIP/2.0 401"):
        assert "stale=true" not in headers["www-authenticate"], headers
    return status.split()[1]


def check_join(lab):
    anna, bert = joined(lab.ue("anna")), joined(lab.ue("bert"))
    lab.online("expel", GROUP, "sip:bert@poc.example.org")
    bert.wait("expelled")
    anna.wait("rekeyed")
    assert "zn-answered" in lab.bsf_log()
    return anna


def check_rekey(lab, ue):
    """A member stays in session and gets new keys, whatever Zn does."""
    at = ue.count()
    lab.online("rekey", GROUP)
    ue.wait("rekeyed", start=at)


def check_outage(lab, anna, connected):
    """The BSF is killed and restarted: the session goes on, joins get 503 at once, later joins
    work.

    connected() returns when the PF can reach the BSF again.
    """
    lab.add_user("dora")
    lab.stop_bsf(signal.SIGKILL)
    before = lab.server_log().count("zn-lookup-failed")
    assert invite() == "503"
    assert lab.server_log().count("zn-lookup-failed") > before
    check_rekey(lab, anna)
    lab.start_bsf()
    connected()
    joined(lab.ue("dora"))


def check_silence(lab):
    """The BSF accepts the question and stays silent: 503 after timeout_ms; SIP goes on
    meanwhile."""
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
    assert 1.0 < time.monotonic() - begun < 6, "the time-out is that of the configuration"
    assert slowest < 0.4, "SIP waited %.3f s while Zn was silent" % slowest


def check_expiry(lab, connected):
    """The BSF refuses an expired B-TID, so the PF answers 401: the client must bootstrap again."""
    lab.stop_bsf()
    with open(lab.path("bsf.conf")) as f:
        text = f.read()
    with open(lab.path("bsf.conf"), "w") as f:
        f.write(text.replace("lifetime_s = 86400", "lifetime_s = 2"))
    lab.start_bsf()
    connected()
    lab.add_user("emil")
    btid = joined(lab.ue("emil")).wait("bootstrapped")["btid"]
    refused = lab.bsf_log().count("zn-refused")

    def asked_in_vain():
        assert invite(btid) == "401", "with a wrong password it is 401 before, too"
        return lab.bsf_log().count("zn-refused") > refused

    until("the B-TID to expire", asked_in_vain, 10)
    return btid


def unread(ports):
    """Counts the unread bytes in connections from or to these ports: the questions to a stopped
    process."""
    with open("/proc/net/tcp") as f:
        rows = [line.split() for line in f.readlines()[1:]]
    return sum(int(row[4].split(":")[1], 16) for row in rows
               if row[3] == "01" and {int(end.split(":")[1], 16) for end in row[1:3]} & set(ports))


def check_stop(lab, *ports):
    """The server ends with status 0 while it waits for a silent BSF. ports: the ports of Zn."""
    lab.bsf.popen.send_signal(signal.SIGSTOP)
    before = unread(ports)
    threading.Thread(target=outside_invite.quietly, args=("lab-probe@bsf.poc.example.org",),
                     daemon=True).start()
    until("the BSF to be asked", lambda: unread(ports) > before)
    assert lab.server.stop(timeout=SILENT_PEER_S) == 0, "the server exits with 0"
    lab.bsf.popen.send_signal(signal.SIGCONT)
