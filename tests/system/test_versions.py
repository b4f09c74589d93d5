"""From a scan or a commit to a version in the store."""
import datetime
import hashlib
import re


def test_the_first_backup_of_each_database_comes_by_itself(running):
    for name in ("parts.db", "assembled_casm.db"):
        (key,) = running.keys(name)
        assert running.metadata(key)["operation"] == "First backup"


def test_p2_a_quiet_databases_version_is_byte_identical_and_its_metadata_exact(running):
    (key,) = running.keys("parts.db")
    copy, live = running.object(key).read_bytes(), running.path("parts.db").read_bytes()
    assert copy == live
    metadata = running.metadata(key)
    assert list(metadata) == ["filename", "timestamp", "checksum", "size_bytes", "db_name", "record_count",
                              "operation"]
    moment = datetime.datetime.fromisoformat(metadata["timestamp"])
    assert moment.utcoffset() == datetime.timedelta(0)
    assert key == f"backups/parts.db/{moment:%Y%m%d_%H%M%S}_parts.db"
    assert metadata == {"filename": "parts.db", "timestamp": moment.isoformat(),
                        "checksum": hashlib.sha256(live).hexdigest(), "size_bytes": len(live),
                        "db_name": "parts.db", "record_count": 3, "operation": "First backup"}


def test_ten_scans_make_versions_of_both_and_ten_more_without_a_change_make_none(running):
    running.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
    running.sql("assembled_casm.db", "INSERT INTO assembly(part) VALUES('new')")
    place = running.here()
    for i in range(10):
        receipt = running.call("scan", database="assembled_casm.db")
        assert receipt["scan"] == i + 1 and receipt["state"] == "counted"
    for name, table in (("parts.db", "parts"), ("assembled_casm.db", "assembly")):
        running.wait_log(rf"^<6>stored db={re.escape(name)} ", since=place)
        first, second = running.keys(name)
        assert running.metadata(second)["operation"] == "Scan-triggered backup (10 scans)"
        assert [row[1] for row in running.rows(second, table)] == ["part 0", "part 1", "part 2", "new"]
        assert running.tags(second)["base"] == running.tags(first)["id"]
        assert running.tags(second)["ancestors"] == running.tags(first)["id"]
    place = running.here()
    for _ in range(10):
        running.call("scan", database="assembled_casm.db")
    running.wait_log(r"^<7>unchanged db=", count=2, since=place)
    assert len(running.keys("parts.db")) == len(running.keys("assembled_casm.db")) == 2
    scans = running.status()["scans"]
    assert scans["total"] == 20 and scans["since_backup"] == scans["unprotected"] == 0
    assert scans["until_backup"] == 10


def test_a_commit_makes_a_version_where_on_change_is_backup(site):
    site.database(on_change="backup")
    site.make()
    site.start()
    site.wait_log("^<6>stored db=parts.db ")
    place = site.here()
    site.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
    site.wait_log("^<6>stored db=parts.db ", since=place)
    assert site.metadata(site.keys()[-1])["operation"] == "Database changed (3 -> 4 records)"


def test_a_backup_by_hand_waits_until_it_is_stored(running):
    running.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
    result = running.call("backup", operation="Generated 10 ANTENNA P1 parts")
    (version,) = result["versions"]
    assert version["state"] == "stored" and version["db_name"] == "parts.db"
    assert result["unchanged"] == ["assembled_casm.db"] and result["failed"] == []
    assert running.metadata(version["key"])["operation"] == "Generated 10 ANTENNA P1 parts"


def test_list_shows_what_is_in_the_store_newest_first(running):
    running.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
    running.call("backup")
    listed = running.call("list", database="parts.db")
    assert [v["key"] for v in listed["versions"]] == running.keys("parts.db")[::-1]
    assert [v["record_count"] for v in listed["versions"]] == [4, 3]
    assert {v["state"] for v in listed["versions"]} == {"stored"}


def test_everything_survives_a_restart(running):
    running.call("scan", database="parts.db", count=3)
    running.restart()
    assert running.status()["scans"]["since_backup"] == 3
    assert running.status()["scans"]["until_backup"] == 7
    assert len(running.keys("parts.db")) == 1  # nothing changed: no version was made by the restart


def test_a_database_that_is_not_there_yet_is_no_failure_unless_it_is_asked_for(site):
    site.database("parts.db", "parts")
    site.database("assembled_casm.db", "assembly")
    site.make("parts.db")
    site.start()
    site.wait_log("^<6>stored db=parts.db ")
    result = site.call("backup")
    assert result["absent"] == ["assembled_casm.db"] and result["failed"] == []
    result = site.call("backup", databases=["assembled_casm.db"])
    assert [f["name"] for f in result["failed"]] == ["not_found"]
