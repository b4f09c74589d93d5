"""What casmand holds in memory: after captures of a small and of a large database, and after a day's work.

  meson setup build/release --buildtype=release && ninja -C build/release
  /usr/bin/python3 tests/bench/bench_memory.py [FOLDER]

In KiB, of the kernel: VmHWM and VmRSS (status), Pss and private memory (smaps_rollup).  Private memory is
what goes away with the process: "dirty" what it wrote, "clean" what it alone has mapped of programs and
libraries, which the kernel can drop at any time, and which is megabytes where nothing else uses them
(libcrypto's code alone 2.5).  Call `sync` after a build: what is not yet on the disk counts as dirty.

After TLS: a version was stored in a bucket of radosgw's, and the connections are closed again.

Good: the figures of 1 GB are those of 340 KB within the noise (some 100); dirty is at most 2048 (after TLS
3584), and after the day little more than after the first captures.

FOLDER: on a disk with 4 GB free (/var/tmp).
"""
import os
import pathlib
import statistics
import sys
import tempfile
import time

os.environ.setdefault("CASMAND_BUILD", str(pathlib.Path(__file__).parents[2] / "build" / "release"))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "system"))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "servers"))
import cloud  # noqa: E402
import conftest  # noqa: E402
import s3  # noqa: E402

conftest.LIMIT = 600  # seconds: a gigabyte takes its time
ROUNDS = 2
DAY = 20  # captures
SCANS = 150  # between two of them
IDLE = 18  # seconds: connections that nobody used for 15 are closed


def lines_of(pid, name):
    for line in pathlib.Path(f"/proc/{pid}/{name}").read_text().splitlines():
        key, _, value = line.partition(":")
        if value.endswith(" kB"):
            yield key, int(value.split()[0])


def memory(site):
    status, rollup = (dict(lines_of(site.daemon.pid, name)) for name in ("status", "smaps_rollup"))
    return {"HWM": status["VmHWM"], "RSS": status["VmRSS"], "Pss": rollup["Pss"],
            "dirty": rollup["Private_Dirty"], "clean": rollup["Private_Clean"],
            "private": rollup["Private_Dirty"] + rollup["Private_Clean"]}


def new_site(folder):
    return conftest.Site(tempfile.mkdtemp(prefix="casmand-bench-", dir=folder))


def fill(site, name, table, kilobytes):
    site.sql(name, f"CREATE TABLE {table}(id INTEGER PRIMARY KEY, part TEXT, notes BLOB)",
             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
             f" WHERE i < {kilobytes}) INSERT INTO {table} SELECT i, 'ANT-' || i, randomblob(960) FROM n")


def after_captures(folder, kilobytes):
    """Two captures, each stored."""
    site = new_site(folder)
    site.database("parts.db", "parts")
    fill(site, "parts.db", "parts", kilobytes)
    try:
        site.start()
        site.wait_log("^<6>stored db=", limit=conftest.LIMIT)
        site.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
        site.call("backup")
        return memory(site)
    finally:
        conftest.end_site(site)


def after_tls(folder):
    server, attempt = s3.start("radosgw", True, pathlib.Path(tempfile.mkdtemp(dir=folder)))
    site = cloud.CloudSite(tempfile.mkdtemp(prefix="casmand-bench-", dir=folder), server.bucket())
    site.database()
    fill(site, "parts.db", "parts", 340)
    try:
        site.configure()
        site.start()
        site.wait_log("^<6>stored db=", limit=conftest.LIMIT)
        time.sleep(IDLE)
        return memory(site)
    finally:
        conftest.end_site(site)
        attempt.end()


def crowd(site):
    """As many as the socket takes of one user at once ask what they can."""
    lines = [site.connect() for _ in range(60)]
    for line in lines:
        line.call("status")
        line.call("list")
        line.close()


def after_a_day(folder):
    site = new_site(folder)
    site.database("parts.db", "parts", on_change="backup")
    site.database("assembled_casm.db", "assembly")
    fill(site, "parts.db", "parts", 340)
    fill(site, "assembled_casm.db", "assembly", 5000)
    try:
        site.start()
        site.wait_log("^<6>stored db=", count=2)
        morning = memory(site)
        with site.connect() as scanner:
            for capture in range(DAY):
                site.sql("assembled_casm.db", "INSERT INTO assembly(part) VALUES('new')")
                place = site.here()
                for scan in range(SCANS):
                    scanner.call("scan", database="assembled_casm.db", uid=f"{capture}-{scan}", note="a scan")
                site.wait_log("^<6>stored db=assembled", since=place)
        crowd(site)
        site.call("status")
        return morning, memory(site)
    finally:
        conftest.end_site(site)


def show(what, rounds):
    middle = {key: statistics.median(r[key] for r in rounds) for key in rounds[0]}
    print(f"{what:28}" + "".join(f"{middle[key]:9.0f}" for key in middle), flush=True)


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else "/var/tmp"
    print(f"{'KiB, medians of ' + str(ROUNDS):28}" +
          "".join(f"{key:>9}" for key in ("VmHWM", "VmRSS", "Pss", "dirty", "clean", "private")))
    show("2 captures of 340 KB", [after_captures(folder, 340) for _ in range(ROUNDS)])
    show("2 captures of 1 GB", [after_captures(folder, 1 << 20) for _ in range(ROUNDS)])
    show("after TLS, idle", [after_tls(folder) for _ in range(ROUNDS)])
    days = [after_a_day(folder) for _ in range(ROUNDS)]
    show("2 databases, first captures", [morning for morning, _ in days])
    show(f"{DAY * SCANS} scans, {DAY} captures more", [evening for _, evening in days])


main()
