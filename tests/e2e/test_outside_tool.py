#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""All forms of the operator's commands, the subscriber store, lab bootstrap, and the messages about
a bad configuration."""
import csv
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as laboratory  # noqa: E402
import outside_keys as keys  # noqa: E402
from outside_world import DOMAIN, GROUP, OFTEN, World, equal, run, true, until  # noqa: E402

CONF = ("--config", "pttkeyd.conf")


def online():
    """Checks status groups members expel admit rekey drain reload log-level watch; IMPU or IMPI;
    text and JSON."""
    with World() as w:
        watch = w.lab.run("watch", w.lab.program("pttkey"), "watch", *CONF, "--json")
        try:
            until("watch is on", lambda: w.lab.ask("rekey")["ok"] and watch.count())
            anna, ben = w.joined("anna", "ben")
            status = w.lab.online("status")
            equal("status", (status["members"], status["draining"]), (2, False))
            equal("groups", [g["group"] for g in w.lab.online("groups")["groups"]], [GROUP])
            equal("members", sorted(m["impu"] for m in w.lab.online("members", GROUP)["members"]),
                  [anna.impu, ben.impu])
            for command in (("status",), ("groups",), ("members", GROUP), ("log-level",)):
                r = w.lab.tool(command[0], *CONF, *command[1:], check=False)
                true("%s as text" % command[0], r.returncode == 0 and r.stdout.strip())
            # options may stand anywhere
            r = w.lab.tool("members", GROUP, "--json", *CONF, check=False)
            equal("options last", (r.returncode, len(json.loads(r.stdout)["members"])), (0, 2))
            old = anna.ring.current
            w.lab.online("rekey", GROUP)
            old = w.rekeyed([anna, ben], old)
            w.lab.online("expel", GROUP, ben.impi)
            ben.wait("BYE", lambda: ben.byes)
            equal("banned", ben.dialog().join().status, 403)
            w.lab.online("admit", GROUP, ben.impu)
            equal("admitted", ben.dialog().join().status, 200)
            for level in ("debug", "info", "warn", "error"):
                w.lab.online("log-level", level)
            w.lab.online("log-level", "debug")
            w.lab.online("reload")
            for bad in (("expel", "sip:nosuch@x", ben.impu), ("members", "sip:nosuch@x"),
                        ("rekey", "sip:nosuch@x"), ("expel", GROUP), ("log-level", "loud"),
                        ("frobnicate",), ("admit", GROUP),
                        ("expel", GROUP, "sip:nobody@nowhere.example")):
                r = w.lab.tool(bad[0], *CONF, *bad[1:], "--json", check=False)
                true("%s: exit %d" % (bad, r.returncode),
                     r.returncode > 0 or bad[2:] == ("sip:nobody@nowhere.example",))
                true("%s says why" % (bad,), r.stderr or r.stdout)
            w.lab.online("drain")
            r = anna.dialog().join()
            equal("draining", r.status, 503)
            true("Retry-After", r.get("retry-after"))
            equal("status", w.lab.online("status")["draining"], True)
            equal("drain does only the first step", w.lab.server.popen.poll(), None)
            equal("socket", stat.S_IMODE(os.stat(w.lab.path("pttkey.sock")).st_mode), 0o600)
            w.restart(15)
            equal("a restarted server drains no more", w.lab.online("status")["draining"], False)
        finally:
            watch.stop()
        true("watch saw it: %s" % watch.events[:3], any(e.get("member") in (ben.impu, ben.impi)
                                                        for e in watch.events))
        equal("lines of watch that are no JSON", [e for e in watch.events
                                                  if e["event"] == "garbage"], [])
        w.lab.server.stop()
        r = w.lab.tool("status", *CONF, check=False)
        true("no server: error", r.returncode > 0 and r.stderr)


def trace():
    """A group's last transitions, and new ones as they happen."""
    keys_of_a_line = ["t_ms", "machine", "member", "state", "event", "next", "reason", "generation"]
    with World() as w:
        anna, ben = w.joined("anna", "ben")
        follower = w.lab.run("trace", w.lab.program("pttkey"), "trace", *CONF, GROUP, "--json")
        try:
            until("it shows what was", lambda: follower.count())
            old = anna.ring.current
            w.lab.online("expel", GROUP, ben.impi)
            w.rekeyed([anna], old)
            until("it follows", lambda: any(e.get("event") == "cut-over" and e["reason"] == "expel"
                                            for e in follower.events))
        finally:
            follower.stop()
        r = w.lab.tool("trace", *CONF, GROUP, "--last", "--json", check=False)
        equal("--last ends: %s" % r.stderr, r.returncode, 0)
        lines = [json.loads(line) for line in r.stdout.decode().splitlines()]
        true("64 at most: %d" % len(lines), 10 < len(lines) <= 64)
        for line in lines:
            equal("keys", list(line), keys_of_a_line)
        told = [(e["machine"], e["state"], e["event"], e["next"]) for e in lines]
        for one in (("writer", "idle", "write", "busy"), ("writer", "busy", "persisted", "idle"),
                    ("channel", "stable", "staged", "rekeying"),
                    ("channel", "switching", "cut-over", "stable")):
            true("%s in %s" % (one, told), one in told)
        true("ben is expelled", any(e["member"] == ben.impu and e["event"] == "expelled"
                                    and e["next"] == "none" for e in lines))
        true("anna answers", any(e["member"] == anna.impu and e["event"] == "answered"
                                 for e in lines))
        text = w.lab.tool("trace", *CONF, GROUP, "--last", check=False).stdout.decode()
        equal("as text, one line each", len(text.splitlines()), len(lines))
        r = w.lab.tool("trace", *CONF, "sip:nosuch@x", check=False)
        equal("unknown group", r.returncode, 1)
        true("it says so: %s" % r.stderr, b"no such group" in r.stderr)


def subscribers():
    """Checks add, list, import, remove, with the server running or not."""
    with World() as w:
        lab = w.lab
        for running in (True, False):
            name = "run" if running else "off"
            if not running:
                lab.server.stop()
            def user(i):
                return "%s%d@%s" % (name, i, DOMAIN), "sip:%s%d@%s" % (name, i, DOMAIN)

            k, op = "465b5ce8b199b49faa5f0a2ee238a6bc", "cdc202d5123e20f62b6d676ac72cb318"
            opc = "cd63cb71954a9f4e48a5994e37a02baf"
            lab.tool("subscriber", "add", *CONF, "--impi", user(1)[0], "--impu", user(1)[1], "--k",
                     k, "--op", op, "--json")
            lab.tool("subscriber", "add", *CONF, "--impi", user(2)[0], "--impu", user(2)[1], "--k",
                     k, "--opc", opc, "--sqn", "000000000020", "--amf", "8000", "--json")
            with open(lab.path("in.csv"), "w") as f:
                f.write("%s,%s,%s,%s\n" % (*user(3), k, opc))
                f.write("%s,%s,%s,%s,%s\n" % (*user(4), k, opc, "0000000000ff"))
                f.write("%s,%s,%s,%s,%s,%s\n" % (*user(5), k, opc, "0000000000ff", "8000"))
            lab.tool("subscriber", "import", *CONF, "in.csv", "--json")
            got = json.dumps(lab.tool("subscriber", "list", *CONF, "--json"))
            for i in range(1, 6):
                true("%s is listed" % user(i)[0], user(i)[0] in got and user(i)[1] in got)
            true("no key is listed", k not in got and opc not in got)
            lab.tool("subscriber", "remove", *CONF, "--impi", user(5)[0], "--json")
            got = json.dumps(lab.tool("subscriber", "list", *CONF, "--json"))
            true("removed", user(5)[0] not in got)
            for bad in (("--impi", "x@y", "--impu", "sip:x@y", "--k", "00", "--opc", opc),
                        ("--impi", "x@y", "--impu", "sip:x@y", "--k", k),
                        ("--impi", "x@y", "--impu", "not a uri", "--k", k, "--opc", opc),
                        ("--impi", "x@y", "--impu", "sip:x@y", "--k", "zz" * 16, "--opc", opc),
                        ("--impi", "x@y", "--impu", "sip:x@y", "--k", k, "--op", op, "--opc", opc),
                        ("--impu", "sip:x@y", "--k", k, "--opc", opc)):
                r = lab.tool("subscriber", "add", *CONF, *bad, check=False)
                true("refused: %s" % (bad,), r.returncode > 0 and r.stderr)
            with open(lab.path("bad.csv"), "w") as f:
                f.write("%s,%s,%s,%s\nnonsense\n" % (*user(6), k, opc))
            r = lab.tool("subscriber", "import", *CONF, "bad.csv", check=False)
            true("bad CSV: line 2 named: %r" % r.stderr, r.returncode > 0 and b"2" in r.stderr)
            if running:
                for i in (1, 2, 4):
                    c = w.client("%s%d" % (name, i), user={"impi": user(i)[0], "impu": user(i)[1],
                                                           "k": k, "opc": opc})
                    c.join()
                equal("--op is --opc", w.clients[0].ring.mtks.keys(), w.clients[1].ring.mtks.keys())
                gone = w.client("gone", bootstrap=False,
                                user={"impi": user(5)[0], "impu": user(5)[1], "k": k, "opc": opc})
                try:
                    true("removed: no bootstrap", gone.bootstrap() != 200)
                except ValueError:
                    pass
        data = open(lab.path("state.db"), "rb").read()
        for secret in (k, opc):
            true("wrapped at rest", bytes.fromhex(secret) not in data
                 and secret.encode() not in data)


def lab_bootstrap():
    """lab bootstrap writes N bootstrapped subscribers as a SIPp file; they can join."""
    with World() as w:
        w.lab.tool("lab", "bootstrap", *CONF, "--count", "4", "--domain", DOMAIN, "--csv",
                   "users.csv", "--json")
        equal("mode", stat.S_IMODE(os.stat(w.lab.path("users.csv")).st_mode), 0o600)
        with open(w.lab.path("users.csv")) as f:
            rows = list(csv.reader(f, delimiter=";"))
        equal("first line", rows[0], ["SEQUENTIAL"])
        equal("users", len(rows), 5)
        for uri, btid, password, muk in rows[1:]:
            true("uri %s" % uri, uri.startswith("sip:") and uri.endswith("@" + DOMAIN))
            mrk = keys.kdf(bytes.fromhex(muk), 1, b"mbms-mrk")
            equal("password is base64(MRK)", password, keys.b64(mrk))
            user = {"impi": "unused", "impu": uri, "k": "00" * 16, "opc": "00" * 16}
            c = w.client(uri[4:].split("@")[0], bootstrap=False, user=user)
            c.btid, c.muks[btid], c.password[btid] = btid, bytes.fromhex(muk), password.encode()
            c.join()
        w.lab.tool("lab", "bootstrap", *CONF, "--count", "6", "--domain", DOMAIN, "--csv",
                   "users.csv", "--json")
        equal("again, more", len(open(w.lab.path("users.csv")).read().split()), 7)


def check(lab, text=None, **changes):
    lab.write_config(**changes)
    if text is not None:
        with open(lab.path("pttkeyd.conf"), "w") as f:
            f.write(text)
    argv = [lab.program("pttkeyd"), "-c", "pttkeyd.conf",
            "--check"] + (["--module", lab.module] if lab.module else [])
    r = subprocess.run(argv, cwd=lab.dir, capture_output=True, timeout=20)
    return r.returncode, (r.stderr + r.stdout).decode()


def configuration():
    """--check names file, line and the accepted values."""
    with laboratory.Lab() as lab:
        rc, said = check(lab)
        equal("good: %s" % said, rc, 0)
        base = open(lab.path("pttkeyd.conf")).read()
        bad = (("plmn = \"001-01\"", "plmn = \"1-01\""),
               ('source = "embedded"', 'source = "carrier"'),
               ('on_leave = "always"', 'on_leave = "sometimes"'), ('ttl = 1;', 'ttl = "one";'),
               ('key_port = 2269', 'key_port = 99999'), ('233.252.0.17', '10.0.0.1'),
               ('type = "sqlite"', 'type = "oracle"'), ('members = [ "*" ]', 'members = 5'),
               ('"sip:127.0.0.1:5060;transport=udp"', '"bogus"'),
               ('interface = "lo"', 'interface = "nosuch0"'), ('plmn = ', 'plmm = '),
               ('store = {', 'store = {{'), ('lifetime_s = 86400', 'lifetime_s = -1'),
               ('ttl = 1;', 'ttl = 1; codec = "MP3/1/1";'), ('ttl = 1;', 'ttl = 1; map = "round";'),
               ('on_leave = "always"', 'on_join = "maybe"'),
               ('on_leave = "always"', 'cutover_ms = -5'),
               ('log = { level = "debug"', 'log = { level = "noisy"'),
               ('naf  = {', 'naf  = { digest = [ "ROT13" ];'),
               ('on_leave = "always"', 'rekey_method = "smoke"'))
        for before, after in bad:
            true(before, before in base)
            text = base.replace(before, after, 1)
            line = text[:text.index(after)].count("\n") + 1
            rc, said = check(lab, text)
            if before.startswith("interface") and rc == 0:
                print("     note: --check does not look whether the interface exists")
                continue
            true("%s: exit %d: %s" % (after, rc, said), rc > 0)
            where = re.search(r"pttkeyd\.conf:(\d+)", said)
            true("%s: file:line in %r" % (after, said), where)
            true("%s: line %s, not %d: %s" % (after, where.group(1), line, said),
                 abs(int(where.group(1)) - line) <= 1)
        for after, value in (('source = "carrier"', "embedded"),
                             ('on_leave = "sometimes"', "batch"), ('map = "round";', "empty")):
            before = [b for b, a in bad if after in a][0]
            text = base.replace(before, [a for b, a in bad if after in a][0], 1)
            true("accepted values are named: %s" % value, value in check(lab, text)[1])
        group = base[base.index("groups = ("):]
        second = group.split("\n", 1)[1].rsplit("} );", 1)[0]
        double = base.replace("  } );", "  },\n" + second.replace("sip:alpha", "sip:beta")
                              + "  } );")
        rc, said = check(lab, double)
        true("two groups on one address and port: %d %s" % (rc, said),
             rc > 0 and "pttkeyd.conf:" in said)
        other = second.replace("sip:alpha", "sip:beta").replace("233.252.0.17", "233.252.0.18")
        other = other.replace("owners =", "key_group = 7; owners =")
        keyed = base.replace("owners =", "key_group = 7; owners =")
        keyed = keyed.replace("  } );", "  },\n" + other + "  } );")
        rc, said = check(lab, keyed)
        true("one key group twice: %d %s" % (rc, said), rc > 0 and "pttkeyd.conf:" in said)
        rc, said = check(lab, keyed.replace("key_group = 7", "key_group = 8", 1))
        equal("two groups: %s" % said, rc, 0)
        rc, said = check(lab, re.sub(r"policy  = \{[^}]*\};", "",
                                     re.sub(r"owners = [^;]*;", "", base)))
        equal("policy and owners absent: %s" % said, rc, 0)
        r = subprocess.run([lab.program("pttkeyd"), "-c", "nosuch.conf", "--check"], cwd=lab.dir,
                           capture_output=True)
        true("no such file", r.returncode > 0 and b"nosuch.conf" in r.stderr + r.stdout)


def kek():
    """The kek file has 32 raw bytes and mode 0600; a missing, short or world-readable file is an
    error."""
    with laboratory.Lab() as lab:
        def starts():
            argv = [lab.program("pttkeyd"), "-c", "pttkeyd.conf"] + (["--module", lab.module]
                                                                     if lab.module else [])
            p = subprocess.Popen(argv, cwd=lab.dir, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            try:
                out, err = p.communicate(timeout=3)
                return p.returncode, err.decode() + out.decode()
            except subprocess.TimeoutExpired:
                p.terminate()
                p.communicate(timeout=10)
                return None, ""
        for what, do in (("readable by others", lambda: os.chmod(lab.path("kek"), 0o644)),
                         ("by the group", lambda: os.chmod(lab.path("kek"), 0o640)),
                         ("short", lambda: (os.chmod(lab.path("kek"), 0o600),
                                            os.truncate(lab.path("kek"), 31))),
                         ("missing", lambda: os.unlink(lab.path("kek")))):
            do()
            rc, said = starts()
            true("%s: %s %s" % (what, rc, said), rc and "kek" in said)
            rc, said = check(lab)
            true("%s: --check: %s %s" % (what, rc, said), rc and "kek" in said)


def reload():
    """SIGHUP: removal from the members expels; with a bad file the server keeps the old
    configuration."""
    names = '[ "sip:anna@poc.example.org", "sip:ben@poc.example.org", "sip:carl@poc.example.org" ]'
    with World(members=names) as w:
        anna, ben, carl = w.joined("anna", "ben", "carl")
        old = anna.ring.current
        good = open(w.lab.path("pttkeyd.conf")).read()
        with open(w.lab.path("pttkeyd.conf"), "w") as f:
            f.write("groups = broken")
        w.lab.server.popen.send_signal(signal.SIGHUP)
        until("it says so", lambda: re.search(r"pttkeyd\.conf:1", w.lab.server_log()))
        with open(w.lab.path("pttkeyd.conf"), "w") as f:
            f.write(good)
        equal("still there", len(w.lab.online("members", GROUP)["members"]), 3)
        w.lab.write_config(members='[ "sip:anna@poc.example.org", "sip:ben@poc.example.org" ]')
        w.lab.server.popen.send_signal(signal.SIGHUP)
        new = w.rekeyed([anna, ben], old)
        carl.wait("BYE", lambda: carl.byes)
        equal("Reason", carl.d.ended, 'SIP;cause=403;text="expelled"')
        w.shut_out(carl, new)
        equal("not a member", carl.dialog().join().status, 403)
        w.lab.write_config(members=names)
        equal("all of it", w.lab.online("reload"), {"reloaded": True, "restart_needed": []})
        equal("the ban lasts until admit", carl.dialog().join().status, 403)
        w.lab.online("admit", GROUP, carl.impu)
        equal("admitted", carl.dialog().join().status, 200)
        # Each reload names the settings that wait for a restart, until the file has the old values;
        # the server uses none of them.
        w.lab.write_config(top='media = { address = "127.0.0.2"; }; max_members = 7;', ttl=2)
        waits = ["media.address", "channel.ttl"]
        for _ in range(2):
            equal("what waits", w.lab.online("reload"), {"reloaded": True, "restart_needed": waits})
        run = w.lab.tool("reload", "--config", "pttkeyd.conf", check=False)
        equal("to people", run.stdout.decode().splitlines(),
              ["reloaded: yes", "restart needed: media.address channel.ttl"])
        true("in the log", "restart_needed=media.address,channel.ttl" in w.lab.server_log())
        answer = carl.dialog().join()
        true("the address of before: %s" % answer.body,
             b"127.0.0.1" in answer.body and b"127.0.0.2" not in answer.body)
        w.lab.write_config(top="", ttl=1)
        equal("as it was", w.lab.online("reload")["restart_needed"], [])


def metrics():
    with World() as w:
        anna, ben = w.joined("anna", "ben")
        old = anna.ring.current
        w.lab.online("expel", GROUP, ben.impi)
        w.rekeyed([anna], old)
        with urllib.request.urlopen("http://127.0.0.1:9464/metrics", timeout=5) as f:
            text = f.read().decode()
        names = set(re.findall(r"^# TYPE (\S+)", text, re.M))
        equal("every TYPE has a HELP", names, set(re.findall(r"^# HELP (\S+)", text, re.M)))
        for part in ("members", "groups", "joins", "leaves", "expulsions", "rekeys",
                     "rekey_seconds", "exposure_seconds", "offers", "mtu", "mikey", "mtk", "srtp",
                     "store", "draining"):
            true("a metric about %s: %s" % (part, sorted(names)), any(part in n for n in names))
        true("no secret", anna.password[anna.btid].decode() not in text + w.lab.server_log())
        log = w.lab.server_log()
        for secret in [k for k, _ in anna.ring.ever_msk
                       + anna.ring.ever_mtk] + list(anna.muks.values()):
            true("no key in the log", secret.hex() not in log and keys.b64(secret) not in log)


def store_lost():
    """When the store cannot be written, the server sends no key messages, with an alarm. It refuses
    an expulsion."""
    with World(policy=OFTEN) as w:
        anna, ben = w.joined("anna", "ben")
        old = anna.ring.current
        for name in ("state.db", "state.db-wal", "state.db-shm", "state.db-journal"):
            if os.path.exists(w.lab.path(name)):
                os.unlink(w.lab.path(name))
        shutil.rmtree(w.lab.path("x"), ignore_errors=True)
        r = w.lab.tool("expel", *CONF, GROUP, ben.impi, "--json", check=False)
        true("refused: %d %s" % (r.returncode, r.stdout), r.returncode > 0 and r.stderr)
        w.rounds()
        equal("no new key", anna.ring.current, old)
        true("loudly", re.search(r"(?m)^\S+ (error|alert|crit)", w.lab.server_log()))


run([online, trace, subscribers, lab_bootstrap, configuration, kek, reload, metrics, store_lost])
