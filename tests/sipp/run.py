#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""SIPp scenarios against the real server. usage: run.py FOLDER-OF-THE-PROGRAMS [PLAY ...]

Each play starts one sipp process a party, in the order that what it shows needs: it waits for what the server says
of itself (members, groups, metrics), never for a time. A call that fails fails its sipp, and that fails the run.
"""
import csv
import os
import re
import signal
import subprocess
import sys

sys.dont_write_bytecode = True  # the source tree stays clean
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
import lab as laboratory  # noqa: E402
from lab import Failure, until  # noqa: E402

DOMAIN = "poc.example.org"
ALPHA, CLOSED, LOAD = ("sip:%s@%s" % (name, DOMAIN) for name in ("alpha", "closed", "load"))
CHANNEL = {ALPHA: "233.252.0.17", CLOSED: "233.252.0.18", LOAD: "233.252.0.19"}
MEMBERS, LOAD_CALLS, LOAD_RATE = 60, 50, 25
OUTER_S = 60  # a sipp that takes longer is killed

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
groups = ( %s );
"""
GROUP = """
  { uri = "%s"; members = [ "%s" ]; owners = [ "sip:owner000001@poc.example.org" ];
    channel = { address = "%s"; audio_port = 40000; floor_port = 40002; key_port = 2269; interface = "lo"; ttl = 1; };
    policy  = { on_leave = "%s"; }; }"""


class SippLab(laboratory.Lab):
    """The laboratory with groups for SIPp, and its subscribers from `pttkey lab bootstrap`."""

    def write_config(self, **changes):
        groups = [GROUP % (ALPHA, "*", CHANNEL[ALPHA], "always"),
                  GROUP % (CLOSED, "sip:nobody@poc.example.org", CHANNEL[CLOSED], "always"),
                  GROUP % (LOAD, "*", CHANNEL[LOAD], "never")]
        with open(self.path("pttkeyd.conf"), "w") as f:
            f.write(CONFIG % ",".join(groups))

    def bootstrap(self):
        rows = []
        for prefix, count in (("owner", 1), ("lab", MEMBERS)):
            self.tool("lab", "bootstrap", "--config", "pttkeyd.conf", "--count", str(count), "--domain", DOMAIN,
                      "--csv", prefix + ".csv", "--prefix", prefix, "--json", timeout=120)
            with open(self.path(prefix + ".csv"), newline="") as f:
                lines = list(csv.reader(f, delimiter=";"))
            if lines[0] != ["SEQUENTIAL"] or len(lines) != count + 1:
                raise Failure("%s.csv is not what SIPp reads: %s, %d lines" % (prefix, lines[0], len(lines)))
            rows.append(lines[1:])
        self.owner, self.people = rows[0][0], rows[1]
        self.used = self.parties = 0

    def person(self):
        """A subscriber nobody has used yet."""
        self.used += 1
        return self.people[self.used - 1]

    def group(self, uri):
        return next(g for g in self.online("groups")["groups"] if g["group"] == uri)

    def settled(self, uri, count):
        """count members in session, each with the newest MSK or on unicast; no re-key under way."""
        group = self.group(uri)
        return group["members"] == count and not group["rekeying"] and group["unsettled"] == 0

    def wait_settled(self, uri, count):
        until("%s settled with %d members" % (uri, count), lambda: self.settled(uri, count))

    def member(self, uri, impu):
        found = [m for m in self.online("members", uri)["members"] if m["impu"] == impu]
        return found[0] if found else None

    def metrics(self):
        """All counters that the plays look at."""
        names = ["joins_total{result=\"%s\"}" % r for r in ("accepted", "draining", "forbidden", "malformed")]
        names += ["digest_failures_total{cause=\"wrong-password\"}", "leaves_total{reason=\"bye\"}",
                  "leaves_total{reason=\"timeout\"}", "leaves_total{reason=\"dialog-gone\"}",
                  "expulsions_total{source=\"refer\"}",
                  "expulsions_total{source=\"operator\"}", "offers_total{result=\"failed\"}",
                  "offers_total{result=\"retried\"}", "rekeys_total{reason=\"operator\"}"]
        names += ["over_mtu_total", "store_errors_total"]
        return {name: self.metric("pttkey_" + name) for name in names}


class Sipp:
    """One sipp process: a scenario played by some subscribers."""

    def __init__(self, lab, scenario, *people, group=ALPHA, keys=(), sets=(), rate=10, more=(), status=None):
        lab.parties += 1
        self.lab, self.name = lab, "%02d-%s" % (lab.parties, scenario)
        self.people = {row[0]: row for row in people}
        port = 6000 + 20 * lab.parties
        with open(lab.path(self.name + ".csv"), "w", opener=lambda p, f: os.open(p, f, 0o600)) as f:
            f.write("SEQUENTIAL\n" + "".join(";".join(row) + "\n" for row in people))
        file = os.path.join(HERE, scenario + ".xml")
        if status:  # SIPp wants it literal
            with open(file) as template, open(lab.path(self.name + ".xml"), "w") as f:
                f.write(template.read().replace("SIP/2.0 491 Request Pending", "SIP/2.0 " + status))
            file = lab.path(self.name + ".xml")
        argv = ["timeout", "-s", "KILL", str(OUTER_S), "sipp", "127.0.0.1:5060", "-sf",
                file, "-inf", self.name + ".csv", "-i", "127.0.0.1",
                "-p", str(port), "-m", str(len(people)), "-r", str(rate), "-nostdin",
                "-recv_timeout", "10000", "-timeout", "50", "-timeout_error", "-trace_err", "-error_file",
                self.name + ".err.log", "-trace_msg", "-message_file", self.name + ".msg.log", "-trace_logs",
                "-log_file", self.name + ".keys", "-key", "group", group, "-key", "channel", CHANNEL.get(group, "-"),
                *more]
        for option, pairs in (("-key", keys), ("-set", sets)):
            for name, value in pairs:
                argv += [option, name, str(value)]
        self.screen = open(lab.path(self.name + ".screen"), "wb")
        self.popen = subprocess.Popen(argv, cwd=lab.dir, stdin=subprocess.DEVNULL, stdout=self.screen,
                                      stderr=subprocess.STDOUT)
        lab.sipps.append(self)

    def wait(self):
        status = self.popen.wait(OUTER_S + 10)
        if status != 0:
            raise Failure("%s: sipp ended with %d; see its messages below" % (self.name, status))
        return self

    def end(self):
        if self.popen.poll() is None:
            os.killpg(self.popen.pid, signal.SIGKILL)  # timeout leads a group of its own, with sipp in it
            self.popen.wait(5)
        self.screen.close()

    def msks(self):
        """The MSKs that came in the key-mgmt values the scenario logged, opened with each one's own MUK."""
        keys = {}
        with open(self.lab.path(self.name + ".keys")) as f:
            for impu, blob in re.findall(r"^(sip:\S+) (\S+)$", f.read(), re.M):
                opened = self.lab.tool("mikey", "open", "--psk", self.people[impu][3], "--json", blob)
                if not opened["mac_ok"]:
                    raise Failure("%s: MIKEY of %s does not open" % (self.name, impu))
                keys.setdefault(impu, []).append(opened["msk"])
        return keys

    def msks_of_one(self):
        (keys,) = self.msks().values()
        return keys


def expect(what, value, wanted):
    if value != wanted:
        raise Failure("%s: %r, expected %r" % (what, value, wanted))


# --- the plays: one a scenario of the issue ---

def play_join(lab):
    one = lab.person()
    keys = Sipp(lab, "join", one).wait().msks_of_one()
    expect("MSKs", len(keys), 1)
    return {"joins_total{result=\"accepted\"}": 1, "leaves_total{reason=\"bye\"}": 1}


def play_join_channel(lab):
    expect("MSKs", len(Sipp(lab, "join_channel", lab.person()).wait().msks_of_one()), 1)
    return {"joins_total{result=\"accepted\"}": 1, "leaves_total{reason=\"bye\"}": 1}


def play_join_offerless(lab):
    expect("MSKs", len(Sipp(lab, "join_offerless", lab.person()).wait().msks_of_one()), 1)
    return {"joins_total{result=\"accepted\"}": 1, "leaves_total{reason=\"bye\"}": 1}


def play_tcp(lab):
    """The same over one TCP connection, which the server's own requests come back on."""
    Sipp(lab, "join", lab.person(), more=("-t", "t1")).wait()
    return {"joins_total{result=\"accepted\"}": 1, "leaves_total{reason=\"bye\"}": 1}


def play_pull(lab):
    keys = Sipp(lab, "pull", lab.person()).wait().msks_of_one()
    expect("MIKEY messages", len(keys), 2)
    expect("MSKs", len(set(keys)), 1)
    return {"joins_total{result=\"accepted\"}": 1, "leaves_total{reason=\"bye\"}": 1}


def play_leave(lab):
    """C leaves: A and B get another MSK. Then A leaves: B gets a third."""
    a = Sipp(lab, "stay", lab.person(), sets=[("rekeys", 1)])
    lab.wait_settled(ALPHA, 1)
    b = Sipp(lab, "stay", lab.person(), sets=[("rekeys", 2)])
    lab.wait_settled(ALPHA, 2)
    c = Sipp(lab, "join", lab.person())
    keys = [party.wait().msks_of_one() for party in (c, a, b)]
    expect("MSKs of C, A, B", [len(k) for k in keys], [1, 2, 3])
    expect("the first is everybody's", len({k[0] for k in keys}), 1)
    expect("the second is A's and B's", keys[1][1], keys[2][1])
    expect("three MSKs in all", len(set(keys[2])), 3)
    return {"joins_total{result=\"accepted\"}": 3, "leaves_total{reason=\"bye\"}": 3}


def play_refuse_channel(lab):
    """He stays on unicast while the others are re-keyed, and is sent nothing, until he is expelled."""
    refuser = lab.person()
    stayer = Sipp(lab, "stay", lab.person(), sets=[("rekeys", 1)])
    lab.wait_settled(ALPHA, 1)
    party = Sipp(lab, "refuse_channel", refuser)
    lab.wait_settled(ALPHA, 2)
    until("on unicast", lambda: lab.member(ALPHA, refuser[0])["channel"] == "unicast")
    before = lab.group(ALPHA)["generation"]
    lab.online("rekey", ALPHA)
    expect("MSKs of the stayer", len(set(stayer.wait().msks_of_one())), 2)
    until("re-keyed", lambda: lab.group(ALPHA)["generation"] > before and lab.settled(ALPHA, 1))
    expect("channel of the refuser", lab.member(ALPHA, refuser[0])["channel"], "unicast")
    lab.online("expel", ALPHA, refuser[0])
    party.wait()
    return {"joins_total{result=\"accepted\"}": 2, "rekeys_total{reason=\"operator\"}": 1,
            "expulsions_total{source=\"operator\"}": 1, "leaves_total{reason=\"bye\"}": 1}


def play_expel_refuser(lab):
    """He refused the channel, but the MSK was sent to him: expelling him re-keys all the same."""
    refuser = lab.person()
    stayer = Sipp(lab, "stay", lab.person(), sets=[("rekeys", 1)])
    lab.wait_settled(ALPHA, 1)
    party = Sipp(lab, "refuse_channel", refuser)
    lab.wait_settled(ALPHA, 2)
    until("on unicast", lambda: lab.member(ALPHA, refuser[0])["channel"] == "unicast")
    lab.online("expel", ALPHA, refuser[0])
    party.wait()
    expect("MSKs of the stayer", len(set(stayer.wait().msks_of_one())), 2)
    return {"joins_total{result=\"accepted\"}": 2, "expulsions_total{source=\"operator\"}": 1,
            "leaves_total{reason=\"bye\"}": 1}


def play_expel(lab):
    victim, stranger = lab.person(), lab.person()
    stayer = Sipp(lab, "stay", lab.person(), sets=[("rekeys", 1)])
    lab.wait_settled(ALPHA, 1)
    expelled = Sipp(lab, "expelled", victim)
    lab.wait_settled(ALPHA, 2)
    Sipp(lab, "refer_403", stranger, keys=[("victim", victim[0])]).wait()
    if not lab.settled(ALPHA, 2):
        raise Failure("a stranger's REFER did something")
    Sipp(lab, "refer", lab.owner, keys=[("victim", victim[0])]).wait()
    held = expelled.wait().msks_of_one()
    keys = stayer.wait().msks_of_one()
    expect("MSKs of the stayer", len(set(keys)), 2)
    expect("MSKs of the expelled", held, keys[:1])
    lab.wait_settled(ALPHA, 0)
    Sipp(lab, "join_403", victim).wait()
    expect("a banned member joins", lab.member(ALPHA, victim[0]), None)
    lab.online("admit", ALPHA, victim[0])
    Sipp(lab, "join", victim).wait()
    return {"joins_total{result=\"accepted\"}": 3, "joins_total{result=\"forbidden\"}": 1,
            "expulsions_total{source=\"refer\"}": 1, "leaves_total{reason=\"bye\"}": 2}


# --- answers to the offer of a re-key that are no 200, or no good 200 ---

def answers(lab, scenario, status=None, extra="X-Nothing: 1", times=1):
    """One stays, one answers so; an operator re-keys. Who stayed has the new MSK; the keys of the other, and the
    server's group once it is settled."""
    stayer = Sipp(lab, "stay", lab.person(), group=LOAD, sets=[("rekeys", 1)])
    lab.wait_settled(LOAD, 1)
    who = lab.person()
    sets = [("times", times)] if scenario in ("answer", "answer_bye") else []
    other = Sipp(lab, scenario, who, group=LOAD, keys=[("extra", extra)], sets=sets, status=status)
    lab.wait_settled(LOAD, 2)
    until("he has answered", lambda: lab.member(LOAD, who[0])["settled"])
    lab.online("rekey", LOAD)
    keys = stayer.wait().msks_of_one()
    expect("MSKs of the stayer", len(set(keys)), 2)
    held = other.wait().msks_of_one()
    expect("only the stayer's", set(held) - set(keys), set())
    return keys, held, other


def takes(lab, scenario, failed=0, **more):
    """The other has the new MSK in the end, and leaves by himself."""
    keys, held, _ = answers(lab, scenario, **more)
    expect("the last is the newest", held[-1], keys[-1])
    return {"offers_total{result=\"failed\"}": failed, "joins_total{result=\"accepted\"}": 2, "rekeys_total{reason=\"operator\"}": 1,
            "leaves_total{reason=\"bye\"}": 2}


def play_lost_200(lab):
    return takes(lab, "lost_200")


def play_lost_ack(lab):
    keys, held, party = answers(lab, "lost_ack")
    expect("each key once", held, keys)
    with open(lab.path(party.name + ".msg.log")) as f:
        expect("ACKs to him: two, and one again", len(re.findall(r"^ACK sip:member@", f.read(), re.M)), 3)
    return {"joins_total{result=\"accepted\"}": 2, "rekeys_total{reason=\"operator\"}": 1,
            "leaves_total{reason=\"bye\"}": 2}


def play_slow(lab):
    return takes(lab, "slow")


def play_491(lab):
    return takes(lab, "answer", status="491 Request Pending")


def play_488(lab):
    """Sealed again at once, with a fresh counter: three times by default."""
    return takes(lab, "answer", status="488 Not Acceptable Here", extra='Warning: 306 x "MIKEY"', times=3, failed=3)


def play_488_until_bye(lab):
    answers(lab, "answer_bye", status="488 Not Acceptable Here", times=3)
    return {"joins_total{result=\"accepted\"}": 2, "leaves_total{reason=\"bye\"}": 1, "offers_total{result=\"failed\"}": 4}


def play_500(lab):
    return takes(lab, "answer", status="500 Server Internal Error", times=2, failed=2)


def play_503(lab):
    return takes(lab, "answer", status="503 Service Unavailable", extra="Retry-After: 1", failed=1)


def gone(lab, status):
    answers(lab, "answer_gone", status=status)
    return {"joins_total{result=\"accepted\"}": 2, "leaves_total{reason=\"bye\"}": 1,
            "leaves_total{reason=\"dialog-gone\"}": 1, "offers_total{result=\"failed\"}": 1}


def play_481(lab):
    return gone(lab, "481 Call/Transaction Does Not Exist")


def play_408(lab):
    return gone(lab, "408 Request Timeout")


def play_crossing_bye(lab):
    answers(lab, "crossing_bye")
    return {"joins_total{result=\"accepted\"}": 2, "leaves_total{reason=\"bye\"}": 2}


def play_wrong_password(lab):
    row = lab.person()
    Sipp(lab, "join_401", row[:2] + [lab.people[-1][2]] + row[3:]).wait()
    return {"digest_failures_total{cause=\"wrong-password\"}": 1}


def play_not_a_member(lab):
    Sipp(lab, "join_403", lab.person(), group=CLOSED).wait()
    return {"joins_total{result=\"forbidden\"}": 1}


def play_no_such_group(lab):
    Sipp(lab, "join_404", lab.person(), group="sip:nowhere@" + DOMAIN).wait()
    return {}


def play_odd_requests(lab):
    Sipp(lab, "odd_requests", lab.person()).wait()
    return {}


def play_load(lab):
    """Many join and leave at a rate: each gets the group's MSK, wrapped for him alone."""
    keys = Sipp(lab, "join", *lab.people[:LOAD_CALLS], group=LOAD, rate=LOAD_RATE).wait().msks()
    expect("members with keys", len(keys), LOAD_CALLS)
    expect("MSKs", len({key for held in keys.values() for key in held}), 1)
    lab.wait_settled(LOAD, 0)
    return {"joins_total{result=\"accepted\"}": LOAD_CALLS, "leaves_total{reason=\"bye\"}": LOAD_CALLS}


def play_drain(lab):
    """The last: nobody new comes in; an expulsion re-keys those in session all the same."""
    victim = lab.person()
    stayer = Sipp(lab, "stay", lab.person(), sets=[("rekeys", 1)])
    lab.wait_settled(ALPHA, 1)
    expelled = Sipp(lab, "expelled", victim)
    lab.wait_settled(ALPHA, 2)
    lab.online("drain")
    Sipp(lab, "join_503", lab.person()).wait()
    lab.online("expel", ALPHA, victim[0])
    expelled.wait()
    expect("MSKs of the stayer", len(set(stayer.wait().msks_of_one())), 2)
    return {"joins_total{result=\"accepted\"}": 2, "joins_total{result=\"draining\"}": 1,
            "expulsions_total{source=\"operator\"}": 1, "leaves_total{reason=\"bye\"}": 1}


PLAYS = [play_join, play_join_channel, play_join_offerless, play_tcp, play_pull, play_leave, play_refuse_channel,
         play_expel_refuser, play_expel, play_wrong_password, play_not_a_member, play_no_such_group, play_odd_requests,
         play_lost_200, play_lost_ack, play_slow, play_491, play_488, play_488_until_bye, play_500, play_503, play_481,
         play_408, play_crossing_bye, play_load, play_drain]
NEVER = ["joins_total{result=\"malformed\"}", "leaves_total{reason=\"timeout\"}", "offers_total{result=\"failed\"}",
         "over_mtu_total", "store_errors_total"]


def run(lab, play):
    lab.wait_settled(ALPHA, 0)
    before = lab.metrics()
    wanted = dict.fromkeys(NEVER, 0)
    wanted.update(play(lab))
    for group in (ALPHA, LOAD):
        lab.wait_settled(group, 0)
    after = lab.metrics()
    for name, count in wanted.items():
        expect("pttkey_%s rose by" % name, after[name] - before[name], count)
    print("ok   %s" % play.__name__[5:], flush=True)


def dump(lab):
    for sipp in lab.sipps:
        if sipp.popen.returncode == 0:
            continue
        for kind in ("err.log", "msg.log"):
            path = lab.path("%s.%s" % (sipp.name, kind))
            if os.path.exists(path):
                with open(path, errors="replace") as f:
                    sys.stderr.write("---- %s %s\n%s" % (sipp.name, kind, f.read()[-8000:]))


def main():
    wanted = sys.argv[2:]
    with SippLab(sys.argv[1]) as lab:
        lab.sipps = []
        lab.start_server()
        lab.bootstrap()
        try:
            for play in PLAYS:
                if not wanted or play.__name__[5:] in wanted:
                    run(lab, play)
        except BaseException:
            dump(lab)
            raise
        finally:
            for sipp in lab.sipps:
                sipp.end()
        expect("exit status of the server", lab.server.stop(), 0)
    print("PASSED", flush=True)


if __name__ == "__main__":
    try:
        main()
    except (Failure, subprocess.TimeoutExpired) as failure:
        print("FAILED: %s" % failure, flush=True)
        sys.exit(1)
