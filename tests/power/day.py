"""A busy day: scans, commits, captures, uploads, and a store that is at times not there; and a list of what
people and programs were told, in the order in which they were told."""
import contextlib
import pathlib
import random
import re
import sqlite3
import sys
import threading
import time
from typing import NamedTuple

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from conftest import Failure, Site  # noqa: E402

# Journal modes in which a commit that was acknowledged is there after a power cut (synchronous=FULL).
DATABASES = {"parts.db": "WAL", "assembled_casm.db": "TRUNCATE", "third.db": "PERSIST"}
FILLER = 300_000   # bytes in each database
CLIENTS = 2
PIPELINED = 3      # scans that a client posts before it reads an answer
COMMIT_EVERY = .01  # seconds
ASK_EVERY = .3
OUTAGE = 3.5       # at most: versions are superseded, which takes more than KEEP captures
BETWEEN = 2        # seconds between two outages, at most
KEEP = 2           # versions of each database that wait for the store at least


class Told(NamedTuple):
    what: str     # "scan", "commit", "captured" or "stored"
    name: str     # a uid, a database, or a version's key
    number: int   # of the scan, or of the commit
    posted: int   # scans that had been posted by then


class Day:
    """mark() is called each time that somebody was told something, before anybody is told more."""

    def __init__(self, folder, seed, mark):
        self.site, self.mark = Site(folder), mark
        self.chance = random.Random(seed)
        self.told, self.posted = [], 0
        self.telling = threading.Lock()
        self.over = threading.Event()
        self.failures = []

    def configure(self, scans, third):
        for name in DATABASES:
            self.site.database(name, "a", on_change=third if name == "third.db" else "mark")
        self.site.configure(sync=f"backup_on_scan_count = {scans}\nkeep_versions = {KEEP}\nkeep_daily = 0")

    def prepare(self):
        """The databases, as they were in the morning."""
        for name, mode in DATABASES.items():
            self.site.sql(name, "CREATE TABLE a(n INTEGER PRIMARY KEY)", "CREATE TABLE b(n INTEGER PRIMARY KEY)",
                          "CREATE TABLE filler(x)", f"INSERT INTO filler VALUES(randomblob({FILLER}))", mode=mode)

    def tell(self, what, name, number=0):
        with self.telling:
            self.told.append(Told(what, name, number, self.posted))
            self.mark()

    # --- who is at work ----------------------------------------------------------------------------

    def scanner(self, name):
        chance, count = random.Random(self.chance.random()), 0
        with self.site.connect() as line:
            while not self.over.is_set():
                uids = [f"{name}-{count + i}" for i in range(chance.randint(1, PIPELINED))]
                count += len(uids)
                with self.telling:
                    self.posted += len(uids)
                for id, uid in [(line.post("scan", database="parts.db", uid=uid), uid) for uid in uids]:
                    self.tell("scan", uid, line.answer(id)["scan"])

    def application(self, name):
        """Commit n puts n into two tables: half a transaction would show."""
        with contextlib.closing(sqlite3.connect(self.site.path(name), timeout=60, isolation_level=None)) as db:
            db.execute(f"PRAGMA journal_mode={DATABASES[name]}")
            db.execute("PRAGMA synchronous=FULL")
            n = 0
            while not self.over.wait(COMMIT_EVERY):
                n += 1
                db.execute("BEGIN IMMEDIATE")
                db.execute("INSERT INTO a VALUES(?)", (n,))
                db.execute("INSERT INTO b VALUES(?)", (n,))
                db.execute("COMMIT")
                self.tell("commit", name, n)

    def asker(self):
        with self.site.connect() as line:
            while not self.over.wait(ASK_EVERY):
                with contextlib.suppress(Failure):
                    line.call("backup")

    def reader(self):
        """Reads the log, as an administrator would."""
        site, at = self.site, 0
        while not self.over.is_set():
            with site.news:
                site.news.wait_for(lambda: len(site.log) > at or self.over.is_set(), 1)
                lines, at = site.log[at:], len(site.log)
            for line in lines:
                if found := re.match(r"<6>(captured|stored) db=\S+ key=(\S+)", line):
                    self.tell(*found.groups())

    def outages(self):
        """The store's disk is pulled and plugged in again."""
        marker, away = self.site.store / ".casmand-store", self.site.store / "away"
        self.site.wait_log("^<6>stored ")
        while not self.over.wait(self.chance.uniform(0, BETWEEN)):
            marker.rename(away)
            self.over.wait(self.chance.uniform(0, OUTAGE))
            away.rename(marker)

    # --- the day -----------------------------------------------------------------------------------

    def thread(self, target, *args):
        def work():
            try:
                target(*args)
            except BaseException as e:  # told at the end of the day
                self.failures.append(e)
                raise
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return thread

    def live(self, seconds):
        self.configure(scans=50, third="backup")
        self.site.start()
        self.site.wait_log("^<6>store ")
        threads = [self.thread(self.scanner, str(i)) for i in range(CLIENTS)]
        threads += [self.thread(self.application, name) for name in DATABASES]
        threads += [self.thread(work) for work in (self.asker, self.reader, self.outages)]
        time.sleep(seconds)
        self.over.set()
        for thread in threads:
            thread.join(60)
        assert not self.failures, self.failures
        assert self.site.stop() == 0, self.site.logged()
