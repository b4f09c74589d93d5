"""fault_storm SEQUENCES [SEED] - promises P4, P5 and P11 before a store that does whatever it likes.

Between casmand and a real S3 server (Ceph's radosgw) stands a proxy (tests/servers/unruly.py).  In
each sequence some of the next requests meet its moods: errors of all classes, hang-ups, answers that
are lost after the deed, cuts at any byte, portals, drips, a wrong clock; or connections are refused,
silent, or show a wrong certificate; while databases change and backups are asked for.  Then the store
is well again, and all that was captured must be in it: each version once, whole, its rows not older
than those of the version before.  Descriptors, and memory, are as they were.
"""
import pathlib
import random
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "system"))
import conftest  # noqa: E402
import moods  # noqa: E402
import s3  # noqa: E402
from cloud import CloudSite, mirror  # noqa: E402
from trouble import drained, whole  # noqa: E402
from unruly import Unruly  # noqa: E402

NAMES = ["parts.db", "assembled_casm.db", "big.db"]
BIG = 300_000   # bytes in big.db, so that cuts fall into the middle of it
MOST = 12       # requests of a sequence that meet a mood
TRIES = 100     # that a sequence may take to use them up
SILENCE = .3    # seconds
WARM = .1       # of all sequences: what they leave in memory is not counted
GROWTH = 1024   # KiB that memory may have grown by after that
SOCKETS = 8     # descriptors of connections that may be open at either moment


class Storm:
    def __init__(self, folder, server, seed):
        self.chance = random.Random(seed)
        self.site = CloudSite(folder, server.bucket())
        self.way = Unruly(("127.0.0.1", server.port), tls=s3.pair(), stranger=s3.pair("stranger"))
        for name in NAMES:
            self.site.database(name)
            self.site.make(name, rows=0)
        self.site.sql("big.db", "CREATE TABLE filler(x)", f"INSERT INTO filler VALUES(randomblob({BIG}))")
        self.site.configure(sync="backup_on_scan_count = 0\nkeep_versions = 10000", endpoint=self.way.url,
                            ca_file=f"{s3.authority()}.pem")
        self.rows = 0

    def change(self):
        self.rows += 1
        for name in self.chance.sample(NAMES, self.chance.randint(1, len(NAMES))):
            self.site.sql(name, f"INSERT INTO parts(part) VALUES('{self.rows}')")

    def trouble(self):
        """What the store does from now on."""
        self.way.moods = [moods.random_mood(self.chance) for _ in range(self.chance.randint(1, MOST))]
        if self.chance.random() < .2:
            self.way.drop()
            self.way.greeting = self.chance.choice([moods.refused, moods.silent, moods.wrong_certificate])

    def back_up(self):
        """A person asks, so that it is tried at once."""
        silence = threading.Timer(SILENCE, self.way.release)
        silence.start()
        self.site.call("backup", databases=[self.chance.choice(NAMES)])
        silence.cancel()
        self.way.greeting = moods.welcome

    def sequence(self):
        self.trouble()
        for _ in range(TRIES):
            self.change()
            self.back_up()
            if not self.way.moods:
                break
        assert not self.way.moods, self.site.logged()
        self.site.call("backup")
        drained(self.site)

    def holds(self):
        """Descriptors, and KiB in memory."""
        proc = pathlib.Path(f"/proc/{self.site.daemon.pid}")
        status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
        return len(list((proc / "fd").iterdir())), int(status["VmRSS"].split()[0])

    def run(self, count):
        self.site.start()
        self.site.call("backup")
        for number in range(count):
            self.sequence()
            if number == int(count * WARM):
                before = self.holds()
        return before, self.holds()

    def judge(self):
        site = self.site
        captured = len([line for line in site.log if line.startswith("<6>captured ")])
        assert site.stop() == 0, site.logged()
        wrong = [line for line in site.log if "Sanitizer" in line or "runtime error" in line]
        assert not wrong, wrong
        self.way.close()
        site.store = mirror(site.bucket, site.folder / "mirror")
        versions = whole(site)
        for name, paths in versions.items():
            rows = [len(site.rows_of(path, "parts")) for path in paths]
            assert rows == sorted(rows), (name, rows)
        assert sum(len(paths) for paths in versions.values()) == captured
        return captured


def sanitized():
    return b"__asan_init" in conftest.CASMAND.read_bytes()


def storm(folder, server, count, seed):
    """Runs one; a line about it."""
    it = Storm(folder, server, seed)
    try:
        (fds_before, before), (fds, memory) = it.run(count)
        captured = it.judge()
    except BaseException:
        print(it.site.logged(), file=sys.stderr)
        raise
    finally:
        if it.site.daemon and it.site.daemon.poll() is None:
            it.site.stop(9)
    assert abs(fds - fds_before) <= SOCKETS, (fds_before, fds)
    assert sanitized() or memory - before < GROWTH, (before, memory)  # a sanitizer keeps what was freed
    met = sum(seen.mood != "passing" for seen in it.way.requests)
    return (f"{count} sequences, {len(it.way.requests)} requests, {met} of them met a mood; {captured} versions: each "
            f"in the store, once; descriptors {fds_before} -> {fds}, memory {before} -> {memory} KiB")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)
    print(f"fault_storm {sys.argv[1]} {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="casmand-fault-") as folder:
        server, attempt = s3.start("radosgw", False, pathlib.Path(folder) / "server")
        (pathlib.Path(folder) / "site").mkdir()
        try:
            print(storm(pathlib.Path(folder) / "site", server, int(sys.argv[1]), seed))
        finally:
            attempt.end()


if __name__ == "__main__":
    main()
