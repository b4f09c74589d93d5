"""Machines whose store is a bucket of a real S3 server (s3.py), and what may stand between the two.

A test takes the fixtures that it wants from here: cloud, unruly, radosgw, ...
"""
import contextlib
import json
import pathlib
import sys
import tempfile

import pytest

import s3
from conftest import Site, end_site
from s3 import ACCESS, SECRET, Bucket

sys.path.insert(0, str(s3.SCRIPTS))
import moods  # noqa: E402,F401 (lies there; for tests)
from unruly import Unruly  # noqa: E402

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
        self.settings = {}  # of the section that is the store's; None: leave that key out
        (self.folder / "secret").write_text(SECRET + "\n")
        (self.folder / "secret").chmod(0o600)

    def configure(self, daemon="", sync="", text=None, **changes):
        """changes: settings of the store, from now on; endpoint = that of a proxy, for one."""
        self.settings.update(changes)
        server = self.bucket.server
        section = "r2" if server.name == "r2" else "s3"
        settings = {"endpoint": server.endpoint, "bucket_name": self.bucket.name, "access_key_id": ACCESS,
                    "secret_access_key_file": self.folder / "secret", "region": server.region, "ca_file": server.ca,
                    **self.settings}
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


# --- fixtures --------------------------------------------------------------------------------------


@pytest.fixture
def cloud():
    """cloud(Server or Bucket): a new machine whose store that is."""
    made = []

    def make(where):
        bucket = where if isinstance(where, Bucket) else where.bucket()
        made.append(CloudSite(tempfile.mkdtemp(prefix="casmand-test-"), bucket))
        return made[-1]

    yield make
    for site in made:
        end_site(site)


@pytest.fixture
def unruly():
    """unruly(server): a new proxy before it, with its `endpoint`; see unruly.py."""
    with contextlib.ExitStack() as made:
        def make(server):
            proxy = made.enter_context(Unruly(
                ("127.0.0.1", server.port), tls=s3.pair() if server.tls else None,
                stranger=s3.pair("stranger") if server.tls else None, server_tls=server.tls))
            proxy.endpoint = proxy.url + server.kind.base
            return proxy
        yield make


@pytest.fixture
def radosgw():
    return s3.shared("radosgw")


@pytest.fixture
def swift():
    return s3.shared("swift")


@pytest.fixture
def r2():
    return s3.shared("r2")


@pytest.fixture
def own_radosgw():
    """For whoever wants to kill it: no other test uses it."""
    if s3.lacking("radosgw"):
        pytest.skip(s3.lacking("radosgw"))
    s3.FOLDER.mkdir(exist_ok=True)
    server, attempt = s3.start("radosgw", False, pathlib.Path(tempfile.mkdtemp(prefix="own-", dir=s3.FOLDER)))
    yield server
    attempt.end()
