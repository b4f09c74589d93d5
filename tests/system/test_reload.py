"""A reload, by SIGHUP and by casmanctl: what it changes, what it leaves, and what it tells."""
import signal
import sqlite3

import pytest

from conftest import Failure


def by_signal(site):
    site.daemon.send_signal(signal.SIGHUP)


def by_casmanctl(site):
    site.ctl("reload", check=False)


@pytest.fixture(params=[by_signal, by_casmanctl], ids=["SIGHUP", "casmanctl"])
def reload(request):
    """Reloads, and waits for the log's word on it."""

    def again(site, word="^<6>reloaded "):
        place = site.here()
        request.param(site)
        return site.wait_log(word, since=place)

    return again


def test_a_reload_puts_changes_in_force(stored, reload):
    stored.call("scan", database="parts.db", count=3)
    assert stored.status()["scans"]["until_backup"] == 7
    stored.make("third.db", "things")
    stored.database("third.db", "things")
    del stored.entries["assembled_casm.db"]
    stored.configure(sync="backup_on_scan_count = 5\nkeep_versions = 3\nbackup_on_hours = 1.5")
    place = stored.here()
    assert reload(stored) == f"<6>reloaded config={stored.config}"
    stored.wait_log("^<6>stored db=third.db ", since=place)
    assert stored.metadata(stored.keys("third.db")[0])["operation"] == "First backup"
    status = stored.status()
    assert [d["name"] for d in status["databases"]] == ["parts.db", "third.db"]
    assert (status["backup_on_scan_count"], status["keep_versions"], status["backup_on_hours"]) == (5, 3, 1.5)
    # What was counted stays counted, and what is new is asked for: two more scans are enough.
    assert status["scans"]["since_backup"] == 3 and status["scans"]["until_backup"] == 2
    stored.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
    stored.call("scan", database="parts.db", count=2)
    stored.wait_log("^<6>stored db=parts.db ", since=place)
    assert stored.metadata(stored.keys("parts.db")[1])["operation"] == "Scan-triggered backup (5 scans)"
    with pytest.raises(Failure):
        stored.call("scan", database="assembled_casm.db")
    assert len(stored.keys("assembled_casm.db")) == 1  # what is no longer watched is not forgotten either


def test_p11_back_at_an_earlier_store_only_what_lies_there_is_its_last_version(stored):
    def move(folder):
        stored.config.write_text(stored.config.read_text().replace(f"path = {stored.store}", f"path = {folder}"))
        stored.store = folder
        stored.ctl("reload")

    (first,), home = stored.keys(), stored.store
    place = stored.here()
    move(stored.folder / "second")
    stored.wait_log("^<6>stored db=parts.db ", since=place)
    stored.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
    (second,) = stored.call("backup", databases=["parts.db"])["versions"]
    assert second["state"] == "stored" and second["key"] != first
    move(home)
    seen = stored.status("parts.db")
    # What was made for the other store is not "captured, waits": it is not here, and will not be.
    assert seen["last_version"]["id"] != second["id"]
    assert seen["last_version"]["key"] != first or seen["state"] == "ahead"  # the next one is there already, or not yet


def test_a_reload_moves_the_log_level_the_store_and_a_databases_path(stored):
    stored.make("elsewhere.db", "parts", rows=5)
    entry = stored.entries["parts.db"]
    stored.entries["parts.db"] = entry.replace(str(stored.path()), str(stored.path("elsewhere.db")))
    stored.configure()
    text = stored.config.read_text().replace(f"path = {stored.store}", f"path = {stored.folder}/second")
    stored.config.write_text(text.replace("log_level = debug", "log_level = info"))
    first, stored.store = stored.store, stored.folder / "second"
    place = stored.here()
    by_casmanctl(stored)
    for name in ("parts.db", "assembled_casm.db"):
        stored.wait_log(rf"^<6>stored db={name} ", since=place)
    assert len(stored.keys("parts.db")) == len(stored.keys("assembled_casm.db")) == 1
    assert len(stored.rows(stored.keys("parts.db")[0])) == 5
    assert not [line for line in stored.log[place:] if line.startswith("<7>")]
    assert (first / "backups").exists()


def test_what_only_a_start_can_change_is_told_and_stays(up, reload):
    state, socket = up.folder / "state", up.socket
    text = up.config.read_text()
    up.config.write_text(text.replace("/state\n", "/moved\n").replace("casmand.sock", "moved.sock")
                              .replace("socket_group =", "socket_group = nogroup"))
    for _ in range(2):  # as long as it is so, each time
        place = up.here()
        reload(up)
        told = [line for line in up.log[place:] if "changes only at the next start" in line]
        assert [line.split("[daemon] ")[1].split(" ")[0] for line in told] == ["state_dir", "socket", "socket_group"]
        assert all(line.startswith("<4>") for line in told)
        warnings = up.call("reload")["warnings"]
        assert [w for w in warnings if w == "[daemon] socket changes only at the next start"], warnings
        assert len(warnings) == 3
        up.wait_log("^<6>reloaded ", 2, since=place)
    assert up.ctl("reload").stdout.splitlines()[1:] == [
        f"⚠ [daemon] {key} changes only at the next start" for key in ("state_dir", "socket", "socket_group")]
    up.wait_log("^<6>reloaded ", 5)
    assert socket.exists() and not (up.folder / "moved.sock").exists()
    assert state.exists() and not (up.folder / "moved").exists()
    up.restart()  # with the file as it is now
    assert (up.folder / "moved").exists() and (up.folder / "moved.sock").exists()


def test_a_bad_file_leaves_the_old_configuration_in_force_and_says_why(stored, reload):
    stored.call("scan", count=4)
    good = stored.config.read_text()
    stored.config.write_text(good.replace("[sync]", "[sync]\nkeep_versions = many\nbackup_on_scan_count = 3"))
    number = stored.config.read_text().splitlines().index("keep_versions = many") + 1
    mistake = f'{stored.config}:{number}: [sync] keep_versions: "many" is not a whole number from 1 to 10000'
    line = reload(stored, "^<3>reload ")
    assert mistake in line.replace('\\"', '"')
    with pytest.raises(Failure) as refusal:
        stored.call("reload")
    assert refusal.value.code == -32000 and refusal.value.data == {"name": "configuration", "mistakes": [mistake]}
    assert mistake in refusal.value.message and "the old configuration stays in force" in refusal.value.message
    done = stored.ctl("reload", check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"casmanctl: the old configuration stays in force: {mistake}\n"
    status = stored.status()
    assert (status["backup_on_scan_count"], status["keep_versions"]) == (10, 10)
    assert status["scans"] == {**status["scans"], "since_backup": 4, "until_backup": 6}
    stored.config.write_text(good)
    reload(stored)


def test_a_reload_tells_all_mistakes(up):
    up.config.write_text("[sync]\nenabled = x\n[daemon]\nlog_level = x\n")
    done = up.ctl("reload", check=False)
    assert done.returncode == 1
    assert [line.removeprefix(f"  {up.config}") for line in done.stderr.splitlines()[1:]] == [
        ':2: [sync] enabled: "x" is not true or false (nor yes, no, on, off, 1, 0)',
        ':4: [daemon] log_level: "x" is none of error, warning, info, debug',
        ": there is no database to protect; name at least one, as [database parts.db] with its path"]
    up.config.unlink()
    done = up.ctl("reload", check=False)
    assert done.returncode == 1 and "No such file or directory" in done.stderr
    assert up.status()["enabled"]


def test_p1_many_reloads_among_scans_lose_none(stored):
    """A reload of each kind, one after the other, while scans are posted and a database changes."""
    with stored.connect() as line:
        for i in range(40):
            if i % 4 == 1:
                stored.daemon.send_signal(signal.SIGHUP)
            if i % 4 == 3:
                stored.configure(sync=f"backup_on_scan_count = {1000 + i}")
                stored.ctl("reload", check=False)
            assert line.call("scan")["scan"] == i + 1
    stored.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
    result = stored.ctl("backup", "--parts", check=False)
    while "just reloading" in result.stderr or "stops or reloads" in result.stdout:
        result = stored.ctl("backup", "--parts", check=False)
    assert result.returncode == 0, result
    assert stored.status()["scans"]["total"] == 40
    assert stored.stop() == 0


def test_p1_a_reload_that_has_to_wait_holds_up_nobody_else(stored):
    """It awaits the capture under way, which waits for an application's lock."""
    application = sqlite3.connect(stored.path())
    application.execute("BEGIN EXCLUSIVE")
    with stored.connect() as waiting:
        asked = waiting.post("backup", databases=["parts.db"])
        while not stored.status("parts.db")["dirty"]:  # until the capture has begun
            pass
        place = stored.here()
        assert stored.call("reload")["changed"] is False
        result = waiting.answer(asked)
        assert [(f["database"], f["name"]) for f in result["failed"]] == [("parts.db", "canceled")]
        receipt = stored.call("scan", database="parts.db")
        assert receipt["since_backup"] == 1 and receipt["until_backup"] == 9
        assert [d["name"] for d in stored.status()["databases"]] == ["parts.db", "assembled_casm.db"]
        assert len(stored.call("list")["versions"]) == 2 == len(stored.call("status", refresh=True)["databases"])
        for verb in ("reload", "backup"):
            with pytest.raises(Failure) as refusal:
                stored.call(verb)
            assert refusal.value.data["name"] == "busy" and "try again" in refusal.value.message
        assert not [line for line in stored.log[place:] if "reloaded" in line]  # all that was meanwhile
    application.rollback()
    application.close()
    stored.wait_log("^<6>reloaded ", since=place)
    assert stored.status()["scans"]["since_backup"] == 1
    assert stored.call("backup", databases=["parts.db"])["unchanged"] == ["parts.db"]
