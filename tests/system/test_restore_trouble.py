"""P7, P8, P9: a restore when something is wrong: with the version, the network, the queue, the disks."""
import hashlib
import json
import shutil
import sqlite3

import pytest

import moods
from application import Application
from conftest import Failure
from test_last_byte import PAGE, fill_but
from trouble import drained, give_to_nobody, mount, needs_root, spool  # mount is a fixture


def rows(site, path=None):
    db = sqlite3.connect(path or site.path())
    try:
        return [part for part, in db.execute("SELECT part FROM parts ORDER BY id")]
    finally:
        db.close()


def scan(site, part="new"):
    site.sql("parts.db", f"INSERT INTO parts(part) VALUES('{part}')")


def backup(site, part="new"):
    scan(site, part)
    (version,) = site.call("backup")["versions"]
    return version


def begin(site, **settings):
    """Three parts and the first version; its key."""
    site.database()
    site.make()
    site.configure(**settings)
    site.start()
    (version,) = site.call("backup")["versions"]
    return version["key"]


# --- the version is not what it should be --------------------------------------------------------------


def foreign(site, image, **metadata):
    """A version that casmand did not make; its key."""
    key = "backups/parts.db/20200101_120000_parts.db"
    site.object(key).write_bytes(image)
    members = {"filename": "parts.db", "timestamp": "2020-01-01T12:00:00+00:00",
               "checksum": hashlib.sha256(image).hexdigest(), "size_bytes": len(image), "db_name": "parts.db",
               "record_count": None, "operation": "Manual CLI backup", **metadata}
    (site.store / f"{key}.metadata.json").write_text(json.dumps(members))
    return key


def image_of(site, *statements):
    other = site.folder / "other.db"
    db = sqlite3.connect(other)
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()
    return other.read_bytes()


PARTS = ("CREATE TABLE parts(id INTEGER PRIMARY KEY, part TEXT)", "INSERT INTO parts(part) VALUES(hex(zeroblob(9000)))")


def flipped(image, at=2 * PAGE + 1000):
    return image[:at] + bytes([image[at] ^ 4]) + image[at + 1:]


@pytest.mark.parametrize("make, words", [
    (lambda site: foreign(site, image_of(site, *PARTS), checksum="f" * 64), "metadata says ffffffffffff"),
    (lambda site: foreign(site, image_of(site, "CREATE TABLE mails(n)")), "another application's database"),
    (lambda site: foreign(site, b"", checksum=hashlib.sha256().hexdigest()), "it is empty"),
    (lambda site: foreign(site, image_of(site, *PARTS), size_bytes=1), "another object"),
    (lambda site: foreign(site, flipped(image_of(site, *PARTS)),
                          checksum=hashlib.sha256(image_of(site)).hexdigest()), "SHA-256"),
])
def test_p9_what_is_not_what_its_metadata_says_is_refused_by_name_and_nothing_is_touched(site, make, words):
    begin(site)
    before = site.path().read_bytes()
    key = make(site)
    with pytest.raises(Failure, match=words) as refused:
        site.call("restore", key=key)
    assert key in refused.value.message and "refused" in refused.value.message
    assert site.path().read_bytes() == before and spool(site) == []
    assert len(site.call("list")["versions"]) == 2


# --- the way to the store ------------------------------------------------------------------------------


def test_p9_a_bucket_is_restored_from_and_what_the_network_does_to_it_is_refused(cloud, unruly, radosgw):
    site, proxy = cloud(radosgw), unruly(radosgw)
    first = begin(site, endpoint=proxy.endpoint)
    backup(site)
    before = site.path().read_bytes()
    for mood, words in ((moods.portal(), "a web page answered"), (moods.cut_answer(5000), "the connection was cut")):
        proxy.mood = mood
        done = site.ctl("restore", first, "--yes", check=False)
        assert done.returncode == 4 and words in done.stderr, done
        assert f"{first} cannot be downloaded, and nothing was changed" in done.stderr
        assert site.path().read_bytes() == before and spool(site) == []
    proxy.mood = moods.passing
    since = len(proxy.requests)
    site.ctl("restore", first, "--yes")
    assert rows(site) == ["part 0", "part 1", "part 2"]
    drained(site)
    assert proxy.counts(since)["GET"] == 1
    assert site.metadata(site.keys()[-1])["operation"] == f"Restored from {first}"


def test_p4_p8_offline_what_waits_here_is_restored_and_what_does_not_is_told(cloud, unruly, radosgw):
    site, proxy = cloud(radosgw), unruly(radosgw)
    first = begin(site, endpoint=proxy.endpoint)
    proxy.mood = moods.hanging_up
    here = backup(site)["key"]
    scan(site, "unsaved")
    before = site.path().read_bytes()
    lost = site.ctl("restore", first, "--yes", check=False)
    assert lost.returncode == 4 and f"{first} cannot be downloaded, and nothing was changed" in lost.stderr, lost
    assert site.path().read_bytes() == before and len(spool(site)) == 1
    unknown = site.ctl("restore", "backups/parts.db/20200101_120000_parts.db", "--yes", check=False)
    assert unknown.returncode == 4 and "it is not here, and the store was not reached" in unknown.stderr, unknown
    site.ctl("restore", here, "--yes")
    assert rows(site) == ["part 0", "part 1", "part 2", "new"]
    operations = [v["operation"] for v in site.call("list")["versions"]]
    assert operations[:2] == [f"Restored from {here}", "pre-restore"]
    proxy.mood = moods.passing
    site.call("backup")
    drained(site)
    assert len(site.keys()) == 4


# --- what is kept, and what waits ----------------------------------------------------------------------


def test_p6_the_oldest_version_is_restored_where_as_many_are_kept_as_may_be(site):
    first = begin(site, sync="keep_versions = 2\nkeep_daily = 0")
    backup(site)
    scan(site, "unsaved")
    result = site.call("restore", key=first)
    drained(site)
    assert rows(site) == ["part 0", "part 1", "part 2"]
    for key, count in ((result["safety"]["key"], 5), (result["published"]["key"], 3)):
        assert len(site.rows(key)) == count


def test_p4_p8_the_oldest_that_waits_is_restored_where_the_queue_keeps_no_more(site):
    begin(site, sync="keep_versions = 2\nkeep_daily = 0")
    away = site.store.rename(site.folder / "away")
    oldest = backup(site, "second")["id"]
    backup(site, "third")
    scan(site, "unsaved")
    result = site.call("restore", key=oldest)
    assert rows(site) == ["part 0", "part 1", "part 2", "second"]
    assert {result["safety"]["id"], result["published"]["id"]} < set(spool(site))
    away.rename(site.store)
    site.call("backup")
    drained(site)
    assert len(site.rows(result["safety"]["key"])) == 6 and len(site.rows(result["published"]["key"])) == 4


def test_p4_p8_a_full_queue_stops_no_restore_and_its_version_follows_when_there_is_room(site):
    site.database()
    site.make()
    scan(site, "x" * 60000)
    site.configure(sync="enabled = false\n[queue]\nmax_bytes = 100k")
    site.start()
    (version,) = site.call("backup")["versions"]
    scan(site, "unsaved")
    assert "the queue is full" in site.call("backup")["failed"][0]["error"]
    result = site.call("restore", key=version["id"])
    assert result["safety"]["record_count"] == 5 and len(rows(site)) == 4
    assert result["published"] is None and "the queue is full" in result["publish_error"]
    assert sorted(spool(site)) == sorted([version["id"], result["safety"]["id"]])
    site.configure(sync="enabled = true\n[queue]\nmax_bytes = 1M")
    site.call("reload")
    site.wait_log("^<6>stored db=parts.db ", count=3)
    assert site.metadata(site.keys()[-1])["operation"] == f"Restored from {version['key']}"


def queued(site):
    return {v["id"] for v in site.call("list")["versions"]}


def test_p8_an_emptied_database_that_is_restored_on_purpose_is_not_suspect(site):
    begin(site)
    site.sql("parts.db", "DELETE FROM parts")
    (emptied,) = site.call("backup")["versions"]
    assert emptied["suspect"]
    scan(site)
    site.call("backup")
    result = site.call("restore", key=emptied["key"])
    assert rows(site) == [] and not result["published"]["suspect"]


# --- disks and permissions -----------------------------------------------------------------------------


@needs_root
def test_p7_p8_a_state_disk_that_is_full_at_any_step_leaves_all_as_it_was_or_all_restored(site, mount):  # noqa: F811
    mount(site.folder / "state", "size=12m")
    first = begin(site)
    step = refused = 0
    while True:
        scan(site, f"unsaved {step}")
        before = rows(site)
        filler = fill_but(site.folder / "state", step * PAGE)
        try:
            result = site.call("restore", key=first)
        except Failure as failure:
            assert failure.data["name"] == "disk_full", failure
            assert rows(site) == before and not set(spool(site)) - queued(site)
            refused += 1
        else:
            assert rows(site) == ["part 0", "part 1", "part 2"]
            assert result["safety"]["record_count"] == len(before)
            break
        finally:
            filler.unlink()
        step += 1
    assert refused > 3
    site.call("backup")
    drained(site)
    assert result["safety"]["id"] in site.tags(site.keys()[-1])["base"].split(",")
    assert spool(site) == [] and len(site.rows(result["safety"]["key"])) == len(before)


@needs_root
def test_p7_who_may_not_write_the_database_is_told_so_and_it_is_untouched(site):
    site.database()
    site.make()
    site.configure()
    given = give_to_nobody(site)
    site.start(**given)
    (first,) = site.call("backup")["versions"]
    scan(site)
    site.path().chmod(0o644)
    site.databases.chmod(0o555)
    for owner in ("root", "nobody"):
        shutil.chown(site.path(), owner)
        before = site.path().read_bytes()
        with pytest.raises(Failure) as denied:
            site.call("restore", key=first["key"])
        assert denied.value.data["name"] == "not_permitted" and "parts.db" in denied.value.message
        assert site.path().read_bytes() == before


# --- what lies beside it, and how it is made ------------------------------------------------------------


def crash(site):
    """An application is killed in the middle of a transaction that has reached the file."""
    application = Application(str(site.path()))
    application.do("PRAGMA cache_size=2", "BEGIN", "UPDATE parts SET part = hex(zeroblob(9000))",
                   "INSERT INTO parts(part) SELECT part FROM parts")
    application.kill()
    assert site.path().with_name("parts.db-journal").stat().st_size


def test_p7_p8_a_hot_journal_is_rolled_back_into_the_safety_version_and_replayed_into_nothing(site):
    first = begin(site)
    scan(site, "committed")
    crash(site)
    result = site.call("restore", key=first)
    assert rows(site) == ["part 0", "part 1", "part 2"]
    drained(site)
    assert [part for _, part in site.rows(result["safety"]["key"])][-1] == "committed"
    assert not site.path().with_name("parts.db-journal").exists()


@pytest.mark.parametrize("how, mode", [
    ("PRAGMA page_size=1024", "DELETE"), ("PRAGMA page_size=1024", "WAL"), ("PRAGMA auto_vacuum=FULL", "DELETE"),
    ("PRAGMA encoding='UTF-16le'", "WAL"),
])
def test_p7_a_database_that_was_made_otherwise_is_restored_whole_and_in_step(site, how, mode):
    site.database()
    db = sqlite3.connect(site.path())
    db.executescript(f"{how}; CREATE TABLE parts(id INTEGER PRIMARY KEY, part TEXT);"
                     f"INSERT INTO parts(part) VALUES('old'); PRAGMA journal_mode={mode}")
    db.close()
    site.start()
    (first,) = site.call("backup")["versions"]
    site.path().unlink()
    site.make(mode=mode)
    (second,) = site.call("backup")["versions"]
    asked = how.partition("=")[0]
    with sqlite3.connect(site.path()) as db:
        now = db.execute(asked).fetchall()
    db.close()
    site.call("restore", key=first["key"])
    with sqlite3.connect(site.path()) as db:
        assert db.execute(asked).fetchall() != now
        assert db.execute("PRAGMA journal_mode").fetchall() == [(mode.lower(),)]
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    db.close()
    assert rows(site) == ["old"]
    drained(site)
    assert site.call("backup")["unchanged"] == ["parts.db"]
    assert site.wait_status("parts.db", dirty=False)["state"] == "in_step"
    site.call("restore", key=second["key"])
    assert rows(site) == ["part 0", "part 1", "part 2"]
