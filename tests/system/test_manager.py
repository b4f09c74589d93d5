"""What the service manager hears: that casmand is ready, how it stands, and that its loop turns."""
import os
import re
import signal
import socket

import pytest

from conftest import LIMIT


class Manager:
    """systemd's end of sd_notify(3)."""

    def __init__(self, folder):
        self.path = folder / "notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.socket.settimeout(LIMIT)

    def env(self, **more):
        return {"NOTIFY_SOCKET": str(self.path), **more}

    def hear(self):
        """The next word: a dictionary of its lines."""
        return dict(line.split("=", 1) for line in self.socket.recv(4096).decode().splitlines())

    def wait(self, status):
        """Waits for a STATUS= that begins like this; all of it."""
        while True:
            said = self.hear().get("STATUS", "")
            if said.startswith(status):
                return said

    def silent(self, seconds):
        """Nothing comes for so long, but for what came before."""
        self.socket.setblocking(False)
        try:
            while True:
                self.socket.recv(4096)
        except BlockingIOError:
            self.socket.settimeout(seconds)
        with pytest.raises(TimeoutError):
            self.socket.recv(4096)
        self.socket.settimeout(LIMIT)


@pytest.fixture
def manager(site):
    it = Manager(site.folder)
    yield it
    it.socket.close()


def test_it_is_ready_when_it_watches_and_listens_and_says_how_it_stands(site, manager):
    site.database()
    site.make()
    site.start(wait=False, env=manager.env())
    first = manager.hear()
    assert first["READY"] == "1" and "STATUS" in first
    assert site.call("ping")["pid"] == site.daemon.pid  # listens: nobody waited for it
    site.call("backup")
    assert re.fullmatch(r"1 database, all stored (now|\d+ s ago)", manager.wait("1 database, all stored"))
    (site.store / ".casmand-store").rename(site.store / "away")
    site.sql("parts.db", "INSERT INTO parts(part) VALUES('another')")
    site.call("backup")
    assert manager.wait("offline since ").endswith(" UTC, 1 version waits")
    site.path().unlink()
    assert manager.wait("offline since ").count("1 of 1 not there yet") == 1
    site.daemon.send_signal(signal.SIGTERM)
    while "STOPPING" not in manager.hear():
        pass
    assert site.daemon.wait(LIMIT) == 0


def test_the_watchdog_is_fed_by_the_loop_itself(site, manager):
    site.database()
    site.start(env=manager.env(WATCHDOG_USEC="400000"))
    for _ in range(3):
        while "WATCHDOG" not in manager.hear():
            pass
    os.kill(site.daemon.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, site.daemon.pid, os.WSTOPPED)
    manager.silent(1)
    os.kill(site.daemon.pid, signal.SIGCONT)
    while "WATCHDOG" not in manager.hear():
        pass


def test_p12_without_a_watchdog_nobody_is_woken(site, manager):
    site.database()
    site.start(env=manager.env(WATCHDOG_USEC="200000", WATCHDOG_PID="1"))  # it is meant for another
    manager.wait("1 database")
    manager.silent(1.5)


TAKE = 'exec 3<&0 0</dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"'


def test_p1_a_socket_of_the_managers_is_taken_and_never_removed(site):
    site.database()
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(site.socket))
    listening.listen()
    made = site.socket.stat().st_ino
    with listening:
        for number in range(1, 4):
            with site.connect() as early:  # before anybody is there
                asked = early.post("scan", database="parts.db")
                site.start(wait=False, prefix=["sh", "-c", TAKE], stdin=listening)
                assert early.answer(asked)["scan"] == number
            assert site.stop() == 0
            assert site.socket.stat().st_ino == made


def test_where_the_managers_socket_is_not_what_the_configuration_says_the_log_tells(site):
    other = site.folder / "other.sock"
    site.database()
    site.configure(daemon="socket_group = games")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(other))
        listening.listen()
        site.start(prefix=["sh", "-c", TAKE], stdin=listening)
    assert f"socket is {other}, and" in site.wait_log("^<4>configuration warning=.*ListenStream=")
    assert "is not games," in site.wait_log("^<4>configuration warning=.*SocketGroup=")
    assert not site.socket.exists()
