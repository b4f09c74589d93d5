"""Real S3 servers for tests: Ceph's radosgw, OpenStack's Swift, Cloudflare's simulator of R2; each over
HTTP and over TLS with a certificate authority of the tests' own.

A server is started when the first test wants it, serves all tests of the session, also those in other
workers, and ends with the session, however that ends.  Each test has a bucket of its own, and looks
at it with boto3, which knows nothing of casmand.
"""
import contextlib
import dataclasses
import fcntl
import functools
import json
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import pytest

import lan
from conftest import SERVERS, SESSION

boto3 = pytest.importorskip("boto3", reason="python3-boto3 is not installed")
from botocore.config import Config  # noqa: E402
from botocore.exceptions import BotoCoreError, ClientError  # noqa: E402

LIMIT = 120  # seconds for a server to start, on a busy machine
ATTEMPTS = 5  # to find ports that nobody else takes meanwhile
R2_BUCKETS = 100  # fixed when the simulator starts
ACCESS, SECRET = "acct:field", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"


def session_folder():
    """No earlier process of the same number had it."""
    begun = pathlib.Path(f"/proc/{SESSION}/stat").read_text().rpartition(")")[2].split()[19]
    return pathlib.Path(tempfile.gettempdir()) / f"casmand-servers-{SESSION}-{begun}"


FOLDER = session_folder()


@dataclasses.dataclass(frozen=True)
class Kind:
    """A server's script, what it needs, and how it differs from the others."""
    script: str
    needs: str
    ports: int  # it takes that many, one after the other
    base: str = ""  # of its endpoint
    region: str = "us-east-1"


KINDS = {
    "radosgw": Kind("radosgw.sh", "radosgw", 21),
    "swift": Kind("swift.sh", "swift-proxy-server", 5),
    "r2": Kind("r2.sh", "npm", 1, base="/cdn-cgi/local/r2/s3", region="auto"),
}


# --- certificates ----------------------------------------------------------------------------------


def openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)


def make_certificate(folder, name):
    """A certificate authority `name`.pem, and what it says of this machine: `name`-server.pem and .key."""
    new = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30")
    openssl(*new, "-subj", f"/CN=casmand tests, {name}", "-keyout", folder / f"{name}.key",
            "-out", folder / f"{name}.pem", "-addext", "keyUsage=critical,keyCertSign")
    openssl(*new, "-subj", "/CN=localhost", "-keyout", folder / f"{name}-server.key",
            "-out", folder / f"{name}-server.pem", "-CA", folder / f"{name}.pem", "-CAkey", folder / f"{name}.key",
            "-addext", f"subjectAltName=IP:127.0.0.1,DNS:localhost,IP:{lan.STORE},DNS:{lan.NAME}",
            "-addext", "basicConstraints=critical,CA:FALSE")


@functools.cache
def authority(name="casmand"):
    """What its files begin with; the one called "stranger" is trusted by nobody."""
    with locked(FOLDER):
        folder = FOLDER / "tls"
        folder.mkdir(exist_ok=True)
        if not (folder / f"{name}-server.pem").exists():
            make_certificate(folder, name)
    return folder / name


def pair(name="casmand"):
    """A server's certificate and key."""
    return f"{authority(name)}-server.pem", f"{authority(name)}-server.key"


# --- servers ---------------------------------------------------------------------------------------


@contextlib.contextmanager
def locked(folder):
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def free_ports(count):
    """The first of so many, below those that the system gives away by itself."""
    for _ in range(1000):
        first = random.randrange(12000, 32000)
        with contextlib.suppress(OSError), contextlib.ExitStack() as all_of_them:
            for port in range(first, first + count):
                all_of_them.enter_context(socket.create_server(("127.0.0.1", port)))
            return first
    raise RuntimeError(f"no {count} ports are free")


class Server:
    """One that runs."""

    def __init__(self, name, tls, folder, port):
        self.name, self.tls, self.folder, self.port = name, tls, pathlib.Path(folder), port
        self.kind = KINDS[name]
        self.region = self.kind.region
        self.endpoint = f"{'https' if tls else 'http'}://127.0.0.1:{port}{self.kind.base}"
        self.ca = f"{authority()}.pem" if tls else None

    def __repr__(self):
        return self.name + ("-tls" if self.tls else "")

    @functools.cached_property
    def boto(self):
        """An S3 client that is not casmand."""
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        return boto3.client("s3", endpoint_url=self.endpoint, aws_access_key_id=ACCESS, aws_secret_access_key=SECRET,
                            region_name=self.region, verify=self.ca or False, config=config)

    def bucket(self):
        """A new one."""
        if self.name != "r2":
            name = f"test-{random.SystemRandom().randrange(10**12):012}"
            self.boto.create_bucket(Bucket=name)
            return Bucket(self, name)
        for number in range(R2_BUCKETS):
            with contextlib.suppress(FileExistsError):
                (self.folder / f"taken-{number}").touch(exist_ok=False)
                return Bucket(self, f"test-{number}")
        raise RuntimeError(f"the R2 simulator has no more than {R2_BUCKETS} buckets")

    # An outage (radosgw only), after which its objects are still there:

    def kill(self):
        os.kill(int((self.folder / "data" / "gateway.pid").read_text()), 9)
        wait_until(lambda: not self.answers())

    def revive(self):
        (self.folder / "data" / "gateway.start").touch()
        wait_until(self.answers)

    def answers(self):
        try:
            self.boto.list_buckets()
            return True
        except (BotoCoreError, ClientError):
            return False


def wait_until(true):
    until = time.monotonic() + LIMIT
    while not true():
        assert time.monotonic() < until, true
        time.sleep(0.02)


@functools.cache
def lacking(name):
    """Why there cannot be such a server here, asked once in a session; "" if there can."""
    if not shutil.which(KINDS[name].needs):
        return f"{KINDS[name].needs} is not installed"
    if name != "r2":
        return ""
    with locked(FOLDER / "r2-install"):
        note = FOLDER / "r2-install" / "said"
        if not note.exists():
            got = subprocess.run(["sh", SERVERS / "r2.sh", "install"], capture_output=True, text=True, check=False)
            note.write_text(got.stderr.strip() if got.returncode else "")
        return note.read_text()


class Attempt:
    """A server that is being started, with its files below `folder`."""

    def __init__(self, name, tls, folder, environment=None):
        folder.mkdir(parents=True)
        self.port, self.log = free_ports(KINDS[name].ports), folder / "log"
        buckets = ",".join(f"test-{number}" for number in range(R2_BUCKETS)) if name == "r2" else ""
        self.process = subprocess.Popen(
            [sys.executable, SERVERS / "lifeline.py", str(SESSION), FOLDER, self.log, "sh",
             SERVERS / KINDS[name].script, str(self.port), ACCESS, SECRET, folder / "data", buckets,
             *(pair() if tls else ())], stdin=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, **(environment or {})})

    def said(self):
        return self.log.read_text() if self.log.exists() else ""

    def ready(self):
        until = time.monotonic() + LIMIT
        while self.process.poll() is None and time.monotonic() < until:
            if "ready\n" in self.said():
                return True
            time.sleep(0.02)
        self.end()
        return False

    def end(self):
        self.process.terminate()
        self.process.wait()


def start(name, tls, folder, environment=None):
    """One more server, and the process whose SIGTERM ends it; it ends with the session anyway."""
    for number in range(ATTEMPTS):
        here = folder / f"attempt-{number}"
        attempt = Attempt(name, tls, here, environment)
        if attempt.ready():
            return Server(name, tls, here, attempt.port), attempt
    raise RuntimeError(f"{name} did not start:\n{attempt.said()[-2000:]}")


def own(name, tls=False, classes=False):
    """One for a test that wants to kill it, or (radosgw) a storage class STANDARD_IA."""
    if lacking(name):
        pytest.skip(lacking(name))
    FOLDER.mkdir(exist_ok=True)
    server, attempt = start(name, tls, pathlib.Path(tempfile.mkdtemp(prefix="own-", dir=FOLDER)),
                            {"RGW_IA": "1"} if classes else None)
    yield server
    attempt.end()


@functools.cache
def shared(name, tls=False):
    """The session's."""
    folder = FOLDER / (name + ("-tls" if tls else ""))
    with locked(folder):
        note = folder / "server.json"
        if not note.exists():
            reason = lacking(name)
            if reason:
                pytest.skip(reason)
            server, _ = start(name, tls, folder)
            note.write_text(json.dumps([str(server.folder), server.port]))
        return Server(name, tls, *json.loads(note.read_text()))


# --- what is in a bucket ---------------------------------------------------------------------------


class Thing:
    """An object, as it is in the store."""

    def __init__(self, bucket, key):
        self.bucket, self.key = bucket, key

    def read_bytes(self):
        return self.bucket.boto.get_object(Bucket=self.bucket.name, Key=self.key)["Body"].read()

    def head(self):
        return self.bucket.boto.head_object(Bucket=self.bucket.name, Key=self.key)

    def tags(self):
        """What casmand adds, in headers."""
        return {name.removeprefix("casmand-"): value for name, value in self.head()["Metadata"].items()
                if name.startswith("casmand-")}


class Bucket:
    """One of a server's, for one test."""

    def __init__(self, server, name):
        self.server, self.name, self.boto = server, name, server.boto

    def names(self, prefix=""):
        """All keys, in order."""
        pages = self.boto.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return sorted(thing["Key"] for page in pages for thing in page.get("Contents", ()))

    def keys(self, name="parts.db"):
        """Those of a database's versions."""
        shape = re.compile(rf"backups/{re.escape(name)}/\d{{8}}_\d{{6}}_{re.escape(name)}$")
        return [key for key in self.names(f"backups/{name}/") if shape.match(key)]

    def object(self, key):
        return Thing(self, key)

    def put(self, key, data, **more):
        self.boto.put_object(Bucket=self.name, Key=key, Body=data, **more)
