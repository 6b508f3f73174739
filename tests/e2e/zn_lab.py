# SPDX-License-Identifier: LGPL-2.1-or-later
"""A laboratory with the BSF in its own process: pttkey-bsf, and pttkeyd that asks it on Zn."""
import os
import re
import secrets
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as laboratory  # noqa: E402

SERVER = re.sub(r"(?m)^bsf .*\n", "", laboratory.CONFIG.replace('source = "embedded";', ""))
BSF = """
bsf = { listen = "127.0.0.1:8080"; host = "bsf.poc.example.org";
        lifetime_s = %(lifetime_s)d; %(bsf)s };
zn  = { %(zn)s };
naf = { fqdn = "pf1.poc.example.org"; };
store = { path = "bsf.db"; kek_file = "kek"; };
log = { level = "debug"; };
%(more)s
"""
REST = 'listen = "127.0.0.1:8081";'
NAF_REST = 'source = "rest"; url = "http://127.0.0.1:8081"; timeout_ms = 1500'


NAF_DIAMETER = ('source = "diameter"; diameter = "pf.fd"; bsf_host = "bsf.poc.example.org"; '
                'timeout_ms = 1500')
FD = """
Identity = "%(me)s";
Realm = "poc.example.org";
Port = %(port)d;
SecPort = %(sec_port)d;
ListenOn = "%(address)s";
No_SCTP;
No_IPv6;
TcTimer = 1;
TwTimer = 6;
TLS_Cred = "%(folder)s/%(me)s.pem", "%(folder)s/%(me)s.key";
TLS_CA = "%(folder)s/%(me)s.pem";
ConnectPeer = "%(peer)s" { ConnectTo = "%(address)s"; Port = %(peer_port)d; No_TLS; };
"""
FD_ADDRESS = "198.51.100.1"  # on lo: freeDiameter takes no address of 127.0.0.0/8
PF, PF_PORT, BSF_NAME, BSF_PORT = "pf1.poc.example.org", 3869, "bsf.poc.example.org", 3868


def make_cert(lab, name, *more):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=" + name, *more, "-keyout", name + ".key", "-out", name + ".pem"],
                   cwd=lab.dir, check=True, capture_output=True, timeout=60)


def write_freediameter(lab):
    """Writes both ends' configuration of freeDiameter, which needs TLS credentials even if it uses
    none."""
    subprocess.run(["ip", "address", "replace", FD_ADDRESS + "/32", "dev", "lo"], check=True,
                   timeout=10)
    for name, me, port, peer, peer_port in (("pf.fd", PF, PF_PORT, BSF_NAME, BSF_PORT),
                                            ("bsf.fd", BSF_NAME, BSF_PORT, PF, PF_PORT)):
        make_cert(lab, me)
        with open(lab.path(name), "w") as f:
            f.write(FD % dict(me=me, port=port, sec_port=port + 10, peer=peer, peer_port=peer_port,
                              folder=lab.dir, address=FD_ADDRESS))


class ZnLab(laboratory.Lab):
    def __init__(self, naf=NAF_REST, **bsf):
        self.bsf_values = dict(lifetime_s=86400, bsf="", zn=REST, more="")
        self.bsf_values.update(bsf)
        self.bsf = None
        super().__init__(naf=naf)
        with open(self.path("bsf.conf"), "w") as f:
            f.write(BSF % self.bsf_values)

    def write_config(self, **changes):
        self.config_values.update(changes)
        with open(self.path("pttkeyd.conf"), "w") as f:
            f.write(SERVER % self.config_values)

    def add_user(self, name, *more):
        user = {"impi": "%s@%s" % (name, laboratory.DOMAIN),
                "impu": "sip:%s@%s" % (name, laboratory.DOMAIN), "k": secrets.token_hex(16),
                "opc": secrets.token_hex(16)}
        self.tool("subscriber", "add", "--config", "bsf.conf", "--impi", user["impi"], "--impu",
                  user["impu"], "--k", user["k"], "--opc", user["opc"], "--json", *more)
        self.users[name] = user
        return user

    def start_bsf(self):
        self.bsf = laboratory.Process("pttkey-bsf", [self.program("pttkey-bsf"), "-c", "bsf.conf"],
                                      self.dir, self.path("bsf.log"))
        self.processes.append(self.bsf)
        return self.bsf.wait("ready", 30)

    def stop_bsf(self, *how):
        return self.bsf.stop(*how)

    def bsf_log(self):
        with open(self.path("bsf.log"), errors="replace") as f:
            return f.read()


def joined(ue):
    """Waits until the client has joined and holds its keys."""
    for name in ("bootstrapped", "joined", "msk", "mtk"):
        ue.wait(name, 20)
    return ue
