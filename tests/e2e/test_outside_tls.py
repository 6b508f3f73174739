#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Members on connections: SIP over TLS, with our client and an outside client; connections that
break; peers that are not trusted."""
import os
import ssl
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from outside_world import GROUP, World, equal, run, true, until  # noqa: E402

SIPS = "sips:127.0.0.1:5061"


def openssl(lab, *args):
    subprocess.run(["openssl", *args], cwd=lab.dir, check=True, capture_output=True, timeout=60)


def make_authority(lab, name):
    openssl(lab, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
            "/CN=" + name, "-keyout", name + ".key", "-out", name + ".pem")


def make_cert(lab, name, host, authority="ca"):
    openssl(lab, "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + host, "-keyout",
            name + ".key", "-out", name + ".csr")
    with open(lab.path(name + ".ext"), "w") as f:
        f.write("subjectAltName=IP:%s\n" % host)
    openssl(lab, "x509", "-req", "-in", name + ".csr", "-CA", authority + ".pem", "-CAkey",
            authority + ".key", "-CAcreateserial", "-days", "2", "-extfile", name + ".ext", "-out",
            name + ".pem")


class TlsWorld(World):
    def __init__(self, verify="false", **config):
        top = ('tls = { cert = "server.pem"; key = "server.key"; ca = "ca.pem"; '
               'verify = %s; };' % verify)
        super().__init__(listen=', "%s", "sip:127.0.0.2:5061;transport=tls"' % SIPS, top=top,
                         **config)
        for name in ("ca", "other"):
            make_authority(self.lab, name)
        make_cert(self.lab, "server", "127.0.0.1")
        # A member's certificate names the host of its Contact.
        make_cert(self.lab, "member", "127.0.0.1")

    def tls_client(self, name):
        dial = ssl.create_default_context(cafile=self.lab.path("ca.pem"))
        dial.load_cert_chain(self.lab.path("member.pem"), self.lab.path("member.key"))
        accept = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        accept.load_cert_chain(self.lab.path("member.pem"), self.lab.path("member.key"))
        return self.client(name, transport="tls", server=("127.0.0.1", 5061),
                           tls=(dial, "127.0.0.1", accept))

    def ue(self, name, *more, server=SIPS):
        return self.lab.ue(name, "--ca", "ca.pem", "--log-level", "debug", *more, server=server)


def both_clients():
    """Our client and an outside client over TLS, a third on UDP: a re-key, an expulsion, a
    leave."""
    with TlsWorld() as w:
        anna = w.ue("anna")
        anna.wait("msk")
        ben = w.tls_client("ben")
        ben.d = ben.join()
        carl, = w.joined("carl")
        true("TLS in Via", ben.d.offers[0].get("via").startswith("SIP/2.0/TLS 127.0.0.1:5061"))
        equal("Contact", ben.d.target, "sip:127.0.0.1:5061;transport=tls")
        old, seen = ben.ring.current, anna.count()
        w.lab.online("expel", GROUP, carl.impi)
        new = w.rekeyed([ben], old)
        anna.wait("rekeyed", start=seen)
        carl.wait("BYE", lambda: carl.byes)
        w.shut_out(carl, new)
        equal("a pull", ben.d.pull().status, 200)
        equal("by the same line", ben.ua.lines, 0)
        equal("ben leaves", ben.d.bye().status, 200)
        seen = anna.count()
        w.lab.online("expel", GROUP, "sip:anna@poc.example.org")
        anna.wait("expelled", start=seen)


def not_trusted():
    """The server's certificate has an unknown authority, or another name: our client does not join,
    and says why."""
    with TlsWorld() as w:
        for what, more, server in (("authority", ["--ca", "other.pem"], SIPS),
                                   ("system's", [], SIPS),
                                   ("name", ["--ca", "ca.pem"],
                                    "sip:127.0.0.2:5061;transport=tls")):
            ue = w.lab.ue("anna", *more, server=server)
            error = ue.wait("error", 8)
            true("%s: %s" % (what, error), "certificate" in error["text"])
            true("ends so", ue.popen.wait(10) != 0)
        true("no such file", w.ue("anna", "--ca", "nosuch.pem").popen.wait(10) != 0)
        equal("no members", w.lab.online("members", GROUP)["members"], [])


def both_ends_verified():
    """verify = true: a client without a certificate stays out. After a crash the server dials the
    Contacts, and checks their certificates."""
    with TlsWorld(verify="true") as w:
        ue = w.ue("nobody")
        ue.wait("error", 20)
        anna = w.ue("anna", "--cert", "member.pem", "--key", "member.key")
        anna.wait("msk")
        ben, carl = w.tls_client("ben"), w.tls_client("carl")
        ben.d, carl.d = ben.join(), carl.join()
        old, seen = ben.ring.current, anna.count()
        # Another client listens at carl's Contact by then.
        make_cert(w.lab, "thief", "127.0.0.1", "other")
        carl.ua.tls[2].load_cert_chain(w.lab.path("thief.pem"), w.lab.path("thief.key"))
        w.restart(9)
        w.lab.online("rekey", GROUP)
        w.rekeyed([ben], old)
        anna.wait("rekeyed", start=seen)
        equal("dialled", ben.ua.lines, 1)
        true("still the first dialog", not anna.find("joined", seen))
        until("carl is gone", lambda: len(w.lab.online("members", GROUP)["members"]) == 2, 40)
        equal("nothing to the thief", len(carl.d.offers), 1)


def lines_that_break():
    """A connection breaks: the server dials the Contact. A refused connection means that the member
    has left."""
    for transport in ("tcp", "tls"):
        with TlsWorld() as w:
            make = w.tls_client if transport == "tls" else lambda name: w.client(name,
                                                                                 transport="tcp")
            anna, ben = make("anna"), make("ben")
            anna.d, ben.d = anna.join(), ben.join()
            old = anna.ring.current
            anna.ua.hang_up()
            anna.wait("hung up", lambda: not anna.ua.connections)
            w.lab.online("rekey", GROUP)
            old = w.rekeyed([anna, ben], old)
            equal("dialled", anna.ua.lines, 1)
            equal("the member's own requests", anna.d.pull().status, 200)
            ben.close()
            w.lab.online("rekey", GROUP)
            until("ben is gone", lambda: len(w.lab.online("members", GROUP)["members"]) == 1, 40)
            w.rekeyed([anna], old)
            equal("a leave", w.lab.metric('pttkey_leaves_total{reason="timeout"}'), 1)


run([both_clients, not_trusted, both_ends_verified, lines_that_break])
