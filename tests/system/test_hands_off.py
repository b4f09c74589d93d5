"""P3: what casmand does to the databases that it watches: nothing.  P12: and when nothing happens?"""
import os
import re
import signal
import subprocess
import time

import pytest
from application import Application
from conftest import LIMIT

IDLE = int(os.environ.get("CASMAND_TEST_IDLE", "20"))  # seconds without a system call; 60 by hand
MODES = ("DELETE", "TRUNCATE", "PERSIST", "WAL")
ROOT = os.geteuid() == 0
# What others mount on this machine wakes a watch; and what they had mounted before goes here, too, when
# they remove its mount point.
ALONE = ["unshare", "--mount", "sh", "-c",
         'grep -o " /tmp/casmand-[^ ]*" /proc/mounts | xargs -r umount -l; exec "$@"', "sh"] if ROOT else []


def fill(rows, word, table="parts"):
    """A statement that writes so much that a small cache spills before the commit."""
    return (f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) "
            f"INSERT INTO {table}(part) SELECT printf('{word} %d %0400d', i, i) FROM n")


# --- a scripted day ------------------------------------------------------------------------------


def day(path, mode):
    """The application's day; between its deeds it yields the hour, and whether a write is open."""
    app = Application(path)
    app.do(f"PRAGMA journal_mode={mode}", "PRAGMA cache_size=10")
    app.do("CREATE TABLE parts(id INTEGER PRIMARY KEY, part TEXT)")
    if ROOT:
        os.chown(path, 12345, 12346)
        path.chmod(0o640)
    yield "created", False
    for i in range(60):
        app.do(f"INSERT INTO parts(part) VALUES('scan {i}')")
    yield "many commits", False
    app.do("BEGIN IMMEDIATE", fill(400, "spilled"))
    yield "inside a transaction that has spilled", True
    app.do("COMMIT")
    yield "after a large commit", False
    app.do("BEGIN", "DELETE FROM parts WHERE id % 3 = 0", fill(300, "regretted"))
    yield "inside a transaction that will be rolled back", True
    app.do("ROLLBACK")
    yield "rolled back", False
    app.do("DELETE FROM parts WHERE id % 2 = 0", "VACUUM")
    yield "vacuumed", False
    app.do("ALTER TABLE parts ADD COLUMN place TEXT", "CREATE INDEX by_part ON parts(part)",
           "CREATE TABLE places(name TEXT)", "INSERT INTO places VALUES('field 3')")
    yield "another schema", False
    app.do("PRAGMA wal_checkpoint(TRUNCATE)")
    yield "checkpointed", False
    app.close()
    yield "closed", False
    app = Application(path)
    assert app.do("PRAGMA journal_mode") == [[mode.lower() if mode != "TRUNCATE" and mode != "PERSIST" else "delete"]]
    app.do("UPDATE parts SET place = 'field 4' WHERE id % 5 = 0")
    yield "opened again", False
    app.close()
    yield "evening", False


def facts(path):
    """All that may be seen of the database's file and its neighbours, but SQLite's -wal and -shm."""
    stat = path.stat()
    return {"owner": (stat.st_uid, stat.st_gid), "mode": stat.st_mode, "header": path.read_bytes()[18:20],
            "names": sorted(p.name for p in path.parent.iterdir() if not p.name.endswith(("-wal", "-shm")))}


def live(folder, at_each_hour):
    """Lets the day of each mode pass, hour by hour; what is to be seen of it."""
    days, seen, inodes = {}, {}, set()
    for mode in MODES:
        (folder / mode).mkdir(parents=True)
        days[mode] = (folder / mode / "parts.db", day(folder / mode / "parts.db", mode))
    while hours := [(mode, path, *hour) for mode, (path, deeds) in days.items() if (hour := next(deeds, None))]:
        for mode, path, hour, _ in hours:
            seen[mode, hour] = facts(path)
            inodes.add(path.stat().st_ino)
        at_each_hour(writing=hours[0][-1])
    assert len(inodes) == len(MODES)
    for mode, (path, _) in days.items():
        seen[mode, "bytes"] = path.read_bytes()
        seen[mode, "all names"] = sorted(p.name for p in path.parent.iterdir())
    return seen


def test_p3_a_day_with_casmand_leaves_what_a_day_without_it_leaves(site):
    alone = live(site.folder / "alone", lambda writing: None)
    for mode in MODES:
        site.database(f"{mode}.db", path=site.databases / mode / "parts.db")
    site.start()
    line, asked, answers = site.connect(), [], []

    def answer():
        answers.append(line.answer(asked.pop()))
        assert answers[-1]["failed"] == []
        assert site.open_files() == []

    def capture(writing):
        """While a write is open, the captures of three modes wait for its end: that is the next hour."""
        if asked:
            answer()
            return
        asked.append(line.post("backup"))
        if not writing:
            answer()

    watched = live(site.databases, capture)
    assert sum(len(answer["versions"]) for answer in answers) == 4 * 6  # six hours changed something
    for what, was in alone.items():
        assert watched[what] == was, what
    line.close()


def test_p3_the_journal_mode_can_be_changed_after_each_capture(site):
    site.database()
    site.start()
    with Application(site.path(), timeout=0) as app:  # which waits for no lock
        app.do("CREATE TABLE parts(id INTEGER PRIMARY KEY, part TEXT)")
        for mode in ("wal", "delete", "truncate", "wal", "persist"):
            app.do("INSERT INTO parts(part) VALUES('one')")
            (version,) = site.call("backup")["versions"]
            assert app.do(f"PRAGMA journal_mode={mode}") == [[mode]]
            assert version["record_count"] == app.do("SELECT count(*) FROM parts")[0][0]


def test_p3_looks_take_no_lock_that_a_change_of_the_journal_mode_could_meet(site):
    site.database()
    site.make()
    site.start()
    site.call("backup")
    with Application(site.path(), timeout=0) as app:
        until = time.monotonic() + 3  # some four looks
        while time.monotonic() < until:
            for mode in ("wal", "delete"):
                assert app.do(f"PRAGMA journal_mode={mode}", "PRAGMA journal_mode") == [[mode]]
                app.do("UPDATE parts SET part = part || '.' WHERE id = 1")
    assert site.wait_status("parts.db", dirty=True)["error"] is None


# --- what casmand asks of the system -------------------------------------------------------------


CHANGES = re.compile(r"(p?writev?(64|2)?|f?truncate|fallocate|unlink(at)?|rename(at2?)?|(sym)?link(at)?|mkdir(at)?|"
                     r"f?chmod(at2?)?|[fl]?chown(at)?|f?utime(ns(at)?|s)?|f?(set|remove)xattr|msync)[(]")
OPENS_TO_WRITE = re.compile(r"open(at2?)?[(].*(O_RDWR|O_WRONLY|O_CREAT|O_TRUNC)")


class Traced:
    """System calls of the daemon, from now on, as strace writes them."""

    def __init__(self, site, *options):
        self.out = site.folder / "trace"
        self.process = subprocess.Popen(["strace", "-f", "-ttt", "-o", self.out, *options, "-p", str(site.daemon.pid)],
                                        stderr=subprocess.PIPE, text=True)
        assert "attached" in self.process.stderr.readline()

    def end(self):
        """Lets go of the daemon; the calls as (when, words)."""
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=LIMIT)
        lines = [line.split(maxsplit=2) for line in self.out.read_text().splitlines()]
        return [(float(when), words) for _, when, words in lines]


def test_p3_of_a_database_casmand_writes_nothing_but_sqlites_shm(site):
    """A crashed writer's -wal without its -shm, and a database in each rollback mode."""
    for mode in MODES:
        site.database(f"{mode}.db")
    site.start()
    traced = Traced(site, "-y", "-e", "trace=%file,%desc")
    for mode in MODES:
        app = Application(site.path(f"{mode}.db"))
        app.do(f"PRAGMA journal_mode={mode}", "CREATE TABLE parts(id INTEGER PRIMARY KEY, part TEXT)",
               "INSERT INTO parts(part) VALUES('one')")
        app.kill()
    site.path("WAL.db-shm").unlink()
    assert len(site.call("backup")["versions"]) == 4
    calls = [words for _, words in traced.end() if f"{site.databases}/" in words and ".db-shm" not in words]
    assert any(words.startswith("openat(") for words in calls)
    # As root, SQLite gives a journal that it opens to the database's owner, who has it already.
    assert [words for words in calls if CHANGES.match(words) and not words.startswith("fchown(")] == []
    # It opens a -wal for writing, which is why the calls above are looked at.
    opened = [words for words in calls if OPENS_TO_WRITE.match(words) and ".db-wal" not in words]
    assert opened == []


def test_p12_an_idle_casmand_makes_no_system_call_and_has_no_database_open(site):
    apps = []
    for mode in MODES:
        site.database(f"{mode}.db", on_change="backup", scans_from="auto")
        apps.append(Application(site.path(f"{mode}.db")))
        apps[-1].do(f"PRAGMA journal_mode={mode}", "CREATE TABLE parts(id INTEGER PRIMARY KEY, part TEXT)",
                    "INSERT INTO parts(part) VALUES('one')")
    site.database("closed.db")
    site.make("closed.db", mode="WAL")
    site.database("missing.db")
    site.database("far.db", path=site.databases / "not" / "yet" / "far.db")
    site.start(prefix=ALONE)
    assert len(site.call("backup")["versions"]) == 5
    assert site.open_files() == []
    traced = Traced(site)
    settled = time.time() + 3  # looks at what the last events told
    time.sleep(3 + IDLE)
    calls = traced.end()
    assert calls  # of each thread the one that it sleeps in
    assert [call for call in calls if call[0] > settled] == []
    assert site.open_files() == []
    apps[0].do("INSERT INTO parts(part) VALUES('two')")
    site.wait_status("DELETE.db", dirty=True)  # it slept, and was not dead
    for app in apps:
        app.close()


# --- crashes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES[:3])
def test_p3_a_hot_journal_waits_for_its_application(site, mode):
    site.database(on_change="backup")
    site.make(mode=mode)
    site.start()
    (first,) = site.call("backup")["versions"]
    app = Application(site.path())
    app.do(f"PRAGMA journal_mode={mode}", "PRAGMA cache_size=5", "INSERT INTO parts(part) VALUES('committed')",
           "BEGIN IMMEDIATE", fill(300, "lost"), "DELETE FROM parts WHERE id < 4")
    app.kill()
    journal = site.path("parts.db-journal")
    left = {path: (path.read_bytes(), path.stat().st_ino, path.stat().st_mtime_ns) for path in (site.path(), journal)}
    assert left[journal][0][:8] == bytes.fromhex("d9d505f920a163d7") and b"lost" in left[site.path()][0]

    result = site.call("backup")
    (failure,) = result["failed"]
    assert failure["name"] == "waits_for_recovery" and "hot journal" in failure["error"]
    shown = site.status("parts.db")
    assert "waits for its application to recover" in shown["error"] and "open the database once" in shown["mend"]
    assert "waits for its application to recover" in site.ctl("status").stdout
    assert site.keys() == [first["key"]]
    for path, was in left.items():
        assert (path.read_bytes(), path.stat().st_ino, path.stat().st_mtime_ns) == was
    assert {p.name for p in site.databases.iterdir()} == {"parts.db", "parts.db-journal"}

    with Application(site.path()) as app:  # which recovers
        assert app.do("SELECT part FROM parts")[3:] == [["committed"]]
        app.close()
    site.wait_versions("parts.db", 2)
    assert [row[1] for row in site.rows(site.keys()[-1])] == ["part 0", "part 1", "part 2", "committed"]
    assert site.status("parts.db")["error"] is None


def test_p3_a_crashed_writers_wal_is_left_as_it_is_and_its_committed_rows_are_captured(site):
    site.database()
    site.database("alone.db")
    for name in ("parts.db", "alone.db"):
        app = Application(site.path(name))
        app.do("PRAGMA journal_mode=WAL", "CREATE TABLE parts(id INTEGER PRIMARY KEY, part TEXT)",
               "PRAGMA cache_size=5", "INSERT INTO parts(part) VALUES('committed')", "BEGIN IMMEDIATE",
               fill(300, "lost"))
        app.kill()
    site.path("alone.db-shm").unlink()  # as after a copy of the folder: casmand's SQLite makes it
    left = {name: site.path(name).read_bytes() for name in ("parts.db", "parts.db-wal", "alone.db", "alone.db-wal")}
    assert b"lost" in left["parts.db-wal"]
    site.start()
    site.call("backup")
    for name in ("parts.db", "alone.db"):
        (key,) = site.keys(name)
        assert site.rows(key) == [(1, "committed")]
    assert left == {name: site.path(name).read_bytes() for name in left}
    for name in ("parts.db", "alone.db"):
        with Application(site.path(name)) as app:
            app.do("INSERT INTO parts(part) VALUES('afterwards')")
            assert app.do("SELECT part FROM parts") == [["committed"], ["afterwards"]]
            app.close()
    assert {p.name for p in site.databases.iterdir()} == {"parts.db", "alone.db"}
