"""cut_storm ROUNDS SECONDS [SEED] - promises P1, P4 and P11 while the network is cut, for real.

casmand is alone in a network namespace; its store, Ceph's radosgw behind TLS, is in another (lan.py).
The network is cut in each of several ways, in the middle of a connect, of the TLS hand-shake, of an
upload, of an answer; after SECONDS it is back.  After each round all that was captured must reach the
store.  At the end it is there once, whole.  Meanwhile a scanner posts scans, and each is answered.

Prints, of each way: how long after the network's return the next request came (where the kernel
told of it: at once; else with the next try); and the scanner's p99.  With ROUNDS = 0: each way in each
phase once.  Needs root, and nft.
"""
import collections
import concurrent.futures
import contextlib
import datetime
import itertools
import pathlib
import random
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "system"))
import conftest  # noqa: E402, F401 (it knows where the servers are)
import moods  # noqa: E402
import s3  # noqa: E402
from cloud import CloudSite, mirror  # noqa: E402
from lan import CUTS, NAME, NO_NAMES, STORE, Lan  # noqa: E402
from trouble import drained, whole  # noqa: E402
from unruly import Unruly  # noqa: E402

SIZE, RATE = 250_000, "4mbit"  # so that an upload takes half a second
AT_ONCE = 5    # seconds that pass as "at once" on a busy machine; what passed in truth is printed
PAUSE = .01    # between two scans


class Storm:
    def __init__(self, folder, lan, server):
        self.lan = lan
        self.site = CloudSite(folder, server.bucket())
        self.way = Unruly(("127.0.0.1", server.port), tls=s3.pair(), address=STORE)
        self.site.database()
        self.site.make()
        self.scans, self.over = [], threading.Event()
        self.rows = 0

    def start(self, host=STORE):
        """host: by which the store is known."""
        self.site.configure(sync="backup_on_scan_count = 0\nkeep_versions = 1000", ca_file=f"{s3.authority()}.pem",
                            endpoint=f"https://{host}:{self.way.port}")
        self.site.start(prefix=self.lan.prefix())

    def scan(self):
        with self.site.connect() as line:
            while not self.over.wait(PAUSE):
                begun = time.monotonic()
                line.call("scan", database="parts.db")
                self.scans.append(time.monotonic() - begun)

    @contextlib.contextmanager
    def scanning(self):
        """Scans are posted, one after the other, and each is counted."""
        with concurrent.futures.ThreadPoolExecutor() as pool:
            before, total = len(self.scans), self.site.status()["scans"]["total"]
            scanner = pool.submit(self.scan)
            try:
                yield
            finally:
                self.over.set()
            scanner.result()
            self.over.clear()
        assert self.site.status()["scans"]["total"] - total == len(self.scans) - before > 0

    def change(self):
        self.rows += 1
        self.site.sql("parts.db", f"UPDATE parts SET part = randomblob({SIZE}) WHERE id = 1",
                      f"INSERT INTO parts(part) VALUES('{self.rows}')")

    # --- one round -------------------------------------------------------------------------------

    def back_up(self):
        self.change()
        place = self.site.here()
        self.site.connect().post("backup")
        self.site.wait_log("^<6>captured ", since=place)

    def connecting(self, cut):
        cut.make(self.lan)
        self.back_up()

    def shaking_hands(self, cut):
        self.way.greeting = moods.silent
        self.way.drop()
        connections = self.way.connections
        self.back_up()
        s3.wait_until(lambda: self.way.connections > connections)
        cut.make(self.lan)
        self.way.greeting = moods.welcome

    def uploading(self, cut):
        before = self.way.counts().get("PUT", 0)
        self.back_up()
        self.way.wait_requests(before + 1, "PUT")  # its head, that is: the body takes longer
        time.sleep(.2)
        cut.make(self.lan)

    def answering(self, cut):
        held = moods.Held()
        self.way.moods = [held]
        self.back_up()
        assert held.done.wait(60)
        cut.make(self.lan)
        held.go.set()

    def resting(self, cut):
        """It has failed so often that the next try is far away: only the kernel's word ends that soon."""
        self.connecting(cut)
        for _ in range(1000):
            next_try = self.site.status()["queue"]["next_try_at"]
            if next_try and stamp(next_try) > time.time() + 4 * AT_ONCE:
                return
            self.site.call("backup")
        raise AssertionError("it never rests for long")

    PHASES = (connecting, shaking_hands, uploading, answering)

    def round(self, cut, phase, seconds):
        """How long the store had to wait after the network's return."""
        phase(self, cut)
        time.sleep(seconds)
        self.way.release()
        place, seen, told = self.site.here(), len(self.way.requests), len(self.lan.told)
        begun = time.monotonic()
        cut.end(self.lan)
        if cut.tells:
            self.site.wait_log("^<7>network back=maybe", since=place, limit=AT_ONCE)
            s3.wait_until(lambda: len(self.lan.told) > told)  # casmand may hear it before we do
            begun = self.lan.told[told]
        drained(self.site)
        later = [request.at - begun for request in self.way.requests[seen:]]
        waited = min(later, default=0)  # none: what had begun went on
        assert not cut.tells or waited < AT_ONCE, f"{cut.name}: {waited:.1f} s\n{self.site.logged()}"
        return waited

    def run(self, rounds, seconds):
        waited = collections.defaultdict(list)
        with self.scanning():
            for cut, phase in rounds:
                waited[cut.name].append(self.round(cut, phase, seconds))
        return waited

    # --- the judge -------------------------------------------------------------------------------

    def judge(self):
        site = self.site
        captured = len([line for line in site.log if line.startswith("<6>captured ")])
        assert site.stop() == 0, site.logged()
        assert not [line for line in site.log if "Sanitizer" in line or "runtime error" in line], site.logged()
        self.way.close()
        site.store = mirror(site.bucket, site.folder / "mirror")
        versions = whole(site)["parts.db"]
        assert len(versions) == captured, (len(versions), captured)
        return captured


def stamp(moment):
    return datetime.datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()


def all_rounds(count, chance):
    every = [*itertools.product(CUTS, Storm.PHASES), *((cut, Storm.resting) for cut in CUTS if cut.fails_at_once)]
    chance.shuffle(every)
    return every if count == 0 else list(itertools.islice(itertools.cycle(every), count))


def storm(count, seconds, seed):
    """Runs one; prints what came of it."""
    with tempfile.TemporaryDirectory(prefix="casmand-cut-") as folder, Lan(pathlib.Path(folder)) as lan:
        server, attempt = s3.start("radosgw", False, pathlib.Path(folder) / "server")
        (pathlib.Path(folder) / "site").mkdir()
        it = Storm(pathlib.Path(folder) / "site", lan, server)
        lan.slow(RATE)
        try:
            it.start()
            it.site.call("backup")
            waited = it.run(all_rounds(count, random.Random(seed)), seconds)
            assert it.site.stop() == 0
            NO_NAMES.make(lan)
            it.start(NAME)
            waited |= it.run([(NO_NAMES, Storm.connecting)], seconds)
            captured = it.judge()
        except BaseException:
            print(it.site.logged(), file=sys.stderr)
            raise
        finally:
            if it.site.daemon and it.site.daemon.poll() is None:
                it.site.stop(9)
            attempt.end()
    for name, times in waited.items():
        print(f"{name}: {len(times)} times, next request within {max(times):.2f} s")
    slow = sorted(it.scans)
    print(f"{len(slow)} scans, p99 {slow[len(slow) * 99 // 100] * 1000:.1f} ms, longest {slow[-1] * 1000:.0f} ms")
    print(f"{captured} versions: each in the store, once")


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 32)
    print(f"cut_storm {sys.argv[1]} {sys.argv[2]} {seed}")
    storm(int(sys.argv[1]), float(sys.argv[2]), seed)


if __name__ == "__main__":
    main()
