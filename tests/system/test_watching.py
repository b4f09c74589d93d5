"""What casmand notices of its databases, and when that becomes a version (triggers)."""
import os
import pathlib
import shutil
import signal
import subprocess

import pytest
from application import Application
from test_hands_off import ALONE, fill

BOTH = ("DELETE", "WAL")


def shell(path, *statements):
    """An application that is a script: each statement is an sqlite3 shell of its own."""
    for statement in statements:
        subprocess.run(["sqlite3", "-bail", "-cmd", ".timeout 20000", path, statement], check=True, cwd="/",
                       stdout=subprocess.DEVNULL)


def protect(site, names=("parts.db",), **entry):
    """casmand runs, and has a version of each of these databases."""
    for name in names:
        site.database(name, **entry)
        site.make(name)
    site.start()
    assert len(site.call("backup")["versions"]) == len(names)


def insert(site, name="parts.db", word="new"):
    site.sql(name, f"INSERT INTO parts(part) VALUES('{word}')")


def operations(site, name="parts.db"):
    return [site.metadata(key)["operation"] for key in site.keys(name)]


def column(site, name="parts.db"):
    """The parts that the newest version holds."""
    return [row[1] for row in site.rows(site.keys(name)[-1])]


# --- triggers ------------------------------------------------------------------------------------


def test_only_where_it_is_wanted_a_change_makes_a_version_and_at_most_one_in_five_minutes(site):
    """A version that a change makes comes when it has been quiet for 2 s.  So what would have come of
    changes that were seen earlier has come by then."""
    for name, on_change in (("backup.db", "backup"), ("mark.db", "mark"), ("ignore.db", "ignore"),
                            ("later.db", "backup")):
        site.database(name, on_change=on_change)
        site.make(name)
    site.start()
    site.call("backup")
    insert(site, "mark.db")
    site.wait_status("mark.db", dirty=True, state="ahead")
    insert(site, "ignore.db")
    insert(site, "backup.db")
    site.wait_versions("backup.db", 2)
    assert operations(site, "backup.db")[1:] == ["Database changed (3 -> 4 records)"]
    assert column(site, "backup.db")[-1] == "new"
    insert(site, "backup.db", "newer")
    site.wait_status("backup.db", dirty=True, state="ahead")
    insert(site, "later.db")
    site.wait_versions("later.db", 2)
    assert [len(site.keys(name)) for name in ("backup.db", "mark.db", "ignore.db")] == [2, 1, 1]
    assert not site.status("ignore.db")["dirty"]
    site.call("backup")  # who asks does not wait for the five minutes
    assert [column(site, name)[-1] for name in ("backup.db", "mark.db", "ignore.db")] == ["newer", "new", "new"]
    assert operations(site, "backup.db")[2:] == ["Manual CLI backup"]


@pytest.mark.parametrize("mode", BOTH)
def test_ten_commits_of_an_application_that_nobody_changed_make_a_version(site, mode):
    """Of all databases.  A transaction that was spilled and rolled back is no commit: it is looked at
    no later than a database in which something happened afterwards."""
    others = ("other.db", "third.db")
    site.database(scans_from="auto")
    site.make(mode=mode)
    for name in others:
        site.database(name, scans_from="socket")
        site.make(name)
    site.start()
    site.call("backup")
    with Application(site.path()) as app:
        app.do("PRAGMA cache_size=5", "BEGIN", fill(30, "regretted"))
        insert(site, "other.db")
        site.wait_status("other.db", dirty=True)
        app.do("ROLLBACK")
        insert(site, "third.db")
        site.wait_status("third.db", dirty=True)
        assert site.status()["scans"]["total"] == 0 and not site.status("parts.db")["dirty"]
        for i in range(10):
            app.do("BEGIN", fill(30, "regretted"), "ROLLBACK", f"INSERT INTO parts(part) VALUES('scan {i}')")
        for name in ("parts.db", *others):
            site.wait_versions(name, 2)
            assert operations(site, name)[1] == "Scan-triggered backup (10 scans)"
        assert column(site)[-1] == "scan 9"
        assert site.wait_status("parts.db", dirty=False)["state"] == "in_step"
        scans = site.status()["scans"]
        assert (scans["total"], scans["since_backup"], scans["unprotected"]) == (10, 0, 0)
        app.close()


@pytest.mark.parametrize("mode", BOTH)
def test_commits_of_the_sqlite_shell_make_a_version(site, mode):
    """Each shell closes the database, which in WAL mode leaves nothing to count by: a change that was
    seen is one.  So each waits until it was."""
    site.database(scans_from="commits")
    site.configure(sync="backup_on_scan_count = 3")
    site.make(mode=mode)
    site.start()
    site.call("backup")
    for i in range(3):
        shell(site.path(), f"INSERT INTO parts(part) VALUES('scan {i}')")
        while site.status()["scans"]["total"] <= i:
            pass
    site.wait_versions("parts.db", 2)
    assert operations(site)[1] == "Scan-triggered backup (3 scans)"
    assert column(site)[3:] == ["scan 0", "scan 1", "scan 2"]


def test_closing_a_wal_database_is_no_change_but_a_commit_just_before_it_is(site):
    """At its close the frames go into the file, and the log in which they could be counted is gone."""
    for name in ("parts.db", "late.db"):
        site.database(name, scans_from="auto")
        site.make(name, mode="WAL")
    site.database("clock.db", on_change="backup")
    site.make("clock.db")
    site.start()
    site.call("backup")
    apps = {name: Application(site.path(name)) for name in ("parts.db", "late.db")}
    for name, app in apps.items():
        app.do("INSERT INTO parts(part) VALUES('scan')")
        site.wait_status(name, dirty=True)
    site.call("backup", databases=["parts.db", "late.db"])
    apps["late.db"].do("INSERT INTO parts(part) VALUES('in the last moment')")
    for app in apps.values():
        app.close()
    insert(site, "clock.db")  # its version comes after 2 s of quiet
    site.wait_versions("clock.db", 2)
    assert site.status("late.db")["dirty"] and not site.status("parts.db")["dirty"]
    assert site.status()["scans"]["total"] == 3
    site.restart()
    assert site.wait_status("parts.db", dirty=False, state="in_step")
    assert site.status()["scans"]["total"] == 3


def test_from_the_first_posted_scan_on_commits_no_longer_count(site):
    """The other database's do still, and its ten make a version of both."""
    protect(site, ("parts.db", "other.db"), scans_from="auto")
    site.call("scan", database="parts.db")
    for i in range(12):
        insert(site, word=f"scan {i}")
    site.wait_status("parts.db", dirty=True)
    assert site.status()["scans"]["total"] == 1
    for i in range(9):
        insert(site, "other.db")
    for name in ("parts.db", "other.db"):
        site.wait_versions(name, 2)
        assert operations(site, name)[1] == "Scan-triggered backup (10 scans)"
    site.restart()  # which remembers
    insert(site)
    site.wait_status("parts.db", dirty=True)
    assert site.status()["scans"]["total"] == 10


def test_hours_make_a_version_only_where_something_happened(site):
    site.database()
    site.database("quiet.db")
    site.configure(sync="backup_on_hours = 0.0005")  # 1.8 s
    for name in ("parts.db", "quiet.db"):
        site.make(name)
    site.start()
    site.call("backup")
    for count, word in ((2, "first"), (3, "second")):
        insert(site, word=word)
        site.wait_versions("parts.db", count)
        assert column(site)[-1] == word
    assert operations(site) == ["Manual CLI backup"] + 2 * ["Time-triggered backup (0.0 hours)"]
    assert len(site.keys("quiet.db")) == 1
    assert not [line for line in site.log if "unchanged db=quiet.db" in line]  # nor was one tried


# --- what happened while casmand was away, or deaf ------------------------------------------------


@pytest.mark.parametrize("mode", BOTH)
def test_changes_made_while_casmand_is_down_are_found_and_counted_at_its_start(site, mode):
    site.database(scans_from="auto")
    site.make(mode=mode)
    site.start()
    site.call("backup")
    assert site.stop() == 0
    with Application(site.path()) as app:
        for i in range(4):
            app.do(f"INSERT INTO parts(part) VALUES('scan {i}')")
        site.start()
        site.wait_status("parts.db", dirty=True, state="ahead")
        assert site.status()["scans"]["total"] == 4
        for i in range(4, 10):
            app.do(f"INSERT INTO parts(part) VALUES('scan {i}')")
        site.wait_versions("parts.db", 2)
        assert operations(site)[1] == "Scan-triggered backup (10 scans)"
        app.close()


def test_a_flood_of_events_that_casmand_could_not_read_hides_no_change(site):
    protect(site, ("parts.db", "other.db"), on_change="backup")
    site.daemon.send_signal(signal.SIGSTOP)
    limit = int(pathlib.Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    for i in range(limit // 2 + 100):  # two events each
        noise = site.databases / f"noise {i}"
        noise.touch()
        noise.unlink()
    insert(site)
    shutil.copy(site.path(), site.databases / "new.db")
    os.rename(site.databases / "new.db", site.path("other.db"))
    site.daemon.send_signal(signal.SIGCONT)
    for name in ("parts.db", "other.db"):
        site.wait_versions(name, 2)
        assert column(site, name)[-1] == "new"


# --- files that come, go, and are others ----------------------------------------------------------


def test_databases_that_come_later_are_found_wherever_they_come(site):
    real, disk = site.folder / "real", site.folder / "disk"
    real.mkdir()
    far = real / "not" / "yet" / "there"  # where nothing else is watched
    paths = {
        "later.db": site.path("later.db"),
        "far.db": far / "far.db",
        "beside.db": far / "far.db2",  # a name that begins as another one does
        "folder-link.db": site.databases / "link" / "parts.db",  # its folder will be a link
        "file-link.db": site.path("file-link.db"),  # it will be a link itself
        "odd.db": site.databases / "100% odd? #1; [a] 'b' \"c\" ü" / "it's.db",
        "wal.db": site.path("wal.db"),
    }
    for name, path in paths.items():
        site.database(name, path=path)
    site.start(prefix=ALONE)
    for name in paths:
        site.wait_log(f"^<6>database db={name} waits=.* is not there")

    def make(path, name, mode="DELETE"):
        path.parent.mkdir(parents=True, exist_ok=True)
        site.sql(path, "CREATE TABLE parts(id INTEGER PRIMARY KEY, part TEXT)",
                 f"INSERT INTO parts(part) VALUES('{name}')", mode=mode)

    for name in ("far.db", "beside.db", "later.db", "odd.db"):
        make(paths[name], name)
        site.wait_status(name, present=True)  # one is found without the help of another
    make(paths["wal.db"], "wal.db", "WAL")
    site.wait_status("wal.db", present=True)
    make(disk / "parts.db", "folder-link.db")
    paths["folder-link.db"].parent.symlink_to(disk)
    site.wait_status("folder-link.db", present=True)
    make(real / "real.db", "file-link.db")
    paths["file-link.db"].symlink_to("../real/real.db")
    site.wait_status("file-link.db", present=True)
    for name in paths:
        site.wait_versions(name, 1)
        assert operations(site, name) == ["First backup"]
        assert column(site, name) == [name]
    site.sql(real / "real.db", "INSERT INTO parts(part) VALUES('through a link')")
    site.wait_status("file-link.db", dirty=True)
    assert site.status("file-link.db")["path"] == str(real / "real.db")
    site.sql(disk / "parts.db", "INSERT INTO parts(part) VALUES('through a folder')")
    site.wait_status("folder-link.db", dirty=True)
    assert not [line for line in site.log if line.startswith("<4>database ")]


def test_a_link_that_is_led_elsewhere_is_followed(site):
    first, second = site.folder / "first", site.folder / "second"
    for folder in (first, second):
        folder.mkdir()
        site.sql(folder / "parts.db", "CREATE TABLE parts(id INTEGER PRIMARY KEY, part TEXT)",
                 f"INSERT INTO parts(part) VALUES('{folder.name}')")
    link = site.databases / "link"
    link.symlink_to(first)
    site.database(path=link / "parts.db", on_change="backup")
    site.start(prefix=ALONE)
    site.call("backup")
    (site.databases / "new").symlink_to(second)
    os.rename(site.databases / "new", link)
    site.wait_versions("parts.db", 2)
    assert column(site) == ["second"]
    site.sql(second / "parts.db", "INSERT INTO parts(part) VALUES('here')")
    site.wait_status("parts.db", dirty=True, path=str(second / "parts.db"))


def replace(site):
    """By another file, as an editor or rsync would."""
    shutil.copy(site.folder / "other.db", site.databases / "new.db")
    os.rename(site.databases / "new.db", site.path())


def make_again(site):
    site.path().unlink()
    shutil.copy(site.folder / "other.db", site.path())


def write_over(site):
    """In place: the inode stays."""
    shutil.copyfile(site.folder / "other.db", site.path())


def other_contents(site):
    """What lies in other.db has as many pages and was made by as many commits as the database, so
    that no counter tells them apart."""
    for path, word in ((site.path(), "first"), (site.folder / "other.db", "other")):
        site.sql(path, "CREATE TABLE parts(id INTEGER PRIMARY KEY, part TEXT)",
                 *[f"INSERT INTO parts(part) VALUES('{word} {i}')" for i in range(3)])
    site.database(on_change="backup")
    site.start()
    site.call("backup")


@pytest.mark.parametrize("deed", [replace, make_again])
def test_other_contents_in_the_same_place_are_a_change(site, deed):
    other_contents(site)
    deed(site)
    site.wait_versions("parts.db", 2)
    assert column(site) == ["other 0", "other 1", "other 2"]
    assert operations(site)[1:] == ["Database changed (3 -> 3 records)"]


@pytest.mark.parametrize("deed", [replace, make_again, write_over])
def test_other_contents_that_came_while_casmand_was_down_are_a_change(site, deed):
    other_contents(site)
    assert site.stop() == 0
    deed(site)
    site.start()
    site.wait_versions("parts.db", 2)
    assert column(site) == ["other 0", "other 1", "other 2"]


def test_a_database_that_goes_and_comes_back_is_shown_and_captured(site):
    protect(site, on_change="backup")
    os.rename(site.path(), site.databases / "away.db")
    site.wait_status("parts.db", present=False, state="absent")
    os.rename(site.databases / "away.db", site.path())
    insert(site)
    site.wait_versions("parts.db", 2)
    assert column(site)[-1] == "new"
    assert site.wait_status("parts.db", state="in_step")["error"] is None


def test_two_names_for_one_file_are_two_databases(site):
    site.database("parts.db", on_change="backup")
    site.database("alias.db", on_change="backup", path=site.path("alias.db"))
    site.make()
    site.path("alias.db").symlink_to("parts.db")
    site.start()
    site.call("backup")
    insert(site)
    for name in ("parts.db", "alias.db"):
        site.wait_versions(name, 2)
        assert column(site, name)[-1] == "new"
