#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The event package: joined, departed, booted, with times; refusals; the watcher's own end; a
restart."""
import os
import sys
import time
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from outside_world import DOMAIN, GROUP, World, equal, run, true  # noqa: E402

NS = "{urn:ietf:params:xml:ns:conference-info}"
FOLLOW = [("Event", "conference"), ("Accept", "application/conference-info+xml")]


class Watcher:
    """A client with a subscription. state: IMPU -> (status, how it went, times), kept by RFC 4575
    4.6."""

    def __init__(self, client):
        self.client, self.state, self.version, self.ended, self.read = client, {}, 0, None, 0
        self.dialog = client.dialog()

    def subscribe(self, expires):
        r = self.dialog.request("SUBSCRIBE", FOLLOW + [("Expires", str(expires))])
        if r.status == 200:
            self.dialog.confirm(r)
        return r

    def take(self):
        notifies = [entry[2] for entry in list(self.client.log) if entry[1] == "notify" and
                    entry[2].call_id() == self.dialog.call_id]
        for m in notifies[self.read:]:
            self.read += 1
            equal("Event", m.get("event"), "conference")
            true("fits a datagram: %d" % len(m.raw), len(m.raw) <= 1300 or self.ended)
            if m.get("subscription-state").startswith("terminated"):
                self.ended = m.get("subscription-state")
            if m.body:
                self.document(ElementTree.fromstring(m.body))

    def document(self, root):
        equal("root", root.tag, NS + "conference-info")
        equal("entity", root.get("entity"), GROUP)
        equal("version", int(root.get("version")), self.version + 1)
        self.version += 1
        if root.get("state") == "full":
            self.state = {}
        for user in root.iter(NS + "user"):
            endpoint = user.find(NS + "endpoint")
            times = [w.text for w in endpoint.iter(NS + "when")]
            for text in times:
                when = time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
                true("a time of now: " + text,
                     abs(time.mktime(when) - time.mktime(time.gmtime())) < 120)
            self.state[user.get("entity")] = (endpoint.findtext(NS + "status"),
                                              endpoint.findtext(NS + "disconnection-method"),
                                              len(times))

    def wait(self, name, value):
        def seen():
            self.take()
            return self.state.get("sip:%s@%s" % (name, DOMAIN)) == value
        self.client.wait("%s %s" % (name, value), seen)

    def wait_end(self, state):
        def ended():
            self.take()
            return self.ended
        self.client.wait("the end", ended)
        equal("the end", self.ended, state)


IN, LEFT, BOOTED = ("connected", None, 1), ("disconnected", "departed", 2), ("disconnected",
                                                                             "booted", 2)


def follows():
    with World() as w:
        anna, ben = w.joined("anna", "ben")
        viv, dora = Watcher(w.client("viv")), Watcher(w.client("dora", transport="tcp"))
        for watcher in (viv, dora):
            r = watcher.subscribe(600)
            equal("SUBSCRIBE", (r.status, r.get("expires")), (200, "600"))
            watcher.wait("anna", IN)
            watcher.wait("ben", IN)
        carl = w.joined("carl")[0]
        viv.wait("carl", IN)
        equal("not in a call's dialog", carl.d.request("SUBSCRIBE", FOLLOW).status, 403)
        carl.d.bye()
        viv.wait("carl", LEFT)
        w.lab.online("expel", GROUP, ben.impu)
        viv.wait("ben", BOOTED)
        dora.wait("ben", BOOTED)
        dora.wait("carl", LEFT)
        # an expulsion ends the watcher's subscription, and a new one is refused
        w.lab.online("expel", GROUP, dora.client.impu)
        dora.wait_end("terminated;reason=rejected")
        equal("a banned member", Watcher(dora.client).subscribe(600).status, 403)
        equal("refresh", viv.subscribe(300).status, 200)
        viv.client.wait("the whole list", lambda: (viv.take(), set(viv.state))[1] == {anna.impu})
        equal("end", viv.subscribe(0).status, 200)
        viv.wait_end("terminated;reason=timeout")


def refused():
    with World(members='[ "sip:anna@%s" ]' % DOMAIN) as w:
        anna, ben, boss = w.client("anna"), w.client("ben"), w.client("boss")
        equal("a stranger", Watcher(ben).subscribe(600).status, 403)
        equal("an owner", Watcher(boss).subscribe(600).status, 200)
        watcher = Watcher(anna)
        r = watcher.subscribe(10)
        equal("too brief", (r.status, r.get("min-expires")), (423, "60"))
        r = anna.ua.request("SUBSCRIBE", GROUP, anna.dialog().headers("SUBSCRIBE",
                                                                      [("Event", "presence")]))
        equal("another event", (r.status, r.get("allow-events")), (489, "conference"))
        equal("too long", watcher.subscribe(999999).get("expires"), "3600")
        # removal from the configuration ends the subscription, and a new one is refused
        w.lab.write_config(members='[ "sip:boss@%s" ]' % DOMAIN)
        w.lab.online("reload")
        watcher.wait_end("terminated;reason=deactivated")
        equal("no more", Watcher(anna).subscribe(600).status, 403)


def restarts():
    with World() as w:
        viv = Watcher(w.client("viv"))
        equal("SUBSCRIBE", viv.subscribe(600).status, 200)
        w.joined("anna")
        viv.wait("anna", IN)
        w.restart()
        equal("a refresh after a restart", viv.subscribe(600).status, 481)
        again = Watcher(viv.client)
        equal("anew", again.subscribe(600).status, 200)
        again.wait("anna", IN)


run([follows, refused, restarts])
