"""The store of a storm, with its machine: fail() makes it unreachable or moody, mend() ends that, and tree()
is what lies in it, as trouble.judge() wants it."""
import contextlib
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "system"))
from conftest import Site  # noqa: E402


class Folder:
    """A disk that is pulled and plugged in again."""

    def __init__(self, folder):
        self.site = Site(folder)
        self.marker, self.away = self.site.store / ".casmand-store", self.site.store / "away"

    def fail(self, chance):
        with contextlib.suppress(FileNotFoundError):  # casmand was never there
            self.marker.rename(self.away)

    def mend(self):
        with contextlib.suppress(FileNotFoundError):
            self.away.rename(self.marker)

    def tree(self):
        return self.site.store

    def close(self):
        pass


class Bucket:
    """Of a real S3 server, behind a proxy that does to requests whatever networks and servers do."""

    def __init__(self, folder, server):
        from cloud import CloudSite  # needs boto3, as all that follows
        import moods
        from unruly import Unruly
        self.moods = moods
        self.proxy = Unruly(("127.0.0.1", server.port))
        self.site = CloudSite(folder, server.bucket())
        self.site.settings["endpoint"] = self.proxy.url + server.kind.base

    def fail(self, chance):
        """Each request in another way; or nobody is there at all."""
        if chance.random() < .5:
            self.proxy.greeting = self.moods.refused
        self.proxy.choose = lambda seen: self.moods.random_mood(chance)

    def mend(self):
        self.proxy.greeting = self.moods.welcome
        self.proxy.choose = lambda seen: None

    def tree(self):
        from cloud import mirror
        return mirror(self.site.bucket, self.site.folder / "mirror")

    def close(self):
        self.proxy.close()
