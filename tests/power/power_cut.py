"""power_cut CUTS [SECONDS [SEED]] - promises P1, P2, P4 and P5 through a power cut.

SECONDS (6) of a busy day on three disks (casmand's state, the store, the databases), each a real ext4; then
CUTS power cuts of that day, each at a random moment and with another fate of what the disks had not yet
flushed (see powerreplay).  After each cut casmand starts, and then

  - each scan that was acknowledged is counted, under its number, and no more than were posted;
  - each commit that the application was told of is there, and in the newest version;
  - each version that was said to be stored is in the store before casmand starts, or as many newer ones as
    are kept;
  - each version that was said to be captured is in the store in the end, or two newer ones took its place;
  - in the store is each version once, whole, with exact metadata, and in it some committed state of its
    database, never older than the one before;
  - the start was clean, and spool and queue are empty.

Takes root, FUSE and loop devices.
"""
import collections
import contextlib
import pathlib
import random
import sqlite3
import sys
import tempfile

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).resolve().parents[1] / "system")]
from day import DATABASES, KEEP, Day  # noqa: E402
from lab import Disks, missing  # noqa: E402
from trouble import drained, events, judge, judge_object, spool  # noqa: E402

SECONDS = 6
ASKED_AGAIN = 30  # scans, the last ones acknowledged before the cut
MEGABYTES = {"state": 64, "store": 96, "databases": 32}


class Judge:
    """What casmand says and does after one cut, against what had been told before it."""

    def __init__(self, day, cut):
        self.day, self.site, self.cut = day, day.site, cut
        self.told = collections.defaultdict(list)
        for told in day.told[:cut.marks]:
            self.told[told.what].append(told)
        later = day.told[cut.marks:]
        self.most_scans = later[0].posted if later else day.posted

    def stored(self):
        """As somebody finds the store who pulls that disk and reads it elsewhere."""
        for told in self.told["stored"]:
            path = self.site.store / told.name
            if path.exists():
                judge_object(path, path.parent.name)
            else:
                newer = [p for p in path.parent.glob(f"*_{path.parent.name}") if p.name > path.name]
                assert len(newer) >= KEEP, f"was stored, and is lost: {told.name}"

    def scans(self, line):
        total = line.call("status")["scans"]["total"]
        acknowledged = max((told.number for told in self.told["scan"]), default=0)
        assert acknowledged <= total <= self.most_scans, (acknowledged, total, self.most_scans)
        last = self.told["scan"][-ASKED_AGAIN:]
        for id, told in [(line.post("scan", database="parts.db", uid=told.name), told) for told in last]:
            again = line.answer(id)
            assert (again["scan"], again.get("again")) == (told.number, True), (told, again)

    def commits(self):
        """The rows that each database has now."""
        rows = {}
        for name in DATABASES:
            with contextlib.closing(sqlite3.connect(self.site.path(name), timeout=60)) as db:
                rows[name] = [n for n, in db.execute("SELECT n FROM a ORDER BY n")]
            acknowledged = max((told.number for told in self.told["commit"] if told.name == name), default=0)
            assert len(rows[name]) >= acknowledged, f"{name} lost commits of its own: {len(rows[name])} {acknowledged}"
        return rows

    def captured(self, gone, keys):
        for told in self.told["captured"]:
            newer = [key for key in keys if key.split("/")[1] == told.name.split("/")[1] and key > told.name]
            assert told.name in keys or (told.name in gone and len(newer) >= KEEP), f"lost: {told.name}"

    def versions(self, rows, gone):
        versions = judge(self.site.store)
        assert spool(self.site) == []
        keys = {path: str(path.relative_to(self.site.store)) for paths in versions.values() for path in paths}
        self.captured(gone, set(keys.values()))
        for name in DATABASES:
            newest = []
            for key in (keys[path] for path in versions[name]):
                a, b = ([n for n, in self.site.rows(key, table)] for table in "ab")
                assert a == b, f"half a transaction: {key}"
                assert a[:len(newest)] == newest, f"older than the version before it: {key}"
                newest = a
            assert newest == rows[name], f"{name}: the newest version is not what the file holds"

    def all(self):
        self.stored()
        self.site.start()
        with self.site.connect() as line:
            self.scans(line)
            rows = self.commits()
            answer = line.call("backup")
            assert answer["failed"] == answer["queued"] == [], answer
            drained(self.site)
            line.call("prune")  # what the cut left half deleted goes, too
            gone = gone_keys(line)
        assert self.site.stop() == 0
        loud = [line for line in self.site.log[self.site.mark:] if line.startswith("<3>") or "damaged" in line]
        assert not loud, loud
        self.versions(rows, gone)


def gone_keys(line):
    """Under which they were captured."""
    history = list(events(line))
    gone = {event["version"] for event in history if event["event"] in ("superseded", "deleted")}
    return {event["key"] for event in history if event["event"] == "captured" and event["version"] in gone}


def come_home(site):
    """The marker was away when the power was cut: somebody plugs the store in."""
    away = site.store / "away"
    if away.exists():
        away.rename(site.store / ".casmand-store")


def cut_power(folder, cuts, seconds=SECONDS, seed=0):
    """Runs it; a line about it."""
    chance = random.Random(seed)
    lab = pathlib.Path(folder) / "lab"
    lab.mkdir()
    day = Day(folder, seed, lambda: disks.mark())
    disks = Disks(lab, {day.site.folder / name: size for name, size in MEGABYTES.items()})
    with disks:
        (day.site.folder / "state").chmod(0o700)
        day.prepare()
        day.live(seconds)
    day.configure(scans=1_000_000, third="mark")  # captures when asked: two of a database are a second apart
    fates = collections.Counter()
    for cut in disks.cuts(cuts, chance):
        with cut.mounted():
            come_home(day.site)
            try:
                Judge(day, cut).all()
            except BaseException:
                print(f"{cut}\n{day.site.logged()}", file=sys.stderr)
                raise
            finally:
                if day.site.daemon.poll() is None:
                    day.site.stop(9)
        fates[cut.fate] += 1
    told = collections.Counter(told.what for told in day.told)
    return (f"{seconds} s with {told['scan']} scans, {told['commit']} commits, {told['captured']} captures and "
            f"{told['stored']} uploads; {cuts} power cuts ({', '.join(f'{n} {f}' for f, n in fates.items())}): "
            "nothing lost, nothing half, nothing twice")


def main():
    if len(sys.argv) < 2 or missing():
        sys.exit(missing() or __doc__)
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 32)
    print(f"power_cut {sys.argv[1]} {seconds} {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="casmand-power-") as folder:
        print(cut_power(folder, int(sys.argv[1]), seconds, seed))


if __name__ == "__main__":
    main()
