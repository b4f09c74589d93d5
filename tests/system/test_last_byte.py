"""P1, P4, P11: a disk filled to the last byte, in each step of a scan's way into the store.

The disk leaves room for 0, 1, 2, ... pages: so each write on the way is once the one that fails.
`LAST_BYTE_STEPS=200 pytest test_last_byte.py` goes on for longer.
"""
import os
import signal

import pytest

from conftest import Failure
from trouble import drained, injected, mount, needs_root, needs_strace, run, spool, whole  # noqa: F401 (fixture)

STEPS = int(os.environ.get("LAST_BYTE_STEPS", "8"))
PAGE = 4096
KILLED = 3  # every third time casmand is killed while the disk is full


def fill_but(folder, room):
    """Takes all the room on the disk but so many bytes."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, PAGE):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                pass
        file.truncate(max(0, file.tell() - room))
    return filler


def attempt(site, counted, step):
    """A commit, its scan, a backup: what is refused says why, and what is answered holds."""
    site.sql("parts.db", f"INSERT INTO parts(part) VALUES(zeroblob({PAGE * (step % 4)}))")
    try:
        site.call("scan", database="parts.db", uid=f"gun-{step}")
        counted.add(f"gun-{step}")
    except Failure as failure:
        assert failure.data["name"] == "disk_full" and "the scan was not counted" in failure.message
    answer = site.call("backup", databases=["parts.db"])
    for failed in answer["failed"]:
        assert failed["name"] == "disk_full", failed
    assert answer["failed"] or answer["versions"] or answer["unchanged"]
    assert site.call("ping")["pid"] == site.daemon.pid
    assert site.status()["scans"]["total"] == len(counted)


def recover(site):
    """There is room again, and nobody restarts anything."""
    answer = site.call("backup", databases=["parts.db"])
    assert not answer["failed"], answer
    if answer["queued"]:
        drained(site)
    assert spool(site) == [] and site.status("parts.db")["error"] is None


@needs_root
@pytest.mark.parametrize("which", ["state", "store"])
def test_p1_p4_p11_a_disk_filled_to_the_last_byte_in_each_step(site, mount, which):  # noqa: F811
    disk = site.folder / which
    mount(disk, "size=12m")
    site.database()
    site.make()
    site.configure(sync="backup_on_scan_count = 0\nkeep_versions = 1000\n[queue]\nmax_bytes = 1G")
    site.start()
    site.call("backup")
    counted = set()
    for step in range(STEPS):
        filler = fill_but(disk, step * PAGE)
        attempt(site, counted, step)
        if step % KILLED == 2:
            assert site.stop(signal.SIGKILL) == -signal.SIGKILL
            filler.unlink()
            site.start()
        else:
            filler.unlink()
        recover(site)
        assert site.status()["scans"]["total"] == len(counted)
    assert site.stop() == 0
    assert len(whole(site)["parts.db"]) == STEPS + 1


# --- and what else a disk may say ------------------------------------------------------------------


@pytest.fixture
def small(site, mount):  # noqa: F811
    mount(site.folder / "state", "size=12m")
    site.database()
    site.make()
    site.configure(sync="backup_on_scan_count = 0")
    site.start()
    site.call("backup")
    return site


@needs_root
def test_p1_p11_a_state_folder_that_turns_read_only_is_told_and_mended_without_a_restart(small):
    """As ext4 does after an error: what is open for writing fails with EROFS from then on."""
    site, spooled = small, small.folder / "state" / "spool"
    spooled.chmod(0o500)
    run("mount", "--bind", str(spooled), str(spooled))
    run("mount", "-o", "remount,bind,ro", str(spooled))
    try:
        site.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
        (failed,) = site.call("backup")["failed"]
        assert "Read-only file system" in failed["error"] and str(spooled) in failed["error"]
        assert site.call("scan", database="parts.db")["scan"] == 1
        assert "Read-only file system" in site.status("parts.db")["error"]
    finally:
        run("umount", "-l", str(spooled))
        spooled.chmod(0o700)
    recover(site)


@needs_strace
@pytest.mark.parametrize("fault, name, words", [
    ("pwrite64:error=EIO", "file_system", "Input/output error"),
    ("pwrite64:error=EDQUOT", "disk_full", "Disk quota exceeded"),
    ("pwrite64:error=EROFS", "file_system", "Read-only file system"),
    ("fdatasync:error=EIO", "file_system", "Input/output error")])
def test_p1_p11_a_state_db_that_cannot_be_written_refuses_scans_in_clear_words(site, fault, name, words):
    site.database()
    site.make()
    site.configure(sync="backup_on_scan_count = 0")
    site.start()
    site.call("backup")
    site.call("scan", database="parts.db", uid="gun-0")
    with injected(site, fault):
        for _ in range(2):
            with pytest.raises(Failure) as refusal:
                site.call("scan", database="parts.db", uid="gun-1")
            assert "the scan was not counted" in refusal.value.message and words in refusal.value.message
            assert refusal.value.data["name"] == name
    assert site.call("scan", database="parts.db", uid="gun-1")["scan"] == 2
    recover(site)
    assert site.stop(signal.SIGKILL) == -signal.SIGKILL
    site.start()
    assert site.status()["scans"]["total"] == 2
