# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs two revisions of the server in turns: shows the effect of a change on a machine whose speed
varies."""
import json

import bench_lab as bl
import scenarios as sc

OTHER_HOST, OTHER_CHANNEL = "127.0.0.2", "233.252.0.18"
MEASURES = (("us", "server CPU, us a member"), ("mtk_ms", "expulsion to first MTK, ms"))


def both(run, other_build, count):
    """Returns [(this, other)]: the same expulsion in both; each of them goes first every other
    time."""
    this = run.bench(count)
    other = bl.Bench(other_build, count, tools=run.build, host=OTHER_HOST, channel=OTHER_CHANNEL)
    out = []
    with this, other:
        for bench in (this, other):
            bench.start()
            event = bench.join(count, sc.JOIN_RATE)
            sc.say("  %s: %d joined, %.0f us each" % (bench.host, count, event["cpu_us"]))
        for i in range(2 * run.plan.rounds(count) + 1):
            order = (this, other) if i % 2 else (other, this)
            events = {bench: bench.expel(quiet_s=run.plan.after_s(count)) for bench in order}
            sc.say("  N=%d: this %.1f us %.0f ms, other %.1f us %.0f ms"
                   % (count, events[this]["us"], events[this]["mtk_ms"], events[other]["us"],
                      events[other]["mtk_ms"]))
            if i:  # the first pair warms up
                out.append((events[this], events[other]))
    return out


def compare(run, other_build, as_json):
    rows = []
    for count in [run.plan.small] + ([] if run.plan.smoke else [run.plan.large]):
        pairs = both(run, other_build, count)
        for name, what in MEASURES:
            row = {"what": "%s, %d" % (what, count), "this": [a[name] for a, _ in pairs],
                   "other": [b[name] for _, b in pairs]}
            row["ratio"] = [a / b for a, b in zip(row["this"], row["other"])]
            rows.append(row)
    if as_json:
        print(json.dumps({"mode": run.plan.mode, "against": rows}, indent=1))
        return 0
    print("%-40s %28s %28s %28s" % ("q1 median q3", "this", "other", "this / other"))
    for row in rows:
        print("%-40s" % row["what"] + "".join("  %8.4g %8.4g %8.4g"
                                              % tuple(bl.quartiles(row[k])[q]
                                                      for q in ("q1", "median", "q3"))
                                              for k in ("this", "other", "ratio")))
    return 0
