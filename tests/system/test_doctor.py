"""The doctor: each thing that it can find is made true, found with what mends it, and made false."""
import contextlib
import grp
import json
import os
import pathlib
import shutil
import sqlite3

import pytest

from conftest import BUILD, casmand
from trouble import NOBODY, Clock, mount, needs_root, needs_strace, without_leak_check  # noqa: F401: a fixture

WELL, ODD, WRONG = "well", "odd", "wrong"


class Patient:
    """A site whose casmand is down: casmand --doctor looks at it."""

    def __init__(self, site):
        self.site = site
        self.state = site.folder / "state"
        self.state.mkdir(mode=0o700)
        site.store.mkdir()
        (site.store / ".casmand-store").write_text("casmand-store " + "0" * 32 + "\n")
        site.database()
        site.make()
        site.configure()

    def examine(self, env=None, strace=()):
        """What is found: of each topic (grade, text, mend), the worst first."""
        found = {}
        command = ["--config", self.site.config, "--doctor", "--json"]
        if strace:
            prefix = ["strace", "-f", "-qq", "-o", os.devnull]
            faults = [word for fault in strace for word in ("-e", f"inject={fault}")]
            done = casmand(*command, env=without_leak_check(), prefix=[*prefix, *faults])
        else:
            done = casmand(*command, env=env)
        for f in json.loads(done.stdout)["findings"]:
            found.setdefault(f["topic"], []).append((f["grade"], f["text"], f["mend"]))
        for list_ in found.values():
            list_.sort(key=lambda f: [WRONG, ODD, WELL].index(f[0]))
        assert done.returncode == any(f[0][0] == WRONG for f in found.values()), done
        return {topic: list_[0] for topic, list_ in found.items()}

    def give_to_nobody(self):
        """The state folder is nobody's: so is the service, and root looks with those eyes."""
        for path in (self.site.folder, *self.site.folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)


@pytest.fixture
def patient(site):
    return Patient(site)


@contextlib.contextmanager
def kept(path):
    """What is done to the mode and owner of a file is undone."""
    before = path.stat()
    yield path
    os.chown(path, before.st_uid, before.st_gid)
    path.chmod(before.st_mode & 0o7777)


def is_found(finding, grade, words, mend):
    assert (finding[0], words in finding[1], mend in finding[2]) == (grade, True, True), finding


# --- the machine ---------------------------------------------------------------------------------


@needs_root
def test_root_is_not_needed(patient):
    is_found(patient.examine()["user"], ODD, "runs as root", "casmand-setup")
    patient.give_to_nobody()
    assert patient.examine()["user"] == (WELL, "nobody, group nogroup", None)


def test_a_clock_before_the_build_is_wrong(patient):
    clock = Clock(patient.site.folder)
    clock.set(1_000_000_000)
    is_found(patient.examine(env=clock.env())["clock"], WRONG, "2001-09-09", "timedatectl")
    clock.set(4_000_000_000)
    assert patient.examine(env=clock.env())["clock"][0] != WRONG


@needs_strace
def test_a_clock_that_nothing_keeps_right_is_odd(patient):
    if pathlib.Path("/run/systemd/timesync/synchronized").exists():
        pytest.skip("the clock of this machine is synchronised")
    is_found(patient.examine(strace=["adjtimex,clock_adjtime:retval=5"])["clock"], ODD, "nothing keeps it right",
             "timedatectl")
    assert patient.examine(strace=["adjtimex,clock_adjtime:retval=0"])["clock"][0] == WELL
    # A sandbox where nobody can know says nothing.
    assert patient.examine(strace=["adjtimex,clock_adjtime:error=EPERM"])["clock"][0] == WELL


@needs_root
def test_the_sockets_group_has_to_be_of_use(patient):
    def group(name):
        patient.site.configure(daemon=f"socket_group = {name}")
        return patient.examine()["socket group"]

    assert not grp.getgrnam("shadow").gr_mem
    is_found(group("no-such-group"), ODD, "there is no group no-such-group", "groupadd --system no-such-group")
    is_found(group("shadow"), ODD, "nobody else is in shadow", "usermod -aG shadow USER")
    assert group("games")[0] == WELL  # the user games has it as his own
    assert group("")[0] == WELL
    patient.give_to_nobody()
    is_found(group("games"), ODD, "nobody is not in games", "usermod -aG games nobody")


# --- configuration, state, store -------------------------------------------------------------------


def test_a_configuration_with_mistakes_is_wrong(patient):
    text = patient.site.config.read_text()
    patient.site.config.write_text(text + "colour = blue\n")
    is_found(patient.examine()["configuration"], WRONG, "no such key", "casmand --check")
    patient.site.config.write_text(text)
    assert patient.examine()["configuration"][0] == WELL
    patient.site.config.unlink()
    is_found(patient.examine()["configuration"], WRONG, "No such file", "mend ")


@needs_root
def test_a_configuration_that_the_service_cannot_read_is_wrong(patient):
    patient.give_to_nobody()
    with kept(patient.site.config) as config:
        os.chown(config, 0, 0)
        config.chmod(0o600)
        is_found(patient.examine()["configuration"], WRONG, "Permission denied", "sudo casmanctl doctor")
    assert patient.examine()["configuration"][0] == WELL


@needs_root
def test_p10_secrets_that_others_can_read_are_wrong(patient):
    secret = patient.site.folder / "secret"
    secret.write_text("key\n")
    text = patient.site.config.read_text().replace("socket_group =", "socket_group = games")
    patient.site.config.write_text(text + f"[r2]\nsecret_access_key_file = {secret}\n")
    for mode, group, grade in ((0o644, 0, WRONG), (0o640, "games", ODD), (0o640, 0, WELL), (0o600, "games", WELL)):
        shutil.chown(secret, group=group)
        secret.chmod(mode)
        found = patient.examine()["secrets"]
        assert (found[0], str(secret) in found[1]) == (grade, grade != WELL), found
        assert grade == WELL or f"chmod 600 {secret}" in found[2]


@needs_root
def test_the_state_folder_is_the_services_own(patient):
    patient.give_to_nobody()
    assert patient.examine()["state"][0] == WELL
    patient.state.chmod(0o750)
    is_found(patient.examine()["state"], ODD, "open to others (mode 0750)", f"chmod 700 {patient.state}")
    patient.state.chmod(0o500)
    is_found(patient.examine()["state"], WRONG, "may not write", "ls -ld")
    patient.state.rmdir()
    is_found(patient.examine()["state"], ODD, "No such file", "systemctl start casmand")
    patient.state.write_text("")
    is_found(patient.examine()["state"], WRONG, "is no folder", "move it away")


@needs_root
def test_a_state_folder_of_another_user_is_wrong(patient):
    os.chown(patient.state, NOBODY, NOBODY)
    site = patient.site
    os.chown(site.folder, NOBODY, NOBODY)
    program = ["setpriv", "--reuid=1", "--regid=1", "--clear-groups"]
    site.folder.chmod(0o755)
    site.config.chmod(0o644)
    shutil.copy(BUILD / "daemon" / "casmand", site.folder / "casmand")
    done = casmand("--config", site.config, "--doctor", prefix=program, program=site.folder / "casmand")
    assert f"does not belong to daemon\n  Mend: chown -R daemon:daemon {patient.state}" in done.stdout


@needs_root
def test_a_state_folder_in_memory_or_read_only_is_wrong(patient, mount):  # noqa: F811
    patient.state.chmod(0o700)
    mount(patient.state, "size=100m,mode=0700")
    is_found(patient.examine()["state"], WRONG, "lies in memory", "state_dir")
    mount(patient.state, "ro,size=100m,mode=0700")
    is_found(patient.examine()["state"], WRONG, "read-only", f"ReadWritePaths={patient.state}")


NFS = "6969000000000000"  # f_type, the first of struct statfs


@needs_strace
def test_a_network_file_system_does_not_tell_what_other_machines_write(patient):
    seen = patient.examine(strace=[f"statfs:poke_exit=@arg2={NFS}"])
    is_found(seen["parts.db"], ODD, "network file system (nfs)", "backup_on_hours")
    is_found(seen["state"], ODD, "network file system (nfs)", "state_dir")
    assert patient.examine()["parts.db"][0] == WELL


@needs_root
def test_a_store_without_room_is_told_before_it_is_full(patient, mount):  # noqa: F811
    folder = patient.site.store
    marker = (folder / ".casmand-store").read_text()
    mount(folder, "size=1m")
    (folder / ".casmand-store").write_text(marker)
    is_found(patient.examine()["store"], WRONG, "left, and one version", "make room")
    mount(folder, "size=100m")
    assert patient.examine()["store"] == (WELL, f"{folder}, 100.0 MB free", None)
    patient.site.sql("parts.db", "CREATE TABLE big(x)", f"INSERT INTO big VALUES(zeroblob({11 << 20}))")
    is_found(patient.examine()["store"], ODD, "left, and one version", "make room")
    mount(folder, "ro,size=100m")
    is_found(patient.examine()["store"], WRONG, "read-only", f"ReadWritePaths={folder}")


def test_a_store_on_the_databases_own_disk_is_odd(patient):
    is_found(patient.examine()["store"], ODD, "same file system as parts.db", "Another disk")


def test_a_store_that_is_none_yet_is_not_made_one(patient):
    (patient.site.store / ".casmand-store").unlink()
    seen = patient.examine()
    assert seen["store"][0] == ODD and list(patient.site.store.iterdir()) == []
    shutil.rmtree(patient.site.store)
    patient.examine()
    assert not patient.site.store.exists()


def test_a_disabled_store_is_odd(patient):
    text = patient.site.config.read_text()
    patient.site.config.write_text(text.replace("backend = file", "backend = disabled"))
    is_found(patient.examine()["store"], ODD, "disabled", "[sync] backend")


# --- databases -------------------------------------------------------------------------------------


def test_a_database_that_is_not_there_is_odd(patient):
    path = patient.site.path()
    assert patient.examine()["parts.db"] == (WELL, f"{path}, 8.0 KB", None)
    path.unlink()
    is_found(patient.examine()["parts.db"], ODD, f"{path} is not there", "check `path`")
    path.parent.rmdir()
    is_found(patient.examine()["parts.db"], ODD, f"{path.parent} is not there", "check `path`")


def test_links_are_followed_and_circles_are_wrong(patient):
    real, link = patient.site.folder / "real.db", patient.site.path()
    link.rename(real)
    link.symlink_to(real)
    assert patient.examine()["parts.db"] == (WELL, f"{real}, 8.0 KB", None)
    link.unlink()
    link.symlink_to(link)
    is_found(patient.examine()["parts.db"], WRONG, "round in a circle", "check `path`")


def test_what_is_no_database_is_wrong(patient):
    patient.site.path().write_bytes(b"<html>" * 1000)
    is_found(patient.examine()["parts.db"], WRONG, "is no SQLite database", "casmanctl list")


@needs_root
def test_rights_are_told_by_the_file_or_folder_that_lacks_them(patient):
    patient.give_to_nobody()
    path = patient.site.path()
    with kept(path):
        os.chown(path, 0, 0)
        path.chmod(0o600)
        is_found(patient.examine()["parts.db"], WRONG, "nobody may not read", f"chgrp nogroup {path}; chmod g+r {path}")
        os.chown(path, 0, NOBODY)
        is_found(patient.examine()["parts.db"], WRONG, "belongs to root:nogroup and has mode 0600", f"chmod g+r {path}")
        path.chmod(0o440)
        is_found(patient.examine()["parts.db"], ODD, "not restored", f"chmod g+w {path}")
    for folder, mode in ((path.parent, 0o600), (path.parent, 0o300)):
        with kept(folder):
            os.chown(folder, NOBODY, 0)
            folder.chmod(mode)
            is_found(patient.examine()["parts.db"], WRONG, "must be able to", f"chmod o+rx {folder}")
    assert patient.examine()["parts.db"][0] == WELL


@needs_root
def test_a_read_only_folder_bars_a_wal_database_and_only_restore_of_others(patient, mount):  # noqa: F811
    folder, path = patient.site.databases, patient.site.path()
    copy = patient.site.folder / "copy"
    for mode, grade, words in (("DELETE", ODD, "not restored"), ("WAL", WRONG, "cannot even read")):
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.execute(f"PRAGMA journal_mode={mode}")
        shutil.copy(path, copy)
        mount(folder, "size=10m")
        shutil.copy(copy, path)
        assert patient.examine()["parts.db"][0] == WELL
        mount(folder, "ro,size=10m")
        is_found(patient.examine()["parts.db"], grade, words, f"ReadWritePaths={folder}")
        mount(folder, "rw,size=10m")


@needs_root
def test_a_wal_database_of_others_is_wrong(patient):
    patient.site.sql("parts.db", mode="WAL")
    patient.give_to_nobody()
    path = patient.site.path()
    assert patient.examine()["parts.db"][1].endswith(", WAL")
    with kept(path):
        os.chown(path, 0, NOBODY)
        path.chmod(0o640)
        is_found(patient.examine()["parts.db"], WRONG, "not writable by its group", f"chmod g+w {path}*")
        os.chown(path, 0, 0)
        path.chmod(0o666)
        is_found(patient.examine()["parts.db"], WRONG, "belongs to root", "casmand-setup --user root")
    for suffix in ("-wal", "-shm"):
        beside = pathlib.Path(f"{path}{suffix}")
        beside.touch(mode=0o600)
        is_found(patient.examine()["parts.db"], WRONG, f"may not open {beside}", f"chmod g+rw {path}*")
        beside.unlink()
    assert patient.examine()["parts.db"][0] == WELL


@needs_strace
def test_limits_of_watches_are_told_with_the_sysctl_that_raises_them(patient):
    seen = patient.examine(strace=["inotify_add_watch:error=ENOSPC"])
    is_found(seen["parts.db"], WRONG, "no inotify watch left", "sysctl fs.inotify.max_user_watches=")
    seen = patient.examine(strace=["inotify_init1:error=EMFILE"])
    is_found(seen["watches"], WRONG, "no instance left", "sysctl fs.inotify.max_user_instances=")
    assert patient.examine()["parts.db"][0] == WELL


# --- where it is asked -------------------------------------------------------------------------------


def test_the_running_daemon_answers_as_the_doctor_alone_does(stored):
    stored.path().unlink()
    done = stored.ctl("doctor")
    assert done.returncode == 0 and f"⚠  parts.db: {stored.path()} is not there\n" in done.stdout
    assert f"✓  store: {stored.store} answers\n" in done.stdout and done.stdout.endswith(" to look at\n")
    found = {f["topic"] for f in stored.call("doctor")["findings"]}
    assert {"configuration", "user", "clock", "socket group", "state", "parts.db", "store"} <= found


def test_a_store_that_is_gone_is_wrong(stored):
    stored.store.rename(stored.folder / "elsewhere")
    done = stored.ctl("doctor", check=False)
    assert done.returncode == 1 and "✗  store: store not reached" in done.stdout
    (stored.folder / "elsewhere").rename(stored.store)
    assert stored.ctl("doctor").returncode == 0


def test_where_casmand_is_down_casmanctl_looks_by_itself(patient):
    path = f"{BUILD / 'daemon'}:{os.environ['PATH']}"
    done = patient.site.ctl("doctor", "--config", patient.site.config, check=False, env={"PATH": path})
    assert done.returncode == 1 and done.stdout.startswith("✗  casmand: no casmand answers at ")
    assert f"✓  parts.db: {patient.site.path()}, 8.0 KB\n" in done.stdout
    empty = {"PATH": str(patient.site.folder)}
    done = patient.site.ctl("doctor", check=False, env=empty)
    assert (done.returncode, done.stdout) in ((3, ""), (1, done.stdout))  # 1: one is installed here


def test_the_log_at_start_tells_what_is_odd_once(patient):
    patient.site.path().chmod(0o644)
    patient.site.path().rename(patient.site.folder / "away")
    patient.site.start()
    line = patient.site.wait_log('^<4>doctor topic="parts.db" finding=')
    assert 'is not there" mend="nothing, if its application' in line
    (patient.site.folder / "away").rename(patient.site.path())
    patient.site.restart()
    patient.site.ctl("doctor")  # which waits for the one at start
    assert not [l for l in patient.site.log[patient.site.mark:] if l.startswith('<4>doctor topic="parts.db"')]


def test_a_doctor_under_way_holds_up_no_stop_and_no_reload(stored):
    with stored.connect() as line:
        for _ in range(20):
            line.post("doctor")
        stored.ctl("reload")
        assert stored.stop() == 0
