#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measures the goals G1-G15 on the real server. docs/performance.md has the method and the
figures."""
import argparse
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bench_lab as bl  # noqa: E402
import against  # noqa: E402
import picture  # noqa: E402
import relay_part  # noqa: E402
import scenarios as sc  # noqa: E402

# number: (what, must, aim, unit); must and aim are upper bounds, or lower ones if in AT_LEAST
GOALS = {
    "G1": ("server CPU of a re-key of 10,000 / floor", 4, 2, "x"),
    "G1a": ("the same, 1,000 members", 4, 2, "x"),
    "G2": ("expulsion to first MTK under the new MSK, 10,000 / floor wall", 4, 2, "x"),
    "G2ms": ("the same, in ms", 500, 500, "ms"),
    "G2a": ("expulsion to first MTK, 1,000 / floor wall", 4, 2, "x"),
    "G3": ("CPU a member at 10,000 / at 1,000", 1.6, 1.25, "x"),
    "G3h": ("CPU a member at 100,000 / at 1,000", 1.6, 1.25, "x"),
    "G4": ("one TCP connection for all: CPU a member / UDP floor", 6, 1, "x"),
    "G5": ("instructions a wrap", 60000, 27000, ""),
    "G6": ("EVP fetches in a wrap (instructions inside)", 0, 0, ""),
    "G6a": ("heap in a wrap (instructions inside)", 0, 0, ""),
    "G7": ("retransmissions we cause, all re-keys of this run", 0, 0, ""),
    "G8": ("longest turn of the loop while 10,000 are re-keyed", 20, 1, "ms"),
    "G8p": ("unrelated INVITE to 200, p99 meanwhile / p99 idle", 5, 1.3, "x"),
    "G8o": ("OPTIONS on another socket, p99 meanwhile / p99 idle", 5, 1.3, "x"),
    "G9": ("exposure, 10 % dead, cutover_ms = 200", 250, 250, "ms"),
    "G10": ("bootstrapped to first opened packet", 150, 60, "ms"),
    "G11k": ("key state a member", 2048, 512, "B"),
    "G11": ("RSS slope a member, all in", 16384, 4608, "B"),
    "G12": ("RSS growth over re-keys after warm-up", 262144, 0, "B"),
    "G13": ("INVITE in to 200 out, p99, at 1,000 joins/s", 5, 0.3, "ms"),
    "G14": ("goodput at twice the peak load / peak", 70, 95, "%"),
    "G14b": ("goodput at four times the peak load / peak", 70, 95, "%"),
    "G14r": ("re-key of 1,000 at four times the peak load / alone", 2, 1.2, "x"),
    "G15": ("kill -9 to everybody re-keyed, 10,000 / one re-key", 5, 1.2, "x"),
    "void": ("floor against floor (0.95-1.05, or the run is void)", None, None, "x"),
}
GOALS.update(relay_part.GOALS)
AT_LEAST = ("G14", "G14b")
ABSOLUTE = {"join_us": "server CPU of a join, us", "peak": "peak of calls, a second",
            "G4ms": "TCP: expulsion to first MTK, ms",
            "G8ms": "unrelated INVITE to 200 during a re-key, p99, ms",
            "idle_call_ms": "the same, idle, ms", "restart_ms": "kill -9 to everybody re-keyed, ms",
            "scripts_ms": "lost, late, 491, dead: last one has the key, ms"}


def verdict(goal, value):
    _, must, aim, _ = GOALS[goal]
    if must is None:
        return "VOID" if goal in ("void", "M0") and not 0.95 <= value <= 1.05 else ""
    if goal in AT_LEAST:
        must, aim, value = -must, -aim, -value
    return "aim reached" if value <= aim else "must reached" if value <= must else "MISSED"


def table(results):
    """Makes a row for every goal that the run measured."""
    rows = []
    for goal, (what, must, aim, unit) in GOALS.items():
        q = bl.quartiles(results.samples.get(goal, []))
        if q:
            rows.append({"goal": goal, "what": what, "unit": unit, "must": must, "aim": aim,
                         "met": verdict(goal, q["median"]), **q})
    return rows


def show_line(goal, what, q, must="", aim="", met=""):
    print("%-5s %-62s %10.5g %10.5g %10.5g %4d %7s %7s  %s" % (
        goal, what, q["q1"], q["median"], q["q3"], q["n"], must, aim, met))


def show(rows, run):
    print("%-5s %-62s %10s %10s %10s %4s %7s %7s" % ("", "", "q1", "median", "q3", "n", "must",
                                                     "aim"))
    for r in rows:
        show_line(r["goal"], r["what"] + (" [%s]" % r["unit"] if r["unit"] else ""), r,
                  "" if r["must"] is None else r["must"], "" if r["aim"] is None else r["aim"],
                  r["met"])
    for name, what in ABSOLUTE.items():
        if run.results.samples.get(name):
            show_line("", what, bl.quartiles(run.results.samples[name]))
    places = []
    for p in run.results.pairs:
        if (p["where"], p["members"]) not in places:
            places.append((p["where"], p["members"]))
    for where, count in places:
        for name, what in (("us", "server, us a member"), ("floor_us", "floor, us a member"),
                           ("mtk_ms", "first MTK, ms"), ("floor_ms", "floor, ms")):
            show_line("", "%s, %s of %d" % (what, where, count),
                      bl.quartiles(run.results.of(where, count, name)))
    if run.plan.smoke:
        print("Smoke run: it only shows that the benchmark works; the goals' sizes were not used.")
    elif not run.plan.full:
        print("Quick mode: few pairs, 1 s after each re-key instead of 35. PTT_BENCH_FULL=1 for "
              "the whole.")


def write_picture(run):
    series = []
    counts = sorted({p["members"] for p in run.results.pairs if p["where"] == "udp"})
    for name, words, colour in (("mtk_ms", "first new MTK", "#c0392b"),
                                ("floor_ms", "floor", "#2471a3")):
        points = []
        for count in counts:
            q = bl.quartiles(run.results.of("udp", count, name))
            points.append((count, q["q1"], q["median"], q["q3"]))
        series.append((words, colour, points))
    path = os.path.join(run.build, "bench.svg")
    with open(path, "w") as f:
        f.write(picture.draw("One expelled: time until the rest has new keys", series))
    return path


def parse():
    names = "".join("  %-10s %s%s\n" % (name, goals, "" if quick
                                        else "; only with PTT_BENCH_FULL=1 or --only") for name,
                    (_, goals, quick) in sc.SCENARIOS.items())
    parser = argparse.ArgumentParser(
        prog="./dev bench", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="scenarios (also by the goal's number):\n" + names + "\n"
        "PTT_BENCH_FULL=1: 11 pairs, the 35 s after each re-key included, 100,000 members: about "
        "an hour.\n"
        "Two cores are needed (server on the first, members on the last); root, or "
        "net.core.rmem_max of 4 MB.\n"
        "The table has median and quartiles against must and aim; a picture of time against "
        "members is in\n"
        "build/bench.svg. A re-key counts only if every member opened the MSK and the expelled one "
        "could not.")
    parser.add_argument("build", help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true",
                        help="everything, all samples and pairs, as JSON on standard output")
    parser.add_argument("--only", metavar="NAME,...", help="these scenarios")
    parser.add_argument("--against", metavar="REV",
                        help="compare with the server of another revision instead: it is built in "
                        "build/against, and both take turns (A B A B) in one run")
    parser.add_argument("--other", help=argparse.SUPPRESS)
    parser.add_argument("--smoke", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def chosen(only, plan):
    if not only:
        return [n for n, (_, _, quick) in sc.SCENARIOS.items() if quick or plan.full]
    names = []
    for word in only.split(","):
        found = [n for n, (_, goals, _) in sc.SCENARIOS.items() if n == word
                 or word in goals.replace(",", "").split()]
        if not found:
            sys.exit("no scenario %s; there are: %s" % (word, " ".join(sc.SCENARIOS)))
        names += found if word in sc.SCENARIOS or len(found) == 1 else [n for n in found
                                                                        if sc.SCENARIOS[n][2]]
    return [n for n in sc.SCENARIOS if n in names]


def run_all(run, names):
    """Lists the goals that failed."""
    failed = []
    for name in names:
        start, failure = time.monotonic(), None
        try:
            sc.SCENARIOS[name][0](run)
        except (bl.lab.Failure, OSError, ValueError, subprocess.SubprocessError) as e:
            failure = e
            failed.append("%s: %s" % (name, e))
            run.close(e)
        sc.say("%s: %s, %.0f s" % (name, failure or "done", time.monotonic() - start))
    run.close()
    return failed


def main():
    args = parse()
    plan = sc.Plan("smoke" if args.smoke else "full" if os.environ.get("PTT_BENCH_FULL")
                   else "quick")
    run = sc.Run(args.build, plan)
    if args.other:
        return against.compare(run, args.other, args.json)
    failed = run_all(run, chosen(args.only, plan))
    if run.results.pairs:
        run.results.add("G7", run.results.retried)
    rows, svg = table(run.results), None
    if run.results.of("udp", plan.large, "us"):
        svg = write_picture(run)
    if args.json:
        print(json.dumps({"mode": plan.mode, "goals": rows, "failed": failed,
                          "pairs": run.results.pairs, "samples": run.results.samples,
                          "picture": svg}, indent=1))
    else:
        show(rows, run)
        for text in failed:
            print("FAILED: " + text)
        if svg:
            print("picture: " + svg)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
