# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two network namespaces and a wire between them, for tests whose server and clients stand
apart."""
import ctypes
import os
import socket
import subprocess
import threading

SERVER, CLIENT = "10.9.0.1", "10.9.0.2"
SERVER6, CLIENT6 = "2001:db8:9::1", "2001:db8:9::2"
CLONE_NEWNET = 0x40000000


def sh(*argv):
    subprocess.run(argv, check=True)


class Wire:
    """near: this namespace, with the server. far: another namespace, held by an idle process."""

    def __enter__(self):
        self.holder = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo up; exec sleep 600"],
                                       stdout=subprocess.PIPE)
        self.holder.stdout.readline()
        self.far = ("nsenter", "--net=/proc/%d/ns/net" % self.holder.pid)
        sh("ip", "link", "add", "near0", "type", "veth", "peer", "name", "far0", "netns",
           str(self.holder.pid))
        for where, name, mine in (((), "near0", (SERVER, SERVER6)),
                                  (self.far, "far0", (CLIENT, CLIENT6))):
            for address in mine:
                more = ("/64", "nodad") if ":" in address else ("/24",)
                sh(*where, "ip", "addr", "add", address + more[0], "dev", name, *more[1:])
            sh(*where, "ip", "link", "set", name, "up")
            sh(*where, "ip", "route", "add", "224.0.0.0/4", "dev", name,
               *(("metric", "1") if not where else ()))
        sh(*self.far, "ip", "link", "set", "lo", "up")
        return self

    def __exit__(self, *error):
        sh("ip", "link", "del", "near0")
        self.holder.kill()
        self.holder.wait()

    def enter(self):
        """Moves this thread to the far end."""
        fd = os.open("/proc/%d/ns/net" % self.holder.pid, os.O_RDONLY)
        if ctypes.CDLL(None, use_errno=True).setns(fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        os.close(fd)

    def socket_there(self, family):
        """Returns a UDP socket of the far namespace."""
        out = []

        def make():
            self.enter()
            out.append(socket.socket(family, socket.SOCK_DGRAM))

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        return out[0]

    def index_there(self):
        line = subprocess.run([*self.far, "ip", "-o", "link", "show", "far0"], capture_output=True,
                              check=True)
        return int(line.stdout.split(b":")[0])
