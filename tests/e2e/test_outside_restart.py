#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The server dies or ends in the middle of its work and restarts; members of another author
watch."""
import base64
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import outside  # noqa: E402
import outside_mikey as mikey  # noqa: E402
from outside_sip import Sdp  # noqa: E402
from outside_world import GROUP, World, equal, number_of, run, true, until  # noqa: E402


def members(w):
    return sorted(m["impu"] for m in w.lab.online("members", GROUP)["members"])


def offered(m):
    found = Sdp(m.body.decode()).key_mgmt()
    return mikey.Mikey(base64.b64decode(found[0].split()[1])) if found else None


def heard_by_all(w, talker, listeners, what):
    """Checks that 20 packets of a new talk reach every listener."""
    for c in listeners:
        c.heard.clear()
    talk = outside.Talker(talker.d)
    for c in listeners:
        c.wait("packets " + what, lambda c=c: len(c.numbers()) >= 20)
    talk.stop()


def kill_in_rekey(expel):
    """kill -9 while the offers are out and one member has not answered."""
    with World() as w:
        anna, ben, carl, dora = w.joined("anna", "ben", "carl", "dora")
        heard_by_all(w, anna, [ben, carl], "before")
        old = anna.ring.current
        mtks = {c.name: set(c.ring.mtks) for c in w.clients}
        unanswered = []

        def no_answer(m):
            unanswered.append(m)
            return b""
        ben.ua.lock.acquire()
        ben.d.script = [no_answer]
        ben.ua.lock.release()
        versions = {c.name: c.d.remote_origin[1] for c in w.clients}
        cseqs = {c.name: c.d.remote_cseq for c in w.clients}
        if expel:
            w.lab.online("expel", GROUP, dora.impi)
        else:
            w.lab.online("rekey", GROUP)
        ben.wait("the offer", lambda: unanswered)
        first = offered(unanswered[0])
        true("a new MSK", first.msk_id != old)
        equal("not yet used", w.channel.first_use(first.msk_id), None)
        w.lab.server.stop(signal.SIGKILL)
        killed = time.monotonic()
        w.lab.start_server()
        stay = [anna, ben, carl] + ([] if expel else [dora])
        new = w.rekeyed(stay, old)
        equal("the same MSK id is resumed", new, first.msk_id)
        opened = first.open(ben.muks[ben.btid])["key"]
        equal("and the same key", ben.ring.msks[new]["key"], opened)
        equal("no third key", {m.msk_id for c in stay for m in c.msk_messages} - {old, new}, set())
        again = offered(ben.d.offers[-1])
        true("fresh T", again.counter() > first.counter())
        for c in stay:
            true("CSeq higher", c.d.remote_cseq > cseqs[c.name])
            true("o= version higher", c.d.remote_origin[1] > versions[c.name])
        true("not ended", not any(c.d.ended for c in stay))
        equal("no member lost", members(w), sorted(c.impu for c in stay))
        heard_by_all(w, anna, stay[1:], "after the crash")
        true("MTK ids not used again", all(not (set(c.ring.mtks) - mtks[c.name]) & mtks[c.name]
                                           for c in stay))
        between = [p for p in w.channel.key_messages(killed) if mikey.Mikey(p.data).msk_id == old]
        if expel:
            dora.wait("BYE", lambda: dora.byes)
            equal("no MTK under the old MSK after an expulsion",
                  [p for p in between if p.data not in {q.data for q in w.channel.key_messages()
                                                        if q.time < killed}], [])
            w.shut_out(dora, new)
            equal("still banned", dora.dialog().join().status, 403)


def kill_in_operator_rekey():
    kill_in_rekey(False)


def kill_in_expulsion():
    kill_in_rekey(True)


def kill_at_any_time():
    """kill -9 some milliseconds after the server accepted an expulsion, several times."""
    with World() as w:
        stay = w.joined("anna", "ben")
        anna, ben = stay
        for i, after in enumerate((0, 0.002, 0.005, 0.01, 0.03, 0.06)):
            victim, = w.joined("victim%d" % i)
            old = anna.ring.current
            w.lab.online("expel", GROUP, victim.impi)
            time.sleep(after)  # this instant is the test's input, not a wait for something
            w.lab.server.stop(signal.SIGKILL)
            w.lab.start_server()
            for c in stay:
                c.wait("re-keyed", lambda c=c: number_of(c.ring.current) > number_of(old))
            new = anna.ring.current
            equal("one key only: never a third", number_of(new), number_of(old) + 1)
            heard_by_all(w, anna, [ben], "after crash %d" % i)
            w.shut_out(victim, new)
            equal("banned", victim.dialog().join().status, 403)
            equal("no member lost", members(w), sorted(c.impu for c in stay))


def kill_idle():
    """A crash of an idle server: the channel goes on with a new MTK."""
    with World() as w:
        anna, ben = w.joined("anna", "ben")
        heard_by_all(w, anna, [ben], "before")
        old = anna.ring.current
        before = {m for m in ben.ring.mtks}
        w.restart(9)
        begin = time.monotonic()
        heard_by_all(w, anna, [ben], "after")
        print("     heard again after %.0f ms" % (1000 * (ben.heard[0][0] - begin)))
        used = {h[3] for h in ben.heard}
        true("a new MTK first", not used & before)
        equal("no BYE", (anna.byes, ben.byes), ([], []))
        w.lab.online("rekey", GROUP)
        w.rekeyed([anna, ben], old)


def sigterm():
    """SIGTERM: no BYE, exit 0; the next start resumes the dialogs."""
    with World() as w:
        anna, ben, carl = w.joined("anna", "ben", "carl")
        old, names = anna.ring.current, members(w)
        equal("exit status", w.lab.server.stop(signal.SIGTERM), 0)
        for c in w.clients:
            c.ua.caught_up()
        equal("no BYE", [c.byes for c in w.clients], [[], [], []])
        w.lab.start_server()
        equal("members", members(w), names)
        heard_by_all(w, anna, [ben, carl], "after the restart")
        equal("no BYE", [c.byes for c in w.clients], [[], [], []])
        w.lab.online("expel", GROUP, carl.impi)
        new = w.rekeyed([anna, ben], old)
        w.shut_out(carl, new)
        equal("leave", ben.d.bye().status, 200)
        equal("two SIGTERMs", w.lab.server.stop(signal.SIGTERM), 0)


def sigterm_in_rekey():
    """SIGTERM while a re-key waits for one member: the server ends within drain_s; new joins get
    503 meanwhile."""
    with World(top="drain_s = 3;") as w:
        anna, ben = w.joined("anna", "ben")
        late = w.client("late")
        old = anna.ring.current
        ben.ua.drop_requests = 2  # 1.5 s until the copy arrives
        w.lab.online("rekey", GROUP)
        anna.wait("offer", lambda: len(anna.d.offers) >= 2)
        w.lab.server.popen.send_signal(signal.SIGTERM)
        until("draining", lambda: late.dialog().join().status == 503, 2)
        r = late.dialog().join()
        true("Retry-After", r.get("retry-after"))
        new = w.rekeyed([anna, ben], old)
        w.lab.server.popen.wait(6)
        equal("exit status", w.lab.server.popen.returncode, 0)
        w.lab.server.stop()
        w.lab.start_server()
        equal("members", members(w), [anna.impu, ben.impu])
        heard_by_all(w, anna, [ben], "after")
        equal("same MSK", anna.ring.current, new)


def second_sigterm():
    with World(top="drain_s = 30;") as w:
        anna, ben = w.joined("anna", "ben")
        ben.ua.drop_requests = 99
        w.lab.online("rekey", GROUP)
        anna.wait("offer", lambda: len(anna.d.offers) >= 2)
        p = w.lab.server.popen
        p.send_signal(signal.SIGTERM)
        until("draining", lambda: w.lab.metric("pttkey_draining") == 1)
        copies = len(ben.ua.received)
        ben.wait("one more copy of the offer", lambda: len(ben.ua.received) > copies)
        true("waits for the re-key", p.poll() is None)
        p.send_signal(signal.SIGTERM)
        p.wait(3)
        w.lab.server.stop()


run([kill_in_operator_rekey, kill_in_expulsion, kill_at_any_time, kill_idle, sigterm,
     sigterm_in_rekey, second_sigterm])
