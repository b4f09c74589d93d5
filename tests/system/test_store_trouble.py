"""P4, P5, P11: a store that is away, full, forbidden, exchanged or shared costs nothing but time."""
import hashlib
import os
import re
import shutil
import threading
import time

import pytest

from conftest import Failure, Site
from trouble import (  # noqa: F401 (fixtures)
    clock, drained, give_to_nobody, injected, judge, leftovers, mount, needs_root, needs_strace, run, spool, traced,
    whole, without_leak_check)


@pytest.fixture
def settled(site):
    """One database with one version in the store; it changes only when a test changes it."""
    site.database()
    site.make()
    site.configure(sync="backup_on_scan_count = 3")
    site.start()
    assert site.call("backup")["versions"][0]["state"] == "stored"
    return site


def change(site, name="parts.db"):
    site.sql(name, "INSERT INTO parts(part) VALUES('new')")


def queue(site):
    return site.status()["queue"]


def stored_by_itself(site, place, count=1):
    site.wait_log("^<6>stored ", count=count, since=place)
    drained(site)


def waits(site, answer, words):
    """The answer of a backup whose version could not be stored: it is captured, and why it waits."""
    (version,) = answer["versions"]
    assert version["state"] in ("captured", "sending") and answer["queued"] == ["parts.db"]
    assert words in answer["store_error"] and answer["failed"] == []
    assert queue(site)["length"] == len(spool(site)) == 1
    assert words in queue(site)["error"]


# --- away ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mount_point_stays", [False, True], ids=["no folder", "empty folder"])
def test_p4_p11_a_store_that_is_away_is_said_scans_and_captures_go_on_and_it_is_caught_up_with(
        settled, mount_point_stays):
    site, away = settled, settled.folder / "away"
    site.store.rename(away)
    if mount_point_stays:
        site.store.mkdir()
    for _ in range(2):
        change(site)
        site.call("scan", database="parts.db")
        answer = site.call("backup")
        assert answer["queued"] == ["parts.db"] and "store not reached" in answer["store_error"]
    status = site.status()
    assert status["store"]["reachable"] is False and status["store"]["last_ok_at"]
    assert "store not reached" in status["store"]["error"] and "is the disk mounted?" in status["store"]["error"]
    assert status["queue"]["length"] == len(spool(site)) == 2
    assert "store not reached" in status["queue"]["error"]
    assert status["queue"]["next_try_at"] and status["queue"]["oldest_at"]
    assert status["databases"][0]["state"] == "ahead"
    assert status["scans"]["total"] == status["scans"]["unprotected"] == 2
    told = [line for line in site.log if "not reached" in line]
    assert 1 <= len(told) <= 2, told  # the store's state, and the upload's: each once, not at each try
    text = site.ctl("status").stdout
    assert "store not reached" in text and "2 versions" in text
    if mount_point_stays:
        assert list(site.store.iterdir()) == []
        site.store.rmdir()
    place = site.here()
    away.rename(site.store)
    stored_by_itself(site, place, count=2)
    assert site.status()["store"]["reachable"] is True and queue(site)["error"] is None
    assert site.status()["scans"]["unprotected"] == 0
    assert len(whole(site)["parts.db"]) == 3


def test_p4_a_person_who_asks_for_a_backup_need_not_wait_for_the_next_try(settled):
    site, away = settled, settled.folder / "away"
    site.store.rename(away)
    change(site)
    for _ in range(2):  # the next try is farther away each time
        done = site.ctl("backup", check=False)
        assert done.returncode == 4 and "waits for the store" in done.stdout
    assert len([line for line in site.log if "not reached" in line]) <= 2  # not at each try
    away.rename(site.store)
    assert site.ctl("backup").returncode == 0
    assert len(whole(site)["parts.db"]) == 2


def test_p4_a_store_that_is_away_at_the_start_is_waited_for(settled):
    site, away = settled, settled.folder / "away"
    assert site.stop() == 0
    site.store.rename(away)
    change(site)
    site.start()
    assert site.call("backup")["queued"] == ["parts.db"]
    assert site.status()["store"]["reachable"] is False
    place = site.here()
    away.rename(site.store)
    stored_by_itself(site, place)
    assert len(whole(site)["parts.db"]) == 2


def test_p4_a_store_that_never_was_there_is_made_but_not_the_folder_above_it(site):
    site.database()
    site.make()
    site.store = site.folder / "usb" / "store"
    site.configure()
    site.config.write_text(site.config.read_text().replace(f"{site.folder}/store", str(site.store)))
    site.start()
    assert "is the disk mounted?" in site.call("backup")["store_error"]
    assert not (site.folder / "usb").exists()
    place = site.here()
    (site.folder / "usb").mkdir()
    stored_by_itself(site, place)
    assert len(whole(site)["parts.db"]) == 1


# --- another one ---------------------------------------------------------------------------------


def other_machine(site, name):
    """A second machine that puts versions into the same store."""
    folder = site.folder / name
    folder.mkdir()
    other = Site(folder)
    (folder / "store").symlink_to(site.store)
    other.database()
    return other


def test_p4_another_store_at_the_same_path_gets_its_own_first_version_and_the_old_one_goes_on_later(settled):
    site, first, second = settled, settled.folder / "first", settled.folder / "second"
    site.store.rename(first)
    other = other_machine(site, "other")
    site.store.mkdir()
    other.start()
    other.call("status", refresh=True)  # by now its marker is there
    assert other.stop() == 0
    place = site.here()
    change(site)
    site.call("backup")
    stored_by_itself(site, place)
    assert [len(site.rows(key)) for key in site.keys()] == [4]
    site.store.rename(second)
    first.rename(site.store)
    place = site.here()
    site.call("status", refresh=True)
    stored_by_itself(site, place)
    assert [len(site.rows(key)) for key in site.keys()] == [3, 4]
    change(site)
    assert site.call("backup")["versions"][0]["state"] == "stored"
    site.restart()
    assert [len(site.rows(key)) for key in site.keys()] == [3, 4, 5]
    judge(site.store)
    judge(second)
    assert spool(site) == []


def test_p4_what_waits_goes_into_the_store_that_comes(settled):
    site, first = settled, settled.folder / "first"
    site.store.rename(first)
    change(site)
    assert site.call("backup")["queued"] == ["parts.db"]
    assert site.stop() == 0
    second = site.folder / "second"
    second.mkdir()
    (second / ".casmand-store").write_text((first / ".casmand-store").read_text().replace(
        re.search("[0-9a-f]{32}", (first / ".casmand-store").read_text())[0], "0123456789abcdef" * 2))
    second.rename(site.store)
    place = site.here()
    site.start()
    stored_by_itself(site, place)
    assert [len(site.rows(key)) for key in site.keys()] == [4]
    judge(site.store)


# --- full, read-only, forbidden ------------------------------------------------------------------


@needs_root
def test_p4_p11_a_full_store_is_said_leaves_no_piece_and_is_caught_up_with_when_there_is_room(site, mount):
    mount(site.store, "size=1m")
    site.database()
    site.make()
    site.sql("parts.db", "INSERT INTO parts(part) VALUES(randomblob(600000))")
    site.start()
    assert site.call("backup")["versions"][0]["state"] == "stored"
    change(site)
    waits(site, site.call("backup"), "is full")
    assert queue(site)["next_try_at"]
    judge(site.store)  # no piece of what did not fit
    assert site.ctl("backup", check=False).returncode == 4
    place = site.here()
    mount(site.store, "size=9m")
    stored_by_itself(site, place)
    assert len(whole(site)["parts.db"]) == 2


@needs_root
@pytest.mark.parametrize("again", ["backup", "reload"])
def test_p4_p11_a_store_mounted_read_only_is_said_with_its_mend_and_tried_again_when_a_person_asks(
        site, mount, again):
    mount(site.store, "size=9m")
    site.database()
    site.make()
    site.start()
    assert site.call("backup")["versions"][0]["state"] == "stored"
    mount(site.store, "ro")
    change(site)
    waits(site, site.call("backup"), "is mounted read-only (mount it for writing)")
    assert site.ctl("backup", check=False).returncode == 4
    mount(site.store, "rw")
    place = site.here()
    site.call(again)
    stored_by_itself(site, place)
    assert len(whole(site)["parts.db"]) == 2


@needs_root
def test_p4_p11_a_store_without_permission_is_said_with_its_mend_and_others_go_on(site):
    names = ["a.db", "b.db", "parts.db"]
    for name in names:
        site.database(name)
        site.make(name)
    site.start(**give_to_nobody(site))
    site.call("backup")
    forbidden = [site.store / "backups" / name for name in names[:2]]
    for folder in forbidden:
        folder.chmod(0)
    for name in names:
        change(site, name)
    place = site.here()
    answer = site.call("backup")
    assert sorted(answer["queued"])[:2] == names[:2]
    assert "has no right to that in the store" in answer["store_error"] and "chmod" in answer["store_error"]
    assert "has no right" in queue(site)["error"]
    site.wait_log("^<6>stored db=parts.db ", since=place, limit=10)
    for folder in forbidden:
        folder.chmod(0o750)
    site.call("backup")
    drained(site)
    assert {name: len(paths) for name, paths in whole(site).items()} == dict.fromkeys(names, 2)


# --- shared ---------------------------------------------------------------------------------------


def race(site, other, rounds):
    """Both back up their parts.db at once, again and again; what either has is its own."""
    site.make(rows=3)
    other.make(rows=30)
    machines = (site, other)
    for _ in range(rounds):
        for machine in machines:
            machine.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
        asked = [(machine.connect(), machine) for machine in machines]
        threads = [threading.Thread(target=line.call, args=("backup",)) for line, _ in asked]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    for machine in machines:
        drained(machine)
        assert machine.stop() == 0
    rows = {}
    for path in judge(site.store)["parts.db"]:
        machine = site.tags(path.relative_to(site.store))["machine"]
        rows.setdefault(machine, []).append(len(site.rows(path.relative_to(site.store))))
    assert sorted(rows.values()) == [list(range(4, 4 + rounds)), list(range(31, 31 + rounds))]


@pytest.fixture
def two(site, clock):
    """Two machines with one store, whose clocks stand at the same second."""
    site.database()
    other = other_machine(site, "other")
    clock.stop(int(time.time()) + 5)
    yield site, other, clock
    if other.daemon and other.daemon.poll() is None:
        other.stop(9)


def test_p5_two_machines_in_the_same_second_make_two_versions_and_overwrite_nothing(two):
    site, other, clock = two
    for machine in (site, other):
        machine.start(env=clock.env())
    race(site, other, 4)


@needs_strace
def test_p5_the_same_on_a_disk_that_cannot_link(two):
    site, other, clock = two
    for machine in (site, other):
        prefix = traced("/dev/null", "linkat", "-e", "inject=linkat:error=EPERM")["prefix"]
        preload = [f"--env={name}={value}" for name, value in clock.env().items() if name != "ASAN_OPTIONS"]
        machine.start(prefix=[*prefix, *preload], env={
            "ASAN_OPTIONS": without_leak_check()["ASAN_OPTIONS"] + ":verify_asan_link_order=0"})
    race(site, other, 3)


@needs_root
def test_p5_a_fat_disk_holds_a_store(site):
    image = site.folder / "fat.img"
    image.write_bytes(bytes(8 << 20))
    mkfs = shutil.which("mkfs.vfat", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if not mkfs:
        pytest.skip("needs mkfs.vfat (package dosfstools)")
    run(mkfs, str(image))
    site.store.mkdir()
    try:
        run("mount", "-t", "vfat", "-o", "loop", str(image), str(site.store))
    except Exception:
        pytest.skip("this kernel has no vfat, or no loop devices")
    try:
        site.database()
        site.make()
        site.start()
        for _ in range(2):
            assert site.call("backup")["versions"][0]["state"] == "stored"
            change(site)
        assert site.stop() == 0
        assert len(whole(site)["parts.db"]) == 2
    finally:
        run("umount", "-l", str(site.store))


# --- slow -----------------------------------------------------------------------------------------


@needs_strace
def test_p1_a_store_that_hangs_delays_neither_scans_nor_captures(settled):
    site = settled
    site.database("other.db")
    site.make("other.db")
    site.configure(sync="backup_on_scan_count = 0")
    site.call("reload")
    site.wait_log("^<6>reloaded ")
    change(site)
    with site.connect() as line, site.connect() as scanner, injected(
            site, "linkat:delay_enter=1200000", "-P", str(site.store / "backups" / "parts.db")):
        place = site.here()
        asked = line.post("backup", databases=["parts.db"])
        site.wait_log("^<6>captured db=parts.db ", since=place)
        for _ in range(50):
            scanner.call("scan", database="parts.db")
        assert scanner.call("backup", databases=["other.db"])["versions"][0]["state"] == "stored"
        assert not any("stored db=parts.db" in entry for entry in site.log[place:])
        assert line.answer(asked)["versions"][0]["state"] == "stored"


# --- switched off ---------------------------------------------------------------------------------


def test_p4_with_enabled_false_captures_and_counting_go_on_and_all_goes_up_when_it_is_turned_on(site):
    site.database()
    site.make()
    site.configure(sync="enabled = false\nbackup_on_scan_count = 3")
    site.start()
    answer = site.call("backup")
    assert answer["queued"] == ["parts.db"] and "enabled = false" in answer["store_error"]
    assert site.ctl("backup", check=False).returncode == 4
    change(site)
    place = site.here()
    for _ in range(3):
        site.call("scan", database="parts.db")
    site.wait_log("^<6>captured db=parts.db ", since=place)
    site.restart()
    status = site.status()
    assert status["enabled"] is False and status["queue"]["length"] == len(spool(site)) == 2
    assert status["scans"]["total"] == 3 and status["scans"]["since_backup"] == 0
    assert status["scans"]["unprotected"] == 3
    assert site.keys() == []
    place = site.here()
    site.configure(sync="backup_on_scan_count = 3")
    site.call("reload")
    stored_by_itself(site, place, count=2)
    assert site.status()["scans"]["unprotected"] == 0
    assert len(whole(site)["parts.db"]) == 2


def test_p1_p11_with_backend_disabled_it_says_so_and_scans_are_counted_all_the_same(site):
    site.database()
    site.make()
    site.configure()
    site.config.write_text(site.config.read_text().replace("backend = file", "backend = disabled")
                           .replace(f"[file]\npath = {site.store}\n", ""))
    site.start()
    with pytest.raises(Failure, match="Storage backend not available: backend = disabled"):
        site.call("backup")
    done = site.ctl("backup", check=False)
    assert done.returncode == 1 and "Storage backend not available" in done.stderr
    for _ in range(12):
        site.call("scan", database="parts.db")
    status = site.status()
    assert status["backend"] == "disabled" and status["scans"]["total"] == status["scans"]["unprotected"] == 12
    assert status["store"]["reachable"] is not True
    assert status["databases"][0]["state"] != "in_step"
    assert "disabled" in site.ctl("status").stdout
    site.restart()
    assert site.status()["scans"]["total"] == 12
    assert not site.store.exists()


# --- damaged, and nobody else's business ----------------------------------------------------------


def flip_a_byte(path):
    contents = bytearray(path.read_bytes())
    contents[len(contents) // 2] ^= 1
    path.write_bytes(contents)


@pytest.mark.parametrize("restart", [False, True], ids=["running", "over a restart"])
def test_p4_p11_a_copy_damaged_in_the_spool_is_told_never_stored_and_made_again(settled, restart):
    site, away = settled, settled.folder / "away"
    site.store.rename(away)
    change(site)
    assert site.call("backup")["queued"] == ["parts.db"]
    if restart:
        assert site.stop() == 0
    (name,) = spool(site)
    flip_a_byte(site.folder / "state" / "spool" / name)
    away.rename(site.store)
    place = site.here()
    if restart:
        site.start()
    site.wait_log("^<3>bad version db=parts.db .*damaged", since=place)
    site.wait_log("^<6>stored db=parts.db ", since=place)
    listed = {v["id"]: v["state"] for v in site.call("list", database="parts.db")["versions"]}
    assert listed.pop(name) == "bad" and set(listed.values()) == {"stored"}
    paths = judge(site.store)["parts.db"]
    assert [len(site.rows(p.relative_to(site.store))) for p in paths] == [3, 4]
    assert name not in {site.tags(p.relative_to(site.store))["id"] for p in paths}
    assert site.status()["queue"]["length"] == 0


def test_p6_nothing_that_others_put_into_the_store_is_ever_touched(settled):
    site = settled
    theirs = {
        "backups/parts.db/20010101_000000_parts.db": b"another machine's",
        "backups/parts.db/20010101_000000_parts.db.metadata.json": b"{}",
        "backups/parts.db/notes.txt": b"a person's",
        "backups/parts.db/.casmand-00000000-0123.tmp": b"being written by another machine",
        "backups/elsewhere.db/20010101_000000_elsewhere.db": b"not watched here",
        "README": b"top",
    }
    for name, contents in theirs.items():
        (site.store / name).parent.mkdir(exist_ok=True)
        (site.store / name).write_bytes(contents)
    mine = {p: hashlib.sha256(p.read_bytes()).digest() for p in site.store.rglob("*") if p.is_file()}
    site.configure(sync="keep_versions = 1\nkeep_daily = 0")
    site.call("reload")
    site.wait_log("^<6>reloaded ")
    for _ in range(2):
        change(site)
        assert site.call("backup")["versions"][0]["state"] == "stored"
        site.restart()
    site.call("status", refresh=True)
    site.call("list")
    for path, was in mine.items():
        assert hashlib.sha256(path.read_bytes()).digest() == was, path
    assert leftovers(site.store) == [site.store / "README", *sorted(
        site.store / name for name in theirs if name.endswith((".tmp", ".txt")))]
