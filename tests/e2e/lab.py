# SPDX-License-Identifier: LGPL-2.1-or-later
"""A laboratory in one folder: a server, its subscribers, and clients, each in its own process.

It runs inside a private network namespace (tests/netns.sh), so its ports are always free. Lab
ends every process that it started, by pid. Every wait has a time limit.
"""
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

GROUP = "sip:alpha@poc.example.org"
DOMAIN = "poc.example.org"
CONFIG = """
listen = [ "sip:%(host)s:5060;transport=udp", "sip:%(host)s:5060;transport=tcp"%(listen)s ];
naf  = { fqdn = "pf1.poc.example.org"; source = "embedded"; %(naf)s };
bsf  = { listen = "%(host)s:8080"; host = "bsf.poc.example.org"; lifetime_s = 86400; };
plmn = "001-01";
store = { type = "sqlite"; path = "state.db"; kek_file = "kek"; };
control = "pttkey.sock";
metrics = "127.0.0.1:9464";
log = { %(log)s };
overload = { %(overload)s };
%(top)s
groups = (
  { uri = "%(group)s"; members = %(members)s; owners = [ "sip:boss@poc.example.org" ];
    %(group_more)s
    channel = { address = "%(address)s"; audio_port = 40000; floor_port = 40002; key_port = 2269;
                interface = "%(interface)s"; ttl = %(ttl)d; %(channel)s };
    floor   = { %(floor)s };
    policy  = { %(policy)s };
  } );
"""


class Failure(Exception):
    pass


def check(what, good):
    if not good:
        raise Failure(what)


def main(*plays):
    """Runs the plays in order; exits with status 1 at the first that fails."""
    try:
        for play in plays:
            play()
    except Failure as failure:
        print("FAILED: %s" % failure, flush=True)
        sys.exit(1)


class Process:
    """A program whose stdout is JSON lines; a thread collects them."""

    def __init__(self, name, argv, cwd, log, stdin=subprocess.DEVNULL, env=None):
        """env: variables to add to this process's environment."""
        self.name, self.events, self.changed = name, [], threading.Condition()
        self.log = open(log, "ab")
        self.popen = subprocess.Popen(argv, cwd=cwd, stdin=stdin, stdout=subprocess.PIPE,
                                      stderr=self.log, env=dict(os.environ, **env) if env else None)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.popen.stdout:
            try:
                event = json.loads(line)
            except ValueError:
                event = {"event": "garbage", "line": line.decode(errors="replace")}
            with self.changed:
                self.events.append(event)
                self.changed.notify_all()
        with self.changed:
            self.events.append({"event": "eof"})
            self.changed.notify_all()

    def find(self, name, start=0, **fields):
        for i, event in enumerate(self.events[start:], start):
            if event.get("event") == name and all(event.get(k) == v for k, v in fields.items()):
                return i, event
        return None

    def wait(self, name, timeout=15.0, start=0, **fields):
        """Returns the first matching event from index start on. Raises Failure if the program ends
        or the timeout passes first."""
        end = time.monotonic() + timeout
        with self.changed:
            while True:
                found = self.find(name, start, **fields)
                if found:
                    return found[1]
                left = end - time.monotonic()
                if left <= 0 or self.find("eof"):
                    raise Failure("%s: no event %s %s; had %s"
                                  % (self.name, name, fields, self.events[-6:]))
                self.changed.wait(min(left, 1.0))

    def count(self):
        with self.changed:
            return len(self.events)

    def stop(self, how=signal.SIGTERM, timeout=20):
        if self.popen.poll() is None:
            self.popen.send_signal(how)
            try:
                self.popen.wait(timeout)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait(5)
                raise Failure("%s did not end within %d s" % (self.name, timeout))
        self.reader.join(5)
        self.log.close()
        return self.popen.returncode


class Lab:
    def __init__(self, bin_dir=None, module=None, **config):
        """bin_dir holds the programs. module: path of mod_pttkey.so, None for that of the build."""
        self.bin = bin_dir or os.environ["builddir"]
        self.module = module
        if module is None and os.path.exists(os.path.join(self.bin, "module/.libs/mod_pttkey.so")):
            self.module = os.path.join(self.bin, "module/.libs/mod_pttkey.so")
        self.dir = tempfile.mkdtemp(prefix="pttkey-lab-")
        # the host may be busy
        self.config_values = dict(log='level = "debug";', naf="", listen="", top="",
                                  overload="lag_ms = 5000;", members='[ "*" ]', group=GROUP,
                                  group_more="", host="127.0.0.1", address="233.252.0.17",
                                  interface="lo", ttl=1, channel="", floor="talk_alone = true;",
                                  policy="on_leave = \"always\";", lifetime=86400)
        self.config_values.update(config)
        self.server, self.users, self.processes = None, {}, []
        self.server_env = {}
        self.write_config()
        with open(self.path("kek"), "wb", opener=lambda p, f: os.open(p, f, 0o600)) as f:
            f.write(secrets.token_bytes(32))

    def path(self, name):
        return os.path.join(self.dir, name)

    def program(self, name):
        return os.path.join(self.bin, name)

    def write_config(self, **changes):
        self.config_values.update(changes)
        with open(self.path("pttkeyd.conf"), "w") as f:
            text = CONFIG % self.config_values
            text = text.replace('interface = "";', "")  # the kernel's route selects it
            f.write(text.replace("lifetime_s = 86400", "lifetime_s = %d"
                                 % self.config_values["lifetime"]))

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        for process in reversed(self.processes):
            try:
                process.stop(signal.SIGKILL)
            except Failure:
                pass
        unexpected = [] if kind is not None else self.unexpected()
        if kind is not None or unexpected or os.environ.get("PTT_LAB_KEEP"):
            self.dump()
        if not os.environ.get("PTT_LAB_KEEP"):
            shutil.rmtree(self.dir, ignore_errors=True)
        if unexpected:
            raise Failure("the tracker has no rule for a state and an event: %s" % unexpected[0])

    def unexpected(self):
        """Log lines of pairs of state and event that the tracker's table does not mention."""
        if not os.path.exists(self.path("pttkeyd.log")):
            return []
        return [line for line in self.server_log().splitlines() if "tracker-unexpected" in line]

    def dump(self):
        for name in sorted(os.listdir(self.dir)):
            if name.endswith(".log"):
                with open(self.path(name), errors="replace") as f:
                    lines = f.readlines()
                sys.stderr.write("---- %s (%d lines)\n%s"
                                 % (name, len(lines), "".join(lines[-60:])))

    def launch_server(self):
        """Starts the server without waiting for its ready event."""
        argv = [self.program("pttkeyd"), "-c", "pttkeyd.conf"]
        if self.module:
            argv += ["--module", self.module]
        self.server = Process("pttkeyd", argv, self.dir, self.path("pttkeyd.log"),
                              env=self.server_env)
        self.processes.append(self.server)

    def start_server(self):
        self.launch_server()
        return self.server.wait("ready", 30)

    def tool(self, *args, check=True, timeout=60):
        """Runs pttkey. Returns the JSON that it prints, or None."""
        run = subprocess.run([self.program("pttkey"), *args], cwd=self.dir, capture_output=True,
                             timeout=timeout)
        if check and run.returncode != 0:
            raise Failure("pttkey %s: exit %d: %s" % (" ".join(args), run.returncode,
                                                      run.stderr.decode()))
        try:
            return json.loads(run.stdout) if check else run
        except ValueError:
            return None

    def online(self, command, *args, **kw):
        return self.tool(command, "--config", "pttkeyd.conf", *args, "--json", **kw)

    def send(self, cmd, **args):
        """Sends one command on the control socket without waiting; starting the tool would take
        longer."""
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.settimeout(30)
        s.connect(self.path("pttkey.sock"))
        s.sendall(json.dumps({"cmd": cmd, "args": dict({"group": GROUP}, **args)}).encode() + b"\n")
        return s

    @staticmethod
    def answer(s):
        """Returns the server's reply, or None if the server ended first."""
        try:
            line = s.makefile().readline()
            return json.loads(line) if line else None
        except (OSError, ValueError):
            return None
        finally:
            s.close()

    def ask(self, cmd, **args):
        """Sends a command and returns its reply; None if the server closed the connection."""
        try:
            return self.answer(self.send(cmd, **args))
        except (BrokenPipeError, ConnectionResetError):
            return None

    def add_user(self, name):
        user = {"impi": "%s@%s" % (name, DOMAIN), "impu": "sip:%s@%s" % (name, DOMAIN),
                "k": secrets.token_hex(16), "opc": secrets.token_hex(16)}
        self.tool("subscriber", "add", "--config", "pttkeyd.conf", "--impi", user["impi"], "--impu",
                  user["impu"], "--k", user["k"], "--opc", user["opc"], "--json")
        self.users[name] = user
        return user

    def ue(self, name, *more, group=GROUP, server=None, interface="lo", within=(),
           stdin=subprocess.DEVNULL):
        """Starts a client. within: a command prefix that starts it elsewhere (nsenter ...).
        interface None: the kernel's route selects it."""
        user = self.users.get(name) or self.add_user(name)
        host = self.config_values["host"]
        server = server or "sip:%s:5060" % host
        more = (["--interface", interface] if interface else []) + list(more)
        argv = [*within, self.program("pttkey-ue"), "--impi", user["impi"], "--impu", user["impu"],
                "--k", user["k"], "--opc", user["opc"], "--sqn-file", name + ".sqn", "--bsf",
                "http://%s:8080/" % host, "--server", server, "--group", group, *more]
        process = Process(name, argv, self.dir, self.path(name + ".log"), stdin)
        self.processes.append(process)
        return process

    def run(self, name, *argv):
        """Starts any program whose stdout is JSON lines; process.popen.stdin is a pipe."""
        process = Process(name, list(argv), self.dir, self.path(name + ".log"),
                          stdin=subprocess.PIPE)
        self.processes.append(process)
        return process

    def server_log(self):
        with open(self.path("pttkeyd.log"), errors="replace") as f:
            return f.read()

    def metric(self, line_start):
        """Returns the value of the first metric line with this start; 0 if there is none."""
        import urllib.request
        with urllib.request.urlopen("http://127.0.0.1:9464/metrics", timeout=5) as f:
            for line in f.read().decode().splitlines():
                if line.startswith(line_start):
                    return float(line.split()[-1])
        return 0.0


def until(what, condition, timeout=15.0):
    """Polls a condition that no event reports. Raises Failure after timeout."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise Failure("not within %.0f s: %s" % (timeout, what))
