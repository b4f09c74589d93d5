"""P1, P4, P5: what a crash leaves is whole, and goes on by itself."""
import contextlib
import pathlib
import signal
import sqlite3
import sys
import tempfile
import time

import pytest

from conftest import Site
from trouble import drained, frozen, needs_strace, traced, whole

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "storm"))
from kill_storm import storm  # noqa: E402
from stores import Bucket, Folder  # noqa: E402

STOP_LIMIT = 20  # seconds that an orderly end may take: what the service manager gives


def test_p1_p2_p4_p5_killed_at_random_moments_casmand_loses_nothing_and_stores_nothing_twice():
    with tempfile.TemporaryDirectory(prefix="casmand-storm-") as folder:
        print(storm(Folder(folder), 20, 20))


def test_p1_p2_p4_p5_nor_where_the_store_is_a_bucket_beyond_a_moody_network(radosgw):
    with tempfile.TemporaryDirectory(prefix="casmand-storm-") as folder:
        print(storm(Bucket(folder, radosgw), 15, 15))


# --- a crash at each step --------------------------------------------------------------------------


def first_life(site, call, number):
    """casmand is killed as it begins its `number`th such call, somewhere between its very first start
    and a version in the store; False if it came through."""
    t = traced("/dev/null", call, "-e", f"inject={call}:signal=KILL:when={number}")
    site.start(wait=False, prefix=t["prefix"], env={**t["env"], "UV_THREADPOOL_SIZE": "1"})
    try:
        site.wait_log("^<6>started ")
        site.call("backup")
        assert site.stop() == 0, site.logged()
        return False
    except (AssertionError, OSError):  # it never started, hung up, or died at its end
        assert site.stop() == -signal.SIGKILL, site.logged()
        return True


def second_life(site):
    site.start()
    assert site.call("backup")["queued"] == []
    drained(site)
    assert site.stop() == 0
    assert list(whole(site)) == ["parts.db"]
    home = site.folder / "state"
    assert sorted(p.name for p in home.iterdir()) == ["casmand.lock", "spool", "state.db"]


# Calls that make things durable, visible or gone: how many there are at least on that way, and which
# are tried: each, or every second (of which there are many).
STEPS = {"linkat": (4, 1), "unlinkat": (6, 1), "unlink": (2, 1), "mkdir": (1, 1), "mkdirat": (2, 1), "fsync": (8, 2),
         "fdatasync": (8, 2), "write": (8, 2)}


@needs_strace
@pytest.mark.parametrize("call", STEPS)
def test_p4_p5_a_crash_at_any_step_from_the_first_start_to_a_stored_version_leaves_nothing_half(call):
    least, step = STEPS[call]
    number, killed = 1 - step, True
    while killed:
        number += step
        with tempfile.TemporaryDirectory(prefix="casmand-test-") as folder:
            site = Site(folder)
            site.database()
            site.make()
            killed = first_life(site, call, number)
            second_life(site)
    assert number > least, f"only {number - 1} times {call}"


def test_p4_a_backup_asked_for_as_its_database_appears_finds_it(site):
    site.database()
    site.start()
    with site.connect() as line:
        with frozen(site):
            site.make()
            asked = line.post("backup")
        (version,) = line.answer(asked)["versions"]
    assert version["state"] == "stored"
    assert site.rows(version["key"]) == [(1, "part 0"), (2, "part 1"), (3, "part 2")]


# --- an orderly end ----------------------------------------------------------------------------------


def stop_in_time(site):
    begin = time.monotonic()
    assert site.stop() == 0, site.logged()
    assert time.monotonic() - begin < STOP_LIMIT
    assert not site.socket.exists()


def test_p4_a_capture_that_waits_for_a_lock_is_given_up_at_the_end_told_and_made_in_the_next_life(site):
    site.database()
    site.make()
    site.start()
    with site.connect() as line, contextlib.closing(sqlite3.connect(site.path(), isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        asked = line.post("backup")
        while not site.status("parts.db")["dirty"]:  # it is being captured
            pass
        stop_in_time(site)
        assert "stops" in line.answer(asked)["failed"][0]["error"]
        assert line.receive() is None
    site.start()
    (version,) = site.call("backup")["versions"]
    assert version["state"] == "stored" and version["record_count"] == 3
    stop_in_time(site)
    assert len(whole(site)["parts.db"]) == 1


@needs_strace
def test_p4_an_end_in_the_middle_of_uploads_leaves_them_to_the_next_life(site):
    names = [f"db{i}.db" for i in range(6)]
    for name in names:
        site.database(name)
        site.make(name)
    slow = traced("/dev/null", "linkat", "-e", "inject=linkat:delay_enter=200000")
    site.start(**slow)
    with site.connect() as line:
        line.post("backup")
        while len(line.notices) < 3:  # captured, some are under way
            line.notices.append(line.receive())
        stop_in_time(site)
    site.start()
    site.call("backup")
    drained(site)
    stop_in_time(site)
    assert {name: len(paths) for name, paths in whole(site).items()} == dict.fromkeys(names, 1)


def test_clients_of_all_kinds_do_not_hold_up_the_end(site):
    site.database()
    site.make()
    site.start()
    idle, half, deaf, busy = (site.connect() for _ in range(4))
    half.send(b'{"jsonrpc": "2.0", "id": 1, "meth')
    for _ in range(200):
        deaf.post("status")
    busy.call("scan", database="parts.db", uid="1")
    busy.post("scan", database="parts.db", uid="2")
    stop_in_time(site)
    for line in (idle, half, busy):
        while line.receive():
            pass
        line.close()
    deaf.close()
    site.start()
    for uid in ("1", "2"):
        site.call("scan", database="parts.db", uid=uid)
    assert site.status()["scans"]["total"] == 2
