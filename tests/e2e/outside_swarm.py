# SPDX-License-Identifier: LGPL-2.1-or-later
"""Outside clients that join, leave, are expelled and admitted at random, with a model of their
keys.

The model knows what each client may open: a client outside the group may open nothing under an
MSK made after it went. test_swarm.py and soak.py use it.
"""
from outside_group import Group, equal, number_of, true, until
from outside_sip import Timeout


class Swarm(Group):
    """names: the clients; the first two never leave. chance: a random.Random."""

    def __init__(self, names, chance, **config):
        super().__init__(names[:2], **config)
        self.chance, self.others = chance, names[2:]
        self.inside, self.left, self.banned = [], [], []  # the sum of the other weights
        self.counts = dict.fromkeys(("join", "leave", "expel", "both", "admit", "rekey"), 0)
        self.bound, self.seen = {}, {}  # MSK id -> key; client's name -> number of messages checked

    def __enter__(self):
        super().__enter__()
        for name in self.others:
            c = self.client(name)
            # the newest MSK when the client went; None: it may hold the present one
            c.went = None
            self.left.append(c)
        return self

    # -- what is done
    def pick(self, clients):
        return self.chance.choice(clients)

    def join(self):
        c = self.pick(self.left)
        c.d = c.join(ready=False)
        self.left.remove(c)
        self.inside.append(c)
        c.went = None

    def leave(self):
        c = self.pick(self.inside)
        c.d.bye()
        self.inside.remove(c)
        self.left.append(c)

    def expel_one(self):
        c = self.pick(self.inside + self.left)
        self.expel(c)
        (self.inside if c in self.inside else self.left).remove(c)
        self.banned.append(c)

    def both(self):
        """Expels two clients at once."""
        pair = self.chance.sample(self.inside, 2)
        for asked in [self.lab.send("expel", member=c.impi) for c in pair]:
            reply = self.lab.answer(asked)
            true("expel: %s" % reply, reply and reply["ok"])
        for c in pair:
            self.inside.remove(c)
            self.banned.append(c)

    def admit(self):
        c = self.pick(self.banned)
        true("admit", self.lab.ask("admit", member=c.impi)["ok"])
        self.banned.remove(c)
        self.left.append(c)

    def rekey(self):
        reply = self.lab.ask("rekey")
        true("rekey: %s" % reply, reply and reply["ok"])

    def act(self):
        """Does one random step of those that are possible; returns its name."""
        choices = ["rekey"]
        choices += ["join"] * 4 if self.left else []
        choices += ["leave"] * 2 + ["expel"] * 2 if self.inside else []
        choices += ["both"] if len(self.inside) > 1 else []
        choices += ["admit"] * 2 if self.banned else []
        what = self.pick(choices)
        {"join": self.join, "leave": self.leave, "expel": self.expel_one, "both": self.both,
         "admit": self.admit, "rekey": self.rekey}[what]()
        self.counts[what] += 1
        return what

    # -- what must hold
    def at_rest(self, timeout=40.0):
        """Checks that all members hold one MSK; returns its id. Marks each client outside from the
        next re-key on."""
        self.rekey()  # ends what a crash may have left behind of clients that went
        self.settled(*self.inside, timeout=timeout)
        # A client that left without a re-key may listen until the next re-key; from then on
        # no client outside may.
        before = self.msk_id()
        self.rekey()
        until("the re-key", lambda: self.msk_id() != before, 20)
        now = self.settled(*self.inside, timeout=timeout)
        keys = {c.ring.msks[now]["key"] for c in self.stay + self.inside}
        equal("keys inside", len(keys), 1)
        for c in self.left + self.banned:
            true("%s is outside and was sent the MSK" % c.name, now not in c.ring.msks)
            self.shut_out(c, now)
        self.kept_apart()
        return now

    def kept_apart(self):
        """I2: checks that no id was ever bound to two keys, in all clients' messages."""
        for c in self.clients:
            for m in c.msk_messages[self.seen.get(c.name, 0):]:
                key = bytes(m.open(c.muks[m.id_responder()])["key"])
                true("MSK id %s has two keys" % m.msk_id.hex(),
                     self.bound.setdefault(m.msk_id, key) == key)
            self.seen[c.name] = len(c.msk_messages)

    def hears(self):
        self.untouched()
        self.heard()


__all__ = ["Swarm", "Timeout", "equal", "number_of", "true", "until"]
