"""sync_storm SYNCS - promises P7 and P8: syncs into a database that three processes hold open and write
without pause, in DELETE, TRUNCATE and WAL mode, while another machine goes on by itself.

Each of a writer's transactions puts its number into a table; committed, the number is told.  The only
error that it may see is SQLITE_BUSY, and that only behind its timeout.  Syncs take turns: a plain one,
which mostly stops; --force, which takes the other machine's contents; --mine, which the other then
follows.  At the end every transaction that was ever committed is in the file or in a version, and the
file is what it was: inode, owner, mode, journal mode.
"""
import pathlib
import sqlite3
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from conftest import end_site, new_site  # noqa: E402
from trouble import drained  # noqa: E402

WRITERS = 3
MODES = "DELETE", "TRUNCATE", "WAL"
KEEP = 10000  # versions: none is to go while it is looked for

WRITER = """
import select, sqlite3, sys
path, mode, writer = sys.argv[1:]
db = sqlite3.connect(path, timeout=20, isolation_level=None)
db.execute(f"PRAGMA journal_mode={mode}")
db.execute("PRAGMA synchronous=OFF")
n = 0
while not select.select([sys.stdin], [], [], .005)[0]:
    n += 1
    db.execute("INSERT INTO a VALUES(?, ?)", (writer, n))
print(n)
"""


class Writer:
    def __init__(self, path, mode, name):
        self.name = name
        self.process = subprocess.Popen([sys.executable, "-c", WRITER, path, mode, name], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def stop(self):
        """All that it has committed.  It has seen no error."""
        told, wrong = self.process.communicate("\n", timeout=60)
        assert self.process.returncode == 0, wrong
        return {(self.name, n) for n in range(1, int(told) + 1)}


def rows(path):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {(writer, n) for writer, n in db.execute("SELECT writer, n FROM a")}
    finally:
        db.close()


def nature(path, mode):
    seen = path.stat()
    return seen.st_ino, seen.st_uid, seen.st_gid, seen.st_mode, path.read_bytes()[18:20] if mode == "WAL" else None


def sync(site, **params):
    (said,) = site.call("sync", **params)["databases"]
    return said


def one_turn(one, other, number):
    """The other machine adds a row; then what this one is asked for, and what may come of it."""
    asked, may = [({}, ("stopped", "queued", "downloaded", "nothing")), ({"force": True}, ("downloaded",)),
                  ({"mine": True}, ("queued",))][number % 3]
    sync(one)
    one.sql("parts.db", f"INSERT INTO a VALUES('other', {number})")
    one.call("backup")
    said = sync(other, **asked)
    assert said["did"] in may, said
    return said["did"]


def storm(one, other, mode, syncs):
    """How often it came to what; how many rows were committed, and which are lost."""
    one.sql("parts.db", "CREATE TABLE a(writer, n)", mode=mode)
    one.sql("parts.db", "INSERT INTO a VALUES('other', 0)")
    one.start()
    other.start()
    one.call("backup")
    sync(other)
    other.sql("parts.db", mode=mode)
    before, did = nature(other.path(), mode), {}
    writers = [Writer(str(other.path()), mode, f"writer {i}") for i in range(WRITERS)]
    for number in range(syncs):
        came = one_turn(one, other, number)
        did[came] = did.get(came, 0) + 1
        assert nature(other.path(), mode) == before
    committed = set().union(*[w.stop() for w in writers])
    drained(other)
    found = rows(other.path())
    for key in one.keys():
        found |= rows(one.object(key))
    return did, len(committed), committed - found


def pair():
    one, other = new_site(), new_site()
    one.store.mkdir()
    other.store.symlink_to(one.store)
    for site in (one, other):
        site.database(table="a")
        site.configure(sync=f"keep_versions = {KEEP}")
    return one, other


def all_modes(syncs):
    told = []
    for mode in MODES:
        one, other = pair()
        did, committed, lost = storm(one, other, mode, syncs)
        assert not lost, (mode, sorted(lost)[:10], other.logged())
        assert did.get("downloaded"), did
        told.append(f"{mode}: {syncs} syncs, {did}, {committed} rows committed meanwhile, none lost")
        end_site(other)
        end_site(one)
    return "\n".join(told)


if __name__ == "__main__":
    print(all_modes(int(sys.argv[1])))
