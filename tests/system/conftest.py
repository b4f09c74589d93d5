"""What every system test stands on: a folder, a store, a socket and a daemon of its own.

A test waits for events: a line of the daemon's log, an answer on the socket, a process's end.  Each
wait has a limit, and its failure shows the log.
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

import pytest

BUILD = pathlib.Path(os.environ.get("CASMAND_BUILD", pathlib.Path(__file__).parents[2] / "build"))
CASMAND = BUILD / "daemon" / "casmand"
CASMANCTL = BUILD / "client" / "casmanctl"
LIMIT = 60  # seconds that any wait may take before it counts as a failure
# Servers for tests, and a proxy with moods before them.
SERVERS = pathlib.Path(__file__).parents[1] / "servers"
sys.path.insert(0, str(SERVERS))
# The process that lives as long as all tests do: with xdist the one that starts the workers.
SESSION = int(os.environ.setdefault("CASMAND_TEST_SESSION", str(os.getpid())))

CONFIG = """\
[daemon]
state_dir = {folder}/state
socket = {folder}/casmand.sock
{group}
{inbox}
log_level = debug
{daemon}
[sync]
backend = file
{sync}
[file]
path = {folder}/store
{databases}
"""

DATABASE = """\
[database {name}]
path = {path}
count_table = {table}
on_change = {on_change}
scans_from = {scans_from}
"""


def casmand(*args, env=None, prefix=(), program=CASMAND):
    """casmand as a person would call it, to its end."""
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    environment.update({name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ})
    environment.update(env or {})
    return subprocess.run([*prefix, program, *args], text=True, capture_output=True, stdin=subprocess.DEVNULL, env=environment,
                          timeout=LIMIT, cwd="/")


class Failure(Exception):
    """An error that the daemon answered."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.code, self.message = error["code"], error["message"]
        self.data = error.get("data", {})


class Line:
    """A connection to the daemon's socket: one request after the other, or raw bytes."""

    def __init__(self, path=None, connected=None):
        self.socket = connected or socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(LIMIT)
        if path:
            self.socket.connect(str(path))
        self.buffer = b""
        self.next_id = 0
        self.notices = []
        self.early = {}  # answers that came before somebody asked for them

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        """The next line as a document; None at the end of the connection."""
        while b"\n" not in self.buffer:
            try:
                more = self.socket.recv(65536)
            except ConnectionResetError:
                more = b""
            if not more:
                return None
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def post(self, method, **params):
        self.next_id += 1
        request = {"jsonrpc": "2.0", "id": self.next_id, "method": method, "params": params}
        self.send(json.dumps(request).encode() + b"\n")
        return self.next_id

    def answer(self, wanted):
        while wanted not in self.early:
            reply = self.receive()
            if reply is None:
                raise ConnectionError("the daemon hung up")
            if reply.get("method"):
                self.notices.append(reply)
            else:
                self.early[reply["id"]] = reply
        reply = self.early.pop(wanted)
        if "error" in reply:
            raise Failure(reply["error"])
        return reply["result"]

    def call(self, method, **params):
        return self.answer(self.post(method, **params))

    def end(self):
        """Will ask nothing more, as `nc -N` does; all that is still said to it, up to the end."""
        self.socket.shutdown(socket.SHUT_WR)
        return list(iter(self.receive, None))

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Site:
    """One machine in the field: databases, a store, and casmand."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.databases = self.folder / "databases"
        self.databases.mkdir()
        self.store = self.folder / "store"
        self.socket = self.folder / "casmand.sock"
        self.config = self.folder / "casmand.conf"
        self.daemon = None
        self.log = []
        self.news = threading.Condition()
        self.entries = {}

    # --- configuration -----------------------------------------------------------------------

    def path(self, name="parts.db"):
        return self.databases / name

    def database(self, name="parts.db", table="parts", on_change="mark", scans_from="socket", path=None):
        self.entries[name] = DATABASE.format(
            name=name, path=path or self.path(name), table=table, on_change=on_change, scans_from=scans_from)

    def configure(self, daemon="", sync="", text=None):
        if text is None:
            group = "" if "socket_group" in daemon else "socket_group ="
            inbox = "" if "inbox" in daemon else "inbox ="  # not that of a casmand that is installed here
            text = CONFIG.format(folder=self.folder, daemon=daemon, sync=sync, group=group, inbox=inbox,
                                 databases="\n".join(self.entries.values()))
        self.config.write_text(text)

    # --- the daemon --------------------------------------------------------------------------

    def start(self, wait=True, env=None, prefix=(), program=CASMAND, stdin=subprocess.DEVNULL):
        if not self.config.exists():
            self.configure()
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                environment[name] = os.environ[name]
        environment.update(env or {})
        if self.daemon and self.daemon.poll() is not None:
            self.reader.join(LIMIT)  # its last words come before the first of this one
        self.daemon = subprocess.Popen([*prefix, program, "--config", self.config], stderr=subprocess.PIPE,
                                       stdin=stdin, env=environment, cwd="/")
        self.mark = len(self.log)
        self.reader = threading.Thread(target=self._read, args=(self.daemon.stderr,), daemon=True)
        self.reader.start()
        if wait:
            self.wait_log(r"^<6>started ")
        return self.daemon

    def _read(self, stream):
        for line in stream:
            with self.news:
                self.log.append(line.decode("utf-8", "replace").rstrip("\n"))
                self.news.notify_all()
        with self.news:
            self.log.append("<end>")
            self.news.notify_all()

    def wait_log(self, pattern, count=1, since=None, limit=LIMIT):
        """Waits until `count` lines since the last start (or index `since`) match; the last of them."""
        begin = self.mark if since is None else since
        until = time.monotonic() + limit
        with self.news:
            while True:
                found = [line for line in self.log[begin:] if re.search(pattern, line)]
                if len(found) >= count:
                    return found[count - 1]
                ended = self.log[begin:] and self.log[-1] == "<end>"
                if ended or not self.news.wait(max(0, until - time.monotonic())) and time.monotonic() > until:
                    raise AssertionError(f"no log line {pattern!r} ({len(found)} of {count})\n" + self.logged())

    def logged(self):
        return "\n".join(self.log[-60:])

    def here(self):
        """A place in the log, for wait_log(since=...)."""
        return len(self.log)

    def stop(self, number=signal.SIGTERM):
        """Ends the daemon; its exit status."""
        if self.daemon.poll() is None:
            self.daemon.send_signal(number)
        status = self.daemon.wait(LIMIT)
        self.reader.join(LIMIT)
        return status

    def restart(self):
        assert self.stop() == 0, self.logged()
        self.start()

    # --- talking to it -----------------------------------------------------------------------

    def connect(self):
        return Line(self.socket)

    def call(self, method, **params):
        with self.connect() as line:
            return line.call(method, **params)

    def status(self, name=None):
        status = self.call("status")
        return next(d for d in status["databases"] if d["name"] == name) if name else status

    def wait_status(self, name, **wanted):
        """Asks for the status of a database until its members are as wanted."""
        until = time.monotonic() + LIMIT
        with self.connect() as line:
            while True:
                (seen,) = [d for d in line.call("status")["databases"] if d["name"] == name]
                if all(seen[member] == value for member, value in wanted.items()):
                    return seen
                assert time.monotonic() < until, f"not {wanted}: {seen}\n{self.logged()}"
                time.sleep(0.02)

    def wait_versions(self, name, count):
        """Waits until so many versions of a database have been stored, by this daemon and those before."""
        self.wait_log(rf"^<6>stored db={re.escape(name)} ", count=count, since=0)
        assert len(self.keys(name)) == count, self.keys(name)

    def open_files(self):
        """What the daemon has open, in the databases' folder."""
        links = []
        for fd in pathlib.Path(f"/proc/{self.daemon.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed since it was listed
                links.append(os.readlink(fd))
        return [link for link in links if link.startswith(str(self.databases))]

    def ctl(self, *args, check=True, env=None, program=CASMANCTL, **process):
        """casmanctl as a person would call it; the finished process."""
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **(env or {})}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                environment[name] = os.environ[name]
        done = subprocess.run([program, "--socket", self.socket, *args], text=True, capture_output=True,
                              stdin=subprocess.DEVNULL, env=environment, timeout=LIMIT, **process)
        assert not check or done.returncode == 0, done
        return done

    # --- databases and versions --------------------------------------------------------------

    def sql(self, name="parts.db", *statements, mode=None):
        """Runs statements as the application: a connection of its own, closed afterwards."""
        with sqlite3.connect(self.path(name), timeout=LIMIT) as db:
            if mode:
                db.execute(f"PRAGMA journal_mode={mode}")
            for statement in statements:
                db.execute(statement)
        db.close()

    def make(self, name="parts.db", table="parts", rows=3, mode="DELETE"):
        self.sql(name, f"CREATE TABLE {table}(id INTEGER PRIMARY KEY, part TEXT)",
                 *[f"INSERT INTO {table}(part) VALUES('part {i}')" for i in range(rows)], mode=mode)

    def keys(self, name="parts.db"):
        """Keys of the database objects in the store, in order."""
        folder = self.store / "backups" / name
        shape = re.compile(r"\d{8}_\d{6}_" + re.escape(name) + "$")
        return sorted(f"backups/{name}/{p.name}" for p in folder.glob("*") if shape.match(p.name)) \
            if folder.exists() else []

    def object(self, key):
        return self.store / key

    def metadata(self, key):
        return json.loads((self.store / f"{key}.metadata.json").read_text())

    def tags(self, key):
        return json.loads((self.store / f"{key}.casmand.json").read_text())

    def rows(self, key, table="parts"):
        """The rows of a version."""
        return self.rows_of(self.object(key), table)

    def rows_of(self, file, table="parts"):
        """It is opened so that nothing is left beside it."""
        db = sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)
        try:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            return db.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
        finally:
            db.close()


def new_site():
    return Site(tempfile.mkdtemp(prefix="casmand-test-"))  # short: a socket's path has 107 bytes


def end_site(it):
    """Nothing of it stays, and it may not have gone wrong unseen."""
    if it.daemon:
        if it.daemon.poll() is None:
            assert it.stop() == 0, it.logged()
        wrong = [line for line in it.log if "Sanitizer" in line or "runtime error" in line]
        assert not wrong, "\n".join(it.log)
    shutil.rmtree(it.folder)


@pytest.fixture
def site():
    """A machine with nothing on it yet: call database(), configure(), make(), start()."""
    it = new_site()
    yield it
    end_site(it)


@pytest.fixture
def up(site):
    """A machine whose two databases nobody has made yet, and casmand that waits for them."""
    site.database("parts.db", "parts")
    site.database("assembled_casm.db", "assembly")
    site.start()
    site.wait_log("^<6>store ")
    return site


@pytest.fixture
def running(site):
    """A machine with the two CAsMan databases, and casmand that has made their first versions."""
    site.database("parts.db", "parts")
    site.database("assembled_casm.db", "assembly")
    site.make("parts.db", "parts")
    site.make("assembled_casm.db", "assembly")
    site.start()
    for name in ("parts.db", "assembled_casm.db"):
        site.wait_log(rf"^<6>stored db={re.escape(name)} ")
    return site


@pytest.fixture
def stored(site):
    """As `running`, but the first versions were asked for: that takes no two seconds."""
    names = {"parts.db": "parts", "assembled_casm.db": "assembly"}
    for name, table in names.items():
        site.database(name, table)
        site.make(name, table)
    site.start()
    assert len(site.call("backup", databases=list(names), operation="First backup")["versions"]) == 2
    return site


# --- stores in a cloud: s3.py, cloud.py and unruly.py, which stand on this file ----------------------


@pytest.fixture
def cloud():
    from cloud import machines

    yield from machines()


@pytest.fixture
def unruly():
    from cloud import proxies

    yield from proxies()


@pytest.fixture
def radosgw():
    from s3 import shared

    return shared("radosgw")


@pytest.fixture
def own_radosgw():
    from s3 import own

    yield from own("radosgw")


@pytest.fixture
def pair():
    from pairs import machines

    yield from machines()


@pytest.fixture(scope="module")
def radosgw_ia():
    """One that has a storage class besides STANDARD."""
    from s3 import own

    yield from own("radosgw", classes=True)


# --- what takes long -----------------------------------------------------------------------------


@pytest.fixture(scope="session")
def late():
    """What takes up to half a minute: see late.py."""
    from late import Late  # late.py stands on this file

    it = new_site()
    yield Late(it)
    end_site(it)


@pytest.fixture(scope="session", autouse=True)
def early(request):
    """Begins it before the first test, where a later one will look at it."""
    if any("late" in getattr(item, "fixturenames", ()) for item in request.session.items):
        request.getfixturevalue("late")


def pytest_collection_modifyitems(items):
    """And those that do come last."""
    items.sort(key=lambda item: "late" in getattr(item, "fixturenames", ()))
