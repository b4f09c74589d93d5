"""Other people on the machine: peers with a uid and groups of their own.  That takes root."""
import json
import os
import shutil
import socket
import subprocess
import sys

import pytest

from conftest import CASMANCTL, LIMIT, Line

need_root = pytest.mark.skipif(os.geteuid() != 0, reason="not root: cannot be other users")

# Connects as whoever runs it, and hands the connections over: they stay that person's.
CONNECT = """
import json, socket, sys
path, count = sys.argv[1], int(sys.argv[2])
over = socket.socket(fileno=0)
try:
    for i in range(count):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(path)
            socket.send_fds(over, [b"+"], [s.fileno()])
except OSError as e:
    over.send(json.dumps([e.errno, e.strerror]).encode())
"""


class Person:
    """Somebody with a uid, a primary group and supplementary groups (names or numbers)."""

    def __init__(self, user, group, *groups):
        self.who = {"user": user, "group": group, "extra_groups": groups}

    def connect(self, site, count=1):
        """That many connections; the OSError that this person met, if there is one."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.settimeout(LIMIT)
            process = subprocess.Popen([sys.executable, "-IS", "-c", CONNECT, site.socket, str(count)],
                                       stdin=theirs, cwd="/", **self.who)
            lines = []
            while len(lines) < count:
                word, fds, _, _ = socket.recv_fds(ours, 1024, 1)
                if not fds:
                    raise OSError(*json.loads(word))
                lines.append(Line(connected=socket.socket(fileno=fds[0])))
            assert process.wait(LIMIT) == 0
        return lines

    def call(self, site, method, **params):
        (line,) = self.connect(site)
        with line:
            return line.call(method, **params)

    def ctl(self, site, *args, **more):
        """casmanctl, from a place where everybody may run it."""
        program = site.folder / "casmanctl"
        if not program.exists():
            shutil.copy(CASMANCTL, program)
            program.chmod(0o755)
        return site.ctl(*args, program=program, cwd="/", **self.who, **more)


def let_in(site):
    """Others may come as far as the socket: that decides for itself."""
    site.folder.chmod(0o711)
