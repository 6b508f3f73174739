# SPDX-License-Identifier: LGPL-2.1-or-later
"""A relay between the sent channel and the clients: it loses, doubles and reorders, by a seeded
generator.

The relay is its own process. It hears the channel at one end of a wire and sends what it lets
through at the other end, from the same source address (SOURCE, which both ends own) to the same
group and ports.
"""
import multiprocessing
import random
import selectors
import socket

SOURCE, GROUP, PORTS = "10.9.9.9", "233.252.0.17", (40000, 40002, 2269)
AUDIO, KEYS = PORTS[0], PORTS[2]


def _membership():
    # struct ip_mreq_source: group, interface, source
    return b"".join(socket.inet_aton(a) for a in (GROUP, SOURCE, SOURCE))


class _Relay:
    def __init__(self, seed):
        # A generator for each port: the fate of a port's datagrams does not depend on how the
        # datagrams of the ports interleave, nor on how many came before the rates were set.
        self.random = {port: random.Random("%d %d" % (seed, port)) for port in PORTS}
        self.rates, self.held = {}, {}
        self.sockets, self.counts = {}, {p: dict(heard=0, sent=0, lost=0, doubled=0, late=0)
                                         for p in PORTS}

    def listen(self, port):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        s.bind((GROUP, port))
        s.setsockopt(socket.IPPROTO_IP, 39, _membership())  # IP_ADD_SOURCE_MEMBERSHIP
        return s

    def sender(self):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((SOURCE, 0))
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(SOURCE))
        return s

    def chance(self, port, what):
        rate = self.rates.get((port, what), 0)
        return rate > 0 and self.random[port].random() < rate

    def take(self, port, data):
        """Sends this datagram never, once or twice, then a datagram that was held before."""
        count = self.counts[port]
        count["heard"] += 1
        if self.chance(port, "lose"):
            count["lost"] += 1
            return
        held = self.held.pop(port, None)
        if held is None and self.chance(port, "swap"):
            self.held[port] = data
            count["late"] += 1
            return
        copies = 1 + self.chance(port, "double")
        count["doubled"] += copies - 1
        count["sent"] += copies + (held is not None)
        for one in [data] * copies + [held] * (held is not None):
            self.out.sendto(one, (GROUP, port))

    def release(self):
        for port, data in self.held.items():
            self.counts[port]["sent"] += 1
            self.out.sendto(data, (GROUP, port))
        self.held = {}

    def run(self, wire, pipe):
        wait = selectors.DefaultSelector()
        for port in PORTS:
            wait.register(self.listen(port), selectors.EVENT_READ, port)
        wire.enter()
        self.out = self.sender()
        wait.register(pipe, selectors.EVENT_READ, None)
        pipe.send("ready")
        while True:
            for key, _ in wait.select():
                if key.data is not None:
                    self.take(key.data, key.fileobj.recv(2048))
                    continue
                rates = pipe.recv()
                if rates is None:
                    return
                self.rates = rates
                if not rates:
                    self.release()
                pipe.send(self.counts)


class Mangler:
    def __init__(self, wire, seed):
        self.pipe, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=_Relay(seed).run, args=(wire, theirs),
                                               daemon=True)
        self.process.start()
        self.pipe.recv()

    def set(self, **rates):
        """Sets rates from 0 to 1 (audio_lose=0.1, keys_double=...); no rates: sends what is held.
        Returns the counts so far, by port."""
        names = {"audio": PORTS[0], "floor": PORTS[1], "keys": PORTS[2]}
        self.pipe.send({(names[k.split("_")[0]], k.split("_")[1]): v for k, v in rates.items()})
        return self.pipe.recv()

    def close(self):
        self.pipe.send(None)
        self.process.join(5)
        if self.process.is_alive():
            self.process.kill()
