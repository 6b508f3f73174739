# SPDX-License-Identifier: LGPL-2.1-or-later
"""The relay's part of the benchmark: a packet through the media thread against bare libsrtp and
sendto()."""
import json
import os
import subprocess

GOALS = {
    "M1": ("CPU of a relayed packet, 32 back to back / libsrtp and sendto()", None, None, "x"),
    "M2": ("the same, one packet at a time", None, None, "x"),
    "M0": ("libsrtp and sendto() against itself", None, None, "x"),
    "Mpps": ("packets a second on one core, 32 back to back", None, None, ""),
    "Mpps1": ("the same, one at a time", None, None, ""),
}


def relay(results, build, pairs=11, packets=6400):
    run = subprocess.run([os.path.join(build, "tests/bench/relay"), str(pairs), str(packets)],
                         check=True, capture_output=True, timeout=300)
    ns = json.loads(run.stdout)
    for floor, again, burst, one in zip(ns["floor_ns"], ns["again_ns"], ns["burst_ns"],
                                        ns["one_ns"]):
        results.add("M0", again / floor)
        results.add("M1", burst / floor)
        results.add("M2", one / again)
        results.add("Mpps", 1e9 / burst)
        results.add("Mpps1", 1e9 / one)
