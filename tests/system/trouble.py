"""What goes wrong in the field, made to order: crashes, small disks, wrong clocks; and the judge of
what is left."""
import contextlib
import datetime
import hashlib
import json
import mmap
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import struct
import subprocess
import time

import pytest

from conftest import CASMAND

HERE = pathlib.Path(__file__).parent
MEMBERS = ["filename", "timestamp", "checksum", "size_bytes", "db_name", "record_count", "operation"]
LIMIT = 60

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: mounts, other users")
needs_strace = pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")


# --- the judge -----------------------------------------------------------------------------------


def spool(site):
    """What lies in the spool: captured, and not yet stored."""
    folder = site.folder / "state" / "spool"
    return sorted(p.name for p in folder.iterdir()) if folder.exists() else []


def leftovers(store):
    """Files in a store that belong to no version."""
    known = re.compile(r"\d{8}_\d{6}_[^/]+$")
    return [p for p in sorted(store.rglob("*"))
            if p.is_file() and p.name != ".casmand-store" and not known.match(p.name)]


def judge_object(path, name):
    """One version: its three files agree with each other, and SQLite finds it sound; its tags."""
    beside = {suffix: path.with_name(path.name + suffix) for suffix in (".metadata.json", ".casmand.json")}
    assert all(p.is_file() for p in beside.values()), f"half a version: {path}"
    metadata = json.loads(beside[".metadata.json"].read_text())
    contents = path.read_bytes()
    assert list(metadata) == MEMBERS
    assert metadata["filename"] == metadata["db_name"] == name
    assert metadata["size_bytes"] == len(contents), path
    assert metadata["checksum"] == hashlib.sha256(contents).hexdigest(), path
    moment = datetime.datetime.fromisoformat(metadata["timestamp"])
    assert path.name >= f"{moment:%Y%m%d_%H%M%S}_{name}" and moment.utcoffset() == datetime.timedelta(0)
    db = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    with contextlib.closing(db):
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], path
    return json.loads(beside[".casmand.json"].read_text())


def judge(store):
    """A store in which nobody writes now holds whole versions and nothing else, each of them once.
    For each database its objects in the order of their sequence."""
    versions, ids = {}, set()
    assert leftovers(store) == []
    for folder in sorted((store / "backups").glob("*")):
        found = {}
        for path in folder.glob(f"????????_??????_{folder.name}"):
            tags = judge_object(path, folder.name)
            assert tags["id"] not in ids, f"stored twice: {path}"
            ids.add(tags["id"])
            assert (tags["machine"], int(tags["sequence"])) not in found, path
            found[tags["machine"], int(tags["sequence"])] = path
        metadata = {p.name.removesuffix(".metadata.json") for p in folder.glob("*.metadata.json")}
        assert metadata == {p.name for p in found.values()}, f"half a version in {folder}"
        versions[folder.name] = [found[key] for key in sorted(found)]
    return versions


def whole(site):
    """All that was ever captured is in the store exactly once: of each database its versions are 1,
    2, ... without a gap, and nothing is left behind."""
    versions = judge(site.store)
    for name, paths in versions.items():
        numbers = [int(json.loads(p.with_name(p.name + ".casmand.json").read_text())["sequence"]) for p in paths]
        assert numbers == list(range(1, len(numbers) + 1)), f"{name}: {numbers}"
    assert spool(site) == []
    return versions


def drained(site):
    """Waits until nothing waits for the store."""
    while True:
        place = site.here()
        if site.status()["queue"]["length"] == 0:
            return
        site.wait_log("^<6>stored ", since=place)


def events(line):
    """The history, newest first."""
    cursor = None
    while True:
        page = line.call("history", cursor=cursor)
        yield from page["events"]
        cursor = page["cursor"]
        if not cursor:
            return


# --- crashes -------------------------------------------------------------------------------------

STRACE = ["strace", "-D", "-f", "-qq", "-s", "300"]  # -D: the daemon stays the test's own child


def without_leak_check():
    """LeakSanitizer cannot look at a process that is traced."""
    return {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}


def traced(file, calls, *more):
    """What site.start() needs to have the daemon's system calls in `file`."""
    return {"prefix": [*STRACE, "-o", str(file), "-e", f"trace={calls}", *more], "env": without_leak_check()}


def stopped(site):
    """Waits until the daemon stands still."""
    os.waitid(os.P_PID, site.daemon.pid, os.WSTOPPED)


@contextlib.contextmanager
def frozen(site):
    """The daemon stands still while the test sends: what it sent then arrives in the same instant."""
    os.kill(site.daemon.pid, signal.SIGSTOP)
    stopped(site)
    yield
    os.kill(site.daemon.pid, signal.SIGCONT)


@contextlib.contextmanager
def injected(site, *faults, paths=()):
    """The running daemon meets faults in its system calls (on these paths), as strace(1) has them:
    fsync:error=EIO."""
    calls = ",".join(fault.split(":")[0] for fault in faults)
    options = [word for fault in faults for word in ("-e", f"inject={fault}")]
    tracer = subprocess.Popen(["strace", "-f", "-p", str(site.daemon.pid), "-e", f"trace={calls}", *options,
                               *(f"--trace-path={path}" for path in paths), "-o", os.devnull],
                              stderr=subprocess.PIPE, text=True)
    try:
        line = tracer.stderr.readline()
        assert "attached" in line, line
        yield
    finally:
        if not any("KILL" in fault for fault in faults):  # else it ends with the daemon, undisturbed
            tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=LIMIT)


# --- disks, users, clocks --------------------------------------------------------------------------


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@pytest.fixture
def mount(site):
    """mount(folder, "size=1m"): a small disk of its own, there or anew with other options."""
    mounted = []

    def mount_or_remount(folder, options):
        if folder in mounted:
            run("mount", "-o", f"remount,{options}", str(folder))
            return
        folder.mkdir(exist_ok=True)
        run("mount", "-t", "tmpfs", "-o", options, "casmand-test", str(folder))
        mounted.append(folder)

    yield mount_or_remount
    for folder in mounted:
        run("umount", "-l", str(folder))


NOBODY = 65534


def give_to_nobody(site):
    """The site belongs to a user without rights, and so does casmand: what start() needs for that."""
    program = site.folder / "casmand"  # the build may lie where nobody can go
    shutil.copy(CASMAND, program)
    for path in (site.folder, *site.folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    return {"program": program, "prefix": ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]}


class Clock:
    """The wall clock as casmand sees it: site.start(env=clock.env()); see wrong_clock.c."""

    def __init__(self, folder):
        self.library, self.file = folder / "wrong_clock.so", folder / "wrong_clock"
        run("cc", "-O1", "-shared", "-fPIC", "-o", str(self.library), str(HERE / "wrong_clock.c"))
        self.file.write_bytes(bytes(16))
        with self.file.open("r+b") as file:
            self.setting = mmap.mmap(file.fileno(), 16)

    def env(self):
        return {"LD_PRELOAD": str(self.library), "WRONG_CLOCK": str(self.file),
                "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}

    def now(self):
        add, stands_at = struct.unpack("qq", self.setting)
        return (stands_at or time.time_ns() // 1000 + add) / 1e6

    def set(self, moment):
        """Goes on from there; seconds since 1970."""
        self.setting[:] = struct.pack("qq", int((moment - time.time()) * 1e6), 0)

    def stop(self, moment):
        self.setting[:] = struct.pack("qq", 0, int(moment * 1e6))


@pytest.fixture
def clock(site):
    return Clock(site.folder)
