"""Two machines and a cable between them, which can be cut: network namespaces.  Needs root.

This process is the store's side from `with Lan()` on, and so are the servers that it starts; a daemon
that is started with lan.prefix() is the machine in the field.  Nothing of it is seen from outside.

    field, 10.77.0.1  --- f0 ==== s0 --- 10.77.0.2, the store's side
                                         10.77.0.200 (store.test), the store, behind a route
"""
import ctypes
import os
import socket
import struct
import subprocess
import threading
import time

STORE, NAME = "10.77.0.200", "store.test"
FIELD, SIDE = "10.77.0.1", "10.77.0.2"
ROUTE = f"{STORE} via {SIDE} dev f0"
CLONE_NEWNET = 0x40000000


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, (command, done.stdout)


class Lan:
    def __init__(self, folder):
        self.resolv = folder / "resolv.conf"
        self.resolv.write_text(f"nameserver {STORE}\n")
        self.names = None

    def __enter__(self):
        assert ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        self.field = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; exec cat"], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE)  # ends when we do
        self.field.stdout.readline()
        run("ip", "link", "add", "s0", "type", "veth", "peer", "name", "f0", "netns", str(self.field.pid))
        for command in ("link set lo up", f"addr add {STORE}/32 dev lo", f"addr add {SIDE}/25 dev s0", "link set s0 up"):
            run("ip", *command.split())
        self.at_field(f"addr add {FIELD}/25 dev f0", "link set lo up", "link set f0 up", f"route add {ROUTE}")
        self.names, self.told = Names(), []
        self.monitor = subprocess.Popen([*self.enter(), "ip", "monitor", "link", "address", "route"],
                                        stdout=subprocess.PIPE)
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()
        return self

    def __exit__(self, *_):
        self.names.close()
        self.field.communicate()
        self.monitor.terminate()
        self.monitor.communicate()

    def _listen(self):
        """When the kernel told the field anything of its network."""
        for _ in self.monitor.stdout:
            self.told.append(time.monotonic())

    def enter(self):
        """The command that runs another in the field."""
        return ["nsenter", f"--net=/proc/{self.field.pid}/ns/net"]

    def prefix(self):
        """For site.start(): in the field, with the name server of the store's side."""
        return [*self.enter(), "unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"',
                self.resolv]

    def at_field(self, *commands):
        for command in commands:
            run(*self.enter(), "ip", *command.split())

    def slow(self, rate):
        """What the field sends goes no faster: "4mbit"."""
        run(*self.enter(), *f"tc qdisc replace dev f0 root tbf rate {rate} burst 16k latency 400ms".split())


class Names(threading.Thread):
    """A name server that says STORE, whatever it is asked; or nothing, while it is deaf."""

    def __init__(self):
        super().__init__(daemon=True)
        self.deaf = False
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((STORE, 53))
        self.start()

    def run(self):
        while True:
            question, who = self.socket.recvfrom(512)
            if not question:
                return
            if not self.deaf:
                self.socket.sendto(self.answer(question), who)

    @staticmethod
    def answer(question):
        """To an A question with that address; to any other, that there is none."""
        end = question.index(b"\0", 12) + 5
        is_a = question[end - 4:end] == b"\0\1\0\1"
        address = b"\xc0\x0c\0\1\0\1" + struct.pack(">IH", 0, 4) + socket.inet_aton(STORE)
        return (question[:2] + b"\x81\x80\0\1" + struct.pack(">H", is_a) + b"\0\0\0\0" + question[12:end]
                + address * is_a)

    def close(self):
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", (STORE, 53))
        self.join()
        self.socket.close()


# --- cuts: how they are made, and how they end ---------------------------------------------------


class Cut:
    """tells: does the kernel of the field hear of its end?  fails_at_once: does it hear of the cut?"""

    def __init__(self, name, make, end, tells=False, fails_at_once=False):
        self.name, self.make, self.end, self.tells, self.fails_at_once = name, make, end, tells, fails_at_once


def drop(lan):
    run("nft", f"add table inet cut; add chain inet cut in {{ type filter hook input priority 0; }};"
               f"add rule inet cut in iifname s0 drop")


def deaf(lan, deaf):
    lan.names.deaf = deaf


CUTS = [
    Cut("the link is down", lambda lan: lan.at_field("link set f0 down"),
        lambda lan: lan.at_field("link set f0 up", f"route add {ROUTE}"), tells=True, fails_at_once=True),
    Cut("the route is gone", lambda lan: lan.at_field(f"route del {ROUTE}"),
        lambda lan: lan.at_field(f"route add {ROUTE}"), tells=True, fails_at_once=True),
    Cut("the other end is down", lambda lan: run("ip", "link", "set", "s0", "down"),
        lambda lan: run("ip", "link", "set", "s0", "up"), tells=True),
    Cut("all is dropped", drop, lambda lan: run("nft", "delete", "table", "inet", "cut")),
]
NO_NAMES = Cut("no name is known", lambda lan: deaf(lan, True), lambda lan: deaf(lan, False))
