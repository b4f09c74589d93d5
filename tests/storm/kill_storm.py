"""kill_storm KILLS [SEED] - promises P1, P2, P4, P5 and P6's floor: casmand is killed at random
moments, again and again, while scans are posted and databases are written.

Three clients post scans, each with a uid of its own; who loses an answer posts the same again in
another life, or at the very end.  A writer commits to all databases; another client asks for
backups, so that most kills meet a capture or an upload: one database is large, there are six.

After each kill casmand must have counted what it acknowledged, and no more than was posted.  At the
end each uid counts once, and the store holds all that was ever captured: each version once, whole,
with exact metadata, and in it some committed state of its database, never older than the one before.
"""
import pathlib
import random
import sqlite3
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "system"))
from conftest import Failure, Site  # noqa: E402
from trouble import drained, whole  # noqa: E402

CLIENTS = 3
PIPELINED = 4      # scans that a client posts before it reads an answer
LONGEST_LIFE = .5  # seconds
ORDERLY = .25      # of all ends: SIGTERM instead, which must end with status 0 within 20 seconds
DATABASES = {"parts.db": "DELETE", "assembled_casm.db": "WAL", "big.db": "DELETE",
             "third.db": "TRUNCATE", "fourth.db": "PERSIST", "fifth.db": "WAL"}
FILLER = 4_000_000  # bytes in big.db


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
    def __init__(self, folder, seed):
        self.chance = random.Random(seed)
        self.site = Site(folder)
        self.posted, self.numbers, self.lost = set(), {}, set()
        self.gate = Gate(CLIENTS + 1)
        self.written = 0
        self.stop_writing = threading.Event()
        self.failures = []
        for name, mode in DATABASES.items():
            self.site.database(name, "a", on_change="backup" if name == "parts.db" else "mark")
            self.site.sql(name, "CREATE TABLE a(n INTEGER PRIMARY KEY)", "CREATE TABLE b(n INTEGER PRIMARY KEY)",
                          "CREATE TABLE filler(x)", mode=mode)
        self.site.sql("big.db", f"INSERT INTO filler VALUES(randomblob({FILLER}))")
        self.site.configure(sync="backup_on_scan_count = 50")

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
        while not self.stop_writing.wait(.01):
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

    # --- one life after the other ----------------------------------------------------------------

    def live(self):
        """From a start to a kill; at times there is not even time to start."""
        if self.chance.random() < .15:
            self.site.start(wait=False)
            time.sleep(self.chance.uniform(0, .1))
            self.site.stop(9)
            return
        self.site.start()
        total = self.site.status()["scans"]["total"]
        assert len(self.numbers) <= total <= len(self.posted), (len(self.numbers), total, len(self.posted))
        self.gate.lift()
        time.sleep(self.chance.uniform(0, LONGEST_LIFE))
        if self.chance.random() < ORDERLY:
            begin = time.monotonic()
            assert self.site.stop() == 0 and time.monotonic() - begin < 20, self.site.logged()
        else:
            self.site.stop(9)
        self.gate.close()

    def run(self, kills):
        threads = [self.thread(self.scanner, str(i), random.Random(self.chance.random())) for i in range(CLIENTS)]
        threads += [self.thread(self.asker), self.thread(self.writer)]
        for _ in range(kills):
            self.live()
        self.stop_writing.set()
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
        assert self.site.stop() == 0, self.site.logged()

    def judge(self):
        versions = whole(self.site)
        for name in DATABASES:
            newest = -1
            for path in versions[name]:
                key = str(path.relative_to(self.site.store))
                a, b = self.site.rows(key, "a"), self.site.rows(key, "b")
                assert a == b, f"half a transaction: {key}"
                assert len(a) >= newest, f"older than the version before it: {key}"
                newest = len(a)
            with sqlite3.connect(self.site.path(name)) as db:
                assert db.execute("SELECT count(*) FROM a").fetchone() == (newest,), f"{name} lacks rows"
            db.close()
        return versions


def storm(folder, kills, seed):
    """Runs one; a line about it."""
    it = Storm(folder, seed)
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
        it.stop_writing.set()
        it.gate.end()
        if it.site.daemon and it.site.daemon.poll() is None:
            it.site.stop(9)
    return (f"{kills} kills, {len(it.posted)} scans, {it.written} commits, "
            f"{sum(len(v) for v in versions.values())} versions: nothing lost, nothing twice")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)
    print(f"kill_storm {sys.argv[1]} {seed}")
    with tempfile.TemporaryDirectory(prefix="casmand-storm-") as folder:
        print(storm(folder, int(sys.argv[1]), seed))


if __name__ == "__main__":
    main()
