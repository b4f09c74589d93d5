"""P11: a fault is told to the administrator once when it begins and once when it is over, by a command
and by a webhook, not again by a restart in its middle; and status shows it meanwhile.

Each row of FAULTS is one that was injected into a real machine: a daemon, an application, and a store
that is a folder on a disk of its own, or a bucket of radosgw behind a proxy with moods.
"""
import contextlib
import dataclasses
import json
import re
import shutil
import tempfile
import time
import typing

import pytest

import moods
from application import Application
from cloud import CloudSite
from conftest import LIMIT, Site, end_site, new_site
from listener import Listener
from trouble import Clock, give_to_nobody, needs_root, run
from unruly import Unruly

SOON = 0.0003  # hours: a second, for what is told only after it lasted
ALERTS = "\n[alert]\nwebhook_url = {url}\ncommand = (cat; echo) >>{folder}/told\nafter = {after}\n"
QUIET = 1.5  # s: casmand looks once a second at what it would tell

pytestmark = needs_root


# --- machines on which all is well ---------------------------------------------------------------


class Machine:
    """A site that tells its alerts; `more` is what its configuration has besides."""

    def __init__(self, site, stack, more=""):
        self.site, self.stack, self.more = site, stack, more
        self.listener = stack.enter_context(contextlib.closing(Listener()))
        self.how = {}  # what start() needs
        self.store = site.store

    def configure(self, after=36):
        self.site.configure()
        text = self.site.config.read_text().replace(f"path = {self.site.store}\n", f"path = {self.store}\n")
        self.site.config.write_text(text + self.more + ALERTS.format(
            url=self.listener.url, folder=self.site.folder, after=after))
        self.site.config.chmod(0o600)

    def reload(self, after=36):
        self.configure(after)
        self.site.call("reload")

    def start(self):
        self.site.start(**self.how)

    def restart(self):
        assert self.site.stop() == 0, self.site.logged()
        self.start()

    def told(self):
        """What the command was told."""
        file = self.site.folder / "told"
        said = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        return [(one["event"], one["condition"]) for one in said]

    def change(self):
        self.site.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")

    def new_version(self):
        """One that is wanted in the store at once; nobody waits for how that goes."""
        self.change()
        self.site.call("backup", wait=False)
        self.site.wait_log("^<6>captured ", since=0, count=2)


def mounted(machine_or_stack, folder, size):
    """A small disk of its own."""
    folder.mkdir(exist_ok=True)
    run("mount", "-t", "tmpfs", "-o", f"size={size}", "casmand-test", str(folder))
    machine_or_stack.callback(run, "umount", "-l", str(folder))


def folder(stack, more=""):
    """Its store lies on a disk that is mounted where the configuration says."""
    site = new_site()
    stack.callback(end_site, site)
    mounted(stack, site.folder / "disk", "4m")
    site.store.mkdir()
    run("mount", "--bind", str(site.folder / "disk"), str(site.store))
    stack.callback(run, "umount", "-l", str(site.store))
    site.database()
    site.make()
    return Machine(site, stack, more)


def with_little_queue(stack):
    return folder(stack, "\n[queue]\nmax_bytes = 30K\n")


def with_small_state_disk(stack):
    machine = folder(stack)
    mounted(stack, machine.site.folder / "state", "20m,mode=0700")
    return machine


def of_nobody(stack):
    """casmand runs as a user without rights."""
    machine = folder(stack)
    machine.configure()
    machine.how = give_to_nobody(machine.site)
    return machine


def bucket(stack, scheme="http", host="127.0.0.1"):
    """Its store is a bucket, behind a proxy."""
    import s3

    server = s3.shared("radosgw")
    tls = {"tls": s3.pair(), "stranger": s3.pair("stranger")} if scheme == "https" else {}
    proxy = stack.enter_context(Unruly(("127.0.0.1", server.port), **tls))
    site = CloudSite(tempfile.mkdtemp(prefix="casmand-test-"), server.bucket())
    stack.callback(end_site, site)
    site.settings = {"endpoint": f"{scheme}://{host}:{proxy.port}", "ca_file": f"{s3.authority()}.pem" if tls else None}
    site.database()
    site.make()
    machine = Machine(site, stack)
    machine.proxy = proxy
    return machine


def bucket_over_tls(stack):
    return bucket(stack, "https")


def with_clock(stack):
    machine = bucket(stack)
    machine.clock = Clock(machine.site.folder)
    machine.how = {"env": machine.clock.env()}
    return machine


def with_names(stack):
    """It finds its store by a name, which a file tells."""
    import lan

    machine = bucket(stack, host=lan.NAME)
    machine.hosts, files = machine.site.folder / "hosts", machine.site.folder / "nsswitch.conf"
    files.write_text("hosts: files\n")
    known(machine)
    machine.how = {"prefix": ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && '
                              'mount --bind "$1" /etc/nsswitch.conf && shift && exec "$@"', machine.hosts, files]}
    return machine


# --- faults: how they are made, and mended -------------------------------------------------------


def unmounted(machine):
    run("umount", "-l", str(machine.site.store))
    machine.new_version()


def mount_again(machine):
    run("mount", "--bind", str(machine.site.folder / "disk"), str(machine.site.store))


def without_marker(machine):
    shutil.move(machine.site.store / ".casmand-store", machine.site.folder / "marker")
    machine.new_version()


def marker_back(machine):
    shutil.copy(machine.site.folder / "marker", machine.site.store / ".casmand-store")


def fill(folder):
    with contextlib.suppress(OSError), (folder / "filler").open("wb") as file:
        while True:
            file.write(bytes(4096))
            file.flush()


def store_full(machine):
    fill(machine.site.store)
    machine.new_version()


def store_roomy(machine):
    (machine.site.store / "filler").unlink()


def store_read_only(machine):
    run("mount", "-o", "remount,ro", str(machine.site.folder / "disk"))
    machine.new_version()


def store_writable(machine):
    run("mount", "-o", "remount,rw", str(machine.site.folder / "disk"))


def store_near(machine):
    machine.store = machine.site.folder / "near"
    machine.store.mkdir()
    machine.reload()


def store_far(machine):
    machine.store = machine.site.store
    machine.reload()


def state_disk_fills(machine):
    (machine.site.folder / "state" / "filler").write_bytes(bytes(6 << 20))
    machine.site.call("backup")


def state_disk_empties(machine):
    (machine.site.folder / "state" / "filler").unlink()


def queue_fills(machine):
    without_marker(machine)
    for _ in range(3):
        machine.change()
        machine.site.call("backup")


def scans_wait(machine):
    machine.site.call("scan", database="parts.db")


def closed(machine):
    machine.site.path().chmod(0)
    machine.site.call("backup")


def opened(machine):
    machine.site.path().chmod(0o644)


def kept(machine):
    shutil.copy(machine.site.path(), machine.site.folder / "kept.db")


def no_database(machine):
    kept(machine)
    machine.site.path().write_bytes(b"<html>" * 1000)
    machine.site.call("backup")


def as_it_was(machine):
    machine.site.path().write_bytes((machine.site.folder / "kept.db").read_bytes())


def damaged(machine):
    kept(machine)
    with machine.site.path().open("r+b") as file:
        file.seek(4096)
        file.write(bytes(100))
    machine.site.call("backup")


def hot(machine):
    site = machine.site
    with Application(site.path()) as app:
        app.do("PRAGMA cache_size=5", "BEGIN IMMEDIATE", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
               "FROM n LIMIT 300) INSERT INTO parts(part) SELECT hex(randomblob(400)) FROM n", "DELETE FROM parts WHERE id < 4")
        app.kill()
    site.call("backup")


def recovered(machine):
    with Application(machine.site.path()) as app:
        assert app.do("SELECT count(*) FROM parts") == [[3]]
        app.close()


def exclusive(machine):
    machine.app = machine.stack.enter_context(Application(machine.site.path(), timeout=0))
    machine.app.do("PRAGMA locking_mode=EXCLUSIVE", "UPDATE parts SET part = part")
    machine.site.call("backup")


def let_go(machine):
    machine.app.close()


def table_lost(machine):
    machine.site.sql("parts.db", "ALTER TABLE parts RENAME TO elsewhere")
    machine.site.call("backup")


def table_found(machine):
    machine.site.sql("parts.db", "ALTER TABLE elsewhere RENAME TO parts")


def emptied(machine):
    machine.site.sql("parts.db", "DELETE FROM parts")
    machine.site.call("backup")


def filled(machine):
    machine.site.sql("parts.db", "INSERT INTO parts(part) VALUES('again'), ('and'), ('again')")


def gone(machine):
    machine.site.path().rename(machine.site.folder / "gone.db")


def back(machine):
    (machine.site.folder / "gone.db").rename(machine.site.path())


def folder_gone(machine):
    machine.site.databases.rename(machine.site.folder / "elsewhere")


def folder_back(machine):
    (machine.site.folder / "elsewhere").rename(machine.site.databases)


def two_ways(machine):
    """Another machine took the version, and both went on."""
    site = machine.site
    (site.folder / "other").mkdir()
    other = machine.other = Site(site.folder / "other")
    other.store.symlink_to(site.store)
    other.database()
    other.start()
    machine.stack.callback(other.stop)
    other.call("restore", key=site.keys()[-1])
    for one in (other, site):
        one.sql("parts.db", f"INSERT INTO parts(part) VALUES('of {one.folder.name}')")
        one.call("backup")
    site.call("status", refresh=True)


def joined(machine):
    machine.site.call("restore", key=machine.other.status("parts.db")["last_version"]["key"])
    machine.site.call("status", refresh=True)


def slowly(mood):
    """What the store says to the request is not known yet when casmand looks."""
    def late(exchange):
        exchange.proxy.wait(QUIET + 1)
        mood(exchange)
    return late


def mood(mood, only=None):
    """Every request meets it, or those of one kind."""
    def make(machine):
        machine.proxy.choose = lambda seen: mood if only in (None, seen.kind) else None
        machine.new_version()
    return make


def greeting(greeting):
    """Every connection meets it, and those that were there are gone."""
    def make(machine):
        machine.proxy.greeting = greeting
        machine.proxy.drop()
        machine.new_version()
    return make


def well(machine):
    machine.proxy.choose, machine.proxy.greeting = (lambda seen: None), moods.welcome
    machine.proxy.drop()


def wrong_secret(machine):
    file = machine.site.folder / "secret"
    file.write_text("not it\n")
    machine.reload()
    machine.new_version()


def right_secret(machine):
    import s3

    (machine.site.folder / "secret").write_text(s3.SECRET + "\n")
    machine.reload()


def no_key(machine):
    machine.site.settings["access_key_id"] = None
    machine.reload()


def a_key(machine):
    del machine.site.settings["access_key_id"]
    machine.reload()


def clock_ahead(machine):
    machine.clock.set(time.time() + 3600)
    machine.site.call("status", refresh=True)


def clock_right(machine):
    machine.clock.set(time.time())


def known(machine):
    machine.hosts.write_text("127.0.0.1 localhost store.test\n")


def unknown(machine):
    """A name that was found is remembered for a minute, but not by who starts anew."""
    machine.hosts.write_text("127.0.0.1 localhost\n")
    machine.restart()
    machine.new_version()


def again_known(machine):
    known(machine)


@dataclasses.dataclass
class Fault:
    condition: str
    machine: typing.Callable
    make: typing.Callable
    mend: typing.Callable
    lasts: bool = False  # it is told when it lasted for a while
    silent: bool = False  # who asks the store waits for very long


FAULTS = {
    # the store
    "the disk is not mounted": Fault("no_version", folder, unmounted, mount_again, lasts=True),
    "the store's marker is gone": Fault("no_version", folder, without_marker, marker_back, lasts=True),
    "the store is full": Fault("store_full", folder, store_full, store_roomy),
    "the store is read-only": Fault("credentials", folder, store_read_only, store_writable),
    "the store lies on the databases' disk": Fault("neighbour", folder, store_near, store_far),
    "credentials are refused": Fault("credentials", bucket, wrong_secret, right_secret),
    "credentials are missing": Fault("credentials", bucket, no_key, a_key),
    "the keys may only read": Fault("credentials", bucket, mood(slowly(moods.error(403, "AccessDenied")), "PUT"),
                                    well),
    "the bucket is gone": Fault("credentials", bucket, mood(moods.error(404, "NoSuchBucket")), well),
    "the bucket's quota is used up": Fault("store_full", bucket, mood(moods.error(403, "QuotaExceeded"), "PUT"), well),
    # the network
    "503 for a long time": Fault("no_version", bucket, mood(moods.error(503, "SlowDown")), well, lasts=True),
    "a captive portal": Fault("no_version", bucket, mood(moods.portal()), well, lasts=True),
    "nobody listens": Fault("no_version", bucket, greeting(moods.refused), well, lasts=True),
    "the network is silent": Fault("no_version", bucket, greeting(moods.silent), well, lasts=True, silent=True),
    "the certificate is unknown": Fault("no_version", bucket_over_tls, greeting(moods.wrong_certificate), well,
                                        lasts=True),
    "the name is not known": Fault("no_version", with_names, unknown, again_known, lasts=True),
    # the machine
    "the clock is wrong": Fault("clock", with_clock, clock_ahead, clock_right),
    "the state folder's disk is nearly full": Fault("disk", with_small_state_disk, state_disk_fills,
                                                    state_disk_empties),
    "the queue is full": Fault("queue", with_little_queue, queue_fills, marker_back),
    "scans that nobody backs up": Fault("unprotected", folder, scans_wait, lambda machine: machine.change(),
                                        lasts=True),
    # the databases
    "the database is closed to casmand": Fault("unreadable", of_nobody, closed, opened, lasts=True),
    "the database is a web page": Fault("unreadable", folder, no_database, as_it_was, lasts=True),
    "an application holds it": Fault("unreadable", folder, exclusive, let_go, lasts=True),
    "a hot journal that nobody recovers": Fault("recovery", folder, hot, recovered, lasts=True),
    "the database is deleted": Fault("missing", folder, gone, back, lasts=True),
    "its folder is gone": Fault("missing", folder, folder_gone, folder_back, lasts=True),
    "a table is lost": Fault("suspect", folder, table_lost, table_found),
    "all rows are gone": Fault("suspect", folder, emptied, filled),
    "a page is damaged": Fault("suspect", folder, damaged, as_it_was),
    "two machines went two ways": Fault("diverged", folder, two_ways, joined),
}


# --- the test ------------------------------------------------------------------------------------


def status_shows(machine, condition):
    """To programs and to people."""
    (alert,) = machine.site.status()["alerts"]
    assert alert["condition"] == condition, alert
    shown = machine.site.ctl("status").stdout
    assert re.search(rf"^Alerts:\n  ✗ {condition}, began ", shown, re.M), shown


def until(true):
    """For what another process does to a file."""
    end = time.monotonic() + LIMIT
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("name", FAULTS)
def test_p11_a_fault_is_told_once_and_its_end_once(name):
    fault = FAULTS[name]
    with contextlib.ExitStack() as stack:
        machine = fault.machine(stack)
        site, listener = machine.site, machine.listener
        machine.configure()
        machine.start()
        assert site.call("backup")["versions"][0]["state"] == "stored"
        if fault.lasts:
            machine.reload(after=SOON)
        assert site.status()["alerts"] == []
        fault.make(machine)
        assert listener.alert() == ("begin", fault.condition)
        status_shows(machine, fault.condition)
        machine.configure()
        machine.restart()
        if not fault.silent:
            site.call("status", refresh=True)
        time.sleep(QUIET)  # nothing is told in it
        status_shows(machine, fault.condition)
        fault.mend(machine)
        site.call("backup")
        assert listener.alert() == ("clear", fault.condition)
        until(lambda: len(machine.told()) == 2)
        assert site.status()["alerts"] == [] and "Alerts:" not in site.ctl("status").stdout
        assert site.stop() == 0
        assert [line.split()[:2] for line in site.log if re.match("<.>alert ", line)] == [
            ["<4>alert", f"condition={fault.condition}"], ["<6>alert", "over"]]
        assert listener.heard.empty()
        assert machine.told() == [("begin", fault.condition), ("clear", fault.condition)]
