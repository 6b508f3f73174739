#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts the instructions of a re-key, or of joins, by function: the SIP thread of the real server
under callgrind. usage: tests/netns.sh /usr/bin/python3 tests/bench/profile.py BUILD-FOLDER
[MEMBERS] [batch|tport|peek] [join]"""
import glob
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bench_lab as bl  # noqa: E402

SLOW_JOINS = 30  # joins a second: callgrind is some 50 times slower


class Profiled(bl.Bench):
    def program(self, name):
        return self.path("profiled") if name == "pttkeyd" else super().program(name)

    def write_config(self, **changes):
        super().write_config(**changes)
        with open(self.path("pttkeyd.conf"), "a") as f:
            # under callgrind the server is always overloaded
            f.write('overload = { lag_ms = 0; waiting = 0; };\n')
            f.write('udp_io = "%s";\n' % (sys.argv[3] if len(sys.argv) > 3 else "batch"))

    def write_wrapper(self):
        with open(self.path("profiled"), "w", opener=lambda p, f: os.open(p, f, 0o755)) as f:
            f.write("#!/bin/sh\nexec valgrind -q --tool=callgrind --instr-atstart=no "
                    "--separate-threads=yes " "--callgrind-out-file=%s %s \"$@\"\n"
                    % (self.path("out"), os.path.join(self.bin, "pttkeyd")))

    def callgrind(self, *args):
        subprocess.run(["callgrind_control", *args, str(self.pid)], check=True, capture_output=True,
                       timeout=60)


def annotate(name, *args):
    return subprocess.run(["callgrind_annotate", *args, name], check=True, capture_output=True,
                          timeout=120).stdout.decode().splitlines()


def rekey(bench, count):
    bench.join(count, SLOW_JOINS)
    bench.expel()
    bench.callgrind("-i", "on")
    event = bench.expel()
    print("%d members, %d invites sent twice" % (event["opened"], event["repeats"]))
    return event["opened"]


def join(bench, count):
    bench.join(10, SLOW_JOINS)  # work that happens once is over
    bench.callgrind("-i", "on")
    bench.join(count - 10, SLOW_JOINS)
    print("%d joins" % (count - 10))
    return count - 10


def show(name, count):
    for line in annotate(name, "--inclusive=yes"):
        words = line.split()
        if len(words) > 2 and words[0].replace(",", "").isdigit():
            print("%8d a member  %s" % (int(words[0].replace(",", "")) / count,
                                        line.split(")", 1)[-1].strip()[-110:]))


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    work = join if sys.argv[4:] == ["join"] else rekey
    with Profiled(sys.argv[1], count, policy="cutover_ms = 20000;") as bench:
        bench.write_wrapper()
        bench.start()
        members = work(bench, count)
        bench.callgrind("-d")
        show(sorted(glob.glob(bench.path("out*-01")))[-1], members)


if __name__ == "__main__":
    main()
