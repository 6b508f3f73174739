#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""SIPp scenarios against the real server. usage: run.py FOLDER-OF-THE-PROGRAMS [PLAY ...]

Each play starts one sipp process a party. Between its steps it waits for the server's state
(members, groups, metrics), never for a time. A failed call fails its sipp, and that fails the
run. PTT_SIPP_MEMBERS and PTT_SIPP_LEAVES set the numbers of the play "leaves".
"""
import os
import subprocess
import sys

sys.dont_write_bytecode = True  # the source tree stays clean
import answers  # noqa: E402
from sipp_lab import (ALPHA, BATCH, CLOSED, DOMAIN, LOAD, Failure, Sipp,  # noqa: E402
                      SippLab, connections, dump,
                      expect, listens, staying, until)

LOAD_CALLS, LOAD_RATE = 50, 25
LEAVERS_OF, LEAVES = (int(os.environ.get("PTT_SIPP_" + name, count)) for name,
                      count in (("MEMBERS", 100), ("LEAVES", 4)))

# --- the plays ---

def one_joins(lab, scenario, **more):
    """The member gets one MSK, and leaves."""
    expect("MSKs", len(Sipp(lab, scenario, lab.person(), **more).wait().msks_of_one()), 1)
    return {"joins_total{result=\"accepted\"}": 1, "leaves_total{reason=\"bye\"}": 1}


def play_join(lab):
    return one_joins(lab, "join")


def play_join_channel(lab):
    return one_joins(lab, "join_channel")


def play_join_offerless(lab):
    return one_joins(lab, "join_offerless")


def play_tcp(lab):
    """The same over one TCP connection; the server's own requests come back on it."""
    return one_joins(lab, "join", more=("-t", "t1"))


def play_tcp_rekey(lab):
    """The server re-keys members over their own connections, and dials none of their Contacts."""
    one, two = (Sipp(lab, "stay", staying(lab.person(), 2), group=LOAD, more=("-t", "t1"))
                for _ in range(2))
    victim = lab.person()
    expelled = Sipp(lab, "expelled", victim, group=LOAD)
    lab.wait_settled(LOAD, 3)
    before = connections(5060, one.port, two.port)
    expect("connections, both ends", len(before), 4)
    generation = lab.group(LOAD)["generation"]
    lab.online("expel", LOAD, victim[0])
    expelled.wait()
    lab.online("admit", LOAD, victim[0])
    until("re-keyed", lambda: lab.group(LOAD)["generation"] > generation and lab.settled(LOAD, 2))
    expect("connections after it", connections(5060, one.port, two.port), before)
    lab.online("rekey", LOAD)
    keys = [party.wait().msks_of_one() for party in (one, two)]
    expect("MSKs of the one, and of the other", (len(set(keys[0])), keys[0]), (3, keys[1]))
    return {"joins_total{result=\"accepted\"}": 3, "leaves_total{reason=\"bye\"}": 2,
            "expulsions_total{source=\"operator\"}": 1, "rekeys_total{reason=\"operator\"}": 1}


LONG_NAME = "member-" + "x" * 150  # a Contact so long that no offer to it fits into 1300 bytes


def play_over_mtu(lab):
    """Offers over 1300 bytes to a member on UDP go by TCP: the first, and a re-key."""
    who = lab.person()
    ear = Sipp(lab, "over_mtu_tcp", who, group=LOAD, keys=[("name", LONG_NAME)], more=("-t", "t1"))
    until("the member to listen on TCP", lambda: listens(ear.port))
    caller = Sipp(lab, "over_mtu", who, group=LOAD, keys=[("name", LONG_NAME)], port=ear.port)
    lab.wait_settled(LOAD, 1)
    until("the member to have answered", lambda: lab.member(LOAD, who[0])["settled"])
    lab.online("rekey", LOAD)
    expect("MSKs", len(set(ear.wait().msks_of_one())), 2)
    lab.wait_settled(LOAD, 1)
    lab.online("expel", LOAD, who[0])
    caller.wait()
    lab.online("admit", LOAD, who[0])
    return {"over_mtu_total": 2, "joins_total{result=\"accepted\"}": 1,
            "rekeys_total{reason=\"operator\"}": 1, "expulsions_total{source=\"operator\"}": 1}


def play_over_mtu_refused(lab):
    """The same where the configuration refuses TCP: no offer leaves, each try counts, then the
    member gets BYE."""
    who = lab.person()
    Sipp(lab, "over_mtu", who, group=LOAD, keys=[("name", LONG_NAME)]).wait()
    return {"over_mtu_total": 4, "offers_total{result=\"failed\"}": 4,
            "joins_total{result=\"accepted\"}": 1, "leaves_total{reason=\"refused\"}": 1}


def play_pull(lab):
    keys = Sipp(lab, "pull", lab.person()).wait().msks_of_one()
    expect("MIKEY messages", len(keys), 2)
    expect("MSKs", len(set(keys)), 1)
    return {"joins_total{result=\"accepted\"}": 1, "leaves_total{reason=\"bye\"}": 1}


def play_leave(lab):
    """C leaves: A and B get another MSK. Then A leaves: B gets a third."""
    a = Sipp(lab, "stay", staying(lab.person(), 1))
    lab.wait_settled(ALPHA, 1)
    b = Sipp(lab, "stay", staying(lab.person(), 2))
    lab.wait_settled(ALPHA, 2)
    c = Sipp(lab, "join", lab.person())
    keys = [party.wait().msks_of_one() for party in (c, a, b)]
    expect("MSKs of C, A, B", [len(k) for k in keys], [1, 2, 3])
    expect("the first is everybody's", len({k[0] for k in keys}), 1)
    expect("the second is A's and B's", keys[1][1], keys[2][1])
    expect("three MSKs in all", len(set(keys[2])), 3)
    return {"joins_total{result=\"accepted\"}": 3, "leaves_total{reason=\"bye\"}": 3}


def stayer_and(lab, scenario, who):
    """Starts one member that stays for a re-key, and one of the scenario. Both have joined and are
    settled."""
    stayer = Sipp(lab, "stay", staying(lab.person(), 1))
    lab.wait_settled(ALPHA, 1)
    other = Sipp(lab, scenario, who)
    lab.wait_settled(ALPHA, 2)
    return stayer, other


def play_refuse_channel(lab):
    """The member stays on unicast while the others are re-keyed, and gets nothing, until it is
    expelled."""
    refuser = lab.person()
    stayer, party = stayer_and(lab, "refuse_channel", refuser)
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
    """The member refused the channel, but the MSK was sent to it: expelling it still re-keys."""
    refuser = lab.person()
    stayer, party = stayer_and(lab, "refuse_channel", refuser)
    until("on unicast", lambda: lab.member(ALPHA, refuser[0])["channel"] == "unicast")
    lab.online("expel", ALPHA, refuser[0])
    party.wait()
    expect("MSKs of the stayer", len(set(stayer.wait().msks_of_one())), 2)
    return {"joins_total{result=\"accepted\"}": 2, "expulsions_total{source=\"operator\"}": 1,
            "leaves_total{reason=\"bye\"}": 1}


def play_expel(lab):
    victim, stranger = lab.person(), lab.person()
    stayer, expelled = stayer_and(lab, "expelled", victim)
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
    """Many members join and leave at a rate: each gets the group's MSK under its own MUK."""
    keys = Sipp(lab, "join", *lab.people[:LOAD_CALLS], group=LOAD, rate=LOAD_RATE).wait().msks()
    expect("members with keys", len(keys), LOAD_CALLS)
    expect("MSKs", len({key for held in keys.values() for key in held}), 1)
    lab.wait_settled(LOAD, 0)
    return {"joins_total{result=\"accepted\"}": LOAD_CALLS,
            "leaves_total{reason=\"bye\"}": LOAD_CALLS}


def play_leaves(lab):
    """Of many members one leaves after each re-key. That leave causes the next re-key, a batch of
    leaves (1 s) later. In the end the rest leave at once. The first of the CSV leaves each time;
    all others hold the newest MSK."""
    names = [row[0] for row in lab.people[:LEAVERS_OF]]
    rows = [staying(row, min(i + 1, LEAVES + 2) if i < LEAVES else LEAVES + 2)
            for i, row in enumerate(lab.people[:LEAVERS_OF])]
    before = lab.metrics()
    party = Sipp(lab, "stay", *rows, group=BATCH, rate=50,
                 outer_s=120 + LEAVERS_OF // 2 + 4 * LEAVES, trace=LEAVERS_OF <= 100)
    until("all are in", lambda: lab.settled(BATCH, LEAVERS_OF), 60 + LEAVERS_OF / 2)
    lab.online("rekey", BATCH)
    for k in range(1, LEAVES + 1):
        until("leave %d" % k, lambda: lab.metric("pttkey_leaves_total{reason=\"bye\"}")
              >= before["leaves_total{reason=\"bye\"}"] + k, 30)
        here = [m["impu"] for m in lab.online("members", BATCH)["members"]]
        gone = len(names) - len(here)
        if gone < k or sorted(here) != sorted(names[gone:]):
            raise Failure("leave %d: %d members, not the last of the CSV" % (k, len(here)))
    until("re-keyed after the last",
          lambda: lab.metric("pttkey_rekeys_total{reason=\"leave\"}") == before[
              "rekeys_total{reason=\"leave\"}"] + LEAVES
          and lab.settled(BATCH, LEAVERS_OF - LEAVES), 30)
    expect("all settled", {m["settled"] for m in lab.online("members", BATCH)["members"]}, {True})
    lab.write_config(batch_ms=60000)  # no re-key while the rest leave
    lab.online("reload")
    lab.online("rekey", BATCH)
    keys = party.wait().msks({*names[:LEAVES], names[-1]})
    last = keys[names[-1]]
    expect("MSKs of the last", (len(last), len(set(last))), (LEAVES + 3, LEAVES + 3))
    for i, name in enumerate(names[:LEAVES]):
        expect("MSKs of %s" % name, keys[name], last[:i + 2])
    return {"joins_total{result=\"accepted\"}": LEAVERS_OF,
            "leaves_total{reason=\"bye\"}": LEAVERS_OF, "rekeys_total{reason=\"leave\"}": LEAVES,
            "rekeys_total{reason=\"operator\"}": 2}


def play_drain(lab):
    """The last play: the server admits no new member; an expulsion still re-keys those in
    session."""
    victim = lab.person()
    stayer, expelled = stayer_and(lab, "expelled", victim)
    lab.online("drain")
    Sipp(lab, "join_503", lab.person()).wait()
    lab.online("expel", ALPHA, victim[0])
    expelled.wait()
    expect("MSKs of the stayer", len(set(stayer.wait().msks_of_one())), 2)
    return {"joins_total{result=\"accepted\"}": 2, "joins_total{result=\"draining\"}": 1,
            "expulsions_total{source=\"operator\"}": 1, "leaves_total{reason=\"bye\"}": 1}


PLAYS = [play_join, play_join_channel, play_join_offerless, play_tcp, play_tcp_rekey, play_over_mtu,
         play_pull, play_leave, play_refuse_channel, play_expel_refuser, play_expel,
         play_wrong_password, play_not_a_member, play_no_such_group, play_odd_requests,
         *answers.PLAYS, play_load, play_leaves, play_drain]
NEVER = ["joins_total{result=\"malformed\"}", "leaves_total{reason=\"timeout\"}",
         "leaves_total{reason=\"refused\"}", "offers_total{result=\"failed\"}", "over_mtu_total",
         "store_errors_total"]


def run(lab, play):
    lab.wait_settled(ALPHA, 0)
    before = lab.metrics()
    wanted = dict.fromkeys(NEVER, 0)
    wanted.update(play(lab))
    for group in (ALPHA, LOAD, BATCH):
        lab.wait_settled(group, 0)
    after = lab.metrics()
    for name, count in wanted.items():
        expect("pttkey_%s rose by" % name, after[name] - before[name], count)
    print("ok   %s" % play.__name__[5:], flush=True)


def run_all(lab, plays, members):
    """Runs plays against one server."""
    with lab:
        lab.start_server()
        lab.bootstrap(members)
        try:
            for play in plays:
                run(lab, play)
        except BaseException:
            dump(lab)
            raise
        finally:
            for sipp in lab.sipps:
                sipp.end()
        expect("exit status of the server", lab.server.stop(), 0)


def main():
    wanted = sys.argv[2:]
    for plays, members, changes in ((PLAYS, max(70, LEAVERS_OF), {}),
                                    ([play_over_mtu_refused], 1, {"over_mtu": "refuse"})):
        plays = [play for play in plays if not wanted or play.__name__[5:] in wanted]
        if plays:
            run_all(SippLab(sys.argv[1], **changes), plays, members)
    print("PASSED", flush=True)


if __name__ == "__main__":
    try:
        main()
    except (Failure, subprocess.TimeoutExpired) as failure:
        print("FAILED: %s" % failure, flush=True)
        sys.exit(1)
