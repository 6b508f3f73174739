# SPDX-License-Identifier: LGPL-2.1-or-later
"""Plays of run.py: responses to the offer of a re-key that are not a 200, or not a good one."""
import re

from sipp_lab import LOAD, Sipp, expect, staying, until


def answers(lab, scenario, status=None, extra="X-Nothing: 1", times=1):
    """One member stays, one answers as the scenario says; an operator re-keys. Checks that the
    first has the new MSK. Returns the keys of the second, and the group once it is settled."""
    stayer = Sipp(lab, "stay", staying(lab.person(), 1), group=LOAD)
    lab.wait_settled(LOAD, 1)
    who = lab.person()
    sets = [("times", times)] if scenario in ("answer", "answer_bye") else []
    other = Sipp(lab, scenario, who, group=LOAD, keys=[("extra", extra)], sets=sets, status=status)
    lab.wait_settled(LOAD, 2)
    until("the member to have answered", lambda: lab.member(LOAD, who[0])["settled"])
    lab.online("rekey", LOAD)
    keys = stayer.wait().msks_of_one()
    expect("MSKs of the stayer", len(set(keys)), 2)
    held = other.wait().msks_of_one()
    expect("only the stayer's", set(held) - set(keys), set())
    return keys, held, other


def takes(lab, scenario, failed=0, **more):
    """The second member has the new MSK in the end, and leaves by itself."""
    keys, held, _ = answers(lab, scenario, **more)
    expect("the last is the newest", held[-1], keys[-1])
    return {"offers_total{result=\"failed\"}": failed, "joins_total{result=\"accepted\"}": 2,
            "rekeys_total{reason=\"operator\"}": 1, "leaves_total{reason=\"bye\"}": 2}


def play_lost_200(lab):
    return takes(lab, "lost_200")


def play_lost_ack(lab):
    keys, held, party = answers(lab, "lost_ack")
    expect("each key once", held, keys)
    expect("ACKs to the member: two, and one repeated",
           len(re.findall(r"^ACK sip:member@", party.messages(), re.M)), 3)
    return {"joins_total{result=\"accepted\"}": 2, "rekeys_total{reason=\"operator\"}": 1,
            "leaves_total{reason=\"bye\"}": 2}


def play_slow(lab):
    return takes(lab, "slow")


def play_491(lab):
    return takes(lab, "answer", status="491 Request Pending")


def play_488(lab):
    """The PF seals again at once, with a fresh counter: three times by default."""
    return takes(lab, "answer", status="488 Not Acceptable Here", extra='Warning: 306 x "MIKEY"',
                 times=3, failed=3)


def play_488_until_bye(lab):
    answers(lab, "answer_bye", status="488 Not Acceptable Here", times=3)
    return {"joins_total{result=\"accepted\"}": 2, "leaves_total{reason=\"bye\"}": 1,
            "offers_total{result=\"failed\"}": 4, "leaves_total{reason=\"refused\"}": 1}


def play_422(lab):
    """The session timer is too short for the member or a proxy: the PF offers again at once with a
    longer one, also in the next re-key."""
    stayer = Sipp(lab, "stay", staying(lab.person(), 2), group=LOAD)
    lab.wait_settled(LOAD, 1)
    other = Sipp(lab, "answer_422", lab.person(), group=LOAD)
    lab.wait_settled(LOAD, 2)
    for _ in range(2):
        generation = lab.group(LOAD)["generation"]
        lab.online("rekey", LOAD)
        until("re-keyed", lambda: lab.group(LOAD)["generation"] > generation
              and not lab.group(LOAD)["unsettled"])
    keys, held = stayer.wait().msks_of_one(), other.wait().msks_of_one()
    expect("the MSKs of both, that of the 422 twice", held, [keys[0], keys[1], keys[1], keys[2]])
    return {"offers_total{result=\"failed\"}": 1, "joins_total{result=\"accepted\"}": 2,
            "rekeys_total{reason=\"operator\"}": 2, "leaves_total{reason=\"bye\"}": 2}


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


PLAYS = [play_lost_200, play_lost_ack, play_slow, play_491, play_488, play_488_until_bye, play_422,
         play_500, play_503, play_481, play_408, play_crossing_bye]
