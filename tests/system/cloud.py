"""Machines whose store is a bucket of a real S3 server (s3.py), and what may stand between the two."""
import contextlib
import json
import tempfile

import s3
from conftest import Site, end_site
from s3 import ACCESS, SECRET, Bucket
from unruly import Unruly

SETTINGS = """\
[daemon]
state_dir = {folder}/state
socket = {folder}/casmand.sock
socket_group =
log_level = debug
{daemon}
[sync]
{sync}
[{section}]
{keys}
{databases}
"""


class CloudSite(Site):
    """One machine in the field, whose store is a bucket."""

    def __init__(self, folder, bucket):
        super().__init__(folder)
        self.bucket = bucket
        self.backend = "r2" if bucket.server.name == "r2" else "s3"
        self.settings = {}  # of the section that is the store's; None: leave that key out
        (self.folder / "secret").write_text(SECRET + "\n")
        (self.folder / "secret").chmod(0o600)

    def configure(self, daemon="", sync="", text=None, **changes):
        """changes: settings of the store, from now on; endpoint = that of a proxy, for one."""
        self.settings.update(changes)
        server = self.bucket.server
        section = self.backend
        settings = {"endpoint": server.endpoint, "bucket_name": self.bucket.name, "access_key_id": ACCESS,
                    "secret_access_key_file": self.folder / "secret", "region": server.region, "ca_file": server.ca,
                    **self.settings}
        self.config.touch(mode=0o600)  # it may hold a secret
        self.config.write_text(text or SETTINGS.format(
            folder=self.folder, daemon=daemon, section=section, databases="\n".join(self.entries.values()),
            sync=f"backend = {section}\n{sync}",
            keys="\n".join(f"{key} = {value}" for key, value in settings.items() if value is not None)))

    def keys(self, name="parts.db"):
        return self.bucket.keys(name)

    def object(self, key):
        return self.bucket.object(key)

    def metadata(self, key):
        return json.loads(self.object(f"{key}.metadata.json").read_bytes())

    def tags(self, key):
        return self.object(key).tags()

    def rows(self, key, table="parts"):
        copy = self.folder / "copy.db"
        copy.write_bytes(self.object(key).read_bytes())
        return self.rows_of(copy, table)

    def mend(self, **settings):
        """Another setting of the store, or as configure() takes it, and a reload."""
        self.configure(**settings)
        place = self.here()
        self.call("reload")
        self.wait_log("^<6>reloaded ", since=place)


def mirror(bucket, folder):
    """A bucket as the tree that a `file` store has, for trouble.judge() and whole()."""
    for key in bucket.names():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bucket.object(key).read_bytes())
        if not key.endswith(".metadata.json"):
            tags = bucket.object(key).tags()
            assert tags == bucket.object(f"{key}.metadata.json").tags(), key
            path.with_name(path.name + ".casmand.json").write_text(json.dumps(tags))
    return folder


# --- for the fixtures in conftest.py -----------------------------------------------------------------


def machines():
    """cloud(Server or Bucket): a new machine whose store that is."""
    made = []

    def make(where):
        bucket = where if isinstance(where, Bucket) else where.bucket()
        made.append(CloudSite(tempfile.mkdtemp(prefix="casmand-test-"), bucket))
        return made[-1]

    yield make
    for site in made:
        end_site(site)


def proxies():
    """unruly(server): a new proxy before it, with its `endpoint`; see unruly.py."""
    with contextlib.ExitStack() as made:
        def make(server):
            proxy = made.enter_context(Unruly(
                ("127.0.0.1", server.port), tls=s3.pair() if server.tls else None,
                stranger=s3.pair("stranger") if server.tls else None, server_tls=server.tls))
            proxy.endpoint = proxy.url + server.kind.base
            return proxy
        yield make
