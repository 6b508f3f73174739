# SPDX-License-Identifier: LGPL-2.1-or-later
"""A server on core 0, simulated members on core 1, and the measuring of their cost."""
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import lab  # noqa: E402

CHANNEL = ("233.252.0.17", "2269", "40000")
SECOND_GROUP = "sip:beta@poc.example.org"
# a separate socket: a request there waits for the loop only
PROBE_PORT = 5061
CALLERS_GROUP = """, { uri = "%s"; members = [ "*" ];
    channel = { address = "%s"; audio_port = 40100; floor_port = 40102; key_port = 2270;
                interface = "lo"; };
    policy = { on_leave = "never"; }; } );
"""
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, MEMBER_CORE = CORES[0], CORES[-1]


def on_core(core):
    """Processes started from here on run on this core."""
    os.sched_setaffinity(0, {core})


def cpu_ns(pid):
    """Returns the CPU time of all threads in ns (schedstat; the ticks of stat are too coarse)."""
    total = 0
    for task in os.listdir("/proc/%d/task" % pid):
        try:
            with open("/proc/%d/task/%s/schedstat" % (pid, task)) as f:
                total += int(f.read().split()[0])
        except (FileNotFoundError, ProcessLookupError):
            pass
    return total


def rss_bytes(pid):
    with open("/proc/%d/status" % pid) as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith("VmRSS"))


def quartiles(values):
    values = sorted(values)
    if not values:
        return None
    if len(values) < 3:
        return {"q1": values[0], "median": statistics.median(values), "q3": values[-1],
                "n": len(values)}
    q1, median, q3 = statistics.quantiles(values, n=4, method="inclusive")
    return {"q1": q1, "median": median, "q3": q3, "n": len(values)}


class Members(lab.Process):
    """The simulator; commands as in members.c."""

    def __init__(self, argv, cwd, log):
        self.name, self.events, self.changed = "members", [], threading.Condition()
        self.log = open(log, "ab")
        self.popen = subprocess.Popen(argv, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=self.log)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def tell(self, line):
        self.popen.stdin.write((line + "\n").encode())
        self.popen.stdin.flush()

    def do(self, line, event, timeout=30):
        start = self.count()
        self.tell(line)
        return self.wait(event, timeout, start)


class Bench(lab.Lab):
    """N members in one group, expelled one by one from the first on. Callers come and go in a
    second group."""

    def __init__(self, bin_dir, count, policy="", callers=0, tcp=False, scripts=(), tools=None,
                 host="127.0.0.1", channel=CHANNEL[0], **config):
        self.size, self.joined, self.expelled, self.dead = count, 0, 0, 0
        self.callers, self.tcp, self.scripts = callers, tcp, scripts
        self.host, self.channel = host, channel
        # the simulator is always that of this tree
        self.tools = tools or bin_dir
        config.setdefault("overload", "")  # the product's default limits
        super().__init__(bin_dir, policy=policy, **config)

    def write_config(self, **changes):
        super().write_config(**changes)
        with open(self.path("pttkeyd.conf")) as f:
            text = f.read().replace('level = "debug"',
                                    'level = "info"').replace("overload = {  };\n", "")
        text = text.replace("listen = [ \"sip:",
                            "listen = [ \"sip:127.0.0.1:%d;transport=udp\", \"sip:" % PROBE_PORT, 1)
        text = text.replace("127.0.0.1", self.host).replace(CHANNEL[0], self.channel)
        text = text.rstrip()[:-2].rstrip() + CALLERS_GROUP % (SECOND_GROUP, self.channel)
        with open(self.path("pttkeyd.conf"), "w") as f:
            f.write(text)

    @property
    def pid(self):
        return self.server.popen.pid

    def metric(self, line_start):
        with urllib.request.urlopen("http://%s:9464/metrics" % self.host, timeout=30) as f:
            return sum(float(line.split()[-1]) for line in f.read().decode().splitlines()
                       if line.startswith(line_start))

    def start_server(self):
        on_core(SERVER_CORE)
        try:
            return super().start_server()
        finally:
            on_core(MEMBER_CORE)

    def start(self):
        self.start_server()
        self.tool("lab", "bootstrap", "--config", "pttkeyd.conf", "--count",
                  str(self.size + self.callers), "--domain", lab.DOMAIN, "--csv", "members.csv",
                  "--json", timeout=900)
        with open(self.path("members.csv")) as f:
            self.names = [line.split(";")[0] for line in f.readlines()[1:self.size + 1]]
        argv = [os.path.join(self.tools, "tests/bench/members"), "--probe-port", str(PROBE_PORT)]
        argv += ["--tcp"] if self.tcp else []
        argv += ["--callers", str(self.callers), "--caller-group", SECOND_GROUP]
        for script in self.scripts:
            argv += ["--script", script]
        argv += ["members.csv", lab.GROUP, self.host, "5060", self.channel, *CHANNEL[1:],
                 str(self.size)]
        self.members = Members(argv, self.dir, self.path("members.log"))
        self.processes.append(self.members)
        self.members.wait("ready", 30)

    def script(self, text):
        if self.members.do("script " + text, "script")["count"] < 0:
            raise lab.Failure("script " + text)

    def call(self, rate, hold_ms):
        """Starts callers at this rate a second (0: 128 at a time)."""
        self.members.tell("call %d %d" % (rate, hold_ms))

    def hang(self):
        """Returns the callers' counts since the last `count`, when none of them is left."""
        event = self.members.do("hang", "called", 90)
        bad = [k for k in ("shed_bare", "refused", "put_out", "left_over", "byes_refused",
                           "byes_lost") if event[k]]
        if bad:
            raise lab.Failure("these calls do not count (%s): %s" % (", ".join(bad), event))
        return event

    def join(self, count, rate):
        """Joins this many more members; returns the cost for the server."""
        before = cpu_ns(self.pid)
        event = self.members.do("join %d %d" % (count, rate), "joined", 120 + 6 * count / rate)
        if not event["all"] or event["failed"] or event["open_failed"]:
            raise lab.Failure("joins: %s" % event)
        self.joined += count
        event["cpu_us"] = (cpu_ns(self.pid) - before) / 1e3 / count
        return event

    def control(self, command, **args):
        """Sends one request on the control socket. Returns (time sent, time answered), monotonic
        ns."""
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(30)
            peer.connect(self.path("pttkey.sock"))
            sent = time.monotonic_ns()
            peer.sendall((json.dumps({"cmd": command, "args": args}) + "\n").encode())
            reply = json.loads(peer.makefile().readline())
        if not reply.get("ok"):
            raise lab.Failure("%s: %s" % (command, reply))
        return sent, time.monotonic_ns()

    def expel(self, quiet_s=0.5, between=None):
        """Expels the next member. Returns the cost from the request on; quiet_s after the last ACK
        are included."""
        victim, live = self.expelled, self.joined - self.expelled - 1 - self.dead
        retried = self.metric('pttkey_offers_total{result="retried"}')
        self.members.do("mark %d %d" % (victim, live), "marked")
        before = cpu_ns(self.pid)
        sent, answered = self.control("expel", group=lab.GROUP, member=self.names[victim])
        self.expelled += 1
        if between:
            between()
            before = None
        event = self.members.do("wait 60000", "rekeyed", 90)
        after = cpu_ns(self.pid)
        time.sleep(quiet_s)
        late_ms = (sent - event["mark_ns"]) / 1e6
        for key in ("mtk_ms", "last_ack_ms", "opened_ms", "last_old_audio_ms"):
            event[key] -= late_ms if event[key] >= 0 else 0
        event["accepted_ms"] = (answered - sent) / 1e6
        event["retried"] = self.metric('pttkey_offers_total{result="retried"}') - retried
        if before is not None:
            event["us"] = (cpu_ns(self.pid) - before) / 1e3 / live
            event["us_until_cutover"] = (after - before) / 1e3 / live
        self.judge(event, live, bye=between is None)
        return event

    def rekey(self):
        """Runs one re-key without an expulsion."""
        live = self.joined - self.expelled - self.dead
        self.members.do("mark -1 %d" % live, "marked")
        self.control("rekey", group=lab.GROUP)
        event = self.members.do("wait 60000", "rekeyed", 90)
        self.judge(event, live, bye=False)
        return event

    @staticmethod
    def judge(event, live, bye=True):
        """Fails unless every member opened the MSK and the expelled one could not."""
        good = (event["all"] and event["opened"] == live and event["open_failed"] == 0
                and event["other_key"] == 0 and event["victim_offered"] == 0
                and event["hostile_opens"] == 0 and event["mtk_opens"]
                and (event["byes"] >= 1 or not bye))
        if not good:
            raise lab.Failure("this re-key does not count: %s" % event)


def floor(bin_dir, count, rounds=1):
    """Runs the floor program. Returns [{"us", "wall_ms"}]."""
    argv = [os.path.join(bin_dir, "tests/bench/floor"), str(count), str(rounds), str(SERVER_CORE),
            str(MEMBER_CORE)]
    os.sched_setaffinity(0, set(CORES))
    run = subprocess.run(argv, capture_output=True, timeout=120, check=True)
    on_core(MEMBER_CORE)
    return [json.loads(line) for line in run.stdout.splitlines()]


def count_instructions(bin_dir, few=100, many=1100):
    """Returns the cost of one wrap: all instructions, those in EVP_*_fetch, those in the
    allocator."""
    totals = []
    for count in (few, many):
        out = "/tmp/ptt-wrap.%d.%d" % (os.getpid(), count)
        try:
            subprocess.run(["valgrind", "-q", "--tool=callgrind", "--callgrind-out-file=" + out,
                            os.path.join(bin_dir, "tests/bench/wrap"), str(count)], check=True,
                           capture_output=True, timeout=120)
            text = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", out],
                                  check=True, capture_output=True, timeout=120).stdout.decode()
        finally:
            if os.path.exists(out):
                os.unlink(out)
        totals.append([sum_lines(text, names) for names in (("PROGRAM TOTALS",),
                                                            (":EVP_CIPHER_fetch", ":EVP_MD_fetch",
                                                             ":EVP_MAC_fetch"),
                                                            ("malloc.c:malloc", "malloc.c:calloc",
                                                             "malloc.c:realloc"))])
    return [(b - a) / (many - few) for a, b in zip(*totals)]


def sum_lines(text, names):
    total = 0
    for line in text.splitlines():
        words = line.split()
        if words and words[0].replace(",", "").isdigit() and any(
                (name + " ") in line + " " for name in names):
            total += int(words[0].replace(",", ""))
    return total
