#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The floor: our clients, and clients of another author that speak TBCP by docs/floor.md alone."""
import os
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import outside  # noqa: E402
from outside_world import World, equal, run, true, until  # noqa: E402

REQUEST, GRANTED, TAKEN, DENY, RELEASE, IDLE, REVOKE, ACK, QUERY, STATUS, TAKEN_ACK = list(
    range(10)) + [18]


class Mouth:
    """A member's floor port and microphone."""

    def __init__(self, client):
        self.client, self.dialog, self.got = client, client.d, []
        self.dialog.tbcp.settimeout(0.1)

    def say(self, subtype, body=b""):
        self.dialog.tbcp.sendto(outside.tbcp(subtype, body), self.dialog.remote_tbcp)

    def ask(self, priority=0, timestamp=0):
        body = b"\x66\x02" + struct.pack("!H", priority) if priority else b""
        self.say(REQUEST, body + (b"\x67\x08" + struct.pack("!Q", timestamp) if timestamp else b""))

    def release(self, seq=None):
        self.say(RELEASE, struct.pack("!HH", seq or 0, 0 if seq is not None else 0x8000))

    def wait(self, subtype, check=lambda body: True, timeout=10):
        """Returns the fields of the next message of this type; skips the messages before it."""
        end = time.monotonic() + timeout
        while True:
            while self.got:
                packet = self.got.pop(0)
                if packet[0] & 31 == subtype and check(packet[12:]):
                    return packet[12:]
            if time.monotonic() > end:
                raise AssertionError("%s: no TBCP %d within %d s"
                                     % (self.client.name, subtype, timeout))
            try:
                packet = self.dialog.tbcp.recv(2048)
            except socket.timeout:
                continue
            equal("APP PoC1", (packet[1], packet[8:12], len(packet)),
                  (204, b"PoC1", 4 * (struct.unpack("!H", packet[2:4])[0] + 1)))
            self.got.append(packet)

    def wait_reason(self, subtype, reason):
        size = "!B" if subtype == DENY else "!H"
        return self.wait(subtype, lambda body: struct.unpack_from(size, body)[0] == reason)

    def wait_place(self, position, priority):
        self.wait(STATUS, lambda body: struct.unpack_from("!BH", body) == (priority, position))


def uri_of_taken(body):
    equal("SDES CNAME", body[4], 1)
    return body[6:6 + body[5]].decode()


def taken_on_channel(client, uri):
    """Tells whether the channel's last floor message is Taken by this member."""
    if not client.floor:
        return False
    packet = client.floor[-1][1][0]
    return packet[0] & 31 == TAKEN and uri_of_taken(packet[12:]) == uri


def heard_until_release(talker, mouth, listener):
    """The channel carries the member's speech up to the sequence number of its Release, and no
    further."""
    listener.heard.clear()
    for number in range(1, 6):
        talker.d.talk(number)
    listener.wait("five packets", lambda: listener.numbers() == [1, 2, 3, 4, 5])
    mouth.release(talker.d.rtp_seq + 1)
    mouth.say(QUERY)  # sent after it: so the first one has arrived
    mouth.wait_place(0, 0)
    talker.d.talk(6)
    listener.wait("the last packet", lambda: listener.numbers() == [1, 2, 3, 4, 5, 6])


def counted_and_logged(w):
    for reason, least in (("other-talks", 1), ("listen-only", 1)):
        until("denied, %s" % reason,
              lambda: w.lab.metric('pttkey_floor_denies_total{reason="%s"}' % reason) >= least)
    for reason in ("too-long", "pre-empted", "no-permission"):
        until("revoked, %s" % reason, lambda: w.lab.metric('pttkey_floor_revokes_total{reason="%s"}'
                                                           % reason) >= 1)
    until("an empty queue", lambda: w.lab.metric("pttkey_floor_queued") == 0)
    true("granted", w.lab.metric("pttkey_floor_grants_total") >= 4)
    log = w.lab.server_log()
    for line in ("floor-denied group=sip:alpha@poc.example.org member=sip:gina@poc.example.org "
                 "reason=listen-only",
                 "floor-revoked group=sip:alpha@poc.example.org member=sip:bob@poc.example.org "
                 "reason=pre-empted",
                 "floor-queued group=sip:alpha@poc.example.org member=sip:carl@poc.example.org"):
        true(line, line in log)


def queue_revoke_pre_empt_deny():
    """Two of our clients and five others ask for the floor; one is pre-empted, one talks too long,
    one may not talk."""
    names = '"sip:%s@poc.example.org"'
    with World(floor='max_burst_s = 4; retry_after_s = 1; queue = 4; pre_emptive = [ %s ]; talkers '
               '= [ %s ];' % (names % "emil", ", ".join(names % n
                                                        for n in ("alice", "bob", "carl", "emil",
                                                                  "fred")))) as w:
        carl, = w.joined("carl")
        emil, = w.joined("emil", tbcp="TB_Priority=3; Queuing=0; poc_x=1")
        fred, = w.joined("fred", tbcp="timestamp=1")
        gina, = w.joined("gina")
        mouth = {c.name: Mouth(c) for c in (carl, emil, fred, gina)}
        alice = w.lab.ue("alice", "--talk", "tone", "--queue")
        alice.wait("talk-start", 30, direction="out")
        equal("stop-talking time", alice.wait("floor", what="granted")["seconds"], 4)
        carl.wait("Taken by alice", lambda: taken_on_channel(carl, "sip:alice@poc.example.org"))
        bob = w.lab.ue("bob", "--talk", "tone", "--queue", "--priority", "2")
        # a member that may not be queued, a member that may only listen
        mouth["fred"].ask()
        mouth["fred"].wait_reason(DENY, 1)
        mouth["gina"].ask(3)
        mouth["gina"].wait_reason(DENY, 5)
        # the queue: bob's priority is above carl's; alice has used up her time
        mouth["carl"].ask(3)  # the member agreed on priority 1
        mouth["carl"].wait(STATUS, lambda body: body[0] == 1)
        equal("too long", alice.wait("floor", what="revoked")["reason"], "too-long")
        true("Revoke came", alice.wait("talk-stop", direction="out")["revoked"])
        bob.wait("talk-start", 30, direction="out")
        mouth["carl"].wait_place(1, 1)
        carl.wait("Taken by bob", lambda: taken_on_channel(carl, "sip:bob@poc.example.org"))
        # pre-emption
        mouth["emil"].ask(3)
        equal("pre-empted", bob.wait("floor", what="revoked")["reason"], "pre-empted")
        granted = mouth["emil"].wait(GRANTED)
        equal("stop-talking time", granted[:4], b"\x65\x02\0\x04")
        heard_until_release(emil, mouth["emil"], carl)
        # the next in the queue gets Granted until the server hears it
        mouth["carl"].wait(GRANTED)
        mouth["carl"].wait(GRANTED)
        emil.d.talk(7)
        mouth["emil"].wait_reason(REVOKE, 3)
        carl.d.talk(100)
        fred.wait("carl is heard", lambda: fred.numbers()[-1:] == [100])
        true("what came behind the Release was not relayed", 7 not in carl.numbers())
        mouth["carl"].release(carl.d.rtp_seq)
        for ue in (alice, bob):
            ue.stop()
        mouth["carl"].wait(IDLE)
        counted_and_logged(w)


def time_of_asking():
    """Of two requests with one priority the earlier time stamp wins, whichever arrives first."""
    with World(floor="queue = 4;") as w:
        anna, ben, carl = [Mouth(c) for c in w.joined("anna", "ben", "carl")]
        now = (int(time.time()) + 2208988800) << 32
        anna.ask()
        anna.wait(GRANTED)
        ben.ask(timestamp=now)
        ben.wait_place(1, 1)
        carl.ask(timestamp=now - (1 << 32))
        carl.wait_place(1, 1)
        ben.wait_place(2, 1)
        carl.release()  # the request is withdrawn
        ben.wait_place(1, 1)
        carl.ask(timestamp=now - (3600 << 32))  # the server ignores this time stamp
        carl.wait_place(2, 1)
        anna.release()
        ben.wait(GRANTED)


def priority_by_command():
    """A command can name a priority: `talk 3` takes the floor, without --priority."""
    with World(floor='pre_emptive = [ "sip:bob@poc.example.org" ]; queue = 4;') as w:
        anna, = w.joined("anna")
        mouth = Mouth(anna)
        bob = w.lab.ue("bob", "--stdin", "--queue", stdin=subprocess.PIPE)
        bob.wait("mtk")
        mouth.ask()
        mouth.wait(GRANTED)
        anna.d.talk(1)
        bob.popen.stdin.write(b"talk 3\n")
        bob.popen.stdin.flush()
        mouth.wait_reason(REVOKE, 4)
        mouth.release(anna.d.rtp_seq)
        bob.wait("floor", what="granted")


def alone_and_reloaded():
    """A member alone in the group asks for the floor; then a reload removes its right to talk."""
    with World(floor="") as w:
        anna, = w.joined("anna")
        mouth = Mouth(anna)
        mouth.ask()
        mouth.wait_reason(DENY, 3)
        ben, = w.joined("ben")
        mouth.ask()
        mouth.wait(GRANTED)
        anna.d.talk(1)
        ben.wait("heard", lambda: ben.numbers() == [1])
        ben.d.bye()
        mouth.wait_reason(REVOKE, 1)
        mouth.release(anna.d.rtp_seq)
        mouth.wait(IDLE)
        w.joined("carl")
        mouth.ask()
        mouth.wait(GRANTED)
        w.lab.write_config(floor='talkers = [ "sip:carl@poc.example.org" ];')
        w.lab.online("reload")
        mouth.wait_reason(REVOKE, 3)
        mouth.release()
        mouth.wait(IDLE)
        mouth.ask()
        mouth.wait_reason(DENY, 5)


def unicast_only():
    """A member without the channel gets Taken by unicast, and acknowledges."""
    with World(floor="talk_alone = true;") as w:
        anna, = w.joined("anna")
        ue = w.lab.ue("bob", "--refuse-channel", "--queue")
        ue.wait("joined", 30)
        talker = Mouth(anna)
        talker.ask()
        talker.wait(GRANTED)
        equal("the talker", ue.wait("talk-start", direction="in")["talker"],
              "sip:anna@poc.example.org")
        talker.release()
        ue.wait("talk-stop", direction="in")
        carl = w.client("carl")
        carl.d = carl.dialog()
        carl.d.wants_channel = False
        carl.d.join()
        other = Mouth(carl)
        talker.ask()
        talker.wait(GRANTED)
        equal("Taken with Ack", uri_of_taken(other.wait(TAKEN_ACK)), "sip:anna@poc.example.org")
        other.wait(TAKEN_ACK)  # repeated, because we did not acknowledge
        other.say(ACK, struct.pack("!H", TAKEN_ACK << 11))
        other.wait(TAKEN)


if __name__ == "__main__":
    sys.exit(run([queue_revoke_pre_empt_deny, priority_by_command, time_of_asking,
                  alone_and_reloaded, unicast_only]))
