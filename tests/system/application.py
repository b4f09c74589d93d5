"""The application that owns a database: another process, with an SQLite of its own.

Application does what it is told, statement by statement, so a test can stop it anywhere: between two
commits, in the middle of a transaction, or killed.  Storm commits without pause until it is stopped.
Neither is told of casmand; any error that SQLite gives them is the test's to see.
"""
import json
import os
import pathlib
import select
import sqlite3
import subprocess
import sys

BUSY = 20  # seconds: the busy timeout of an application that sets one


class Application:
    def __init__(self, path, timeout=BUSY, umask=0o022, **user):
        """`user`: user=, group= and extra_groups= of subprocess, for another one than ours."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", pathlib.Path(__file__).read_text(), "obey", path, str(timeout)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, umask=umask, cwd="/", **user)

    def do(self, *statements):
        """Runs them in order; the rows of the last one.  An SQLite error is raised as such."""
        rows = None
        for statement in statements:
            self.process.stdin.write(json.dumps(statement) + "\n")
            self.process.stdin.flush()
            answer = json.loads(self.process.stdout.readline())
            if "error" in answer:
                raise sqlite3.OperationalError(f"{statement[:60]}: {answer['error']}")
            rows = answer["rows"]
        return rows

    def close(self):
        """Closes the database, as a program that ends well."""
        self.process.stdin.close()
        assert self.process.wait(BUSY) == 0
        self.process.stdout.close()

    def kill(self):
        """The power is off for this one: nothing is rolled back, closed or removed."""
        self.process.kill()
        self.process.wait(BUSY)
        self.process.stdin.close()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()


class Storm:
    """Transaction n puts n into the tables a and b; every 16th is so large that it spills."""

    def __init__(self, path, mode, told, pause=0.005):
        self.told = told  # the file in which it tells what it has committed
        self.told.touch()
        self.process = subprocess.Popen(
            [sys.executable, "-c", pathlib.Path(__file__).read_text(), "storm", path, mode, str(pause), self.told],
            stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def committed(self):
        return int.from_bytes(self.told.read_bytes(), "little")

    def stop(self):
        """Ends it; the number of its last transaction.  It has seen no error."""
        _, wrong = self.process.communicate(timeout=BUSY)
        assert self.process.returncode == 0, wrong
        return self.committed()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


# --- in the other process ------------------------------------------------------------------------


def obey(path, timeout):
    db = sqlite3.connect(path, timeout=float(timeout), isolation_level=None)
    db.create_collation("backwards", lambda a, b: (a < b) - (a > b))
    db.create_function("half", 1, lambda n: n // 2, deterministic=True)
    for line in sys.stdin:
        try:
            answer = {"rows": db.execute(json.loads(line)).fetchall()}
        except sqlite3.Error as wrong:
            answer = {"error": str(wrong)}
        print(json.dumps(answer), flush=True)
    db.close()


def storm(path, mode, pause, told):
    tell = os.open(told, os.O_WRONLY)
    db = sqlite3.connect(path, timeout=BUSY, isolation_level=None)
    db.executescript(f"PRAGMA journal_mode={mode}; PRAGMA cache_size=20; PRAGMA synchronous=OFF;"
                     "CREATE TABLE a(n); CREATE TABLE b(n); CREATE TABLE filler(x)")
    n = 0
    while not select.select([sys.stdin], [], [], float(pause))[0]:
        n += 1
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO a VALUES(?)", (n,))
        for _ in range(300 if n % 16 == 0 else 0):
            db.execute("INSERT INTO filler VALUES(randomblob(1000))")
        db.execute("INSERT INTO b VALUES(?)", (n,))
        if n % 64 == 0:
            db.execute("DELETE FROM filler")
        db.execute("COMMIT")
        os.pwrite(tell, n.to_bytes(8, "little"), 0)
    db.close()


if __name__ == "__main__":
    {"obey": obey, "storm": storm}[sys.argv[1]](*sys.argv[2:])
