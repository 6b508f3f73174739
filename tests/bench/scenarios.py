# SPDX-License-Identifier: LGPL-2.1-or-later
"""The scenarios of the benchmark by name; run.py runs them. Each adds samples to the results."""
import json
import os
import signal
import statistics
import subprocess
import sys
import time

import bench_lab as bl
import relay_part

JOIN_RATE = 1000
NUMBERS = ("us", "floor_us", "mtk_ms", "floor_ms")


def say(text):
    print(text, file=sys.stderr, flush=True)


class Plan:
    """The size of a run: quick, full (PTT_BENCH_FULL=1) or smoke (make check: does it work at
    all?)."""

    def __init__(self, mode):
        self.mode, self.full, self.smoke = mode, mode == "full", mode == "smoke"
        self.steps = [5, 20] if self.smoke else [100, 300, 1000, 3000, 10000]
        self.small, self.large = (5, 20) if self.smoke else (1000, 10000)
        self.huge = 40 if self.smoke else 100000
        self.callers, self.pool = (20, 400) if self.smoke else (600, 6000)
        self.warm_s, self.storm_s = (0.2, 0.5) if self.smoke else (1, 8) if self.full else (0.5, 3)

    def rounds(self, count):
        if self.smoke:
            return 1
        if self.full:
            return 11 if count in (self.small, self.large) else 5
        return 5 if count == self.small else 3

    def after_s(self, count):
        """Waits for work that belongs to a re-key but follows it: transactions expire 32 s
        later."""
        if self.smoke:
            return 0.1
        return 35 if self.full and count in (self.small, self.large, self.huge) else 1

    def times(self, quick, full):
        return 1 if self.smoke else full if self.full else quick


class Results:
    def __init__(self):
        self.samples, self.pairs, self.retried = {}, [], 0

    def add(self, goal, *values):
        self.samples.setdefault(goal, []).extend(values)

    def count_retried(self, event):
        self.retried += event.get("retried", 0) + event["repeats"]

    def of(self, where, count, name):
        return [p[name] for p in self.pairs if p["where"] == where and p["members"] == count]


class Run:
    """The state that scenarios share."""

    def __init__(self, build, plan):
        self.build, self.plan, self.results, self.shared = build, plan, Results(), None

    def bench(self, count, **config):
        self.close()  # two labs would need the same ports
        return bl.Bench(self.build, count, **config)

    def large(self):
        """Returns the lab with the most members: that of `scale`, or a new one."""
        if self.shared is None:
            self.shared = self.bench(self.plan.large, callers=self.plan.callers)
            self.shared.__enter__()
            self.shared.start()
        if self.shared.joined < self.plan.large:
            self.shared.join(self.plan.large - self.shared.joined, JOIN_RATE)
        return self.shared

    def close(self, failure=None):
        if self.shared is not None:
            shared, self.shared = self.shared, None
            shared.__exit__(type(failure) if failure else None, failure, None)


def pairs(run, bench, where, rounds=None):
    """Runs A B A B: the floor, then an expulsion."""
    results, count = run.results, bench.joined
    before = None
    for _ in range(rounds or run.plan.rounds(count)):
        first, second = bl.floor(run.build, count, 2)
        event = bench.expel(quiet_s=run.plan.after_s(count))
        pair = {"where": where, "members": count, "us": event["us"], "mtk_ms": event["mtk_ms"],
                "opened_ms": event["opened_ms"], "floor_us": (first["us"] + second["us"]) / 2,
                "floor_ms": (first["wall_ms"] + second["wall_ms"]) / 2}
        say("  %s N=%d: floor %.1f us, server %.1f us a member; first MTK after %.1f ms (floor "
            "%.1f)" % (
            where, count, pair["floor_us"], pair["us"], pair["mtk_ms"], pair["floor_ms"]))
        results.pairs.append(pair)
        results.add("void", first["us"] / second["us"])
        if before:
            results.add("void", before / pair["floor_us"])
        before = pair["floor_us"]
        results.count_retried(event)


def ratios(results, where, count, over, under):
    return [a / b for a, b in zip(results.of(where, count, over), results.of(where, count, under))]


def scale(run):
    """A growing group: the same expulsion at every size."""
    plan, results = run.plan, run.results
    bench = run.shared = run.bench(plan.large, callers=plan.callers)
    bench.__enter__()
    bench.start()
    base = 0
    for count in plan.steps:
        event = bench.join(count - bench.joined, JOIN_RATE)
        if count == plan.large:
            results.add("join_us", event["cpu_us"])
            results.add("G13", event["answer_p99_us"] / 1e3)
            time.sleep(plan.after_s(count))
            results.add("G11", (bl.rss_bytes(bench.pid) - base) / (plan.large - plan.small))
        pairs(run, bench, "udp")
        if count == plan.small:
            time.sleep(plan.after_s(count))
            base = bl.rss_bytes(bench.pid)
    for suffix, count in (("", plan.large), ("a", plan.small)):
        results.add("G1" + suffix, *ratios(results, "udp", count, "us", "floor_us"))
        results.add("G2" + suffix, *ratios(results, "udp", count, "mtk_ms", "floor_ms"))
        results.add("G2ms" + suffix, *results.of("udp", count, "mtk_ms"))
    per_member = statistics.median(results.of("udp", plan.small, "us"))
    results.add("G3", *(us / per_member for us in results.of("udp", plan.large, "us")))


def huge(run):
    """100,000 members of one group in one process, after 1,000 in the same process."""
    plan, results = run.plan, run.results
    with run.bench(plan.huge, policy="cutover_ms = 60000;") as bench:
        bench.start()
        for count in (plan.small, plan.huge):
            bench.join(count - bench.joined, JOIN_RATE)
            say("  %d are in, %.0f MiB" % (count, bl.rss_bytes(bench.pid) / 2**20))
            pairs(run, bench, "huge", rounds=plan.times(3, 5))
    per_member = statistics.median(results.of("huge", plan.small, "us"))
    results.add("G3h", *(us / per_member for us in results.of("huge", plan.huge, "us")))


def calls(run):
    """Unrelated calls, and the loop's longest turn, while the server re-keys all members."""
    plan, results = run.plan, run.results
    bench = run.large()
    rate, hold_ms = (20, 100) if plan.smoke else (100, 500)

    def watch(work):
        bench.members.do("probe 1", "probe")
        bench.members.tell("count")
        work()
        return bench.members.do("probe 0", "probe")

    bench.call(rate, hold_ms)
    time.sleep(plan.warm_s)
    idle = watch(lambda: time.sleep(plan.times(3, 10)))
    idle_calls = bench.hang()
    for _ in range(plan.times(3, 11)):
        bench.call(rate, hold_ms)
        time.sleep(plan.warm_s)
        busy = watch(lambda: results.count_retried(bench.expel(quiet_s=0)))
        event = bench.hang()
        results.add("G8", busy["max_us"] / 1e3)
        results.add("G8o", busy["p99_us"] / max(idle["p99_us"], 1))
        if event["samples"]:
            results.add("G8p", event["answer_p99_us"] / max(idle_calls["answer_p99_us"], 1))
            results.add("G8ms", event["answer_p99_us"] / 1e3)
    results.add("idle_call_ms", idle_calls["answer_p99_us"] / 1e3)


def tcp(run):
    """All members behind one TCP connection."""
    plan, results = run.plan, run.results
    count = plan.large if plan.full else plan.small
    with run.bench(count, tcp=True) as bench:
        bench.start()
        bench.join(count, JOIN_RATE)
        pairs(run, bench, "tcp")
    results.add("G4", *ratios(results, "tcp", count, "us", "floor_us"))
    results.add("G4ms", *results.of("tcp", count, "mtk_ms"))


def exposure(run):
    """A tenth of the members is dead; the expelled member keeps every key that it ever had."""
    count = 20 if run.plan.smoke else 500
    dead = count // 10
    with run.bench(count, policy="cutover_ms = 200;") as bench:
        bench.start()
        bench.join(count, JOIN_RATE)
        bench.members.do("talk %d 1" % (count // 2), "talk")
        bl.lab.until("audio is heard",
                     lambda: bench.metric('pttkey_srtp_packets_total{kind="audio"}') > 10)
        bench.script("dead %d %d" % (count - dead, dead))
        bench.dead = dead
        for _ in range(run.plan.times(3, 11)):
            event = bench.expel(quiet_s=0.1)
            run.results.add("G9", event["last_old_audio_ms"] - event["accepted_ms"])


def scripts(run):
    """A tenth each loses its 200, answers late, answers 491 first, or is dead: all others still get
    the key."""
    count = 20 if run.plan.smoke else 500
    tenth = count // 10
    behave = ["lost %d %d" % (count - tenth, tenth), "slow %d %d 300" % (count - 2 * tenth, tenth),
              "glare %d %d" % (count - 3 * tenth, tenth)]
    with run.bench(count, policy="cutover_ms = 3000;") as bench:
        bench.start()
        bench.join(count, JOIN_RATE)
        for text in behave:
            bench.script(text)
        bench.script("dead %d %d" % (count - 4 * tenth, tenth))
        bench.dead = tenth
        event = bench.expel(quiet_s=0)
        if event["repeats"] + event["resent_200"] < tenth or event["invites"] < count - 1:
            raise bl.lab.Failure("the scripts were not played: %s" % event)
        run.results.add("scripts_ms", event["opened_ms"])


def first_packet(run):
    with run.bench(20) as bench:
        bench.start()
        bench.join(20, 100)
        bench.members.do("talk 3 1", "talk")
        for i in range(run.plan.times(5, 11)):
            ue = bench.ue("ue%d" % i)
            start = ue.wait("bootstrapped", 30)["t"]
            run.results.add("G10", (ue.wait("talk-start", 30)["t"] - start) * 1e3)
            ue.stop()


def memory(run):
    """RSS over re-keys at constant N."""
    plan = run.plan
    count, warm, rounds = (10, 2, 5) if plan.smoke else (100, 100, 1000) if plan.full else (30, 100,
                                                                                            300)
    with run.bench(count) as bench:
        bench.start()
        bench.join(count, JOIN_RATE)
        for i in range(warm + rounds):
            run.results.count_retried(bench.rekey())
            if i + 1 == warm:
                base = bl.rss_bytes(bench.pid)
        run.results.add("G12", bl.rss_bytes(bench.pid) - base)


def state(run):
    """Bytes of key state a member."""
    argv = [os.path.join(run.build, "tests/bench/state"), str(run.plan.large)]
    parts = json.loads(subprocess.run(argv, check=True, capture_output=True, timeout=60).stdout)
    say("  bytes a member: %s" % parts)
    run.results.add("G11k", sum(v for k, v in parts.items() if k != "media_plan"))


def restart(run):
    """kill -9 in the middle of a re-key; the next process completes it."""
    bench = run.large()
    bench.write_config(policy="cutover_ms = 20000;")
    bench.online("reload")

    def kill():
        bench.server.stop(signal.SIGKILL)
        bench.start_server()

    for _ in range(run.plan.times(1, 3)):
        one = bench.expel()
        again = bench.expel(between=kill)
        results = [max(e["mtk_ms"], e["opened_ms"]) for e in (one, again)]
        run.results.add("G15", results[1] / results[0])
        run.results.add("restart_ms", results[1])


def storm(run):
    """Calls at twice and four times the server's peak rate; then a re-key during such a storm."""
    plan, results = run.plan, run.results
    hold_ms = 50 if plan.smoke else 200

    def blow(rate, work=lambda: time.sleep(plan.storm_s)):
        bench.call(rate, hold_ms)
        time.sleep(plan.warm_s)
        bench.members.tell("count")
        work()
        event = bench.hang()
        if not plan.smoke and event["starved"] > event["offered"] / 20:
            raise bl.lab.Failure("too few callers: %s" % event)
        event["done_s"] = event["done"] / event["ms"] * 1e3
        say("  %d/s offered: %.0f done, %.0f shed, %.0f lost a second; INVITE to 200 p99 %.0f ms"
            % (rate, event["done_s"], event["shed"] / event["ms"] * 1e3,
               event["lost"] / event["ms"] * 1e3, event["answer_p99_us"] / 1e3))
        return event

    with run.bench(plan.small, callers=plan.pool) as bench:
        bench.start()
        bench.join(plan.small, JOIN_RATE)
        alone = [bench.expel(quiet_s=0)["opened_ms"] for _ in range(3)]
        for _ in range(plan.times(1, 5)):
            peak = max(blow(0)["done_s"], 1)
            results.add("peak", peak)
            for factor, goal in ((2, "G14"), (4, "G14b")):
                results.add(goal, 100 * blow(int(factor * peak))["done_s"] / peak)
            during = []
            blow(int(4 * peak), lambda: during.append(bench.expel(quiet_s=0)["opened_ms"]))
            results.add("G14r", during[0] / statistics.median(alone))


def wrap(run):
    if run.plan.smoke:
        return
    total, fetches, heap = bl.count_instructions(run.build)
    run.results.add("G5", total)
    run.results.add("G6", fetches)
    run.results.add("G6a", heap)


def relay(run):
    pairs, packets = (1, 64) if run.plan.smoke else (11, 6400)
    relay_part.relay(run.results, run.build, pairs, packets)


# name: (function, its goals, whether quick mode runs it)
SCENARIOS = {
    "wrap": (wrap, "G5 G6", True),
    "state": (state, "G11", True),
    "scale": (scale, "G1 G2 G3 G7 G11 G13, and the picture", True),
    "calls": (calls, "G8", True),
    "restart": (restart, "G15", True),
    "tcp": (tcp, "G4", True),
    "storm": (storm, "G14", True),
    "exposure": (exposure, "G9", True),
    "scripts": (scripts, "no goal: lost 200, late answers, 491 and dead members at once", True),
    "first": (first_packet, "G10", True),
    "memory": (memory, "G12", True),
    "relay": (relay, "the relay's cost: no goal of the list", True),
    "huge": (huge, "G3 at 100,000", False),
}
