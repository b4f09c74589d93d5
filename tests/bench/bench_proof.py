"""What the proof of a version costs: how long it takes, and what casmand holds in memory meanwhile.

  meson setup build/release --buildtype=release && ninja -C build/release
  /usr/bin/python3 tests/bench/bench_proof.py [MEGABYTES...]

A `file` store on the same disk; so it is the proof that is measured, and no network: fetched and made
durable in the spool, hashed, integrity_check, counted.  Medians of 15, in ms; memory in KiB, the most
that was resident (VmHWM) before the first proof and after the last.

Good: it takes no more than reading the file a few times does, and memory does not grow with it (P12).
"""
import os
import pathlib
import statistics
import sys
import tempfile
import time

os.environ.setdefault("CASMAND_BUILD", str(pathlib.Path(__file__).parents[2] / "build" / "release"))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "system"))
import conftest  # noqa: E402

ROUNDS = 15


def most_resident(site):
    status = pathlib.Path(f"/proc/{site.daemon.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))


def measure(megabytes):
    site = conftest.Site(tempfile.mkdtemp(prefix="casmand-bench-", dir="/var/tmp"))
    site.database("parts.db", "parts")
    site.sql("parts.db", "CREATE TABLE parts(id INTEGER PRIMARY KEY, part TEXT, notes BLOB)",
             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
             f" WHERE i < {megabytes * 1024}) INSERT INTO parts SELECT i, 'ANT-' || i, randomblob(960) FROM n")
    site.start()
    site.call("backup", databases=["parts.db"])
    before, took = most_resident(site), []
    with site.connect() as line:
        for _ in range(ROUNDS):
            begun = time.monotonic()
            assert line.call("verify", database="parts.db")["proven"] == 1
            took.append((time.monotonic() - begun) * 1000)
    print(f"{megabytes:5} MB: {statistics.median(took):7.1f} ms ({min(took):.1f} to {max(took):.1f});"
          f" {before} KiB before, {most_resident(site)} KiB after")
    conftest.end_site(site)


for size in [int(word) for word in sys.argv[1:]] or [1, 10, 100]:
    measure(size)
