"""Machines with casmand and machines with the Python client that share one bucket."""
import hashlib
import sqlite3

import pytest

from conftest import Failure
from python_client import PythonClient
from trouble import MEMBERS, drained


@pytest.fixture
def both(cloud, radosgw):
    """A machine with casmand, which has made a version of three parts, and one with the Python client."""
    site = cloud(radosgw)
    site.database()
    site.make()
    site.start()
    site.call("backup")
    return site, PythonClient(site.bucket, site.folder / "python.db")


def rows(site):
    db = sqlite3.connect(site.path())
    try:
        return [part for part, in db.execute("SELECT part FROM parts ORDER BY 1")]
    finally:
        db.close()


def scan(site, part):
    site.sql("parts.db", f"INSERT INTO parts(part) VALUES('{part}')")


def noticed(site, part):
    """A scan that casmand has seen."""
    scan(site, part)
    site.wait_status("parts.db", dirty=True)


def backup(site, part):
    scan(site, part)
    (version,) = site.call("backup")["versions"]
    assert version["state"] == "stored"
    return version["key"]


def state(site):
    site.call("status", refresh=True)
    return site.status("parts.db")["state"]


def versions(site):
    site.call("status", refresh=True)
    return site.call("list", database="parts.db")["versions"]


# --- casmand's versions, as the Python client meets them ---------------------------------------------


def test_the_python_client_lists_and_restores_casmands_versions(both):
    site, python = both
    first, second = site.keys()[0], backup(site, "new")
    listed = python.list()
    assert [key for key, _ in listed] == [second, first]
    for key, metadata in listed:
        assert metadata, f"{key} has another member than {MEMBERS}"
        image = site.object(key).read_bytes()
        assert (metadata.checksum, metadata.size_bytes) == (hashlib.sha256(image).hexdigest(), len(image))
        assert metadata.filename == metadata.db_name == "parts.db"
    assert [metadata.record_count for _, metadata in listed] == [4, 3]
    python.restore(first)
    assert python.parts() == ["part 0", "part 1", "part 2"]
    assert python.sync() and python.parts() == rows(site)


def test_a_quiet_database_has_one_checksum_everywhere_and_nobody_downloads(both):
    site, python = both
    assert python.sync()
    assert python.checksum() == site.metadata(site.keys()[0])["checksum"]
    assert python.checksum() == hashlib.sha256(site.path().read_bytes()).hexdigest()
    assert not python.sync()
    python.backup()  # as it does at each trigger, changed or not
    assert state(site) == "in_step" and not python.sync()
    assert site.call("backup")["unchanged"] == ["parts.db"]
    assert len(site.keys()) == 2 and python.downloads == 1


def test_the_python_client_follows_a_restore(both):
    site, python = both
    first = site.keys()[0]
    backup(site, "wrong")
    python.sync()
    site.call("restore", key=first)
    drained(site)
    assert python.sync() and python.parts() == rows(site) == ["part 0", "part 1", "part 2"]
    assert not python.sync()


# --- sync, on both sides --------------------------------------------------------------------------------


def sync(site, **params):
    """What was done about the one database, and from which state."""
    (done,) = site.call("sync", databases=["parts.db"], **params)["databases"]
    return done["state"], done["did"]


def test_either_syncs_what_the_other_made_and_when_all_is_quiet_nobody_downloads(both):
    site, python = both
    python.sync()
    python.scan("by python")
    python.backup()
    assert sync(site) == ("behind", "downloaded") and rows(site) == python.parts()
    for _ in range(2):
        assert sync(site) == ("in_step", "nothing") and not python.sync()
    noticed(site, "by casmand")
    assert sync(site) == ("ahead", "queued")
    assert python.sync() and python.parts() == rows(site)
    python.backup()  # of the same bytes
    for _ in range(2):
        assert sync(site) == ("in_step", "nothing") and not python.sync()
    assert python.downloads == 2


def test_p8_sync_takes_no_object_without_metadata_and_overwrites_no_rows_of_either(both):
    site, python = both
    python.sync()
    python.scan("half a version")
    python.upload()
    assert sync(site) == ("in_step", "nothing")
    theirs = python.backup()
    noticed(site, "by casmand")
    assert sync(site) == ("diverged", "stopped")
    assert "by casmand" in rows(site) and site.ctl("sync", check=False).returncode == 6
    assert {v["key"] for v in versions(site)} >= {theirs}
    assert sync(site, force=True) == ("diverged", "downloaded")
    assert rows(site) == python.parts() and sync(site) == ("in_step", "nothing")


def test_p8_bytes_that_the_python_client_uploads_again_undo_nothing(both):
    site, python = both
    python.sync()
    python.scan("by python")
    python.backup()
    sync(site)
    backup(site, "by casmand")
    python.backup()  # it has not synced, and nothing changed there
    assert sync(site) == ("in_step", "nothing") and "by casmand" in rows(site)


# --- the Python client's versions, as casmand meets them ---------------------------------------------


def test_casmand_lists_and_restores_the_python_clients_versions(both):
    site, python = both
    python.sync()
    python.scan("by python")
    key = python.backup("Scan-triggered backup (10 scans)")
    assert state(site) == "behind"
    newest = versions(site)[0]
    assert (newest["key"], newest["operation"], newest["record_count"], newest["checksum"], newest["machine"]) == (
        key, "Scan-triggered backup (10 scans)", 4, python.checksum(), None)
    result = site.call("restore", database="parts.db")
    assert result["version"]["key"] == key and result["safety"] is result["published"] is None
    assert rows(site) == python.parts() and state(site) == "in_step"
    assert not python.sync(), "what casmand took over is still the Python client's newest"
    mine = backup(site, "by casmand")
    assert site.tags(mine)["base"] == python.checksum()[:32]
    assert state(site) == "in_step" and python.sync() and python.parts() == rows(site)


def test_p8_rows_of_both_that_nobody_joined_are_told_and_kept(both):
    site, python = both
    python.sync()
    python.scan("by python")
    theirs = python.backup()
    mine = backup(site, "by casmand")
    assert state(site) == "diverged"
    assert {v["key"] for v in versions(site)} >= {theirs, mine}


def test_p9_an_object_without_metadata_is_listed_and_restorable_and_never_the_newest(both):
    site, python = both
    python.sync()
    python.scan("half a version")
    _, key = python.upload()
    assert state(site) == "in_step"
    assert key in [v["key"] for v in versions(site)]
    assert site.call("restore", database="parts.db", dry_run=True)["version"]["key"] != key
    result = site.call("restore", key=key)
    assert result["version"]["key"] == key and rows(site) == python.parts()
    assert result["published"], "else other machines, which cannot take it, would not follow"


def test_p9_metadata_that_cannot_be_read_makes_the_version_refused(both):
    site, python = both
    before = site.path().read_bytes()
    python.sync()
    for metadata in (b"", b'{"filename": "parts.db", "more": 1}'):
        python.scan("by python")
        _, key = python.upload()
        site.bucket.put(f"{key}.metadata.json", metadata)
        assert state(site) == "in_step"
        (listed,) = [v for v in versions(site) if v["key"] == key]
        assert listed["refused"]
        with pytest.raises(Failure, match="the version is refused"):
            site.call("restore", key=key)
        assert site.path().read_bytes() == before


def test_p9_a_checksum_that_the_object_has_not_makes_the_restore_refused(both):
    site, python = both
    before = site.path().read_bytes()
    python.sync()
    python.scan("by python")
    key = python.backup()
    site.bucket.put(key, b"\0" * python.path.stat().st_size)  # it was overwritten after that
    with pytest.raises(Failure, match="SHA-256"):
        site.call("restore", key=key)
    assert site.path().read_bytes() == before


# --- its clean-up ------------------------------------------------------------------------------------


def test_p6_p8_the_python_clients_clean_up_by_age_confuses_nobody(both):
    site, python = both
    backup(site, "second")
    newest = backup(site, "third")
    python.keep = 1
    python.sync()
    python.scan("by python")
    key = python.backup()
    assert site.keys() == [key], "it has deleted all of casmand's"
    assert state(site) == "behind" and newest not in [v["key"] for v in versions(site)]
    assert site.call("backup")["unchanged"] == ["parts.db"] and site.keys() == [key]
    result = site.call("restore", database="parts.db")
    assert result["safety"]["record_count"] == 5, "no version holds what was here any more"
    drained(site)
    (kept,) = [v["key"] for v in versions(site) if v["id"] == result["safety"]["id"]]
    assert len(site.rows(kept)) == 5
    assert rows(site) == python.parts() and state(site) == "in_step"
    assert backup(site, "after") in site.keys() and state(site) == "in_step"
