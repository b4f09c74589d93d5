"""P2: a version is one committed state of the database, and is looked at before it is believed."""
import os
import random
import re
import shutil

import pytest
from application import Application, Storm
from conftest import CASMAND
from test_hands_off import fill

MODES = ("DELETE", "TRUNCATE", "PERSIST", "WAL")
CAPTURES = 10  # in each mode; tests/storm/capture_storm makes 200


def one(site, name="parts.db"):
    """Asks for a version of this database: there is one."""
    (version,) = site.call("backup", databases=[name])["versions"]
    return version


# --- one committed state -------------------------------------------------------------------------


def test_p2_under_a_writer_that_never_pauses_each_version_is_whole_and_misses_nothing(site):
    storms = {}
    for mode in MODES:
        site.database(f"{mode}.db", table="a")
        storms[f"{mode}.db"] = Storm(site.path(f"{mode}.db"), mode, site.folder / mode)
    site.start()
    for name, storm in storms.items():
        while storm.committed() < 3:
            assert storm.process.poll() is None
    before = []  # of each round: what was committed when it was asked for
    for _ in range(CAPTURES):
        before.append({name: storm.committed() for name, storm in storms.items()})
        assert len(site.call("backup")["versions"]) == len(MODES)
    for name, storm in storms.items():
        last = storm.stop()
        keys = site.keys(name)
        assert len(keys) == CAPTURES
        for key, committed in zip(keys, before):
            a, b = ([row[0] for row in site.rows(key, table)] for table in "ab")
            assert a == b == list(range(1, len(a) + 1)), f"{key}: half a transaction, or a gap"
            assert committed[name] <= len(a) <= last
            assert site.metadata(key)["record_count"] == len(a)


def test_p2_rows_in_the_wal_are_in_the_version_and_an_open_transaction_is_not(site):
    site.database()
    site.start()
    with Application(site.path()) as app:
        app.do("PRAGMA journal_mode=WAL", "CREATE TABLE parts(id INTEGER PRIMARY KEY, part TEXT)",
               "INSERT INTO parts(part) VALUES('committed')", "PRAGMA cache_size=5", "BEGIN")
        app.do(*["INSERT INTO parts(part) VALUES(printf('%0900d', 7))"] * 100)
        assert site.path("parts.db").stat().st_size == 4096  # nothing is checkpointed
        assert site.path("parts.db-wal").stat().st_size > 50000  # and the transaction has spilled
        version = one(site)
        app.do("ROLLBACK")
        assert site.rows(version["key"]) == [(1, "committed")]
        app.close()


@pytest.mark.parametrize("mode", MODES)
def test_p2_the_version_of_a_quiet_database_is_byte_identical(site, mode):
    site.database()
    site.make(rows=200, mode=mode)
    names = sorted(p.name for p in site.databases.iterdir())
    site.start()
    assert site.object(one(site)["key"]).read_bytes() == site.path().read_bytes()
    assert sorted(p.name for p in site.databases.iterdir()) == names
    assert site.call("backup")["unchanged"] == ["parts.db"]


def test_p2_each_of_many_backups_holds_what_its_asker_had_committed(site):
    """A request while a capture runs is not lost, and sixty make not sixty versions.  The database is so
    large that many are asked while a capture has read it and is looking at its copy."""
    site.database()
    site.make(rows=1)
    site.sql("parts.db", fill(30000, "ballast"), "CREATE INDEX by_part ON parts(part)")
    site.start()
    one(site)
    asked = []
    for i in range(60):
        site.sql("parts.db", f"INSERT INTO parts(part) VALUES('request {i}')")
        line = site.connect()
        asked.append((f"request {i}", line, line.post("backup")))
    held = {}
    for part, line, number in asked:
        with line:
            answer = line.answer(number)
        key = answer["versions"][0]["key"] if answer["versions"] else site.keys()[-1]
        assert answer["versions"] or answer["unchanged"] == ["parts.db"]
        if key not in held:
            held[key] = {row[1] for row in site.rows(key)}
        assert part in held[key]
    assert len(site.keys()) <= 8


# --- who stands in the way -----------------------------------------------------------------------


def test_an_application_in_exclusive_mode_is_named_and_harmed_by_nothing(site):
    apps = []
    for mode in ("DELETE", "WAL"):
        site.database(f"{mode}.db")
        site.make(f"{mode}.db", mode=mode)
        apps.append(Application(site.path(f"{mode}.db"), timeout=0))
        apps[-1].do("PRAGMA locking_mode=EXCLUSIVE", "INSERT INTO parts(part) VALUES('mine')")
    site.start()
    result = site.call("backup")
    assert [f["name"] for f in result["failed"]] == ["busy", "busy"]
    for failure in result["failed"]:
        assert "locking_mode=EXCLUSIVE" in failure["error"]
        assert "locking_mode=EXCLUSIVE" in site.status(failure["database"])["error"]
    for app in apps:
        app.do("INSERT INTO parts(part) VALUES('mine still')")
        app.close()
    for name in ("DELETE.db", "WAL.db"):  # let go of, it is captured by itself
        site.wait_versions(name, 1)
        assert [row[1] for row in site.rows(site.keys(name)[-1])][3:] == ["mine", "mine still"]
        assert site.status(name)["error"] is None


# --- suspect -------------------------------------------------------------------------------------


def flip(path, page, size=4096):
    """Some bytes in the middle of a page turn, as a dying SD card turns them."""
    with open(path, "r+b") as file:
        file.seek((page - 1) * size)
        bytes_ = bytearray(file.read(size))
        bytes_[0:8] = bytes(b ^ 0xA5 for b in bytes_[0:8])
        file.seek((page - 1) * size)
        file.write(bytes_)


def damage(site):
    flip(site.path(), 3)


def drop(site):
    site.sql("parts.db", "DROP TABLE places")


def empty(site):
    site.sql("parts.db", "DELETE FROM parts")


def halve(site):
    site.sql("parts.db", "DELETE FROM parts WHERE id <= 151")


@pytest.mark.parametrize("harm, why", [(damage, "damaged: "), (drop, "lost table places"),
                                       (empty, "all 300 records of parts are gone"),
                                       (halve, "151 of 300 records of parts are gone")])
def test_p2_a_version_that_looks_wrong_is_suspect_and_told(site, harm, why):
    site.database()
    site.make(rows=300)
    site.sql("parts.db", "CREATE TABLE places(name TEXT)")
    site.start()
    sound = one(site)
    assert not sound["suspect"]
    harm(site)
    version = one(site)
    assert version["suspect"] and why in version["why"]
    assert why in site.wait_log("^<4>suspect db=parts.db ")
    assert site.object(version["key"]).read_bytes() == site.path().read_bytes()  # it is kept
    assert site.status("parts.db")["last_version"]["suspect"]
    assert [v["suspect"] for v in site.call("list")["versions"]] == [True, False]
    assert f"Suspect: {why}" in " ".join(site.ctl("status").stdout.split())
    assert site.ctl("list").stdout.count("Suspect:") == 1


def test_a_suspect_version_is_compared_with_the_newest_that_is_sound(site):
    """Two captures of an emptied database are both suspect; filled again, it is not."""
    site.database()
    site.make()
    site.start()
    one(site)
    site.sql("parts.db", "DELETE FROM parts")
    assert one(site)["suspect"]
    site.sql("parts.db", "CREATE TABLE places(name TEXT)")
    assert one(site)["suspect"]
    site.sql("parts.db", "INSERT INTO parts(part) VALUES('back'), ('again')")
    assert not one(site)["suspect"]


def test_what_only_the_application_knows_makes_no_version_suspect(site):
    site.database()
    with Application(site.path()) as app:
        app.do("CREATE TABLE parts(id INTEGER PRIMARY KEY, part TEXT COLLATE backwards)",
               "CREATE INDEX backwards_too ON parts(part)", "CREATE INDEX halves ON parts(half(id))",
               *[f"INSERT INTO parts(part) VALUES('{i}')" for i in range(5)])
        app.close()
    site.start()
    version = one(site)
    assert not version["suspect"] and version["record_count"] == 5
    assert "checked=partly" in site.wait_log("^<6>captured db=parts.db ")


# --- no database ---------------------------------------------------------------------------------


def test_what_is_no_database_is_told_and_stops_no_other(site):
    for name in ("parts.db", "noise.db", "folder.db"):
        site.database(name)
    site.make()
    site.path("noise.db").write_bytes(random.Random(1).randbytes(8192))
    site.path("folder.db").mkdir()
    site.start()
    result = site.call("backup")
    assert [v["db_name"] for v in result["versions"]] == ["parts.db"]
    told = {f["database"]: f["error"] for f in result["failed"]}
    assert "no SQLite database" in told["noise.db"] and "no regular file" in told["folder.db"]
    status = {d["name"]: d for d in site.status()["databases"]}
    for name, words in told.items():
        assert status[name]["error"] == words
        assert status[name]["present"] and status[name]["state"] == "no_version"
    assert status["parts.db"]["error"] is None
    assert site.ctl("backup", check=False).returncode == 1


def test_an_empty_and_a_missing_file_are_shown_and_are_no_failure(site):
    absent = ("empty.db", "missing.db")
    for name in ("parts.db", *absent):
        site.database(name)
    site.make()
    site.path("empty.db").touch()
    site.start()
    result = site.call("backup")
    assert result["failed"] == [] and sorted(result["absent"]) == sorted(absent)
    for name in absent:
        shown = site.wait_status(name, state="absent")
        assert shown["present"] == (name == "empty.db") and shown["last_version"] is None
        assert name in site.ctl("status").stdout
        (failure,) = site.call("backup", databases=[name])["failed"]
        assert failure["name"] == "not_found"  # for it was asked for
    assert not [line for line in site.log if re.match("<[0-4]>database ", line)]  # no warning
    for name in absent:
        site.make(name)
    assert sorted(v["db_name"] for v in site.call("backup")["versions"]) == sorted(absent)
    assert [d["error"] for d in site.status()["databases"]] == [None] * 3


def test_a_backup_asked_for_in_the_moment_in_which_the_database_appears_has_it(site):
    """casmand has not looked at it yet: the capture itself has to find it."""
    site.database()
    site.start()
    site.wait_log("^<6>database db=parts.db waits=.* is not there")
    site.make()
    (version,) = site.call("backup")["versions"]
    assert version["record_count"] == 3


def test_p11_a_database_that_vanished_is_a_failure(site):
    site.database()
    site.make()
    site.start()
    one(site)
    site.path().unlink()
    site.wait_log("^<4>database db=parts.db error=.*is not there")
    result = site.call("backup")
    assert result["absent"] == [] and [f["name"] for f in result["failed"]] == ["not_found"]
    assert "not there" in site.wait_status("parts.db", state="absent")["error"]


# --- whose database it is ------------------------------------------------------------------------

OWNER, GROUP, CASMAND_UID = 12345, 12346, 23456


@pytest.fixture
def shared(site):
    """A WAL database of a user of its own, whose application crashed so that -wal is left without a
    -shm; start() runs casmand as another user."""
    if os.geteuid() != 0:
        pytest.skip("not root: cannot run casmand as another user")
    site.database()
    site.configure()
    site.folder.chmod(0o755)
    os.chown(site.databases, OWNER, GROUP)
    site.databases.chmod(0o775)
    for folder in ("state", "store", "run"):
        (site.folder / folder).mkdir()
        os.chown(site.folder / folder, CASMAND_UID, CASMAND_UID)
    site.socket = site.folder / "run" / "casmand.sock"
    site.config.write_text(site.config.read_text().replace(f"{site.folder}/casmand.sock", str(site.socket)))
    program = site.folder / "casmand"  # the build folder may be closed to others
    shutil.copy(CASMAND, program)

    def crash(mode):
        app = Application(site.path(), umask=0o002, user=OWNER, group=GROUP, extra_groups=[])
        app.do("PRAGMA journal_mode=WAL", "CREATE TABLE parts(id INTEGER PRIMARY KEY, part TEXT)")
        site.path().chmod(mode)
        app.close()
        app = Application(site.path(), umask=0o002, user=OWNER, group=GROUP, extra_groups=[])
        app.do("INSERT INTO parts(part) VALUES('one')")
        app.kill()
        site.path("parts.db-shm").unlink()

    def start(user, group, groups=()):
        drop = ["setpriv", f"--reuid={user}", f"--regid={group}",
                f"--groups={','.join(map(str, groups))}" if groups else "--clear-groups"]
        for folder in ("state", "store", "run"):
            os.chown(site.folder / folder, user, group)
        site.start(prefix=drop, program=program)

    site.crash, site.start_as = crash, start
    return site


@pytest.mark.parametrize("mode, group, groups, mend", [
    (0o664, CASMAND_UID, [], "casmand-setup --user 12345 --databases"),  # its owner's alone
    (0o664, CASMAND_UID, [GROUP], "casmand-setup --user 12345 --databases"),  # a supplementary group is not enough
    (0o644, GROUP, [], "chmod g+w"),  # the group, which may not write
])
def test_p3_a_wal_database_that_casmand_would_lock_out_is_refused_with_the_mend(shared, mode, group, groups, mend):
    shared.crash(mode)
    before = sorted(p.name for p in shared.databases.iterdir())
    shared.start_as(CASMAND_UID, group, groups)
    (failure,) = shared.call("backup")["failed"]
    assert failure["name"] == "not_permitted" and "Mend: " in failure["error"] and mend in failure["error"]
    assert mend in shared.status("parts.db")["error"]
    assert mend in shared.ctl("status").stdout
    assert sorted(p.name for p in shared.databases.iterdir()) == before


def test_p11_a_folder_that_cannot_be_watched_is_told(shared):
    """It may be entered, but not read: the database can be captured, but tells of no change."""
    shared.make(mode="DELETE")
    shared.databases.chmod(0o771)
    shared.start_as(CASMAND_UID, CASMAND_UID)
    assert "must be able to read this folder" in shared.wait_log("^<4>database db=parts.db error=")
    assert one(shared)["record_count"] == 3
    assert "must be able to read this folder" in shared.status("parts.db")["error"]


def test_p3_a_crashed_wal_database_in_a_folder_closed_to_casmand_waits_for_its_application(shared):
    shared.crash(0o664)
    shared.databases.chmod(0o755)  # no -shm can be made there
    shared.start_as(CASMAND_UID, GROUP)
    (failure,) = shared.call("backup")["failed"]
    assert failure["name"] == "waits_for_recovery" and "its -wal has no -shm" in failure["error"]
    assert "open the database once" in shared.status("parts.db")["mend"]
    with Application(shared.path(), umask=0o002, user=OWNER, group=GROUP, extra_groups=[]) as app:
        assert app.do("SELECT part FROM parts") == [["one"]]  # it recovers, which is no event ...
        app.do("INSERT INTO parts(part) VALUES('two')")  # ... but this is one
        shared.wait_versions("parts.db", 1)
        assert shared.rows(shared.keys()[-1]) == [(1, "one"), (2, "two")]
        app.close()


@pytest.mark.parametrize("user, group", [(CASMAND_UID, GROUP), (OWNER, GROUP), (OWNER, CASMAND_UID)])
def test_p3_a_wal_database_of_ones_own_or_ones_group_is_captured_and_its_application_goes_on(shared, user, group):
    shared.crash(0o664)
    shared.start_as(user, group)
    assert shared.rows(one(shared)["key"]) == [(1, "one")]
    assert shared.path("parts.db-shm").stat().st_uid == user  # casmand made it ...
    with Application(shared.path(), umask=0o002, user=OWNER, group=GROUP, extra_groups=[]) as app:
        app.do("INSERT INTO parts(part) VALUES('two')")  # ... and the application can write it
        assert shared.rows(one(shared)["key"])[-1] == (2, "two")
        app.do("INSERT INTO parts(part) VALUES('three')")
        app.close()
    assert {p.name for p in shared.databases.iterdir()} == {"parts.db"}


def test_the_log_tells_records_only_where_a_table_is_counted(site):
    site.database("parts.db", table="parts")
    site.database("other.db", table="")
    site.make("parts.db")
    site.make("other.db")
    site.start()
    site.call("backup")
    assert " records=3 operation=" in site.wait_log("^<6>captured db=parts.db ")
    assert "records" not in site.wait_log("^<6>captured db=other.db ")
