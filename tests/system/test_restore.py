"""Restore: a version back into the live database, under applications that go on."""
import os
import pty
import signal
import sqlite3

import pytest
from application import Application
from conftest import CASMANCTL, Failure
from people import Person, let_in, need_root
from s3 import wait_until
from trouble import spool


def rows(site):
    """As an application would see them."""
    db = sqlite3.connect(site.path())
    try:
        return [part for part, in db.execute("SELECT part FROM parts ORDER BY 1")]
    finally:
        db.close()


def two_versions(site, mode="DELETE", rest=""):
    """The first version has three parts, the second and the file four."""
    site.database()
    site.make(mode=mode)
    site.start()
    site.call("backup")
    site.sql("parts.db", "INSERT INTO parts(part) VALUES('new')" + rest)
    site.call("backup")
    return site.keys()


@pytest.mark.parametrize("mode", ["DELETE", "TRUNCATE", "PERSIST", "WAL"])
def test_p7_an_application_goes_on_with_the_restored_rows(site, mode):
    first, second = two_versions(site, mode)
    before = site.path().stat()
    with Application(str(site.path())) as application:
        assert application.do("SELECT count(*) FROM parts") == [[4]]
        place = site.here()
        result = site.call("restore", key=first)
        assert application.do("SELECT count(*) FROM parts") == [[3]]
        application.do("INSERT INTO parts(part) VALUES('after')")
        assert application.do("PRAGMA integrity_check") == [["ok"]]
    after = site.path().stat()
    assert (before.st_ino, before.st_mode, before.st_uid) == (after.st_ino, after.st_mode, after.st_uid)
    assert result["version"]["key"] == first and result["safety"] is None
    assert result["published"]["operation"] == f"Restored from {first}"
    assert result["published"]["record_count"] == 3
    site.wait_log("^<6>stored db=parts.db ", since=place)
    tags = site.tags(result["published"]["key"])
    assert site.tags(second)["id"] in tags["base"].split(",")


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_p8_rows_that_no_version_holds_are_in_the_safety_version(site, mode):
    first, _ = two_versions(site, mode)
    site.sql("parts.db", "INSERT INTO parts(part) VALUES('unsaved')")
    place = site.here()
    result = site.call("restore", key=first)
    safety = result["safety"]
    assert safety["operation"] == "pre-restore" and safety["record_count"] == 5
    site.wait_log("^<6>stored db=parts.db ", count=2, since=place)
    assert "unsaved" in [part for _, part in site.rows(safety["key"])]
    assert safety["id"] in site.tags(result["published"]["key"])["base"].split(",")
    assert rows(site) == ["part 0", "part 1", "part 2"]


def test_the_events_of_a_restore_make_no_further_version(site):
    site.database("other.db")
    site.make("other.db")
    first, _ = two_versions(site)
    place = site.here()
    site.call("restore", key=first)
    site.wait_log("^<6>stored db=parts.db ", since=place)
    site.call("backup")
    assert len(site.keys()) == 3
    assert site.wait_status("parts.db", dirty=False)["state"] == "in_step"


def test_a_restore_of_the_newest_that_changes_nothing_makes_no_version(site):
    _, second = two_versions(site)
    result = site.call("restore", key=second)
    assert result["safety"] is None and result["published"] is None
    assert len(site.call("list")["versions"]) == 2


def test_a_restore_that_is_not_published_stays_here(site):
    first, second = two_versions(site)
    result = site.call("restore", key=first, publish=False)
    assert result["published"] is None and rows(site) == ["part 0", "part 1", "part 2"]
    place = site.here()
    assert site.call("backup")["unchanged"] == ["parts.db"]
    assert site.keys() == [first, second]
    site.sql("parts.db", "INSERT INTO parts(part) VALUES('later')")
    site.call("backup")
    site.wait_log("^<6>stored db=parts.db ", since=place)
    assert site.tags(site.keys()[-1])["base"] == site.tags(first)["id"]


def test_a_version_in_the_spool_needs_no_store(site):
    site.database()
    site.make()
    site.start()
    site.wait_log("^<6>stored db=parts.db ")
    hidden = site.store.rename(site.folder / "gone")
    site.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
    here = site.call("backup")["versions"][0]
    site.sql("parts.db", "DELETE FROM parts")
    assert site.call("restore", key=here["id"])["safety"]["record_count"] == 0
    assert rows(site) == ["new", "part 0", "part 1", "part 2"]
    with pytest.raises(Failure) as lost:
        site.call("restore", key=site_key(hidden))
    assert lost.value.data["name"] == "store_not_reached"
    assert rows(site) == ["new", "part 0", "part 1", "part 2"]


def site_key(store):
    return next(f"backups/parts.db/{f.name}" for f in (store / "backups/parts.db").iterdir() if f.suffix == ".db")


def test_the_newest_at_a_moment_is_chosen(site):
    first, second = two_versions(site)
    moments = [v["timestamp"] for v in site.call("list")["versions"]]
    chosen = site.call("restore", database="parts.db", at=moments[1], dry_run=True)
    assert chosen["version"]["key"] == first and chosen["dry_run"]
    assert site.call("restore", database="parts.db", dry_run=True)["version"]["key"] == second
    assert len(rows(site)) == 4
    with pytest.raises(Failure, match="no version of .* or before"):
        site.call("restore", database="parts.db", at="2001-01-01T00:00:00Z")


def test_a_missing_file_is_made_and_one_that_is_no_database_is_kept(site):
    first, second = two_versions(site)
    site.path().unlink()
    result = site.call("restore", key=first)
    assert result["safety"] is None and len(rows(site)) == 3
    damaged = site.folder / "state/damaged"
    for beside, kept in (False, 0), (True, 2):
        site.path().write_text("<html>")
        if beside:
            (site.databases / "parts.db-wal").write_text("stale")
        result = site.call("restore", key=second)
        assert result["safety"]["suspect"] and result["safety"]["size_bytes"] == 6
        assert len(rows(site)) == 4
        assert len(list(damaged.iterdir())) == kept
    assert (damaged / f"{result['safety']['id']}-wal").read_text() == "stale"


@pytest.mark.parametrize("damage, words", [
    (lambda f: f.write_text("<html>"), "HTML"),
    (lambda f: f.write_bytes(f.read_bytes()[:-4096]), "truncated"),
    (lambda f: f.write_bytes(f.read_bytes()[:5000] + b"!" + f.read_bytes()[5001:]), "SHA-256"),
    (lambda f: f.write_bytes(b""), "empty"),
])
def test_p9_what_is_damaged_in_the_store_is_refused_and_nothing_is_touched(site, damage, words):
    first, _ = two_versions(site)
    before = site.path().read_bytes()
    damage(site.object(first))
    with pytest.raises(Failure, match=words):
        site.call("restore", key=first)
    assert site.path().read_bytes() == before
    assert len(site.call("list")["versions"]) == 2


@pytest.mark.parametrize("key", ["../../etc/passwd", "backups/parts.db/../../../etc/passwd", "backups/x", "",
                                 "backups/parts.db/20261231_000000_parts.db"])
def test_p9_what_is_no_key_of_a_version_is_refused(site, key):
    two_versions(site)
    with pytest.raises(Failure, match="neither a key|no version"):
        site.call("restore", key=key)


def test_a_database_that_is_locked_is_waited_for_and_its_holder_named(site):
    first, _ = two_versions(site)
    site.sql("parts.db", "INSERT INTO parts(part) VALUES('unsaved')")
    with Application(str(site.path())) as application:
        application.do("BEGIN IMMEDIATE")
        with pytest.raises(Failure) as busy:
            site.call("restore", key=first, lock_timeout=100)
        assert busy.value.data["name"] == "busy" and f"(pid {application.process.pid})" in busy.value.message
        assert spool(site) == []  # of the copies that it took, no version was made
        application.do("COMMIT")
        site.call("restore", key=first)
        assert application.do("SELECT count(*) FROM parts") == [[3]]


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_p7_killed_in_the_writing_it_is_all_or_nothing_and_the_next_start_says_which(site, mode):
    first, second = two_versions(site, mode, rest=",(hex(randomblob(300000)))")
    with site.connect() as line:
        line.post("restore", key=first)
        while line.receive()["params"]["state"] != "writing":
            pass
        site.stop(signal.SIGKILL)
    site.start()
    site.wait_log("^<6>restored db=parts.db|^<4>restore db=parts.db .*(cut short|those of before)")
    assert len(rows(site)) in (3, 5)
    if len(rows(site)) == 3:
        site.wait_log("^<6>stored db=parts.db ")
        assert site.metadata(site.keys()[-1])["operation"] == f"Restored from {first}"
    assert not (site.folder / "state/restoring.json").exists()


def test_a_person_restores_in_two_commands(site):
    first, second = two_versions(site)
    shown = site.ctl("restore", first, "--dry-run").stdout
    assert "4 records" in shown and "3 records" in shown and first in shown
    refused = site.ctl("restore", first, check=False)
    assert refused.returncode == 1 and "--yes" in refused.stderr and len(rows(site)) == 4
    done = site.ctl("restore", first, "--yes").stdout
    assert f"from {first}" in done and "other machines will follow to" in done
    assert len(rows(site)) == 3
    site.ctl("restore", "parts.db", "--at", "2001-01-01 UTC", "--yes", check=False)
    assert site.ctl("restore", "parts.db", "--before", "0s", "--yes", "--no-publish")
    assert site.ctl("restore", second, "--yes", "--lock-timeout", "5s") and len(rows(site)) == 4


def test_a_terminal_is_asked_and_no_means_no(site):
    first, _ = two_versions(site)
    for answer, count in (("n", 4), ("", 4), ("y", 3)):
        said = on_a_terminal(site, answer, "restore", first)
        assert "Restore it? [y/N]" in said
        assert len(rows(site)) == count


def on_a_terminal(site, answer, *args):
    """casmanctl as a person sees it who types this answer; what the screen shows."""
    child, screen = pty.fork()
    if child == 0:
        os.execve(CASMANCTL, ["casmanctl", "--socket", str(site.socket), *args], {"LC_ALL": "C.UTF-8"})
    said = b""
    while b"[y/N]" not in said:
        said += os.read(screen, 4096)
    os.write(screen, answer.encode() + b"\n")
    try:
        while more := os.read(screen, 4096):
            said += more
    except OSError:  # the terminal's other end is closed
        pass
    os.waitpid(child, 0)
    os.close(screen)
    return said.decode()


def test_a_version_is_handed_over_into_a_file_of_whoever_asks(site):
    first, _ = two_versions(site)
    copy, before = site.folder / "old.db", site.path().read_bytes()
    done = site.ctl("restore", first, "--dest", str(copy), umask=0o027).stdout
    assert f"{copy} written" in done
    assert copy.read_bytes() == site.object(first).read_bytes()
    assert copy.stat().st_mode & 0o777 == 0o640
    assert site.path().read_bytes() == before and len(site.call("list")["versions"]) == 2
    again = site.ctl("restore", first, "--dest", str(copy), check=False)
    assert again.returncode == 1 and "File exists" in again.stderr
    site.object(first).write_text("<html>")
    other = site.folder / "other.db"
    assert "HTML" in site.ctl("restore", first, "--dest", str(other), check=False).stderr
    assert not other.exists()
    assert not list((site.folder / "state/spool").iterdir())


def test_one_restore_at_a_time_and_one_that_is_cut_short_by_the_end_changes_nothing(site):
    first, _ = two_versions(site)
    with Application(str(site.path())) as application, site.connect() as line:
        application.do("BEGIN IMMEDIATE")
        waits = line.post("restore", key=first)
        while line.receive()["params"]["state"] != "locking":
            pass
        with pytest.raises(Failure, match="a restore of parts.db is under way: try again when it is done") as busy:
            site.call("restore", key=first)
        assert busy.value.data["name"] == "busy"
        assert site.stop() == 0
        with pytest.raises(Failure, match="nothing was changed|casmand ends"):
            line.answer(waits)
        application.do("COMMIT")
    assert len(rows(site)) == 4
    site.start()
    site.call("restore", key=first)
    assert len(rows(site)) == 3


def test_a_reload_waits_for_a_restore_that_writes(site):
    first, _ = two_versions(site)
    with site.connect() as line:
        posted = line.post("restore", key=first)
        while line.receive()["params"]["state"] != "writing":
            pass
        place = site.here()
        site.call("reload")
        result = line.answer(posted)
    site.wait_log("^<6>reloaded ", since=place)
    assert result["version"]["key"] == first and len(rows(site)) == 3
    site.wait_status("parts.db", state="in_step")
    assert site.metadata(site.keys()[-1])["operation"] == f"Restored from {first}"


@need_root
def test_who_may_not_change_data_may_not_restore(site):
    first, _ = two_versions(site)
    let_in(site)
    site.socket.chmod(0o666)
    for params in ({}, {"dry_run": True}, {"hand_over": True}):
        with pytest.raises(Failure) as denied:
            Person(12345, 12345).call(site, "restore", key=first, **params)
        assert denied.value.data["name"] == "not_permitted"
    assert len(rows(site)) == 4


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_p8_a_commit_while_the_restore_waits_is_in_the_safety_version(site, mode):
    first, _ = two_versions(site, mode)
    spool = site.folder / "state/spool"
    site.sql("parts.db", "INSERT INTO parts(part) VALUES('before')")
    with Application(str(site.path())) as application, site.connect() as line:
        application.do("BEGIN IMMEDIATE")
        waits = line.post("restore", key=first)
        wait_until(lambda: [f for f in spool.iterdir() if f.suffix != ".tmp"])  # the copy that nobody waited for
        application.do("INSERT INTO parts(part) VALUES('late')", "COMMIT")
        result = line.answer(waits)
    place = result["safety"]["key"]
    wait_until(lambda: site.object(place).exists())
    assert [part for _, part in site.rows(place)][-2:] == ["before", "late"]
    assert len(rows(site)) == 3
