"""P1, P4, P11: casmand's own folder is full, forbidden, damaged, or of another casmand."""
import os
import sqlite3

import pytest

from conftest import Failure
from trouble import (  # mount is a fixture
    give_to_nobody, injected, mount, needs_root, needs_strace, spool, whole)


def change(site, value="'new'"):
    """A commit, and casmand knows of it."""
    site.sql("parts.db", f"INSERT INTO parts(part) VALUES({value})")
    while not site.status("parts.db")["dirty"]:
        pass


def fill(folder):
    """Takes all the room there is on the disk; the file that does."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65536, 4096, 512):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                pass
    return filler


@pytest.fixture
def cramped(site, mount):
    """A site whose state folder is a disk of 3 MB; one version is stored, one scan counted."""
    mount(site.folder / "state", "size=3m")
    site.database()
    site.make()
    site.configure(sync="backup_on_scan_count = 0")
    site.start()
    site.call("backup")
    site.call("scan", database="parts.db", uid="gun-0")
    site.restart()  # the next capture need not wait for a second to pass since this one
    return site


def post_until_refused(site):
    """Uids that were counted, and the one that was not."""
    counted = []
    with site.connect() as line:
        for i in range(10000):
            try:
                line.call("scan", database="parts.db", uid=f"gun-{i}", note="x" * 200)
            except Failure as failure:
                assert failure.data["name"] == "disk_full" and "the scan was not counted" in failure.message
                return counted, f"gun-{i}"
            counted.append(f"gun-{i}")
    raise AssertionError("the disk never is full")


@needs_root
def test_p1_p11_on_a_full_disk_scans_are_refused_and_counted_again_when_there_is_room(cramped):
    site = cramped
    filler = fill(site.folder / "state")
    counted, refused = post_until_refused(site)
    with site.connect() as line:
        for _ in range(3):  # not one of them is a lie, and none stops casmand
            with pytest.raises(Failure, match="the scan was not counted"):
                line.call("scan", database="parts.db", uid=refused)
    assert site.status()["scans"]["total"] == len(counted)
    assert len([entry for entry in site.log if "the scan was not counted" in entry]) == 1
    filler.unlink()
    assert site.call("scan", database="parts.db", uid=refused)["scan"] == len(counted) + 1
    site.wait_log("counted again")
    site.restart()
    with site.connect() as line:
        for uid in [*counted[-3:], refused]:
            assert line.call("scan", database="parts.db", uid=uid)["again"]
    assert site.status()["scans"]["total"] == len(counted) + 1


@needs_root
def test_p4_p11_on_a_full_disk_a_capture_says_so_leaves_no_piece_and_goes_well_when_there_is_room(cramped):
    site = cramped
    change(site, "randomblob(500000)")
    filler = fill(site.folder / "state")
    (failure,) = site.call("backup")["failed"]
    assert failure["name"] == "disk_full" and "No space left on device" in failure["error"]
    database = site.status("parts.db")
    assert "No space left" in database["error"] and "make room on the disk" in database["mend"]
    assert database["state"] == "ahead"
    done = site.ctl("backup", check=False)
    assert done.returncode == 1 and "No space left" in done.stdout
    assert spool(site) == []
    filler.unlink()
    (version,) = site.call("backup")["versions"]
    assert version["state"] == "stored" and version["record_count"] == 4
    assert site.status("parts.db")["error"] is None
    assert site.stop() == 0
    assert len(whole(site)["parts.db"]) == 2


@needs_root
def test_p4_a_capture_that_a_full_disk_refused_is_still_wanted_after_a_restart(cramped):
    site = cramped
    change(site, "randomblob(500000)")
    filler = fill(site.folder / "state")
    site.call("backup")
    assert site.stop() == 0
    filler.unlink()
    site.configure(sync="backup_on_hours = 0.0001")
    site.start()
    site.wait_log("^<6>stored db=parts.db ")
    assert site.stop() == 0
    assert len(whole(site)["parts.db"]) == 2


@needs_root
def test_p11_a_reload_on_a_full_disk_leaves_casmand_running(cramped):
    site = cramped
    filler = fill(site.folder / "state")
    post_until_refused(site)
    try:
        site.call("reload")
    except Failure:
        pass
    assert site.call("ping")["pid"] == site.daemon.pid
    filler.unlink()
    assert site.call("backup")["failed"] == []


@needs_strace
def test_p4_an_upload_whose_key_cannot_be_written_down_is_tried_again(site):
    site.database()
    site.make()
    site.start()
    site.call("backup")
    change(site)
    place = site.here()
    with injected(site, "fdatasync:error=EIO:when=2+"):  # the capture is durable, nothing after it
        assert site.call("backup")["queued"] == ["parts.db"]
    site.wait_log("^<6>stored db=parts.db ", since=place)
    assert site.stop() == 0
    assert len(whole(site)["parts.db"]) == 2


def refused_to_start(site, *words):
    site.start(wait=False)
    assert site.daemon.wait(60) == 1
    site.reader.join(60)
    (line,) = [entry for entry in site.log[site.mark:] if entry.startswith("<3>")]
    for word in words:
        assert word in line


def test_p11_a_state_of_a_newer_casmand_is_refused_and_left_alone(site):
    site.database()
    site.make()
    site.start()
    site.call("scan", database="parts.db")
    assert site.stop() == 0
    state = site.folder / "state" / "state.db"
    with sqlite3.connect(state) as db:
        (known,) = db.execute("PRAGMA user_version").fetchone()
        db.execute("PRAGMA user_version=99")
    db.close()
    was = state.read_bytes()
    refused_to_start(site, "state.db is of a newer casmand (schema 99): install that one")
    assert state.read_bytes() == was
    with sqlite3.connect(state) as db:
        db.execute(f"PRAGMA user_version={known}")
    db.close()
    site.start()
    assert site.status()["scans"]["total"] == 1


def test_p11_a_state_that_is_no_database_is_refused_by_name(site):
    site.database()
    site.start()
    assert site.stop() == 0
    (site.folder / "state" / "state.db").write_bytes(b"power cut" * 1000)
    refused_to_start(site, str(site.folder / "state" / "state.db"), "is damaged (move it ", "not a database")


@needs_root
def test_p11_a_state_folder_without_permission_is_refused_by_name(site):
    site.database()
    site.configure()
    (site.folder / "state").mkdir()
    nobody = give_to_nobody(site)
    os.chown(site.folder / "state", 0, 0)
    (site.folder / "state").chmod(0o700)
    site.start(wait=False, **nobody)
    assert site.daemon.wait(60) == 1
    site.reader.join(60)
    (line,) = [entry for entry in site.log if entry.startswith("<3>")]
    assert str(site.folder / "state") in line and "Permission denied" in line


def test_p10_a_state_folder_that_others_may_enter_is_mended_if_it_is_casmands_own(site):
    site.database()
    state = site.folder / "state"
    state.mkdir()
    for _ in range(2):  # an empty one, and one from before
        state.chmod(0o755)
        site.start()
        assert state.stat().st_mode & 0o777 == 0o700
        assert site.stop() == 0


def test_p10_a_state_folder_with_other_things_in_it_is_left_as_it_is_and_refused(site):
    site.database()
    site.configure()
    state = site.folder / "state"
    state.mkdir(mode=0o755)
    (state / "of-somebody-else").touch()
    refused_to_start(site, str(state), "others may enter", f"chmod 700 {state}")
    assert state.stat().st_mode & 0o777 == 0o755 and [f.name for f in state.iterdir()] == ["of-somebody-else"]


def test_p4_files_in_the_spool_that_no_version_needs_are_tidied_away_and_others_stay(site):
    site.database()
    site.make()
    site.configure(sync="enabled = false")
    site.start()
    site.call("backup")
    (needed,) = spool(site)
    assert site.stop() == 0
    folder = site.folder / "state" / "spool"
    for name in ("0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef.tmp", needed + ".tmp"):
        (folder / name).write_bytes(b"left by a crash")
    site.start()
    assert spool(site) == [needed]


@needs_root
def test_p11_on_a_disk_that_is_full_at_the_start_it_says_so_and_starts_when_there_is_room(cramped):
    site = cramped
    assert site.stop() == 0
    filler = fill(site.folder / "state")
    refused_to_start(site, str(site.folder / "state"), "its disk is full (make room: df -h)")
    filler.unlink()
    site.start()
    assert site.call("scan", database="parts.db")["scan"] == 2
