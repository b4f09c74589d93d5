"""P4, P5, P11: a store that is away, full, forbidden, exchanged or shared costs nothing but time."""
import os
import re
import shutil
import signal
import time

import pytest

from conftest import Failure, Site
from trouble import (  # clock and mount are fixtures
    clock, drained, frozen, give_to_nobody, injected, judge, leftovers, mount, needs_root, needs_strace, run, spool,
    stopped, whole)


@pytest.fixture
def settled(site):
    """One database with one version in the store; it changes only when a test changes it."""
    site.database()
    site.make()
    site.configure(sync="backup_on_scan_count = 3")
    site.start()
    assert site.call("backup")["versions"][0]["state"] == "stored"
    site.restart()  # the next capture need not wait for a second to pass since this one
    assert site.call("status", refresh=True)["store"]["last_ok_at"]
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


def test_p4_p11_a_store_that_is_away_is_said_scans_and_captures_go_on_and_it_is_caught_up_with(settled):
    site, away = settled, settled.folder / "away"
    site.store.rename(away)
    for words in ("is not there (is the disk mounted?)", "has no .casmand-store (is the disk mounted?)"):
        change(site)
        site.call("scan", database="parts.db")
        answer = site.call("backup")
        assert answer["queued"] == ["parts.db"] and words in answer["store_error"]
        site.store.mkdir(exist_ok=True)  # its mount point
    status = site.status()
    assert status["store"]["reachable"] is False and status["store"]["last_ok_at"]
    assert "store not reached" in status["store"]["error"] and words in status["store"]["error"]
    assert status["queue"]["length"] == len(spool(site)) == 2
    assert "store not reached" in status["queue"]["error"]
    assert status["queue"]["next_try_at"] and status["queue"]["oldest_at"]
    assert status["databases"][0]["state"] == "ahead"
    assert status["scans"]["total"] == status["scans"]["unprotected"] == 2
    text = site.ctl("status").stdout
    assert "store not reached" in text and "2 versions" in text
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
    place = site.here()
    mount(site.store, "size=9m")
    stored_by_itself(site, place)
    assert len(whole(site)["parts.db"]) == 2


@needs_root
def test_p4_p11_a_store_mounted_read_only_is_said_with_its_mend_and_tried_again_when_a_person_asks(site, mount):
    mount(site.store, "size=9m")
    site.database()
    site.make()
    site.start()
    assert site.call("backup")["versions"][0]["state"] == "stored"
    for way in ("backup", "reload"):
        mount(site.store, "ro")
        change(site)
        waits(site, site.call("backup"), "is read-only for casmand (mount it for writing")
        mount(site.store, "rw")
        place = site.here()
        site.call(way)
        stored_by_itself(site, place)
    assert len(whole(site)["parts.db"]) == 3


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
    answer = site.call("backup", databases=names[:2])
    assert sorted(answer["queued"]) == names[:2]
    assert "has no right to that in the store" in answer["store_error"] and "chmod" in answer["store_error"]
    (version,) = site.call("backup", databases=["parts.db"])["versions"]
    assert version["state"] == "stored"  # although those two are first in the queue
    assert "has no right" in queue(site)["error"] and queue(site)["length"] == 2
    place = site.here()
    change(site)
    for _ in range(10):
        site.call("scan", database="parts.db")
    site.wait_log("^<6>stored db=parts.db ", since=place)  # nobody asked for this one
    for folder in forbidden:
        folder.chmod(0o750)
    site.call("backup")
    drained(site)
    assert {name: len(paths) for name, paths in whole(site).items()} == {"a.db": 2, "b.db": 2, "parts.db": 3}


# --- shared ---------------------------------------------------------------------------------------


@pytest.fixture
def two(site, clock):
    """Two machines with one store, each with a version of its own parts.db that waits for it, and
    both with the same key: their clocks stand at the same second."""
    other, away = other_machine(site, "other"), site.folder / "away"
    site.database()
    site.make(rows=3)
    other.make(rows=30)
    clock.stop(int(time.time()) + 100)
    for machine in (site, other):
        machine.start(env=clock.env())
        machine.call("status", refresh=True)  # by now it knows the store
    site.store.rename(away)
    waiting = [machine.call("backup")["versions"][0] for machine in (site, other)]
    assert [v["state"] for v in waiting] == ["captured"] * 2 and waiting[0]["key"] == waiting[1]["key"]
    away.rename(site.store)
    yield site, other, waiting[0]["key"]
    if other.daemon.poll() is None:
        assert other.stop() == 0


@needs_strace
@pytest.mark.parametrize("disk", [[], ["linkat:error=EPERM"]], ids=["links", "as FAT"])
def test_p5_two_machines_that_take_the_same_key_at_once_make_two_versions_and_overwrite_nothing(two, disk):
    site, other, key = two
    paths = [site.folder / "state" / "spool" / spool(site)[0], site.store / "backups" / "parts.db"]
    try:
        with injected(site, "read:signal=STOP", *disk, paths=paths):
            site.call("reload")  # sends what waits; as it reads it, it has seen that the key is free
            stopped(site)
            place = other.here()
            other.call("reload")
            other.wait_log(f"^<6>stored .*key={key} ", since=place)
    finally:
        place = site.here()
        os.kill(site.daemon.pid, signal.SIGCONT)
    site.wait_log("^<6>stored ", since=place)
    versions = [p.relative_to(site.store) for p in sorted(judge(site.store)["parts.db"])]
    assert str(versions[0]) == key and [len(site.rows(v)) for v in versions] == [30, 3]
    machines = [machine.call("ping")["machine"] for machine in (other, site)]
    assert [site.tags(v)["machine"] for v in versions] == machines
    change(site)
    assert site.call("backup")["versions"][0]["key"] > str(versions[1])


def test_p5_two_machines_that_send_at_once_make_two_versions(two):
    site, other, key = two
    places = [(machine, machine.here()) for machine in (site, other)]
    lines = [machine.connect() for machine, _ in places]
    with frozen(site), frozen(other):
        for line in lines:
            line.post("reload")
    for machine, place in places:
        machine.wait_log("^<6>stored ", since=place)
    paths = sorted(judge(site.store)["parts.db"])
    assert str(paths[0].relative_to(site.store)) == key
    assert sorted(len(site.rows(p.relative_to(site.store))) for p in paths) == [3, 30]


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
            site, "linkat:delay_enter=1500000", paths=[site.store / "backups" / "parts.db"]):
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
    site.configure(sync="keep_versions = 1\nkeep_daily = 0")
    site.call("reload")
    site.wait_log("^<6>reloaded ")
    for _ in range(2):
        change(site)
        assert site.call("backup")["versions"][0]["state"] == "stored"
        site.restart()
    site.call("status", refresh=True)
    site.call("list")
    site.call("prune")
    site.wait_log("^<6>deleted db=parts.db ", count=2, since=0)
    for name, contents in theirs.items():
        assert (site.store / name).read_bytes() == contents, name
    assert leftovers(site.store) == [site.store / "README", *sorted(
        site.store / name for name in theirs if name.endswith((".tmp", ".txt")))]
