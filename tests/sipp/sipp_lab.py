# SPDX-License-Identifier: LGPL-2.1-or-later
"""The server with groups for SIPp, its subscribers, and sipp processes (run.py)."""
import csv
import os
import re
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
import lab as laboratory  # noqa: E402
from lab import Failure, until  # noqa: E402

DOMAIN = "poc.example.org"
ALPHA, CLOSED, LOAD, BATCH = ("sip:%s@%s" % (name, DOMAIN)
                              for name in ("alpha", "closed", "load", "batch"))
CHANNEL = {ALPHA: "233.252.0.17", CLOSED: "233.252.0.18", LOAD: "233.252.0.19",
           BATCH: "233.252.0.20"}
OUTER_S = 60  # a sipp that takes longer is killed, unless its play sets another limit

CONFIG = """
listen = [ "sip:127.0.0.1:5060;transport=udp", "sip:127.0.0.1:5060;transport=tcp" ];
naf  = { fqdn = "pf1.poc.example.org"; source = "embedded"; };
bsf  = { listen = "127.0.0.1:8080"; host = "bsf.poc.example.org"; lifetime_s = 86400; };
plmn = "001-01";
store = { type = "sqlite"; path = "state.db"; kek_file = "kek"; };
control = "pttkey.sock";
metrics = "127.0.0.1:9464";
log = { level = "debug"; };
overload = { lag_ms = 5000; };
over_mtu = "%s";
groups = ( %s );
"""
GROUP = """
  { uri = "%s"; members = [ "%s" ]; owners = [ "sip:owner000001@poc.example.org" ];
    channel = { address = "%s"; audio_port = 40000; floor_port = 40002; key_port = 2269;
                interface = "lo"; ttl = 1; };
    policy  = { on_leave = "%s"; leave_batch_ms = %d; }; }"""


class SippLab(laboratory.Lab):
    """The laboratory with groups for SIPp, and its subscribers from `pttkey lab bootstrap`."""

    def __init__(self, bin_dir, over_mtu="tcp", batch_ms=1000):
        self.sipps, self.used, self.parties = [], 0, 0
        super().__init__(bin_dir, over_mtu=over_mtu, batch_ms=batch_ms)

    def write_config(self, **changes):
        self.config_values.update(changes)
        groups = [GROUP % (uri, members, CHANNEL[uri], on_leave, self.config_values["batch_ms"])
                  for uri, members, on_leave in ((ALPHA, "*", "always"),
                                                 (CLOSED, "sip:nobody@poc.example.org", "always"),
                                                 (LOAD, "*", "never"), (BATCH, "*", "batch"))]
        with open(self.path("pttkeyd.conf"), "w") as f:
            f.write(CONFIG % (self.config_values["over_mtu"], ",".join(groups)))

    def bootstrap(self, members):
        rows = []
        for prefix, count in (("owner", 1), ("lab", members)):
            self.tool("lab", "bootstrap", "--config", "pttkeyd.conf", "--count", str(count),
                      "--domain", DOMAIN, "--csv", prefix + ".csv", "--prefix", prefix, "--json",
                      timeout=240)
            with open(self.path(prefix + ".csv"), newline="") as f:
                lines = list(csv.reader(f, delimiter=";"))
            if lines[0] != ["SEQUENTIAL"] or len(lines) != count + 1:
                raise Failure("%s.csv is not what SIPp reads: %s, %d lines"
                              % (prefix, lines[0], len(lines)))
            rows.append(lines[1:])
        self.owner, self.people = rows[0][0], rows[1]

    def person(self):
        """Returns an unused subscriber."""
        self.used += 1
        return self.people[self.used - 1]

    def group(self, uri):
        return next(g for g in self.online("groups")["groups"] if g["group"] == uri)

    def settled(self, uri, count):
        """Waits until count members are in session, each with the newest MSK or on unicast, and no
        re-key runs."""
        group = self.group(uri)
        return group["members"] == count and not group["rekeying"] and group["unsettled"] == 0

    def wait_settled(self, uri, count):
        until("%s settled with %d members" % (uri, count), lambda: self.settled(uri, count))

    def member(self, uri, impu):
        found = [m for m in self.online("members", uri)["members"] if m["impu"] == impu]
        return found[0] if found else None

    def metrics(self):
        """Returns all counters that the plays compare."""
        names = ["joins_total{result=\"%s\"}" % r for r in ("accepted", "draining", "forbidden",
                                                            "malformed")]
        names += ["digest_failures_total{cause=\"wrong-password\"}", "leaves_total{reason=\"bye\"}",
                  "leaves_total{reason=\"timeout\"}", "leaves_total{reason=\"dialog-gone\"}",
                  "leaves_total{reason=\"refused\"}",
                  "expulsions_total{source=\"refer\"}",
                  "expulsions_total{source=\"operator\"}", "offers_total{result=\"failed\"}",
                  "offers_total{result=\"retried\"}", "rekeys_total{reason=\"operator\"}",
                  "rekeys_total{reason=\"leave\"}"]
        names += ["over_mtu_total", "store_errors_total"]
        return {name: self.metric("pttkey_" + name) for name in names}


class Sipp:
    """One sipp process: a scenario played by some subscribers."""

    def __init__(self, lab, scenario, *people, group=ALPHA, keys=(), sets=(), rate=10, more=(),
                 status=None, port=None, outer_s=OUTER_S, trace=True):
        lab.parties += 1
        self.lab, self.name, self.outer_s = lab, "%02d-%s" % (lab.parties, scenario), outer_s
        self.people = {row[0]: row for row in people}
        self.port = port or 6000 + 20 * lab.parties
        with open(lab.path(self.name + ".csv"), "w", opener=lambda p, f: os.open(p, f, 0o600)) as f:
            f.write("SEQUENTIAL\n" + "".join(";".join(row) + "\n" for row in people))
        file = os.path.join(HERE, scenario + ".xml")
        if status:  # SIPp needs a literal here
            with open(file) as template, open(lab.path(self.name + ".xml"), "w") as f:
                f.write(template.read().replace("SIP/2.0 491 Request Pending", "SIP/2.0 " + status))
            file = lab.path(self.name + ".xml")
        argv = ["timeout", "-s", "KILL", str(outer_s), "sipp", "127.0.0.1:5060", "-sf", file,
                "-inf", self.name + ".csv", "-i", "127.0.0.1", "-p", str(self.port), "-m",
                str(len(people)), "-l", str(len(people)), "-r", str(rate), "-nostdin", "-buff_size",
                "1000000", "-recv_timeout", "10000", "-timeout", str(outer_s - 10),
                "-timeout_error", "-trace_err", "-error_file", self.name + ".err.log",
                "-trace_logs", "-log_file", self.name + ".keys", "-key", "group", group, "-key",
                "channel", CHANNEL.get(group, "-"), *more,
                *(["-trace_msg", "-message_file", self.name + ".msg.log"] if trace else [])]
        for option, pairs in (("-key", keys), ("-set", sets)):
            for name, value in pairs:
                argv += [option, name, str(value)]
        self.screen = open(lab.path(self.name + ".screen"), "wb")
        self.popen = subprocess.Popen(argv, cwd=lab.dir, stdin=subprocess.DEVNULL,
                                      stdout=self.screen, stderr=subprocess.STDOUT)
        lab.sipps.append(self)

    def wait(self):
        status = self.popen.wait(self.outer_s + 10)
        if status != 0:
            raise Failure("%s: sipp ended with %d; see its messages below" % (self.name, status))
        return self

    def end(self):
        if self.popen.poll() is None:
            # timeout leads a separate process group, with sipp in it
            os.killpg(self.popen.pid, signal.SIGKILL)
            self.popen.wait(5)
        self.screen.close()

    def messages(self):
        with open(self.lab.path(self.name + ".msg.log"), errors="replace") as f:
            return f.read()

    def msks(self, whose=None):
        """Returns the MSKs of the key-mgmt values that the scenario logged, opened with each
        member's own MUK."""
        keys = {}
        with open(self.lab.path(self.name + ".keys")) as f:
            for impu, blob in re.findall(r"^(sip:\S+) (\S+)$", f.read(), re.M):
                if whose and impu not in whose:
                    continue
                opened = self.lab.tool("mikey", "open", "--psk", self.people[impu][3], "--json",
                                       blob)
                if not opened["mac_ok"]:
                    raise Failure("%s: MIKEY of %s does not open" % (self.name, impu))
                keys.setdefault(impu, []).append(opened["msk"])
        return keys

    def msks_of_one(self):
        (keys,) = self.msks().values()
        return keys


def staying(row, rekeys):
    """Returns the CSV line for stay.xml of a member that leaves after this many re-keys."""
    return row[:4] + [str(rekeys)]


def expect(what, value, wanted):
    if value != wanted:
        raise Failure("%s: %r, expected %r" % (what, value, wanted))


def dump(lab):
    for sipp in lab.sipps:
        if sipp.popen.returncode == 0:
            continue
        for kind in ("err.log", "msg.log"):
            path = lab.path("%s.%s" % (sipp.name, kind))
            if os.path.exists(path):
                with open(path, errors="replace") as f:
                    sys.stderr.write("---- %s %s\n%s" % (sipp.name, kind,
                                                         (f.read(4000) if kind == "err.log"
                                                          else f.read()[-8000:])))


def connections(*ports):
    """Returns the port pairs of established TCP connections with one of these ports at an end."""
    found = []
    with open("/proc/net/tcp") as f:
        for line in f.readlines()[1:]:
            local, remote, state = line.split()[1:4]
            pair = [int(end.split(":")[1], 16) for end in (local, remote)]
            if state == "01" and set(pair) & set(ports):
                found.append(pair)
    return sorted(found)


def listens(port):
    with open("/proc/net/tcp") as f:
        return ":%04X 00000000:0000 0A " % port in f.read()
