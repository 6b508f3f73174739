#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Members behind a real proxy (Kamailio) that records its route: join, re-key, expel, BYE both
ways, over UDP, TCP, and from one to the other. Then clients behind an edge proxy: only the route
reaches their Contacts. The proxy keeps the way in a parameter of its Record-Route, or in a flow
token (RFC 5626) in its user part."""
import os
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from outside_world import GROUP, World, equal, run, true, until  # noqa: E402

PROXY = ("127.0.0.10", 5070)
NOWHERE = "192.0.2.9:5999"      # no route leads there
SCRIPT = """
debug=2
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
dns=no
rev_dns=no
listen=udp:127.0.0.10:5070
listen=tcp:127.0.0.10:5070
mpath="%(modules)s"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "siputils.so"
loadmodule "textops.so"
modparam("rr", "append_fromtag", 0)

request_route {
	if (!mf_process_maxfwd_header("10")) {
		sl_send_reply("483", "Too Many Hops");
		exit;
	}
	if (has_totag()) {
		if (loose_route()) {
			# from the group to the client: the way that the Route of the edge names
			if ($fU == "alpha" && $(route_uri{uri.param,ue}) != "")
				$du = "sip:" + $(route_uri{uri.param,ue}) + ";transport=%(client)s";
			if ($fU == "alpha" && $(route_uri{uri.user}) != "")
				$du = "sip:" + $(route_uri{uri.user}{s.select,1,_}) + ":" +
					$(route_uri{uri.user}{s.select,2,_}) +
					";transport=%(client)s";
			t_relay();
			exit;
		}
		if (is_method("ACK")) {
			if (t_check_trans())
				t_relay();
			exit;
		}
		sl_send_reply("404", "Not Here");
		exit;
	}
	if (is_method("CANCEL")) {
		if (t_check_trans())
			t_relay();
		exit;
	}
	%(record)s
	$du = "sip:127.0.0.1:5060;transport=%(to)s";
	t_relay();
}
"""


# How the proxy records its route. The token holds the request's source (RFC 5626 5.2 seals it).
RECORD = {"plain": "record_route();",
          "parameter": 'record_route();\n\tadd_rr_param(";ue=$si:$sp");',
          "token": 'record_route_preset("flow_$(si)_$(sp)@127.0.0.10:5070;transport=%s;ob");'}


class ProxyWorld(World):
    def __init__(self, to="udp", edge="plain", client="udp", **config):
        super().__init__(**config)
        self.to, self.edge, self.by, self.proxy = to, edge, client, None

    def __enter__(self):
        super().__enter__()
        triplet = subprocess.run(["dpkg-architecture", "-qDEB_HOST_MULTIARCH"], capture_output=True,
                                 text=True)
        modules = "/usr/lib/%s/kamailio/modules/" % (triplet.stdout.strip() or os.uname().machine
                                                     + "-linux-gnu")
        with open(self.lab.path("kamailio.cfg"), "w") as f:
            record = RECORD[self.edge]
            f.write(SCRIPT % dict(modules=modules, to=self.to, client=self.by,
                                  record=record % self.to if "%s" in record else record))
        self.log = open(self.lab.path("kamailio.log"), "wb")
        self.proxy = subprocess.Popen(["kamailio", "-DD", "-E", "-f", "kamailio.cfg", "-Y",
                                       self.lab.dir, "-m", "64"], cwd=self.lab.dir, stdout=self.log,
                                      stderr=self.log, start_new_session=True)

        def listens():
            true("kamailio runs", self.proxy.poll() is None)
            try:
                socket.create_connection(PROXY, 1).close()
            except OSError:
                return False
            return True
        try:
            until("kamailio listens", listens, 20)
        except BaseException as e:
            self.__exit__(type(e), e, e.__traceback__)
            raise
        return self

    def __exit__(self, kind, value, trace):
        if self.proxy is not None:
            try:
                # the proxy's own process group, made above
                os.killpg(self.proxy.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.proxy.wait(10)
            self.log.close()
        super().__exit__(kind, value, trace)

    def behind(self, name, transport):
        """Starts an outside client with the proxy as its outbound proxy."""
        c = self.client(name, transport=transport, server=PROXY)
        check = c.complain
        # offers over 1300 bytes: see too_large below
        c.complain = lambda text: None if "an offer of" in text else check(text)
        return c


def play(w, transport, over=False):
    """Two outside clients and one of ours behind the proxy, one beside it."""
    anna, ben = w.behind("anna", transport), w.behind("ben", transport)
    anna.d, ben.d = anna.join(), ben.join()
    carl, = w.joined("carl")
    ours = w.lab.ue("ours", server="sip:%s:%d;transport=%s" % (PROXY + (transport,)))
    ours.wait("msk")
    true("routed", anna.d.routes and all("127.0.0.10" in r for r in anna.d.routes))
    true("two hops of one proxy" if over else "one route",
         len(",".join(anna.d.routes).split(",")) == 1 + over)
    true("our offers took it", all("127.0.0.10" in m.all("via")[0] for m in anna.d.offers))
    old, seen = anna.ring.current, ours.count()
    w.lab.online("rekey", GROUP)
    old = w.rekeyed([anna, ben, carl], old)
    ours.wait("rekeyed", start=seen)
    seen = ours.count()
    w.lab.online("expel", GROUP, ben.impi)
    new = w.rekeyed([anna, carl], old)
    ben.wait("BYE", lambda: ben.byes)
    w.shut_out(ben, new)
    ours.wait("rekeyed", start=seen)
    equal("a pull by the route", anna.d.pull().status, 200)
    w.restart(9)
    w.lab.online("rekey", GROUP)
    new = w.rekeyed([anna, carl], new)
    equal("anna's BYE", anna.d.bye().status, 200)
    w.rekeyed([carl], new)
    seen = ours.count()
    w.lab.online("expel", GROUP, "sip:ours@poc.example.org")
    ours.wait("expelled", start=seen)
    true("joined once", len([e for e in ours.events if e.get("event") == "joined"]) == 1)


def by_udp():
    with ProxyWorld() as w:
        play(w, "udp")


def by_tcp():
    with ProxyWorld(to="tcp") as w:
        play(w, "tcp")


def from_udp_to_tcp():
    """One proxy adds two Record-Routes; the server's side is a connection."""
    with ProxyWorld(to="tcp") as w:
        play(w, "udp", over=True)


def over_1300_bytes():
    """Long names make the offers too large for UDP: the server sends them to the proxy by TCP, and
    counts them."""
    with ProxyWorld() as w:
        anna = w.behind("anna", "udp")
        anna.ua.name = "anna-" + "x" * 150
        anna.d = anna.join()
        true("over", anna.biggest > 1300)
        true("counted", w.lab.metric("pttkey_over_mtu_total") >= 1)
        true("by TCP to the proxy",
             "SIP/2.0/TCP 127.0.0.1:5060" in anna.d.offers[-1].all("via")[-1])


def behind_an_edge(transport, edge):
    """No Contact of these clients can be dialled, and Path is for registrars: the server has only
    the route set."""
    with ProxyWorld(to=transport, edge=edge, client=transport,
                    policy='on_leave = "always"; rekey_method = "update";') as w:
        anna, ben = w.behind("anna", transport), w.behind("ben", transport)
        for c in (anna, ben):
            c.ua.contact = lambda c=c: "<sip:%s@%s;transport=%s;ob>" % (c.name, NOWHERE, transport)
            c.invite_headers += [("Supported", "path, outbound"),
                                 ("Path", "<sip:%s;lr;ob>" % NOWHERE)]
        ben.invite_headers[0] = ("Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE")
        anna.d, ben.d = anna.join(), ben.join()
        route = ",".join(anna.d.routes)
        true("the edge's own: %s" % route, {"plain": ";lr", "parameter": ";ue=",
                                            "token": ";ob"}[edge] in route
             and ("sip:flow_127.0.0.1_" in route) == (edge == "token"))
        carl, = w.joined("carl")
        old = anna.ring.current
        w.lab.online("rekey", GROUP)
        old = w.rekeyed([anna, ben, carl], old)
        equal("UPDATE by the route", ben.d.offers[-1].method, "UPDATE")
        w.restart(9)
        w.lab.online("rekey", GROUP)
        old = w.rekeyed([anna, ben, carl], old)
        true("by the edge again", all("127.0.0.10" in c.d.offers[-1].all("via")[0]
                                      for c in (anna, ben)))
        w.lab.online("expel", GROUP, anna.impi)
        anna.wait("BYE", lambda: anna.byes)
        new = w.rekeyed([ben, carl], old)
        w.shut_out(anna, new)
        equal("ben's BYE", ben.d.bye().status, 200)
        w.rekeyed([carl], new)


def behind_the_edge():
    behind_an_edge("udp", "parameter")


def by_tcp_behind_the_edge():
    """After the restart the server dials the edge, which still has the clients' connections."""
    behind_an_edge("tcp", "parameter")


def flow_token():
    behind_an_edge("udp", "token")


def flow_token_by_tcp():
    behind_an_edge("tcp", "token")


run([by_udp, by_tcp, from_udp_to_tcp, over_1300_bytes, behind_the_edge, by_tcp_behind_the_edge,
     flow_token, flow_token_by_tcp])
