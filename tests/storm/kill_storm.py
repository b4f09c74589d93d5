"""kill_storm KILLS [SEED [s3]] - promises P1, P2, P4, P5 and P6's floor: casmand is killed at random
moments, again and again, while scans are posted and databases are written.

Three clients post scans, each with a uid of its own; who loses an answer posts the same again in
another life, or at the very end.  A writer commits to all databases; another client asks for
backups, so that most kills meet a capture or an upload: one database is large, there are six.  The
store comes and goes: a folder, or with "s3" a bucket of radosgw behind a proxy with all moods that a
network has, which answers, drops, cuts, drips and lies.

After each kill casmand must have counted what it acknowledged, and no more than was posted.  At the
end each uid counts once, and the store holds all that was ever captured, but what was superseded or
deleted as its history says: each version once, whole, with exact metadata, and in it some committed state of its
database, never older than the one before.
"""
import json
import pathlib
import random
import sqlite3
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from stores import Bucket, Folder  # noqa: E402  finds the system tests' parts, too
from conftest import Failure  # noqa: E402
from trouble import drained, events, judge, spool  # noqa: E402

CLIENTS = 3
PIPELINED = 4      # scans that a client posts before it reads an answer
LONGEST_LIFE = .5  # seconds
ORDERLY = .25      # of all ends: SIGTERM instead, which must end with status 0 within 20 seconds
DATABASES = {"parts.db": "DELETE", "assembled_casm.db": "WAL", "big.db": "DELETE",
             "third.db": "TRUNCATE", "fourth.db": "PERSIST", "fifth.db": "WAL"}
FILLER = 4_000_000  # bytes in big.db
OUTAGE = 6         # seconds, at most: versions are superseded, which takes more than KEEP captures
BETWEEN = 3        # seconds between two, at most
KEEP = 3           # versions of a database that wait for the store at least


class Gate:
    """Lets all go on while casmand lives, and knows when all have noticed that it does not."""

    def __init__(self, count):
        self.news = threading.Condition()
        self.count, self.parked = count, 0
        self.open, self.over = False, False

    def wait(self):
        """True: go on.  False: the storm is over."""
        with self.news:
            self.parked += 1
            self.news.notify_all()
            self.news.wait_for(lambda: self.open or self.over)
            self.parked -= 1
            return not self.over

    def lift(self):
        with self.news:
            self.open = True
            self.news.notify_all()

    def close(self):
        """Returns when nobody is past the gate."""
        with self.news:
            self.open = False
            assert self.news.wait_for(lambda: self.parked == self.count, 60)

    def end(self):
        with self.news:
            self.over = True
            self.news.notify_all()


class Storm:
    def __init__(self, store, seed):
        self.chance = random.Random(seed)
        self.store, self.site = store, store.site
        self.posted, self.numbers, self.lost = set(), {}, set()
        self.gate = Gate(CLIENTS + 1)
        self.written, self.kills = 0, 0
        self.over = threading.Event()
        self.history = {}  # of all lives: more than casmand keeps
        self.failures = []
        for name, mode in DATABASES.items():
            self.site.database(name, "a", on_change="backup" if name == "parts.db" else "mark")
            self.site.sql(name, "CREATE TABLE a(n INTEGER PRIMARY KEY)", "CREATE TABLE b(n INTEGER PRIMARY KEY)",
                          "CREATE TABLE filler(x)", mode=mode)
        self.site.sql("big.db", f"INSERT INTO filler VALUES(randomblob({FILLER}))")
        self.site.configure(sync=f"backup_on_scan_count = 50\nkeep_versions = {KEEP}\nkeep_daily = 0")

    # --- those who disturb -----------------------------------------------------------------------

    def thread(self, target, *args):
        def run():
            try:
                target(*args)
            except BaseException as e:  # told at the end of the storm
                self.failures.append(e)
                raise
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def write(self, connections, n):
        """Transaction n puts n into two tables: half a transaction would show."""
        for name, db in connections.items():
            if name == "big.db" and n % 20:
                continue
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO a VALUES(?)", (n,))
            db.execute("INSERT INTO b VALUES(?)", (n,))
            db.execute("COMMIT")

    def writer(self):
        connections = {name: sqlite3.connect(self.site.path(name), timeout=60, isolation_level=None)
                       for name in DATABASES}
        for name, db in connections.items():
            db.execute(f"PRAGMA journal_mode={DATABASES[name]}")
        while not self.over.wait(.01):
            self.written += 1
            self.write(connections, self.written)
        for db in connections.values():
            db.close()

    def post(self, line, uids):
        """Posts them in one go; what is answered is known to be counted."""
        self.posted.update(uids)
        self.lost.update(uids)
        wanted = {uid: line.post("scan", database="assembled_casm.db", uid=uid) for uid in uids}
        for uid, id in wanted.items():
            number = line.answer(id)["scan"]
            assert self.numbers.setdefault(uid, number) == number, f"{uid} was counted twice"
            self.lost.discard(uid)

    def scanner(self, name, chance):
        mine, n = [], 0
        while self.gate.wait():
            try:
                with self.site.connect() as line:
                    while self.gate.open:
                        again = [uid for uid in mine if uid in self.lost and chance.random() < .5]
                        fresh = [f"{name}-{n + i}" for i in range(chance.randint(1, PIPELINED))]
                        n += len(fresh)
                        mine = [uid for uid in mine if uid in self.lost] + fresh
                        self.post(line, again + fresh)
            except (ConnectionError, OSError):
                pass

    def asker(self):
        while self.gate.wait():
            try:
                with self.site.connect() as line:
                    while self.gate.open:
                        line.call("backup")
            except (ConnectionError, OSError, Failure):
                pass

    def outages(self):
        chance = random.Random(self.chance.random())
        while not self.over.wait(chance.uniform(0, BETWEEN)):
            self.store.fail(chance)
            self.over.wait(chance.uniform(0, OUTAGE))
            self.store.mend()

    # --- one life after the other ----------------------------------------------------------------

    def remember(self, line):
        """What happened since the life before, by its history."""
        for event in events(line):
            what = json.dumps(event)
            if what in self.history:
                return
            self.history[what] = event

    def versions_that(self, event):
        return {e["version"]: e["key"] for e in self.history.values() if e["event"] == event}

    def live(self):
        """From a start to a kill, or to an orderly end; at times there is not even time to start."""
        if self.chance.random() < .15:
            self.site.start(wait=False)
            time.sleep(self.chance.uniform(0, .1))
            self.site.stop(9)
            self.kills += 1
            return
        self.site.start()
        with self.site.connect() as line:
            total = line.call("status")["scans"]["total"]
            self.remember(line)
        assert len(self.numbers) <= total <= len(self.posted), (len(self.numbers), total, len(self.posted))
        self.gate.lift()
        time.sleep(self.chance.uniform(0, LONGEST_LIFE))
        if self.chance.random() < ORDERLY:
            begin = time.monotonic()
            assert self.site.stop() == 0 and time.monotonic() - begin < 20, self.site.logged()
        else:
            self.site.stop(9)
            self.kills += 1
        self.gate.close()

    def run(self, kills):
        threads = [self.thread(self.scanner, str(i), random.Random(self.chance.random())) for i in range(CLIENTS)]
        threads += [self.thread(work) for work in (self.asker, self.writer, self.outages)]
        while self.kills < kills:
            self.live()
        self.over.set()
        self.gate.end()
        for thread in threads:
            thread.join(60)
        assert not self.failures, self.failures

    def settle(self):
        """What is owed is paid: lost scans are posted again, and all goes up."""
        self.site.start()
        with self.site.connect() as line:
            for uid in sorted(self.lost):
                self.post(line, [uid])
            assert not self.lost and line.call("status")["scans"]["total"] == len(self.posted)
            assert len(set(self.numbers.values())) == len(self.posted), "two scans have one number"
            answer = line.call("backup")
            assert answer["failed"] == answer["queued"] == [], answer
            drained(self.site)
            line.call("prune")  # what a kill left half deleted goes, too
            self.remember(line)
        assert self.site.stop() == 0, self.site.logged()

    def all_there(self, versions):
        """All that was captured was stored, superseded, or deleted in its time; what was told was true."""
        captured, gone = self.versions_that("captured"), self.versions_that("superseded") | self.versions_that("deleted")
        tags = [json.loads(path.with_name(path.name + ".casmand.json").read_text())
                for paths in versions.values() for path in paths]
        assert {tag["id"] for tag in tags} == set(captured) - set(gone)
        assert not self.versions_that("bad") and spool(self.site) == []
        told = {line.split(" key=")[1].split()[0] for line in self.site.log if line.startswith("<6>captured ")}
        assert told <= set(captured.values()), told - set(captured.values())

    def judge(self):
        versions = judge(self.store.tree())
        self.all_there(versions)
        for name in DATABASES:
            newest = -1
            for path in versions[name]:
                a, b = self.site.rows_of(path, "a"), self.site.rows_of(path, "b")
                assert a == b, f"half a transaction: {path}"
                assert len(a) >= newest, f"older than the version before it: {path}"
                newest = len(a)
            with sqlite3.connect(self.site.path(name)) as db:
                assert db.execute("SELECT count(*) FROM a").fetchone() == (newest,), f"{name} lacks rows"
            db.close()
        return versions


def storm(store, kills, seed):
    """Runs one; a line about it."""
    it = Storm(store, seed)
    try:
        it.run(kills)
        it.settle()
        versions = it.judge()
        wrong = [line for line in it.site.log if "Sanitizer" in line or "runtime error" in line]
        assert not wrong, wrong
    except BaseException:
        print(it.site.logged(), file=sys.stderr)
        raise
    finally:
        it.over.set()
        it.gate.end()
        if it.site.daemon and it.site.daemon.poll() is None:
            it.site.stop(9)
        store.close()
    return (f"{kills} kills, {len(it.posted)} scans, {it.written} commits, {sum(map(len, versions.values()))} "
            f"versions, {len(it.versions_that('superseded'))} superseded: nothing lost, nothing twice")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)
    print("kill_storm", sys.argv[1], seed, *sys.argv[3:], flush=True)
    with tempfile.TemporaryDirectory(prefix="casmand-storm-") as folder:
        if sys.argv[3:] == ["s3"]:
            import s3
            store = Bucket(folder, s3.shared("radosgw"))
        else:
            store = Folder(folder)
        print(storm(store, int(sys.argv[1]), seed))


if __name__ == "__main__":
    main()
